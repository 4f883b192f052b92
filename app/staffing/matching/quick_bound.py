"""What no plan can be worth more than, told without solving anything: a first proof at once.

Each place at the most that anybody could bring there, and in each series a new face for each of the
places that are asked for at one time. With rosters that are full this is often the truth.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from app.staffing.matching.instance import DIRECT, Instance
from app.staffing.matching.overlaps import groups_of


def quick_bound(instance: Instance) -> int:
    """At least the worth of the best plan."""
    most = _most_of_places(instance)
    total = sum(sum(places) for places in most) + sum(one.worth for one in instance.wholes)
    total += sum(sum(instance.worths(need).values()) for need in instance.needs if need.cover)
    return total - _faces(instance, most)


def _most_of_places(instance: Instance) -> list[list[int]]:
    """Need -> what each of its places can bring at most, the dearest first. (Of a relay the second
    half comes with the first.)"""
    pairs, gains = instance.allowed, instance.gains
    second = (pairs.leg != DIRECT) & (pairs.leg % 2 == 1)
    with_it: dict[int, int] = defaultdict(int)
    for leg, gain in zip(pairs.leg[second].tolist(), gains[second].tolist(), strict=True):
        with_it[leg - 1] = max(with_it[leg - 1], gain)
    first = ~second
    order = np.lexsort((-gains[first], pairs.need[first]))
    most: list[list[int]] = [[] for _ in instance.needs]
    columns = (pairs.need[first][order], pairs.leg[first][order], gains[first][order])
    for need, leg, gain in zip(*(column.tolist() for column in columns), strict=True):
        most[need].append(max(0, gain + with_it.get(leg, 0)))
    return [
        sorted(places, reverse=True)[: need.wanted]
        for places, need in zip(most, instance.needs, strict=True)
    ]


def _faces(instance: Instance, most: list[list[int]]) -> int:
    """What new faces cost at least: at one time each place of a series has a face of its own, and
    a place that is worth less than its face is left empty."""
    price = -instance.weights.new_face
    if price <= 0:
        return 0
    known: dict[int, int] = defaultdict(int)
    for _, series in instance.faces:
        known[series] += 1
    counted = instance.counts_faces
    meetings = np.flatnonzero(counted).tolist()
    places: dict[int, list[int]] = defaultdict(list)
    for number, need in enumerate(instance.needs):
        if counted[need.meeting] and not need.cover:
            places[need.meeting].extend(most[number])
    groups = groups_of(instance, meetings)
    together: dict[tuple[int, int], list[int]] = defaultdict(list)
    for meeting in meetings:
        for group in groups.group[groups.start[meeting] : groups.start[meeting + 1]].tolist():
            together[int(instance.series_of[meeting]), group].extend(places[meeting])
    dearest: dict[int, int] = defaultdict(int)
    for (series, _), there in together.items():
        news = sorted(there, reverse=True)[known[series] :]
        dearest[series] = max(dearest[series], sum(min(price, one) for one in news))
    return sum(dearest.values())
