"""Subscribing in a real browser: by keyboard, without JavaScript, on narrow and wide screens."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import LOOKS, OpenPage, check_at_both_widths, visit

pytestmark = [pytest.mark.browser]
AGENTS = {
    "iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari/604.1",
    "android": "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140.0 Mobile Safari/537.36",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36",
    "linux": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}


def unfold(page: Page) -> None:
    for way in page.locator("main details.way").all():
        if way.get_attribute("open") is None:
            way.locator("> summary").click()


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_the_page_of_a_calendar_on_every_device(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    for device, agent in AGENTS.items():
        page.set_extra_http_headers({"User-Agent": agent})
        if device == "iphone":  # folded it is the same for all, but for what comes first
            visit(page, one_house, language, ["/calendars/centre-brasov"])
        else:
            page.goto(f"{one_house.base}/{language}/calendars/centre-brasov")
        unfold(page)
        check_at_both_widths(page, f"everything unfolded on {device} in {language}")
        for button in page.locator("main .btn:visible").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44, button.inner_text()


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_a_secret_calendar_is_offered_the_same_way(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "layla", language)
    page.goto(f"{one_house.base}/{language}/my-calendars")
    unfold(page)
    check_at_both_widths(page, f"how programs behave in {language}")
    page.fill("#label", "telefon")
    page.locator("main form:has(#label) button").click()

    assert page.input_value("#feed-address").startswith(f"{one_house.base}/c/")
    unfold(page)
    check_at_both_widths(page, f"a new link in {language}")


def test_the_address_is_copied_by_keyboard(one_house: House, open_page: OpenPage) -> None:
    page = open_page(1280, scripts=True)
    page.goto(f"{one_house.base}/en/calendars/all")
    page.focus("#feed-address")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_function("document.querySelector('[data-copy-said]').textContent === 'Copied'")
    assert page.inner_text("[data-copy]").strip() == "Copied"
    selected = "[document.activeElement.id, String(getSelection())]"
    assert page.evaluate(selected)[1] == f"{one_house.base}/en/calendars/all.ics"


def test_without_javascript_one_chooses_and_copies_by_hand(
    one_house: House, open_page: OpenPage
) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/en/calendars")
    page.select_option("#centre", "brasov")
    page.click("main form button")
    assert page.url == f"{one_house.base}/en/calendars/centre-brasov"
    assert not page.locator("[data-copy]").is_visible()

    page.click("summary:has-text('Language and alarm')")
    page.select_option("#language", "uk")
    page.select_option("#alarm", "PT2H")
    page.click("main form button")

    address = page.input_value("#feed-address")
    assert address == f"{one_house.base}/uk/calendars/centre-brasov.ics?alarm=PT2H"
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"


def test_a_session_is_downloaded_from_its_page(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/en/")
    page.click(".session-title a >> nth=0")

    with page.expect_download() as waiting:
        page.click("main a[href$='.ics']")

    assert waiting.value.suggested_filename == "calendar.ics"
