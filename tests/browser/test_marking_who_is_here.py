"""Marking on a telephone: with a connection, without one, twice, without scripts, by keyboard."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import House, sign_in
from tests.browser.test_every_page import LOOKS, check_at_both_widths

pytestmark = [pytest.mark.browser]
OpenPage = Callable[..., Page]
DURING = "2026-11-25T18:30:00+02:00"


@pytest.fixture(scope="module")
def during(one_house: House) -> Iterator[str]:
    """The house in the middle of a lesson, and the list of that lesson."""
    with one_house.later(DURING) as base:
        yield base


def lesson(house: House) -> str:
    """The path of the list of the lesson with most participants that has begun."""
    with closing(sqlite3.connect(house.database)) as database:
        ref = database.execute(
            """SELECT meeting.ref FROM meeting JOIN booking ON booking.meeting_id = meeting.id
            JOIN activity ON activity.id = meeting.activity_id
            JOIN centre ON centre.id = activity.centre_id
            WHERE meeting.starts_at <= '2026-11-25 16:30' AND booking.part = 'learner'
            AND meeting.starts_at >= '2026-11-23' AND activity.kind = 'course'
            AND centre.code = 'bucuresti'
            GROUP BY meeting.id ORDER BY count(*) DESC, meeting.id LIMIT 1"""
        ).fetchone()[0]
    return f"/meetings/{ref}/attendance"


def rows(house: House) -> dict[str, str]:
    """Name -> what counts, in the database."""
    with closing(sqlite3.connect(house.database)) as database:
        return dict(
            database.execute(
                """SELECT person.name, coalesce(attendance.mark, '') FROM attendance
                JOIN person ON person.id = attendance.person_id
                JOIN meeting ON meeting.id = attendance.meeting_id
                WHERE meeting.ref = ?""",
                [lesson(house).split("/")[2]],
            ).fetchall()
        )


def words_said(house: House) -> int:
    with closing(sqlite3.connect(house.database)) as database:
        found = database.execute(
            """SELECT count(*) FROM attendance_tap
            JOIN attendance ON attendance.id = attendance_tap.attendance_id
            JOIN meeting ON meeting.id = attendance.meeting_id WHERE meeting.ref = ?""",
            [lesson(house).split("/")[2]],
        )
        return int(found.fetchone()[0])


def opened(page: Page, house: House, base: str) -> list[str]:
    """The list of the lesson, and the names on it."""
    sign_in(page, House(base, house.environ, house.folder), "mihai", "en")
    page.goto(f"{base}/en{lesson(house)}")
    return [name.strip() for name in page.locator(".mark-row legend").all_inner_texts()]


def tap(page: Page, name: str, mark: str) -> None:
    page.locator(".mark-row", has_text=name).get_by_role("radio", name=mark, exact=True).click()


def stored(page: Page) -> str:
    return str(page.evaluate("JSON.stringify(localStorage)"))


def test_offline_and_back_nothing_is_lost_and_nothing_is_double(
    one_house: House, during: str, open_page: OpenPage
) -> None:
    page = open_page(360, scripts=True)
    names = opened(page, one_house, during)
    assert len(names) >= 3
    tap(page, names[0], "Present")
    expect(page.locator("[data-kept]")).to_have_text("Everything is sent.")
    assert rows(one_house)[names[0]] == "present"
    before = words_said(one_house)

    page.context.set_offline(True)
    tap(page, names[0], "Absent")
    tap(page, names[1], "Present")
    tap(page, names[2], "Excused")
    tap(page, names[2], "Present")
    kept = page.locator("[data-kept]")
    expect(kept).to_contain_text("Kept on this phone, not yet sent: 4")
    assert rows(one_house)[names[0]] == "present"
    for name in names:
        assert name.split()[0] not in stored(page)

    lose_the_answer_once(page)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(kept).to_have_text("Everything is sent.", timeout=30_000)

    said = rows(one_house)
    assert [said[name] for name in names[:3]] == ["absent", "present", "present"]
    assert words_said(one_house) == before + 4
    assert stored(page) == "{}"
    assert page.locator("[data-count='present']").inner_text() == "2"


def lose_the_answer_once(page: Page) -> None:
    """The server hears the taps, and the telephone does not hear that it did."""
    lost: list[str] = []

    def answer(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append("once")
        route.fetch()
        route.fulfill(status=409, body="")

    page.route("**/attendance/taps", answer)


def test_a_tap_that_is_refused_is_taken_back_on_the_page(
    one_house: House, during: str, open_page: OpenPage
) -> None:
    page = open_page(360, scripts=True)
    names = opened(page, one_house, during)
    row = page.locator(".mark-row", has_text=names[0])
    before = row.locator("input:checked").get_attribute("value")
    other = "Absent" if before == "present" else "Present"

    def refuse(route: Route) -> None:
        sent = route.request.post_data_json or {"taps": []}
        keys = [one["key"] for one in sent["taps"]]
        route.fulfill(
            json={"taken": keys, "refused": dict.fromkeys(keys, "Too early."), "marks": {}}
        )

    page.route("**/attendance/taps", refuse)
    tap(page, names[0], other)

    expect(page.locator("[data-refused]")).to_have_text("Too early.")
    assert row.locator("input:checked").get_attribute("value") == before
    expect(page.locator("[data-kept]")).to_be_hidden()


def test_what_was_kept_is_sent_when_the_page_is_opened_again(
    one_house: House, during: str, open_page: OpenPage
) -> None:
    page = open_page(360, scripts=True)
    names = opened(page, one_house, during)
    page.context.set_offline(True)
    tap(page, names[-1], "Excused")
    expect(page.locator("[data-kept]")).to_contain_text("not yet sent: 1")
    telephone = page.context
    page.close()
    telephone.set_offline(False)

    page = telephone.new_page()
    page.goto(f"{during}/en{lesson(one_house)}")

    expect(page.locator("[data-kept]")).to_have_text("Everything is sent.")
    assert rows(one_house)[names[-1]] == "excused"


def test_everyone_and_undo_with_taps(one_house: House, during: str, open_page: OpenPage) -> None:
    page = open_page(360, scripts=True)
    names = opened(page, one_house, during)
    for name in names:
        row = page.locator(".mark-row", has_text=name)
        if row.locator(".mark-none input").is_checked():
            continue
        tap(page, name, "Not marked")
    expect(page.locator("[data-count='']")).to_have_text(str(len(names)))

    page.get_by_role("button", name="Everyone else is present").click()
    expect(page.locator("[data-count='present']")).to_have_text(str(len(names)))
    expect(page.locator("[data-kept]")).to_have_text("Everything is sent.")
    assert set(rows(one_house).values()) == {"present"}
    page.locator("[data-undo]").click()
    expect(page.locator("[data-count='']")).to_have_text(str(len(names)))
    expect(page.locator("[data-kept]")).to_have_text("Everything is sent.")
    assert set(rows(one_house).values()) == {""}


def test_signing_out_leaves_nothing(one_house: House, during: str, open_page: OpenPage) -> None:
    page = open_page(1280, scripts=True)
    names = opened(page, one_house, during)
    page.context.set_offline(True)
    tap(page, names[0], "Present")
    expect(page.locator("[data-kept]")).to_contain_text("not yet sent: 1")
    page.context.set_offline(False)

    page.locator("form[action$='/sign-out'] button").first.click()

    page.wait_for_url("**/en/")
    assert rows(one_house)[names[0]] == "present"
    assert stored(page) == "{}"


def test_without_scripts_it_is_a_form(one_house: House, during: str, open_page: OpenPage) -> None:
    page = open_page(360)
    names = opened(page, one_house, during)
    tap(page, names[0], "Excused")
    page.get_by_role("button", name="Save").click()

    assert rows(one_house)[names[0]] == "excused"


def test_a_column_of_paper_by_keyboard(one_house: House, during: str, open_page: OpenPage) -> None:
    page = open_page(1280, scripts=True)
    opened(page, one_house, during)
    page.get_by_role("link", name="Type in a paper list").click()
    number = page.locator(".entry-list input[maxlength]").count()
    for _row in range(number - 1):
        page.keyboard.press("KeyP")
    page.keyboard.press("KeyA")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Saved: ")).to_be_visible()
    assert sorted(rows(one_house).values()) == ["absent"] + ["present"] * (number - 1)


@pytest.mark.parametrize("scripts", [True, False])
def test_by_keyboard_alone(
    one_house: House, during: str, open_page: OpenPage, scripts: bool
) -> None:
    page = open_page(1280, scripts=scripts)
    names = opened(page, one_house, during)
    tap(page, names[0], "Absent")
    page.locator(".mark-row", has_text=names[0]).get_by_role("radio", name="Absent").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")

    chosen = page.evaluate("document.activeElement.closest('.mark-row').dataset.person")
    second = page.locator(".mark-row", has_text=names[1])
    assert second.get_attribute("data-person") == chosen
    assert page.evaluate("document.activeElement.checked")


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_every_page_of_it(
    one_house: House, during: str, open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page(width, scripts=True)
    opened(page, one_house, during)
    for end in ("", "/walk-in", "/entry"):
        page.goto(f"{during}/{language}{lesson(one_house)}{end}")
        check_at_both_widths(page, f"{end} in {language}")
    club, person = club_and_member(one_house)
    for path in (f"/course/members/{person}", "/course", "/attendance/list?day=2026-11-01"):
        page.goto(f"{during}/{language}/activities/{club}{path}")
        check_at_both_widths(page, f"{path} in {language}")
    expect(page.locator(".list-table").first).to_be_visible()


def club_and_member(house: House) -> tuple[str, str]:
    """The course of the last weeks, and somebody who was placed elsewhere."""
    with closing(sqlite3.connect(house.database)) as database:
        found = database.execute(
            """SELECT activity.ref, person.ref FROM enrolment
            JOIN activity ON activity.id = enrolment.activity_id
            JOIN course_rule ON course_rule.activity_id = activity.id
            JOIN person ON person.id = enrolment.person_id
            WHERE person.name = 'Tesfay Gebre'"""
        ).fetchone()
        return found[0], found[1]
