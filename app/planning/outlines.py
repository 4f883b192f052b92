"""The outline of an activity: all that may be planned again, without dates and without people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import time
from enum import StrEnum
from math import gcd
from typing import Any, TypeVar

from app.people.terms import HELPERS, Level, Role
from app.programme.kinds import CONTENT_LANGUAGES, AgeBand, Kind, Privacy, Topic
from app.programme.models import Activity, Meeting
from app.programme.recurrence import Slot
from app.staffing.models import Need
from app.staffing.needs import NeedFacts

MOST_SLOTS = 8
MOST_NEEDS = 8
MOST_WEEKS = 8
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """An activity without dates and people. *count*: how many sessions it has; it ends by its
    *target_hours* where it has some. *texts*: language -> (title, description)."""

    kind: Kind
    privacy: Privacy | None = None
    texts: Mapping[str, tuple[str, str]]
    language: str = "ro"
    support_language: str | None = None
    level: str | None = None
    age: AgeBand | None = None
    target_hours: int | None = None
    hour_minutes: int = 60
    minimum: int | None = None
    capacity: int | None = None
    placement: bool = False
    topic: Topic | None = None
    families: bool = False
    transport: str | None = None
    slots: tuple[Slot, ...] = ()
    every: int = 1
    count: int | None = None
    needs: tuple[NeedFacts, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a template keeps it."""
        kept = asdict(self)
        kept["slots"] = [
            [slot.weekday, f"{slot.starts:%H:%M}", f"{slot.ends:%H:%M}", slot.room]
            for slot in self.slots
        ]
        return kept


AS_THEY_ARE = (
    "kind",
    "privacy",
    "language",
    "support_language",
    "level",
    "age",
    "target_hours",
    "hour_minutes",
    "minimum",
    "capacity",
    "placement",
    "topic",
    "families",
    "transport",
)


def outline_of(activity: Activity, meetings: Iterable[Meeting], needs: Collection[Need]) -> Outline:
    """What *activity* looks like, as far as its *meetings* and their *needs* are given."""
    everything = list(meetings)
    planned = [meeting for meeting in everything if not meeting.is_cancelled]
    weekly = [meeting for meeting in planned if not meeting.by_hand]
    singles = [one for one in everything if one.by_hand and not one.sequence]
    return Outline(
        **{name: getattr(activity, name) for name in AS_THEY_ARE},
        texts={text.language: (text.title, text.description) for text in activity.texts},
        slots=_slots_of(weekly),
        every=_every(weekly),
        count=len(everything) - len(singles) or None,
        needs=_usual_needs(planned, needs),
    )


def _slots_of(meetings: Sequence[Meeting]) -> tuple[Slot, ...]:
    """The distinct slots, most used first to stay; a last session that is shorter counts as one
    of its slot."""
    ends: dict[tuple[int, time, int | None], Counter[time]] = {}
    for meeting in meetings:
        start, end = _local(meeting)
        key = (start.weekday(), start.time(), meeting.room_id)
        ends.setdefault(key, Counter())[end.time()] += 1
    most = sorted(ends, key=lambda key: -ends[key].total())[:MOST_SLOTS]
    return tuple(
        Slot(weekday, starts, ends[weekday, starts, room].most_common(1)[0][0], room)
        for weekday, starts, room in sorted(most, key=lambda key: key[:2])
        if ends[weekday, starts, room].most_common(1)[0][0] > starts
    )


def _every(meetings: Sequence[Meeting]) -> int:
    """Every how many weeks: what the weeks with sessions have in common, however many it skips."""
    weeks = {(_local(one)[0].date().toordinal() - 1) // 7 for one in meetings}
    apart = gcd(*(week - min(weeks) for week in weeks)) if weeks else 0
    return apart if 1 <= apart <= MOST_WEEKS else 1


def _local(meeting: Meeting) -> tuple[Any, Any]:
    zone = meeting.activity.centre.tz
    return meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)


def _usual_needs(meetings: Sequence[Meeting], needs: Collection[Need]) -> tuple[NeedFacts, ...]:
    """What most of the sessions need: what one session alone needed is not the rule."""
    by_meeting: dict[int, list[NeedFacts]] = {meeting.id: [] for meeting in meetings}
    for need in needs:
        if need.meeting_id in by_meeting:
            wanted = NeedFacts(
                **{field.name: getattr(need, field.name) for field in fields(NeedFacts)}
            )
            by_meeting[need.meeting_id].append(wanted)
    alike = Counter(tuple(sorted(wanted, key=repr)) for wanted in by_meeting.values())
    return alike.most_common(1)[0][0][:MOST_NEEDS] if alike else ()


def from_json(kept: Mapping[str, Any]) -> Outline | None:
    """What a template keeps, read with patience: a key that is missing or makes no sense any more
    counts as not said. None where not even the kind is known."""
    kind = _word(Kind, kept.get("kind"))
    if kind is None:
        return None
    hour_minutes = _number(kept.get("hour_minutes"), 60) or 60
    return Outline(
        kind=kind,
        privacy=_word(Privacy, kept.get("privacy")),
        texts=_texts(kept.get("texts")),
        language=_text(kept.get("language")) or "ro",
        support_language=_text(kept.get("support_language")),
        level=_text(kept.get("level")),
        age=_word(AgeBand, kept.get("age")),
        target_hours=_number(kept.get("target_hours"), 1000),
        hour_minutes=hour_minutes if hour_minutes >= 30 else 60,
        minimum=_number(kept.get("minimum"), 1000),
        capacity=_number(kept.get("capacity"), 1000),
        placement=kept.get("placement") is True,
        topic=_word(Topic, kept.get("topic")),
        families=kept.get("families") is True,
        transport=_text(kept.get("transport")),
        slots=tuple(slot for one in _list(kept.get("slots")) if (slot := _slot(one))),
        every=_number(kept.get("every"), MOST_WEEKS) or 1,
        count=_number(kept.get("count"), 200),
        needs=tuple(need for one in _list(kept.get("needs")) if (need := _wanted(one))),
    )


def _word(words: type[Word], kept: Any) -> Word | None:
    return next((word for word in words if word.value == kept), None)


def _number(kept: Any, most: int) -> int | None:
    return kept if type(kept) is int and 1 <= kept <= most else None


def _text(kept: Any) -> str | None:
    return kept if isinstance(kept, str) and kept else None


def _list(kept: Any) -> list[Any]:
    return kept[:MOST_SLOTS] if isinstance(kept, list) else []


def _texts(kept: Any) -> dict[str, tuple[str, str]]:
    found = kept if isinstance(kept, dict) else {}
    pairs = {
        tag: found[tag] for tag in CONTENT_LANGUAGES if isinstance(found.get(tag), list | tuple)
    }
    return {
        tag: (title, _text(description) or "")
        for tag, (title, description, *_rest) in (
            (tag, (*pair, None, None)) for tag, pair in pairs.items()
        )
        if _text(title)
    }


def _slot(kept: Any) -> Slot | None:
    try:
        weekday, starts, ends, room = kept
        times = time.fromisoformat(starts), time.fromisoformat(ends)
        return Slot(weekday, *times, room if type(room) is int else None)
    except (TypeError, ValueError):
        return None


def _wanted(kept: Any) -> NeedFacts | None:
    if not isinstance(kept, dict) or (role := _word(Role, kept.get("role"))) not in HELPERS:
        return None
    language = _text(kept.get("language"))
    return NeedFacts(
        role=role,
        language=language,
        level=_word(Level, kept.get("level")) if language else None,
        wanted=_number(kept.get("wanted"), 20) or 1,
        women_only=kept.get("women_only") is True,
        check_required=kept.get("check_required") is True,
        interpreting=language is not None and kept.get("interpreting") is True,
        trainees=_number(kept.get("trainees"), 10) or 0,
        relay=language is not None and kept.get("relay") is True,
        via=_text(kept.get("via")) if language else None,
    )
