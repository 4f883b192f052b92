"""Calendar files that are made to break whoever reads them, by name: generated, none is kept."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

SOON = "20270302"
EVENT = f"DTSTART;TZID=Europe/Bucharest:{SOON}T090000\r\nDURATION:PT1H\r\nSUMMARY:x\r\nUID:x"


def calendar(*events: str, before: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{before}{body}END:VCALENDAR\r\n".encode()


def repeating(*rules: str) -> bytes:
    return calendar(*(f"{EVENT}{n}\r\nRRULE:{rule}" for n, rule in enumerate(rules)))


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """(Name, bytes), the same each time."""
    yield from _rules()
    yield from _sizes()
    yield from _letters()
    yield from _zones()
    yield from _shapes()


def _rules() -> Iterator[tuple[str, bytes]]:
    far = "99999999999999999999"
    yield "every_second", repeating("FREQ=SECONDLY")
    yield "every_minute_counted", repeating("FREQ=MINUTELY;COUNT=2147483647")
    yield "every_hour", repeating("FREQ=HOURLY;UNTIL=99991231T235959Z")
    yield "seconds_of_days", repeating("FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))))
    yield "huge_count", repeating("FREQ=DAILY;COUNT=2147483647")
    yield "huger_count", repeating(f"FREQ=DAILY;COUNT={far}")
    yield (
        "huge_step",
        repeating("FREQ=YEARLY;INTERVAL=2147483647", "FREQ=DAILY;INTERVAL=2147483647"),
    )
    yield "huger_step", repeating(f"FREQ=WEEKLY;INTERVAL={far}")
    yield "no_step", repeating("FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1")
    yield (
        "never",
        repeating(
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1;COUNT=9"
        ),
    )
    yield (
        "three_hundred_of_each_year",
        repeating(*["FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=300"] * 300),
    )
    ancient = EVENT.replace(SOON, "00010102")
    counted = [f"{ancient}{n}\r\nRRULE:FREQ=DAILY;COUNT=900000" for n in range(50)]
    yield "counted_since_the_year_one", calendar(*counted)
    yield "everything_every_day", repeating(*["FREQ=DAILY"] * 1900)
    yield "until_before_it_begins", repeating("FREQ=DAILY;UNTIL=19700101")
    yield "many_rules", calendar(EVENT + "\r\nRRULE:FREQ=DAILY" * 5000)
    yield "many_parts", repeating("FREQ=DAILY;" + "BYDAY=MO;" * 20_000)
    yield "many_weekdays", repeating("FREQ=MONTHLY;BYDAY=" + ",".join(["MO", "-1SU"] * 30_000))
    dates = ",".join(
        f"2027{m:02}{d:02}T{h:02}0000"
        for m in range(1, 13)
        for d in range(1, 29)
        for h in range(24)
    )
    yield "eight_thousand_dates", calendar(f"{EVENT}\r\nRDATE:{dates}")
    yield "eight_thousand_exceptions", calendar(f"{EVENT}\r\nRRULE:FREQ=DAILY\r\nEXDATE:{dates}")
    yield "dates_on_dates", calendar(*[f"{EVENT}\r\nRDATE:{dates[:2000]}"] * 400)
    moved = f"{EVENT}\r\nRECURRENCE-ID;TZID=Europe/Bucharest:{SOON}T090000"
    yield (
        "a_thousand_times_the_same_change",
        calendar(f"{EVENT}\r\nRRULE:FREQ=DAILY", *[moved] * 1000),
    )
    yield "755_bytes", _755()


def _755() -> bytes:
    """Small, and endless for whoever counts every second of two thousand years."""
    rule = "FREQ=SECONDLY;INTERVAL=1;BYSECOND=59;BYMINUTE=59;BYHOUR=23;BYMONTHDAY=31;BYMONTH=2"
    found = calendar(
        f"DTSTART:00010101T000000Z\r\nUID:a\r\nSUMMARY:a\r\nDURATION:PT1S\r\nRRULE:{rule}"
    )
    return found[:-15] + b"X-A:" + b"a" * (755 - len(found) - 6) + b"\r\n" + found[-15:]


def _sizes() -> Iterator[tuple[str, bytes]]:
    yield "hundred_megabytes", b"BEGIN:VCALENDAR\r\nX-A:".ljust(100 * 1024 * 1024, b"a")
    yield "one_line_of_a_megabyte", calendar(f"{EVENT}\r\nDESCRIPTION:" + "a" * 1_000_000)
    yield (
        "a_title_of_a_megabyte",
        calendar(f"DTSTART:{SOON}T090000Z\r\nDURATION:PT1H\r\nSUMMARY:" + "é" * 500_000),
    )
    yield "folded_forever", calendar(EVENT + "\r\nSUMMARY:a" + "\r\n a" * 250_000)
    yield "folded_into_nothing", calendar(EVENT + "\r\n " * 340_000)
    yield "empty_lines", calendar(EVENT + "\r\n" * 500_000)
    yield "many_events", calendar(*[EVENT] * 20_000)[: 1024 * 1024]
    yield "two_thousand_events", calendar(*(f"{EVENT}{n}" for n in range(1990)))
    yield "many_properties", calendar(EVENT + "\r\nSUMMARY:b" * 90_000)
    yield (
        "many_parameters",
        calendar(f"DTSTART{';X-A=b' * 150_000}:{SOON}T090000Z\r\nDURATION:PT1H"),
    )
    yield (
        "a_zone_name_of_a_megabyte",
        calendar(f"DTSTART;TZID={'a' * 900_000}:{SOON}T090000\r\nDURATION:PT1H"),
    )
    yield "escapes", calendar(f"{EVENT}\r\nDESCRIPTION:" + "\\n\\,\\;\\\\" * 100_000)
    yield "angles", calendar(f"{EVENT}\r\nDESCRIPTION:" + "<a" * 400_000)
    yield "entities", calendar(f"{EVENT}\r\nDESCRIPTION:" + "&#38;" * 180_000)


def _letters() -> Iterator[tuple[str, bytes]]:
    fine = calendar(EVENT.replace("SUMMARY:x", "SUMMARY:Șezătoare")).decode()
    yield "nothing", b""
    yield "nul_inside", calendar(EVENT + "\x00")
    yield "only_nul", b"\x00" * 100_000
    yield "utf_16", fine.encode("utf-16")
    yield "utf_16_without_mark", fine.encode("utf-16-be")
    yield "utf_32", fine.encode("utf-32")
    yield "broken_utf_16", b"\xff\xfeB\x00E\x00G\x00\x00"
    yield "windows_1250", fine.replace("Ș", "Ş").encode("windows-1250")
    declared = fine.replace("SUMMARY:", "SUMMARY;CHARSET=windows-1250:").replace("Ș", "Ş")
    yield "windows_1250_declared", declared.encode("windows-1250")
    yield "half_a_letter", fine.encode()[: fine.index("ez") + 1]
    yield "noise", bytes((n * n * 31 + n // 7) % 256 for n in range(200_000))
    yield "a_mark_in_the_middle", fine.replace("BEGIN:VEVENT", "\ufeffBEGIN:VEVENT").encode()
    yield "turned_around", calendar(EVENT.replace("SUMMARY:x", "SUMMARY:\u202egpj.exe\u2066"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.ics"), b"\x00" * 5_000_000, zipfile.ZIP_DEFLATED)
    yield "zip", packed.getvalue()
    yield "gzip", gzip.compress(calendar(EVENT), mtime=0)
    yield "web_page", b"<!DOCTYPE html><html><title>Sign in</title></html>"
    yield "json", b'["vcalendar",[],[["vevent",[],[]]]]'


def _zones() -> Iterator[tuple[str, bytes]]:
    bomb = (
        "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\n"
        "RRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    )
    there = EVENT.replace("Europe/Bucharest", "Bomb")
    yield "zone_that_changes_every_second", calendar(there, before=bomb)
    nowhere = "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nTZOFFSETFROM:+0200\r\nEND:VTIMEZONE\r\n"
    yield "zone_that_leads_nowhere", calendar(there, before=nowhere)
    yield "many_zones", calendar(EVENT, before=bomb * 990)
    changes = "RDATE:" + ",".join(f"19{n % 100:02}0101T000000" for n in range(30_000)) + "\r\n"
    yield (
        "zone_of_many_dates",
        calendar(there, before=bomb.replace("RRULE:FREQ=SECONDLY\r\n", changes)),
    )
    for name in (
        "../../../etc/passwd",
        "Nowhere/Else",
        "GMT+99",
        "",
        "Etc/",
        "E. Europe Standard Time",
    ):
        yield f"zone_called_{len(name)}", calendar(EVENT.replace("Europe/Bucharest", name))
    yield "offsets_beyond", calendar(there, before=bomb.replace("+0300", "+9999"))


def _shapes() -> Iterator[tuple[str, bytes]]:
    deep = "BEGIN:VALARM\r\n" * 1990 + "END:VALARM\r\n" * 1990
    yield "deep", calendar(EVENT + "\r\n" + deep[:-2])
    yield "deeper", calendar(EVENT + "\r\n" + "BEGIN:VALARM\r\n" * 60_000)
    yield (
        "event_in_event",
        b"BEGIN:VCALENDAR\r\n"
        + b"BEGIN:VEVENT\r\n" * 900
        + b"END:VEVENT\r\n" * 900
        + b"END:VCALENDAR",
    )
    yield "never_closed", calendar(EVENT)[:-30]
    yield "closed_twice", calendar(EVENT) + b"END:VCALENDAR\r\n"
    yield "no_calendar", f"BEGIN:VEVENT\r\n{EVENT}\r\nEND:VEVENT".encode()
    yield "no_events", calendar()
    yield "only_tasks", calendar().replace(b"END:VC", b"BEGIN:VTODO\r\nEND:VTODO\r\nEND:VC")
    yield "two_calendars", calendar(EVENT) + calendar(f"{EVENT}2")
    for name, lines in {
        "no_start": "SUMMARY:x",
        "no_end": f"DTSTART:{SOON}T090000Z\r\nSUMMARY:x",
        "ends_before": f"DTSTART:{SOON}T090000Z\r\nDTEND:{SOON}T080000Z\r\nSUMMARY:x",
        "lasts_a_million_years": f"DTSTART:{SOON}T090000Z\r\nDURATION:P365000000D\r\nSUMMARY:x",
        "lasts_beyond_numbers": f"DTSTART:{SOON}T090000Z\r\nSUMMARY:x\r\nDURATION:P{'9' * 5000}D",
        "day_and_hour": f"DTSTART;VALUE=DATE:{SOON}\r\nDTEND:{SOON}T100000Z\r\nSUMMARY:x",
        "year_zero": "DTSTART:00000101T000000Z\r\nDURATION:PT1H\r\nSUMMARY:x",
        "last_moment": "DTSTART:99991231T235959Z\r\nDURATION:PT1H\r\nSUMMARY:x",
        "first_moment": "DTSTART;TZID=Asia/Tokyo:00010101T000000\r\nDURATION:PT1H\r\nSUMMARY:x",
        "a_list_as_start": f"DTSTART:{SOON}T090000Z,{SOON}T100000Z\r\nDURATION:PT1H\r\nSUMMARY:x",
        "two_starts": f"DTSTART:{SOON}T090000Z\r\nDTSTART:{SOON}T100000Z\r\nSUMMARY:x",
        "two_names": f"DTSTART:{SOON}T090000Z\r\nDURATION:PT1H\r\nSUMMARY:x\r\nSUMMARY:y",
        "no_colons": "SUMMARY\r\nDTSTART\r\n;;;\r\n:::",
        "changes_all_later": f"{EVENT}\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:{SOON}T090000Z",
    }.items():
        yield name, calendar(lines)
