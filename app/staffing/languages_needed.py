"""Which languages need a mediator, so that everybody who comes understands. Pure.

Somebody understands a language, or one that its dialects answer, at B1 or better; and the one that
they speak best, however little: nothing better could be found for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.people.languages import COMMON, answering
from app.people.terms import Level
from app.staffing.eligibility import best_level

ENOUGH = Level.B1
Speaks = Mapping[str, Level]
"""The languages one person speaks (BCP 47) and how well."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A language without a mediator, and for how many people one would be needed."""

    language: str
    people: int


@dataclass(frozen=True, slots=True)
class LanguagesNeeded:
    """What is missing, the most needed first; and how many speak no language we know of besides the
    one it is held in, which they do not know well enough."""

    missing: tuple[Missing, ...] = ()
    unknown: int = 0


def languages_missing(
    people: Sequence[Speaks], *, held_in: str, mediated: Collection[str] = ()
) -> LanguagesNeeded:
    """The fewest languages, each somebody's best, that would reach everybody not yet reached.

    *mediated*: the languages for which there is a mediator, or a need for one. Greedy: always the
    language that reaches most, then the one that is more people's own, then the more common.
    """
    waiting, unknown = [], 0
    for speaks in people:
        if _is_reached(speaks, held_in, mediated):
            continue
        if _proposals(speaks, held_in):
            waiting.append(speaks)
        else:
            unknown += 1
    return LanguagesNeeded(tuple(_cover(waiting, held_in)), unknown)


def _is_reached(speaks: Speaks, held_in: str, mediated: Collection[str]) -> bool:
    return _speaks_enough(speaks, held_in) or any(
        _understands(speaks, language, held_in) for language in mediated
    )


def _speaks_enough(speaks: Speaks, language: str) -> bool:
    level = best_level(language, speaks)
    return level is not None and level.rank >= ENOUGH.rank


def _understands(speaks: Speaks, language: str, held_in: str) -> bool:
    return _speaks_enough(speaks, language) or bool(answering(language) & _best(speaks, held_in))


def _best(speaks: Speaks, held_in: str) -> frozenset[str]:
    """What they speak best, the language of the activity aside: that one needs no mediator."""
    others = {tag: level for tag, level in speaks.items() if tag not in answering(held_in)}
    top = max((level.rank for level in others.values()), default=0)
    return frozenset(tag for tag, level in others.items() if level.rank == top)


def _proposals(speaks: Speaks, held_in: str) -> frozenset[str]:
    """The languages that might be asked for: those spoken best, and those that these answer."""
    best = _best(speaks, held_in)
    whole = {tag for tag in COMMON if answering(tag) & best and tag != held_in}
    return best | whole


def _cover(waiting: Sequence[Speaks], held_in: str) -> Iterable[Missing]:
    while waiting:
        proposals = frozenset[str]().union(*(_proposals(one, held_in) for one in waiting))
        language = min(proposals, key=lambda tag: _order(tag, waiting, held_in))
        left = [one for one in waiting if not _understands(one, language, held_in)]
        yield Missing(language, len(waiting) - len(left))
        waiting = left


def _order(language: str, waiting: Sequence[Speaks], held_in: str) -> tuple[object, ...]:
    reached = sum(_understands(one, language, held_in) for one in waiting)
    own = sum(language in _best(one, held_in) for one in waiting)
    common = COMMON.index(language) if language in COMMON else len(COMMON)
    return (-reached, -own, common, language)
