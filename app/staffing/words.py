"""The rules of eligibility as sentences, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from flask_babel import format_date

from app.i18n import _, ngettext
from app.people.languages import name_of
from app.staffing.eligibility import Reason, Rule
from app.staffing.models import Need


def explain(reason: Reason, reader: str) -> str:
    """Why somebody may not fill a need. It never says where they are expected instead."""
    language = name_of(reason.language, reader) if reason.language else ""
    match reason.rule:
        case Rule.NOT_ACTIVE:
            return _("pausing at the moment")
        case Rule.NOT_THE_ROLE:
            return _("not a %(role)s in this centre", role=reason.role.label if reason.role else "")
        case Rule.LANGUAGE_NOT_SPOKEN:
            return _("does not speak %(language)s", language=language)
        case Rule.LEVEL_TOO_LOW:
            return _(
                "speaks %(language)s at %(has)s, %(wants)s is needed",
                language=language,
                has=reason.has.label if reason.has else "",
                wants=reason.wants.label if reason.wants else "",
            )
        case Rule.WOMEN_ONLY:
            return _("this place is for women")
        case Rule.CHECK_MISSING:
            return _("no behavioural-integrity certificate")
        case Rule.CHECK_EXPIRES:
            until = format_date(reason.until, "d MMMM y") if reason.until else ""
            return _("the integrity certificate ends on %(day)s", day=until)
        case Rule.EXPECTED_ELSEWHERE:
            return _("expected elsewhere at that time")
        case Rule.NO_TIME_TO_TRAVEL:
            return _("would not have the time to get there from another centre")


def describe(need: Need, reader: str) -> str:
    """A need in one line: how many of whom, in which language at which level."""
    parts = [str(need.role.label)]
    if need.language:
        language = name_of(need.language, reader)
        level = need.level
        parts.append(
            _("%(language)s, %(level)s or better", language=language, level=level.label)
            if level
            else language
        )
    if need.women_only or need.meeting.activity.women_only:
        parts.append(_("a woman"))
    if need.check_required:
        parts.append(_("with a valid integrity certificate"))
    return " · ".join(parts)


def count_reasons(all_reasons: Iterable[tuple[Reason, ...]], reader: str) -> list[str]:
    """When nobody fits: how many people each rule keeps out, most frequent first."""
    counted = Counter(explain(reason, reader) for reasons in all_reasons for reason in reasons)
    return [
        ngettext("%(num)s person: %(why)s", "%(num)s people: %(why)s", count, why=sentence)
        for sentence, count in counted.most_common()
    ]
