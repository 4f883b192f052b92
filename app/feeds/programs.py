"""Which program or device asks, by what it says of itself in its User-Agent (RFC 9110 §10.1.5).

It may say anything: what comes out is short and printable, or nothing.
"""

from __future__ import annotations

import re
from enum import StrEnum

LONGEST = 30
"""So many characters of a name that we do not know."""

# The first that is found wins: Thunderbird, DAVx5 and browsers say "Mozilla" or "okhttp" too.
_KNOWN = (
    ("google-calendar", "Google Calendar"),
    ("google calendar", "Google Calendar"),
    ("dataaccessd", "Apple Calendar"),
    ("calendaragent", "Apple Calendar"),
    ("apple calendar", "Apple Calendar"),
    ("davkit", "Apple Calendar"),
    ("thunderbird", "Thunderbird"),
    ("icsx5", "ICSx5"),
    ("icsdroid", "ICSx5"),
    ("davx5", "DAVx5"),
    ("davdroid", "DAVx5"),
    ("outlook", "Outlook"),
    ("microsoft office", "Outlook"),
    ("exchange", "Outlook"),
    ("homeassistant", "Home Assistant"),
    ("home assistant", "Home Assistant"),
    ("evolution", "Evolution"),
    ("korganizer", "KOrganizer"),
    ("akonadi", "KOrganizer"),
    ("nextcloud", "Nextcloud"),
    ("vdirsyncer", "vdirsyncer"),
    ("curl", "curl"),
    ("wget", "Wget"),
    ("edg/", "Edge"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_TOKEN_ENDS = re.compile("[ /;,()]")


def program_of(agent: str | None) -> str:
    """What people call the program: "Google Calendar", "Thunderbird"; else the first word it says
    of itself, cut; empty where it says nothing. A name stays as it is."""
    said = _printable(agent or "")
    known = next((name for mark, name in _KNOWN if mark in said.lower()), None)
    return known or next(filter(None, _TOKEN_ENDS.split(said)), "")[:LONGEST]


def _printable(agent: str) -> str:
    """Without what is not seen, or turns the line over."""
    return "".join(letter for letter in " ".join(agent.split()) if letter.isprintable())


class Device(StrEnum):
    """What somebody holds in their hands, as far as it matters for adding a calendar."""

    APPLE = "apple"
    ANDROID = "android"
    WINDOWS = "windows"
    OTHER = "other"


def device_of(agent: str | None) -> Device:
    """The device that a browser runs on; an iPad says that it is a Mac, which is the same here."""
    said = (agent or "").lower()
    if "android" in said:
        return Device.ANDROID
    if "windows" in said:
        return Device.WINDOWS
    if any(word in said for word in ("iphone", "ipad", "ipod", "macintosh")):
        return Device.APPLE
    return Device.OTHER
