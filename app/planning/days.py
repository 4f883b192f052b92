"""The organisation calendar: closed days, school holidays, hints; by hand or from a file."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("days", __name__)
