"""Planning a new activity: from scratch, from a template, or like one there is."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("plans", __name__)
