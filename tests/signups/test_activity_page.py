"""An activity as a learner sees it."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from app.extensions import db
from app.programme.bookings import book
from app.programme.models import Part
from app.signups.operations import join
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
    assert "Monday, 1 March 2027, 11:00" in page.text
    assert f'href="/en/activities/{activity.ref}"' in page.text
