"""A clock that does not jump when the machine's does, so that nothing leaves early or twice.

A wrong hour, a restart in 1970 or a step of NTP moves the clock on the wall. Letters go by the time
that has passed since; another time is believed once it has stayed the same for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

SLACK = timedelta(seconds=60)
BELIEVED_AFTER = timedelta(minutes=5)


class SteadyClock:
    """Told the time when it starts, and then again and again by `compare`. *elapsed* counts
    seconds and never jumps."""

    def __init__(self, now: datetime, *, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._doubt: tuple[timedelta, datetime] | None = None
        self._set(now)

    def __call__(self) -> datetime:
        """The time it was told, and what has passed since."""
        return self._told + timedelta(seconds=self._elapsed() - self._at)

    def compare(self, seen: datetime) -> None:
        """Somebody says that it is *seen*. By a minute it is believed at once; by more only when
        they have said so for five minutes."""
        now = self()
        off = seen - now
        if abs(off) <= SLACK:
            self._set(seen)
        elif self._doubt is None or abs(off - self._doubt[0]) > SLACK:
            self._doubt = (off, now)
        elif now - self._doubt[1] >= BELIEVED_AFTER:
            self._set(seen)

    def _set(self, now: datetime) -> None:
        self._told, self._at, self._doubt = now, self._elapsed(), None
