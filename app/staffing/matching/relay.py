"""Two people where no one bridges: Tigrinya to Arabic, and Arabic to Romanian.

A half is a need of its own, and passes the one check of `eligibility` like any other.
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


def halves(want: Want, bridge: str) -> tuple[Want, Want]:
    """What each of two people must do: the first speaks the language asked for and the *bridge*,
    the second interprets (or, if that is not asked for, speaks) between the bridge and Romanian."""
    first = replace(want, interpreting=False, via=bridge)
    if want.interpreting:
        return first, replace(want, language=bridge)
    return first, replace(want, language=bridge, via=HOUSE_LANGUAGE)


def may_bridge(want: Want, bridge: str) -> bool:
    """Whether *want* may be halved there: it asks for a language, is no half itself, and *bridge*
    is neither that language nor Romanian."""
    if want.language is None or want.via is not None:
        return False
    return bridge not in answering(want.language) | {HOUSE_LANGUAGE}


def relays(
    wants: Sequence[Want],
    centres: Sequence[int],
    known: Sequence[Known],
    *,
    allowed: Iterable[int],
    bridges: Sequence[str],
) -> tuple[tuple[Relay, ...], tuple[Leg, ...]]:
    """Every relay through one of *bridges* for the *allowed* needs that has people for both
    halves."""
    found: list[Relay] = []
    legs: list[Leg] = []
    for need in sorted(allowed):
        for via in bridges:
            if not may_bridge(wants[need], via):
                continue
            first, second = (_who(half, centres[need], known) for half in halves(wants[need], via))
            if not first or not second or len({*first, *second}) < 2:
                continue
            number = len(found)
            found.append(Relay(need, via))
            legs.extend(Leg(need, one, 2 * number) for one in first)
            legs.extend(Leg(need, one, 2 * number + 1) for one in second)
    return tuple(found), tuple(legs)


def _who(half: Want, centre: int, known: Sequence[Known]) -> list[int]:
    """Which rows of *known* may do that half."""
    here = [row for row, one in enumerate(known) if one.centre == centre]
    _, rows = eligible_pairs([half], [centre], [known[row] for row in here])
    return sorted(here[int(row)] for row in rows)
