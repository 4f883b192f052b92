"""What a certificate says: pure, canonical, and with a total that is the sum of its lines."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

NEUTRAL = "Activități individuale și de grup"
"""Protected and individual sessions together: no title, no day, not even which of the two."""
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter or figure of a code is taken for another: neither 0 nor O, neither 1, I, L nor U."""
CODE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Attended:
    """One session: its local day and hours, and its whole minutes. *title* and *kind* in Romanian
    (RFC 5646 ``ro``); without a title it is protected or individual."""

    day: date
    starts: str
    ends: str
    minutes: int
    title: str | None
    kind: str | None


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands on the paper beside the hours."""

    number: str
    code: str
    issued_on: date
    host: str
    address: str
    volunteer: str
    contracts: Sequence[tuple[str, date]]
    roles: Sequence[str]
    first_day: date
    last_day: date
    responsibilities: Sequence[str]
    competences: Sequence[str]
    coordinator: str
    representative: str


def content_of(heading: Heading, sessions: Iterable[Attended]) -> dict[str, Any]:
    """Everything that the paper says. Its total is the sum of its lines, and of its report."""
    told = sorted(sessions, key=lambda one: (one.day, one.starts, one.title or ""))
    lines = _lines(told)
    return {
        "version": 1,
        "number": heading.number,
        "code": heading.code,
        "issued_on": heading.issued_on.isoformat(),
        "host": {"name": heading.host, "address": heading.address},
        "volunteer": heading.volunteer,
        "contracts": [
            {"number": number, "signed_on": signed_on.isoformat()}
            for number, signed_on in heading.contracts
        ],
        "roles": list(heading.roles),
        "period": {
            "first_day": heading.first_day.isoformat(),
            "last_day": heading.last_day.isoformat(),
        },
        "activities": lines,
        "report": _report(told),
        "total_minutes": sum(line["minutes"] for line in lines),
        "responsibilities": list(heading.responsibilities),
        "competences": list(heading.competences),
        "signed_by": {
            "coordinator": heading.coordinator,
            "representative": heading.representative,
        },
    }


def _lines(sessions: Sequence[Attended]) -> list[dict[str, Any]]:
    """One line an activity, by title; what has no title is one line, the last."""
    named: dict[tuple[str, str], list[int]] = {}
    unnamed = []
    for one in sessions:
        if one.title is None:
            unnamed.append(one.minutes)
        else:
            named.setdefault((one.title, one.kind or ""), []).append(one.minutes)
    lines = [
        {"title": title, "kind": kind, "sessions": len(minutes), "minutes": sum(minutes)}
        for (title, kind), minutes in sorted(named.items())
    ]
    if unnamed:
        lines.append({"title": NEUTRAL, "kind": "", "sessions": None, "minutes": sum(unnamed)})
    return lines


def _report(sessions: Sequence[Attended]) -> list[dict[str, Any]]:
    """The annexed report: each session with its day and hours, the unnamed ones as one sum."""
    rows: list[dict[str, Any]] = [
        {
            "day": one.day.isoformat(),
            "starts": one.starts,
            "ends": one.ends,
            "title": one.title,
            "minutes": one.minutes,
        }
        for one in sessions
        if one.title is not None
    ]
    rest = sum(one.minutes for one in sessions if one.title is None)
    if rest:
        rows.append({"day": None, "starts": None, "ends": None, "title": NEUTRAL, "minutes": rest})
    return rows


def canonical(facts: Mapping[str, Any]) -> str:
    """The one way to write *facts* as JSON: sorted keys, no spaces, letters as they are (in the
    spirit of RFC 8785; there are no fractions in it)."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(content: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def new_code() -> str:
    """78 bits that cannot be guessed, in letters that cannot be misread."""
    return "".join(secrets.choice(LETTERS) for _n in range(CODE_LENGTH))


def tidy_code(typed: str) -> str:
    """A code as somebody typed it, without spaces and dashes, in capitals."""
    return "".join(letter for letter in typed.upper() if letter in LETTERS)


def spaced(code: str) -> str:
    """A code in groups of four, as it is printed."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def initials(name: str) -> str:
    """All that strangers read of a name: "Ana-Maria Pop" is "A. P."."""
    return " ".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())


def hours_minutes(minutes: int) -> str:
    """A sum as the paper writes it: 12 h 05 min."""
    return f"{minutes // 60} h {minutes % 60:02d} min"
