"""Children are never with one adult alone."""

from __future__ import annotations

from sqlalchemy import func, select

from app.extensions import db
from app.i18n import _l
from app.programme.kinds import Kind
from app.programme.models import Meeting
from app.refusal import Refusal
from app.staffing.models import Need

FEWEST_ADULTS = 2


class OneAdultAlone(Refusal):
    message = _l(
        "Children are never with one adult alone: two people with a valid integrity certificate "
        "are needed. Nothing was changed."
    )


def refuse_one_adult(meeting: Meeting) -> None:
    """Ask after the needs of *meeting* were changed; the caller holds its row.

    Raises `OneAdultAlone` where children are looked after and fewer than two adults with a
    certificate would be needed.
    """
    if meeting.kind is not Kind.CHILDCARE:
        return
    adults = select(func.coalesce(func.sum(Need.wanted), 0)).where(
        Need.meeting_id == meeting.id, Need.check_required
    )
    if db.session.scalars(adults).one() < FEWEST_ADULTS:
        raise OneAdultAlone
