"""A participant would rather not meet somebody who helps: said in one step, without a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload
from werkzeug import Response

from app import clock
from app.approval.apart import keep_apart
from app.extensions import db
from app.i18n import _
from app.people.current import current_person
from app.people.models import Person
from app.programme.models import Booking, Meeting, Part
from app.staffing.models import Assignment, Need, State
from app.web import one_or_404

bp = Blueprint("refusing", __name__)

LATELY = timedelta(days=90)


@bp.get("/rather-not-meet")
def helpers() -> str:
    """Who helps where the signed-in person is or was expected: what they do, never a name."""
    found = _met(current_person(), clock.now())
    return render_template("approval/refusing.html", helpers=_latest(db.session.scalars(found)))


@bp.post("/rather-not-meet/<ref>")
def refuse(ref: str) -> Response:
    """From now on the two are not planned for the same session. Who asked for it is not kept."""
    person, now = current_person(), clock.now()
    met = one_or_404(_met(person, now).where(Assignment.ref == ref))
    keep_apart(person, met.person, by=None, now=now)
    db.session.commit()
    flash(
        _(
            "Noted. They are not told. If you are both expected soon, your centre looks for "
            "another way; telephone them if it is urgent."
        ),
        "success",
    )
    return redirect(url_for("programme.mine"), 303)


def _met(person: Person, now: datetime) -> Select[Assignment]:
    """The places of those who help where *person* learns or learned lately, the latest first."""
    there = select(Booking.meeting_id).where(
        Booking.person_id == person.id,
        Booking.part == Part.LEARNER,
        Booking.starts_at > now - LATELY,
    )
    return (
        select(Assignment)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Need.meeting_id.in_(there),
            Assignment.state == State.CONFIRMED,
            Assignment.person_id != person.id,
        )
        .order_by(Meeting.starts_at.desc(), Assignment.id)
        .options(selectinload(Assignment.need))
    )


def _latest(places: Iterable[Assignment]) -> list[Assignment]:
    """The latest place of each of these people."""
    found: dict[int, Assignment] = {}
    for one in places:
        found.setdefault(one.person_id, one)
    return list(found.values())
