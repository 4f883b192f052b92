"""One day of a centre with its rooms side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.programme.models import Meeting
from app.programme.places import Room
from app.programme.week import hours_shown, lanes, quarters_of

MOST_LANES = 6
"""As many lanes as ``day.css`` knows; what is beyond lies over the last one."""


@dataclass(frozen=True)
class Card:
    """A meeting on the board: from which quarter of an hour shown, for how many, in which lane."""

    meeting: Meeting
    at: int
    span: int
    lane: int


@dataclass(frozen=True)
class Column:
    """A room, or none, with its meetings of the day by time."""

    room: Room | None
    cards: list[Card]

    @property
    def room_id(self) -> int:
        return self.room.id if self.room else 0

    @property
    def lanes(self) -> int:
        return max((card.lane for card in self.cards), default=1)


@dataclass(frozen=True)
class Board:
    """The columns of a day and the hours it shows, the last excluded."""

    columns: list[Column]
    first_hour: int
    last_hour: int

    @property
    def hours(self) -> range:
        return range(self.first_hour, self.last_hour)


def board_of(meetings: Sequence[Meeting], rooms: Sequence[Room], zone: ZoneInfo) -> Board:
    """The *meetings* of one day, by time, in the rooms that are in use and those they are in."""
    spans = [quarters_of(one.starts_at, one.ends_at, zone) for one in meetings]
    first, last = hours_shown(spans)
    used = {one.room_id for one in meetings}
    shown = [room for room in rooms if room.in_use or room.id in used]
    columns = [_column(room, meetings, first, zone) for room in [*shown, None]]
    return Board(columns, first, last)


def _column(
    room: Room | None, meetings: Sequence[Meeting], first_hour: int, zone: ZoneInfo
) -> Column:
    here = [one for one in meetings if one.room_id == (room.id if room else None)]
    spans = [quarters_of(one.starts_at, one.ends_at, zone) for one in here]
    return Column(
        room,
        [
            Card(one, first - first_hour * 4, last - first, min(lane, MOST_LANES))
            for one, (first, last), lane in zip(here, spans, lanes(spans), strict=True)
        ],
    )
