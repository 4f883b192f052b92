"""A participant refuses somebody who helps: in one step, without a reason, unknown to others."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.extensions import db
from app.people.models import Apart, Person
from app.people.terms import Level
from app.programme.kinds import Privacy
from app.staffing.eligibility import Rule
from app.staffing.models import Assignment, State
from app.staffing.queries import needs_of, why_not
from tests import make
from tests.conftest import Browser
from tests.staffing.today import in_two_days


class House:
    """Layla learns where Amina mediates."""

    def __init__(self) -> None:
        self.place = self.another(in_two_days())
        self.layla = make.participant(self.place.need.meeting.activity.centre)
        make.book_learner(self.layla, self.place.need.meeting)
        db.session.commit()

    def another(self, starts_at: object) -> Assignment:
        meeting = make.meeting(activity=make.activity("Course"), starts_at=starts_at)
        need = make.need(meeting=meeting, language="ar", level=Level.B2)
        return make.assignment(need=need, state=State.CONFIRMED)

    @property
    def amina(self) -> Person:
        return self.place.person


def test_one_click_keeps_them_apart_and_nobody_reads_who_asked(browser: Browser) -> None:
    house = House()
    page = browser.sign_in(house.layla).get("/en/rather-not-meet").text
    assert "Arabic" in page
    assert house.amina.name not in page

    answer = browser.post(f"/en/rather-not-meet/{house.place.ref}", follow_redirects=True)

    assert "They are not told" in answer.text
    pair = db.session.scalars(select(Apart)).one()
    assert {pair.person_id, pair.other_id} == {house.layla.id, house.amina.id}
    assert pair.by_id is None


def test_she_is_not_planned_where_layla_learns_any_more(browser: Browser) -> None:
    house = House()
    browser.sign_in(house.layla).post(f"/en/rather-not-meet/{house.place.ref}")
    later = make.need(
        meeting=make.meeting(
            activity=house.place.need.meeting.activity, starts_at=in_two_days() + timedelta(days=7)
        )
    )
    make.book_learner(house.layla, later.meeting)

    reasons = why_not(needs_of([later.meeting_id])[0], house.amina)

    assert [one.rule for one in reasons] == [Rule.KEPT_APART]


def test_the_refused_mediator_reads_nothing_of_it(browser: Browser) -> None:
    house = House()
    browser.sign_in(house.layla).post(f"/en/rather-not-meet/{house.place.ref}")
    browser.sign_in(house.amina)

    for path in ("/en/places", "/en/needed?all=1", "/en/mine", "/en/profile"):
        page = browser.get(path).text
        assert "never meet" not in page
        assert house.layla.name not in page


def test_only_helpers_of_ones_own_sessions_can_be_refused(browser: Browser) -> None:
    house = House()
    elsewhere = house.another(in_two_days())
    long_ago = house.another(clock.now() - timedelta(days=120))
    make.book_learner(house.layla, long_ago.need.meeting)
    db.session.commit()
    browser.sign_in(house.layla)

    for ref in (elsewhere.ref, long_ago.ref, "nothing"):
        assert browser.post(f"/en/rather-not-meet/{ref}").status_code == 404
    assert db.session.scalars(select(Apart)).all() == []


def test_twice_is_harmless_and_looking_changes_nothing(browser: Browser) -> None:
    house = House()
    browser.sign_in(house.layla)
    for _n in range(3):
        browser.get("/en/rather-not-meet")
    assert db.session.scalars(select(Apart)).all() == []

    for _n in range(2):
        browser.post(f"/en/rather-not-meet/{house.place.ref}")

    assert len(db.session.scalars(select(Apart)).all()) == 1


def test_of_a_protected_session_the_page_says_no_title(browser: Browser) -> None:
    house = House()
    house.place.need.meeting.privacy = Privacy.PROTECTED
    db.session.commit()

    page = browser.sign_in(house.layla).get("/en/rather-not-meet").text

    assert "Course" not in page
    assert "Meeting" in page
