"""Whatever is typed as a title, a room or a name, every reader shows it as it was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Kind
from app.programme.models import Meeting, Part, Status
from app.programme.operations import set_texts
from tests import make
from tests.conftest import Browser
from tests.feeds.linter import problems
from tests.feeds.nasty import kept, typed
from tests.feeds.programme import PLAIN, link_for
from tests.feeds.readers import PRESENT, Seen, understood
from tests.make import BEFORE, LONG_AGO

patiently = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def meeting(browser: Browser) -> Meeting:
    """A festival: its title, words and room are for everybody."""
    activity = make.activity(kind=Kind.CULTURAL)
    return make.meeting(activity=activity, room=make.room(centre=activity.centre))


@pytest.fixture
def addresses(meeting: Meeting) -> list[str]:
    """Its public feed, and the feed of somebody who goes there."""
    learner: Person = make.person()
    book(learner, meeting, Part.LEARNER)
    return [
        "/ar/calendars/all.ics",
        link_for(learner, language="ar", alarm_minutes=15, now=LONG_AGO),
    ]


starts = st.integers(0, 250 * 24 * 60).map(lambda n: BEFORE + timedelta(minutes=n))
"""Some minute from February to October."""


@patiently
@given(
    title=typed.filter(bool),
    told=typed,
    room=typed,
    centre=typed,
    starts_at=starts,
    minutes=st.integers(1, 3000),
    sequence=st.integers(0, 2**31 - 1),
    cancelled=st.booleans(),
)
def test_every_reader_shows_what_was_typed(
    browser: Browser,
    meeting: Meeting,
    addresses: list[str],
    title: str,
    told: str,
    room: str,
    centre: str,
    starts_at: datetime,
    minutes: int,
    sequence: int,
    cancelled: bool,
) -> None:
    set_texts(meeting.activity, {"ar": (title, told)}, now=LONG_AGO)
    assert meeting.room is not None
    meeting.room.name, meeting.activity.centre.name = room, centre
    meeting.starts_at, meeting.ends_at = starts_at, starts_at + timedelta(minutes=minutes)
    meeting.sequence, meeting.status = sequence, Status.CANCELLED if cancelled else Status.PLANNED
    db.session.commit()
    expected = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "status": "CANCELLED" if cancelled else "CONFIRMED",
        "sequence": sequence,
        "stamped_at": LONG_AGO,
        "changed_at": LONG_AGO,
    }
    words = {
        "summary": kept(("إلغاء: " if cancelled else "") + title),
        "description": kept(told),
        "location": kept(meeting.place),
    }

    for path in addresses:
        body = browser.get(path, headers=PLAIN).data
        assert problems(body, secret=path.startswith("/c/")) == []
        for seen in PRESENT:
            (found,) = seen(body)
            assert _of(found, expected) == expected, seen
            told_words = {name: understood(seen, words[name]) for name in words}
            assert _of(found, words) == told_words, seen


def _of(found: Seen, names: Iterable[str]) -> dict[str, object]:
    return {name: getattr(found, name) for name in names}
