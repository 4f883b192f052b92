"""Several messages to one person become one letter; nobody gets too many, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text, update

from app.database import new_ref
from app.extensions import db
from app.notices.claiming import LEASE
from app.notices.delivery import AddressRefused, PerhapsSent, TryLater
from app.notices.letter import Letter
from app.notices.models import CentrePace, Kind, Notice, Pace, State
from app.notices.operations import post
from app.notices.pacing import (
    MOST_LETTERS,
    MOST_OF_CENTRE,
    MOST_TOGETHER,
    MOST_URGENT,
    OVERVIEWS,
)
from app.notices.queries import oldest_due
from app.notices.sending import send_due
from app.notices.wishes import keep_silent
from app.people.models import Person
from tests import make
from tests.notices.test_outbox import Recorder, compose
from tests.races import all_at_once

NOON = datetime(2027, 3, 1, 10, tzinfo=UTC)
MORNING = datetime(2027, 3, 2, 6, tzinfo=UTC)
"""Eight o'clock in București on the next day."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = NOON + timedelta(days=9)


def bind(letters: Sequence[Letter]) -> Letter:
    return replace(letters[0], subject=" ".join(letter.subject for letter in letters))


def owe(person: Person, *keys: str, at: datetime = NOON, soon: bool = False) -> None:
    for key in keys:
        matters = at + timedelta(hours=30) if soon else LATER
        post(person, Kind.OFFER, key, now=at, about={}, not_after=matters)


def send(at: datetime = NOON, postman: Recorder | None = None) -> list[str]:
    postman = postman or Recorder()
    send_due(postman, compose, clock=lambda: at, bind=bind)
    return [letter.subject for letter in postman.sent]


def states() -> list[State]:
    db.session.expire_all()
    return list(db.session.scalars(select(Notice.state).order_by(Notice.id)))


@pytest.mark.usefixtures("app")
class TestTogether:
    def test_twelve_offers_are_one_letter_and_twelve_rows(self) -> None:
        layla = make.person()
        owe(layla, *"abcdefghijkl")

        assert send() == ["a b c d e f g h i j k l"]
        assert states() == [State.SENT] * 12
        assert len(set(db.session.scalars(select(Notice.letter)))) == 1

    def test_two_people_never_share_a_letter(self) -> None:
        owe(make.person(), "a", "b")
        owe(make.person(), "c", "d")

        assert sorted(send()) == ["a b", "c d"]

    def test_a_password_or_code_is_never_part_of_one(self) -> None:
        layla = make.person()
        owe(layla, "a", "b")
        post(layla, Kind.PASSWORD, "secret", now=NOON, about={})

        assert sorted(send()) == ["a b", "secret"]

    def test_the_most_urgent_is_named_first(self) -> None:
        layla = make.person()
        owe(layla, "later")
        owe(layla, "soon", soon=True)

        assert send() == ["soon later"]

    @pytest.mark.parametrize("overview", OVERVIEWS)
    def test_an_overview_stands_behind_what_is_about_one_thing(self, overview: Kind) -> None:
        layla = make.person()
        post(layla, overview, "week", now=NOON, about={}, not_after=LATER)
        post(layla, Kind.REMINDER, "tomorrow", now=NOON, about={}, not_after=LATER)

        assert send() == ["tomorrow week"]

    def test_what_may_still_be_taken_back_does_not_leave_early(self) -> None:
        layla = make.person()
        owe(layla, "now")
        post(layla, Kind.MOVED, "undo", now=NOON, about={}, wait=5 * MINUTE)

        assert send() == ["now"]

    def test_what_is_no_longer_true_is_left_out(self) -> None:
        layla = make.person()
        owe(layla, "a", "b", "c")

        def some(notice: Notice, now: datetime) -> Letter | None:
            return None if notice.key == "b" else compose(notice, now)

        postman = Recorder()
        send_due(postman, some, clock=lambda: NOON, bind=bind)

        assert [letter.subject for letter in postman.sent] == ["a c"]
        assert states() == [State.SENT, State.DROPPED, State.SENT]

    def test_a_poisoned_one_does_not_keep_the_others(self) -> None:
        layla = make.person()
        owe(layla, "a", "b")

        def broken(notice: Notice, now: datetime) -> Letter | None:
            return compose(notice, now) if notice.key == "b" else replace(None)  # type: ignore[type-var]

        postman = Recorder()
        send_due(postman, broken, clock=lambda: NOON, bind=bind)

        assert [letter.subject for letter in postman.sent] == ["b"]
        assert states() == [State.PENDING, State.SENT]

    def test_a_retry_is_the_same_letter_under_the_same_message_id(self) -> None:
        layla = make.person()
        owe(layla, "a", "b", "c")
        postman = Recorder(TryLater("451"))
        send(NOON, postman)
        owe(layla, "new", at=NOON + MINUTE)

        send(NOON + 2 * HOUR, postman)

        first, *later = postman.sent
        again = [letter for letter in later if letter.message_id == first.message_id]
        assert [letter.subject for letter in again] == ["a b c"]
        assert [letter.subject for letter in later if letter not in again] == ["new"]

    def test_after_a_crash_it_is_the_same_letter(self) -> None:
        layla = make.person()
        owe(layla, "a", "b")

        class Crash(Recorder):
            def send(self, letter: Letter) -> None:
                super().send(letter)
                raise KeyboardInterrupt

        dead, postman = Crash(), Recorder()
        with pytest.raises(KeyboardInterrupt):
            send(NOON, dead)
        db.session.rollback()
        send(NOON + LEASE + MINUTE, postman)

        assert [one.subject for one in postman.sent] == ["a b"]
        assert postman.sent[0].message_id == dead.sent[0].message_id

    @pytest.mark.parametrize(
        ("problem", "state"),
        [(AddressRefused("550"), State.FAILED), (PerhapsSent("timeout"), State.PENDING)],
    )
    def test_what_becomes_of_the_letter_becomes_of_each(
        self, problem: Exception, state: State
    ) -> None:
        owe(make.person(), "a", "b")

        send(NOON, Recorder(problem))  # type: ignore[arg-type]

        assert states() == [state, state]


@pytest.mark.usefixtures("app")
class TestPace:
    def test_what_is_not_urgent_comes_once_an_hour(self) -> None:
        layla = make.person()
        owe(layla, "first")
        assert send() == ["first"]
        owe(layla, "a", at=NOON + 10 * MINUTE)
        owe(layla, "b", at=NOON + 20 * MINUTE)

        assert send(NOON + 20 * MINUTE) == []
        assert send(NOON + 59 * MINUTE) == []
        assert send(NOON + HOUR) == ["a b"]

    def test_what_is_urgent_does_not_wait_and_takes_the_others_along(self) -> None:
        layla = make.person()
        owe(layla, "first")
        send()
        owe(layla, "kept", at=NOON + 10 * MINUTE)
        assert send(NOON + 10 * MINUTE) == []
        owe(layla, "soon", at=NOON + 20 * MINUTE, soon=True)

        assert send(NOON + 20 * MINUTE) == ["soon kept"]

    def test_the_sixth_letter_of_a_day_waits_for_the_morning(self) -> None:
        layla = make.person()
        hours = [NOON + n * HOUR for n in range(MOST_LETTERS)]
        for n, at in enumerate(hours):
            owe(layla, f"k{n}", at=at)
            assert len(send(at)) == 1
        late = hours[-1] + 2 * HOUR
        owe(layla, "x", at=late)
        owe(layla, "y", at=late + MINUTE)

        assert send(late) == []
        assert send(late + HOUR) == []
        assert send(MORNING - MINUTE) == []
        assert send(MORNING) == ["x y"]

    def test_a_change_of_tomorrow_comes_as_the_sixth(self) -> None:
        layla = make.person()
        today = date(2027, 3, 1)
        db.session.add(Pace(person_id=layla.id, day=today, letters=5, urgent=0, last_at=NOON))
        owe(layla, "soon", soon=True)

        assert send() == ["soon"]

    def test_what_we_keep_for_later_is_not_late(self) -> None:
        layla = make.person()
        owe(layla, "a")
        send()
        owe(layla, "b", at=NOON + MINUTE)
        send(NOON + MINUTE)

        assert oldest_due(now=NOON + 30 * MINUTE) is None
        assert oldest_due(now=NOON + 90 * MINUTE) == NOON + HOUR

    def test_a_code_is_never_kept_for_later(self) -> None:
        layla = make.person()
        today = date(2027, 3, 1)
        db.session.add(Pace(person_id=layla.id, day=today, letters=99, urgent=99, last_at=NOON))
        post(layla, Kind.PASSWORD, "p", now=NOON, about={})

        assert send() == ["p"]

    def test_a_centre_that_sends_too_much_waits(self) -> None:
        here = make.centre()
        today = date(2027, 3, 1)
        db.session.add(CentrePace(centre_id=here.id, day=today, letters=MOST_OF_CENTRE))
        owe(make.person(home_centre=here), "theirs")
        owe(make.person(home_centre=make.centre()), "others")

        assert send() == ["others"]
        assert send(MORNING) == ["theirs"]

    def test_nothing_leaves_for_whom_we_keep_silent(self) -> None:
        layla = make.person()
        keep_silent(layla, by=layla, now=NOON)
        post(layla, Kind.OFFER, "a", now=NOON, about={})
        db.session.execute(update(Notice).values(state=State.PENDING))

        assert send() == []
        assert states() == [State.FAILED]

    def test_what_would_be_of_no_use_in_the_morning_is_called_for_today(self) -> None:
        layla = make.person()
        day = {"day": date(2027, 3, 1), "last_at": NOON}
        db.session.add(Pace(person_id=layla.id, letters=0, urgent=MOST_URGENT, **day))
        post(layla, Kind.OFFER, "tonight", now=NOON, about={}, not_after=NOON + 6 * HOUR)
        post(layla, Kind.OFFER, "tomorrow", now=NOON, about={}, not_after=NOON + 23 * HOUR)

        assert send() == []
        assert states() == [State.EXPIRED, State.PENDING]
        called_for = select(Notice.failed_at).order_by(Notice.id)
        assert list(db.session.scalars(called_for)) == [NOON, None]
        assert send(MORNING) == ["tomorrow"]

    def test_what_another_version_wrote_to_the_same_reader_keeps_nothing_back(self) -> None:
        layla, sam = make.person(), make.person()
        owe(layla, "known", "unknown")
        owe(sam, "other")
        db.session.execute(text("UPDATE notice SET kind = 'of tomorrow' WHERE key = 'unknown'"))

        assert sorted(send()) == ["known", "other"]
        state = text("SELECT state FROM notice WHERE key = 'unknown'")
        assert db.session.scalar(state) == "pending"

    @pytest.mark.parametrize("urgent", [False, True])
    def test_a_storm_reaches_nobody(self, urgent: bool) -> None:
        """A bug that owes thousands of messages, past every rule of posting."""
        layla = make.person()
        storm(layla, 1000, urgent=urgent)
        postman = Recorder()

        for minutes in range(0, 8 * 60, 20):
            for _tick in range(2):
                send(NOON + minutes * MINUTE, postman)

        assert len(postman.sent) <= (MOST_URGENT if urgent else MOST_LETTERS)
        together = [letter.subject.count(" ") + 1 for letter in postman.sent]
        assert max(together) <= MOST_TOGETHER

    def test_a_storm_for_one_does_not_keep_another(self) -> None:
        storm(make.person(), 1000, urgent=False)
        owe(make.person(), "mine")
        postman = Recorder()

        for _tick in range(4):
            send(NOON, postman)

        assert "mine" in [letter.subject for letter in postman.sent]


def storm(person: Person, many: int, *, urgent: bool) -> None:
    row = {
        "person_id": person.id,
        "kind": Kind.OFFER,
        "about": {},
        "posted_at": NOON - HOUR,
        "due_at": NOON - HOUR,
        "next_try_at": NOON - HOUR,
        "urgent": urgent,
    }
    rows = [row | {"ref": new_ref(), "key": f"storm-{n}"} for n in range(many)]
    db.session.execute(insert(Notice), rows)


def test_several_workers_count_each_letter_once(racing_app: Flask) -> None:
    """What one worker takes at the very moment when another gathers the letter of its reader is
    not waited for: it may leave with the next one, an hour later."""
    with racing_app.app_context():
        here = make.centre()
        people = [make.person(home_centre=here) for _n in range(12)]
        for person in people:
            owe(person, "a", "b", "c")
        db.session.commit()

    def sent_at(at: datetime) -> list[Letter]:
        postman = Recorder()

        def work() -> object:
            return send_due(postman, compose, clock=lambda: at, bind=bind)

        for _round in range(3):
            all_at_once(racing_app, [work, work, work])
        assert len({letter.to for letter in postman.sent}) == len(postman.sent)
        return postman.sent

    first = sent_at(NOON)
    letters = [*first, *sent_at(NOON + HOUR), *sent_at(NOON + 2 * HOUR)]

    assert len(first) == 12
    with racing_app.app_context():
        of_each: dict[str, list[str]] = {}
        for letter in letters:
            of_each.setdefault(letter.to, []).extend(letter.subject.split())
        assert [sorted(keys) for keys in of_each.values()] == [["a", "b", "c"]] * 12
        assert db.session.scalars(select(CentrePace.letters)).one() == len(letters)
        assert db.session.scalars(select(func.sum(Pace.letters))).one() == len(letters)
