"""The rules of eligibility as sentences, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from flask_babel import format_date

from app.i18n import _, _l, ngettext
from app.people.languages import name_of
from app.staffing.eligibility import Reason, Rule
from app.staffing.models import InLine, Need, State

_PLAIN = {
    Rule.NOT_ACTIVE: _l("pausing at the moment"),
    Rule.TOO_YOUNG: _l("too young to help, by law"),
    Rule.CONSENT_MISSING: _l("the parents' consent has not been seen"),
    Rule.CONTRACT_MISSING: _l("no contract for that day"),
    Rule.WOMEN_ONLY: _l("this place is for women"),
    Rule.CHECK_MISSING: _l("no behavioural-integrity certificate"),
    Rule.KEPT_APART: _l("cannot be arranged here; the centre knows why"),
    Rule.NOT_ONLINE: _l("does not help online"),
    Rule.NOT_AVAILABLE: _l("not available at that time"),
    Rule.EXPECTED_ELSEWHERE: _l("expected elsewhere at that time"),
    Rule.NO_TIME_TO_TRAVEL: _l("would not have the time to get there from another centre"),
}


def explain(reason: Reason, reader: str, *, to_planner: bool = False) -> str:
    """Why somebody may not fill a need. It never says where they are expected instead, nor whom
    they never meet; that there is somebody is said to those who plan only."""
    if to_planner and reason.rule is Rule.KEPT_APART:
        return _("somebody is expected there whom they never meet")
    if to_planner and reason.rule is Rule.HOURS_A_WEEK:  # of which hours neither
        return str(_PLAIN[Rule.NOT_AVAILABLE])
    if to_planner and reason.rule is Rule.NO_TIME_TO_TRAVEL:  # from where is nobody's business
        return str(_PLAIN[Rule.EXPECTED_ELSEWHERE])
    language = name_of(reason.language, reader) if reason.language else ""
    until = format_date(reason.until, "d MMMM y") if reason.until else ""
    match reason.rule:
        case Rule.NOT_THE_ROLE:
            return _("not a %(role)s in this centre", role=reason.role.label if reason.role else "")
        case Rule.CONTRACT_ENDS:
            return _("the contract ends on %(day)s", day=until)
        case Rule.CHECK_EXPIRES:
            return _("the integrity certificate ends on %(day)s", day=until)
        case Rule.LANGUAGE_NOT_SPOKEN:
            return _("does not speak %(language)s", language=language)
        case Rule.DOES_NOT_INTERPRET:
            return _("does not interpret %(language)s", language=language)
        case Rule.LEVEL_TOO_LOW:
            return _(
                "knows %(language)s at %(has)s, %(wants)s is needed",
                language=language,
                has=reason.has.label if reason.has else "",
                wants=reason.wants.label if reason.wants else "",
            )
        case Rule.HOURS_A_WEEK:
            hours = reason.hours or 0
            return ngettext(
                "more than %(num)s hour in that week",
                "more than %(num)s hours in that week",
                hours,
            )
    return str(_PLAIN[reason.rule])


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
    if need.interpreting:
        parts.append(_("to interpret"))
    if need.via:
        parts.append(_("also %(language)s (half of a relay)", language=name_of(need.via, reader)))
    if need.relay:
        parts.append(_("or two people in relay"))
    if need.women_only or need.meeting.activity.women_only:
        parts.append(_("a woman"))
    if need.check_required:
        parts.append(_("with a valid integrity certificate"))
    return " · ".join(parts)


def count_reasons(all_reasons: Iterable[tuple[Reason, ...]], reader: str) -> list[str]:
    """When nobody fits: how many people each rule keeps out, most frequent first."""
    counted = Counter(
        explain(reason, reader, to_planner=True) for reasons in all_reasons for reason in reasons
    )
    return [
        ngettext("%(num)s person: %(why)s", "%(num)s people: %(why)s", count, why=sentence)
        for sentence, count in counted.most_common()
    ]


def outcome(one: InLine) -> str:
    """How it went with somebody in the line of an asking; the rules in general words."""
    if one.outcome is None:
        return _("their turn has not come")
    if one.outcome == "asked":
        return _("asked")
    if one.outcome in list(State):
        return str(State(one.outcome).label)
    if one.outcome == "closed":
        return _("not asked, the place was gone")
    return _("not asked, as they no longer fitted")


def rule_name(rule: str) -> str:
    """A rule in general words, as the trace of decisions tells it."""
    return str(_NAMES[Rule(rule)])


_NAMES = _PLAIN | {
    Rule.NOT_THE_ROLE: _l("another role"),
    Rule.CONTRACT_ENDS: _l("the contract ends before"),
    Rule.NO_TIME_TO_TRAVEL: _PLAIN[Rule.EXPECTED_ELSEWHERE],
    Rule.CHECK_EXPIRES: _l("the integrity certificate ends before"),
    Rule.LANGUAGE_NOT_SPOKEN: _l("the language"),
    Rule.DOES_NOT_INTERPRET: _l("interpreting"),
    Rule.LEVEL_TOO_LOW: _l("the level of the language"),
    Rule.HOURS_A_WEEK: _l("the hours of that week"),
}
