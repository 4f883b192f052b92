"""The pages on which people say what is missing, and what nobody may read there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.listening.gaps import Gap, Matter, PartOfDay
from app.listening.models import Reply, Voice
from app.people.models import Centre, Person, SignIn
from app.people.terms import Gender, Level, Role
from app.programme.models import Activity
from app.programme.terms import Term
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.statements import statements

SAID: dict[str, Any] = {
    "matter": "romanian",
    "level": "A1",
    "part": "evening",
    "language": "ne",
    "tell": "y",
}
CANARY = "canary-of-a-note"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre(code="brasov", name="Brașov")


def as_(app: Flask, person: Person) -> Browser:
    db.session.commit()
    return Browser(app).sign_in(person)


def say(browser: Browser, at: Centre, **given: Any) -> Any:
    return browser.post("/en/missing", data={**SAID, "centre": at.id, **given})


def the_voice() -> Voice:
    return db.session.scalars(select(Voice)).one()


class TestSaying:
    def test_three_answers_are_enough(self, app: Flask, here: Centre) -> None:
        bikash = make.participant(here, speaks={"ne": Level.NATIVE}, home_centre=here)
        browser = as_(app, bikash)
        page = browser.get("/en/missing").text
        assert '<option selected value="ne">' in page

        answer = browser.post(
            "/en/missing",
            data={"matter": "work", "part": "weekend", "language": "ne", "centre": here.id},
        )

        assert answer.location == "/en/missing/mine"
        voice = the_voice()
        assert voice.gap == Gap(here.id, Matter.WORK, "", "ne", PartOfDay.WEEKEND)
        assert (voice.for_others, voice.people, voice.tell) == (False, 1, False)
        assert "Finding work" in browser.get("/en/missing/mine").text

    def test_everything(self, app: Flask, here: Centre) -> None:
        browser = as_(app, make.participant(here))

        say(browser, here, childcare="y", note="  after my shift  ")
        say(browser, here, childcare="y", note="  after my shift  ")

        voice = the_voice()
        assert voice.gap == make.gap(here)
        assert (voice.childcare, voice.tell, voice.note) == (True, True, "after my shift")
        page = browser.get("/en/missing/mine").text
        assert "with childcare" in page
        assert "after my shift" in page

    def test_a_level_is_of_a_course_only(self, app: Flask, here: Centre) -> None:
        say(as_(app, make.participant(here)), here, matter="life")

        assert the_voice().level == ""

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"matter": ""}, "Choose what is missing."),
            ({"part": ""}, "Choose a part of the day."),
            ({"matter": "romanian", "part": "night"}, "Choose a part of the day."),
        ],
    )
    def test_what_lacks_is_said(
        self, app: Flask, here: Centre, wrong: dict[str, str], words: str
    ) -> None:
        answer = say(as_(app, make.participant(here)), here, **wrong)

        assert answer.status_code == 422
        assert words in answer.text or "Not a valid choice" in answer.text
        assert db.session.scalars(select(Voice)).all() == []

    @pytest.mark.parametrize(
        "wrong",
        [{"language": "apc"}, {"language": "xx"}, {"level": "A2.1"}, {"note": "x" * 141}],
    )
    def test_anything_else_is_refused(
        self, app: Flask, here: Centre, wrong: dict[str, str]
    ) -> None:
        assert say(as_(app, make.participant(here)), here, **wrong).status_code == 422

    def test_whom_we_cannot_reach_is_not_asked_whether_to_tell(
        self, app: Flask, here: Centre
    ) -> None:
        browser = as_(app, make.participant(here, email=None))

        assert 'name="tell"' not in browser.get("/en/missing").text
        say(browser, here)
        assert not the_voice().tell

    def test_a_man_is_not_offered_a_group_for_women(self, app: Flask, here: Centre) -> None:
        browser = as_(app, make.participant(here, gender=Gender.MAN))

        assert 'value="women"' not in browser.get("/en/missing").text
        assert say(browser, here, matter="women").status_code == 422

    def test_a_mediator_speaks_for_others_and_gives_a_number(
        self, app: Flask, here: Centre
    ) -> None:
        browser = as_(app, make.mediator(here))
        assert 'name="whom"' not in browser.get("/en/missing").text

        say(browser, here, people="7")
        assert (the_voice().for_others, the_voice().people) == (True, 7)
        assert say(browser, here, people="21").status_code == 422
        assert say(browser, make.centre(), people="2").status_code == 422

    def test_who_is_both_says_for_whom(self, app: Flask, here: Centre) -> None:
        there = make.centre()
        browser = as_(app, make.person([Role.PARTICIPANT, Role.VOLUNTEER], here))
        assert 'name="whom"' in browser.get("/en/missing").text

        say(browser, there, whom="me", people="5")
        assert (the_voice().for_others, the_voice().people) == (False, 1)
        assert say(browser, there, whom="others", people="5").status_code == 422
        assert say(browser, here, whom="others", people="5").status_code == 303

    def test_too_many_are_refused_in_words(self, app: Flask, here: Centre) -> None:
        browser = as_(app, make.participant(here))
        for tag in ("ne", "hi", "en", "ur", "bn", "si", "ta", "ar"):
            assert say(browser, here, language=tag).status_code == 303

        answer = say(browser, here, language="fr")

        assert answer.status_code == 409
        assert "That is a lot at once." in answer.text

    def test_taking_back_only_ones_own(self, app: Flask, here: Centre) -> None:
        browser, other = as_(app, make.participant(here)), as_(app, make.participant(here))
        say(browser, here)
        where = f"/en/missing/{the_voice().ref}/withdrawal"

        other.post(where)
        assert the_voice()
        for _time in range(2):
            assert browser.post(where).status_code == 303
        assert db.session.scalars(select(Voice)).all() == []

    def test_who_neither_comes_nor_helps_has_no_such_page(self, app: Flask, here: Centre) -> None:
        browser = as_(app, make.person([Role.ADMINISTRATOR], here))

        for path in ("/missing", "/missing/mine", "/missing/here", "/asked-for"):
            assert browser.get(path).status_code == 404
        assert say(browser, here).status_code == 404


class TestAWomensGroup:
    def test_her_own_page_says_meeting_until_it_is_sure_who_looks(
        self, app: Flask, here: Centre, clock: time_machine.Traveller
    ) -> None:
        samira = make.participant(here, gender=Gender.WOMAN)
        browser = as_(app, samira)
        say(browser, here, matter="women", note=CANARY)
        assert "group" in browser.get("/en/missing/mine").text
        for _click in range(2):
            clock.shift(timedelta(minutes=10))
            page = browser.get("/en/missing/mine").text

        assert "Meeting" in page
        for word in ("Women", "Nepali", CANARY, "Brașov"):
            assert word not in page.split("<main")[1]
        answer = browser.get("/en/missing/mine?all=1")
        assert answer.status_code == 303
        assert "/confirmation" in answer.location
        [device] = db.session.scalars(select(SignIn).where(SignIn.person_id == samira.id))
        device.confirmed_at = BEFORE + timedelta(minutes=20)
        db.session.commit()
        assert CANARY in browser.get("/en/missing/mine?all=1").text

    def test_only_who_is_entrusted_reads_and_answers_it(self, app: Flask, here: Centre) -> None:
        group = make.womens_group(centre=here)
        make.meeting(activity=group)
        make.voice(
            make.participant(here, gender=Gender.WOMAN),
            make.gap(here, Matter.WOMEN),
            note=CANARY,
            noted_at=BEFORE,
        )
        key = make.gap(here, Matter.WOMEN).key
        entrusted = as_(app, group.coordinator)
        colleague = make.coordinator(here, gender=Gender.WOMAN)
        other = as_(app, colleague)
        begin = f"/en/activities/new?centre=brasov&gap={key}"

        assert CANARY in entrusted.get("/en/asked-for").text
        assert entrusted.get(begin).status_code == 200
        page = other.get("/en/asked-for").text
        assert CANARY not in page
        assert "Women" not in page.split("<main")[1]
        assert other.get(begin).status_code == 404
        mine = make.activity(centre=here, coordinator=colleague)
        db.session.commit()
        asked = {"gap": key, "activity": mine.ref}
        assert other.post("/en/asked-for/replies", data=asked).status_code == 404

    def test_being_answered_is_told_neutrally_on_her_page(
        self, app: Flask, here: Centre, clock: time_machine.Traveller
    ) -> None:
        group = make.womens_group(centre=here)
        make.meeting(activity=group)
        samira = make.participant(here, gender=Gender.WOMAN)
        make.voice(samira, make.gap(here, Matter.WOMEN))
        boss = as_(app, group.coordinator)
        gap = make.gap(here, Matter.WOMEN).key
        boss.post("/en/asked-for/replies", data={"gap": gap, "activity": group.ref})

        page = as_(app, samira).get("/en/missing/mine").text

        assert "Ask a coordinator of the centre." in page
        assert "Quiet circle" not in page
        assert group.ref not in page


class TestWhatHelpersRead:
    def seen(self, app: Flask, mediator: Person) -> str:
        return as_(app, mediator).get("/en/missing/here").text.split("<main")[1]

    def test_one_and_four_look_the_same(self, app: Flask, here: Centre) -> None:
        there = make.centre(name="Brașov")
        sees_one, sees_four = make.mediator(here), make.mediator(there)
        make.voice(make.participant(here), make.gap(here))
        for day in range(4):
            make.voice(
                make.participant(there),
                make.gap(there),
                said_at=BEFORE - timedelta(days=day),
                childcare=True,
                note=CANARY,
                noted_at=BEFORE,
            )

        one, four = self.seen(app, sees_one), self.seen(app, sees_four)

        assert "a few people" in one
        assert one == four

    def test_adding_to_it_oneself_tells_nothing(self, app: Flask, here: Centre) -> None:
        sunita = make.mediator(here)
        make.voice(make.participant(here), make.gap(here))
        before = self.seen(app, sunita)
        make.voice(sunita, make.gap(here), for_others=True, people=20)

        assert self.seen(app, sunita) == before

    def test_nothing_of_elsewhere_of_names_notes_or_women(self, app: Flask, here: Centre) -> None:
        there = make.centre(name="Craiova")
        make.voice(make.participant(there), make.gap(there, language="si"))
        women = make.participant(here, name="Canary Name", gender=Gender.WOMAN)
        make.voice(women, make.gap(here, Matter.WOMEN), note=CANARY, noted_at=BEFORE)
        make.voice(women, make.gap(here), note=CANARY, noted_at=BEFORE)

        page = self.seen(app, make.mediator(here))

        assert "Romanian course" in page
        for word in ("Sinhala", "Craiova", "Canary", CANARY, "Women"):
            assert word not in page

    def test_participants_and_strangers_read_no_sums(self, app: Flask, here: Centre) -> None:
        make.voice(make.participant(here), make.gap(here), note=CANARY, noted_at=BEFORE)
        somebody = as_(app, make.participant(here))

        assert somebody.get("/en/missing/here").status_code == 404
        assert somebody.get("/en/asked-for").status_code == 404
        for path in ("/en/", "/en/calendars", "/en/missing", "/en/missing/mine", "/en/mine"):
            page = somebody.get(path).text
            assert CANARY not in page
            assert "a few people" not in page
        assert app.test_client().get("/missing").status_code == 303


class TestWhatCoordinatorsRead:
    @pytest.fixture
    def boss(self, here: Centre) -> Person:
        return make.coordinator(here)

    def test_the_most_pressing_first_with_who_could_carry_it(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        make.mediator(here, {"ar": Level.NATIVE})
        sunita = make.mediator(here, {"hi": Level.NATIVE})
        make.voice(make.participant(here), make.gap(here, language="ar"))
        make.voice(
            sunita,
            make.gap(here),
            for_others=True,
            people=3,
            childcare=True,
            note="near the factory",
            noted_at=BEFORE,
        )
        make.voice(sunita, make.gap(make.centre(), language="si"), for_others=True, people=9)

        page = as_(app, boss).get("/en/asked-for").text

        assert page.index("Nepali") < page.index("Arabic")
        assert "<strong>3 people</strong>, 3 with childcare" in page
        assert "Nobody on hand could carry it. Look for somebody who speaks Nepali." in page
        assert "1 mediator" in page
        assert "near the factory" in page
        assert "Sinhala" not in page
        assert sunita.name not in page

    def test_what_there_is_lowers_it_unless_it_is_full(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        arabic, nepali = (make.gap(here, language=tag) for tag in ("ar", "ne"))
        for _person in range(2):
            make.voice(make.participant(here), arabic)
        make.voice(make.participant(here), nepali)
        course = make.activity(
            "Café of words", centre=here, level="A1", support_language="ar", capacity=1
        )
        make.meeting(activity=course, starts_at=MONDAY + timedelta(hours=7))
        browser = as_(app, boss)

        page = browser.get("/en/asked-for").text
        assert page.index("Nepali") < page.index("Arabic")
        assert "has places" in page
        make.enrolment(course, make.participant(here))
        db.session.commit()
        page = browser.get("/en/asked-for").text
        assert page.index("Arabic") < page.index("Nepali")
        assert "is full" in page

    def test_a_note_older_than_two_months_is_not_shown(
        self, app: Flask, here: Centre, boss: Person, clock: time_machine.Traveller
    ) -> None:
        make.voice(make.participant(here), make.gap(here), note=CANARY, noted_at=BEFORE)
        browser = as_(app, boss)
        assert CANARY in browser.get("/en/asked-for").text
        clock.shift(timedelta(days=60))
        browser = as_(app, boss)
        page = browser.get("/en/asked-for").text
        assert "Nepali" in page
        assert CANARY not in page

    def test_another_centre_is_not_theirs(self, app: Flask, here: Centre, boss: Person) -> None:
        there = make.centre(code="craiova")
        make.voice(make.participant(there), make.gap(there, language="si"))

        assert "Sinhala" not in as_(app, boss).get("/en/asked-for?centre=craiova").text

    def test_as_many_questions_for_many_as_for_few(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        def one_more(tag: str) -> None:
            make.mediator(here, {tag: Level.NATIVE}, hours_a_week=5)
            make.voice(make.participant(here), make.gap(here, language=tag))
            course = make.activity(centre=here, level="A1", support_language=tag)
            make.meeting(activity=course, starts_at=MONDAY + timedelta(hours=7))
            reply = Reply(
                activity=make.activity(centre=here),
                matter=Matter.LIFE,
                language=tag,
                part=PartOfDay.MORNING,
                made_at=BEFORE,
                told_at=BEFORE,
                people=2,
            )
            db.session.add(reply)
            db.session.commit()

        one_more("ne")
        browser = as_(app, boss)
        browser.get("/en/asked-for")
        few = len(statements(lambda: browser.get("/en/asked-for")))
        for tag in ("ar", "hi", "bn", "uk"):
            one_more(tag)

        assert len(statements(lambda: browser.get("/en/asked-for"))) == few


class TestMakingAnActivityOfIt:
    @pytest.fixture
    def boss(self, here: Centre) -> Person:
        return make.coordinator(here)

    def sent(self, here: Centre, gap: Gap, **given: Any) -> dict[str, Any]:
        return {
            "kind": gap.matter.kind.value,
            "gap": gap.key,
            "title_en": "Romanian in the evening",
            "privacy": "members",
            "centre": here.id,
            "language": "ro",
            "support_language": "ne",
            "level": "A1",
            "hour_minutes": 45,
            "slots-0-weekday": "1",
            "slots-0-starts": "18:00",
            "slots-0-ends": "20:00",
            "slots-0-room": 0,
            "every": "1",
            "first_day": "2027-03-01",
            "ends_by": "count",
            "count": 4,
            "term": 0,
            "save": "1",
            **given,
        }

    def test_the_form_begins_with_what_was_asked(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        key = make.gap(here).key
        page = as_(app, boss).get(f"/en/activities/new?centre=brasov&gap={key}").text

        assert '<option selected value="A1">' in page
        assert '<option selected value="ne">' in page
        assert 'value="18:00"' in page
        assert 'value="20:00"' in page
        assert 'value="Romanian course A1"' in page
        assert f'name="gap" type="hidden" value="{key}"' in page
        assert "They are told as soon as it is published." in page

    @pytest.mark.parametrize("matter", [one for one in Matter if not one.is_protected])
    @pytest.mark.parametrize("part", PartOfDay)
    def test_every_gap_has_a_form(
        self, app: Flask, here: Centre, boss: Person, matter: Matter, part: PartOfDay
    ) -> None:
        gap = make.gap(here, matter, part=part)

        answer = as_(app, boss).get(f"/en/activities/new?centre=brasov&gap={gap.key}")

        assert answer.status_code == 200
        assert 'value="ne"' in answer.text

    @pytest.mark.parametrize("key", ["x", "romanian~A1~ne~night", "women~A1~ne~evening"])
    def test_no_such_gap(self, app: Flask, here: Centre, boss: Person, key: str) -> None:
        assert as_(app, boss).get(f"/en/activities/new?gap={key}").status_code == 404

    def test_saved_and_open_at_once_who_asked_is_told(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        make.voice(make.participant(here), make.gap(here))
        browser = as_(app, boss)

        data = self.sent(here, make.gap(here))
        looked = browser.post("/en/activities/new", data={**data, "save": None})
        assert looked.status_code == 200
        assert the_voice().answered_at is None
        answer = browser.post("/en/activities/new", data=data)

        assert answer.status_code == 303
        assert the_voice().answered_at == BEFORE
        page = browser.get("/en/asked-for").text
        assert "Answered" in page
        assert "Romanian in the evening" in page

    def test_founding_a_group_is_no_way_to_hear_who_asks(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        make.womens_group(centre=here)
        women = make.gap(here, Matter.WOMEN)
        make.voice(make.participant(here, gender=Gender.WOMAN), women)

        answer = as_(app, boss).post("/en/activities/new", data=self.sent(here, women))

        assert answer.status_code == 303
        assert the_voice().answered_at is None
        assert db.session.scalars(select(Reply)).all() == []

    def test_where_children_must_be_minded_childcare_is_next(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        make.voice(make.participant(here), make.gap(here), childcare=True)

        answer = as_(app, boss).post("/en/activities/new", data=self.sent(here, make.gap(here)))

        activity = db.session.scalars(select(Activity)).one()
        assert answer.location == f"/en/activities/{activity.ref}/childcare"

    def test_a_draft_is_shown_as_being_prepared_and_told_with_its_term(
        self, app: Flask, here: Centre, boss: Person
    ) -> None:
        make.voice(make.participant(here), make.gap(here))
        term = Term(
            centre=here,
            name="Spring",
            first_day=BEFORE.date(),
            last_day=MONDAY.date() + timedelta(days=60),
        )
        db.session.add(term)
        db.session.flush()
        browser = as_(app, boss)
        browser.post("/en/activities/new", data=self.sent(here, make.gap(here), term=term.id))
        assert the_voice().answered_at is None
        assert "being prepared" in browser.get("/en/asked-for").text

        browser.post(f"/en/terms/{term.ref}/publication")

        assert the_voice().answered_at == BEFORE

    def test_what_there_is_may_be_told_too(self, app: Flask, here: Centre, boss: Person) -> None:
        make.voice(make.participant(here), make.gap(here))
        course = make.activity(centre=here, level="A1", support_language="ne")
        make.meeting(activity=course, starts_at=MONDAY + timedelta(hours=7))
        browser = as_(app, boss)
        asked = {"gap": make.gap(here).key, "activity": course.ref}

        for _time in range(2):
            answer = browser.post("/en/asked-for/replies", data=asked)
            assert answer.location == "/en/asked-for?centre=brasov"

        assert the_voice().answered_at == BEFORE
        for wrong in ({"gap": "x"}, {"activity": "x"}):
            answer = browser.post("/en/asked-for/replies", data={**asked, **wrong})
            assert answer.status_code == 404
