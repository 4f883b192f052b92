"""What a first and a later visit to the programme cost on the wire, in each language; and the
heaviest language of each other page that participants read.

Bytes of the bodies as a phone gets them (gzip where we send it): the page, its style sheets,
scripts, icons and manifest; later only the page, or 304. On the demonstration, from today.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from flask.testing import FlaskClient

from app.i18n import LANGUAGES
from benchmarks.pages import filled, sign_in_as

FILES = re.compile(r'(?:href|src)="(/(?:static/|\w\w/manifest)[^"#]+)')
PACKED = {"Accept-Encoding": "gzip"}
OUTSIDE = {
    "calendars": "/calendars",
    "calendar": "/calendars/all",
    "sign_in": "/sign-in",
    "helping": "/volunteering",
}
INSIDE = {
    "my_sessions": "/mine",
    "profile": "/profile",
    "reminders": "/profile/reminders",
    "my_calendars": "/my-calendars",
    "missing": "/missing",
    "my_data": "/my-data",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = filled("centre", Path(folder))
        browser = app.test_client()
        for language in LANGUAGES:
            first, later = _bytes(browser, f"/{language}/")
            print(f"wire_first_visit_{language}_kb: {first / 1024:.1f}")
            print(f"wire_later_visit_{language}_kb: {later / 1024:.1f}")
        pages = OUTSIDE | _of_a_course(browser)
        _print_heaviest(browser, pages)
        sign_in_as(app, browser, "layla")
        _print_heaviest(browser, INSIDE)


def _of_a_course(browser: FlaskClient) -> dict[str, str]:
    """A session, its course, and the questions of who would like to come."""
    session = _first_link(browser, "/en/?kind=course", r"/meetings/[^\"/.]+")
    course = _first_link(browser, f"/en{session}", r"/activities/[^\"/.]+")
    return {"session": session, "course": course, "joining": f"{course}/joining"}


def _first_link(browser: FlaskClient, path: str, link: str) -> str:
    found = re.search(f'href="/en({link})"', browser.get(path).text)
    assert found is not None, path
    return found[1]


def _print_heaviest(browser: FlaskClient, pages: dict[str, str]) -> None:
    for name, path in pages.items():
        sizes = {tag: _bytes(browser, f"/{tag}{path}") for tag in LANGUAGES}
        tag = max(sizes, key=lambda one: sizes[one])
        first, later = sizes[tag]
        print(f"wire_{name}_first_visit_kb: {first / 1024:.1f} ({tag})")
        print(f"wire_{name}_later_visit_kb: {later / 1024:.1f} ({tag})")


def _bytes(browser: FlaskClient, path: str) -> tuple[int, int]:
    """Of the page with its parts, and of the page alone."""
    words = browser.get(path, headers={"Accept-Encoding": "identity"}).text
    page = len(browser.get(path, headers=PACKED).data)
    return page + sum(_size(browser, part) for part in sorted(set(FILES.findall(words)))), page


def _size(browser: FlaskClient, path: str) -> int:
    with browser.get(path, headers=PACKED) as answer:
        return len(answer.data)


if __name__ == "__main__":
    main()
