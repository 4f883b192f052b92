"""A series moves by the clock on the wall, whatever that clock does in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.programme.recurrence import instant
from app.programme.shifting import Shift, shift_from

BUCHAREST = ZoneInfo("Europe/Bucharest")
days = st.dates(min_value=date(2024, 1, 1), max_value=date(2040, 12, 31))
quarters = st.integers(min_value=0, max_value=24 * 4 - 1)


def clock(quarter: int) -> time:
    return time(quarter // 4, quarter % 4 * 15)


def local(at: datetime) -> datetime:
    return at.astimezone(BUCHAREST).replace(tzinfo=None)


def test_an_hour_later_is_an_hour_later_on_both_sides_of_the_clock_change() -> None:
    starts, ends = instant(date(2027, 3, 25), time(17), BUCHAREST), None
    ends = starts + timedelta(hours=2)
    shift = shift_from(
        starts, ends, BUCHAREST, day=date(2027, 3, 25), starts=time(18), ends=time(20)
    )
    after = instant(date(2027, 4, 1), time(17), BUCHAREST)  # summer time

    assert shift.moved(starts, ends)[0] == datetime(2027, 3, 25, 16, tzinfo=UTC)
    assert shift.moved(after, after + timedelta(hours=2))[0] == datetime(2027, 4, 1, 15, tzinfo=UTC)


def test_a_start_in_the_hour_that_is_jumped_over_keeps_the_length() -> None:
    night = instant(date(2027, 3, 21), time(3, 30), BUCHAREST)
    week = Shift(BUCHAREST, timedelta(days=7), timedelta(days=7))

    starts, ends = week.moved(night, night + timedelta(minutes=90))

    assert (starts, ends - starts) == (
        datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
        timedelta(minutes=90),
    )


def test_it_must_not_end_before_it_starts() -> None:
    noon = instant(date(2027, 3, 1), time(12), BUCHAREST)

    with pytest.raises(ValueError, match="ends after"):
        Shift(BUCHAREST, timedelta(hours=3), timedelta(0)).moved(noon, noon + timedelta(hours=2))


@given(anchor=days, other=days, old=quarters, new=quarters, ahead=st.integers(-60, 60))
def test_the_wall_clock_and_the_weekday_are_those_that_were_asked_for(
    anchor: date, other: date, old: int, new: int, ahead: int
) -> None:
    """Against a recount that goes minute by minute through UTC, not through our own conversion."""
    length = timedelta(minutes=45)
    if old > 92 or new > 92:
        return
    starts = instant(anchor, clock(old), BUCHAREST)
    shift = Shift(
        BUCHAREST,
        timedelta(days=ahead) + timedelta(minutes=15 * (new - old)),
        timedelta(days=ahead) + timedelta(minutes=15 * (new - old)),
    )
    theirs = instant(other, clock(old), BUCHAREST)
    if local(theirs) != datetime.combine(other, clock(old)) or local(starts) != datetime.combine(
        anchor, clock(old)
    ):
        return  # such an hour does not exist that day
    moved, ends = shift.moved(theirs, theirs + length)
    wanted = datetime.combine(other + timedelta(days=ahead), clock(new))
    shows = [
        at
        for minutes in range(-180, 181, 15)
        if local(at := wanted.replace(tzinfo=UTC) - timedelta(hours=2, minutes=minutes)) == wanted
    ]

    assert ends > moved
    if shows:
        assert moved == min(shows)
    else:
        assert local(moved) - wanted == timedelta(hours=1)
