"""What can be missing: something of a short list, in a language, at a centre, at a part of the day,
and whether an activity that there is would do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from app.i18n import _l
from app.people.languages import COMMON, answering
from app.programme.kinds import AgeBand, Kind, Topic

CHILDREN = (AgeBand.PRESCHOOL, AgeBand.CHILDREN, AgeBand.TEENAGERS)
LEVELS = ("pre-A1", "A1", "A2", "B1", "B2")
"""The levels of a Romanian course as people ask for them, coarser than those that are planned."""


class Matter(StrEnum):
    """What somebody may say is missing, in the order in which it is asked."""

    ROMANIAN = "romanian"
    LIFE = "life"
    WORK = "work"
    MONEY = "money"
    CULTURE = "culture"
    CHILDREN = "children"
    WOMEN = "women"

    @property
    def label(self) -> Any:
        return _FACTS[self].label

    @property
    def icon(self) -> str:
        return _FACTS[self].icon

    @property
    def kind(self) -> Kind:
        """The kind of activity that would answer it."""
        return _FACTS[self].kind

    @property
    def topic(self) -> Topic | None:
        return _FACTS[self].topic

    @property
    def age(self) -> AgeBand | None:
        return AgeBand.CHILDREN if self is Matter.CHILDREN else None

    @property
    def has_level(self) -> bool:
        return self is Matter.ROMANIAN

    @property
    def is_protected(self) -> bool:
        """Whether only those entrusted may know that somebody asks for it."""
        return not self.kind.policy.privacy.is_listed


@dataclass(frozen=True)
class _Facts:
    kind: Kind
    label: Any
    icon: str
    topic: Topic | None = None


_FACTS = {
    Matter.ROMANIAN: _Facts(Kind.COURSE, _l("Romanian course"), "course"),
    Matter.LIFE: _Facts(
        Kind.ORIENTATION, _l("Living in Romania: papers, health, school, housing"), "home"
    ),
    Matter.WORK: _Facts(Kind.ORIENTATION, _l("Finding work"), "certificate", Topic.WORK),
    Matter.MONEY: _Facts(
        Kind.ORIENTATION, _l("Money, bank, taxes, contracts"), "list", Topic.MONEY
    ),
    Matter.CULTURE: _Facts(Kind.CULTURAL, _l("Music, food, celebrations"), "cultural"),
    Matter.CHILDREN: _Facts(
        Kind.CULTURAL, _l("For children: play, help with homework"), "families"
    ),
    Matter.WOMEN: _Facts(Kind.WOMENS_GROUP, _l("Women's group"), "womens_group"),
}


class PartOfDay(StrEnum):
    """When somebody could come."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    WEEKEND = "weekend"

    @property
    def label(self) -> Any:
        return _PART_LABELS[self]


_PART_LABELS = {
    PartOfDay.MORNING: _l("morning"),
    PartOfDay.AFTERNOON: _l("afternoon"),
    PartOfDay.EVENING: _l("evening"),
    PartOfDay.WEEKEND: _l("at the weekend"),
}


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """What is missing at a *centre* (id). *language* is one of those under which wishes add up (see
    `whole`); *level* is one of `LEVELS`, or empty where nobody knows or there is none."""

    centre: int
    matter: Matter
    level: str
    language: str
    part: PartOfDay

    @property
    def key(self) -> str:
        """What names it in an address, beside its centre."""
        return "~".join((self.matter, self.level, self.language, self.part))


def gap_of(key: str, centre: int) -> Gap | None:
    """The gap that *key* names; None where it names none."""
    parts = key.split("~")
    if len(parts) != 4:
        return None
    matter, level, language, part = parts
    if matter not in set(Matter) or part not in set(PartOfDay) or language not in WHOLE:
        return None
    known = Matter(matter)
    if level and not (known.has_level and level in LEVELS):
        return None
    return Gap(centre, known, level, language, PartOfDay(part))


@cache
def whole(language: str) -> str:
    """The language under which a wish for *language* adds up: the one that its dialects answer."""
    return next((one for one in COMMON if language in answering(one)), language)


WHOLE = tuple(tag for tag in COMMON if whole(tag) == tag)
"""The languages in which something may be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An activity that there is, as far as a gap asks: *languages* it is held in or mediated into,
    *parts* of the day of its coming sessions, whether somebody still finds a place."""

    kind: Kind
    topic: Topic | None = None
    age: AgeBand | None = None
    level: str | None = None
    languages: frozenset[str]
    parts: frozenset[PartOfDay]
    has_places: bool = True


def fits(gap: Gap, offered: Offered) -> bool:
    """Whether whoever asks for *gap* would find it in *offered*, a place or not."""
    return (
        _is_about(gap.matter, offered)
        and (not gap.level or gap.level in levels_in(offered.level))
        and bool(answering(gap.language) & offered.languages)
        and gap.part in offered.parts
    )


def _is_about(matter: Matter, offered: Offered) -> bool:
    for_children = offered.age in CHILDREN
    if matter is Matter.CHILDREN:
        return for_children and offered.kind is not Kind.CHILDCARE
    if for_children or offered.kind is not matter.kind:
        return False
    if matter is Matter.LIFE:
        return offered.topic not in (Topic.WORK, Topic.MONEY)
    return matter.topic is None or matter.topic is offered.topic


@cache
def levels_in(band: str | None) -> frozenset[str]:
    """Those of `LEVELS` that a planned level, or a band such as "A2.2–B1.1", is about; a group
    without a level is for all of them."""
    if not band:
        return frozenset(LEVELS)
    ends = [LEVELS.index(end.partition(".")[0]) for end in band.split("–")]
    return frozenset(LEVELS[ends[0] : ends[-1] + 1])
