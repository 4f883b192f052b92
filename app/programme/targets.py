"""What is to become of a meeting: when, where and whether it takes place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.programme.models import Meeting, Status
from app.programme.places import Room


@dataclass(frozen=True)
class Target:
    """When, where and whether *meeting* is to take place; *by_hand* as on the meeting."""

    meeting: Meeting
    starts_at: datetime
    ends_at: datetime
    room: Room | None
    status: Status
    by_hand: bool

    @property
    def moves(self) -> bool:
        now = self.meeting
        there = (now.starts_at, now.ends_at, now.room_id)
        return (self.starts_at, self.ends_at, self.room.id if self.room else None) != there

    @property
    def differs(self) -> bool:
        return self.moves or self.status is not self.meeting.status


def as_it_is(meeting: Meeting) -> Target:
    return Target(
        meeting,
        meeting.starts_at,
        meeting.ends_at,
        meeting.room,
        meeting.status,
        meeting.by_hand,
    )
