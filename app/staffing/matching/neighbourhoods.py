"""Parts of a plan worth another look: small enough to be solved exactly, large enough to matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np

from app.staffing.matching.instance import Bools, Instance, Ints
from app.staffing.matching.model import Floats, Model

Neighbourhood = Callable[[Ints], Bools]
"""The columns of the present plan -> the pairs that are open to change."""

AT_ONCE = 3000
"""About how many pairs one neighbourhood opens."""


def neighbourhoods(
    instance: Instance, model: Model, relaxed: Floats, seed: int
) -> Iterator[Neighbourhood]:
    """Without end: each day of the week, each week, then where plan and linear program disagree,
    and by chance."""
    dice = np.random.default_rng(seed)
    yield from slices(model, instance.day_of[instance.meeting_of[model.pairs.need]])
    yield from slices(model, instance.week_of[instance.meeting_of[model.pairs.need]])
    days = [*combinations(np.unique(instance.day_of), 2)] or [tuple(np.unique(instance.day_of))]
    while True:
        for several in days:
            yield _disagreeing(instance, model, relaxed, np.isin(instance.day_of, several))
            yield _around_helpers(instance, model, dice)
            yield _around_series(instance, model, dice)


def slice_count(instance: Instance) -> int:
    """How many of the first neighbourhoods are whole days of the week, and whole weeks."""
    return len(np.unique(instance.day_of)) + len(np.unique(instance.week_of))


def slices(model: Model, of_pair: Ints) -> Iterator[Neighbourhood]:
    """One neighbourhood for each value: each week, or all Mondays, all Tuesdays, ... (a course that
    meets weekly is in one of those as a whole)."""
    for one in np.unique(of_pair):
        yield _all_of(of_pair == one)


def _all_of(inside: Bools) -> Neighbourhood:
    return lambda mine: inside


def _disagreeing(
    instance: Instance, model: Model, relaxed: Floats, meetings: Bools
) -> Neighbourhood:
    """Pairs that the linear program sees otherwise than the plan, or is not sure of."""
    likely = relaxed[: model.whole]
    near = meetings[instance.meeting_of[model.pairs.need]]

    def opened(mine: Ints) -> Bools:
        chosen = np.zeros(model.whole)
        chosen[mine] = 1.0
        return np.asarray(near & (np.abs(likely - chosen) > 1e-6))

    return opened


def _around_helpers(instance: Instance, model: Model, dice: np.random.Generator) -> Neighbourhood:
    """Everything that a few helpers do or could do, and whoever else could do that."""
    sizes = np.bincount(model.pairs.helper, minlength=len(instance.helpers))
    order = dice.permutation(len(instance.helpers))
    enough = order[np.cumsum(sizes[order]) <= AT_ONCE // 2]
    helpers = np.zeros(len(instance.helpers), dtype=np.bool_)
    helpers[enough] = True

    def opened(mine: Ints) -> Bools:
        theirs = helpers[model.pairs.helper]
        needs = np.zeros(len(instance.needs), dtype=np.bool_)
        needs[model.pairs.need[mine[theirs[mine]]]] = True
        return np.asarray(theirs | needs[model.pairs.need])

    return opened


def _around_series(instance: Instance, model: Model, dice: np.random.Generator) -> Neighbourhood:
    """All meetings of some series, taken together."""
    series = np.where(
        instance.series_of >= 0,
        instance.series_of,
        instance.series_of.max(initial=0) + 1 + np.arange(len(instance.meetings)),
    )
    of_pair = series[instance.meeting_of[model.pairs.need]]
    sizes = np.bincount(of_pair, minlength=int(series.max(initial=0)) + 1)
    order = dice.permutation(len(sizes))
    inside = np.zeros(len(sizes), dtype=np.bool_)
    inside[order[np.cumsum(sizes[order]) <= AT_ONCE]] = True
    chosen = inside[of_pair]
    return lambda mine: chosen
