"""Coming on a cheap phone, without an account: two pages, three fields; or a card to keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House
from tests.browser.test_every_page import check
from tests.browser.test_signing_up import code_in, is_in, letter_to

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
FIELDS = "main form :is(input:not([type=hidden]), select, textarea)"


def begin(page: Page, house: House, language: str, asked: str = "kind=course") -> None:
    """From the programme to the button of one activity."""
    page.goto(f"{house.base}/{language}/?centre=bucuresti&{asked}")
    page.locator("main .session-title a").first.click()
    page.locator("main a[href*='/joining']").first.click()


def fields(page: Page) -> int:
    return page.locator(FIELDS).count()


@pytest.mark.usefixtures("posting")
@pytest.mark.parametrize("language", ["ro", "ar"])
def test_two_pages_and_three_fields(one_house: House, open_page: OpenPage, language: str) -> None:
    page, box = open_page(360), f"join-{language}"
    begin(page, one_house, language)
    asked = [fields(page)]
    page.fill("#name", "Sam")
    page.fill("#contact", f"{box}@example.net")
    page.click("main button[type=submit]")
    assert page.url.endswith(f"/{language}/joining/code")
    asked.append(fields(page))

    page.fill("#code", code_in(letter_to(one_house, box)))
    page.click("main button[type=submit]")

    assert (len(asked), asked[0]) == (2, 3)  # pages, and the questions of the first
    assert f"/{language}/activities/" in page.url
    assert page.locator("main .panel-success").count() == 1
    assert is_in(page, one_house)


def test_a_card_to_keep(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360)
    begin(page, one_house, "en", "kind=cultural")
    page.fill("#name", "Almaz")
    page.click("main button[type=submit]")

    assert "/en/card/" in page.url
    assert page.locator("main .qr").count() == 2
    page.emulate_media(media="print")
    assert page.locator(".paper-card").is_visible()
    assert page.locator("main .plain-list:visible").count() == 0
    page.emulate_media(media="screen")
    page.locator("main form[action*='/meetings/'] button").first.click()
    assert "/en/card/" in page.url
    assert page.locator("main .plain-list").count() == 0
    assert not is_in(page, one_house)


def test_every_page_of_it_is_for_everybody(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360, scripts=True)
    page.goto(f"{one_house.base}/ar/?centre=bucuresti&kind=course")
    page.locator("main .session-title a").first.click()
    page.locator("main a[href*='/activities/']:not([href*='/joining'])").first.click()
    page.locator("main a[href*='/joining']").first.click()
    check(page, "three questions")
    page.click("main button[type=submit]")
    expect(page.locator("#error-summary")).to_be_focused()
    check(page, "three questions, refused")
    page.fill("#name", "سلمى")
    page.click("main button[type=submit]")
    check(page, "the card")
    page.locator("main a[href$='/end']").first.click()
    check(page, "leaving")
    page.locator("main form[action$='/end'] button").click()
    assert page.locator("main a[href$='/end']").count() == 0


def test_by_keyboard_alone(one_house: House, open_page: OpenPage) -> None:
    page = open_page(1280)
    begin(page, one_house, "en")
    page.focus("#main")
    keys = page.keyboard
    keys.press("Tab")  # back to the activity
    for words in ("Sam", "", "Eng"):
        keys.press("Tab")
        keys.type(words)
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**/en/card/*")


def test_where_all_places_are_taken_one_waits(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/en/?centre=craiova&kind=course")
    page.locator("main .session-title a").first.click()
    page.locator("main a[href*='/activities/']").last.click()
    page.locator("main a[href*='/joining']").first.click()
    page.fill("#name", "Hana")
    page.click("main button[type=submit]")

    assert "/en/card/" in page.url
    assert "You are near the front." in page.inner_text("main")
