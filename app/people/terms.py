"""The closed lists that describe people: roles, genders, levels of a language."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from app.i18n import _l


class Role(StrEnum):
    """What somebody is in one centre; a person may be several things in several centres."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    TEACHER = "teacher"
    VOLUNTEER = "volunteer"
    MEDIATOR = "mediator"
    PARTICIPANT = "participant"

    @property
    def label(self) -> Any:
        return _ROLE_LABELS[self]


HELPERS = (Role.TEACHER, Role.VOLUNTEER, Role.MEDIATOR)
"""The roles that a meeting can need."""

STAFF = (Role.ADMINISTRATOR, Role.COORDINATOR)

_ROLE_LABELS = {
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.TEACHER: _l("Teacher"),
    Role.VOLUNTEER: _l("Volunteer"),
    Role.MEDIATOR: _l("Intercultural mediator"),
    Role.PARTICIPANT: _l("Participant"),
}


class Stage(StrEnum):
    """How far somebody who wants to help has come with one role in one centre."""

    APPLIED = "applied"
    INTERVIEW = "interview"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"

    @property
    def counts(self) -> bool:
        """Whether the role is theirs; while it is paused they are not asked for anything."""
        return self in HELD

    @property
    def label(self) -> Any:
        return _STAGE_LABELS[self]


HELD = (Stage.ACTIVE, Stage.PAUSED)
APPLYING = (Stage.APPLIED, Stage.INTERVIEW)

_STAGE_LABELS = {
    Stage.APPLIED: _l("applied"),
    Stage.INTERVIEW: _l("invited to a talk"),
    Stage.ACTIVE: _l("active"),
    Stage.PAUSED: _l("pausing"),
    Stage.LEFT: _l("left"),
}


class Gender(StrEnum):
    """Asked only because women's groups are led by women; never required."""

    WOMAN = "woman"
    MAN = "man"
    OTHER = "other"

    @property
    def label(self) -> Any:
        return {"woman": _l("Woman"), "man": _l("Man"), "other": _l("Other")}[self.value]


class Level(StrEnum):
    """How well a language is spoken or read: the six levels of the CEFR, then native."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    NATIVE = "native"

    @property
    def rank(self) -> int:
        """1 (A1) to 7 (native)."""
        return list(Level).index(self) + 1

    @property
    def label(self) -> Any:
        return _l("native") if self is Level.NATIVE else self.value

    @property
    def meaning(self) -> Any:
        """What somebody at this level can do, in plain words (after the CEFR's own scale)."""
        return _MEANINGS[self]


_MEANINGS = {
    Level.A1: _l("a few words and phrases"),
    Level.A2: _l("simple everyday talk"),
    Level.B1: _l("gets along in most situations"),
    Level.B2: _l("talks freely about most things"),
    Level.C1: _l("nearly everything, also with a doctor or an office"),
    Level.C2: _l("everything, with ease"),
    Level.NATIVE: _l("grew up with it"),
}


class Interest(StrEnum):
    """What somebody who helps likes to do. The codes are kept with spaces between."""

    TALKING = "talking"
    LESSONS = "lessons"
    CHILDREN = "children"
    GOING_ALONG = "going_along"
    CULTURE = "culture"
    CRAFTS = "crafts"
    SPORT = "sport"
    COMPUTERS = "computers"
    PAPERS = "papers"

    @property
    def label(self) -> Any:
        return _INTERESTS[self][0]

    @property
    def icon(self) -> str:
        return _INTERESTS[self][1]


_INTERESTS = {
    Interest.TALKING: (_l("Talking with people"), "message"),
    Interest.LESSONS: (_l("Helping with lessons"), "course"),
    Interest.CHILDREN: (_l("Being with children"), "childcare"),
    Interest.GOING_ALONG: (_l("Going along to an office or a doctor"), "place"),
    Interest.CULTURE: (_l("Music, food, celebrations"), "cultural"),
    Interest.CRAFTS: (_l("Making things by hand"), "pencil"),
    Interest.SPORT: (_l("Sport and walks"), "people"),
    Interest.COMPUTERS: (_l("Telephones and computers"), "online"),
    Interest.PAPERS: (_l("Forms and letters"), "list"),
}


YOUNGEST, WITHOUT_CONSENT, ADULT = 15, 16, 18
"""Law 78/2014: one helps from 16 years on, or from 15 with the parents' consent."""


def age_on(day: date, born_on: date) -> int:
    """Whole years on *day*."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
