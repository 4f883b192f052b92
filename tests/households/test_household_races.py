"""Clicks of a household in the same moment, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import Gone, db
from app.households.operations import block, make_guardian, take_out
from app.households.undoing import untie
from app.notices.ledger import Attempt
from app.notices.models import Kind, Notice, State
from app.notices.sending import send_due
from app.own_data.operations import erase
from app.people.guardians import GuardianKind, Guardianship
from app.people.models import Person
from app.programme.models import Activity, Booking, Part
from app.reminders.letters import compose
from app.reminders.operations import post_reminders
from app.signups import together
from app.signups.accepting import accept
from app.signups.models import Enrolment, Waiting
from app.signups.operations import leave
from app.signups.queries import parties
from app.signups.rules import ActivityFull
from app.signups.together import Care, Coming, come_together, leave_together
from tests import make
from tests.make import BEFORE, MONDAY
from tests.notices.test_outbox import Recorder
from tests.planning.test_races import meanwhile
from tests.races import all_at_once

ROUNDS = 8
DAY_BEFORE = MONDAY - timedelta(days=1)
Click = Callable[[], object]
Ids = Sequence[int]


def course(capacity: int | None) -> int:
    activity = make.activity(capacity=capacity)
    for day in range(2):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    return activity.id


def coming(
    activity_id: int,
    guardian_id: int,
    people: Ids,
    minded: Ids = (),
    care: Care = Care.NEEDED,
) -> Click:
    def click() -> object:
        whole = Coming(
            activity=db.session.get_one(Activity, activity_id),
            guardian=db.session.get_one(Person, guardian_id),
            people=[db.session.get_one(Person, one) for one in people],
            minded=[db.session.get_one(Person, one) for one in minded],
        )
        return come_together(whole, by=whole.guardian, now=BEFORE, care=care)

    return click


def blocking(child_id: int, guardian_id: int) -> Click:
    def click() -> object:
        child, guardian = (db.session.get_one(Person, one) for one in (child_id, guardian_id))
        block(child, guardian, by=guardian, now=BEFORE)
        return "blocked"

    return click


def places(activity_id: int) -> list[int]:
    inside = select(Enrolment.person_id).where(
        Enrolment.activity_id == activity_id, Enrolment.left_at.is_(None)
    )
    return sorted(db.session.scalars(inside))


def fullest(activity_id: int) -> int:
    counts = (
        select(func.count().label("number"))
        .where(Booking.part == Part.LEARNER, Booking.meeting.has(activity_id=activity_id))
        .group_by(Booking.meeting_id)
        .subquery()
    )
    return db.session.scalars(select(func.max(counts.c.number))).one() or 0


def test_two_guardians_give_the_last_place_to_the_same_child(racing_app: Flask) -> None:
    """Each click is right: the child has one place."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            one, other = make.person(), make.person()
            child, activity_id = make.child(one, other).id, course(1)
            clicks = [coming(activity_id, each.id, [child]) for each in (one, other)]
            db.session.commit()

        results = all_at_once(racing_app, clicks)

        with racing_app.app_context():
            assert not any(isinstance(one, Exception) for one in results), results
            assert places(activity_id) == [child]
            assert fullest(activity_id) == 1


def test_a_family_of_three_and_two_others_at_three_places(racing_app: Flask) -> None:
    """Whole or not at all, and never one too many; with children older and younger in the books
    than who brings them, so that no two clicks wait for each other for ever."""
    for number in range(ROUNDS):
        with racing_app.app_context():
            first = make.child(name="A") if number % 2 else None
            mother, another = make.person(), make.person()
            family = [first or make.child(name="A"), make.child(name="B")]
            for child in family:
                make.guardianship(child, mother)
                make.guardianship(child, another)
            ids, activity_id = [one.id for one in family], course(3)
            singles = [make.person().id for _n in range(2)]
            clicks = [
                coming(activity_id, mother.id, [mother.id, *ids]),
                coming(activity_id, another.id, [*reversed(ids), another.id]),
                *(coming(activity_id, one, [one]) for one in singles),
            ]
            whole = {mother.id, *ids}, {another.id, *ids}
            db.session.commit()

        results = all_at_once(racing_app, clicks)

        with racing_app.app_context():
            there = set(places(activity_id))
            assert len(there) <= 3
            assert fullest(activity_id) == len(there)
            refused = [one for one in results if isinstance(one, Exception)]
            assert all(isinstance(one, ActivityFull) for one in refused), refused
            assert not there & set(ids) or any(one <= there for one in whole), "not whole"


def test_the_last_places_of_a_childcare(racing_app: Flask) -> None:
    """Two mothers with two children each at three places: one comes, the other is asked."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity = db.session.get_one(Activity, course(None))
            care = make.childcare(activity, capacity=3).id
            clicks = []
            for _n in range(2):
                mother = make.person()
                children = [make.child(mother).id, make.child(mother, name="B").id]
                clicks.append(coming(activity.id, mother.id, [mother.id], children))
            activity_id = activity.id
            db.session.commit()

        all_at_once(racing_app, clicks)

        with racing_app.app_context():
            assert (len(places(activity_id)), len(places(care))) == (1, 2)


def test_blocked_while_he_brings_the_child(racing_app: Flask) -> None:
    """Either the child had its place before, or nobody came; nobody is left half in."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            father = make.person()
            child, activity_id = make.child(father), course(None)
            ids = father.id, child.id
            db.session.commit()

        came, _blocked = all_at_once(
            racing_app, [coming(activity_id, ids[0], list(ids)), blocking(ids[1], ids[0])]
        )

        with racing_app.app_context():
            there = places(activity_id)
            assert there == ([] if isinstance(came, Gone) else sorted(ids))


def test_blocked_while_he_takes_the_child_out(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_app.app_context():
        father = make.person()
        child, activity_id = make.child(father).id, course(None)
        father_id = father.id
        coming(activity_id, father_id, [child])()
        db.session.commit()

    with postgres_app.app_context():
        father, found = (db.session.get_one(Person, one) for one in (father_id, child))
        activity = db.session.get_one(Activity, activity_id)
        meanwhile(postgres_app, monkeypatch, together, "lock", blocking(child, father_id))

        with pytest.raises(Gone):
            leave_together(activity, [found], by=father, guardian=father, now=BEFORE)
        db.session.rollback()

    with postgres_app.app_context():
        assert places(activity_id) == [child]


def test_blocked_while_a_reminder_is_sent(racing_app: Flask) -> None:
    """It was on its way already, or it never leaves; and nothing leaves afterwards."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            father = make.person()
            child = make.child(father)
            make.book_learner(child, make.meeting())
            db.session.commit()
            assert post_reminders(now=DAY_BEFORE) == 1
            db.session.commit()
            ids = child.id, father.id
        postman = Recorder()

        def sends(postman: Recorder = postman) -> object:
            return send_due(postman, compose, clock=lambda: DAY_BEFORE)

        all_at_once(racing_app, [sends, blocking(*ids), sends])

        with racing_app.app_context():
            his = select(Notice).where(Notice.person_id == ids[1], Notice.kind == Kind.REMINDER)
            notice = db.session.scalars(his).one()
            left = len(postman.sent)
            assert (notice.state, left) in ((State.SENT, 1), (State.DROPPED, 0))
            tried = db.session.scalars(select(func.count(Attempt.id))).one()
            post_reminders(now=DAY_BEFORE)
            db.session.commit()
            send_due(postman, compose, clock=lambda: DAY_BEFORE)
            assert len(postman.sent) == left
            assert db.session.scalars(select(func.count(Attempt.id))).one() == tried


def test_blocked_and_tied_again_at_once(racing_app: Flask) -> None:
    """Who is blocked is not let in again by a second click on an old page."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            father, by = make.person(), make.person()
            child = make.child(father)
            ids = child.id, father.id, by.id
            db.session.commit()

        def ties(ids: tuple[int, int, int] = ids) -> object:
            child, father, by = (db.session.get_one(Person, one) for one in ids)
            make_guardian(child, father, GuardianKind.PARENT, by=by, now=BEFORE)
            return "tied"

        all_at_once(racing_app, [ties, blocking(ids[0], ids[1]), ties])

        with racing_app.app_context():
            assert not db.session.get_one(Guardianship, ids[:2]).is_active


def test_both_parents_are_erased_at_once(racing_app: Flask) -> None:
    """The child goes with the last of them, and nobody waits for ever."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            parents = [make.person(), make.person()]
            child, ids = make.child(*parents).id, [one.id for one in parents]
            db.session.commit()

        def gone(person_id: int) -> Click:
            def click() -> object:
                person = db.session.get_one(Person, person_id)
                erase(person, by=person, now=BEFORE)
                return "gone"

            return click

        results = all_at_once(racing_app, [gone(one) for one in ids])

        with racing_app.app_context():
            assert results == ["gone", "gone"]
            assert db.session.get_one(Person, child).erased_at is not None


def test_leaving_with_the_childcare_while_the_child_is_brought(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            mother = make.person()
            child, activity_id = make.child(mother).id, course(None)
            activity = db.session.get_one(Activity, activity_id)
            care = make.childcare(activity).id
            mother_id = mother.id
            db.session.commit()
            coming(activity_id, mother_id, [mother_id])()
            db.session.commit()

        def leaves(activity_id: int = activity_id, mother_id: int = mother_id) -> object:
            mother = db.session.get_one(Person, mother_id)
            whole = db.session.get_one(Activity, activity_id)
            leave_together(whole, [mother], by=mother, now=BEFORE)
            return "left"

        all_at_once(racing_app, [leaves, coming(activity_id, mother_id, [mother_id], [child])])

        with racing_app.app_context():
            assert bool(places(activity_id)) == bool(places(care)), "a child without its mother"


def test_leaving_while_the_childcare_that_was_offered_is_accepted(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            mother, staff = make.person(), make.person()
            child, activity_id = make.child(mother).id, course(None)
            care = make.childcare(db.session.get_one(Activity, activity_id), capacity=1)
            first = make.child(make.person(), name="B")
            make.enrolment(care, first)
            mother_id, care_id = mother.id, care.id
            coming(activity_id, mother_id, [mother_id], [child], Care.WAIT)()
            leave(care, first, by=staff, now=BEFORE)
            (waiting,) = parties(care)
            waiting_id = waiting.id
            db.session.commit()

        def leaves(activity_id: int = activity_id, mother_id: int = mother_id) -> object:
            mother = db.session.get_one(Person, mother_id)
            whole = db.session.get_one(Activity, activity_id)
            leave_together(whole, [mother], by=mother, now=BEFORE)
            return "left"

        def accepts(waiting_id: int = waiting_id, mother_id: int = mother_id) -> object:
            mother = db.session.get_one(Person, mother_id)
            accept(db.session.get_one(Waiting, waiting_id), reader=mother, now=BEFORE)
            return "accepted"

        results = all_at_once(racing_app, [leaves, accepts])

        with racing_app.app_context():
            assert (places(activity_id), places(care_id)) == ([], []), results


def test_two_who_decide_are_taken_away_in_one_moment(racing_app: Flask) -> None:
    """One is blocked, of the other it was a mistake: beside a block somebody goes on deciding."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            one, other = make.person().id, make.person().id
            child = make.child(*(db.session.get_one(Person, each) for each in (one, other))).id
            db.session.commit()

        def removing(child: int = child, other: int = other) -> object:
            untie(*(db.session.get_one(Person, each) for each in (child, other)), now=BEFORE)
            return "removed"

        all_at_once(racing_app, [blocking(child, one), removing])

        with racing_app.app_context():
            ties = db.session.scalars(select(Guardianship).where(Guardianship.child_id == child))
            assert sorted(tie.is_active for tie in ties) in ([False], [False, True])


def test_a_child_goes_and_somebody_else_comes_to_decide_in_one_moment(racing_app: Flask) -> None:
    """Either the other one decides for it from now on, or there is no child any more."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            mother, father, child = make.person(), make.person().id, make.child().id
            make.guardianship(db.session.get_one(Person, child), mother, made_by=mother)
            mothers = mother.id
            db.session.commit()

        def going(child: int = child, mothers: int = mothers) -> object:
            one, by = (db.session.get_one(Person, each) for each in (child, mothers))
            take_out(one, by=by, now=BEFORE)
            return "gone"

        def tying(child: int = child, father: int = father) -> object:
            one, by = (db.session.get_one(Person, each) for each in (child, father))
            make_guardian(one, by, GuardianKind.PARENT, by=by, now=BEFORE)
            return "tied"

        results = all_at_once(racing_app, [going, tying])

        with racing_app.app_context():
            gone = db.session.get_one(Person, child).erased_at is not None
            ties = select(func.count()).where(Guardianship.child_id == child)
            assert db.session.scalar(ties) == (0 if gone else 2), results
