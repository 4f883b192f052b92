"""What would fill an empty place, and why a proposal was refused, as sentences."""

from __future__ import annotations

from flask import url_for

from app.extensions import Gone
from app.i18n import _
from app.people.current import may_change
from app.people.languages import name_of
from app.people.locale import page_language
from app.programme.models import Meeting
from app.refusal import Refusal
from app.rota.accepting import AnotherIsAsked
from app.rota.models import Act, Deed
from app.rota.nobody import Sort, What
from app.rota.operations import AskedElsewhere, PlanChanged, SaidNo
from app.staffing.children import OneAdultAlone
from app.staffing.eligibility import Reason, Rule
from app.staffing.models import Need
from app.staffing.operations import NeedFilled, NotEligible, NotYetOpen, OfferClosed, TooLate
from app.staffing.relaying import NoRelay, SomebodyIsAsked
from app.staffing.stricter import SomebodyWouldNotFit
from app.staffing.words import rule_name
from app.web import isolated, local_date, local_time

_SAID: dict[str, type[Refusal]] = {
    one.__name__: one
    for one in (
        AnotherIsAsked,
        AskedElsewhere,
        Gone,
        NeedFilled,
        NoRelay,
        NotEligible,
        NotYetOpen,
        OneAdultAlone,
        OfferClosed,
        PlanChanged,
        SaidNo,
        SomebodyIsAsked,
        SomebodyWouldNotFit,
        TooLate,
    )
}


def why_refused(deed: Deed) -> str:
    """Why a proposal could not be accepted: the rules in general words, or what was said."""
    rules = [rule_name(rule) for rule in deed.why.get("rules", ())]
    if rules:
        return _("; ").join(rules)
    said = _SAID.get(deed.why.get("said", ""))
    return str(said.message if said else Act.REFUSED.label)


def remedy(what: What, meeting: Meeting) -> str:
    """One change that would fill a place at *meeting*; of another time that alone."""
    name = isolated(what.person.name) if what.person else ""
    match what.sort:
        case Sort.LEVEL:
            reason = what.reason
            has = reason.has.label if reason and reason.has else ""
            tag = reason.language if reason and reason.language else ""
            language = name_of(tag, page_language()) if tag else ""
            return _(
                "if %(language)s at %(level)s were enough: %(name)s",
                language=language,
                level=has,
                name=name,
            )
        case Sort.INTERPRETING:
            return _("if %(name)s, who speaks the language, could interpret", name=name)
        case Sort.ONLINE:
            return _("if %(name)s could help online", name=name)
        case Sort.PAPERS:
            return _papers(name, what.reason)
        case Sort.ROLE:
            role = what.reason.role if what.reason else None
            return _(
                "if %(name)s had this role here, too: %(role)s",
                name=name,
                role=role.label if role else "",
            )
        case Sort.LATER:
            until = local_time(meeting.ends_at, meeting.zone)
            return _("if %(name)s could stay until %(time)s", name=name, time=until)
        case Sort.EARLIER:
            since = local_time(meeting.starts_at, meeting.zone)
            return _("if %(name)s could come at %(time)s", name=name, time=since)
        case Sort.TIME:
            return _("if %(name)s were free at that time", name=name)
        case Sort.HOURS:
            return _("if %(name)s could give two hours more in that week", name=name)
        case Sort.RELAY:
            via = name_of(what.language, page_language())
            return _("if two people in relay may do it, through %(language)s", language=via)
        case Sort.MOVED:
            when = what.starts_at or meeting.starts_at
            day, time = local_date(when, meeting.zone), local_time(when, meeting.zone)
            return f"{day}{_(', ')}{time}"


def where_to_change(what: What, need: Need) -> str:
    """The address of the page where that change is made, or where somebody is asked for it."""
    meeting, person = need.meeting, what.person
    match what.sort:
        case Sort.MOVED if what.starts_at:
            to = what.starts_at.astimezone(meeting.activity.centre.tz)
            day, time = to.date().isoformat(), to.strftime("%H:%M")
            return url_for("planning.meeting", ref=meeting.ref, to=f"{day}T{time}", _anchor="move")
        case Sort.RELAY:
            return url_for("series.need_form", ref=need.ref)
        case Sort.PAPERS if person and may_change(person):
            return url_for("approval.papers", ref=person.ref)
        case Sort.ROLE if person and may_change(person):
            return url_for("invitations.show", ref=person.ref)
    anchor = f"person-{person.ref}" if person else None
    return url_for("planning.candidates", ref=need.ref, _anchor=anchor)


def _papers(name: str, reason: Reason | None) -> str:
    """Which paper of somebody would have to be there."""
    rule = reason.rule if reason else None
    if rule is Rule.CONSENT_MISSING:
        return _("if the parents' consent for %(name)s had been seen", name=name)
    if rule in (Rule.CHECK_MISSING, Rule.CHECK_EXPIRES):
        return _("if %(name)s had an integrity certificate that is valid that day", name=name)
    return _("if %(name)s had a contract for that day", name=name)
