"""A tiny calendar that is kept by letters alone, as RFC 5546 tells programs to keep theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import icalendar

Order = tuple[int, datetime]
"""SEQUENCE, then DTSTAMP: which of two words about an event counts (RFC 5546 §2.1.5)."""


@dataclass
class Store:
    """What one person's calendar shows. Many programs forget what was taken out, and would put it
    back if an old letter came late: this one too, unless it *remembers*."""

    remembers: bool = False
    events: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    def take(self, ics: bytes) -> None:
        """One letter arrives."""
        calendar: Any = icalendar.Calendar.from_ical(ics)
        [event] = calendar.events
        uid, order = str(event["UID"]), (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        known = self.orders.get(uid)
        if known is not None and order < known:
            return
        assert known != order or self._is_the_same(uid, event, str(calendar["METHOD"]))
        if calendar["METHOD"] == "CANCEL":
            self.events.pop(uid, None)
            if not self.remembers:
                self.orders.pop(uid, None)
                return
        else:
            self.events[uid] = event
        self.orders[uid] = order

    def _is_the_same(self, uid: str, event: Any, method: str) -> bool:
        """The same number never says two things."""
        if method == "CANCEL":
            return uid not in self.events
        return uid in self.events and self.events[uid]["SUMMARY"] == event["SUMMARY"]
