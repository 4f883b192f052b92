"""What the staff do about messages that could not be delivered: tell by telephone, send again, or
give up. Each deed is kept with who did it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.i18n import _l
from app.notices.channels import Channel
from app.notices.ledger import Attempt, Deed, NoticeDeed
from app.notices.models import TO_CALL, Notice, State
from app.notices.wishes import stops_for
from app.people.models import Person
from app.refusal import Refusal


class TooLateToSend(Refusal):
    message = _l("It is too late for this message to be of use. Please telephone.")


class NoAddressToSend(Refusal):
    message = _l("No message reaches this person. Please telephone, or correct the address first.")


def tell(notice: Notice, *, by: Person, now: datetime) -> None:
    """Somebody telephoned: the message is no longer owed. Twice is harmless."""
    if notice.state in TO_CALL:
        notice.state = State.TOLD
        _note(notice, Deed.TELEPHONED, by, now)


def give_up(notice: Notice, *, by: Person, now: datetime) -> None:
    """Nobody needs to hear it any more. Twice is harmless."""
    if notice.state in TO_CALL:
        notice.state = State.GIVEN_UP
        _note(notice, Deed.GIVEN_UP, by, now)


def send_again(notice: Notice, *, by: Person, now: datetime, via: Channel | None = None) -> None:
    """From the start, as if it were due now, and without waiting for other messages; on the channel
    *via*, if one is chosen. Refused where no letter can reach them in time, or none may. Twice is
    harmless."""
    if notice.state not in TO_CALL:
        return
    if notice.not_after is not None and notice.not_after <= now:
        raise TooLateToSend
    stops = stops_for({notice.person_id})
    if stops.against(notice.person) or via not in (None, *stops.channels(notice.person)):
        raise NoAddressToSend
    notice.state, notice.claim, notice.attempts = State.PENDING, None, 0
    notice.letter, notice.urgent, notice.via = None, True, via
    notice.due_at = notice.next_try_at = now
    notice.failed_at = notice.last_code = None
    _note(notice, Deed.SENT_AGAIN, by, now)


def _note(notice: Notice, deed: Deed, by: Person, now: datetime) -> None:
    db.session.add(NoticeDeed(notice_id=notice.id, deed=deed, at=now, by=by))


def attempts_of(notices: Collection[Notice]) -> dict[int, list[Attempt]]:
    """Each try to send them, the latest first."""
    found = select(Attempt).where(Attempt.notice_id.in_([one.id for one in notices]))
    tries: dict[int, list[Attempt]] = {}
    for one in db.session.scalars(found.order_by(Attempt.started_at.desc(), Attempt.id.desc())):
        tries.setdefault(one.notice_id, []).append(one)
    return tries


def deeds_of(notices: Collection[Notice]) -> dict[int, list[NoticeDeed]]:
    """What was done about them before, the latest first."""
    found = select(NoticeDeed).where(NoticeDeed.notice_id.in_([one.id for one in notices]))
    done: dict[int, list[NoticeDeed]] = {}
    for one in db.session.scalars(found.order_by(NoticeDeed.at.desc(), NoticeDeed.id.desc())):
        done.setdefault(one.notice_id, []).append(one)
    return done
