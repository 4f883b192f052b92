"""Why a place stays empty, and what would fill it: nothing is said to be proved that is not."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.people.models import Apart, Membership, Person
from app.people.terms import Level, Role, Stage
from app.programme.models import Meeting
from app.rota.nobody import Besides, Empty, Sort, why_empty
from app.rota.operations import wish
from app.rota.reading import read_plan
from app.staffing.availability import Answer
from app.staffing.eligibility import Rule
from app.staffing.models import Need, State
from app.staffing.windows import WeeklyWindow
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.rota.house import SUNDAY, House, planned

THURSDAY = 3


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def said(house: House, need: Need) -> Empty:
    rota = house.rota()
    found = why_empty(rota, need, read_plan(rota), now=BEFORE)
    assert found is not None
    return found


@pytest.mark.parametrize("state", [State.CONFIRMED, State.OFFERED])
def test_whose_leaving_would_fill_it_is_named_and_nothing_is_called_proved(
    house: House, state: State
) -> None:
    make.assignment(need=house.evening, person=house.amina, state=state)
    found = said(house, house.morning)
    assert found.places_lost is None
    assert found.in_the_way == ((house.amina, house.evening),)


def test_also_whom_the_coordinator_pinned(house: House) -> None:
    rota = house.asked()
    wish(rota, house.evening, house.amina, wanted=True, now=BEFORE)
    found = said(house, house.morning)
    assert found.in_the_way == ((house.amina, house.evening),)


def test_where_nobody_may_come_nobody_is_in_the_way(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    need = house.need("ti", MONDAY)
    found = said(house, need)
    assert (found.places_lost, found.in_the_way) == (None, ())


@pytest.mark.parametrize("how", ["confirmed", "pinned"])
def test_who_would_meet_whom_they_must_not_is_told_so(house: House, how: str) -> None:
    selam = make.mediator(house.centre, {"ti": Level.NATIVE}, name="Selam")
    need = make.need(meeting=house.evening.meeting, language="ti")
    keep_apart(selam, house.basir)
    if how == "confirmed":
        make.assignment(need=house.evening, person=house.basir, state=State.CONFIRMED)
    else:
        wish(house.asked(), house.evening, house.basir, wanted=True, now=BEFORE)
    found = said(house, need)
    told = {one.besides for one in found.blocking} | {
        reason.rule for one in found.blocking for reason in one.reasons
    }
    assert (Rule.KEPT_APART if how == "confirmed" else Besides.APART) in told
    assert found.in_the_way == ((house.basir, house.evening),)


def keep_apart(one: Person, other: Person) -> None:
    first, second = sorted((one.id, other.id))
    db.session.add(Apart(person_id=first, other_id=second, made_at=BEFORE))
    db.session.flush()


def test_another_day_and_hour_is_found_by_when_somebody_could_come(house: House) -> None:
    need = house.need("ti", MONDAY + timedelta(days=1))
    selam = make.mediator(house.centre, {"ti": Level.NATIVE}, name="Selam")
    window = WeeklyWindow(
        person_id=selam.id,
        weekday=THURSDAY,
        starts=time(10),
        ends=time(12),
        answer=Answer.YES,
    )
    db.session.add(window)
    db.session.flush()
    zone = house.centre.tz
    moved = [
        (what.starts_at.astimezone(zone).weekday(), what.starts_at.astimezone(zone).time())
        for what in said(house, need).remedies
        if what.sort is Sort.MOVED and what.starts_at
    ]
    assert moved == [(THURSDAY, time(10))]


def test_everybody_asked_for_is_proposed_also_beyond_the_languages(house: House) -> None:
    need = house.need(None, MONDAY + timedelta(days=1), wanted=2)
    enrol(house, need, {"ar": 1})
    assert planned(house.rota()) >= {("", house.amina), ("", house.basir)}


def test_also_for_one_of_thirty_and_for_a_single_session_of_a_series(house: House) -> None:
    need = house.need(None, MONDAY + timedelta(days=1))
    later = make.meeting(
        activity=need.meeting.activity,
        starts_at=MONDAY + timedelta(days=2),
        ends_at=MONDAY + timedelta(days=2, hours=2),
    )
    make.need(meeting=later)
    house.amina.is_active = False
    make.assignment(need=need, person=house.basir, state=State.DECLINED)
    enrol(house, need, {"ti": 29, "prs": 1})
    assert ("", house.basir) in planned(house.rota())


def enrol(house: House, need: Need, speakers: dict[str, int]) -> None:
    for language, count in speakers.items():
        for _ in range(count):
            learner = make.participant(house.centre, speaks={language: Level.NATIVE})
            make.enrolment(need.meeting.activity, learner)
    db.session.flush()


def test_of_a_session_that_moved_since_the_plan_nothing_is_said_by_it(house: House) -> None:
    rota = house.rota()
    meeting = house.morning.meeting
    meeting.starts_at += timedelta(hours=1)
    meeting.ends_at += timedelta(hours=1)
    db.session.commit()
    assert why_empty(rota, house.morning, read_plan(rota), now=BEFORE) is None


def filled_by(house: House, need: Need) -> set[tuple[Sort, Person]]:
    return {(one.sort, one.person) for one in said(house, need).remedies if one.person}


def test_whom_one_rule_keeps_away_is_named_with_what_would_have_to_change(house: House) -> None:
    tuesday, here = MONDAY + timedelta(days=1), house.centre
    need = house.need("ti", tuesday, interpreting=True, level=Level.B2, check_required=True)
    seen = tuesday.date()
    speaks = make.mediator(here, {"ti": Level.C1}, check_valid_until=seen, name="Speaks")
    make.mediator(here, {"ti": Level.A2}, check_valid_until=seen, name="Speaks a little")
    unseen = make.mediator(here, {"ti": Level.NATIVE}, name="Unseen")
    expired = make.mediator(
        here, {"ti": Level.NATIVE}, check_valid_until=seen - timedelta(days=1), name="Expired"
    )
    unsigned = make.person(speaks={"ti": Level.NATIVE}, check_valid_until=seen)
    unsigned.memberships.append(Membership(centre=here, role=Role.MEDIATOR))
    volunteer = make.person([Role.VOLUNTEER], here, {"ti": Level.NATIVE}, check_valid_until=seen)
    two = make.mediator(here, {"ti": Level.C1}, name="Two rules")
    for one in (unseen, expired, unsigned, volunteer):
        one.languages[0].interprets = Level.C1
    db.session.flush()
    assert filled_by(house, need) == {
        (Sort.INTERPRETING, speaks),
        (Sort.PAPERS, unseen),
        (Sort.PAPERS, expired),
        (Sort.PAPERS, unsigned),
        (Sort.ROLE, volunteer),
    }
    assert two not in {who for _, who in filled_by(house, need)}


def test_who_does_not_help_online_is_named_for_a_session_online(house: House) -> None:
    need = house.need("ti", MONDAY + timedelta(days=1))
    need.meeting.online_url = "https://meet.example.org/a"
    selam = make.mediator(house.centre, {"ti": Level.NATIVE}, helps_online=False)
    assert filled_by(house, need) == {(Sort.ONLINE, selam)}


def test_where_no_language_is_asked_for_no_other_role_is_suggested(house: House) -> None:
    need = house.need(None, MONDAY, role=Role.TEACHER)
    make.person([Role.VOLUNTEER], house.centre, {"ti": Level.NATIVE})
    assert filled_by(house, need) == set()


def test_who_has_the_language_in_another_centre_of_mine_is_named(house: House) -> None:
    mine, foreign = make.centre(), make.centre()
    make.make_coordinator_too(house.coordinator, mine)
    selam = make.mediator(mine, {"ti": Level.NATIVE}, name="Selam")
    make.mediator(foreign, {"ti": Level.NATIVE}, name="Foreign")
    make.mediator(mine, {"ti": Level.A1}, name="A little")
    make.mediator(mine, {"am": Level.NATIVE}, name="Another language")
    left = make.mediator(mine, {"ti": Level.NATIVE}, name="Left")
    left.memberships[0].stage = Stage.LEFT
    need = house.need("ti", MONDAY, level=Level.B2)
    assert said(house, need).elsewhere == (selam,)
    make.helps_too(selam, house.centre, Role.VOLUNTEER)
    assert said(house, need).elsewhere == ()


@pytest.mark.parametrize("what", ["busy", "women"])
def test_nobody_of_another_centre_who_could_not_come_is_named(house: House, what: str) -> None:
    mine = make.centre()
    make.make_coordinator_too(house.coordinator, mine)
    selam = make.mediator(mine, {"ti": Level.NATIVE}, name="Selam")
    need = house.need("ti", MONDAY, women_only=what == "women")
    if what == "busy":
        there = make.activity(centre=mine, coordinator=house.coordinator)
        make.assignment(
            need=make.need(meeting=make.meeting(activity=there), language="ti"),
            person=selam,
            state=State.CONFIRMED,
        )
    assert said(house, need).elsewhere == ()


def test_a_language_that_nobody_has_leads_to_who_has_it_or_to_an_invitation(
    house: House, browser: Browser
) -> None:
    need = house.need("ti", MONDAY)
    rota = house.rota()
    address = f"/rotas/{rota.ref}/needs/{need.ref}"
    with time_machine.travel(BEFORE, tick=False):
        mine = browser.sign_in(house.coordinator)
        page = mine.get(address).text
        assert "Nobody here has the language for it." in page
        assert "/people/new" in page
        other = make.centre()
        make.make_coordinator_too(house.coordinator, other)
        selam = make.mediator(other, {"ti": Level.NATIVE}, name="Selam")
        db.session.commit()
        page = mine.get(address).text
    assert f"/people/{selam.ref}" in page
    assert "/people/new" not in page


def test_each_change_leads_to_where_it_is_made(house: House, browser: Browser) -> None:
    """A paper, a role, an exception that is asked for, another time; of a colleague no papers."""
    tuesday = MONDAY + timedelta(days=1)
    need = house.need("ti", tuesday, check_required=True)
    seen = tuesday.date()
    unseen = make.mediator(house.centre, {"ti": Level.NATIVE}, name="Unseen")
    colleague = make.mediator(house.centre, {"ti": Level.NATIVE}, name="Colleague")
    make.make_coordinator_too(colleague, house.centre)
    volunteer = make.person(
        [Role.VOLUNTEER], house.centre, {"ti": Level.NATIVE}, check_valid_until=seen
    )
    busy = make.mediator(house.centre, {"ti": Level.NATIVE}, check_valid_until=SUNDAY)
    db.session.add(
        WeeklyWindow(
            person_id=busy.id, weekday=THURSDAY, starts=time(10), ends=time(12), answer=Answer.YES
        )
    )
    db.session.commit()
    rota = house.rota()
    with time_machine.travel(BEFORE, tick=False):
        mine = browser.sign_in(house.coordinator)
        page = mine.get(f"/rotas/{rota.ref}/needs/{need.ref}").text
        thursday = date.fromordinal(seen.toordinal() + 2).isoformat()
        there = f"/meetings/{need.meeting.ref}/planning?to={thursday}T10:00"
        assert f'href="{there}#move"' in page
        assert f'href="/people/{unseen.ref}/papers"' in page
        assert f'href="/people/{volunteer.ref}"' in page
        asked = f"/needs/{need.ref}/candidates"
        for who in (busy, colleague):
            assert f'href="{asked}#person-{who.ref}"' in page
            assert f'id="person-{who.ref}"' in mine.get(asked).text
        form = mine.get(there).text
        assert re.search(f'name="day"[^>]*value="{thursday}"', form)
        assert re.search('name="starts"[^>]*value="10:00"', form)
        assert re.search('name="ends"[^>]*value="12:00"', form)
        assert db.session.get_one(Meeting, need.meeting_id).starts_at == tuesday


@pytest.mark.parametrize(
    "to", ["", "x", "0001-01-01T00:00", "9999-12-31T23:59", "2027-03-04T25:00", "2027-03-04"]
)
def test_a_time_in_an_address_that_is_none_breaks_nothing(
    house: House, browser: Browser, to: str
) -> None:
    db.session.commit()
    with time_machine.travel(BEFORE, tick=False):
        mine = browser.sign_in(house.coordinator)
        assert (
            mine.get(f"/meetings/{house.morning.meeting.ref}/planning?to={to}").status_code == 200
        )
