"""A partner's programme by page: preview, choice, drafts, a newer file, undo."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import cast

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.people.terms import Role
from app.planning.partner_taking import (
    NothingChosen,
    Taken,
    TermIsPublished,
    Wishes,
    seen_by,
    take_over,
)
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, Meeting, MeetingChange, Part, Status
from app.programme.partner_calendars import PartnerCalendar, PartnerEvent, compare
from app.programme.partner_import import read_programme
from app.programme.terms import Term
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once
from tests.statements import statements

PAGE = "/en/partner-programmes"
TOUR = """UID:tour@museum
SUMMARY;LANGUAGE=en:Guided tour
LOCATION:Village Museum\\, Șos. Kiseleff 28
DESCRIPTION:<p>Old houses &amp; mills</p>
URL:https://museum.example/tour
DTSTART;TZID=Europe/Bucharest:20270306T100000
DTEND;TZID=Europe/Bucharest:20270306T120000
RRULE:FREQ=WEEKLY;COUNT=3"""
CRAFTS = """UID:crafts@museum
SUMMARY:Atelier de olărit
DTSTART:20270401T080000Z
DURATION:PT2H"""
OVER = "UID:old\nSUMMARY:Old fair\nDTSTART:20200401T080000Z\nDURATION:PT2H"
SECONDS = "UID:s\nSUMMARY:Clock\nDTSTART:20270401T080000Z\nDURATION:PT2H\nRRULE:FREQ=SECONDLY"


def calendar(*events: str, name: str = "Muzeul Satului") -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    head = f"BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:{name}\n"
    return f"{head}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre()


@pytest.fixture
def boss(here: Centre) -> Person:
    return make.coordinator(here)


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


def sent(boss: Person, *events: str, **given: str) -> dict[str, object]:
    chosen = {"kind": "cultural", "language": "ro", "responsible": str(boss.id), "term": "0"}
    return {**chosen, **given, "file": (BytesIO(calendar(*events)), "museum.ics")}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def boxes(page: str, name: str) -> list[str]:
    return re.findall(rf'type="checkbox" name="{name}" id="[^"]*" value="([^"]*)"', page)


def ticked(page: str, **given: object) -> dict[str, object]:
    """What the browser sends when nothing is touched but what is *given*."""
    names = ("rows", "seen", "name", "kind", "language", "responsible", "term")
    return {name: hidden(page, name) for name in names} | {"take": boxes(page, "take")} | given


def preview(desk: Browser, boss: Person, *events: str, **given: str) -> str:
    answer = desk.post(f"{PAGE}/import", data=sent(boss, *events, **given))
    assert answer.status_code == 200
    return answer.text


def bring(desk: Browser, boss: Person, *events: str, **given: object) -> str:
    """The file taken over as the page proposes it; where the answer leads."""
    answer = desk.post(f"{PAGE}/import", data=ticked(preview(desk, boss, *events), **given))
    assert answer.status_code == 303
    db.session.expire_all()
    return str(answer.location)


def activities() -> dict[str, Activity]:
    db.session.expire_all()
    found = db.session.scalars(select(Activity).order_by(Activity.id))
    return {one.title_in("ro"): one for one in found if one.published_at != LONG_AGO}


def meetings(title: str) -> list[Meeting]:
    found = select(Meeting).where(Meeting.activity_id == activities()[title].id)
    return list(db.session.scalars(found.order_by(Meeting.starts_at)))


def publish(desk: Browser, title: str) -> None:
    term = activities()[title].term
    assert term is not None
    assert desk.post(f"/en/terms/{term.ref}/publication").status_code == 303
    db.session.expire_all()


def test_a_file_is_shown_and_nothing_is_saved(desk: Browser, boss: Person, here: Centre) -> None:
    busy = make.meeting(
        activity=make.activity(centre=here, title="Curs A1"),
        starts_at=datetime(2027, 3, 13, 9, tzinfo=UTC),
        ends_at=datetime(2027, 3, 13, 10, tzinfo=UTC),
    )
    page = preview(desk, boss, TOUR, CRAFTS, OVER, SECONDS)

    assert "2 activities" in page
    assert "3 new sessions" in page
    assert "Village Museum, Șos. Kiseleff 28" in page
    assert "Old houses &amp; mills" in page
    assert ">10:00<" in page
    assert "The centre has 1 session at the same time:" in page
    assert busy.title_in("en") in page
    assert "Muzeul Satului" in page
    assert "2 events are left out" in page
    assert re.search(r"Old fair</bdi>.*event 3 of the file.*It is over\.", page)
    assert re.search(r"Clock</bdi>.*It repeats by a rule that is not understood here", page)
    assert db.session.query(PartnerEvent).count() == 0
    assert activities() == {}


def test_what_is_ticked_becomes_drafts_in_a_term_of_their_own(
    desk: Browser, boss: Person, here: Centre
) -> None:
    colleague = make.coordinator(here)
    where = bring(desk, boss, TOUR, CRAFTS, responsible=str(colleague.id))

    tour, crafts = activities()["Guided tour"], activities()["Atelier de olărit"]
    assert tour.is_draft
    assert (tour.kind, tour.privacy) == (Kind.CULTURAL, Privacy.PUBLIC)
    assert tour.coordinator_id == colleague.id
    assert tour.meeting_point == "Village Museum, Șos. Kiseleff 28"
    assert crafts.meeting_point == "Muzeul Satului"  # no place given: at the partner
    assert [(t.language, t.description) for t in tour.texts] == [
        ("en", "Old houses & mills\n\nhttps://museum.example/tour")
    ]
    assert [t.language for t in crafts.texts] == ["ro"]
    assert [one.starts_at.day for one in meetings("Guided tour")] == [6, 13, 20]
    term = tour.term
    assert term is not None
    assert (term.name, term.first_day.day, str(term.last_day)) == (
        "Muzeul Satului",
        6,
        "2027-04-01",
    )
    page = desk.get(where).text
    assert "2 drafts came with this file" in page
    assert "4 sessions to come" in page
    assert db.session.query(Notice).count() == 0


def test_what_is_not_ticked_stays_out(desk: Browser, boss: Person) -> None:
    page = preview(desk, boss, TOUR, CRAFTS)
    desk.post(f"{PAGE}/import", data=ticked(page, take=boxes(page, "take")[1:]))

    assert list(activities()) == ["Atelier de olărit"]
    nothing = desk.post(f"{PAGE}/import", data=ticked(page, take=[]))
    assert nothing.status_code in {303, 409}
    assert list(activities()) == ["Atelier de olărit"]


def test_all_of_an_import_is_undone_in_one_step(desk: Browser, boss: Person) -> None:
    batch = bring(desk, boss, TOUR, CRAFTS).split("batch=")[1]

    assert desk.post(f"{PAGE}/files/{batch}/removal").status_code == 303
    db.session.expire_all()
    for table in (Activity, Meeting, PartnerEvent, PartnerCalendar, Term):
        assert db.session.query(table).count() == 0
    assert desk.post(f"{PAGE}/files/{batch}/removal").status_code == 404


def test_undo_leaves_what_is_published(desk: Browser, boss: Person) -> None:
    batch = bring(desk, boss, TOUR).split("batch=")[1]
    publish(desk, "Guided tour")

    answer = desk.post(f"{PAGE}/files/{batch}/removal")
    assert answer.status_code == 409
    assert "people know of it" in answer.text
    assert len(meetings("Guided tour")) == 3


def test_the_same_file_again_brings_nothing(desk: Browser, boss: Person) -> None:
    bring(desk, boss, TOUR, CRAFTS)
    page = preview(desk, boss, TOUR, CRAFTS)

    assert "Nothing to add" in page
    assert "4 sessions are in the programme as the file has them." in page
    assert db.session.query(PartnerCalendar).count() == 1


def test_a_newer_file_moves_what_is_published_and_tells_whoever_comes(
    desk: Browser, boss: Person, here: Centre
) -> None:
    bring(desk, boss, TOUR)
    publish(desk, "Guided tour")
    learner = make.participant(here)
    first, *_later = meetings("Guided tour")
    make.book_learner(learner, first)
    db.session.commit()
    newer = TOUR.replace("T100000", "T110000").replace("T120000", "T130000")

    page = preview(desk, boss, newer)
    assert "A newer file of" in page
    assert "3 sessions changed" in page
    assert re.search(r"<s>.*10:00.*</s><br>", page)
    desk.post(f"{PAGE}/import", data=ticked(page))

    moved = meetings("Guided tour")
    assert [one.starts_at.hour for one in moved] == [9, 9, 9]
    assert all(one.sequence == 1 for one in moved)
    assert db.session.query(MeetingChange).count() == 3
    told = db.session.scalars(select(Notice).where(Notice.person_id == learner.id)).all()
    assert [one.kind for one in told if one.kind is not Letter.TERM_PUBLISHED] != []
    assert "Nothing to add" in preview(desk, boss, newer)


def test_one_changed_time_another_title_and_another_place(desk: Browser, boss: Person) -> None:
    bring(desk, boss, TOUR)
    single = (
        "UID:tour@museum\nSUMMARY;LANGUAGE=en:Guided tour\n"
        "LOCATION:Village Museum\\, Șos. Kiseleff 28\n"
        "RECURRENCE-ID;TZID=Europe/Bucharest:20270313T100000\n"
        "DTSTART;TZID=Europe/Bucharest:20270314T150000\nDURATION:PT1H"
    )
    bring(desk, boss, TOUR, single)
    assert [f"{one.starts_at:%d %H}" for one in meetings("Guided tour")] == [
        "06 08",
        "14 13",
        "20 08",
    ]

    other = TOUR.replace("Guided tour", "Tour of the mills").replace("Kiseleff 28", "Kiseleff 30")
    bring(desk, boss, other)
    tour = activities()["Tour of the mills"]
    assert tour.meeting_point == "Village Museum, Șos. Kiseleff 30"
    assert [one.starts_at.day for one in meetings("Tour of the mills")] == [6, 13, 20]
    assert "Nothing to add" in preview(desk, boss, other)


def test_the_place_of_some_sessions_is_not_changed_in_silence(desk: Browser, boss: Person) -> None:
    bring(desk, boss, TOUR)
    single = (
        "UID:tour@museum\nSUMMARY;LANGUAGE=en:Guided tour\nLOCATION:Elsewhere\n"
        "RECURRENCE-ID;TZID=Europe/Bucharest:20270313T100000\n"
        "DTSTART;TZID=Europe/Bucharest:20270313T100000\nDURATION:PT2H"
    )
    where = bring(desk, boss, TOUR, single)
    assert "The place of 1 session was not changed" in desk.get(where).text
    assert activities()["Guided tour"].meeting_point == "Village Museum, Șos. Kiseleff 28"


def test_what_the_partner_has_no_more_is_cancelled_only_where_that_is_ticked(
    desk: Browser, boss: Person
) -> None:
    bring(desk, boss, TOUR, CRAFTS)
    page = preview(desk, boss, TOUR)
    assert "1 session is no longer in the file" in page
    (gone,) = boxes(page, "cancel")
    desk.post(f"{PAGE}/import", data=ticked(page))
    assert meetings("Atelier de olărit")[0].status is Status.PLANNED

    desk.post(f"{PAGE}/import", data=ticked(page, cancel=gone))
    assert meetings("Atelier de olărit")[0].status is Status.CANCELLED
    assert "no longer in the file" not in preview(desk, boss, TOUR)
    page = preview(desk, boss, TOUR, CRAFTS)
    assert "It takes place again." in page
    desk.post(f"{PAGE}/import", data=ticked(page))
    assert meetings("Atelier de olărit")[0].status is Status.PLANNED
    assert "Nothing to add" in preview(desk, boss, TOUR, CRAFTS)


def test_what_lies_beyond_the_days_that_were_asked_for_is_not_taken_for_gone(
    desk: Browser, boss: Person, here: Centre
) -> None:
    bring(desk, boss, TOUR)
    days = {"first_day": MONDAY.date(), "last_day": MONDAY.date() + timedelta(days=7)}
    term = make.build(Term, {"centre": here, "name": "First week", **days})

    page = preview(desk, boss, TOUR, CRAFTS, term=str(term.id))
    assert boxes(page, "cancel") == []


def test_many_sessions_cost_no_more_questions_than_few(desk: Browser, boss: Person) -> None:
    def asked(file: str) -> int:
        return len(statements(lambda: preview(desk, boss, file)))

    long = TOUR.replace("COUNT=3", "COUNT=40").replace("tour@museum", "long@museum")
    bring(desk, boss, TOUR)
    few = asked(TOUR.replace("T100000", "T110000"))
    bring(desk, boss, TOUR, long)
    assert asked(long.replace("T100000", "T110000")) <= few + 2


def test_what_cannot_be_read_any_more_is_not_taken_for_gone(desk: Browser, boss: Person) -> None:
    bring(desk, boss, TOUR, CRAFTS)
    page = preview(desk, boss, TOUR, CRAFTS.replace("20270401T080000Z", "soon"))

    assert boxes(page, "cancel") == []
    assert "Its time is missing or cannot be read." in page


def test_what_was_moved_here_by_hand_stays_until_the_partner_changes_it(
    desk: Browser, boss: Person
) -> None:
    bring(desk, boss, CRAFTS)
    (one,) = meetings("Atelier de olărit")
    one.starts_at += timedelta(hours=1)
    db.session.commit()

    assert "Nothing to add" in preview(desk, boss, CRAFTS)
    bring(desk, boss, CRAFTS.replace("T080000Z", "T120000Z"))
    assert meetings("Atelier de olărit")[0].starts_at.hour == 12


def test_a_preview_of_something_that_changed_meanwhile_is_looked_at_again(
    desk: Browser, boss: Person
) -> None:
    bring(desk, boss, CRAFTS)
    page = preview(desk, boss, CRAFTS.replace("T080000Z", "T120000Z"))
    meetings("Atelier de olărit")[0].sequence += 1
    db.session.commit()

    assert desk.post(f"{PAGE}/import", data=ticked(page)).status_code == 409
    assert meetings("Atelier de olărit")[0].starts_at.hour == 8


def test_one_that_may_not_be_moved_keeps_all_of_the_file_out(
    desk: Browser, boss: Person, here: Centre
) -> None:
    bring(desk, boss, CRAFTS)
    publish(desk, "Atelier de olărit")
    helper = make.mediator(here)
    book(helper, meetings("Atelier de olărit")[0], Part.HELPER)
    busy = make.meeting(
        activity=make.activity(centre=here),
        starts_at=datetime(2027, 4, 1, 12, tzinfo=UTC),
        ends_at=datetime(2027, 4, 1, 14, tzinfo=UTC),
    )
    book(helper, busy, Part.HELPER)
    db.session.commit()
    page = preview(desk, boss, TOUR, CRAFTS.replace("T080000Z", "T120000Z"))

    answer = desk.post(f"{PAGE}/import", data=ticked(page))
    assert answer.status_code == 409
    assert "Guided tour" not in activities()
    assert meetings("Atelier de olărit")[0].starts_at.hour == 8


def test_drafts_go_to_the_term_that_was_chosen_and_only_as_far(
    desk: Browser, boss: Person, here: Centre
) -> None:
    term = make.build(
        Term,
        {
            "centre": here,
            "name": "Spring",
            "first_day": MONDAY.date(),
            "last_day": MONDAY.date() + timedelta(days=14),
        },
    )
    page = preview(desk, boss, TOUR, CRAFTS, term=str(term.id))
    assert "It is later than the days you asked for." in page
    desk.post(f"{PAGE}/import", data=ticked(page))
    assert activities()["Guided tour"].term_id == term.id
    assert len(meetings("Guided tour")) == 2

    term.published_at = BEFORE
    db.session.commit()
    answer = desk.post(f"{PAGE}/import", data=ticked(page, term=str(term.id)))
    assert answer.status_code in {409, 422}


@pytest.mark.parametrize("name", ["rows", "seen"])
def test_a_preview_that_was_tampered_with_is_none(desk: Browser, boss: Person, name: str) -> None:
    page = preview(desk, boss, TOUR)
    answer = desk.post(f"{PAGE}/import", data=ticked(page, **{name: "[1,2]"}))
    assert answer.status_code in {409, 422}
    assert activities() == {}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Choose a file first."),
        (b"PK\x03\x04zip", "packed (zip)"),
        (b"<html><body>Sign in</body></html>", "This is a web page"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:\xe9\r\nEND:VCALENDAR", "Save it again as UTF-8."),
        (b"hello", "This is not a calendar file"),
    ],
)
def test_another_file_is_refused_with_one_sentence_and_what_was_chosen_stays(
    desk: Browser, boss: Person, data: bytes, sentence: str
) -> None:
    given = sent(boss, name="The museum", kind="orientation") | {"file": (BytesIO(data), "a.ics")}
    if not data:
        del given["file"]
    answer = desk.post(f"{PAGE}/import", data=given)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="The museum"' in answer.text
    assert '<option selected value="orientation">' in answer.text


@pytest.mark.parametrize(
    ("size", "code", "sentence"),
    [(1_100_000, 422, "larger than 1 MB"), (3_000_000, 413, "The file is too large")],
)
@pytest.mark.parametrize("page", [PAGE, "/en/organisation-calendar"])
def test_a_large_file_is_refused_and_a_huge_one_before_it_is_read(
    desk: Browser, boss: Person, size: int, code: int, sentence: str, page: str
) -> None:
    fields = {"kind": "cultural", "language": "ro", "responsible": boss.id, "term": 0}
    if page != PAGE:
        fields = {"kind": "closed", "centre": ""}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
        for k, v in fields.items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="a.ics"\r\n\r\n')
    body = "".join(parts).encode() + b"x" * size + b"\r\n--x--\r\n"

    answer = desk.post(f"{page}/import", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == code
    assert sentence in answer.text


def test_only_kinds_that_strangers_may_see_are_offered(desk: Browser, boss: Person) -> None:
    page = desk.get(f"{PAGE}/import").text
    assert "Cultural activity" in page
    for kind in ("womens_group", "individual", "childcare"):
        assert f'value="{kind}"' not in page
        assert desk.post(f"{PAGE}/import", data=sent(boss, TOUR, kind=kind)).status_code == 422


@pytest.mark.parametrize("role", [Role.MEDIATOR, Role.ADMINISTRATOR, Role.PARTICIPANT])
def test_for_anybody_else_the_pages_do_not_exist(
    browser: Browser, here: Centre, role: Role
) -> None:
    other = make.person([role], here)
    browser.sign_in(other)
    for path in (PAGE, f"{PAGE}/import"):
        assert browser.get(path).status_code == 404
    assert browser.post(f"{PAGE}/import", data=sent(other, TOUR)).status_code == 404
    assert browser.post(f"{PAGE}/files/x/removal").status_code == 404


def test_without_its_token_the_form_is_refused(app: Flask, desk: Browser, boss: Person) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = desk.post(f"{PAGE}/import", data=sent(boss, TOUR))
    finally:
        app.config["WTF_CSRF_ENABLED"] = False

    assert answer.status_code == 400


def test_of_another_centre_nothing_is_seen_or_undone(
    app: Flask, desk: Browser, boss: Person
) -> None:
    browser = cast(Browser, app.test_client())
    batch = bring(desk, boss, TOUR).split("batch=")[1]
    stranger = make.coordinator(make.centre())
    browser.sign_in(stranger)

    assert "Muzeul" not in browser.get(f"{PAGE}?batch={batch}").text
    assert browser.post(f"{PAGE}/files/{batch}/removal").status_code == 404
    assert "3 new sessions" in preview(browser, stranger, TOUR)


def test_who_plans_two_centres_chooses_for_which_it_is(
    desk: Browser, boss: Person, here: Centre
) -> None:
    other = make.centre()
    make.make_coordinator_too(boss, other)
    db.session.commit()
    where = f"{PAGE}/import?centre={other.code}"
    page = desk.post(where, data=sent(boss, TOUR)).text
    answer = desk.post(where, data=ticked(page))

    assert other.code in str(answer.location)
    assert activities()["Guided tour"].centre_id == other.id
    assert "3 new sessions" in preview(desk, boss, TOUR, responsible=str(boss.id))
    assert "Muzeul" in desk.get(f"{PAGE}?centre={other.code}").text
    assert "Muzeul" not in desk.get(f"{PAGE}?centre={here.code}").text


def test_what_others_protect_is_not_named_beside_it(
    desk: Browser, boss: Person, here: Centre
) -> None:
    colleague = make.coordinator(here)
    secret = make.activity(
        centre=here, coordinator=colleague, kind=Kind.WOMENS_GROUP, title="Grup secret"
    )
    make.meeting(
        activity=secret,
        starts_at=datetime(2027, 3, 13, 8, tzinfo=UTC),
        ends_at=datetime(2027, 3, 13, 10, tzinfo=UTC),
    )
    page = preview(desk, boss, TOUR)
    assert "Grup secret" not in page
    assert "at the same time" not in page


def test_of_a_members_activity_strangers_do_not_read_where_it_meets(
    app: Flask, desk: Browser, boss: Person
) -> None:
    bring(desk, boss, TOUR, kind="orientation")
    publish(desk, "Guided tour")
    ref = activities()["Guided tour"].ref

    stranger = app.test_client().get(f"/en/activities/{ref}")
    assert stranger.status_code == 200
    assert "Kiseleff" not in stranger.text
    assert "Kiseleff" in desk.get(f"/en/activities/{ref}").text


def test_words_that_are_markup_stay_words(desk: Browser, boss: Person) -> None:
    event = CRAFTS.replace("Atelier de olărit", "<script>alert(1)</script>")
    event += "\nLOCATION:<img src=x onerror=a>\nURL:javascript:alert(1)"
    page = preview(desk, boss, event)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "javascript:" not in page
    bring(desk, boss, event)
    assert activities()["<script>alert(1)</script>"].texts[0].description == ""


def test_the_place_of_a_draft_is_changed_by_hand_too(desk: Browser, boss: Person) -> None:
    bring(desk, boss, TOUR)
    ref = activities()["Guided tour"].ref
    assert "Kiseleff 28" in desk.get(f"/en/activities/{ref}/details").text


def take(centre: Centre, person: Person, term: Term | None = None) -> Taken:
    """All of a file, as somebody who has just looked at its preview."""
    file = read_programme(calendar(TOUR, CRAFTS), zone=centre.tz, now=BEFORE)
    wishes = Wishes(
        kind=Kind.CULTURAL,
        language="ro",
        responsible=person,
        name="Museum",
        term=term,
        chosen=frozenset(item.key for item in file.items),
    )
    seen = seen_by(compare(file, centre, by=person, now=BEFORE))
    return take_over(file, wishes, centre, by=person, now=BEFORE, seen=seen)


def test_a_term_that_was_published_meanwhile_takes_nothing(boss: Person, here: Centre) -> None:
    days = {"first_day": MONDAY.date(), "last_day": MONDAY.date() + timedelta(days=90)}
    term = make.build(Term, {"centre": here, "name": "Spring", "published_at": BEFORE, **days})

    with pytest.raises(TermIsPublished):
        take(here, boss, term)


def test_two_clicks_at_once_bring_it_once(racing_app: Flask) -> None:
    with racing_app.app_context():
        here = make.centre()
        boss = make.coordinator(here)
        db.session.commit()
        ids = here.id, boss.id

    def click() -> Taken:
        return take(db.session.get_one(Centre, ids[0]), db.session.get_one(Person, ids[1]))

    for number in range(5):
        results = all_at_once(racing_app, [click] * 3)
        with racing_app.app_context():
            assert db.session.scalar(select(func.count(Meeting.id))) == 4
        assert sum(isinstance(one, Taken) for one in results) == (1 if number == 0 else 0)
        assert all(isinstance(one, Taken | NothingChosen) for one in results), results
