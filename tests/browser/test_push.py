"""Notifications in a real browser: the card, and what the worker shows and opens.

No push service can be reached here. So the browser is told by its debugging protocol that a message
came, as its maker's service would; and its way to make an address gives one of the tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.notices.webpush import to_base64
from tests.browser.conftest import House, is_complaint, sign_in
from tests.browser.test_every_page import LOOKS, OpenPage, check_at_both_widths
from tests.notices.browsers import Browser as Reader

pytestmark = [pytest.mark.browser]
ASKED = """() => {
  window.asked = 0;
  Notification.requestPermission = async () => { window.asked += 1; return "granted"; };
}"""
"""Counts how often the browser asks; a headless one has nobody who could answer."""
SUBSCRIBES = """() => {
  const one = (name) => Uint8Array.from(atob(name.replace(/-/g, "+").replace(/_/g, "/")),
    (letter) => letter.charCodeAt(0)).buffer;
  PushManager.prototype.subscribe = async function (options) {
    window.options = { visible: options.userVisibleOnly, key: options.applicationServerKey };
    return { endpoint: ENDPOINT, toJSON: () => ({ endpoint: ENDPOINT, keys: KEYS }) };
  };
}"""


def prepared(context: BrowserContext) -> dict[str, str]:
    """The browser's own way to make an address, which needs its maker's service."""
    reader = Reader()
    keys = {"p256dh": reader.p256dh, "auth": reader.auth}
    script = SUBSCRIBES.replace("ENDPOINT", json.dumps("https://push.example/z31secret"))
    context.add_init_script(f"({ASKED})(); ({script.replace('KEYS', json.dumps(keys))})()")
    return keys


@pytest.fixture
def telephone(chrome: Browser, one_house: House) -> Iterator[Page]:
    """A browser that may show messages; every complaint of it on the console fails the test."""
    context = chrome.new_context(viewport={"width": 360, "height": 780}, locale="ro-RO")
    context.grant_permissions(["notifications"], origin=one_house.base)
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda m: complaints.append(m.text) if is_complaint(m) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def card(page: Page) -> Any:
    return page.locator("[data-push]")


def test_a_press_makes_a_device_and_nothing_is_asked_before(
    telephone: Page, one_house: House
) -> None:
    page = telephone
    prepared(page.context)
    sign_in(page, one_house, "layla", "ro")
    page.goto(f"{one_house.base}/ro/profile/reminders")
    expect(card(page)).to_be_visible()
    assert page.evaluate("window.asked") == 0
    key = card(page).get_attribute("data-push")

    with page.expect_navigation():
        card(page).locator("button").click()

    assert page.url.endswith("/ro/profile/reminders")
    devices = page.locator("#devices + ul li")
    expect(devices).to_have_count(1)
    assert "Linux" in devices.inner_text()
    assert "z31secret" not in page.content()
    assert key is not None
    assert len(key) == 87
    page.locator("#devices + ul button").click()
    expect(page.locator("#devices")).to_have_count(0)


def test_where_the_browser_was_told_no_it_says_so_on_the_page_of_reminders_only(
    chrome: Browser, one_house: House
) -> None:
    context = chrome.new_context(locale="ro-RO")
    context.add_init_script(
        "Object.defineProperty(Notification, 'permission', {get: () => 'denied'})"
    )
    page = context.new_page()
    sign_in(page, one_house, "layla", "ro")
    page.goto(f"{one_house.base}/ro/profile/reminders")
    expect(page.locator("[data-push-blocked]")).to_be_visible()
    expect(card(page).locator("form")).to_be_hidden()
    page.goto(f"{one_house.base}/ro/mine")
    expect(card(page)).to_be_hidden()
    context.close()


def test_without_scripts_nothing_is_offered_and_all_else_works(
    one_house: House, open_page: OpenPage
) -> None:
    page = open_page(360)
    sign_in(page, one_house, "layla", "ro")
    page.goto(f"{one_house.base}/ro/profile/reminders")

    expect(card(page)).to_be_hidden()
    expect(page.locator("main form button[type=submit]").first).to_be_visible()


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_the_card_on_narrow_and_wide_screens(
    one_house: House, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    page.add_init_script(
        "Object.defineProperty(Notification, 'permission', {get: () => 'default'})"
    )
    sign_in(page, one_house, "layla", language)
    for path in ("profile/reminders", "mine"):
        page.goto(f"{one_house.base}/{language}/{path}")
        expect(card(page)).to_be_visible()
        check_at_both_widths(page, f"the card on {path} in {language}")
        box = card(page).locator("button").bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_what_arrives_is_shown_and_the_newer_takes_the_place_of_the_older(
    telephone: Page, one_house: House
) -> None:
    page = telephone
    page.goto(f"{one_house.base}/ro/")
    page.evaluate(
        "navigator.serviceWorker.register('/sw.js', {scope: '/'})"
        ".then(() => navigator.serviceWorker.ready).then(() => null)"
    )
    words = {
        "title": "Punte",
        "body": "لديك موعد: الاثنين 11:00",
        "lang": "ar",
        "page": f"{one_house.base}/ar/mine",
        "tag": "a" * 32,
    }
    delivered(page, one_house, json.dumps(words))
    delivered(page, one_house, json.dumps(words | {"body": "تغيّر الموعد"}))

    [shown] = showing(page)
    assert (shown["title"], shown["body"], shown["lang"], shown["dir"]) == (
        "Punte",
        "تغيّر الموعد",
        "ar",
        "auto",
    )
    assert shown["page"] == words["page"]


def test_what_cannot_be_read_is_shown_as_nothing_but_our_name(
    telephone: Page, one_house: House
) -> None:
    page = telephone
    page.goto(f"{one_house.base}/ro/")
    page.evaluate(
        "navigator.serviceWorker.register('/sw.js', {scope: '/'})"
        ".then(() => navigator.serviceWorker.ready).then(() => null)"
    )
    delivered(page, one_house, "not json")

    [shown] = showing(page)
    assert (shown["title"], shown["body"]) == ("Punte", "")


PRESSED = """async (page) => {
  Clients.prototype.openWindow = async (where) => { self.noted.push(where); };
  self.noted = [];
  await self.registration.showNotification("Punte", { data: { page }, tag: "pressed" });
  const [notification] = await self.registration.getNotifications({ tag: "pressed" });
  const press = new NotificationEvent("notificationclick", { notification });
  let work;
  press.waitUntil = (promise) => { work = promise; };
  self.dispatchEvent(press);
  await work;
  return [self.noted, (await self.registration.getNotifications({ tag: "pressed" })).length];
}"""


def test_a_press_opens_the_page_of_the_reader_and_never_another_site(
    telephone: Page, one_house: House
) -> None:
    """Pressed by the test itself, which a browser does not take for a person's: what would open is
    noted instead."""
    page = telephone
    with page.context.expect_event("serviceworker") as begun:  # the page may register it first
        page.goto(f"{one_house.base}/ro/")
        page.evaluate("navigator.serviceWorker.register('/sw.js', {scope: '/'}).then(() => null)")
    worker = begun.value
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")

    mine = f"{one_house.base}/ar/mine"
    assert worker.evaluate(PRESSED, mine) == [[mine], 0]
    assert worker.evaluate(PRESSED, "https://elsewhere.example/") == [[], 0]
    assert worker.evaluate(PRESSED, None) == [[f"{one_house.base}/"], 0]


def delivered(page: Page, house: House, words: str) -> None:
    """The browser's push service brought this."""
    session = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    before = page.evaluate(SHOWN)
    registration = next(one for one in found if one["scopeURL"] == f"{house.base}/")
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": house.base,
            "registrationId": registration["registrationId"],
            "data": words,
        },
    )
    page.wait_for_function(f"async () => (await ({SHOWN})()) !== {json.dumps(before)}")
    session.detach()


SHOWN = """async () => {
  const here = await navigator.serviceWorker.ready;
  const all = await here.getNotifications();
  return JSON.stringify(all.map((one) => [one.title, one.body, one.tag]));
}"""


def showing(page: Page) -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.evaluate(
        """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
          (one) => ({ title: one.title, body: one.body, lang: one.lang, dir: one.dir,
                      page: one.data?.page }))"""
    )
    return found


def test_a_key_of_ours_is_one_that_browsers_take(one_house: House, open_page: OpenPage) -> None:
    page = open_page(360, scripts=True)
    sign_in(page, one_house, "layla", "ro")
    page.goto(f"{one_house.base}/ro/profile/reminders")
    key = card(page).get_attribute("data-push") or ""

    taken = page.evaluate(
        """async (key) => {
          const raw = Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")),
            (letter) => letter.charCodeAt(0));
          const curve = { name: "ECDH", namedCurve: "P-256" };
          const made = await crypto.subtle.importKey("raw", raw, curve, true, []);
          return made.type;
        }""",
        key,
    )
    assert taken == "public"
    assert to_base64(b"\x04")[:1] == "B" == key[:1]  # uncompressed
