"""Whether a child can be brought: pure advice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.households.bringing import Stay, hard_to_bring
from tests.make import MONDAY

HOUR = timedelta(hours=1)
WAYS = {(1, 2): HOUR, (2, 1): HOUR}


def stay(session: int, hour: float, *, centre: int | None = 1, **more: Any) -> Stay:
    """Two hours, at *hour* hours after `MONDAY`; new unless told otherwise."""
    start = MONDAY + hour * HOUR
    facts: dict[str, Any] = {"is_new": True, "beside": None} | more
    return Stay(session=session, starts_at=start, ends_at=start + 2 * HOUR, centre=centre, **facts)


def test_at_the_same_time_somewhere_else() -> None:
    mine, childs = stay(1, 0), stay(2, 1)

    (found,) = hard_to_bring([mine], [childs], WAYS)

    assert (found.own, found.childs, found.same_time) == (mine, childs, True)


def test_one_after_another_with_too_long_a_way_between() -> None:
    (found,) = hard_to_bring([stay(1, 0)], [stay(2, 2.5, centre=2)], WAYS)

    assert not found.same_time


def test_a_way_that_is_short_enough_or_not_known() -> None:
    assert hard_to_bring([stay(1, 0)], [stay(2, 3, centre=2)], WAYS) == []
    assert hard_to_bring([stay(1, 0)], [stay(2, 2, centre=3)], WAYS) == []
    assert hard_to_bring([stay(1, 0)], [stay(2, 2, centre=None)], WAYS) == []


def test_the_same_session_and_the_childcare_beside_it_go_together() -> None:
    assert hard_to_bring([stay(1, 0)], [stay(1, 0), stay(2, 0, beside=1)], WAYS) == []


def test_a_childcare_beside_something_else_does_not() -> None:
    assert len(hard_to_bring([stay(1, 0)], [stay(2, 0, beside=3)], WAYS)) == 1


def test_what_was_so_before_is_not_said_again() -> None:
    assert hard_to_bring([stay(1, 0, is_new=False)], [stay(2, 0, is_new=False)], WAYS) == []


stays = st.lists(
    st.builds(
        stay,
        st.integers(1, 5),
        st.integers(0, 12),
        centre=st.sampled_from([1, 2, None]),
        beside=st.one_of(st.none(), st.integers(1, 5)),
        is_new=st.booleans(),
    ),
    max_size=5,
)


@given(stays, stays)
def test_every_overlap_of_something_new_is_told_and_nothing_far_away(
    own: list[Stay], childs: list[Stay]
) -> None:
    told = {(id(one.own), id(one.childs)) for one in hard_to_bring(own, childs, WAYS)}

    for mine in own:
        for theirs in childs:
            together = (
                theirs.session in (mine.session, mine.beside) or mine.session == theirs.beside
            )
            gap = max(mine.starts_at - theirs.ends_at, theirs.starts_at - mine.ends_at)
            if (mine.is_new or theirs.is_new) and not together and gap < timedelta():
                assert (id(mine), id(theirs)) in told
            if together or gap >= HOUR:
                assert (id(mine), id(theirs)) not in told


@given(stays, stays)
def test_it_is_the_same_whoever_is_looked_at_first(own: list[Stay], childs: list[Stay]) -> None:
    forth = {(id(t.own), id(t.childs)) for t in hard_to_bring(own, childs, WAYS)}
    back = {(id(t.childs), id(t.own)) for t in hard_to_bring(childs, own, WAYS)}

    assert forth == back
