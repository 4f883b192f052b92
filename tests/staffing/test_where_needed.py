"""What a helper is shown, and whom a coordinator is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.extensions import db
from app.people.terms import Gender, Level, Role
from app.programme.kinds import Kind
from app.staffing.eligibility import Rule
from app.staffing.finding import ranked_candidates, where_needed
from app.staffing.models import State
from tests import make
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
