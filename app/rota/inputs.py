"""What there is to plan, read from the database: the needs of a rota's days, who may fill them by
the one check of `eligibility`, and where everybody stands today."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cached_property

import numpy as np
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.people.models import Apart, Membership, Person
from app.people.terms import HELPERS
from app.people.terms import Stage as MemberStage
from app.programme.models import Activity, Booking, Meeting, Status
from app.programme.queries import is_published, ways_to
from app.programme.recurrence import instant
from app.rota.frame import Frame, columns_of, pairs_of, unpacked_plan
from app.rota.models import Rota
from app.rota.values import (
    KNOWN_FOR,
    answers_in,
    covers,
    fair_half_hours,
    is_between_weeks,
    languages_of,
    minutes_taken,
    urgency,
    way_of,
    week_number,
    when_of,
)
from app.signups.models import Enrolment
from app.staffing.availability import Answer
from app.staffing.eligibility import Candidate, Want, reasons_against
from app.staffing.finding import level_of
from app.staffing.matching.instance import (
    DIRECT,
    Helper,
    Instance,
    Ints,
    Pair,
    Proposal,
    Relay,
    Weights,
)
from app.staffing.matching.instance import Need as Place
from app.staffing.matching.pairing import Known, eligible_pairs
from app.staffing.matching.relay import relays
from app.staffing.matching.roster import Roster, keep_what_fits
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import (
    candidates,
    needs_planned_by,
    not_overridden,
    want_of,
    with_profile,
)

BRIDGES = ("ar", "en", "fr", "ru", "uk", "fa", "tr")
"""Languages through which a relay may go."""
GONE = (State.DECLINED, State.WITHDRAWN)
"""Who said no to a place is not proposed for it again."""
DEARER = 3
"""How much dearer it is to lose somebody confirmed where the plan may move people."""


def needs_of_rota(rota: Rota, *, now: datetime) -> Select[Need]:
    """The needs that the rota is about, filled or not, by time: of coming sessions which its
    coordinator plans."""
    zone = rota.centre.tz if rota.centre else rota.by.tz
    found = (
        needs_planned_by(rota.by)
        .where(
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            Meeting.starts_at >= instant(rota.first_day, time(), zone),
            Meeting.starts_at < instant(rota.last_day + timedelta(days=1), time(), zone),
        )
        .order_by(Meeting.starts_at, Need.id)
    )
    if rota.centre_id is not None:
        found = found.where(Activity.centre_id == rota.centre_id)
    if rota.term_id is not None:
        return found.where(Activity.term_id == rota.term_id)
    return found.where(is_published())


def framed(rota: Rota, *, now: datetime) -> Frame | None:
    """Everything that bears on the plan, as values; None where nothing is to be planned.

    Whoever is confirmed or asked is part of the plan. Those whose places do not stand together by
    the rules of today (a limit that was lowered since, a longer way) are facts it works around.
    """
    whole = selectinload(Need.assignments).options(
        selectinload(Assignment.overrides),
        selectinload(Assignment.person).options(*with_profile()),
    )
    needs = db.session.scalars(needs_of_rota(rota, now=now).options(whole)).all()
    if not needs:
        return None
    rows = _Rows(rota, needs, now)
    held, facts = rows.held(), list[Held]()
    while True:
        frame = _drawn(rows, held, facts)
        standing = _standing(frame.instance, held)
        misfits = [one for one in held if one.pair not in standing]
        if not misfits:
            return replace(frame, start=_start(rota), wishes=_wished(rota))
        held = [one for one in held if one.pair in standing]
        facts += [one for one in misfits if one.is_booked or _may_still(frame, one)]


def _start(rota: Rota) -> frozenset[tuple[int, int]]:
    """Where the plan before this one ended; its relays were numbered otherwise."""
    before = unpacked_plan(rota.after.plan) if rota.after else []
    return frozenset((need, person) for need, person, leg in before if leg == DIRECT)


def _wished(rota: Rota) -> frozenset[tuple[int, int, bool]]:
    return frozenset((one.need_id, one.person_id, one.wanted) for one in rota.wishes)


def _may_still(frame: Frame, one: Held) -> bool:
    """Whether somebody who is asked could say yes, if they did nothing else."""
    return frame.pair(Proposal(*one.pair)) is not None


def _standing(instance: Instance, held: Iterable[Held]) -> set[tuple[int, int]]:
    """Those of *held* that keep every rule together."""
    free = instance.but(pins=frozenset(), bans=frozenset())
    kept = keep_what_fits(free, (Proposal(*one.pair) for one in held))
    return {(one.need, one.helper) for one in kept.proposals}


@dataclass(frozen=True)
class Held:
    """Somebody who is confirmed (*is_booked*) or asked, by positions."""

    need: int
    helper: int
    assignment: Assignment

    @property
    def pair(self) -> tuple[int, int]:
        return self.need, self.helper

    @property
    def ids(self) -> tuple[int, int]:
        """(need id, person id)."""
        return self.assignment.need_id, self.assignment.person_id

    @property
    def is_booked(self) -> bool:
        return self.assignment.state is State.CONFIRMED


class _Rows:
    """The rows, and their positions in the frame."""

    def __init__(self, rota: Rota, needs: Sequence[Need], now: datetime) -> None:
        self.rota, self.needs, self.now = rota, needs, now
        self.meetings = list(dict.fromkeys(need.meeting for need in needs))
        self.series = list(dict.fromkeys(meeting.activity_id for meeting in self.meetings))
        self.centres = sorted({meeting.activity.centre_id for meeting in self.meetings})
        self.people = sorted(self._people(), key=lambda person: person.id)
        self.meeting_at = {one.id: number for number, one in enumerate(self.meetings)}
        self.helper_at = {one.id: number for number, one in enumerate(self.people)}
        self.series_at = {one: number for number, one in enumerate(self.series)}
        self.centre_at = {one: number for number, one in enumerate(self.centres)}
        self.wants = [want_of(need) for need in needs]
        self.homes = [self.centre_at[need.meeting.activity.centre_id] for need in needs]
        self.zones = {meeting.activity.centre.tz for meeting in self.meetings}

    def _people(self) -> set[Person]:
        """Whoever helps in one of the centres, and whoever stands with a need already."""
        helping = select(Membership.person_id).where(
            Membership.centre_id.in_(self.centres),
            Membership.role.in_(HELPERS),
            Membership.stage == MemberStage.ACTIVE,
        )
        found = select(Person).where(Person.id.in_(helping), Person.is_active)
        return {
            *db.session.scalars(found.options(*with_profile())),
            *(one.person for need in self.needs for one in need.assignments),
        }

    def assignments(self) -> Iterable[tuple[int, int, Assignment]]:
        for number, need in enumerate(self.needs):
            for one in need.assignments:
                if not one.trainee:
                    yield number, self.helper_at[one.person_id], one

    def held(self) -> list[Held]:
        """Who is confirmed and stays, and who is asked and has not answered."""
        return [
            Held(need, helper, one)
            for need, helper, one in self.assignments()
            if one.is_open_offer(self.now)
            or (one.state is State.CONFIRMED and one.stand_in_wanted_at is None)
        ]

    @cached_property
    def ways(self) -> dict[tuple[int, int], timedelta]:
        homes = {who.home_centre_id for who in self.people if who.home_centre_id is not None}
        return ways_to(homes.union(self.centres))

    @cached_property
    def travel(self) -> Ints:
        """Minutes from centre to centre; a way that nobody entered counts as none."""
        none = timedelta(0)
        return np.array(
            [
                [
                    0 if here == there else -(-self.ways.get((here, there), none).seconds // 60)
                    for there in self.centres
                ]
                for here in self.centres
            ],
            dtype=np.int64,
        )

    @cached_property
    def apart(self) -> frozenset[tuple[int, int]]:
        """Helpers who never meet."""
        ids = list(self.helper_at)
        rows = db.session.execute(
            select(Apart.person_id, Apart.other_id).where(
                Apart.person_id.in_(ids), Apart.other_id.in_(ids)
            )
        )
        return frozenset((self.helper_at[one], self.helper_at[other]) for one, other in rows)

    @cached_property
    def faces(self) -> frozenset[tuple[int, int]]:
        """(helper, series) of who helped or will help there outside the days of the plan; who came
        to learn did not help."""
        rows = db.session.execute(
            select(Assignment.person_id, Meeting.activity_id)
            .join(Assignment.need)
            .join(Need.meeting)
            .where(
                Assignment.person_id.in_(self.helper_at),
                Assignment.state == State.CONFIRMED,
                ~Assignment.trainee,
                Meeting.activity_id.in_(self.series),
                Meeting.id.not_in(self.meeting_at),
                Meeting.status == Status.PLANNED,
                Meeting.starts_at > self.now - KNOWN_FOR,
            )
            .distinct()
        )
        return frozenset((self.helper_at[who], self.series_at[line]) for who, line in rows)

    @cached_property
    def enrolled(self) -> dict[int, dict[str, int]]:
        """Activity id -> how many of the enrolled need which language besides the one it is held
        in; of activities that ask for mediators without saying which language."""
        open_ = {
            need.meeting.activity_id: need.meeting.activity for need in self.needs if covers(need)
        }
        rows = db.session.execute(
            select(Enrolment.activity_id, Person)
            .join(Enrolment.person)
            .where(Enrolment.activity_id.in_(open_), Enrolment.left_at.is_(None))
            .options(selectinload(Person.languages))
            .order_by(Enrolment.activity_id, Person.id)
        )
        people: dict[int, list[Person]] = {}
        for activity_id, person in rows:
            people.setdefault(activity_id, []).append(person)
        return {one: languages_of(who, open_[one].language) for one, who in people.items()}

    def known(self, held: Iterable[Held]) -> list[Known]:
        """Everybody in every centre where they help, as they would be if they were not expected
        where *held* says."""
        free = candidates(
            self.people,
            self.centres,
            min(meeting.starts_at for meeting in self.meetings),
            max(meeting.ends_at for meeting in self.meetings),
            but_bookings=_bookings(held),
        )
        return [
            Known(self.helper_at[who.id], self.centre_at[centre_id], free[who.id, centre_id])
            for who in self.people
            for centre_id in self.centres
            if who.roles_in(centre_id)
        ]


def _bookings(held: Iterable[Held]) -> Select[int]:
    """The bookings of those places."""
    here = and_(Assignment.need_id == Need.id, Assignment.person_id == Booking.person_id)
    return (
        select(Booking.id)
        .join(Need, Need.meeting_id == Booking.meeting_id)
        .join(Assignment, here)
        .where(Assignment.id.in_([one.assignment.id for one in held if one.is_booked]))
    )


def _drawn(rows: _Rows, held: Sequence[Held], facts: Sequence[Held]) -> Frame:
    """The frame in which *held* are part of the plan and *facts* are worked around."""
    known = rows.known(held)
    weights = Weights()
    if rows.rota.may_move:
        weights = replace(weights, keep=weights.keep * DEARER)
    pairs = _pairs(rows, known, held)
    found, legs = _relays(rows, known)
    columns = columns_of([*pairs, *legs])
    possible = {(one.need, one.helper) for one in pairs}
    asking = {
        (need, helper)
        for need, helper, one in rows.assignments()
        if one.state is State.REQUESTED and (need, helper) in possible
    }
    stays = {one.pair for one in held if not (rows.rota.may_move and one.is_booked)}
    wished, bans = _wishes(rows)
    bare = Instance(
        meetings=tuple(
            when_of(
                one,
                place=rows.centre_at[one.activity.centre_id],
                series=rows.series_at[one.activity_id],
                enrolled=rows.enrolled.get(one.activity_id, {}),
            )
            for one in rows.meetings
        ),
        needs=_places(rows, held, facts),
        helpers=_helpers(rows, known),
        pairs=pairs_of(columns, weights),
        travel=rows.travel,
        relays=found,
        apart=rows.apart,
        confirmed=frozenset({one.pair for one in held} | asking),
        pins=frozenset(stays),
        bans=bans - frozenset(stays),
        faces=rows.faces,
        weights=weights,
    )
    pins = _that_hold(bare, wished, before=_before(rows))
    return Frame(
        _with_covers(bare.but(pins=bare.pins | pins)),
        tuple(need.id for need in rows.needs),
        tuple(person.id for person in rows.people),
        tuple(meeting.id for meeting in rows.meetings),
        tuple(rows.series),
        {name: columns[name] for name in ("above", "preferred", "way")},
        frozenset(one.ids for one in facts),
    )


def _pairs(rows: _Rows, known: Sequence[Known], held: Iterable[Held]) -> list[Pair]:
    """Who may fill what, and whoever holds a place that a coordinator let them pass for."""
    wants, found = eligible_pairs(rows.wants, rows.homes, known)
    pairs = [
        _pair(rows, int(need), known[int(row)]) for need, row in zip(wants, found, strict=True)
    ]
    possible = {(one.need, one.helper) for one in pairs}
    at = {(one.helper, one.centre): one for one in known}
    for one in held:
        there = at.get((one.helper, rows.homes[one.need]))
        if one.pair in possible or there is None:
            continue
        reasons = reasons_against(rows.wants[one.need], there.candidate)
        if not not_overridden(one.assignment, reasons):
            pairs.append(_pair(rows, one.need, there))
    return sorted(_in_one_week(rows, pairs), key=lambda one: (one.need, one.helper))


def _in_one_week(rows: _Rows, pairs: Iterable[Pair]) -> list[Pair]:
    """Without whoever set a limit of hours, where a session is in one week by the clock of one
    centre of the plan and in the next by that of another: the plan counts it in one of them."""
    between = {
        number
        for number, need in enumerate(rows.needs)
        if is_between_weeks(need.meeting, rows.zones)
    }
    return [
        one
        for one in pairs
        if one.need not in between or rows.people[one.helper].hours_a_week is None
    ]


def _pair(rows: _Rows, number: int, known: Known, leg: int = DIRECT) -> Pair:
    need, candidate = rows.needs[number], known.candidate
    has = level_of(need, candidate)
    above = has.rank - need.level.rank if has and need.level else 0
    return Pair(
        number,
        known.helper,
        above=max(0, above),
        preferred=_is_glad(candidate, rows.wants[number]),
        way=way_of(rows.people[known.helper], need.meeting, rows.ways),
        leg=leg,
    )


def _is_glad(candidate: Candidate, want: Want) -> bool:
    """Whether they said yes to that time, or nothing, rather than "if need be"."""
    said = candidate.availability
    if said is None:
        return True
    answers = {*(one.answer for one in said.weekly), *(one.answer for one in said.dated)}
    if Answer.IF_NEED_BE not in answers:
        return True
    return said.answer(want.starts_at, want.ends_at) is not Answer.IF_NEED_BE


def _relays(rows: _Rows, known: Sequence[Known]) -> tuple[tuple[Relay, ...], list[Pair]]:
    allowed = [number for number, need in enumerate(rows.needs) if need.relay]
    if not allowed:
        return (), []
    found, legs = relays(rows.wants, rows.homes, known, allowed=allowed, bridges=BRIDGES)
    pairs = [_pair(rows, one.need, known[one.known], one.leg) for one in legs]
    return found, _in_one_week(rows, pairs)


def _places(rows: _Rows, held: Iterable[Held], facts: Iterable[Held]) -> tuple[Place, ...]:
    """The needs, without the places of those who are there whatever the plan says."""
    taken = Counter(one.need for one in facts)
    inside = Counter(one.need for one in held)
    return tuple(
        Place(
            meeting=rows.meeting_at[need.meeting_id],
            wanted=max(inside[number], need.wanted - taken[number]),
            urgency=urgency(need, now=rows.now),
            cover=covers(need),
        )
        for number, need in enumerate(rows.needs)
    )


def _helpers(rows: _Rows, known: Iterable[Known]) -> tuple[Helper, ...]:
    candidate_of = {one.helper: one.candidate for one in known}
    weeks = len({week_number(one) for one in rows.meetings})
    languages = {tag for counts in rows.enrolled.values() for tag in counts}
    return tuple(
        Helper(
            weekly_minutes=None if who.hours_a_week is None else who.hours_a_week * 60,
            taken=minutes_taken(candidate_of[number], rows.zones) if number in candidate_of else {},
            half_hours=fair_half_hours(who, rows.centres, weeks),
            speaks=answers_in(who, languages),
        )
        for number, who in enumerate(rows.people)
    )


def _wishes(rows: _Rows) -> tuple[list[tuple[int, int]], frozenset[tuple[int, int]]]:
    """What is pinned, the earliest first, and what is not to be: forbidden by the coordinator, or
    declined by the person."""
    at = {need.id: number for number, need in enumerate(rows.needs)}
    pins, bans = [], set()
    for wish in rows.rota.wishes:
        if wish.need_id in at and wish.person_id in rows.helper_at:
            pair = at[wish.need_id], rows.helper_at[wish.person_id]
            if wish.wanted:
                pins.append(pair)
            else:
                bans.add(pair)
    for need, helper, one in rows.assignments():
        if one.state in GONE or one.stand_in_wanted_at is not None:
            bans.add((need, helper))
    return pins, frozenset(bans)


def _before(rows: _Rows) -> frozenset[tuple[int, int]]:
    """Who had which place in the plan before this."""
    if rows.rota.after is None:
        return frozenset()
    at = {need.id: number for number, need in enumerate(rows.needs)}
    return frozenset(
        (at[need], rows.helper_at[who])
        for need, who, _ in unpacked_plan(rows.rota.after.plan)
        if need in at and who in rows.helper_at
    )


def _that_hold(
    instance: Instance, wished: Sequence[tuple[int, int]], *, before: Collection[tuple[int, int]]
) -> frozenset[tuple[int, int]]:
    """Those of *wished* that can all be, beside what stays: what contradicts an earlier one is left
    out. With half of a relay goes the other half, best whoever did it *before*."""
    if not wished:
        return frozenset()
    roster = keep_what_fits(instance, (Proposal(*pair) for pair in instance.pins))
    needs, people = {need for need, _ in wished}, {helper for _, helper in wished}
    ways: dict[tuple[int, int], list[Proposal]] = defaultdict(list)
    halves: dict[int, list[Proposal]] = defaultdict(list)
    for one in sorted(each for each in instance.earned if each.need in needs):
        ways[one.need, one.helper].append(one)
        halves[one.leg].append(one)

    def likely(other: Proposal) -> tuple[bool, bool, bool, Proposal]:
        pair = other.need, other.helper
        return pair not in wished, other.helper in people, pair not in before, other

    def whole(one: Proposal) -> list[tuple[Proposal, ...]]:
        """Alone, or with each who could do the other half."""
        if one.leg == DIRECT:
            return [(one,)]
        return [(one, other) for other in sorted(halves[one.leg ^ 1], key=likely)]

    kept = set[tuple[int, int]]()
    for pair in wished:
        if pair not in kept and pair not in instance.pins:
            each_way = (both for one in ways[pair] for both in whole(one))
            added = next((both for both in each_way if _come_in(roster, both)), ())
            kept |= {(one.need, one.helper) for one in added}
    return frozenset(kept)


def _come_in(roster: Roster, both: Collection[Proposal]) -> bool:
    """Add all of them, or none where one does not fit."""
    added: list[Proposal] = []
    for one in sorted(both, key=lambda each: each.leg):
        if not roster.fits(one):
            for other in added:
                roster.remove(other)
            return False
        roster.add(one)
        added.append(one)
    return True


def _with_covers(bare: Instance) -> Instance:
    """A need asks for the languages of the enrolled only where somebody who may come speaks one;
    else any mediator is better than none."""
    spoken: dict[int, set[str]] = defaultdict(set)
    for need, helper in zip(bare.pairs.need.tolist(), bare.pairs.helper.tolist(), strict=True):
        if bare.needs[need].cover:
            spoken[need] |= bare.helpers[helper].speaks
    needs = tuple(
        replace(
            need,
            cover=need.cover and bool(spoken[number] & set(bare.meetings[need.meeting].enrolled)),
        )
        for number, need in enumerate(bare.needs)
    )
    return bare.but(needs=needs)
