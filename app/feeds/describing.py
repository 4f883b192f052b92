"""What stands on a calendar's page and poster: its title, what is in it, who fetched it last."""

from __future__ import annotations

from datetime import datetime, timedelta
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

from app.feeds.models import FeedLink
from app.feeds.programs import program_of
from app.feeds.queries import PublicFeed
from app.i18n import _
from app.people.languages import name_of
from app.programme.kinds import Kind
from app.web import isolated, local_date, local_time


def title_of(feed: PublicFeed, language: str) -> str:
    """What a public feed is called in one line."""
    return " – ".join(names_of(feed, language))


def names_of(feed: PublicFeed, language: str) -> list[str]:
    """What it was chosen by, in the words of *language*, the widest first."""
    names = [
        feed.activity and feed.activity.title_in(language),
        feed.centre and feed.centre.name,
        feed.kind and str(feed.kind.label),
        feed.language and name_of(feed.language, language),
    ]
    return [name for name in names if name] or [_("All centres")]


def contents_of(feed: PublicFeed, language: str) -> list[tuple[str, str]]:
    """(question, answer) on what stands in a public feed; nothing that its events do not tell."""
    centre = feed.activity.centre if feed.activity else feed.centre
    rows = [
        (_("What"), _what(feed, language)),
        (_("Where"), f"{centre.name}, {centre.address}" if centre else _("All centres")),
        (_("Language spoken there"), feed.language and name_of(feed.language, language)),
    ]
    return [(question, answer) for question, answer in rows if answer]


def _what(feed: PublicFeed, language: str) -> str:
    if feed.activity is not None:
        return feed.activity.title_in(language)
    kinds = [feed.kind] if feed.kind else [one for one in Kind if one.policy.privacy.is_listed]
    return " · ".join(str(kind.label) for kind in kinds)


def direction_of(text: str) -> str:
    """Which way *text* runs: that of its first letter that has one. Browsers find it out by
    themselves (``dir="auto"``), what makes the posters does not."""
    strong = (bidirectional(letter) for letter in text)
    first = next((one for one in strong if one in {"L", "R", "AL"}), "L")
    return "ltr" if first == "L" else "rtl"


def last_fetched(feed: FeedLink, zone: str, *, now: datetime) -> str:
    """By which program a secret calendar was last asked for, and when, as people say it."""
    if feed.fetched_at is None:
        return _("never fetched yet")
    when, program = _lately(feed.fetched_at, zone, now=now), program_of(feed.fetched_by)
    if not program:
        return _("last fetched %(when)s", when=when)
    return _("last fetched by %(program)s, %(when)s", program=isolated(program), when=when)


def _lately(instant: datetime, zone: str, *, now: datetime) -> str:
    """The time of today or yesterday, as "yesterday 14:02"; further back the whole date."""
    here, time = ZoneInfo(zone), local_time(instant, zone)
    today = now.astimezone(here).date()
    day = instant.astimezone(here).date()
    if day == today:
        return _("today %(time)s", time=time)
    if day == today - timedelta(days=1):
        return _("yesterday %(time)s", time=time)
    return f"{local_date(instant, zone)} {time}"
