"""Hours are attended time: never planned, never rounded, never counted twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.extensions import db
from app.presence.hours import Line, Month, Stay, by_month, total
from app.presence.models import MISSED, Word
from app.presence.operations import check_in, correct, record
from app.presence.queries import attended, attended_as_seen_by
from app.programme.models import Status
from app.staffing.models import Assignment, State
from tests import make
from tests.make import MONDAY

END = MONDAY + timedelta(hours=2)


def test_by_month_and_activity_with_what_is_protected_last() -> None:
    stays = [
        Stay(date(2027, 3, 1), "Course", 90),
        Stay(date(2027, 3, 31), "Course", 61),
        Stay(date(2027, 3, 2), None, 45),
        Stay(date(2027, 4, 1), "Walk", 30),
    ]

    assert by_month(stays) == [
        Month(date(2027, 4, 1), (Line("Walk", 1, 30),)),
        Month(date(2027, 3, 1), (Line("Course", 2, 151), Line(None, 1, 45))),
    ]


stay = some.builds(
    Stay,
    some.dates(date(2026, 1, 1), date(2028, 12, 31)),
    some.none() | some.sampled_from(["a", "b", ""]),
    some.integers(1, 24 * 60),
)


@given(some.lists(stay))
def test_the_total_is_the_sum_to_the_minute(stays: list[Stay]) -> None:
    assert total(by_month(stays)) == sum(one.minutes for one in stays)


@pytest.mark.usefixtures("app")
class TestWhatCounts:
    def hours(self, one: Assignment) -> int:
        found = db.session.scalars(attended(one.person, now=END))
        return sum(presence.minutes for presence in found)

    def place(self) -> Assignment:
        return make.assignment(state=State.CONFIRMED)

    def test_not_what_was_planned(self) -> None:
        assert self.hours(self.place()) == 0

    def test_nor_what_is_not_over(self) -> None:
        one = self.place()
        check_in(one, Word(MONDAY, END + timedelta(minutes=1)), now=MONDAY)

        assert self.hours(one) == 0

    def test_nor_who_did_not_come(self) -> None:
        one = self.place()
        boss = one.need.meeting.activity.coordinator
        said = record(one.need.meeting, {one.person: MISSED}, by=boss, now=END)[0]
        correct(said, Word(MONDAY, END), now=END)

        assert self.hours(one) == 0  # until a coordinator looked at it

    def test_nor_what_was_cancelled_meanwhile(self) -> None:
        one = self.place()
        make.presence(one)
        one.need.meeting.status = Status.CANCELLED
        db.session.flush()

        assert self.hours(one) == 0

    def test_but_the_minutes_of_being_there(self) -> None:
        one = self.place()
        check_in(one, Word(MONDAY + timedelta(minutes=7), END), now=MONDAY)

        assert self.hours(one) == 113

    def test_over_the_night_when_clocks_change_too(self) -> None:
        """28 March 2027, 03:00 becomes 04:00: two hours by the clock are one of life."""
        night = make.meeting(
            starts_at=MONDAY.replace(month=3, day=28, hour=0),
            ends_at=MONDAY.replace(month=3, day=28, hour=2),
        )
        one = make.assignment(need=make.need(meeting=night), state=State.CONFIRMED)
        said = make.presence(one)

        assert said.minutes == 120

    def test_a_colleague_counts_only_what_they_may_know_of(self) -> None:
        group = make.womens_group()
        one = make.assignment(
            need=make.need(meeting=make.meeting(activity=group)), state=State.CONFIRMED
        )
        make.presence(one)
        colleague, elsewhere = make.coordinator(group.centre), make.coordinator(make.centre())

        def seen(staff: object) -> int:
            found = attended_as_seen_by(staff, one.person, now=END)  # type: ignore[arg-type]
            return len(db.session.scalars(found).all())

        assert (seen(group.coordinator), seen(colleague), seen(elsewhere)) == (1, 0, 0)
