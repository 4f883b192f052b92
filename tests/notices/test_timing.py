"""When a notice may leave, over every change of the clocks from 2024 to 2040."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.notices.timing import after_quiet_hours, day_before, next_try

BUCHAREST = ZoneInfo("Europe/Bucharest")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Bucharest",
        "Europe/Chisinau",
        "Europe/Lisbon",
        "America/New_York",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Antarctica/Troll",
    )
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def clock_changes(zone: ZoneInfo) -> list[datetime]:
    hours = [utc(2024, 1, 1) + timedelta(days=n) for n in range(366 * 17)]
    changed = [(a, b) for a, b in pairwise(hours) if offset(a, zone) != offset(b, zone)]
    return [_narrowed(a, b, zone) for a, b in changed]


def _narrowed(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        if offset(middle, zone) == offset(before, zone):
            before = middle
        else:
            after = middle
    return after.replace(second=0, microsecond=0)


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


CHANGES = {zone.key: clock_changes(zone) for zone in ZONES}


@st.composite
def near_a_clock_change(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    zone = draw(st.sampled_from([z for z in ZONES if CHANGES[z.key]]))
    away = draw(st.integers(-3 * 24 * 60, 3 * 24 * 60))
    return draw(st.sampled_from(CHANGES[zone.key])) + timedelta(minutes=away), zone


@st.composite
def any_time(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    at = draw(st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 31)))  # noqa: DTZ001
    return at.replace(tzinfo=UTC), draw(st.sampled_from(ZONES))


MOMENTS = near_a_clock_change() | any_time()


def test_the_changes_of_the_clocks_are_really_there() -> None:
    assert len(CHANGES["Europe/Bucharest"]) == 34
    assert utc(2026, 3, 29, 1) in CHANGES["Europe/Bucharest"]
    assert utc(2026, 10, 25, 1) in CHANGES["Europe/Bucharest"]


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (utc(2026, 4, 1, 4, 59, 59), utc(2026, 4, 1, 5)),
        (utc(2026, 4, 1, 5), utc(2026, 4, 1, 5)),
        (utc(2026, 4, 1, 17, 59, 59), utc(2026, 4, 1, 17, 59, 59)),
        (utc(2026, 4, 1, 18), utc(2026, 4, 2, 5)),
        (utc(2026, 4, 1, 21, 30), utc(2026, 4, 2, 5)),
        (utc(2026, 3, 28, 20), utc(2026, 3, 29, 5)),
        (utc(2026, 10, 24, 20), utc(2026, 10, 25, 6)),
    ],
)
def test_what_falls_into_the_night_leaves_at_eight(at: datetime, leaves: datetime) -> None:
    assert after_quiet_hours(at, zone=BUCHAREST, not_after=None) == leaves


@pytest.mark.parametrize(
    ("not_after", "leaves"),
    [
        (utc(2026, 4, 2, 5), utc(2026, 4, 2, 5)),
        (utc(2026, 4, 2, 4, 59, 59), utc(2026, 4, 1, 20)),
        (utc(2026, 4, 1, 19), utc(2026, 4, 1, 20)),
    ],
)
def test_what_would_come_too_late_in_the_morning_leaves_in_the_night(
    not_after: datetime, leaves: datetime
) -> None:
    at = utc(2026, 4, 1, 20)

    assert after_quiet_hours(at, zone=BUCHAREST, not_after=not_after) == leaves


@settings(deadline=None)
@given(MOMENTS)
def test_nothing_leaves_between_nine_and_eight_and_nothing_is_early(
    moment: tuple[datetime, ZoneInfo],
) -> None:
    at, zone = moment

    leaves = after_quiet_hours(at, zone=zone, not_after=None)

    assert leaves.tzinfo is UTC
    assert time(8) <= wall(leaves, zone).time() < time(21)
    if time(8) <= wall(at, zone).time() < time(21):
        assert leaves == at
    else:
        assert wall(leaves, zone).time() == time(8)
        assert timedelta(0) < leaves - at <= timedelta(hours=13)


@settings(deadline=None)
@given(MOMENTS, st.integers(-24 * 60, 24 * 60))
def test_no_letter_waits_beyond_its_last_moment(
    moment: tuple[datetime, ZoneInfo], minutes: int
) -> None:
    at, zone = moment
    not_after = at + timedelta(minutes=minutes)

    leaves = after_quiet_hours(at, zone=zone, not_after=not_after)

    unbound = after_quiet_hours(at, zone=zone, not_after=None)
    assert leaves == (unbound if unbound <= not_after else at)


@pytest.mark.parametrize(
    ("starts_at", "before"),
    [
        (utc(2026, 4, 2, 14), utc(2026, 4, 1, 14)),
        (utc(2026, 3, 29, 7), utc(2026, 3, 28, 8)),
        (utc(2026, 10, 25, 8), utc(2026, 10, 24, 7)),
        (utc(2026, 3, 30, 0, 30), utc(2026, 3, 29, 1, 30)),
        (utc(2026, 10, 26, 1, 30), utc(2026, 10, 25, 0, 30)),
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 24, 0, 30)),
    ],
    ids=["plain", "spring", "autumn", "in the gap", "in the fold", "from the second of two"],
)
def test_the_day_before_is_the_same_time_on_the_wall(starts_at: datetime, before: datetime) -> None:
    assert day_before(starts_at, BUCHAREST) == before


@settings(deadline=None)
@given(MOMENTS)
def test_the_day_before_agrees_with_a_search_among_all_instants(
    moment: tuple[datetime, ZoneInfo],
) -> None:
    starts_at, zone = moment

    before = day_before(starts_at, zone)

    wanted = wall(starts_at, zone) - timedelta(days=1)
    around = [offset(before + timedelta(hours=h), zone) for h in range(-30, 31)]
    tried = [wanted.replace(tzinfo=UTC) - each for each in around]
    found = sorted(each for each in tried if wall(each, zone) == wanted)
    assert before.tzinfo is UTC
    if found:
        assert before == found[0]
    else:
        gap = max(around) - min(around)
        assert wall(before, zone) == wanted + gap


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 120), (50, 120)]
)
@settings(deadline=None)
@given(seed=st.integers())
@example(seed=0)
def test_each_wait_is_within_a_fifth_of_the_table(attempts: int, minutes: int, seed: int) -> None:
    at = utc(2026, 4, 1, 9)

    wait = next_try(at, attempts=attempts, seed=seed) - at

    assert timedelta(minutes=minutes * 0.8) <= wait <= timedelta(minutes=minutes * 1.2)


def test_the_same_seed_waits_the_same_and_others_spread() -> None:
    at = utc(2026, 4, 1, 9)
    tries = [next_try(at, attempts=3, seed=seed) for seed in range(200)]

    assert tries == [next_try(at, attempts=3, seed=seed) for seed in range(200)]
    assert len(set(tries)) == 200
    assert max(tries) - min(tries) > timedelta(minutes=5)


def test_the_wait_is_measured_in_real_time_across_a_clock_change() -> None:
    at = datetime(2026, 3, 29, 2, 59, tzinfo=BUCHAREST)

    assert next_try(at, attempts=1, seed=1) == next_try(utc(2026, 3, 29, 0, 59), attempts=1, seed=1)


def test_refused_before_the_first_attempt() -> None:
    with pytest.raises(ValueError, match="first"):
        next_try(utc(2026, 4, 1, 9), attempts=0, seed=1)


def test_naive_instants_are_refused() -> None:
    naive = datetime(2026, 4, 1, 9)  # noqa: DTZ001

    with pytest.raises(ValueError, match="aware"):
        after_quiet_hours(naive, zone=BUCHAREST, not_after=None)
    with pytest.raises(ValueError, match="aware"):
        next_try(naive, attempts=1, seed=1)
    with pytest.raises(ValueError, match="aware"):
        day_before(naive, BUCHAREST)
