"""A meeting to which minors come, or that asks for a check, looks again at whoever is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind, Notice
from app.people.models import Person
from app.people.terms import Role
from app.programme.kinds import AgeBand
from app.programme.kinds import Kind as ActivityKind
from app.programme.models import Activity, Booking
from app.reminders.letters import compose
from app.signups.queries import places_taken
from app.staffing.eligibility import Rule
from app.staffing.models import Assignment, Decision, Need, State
from app.staffing.operations import NotEligible, accept_offer
from app.staffing.stricter import SomebodyWouldNotFit, change_facts
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

LONG = date(2027, 8, 1)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


class Picnic:
    """A cultural activity with two sessions; one helper has shown a certificate, one has not."""

    def __init__(self) -> None:
        self.here = make.centre()
        self.boss = make.coordinator(self.here)
        self.activity = make.activity(
            "Picnic",
            kind=ActivityKind.CULTURAL,
            centre=self.here,
            coordinator=self.boss,
            age=AgeBand.ADULTS,
        )
        self.seen = make.mediator(self.here, name="Seen Sara", check_valid_until=LONG)
        self.unseen = make.mediator(self.here, name="Unseen Ulla")
        self.places = [self.place(one, days) for days in (0, 7) for one in (self.seen, self.unseen)]
        db.session.commit()

    def place(self, who: Person, days: int, state: State = State.CONFIRMED) -> Assignment:
        meeting = make.meeting(activity=self.activity, starts_at=MONDAY + timedelta(days=days))
        return make.assignment(
            need=make.need(meeting=meeting), person=who, state=state, lapses_at=None
        )

    def change(self, age: AgeBand | None, *free: Assignment) -> tuple[bool, int]:
        return change_facts(
            self.activity,
            {"age": age},
            taken=partial(places_taken, now=BEFORE),
            by=self.boss,
            now=BEFORE,
            free=[one.ref for one in free],
        )


@pytest.fixture
def picnic(app: Flask) -> Picnic:
    return Picnic()


def states(places: list[Assignment]) -> list[State]:
    return [one.state for one in places]


class TestAgeBand:
    def test_refused_with_the_names_of_who_no_longer_fits(self, picnic: Picnic) -> None:
        with pytest.raises(SomebodyWouldNotFit) as refused:
            picnic.change(AgeBand.CHILDREN)

        found = refused.value.found
        assert [name for _ref, name, _meeting, _why in found] == ["Unseen Ulla"] * 2
        assert {why.rule for *_rest, reasons in found for why in reasons} == {Rule.CHECK_MISSING}

    def test_between_adults_nothing_is_asked(self, picnic: Picnic) -> None:
        assert picnic.change(None) == (True, 0)
        assert picnic.change(None) == (False, 0)

    def test_a_check_that_ends_before_is_none(self, picnic: Picnic) -> None:
        picnic.seen.checks[0].valid_until = MONDAY.date()
        db.session.commit()

        with pytest.raises(SomebodyWouldNotFit) as refused:
            picnic.change(AgeBand.CHILDREN, *picnic.places[:3])

        assert [one[0] for one in refused.value.found if one[1] == "Seen Sara"] == [
            picnic.places[2].ref
        ]

    def test_freed_in_a_second_step_told_and_kept_in_the_trace(self, picnic: Picnic) -> None:
        assert picnic.change(AgeBand.CHILDREN, *picnic.places) == (True, 2)

        kept, freed = picnic.places[::2], picnic.places[1::2]
        assert states(kept) == [State.CONFIRMED] * 2
        assert states(freed) == [State.WITHDRAWN] * 2
        expected = select(Booking.person_id).distinct()
        assert db.session.scalars(expected).all() == [picnic.seen.id]
        told = db.session.scalars(select(Notice).order_by(Notice.id)).all()
        assert [(one.person, one.kind) for one in told] == [(picnic.unseen, Kind.PLACE_ENDED)] * 2
        letter = compose(told[0], BEFORE)
        assert letter is not None
        assert "could not be kept" in letter.text
        traces = db.session.scalars(select(Decision)).all()
        assert [(one.assignment_id, one.by) for one in traces] == [
            (one.id, picnic.boss) for one in freed
        ]
        assert traces[0].why == {"rules": ["check_missing"]}

    def test_who_was_not_named_is_not_freed(self, picnic: Picnic) -> None:
        with pytest.raises(SomebodyWouldNotFit):
            picnic.change(AgeBand.CHILDREN, picnic.places[1])

        assert states(picnic.places) == [State.CONFIRMED] * 4

    def test_who_did_not_fit_before_stands_in_nobodys_way(self, picnic: Picnic) -> None:
        """Their doubt is shown elsewhere; it is no matter of the age of those who come."""
        for one in (picnic.seen, picnic.unseen):
            one.contracts[0].valid_until = BEFORE.date()
        make.check(picnic.unseen, valid_until=LONG)
        db.session.commit()

        assert picnic.change(AgeBand.CHILDREN) == (True, 0)

    def test_what_is_over_or_cancelled_is_not_asked(self, picnic: Picnic) -> None:
        for one, days in ((picnic.places[1], -20), (picnic.places[3], -30)):
            one.need.meeting.starts_at = MONDAY - timedelta(days=-days)
            one.need.meeting.ends_at = one.need.meeting.starts_at + timedelta(hours=1)
        db.session.commit()

        assert picnic.change(AgeBand.CHILDREN) == (True, 0)

    def test_an_open_offer_is_refused_when_it_is_answered(self, picnic: Picnic) -> None:
        offers = [
            picnic.place(make.mediator(picnic.here), days, State.OFFERED) for days in (20, 21)
        ]
        make.check(offers[1].person, valid_until=LONG)
        db.session.commit()
        picnic.change(AgeBand.CHILDREN, *picnic.places)

        with pytest.raises(NotEligible) as refused:
            accept_offer(offers[0], now=BEFORE)
        assert [one.rule for one in refused.value.reasons] == [Rule.CHECK_MISSING]
        accept_offer(offers[1], now=BEFORE)
        assert offers[1].state is State.CONFIRMED


class TestPages:
    def test_the_details_are_refused_by_name_and_then_saved(
        self, picnic: Picnic, browser: Browser
    ) -> None:
        browser.sign_in(picnic.boss)
        path = f"/en/activities/{picnic.activity.ref}/details"
        form = {"age": "children", "transport": "the blue bus", "language": "ro"}

        page = browser.post(path, data=form)
        db.session.expire_all()
        assert page.status_code == 409
        assert "Unseen Ulla" in page.text
        assert "Seen Sara" not in page.text
        assert "the blue bus" in page.text
        assert not picnic.activity.is_with_minors

        refs = page.text.split('id="free" value="')[1].split('"')[0]
        done = browser.post(path, data=form | {"free": refs}, follow_redirects=True)
        db.session.expire_all()
        assert "2 places are open again" in done.text
        assert picnic.activity.is_with_minors
        assert states(picnic.places)[1::2] == [State.WITHDRAWN] * 2

    def test_so_is_a_need_that_asks_for_a_check(self, picnic: Picnic, browser: Browser) -> None:
        browser.sign_in(picnic.boss)
        place = picnic.places[1]
        path = f"/en/needs/{place.need.ref}/change"
        form = {
            "scope": "this",
            "role": "mediator",
            "language": "",
            "level": "",
            "wanted": "1",
            "trainees": "0",
            "check_required": "y",
        }

        page = browser.post(path, data=form)
        db.session.expire_all()
        assert page.status_code == 409
        assert "Unseen Ulla" in page.text
        assert not db.session.scalars(select(Need.check_required).where(Need.check_required)).all()

        refs = page.text.split('id="free" value="')[1].split('"')[0]
        assert browser.post(path, data=form | {"free": refs}).status_code == 303
        db.session.expire_all()
        assert states(picnic.places) == [
            State.CONFIRMED,
            State.WITHDRAWN,
            State.CONFIRMED,
            State.CONFIRMED,
        ]
        assert place.need.check_required


def test_a_yes_in_the_same_moment_never_leaves_somebody_unchecked(racing_app: Flask) -> None:
    for _round in range(20):
        with racing_app.app_context():
            here = make.centre()
            boss = make.coordinator(here)
            activity = make.activity(centre=here, coordinator=boss)
            offer = make.assignment(need=make.need(meeting=make.meeting(activity=activity)))
            ids = activity.id, boss.id, offer.id
            db.session.commit()

        def change(ids: tuple[int, int, int] = ids) -> object:
            return change_facts(
                db.session.get_one(Activity, ids[0]),
                {"age": AgeBand.CHILDREN},
                taken=partial(places_taken, now=BEFORE),
                by=db.session.get_one(Person, ids[1]),
                now=BEFORE,
            )

        def accept(ids: tuple[int, int, int] = ids) -> object:
            offer = db.session.get_one(Assignment, ids[2])
            _seen_before = offer.need.meeting.activity.age
            accept_offer(offer, now=BEFORE)
            return "yes"

        results = all_at_once(racing_app, [change, accept])

        with racing_app.app_context():
            place = db.session.get_one(Assignment, ids[2])
            minors = place.need.meeting.activity.is_with_minors
            assert not (minors and place.state is State.CONFIRMED), results
            assert minors or place.state is State.CONFIRMED, results


def test_the_role_of_the_one_who_waits_is_no_matter(picnic: Picnic) -> None:
    """Whoever asks for a place and waits is asked again when the coordinator says yes."""
    waiting = picnic.place(make.mediator(picnic.here), 30, State.REQUESTED)
    assert waiting.need.role is Role.MEDIATOR

    assert picnic.change(AgeBand.CHILDREN, *picnic.places) == (True, 2)
    assert waiting.state is State.REQUESTED
