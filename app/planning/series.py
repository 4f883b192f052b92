"""Changing several sessions of an activity at once: preview, save, undo."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("series", __name__)
