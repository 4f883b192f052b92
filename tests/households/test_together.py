"""A household comes together or not at all, with the childcare beside it, and leaves together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.approval.apart import keep_apart
from app.extensions import Gone
from app.households.operations import add_child, allow_again, block
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import KeptApart
from app.programme.models import Activity
from app.programme.queries import coming_meetings, is_expected
from app.signups.accepting import accept
from app.signups.models import WaitingState
from app.signups.operations import join, leave
from app.signups.queries import has_place, learners, parties
from app.signups.rules import (
    ActivityFull,
    AlreadyWaits,
    ByInvitation,
    ChildcareFull,
    ExpectedElsewhere,
    ForChildren,
    OfferOver,
)
from app.signups.together import Came, Care, Coming, come_together, has_room, leave_together
from app.signups.waiting import wait_for, wait_without
from tests import make
from tests.invitations.codes import owed
from tests.make import BEFORE, MONDAY

LATER = BEFORE + timedelta(minutes=5)


@pytest.fixture
def mother(app: Flask) -> Person:
    return make.person(name="Layla")


def course(capacity: int | None = None) -> Activity:
    activity = make.activity(capacity=capacity)
    for day in range(2):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    return activity


def come(
    activity: Activity,
    guardian: Person,
    *people: Person,
    minded: tuple[Person, ...] = (),
    by: Person | None = None,
    waits: bool = False,
    care: Care = Care.NEEDED,
) -> Came:
    coming = Coming(activity=activity, guardian=guardian, people=people, minded=minded)
    return come_together(coming, by=by or guardian, now=BEFORE, waits=waits, care=care)


class TestComing:
    def test_all_have_a_place_at_every_session(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)

        assert come(activity, mother, mother, child) == Came()

        for meeting in coming_meetings(activity, now=BEFORE):
            assert is_expected(mother, meeting)
            assert is_expected(child, meeting)

    def test_nobody_has_one_where_there_are_too_few(self, mother: Person) -> None:
        activity = course(capacity=2)
        children = make.child(mother), make.child(mother, name="Yusuf")

        assert not has_room(activity, [mother, *children], now=BEFORE)
        with pytest.raises(ActivityFull):
            come(activity, mother, mother, *children)

        assert learners(activity) == []

    def test_or_they_wait_together_and_are_offered_together(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)
        other = make.person()
        join(activity, other, by=other, now=BEFORE)

        assert come(activity, mother, mother, child, waits=True) == Came(False, False)
        (waiting,) = parties(activity)
        assert {one.name for one in waiting.people} == {"Layla", "Amina"}
        assert waiting.offered_at is None

        leave(activity, other, by=other, now=BEFORE)
        assert waiting.state is WaitingState.OFFERED
        assert [one.person.name for one in owed(Letter.PLACE_OFFERED)] == ["Layla"]  # one letter
        accept(waiting, now=BEFORE)
        assert {one.name for one in learners(activity)} == {"Layla", "Amina"}

    def test_who_already_waits_alone_is_asked_to_decide(self, mother: Person) -> None:
        activity, child = course(capacity=1), make.child(mother)
        other = make.person()
        join(activity, other, by=other, now=BEFORE)
        wait_for(activity, [mother], by=mother, now=BEFORE)

        with pytest.raises(AlreadyWaits):
            come(activity, mother, mother, child, waits=True)

    def test_one_of_a_family_may_wait_no_more(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)
        other = make.person()
        join(activity, other, by=other, now=BEFORE)
        come(activity, mother, mother, child, waits=True)
        (waiting,) = parties(activity)

        wait_without(waiting, child, now=BEFORE)

        assert waiting.people == [mother]
        assert waiting.state is WaitingState.OFFERED  # one place was free all the time

    def test_a_second_click_changes_nothing(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)
        come(activity, mother, mother, child)

        come(activity, mother, mother, child)

        assert len(learners(activity)) == 2

    def test_nobody_brings_a_child_for_whom_they_do_not_decide(self, mother: Person) -> None:
        activity, stranger = course(), make.child(make.person())

        with pytest.raises(Gone):
            come(activity, mother, stranger)

    def test_nor_one_for_whom_they_decide_no_more(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        block(child, mother, by=activity.coordinator, now=BEFORE)

        with pytest.raises(Gone):
            come(activity, mother, mother, child)
        assert learners(activity) == []

    def test_a_child_is_never_in_two_places(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        make.book_learner(child, make.meeting(starts_at=MONDAY + timedelta(hours=1)))

        with pytest.raises(ExpectedElsewhere):
            come(activity, mother, mother, child)

    def test_a_new_child_has_no_contact_and_belongs_to_the_centre(self, mother: Person) -> None:
        centre = make.centre()
        mother.home_centre = centre

        child = add_child("Yusuf", guardian=mother, by=mother, now=BEFORE)

        assert (child.email, child.phone, child.password_hash) == (None, None, None)
        assert [one.centre for one in child.memberships] == [centre]


class TestChildcare:
    def test_is_booked_in_the_same_step(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        care = make.childcare(activity, capacity=1)

        come(activity, mother, mother, minded=(child,))

        assert learners(activity) == [mother]
        assert learners(care) == [child]

    def test_nobody_comes_by_mistake_where_it_is_full(self, mother: Person) -> None:
        activity = course()
        children = make.child(mother), make.child(mother, name="Yusuf")
        care = make.childcare(activity, capacity=1)

        with pytest.raises(ChildcareFull):
            come(activity, mother, mother, minded=children)

        assert learners(care) == []

    def test_one_may_come_without_it(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        care = make.childcare(activity, capacity=1)
        make.enrolment(care, make.person())

        came = come(activity, mother, mother, minded=(child,), care=Care.WITHOUT)

        assert came == Came(is_minded=False)
        assert (has_place(activity, mother), parties(care)) == (True, [])

    @pytest.mark.parametrize("waits", [False, True])
    @pytest.mark.parametrize("door", ["the activity", "the childcare"])
    def test_is_not_for_whose_parents_do_not_come(
        self, mother: Person, door: str, waits: bool
    ) -> None:
        activity, child = course(), make.child(mother)
        care = make.childcare(activity, capacity=1)
        if waits:
            make.enrolment(care, make.person())
        coming, people, minded = (
            (activity, (), (child,)) if door == "the activity" else (care, (child,), ())
        )
        how = Care.WAIT if waits else Care.NEEDED

        with pytest.raises(ForChildren):
            come(coming, mother, *people, minded=minded, waits=waits, care=how)

        assert (has_place(care, child), parties(care)) == (False, [])

    @pytest.mark.parametrize("door", ["the activity", "the childcare"])
    def test_is_there_while_somebody_who_decides_comes(self, mother: Person, door: str) -> None:
        father = make.person(name="Omar")
        activity, child = course(), make.child(mother, father)
        care, staff = make.childcare(activity), activity.coordinator
        join(activity, father, by=staff, now=BEFORE)
        block(child, father, by=staff, now=BEFORE)
        coming, people, minded = (
            (activity, (), (child,)) if door == "the activity" else (care, (child,), ())
        )

        with pytest.raises(ForChildren):
            come(coming, mother, *people, minded=minded)
        allow_again(child, father, by=staff, now=BEFORE)
        come(coming, mother, *people, minded=minded)

        assert learners(care) == [child]

    def test_a_coordinator_may_give_a_place_there_before(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        care = make.childcare(activity)

        come(activity, mother, minded=(child,), by=activity.coordinator)

        assert learners(care) == [child]

    def test_or_come_and_have_the_children_wait_for_it(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        care = make.childcare(activity, capacity=1)
        make.enrolment(care, make.person())

        came = come(activity, mother, mother, minded=(child,), care=Care.WAIT)

        assert came == Came(is_minded=False)
        (waiting,) = parties(care)
        assert (has_place(activity, mother), waiting.people) == (True, [child])

    def test_of_a_protected_group_only_for_who_has_a_place_there(self, mother: Person) -> None:
        mother.gender = Gender.WOMAN
        group, child = make.womens_group(), make.child(mother)
        make.meeting(activity=group)
        care = make.childcare(group)

        with pytest.raises(ByInvitation):
            come(group, mother, minded=(child,))
        join(group, mother, by=group.coordinator, now=BEFORE)
        come(group, mother, minded=(child,))

        assert learners(care) == [child]

    def test_nobody_brings_a_child_into_what_is_protected(self, mother: Person) -> None:
        mother.gender = Gender.WOMAN
        group = make.activity(privacy="protected")
        make.meeting(activity=group)
        join(group, mother, by=group.coordinator, now=BEFORE)

        with pytest.raises(ByInvitation):
            come(group, mother, make.child(mother))

    def test_a_coordinator_brings_both_at_once(self, mother: Person) -> None:
        mother.gender = Gender.WOMAN
        group, child = make.womens_group(), make.child(mother)
        make.meeting(activity=group)
        care = make.childcare(group)

        come(group, mother, mother, minded=(child,), by=group.coordinator)

        assert (learners(group), learners(care)) == ([mother], [child])

    def test_ends_with_the_place_of_the_mother(self, mother: Person) -> None:
        activity, child = course(), make.child(mother)
        care = make.childcare(activity)
        come(activity, mother, mother, minded=(child,))

        leave_together(activity, [mother], by=mother, now=BEFORE)

        assert (learners(activity), learners(care)) == ([], [])

    def test_stays_while_the_father_stays(self, mother: Person) -> None:
        activity, father = course(), make.person()
        child = make.child(mother, father)
        care = make.childcare(activity)
        come(activity, mother, mother, minded=(child,))
        come(activity, father, father)

        leave_together(activity, [mother], by=mother, now=BEFORE)

        assert (learners(activity), learners(care)) == ([father], [child])

    def test_does_not_stay_for_who_decides_no_more(self, mother: Person) -> None:
        activity, father = course(), make.person()
        child = make.child(mother, father)
        care = make.childcare(activity)
        come(activity, mother, mother, minded=(child,))
        come(activity, father, father)
        block(child, father, by=activity.coordinator, now=BEFORE)

        leave_together(activity, [mother], by=mother, now=BEFORE)

        assert learners(care) == []


class TestTurnInTheChildcare:
    """Nobody's child is looked after while nobody who decides for it comes."""

    @pytest.fixture
    def activity(self, app: Flask) -> Activity:
        return course()

    @pytest.fixture
    def care(self, activity: Activity) -> Activity:
        """With one place, which is taken."""
        care = make.childcare(activity, capacity=1)
        make.enrolment(care, make.child(make.person(), name="First"))
        return care

    def free_the_place(self, care: Activity) -> None:
        (first, *_others) = learners(care)
        leave(care, first, by=care.coordinator, now=BEFORE)

    @pytest.fixture
    def others(self, activity: Activity, care: Activity, mother: Person) -> Person:
        """A child of others, who wait after the child of *mother*."""
        come(activity, mother, mother, minded=(make.child(mother),), care=Care.WAIT)
        parent = make.person()
        other = make.child(parent, name="Other")
        come(activity, parent, parent, minded=(other,), care=Care.WAIT)
        return other

    @pytest.mark.parametrize("by_themselves", [True, False])
    def test_ends_with_the_place_of_the_mother_and_goes_to_the_next(
        self,
        mother: Person,
        activity: Activity,
        care: Activity,
        others: Person,
        by_themselves: bool,
    ) -> None:
        self.free_the_place(care)
        offered, waiting = parties(care)
        assert (offered.state, waiting.state) == (WaitingState.OFFERED, WaitingState.WAITING)
        by = mother if by_themselves else activity.coordinator

        leave_together(activity, [mother], by=by, now=BEFORE)

        assert parties(care) == [waiting]
        assert (waiting.state, waiting.people) == (WaitingState.OFFERED, [others])
        with pytest.raises(OfferOver):
            accept(offered, reader=mother, now=BEFORE)
        assert learners(care) == []

    def test_ends_before_anything_is_offered(
        self, mother: Person, activity: Activity, care: Activity, others: Person
    ) -> None:
        leave_together(activity, [mother], by=mother, now=BEFORE)

        assert [one.people for one in parties(care)] == [[others]]

    def test_no_place_of_one_child_is_offered_to_the_other_that_leaves_too(
        self, mother: Person, activity: Activity
    ) -> None:
        children = make.child(mother), make.child(mother, name="Yusuf")
        care = make.childcare(activity, capacity=1)
        come(activity, mother, mother, minded=children[:1])
        come(activity, mother, minded=children[1:], care=Care.WAIT)

        leave_together(activity, [mother], by=mother, now=BEFORE)

        assert (learners(care), parties(care)) == ([], [])
        assert owed(Letter.PLACE_OFFERED) == []

    def test_is_kept_while_the_father_comes(self, activity: Activity, care: Activity) -> None:
        mother, father = make.person(), make.person()
        child = make.child(mother, father)
        come(activity, mother, mother, minded=(child,), care=Care.WAIT)
        come(activity, father, father)
        self.free_the_place(care)

        leave_together(activity, [mother], by=mother, now=BEFORE)

        (offered,) = parties(care)
        accept(offered, reader=mother, now=BEFORE)
        assert learners(care) == [child]

    @pytest.mark.parametrize("comes", [True, False])
    def test_of_a_child_that_a_coordinator_put_there_is_answered_by_who_comes(
        self, mother: Person, activity: Activity, care: Activity, comes: bool
    ) -> None:
        child, staff = make.child(mother), activity.coordinator
        come(activity, mother, minded=(child,), by=staff, care=Care.WAIT)
        self.free_the_place(care)
        (offered,) = parties(care)
        if comes:
            come(activity, mother, mother)
            accept(offered, reader=mother, now=BEFORE)
        else:
            with pytest.raises(ForChildren):
                accept(offered, reader=mother, now=BEFORE)

        assert learners(care) == ([child] if comes else [])

    def test_is_not_answered_by_who_is_left_when_the_one_who_came_was_blocked(
        self, activity: Activity, care: Activity
    ) -> None:
        mother, father = make.person(), make.person()
        child, staff = make.child(mother, father), activity.coordinator
        come(activity, father, father, minded=(child,), care=Care.WAIT)
        self.free_the_place(care)
        block(child, father, by=staff, now=BEFORE)
        (offered,) = parties(care)

        with pytest.raises(ForChildren):
            accept(offered, reader=mother, now=BEFORE)
        assert learners(care) == []


class TestApart:
    def test_who_is_kept_from_the_child_is_not_the_mothers_to_find_out(
        self, mother: Person
    ) -> None:
        activity, child, other = course(), make.child(mother), make.person()
        make.enrolment(activity, other)
        make.book_learner(other, coming_meetings(activity, now=BEFORE)[0])
        keep_apart(child, other, by=activity.coordinator, now=BEFORE)

        with pytest.raises(ActivityFull):
            come(activity, mother, mother, child)
        with pytest.raises(KeptApart):
            come(activity, mother, mother, child, by=activity.coordinator)
        assert not has_place(activity, mother)


class TestAfterABlock:
    """What was once blocked and is allowed again is as if it had never been."""

    @pytest.mark.parametrize("by_themselves", [True, False])
    def test_every_child_leaves_with_the_last_who_decides(
        self, mother: Person, by_themselves: bool
    ) -> None:
        activity, children = course(), [make.child(mother), make.child(mother, name="Yusuf")]
        care, staff = make.childcare(activity), activity.coordinator
        come(activity, mother, mother, minded=tuple(children))
        block(children[0], mother, by=staff, now=BEFORE)
        allow_again(children[0], mother, by=staff, now=BEFORE)

        leave_together(activity, [mother], by=mother if by_themselves else staff, now=BEFORE)

        assert learners(care) == []

    def test_but_not_while_somebody_else_who_decides_comes(self, mother: Person) -> None:
        father, activity = make.person(name="Omar"), course()
        shared, hers = make.child(mother, father), make.child(mother, name="Yusuf")
        care, staff = make.childcare(activity), activity.coordinator
        join(activity, father, by=staff, now=BEFORE)
        come(activity, mother, mother, minded=(shared, hers))

        leave_together(activity, [mother], by=mother, now=BEFORE)
        assert learners(care) == [shared]

        block(shared, father, by=staff, now=BEFORE)
        come(activity, mother, mother)
        leave_together(activity, [mother], by=mother, now=BEFORE)
        assert learners(care) == []

    def test_they_wait_together_in_the_turn_that_they_had(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)
        staff = activity.coordinator
        join(activity, make.person(), by=staff, now=BEFORE)
        come(activity, mother, mother, child, waits=True)
        wait_for(activity, [make.person(name="Zahra")], by=staff, now=LATER)
        block(child, mother, by=staff, now=LATER)
        assert len(parties(activity)) == 3

        assert not allow_again(child, mother, by=staff, now=LATER)

        together, _zahra = parties(activity)
        assert (set(together.people), together.asked_at) == ({mother, child}, BEFORE)

    def test_what_one_of_them_was_offered_meanwhile_stays(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)
        staff, others = activity.coordinator, [make.person(), make.person()]
        for one in others:
            join(activity, one, by=staff, now=BEFORE)
        come(activity, mother, mother, child, waits=True)
        block(child, mother, by=staff, now=BEFORE)
        leave(activity, others[0], by=others[0], now=BEFORE)

        assert allow_again(child, mother, by=staff, now=BEFORE)

        offered, waiting = parties(activity)
        assert (offered.state, waiting.state) == (WaitingState.OFFERED, WaitingState.WAITING)

    def test_who_asked_at_another_time_goes_on_alone(self, mother: Person) -> None:
        activity, child = course(capacity=2), make.child(mother)
        staff = activity.coordinator
        for _n in range(2):
            join(activity, make.person(), by=staff, now=BEFORE)
        block(child, mother, by=staff, now=BEFORE)
        wait_for(activity, [mother], by=staff, now=BEFORE)
        wait_for(activity, [child], by=staff, now=LATER)

        assert not allow_again(child, mother, by=staff, now=LATER)

        assert [one.people for one in parties(activity)] == [[mother], [child]]
