"""A programme with something of every privacy, and every calendar feed of it over HTTP."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from app.extensions import db
from app.feeds.models import Scope
from app.feeds.operations import make_link
from app.i18n import LANGUAGES
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import book
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Part
from app.programme.operations import set_texts
from app.staffing.moving import cancel_meeting
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY

PLAIN = {"Accept-Encoding": "identity"}
ZIPPED = {"Accept-Encoding": "gzip"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AFTER_THE_LOST_HOUR = datetime.fromisoformat("2027-03-28T04:30:00+03:00")
CANARIES = (
    "Canary-title",
    "Canary-description",
    "Canary-room",
    "Canary-street",
    "canary.example",
    "Canary-learner",
    "Canary-helper",
    "canary@example.org",
    "Canary-point",
)
"""Words of what is protected or individual, and of people: in no feed, but for a meeting point in
that of the mediator who goes there."""


NARROWER = (
    "all.ics?alarm=PT2H",
    "kind-course.ics",
    "kind-cultural.ics",
    "language-ar.ics",
    "centre-brasov_kind-course.ics",
    "kind-cultural_language-ar.ics",
    "centre-brasov_kind-orientation_language-uk.ics",
)
"""Public addresses that one comes to by choosing."""

WORDS = {
    "en": ("", "Bring a pen.\nThe door is behind the yard, ring twice."),
    "ar": ("دورة اللغة الرومانية للمبتدئين في المركز", "أحضروا دفترًا، وقلمًا؛ والباب خلف الفناء"),
    "uk": ("Курс румунської мови, щовівторка; вхід із двору", "Візьміть зошит\nі ручку"),
}
"""Language -> what follows a title there, and what is told of it."""


LAYLA, AMINA = "Layla", "Amina"


class Programme:
    """One centre; Layla learns and Amina helps at all of it."""

    def __init__(self) -> None:
        self.centre = make.centre(
            code="brasov", name="Brașov, centru; 1", address="Str. Lungă 5\\7"
        )
        self.layla = make.participant(
            self.centre, name="Canary-learner", email="canary@example.org", gender=Gender.WOMAN
        )
        self.amina = make.mediator(self.centre, name="Canary-helper", gender=Gender.WOMAN)
        self.course = self._activity("Curs de limba română, nivel A1; seara", level="A1")
        self.orientation = self._activity(
            "Cum găsesc un medic de familie?\nDrepturi și pași",
            kind=Kind.ORIENTATION,
            support_language="uk",
        )
        self.festival = self._activity("Seară \\ poezie, muzică; dans", kind=Kind.CULTURAL)
        self.group = self._activity("Canary-title", "Canary-description", kind=Kind.WOMENS_GROUP)
        self.appointment = self._activity(
            "K7-M4C", kind=Kind.INDIVIDUAL, meeting_point="Canary-point, poarta 2"
        )
        self.open_room = make.room(centre=self.centre, name="Sala mare, etaj; 2")
        self.closed_room = make.room(
            centre=self.centre, name="Canary-room", address="Canary-street 9"
        )
        self.meetings = self._meetings()
        for meeting in self.meetings:
            book(self.layla, meeting, Part.LEARNER)
            book(self.amina, meeting, Part.HELPER)
        self._ask_amina()
        db.session.commit()

    def _activity(self, title: str, description: str = "", **given: Any) -> Activity:
        activity = make.activity(title, centre=self.centre, **({"support_language": "ar"} | given))
        words = {
            language: (title if language == "en" else f"{title} – {more}", description or told)
            for language, (more, told) in WORDS.items()
        }
        set_texts(activity, words, now=LONG_AGO)
        return activity

    def _meetings(self) -> list[Meeting]:
        of: list[tuple[Activity, dict[str, Any]]] = [
            (self.course, {"room": self.closed_room}),
            (self.course, {"online_url": "https://meet.example/a1,b;c"}),
            (self.orientation, {"room": self.closed_room}),
            (self.festival, {"room": self.open_room}),
            (self.group, {"room": self.closed_room, "online_url": "https://canary.example/x"}),
            (self.group, {"room": self.closed_room}),
            (self.appointment, {}),
            (self.festival, {"room": self.open_room}),
        ]
        made = [
            make.meeting(activity=activity, starts_at=MONDAY + n * DAY, **given)
            for n, (activity, given) in enumerate(of)
        ]
        for off in (made[-1], made[5]):
            cancel_meeting(off, by=off.activity.coordinator, now=BEFORE, seen=0)
        made.append(make.meeting(activity=self.course, starts_at=AFTER_THE_LOST_HOUR))
        return made

    def _ask_amina(self) -> None:
        """She is asked to come to an evening and to the group; she has not answered yet."""
        asked = [(self.festival, self.open_room), (self.group, self.closed_room)]
        for day, (activity, room) in enumerate(asked, 20):
            meeting = make.meeting(activity=activity, room=room, starts_at=MONDAY + day * DAY)
            make.assignment(
                need=make.need(meeting=meeting, language="ar"),
                person=self.amina,
                lapses_at=MONDAY,
            )


def link_for(person: Person, **given: Any) -> str:
    """The path of a new secret link of *person*."""
    defaults = {"label": "phone", "language": "en", "alarm_minutes": None, "now": BEFORE}
    _feed, token = make_link(person, **(defaults | given))
    db.session.commit()
    return f"/c/{token}.ics"


@dataclass(frozen=True)
class Feed:
    """One address, and what it answers to whoever asks for it plainly."""

    path: str
    language: str
    owner: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_public(self) -> bool:
        return not self.owner

    @property
    def text(self) -> str:
        """Its lines without their folds."""
        return self.body.decode().replace("\r\n ", "")

    def values(self, name: str) -> list[str]:
        """What stands behind the colon of each line of this name, and of no longer one."""
        return re.findall(rf'^{name}(?:;[^:"]*|;[^:"]*"[^"]*")*:(.*)\r$', self.text, re.MULTILINE)


def public_addresses(browser: Browser, activities: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Language and path of every public feed that a page of the house leads to."""
    pages = ["/calendars", *(f"/activities/{ref}" for ref in activities)]
    for language in LANGUAGES:
        found = set()
        for page in pages:
            html = browser.get(f"/{language}{page}").text
            found |= set(re.findall(r'href="[^"]*/calendars/([^"/?#]+)"', html))
        assert len(found) >= 4, found
        for name in sorted({f"{one.removesuffix('.ics')}.ics" for one in found} | set(NARROWER)):
            yield language, f"/{language}/calendars/{name}"


def secret_addresses(programme: Programme) -> Iterator[tuple[str, str, str]]:
    """Language, path and owner of secret links: for Layla and Amina, with and without an alarm, for
    whoever plans the group the whole centre and the room in which it meets."""
    boss = programme.group.coordinator
    links: list[tuple[str, Person, dict[str, Any]]] = [
        (LAYLA, programme.layla, {}),
        (LAYLA, programme.layla, {"alarm_minutes": 60}),
        (AMINA, programme.amina, {}),
        (AMINA, programme.amina, {"alarm_minutes": 60, "with_open": True}),
        ("centre", boss, {"scope": Scope.CENTRE, "centre_id": programme.centre.id}),
        ("room", boss, {"scope": Scope.ROOM, "room_id": programme.closed_room.id}),
    ]
    for language in LANGUAGES:
        for owner, person, given in links:
            yield language, link_for(person, language=language, **given), owner


def every_feed(app: Flask, programme: Programme) -> list[Feed]:
    """Every feed there is, in every language."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    secret = list(secret_addresses(programme))
    activities = [programme.course.ref, programme.festival.ref]
    db.session.rollback()  # SQLite lets one write; fetching is remembered
    public = [(language, path, "") for language, path in public_addresses(browser, activities)]
    feeds = []
    for language, path, owner in public + secret:
        answer = browser.get(path, headers=PLAIN)
        assert answer.status_code == 200, path
        feeds.append(Feed(path, language, owner, dict(answer.headers), answer.data))
    return feeds


def body_of(answer: Any) -> bytes:
    """What an answer says, whichever way it was packed."""
    packed = answer.headers.get("Content-Encoding") == "gzip" and answer.data
    return gzip.decompress(answer.data) if packed else bytes(answer.data)
