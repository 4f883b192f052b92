"""What letters about waiting say, while it is true."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.extensions import db
from app.notices.models import Kind, Notice
from app.signups.models import Waiting, WaitingState
from app.signups.seals import seal_of
from app.signups.waiting import who_may_answer
from app.web import link, settings

ABOUT_WAITING = (Kind.PLACE_OFFERED, Kind.OFFER_LAPSED)


def waiting_facts(notice: Notice, now: datetime) -> dict[str, Any] | None:
    """Until when an offer can be accepted and where; None when it is no longer open. Of one that
    lapsed, where to wait again; None when they did something else meanwhile."""
    waiting = db.session.get(Waiting, notice.about["waiting"], populate_existing=True)
    if waiting is None:
        return None
    reader = notice.person.language
    if notice.kind is Kind.OFFER_LAPSED:
        lapsed = waiting.state is WaitingState.LAPSED
        page = link(reader, "signups.activity", ref=waiting.activity.ref)
        return {"link": page if waiting.activity.privacy.is_listed else None} if lapsed else None
    if not waiting.is_open_offer(now) or waiting.offered_at is None:
        return None
    return {
        "until": waiting.lapses_at,
        "link": _answer_link(waiting, waiting.offered_at, notice),
    }


def asks_reader(notice: Notice) -> bool:
    """Whether a yes or a no to what was offered is the reader's to say at this moment, for all of
    those who waited; others are only told."""
    waiting = db.session.get(Waiting, notice.about["waiting"])
    return waiting is not None and _may_answer(notice, waiting)


def _may_answer(notice: Notice, waiting: Waiting) -> bool:
    return notice.person in who_may_answer(waiting)


def _answer_link(waiting: Waiting, offered_at: datetime, notice: Notice) -> str | None:
    """Where the offer is answered: at once, or of what is protected only after signing in. Nowhere
    for who does not decide for all of those who wait."""
    if not _may_answer(notice, waiting):
        return None
    reader = notice.person.language
    if not waiting.activity.privacy.is_listed:
        return link(reader, "waiting.own", ref=waiting.ref)
    seal = seal_of(settings().secret_key, waiting.ref, offered_at, notice.person.ref)
    return link(reader, "waiting.offered", ref=waiting.ref, seal=seal)
