"""Why a place stays empty: the smallest sets of rules that keep people away, and the smallest
changes that would fill it, each found by really solving it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from sqlalchemy import select

from app.extensions import db
from app.people.languages import answering
from app.people.models import Membership, Person, SpokenLanguage
from app.people.queries import with_role
from app.people.terms import HELPERS, Role, Stage
from app.programme.conflicts import clashing, conflicts, others_in_their_rooms
from app.programme.days_off import days_off
from app.programme.models import Meeting
from app.programme.recurrence import instant
from app.programme.targets import Target
from app.programme.week import week_of
from app.rota.frame import Frame
from app.rota.inputs import BRIDGES, GONE
from app.rota.models import Rota
from app.rota.reading import Read, knows
from app.rota.values import minutes_of
from app.staffing.availability import Answer
from app.staffing.eligibility import Candidate, Reason, Rule, best_level, reasons_against
from app.staffing.finding import Ranked, ranked_candidates
from app.staffing.matching.instance import DIRECT, Instance, Pair, Plan, Proposal, Relay
from app.staffing.matching.pairing import Known
from app.staffing.matching.relay import relays
from app.staffing.matching.repair import KEEP
from app.staffing.matching.roster import Roster
from app.staffing.matching.why_nobody import (
    Change,
    near_misses,
    price_of_filling,
    remedies,
    smallest_sets,
    with_hours,
    with_meeting_at,
    with_pair,
)
from app.staffing.models import Need
from app.staffing.queries import candidates, needs_of, spoken_by, want_at, want_of, with_profile


class Besides(StrEnum):
    """What keeps somebody away who could come by every rule."""

    ELSEWHERE = "elsewhere"  # the plan has them elsewhere then, or at their limit
    SAID_NO = "said_no"  # or gave the place up
    FORBIDDEN = "forbidden"  # by the coordinator
    APART = "apart"  # somebody is there whom they must not meet


MOST = 12
"""So many changes of one sort are tried."""
MORE_HOURS = 120
MOST_TIMES, MOST_OF_A_DAY = 6, 2
EARLIEST, LATEST = 8, 19
"""Hours of the day at which a session may begin that is moved."""
STEP = timedelta(minutes=30)
OF_THE_TIME = {
    Rule.NOT_AVAILABLE,
    Rule.HOURS_A_WEEK,
    Rule.EXPECTED_ELSEWHERE,
    Rule.NO_TIME_TO_TRAVEL,
}
"""What may not stand against somebody at another time."""


class Sort(StrEnum):
    """What could be otherwise; smaller changes first."""

    LEVEL = "level"
    INTERPRETING = "interpreting"  # they speak it well enough
    ONLINE = "online"
    LATER = "later"  # they would have to stay until the end
    EARLIER = "earlier"  # they would have to come at the beginning
    TIME = "time"
    HOURS = "hours"
    PAPERS = "papers"
    ROLE = "role"
    RELAY = "relay"
    MOVED = "moved"

    @property
    def size(self) -> int:
        return list(Sort).index(self)


@dataclass(frozen=True)
class What:
    """One change: of whom, or to when."""

    sort: Sort
    person: Person | None = None
    reason: Reason | None = None
    starts_at: datetime | None = None
    language: str = ""

    def __str__(self) -> str:
        when = self.starts_at.isoformat() if self.starts_at else ""
        who = self.person.id if self.person else 0
        return f"{self.sort.size}:{when}:{self.language}:{who:09}"


@dataclass(frozen=True, kw_only=True)
class Blocking:
    """Rules that together keep so many people away, or what does besides."""

    reasons: tuple[Reason, ...]
    besides: Besides | None
    people: int


@dataclass(frozen=True, kw_only=True)
class Empty:
    """All there is to say of an empty place. *places_lost*: how many others at most would stay
    empty if this one were filled by all means; None: it is proved that it cannot be, as long as
    everybody *in_the_way* (confirmed, asked or pinned) stays."""

    blocking: tuple[Blocking, ...]
    remedies: tuple[What, ...]
    places_lost: int | None
    in_the_way: tuple[tuple[Person, Need], ...]
    speak: int
    """How many of those who help here speak (interpret) the language well enough."""
    elsewhere: tuple[Person, ...]
    """Who could, of those who help in another centre of the coordinator and not in this one."""


def why_empty(rota: Rota, need: Need, read: Read | None, *, now: datetime) -> Empty | None:
    """Why *need* has an empty place in the plan, and what would fill it. None where the plan cannot
    say: the place came later, or its session was moved since."""
    if read is None or not knows(read[0], need):
        return None
    asked = _Asked(rota, need, *read)
    price = price_of_filling(asked.frame.instance, asked.plan, asked.number)
    in_the_way = () if price else asked.in_the_way()
    found = remedies(asked.plan, asked.number, asked.changes(now))
    return Empty(
        blocking=asked.blocking(),
        remedies=tuple(one.what for one in found),
        places_lost=price.places_lost if price else None,
        in_the_way=in_the_way,
        speak=sum(not set(_rules(one)) & _LANGUAGE for one in asked.ranked),
        elsewhere=_elsewhere(rota.by, need),
    )


_BY_ONE_RULE = {
    Sort.LEVEL: (Rule.LEVEL_TOO_LOW,),
    Sort.INTERPRETING: (Rule.DOES_NOT_INTERPRET,),
    Sort.ONLINE: (Rule.NOT_ONLINE,),
    Sort.PAPERS: (
        Rule.CONSENT_MISSING,
        Rule.CONTRACT_MISSING,
        Rule.CONTRACT_ENDS,
        Rule.CHECK_MISSING,
        Rule.CHECK_EXPIRES,
    ),
    Sort.ROLE: (Rule.NOT_THE_ROLE,),
}
"""What somebody can have changed, if it is all that keeps them away."""

_LANGUAGE = {Rule.LANGUAGE_NOT_SPOKEN, Rule.DOES_NOT_INTERPRET, Rule.LEVEL_TOO_LOW}


class _Asked:
    """One empty place of one plan."""

    def __init__(self, rota: Rota, need: Need, frame: Frame, plan: Plan) -> None:
        self.need, self.frame, self.plan = need, frame, plan
        self.number = frame.need_at[need.id]
        inside = {frame.person_ids[one.helper] for one in plan.proposals if one.need == self.number}
        self.ranked = [one for one in ranked_candidates(need) if one.person.id not in inside]
        self.known = {one.person.id: one for one in self.ranked}
        self.forbidden = {
            wish.person_id for wish in rota.wishes if wish.need_id == need.id and not wish.wanted
        }
        self.against = {one.person.id: self._against(one) for one in self.ranked}

    def _against(self, one: Ranked) -> frozenset[str]:
        """The rules; where there are none, what keeps them away besides."""
        if one.state in GONE:
            return frozenset({Besides.SAID_NO.value})
        if one.person.id in self.forbidden:
            return frozenset({Besides.FORBIDDEN.value})
        rules = frozenset(rule.value for rule in _rules(one))
        return rules or frozenset({self._besides(one.person).value})

    def _besides(self, person: Person) -> Besides:
        """Why the plan does not have somebody there against whom no rule stands by itself."""
        helper, instance = self.frame.helper_at.get(person.id), self.frame.instance
        meeting = instance.needs[self.number].meeting
        if helper is not None and Roster(instance, self.plan).must_not_meet(helper, meeting):
            return Besides.APART
        return Besides.ELSEWHERE

    def in_the_way(self) -> tuple[tuple[Person, Need], ...]:
        """Who of those with a place would have to leave it, if the need can be filled then."""
        before = self.frame.instance
        dear = replace(before.weights, keep=before.weights.keep * KEEP)
        freed = before.but(pins=frozenset(), confirmed=before.pins, weights=dear)
        for one in self.ranked:
            if set(_rules(one)) == {Rule.KEPT_APART} and one.person.id in self.frame.helper_at:
                freed = with_pair(freed, Pair(self.number, self.frame.helper_at[one.person.id]))
        price = price_of_filling(freed, self.plan, self.number)
        if price is None:
            return ()
        stay = {(one.need, one.helper) for one in price.plan.proposals}
        ids = [
            (self.frame.person_ids[helper], self.frame.need_ids[need])
            for need, helper in sorted(before.pins - stay)
        ]
        return tuple(
            (db.session.get_one(Person, person), db.session.get_one(Need, need))
            for person, need in ids
        )

    def blocking(self) -> tuple[Blocking, ...]:
        found = []
        for one in smallest_sets(self.against):
            example = self.known[one.people[0]]
            found.append(
                Blocking(
                    reasons=tuple(r for r in example.reasons if r.rule.value in one.rules),
                    besides=next((b for b in Besides if b.value in one.rules), None),
                    people=len(one.people),
                )
            )
        return tuple(found)

    # What could be otherwise

    def changes(self, now: datetime) -> Iterator[Change[What]]:
        missed = near_misses(self.against)
        for sort, rules in _BY_ONE_RULE.items():
            who = sorted(one for rule in rules for one in missed.get(rule.value, ()))
            yield from self._by_one_rule(sort, who)
        yield from self._times(missed.get(Rule.NOT_AVAILABLE.value, ()))
        yield from self._hours(
            [*missed.get(Rule.HOURS_A_WEEK.value, ()), *missed.get(Besides.ELSEWHERE.value, ())]
        )
        yield from self._relays()
        yield from self._moved(now)

    def _relays(self) -> Iterator[Change[What]]:
        """Two people, where one is asked for and two were not thought of."""
        if self.need.relay or self.need.language is None:
            return
        people = _everybody(self.need.meeting)
        known = [
            Known(self.frame.helper_at[person.id], 0, candidate)
            for person, candidate in _candidates(people, self.need.meeting)
            if person.id in self.frame.helper_at
        ]
        found, legs = relays([want_of(self.need)], [0], known, allowed=[0], bridges=BRIDGES)
        before = self.frame.instance
        for number, relay in enumerate(found):
            changed = before.but(relays=(*before.relays, Relay(self.number, relay.via)))
            first = 2 * len(before.relays)
            for leg in legs:
                if leg.leg // 2 == number:
                    helper = known[leg.known].helper
                    changed = with_pair(changed, Pair(self.number, helper, leg=first + leg.leg % 2))
            yield Change(What(Sort.RELAY, language=relay.via), Sort.RELAY.size, changed)

    def _by_one_rule(self, sort: Sort, people: Iterable[int]) -> Iterator[Change[What]]:
        """As if the one rule that keeps each of them away were changed for them."""
        if sort is Sort.INTERPRETING:
            people = (one for one in people if self._speaks_it(self.known[one].person))
        if sort is Sort.ROLE and (self.need.language is None or self.need.role is Role.TEACHER):
            return  # a language is rare; without one anybody could be named, and teaching is learnt
        for one in islice(people, MOST):
            ranked = self.known[one]
            yield self._as_if(What(sort, ranked.person, ranked.reasons[0]))

    def _speaks_it(self, person: Person) -> bool:
        """Whether they speak, and do not interpret, the language as well as is asked for."""
        level = best_level(self.need.language or "", spoken_by(person))
        wanted = self.need.level
        return level is not None and (wanted is None or level.rank >= wanted.rank)

    def _times(self, people: Iterable[int]) -> Iterator[Change[What]]:
        meeting = self.need.meeting
        known = _candidates([self.known[one].person for one in list(people)[:MOST]], meeting)
        for person, candidate in known:
            yield self._as_if(_shorter(person, candidate, meeting))

    def _as_if(self, what: What) -> Change[What]:
        """As if nothing stood against *what*'s person here."""
        assert what.person is not None
        pair = Pair(self.number, self.frame.helper_at.get(what.person.id, -1))
        instance = self.frame.instance
        if pair.helper >= 0:
            instance = with_pair(instance, pair)
        return Change(what, what.sort.size, instance)

    def _hours(self, people: Iterable[int]) -> Iterator[Change[What]]:
        """Two hours more for whoever is at their limit."""
        for one in list(people)[:MOST]:
            person, helper = self.known[one].person, self.frame.helper_at.get(one)
            if helper is None or self.frame.instance.helpers[helper].weekly_minutes is None:
                continue
            changed = with_hours(self.frame.instance, helper, MORE_HOURS)
            if Proposal(self.number, helper, DIRECT) not in self.frame.row_of:
                changed = with_pair(changed, Pair(self.number, helper))
            yield Change(What(Sort.HOURS, person), Sort.HOURS.size, changed)

    def _moved(self, now: datetime) -> Iterator[Change[What]]:
        """The session at another time of that week at which its room is free."""
        meeting = self.need.meeting
        number = self.frame.instance.needs[self.number].meeting
        needs = [one for one in needs_of([meeting.id]) if one.id in self.frame.need_at]
        people = _everybody(meeting)
        for starts_at in self._other_times(now):
            pairs = self._pairs_at(needs, people, starts_at)
            changed = with_meeting_at(self.frame.instance, number, minutes_of(starts_at), pairs)
            if self._still_come(changed, number):
                yield Change(What(Sort.MOVED, starts_at=starts_at), Sort.MOVED.size, changed)

    def _other_times(self, now: datetime) -> Iterator[datetime]:
        """The nearest hours of that week at which somebody could come, the room is free and
        whoever takes part can come."""
        meeting, here = self.need.meeting, self.need.meeting.activity.centre_id
        length = meeting.ends_at - meeting.starts_at
        people = [
            one.person
            for one in self.ranked
            if one.state not in GONE
            and one.person.id not in self.forbidden
            and OF_THE_TIME.issuperset(_rules(one))
        ]
        times = _times_of_the_week(meeting, now)
        if not people or not times:
            return
        known = candidates(people, [here], min(times), max(times) + length, but=[meeting])
        of_a_day, tried = Counter[date](), 0
        for one in times:
            day = one.astimezone(meeting.activity.centre.tz).date()
            want = want_at(self.need, one, one + length)
            if of_a_day[day] == MOST_OF_A_DAY or tried == MOST_TIMES:
                continue
            could = any(not reasons_against(want, known[who.id, here]) for who in people)
            if could and _would_suit(meeting, one):
                of_a_day[day] += 1
                tried += 1
                yield one

    def _still_come(self, changed: Instance, number: int) -> bool:
        """Whether everybody whom the plan has at that meeting may and can come then, too."""
        there = [one for one in self.plan.proposals if changed.needs[one.need].meeting == number]
        roster = Roster(changed, Plan.of(set(self.plan.proposals) - set(there)))
        for one in there:
            if one not in changed.earned or not roster.fits(one):
                return False
            roster.add(one)
        return True

    def _pairs_at(
        self, needs: Sequence[Need], people: Sequence[Person], starts_at: datetime
    ) -> list[Pair]:
        """Who may fill the needs of the meeting then, by the one check."""
        meeting, here = self.need.meeting, self.need.meeting.activity.centre_id
        ends_at = starts_at + (meeting.ends_at - meeting.starts_at)
        known = candidates(people, [here], starts_at, ends_at, but=[meeting])
        return [
            Pair(self.frame.need_at[need.id], self.frame.helper_at[person.id])
            for need in needs
            for person in people
            if person.id in self.frame.helper_at
            and not reasons_against(want_at(need, starts_at, ends_at), known[person.id, here])
        ]


def _elsewhere(by: Person, need: Need) -> tuple[Person, ...]:
    """Helpers of the other centres that *by* plans who have the language that is asked for, and
    against whom nothing stands but that they do not help here."""
    here = need.meeting.activity.centre_id
    if need.language is None:
        return ()
    speaking = select(SpokenLanguage.person_id).where(
        SpokenLanguage.language.in_(answering(need.language))
    )
    there = select(Membership.person_id).where(
        Membership.centre_id.in_(by.centres_where(Role.COORDINATOR) - {here}),
        Membership.role == need.role,
        Membership.stage == Stage.ACTIVE,
    )
    found = select(Person).where(
        Person.id.in_(speaking),
        Person.id.in_(there),
        Person.id.not_in(with_role(here, *HELPERS).with_only_columns(Person.id).order_by(None)),
        Person.is_active,
    )
    people = db.session.scalars(
        found.order_by(Person.name, Person.id).options(*with_profile())
    ).all()
    known, want = _candidates(people, need.meeting), want_of(need)
    return tuple(
        person
        for person, candidate in known
        if _NOT_OF_THE_CENTRE.issuperset(one.rule for one in reasons_against(want, candidate))
    )


_NOT_OF_THE_CENTRE = {Rule.NOT_THE_ROLE, Rule.CONTRACT_MISSING}


def _rules(one: Ranked) -> list[Rule]:
    return [reason.rule for reason in one.reasons]


def _everybody(meeting: Meeting) -> Sequence[Person]:
    centre_id = meeting.activity.centre_id
    return db.session.scalars(with_role(centre_id, *HELPERS).options(*with_profile())).all()


def _candidates(people: Sequence[Person], meeting: Meeting) -> Iterator[tuple[Person, Candidate]]:
    here = meeting.activity.centre_id
    known = candidates(people, [here], meeting.starts_at, meeting.ends_at, but=[meeting])
    for person in people:
        yield person, known[person.id, here]


def _shorter(person: Person, candidate: Candidate, meeting: Meeting) -> What:
    """Somebody not free then: free at the beginning, so that they would have to stay; or at the
    end, so that they would have to come earlier; or neither."""
    said = candidate.availability
    if said is not None:
        if said.answer(meeting.starts_at, meeting.starts_at + STEP) is not Answer.NO:
            return What(Sort.LATER, person, starts_at=meeting.ends_at)
        if said.answer(meeting.ends_at - STEP, meeting.ends_at) is not Answer.NO:
            return What(Sort.EARLIER, person, starts_at=meeting.starts_at)
    return What(Sort.TIME, person)


def _times_of_the_week(meeting: Meeting, now: datetime) -> list[datetime]:
    """Every hour of its week but Sunday, the nearest first."""
    zone = meeting.activity.centre.tz
    local = meeting.starts_at.astimezone(zone)
    times = [
        instant(day, local.time().replace(hour=hour), zone)
        for day in week_of(local.date(), zone).days[:6]
        for hour in range(EARLIEST, LATEST + 1)
    ]
    return sorted(
        (one for one in times if one > now and one != meeting.starts_at),
        key=lambda one: abs(one - meeting.starts_at),
    )


def _would_suit(meeting: Meeting, starts_at: datetime) -> bool:
    """Whether the centre is open then, the room free, and nobody who takes part elsewhere."""
    centre = meeting.activity.centre
    day = starts_at.astimezone(centre.tz).date()
    if days_off(centre, day, day, language="ro").closed(day) is not None:
        return False
    ends_at = starts_at + (meeting.ends_at - meeting.starts_at)
    target = Target(meeting, starts_at, ends_at, meeting.room, meeting.status, by_hand=True)
    if clashing([target], others_in_their_rooms([target])):
        return False
    return not conflicts([target]).bookings
