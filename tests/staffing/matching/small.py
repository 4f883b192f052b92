"""Small periods to plan, by hand or by chance, and every plan that they allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.staffing.matching.checker import breaches, value
from app.staffing.matching.instance import (
    Helper,
    Instance,
    Meeting,
    Need,
    Pair,
    Pairs,
    Plan,
    Proposal,
    Relay,
    Span,
    Way,
    Weights,
    Whole,
)

HOUR = 60
DAY = 24 * HOUR
LANGUAGES_ALONE = Weights(head=0, cover=1000, extra=-60)


def instance(
    meetings: list[Meeting],
    needs: list[Need],
    helpers: list[Helper],
    pairs: list[Pair] | None = None,
    **more: object,
) -> Instance:
    """An instance; everybody may fill every need unless *pairs* says otherwise."""
    if pairs is None:
        pairs = [Pair(n, h) for n in range(len(needs)) for h in range(len(helpers))]
    made = Instance(tuple(meetings), tuple(needs), tuple(helpers), Pairs.of(pairs, Weights()))
    return made.but(**more)


def at(hour: int, hours: int = 2, **more: object) -> Meeting:
    """A meeting on the first day."""
    given: dict[str, Any] = {"starts": hour * HOUR, "ends": (hour + hours) * HOUR} | more
    return Meeting(**given)


def every_plan(made: Instance) -> Iterator[Plan]:
    """Every plan that keeps the rules, by trying all sets of pairs."""
    pairs = made.allowed
    rows = zip(pairs.need.tolist(), pairs.helper.tolist(), pairs.leg.tolist(), strict=True)
    proposals = [Proposal(*row) for row in rows]
    for chosen in range(1 << len(proposals)):
        plan = Plan.of(one for place, one in enumerate(proposals) if chosen >> place & 1)
        if not breaches(made, plan):
            yield plan


def best_value(made: Instance) -> int | None:
    """What the best of all plans is worth; None if none keeps the rules."""
    return max((value(made, plan) for plan in every_plan(made)), default=None)


@st.composite
def instances(draw: st.DrawFn, most_pairs: int = 9) -> Instance:
    """Up to five meetings, needs and helpers with everything that can bind them."""
    meetings = draw(st.lists(_meetings(), min_size=1, max_size=4))
    need = st.builds(
        Need,
        meeting=st.integers(0, len(meetings) - 1),
        wanted=st.integers(1, 2),
        urgency=st.integers(1, 3),
        cover=st.booleans(),
    )
    needs = draw(st.lists(need, min_size=1, max_size=4))
    helpers = draw(st.lists(_helpers(), min_size=1, max_size=4))
    relays = _relays(draw, needs)
    pairs = draw(
        st.lists(
            _pairs(len(needs), len(helpers), relays),
            min_size=1,
            max_size=most_pairs,
            unique_by=lambda pair: (pair.need, pair.helper, pair.leg),
        )
    )
    both = [(one.need, one.helper) for one in pairs]
    some = st.frozensets(st.sampled_from(both), max_size=2)
    travel = draw(st.sampled_from([0, 30, 90]))
    return instance(
        meetings,
        needs,
        helpers,
        pairs,
        travel=np.array([[0, travel], [travel, 0]]),
        relays=tuple(relays),
        weights=draw(st.sampled_from([Weights(), LANGUAGES_ALONE])),
        apart=draw(_two_of(len(helpers))),
        confirmed=draw(some),
        bans=draw(some),
        faces=draw(st.frozensets(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=2)),
        spans=draw(st.sampled_from([(), (Span(tuple(range(len(meetings))), 4 * HOUR),)])),
        wholes=draw(st.sampled_from([(), (Whole(tuple(range(len(needs))), 700),)])),
    )


def _meetings() -> st.SearchStrategy[Meeting]:
    return st.builds(
        lambda day, hour, hours, place, series, online, enrolled: Meeting(
            starts=day * DAY + hour * HOUR,
            ends=day * DAY + (hour + hours) * HOUR,
            place=place,
            week=day // 7,
            series=series,
            online=online,
            enrolled=enrolled,
        ),
        st.sampled_from([0, 1, 7]),
        st.integers(9, 12),
        st.integers(1, 3),
        st.integers(0, 1),
        st.sampled_from([None, 0, 1]),
        st.booleans(),
        st.dictionaries(st.sampled_from(["ar", "ti", "uk"]), st.integers(0, 5), max_size=3),
    )


def _helpers() -> st.SearchStrategy[Helper]:
    return st.builds(
        Helper,
        weekly_minutes=st.sampled_from([None, 2 * HOUR, 5 * HOUR]),
        taken=st.sampled_from([{}, {0: HOUR}]),
        half_hours=st.sampled_from([None, 2, 8]),
        speaks=st.frozensets(st.sampled_from(["ar", "ti", "uk"]), max_size=2),
    )


def _relays(draw: st.DrawFn, needs: list[Need]) -> list[Relay]:
    possible = [number for number, need in enumerate(needs) if not need.cover]
    if not possible or not draw(st.booleans()):
        return []
    return [Relay(draw(st.sampled_from(possible)), "ar")]


def _pairs(needs: int, helpers: int, relays: list[Relay]) -> st.SearchStrategy[Pair]:
    direct = st.builds(
        Pair,
        st.integers(0, needs - 1),
        st.integers(0, helpers - 1),
        above=st.integers(0, 5),
        preferred=st.booleans(),
        way=st.sampled_from(Way),
    )
    if not relays:
        return direct
    leg = st.builds(
        Pair, st.just(relays[0].need), st.integers(0, helpers - 1), leg=st.integers(0, 1)
    )
    return st.one_of(direct, leg)


def _two_of(helpers: int) -> st.SearchStrategy[frozenset[tuple[int, int]]]:
    if helpers < 2:
        return st.just(frozenset())
    return st.sampled_from([frozenset(), frozenset({(0, 1)})])
