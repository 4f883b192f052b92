"""Templates: a plan kept for the coordinators of a centre, never of what only some may know."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.planning.outlines import Outline
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, ActivityText
from app.programme.templates import Template
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.planning.test_copying import weekly
from tests.planning.test_plan_pages import chosen


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(app: Flask) -> Person:
    return make.coordinator(make.centre())


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


@pytest.fixture
def course(boss: Person) -> Activity:
    made = make.activity("A1", centre=boss.memberships[0].centre, level="A1", coordinator=boss)
    weekly(made, 0, 7)
    db.session.commit()
    return made


def template(activity: Activity, name: str = "A1 intensive") -> Template:
    outline = Outline(kind=Kind.COURSE, texts={"en": ("From afar", "")}, level="A2.1")
    made = Template(centre=activity.centre, name=name, outline=outline.to_json(), made_at=LONG_AGO)
    db.session.add(made)
    db.session.commit()
    return made


def kept() -> list[Template]:
    return list(db.session.scalars(select(Template).order_by(Template.id)))


def test_what_is_kept_begins_a_plan_of_any_coordinator_of_the_centre(
    app: Flask, desk: Browser, course: Activity
) -> None:
    asked = desk.get(f"/en/activities/{course.ref}/template")
    assert asked.status_code == 200
    answer = desk.post(f"/en/activities/{course.ref}/template", data={"name": " Usual course "})
    assert answer.status_code == 303

    (one,) = kept()
    assert (one.name, one.centre) == ("Usual course", course.centre)
    assert str(MONDAY.year) not in str(one.outline)
    other = Browser(app).sign_in(make.coordinator(course.centre))
    assert "Usual course" in other.get("/en/activities/new").text
    assert "Usual course" in other.get("/en/templates").text
    page = other.get(f"/en/activities/new?template={one.ref}").text
    assert 'value="A1"' in page
    assert chosen(page, "level") == "A1"
    assert chosen(page, "slots-0-weekday") == "0"
    assert re.search(r'name="count"[^>]*value="2"', page)


def test_a_name_is_asked_for_and_may_stand_once_in_a_centre(
    desk: Browser, course: Activity
) -> None:
    path = f"/en/activities/{course.ref}/template"
    template(course, "Taken")

    nameless = desk.post(path, data={"name": "  "})
    assert (nameless.status_code, "Type a name." in nameless.text) == (422, True)
    taken = desk.post(path, data={"name": "Taken"})
    assert (taken.status_code, "Choose another name" in taken.text) == (422, True)
    assert 'value="Taken"' in taken.text
    assert len(kept()) == 1


def test_renaming_and_removing(desk: Browser, course: Activity) -> None:
    one, _two = template(course, "One"), template(course, "Two")
    path = f"/en/templates/{one.ref}"

    assert 'value="One"' in desk.get(f"{path}/name").text
    assert desk.post(f"{path}/name", data={"name": "Two"}).status_code == 422
    assert desk.post(f"{path}/name", data={"name": ""}).status_code == 422
    assert desk.post(f"{path}/name", data={"name": "One"}).status_code == 303
    assert desk.post(f"{path}/name", data={"name": "Best"}).status_code == 303
    db.session.expire_all()
    assert [each.name for each in kept()] == ["Best", "Two"]
    assert desk.post(f"{path}/removal").status_code == 303
    assert [each.name for each in kept()] == ["Two"]
    assert db.session.scalars(select(Activity)).one() == course


def test_templates_of_another_centre_do_not_exist(app: Flask, course: Activity) -> None:
    one = template(course)
    stranger = Browser(app).sign_in(make.coordinator(make.centre()))

    assert one.name not in stranger.get("/en/templates").text
    assert one.name not in stranger.get("/en/activities/new").text
    assert stranger.get(f"/en/activities/new?template={one.ref}").status_code == 404
    assert stranger.get(f"/en/templates/{one.ref}/name").status_code == 404
    assert stranger.post(f"/en/templates/{one.ref}/name", data={"name": "X"}).status_code == 404
    assert stranger.post(f"/en/templates/{one.ref}/removal").status_code == 404
    assert stranger.get(f"/en/activities/{course.ref}/template").status_code == 404
    path = f"/en/activities/{course.ref}/template"
    assert stranger.post(path, data={"name": "X"}).status_code == 404
    assert [each.name for each in kept()] == [one.name]


@pytest.mark.parametrize("kind", [Kind.COURSE, Kind.WOMENS_GROUP])
def test_of_a_protected_activity_no_template_is_kept(
    desk: Browser, boss: Person, kind: Kind
) -> None:
    secret = make.activity(
        "Quiet circle",
        kind=kind,
        privacy=Privacy.PROTECTED,
        centre=boss.memberships[0].centre,
        coordinator=boss,
    )
    db.session.commit()

    answer = desk.post(f"/en/activities/{secret.ref}/template", data={"name": "Mine"})

    assert answer.status_code == 409
    assert "You can copy the activity itself" in answer.text
    assert kept() == []


def test_a_protected_session_of_an_open_course_is_not_part_of_its_template(
    desk: Browser, course: Activity
) -> None:
    weekly(course, 3, privacy=Privacy.PROTECTED)
    db.session.commit()

    desk.post(f"/en/activities/{course.ref}/template", data={"name": "Course"})

    (one,) = kept()
    assert [slot[0] for slot in one.outline["slots"]] == [0]
    assert one.outline["count"] == 2


def test_a_template_that_makes_no_sense_any_more_is_not_found(
    desk: Browser, course: Activity
) -> None:
    one = template(course)
    one.outline = {"kind": "pottery"}
    db.session.commit()

    assert desk.get(f"/en/activities/new?template={one.ref}").status_code == 404
    assert desk.get("/en/templates").status_code == 200


def test_planning_from_a_template_changes_nothing_about_it(desk: Browser, course: Activity) -> None:
    one = template(course)
    course.texts = [ActivityText(language="en", title="Old", folded="old", changed_at=LONG_AGO)]
    db.session.commit()

    page = desk.get(f"/en/activities/new?template={one.ref}").text

    assert 'value="From afar"' in page
    assert chosen(page, "level") == "A2.1"
    assert len(db.session.scalars(select(Activity)).all()) == 1
