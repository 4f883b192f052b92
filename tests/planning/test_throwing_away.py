"""A draft that was a mistake is thrown away; what people know of is cancelled instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.database import Base
from app.extensions import Gone, db
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.programme.changing import ChangedMeanwhile
from app.programme.kinds import Kind
from app.programme.models import Activity, Booking, Meeting
from app.programme.operations import NoDraft
from app.programme.publishing import NothingToPublish
from app.programme.terms import Term
from app.programme.throwing_away import throw_away
from app.signups.models import Enrolment
from app.signups.operations import join
from app.staffing.models import Assignment, Need
from app.staffing.operations import offer_place
from app.staffing.publishing import publish
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

EVERYTHING = (Activity, Meeting, Need, Assignment, Enrolment, Booking)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre()


@pytest.fixture
def boss(here: Centre) -> Person:
    return make.coordinator(here)


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


def a_draft(at: Centre, boss: Person) -> Activity:
    """A draft of two sessions with a learner, an offer, and childcare beside it."""
    term = Term(centre=at, name="Spring", first_day=date(2027, 2, 15), last_day=date(2027, 6, 15))
    draft = make.activity(centre=at, coordinator=boss, term=term, published_at=None)
    care = make.activity(
        kind=Kind.CHILDCARE,
        centre=at,
        coordinator=boss,
        term=term,
        published_at=None,
        beside=draft,
    )
    for week in range(2):
        starts_at = MONDAY + timedelta(weeks=week)
        host = make.meeting(activity=draft, starts_at=starts_at, room=make.room(centre=at))
        make.meeting(activity=care, starts_at=starts_at, beside=host)
    join(draft, make.participant(at), by=boss, now=BEFORE)
    offer_place(make.need(meeting=host, language="ar"), make.mediator(at), by=boss, now=BEFORE)
    return draft


def left() -> dict[str, int]:
    db.session.expire_all()
    tables: tuple[type[Base], ...] = EVERYTHING
    return {
        table.__name__: number
        for table in tables
        if (number := db.session.scalars(select(func.count()).select_from(table)).one())
    }


def where(activity: Activity) -> str:
    return f"/en/activities/{activity.ref}/removal"


class TestPages:
    def test_a_draft_is_gone_with_everything_in_it_and_nobody_is_told(
        self, desk: Browser, here: Centre, boss: Person
    ) -> None:
        draft = a_draft(here, boss)
        db.session.commit()
        address, term = where(draft), draft.term
        assert term is not None
        assert address in desk.get(f"/en/activities/{draft.ref}/needs").text

        asked = desk.get(address)
        assert "2 sessions go with it." in asked.text
        assert "1 person has a place in it." in asked.text
        assert left() != {}  # to look is not to throw away
        answer = desk.post(address)

        assert answer.status_code == 303
        assert answer.location.endswith(f"/terms/{term.ref}")
        assert left() == {}
        assert not db.session.scalars(select(Notice)).all()
        assert desk.post(address).status_code == 404

    def test_other_drafts_stay(self, desk: Browser, here: Centre, boss: Person) -> None:
        other = make.meeting(activity=make.activity(centre=here, published_at=None))
        draft = a_draft(here, boss)
        db.session.commit()

        desk.post(where(draft))

        assert left() == {"Activity": 1, "Meeting": 1}
        assert db.session.get_one(Meeting, other.id)

    def test_what_is_published_stays(self, desk: Browser, here: Centre) -> None:
        course = make.meeting(activity=make.activity(centre=here)).activity
        db.session.commit()
        assert where(course) not in desk.get(f"/en/activities/{course.ref}/needs").text

        for answer in (desk.get(where(course)), desk.post(where(course))):
            assert answer.status_code == 409
            assert "Cancel its sessions instead" in answer.text
        assert left() == {"Activity": 1, "Meeting": 1}

    def test_a_draft_that_one_does_not_plan_does_not_exist(
        self, desk: Browser, here: Centre
    ) -> None:
        drafts = [
            make.womens_group(centre=here, published_at=None),
            make.activity(published_at=None),
            make.womens_group(centre=here),
        ]
        db.session.commit()

        for draft in drafts:
            assert desk.get(where(draft)).status_code == 404
            assert desk.post(where(draft)).status_code == 404
        assert left() == {"Activity": 3}


def test_childcare_that_people_know_of_is_not_thrown_away(here: Centre, boss: Person) -> None:
    draft = a_draft(here, boss)
    care = db.session.scalars(select(Activity).where(Activity.beside_id == draft.id)).one()
    care.published_at = BEFORE
    db.session.flush()
    before = left()

    with pytest.raises(NoDraft):
        throw_away(draft)

    assert left() == before


def test_a_draft_is_published_or_thrown_away_but_never_half(racing_app: Flask) -> None:
    def publishing(term_id: int, boss_id: int) -> Callable[[], object]:
        def click() -> object:
            term, boss = db.session.get_one(Term, term_id), db.session.get_one(Person, boss_id)
            return len(publish(term, by=boss, now=BEFORE))

        return click

    def throwing(activity_id: int) -> Callable[[], object]:
        def click() -> object:
            throw_away(db.session.get_one(Activity, activity_id))
            return "thrown away"

        return click

    def joining(activity_id: int, person_id: int) -> Callable[[], object]:
        def click() -> object:
            activity = db.session.get(Activity, activity_id)
            if activity is None:
                return "came too late"
            person = db.session.get_one(Person, person_id)
            return join(activity, person, by=activity.coordinator, now=BEFORE).id

        return click

    for _round in range(15):
        with racing_app.app_context():
            here = make.centre()
            boss = make.coordinator(here)
            draft = a_draft(here, boss)
            assert draft.term is not None
            ids = (draft.id, draft.term.id, boss.id, make.participant(here).id)
            db.session.commit()
        draft_id, term_id, boss_id, person_id = ids

        results = all_at_once(
            racing_app,
            [
                throwing(draft_id),
                publishing(term_id, boss_id),
                joining(draft_id, person_id),
            ],
        )

        refused = (NoDraft, ChangedMeanwhile, Gone, NothingToPublish)
        assert all(isinstance(one, (int, str, *refused)) for one in results), results
        with racing_app.app_context():
            found = db.session.get(Activity, draft_id)
            told = db.session.scalars(select(func.count(Notice.id))).one()
            assert (found is None) == (results[0] == "thrown away"), results
            if found is None:
                assert not told, results
                assert left() == {}
            for row in db.session.scalars(select(Activity)).all():
                db.session.delete(row)
            for notice in db.session.scalars(select(Notice)).all():
                db.session.delete(notice)
            db.session.commit()


def test_a_term_is_published_without_the_draft_that_went_meanwhile(racing_app: Flask) -> None:
    def publishing(term_id: int, boss_id: int) -> Callable[[], object]:
        def click() -> object:
            term, boss = db.session.get_one(Term, term_id), db.session.get_one(Person, boss_id)
            return len(publish(term, by=boss, now=BEFORE))

        return click

    def throwing(activity_id: int) -> Callable[[], object]:
        def click() -> object:
            throw_away(db.session.get_one(Activity, activity_id))
            return "thrown away"

        return click

    for number in range(25):
        with racing_app.app_context():
            here = make.centre()
            boss = make.coordinator(here)
            days = {"first_day": date(2027, 2, 15), "last_day": date(2027, 6, 15)}
            term = Term(centre=here, name=f"Spring {number}", **days)
            draft = make.activity(centre=here, coordinator=boss, term=term, published_at=None)
            make.meeting(activity=draft)
            ids = (draft.id, term.id, boss.id)
            db.session.commit()

        results = all_at_once(racing_app, [throwing(ids[0]), publishing(ids[1], ids[2])])

        refused = (NoDraft, ChangedMeanwhile, NothingToPublish)
        assert all(isinstance(one, (int, str, *refused)) for one in results), results
        assert sum(isinstance(one, (int, str)) for one in results) == 1, results
