"""The register, who is there twice, and the page before two become one: need-to-know throughout."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.attendance.models import Placement
from app.extensions import db
from app.feeds.operations import make_link
from app.notices.models import Silence
from app.participants import queries, routes
from app.participants.models import Merge, NotSame
from app.participants.queries import participants_of
from app.people.guardians import guardians_of
from app.people.models import Apart, Centre, Person
from app.people.namesakes import NameKey, NameReading, keep_name, read_names
from app.people.terms import HELPERS, Level, Role
from app.programme.bookings import book
from app.programme.models import Activity, Confidant, Part
from app.signups.models import Enrolment
from tests import make
from tests.conftest import Browser
from tests.make import LONG_AGO
from tests.statements import statements


def known(centre: Centre, name: str, **given: Any) -> Person:
    """A participant whose name was read."""
    made = make.participant(centre, name=name, **given)
    keep_name(made)
    return made


def place(person: Person, activity: Activity) -> Activity:
    db.session.add(Enrolment(activity=activity, person=person, joined_at=LONG_AGO))
    db.session.flush()
    return activity


class House:
    """Two centres; who plans the first, and Mohammed, who goes to a course and a secret group."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.here, self.there = make.centre(), make.centre()
        self.planner = make.coordinator(self.here)
        self.other_planner = make.coordinator(self.there)
        self.person = known(self.here, "Mohammed Ali", phone="0712 345 678", language="ar")
        self.course = place(self.person, make.activity("Romanian", centre=self.here))
        make.meeting(activity=self.course)
        self.group = place(self.person, make.womens_group(centre=self.here))
        db.session.commit()

    def browser(self, person: Person) -> Browser:
        client = self.app.test_client()
        assert isinstance(client, Browser)
        return client.sign_in(person)


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def text(browser: Browser, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row">.*?<bdi>(.*?)</bdi>', page, re.S)


class TestWhoSeesWhat:
    """DOMAIN 1.6, page by page: who may not, finds no page, no name and no number."""

    PAGES = (
        "/en/participants",
        "/en/participants/twice",
        "/en/participants/{ref}/twice",
        "/en/people/{ref}",
        "/en/activities/{course}/learners",
        "/en/people/{ref}/card",
    )
    FIELDS = ("Mohammed Ali", "0712 345 678")

    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("role", [*HELPERS, Role.PARTICIPANT])
    def test_nobody_else_opens_it(self, house: House, path: str, role: Role) -> None:
        reader = house.browser(make.person([role], house.here))

        answer = reader.get(path.format(ref=house.person.ref, course=house.course.ref))

        assert answer.status_code == 404
        assert not any(field in answer.get_data(as_text=True) for field in self.FIELDS)

    @pytest.mark.parametrize("path", PAGES[:3])
    def test_administrators_have_no_data_of_participants(self, house: House, path: str) -> None:
        reader = house.browser(make.person([Role.ADMINISTRATOR], house.here))

        answer = reader.get(path.format(ref=house.person.ref))

        assert answer.status_code == 404
        assert not any(field in answer.get_data(as_text=True) for field in self.FIELDS)

    @pytest.mark.parametrize("path", PAGES)
    def test_nor_does_a_colleague_of_another_centre(self, house: House, path: str) -> None:
        reader = house.browser(house.other_planner)

        answer = reader.get(path.format(ref=house.person.ref, course=house.course.ref))

        assert not any(field in answer.get_data(as_text=True) for field in self.FIELDS)
        assert answer.status_code == (200 if "{" not in path else 404)

    def test_the_register_says_that_somebody_is_reached_and_not_where(self, house: House) -> None:
        page = text(house.browser(house.planner), "/en/participants")

        assert rows(page) == ["Mohammed Ali"]
        assert "Telephone" in page
        assert "0712" not in page
        assert str(house.person.email) not in page

    def test_of_a_protected_group_nothing_is_said(self, house: House) -> None:
        reader = house.browser(house.planner)

        page = text(reader, "/en/participants")

        assert "Romanian" in page
        assert "Quiet circle" not in page
        assert reader.get(f"/en/participants?activity={house.group.ref}").status_code == 404
        assert reader.get("/en/participants?activity=nothing").status_code == 404

    def test_to_whom_it_is_entrusted_it_is_said(self, house: House) -> None:
        db.session.add(Confidant(activity_id=house.group.id, person_id=house.planner.id))
        db.session.commit()
        reader = house.browser(house.planner)

        assert "Quiet circle" in text(reader, "/en/participants")
        assert rows(text(reader, f"/en/participants?activity={house.group.ref}")) == [
            "Mohammed Ali"
        ]

    def test_before_two_become_one_nothing_of_it_is_said(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        place(twin, house.group)
        db.session.commit()
        reader = house.browser(house.planner)

        page = text(reader, f"/en/participants/{house.person.ref}/merge/{twin.ref}")

        assert "Romanian" in page
        assert "Quiet circle" not in page
        assert "Both have a place here" not in page
        assert "another" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.S).lower()


class TestTheRegister:
    def test_goes_on_from_page_to_page(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("Anna", "Bella", "Bella", "Clara", "Zoe"):
            known(house.here, name)
        db.session.commit()
        monkeypatch.setattr(queries, "PAGE", 2)
        monkeypatch.setattr(routes, "PAGE", 2)
        reader = house.browser(house.planner)
        found, path = [], "/en/participants"

        while path:
            page = text(reader, path)
            found += rows(page)
            after = re.search(r'rel="next" href="([^"]+)"', page)
            path = after.group(1).replace("&amp;", "&") if after else ""

        assert found == ["Anna", "Bella", "Bella", "Clara", "Mohammed Ali", "Zoe"]
        assert 'href="/en/participants">' in page.partition("<table")[2]  # to the first
        assert "First page" not in text(reader, "/en/participants")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("name=محمد", ["Mohammed Ali"]),
            ("name=moha", ["Mohammed Ali"]),
            ("name=ali+mohamad", ["Mohammed Ali"]),
            ("name=олена", ["Olena"]),
            ("name=%25", []),
            ("name=Quiet", []),
            ("language=uk", ["Olena"]),
            ("language=ar", ["Mohammed Ali"]),
            ("level=A1", ["Olena"]),
            ("level=B2", []),
            ("unreached=1", ["Olena"]),
            ("language=nonsense", []),
        ],
    )
    def test_is_searched(self, house: House, query: str, found: list[str]) -> None:
        olena = known(house.here, "Olena", email=None, speaks={"uk": Level.NATIVE})
        for level in ("B2", "A1"):
            db.session.add(Placement(person_id=olena.id, level=level, at=LONG_AGO))
            db.session.flush()
        db.session.commit()

        page = text(house.browser(house.planner), f"/en/participants?{query}")

        assert rows(page) == found

    def test_asks_as_often_for_three_as_for_one(self, house: House) -> None:
        reader = house.browser(house.planner)
        one = statements(lambda: reader.get("/en/participants?name=m"))
        for name in ("Mona", "Mina"):
            place(known(house.here, name, speaks={"ar": Level.A1}), house.course)
        db.session.commit()
        three = statements(lambda: reader.get("/en/participants?name=m"))

        assert len(three) == len(one)


class TestTwice:
    def test_a_pair_is_shown_with_its_reason(self, house: House) -> None:
        known(house.here, "محمد علي")

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert "محمد علي" in page
        assert "The same name, spelled in another way." in page

    def test_a_telephone_is_a_reason(self, house: House) -> None:
        known(house.here, "Abu Karim", phone="0712345678")

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert "The same telephone." in page

    def test_a_telephone_typed_in_another_way_too(self, house: House) -> None:
        known(house.here, "Abu Karim", phone="+40 712-345-678")

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert "The same telephone." in page

    def test_people_told_apart_by_numbers_are_no_pairs(self, house: House) -> None:
        for number in range(30):
            known(house.here, f"Person {number:02}")
        known(house.here, "Mohamad Ali")

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert page.count("Look at both") == 1

    def test_the_surest_are_shown_first_and_the_others_counted(self, house: House) -> None:
        for _number in range(12):
            known(house.here, "Olena Kovalenko")

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert page.count("Look at both") == 50
        assert "and 16 more" in page

    def test_others_are_not(self, house: House) -> None:
        known(house.here, "Mahmoud Ali")
        known(house.there, "Mohamad Ali")

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert "Nobody is here twice" in page

    def test_who_goes_elsewhere_too_is_not_shown(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        also = make.participant(house.there)
        also.memberships[0].person_id = twin.id
        db.session.commit()
        reader = house.browser(house.planner)

        assert "Nobody is here twice" in text(reader, "/en/participants/twice")
        path = f"/en/participants/{house.person.ref}/merge/{twin.ref}"
        assert reader.get(path).status_code == 404
        assert reader.post(path).status_code == 404

    def test_two_people_are_not_asked_about_again(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        db.session.commit()
        reader = house.browser(house.planner)

        reader.post(f"/en/participants/{house.person.ref}/two/{twin.ref}")

        assert "Nobody is here twice" in text(reader, "/en/participants/twice")
        (said,) = db.session.scalars(select(NotSame))
        assert said.by_id == house.planner.id
        again = reader.post(f"/en/participants/{house.person.ref}/merge/{twin.ref}")
        assert again.status_code == 409

    def test_two_who_never_meet_are_never_shown(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        first, second = sorted((house.person.id, twin.id))
        db.session.add(Apart(person_id=first, other_id=second, made_at=LONG_AGO))
        db.session.commit()

        page = text(house.browser(house.planner), "/en/participants/twice")

        assert "Nobody is here twice" in page

    def test_nobody_is_compared_with_everybody(self, house: House) -> None:
        reader = house.browser(house.planner)
        few = statements(lambda: reader.get("/en/participants/twice"))
        for number in range(20):
            known(house.here, f"Somebody {'abcdefghijklmnopqrst'[number]} Mohamad Ali")
        db.session.commit()
        many = statements(lambda: reader.get("/en/participants/twice"))

        assert len(many) <= len(few) + 2  # the pairs, and their roles

    def test_one_is_found_by_hand(self, house: House) -> None:
        other = known(house.here, "Abu Karim")
        db.session.commit()
        reader = house.browser(house.planner)

        page = text(reader, f"/en/participants/{house.person.ref}/twice?name=karim")

        assert f"/merge/{other.ref}" in page


class TestBecomingOne:
    def test_it_says_before_what_will_be(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali", language="ro")
        place(twin, house.course)
        db.session.commit()
        reader = house.browser(house.planner)

        page = text(reader, f"/en/participants/{house.person.ref}/merge/{twin.ref}")

        for words in ("Both have a place here", "is used no more", "It cannot be undone"):
            assert words in page
        assert db.session.scalars(select(Merge)).all() == []

    def test_it_says_what_is_lost(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali", phone="0799 999 999")
        same = known(house.here, "Mohammed Ali", phone="+40712345678")
        db.session.commit()
        reader = house.browser(house.planner)

        page = text(reader, f"/en/participants/{house.person.ref}/merge/{twin.ref}")
        other = text(reader, f"/en/participants/{house.person.ref}/merge/{same.ref}")

        for lost in ("Mohamad Ali", "0799 999 999"):
            assert f"\u2068{lost}\u2069 is no longer kept." in page
        assert "no longer kept" not in other

    def test_it_happens(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        db.session.commit()
        ref = twin.ref
        reader = house.browser(house.planner)

        answer = reader.post(f"/en/participants/{house.person.ref}/merge/{ref}")

        assert answer.status_code == 303
        assert db.session.scalars(select(Person).where(Person.ref == ref)).all() == []
        assert db.session.scalars(select(Merge.gone_ref)).all() == [ref]
        gone = reader.get(f"/en/participants/{house.person.ref}/merge/{ref}")
        assert gone.status_code == 404

    def test_who_decides_for_a_child_is_asked(self, house: House) -> None:
        mother, stranger = known(house.here, "Maryam"), known(house.here, "Abu Sami")
        kept, gone = known(house.here, "Sami"), known(house.here, "سامي")
        make.guardianship(kept, mother)
        make.guardianship(gone, stranger)
        db.session.commit()
        browser = house.browser(house.planner)
        page = f"/en/participants/{kept.ref}/merge/{gone.ref}"

        assert "Other people decide" in browser.get("/en/participants/twice").text
        words = browser.get(page).text
        assert words.count("Maryam") == words.count("Abu Sami") == 2  # beside the child, and asked
        assert browser.post(page).status_code == 409
        assert browser.post(page, data={"deciding": mother.ref}).status_code == 303

        assert guardians_of([kept.id]) == {kept.id: [mother]}

    def test_a_helper_does_not_go(self, house: House) -> None:
        helper = make.person([Role.VOLUNTEER, Role.PARTICIPANT], house.here)
        db.session.commit()
        reader = house.browser(house.planner)
        path = f"/en/participants/{house.person.ref}/merge/{helper.ref}"

        assert "turn the two round" in text(reader, path)
        assert reader.post(path).status_code == 409

    def test_what_cannot_be_merged_is_said_beforehand(self, house: House) -> None:
        mother, child = known(house.here, "Mohamad Ali"), known(house.here, "Ali Mohamad")
        make.guardianship(child, mother)
        never = known(house.here, "Muhamed Ali")
        first, second = sorted((never.id, house.person.id))
        db.session.add(Apart(person_id=first, other_id=second, made_at=LONG_AGO))
        db.session.commit()
        reader = house.browser(house.planner)

        for kept, gone, why in (
            (mother, child, "these are two people"),
            (house.person, never, "Somebody on the staff said that these are two people."),
            (mother, mother, "Choose somebody else."),
        ):
            path = f"/en/participants/{kept.ref}/merge/{gone.ref}"
            page = text(reader, path)
            assert why in page
            assert "btn-danger" not in page
            assert "never" not in page.lower()
            assert 'class="back-link"' in page
            refused = reader.post(path)
            assert refused.status_code == 409
            assert f'href="{path}"' in refused.text

    def test_silence_is_not_told(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        db.session.add(Silence(person_id=twin.id, since=LONG_AGO))
        db.session.commit()
        reader = house.browser(house.planner)

        page = text(reader, f"/en/participants/{house.person.ref}/merge/{twin.ref}")

        assert "silent" not in page.lower()


class TestCalendars:
    def test_both_show_what_is_true_from_now_on(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        tokens = [
            make_link(person, label="Telephone", language="en", now=LONG_AGO)[1]
            for person in (house.person, twin)
        ]
        festival = make.meeting(activity=make.activity("Festival", centre=house.here))
        book(twin, festival, Part.LEARNER, in_spite=True)
        db.session.commit()
        stranger = house.app.test_client()
        before = [stranger.get(f"/c/{token}.ics").get_data(as_text=True) for token in tokens]

        house.browser(house.planner).post(
            f"/en/participants/{house.person.ref}/merge/{twin.ref}", data={"keeps_papers": "1"}
        )

        assert ["Festival" in calendar for calendar in before] == [False, True]
        for token in tokens:
            answer = stranger.get(f"/c/{token}.ics")
            assert (answer.status_code, "Festival" in answer.get_data(as_text=True)) == (200, True)

    def test_end_where_nobody_knows_who_holds_them(self, house: House) -> None:
        twin = known(house.here, "Mohamad Ali")
        _link, token = make_link(twin, label="Telephone", language="en", now=LONG_AGO)
        db.session.commit()

        house.browser(house.planner).post(f"/en/participants/{house.person.ref}/merge/{twin.ref}")

        assert house.app.test_client().get(f"/c/{token}.ics").status_code == 410


class TestAtTheDesk:
    def test_somebody_is_perhaps_there_already(self, house: House) -> None:
        reader = house.browser(house.planner)
        path = f"/en/activities/{house.course.ref}/learners/new"
        form = {"name": "محمد علي", "contact": "", "language": "ar"}

        asked = reader.post(path, data=form)

        page = asked.get_data(as_text=True)
        assert asked.status_code == 200
        assert "Perhaps already here" in page
        assert "Mohammed Ali" in page
        assert 'value="محمد علي"' in page
        assert people(house) == 1

    def test_somebody_new_is_added_all_the_same(self, house: House) -> None:
        reader = house.browser(house.planner)
        path = f"/en/activities/{house.course.ref}/learners/new"
        form = {"name": "Mohamad Ali", "contact": "", "language": "ar", "is_new": "Mohamad Ali"}

        reader.post(path, data=form)

        assert people(house) == 2

    def test_another_name_is_asked_about_anew(self, house: House) -> None:
        reader = house.browser(house.planner)
        path = f"/en/activities/{house.course.ref}/learners/new"
        form = {"name": "Mohamad Ali", "contact": "", "language": "ar", "is_new": "Zoe"}

        reader.post(path, data=form)

        assert people(house) == 1

    def test_of_people_elsewhere_nothing_is_said(self, house: House) -> None:
        known(house.there, "Olena Kovalenko", phone="0799 999 999")
        db.session.commit()
        reader = house.browser(house.planner)
        path = f"/en/activities/{house.course.ref}/learners/new"

        asked = reader.post(
            path, data={"name": "Олена Коваленко", "contact": "0799 999 999", "language": "uk"}
        )

        assert "Perhaps already here" not in asked.get_data(as_text=True)
        assert people(house) == 2

    def test_a_telephone_is_recognised(self, house: House) -> None:
        reader = house.browser(house.planner)
        path = f"/en/activities/{house.course.ref}/learners/new"

        asked = reader.post(path, data={"name": "Zoe", "contact": "0712345678", "language": "en"})

        assert "Mohammed Ali" in asked.get_data(as_text=True)


def people(house: House) -> int:
    found = participants_of(house.here).with_only_columns(func.count()).order_by(None)
    return db.session.scalars(found).one()


class TestNames:
    def test_are_read_when_they_are_written(self, house: House) -> None:
        reader = house.browser(house.planner)
        form = {
            "name": "Олена",
            "centre": house.here.id,
            "roles": "participant",
            "language": "uk",
            "gender": "",
        }

        reader.post(f"/en/people/{house.person.ref}", data=form)

        keys = select(NameKey.key).where(NameKey.person_id == house.person.id)
        assert set(db.session.scalars(keys)) == {"ln", "= ln"}

    def test_that_came_by_another_way_are_read_later(self, app: Flask) -> None:
        person = make.person(name="Olena")

        assert read_names() >= 1

        assert db.session.get_one(NameReading, person.id).name == "Olena"
        assert read_names() == 0

    def test_of_an_older_version_are_read_again(self, app: Flask) -> None:
        person = make.person(name="Olena")
        read_names()
        db.session.get_one(NameReading, person.id).version = 0
        db.session.flush()

        assert read_names() == 1

    def test_whoever_is_erased_is_not_read(self, app: Flask) -> None:
        make.person(name="Olena", erased_at=clock.now(), is_active=False)
        read_names()

        assert db.session.scalars(select(NameKey.key)).all() == []
