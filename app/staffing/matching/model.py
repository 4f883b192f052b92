"""The plan as a linear program: a column for each pair, few and strong rows.

Only the pairs (and what counts wholly or not at all) are whole numbers; once they are, everything
else (faces, languages, load) falls into place by itself, pushed by its price against one side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from app.staffing.matching.instance import (
    DIRECT,
    Bools,
    Instance,
    Ints,
    Pairs,
    Plan,
)
from app.staffing.matching.overlaps import Groups, groups_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of rows of one sort; *keys* say what each is about."""

    first: int
    keys: Ints


@dataclass(frozen=True)
class Model:
    """Maximise *cost* over 0 ≤ column ≤ *upper*, each row between its bounds.

    The first columns are the pairs, in their order.
    """

    pairs: Pairs
    cost: Floats
    upper: Floats
    row: Ints
    column: Ints
    entry: Floats
    row_lower: Floats
    row_upper: Floats
    yes_or_no: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Columns beyond the pairs that must be whole numbers, too."""
    blocks: Mapping[str, Block] = field(default_factory=dict)
    groups: Groups | None = None

    @property
    def whole(self) -> int:
        """How many pairs, and so first columns, there are."""
        return len(self.pairs)

    @cached_property
    def rows_of(self) -> tuple[Ints, Ints, Floats]:
        """The matrix by rows: where each begins, its columns, its entries."""
        order = np.argsort(self.row, kind="stable")
        start = np.searchsorted(self.row[order], np.arange(len(self.row_lower) + 1))
        return start.astype(np.int64), self.column[order], self.entry[order]

    def activity(self, values: Floats) -> Floats:
        """Row -> what it adds up to."""
        terms = self.entry * values[self.column]
        sums = np.bincount(self.row, weights=terms, minlength=len(self.row_lower))
        return sums.astype(np.float64)


@dataclass(frozen=True, slots=True)
class OneWeek:
    """One week taken out of many: what of the goals that run through all weeks it has to bear.

    *face_share*: series -> the part of a new face's price that is paid here; *load_price*: helper
    -> what each half hour costs, in place of the quarters of the whole period.
    """

    face_share: Floats
    load_price: Ints


def model_of(
    instance: Instance, chosen: Ints | Bools | None = None, week: OneWeek | None = None
) -> Model:
    """The model of the allowed pairs, or of the *chosen* among them."""
    pairs = instance.allowed if chosen is None else instance.allowed.only(chosen)
    gains = instance.gains if chosen is None else instance.gains[chosen]
    return _Builder(instance, pairs, gains, week).built()


class _Builder:
    """Gathers columns and rows; one method for each rule or goal."""

    def __init__(self, instance: Instance, pairs: Pairs, gains: Ints, week: OneWeek | None) -> None:
        self.instance, self.pairs, self.week = instance, pairs, week
        self.meeting = instance.meeting_of[pairs.need]
        self.all = np.arange(len(pairs))
        self.fills = (pairs.leg == DIRECT) | (pairs.leg % 2 == 0)
        self.costs = [gains.astype(np.float64)]
        self.uppers = [np.ones(len(pairs))]
        self.columns = len(pairs)
        self.entries: list[tuple[Ints, Ints, Floats]] = []
        self.lowers: list[Floats] = []
        self.highs: list[Floats] = []
        self.rows = 0
        self.blocks: dict[str, Block] = {}
        self.yes_or_no: list[int] = []

    def built(self) -> Model:
        self.needs()
        self.relays()
        self.hours()
        self.spans()
        groups = groups_of(self.instance, [int(one) for one in np.unique(self.meeting)])
        self.overlaps(groups)
        self.apart()
        self.pins()
        self.faces()
        self.covers()
        self.loads()
        self.wholes()
        row, column, entry = (
            np.concatenate(parts) if parts else np.zeros(0)
            for parts in (zip(*self.entries, strict=True) if self.entries else ((), (), ()))
        )
        return Model(
            self.pairs,
            np.concatenate(self.costs),
            np.concatenate(self.uppers),
            row.astype(np.int64),
            column.astype(np.int64),
            entry.astype(np.float64),
            np.concatenate([np.zeros(0), *self.lowers]),
            np.concatenate([np.zeros(0), *self.highs]),
            np.array(self.yes_or_no, dtype=np.int64),
            self.blocks,
            groups,
        )

    # Rules

    def needs(self) -> None:
        """No need has more helpers than it wants."""
        there = self.all[self.fills]
        needs, of, sizes = np.unique(
            self.pairs.need[there], return_inverse=True, return_counts=True
        )
        wanted = self.instance.wanted[needs]
        self._grouped("need", there, of, needs, wanted, sizes > wanted)

    def relays(self) -> None:
        """Both halves of a relay, or neither."""
        there = self.all[self.pairs.leg != DIRECT]
        if not len(there):
            return
        relays, of = np.unique(self.pairs.leg[there] // 2, return_inverse=True)
        sides = np.where(self.pairs.leg[there] % 2 == 0, 1.0, -1.0)
        none = np.zeros(len(relays))
        self._rows("relay", relays, of, there, sides, none, none)

    def hours(self) -> None:
        """No helper has more minutes in a week than are left to them."""
        weeks = self.instance.week_of[self.meeting]
        several = int(self.instance.week_of.max(initial=0)) + 1
        keys, of = np.unique(self.pairs.helper * several + weeks, return_inverse=True)
        minutes, helpers = self.instance.minutes[self.meeting], self.instance.helpers
        left = np.array(
            [helpers[int(key) // several].minutes_left(int(key) % several) for key in keys]
        )
        self._limited("hours", keys, of, minutes, left)

    def spans(self) -> None:
        """Nobody does more than the minutes of a span within its meetings."""
        for number, span in enumerate(self.instance.spans):
            inside = np.zeros(len(self.instance.meetings), dtype=np.bool_)
            inside[list(span.meetings)] = True
            there = self.all[inside[self.meeting]]
            keys, of = np.unique(self.pairs.helper[there], return_inverse=True)
            minutes = self.instance.minutes[self.meeting[there]]
            left = np.full(len(keys), span.minutes)
            self._limited(f"span {number}", keys, of, minutes, left, there)

    def _limited(
        self, name: str, keys: Ints, of: Ints, minutes: Ints, left: Ints, there: Ints | None = None
    ) -> None:
        """Rows of minutes, each limit lowered to what its durations can add up to."""
        there = self.all if there is None else there
        if not len(keys):
            return
        asked = np.bincount(of, weights=minutes, minlength=len(keys))
        binding = asked > left
        order = np.argsort(of, kind="stable")
        ends = np.cumsum(np.bincount(of, minlength=len(keys)))
        tight = left.astype(np.float64)
        for row in np.flatnonzero(binding):
            own = order[(ends[row - 1] if row else 0) : ends[row]]
            those = minutes[own] if self.week is None else self.instance.minutes  # others may come
            tight[row] = reachable(tuple(np.unique(those).tolist()), int(left[row]))
        self._grouped(name, there, of, keys, tight, binding, minutes.astype(np.float64))

    def overlaps(self, groups: Groups) -> None:
        """Nobody is at two conflicting meetings."""
        position, group = groups.of(self.meeting)
        keys, of, sizes = np.unique(
            self.pairs.helper[position] * max(1, groups.count) + group,
            return_inverse=True,
            return_counts=True,
        )
        news = _first_of_equals(position, of, len(keys)) & (sizes > 1)
        self._grouped("overlap", position, of, keys, np.ones(len(keys)), news)
        self.group_count = groups.count

    def apart(self) -> None:
        """Two who must never be together are not at one meeting."""
        for one, other in sorted(self.instance.apart):
            first = self.all[self.pairs.helper == one]
            second = self.all[self.pairs.helper == other]
            both = np.intersect1d(self.meeting[first], self.meeting[second])
            there = np.concatenate([first, second])
            there = there[np.isin(self.meeting[there], both)]
            keys, of = np.unique(self.meeting[there], return_inverse=True)
            upper = np.ones(len(keys))
            self._rows(f"apart {one} {other}", keys, of, there, np.ones(len(there)), -upper, upper)

    def pins(self) -> None:
        """What is pinned stays."""
        there = self.all[self.instance.are_in(self.instance.pins, self.pairs)]
        keys, of = np.unique(
            self.pairs.need[there] * len(self.instance.helpers) + self.pairs.helper[there],
            return_inverse=True,
        )
        one = np.ones(len(keys))
        self._rows("pin", keys, of, there, np.ones(len(there)), one, one)

    # Goals

    def faces(self) -> None:
        """A new face in a series is charged once, however often they come."""
        series = self.instance.series_of
        there = self.all[self.instance.counts_faces[self.meeting]]
        many = int(series.max(initial=0)) + 1
        keys, of = np.unique(
            self.pairs.helper[there] * many + series[self.meeting[there]], return_inverse=True
        )
        prices = np.array([self._face_price(int(key) // many, int(key) % many) for key in keys])
        if not len(keys) or not prices.any():
            return
        groups = self._groups_within(series, there)
        position, group = groups.of(self.meeting[there])
        rows, row_of = np.unique(of[position] * max(1, groups.count) + group, return_inverse=True)
        news = _first_of_equals(position, row_of, len(rows))
        face = rows // max(1, groups.count)
        alone = np.bincount(face[news], minlength=len(keys)) == 1
        np.add.at(self.costs[0], there[alone[of]], prices[of][alone[of]])
        self._face_columns(there, prices, alone, face, news, position, row_of, keys)

    def _groups_within(self, series: Ints, there: Ints) -> Groups:
        """Conflicts inside a series: few have any, so that most meetings stand alone."""
        meetings = np.unique(self.meeting[there])
        order = meetings[np.argsort(series[meetings], kind="stable")]
        if not _any_overlap(self.instance, order, series):
            return _each_alone(order, len(self.instance.meetings))
        return groups_of(self.instance, [int(one) for one in meetings])

    def _face_price(self, helper: int, series: int) -> float:
        if (helper, series) in self.instance.faces:
            return 0.0
        share = 1.0 if self.week is None else float(self.week.face_share[series])
        return self.instance.weights.new_face * share

    def _face_columns(
        self,
        there: Ints,
        prices: Floats,
        alone: Bools,
        face: Ints,
        news: Bools,
        position: Ints,
        row_of: Ints,
        keys: Ints,
    ) -> None:
        asked = ~alone & (prices != 0)
        column = self._new_columns(prices[asked], np.ones(int(asked.sum())))
        column_of = np.full(len(keys), -1)
        column_of[asked] = column
        kept = news & asked[face]
        row = np.full(len(news), -1)
        row[kept] = np.arange(int(kept.sum()))
        inside = kept[row_of]
        count = int(kept.sum())
        self._add(
            "face",
            keys[face[kept]],
            np.concatenate([row[row_of[inside]], np.arange(count)]),
            np.concatenate([there[position[inside]], column_of[face[kept]]]),
            np.concatenate([np.ones(int(inside.sum())), -np.ones(count)]),
            np.full(count, -np.inf),
            np.zeros(count),
        )

    def covers(self) -> None:
        """Each language of the enrolled that somebody there speaks is paid for once."""
        for number in np.flatnonzero(self.instance.is_cover):
            there = self.all[self.pairs.need == number]
            if not len(there):
                continue
            speaks = [self.instance.helpers[int(one)].speaks for one in self.pairs.helper[there]]
            worths = self.instance.worths(self.instance.needs[int(number)])
            for tag, worth in worths.items():
                column = self._new_columns(np.array([float(worth)]), np.ones(1))
                speakers = there[np.array([tag in one for one in speaks], dtype=np.bool_)]
                self._sum(f"cover {number} {tag}", speakers, -1.0, column, 1.0, 0.0)
            if len(there) > 1 and self.instance.weights.extra:
                extra = float(self.instance.weights.extra)
                column = self._new_columns(np.array([extra]), np.full(1, np.inf))
                self._sum(f"extra {number}", there, 1.0, column, -1.0, 1.0)

    def loads(self) -> None:
        """Beyond each quarter of somebody's hours the next half hour is dearer."""
        hours = np.array(
            [-1 if one.half_hours is None else one.half_hours for one in self.instance.helpers]
        )
        half_hours = np.array([one.half_hours for one in self.instance.meetings], dtype=np.int64)
        load = half_hours[self.meeting]
        if self.week is not None:
            self.costs[0] += self.week.load_price[self.pairs.helper] * load
            return
        most = np.bincount(self.pairs.helper, weights=load, minlength=len(hours))
        charged = (hours >= 0) & (most > hours // 4)
        there = self.all[charged[self.pairs.helper]]
        keys, of = np.unique(self.pairs.helper[there], return_inverse=True)
        if not len(keys):
            return
        free = np.stack([hours[keys] * quarter // 4 for quarter in (1, 2, 3)])
        rooms = [free[1] - free[0], free[2] - free[1], np.full(len(keys), np.inf)]
        prices = np.cumsum(self.instance.weights.load)
        parts = [
            self._new_columns(np.full(len(keys), float(price)), room.astype(np.float64))
            for price, room in zip(prices, rooms, strict=True)
        ]
        each = np.arange(len(keys))
        self._add(
            "load",
            keys,
            np.concatenate([of, each, each, each]),
            np.concatenate([there, *parts]),
            np.concatenate([load[there].astype(np.float64), -np.ones(3 * len(keys))]),
            np.full(len(keys), -np.inf),
            free[0].astype(np.float64),
        )

    def wholes(self) -> None:
        """A whole is earned when every place of its needs is filled."""
        for number, whole in enumerate(self.instance.wholes):
            column = self._new_columns(np.array([float(whole.worth)]), np.ones(1))
            self.yes_or_no.extend(column.tolist())
            for need in whole.needs:
                there = self.all[self.fills & (self.pairs.need == need)]
                wanted = float(self.instance.wanted[need])
                self._sum(f"whole {number} {need}", there, -1.0, column, wanted, 0.0)

    # Columns and rows

    def _new_columns(self, cost: Floats, upper: Floats) -> Ints:
        first = self.columns
        self.columns += len(cost)
        self.costs.append(cost)
        self.uppers.append(upper)
        return np.arange(first, self.columns)

    def _sum(
        self, name: str, there: Ints, factor: float, column: Ints, own: float, upper: float
    ) -> None:
        """One row: *factor* times the pairs *there* and *own* times *column*, at most *upper*."""
        entries = np.concatenate([np.full(len(there), factor), np.full(len(column), own)])
        columns = np.concatenate([there, column])
        self._add(
            name,
            np.zeros(1, dtype=np.int64),
            np.zeros(len(columns), dtype=np.int64),
            columns,
            entries,
            np.full(1, -np.inf),
            np.full(1, upper),
        )

    def _grouped(
        self,
        name: str,
        columns: Ints,
        of: Ints,
        keys: Ints,
        upper: Ints | Floats,
        kept: Bools,
        entries: Floats | None = None,
    ) -> None:
        """A row for each *kept* key over its columns."""
        row = np.full(len(keys), -1)
        row[kept] = np.arange(int(kept.sum()))
        inside = kept[of]
        entries = np.ones(len(columns)) if entries is None else entries
        self._rows(
            name,
            keys[kept],
            row[of[inside]],
            columns[inside],
            entries[inside],
            np.full(int(kept.sum()), -np.inf),
            upper[kept].astype(np.float64),
        )

    def _rows(
        self,
        name: str,
        keys: Ints,
        of: Ints,
        columns: Ints,
        entries: Floats,
        lower: Floats,
        upper: Floats,
    ) -> None:
        self._add(name, keys, of, columns, entries, lower, upper)

    def _add(
        self,
        name: str,
        keys: Ints,
        of: Ints,
        columns: Ints,
        entries: Floats,
        lower: Floats,
        upper: Floats,
    ) -> None:
        self.blocks[name] = Block(self.rows, keys)
        self.entries.append((of + self.rows, columns, entries))
        self.lowers.append(lower)
        self.highs.append(upper)
        self.rows += len(upper)


@lru_cache(maxsize=4096)
def reachable(durations: tuple[int, ...], limit: int) -> int:
    """The most minutes not above *limit* that meetings of these durations can add up to."""
    sums = 1
    mask = (1 << (limit + 1)) - 1
    for duration in durations:
        step = duration
        while step <= limit:
            sums |= (sums << step) & mask
            step *= 2
    return sums.bit_length() - 1


def columns_of(model: Model, plan: Plan) -> Ints:
    """The pair columns that *plan* sets to one."""
    wanted = set(plan.proposals)
    if not wanted:
        return np.zeros(0, dtype=np.int64)
    pairs = model.pairs
    near = np.flatnonzero(np.isin(pairs.need, np.array(sorted({one.need for one in wanted}))))
    rows = zip(pairs.need[near], pairs.helper[near], pairs.leg[near], strict=True)
    return near[np.fromiter((row in wanted for row in rows), dtype=np.bool_, count=len(near))]


def _first_of_equals(column: Ints, row: Ints, count: int) -> Bools:
    """Which rows are the first to hold just these columns."""
    marks = (column.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    marks ^= marks >> np.uint64(29)
    marks *= np.uint64(0xBF58476D1CE4E5B9)
    marks ^= marks >> np.uint64(32)
    sums = np.zeros(count, dtype=np.uint64)
    np.add.at(sums, row, marks)
    first = np.zeros(count, dtype=np.bool_)
    first[np.unique(sums, return_index=True)[1]] = True
    return first


def _any_overlap(instance: Instance, meetings: Ints, series: Ints) -> bool:
    """Whether two neighbours in time of one series conflict (*meetings* by series)."""
    if len(meetings) < 2:
        return False
    starts = np.array([instance.meetings[int(one)].starts for one in meetings])
    ends = np.array([instance.meetings[int(one)].ends for one in meetings])
    order = np.lexsort((starts, series[meetings]))
    same = series[meetings][order][1:] == series[meetings][order][:-1]
    pause = starts[order][1:] - ends[order][:-1]
    return bool((same & (pause < int(instance.travel.max(initial=0)))).any())


def _each_alone(meetings: Ints, total: int) -> Groups:
    sizes = np.zeros(total + 1, dtype=np.int64)
    sizes[meetings + 1] = 1
    start = np.cumsum(sizes)
    group = np.zeros(int(start[-1]), dtype=np.int64)
    group[start[meetings]] = np.arange(len(meetings))
    return Groups(start, group, len(meetings))
