"""Two people become one: nothing twice, nothing lost, nobody let in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import UniqueConstraint, func, select

from app.attendance.marks import Mark
from app.attendance.models import Attendance, AttendanceTap
from app.database import Base
from app.extensions import Gone, db
from app.feeds.models import FeedLink, KeptFeed
from app.feeds.operations import end_card, make_link
from app.joining.cards import make_card
from app.joining.queries import card_behind
from app.notices.models import Kind, Notice, Silence, State
from app.notices.operations import post
from app.notices.queries import concerned
from app.own_data.operations import erase
from app.own_data.register import HELD
from app.participants.models import Merge, NotSame
from app.participants.operations import RULES, merge, say_two
from app.participants.policies import POLICIES, Becomes
from app.participants.refusing import Helps, NobodyDecides, OneIsAChild, TheSame, TwoPeople
from app.people.consents import Consent, Medium, Purpose, said_by, say
from app.people.guardians import GuardianKind, Guardianship, guardianships_of
from app.people.models import Apart, Centre, Person, SignIn
from app.people.namesakes import NameKey
from app.people.operations import begin_sign_in
from app.people.terms import Level, Role
from app.programme.models import Activity, Booking, Meeting
from app.signups.models import Enrolment, WaitingState
from app.signups.operations import join, visit
from app.signups.queries import learners, parties, places_left
from app.signups.waiting import wait_for
from tests import make
from tests.make import BEFORE, LONG_AGO, MONDAY

pytestmark = pytest.mark.usefixtures("app")
TABLES = Base.metadata.tables


class Two:
    """Somebody known twice in one centre, and who plans there."""

    def __init__(self, **kept: Any) -> None:
        self.centre: Centre = make.centre()
        self.by = make.coordinator(self.centre)
        self.gone = make.participant(self.centre, name="Mohamad Ali", phone="0712 345 678")
        self.kept = make.participant(self.centre, name="Mohammed Ali", **kept)
        self.number = self.gone.id

    def merge(self, **more: Any) -> Merge:
        return merge(self.gone, self.kept, by=self.by, now=BEFORE, **more)

    def course(self, *, sessions: int = 1, **given: Any) -> tuple[Activity, list[Meeting]]:
        activity = make.activity(centre=self.centre, coordinator=self.by, **given)
        days = [MONDAY + timedelta(days=day) for day in range(sessions)]
        return activity, [make.meeting(activity=activity, starts_at=day) for day in days]


def rows_of(table: str, person_id: int, whose: str = "person_id") -> int:
    found = select(func.count()).where(TABLES[table].c[whose] == person_id)
    return db.session.scalars(found).one()


class TestEveryTable:
    def test_of_the_register_has_a_policy(self) -> None:
        """A new table that names a person: say in `policies` what becomes of its rows."""
        said = [(one.table, one.whose) for one in POLICIES]

        assert sorted(said) == sorted((held.table, held.whose) for held in HELD)

    def test_that_is_decided_has_a_rule(self) -> None:
        decided = {one.table for one in POLICIES if one.becomes is Becomes.DECIDED}

        assert decided - {"person"} == set(RULES)

    def test_in_which_two_rows_can_clash_says_which_are_alike(self) -> None:
        for one in POLICIES:
            if one.becomes in (Becomes.MOVES, Becomes.JOINS):
                assert _unique_with(one.table, one.whose) <= {frozenset(one.alike)}, one.table

    def test_names_nobody_who_is_gone(self) -> None:
        two = Two()

        two.merge()

        for table in TABLES.values():
            for key in table.foreign_keys:
                if key.column.table.name == "person":
                    assert rows_of(table.name, two.number, key.parent.name) == 0, table.name


def _unique_with(name: str, whose: str) -> set[frozenset[str]]:
    """The columns that make a row unique together with the person."""
    table = TABLES[name]
    groups: list[set[str]] = [{c.name for c in table.primary_key.columns}]
    groups += [{c.name for c in index.columns} for index in table.indexes if index.unique]
    groups += [
        {c.name for c in constraint.columns}
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return {frozenset(group - {whose}) for group in groups if whose in group}


class TestPlaces:
    def test_one_where_both_had_one(self) -> None:
        two = Two()
        activity, (meeting,) = two.course(capacity=5)
        for person in (two.gone, two.kept):
            join(activity, person, by=two.by, now=BEFORE)

        two.merge()

        assert learners(activity) == [two.kept]
        assert places_left(activity, now=BEFORE) == 4
        (booking,) = db.session.scalars(select(Booking).where(Booking.meeting_id == meeting.id))
        assert booking.held

    def test_it_moves_where_one_had_it(self) -> None:
        two = Two()
        activity, _meetings = two.course(sessions=3)
        join(activity, two.gone, by=two.by, now=BEFORE)

        two.merge()

        assert learners(activity) == [two.kept]
        assert rows_of("booking", two.kept.id) == 3

    def test_whoever_left_under_one_name_and_stays_under_the_other_stays(self) -> None:
        two = Two()
        activity, _meetings = two.course()
        first = Enrolment(activity=activity, person=two.gone, joined_at=LONG_AGO, left_at=BEFORE)
        db.session.add(first)
        join(activity, two.kept, by=two.by, now=BEFORE)

        two.merge()

        (enrolment,) = db.session.scalars(select(Enrolment))
        assert (enrolment.joined_at, enrolment.left_at) == (LONG_AGO, None)

    def test_nobody_is_in_two_places_at_once(self) -> None:
        two = Two()
        one, _ = two.course()
        other, _ = two.course()
        join(one, two.gone, by=two.by, now=BEFORE)
        join(other, two.kept, by=two.by, now=BEFORE)

        two.merge()

        held = {b.meeting.activity_id: b.held for b in db.session.scalars(select(Booking))}
        assert held == {one.id: False, other.id: True}

    def test_the_place_that_became_free_is_offered(self) -> None:
        two = Two()
        activity, _meetings = two.course(capacity=2)
        waits = make.participant(two.centre)
        for person in (two.gone, two.kept):
            join(activity, person, by=two.by, now=BEFORE)
        wait_for(activity, [waits], by=two.by, now=BEFORE)

        two.merge()

        (waiting,) = parties(activity)
        assert (waiting.people, waiting.state) == ([waits], WaitingState.OFFERED)

    def test_a_single_visit_and_a_place_in_all_are_one(self) -> None:
        two = Two()
        activity, (meeting,) = two.course()
        visit(meeting, two.gone, by=two.by, now=BEFORE)
        join(activity, two.kept, by=two.by, now=BEFORE)

        two.merge()

        assert rows_of("booking", two.kept.id) == 1


class TestWaiting:
    def test_the_earlier_turn_counts(self) -> None:
        two = Two()
        activity, _meetings = two.course(capacity=1)
        join(activity, make.participant(two.centre), by=two.by, now=BEFORE)
        first = wait_for(activity, [two.gone], by=two.by, now=BEFORE)
        between = make.participant(two.centre)
        wait_for(activity, [between], by=two.by, now=BEFORE + timedelta(minutes=1))
        wait_for(activity, [two.kept], by=two.by, now=BEFORE + timedelta(minutes=2))

        two.merge()

        waiting = parties(activity)
        assert [one.people for one in waiting] == [[two.kept], [between]]
        assert first is not None
        assert waiting[0].id == first.id

    def test_whoever_has_a_place_waits_no_more(self) -> None:
        two = Two()
        activity, _meetings = two.course(capacity=1)
        join(activity, two.kept, by=two.by, now=BEFORE)
        wait_for(activity, [two.gone], by=two.by, now=BEFORE)

        two.merge()

        assert parties(activity) == []

    def test_a_family_keeps_its_turn(self) -> None:
        two = Two()
        activity, _meetings = two.course(capacity=2)
        for _ in range(2):
            join(activity, make.participant(two.centre), by=two.by, now=BEFORE)
        sister = make.participant(two.centre)
        wait_for(activity, [two.gone, two.kept, sister][::2], by=two.by, now=BEFORE)
        wait_for(activity, [two.kept], by=two.by, now=BEFORE + timedelta(minutes=1))

        two.merge()

        assert [set(one.people) for one in parties(activity)] == [{two.kept, sister}]


class TestAttendance:
    @pytest.mark.parametrize(
        ("one", "other", "counts"),
        [
            (Mark.PRESENT, Mark.ABSENT, Mark.PRESENT),
            (Mark.ABSENT, Mark.PRESENT, Mark.PRESENT),
            (Mark.EXCUSED, Mark.ABSENT, Mark.EXCUSED),
            (None, Mark.ABSENT, Mark.ABSENT),
            (Mark.PRESENT, Mark.PRESENT, Mark.PRESENT),
        ],
    )
    def test_is_never_double(self, one: Mark | None, other: Mark | None, counts: Mark) -> None:
        two = Two()
        _activity, (meeting,) = two.course()
        for person, mark in ((two.gone, one), (two.kept, other)):
            said(person, meeting, mark)

        two.merge()

        (row,) = db.session.scalars(select(Attendance))
        assert (row.person_id, row.mark) == (two.kept.id, counts)
        taps = db.session.scalars(select(AttendanceTap)).all()
        assert {tap.attendance_id for tap in taps} == {row.id}
        assert len(taps) == 2
        assert row.key in {tap.key for tap in taps if tap.mark is counts}

    def test_moves_where_there_is_one(self) -> None:
        two = Two()
        _activity, (meeting,) = two.course()
        said(two.gone, meeting, Mark.PRESENT)

        two.merge()

        assert rows_of("attendance", two.kept.id) == 1


def said(person: Person, meeting: Meeting, mark: Mark | None) -> None:
    word = {"key": f"tap of {person.id}", "mark": mark, "said_at": MONDAY}
    row = Attendance(meeting=meeting, person=person, **word)
    db.session.add(row)
    db.session.flush()
    db.session.add(AttendanceTap(attendance_id=row.id, received_at=MONDAY, **word))
    db.session.flush()


class TestMessages:
    def owe(self, two: Two, *, state: State = State.PENDING, reader: Person | None = None) -> None:
        """Both are owed the same reminder, which *reader* reads of both children; that of the one
        who goes is *state*."""
        for person in (two.gone, two.kept):
            post(person, Kind.REMINDER, "monday", now=BEFORE, about={})
        whose = Notice.about["child"].as_integer() if reader else Notice.person_id
        (mine,) = db.session.scalars(select(Notice).where(whose == two.gone.id))
        mine.state = state
        db.session.flush()

    @pytest.mark.parametrize(
        ("state", "left"),
        [
            (State.PENDING, [State.PENDING]),
            (State.CLAIMED, [State.CLAIMED]),
            (State.SENDING, [State.SENDING]),
            (State.SENT, [State.SENT]),
            (State.FAILED, [State.PENDING]),
        ],
    )
    def test_what_both_are_owed_is_said_once(self, state: State, left: list[State]) -> None:
        two = Two()
        self.owe(two, state=state)

        two.merge()

        notices = db.session.scalars(select(Notice)).all()
        assert [one.state for one in notices] == left
        assert {one.person_id for one in notices} == {two.kept.id}

    def test_what_both_heard_stays_as_it_was(self) -> None:
        two = Two()
        self.owe(two)
        for one in db.session.scalars(select(Notice)):
            one.state = State.SENT

        two.merge()

        assert rows_of("notice", two.kept.id) == 2

    def test_it_is_not_owed_again(self) -> None:
        two = Two()
        post(two.gone, Kind.REMINDER, "monday", now=BEFORE, about={})

        two.merge()
        post(two.kept, Kind.REMINDER, "monday", now=BEFORE, about={})

        assert rows_of("notice", two.kept.id) == 1

    def test_of_a_child_whoever_decides_is_told_all_the_same(self) -> None:
        two, mother = Two(), make.person()
        for child in (two.gone, two.kept):
            child.email = None
            decides(mother, child)
        post(two.gone, Kind.REMINDER, "monday", now=BEFORE, about={})

        two.merge()
        post(two.kept, Kind.REMINDER, "monday", now=BEFORE, about={})

        (notice,) = db.session.scalars(select(Notice))
        assert (notice.person_id, notice.state) == (mother.id, State.PENDING)
        assert concerned(notice) == two.kept

    @pytest.mark.parametrize(
        ("state", "left"),
        [
            (State.PENDING, [State.PENDING]),
            (State.SENDING, [State.SENDING]),
            (State.SENT, [State.SENT]),
            (State.FAILED, [State.PENDING]),
        ],
    )
    def test_what_is_owed_of_both_children_is_said_once(
        self, state: State, left: list[State]
    ) -> None:
        two, mother = Two(), make.person()
        for child in (two.gone, two.kept):
            child.email = None
            decides(mother, child)
        self.owe(two, state=state, reader=mother)

        two.merge()

        notices = db.session.scalars(select(Notice)).all()
        assert [one.state for one in notices] == left
        assert [concerned(one) for one in notices] == [two.kept]

    def test_silent_contact_stays_silent(self) -> None:
        two = Two()
        db.session.add(Silence(person_id=two.gone.id, since=BEFORE))
        db.session.flush()

        two.merge()

        assert db.session.get(Silence, two.kept.id) is not None

    def test_a_no_stays_a_no(self) -> None:
        two = Two()
        for person, given in ((two.kept, True), (two.gone, False)):
            says(person, Purpose.SMS, given)

        two.merge()

        word = said_by(two.kept)[Purpose.SMS]
        assert (word.given, word.by_id) == (False, two.kept.id)
        assert rows_of("consent", two.kept.id) == 2

    def test_a_yes_was_of_somebody_else(self) -> None:
        two = Two()
        says(two.gone, Purpose.PHOTOS, True)

        two.merge()

        assert db.session.scalars(select(Consent)).all() == []


def says(person: Person, purpose: Purpose, given: bool) -> None:
    say(person, purpose, given, by=person, medium=Medium.TEXT, language="ro", now=BEFORE)


class TestFamilies:
    @pytest.mark.parametrize("of_the_one_who_goes", [True, False])
    def test_nobody_comes_to_decide_because_two_children_have_one_name(
        self, of_the_one_who_goes: bool
    ) -> None:
        """Somebody who was blocked came again by another name, with a child of the same name."""
        two, mother, stranger = Two(), make.person(), make.person()
        decides(mother, two.kept if of_the_one_who_goes else two.gone)
        decides(stranger, two.gone if of_the_one_who_goes else two.kept)

        two.merge(deciding=[mother.id])

        found = {one.guardian_id: one for one in guardianships_of(two.kept)}
        assert found[mother.id].is_active
        assert (found[stranger.id].is_active, found[stranger.id].blocked_by) == (False, two.by)

    def test_whoever_is_named_decides_for_both(self) -> None:
        two, both, mother, father = Two(), make.person(), make.person(), make.person()
        for child in (two.gone, two.kept):
            decides(both, child)
        decides(mother, two.gone)
        decides(father, two.kept)

        two.merge(deciding=[mother.id, father.id])

        assert [one.is_active for one in guardianships_of(two.kept)] == [True] * 3

    def test_somebody_has_to_decide(self) -> None:
        two = Two()
        decides(make.person(), two.gone)
        decides(make.person(), two.kept)

        with pytest.raises(NobodyDecides):
            two.merge()

    @pytest.mark.parametrize("of_the_one_who_goes", [True, False])
    def test_who_is_blocked_for_one_stays_blocked(self, of_the_one_who_goes: bool) -> None:
        """Also where they tied themselves to the other one meanwhile."""
        two, father = Two(), make.person()
        decides(father, two.gone, blocked=of_the_one_who_goes)
        decides(father, two.kept, blocked=not of_the_one_who_goes)

        two.merge()

        assert [one.is_active for one in guardianships_of(two.kept)] == [False]

    def test_a_guardian_known_twice_decides_for_the_children_of_both(self) -> None:
        two, first, second = Two(), make.person(), make.person()
        decides(two.gone, first)
        decides(two.gone, second, blocked=True)
        decides(two.kept, second)

        two.merge()

        found = {one.child_id: one.is_active for one in guardianships_of(two.kept)}
        assert found == {first.id: True, second.id: False}

    @pytest.mark.parametrize("of_the_one_who_goes", [True, False])
    def test_a_child_does_not_wait_with_who_is_blocked(self, of_the_one_who_goes: bool) -> None:
        """He was blocked under the name under which the child did not wait."""
        two, father = Two(), make.person()
        decides(father, two.gone, blocked=of_the_one_who_goes)
        decides(father, two.kept, blocked=not of_the_one_who_goes)
        child = two.kept if of_the_one_who_goes else two.gone
        activity = waits_in_a_full_course(two, father, child)

        two.merge()

        assert [one.people for one in parties(activity)] == [[father], [two.kept]]
        assert len({one.asked_at for one in parties(activity)}) == 1

    def test_nor_with_who_is_blocked_under_another_name(self) -> None:
        two, child = Two(), make.person()
        decides(two.gone, child)
        decides(two.kept, child, blocked=True)
        activity = waits_in_a_full_course(two, two.gone, child)

        two.merge()

        assert {tuple(one.people) for one in parties(activity)} == {(two.kept,), (child,)}

    def test_who_is_blocked_under_another_name_is_told_nothing_more(self) -> None:
        two, child = Two(), make.child()
        decides(two.gone, child)
        decides(two.kept, child, blocked=True)
        post(child, Kind.REMINDER, "monday", now=BEFORE, about={})

        two.merge()

        assert [one.state for one in db.session.scalars(select(Notice))] == [State.DROPPED]

    def test_a_child_is_not_who_decides_for_others(self) -> None:
        two = Two()
        decides(two.kept, two.gone)

        with pytest.raises(OneIsAChild):
            two.merge()


def waits_in_a_full_course(two: Two, *people: Person) -> Activity:
    activity, _meetings = two.course(capacity=2)
    for _n in range(2):
        join(activity, make.participant(two.centre), by=two.by, now=BEFORE)
    wait_for(activity, people, by=two.by, now=BEFORE)
    return activity


def decides(guardian: Person, child: Person, *, blocked: bool = False) -> None:
    db.session.add(
        Guardianship(
            child=child,
            guardian=guardian,
            kind=GuardianKind.PARENT,
            made_at=LONG_AGO,
            blocked_at=LONG_AGO if blocked else None,
        )
    )
    db.session.flush()


class TestComingIn:
    def test_the_one_who_goes_is_signed_out(self) -> None:
        two = Two()
        for person in (two.gone, two.kept):
            begin_sign_in(person, now=BEFORE)

        two.merge()

        assert {one.person_id for one in db.session.scalars(select(SignIn))} == {two.kept.id}

    def test_an_address_never_opens_the_other_account(self) -> None:
        two = Two(confirmed_at=LONG_AGO, email=None, sign_in_phone="+40712000000")
        gone_email = two.gone.email

        two.merge()

        assert two.kept.email is None
        assert db.session.scalars(select(Person).where(Person.email == gone_email)).all() == []

    def test_an_address_moves_to_whoever_has_none_and_is_to_be_shown_anew(self) -> None:
        two = Two(email=None)
        two.gone.confirmed_at, two.gone.password_hash = LONG_AGO, "kept nowhere"
        email = two.gone.email

        two.merge()

        assert two.kept.email == email
        assert not two.kept.owns_address

    def test_what_is_known_of_the_one_is_filled_in(self) -> None:
        two = Two(phone=None)

        two.merge()

        assert two.kept.phone == "0712 345 678"
        assert two.kept.name == "Mohammed Ali"

    def test_both_cards_and_calendars_go_on(self) -> None:
        two = Two()
        tokens = [
            make_card(person, label="Card", by=two.by, now=BEFORE)
            for person in (two.gone, two.kept)
        ]
        make_link(two.gone, label="Telephone", language="en", now=BEFORE)

        two.merge()

        cards = [card_behind(token) for token in tokens]
        assert [(one.person_id, one.revoked_at) for one in cards if one] == [
            (two.kept.id, None),
            (two.kept.id, None),
        ]
        links = db.session.scalars(select(FeedLink)).all()
        assert {(one.person_id, one.revoked_at) for one in links} == {(two.kept.id, None)}

    def test_a_card_that_is_cancelled_ends_both(self) -> None:
        two = Two()
        tokens = [
            make_card(person, label="Card", by=two.by, now=BEFORE)
            for person in (two.gone, two.kept)
        ]
        two.merge()

        end_card(two.kept, now=BEFORE)

        cards = [card_behind(token) for token in tokens]
        assert all(one is not None and one.revoked_at is not None for one in cards)

    def test_cards_and_calendars_of_which_nobody_knows_who_holds_them_end(self) -> None:
        two = Two()
        gone = make_card(two.gone, label="Card", by=two.by, now=BEFORE)
        kept = make_card(two.kept, label="Card", by=two.by, now=BEFORE)

        two.merge(keeps_papers=False)

        cards = [card_behind(token) for token in (gone, kept)]
        assert [one.revoked_at for one in cards if one] == [BEFORE, None]

    def test_nothing_that_was_kept_for_somebody_else_is_shown(self) -> None:
        two = Two()
        link, _token = make_link(two.gone, label="Telephone", language="en", now=BEFORE)
        kept = {"digest": "d", "since": BEFORE, "version": "1", "fresh_until": MONDAY, "body": b"x"}
        db.session.add(KeptFeed(key="somebody else's", link_id=link.id, **kept))
        db.session.flush()

        two.merge()

        assert db.session.scalars(select(KeptFeed.key)).all() == []


class TestWhatIsKnown:
    def test_languages_add_up(self) -> None:
        two = Two()
        for person, tags in ((two.gone, {"ar": Level.NATIVE}), (two.kept, {"ar": Level.A1})):
            other = make.participant(two.centre, speaks=tags)
            for one in list(other.languages):
                one.person_id = person.id
        db.session.flush()

        two.merge()

        db.session.refresh(two.kept)
        assert [(one.language, one.speaks) for one in two.kept.languages] == [("ar", Level.NATIVE)]

    def test_whom_one_never_meets_the_other_never_meets(self) -> None:
        two = Two()
        third = make.mediator(two.centre)
        db.session.add(Apart(person_id=two.gone.id, other_id=third.id, made_at=BEFORE))
        db.session.flush()

        two.merge()

        (pair,) = db.session.scalars(select(Apart))
        assert (pair.person_id, pair.other_id) == (two.kept.id, third.id)

    def test_the_trace_names_nobody(self) -> None:
        two = Two()
        activity, _meetings = two.course()
        join(activity, two.gone, by=two.by, now=BEFORE)
        ref = two.gone.ref

        two.merge()

        (trace,) = db.session.scalars(select(Merge))
        assert (trace.gone_ref, trace.person_id, trace.by_id) == (ref, two.kept.id, two.by.id)
        assert trace.moved["enrolment"] == trace.moved["booking"] == 1
        assert not any(word in str(trace.moved) for word in ("Mohamad", "@", "0712"))

    def test_the_count_is_lower_by_one(self) -> None:
        two = Two()
        before = db.session.scalars(select(func.count(Person.id))).one()

        two.merge()

        assert db.session.scalars(select(func.count(Person.id))).one() == before - 1
        assert rows_of("name_key", two.number) == 0
        assert db.session.scalars(select(NameKey.key)).all()


class TestRefused:
    def test_with_oneself(self) -> None:
        two = Two()

        with pytest.raises(TheSame):
            merge(two.kept, two.kept, by=two.by, now=BEFORE)

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.PARTICIPANT])
    def test_whoever_helps_or_works_here_does_not_go(self, role: Role) -> None:
        two = Two()
        helper = make.person([role, Role.PARTICIPANT], two.centre)

        with pytest.raises(Helps):
            merge(helper, two.kept, by=two.by, now=BEFORE)

        merge(two.kept, helper, by=two.by, now=BEFORE)

    def test_whoever_helped_once_does_not_go(self) -> None:
        two = Two()
        make.contract(two.gone, two.centre)

        with pytest.raises(Helps):
            two.merge()

    def test_two_who_never_meet_are_two(self) -> None:
        two = Two()
        db.session.add(Apart(person_id=two.gone.id, other_id=two.kept.id, made_at=BEFORE))
        db.session.flush()

        with pytest.raises(TwoPeople):
            two.merge()

    def test_two_of_whom_somebody_said_so_are_two(self) -> None:
        two = Two()
        for _ in range(2):
            say_two(two.kept, two.gone, by=two.by, now=BEFORE)

        with pytest.raises(TwoPeople):
            two.merge()

        assert len(db.session.scalars(select(NotSame)).all()) == 1

    def test_whoever_was_erased(self) -> None:
        two = Two()
        erase(two.gone, by=two.by, now=BEFORE)

        with pytest.raises(Gone):
            two.merge()

    def test_twice(self) -> None:
        two = Two()
        two.merge()

        with pytest.raises(Gone):
            two.merge()
