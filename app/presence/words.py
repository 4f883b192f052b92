"""What is said of presence, as sentences for the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.i18n import _
from app.web import local_time


def word_in_words(word: dict[str, Any], zone: str) -> str:
    """What was said, from the trace."""
    if not word["starts_at"]:
        return _("did not come")
    starts, ends = (datetime.fromisoformat(word[name]) for name in ("starts_at", "ends_at"))
    hours = _(
        "from %(start)s to %(end)s", start=local_time(starts, zone), end=local_time(ends, zone)
    )
    return f"{_('was there')} {hours}"
