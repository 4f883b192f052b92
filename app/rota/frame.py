"""What a rota is made from, frozen: an instance and whose numbers its positions are. Pure.

The same bytes always give the same instance, so that a search can go on after a restart and be
done again years later.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.staffing.matching.instance import (
    DIRECT,
    Helper,
    Instance,
    Ints,
    Meeting,
    Need,
    Pair,
    Pairs,
    Plan,
    Proposal,
    Relay,
    Way,
    Weights,
)

COLUMNS = ("need", "helper", "above", "preferred", "way", "leg")


@dataclass(frozen=True)
class Frame:
    """An instance, and the ids of its needs, helpers, meetings and series (activities).

    *facts* are what is known of each pair, in columns as long as the pairs are many: *above*,
    *preferred*, *way* as in `Pair`. *settled*: (need id, person id) of who is confirmed or asked
    and has the place, whatever the plan says. *start*: (need id, person id) of the plan that the
    search began with; *wishes*: (need id, person id, wanted) of what was pinned or not wanted.
    """

    instance: Instance
    need_ids: tuple[int, ...]
    person_ids: tuple[int, ...]
    meeting_ids: tuple[int, ...]
    activity_ids: tuple[int, ...]
    facts: Mapping[str, Ints]
    settled: frozenset[tuple[int, int]] = frozenset()
    start: frozenset[tuple[int, int]] = frozenset()
    wishes: frozenset[tuple[int, int, bool]] = frozenset()

    @cached_property
    def need_at(self) -> dict[int, int]:
        """Need id -> position."""
        return {need_id: position for position, need_id in enumerate(self.need_ids)}

    @cached_property
    def helper_at(self) -> dict[int, int]:
        """Person id -> position."""
        return {person_id: position for position, person_id in enumerate(self.person_ids)}

    def meeting_of(self, need_id: int) -> Meeting:
        return self.instance.meetings[self.instance.needs[self.need_at[need_id]].meeting]

    @cached_property
    def row_of(self) -> dict[Proposal, int]:
        """Proposal -> row of the pairs."""
        pairs = self.instance.pairs
        columns = (pairs.need.tolist(), pairs.helper.tolist(), pairs.leg.tolist())
        return {Proposal(*one): row for row, one in enumerate(zip(*columns, strict=True))}

    def pair(self, proposal: Proposal) -> Pair | None:
        """What is known of somebody and a need; None: a rule stands against it."""
        row = self.row_of.get(proposal)
        if row is None:
            return None
        return Pair(
            proposal.need,
            proposal.helper,
            int(self.facts["above"][row]),
            bool(self.facts["preferred"][row]),
            Way(int(self.facts["way"][row])),
            proposal.leg,
        )

    def names(self, plan: Plan) -> list[tuple[int, int, int]]:
        """Who goes where by the plan, as (need id, person id, leg); whoever is settled too."""
        proposed = [
            (self.need_ids[one.need], self.person_ids[one.helper], one.leg)
            for one in plan.proposals
        ]
        return [*proposed, *((need, person, DIRECT) for need, person in sorted(self.settled))]

    def plan_of(self, names: Iterable[Sequence[int]]) -> Plan:
        """The plan of (need id, person id, leg), as far as this frame knows them."""
        known = (
            Proposal(self.need_at[need], self.helper_at[person], leg)
            for need, person, leg in names
            if need in self.need_at and person in self.helper_at
        )
        return Plan.of(one for one in known if one in self.row_of)


def merits(facts: Mapping[str, Ints], weights: Weights) -> Ints:
    """What each pair adds beyond its place: `Pair.merit` for all at once."""
    ways = np.array(weights.way, dtype=np.int64)
    level = weights.level * np.clip(facts["above"], 0, 3)
    return np.asarray(level + weights.preferred * facts["preferred"] + ways[facts["way"]])


def columns_of(pairs: Iterable[Pair]) -> dict[str, Ints]:
    """The pairs as columns."""
    rows = [(p.need, p.helper, p.above, int(p.preferred), int(p.way), p.leg) for p in pairs]
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(COLUMNS))
    return {name: table[:, place].copy() for place, name in enumerate(COLUMNS)}


def pairs_of(columns: Mapping[str, Ints], weights: Weights) -> Pairs:
    return Pairs(columns["need"], columns["helper"], merits(columns, weights), columns["leg"])


def packed(frame: Frame) -> bytes:
    """The frame as bytes, always the same for the same frame."""
    return zlib.compress(_plain(frame), 6)


def digest(frame: Frame) -> str:
    """SHA-256 of what the plan is made from, in hex."""
    return hashlib.sha256(_plain(frame)).hexdigest()


def start_digest(frame: Frame) -> str | None:
    """SHA-256 of the plan that the search began with, in hex; None: it began with nothing."""
    if not frame.start:
        return None
    return hashlib.sha256(json.dumps(sorted(frame.start)).encode()).hexdigest()


def _plain(frame: Frame) -> bytes:
    one, pairs = frame.instance, frame.instance.pairs
    columns = {"need": pairs.need, "helper": pairs.helper, "leg": pairs.leg, **frame.facts}
    table = np.stack([columns[name] for name in COLUMNS]).astype("<i4")
    head = {
        "ids": [frame.need_ids, frame.person_ids, frame.meeting_ids, frame.activity_ids],
        "settled": sorted(frame.settled),
        "start": sorted(frame.start),
        "wishes": sorted(frame.wishes),
        "meetings": [
            [m.starts, m.ends, m.place, m.week, m.series, m.online, dict(m.enrolled)]
            for m in one.meetings
        ],
        "needs": [[n.meeting, n.wanted, n.urgency, n.cover] for n in one.needs],
        "helpers": [
            [h.weekly_minutes, sorted(h.taken.items()), h.half_hours, sorted(h.speaks)]
            for h in one.helpers
        ],
        "travel": one.travel.tolist(),
        "relays": [[r.need, r.via] for r in one.relays],
        "sets": [sorted(s) for s in (one.apart, one.confirmed, one.pins, one.bans, one.faces)],
        "weights": asdict(one.weights),
        "pairs": len(pairs),
    }
    words = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    return len(words).to_bytes(8, "little") + words + table.tobytes()


def unpacked(data: bytes) -> Frame:
    """The frame that was packed."""
    plain = zlib.decompress(data)
    size = int.from_bytes(plain[:8], "little")
    head: dict[str, Any] = json.loads(plain[8 : 8 + size])
    table = np.frombuffer(plain[8 + size :], dtype="<i4").astype(np.int64)
    table = table.reshape(len(COLUMNS), head["pairs"])
    columns = {name: table[place] for place, name in enumerate(COLUMNS)}
    told: dict[str, Any] = head["weights"]
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told.items()}
    before = {"head": 0, "cover": given["place"]}  # of plans made when heads did not count there
    weights = Weights(**(before | given))
    apart, confirmed, pins, bans, faces = (
        frozenset((first, second) for first, second in rows) for rows in head["sets"]
    )
    instance = Instance(
        meetings=tuple(
            Meeting(starts=s, ends=e, place=p, week=w, series=line, online=o, enrolled=n)
            for s, e, p, w, line, o, n in head["meetings"]
        ),
        needs=tuple(Need(meeting=m, wanted=w, urgency=u, cover=c) for m, w, u, c in head["needs"]),
        helpers=tuple(
            Helper(weekly_minutes=w, taken=dict(t), half_hours=h, speaks=frozenset(s))
            for w, t, h, s in head["helpers"]
        ),
        pairs=pairs_of(columns, weights),
        travel=np.array(head["travel"], dtype=np.int64).reshape(len(head["travel"]), -1),
        relays=tuple(Relay(need, via) for need, via in head["relays"]),
        apart=apart,
        confirmed=confirmed,
        pins=pins,
        bans=bans,
        faces=faces,
        weights=weights,
    )
    ids = [tuple(one) for one in head["ids"]]
    facts = {name: columns[name] for name in ("above", "preferred", "way")}
    settled = frozenset((need, person) for need, person in head["settled"])
    start = frozenset((need, person) for need, person in head.get("start", ()))
    wishes = frozenset((need, person, wanted) for need, person, wanted in head.get("wishes", ()))
    return Frame(instance, ids[0], ids[1], ids[2], ids[3], facts, settled, start, wishes)


def bridges(data: bytes) -> list[str]:
    """The language through which each relay goes (BCP 47), without unpacking the rest."""
    plain = zlib.decompress(data)
    head = json.loads(plain[8 : 8 + int.from_bytes(plain[:8], "little")])
    return [via for _, via in head["relays"]]


def packed_plan(names: Sequence[tuple[int, int, int]]) -> bytes:
    """A plan as (need id, person id, leg), as bytes."""
    return zlib.compress(json.dumps(sorted(names), separators=(",", ":")).encode())


def unpacked_plan(data: bytes | None) -> list[tuple[int, int, int]]:
    if data is None:
        return []
    return [(need, person, leg) for need, person, leg in json.loads(zlib.decompress(data))]
