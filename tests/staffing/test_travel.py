"""Whoever helps in two centres needs the time to get from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Level
from app.programme.bookings import book, release
from app.programme.models import Meeting, Part, Status
from app.programme.places import TravelTime
from app.staffing import moving
from app.staffing.eligibility import Rule
from app.staffing.finding import ranked_candidates, where_needed
from app.staffing.models import Need, State
from app.staffing.moving import HelperNotAllowedThen
from app.staffing.operations import (
    NotEligible,
    accept_offer,
    approve_request,
    offer_place,
    take_place,
)
from app.staffing.queries import why_not
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements

ENDS = MONDAY + timedelta(hours=2)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


class Land:
    """Two centres, two hours and a half apart, and a mediator of both."""

    def __init__(self) -> None:
        self.here, self.there = make.centre(), make.centre()
        way = TravelTime(from_id=self.here.id, to_id=self.there.id, minutes=150)
        db.session.add(way)
        self.helper = make.mediator(self.here)
        make.helps_too(self.helper, self.there)
        db.session.flush()

    def need(self, at: Centre, starts_at: datetime = MONDAY, **given: object) -> Need:
        """For a mediator of Arabic, two hours long."""
        whole = given.pop("activity", None) or make.activity(centre=at)
        given.setdefault("room", make.room(centre=at))
        meeting = make.meeting(activity=whole, starts_at=starts_at, **given)
        return make.need(meeting=meeting, language="ar", level=Level.B2)

    def expected(self, at: Centre, starts_at: datetime = MONDAY, **given: object) -> Meeting:
        """What the mediator already helps at."""
        need = self.need(at, starts_at, **given)
        make.assignment(need=need, person=self.helper, state=State.CONFIRMED)
        return need.meeting


@pytest.fixture
def land(app: Flask) -> Land:
    return Land()


def rules(need: Need, person: Person) -> list[Rule]:
    return [reason.rule for reason in why_not(need, person)]


def later(minutes: int) -> datetime:
    return ENDS + timedelta(minutes=minutes)


@pytest.mark.parametrize(("gap", "expected"), [(149, [Rule.NO_TIME_TO_TRAVEL]), (150, [])])
def test_the_way_to_the_other_centre_counts_in_both_directions(
    land: Land, gap: int, expected: list[Rule]
) -> None:
    land.expected(land.there)
    after = land.need(land.here, later(gap))
    before = land.need(land.here, MONDAY - timedelta(hours=2, minutes=gap))

    assert rules(after, land.helper) == expected
    assert rules(before, land.helper) == expected


def test_the_same_the_other_way_round(land: Land) -> None:
    land.expected(land.here)

    assert rules(land.need(land.there, later(30)), land.helper) == [Rule.NO_TIME_TO_TRAVEL]


def test_in_the_same_centre_one_goes_from_door_to_door(land: Land) -> None:
    land.expected(land.here)

    assert rules(land.need(land.here, later(0)), land.helper) == []


def test_at_the_same_time_it_is_elsewhere_and_not_the_way(land: Land) -> None:
    land.expected(land.there)

    assert rules(land.need(land.here), land.helper) == [Rule.EXPECTED_ELSEWHERE]


def test_nobody_travels_from_or_to_what_is_online(land: Land) -> None:
    online: dict[str, Any] = {"room": None, "online_url": "https://example.org/call"}
    land.expected(land.there, **online)

    assert rules(land.need(land.here, later(0)), land.helper) == []
    assert rules(land.need(land.here, later(0), **online), land.helper) == []


def test_nobody_travels_to_an_online_meeting_from_a_room(land: Land) -> None:
    land.expected(land.there)
    online = land.need(land.here, later(0), room=None, online_url="https://example.org/call")

    assert rules(online, land.helper) == []


def test_with_a_room_and_a_link_one_goes_there(land: Land) -> None:
    land.expected(land.there, online_url="https://example.org/call")

    assert rules(land.need(land.here, later(0)), land.helper) == [Rule.NO_TIME_TO_TRAVEL]


def test_without_a_room_or_a_link_one_goes_to_the_centre(land: Land) -> None:
    land.expected(land.there, room=None)

    assert rules(land.need(land.here, later(0)), land.helper) == [Rule.NO_TIME_TO_TRAVEL]


def test_a_way_that_nobody_wrote_down_takes_no_time(land: Land) -> None:
    elsewhere = make.centre()
    land.expected(elsewhere)

    assert rules(land.need(land.here, later(0)), land.helper) == []


def test_what_was_cancelled_holds_nobody(land: Land) -> None:
    meeting = land.expected(land.there)
    moving.cancel_meeting(meeting, by=meeting.activity.coordinator, now=BEFORE, seen=0)

    assert rules(land.need(land.here, later(0)), land.helper) == []


def test_taking_a_place_is_refused(land: Land) -> None:
    land.expected(land.there)

    with pytest.raises(NotEligible):
        take_place(land.need(land.here, later(30)), land.helper, now=BEFORE)


def test_offering_a_place_is_refused(land: Land) -> None:
    land.expected(land.there)
    need = land.need(land.here, later(30))

    with pytest.raises(NotEligible):
        offer_place(need, land.helper, by=need.meeting.activity.coordinator, now=BEFORE)


@pytest.mark.parametrize(
    ("state", "decide"), [(State.OFFERED, accept_offer), (State.REQUESTED, approve_request)]
)
def test_what_was_possible_when_it_was_asked_is_refused_later(
    land: Land, state: State, decide: Callable[..., None]
) -> None:
    need = land.need(land.here, later(30))
    asked = make.assignment(need=need, person=land.helper, state=state)
    land.expected(land.there)
    by = {"by": land.helper} if decide is approve_request else {}

    with pytest.raises(NotEligible):
        decide(asked, now=BEFORE, **by)


def test_moving_a_meeting_too_near_to_another_is_refused(land: Land) -> None:
    land.expected(land.there)
    meeting = land.expected(land.here, later(200))
    nearer = meeting.starts_at - timedelta(minutes=60)

    with pytest.raises(HelperNotAllowedThen):
        moving.move_meeting(
            meeting,
            starts_at=nearer,
            ends_at=nearer + timedelta(hours=2),
            room=meeting.room,
            by=meeting.activity.coordinator,
            now=BEFORE,
            seen=0,
        )


def test_restoring_a_meeting_too_near_to_another_is_refused(land: Land) -> None:
    meeting = land.expected(land.here, later(30))
    boss = meeting.activity.coordinator
    moving.cancel_meeting(meeting, by=boss, now=BEFORE, seen=0)
    land.expected(land.there)

    with pytest.raises(HelperNotAllowedThen):
        moving.restore_meeting(meeting, by=boss, now=BEFORE, seen=1)

    assert meeting.status is Status.PLANNED  # the route takes it back with the transaction


def test_a_helper_reads_why_and_a_coordinator_that_they_are_not_free(
    land: Land, browser: Browser
) -> None:
    group = make.womens_group(centre=land.there)
    book(land.helper, make.meeting(activity=group, room=make.room(centre=land.there)), Part.HELPER)
    need = land.need(land.here, later(30))
    db.session.commit()

    [opportunity] = where_needed(land.helper, now=BEFORE)
    page = browser.sign_in(need.meeting.activity.coordinator).get(
        f"/en/needs/{need.ref}/candidates"
    )

    assert [reason.rule for reason in opportunity.reasons] == [Rule.NO_TIME_TO_TRAVEL]
    assert "expected elsewhere at that time" in page.text
    assert "from another centre" not in page.text
    assert "Quiet circle" not in page.text
    assert land.there.name not in page.text


def test_a_protected_meeting_and_a_course_read_word_for_word_alike(
    land: Land, browser: Browser
) -> None:
    need = land.need(land.here, later(30))
    pages = []
    for whole in (make.activity(centre=land.there), make.womens_group(centre=land.there)):
        meeting = make.meeting(activity=whole, room=make.room(centre=land.there))
        book(land.helper, meeting, Part.HELPER)
        db.session.commit()
        browser.sign_in(need.meeting.activity.coordinator)
        text = browser.get(f"/en/needs/{need.ref}/candidates").text
        pages.append(text[text.index("<main") : text.index("</main")])
        release(land.helper, meeting, Part.HELPER)

    # the course is listed, so that it counts among what somebody does in these weeks; no more
    course, group = pages
    assert course.replace("helps at 1 session ", "helps at 0 sessions ") == group


def test_any_number_of_people_and_ways_is_asked_for_in_as_many_statements(land: Land) -> None:
    need = land.need(land.here, later(30))
    counts = []
    for more in (0, 5):
        for _number in range(more):
            somebody, far = make.mediator(land.here), make.centre()
            db.session.add(TravelTime(from_id=land.here.id, to_id=far.id, minutes=60))
            book(somebody, make.meeting(activity=make.activity(centre=far)), Part.HELPER)
        db.session.flush()
        db.session.expire_all()
        need.meeting.activity.centre  # noqa: B018 (what the page has loaded already)
        counts.append(len(statements(lambda: ranked_candidates(need))))

    assert counts[0] == counts[1]


def test_a_helper_of_many_centres_asks_as_often_as_one_of_two(land: Land) -> None:
    land.need(land.here, later(30))
    land.helper.checks  # noqa: B018 (once for each person)
    counts = []
    for more in (1, 4):
        for _number in range(more):
            far = make.centre()
            make.helps_too(land.helper, far)
            land.need(far, later(30))
        db.session.flush()
        counts.append(len(statements(lambda: where_needed(land.helper, now=BEFORE))))

    assert counts[0] == counts[1]


def taking(need_id: int, person_id: int) -> Callable[[], object]:
    def click() -> object:
        need = db.session.get_one(Need, need_id)
        return take_place(need, db.session.get_one(Person, person_id), now=BEFORE).state

    return click


def test_two_clicks_at_once_never_lead_to_two_places_too_far_apart(racing_app: Flask) -> None:
    for _round in range(20):
        with racing_app.app_context():
            land = Land()
            needs = [land.need(land.here).id, land.need(land.there, later(30)).id]
            person = land.helper.id
            db.session.commit()

        results = all_at_once(racing_app, [taking(need, person) for need in needs])

        assert results.count(State.CONFIRMED) == 1, results
        assert sum(isinstance(one, NotEligible) for one in results) == 1, results
