"""A month is planned, watched, pinned, planned again and accepted: by keyboard alone, and without
scripts; whoever became busy meanwhile is told, and nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import check

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
FOUND = 60_000
MOST_TABS = 150


@pytest.fixture(scope="module")
def working(one_house: House) -> Iterator[House]:
    """The house while its worker works, from the first test that needs it to the last; the tests
    before it have one of their own, later."""
    with one_house.workers(1):
        yield one_house


def press(page: Page, button: Locator) -> None:
    """By Tab to *button*, and on to the page behind it."""
    for _ in range(MOST_TABS):
        if button.evaluate("one => one === document.activeElement"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {button}")


def plan(page: Page) -> None:
    """Ask for a plan of the next four weeks and wait until it is there."""
    press(page, page.locator("main form[action$='/rotas'] button"))
    found(page)


def found(page: Page) -> None:
    page.wait_for_url("**/rotas/*")
    expect(page.locator("#rota-words .rota-filled")).to_be_visible(timeout=FOUND)
    expect(page.locator(".rota-accept")).to_be_visible(timeout=FOUND)


def make_busy(house: House, proposal: str) -> None:
    """Whoever is proposed there takes part in something else at that time."""
    need, person = proposal.split(":")
    with closing(sqlite3.connect(house.database, timeout=30)) as rows, rows:
        rows.execute(
            "INSERT INTO booking (person_id, meeting_id, part, starts_at, ends_at, held)"
            " SELECT (SELECT id FROM person WHERE ref = ?),"
            "  (SELECT id FROM meeting WHERE id <> m.id AND ref <> '' LIMIT 1),"
            "  'learner', m.starts_at, m.ends_at, 1"
            " FROM need n JOIN meeting m ON m.id = n.meeting_id WHERE n.ref = ?",
            (person, need),
        )


@pytest.mark.parametrize(
    ("focused", "afterwards"),
    [("a[href$='/trace']", "a[href$='/trace']"), ("form[action$='/stop'] button", "h1")],
)
def test_the_focus_is_not_lost_when_the_plan_is_there(
    one_house: House, open_page: OpenPage, focused: str, afterwards: str
) -> None:
    page = open_page(1280, scripts=True)
    sign_in(page, one_house, "ilinca")
    page.goto(f"{one_house.base}/ro/rotas")
    page.click("main form[action$='/rotas'] button")
    page.wait_for_url("**/rotas/*")
    page.focus(focused)
    with one_house.workers(1):
        found(page)
    expect(page.locator(afterwards)).to_be_focused()


@pytest.mark.parametrize(("language", "width"), [("ar", 360), ("ro", 1280)])
def test_by_keyboard_from_a_plan_to_answers(
    working: House, open_page: OpenPage, language: str, width: int
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, working, "mihai" if language == "ar" else "ilinca", language)
    page.goto(f"{working.base}/{language}/rotas")
    check(page, "the plans")
    plan(page)
    check(page, "the board")
    ticks = page.locator("input[name=proposal]")
    expect(ticks.first).to_be_visible()
    proposals = [str(one.get_attribute("value")) for one in ticks.all()]

    # Why this person; they are pinned, and the next plan keeps them.
    reasons = page.locator(".rota-need:has(input[name=proposal]) > p a").first
    press(page, reasons)
    check(page, "why this person")
    proposed = page.locator("section:has(input[name=proposal])").first
    pinned = str(proposed.locator("input[name=proposal]").get_attribute("value"))
    press(page, proposed.locator("button:has(use[href$='#lock'])"))
    expect(page.locator("button:has(use[href$='#undo'])")).to_be_visible()
    press(page, page.locator(".back-link a"))
    press(page, page.locator("form[action$='/again'] button"))
    found(page)
    there = page.locator(f".rota-people li:has(input[value='{pinned}'])")
    expect(there.locator("use[href$='#lock']")).to_have_count(1)

    # By person, and one person whole.
    press(page, page.locator("a[href*='by=person']"))
    check(page, "by person")
    press(page, page.locator(".rota-meeting h3 a").first)
    check(page, "one person")
    page.go_back()
    press(page, page.locator("a.nav-link:not([href*='by=person'])").first)

    # Somebody became busy meanwhile: they are told apart, everybody else is asked.
    busy = proposals[0]
    make_busy(working, busy)
    press(page, page.locator(".rota-accept button").last)
    expect(page.locator("#refused li")).to_have_count(1)
    check(page, "what became of it")
    press(page, page.locator("main .actions a"))
    left = [one.get_attribute("value") for one in page.locator("input[name=proposal]").all()]
    assert left == [busy]
    page.goto(page.url.split("?")[0] + "/trace")
    check(page, "how it came about")


def test_without_scripts_the_page_comes_anew_by_itself(working: House, open_page: OpenPage) -> None:
    page = open_page(360)
    sign_in(page, working, "mihai")
    page.goto(f"{working.base}/ro/rotas")
    page.click("main form[action$='/rotas'] button")
    found(page)


@pytest.mark.parametrize(
    ("language", "width", "height"),
    [("ro", 360, 640), ("ar", 360, 640), ("ro", 1280, 720), ("ro", 640, 400)],
)
def test_nothing_that_has_the_focus_hides_behind_the_bar(
    working: House, open_page: OpenPage, language: str, width: int, height: int
) -> None:
    page = open_page(width, scripts=True, height=height)
    sign_in(page, working, "ilinca", language)
    page.goto(f"{working.base}/{language}/rotas")
    plan(page)
    page.reload()
    seen = 0
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const one = document.activeElement, bar = document.querySelector(".rota-accept");
              if (!document.querySelector("main").contains(one) || bar.contains(one)) return null;
              const mine = one.getBoundingClientRect(), over = bar.getBoundingClientRect();
              const hidden = mine.top >= over.top && mine.bottom <= over.bottom;
              return hidden ? one.outerHTML : "";
            }"""
        )
        assert not found
        seen += found == ""
    assert seen > 20
