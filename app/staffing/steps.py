"""My profile in small steps: one question a page, each saved at once; none has to be answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people import profile
from app.people.current import current_person
from app.people.languages import name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.profile import CentreCorrects, NothingWished, TooYoung
from app.people.queries import centres
from app.people.terms import HELPERS, WITHOUT_CONSENT, Gender, Interest, Stage, age_on
from app.staffing.steps_forms import AboutForm, LimitsForm, WishesForm, about, wished_by
from app.staffing.when_free import said_anything

bp = Blueprint("steps", __name__)


def helping() -> Person:
    """Whoever helps or would like to; for anybody else the page does not exist."""
    person = current_person()
    if not person.helps_or_would:
        abort(404)
    return person


@dataclass(frozen=True)
class Step:
    """One question: its page, what was answered so far, and whether an answer matters."""

    title: str
    endpoint: str
    icon: str
    said: str
    is_done: bool
    is_optional: bool = False


@bp.get("/profile/steps")
def overview() -> str:
    """What is done, what is to do, and where things stand."""
    person = helping()
    found = list(_steps(person))
    waiting = [one for one in found if not one.is_done and not one.is_optional]
    return render_template(
        "staffing/steps.html",
        steps=found,
        following=next(iter(waiting), None),
        applications=person.applications,
        helps_already=person.has_role(*HELPERS),
        Stage=Stage,
    )


def _steps(person: Person) -> Iterator[Step]:
    reader = page_language()
    languages = [name_of(one.language, reader) for one in person.languages]
    yield Step(
        _("Languages"), "spoken.languages", "language", _(", ").join(languages), bool(languages)
    )
    roles = [m for m in person.memberships if m.role in HELPERS and m.stage is not Stage.LEFT]
    said = _(", ").join(f"{m.role.label} ({m.centre.name})" for m in roles)
    yield Step(_("What you would like to do, and where"), "steps.roles", "people", said, True)
    known_age = person.is_adult is not None or person.born_on is not None
    interests = profile.interests_of(person)
    said = _(", ").join(str(one.label) for one in interests)
    yield Step(_("About you"), "steps.about_me", "person", said, known_age)
    yield Step(_("How much"), "steps.limits", "clock", _limits(person), bool(_limits(person)), True)
    free = said_anything(person)
    said = _("You said when you are free.") if free else ""
    yield Step(_("When you are free"), "free.week", "calendar", said, free)


def _limits(person: Person) -> str:
    parts = []
    if (hours := person.hours_a_week) is not None:
        parts.append(ngettext("%(num)s hour a week", "%(num)s hours a week", hours))
    if person.earliest:
        parts.append(_("not before %(time)s", time=f"{person.earliest:%H:%M}"))
    if person.latest:
        parts.append(_("not after %(time)s", time=f"{person.latest:%H:%M}"))
    return _(", ").join(parts)


@bp.get("/profile/roles")
def roles() -> str:
    person = helping()
    given = {"wishes": wished_by(person), "helps_online": person.helps_online}
    return _show_roles(WishesForm(data=given, centres=centres()))


@bp.post("/profile/roles")
def wish() -> str | tuple[str, int] | Response:
    person, form = helping(), WishesForm(centres=centres())
    if not form.validate_on_submit():
        return _show_roles(form), 422
    try:
        profile.wish(person, form.chosen(), now=clock.now())
    except NothingWished as refusal:
        db.session.rollback()
        form.wishes.errors = [refusal.message]
        return _show_roles(form), 422
    person.helps_online = form.helps_online.data
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".about_me"), 303)


def _show_roles(form: WishesForm) -> str:
    settled = {
        f"{m.centre.code}:{m.role.value}": m.stage
        for m in current_person().memberships
        if m.role in HELPERS and m.stage not in (Stage.APPLIED, Stage.LEFT)
    }
    home = current_person().home_centre_id
    places = sorted(form.centres.values(), key=lambda one: (one.id != home, one.name))
    return render_template(
        "staffing/step_roles.html", form=form, places=places, settled=settled, HELPERS=HELPERS
    )


@bp.get("/profile/about")
def about_me() -> str:
    return _show_about(AboutForm(data=about(helping())))


@bp.post("/profile/about")
def say_about() -> str | tuple[str, int] | Response:
    person, form = helping(), AboutForm()
    if not form.validate_on_submit():
        return _show_about(form), 422
    try:
        _take_in(person, form)
    except TooYoung as refusal:
        db.session.rollback()
        form.born_on.errors = [refusal.message]
        return _show_about(form), 422
    except CentreCorrects as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _show_about(form), 422
    db.session.commit()
    flash(_("Saved."), "success")
    if person.born_on is not None:
        flash(_next_for_the_young(person), "info")
    return redirect(url_for(".limits"), 303)


def _take_in(person: Person, form: AboutForm) -> None:
    today = clock.now().astimezone(person.tz).date()
    if profile.may_say_age(person) and form.age.data:
        born_on = form.born_on.data if form.age.data == "younger" else None
        profile.say_age(person, born_on, today=today)
    if profile.may_say_gender(person):
        profile.say_gender(person, Gender(form.gender.data) if form.gender.data else None)
    profile.say_interests(person, {Interest(one) for one in form.interests.data or ()})


def _next_for_the_young(person: Person) -> str:
    today = clock.now().astimezone(person.tz).date()
    if person.born_on and age_on(today, person.born_on) < WITHOUT_CONSENT:
        return _(
            "At 15 your parents have to agree in writing. We tell you how when we call you; bring "
            "their signature to the talk."
        )
    return _("You may volunteer. We tell you what the law asks of people under 18 when we talk.")


def _show_about(form: AboutForm) -> str:
    person = current_person()
    return render_template(
        "staffing/step_about.html",
        form=form,
        may_say_age=profile.may_say_age(person),
        may_say_gender=profile.may_say_gender(person),
        Interest=Interest,
    )


@bp.get("/profile/limits")
def limits() -> str:
    person = helping()
    return render_template("staffing/step_limits.html", form=LimitsForm(obj=person))


@bp.post("/profile/limits")
def say_limits() -> str | tuple[str, int] | Response:
    person, form = helping(), LimitsForm()
    if not form.validate_on_submit():
        return render_template("staffing/step_limits.html", form=form), 422
    profile.say_limits(
        person,
        hours_a_week=form.hours_a_week.data,
        earliest=form.earliest.data,
        latest=form.latest.data,
    )
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("free.week"), 303)
