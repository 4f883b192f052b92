"""Who on hand could carry what is missing: the one check of eligibility, asked of next week."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from app.extensions import db
from app.listening.carrying import Hands, hands_for
from app.listening.gaps import Gap, Matter, PartOfDay
from app.people.models import Centre, Person
from app.people.terms import Gender, Level, Role, Stage
from app.programme.bookings import book
from app.programme.models import Part
from app.staffing.availability import Answer
from app.staffing.models import State
from app.staffing.windows import DatedWindow, WeeklyWindow
from tests import make
from tests.make import MONDAY
from tests.statements import statements

pytestmark = pytest.mark.usefixtures("app")
NOW = MONDAY - timedelta(days=5)
"""Wednesday: next week is that of `MONDAY`."""
NEPALI = {"ne": Level.NATIVE}


def hands(at: Centre, gap: Gap | None = None) -> Hands:
    wanted = gap or make.gap(at)
    return hands_for(at, [wanted], now=NOW)[wanted]


def free(person: Person, day: int, starts: time, ends: time) -> None:
    db.session.add(
        WeeklyWindow(person_id=person.id, weekday=day, starts=starts, ends=ends, answer=Answer.YES)
    )
    db.session.flush()


def test_who_speaks_it_and_said_nothing_of_their_time() -> None:
    here = make.centre()
    make.mediator(here, NEPALI)
    make.person([Role.VOLUNTEER], here, NEPALI)
    make.person([Role.MEDIATOR, Role.VOLUNTEER], here, NEPALI)
    make.mediator(here)  # Arabic
    make.mediator(here, {"ne": Level.A2})
    make.participant(here, speaks=NEPALI)
    make.mediator(make.centre(), NEPALI)

    assert hands(here) == Hands(mediators=2, volunteers=1)


def test_a_dialect_answers_and_another_does_not() -> None:
    here = make.centre()
    make.mediator(here, {"apc": Level.NATIVE})

    assert not hands(here, make.gap(here, language="ar")).none
    assert hands(here, make.gap(here, language="fa")).none


def test_pausing_without_a_contract_or_gone_is_not_on_hand() -> None:
    here = make.centre()
    pausing, without, gone = (make.mediator(here, NEPALI) for _person in range(3))
    pausing.memberships[0].stage = Stage.PAUSED
    without.contracts[0].valid_until = date(2021, 1, 1)
    gone.is_active = False
    db.session.flush()

    assert hands(here).none


@pytest.mark.parametrize(
    ("day", "starts", "ends", "part"),
    [
        (1, time(17), time(22), PartOfDay.EVENING),
        (3, time(8), time(12), PartOfDay.MORNING),
        (4, time(12), time(17), PartOfDay.AFTERNOON),
        (6, time(8), time(12), PartOfDay.WEEKEND),
    ],
)
def test_free_on_one_day_is_enough_and_only_at_that_part_of_it(
    day: int, starts: time, ends: time, part: PartOfDay
) -> None:
    here = make.centre()
    free(make.mediator(here, NEPALI), day, starts, ends)

    able = [one for one in PartOfDay if not hands(here, make.gap(here, part=one)).none]

    assert able == [part]


def test_away_all_week() -> None:
    here = make.centre()
    sunita = make.mediator(here, NEPALI)
    away = DatedWindow(
        person_id=sunita.id, starts_at=NOW, ends_at=NOW + timedelta(days=20), answer=Answer.NO
    )
    db.session.add(away)
    db.session.flush()

    assert hands(here).none


def test_at_the_limit_of_their_week() -> None:
    here = make.centre()
    sunita = make.mediator(here, NEPALI, hours_a_week=3)
    assert not hands(here).none

    make.assignment(
        need=make.need(meeting=make.meeting()), person=sunita, state=State.CONFIRMED
    )  # two hours on Monday

    assert hands(here).none


def test_expected_elsewhere_at_the_only_time() -> None:
    here = make.centre()
    sunita = make.mediator(here, NEPALI)
    free(sunita, 0, time(17), time(21))
    assert not hands(here).none

    starts_at = MONDAY + timedelta(hours=7)  # 18:00 in București
    book(sunita, make.meeting(starts_at=starts_at), Part.HELPER)

    assert hands(here).none


def test_a_womens_group_asks_for_women_with_a_check() -> None:
    here = make.centre()
    women = make.gap(here, Matter.WOMEN)
    checked = {"check_valid_until": date(2028, 1, 1)}
    make.mediator(here, NEPALI, gender=Gender.MAN, **checked)
    make.mediator(here, NEPALI, gender=Gender.WOMAN)
    assert hands(here, women).none

    make.mediator(here, NEPALI, gender=Gender.WOMAN, **checked)

    assert hands(here, women) == Hands(mediators=1)


def test_for_children_only_with_a_check() -> None:
    here = make.centre()
    children = make.gap(here, Matter.CHILDREN)
    make.mediator(here, NEPALI)
    assert hands(here, children).none
    make.mediator(here, NEPALI, check_valid_until=date(2028, 1, 1))
    assert not hands(here, children).none


def test_as_many_questions_for_many_people_and_gaps_as_for_few() -> None:
    here = make.centre()
    make.mediator(here, NEPALI, hours_a_week=4)
    gaps = [make.gap(here, language=tag) for tag in ("ne", "ar", "hi", "bn", "ur")]
    db.session.flush()
    db.session.expire_all()
    few = statements(lambda: hands_for(here, gaps[:1], now=NOW))
    for _person in range(5):
        make.mediator(here, {"ar": Level.NATIVE}, hours_a_week=4)
    db.session.flush()
    db.session.expire_all()

    assert len(statements(lambda: hands_for(here, gaps, now=NOW))) == len(few)
