"""The shape of what is typed or sent about participants at a meeting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional, Regexp

from app.attendance.marks import Mark, Tap, UnknownLetter, mark_of
from app.attendance.operations import Row
from app.i18n import _, _l
from app.people.forms import choices, language_choices, name_field
from app.people.models import Person
from app.web import PageForm

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
OLDEST = timedelta(days=7)
"""So long a telephone may keep what it could not send."""
MOST_TAPS = 500


@dataclass(frozen=True, slots=True)
class SentTap:
    """A tap as a telephone sends it: at which meeting, about whom."""

    meeting: str
    person: str
    tap: Tap


def read_taps(sent: Any, *, now: datetime) -> list[SentTap] | None:
    """``{"taps": [{"key", "meeting", "person", "mark", "at"}]}``; None where it is anything else.

    *at* is milliseconds since 1970 by the server's clock, as the telephone counted on from the page
    that it got; where it counted too far all go back together, so that their order stays. *mark* is
    "" where it was taken back.
    """
    rows = sent.get("taps") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or len(rows) > MOST_TAPS:
        return None
    if not all(isinstance(row, dict) and _is_number(row.get("at")) for row in rows):
        return None
    ahead = max([row["at"] - now.timestamp() * 1000 for row in rows], default=0)
    found = [_read_tap(row, max(ahead, 0), now) for row in rows]
    return None if None in found else [one for one in found if one is not None]


def _read_tap(row: dict[str, Any], ahead: float, now: datetime) -> SentTap | None:
    key, meeting, person = (_name(row.get(one)) for one in ("key", "meeting", "person"))
    said = row.get("mark")
    if key is None or meeting is None or person is None or said not in ("", *Mark):
        return None
    ago = now.timestamp() * 1000 - row["at"] + ahead
    at = now - timedelta(milliseconds=min(max(ago, 0), OLDEST / timedelta(milliseconds=1)))
    return SentTap(meeting, person, Tap(key, at, Mark(said) if said else None))


def _name(sent: Any) -> str | None:
    return sent if isinstance(sent, str) and KEY.fullmatch(sent) else None


def _is_number(sent: Any) -> bool:
    return isinstance(sent, int | float) and not isinstance(sent, bool) and isfinite(sent)


@dataclass(frozen=True, slots=True)
class Typed:
    """What the rows of a page say; and person (id) -> what was typed that nobody understands."""

    rows: list[Row]
    unknown: dict[int, str]


def read_rows(
    typed: Mapping[str, str], people: Iterable[Person], *, from_paper: bool = False
) -> Typed:
    """A row that was not sent, or says what it said when it was shown, says nothing; nor does an
    empty one *from_paper*."""
    found = Typed([], {})
    for person in people:
        said = typed.get(f"mark-{person.ref}")
        if said is None or (from_paper and not said.strip()):
            continue
        try:
            mark = mark_of(said)
        except UnknownLetter:
            found.unknown[person.id] = said
            continue
        if (mark.value if mark else "") != typed.get(f"was-{person.ref}", ""):
            found.rows.append(Row(person, mark, typed.get(f"seen-{person.ref}", "")))
    return found


class WalkInForm(PageForm):
    """Somebody who came without a place: a name, a language; or one of those who sound like it."""

    once = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{16,64}$")])
    name = name_field()
    language = SelectField(_l("Language"), [InputRequired(_l("Choose a language."))])
    who = RadioField(_l("Is it one of these people?"), [Optional()])

    def __init__(self, *args: Any, similar: Iterable[Person] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = language_choices()
        known = [(one.ref, one.name) for one in similar]
        self.who.choices = choices([*known, ("new", _("somebody new"))])
