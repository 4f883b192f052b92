"""What a helper is shown, and whom a coordinator is shown."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from app import clock
from app.extensions import db
from app.people.models import Person
from app.people.terms import Gender, Level, Role
from app.programme.kinds import Kind, Privacy
from app.programme.places import TravelTime
from app.staffing.availability import Answer, Weekly
from app.staffing.eligibility import Rule
from app.staffing.finding import ranked_candidates, where_needed
from app.staffing.models import Assignment, Need, State
from app.staffing.when_free import set_week
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.statements import statements

pytestmark = pytest.mark.usefixtures("app")
SOON = MONDAY - timedelta(days=5)


def test_open_needs_of_my_centres_each_with_every_reason_against_it() -> None:
    here = make.centre()
    amina = make.mediator(here, {"ar": Level.NATIVE})
    meeting = make.meeting(activity=make.activity(centre=here))
    fits = make.need(meeting=meeting, language="ar", level=Level.B2)
    does_not = make.need(meeting=meeting, language="ti", role=Role.VOLUNTEER)

    found = where_needed(amina, now=SOON)

    assert [(one.need, [reason.rule for reason in one.reasons]) for one in found] == [
        (fits, []),
        (does_not, [Rule.NOT_THE_ROLE, Rule.LANGUAGE_NOT_SPOKEN]),
    ]


def test_filled_needs_other_centres_and_womens_groups_are_not_shown() -> None:
    here = make.centre()
    amina = make.mediator(here)
    filled = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
    make.assignment(need=filled, state=State.CONFIRMED)
    make.need()  # in another centre
    make.need(meeting=make.meeting(activity=make.womens_group(centre=here)))

    assert where_needed(amina, now=SOON) == []


def test_candidates_are_ranked_by_fit_then_by_how_little_they_helped_lately() -> None:
    here = make.centre()
    busy_bee = make.mediator(here, {"ar": Level.NATIVE}, name="A")
    rested = make.mediator(here, {"ar": Level.C1}, name="B")
    wrong = make.mediator(here, {"tr": Level.NATIVE}, name="C")
    earlier = make.meeting(
        activity=make.activity(centre=here), starts_at=MONDAY - timedelta(days=2)
    )
    make.assignment(need=make.need(meeting=earlier), person=busy_bee, state=State.CONFIRMED)
    need = make.need(
        meeting=make.meeting(activity=make.activity(centre=here)), language="ar", level=Level.B2
    )

    ranked = ranked_candidates(need)

    assert [one.person for one in ranked] == [rested, busy_bee, wrong]
    assert [one.recent for one in ranked] == [0, 1, 0]
    assert [reason.rule for reason in ranked[2].reasons] == [Rule.LANGUAGE_NOT_SPOKEN]


def test_help_at_protected_meetings_counts_only_for_the_same_group() -> None:
    """Who ranks for a course may not know of them; who ranks for the group itself does."""
    here = make.centre()
    amina = make.mediator(here, gender=Gender.WOMAN)
    group = make.womens_group(centre=here)
    for day in (1, 2):
        soon = make.meeting(activity=group, starts_at=MONDAY + timedelta(days=day))
        make.assignment(need=make.need(meeting=soon), person=amina, state=State.CONFIRMED)
    course = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
    other_group = make.need(meeting=make.meeting(activity=make.womens_group(centre=here)))
    same_group = make.need(meeting=make.meeting(activity=group))

    recent = [ranked_candidates(need)[0].recent for need in (course, other_group, same_group)]

    assert recent == [0, 0, 2]


def test_ranking_asks_the_database_as_often_for_thirty_people_as_for_three() -> None:
    here = make.centre()
    need = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
    counts = []
    for more in (3, 27):
        for _n in range(more):
            make.mediator(here)
        db.session.flush()
        db.session.expire_all()
        counts.append(len(statements(lambda: ranked_candidates(need))))

    assert counts[0] == counts[1]


def test_where_needed_asks_as_often_for_twenty_needs_as_for_two() -> None:
    here = make.centre()
    amina = make.mediator(here)
    counts = []
    for more in (2, 18):
        for _n in range(more):
            make.need(meeting=make.meeting(activity=make.activity(centre=here)))
        db.session.flush()
        db.session.expire_all()
        counts.append(len(statements(lambda: where_needed(amina, now=SOON))))

    assert counts[0] == counts[1]


def test_a_volunteer_of_a_cultural_evening_needs_no_language() -> None:
    here = make.centre()
    vlad = make.person([Role.VOLUNTEER], here, {"ro": Level.NATIVE})
    need = make.need(
        meeting=make.meeting(activity=make.activity(centre=here, kind=Kind.CULTURAL)),
        role=Role.VOLUNTEER,
    )

    assert [one.need for one in where_needed(vlad, now=BEFORE)] == [need]


def near_and_far() -> tuple[Person, dict[str, Need]]:
    """Somebody at home in one centre who helps in two others, and a need in each and online."""
    home, near, far = make.centre(), make.centre(), make.centre()
    db.session.add(TravelTime(from_id=home.id, to_id=near.id, minutes=40))
    amina = make.mediator(home, home_centre=home)
    make.helps_too(amina, near)
    make.helps_too(amina, far)
    places = {"far": far, "near": near, "home": home, "online": far}
    needs = {}
    for n, (name, place) in enumerate(places.items()):
        meeting = make.meeting(
            activity=make.activity(centre=place),
            starts_at=MONDAY + timedelta(days=n),
            online_url="https://meet.example/x" if name == "online" else None,
        )
        needs[name] = make.need(meeting=meeting)
    return amina, needs


def test_the_nearest_comes_first_then_the_earliest() -> None:
    amina, needs = near_and_far()

    found = [one.need for one in where_needed(amina, now=SOON)]

    assert found == [needs["home"], needs["online"], needs["near"], needs["far"]]


def test_if_need_be_is_marked_and_own_clashes_are_told() -> None:
    here = make.centre()
    amina = make.mediator(here)
    early, late = MONDAY, MONDAY + timedelta(hours=6)
    for starts_at in (early, late):
        make.need(meeting=make.meeting(activity=make.activity(centre=here), starts_at=starts_at))
    set_week(amina, [Weekly(0, time(8), time(20), Answer.IF_NEED_BE)])
    taken = make.need(meeting=make.meeting(activity=make.activity(centre=here), starts_at=late))
    make.assignment(need=taken, person=amina, state=State.CONFIRMED)

    free, busy = where_needed(amina, now=SOON)

    assert (free.said, free.reasons, free.clashes) == (Answer.IF_NEED_BE, (), ())
    assert [reason.rule for reason in busy.reasons] == [Rule.EXPECTED_ELSEWHERE]
    assert [clash.starts_at for clash in busy.clashes] == [late]


class TestPages:
    def test_language_and_centre_are_in_the_address(self, browser: Browser) -> None:
        here, there = make.centre(code="iasi"), make.centre(code="cluj")
        amina = make.mediator(here, {"ar": Level.NATIVE, "tr": Level.B2})
        make.helps_too(amina, there)
        make.contract_for_years(amina, here)
        make.contract_for_years(amina, there)
        soon = clock.now() + timedelta(days=3)
        for title, place, language in (
            ("Tea", here, "ar"),
            ("Chess", there, "ar"),
            ("Songs", here, "tr"),
        ):
            whole = make.activity(title, centre=place)
            make.need(meeting=make.meeting(activity=whole, starts_at=soon), language=language)
            soon += timedelta(days=1)
        browser.sign_in(amina)

        def shown(query: str) -> set[str]:
            page = browser.get(f"/en/needed{query}").text
            return {title for title in ("Tea", "Chess", "Songs") if title in page}

        assert shown("") == {"Tea", "Chess", "Songs"}
        assert shown("?language=ar") == {"Tea", "Chess"}
        assert shown("?language=ar&centre=iasi") == {"Tea"}
        assert shown("?language=zu") == set()
        assert shown("?language=nonsense") == {"Tea", "Chess", "Songs"}

    def test_the_page_asks_as_often_for_many_needs_as_for_few(self, browser: Browser) -> None:
        here = make.centre()
        amina = make.mediator(here)
        make.contract_for_years(amina, here)
        browser.sign_in(amina)
        counts = []
        for more in (2, 12):
            for n in range(more):
                whole = make.activity(centre=here)
                when = clock.now() + timedelta(days=2, hours=3 * n + more)
                make.need(meeting=make.meeting(activity=whole, starts_at=when), language="ar")
                make.need(meeting=make.meeting(activity=whole, starts_at=when), language="ti")
            db.session.commit()
            counts.append(len(statements(lambda: browser.get("/en/needed?all=1"))))

        assert counts[0] == counts[1]

    def test_who_applied_sees_public_needs_only_and_takes_none(self, browser: Browser) -> None:
        here = make.centre()
        vlad = make.applicant(here)
        soon = clock.now() + timedelta(days=3)
        festival = make.activity("Festival", centre=here, kind=Kind.CULTURAL)
        course = make.activity("Course", centre=here)
        elsewhere = make.activity("Far away", kind=Kind.CULTURAL)
        assert festival.privacy is Privacy.PUBLIC
        needs = [
            make.need(meeting=make.meeting(activity=one, starts_at=soon), role=Role.VOLUNTEER)
            for one in (festival, course, elsewhere)
        ]
        browser.sign_in(vlad)

        page = browser.get("/en/needed")

        assert page.status_code == 200
        assert "Festival" in page.text
        assert "We will call you for a talk" in page.text
        assert "Course" not in page.text
        assert "Far away" not in page.text
        assert "I will come" not in page.text
        for need in needs:
            for path in ("place", "series"):
                assert browser.post(f"/needs/{need.ref}/{path}").status_code == 404
            assert browser.get(f"/needs/{need.ref}/series").status_code == 404
        assert db.session.query(Assignment).count() == 0
