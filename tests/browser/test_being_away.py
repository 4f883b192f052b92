"""A device left alone, a telephone that is gone, and what one agrees to: on small screens."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import House, sign_in, sign_in_by_the_form
from tests.browser.test_every_page import LOOKS, check, check_at_both_widths

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
PASSWORD = "punte-demo"


def a_while_goes_by(house: House) -> None:
    """For the server: nothing happened for twenty minutes."""
    with closing(sqlite3.connect(house.database)) as file:
        file.execute("UPDATE sign_in SET seen_at = datetime(seen_at, '-20 minutes')")
        file.commit()


def come_in_again(page: Page, box: str) -> None:
    page.fill("#email", f"{box}@demo.punte.example")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_what_was_typed_comes_back_without_scripts(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    sign_in(page, one_house, "layla", language)
    page.goto(f"{one_house.base}/{language}/profile")
    before = page.input_value("#name")
    page.fill("#name", f"Layla {language}")
    a_while_goes_by(one_house)
    page.click("main form button[type=submit]")

    assert "/sign-in" in page.url
    assert before not in page.inner_text("body")
    come_in_again(page, "layla")
    assert page.url.endswith(f"/{language}/unsent")
    page.locator("main .btn-primary").click()

    assert page.input_value("#name") == f"Layla {language}"
    page.fill("#name", before)
    page.click("main form button[type=submit]")


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_a_page_left_open_closes_itself(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360, scripts=True)
    sign_in(page, one_house, "layla", language)
    page.clock.install()
    page.goto(f"{one_house.base}/{language}/mine")
    name = page.locator(".who").first.text_content() or "Layla"
    page.clock.fast_forward("10:00")
    page.keyboard.press("Tab")
    page.clock.fast_forward("14:00")
    assert page.url.endswith("/mine")

    page.clock.fast_forward("01:30")
    page.wait_for_url("**/away")

    assert name.strip() not in page.inner_text("body")
    check(page, f"away in {language}")


def test_words_that_were_typed_on_it_wait(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360, scripts=True)
    sign_in(page, one_house, "layla", "en")
    page.clock.install()
    page.goto(f"{one_house.base}/en/profile")
    before = page.input_value("#name")
    page.fill("#name", "Half a na")
    a_while_goes_by(one_house)
    page.clock.fast_forward("16:00")
    page.wait_for_url("**/away")

    assert "Half a na" not in page.content()
    page.locator("main .btn-primary").click()
    come_in_again(page, "layla")
    check(page, "not sent yet")
    assert page.locator("input[name=name]").get_attribute("value") == "Half a na"
    page.locator("main .post-button button").click()  # throw it away
    page.goto(f"{one_house.base}/en/profile")
    assert page.input_value("#name") == before


def test_who_said_that_it_is_theirs_alone_stays(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360)
    sign_in(page, one_house, "layla", "ar")
    page.goto(f"{one_house.base}/ar/profile/sign-ins")
    page.locator("form[action$='own-device'] button").click()
    a_while_goes_by(one_house)

    page.goto(f"{one_house.base}/ar/mine")
    assert page.url.endswith("/mine")


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_nothing_is_there_when_one_goes_back_after_leaving(
    one_house: House, chrome: Browser, language: str
) -> None:
    context = chrome.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.route("https://ro.wikipedia.org/**", lambda route: route.fulfill(body="harmless"))
    sign_in_by_the_form(page, one_house, "layla", language)
    for path in ("mine", "profile/consents", "profile/sign-ins"):
        page.goto(f"{one_house.base}/{language}/{path}")
    page.keyboard.press("Tab")
    page.locator(":focus").click()  # the first thing that the keyboard reaches
    page.wait_for_url("https://ro.wikipedia.org/**")

    for _page in range(3):
        page.go_back()
        assert "/sign-in" in page.url
        assert page.locator(".who").count() == 0
    context.close()


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_a_telephone_is_gone(one_house: House, open_page: OpenPage, language: str) -> None:
    stolen, desk = open_page(360), open_page(360)
    sign_in(stolen, one_house, "layla", language)
    sign_in(desk, one_house, "mihai", language)
    desk.goto(f"{one_house.base}/{language}/people?role=participant")
    desk.get_by_role("link", name="Layla").first.click()

    desk.locator("main a[href$='/sign-outs']").click()
    desk.locator("main form button.btn-danger").click()
    stolen.goto(f"{one_house.base}/{language}/mine")

    assert "/sign-in" in stolen.url
    assert desk.locator("main li").last.is_visible()


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_agreeing_and_no_longer_agreeing(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    sign_in(page, one_house, "layla", language)
    page.goto(f"{one_house.base}/{language}/profile")
    page.locator("main a[href$='/profile/consents']").click()
    photos = page.locator("#photos")

    photos.locator("form[action$='/photos'] button").click()
    assert page.locator("#photos form").count() == 1
    page.locator("#photos form[action$='withdrawal'] button").click()

    assert page.locator("#photos form[action$='/photos']").count() == 1


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_its_pages_look_right(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    stranger = open_page(width, scripts=True)
    for path in ("privacy", "away"):
        stranger.goto(f"{one_house.base}/{language}/{path}")
        check_at_both_widths(stranger, path)
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "layla", language)
    for path in ("profile/consents", "profile/sign-ins", "profile/address"):
        page.goto(f"{one_house.base}/{language}/{path}")
        check_at_both_widths(page, path)
    page.fill("#email", "elsewhere@example.org")
    page.locator("main form button[type=submit]").click()
    check_at_both_widths(page, "profile/address/code")
    desk = open_page(width, scripts=True)
    sign_in(desk, one_house, "mihai", language)
    desk.goto(f"{one_house.base}/{language}/people?role=participant")
    layla = desk.get_by_role("link", name="Layla").first.get_attribute("href")
    for path in ("consents", "sign-outs"):
        desk.goto(f"{one_house.base}{layla}/{path}")
        check_at_both_widths(desk, path)
    desk.goto(f"{one_house.base}{layla}/consents")
    chosen = desk.locator("#mediator option").nth(1).get_attribute("value")
    if chosen:
        desk.select_option("#mediator", chosen)
        desk.locator("main form button.btn-primary").last.click()
        check_at_both_widths(desk, "asked for a talk")
    mediator = open_page(width, scripts=True)
    sign_in(mediator, one_house, "amina", language)
    mediator.goto(f"{one_house.base}/{language}/consent-talks")
    check_at_both_widths(mediator, "talks")
