"""What is said of presence, as sentences for the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.i18n import _, _l
from app.staffing.eligibility import Reason, Rule
from app.staffing.models import Need
from app.staffing.words import explain
from app.web import local_time

_SHORT = {
    Rule.NOT_THE_ROLE: _l("another role in this centre"),
    Rule.CONTRACT_ENDS: _l("no contract for that day"),
    Rule.CHECK_EXPIRES: _l("no behavioural-integrity certificate"),
    Rule.LEVEL_TOO_LOW: _l("the level of the language"),
    Rule.HOURS_A_WEEK: _l("more hours than they wish in a week"),
}


def rule_words(rule: Rule, need: Need, reader: str) -> str:
    """A rule that somebody was let pass, without the facts of that day."""
    short = _SHORT.get(rule)
    return str(short) if short else explain(Reason(rule, language=need.language), reader)


def word_in_words(word: dict[str, Any], zone: str) -> str:
    """What was said, from the trace."""
    if not word["starts_at"]:
        return _("did not come")
    starts, ends = (datetime.fromisoformat(word[name]) for name in ("starts_at", "ends_at"))
    hours = _(
        "from %(start)s to %(end)s", start=local_time(starts, zone), end=local_time(ends, zone)
    )
    return f"{_('was there')} {hours}"
