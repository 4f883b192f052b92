"""The register of participants, who is there twice, and two people who become one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select
from werkzeug import Response

from app import clock
from app.attendance.levels import STEPS
from app.extensions import db
from app.i18n import _
from app.participants.operations import merge, say_two
from app.participants.queries import (
    PAGE,
    Wanted,
    activities_with_people,
    at_once,
    called,
    levels_of,
    marked_differently,
    mergeable,
    merges_of,
    pairs,
    participants_of,
    places_of,
    register,
    side_of,
    with_card,
)
from app.participants.refusing import are_two, why_two
from app.people.access import confirm_first
from app.people.current import asked_centre, may_change, planned_centres, planner
from app.people.guardians import differing, guardians_of
from app.people.languages import COMMON, name_of
from app.people.locale import page_language
from app.people.models import Centre, Person
from app.people.namesakes import perhaps
from app.people.phones import plain
from app.programme.models import Activity
from app.refusal import Refusal
from app.web import one_or_404, refused_page

bp = Blueprint("participants", __name__)

MOST_FOUND = 10
MOST_PAIRS_SHOWN = 50


@bp.get("/participants")
def all_of_them() -> str:
    """The participants of one of the centres that one plans, a page at a time."""
    centre = asked_centre()
    wanted = _wanted(centre)
    people = list(db.session.scalars(register(centre, wanted, after=_after(centre))))
    shown = people[:PAGE]
    return render_template(
        "participants/register.html",
        centre=centre,
        centres=planned_centres(),
        wanted=wanted,
        people=shown,
        levels=levels_of(shown),
        places=places_of(shown, planner()),
        with_card=with_card(shown),
        deciding=guardians_of({one.id for one in shown}),
        activities=activities_with_people(planner(), centre),
        all_levels=STEPS,
        may_change=may_change,
        next=shown[-1].ref if len(people) > PAGE else None,
        is_later="after" in request.args,
        languages=_languages(),
        query={key: value for key, value in request.args.items() if key != "after"},
    )


def _languages() -> list[tuple[str, str]]:
    reader = page_language()
    return sorted(((tag, name_of(tag, reader)) for tag in COMMON), key=lambda pair: pair[1])


def _wanted(centre: Centre) -> Wanted:
    asked = request.args
    return Wanted(
        name=asked.get("name", "")[:100],
        language=asked.get("language", ""),
        level=asked.get("level", ""),
        activity=_activity(centre, asked.get("activity", "")),
        unreached="unreached" in asked,
    )


def _activity(centre: Centre, ref: str) -> Activity | None:
    """One of those that the page offers; of any other nobody learns that it is there."""
    if not ref:
        return None
    offered = activities_with_people(planner(), centre)
    return next((one for one in offered if one.ref == ref), None) or abort(404)


def _after(centre: Centre) -> Person | None:
    ref = request.args.get("after")
    return one_or_404(participants_of(centre).where(Person.ref == ref)) if ref else None


@bp.get("/participants/twice")
def twice() -> str:
    """Who of one centre is perhaps there twice."""
    centre = asked_centre()
    found = pairs(planner(), centre)
    return render_template(
        "participants/twice.html",
        centre=centre,
        centres=planned_centres(),
        pairs=found[:MOST_PAIRS_SHOWN],
        more=len(found[MOST_PAIRS_SHOWN:]),
    )


@bp.get("/participants/<ref>/twice")
def of_person(ref: str) -> str:
    """Who may be this person, by what we know, or by a name that one types."""
    person = _mine(ref)
    others = mergeable(planner()).where(Person.id != person.id)
    typed = request.args.get("name", "").strip()[:100]
    return render_template(
        "participants/of_person.html",
        known=person,
        typed=typed,
        found=_found(person, typed, others),
        merges=merges_of(person),
    )


def _found(person: Person, typed: str, others: Select[Person]) -> list[Person]:
    if typed:
        ids = called(typed, others)
        found = list(db.session.scalars(others.where(Person.id.in_(ids)).limit(MOST_FOUND)))
    else:
        found = [one.person for one in perhaps(person.name, person.phone, among=others)]
    return [one for one in found if not are_two(person, one)]


@bp.get("/participants/<ref>/merge/<other_ref>")
def preview(ref: str, other_ref: str) -> str | Response:
    """What becomes of the other, before it does."""
    kept, gone = _mine(ref), _mine(other_ref)
    if (first := confirm_first()) is not None:
        return first
    return render_template("participants/merge.html", **_facts(kept, gone))


def _facts(kept: Person, gone: Person) -> dict[str, Any]:
    now, me = clock.now(), planner()
    stays, goes = side_of(kept, me), side_of(gone, me)
    return {
        "stays": stays,
        "goes": goes,
        "both_in": [one for one in goes.places if one in stays.places],
        "both_wait": [one for one in goes.waits_for if one in stays.waits_for],
        "at_once": at_once(gone, kept, me, now=now),
        "marked": marked_differently(gone, kept, me),
        "lost": _lost(kept, gone),
        "address_moves": bool(gone.email and not kept.email and not kept.owns_address),
        "why_two": why_two(gone, kept),
        "said_two": are_two(gone, kept) or gone == kept,
        "differing": differing(gone, kept),
    }


def _lost(kept: Person, gone: Person) -> list[str]:
    """What is known of the one who goes, and after that no longer."""
    name = [] if gone.name == kept.name else [gone.name]
    two_phones = gone.phone and kept.phone and plain(gone.phone) != plain(kept.phone)
    return [*name, gone.phone] if two_phones and gone.phone else name


@bp.post("/participants/<ref>/merge/<other_ref>")
def become_one(ref: str, other_ref: str) -> str | tuple[str, int] | Response:
    kept, gone = _mine(ref), _mine(other_ref)
    if (first := confirm_first()) is not None:
        return first
    chosen = set(request.form.getlist("deciding"))
    deciding = [tie.guardian_id for tie in differing(gone, kept) if tie.guardian.ref in chosen]
    try:
        merge(
            gone,
            kept,
            by=planner(),
            now=clock.now(),
            keeps_papers="keeps_papers" in request.form,
            deciding=deciding,
        )
    except Refusal as refusal:
        db.session.rollback()
        return refused_page(refusal.message), 409
    db.session.commit()
    flash(_("They are one person now."), "success")
    return redirect(url_for("invitations.show", ref=ref), 303)


@bp.post("/participants/<ref>/two/<other_ref>")
def stay_two(ref: str, other_ref: str) -> Response:
    one, other = _mine(ref), _mine(other_ref)
    if one.id == other.id:
        abort(404)
    say_two(one, other, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("We do not ask again."), "success")
    return redirect(url_for(".twice", centre=request.args.get("centre")), 303)


def _mine(ref: str) -> Person:
    """A participant of whom nothing is known elsewhere; for anybody else the page is not there."""
    return one_or_404(mergeable(planner()).where(Person.ref == ref))
