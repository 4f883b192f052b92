"""The pages of a rota: whose they are, what they show, and that nothing is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.kinds import Privacy
from app.programme.terms import Term
from app.rota import accepting
from app.rota.frame import unpacked_plan
from app.rota.models import Rota, Stage
from app.rota.operations import plan_again, wish
from app.rota.search import search_next
from app.staffing.availability import Answer
from app.staffing.models import Need, State
from app.staffing.queries import assignment_of
from app.staffing.windows import WeeklyWindow
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.rota.house import SUNDAY, House
from tests.statements import statements


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(app: Flask) -> House:
    return House()


@pytest.fixture
def mine(house: House, browser: Browser) -> Browser:
    db.session.commit()
    return browser.sign_in(house.coordinator)


def days(house: House) -> dict[str, str]:
    return {
        "centre": house.centre.code,
        "first_day": MONDAY.date().isoformat(),
        "last_day": SUNDAY.isoformat(),
    }


def accepted(mine: Browser, rota: Rota, **form: str) -> str:
    """The page after accepting, as a browser comes to it."""
    answer = mine.post(f"/rotas/{rota.ref}/acceptance", data=form)
    assert answer.status_code == 303
    return mine.get(answer.location).text


def test_from_asking_to_accepting(house: House, mine: Browser) -> None:
    answer = mine.post("/rotas", data=days(house))
    assert answer.status_code == 303
    board = answer.location
    assert "about to be made" in mine.get(board).text
    search_next(clock=lambda: BEFORE)
    text = mine.get(board).text
    assert "2 places proposed" in text
    assert "there is no better plan" in text
    rota = db.session.query(Rota).one()
    proposal = f"{house.evening.ref}:{house.basir.ref}"
    assert proposal in text
    told = accepted(mine, rota, proposal=proposal, seen=str(rota.version))
    assert "1 person was asked" in told
    db.session.expire_all()
    assert assignment_of(house.evening, house.basir) is not None
    assert assignment_of(house.morning, house.amina) is None


def test_all_weeks_at_once_and_what_fails_is_told_with_its_reason(
    house: House, mine: Browser
) -> None:
    rota = house.rota()
    elsewhere = make.meeting(activity=make.activity(centre=make.centre()), starts_at=MONDAY)
    make.book_learner(house.basir, elsewhere)
    db.session.commit()
    told = accepted(mine, rota, whole="1")
    assert "1 could not be asked" in told
    assert "expected elsewhere at that time" in told
    assert "1 person was asked" in told


def test_many_are_asked_in_portions_and_what_breaks_off_later_undoes_nothing(
    house: House, mine: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "PORTION", 1)
    rota = house.rota()
    house.basir.erased_at = BEFORE
    db.session.commit()
    told = accepted(mine, rota, whole="1", seen=str(rota.version))
    assert "1 person was asked" in told
    assert "no longer there" in told
    db.session.expire_all()
    assert assignment_of(house.morning, house.amina) is not None
    assert assignment_of(house.evening, house.basir) is None


def test_a_form_that_is_wrong_keeps_what_was_typed(house: House, mine: Browser) -> None:
    wrong = {**days(house), "last_day": (MONDAY.date() - timedelta(days=1)).isoformat()}
    answer = mine.post("/rotas", data=wrong)
    assert answer.status_code == 422
    assert "The last day comes before the first." in answer.text
    assert f'value="{wrong["last_day"]}"' in answer.text


def test_nobody_else_gets_hold_of_a_plan(house: House, browser: Browser) -> None:
    rota = house.rota()
    others = [
        make.coordinator(house.centre),
        make.person([Role.ADMINISTRATOR], house.centre),
        house.amina,
    ]
    need, who = house.evening.ref, house.basir.ref
    db.session.commit()
    pages = ["", "/progress", "/trace", f"/needs/{need}", f"/people/{who}"]
    deeds = ["/stop", "/again", "/acceptance"]
    deeds += [f"/needs/{need}/{name}" for name in ("wish", "person", "exchange")]
    for person in others:
        client = browser.sign_in(person)
        for page in pages:
            assert client.get(f"/rotas/{rota.ref}{page}").status_code == 404
        for deed in deeds:
            assert client.post(f"/rotas/{rota.ref}{deed}").status_code == 404


def test_a_protected_session_leaves_the_plan_of_who_is_no_longer_entrusted(
    house: House, mine: Browser
) -> None:
    group = make.womens_group(centre=house.centre, coordinator=house.coordinator)
    need = make.need(meeting=make.meeting(activity=group, starts_at=MONDAY + timedelta(days=1)))
    rota = house.rota()
    assert "Quiet circle" in mine.get(f"/rotas/{rota.ref}?all=1").text
    group.coordinator = make.coordinator(house.centre)
    db.session.commit()
    assert "Quiet circle" not in mine.get(f"/rotas/{rota.ref}?all=1").text
    assert mine.get(f"/rotas/{rota.ref}/needs/{need.ref}").status_code == 404
    assert "Quiet circle" not in mine.get(f"/rotas/{rota.ref}/trace").text


def test_the_trace_tells_what_is_needed_to_do_it_again(house: House, mine: Browser) -> None:
    group = make.womens_group(centre=house.centre, coordinator=house.coordinator)
    quiet = make.need(
        meeting=make.meeting(activity=group, starts_at=MONDAY + timedelta(days=1)), language="ar"
    )
    first = house.rota()
    wish(first, house.evening, house.amina, wanted=False, now=BEFORE)
    wish(first, quiet, house.amina, wanted=True, now=BEFORE)
    again = plan_again(first, now=BEFORE)
    db.session.commit()
    assert search_next(clock=lambda: BEFORE)
    wish(again, house.evening, house.amina, wanted=None, now=BEFORE)  # for the next plan
    db.session.commit()
    told = mine.get(f"/rotas/{again.ref}/trace").text
    for line in ("not here – <bdi>Amina", "pinned – <bdi>Amina", "Quiet circle", "Punte "):
        assert line in told
    assert "found by the search – Worth of the plan" in told
    assert told.index("a better level") < told.index("rather than “if need be”")
    group.coordinator = make.coordinator(house.centre)
    db.session.commit()
    told = mine.get(f"/rotas/{again.ref}/trace").text
    assert "not here – <bdi>Amina" in told
    assert "pinned – " not in told
    assert "Quiet circle" not in told


def test_no_reason_tells_of_what_may_no_longer_be_known(house: House, mine: Browser) -> None:
    """Whom one could exchange with, at a session that is another coordinator's by now."""
    tuesday = house.need("prs", MONDAY + timedelta(days=1))
    house.need("prs", MONDAY + timedelta(days=2))
    rota = house.rota()
    page = f"/rotas/{rota.ref}/needs/{tuesday.ref}"
    titles = mine.get(page).text
    hidden = [one for one in all_needs() if one.id not in (tuesday.id,)]
    for one in hidden:
        one.meeting.activity.texts[0].title = f"Canary {one.id}"
        one.meeting.privacy = Privacy.PROTECTED
        one.meeting.activity.privacy = Privacy.PROTECTED
        one.meeting.activity.coordinator = make.coordinator(house.centre)
    db.session.commit()
    assert "Exchange with somebody" in titles
    after = mine.get(page).text
    assert "Canary" not in after
    assert "Exchange with somebody" not in after
    assert "2 h in this plan" in after


def who_is_in_the_way(house: House) -> tuple[Need, Rota]:
    """Amina is confirmed at the time of the morning, Basir at another; and a plan of that."""
    friday = house.need("prs", MONDAY + timedelta(days=4))
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    make.assignment(need=friday, person=house.basir, state=State.CONFIRMED)
    return friday, house.rota()


def test_nobody_is_in_the_way_at_what_may_no_longer_be_known(house: House, mine: Browser) -> None:
    friday, rota = who_is_in_the_way(house)
    friday.meeting.activity.texts[0].title = "Canary"
    friday.meeting.privacy = friday.meeting.activity.privacy = Privacy.PROTECTED
    friday.meeting.activity.coordinator = make.coordinator(house.centre)
    db.session.commit()
    page = mine.get(f"/en/rotas/{rota.ref}/needs/{house.morning.ref}").text
    assert "only if somebody gave up a place" in page
    assert "Canary" not in page


def test_nobody_is_in_the_way_at_a_place_that_is_gone(house: House, mine: Browser) -> None:
    friday, rota = who_is_in_the_way(house)
    db.session.delete(friday.assignments[0])
    db.session.delete(friday)
    db.session.commit()
    db.session.expire_all()
    page = mine.get(f"/en/rotas/{rota.ref}/needs/{house.morning.ref}").text
    assert "only if somebody gave up a place" in page


def all_needs() -> list[Need]:
    return list(db.session.scalars(select(Need)))


@pytest.mark.parametrize("year", [2030, 9999])
def test_no_plan_reaches_into_the_far_future(house: House, mine: Browser, year: int) -> None:
    far = {**days(house), "first_day": f"{year}-12-01", "last_day": f"{year}-12-31"}
    answer = mine.post("/rotas", data=far)
    assert answer.status_code == 422
    assert "At most two years ahead." in answer.text


def test_wishes_are_listed_and_taken_back_where_there_is_no_plan(
    house: House, mine: Browser
) -> None:
    first = house.rota()
    for need in (house.morning, house.evening):
        wish(first, need, house.amina, wanted=True, now=BEFORE)
    again = plan_again(first, now=BEFORE)
    db.session.commit()
    search_next(clock=lambda: BEFORE)
    page = f"/rotas/{again.ref}"
    assert "2 wishes of yours" in mine.get(page).text
    place = f"{page}/needs/{house.evening.ref}/wish"
    mine.post(place, data={"person": house.amina.ref, "wanted": "none", "back": "board"})
    assert "1 wish of yours" in mine.get(page).text


def test_why_this_person_and_who_was_next(house: House, mine: Browser) -> None:
    make.mediator(house.centre, {"prs": Level.C1}, name="Farid", home_centre=make.centre())
    rota = house.rota()
    text = mine.get(f"/rotas/{rota.ref}/needs/{house.evening.ref}").text
    assert "number 1 of 2 who could come then" in text
    assert "Farid" in text
    assert "comes from another city" in text


def test_the_hours_that_count_are_those_of_all_weeks(house: House, mine: Browser) -> None:
    """Two give four hours a week; Farid has as many in the second week, none in the first."""
    house.basir.hours_a_week = 4
    farid = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Farid", hours_a_week=4)
    for day in (7, 8):
        later = house.need("prs", MONDAY + timedelta(days=day))
        make.assignment(need=later, person=farid, state=State.CONFIRMED)
    rota = house.rota(last_day=SUNDAY + timedelta(days=7))
    text = mine.get(f"/rotas/{rota.ref}/needs/{house.evening.ref}").text
    assert text.index("Basir") < text.index("Who was next") < text.index("Farid")
    assert "would give more of their hours in this plan: 75%" in text


def test_pin_forbid_and_take_back(house: House, mine: Browser) -> None:
    rota = house.rota()
    place = f"/rotas/{rota.ref}/needs/{house.evening.ref}"
    for wanted, words in (("yes", "Pinned"), ("no", "Noted"), ("none", "Taken back")):
        answer = mine.post(f"{place}/wish", data={"person": house.basir.ref, "wanted": wanted})
        assert answer.status_code == 303
        assert words in mine.get(place).text


def test_somebody_else_is_put_there_from_their_own_page(house: House, mine: Browser) -> None:
    rota = house.rota()
    page = f"/rotas/{rota.ref}/people/{house.amina.ref}"
    text = mine.get(page).text
    assert "Where else they could go" in text
    put = {"person": house.amina.ref, "back": "person"}
    answer = mine.post(f"/rotas/{rota.ref}/needs/{house.evening.ref}/person", data=put)
    assert answer.location.endswith(page)
    db.session.expire_all()
    assert rota.filled == 1


def free_only(person: Person, starts: int, ends: int) -> None:
    """On Mondays from one hour to another, on the clock of the centre."""
    at = MONDAY.replace(hour=starts).time(), MONDAY.replace(hour=ends).time()
    db.session.add(
        WeeklyWindow(person_id=person.id, weekday=0, starts=at[0], ends=at[1], answer=Answer.YES)
    )
    db.session.flush()


def test_why_a_place_stays_empty_and_what_would_fill_it(house: House, mine: Browser) -> None:
    free_only(house.basir, 10, 12)  # the session is from 11 to 13
    rota = house.rota()
    assert rota.filled == 1
    empty = house.morning if assignment_planned(rota, house.evening.id) else house.evening
    text = mine.get(f"/rotas/{rota.ref}/needs/{empty.ref}").text
    assert "Why 1 place stays empty" in text
    assert "if \u2068Basir\u2069 could stay until 13:00" in text
    assert "if the session were moved (the room is free then" in text


def assignment_planned(rota: Rota, need_id: int) -> bool:
    return any(one[0] == need_id for one in unpacked_plan(rota.plan))


def test_a_lower_level_that_would_do_is_named(house: House, mine: Browser) -> None:
    need = house.need("fr", MONDAY + timedelta(days=1), level=Level.C1)
    make.mediator(house.centre, {"fr": Level.B1}, name="Carmen")
    rota = house.rota()
    text = mine.get(f"/rotas/{rota.ref}/needs/{need.ref}").text
    assert "at B1 were enough: \u2068Carmen\u2069" in text
    assert "it cannot be filled: that is proved" in text


def test_two_in_relay_are_suggested_where_they_would_do(house: House, mine: Browser) -> None:
    need = house.need("ti", MONDAY + timedelta(days=1), interpreting=True)
    make.mediator(house.centre, {"ti": Level.NATIVE, "ar": Level.C1}, name="Selam")
    house.amina.languages[0].interprets = Level.C1
    rota = house.rota()
    text = mine.get(f"/rotas/{rota.ref}/needs/{need.ref}").text
    assert "if two people in relay may do it, through Arabic" in text


def test_progress_is_told_to_the_script(house: House, mine: Browser) -> None:
    rota = house.asked()
    address = f"/rotas/{rota.ref}/progress"
    assert json.loads(mine.get(address).text)["under_way"] is True
    search_next(clock=lambda: BEFORE)
    done = json.loads(mine.get(address).text)
    assert done["under_way"] is False
    assert "2 places proposed" in done["words"]


def test_stopping_and_planning_again(house: House, mine: Browser) -> None:
    rota = house.asked()
    refused = mine.post(f"/rotas/{rota.ref}/again")
    assert refused.status_code == 409
    assert mine.post(f"/rotas/{rota.ref}/stop").status_code == 303
    page = mine.get(f"/rotas/{rota.ref}").text
    assert "Stopped before there was a plan." in page
    assert "The plan is about to be made" not in page
    assert "What was found stays" not in page
    assert not search_next(clock=lambda: BEFORE)
    again = mine.post(f"/rotas/{rota.ref}/again")
    assert again.status_code == 303
    assert db.session.query(Rota).count() == 2


def test_a_plan_that_was_made_again_says_so(house: House, mine: Browser) -> None:
    page = f"/rotas/{house.rota().ref}"
    words = "You planned these days again since"
    assert words not in mine.get(page).text
    again = mine.post(f"{page}/again").location
    text = mine.get(page).text
    assert words in text
    assert f'href="{again}"' in text
    assert words not in mine.get(again).text


def test_the_way_back_is_named_after_where_it_leads(house: House, mine: Browser) -> None:
    page = f"/rotas/{house.rota().ref}"
    places = (f"/needs/{house.evening.ref}", f"/people/{house.basir.ref}", "/trace")
    for place in places:
        assert "Back to the plan" in mine.get(page + place).text


def test_a_term_is_planned_with_its_drafts(house: House, mine: Browser) -> None:
    term = Term(centre=house.centre, name="Spring", first_day=MONDAY.date(), last_day=SUNDAY)
    draft = make.activity(
        centre=house.centre, coordinator=house.coordinator, published_at=None, term=term
    )
    make.need(meeting=make.meeting(activity=draft, starts_at=MONDAY), language="prs")
    db.session.commit()
    mine.post(f"/terms/{term.ref}/rota")
    search_next(clock=lambda: BEFORE)
    rota = db.session.query(Rota).one()
    assert (rota.stage, rota.filled) == (Stage.DONE, 1)
    assert "publish" in mine.get(f"/terms/{term.ref}").text.lower()


def test_of_a_draft_nobody_is_said_to_be_asked_already(house: House, mine: Browser) -> None:
    term = Term(centre=house.centre, name="Spring", first_day=MONDAY.date(), last_day=SUNDAY)
    draft = make.activity(
        centre=house.centre, coordinator=house.coordinator, published_at=None, term=term
    )
    make.need(meeting=make.meeting(activity=draft, starts_at=MONDAY), language="prs")
    db.session.commit()
    mine.post(f"/terms/{term.ref}/rota")
    search_next(clock=lambda: BEFORE)
    rota = db.session.query(Rota).one()
    page = f"/rotas/{rota.ref}"
    assert "They will be asked when the term is published." in mine.get(page).text
    accepted(mine, rota, whole="1")
    text = mine.get(f"{page}?all=1").text
    assert "to be asked when the term is published" in text
    assert "asked, no answer yet" not in text


def test_mending_a_week_moves_as_few_as_can_be(house: House, mine: Browser) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    db.session.commit()
    answer = mine.post(f"/needs/{house.morning.ref}/mending")
    search_next(clock=lambda: BEFORE)
    text = mine.get(answer.location).text
    assert "1 place proposed" in text
    assert "would go elsewhere" in text


def test_the_board_asks_the_database_the_same_for_one_session_and_for_many(
    house: House, mine: Browser, app: Flask
) -> None:
    rota = house.rota()
    few = statements(lambda: mine.get(f"/rotas/{rota.ref}?all=1"))
    for day in range(1, 5):
        house.need("prs", MONDAY + timedelta(days=day))
    db.session.commit()
    again = house.rota()
    many = statements(lambda: mine.get(f"/rotas/{again.ref}?all=1"))
    assert len(many) <= len(few)


def test_of_a_place_that_is_newer_than_the_plan_its_page_says_so(
    house: House, mine: Browser
) -> None:
    rota = house.rota()
    later = house.need("prs", MONDAY + timedelta(days=1))
    db.session.commit()
    text = mine.get(f"/rotas/{rota.ref}/needs/{later.ref}").text
    assert "This place came after the plan was made" in text
    assert f"/rotas/{rota.ref}/again" in text


def test_of_a_session_that_was_moved_since_no_reason_is_told(house: House, mine: Browser) -> None:
    rota = house.rota()
    meeting = house.evening.meeting
    page = f"/rotas/{rota.ref}/needs/{house.evening.ref}"
    assert "who could come then" in mine.get(page).text
    meeting.starts_at += timedelta(hours=3)
    meeting.ends_at += timedelta(hours=3)
    db.session.commit()
    text = mine.get(page).text
    assert "Basir" in text
    assert "its session was moved since" in text
    assert f"/rotas/{rota.ref}/again" in text
    assert "who could come then" not in text
    assert "Who was next" not in text
