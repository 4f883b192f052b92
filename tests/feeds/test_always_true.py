"""Whatever is done to the programme, every feed reads as if nothing had ever been kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
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
from app.feeds.models import KeptEvent, KeptFeed, Scope
from app.feeds.operations import fold_touches, make_link
from app.folding import fold
from app.people.models import Membership
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import (
    Activity,
    ActivityText,
    Booking,
    Confidant,
    Meeting,
    MeetingText,
    Part,
    Status,
)
from app.programme.places import Room
from app.staffing.models import Assignment, State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

PLAIN = {"Accept-Encoding": "identity"}
LANGUAGES = ("ro", "ar")
SECRET = "canary"
hours = count(1)
pick = st.integers(0, 50)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


class Life(RuleBasedStateMachine):
    """One centre, a coordinator, a mediator and a learner, and all that may happen to them."""

    browser: Browser
    clock: time_machine.Traveller

    def __init__(self) -> None:
        super().__init__()
        self.before = db.engine.begin_nested()  # type: ignore[attr-defined]
        self.clock.move_to(BEFORE)

    def teardown(self) -> None:
        db.session.remove()
        self.before.rollback()

    @initialize()
    def begin(self) -> None:
        self.here = make.centre(name="Brașov")
        self.room = make.room(centre=self.here)
        self.coordinator = make.coordinator(self.here)
        self.mediator = make.mediator(self.here)
        self.learner = make.participant(self.here)
        self.activities = [
            make.activity("Course", centre=self.here, coordinator=self.coordinator),
            make.activity(
                "Festival", centre=self.here, kind=Kind.CULTURAL, coordinator=self.coordinator
            ),
            make.activity(
                f"{SECRET} group",
                centre=self.here,
                kind=Kind.WOMENS_GROUP,
                coordinator=self.coordinator,
            ),
        ]
        for day, activity in enumerate(self.activities * 2):
            one = make.meeting(
                activity=activity, room=self.room, starts_at=MONDAY + timedelta(days=day)
            )
            book(self.learner, one, Part.LEARNER)
            book(self.mediator, one, Part.HELPER)
        self.paths = [
            f"/{language}/calendars/{name}.ics"
            for language in LANGUAGES
            for name in (
                "all",
                f"centre-{self.here.code}",
                f"centre-{self.here.code}_kind-course_language-ro",
                f"activity-{self.activities[0].ref}",
            )
        ]
        for language in LANGUAGES:
            self.paths += [
                self._link(self.learner, language),
                self._link(self.mediator, language, with_open=True, alarm_minutes=60),
                self._link(self.coordinator, language, scope=Scope.CENTRE, centre_id=self.here.id),
                self._link(self.coordinator, language, scope=Scope.ROOM, room_id=self.room.id),
            ]
        db.session.commit()

    def _link(self, person: Any, language: str, **given: Any) -> str:
        asked = {"alarm_minutes": None} | given
        _feed, token = make_link(person, label="phone", language=language, now=BEFORE, **asked)
        return f"/c/{token}.ics"

    # --- what happens

    def meetings(self) -> list[Meeting]:
        return list(db.session.scalars(select(Meeting).order_by(Meeting.id)))

    def some(self, which: int) -> Meeting:
        every = self.meetings()
        return every[which % len(every)]

    has_meetings = precondition(lambda self: bool(self.meetings()))

    @rule(which=pick, day=st.integers(-20, 300))
    def a_meeting_more(self, which: int, day: int) -> None:
        activity = self.activities[which % len(self.activities)]
        make.meeting(
            activity=activity,
            room=self.room,
            starts_at=MONDAY + timedelta(days=day, hours=3 * (next(hours) % 4)),
        )

    @has_meetings
    @rule(which=pick, day=st.integers(-40, 400))
    def moved(self, which: int, day: int) -> None:
        """As a set: however many rows, whoever says so."""
        one = self.some(which)
        starts_at = MONDAY + timedelta(days=day, hours=next(hours) % 24, minutes=next(hours) % 60)
        for table, mine in ((Booking, Booking.meeting_id), (Meeting, Meeting.id)):
            db.session.execute(
                update(table)
                .where(mine == one.id)
                .values(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=1))
            )
        db.session.execute(
            update(Meeting).where(Meeting.id == one.id).values(sequence=Meeting.sequence + 1)
        )

    @has_meetings
    @rule(which=pick, status=st.sampled_from(Status))
    def cancelled_or_restored(self, which: int, status: Status) -> None:
        one = self.some(which)
        one.status, one.sequence = status, one.sequence + 1
        held = status is Status.PLANNED
        db.session.execute(update(Booking).where(Booking.meeting_id == one.id).values(held=held))

    @has_meetings
    @rule(which=pick)
    def thrown_away(self, which: int) -> None:
        db.session.execute(delete(Meeting).where(Meeting.id == self.some(which).id))

    @has_meetings
    @rule(which=pick, title=st.sampled_from(("Picnic", "نزهة", "Picnic; în parc, ora 9")))
    def titled(self, which: int, title: str) -> None:
        one = self.some(which)
        if one.texts:
            db.session.delete(one.texts[0])
        else:
            one.texts.append(
                MeetingText(language="ro", title=title, folded=fold(title), changed_at=BEFORE)
            )

    @rule(which=pick, language=st.sampled_from(("ro", "ar")))
    def translated(self, which: int, language: str) -> None:
        activity = self.activities[which % 2]
        have = [text for text in activity.texts if text.language == language]
        if have:
            db.session.delete(have[0])
            return
        activity.texts.append(
            ActivityText(language=language, title="دورة", folded="دورة", changed_at=BEFORE)
        )

    @has_meetings
    @rule(which=pick, privacy=st.sampled_from(Privacy))
    def made_more_or_less_private(self, which: int, privacy: Privacy) -> None:
        one = self.some(which)
        if one.kind is not Kind.WOMENS_GROUP:
            one.privacy = privacy

    @rule(which=pick)
    def published_or_not(self, which: int) -> None:
        activity = self.activities[which % len(self.activities)]
        activity.published_at = None if activity.published_at else BEFORE

    @rule(which=pick)
    def held_in_another_language(self, which: int) -> None:
        values = {"language": "ro" if which % 2 else "uk"}
        db.session.execute(update(Activity).values(**values))

    @rule(name=st.sampled_from(("Sala 1", "Sala 2", "القاعة")))
    def room_renamed(self, name: str) -> None:
        db.session.execute(update(Room).where(Room.id == self.room.id).values(name=name))

    @rule(address=st.sampled_from(("Str. Lungă 1", "Str. Scurtă 2")))
    def centre_moved(self, address: str) -> None:
        self.here.address = address

    @has_meetings
    @rule(which=pick, part=st.sampled_from(Part))
    def expected_or_not(self, which: int, part: Part) -> None:
        one, person = self.some(which), self.learner if part is Part.LEARNER else self.mediator
        mine = (Booking.meeting_id == one.id, Booking.person_id == person.id)
        if db.session.scalars(select(Booking).where(*mine)).one_or_none() is not None:
            db.session.execute(delete(Booking).where(*mine))
            return
        db.session.add(
            Booking(
                person=person, meeting=one, part=part, starts_at=one.starts_at,
                ends_at=one.ends_at, held=False,
            )
        )  # fmt: skip

    @has_meetings
    @rule(which=pick, state=st.sampled_from(State))
    def asked(self, which: int, state: State) -> None:
        one = self.some(which)
        found = db.session.scalars(
            select(Assignment)
            .join(Assignment.need)
            .where(Assignment.person_id == self.mediator.id, Meeting.id == one.id)
            .join(Meeting)
        ).first()
        if found is None:
            need = make.need(meeting=one, wanted=1 + which % 2)
            found = make.assignment(
                need=need, person=self.mediator, lapses_at=MONDAY - timedelta(days=which % 9)
            )
        found.state = state if state is not State.CONFIRMED else State.OFFERED

    @has_meetings
    @rule(which=pick)
    def somebody_else_says_yes(self, which: int) -> None:
        needs = {one.need for one in db.session.scalars(select(Assignment))}
        for need in sorted(needs, key=lambda one: one.id)[: which % 2]:
            other = make.mediator(self.here)
            make.assignment(need=need, person=other, state=State.REQUESTED).state = State.CONFIRMED

    @rule()
    def entrusted_or_not(self) -> None:
        group, one = self.activities[2], self.mediator
        group.coordinator = one if group.coordinator is self.coordinator else self.coordinator
        have = db.session.get(Confidant, (group.id, self.coordinator.id))
        if have is None:
            db.session.add(Confidant(activity_id=group.id, person_id=self.coordinator.id))
        else:
            db.session.delete(have)

    @rule()
    def plans_there_or_not(self) -> None:
        mine = (Membership.person_id == self.coordinator.id, Membership.role == Role.COORDINATOR)
        if db.session.scalars(select(Membership).where(*mine)).one_or_none():
            db.session.execute(delete(Membership).where(*mine))
        else:
            db.session.add(
                Membership(
                    person_id=self.coordinator.id, centre_id=self.here.id, role=Role.COORDINATOR
                )
            )

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.clock.shift(timedelta(days=days, hours=1))

    @rule()
    def counts_are_folded(self) -> None:
        fold_touches()

    # --- what must be true

    @invariant()
    def every_feed_is_what_it_would_be_without_anything_kept(self) -> None:
        db.session.commit()
        kept = [self.read(path) for path in self.paths]
        without = db.engine.begin_nested()  # type: ignore[attr-defined]
        db.session.execute(delete(KeptFeed))
        db.session.execute(delete(KeptEvent))
        db.session.commit()
        fresh = [self.read(path) for path in self.paths]
        db.session.commit()
        without.rollback()

        assert kept == fresh
        assert not any(SECRET.encode() in body for _status, body in kept)

    def read(self, path: str) -> tuple[int, bytes]:
        answer = self.browser.get(path, headers=PLAIN)
        return answer.status_code, answer.data


def test_every_feed_is_always_true(browser: Browser, clock: time_machine.Traveller) -> None:
    class Here(Life):
        pass

    Here.browser, Here.clock = browser, clock
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=4,
            stateful_step_count=16,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
            suppress_health_check=list(HealthCheck),
        ),
    )
