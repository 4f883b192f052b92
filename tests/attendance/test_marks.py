"""Which word counts: the last by time, whatever the order and however often they arrive."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.attendance.marks import Mark, Tap, what_counts
from tests.make import MONDAY

taps = st.builds(
    Tap,
    key=st.text("abc", min_size=1, max_size=3),
    at=st.integers(0, 5).map(lambda minute: MONDAY + timedelta(minutes=minute)),
    mark=st.sampled_from([None, *Mark]),
)


@given(st.lists(taps, unique_by=lambda tap: tap.key, max_size=8), st.data())
def test_any_order_and_repetition_gives_the_same(said: list[Tap], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(said), max_size=8)) if said else []
    delivered = data.draw(st.permutations([*said, *again]))

    assert what_counts(delivered) == what_counts(said)


@given(st.lists(taps, unique_by=lambda tap: tap.key, min_size=1))
def test_nothing_later_was_said(said: list[Tap]) -> None:
    counts = what_counts(said)

    assert counts in said
    assert counts.at == max(tap.at for tap in said)


def test_the_last_by_time_wins_though_it_arrived_first() -> None:
    late = Tap("b", MONDAY + timedelta(minutes=1), Mark.ABSENT)
    early = Tap("a", MONDAY, Mark.PRESENT)

    assert what_counts([late, early]) == late
    assert what_counts([]) is None
