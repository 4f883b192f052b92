"""How long before a session a reminder is due, over each change of the clocks until 2040."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.notices.timing import (
    Lead,
    after_quiet_hours,
    due_before,
    is_quiet,
    lead_due,
    next_morning,
)
from tests.notices.test_timing import BUCHAREST, CHANGES, MOMENTS, offset, utc, wall

DAYS = {Lead.WEEK: 7, Lead.DAY: 1}
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))


def by_search(starts_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The instant so many days before, found among all instants around it: the oracle."""
    wanted = wall(starts_at, zone) - timedelta(days=days)
    around = starts_at - timedelta(days=days)
    offsets = [offset(around + timedelta(hours=h), zone) for h in range(-36, 37)]
    tried = [wanted.replace(tzinfo=UTC) - each for each in offsets]
    found = sorted(each for each in tried if wall(each, zone) == wanted)
    if found:
        return found[0]
    gap = max(offsets) - min(offsets)
    return min(each for each in tried if wall(each, zone) == wanted + gap)


@pytest.mark.parametrize("lead", DAYS)
def test_no_wrong_instant_around_any_change_of_the_clocks(lead: Lead) -> None:
    """Each quarter of an hour of the days around each change, in each zone."""
    for key, changes in CHANGES.items():
        zone = ZoneInfo(key)
        for change in changes:
            for quarters in range(-24, 25):
                reminded = change + timedelta(minutes=15 * quarters)
                starts_at = reminded + timedelta(days=DAYS[lead])
                due = due_before(starts_at, lead, zone)
                assert due == by_search(starts_at, DAYS[lead], zone), (key, starts_at)


@settings(deadline=None)
@given(MOMENTS, st.sampled_from(sorted(DAYS)))
def test_a_day_and_a_week_before_agree_with_a_search(
    moment: tuple[datetime, ZoneInfo], lead: Lead
) -> None:
    starts_at, zone = moment

    assert due_before(starts_at, lead, zone) == by_search(starts_at, DAYS[lead], zone)


@settings(deadline=None)
@given(MOMENTS)
def test_two_hours_are_two_hours(moment: tuple[datetime, ZoneInfo]) -> None:
    starts_at, zone = moment

    assert starts_at - due_before(starts_at, Lead.HOURS, zone) == timedelta(hours=2)


@settings(deadline=None)
@given(MOMENTS, st.sets(st.sampled_from(Lead)), st.integers(0, 9 * 24 * 60))
def test_one_reminder_at_a_time_and_none_that_was_not_wished(
    moment: tuple[datetime, ZoneInfo], wanted: set[Lead], minutes: int
) -> None:
    starts_at, zone = moment
    now = starts_at - timedelta(minutes=minutes)

    lead = lead_due(starts_at, wanted, zone=zone, now=now)

    due = [each for each in wanted if due_before(starts_at, each, zone) <= now]
    if lead is None:
        assert not set(due) - {Lead.WEEK}
    else:
        assert due_before(starts_at, lead, zone) == max(
            due_before(starts_at, each, zone) for each in due
        )


def test_a_week_before_is_no_news_on_the_last_day() -> None:
    start = utc(2027, 3, 8, 9)

    def lead(now: datetime) -> Lead | None:
        return lead_due(start, [Lead.WEEK], zone=BUCHAREST, now=now)

    assert lead(utc(2027, 3, 1, 8, 59)) is None
    assert lead(utc(2027, 3, 1, 9)) is Lead.WEEK
    assert lead(utc(2027, 3, 7, 8, 59)) is Lead.WEEK
    assert lead(utc(2027, 3, 7, 9)) is None


@settings(deadline=None)
@given(MOMENTS, TIMES, TIMES)
def test_own_quiet_hours_end_at_their_end(
    moment: tuple[datetime, ZoneInfo], begins: time, ends: time
) -> None:
    at, zone = moment

    leaves = after_quiet_hours(at, zone=zone, not_after=None, quiet=(begins, ends))

    assert leaves >= at
    if not is_quiet(wall(at, zone).time(), (begins, ends)):
        assert leaves == at
    elif leaves != at:  # otherwise the clocks showed the end a second time
        gap = max(
            offset(leaves + timedelta(hours=h), zone) - offset(leaves - timedelta(hours=h), zone)
            for h in range(3)
        )
        assert (
            timedelta()
            <= wall(leaves, zone) - datetime.combine(wall(leaves, zone).date(), ends)
            <= (max(gap, timedelta()))
        )


def test_equal_ends_are_no_quiet_hours() -> None:
    assert not is_quiet(time(3), (time(8), time(8)))


def test_the_next_morning_is_that_of_the_reader() -> None:
    late = utc(2027, 3, 1, 22, 30)  # 00:30 on the 2nd in București

    assert next_morning(late, zone=BUCHAREST, quiet=None) == utc(2027, 3, 3, 6)
    early = (time(23), time(6))
    assert next_morning(late, zone=BUCHAREST, quiet=early) == utc(2027, 3, 3, 4)
