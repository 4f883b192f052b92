"""A country's worth of meetings and people, for measurements: written in bulk, rules kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert

from app.database import Base
from app.extensions import db
from app.folding import fold
from app.people.models import Centre, Membership, Person, SpokenLanguage
from app.people.papers import Contract, ContractKind
from app.people.terms import HELPERS as PEOPLE_WHO_HELP
from app.people.terms import Gender, Level, Role, Stage
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, ActivityText, Booking, Meeting, Part, Status
from app.programme.places import Room
from app.programme.recurrence import instant
from app.signups.models import Enrolment
from app.staffing.models import Assignment, Need, State

CENTRES, ROOMS, WEEKS, LEARNERS, HELPERS = 42, 6, 26, 15, 60
HOURS = ((9, 11), (11, 13), (14, 16), (17, 19))
KINDS = (Kind.COURSE, Kind.COURSE, Kind.ORIENTATION, Kind.WOMENS_GROUP, Kind.CULTURAL)
LANGUAGES = ("ar", "uk", "prs", "ne", "tr", "bn", "si", "so", "fr", "ti")
FROM = 1_000_000  # ids above the three centres'


def fill_national(today: date, *, now: datetime) -> None:
    """42 centres: each room holds a series on one pair of days and hours, so nothing clashes."""
    made = _Rows(today, now)
    for number in range(CENTRES):
        made.add_centre(number)
    for model, rows in made.rows.items():
        table = model.__table__
        assert isinstance(table, Table)
        for start in range(0, len(rows), 5000):
            db.session.execute(insert(table), rows[start : start + 5000])


class _Rows:
    """Every row to be written, by model, in an order that keeps foreign keys."""

    def __init__(self, today: date, now: datetime) -> None:
        self.monday = today - timedelta(days=today.weekday())
        self.now = now
        self.zone = ZoneInfo("Europe/Bucharest")
        self.chance = Random(20261122)
        self.ids = dict.fromkeys(_ORDER, FROM)
        self.rows: dict[type[Base], list[dict[str, Any]]] = {model: [] for model in _ORDER}

    def add_centre(self, number: int) -> None:
        name = f"Centrul {number + 1}"
        centre = self._add(
            Centre,
            code=f"centru-{number + 1}",
            name=name,
            address=f"Str. Punții {number + 1}",
            zone="Europe/Bucharest",
            changed_at=self.now,
        )
        coordinator = self._person(f"Coordonator {number + 1}", centre, Role.COORDINATOR, "ro")
        helpers = [self._helper(number, n, centre) for n in range(HELPERS)]
        for position in range(ROOMS):
            room = self._add(
                Room,
                centre_id=centre,
                name=f"Sala {position + 1}",
                capacity=20,
                changed_at=self.now,
            )
            for slot, hours in enumerate(HOURS):
                days = ((0, 2), (1, 3))[(position + slot) % 2]
                helper = helpers[(position * len(HOURS) + slot) * 2]
                self._series(number, centre, coordinator, room, days, hours, helper)

    def _helper(self, number: int, n: int, centre: int) -> tuple[int, str]:
        language = LANGUAGES[(number + n) % len(LANGUAGES)]
        role = Role.MEDIATOR if n % 2 == 0 else Role.VOLUNTEER
        person = self._person(f"Ajutor {number + 1}.{n}", centre, role, language)
        return person, language

    def _person(self, name: str, centre: int, role: Role, language: str) -> int:
        person = self._add(
            Person,
            name=name,
            email=f"p{self.ids[Person]}@national.punte.example",
            language="ro",
            zone="Europe/Bucharest",
            home_centre_id=centre,
            is_active=True,
            created_at=self.now,
            gender=Gender.WOMAN,
        )
        self._add(Membership, person_id=person, centre_id=centre, role=role, stage=Stage.ACTIVE)
        if role in PEOPLE_WHO_HELP:
            self._contract(person, centre)
        self._put(
            SpokenLanguage, person_id=person, language=language, speaks=Level.C1, reads=Level.B2
        )
        return person

    def _contract(self, person: int, centre: int) -> None:
        signed = self.now.date() - timedelta(days=200)
        self._add(
            Contract,
            person_id=person,
            centre_id=centre,
            kind=ContractKind.VOLUNTEER,
            number=f"{centre}-{person}",
            signed_on=signed,
            valid_from=signed,
            role_sheet_on=signed,
            safety_sheet_on=signed,
            made_at=self.now,
        )

    def _series(
        self,
        number: int,
        centre: int,
        coordinator: int,
        room: int,
        days: tuple[int, int],
        hours: tuple[int, int],
        helper: tuple[int, str],
    ) -> None:
        kind = KINDS[(number + room + hours[0]) % len(KINDS)]
        person, language = helper
        activity = self._activity(kind, centre, coordinator, language)
        learners = [
            self._person(f"Participant {self.ids[Person]}", centre, Role.PARTICIPANT, language)
            for _n in range(LEARNERS)
        ]
        for learner in learners:
            self._add(Enrolment, activity_id=activity, person_id=learner, joined_at=self.now)
        for starts_at, ends_at in self._times(days, hours):
            self._meeting(
                activity, kind.policy.privacy, room, starts_at, ends_at, person, language, learners
            )

    def _activity(self, kind: Kind, centre: int, coordinator: int, language: str) -> int:
        policy = kind.policy
        activity = self._add(
            Activity,
            centre_id=centre,
            coordinator_id=coordinator,
            kind=kind,
            privacy=policy.privacy,
            language="ro",
            support_language=language,
            capacity=LEARNERS,
            women_only=policy.women_only,
            approval=policy.approval,
            published_at=self.now,
            changed_at=self.now,
        )
        title = f"{kind.value} {activity}"
        self._put(
            ActivityText,
            activity_id=activity,
            language="ro",
            title=title,
            folded=fold(title),
            description="",
            changed_at=self.now,
        )
        return activity

    def _times(
        self, days: tuple[int, int], hours: tuple[int, int]
    ) -> Iterator[tuple[datetime, datetime]]:
        for week in range(WEEKS):
            for day in days:
                when = self.monday + timedelta(days=7 * week + day)
                yield (
                    instant(when, time(hours[0]), self.zone).astimezone(UTC),
                    instant(when, time(hours[1]), self.zone).astimezone(UTC),
                )

    def _meeting(
        self,
        activity: int,
        privacy: Privacy,
        room: int,
        starts_at: datetime,
        ends_at: datetime,
        helper: int,
        language: str,
        learners: list[int],
    ) -> None:
        times = {"starts_at": starts_at, "ends_at": ends_at}
        meeting = self._add(
            Meeting,
            activity_id=activity,
            room_id=room,
            privacy=privacy,
            status=Status.PLANNED,
            sequence=0,
            created_at=self.now,
            changed_at=self.now,
            **times,
        )
        need = self._add(
            Need,
            meeting_id=meeting,
            role=Role.MEDIATOR,
            language=language,
            level=Level.B2,
            wanted=1,
            women_only=False,
            check_required=False,
        )
        expected = [(learner, Part.LEARNER) for learner in learners]
        if self.chance.random() < 0.8:
            self._add(
                Assignment,
                need_id=need,
                person_id=helper,
                state=State.CONFIRMED,
                made_at=self.now,
                changed_at=self.now,
            )
            expected.append((helper, Part.HELPER))
        for person, part in expected:
            self._add(Booking, person_id=person, meeting_id=meeting, part=part, held=True, **times)

    def _add(self, model: type[Base], **values: Any) -> int:
        self.ids[model] += 1
        if hasattr(model, "ref"):
            values["ref"] = f"national-{self.chance.getrandbits(96):024x}"
        self._put(model, id=self.ids[model], **values)
        return self.ids[model]

    def _put(self, model: type[Base], **values: Any) -> None:
        self.rows[model].append(values)


_ORDER: tuple[type[Base], ...] = (
    Centre,
    Person,
    Membership,
    Contract,
    SpokenLanguage,
    Room,
    Activity,
    ActivityText,
    Enrolment,
    Meeting,
    Need,
    Assignment,
    Booking,
)
