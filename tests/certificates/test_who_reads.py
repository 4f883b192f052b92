"""Who reads a certificate with protected hours; and that nobody certifies their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import clock
from app.certificates.models import Certificate
from app.certificates.operations import Typed, issue
from app.extensions import db
from app.people.models import Person
from app.people.terms import Role
from app.programme.models import Activity
from app.staffing.models import State
from tests import make
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("app")


def issued(activity: Activity) -> Certificate:
    """For somebody who helped once there, by its coordinator."""
    helper = make.person([Role.VOLUNTEER], activity.centre)
    meeting = make.meeting(activity=activity, starts_at=clock.now() - timedelta(days=3))
    need = make.need(meeting=meeting, role=Role.VOLUNTEER)
    make.presence(make.assignment(need=need, person=helper, state=State.CONFIRMED))
    today = clock.now().date()
    typed = Typed(
        host="Host",
        volunteer="Volunteer",
        first_day=today - timedelta(days=10),
        last_day=today,
        responsibilities=["a"],
        competences=["b"],
        representative="Boss",
    )
    made = issue(
        helper, activity.centre, typed, once="x" * 20, by=activity.coordinator, now=clock.now()
    )
    db.session.commit()
    return made


def status(browser: Browser, reader: Person, certificate: Certificate) -> set[int]:
    browser.sign_in(reader)
    return {
        browser.get(f"/en/certificates/{certificate.ref}{end}").status_code for end in ("", ".pdf")
    }


def test_with_protected_hours_a_colleague_does_not_find_it(browser: Browser) -> None:
    group = make.womens_group()
    certificate = issued(group)
    colleague = make.coordinator(group.centre)
    db.session.commit()
    helper = db.session.get_one(Person, certificate.person_id)

    assert status(browser, colleague, certificate) == {404}
    assert status(browser, group.coordinator, certificate) == {200}
    assert status(browser, helper, certificate) == {200}


def test_without_them_a_colleague_does(browser: Browser) -> None:
    course = make.activity()
    certificate = issued(course)
    colleague = make.coordinator(course.centre)
    db.session.commit()

    assert status(browser, colleague, certificate) == {200}


def test_nobody_certifies_their_own_hours(browser: Browser) -> None:
    here = make.centre()
    both = make.person([Role.VOLUNTEER], here)
    make.make_coordinator_too(both, here)
    db.session.commit()
    browser.sign_in(both)

    assert browser.get(f"/en/people/{both.ref}/certificate").status_code == 404
    assert browser.post(f"/en/people/{both.ref}/certificate").status_code == 404
