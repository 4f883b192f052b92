"""Two centres with all that a centre can hold: each kind of activity in each state of secrecy, each
role, and at least one row of every table with words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from app.attendance.marks import Mark
from app.attendance.models import (
    Attendance,
    AttendanceTap,
    CoursePaper,
    LevelOverride,
    Placement,
    StartOverride,
)
from app.consents.models import ConsentTalk
from app.extensions import db
from app.feeds.models import Invite, Scope
from app.feeds.operations import make_link
from app.folding import fold
from app.joining.cards import make_card
from app.listening.gaps import Matter, PartOfDay
from app.listening.models import Reply, Voice
from app.notices.channels import Channel
from app.notices.devices import PushSubscription
from app.notices.ledger import Attempt, Outcome, Relay, Stop, StoppedAddress, Worker
from app.notices.models import Kind as Letter
from app.notices.models import Notice, Silence
from app.notices.models import State as Sent
from app.participants.models import Merge
from app.people.consents import Purpose
from app.people.knocks import Knock
from app.people.models import Centre, PasswordLink, Person, StageChange
from app.people.papers import CheckKind
from app.people.terms import Gender, Level, Role, Stage
from app.people.unsent import Unsent
from app.presence.models import PresenceChange
from app.programme.bookings import book
from app.programme.changing import facts_of
from app.programme.codes import new_code
from app.programme.kinds import CONTENT_LANGUAGES, Kind, Privacy
from app.programme.models import (
    Activity,
    ActivityText,
    ChangeKind,
    Confidant,
    Edit,
    Meeting,
    MeetingChange,
    MeetingText,
    Part,
    Status,
)
from app.programme.models import Scope as Reach
from app.programme.organisation_calendar import CalendarEntry, DayKind
from app.programme.partner_calendars import PartnerCalendar, PartnerEvent
from app.programme.templates import Template
from app.programme.terms import Term
from app.rota.models import Act, Deed, Rota, Wish
from app.signups.models import Waiting, WaitingMember, WaitingState
from app.staffing.availability import Answer
from app.staffing.eligibility import Rule
from app.staffing.models import Asking, Assignment, Decision, InLine, Override, State, Swap
from app.staffing.windows import DatedWindow
from tests import make
from tests.make import BEFORE, LONG_AGO, MONDAY

NOW = MONDAY - timedelta(minutes=20)
"""A teacher may see who comes to the course of this morning."""
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
X = "x"
"""What somebody wrote; the planter writes something else."""
SERIES = (
    ("course", Kind.COURSE, Privacy.MEMBERS, True),
    ("feast", Kind.CULTURAL, Privacy.PUBLIC, True),
    ("group", Kind.WOMENS_GROUP, Privacy.PROTECTED, True),
    ("appointment", Kind.INDIVIDUAL, Privacy.INDIVIDUAL, True),
    ("draft", Kind.ORIENTATION, Privacy.MEMBERS, False),
    ("hidden draft", Kind.WOMENS_GROUP, Privacy.PROTECTED, False),
    ("support", Kind.ORIENTATION, Privacy.PROTECTED, True),
)
ROLES = {
    "administrator": Role.ADMINISTRATOR,
    "responsible": Role.COORDINATOR,
    "colleague": Role.COORDINATOR,
    "teacher": Role.TEACHER,
    "mediator": Role.MEDIATOR,
    "volunteer": Role.VOLUNTEER,
}
LEARNERS = ("learner", "sister", "neighbour", "waiting", "offered", "silent", "by card", "gone")
PARENTS = ("mother", "father")
"""They come to nothing themselves; the father must not decide for the child any more."""


@dataclass
class Furnished:
    """One centre, with everybody and everything in it by name."""

    centre: Centre
    people: dict[str, Person] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    meetings: dict[str, list[Meeting]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


def furnish() -> Furnished:
    """A centre in full use."""
    here = Furnished(make.centre())
    _add_people(here)
    for number, (name, kind, privacy, published) in enumerate(SERIES):
        _add_series(here, name, kind, privacy, published=published, number=number)
    _add_places_of_learners(here)
    _add_helpers(here)
    _add_planning(here)
    _add_papers(here)
    _add_presence(here)
    _add_messages(here)
    _add_doors(here)
    _add_words_of_consent(here)
    _add_wishes(here)
    db.session.flush()
    return here


def furnish_the_house() -> list[object]:
    """What belongs to no centre; a stranger who knocks."""
    rows = [
        Relay(name=X),
        Worker(name=X, machine=X, process=1, started_at=NOW, seen_at=NOW, moved_at=NOW),
        CalendarEntry(kind=DayKind.NOTE, name=X, first_day=NOW, last_day=NOW, made_at=NOW),
    ]
    return _added(*rows)


def _added(*rows: Any) -> list[Any]:
    db.session.add_all(rows)
    db.session.flush()
    return list(rows)


def _add_words_of_consent(here: Furnished) -> None:
    """A mediator is asked for a talk; and somebody was known twice."""
    learner, responsible = here.people["learner"], here.people["responsible"]
    _added(
        ConsentTalk(
            code=X,
            person=learner,
            mediator=here.people["mediator"],
            asked_by=responsible,
            purpose=Purpose.PHOTOS,
            language="ar",
            made_at=BEFORE,
            lapses_at=NOW + WEEK,
        ),
        Merge(person=learner, gone_ref=X, at=BEFORE, by=responsible, moved={"booking": 1}),
    )


def _hash(of: str) -> str:
    """One that nothing else has."""
    return sha256(f"{of} {next(make.serial)}".encode()).hexdigest()


def _add_people(here: Furnished) -> None:
    centre = here.centre
    known: dict[str, Any] = {"gender": Gender.WOMAN, "is_adult": True, "password_hash": X}
    reach: dict[str, Any] = {"phone": X, "sign_in_phone": X}
    speaks = {"ar": Level.NATIVE}
    for name, role in ROLES.items():
        here.people[name] = make.person([role], centre, dict(speaks), **known, **reach)
    here.people["applicant"] = make.applicant(centre, Stage.APPLIED, phone=X)
    for name in (*LEARNERS, *PARENTS):
        reached = {"email": None} if name == "by card" else {"email": X}
        here.people[name] = make.participant(centre, phone=X, gender=Gender.WOMAN, **reached)
    gone = here.people["gone"]
    gone.erased_at, gone.is_active = LONG_AGO, False
    _added(Silence(person_id=here.people["silent"].id, since=LONG_AGO))
    child = here.people["child"] = make.participant(centre, email=None)
    make.guardianship(child, here.people["mother"])
    make.guardianship(child, here.people["father"], blocked_at=BEFORE)


def _add_series(
    here: Furnished, name: str, kind: Kind, privacy: Privacy, *, published: bool, number: int
) -> None:
    """Sessions of last week, of today, cancelled tomorrow, and of next week, in its own room."""
    boss = here.people["responsible"]
    given: dict[str, Any] = {"published_at": LONG_AGO if published else None, "transport": X}
    given |= {"support_language": "ar", "capacity": 3, "level": "A1", "hour_minutes": 60}
    if kind is Kind.INDIVIDUAL:
        given["meeting_point"] = X
    activity = make.activity(
        X, centre=here.centre, kind=kind, privacy=privacy, coordinator=boss, **given
    )
    activity.texts = [_text(tag, kind) for tag in CONTENT_LANGUAGES]
    room = make.room(centre=here.centre, address=X, note=X)
    first = MONDAY + number * HOUR
    here.activities[name] = activity
    here.meetings[name] = [
        make.meeting(
            activity=activity,
            starts_at=at,
            ends_at=at + HOUR,
            room=room,
            status=status,
            online_url=X if at > first + 24 * HOUR else None,
        )
        for at, status in (
            (first, Status.PLANNED),
            (first - WEEK, Status.PLANNED),
            (first + 24 * HOUR, Status.CANCELLED),
            (first + WEEK, Status.PLANNED),
        )
    ]
    if kind is not Kind.INDIVIDUAL:
        words = [
            MeetingText(language=tag, title=X, folded=X, changed_at=NOW) for tag in ("ro", "en")
        ]
        here.meetings[name][3].texts = words
    if name == "course":
        at = first + 2 * WEEK
        own = make.meeting(activity=activity, starts_at=at, privacy=Privacy.PROTECTED)
        own.texts = [MeetingText(language="ro", title=X, folded=X, changed_at=NOW)]
        here.meetings["stricter"] = [own]
    db.session.flush()


def _text(tag: str, kind: Kind) -> ActivityText:
    title = new_code(()) if kind is Kind.INDIVIDUAL else X
    about = "" if kind is Kind.INDIVIDUAL else X
    return ActivityText(
        language=tag, title=title, folded=fold(title), description=about, changed_at=NOW
    )


def _add_places_of_learners(here: Furnished) -> None:
    """The first has a place everywhere, two more in the course, which is full: others wait."""
    who, what = here.people, here.activities
    for name in ("course", "feast", "group", "appointment", "support"):
        make.enrolment(what[name], who["learner"])
        for meeting in here.meetings[name]:
            book(who["learner"], meeting, Part.LEARNER)
    book(who["learner"], here.meetings["stricter"][0], Part.LEARNER)
    for name in ("sister", "neighbour", "silent"):
        make.enrolment(what["course"], who[name])
        for meeting in (*here.meetings["course"], *here.meetings["stricter"]):
            book(who[name], meeting, Part.LEARNER)
    what["course"].capacity = 4
    for name in ("feast", "support"):
        make.enrolment(what[name], who["child"])
        for meeting in here.meetings[name]:
            book(who["child"], meeting, Part.LEARNER)
    book(who["by card"], here.meetings["feast"][0], Part.LEARNER)
    book(who["by card"], here.meetings["group"][0], Part.LEARNER)
    for name, activity, state in (
        ("waiting", "course", WaitingState.WAITING),
        ("offered", "course", WaitingState.OFFERED),
        ("waiting", "group", WaitingState.WAITING),
        ("offered", "group", WaitingState.OFFERED),
    ):
        offered = {"offered_at": BEFORE, "lapses_at": MONDAY + WEEK}
        given = offered if state is WaitingState.OFFERED else {}
        row = Waiting(activity=what[activity], state=state, asked_at=LONG_AGO, **given)
        row.members = [WaitingMember(person=who[name])]
        _added(row)


def _add_helpers(here: Furnished) -> None:
    """Places, offers, a request, somebody asked in turn, a stand-in, a swap, a rule passed over."""
    who, boss = here.people, here.people["responsible"]
    places = {}
    for name, role in (
        ("course", Role.TEACHER),
        ("course", Role.MEDIATOR),
        ("feast", Role.VOLUNTEER),
        ("group", Role.MEDIATOR),
        ("appointment", Role.MEDIATOR),
        ("support", Role.VOLUNTEER),
    ):
        helper = next(n for n, r in ROLES.items() if r is role)
        for number, meeting in enumerate(here.meetings[name]):
            need = make.need(meeting=meeting, role=role, language="ar", wanted=2)
            state = (State.CONFIRMED, State.CONFIRMED, State.WITHDRAWN, State.OFFERED)[number]
            if name == "support":
                state = State.OFFERED if number == 0 else State.DECLINED
            places[name, role, number] = make.assignment(
                need=need, person=who[helper], state=state, lapses_at=MONDAY + WEEK
            )
    course, feast = places["course", Role.TEACHER, 0], places["feast", Role.VOLUNTEER, 0]
    course.stand_in_wanted_at = NOW
    _added(Swap(mine=course, theirs=feast, made_at=NOW, lapses_at=MONDAY + WEEK))
    reason = {"reason": X, "starts_at": MONDAY, "by_id": boss.id, "at": NOW}
    for place in (course, places["group", Role.MEDIATOR, 0]):
        _added(Override(assignment_id=place.id, rule=Rule.LEVEL_TOO_LOW, **reason))
        _added(
            Decision(assignment=place, state=place.state, at=NOW, by_id=boss.id, why={"by": "hand"})
        )
    for place in (places["course", Role.MEDIATOR, 3], places["group", Role.MEDIATOR, 3]):
        line = InLine(person_id=place.person_id, position=1, facts={}, asked_at=NOW)
        asking = {"made_at": NOW, "lasts_minutes": 60, "passed_over": {}, "by_id": boss.id}
        _added(Asking(need=place.need, line=[line], **asking))


def _add_planning(here: Furnished) -> None:
    centre, boss, course = here.centre, here.people["responsible"], here.activities["course"]
    term = Term(centre_id=centre.id, name=X, first_day=NOW, last_day=NOW + 9 * WEEK)
    outline = {"kind": "course", "texts": {}, "slots": [], "needs": []}
    _added(
        term,
        Template(centre=centre, name=X, outline=outline, made_at=NOW),
        CalendarEntry(
            centre=centre,
            kind=DayKind.NOTE,
            name=X,
            first_day=NOW,
            last_day=NOW,
            batch=X,
            made_at=NOW,
        ),
        PartnerCalendar(centre=centre, name=X, made_by_id=boss.id, changed_at=NOW),
        Confidant(activity_id=here.activities["support"].id, person_id=here.people["colleague"].id),
    )
    partner = db.session.query(PartnerCalendar).filter_by(centre_id=centre.id).one()
    for name in ("feast", "draft"):
        meeting = here.meetings[name][0]
        times = {"starts_at": meeting.starts_at, "ends_at": meeting.ends_at}
        words = {"uid": X, "which": X, "batch": X, "title": X, "place": X}
        _added(PartnerEvent(calendar=partner, meeting=meeting, **words, **times))
    for name in ("course", "group"):
        activity, meeting = here.activities[name], here.meetings[name][0]
        edit = Edit(activity=activity, scope=Reach.THIS, by_id=boss.id, at=NOW)
        change = {"sequence": 1, "kind": ChangeKind.MOVED, "by_id": boss.id, "at": NOW}
        facts = facts_of(meeting)
        _added(MeetingChange(meeting=meeting, edit=edit, before=facts, after=facts, **change))
    days = {"first_day": NOW, "last_day": NOW + WEEK, "made_at": NOW, "weights": {}}
    rota = Rota(by_id=boss.id, centre_id=centre.id, holder=X, **days)
    _added(rota)
    need = db.session.query(Assignment).filter_by(person_id=here.people["mediator"].id).first()
    assert need is not None
    about = {"rota_id": rota.id, "need_id": need.need_id, "person_id": need.person_id}
    _added(Wish(**about, wanted=True), Deed(**about, by_id=boss.id, at=NOW, act=Act.PUT, why={}))
    _added(
        StartOverride(activity_id=course.id, number=1, minimum=5, reason=X, at=NOW, by_id=boss.id)
    )


def _add_papers(here: Furnished) -> None:
    centre, boss = here.centre, here.people["responsible"]
    helper = here.people["mediator"]
    make.check(
        helper, kind=CheckKind.NOT_POSSIBLE, valid_until=MONDAY + 9 * WEEK, reason=X, measure=X
    )
    change = {"centre_id": centre.id, "role": Role.MEDIATOR, "stage": Stage.ACTIVE, "at": NOW}
    _added(StageChange(person_id=helper.id, by_id=boss.id, note=X, **change))
    paper = make.certificate(helper, centre)
    paper.withdrawn_at, paper.withdrawn_why = NOW, X
    make.certificate(here.people["volunteer"], centre, withdrawn_at=NOW, withdrawn_why=X)
    own = make.certificate(here.people["learner"], centre)
    _added(CoursePaper(certificate=own, activity=here.activities["course"]))
    make.certificate_request(helper, centre)
    window = {"starts_at": MONDAY + 3 * WEEK, "ends_at": MONDAY + 4 * WEEK, "answer": Answer.NO}
    _added(DatedWindow(person_id=helper.id, batch=X, **window))


def _add_presence(here: Furnished) -> None:
    boss, learner = here.people["responsible"], here.people["learner"]
    for place in db.session.query(Assignment).filter_by(state=State.CONFIRMED).all():
        meeting = place.need.meeting
        if meeting.activity.centre is here.centre and meeting.starts_at < NOW:
            made = make.presence(place)
            after = {"starts_at": None, "ends_at": None}
            _added(PresenceChange(presence=made, by_id=boss.id, at=NOW, after=after))
    for name in ("course", "group"):
        for person in (learner, here.people["sister"]):
            said = {"mark": Mark.PRESENT, "said_at": NOW}
            row = Attendance(
                meeting=here.meetings[name][1], person=person, key=X, said_by_id=boss.id, **said
            )
            _added(row)
            _added(AttendanceTap(key=X, attendance=row, received_at=NOW, by_id=boss.id, **said))
    course = here.activities["course"]
    level = {"placed": "A1", "level": "A2", "reason": X, "at": NOW, "by_id": boss.id}
    _added(
        Placement(person=learner, level="A1", at=NOW, by_id=boss.id),
        LevelOverride(activity_id=course.id, person=learner, **level),
    )


def _add_messages(here: Furnished) -> None:
    """One that left, one that waits, and two that nobody could deliver."""
    learner, boss = here.people["learner"], here.people["responsible"]
    for name, state in (
        ("course", Sent.SENT),
        ("course", Sent.FAILED),
        ("group", Sent.SENT),
        ("group", Sent.FAILED),
    ):
        meeting = here.meetings[name][0]
        notice = Notice(
            person=learner,
            responsible=boss,
            kind=Letter.REMINDER,
            key=f"{meeting.id}:{state}",
            about={"meeting": meeting.id, "sequence": meeting.sequence, "lead": "day"},
            confidential=meeting.is_secret,
            letter=X,
            claim=X,
            posted_at=BEFORE,
            due_at=BEFORE,
            next_try_at=BEFORE,
            state=state,
            sent_at=BEFORE if state is Sent.SENT else None,
            failed_at=BEFORE if state is Sent.FAILED else None,
        )
        tried = {"started_at": BEFORE, "ended_at": BEFORE, "outcome": Outcome.ADDRESS_REFUSED}
        _added(notice)
        _added(Attempt(notice_id=notice.id, channel=Channel.EMAIL, worker=X, **tried))
    _added(
        StoppedAddress(person=learner, address=X, why=Stop.REFUSED, since=BEFORE),
        PushSubscription(
            person_id=learner.id, endpoint=X, p256dh=X, auth=X, server_key=X, label=X, made_at=NOW
        ),
        Unsent(token_hash=_hash("unsent"), person_id=learner.id, sealed=X, lapses_at=NOW + HOUR),
        Knock(
            contact=X,
            language="ro",
            name=X,
            role=Role.VOLUNTEER,
            centre_id=here.centre.id,
            made_at=NOW,
            lapses_at=NOW + HOUR,
            **{name: _hash(name) for name in ("browser_hash", "code_hash", "token_hash")},
        ),
    )
    for name in ("course", "group"):
        meeting = here.meetings[name][0]
        times = {"starts_at": meeting.starts_at, "ends_at": meeting.ends_at, "made_at": NOW}
        _added(
            Invite(
                person_id=learner.id,
                meeting=meeting,
                ref=meeting.ref,
                sequence=0,
                zone="Europe/Bucharest",
                **times,
            )
        )


def _add_doors(here: Furnished) -> None:
    """Secret calendars of everybody, a card, a link for a password."""
    boss, who = here.people["responsible"], here.people
    for name in ("learner", "mediator", "teacher", "volunteer", *PARENTS):
        options: dict[str, Any] = {"with_offers": True, "with_open": True}
        _feed, here.tokens[name] = make_link(who[name], label=X, language="ro", now=NOW, **options)
    for name in ("responsible", "colleague"):
        _feed, here.tokens[name] = make_link(
            who[name],
            label=X,
            language="ro",
            now=NOW,
            scope=Scope.CENTRE,
            centre_id=here.centre.id,
        )
    here.tokens["card"] = make_card(who["by card"], label=X, by=boss, now=NOW)
    link = {"person_id": who["learner"].id, "lapses_at": NOW + HOUR}
    _added(PasswordLink(token_hash=_hash("password"), **link))


def _add_wishes(here: Furnished) -> None:
    gap = {"centre_id": here.centre.id, "level": "", "language": "ar", "part": PartOfDay.EVENING}
    said = {"said_at": BEFORE, "lapses_at": MONDAY + 9 * WEEK, "note": X, "noted_at": BEFORE}
    for name, matter in (("learner", Matter.WORK), ("sister", Matter.WOMEN)):
        _added(Voice(person=here.people[name], matter=matter, **gap, **said))
    about = {"matter": Matter.WORK, "level": "", "language": "ar", "part": PartOfDay.EVENING}
    _added(Reply(activity_id=here.activities["course"].id, made_at=NOW, **about))
