"""The whole path once, with the browser's scripts switched off and the real programs around it:

a coordinator schedules a course, the needed mediator is found by language and signs up online, a
participant subscribes to the calendar, a session moves, and everyone who must know is told in time.
"""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.request import Request

import icalendar
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House, sign_in_by_the_form
from tests.feeds.linter import problems

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
LATE_MORNING, AFTERNOON = "2026-11-23T11:00:00+02:00", "2026-11-23T13:00:00+02:00"


def test_from_a_plan_to_a_reminder(house: House, open_page: OpenPage) -> None:
    coordinator, mediator, participant = open_page(), open_page(360), open_page(360)
    sign_in_by_the_form(coordinator, house, "mihai", "ro")
    sign_in_by_the_form(mediator, house, "amina", "ar")
    sign_in_by_the_form(participant, house, "mina", "en")

    needs_page = plan_the_course(coordinator, house)
    first_session = say_who_is_needed(coordinator, needs_page)
    the_right_people_are_found(coordinator, first_session)
    take_the_place(mediator, house)
    secret = join_and_subscribe(participant, house)

    public = f"{house.base}/ro/calendars/centre-bucuresti.ics"
    read_with_real_programs(house, public, "Curs de probă")
    read_with_real_programs(house, secret, "Trial course")
    before = fetch(secret)

    with house.workers(1):  # what each morning brings; the rest waits for an hour, to be one letter
        wait_for(house, "mihai", "Astăzi și mâine")
    with house.workers(1, now=LATE_MORNING):
        wait_for(house, "mihai", "Un loc a fost ocupat")
        wait_for(house, "mina", "You have a place")
    move_the_session(coordinator, first_session)
    with house.workers(1, now=AFTERNOON):
        in_arabic = wait_for(house, "amina", "تغيير")
        in_english = wait_for(house, "mina", "Changed")
    assert (in_arabic["Content-Language"], in_english["Content-Language"]) == ("ar", "en")
    assert "الثلاثاء، 8 ديسمبر 2026" in body(in_arabic)
    assert "Tuesday, 8 December 2026" in body(in_english)

    the_feed_has_moved(secret, before)

    with house.workers(1, now="2026-12-07T08:30:00+02:00"):  # her week, in a letter of its own
        wait_for(house, "amina", "أسبوعكم ابتداءً من الاثنين، 7")
    with house.workers(2, now="2026-12-07T10:01:00+02:00"):
        reminder_ar = wait_for(house, "amina", "تذكير")
        reminder_en = wait_for(house, "mina", "Reminder: \u2068Trial course")
    assert "8 ديسمبر 2026، من 10:00 إلى 12:00" in body(reminder_ar)
    assert "8 December 2026, from 10:00 to 12:00" in body(reminder_en)
    everything = [letter["Message-ID"] for letter in house.mail.letters]
    assert len(everything) == len(set(everything)), "something was sent twice"


def plan_the_course(page: Page, house: House) -> str:
    """A clash is shown and refused; a holiday is shown and skipped; then it is saved."""
    page.goto(f"{house.base}/ro/activities/new")
    page.click("a[href$='kind=course']")
    page.fill("#title_ro", "Curs de probă")
    page.click("#other-languages > summary")
    page.fill("#title_en", "Trial course")
    page.fill("#title_ar", "دورة تجريبية")
    page.select_option("#centre", label="București")
    page.fill("#first_day", "2026-11-24")
    page.select_option("#slots-0-weekday", "0")
    page.fill("#slots-0-starts", "16:30")
    page.fill("#slots-0-ends", "18:30")
    page.select_option("#slots-0-room", label="Sala mică")
    page.fill("#count", "3")
    page.select_option("#support_language", "ar")
    for row in range(page.locator("[id^='needs-'][id$='-role']").count()):
        page.select_option(f"#needs-{row}-role", "")
    show_the_sessions(page)
    assert "Sala este ocupată" in page.inner_text("main")
    assert page.locator("button[name=save]").count() == 0
    page.fill("#slots-0-starts", "10:00")
    page.fill("#slots-0-ends", "12:00")
    show_the_sessions(page)
    preview = page.inner_text(".panel")
    assert "luni, 30 noiembrie 2026: Sfântul Apostol Andrei" in preview
    assert "luni, 7 decembrie 2026" in preview
    page.click("button[name=save]")
    assert page.url.endswith("/needs")
    return page.url


def show_the_sessions(page: Page) -> None:
    page.click("main form p.actions:last-child button")


def say_who_is_needed(page: Page, needs_page: str) -> str:
    """An Arabic mediator at every session; the page of the first one."""
    page.select_option("#role", "mediator")
    page.select_option("#language", "ar")
    page.select_option("#level", "B2")
    page.click("main form button:has-text('toate sesiunile')")
    page.goto(needs_page)
    first = page.locator(".plain-list a[href$='/planning']").first
    assert "7 decembrie" in first.inner_text()
    return str(first.get_attribute("href"))


def the_right_people_are_found(page: Page, session: str) -> None:
    origin = re.match(r"https?://[^/]+", page.url)
    assert origin is not None
    page.goto(origin.group() + session)
    page.click("a[href$='/candidates']")
    fitting = page.locator(".candidates").inner_text()
    assert "Amina Haddad" in fitting
    assert "Farid Ahmadi" not in fitting
    page.click("details summary:has-text('nu se')")
    assert "Farid Ahmadi" in page.inner_text("main details")


def take_the_place(page: Page, house: House) -> None:
    page.goto(f"{house.base}/ar/needed")
    card = page.locator(".session-card", has_text="دورة تجريبية").first
    assert "7 ديسمبر" in card.inner_text()
    card.locator("button").click()
    assert "دورة تجريبية" in page.inner_text("main")
    assert page.url.endswith("/ar/mine")


def join_and_subscribe(page: Page, house: House) -> str:
    """The secret address of her calendar, shown once."""
    page.goto(f"{house.base}/en/?words=trial&when=all")
    page.click(".session-title a >> nth=0")
    page.click("a:has-text('All its sessions')")
    page.click("button:has-text('I want to come')")
    assert "You have a place" in page.inner_text("main")
    page.goto(f"{house.base}/en/my-calendars")
    page.fill("#label", "my phone")
    page.click("button:has-text('Make the link')")
    address = page.input_value("#feed-address")
    assert address.startswith(f"{house.base}/c/")
    return address


def move_the_session(page: Page, session: str) -> None:
    origin = re.match(r"https?://[^/]+", page.url)
    assert origin is not None
    page.goto(origin.group() + session)
    page.fill("#day", "2026-12-08")
    page.click("button:has-text('Ce s-ar întâmpla')")
    assert "2 persoane vor fi anunțate" in page.inner_text("main")
    page.click("button[name=save]")
    assert "marți, 8 decembrie 2026" in page.inner_text(".summary-list")


def read_with_real_programs(house: House, address: str, title: str) -> None:
    """vdirsyncer fetches the feed over HTTP and khal lists it."""
    home = house.folder / f"khal-{abs(hash(address))}"
    events = home / "events"
    events.mkdir(parents=True)
    (home / "vdirsyncer").write_text(
        f'[general]\nstatus_path = "{home}/status"\n'
        f'[pair feed]\na = "here"\nb = "there"\ncollections = null\n'
        f'[storage here]\ntype = "filesystem"\npath = "{events}"\nfileext = ".ics"\n'
        f'[storage there]\ntype = "http"\nurl = "{address}"\n'
    )
    (home / "khal").write_text(
        f"[calendars]\n[[punte]]\npath = {events}\n[locale]\nlocal_timezone = Europe/Bucharest\n"
        "default_timezone = Europe/Bucharest\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\n"
        "longdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n"
        "longdatetimeformat = %Y-%m-%d %H:%M\n"
        f"[sqlite]\npath = {home}/khal.db\n"
    )
    for step in ("discover", "sync"):
        run("vdirsyncer", "-c", str(home / "vdirsyncer"), step, home=home)
    listed = run(
        "khal",
        "-c",
        str(home / "khal"),
        "list",
        "--format",
        "{start-long} {title}",
        "--day-format",
        "",
        "2026-12-01",
        "30d",
        home=home,
    )
    assert f"2026-12-07 10:00 {title}" in listed, listed
    assert f"2026-11-30 10:00 {title}" not in listed


def run(program: str, *words: str, home: Path) -> str:
    path = Path(sys.executable).parent / program
    done = subprocess.run(
        [str(path), *words],
        check=False,
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def fetch(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = Request(address, headers={name.replace("_", "-"): v for name, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, dict(answer.headers), answer.read()


def the_feed_has_moved(address: str, before: tuple[int, dict[str, str], bytes]) -> None:
    """SEQUENCE and LAST-MODIFIED grew; the next poll without a change is a 304."""
    _status, old_headers, old = before
    status, headers, new = fetch(address, If_None_Match=old_headers["etag"])
    assert status == 200
    assert problems(new, secret=True) == []
    earlier, later = first_event(old), first_event(new)
    assert later["UID"] == earlier["UID"]
    assert (earlier["SEQUENCE"], later["SEQUENCE"]) == (0, 1)
    assert later["LAST-MODIFIED"].dt > earlier["LAST-MODIFIED"].dt
    assert later["DTSTART"].dt.astimezone(UTC) == datetime(2026, 12, 8, 8, tzinfo=UTC)
    assert parsedate_to_datetime(headers["last-modified"]) > parsedate_to_datetime(
        old_headers["last-modified"]
    )
    assert fetch(address, If_None_Match=headers["etag"])[0] == 304
    assert fetch(address, If_Modified_Since=headers["last-modified"])[0] == 304


def first_event(ics: bytes) -> Any:
    """The first session of the course of this story."""
    events: list[Any] = list(icalendar.Calendar.from_ical(ics).walk("VEVENT"))
    return next(event for event in events if str(event["SUMMARY"]) == "Trial course")


def wait_for(house: House, box: str, subject: str) -> EmailMessage:
    """The first letter to *box* whose subject begins so, as soon as it is there."""
    from threading import Event

    pause = Event()
    for _turn in range(600):
        found = [one for one in house.mail.to(box) if str(one["Subject"]).startswith(subject)]
        if found:
            return found[0]
        pause.wait(0.1)
    seen = [str(one["Subject"]) for one in house.mail.to(box)]
    raise AssertionError(f"no letter {subject!r} to {box}; there are {seen}")


def body(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
