"""Whatever happens to a session, to somebody's place at it and to their letters: in the end their
calendar, kept by those letters alone, shows what a feed would show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update

from app.extensions import db
from app.feeds.inviting import begin, stop, to_invite, wish_of
from app.feeds.looks import event_of
from app.feeds.models import Look
from app.i18n import in_language
from app.notices.delivery import LetterRefused, NotDelivered, PerhapsSent, TryLater
from app.notices.models import Pace
from app.notices.wishes import end_silence, keep_silent, silence_of
from app.programme.bookings import book
from app.programme.kinds import Privacy
from app.programme.models import Booking, Meeting, Part, Status
from tests import make
from tests.feeds.test_inviting import Reader, text
from tests.make import MONDAY

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PROBLEMS: dict[str, list[NotDelivered]] = {
    "well": [],
    "later": [TryLater("451")],
    "unknown": [PerhapsSent("timeout")],
    "refused": [LetterRefused("552")],
}


class Life(RuleBasedStateMachine):
    """Layla has a place at a session that begins within two weeks, and gets it by mail."""

    def __init__(self) -> None:
        super().__init__()
        self.before = db.engine.begin_nested()  # type: ignore[attr-defined]

    def teardown(self) -> None:
        db.session.remove()
        self.before.rollback()

    @initialize()
    def begin(self) -> None:
        self.activity = make.activity("Romanian course")
        self.room = make.room(centre=self.activity.centre, name="Sala 1")
        self.meeting: Meeting | None = None
        self.layla = Reader(make.person(), now=MONDAY - 13 * DAY)
        self.planned_anew()

    # --- what happens to the session

    has_none = precondition(lambda self: self.meeting is None)
    has_one = precondition(lambda self: self.meeting is not None)

    @has_none
    @rule()
    def planned_anew(self) -> None:
        self.meeting = make.meeting(activity=self.activity, room=self.room)
        book(self.layla.person, self.meeting, Part.LEARNER)

    @has_one
    @rule(hours=st.integers(1, 20))
    def moved(self, hours: int) -> None:
        self._set(starts_at=MONDAY + hours * HOUR, ends_at=MONDAY + (hours + 2) * HOUR)

    @has_one
    @rule(status=st.sampled_from(Status))
    def cancelled_or_not(self, status: Status) -> None:
        self._set(status=status)
        held = status is Status.PLANNED
        self._bookings(update(Booking).values(held=held))

    def _set(self, **values: Any) -> None:
        assert self.meeting is not None
        one = update(Meeting).where(Meeting.id == self.meeting.id)
        db.session.execute(one.values(sequence=Meeting.sequence + 1, **values))
        if "starts_at" in values:
            self._bookings(update(Booking).values(**values))
        db.session.expire_all()

    def _bookings(self, statement: Any) -> None:
        assert self.meeting is not None
        db.session.execute(statement.where(Booking.meeting_id == self.meeting.id))

    @has_one
    @rule(title=st.sampled_from(("Picnic", "Walk")))
    def retitled(self, title: str) -> None:
        assert self.meeting is not None
        self.meeting.texts = []
        db.session.flush()
        self.meeting.texts = [text(title)]
        db.session.flush()

    @has_one
    @rule(privacy=st.sampled_from((Privacy.MEMBERS, Privacy.PROTECTED)))
    def protected_or_not(self, privacy: Privacy) -> None:
        assert self.meeting is not None
        self.meeting.privacy = privacy
        db.session.flush()

    @has_one
    @rule()
    def thrown_away(self) -> None:
        assert self.meeting is not None
        db.session.execute(delete(Meeting).where(Meeting.id == self.meeting.id))
        db.session.expire_all()
        self.meeting = None

    # --- what Layla does

    @has_one
    @rule()
    def comes_or_leaves(self) -> None:
        assert self.meeting is not None
        mine = select(Booking).where(Booking.meeting_id == self.meeting.id)
        if db.session.scalars(mine).one_or_none() is None:
            book(self.layla.person, self.meeting, Part.LEARNER)
        else:
            self._bookings(delete(Booking))
            db.session.expire_all()

    @rule()
    def wants_them_or_not(self) -> None:
        person, now = self.layla.person, self.layla.now
        (stop if wish_of(person) else begin)(person, now=now)

    @rule()
    def silent_or_not(self) -> None:
        person = self.layla.person
        if silence_of(person):
            end_silence(person)
        else:
            keep_silent(person, by=person, now=self.layla.now)

    # --- what the worker and the mail server do

    @rule()
    def looks(self) -> None:
        self.layla.looks()

    @rule(how=st.sampled_from(sorted(PROBLEMS)), after=st.sampled_from((MINUTE, 10 * MINUTE, HOUR)))
    def sends(self, how: str, after: timedelta) -> None:
        self.layla.sends(*PROBLEMS[how], after=after)

    # --- what must be true

    @invariant()
    def in_the_end_the_calendar_shows_the_truth(self) -> None:
        if not hasattr(self, "layla"):
            return
        db.session.commit()
        kept = self.layla.now, dict(self.layla.calendar.events), dict(self.layla.calendar.orders)
        world = db.engine.begin_nested()  # type: ignore[attr-defined]
        self._settle()
        shown, truth = self._shown(), self._truth()
        db.session.commit()
        world.rollback()
        db.session.expire_all()
        self.layla.now, self.layla.calendar.events, self.layla.calendar.orders = kept

        assert shown == truth

    def _settle(self) -> None:
        person = self.layla.person
        end_silence(person)
        begin(person, now=self.layla.now)
        for _days in range(2):  # nobody sent anything for two; what was lost then is tried anew
            self.layla.now = (self.layla.now + 2 * DAY).replace(hour=9)
            for _turn in range(2):
                db.session.execute(delete(Pace))
                self.layla.hears()
        assert to_invite(now=self.layla.now) == []
        assert self.layla.now < MONDAY

    def _shown(self) -> list[tuple[str, datetime, str]]:
        events = self.layla.calendar.events.values()
        return [
            (str(e["SUMMARY"]), e["DTSTART"].dt.astimezone(UTC), str(e.get("LOCATION", "")))
            for e in events
        ]

    def _truth(self) -> list[tuple[str, datetime, str]]:
        """As a feed of her own would have it, without what does not take place."""
        found = db.session.scalars(
            select(Meeting).join(Booking, Booking.meeting_id == Meeting.id).where(Booking.held)
        )
        with in_language("en"):
            looks = [
                event_of(one, Look.HIDDEN if one.is_secret else Look.OWN, "en") for one in found
            ]
        return [
            (one.summary, one.starts_at, "" if one.private else one.location or "") for one in looks
        ]


@pytest.mark.usefixtures("app")
def test_a_calendar_kept_by_mail_shows_the_truth() -> None:
    class Here(Life):
        pass

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=5,
            stateful_step_count=12,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
            suppress_health_check=list(HealthCheck),
        ),
    )
