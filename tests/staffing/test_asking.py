"""Asking ranked people in turn: first yes wins, silence and no lead to the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.people.terms import Level
from app.staffing.asking import AskingAlready, NobodyToAsk, ask_in_turn, go_on, stop_asking
from app.staffing.finding import ranked_candidates
from app.staffing.models import Asking, Assignment, Decision, Need, Progress, State
from app.staffing.operations import NeedFilled, NotYetOpen, accept_offer, decline_offer, take_place
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
HOUR = timedelta(hours=1)


class Line:
    """A need, and so many who fit, best first by the level at which they speak."""

    def __init__(self, people: int = 3, at_once: int = 1, **need: object) -> None:
        self.need = make.need(language="ar", **need)
        self.centre = self.need.meeting.activity.centre
        levels = list(reversed(Level))
        self.people = [make.mediator(self.centre, {"ar": levels[n]}) for n in range(people)]
        self.boss = self.need.meeting.activity.coordinator
        self.asking = ask_in_turn(
            self.need,
            ranked_candidates(self.need),
            by=self.boss,
            at_once=at_once,
            lasts=4 * HOUR,
            now=BEFORE,
        )

    def on(self, hours: float = 0) -> None:
        go_on(self.asking, now=BEFORE + hours * HOUR)

    def states(self) -> list[State | None]:
        """Where each stands, in the order of the line."""
        return [standing(self.need, person) for person in self.people]

    def offer(self, n: int) -> Assignment:
        return assignment(self.need, self.people[n])


def assignment(need: Need, person: Person) -> Assignment:
    return db.session.scalars(
        select(Assignment).where(Assignment.need_id == need.id, Assignment.person_id == person.id)
    ).one()


def standing(need: Need, person: Person) -> State | None:
    return db.session.scalars(
        select(Assignment.state).where(
            Assignment.need_id == need.id, Assignment.person_id == person.id
        )
    ).one_or_none()


def letters(kind: Letter) -> list[int]:
    rows = db.session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id))
    return [row.person_id for row in rows]


def test_the_best_is_asked_first_and_nobody_else() -> None:
    line = Line()

    line.on()

    assert line.states() == [State.OFFERED, None, None]
    assert letters(Letter.OFFER) == [line.people[0].id]


def test_looking_again_asks_nobody_twice() -> None:
    line = Line()

    for _n in range(3):
        line.on(1)

    assert line.states() == [State.OFFERED, None, None]


def test_a_no_leads_to_the_next_and_the_coordinator_is_not_disturbed() -> None:
    line = Line()
    line.on()

    decline_offer(line.offer(0), now=BEFORE + HOUR)
    line.on(1)

    assert line.states() == [State.DECLINED, State.OFFERED, None]
    assert letters(Letter.OFFER_ANSWERED) == []


def test_silence_lapses_and_leads_to_the_next() -> None:
    line = Line()
    line.on()

    line.on(3.9)
    assert line.states() == [State.OFFERED, None, None]
    line.on(4.1)

    assert line.states() == [State.LAPSED, State.OFFERED, None]


def test_whoever_is_asked_at_night_has_the_time_to_read_it() -> None:
    line = Line()
    night = BEFORE.replace(hour=22)

    go_on(line.asking, now=night)

    morning = (night + timedelta(days=1)).replace(hour=6)  # 08:00 in București
    assert line.offer(0).lapses_at == morning + 4 * HOUR


def test_several_at_once_and_the_first_yes_wins() -> None:
    line = Line(people=4, at_once=2)
    line.on()
    assert line.states() == [State.OFFERED, State.OFFERED, None, None]

    accept_offer(line.offer(1), now=BEFORE + HOUR)
    with pytest.raises(NeedFilled):
        accept_offer(line.offer(0), now=BEFORE + HOUR)
    line.on(1)

    assert line.states() == [State.LAPSED, State.CONFIRMED, None, None]
    assert line.asking.progress is Progress.FILLED


def test_a_place_taken_by_somebody_else_ends_it() -> None:
    line = Line()
    line.on()
    take_place(line.need, line.people[2], now=BEFORE + HOUR)

    line.on(1)

    assert line.states() == [State.LAPSED, None, State.CONFIRMED]
    assert line.asking.progress is Progress.FILLED


def test_when_nobody_is_left_the_coordinator_is_told_once() -> None:
    line = Line(people=2)
    line.on()
    decline_offer(line.offer(0), now=BEFORE)
    line.on()
    line.on(9)
    line.on(10)

    assert line.states() == [State.DECLINED, State.LAPSED]
    assert line.asking.progress is Progress.NOBODY_LEFT
    assert letters(Letter.NOBODY_LEFT) == [line.boss.id]


def test_whoever_no_longer_fits_when_their_turn_comes_is_passed_over_with_the_reason() -> None:
    line = Line()
    line.people[0].contracts.clear()
    db.session.flush()

    line.on()

    assert line.states() == [None, State.OFFERED, None]
    assert line.asking.line[0].outcome == "contract_missing"


def test_only_those_who_fit_are_in_the_line_and_the_others_are_counted() -> None:
    need = make.need(language="ar", level=Level.B2)
    here = need.meeting.activity.centre
    fits, too_low = make.mediator(here), make.mediator(here, {"ar": Level.A2})
    make.mediator(here, {"uk": Level.NATIVE})

    asking = ask_in_turn(need, ranked_candidates(need), by=None, at_once=1, lasts=HOUR, now=BEFORE)

    assert [one.person_id for one in asking.line] == [fits.id]
    assert too_low.id not in {one.person_id for one in asking.line}
    assert asking.passed_over == {"level_too_low": 1, "language_not_spoken": 1}
    assert asking.line[0].facts == {"level": "native", "recent": 0, "home": False, "said": None}


def test_nobody_to_ask_and_two_askings_are_refused() -> None:
    need = make.need(language="ti")
    with pytest.raises(NobodyToAsk):
        ask_in_turn(need, [], by=None, at_once=1, lasts=HOUR, now=BEFORE)
    line = Line()

    with pytest.raises(AskingAlready):
        ask_in_turn(
            line.need,
            ranked_candidates(line.need),
            by=None,
            at_once=1,
            lasts=HOUR,
            now=BEFORE,
        )


def test_in_a_draft_nobody_is_asked_in_turn_for_nobody_is_told_of_it() -> None:
    meeting = make.meeting(activity=make.activity(published_at=None))
    need = make.need(meeting=meeting, language="ar")
    make.mediator(meeting.activity.centre)

    with pytest.raises(NotYetOpen):
        ask_in_turn(need, ranked_candidates(need), by=None, at_once=1, lasts=HOUR, now=BEFORE)


def test_stopping_closes_the_offers_that_were_not_answered() -> None:
    line = Line()
    line.on()

    stop_asking(line.asking, by=line.boss, now=BEFORE)
    line.on(5)

    assert line.states() == [State.LAPSED, None, None]
    assert line.asking.progress is Progress.STOPPED


def test_it_stops_by_itself_when_the_session_begins() -> None:
    line = Line()
    line.on()

    go_on(line.asking, now=MONDAY)

    assert line.asking.progress is Progress.STOPPED
    assert line.states() == [State.LAPSED, None, None]


def test_every_step_is_in_the_trace() -> None:
    line = Line(people=2)
    line.on()
    line.on(5)
    accept_offer(line.offer(1), now=BEFORE + 5 * HOUR)

    steps = db.session.scalars(select(Decision).order_by(Decision.id)).all()
    told = [(one.assignment.person_id, one.state, one.by_id) for one in steps]
    first, second = (person.id for person in line.people)
    assert told == [
        (first, State.OFFERED, line.boss.id),
        (first, State.LAPSED, None),
        (second, State.OFFERED, line.boss.id),
        (second, State.CONFIRMED, second),
    ]


def test_an_asking_goes_with_its_need() -> None:
    line = Line()
    db.session.delete(line.need)
    db.session.flush()
    db.session.expire_all()

    assert db.session.scalars(select(Asking)).all() == []
