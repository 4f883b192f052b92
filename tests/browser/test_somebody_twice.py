"""Somebody comes to the desk under another spelling; later the two become one. Without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PASSWORD, House, sign_in
from tests.browser.test_every_page import LOOKS, check_at_both_widths, path_in

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
SPELLED = {"ro": "ليلى ناصر", "ar": "Лейла Насер"}
"""By the language in which the coordinator works."""


def desk(page: Page, house: House, language: str) -> None:
    """The page on which the coordinator adds somebody new to a course."""
    page.goto(f"{house.base}/{language}/week")
    session = path_in(page, ".week .kind-course .session-title a")
    page.goto(f"{house.base}/{language}{session}")
    page.locator("main a[href$='/learners']").first.click()
    page.locator("main a[href$='/learners/new']").click()


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_somebody_comes_twice_and_is_one(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    name = SPELLED[language]
    page = open_page(width)
    sign_in(page, one_house, "mihai", language)
    desk(page, one_house, language)
    page.fill("#name", name)
    page.locator("main form button[type=submit]").last.click()

    assert "Layla Nasser" in page.locator("#here ~ ul").inner_text()
    assert page.input_value("#name") == name
    page.locator("main form button[type=submit]").last.click()

    page.goto(f"{one_house.base}/{language}/participants?name=layla")
    assert {"Layla Nasser", name} <= set(page.locator("main th[scope=row]").all_inner_texts())
    page.locator("main a[href*='/participants/twice']").click()
    page.locator(f"main li:has-text('{name}') a[href*='/merge/']").first.click()
    if page.locator("#password").count():
        page.fill("#password", PASSWORD)
        page.locator("main form button[type=submit]").click()
    assert page.locator("#stays ~ dl").inner_text().count("Layla Nasser") == 1
    page.locator("main button.btn-danger").click()

    assert page.locator("main h1").inner_text() == "Layla Nasser"
    page.goto(f"{one_house.base}/{language}/participants?name=layla")
    assert name not in page.locator("main th[scope=row]").all_inner_texts()


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_every_page_of_it_is_for_everybody(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    for path in ("/participants", "/participants?name=nobody", "/participants?unreached=1"):
        page.goto(f"{one_house.base}/{language}{path}")
        check_at_both_widths(page, f"{path} in {language}")
    desk(page, one_house, language)
    page.fill("#name", "Bikaš Tapa")
    page.locator("main form button[type=submit]").last.click()
    check_at_both_widths(page, f"perhaps already here in {language}")
    page.locator("main form button[type=submit]").last.click()
    page.goto(f"{one_house.base}/{language}/participants/twice")
    check_at_both_widths(page, f"twice in {language}")
    page.locator("main a[href*='/merge/']").first.click()
    check_at_both_widths(page, f"one person in {language}")
    person = page.url.split("/participants/")[1].split("/")[0]
    page.goto(f"{one_house.base}/{language}/participants/{person}/twice?name=nasser")
    check_at_both_widths(page, f"by hand in {language}")
