"""The rules of waiting, on values alone: the order, families, how long an offer lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notices.timing import QUIET
from app.signups.fairness import (
    KEPT,
    SHORTEST,
    Decision,
    Party,
    Standing,
    decide,
    kept_until,
    lapses_at,
    next_useful,
    standing,
)

ZONE = ZoneInfo("Europe/Bucharest")
NOW = datetime(2027, 3, 1, 10, tzinfo=UTC)
"""Monday, noon in București."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 30 * DAY


def party(key: int, size: int = 1, **given: datetime) -> Party:
    return Party(key=key, size=size, asked_at=NOW - DAY + key * HOUR, **given)


def offered(waiting: list[Party], free: int, now: datetime = NOW) -> tuple[int, ...]:
    return decide(waiting, free, starts_at=LATER, now=now).offered


class TestTheOrder:
    def test_whoever_asked_first_is_asked_first(self) -> None:
        assert offered([party(3), party(1), party(2)], 2) == (1, 2)

    def test_nobody_is_asked_for_nothing(self) -> None:
        assert offered([party(1)], 0) == ()
        assert offered([], 5) == ()
        assert offered([party(1)], -1) == ()

    def test_of_the_same_moment_the_first_row(self) -> None:
        both = [Party(key=key, size=1, asked_at=NOW) for key in (2, 1)]
        assert offered(both, 1) == (1,)


class TestFamilies:
    def test_all_or_none(self) -> None:
        assert offered([party(1, 3)], 2) == ()
        assert offered([party(1, 3)], 3) == (1,)

    def test_places_stay_free_for_the_family_whose_turn_it_is(self) -> None:
        waiting = [party(1, 3), party(2)]
        assert decide(waiting, 2, starts_at=LATER, now=NOW) == Decision((), kept_for=1)

    def test_but_not_for_ever(self) -> None:
        waiting = [party(1, 3, kept_from=NOW - KEPT), party(2)]
        assert decide(waiting, 2, starts_at=LATER, now=NOW) == Decision((2,))

    def test_it_keeps_its_turn(self) -> None:
        waiting = [party(1, 3, kept_from=NOW - KEPT), party(2)]
        assert offered(waiting, 3) == (1,)

    def test_who_fits_before_it_is_not_held_up(self) -> None:
        assert decide([party(1), party(2, 3)], 2, starts_at=LATER, now=NOW) == Decision((1,), 2)

    def test_near_a_session_places_are_kept_for_half_the_time(self) -> None:
        assert kept_until(NOW, starts_at=NOW + 2 * DAY) == NOW + DAY
        assert kept_until(NOW, starts_at=LATER) == NOW + 3 * DAY
        assert kept_until(NOW, starts_at=NOW - HOUR) == NOW


parties = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 500), st.one_of(st.none(), st.integers(0, 200))),
    max_size=12,
).map(
    lambda rows: [
        Party(
            key=key,
            size=size,
            asked_at=NOW - asked * HOUR,
            kept_from=None if kept is None else NOW - kept * HOUR,
        )
        for key, (size, asked, kept) in enumerate(rows, 1)
    ]
)


@given(waiting=parties, free=st.integers(-2, 20), days=st.integers(1, 40))
def test_whatever_comes_the_rules_hold(waiting: list[Party], free: int, days: int) -> None:
    starts_at = NOW + days * DAY
    decision = decide(waiting, free, starts_at=starts_at, now=NOW)

    by_key = {one.key: one for one in waiting}
    chosen = [by_key[key] for key in decision.offered]
    assert sum(one.size for one in chosen) <= max(free, 0)
    assert [one.turn for one in chosen] == sorted(one.turn for one in chosen)
    left = free - sum(one.size for one in chosen)
    for passed in waiting:
        if passed in chosen:
            continue
        before = [one for one in chosen if one.turn > passed.turn]
        assert passed.key != decision.kept_for or not before  # nobody passes it yet
        if before:  # somebody passed them: a family whose time was over, and which did not fit
            assert passed.kept_from is not None
            assert kept_until(passed.kept_from, starts_at=starts_at) <= NOW
            room = free - sum(one.size for one in chosen if one.turn < passed.turn)
            assert passed.size > room
    if decision.kept_for is None and left > 0:
        assert all(one in chosen or one.size > left for one in waiting)


@given(waiting=parties, free=st.integers(1, 20))
def test_one_person_is_never_passed(waiting: list[Party], free: int) -> None:
    decision = decide(waiting, free, starts_at=LATER, now=NOW)
    chosen = [one for one in waiting if one.key in decision.offered]
    for alone in (one for one in waiting if one.size == 1 and one not in chosen):
        assert all(one.turn < alone.turn for one in chosen)


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=8), capacity=st.integers(4, 6))
def test_everybody_gets_their_turn_in_a_bounded_time(sizes: list[int], capacity: int) -> None:
    """One place becomes free a day, each is taken at once by whom it is offered. A family of n
    waits for n places that are free together, and nobody waits longer than those before them and
    the days for which places were kept."""
    waiting = [party(key, size) for key, size in enumerate(sizes, 1)]
    free, now, days = 0, NOW, 0
    kept: dict[int, datetime] = {}
    while waiting:
        days, now, free = days + 1, now + DAY, min(free + 1, capacity)
        while True:
            decision = decide(
                [
                    Party(key=p.key, size=p.size, asked_at=p.asked_at, kept_from=kept.get(p.key))
                    for p in waiting
                ],
                free,
                starts_at=now + 365 * DAY,
                now=now,
            )
            if decision.kept_for is not None:
                kept.setdefault(decision.kept_for, now)
            if not decision.offered:
                break
            free -= sum(p.size for p in waiting if p.key in decision.offered)
            waiting = [p for p in waiting if p.key not in decision.offered]
        assert days <= sum(sizes) + 4 * len(sizes)


class TestHowLongAnOfferLasts:
    @pytest.mark.parametrize(
        ("left", "lasts"),
        [
            (30 * DAY, DAY),
            (DAY * 2, 12 * HOUR),  # to midnight, hence to ten
            (8 * HOUR, 2 * HOUR),
            (4 * HOUR, 2 * HOUR),
            (2 * HOUR, 2 * HOUR),
        ],
    )
    def test_a_quarter_of_the_time_left(self, left: timedelta, lasts: timedelta) -> None:
        end = lapses_at(NOW, starts_at=NOW + left, zone=ZONE)
        assert end == NOW + (22 * HOUR if left == 2 * DAY else lasts)

    def test_whom_no_letter_reaches_has_twice_the_time(self) -> None:
        end = lapses_at(NOW, starts_at=LATER, zone=ZONE, reachable=False)
        assert end == NOW + 2 * DAY

    def test_its_time_runs_from_the_morning(self) -> None:
        at_night = NOW.replace(hour=22)  # midnight
        end = lapses_at(at_night, starts_at=LATER, zone=ZONE)
        assert end == NOW + DAY - 4 * HOUR + DAY  # eight in the morning, and a day

    def test_two_hours_before_nobody_is_asked(self) -> None:
        starts = [NOW + HOUR, NOW + 5 * HOUR, NOW + DAY]
        assert next_useful(starts, now=NOW) == NOW + 5 * HOUR
        assert next_useful(starts[:1], now=NOW) is None

    @given(
        minutes=st.integers(0, 525_600),
        left=st.timedeltas(SHORTEST, 60 * DAY),
        reachable=st.booleans(),
    )
    def test_it_ends_in_time_and_not_at_night(
        self, minutes: int, left: timedelta, reachable: bool
    ) -> None:
        at = NOW + timedelta(minutes=minutes)
        starts_at = at + left
        end = lapses_at(at, starts_at=starts_at, zone=ZONE, reachable=reachable)

        assert at < end <= starts_at
        assert end - at >= SHORTEST
        local = end.astimezone(ZONE).time()
        by_day = QUIET[1] <= local < QUIET[0]
        assert by_day or left < 2 * DAY  # otherwise the morning comes in time
        readable = at.astimezone(ZONE).time()
        if left > 3 * DAY and not QUIET[1] <= readable < QUIET[0]:
            assert end - at > 12 * HOUR  # its time did not run while they slept


class TestWhatTheyHear:
    def test_no_number(self) -> None:
        waiting = [party(key) for key in range(1, 7)]
        heard = [standing(one, waiting) for one in waiting]
        assert heard == [Standing.NEAR] * 4 + [Standing.LATER] * 2

    def test_a_family_before_counts_as_many(self) -> None:
        waiting = [party(1, 4), party(2)]
        assert [standing(one, waiting) for one in waiting] == [Standing.NEAR, Standing.LATER]
