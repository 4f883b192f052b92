"""The waiting list as it is lived: asked, offered, accepted, lapsed; nobody learns of others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.feeds.operations import make_link
from app.households.operations import block
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import book
from app.programme.models import Activity, Booking, Part
from app.programme.queries import coming_meetings
from app.reminders.letters import compose
from app.signups.accepting import accept
from app.signups.fairness import KEPT, Standing
from app.signups.models import Waiting, WaitingState
from app.signups.operations import join, leave, visit
from app.signups.queries import learners, places_left, waited_for
from app.signups.rules import (
    ActivityFull,
    ByInvitation,
    FamilyTooLarge,
    NothingToCome,
    OfferOver,
    WomenOnly,
)
from app.signups.seals import seal_of
from app.signups.waiting import (
    decline,
    go_on,
    offer_free_places,
    standing_of,
    wait_for,
    wait_without,
)
from app.web import settings
from app.worker import offer_places
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import owed, sent
from tests.make import BEFORE, MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def course(app: Flask) -> Activity:
    """Three places, all taken; two sessions."""
    activity = make.activity(capacity=3)
    for day in range(2):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    for _n in range(3):
        someone = make.person()
        join(activity, someone, by=someone, now=BEFORE)
    return activity


def waits(course: Activity, *people: Person, now: datetime = BEFORE) -> Waiting:
    made = wait_for(course, people or [make.person()], by=course.coordinator, now=now)
    assert made is not None
    return made


def frees(course: Activity, places: int = 1, now: datetime = BEFORE) -> None:
    for person in learners(course)[:places]:
        leave(course, person, by=person, now=now)


class TestOffers:
    def test_who_leaves_makes_an_offer_in_the_same_breath(self, course: Activity) -> None:
        first, second = waits(course), waits(course)

        frees(course)

        assert (first.state, second.state) == (WaitingState.OFFERED, WaitingState.WAITING)
        assert first.lapses_at == BEFORE + DAY
        assert [one.person_id for one in owed(Letter.PLACE_OFFERED)] == [first.people[0].id]
        assert places_left(course, now=BEFORE) == 0  # it is kept

    def test_yes_gives_everything_at_once(self, course: Activity, browser: Browser) -> None:
        layla = make.person()
        feed, token = make_link(layla, label="Phone", language="en", now=BEFORE)
        assert feed.id
        waiting = waits(course, layla)
        frees(course)

        accept(waiting, now=BEFORE + HOUR)
        accept(waiting, now=BEFORE + HOUR)
        db.session.commit()

        assert layla in learners(course)
        mine = select(Booking.held).where(Booking.person_id == layla.id)
        assert list(db.session.scalars(mine)) == [True, True]
        assert [one.person_id for one in owed(Letter.ENROLLED)].count(layla.id) == 1
        with time_machine.travel(BEFORE, tick=False):
            assert browser.get(f"/c/{token}.ics").text.count("BEGIN:VEVENT") == 2

    def test_no_gives_it_to_the_next(self, course: Activity) -> None:
        first, second = waits(course), waits(course)
        frees(course)

        decline(first, now=BEFORE + HOUR)
        decline(first, now=BEFORE + HOUR)

        assert (first.state, second.state) == (WaitingState.DECLINED, WaitingState.OFFERED)

    def test_silence_gives_it_to_the_next_once(self, course: Activity) -> None:
        first, second, third = waits(course), waits(course), waits(course)
        frees(course)
        late = BEFORE + DAY

        for _turn in range(3):
            go_on(course.id, now=late)

        states = (first.state, second.state, third.state)
        assert states == (WaitingState.LAPSED, WaitingState.OFFERED, WaitingState.WAITING)
        assert [one.person_id for one in owed(Letter.OFFER_LAPSED)] == [first.people[0].id]
        with pytest.raises(OfferOver):
            accept(first, now=late)

    def test_the_worker_goes_on_by_itself(self, course: Activity) -> None:
        first, second = waits(course), waits(course)
        frees(course)
        db.session.commit()
        assert list(waited_for()) == [course.id]

        with time_machine.travel(BEFORE + DAY, tick=False):
            offer_places()

        assert (first.state, second.state) == (WaitingState.LAPSED, WaitingState.OFFERED)

    def test_more_places_are_more_offers(self, course: Activity) -> None:
        waiting = [waits(course) for _n in range(3)]
        course.capacity = 5

        go_on(course.id, now=BEFORE)

        assert [one.state for one in waiting].count(WaitingState.OFFERED) == 2

    def test_a_place_that_is_free_belongs_to_whoever_waits(self, course: Activity) -> None:
        waits(course)
        waits(course)
        frees(course)
        passer_by = make.person()

        with pytest.raises(ActivityFull):
            join(course, passer_by, by=passer_by, now=BEFORE)
        first = coming_meetings(course, now=BEFORE)[0]
        with pytest.raises(ActivityFull):
            visit(first, passer_by, by=passer_by, now=BEFORE)

    def test_too_late_to_ask_it_belongs_to_whoever_comes(self, course: Activity) -> None:
        waits(course)
        last = MONDAY + DAY - HOUR
        frees(course, now=last)
        assert owed(Letter.PLACE_OFFERED) == []
        passer_by = make.person()

        assert join(course, passer_by, by=passer_by, now=last).left_at is None

    def test_when_it_is_over_nobody_waits(self, course: Activity) -> None:
        waiting = waits(course)

        go_on(course.id, now=MONDAY + 10 * DAY)

        assert waiting.state is WaitingState.LEFT
        assert owed(Letter.OFFER_LAPSED) == []

    def test_a_draft_offers_nothing(self, course: Activity) -> None:
        course.published_at = None
        waiting = waits(course)
        frees(course)

        assert waiting.state is WaitingState.WAITING

    def test_whom_no_letter_reaches_is_on_the_call_list(self, course: Activity) -> None:
        waiting = waits(course, make.person(email=None))
        frees(course)

        [notice] = owed(Letter.PLACE_OFFERED)
        assert notice.last_code == "no-address"
        assert waiting.lapses_at == BEFORE + 2 * DAY


class TestFamilies:
    def test_all_together_or_not_at_all(self, course: Activity) -> None:
        family = waits(course, *(make.person() for _n in range(2)))
        frees(course)
        states = [family.state]
        frees(course)
        states.append(family.state)
        assert states == [WaitingState.WAITING, WaitingState.OFFERED]

        accept(family, now=BEFORE + HOUR)

        assert set(family.people) <= set(learners(course))
        assert places_left(course, now=BEFORE) == 0

    def test_places_are_kept_and_then_pass(self, course: Activity) -> None:
        family, alone = waits(course, *(make.person() for _n in range(2))), waits(course)
        frees(course)
        assert (family.state, alone.state) == (WaitingState.WAITING, WaitingState.WAITING)

        go_on(course.id, now=BEFORE + KEPT)

        assert (family.state, alone.state) == (WaitingState.WAITING, WaitingState.OFFERED)

    def test_one_who_found_a_place_leaves_the_others_their_turn(self, course: Activity) -> None:
        one, other = make.person(), make.person()
        family = waits(course, one, other)
        course.capacity = None
        join(course, one, by=one, now=BEFORE)

        assert family.people == [other]

    def test_one_that_never_fits_is_told(self, course: Activity) -> None:
        with pytest.raises(FamilyTooLarge):
            waits(course, *(make.person() for _n in range(4)))


class TestWhoMayWait:
    def test_twice_is_once(self, course: Activity) -> None:
        layla = make.person()

        assert waits(course, layla) is waits(course, layla)

    def test_nobody_waits_for_what_they_have(self, course: Activity) -> None:
        [someone, *_others] = learners(course)
        assert wait_for(course, [someone], by=someone, now=BEFORE) is None

    def test_a_protected_group_is_waited_for_only_by_whom_its_coordinator_adds(
        self, app: Flask
    ) -> None:
        group = make.womens_group(capacity=1)
        make.meeting(activity=group)
        layla = make.person(gender=Gender.WOMAN)

        with pytest.raises(ByInvitation):
            wait_for(group, [layla], by=layla, now=BEFORE)
        with pytest.raises(WomenOnly):
            waits(group, make.person(gender=Gender.MAN))
        assert waits(group, layla).state is WaitingState.OFFERED

    def test_what_is_over_is_not_waited_for(self, course: Activity) -> None:
        with pytest.raises(NothingToCome):
            waits(course, now=MONDAY + 10 * DAY)

    def test_the_database_knows_an_offer_has_its_time(self, course: Activity) -> None:
        waiting = waits(course)
        waiting.state = WaitingState.OFFERED

        with pytest.raises(IntegrityError):
            db.session.flush()


class TestAccepting:
    def test_fewer_places_than_offered_is_said(self, course: Activity) -> None:
        waiting = waits(course)
        frees(course)
        course.capacity = 2

        with pytest.raises(ActivityFull):
            accept(waiting, now=BEFORE)

    def test_at_other_times_of_theirs_they_are_not_held(self, course: Activity) -> None:
        layla = make.person()
        waiting = waits(course, layla)
        frees(course)
        book(layla, make.meeting(), Part.LEARNER)

        accept(waiting, now=BEFORE)

        mine = select(Booking.held).where(Booking.person_id == layla.id)
        assert sorted(db.session.scalars(mine)) == [False, True, True]

    def test_of_whom_they_never_meet_they_learn_nothing(self, course: Activity) -> None:
        layla = make.person()
        waiting = waits(course, layla)
        frees(course)
        other = learners(course)[0]
        make_apart(layla, other)

        with pytest.raises(ActivityFull):
            accept(waiting, now=BEFORE)


def make_apart(one: Person, other: Person) -> None:
    from app.people.models import Apart

    low, high = sorted((one.id, other.id))
    db.session.add(Apart(person_id=low, other_id=high, made_at=BEFORE))
    db.session.flush()


class TestWhatIsRead:
    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(BEFORE, tick=False) as traveller:
            yield traveller

    def link(self, course: Activity) -> str:
        """The path of the offer in the letter that leaves."""
        frees(course)
        db.session.commit()
        [letter] = [one for one in sent(BEFORE + HOUR) if "/waiting/" in one.text]
        return letter.text.split("http://127.0.0.1:8000")[1].split()[0]

    def test_the_letters_link_shows_and_a_button_answers(
        self, course: Activity, browser: Browser
    ) -> None:
        waiting = waits(course)
        link = self.link(course)

        for _look in range(3):
            assert "A place is free for you" in browser.get(link).text
        assert waiting.state is WaitingState.OFFERED
        browser.post(f"{link}/acceptance")

        assert "You have a place" in browser.get(link).text
        assert waiting.people[0] in learners(course)

    def test_a_forged_link_is_nothing(self, course: Activity, browser: Browser) -> None:
        waiting = waits(course)
        link = self.link(course)
        forged = link[:-1] + ("0" if link[-1] != "0" else "1")

        assert browser.get(forged).status_code == 404
        assert browser.post(f"{forged}/acceptance").status_code == 404
        assert browser.get(f"/waiting/{waiting.ref}/x").status_code == 404

    def test_after_its_time_the_link_says_so(
        self, course: Activity, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        waits(course)
        link = self.link(course)
        clock.move_to(BEFORE + 2 * DAY)

        assert browser.post(f"{link}/acceptance").status_code == 409
        offer_places()
        assert "This offer is over" in browser.get(link).text

    def test_the_letter_of_a_protected_group_says_a_time(
        self, app: Flask, browser: Browser
    ) -> None:
        group = make.womens_group(capacity=1)
        make.meeting(activity=group)
        layla = make.person(gender=Gender.WOMAN)
        waiting = waits(group, layla)
        db.session.commit()

        [letter] = sent(BEFORE + HOUR)

        whole = f"{letter.subject} {letter.text} {letter.html}"
        for absent in ("Quiet circle", "waited", "place is free", group.ref, "women"):
            assert absent not in whole
        assert "You have a meeting" in letter.subject
        link = letter.text.split("http://127.0.0.1:8000")[1].split()[0]
        assert link == f"/en/waiting/{waiting.ref}"
        assert browser.get(link).status_code == 303  # to sign in
        assert "Quiet circle" in browser.sign_in(layla).get(link).text

    def test_no_letter_of_an_offer_that_is_over(self, course: Activity) -> None:
        waiting = waits(course)
        frees(course)
        decline(waiting, now=BEFORE)
        [notice] = owed(Letter.PLACE_OFFERED)

        assert compose(notice, BEFORE) is None

    def test_what_is_kept_for_somebody_is_on_their_own_page(
        self, course: Activity, browser: Browser
    ) -> None:
        waiting, later = waits(course, make.person()), waits(course, make.person())
        frees(course)
        db.session.commit()

        page = browser.sign_in(waiting.people[0]).get("/en/mine").text
        others = browser.sign_in(later.people[0]).get("/en/mine").text

        assert "A place is free for you" in page
        assert f"/en/waiting/{waiting.ref}" in page
        assert "A place is free for you" not in others
        assert "You are on the waiting list" in others
        assert waiting.ref not in others

    def test_of_a_protected_group_their_own_page_says_that_there_is_a_question(
        self, browser: Browser
    ) -> None:
        group = make.womens_group(capacity=1)
        make.meeting(activity=group)
        layla, mina = make.person(gender=Gender.WOMAN), make.person(gender=Gender.WOMAN)
        kept = waits(group, layla)
        waits(group, mina)
        db.session.commit()

        page = browser.sign_in(layla).get("/en/mine").text
        later = browser.sign_in(mina).get("/en/mine").text

        assert f"/en/waiting/{kept.ref}" in page
        for word in ("Quiet circle", "place is free", "waiting list"):
            assert word not in page + later

    def test_nobody_answers_for_others(self, course: Activity, browser: Browser) -> None:
        waiting = waits(course)
        frees(course)
        browser.sign_in(make.person())

        for path in ("acceptance", "end"):
            assert browser.post(f"/en/waiting/{waiting.ref}/{path}").status_code == 404
        assert browser.get(f"/en/waiting/{waiting.ref}").status_code == 404

    def letters_of(self, course: Activity) -> dict[str, str]:
        """Whose address -> the text of the letter of the offer that leaves."""
        frees(course, places=3)
        db.session.commit()
        return {one.to: one.text for one in sent(BEFORE + HOUR) if "you waited" in one.text.lower()}

    def test_who_decides_for_one_child_does_not_answer_for_the_other(
        self, course: Activity, browser: Browser
    ) -> None:
        """Two children of one mother wait; the father of one is told, and cannot answer."""
        mother, father = make.person(email="m@example.org"), make.person(email="f@example.org")
        children = make.child(mother), make.child(mother, father, name="Yusuf")
        waiting = waits(course, *children)
        letters = self.letters_of(course)

        path = f"/en/waiting/{waiting.ref}"
        his = seal_of(settings().secret_key, waiting.ref, BEFORE, father.ref)
        assert browser.get(f"{path}/{his}").status_code == 404
        assert browser.post(f"{path}/{his}/acceptance").status_code == 404
        assert browser.sign_in(father).get(path).status_code == 404
        assert "/waiting/" not in letters["f@example.org"]
        assert "Open this page" not in letters["f@example.org"]
        link = letters["m@example.org"].split("http://127.0.0.1:8000")[1].split()[0]
        browser.post(f"{link}/acceptance")
        assert set(children) <= set(learners(course))

    def test_who_cannot_answer_has_no_page_of_it_on_a_telephone(self, course: Activity) -> None:
        mother, father = make.person(), make.person()
        waits(course, make.child(mother), make.child(mother, father, name="Yusuf"))
        frees(course, places=2)

        letters = {one.person: compose(one, BEFORE) for one in owed(Letter.PLACE_OFFERED)}
        briefs = {one: letter.brief for one, letter in letters.items() if letter}
        pages = {one: brief.page for one, brief in briefs.items() if brief}

        assert set(pages) == {mother, father}
        assert "/waiting/" in pages[mother]
        assert "/waiting/" not in pages[father]

    def test_the_time_to_answer_goes_by_who_may_answer(self, course: Activity) -> None:
        """Whom a letter reaches has a day; whom it does not is called, and has longer."""
        mother, father = make.person(email=None), make.person()
        waiting = waits(course, make.child(mother), make.child(mother, father, name="Yusuf"))
        alone = waits(course, make.person())

        frees(course, places=3)

        assert waiting.lapses_at is not None
        assert alone.lapses_at is not None
        assert waiting.lapses_at > alone.lapses_at

    def test_an_old_link_opens_nothing_for_who_decides_no_more(
        self, course: Activity, browser: Browser
    ) -> None:
        mother, father = make.person(), make.person(email="f@example.org")
        child = make.child(mother, father)
        waiting = waits(course, father, child)
        letter = self.letters_of(course)["f@example.org"]
        link = letter.split("http://127.0.0.1:8000")[1].split()[0]
        wait_without(waiting, father, now=BEFORE)
        db.session.commit()
        assert browser.get(link).status_code == 200  # he decides for the child

        block(child, father, by=mother, now=BEFORE)
        db.session.commit()

        assert browser.get(link).status_code == 404
        assert browser.post(f"{link}/acceptance").status_code == 404
        assert waiting.state is WaitingState.OFFERED

    def test_the_page_gives_no_count(self, course: Activity, browser: Browser) -> None:
        for _n in range(4):
            waits(course)
        layla = make.person()
        last = waits(course, layla)
        assert standing_of(last) is Standing.LATER

        page = browser.sign_in(layla).get(f"/en/activities/{course.ref}").text

        assert "Some people are before you." in page
        panel = page.split("You are on the waiting list")[1].split("</section>")[0]
        assert not any(f" {number} " in panel for number in range(1, 10))

    def test_the_coordinator_notes_a_yes_by_telephone(
        self, course: Activity, browser: Browser
    ) -> None:
        waiting = waits(course, make.person(name="Tesfay", email=None))
        frees(course)
        browser.sign_in(course.coordinator)
        page = f"/en/activities/{course.ref}/learners"
        assert "Tesfay" in browser.get(page).text.split("Waiting list")[1]

        browser.post(f"{page}/waiting/{waiting.ref}/acceptance")

        assert waiting.people[0] in learners(course)

    def test_offers_count_as_taken_when_there_are_to_be_fewer(
        self, course: Activity, browser: Browser
    ) -> None:
        waits(course)
        frees(course)
        offer_free_places(course, now=BEFORE)

        assert len(db.session.scalars(select(Notice)).all()) == len(owed(Letter.ENROLLED)) + 1
        assert places_left(course, now=BEFORE) == 0
