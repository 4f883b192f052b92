"""How wishes add up, and what anybody but a coordinator of the centre may know of the sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.listening.adding import Amount, Said, Total, add_up, amount, ranked, told_to_helpers
from app.listening.gaps import Gap, Matter, PartOfDay

LONG_AGO = datetime(2027, 1, 1, tzinfo=UTC)
GAPS = st.builds(
    Gap,
    centre=st.integers(1, 2),
    matter=st.sampled_from(Matter),
    level=st.sampled_from(["", "A1"]),
    language=st.sampled_from(["ne", "ar"]),
    part=st.sampled_from(PartOfDay),
)
SAID = st.builds(
    Said,
    who=st.integers(1, 6),
    gap=GAPS,
    for_others=st.booleans(),
    people=st.integers(1, 20),
    childcare=st.booleans(),
    since=st.integers(0, 200).map(lambda days: LONG_AGO + timedelta(days=days)),
)
MANY = st.lists(SAID, max_size=30)
TOTALS = MANY.map(lambda said: list(add_up(said).values()))


@given(MANY.flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_the_sum_is_the_same_whatever_the_order(both: tuple[list[Said], list[Said]]) -> None:
    said, shuffled = both

    assert add_up(said) == add_up(shuffled)


@given(MANY)
def test_the_same_twice_counts_once(said: list[Said]) -> None:
    assert add_up([*said, *said]) == add_up(said)


@given(MANY, SAID)
def test_taking_back_is_the_inverse_of_saying(said: list[Said], one: Said) -> None:
    kept = [other for other in said if other.once != one.once]
    heard = add_up([*kept, one])
    back = [other for other in [*kept, one] if other.once != one.once]

    assert add_up(back) == add_up(kept)
    before = add_up(kept).get(one.gap)
    assert heard[one.gap].people == (before.people if before else 0) + one.people


@given(MANY)
def test_nobody_is_lost_and_nobody_counts_twice(said: list[Said]) -> None:
    once = {one.once for one in said}
    largest = {key: max(one.people for one in said if one.once == key) for key in once}

    assert sum(total.people for total in add_up(said).values()) == sum(largest.values())
    assert all(total.childcare <= total.people for total in add_up(said).values())


@given(TOTALS, st.sets(GAPS))
def test_what_nothing_covers_comes_first_then_most_people_then_the_longest_wait(
    totals: list[Total], covered: set[Gap]
) -> None:
    order = ranked(totals, covered=covered)

    assert sorted(order, key=str) == sorted(totals, key=str)
    for one, after in pairwise(order):
        assert (one.gap in covered) <= (after.gap in covered)
        if (one.gap in covered) == (after.gap in covered):
            assert one.people >= after.people
            if one.people == after.people:
                assert one.since <= after.since


@given(TOTALS, st.data())
def test_no_view_of_a_helper_distinguishes_one_from_four(
    totals: list[Total], data: st.DataObject
) -> None:
    """Nor how many children, nor since when: neither in the words nor by the order."""

    def otherwise(total: Total) -> Total:
        few = data.draw(st.integers(1, 4)) if total.people < 5 else total.people
        since = LONG_AGO + timedelta(days=data.draw(st.integers(0, 99)))
        return replace(total, people=few, childcare=0, since=since)

    others = data.draw(st.permutations([otherwise(total) for total in totals]))

    assert told_to_helpers(others) == told_to_helpers(totals)


@given(TOTALS)
def test_helpers_never_read_of_what_is_protected(totals: list[Total]) -> None:
    assert not [gap for gap, _amount in told_to_helpers(totals) if gap.matter is Matter.WOMEN]


def test_amounts_in_words() -> None:
    found = {people: amount(people) for people in (1, 4, 5, 9, 10, 19, 20, 400)}

    assert list(found.values()) == [
        *[Amount.A_FEW] * 2,
        *[Amount.FIVE] * 2,
        *[Amount.TEN] * 2,
        *[Amount.TWENTY] * 2,
    ]
