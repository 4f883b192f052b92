"""Coming along to learn: where only the language stands in the way, or the need is filled."""

from __future__ import annotations

import pytest

from app import clock
from app.extensions import db
from app.people.models import Person
from app.people.terms import Level
from app.staffing.finding import where_needed
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import assignment_of
from tests import make
from tests.conftest import Browser
from tests.staffing.today import in_two_days

pytestmark = pytest.mark.usefixtures("app")


def a_need(**given: object) -> tuple[Need, Person]:
    meeting = make.meeting(starts_at=in_two_days())
    need = make.need(meeting=meeting, language="ti", level=Level.B2, **given)
    learner = make.mediator(meeting.activity.centre)
    db.session.commit()
    return need, learner


def test_where_only_the_language_lacks_one_may_come_along() -> None:
    need, learner = a_need(trainees=1)

    (seen,) = where_needed(learner, now=clock.now())

    assert seen.need is need
    assert seen.may_learn
    assert not seen.may_be_taken


def test_a_filled_need_still_has_its_places_to_learn() -> None:
    need, learner = a_need(trainees=1)
    helper = make.mediator(need.meeting.activity.centre, {"ti": Level.NATIVE})
    make.assignment(need=need, person=helper, state=State.CONFIRMED)

    (seen,) = where_needed(learner, now=clock.now())

    assert seen.is_full
    assert seen.may_learn


@pytest.mark.parametrize("why", ["no place", "taken", "check"])
def test_else_one_may_not(why: str) -> None:
    need, learner = a_need(trainees=0 if why == "no place" else 1, check_required=why == "check")
    if why == "taken":
        other = make.mediator(need.meeting.activity.centre)
        make.assignment(need=need, person=other, state=State.CONFIRMED, trainee=True)

    (seen,) = where_needed(learner, now=clock.now())

    assert not seen.may_learn


def test_one_click_takes_it(browser: Browser) -> None:
    need, learner = a_need(trainees=1)
    browser.sign_in(learner)
    assert "I come along" in browser.get("/en/needed").text

    browser.post(f"/en/needs/{need.ref}/place", data={"learn": "1"})

    db.session.expire_all()
    taken: Assignment | None = assignment_of(need, learner)
    assert taken is not None
    assert (taken.state, taken.trainee) == (State.CONFIRMED, True)
    assert "to learn" in browser.get("/en/places").text
