"""Two people for one place where no one bridges: the need becomes the two halves of a relay. Never
commits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.i18n import _l
from app.people.models import Person
from app.programme.models import ChangeKind, Edit, MeetingChange, Scope
from app.refusal import Refusal
from app.staffing.holding import hold
from app.staffing.matching.relay import halves, may_bridge
from app.staffing.models import ALIVE, Need
from app.staffing.needs import change_needs, facts_of
from app.staffing.operations import NeedFilled, SomebodyCounts, TooLate
from app.staffing.queries import places_left, want_of


class NoRelay(Refusal):
    message = _l("Two people in relay are not planned for here.")


class NoBridge(Refusal):
    message = _l("Choose a language that lies between the one asked for and Romanian.")


class SomebodyIsAsked(SomebodyCounts):
    message = _l("Somebody is asked, asking or confirmed for this; two people cannot share it.")


def split_for_relay(need: Need, via: str, *, by: Person, now: datetime) -> tuple[Need, Need]:
    """One place of *need* is done by two people through *via*: the needs of both halves.

    The last place becomes the first half itself; of several, one fewer is wanted. Of a half, both
    are given back: twice is harmless. It is one edit, which can be undone as long as nobody is
    asked for a half. Raises `NoRelay`, `NoBridge`, `TooLate`, `NeedFilled`, `SomebodyIsAsked`, and
    whatever changing a need refuses.
    """
    hold([need])
    if need.via is not None:
        return _both_halves(need)
    if not need.relay:
        raise NoRelay
    if not may_bridge(want_of(need), via):
        raise NoBridge
    if not need.meeting.is_open(now):
        raise TooLate
    if places_left(need) < 1:
        raise NeedFilled
    if need.wanted == 1 and any(one.state in ALIVE for one in need.assignments):
        raise SomebodyIsAsked
    return _split(need, via, by=by, now=now)


def _split(need: Need, via: str, *, by: Person, now: datetime) -> tuple[Need, Need]:
    meeting, whole = need.meeting, facts_of(need)
    edit = Edit(activity=meeting.activity, scope=Scope.THIS, by=by, at=now)
    db.session.add(edit)
    db.session.flush()
    first, second = (
        replace(
            whole,
            language=half.language,
            interpreting=half.interpreting,
            via=half.via,
            wanted=1,
            trainees=0,
            relay=False,
        )
        for half in halves(want_of(need), via)
    )
    if need.wanted > 1:
        rest = replace(whole, wanted=whole.wanted - 1)
        change_needs([meeting], whole, rest, edit=edit, chosen=[need.id])
        one = change_needs([meeting], None, first, edit=edit)
    else:
        first = replace(first, trainees=whole.trainees)
        one = change_needs([meeting], whole, first, edit=edit, chosen=[need.id])
    other = change_needs([meeting], None, second, edit=edit)
    return db.session.get_one(Need, one[meeting.id]), db.session.get_one(Need, other[meeting.id])


def _both_halves(need: Need) -> tuple[Need, Need]:
    """As they were made, by the edit that made them: only there is it known whose half it is."""
    trail = select(MeetingChange.edit_id, MeetingChange.after).where(
        MeetingChange.meeting_id == need.meeting_id,
        MeetingChange.kind == ChangeKind.NEEDS,
        MeetingChange.edit_id.is_not(None),
    )
    made: dict[int, list[int]] = {}
    for edit_id, after in db.session.execute(trail.order_by(MeetingChange.id)):
        made.setdefault(edit_id, []).append(after["need"])
    pairs = [tuple(ids[-2:]) for ids in made.values() if len(ids) > 1 and need.id in ids[-2:]]
    found = {
        one.id: one
        for one in db.session.scalars(
            select(Need).where(
                Need.id.in_(pairs[-1] if pairs else ()), Need.meeting_id == need.meeting_id
            )
        )
    }
    if len(found) < 2:
        raise NoRelay
    first, second = (found[one] for one in pairs[-1])
    return first, second
