"""Asking somebody in spite of a rule, trainees, and people who never meet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.people.models import Apart, Person
from app.people.terms import Level, Role
from app.programme.bookings import KeptApart
from app.programme.models import Edit, Scope
from app.signups.operations import ActivityFull, join
from app.staffing.availability import Answer
from app.staffing.eligibility import Rule
from app.staffing.finding import where_needed
from app.staffing.models import Decision, Override, State
from app.staffing.moving import HelperNotAllowedThen, move_meeting
from app.staffing.needs import NeedFacts, change_needs, facts_of
from app.staffing.operations import (
    NeedFilled,
    NotEligible,
    Overriding,
    accept_offer,
    decline_offer,
    offer_place,
    take_place,
)
from app.staffing.queries import needs_of, no_longer_fit, why_not
from app.staffing.stricter import SomebodyWouldNotFit
from app.staffing.windows import WeeklyWindow
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
WHY = "Nobody else speaks Tigrinya; Amina understands it well."


def keep_apart(one: Person, other: Person) -> None:
    first, second = sorted((one.id, other.id))
    db.session.add(Apart(person_id=first, other_id=second, made_at=BEFORE))
    db.session.flush()


def rules(need_id: int, person: Person) -> list[Rule]:
    need = needs_of([need_id])[0]
    return [reason.rule for reason in why_not(need, person)]


def overriding(*given: Rule, reason: str = WHY) -> Overriding:
    return Overriding(rules=frozenset(given), reason=reason)


def test_a_language_rule_may_be_passed_with_a_reason_that_is_kept() -> None:
    need = make.need(language="ti", level=Level.B2)
    amina = make.mediator(need.meeting.activity.centre)
    boss = need.meeting.activity.coordinator

    offer = offer_place(
        need, amina, by=boss, now=BEFORE, overriding=overriding(Rule.LANGUAGE_NOT_SPOKEN)
    )
    accept_offer(offer, now=BEFORE)

    assert offer.state is State.CONFIRMED
    kept = db.session.scalars(select(Override)).one()
    assert (kept.rule, kept.reason, kept.by_id) == (Rule.LANGUAGE_NOT_SPOKEN, WHY, boss.id)
    first = db.session.scalars(select(Decision).order_by(Decision.id)).first()
    assert first is not None
    assert first.why["overridden"] == ["language_not_spoken"]
    assert no_longer_fit(needs_of([need.meeting_id])) == {}


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_no_rule_is_passed(reason: str) -> None:
    need = make.need(language="ti")
    amina = make.mediator(need.meeting.activity.centre)

    with pytest.raises(NotEligible):
        offer_place(
            need,
            amina,
            by=None,
            now=BEFORE,
            overriding=overriding(Rule.LANGUAGE_NOT_SPOKEN, reason=reason),
        )


def test_only_the_rules_that_were_named_are_passed() -> None:
    need = make.need(language="ti")
    amina = make.mediator(need.meeting.activity.centre, hours_a_week=1)

    with pytest.raises(NotEligible):
        offer_place(
            need, amina, by=None, now=BEFORE, overriding=overriding(Rule.LANGUAGE_NOT_SPOKEN)
        )


@pytest.mark.parametrize("rule", [rule for rule in Rule if not rule.may_be_overridden])
def test_what_protects_somebody_or_the_law_asks_is_never_passed(rule: Rule) -> None:
    need = make.need(women_only=True, check_required=True)
    amina = make.mediator(need.meeting.activity.centre)
    amina.contracts.clear()
    db.session.flush()

    with pytest.raises(NotEligible):
        offer_place(need, amina, by=None, now=BEFORE, overriding=overriding(*Rule))
    assert rule not in (Rule.LANGUAGE_NOT_SPOKEN, Rule.NOT_AVAILABLE)


def test_what_was_passed_of_a_time_is_asked_again_at_another_time() -> None:
    need = make.need(language="ar")
    amina = make.mediator(need.meeting.activity.centre)
    only_tuesday = WeeklyWindow(
        person_id=amina.id,
        weekday=1,
        starts=(MONDAY + timedelta(hours=1)).time(),
        ends=(MONDAY + timedelta(hours=9)).time(),
        answer=Answer.YES,
    )
    db.session.add(only_tuesday)
    boss = need.meeting.activity.coordinator
    offer = offer_place(need, amina, by=boss, now=BEFORE, overriding=overriding(Rule.NOT_AVAILABLE))
    accept_offer(offer, now=BEFORE)

    with pytest.raises(HelperNotAllowedThen):
        move_meeting(
            need.meeting,
            starts_at=MONDAY + timedelta(hours=3),
            ends_at=MONDAY + timedelta(hours=5),
            room=None,
            by=boss,
            now=BEFORE,
            seen=need.meeting.sequence,
        )


def test_what_was_passed_of_a_language_is_asked_again_for_another() -> None:
    need = make.need(language="ti", level=Level.A2)
    amina = make.mediator(need.meeting.activity.centre)
    boss = need.meeting.activity.coordinator
    offer = offer_place(
        need, amina, by=boss, now=BEFORE, overriding=overriding(Rule.LANGUAGE_NOT_SPOKEN)
    )
    accept_offer(offer, now=BEFORE)
    edit = Edit(activity=need.meeting.activity, scope=Scope.THIS, by=boss, at=BEFORE)
    db.session.add(edit)
    db.session.flush()
    old = facts_of(need)

    with pytest.raises(SomebodyWouldNotFit):
        change_needs([need.meeting], old, NeedFacts(role=old.role, language="so"), edit=edit)


def test_a_trainee_fills_nothing_and_has_a_place_of_their_own() -> None:
    need = make.need(language="ti", level=Level.C1, trainees=1, wanted=1)
    here = need.meeting.activity.centre
    learner, helper = make.mediator(here), make.mediator(here, {"ti": Level.NATIVE})

    place = take_place(need, learner, now=BEFORE, trainee=True)

    assert place.trainee
    assert place.state is State.CONFIRMED
    with pytest.raises(NeedFilled):
        take_place(need, make.mediator(here), now=BEFORE, trainee=True)
    assert take_place(need, helper, now=BEFORE).state is State.CONFIRMED


def test_a_trainee_is_held_to_everything_but_the_language() -> None:
    need = make.need(language="ti", trainees=1, check_required=True)
    learner = make.mediator(need.meeting.activity.centre)

    with pytest.raises(NotEligible) as refusal:
        take_place(need, learner, now=BEFORE, trainee=True)

    assert [one.rule for one in refusal.value.reasons] == [Rule.CHECK_MISSING]


def test_two_who_never_meet_do_not_help_at_the_same_session() -> None:
    need = make.need(wanted=2)
    here = need.meeting.activity.centre
    one, other = make.mediator(here), make.mediator(here)
    keep_apart(one, other)
    take_place(need, one, now=BEFORE)

    with pytest.raises(NeedFilled):  # they read no more than of any full session
        take_place(need, other, now=BEFORE)
    assert need not in [one.need for one in where_needed(other, now=MONDAY - timedelta(days=9))]
    with pytest.raises(NotEligible):
        offer_place(need, other, by=None, now=BEFORE, overriding=overriding(*Rule))


def test_a_mediator_whom_a_learner_refused_does_not_help_where_she_learns() -> None:
    need = make.need()
    here = need.meeting.activity.centre
    layla, mediator = make.participant(here), make.mediator(here)
    keep_apart(layla, mediator)
    join(need.meeting.activity, layla, by=layla, now=BEFORE)

    with pytest.raises(NeedFilled):
        take_place(need, mediator, now=BEFORE)
    assert [reason.rule for reason in why_not(need, mediator)] == [Rule.KEPT_APART]


def test_a_learner_does_not_join_where_somebody_helps_whom_she_never_meets() -> None:
    need = make.need()
    here = need.meeting.activity.centre
    layla, mediator = make.participant(here), make.mediator(here)
    keep_apart(layla, mediator)
    take_place(need, mediator, now=BEFORE)

    with db.session.begin_nested() as deed:
        with pytest.raises(ActivityFull):  # who is there is not hers to find out
            join(need.meeting.activity, layla, by=layla, now=BEFORE)
        deed.rollback()
    with pytest.raises(KeptApart):
        join(need.meeting.activity, layla, by=need.meeting.activity.coordinator, now=BEFORE)


def test_an_override_ends_with_the_asking_it_was_given_for() -> None:
    need = make.need(language="ti")
    amina = make.mediator(need.meeting.activity.centre)
    offer = offer_place(
        need, amina, by=None, now=BEFORE, overriding=overriding(Rule.LANGUAGE_NOT_SPOKEN)
    )
    decline_offer(offer, now=BEFORE)

    with pytest.raises(NotEligible):
        take_place(need, amina, now=BEFORE)


def test_those_who_were_expected_together_before_show_up_as_doubts() -> None:
    need = make.need(wanted=2)
    here = need.meeting.activity.centre
    one, other = make.mediator(here), make.mediator(here)
    places = [take_place(need, person, now=BEFORE) for person in (one, other)]
    keep_apart(one, other)

    doubts = no_longer_fit(needs_of([need.meeting_id]))

    assert {place.id for place in places} == set(doubts)
    assert {reason.rule for reasons in doubts.values() for reason in reasons} == {Rule.KEPT_APART}


def test_a_person_with_the_role_in_another_centre_only_is_not_asked() -> None:
    need = make.need()
    elsewhere = make.mediator(make.centre())

    assert Rule.NOT_THE_ROLE in [r.rule for r in why_not(need, elsewhere)]
    assert Role.MEDIATOR not in elsewhere.roles_in(need.meeting.activity.centre_id)
