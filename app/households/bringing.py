"""Whether a child can be brought: where its sessions and those of who brings it go together. Pure:
advice, never a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One session of one person: *centre* where it takes place, None online. *beside*: the session
    whose childcare it is. *is_new*: they would come to it if this were saved."""

    session: int
    starts_at: datetime
    ends_at: datetime
    centre: int | None = None
    beside: int | None = None
    is_new: bool = False


@dataclass(frozen=True)
class Trouble:
    """Two sessions that one who brings the child can hardly both reach; at the *same_time*, or the
    way between them is too long."""

    own: Stay
    childs: Stay
    same_time: bool


def hard_to_bring(
    own: Iterable[Stay], childs: Iterable[Stay], ways: Mapping[tuple[int, int], timedelta]
) -> list[Trouble]:
    """What of *childs* whoever brings it can hardly reach beside their *own*, by time; only where
    one of the two is new. *ways*: how long the way from one centre to another is."""
    found = _troubles(list(own), list(childs), ways)
    return sorted(found, key=lambda one: (one.childs.starts_at, one.own.starts_at))


def _troubles(
    own: list[Stay], childs: list[Stay], ways: Mapping[tuple[int, int], timedelta]
) -> Iterator[Trouble]:
    for theirs in childs:
        for mine in own:
            if not (mine.is_new or theirs.is_new) or _go_together(mine, theirs):
                continue
            if mine.starts_at < theirs.ends_at and theirs.starts_at < mine.ends_at:
                yield Trouble(mine, theirs, same_time=True)
            elif _gap(mine, theirs) < _way(mine, theirs, ways):
                yield Trouble(mine, theirs, same_time=False)


def _go_together(mine: Stay, theirs: Stay) -> bool:
    """The same session, or one beside the other."""
    return theirs.session in (mine.session, mine.beside) or mine.session == theirs.beside


def _gap(one: Stay, other: Stay) -> timedelta:
    return max(one.starts_at - other.ends_at, other.starts_at - one.ends_at)


def _way(one: Stay, other: Stay, ways: Mapping[tuple[int, int], timedelta]) -> timedelta:
    if one.centre is None or other.centre is None or one.centre == other.centre:
        return timedelta()
    return ways.get((one.centre, other.centre), timedelta())
