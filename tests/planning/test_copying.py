"""Copying an activity: its plan is taken over, its dates and its people never are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.extensions import db
from app.people.models import Membership, Person
from app.people.terms import Level, Role
from app.planning.duplicating import duplicate_meeting
from app.planning.outlines import Outline, from_json, outline_of
from app.programme.kinds import AgeBand, Kind, Privacy, Topic
from app.programme.models import Activity, Booking, Confidant, Meeting, Status
from app.programme.operations import set_texts
from app.programme.recurrence import Slot
from app.signups.models import Enrolment
from app.signups.operations import join
from app.staffing.models import Need
from app.staffing.needs import NeedFacts
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.planning.test_plan_pages import chosen, plan, slot

MONDAYS = Slot(0, time(11), time(13))


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(app: Flask) -> Person:
    return make.coordinator(make.centre())


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


def weekly(activity: Activity, *days: int, hours: float = 2, **given: object) -> list[Meeting]:
    """Meetings at eleven, so many days after Monday."""
    return [
        make.meeting(
            activity=activity,
            starts_at=MONDAY + timedelta(days=day),
            ends_at=MONDAY + timedelta(days=day, hours=hours),
            **given,
        )
        for day in days
    ]


def outline(activity: Activity, meetings: list[Meeting]) -> Outline:
    return outline_of(activity, meetings, db.session.scalars(select(Need)).all())


def test_an_outline_has_every_distinct_slot_with_its_room(app: Flask) -> None:
    course = make.activity()
    room = make.room(centre=course.centre)
    meetings = weekly(course, 0, 7, 14, room=room) + weekly(course, 3, 10, hours=1)

    found = outline(course, meetings)

    assert found.slots == (
        Slot(0, time(11), time(13), room.id),
        Slot(3, time(11), time(12), None),
    )
    assert (found.count, found.every) == (5, 1)


def test_an_outline_keeps_local_hours_when_the_clocks_change(app: Flask) -> None:
    course = make.activity()
    after = MONDAY + timedelta(days=28, hours=-1)  # 29 March: summer time
    meetings = [*weekly(course, 0, 7), make.meeting(activity=course, starts_at=after)]

    assert outline(course, meetings).slots == (MONDAYS,)


def test_an_outline_counts_what_was_planned_and_takes_the_pattern_from_what_still_follows_it(
    app: Flask,
) -> None:
    """A single date counts for itself; what was moved by hand or cancelled was once a session."""
    course = make.activity()
    meetings = weekly(course, 0, 7, 14) + weekly(course, 21, hours=0.5)
    meetings += weekly(course, 2, by_hand=True) + weekly(course, 4, status=Status.CANCELLED)

    found = outline(course, meetings)

    meetings += weekly(course, 3, by_hand=True, sequence=1)
    assert found.slots == (MONDAYS,)
    assert found.count == 5
    assert outline(course, meetings).count == 6


@pytest.mark.parametrize(("days", "every"), [((0, 14, 42), 2), ((0, 7, 21), 1), ((0,), 1), ((), 1)])
def test_an_outline_knows_every_how_many_weeks(
    app: Flask, days: tuple[int, ...], every: int
) -> None:
    course = make.activity()

    assert outline(course, weekly(course, *days)).every == every


def test_an_outline_needs_whom_most_sessions_need(app: Flask) -> None:
    course = make.activity()
    meetings = weekly(course, 0, 7, 14)
    for meeting in meetings[1:]:
        for _n in range(2):
            make.need(meeting=meeting, language="ar", level=Level.B2)
    make.need(meeting=meetings[0], role=Role.VOLUNTEER, wanted=9)

    mediator = NeedFacts(role=Role.MEDIATOR, language="ar", level=Level.B2)
    assert outline(course, meetings).needs == (mediator, mediator)


def test_a_copy_brings_the_plan_and_nobody(desk: Browser, boss: Person) -> None:
    here = boss.memberships[0].centre
    room = make.room(centre=here)
    course = make.activity(
        centre=here, level="A1", age=AgeBand.ADULTS, support_language="ar", capacity=14, minimum=6
    )
    meetings = weekly(course, 0, 7, room=room)
    for meeting in meetings:
        make.need(meeting=meeting, language="ar")
    guest = make.participant(here)
    join(course, guest, by=boss, now=BEFORE)
    db.session.commit()

    page = desk.get(f"/en/activities/new?like={course.ref}").text

    assert 'value="Language café"' in page
    assert [chosen(page, name) for name in ("level", "age", "support_language")] == [
        "A1",
        "adults",
        "ar",
    ]
    assert chosen(page, "slots-0-weekday") == "0"
    assert chosen(page, "slots-0-room") == str(room.id)
    assert 'value="11:00"' in page
    assert re.search(r'name="count"[^>]*value="2"', page)
    assert chosen(page, "needs-0-role") == "mediator"
    assert chosen(page, "needs-0-language") == "support"
    assert re.search(r'name="first_day"[^>]*value=""', page)
    assert guest.name not in page

    desk.post(
        "/en/activities/new",
        data=plan(room, like=course.ref, first_day="2027-06-07") | {"save": "1"},
    )

    copy = db.session.scalars(select(Activity).where(Activity.id != course.id)).one()
    theirs = select(Meeting.id).where(Meeting.activity_id == copy.id)
    assert len(db.session.scalars(theirs).all()) == 4
    assert db.session.scalars(select(Booking).where(Booking.meeting_id.in_(theirs))).all() == []
    enrolled = select(Enrolment).where(Enrolment.activity_id == copy.id)
    assert db.session.scalars(enrolled).all() == []


def test_a_copy_keeps_what_is_said_of_a_relay(desk: Browser, boss: Person) -> None:
    here = boss.memberships[0].centre
    room = make.room(centre=here)
    course = make.activity(centre=here, coordinator=boss)
    for meeting in weekly(course, 0, 7):
        make.need(meeting=meeting, language="ti", via="ar")
        make.need(meeting=meeting, language="so", relay=True)
    db.session.commit()

    page = desk.get(f"/en/activities/new?like={course.ref}").text
    by_via = {chosen(page, f"needs-{n}-via"): n for n in range(2)}
    half, whole = by_via["ar"], by_via[""]
    needed = {
        f"needs-{half}-role": "mediator",
        f"needs-{half}-language": "ti",
        f"needs-{half}-via": "ar",
        f"needs-{half}-wanted": "1",
        f"needs-{whole}-role": "mediator",
        f"needs-{whole}-language": "so",
        f"needs-{whole}-relay": "y",
        f"needs-{whole}-wanted": "1",
    }
    desk.post("/en/activities/new", data=plan(room, like=course.ref) | needed | {"save": "1"})

    assert re.search(rf'<input[^>]*checked[^>]*name="needs-{whole}-relay"', page)
    assert f'name="needs-{half}-relay"' not in page
    theirs = select(Need.language, Need.via, Need.relay).join(Need.meeting)
    found = db.session.execute(theirs.where(Meeting.activity_id != course.id))
    assert {tuple(row) for row in found} == {("ti", "ar", False), ("so", None, True)}


def test_holding_a_session_once_more_keeps_what_is_said_of_a_relay(app: Flask) -> None:
    meeting = make.meeting()
    make.need(meeting=meeting, language="ti", via="ar")
    make.need(meeting=meeting, language="so", relay=True)
    boss = meeting.activity.coordinator

    copy = duplicate_meeting(
        meeting, starts_at=MONDAY + timedelta(days=1), room=None, by=boss, now=BEFORE
    )

    found = select(Need.language, Need.via, Need.relay).where(Need.meeting_id == copy.id)
    assert {tuple(row) for row in db.session.execute(found)} == {
        ("ti", "ar", False),
        ("so", None, True),
    }


def test_a_copy_to_another_centre_needs_rooms_of_that_centre(desk: Browser, boss: Person) -> None:
    here, there = boss.memberships[0].centre, make.centre()
    boss.memberships.append(Membership(centre=there, role=Role.COORDINATOR))
    old, new = make.room(centre=here), make.room(centre=there)
    course = make.activity(centre=here)
    weekly(course, 0, room=old)
    db.session.commit()
    typed = plan(old, like=course.ref, centre=there.id) | {"save": "1"}

    left = desk.post("/en/activities/new", data=typed)
    assert left.status_code == 422
    assert "This room is in another centre. Choose one of this centre." in left.text
    done = desk.post("/en/activities/new", data=typed | slot(0, 0, new) | slot(1, 2, new))

    assert done.status_code == 303
    copy = db.session.scalars(select(Activity).where(Activity.centre_id == there.id)).one()
    assert {m.room_id for m in db.session.scalars(select(Meeting)) if m.activity == copy} == {
        new.id
    }


def test_a_copy_of_a_protected_activity_stays_protected_without_its_confidants(
    desk: Browser, boss: Person
) -> None:
    here = boss.memberships[0].centre
    room, colleague = make.room(centre=here), make.coordinator(here)
    secret = make.activity(centre=here, coordinator=boss, privacy=Privacy.PROTECTED)
    secret.confidants.append(Confidant(person_id=colleague.id))
    weekly(secret, 0, privacy=Privacy.PROTECTED)
    db.session.commit()

    page = desk.get(f"/en/activities/new?like={secret.ref}").text
    assert 'name="privacy"' not in page
    assert not re.search(r'name="confidants"[^>]*checked', page)
    typed = plan(room, like=secret.ref, privacy="public", first_day="2027-06-07")
    assert desk.post("/en/activities/new", data=typed | {"save": "1"}).status_code == 303

    copy = db.session.scalars(select(Activity).where(Activity.id != secret.id)).one()
    assert copy.privacy is Privacy.PROTECTED
    assert copy.confidants == []
    meetings = db.session.scalars(select(Meeting).where(Meeting.activity_id == copy.id))
    assert {meeting.privacy for meeting in meetings} == {Privacy.PROTECTED}


def test_what_one_does_not_plan_cannot_be_copied(app: Flask, desk: Browser, boss: Person) -> None:
    here = boss.memberships[0].centre
    room = make.room(centre=here)
    elsewhere, secret = make.activity(), make.womens_group(centre=here)
    for one in (elsewhere, secret):
        weekly(one, 0)
    db.session.commit()

    for one in (elsewhere, secret):
        assert desk.get(f"/en/activities/new?like={one.ref}").status_code == 404
        typed = plan(room, like=one.ref) | {"save": "1"}
        assert desk.post("/en/activities/new", data=typed).status_code == 404
    assert len(db.session.scalars(select(Activity)).all()) == 2


def test_a_session_one_may_not_know_of_is_not_part_of_the_copy(desk: Browser, boss: Person) -> None:
    here = boss.memberships[0].centre
    course = make.activity(centre=here)
    weekly(course, 0)
    weekly(course, 3, privacy=Privacy.PROTECTED)
    db.session.commit()

    page = desk.get(f"/en/activities/new?like={course.ref}").text

    assert chosen(page, "slots-0-weekday") == "0"
    assert "slots-1-weekday" not in page
    assert re.search(r'name="count"[^>]*value="1"', page)


@pytest.mark.parametrize("kind", [Kind.INDIVIDUAL, Kind.CHILDCARE])
def test_appointments_and_childcare_are_not_copied_here(
    desk: Browser, boss: Person, kind: Kind
) -> None:
    one = make.activity(kind=kind, centre=boss.memberships[0].centre, coordinator=boss)
    db.session.commit()

    assert desk.get(f"/en/activities/new?like={one.ref}").status_code == 404


def test_words_are_copied_in_every_language(desk: Browser, boss: Person) -> None:
    course = make.activity(centre=boss.memberships[0].centre)
    set_texts(course, {"uk": ("Мовне кафе", "Опис"), "ro": ("Cafenea", "")}, now=BEFORE)
    db.session.commit()

    page = desk.get(f"/en/activities/new?like={course.ref}").text

    assert 'value="Мовне кафе"' in page
    assert 'value="Cafenea"' in page
    assert ">\r\nОпис</textarea>" in page


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
numbers = st.none() | st.integers(1, 200)
slots = st.builds(
    lambda weekday, first, second, room: Slot(
        weekday, min(first, second), max(first, second), room
    ),
    st.integers(0, 6),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, hour=at.hour // 2)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, hour=12 + at.hour // 2)),
    st.none() | st.integers(1, 99),
)
wanted = st.builds(
    NeedFacts,
    role=st.sampled_from([Role.MEDIATOR, Role.VOLUNTEER]),
    language=st.just("ar"),
    level=st.none() | st.sampled_from(Level),
    wanted=st.integers(1, 20),
    women_only=st.booleans(),
    check_required=st.booleans(),
    interpreting=st.booleans(),
    relay=st.booleans(),
    via=st.none() | st.just("en"),
)
outlines = st.builds(
    Outline,
    kind=st.sampled_from(Kind),
    privacy=st.none() | st.sampled_from(Privacy),
    texts=st.dictionaries(
        st.sampled_from(["ro", "uk", "bn"]), st.tuples(texts, texts | st.just(""))
    ),
    support_language=st.none() | st.just("ar"),
    level=st.none() | st.just("A1"),
    age=st.none() | st.sampled_from(AgeBand),
    target_hours=numbers,
    hour_minutes=st.sampled_from([45, 50, 60]),
    minimum=numbers,
    capacity=numbers,
    placement=st.booleans(),
    topic=st.none() | st.sampled_from(Topic),
    families=st.booleans(),
    transport=st.none() | texts,
    slots=st.lists(slots, max_size=8).map(tuple),
    every=st.integers(1, 8),
    count=numbers,
    needs=st.lists(wanted, max_size=8).map(tuple),
)


@given(outlines)
def test_what_a_template_keeps_is_read_back_as_it_was(kept: Outline) -> None:
    import json

    assert from_json(json.loads(json.dumps(kept.to_json()))) == kept


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda more: st.lists(more, max_size=4) | st.dictionaries(st.text(), more, max_size=4),
    max_leaves=8,
)


@given(outlines, st.dictionaries(st.sampled_from(sorted(Outline.__annotations__)), junk))
def test_whatever_became_of_a_template_it_is_read_with_patience(
    kept: Outline, spoilt: dict[str, object]
) -> None:
    found = from_json(kept.to_json() | spoilt)

    assert found is None or isinstance(found, Outline)
    assert from_json({}) is None
    bare = from_json({"kind": "course"})
    assert bare == Outline(kind=Kind.COURSE, texts={})


def test_an_outline_has_no_dates(app: Flask) -> None:
    course = make.activity()
    weekly(course, 0)
    kept = str(outline(course, weekly(course, 7)).to_json())

    assert str(datetime(2027, 1, 1).year) not in kept  # noqa: DTZ001
