"""One course with a teacher and its members, at the time of its first session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.people.models import Person
from app.people.terms import Role
from app.programme.models import Meeting
from app.staffing.models import State
from tests import make
from tests.make import MONDAY

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class House:
    """A course of four sessions in four weeks; three members."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre, name="Mihai Dumitru")
        self.course = make.activity(
            "Café", centre=self.centre, coordinator=self.boss, hour_minutes=45
        )
        self.meetings = [self.meeting(n) for n in range(4)]
        self.first = self.meetings[0]
        self.teacher = make.person([Role.TEACHER], self.centre, name="Elena Toma")
        make.assignment(
            need=make.need(meeting=self.first, role=Role.TEACHER),
            person=self.teacher,
            state=State.CONFIRMED,
        )
        self.layla, self.omar, self.mina = (
            self.member(name) for name in ("Layla Haddad", "Omar Ali", "Mina Rahimi")
        )
        db.session.commit()

    def meeting(self, week: int) -> Meeting:
        return make.meeting(activity=self.course, starts_at=MONDAY + week * 7 * DAY)

    def member(self, name: str) -> Person:
        someone = make.participant(self.centre, name=name)
        make.enrolment(self.course, someone)
        for meeting in self.meetings:
            make.book_learner(someone, meeting)
        return someone


@pytest.fixture
def house(app: Flask) -> House:
    return House()
