"""Who would like to help in the demonstration, and papers that ask for attention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from app.extensions import db
from app.people.models import Apart, Centre, Membership, Person, StageChange
from app.people.operations import add_person
from app.people.papers import CheckKind, IntegrityCheck
from app.people.terms import Level, Role, Stage

APPLICANTS = (
    ("Ruxandra Toma", "bucuresti", "ro native, en B2", Stage.APPLIED, 3),
    ("Karim Mansour", "bucuresti", "ar native, fr B2, ro B1", Stage.INTERVIEW, 9),
    ("Ilona Fekete", "brasov", "hu native, ro native", Stage.APPLIED, 1),
)
"""Name, centre, languages, how far they have come, and for how many days they wait."""


def add_applications(
    centres: Mapping[str, Centre], people: Mapping[str, Person], today: date, *, now: datetime
) -> None:
    """Three who wait for an answer, one contract that ends soon, one check that cannot be
    requested, and two people who never meet."""
    ana = people["Ana Ionescu"]
    for name, code, speaks, stage, days in APPLICANTS:
        _add_applicant(name, centres[code], speaks, stage, by=ana, at=now - timedelta(days=days))
    people["Elena Vasile"].contracts[0].valid_until = today + timedelta(days=20)
    people["Zahra Rahimi"].checks.append(
        IntegrityCheck(
            kind=CheckKind.NOT_POSSIBLE,
            valid_until=today + timedelta(days=120),
            seen_on=today - timedelta(days=60),
            seen_by_id=ana.id,
            approved_by_id=ana.id,
            reason="Niciun consulat nu o eliberează.",
            measure="Niciodată singură cu copii; referință de la o organizație parteneră.",
        )
    )
    first, second = sorted((people["Samira Aziz"], people["Yusuf Karim"]), key=lambda one: one.id)
    db.session.add(Apart(person_id=first.id, other_id=second.id, made_at=now, by_id=ana.id))
    db.session.flush()


def _add_applicant(
    name: str, centre: Centre, speaks: str, stage: Stage, *, by: Person, at: datetime
) -> None:
    pairs = (entry.split() for entry in speaks.split(", "))
    someone = add_person(
        name,
        roles={},
        spoken={tag: (Level(level), Level(level)) for tag, level in pairs},
        language="ro",
        now=at,
        phone="+40 700 000 103",
    )
    someone.is_adult, someone.home_centre = True, centre
    someone.memberships.append(
        Membership(centre=centre, role=Role.VOLUNTEER, stage=stage, since=at)
    )
    db.session.flush()
    if stage is not Stage.APPLIED:
        db.session.add(
            StageChange(
                person_id=someone.id,
                centre_id=centre.id,
                role=Role.VOLUNTEER,
                stage=stage,
                at=at,
                by=by,
            )
        )
