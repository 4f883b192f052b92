"""What a calendar costs: to write, to put together from what is kept, and to answer a poll.

Run as `python -m benchmarks.feeds`; it prints `name: value` lines, ratios of one run: beside
icalendar, which builds and writes the same feed; beside a bare Flask view that returns the same
bytes from the same server (``flask_floor_…``); beside nginx where it is there. All of them are
ratios of CPU time, ours and theirs alike, so that other work on the machine disturbs them less.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import flask_migrate
import icalendar
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import clock, create_app
from app.extensions import db
from app.feeds.calendar import Calendar, Event, Kept, assemble, serialise
from app.feeds.kept import events_of, public_standing
from app.feeds.models import FeedLink, KeptEvent, Look
from app.feeds.operations import make_link
from app.feeds.queries import PublicFeed, Window, public_entries
from app.feeds.reading import program
from app.folding import fold
from app.people.models import Centre, Person
from app.people.queries import hashed
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, ActivityText, Meeting, Part
from benchmarks.serving import GZIP, Cost, Server, cpu_of, free_port, running, served

EVENTS = 1_000
ROUNDS = 7
SHORT_ROUNDS = 41
TURNS = 3
KEY = "only for this measurement and nothing else"
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
    """Print the ratios: of writing, of what is kept, and of whole answers over the loopback."""
    slow = _serialiser()
    with tempfile.TemporaryDirectory() as folder:
        app = house(Path(folder), EVENTS)
        _kept(app, slow)
        _over_http(app, Path(folder))
    _growth()


def _serialiser() -> float:
    """Our serialiser beside icalendar; the CPU seconds that icalendar takes."""
    events = [meeting(number) for number in range(EVENTS)]
    ours, theirs = serialise(CALENDAR, events), by_icalendar(events)
    if said(ours) != said(theirs):
        raise SystemExit("the two feeds do not say the same")
    fast = median(cpu(lambda: serialise(CALENDAR, events)) for _ in range(ROUNDS))
    slow = median(cpu(lambda: by_icalendar(events)) for _ in range(ROUNDS))
    print(f"feed_events: {EVENTS}")
    print(f"feed_languages: {len(WORDS)}")
    print(f"feed_bytes: {len(ours)}")
    print(f"feed_bytes_icalendar: {len(theirs)}")
    print(f"cold_vs_icalendar: {slow / fast:.1f}")
    return slow


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
    for one in events:
        calendar.add_component(_component(one))
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


def cpu(work: Callable[[], object]) -> float:
    """The CPU seconds that *work* took."""
    start = time.process_time()
    work()
    return time.process_time() - start


# --- what is kept in the database


def house(folder: Path, events: int, links: int = 1) -> Flask:
    """An app whose database holds so many coming meetings, and so many secret links."""
    app = create_app({"PUNTE_DATA": str(folder), "PUNTE_SECRET_KEY": KEY})
    with app.app_context():
        flask_migrate.upgrade()
        _fill(events, links)
        db.session.commit()
    return app


def _fill(events: int, links: int) -> None:
    now = clock.now()
    here = Centre(code="here", name="Punte", address="Str. Observatorului 7", changed_at=now)
    layla = Person(name="Layla", email="layla@punte.example", created_at=now)
    db.session.add_all([here, layla])
    db.session.flush()
    activities = [_activity(here, layla, language, now) for language in WORDS]
    for number in range(events):
        starts_at = now + timedelta(hours=1 + number * 8_000 / events)
        one = Meeting(
            activity=activities[number % len(activities)],
            privacy=Privacy.PUBLIC,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=1),
            created_at=now,
            changed_at=now,
        )
        db.session.add(one)
        if number < 30:
            db.session.flush()
            book(layla, one, Part.LEARNER)
    for number in range(links):
        make_link(layla, label=f"telephone {number}", language="ro", now=now, alarm_minutes=60)


def _activity(here: Centre, who: Person, language: str, now: datetime) -> Activity:
    title, words = WORDS[language]
    one = Activity(
        centre=here,
        coordinator=who,
        kind=Kind.CULTURAL,
        privacy=Privacy.PUBLIC,
        published_at=now,
        changed_at=now,
    )
    text = f"{words}\n{title}\n{words}"
    one.texts.append(
        ActivityText(
            language="ro", title=title, folded=fold(title), description=text, changed_at=now
        )
    )
    db.session.add(one)
    return one


FEED = "/ro/calendars/all.ics"


def _kept(app: Flask, slow: float) -> None:
    """Assembling the feed from what is kept, and what a poll and an edit cost."""
    client = app.test_client()
    fresh = client.get(f"{FEED}?alarm=PT2H").data
    first = client.get(FEED)
    with app.test_request_context(FEED, base_url=app.config["PUNTE"].base_url):
        if said(assembled(app)) != said(fresh):
            raise SystemExit("what is kept does not say what was written")
        fast = median(cpu(lambda: assembled(app)) for _ in range(SHORT_ROUNDS))
    print(f"warm_vs_icalendar: {slow / fast:.1f}")
    known = {"If-None-Match": first.headers["ETag"]}
    seen = asked(app, lambda: client.get(FEED, headers=known))
    print(f"queries_304: {len(seen)}")
    print(f"event_rows_read_304: {sum('FROM meeting' in one for one in seen) * EVENTS}")
    print(f"reserialised_after_one_edit_per_language: {_written_after_one_edit(app, client)}")


def assembled(app: Flask) -> bytes:
    """The text of the feed, every event as it is kept."""
    standing = public_standing("ro:all:", centre="", activity="", program=program())
    events = events_of(
        public_entries(PublicFeed(), Window.at(clock.now())),
        language="ro",
        generation=standing.generation,
        write=_never,
    )
    if events.notes or len(events.rows) != EVENTS:
        raise SystemExit("not everything is kept")
    return assemble(CALENDAR, events.texts(alarm=timedelta(hours=2), changed=None))


def _never(_meeting: Meeting, _look: Look) -> Kept:
    raise SystemExit("an event was written anew")


def asked(app: Flask, run: Callable[[], object]) -> list[str]:
    """The statements that *run* sends, as SQLite itself counts them, however they came there."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if statement.split(None, 1)[0] not in ("BEGIN", "COMMIT", "ROLLBACK"):
            seen.append(statement)

    def lent(driver: Any, *_rest: object) -> None:
        driver.set_trace_callback(note)

    def given_back(driver: Any, *_rest: object) -> None:
        driver.set_trace_callback(None)

    with app.app_context():
        event.listen(db.engine, "checkout", lent)
        event.listen(db.engine, "checkin", given_back)
        run()
        event.remove(db.engine, "checkout", lent)
        event.remove(db.engine, "checkin", given_back)
    return seen


def _written_after_one_edit(app: Flask, client: FlaskClient) -> int:
    """How many events are written anew in one language after one meeting was given a new time."""
    with app.app_context():
        one = db.session.scalars(select(Meeting).limit(1)).one()
        one.sequence, one.changed_at = one.sequence + 1, clock.now()
        db.session.commit()
    before = _versions(app)
    client.get(FEED)
    return len(_versions(app) - before)


def _versions(app: Flask) -> set[Any]:
    with app.app_context():
        columns = (KeptEvent.meeting_id, KeptEvent.language, KeptEvent.version)
        return set(db.session.execute(select(*columns)).all())


# --- whole answers, over the loopback, from the server that `flask up` starts


def _over_http(app: Flask, folder: Path) -> None:
    zipped = app.test_client().get(FEED, headers=GZIP).data
    (folder / "calendar.ics.gz").write_bytes(zipped)
    environ = {"PUNTE_DATA": str(folder), "PUNTE_SECRET_KEY": KEY}
    floor_environ = {"PUNTE_FLOOR": str(folder / "calendar.ics.gz")}
    with (
        served("wsgi:app", environ) as punte,
        served("benchmarks.floor:app", floor_environ) as bare,
    ):
        both = {code: _in_turns(punte, bare, code) for code in (304, 200)}
    for code, rounds in both.items():
        print(f"requests_per_second_{code}: {median(ours.rate for ours, _ in rounds):.0f}")
        print(f"flask_floor_{code}: {median(ours.cpu / floor.cpu for ours, floor in rounds):.2f}")
    nginx, cost = shutil.which("nginx"), median(ours.cpu for ours, _ in both[200])
    print(f"nginx_200: {_beside_nginx(nginx, folder, cost) if nginx else 'not installed'}")


def _in_turns(punte: Server, bare: Server, code: int) -> list[tuple[Cost, Cost]]:
    """What an answer costs us and the bare view, again and again: both on the same machine at the
    same time of its day."""
    return [(cpu_of(punte, FEED, code), cpu_of(bare, "/", code)) for _ in range(TURNS)]


def _beside_nginx(nginx: str, folder: Path, ours: float) -> str:
    port = free_port()
    (folder / "nginx.conf").write_text(
        "daemon off; master_process off; pid nginx.pid; error_log stderr crit; events {}"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder};"
        " location = /calendar.ics { gzip_static always; } } }"
    )
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, port, {}) as server:
        return f"{ours / cpu_of(server, '/calendar.ics', 200).cpu:.1f}"


# --- what grows, and what must not


def _growth() -> None:
    """CPU of a 304 and of a whole answer as events and subscribers become more: ratios to the
    first."""
    for name, sizes, build in (
        ("events", (50, 500, 2_000), lambda many, folder: house(folder, many)),
        ("subscribers", (1, 100, 10_000), lambda many, folder: house(folder, 50, many)),
    ):
        costs = [_costs(build, many) for many in sizes]
        for code, position in ((304, 0), (200, 1)):
            ratios = [f"{cost[position] / costs[0][position]:.2f}" for cost in costs]
            print(f"growth_{code}_with_{name}_{'_'.join(map(str, sizes))}: {' '.join(ratios)}")


def _costs(build: Callable[[int, Path], Flask], many: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        app = build(many, Path(folder))
        client, token = app.test_client(), "measured"
        with app.app_context():
            last = db.session.scalars(select(FeedLink).order_by(FeedLink.id.desc())).first()
            assert last is not None
            last.token_hash = hashed(token)
            db.session.commit()
        path = f"/c/{token}.ics"
        known = GZIP | {"If-None-Match": client.get(path, headers=GZIP).headers["ETag"]}
        return (
            median(cpu(lambda: client.get(path, headers=known)) for _ in range(SHORT_ROUNDS)),
            median(cpu(lambda: client.get(path, headers=GZIP)) for _ in range(SHORT_ROUNDS)),
        )


if __name__ == "__main__":
    main()
