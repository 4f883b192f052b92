"""Where somebody only applied, nobody writes what another centre relies on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app import clock
from app.extensions import db
from app.people.models import Membership, Person
from app.people.profile import CentreCorrects, say_age
from app.people.terms import Role, Stage
from tests import make
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("app")
UNTIL = date(2030, 1, 1)


def somebody(stage: Stage) -> tuple[Person, Person]:
    """They help in one centre, with a check, and came as far as *stage* in another; the coordinator
    there."""
    helper = make.person([Role.VOLUNTEER], make.centre(), check_valid_until=UNTIL)
    there = make.centre()
    helper.memberships.append(Membership(centre=there, role=Role.VOLUNTEER, stage=stage))
    boss = make.coordinator(there)
    db.session.commit()
    return helper, boss


def writes(browser: Browser, helper: Person) -> list[int]:
    here = f"/en/people/{helper.ref}"
    paper = helper.checks[0].ref
    substitute = {
        "kind": "not_possible",
        "seen_on": clock.now().date().isoformat(),
        "reason": "no",
        "measure": "none",
    }
    return [
        browser.post(f"{here}/checks/new", data=substitute).status_code,
        browser.post(f"{here}/age", data={"age": "adult"}).status_code,
        browser.post(f"{here}/checks/{paper}", data=substitute).status_code,
        browser.post(f"{here}/checks/{paper}/removal").status_code,
    ]


def test_where_they_only_applied_or_left_nothing_of_it_is_written(browser: Browser) -> None:
    for stage in (Stage.APPLIED, Stage.LEFT):
        helper, boss = somebody(stage)
        browser.sign_in(boss)

        assert writes(browser, helper) == [404] * 4
        db.session.expire_all()
        assert [check.valid_until for check in helper.checks] == [UNTIL]


def test_from_the_talk_on_both_centres_look_after_it(browser: Browser) -> None:
    helper, boss = somebody(Stage.INTERVIEW)
    browser.sign_in(boss)

    assert 404 not in writes(browser, helper)


@pytest.mark.parametrize("months", [12, 13])
def test_a_certificate_does_not_count_for_years(browser: Browser, months: int) -> None:
    here = make.centre()
    helper = make.person([Role.VOLUNTEER], here)
    db.session.commit()
    browser.sign_in(make.coordinator(here))
    issued = clock.now().date() - timedelta(days=10)
    until = issued + timedelta(days=365 if months == 12 else 400)

    answer = browser.post(
        f"/en/people/{helper.ref}/checks/new",
        data={
            "kind": "integrity",
            "issued_on": issued.isoformat(),
            "valid_until": until.isoformat(),
            "seen_on": issued.isoformat(),
        },
    )

    assert answer.status_code == (303 if months == 12 else 422)


def test_from_the_talk_on_an_applicant_changes_no_age_that_was_noted() -> None:
    young = make.person([], None, born_on=date(2011, 5, 1))
    here = make.centre()
    role = Membership(centre=here, role=Role.VOLUNTEER, stage=Stage.APPLIED)
    young.memberships.append(role)
    today = date(2026, 11, 1)
    say_age(young, date(2010, 5, 1), today=today)  # still theirs to say
    role.stage = Stage.INTERVIEW
    db.session.flush()

    with pytest.raises(CentreCorrects):
        say_age(young, None, today=today)
    assert young.born_on == date(2010, 5, 1)
