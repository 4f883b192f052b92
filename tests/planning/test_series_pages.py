"""The pages on which a coordinator changes several sessions, and takes it back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from time_machine import travel

from app.extensions import db
from app.notices.models import Notice
from app.people.models import Person
from app.programme.models import Edit, Meeting
from app.programme.series import fingerprint
from app.signups.operations import join
from app.staffing.models import Need
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.statements import statements

WEEK = timedelta(weeks=1)
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def now() -> object:
    with travel(BEFORE, tick=False):
        yield


def a_series(number: int = 4) -> list[Meeting]:
    activity = make.activity()
    room = make.room(centre=activity.centre)
    series = [
        make.meeting(activity=activity, room=room, starts_at=MONDAY + n * WEEK)
        for n in range(number)
    ]
    db.session.commit()
    return series


def planner_of(series: list[Meeting]) -> Person:
    return series[0].activity.coordinator


def typed(meeting: Meeting, **wish: str) -> dict[str, str]:
    return {
        "scope": "all",
        "becomes": "change",
        "day": "2027-03-01",
        "starts": "12:00",
        "ends": "14:00",
        "room": str(meeting.room_id or 0),
        "opened": fingerprint([meeting]),
    } | wish


def seen_in(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="([^"]*)"', page)
    assert found is not None
    return found.group(1)


def test_a_preview_counts_sessions_and_people_and_changes_nothing(browser: Browser) -> None:
    series = a_series()
    for _n in range(3):
        layla = make.participant(series[0].activity.centre)
        join(series[0].activity, layla, by=planner_of(series), now=BEFORE)
    db.session.commit()
    before = len(db.session.scalars(select(Notice)).all())
    browser.sign_in(planner_of(series))

    answer = browser.post(f"/en/meetings/{series[0].ref}/change", data=typed(series[0]))

    assert answer.status_code == 200
    assert "4 sessions would change" in answer.text
    assert "3 people will be told" in answer.text
    db.session.expire_all()
    assert [meeting.sequence for meeting in series] == [0] * 4
    assert len(db.session.scalars(select(Notice)).all()) == before
    assert not db.session.scalars(select(Edit)).all()


def test_it_is_saved_shown_at_each_session_and_undone(browser: Browser) -> None:
    series = a_series()
    browser.sign_in(planner_of(series))
    address = f"/en/meetings/{series[0].ref}/change"
    seen = seen_in(browser.post(address, data=typed(series[0])).text)

    saved = browser.post(address, data=typed(series[0], seen=seen, save="1"))

    assert saved.status_code == 303
    page = browser.get(saved.location).text
    assert "4 sessions changed." in page
    db.session.expire_all()
    assert [meeting.sequence for meeting in series] == [1] * 4
    edit = db.session.scalars(select(Edit)).one()
    assert f"/edits/{edit.ref}/undo" in page
    undone = browser.post(f"/en/edits/{edit.ref}/undo")
    assert "4 sessions are as before" in browser.get(undone.location).text
    db.session.expire_all()
    assert series[0].starts_at == MONDAY
    assert browser.post(f"/en/edits/{edit.ref}/undo").status_code == 409


def test_what_stands_against_it_is_said_before_it_is_saved(browser: Browser) -> None:
    series = a_series()
    other = make.meeting(
        activity=make.activity("Cooking", centre=series[0].activity.centre),
        room=series[2].room,
        starts_at=series[2].starts_at + timedelta(hours=2, minutes=30),
    )
    secret = make.meeting(
        activity=make.womens_group(centre=series[0].activity.centre),
        room=series[1].room,
        starts_at=series[1].starts_at + timedelta(hours=2, minutes=30),
    )
    db.session.commit()
    browser.sign_in(planner_of(series))

    answer = browser.post(f"/en/meetings/{series[0].ref}/change", data=typed(series[0]))

    assert answer.status_code == 409
    assert "is taken by Cooking" in answer.text
    assert "15 March" in answer.text
    assert secret.activity.title_in("en") not in answer.text
    assert "Save these changes" not in answer.text
    assert other.activity.title_in("en") == "Cooking"


def test_a_decision_on_an_old_page_shows_what_is_there_now(browser: Browser) -> None:
    series = a_series()
    browser.sign_in(planner_of(series))
    address = f"/en/meetings/{series[0].ref}/change"
    seen = seen_in(browser.post(address, data=typed(series[0])).text)
    series[1].sequence = 1
    db.session.commit()

    answer = browser.post(address, data=typed(series[0], seen=seen, save="1"))

    assert answer.status_code == 409
    assert "a moment ago" in answer.text
    db.session.expire_all()
    assert series[0].sequence == 0


def test_a_form_opened_before_somebody_else_moved_it_moves_nothing_back(browser: Browser) -> None:
    series = a_series()
    browser.sign_in(planner_of(series))
    form = typed(series[0], title_en="Museum")
    series[0].sequence = 1
    db.session.commit()

    answer = browser.post(f"/en/meetings/{series[0].ref}/change", data=form)

    assert answer.status_code == 409
    assert "a moment ago" in answer.text


def test_a_form_that_makes_no_sense_keeps_what_was_typed(browser: Browser) -> None:
    series = a_series()
    browser.sign_in(planner_of(series))
    wish = typed(series[0], starts="15:00", title_en="Museum", online_url="http://x.example")

    answer = browser.post(f"/en/meetings/{series[0].ref}/change", data=wish)

    assert answer.status_code == 422
    assert 'value="Museum"' in answer.text
    assert "end after it starts" in answer.text
    assert "starts with https://" in answer.text


def test_only_who_plans_it_may_look_change_or_undo(browser: Browser) -> None:
    group = make.womens_group()
    meeting = make.meeting(activity=group)
    edit = Edit(activity=group, scope="all", at=BEFORE)
    db.session.add(edit)
    stranger = make.coordinator(group.centre)
    need = make.need(meeting=meeting)
    db.session.commit()
    browser.sign_in(stranger)

    for path in (f"/meetings/{meeting.ref}/change", f"/needs/{need.ref}/change"):
        assert browser.get(path).status_code == 404
        assert browser.post(path, data={}).status_code == 404
    assert browser.post(f"/edits/{edit.ref}/undo").status_code == 404


def test_a_need_changes_from_here_on(browser: Browser) -> None:
    series = a_series()
    needs = [make.need(meeting=meeting, language="ar") for meeting in series]
    db.session.commit()
    browser.sign_in(planner_of(series))
    form = {"scope": "later", "role": "mediator", "language": "prs", "level": "B1", "wanted": "2"}

    page = browser.get(f"/en/needs/{needs[2].ref}/change").text
    answer = browser.post(f"/en/needs/{needs[2].ref}/change", data=form)

    assert "Which sessions?" in page
    assert answer.status_code == 303
    db.session.expire_all()
    found = select(Need.language, Need.wanted).join(Need.meeting).order_by(Meeting.starts_at)
    assert [tuple(row) for row in db.session.execute(found)] == [
        ("ar", 1),
        ("ar", 1),
        ("prs", 2),
        ("prs", 2),
    ]


RELAY = re.compile(r'<input[^>]*name="relay"[^>]*>')


def test_two_people_in_relay_may_be_allowed_at_every_session(browser: Browser) -> None:
    series = a_series(2)
    browser.sign_in(planner_of(series))
    path = f"/en/activities/{series[0].activity.ref}/needs"
    form = {"role": "mediator", "level": "", "wanted": "1", "relay": "y", "trainees": "3"}

    refused = browser.post(path, data=form)
    saved = browser.post(path, data=form | {"language": "ti", "interpreting": "y"})

    assert refused.status_code == 422
    assert "Choose the language that two people would interpret in relay." in refused.text
    assert [("checked" in one) for one in RELAY.findall(refused.text)] == [True]
    assert 'value="3"' in refused.text
    assert saved.status_code == 303
    rows = db.session.execute(select(Need.language, Need.relay, Need.via)).all()
    assert [tuple(row) for row in rows] == [("ti", True, None)] * 2


def test_a_need_says_whether_two_people_may_do_it(browser: Browser) -> None:
    series = a_series(1)
    need = make.need(meeting=series[0], language="ti", relay=True)
    db.session.commit()
    browser.sign_in(planner_of(series))
    path = f"/en/needs/{need.ref}/change"
    form = {"scope": "this", "role": "mediator", "language": "ti", "level": "", "wanted": "1"}

    page = browser.get(path).text
    answer = browser.post(path, data=form)

    assert [("checked" in one) for one in RELAY.findall(page)] == [True]
    assert answer.status_code == 303
    db.session.refresh(need)
    assert not need.relay


def test_the_half_of_a_relay_stays_one_until_it_is_said_otherwise(browser: Browser) -> None:
    series = a_series(1)
    need = make.need(meeting=series[0], language="ti", via="ar")
    db.session.commit()
    browser.sign_in(planner_of(series))
    path = f"/en/needs/{need.ref}/change"
    form = {"scope": "this", "role": "mediator", "language": "ti", "level": "", "wanted": "1"}
    form["trainees"] = "1"

    page = browser.get(path).text
    browser.post(path, data=form | {"via": "ar"})
    db.session.refresh(need)
    kept = need.via, need.trainees
    browser.post(path, data=form | {"via": ""})
    db.session.refresh(need)

    assert "half of a relay" in page
    assert re.search(r'<option selected value="ar"', page.partition('name="via"')[2])
    assert not RELAY.search(page)
    assert kept == ("ar", 1)
    assert need.via is None


def test_a_preview_asks_as_often_for_sixty_sessions_as_for_six(browser: Browser) -> None:
    counts = []
    for number in (6, 60):
        series = a_series(number)
        for _n in range(number // 3):
            layla = make.participant(series[0].activity.centre)
            join(series[0].activity, layla, by=planner_of(series), now=BEFORE)
        db.session.commit()
        browser.sign_in(planner_of(series))
        address, form = f"/en/meetings/{series[0].ref}/change", typed(series[0])
        counts.append(len(statements(lambda a=address, f=form: browser.post(a, data=f))))  # type: ignore[misc]

    assert counts[0] == counts[1], counts
