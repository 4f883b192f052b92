"""Towns, houses, courses, mediators and volunteers as a national network has them, by a seed.

Languages are as uneven as they are: many speak Ukrainian and Arabic, few Tigrinya or Sinhala.
Mediators work by day, volunteers give an evening or two a week; most never leave their town.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from app.people.languages import answering
from app.people.terms import Gender, Level, Role
from app.staffing.availability import Answer, Availability, Weekly
from app.staffing.eligibility import Candidate, Covered, Want, best_level
from app.staffing.matching.instance import (
    Helper,
    Instance,
    Ints,
    Meeting,
    Need,
    Pairs,
    Way,
    Weights,
)
from app.staffing.matching.pairing import Known, eligible_pairs

ZONE = ZoneInfo("Europe/Bucharest")
MONDAY = datetime(2027, 3, 1, tzinfo=ZONE).astimezone(UTC)
FIRST_DAY = date(2027, 3, 1)
WEEK = timedelta(days=7)
HALF_HOUR = 30
DAY = 24 * 60

ASKED = {
    "uk": 20, "ar": 18, "prs": 11, "ru": 8, "so": 7, "fr": 6, "en": 6, "ur": 5, "tr": 4, "ckb": 4,
    "ps": 4, "ti": 3, "bn": 3, "si": 2, "am": 2, "ne": 2, "vi": 1,
}  # fmt: skip
SPOKEN = {
    "uk": 26, "ar": 16, "prs": 8, "ru": 16, "so": 4, "fr": 12, "en": 25, "ur": 4, "tr": 5, "ckb": 3,
    "ps": 3, "ti": 1, "bn": 2, "si": 1, "am": 1, "ne": 1, "vi": 1, "apc": 7, "arz": 3,
}  # fmt: skip
LANGUAGES_ALONE = Weights(head=0, cover=1000, extra=-60)
"""Of mediators asked for without a language those are wanted who bring one, as few as can be."""
LEVELS = (Level.B1, Level.B2, Level.C1, Level.C2, Level.NATIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """When and how long people meet, what mediators speak, how many hours a week are given."""

    courses: float = 0.7
    """Part of the activities that are courses; the others meet once."""
    on_the_hour: float = 0.0
    """Part of them that begin at ten or at six, as everybody would like."""
    minutes: tuple[int, ...] = (120,)
    languages: tuple[int, int] = (3, 7)
    mediator_hours: tuple[int, ...] = (4, 6, 8)
    volunteer_hours: tuple[int, ...] = (2, 4)
    travelling: float = 0.5
    """Part of the mediators who work in other towns, too."""


HABITS = Habits()
CROWDED = Habits(
    courses=0.9,
    on_the_hour=0.7,
    minutes=(90, 120),
    languages=(2, 8),
    mediator_hours=(4, 5, 6),
    volunteer_hours=(2, 3),
    travelling=0.6,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large, and how many towns with how many houses."""

    needs: int
    people: int
    towns: int
    houses: int
    weeks: int
    habits: Habits = HABITS


CENTRE_WEEK = Size(needs=60, people=40, towns=1, houses=3, weeks=1)
NATIONAL_MONTH = Size(needs=1500, people=400, towns=4, houses=4, weeks=4)
CROWDED_MONTH = Size(needs=1500, people=400, towns=4, houses=4, weeks=4, habits=CROWDED)
NETWORK_MONTH = Size(needs=20_000, people=5_000, towns=12, houses=8, weeks=4)
SIZES = {
    "centre": CENTRE_WEEK,
    "national": NATIONAL_MONTH,
    "crowded": CROWDED_MONTH,
    "network": NETWORK_MONTH,
}


@dataclass(frozen=True)
class Made:
    """What the rules see (wants, candidates) and the plan's instance."""

    wants: tuple[Want, ...]
    candidates: tuple[Candidate, ...]
    instance: Instance


def made(size: Size, seed: int) -> Made:
    """The instance of this size and seed: always the same."""
    return _Maker(size, np.random.default_rng(seed)).made()


class _Maker:
    def __init__(self, size: Size, dice: np.random.Generator) -> None:
        self.size, self.habits, self.dice = size, size.habits, dice
        self.town_of = np.repeat(np.arange(size.towns), size.houses)
        self.share = 1.0 / (np.arange(size.towns) + 2.0)
        self.share /= self.share.sum()
        self.meetings: list[Meeting] = []
        self.needs: list[Need] = []
        self.wants: list[Want] = []
        self.series = 0

    def made(self) -> Made:
        while len(self.needs) < self.size.needs:
            self._activity()
        self.needs, self.wants = self.needs[: self.size.needs], self.wants[: self.size.needs]
        people = [self._person() for _ in range(self.size.people)]
        helpers, candidates, homes, roams = zip(*people, strict=True)
        pairs = self._pairs(candidates, np.array(homes), np.array(roams))
        instance = Instance(
            meetings=tuple(self.meetings),
            needs=tuple(self.needs),
            helpers=helpers,
            pairs=pairs,
            travel=self._travel(),
            confirmed=self._confirmed(pairs),
            weights=LANGUAGES_ALONE,
        )
        return Made(tuple(self.wants), candidates, instance)

    def _pairs(self, candidates: tuple[Candidate, ...], homes: Ints, roams: Ints) -> Pairs:
        places = [self.meetings[need.meeting].place for need in self.needs]
        known = [
            Known(helper, house, candidate)
            for helper, candidate in enumerate(candidates)
            for house in range(len(self.town_of))
            if roams[helper] or self.town_of[homes[helper]] == self.town_of[house]
        ]
        want, row = eligible_pairs(self.wants, places, known)
        helper = np.array([one.helper for one in known])[row]
        order = np.lexsort((helper, want))
        need, helper = want[order], helper[order]
        return Pairs(
            need, helper, self._merits(need, helper, candidates, homes), np.full(len(need), -1)
        )

    def _merits(
        self, need: Ints, helper: Ints, candidates: tuple[Candidate, ...], homes: Ints
    ) -> Ints:
        weights = LANGUAGES_ALONE
        meeting = np.array([one.meeting for one in self.needs])[need]
        place = np.array([one.place for one in self.meetings])[meeting]
        online = np.array([one.online for one in self.meetings])[meeting]
        home = homes[helper]
        way = np.where(self.town_of[home] == self.town_of[place], Way.OTHER_HOUSE, Way.OTHER_CITY)
        way = np.where(home == place, Way.OWN_HOUSE, way)
        way = np.where(online, Way.ONLINE, way)
        liked = self.dice.random((len(candidates), 20)) < 0.2
        merits = np.array(weights.way)[way]
        merits += weights.preferred * liked[helper, place % 20]
        merits += weights.level * np.minimum(3, self._above(need, helper, candidates))
        return np.asarray(merits)

    def _above(self, need: Ints, helper: Ints, candidates: tuple[Candidate, ...]) -> Ints:
        """Levels above the one asked for, 0 where none is."""
        asked = {
            (want.language, want.level.rank): number
            for number, want in enumerate(self.wants)
            if want.language is not None and want.level is not None
        }
        keys = list(asked)
        table = np.zeros((len(keys) + 1, len(candidates)), dtype=np.int64)
        for row, (language, rank) in enumerate(keys):
            for number, candidate in enumerate(candidates):
                level = best_level(language, candidate.speaks)
                table[row, number] = max(0, level.rank - rank) if level else 0
        place = {key: row for row, key in enumerate(keys)}
        row_of = np.array(
            [
                len(keys)
                if want.language is None or want.level is None
                else place[want.language, want.level.rank]
                for want in self.wants
            ]
        )
        return np.asarray(table[row_of[need], helper])

    def _confirmed(self, pairs: Pairs) -> frozenset[tuple[int, int]]:
        """A few who have said yes already, one for each such need."""
        first = np.flatnonzero(np.diff(pairs.need, prepend=-1))
        chosen = first[self.dice.random(len(first)) < 0.05]
        return frozenset(
            (int(n), int(h)) for n, h in zip(pairs.need[chosen], pairs.helper[chosen], strict=True)
        )

    def _travel(self) -> Ints:
        houses = len(self.town_of)
        spots = self.dice.uniform(0, 1, (self.size.towns, 2))
        far = np.sqrt(((spots[:, None] - spots[None, :]) ** 2).sum(axis=2))
        minutes = (60 + far * 240).astype(np.int64)[self.town_of][:, self.town_of]
        near = self.town_of[:, None] == self.town_of[None, :]
        minutes[near] = 30
        minutes[np.arange(houses), np.arange(houses)] = 0
        return np.asarray(minutes)

    # Meetings and needs

    def _activity(self) -> None:
        """A course with one or two meetings a week, or a single meeting."""
        dice = self.dice
        town = int(dice.choice(self.size.towns, p=self.share))
        house = town * self.size.houses + int(dice.integers(self.size.houses))
        online = bool(dice.random() < 0.08)
        evening = bool(dice.random() < 0.4)
        is_course = bool(dice.random() < self.habits.courses)
        asked = self._asked(evening)
        days = sorted(dice.choice(6 if evening else 5, int(dice.integers(1, 3)), replace=False))
        starts = self._starts(evening)
        minutes = self._one_of(self.habits.minutes) if is_course else 60
        weeks = range(self.size.weeks) if is_course else [int(dice.integers(self.size.weeks))]
        enrolled = self._enrolled()
        for week in weeks:
            for day in days if is_course else days[:1]:
                begin = (week * 7 + int(day)) * DAY + starts
                self.meetings.append(
                    Meeting(
                        starts=begin,
                        ends=begin + minutes,
                        place=house,
                        week=week,
                        series=self.series if is_course else None,
                        online=online,
                        enrolled=enrolled,
                    )
                )
                self._ask(asked, online)
        self.series += is_course

    def _starts(self, evening: bool) -> int:
        """Minutes from midnight."""
        if self.habits.on_the_hour and self.dice.random() < self.habits.on_the_hour:
            return 18 * 60 if evening else 10 * 60
        half_hours = int(self.dice.integers(0, 6 if evening else 14))
        return (17 * 60 if evening else 9 * 60) + HALF_HOUR * half_hours

    def _one_of(self, numbers: tuple[int, ...]) -> int:
        return numbers[0] if len(numbers) == 1 else int(self.dice.choice(numbers))

    def _asked(self, evening: bool) -> list[tuple[Role, str | None, Level | None, int, bool]]:
        """The needs of each meeting: role, language, level, how many, by cover."""
        dice = self.dice
        asked: list[tuple[Role, str | None, Level | None, int, bool]] = []
        kind = dice.random()
        if kind < 0.12:
            asked.append((Role.MEDIATOR, None, None, 3, True))
        elif kind < (0.35 if evening else 0.75):
            asked.append((Role.MEDIATOR, self._language(), self._level(), 1, False))
        if not asked or dice.random() < 0.35:
            asked.append((Role.VOLUNTEER, None, None, int(dice.integers(1, 3)), False))
        if dice.random() < 0.15:
            asked.append((Role.VOLUNTEER, self._language(), Level.B1, 1, False))
        return asked

    def _ask(
        self, asked: list[tuple[Role, str | None, Level | None, int, bool]], online: bool
    ) -> None:
        women_only = bool(self.dice.random() < 0.06)
        check = bool(self.dice.random() < 0.12)
        urgency = int(self.dice.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))
        meeting_number = len(self.meetings) - 1
        meeting = self.meetings[meeting_number]
        for role, language, level, wanted, cover in asked:
            self.needs.append(
                Need(meeting=len(self.meetings) - 1, wanted=wanted, urgency=urgency, cover=cover)
            )
            self.wants.append(
                Want(
                    role=role,
                    language=language,
                    level=level,
                    women_only=women_only,
                    check_required=check,
                    starts_at=MONDAY + timedelta(minutes=meeting.starts),
                    ends_at=MONDAY + timedelta(minutes=meeting.ends),
                    last_day=FIRST_DAY + timedelta(minutes=meeting.ends),
                    week=(MONDAY + meeting.week * WEEK, MONDAY + (meeting.week + 1) * WEEK),
                    meeting=meeting_number,
                    online=online,
                )
            )

    def _language(self) -> str:
        return _drawn(self.dice, ASKED)

    def _level(self) -> Level:
        return LEVELS[int(self.dice.choice(4, p=[0.6, 0.3, 0.1, 0.0]))]

    def _enrolled(self) -> dict[str, int]:
        tags = {self._language() for _ in range(int(self.dice.integers(2, 6)))}
        return {tag: int(self.dice.integers(1, 9)) for tag in sorted(tags)}

    # People

    def _person(self) -> tuple[Helper, Candidate, int, int]:
        dice = self.dice
        mediates = bool(dice.random() < 0.42)
        speaks = self._speaks(mediates)
        habits = self.habits
        hours = self._one_of(habits.mediator_hours if mediates else habits.volunteer_hours)
        town = int(dice.choice(self.size.towns, p=self.share))
        house = town * self.size.houses + int(dice.integers(self.size.houses))
        roles = {Role.MEDIATOR if mediates else Role.VOLUNTEER}
        if dice.random() < 0.15:
            roles = {Role.MEDIATOR, Role.VOLUNTEER}
        checked = bool(dice.random() < 0.7)
        candidate = Candidate(
            active=bool(dice.random() < 0.97),
            roles=frozenset(roles),
            speaks=speaks,
            interprets=speaks,
            gender=Gender.WOMAN if dice.random() < 0.6 else Gender.MAN,
            check_valid_until=FIRST_DAY + timedelta(days=int(dice.integers(5, 300)))
            if checked
            else None,
            contracts=(Covered(FIRST_DAY - timedelta(days=30), None),),
            availability=Availability(zone=ZONE, weekly=self._windows(mediates)),
            hours_a_week=hours,
        )
        helper = Helper(
            weekly_minutes=hours * 60,
            half_hours=hours * 2 * self.size.weeks,
            speaks=frozenset(tag for tag in ASKED if answering(tag) & speaks.keys()),
        )
        return (
            helper,
            candidate,
            house,
            int(dice.random() < (habits.travelling if mediates else 0.1)),
        )

    def _speaks(self, mediates: bool) -> dict[str, Level]:
        dice = self.dice
        count = int(dice.integers(*self.habits.languages)) if mediates else int(dice.integers(0, 3))
        tags = sorted({_drawn(dice, SPOKEN) for _ in range(count)})
        lowest = 1 if mediates else 0
        spoken = {tag: LEVELS[int(dice.integers(lowest, 5))] for tag in tags}
        return spoken | {"ro": Level.C1}

    def _windows(self, mediates: bool) -> tuple[Weekly, ...]:
        dice = self.dice
        if mediates:
            days = dice.choice(5, int(dice.integers(3, 6)), replace=False)
            hours = time(9), time(20) if dice.random() < 0.35 else time(17)
        else:
            days = dice.choice(6, int(dice.integers(1, 4)), replace=False)
            hours = (time(16, 30), time(21)) if dice.random() < 0.75 else (time(9), time(14))
        return tuple(Weekly(int(day), *hours, Answer.YES) for day in sorted(days))


def _drawn(dice: np.random.Generator, shares: dict[str, int]) -> str:
    weights = np.array(list(shares.values()), dtype=np.float64)
    return str(dice.choice(list(shares), p=weights / weights.sum()))
