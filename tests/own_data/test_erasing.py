"""What was erased is gone; what is owed to others is still said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.database import Base
from app.extensions import db
from app.feeds.models import FeedLink
from app.feeds.operations import make_link
from app.notices.models import Kind, Notice
from app.own_data.models import Erasure
from app.own_data.operations import NOTHING_KNOWN, StillResponsible, erase, forget_erased
from app.own_data.register import HELD, LETTERS_LEAVE
from app.people.knocks import Knock
from app.people.models import Person, StageChange
from app.people.queries import people_of
from app.people.terms import Level, Role, Stage
from app.programme.models import Booking
from app.signups.models import Enrolment
from app.signups.operations import join
from app.signups.queries import places_left, somebody_waits
from app.signups.waiting import wait_for
from app.staffing.models import Assignment, State
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
SOON = BEFORE + LETTERS_LEAVE + timedelta(seconds=1)
FAR = BEFORE + timedelta(days=6 * 366)


def rows_of(person_id: int) -> dict[str, int]:
    """How many rows of each table name the person."""
    found = {}
    for held in HELD:
        table = Base.metadata.tables[held.table]
        number = select(func.count()).where(table.c[held.whose] == person_id)
        found[f"{held.table}.{held.whose}"] = db.session.scalars(number).one()
    return {name: number for name, number in found.items() if number}


def learner() -> Person:
    """Somebody with all that a participant leaves behind."""
    layla = make.participant(make.centre(), speaks={"ar": Level.NATIVE}, phone="0712 345 678")
    activity = make.activity(capacity=1)
    make.meeting(activity=activity)
    join(activity, layla, by=layla, now=BEFORE)
    make_link(layla, label="Her phone", language="ar", now=BEFORE)
    knock = {"browser_hash": "h", "language": "ar", "made_at": BEFORE, "lapses_at": MONDAY}
    db.session.add(Knock(contact=layla.email, **knock))
    db.session.flush()
    return layla


class TestAParticipant:
    def test_cannot_be_reached_or_recognised_at_once(self) -> None:
        layla = learner()

        erase(layla, by=layla, now=BEFORE)

        assert rows_of(layla.id) == {"person.id": 1, "membership.person_id": 1}
        assert {name: getattr(layla, name) for name in NOTHING_KNOWN} == NOTHING_KNOWN
        assert db.session.scalars(select(Knock)).all() == []

    def test_is_gone_in_two_days(self) -> None:
        layla = learner()
        number = layla.id
        erase(layla, by=layla, now=BEFORE)

        assert forget_erased(now=BEFORE + LETTERS_LEAVE) == 0
        assert forget_erased(now=SOON) == 1

        assert rows_of(number) == {}

    def test_leaves_the_place_to_others(self) -> None:
        layla = learner()
        activity = db.session.scalars(select(Enrolment)).one().activity
        assert places_left(activity, now=BEFORE) == 0

        erase(layla, by=layla, now=BEFORE)

        assert places_left(activity, now=BEFORE) == 1
        assert db.session.scalars(select(Booking)).all() == []

    def test_nobody_waits_for_a_place_behind_them(self) -> None:
        layla = learner()
        activity = db.session.scalars(select(Enrolment)).one().activity
        waiting = make.participant(make.centre())
        wait_for(activity, [waiting], by=waiting, now=BEFORE)

        erase(waiting, by=waiting, now=BEFORE)

        assert not somebody_waits(activity, now=BEFORE)
        assert not layla.erased_at

    def test_leaves_a_trace_without_a_name(self) -> None:
        layla, mihai = learner(), make.coordinator(make.centre())

        erase(layla, by=mihai, now=BEFORE)
        erase(layla, by=mihai, now=BEFORE)

        trace = db.session.scalars(select(Erasure)).one()
        assert (trace.at, trace.by_id) == (BEFORE, mihai.id)

    def test_who_does_it_for_themselves_is_not_noted(self) -> None:
        layla = learner()

        erase(layla, by=layla, now=BEFORE)

        assert db.session.scalars(select(Erasure.by_id)).all() == [None]

    def test_is_no_longer_found_by_the_staff(self) -> None:
        here = make.centre()
        layla, mihai = make.participant(here), make.coordinator(here)

        erase(layla, by=layla, now=BEFORE)

        assert db.session.scalars(people_of(mihai)).all() == [mihai]


class TestAHelper:
    def test_the_one_responsible_hears_of_the_open_place_before_the_name_goes(self) -> None:
        place = make.assignment(state=State.CONFIRMED)
        amina = place.person

        erase(amina, by=amina, now=BEFORE)

        (told,) = db.session.scalars(select(Notice)).all()
        coordinator = place.need.meeting.activity.coordinator
        assert (told.kind, told.person_id) == (Kind.PLACE_GIVEN_UP, coordinator.id)
        assert place.state is State.WITHDRAWN
        assert amina.name.startswith("Person")

    def test_stays_in_the_register_for_as_long_as_that_is_kept(self) -> None:
        place = make.assignment(state=State.CONFIRMED)
        amina, (contract,) = place.person, place.person.contracts

        erase(amina, by=amina, now=BEFORE)

        assert contract.valid_until == BEFORE.date()
        assert [m.stage for m in amina.memberships] == [Stage.LEFT]
        assert forget_erased(now=SOON) == 0
        assert forget_erased(now=FAR) == 1
        assert db.session.scalars(select(Assignment)).all() == []
        assert db.session.scalars(select(StageChange)).all() == []

    def test_the_register_forgets_five_years_after_the_last_contract(self) -> None:
        amina = make.mediator(make.centre())
        amina.contracts[0].valid_until = BEFORE.date().replace(year=BEFORE.year - 5)
        erase(amina, by=amina, now=BEFORE)

        assert forget_erased(now=BEFORE + timedelta(days=1)) == 0
        assert forget_erased(now=SOON) == 1

    def test_certificates_go_with_the_register(self) -> None:
        here = make.centre()
        amina = make.mediator(here)
        make.certificate(amina, here)
        erase(amina, by=amina, now=BEFORE)

        forget_erased(now=FAR)

        assert db.session.scalars(select(Base.metadata.tables["certificate"].c.id)).all() == []

    def test_what_others_did_with_them_stays_theirs(self) -> None:
        here = make.centre()
        amina, mihai = make.mediator(here), make.coordinator(here)
        other = make.assignment(asked_by_id=amina.id)
        erase(amina, by=mihai, now=BEFORE)

        forget_erased(now=FAR)

        assert (other.asked_by_id, mihai.is_active) == (None, True)


class TestWhoWorksHere:
    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
    def test_hands_over_first(self, role: Role) -> None:
        mihai = make.person([role], make.centre())

        with pytest.raises(StillResponsible):
            erase(mihai, by=mihai, now=BEFORE)

    def test_so_does_who_is_responsible_for_something(self) -> None:
        mihai = make.person()
        make.activity(coordinator=mihai)

        with pytest.raises(StillResponsible):
            erase(mihai, by=mihai, now=BEFORE)


def test_nothing_leaves_for_them_any_more() -> None:
    layla = learner()
    assert db.session.scalars(select(Notice.person_id)).all() == [layla.id]

    erase(layla, by=layla, now=BEFORE)

    assert db.session.scalars(select(Notice)).all() == []
    assert db.session.scalars(select(FeedLink)).all() == []
