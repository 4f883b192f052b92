"""Every letter in every language of the house, as files that a person can read.

``PUNTE_WRITE_LETTERS=1 pytest tests/reminders`` writes them anew; read the difference.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.extensions import db
from app.feeds.inviting import begin, invite
from app.folding import fold
from app.i18n import LANGUAGES
from app.listening.gaps import Matter
from app.listening.operations import answer
from app.notices.letter import Letter
from app.notices.models import Kind, Notice
from app.people.knocks import Knock
from app.people.models import Membership, Person
from app.people.terms import Level, Role, Stage
from app.programme.bookings import book
from app.programme.kinds import Kind as ActivityKind
from app.programme.models import (
    Activity,
    ActivityText,
    ChangeKind,
    Edit,
    Meeting,
    MeetingChange,
    Part,
    Scope,
    Status,
)
from app.reminders.letters import compose
from app.signups.models import Waiting, WaitingMember, WaitingState
from app.staffing.models import State, Swap
from tests import make
from tests.make import BEFORE, LONG_AGO, MONDAY

pytestmark = [
    pytest.mark.usefixtures("app"),
    pytest.mark.parametrize("migrated", ["sqlite"], indirect=True),  # words know no engine
]
FOLDER = Path(__file__).parent / "letters"
ABOUT_NO_MEETING = (
    Kind.PASSWORD,
    Kind.CODE,
    Kind.APPLIED,
    Kind.STAGE_CHANGED,
    Kind.SIGNED_OUT,
    Kind.PAPERS_END,
    Kind.CERTIFICATE_ASKED,
    Kind.CERTIFICATE_READY,
    Kind.MORNING_SUMMARY,
)
CASES = [
    (kind, secret, language)
    for kind in Kind
    for secret in (False, True)
    for language in LANGUAGES
    if not (kind in ABOUT_NO_MEETING and secret)
]


def an_activity(secret: bool) -> Activity:
    kind = ActivityKind.WOMENS_GROUP if secret else ActivityKind.COURSE
    here = make.centre(code="brasov", name="Brașov", address="Str. Aurel Vlaicu 26bis")
    titles = {"ro": "Curs de limba română", "en": "Romanian course", "ar": "دورة اللغة الرومانية"}
    activity = make.activity("x", kind=kind, centre=here)
    activity.texts = [
        ActivityText(language=tag, title=title, folded=fold(title), changed_at=LONG_AGO)
        for tag, title in titles.items()
    ]
    db.session.flush()
    return activity


def letter_of(kind: Kind, secret: bool, language: str) -> Letter | None:
    """The letter of one case, with nothing left to chance."""
    activity = an_activity(secret)
    status = Status.CANCELLED if kind is Kind.CANCELLED else Status.PLANNED
    meeting = make.meeting(
        activity=activity,
        room=make.room(centre=activity.centre, name="Sala 1"),
        sequence=1,
        status=status,
    )
    reader = make.mediator(
        activity.centre,
        {"ar": Level.NATIVE},
        name="Amina Haddad",
        language=language,
        email="amina@example.org",
    )
    about: dict[str, object] = {"meeting": meeting.id, "sequence": 1}
    if kind is Kind.MOVED:
        before = {"starts_at": (MONDAY - timedelta(days=1)).isoformat()}
        db.session.add(
            MeetingChange(
                meeting_id=meeting.id,
                sequence=1,
                kind=ChangeKind.MOVED,
                at=BEFORE,
                before=before,
                after={},
            )
        )
    if kind in (
        Kind.REMINDER,
        Kind.ENROLLED,
        Kind.EXPECTED_AGAIN,
        Kind.ADDED,
        Kind.MOVED,
        Kind.RESTORED,
    ):
        book(reader, meeting, Part.LEARNER)
    if kind in (
        Kind.OFFER,
        Kind.OFFER_ANSWERED,
        Kind.PLACE_REQUESTED,
        Kind.PLACE_TAKEN,
        Kind.PLACE_CONFIRMED,
        Kind.PLACE_REFUSED,
        Kind.PLACE_GIVEN_UP,
    ):
        mine = kind in (Kind.OFFER, Kind.PLACE_CONFIRMED, Kind.PLACE_REFUSED)
        place = make.assignment(
            need=make.need(meeting=meeting),
            person=reader if mine else make.mediator(activity.centre),
            state=State.OFFERED,
            ref="REF",
        )
        meeting.ref = "REF-OF-MEETING"
        about |= {"assignment": place.id, "state": State.OFFERED.value}
    if kind in SINCE_CONFIRMED:
        about |= since_confirmed(kind, meeting, reader)
    if kind is Kind.SERIES_CHANGED:
        about = {"edit": an_edit(meeting, reader).id}
    if kind is Kind.TERM_PUBLISHED:
        book(reader, meeting, Part.LEARNER)
        if not secret:
            make.assignment(
                need=make.need(meeting=a_later_meeting(meeting)), person=reader, ref="REF"
            )
        about = {"activities": [activity.id]}
    if kind in (Kind.PLACE_OFFERED, Kind.OFFER_LAPSED):
        about["waiting"] = somebody_waited(kind, activity, reader).id
    if kind in OF_THEMSELVES:
        about = OF_THEMSELVES[kind](reader)
    about = of_these_days(kind, meeting, reader) or asked_for(kind, activity, reader) or about
    if kind is Kind.STAGE_CHANGED:
        about = {"centre": activity.centre_id, "role": Role.MEDIATOR, "stage": Stage.ACTIVE}
    if kind is Kind.PAPERS_END:
        until = BEFORE.date() + timedelta(days=30)
        reader.contracts[0].valid_until = until
        contract = reader.contracts[0].id
        about = {"paper": "contract", "id": contract, "until": until.isoformat()}
    if kind in (Kind.CERTIFICATE_ASKED, Kind.CERTIFICATE_READY):
        reader.ref = "REF-OF-PERSON"
        asked = make.certificate_request(person=reader, centre=activity.centre)
        issued = make.certificate(person=reader, centre=activity.centre, ref="REF")
        about = {"request": asked.id, "certificate": issued.id}
    notice = Notice(
        ref="REF-OF-NOTICE",
        person=reader,
        kind=kind,
        key="k",
        posted_at=BEFORE,
        due_at=BEFORE,
        about={"invited": True} if kind is Kind.PASSWORD else about,
    )
    db.session.flush()
    return compose(notice, BEFORE)


SINCE_CONFIRMED = (
    Kind.PLACE_ENDED,
    Kind.STAND_IN_WANTED,
    Kind.STAND_IN_MISSING,
    Kind.STAND_IN_FOUND,
    Kind.NOBODY_LEFT,
    Kind.SWAP_PROPOSED,
    Kind.SWAP_REFUSED,
    Kind.SWAPPED,
)


def since_confirmed(kind: Kind, meeting: Meeting, reader: Person) -> dict[str, object]:
    """What became of a place that somebody had: the reader, unless they coordinate."""
    meeting.ref = "REF-OF-MEETING"
    need = make.need(meeting=meeting, ref="REF-OF-NEED")
    if kind is Kind.NOBODY_LEFT:
        return {"need": need.id}
    looks = kind in (Kind.STAND_IN_WANTED, Kind.STAND_IN_MISSING)
    over = kind in (Kind.PLACE_ENDED, Kind.STAND_IN_FOUND)
    place = make.assignment(
        need=need,
        person=make.mediator(meeting.activity.centre) if looks else reader,
        state=State.WITHDRAWN if over else State.CONFIRMED,
        stand_in_wanted_at=BEFORE if looks else None,
    )
    theirs = make.assignment(
        need=make.need(meeting=a_later_meeting(meeting)), state=State.CONFIRMED
    )
    swap = Swap(ref="REF-OF-SWAP", mine=theirs, theirs=place, made_at=BEFORE, lapses_at=MONDAY)
    db.session.add(swap)
    db.session.flush()
    return {"assignment": place.id, "state": place.state.value, "swap": swap.id}


def of_these_days(kind: Kind, meeting: Meeting, reader: Person) -> dict[str, object]:
    """A place and an offer of the week; two sessions of tomorrow at which somebody is missing."""
    if kind is Kind.WEEKLY_PLAN:
        book(reader, meeting, Part.HELPER)
        make.assignment(need=make.need(meeting=a_later_meeting(meeting)), person=reader)
        return {"monday": MONDAY.date().isoformat()}
    if kind is Kind.INVITATION:
        return invited(meeting, reader)
    if kind is not Kind.MORNING_SUMMARY:
        return {}
    [mine] = reader.memberships
    reader.memberships.append(Membership(centre=mine.centre, role=Role.COORDINATOR))
    for hours in (24, 30):
        starts_at = BEFORE + timedelta(hours=hours)
        make.need(meeting=make.meeting(activity=meeting.activity, starts_at=starts_at))
    return {"day": BEFORE.date().isoformat()}


def invited(meeting: Meeting, reader: Person) -> dict[str, object]:
    """A session that the reader wants in their calendar."""
    book(reader, meeting, Part.LEARNER)
    begin(reader, now=BEFORE)
    assert invite(reader.id, now=BEFORE) == 1
    return db.session.scalars(select(Notice).where(Notice.kind == Kind.INVITATION)).one().about


def somebody_waited(kind: Kind, activity: Activity, reader: Person) -> Waiting:
    """The reader waited for a place, and was offered one."""
    activity.ref, reader.ref = "REF-OF-ACTIVITY", "REF-OF-READER"
    lapsed = kind is Kind.OFFER_LAPSED
    waiting = Waiting(
        ref="REF",
        activity=activity,
        state=WaitingState.LAPSED if lapsed else WaitingState.OFFERED,
        asked_at=LONG_AGO,
        offered_at=BEFORE,
        lapses_at=BEFORE + timedelta(days=1),
        ended_at=BEFORE if lapsed else None,
    )
    waiting.members = [WaitingMember(person=reader)]
    db.session.add(waiting)
    db.session.flush()
    return waiting


def asked_for(kind: Kind, activity: Activity, reader: Person) -> dict[str, object]:
    """The reader said that it is missing, and it was made."""
    if kind is not Kind.ASKED_FOR:
        return {}
    activity.ref = "REF-OF-ACTIVITY"
    matter = Matter.ROMANIAN if activity.privacy.is_listed else Matter.WOMEN
    gap = make.gap(activity.centre, matter)
    make.voice(reader, gap)
    return {"reply": answer(gap, activity, by=activity.coordinator, now=BEFORE).id}


def somebody_applied(reader: Person) -> dict[str, object]:
    person = make.person(name="Sam")
    [mine] = reader.memberships
    person.memberships.append(
        Membership(centre=mine.centre, role=Role.VOLUNTEER, stage=Stage.APPLIED)
    )
    db.session.flush()
    return {"person": person.id, "centre": mine.centre_id, "role": "volunteer"}


def somebody_knocked(reader: Person) -> dict[str, object]:
    knock = Knock(
        contact=reader.email or "",
        browser_hash="x",
        language="ro",
        made_at=BEFORE,
        lapses_at=BEFORE + timedelta(minutes=10),
    )
    db.session.add(knock)
    db.session.flush()
    return {"knock": knock.id}


OF_THEMSELVES = {Kind.CODE: somebody_knocked, Kind.APPLIED: somebody_applied}


def a_later_meeting(meeting: Meeting) -> Meeting:
    return make.meeting(
        activity=meeting.activity,
        room=meeting.room,
        starts_at=MONDAY + timedelta(days=7),
        sequence=1,
        status=meeting.status,
    )


def an_edit(meeting: Meeting, reader: Person) -> Edit:
    """One session moved by an hour, the next cancelled."""
    edit = Edit(activity=meeting.activity, scope=Scope.LATER, at=BEFORE)
    later = a_later_meeting(meeting)
    for one in (meeting, later):
        book(reader, one, Part.LEARNER)
    later.status = Status.CANCELLED
    for one, kind in ((meeting, ChangeKind.MOVED), (later, ChangeKind.CANCELLED)):
        before = {"starts_at": (one.starts_at - timedelta(hours=1)).isoformat()}
        change = MeetingChange(
            meeting=one, sequence=1, kind=kind, at=BEFORE, edit=edit, before=before, after={}
        )
        db.session.add(change)
    db.session.flush()
    return edit


def as_text(letter: Letter) -> str:
    text = re.sub(r"\b\d{6}\b", "CODE", letter.text)
    if "/code/" in text:
        text = re.sub(r"/code/[\w-]{43}", "/code/TOKEN", text)
    if "/password/" in text:
        head, _slash, rest = text.partition("/password/")
        text = f"{head}/password/TOKEN{rest[43:]}"
    return (
        f"To: {letter.to}\nSubject: {letter.subject}\nContent-Language: {letter.language}\n\n{text}"
    )


@pytest.mark.parametrize(("kind", "secret", "language"), CASES)
def test_each_letter_reads_as_it_was_approved(kind: Kind, secret: bool, language: str) -> None:
    letter = letter_of(kind, secret, language)
    assert letter is not None
    path = FOLDER / f"{kind.value}{'-protected' if secret else ''}.{language}.txt"
    if os.environ.get("PUNTE_WRITE_LETTERS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(as_text(letter), encoding="utf-8")

    assert as_text(letter) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("kind", "language"), [(k, lang) for k, s, lang in CASES if s])
def test_a_protected_meeting_is_a_time_and_no_more(kind: Kind, language: str) -> None:
    letter = letter_of(kind, True, language)
    assert letter is not None
    whole = f"{letter.subject}\n{letter.text}\n{letter.html}".casefold()

    for word in (
        "curs",
        "course",
        "دورة",
        "brașov",
        "vlaicu",
        "sala 1",
        "grup",
        "group",
        "femei",
        "wom",
        "نساء",
        "مجموعة",
    ):
        assert word not in whole, word


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_part_says_its_language_and_direction(language: str) -> None:
    letter = letter_of(Kind.REMINDER, False, language)
    assert letter is not None

    direction = "rtl" if language in ("ar", "fa", "ps") else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in (letter.html or "")


def test_a_title_cannot_become_markup_or_a_header() -> None:
    activity = make.activity("<b>Course</b>\r\nBcc: x@example.org")
    meeting, layla = make.meeting(activity=activity), make.person()
    book(layla, meeting, Part.LEARNER)
    notice = Notice(
        person=layla,
        kind=Kind.REMINDER,
        key="k",
        posted_at=BEFORE,
        due_at=BEFORE,
        about={"meeting": meeting.id, "sequence": 0},
    )
    db.session.flush()

    letter = compose(notice, BEFORE)

    assert letter is not None
    assert letter.html is not None
    assert "<b>" not in letter.html
    from app.notices.letter import as_email

    email = as_email(letter, mail_from="punte@example.org", mail_name="Punte")
    assert email["Bcc"] is None
