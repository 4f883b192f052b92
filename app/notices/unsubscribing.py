"""Saying no to one sort of messages from the letter itself (RFC 8058), without signing in.

Looking changes nothing: mail scanners open links before people do. The page names nobody.
"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.extensions import csrf, db
from app.notices.models import Topic
from app.notices.seals import fits
from app.notices.wishes import refuse, unwanted_by, want
from app.people.access import public
from app.people.models import Person
from app.web import settings

bp = Blueprint("unsubscribing", __name__)


@bp.get("/unsubscribe/<ref>/<topic>/<seal>")
@public
def page(ref: str, topic: str, seal: str) -> str:
    person, about = _reader(ref, topic, seal)
    refused = about in unwanted_by(person)
    return render_template("notices/unsubscribe.html", topic=about, refused=refused, Topic=Topic)


@bp.post("/unsubscribe/<ref>/<topic>/<seal>")
@public
def changed(ref: str, topic: str, seal: str) -> str | Response:
    """A mail program follows no redirect (RFC 8058 section 3.1); a person sees the page anew."""
    person, about = _reader(ref, topic, seal)
    if request.form.get("again"):
        want(person, about)
    else:
        refuse(person, about, now=clock.now())
    db.session.commit()
    if "List-Unsubscribe" in request.form:
        return page(ref, topic, seal)
    return redirect(url_for(".page", ref=ref, topic=topic, seal=seal), 303)


csrf.exempt(changed)  # a mail program posts it, without a page of ours; the seal shows it may


def _reader(ref: str, topic: str, seal: str) -> tuple[Person, Topic]:
    """Whom the letter was written to; whatever is wrong with the link, the page does not exist."""
    person = db.session.scalars(select(Person).where(Person.ref == ref)).one_or_none()
    known = topic in {one.value for one in Topic}
    if person is None or person.email is None or not known:
        abort(404)
    if not fits(seal, settings().secret_key, ref, topic, person.email):
        abort(404)
    return person, Topic(topic)
