"""The profile in small steps on a small telephone, without scripts: languages, age, when free."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House, sign_in_by_the_form

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_from_my_profile_to_when_i_am_free(
    one_house: House, open_page: Callable[..., Page], language: str
) -> None:
    page = open_page(360)
    sign_in_by_the_form(page, one_house, "mina", language)
    assert page.url.endswith("/mine")  # she comes to a course, too
    page.locator(".panel a[href$='/profile/steps']").click()

    page.locator(".steps a").first.click()
    page.fill("#words", "kurdi")
    page.click(".search-box button")
    page.locator(".choice-cards a[href$='/ckb']").click()
    page.select_option("#speaks", "native")
    page.select_option("#reads", "B1")
    page.click("main form button[type=submit]")
    assert page.locator(".known-languages [lang=ckb]").get_attribute("dir") == "rtl"

    page.locator(".step-end a").first.click()
    page.locator("input[name=wishes]").first.check()
    page.locator("main form button[type=submit]").click()
    page.check("#age")
    page.click("label[for=interests-talking]")
    page.locator("main form button[type=submit]").click()
    page.fill("#hours_a_week", "3")
    page.locator("main form button[type=submit]").click()

    for day in range(3):
        page.locator(f"label[for=day{day}-evening-yes]").click()
    page.locator("label[for=day5-morning-if_need_be]").click()
    page.locator(".free-week ~ .step-end button").click()

    assert page.url.endswith("/profile/steps")
    assert page.locator(".step-state.is-done").count() >= 5
    page.goto(f"{one_house.base}/{language}/profile/free")
    assert page.is_checked("#day0-evening-yes")
    assert page.is_checked("#day6-evening-no")
    page.goto(f"{one_house.base}/{language}/needed")
    assert page.locator("main .post-button").count() == 0
