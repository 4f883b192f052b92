"""Meetings that nobody can both attend, as few and as large groups as is easy.

One row per group and helper says more than one row per pair of meetings, and says it with less:
a linear program that sees "one of these nine" is far closer to the truth than with 36 pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.staffing.matching.instance import Bools, Instance, Ints


@dataclass(frozen=True, slots=True)
class Groups:
    """Meeting -> the groups it is in; every two conflicting meetings share one."""

    start: Ints
    """Where a meeting's groups begin in *group*; one longer than the meetings."""
    group: Ints
    count: int

    def of(self, meetings: Ints) -> tuple[Ints, Ints]:
        """(position in *meetings*, group) for each group of each meeting."""
        sizes = self.start[meetings + 1] - self.start[meetings]
        positions = np.repeat(np.arange(len(meetings)), sizes)
        offsets = np.arange(len(positions)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return positions, self.group[self.start[meetings][positions] + offsets]


def groups_of(instance: Instance, meetings: Sequence[int]) -> Groups:
    """The groups among *meetings*; a meeting that conflicts with no other is one by itself."""
    kinds, kind_of = _kinds(instance, meetings)
    members: list[list[int]] = [[] for _ in kinds]
    count = 0
    for cluster in _clusters(instance, kinds):
        for group in _cover(_conflicts(instance, [kinds[one] for one in cluster])):
            for one in group:
                members[cluster[one]].append(count)
            count += 1
    return _spread(members, kind_of, meetings, len(instance.meetings), count)


def _kinds(instance: Instance, meetings: Sequence[int]) -> tuple[list[int], list[int]]:
    """One meeting for each (time, place), in order of time, and the kind of each meeting."""
    keys: dict[tuple[int, int, int], int] = {}
    for number in meetings:
        one = instance.meetings[number]
        key = (one.starts, one.ends, -1 if one.online else one.place)
        keys.setdefault(key, number)
    order = {key: place for place, key in enumerate(sorted(keys))}
    kinds = [keys[key] for key in sorted(keys)]
    kind_of = []
    for number in meetings:
        one = instance.meetings[number]
        kind_of.append(order[one.starts, one.ends, -1 if one.online else one.place])
    return kinds, kind_of


def _clusters(instance: Instance, kinds: list[int]) -> list[list[int]]:
    """Runs of kinds between which lies a pause longer than any way: mostly days."""
    longest = int(instance.travel.max(initial=0))
    clusters: list[list[int]] = []
    until = None
    for place, number in enumerate(kinds):
        one = instance.meetings[number]
        if until is None or one.starts >= until:
            clusters.append([])
            until = one.ends + longest
        clusters[-1].append(place)
        until = max(until, one.ends + longest)
    return clusters


def _conflicts(instance: Instance, kinds: list[int]) -> Bools:
    ones = [instance.meetings[number] for number in kinds]
    starts = np.array([one.starts for one in ones])
    ends = np.array([one.ends for one in ones])
    places = np.array([one.place for one in ones])
    online = np.array([one.online for one in ones])
    way = instance.travel[np.ix_(places, places)] * ~(online[:, None] | online[None, :])
    found = (starts[:, None] < ends[None, :] + way) & (starts[None, :] < ends[:, None] + way)
    np.fill_diagonal(found, False)
    return np.asarray(found)


def _cover(conflicts: Bools) -> list[list[int]]:
    """Maximal groups of mutual conflicts that hold every conflict; lonely ones by themselves."""
    groups = [[int(one)] for one in np.flatnonzero(~conflicts.any(axis=1))]
    open_ = np.triu(conflicts)
    for row in range(len(conflicts)):
        while open_[row].any():
            group = _grown(row, int(np.argmax(open_[row])), conflicts, open_)
            groups.append(group)
            open_[np.ix_(group, group)] = False
    return groups


def _grown(one: int, other: int, conflicts: Bools, open_: Bools) -> list[int]:
    """The group of *one* and *other*, widened by whoever holds most that is still open."""
    group = [one, other]
    possible = conflicts[one] & conflicts[other]
    news = (open_[group].sum(axis=0) + open_[:, group].sum(axis=1)).astype(np.int64)
    while possible.any():
        best = int(np.argmax(np.where(possible, news, -1)))
        group.append(best)
        possible = possible & conflicts[best]
        news += open_[best].astype(np.int64) + open_[:, best]
    return sorted(group)


def _spread(
    members: list[list[int]], kind_of: list[int], meetings: Sequence[int], total: int, count: int
) -> Groups:
    sizes = np.zeros(total + 1, dtype=np.int64)
    for number, kind in zip(meetings, kind_of, strict=True):
        sizes[number + 1] = len(members[kind])
    start = np.cumsum(sizes)
    group = np.zeros(int(start[-1]), dtype=np.int64)
    for number, kind in zip(meetings, kind_of, strict=True):
        group[start[number] : start[number + 1]] = members[kind]
    return Groups(start, group, count)
