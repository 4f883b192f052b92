"""Members of a course: hours, placement, the size of the group, warnings, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.attendance.certifying import (
    NoPaperForProtected,
    NothingAttended,
    issue_paper,
    plain_hours,
)
from app.attendance.counting import Standing
from app.attendance.courses import (
    BadDates,
    GroupIsLarge,
    HasNotLeft,
    LevelFits,
    NoPercent,
    NoSuchLevel,
    ReasonMissing,
    keep_in_group,
    place,
    set_dates,
    set_threshold,
    start_anyway,
)
from app.attendance.levels import Fit
from app.attendance.marks import Mark, Tap
from app.attendance.models import (
    CourseRule,
    LevelOverride,
    Placement,
    StartOverride,
)
from app.attendance.operations import take_taps
from app.attendance.standings import Member, guests_of, members_of, worries
from app.certificates.models import Certificate
from app.certificates.operations import Altered, checked
from app.certificates.paper import can_make_pdf
from app.database import new_ref
from app.extensions import db
from app.i18n import in_language
from app.people.models import Person
from app.planning.attention import attention_for
from app.programme.kinds import Privacy
from app.signups.models import Enrolment
from app.signups.queries import enrolment_of
from tests import make
from tests.attendance.conftest import DAY, HOUR, House
from tests.conftest import Browser
from tests.make import MONDAY
from tests.statements import statements

P, A, E = Mark.PRESENT, Mark.ABSENT, Mark.EXCUSED
WEEK = 7 * DAY


def mark(house: House, person: Person, *marks: Mark | None) -> None:
    """What was said of *person*, session by session."""
    for meeting, said in zip(house.meetings, marks, strict=False):
        if said is not None:
            tap = Tap(new_ref(), meeting.starts_at, said)
            refused = take_taps(meeting, [(person, tap)], by=house.boss, now=meeting.ends_at)
            assert refused == {}


def enrolled(house: House, person: Person) -> Enrolment:
    held = enrolment_of(house.course, person)
    assert held is not None
    return held


def member(house: House, person: Person, now: Any = None) -> Member:
    found = members_of(house.course, now=now or MONDAY + 2 * WEEK)
    return next(one for one in found if one.person.id == person.id)


def test_hours_since_they_joined(house: House) -> None:
    enrolled(house, house.omar).joined_at = MONDAY + DAY
    mark(house, house.layla, P, A)
    mark(house, house.omar, P, P)  # came once before joining

    layla, omar = (member(house, one).tally for one in (house.layla, house.omar))
    assert (layla.attended, layla.offered, layla.to_come) == (120, 240, 240)
    assert (omar.attended, omar.offered, omar.to_come) == (120, 120, 240)
    assert layla.standing is Standing.LAST_CHANCE


def test_who_left_stays_on_the_page_with_their_hours(house: House) -> None:
    mark(house, house.layla, P, P)
    enrolled(house, house.layla).left_at = MONDAY + 8 * DAY

    found = member(house, house.layla)
    assert found.has_left
    assert (found.tally.attended, found.tally.open) == (240, 0)


def test_the_days_on_which_somebody_belonged_can_be_put_right(house: House) -> None:
    held, now = enrolled(house, house.layla), MONDAY + 2 * WEEK
    day = MONDAY.date()

    set_dates(held, day, None, now=now)
    assert member(house, house.layla).tally.counted == 4 * 120
    set_dates(held, day + timedelta(days=1), None, now=now)
    assert member(house, house.layla).tally.counted == 3 * 120
    with pytest.raises(HasNotLeft):
        set_dates(held, day, day, now=now)
    held.left_at = now
    set_dates(held, day, day, now=now)
    assert member(house, house.layla).tally.counted == 120
    with pytest.raises(BadDates):
        set_dates(held, day + timedelta(days=3), day, now=now)
    with pytest.raises(BadDates):
        set_dates(held, now.date() + timedelta(days=1), None, now=now)


def test_a_placement_is_known_or_not_and_leaves_its_trace(house: House) -> None:
    house.course.level = "A2.1"
    assert member(house, house.layla).fit is Fit.UNKNOWN
    for level in ("A1", "A1", None, "A2.1"):
        place(house.layla, level, by=house.boss, now=MONDAY)
    with pytest.raises(NoSuchLevel):
        place(house.layla, "C9", by=house.boss, now=MONDAY)

    assert member(house, house.layla).fit is Fit.FITS
    found = select(Placement).where(Placement.person_id == house.layla.id).order_by(Placement.id)
    rows = db.session.scalars(found).all()
    assert [(one.level, one.by) for one in rows] == [
        ("A1", house.boss),
        (None, house.boss),
        ("A2.1", house.boss),
    ]


def test_the_level_is_advice_and_whoever_passes_it_says_why(house: House) -> None:
    house.course.level = "A2.1"
    place(house.layla, "A1", by=house.boss, now=MONDAY)
    assert member(house, house.layla).is_misplaced
    with pytest.raises(ReasonMissing):
        keep_in_group(house.course, house.layla, " ", by=house.boss, now=MONDAY)

    keep_in_group(house.course, house.layla, "her sister is here", by=house.boss, now=MONDAY)

    found = member(house, house.layla)
    assert not found.is_misplaced
    assert found.override is not None
    assert (found.override.placed, found.override.level) == ("A1", "A2.1")
    place(house.layla, "pre-A1", by=house.boss, now=MONDAY)
    assert member(house, house.layla).is_misplaced  # it was about another level
    for who in (house.omar, house.mina):
        with pytest.raises(LevelFits):
            keep_in_group(house.course, who, "why", by=house.boss, now=MONDAY)


def test_a_small_group_begins_with_a_reason(house: House) -> None:
    house.course.minimum, house.course.capacity = 4, 8
    db.session.commit()
    now = MONDAY - DAY
    with pytest.raises(ReasonMissing):
        start_anyway(house.course, "", by=house.boss, now=now)
    start_anyway(house.course, "one more comes next week", by=house.boss, now=now)

    row = db.session.scalars(select(StartOverride)).one()
    assert (row.number, row.minimum, row.by) == (3, 4, house.boss)
    house.course.minimum = 3
    with pytest.raises(GroupIsLarge):
        start_anyway(house.course, "why", by=house.boss, now=now)


@pytest.mark.parametrize("percent", [0, 101, None])
def test_a_threshold_is_a_percentage(house: House, percent: int | None) -> None:
    with pytest.raises(NoPercent):
        set_threshold(house.course, percent)


def test_the_database_knows_too(house: House) -> None:
    rows: list[Any] = [
        CourseRule(activity_id=house.course.id, threshold=0),
        StartOverride(activity=house.course, number=4, minimum=4, reason="x", at=MONDAY),
        StartOverride(activity=house.course, number=1, minimum=4, reason="", at=MONDAY),
        LevelOverride(
            activity_id=house.course.id,
            person=house.layla,
            placed="A1",
            level="B1",
            reason="",
            at=MONDAY,
        ),
    ]
    for row in rows:
        with pytest.raises(IntegrityError):
            written(row)


def written(row: Any) -> None:
    with db.session.begin_nested():
        db.session.add(row)


def test_coordinators_are_warned_early(house: House) -> None:
    now = MONDAY + WEEK + DAY
    mark(house, house.layla, A, A)
    mark(house, house.omar, A, P)
    mark(house, house.mina, P, P)

    worry = worries(house.boss, house.centre, now=now)

    assert [(one.activity, one.lost, one.nearly) for one in worry] == [(house.course, 1, 1)]
    set_threshold(house.course, 25)
    assert worries(house.boss, house.centre, now=now) == []
    assert worries(make.coordinator(make.centre()), house.centre, now=now) == []


def test_the_warning_asks_no_more_for_more_courses(house: House) -> None:
    now = MONDAY + WEEK + DAY
    mark(house, house.layla, A, A)
    few = len(statements(lambda: worries(house.boss, house.centre, now=now)))
    for _n in range(2):
        other = House.__new__(House)
        other.centre, other.boss = house.centre, house.boss
        other.course = make.activity(centre=house.centre, coordinator=house.boss)
        other.meetings = [other.meeting(n) for n in range(4)]
        mark(other, other.member("Somebody"), A, A)

    assert len(worries(house.boss, house.centre, now=now)) == 3
    assert len(statements(lambda: worries(house.boss, house.centre, now=now))) <= few


def test_guests_are_named_with_their_sessions(house: House) -> None:
    from app.attendance.walk_ins import walk_in

    guest = make.participant(house.centre)
    for meeting in house.meetings[:2]:
        walk_in(meeting, guest, once=new_ref(), by=house.boss, now=meeting.ends_at)

    assert guests_of(house.course) == [(guest, 2)]


def issue(house: House, person: Person, once: str = "once", now: Any = None) -> Certificate:
    held = enrolled(house, person)
    return issue_paper(held, once=once, by=house.boss, now=now or MONDAY + 4 * WEEK)


def test_a_certificate_where_the_hours_are_reached(house: House) -> None:
    mark(house, house.layla, P, P, P, A)

    paper = issue(house, house.layla)

    assert paper.sort == "attendance"
    facts = paper.facts
    assert facts["participant"] == "Layla Haddad"
    assert (facts["total_minutes"], facts["total_teaching"]) == (360, "8")
    assert sum(one["minutes"] for one in facts["report"]) == paper.minutes
    assert issue(house, house.layla).id == paper.id  # the same click
    assert member(house, house.layla).paper == paper


def test_a_confirmation_of_hours_otherwise(house: House) -> None:
    mark(house, house.omar, P, A, A, E)

    assert issue(house, house.omar).sort == "hours"
    with pytest.raises(NothingAttended):
        issue(house, house.mina, "other")


def test_what_was_issued_stays_whatever_is_corrected(house: House) -> None:
    mark(house, house.layla, P, P, P, P)
    paper = issue(house, house.layla)
    before = paper.content

    late = Tap(new_ref(), MONDAY + 4 * WEEK, A)
    take_taps(house.first, [(house.layla, late)], by=house.boss, now=MONDAY + 4 * WEEK)

    assert checked(paper).content == before
    paper.content = before.replace("Layla", "Laila")
    with pytest.raises(Altered):
        checked(paper)


@pytest.mark.parametrize("privacy", [Privacy.PROTECTED])
def test_of_a_protected_group_no_paper_is_made(house: House, privacy: Privacy) -> None:
    mark(house, house.layla, P, P, P, P)
    house.course.privacy = privacy

    with pytest.raises(NoPaperForProtected):
        issue(house, house.layla)


def test_nor_where_one_session_is_protected(house: House) -> None:
    mark(house, house.layla, P, P, P, P)
    house.first.privacy = Privacy.PROTECTED
    db.session.flush()

    with pytest.raises(NoPaperForProtected):
        issue(house, house.layla)


@pytest.mark.parametrize(
    ("minutes", "length", "written"),
    [(90, 45, "2"), (120, 45, "2,66"), (120, 50, "2,4"), (5, 60, "0,08"), (600, 60, "10")],
)
def test_teaching_hours_are_cut_never_rounded_up(minutes: int, length: int, written: str) -> None:
    assert plain_hours(minutes, length) == written


class TestPages:
    """What a coordinator and a member read."""

    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(MONDAY + WEEK + DAY, tick=False) as traveller:
            yield traveller

    def browse(self, app: Flask, person: Person) -> Browser:
        db.session.commit()
        return Browser(app).sign_in(person)

    def test_all_members_with_their_hours(self, app: Flask, house: House) -> None:
        mark(house, house.layla, P, A)
        mark(house, house.omar, A, A)
        house.course.minimum = 4
        browser = self.browse(app, house.boss)

        page = browser.get(f"/en/activities/{house.course.ref}/course").text

        assert "3 of 4: 1 more to start" in page
        assert "2.66 of 5.33" in page
        assert "certificate out of reach" in page
        assert (
            "3 of 4: 1 more to start"
            in browser.get(f"/en/activities/{house.course.ref}/needs").text
        )

    def test_everything_is_decided_on_the_pages(self, app: Flask, house: House) -> None:
        house.course.level, house.course.minimum = "A2.1", 4
        mark(house, house.layla, P, P)
        browser = self.browse(app, house.boss)
        course = f"/en/activities/{house.course.ref}/course"
        layla = f"{course}/members/{house.layla.ref}"

        assert browser.post(f"{course}/threshold", data={"threshold": "50"}).status_code == 303
        assert browser.post(f"{course}/threshold", data={"threshold": "0"}).status_code == 422
        browser.post(f"{course}/start", data={"reason": "because"})
        browser.post(f"{layla}/placement", data={"level": "A1"})
        assert "placed lower than this course" in browser.get(layla).text
        browser.post(f"{layla}/level", data={"reason": "her sister"})
        assert "her sister" in browser.get(layla).text
        browser.post(f"{layla}/dates", data={"joined_on": "2027-03-01"})
        wrong = browser.post(f"{layla}/dates", data={"joined_on": "2030-01-01"})
        assert wrong.status_code == 409
        paper = browser.post(f"{layla}/paper", data={"once": new_ref()})
        assert paper.status_code == 303
        shown = browser.get(paper.location).text
        assert "Certificat de participare" in shown
        assert "Layla Haddad" in shown

    def test_a_member_reads_their_own_hours_only(self, app: Flask, house: House) -> None:
        mark(house, house.layla, P, A)
        mark(house, house.omar, A, A)
        page = self.browse(app, house.layla).get(f"/en/activities/{house.course.ref}").text

        assert "You were there for 2.66 of 5.33 teaching hours." in page
        assert "If you miss the next session, there will not be enough." in page
        assert "Omar" not in page
        other = self.browse(app, house.omar).get(f"/en/activities/{house.course.ref}").text
        assert "There are not enough sessions left" in other
        outsider = make.participant(house.centre)
        strange = self.browse(app, outsider).get(f"/en/activities/{house.course.ref}").text
        assert "Your hours" not in strange

    def test_the_holder_and_the_coordinators_open_the_paper(self, app: Flask, house: House) -> None:
        mark(house, house.layla, P, P, P)
        ref = issue(house, house.layla).ref
        code = db.session.scalars(select(Certificate.code)).one()
        for person, status in (
            (house.layla, 200),
            (house.boss, 200),
            (house.omar, 404),
            (house.teacher, 404),
            (make.coordinator(make.centre()), 404),
        ):
            browser = self.browse(app, person)
            assert browser.get(f"/en/certificates/{ref}").status_code == status
        check = Browser(app).get(f"/en/certificate-check/{code}").text
        assert "L. H." in check
        assert "Haddad" not in check
        assert "Participant" in check

    @pytest.mark.skipif(not can_make_pdf(), reason="the system lacks what PDF needs")
    def test_the_paper_is_a_pdf_without_a_name_in_its_file(self, app: Flask, house: House) -> None:
        house.layla.name = "ليلى حداد"
        mark(house, house.layla, P, P, P)
        ref = issue(house, house.layla).ref
        answer = self.browse(app, house.layla).get(f"/en/certificates/{ref}.pdf")

        assert answer.data.startswith(b"%PDF-")
        assert "certificat-" in answer.headers["Content-Disposition"]

    def test_neither_teacher_nor_strangers_open_the_course(self, app: Flask, house: House) -> None:
        course = f"/en/activities/{house.course.ref}/course"
        for person in (house.teacher, house.layla, make.coordinator(make.centre())):
            browser = self.browse(app, person)
            for path in (
                course,
                f"{course}/members/{house.layla.ref}",
                f"/en/activities/{house.course.ref}/attendance/list",
                f"/en/meetings/{house.first.ref}/attendance/list",
            ):
                assert browser.get(path).status_code == 404, (person.name, path)

    def test_what_needs_you(self, app: Flask, house: House) -> None:
        house.course.minimum = 4
        mark(house, house.layla, A, A)
        db.session.commit()

        def points() -> list[str]:
            with app.test_request_context("/"), in_language("en"):
                found = attention_for(house.boss, house.centre, now=MONDAY + WEEK + DAY)
                return [point.says for group in found.groups for point in group.points]

        says = " | ".join(points())
        assert "3 of at least 4" in says
        assert "out of reach of the certificate: 1" in says
        assert "participants not yet marked" in says
        start_anyway(house.course, "because", by=house.boss, now=MONDAY)
        assert "3 of at least 4" not in " | ".join(points())
        enrolled(house, house.mina).left_at = MONDAY + WEEK
        db.session.flush()
        assert "2 of at least 4" in " | ".join(points())


class TestPaper:
    """The list that is signed."""

    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(MONDAY + HOUR, tick=False) as traveller:
            yield traveller

    def test_a_month_with_columns_and_empty_rows(self, app: Flask, house: House) -> None:
        house.layla.name = "ليلى حداد"
        enrolled(house, house.omar).joined_at = MONDAY + DAY
        make.book_learner(make.participant(house.centre, name="Visitor"), house.first)
        db.session.commit()
        browser = Browser(app).sign_in(house.boss)

        page = browser.get(f"/en/activities/{house.course.ref}/attendance/list").text

        assert "<bdi>ليلى حداد</bdi>" in page
        assert "<bdi>Visitor</bdi>" in page
        assert page.count("<tr>") == 1 + 4 + 5 + 1
        assert "Signature of the trainer" in page
        assert page.count("<td>–</td>") == 1  # Omar had not joined yet
        week = browser.get(f"/en/activities/{house.course.ref}/attendance/list?span=week").text
        assert week.count('<th scope="col">') == 2
        assert browser.get(f"/en/meetings/{house.first.ref}/attendance/list").status_code == 200
        assert (
            browser.get(
                f"/en/activities/{house.course.ref}/attendance/list?day=2020-01-01"
            ).text.count("<tr>")
            == 0
        )

    def test_more_dates_than_fit_go_on_another_sheet(self, app: Flask, house: House) -> None:
        for day in range(1, 7):
            make.meeting(activity=house.course, starts_at=MONDAY + day * DAY)
        db.session.commit()
        page = (
            Browser(app)
            .sign_in(house.boss)
            .get(f"/en/activities/{house.course.ref}/attendance/list")
        )
        assert page.text.count("<table") == 2

    def test_a_protected_group_is_not_named(
        self, app: Flask, house: House, clock: time_machine.Traveller
    ) -> None:
        room = make.room(centre=house.centre, name="Secret room")
        house.course.privacy = Privacy.PROTECTED
        for meeting in house.meetings:
            meeting.privacy, meeting.room = Privacy.PROTECTED, room
        db.session.commit()
        browser = Browser(app).sign_in(house.boss)
        path = f"/en/activities/{house.course.ref}/attendance/list"

        sheet = browser.get(path).text.split('<section class="sheet')[1]
        assert "Layla Haddad" in sheet
        assert "Café" not in sheet
        assert "Secret room" not in sheet
        assert house.centre.name not in sheet
        clock.shift(timedelta(minutes=16))
        assert browser.get(path).status_code == 303
        other = make.coordinator(house.centre)
        db.session.commit()
        assert Browser(app).sign_in(other).get(path).status_code == 404
