"""Answering an offer from its letter: whoever holds the link says yes or no, nothing else."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import public
from app.staffing import operations
from app.staffing.answer_links import is_sealed
from app.staffing.models import Assignment, State
from app.staffing.operations import NotEligible, OfferClosed
from app.web import settings

bp = Blueprint("answers", __name__)


@bp.get("/answers/<ref>/<seal>")
@public
def answer(ref: str, seal: str) -> str | tuple[str, int] | Response:
    """What somebody is asked, with yes and no. Looking changes nothing, however often."""
    offer = _offer(ref, seal)
    if offer is None:
        return _over()
    now = clock.now()
    if offer.need.meeting.is_secret:
        return _to_sign_in(ref)
    expected = offer.state is State.CONFIRMED and now < offer.need.meeting.ends_at
    if not (expected or offer.state is State.DECLINED or offer.is_open_offer(now)):
        return render_template("staffing/closed.html")
    return render_template(
        "staffing/offer.html",
        offer=offer,
        yes=url_for(".accept", ref=ref, seal=seal),
        no=url_for(".decline", ref=ref, seal=seal),
        now=now,
        State=State,
    )


@bp.post("/answers/<ref>/<seal>/acceptance")
@public
def accept(ref: str, seal: str) -> tuple[str, int] | Response:
    offer = _offer(ref, seal)
    if offer is None:
        return _over()
    if offer.need.meeting.is_secret:
        return _to_sign_in(ref)
    try:
        operations.accept_offer(offer, now=clock.now())
    except NotEligible:  # why is said to who signed in
        raise OfferClosed from None
    db.session.commit()
    flash(_("Thank you. You are expected."), "success")
    return redirect(url_for(".answer", ref=ref, seal=seal), 303)


@bp.post("/answers/<ref>/<seal>/refusal")
@public
def decline(ref: str, seal: str) -> tuple[str, int] | Response:
    offer = _offer(ref, seal)
    if offer is None:
        return _over()
    if offer.need.meeting.is_secret:
        return _to_sign_in(ref)
    operations.decline_offer(offer, now=clock.now())
    db.session.commit()
    flash(_("Thank you for answering. Somebody else will be asked."), "success")
    return redirect(url_for(".answer", ref=ref, seal=seal), 303)


def _offer(ref: str, seal: str) -> Assignment | None:
    """The offer that this very link was made for; asked anew, an old link opens nothing."""
    offer = db.session.scalars(select(Assignment).where(Assignment.ref == ref)).one_or_none()
    if offer is None or offer.lapses_at is None:
        return None
    fits = is_sealed(seal, settings().secret_key, ref, offer.made_at)
    return offer if fits else None


def _to_sign_in(ref: str) -> Response:
    """It became protected after it was asked: whoever has the link may not be who was asked."""
    return redirect(url_for("staffing.offer", ref=ref), 303)


def _over() -> tuple[str, int]:
    return render_template("staffing/closed.html"), 404
