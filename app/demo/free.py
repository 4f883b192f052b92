"""When some people of the demonstration are free, what they interpret, who would like to help."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from app.people.models import Centre, Membership, Person
from app.people.profile import say_age, say_interests
from app.people.terms import Interest, Level, Role, Stage
from app.staffing.availability import Answer, Weekly
from app.staffing.when_free import say, set_week, whole_days

INTERPRETERS = ("Amina Haddad", "Yusuf Karim", "Farid Ahmadi", "Oksana Shevchenko")
EVENINGS = [Weekly(day, time(17), time(22), Answer.YES) for day in range(5)]
WEEKENDS = [Weekly(day, time(8), time(17), Answer.IF_NEED_BE) for day in (5, 6)]


def say_who_is_free(
    people: Mapping[str, Person], centres: Mapping[str, Centre], today: date, *, now: datetime
) -> None:
    """Two with a usual week, one away in two months, mediators who interpret, an application."""
    for name in INTERPRETERS:
        for row in people[name].languages:
            row.interprets = Level.C1 if row.speaks and row.speaks.rank > 4 else row.interprets
    rehana, katalin = people["Rehana Begum"], people["Katalin Szabó"]
    set_week(rehana, [*EVENINGS, *WEEKENDS])
    rehana.hours_a_week = 6
    say_age(rehana, None, today=today)
    say_interests(rehana, {Interest.TALKING, Interest.CHILDREN})
    starts_at, ends_at = whole_days(
        today + timedelta(days=60), today + timedelta(days=70), katalin.tz
    )
    say(katalin, starts_at, ends_at, Answer.NO, now=now)
    people["Mina Hosseini"].memberships.append(
        Membership(centre=centres["bucuresti"], role=Role.VOLUNTEER, stage=Stage.APPLIED, since=now)
    )
