"""How much faster our feeds are built than icalendar builds and writes the same ones.

Run as `python -m benchmarks.feeds`; it prints `name: value` lines. Only the ratio is to be compared
between machines.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from app.feeds.calendar import Calendar, Event, serialise

EVENTS = 1_000
ROUNDS = 7
WORDS = {
    "ro": ("Limba română, nivel A1; grupa de dimineață", "Aduceți un caiet și un pix.\nEtajul 2."),
    "uk": ("Румунська мова, рівень А1; ранкова група", "Візьміть зошит і ручку.\nДругий поверх."),
    "ar": ("اللغة الرومانية، المستوى الأول؛ مجموعة الصباح", "أحضروا دفترًا وقلمًا.\nالطابق الثاني."),
    "fa": ("زبان رومانیایی، سطح مقدماتی؛ گروه صبح", "دفتر و خودکار بیاورید.\nطبقهٔ دوم."),
    "ti": ("ቋንቋ ሮማንያ፡ ደረጃ ሓደ፡ ጉጅለ ንግሆ", "ጥራዝን ፒሮን ሒዝኩም ምጹ።\nካልኣይ ደርቢ።"),
    "ne": ("रोमानियाली भाषा, तह एक; बिहानको समूह", "कापी र कलम ल्याउनुहोस्।\nदोस्रो तला।"),
    "fr": ("Langue roumaine, niveau A1 ; groupe du matin", "Apportez un cahier.\nDeuxième étage."),
    "en": ("Romanian language, level A1; morning group", "Bring a notebook, a pen.\nSecond floor."),
}
CALENDAR = Calendar(
    name="Centrul de Integrare Cluj",
    source="https://punte.example/f/0123456789abcdef.ics",
    organizer="program@punte.example",
    organizer_name="Punte",
    language="ro",
    color="teal",
)


def main() -> None:
    """Print the ratio of the medians, and what was written."""
    events = [meeting(number) for number in range(EVENTS)]
    ours, theirs = serialise(CALENDAR, events), by_icalendar(events)
    if said(ours) != said(theirs):
        raise SystemExit("the two feeds do not say the same")
    fast = median(seconds(lambda: serialise(CALENDAR, events)) for _ in range(ROUNDS))
    slow = median(seconds(lambda: by_icalendar(events)) for _ in range(ROUNDS))
    print(f"feed_events: {EVENTS}")
    print(f"feed_languages: {len(WORDS)}")
    print(f"feed_bytes: {len(ours)}")
    print(f"feed_bytes_icalendar: {len(theirs)}")
    print(f"feed_times_faster_than_icalendar: {slow / fast:.1f}")


def meeting(number: int) -> Event:
    """One meeting of many: every one in the next language, each with its own title and room."""
    language = list(WORDS)[number % len(WORDS)]
    title, text = WORDS[language]
    start = datetime(2026, 1, 12, 7, tzinfo=UTC) + timedelta(hours=7 * number)
    return Event(
        uid=f"{number:032x}@punte.example",
        starts_at=start,
        ends_at=start + timedelta(minutes=90),
        zone="Europe/Bucharest",
        summary=f"{title} ({number})",
        sequence=number % 3,
        created_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
        changed_at=datetime(2026, 1, 6, 8, tzinfo=UTC) + timedelta(minutes=number),
        language=language,
        description=f"{text}\n{title}\n{text}",
        location=f"Str. Observatorului 7, sala {number % 12}, Cluj-Napoca",
        url=f"https://punte.example/m/{number:032x}",
        categories=("Curs", title.split()[0]),
        color="teal",
        alarm=timedelta(hours=2),
    )


def by_icalendar(events: list[Event]) -> bytes:
    """The same feed in the way of the library's own documentation."""
    calendar: Any = icalendar.Calendar.from_ical(serialise(CALENDAR, []))
    for event in events:
        calendar.add_component(_component(event))
    written: bytes = calendar.to_ical(sorted=False)
    return written


def _component(event: Event) -> Any:
    zone, spoken = ZoneInfo(event.zone), {"LANGUAGE": event.language}
    made: Any = icalendar.Event()
    made.add("uid", event.uid)
    made.add("dtstart", event.starts_at.astimezone(zone))
    made.add("dtend", event.ends_at.astimezone(zone))
    made.add("dtstamp", event.changed_at)
    made.add("created", event.created_at)
    made.add("last-modified", event.changed_at)
    made.add("sequence", event.sequence)
    made.add("summary", event.summary, parameters=spoken)
    made.add("organizer", "mailto:" + CALENDAR.organizer, {"CN": CALENDAR.organizer_name})
    made.add("status", "CONFIRMED")
    made.add("transp", "OPAQUE")
    made.add("description", event.description, parameters=spoken)
    made.add("location", event.location, parameters=spoken)
    made.add("categories", event.categories, parameters=spoken)
    made.add("url", event.url)
    made.add("color", event.color)
    made.add_component(_alarm(event))
    return made


def _alarm(event: Event) -> Any:
    made: Any = icalendar.Alarm()
    made.add("action", "DISPLAY")
    made.add("description", event.summary, parameters={"LANGUAGE": event.language})
    made.add("trigger", -(event.alarm or timedelta()))
    return made


def said(feed: bytes) -> list[set[str]]:
    """The lines of each event of a feed, without folds and quotes."""
    text = feed.decode().replace("\r\n ", "").replace('"', "")
    return [set(block.split("\r\n")) for block in text.split("BEGIN:VEVENT")[1:]]


def seconds(work: Callable[[], object]) -> float:
    """How long *work* took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
