"""A week with two sessions and two mediators, and a rota for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.extensions import db
from app.people.models import Person
from app.people.terms import Level
from app.rota.frame import unpacked_plan
from app.rota.models import Rota
from app.rota.operations import begin_rota
from app.rota.search import search_next
from app.staffing.models import Need
from tests import make
from tests.make import BEFORE, MONDAY

SUNDAY = MONDAY.date() + timedelta(days=6)


class House:
    """One centre; *morning* asks for Arabic, *evening* for Dari; Amina speaks both, Basir Dari."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.coordinator = make.coordinator(self.centre)
        self.amina = make.mediator(self.centre, {"ar": Level.NATIVE, "prs": Level.C1}, name="Amina")
        self.basir = make.mediator(self.centre, {"prs": Level.NATIVE}, name="Basir")
        self.morning = self.need("ar", MONDAY)
        self.evening = self.need("prs", MONDAY)
        db.session.flush()

    def need(self, language: str | None, starts_at: datetime, **given: Any) -> Need:
        """A need at a session of its own, two hours long."""
        activity = make.activity(centre=self.centre, coordinator=self.coordinator)
        meeting = make.meeting(
            activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)
        )
        return make.need(meeting=meeting, language=language, **given)

    def rota(self, **given: Any) -> Rota:
        """A rota of the week, searched to the end."""
        rota = self.asked(**given)
        assert search_next(clock=lambda: BEFORE)
        db.session.expire_all()
        return rota

    def asked(self, **given: Any) -> Rota:
        """A rota of the week that waits."""
        whole = {
            "centre": self.centre,
            "first_day": MONDAY.date(),
            "last_day": SUNDAY,
            "now": BEFORE,
        }
        rota = begin_rota(self.coordinator, **{**whole, **given})
        db.session.commit()
        return rota


def planned(rota: Rota) -> set[tuple[str, Person]]:
    """(language of the need, person) of every proposal."""
    return {
        (need.language or "", db.session.get_one(Person, who))
        for need_id, who, _leg in unpacked_plan(rota.plan)
        if (need := db.session.get_one(Need, need_id))
    }
