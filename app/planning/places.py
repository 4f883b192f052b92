"""Rooms, venues outside, and how far the centres lie apart."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("places", __name__)
