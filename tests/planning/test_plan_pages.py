"""Planning by page: nothing typed is lost, a preview comes first, a bad form says why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.extensions import db
from app.people.models import Centre, Membership, Person
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, Meeting, Part
from app.programme.organisation_calendar import CalendarEntry, DayKind
from app.programme.places import Room
from app.programme.terms import Term
from app.signups.operations import join
from app.staffing.models import Assignment, Need, State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(app: Flask) -> Person:
    return make.coordinator(make.centre())


@pytest.fixture
def room(boss: Person) -> Room:
    return make.room(centre=boss.memberships[0].centre)


@pytest.fixture
def desk(browser: Browser, boss: Person, room: Room) -> Browser:
    return browser.sign_in(boss)


def plan(at: Room, /, **given: object) -> dict[str, object]:
    """A course on Mondays and Wednesdays, as it is typed."""
    typed: dict[str, object] = {
        "kind": "course",
        "centre": at.centre_id,
        "title_en": "Café",
        "language": "ro",
        "support_language": "ar",
        "level": "A1",
        "privacy": "members",
        "hour_minutes": "45",
        "first_day": "2027-03-01",
        "every": "1",
        "ends_by": "count",
        "count": "4",
        **slot(0, 0, at),
        **slot(1, 2, at),
    }
    return typed | given


def slot(row: int, weekday: int | str, at: Room | None = None) -> dict[str, object]:
    """One typed row: that weekday from 17 to 19."""
    return {
        f"slots-{row}-weekday": str(weekday),
        f"slots-{row}-starts": "17:00",
        f"slots-{row}-ends": "19:00",
        f"slots-{row}-room": at.id if at else 0,
    }


def single(row: int, day: str, at: Room | None = None) -> dict[str, object]:
    """One typed date, from 10 to 12."""
    return {
        f"singles-{row}-day": day,
        f"singles-{row}-starts": "10:00",
        f"singles-{row}-ends": "12:00",
        f"singles-{row}-room": at.id if at else 0,
    }


def test_the_first_click_shows_and_saves_nothing(desk: Browser, room: Room) -> None:
    page = desk.post("/en/activities/new", data=plan(room))

    assert page.status_code == 200
    assert "4 sessions would be planned" in page.text
    assert db.session.scalars(select(Activity)).all() == []


def test_the_second_click_saves_exactly_what_was_shown(desk: Browser, room: Room) -> None:
    answer = desk.post("/en/activities/new", data=plan(room, save="1"))

    activity = db.session.scalars(select(Activity)).one()
    assert answer.location == f"/en/activities/{activity.ref}/needs"
    starts = db.session.scalars(select(Meeting.starts_at).order_by(Meeting.starts_at)).all()
    assert [f"{start:%m-%d %H:%M}" for start in starts] == [
        "03-01 15:00",
        "03-03 15:00",
        "03-08 15:00",
        "03-10 15:00",
    ]


def test_a_holiday_is_skipped_and_named(desk: Browser, room: Room) -> None:
    page = desk.post(
        "/ro/activities/new",
        data=plan(room, first_day="2027-05-03", count="2", **{"slots-1-weekday": ""})
        | {"slots-1-starts": "", "slots-1-ends": ""},
    )

    assert "Paștele" in page.text or "Paşte" in page.text or "Paști" in page.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title_en": ""}, "at least one language"),
        ({"description_uk": "Опис"}, "needs a title in the same language"),
        ({"slots-1-weekday": ""}, "Which day?"),
        ({"slots-1-starts": "soon"}, "time"),
        ({"slots-1-starts": ""}, "When does it start?"),
        ({"slots-1-ends": ""}, "When does it end?"),
        ({"slots-1-ends": "16:00"}, "end after it starts"),
        ({"slots-1-weekday": "0"}, "Two rows are the same"),
        ({"slots-1-weekday": "0", "slots-1-ends": "20:00"}, "would overlap"),
        ({"singles-0-day": "2027-03-05"}, "When does it start?"),
        ({"singles-0-starts": "10:00", "singles-0-ends": "12:00"}, "Which day?"),
        ({**single(0, "2026-01-01")}, "day is over"),
        ({**single(0, "2099-01-01")}, "too far away"),
        ({"first_day": ""}, "Choose the first day"),
        ({"count": ""}, "How many sessions?"),
        ({"ends_by": "until"}, "Choose the last day"),
        ({"ends_by": "hours"}, "How many teaching hours in all?"),
        ({"ends_by": "never"}, "choice"),
        ({"count": "500"}, "from 1 to 200"),
        ({"first_day": "2026-01-01"}, "day is over"),
        ({"first_day": "soon"}, "date"),
        ({"privacy": "individual"}, "choice"),
        ({"online_url": "javascript:alert(1)"}, "https://"),
        ({"capacity": "0"}, "from 1 to 1000"),
        ({"minimum": "9", "capacity": "8"}, "larger than the number of places"),
        ({"ends_by": "until", "until": "2027-02-28"}, "No session would take place"),
        ({"ends_by": "until", "until": "2030-06-01"}, "too many sessions"),
        ({"ends_by": "until", "until": "2099-01-01"}, "too far away"),
        ({"ends_by": "hours", "target_hours": "1000", "every": "8"}, "too many sessions"),
        ({"first_day": "9999-12-20"}, "too far away"),
        ({"slots-1-room": "999999"}, "choice"),
        ({"term": "999999"}, "choice"),
        ({"needs-0-role": "mediator", "needs-0-wanted": "0"}, "from 1 to 20"),
        ({"needs-0-role": "mediator", "needs-0-level": "B1"}, "language that this level is about"),
        ({"needs-0-role": "mediator", "needs-0-relay": "y"}, "two people would interpret in relay"),
        (
            {"needs-0-role": "mediator", "needs-0-language": "support", "support_language": ""},
            "into which language it is mediated",
        ),
    ],
)
def test_a_wrong_form_says_why_and_keeps_what_was_typed(
    desk: Browser, room: Room, wrong: dict[str, str], sentence: str
) -> None:
    page = desk.post("/en/activities/new", data=plan(room, **wrong) | {"save": "1"})

    assert page.status_code == 422
    assert sentence in page.text
    assert 'id="error-summary"' in page.text
    assert page.text.count('value="17:00"') >= 1
    assert chosen(page.text, "slots-0-weekday") == "0"
    assert chosen(page.text, "slots-0-room") == str(room.id)
    assert db.session.scalars(select(Activity)).all() == []


def chosen(page: str, name: str) -> str:
    """What a list of choices on a page has selected."""
    options = page.partition(f'name="{name}"')[2].partition("</select>")[0]
    found = re.search(r'<option selected value="([^"]*)"', options)
    return found.group(1) if found else ""


def test_one_more_row_keeps_everything_and_complains_of_nothing(desk: Browser, room: Room) -> None:
    typed = plan(room, title_ro="Rămâne", **{"slots-1-starts": "soon"})

    page = desk.post("/en/activities/new", data=typed | {"add": "slots"})

    assert page.status_code == 200
    assert 'id="error-summary"' not in page.text
    assert 'value="Rămâne"' in page.text
    assert 'value="soon"' in page.text
    assert chosen(page.text, "slots-1-weekday") == "2"
    assert 'name="slots-2-weekday"' in page.text
    assert 'name="slots-3-weekday"' not in page.text
    assert db.session.scalars(select(Activity)).all() == []


@pytest.mark.parametrize(("rows", "most"), [("slots", 8), ("singles", 20), ("needs", 8)])
def test_there_are_only_so_many_rows(desk: Browser, room: Room, rows: str, most: int) -> None:
    last = {"slots": "ends", "singles": "ends", "needs": "wanted"}[rows]
    many = {f"{rows}-{n}-{last}": "" for n in range(most + 3)}

    page = desk.post("/en/activities/new", data=plan(room) | many | {"add": rows})

    assert page.status_code == 200
    assert f'name="{rows}-{most - 1}-{last}"' in page.text
    assert f'name="{rows}-{most}-{last}"' not in page.text
    assert f'value="{rows}"' not in page.text


def test_a_kind_asks_its_own_questions_and_no_others(desk: Browser) -> None:
    course = desk.get("/en/activities/new?kind=course").text
    group = desk.get("/en/activities/new?kind=womens_group").text
    walk = desk.get("/en/activities/new?kind=cultural").text

    assert 'name="placement"' in course
    assert 'name="transport"' not in course
    assert 'value="hours"' in course
    assert 'name="level"' not in group
    assert 'value="hours"' not in group
    assert 'name="transport"' in walk
    assert chosen(course, "needs-1-language") == "support"


def drawn(page: str) -> set[str]:
    return set(re.findall(r'name="(\w+)"', page))


@pytest.mark.parametrize("kind", Kind)
def test_what_a_kind_asks_is_kept_and_drawn(desk: Browser, kind: Kind) -> None:
    columns = {column.key for column in Activity.__table__.columns}
    assert set(kind.policy.fields) <= columns
    assert kind.policy.privacy in kind.policy.privacies

    page = desk.get(f"/en/activities/new?kind={kind.value}")

    if kind.policy.single:
        assert page.location == "/en/appointments/new"
    elif not kind.policy.chosen_alone:
        assert page.status_code == 404
    else:
        assert set(kind.policy.fields) <= drawn(page.text)
        assert ("privacy" in drawn(page.text)) is (len(kind.policy.privacies) > 1)


def test_first_one_chooses_what_to_plan(desk: Browser) -> None:
    page = desk.get("/en/activities/new").text

    assert 'href="/en/activities/new?kind=course"' in page
    assert 'href="/en/appointments/new"' in page
    assert "kind=childcare" not in page
    assert desk.get("/en/activities/new?template=nothing").status_code == 404
    assert desk.get("/en/activities/new?like=nothing").status_code == 404
    assert desk.post("/en/activities/new", data={"kind": "nothing"}).status_code == 404
    assert desk.post("/en/activities/new", data={"kind": "individual"}).status_code == 404


def test_each_day_has_its_own_hours_and_room_and_single_dates_stand_beside_them(
    desk: Browser, room: Room
) -> None:
    other = make.room(centre=room.centre)
    db.session.commit()
    typed = plan(room, **slot(1, 2, other), **single(0, "2027-03-06", other))
    typed |= {"slots-1-starts": "09:00", "slots-1-ends": "10:30", "save": "1"}

    assert desk.post("/en/activities/new", data=typed).status_code == 303

    found = db.session.scalars(select(Meeting).order_by(Meeting.starts_at)).all()
    assert [(f"{m.starts_at:%d %H:%M}", m.room_id, m.by_hand) for m in found] == [
        ("01 15:00", room.id, False),
        ("03 07:00", other.id, False),
        ("06 08:00", other.id, True),
        ("08 15:00", room.id, False),
        ("10 07:00", other.id, False),
    ]


def test_single_dates_alone_are_a_plan_even_on_a_closed_day(desk: Browser, room: Room) -> None:
    typed = plan(room, **slot(0, ""), **slot(1, ""), **single(0, "2027-05-03", room))
    nothing = dict.fromkeys(("slots-0-starts", "slots-0-ends", "slots-1-starts"), "")
    typed |= nothing | {"slots-1-ends": "", "first_day": "", "count": ""}

    page = desk.post("/en/activities/new", data=typed)

    assert page.status_code == 200
    assert "1 session would be planned" in page.text
    assert "You chose this date yourself" in page.text
    assert desk.post("/en/activities/new", data=typed | {"save": "1"}).status_code == 303
    none = desk.post("/en/activities/new", data=typed | {"singles-0-day": ""})
    assert none.status_code == 422
    nowhen = typed | dict.fromkeys(("singles-0-day", "singles-0-starts", "singles-0-ends"), "")
    assert "Say when it takes place" in desk.post("/en/activities/new", data=nowhen).text


def test_teaching_hours_end_a_course_and_are_told_in_both_reckonings(
    desk: Browser, room: Room
) -> None:
    typed = plan(room, ends_by="hours", target_hours="10", **single(0, "2027-03-06"))

    page = desk.post("/en/activities/new", data=typed).text

    assert "4 sessions, 10 teaching hours of 45 minutes = 7.5 clock hours" in page
    assert "The last weekly session is shorter: Monday, 8 March 2027" in page
    desk.post("/en/activities/new", data=typed | {"save": "1"})
    activity = db.session.scalars(select(Activity)).one()
    assert (activity.target_hours, activity.hour_minutes) == (10, 45)


def test_hours_that_are_not_those_that_were_wanted_are_told(desk: Browser, room: Room) -> None:
    page = desk.post("/en/activities/new", data=plan(room, target_hours="20")).text

    assert "These are 10.67 teaching hours; 20 are wanted." in page
    assert "shorter" not in page


def test_a_room_that_is_too_small_is_told_and_stops_nobody(desk: Browser, room: Room) -> None:
    small = make.room(centre=room.centre, name="Nook", capacity=12)
    db.session.commit()
    typed = plan(room, capacity="15", **slot(1, 2, small))

    page = desk.post("/en/activities/new", data=typed).text

    assert "Nook holds 12, the group may be 15." in page
    assert f"{room.name} holds" not in page
    assert desk.post("/en/activities/new", data=typed | {"save": "1"}).status_code == 303


def test_a_room_that_is_no_longer_in_use_takes_nobody(desk: Browser, room: Room) -> None:
    closed = make.room(centre=room.centre, name="Nook", in_use=False)
    db.session.commit()
    typed = plan(room, **slot(1, 2, closed))

    answer = desk.post("/en/activities/new", data=typed | {"save": "1"})

    assert answer.status_code == 422
    assert "Nook is not in use any more." in answer.text
    assert not db.session.scalars(select(Activity)).all()


def test_days_of_the_organisation_are_skipped_and_hints_are_counted(
    desk: Browser, room: Room
) -> None:
    for kind, day in (("closed", 1), ("school_holiday", 3), ("note", 8), ("note", 10)):
        db.session.add(
            CalendarEntry(
                kind=DayKind(kind),
                name=f"Entry {kind}",
                first_day=MONDAY.replace(day=day).date(),
                last_day=MONDAY.replace(day=day).date(),
                made_at=BEFORE,
            )
        )
    db.session.commit()

    page = desk.post("/en/activities/new", data=plan(room)).text
    paused = desk.post("/en/activities/new", data=plan(room, skip_school_holidays="y")).text

    assert "Entry closed</strong>" in page
    assert "2 sessions fall in: Entry note" in page
    assert "1 session falls in: Entry school_holiday" in page
    assert "Entry school_holiday</strong>" in paused
    assert "falls in: Entry school_holiday" not in paused


def test_who_is_needed_is_saved_for_every_session(desk: Browser, room: Room) -> None:
    needed = {
        "needs-0-role": "mediator",
        "needs-0-language": "support",
        "needs-0-level": "B2",
        "needs-0-wanted": "1",
        "needs-0-relay": "y",
        "needs-1-role": "volunteer",
        "needs-1-wanted": "2",
        "needs-1-check_required": "y",
        "needs-2-role": "",
        "needs-2-wanted": "1",
    }

    desk.post("/en/activities/new", data=plan(room) | needed | {"save": "1"})

    found = db.session.scalars(select(Need).order_by(Need.id)).all()
    assert len({need.meeting_id for need in found}) == 4
    assert Counter(
        (n.role, n.language, n.level, n.wanted, n.check_required, n.relay) for n in found
    ) == {
        ("mediator", "ar", "B2", 1, False, True): 4,
        ("volunteer", None, None, 2, True, False): 4,
    }


def test_in_a_draft_term_it_is_a_draft_and_in_a_published_one_it_is_open(
    desk: Browser, room: Room
) -> None:
    draft = make_term(room.centre)
    published = make_term(room.centre, name="Now", published_at=BEFORE)
    db.session.commit()

    shown = desk.post("/en/activities/new", data=plan(room, term=draft.id, count="6")).text
    assert "1 session lies outside the term." in shown
    desk.post("/en/activities/new", data=plan(room, term=draft.id, save="1"))
    later = plan(room, term=published.id, first_day="2027-04-05", save="1")
    desk.post("/en/activities/new", data=later)

    first, second = db.session.scalars(select(Activity).order_by(Activity.id)).all()
    assert (first.is_draft, first.term) == (True, draft)
    assert (second.is_draft, second.term) == (False, published)
    badge = '<span class="draft-badge">'
    assert badge in desk.get(f"/en/activities/{first.ref}").text
    assert badge not in desk.get(f"/en/activities/{second.ref}").text


def make_term(at: Centre, **given: Any) -> Term:
    facts = {"name": "Spring", "first_day": MONDAY.date(), "last_day": MONDAY.date()}
    term = Term(centre=at, **(facts | {"last_day": MONDAY.date() + timedelta(days=14)} | given))
    db.session.add(term)
    db.session.flush()
    return term


def test_rooms_and_terms_of_another_centre_are_refused_in_clear_words(
    desk: Browser, boss: Person, room: Room
) -> None:
    second = make.centre()
    boss.memberships.append(Membership(centre=second, role=Role.COORDINATOR))
    term = make_term(second)
    db.session.commit()

    page = desk.post("/en/activities/new", data=plan(room, centre=second.id, save="1"))
    assert page.status_code == 422
    assert page.text.count("This room is in another centre. Choose one of this centre.") == 4
    page = desk.post("/en/activities/new", data=plan(room, term=term.id, save="1"))
    assert page.status_code == 422
    assert "This term is of another centre." in page.text
    foreign = make.room()
    elsewhere = make_term(foreign.centre, name="Elsewhere")
    db.session.commit()
    for wrong in ({"slots-0-room": foreign.id}, {"term": elsewhere.id}):
        answer = desk.post("/en/activities/new", data=plan(room) | wrong | {"save": "1"})
        assert answer.status_code == 422
        assert foreign.name not in answer.text
        assert "Elsewhere" not in answer.text
    assert db.session.scalars(select(Activity)).all() == []


def test_of_two_who_save_at_once_one_is_shown_what_is_there_now(racing_app: Flask) -> None:
    with racing_app.app_context():
        room = make.room()
        bosses = [make.coordinator(room.centre) for _n in range(2)]
        browsers = [Browser(racing_app).sign_in(boss) for boss in bosses]
        typed = plan(room, save="1")

    def save(browser: Browser) -> TestResponse:
        return browser.post("/en/activities/new", data=typed)

    answers = all_at_once(racing_app, [partial(save, browser) for browser in browsers])

    pages = {one.status_code: one.text for one in answers if isinstance(one, TestResponse)}
    assert sorted(pages) == [303, 409]
    assert "The room is taken" in pages[409]
    assert "4 sessions would be planned" in pages[409]
    with racing_app.app_context():
        assert len(db.session.scalars(select(Activity)).all()) == 1


def test_what_a_kind_answers_is_read_by_those_who_might_come(desk: Browser, room: Room) -> None:
    typed = plan(room, target_hours="8", placement="y", age="adults", minimum="3", capacity="15")
    desk.post("/en/activities/new", data=typed | {"save": "1"})
    activity = db.session.scalars(select(Activity)).one()
    meeting = db.session.scalars(select(Meeting)).first()
    assert meeting is not None
    stranger = Browser(desk.application)

    for path in (f"/en/activities/{activity.ref}", f"/en/meetings/{meeting.ref}"):
        page = stranger.get(path).text.partition("<main")[2]
        assert "8 hours of 45 minutes" in page
        assert "We talk with you first to find the right group." in page
        assert "adults" in page
        assert room.name not in page
        activity.minimum, activity.capacity = 7, 11
        db.session.commit()
        assert stranger.get(path).text.partition("<main")[2] == page, (
            "numbers are nobody's business"
        )
        activity.minimum, activity.capacity = 3, 15
        db.session.commit()


def test_how_one_gets_there_is_said_to_those_who_may_know_where_it_is(app: Flask) -> None:
    walk = make.activity(
        kind=Kind.CULTURAL, privacy=Privacy.MEMBERS, transport="Bus to the lake", families=True
    )
    hall = make.room(centre=walk.centre, step_free=True)
    meeting = make.meeting(activity=walk, room=hall)
    guest = make.participant(walk.centre)
    join(walk, guest, by=guest, now=BEFORE)
    db.session.commit()
    stranger, member = Browser(app), Browser(app).sign_in(guest)

    for path in (f"/en/activities/{walk.ref}", f"/en/meetings/{meeting.ref}"):
        assert "Bus to the lake" not in stranger.get(path).text
        assert "families are welcome" in stranger.get(path).text
        assert "Bus to the lake" in member.get(path).text
    without_steps = "The room can be reached without steps."
    assert without_steps in member.get(f"/en/meetings/{meeting.ref}").text
    assert without_steps not in stranger.get(f"/en/meetings/{meeting.ref}").text


def test_a_clash_is_shown_with_its_name_and_refused(
    desk: Browser, boss: Person, room: Room
) -> None:
    other = make.activity("Already here", centre=room.centre)
    make.meeting(activity=other, room=room, starts_at=MONDAY.replace(hour=16))
    db.session.commit()

    page = desk.post("/en/activities/new", data=plan(room, save="1"))

    assert page.status_code == 409
    assert "Already here" in page.text
    assert len(db.session.scalars(select(Activity)).all()) == 1


def test_a_colleague_of_another_centre_plans_nothing_here(browser: Browser, room: Room) -> None:
    stranger = make.coordinator(make.centre())
    browser.sign_in(stranger)

    page = browser.post("/en/activities/new", data=plan(room, save="1"))

    assert page.status_code == 422
    assert db.session.scalars(select(Activity)).all() == []


def test_moving_first_shows_what_would_happen_then_moves(desk: Browser, boss: Person) -> None:
    activity = make.activity(centre=boss.memberships[0].centre)
    meeting = make.meeting(activity=activity)
    db.session.commit()
    there = {"day": "2027-03-02", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}
    path = f"/en/meetings/{meeting.ref}/move"

    shown = desk.post(path, data=there)
    assert "Nothing stands against this" in shown.text
    assert meeting.sequence == 0
    moved = desk.post(path, data=there | {"save": "1"})
    assert moved.status_code == 303
    db.session.expire_all()
    assert meeting.sequence == 1
    lost = desk.post(path, data=there | {"save": "1", "starts": "12:00"})
    assert lost.status_code == 409
    assert "a moment ago" in lost.text
    assert 'value="12:00"' in lost.text


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("9999-12-31", "too far away"), ("0001-01-01", "day is over"), ("2027-02-18", "day is over")],
)
def test_a_day_out_of_reach_is_an_error_of_the_form(
    desk: Browser, boss: Person, day: str, sentence: str
) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    there = {"day": day, "starts": "00:30", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(f"/en/meetings/{meeting.ref}/move", data=there)

    assert page.status_code == 422
    assert sentence in page.text


def test_a_move_that_participants_cannot_follow_says_so_without_a_number(
    desk: Browser, boss: Person
) -> None:
    here = boss.memberships[0].centre
    meeting, other = (
        make.meeting(activity=make.activity(centre=here), starts_at=MONDAY + timedelta(days=day))
        for day in (0, 1)
    )
    for _n in range(3):
        layla = make.participant(here)
        book(layla, meeting, Part.LEARNER)
        book(layla, other, Part.LEARNER)
    db.session.commit()
    there = {"day": "2027-03-02", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(f"/en/meetings/{meeting.ref}/move", data=there).text

    assert "<li>Some participants are expected elsewhere then and cannot come.</li>" in page


def test_moving_to_where_it_is_says_that_nothing_was_changed(desk: Browser, boss: Person) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    same = {"day": "2027-03-01", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(
        f"/en/meetings/{meeting.ref}/move", data=same | {"save": "1"}, follow_redirects=True
    )

    assert "Nothing was changed" in page.text
    assert "will be told" not in page.text.split("<h2")[0]


def test_a_move_to_a_holiday_is_said_before_it_is_made(desk: Browser, boss: Person) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    there = {"day": "2027-05-03", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(f"/en/meetings/{meeting.ref}/move", data=there)

    assert "Monday, 3 May is a day off: Easter." in page.text
    assert desk.get(f"/en/meetings/{meeting.ref}/move").status_code == 303


def test_on_a_week_that_is_over_the_next_one_is_shown(
    desk: Browser, boss: Person, clock: time_machine.Traveller
) -> None:
    here = boss.memberships[0].centre
    for day in (0, 7):
        start = MONDAY + timedelta(days=day)
        make.meeting(activity=make.activity(centre=here), starts_at=start)
    db.session.commit()

    clock.move_to(MONDAY - timedelta(hours=1))
    assert "Mon 1 Mar" in desk.sign_in(boss).get("/en/week").text
    clock.move_to(MONDAY + timedelta(hours=3))
    assert "Mon 8 Mar" in desk.sign_in(boss).get("/en/week").text


def test_cancelling_and_taking_it_back(desk: Browser, boss: Person) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    path = f"/en/meetings/{meeting.ref}"

    desk.post(f"{path}/cancellation", data={"seen": "0"})
    assert "Cancelled" in desk.get(path).text
    desk.post(f"{path}/restoration", data={"seen": "1"})
    db.session.expire_all()
    assert not meeting.is_cancelled
    page = desk.get(f"{path}/planning").text
    assert "What changed" in page
    assert boss.name in page


def no_longer_fits(boss: Person, *, weeks: int) -> Assignment:
    """Somebody confirmed at a meeting of *boss* whose language is gone by now."""
    activity = make.activity(centre=boss.memberships[0].centre, coordinator=boss)
    meeting = make.meeting(activity=activity, starts_at=MONDAY + timedelta(weeks=weeks))
    return make.assignment(need=make.need(meeting=meeting, language="ti"), state=State.CONFIRMED)


@pytest.mark.parametrize("shown", ["2027-02-22", "2027-03-01", "2027-03-15"])
def test_every_week_names_whoever_no_longer_fits_once(
    desk: Browser, boss: Person, shown: str
) -> None:
    refs = [no_longer_fits(boss, weeks=weeks).need.meeting.ref for weeks in (2, 0)]
    db.session.commit()

    page = desk.get(f"/en/week?day={shown}").text
    panel = page.partition("What needs you")[2].partition("</ul>")[0]

    assert panel.count("no longer fits") == 2
    assert re.findall(r"/meetings/([\w-]+)/planning", panel) == refs[::-1]  # by time


def test_a_week_asks_as_often_for_twenty_who_no_longer_fit_as_for_two(
    desk: Browser, boss: Person
) -> None:
    counts = []
    for more in (2, 18):
        for _n in range(more):
            no_longer_fits(boss, weeks=2)
        db.session.commit()
        desk.get("/en/week")
        counts.append(len(statements(lambda: desk.get("/en/week"))))

    assert counts[0] == counts[1]


def test_pages_about_a_week_ask_as_often_for_twenty_meetings_as_for_two(
    desk: Browser, boss: Person
) -> None:
    counts = []
    for more in (2, 18):
        for n in range(more):
            activity = make.activity(centre=boss.memberships[0].centre, coordinator=boss)
            room = make.room(centre=activity.centre)
            make.need(meeting=make.meeting(activity=activity, room=room), language="ar")
            assert n < 20
        db.session.commit()
        for path in ("/en/week?day=2027-03-01", "/en/?when=all"):
            desk.get(path)
        counts.append(
            [
                len(statements(partial(desk.get, path)))
                for path in ("/en/week?day=2027-03-01", "/en/?when=all")
            ]
        )

    assert counts[0] == counts[1]


def test_a_need_that_was_a_mistake_is_removed_while_nobody_counts_on_it(
    desk: Browser, boss: Person
) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    mistake, asked = make.need(meeting=meeting), make.need(meeting=meeting)
    make.assignment(need=asked)
    db.session.commit()

    assert desk.post(f"/en/needs/{mistake.ref}/removal").status_code == 303
    assert desk.post(f"/en/needs/{asked.ref}/removal").status_code == 409
    assert [need.id for need in db.session.scalars(select(Need))] == [asked.id]
