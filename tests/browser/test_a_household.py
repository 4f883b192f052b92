"""A mother joins a group with childcare for her two children, on a cheap phone, without scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import check

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
QUESTIONS = "main form > :is(.form-group, fieldset)"


def with_childcare(page: Page, house: House, places: int) -> str:
    """The path of an activity beside which a coordinator has just planned childcare."""
    sign_in(page, house, "mihai", "en")
    page.goto(f"{house.base}/en/?centre=bucuresti&kind=orientation")
    page.locator("main .session-title a").first.click()
    path = page.locator("main a[href*='/activities/']").last.get_attribute("href")
    assert path is not None
    page.goto(f"{house.base}{path}/childcare")
    page.fill("#capacity", str(places))
    page.locator("main form button[type=submit]").last.click()
    page.locator("main button[name=save]").click()
    return path


def test_mother_and_two_children(one_house: House, open_page: OpenPage) -> None:
    path = with_childcare(open_page(1280), one_house, 2)
    page = open_page(360)
    sign_in(page, one_house, "layla", "en")
    page.goto(f"{one_house.base}{path}")
    page.locator("main a[href$='/together']").first.click()
    assert page.locator(QUESTIONS).count() <= 3
    shown(page, "who-comes")

    page.fill("#new_children", "Amina\nYusuf\nNour")
    page.locator("main form button[type=submit]").last.click()
    assert "There are too few places in the childcare." in page.inner_text("main")
    shown(page, "too-few")
    page.fill("#new_children", "Amina\nYusuf")
    page.locator("main form button[type=submit]").last.click()

    assert page.url.endswith(path)
    words = page.inner_text("main")
    assert "You have a place" in words
    assert "Amina, Yusuf" in words
    shown(page, "joined")
    page.goto(f"{one_house.base}/en/children")
    assert page.locator("main .plain-list li").count() == 2
    page.goto(f"{one_house.base}/en/mine")
    assert "For: Amina, Yusuf" in page.inner_text("main")
    shown(page, "mine")


def test_every_page_of_it_is_for_everybody(one_house: House, open_page: OpenPage) -> None:
    """After the story above: the same house, where Layla has two children."""
    page = open_page(360, scripts=True)
    sign_in(page, one_house, "layla", "ar")
    page.goto(f"{one_house.base}/ar/children")
    check(page, "my children")
    page.locator("main .plain-list a").first.click()
    check(page, "one of them")
    page.goto(f"{one_house.base}/ar/?centre=bucuresti&kind=course")
    page.locator("main .session-title a").first.click()
    page.goto(
        page.locator("main a[href*='/activities/']").last.evaluate("a => a.href + '/together'")
    )
    check(page, "who comes")
    page.locator("main form button[type=submit]").last.click()
    check(page, "who comes, refused")


def test_the_family_at_the_desk(one_house: House, open_page: OpenPage) -> None:
    page = open_page(1280, scripts=True)
    sign_in(page, one_house, "mihai", "en")
    page.goto(f"{one_house.base}/en/people")
    page.get_by_text("Layla", exact=False).first.click()
    page.locator("main a[href$='/family']").click()
    check(page, "the family")
    page.locator("main summary", has_text="decides no more").first.click()
    page.locator("main button", has_text="Block").first.click()
    assert "Blocked. Nobody is told." in page.inner_text("body")
    shown(page, "family")


def shown(page: Page, name: str) -> None:
    """A picture for whoever looks, where a folder for it is named."""
    if folder := os.environ.get("PUNTE_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"household-{name}.png", full_page=True)
