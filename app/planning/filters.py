"""Which sessions of the programme are looked at: filters that live in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select

from app.people.languages import is_known
from app.people.models import Centre, Person
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import is_planned_by, speaks, titled
from app.staffing.models import Assignment, Need, State

STATES = ("open", "offered", "filled")
"""How a meeting may be covered, the worst first; the words of `coverage.worst`."""
MOST_WORDS = 80


@dataclass(frozen=True)
class Filters:
    """What a coordinator asked for; nothing means everything."""

    kind: Kind | None = None
    language: str | None = None
    state: str | None = None
    words: str | None = None

    @property
    def address(self) -> dict[str, str]:
        """As links carry them on: to another view, another week."""
        kind = self.kind.value if self.kind else None
        named = {"kind": kind, "language": self.language, "state": self.state, "words": self.words}
        return {name: value for name, value in named.items() if value}

    def narrow(self, found: Select[Meeting]) -> Select[Meeting]:
        """Those of *found* (meetings joined with their activities) that were asked for."""
        if self.kind is not None:
            found = found.where(Activity.kind == self.kind)
        if self.language is not None:
            found = found.where(speaks(self.language))
        if self.words is not None:
            found = found.where(titled(self.words))
        if self.state is not None:
            found = found.where(Meeting.status == Status.PLANNED, _is_covered(self.state))
        return found


def asked_filters(given: Mapping[str, str]) -> Filters:
    """The filters of an address; what makes no sense is left out."""
    kind, language, state = (given.get(name, "") for name in ("kind", "language", "state"))
    return Filters(
        kind=next((one for one in Kind if one.value == kind), None),
        language=language if is_known(language) else None,
        state=state if state in STATES else None,
        words=given.get("words", "").strip()[:MOST_WORDS] or None,
    )


def languages_planned(person: Person, centre: Centre) -> Select[str, str | None]:
    """(held in, mediated into) of what *person* plans in *centre*."""
    mine = select(Activity.language, Activity.support_language)
    return mine.where(is_planned_by(person), Activity.centre_id == centre.id).distinct()


def _is_covered(state: str) -> ColumnElement[bool]:
    """`coverage.worst` of a meeting's needs, as the database sees it."""
    confirmed = _people_in(State.CONFIRMED)
    is_open = confirmed + _people_in(State.OFFERED, State.REQUESTED) < Need.wanted
    if state == "open":
        return _has_need(is_open)
    if state == "offered":
        return _has_need(confirmed < Need.wanted) & ~_has_need(is_open)
    return _has_need() & ~_has_need(confirmed < Need.wanted)


def _has_need(*that: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Need.id).where(Need.meeting_id == Meeting.id, *that).exists()


def _people_in(*states: State) -> ColumnElement[int]:
    return (
        select(func.count())
        .where(Assignment.need_id == Need.id, Assignment.state.in_(states), ~Assignment.trainee)
        .correlate(Need)
        .scalar_subquery()
    )
