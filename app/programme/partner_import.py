"""A partner's programme out of a calendar file (.ics, RFC 5545), such as a museum's: pure.

Only what a programme needs is read: title, words, place and times. Who organises or attends is not,
and what a partner marks as private is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.i18n import _l
from app.programme.calendar_file import Problem, clean_name, clean_text, open_file, property_of
from app.programme.calendar_rules import TooMuch
from app.programme.calendar_times import (
    Frame,
    LeftOut,
    Time,
    Why,
    read_each,
    repeats,
    starts_on,
    times_of,
    uid_of,
)
from app.programme.kinds import CONTENT_LANGUAGES
from app.programme.recurrence import Occurrence

AHEAD = timedelta(days=366)
LONGEST = timedelta(days=3)
MOST_TIMES = 800
MOST_TIMES_OF_ONE = 400
MOST_LETTERS = 400_000
LONGEST_ABOUT = 1000
LONGEST_UID = 255
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKED_AT = (
    "UID SEQUENCE DTSTART DTEND DURATION RRULE RDATE EXDATE RECURRENCE-ID STATUS CLASS SUMMARY "
    "LOCATION DESCRIPTION URL"
).split()
_REASONS = {
    Why.CANCELLED: _l("It is cancelled."),
    Why.PRIVATE: _l("It is marked as private."),
    Why.NO_NAME: _l("It has no name."),
    Why.NO_TIME: _l("Its time is missing or cannot be read."),
    Why.NO_END: _l("It does not say when it ends."),
    Why.NO_ZONE: _l("Its time zone is not known here."),
    Why.TOO_LONG: _l("It is longer than three days: plan it by hand."),
    Why.PAST: _l("It is over."),
    Why.TOO_FAR: _l("It is later than the days you asked for."),
    Why.BY_RULE: _l("It repeats by a rule that is not understood here: plan it by hand."),
    Why.TWICE: _l("It stands in the file twice."),
}


@dataclass(frozen=True, slots=True)
class Held:
    """One time of an event; *which*: the day on which its series has it, "" for a single event."""

    which: str
    starts_at: datetime
    ends_at: datetime

    def occurrence(self, zone: ZoneInfo) -> Occurrence:
        return Occurrence(self.starts_at.astimezone(zone).date(), self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Item:
    """An event of a partner with its times to come. *language*: that of its words, where said."""

    uid: str
    title: str
    place: str
    about: str
    language: str | None
    times: tuple[Held, ...]

    @property
    def key(self) -> str:
        """What names it in a form."""
        return sha256("\x1f".join((self.uid, *self.activity)).encode()).hexdigest()[:16]

    @property
    def activity(self) -> tuple[str, str]:
        """What is one activity: the same title at the same place."""
        return self.title, self.place


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that is left out, and why; *number*: its place in the file."""

    number: int
    title: str
    why: Why
    day: date | None
    uid: str

    @property
    def label(self) -> Any:
        return _REASONS[self.why]


@dataclass(frozen=True, slots=True)
class Programme:
    """What a file comes to: its events by their first time, those left out; or the one problem with
    all of it. *name*: what the partner calls it; *until*: how far it was read."""

    name: str = ""
    items: tuple[Item, ...] = ()
    refused: tuple[Refused, ...] = ()
    problem: Problem | None = None
    until: datetime = NEVER

    @property
    def unread(self) -> frozenset[str]:
        """The events of which the file says something that is not understood: whatever is known of
        them stays as it is."""
        return frozenset(one.uid for one in self.refused if one.why is not Why.CANCELLED)


def read_programme(
    data: bytes, *, zone: ZoneInfo, now: datetime, until: datetime | None = None
) -> Programme:
    """What a partner has from *now* to *until*, at most a year; times without a zone are those of
    *zone*. Never raises, whatever the bytes are."""
    opened = open_file(data, _LOOKED_AT)
    if isinstance(opened, Problem):
        return Programme(problem=opened)
    latest = min(until or now + AHEAD, now + AHEAD)
    frame = Frame(zone, since=now, until=latest, longest=LONGEST, zones=opened.zones)
    try:
        found = _read(opened.events, frame)
    except TooMuch:
        return Programme(problem=Problem.TOO_MANY)
    programme = replace(found, name=opened.name, until=latest.replace(microsecond=0))
    return Programme(problem=Problem.TOO_MANY) if _is_too_much(programme) else programme


def written(programme: Programme) -> str:
    """The events as a hidden field of the preview carries them; `read_again` is the way back."""
    rows = [
        [
            [item.uid, item.title, item.place, item.about, item.language],
            [[one.which, *(int(at.timestamp()) for at in _ends(one))] for one in item.times],
        ]
        for item in programme.items
    ]
    whole = [programme.name, rows, sorted(programme.unread), int(programme.until.timestamp())]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def read_again(text: str, *, now: datetime) -> Programme | None:
    """The programme of a preview, what has begun since left out; None where the text is not what
    `written` makes."""
    try:
        name, rows, unread, until = json.loads(text)
        items = tuple(_item(facts, times, now) for facts, times in rows)
        left = tuple(Refused(0, "", Why.BY_RULE, None, _text(uid, LONGEST_UID)) for uid in unread)
        programme = Programme(
            clean_name(_text(name)), items, left, until=datetime.fromtimestamp(until, UTC)
        )
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return None
    if _is_too_much(programme) or any(not item.title for item in items):
        return None
    return replace(programme, items=tuple(item for item in items if item.times))


def _item(facts: Any, times: Any, now: datetime) -> Item:
    """Raises ValueError or TypeError for what no preview carries."""
    uid, title, place, about, language = facts
    found = [
        Held(
            _text(which, 20), datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)
        )
        for which, begins, ends in times
    ]
    if any(not timedelta(0) < one.ends_at - one.starts_at <= LONGEST for one in found) or any(
        one.starts_at > now + AHEAD + LONGEST for one in found
    ):
        raise ValueError("no such time")
    if len({one.which for one in found}) < len(found):
        raise ValueError("a time is there twice")
    return Item(
        _text(uid, LONGEST_UID),
        clean_name(_text(title)),
        clean_name(_text(place), 200),
        clean_text(_text(about), LONGEST_ABOUT),
        language if language in CONTENT_LANGUAGES else None,
        tuple(one for one in found if one.starts_at > now),
    )


def _text(given: Any, longest: int = 5000) -> str:
    """Raises TypeError or ValueError for what no database keeps."""
    if not isinstance(given, str) or "\x00" in given or len(given) > longest:
        raise TypeError("no text")
    given.encode()  # half a letter raises
    return given


def _ends(one: Held) -> tuple[datetime, datetime]:
    return one.starts_at, one.ends_at


def _is_too_much(programme: Programme) -> bool:
    of_one: dict[tuple[str, str], int] = {}
    for item in programme.items:
        of_one[item.activity] = of_one.get(item.activity, 0) + len(item.times)
    most = max(of_one.values(), default=0)
    if sum(of_one.values()) > MOST_TIMES or most > MOST_TIMES_OF_ONE:
        return True
    return len(written(programme).encode()) > MOST_LETTERS


def _read(events: Sequence[list[str]], frame: Frame) -> Programme:
    read = read_each(events, frame)
    refused = [_unread(number, events[number - 1], why) for number, why in read.unread.items()]
    items: dict[tuple[str, str, str], Item] = {}
    seen: set[tuple[str, str]] = set()
    for number, event in read.events.items():
        try:
            item = _only_new(_one(event, frame, read.changed), seen)
        except LeftOut as left_out:
            refused.append(_refused(number, event, left_out.why, frame))
            continue
        key = item.uid, *item.activity
        both = items[key].times + item.times if key in items else item.times
        items[key] = replace(items.get(key, item), times=tuple(sorted(both, key=_ends)))
        if sum(len(one.times) for one in items.values()) > MOST_TIMES:
            raise TooMuch
    by_time = sorted(items.values(), key=lambda item: (item.times[0].starts_at, item.title))
    return Programme("", tuple(by_time), tuple(sorted(refused, key=lambda one: one.number)))


def _unread(number: int, lines: Sequence[str], why: Why) -> Refused:
    """What could not be read at all is known by the words of its title and its UID, if any."""
    said = {property_of(line): line.partition(":")[2] for line in lines}
    uid = _short(said.get("UID", "").strip())
    return Refused(number, clean_name(said.get("SUMMARY", "")), why, None, uid)


def _refused(number: int, event: Any, why: Why, frame: Frame) -> Refused:
    title = clean_name(_words(event, "SUMMARY"))
    return Refused(number, title, why, starts_on(event, frame), _identity(event, title))


def _one(event: Any, frame: Frame, changed: frozenset[Any]) -> Item:
    """Raises `LeftOut`."""
    title = clean_name(_words(event, "SUMMARY"))
    if str(event.get("CLASS", "PUBLIC")).upper() in {"PRIVATE", "CONFIDENTIAL"}:
        raise LeftOut(Why.PRIVATE)
    times = [one for one in times_of(event, frame, changed=changed) if one.starts_at > frame.since]
    if not times or not title:
        raise LeftOut(Why.NO_NAME if times else Why.PAST)
    return Item(
        _identity(event, title),
        title,
        clean_name(_words(event, "LOCATION"), 200),
        _about(event),
        _language(event),
        tuple(_named(times, series=repeats(event))),
    )


def _named(times: Sequence[Time], *, series: bool) -> Iterator[Held]:
    """Each time with its name within the event: a day, or the day and how many before it that day.
    So a series that begins an hour later is still the same series."""
    names: dict[str, int] = {}
    for one in sorted(times):
        name = one.planned.isoformat() if series else ""
        names[name] = names.get(name, 0) + 1
        again = f"#{names[name]}" if names[name] > 1 else ""
        yield Held(f"{name}{again}", one.starts_at, one.ends_at)


def _only_new(item: Item, seen: set[tuple[str, str]]) -> Item:
    """The times that the file has not had before. Raises `LeftOut`."""
    fresh = tuple(one for one in item.times if (item.uid, one.which) not in seen)
    seen |= {(item.uid, one.which) for one in fresh}
    if not fresh:
        raise LeftOut(Why.TWICE)
    return replace(item, times=fresh)


def _identity(event: Any, title: str) -> str:
    """Its UID; an event without one is known by its title and start."""
    uid = uid_of(event)
    return _short(uid) if uid else _short(f"{title}\x1f{_words(event, 'DTSTART')}", always=True)


def _short(uid: str, *, always: bool = False) -> str:
    """A UID as it is kept: what is long or strange is known by its hash."""
    if not always and len(uid) <= LONGEST_UID and uid.isprintable():
        return uid
    return f"?{sha256(uid.encode(errors='replace')).hexdigest()[:32]}"


def _words(event: Any, name: str) -> str:
    """What a property says; the first of several."""
    given = event.get(name, "")
    try:
        first = given[0] if isinstance(given, list) and given else given
        return str(getattr(first, "dt", first))
    except Exception:  # it cannot be read at all
        return ""


def _about(event: Any) -> str:
    """Its words, and where more is to be read, where that is a web address."""
    url = _words(event, "URL").strip()
    words = clean_text(_words(event, "DESCRIPTION"), LONGEST_ABOUT - 310)
    if url in words or len(url) > 300 or not url.isascii() or not url.isprintable() or " " in url:
        return words
    try:
        parts = urlsplit(url)
    except ValueError:
        return words
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc) and "@" not in parts.netloc
    return f"{words}\n\n{url}".strip() if is_web else words


def _language(event: Any) -> str | None:
    params = getattr(event.get("SUMMARY", ""), "params", {})
    tag = str(params.get("LANGUAGE", "")).lower().partition("-")[0]
    return tag if tag in CONTENT_LANGUAGES else None
