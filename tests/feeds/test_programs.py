"""The names of programs and devices, whatever they say of themselves."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.feeds.programs import LONGEST, Device, device_of, program_of

MOZILLA = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Google-Calendar-Importer", "Google Calendar"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "Apple Calendar"),
        ("macOS/15.1 (24B83) CalendarAgent/1054.1", "Apple Calendar"),
        (OUTLOOK, "Outlook"),
        (f"{MOZILLA} Thunderbird/128.4.0", "Thunderbird"),
        ("ICSx5/2.2.4 (ical4j; okhttp/4.12.0) Android/14", "ICSx5"),
        ("DAVx5/4.4.3-ose (2024/10/02; dav4jvm; okhttp/4.12.0) Android/14", "DAVx5"),
        ("HomeAssistant/2026.1.0 httpx/0.28.1 Python/3.13", "Home Assistant"),
        ("vdirsyncer/0.19.3", "vdirsyncer"),
        ("curl/8.11.0", "curl"),
        (f"{MOZILLA} Firefox/140.0", "Firefox"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME}", "Chrome"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Edg/140.0", "Edge"),
        ("Fastmail/1.0 (calendar)", "Fastmail"),
        ("  (odd) start", "odd"),
        ("Evil\u202egnp\x1b[2J/1.0", "Evilgnp[2J"),
        ("/", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_program_is_called_what_people_call_it(agent: str | None, name: str) -> None:
    assert program_of(agent) == name


@given(st.text(max_size=300))
@example("x" * 300)
@example("\x00\u200f\u2028/1")
@example("Cu\x00rl")
def test_a_name_is_short_printable_and_stays_as_it_is(agent: str) -> None:
    name = program_of(agent)

    assert len(name) <= LONGEST
    assert name == "" or name.isprintable()
    assert program_of(name) == name


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1", Device.APPLE),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", Device.APPLE),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140.0", Device.ANDROID),
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Firefox/140.0", Device.ANDROID),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0", Device.WINDOWS),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0", Device.OTHER),
        ("", Device.OTHER),
        (None, Device.OTHER),
    ],
)
def test_a_device_is_known_by_its_system(agent: str | None, device: Device) -> None:
    assert device_of(agent) is device
