"""What somebody agrees to: to which text, in which language, who may write it down, what lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.consents.models import ConsentTalk
from app.consents.operations import (
    AlreadyAnswered,
    CannotTalk,
    ask_to_talk,
    do_without,
    forget_old_talks,
    note_talk,
)
from app.consents.queries import photographed_at, who_may_talk
from app.database import only_reading
from app.extensions import db
from app.notices.channels import Channel
from app.notices.wishes import agree, stops_for, without_calls
from app.people.consents import (
    ASKED_FOR,
    TEXTS,
    Consent,
    Medium,
    OnlyThemselves,
    Purpose,
    TextChanged,
    counting,
    history_of,
    said_by,
    say,
    who_refuses,
)
from app.people.models import Apart, Person
from app.people.terms import Level, Role
from app.programme.bookings import book
from app.programme.models import Part
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

NOON = BEFORE.replace(hour=10)
LATER = NOON + timedelta(hours=1)


def of_themselves(person: Person, now: datetime) -> dict[str, Any]:
    return {"by": person, "medium": Medium.TEXT, "language": "ar", "now": now}


def yes(person: Person, purpose: Purpose = Purpose.PHOTOS, **how: Any) -> bool:
    """*person* agrees on their own page."""
    return say(person, purpose, True, **(of_themselves(person, NOON) | how))


def no(person: Person, purpose: Purpose = Purpose.PHOTOS, **how: Any) -> bool:
    return say(person, purpose, False, **(of_themselves(person, LATER) | how))


def new_text(monkeypatch: pytest.MonkeyPatch, purpose: Purpose = Purpose.PHOTOS) -> None:
    """Somebody changed the words."""
    text = TEXTS[purpose]
    monkeypatch.setitem(TEXTS, purpose, replace(text, version=text.version + 1))


class TestTheTexts:
    @pytest.mark.parametrize("purpose", ASKED_FOR)
    def test_whoever_changes_the_words_makes_a_new_version(
        self, app: Flask, purpose: Purpose
    ) -> None:
        """Change digest, version and day together: everybody is asked again."""
        with app.test_request_context():
            assert TEXTS[purpose].digest_now() == TEXTS[purpose].digest

    def test_being_written_to_and_called_hangs_on_no_text(self) -> None:
        assert {one for one in Purpose if one.text is None} == {Purpose.EMAIL, Purpose.TELEPHONE}

    def test_each_way_that_is_asked_about_has_its_purpose(self) -> None:
        asked = {one.value for one in Channel if one.is_asked_about}

        assert asked <= {one.value for one in Purpose}


@pytest.mark.usefixtures("app")
class TestWords:
    def test_each_word_is_kept_and_the_last_counts(self) -> None:
        layla = make.person()
        assert yes(layla)
        assert no(layla)
        assert yes(layla, now=LATER, language="en")

        words = db.session.scalars(history_of(layla)).all()
        assert [(w.given, w.at, w.language, w.version) for w in words] == [
            (True, NOON, "ar", 1),
            (False, LATER, "ar", 1),
            (True, LATER, "en", 1),
        ]
        assert said_by(layla)[Purpose.PHOTOS].counts

    def test_the_same_again_is_not_written(self) -> None:
        layla = make.person()
        assert [yes(layla), yes(layla), no(layla), no(layla)] == [True, False, True, False]

    def test_one_purpose_says_nothing_of_another(self) -> None:
        layla = make.person()
        yes(layla)

        assert set(said_by(layla)) == {Purpose.PHOTOS}

    def test_a_changed_text_makes_a_yes_lapse_and_asks_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layla = make.person()
        yes(layla)
        new_text(monkeypatch)

        before = said_by(layla)[Purpose.PHOTOS]
        assert (before.given, before.counts, before.has_lapsed) == (True, False, True)
        assert counting([layla.id], ASKED_FOR) == {(layla.id, Purpose.PHOTOS): False}
        assert yes(layla)
        assert said_by(layla)[Purpose.PHOTOS].counts

    def test_a_no_does_not_lapse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        layla = make.person()
        no(layla)
        new_text(monkeypatch)

        assert not said_by(layla)[Purpose.PHOTOS].has_lapsed

    @pytest.mark.parametrize("medium", Medium)
    def test_nobody_agrees_for_somebody_else(self, medium: Medium) -> None:
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)

        with pytest.raises(OnlyThemselves):
            yes(layla, by=boss, medium=medium)
        with pytest.raises(OnlyThemselves):
            yes(layla, by=boss, asked_by=boss, medium=medium)

    def test_a_no_may_be_noted_by_a_colleague(self) -> None:
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)
        yes(layla)

        assert no(layla, by=boss, medium=Medium.DESK, language=None)
        assert not said_by(layla)[Purpose.PHOTOS].counts

    def test_the_database_refuses_a_yes_without_a_text_and_who_asks_as_witness(self) -> None:
        layla, boss = make.person(), make.person()
        row = {"person_id": layla.id, "purpose": Purpose.PHOTOS, "given": True, "at": NOON}
        for wrong in (
            {"language": "ar"},
            {"version": 1},
            {"version": 1, "language": "ar", "by_id": boss.id, "asked_by_id": boss.id},
        ):
            with pytest.raises(IntegrityError), db.session.begin_nested():
                db.session.execute(insert(Consent).values(**row, medium=Medium.ORAL, **wrong))

    @given(words=st.lists(st.tuples(st.sampled_from(Purpose), st.booleans()), max_size=12))
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_every_question_has_the_answer_of_the_last_word(
        self, words: list[tuple[Purpose, bool]]
    ) -> None:
        layla = make.person()
        for purpose, said in words:
            (yes if said else no)(layla, purpose)
        last = dict(words)

        assert {p: w.given for p, w in said_by(layla).items()} == last
        assert counting([layla.id], tuple(Purpose)) == {(layla.id, p): g for p, g in last.items()}
        for purpose in Purpose:
            refuses = layla.id in db.session.scalars(who_refuses(purpose)).all()
            assert refuses is (last.get(purpose) is False)


@pytest.mark.usefixtures("app")
class TestMessages:
    def test_short_messages_stop_with_a_changed_text_and_begin_again_with_a_yes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layla = make.person(email=None, phone="+40 721 000 001")

        def ways() -> tuple[Channel, ...]:
            return stops_for({layla.id}).channels(layla)

        assert ways() == ()
        yes(layla, Purpose.SMS)
        assert ways() == (Channel.SMS,)
        new_text(monkeypatch, Purpose.SMS)
        assert ways() == ()
        yes(layla, Purpose.SMS)
        assert ways() == (Channel.SMS,)
        no(layla, Purpose.SMS)
        assert ways() == ()

    def test_the_last_word_on_calls_counts(self) -> None:
        layla = make.person()
        no(layla, Purpose.TELEPHONE)
        assert without_calls([layla.id]) == {layla.id}
        yes(layla, Purpose.TELEPHONE)
        assert without_calls([layla.id]) == frozenset()


class House:
    """Layla speaks Levantine; Amina interprets Arabic; the boss asks."""

    def __init__(self) -> None:
        self.here = make.centre()
        self.boss = make.coordinator(self.here)
        self.layla = make.person(
            [Role.PARTICIPANT], self.here, {"apc": Level.NATIVE}, language="ar"
        )
        self.amina = make.mediator(self.here, {"ar": Level.C1, "apc": Level.B2})
        db.session.flush()

    def ask(self, **given: Any) -> ConsentTalk:
        asked: dict[str, Any] = {
            "mediator": self.amina,
            "language": "apc",
            "by": self.boss,
            "now": NOON,
        } | given
        return ask_to_talk(self.layla, Purpose.PHOTOS, **asked)

    def may(self, asker: Person | None = None) -> list[Person]:
        found = who_may_talk(self.layla, asker or self.boss)
        return list(db.session.scalars(found))


@pytest.fixture
def house(app: Flask) -> House:
    return House()


class TestByWordOfMouth:
    def test_a_mediator_notes_it_and_both_names_are_kept(self, house: House) -> None:
        note_talk(house.ask(), True, medium=Medium.ORAL, version=1, now=LATER)

        word = said_by(house.layla)[Purpose.PHOTOS]
        assert word.counts
        assert (word.by_id, word.asked_by_id) == (house.amina.id, house.boss.id)
        assert (word.language, word.medium, word.at) == ("apc", Medium.ORAL, LATER)
        assert db.session.scalar(select(func.count()).select_from(ConsentTalk)) == 0

    def test_a_no_is_noted_just_so(self, house: House) -> None:
        note_talk(house.ask(), False, medium=Medium.AUDIO, version=1, now=LATER)

        assert not said_by(house.layla)[Purpose.PHOTOS].given

    def test_who_may_is_who_speaks_the_language_and_does_not_ask(self, house: House) -> None:
        speaks = {"ar": Level.C1, "apc": Level.B1}
        make.mediator(house.here, {"ar": Level.A2})  # not well enough
        make.mediator(house.here, {"fa": Level.NATIVE})  # another language
        make.mediator(make.centre(), speaks)  # elsewhere
        make.person([Role.VOLUNTEER], house.here, speaks)  # neither mediator nor colleague
        make.mediator(house.here, speaks, is_active=False)
        away = make.mediator(house.here, speaks)
        first, second = sorted((away.id, house.layla.id))
        db.session.add(Apart(person_id=first, other_id=second, made_at=NOON))
        colleague = make.person([Role.COORDINATOR], house.here, speaks)
        db.session.flush()

        assert {one.id for one in house.may()} == {house.amina.id, colleague.id}
        assert {one.id for one in house.may(colleague)} == {house.amina.id}

    @pytest.mark.parametrize("wrong", ["the asker", "a stranger", "the person", "the language"])
    def test_refused_for_anybody_else(self, house: House, wrong: str) -> None:
        all_given: dict[str, dict[str, object]] = {
            "the asker": {"mediator": house.boss},
            "a stranger": {"mediator": make.mediator(make.centre(), {"apc": Level.NATIVE})},
            "the person": {"mediator": house.layla},
            "the language": {"language": "ti"},
        }

        with pytest.raises(CannotTalk):
            house.ask(**all_given[wrong])

    def test_another_one_is_asked_instead(self, house: House) -> None:
        other = make.mediator(house.here, {"ar": Level.NATIVE, "apc": Level.NATIVE})
        house.ask()
        house.ask(mediator=other)

        assert db.session.scalars(select(ConsentTalk.mediator_id)).all() == [other.id]

    def test_nothing_is_noted_of_a_text_that_changed_in_between(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        talk = house.ask()
        new_text(monkeypatch)

        with pytest.raises(TextChanged):
            note_talk(talk, True, medium=Medium.ORAL, version=1, now=LATER)
        assert said_by(house.layla) == {}

    def test_after_two_weeks_it_is_no_longer_asked_for(self, house: House) -> None:
        talk = house.ask()
        late = NOON + timedelta(days=14)

        with pytest.raises(AlreadyAnswered):
            note_talk(talk, True, medium=Medium.ORAL, version=1, now=late)
        forget_old_talks(now=late)
        assert db.session.scalar(select(func.count()).select_from(ConsentTalk)) == 0

    def test_where_nobody_could_talk_nothing_is_noted(self, house: House) -> None:
        do_without(house.ask())

        assert said_by(house.layla) == {}
        assert db.session.scalar(select(func.count()).select_from(ConsentTalk)) == 0


@pytest.mark.usefixtures("app")
def test_whoever_says_no_comes_like_everybody() -> None:
    here = make.centre()
    layla = make.participant(here)
    for purpose in ASKED_FOR:
        agree(layla, purpose, False, by=layla, medium=Medium.TEXT, language="ar", now=NOON)

    book(layla, make.meeting(activity=make.activity(centre=here)), Part.LEARNER)

    assert stops_for({layla.id}).against(layla) is None


@pytest.mark.usefixtures("app")
def test_on_a_photo_is_only_whoever_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = make.meeting()
    names = ("agreed", "refused", "said nothing", "withdrew", "of another text", "not expected")
    people = {name: make.person(name=name) for name in names}
    for name, person in people.items():
        if name != "not expected":
            book(person, meeting, Part.LEARNER)
    yes(people["of another text"])
    new_text(monkeypatch)
    yes(people["agreed"])
    yes(people["not expected"])
    no(people["refused"])
    yes(people["withdrew"])
    no(people["withdrew"])
    elsewhere = make.meeting(starts_at=MONDAY + timedelta(days=1))
    book(people["not expected"], elsewhere, Part.LEARNER)

    found = photographed_at(meeting)

    assert [one.name for one in found.agreed] == ["agreed"]
    assert {one.name for one in found.others} == set(names) - {"agreed", "not expected"}


def test_twelve_answers_at_once_are_one_word(racing_app: Flask) -> None:
    with racing_app.app_context():
        house = House()
        talk_id, person_id = house.ask().id, house.layla.id
        db.session.commit()

    def click(given: bool) -> object:
        talk = db.session.get(ConsentTalk, talk_id)
        if talk is None:
            raise AlreadyAnswered
        note_talk(talk, given, medium=Medium.ORAL, version=1, now=LATER)
        return given

    results = all_at_once(racing_app, [partial(click, n % 2 == 0) for n in range(12)])

    with racing_app.app_context(), only_reading():
        words = db.session.scalars(select(Consent).where(Consent.person_id == person_id)).all()
        assert len(words) == 1
        assert results.count(words[0].given) == 1
        assert sum(isinstance(one, AlreadyAnswered) for one in results) == 11


def test_a_yes_and_a_no_at_once_leave_one_last_word(racing_app: Flask) -> None:
    with racing_app.app_context():
        layla_id = make.person().id
        db.session.commit()

    def click(given: bool) -> None:
        layla = db.session.get_one(Person, layla_id)
        (yes if given else no)(layla)

    results = all_at_once(racing_app, [partial(click, n % 2 == 0) for n in range(8)])

    assert results == [None] * 8
    with racing_app.app_context(), only_reading():
        layla = db.session.get_one(Person, layla_id)
        words = [one.given for one in db.session.scalars(history_of(layla))]
        assert all(one is not other for one, other in pairwise(words))
        assert counting([layla_id], [Purpose.PHOTOS]) == {(layla_id, Purpose.PHOTOS): words[-1]}
