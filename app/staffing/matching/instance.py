"""What a plan is made from: plain values, indexed by their position, nothing of the database.

Times are minutes since any one instant; hours of load are counted in begun half hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NO_LIMIT = 1 << 40
"""More minutes than any week has."""
DIRECT = -1
"""The leg of a proposal that needs nobody else to be understood."""


class Way(IntEnum):
    """How far a meeting is from where the helper belongs."""

    OWN_HOUSE = 0
    ONLINE = 1
    OTHER_HOUSE = 2
    OTHER_CITY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The goals in their order, by magnitude: a lower one never outweighs a higher one's place."""

    place: int = 1000
    """A filled place, times the need's urgency."""
    head: int = 1000
    """The same in a `cover` need, whatever languages they speak."""
    cover: int = 500
    """All the languages of the enrolled in a `cover` need, times its urgency; each its share."""
    keep: int = 120
    """A confirmed helper who stays."""
    extra: int = 0
    """Each helper beyond the first of a `cover` need."""
    relay: int = -100
    """Two people doing the work of one."""
    new_face: int = -40
    """Somebody in a series who was not there before."""
    level: int = 4
    """Each level above the one asked for, up to three."""
    preferred: int = 6
    way: tuple[int, int, int, int] = (0, -2, -4, -16)
    """By `Way`."""
    load: tuple[int, int, int] = (-1, -1, -1)
    """Each half hour beyond 25, 50 and 75 % of somebody's hours, on top of one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """When and where; *enrolled* is how many of its participants speak which language."""

    starts: int
    ends: int
    place: int = 0
    week: int = 0
    series: int | None = None
    online: bool = False
    enrolled: Mapping[str, int] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        return self.ends - self.starts

    @property
    def half_hours(self) -> int:
        return -(-self.minutes // 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """So many helpers at one meeting; with *cover* the languages of the enrolled count, too."""

    meeting: int
    wanted: int = 1
    urgency: int = 1
    cover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """What links one helper's assignments; everything about one pair alone is in `Pair`.

    *taken*: week -> minutes already given elsewhere. *hours*: what a fair share is measured
    against, in half hours; None leaves the helper out of it. *speaks*: the participants' languages
    in which they can help.
    """

    weekly_minutes: int | None = None
    taken: Mapping[int, int] = field(default_factory=dict)
    half_hours: int | None = None
    speaks: frozenset[str] = frozenset()

    def minutes_left(self, week: int) -> int:
        """What they can still give in that week; `NO_LIMIT` where nothing bounds it."""
        if self.weekly_minutes is None:
            return NO_LIMIT
        return max(0, self.weekly_minutes - self.taken.get(week, 0))


@dataclass(frozen=True, slots=True)
class Pair:
    """A helper who may fill a need: `eligibility` has nothing against them."""

    need: int
    helper: int
    above: int = 0
    """Levels above the one asked for."""
    preferred: bool = False
    way: Way = Way.OWN_HOUSE
    leg: int = DIRECT

    def merit(self, weights: Weights) -> int:
        """What this pair adds beyond the place that it fills."""
        return (
            weights.level * min(3, max(0, self.above))
            + weights.preferred * self.preferred
            + weights.way[self.way]
        )


@dataclass(frozen=True, slots=True)
class Relay:
    """One way to fill a need by two people: legs ``2 * i`` and ``2 * i + 1`` for relay ``i``."""

    need: int
    via: str


class Proposal(NamedTuple):
    """One helper for one need; *leg* says which half of which relay, if any."""

    need: int
    helper: int
    leg: int = DIRECT


@dataclass(frozen=True, slots=True)
class Span:
    """At most *minutes* within these meetings, for everybody: a day's limit, a time to rest."""

    meetings: tuple[int, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Whole:
    """What it is worth to have every place of these needs filled."""

    needs: tuple[int, ...]
    worth: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes where, in one order, so that equal plans are equal values."""

    proposals: tuple[Proposal, ...] = ()

    @classmethod
    def of(cls, proposals: Iterable[Proposal]) -> Plan:
        return cls(tuple(sorted(set(proposals))))


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pairs as columns of equal length."""

    need: Ints
    helper: Ints
    merit: Ints
    leg: Ints

    def __len__(self) -> int:
        return len(self.need)

    @classmethod
    def of(cls, rows: Iterable[Pair], weights: Weights) -> Pairs:
        listed = list(rows)
        return cls(
            np.array([row.need for row in listed], dtype=np.int64),
            np.array([row.helper for row in listed], dtype=np.int64),
            np.array([row.merit(weights) for row in listed], dtype=np.int64),
            np.array([row.leg for row in listed], dtype=np.int64),
        )

    def only(self, chosen: Ints | Bools) -> Pairs:
        return Pairs(self.need[chosen], self.helper[chosen], self.merit[chosen], self.leg[chosen])


@dataclass(frozen=True)
class Instance:
    """One period to plan: who, what, and what binds them. Equal instances give equal plans."""

    meetings: tuple[Meeting, ...]
    needs: tuple[Need, ...]
    helpers: tuple[Helper, ...]
    pairs: Pairs
    travel: Ints = field(default_factory=lambda: np.zeros((1, 1), dtype=np.int64))
    """Minutes from place to place; the same both ways."""
    relays: tuple[Relay, ...] = ()
    apart: frozenset[tuple[int, int]] = frozenset()
    """Helpers who must never be together at a meeting."""
    confirmed: frozenset[tuple[int, int]] = frozenset()
    pins: frozenset[tuple[int, int]] = frozenset()
    bans: frozenset[tuple[int, int]] = frozenset()
    """Each (need, helper)."""
    faces: frozenset[tuple[int, int]] = frozenset()
    """(helper, series): not new there."""
    spans: tuple[Span, ...] = ()
    wholes: tuple[Whole, ...] = ()
    weights: Weights = field(default_factory=Weights)

    def but(self, **changes: Any) -> Instance:
        """The same period with something changed."""
        return replace(self, **changes)

    @cached_property
    def allowed(self) -> Pairs:
        """The pairs that nobody forbade."""
        if not self.bans:
            return self.pairs
        return self.pairs.only(~self.are_in(self.bans, self.pairs))

    @cached_property
    def gains(self) -> Ints:
        """What each allowed pair earns by itself: the place, the merit, the promise kept."""
        pairs, weights = self.allowed, self.weights
        each = np.where(self.is_cover, weights.head, weights.place)
        places = (each * self.urgency)[pairs.need]
        places[pairs.leg >= 0] += weights.relay
        places[(pairs.leg >= 0) & (pairs.leg % 2 == 1)] = 0  # the first leg has earned it
        return places + pairs.merit + weights.keep * self.are_in(self.confirmed, pairs)

    @cached_property
    def earned(self) -> dict[Proposal, int]:
        """The allowed pairs as proposals, and what each earns by itself."""
        pairs = self.allowed
        columns = (pairs.need, pairs.helper, pairs.leg, self.gains)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return {Proposal(need, helper, leg): own for need, helper, leg, own in rows}

    def are_in(self, chosen: frozenset[tuple[int, int]], pairs: Pairs) -> Bools:
        """Which of *pairs* are named in *chosen*."""
        if not chosen:
            return np.zeros(len(pairs), dtype=np.bool_)
        keys = np.array([need * len(self.helpers) + helper for need, helper in chosen])
        return np.isin(pairs.need * len(self.helpers) + pairs.helper, keys)

    @cached_property
    def meeting_of(self) -> Ints:
        """Need -> meeting."""
        return np.array([need.meeting for need in self.needs], dtype=np.int64)

    @cached_property
    def urgency(self) -> Ints:
        return np.array([need.urgency for need in self.needs], dtype=np.int64)

    @cached_property
    def wanted(self) -> Ints:
        return np.array([need.wanted for need in self.needs], dtype=np.int64)

    @cached_property
    def is_cover(self) -> Bools:
        return np.array([need.cover for need in self.needs], dtype=np.bool_)

    @cached_property
    def minutes(self) -> Ints:
        """Meeting -> minutes."""
        return np.array([one.minutes for one in self.meetings], dtype=np.int64)

    @cached_property
    def week_of(self) -> Ints:
        """Meeting -> week."""
        return np.array([one.week for one in self.meetings], dtype=np.int64)

    @cached_property
    def day_of(self) -> Ints:
        """Meeting -> day of the week, however the weeks are counted."""
        starts = np.array([one.starts for one in self.meetings], dtype=np.int64)
        return starts // (24 * 60) % 7

    @cached_property
    def series_of(self) -> Ints:
        """Meeting -> series, or -1."""
        return np.array(
            [-1 if one.series is None else one.series for one in self.meetings], dtype=np.int64
        )

    @cached_property
    def counts_faces(self) -> Bools:
        """Meeting -> whether it is of a series that meets more than once: only there faces are
        counted."""
        series = self.series_of
        sizes = np.bincount(series[series >= 0], minlength=1)
        return np.asarray((series >= 0) & (sizes[series] > 1))

    @cached_property
    def _times(self) -> tuple[Ints, Ints, Ints, Bools]:
        """Starts, ends, places of the meetings, and whether online."""
        ones = self.meetings
        return (
            np.array([one.starts for one in ones], dtype=np.int64),
            np.array([one.ends for one in ones], dtype=np.int64),
            np.array([one.place for one in ones], dtype=np.int64),
            np.array([one.online for one in ones], dtype=np.bool_),
        )

    @cached_property
    def _clashing(self) -> dict[int, int]:
        return {}

    def clashing(self, meeting: int) -> int:
        """The meetings that nobody can attend beside this one, and itself: a bit for each."""
        found = self._clashing.get(meeting)
        if found is None:
            starts, ends, places, online = self._times
            way = np.where(online | online[meeting], 0, self.travel[places[meeting], places])
            near = (starts < ends[meeting] + way) & (starts[meeting] < ends + way)
            near[meeting] = True
            found = int.from_bytes(np.packbits(near, bitorder="little").tobytes(), "little")
            self._clashing[meeting] = found
        return found

    def conflict(self, one: Meeting, other: Meeting) -> bool:
        """Whether nobody can be at both: they overlap, or the way between them is too long."""
        if one.starts < other.ends and other.starts < one.ends:
            return True
        if one.online or other.online:
            return False
        gap = max(one.starts, other.starts) - min(one.ends, other.ends)
        return gap < int(self.travel[one.place, other.place])

    def worths(self, need: Need) -> dict[str, int]:
        """Language -> what covering it is worth in a `cover` need: its share of the enrolled."""
        enrolled = {tag: n for tag, n in self.meetings[need.meeting].enrolled.items() if n > 0}
        everyone = sum(enrolled.values())
        whole = self.weights.cover * need.urgency
        return {tag: max(1, whole * n // everyone) for tag, n in sorted(enrolled.items())}


class PinsContradict(ValueError):
    """What has been pinned cannot all hold: no rule allows a pin, or pins exclude one another."""
