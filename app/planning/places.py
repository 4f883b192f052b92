"""The centre as its coordinators keep it: rooms, venues outside, how far the centres lie apart."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, _l
from app.people.current import asked_centre, planned_centres, planner
from app.people.queries import centres
from app.planning.places_form import RoomForm, facts_of, name_of_pair, pairs_of, ways_form
from app.programme import rooms as operations
from app.programme.places import Room, TravelTime
from app.programme.queries import rooms_of
from app.programme.rooms import NameTaken, has_held
from app.web import one_or_404

bp = Blueprint("places", __name__)

CARDS = (
    (("places.rooms",), "door", _l("Rooms and venues"), _l("How many fit in, and who gets in.")),
    (("places.ways",), "bus", _l("Travel times"), _l("How far the centres lie apart.")),
    (
        ("days.calendar",),
        "calendar_off",
        _l("Organisation calendar"),
        _l("Closed days, school holidays, hints."),
    ),
    (
        ("partners.programmes",),
        "people",
        _l("Programmes of partners"),
        _l("What others offer, from their calendar files."),
    ),
    (
        ("asked_for.asked_for",),
        "message",
        _l("What people ask for"),
        _l("What is missing, for how many, and who could carry it."),
    ),
    (("plans.templates",), "template", _l("Templates"), _l("Plans kept to be used again.")),
    (
        ("plans.titles", "programme.titles"),
        "language",
        _l("Titles and translations"),
        _l("Which words lack in which language."),
    ),
    (("printing.week",), "printer", _l("Print the week"), _l("For the door or the staff room.")),
)
"""What there is to look after: the first of the pages that exists, its icon and its words."""


@bp.get("/centre")
def centre() -> str:
    """Everything that a centre needs now and then, each behind a card."""
    here = asked_centre()
    cards = [
        (url_for(page, centre=here.code), icon, title, hint)
        for pages, icon, title, hint in CARDS
        for page in [one for one in pages if one in current_app.view_functions][:1]
    ]
    return render_template(
        "planning/centre.html", centre=here, centres=planned_centres(), cards=cards
    )


@bp.get("/rooms")
def rooms() -> str:
    """The rooms and venues of one centre, those out of use last."""
    here = asked_centre()
    found = rooms_of([here.id], also_closed=True)
    return render_template(
        "planning/places.html",
        centre=here,
        centres=planned_centres(),
        rooms=sorted(found, key=lambda room: not room.in_use),
    )


@bp.get("/rooms/new")
def new() -> str:
    form = RoomForm(data={"centre": asked_centre().id}, centres=planned_centres())
    return render_template("planning/place.html", form=form, room=None)


@bp.post("/rooms/new")
def add() -> tuple[str, int] | Response:
    form = RoomForm(centres=planned_centres())
    if not form.validate_on_submit():
        return _show(form, None)
    try:
        room = operations.add_room(form.chosen_centre(), form.facts(), now=clock.now())
    except NameTaken:
        form.name_is_taken()
        return _show(form, None)
    db.session.commit()
    flash(_("The room was added."), "success")
    return redirect(url_for(".rooms", centre=room.centre.code), 303)


@bp.get("/rooms/<ref>")
def room(ref: str) -> str:
    """One room or venue: what is said of it, and giving it up."""
    found = _room(ref)
    form = RoomForm(data=facts_of(found), centres=[found.centre])
    return render_template("planning/place.html", form=form, room=found, was_used=has_held(found))


@bp.post("/rooms/<ref>")
def change(ref: str) -> tuple[str, int] | Response:
    found = _room(ref)
    form = RoomForm(centres=[found.centre])
    if not form.validate_on_submit():
        return _show(form, found)
    try:
        operations.change_room(found, form.facts(), now=clock.now())
    except NameTaken:
        form.name_is_taken()
        return _show(form, found)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".rooms", centre=found.centre.code), 303)


def _show(form: RoomForm, room: Room | None) -> tuple[str, int]:
    was_used = room is not None and has_held(room)
    return render_template("planning/place.html", form=form, room=room, was_used=was_used), 422


@bp.post("/rooms/<ref>/closing")
def close(ref: str) -> Response:
    """Out of use, while nothing is planned there."""
    found = _room(ref)
    operations.close_room(found, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Out of use. Nothing new can be planned there."), "success")
    return redirect(url_for(".rooms", centre=found.centre.code), 303)


@bp.post("/rooms/<ref>/opening")
def reopen(ref: str) -> Response:
    found = _room(ref)
    operations.open_room(found)
    db.session.commit()
    flash(_("In use again."), "success")
    return redirect(url_for(".rooms", centre=found.centre.code), 303)


@bp.post("/rooms/<ref>/removal")
def remove(ref: str) -> Response:
    found = _room(ref)
    code = found.centre.code
    operations.remove_room(found)
    db.session.commit()
    flash(_("The room was removed."), "success")
    return redirect(url_for(".rooms", centre=code), 303)


def _room(ref: str) -> Room:
    mine = [centre.id for centre in planned_centres()]
    return one_or_404(select(Room).where(Room.centre_id.in_(mine), Room.ref == ref))


@bp.get("/travel-times")
def ways() -> str:
    """How long it takes from centre to centre; helpers are not asked for what they cannot reach."""
    planner()
    rows = db.session.scalars(select(TravelTime))
    known = {(row.from_id, row.to_id): row.minutes for row in rows}
    return _ways(ways_form(centres(), known))


@bp.post("/travel-times")
def set_ways() -> tuple[str, int] | Response:
    planner()
    places = centres()
    form = ways_form(places)
    if not form.validate_on_submit():
        return _ways(form), 422
    operations.set_ways(
        {
            (min(one.id, other.id), max(one.id, other.id)): form[name_of_pair(one, other)].data
            for one, other in pairs_of(places)
        }
    )
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".ways"), 303)


def _ways(form: Any) -> str:
    return render_template(
        "planning/places_travel.html", form=form, centres=centres(), name_of_pair=name_of_pair
    )
