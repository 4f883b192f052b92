"""The programme as strangers meet it: choices in the address, conditional requests, alternates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.i18n import LANGUAGES, PARTIAL
from app.people.models import Person
from app.programme.kinds import AgeBand, Kind, Privacy
from app.programme.models import Activity, Meeting, Status
from app.programme.routes import MOST
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY
from tests.statements import statements

EVERYTHING = {"Here", "Walk", "Children", "Span", "Evening", "First letters"}
TODAY = MONDAY - timedelta(hours=3)
RTL = {"ar", "fa", "ps"}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


def listed(title: str, *, days: int = 0, **given: object) -> Meeting:
    at = given.pop("at", MONDAY + timedelta(days=days))
    return make.meeting(activity=make.activity(title, **given), starts_at=at)


def titles(browser: Browser, query: str = "") -> set[str]:
    """The titles on the programme, in English."""
    page = browser.get(f"/en/{query}").text
    return set(re.findall(r'class="session-title"><a [^>]*>(.*?)</a>', page))


def test_the_start_shows_this_week_and_leads_to_six(browser: Browser) -> None:
    for title, days in (("Now", 0), ("Sunday", 6), ("Later", 7), ("Far", 40), ("Too far", 43)):
        listed(title, days=days)
    db.session.commit()

    assert titles(browser) == {"Now", "Sunday"}
    assert titles(browser, "?when=next") == {"Later"}
    assert titles(browser, "?when=all") == {"Now", "Sunday", "Later", "Far"}
    assert titles(browser, "?when=2036") == {"Now", "Sunday"}


def test_what_began_this_hour_is_still_there_and_what_began_before_is_not(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    listed("Just begun")
    db.session.commit()

    clock.move_to(MONDAY + timedelta(minutes=50))
    assert titles(browser) == {"Just begun"}
    clock.move_to(MONDAY + timedelta(minutes=61))
    assert titles(browser) == set()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?centre=here", {"Here"}),
        ("?centre=nowhere", set()),
        ("?kind=cultural", {"Walk"}),
        ("?kind=womens_group", EVERYTHING),
        ("?language=uk", {"Span"}),
        ("?level=A2", {"Span"}),
        ("?level=A1", {"Span", "Evening"}),
        ("?level=pre-A1", {"First letters"}),
        ("?age=children", {"Here", "Walk", "Children", "Span"}),
        ("?day=wed", {"Evening"}),
        ("?day=mon&level=A2", {"Span"}),
        ("?words=walk", {"Walk"}),
        ("?centre=here&kind=cultural", set()),
        ("?age=x&day=x&level=x&kind=x", EVERYTHING),
    ],
)
def test_each_choice_in_the_address(browser: Browser, query: str, found: set[str]) -> None:
    listed("Here", centre=make.centre(code="here"))
    listed("Walk", kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    listed("Children", kind=Kind.ORIENTATION, age=AgeBand.CHILDREN)
    listed("Span", level="A1–A2.1", support_language="uk")
    listed("Evening", level="A1", age=AgeBand.ADULTS, days=2)
    listed("First letters", level="pre-A1", age=AgeBand.ADULTS, days=1)
    db.session.commit()

    assert titles(browser, query) == found


def test_nothing_of_a_choice_is_kept_but_in_the_address(browser: Browser) -> None:
    make.meeting(activity=make.activity(centre=make.centre(code="here")))
    db.session.commit()

    answer = browser.get("/en/?centre=here")

    cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.split("=")[0] for cookie in cookies] == ["language"]
    assert "here" not in "".join(cookies)


def test_an_empty_list_says_what_to_do_next(browser: Browser) -> None:
    page = browser.get("/en/?kind=course").text

    assert "Nothing is planned that fits all of this." in page
    assert 'href="/en/?kind=course&amp;when=all"' in page


def test_too_many_sessions_are_cut_and_it_is_said(
    browser: Browser,
) -> None:
    course = make.activity()
    for minute in range(MOST + 1):
        make.meeting(activity=course, starts_at=MONDAY + timedelta(minutes=minute))
    db.session.commit()

    page = browser.get("/en/").text

    assert page.count("session-title") == MOST
    assert "There is more. Choose a centre, or fewer days." in page


def test_a_page_asks_as_often_for_many_sessions_as_for_few(browser: Browser) -> None:
    def asked() -> int:
        db.session.expunge_all()
        return len(statements(lambda: browser.get("/en/")))

    listed("One")
    db.session.commit()
    browser.get("/en/")
    few = asked()
    for n in range(6):
        listed(f"More {n}")
    db.session.commit()

    assert asked() == few <= 7


class TestUnchanged:
    """What a browser has is not sent again; what somebody signed in sees is kept nowhere."""

    PAGES = ("/en/", "/en/?kind=course", "/en/meetings/{m}", "/en/activities/{a}")

    @pytest.fixture
    def paths(self, app: Flask) -> list[str]:
        meeting = listed("Course")
        db.session.commit()
        return [path.format(m=meeting.ref, a=meeting.activity.ref) for path in self.PAGES]

    @pytest.mark.parametrize("accepted", ["gzip", "identity"])
    def test_an_unchanged_page_is_304(
        self, browser: Browser, paths: list[str], accepted: str
    ) -> None:
        for path in paths:
            packed = {"Accept-Encoding": accepted}
            first = browser.get(path, headers=packed)
            assert first.headers["Cache-Control"] == "no-cache"
            again = browser.get(path, headers={**packed, "If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b""), path
            assert again.headers["ETag"] == first.headers["ETag"]

    def test_a_change_is_sent(self, browser: Browser, paths: list[str]) -> None:
        tags = [browser.get(path).headers["ETag"] for path in paths]
        for text in db.session.scalars(db.select(Activity)).one().texts:
            text.title = "Another name"
        db.session.commit()

        for path, tag in zip(paths, tags, strict=True):
            answer = browser.get(path, headers={"If-None-Match": tag})
            assert answer.status_code == 200, path
            assert "Another name" in answer.text

    def test_what_somebody_signed_in_sees_is_kept_nowhere(
        self, browser: Browser, paths: list[str]
    ) -> None:
        tags = [browser.get(path).headers["ETag"] for path in paths]
        browser.sign_in(make.participant(make.centre()))

        for path, tag in zip(paths, tags, strict=True):
            answer = browser.get(path, headers={"If-None-Match": tag})
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
            assert "manifest" not in answer.text
            assert "offline.js" not in answer.text

    def test_what_is_said_to_one_browser_is_kept_nowhere(
        self, browser: Browser, paths: list[str]
    ) -> None:
        browser.sign_in(make.participant(make.centre()))
        browser.post("/en/sign-out")

        answer = browser.get("/en/")

        assert "You are signed out." in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_page_and_knows_the_others(browser: Browser, language: str) -> None:
    page = browser.get(f"/{language}/").text

    direction = "rtl" if language in RTL else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page
    others = re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', page)
    assert [tag for tag, _address in others] == [*LANGUAGES, "x-default"]
    assert all(address.endswith(f"/{tag}/") for tag, address in others[:-1])
    assert page.count(f'rel="canonical" href="{dict(others)[language]}"') == 1
    assert f'<link rel="manifest" href="/{language}/manifest.webmanifest">' in page


def test_what_is_chosen_and_what_is_for_members_is_not_for_search_engines(
    browser: Browser,
) -> None:
    course, walk = listed("Course"), listed("Walk", kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    db.session.commit()

    for path in ("/en/?kind=course", f"/en/activities/{course.activity.ref}"):
        assert '<meta name="robots" content="noindex">' in browser.get(path).text, path
    open_page = browser.get(f"/en/activities/{walk.activity.ref}").text
    assert "noindex" not in open_page
    assert f'hreflang="bn" href="http://localhost/bn/activities/{walk.activity.ref}"' in (
        open_page.replace("http://127.0.0.1:8000", "http://localhost")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_web_app_of_each_language(browser: Browser, language: str) -> None:
    answer = browser.get(f"/{language}/manifest.webmanifest")
    said = json.loads(answer.data)

    assert answer.mimetype == "application/manifest+json"
    assert (said["lang"], said["dir"]) == (language, "rtl" if language in RTL else "ltr")
    assert said["start_url"] == f"/{language}/"
    assert said["scope"] == "/"
    for icon in said["icons"]:
        with browser.get(icon["src"]) as picture:
            assert picture.data.startswith(b"\x89PNG"), icon
            assert "immutable" in picture.headers["Cache-Control"]


def test_the_service_worker_is_asked_for_anew_and_is_under_the_same_policy(
    browser: Browser,
) -> None:
    with browser.get("/sw.js") as answer:
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_search_engines_read_what_is_open_to_everybody_and_no_course(browser: Browser) -> None:
    course = listed("Course")
    walk = listed("Walk", kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    gone = listed("Gone", kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    gone.status = Status.CANCELLED
    db.session.commit()

    robots, sitemap = browser.get("/robots.txt").text, browser.get("/sitemap.xml").data

    assert re.search(r"^Sitemap: http\S+/sitemap\.xml$", robots, re.MULTILINE)
    places = [one.text or "" for one in ElementTree.fromstring(sitemap).iter(f"{SITEMAP}loc")]
    assert len(places) == 2 * len(LANGUAGES)
    assert sum(walk.activity.ref in place for place in places) == len(LANGUAGES)
    assert course.activity.ref not in str(sitemap)
    assert gone.activity.ref not in str(sitemap)


@pytest.mark.parametrize("language", sorted(PARTIAL))
def test_a_room_that_does_not_exist_in_a_language_says_honestly_that_it_is_english(
    browser: Browser, language: str
) -> None:
    boss = make.coordinator(make.centre(), language=language)
    db.session.commit()
    browser.sign_in(boss)

    page = browser.get(f"/{language}/week").text
    own = browser.get("/mine").text

    assert '<html lang="en" dir="ltr">' in page
    assert f'hreflang="{language}"' not in page
    assert f'href="/{language}/' in page  # the way back stays in the language
    assert f'<html lang="{language}"' in own
    assert all(f'hreflang="{tag}"' in own for tag in LANGUAGES)


def test_an_activity_says_in_plain_words_when_where_for_whom_and_how(browser: Browser) -> None:
    course = make.activity("Romanian A1", level="A1", age=AgeBand.ADULTS, capacity=7)
    for week in range(3):
        make.meeting(activity=course, starts_at=MONDAY + timedelta(weeks=week))
    db.session.commit()

    page = browser.get(f"/en/activities/{course.ref}").text
    text = " ".join(re.sub(r"<[^>]*>", " ", page).split())

    assert "Days Monday , from 11:00 to 13:00" in text.replace("Monday,", "Monday ,")
    assert "A1 – a few words and phrases" in text
    assert "adults" in text
    assert course.centre.address in text
    assert "How to join" in text
    assert "7" not in re.sub(r"\d{2}:\d{2}|20\d\d|\d+ March|Punții \d+|Centre \d+", "", text)


def test_who_is_signed_in_is_not_told_how_to_sign_in(browser: Browser) -> None:
    meeting = listed("Course")
    learner: Person = make.participant(meeting.activity.centre)
    db.session.commit()

    page = browser.sign_in(learner).get(f"/en/activities/{meeting.activity.ref}").text

    assert "I want to come" in page
    assert "How to join" not in page


@pytest.mark.parametrize(("apart", "at_once"), [(1, 9), (7, 5)])
def test_ones_own_page_shows_what_comes_soon_and_opens_the_rest(
    browser: Browser, apart: int, at_once: int
) -> None:
    """Two weeks, and five sessions at least: a telephone has no room for a whole term."""
    layla, course = make.person(), make.activity()
    for n in range(9):
        session = make.meeting(activity=course, starts_at=MONDAY + timedelta(days=n * apart))
        make.book_learner(layla, session)
    db.session.commit()

    page = browser.sign_in(layla).get("/mine").text

    shown, _opened, later = page.partition("<summary>")
    assert shown.count('class="session-title"') == at_once
    assert later.count('class="session-title"') == 9 - at_once
