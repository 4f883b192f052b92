"""From "I want to help" to a certificate, on a small telephone, in Ukrainian and in Arabic."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import A_LITTLE_LATER, House, sign_in
from tests.browser.test_every_page import check, path_in
from tests.browser.test_signing_up import code_in, letter_to

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
DURING, AFTER = "2026-11-28T15:10:00+02:00", "2026-11-28T19:00:00+02:00"
"""The open volunteers' session of the demonstration: Saturday from 15:00 on."""


@pytest.fixture(scope="module")
def during(one_house: House) -> Iterator[str]:
    """The house while the session goes on."""
    with one_house.later(DURING) as base:
        yield base


@pytest.fixture(scope="module")
def afterwards(one_house: House) -> Iterator[str]:
    """The house when the session is over."""
    with one_house.later(AFTER) as base:
        yield base


@pytest.mark.parametrize("language", ["uk", "ar"])
def test_from_i_want_to_help_to_a_certificate(
    one_house: House, during: str, afterwards: str, open_page: OpenPage, language: str
) -> None:
    page, box = open_page(360, scripts=True), f"helper-{language}"
    sign_up(page, one_house, language, box)
    fill_in_the_profile(page, language)
    page.goto(f"{one_house.base}/{language}/needed")
    assert page.locator("main .post-button").count() == 0  # they are not active yet
    approve(open_page(1280, scripts=True), one_house, f"Sam {box}")

    take_a_place(page, one_house, language)
    look_for_a_stand_in_and_come_after_all(page, one_house, language)

    page.goto(f"{during}/{language}/places")
    check(page, "places during the session")
    page.locator("form[action$='/presence'] button").first.click()
    page.goto(f"{afterwards}/{language}/my-hours")
    check(page, "hours")
    page.locator("main details summary").first.click()
    page.locator("form[action$='/certificate-requests'] button").click()
    issue_the_certificate(open_page(1280, scripts=True), afterwards, f"Sam {box}")
    page.goto(f"{afterwards}/{language}/my-hours")
    page.goto(f"{afterwards}/{language}{path_in(page, 'main a[href*=certificates]')}")
    check(page, "certificate")
    assert f"Sam {box}" in page.inner_text("main")


def seen(page: Page, language: str) -> None:
    """The page is in that language and direction, and for everybody."""
    assert page.get_attribute("html", "lang") == language
    assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    check(page, page.url)


def sign_up(page: Page, house: House, language: str, box: str) -> None:
    page.goto(f"{house.base}/{language}/volunteering")
    seen(page, language)
    page.fill("#name", f"Sam {box}")
    page.fill("#contact", f"{box}@example.net")
    page.select_option("#centre", "bucuresti")
    page.click("main button[type=submit]")
    seen(page, language)
    with house.workers(1, now=A_LITTLE_LATER):
        page.fill("#code", code_in(letter_to(house, box)))
    page.click("main button[type=submit]")
    assert page.url.endswith(f"/{language}/profile/steps")


def fill_in_the_profile(page: Page, language: str) -> None:
    seen(page, language)
    page.locator(".steps a").first.click()
    page.fill("#words", "ukrai" if language == "uk" else "عرب")
    page.click(".search-box button")
    seen(page, language)
    page.locator(".choice-cards a").first.click()
    page.select_option("#speaks", "native")
    seen(page, language)
    page.click("main form button[type=submit]")
    page.locator(".step-end a").first.click()
    seen(page, language)
    page.locator("main form button[type=submit]").click()
    seen(page, language)
    page.check("#age")
    page.locator("main form button[type=submit]").click()
    seen(page, language)
    page.locator("main form button[type=submit]").click()
    seen(page, language)
    for part in ("morning", "afternoon", "evening"):
        page.locator(f"label[for=day5-{part}-yes]").click()
    page.locator(".free-week ~ .step-end button").click()
    seen(page, language)
    assert page.url.endswith("/profile/steps")


def approve(page: Page, house: House, name: str) -> None:
    """The coordinator invites them, sees the contract and welcomes them."""
    sign_in(page, house, "mihai", "ro")
    page.goto(f"{house.base}/ro/applications")
    page.get_by_role("link", name=name).first.click()
    papers = page.url
    page.locator("form[action$='/interview'] button").first.click()
    page.goto(papers)
    page.locator("main a[href$='/contracts/bucuresti/new']").click()
    for field in ("signed_on", "valid_from", "role_sheet_on", "safety_sheet_on"):
        page.fill(f"#{field}", "2026-11-20")
    page.locator("main form button[type=submit]").first.click()
    page.goto(papers)
    page.locator("form[action$='/active'] button").first.click()


def take_a_place(page: Page, house: House, language: str) -> None:
    page.goto(f"{house.base}/{language}/needed")
    seen(page, language)
    saturday = {"uk": "28 листопада 2026", "ar": "28 نوفمبر 2026"}[language]
    card = page.locator("main .session-card", has_text=saturday).first
    card.locator("form[action$='/place'] button").first.click()
    page.goto(f"{house.base}/{language}/places")
    seen(page, language)
    assert page.locator("main .session-card").count() == 1


def look_for_a_stand_in_and_come_after_all(page: Page, house: House, language: str) -> None:
    page.locator("main a[href$='/leaving']").first.click()
    seen(page, language)
    page.locator("form[action$='/stand-in'] button").click()
    seen(page, language)
    page.locator("form[action$='/stand-in/end'] button").click()
    seen(page, language)
    assert page.locator("form[action$='/stand-in/end']").count() == 0


def issue_the_certificate(page: Page, base: str, name: str) -> None:
    """The coordinator, who was told, issues it."""
    page.goto(f"{base}/ro/sign-in")
    page.fill("#email", "mihai@demo.punte.example")
    page.fill("#password", "punte-demo")
    page.click("main button[type=submit]")
    page.goto(f"{base}/ro/people?role=volunteer")
    page.get_by_role("link", name=name).first.click()
    page.goto(f"{page.url}/certificate")
    page.locator("button[name=issue]").click()
    page.wait_for_url("**/certificates/*")
