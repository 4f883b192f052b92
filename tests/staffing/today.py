"""Times near now, for pages that look at the clock themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from app import clock


def in_two_days() -> datetime:
    """Noon UTC of the day after tomorrow."""
    return (clock.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
