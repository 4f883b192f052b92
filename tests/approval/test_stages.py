"""From asking to help to leaving: which steps there are, what they ask for and what they do."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.approval.lacking import Lack
from app.approval.operations import NoteMissing, NotReady, NotThisStep, advance
from app.extensions import db
from app.notices.models import Kind, Notice
from app.people.models import Centre, Membership, Person, StageChange
from app.people.terms import Role, Stage
from app.programme.models import Booking
from app.reminders.letters import compose
from app.staffing.models import State
from app.staffing.queries import no_longer_fit
from tests import make
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once

VOLUNTEER = Role.VOLUNTEER
A_WHILE = timedelta(minutes=1)


def applicant(
    at: Centre, stage: Stage = Stage.APPLIED, role: Role = VOLUNTEER, **given: Any
) -> Person:
    someone = make.person(**given)
    someone.memberships.append(Membership(centre=at, role=role, stage=stage, since=LONG_AGO))
    db.session.flush()
    return someone


def ready(at: Centre, stage: Stage = Stage.INTERVIEW, **given: Any) -> Person:
    """Of age, and with a contract."""
    someone = applicant(at, stage, is_adult=True, **given)
    make.contract(someone, at)
    return someone


def stage_of(person: Person) -> Stage:
    return db.session.scalars(
        select(Membership.stage).where(Membership.person_id == person.id)
    ).one()


def trail(person: Person) -> list[tuple[Stage, str]]:
    rows = select(StageChange).where(StageChange.person_id == person.id).order_by(StageChange.id)
    return [(one.stage, one.note) for one in db.session.scalars(rows)]


def letters(person: Person) -> list[str]:
    """The subjects of what the person is told."""
    found = select(Notice).where(Notice.person == person).order_by(Notice.id)
    written = [compose(one, BEFORE) for one in db.session.scalars(found)]
    return [one.subject for one in written if one is not None]


@pytest.mark.usefixtures("app")
class TestSteps:
    @pytest.fixture
    def here(self, app: Flask) -> Centre:
        return make.centre()

    def test_the_whole_way_leaves_its_trail(self, here: Centre) -> None:
        boss, someone = make.coordinator(here), ready(here, Stage.APPLIED)
        way = [Stage.INTERVIEW, Stage.ACTIVE, Stage.PAUSED, Stage.ACTIVE, Stage.LEFT]

        for stage in way:
            advance(someone, here, VOLUNTEER, stage, by=boss, now=BEFORE, note="a talk")
        advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=boss, now=BEFORE, note="is back")

        assert trail(someone) == [*((s, "a talk") for s in way), (Stage.ACTIVE, "is back")]
        assert stage_of(someone) is Stage.ACTIVE
        assert someone.memberships[0].since == BEFORE

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (Stage.APPLIED, Stage.ACTIVE),
            (Stage.APPLIED, Stage.PAUSED),
            (Stage.INTERVIEW, Stage.PAUSED),
            (Stage.INTERVIEW, Stage.APPLIED),
            (Stage.ACTIVE, Stage.INTERVIEW),
            (Stage.LEFT, Stage.INTERVIEW),
            (Stage.LEFT, Stage.PAUSED),
        ],
    )
    def test_no_step_is_left_out(self, here: Centre, before: Stage, after: Stage) -> None:
        someone = ready(here, before)

        with pytest.raises(NotThisStep):
            advance(someone, here, VOLUNTEER, after, by=make.coordinator(here), now=BEFORE)
        assert stage_of(someone) is before

    def test_a_second_click_is_harmless(self, here: Centre) -> None:
        boss, someone = make.coordinator(here), ready(here)

        first = advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=boss, now=BEFORE)
        again = advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=boss, now=BEFORE + A_WHILE)

        assert first is not None
        assert again is None
        assert len(trail(someone)) == len(letters(someone)) == 1

    def test_who_comes_back_does_so_with_a_reason(self, here: Centre) -> None:
        boss, someone = make.coordinator(here), ready(here, Stage.LEFT)

        with pytest.raises(NoteMissing):
            advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=boss, now=BEFORE)

    @pytest.mark.parametrize(
        ("facts", "missing"),
        [
            ({}, Lack.AGE_UNKNOWN),
            ({"is_adult": False}, Lack.AGE_UNKNOWN),
            ({"is_adult": True}, None),
            ({"born_on": date(2011, 2, 19)}, None),
            ({"born_on": date(2011, 2, 20)}, Lack.CONSENT_MISSING),
            ({"born_on": date(2011, 2, 20), "consent_seen_on": date(2027, 1, 1)}, None),
            ({"born_on": date(2012, 2, 20), "consent_seen_on": date(2027, 1, 1)}, Lack.TOO_YOUNG),
            ({"born_on": date(2012, 2, 20), "is_adult": True}, Lack.TOO_YOUNG),
        ],
    )
    def test_the_age_is_known_first(
        self, here: Centre, facts: dict[str, Any], missing: Lack | None
    ) -> None:
        someone = applicant(here, Stage.INTERVIEW, **facts)
        make.contract(someone, here)
        click = {"by": make.coordinator(here), "now": BEFORE}

        if missing is None:
            assert advance(someone, here, VOLUNTEER, Stage.ACTIVE, **click)  # type: ignore[arg-type]
        else:
            with pytest.raises(NotReady) as refused:
                advance(someone, here, VOLUNTEER, Stage.ACTIVE, **click)  # type: ignore[arg-type]
            assert refused.value.lacks == (missing,)

    @pytest.mark.parametrize(
        ("contract", "missing"),
        [
            (None, Lack.CONTRACT_MISSING),
            ({"valid_until": BEFORE.date() - timedelta(days=1)}, Lack.CONTRACT_MISSING),
            ({"role_sheet_on": None}, Lack.SHEETS_MISSING),
            ({"safety_sheet_on": None}, Lack.SHEETS_MISSING),
            ({"valid_until": BEFORE.date()}, None),
            ({"valid_from": BEFORE.date() + timedelta(days=5)}, None),
        ],
    )
    def test_a_volunteer_needs_a_contract_with_both_sheets(
        self, here: Centre, contract: dict[str, object] | None, missing: Lack | None
    ) -> None:
        someone, boss = applicant(here, Stage.INTERVIEW, is_adult=True), make.coordinator(here)
        make.contract(someone, make.centre())  # with somebody else
        if contract is not None:
            make.contract(someone, here, **contract)

        if missing is None:
            assert advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=boss, now=BEFORE)
        else:
            with pytest.raises(NotReady) as refused:
                advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=boss, now=BEFORE)
            assert refused.value.lacks == (missing,)

    def test_a_mediator_under_other_law_needs_no_volunteer_contract_yet(self, here: Centre) -> None:
        someone = applicant(here, Stage.INTERVIEW, Role.MEDIATOR, is_adult=True)

        assert advance(
            someone, here, Role.MEDIATOR, Stage.ACTIVE, by=make.coordinator(here), now=BEFORE
        )


@pytest.mark.usefixtures("app")
class TestLetters:
    def test_what_is_no_longer_true_is_not_told(self) -> None:
        here = make.centre()
        boss, someone = make.coordinator(here), ready(here, Stage.APPLIED)

        told = {}
        for stage in (Stage.INTERVIEW, Stage.ACTIVE, Stage.PAUSED, Stage.ACTIVE, Stage.LEFT):
            advance(someone, here, VOLUNTEER, stage, by=boss, now=BEFORE)
            told[stage] = letters(someone)

        assert told[Stage.INTERVIEW] == ["We would like to meet you"]
        assert told[Stage.LEFT] == ["Thank you for your help"]  # the earlier ones are over

    @pytest.mark.parametrize(
        ("before", "after", "subject", "says"),
        [
            (Stage.APPLIED, Stage.INTERVIEW, "We would like to meet you", "a short talk"),
            (Stage.INTERVIEW, Stage.ACTIVE, "Welcome: you can help from now on", "/en/needed"),
            (Stage.APPLIED, Stage.LEFT, "About your wish to help", "not a judgement of you"),
            (Stage.INTERVIEW, Stage.LEFT, "About your wish to help", "not a judgement of you"),
            (Stage.ACTIVE, Stage.PAUSED, "You are pausing", "until you come back"),
            (Stage.ACTIVE, Stage.LEFT, "Thank you for your help", "for all that you did"),
        ],
    )
    def test_of_each_answer(self, before: Stage, after: Stage, subject: str, says: str) -> None:
        here = make.centre()
        boss, someone = make.coordinator(here, name="Mihai"), ready(here, before)

        advance(someone, here, VOLUNTEER, after, by=boss, now=BEFORE, note="a private note")

        [notice] = db.session.scalars(select(Notice).where(Notice.person == someone))
        letter = compose(notice, BEFORE)
        assert letter is not None
        assert letter.subject == subject
        assert says in " ".join(letter.text.split())
        assert "private note" not in letter.text
        assert "Mihai" not in letter.text

    def test_who_comes_back_from_a_pause_is_not_written_to(self) -> None:
        here = make.centre()
        someone = ready(here, Stage.PAUSED)

        advance(someone, here, VOLUNTEER, Stage.ACTIVE, by=make.coordinator(here), now=BEFORE)

        assert letters(someone) == []


@pytest.mark.usefixtures("app")
class TestWhatTheyWereExpectedAt:
    def test_leaving_frees_what_is_to_come_and_tells_the_coordinator(self) -> None:
        here = make.centre()
        boss, someone = make.coordinator(here), ready(here, Stage.ACTIVE)
        course = make.activity(centre=here)

        def place(state: State, at: timedelta = timedelta(), role: Role = VOLUNTEER) -> State:
            meeting = make.meeting(activity=course, starts_at=MONDAY + at)
            need = make.need(meeting=meeting, role=role)
            made.append(make.assignment(need=need, person=someone, state=state))
            return state

        made: list[object] = []
        place(State.CONFIRMED)
        place(State.REQUESTED, timedelta(days=1))
        place(State.OFFERED, timedelta(days=2))
        place(State.CONFIRMED, timedelta(days=-20))  # over
        place(State.CONFIRMED, timedelta(days=3), Role.TEACHER)  # another role of theirs

        advance(someone, here, VOLUNTEER, Stage.LEFT, by=boss, now=BEFORE)

        assert [one.state for one in made] == [  # type: ignore[attr-defined]
            State.WITHDRAWN,
            State.WITHDRAWN,
            State.LAPSED,
            State.CONFIRMED,
            State.CONFIRMED,
        ]
        told = select(func.count()).where(
            Notice.person_id == course.coordinator_id, Notice.kind == Kind.PLACE_GIVEN_UP
        )
        assert db.session.scalars(told).one() == 2
        still = select(func.count()).where(Booking.person_id == someone.id)
        assert db.session.scalars(still).one() == 2

    def test_pausing_keeps_it_in_doubt(self) -> None:
        here = make.centre()
        boss, someone = make.coordinator(here), ready(here, Stage.ACTIVE)
        need = make.need(meeting=make.meeting(activity=make.activity(centre=here)), role=VOLUNTEER)
        place = make.assignment(need=need, person=someone, state=State.CONFIRMED)
        assert no_longer_fit([need]) == {}

        advance(someone, here, VOLUNTEER, Stage.PAUSED, by=boss, now=BEFORE)

        assert place.state is State.CONFIRMED
        assert list(no_longer_fit([need])) == [place.id]


STEPS = st.lists(st.tuples(st.sampled_from(Stage), st.booleans()), max_size=8)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(begins=st.sampled_from([Stage.APPLIED, Stage.LEFT]), steps=STEPS, lacks=st.integers(0, 2))
@pytest.mark.usefixtures("app")
def test_no_way_leads_to_active_without_age_and_contract(
    begins: Stage, steps: list[tuple[Stage, bool]], lacks: int
) -> None:
    """Whatever is clicked in whatever order, with or without a note."""
    here = make.centre()
    someone = applicant(here, begins, is_adult=None if lacks == 0 else True)
    if lacks != 1:
        make.contract(someone, here, role_sheet_on=None if lacks == 2 else LONG_AGO.date())
    boss = make.coordinator(here)

    for number, (stage, with_note) in enumerate(steps):
        note = "because" if with_note else ""
        now = BEFORE + number * A_WHILE
        with contextlib.suppress(NotThisStep, NotReady, NoteMissing):
            advance(someone, here, VOLUNTEER, stage, by=boss, now=now, note=note)
        assert stage_of(someone) not in (Stage.ACTIVE, Stage.PAUSED)
    assert len(trail(someone)) <= 2  # invited, not taken


def test_two_coordinators_approve_at_once_and_one_change_is_kept(racing_app: Flask) -> None:
    for _round in range(25):
        with racing_app.app_context():
            here = make.centre()
            someone = ready(here)
            ids = [make.coordinator(here).id for _n in range(2)]
            person_id, centre_id = someone.id, here.id
            db.session.commit()

        def approving(
            boss_id: int, person_id: int = person_id, centre_id: int = centre_id
        ) -> object:
            change = advance(
                db.session.get_one(Person, person_id),
                db.session.get_one(Centre, centre_id),
                VOLUNTEER,
                Stage.ACTIVE,
                by=db.session.get_one(Person, boss_id),
                now=BEFORE,
            )
            return "approved" if change else "already"

        results = all_at_once(
            racing_app,
            [lambda boss=one: approving(boss) for one in ids],  # type: ignore[misc]
        )

        assert sorted(map(str, results)) == ["already", "approved"]
        with racing_app.app_context():
            made = select(func.count()).where(StageChange.person_id == person_id)
            assert db.session.scalars(made).one() == 1
            told = select(func.count()).where(Notice.person_id == person_id)
            assert db.session.scalars(told).one() == 1
