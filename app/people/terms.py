"""The closed lists that describe people: roles, genders, levels of a language."""

from __future__ import annotations

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
