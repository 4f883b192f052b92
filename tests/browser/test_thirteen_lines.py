"""The thirteen things that participants may rely on, each a test by its number, in three scripts,
on a phone of 360 px. Whatever concerns all pages or all languages is gone through elsewhere, too:
`test_every_page`, `test_nothing_is_cut`, `test_public_programme`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from app import create_app
from app.extensions import db
from app.people.models import Person
from app.staffing.answer_links import seal_of
from app.staffing.models import Assignment, State
from tests.browser.conftest import House, sign_in, sign_in_by_the_form
from tests.browser.test_every_page import check, path_in
from tests.browser.test_joining import begin, fields

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
in_three_scripts = pytest.mark.parametrize("language", ["ro", "uk", "ar"])
LEAST, PRIMARY = 24, 44
KB = 1024
TARGETS = f"""() => [...document.querySelectorAll('a[href], button, summary, select, input')]
  .filter((e) => e.checkVisibility() && !e.closest('p, dd, td') && e.type !== 'hidden')
  .map((e) => [e, (e.closest('label') || e).getBoundingClientRect()])
  .filter(([e, b]) => b.width > 2 && b.height < (e.matches('main .btn') ? {PRIMARY} : {LEAST}))
  .map(([e, b]) => `${{Math.round(b.height)}} ${{e.outerHTML.slice(0, 80)}}`)"""
"""Targets that a thumb misses; links within a sentence may be as high as their line."""


@in_three_scripts
def test_01_from_the_card_to_done_in_two_pages_and_three_fields_without_scripts(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    begin(page, one_house, language, "kind=cultural")
    required = page.locator("main form :is(input, select)[required]:not([type=hidden])").count()
    assert required <= fields(page) <= 3
    page.fill("#name", "Sam")
    page.click("main form button[type=submit]")

    assert "/card/" in page.url


@in_three_scripts
def test_02_a_first_visit_weighs_sixty_kilobytes_and_a_later_one_ten(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    weights = []
    for _visit in range(2):
        answers.clear()
        page.goto(f"{one_house.base}/{language}/", wait_until="networkidle")
        weights.append(sum(one.request.sizes()["responseBodySize"] for one in answers))

    assert 20 * KB < weights[0] <= 60 * KB
    assert weights[1] <= 10 * KB


@in_three_scripts
def test_03_nothing_hangs_over_and_every_target_is_large_enough(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360, scripts=True)
    sign_in(page, one_house, "layla", language)
    for path in ("/", "/mine", "/profile/reminders", "/missing", "/my-calendars", "/calendars"):
        page.goto(f"{one_house.base}/{language}{path}")
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
        assert page.evaluate(TARGETS) == [], path


@in_three_scripts
def test_04_no_page_on_the_way_to_a_place_violates_wcag(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360, scripts=True)
    page.goto(f"{one_house.base}/{language}/")
    check(page, "the programme")
    page.locator("main .session-title a").first.click()
    check(page, "a session")
    begin(page, one_house, language, "kind=cultural")
    check(page, "the questions")
    page.fill("#name", "Sam")
    page.click("main form button[type=submit]")
    check(page, "the card")


@in_three_scripts
def test_05_one_language_button_and_the_choice_stays(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360, scripts=True)
    page.goto(f"{one_house.base}/en/")
    page.locator(".language-menu summary, .languages summary").first.click()
    link = page.locator(f"a[hreflang={language}]:visible").first
    assert link.get_attribute("lang") == language
    link.click()
    assert page.get_attribute("html", "lang") == language
    assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    sign_in_by_the_form(page, one_house, "layla", language)
    assert page.get_attribute("html", "lang") == language
    page.goto(f"{one_house.base}/{language}/calendars/all")
    assert page.locator(f"a[href*='/{language}/calendars/all/poster.pdf']").count() == 1


@in_three_scripts
def test_06_a_refused_form_says_so_first_and_keeps_what_was_typed(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360, scripts=True)
    begin(page, one_house, language, "kind=cultural")
    page.fill("#contact", "nobody at all")
    page.click("main form button[type=submit]")

    expect(page.locator("#error-summary")).to_be_focused()
    assert page.locator(".error-summary a[href='#name'], .error-summary a[href='#contact']").count()
    assert page.input_value("#contact") == "nobody at all"
    for name in ("#name", "#contact"):
        assert page.get_attribute(name, "aria-invalid") == "true"
        described = str(page.get_attribute(name, "aria-describedby")).split()
        assert any(page.locator(f"[id='{one}']").inner_text() for one in described)


@in_three_scripts
def test_07_looking_at_a_question_answers_nothing_and_twice_is_once(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    address = asked(one_house, ["ro", "uk", "ar"].index(language))
    page, where = open_page(360), f"{one_house.base}/{language}{address}"
    for _scanner in range(2):
        assert page.request.head(where).status == 200
        assert page.request.get(where).status == 200
    page.goto(where)
    yes = page.locator("form[action$='/acceptance'] button")
    assert yes.count() == 1
    yes.click()
    assert page.locator("form[action$='/acceptance']").count() == 0
    page.goto(where)
    assert page.locator("form[action$='/acceptance']").count() == 0


def asked(house: House, number: int) -> str:
    """The address in a letter that asks somebody to help."""
    app = create_app(house.environ)
    with app.app_context():
        rows = db.session.query(Assignment).filter_by(state=State.OFFERED).order_by(Assignment.id)
        offer = rows.join(Person, Assignment.person_id == Person.id).offset(number).limit(1).one()
        seal = seal_of(app.config["PUNTE"].secret_key, offer.ref, offer.made_at)
        db.engine.dispose()
        return f"/answers/{offer.ref}/{seal}"


@in_three_scripts
def test_08_leaving_is_as_easy_as_coming_and_can_be_taken_back(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    sign_in(page, one_house, "layla", language)
    page.goto(f"{one_house.base}/{language}/?centre=bucuresti&kind=cultural")
    page.locator("main .session-title a").first.click()
    assert page.locator("main a[href$='.ics']").count() >= 1
    page.goto(f"{one_house.base}/{language}{path_in(page, ACTIVITY)}")
    for _again in range(2):
        page.locator("main form[action$='/enrolment'] button").first.click()
        page.locator("main a[href$='/enrolment/end']").click()
        page.locator("main form[action$='/enrolment/end'] button").first.click()
        assert page.locator("main form[action$='/enrolment'] button").count() == 1


ACTIVITY = "main a[href*='/activities/']:not([href$='.ics']):not([href*='/joining'])"


@in_three_scripts
def test_09_where_all_places_are_taken_one_may_wait_and_is_told_before(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/{language}/?centre=craiova&kind=course")
    page.locator("main .session-title a").first.click()
    page.goto(f"{one_house.base}/{language}{path_in(page, ACTIVITY)}")
    page.locator("main a[href*='/joining']").first.click()
    assert page.locator("main form input[name=waits][value='1']").count() == 1
    page.fill("#name", "Hana")
    page.click("main form button[type=submit]")

    assert page.locator("main form[action*='/waiting/']").count() == 1
    assert page.locator("main form[action*='/meetings/']").count() == 0  # no place, no session


@in_three_scripts
def test_10_a_calendar_for_this_telephone_first_and_a_link_that_can_be_replaced(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    firsts = set()
    for agent in ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "Linux; Android 14"):
        page.set_extra_http_headers({"User-Agent": agent})
        page.goto(f"{one_house.base}/{language}/calendars/all")
        firsts.add(page.locator("main .btn").first.get_attribute("href"))
        assert page.locator("main svg.qr, main .qr").count() >= 1
        assert page.input_value("#feed-address").endswith(".ics")
    assert len(firsts) == 2
    sign_in(page, one_house, "layla", language)
    page.goto(f"{one_house.base}/{language}/my-calendars")
    page.fill("#label", f"telefon {language}")
    page.locator("main form:has(#label) button").click()
    page.goto(f"{one_house.base}/{language}/my-calendars")
    ends = page.locator("main form[action$='/end']").count()
    page.locator("main form[action$='/end'] button").first.click()
    assert page.locator("main form[action$='/end']").count() == ends - 1


@in_three_scripts
def test_11_a_kind_is_a_word_an_icon_and_a_letter(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/{language}/?when=all")
    badges = page.locator("main .session-card .kind-badge").all()

    assert len(badges) > 5
    for badge in badges[:12]:
        assert badge.locator("svg").count() == 1
        words = re.findall(r"\w+", badge.inner_text())
        assert min(len(one) for one in words) <= 2 < max(len(one) for one in words), words


@in_three_scripts
def test_12_public_pages_print_on_a4_and_there_is_a_poster_in_this_language(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(718, scripts=True)  # A4 without its margins
    page.emulate_media(media="print")
    page.goto(f"{one_house.base}/{language}/")
    session = path_in(page, "main .session-title a")
    for path in ("/", session, "/calendars", "/calendars/all"):
        page.goto(f"{one_house.base}/{language}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 718, path
        assert not page.locator(".site-nav").first.is_visible()
    poster = page.locator(f"a[href*='/{language}/calendars/all/poster.pdf']").first
    assert poster.get_attribute("lang") == language


@in_three_scripts
def test_13_an_empty_list_says_why_and_what_to_do_next(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/{language}/?words=nothing+like+it")
    empty = page.locator("main .empty, main .panel").first
    assert len(empty.inner_text()) > 20
    assert page.locator("main :is(.empty, .panel) a[href]").count() >= 1
    sign_in(page, one_house, "marie", language)
    page.goto(f"{one_house.base}/{language}/missing/mine")
    assert page.locator("main a[href*='/missing']").count() >= 1
