"""The public programme on a cheap phone: small, without JavaScript, without a network, on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import House, sign_in_by_the_form
from tests.browser.test_every_page import nothing_for_axe_to_say, nothing_hangs_over, path_in

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
RTL = ("ar", "fa", "ps")
KEPT = """async () => {
  await navigator.serviceWorker.ready;
  for (;;) {
    const files = await (await caches.open("files-1")).keys();
    const pages = await (await caches.open("programme-1")).keys();
    if (pages.length && files.length > 3) return pages.map((one) => new URL(one.url).pathname);
    await new Promise((go) => setTimeout(go, 20));
  }
}"""


@pytest.fixture
def phone(chrome: Browser) -> Iterator[BrowserContext]:
    context = chrome.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.mark.parametrize("language", ["ro", "uk", "ar", "ps", "ne", "si", "bn"])
def test_on_a_small_screen(one_house: House, open_page: OpenPage, language: str) -> None:
    page = open_page(360, scripts=True)
    for path in ("/", "/?kind=course&level=A1&when=all", "/?words=nothing+like+it"):
        page.goto(f"{one_house.base}/{language}{path}")
        assert page.get_attribute("html", "lang") == language
        assert page.get_attribute("html", "dir") == ("rtl" if language in RTL else "ltr")
        look(page, f"{path} in {language}", language)
        for target in page.locator("main a.choice-chip, main .btn:visible, summary:visible").all():
            box = target.bounding_box()
            assert box is None or box["height"] >= 43.5, target.inner_text()
    page.goto(f"{one_house.base}/{language}/")
    meeting = path_in(page, ".session-title a")
    page.goto(f"{one_house.base}/{language}{meeting}")
    look(page, f"a session in {language}", language)
    page.goto(f"{one_house.base}/{language}{path_in(page, 'main .actions a')}")
    look(page, f"an activity in {language}", language)


def look(page: Page, where: str, language: str) -> None:
    """`check`; colours are the same in all languages, so it is enough to ask for them in two."""
    page.wait_for_load_state()
    but = () if language in ("ro", "ar") else ("color-contrast",)
    nothing_for_axe_to_say(page, where, but=but)
    nothing_hangs_over(page, where)


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_the_first_session_is_on_the_first_screens(
    one_house: House, open_page: OpenPage, language: str
) -> None:
    page = open_page(360, height=740)
    page.goto(f"{one_house.base}/{language}/")
    box = page.locator(".session-card").first.bounding_box()

    assert box is not None
    assert box["y"] < 740


def test_without_javascript_one_chooses_by_links_and_by_the_form(
    one_house: House, open_page: OpenPage
) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/en/")
    page.get_by_role("link", name="Brașov").click()
    page.get_by_role("link", name="Six weeks").click()
    page.locator(".choice-chip.kind-course").click()
    page.locator("main details summary").first.click()
    page.select_option("#level", "A2")
    page.get_by_role("button", name="Show").click()

    assert dict(part.split("=") for part in page.url.split("?")[1].split("&")) == {
        "centre": "brasov",
        "kind": "course",
        "when": "all",
        "language": "",
        "level": "A2",
        "age": "",
        "day": "",
        "words": "",
    }
    assert page.locator(".session-card").count() > 0
    assert page.locator(".choice-chip[aria-current]").all_inner_texts() == [
        "Brașov",
        "Romanian course",
        "Six weeks",
    ]
    page.get_by_role("link", name="Show everything").click()
    assert page.url.endswith("/en/?centre=brasov")


def test_by_keyboard_alone_one_reaches_a_session(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360)
    page.goto(f"{one_house.base}/en/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    for _key in range(40):
        page.keyboard.press("Tab")
        if page.locator(".session-title a:focus").count():
            break
    page.keyboard.press("Enter")

    page.wait_for_url("**/en/meetings/**")


def test_without_a_network_it_is_the_programme_as_it_was_and_says_so(
    one_house: House, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{one_house.base}/en/")
    assert not page.locator(".offline-note").is_visible()
    page.evaluate(KEPT)
    meeting = path_in(page, ".session-title a")
    page.goto(f"{one_house.base}/en{meeting}")
    page.goto(f"{one_house.base}/ar/")
    title = page.locator(".session-title").first.inner_text()

    phone.set_offline(True)
    page.reload()

    assert page.locator(".session-title").first.inner_text() == title
    assert page.locator(".offline-note").is_visible()
    assert "23" in page.locator(".offline-note").inner_text()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(250, 246, 238)"
    page.goto(f"{one_house.base}/en{meeting}")
    assert page.locator("main h1").is_visible()
    page.goto(f"{one_house.base}/en/?kind=cultural")  # never seen: what was seen in this language
    text = page.locator(".offline-note").inner_text()
    assert text == "You are offline. This is the programme as it was on Monday, 23 November."

    phone.set_offline(False)
    page.goto(f"{one_house.base}/en/")
    assert not page.locator(".offline-note").is_visible()


def test_nothing_of_somebody_signed_in_is_kept(one_house: House, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(f"{one_house.base}/ro/")
    page.evaluate(KEPT)
    sign_in_by_the_form(page, one_house, "layla")
    for path in ("/", "/mine", "/my-calendars"):
        page.goto(f"{one_house.base}/ro{path}")
    own = page.goto(f"{one_house.base}/ro/mine")
    assert own is not None
    meeting = path_in(page, ".session-title a")
    page.goto(f"{one_house.base}/ro{meeting}")

    kept = page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) {
            const box = await caches.open(name);
            for (const one of await box.keys()) {
              found.push([new URL(one.url).pathname, await (await box.match(one)).text()]);
            }
          }
          return found;
        }"""
    )
    assert {path for path, _text in kept if not path.startswith("/static/")} == {"/ro/"}
    assert not any("Layla" in text for _path, text in kept)
    phone.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(f"{one_house.base}/ro/mine")


def test_a_page_that_is_gone_is_forgotten(one_house: House, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(f"{one_house.base}/ro/")
    page.evaluate(KEPT)
    gone = f"{one_house.base}/ro/meetings/no-such-session"
    page.evaluate(
        """async (address) => {
          const box = await caches.open("programme-1");
          const headers = { "Content-Type": "text/html" };
          await box.put(address, new Response("<html >was here", { headers }));
        }""",
        gone,
    )

    page.goto(gone)

    left = page.evaluate("async () => (await (await caches.open('programme-1')).keys()).length")
    phone.set_offline(True)
    page.goto(gone)
    assert "was here" not in page.content()
    assert left >= 1


def test_the_week_on_paper(one_house: House, open_page: OpenPage) -> None:
    page = open_page(1280)
    page.goto(f"{one_house.base}/ro/?centre=bucuresti")
    page.emulate_media(media="print")

    assert page.locator(".session-card").first.is_visible()
    assert page.locator(".print-only").first.is_visible()
    for gone in ("nav.choices", ".site-header", "main .btn", "main details"):
        assert not page.locator(gone).first.is_visible(), gone
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1


def test_the_web_app_can_be_installed(one_house: House, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(f"{one_house.base}/ar/")
    page.evaluate(KEPT)
    session = phone.new_cdp_session(page)

    found = session.send("Page.getAppManifest")
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert found["url"].endswith("/ar/manifest.webmanifest")
    assert found["errors"] == []
    assert [one["errorId"] for one in errors if one["errorId"] != "in-incognito"] == []
