"""The pages that offer calendars: every device finds its way, every choice its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import icalendar
import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.feeds.describing import last_fetched, title_of
from app.feeds.models import FeedLink
from app.feeds.operations import make_link
from app.feeds.programs import Device
from app.feeds.queries import PublicFeed
from app.feeds.ways import ALARMS, Offered, Way, qr_of, ways_from
from app.i18n import LANGUAGES, in_language
from app.programme.kinds import Kind, Privacy
from app.programme.models import Meeting
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE

HOUSE = "http://127.0.0.1:8000"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140.0 Mobile Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def course_meeting() -> Meeting:
    here = make.centre(code="brasov", name="Brașov")
    activity = make.activity("Curs A1", centre=here, support_language="ar")
    meeting = make.meeting(activity=activity, room=make.room(centre=here, name="Camera 7"))
    db.session.commit()
    return meeting


def first_way(page: str) -> str:
    return page.split("way-first")[1].split("</section>", maxsplit=1)[0]


def hrefs(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a [^>]*href="([^"]+)"', page)]


class TestWays:
    @pytest.mark.parametrize("device", list(Device))
    def test_every_device_has_every_way_once(self, device: Device) -> None:
        assert sorted(ways_from(device)) == sorted(Way)

    @pytest.mark.parametrize(
        ("agent", "button"),
        [
            (IPHONE, "webcal://127.0.0.1:8000/en/calendars/all.ics"),
            (ANDROID, "https://calendar.google.com/calendar/r?cid="),
            (WINDOWS, "https://outlook.live.com/calendar/0/addfromweb?url="),
            (LINUX, "webcal://127.0.0.1:8000/en/calendars/all.ics"),
        ],
    )
    def test_the_way_of_this_device_comes_first(
        self, browser: Browser, agent: str, button: str
    ) -> None:
        page = browser.get("/en/calendars/all", headers={"User-Agent": agent}).text

        assert hrefs(first_way(page))[0].startswith(button)
        assert page.count('<details class="way">') >= len(Way) - 1
        assert page.count('id="feed-address"') == 1

    def test_android_is_told_the_truth_about_its_app(self, browser: Browser) -> None:
        page = browser.get("/en/calendars/all", headers={"User-Agent": ANDROID}).text

        assert "app on Android cannot subscribe by itself" in first_way(page)
        assert "ICSx5" in first_way(page)
        assert any(href.startswith("webcal://") for href in hrefs(first_way(page)))

    def test_each_program_gets_the_address_as_it_wants_it(self) -> None:
        feed = Offered("Curs & „A1”", "https://punte.example/ro/calendars/all.ics?alarm=PT2H")

        google = parse_qs(urlsplit(feed.google).query)
        outlook, at_work = (
            parse_qs(urlsplit(one).query) for one in (feed.outlook, feed.outlook_at_work)
        )

        assert google == {"cid": ["webcal://punte.example/ro/calendars/all.ics?alarm=PT2H"]}
        assert outlook == at_work == {"url": [feed.https], "name": [feed.name]}

    def test_a_camera_reads_the_page_and_of_a_secret_feed_the_feed(self) -> None:
        public = Offered("x", "https://punte.example/a.ics", page="https://punte.example/a")
        secret = Offered("x", "https://punte.example/c/t.ics")

        assert public.qr == qr_of("https://punte.example/a")
        assert secret.qr == qr_of("webcal://punte.example/c/t.ics")


class TestPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("name", ["all", "centre-brasov", "kind-course", "language-ar"])
    def test_each_public_feed_has_a_page_in_each_language(
        self, browser: Browser, language: str, name: str
    ) -> None:
        course_meeting()

        answer = browser.get(f"/{language}/calendars/{name}")

        assert answer.status_code == 200
        assert f'value="{HOUSE}/{language}/calendars/{name}.ics"' in answer.text
        assert str(qr_of(f"{HOUSE}/{language}/calendars/{name}")) in answer.text
        assert f"{HOUSE}/ar/calendars/{name}/poster.pdf" in answer.text

    def test_an_activity_has_one_too_but_its_room_is_not_told(self, browser: Browser) -> None:
        meeting = course_meeting()

        page = browser.get(f"/en/calendars/activity-{meeting.activity.ref}").text

        assert "Curs A1" in page
        assert "Brașov, Str. Punții" in page
        assert "Camera 7" not in page

    @pytest.mark.parametrize("path", ["", "/poster.pdf"])
    @pytest.mark.parametrize(
        "name", ["centre-nowhere", "kind-womens_group", "kind-x", "language-xx", "activity-x", "x"]
    )
    def test_no_feed_no_page_and_no_poster(self, browser: Browser, name: str, path: str) -> None:
        assert browser.get(f"/calendars/{name}{path}").status_code == 404

    @pytest.mark.parametrize("alarm", [one for one in ALARMS if one])
    def test_the_address_is_in_the_language_and_with_the_alarm_that_were_chosen(
        self, browser: Browser, alarm: str
    ) -> None:
        course_meeting()

        page = browser.get(f"/en/calendars/all?language=uk&alarm={alarm}").text
        address = f"{HOUSE}/uk/calendars/all.ics?alarm={alarm}"
        body = browser.get(
            address.removeprefix(HOUSE), headers={"Accept-Encoding": "identity"}
        ).data

        assert f'value="{address}"' in page
        assert str(qr_of(f"{HOUSE}/uk/calendars/all?alarm={alarm}")) in page
        assert '<html lang="en"' in page
        [event] = icalendar.Calendar.from_ical(body).walk("VEVENT")
        assert [len(list(event.walk("VALARM"))), event["SUMMARY"].params["LANGUAGE"]] == [1, "uk"]

    def test_what_is_not_offered_is_left_out_of_the_address(self, browser: Browser) -> None:
        page = browser.get("/en/calendars/all?language=xx&alarm=PT9H").text

        assert f'value="{HOUSE}/en/calendars/all.ics"' in page

    def test_no_search_engine_keeps_it(self, browser: Browser) -> None:
        assert '<meta name="robots" content="noindex">' in browser.get("/calendars/all").text


class TestChoosing:
    @pytest.mark.parametrize(
        ("asked", "name"),
        [
            ("centre=&kind=&language=", "all"),
            ("centre=brasov&kind=&language=", "centre-brasov"),
            ("kind=course", "kind-course"),
            ("centre=brasov&kind=course&language=ar", "centre-brasov_kind-course_language-ar"),
        ],
    )
    def test_a_choice_leads_to_its_page(self, browser: Browser, asked: str, name: str) -> None:
        answer = browser.get(f"/ar/calendars?{asked}")

        assert answer.status_code == 303
        assert unquote(answer.location) == f"/ar/calendars/{name}"

    @pytest.mark.parametrize("asked", ["centre=../../x", "kind=womens_group", "language=%3Cb%3E"])
    def test_what_does_not_exist_is_not_found(self, browser: Browser, asked: str) -> None:
        answer = browser.get(f"/calendars?{asked}")

        assert browser.get(answer.location).status_code == 404

    def test_the_protected_kinds_are_not_offered(self, browser: Browser) -> None:
        page = browser.get("/en/calendars").text

        assert 'value="course"' in page
        for kind in Kind:
            if not kind.policy.privacy.is_listed:
                assert f'value="{kind.value}"' not in page

    def test_several_choices_are_all_in_the_title(self, app: Flask) -> None:
        here = make.centre(name="Brașov")
        feed = PublicFeed(centre=here, kind=Kind.COURSE, language="ar")

        with app.test_request_context(), in_language("en"):
            assert title_of(feed, "en") == "Brașov – Romanian course – Arabic"
            assert title_of(PublicFeed(), "en") == "All centres"


class TestWhoFetchedItLast:
    NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "agent", "words"),
        [
            (None, None, "never fetched yet"),
            (NOW, "Google-Calendar-Importer", "last fetched by Google Calendar, today 14:00"),
            (
                NOW - timedelta(days=1) + timedelta(minutes=2),
                "Google-Calendar-Importer",
                "last fetched by Google Calendar, yesterday 14:02",
            ),
            # 22:30 in Greenwich on the 20th is the 21st in București: yesterday
            (
                datetime(2026, 11, 20, 22, 30, tzinfo=UTC),
                "ICSx5/2.2",
                "last fetched by ICSx5, yesterday 00:30",
            ),
            (
                datetime(2026, 11, 20, 21, 30, tzinfo=UTC),
                "ICSx5/2.2",
                "last fetched by ICSx5, Friday, 20 November 2026 23:30",
            ),
            (NOW, "", "last fetched today 14:00"),
        ],
    )
    def test_in_words(self, app: Flask, at: datetime | None, agent: str | None, words: str) -> None:
        feed = FeedLink(fetched_at=at, fetched_by=agent)

        with app.test_request_context(), in_language("en"):
            said = last_fetched(feed, "Europe/Bucharest", now=self.NOW)

        assert re.sub("[\u2068\u2069]", "", said) == words

    def test_on_the_page_of_whose_it_is(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        layla = make.person(language="en")
        _feed, token = make_link(layla, label="x", language="en", alarm_minutes=None, now=BEFORE)
        db.session.commit()
        browser.get(f"/c/{token}.ics", headers={"User-Agent": "curl/8 \u00adevil"})
        clock.shift(timedelta(days=1))

        page = browser.sign_in(layla).get("/my-calendars").text

        assert "last fetched by \u2068curl\u2069, yesterday " in page


def test_a_secret_link_is_offered_this_device_first_too(app: Flask) -> None:
    browser = Browser(app).sign_in(make.person(language="en"))
    form = {"label": "my phone", "language": "en", "alarm": ""}

    page = browser.post("/my-calendars", data=form, headers={"User-Agent": IPHONE}).text

    [address] = re.findall(r'value="(http://127.0.0.1:8000/c/[^"]+\.ics)"', page)
    assert hrefs(first_way(page))[0] == address.replace("http://", "webcal://")
    assert str(qr_of(address.replace("http://", "webcal://"))) in page


def test_a_draft_and_a_protected_activity_lead_to_no_calendar(app: Flask) -> None:
    here = make.centre()
    draft = make.activity(centre=here, published_at=None)
    group = make.womens_group(centre=here)
    for one in (draft, group):
        make.meeting(activity=one)
    db.session.commit()

    for activity in (draft, group):
        page = Browser(app).sign_in(activity.coordinator).get(f"/activities/{activity.ref}").text
        assert "/calendars/activity-" not in page
        assert ".ics" not in page
        assert activity.privacy is not Privacy.PUBLIC
