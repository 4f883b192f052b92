"""Every page at two widths in two directions: no axe violation, no sideways scroll, no error."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.conftest import House, sign_in

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
WIDTHS = (360, 1280)
LOOKS = [(360, "ar"), (1280, "ro")]
"""The width at which a browser begins, and its language. `check_at_both_widths` goes on from there,
so that axe sees each page in each direction, once on a telephone and once on a large screen."""
TWO_LAYOUTS = re.compile(r"/(week|month|day|list|activities/new)?(\?.*)?$|.*/planning$")
"""Pages that are built otherwise on a large screen: axe sees all four looks of them."""
RUN_AXE = """how => axe.run(document, how).then((found) => found.violations.map(
  (one) => [one.id, one.nodes[0].html.slice(0, 120)]))"""
HANGS_OVER = """wide => innerWidth === wide
  && [document.documentElement.scrollWidth - document.documentElement.clientWidth]"""


def check(page: Page, where: str) -> None:
    """Nothing for axe to say, and nothing hangs over the edge."""
    page.wait_for_load_state()
    nothing_for_axe_to_say(page, where)
    nothing_hangs_over(page, where)


def check_at_both_widths(page: Page, where: str, *, two_layouts: bool = False) -> None:
    """`check` as it is, and what hangs over at the other width; where there are *two_layouts*, axe
    there, too. The page is left at that width, so the next one is looked at there first."""
    check(page, where)
    assert page.viewport_size is not None
    other = sum(WIDTHS) - page.viewport_size["width"]
    page.set_viewport_size({"width": other, "height": page.viewport_size["height"]})
    where = f"{where}, then at {other}"
    nothing_hangs_over(page, where)
    if two_layouts:
        nothing_for_axe_to_say(page, where)


def nothing_for_axe_to_say(page: Page, where: str, *, but: tuple[str, ...] = ()) -> None:
    """By all rules of WCAG, *but* those."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    rules = {one: {"enabled": False} for one in but}
    assert page.evaluate(RUN_AXE, WCAG | {"rules": rules}) == [], where


def nothing_hangs_over(page: Page, where: str) -> None:
    """As soon as the page has its width."""
    assert page.viewport_size is not None
    answer = page.wait_for_function(HANGS_OVER, arg=page.viewport_size["width"])
    assert answer.json_value()[0] <= 0, where


def visit(page: Page, house: House, language: str, paths: list[str]) -> None:
    for path in paths:
        answer = page.goto(f"{house.base}/{language}{path}")
        assert answer is not None
        assert answer.status == 200, path
        direction = "rtl" if language == "ar" else "ltr"
        assert page.get_attribute("html", "dir") == direction
        assert page.get_attribute("html", "lang") == language
        two = bool(TWO_LAYOUTS.match(path))
        check_at_both_widths(page, f"{path} in {language}", two_layouts=two)


def path_in(page: Page, selector: str) -> str:
    """The path behind the first such link, without its language."""
    href = page.locator(selector).first.get_attribute("href")
    assert href is not None
    return href[3:]


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_public_pages(one_house: House, open_page: OpenPage, width: int, language: str) -> None:
    page = open_page(width, scripts=True)
    visit(
        page,
        one_house,
        language,
        ["/calendars", "/sign-in", "/forgotten-password", "/certificate-check"],
    )
    visit(page, one_house, language, ["/volunteering", "/sign-in/code", "/"])
    meeting = path_in(page, ".session-title a")
    visit(page, one_house, language, [meeting])
    visit(page, one_house, language, [path_in(page, "main .actions a")])


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_pages_of_a_mediator(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "amina", language)
    visit(
        page,
        one_house,
        language,
        [
            "/needed?all=1",
            "/mine",
            "/my-hours",
            "/profile",
            "/my-calendars",
            "/missing",
            "/missing/here",
            "/confirmation",
            "/places",
        ],
    )
    visit(page, one_house, language, [path_in(page, "main a[href$='/leaving']")])
    steps = ["steps", "roles", "about", "limits", "languages", "languages?words=kurd"]
    free = ["free", "free/times", "free/away", "free/extra", "free/file"]
    levels = ["languages/ckb", "languages/apc"]
    visit(page, one_house, language, [f"/profile/{one}" for one in (*steps, *free, *levels)])


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_pages_of_a_participant(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "layla", language)
    visit(page, one_house, language, ["/missing", "/missing/mine"])
    visit(page, one_house, language, ["/profile/reminders", "/mine", "/rather-not-meet"])
    assert page.locator("main .session-card").count() > 0


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_pages_of_a_coordinator(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    visit(
        page,
        one_house,
        language,
        [
            "/activities/new",
            "/templates",
            "/titles",
            "/people",
            "/people/new",
            "/call-list",
            "/letters",
            "/letters/offer?language=ar",
        ],
    )
    visit(
        page,
        one_house,
        language,
        [f"/activities/new?kind={kind}" for kind in ("course", "orientation", "cultural")],
    )
    views = ["/day?day=2026-11-28", "/month", "/list", "/week?state=open&words=cultur"]
    visit(page, one_house, language, [*views, "/list?words=nothing+like+it", "/week"])
    session = path_in(page, ".week .session-title a")
    visit(page, one_house, language, [session.replace("/planning", "/duplicate"), session])
    more = [path_in(page, f"main a[href$='/{end}']") for end in ("candidates", "needs", "learners")]
    visit(page, one_house, language, [more[2], more[0]])
    visit(page, one_house, language, [path_in(page, "main a[href$='/decisions']"), more[1]])
    ends = ("texts", "details")
    visit(page, one_house, language, [path_in(page, f"main a[href$='/{end}']") for end in ends])
    visit(page, one_house, language, ["/terms", "/asked-for", "/organisation-calendar/import"])
    visit(page, one_house, language, ["/activities/new?gap=romanian~A2~ar~morning"])


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_pages_about_who_may_help(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    visit(page, one_house, language, ["/applications", "/volunteer-register"])
    for name, one_way in (("Karim", "left"), ("Zahra", "paused"), ("Samira", None)):
        page.goto(f"{one_house.base}/{language}/people")
        page.get_by_role("link", name=name).first.click()
        papers = path_in(page, "main a[href$='/papers']")
        visit(page, one_house, language, [f"{papers}?name=a"])
        own = papers.removesuffix("papers")
        more = [f"{own}contracts/bucuresti/new", f"{own}checks/new", f"{own}age", f"{own}contact"]
        if one_way:
            more.append(
                f"{papers}/bucuresti/{'mediator' if name == 'Zahra' else 'volunteer'}/{one_way}"
            )
        if name == "Zahra":
            page.goto(f"{one_house.base}/{language}{papers}")
            more += [
                path_in(page, f"main a[href*='/{kind}/'][href$='removal']")
                for kind in ("contracts", "checks")
            ]
        visit(page, one_house, language, more)


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_pages_of_being_there(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "andrei", language)
    visit(page, one_house, language, ["/my-hours"])
    page.locator("main details summary").first.click()
    check_at_both_widths(page, f"asking for a certificate in {language}")
    visit(page, one_house, language, [path_in(page, "main a[href*='/my-hours/']")])
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    page.goto(f"{one_house.base}/{language}/week")
    recorded = path_in(page, ".attention a[href$='/presence']")
    visit(page, one_house, language, [f"{recorded}/instead", recorded])
    page.goto(f"{one_house.base}/{language}/people?role=mediator")
    person = path_in(page, "main a[href*='/people/']:has-text('Amina')")
    visit(page, one_house, language, [f"{person}/hours", f"{person}/certificate"])
    page.locator("button[name=issue]").click()
    page.wait_for_url("**/certificates/*")
    check_at_both_widths(page, f"certificate in {language}")
    address = page.locator(".certificate-foot p").inner_text().split("\n")[1]
    code = address.rsplit("/", 1)[1]
    visit(open_page(width, scripts=True), one_house, language, [f"/certificate-check/{code}"])


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_a_refused_form_says_so_first_and_keeps_what_was_typed(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    page.goto(f"{one_house.base}/{language}/activities/new?kind=course")
    page.fill("#title_ro", "Rămâne scris")
    page.select_option("#slots-0-weekday", "0")
    page.locator("main form button").last.click()

    assert page.locator(".error-summary li").count() >= 4
    expect(page.locator("#error-summary")).to_be_focused()
    assert page.input_value("#title_ro") == "Rămâne scris"
    check_at_both_widths(page, f"refused form in {language}", two_layouts=True)
    page.locator(".error-summary a").first.click()
    assert "#" in page.url


def test_by_keyboard_alone_one_signs_in_and_reaches_the_content(
    one_house: House, open_page: OpenPage
) -> None:
    page = open_page(1280, scripts=True)
    page.goto(f"{one_house.base}/ro/sign-in")
    page.focus("#email")
    page.keyboard.type("mihai@demo.punte.example")
    page.keyboard.press("Tab")
    page.keyboard.type("punte-demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/week**")
    page.keyboard.press("Tab")
    assert "leave" in (page.locator(":focus").locator("xpath=..").get_attribute("class") or "")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    assert page.url.endswith("#main")


def test_leaving_in_a_hurry_shows_nothing_when_one_goes_back(
    one_house: House, chrome: Browser
) -> None:
    context = chrome.new_context()
    page = context.new_page()
    page.route("https://ro.wikipedia.org/**", lambda route: route.fulfill(body="harmless"))
    sign_in(page, one_house, "layla", "ro")
    page.goto(f"{one_house.base}/ro/mine")
    page.locator(".leave button").click()
    page.wait_for_url("https://ro.wikipedia.org/**")

    page.go_back()

    assert "/sign-in" in page.url
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_targets_are_large_enough_for_a_thumb(
    one_house: House, open_page: OpenPage, width: int
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "amina", "ro")
    page.goto(f"{one_house.base}/ro/needed")

    for button in page.locator("main .btn").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.inner_text()


def test_a_first_visit_weighs_little(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360, scripts=True)
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(f"{one_house.base}/ro/", wait_until="networkidle")

    sent = [int(answer.headers["content-length"]) for answer in answers]
    assert len(sent) >= 4  # the page, two style sheets, icons
    assert sum(sent) <= 60 * 1024


def test_the_week_prints_without_menus_and_buttons(one_house: House, open_page: OpenPage) -> None:
    page = open_page(1280, scripts=True)
    sign_in(page, one_house, "mihai", "ro")
    page.goto(f"{one_house.base}/ro/week")
    page.emulate_media(media="print")

    assert page.locator(".week .session-card").first.is_visible()
    assert not page.locator(".site-nav").first.is_visible()
    assert not page.locator("main .btn").first.is_visible()
