"""No words are cut off, hang out of their box or lie over others, on any page of participants, in
any of their languages, on a small screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from app.i18n import LANGUAGES
from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import path_in

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
OUTSIDE = [
    "/",
    "/?words=nothing+like+it",
    "/calendars",
    "/calendars/all",
    "/sign-in",
    "/sign-in/code",
    "/forgotten-password",
]
INSIDE = [
    "/mine",
    "/profile",
    "/profile/reminders",
    "/my-calendars",
    "/missing",
    "/missing/mine",
    "/my-data",
    "/my-data/erasure",
    "/rather-not-meet",
]
CUT = r"""() => {
  const shown = (e) => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})
    && !e.closest('details:not([open]) > :not(summary)');
  const found = [];
  const wide = document.documentElement.clientWidth;
  const words = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg, select, table') || !shown(e)) continue;
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (box.width < 3 || box.height < 3 || !words(e)) continue;  // for screen readers only
    const say = (why) => found.push(`${why}: <${e.tagName.toLowerCase()} class="${e.className}"> `
      + e.textContent.trim().slice(0, 60));
    if (box.left < -1 || box.right > wide + 1) say('over the edge');
    const room = style.display === 'inline' ? 99 : 1;
    if (e.scrollWidth > e.clientWidth + room && e.clientWidth) say('wider than its box');
    if (style.overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 2) say('cut off');
  }
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walk.nextNode()) {
    const text = walk.currentNode;
    if (!shown(text.parentElement) || text.parentElement.closest('svg, option, code')) continue;
    for (const word of text.data.matchAll(/[\p{L}\p{M}]{2,}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((r) => Math.round(r.bottom / 8)));
      if (lines.size > 1) found.push(`broken in two: ${word[0]}`);
    }
  }
  const buttons = [...document.querySelectorAll('main :is(.btn, button, summary)')].filter(shown)
    .map((e) => [e, e.getBoundingClientRect()]);
  buttons.forEach(([one, a], i) => buttons.slice(i + 1).forEach(([other, b]) => {
    const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    if (over && !one.contains(other) && !other.contains(one))
      found.push(`over another: ${one.textContent.trim()} / ${other.textContent.trim()}`);
  }));
  return found;
}"""
"""What is wrong with a page, in words; what is hidden on purpose is not."""


def cut(page: Page, house: House, language: str, paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        page.goto(f"{house.base}/{language}{path}")
        found += [f"{path}: {one}" for one in page.evaluate(CUT)]
    return found


def activity_pages(page: Page, house: House, language: str) -> list[str]:
    """A session, its course, and the three questions of who would like to come."""
    page.goto(f"{house.base}/{language}/?kind=course&centre=craiova")
    session = path_in(page, "main .session-title a")
    page.goto(f"{house.base}/{language}{session}")
    course = path_in(page, "main a[href*='/activities/']:not([href$='.ics'])").partition("/joining")
    return [session, course[0], f"{course[0]}/joining"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_cut(one_house: House, open_page: OpenPage, language: str) -> None:
    page = open_page(360, scripts=True)
    pages = [*OUTSIDE, *activity_pages(page, one_house, language)]
    found = cut(page, one_house, language, pages)
    sign_in(page, one_house, "layla", language)
    found += cut(page, one_house, language, INSIDE)

    assert found == []


def test_the_measure_finds_what_is_cut(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360, scripts=True)
    page.goto(f"{one_house.base}/en/")
    for wrong in (
        "h => { h.textContent = 'x'.repeat(90); h.style.overflowWrap = 'normal' }",
        "h => { h.style.height = '8px'; h.style.overflow = 'hidden' }",
        "h => { h.style.marginInlineStart = '-40px' }",
        "h => { h.style.inlineSize = '2ch'; h.style.overflowWrap = 'anywhere' }",
    ):
        assert page.evaluate(CUT) == []
        page.eval_on_selector("h1", wrong)
        assert page.evaluate(CUT) != [], wrong
        page.reload()
