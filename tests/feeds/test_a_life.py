"""The life of some sessions as somebody sees it in their calendar program, step by step.

A real server, vdirsyncer and khal on the other side of the wire: after each step khal shows exactly
what the database says, no more and no less, in the feed of one person and in the public one.

On SQLite alone, since each step starts two programs: what either database answers is the matter of
`test_checklist`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from app.extensions import db
from app.feeds.operations import make_link
from app.planning.operations import edit_series, unchanged
from app.programme.details import Details
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, Booking, Meeting, Scope
from app.programme.operations import ActivityFacts, plan_activity, set_texts
from app.programme.places import Room
from app.programme.recurrence import Occurrence
from app.programme.rooms import RoomFacts, change_room
from app.programme.series import moved
from app.programme.shifting import shift_from
from app.programme.terms import Term
from app.programme.throwing_away import throw_away
from app.signups.operations import join, leave
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from app.staffing.publishing import publish
from tests import make
from tests.browser.conftest import free_port
from tests.conftest import make_app, migrated_database
from tests.engines import copy_of
from tests.feeds.readers import Seen, by_icalendar
from tests.make import BEFORE

BUCHAREST = ZoneInfo("Europe/Bucharest")
WEEK, DAY, HOUR = (timedelta(**{unit: 1}) for unit in ("weeks", "days", "hours"))
OWN, PUBLIC = "own", "public"
SHOWN = ("calendar", "start-long", "end-long", "title", "location", "description", "status")


def at(local: str) -> datetime:
    """An instant by the clock on the wall in București."""
    return datetime.fromisoformat(local).replace(tzinfo=BUCHAREST)


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """What was asked is nobody's business."""


class Client:
    """A folder of events that vdirsyncer fills and khal reads."""

    def __init__(self, folder: Path, addresses: dict[str, str]) -> None:
        self.folder = folder
        self.environ = os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        for name in addresses:
            (folder / name).mkdir()
        (folder / "vdirsyncer.ini").write_text(_vdirsyncer(folder, addresses))
        (folder / "khal.ini").write_text(_khal(folder, addresses))
        self._run("vdirsyncer", "discover")

    def sync(self) -> None:
        self._run("vdirsyncer", "sync")

    def shown(self) -> list[tuple[str, ...]]:
        """Each event as khal shows it: calendar, start, end, title, place, description, state."""
        wanted = (
            "calendar",
            "start-long",
            "end-long",
            "title",
            "location",
            "description",
            "status",
        )
        options = [part for name in wanted for part in ("--json", name)]
        lines = self._run("khal", "list", "--once", *options, "2027-02-01", "400d").splitlines()
        events = [event for line in lines for event in json.loads(line)]
        return sorted(tuple(str(event[name]).strip() for name in SHOWN) for event in events)

    def stored(self, calendar: str) -> list[Seen]:
        """The events in its folder, each a file of its own."""
        files = sorted((self.folder / calendar).glob("*.ics"))
        found = [by_icalendar(file.read_bytes()) for file in files]
        assert all(len(events) == 1 for events in found)
        return [event for events in found for event in events]

    def _run(self, program: str, *words: str) -> str:
        path = shutil.which(program, path=Path(sys.executable).parent)
        assert path is not None
        config = str(self.folder / f"{program}.ini")
        command = [path, "--config", config, *words]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=self.environ, cwd=self.folder
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _vdirsyncer(folder: Path, addresses: dict[str, str]) -> str:
    parts = [f'[general]\nstatus_path = "{folder}/status"\n']
    for name, address in addresses.items():
        parts.append(
            f'[pair {name}]\na = "{name}_feed"\nb = "{name}_folder"\ncollections = null\n'
            f'[storage {name}_feed]\ntype = "http"\nurl = "{address}"\n'
            f'[storage {name}_folder]\ntype = "filesystem"\npath = "{folder}/{name}"\n'
            'fileext = ".ics"\n'
        )
    return "\n".join(parts)


def _khal(folder: Path, names: Iterable[str]) -> str:
    calendars = "".join(f"[[{n}]]\npath = {folder}/{n}\nreadonly = True\n" for n in names)
    return (
        f"[calendars]\n{calendars}"
        f"[sqlite]\npath = {folder}/khal.db\n"
        "[locale]\nlocal_timezone = Europe/Bucharest\ndefault_timezone = Europe/Bucharest\n"
        "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
    )


class Story:
    """A running house, a programme, Layla who learns in Arabic, and her calendar program."""

    def __init__(self, app: Flask, clock: time_machine.Traveller, base: str, folder: Path) -> None:
        self.app, self.clock, self.base, self.now = app, clock, base, BEFORE
        self.centre = make.centre(code="brasov", name="Brașov", address="Str. Lungă 5")
        self.boss = make.coordinator(self.centre)
        self.layla = make.participant(self.centre, language="ar")
        self.room = make.room(centre=self.centre, name="Sala 1")
        self.other_room = make.room(centre=self.centre, name="Sala 2; parter")
        self.term = Term(
            centre=self.centre, name="T1", first_day=date(2027, 2, 1), last_day=date(2027, 7, 1)
        )
        db.session.add(self.term)
        _feed, token = make_link(
            self.layla, label="khal", language="ar", alarm_minutes=None, now=BEFORE - WEEK
        )
        db.session.commit()
        self.addresses = {
            OWN: f"{base}/c/{token}.ics",
            PUBLIC: f"{base}/ro/calendars/centre-brasov.ics",
        }
        self.client = Client(folder, self.addresses)

    def step(self, deed: Callable[[], object]) -> None:
        """An hour later somebody does *deed*, and khal shows the truth again."""
        self.now += HOUR
        self.clock.move_to(self.now)
        deed()
        db.session.commit()
        self.check()

    def check(self) -> None:
        db.session.expire_all()
        truth = sorted([*self._truth(OWN), *self._truth(PUBLIC)])
        db.session.rollback()
        self.client.sync()
        assert self.client.shown() == truth

    def _truth(self, calendar: str) -> Iterator[tuple[str, ...]]:
        """What the database says must stand in this calendar, read by plain words of our own."""
        for meeting in db.session.scalars(select(Meeting)).all():
            if meeting.starts_at < self._midnight() - 30 * DAY or meeting.activity.is_draft:
                continue
            secret = meeting.privacy in (Privacy.PROTECTED, Privacy.INDIVIDUAL)
            if calendar == OWN and self._is_expected(meeting):
                yield (OWN, *_times(meeting), *self._own_words(meeting, secret=secret))
            elif calendar == PUBLIC and not secret:
                yield (PUBLIC, *_times(meeting), *_public_words(meeting))

    def _midnight(self) -> datetime:
        """A feed reads the same for a day (UTC)."""
        return self.now.astimezone(UTC).replace(hour=0, minute=0, second=0)

    def _is_expected(self, meeting: Meeting) -> bool:
        hers = Booking.person_id == self.layla.id, Booking.meeting_id == meeting.id
        return db.session.scalars(select(Booking.id).where(*hers)).first() is not None

    def _own_words(self, meeting: Meeting, *, secret: bool) -> tuple[str, ...]:
        off = meeting.status.value == "cancelled"
        if secret:
            return (
                ("إلغاء: " if off else "") + "موعد",
                "",
                "",
                "CANCELLED" if off else "CONFIRMED",
            )
        title, told = _words(meeting, "ar")
        told = "\n\n".join(filter(None, (told, meeting.online_url)))
        return _shown(meeting, "إلغاء: ", title, _whole_place(meeting), told)

    def event(self, meeting: Meeting, calendar: str = OWN) -> Seen:
        """What stands of *meeting* in the feed itself."""
        uid = f"{meeting.ref}@punte.example"
        (found,) = [one for one in self.fetched(calendar) if one.uid == uid]
        return found

    def fetched(self, calendar: str) -> list[Seen]:
        """All that stands in the feed itself."""
        db.session.rollback()
        with urlopen(self.addresses[calendar]) as answer:
            return by_icalendar(answer.read())


def _times(meeting: Meeting) -> tuple[str, str]:
    local = [at.astimezone(BUCHAREST) for at in (meeting.starts_at, meeting.ends_at)]
    return local[0].strftime("%Y-%m-%d %H:%M"), local[1].strftime("%Y-%m-%d %H:%M")


def _words(meeting: Meeting, language: str) -> tuple[str, str]:
    """Title and description in *language*, else in Romanian."""
    own = {text.language: text.title for text in meeting.texts}
    whole = {text.language: text for text in meeting.activity.texts}
    described = whole.get(language) or whole["ro"]
    titled = own or {tag: text.title for tag, text in whole.items()}
    return titled.get(language) or titled["ro"], described.description


def _public_words(meeting: Meeting) -> tuple[str, ...]:
    title, told = _words(meeting, "ro")
    if meeting.privacy is Privacy.PUBLIC:
        return _shown(meeting, "Anulat: ", title, _whole_place(meeting), told)
    told = "\n".join(filter(None, (told, "Întrebați la centru în ce sală este.")))
    centre = meeting.activity.centre
    return _shown(meeting, "Anulat: ", title, f"{centre.name}, {centre.address}", told)


def _whole_place(meeting: Meeting) -> str:
    centre = meeting.activity.centre
    room = f"{meeting.room.name}, " if meeting.room else ""
    return f"{room}{centre.name}, {centre.address}"


def _shown(meeting: Meeting, prefix: str, title: str, place: str, told: str) -> tuple[str, ...]:
    off = meeting.status.value == "cancelled"
    return (prefix if off else "") + title, place, told, "CANCELLED" if off else "CONFIRMED"


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    app = make_app(copy_of(migrated_database("sqlite")), tmp_path / "data", PUNTE_BASE_URL=base)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        with app.app_context(), time_machine.travel(BEFORE, tick=False) as clock:
            yield Story(app, clock, base, tmp_path)
            db.session.remove()
            db.engine.dispose()
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class Deeds:
    """What coordinators do in this story, at the time it is there."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.course = self.plan("Curs A1", Kind.COURSE, at("2027-03-09T10:00"), weeks=4)
        self.festival = self.plan("Seară de poezie", Kind.CULTURAL, at("2027-03-12T18:00"))

    def plan(
        self,
        title: str,
        kind: Kind,
        first: datetime,
        *,
        weeks: int = 1,
        term: Term | None = None,
    ) -> list[Meeting]:
        """An activity with a session a week, by the clock on the wall, in the first room."""
        story = self.story
        starts = [first + n * WEEK for n in range(weeks)]
        held = [
            Occurrence(one.date(), one.astimezone(UTC), (one + 2 * HOUR).astimezone(UTC))
            for one in starts
        ]
        facts = ActivityFacts(
            centre=story.centre, kind=kind, texts={"ro": (title, "")}, room=story.room, term=term
        )
        activity = plan_activity(facts, held, by=story.boss, now=story.now)
        return list(
            db.session.scalars(
                select(Meeting)
                .where(Meeting.activity_id == activity.id)
                .order_by(Meeting.starts_at)
            )
        )

    def move(self, meeting: Meeting, starts_at: datetime, *, room: Room | None = None) -> None:
        move_meeting(
            meeting,
            starts_at=starts_at.astimezone(UTC),
            ends_at=starts_at.astimezone(UTC) + 2 * HOUR,
            room=room or meeting.room,
            by=self.story.boss,
            now=self.story.now,
            seen=meeting.sequence,
        )

    def cancel(self, meeting: Meeting) -> None:
        cancel_meeting(meeting, by=self.story.boss, now=self.story.now, seen=meeting.sequence)

    def restore(self, meeting: Meeting) -> None:
        restore_meeting(meeting, by=self.story.boss, now=self.story.now, seen=meeting.sequence)

    def detail(self, meetings: Sequence[Meeting], **given: Any) -> None:
        edit_series(
            meetings,
            scope=Scope.ALL if given.get("whole") else Scope.THIS,
            by=self.story.boss,
            now=self.story.now,
            seen=unchanged,
            details=Details(**given),
        )

    def shift_series(self, anchor: Meeting, *, starts: time, ends: time) -> None:
        """All coming sessions of the series at other hours of the wall clock."""
        day = anchor.starts_at.astimezone(BUCHAREST).date()
        shift = shift_from(
            anchor.starts_at, anchor.ends_at, BUCHAREST, day=day, starts=starts, ends=ends
        )
        edit_series(
            self.course,
            scope=Scope.ALL,
            by=self.story.boss,
            now=self.story.now,
            seen=unchanged,
            targets=moved(self.course, shift, room=None, keep_rooms=True, by_hand=False),
        )

    def describe(self, activity: Activity, language: str, title: str, told: str) -> None:
        kept = {one.language: (one.title, one.description) for one in activity.texts}
        set_texts(activity, kept | {language: (title, told)}, now=self.story.now)


def test_a_life_of_some_sessions_in_a_calendar_program(story: Story) -> None:
    do = Deeds(story)
    one, course, layla = do.course[1], do.course[0].activity, story.layla
    uids = set()

    def step(deed: Callable[[], object], *, sequence: int, changed: bool = True) -> None:
        """*sequence*: of the second session of the course after it; *changed*: whether it was."""
        story.step(deed)
        seen = story.event(one)
        assert (seen.sequence, seen.status) == (sequence, _status(one))
        assert seen.stamped_at == seen.changed_at
        assert (seen.changed_at == story.now) is changed, seen
        assert [kept for kept in story.client.stored(OWN) if _same(kept, seen)], "is not stored"
        uids.add(seen.uid)

    step(lambda: join(course, layla, by=layla, now=story.now), sequence=0, changed=False)
    step(lambda: do.move(one, at("2027-03-17T12:30")), sequence=1)
    step(lambda: do.move(one, one.starts_at, room=story.other_room), sequence=2)
    step(lambda: do.detail([one], titles={"ro": "Vizită la bibliotecă"}), sequence=2)
    step(lambda: do.detail([one], titles={"ro": "Vizită; muzeu", "ar": "زيارة"}), sequence=2)
    step(lambda: do.describe(course, "ar", "دورة", "أحضروا دفترًا، وقلمًا"), sequence=2)
    step(lambda: do.detail([one], online_url="https://meet.example/a,b;c"), sequence=2)
    step(lambda: do.cancel(one), sequence=3)
    step(lambda: do.restore(one), sequence=4)
    hours = {"starts": time(14), "ends": time(16, 30)}
    step(lambda: do.shift_series(do.course[0], **hours), sequence=5)
    step(lambda: do.move(do.course[2], at("2027-03-28T04:30")), sequence=5, changed=False)
    named = RoomFacts(name="Sala 2, renovată", capacity=9)
    step(lambda: change_room(story.other_room, named, now=story.now), sequence=5)
    assert uids == {f"{one.ref}@punte.example"}


def test_what_goes_and_what_comes_back_in_a_calendar_program(story: Story) -> None:
    do = Deeds(story)
    course, layla, festival = do.course[0].activity, story.layla, do.festival[0]
    both = (course, festival.activity)
    story.step(lambda: [join(one, layla, by=layla, now=story.now) for one in both])
    before = [story.event(one) for one in do.course]

    story.step(lambda: leave(course, layla, by=layla, now=story.now))
    assert _uids(story, OWN) == {f"{festival.ref}@punte.example"}

    story.step(lambda: join(course, layla, by=layla, now=story.now))
    assert [story.event(one) for one in do.course] == before

    drafts = []
    story.step(lambda: drafts.extend(_two_drafts(do, story)))
    assert len(_uids(story, PUBLIC)) == len(do.course) + 1

    story.step(lambda: throw_away(drafts[0].activity))
    story.step(lambda: publish(story.term, by=story.boss, now=story.now))
    assert f"{drafts[1].ref}@punte.example" in _uids(story, PUBLIC)

    story.step(lambda: do.detail(do.course, privacy=Privacy.PROTECTED, whole=True))
    assert not {one.uid for one in before} & _uids(story, PUBLIC)
    assert [story.event(one).sequence for one in do.course] == [one.sequence for one in before]

    story.step(lambda: do.cancel(festival))
    for story.now, kept in ((_last_second(festival), True), (festival.starts_at + 31 * DAY, False)):
        story.clock.move_to(story.now)
        story.check()
        assert (f"{festival.ref}@punte.example" in _uids(story, OWN)) is kept


def _two_drafts(do: Deeds, story: Story) -> list[Meeting]:
    """In the term that is not published: nobody knows of them yet."""
    starts = (at("2027-04-20T10:00"), at("2027-04-21T10:00"))
    return [do.plan("Ciornă", Kind.COURSE, one, term=story.term)[0] for one in starts]


def _last_second(meeting: Meeting) -> datetime:
    return meeting.starts_at + 30 * DAY - timedelta(seconds=1)


def _uids(story: Story, calendar: str) -> set[str]:
    return {one.uid for one in story.fetched(calendar)}


def _same(kept: Seen, seen: Seen) -> bool:
    """vdirsyncer gives what comes from an address a UID of its own; all else is as it was sent."""
    return replace(kept, uid=seen.uid) == seen


def _status(meeting: Meeting) -> str:
    return "CANCELLED" if meeting.is_cancelled else "CONFIRMED"
