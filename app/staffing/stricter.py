"""Asking more of those who are confirmed already, such as a check once minors come: refused with
their names, or, where that was agreed to, they are freed and told. Never commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.i18n import _l
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.programme import operations as programme
from app.programme.changing import hold
from app.programme.models import Activity, Meeting
from app.programme.queries import meetings_to_come
from app.refusal import Refusal
from app.staffing.eligibility import Reason
from app.staffing.fitting import stands_against_helpers
from app.staffing.models import Assignment
from app.staffing.operations import free_place, tell

Found = Sequence[tuple[Assignment, tuple[Reason, ...]]]
"""Who is confirmed and no longer fits, and why."""


class SomebodyWouldNotFit(Refusal):
    """Raised with all of them; the page names them and offers to free them."""

    message = _l("Somebody who is confirmed would no longer fit. Ask others first.")

    def __init__(self, found: Found = ()) -> None:
        super().__init__()
        self.found = [
            (one.ref, one.person.name, one.need.meeting, reasons) for one, reasons in found
        ]


def change_facts(
    activity: Activity,
    facts: Mapping[str, Any],
    *,
    taken: Callable[[Activity], int],
    by: Person,
    now: datetime,
    free: Collection[str] = (),
) -> tuple[bool, int]:
    """`programme.operations.change_facts`, and whoever is confirmed is checked again where other
    people come: whether anything differs, and how many were freed.

    *free*: the refs of the assignments that may be freed. Raises `SomebodyWouldNotFit` where
    somebody else would no longer fit; who did not fit before is another matter.
    """
    if facts.get("age", activity.age) == activity.age:
        return programme.change_facts(activity, facts, taken=taken, now=now), 0
    meetings = meetings_to_come(activity, now=now)
    if meetings:
        hold(meetings, seen=lambda _held: True)
    before = {(one.id, why.rule) for one, reasons in _against(meetings) for why in reasons}
    changed = programme.change_facts(activity, facts, taken=taken, now=now)
    found = [
        (one, reasons)
        for one, reasons in _against(meetings)
        if any((one.id, why.rule) not in before for why in reasons)
    ]
    free_or_refuse(found, free, by=by, now=now)
    return changed, len(found)


def _against(meetings: Sequence[Meeting]) -> Found:
    return stands_against_helpers(meetings) if meetings else []


def free_or_refuse(
    found: Found, free: Collection[str], *, by: Person | None, now: datetime
) -> None:
    """Each of *found* is freed, if all of them are among *free*. The caller holds their rows."""
    if any(one.ref not in free for one, _reasons in found):
        raise SomebodyWouldNotFit(found)
    for one, reasons in found:
        _free(one, reasons, by, now)


def _free(one: Assignment, reasons: tuple[Reason, ...], by: Person | None, now: datetime) -> None:
    """The place is open again, they are told, and why stands in the trace."""
    free_place(one, by=by, now=now, rules=[reason.rule.value for reason in reasons])
    tell(one, one.person, Letter.PLACE_ENDED, now=now)
