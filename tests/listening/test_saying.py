"""Saying what is missing and taking it back; answering, and telling who asked, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.extensions import db
from app.listening.adding import add_up
from app.listening.gaps import Gap, Matter, PartOfDay
from app.listening.models import Reply, Voice
from app.listening.operations import (
    LASTS,
    MOST_AN_HOUR,
    MOST_OWN,
    NOTE_LASTS,
    ForWomen,
    NotForOthers,
    TooMany,
    answer,
    forget_old_voices,
    say,
    tell_who_asked,
    withdraw,
)
from app.listening.publishing import publish
from app.listening.queries import heard_by, said_by_others
from app.notices.channels import Channel
from app.notices.models import Kind, Notice, State, Topic
from app.notices.operations import conceal
from app.notices.wishes import keep_silent, refuse
from app.notices.wishes import say as say_consent
from app.people.models import Centre, Person
from app.people.terms import Gender
from app.programme.kinds import Kind as ActivityKind
from app.programme.models import Activity
from app.programme.terms import Term
from app.refusal import Refusal
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

NOW = BEFORE
ROUNDS = 6


def people_for(gap: Gap, *, at: Centre) -> int:
    totals = add_up(one.said for one in heard_by(make.coordinator(at), at, now=NOW))
    return totals[gap].people if gap in totals else 0


def letters(kind: Kind = Kind.ASKED_FOR) -> list[Notice]:
    return list(
        db.session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.person_id))
    )


def a_course(at: Centre, **given: Any) -> Activity:
    activity = make.activity(
        kind=ActivityKind.COURSE, centre=at, level="A1", support_language="ne", **given
    )
    make.meeting(activity=activity)
    return activity


@pytest.mark.usefixtures("app")
class TestSaying:
    def test_the_same_again_counts_once_and_lasts_longer(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        first = say(bikash, gap, now=NOW)
        later = NOW + timedelta(days=100)

        again = say(bikash, gap, now=later, childcare=True, note="after work")

        assert again is first
        assert (again.said_at, again.lapses_at) == (NOW, later + LASTS)
        assert (again.childcare, again.note) == (True, "after work")
        assert people_for(gap, at=here) == 1

    def test_for_others_a_number_and_for_oneself_one(self) -> None:
        here = make.centre()
        sunita, gap = make.mediator(here), make.gap(here)
        say(sunita, gap, now=NOW, for_others=True, people=6)
        say(sunita, gap, now=NOW, people=6)
        say(sunita, gap, now=NOW, for_others=True, people=7)

        assert people_for(gap, at=here) == 8

    @pytest.mark.parametrize("people", [0, -3, 21, 500])
    def test_a_number_out_of_reach_is_brought_within(self, people: int) -> None:
        here = make.centre()
        voice = say(make.mediator(here), make.gap(here), now=NOW, for_others=True, people=people)

        assert 1 <= voice.people <= 20

    def test_only_who_helps_there_speaks_for_others(self) -> None:
        here = make.centre()
        for somebody in (make.participant(here), make.mediator(make.centre())):
            with pytest.raises(NotForOthers):
                say(somebody, make.gap(here), now=NOW, for_others=True, people=3)
        assert say(make.coordinator(here), make.gap(here), now=NOW, for_others=True)

    def test_a_group_for_women_is_not_asked_for_by_men(self) -> None:
        here = make.centre()
        women = make.gap(here, Matter.WOMEN)
        with pytest.raises(ForWomen):
            say(make.participant(here, gender=Gender.MAN), women, now=NOW)
        assert say(make.participant(here), women, now=NOW)

    def test_so_many_and_no_more(self) -> None:
        here = make.centre()
        bikash = make.participant(here)
        tags = ["ne", "hi", "en", "ur", "bn", "si", "ta", "ar", "fr"]
        said = [say(bikash, make.gap(here, language=tag), now=NOW) for tag in tags[:MOST_OWN]]
        with pytest.raises(TooMany):
            say(bikash, make.gap(here, language=tags[MOST_OWN]), now=NOW)
        withdraw(bikash, said[0].ref)
        assert say(bikash, make.gap(here, language=tags[MOST_OWN]), now=NOW)

    def test_so_often_and_no_more(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        for _time in range(MOST_AN_HOUR):
            say(bikash, gap, now=NOW)
        with pytest.raises(TooMany):
            say(bikash, gap, now=NOW)
        assert say(bikash, gap, now=NOW + timedelta(hours=1, seconds=1))

    def test_taking_back_keeps_nothing_and_twice_is_harmless(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        ref = say(bikash, gap, now=NOW, note="x").ref

        withdraw(make.participant(here), ref)  # somebody else's
        assert people_for(gap, at=here) == 1
        for _time in range(2):
            withdraw(bikash, ref)
        assert not db.session.scalars(select(func.count(Voice.id))).one()

    def test_it_lapses_after_half_a_year_and_is_deleted(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        voice = say(bikash, gap, now=NOW - LASTS)

        assert people_for(gap, at=here) == 0
        assert say(bikash, gap, now=NOW) is voice
        assert voice.said_at == NOW
        forget_old_voices(now=NOW + LASTS - timedelta(seconds=1))
        assert db.session.scalars(select(func.count(Voice.id))).one() == 1
        forget_old_voices(now=NOW + LASTS)
        assert db.session.scalars(select(func.count(Voice.id))).one() == 0

    def test_a_note_is_forgotten_after_two_months_and_the_wish_stays(self) -> None:
        here = make.centre()
        voice = say(make.participant(here), make.gap(here), now=NOW, note="only Tuesdays")
        forget_old_voices(now=NOW + NOTE_LASTS - timedelta(seconds=1))
        db.session.refresh(voice)
        assert voice.note == "only Tuesdays"
        forget_old_voices(now=NOW + NOTE_LASTS)
        db.session.refresh(voice)
        assert (voice.note, voice.noted_at) == ("", None)

    def test_who_is_no_longer_with_us_does_not_count(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        say(bikash, gap, now=NOW)
        bikash.is_active = False
        db.session.flush()

        assert people_for(gap, at=here) == 0

    def test_erasing_a_person_erases_what_they_said(self) -> None:
        here = make.centre()
        bikash = make.participant(here)
        say(bikash, make.gap(here), now=NOW, note="canary")
        bikash_id = bikash.id
        db.session.execute(delete(Person).where(Person.id == bikash_id))

        assert not db.session.scalars(select(func.count(Voice.id))).one()

    def test_the_database_knows_the_rules_too(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        make.voice(bikash, gap)
        for wrong in (
            {},  # the same twice
            {"for_others": True, "people": 21},
            {"for_others": True, "people": 0},
            {"part": PartOfDay.MORNING, "people": 2},
            {"part": PartOfDay.MORNING, "lapses_at": BEFORE},
            {"part": PartOfDay.MORNING, "note": "x"},
        ):
            with pytest.raises(IntegrityError), db.session.begin_nested():
                make.voice(bikash, gap, **wrong)
        make.voice(bikash, gap, part=PartOfDay.MORNING)

    def test_a_reader_does_not_count_what_they_said_themselves(self) -> None:
        here = make.centre()
        sunita, gap = make.mediator(here), make.gap(here)
        say(make.participant(here), gap, now=NOW)
        say(sunita, gap, now=NOW, for_others=True, people=20)

        assert said_by_others(sunita, [here.id], now=NOW)[gap].people == 1


@pytest.mark.usefixtures("app")
class TestAnswering:
    def test_whoever_asked_is_told_once_and_their_wish_is_answered(self) -> None:
        here = make.centre()
        bikash, sunita, gap = make.participant(here), make.mediator(here), make.gap(here)
        mine = say(bikash, gap, now=NOW, note="evenings")
        say(sunita, gap, now=NOW, for_others=True, people=6)
        other = say(bikash, make.gap(here, language="ar"), now=NOW)
        activity = a_course(here)

        reply = answer(gap, activity, by=activity.coordinator, now=NOW)
        assert answer(gap, activity, by=activity.coordinator, now=NOW) is reply

        assert [one.person_id for one in letters()] == sorted([bikash.id, sunita.id])
        assert (reply.told_at, reply.people) == (NOW, 7)
        assert (mine.answered_at, mine.reply_id, mine.note) == (NOW, reply.id, "")
        assert mine.lapses_at == NOW + LASTS
        assert other.answered_at is None
        assert people_for(gap, at=here) == 0

    def test_a_draft_tells_nobody_until_its_term_is_published(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        say(bikash, gap, now=NOW)
        term = Term(centre=here, name="Spring", first_day=BEFORE.date(), last_day=MONDAY.date())
        db.session.add(term)
        activity = a_course(here, term=term, published_at=None)
        reply = answer(gap, activity, by=activity.coordinator, now=NOW)
        assert not letters()
        assert reply.told_at is None
        assert people_for(gap, at=here) == 1

        late = make.participant(here)
        say(late, gap, now=NOW)
        publish(term, by=activity.coordinator, now=NOW)

        assert [one.person_id for one in letters()] == [bikash.id, late.id]
        assert reply.people == 2

    def test_nobody_is_told_of_a_draft(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here, published_at=None)
        say(make.participant(here), gap, now=NOW)
        answer(gap, activity, by=activity.coordinator, now=NOW)

        assert tell_who_asked([activity.id], now=NOW) == 0
        assert not letters()

    def test_what_is_hidden_later_is_confidential_from_then_on(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here)
        say(make.participant(here), gap, now=NOW)
        answer(gap, activity, by=activity.coordinator, now=NOW)
        [letter] = letters()
        assert not letter.confidential

        conceal(meetings=[], edits=[], activities=[activity.id])

        db.session.refresh(letter)
        assert letter.confidential

    def test_a_session_that_begins_soon_is_told_without_waiting(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here)
        say(make.participant(here), gap, now=NOW)
        answer(gap, activity, by=activity.coordinator, now=MONDAY - timedelta(days=1))

        assert [one.urgent for one in letters()] == [True]

    def test_telling_again_tells_nobody_again(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here)
        say(make.participant(here), gap, now=NOW)
        answer(gap, activity, by=activity.coordinator, now=NOW)
        say(make.participant(here), gap, now=NOW)

        assert tell_who_asked([activity.id], now=NOW) == 0
        assert len(letters()) == 1

    def test_whoever_asks_anew_may_be_answered_anew(self) -> None:
        here = make.centre()
        bikash, gap = make.participant(here), make.gap(here)
        for _time in range(2):
            say(bikash, gap, now=NOW)
            activity = a_course(here)
            answer(gap, activity, by=activity.coordinator, now=NOW)

        assert len(letters()) == 2

    def test_who_did_not_want_to_hear_is_not_told(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here)
        say(make.participant(here), gap, now=NOW, tell=False)
        no_news = make.participant(here)
        say(no_news, gap, now=NOW)
        refuse(no_news, Topic.NEWS, now=NOW)
        gone = make.participant(here)
        say(gone, gap, now=NOW)
        gone.is_active = False

        reply = answer(gap, activity, by=activity.coordinator, now=NOW)

        assert not letters()
        assert reply.people == 3

    def test_silent_contact_and_no_consent_leave_no_letter(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here)
        silent, no_mail = make.participant(here), make.participant(here)
        for one in (silent, no_mail):
            say(one, gap, now=NOW)
        keep_silent(silent, by=silent, now=NOW)
        say_consent(no_mail, Channel.EMAIL, False, by=no_mail, now=NOW)

        answer(gap, activity, by=activity.coordinator, now=NOW)

        assert [(one.state, one.last_code) for one in letters()] == [
            (State.FAILED, "silent"),
            (State.FAILED, "no-consent"),
        ]

    def test_a_womens_group_is_told_in_confidence(self) -> None:
        here = make.centre()
        group = make.womens_group(centre=here)
        make.meeting(activity=group)
        gap = make.gap(here, Matter.WOMEN)
        say(make.participant(here, gender=Gender.WOMAN), gap, now=NOW)

        answer(gap, group, by=group.coordinator, now=NOW)

        [letter] = letters()
        assert letter.confidential
        assert letter.responsible_id == group.coordinator_id

    def test_the_same_gap_elsewhere_stays_open(self) -> None:
        here, there = make.centre(), make.centre()
        say(make.participant(there), make.gap(there), now=NOW)
        activity = a_course(here)

        answer(make.gap(here), activity, by=activity.coordinator, now=NOW)

        assert not letters()
        assert people_for(make.gap(there), at=there) == 1

    def test_a_draft_that_is_thrown_away_leaves_the_wish(self) -> None:
        here = make.centre()
        gap, activity = make.gap(here), a_course(here, published_at=None)
        say(make.participant(here), gap, now=NOW)
        answer(gap, activity, by=activity.coordinator, now=NOW)
        db.session.execute(delete(Activity).where(Activity.id == activity.id))

        assert not db.session.scalars(select(func.count(Reply.id))).one()
        assert people_for(gap, at=here) == 1


class TestWhoMayHear:
    @pytest.fixture
    def here(self, app: Flask) -> Centre:
        here = make.centre()
        make.voice(make.participant(here, gender=Gender.WOMAN), make.gap(here, Matter.WOMEN))
        make.voice(make.participant(here), make.gap(here))
        return here

    def matters(self, reader: Person, here: Centre) -> set[Matter]:
        return {one.matter for one in heard_by(reader, here, now=NOW)}

    def test_who_is_entrusted_with_a_group_of_the_centre(self, here: Centre) -> None:
        group = make.womens_group(centre=here)
        others = [make.coordinator(here), make.coordinator(here, gender=Gender.WOMAN)]

        assert self.matters(group.coordinator, here) == {Matter.WOMEN, Matter.ROMANIAN}
        assert [self.matters(one, here) for one in others] == [{Matter.ROMANIAN}] * 2

    def test_a_draft_entrusts_nobody(self, here: Centre) -> None:
        make.womens_group(centre=here)
        draft = make.womens_group(centre=here, published_at=None)

        assert self.matters(draft.coordinator, here) == {Matter.ROMANIAN}

    def test_a_group_elsewhere_entrusts_nobody_here(self, here: Centre) -> None:
        there = make.womens_group()
        make.make_coordinator_too(there.coordinator, here)

        assert self.matters(there.coordinator, here) == {Matter.ROMANIAN}

    def test_where_there_is_none_yet_the_coordinators_who_are_women(self, here: Centre) -> None:
        woman = make.coordinator(here, gender=Gender.WOMAN)
        others = [make.coordinator(here, gender=one) for one in (Gender.MAN, None)]

        assert self.matters(woman, here) == {Matter.WOMEN, Matter.ROMANIAN}
        assert [self.matters(one, here) for one in others] == [{Matter.ROMANIAN}] * 2


class TestAtOnce:
    """Several clicks at the same moment, each in its own transaction."""

    def test_the_same_wish_twice_at_once_counts_once(self, racing_app: Flask) -> None:
        for _round in range(ROUNDS):
            with racing_app.app_context():
                here = make.centre()
                person, gap = make.participant(here).id, make.gap(here)
                db.session.commit()

            results = all_at_once(racing_app, [saying(person, gap)] * 3)

            assert not [one for one in results if isinstance(one, (Refusal, DBAPIError))], results
            with racing_app.app_context():
                count = select(func.count(Voice.id)).where(Voice.person_id == person)
                assert db.session.scalars(count).one() == 1

    def test_publishing_twice_at_once_tells_once(self, racing_app: Flask) -> None:
        for _round in range(ROUNDS):
            with racing_app.app_context():
                here = make.centre()
                gap, activity = make.gap(here), a_course(here)
                for _person in range(3):
                    make.voice(make.participant(here), gap)
                by, activity_id = activity.coordinator_id, activity.id
                db.session.commit()

            results = all_at_once(racing_app, [answering(gap, activity_id, by)] * 3)

            assert not [one for one in results if isinstance(one, (Refusal, DBAPIError))], results
            with racing_app.app_context():
                [reply] = db.session.scalars(select(Reply).where(Reply.activity_id == activity_id))
                told = select(Notice.id).where(Notice.key == reply.ref)
                assert len(db.session.scalars(told).all()) == 3
                assert reply.people == 3

    def test_publishing_a_term_while_somebody_answers_with_its_draft_tells_once(
        self, racing_app: Flask
    ) -> None:
        for _round in range(ROUNDS):
            with racing_app.app_context():
                here = make.centre()
                gap, activity = make.gap(here), a_course(here, published_at=None)
                term = Term(
                    centre=here, name="Spring", first_day=BEFORE.date(), last_day=MONDAY.date()
                )
                activity.term = term
                make.voice(make.participant(here), gap)
                db.session.commit()
                by, activity_id, term_id = activity.coordinator_id, activity.id, term.id

            clicks = [answering(gap, activity_id, by), publishing(term_id, by)]
            results = all_at_once(racing_app, clicks)

            assert not [one for one in results if isinstance(one, (Refusal, DBAPIError))], results
            with racing_app.app_context():
                [reply] = db.session.scalars(select(Reply).where(Reply.activity_id == activity_id))
                assert reply.people == 1
                told = select(func.count(Notice.id)).where(Notice.key == reply.ref)
                assert db.session.scalars(told).one() == 1

    def test_a_wish_said_or_taken_back_meanwhile_is_told_or_open_never_lost(
        self, racing_app: Flask
    ) -> None:
        for _round in range(ROUNDS):
            with racing_app.app_context():
                here = make.centre()
                gap, activity = make.gap(here), a_course(here)
                goes, stays, comes = (make.participant(here) for _person in range(3))
                ref = make.voice(goes, gap).ref
                make.voice(stays, gap)
                ids = goes.id, stays.id, comes.id
                by, activity_id = activity.coordinator_id, activity.id
                db.session.commit()

            results = all_at_once(
                racing_app,
                [
                    answering(gap, activity_id, by),
                    taking_back(ids[0], ref),
                    saying(ids[2], gap),
                ],
            )

            assert not [one for one in results if isinstance(one, (Refusal, DBAPIError))], results
            with racing_app.app_context():
                left = {one.person_id: one for one in db.session.scalars(select(Voice))}
                [reply] = db.session.scalars(select(Reply).where(Reply.activity_id == activity_id))
                told = set(
                    db.session.scalars(select(Notice.person_id).where(Notice.key == reply.ref))
                )
                assert ids[0] not in left
                assert left[ids[1]].answered_at == NOW
                assert (left[ids[2]].answered_at is not None) == (ids[2] in told)
                assert ids[1] in told


def saying(person: int, gap: Gap) -> Callable[[], object]:
    return lambda: say(db.session.get_one(Person, person), gap, now=NOW).id


def taking_back(person: int, ref: str) -> Callable[[], object]:
    return lambda: withdraw(db.session.get_one(Person, person), ref)


def answering(gap: Gap, activity: int, by: int) -> Callable[[], object]:
    return lambda: (
        answer(
            gap, db.session.get_one(Activity, activity), by=db.session.get_one(Person, by), now=NOW
        ).id
    )


def publishing(term: int, by: int) -> Callable[[], object]:
    return lambda: len(
        publish(db.session.get_one(Term, term), by=db.session.get_one(Person, by), now=NOW)
    )
