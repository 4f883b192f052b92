"""Childcare beside an activity: its page, its preview, and what its host's pages say of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from app import clock
from app.extensions import db
from app.i18n import _, _l
from app.people.current import planner
from app.people.forms import choices
from app.planning.minding import (
    ChildcareFacts,
    may_have_childcare,
    plan_childcare,
    room_clashes,
    uncovered,
)
from app.programme.beside import beside_of, childcare_of
from app.programme.kinds import AgeBand
from app.programme.models import Activity, Meeting
from app.programme.operations import RoomClosed, RoomTaken
from app.programme.places import Room
from app.programme.queries import (
    activities_planned_by,
    meetings_planned_by,
    meetings_to_come,
    rooms_of,
)
from app.web import PageForm, one_or_404

bp = Blueprint("childcare", __name__)


@bp.app_context_processor
def words() -> dict[str, object]:
    """For pages of a session: the childcare beside it, where it takes place."""
    return {"childcare_beside": _childcare_beside, "may_have_childcare": may_have_childcare}


def _childcare_beside(meeting: Meeting) -> Meeting | None:
    found = beside_of([meeting]).get(meeting.id)
    return None if found is None or found.is_cancelled or found.is_draft else found


class RoomForm(PageForm):
    """Where the children are."""

    room = SelectField(_l("Room for the children"), coerce=int)

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rooms = {room.id: room for room in rooms}
        self.room.choices = choices((room.id, room.name) for room in rooms)

    def chosen_room(self) -> Room:
        return self._rooms[self.room.data]

    def facts(self) -> ChildcareFacts:
        return ChildcareFacts(room=self.chosen_room())


class ChildcareForm(RoomForm):
    """Where the children are, how many, and how old."""

    capacity = IntegerField(
        _l("Places for children"),
        [
            InputRequired(_l("How many children?")),
            NumberRange(1, 100, _l("A number from 1 to 100.")),
        ],
    )
    age = SelectField(
        _l("Ages"),
        default="",
        choices=choices(
            [
                ("", _l("any age")),
                *[(age.value, age.label) for age in AgeBand if age is not AgeBand.ADULTS],
            ]
        ),
    )

    def validate_capacity(self, field: IntegerField) -> None:
        room = self._rooms.get(self.room.data)
        if field.data and room is not None and field.data > room.capacity:
            raise ValidationError(_("This room holds %(number)s people.", number=room.capacity))

    def facts(self) -> ChildcareFacts:
        return ChildcareFacts(
            room=self.chosen_room(),
            capacity=self.capacity.data,
            age=AgeBand(self.age.data) if self.age.data else None,
        )


@bp.get("/activities/<ref>/childcare")
def show(ref: str) -> str:
    host = _host(ref)
    return _show(host, _form(host))


@bp.post("/activities/<ref>/childcare")
def plan(ref: str) -> tuple[str, int] | Response:
    """First the sessions are shown with what clashes; the second click plans them."""
    host = _host(ref)
    form = _form(host)
    if not form.validate_on_submit():
        return _show(host, form), 422
    now = clock.now()
    hosts = uncovered(host, now=now)
    taken = room_clashes(hosts, form.chosen_room())
    if "save" not in request.form or taken:
        return _show(host, form, {"hosts": hosts, "clashes": _told(taken)}), 409 if taken else 200
    try:
        plan_childcare(host, form.facts(), by=planner(), now=now)
    except (RoomTaken, RoomClosed):  # somebody was quicker than this click: show what is there now
        db.session.rollback()
        return plan(ref)
    db.session.commit()
    flash(_("The childcare is planned. Now ask two people with a certificate."), "success")
    return redirect(url_for(".show", ref=ref), 303)


def _told(taken: list[tuple[Meeting, Meeting]]) -> list[tuple[Meeting, Meeting | None]]:
    """The clashes, with whom only where one may know of it."""
    mine = meetings_planned_by(planner()).where(Meeting.id.in_([other.id for _one, other in taken]))
    known = {meeting.id for meeting in db.session.scalars(mine)}
    return [(one, other if other.id in known else None) for one, other in taken]


def _show(host: Activity, form: RoomForm, preview: dict[str, Any] | None = None) -> str:
    now = clock.now()
    coming = meetings_to_come(host, now=now)
    return render_template(
        "planning/childcare.html",
        activity=host,
        childcare=childcare_of(host),
        meetings=coming,
        beside=beside_of(coming),
        form=form,
        preview=preview,
    )


def _form(host: Activity) -> RoomForm:
    rooms = rooms_of([host.centre_id])
    rooms.sort(key=lambda room: room.address is not None)  # a venue outside is the last choice
    childcare = childcare_of(host)
    if childcare is None:
        return ChildcareForm(rooms=rooms)
    usual = (
        select(Meeting.room_id)
        .where(Meeting.activity_id == childcare.id, Meeting.room_id.is_not(None))
        .order_by(Meeting.starts_at.desc())
    )
    return RoomForm(rooms=rooms, data={"room": db.session.scalars(usual.limit(1)).one_or_none()})


def _host(ref: str) -> Activity:
    found = one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
    if not may_have_childcare(found):
        abort(404)
    return found
