"""The ways to reach somebody."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from app.i18n import _l


class Channel(StrEnum):
    """The ways to reach somebody, in the order in which they are tried unless somebody wishes
    another first. Where none is left, their name stands on the list of calls."""

    EMAIL = "email"
    PUSH = "push"
    SMS = "sms"
    TELEPHONE = "telephone"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def is_asked_about(self) -> bool:
        """Whether somebody says yes or no to it; a device is asked by its own button."""
        return self is not Channel.PUSH


_LABELS = {
    Channel.EMAIL: _l("E-mail"),
    Channel.PUSH: _l("Notifications on a phone"),
    Channel.SMS: _l("Short messages (SMS)"),
    Channel.TELEPHONE: _l("Telephone calls"),
}


def channel_of(to: str) -> Channel:
    """By the look of an address: a number, the address of a device, or a mailbox."""
    if to.startswith("+"):
        return Channel.SMS
    return Channel.PUSH if to.startswith("https://") else Channel.EMAIL
