"""Who is in the demonstration. Nobody of this name is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.extensions import db
from app.invitations.codes import apply
from app.people.models import Centre, Person
from app.people.operations import add_person
from app.people.papers import CheckKind, Contract, ContractKind, IntegrityCheck
from app.people.passwords import hash_password
from app.people.terms import HELPERS, Gender, Level, Role

PASSWORD = "punte-demo"
MAIL = "demo.punte.example"

SHOWN = {
    "administrator": f"ana@{MAIL}",
    "coordinator (București)": f"mihai@{MAIL}",
    "coordinator (Brașov)": f"ilinca@{MAIL}",
    "mediator (Arabic)": f"amina@{MAIL}",
    "volunteer": f"andrei@{MAIL}",
    "participant (Arabic)": f"layla@{MAIL}",
}

W, M = Gender.WOMAN, Gender.MAN
ADMIN, COORD = Role.ADMINISTRATOR, Role.COORDINATOR
VOL, MED, PART = Role.VOLUNTEER, Role.MEDIATOR, Role.PARTICIPANT
TEACH = Role.TEACHER


@dataclass(frozen=True)
class Someone:
    """One person: name, mail box, centres, roles, languages as ``"ar native, ro B2"``."""

    name: str
    box: str | None
    centres: str
    roles: tuple[Role, ...]
    speaks: str
    gender: Gender | None = None
    language: str = "ro"
    checked: bool = False
    phone: str | None = None
    spoken: Mapping[str, Level] = field(init=False)

    def __post_init__(self) -> None:
        pairs = (entry.split() for entry in self.speaks.split(", "))
        object.__setattr__(self, "spoken", {tag: Level(level) for tag, level in pairs})


B, V, C = "bucuresti", "brasov", "craiova"

PEOPLE = (
    Someone("Ana Ionescu", "ana", f"{B} {V} {C}", (ADMIN,), "ro native, en C1", W),
    Someone("Mihai Dumitru", "mihai", B, (COORD,), "ro native, en B2, fr B1", M),
    Someone("Simona Radu", "simona", B, (COORD,), "ro native, en C1", W),
    Someone("Ilinca Pop", "ilinca", V, (COORD,), "ro native, en B2, ru A2", W),
    Someone("Dragoș Stan", "dragos", C, (COORD,), "ro native, en B2", M),
    # Intercultural mediators
    Someone("Amina Haddad", "amina", B, (MED,), "apc native, ro C1, en B2", W, "ar", True),
    Someone("Yusuf Karim", "yusuf", f"{B} {C}", (MED,), "acm native, ro B2, ckb B1", M, "ar", True),
    Someone("Oksana Shevchenko", "oksana", V, (MED,), "uk native, ru native, ro B2", W, "ro", True),
    Someone("Farid Ahmadi", "farid", B, (MED,), "prs native, ps B2, ro B2, en B1", M, "en", True),
    Someone("Zahra Rahimi", "zahra", f"{B} {V}", (MED,), "prs native, fa native, ro B1", W, "en"),
    Someone("Hodan Warsame", "hodan", C, (MED,), "so native, ar B2, ro B1, en B2", W, "en", True),
    Someone("Sunita Gurung", "sunita", B, (MED,), "ne native, hi C1, en B2, ro A2", W, "en", True),
    Someone("Leyla Demir", "leyla", V, (MED,), "tr native, kmr C1, ro B2", W, "ro", True),
    Someone("Fatou Diallo", "fatou", C, (MED,), "fr C2, ro B1", W, "en"),
    Someone("Nimal Perera", "nimal", C, (MED,), "si native, ta B2, en B2, ro A2", M, "en", True),
    Someone("Rehana Begum", "rehana", B, (MED,), "bn native, ur B2, hi B1, en B1, ro A2", W, "en"),
    # Volunteers
    Someone(
        "Andrei Munteanu", "andrei", B, (TEACH, VOL), "ro native, en C1, fr B2", M, checked=True
    ),
    Someone("Ioana Matei", "ioana", B, (TEACH, VOL), "ro native, en B2", W, checked=True),
    Someone("Radu Georgescu", "radu", B, (TEACH, VOL), "ro native, en C1, es B2", M),
    Someone("Elena Vasile", "elena", B, (TEACH, VOL), "ro native, ru B1", W, checked=True),
    Someone("Nour Saleh", "nour", B, (VOL, PART), "ar native, en B2, ro B1", W, "ar", True),
    Someone("Vlad Neagu", "vlad", V, (TEACH, VOL), "ro native, en C1", M, checked=True),
    Someone("Katalin Szabó", "katalin", V, (TEACH, VOL), "ro native, en B2", W, checked=True),
    Someone("Sorina Albu", "sorina", V, (TEACH, VOL), "ro native, uk B1", W),
    Someone("Bogdan Ilie", "bogdan", C, (TEACH, VOL), "ro native, en B2, fr C1", M, checked=True),
    Someone("Maria Tudor", "maria", C, (TEACH, VOL), "ro native, en B1", W, checked=True),
    # Participants
    Someone("Layla Nasser", "layla", B, (PART,), "apc native, ro A1", W, "ar"),
    Someone("Omar Nasser", "omar", B, (PART,), "apc native, en A2", M, "ar"),
    Someone("Samira Aziz", "samira", B, (PART,), "acm native", W, "ar"),
    Someone("Parwin Noori", "parwin", B, (PART,), "prs native", W, "en"),
    Someone("Bikash Thapa", "bikash", B, (PART,), "ne native, en B1", M, "en"),
    Someone("Mina Hosseini", "mina", B, (PART,), "fa native, en B2", W, "en"),
    Someone("Tesfay Gebre", None, B, (PART,), "ti native, ar A2", M, "ar", phone="+40 700 000 101"),
    Someone("Olena Kovalenko", "olena", V, (PART,), "uk native, ru native", W, "ro"),
    Someone("Serhii Bondar", "serhii", V, (PART,), "uk native, en A2", M, "en"),
    Someone("Derya Yılmaz", "derya", V, (PART,), "tr native, en B1", W, "en"),
    Someone("Rozan Ali", None, V, (PART,), "kmr native, tr B1", W, "en", phone="+40 700 000 102"),
    Someone("Abdi Hassan", "abdi", C, (PART,), "so native, ar B1", M, "ar"),
    Someone("Huda Osman", "huda", C, (PART,), "apd native", W, "ar"),
    Someone("Kasun Fernando", "kasun", C, (PART,), "si native, en B1", M, "en"),
    Someone("Marie Kamga", "marie", C, (PART,), "fr native, en B1", W, "en"),
)


def add_people(centres: Mapping[str, Centre], today: date, *, now: datetime) -> dict[str, Person]:
    """Everyone above, by name. They share one password, which is published."""
    kept = hash_password(PASSWORD)
    people = {one.name: _add(one, centres, today, kept, now) for one in PEOPLE}
    _add_applicant(centres[B], now)
    return people


def _add_applicant(centre: Centre, now: datetime) -> None:
    """Somebody who signed up by a telephone this morning; nobody has answered yet."""
    hakan = Person(
        name="Hakan",
        phone="+40 700 000 103",
        sign_in_phone="+40700000103",
        confirmed_at=now,
        language="en",
        home_centre=centre,
        created_at=now,
    )
    db.session.add(hakan)
    db.session.flush()
    apply(hakan, Role.VOLUNTEER, centre, now=now)


def _add(
    one: Someone, centres: Mapping[str, Centre], today: date, kept: str, now: datetime
) -> Person:
    person = add_person(
        one.name,
        roles={centres[code]: frozenset(one.roles) for code in one.centres.split()},
        spoken={tag: (level, level) for tag, level in one.spoken.items()},
        language=one.language,
        now=now,
        email=f"{one.box}@{MAIL}" if one.box else None,
        phone=one.phone,
        gender=one.gender,
    )
    if one.checked:
        person.checks.append(
            IntegrityCheck(
                kind=CheckKind.INTEGRITY,
                issued_on=today - timedelta(days=30),
                valid_until=today + timedelta(days=150),
                seen_on=today - timedelta(days=28),
            )
        )
    for code in one.centres.split() if set(one.roles) & set(HELPERS) else ():
        person.contracts.append(_contract(one, centres[code], today, now))
    person.is_adult = True if set(one.roles) & set(HELPERS) else None
    person.password_hash = kept if one.box else None
    db.session.flush()
    return person


def _contract(one: Someone, centre: Centre, today: date, now: datetime) -> Contract:
    """A volunteer contract of last spring, with both sheets."""
    signed = today - timedelta(days=200)
    return Contract(
        centre_id=centre.id,
        kind=ContractKind.VOLUNTEER,
        number=f"{centre.code[:2].upper()}-{PEOPLE.index(one) + 1:03}/{signed.year}",
        signed_on=signed,
        valid_from=signed,
        valid_until=today + timedelta(days=530),
        role_sheet_on=signed,
        safety_sheet_on=signed,
        made_at=now,
    )
