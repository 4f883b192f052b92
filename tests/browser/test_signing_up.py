"""Signing up on a cheap phone: in two directions, without scripts, by keyboard, past a scanner."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.browser.test_every_page import check
from tests.browser.test_the_story import body, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("posting")]
OpenPage = Callable[..., Page]


def fill_in(page: Page, house: House, language: str, box: str) -> None:
    page.goto(f"{house.base}/{language}/")
    page.locator("main a[href$='/volunteering']").click()
    page.fill("#name", "Sam")
    page.fill("#contact", f"{box}@example.net")
    page.select_option("#centre", "brasov")
    page.click("main button[type=submit]")
    assert page.url.endswith(f"/{language}/code")


def letter_to(house: House, box: str) -> str:
    return body(wait_for(house, box, ""))


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found.group()


def link_in(text: str) -> str:
    found = re.search(r"http\S+/code/\S+", text)
    assert found is not None
    return found.group()


def is_in(page: Page, house: House) -> bool:
    page.goto(f"{house.base}/en/mine")
    return "/sign-in" not in page.url


@pytest.mark.parametrize("language", ["en", "ar"])
def test_by_a_code_without_scripts(one_house: House, open_page: OpenPage, language: str) -> None:
    page, box = open_page(360), f"code-{language}"
    fill_in(page, one_house, language, box)
    assert f"{box}@example.net" in page.inner_text("main")

    page.fill("#code", code_in(letter_to(one_house, box)))
    page.click("main button[type=submit]")

    assert page.url.endswith(f"/{language}/profile/steps")
    assert is_in(page, one_house)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_of_it_is_for_everybody(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page, box = open_page(360, scripts=True), f"axe-{language}"
    fill_in(page, one_house, language, box)
    check(page, "the code")
    page.click("main button[type=submit]")
    expect(page.locator("#error-summary")).to_be_focused()
    check(page, "the code, refused")
    link = link_in(letter_to(one_house, box))
    page.goto(link)
    check(page, "the link")
    assert page.locator("main .btn").bounding_box()["height"] >= 44  # type: ignore[index]
    elsewhere = open_page(360, scripts=True)
    elsewhere.goto(link)
    check(elsewhere, "the link elsewhere")
    page.click("main button[type=submit]")
    page.goto(f"{one_house.base}/{language}/confirmation")
    assert page.url.endswith("/confirmation/code")
    check(page, "once more")


def test_by_keyboard_alone(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/en/volunteering")
    keys = page.keyboard
    keys.press("Tab")
    keys.press("Enter")  # skip to the content
    keys.press("Tab")
    for words in ("Sam", "keys@example.net", "Bra"):
        keys.type(words)
        keys.press("Tab")
    keys.press("ArrowDown")  # a mediator
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**/en/code*")

    page.focus("#main")
    keys.press("Tab")
    keys.type(code_in(letter_to(one_house, "keys")))
    keys.press("Enter")
    page.wait_for_url("**/en/profile/steps*")


def test_a_scanner_with_a_real_browser_takes_nothing_away(
    one_house: House, open_page: OpenPage, chrome: Browser
) -> None:
    """It opens the link before the human does, runs scripts, and presses whatever it finds."""
    page = open_page(360)
    fill_in(page, one_house, "en", "scanned")
    link = link_in(letter_to(one_house, "scanned"))
    scanner = chrome.new_context().new_page()
    for _look in range(3):
        scanner.goto(link, wait_until="networkidle")
        assert scanner.locator("main button").count() == 0
        scanner.evaluate("fetch(location.href, {method: 'POST'}).then(answer => answer.status)")
    assert not is_in(scanner, one_house)
    scanner.context.close()

    page.goto(link)
    page.click("main button[type=submit]")
    assert page.url.endswith("/en/profile/steps")
    assert is_in(page, one_house)
