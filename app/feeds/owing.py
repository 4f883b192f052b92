"""What a calendar must still be told of one session: values in, values out.

What was said before, and what became of each letter, against the truth of this moment. SEQUENCE
only grows, whatever left and whatever was taken back, so that the last word always counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

AGAIN_AFTER = timedelta(days=1)
"""What could not be delivered is tried anew so much later, while it is still true."""


class Fate(StrEnum):
    """What became of one letter."""

    WAITING = "waiting"  # it can still be taken back
    LEAVING = "leaving"  # at this moment
    LEFT = "left"  # or perhaps did
    TAKEN_BACK = "taken_back"
    LOST = "lost"  # it could not be delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One letter about the session: what it *shows* (a digest), or None where it takes it out.

    *perhaps*: it waits to be tried again, and may have arrived all the same. *lost_at*: since when
    it is lost.
    """

    sequence: int
    shows: str | None
    starts_at: datetime
    fate: Fate
    perhaps: bool = False
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the calendar should show; *near*: soon enough to be put there anew."""

    shows: str
    starts_at: datetime
    near: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is to be done: *take_back* the letter with that sequence, and, where *speaks*, say what
    is true under the next *sequence*. *is_new*: nothing was ever heard of it."""

    take_back: int | None
    speaks: bool
    sequence: int
    is_new: bool


def next_step(
    said: Sequence[Said], truth: Truth | None, *, at_least: int, now: datetime
) -> Step | None:
    """What follows from the letters *said* so far, the oldest first; None where nothing does.

    A letter that is leaving is waited for: a newer one must not overtake it. *at_least*: the number
    of changes of the session itself.
    """
    if any(one.fate is Fate.LEAVING for one in said):
        return None
    last, seen = said[-1] if said else None, seen_last(said)
    if _has_begun(seen, truth, now):
        return None
    wanted = truth.shows if truth else None
    waiting = last if last and last.fate is Fate.WAITING else None
    if waiting and waiting.shows == wanted:
        return None
    has = seen.shows if seen else None
    speaks = has != wanted and _may_speak(last, has, truth, wanted, now)
    if waiting is None and not speaks:
        return None
    return Step(
        take_back=waiting.sequence if waiting else None,
        speaks=speaks,
        sequence=max(at_least, last.sequence + 1 if last else 0),
        is_new=seen is None,
    )


def seen_last(said: Sequence[Said]) -> Said | None:
    """The last letter that arrived, as far as anybody can know."""
    arrived = (one for one in reversed(said) if one.fate is Fate.LEFT or one.perhaps)
    return next(arrived, None)


def _has_begun(seen: Said | None, truth: Truth | None, now: datetime) -> bool:
    """Whether it is too late; of what is no more, as far as the calendar knows."""
    starts = truth or seen
    return starts is not None and starts.starts_at <= now


def _may_speak(
    last: Said | None, has: str | None, truth: Truth | None, wanted: str | None, now: datetime
) -> bool:
    """Not of what is still far away, and not of what could not be delivered a moment ago."""
    if has is None and (truth is None or not truth.near):
        return False
    if last is None or last.fate is not Fate.LOST or last.shows != wanted:
        return True
    return last.lost_at is None or last.lost_at <= now - AGAIN_AFTER
