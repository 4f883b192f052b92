"""One day of a centre with its rooms side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.programme.models import Meeting
from app.programme.places import Room
from app.programme.week import hours_shown, lanes, quarters_of

MOST_LANES = 6
"""So many meetings of a room stand side by side; what is beyond lies over the last one."""
MOST_COLUMNS = 60
"""As many as ``day.css`` knows; what is beyond lies over the last one."""


@dataclass(frozen=True)
class Card:
    """A meeting on the board: from which quarter of an hour shown, for how many, in which lane."""

    meeting: Meeting
    at: int
    span: int
    lane: int


@dataclass(frozen=True)
class Column:
    """A room, or none, with its meetings of the day by time; *first*: its first lane on the board,
    counted over all rooms from 1."""

    room: Room | None
    cards: list[Card]
    first: int

    @property
    def room_id(self) -> int:
        return self.room.id if self.room else 0

    @property
    def lanes(self) -> int:
        return max((card.lane for card in self.cards), default=1)

    def lane_of(self, card: Card) -> int:
        """The lane of *card* on the whole board."""
        return min(self.first + card.lane - 1, MOST_COLUMNS)


@dataclass(frozen=True)
class Board:
    """The columns of a day and the hours it shows, the last excluded."""

    columns: list[Column]
    first_hour: int
    last_hour: int

    @property
    def hours(self) -> range:
        return range(self.first_hour, self.last_hour)

    @property
    def lanes(self) -> int:
        return min(sum(column.lanes for column in self.columns), MOST_COLUMNS)

    @property
    def cards(self) -> list[tuple[Column, Card]]:
        """Everything of the day by time, as it is read and as Tab goes through it."""
        found = [(column, card) for column in self.columns for card in column.cards]
        return sorted(found, key=lambda pair: pair[1].meeting.starts_at)


def board_of(meetings: Sequence[Meeting], rooms: Sequence[Room], zone: ZoneInfo) -> Board:
    """The *meetings* of one day, by time, in the rooms that are in use and those they are in."""
    spans = [quarters_of(one.starts_at, one.ends_at, zone) for one in meetings]
    first, last = hours_shown(spans)
    used = {one.room_id for one in meetings}
    shown = [room for room in rooms if room.in_use or room.id in used]
    return Board(_side_by_side([*shown, None], meetings, first, zone), first, last)


def _side_by_side(
    rooms: Sequence[Room | None], meetings: Sequence[Meeting], first_hour: int, zone: ZoneInfo
) -> list[Column]:
    columns: list[Column] = []
    for room in rooms:
        lane = columns[-1].first + columns[-1].lanes if columns else 1
        cards = _cards(room, meetings, first_hour, zone)
        columns.append(Column(room, cards, min(lane, MOST_COLUMNS)))
    return columns


def _cards(
    room: Room | None, meetings: Sequence[Meeting], first_hour: int, zone: ZoneInfo
) -> list[Card]:
    here = [one for one in meetings if one.room_id == (room.id if room else None)]
    spans = [quarters_of(one.starts_at, one.ends_at, zone) for one in here]
    return [
        Card(one, first - first_hour * 4, last - first, min(lane, MOST_LANES))
        for one, (first, last), lane in zip(here, spans, lanes(spans), strict=True)
    ]
