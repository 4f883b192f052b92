"""Two guardians, one blocked: on every surface he is somebody who never decided for the child."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.feeds.operations import make_link
from app.households.operations import allow_again, block
from app.households.undoing import untie
from app.joining.cards import calendar_token, make_card
from app.notices.models import Kind as Letter
from app.notices.models import Notice, State
from app.notices.queries import sent_messages
from app.own_data.copying import as_json, copy_of
from app.people.guardians import guardians_of
from app.people.models import Centre, Person
from app.people.terms import Gender
from app.programme.models import Activity, Meeting
from app.programme.queries import coming_meetings
from app.reminders.calls import calls_for
from app.reminders.letters import compose
from app.reminders.operations import post_reminders
from app.reminders.weekly import plan_facts
from app.signups.models import Waiting, WaitingState
from app.signups.operations import join, leave
from app.signups.queries import parties
from app.signups.seals import seal_of
from app.signups.waiting import wait_for
from app.staffing.moving import cancel_meeting, move_meeting
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import owed, sent
from tests.make import BEFORE, MONDAY

KEY = "a secret that only tests know, long enough"
DAY = timedelta(days=1)
FORGERY = re.compile(r'name="csrf_token" value="[^"]*"')
SECRETS = ("Amina", "Play hour", "Quiet children", "In the line")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@dataclass
class House:
    """A mother, a father who is blocked, his twin who never decided for anybody, and what the child
    comes to: something listed, something protected, and a full group for which it waits."""

    centre: Centre
    mother: Person
    father: Person
    twin: Person
    child: Person
    hour: Activity
    quiet: Activity
    full: Activity
    waiting: Waiting

    @property
    def by(self) -> Person:
        return self.hour.coordinator

    def block(self) -> None:
        block(self.child, self.father, by=self.by, now=BEFORE)
        db.session.commit()


@pytest.fixture
def house(app: Flask) -> House:
    centre = make.centre(name="Brașov", code="brasov")
    mother, father, twin = (
        make.participant(centre, name=name, gender=Gender.WOMAN)
        for name in ("Layla", "Omar", "Omar")
    )
    child = make.child(mother, father)
    hour = make.activity("Play hour", centre=centre)
    quiet = make.activity("Quiet children", centre=centre, privacy="protected")
    full = make.activity("In the line", centre=centre, capacity=1)
    for number, activity in enumerate((hour, quiet, full)):
        make.meeting(activity=activity, starts_at=MONDAY + number * DAY)
        if activity is not full:
            join(activity, child, by=hour.coordinator, now=BEFORE)
    join(full, make.person(), by=hour.coordinator, now=BEFORE)
    waiting = wait_for(full, [child], by=hour.coordinator, now=BEFORE)
    assert waiting is not None
    db.session.commit()
    return House(centre, mother, father, twin, child, hour, quiet, full, waiting)


def session(activity: Activity) -> Meeting:
    return coming_meetings(activity, now=BEFORE)[0]


# --- pages


def pages(house: House) -> list[tuple[str, str]]:
    child, quiet, full = house.child.ref, house.quiet.ref, house.full.ref
    hidden = session(house.quiet).ref
    return [
        ("get", "/en/mine"),
        ("get", "/en/children"),
        ("get", f"/en/children/{child}"),
        ("post", f"/en/children/{child}"),
        ("get", f"/en/children/{child}/removal"),
        ("post", f"/en/children/{child}/removal"),
        ("get", f"/en/activities/{house.hour.ref}"),
        ("get", f"/en/activities/{house.hour.ref}/together"),
        ("post", f"/en/activities/{house.hour.ref}/together"),
        ("post", f"/en/activities/{house.hour.ref}/together/end"),
        ("get", f"/en/activities/{quiet}"),
        ("get", f"/en/activities/{quiet}/together"),
        ("post", f"/en/activities/{quiet}/together/end"),
        ("get", f"/en/activities/{quiet}.ics"),
        ("get", f"/en/meetings/{hidden}"),
        ("get", f"/en/meetings/{hidden}.ics"),
        ("get", f"/en/meetings/{session(house.hour).ref}"),
        ("get", f"/en/activities/{full}"),
        ("get", f"/en/waiting/{house.waiting.ref}"),
        ("post", f"/en/waiting/{house.waiting.ref}/acceptance"),
        ("post", f"/en/waiting/{house.waiting.ref}/end"),
        ("post", f"/en/waiting/{house.waiting.ref}/without/{child}"),
        ("get", "/en/my-data"),
        ("get", "/en/my-data/erasure"),
        ("get", "/en/sent-messages"),
    ]


def new_browser(app: Flask) -> Browser:
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


def answers(browser: Browser, who: Person, house: House) -> list[tuple[str, int, str]]:
    """What *who* gets from every page: its status and words, without what only names them."""
    browser.sign_in(who)
    form = {"person": house.child.ref, "people": house.child.ref}
    found = []
    for method, path in pages(house):
        page = browser.open(path, method=method.upper(), data=form if method == "post" else None)
        words = FORGERY.sub("", page.text)
        words = words.replace(who.ref, "REF").replace(str(who.email), "EMAIL")
        found.append((f"{method} {path}", page.status_code, words))
    return found


def test_every_page_answers_as_to_somebody_who_never_decided(app: Flask, house: House) -> None:
    house.block()

    his = answers(new_browser(app), house.father, house)
    anothers = answers(new_browser(app), house.twin, house)

    for (path, status, words), (_path, other_status, other_words) in zip(
        his, anothers, strict=True
    ):
        assert (status, words) == (other_status, other_words), path
        assert house.child.name not in words, path


def test_before_that_he_sees_what_she_sees(app: Flask, house: House) -> None:
    """So that the test above looks at something."""
    found = {path: (status, words) for path, status, words in answers_of_get(app, house)}

    assert "For: Amina" in found["/en/mine"][1]
    assert "Amina" in found["/en/children"][1]
    assert found[f"/en/children/{house.child.ref}"][0] == 200
    assert found[f"/en/activities/{house.quiet.ref}"][0] == 200
    assert found[f"/en/meetings/{session(house.quiet).ref}"][0] == 200
    assert found[f"/en/waiting/{house.waiting.ref}"][0] == 200
    assert "Amina" in found["/en/my-data"][1]


def answers_of_get(app: Flask, house: House) -> list[tuple[str, int, str]]:
    browser = new_browser(app).sign_in(house.father)
    gets = [path for method, path in pages(house) if method == "get"]
    found = [(path, browser.get(path)) for path in gets]
    return [(path, page.status_code, page.text) for path, page in found]


# --- calendars


@pytest.mark.parametrize("polled_before", [True, False], ids=["polled", "never polled"])
def test_his_calendar_holds_nothing_of_the_child(
    browser: Browser, house: House, polled_before: bool
) -> None:
    token = make_link(house.father, label="phone", language="en", now=BEFORE)[1]
    twins = make_link(house.twin, label="phone", language="en", now=BEFORE)[1]
    hers = make_link(house.mother, label="phone", language="en", now=BEFORE)[1]
    db.session.commit()
    first = browser.get(f"/c/{token}.ics") if polled_before else None
    if first is not None:
        assert b"Play hour" in first.data

    house.block()

    tag = {"If-None-Match": first.headers["ETag"]} if first is not None else {}
    again = browser.get(f"/c/{token}.ics", headers=tag)
    assert again.status_code == 200
    assert again.data.count(b"BEGIN:VEVENT") == 0
    assert again.data == browser.get(f"/c/{twins}.ics").data
    assert browser.get(f"/c/{hers}.ics").data.count(b"BEGIN:VEVENT") == 2
    old_date = {"If-Modified-Since": first.headers["Last-Modified"]} if first is not None else {}
    assert browser.get(f"/c/{token}.ics", headers=old_date).data.count(b"BEGIN:VEVENT") == 0


def test_nor_does_it_when_the_child_gets_another_place(browser: Browser, house: House) -> None:
    token = make_link(house.father, label="phone", language="en", now=BEFORE)[1]
    hers = make_link(house.mother, label="phone", language="en", now=BEFORE)[1]
    house.block()
    before = browser.get(f"/c/{token}.ics")
    browser.get(f"/c/{hers}.ics")

    more = make.activity("More")
    make.meeting(activity=more, starts_at=MONDAY + 5 * DAY)
    join(more, house.child, by=house.by, now=BEFORE)
    db.session.commit()

    same = browser.get(f"/c/{token}.ics", headers={"If-None-Match": before.headers["ETag"]})
    assert same.status_code == 304
    assert browser.get(f"/c/{hers}.ics").data.count(b"BEGIN:VEVENT") == 3


def test_a_calendar_names_no_child(browser: Browser, house: House) -> None:
    hers = make_link(house.mother, label="phone", language="en", now=BEFORE)[1]
    db.session.commit()

    body = browser.get(f"/c/{hers}.ics").text

    assert "Play hour" in body
    assert "Amina" not in body
    assert "Quiet children" not in body


def test_his_card_and_its_calendar(browser: Browser, house: House) -> None:
    token = make_card(house.father, label="Card", by=None, now=BEFORE)
    db.session.commit()
    assert "Play hour" in browser.get(f"/en/card/{token}").text

    house.block()

    page = browser.get(f"/en/card/{token}").text
    assert not any(word in page for word in SECRETS)
    assert b"VEVENT" not in browser.get(f"/c/{calendar_token(token)}.ics").data
    for path in (
        f"activities/{house.hour.ref}/end",
        f"waiting/{house.waiting.ref}/acceptance",
        f"waiting/{house.waiting.ref}/end",
    ):
        assert browser.post(f"/en/card/{token}/{path}").status_code == 404


@pytest.mark.parametrize("how", ["blocked", "a mistake"])
def test_the_childs_own_card_and_calendars_end(browser: Browser, house: House, how: str) -> None:
    """He may hold them: made before, or for the child at the desk."""
    token = make_card(house.child, label="Card", by=house.by, now=BEFORE)
    _link, calendar = make_link(house.child, label="Tablet", language="en", now=BEFORE)
    hers = make_card(house.mother, label="Card", by=house.by, now=BEFORE)
    db.session.commit()
    ways = (f"/en/card/{token}", f"/c/{calendar_token(token)}.ics", f"/c/{calendar}.ics")
    assert [browser.get(way).status_code for way in ways] == [200, 200, 200]

    if how == "blocked":
        house.block()
    else:
        untie(house.child, house.father, now=BEFORE)
        db.session.commit()

    assert [browser.get(way).status_code for way in ways] == [410, 410, 410]
    assert "Play hour" in browser.get(f"/en/card/{hers}").text


# --- letters


def unread(person: Person) -> list[Notice]:
    found = select(Notice).where(
        Notice.person_id == person.id, Notice.state.not_in((State.DROPPED, State.SENT))
    )
    return list(db.session.scalars(found))


def test_what_has_not_left_never_does(house: House) -> None:
    assert {one.kind for one in unread(house.father)} == {Letter.ENROLLED}

    house.block()

    assert unread(house.father) == []
    letters = sent(BEFORE + timedelta(hours=12))
    assert {letter.to for letter in letters} & {house.father.email} == set()
    assert house.mother.email in {letter.to for letter in letters}


def test_nor_what_a_worker_holds_at_that_moment(house: House) -> None:
    """What is written is written from who decides at that moment."""
    notice = unread(house.father)[0]
    assert compose(notice, BEFORE) is not None

    block(house.child, house.father, by=house.by, now=BEFORE)

    assert compose(notice, BEFORE) is None


def test_nothing_new_is_owed_to_him(house: House) -> None:
    house.block()
    hour, quiet = session(house.hour), session(house.quiet)

    post_reminders(now=MONDAY - DAY)
    move_meeting(
        quiet,
        starts_at=quiet.starts_at + DAY * 7,
        ends_at=quiet.ends_at + DAY * 7,
        room=None,
        by=house.by,
        now=BEFORE,
        seen=quiet.sequence,
    )
    cancel_meeting(hour, by=house.by, now=BEFORE, seen=hour.sequence)
    leave(house.hour, house.child, by=house.by, now=BEFORE)

    assert unread(house.father) == []
    kinds = {one.kind for one in unread(house.mother)}
    assert {Letter.REMINDER, Letter.MOVED, Letter.CANCELLED, Letter.REMOVED} <= kinds


def test_a_reminder_comes_to_each_who_decides_once_and_names_nobody(house: House) -> None:
    second = make.child(house.mother, name="Yusuf")
    join(house.hour, second, by=house.by, now=BEFORE)
    sent(BEFORE + timedelta(hours=12))

    post_reminders(now=MONDAY - DAY)
    post_reminders(now=MONDAY - DAY)

    who = [one.person.name for one in owed(Letter.REMINDER)]
    assert sorted(who) == ["Layla", "Omar"]
    letters = [one for one in sent(MONDAY - DAY) if "Play hour" in one.text]
    assert len(letters) == 2
    assert all("This is about your child." in one.text for one in letters)
    assert all("For your child: " in one.subject for one in letters)
    assert not any("Amina" in one.text or "Yusuf" in one.text for one in letters)


def test_of_what_is_protected_a_letter_says_a_time_and_no_more(house: House) -> None:
    letters = [one for one in sent(BEFORE + timedelta(hours=12)) if one.to == house.mother.email]
    hidden = [one.text for one in letters if "Play hour" not in one.text]

    assert hidden
    assert not any("child" in text.lower() for text in hidden)


def test_the_offer_in_a_letter_he_has_already_opens_nothing(browser: Browser, house: House) -> None:
    for one in parties(house.full):
        one.state, one.offered_at, one.lapses_at = WaitingState.OFFERED, BEFORE, BEFORE + DAY
    db.session.commit()
    his = seal_of(KEY, house.waiting.ref, BEFORE, house.father.ref)
    hers = seal_of(KEY, house.waiting.ref, BEFORE, house.mother.ref)
    assert browser.get(f"/en/waiting/{house.waiting.ref}/{his}").status_code == 200

    house.block()

    assert browser.get(f"/en/waiting/{house.waiting.ref}/{his}").status_code == 404
    assert browser.post(f"/en/waiting/{house.waiting.ref}/{his}/acceptance").status_code == 404
    assert browser.get(f"/en/waiting/{house.waiting.ref}/{hers}").status_code == 200


def called_for(app: Flask, house: House) -> dict[str, Person]:
    """Name -> whom the staff are to telephone."""
    with app.test_request_context("/", environ_overrides={"punte.language": "en"}):
        calls = calls_for(house.by, "en", now=BEFORE)
    return {call.person.name: call.person for call in calls}


def test_nobody_telephones_him_about_the_child(app: Flask, house: House) -> None:
    house.father.email, house.father.phone = None, "+40721000000"
    db.session.commit()
    hour = session(house.hour)
    cancel_meeting(hour, by=make.person(), now=BEFORE, seen=hour.sequence)
    called = called_for(app, house)
    assert called["Omar"].phone == "+40721000000"  # the guardian's number
    assert "Amina" not in called

    house.block()

    assert "Omar" not in called_for(app, house)


def test_a_child_for_whom_nobody_decides_is_left_to_the_staff(app: Flask, house: House) -> None:
    house.block()
    block(house.child, house.mother, by=house.by, now=BEFORE)
    hour = session(house.hour)

    cancel_meeting(hour, by=make.person(), now=BEFORE, seen=hour.sequence)

    assert set(called_for(app, house)) == {"Amina"}


def test_his_plan_of_the_week(house: House) -> None:
    monday = Notice(person=house.father, about={"monday": MONDAY.date().isoformat()})
    with db.session.no_autoflush:
        found = plan_facts(monday, BEFORE)
        assert found is not None
        assert found["meetings"]
    house.block()
    monday = Notice(person=house.father, about={"monday": MONDAY.date().isoformat()})
    with db.session.no_autoflush:
        assert plan_facts(monday, BEFORE) is None


def test_his_way_in_is_the_same_and_says_nothing(browser: Browser, house: House) -> None:
    sent(BEFORE + timedelta(hours=12))
    house.block()

    browser.post("/en/sign-in/code", data={"contact": house.father.email})
    browser.post("/en/forgotten", data={"email": house.father.email})

    letters = [one for one in sent(BEFORE + timedelta(hours=12)) if one.to == house.father.email]
    assert not any(word in one.text for one in letters for word in SECRETS)


# --- his own data


def test_his_copy(house: House) -> None:
    sent(BEFORE + timedelta(hours=12))
    before = as_json(copy_of(house.father, language="en"), language="en", made_at=BEFORE)
    assert "Play hour" in before
    assert "Layla" not in before  # nothing about the other who decides

    house.block()

    mine, twins = (
        as_json(copy_of(one, language="en"), language="en", made_at=BEFORE)
        for one in (house.father, house.twin)
    )
    same = {house.father.email: "E", house.twin.email: "E"}
    for address, word in same.items():
        mine, twins = mine.replace(str(address), word), twins.replace(str(address), word)
    strip = [json.loads(one) for one in (mine, twins)]
    for one in strip:
        for group in one["groups"]:
            for rows in group.values():
                for row in rows if isinstance(rows, list) else ():
                    row.pop("ref", None)
    assert strip[0] == strip[1]


def test_he_may_be_allowed_again(browser: Browser, house: House) -> None:
    house.block()
    allow_again(house.child, house.father, by=house.by, now=BEFORE)
    db.session.commit()

    assert "Amina" in browser.sign_in(house.father).get("/en/children").text


def test_a_family_that_waits_goes_on_without_him_in_the_same_turn(house: House) -> None:
    line = make.activity("Line", centre=house.centre, capacity=2)
    make.meeting(activity=line, starts_at=MONDAY + 4 * DAY)
    for _n in range(2):
        join(line, make.person(), by=line.coordinator, now=BEFORE)
    together = wait_for(line, [house.father, house.child], by=house.father, now=BEFORE)
    assert together is not None

    house.block()

    assert [[one.name for one in party.people] for party in parties(line)] == [["Omar"], ["Amina"]]
    assert len({party.asked_at for party in parties(line)}) == 1


def test_whom_somebody_never_decided_for_they_learn_no_more_of(house: House) -> None:
    """A tie that was a mistake ends like one that is blocked, and leaves nothing behind."""
    line = make.activity("Line", centre=house.centre, capacity=2)
    make.meeting(activity=line, starts_at=MONDAY + 4 * DAY)
    for _n in range(2):
        join(line, make.person(), by=line.coordinator, now=BEFORE)
    wait_for(line, [house.father, house.child], by=house.father, now=BEFORE)

    untie(house.child, house.father, now=BEFORE)

    assert unread(house.father) == []
    assert guardians_of([house.child.id]) == {house.child.id: [house.mother]}
    assert [[one.name for one in party.people] for party in parties(line)] == [["Omar"], ["Amina"]]


def shown_again(person: Person) -> Sequence[Notice]:
    return db.session.scalars(sent_messages(person)).all()


def test_letters_that_left_before_are_not_shown_to_him_again(house: House) -> None:
    """While messages go to a folder of this machine their reader finds them on a page."""
    sent(BEFORE + timedelta(hours=12))
    assert shown_again(house.father)

    house.block()

    assert shown_again(house.father) == []
    assert shown_again(house.mother)


def test_his_telephone_rings_no_more(house: House) -> None:
    """What a push would say is what the letter says: it is written from who decides then."""
    notice = unread(house.father)[0]
    letter = compose(notice, BEFORE)
    assert letter is not None
    assert letter.brief is not None
    assert "Amina" not in letter.brief.line + letter.brief.text

    house.block()
    post_reminders(now=MONDAY - DAY)

    assert compose(notice, BEFORE) is None
    assert unread(house.father) == []
