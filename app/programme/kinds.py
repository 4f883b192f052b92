"""What kinds of activity there are and what each brings with it: a new kind is added here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.i18n import _l


class Privacy(StrEnum):
    """Who may know that an activity exists (``docs/privacy.md``)."""

    PUBLIC = "public"
    MEMBERS = "members"
    PROTECTED = "protected"
    INDIVIDUAL = "individual"

    @property
    def is_listed(self) -> bool:
        """Whether strangers may see that it takes place."""
        return self in LISTED

    @property
    def label(self) -> Any:
        return _PRIVACY_LABELS[self]


LISTED = (Privacy.PUBLIC, Privacy.MEMBERS)

_PRIVACY_LABELS = {
    Privacy.PUBLIC: _l("Public: anyone sees when and where"),
    Privacy.MEMBERS: _l("Members: anyone sees when, only those who come see the room"),
    Privacy.PROTECTED: _l("Protected: only those who are part of it know that it exists"),
    Privacy.INDIVIDUAL: _l("Individual: only the people it concerns"),
}


class Kind(StrEnum):
    """The kinds of activity; `POLICIES` says what each means."""

    COURSE = "course"
    ORIENTATION = "orientation"
    WOMENS_GROUP = "womens_group"
    CULTURAL = "cultural"

    @property
    def policy(self) -> Policy:
        return POLICIES[self]

    @property
    def label(self) -> Any:
        return self.policy.label

    @property
    def letter(self) -> Any:
        return self.policy.letter


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The defaults of one kind: its words, its privacy, its colour in calendars (RFC 7986 §5.9)."""

    label: Any
    letter: Any
    privacy: Privacy
    color: str
    women_only: bool = False
    approval: bool = False


POLICIES = {
    Kind.COURSE: Policy(
        label=_l("Romanian course"), letter=_l("C"), privacy=Privacy.MEMBERS, color="steelblue"
    ),
    Kind.ORIENTATION: Policy(
        label=_l("Cultural orientation"),
        letter=_l("O"),
        privacy=Privacy.MEMBERS,
        color="darkorange",
    ),
    Kind.WOMENS_GROUP: Policy(
        label=_l("Women's group"),
        letter=_l("W"),
        privacy=Privacy.PROTECTED,
        color="mediumorchid",
        women_only=True,
        approval=True,
    ),
    Kind.CULTURAL: Policy(
        label=_l("Cultural activity"), letter=_l("A"), privacy=Privacy.PUBLIC, color="seagreen"
    ),
}
