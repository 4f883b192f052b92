"""The reasons of a plan as a coordinator reads them: whom, why, who was next, where else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_decimal, format_percent
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.i18n import _
from app.people.languages import name_of
from app.people.locale import page_language
from app.people.models import Person
from app.rota.board import Line, Proposed, lines_of, people_by_id
from app.rota.frame import Frame, unpacked_plan
from app.rota.inputs import needs_of_rota
from app.rota.models import Rota
from app.rota.reading import Read, knows, read_plan
from app.rota.reasons import Choice, Weighed, choice_for, exchanges
from app.rota.taken import HELD
from app.staffing.eligibility import Reason, best_level
from app.staffing.matching.instance import DIRECT, Plan, Proposal, Way
from app.staffing.matching.relay import halves
from app.staffing.matching.roster import Roster
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import (
    interpreted_by,
    needs_planned_by,
    no_longer_fit,
    spoken_by,
    want_of,
    why_not,
)

SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Somebody else for the place, and what speaks against them beside the first."""

    person: Person
    less: int
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Partner:
    """Somebody with whom the place could be exchanged for another."""

    person: Person
    need: Need
    less: int


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One proposal: why this person, their rank among how many, who was next, who could exchange.
    *busy*: how many more could but are planned elsewhere then."""

    proposed: Proposed | None
    sentences: tuple[str, ...]
    rank: int | None
    of: int
    others: tuple[Alternative, ...]
    busy: int
    partners: tuple[Partner, ...]


def explained(rota: Rota, need: Need, line: Line, read: Read | None) -> list[Explained]:
    """Each proposal of *need*; for an empty place, who could still be put there. No reasons where
    the plan cannot say: the place came later, or its session was moved since."""
    if read is None or not knows(read[0], need):
        return [_unexplained(one) for one in line.proposed]
    frame, plan = read
    number = frame.need_at[need.id]
    found: list[Explained] = []
    for one in line.proposed:
        proposal = Proposal(number, frame.helper_at.get(one.person.id, -1), one.leg)
        if proposal in plan.proposals:
            found.append(_explained(rota, frame, plan, need, one, proposal))
        else:
            found.append(_unexplained(one))
    if line.empty and not line.unwanted:
        choice = choice_for(frame, plan, number)
        found.append(
            Explained(
                proposed=None,
                sentences=(),
                rank=None,
                of=len(choice.ranked),
                others=_others(frame, choice, None),
                busy=len(choice.busy),
                partners=(),
            )
        )
    return found


def _unexplained(one: Proposed) -> Explained:
    return Explained(proposed=one, sentences=(), rank=None, of=0, others=(), busy=0, partners=())


def _explained(
    rota: Rota, frame: Frame, plan: Plan, need: Need, one: Proposed, proposal: Proposal
) -> Explained:
    choice = choice_for(frame, plan, proposal.need, proposal)
    mine = next((each for each in choice.ranked if each.proposal == proposal), None)
    return Explained(
        proposed=one,
        sentences=(*_levels(frame, need, one), *(reasons_for(mine) if mine else ())),
        rank=choice.rank(proposal),
        of=len(choice.ranked),
        others=_others(frame, choice, mine),
        busy=len(choice.busy),
        partners=_partners(rota, frame, plan, proposal) if one.leg == DIRECT else (),
    )


def doubts_about(need: Need, line: Line) -> dict[int, tuple[Reason, ...]]:
    """Person id -> what by now stands against whoever is confirmed or asked there."""
    doubts = no_longer_fit([need])
    found = {one.person_id: doubts[one.id] for one in need.assignments if one.id in doubts}
    for one in (*line.proposed, *line.others):
        if one.state is State.OFFERED:
            found[one.person.id] = why_not(need, one.person)
    return found


def reasons_for(one: Weighed) -> Iterable[str]:
    """What speaks for somebody at a place."""
    if one.series > 1:
        yield _(
            "at %(number)s of the %(all)s sessions of this series",
            number=one.of_series,
            all=one.series,
        )
    if one.knows_it:
        yield _("helped in this series before")
    yield _("%(hours)s in this plan in that week", hours=in_hours(timedelta(minutes=one.week)))
    yield str(_WAYS[one.way]())
    if not one.preferred:
        yield _("said: if need be")


def _levels(frame: Frame, need: Need, one: Proposed) -> Iterable[str]:
    """How well somebody knows what is asked for: of a half of a relay, both its languages."""
    want = want_of(need)
    if one.leg != DIRECT:
        via = frame.instance.relays[one.leg // 2].via
        want = halves(want, via)[one.leg % 2]
    yield from _level(want.language, one.person, interpreting=want.interpreting)
    yield from _level(want.via, one.person, interpreting=False)


def _level(tag: str | None, person: Person, *, interpreting: bool) -> Iterable[str]:
    """How well somebody knows a language."""
    if tag is None:
        return
    language = name_of(tag, page_language())
    level = best_level(tag, (interpreted_by if interpreting else spoken_by)(person))
    if level is None:
        return
    if interpreting:
        yield _("interprets %(language)s: %(level)s", language=language, level=level.label)
    else:
        yield _("speaks %(language)s: %(level)s", language=language, level=level.label)


def in_hours(length: timedelta) -> str:
    """A length of time in hours, as short as it can be."""
    hours = round(length.total_seconds() / 3600, 1)
    return _("%(hours)s h", hours=format_decimal(hours, "0.#"))


_WAYS = {
    Way.OWN_HOUSE: lambda: _("at home in this centre"),
    Way.ONLINE: lambda: _("online"),
    Way.OTHER_HOUSE: lambda: _("comes from another centre"),
    Way.OTHER_CITY: lambda: _("comes from another city"),
}


def _others(frame: Frame, choice: Choice, mine: Weighed | None) -> tuple[Alternative, ...]:
    rest = [one for one in choice.ranked if mine is None or one.proposal != mine.proposal][:SHOWN]
    people = people_by_id(frame.person_ids[one.proposal.helper] for one in rest)
    return tuple(
        Alternative(
            person=people[frame.person_ids[one.proposal.helper]],
            less=mine.gain - one.gain if mine else 0,
            sentences=tuple(_against(one, mine) if mine else reasons_for(one)),
        )
        for one in rest
        if frame.person_ids[one.proposal.helper] in people
    )


def _against(one: Weighed, mine: Weighed) -> Iterable[str]:
    """How somebody differs from whom the plan chose."""
    new, known = (one.of_series == 1 and not one.knows_it), (mine.of_series > 1 or mine.knows_it)
    if one.series > 1 and new and known:
        yield _("would be new in this series")
    if one.above < mine.above:
        yield _("knows the language less well")
    if one.above > mine.above:
        yield _("knows the language better")
    if one.share is not None and mine.share is not None and one.share != mine.share:
        share = format_percent(one.share, "#,##0%")
        if one.share > mine.share:
            yield _("would give more of their hours in this plan: %(share)s", share=share)
        else:
            yield _("would give less of their hours in this plan: %(share)s", share=share)
    if one.way > mine.way:
        yield str(_WAYS[one.way]())
    if mine.preferred and not one.preferred:
        yield _("said: if need be")


def _partners(rota: Rota, frame: Frame, plan: Plan, proposal: Proposal) -> tuple[Partner, ...]:
    found = exchanges(frame, plan, proposal)[:SHOWN]
    people = people_by_id(frame.person_ids[one.other.helper] for one in found)
    ids = [frame.need_ids[one.other.need] for one in found]
    mine = needs_planned_by(rota.by).where(Need.id.in_(ids))
    needs = {one.id: one for one in db.session.scalars(mine)}
    return tuple(
        Partner(
            person=people[frame.person_ids[one.other.helper]],
            need=needs[frame.need_ids[one.other.need]],
            less=-one.gain,
        )
        for one in found
        if frame.person_ids[one.other.helper] in people and frame.need_ids[one.other.need] in needs
    )


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A place that somebody could have instead; *instead_of*: who has it now, by the plan or for
    good. *is_held*: it cannot be given to anybody else, they are confirmed or asked."""

    need: Need
    fits: bool
    is_held: bool
    instead_of: tuple[Person, ...]


def where_else(
    rota: Rota, person: Person, *, now: datetime
) -> tuple[list[Proposed], list[Elsewhere]]:
    """What the plan gives *person*, and which other places of the plan they may have."""
    read = read_plan(rota)
    if read is None or person.id not in read[0].helper_at:
        return [], []
    frame, plan = read
    helper = frame.helper_at[person.id]
    pairs = frame.instance.allowed
    could = pairs.need[(pairs.helper == helper) & (pairs.leg == DIRECT)].tolist()
    has = [need_id for need_id, who, _ in unpacked_plan(rota.plan) if who == person.id]
    needs = _needs(rota, [*has, *(frame.need_ids[one] for one in could)], now)
    roster = Roster(frame.instance, plan)
    mine, others = [], []
    for line in lines_of(rota, needs, now=now):
        own = [one for one in line.proposed if one.person.id == person.id]
        if own:
            mine.extend(own)
        else:
            place = Proposal(frame.need_at[line.need.id], helper)
            free = line.empty > 0 and roster.fits(place)
            others.append(
                Elsewhere(
                    need=line.need,
                    fits=free,
                    is_held=_held(rota, line) >= line.need.wanted,
                    instead_of=tuple(
                        one.person for one in (*line.proposed, *line.others) if not one.is_off
                    ),
                )
            )
    return mine, sorted(others, key=lambda one: (not one.fits, one.need.meeting.starts_at))


def _held(rota: Rota, line: Line) -> int:
    """How many places are held by people whom the plan does not move."""
    stays = (State.OFFERED,) if rota.may_move else HELD
    return sum(one.state in stays for one in (*line.proposed, *line.others))


def _needs(rota: Rota, ids: Sequence[int], now: datetime) -> Sequence[Need]:
    found = needs_of_rota(rota, now=now).where(Need.id.in_(ids))
    with_people = selectinload(Need.assignments).selectinload(Assignment.person)
    return db.session.scalars(found.options(with_people)).all()
