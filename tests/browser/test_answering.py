"""An offer is answered from its letter, after a scanner with scripts has looked at the link."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Event

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import check
from tests.browser.test_the_story import LATE_MORNING, body, wait_for

pytestmark = [pytest.mark.browser]


def link_to_answer(house: House) -> str:
    """As soon as it came, to whomever."""
    pause = Event()
    for _turn in range(600):
        for letter in house.mail.letters:
            if found := re.search(r"http\S+/answers/\S+", body(letter)):
                return found.group()
        pause.wait(0.1)
    raise AssertionError("nobody was asked")


def test_two_taps_from_the_letter_and_a_scanner_before_them(
    one_house: House, open_page: Callable[..., Page]
) -> None:
    coordinator = open_page(1280)
    sign_in(coordinator, one_house, "mihai", "ro")
    coordinator.goto(f"{one_house.base}/ro/week")
    links = coordinator.locator(".attention a[href$='/candidates']").all()
    for address in [str(one.get_attribute("href")) for one in links]:
        coordinator.goto(f"{one_house.base}{address}")
        if (ask := coordinator.locator(".candidates form[action$='/offers'] button")).count():
            ask.first.click()
            break
    with one_house.workers(1):  # what each morning brings comes first, the rest an hour later
        wait_for(one_house, "mihai", "Astăzi și mâine")
    with one_house.workers(1, now=LATE_MORNING):
        link = link_to_answer(one_house)

    scanner = open_page(1280, scripts=True)
    for _look in range(3):
        scanner.goto(link)
        scanner.wait_for_load_state("networkidle")
    reader = open_page(360, scripts=True)
    reader.goto(link)
    check(reader, "the answer page")
    reader.locator("form[action$='/acceptance'] button").click()

    assert reader.locator(".panel-success").count() == 1
    reader.goto(link)
    assert reader.locator("form[action$='/acceptance']").count() == 0
