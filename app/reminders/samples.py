"""What each letter looks like: made-up facts, no real person, session or centre in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from app.i18n import INSTEAD, _, in_language
from app.notices.letter import Letter
from app.notices.models import Kind, Notice
from app.people.models import Person
from app.reminders.letters import language_of, written
from app.reminders.together import bind
from app.web import link

STARTS = datetime(2027, 3, 1, 9, tzinfo=UTC)
"""Monday, 11:00 in București."""
ZONE = "Europe/Bucharest"
ADDRESS = "Str. Exemplului 1"


@dataclass(frozen=True)
class SampleSession:
    """What a letter asks of a session, and of what it may say of it."""

    is_secret: bool
    title: str
    place: str
    starts_at: datetime

    @property
    def meeting(self) -> SampleSession:
        return self

    @property
    def activity(self) -> SimpleNamespace:
        return SimpleNamespace(centre=SimpleNamespace(name=_("Centre"), address=ADDRESS))

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(hours=2)

    @property
    def zone(self) -> str:
        return ZONE


def sample(kind: Kind, language: str, *, protected: bool, now: datetime) -> Letter:
    """The letter of that *kind* as its reader would get it who reads *language*."""
    language = language_of(kind, language)
    reader = Person(name="Layla", email="layla@example.org", language=language, ref="sample")
    notice = Notice(kind=kind, person=reader, ref="sample", about={})
    with in_language(language):
        facts = _facts(kind, language, protected)
        return replace(written(notice, language, facts, now), unsubscribe=None)


def sample_together(language: str, *, protected: bool, now: datetime) -> Letter:
    """Several messages that leave as one letter."""
    kinds = (Kind.MOVED, Kind.OFFER, Kind.REMINDER)
    if any(language_of(kind, language) != language for kind in kinds):
        language = INSTEAD
    return bind([sample(kind, language, protected=protected, now=now) for kind in kinds])


def _session(protected: bool, days: int = 0) -> SampleSession:
    starts_at = STARTS + timedelta(days=days)
    return SampleSession(protected, _("Romanian course"), f"Sala 1, {ADDRESS}", starts_at)


def _facts(kind: Kind, language: str, protected: bool) -> dict[str, Any]:
    about = _session(protected)
    return {
        "address": ADDRESS if kind is not Kind.CODE else "layla@example.org",
        "about": about,
        "other": _session(protected, days=1),
        "was": STARTS - timedelta(days=1),
        "link": link(language, "programme.index"),
        "secret": protected,
        "asked": 1,
        "more": 0,
        "lines": _lines(kind, protected),
        "said_yes": True,
        "to_helper": True,
        "code": "123456",
        "role": "volunteer",
        "centre": _("Centre"),
        "stage": "active",
        "paper": "contract",
        "until": STARTS - timedelta(days=1) if kind is Kind.PLACE_OFFERED else date(2027, 3, 31),
        "invited": True,
        "monday": STARTS.date(),
        "takes_out": False,
        "goes_on": True,
        "is_news": True,
        "today": 1,
        "tomorrow": 2,
        "given_up": 1,
        "leaving": 1,
        "calls": 3,
    }


def _lines(kind: Kind, protected: bool) -> list[Any]:
    sessions = [_session(protected, days) for days in (0, 7)]
    if kind is Kind.WEEKLY_PLAN:
        return sessions
    return [(_line(session, number), session) for number, session in enumerate(sessions)]


def _line(session: SampleSession, number: int) -> SimpleNamespace:
    """One session that moved, the next one cancelled; or one with a place, one with an offer."""
    was = session.starts_at - timedelta(hours=1)
    return SimpleNamespace(
        meeting=session, is_off=number == 1, was=was, elsewhere=0, count=8, offer=number == 1
    )
