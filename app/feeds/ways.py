"""How one calendar gets into each kind of calendar program: addresses, buttons, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

import segno
from markupsafe import Markup

from app.feeds.programs import Device


class Way(StrEnum):
    """One way to subscribe; ``templates/components/calendars.html`` has the words of each."""

    APPLE = "apple"
    ANDROID = "android"
    GOOGLE = "google"
    OUTLOOK = "outlook"
    OTHERS = "others"


_FIRST = {
    Device.APPLE: Way.APPLE,
    Device.ANDROID: Way.ANDROID,
    Device.WINDOWS: Way.OUTLOOK,
    Device.OTHER: Way.OTHERS,
}


def ways_from(device: Device) -> list[Way]:
    """Every way, the one of this device first."""
    first = _FIRST[device]
    return [first, *(way for way in Way if way is not first)]


ALARMS = {"": "", "PT15M": "15", "PT1H": "60", "PT2H": "120", "P1D": "1440"}
"""What the address of a public feed may ask for -> the choice of `forms.ALARM_LABELS`."""


@dataclass(frozen=True)
class Offered:
    """One feed with the addresses that each kind of calendar wants. *page* is where it is offered:
    a feed that everybody may know has such a page, a secret one has none."""

    name: str
    https: str
    page: str | None = None

    @property
    def webcal(self) -> str:
        return re.sub(r"^https?://", "webcal://", self.https)

    @property
    def google(self) -> str:
        return f"https://calendar.google.com/calendar/r?cid={quote(self.webcal, safe='')}"

    @property
    def outlook(self) -> str:
        return f"https://outlook.live.com/calendar/0/addfromweb?{self._as_outlook_asks}"

    @property
    def outlook_at_work(self) -> str:
        return f"https://outlook.office.com/calendar/0/addfromweb?{self._as_outlook_asks}"

    @property
    def _as_outlook_asks(self) -> str:
        return f"url={quote(self.https, safe='')}&name={quote(self.name, safe='')}"

    @property
    def qr(self) -> Markup:
        """What the camera of a phone reads: the page, which every phone opens and which then shows
        its own button; where there is none the feed itself, which an iPhone opens."""
        return qr_of(self.page or self.webcal)


def qr_of(address: str) -> Markup:
    """*address* as an SVG that a phone can read; made here, nothing is asked elsewhere."""
    code = segno.make(address, error="m")
    return Markup(code.svg_inline(scale=4, border=2, omitsize=True, svgclass="qr", lineclass=None))
