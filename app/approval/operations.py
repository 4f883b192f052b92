"""Letting somebody come a stage further, or back. Operations never commit."""

from __future__ import annotations

from datetime import datetime

from app.approval.lacking import Lack
from app.approval.queries import lacks_of, membership_of, stands_for
from app.extensions import Gone, db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Centre, Membership, Person, StageChange
from app.people.terms import HELPERS, Role, Stage
from app.refusal import Refusal
from app.staffing.decisions import decide
from app.staffing.holding import hold
from app.staffing.models import State
from app.staffing.operations import give_up_place

STEPS: dict[Stage, tuple[Stage, ...]] = {
    Stage.APPLIED: (Stage.INTERVIEW, Stage.LEFT),
    Stage.INTERVIEW: (Stage.ACTIVE, Stage.LEFT),
    Stage.ACTIVE: (Stage.PAUSED, Stage.LEFT),
    Stage.PAUSED: (Stage.ACTIVE, Stage.LEFT),
    Stage.LEFT: (Stage.ACTIVE,),
}
"""From each stage, where one may go; to leave before being active is an application refused."""


class NotThisStep(Refusal):
    message = _l("This step is not possible from here. Somebody may have been quicker; look again.")


class NoteMissing(Refusal):
    message = _l("Write in a few words why somebody who had left comes back.")


class NotReady(Refusal):
    """Raised with everything that is missing; the page spells it out."""

    message = _l("Something is still missing before they can be active.")

    def __init__(self, lacks: tuple[Lack, ...]) -> None:
        super().__init__()
        self.lacks = lacks


def advance(
    person: Person,
    centre: Centre,
    role: Role,
    stage: Stage,
    *,
    by: Person,
    now: datetime,
    note: str = "",
) -> StageChange | None:
    """*person* comes to *stage* with *role* in *centre*, and is told where it is an answer to them.

    Whoever leaves gives up what they were expected at; whoever pauses keeps it, and is doubted.
    None where they are there already: a second click is harmless. Raises `NotThisStep`,
    `NoteMissing`, `NotReady`.
    """
    lock(person)
    membership = _held(person, centre, role)
    before = membership.stage
    if before is stage:
        return None
    if role not in HELPERS or stage not in STEPS[before]:
        raise NotThisStep
    if before is Stage.LEFT and not note:
        raise NoteMissing
    today = now.astimezone(centre.tz).date()
    if stage is Stage.ACTIVE and (missing := lacks_of(person, centre.id, role, today=today)):
        raise NotReady(missing)
    membership.stage, membership.since = stage, now
    change = StageChange(
        person_id=person.id, centre_id=centre.id, role=role, stage=stage, at=now, by=by, note=note
    )
    db.session.add(change)
    db.session.flush()
    if stage is Stage.LEFT:
        _give_up_everything(person, centre, role, by=by, now=now)
    if is_answer(before, stage):
        _tell(change, person, before, by=by, now=now)
    return change


def is_answer(before: Stage, after: Stage) -> bool:
    """Whether they must hear of it: an answer they wait for, or places that end. Who comes back
    from a pause knows."""
    back = (before, after) == (Stage.PAUSED, Stage.ACTIVE)
    return not back


def _held(person: Person, centre: Centre, role: Role) -> Membership:
    """The row as it is now that the person is held."""
    wanted = membership_of(person, centre, role).execution_options(populate_existing=True)
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise Gone
    return found


def _give_up_everything(
    person: Person, centre: Centre, role: Role, *, by: Person, now: datetime
) -> None:
    """Their places are open again and each coordinator is told; offers are open no more."""
    hold([], people=[person], places=stands_for(person, centre, role, now=now))
    for one in stands_for(person, centre, role, now=now):
        if one.state is State.OFFERED:
            decide(one, State.LAPSED, by=by, now=now, left=True)
        elif one.need.meeting.is_open(now) or one.need.meeting.is_cancelled:
            give_up_place(one, now=now)


def _tell(change: StageChange, person: Person, before: Stage, *, by: Person, now: datetime) -> None:
    post(
        person,
        Letter.STAGE_CHANGED,
        f"stage:{change.id}",
        now=now,
        about={
            "centre": change.centre_id,
            "role": change.role.value,
            "stage": change.stage.value,
            "helped": before.counts,
        },
        responsible=by,
    )
