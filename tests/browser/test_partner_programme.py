"""A partner's calendar file, from the preview to drafts and back, without a script on any page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import LOOKS, check_at_both_widths

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
PAGE = "/partner-programmes"
FILE = """BEGIN:VCALENDAR
X-WR-CALNAME:Muzeul Satului
BEGIN:VEVENT
UID:tour
SUMMARY;LANGUAGE=en:Guided tour through the village of the nineteenth century
LOCATION:Muzeul Satului\\, Șos. Kiseleff 28–30
DESCRIPTION:Old houses and mills. Free for everybody.
URL:https://museum.example/tour
DTSTART;TZID=GTB Standard Time:20261205T100000
DTEND;TZID=GTB Standard Time:20261205T120000
RRULE:FREQ=WEEKLY;COUNT=8
END:VEVENT
BEGIN:VEVENT
UID:poems
SUMMARY;LANGUAGE=ar:أمسية شعرية
DTSTART:20261212T170000Z
DTEND:20261212T190000Z
END:VEVENT
BEGIN:VEVENT
UID:fair
SUMMARY:Târg de iarnă
DTSTART;VALUE=DATE:20261219
DTEND;VALUE=DATE:20261221
END:VEVENT
BEGIN:VEVENT
UID:old
SUMMARY:Summer fair
DTSTART:20200701T080000Z
DURATION:PT2H
END:VEVENT
END:VCALENDAR
"""


def send(page: Page, house: House, language: str, path: Path) -> None:
    page.goto(f"{house.base}/{language}{PAGE}/import")
    page.set_input_files("#file", path)
    page.click("main form button[type=submit]")


def test_without_scripts_a_file_becomes_drafts_that_are_undone_at_once(
    house: House, open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "museum.ics"
    path.write_text(FILE, encoding="utf-8")
    page = open_page()
    sign_in(page, house, "mihai", "en")
    page.goto(f"{house.base}/en/centre")
    page.click("text=Programmes of partners")
    send(page, house, "en", path)

    assert page.locator("fieldset").count() == 3
    page.get_by_label("1 new session").last.uncheck()
    page.click("main form button[type=submit]")
    assert "2 drafts came with this file" in page.inner_text("main")
    assert "Târg de iarnă" not in page.inner_text("main")

    first = page.url
    path.write_text(FILE.replace("T100000", "T110000"), encoding="utf-8")
    send(page, house, "en", path)
    assert "8 sessions changed" in page.inner_text("main")
    page.get_by_label("1 new session").uncheck()
    page.click("main form button[type=submit]")
    assert "9 sessions to come" in page.inner_text("main")

    page.goto(first)
    page.click("text=Undo: throw these drafts away")
    assert "2 drafts were thrown away." in page.inner_text("body")
    assert "No partner yet" in page.inner_text("main")


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_its_pages(
    one_house: House, open_page: OpenPage, tmp_path: Path, width: int, language: str
) -> None:
    path = tmp_path / "museum.ics"
    path.write_text(FILE, encoding="utf-8")
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    page.goto(f"{one_house.base}/{language}{PAGE}/import")
    check_at_both_widths(page, "the form")
    send(page, one_house, language, path)
    check_at_both_widths(page, "the preview")
    page.click("main form button[type=submit]")
    check_at_both_widths(page, "what came of it")
    came = page.url
    path.write_text(
        FILE.replace("T100000", "T110000").replace("UID:poems", "UID:p"), encoding="utf-8"
    )
    send(page, one_house, language, path)
    check_at_both_widths(page, "a newer file")
    page.goto(f"{one_house.base}/{language}{PAGE}")
    check_at_both_widths(page, "the list")
    page.goto(came)
    page.locator("form[action*='/files/'] button").click()
