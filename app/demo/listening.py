"""What people ask for in the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.listening.gaps import Gap, Matter, PartOfDay
from app.listening.operations import say
from app.people.models import Centre, Person

B, V, C = "bucuresti", "brasov", "craiova"
MORNING, AFTERNOON, EVENING, WEEKEND = PartOfDay


@dataclass(frozen=True)
class Asks:
    """Who asks for what, where, and for how many people they know (0: for themselves)."""

    name: str
    centre: str
    matter: Matter
    language: str
    part: PartOfDay
    days: int
    level: str = ""
    people: int = 0
    childcare: bool = False
    note: str = ""


ASKED = (
    Asks("Leyla Demir", V, Matter.ROMANIAN, "ne", EVENING, 20, "A1", 6, childcare=True),
    Asks("Bikash Thapa", V, Matter.ROMANIAN, "ne", EVENING, 12, "A1"),
    Asks(
        "Ilinca Pop", V, Matter.ROMANIAN, "ne", EVENING, 3, "A1", 2, note="După ora 18, din tură."
    ),
    Asks("Derya Yılmaz", V, Matter.WORK, "tr", MORNING, 30),
    Asks("Leyla Demir", V, Matter.WORK, "tr", MORNING, 8, people=4),
    Asks("Rozan Ali", V, Matter.CHILDREN, "kmr", AFTERNOON, 5),
    Asks("Olena Kovalenko", V, Matter.ROMANIAN, "uk", EVENING, 9, "A2"),
    Asks("Layla Nasser", B, Matter.ROMANIAN, "ar", MORNING, 15, "A2", childcare=True),
    Asks("Amina Haddad", B, Matter.ROMANIAN, "ar", MORNING, 14, "A2", 7, childcare=True),
    Asks("Sunita Gurung", B, Matter.MONEY, "ne", WEEKEND, 10, people=9),
    Asks("Samira Aziz", B, Matter.WOMEN, "ar", MORNING, 4),
    Asks("Tesfay Gebre", B, Matter.LIFE, "ti", EVENING, 6),
    Asks("Kasun Fernando", C, Matter.ROMANIAN, "si", WEEKEND, 11, "A1"),
    Asks("Nimal Perera", C, Matter.ROMANIAN, "si", WEEKEND, 7, "A1", 12),
    Asks("Hodan Warsame", C, Matter.LIFE, "so", AFTERNOON, 2, people=3),
)


def ask(centres: Mapping[str, Centre], people: Mapping[str, Person], *, now: datetime) -> None:
    """Everything above, said some days ago."""
    for one in ASKED:
        say(
            people[one.name],
            Gap(centres[one.centre].id, one.matter, one.level, one.language, one.part),
            now=now - timedelta(days=one.days),
            for_others=one.people > 0,
            people=one.people or 1,
            childcare=one.childcare,
            note=one.note,
        )
