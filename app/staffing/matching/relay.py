"""Two people where no one bridges: Tigrinya to Arabic, and Arabic to Romanian.

Both halves pass the one check of `eligibility`, asked in the languages of their half.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.people.languages import answering
from app.staffing.eligibility import Want
from app.staffing.matching.instance import Relay
from app.staffing.matching.pairing import Known, eligible_pairs

HOUSE_LANGUAGE = "ro"


@dataclass(frozen=True, slots=True)
class Leg:
    """A row of what is known of people, for one half of a relay."""

    need: int
    known: int
    leg: int


def relays(
    wants: Sequence[Want],
    centres: Sequence[int],
    known: Sequence[Known],
    *,
    allowed: Iterable[int],
    bridges: Sequence[str],
) -> tuple[tuple[Relay, ...], tuple[Leg, ...]]:
    """Every relay through one of *bridges* for the *allowed* needs that has people for both
    halves: the first speaks the language asked for and the bridge, the second interprets (or, if
    the need is not for interpreting, speaks) between the bridge and Romanian.
    """
    asked = _Asked(wants, centres, known)
    found: list[Relay] = []
    legs: list[Leg] = []
    for need in sorted(allowed):
        language = wants[need].language
        if language is None:
            continue
        for via in bridges:
            if {via} & (answering(language) | {HOUSE_LANGUAGE}):
                continue
            first, second = asked.halves(need, language, via)
            if not first or not second or len({*first, *second}) < 2:
                continue
            number = len(found)
            found.append(Relay(need, via))
            legs.extend(Leg(need, one, 2 * number) for one in first)
            legs.extend(Leg(need, one, 2 * number + 1) for one in second)
    return tuple(found), tuple(legs)


@dataclass(frozen=True)
class _Asked:
    wants: Sequence[Want]
    centres: Sequence[int]
    known: Sequence[Known]

    def halves(self, need: int, language: str, via: str) -> tuple[list[int], list[int]]:
        """Who could be the first and the second half."""
        first = self._who(need, language, False) & self._who(need, via, False)
        if self.wants[need].interpreting:
            second = self._who(need, via, True)
        else:
            second = self._who(need, via, False) & self._who(need, HOUSE_LANGUAGE, False)
        return sorted(first), sorted(second)

    def _who(self, need: int, language: str, interpreting: bool) -> set[int]:
        want = replace(self.wants[need], language=language, interpreting=interpreting)
        here = [row for row, one in enumerate(self.known) if one.centre == self.centres[need]]
        near = [self.known[row] for row in here]
        _, rows = eligible_pairs([want], [self.centres[need]], near)
        return {here[int(row)] for row in rows}
