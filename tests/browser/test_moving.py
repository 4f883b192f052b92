"""Moving a session by drag, by long press, by keyboard and by its form comes to the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.browser.conftest import House, is_complaint, sign_in
from tests.browser.test_every_page import check

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
SATURDAY = "2026-12-12"  # a course in the small room at 10, cooking in the large one at 15
AFTER_THE_HOLIDAYS = "2027-01-12"


@dataclass(frozen=True)
class Spot:
    """Where a session is, as its card says."""

    day: str
    starts: str
    ends: str
    room: str

    def next_day(self) -> Spot:
        there = (date.fromisoformat(self.day) + timedelta(days=1)).isoformat()
        return Spot(there, self.starts, self.ends, self.room)


def spot_of(card: Locator) -> Spot:
    return Spot(*(str(card.get_attribute(f"data-{name}")) for name in Spot.__annotations__))


def card_of(page: Page, ref: str) -> Locator:
    return page.locator(f"[data-ref='{ref}']")


def stored(page: Page, house: House, ref: str, day: str) -> Spot:
    """What a fresh page says of the session that is on *day* now."""
    words = page.request.get(f"{house.base}/ro/day?day={day}").text()
    card = re.search(rf'<[^>]*\sdata-ref="{ref}"[^>]*>', words)
    assert card is not None, words
    says = dict(re.findall(r'\sdata-(\w+)="([^"]*)"', card.group()))
    return Spot(*(says[name] for name in Spot.__annotations__))


def week_with(page: Page, house: House, language: str, session: tuple[str, Spot]) -> Locator:
    """The card of the session on its week, in the middle of the window."""
    ref, spot = session
    page.goto(f"{house.base}/{language}/week?day={spot.day}")
    card = card_of(page, ref)
    card.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    return card


def saturday(page: Page, house: House, at: str, language: str = "ro") -> Locator:
    """The card that starts at *at* on the Saturday with two sessions."""
    page.goto(f"{house.base}/{language}/day?day={SATURDAY}")
    return page.locator(f"[data-starts='{at}']")


def pick_up(card: Locator) -> None:
    card.locator("a").focus()
    card.page.keyboard.press("KeyM")


def middle(thing: Locator) -> tuple[float, float]:
    box = thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse, up to letting go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 8, start[1] + 8)
    page.mouse.move(*end, steps=5)


def touch(finger: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    finger.send(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
    )


@pytest.fixture(scope="module")
def sessions(one_house: House, chrome: Browser) -> Iterator[Iterator[tuple[str, Spot]]]:
    """Sessions after the holidays that nobody moved yet, with nothing against the day after."""
    page = chrome.new_page()
    sign_in(page, one_house, "mihai")
    yield looked_for(page, one_house)
    page.context.close()


def looked_for(page: Page, house: House) -> Iterator[tuple[str, Spot]]:
    """One after the other, whenever one is needed."""
    for week in range(5):
        day = date.fromisoformat(AFTER_THE_HOLIDAYS) + timedelta(weeks=week)
        page.goto(f"{house.base}/ro/week?day={day}")
        for card in cards(page):
            if is_free_next_day(card, house):
                yield session_of(card)


def session_of(card: Locator) -> tuple[str, Spot]:
    return str(card.get_attribute("data-ref")), spot_of(card)


def is_free_next_day(card: Locator, house: House) -> bool:
    """Whether it may go there without a question, and without leaving its week."""
    there = spot_of(card).next_day()
    asked = {name: getattr(there, name) for name in Spot.__annotations__}
    path = card.get_attribute("data-clashes")
    answer = card.page.request.get(f"{house.base}{path}", params=asked).json()
    is_monday = date.fromisoformat(there.day).weekday() == 0
    return not (answer["hard"] or answer["soft"] or is_monday)


def cards(page: Page) -> list[Locator]:
    return page.locator("[data-move]").all()


@pytest.fixture
def thumb(chrome: Browser) -> Iterator[Page]:
    """A telephone's browser; every complaint of it on the console fails the test."""
    context = chrome.new_context(viewport={"width": 360, "height": 2400}, has_touch=True)
    page, complaints = context.new_page(), []
    page.set_default_timeout(10_000)
    page.on("console", lambda m: complaints.append(m.text) if is_complaint(m) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def moved(page: Page) -> None:
    page.locator(".alert-success").wait_for()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(("language", "tomorrow"), [("ro", "ArrowRight"), ("ar", "ArrowLeft")])
def test_by_keyboard_to_the_next_day(
    one_house: House,
    open_page: OpenPage,
    sessions: Iterator[tuple[str, Spot]],
    width: int,
    language: str,
    tomorrow: str,
) -> None:
    session = next(sessions)
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    card = week_with(page, one_house, language, session)

    pick_up(card)
    page.keyboard.press(tomorrow)
    page.keyboard.press("Enter")
    moved(page)

    expect(card_of(page, session[0]).locator("a")).to_be_focused()
    there = session[1].next_day()
    assert stored(page, one_house, session[0], there.day) == there


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_by_mouse_to_the_next_day(
    one_house: House, open_page: OpenPage, sessions: Iterator[tuple[str, Spot]], language: str
) -> None:
    session = next(sessions)
    page = open_page(1280, scripts=True)
    sign_in(page, one_house, "mihai", language)
    card = week_with(page, one_house, language, session)
    there = session[1].next_day()

    drag(page, middle(card), middle(page.locator(f"[data-drop-day='{there.day}'] h2")))
    page.mouse.up()
    moved(page)

    assert stored(page, one_house, session[0], there.day) == there


@pytest.mark.parametrize("language", ["ro", "ar"])
def test_by_long_press_to_the_next_day(
    one_house: House, thumb: Page, sessions: Iterator[tuple[str, Spot]], language: str
) -> None:
    session = next(sessions)
    sign_in(thumb, one_house, "mihai", language)
    card = week_with(thumb, one_house, language, session)
    there = session[1].next_day()
    finger = thumb.context.new_cdp_session(thumb)

    touch(finger, "touchStart", middle(card))
    thumb.locator(".is-carried").wait_for()
    next_day = middle(thumb.locator(f"[data-drop-day='{there.day}'] h2"))
    touch(finger, "touchMove", (middle(card)[0], middle(card)[1] + 20))
    touch(finger, "touchMove", next_day)
    thumb.locator(f"[data-drop-day='{there.day}'] .move-ghost").wait_for()
    touch(finger, "touchEnd")
    moved(thumb)

    assert stored(thumb, one_house, session[0], there.day) == there


def test_a_finger_that_does_not_stay_scrolls(one_house: House, thumb: Page) -> None:
    sign_in(thumb, one_house, "mihai")
    thumb.set_viewport_size({"width": 360, "height": 700})
    thumb.goto(f"{one_house.base}/ro/week?day={SATURDAY}")
    cards(thumb)[0].evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    before = thumb.evaluate("scrollY")
    finger = thumb.context.new_cdp_session(thumb)
    x, y = middle(cards(thumb)[0])

    touch(finger, "touchStart", (x, y))
    for step in range(1, 9):
        touch(finger, "touchMove", (x, y - 30 * step))
    touch(finger, "touchEnd")

    thumb.wait_for_function("from => scrollY > from + 50", arg=before)
    assert thumb.locator(".is-carried").count() == 0
    assert "/week" in thumb.url


@pytest.mark.parametrize("language", ["ro", "ar"])
@pytest.mark.parametrize("width", [360, 1280])
def test_by_its_form_to_the_next_day_without_scripts(
    one_house: House,
    open_page: OpenPage,
    sessions: Iterator[tuple[str, Spot]],
    width: int,
    language: str,
) -> None:
    ref, spot = next(sessions)
    page = open_page(width)
    sign_in(page, one_house, "mihai", language)
    page.goto(f"{one_house.base}/{language}/meetings/{ref}/planning")
    there = spot.next_day()

    page.fill("#day", there.day)
    page.click("button[name=save]")
    moved(page)

    assert stored(page, one_house, ref, there.day) == there


@pytest.mark.parametrize(("language", "onwards"), [("ro", "ArrowRight"), ("ar", "ArrowLeft")])
def test_in_the_day_it_changes_room_hour_and_length(
    one_house: House, open_page: OpenPage, language: str, onwards: str
) -> None:
    page = open_page(1280, scripts=True, height=1700)
    sign_in(page, one_house, "mihai", language)
    small = saturday(page, one_house, "10:00", language)
    ref, before = str(small.get_attribute("data-ref")), spot_of(small)

    pick_up(small)
    for key in (onwards, "ArrowDown", "ArrowDown", "Shift+ArrowDown"):  # the last column: no room
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    moved(page)
    assert stored(page, one_house, ref, SATURDAY) == Spot(SATURDAY, "10:30", "13:45", "0")

    page.goto(f"{one_house.base}/{language}/day?day={SATURDAY}")
    card = card_of(page, ref)
    x, _y = middle(page.locator(f"[data-drop-room='{before.room}'] .day-room-name"))
    start = middle(card.locator(".session-when"))
    drag(page, start, (x, start[1] - 44))  # two quarters of an hour up
    page.mouse.up()
    moved(page)
    expected = Spot(SATURDAY, "10:00", "13:15", before.room)
    assert stored(page, one_house, ref, SATURDAY) == expected

    page.goto(f"{one_house.base}/{language}/day?day={SATURDAY}")
    edge = middle(card_of(page, ref).locator(".move-edge"))
    drag(page, edge, (edge[0], edge[1] - 22))
    page.mouse.up()
    moved(page)
    assert stored(page, one_house, ref, SATURDAY) == before


@pytest.mark.parametrize(("view", "width"), [("week", 1280), ("day", 1280), ("week", 360)])
def test_undo_on_the_board_brings_it_back(
    one_house: House,
    open_page: OpenPage,
    sessions: Iterator[tuple[str, Spot]],
    view: str,
    width: int,
) -> None:
    ref, before = next(sessions)
    page = open_page(width, scripts=True, height=480)
    sign_in(page, one_house, "mihai")
    page.goto(f"{one_house.base}/ro/{view}?day={before.day}")

    pick_up(card_of(page, ref))
    page.keyboard.press("ArrowRight" if view == "week" else "Shift+ArrowUp")
    page.keyboard.press("Enter")
    moved(page)
    expect(card_of(page, ref).locator("a")).to_be_focused()
    assert spot_of(card_of(page, ref)) != before
    undo = page.locator("#just-changed button")
    expect(undo).to_be_in_viewport()
    expect(card_of(page, ref).locator("a")).to_be_in_viewport()
    check(page, f"{view} after a drop")
    undo.click()
    moved(page)

    assert f"/ro/{view}?" in page.url
    assert spot_of(card_of(page, ref)) == before
    expect(page.locator("#just-changed")).to_have_count(0)
    assert stored(page, one_house, ref, before.day) == before


@pytest.mark.parametrize("width", [360, 1280])
def test_tab_goes_through_the_day_by_time(
    one_house: House, open_page: OpenPage, width: int
) -> None:
    page = open_page(width)
    sign_in(page, one_house, "mihai")
    page.goto(f"{one_house.base}/ro/day?day={SATURDAY}")
    starts = [str(one.get_attribute("data-starts")) for one in page.locator("[data-starts]").all()]

    assert starts == sorted(starts)
    tops = [middle(one)[1] for one in page.locator("[data-starts]").all()]
    assert tops == sorted(tops)


@pytest.mark.parametrize("how", ["keyboard", "mouse"])
def test_escape_leaves_everything_as_it_was(
    one_house: House, open_page: OpenPage, how: str
) -> None:
    page = open_page(1280, scripts=True, height=1700)
    sent: list[str] = []
    sign_in(page, one_house, "mihai")
    card = saturday(page, one_house, "15:00")
    before = spot_of(card)
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)

    if how == "keyboard":
        pick_up(card)
        page.keyboard.press("ArrowDown")
    else:
        x, y = middle(card)
        drag(page, (x, y), (x, y + 66))
    page.locator(".move-ghost").wait_for()
    page.keyboard.press("Escape")
    page.mouse.up()

    expect(page.locator(".move-ghost")).to_have_count(0)
    expect(page.locator("#move-bar")).to_be_hidden()
    expect(card.locator("a")).to_be_focused()
    assert sent == []
    assert stored(page, one_house, str(card.get_attribute("data-ref")), SATURDAY) == before


@pytest.mark.parametrize("how", ["keyboard", "mouse"])
def test_a_taken_room_is_shown_before_dropping_and_refused(
    one_house: House, open_page: OpenPage, how: str
) -> None:
    page = open_page(1280, scripts=True, height=1700)
    sign_in(page, one_house, "mihai")
    card = saturday(page, one_house, "15:00")
    before, ref = spot_of(card), str(card.get_attribute("data-ref"))
    there = saturday(page, one_house, "10:00")

    if how == "keyboard":
        pick_up(card)
        page.keyboard.press("ArrowRight")
        for _quarter in range(20):
            page.keyboard.press("ArrowUp")
    else:
        start, end = middle(card.locator(".session-when")), middle(there)
        drag(page, start, (end[0], start[1] - 20 * 22))
    shown = page.locator(".move-ghost .is-hard")
    expect(shown).to_be_visible()
    expect(page.locator("#move-says")).to_contain_text(shown.inner_text().strip())
    expect(page.locator("#move-says")).to_contain_text("sâmbătă, 12 decembrie")
    page.keyboard.press("Enter") if how == "keyboard" else page.mouse.up()

    expect(page.locator("#move-refused")).to_contain_text("Sala este ocupată")
    expect(page.locator(".move-ghost")).to_have_count(0)
    expect(card.locator("a")).to_be_focused()
    assert stored(page, one_house, ref, SATURDAY) == before


def test_a_holiday_asks_once_and_says_who_will_be_told(
    one_house: House, open_page: OpenPage
) -> None:
    page = open_page(1280, scripts=True)
    sign_in(page, one_house, "mihai")
    page.goto(f"{one_house.base}/ro/week?day=2026-12-02")
    card = page.locator("[data-day='2026-12-02'][data-move]").first
    ref, before = str(card.get_attribute("data-ref")), spot_of(card)

    pick_up(card)
    page.keyboard.press("ArrowLeft")  # the first of December
    expect(page.locator(".move-ghost .is-soft")).not_to_be_empty()
    page.keyboard.press("Enter")
    expect(page.locator("#move-drop")).to_be_focused()
    expect(page.locator(".move-told")).to_be_visible()
    check(page, "asking once more")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # leave it
    expect(card.locator("a")).to_be_focused()
    expect(page.locator("#move-bar")).to_be_hidden()

    page.keyboard.press("KeyM")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # in haste: it still asks
    expect(page.locator("#move-drop")).to_be_focused()
    page.keyboard.press("Enter")
    moved(page)
    there = Spot("2026-12-01", before.starts, before.ends, before.room)
    assert stored(page, one_house, ref, there.day) == there


def test_a_lost_race_is_shown_and_never_overwritten(
    one_house: House, open_page: OpenPage, sessions: Iterator[tuple[str, Spot]]
) -> None:
    ref, spot = next(sessions)
    slow, quick = open_page(1280, scripts=True), open_page(1280)
    sign_in(slow, one_house, "mihai")
    card = week_with(slow, one_house, "ro", (ref, spot))
    sign_in(quick, one_house, "mihai")
    quick.goto(f"{one_house.base}/ro/meetings/{ref}/planning")
    quick.fill("#starts", "16:45")
    quick.fill("#ends", "18:45")
    quick.click("button[name=save]")
    moved(quick)

    pick_up(card)
    slow.keyboard.press("ArrowRight")
    slow.keyboard.press("Enter")

    expect(slow.locator("#move-refused")).to_be_visible()
    expect(slow.locator("#move-refused")).not_to_be_empty()
    theirs = Spot(spot.day, "16:45", "18:45", spot.room)
    expect(card_of(slow, ref)).to_have_attribute("data-starts", "16:45")
    assert stored(quick, one_house, ref, spot.day) == theirs


@pytest.mark.parametrize("language", ["ro", "ar"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("view", ["week", "day"])
def test_nothing_for_axe_to_say_while_a_card_is_picked_up(
    one_house: House, open_page: OpenPage, view: str, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    sign_in(page, one_house, "mihai", language)
    page.goto(f"{one_house.base}/{language}/{view}?day={SATURDAY}")
    pick_up(cards(page)[0])
    page.keyboard.press("ArrowDown")
    page.locator(".move-ghost").wait_for()

    check(page, f"{view} in {language} with a card picked up")


def test_what_is_past_or_cancelled_is_not_picked_up(one_house: House, open_page: OpenPage) -> None:
    page = open_page(1280, scripts=True)
    sign_in(page, one_house, "mihai")
    page.goto(f"{one_house.base}/ro/week?day={SATURDAY}")
    card = cards(page)[0]
    ref = str(card.get_attribute("data-ref"))
    page.goto(f"{one_house.base}/ro/meetings/{ref}/planning")
    page.locator("form[action$='/cancellation'] button").click()
    page.goto(f"{one_house.base}/ro/week?day={SATURDAY}")

    card_of(page, ref).locator("a").focus()
    page.keyboard.press("KeyM")

    assert page.locator(".is-carried").count() == 0
    assert card_of(page, ref).get_attribute("data-move") is None
