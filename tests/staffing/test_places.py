"""Taking, offering, answering, approving and giving up a place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.terms import Level
from app.programme.bookings import AlreadyExpected
from app.programme.models import Booking, Status
from app.staffing.eligibility import Rule
from app.staffing.models import State
from app.staffing.operations import (
    NeedFilled,
    NotEligible,
    OfferClosed,
    TooLate,
    accept_offer,
    approve_request,
    decline_offer,
    give_up_place,
    offer_place,
    refuse_request,
    take_place,
)
from app.staffing.queries import needs_of, no_longer_fit
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")


def letters() -> list[tuple[int, Letter]]:
    rows = db.session.scalars(select(Notice).order_by(Notice.id)).all()
    return [(row.person_id, row.kind) for row in rows]


def expected_at(meeting_id: int) -> list[int]:
    return list(
        db.session.scalars(select(Booking.person_id).where(Booking.meeting_id == meeting_id))
    )


def test_taking_a_place_confirms_it_and_tells_the_coordinator() -> None:
    need = make.need(language="ar", level=Level.B2)
    amina = make.mediator(need.meeting.activity.centre)

    taken = take_place(need, amina, now=BEFORE)

    assert taken.state is State.CONFIRMED
    assert expected_at(need.meeting_id) == [amina.id]
    assert letters() == [(need.meeting.activity.coordinator_id, Letter.PLACE_TAKEN)]


def test_taking_it_twice_changes_nothing() -> None:
    need = make.need()
    amina = make.mediator(need.meeting.activity.centre)

    first = take_place(need, amina, now=BEFORE)

    assert take_place(need, amina, now=BEFORE + timedelta(minutes=1)) is first
    assert len(letters()) == 1


def test_whoever_does_not_fit_is_told_every_reason() -> None:
    need = make.need(language="ti", level=Level.B2, check_required=True)
    amina = make.mediator(need.meeting.activity.centre)

    with pytest.raises(NotEligible) as refusal:
        take_place(need, amina, now=BEFORE)

    assert [reason.rule for reason in refusal.value.reasons] == [
        Rule.LANGUAGE_NOT_SPOKEN,
        Rule.CHECK_MISSING,
    ]


def test_the_last_place_is_the_last() -> None:
    need = make.need(wanted=1)
    make.assignment(need=need, state=State.CONFIRMED)

    with pytest.raises(NeedFilled):
        take_place(need, make.mediator(need.meeting.activity.centre), now=BEFORE)


def test_nobody_is_in_two_places_at_once() -> None:
    here = make.centre()
    amina = make.mediator(here)
    one = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
    other = make.need(
        meeting=make.meeting(
            activity=make.activity(centre=here), starts_at=MONDAY + timedelta(minutes=90)
        )
    )
    take_place(one, amina, now=BEFORE)

    with pytest.raises(NotEligible) as refusal:
        take_place(other, amina, now=BEFORE)

    assert [reason.rule for reason in refusal.value.reasons] == [Rule.EXPECTED_ELSEWHERE]


def test_two_needs_of_one_meeting_are_two_places_too() -> None:
    meeting = make.meeting()
    amina = make.mediator(meeting.activity.centre)
    take_place(make.need(meeting=meeting), amina, now=BEFORE)

    second = take_place(make.need(meeting=meeting, wanted=2), amina, now=BEFORE)

    assert second.state is State.CONFIRMED  # the same person may be two things in one room
    assert expected_at(meeting.id) == [amina.id]


@pytest.mark.parametrize("when", [MONDAY, MONDAY + timedelta(days=1)])
def test_nothing_is_taken_once_it_has_begun(when: object) -> None:
    need = make.need()
    amina = make.mediator(need.meeting.activity.centre)

    with pytest.raises(TooLate):
        take_place(need, amina, now=when)  # type: ignore[arg-type]


def test_a_cancelled_meeting_needs_nobody() -> None:
    need = make.need(meeting=make.meeting(status=Status.CANCELLED))

    with pytest.raises(TooLate):
        take_place(need, make.mediator(need.meeting.activity.centre), now=BEFORE)


def test_where_approval_is_wanted_a_sign_up_is_a_request() -> None:
    need = make.need(meeting=make.meeting(activity=make.activity(approval=True)))
    amina = make.mediator(need.meeting.activity.centre)

    asked = take_place(need, amina, now=BEFORE)

    assert asked.state is State.REQUESTED
    assert expected_at(need.meeting_id) == []
    approve_request(asked, by=need.meeting.activity.coordinator, now=BEFORE)
    assert State(asked.state.value) is State.CONFIRMED
    assert expected_at(need.meeting_id) == [amina.id]
    assert letters()[-1] == (amina.id, Letter.PLACE_CONFIRMED)


def test_an_approval_checks_every_rule_again() -> None:
    need = make.need(
        language="ar",
        level=Level.B2,
        meeting=make.meeting(activity=make.activity(approval=True)),
    )
    amina = make.mediator(need.meeting.activity.centre)
    asked = take_place(need, amina, now=BEFORE)
    amina.languages[0].speaks = Level.A1

    with pytest.raises(NotEligible):
        approve_request(asked, by=need.meeting.activity.coordinator, now=BEFORE)


def test_a_refused_request_is_told_kindly() -> None:
    need = make.need(meeting=make.meeting(activity=make.activity(approval=True)))
    amina = make.mediator(need.meeting.activity.centre)
    asked = take_place(need, amina, now=BEFORE)

    refuse_request(asked, by=need.meeting.activity.coordinator, now=BEFORE)

    assert asked.state is State.DECLINED
    assert letters()[-1] == (amina.id, Letter.PLACE_REFUSED)


def test_an_offer_is_a_letter_to_one_person_and_lapses_in_three_days() -> None:
    need = make.need()
    centre = need.meeting.activity.centre
    amina, ana = make.mediator(centre), make.coordinator(centre)

    offer = offer_place(need, amina, by=ana, now=BEFORE)

    assert letters() == [(amina.id, Letter.OFFER)]
    assert offer.lapses_at == BEFORE + timedelta(days=3)
    assert expected_at(need.meeting_id) == []


def test_nobody_is_offered_what_they_may_not_take() -> None:
    need = make.need(language="ti")
    centre = need.meeting.activity.centre

    with pytest.raises(NotEligible):
        offer_place(need, make.mediator(centre), by=make.coordinator(centre), now=BEFORE)


def test_a_yes_confirms_and_a_second_yes_is_harmless() -> None:
    offer = make.assignment()

    accept_offer(offer, now=BEFORE)
    accept_offer(offer, now=BEFORE + timedelta(minutes=1))

    assert offer.state is State.CONFIRMED
    assert letters() == [(offer.need.meeting.activity.coordinator_id, Letter.OFFER_ANSWERED)]


@pytest.mark.parametrize("approval", [True, False])
def test_signing_up_for_what_one_is_asked_for_is_a_yes(approval: bool) -> None:
    """Also where a sign-up wants approval: the coordinator asked, so nothing is left to approve."""
    need = make.need(meeting=make.meeting(activity=make.activity(approval=approval)))
    offer = make.assignment(need=need)

    assert take_place(need, offer.person, now=BEFORE) is offer
    accept_offer(offer, now=BEFORE)

    assert offer.state is State.CONFIRMED
    assert expected_at(need.meeting_id) == [offer.person_id]
    assert letters() == [(need.meeting.activity.coordinator_id, Letter.OFFER_ANSWERED)]


def test_signing_up_after_the_offer_lapsed_is_a_request_again() -> None:
    need = make.need(meeting=make.meeting(activity=make.activity(approval=True)))
    offer = make.assignment(need=need)

    take_place(need, offer.person, now=MONDAY - timedelta(hours=1))

    assert offer.state is State.REQUESTED


def test_a_no_leaves_the_place_open_and_is_told() -> None:
    offer = make.assignment()

    decline_offer(offer, now=BEFORE)

    assert offer.state is State.DECLINED
    assert letters() == [(offer.need.meeting.activity.coordinator_id, Letter.OFFER_ANSWERED)]


def test_a_lapsed_offer_is_closed() -> None:
    offer = make.assignment()

    with pytest.raises(OfferClosed):
        accept_offer(offer, now=MONDAY - timedelta(days=1))


def test_the_first_yes_wins() -> None:
    need = make.need(wanted=1)
    first, second = make.assignment(need=need), make.assignment(need=need)

    accept_offer(first, now=BEFORE)

    with pytest.raises(NeedFilled):
        accept_offer(second, now=BEFORE)


def test_giving_up_opens_the_place_again_and_frees_the_person() -> None:
    held = make.assignment(state=State.CONFIRMED)

    give_up_place(held, now=BEFORE)

    assert held.state is State.WITHDRAWN
    assert expected_at(held.need.meeting_id) == []
    assert letters() == [(held.need.meeting.activity.coordinator_id, Letter.PLACE_GIVEN_UP)]
    assert take_place(held.need, held.person, now=BEFORE).state is State.CONFIRMED


def test_giving_up_one_of_two_places_at_a_meeting_keeps_one_expected_there() -> None:
    meeting = make.meeting()
    amina = make.mediator(meeting.activity.centre)
    first, second = make.need(meeting=meeting), make.need(meeting=meeting)
    held = take_place(first, amina, now=BEFORE)
    take_place(second, amina, now=BEFORE)

    give_up_place(held, now=BEFORE)

    assert expected_at(meeting.id) == [amina.id]


def test_whoever_no_longer_fits_is_shown_with_the_reason() -> None:
    need = make.need(language="ar", level=Level.B2)
    held = make.assignment(
        need=need, person=make.mediator(need.meeting.activity.centre), state=State.CONFIRMED
    )
    assert no_longer_fit(needs_of([need.meeting_id])) == {}
    held.person.languages[0].speaks = Level.A1
    db.session.flush()
    db.session.expire_all()

    doubts = no_longer_fit(needs_of([need.meeting_id]))

    assert [reason.rule for reason in doubts[held.id]] == [Rule.LEVEL_TOO_LOW]


def test_a_learner_of_the_meeting_cannot_also_help_at_it() -> None:
    need = make.need()
    both = make.mediator(need.meeting.activity.centre)
    from app.programme.bookings import book
    from app.programme.models import Part

    book(both, need.meeting, Part.LEARNER)

    with pytest.raises(AlreadyExpected):
        take_place(need, both, now=BEFORE)
