"""What becomes of each row about somebody who turns out to be somebody else: one line a table.

The register of `own_data` names the tables; a test asks for a line for each. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Becomes(Enum):
    """What a merge does with the rows of the one who goes."""

    MOVES = "moves"  # it is the other's from now on
    JOINS = "joins"  # the same, but where the other has one like it that one stays
    ENDS = "ends"  # it opened a door, or says again what the other's rows say
    DECIDED = "decided"  # two rows become one by a rule of their own (`reconciling`)
    REFUSES = "refuses"  # only those who help have any: they stay, or nobody is merged


@dataclass(frozen=True, slots=True)
class Policy:
    """For rows of *table* whose *whose* column names the person. *alike*: by which columns two of
    them are one; *until*: only as long as that column is empty."""

    table: str
    becomes: Becomes
    whose: str = "person_id"
    alike: tuple[str, ...] = ()
    until: str | None = None


_MOVES, _JOINS, _ENDS = Becomes.MOVES, Becomes.JOINS, Becomes.ENDS
_DECIDED, _REFUSES = Becomes.DECIDED, Becomes.REFUSES

POLICIES = (
    Policy("person", _DECIDED, "id"),
    Policy("membership", _JOINS, alike=("centre_id", "role")),
    Policy("name_reading", _ENDS),
    Policy("name_key", _ENDS),
    Policy("not_same", _DECIDED),
    Policy("not_same", _DECIDED, "other_id"),
    Policy("merge", _MOVES),
    Policy("stage_change", _REFUSES),
    Policy("spoken_language", _DECIDED),
    Policy("weekly_window", _MOVES),
    Policy("dated_window", _MOVES),
    Policy("enrolment", _DECIDED),
    Policy("booking", _DECIDED),
    Policy("waiting_member", _DECIDED),
    Policy("attendance", _DECIDED),
    Policy("placement", _MOVES),
    Policy("level_override", _MOVES),
    Policy("assignment", _REFUSES),
    Policy("in_line", _REFUSES),
    Policy("confidant", _REFUSES),
    Policy("apart", _DECIDED),
    Policy("apart", _DECIDED, "other_id"),
    Policy("guardianship", _DECIDED, "child_id"),
    Policy("guardianship", _DECIDED, "guardian_id"),
    Policy("rota_wish", _REFUSES),
    Policy("rota_deed", _REFUSES),
    Policy("rota", _REFUSES, "by_id"),
    Policy("contract", _REFUSES),
    Policy("integrity_check", _REFUSES),
    Policy("presence", _REFUSES),
    Policy("certificate", _MOVES),
    Policy("certificate_request", _JOINS, alike=("centre_id",), until="answered_at"),
    Policy("notice", _DECIDED),
    Policy("pace", _JOINS, alike=()),
    Policy("stopped_address", _JOINS, alike=("address",), until="ended_at"),
    Policy("knock", _MOVES),
    Policy("consent", _DECIDED),
    Policy("consent_talk", _ENDS),
    Policy("consent_talk", _REFUSES, "mediator_id"),
    Policy("consent_talk", _REFUSES, "asked_by_id"),
    Policy("unwanted", _JOINS, alike=("topic",)),
    Policy("reminder_wish", _JOINS, alike=("about",)),
    Policy("silence", _JOINS, alike=()),
    Policy(
        "voice",
        _JOINS,
        alike=("centre_id", "matter", "level", "language", "part", "for_others"),
        until="answered_at",
    ),
    Policy("invite_wish", _JOINS, alike=()),
    Policy("invite", _JOINS, alike=("ref", "sequence")),
    Policy("card", _DECIDED),
    Policy("first_way", _JOINS, alike=()),
    Policy("push_subscription", _ENDS),
    Policy("sign_in", _ENDS),
    Policy("sign_out", _MOVES),
    Policy("unsent", _ENDS),
    Policy("password_link", _ENDS),
    Policy("feed_link", _DECIDED),
)
