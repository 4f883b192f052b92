"""Several people who change the same sessions in one moment: the rows agree afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.planning import duplicating, minding
from app.planning.duplicating import duplicate_meeting
from app.planning.minding import ChildcareFacts, plan_childcare
from app.planning.operations import edit_series
from app.planning.undoing import undo
from app.programme import changing
from app.programme.beside import beside_of
from app.programme.changing import ChangedMeanwhile
from app.programme.details import Details
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Edit, Meeting, Scope
from app.programme.places import Room
from app.programme.rooms import close_room
from app.programme.series import moved
from app.programme.terms import Term
from app.refusal import Refusal
from app.signups.operations import join
from app.staffing import moving
from app.staffing.models import Need
from app.staffing.operations import offer_place
from app.staffing.publishing import publish
from tests import make
from tests.make import BEFORE, MONDAY
from tests.planning.test_series import by
from tests.planning.test_terms import a_draft, a_term
from tests.races import all_at_once

WEEK, HOUR, MINUTE = timedelta(weeks=1), timedelta(hours=1), timedelta(minutes=1)


def meanwhile(
    app: Flask, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, click: Callable[[], object]
) -> None:
    """Just before *name* of *where* runs, somebody else clicks and commits."""
    real = getattr(where, name)
    clicked: list[object] = []

    def elsewhere() -> None:
        with app.app_context():
            clicked.append(click())
            db.session.commit()
            db.session.remove()

    def late(*args: Any, **given: Any) -> Any:
        if not clicked:
            other = Thread(target=elsewhere)
            other.start()
            other.join(30)
            assert len(clicked) == 1
        return real(*args, **given)

    monkeypatch.setattr(where, name, late)


def later(meeting_id: int) -> Edit | None:
    """The meeting is moved by an hour."""
    meeting = db.session.get_one(Meeting, meeting_id)
    return moving.move_meeting(
        meeting,
        starts_at=meeting.starts_at + HOUR,
        ends_at=meeting.ends_at + HOUR,
        room=meeting.room,
        by=meeting.activity.coordinator,
        now=BEFORE,
        seen=meeting.sequence,
    )


def minded(host_id: int, room_id: int) -> Activity:
    host = db.session.get_one(Activity, host_id)
    facts = ChildcareFacts(room=db.session.get_one(Room, room_id), capacity=5)
    return plan_childcare(host, facts, by=host.coordinator, now=BEFORE)


def joined(activity_id: int, person_id: int) -> object:
    activity = db.session.get_one(Activity, activity_id)
    person = db.session.get_one(Person, person_id)
    return join(activity, person, by=activity.coordinator, now=BEFORE)


def test_a_term_published_twice_in_one_moment_is_told_of_once(racing_app: Flask) -> None:
    for _round in range(10):
        with racing_app.app_context():
            term = a_term()
            draft = a_draft(term, number=2)
            layla = make.participant(term.centre)
            join(draft, layla, by=draft.coordinator, now=BEFORE)
            term_id, boss_id, layla_id = term.id, draft.coordinator_id, layla.id
            db.session.commit()

        def published(
            minutes: int, term_id: int = term_id, boss_id: int = boss_id
        ) -> Callable[[], object]:
            return lambda: len(
                publish(
                    db.session.get_one(Term, term_id),
                    by=db.session.get_one(Person, boss_id),
                    now=BEFORE + minutes * MINUTE,
                )
            )

        all_at_once(racing_app, [published(1), published(2)])

        with racing_app.app_context():
            hers = select(func.count(Notice.id)).where(Notice.person_id == layla_id)
            assert db.session.scalars(hers).one() == 1


def test_childcare_planned_while_its_host_is_moved_is_beside_it(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever moves it looks again, for they decided without the childcare."""
    with postgres_app.app_context():
        meeting = make.meeting()
        room = make.room(centre=meeting.activity.centre)
        meeting_id, host_id, room_id = meeting.id, meeting.activity_id, room.id
        db.session.commit()

    def planned() -> object:
        return minded(host_id, room_id).id

    meanwhile(postgres_app, monkeypatch, changing, "change_meetings", planned)
    with postgres_app.app_context():
        with pytest.raises(ChangedMeanwhile):
            later(meeting_id)
        db.session.rollback()
        _agree(meeting_id, at=0 * HOUR)

        later(meeting_id)
        db.session.commit()
        _agree(meeting_id, at=HOUR)


def _agree(meeting_id: int, *, at: timedelta) -> None:
    meeting = db.session.get_one(Meeting, meeting_id)
    care = beside_of([meeting])[meeting_id]
    assert care.starts_at == meeting.starts_at == MONDAY + at


def test_whoever_is_asked_while_it_is_moved_hears_of_the_move(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_app.app_context():
        meeting = make.meeting()
        need = make.need(meeting=meeting, language="ar")
        amina = make.mediator(meeting.activity.centre)
        meeting_id, need_id, amina_id = meeting.id, need.id, amina.id
        db.session.commit()

    def asked() -> object:
        asking = db.session.get_one(Need, need_id)
        boss = asking.meeting.activity.coordinator
        return offer_place(asking, db.session.get_one(Person, amina_id), by=boss, now=BEFORE).id

    meanwhile(postgres_app, monkeypatch, changing, "change_meetings", asked)
    with postgres_app.app_context():
        later(meeting_id)
        db.session.commit()

        hers = select(Notice.kind).where(Notice.person_id == amina_id)
        assert Letter.MOVED in set(db.session.scalars(hers))


def test_a_child_who_joins_while_childcare_grows_comes_to_all_of_it(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_app.app_context():
        host = make.activity()
        make.meeting(activity=host)
        room, child = make.room(centre=host.centre), make.child(make.participant(host.centre))
        care_id = minded(host.id, room.id).id
        make.meeting(activity=host, starts_at=MONDAY + WEEK)
        host_id, room_id, child_id = host.id, room.id, child.id
        db.session.commit()

    def comes() -> object:
        return joined(care_id, child_id)

    meanwhile(postgres_app, monkeypatch, minding, "_held", comes)
    with postgres_app.app_context():
        with pytest.raises(ChangedMeanwhile):
            minded(host_id, room_id)
        db.session.rollback()
        minded(host_id, room_id)
        db.session.commit()

        theirs = select(func.count(Booking.id)).where(Booking.person_id == child_id)
        assert db.session.scalars(theirs).one() == 2


def test_a_copy_of_what_became_protected_meanwhile_is_protected(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_app.app_context():
        meeting = make.meeting()
        activity = meeting.activity
        join(activity, make.participant(activity.centre), by=activity.coordinator, now=BEFORE)
        meeting_id = meeting.id
        db.session.commit()

    def hidden() -> object:
        one = db.session.get_one(Meeting, meeting_id)
        return edit_series(
            [one],
            scope=Scope.ALL,
            by=one.activity.coordinator,
            now=BEFORE,
            seen=lambda _held: True,
            details=Details(privacy=Privacy.PROTECTED, whole=True),
        )

    meanwhile(postgres_app, monkeypatch, duplicating, "_hold_learners", hidden)
    with postgres_app.app_context():
        one = db.session.get_one(Meeting, meeting_id)
        assert one.privacy is Privacy.MEMBERS
        boss = one.activity.coordinator
        copy = duplicate_meeting(one, starts_at=MONDAY + WEEK, room=None, by=boss, now=BEFORE)
        db.session.commit()

        assert copy.privacy is Privacy.PROTECTED
        told = select(Notice.confidential).where(Notice.kind == Letter.ADDED)
        assert set(db.session.scalars(told)) == {True}


def test_childcare_of_what_became_protected_meanwhile_is_protected(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_app.app_context():
        meeting = make.meeting()
        room = make.room(centre=meeting.activity.centre)
        meeting_id, host_id, room_id = meeting.id, meeting.activity_id, room.id
        db.session.commit()

    def hidden() -> object:
        one = db.session.get_one(Meeting, meeting_id)
        return edit_series(
            [one],
            scope=Scope.ALL,
            by=one.activity.coordinator,
            now=BEFORE,
            seen=lambda _held: True,
            details=Details(privacy=Privacy.PROTECTED, whole=True),
        )

    meanwhile(postgres_app, monkeypatch, minding, "_held", hidden)
    with postgres_app.app_context():
        one = db.session.get_one(Meeting, meeting_id)
        assert one.privacy is Privacy.MEMBERS
        care = minded(host_id, room_id)
        db.session.commit()

        assert care.privacy is Privacy.PROTECTED
        assert beside_of([one])[meeting_id].privacy is Privacy.PROTECTED


def test_whatever_nine_people_click_in_one_moment_the_rows_agree(racing_app: Flask) -> None:
    for _round in range(8):
        with racing_app.app_context():
            ids = _a_busy_course()
            db.session.commit()

        results = all_at_once(racing_app, _clicks(ids))

        broken = [one for one in results if isinstance(one, DBAPIError)]
        assert not broken, broken
        assert any(not isinstance(one, Refusal) for one in results)
        with racing_app.app_context():
            _rows_agree(ids)


def _a_busy_course() -> dict[str, list[int]]:
    activity = make.activity()
    boss, centre = activity.coordinator, activity.centre
    room, other_room = make.room(centre=centre), make.room(centre=centre)
    series = [
        make.meeting(activity=activity, room=room, starts_at=MONDAY + n * WEEK) for n in range(4)
    ]
    facts = ChildcareFacts(room=other_room, capacity=5)
    childcare = plan_childcare(activity, facts, by=boss, now=BEFORE)
    people = [make.participant(centre) for _n in range(6)]
    for person in people[:3]:
        join(activity, person, by=boss, now=BEFORE)
    needs = [make.need(meeting=meeting, language="ar") for meeting in series]
    first = moved(series[:2], by(hours=1), room=None, keep_rooms=True, by_hand=False)
    edit = edit_series(
        series[:2], scope=Scope.ALL, by=boss, now=BEFORE, seen=lambda _held: True, targets=first
    )
    assert edit is not None
    return {
        "series": [one.id for one in series],
        "activities": [activity.id, childcare.id],
        "people": [one.id for one in people],
        "edit": [edit.id],
        "need": [needs[2].id],
        "mediator": [make.mediator(centre).id],
        "boss": [boss.id],
        "room": [other_room.id],
    }


def _clicks(ids: dict[str, list[int]]) -> list[Callable[[], object]]:
    get, people = db.session.get_one, ids["people"]
    host_id, care_id = ids["activities"]

    def boss() -> Person:
        return get(Person, ids["boss"][0])

    def room() -> Room:
        return get(Room, ids["room"][0])

    def all_later() -> object:
        series = [get(Meeting, one) for one in ids["series"]]
        targets = moved(series, by(hours=2), room=None, keep_rooms=True, by_hand=False)
        return edit_series(
            series,
            scope=Scope.ALL,
            by=boss(),
            now=BEFORE,
            seen=lambda _held: True,
            targets=targets,
        )

    def once_more() -> object:
        first, at = get(Meeting, ids["series"][0]), MONDAY + 9 * WEEK
        return duplicate_meeting(first, starts_at=at, room=room(), by=boss(), now=BEFORE)

    def off() -> object:
        last = get(Meeting, ids["series"][3])
        return moving.cancel_meeting(last, by=boss(), now=BEFORE, seen=0)

    def asked() -> object:
        need, amina = get(Need, ids["need"][0]), get(Person, ids["mediator"][0])
        return offer_place(need, amina, by=boss(), now=BEFORE)

    return [
        all_later,
        lambda: undo(get(Edit, ids["edit"][0]), by=boss(), now=BEFORE),
        lambda: joined(host_id, people[4]),
        lambda: joined(care_id, people[5]),
        asked,
        off,
        once_more,
        lambda: minded(host_id, ids["room"][0]),
        lambda: close_room(room(), by=boss(), now=BEFORE),
    ]


def _rows_agree(ids: dict[str, list[int]]) -> None:
    """Childcare is beside its host, bookings are at the time of what they are for, and whoever has
    a place has it at every session."""
    host_id, _care_id = ids["activities"]
    meetings = db.session.scalars(select(Meeting).where(Meeting.activity_id == host_id)).all()
    care = beside_of(meetings)
    for one in meetings:
        if one.id in care:
            beside = care[one.id]
            assert (beside.starts_at, beside.status) == (one.starts_at, one.status)
    off = select(func.count(Booking.id)).join(Booking.meeting)
    off = off.where(Booking.starts_at != Meeting.starts_at)
    assert db.session.scalars(off).one() == 0
    for person_id in ids["people"][:5]:
        places = select(func.count(Booking.id)).join(Booking.meeting)
        places = places.where(Booking.person_id == person_id, Meeting.activity_id == host_id)
        assert db.session.scalars(places).one() in (0, len(meetings))
