"""A term is drafted in peace, checked, and published at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.programme.models import Activity, Booking, Meeting
from app.programme.publishing import NothingToPublish, drafts_in
from app.programme.queries import bookings_of, listed_meetings, meetings_open_to
from app.programme.templates import Template
from app.programme.terms import Term
from app.reminders.letters import compose
from app.signups.operations import join
from app.staffing.finding import where_needed
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import (
    OFFER_LASTS,
    NotYetOpen,
    accept_offer,
    offer_place,
    take_place,
)
from app.staffing.publishing import publish
from app.staffing.queries import assignments_of
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once

WEEK = timedelta(weeks=1)


def a_term(**given: object) -> Term:
    centre = given.pop("centre", None) or make.centre()
    term = Term(
        centre=centre, name="Spring", first_day=date(2027, 2, 15), last_day=date(2027, 6, 15)
    )
    db.session.add(term)
    db.session.flush()
    return term


def a_draft(term: Term, number: int = 3, **given: Any) -> Activity:
    activity = make.activity(centre=term.centre, term=term, published_at=None, **given)
    for n in range(number):
        make.meeting(activity=activity, starts_at=MONDAY + n * WEEK)
    return activity


def meetings(activity: Activity) -> list[Meeting]:
    found = select(Meeting).where(Meeting.activity_id == activity.id).order_by(Meeting.starts_at)
    return list(db.session.scalars(found))


def notices() -> list[Notice]:
    return list(db.session.scalars(select(Notice).order_by(Notice.id)))


@pytest.mark.usefixtures("app")
class TestADraft:
    def test_nobody_sees_it_but_who_plans_it(self) -> None:
        draft = a_draft(a_term())
        stranger, boss = make.participant(draft.centre), make.coordinator(draft.centre)
        helper = make.mediator(draft.centre)
        make.need(meeting=meetings(draft)[0], language="ar")

        def sees(person: Person | None) -> int:
            return len(db.session.scalars(meetings_open_to(person)).all())

        assert not db.session.scalars(listed_meetings(start=LONG_AGO, end=MONDAY + 9 * WEEK)).all()
        assert (sees(None), sees(stranger), sees(helper), sees(boss)) == (0, 0, 0, 3)
        assert where_needed(helper, now=BEFORE) == []

    def test_a_place_in_it_is_told_to_nobody_and_holds_nobody(self) -> None:
        draft = a_draft(a_term())
        layla = make.participant(draft.centre)

        join(draft, layla, by=draft.coordinator, now=BEFORE)

        assert notices() == []
        assert not db.session.scalars(bookings_of(layla, since=BEFORE)).all()
        other = make.meeting(starts_at=MONDAY)
        join(other.activity, layla, by=layla, now=BEFORE)  # what is drafted forbids nothing

    def test_an_offer_in_it_waits(self) -> None:
        draft = a_draft(a_term())
        need = make.need(meeting=meetings(draft)[0], language="ar")
        amina = make.mediator(draft.centre)

        offer_place(need, amina, by=draft.coordinator, now=BEFORE)

        assert notices() == []
        assert not db.session.scalars(assignments_of(amina)).all()
        offer = db.session.scalars(select(Assignment)).one()
        for way in (accept_offer, lambda offer, now: take_place(need, amina, now=now)):
            with pytest.raises(NotYetOpen):
                way(offer, now=BEFORE)


@pytest.mark.usefixtures("app")
class TestPublishing:
    def test_everyone_concerned_reads_one_letter(self) -> None:
        term = a_term()
        first, second = a_draft(term), a_draft(term, number=1)
        layla, amina = make.participant(term.centre), make.mediator(term.centre)
        boss = first.coordinator
        second.coordinator = boss
        join(first, layla, by=boss, now=BEFORE)
        need = make.need(meeting=meetings(first)[0], language="ar")
        offer_place(need, amina, by=boss, now=BEFORE)

        opened = publish(term, by=boss, now=BEFORE)

        assert opened == [first, second]
        assert {(n.person_id, n.kind) for n in notices()} == {
            (layla.id, Letter.TERM_PUBLISHED),
            (amina.id, Letter.TERM_PUBLISHED),
        }
        assert len(notices()) == 2
        assert db.session.scalars(select(func.count()).where(Booking.held)).one() == 3
        offer = db.session.scalars(assignments_of(amina)).one()
        assert offer.lapses_at == BEFORE + OFFER_LASTS
        assert term.published_at == BEFORE

    def test_the_letters_say_what_is_true_when_they_leave(self) -> None:
        term = a_term()
        draft = a_draft(term)
        layla = make.participant(term.centre, name="Layla Nasser")
        join(draft, layla, by=draft.coordinator, now=BEFORE)
        publish(term, by=draft.coordinator, now=BEFORE)

        letter = compose(notices()[0], BEFORE)

        assert letter is not None
        assert "Language café" in letter.text
        assert "3 sessions in all" in letter.text
        for meeting in meetings(draft):
            meeting.activity.published_at = None
            db.session.execute(update(Booking).values(held=False))
        assert compose(notices()[0], BEFORE) is None

    def test_a_protected_draft_is_a_time_and_no_more(self) -> None:
        term = a_term()
        group = make.womens_group(centre=term.centre, term=term, published_at=None)
        make.meeting(activity=group, room=make.room(centre=term.centre, name="Sala secretă"))
        layla = make.participant(term.centre, gender="woman")
        join(group, layla, by=group.coordinator, now=BEFORE)

        publish(term, by=group.coordinator, now=BEFORE)

        (notice,) = notices()
        letter = compose(notice, BEFORE)
        assert notice.confidential
        assert letter is not None
        for word in ("Quiet circle", "Sala secretă", "group", term.centre.address):
            assert word not in f"{letter.text}{letter.html}{letter.subject}"

    def test_another_coordinators_protected_draft_stays_one(self) -> None:
        term = a_term()
        group = make.womens_group(centre=term.centre, term=term, published_at=None)
        make.meeting(activity=group)
        mine = a_draft(term)

        assert drafts_in(term, mine.coordinator) == [mine]
        assert publish(term, by=mine.coordinator, now=BEFORE) == [mine]
        assert group.is_draft
        assert publish(term, by=group.coordinator, now=BEFORE) == [group]

    def test_a_learner_is_held_to_the_first_of_two_at_the_same_time(self) -> None:
        term = a_term()
        first, second = a_draft(term, number=1), a_draft(term, number=1)
        layla = make.participant(term.centre)
        for draft in (first, second):
            draft.coordinator = first.coordinator
            join(draft, layla, by=first.coordinator, now=BEFORE)

        publish(term, by=first.coordinator, now=BEFORE)

        held = select(Booking.held).order_by(Booking.id)
        assert db.session.scalars(held).all() == [True, False]

    def test_there_must_be_something_to_publish(self) -> None:
        term = a_term()

        with pytest.raises(NothingToPublish):
            publish(term, by=make.coordinator(term.centre), now=BEFORE)


class TestPages:
    def test_a_term_is_made_checked_and_published(self, browser: Browser) -> None:
        centre = make.centre()
        boss = make.coordinator(centre, home_centre=centre)
        db.session.commit()
        browser.sign_in(boss)
        form = {"name": "Toamna", "first_day": "2027-02-15", "last_day": "2027-06-15"}
        where = browser.post("/en/terms", data=form).location
        term = db.session.scalars(select(Term)).one()
        draft = a_draft(term, coordinator=boss, minimum=10, capacity=15)
        db.session.commit()

        page = browser.get(where).text

        assert "Language café" in page
        assert "Nobody is needed yet" in page
        assert "at least 10 are wanted" in page
        answer = browser.post(f"{where}/publication")
        assert answer.status_code == 303
        db.session.expire_all()
        assert not draft.is_draft

    def test_a_name_is_used_once_and_it_ends_after_it_begins(self, browser: Browser) -> None:
        term = a_term()
        browser.sign_in(make.coordinator(term.centre, home_centre=term.centre))
        form = {"name": "Spring", "first_day": "2027-06-15", "last_day": "2027-02-15"}

        answer = browser.post("/en/terms", data=form)

        assert answer.status_code == 422
        assert "with this name already" in answer.text
        assert "end after it begins" in answer.text
        assert 'value="Spring"' in answer.text

    def test_other_centres_terms_do_not_exist(self, browser: Browser) -> None:
        term = a_term()
        elsewhere = make.centre()
        browser.sign_in(make.coordinator(elsewhere, home_centre=elsewhere))

        assert browser.get(f"/terms/{term.ref}").status_code == 404
        assert browser.post(f"/terms/{term.ref}/publication").status_code == 404


class TestCorrecting:
    def test_its_name_and_days_are_changed(self, browser: Browser) -> None:
        term = a_term()
        browser.sign_in(make.coordinator(term.centre))
        form = {"name": "Spring", "first_day": "2027-03-01", "last_day": "2027-07-01"}
        assert f"/terms/{term.ref}/edit" in browser.get(f"/en/terms/{term.ref}").text
        assert 'value="2027-06-15"' in browser.get(f"/en/terms/{term.ref}/edit").text

        same_name = browser.post(f"/en/terms/{term.ref}/edit", data=form)
        another = browser.post(f"/en/terms/{term.ref}/edit", data=form | {"name": "Spring 2027"})

        assert (same_name.status_code, another.status_code) == (303, 303)
        db.session.expire_all()
        assert (term.name, term.first_day) == ("Spring 2027", date(2027, 3, 1))
        assert term.last_day == date(2027, 7, 1)

    def test_a_name_of_another_term_is_refused(self, browser: Browser) -> None:
        term = a_term()
        other = Term(
            centre=term.centre, name="Autumn", first_day=term.first_day, last_day=term.last_day
        )
        db.session.add(other)
        browser.sign_in(make.coordinator(term.centre))
        form = {"name": "Autumn", "first_day": "2027-03-01", "last_day": "2027-02-01"}

        answer = browser.post(f"/en/terms/{term.ref}/edit", data=form)

        assert answer.status_code == 422
        assert "with this name already" in answer.text
        assert "end after it begins" in answer.text
        assert 'value="Autumn"' in answer.text
        db.session.expire_all()
        assert term.name == "Spring"

    def test_an_empty_term_is_removed(self, browser: Browser) -> None:
        term = a_term()
        browser.sign_in(make.coordinator(term.centre))

        answer = browser.post(f"/en/terms/{term.ref}/removal")

        assert answer.status_code == 303
        assert not db.session.scalars(select(Term)).all()

    def test_one_in_which_something_is_planned_stays(self, browser: Browser) -> None:
        term = a_term()
        a_draft(term)
        browser.sign_in(make.coordinator(term.centre))

        answer = browser.post(f"/en/terms/{term.ref}/removal")

        assert answer.status_code == 409
        assert "Activities are planned in this term" in answer.text
        assert db.session.scalars(select(Term)).one()

    def test_of_what_one_may_not_know_nothing_is_told(self, browser: Browser) -> None:
        term = a_term()
        make.womens_group(centre=term.centre, term=term)
        browser.sign_in(make.coordinator(term.centre))

        answer = browser.post(f"/en/terms/{term.ref}/removal")

        assert answer.status_code == 409
        assert "This term is still needed" in answer.text
        assert "planned in this term" not in answer.text
        assert db.session.scalars(select(Term)).one()

    def test_other_centres_terms_stay_as_they_are(self, browser: Browser) -> None:
        term = a_term()
        browser.sign_in(make.coordinator(make.centre()))

        assert browser.get(f"/terms/{term.ref}/edit").status_code == 404
        for page in ("edit", "removal"):
            assert browser.post(f"/terms/{term.ref}/{page}").status_code == 404

    def test_a_missing_title_leads_to_the_titles(self, browser: Browser) -> None:
        term = a_term()
        draft = a_draft(term)
        browser.sign_in(make.coordinator(term.centre))

        page = browser.get(f"/en/terms/{term.ref}").text

        missing = next(line for line in page.splitlines() if "No title in" in line)
        assert f"/activities/{draft.ref}/texts" in missing
        unstaffed = next(line for line in page.splitlines() if "Nobody is needed yet" in line)
        assert f"/activities/{draft.ref}/needs" in unstaffed


def chosen_term(page: str) -> str:
    """What is chosen under "Term" in a form."""
    select_box = page.partition('name="term"')[2].partition("</select>")[0]
    return select_box.partition('<option selected value="')[2].partition('"')[0]


class TestCarryingTheTerm:
    def test_it_is_kept_through_the_choice_of_a_kind(self, browser: Browser) -> None:
        term = a_term()
        browser.sign_in(make.coordinator(term.centre))
        carried = f"term={term.ref}"
        assert f"/activities/new?{carried}" in browser.get(f"/en/terms/{term.ref}").text

        kinds = browser.get(f"/en/activities/new?{carried}").text
        form = browser.get(f"/en/activities/new?kind=course&{carried}").text

        assert "In the term Spring." in kinds
        assert kinds.count(carried) >= 4
        assert chosen_term(form) == str(term.id)
        assert f"/activities/new?{carried}" in form

    def test_a_copy_and_a_template_begin_in_it(self, browser: Browser) -> None:
        term = a_term()
        boss = make.coordinator(term.centre)
        course = make.meeting(activity=make.activity(centre=term.centre)).activity
        make.make_coordinator_too(boss, make.centre())
        browser.sign_in(boss)
        browser.post(f"/en/activities/{course.ref}/template", data={"name": "Usual"})
        template = db.session.scalars(select(Template)).one()

        for begun in (f"like={course.ref}", f"template={template.ref}"):
            form = browser.get(f"/en/activities/new?{begun}&term={term.ref}").text
            assert chosen_term(form) == str(term.id)

    def test_the_term_of_another_centre_does_not_exist(self, browser: Browser) -> None:
        term = a_term()
        browser.sign_in(make.coordinator(make.centre()))

        assert browser.get(f"/activities/new?kind=course&term={term.ref}").status_code == 404
        assert browser.get(f"/activities/new?term={term.ref}").status_code == 404


def test_whoever_is_asked_or_joins_while_a_term_is_published_hears_of_it(racing_app: Flask) -> None:
    def asking(need_id: int, person_id: int, boss_id: int) -> Callable[[], object]:
        def click() -> object:
            need, boss = db.session.get_one(Need, need_id), db.session.get_one(Person, boss_id)
            person = db.session.get_one(Person, person_id)
            return offer_place(need, person, by=boss, now=BEFORE).state

        return click

    def joining(activity_id: int, person_id: int, boss_id: int) -> Callable[[], object]:
        def click() -> object:
            activity = db.session.get_one(Activity, activity_id)
            person, boss = (db.session.get_one(Person, one) for one in (person_id, boss_id))
            return join(activity, person, by=boss, now=BEFORE).id

        return click

    def publishing(term_id: int, boss_id: int) -> Callable[[], object]:
        def click() -> object:
            term, boss = db.session.get_one(Term, term_id), db.session.get_one(Person, boss_id)
            return len(publish(term, by=boss, now=BEFORE))

        return click

    for _round in range(20):
        with racing_app.app_context():
            term = a_term()
            draft = a_draft(term, number=1)
            ids = (term.id, draft.id, draft.coordinator.id)
            need = make.need(meeting=meetings(draft)[0], language="ar").id
            layla, amina = make.participant(term.centre).id, make.mediator(term.centre).id
            db.session.commit()

        term_id, draft_id, boss_id = ids
        results = all_at_once(
            racing_app,
            [
                asking(need, amina, boss_id),
                joining(draft_id, layla, boss_id),
                publishing(term_id, boss_id),
            ],
        )

        with racing_app.app_context():
            told = db.session.scalars(
                select(Notice.person_id).where(Notice.person_id.in_([layla, amina]))
            ).all()
            published = results[2] == 1
            asked = db.session.scalars(
                select(func.count()).where(
                    Assignment.person_id == amina, Assignment.state == State.OFFERED
                )
            ).one()
            held = db.session.scalars(select(Booking.held).where(Booking.person_id == layla)).all()
        if published:
            assert told.count(amina) == asked, results
            assert told.count(layla) == len(held), results
            assert all(held), results
        else:
            assert not told, results
