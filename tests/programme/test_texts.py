"""The words of activities side by side: what is shown is saved, what is old or missing is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Privacy
from app.programme.models import Activity, Part
from app.programme.operations import set_texts
from app.programme.wording import wording_of
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO
from tests.statements import statements


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
def activity(boss: Person) -> Activity:
    made = make.activity("Old words", centre=boss.memberships[0].centre, coordinator=boss)
    make.meeting(activity=made)
    texts = {"ro": ("Vechi", "Descriere"), "en": ("Old words", ""), "uk": ("Старе", "")}
    set_texts(made, texts, now=LONG_AGO)
    db.session.commit()
    return made


def words(activity: Activity) -> dict[str, tuple[str, str]]:
    db.session.expire_all()
    return {text.language: (text.title, text.description) for text in activity.texts}


def test_words_are_changed_beside_the_romanian_and_calendars_hear_of_it(
    desk: Browser, activity: Activity
) -> None:
    path = f"/en/activities/{activity.ref}/texts"
    page = desk.get(f"{path}?language=ar").text
    assert 'value="Vechi"' in page
    assert 'name="title_ar"' in page
    assert 'name="title_uk"' not in page

    typed = {"title_ro": "Vechi", "description_ro": "Descriere", "title_ar": "كلمات"}
    answer = desk.post(path, data=typed | {"language": "ar", "description_ar": "وصف"})

    assert answer.status_code == 303
    assert words(activity) == {
        "ro": ("Vechi", "Descriere"),
        "en": ("Old words", ""),
        "uk": ("Старе", ""),
        "ar": ("كلمات", "وصف"),
    }
    feed = desk.get("/ar/calendars/all.ics", headers={"Accept-Encoding": "identity"}).text
    assert "كلمات" in feed
    assert f"LAST-MODIFIED:{BEFORE:%Y%m%dT%H%M%SZ}" in feed


def test_words_of_a_language_are_taken_away_but_never_the_last(
    desk: Browser, boss: Person, activity: Activity
) -> None:
    path = f"/en/activities/{activity.ref}/texts"
    desk.post(path, data={"language": "uk", "title_ro": "Vechi", "title_uk": " "})
    assert set(words(activity)) == {"ro", "en"}

    alone = make.activity("Alone", centre=activity.centre, coordinator=boss)
    db.session.commit()
    path = f"/en/activities/{alone.ref}/texts"
    empty = desk.post(path, data={"language": "en", "title_en": " "})
    assert (empty.status_code, "at least one language" in empty.text) == (422, True)
    bare = desk.post(path, data={"language": "uk", "title_en": "Alone", "description_uk": "Опис"})
    assert (bare.status_code, "needs a title" in bare.text) == (422, True)
    assert "Опис" in bare.text
    assert words(alone) == {"en": ("Alone", "")}


def test_what_is_older_than_the_romanian_words_is_said_until_somebody_reads_it_again(
    desk: Browser, activity: Activity
) -> None:
    path = f"/en/activities/{activity.ref}/texts"
    old = "perhaps no longer true"
    assert old not in desk.get(path).text
    desk.post(path, data={"language": "ro", "title_ro": "Nou"})
    db.session.expire_all()

    assert wording_of(activity.texts).older == ("en", "uk")
    page = desk.get(f"{path}?language=uk").text
    assert page.count(old) == 2
    desk.post(path, data={"language": "uk", "title_ro": "Nou", "title_uk": "Старе"})
    db.session.expire_all()
    assert wording_of(activity.texts).older == ("en", "uk")
    still = {"language": "uk", "title_ro": "Nou", "title_uk": "Старе", "still_true": "y"}
    desk.post(path, data=still)
    db.session.expire_all()
    assert wording_of(activity.texts).older == ("en",)


def test_the_languages_that_participants_read_are_said_to_who_plans_it(
    desk: Browser, activity: Activity
) -> None:
    (meeting,) = [make.meeting(activity=activity, starts_at=BEFORE + timedelta(days=1))]
    secret = make.meeting(activity=make.activity(centre=activity.centre), privacy=Privacy.PROTECTED)
    for language in ("ar", "ar", "en"):
        book(make.participant(activity.centre, language=language), meeting, Part.LEARNER)
    book(make.mediator(activity.centre, language="ro"), meeting, Part.HELPER)
    book(make.participant(activity.centre, language="ro"), secret, Part.LEARNER)
    db.session.commit()

    page = desk.get(f"/en/activities/{activity.ref}/texts").text

    assert readers(page, "ar") == "2 participants read it"
    assert readers(page, "en") == "1 participant reads it"
    assert readers(page, "ro") is None
    elsewhere = desk.get(f"/en/activities/{secret.activity.ref}/texts").text
    assert readers(elsewhere, "ro") is None  # a session this coordinator may not know of


def readers(page: str, language: str) -> str | None:
    item = page.partition(f'texts?language={language}"')[2].partition("</li>")[0]
    found = re.search(r"(\d+ participants? reads? it)", item)
    return found.group(1) if found else None


def test_all_titles_are_listed_with_what_is_missing_and_filtered_by_language(
    app: Flask, desk: Browser, boss: Person, activity: Activity
) -> None:
    here = activity.centre
    over = make.activity("Over long ago", centre=here)
    make.meeting(activity=over, starts_at=LONG_AGO)
    for hidden in (make.womens_group(centre=here), make.activity("Elsewhere")):
        make.meeting(activity=hidden)
    db.session.commit()

    page = desk.get("/en/titles").text
    assert "Old words" in page
    assert "texts?language=bn" in page
    for unseen in ("Over long ago", "Quiet circle", "Elsewhere"):
        assert unseen not in page
    assert "Old words" in desk.get("/en/titles?language=bn").text
    assert "Old words" not in desk.get("/en/titles?language=uk").text
    assert "Old words" in desk.get("/en/titles?language=klingon").text
    guest = Browser(app).sign_in(make.participant(here))
    assert guest.get("/en/titles").status_code == 404


def test_titles_ask_as_often_for_twenty_activities_as_for_two(desk: Browser, boss: Person) -> None:
    counts = []
    for more in (2, 18):
        for _n in range(more):
            made = make.activity(centre=boss.memberships[0].centre, coordinator=boss)
            make.meeting(activity=made)
        db.session.commit()
        desk.get("/en/titles")
        counts.append(len(statements(lambda: desk.get("/en/titles"))))

    assert counts[0] == counts[1]
