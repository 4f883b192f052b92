"""The board: proposals beside today's state, by day or by person, a week at a time; what would be
missing even so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.extensions import db
from app.people.models import Centre, Membership, Person
from app.people.terms import HELD as MEMBERS
from app.people.terms import HELPERS, Role
from app.people.terms import Stage as MemberStage
from app.programme.models import Activity, Meeting
from app.programme.week import week_of
from app.rota.frame import bridges, unpacked_plan
from app.rota.inputs import GONE, needs_of_rota
from app.rota.models import Rota, Stage
from app.rota.taken import (
    HELD,
    SETTLED,
    first_to_go,
    forbidden_in,
    is_a_place,
    not_wanted,
    planned_of,
    stand,
    stands_of,
    too_late,
)
from app.staffing.matching.instance import DIRECT
from app.staffing.matching.relay import HOUSE_LANGUAGE
from app.staffing.models import Assignment, Need, State

LATELY = timedelta(hours=4)
SHOWN = 5
"""So many sessions with an empty place are named of one language."""


@dataclass(frozen=True)
class Half:
    """One half of a relay: between which two languages (BCP 47), and who does the other half."""

    language: str
    other: str
    partners: tuple[Person, ...]


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """Somebody whom the plan gives a place. *state*: where they stand with it today; *wish*: what
    the coordinator said of it; *half*: of two who do it in relay; *too_late*: somebody whom the
    plan does not have there took the place; *first_to_go*: who would have to give up a place before
    they can be asked; *not_wanted*: by the coordinator, they or the other half of their relay;
    *could_come*: not, where they were asked and the plan does not count on them; *wants_stand_in*:
    confirmed until there is one."""

    need: Need
    person: Person
    state: State | None
    leg: int = DIRECT
    wish: bool | None = None
    half: Half | None = None
    too_late: bool = False
    first_to_go: tuple[Person, ...] = ()
    not_wanted: bool = False
    could_come: bool = True
    wants_stand_in: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it would change anything."""
        return not self.too_late and self.state not in SETTLED

    @property
    def can_be_asked(self) -> bool:
        return self.is_new and not self.first_to_go and not self.not_wanted

    @property
    def is_off(self) -> bool:
        """Whether nothing comes of it any more."""
        return self.said_no or self.too_late or self.is_unwanted

    @property
    def is_unwanted(self) -> bool:
        """Whether the coordinator's word alone keeps them from being asked."""
        return self.is_new and self.not_wanted

    @property
    def said_no(self) -> bool:
        return self.state in GONE

    @property
    def fills(self) -> bool:
        """Whether a place is filled by them: of a relay, by the one with the first half."""
        return not self.is_off and is_a_place(self.leg)

    @property
    def value(self) -> str:
        """What stands for it in a form."""
        return f"{self.need.ref}:{self.person.ref}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One need: who the plan gives it, who has it by now besides (*others*: nothing the plan knew
    of), whom it would take it from (*leaves*), and how many places stay empty."""

    need: Need
    proposed: tuple[Proposed, ...]
    others: tuple[Proposed, ...]
    leaves: tuple[Person, ...]
    empty: int

    @property
    def meeting(self) -> Meeting:
        return self.need.meeting

    @property
    def unwanted(self) -> bool:
        """Whether a place is empty since its coordinator would not have whom the plan gives it."""
        return self.empty > 0 and any(one.is_unwanted for one in self.proposed)

    @property
    def changes(self) -> bool:
        news = any(one.is_new or one.too_late for one in self.proposed)
        looking = any(one.wants_stand_in for one in (*self.proposed, *self.others))
        return bool(self.empty or self.leaves or news or looking)


@dataclass
class Board:
    """The lines of one week."""

    lines: list[Line]
    hours: dict[Person, timedelta]
    """How long the plan has each person there in that week, whatever is shown."""
    zone: ZoneInfo
    monday: date
    before: date | None
    after: date | None
    waiting: int
    """How many proposals of all weeks can be accepted and are not yet."""

    @property
    def days(self) -> list[tuple[date, list[tuple[Meeting, list[Line]]]]]:
        """Day -> meeting -> its lines."""
        found: dict[date, dict[Meeting, list[Line]]] = {}
        for line in self.lines:
            day = line.meeting.starts_at.astimezone(self.zone).date()
            found.setdefault(day, {}).setdefault(line.meeting, []).append(line)
        return [(day, list(meetings.items())) for day, meetings in found.items()]

    @property
    def people(self) -> list[tuple[Person, list[Proposed], timedelta]]:
        """Person -> what the plan gives them in that week, and how long that is."""
        found: dict[Person, list[Proposed]] = defaultdict(list)
        for line in self.lines:
            for one in line.proposed:
                found[one.person].append(one)
        return [
            (person, ones, self.hours.get(person, timedelta()))
            for person, ones in sorted(found.items(), key=lambda item: (item[0].name, item[0].id))
        ]

    @property
    def new(self) -> list[Proposed]:
        return [one for line in self.lines for one in line.proposed if one.can_be_asked]


def board_of(rota: Rota, day: date | None, *, changes_only: bool, now: datetime) -> Board:
    """The week of *day*; else the first in which the plan would change something, else this one."""
    zone = rota.centre.tz if rota.centre else rota.by.tz
    first, last = week_of(rota.first_day, zone).monday, week_of(rota.last_day, zone).monday
    news = all_new(rota, now=now)
    changes = [*news.values(), *_left_by_a_no(rota, now)]
    soonest = (min(changes) if changes else _first_session(rota, now)).astimezone(zone).date()
    asked = week_of(day or soonest, zone).monday
    week = week_of(min(max(asked, first), last), zone)
    needs = db.session.scalars(
        needs_of_rota(rota, now=now)
        .where(Meeting.starts_at >= week.starts_at, Meeting.starts_at < week.ends_at)
        .options(
            selectinload(Need.assignments).selectinload(Assignment.person),
        )
    ).all()
    lines = lines_of(rota, needs, now=now)
    return Board(
        [one for one in lines if one.changes or not changes_only],
        _hours(lines),
        zone,
        week.monday,
        week.before if week.monday > first else None,
        week.after if week.monday < last else None,
        len(news),
    )


def _hours(lines: Iterable[Line]) -> dict[Person, timedelta]:
    found: dict[Person, timedelta] = defaultdict(timedelta)
    for line in lines:
        for one in line.proposed:
            if not one.is_off:
                found[one.person] += _length(one.need.meeting)
    return found


def all_new(rota: Rota, *, now: datetime) -> dict[tuple[int, int], datetime]:
    """(need id, person id) of every proposal of the plan that would change something, for whom
    nobody has to go first and who is wanted there, and when its session begins."""
    rows = db.session.execute(
        needs_of_rota(rota, now=now).with_only_columns(Need.id, Need.wanted, Meeting.starts_at)
    )
    stands, forbidden = stands_of(rota, now), forbidden_in(rota)
    found = {}
    planned, waits = planned_of(rota), first_to_go(rota, now)
    for need_id, wanted, starts_at in rows:
        ones = planned.get(need_id, ())
        off = too_late(wanted, ones, stands.get(need_id, {}))
        off |= not_wanted(ones, forbidden.get(need_id, ()))
        for who, leg in ones:
            settled = who in stands.get(need_id, {})
            if not settled and (who, leg) not in off and (need_id, who) not in waits:
                found[need_id, who] = starts_at
    return found


def _left_by_a_no(rota: Rota, now: datetime) -> list[datetime]:
    """When the sessions begin at which somebody in the plan said no, or anybody did since it was
    made, and a place is empty by now."""
    rows = db.session.execute(
        needs_of_rota(rota, now=now).with_only_columns(Need.id, Need.wanted, Meeting.starts_at)
    )
    stands, planned = stands_of(rota, now), planned_of(rota)
    found = []
    for need_id, wanted, starts_at in rows:
        inside = {who for who, _ in planned.get(need_id, ())}
        known = stands.get(need_id, {})
        said_no = any(
            one.state in GONE and (one.since or who in inside) for who, one in known.items()
        )
        come = sum(
            one.state is State.CONFIRMED
            or (one.state is State.OFFERED and (one.takes or who in inside))
            for who, one in known.items()
        )
        if said_no and come < wanted:
            found.append(starts_at)
    return found


def _first_session(rota: Rota, now: datetime) -> datetime:
    first = needs_of_rota(rota, now=now).with_only_columns(Meeting.starts_at).limit(1)
    return db.session.scalars(first).one_or_none() or now


def lines_of(rota: Rota, needs: Sequence[Need], *, now: datetime) -> list[Line]:
    """What the plan says of those needs, by time."""
    ids = {need.id for need in needs}
    planned = {need_id: ones for need_id, ones in planned_of(rota).items() if need_id in ids}
    waits = {one: first for one, first in first_to_go(rota, now).items() if one[0] in ids}
    them = {person_id for ones in planned.values() for person_id, _ in ones}
    who = people_by_id(them.union(*waits.values()))
    wishes = {(wish.need_id, wish.person_id): wish.wanted for wish in rota.wishes}
    halves = _halves(rota, needs, planned, who)
    return [
        _line(rota, need, planned.get(need.id, ()), who, wishes, halves, waits, now)
        for need in needs
    ]


def _halves(
    rota: Rota,
    needs: Sequence[Need],
    planned: Mapping[int, Sequence[tuple[int, int]]],
    who: Mapping[int, Person],
) -> dict[tuple[int, int], Half]:
    """(need id, leg) -> which half of which relay that is."""
    legs: dict[tuple[int, int], list[Person]] = defaultdict(list)
    for need_id, ones in planned.items():
        for person_id, leg in ones:
            if leg != DIRECT and person_id in who:
                legs[need_id, leg].append(who[person_id])
    if not legs or rota.inputs is None:
        return {}
    through, asked_for = bridges(rota.inputs), {need.id: need.language or "" for need in needs}
    found = {}
    for need_id, leg in legs:
        via, is_first = through[leg // 2], leg % 2 == 0
        partners = legs.get((need_id, leg + 1 if is_first else leg - 1), ())
        tags = (asked_for[need_id], via) if is_first else (via, HOUSE_LANGUAGE)
        found[need_id, leg] = Half(*tags, tuple(partners))
    return found


def _line(
    rota: Rota,
    need: Need,
    planned: Sequence[tuple[int, int]],
    who: Mapping[int, Person],
    wishes: Mapping[tuple[int, int], bool],
    halves: Mapping[tuple[int, int], Half],
    waits: Mapping[tuple[int, int], Sequence[int]],
    now: datetime,
) -> Line:
    states = {
        one.person_id: one.state
        for one in need.assignments
        if not one.trainee and (one.state is not State.OFFERED or one.is_open_offer(now))
    }
    stands = {
        one.person_id: stand(rota, one.state, one.changed_at, one.stand_in_wanted_at)
        for one in need.assignments
        if one.person_id in states and one.state in SETTLED
    }
    looking = {
        one.person_id
        for one in need.assignments
        if one.state is State.CONFIRMED and one.stand_in_wanted_at is not None
    }
    late = too_late(need.wanted, planned, stands)
    off = not_wanted(planned, forbidden_in(rota).get(need.id, ()))
    proposed = tuple(
        Proposed(
            need=need,
            person=who[person_id],
            state=states.get(person_id),
            leg=leg,
            wish=wishes.get((need.id, person_id)),
            half=halves.get((need.id, leg)),
            too_late=(person_id, leg) in late,
            first_to_go=tuple(who[one] for one in waits.get((need.id, person_id), ())),
            not_wanted=(person_id, leg) in off,
            wants_stand_in=person_id in looking,
        )
        for person_id, leg in planned
        if person_id in who
    )
    given = {one.person.id for one in proposed}
    rest = [
        one
        for one in need.assignments
        if one.state in (State.CONFIRMED, State.OFFERED)
        and one.person_id in states
        and one.person_id not in given
    ]
    leaves = [one for one in rest if stands[one.person_id].may_go]
    others = [one for one in rest if one not in leaves]
    filling = sum(one.fills for one in proposed)
    filling += sum(one.state is State.CONFIRMED or stands[one.person_id].takes for one in others)
    return Line(
        need=need,
        proposed=proposed,
        others=tuple(
            Proposed(
                need=need,
                person=one.person,
                state=one.state,
                could_come=one.state is State.CONFIRMED or stands[one.person_id].takes,
                wants_stand_in=one.person_id in looking,
            )
            for one in others
        ),
        leaves=tuple(one.person for one in leaves),
        empty=max(0, need.wanted - filling),
    )


def idle_in(rota: Rota, *, now: datetime) -> Sequence[Person]:
    """Whoever helps in the centres of the plan and has no place in it, as far as its coordinator
    may know of the sessions."""
    visible = set(
        db.session.scalars(needs_of_rota(rota, now=now).with_only_columns(Need.id).order_by(None))
    )
    busy = {who for need_id, who, _ in unpacked_plan(rota.plan) if need_id in visible}
    helping = select(Membership.person_id).where(
        Membership.centre_id.in_(_centres(rota)),
        Membership.role.in_(HELPERS),
        Membership.stage == MemberStage.ACTIVE,
    )
    found = select(Person).where(Person.id.in_(helping), Person.is_active)
    everybody = db.session.scalars(found.order_by(Person.name, Person.id))
    return [one for one in everybody if one.id not in busy]


def _centres(rota: Rota) -> frozenset[int]:
    """The ids of the centres that the plan is about and its coordinator plans today."""
    mine = rota.by.centres_where(Role.COORDINATOR)
    return mine if rota.centre_id is None else mine & {rota.centre_id}


def people_by_id(ids: Iterable[int]) -> dict[int, Person]:
    """With their languages."""
    found = select(Person).where(Person.id.in_(list(ids))).options(selectinload(Person.languages))
    return {person.id: person for person in db.session.scalars(found)}


def _length(meeting: Meeting) -> timedelta:
    return meeting.ends_at - meeting.starts_at


def colleagues(rota: Rota, *, now: datetime) -> list[Rota]:
    """Plans of others for one of the same centres, by itself or among all of theirs, and the same
    days; under way or made within the last hours."""
    lately = or_(Rota.stage.in_((Stage.WAITING, Stage.RUNNING)), Rota.made_at > now - LATELY)
    places = _centres(rota)
    plan_there = select(Membership.person_id).where(
        Membership.centre_id.in_(places),
        Membership.role == Role.COORDINATOR,
        Membership.stage.in_(MEMBERS),
    )
    found = select(Rota).where(
        or_(
            Rota.centre_id.in_(places),
            and_(Rota.centre_id.is_(None), Rota.by_id.in_(plan_there)),
        ),
        Rota.by_id != rota.by_id,
        Rota.first_day <= rota.last_day,
        Rota.last_day >= rota.first_day,
        lately,
    )
    rows = db.session.scalars(found.options(joinedload(Rota.by)).order_by(Rota.made_at))
    return list({one.by_id: one for one in rows}.values())


@dataclass(frozen=True)
class Vacancy:
    """Places of one need (its public name) that stay empty, of a session that begins at
    *starts_at*, told by the clocks of *zone*."""

    need: str
    starts_at: datetime
    zone: str
    places: int


@dataclass(frozen=True)
class Lacking:
    """What stays empty in one language (none: any): where, by time, and how long together."""

    role: Role
    language: str | None
    vacancies: tuple[Vacancy, ...]
    length: timedelta

    @property
    def places(self) -> int:
        return sum(one.places for one in self.vacancies)

    @property
    def first(self) -> tuple[Vacancy, ...]:
        return self.vacancies[:SHOWN]

    @property
    def more(self) -> int:
        return len(self.vacancies) - len(self.first)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How the places stand now: confirmed, asked (in a draft: *to_be_asked*), proposed by the plan,
    and empty even so."""

    confirmed: int
    asked: int
    to_be_asked: int
    proposed: int
    empty: int
    lacking: tuple[Lacking, ...]
    """Whom to look for: what stays empty by role and language, the longest together first."""


def tally_of(rota: Rota, *, now: datetime) -> Tally:
    """How all places of the rota's days stand, as far as its coordinator may know of them. Whoever
    is asked, and could not come by the rules the plan was made by, fills none; nor does whom its
    coordinator would not have; the place of whoever the plan moves away is empty where nobody else
    comes."""
    stands, plan, forbidden = stands_of(rota, now), planned_of(rota), forbidden_in(rota)
    counts = Counter[str]()
    vacancies: dict[tuple[Role, str | None], list[Vacancy]] = defaultdict(list)
    lengths: dict[tuple[Role, str | None], timedelta] = defaultdict(timedelta)
    for row in db.session.execute(_places_of(rota, now)):
        ones, known = plan.get(row.id, ()), stands.get(row.id, {})
        inside = {who for who, _ in ones}
        held, asked = (
            sum(
                one.state is state and (state is State.CONFIRMED or one.takes or who in inside)
                for who, one in known.items()
            )
            for state in HELD
        )
        leaving = sum(one.may_go and who not in inside for who, one in known.items())
        off = not_wanted(ones, forbidden.get(row.id, ()))
        new = sum(
            is_a_place(leg) and who not in known and (who, leg) not in off for who, leg in ones
        )
        left = min(row.wanted, held + asked + new - leaving)
        empty = row.wanted - left
        for name, number in (
            ("confirmed", held),
            ("asked" if row.is_told else "to_be_asked", asked),
            ("proposed", new),
        ):
            taken = min(left, number)
            counts[name] += taken
            left -= taken
        if empty:
            counts["empty"] += empty
            sort = row.role, row.language
            vacancies[sort].append(Vacancy(row.ref, row.starts_at, row.zone, empty))
            lengths[sort] += (row.ends_at - row.starts_at) * empty
    lacking = [Lacking(*sort, tuple(ones), lengths[sort]) for sort, ones in vacancies.items()]
    return Tally(
        confirmed=counts["confirmed"],
        asked=counts["asked"],
        to_be_asked=counts["to_be_asked"],
        proposed=counts["proposed"],
        empty=counts["empty"],
        lacking=tuple(sorted(lacking, key=lambda one: (-one.length, one.role, one.language or ""))),
    )


def _places_of(rota: Rota, now: datetime) -> Select[*tuple[Any, ...]]:
    """What `tally_of` counts; *is_told*: whether the session is published."""
    return (
        needs_of_rota(rota, now=now)
        .join(Centre, Centre.id == Activity.centre_id)
        .with_only_columns(
            Need.id,
            Need.ref,
            Need.role,
            Need.language,
            Need.wanted,
            Meeting.starts_at,
            Meeting.ends_at,
            Centre.zone,
            Activity.published_at.is_not(None).label("is_told"),
        )
    )
