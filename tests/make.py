"""Make one valid thing; a test says only what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from app.certificates.content import Attended, Heading, canonical, content_of, digest, new_code
from app.certificates.models import Certificate, CertificateRequest
from app.database import new_ref
from app.extensions import db
from app.folding import fold
from app.listening.gaps import Gap, Matter, PartOfDay
from app.listening.models import Voice
from app.people.guardians import GuardianKind, Guardianship
from app.people.models import Centre, Membership, Person, SpokenLanguage
from app.people.papers import CheckKind, Contract, ContractKind, IntegrityCheck
from app.people.terms import HELPERS, Level, Role, Stage
from app.presence.models import Presence
from app.programme.bookings import book
from app.programme.kinds import Kind
from app.programme.models import Activity, ActivityText, Meeting, Part
from app.programme.places import Room
from app.programme.queries import coming_meetings
from app.signups.models import Enrolment
from app.staffing.models import Assignment, Need, State

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
"""Monday 1 March 2027, 11:00 in București."""
BEFORE = MONDAY - timedelta(days=10)
LONG_AGO = MONDAY - timedelta(days=60)
SIGNED = date(2020, 1, 1)
"""Before any day of a test, that of its clock too."""
serial = count(1)
T = TypeVar("T")


def build(model: Callable[..., T], given: dict[str, Any], **defaults: Callable[[], Any]) -> T:
    thing = begun(model, given, **defaults)
    db.session.flush()
    return thing


def begun(model: Callable[..., T], given: dict[str, Any], **defaults: Callable[[], Any]) -> T:
    """One that is written as soon as it has all that belongs to it: each writing takes time."""
    fresh = {name: make() for name, make in defaults.items() if name not in given}
    thing = model(**fresh, **given)
    db.session.add(thing)
    return thing


def centre(**given: Any) -> Centre:
    n = next(serial)
    return build(
        Centre,
        given,
        code=lambda: f"centre-{n}",
        name=lambda: f"Centre {n}",
        address=lambda: f"Str. Punții {n}",
        changed_at=lambda: LONG_AGO,
    )


def room(**given: Any) -> Room:
    n = next(serial)
    return build(
        Room,
        given,
        centre=centre,
        name=lambda: f"Room {n}",
        capacity=lambda: 20,
        changed_at=lambda: LONG_AGO,
    )


def person(
    roles: Iterable[Role] = (),
    at: Centre | None = None,
    speaks: dict[str, Level] | None = None,
    **given: Any,
) -> Person:
    """Somebody with *roles* in the centre *at*, speaking *speaks*; helpers have a contract there.
    *check_valid_until*: the last day of a check that was seen."""
    n = next(serial)
    checked: date | None = given.pop("check_valid_until", None)
    someone = begun(
        Person,
        given,
        name=lambda: f"Person {n}",
        email=lambda: f"p{n}@example.org",
        language=lambda: "en",
        created_at=lambda: LONG_AGO,
    )
    for role in roles:
        someone.memberships.append(Membership(centre=at, role=role))
    if at is not None and set(roles) & set(HELPERS):
        someone.contracts.append(_signed(at))
    for tag, level in (speaks or {}).items():
        someone.languages.append(SpokenLanguage(language=tag, speaks=level, reads=level))
    if checked is not None:
        someone.checks.append(_seen(valid_until=checked))
    db.session.flush()
    return someone


def contract(person: Person, centre: Centre, **given: Any) -> Contract:
    """A complete volunteer contract, signed long ago, without an end."""
    made = _signed(centre, **given)
    person.contracts.append(made)
    db.session.flush()
    return made


def _signed(centre: Centre, **given: Any) -> Contract:
    return Contract(
        **{
            "centre_id": centre.id,
            "kind": ContractKind.VOLUNTEER,
            "number": str(next(serial)),
            "signed_on": SIGNED,
            "valid_from": SIGNED,
            "role_sheet_on": SIGNED,
            "safety_sheet_on": SIGNED,
            "made_at": LONG_AGO,
            **given,
        }
    )


def contract_for_years(person: Person, centre: Centre) -> Contract:
    """One under which they may help today, whatever day it is."""
    return contract(person, centre, signed_on=date(2020, 1, 1), valid_from=date(2020, 1, 1))


def check(person: Person, **given: Any) -> IntegrityCheck:
    made = _seen(**given)
    person.checks.append(made)
    db.session.flush()
    return made


def _seen(**given: Any) -> IntegrityCheck:
    return IntegrityCheck(**{"kind": CheckKind.INTEGRITY, "seen_on": LONG_AGO.date(), **given})


def coordinator(at: Centre, **given: Any) -> Person:
    return person([Role.COORDINATOR], at, **given)


def mediator(at: Centre, speaks: dict[str, Level] | None = None, **given: Any) -> Person:
    return person([Role.MEDIATOR], at, speaks or {"ar": Level.NATIVE}, **given)


def participant(at: Centre, **given: Any) -> Person:
    return person([Role.PARTICIPANT], at, **given)


def activity(title: str = "Language café", **given: Any) -> Activity:
    here = given.pop("centre", None) or centre()
    kind = given.get("kind", Kind.COURSE)
    made = begun(
        Activity,
        given,
        centre=lambda: here,
        kind=lambda: kind,
        privacy=lambda: kind.policy.privacy,
        women_only=lambda: kind.policy.women_only,
        coordinator=lambda: coordinator(here),
        published_at=lambda: LONG_AGO,
        changed_at=lambda: LONG_AGO,
    )
    made.texts.append(
        ActivityText(language="en", title=title, folded=fold(title), changed_at=LONG_AGO)
    )
    db.session.flush()
    return made


def womens_group(**given: Any) -> Activity:
    return activity("Quiet circle", kind=Kind.WOMENS_GROUP, **given)


def meeting(**given: Any) -> Meeting:
    """Two hours on `MONDAY` unless told otherwise."""
    starts_at = given.get("starts_at", MONDAY)
    whole = given.pop("activity", None) or activity()
    return build(
        Meeting,
        {"activity": whole, **given},
        privacy=lambda: whole.privacy,
        starts_at=lambda: starts_at,
        ends_at=lambda: starts_at + timedelta(hours=2),
        created_at=lambda: LONG_AGO,
        changed_at=lambda: LONG_AGO,
    )


def need(**given: Any) -> Need:
    return build(Need, given, meeting=meeting, role=lambda: Role.MEDIATOR)


def assignment(**given: Any) -> Assignment:
    """An offer, or what its state says; a confirmed person is expected."""
    wanted = given.pop("need", None) or need()
    someone = given.pop("person", None) or mediator(wanted.meeting.activity.centre)
    made = build(
        Assignment,
        {"need": wanted, "person": someone, **given},
        state=lambda: State.OFFERED,
        made_at=lambda: BEFORE,
        changed_at=lambda: BEFORE,
        lapses_at=lambda: MONDAY - timedelta(days=1),
    )
    if made.state is State.CONFIRMED:
        book(someone, wanted.meeting, Part.HELPER)
    return made


def enrolment(activity: Activity, person: Person) -> Enrolment:
    """A learner's place in *activity*, taken long ago."""
    made = Enrolment(activity=activity, person=person, joined_at=LONG_AGO)
    db.session.add(made)
    db.session.flush()
    return made


def book_learner(someone: Person, at: Meeting) -> None:
    """*someone* is expected to learn at *at*."""
    book(someone, at, Part.LEARNER)


def helps_too(someone: Person, at: Centre, role: Role = Role.MEDIATOR) -> None:
    """*someone* helps in *at* as well, under a contract."""
    someone.memberships.append(Membership(centre=at, role=role))
    contract(person=someone, centre=at)


def applicant(at: Centre, stage: Stage = Stage.APPLIED, **given: Any) -> Person:
    """Somebody who would like to be a volunteer in *at*."""
    someone = person(**given)
    someone.memberships.append(
        Membership(centre=at, role=Role.VOLUNTEER, stage=stage, since=LONG_AGO)
    )
    db.session.flush()
    return someone


def make_coordinator_too(someone: Person, at: Centre) -> None:
    """*someone* plans the programme of *at* as well."""
    someone.memberships.append(Membership(centre=at, role=Role.COORDINATOR))
    db.session.flush()


def presence(place: Assignment, **given: Any) -> Presence:
    """The holder of *place* was there for the whole meeting, as the coordinator says."""
    meeting = place.need.meeting
    return build(
        Presence,
        {"person": place.person, "meeting": meeting, "role": place.need.role, **given},
        starts_at=lambda: meeting.starts_at,
        ends_at=lambda: meeting.ends_at,
        said_by=lambda: meeting.activity.coordinator,
        said_at=lambda: meeting.ends_at,
    )


def certificate_request(person: Person, centre: Centre, **given: Any) -> CertificateRequest:
    return build(
        CertificateRequest,
        {"person": person, "centre": centre, **given},
        everything=lambda: True,
        asked_at=lambda: BEFORE,
    )


def certificate(person: Person, centre: Centre, **given: Any) -> Certificate:
    """Two hours of a Romanian course on `MONDAY`, issued the day after."""
    n, day = next(serial), MONDAY.date()
    heading = Heading(
        number=f"{centre.code.upper()}-{n:03d}/2027",
        code=new_code(),
        issued_on=day + timedelta(days=1),
        host=centre.name,
        address=centre.address,
        volunteer=person.name,
        contracts=[("1", LONG_AGO.date())],
        roles=["Voluntar"],
        first_day=day,
        last_day=day,
        responsibilities=["sprijin la curs"],
        competences=["comunicare"],
        coordinator="Mihai Dumitru",
        representative="Ioana Marin",
    )
    session = Attended(day, "11:00", "13:00", 120, "Curs de limba română", "course")
    content = canonical(content_of(heading, [session]))
    return build(
        Certificate,
        {"person": person, "centre": centre, **given},
        once=new_ref,
        code=lambda: heading.code,
        year=lambda: 2027,
        serial=lambda: n,
        issued_at=lambda: MONDAY + timedelta(days=1),
        first_day=lambda: day,
        last_day=lambda: day,
        minutes=lambda: 120,
        content=lambda: content,
        digest=lambda: digest(content),
    )


def gap(at: Centre, matter: Matter = Matter.ROMANIAN, **given: Any) -> Gap:
    """A Romanian course from the beginning with a Nepali mediator, in the evening."""
    level = "A1" if matter.has_level else ""
    facts = {"level": level, "language": "ne", "part": PartOfDay.EVENING, **given}
    return Gap(at.id, matter, **facts)


def voice(person: Person, wanted: Gap, **given: Any) -> Voice:
    """*person* says since ten days before `MONDAY` that *wanted* is missing."""
    columns = {
        "centre_id": wanted.centre,
        "matter": wanted.matter,
        "level": wanted.level,
        "language": wanted.language,
        "part": wanted.part,
    }
    return build(
        Voice,
        {"person": person, **columns, **given},
        said_at=lambda: BEFORE,
        lapses_at=lambda: BEFORE + timedelta(days=183),
    )


def child(*guardians: Person, name: str = "Amina", **given: Any) -> Person:
    """A child for whom *guardians* decide since long ago: without an address."""
    someone = person(name=name, **{"email": None, **given})
    for one in guardians:
        guardianship(someone, one)
    return someone


def guardianship(child: Person, guardian: Person, **given: Any) -> Guardianship:
    return build(
        Guardianship,
        {"child": child, "guardian": guardian, **given},
        kind=lambda: GuardianKind.PARENT,
        made_at=lambda: LONG_AGO,
    )


def childcare(host: Activity, **given: Any) -> Activity:
    """The childcare beside every session of *host*, as private as it."""
    care = activity(
        "Childcare",
        kind=Kind.CHILDCARE,
        centre=host.centre,
        privacy=host.privacy,
        coordinator=host.coordinator,
        beside=host,
        **given,
    )
    for one in coming_meetings(host, now=LONG_AGO):
        meeting(activity=care, starts_at=one.starts_at, ends_at=one.ends_at, beside=one)
    return care
