"""My reminders: what somebody hears, when, on which channels; and silent contact."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices import wishes
from app.notices.devices import be_told_first, devices_of
from app.notices.models import Topic
from app.people.consents import Purpose
from app.people.current import current_person
from app.people.locale import page_language
from app.people.models import Person
from app.reminders.forms import MyRemindersForm, reminders_of, topics_for
from app.reminders.wishing import TooQuiet, keep_quiet, wish

bp = Blueprint("reminding", __name__)


@bp.get("/profile/reminders")
def mine() -> str:
    person = current_person()
    return _page(MyRemindersForm(data=reminders_of(person), person=person))


@bp.post("/profile/reminders")
def choose() -> str | tuple[str, int] | Response:
    person = current_person()
    form = MyRemindersForm(person=person)
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        _save(form, person)
    except TooQuiet as refusal:
        db.session.rollback()
        form.quiet_until.errors = [*form.quiet_until.errors, refusal.message]
        return _page(form), 422
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".mine"), 303)


def _save(form: MyRemindersForm, person: Person) -> None:
    now = clock.now()
    keep_quiet(person, form.quiet_hours())
    wishes.want(person, Topic.REMINDERS)  # from now on it is said when, or never
    wish(person, form.wishes())
    for topic in topics_for(person):
        if topic.value in form.topics.data:
            wishes.want(person, topic)
        else:
            wishes.refuse(person, topic, now=now)
    for channel, given in form.consents().items():
        wishes.say(person, channel, given, by=person, now=now, language=page_language())
    if (first := form.first_way()) is not None:
        be_told_first(person, first)


@bp.post("/profile/silence")
def keep_silent() -> Response:
    person = current_person()
    wishes.keep_silent(person, by=person, now=clock.now())
    db.session.commit()
    flash(_("From now on nobody writes to you or calls you."), "success")
    return redirect(url_for(".mine"), 303)


@bp.post("/profile/silence/end")
def end_silence() -> Response:
    """Only what somebody began themselves: whoever holds their telephone ends nothing else."""
    person = current_person()
    known = wishes.silence_of(person)
    if known is not None and known.by_id == person.id:
        wishes.end_silence(person)
        db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".mine"), 303)


def _page(form: MyRemindersForm) -> str:
    person = current_person()
    known = wishes.silence_of(person)
    own = known is not None and known.by_id == person.id
    return render_template(
        "reminders/mine.html",
        form=form,
        silence=known if own else None,
        sms_text=Purpose.SMS.text.words if Purpose.SMS.text else None,
        devices=db.session.scalars(devices_of(person)).all(),
    )
