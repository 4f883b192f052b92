"""How somebody may be reached: what they said, who wrote it down, and silent contact."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices import wishes
from app.people.current import may_change, planner
from app.people.models import Person
from app.people.queries import looked_after_by
from app.reminders.forms import ASKED, ChannelsForm, channels_of
from app.web import one_or_404

bp = Blueprint("contact", __name__)


@bp.get("/people/<ref>/contact")
def show(ref: str) -> str:
    person = _find(ref)
    return _page(person, ChannelsForm(data=channels_of(person), known=person))


@bp.post("/people/<ref>/contact")
def note(ref: str) -> str | tuple[str, int] | Response:
    """What they said of each channel, with the date and who wrote it down."""
    person = _find(ref)
    form = ChannelsForm(known=person)
    if not form.validate_on_submit():
        return _page(person, form), 422
    for channel, given in form.consents().items():
        wishes.say(person, channel, given, by=planner(), now=clock.now())
    return _saved(ref)


@bp.post("/people/<ref>/silence")
def keep_silent(ref: str) -> Response:
    wishes.keep_silent(_find(ref), by=planner(), now=clock.now())
    return _saved(ref)


@bp.post("/people/<ref>/silence/end")
def end_silence(ref: str) -> Response:
    wishes.end_silence(_find(ref))
    return _saved(ref)


def _find(ref: str) -> Person:
    return one_or_404(looked_after_by(planner()).where(Person.ref == ref))


def _saved(ref: str) -> Response:
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".show", ref=ref), 303)


def _page(person: Person, form: ChannelsForm) -> str:
    return render_template(
        "reminders/contact.html",
        form=form,
        known=person,
        may_change=may_change,
        consents=wishes.consents_of(person),
        channels=ASKED,
        silence=wishes.silence_of(person),
    )
