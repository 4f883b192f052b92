"""What those who help say of their time, and what becomes of places they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.staffing import when_free
from app.staffing.availability import Answer, Weekly
from app.staffing.models import State
from app.staffing.queries import availability_of
from app.staffing.when_free import TooManyTimes, WrongTime, expected_against
from app.staffing.windows import DatedWindow, WeeklyWindow
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
EVENING = Weekly(0, time(17), time(22), Answer.YES)
DAY = timedelta(days=1)


def weekly(person: Person) -> list[tuple[int, time, time, Answer]]:
    rows = db.session.scalars(when_free.windows_of(person))
    return [(one.weekday, one.starts, one.ends, one.answer) for one in rows]


def dated(person: Person) -> list[tuple[datetime, datetime, Answer]]:
    rows = db.session.scalars(when_free.dated_of(person, now=BEFORE))
    return [(one.starts_at, one.ends_at, one.answer) for one in rows]


def said(person: Person, starts_at: datetime, ends_at: datetime) -> Answer | None:
    return availability_of([person], starts_at, ends_at)[person.id].answer(starts_at, ends_at)


class TestTheWeek:
    def test_what_is_said_takes_the_place_of_what_was(self) -> None:
        amina = make.person()
        when_free.set_week(amina, [EVENING])
        when_free.set_week(amina, [Weekly(2, time(8), time(12), Answer.IF_NEED_BE)])

        assert weekly(amina) == [(2, time(8), time(12), Answer.IF_NEED_BE)]

    def test_no_at_all_times_is_not_the_same_as_nothing_said(self) -> None:
        amina = make.person()
        assert said(amina, MONDAY, MONDAY + DAY / 24) is None

        when_free.set_week(amina, [Weekly(0, time(8), time(12), Answer.NO)])

        assert said(amina, MONDAY, MONDAY + DAY / 24) is Answer.NO
        assert said(amina, MONDAY + 2 * DAY, MONDAY + 2 * DAY + DAY / 24) is Answer.NO
        when_free.forget_week(amina)
        assert said(amina, MONDAY, MONDAY + DAY / 24) is None

    def test_a_week_has_an_end(self) -> None:
        amina = make.person()
        many = [Weekly(0, time(n // 60, n % 60), time(23, 59), Answer.YES) for n in range(70)]
        with pytest.raises(TooManyTimes):
            when_free.set_week(amina, many)

    def test_cells_are_shown_as_cells_and_anything_else_as_exact_times(self) -> None:
        cells = [WeeklyWindow(weekday=0, starts=time(17), ends=time(22), answer=Answer.YES)]
        exact = WeeklyWindow(weekday=0, starts=time(18), ends=time(20), answer=Answer.YES)

        assert when_free.in_cells(cells) == {(0, "evening"): Answer.YES}
        assert when_free.in_cells([*cells, exact]) is None
        assert when_free.in_cells([]) == {}


class TestOtherDays:
    def test_days_away_run_from_midnight_to_midnight_where_the_person_is(self) -> None:
        amina = make.person(zone="Europe/Bucharest")
        starts_at, ends_at = when_free.whole_days(date(2027, 3, 27), date(2027, 3, 28), amina.tz)
        when_free.say(amina, starts_at, ends_at, Answer.NO, now=BEFORE)

        assert dated(amina) == [
            (
                datetime(2027, 3, 26, 22, tzinfo=UTC),
                datetime(2027, 3, 28, 21, tzinfo=UTC),  # summer time began that night
                Answer.NO,
            )
        ]

    def test_the_same_twice_is_harmless_and_what_is_over_is_forgotten(self) -> None:
        amina = make.person()
        first = when_free.say(amina, MONDAY, MONDAY + DAY, Answer.NO, now=BEFORE)

        assert when_free.say(amina, MONDAY, MONDAY + DAY, Answer.NO, now=BEFORE) is first

        later = MONDAY + 5 * DAY
        when_free.say(amina, later, later + DAY, Answer.NO, now=later)
        kept = db.session.scalars(select(DatedWindow.starts_at)).all()
        assert kept == [later]

    @pytest.mark.parametrize(
        ("starts_at", "ends_at"),
        [
            (MONDAY - 30 * DAY, MONDAY - 29 * DAY),
            (MONDAY, MONDAY),
            (MONDAY, MONDAY - DAY),
            (MONDAY, MONDAY + 400 * DAY),
        ],
    )
    def test_a_wrong_time_is_refused(self, starts_at: datetime, ends_at: datetime) -> None:
        with pytest.raises(WrongTime):
            when_free.say(make.person(), starts_at, ends_at, Answer.NO, now=BEFORE)

    def test_a_new_file_takes_the_place_of_the_old_one_and_of_nothing_else(self) -> None:
        amina, other = make.person(), make.person()
        when_free.say(amina, MONDAY, MONDAY + DAY, Answer.YES, now=BEFORE)
        old = when_free.replace_busy(amina, [(MONDAY, MONDAY + DAY)], now=BEFORE)
        when_free.replace_busy(other, [(MONDAY, MONDAY + DAY)], now=BEFORE)

        new = when_free.replace_busy(amina, [(MONDAY + DAY, MONDAY + 2 * DAY)], now=BEFORE)

        assert dated(amina) == [
            (MONDAY, MONDAY + DAY, Answer.YES),
            (MONDAY + DAY, MONDAY + 2 * DAY, Answer.NO),
        ]
        assert when_free.remove_batch(amina, old) == 0
        assert when_free.remove_batch(other, new) == 0
        assert when_free.remove_batch(amina, new) == 1
        assert len(dated(other)) == 1

    def test_free_after_all_leaves_the_rest_of_the_absence_said(self) -> None:
        amina = make.person()
        away = (MONDAY - DAY, MONDAY + DAY)
        when_free.say(amina, *away, Answer.NO, now=BEFORE)

        when_free.free_after_all(amina, MONDAY, MONDAY + DAY / 12, now=BEFORE)

        assert said(amina, MONDAY, MONDAY + DAY / 12) is Answer.YES
        assert said(amina, MONDAY - DAY, MONDAY) is Answer.NO
        assert said(amina, MONDAY + DAY / 12, MONDAY + DAY) is Answer.NO
        assert said(amina, MONDAY - DAY, MONDAY + DAY / 12) is Answer.NO


class TestExpectedAgainst:
    def test_places_at_times_that_are_now_no_are_told_and_kept(self) -> None:
        here = make.centre()
        amina = make.mediator(here)
        mine = make.assignment(
            need=make.need(meeting=make.meeting(activity=make.activity(centre=here))),
            person=amina,
            state=State.CONFIRMED,
        )
        assert expected_against(amina, now=BEFORE) == []

        when_free.say(amina, MONDAY - DAY, MONDAY + DAY, Answer.NO, now=BEFORE)

        assert expected_against(amina, now=BEFORE) == [mine]
        assert mine.state is State.CONFIRMED
        assert expected_against(amina, now=MONDAY + DAY) == []


class TestPages:
    def test_the_week_is_saved_and_shown_again(self, browser: Browser) -> None:
        amina = make.mediator(make.centre())
        browser.sign_in(amina)

        browser.post("/profile/free", data={"day0-evening": "yes", "day1-morning": "if_need_be"})

        assert weekly(amina) == [
            (0, time(17), time(22), Answer.YES),
            (1, time(8), time(12), Answer.IF_NEED_BE),
        ]
        page = browser.get("/en/profile/free").text
        assert 'id="day0-evening-yes" value="yes" checked' in page
        assert 'id="day2-evening-no" value="no" checked' in page

    def test_a_week_without_any_answer_says_nothing(self, browser: Browser) -> None:
        amina = make.mediator(make.centre())
        browser.sign_in(amina)

        assert "checked" not in browser.get("/en/profile/free").text
        assert browser.post("/profile/free").status_code == 303
        assert weekly(amina) == []
        browser.post("/profile/free", data={"day0-evening": "no"})
        assert {one[3] for one in weekly(amina)} == {Answer.NO}

    def test_exact_times_are_added_and_removed(self, browser: Browser) -> None:
        amina = make.mediator(make.centre())
        browser.sign_in(amina)
        time_given = {"weekday": "3", "starts": "18:30", "ends": "20:00", "answer": "yes"}

        assert browser.post("/profile/free/times", data=time_given).status_code == 303
        wrong = time_given | {"ends": "18:00"}
        assert browser.post("/profile/free/times", data=wrong).status_code == 422
        assert weekly(amina) == [(3, time(18, 30), time(20), Answer.YES)]
        assert "You gave exact times" in browser.get("/en/profile/free").text

        browser.post("/profile/free/times/removal", data={"window": "3-18:30-20:00-yes"})
        assert weekly(amina) == []

    def test_being_away_says_at_once_where_one_is_expected(self, browser: Browser) -> None:
        here = make.centre()
        amina = make.mediator(here)
        soon = datetime.now(UTC).replace(microsecond=0) + 3 * DAY
        group = make.womens_group(centre=here)
        make.assignment(
            need=make.need(meeting=make.meeting(activity=group, starts_at=soon)),
            person=amina,
            state=State.CONFIRMED,
        )
        browser.sign_in(amina)
        day = soon.astimezone(amina.tz).date()
        typed = {"first_day": str(day), "last_day": str(day + DAY)}

        answer = browser.post("/en/profile/free/away", data=typed)

        assert answer.location == "/en/profile/free"
        page = browser.get("/en/profile/free").text
        assert "But you are expected at 1 session then" in page
        assert "You are still expected there." in page
        assert "Quiet circle" not in page  # what it is stays behind the password

    def test_away_in_the_past_or_backwards_is_refused(self, browser: Browser) -> None:
        browser.sign_in(make.mediator(make.centre()))
        today = datetime.now(UTC).date()

        for first, last in ((today - 9 * DAY, ""), (today + 9 * DAY, today + 2 * DAY)):
            typed = {"first_day": str(first), "last_day": str(last)}
            assert browser.post("/profile/free/away", data=typed).status_code == 422

    def test_nobody_removes_what_another_said(self, browser: Browser) -> None:
        other = make.mediator(make.centre())
        soon = datetime.now(UTC) + DAY
        window = when_free.say(other, soon, soon + DAY, Answer.NO, now=datetime.now(UTC))
        batch = when_free.replace_busy(other, [(soon, soon + DAY)], now=datetime.now(UTC))
        db.session.commit()
        browser.sign_in(make.mediator(make.centre()))

        assert browser.post(f"/profile/free/days/{window.ref}/removal").status_code == 404
        assert browser.post(f"/profile/free/files/{batch}/removal").status_code == 404
        browser.sign_in(other)
        assert browser.post(f"/profile/free/days/{window.ref}/removal").status_code == 303
        assert browser.post(f"/profile/free/files/{batch}/removal").status_code == 303
