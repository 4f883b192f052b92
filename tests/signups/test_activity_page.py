"""An activity as a learner sees it."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from app.extensions import db
from app.people.terms import Gender
from app.programme.bookings import book
from app.programme.models import Part
from app.signups.operations import join
from app.signups.queries import has_place
from app.staffing.moving import move_meeting
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY


@time_machine.travel(BEFORE, tick=False)
def test_a_session_that_moved_onto_another_of_hers_says_so(browser: Browser) -> None:
    layla, activity = make.person(), make.activity()
    meeting = make.meeting(activity=activity)
    make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=7))
    join(activity, layla, by=layla, now=BEFORE)
    later = MONDAY + timedelta(days=1)
    book(layla, make.meeting(starts_at=later), Part.LEARNER)
    move_meeting(
        meeting, starts_at=later, ends_at=later + timedelta(hours=2), room=None,
        by=activity.coordinator, now=BEFORE, seen=0,
    )  # fmt: skip
    db.session.commit()

    page = browser.sign_in(layla).get(f"/en/activities/{activity.ref}").text

    assert "You have a place" in page
    assert page.count("You are expected elsewhere then.") == 1


def test_a_clash_is_told_with_its_times_and_a_way_back(browser: Browser) -> None:
    with time_machine.travel(BEFORE, tick=False):
        layla, activity = make.person(), make.activity()
        make.meeting(activity=activity)
        book(layla, make.meeting(), Part.HELPER)
        db.session.commit()

        page = browser.sign_in(layla).post(f"/en/activities/{activity.ref}/enrolment")

    assert page.status_code == 409
    assert "Monday, 1 March 2027" in page.text
    assert ">Language café</a></li>" in page.text  # her own session has its name
    assert "I want to come to the others" not in page.text  # there are none
    assert f'href="/en/activities/{activity.ref}"' in page.text


class TestLeaving:
    """A question first: how much it is, and whether there is a way back."""

    def test_of_a_course_it_says_how_many_sessions(self, browser: Browser) -> None:
        with time_machine.travel(BEFORE, tick=False):
            layla, activity = make.person(), make.activity()
            for week in range(3):
                make.meeting(activity=activity, starts_at=MONDAY + timedelta(weeks=week))
            join(activity, layla, by=layla, now=BEFORE)
            db.session.commit()
            page = f"/en/activities/{activity.ref}"
            browser.sign_in(layla)

            assert f'href="{page}/enrolment/end"' in browser.get(page).text
            asked = browser.get(f"{page}/enrolment/end").text
            assert "3 sessions, from Monday, 1 March 2027 to Monday, 15 March 2027" in asked
            assert "Only your coordinator can bring you back." not in asked
            assert has_place(activity, layla)

            left = browser.get(browser.post(f"{page}/enrolment/end").location).text
            assert "You may join again while there are places." in left
            assert browser.get(f"{page}/enrolment/end").status_code == 303

    def test_of_a_womens_group_there_is_no_way_back_and_no_promise(self, browser: Browser) -> None:
        with time_machine.travel(BEFORE, tick=False):
            layla, group = make.person(gender=Gender.WOMAN), make.womens_group()
            make.meeting(activity=group)
            join(group, layla, by=group.coordinator, now=BEFORE)
            db.session.commit()
            page = f"/en/activities/{group.ref}/enrolment/end"
            browser.sign_in(layla)

            asked = browser.get(page).text
            assert "Only your coordinator can bring you back." in asked
            assert "Quiet circle" not in asked
            left = browser.get(browser.post(page).location).text

            assert "You are no longer expected." in left
            assert "You may join again" not in left
            assert browser.get(page).status_code == 404
