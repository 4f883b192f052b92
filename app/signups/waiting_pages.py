"""What else is possible where there is no place: waiting for one, another group, a yes later."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first, public
from app.people.current import current_person
from app.people.guardians import is_of_household
from app.people.models import Person
from app.programme.models import Activity, Booking, Meeting
from app.programme.queries import bookings_of, coming_meetings, meetings_to_come
from app.signups.accepting import accept
from app.signups.models import STILL_WAITING, Waiting, WaitingMember
from app.signups.operations import clashes_of
from app.signups.queries import (
    activities_open_to,
    is_asked,
    is_full,
    parallel_groups,
    waitings_for,
)
from app.signups.rules import ForChildren
from app.signups.seals import is_sealed
from app.signups.waiting import decline, wait_for, wait_without, who_may_answer
from app.web import one_or_404, settings

bp = Blueprint("waiting", __name__)
WITH_WORDS = (
    joinedload(Waiting.activity).selectinload(Activity.texts),
    selectinload(Waiting.members).joinedload(WaitingMember.person),
)

A_DAY = timedelta(days=1)


def choices_page(activity: Activity, person: Person, meeting: Meeting | None = None) -> str:
    """Why *person* cannot have a place just so, and what they can do instead. Their own sessions
    are named, as on their own page."""
    now = clock.now()
    meetings = [meeting] if meeting else coming_meetings(activity, now=now)
    planned = [one for one in meetings if not one.is_cancelled]
    clashing = clashes_of(person, planned)
    return render_template(
        "signups/choices.html",
        activity=activity,
        meeting=meeting,
        is_full=is_full(activity, [person], now=now, at=meeting, visitor=person),
        clashes=[(one, own_at(person, one)) for one in clashing],
        some_fit=len(clashing) < len(planned),
        others=groups_with_places(activity, person),
    )


def words_of_place(activity: Activity, meeting: Meeting | None = None) -> str:
    """What somebody reads who has a place now."""
    if leaves_a_day(activity, meeting):
        return _("You have a place. We will remind you the day before.")
    return _("You have a place.")


def leaves_a_day(activity: Activity, meeting: Meeting | None = None) -> bool:
    """Whether there is a day before the first session on which a reminder can come."""
    now = clock.now()
    coming = [meeting] if meeting else meetings_to_come(activity, now=now)
    return bool(coming) and coming[0].starts_at - now >= A_DAY


def own_at(person: Person, meeting: Meeting) -> list[Meeting]:
    """Where *person* is expected at the time of *meeting*."""
    found = bookings_of(person, since=meeting.starts_at).where(
        Booking.held, Booking.starts_at < meeting.ends_at, Booking.meeting_id != meeting.id
    )
    return [booking.meeting for booking in db.session.scalars(found)]


def groups_with_places(activity: Activity, person: Person | None = None) -> list[Activity]:
    """Groups like this one in which there is a place for *person*, those of its centre first."""
    now, whom = clock.now(), [person] if person else []
    if not activity.privacy.is_listed:
        return []
    return [one for one in parallel_groups(activity, now=now) if not is_full(one, whom, now=now)]


@bp.get("/activities/<ref>/choices")
def choices(ref: str) -> str:
    person = current_person()
    found = one_or_404(activities_open_to(person).where(Activity.ref == ref))
    if found.is_childcare_beside:
        raise ForChildren(found)
    asked = request.args.get("meeting", "")
    coming = coming_meetings(found, now=clock.now())
    return choices_page(found, person, next((one for one in coming if one.ref == asked), None))


@bp.post("/activities/<ref>/waiting")
def wait(ref: str) -> Response:
    person = current_person()
    found = one_or_404(activities_open_to(person).where(Activity.ref == ref))
    wait_for(found, [person], by=person, now=clock.now())
    db.session.commit()
    flash(_("You are on the waiting list. We will write to you when a place is free."), "success")
    return redirect(url_for("signups.activity", ref=ref), 303)


# --- answering: from a letter by its sealed link, or signed in


@bp.get("/waiting/<ref>/<seal>")
@public
def offered(ref: str, seal: str) -> str:
    """Looking decides nothing."""
    return _question(_sealed(ref, seal)[0], seal)


@bp.post("/waiting/<ref>/<seal>/acceptance")
@public
def yes(ref: str, seal: str) -> Response | tuple[str, int]:
    return _accepted(*_sealed(ref, seal), url_for(".offered", ref=ref, seal=seal))


@bp.post("/waiting/<ref>/<seal>/refusal")
@public
def no(ref: str, seal: str) -> Response:
    return _refused(*_sealed(ref, seal), url_for(".offered", ref=ref, seal=seal))


@bp.app_template_global()
def my_turns() -> list[tuple[Waiting, bool]]:
    """Where the reader waits, or children do for whom they decide, and whether a place is kept for
    them now; those first."""
    now = clock.now()
    found = db.session.scalars(waitings_for(current_person()).options(*WITH_WORDS)).all()
    turns = [(one, is_asked(one, now=now)) for one in found]
    return sorted(turns, key=lambda turn: not turn[1])


@bp.get("/waiting/<ref>")
def own(ref: str) -> str | Response:
    found = _own(ref)
    if not found.activity.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return _question(found, None)


@bp.post("/waiting/<ref>/acceptance")
def own_yes(ref: str) -> Response | tuple[str, int]:
    return _accepted(_own(ref), current_person(), url_for(".own", ref=ref))


@bp.post("/waiting/<ref>/end")
def own_no(ref: str) -> Response:
    """No to what was offered, or not waiting any more."""
    found = _own(ref)
    listed = found.activity.privacy.is_listed
    page = url_for("signups.activity", ref=found.activity.ref)
    return _refused(found, current_person(), page if listed else url_for("programme.mine"))


@bp.post("/waiting/<ref>/without/<person_ref>")
def without(ref: str, person_ref: str) -> Response:
    """One of a family waits no more; the others do."""
    found = _own(ref)
    person = one_or_404(_of_mine(found).where(Person.ref == person_ref))
    wait_without(found, person, now=clock.now())
    db.session.commit()
    flash(_("The others still wait, in the same turn."), "success")
    listed = found.activity.privacy.is_listed
    page = url_for("signups.activity", ref=found.activity.ref)
    return redirect(page if listed else url_for("programme.mine"), 303)


def _of_mine(waiting: Waiting) -> Select[Person]:
    """Those of them whom I may take off the list: myself, and my children."""
    members = [person.id for person in waiting.people]
    mine = is_of_household(Person.id, current_person())
    return select(Person).where(Person.id.in_(members), mine)


def _sealed(ref: str, seal: str) -> tuple[Waiting, Person]:
    """The offer that this link opens, also when it is over: its reader may know that; and that
    reader."""
    found = one_or_404(select(Waiting).where(Waiting.ref == ref))
    key, offered_at = settings().secret_key, found.offered_at
    readers = who_may_answer(found) if found.activity.privacy.is_listed else []
    theirs = (one for one in readers if is_sealed(seal, key, ref, offered_at, one.ref))
    reader = next(theirs, None)
    if reader is None:
        abort(404)
    return found, reader


def _own(ref: str) -> Waiting:
    mine = waitings_for(current_person()).where(Waiting.ref == ref)
    return one_or_404(mine)


def _question(found: Waiting, seal: str | None) -> str:
    now = clock.now()
    planned = meetings_to_come(found.activity, now=now)
    return render_template(
        "signups/offered.html",
        waiting=found,
        activity=found.activity,
        meetings=planned,
        now=now,
        is_open=is_asked(found, now=now),
        still_waits=found.state in STILL_WAITING,
        seal=seal,
    )


def _accepted(found: Waiting, reader: Person, page: str) -> Response | tuple[str, int]:
    accept(found, reader=reader, now=clock.now())
    db.session.commit()
    flash(words_of_place(found.activity), "success")
    return redirect(page if found.activity.privacy.is_listed else url_for("programme.mine"), 303)


def _refused(found: Waiting, reader: Person, page: str) -> Response:
    decline(found, reader=reader, now=clock.now())
    db.session.commit()
    flash(_("Thank you for telling us. The place goes to the next person."), "success")
    return redirect(page, 303)
