"""Attendance in hours: what was offered to one member of a course, what they heard of it, and
whether the share that the certificate wants can still be reached. Pure; whole minutes, no rounding.

Only sessions within a membership count: whoever joins late was not absent before. An excused
session is neither attended nor missed: it leaves the hours of which the share is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from app.attendance.marks import Mark


@dataclass(frozen=True, slots=True)
class Lesson:
    """One session that takes place, with what is said of one person there. *over*: it has ended."""

    starts_at: datetime
    minutes: int
    over: bool
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """From when until when somebody belongs to a group; without an end they still do."""

    joined_at: datetime
    left_at: datetime | None = None

    def holds(self, starts_at: datetime) -> bool:
        """Whether a session that begins then is one of theirs."""
        return self.joined_at <= starts_at and (self.left_at is None or starts_at < self.left_at)


class Standing(StrEnum):
    """How it looks for the certificate."""

    REACHED = "reached"
    ON_THE_WAY = "on_the_way"
    LAST_CHANCE = "last_chance"
    """The next session missed, and it cannot be reached any more."""
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class Tally:
    """Minutes of one member, and the *percent* of the hours that the certificate wants. *unsaid*:
    over, and nobody said anything yet; *to_come*: not over and nothing said; *next*: the first of
    these."""

    attended: int = 0
    missed: int = 0
    excused: int = 0
    unsaid: int = 0
    to_come: int = 0
    next: int = 0
    percent: int = 100

    @property
    def open(self) -> int:
        """What may still become attendance."""
        return self.unsaid + self.to_come

    @property
    def offered(self) -> int:
        """What was held since they joined, without the sessions for which they are excused."""
        return self.attended + self.missed + self.unsaid

    @property
    def counted(self) -> int:
        """The hours of which the share is taken: what was held and what is to come."""
        return self.attended + self.missed + self.open

    @property
    def needed(self) -> int:
        """The least whole minutes that are *percent* of the counted ones."""
        return -(-self.counted * self.percent // 100)

    @property
    def lacking(self) -> int:
        return max(0, self.needed - self.attended)

    @property
    def is_reached(self) -> bool:
        return self.attended > 0 and self.attended >= self.needed

    @property
    def is_reachable(self) -> bool:
        return self.attended + self.open >= self.needed and self.counted > 0

    @property
    def standing(self) -> Standing:
        if self.is_reached:
            return Standing.REACHED
        if not self.is_reachable and self.counted:
            return Standing.OUT_OF_REACH
        if self.next and self.attended + self.open - self.next < self.needed:
            return Standing.LAST_CHANCE
        return Standing.ON_THE_WAY


def tally(lessons: Iterable[Lesson], membership: Membership, *, percent: int) -> Tally:
    """The sum of the *lessons* that lie within *membership*."""
    mine = sorted(
        (one for one in lessons if membership.holds(one.starts_at)), key=lambda one: one.starts_at
    )
    coming = [one for one in mine if one.mark is None and not one.over]
    return Tally(
        attended=_sum(mine, Mark.PRESENT),
        missed=_sum(mine, Mark.ABSENT),
        excused=_sum(mine, Mark.EXCUSED),
        unsaid=sum(one.minutes for one in mine if one.mark is None and one.over),
        to_come=sum(one.minutes for one in coming),
        next=coming[0].minutes if coming else 0,
        percent=percent,
    )


def _sum(lessons: Iterable[Lesson], mark: Mark) -> int:
    return sum(one.minutes for one in lessons if one.mark is mark)


def teaching_hours(minutes: int, hour_minutes: int) -> Fraction:
    """Clock minutes in teaching hours of so many minutes, exactly."""
    return Fraction(minutes, hour_minutes)
