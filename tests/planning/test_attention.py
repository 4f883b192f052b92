"""What needs a coordinator: each thing once, for whoever plans it, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask import Flask, render_template_string

from app.extensions import db
from app.notices.models import TO_CALL, Notice
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Centre, Membership, Person
from app.people.terms import Gender, Level, Role, Stage
from app.planning.attention import Attention, Point, attention_for
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.organisation_calendar import CalendarEntry, DayKind
from app.programme.terms import Term
from app.signups.models import Enrolment
from app.staffing.eligibility import Rule
from app.staffing.models import Need, State
from app.staffing.queries import coverages_of
from tests import make
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.statements import statements

PANEL = (
    '{% from "planning/attention.html" import attention_panel with context %}'
    "{{ attention_panel(attention) }}"
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def page(app: Flask) -> Iterator[None]:
    """The sentences are those of a page in English."""
    with app.test_request_context("/", environ_overrides={"punte.language": "en"}):
        yield


class House:
    """A centre with its coordinator and one course."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre)
        self.course = make.activity(centre=self.centre, coordinator=self.boss)

    def meeting(self, **given: object) -> Meeting:
        return make.meeting(**({"activity": self.course} | given))

    def attention(self, *, now: datetime = BEFORE) -> Attention:
        db.session.flush()
        return attention_for(self.boss, self.centre, now=now)

    def points(self, title: str, *, now: datetime = BEFORE) -> list[Point]:
        """Those of the one sort; nothing else needs anybody."""
        groups = self.attention(now=now).groups
        assert {group.title for group in groups} <= {title}
        return [point for group in groups for point in group.points]

    def learner(self, *meetings: Meeting) -> Person:
        someone = make.participant(self.centre, gender=Gender.WOMAN)
        for meeting in meetings:
            book(someone, meeting, Part.LEARNER)
        return someone


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def test_all_is_well_where_nothing_is_lacking(house: House) -> None:
    house.meeting(room=make.room(centre=house.centre))
    attention = house.attention()

    assert attention.number == 0
    assert "everything that is planned is looked after" in render_template_string(
        PANEL, attention=attention
    )


class TestSomebodyIsMissing:
    TITLE = "Somebody is missing"

    def test_soonest_first_with_what_is_missing_in_which_language(self, house: House) -> None:
        later = house.meeting(starts_at=MONDAY + timedelta(days=2))
        make.need(meeting=later)
        need = make.need(meeting=house.meeting(), language="ar", level=Level.B2, wanted=2)

        first, second = house.points(self.TITLE)

        assert first.says == "Intercultural mediator · Arabic, B2 or better – missing: 2"
        assert first.href == f"/needs/{need.ref}/candidates"
        assert (first.about, first.when) == ("Language café", need.meeting)
        assert second.when is later

    @pytest.mark.parametrize(("days", "seen"), [(14, False), (13, True)])
    def test_two_weeks_ahead(self, house: House, days: int, seen: bool) -> None:
        make.need(meeting=house.meeting(starts_at=BEFORE + timedelta(days=days)))

        assert bool(house.points(self.TITLE)) is seen

    def test_not_what_is_over_cancelled_filled_asked_or_a_draft(self, house: House) -> None:
        make.need(meeting=house.meeting(starts_at=BEFORE - timedelta(hours=1)))
        make.need(meeting=house.meeting(status=Status.CANCELLED))
        draft = make.activity(centre=house.centre, coordinator=house.boss, published_at=None)
        make.need(meeting=house.meeting(activity=draft))
        for state in (State.CONFIRMED, State.OFFERED):
            make.assignment(need=make.need(meeting=house.meeting()), state=state)

        assert house.points(self.TITLE) == []

    def test_not_of_another_centre(self, house: House) -> None:
        other = make.centre()
        make.make_coordinator_too(house.boss, other)
        make.need(meeting=house.meeting(activity=make.activity(centre=other)))

        assert house.points(self.TITLE) == []


def test_whoever_was_confirmed_and_no_longer_fits(house: House) -> None:
    need = make.need(meeting=house.meeting(starts_at=MONDAY + timedelta(days=20)), language="ar")
    helper = make.mediator(house.centre, {"uk": Level.C1})
    make.assignment(need=need, person=helper, state=State.CONFIRMED)

    [point] = house.points("No longer fits")

    assert point.says.endswith("somebody who was confirmed no longer fits")
    assert point.href == f"/meetings/{need.meeting.ref}/planning"


@pytest.mark.parametrize("state", [State.OFFERED, State.REQUESTED])
class TestWhoeverIsAskedAndCannotCome:
    TITLE = "No longer fits"

    def busy(self, house: House, need: Need) -> Person:
        """A mediator with a place at another session at that time."""
        helper = make.mediator(house.centre)
        other = make.need(meeting=house.meeting(starts_at=need.meeting.starts_at))
        make.assignment(need=other, person=helper, state=State.CONFIRMED)
        return helper

    def test_is_named_where_nobody_else_is_asked(self, house: House, state: State) -> None:
        need = make.need(meeting=house.meeting(starts_at=MONDAY + timedelta(days=20)))
        asked = make.assignment(need=need, person=self.busy(house, need), state=state)

        [point] = house.points(self.TITLE)

        assert point.says.endswith("somebody who was asked cannot come")
        assert point.when is need.meeting
        [coverage] = coverages_of([need.meeting_id])[need.meeting_id]
        assert [one.rule for one in coverage.in_vain[asked.id]] == [Rule.EXPECTED_ELSEWHERE]

    def test_needs_nobody_where_another_is_asked_who_can(self, house: House, state: State) -> None:
        need = make.need(meeting=house.meeting(starts_at=MONDAY + timedelta(days=20)))
        make.assignment(need=need, person=self.busy(house, need), state=state)
        make.assignment(need=need, state=state)

        assert house.points(self.TITLE) == []

    def test_nor_where_they_have_another_place_at_that_session(
        self, house: House, state: State
    ) -> None:
        need = make.need(meeting=house.meeting(starts_at=MONDAY + timedelta(days=20)))
        helper = make.mediator(house.centre)
        make.assignment(need=need, person=helper, state=State.CONFIRMED)
        make.assignment(need=make.need(meeting=need.meeting), person=helper, state=state)

        assert house.points(self.TITLE) == []


class TestClosedDays:
    TITLE = "Closed that day"

    def closed(self, centre: Centre | None, **given: object) -> None:
        entry = {
            "kind": DayKind.CLOSED,
            "name": "Floors are painted",
            "first_day": date(2027, 3, 1),
            "last_day": date(2027, 3, 2),
        }
        db.session.add(CalendarEntry(**(entry | given), centre=centre, made_at=LONG_AGO))

    def test_a_public_holiday(self, house: House) -> None:
        meeting = house.meeting(starts_at=datetime(2027, 4, 30, 9, tzinfo=MONDAY.tzinfo))

        [point] = house.points(self.TITLE, now=datetime(2027, 4, 1, 9, tzinfo=MONDAY.tzinfo))

        assert point.says == "closed that day: Good Friday"
        assert point.href == f"/meetings/{meeting.ref}/planning"

    def test_a_day_on_which_the_centre_is_closed(self, house: House) -> None:
        self.closed(house.centre)
        house.meeting()

        [point] = house.points(self.TITLE)

        assert point.says == "closed that day: Floors are painted"

    def test_not_where_another_centre_is_closed_or_only_schools_are(self, house: House) -> None:
        self.closed(make.centre())
        self.closed(house.centre, kind=DayKind.SCHOOL_HOLIDAY)
        house.meeting()

        assert house.points(self.TITLE) == []


class TestParticipantsElsewhere:
    TITLE = "Participants expected elsewhere"

    def elsewhere(self, house: House, other: Meeting) -> Meeting:
        """A session at whose time one of its learners is expected at *other*."""
        meeting = house.meeting(starts_at=MONDAY + timedelta(days=1))
        learner = house.learner(meeting, other)
        [place] = db.session.query(Booking).filter_by(person_id=learner.id, meeting_id=meeting.id)
        place.held, place.starts_at, place.ends_at = False, other.starts_at, other.ends_at
        meeting.starts_at, meeting.ends_at = other.starts_at, other.ends_at
        return meeting

    def test_a_number_and_the_session(self, house: House) -> None:
        meeting = self.elsewhere(house, house.meeting(activity=make.activity()))

        [point] = house.points(self.TITLE)

        assert point.says == "1 participant with a place is expected elsewhere then"
        assert point.when is meeting

    def test_of_a_protected_meeting_of_others_nothing_is_told(self, house: House) -> None:
        self.elsewhere(house, house.meeting(activity=make.womens_group(centre=house.centre)))

        assert house.points(self.TITLE) == []

    def test_of_a_protected_meeting_of_ones_own_it_is(self, house: House) -> None:
        mine = make.womens_group(centre=house.centre, coordinator=house.boss)
        self.elsewhere(house, house.meeting(activity=mine))

        assert len(house.points(self.TITLE)) == 1


class TestSmallGroups:
    TITLE = "Groups that are too small"

    def group(self, house: House, learners: int, **given: object) -> Activity:
        activity = make.activity(
            "Small", centre=house.centre, coordinator=house.boss, minimum=3, **given
        )
        for _number in range(learners):
            db.session.add(Enrolment(activity=activity, person=house.learner(), joined_at=LONG_AGO))
        return activity

    def test_below_its_minimum_and_about_to_begin(self, house: House) -> None:
        activity = self.group(house, 2)
        house.meeting(activity=activity)

        [point] = house.points(self.TITLE)

        assert point.says == "2 of at least 3, begins on 1 March"
        assert point.href == f"/activities/{activity.ref}/course"

    def test_below_its_minimum_and_going_on(self, house: House) -> None:
        activity = self.group(house, 0)
        house.meeting(activity=activity, starts_at=BEFORE - timedelta(days=1))
        house.meeting(activity=activity)

        [point] = house.points(self.TITLE)

        assert point.says == "0 of at least 3, has begun"

    def test_whoever_left_does_not_count(self, house: House) -> None:
        activity = self.group(house, 3)
        house.meeting(activity=activity)
        assert house.points(self.TITLE) == []
        db.session.query(Enrolment).first().left_at = BEFORE  # type: ignore[union-attr]

        assert len(house.points(self.TITLE)) == 1

    @pytest.mark.parametrize(("days", "seen"), [(21, False), (20, True)])
    def test_three_weeks_ahead(self, house: House, days: int, seen: bool) -> None:
        house.meeting(activity=self.group(house, 1), starts_at=BEFORE + timedelta(days=days))

        assert bool(house.points(self.TITLE)) is seen

    def test_not_what_is_over_cancelled_or_a_draft(self, house: House) -> None:
        house.meeting(activity=self.group(house, 0), starts_at=BEFORE - timedelta(days=1))
        house.meeting(activity=self.group(house, 0), status=Status.CANCELLED)
        house.meeting(activity=self.group(house, 0, published_at=None))

        assert house.points(self.TITLE) == []


@pytest.mark.parametrize(
    ("until", "seen"),
    [
        (None, False),
        (date(2027, 2, 18), False),
        (date(2027, 2, 19), True),
        (date(2027, 3, 21), True),
        (date(2027, 3, 22), False),
    ],
)
def test_certificates_that_end_within_a_month(house: House, until: date | None, seen: bool) -> None:
    helper = make.mediator(house.centre, check_valid_until=until)
    make.mediator(make.centre(), check_valid_until=until)
    make.mediator(house.centre, check_valid_until=until, is_active=False)

    found = house.points("Integrity certificates")

    assert [(one.about, one.href) for one in found] == (
        [(helper.name, f"/people/{helper.ref}/papers")] if seen else []
    )


class TestContracts:
    TITLE = "Contracts"

    @pytest.mark.parametrize(
        ("until", "seen"),
        [
            (date(2027, 2, 18), False),
            (date(2027, 2, 19), True),
            (date(2027, 3, 21), True),
            (date(2027, 3, 22), False),
            (None, False),
        ],
    )
    def test_that_end_within_a_month(self, house: House, until: date | None, seen: bool) -> None:
        helper = make.mediator(house.centre)
        helper.contracts[0].valid_until = until
        make.contract(helper, make.centre(), valid_until=date(2027, 3, 1))

        found = house.points(self.TITLE)

        assert [(one.about, one.href) for one in found] == (
            [(helper.name, f"/people/{helper.ref}/papers")] if seen else []
        )

    def test_that_another_follows_are_no_matter(self, house: House) -> None:
        helper = make.mediator(house.centre)
        helper.contracts[0].valid_until = date(2027, 3, 1)
        make.contract(helper, house.centre, valid_from=date(2027, 3, 2))

        assert house.points(self.TITLE) == []

    def test_what_they_are_expected_at_afterwards_is_named(self, house: House) -> None:
        helper = make.mediator(house.centre, check_valid_until=date(2027, 3, 2))
        for days in (0, 2, 9, 16):
            need = make.need(meeting=house.meeting(starts_at=MONDAY + timedelta(days=days)))
            need.check_required = days == 16
            make.assignment(need=need, person=helper, state=State.CONFIRMED)
        helper.contracts[0].valid_until = MONDAY.date()

        says = {
            group.title: [point.says for point in group.points]
            for group in house.attention().groups
        }

        assert says["Contracts"] == [
            "the contract ends on 1 March 2027; "
            "expected after it: \u2068Language café\u2069, 3 March and 2 more"
        ]
        assert says["Integrity certificates"] == [
            "the integrity certificate ends on 2 March 2027; "
            "expected after it: \u2068Language café\u2069, 17 March"
        ]


def test_who_would_like_to_help_the_longest_first(house: House) -> None:
    for name, days, stage in (
        ("Late", 1, Stage.APPLIED),
        ("Early", 9, Stage.INTERVIEW),
        ("Done", 20, Stage.ACTIVE),
        ("Gone", 20, Stage.LEFT),
    ):
        someone = make.person(name=name)
        since = BEFORE - timedelta(days=days)
        someone.memberships.append(
            Membership(centre=house.centre, role=Role.VOLUNTEER, stage=stage, since=since)
        )

    found = house.points("Who would like to help")

    assert [(one.about, one.says) for one in found] == [
        ("Early", "Volunteer, invited to a talk"),
        ("Late", "Volunteer, applied"),
    ]


class TestChildcare:
    TITLE = "Childcare"

    def beside(self, house: House, **given: object) -> Activity:
        mine = {"coordinator": house.boss} | given
        return make.activity(
            "Play", centre=house.centre, kind=Kind.CHILDCARE, beside=house.course, **mine
        )

    def test_a_session_without_the_childcare_that_it_should_have(self, house: House) -> None:
        self.beside(house)
        host = house.meeting()

        [point] = house.points(self.TITLE)

        assert point.says == "there is no childcare for this session"
        assert (point.when, point.href) == (host, f"/activities/{house.course.ref}/childcare")

    def test_its_childcare_was_cancelled(self, house: House) -> None:
        childcare, host = self.beside(house), house.meeting()
        play = make.meeting(activity=childcare, beside=host, status=Status.CANCELLED)

        [point] = house.points(self.TITLE)

        assert point.says == "its childcare is cancelled"
        assert (point.when, point.href) == (host, f"/meetings/{play.ref}/planning")

    def test_not_where_it_takes_place_or_the_session_does_not(self, house: House) -> None:
        childcare, host = self.beside(house), house.meeting()
        make.meeting(activity=childcare, beside=host)
        off = house.meeting(status=Status.CANCELLED, starts_at=MONDAY + timedelta(days=1))
        make.meeting(activity=childcare, beside=off, status=Status.CANCELLED)

        assert house.points(self.TITLE) == []

    def test_not_where_one_may_not_know_of_the_childcare(self, house: House) -> None:
        self.beside(house, coordinator=make.coordinator(house.centre))
        house.meeting()

        assert house.points(self.TITLE) == []


class TestRooms:
    TITLE = "Rooms"

    def test_a_room_smaller_than_the_group_is_told_once(self, house: House) -> None:
        room = make.room(centre=house.centre, name="Sala mică", capacity=10)
        house.course.capacity = 12
        first = house.meeting(room=room)
        for week in (1, 2):
            house.meeting(room=room, starts_at=MONDAY + timedelta(weeks=week))

        [point] = house.points(self.TITLE)

        assert point.says == "Sala mică holds 10, the group has 12 places (2 later sessions too)"
        assert (point.when, point.href) == (first, f"/meetings/{first.ref}/planning")

    def test_a_room_that_was_taken_out_of_use(self, house: House) -> None:
        house.meeting(room=make.room(centre=house.centre, name="Pod", in_use=False))

        [point] = house.points(self.TITLE)

        assert point.says == "Pod is out of use"

    def test_not_where_everybody_fits_in(self, house: House) -> None:
        house.course.capacity = 10
        house.meeting(room=make.room(centre=house.centre, capacity=10))

        assert house.points(self.TITLE) == []


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({}, True),
        ({"first_day": date(2027, 3, 12)}, True),
        ({"first_day": date(2027, 3, 13)}, False),
        ({"first_day": date(2027, 2, 1)}, True),
        ({"first_day": date(2027, 1, 1), "last_day": date(2027, 2, 1)}, False),
        ({"published_at": LONG_AGO}, False),
    ],
)
def test_terms_that_begin_soon_and_are_not_published(
    house: House, given: dict[str, object], seen: bool
) -> None:
    term = {"first_day": date(2027, 3, 1), "last_day": date(2027, 6, 1)} | given
    db.session.add(Term(centre=house.centre, name="Spring", **term))
    db.session.add(Term(centre=make.centre(), name="Of others", **term))

    found = house.points("Not published yet")

    assert [one.about for one in found] == (["Spring"] if seen else [])


def test_calls_that_are_owed(house: House) -> None:
    learner = house.learner()
    post(learner, Letter.REMINDER, "k", now=BEFORE, about={})
    [notice] = db.session.query(Notice)
    notice.state, notice.failed_at = TO_CALL[0], BEFORE

    [point] = house.points("Please telephone")

    assert point.says == "1 message could not be delivered"
    assert point.href == "/call-list"


def test_beyond_five_they_fold_away_and_names_stay_apart(app: Flask, house: House) -> None:
    for day in range(7):
        make.need(meeting=house.meeting(starts_at=MONDAY - timedelta(days=day)))

    text = render_template_string(PANEL, attention=house.attention())

    assert text.count("<li>") == 7
    assert text[text.index("<details>") :].count("<li>") == 2
    assert "2 more" in text
    assert "<bdi>Language café</bdi>" in text


def troubled(house: House, activity: Activity, *, room_for: int = 1) -> None:
    """Everything that can need somebody, about *activity*."""
    room = make.room(centre=house.centre, capacity=room_for)
    activity.capacity, activity.minimum = 9, 9
    meeting = make.meeting(activity=activity, room=room)
    make.need(meeting=meeting, wanted=2)
    doubt = make.need(meeting=meeting, language="ar")
    helper = make.mediator(house.centre, {"uk": Level.C1})
    make.assignment(need=doubt, person=helper, state=State.CONFIRMED)
    shut = make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=1), room=room)
    own = make.activity(
        "Play", centre=house.centre, kind=Kind.CHILDCARE, coordinator=activity.coordinator
    )
    own.beside = activity
    off = make.meeting(activity=own, beside=shut, status=Status.CANCELLED)
    make.need(meeting=off)


def test_a_protected_activity_of_somebody_else_changes_nothing(house: House) -> None:
    make.need(meeting=house.meeting())
    first = house.meeting(starts_at=MONDAY + timedelta(days=3))
    learner = house.learner(first)
    before = render_template_string(PANEL, attention=house.attention())

    group = make.womens_group(centre=house.centre)
    troubled(house, group)
    db.session.add(Enrolment(activity=group, person=house.learner(), joined_at=LONG_AGO))
    book(learner, make.meeting(activity=group), Part.LEARNER)
    stricter = make.meeting(
        activity=house.course, privacy=Privacy.PROTECTED, starts_at=MONDAY + timedelta(days=4)
    )
    make.need(meeting=stricter)
    house.course.coordinator = group.coordinator  # house.boss plans it as anybody else does
    db.session.flush()

    assert render_template_string(PANEL, attention=house.attention()) == before


def test_whoever_is_entrusted_reads_all_of_it(house: House) -> None:
    group = make.womens_group(centre=house.centre, coordinator=house.boss)
    troubled(house, group)

    titles = [one.title for one in house.attention().groups]

    assert titles == [
        "Somebody is missing",
        "No longer fits",
        "Childcare",
        "Rooms",
        "Groups that are too small",
    ]


def test_thirty_sessions_ask_as_often_as_three(house: House) -> None:
    counts = []
    for more in (3, 27):
        for _number in range(more):
            activity = make.activity(centre=house.centre, coordinator=house.boss)
            troubled(house, activity)
        db.session.flush()
        db.session.expire_all()
        house.boss.memberships  # noqa: B018 (a page has loaded who asks)
        house.centre.code  # noqa: B018
        counts.append(len(statements(house.attention)))

    assert counts[0] == counts[1]
    assert counts[0] <= 33
