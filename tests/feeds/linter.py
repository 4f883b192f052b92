"""What is wrong with a feed or an invitation, as far as its bytes show: what real calendar programs
need.

It knows nothing of the code that writes them and reads RFC 5545, RFC 5546 and RFC 7986 for itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Z][A-Z0-9-]*")
_PARAMETER = re.compile(r';([A-Z][A-Z0-9-]*)=("[^"]*"|[^";:,]*)')
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
_UTC = re.compile(r"\d{8}T\d{6}Z")
_LOCAL = re.compile(r"\d{8}T\d{6}")
_LEAD = re.compile(r"-P(?:\d+W|\d+D|(?:\d+D)?T(?:\d+H)?(?:\d+M)?(?:\d+S)?)(?<!T)|PT0S")
_LANGUAGE = re.compile("[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9:/?#@!$&'()*+,;=._~-]|%[0-9A-Fa-f]{2}|%)+")

_TIMED = ["DTSTART", "DTEND", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"]
_ONCE = [*_TIMED, "UID", "SUMMARY", "ORGANIZER", "STATUS", "TRANSP"]
_AT_MOST_ONCE = ["DESCRIPTION", "LOCATION", "CATEGORIES", "URL", "COLOR", "CLASS"]
_REPEATED = ["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"]
_NEVER = [*_REPEATED, "ATTENDEE", "DURATION"]
_TOLD = ["LOCATION", "DESCRIPTION", "CATEGORIES", "GEO", "CONTACT", "URL", "COLOR", "CONFERENCE"]
_SPOKEN = {"SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "NAME"}
_STATES = {"CONFIRMED", "TENTATIVE", "CANCELLED"}
_HEAD = {
    "VERSION": "2.0",
    "CALSCALE": "GREGORIAN",
    "METHOD": "PUBLISH",
    "REFRESH-INTERVAL": "PT1H",
    "X-PUBLISHED-TTL": "PT1H",
}
_READER = {
    "CUTYPE": "INDIVIDUAL",
    "ROLE": "REQ-PARTICIPANT",
    "PARTSTAT": "ACCEPTED",
    "RSVP": "FALSE",
}


@dataclass
class Line:
    """A content line without its folds."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Component:
    """What stands between a BEGIN and its END."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str:
        """The first value of this name, or nothing."""
        return next((line.value for line in self.all(name)), "")

    def named(self, name: str) -> list[Component]:
        return [part for part in self.parts if part.name == name]


def problems(ics: bytes, *, secret: bool = False) -> list[str]:
    """Every fault that can be seen in *ics*, each as a sentence; an empty list is a good feed. One
    behind a *secret* link does not say where it comes from."""
    physical = list(_physical(ics))
    if physical:
        return physical
    try:
        calendar = read(ics)
    except ValueError as torn:
        return [str(torn)]
    return [
        *_calendar(calendar, secret),
        *_zones(calendar),
        *_same_uid(calendar),
        *(fault for event in calendar.named("VEVENT") for fault in _event(event)),
    ]


def invitation_problems(ics: bytes, *, method: str) -> list[str]:
    """Every fault of one session in a letter (RFC 5546 §3.2.2, §3.2.5); empty for a good one."""
    physical = list(_physical(ics))
    if physical:
        return physical
    try:
        calendar = read(ics)
    except ValueError as torn:
        return [str(torn)]
    faults = [*_message(calendar, method), *_zones(calendar)]
    for event in calendar.named("VEVENT"):
        faults += _invited(event) if method == "REQUEST" else _taken_out(event)
        faults += [*_attendee(event), *_times(event)]
        faults += [fault for line in event.lines for fault in _shape(line)]
        faults += [f"a {part.name} inside" for part in event.parts]
    return faults


def read(ics: bytes) -> Component:
    """The tree of components; ValueError where BEGIN and END do not match or a line is torn."""
    root = Component("root")
    stack = [root]
    for line in map(_line, _unfolded(ics)):
        if line.name == "BEGIN":
            stack.append(Component(line.value))
            stack[-2].parts.append(stack[-1])
        elif line.name == "END":
            if stack.pop().name != line.value or not stack:
                raise ValueError(f"END:{line.value} closes something else")
        else:
            stack[-1].lines.append(line)
    if len(stack) != 1 or root.lines or [part.name for part in root.parts] != ["VCALENDAR"]:
        raise ValueError("not exactly one VCALENDAR")
    return root.parts[0]


# --- octets


def _physical(ics: bytes) -> Iterator[str]:
    if ics.startswith(b"\xef\xbb\xbf"):
        yield "starts with a byte order mark"
    if not ics.endswith(b"\r\n"):
        yield "the last line does not end"
    before = b""
    for number, line in enumerate(ics.removesuffix(b"\r\n").split(b"\r\n"), 1):
        yield from (f"line {number} {fault}" for fault in _octets(line))
        if line.startswith(b" ") and _open_escape(before):
            yield f"line {number} folds between a backslash and its letter"
        before = before + line[1:] if line.startswith(b" ") else line


def _octets(line: bytes) -> Iterator[str]:
    if len(line) > 75:
        yield f"has {len(line)} octets"
    try:
        text = line.decode()
    except UnicodeDecodeError:
        yield "is no UTF-8: folded inside a letter?"
        return
    if _CONTROL.search(text):
        yield "has a control character, a bare CR or LF or a line separator"


def _open_escape(text: bytes) -> bool:
    return (len(text) - len(text.rstrip(b"\\"))) % 2 == 1


def _unfolded(ics: bytes) -> list[str]:
    return ics.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def _line(text: str) -> Line:
    name = _NAME.match(text)
    if name is None:
        raise ValueError(f"no property name: {text!r}")
    parameters, rest = {}, text[name.end() :]
    while found := _PARAMETER.match(rest):
        if found[1] in parameters:
            raise ValueError(f"{found[1]} twice: {text!r}")
        parameters[found[1]] = found[2]
        rest = rest[found.end() :]
    if not rest.startswith(":"):
        raise ValueError(f"torn line: {text!r}")
    return Line(name[0], parameters, rest[1:])


# --- the calendar


def _calendar(calendar: Component, secret: bool) -> Iterator[str]:
    yield from _counted(calendar, [*_HEAD, "PRODID", "NAME", "X-WR-CALNAME"])
    if not secret:
        yield from _counted(calendar, ["SOURCE"])
    elif calendar.all("SOURCE"):
        yield "VCALENDAR: SOURCE in a secret feed"
    yield from _at_most_once(calendar, ["COLOR", "X-WR-TIMEZONE"])
    for name, value in _HEAD.items():
        if calendar.value(name) != value:
            yield f"VCALENDAR: {name} is not {value}"
    if calendar.all("UID"):
        yield "VCALENDAR: has a UID"
    for line in calendar.all("NAME") + calendar.all("X-WR-CALNAME"):
        if not line.value or re.search(r"[,;\\]", line.value):
            yield f"VCALENDAR: {line.name} is empty or has a mark that clients show escaped"
    for name, kind in (("REFRESH-INTERVAL", "DURATION"), ("SOURCE", "URI")):
        if any(line.parameters.get("VALUE") != kind for line in calendar.all(name)):
            yield f"VCALENDAR: {name} without VALUE={kind}"
    yield from (f"VCALENDAR: {fault}" for line in calendar.lines for fault in _shape(line))
    strange = {part.name for part in calendar.parts} - {"VEVENT", "VTIMEZONE"}
    yield from (f"VCALENDAR: a {name} inside" for name in sorted(strange))


def _message(calendar: Component, method: str) -> Iterator[str]:
    """A letter is no feed: it says what is to be done, with one event, and nothing of itself."""
    head = {"VERSION": "2.0", "CALSCALE": "GREGORIAN", "METHOD": method}
    yield from _counted(calendar, [*head, "PRODID"])
    for name, value in head.items():
        if calendar.value(name) != value:
            yield f"VCALENDAR: {name} is not {value}"
    strange = {line.name for line in calendar.lines} - {*head, "PRODID"}
    yield from (f"VCALENDAR: {name} in a letter" for name in sorted(strange))
    names = [part.name for part in calendar.parts]
    if names != ["VTIMEZONE", "VEVENT"]:
        yield f"VCALENDAR: holds {names}"


def _invited(event: Component) -> Iterator[str]:
    yield from _counted(event, [*_ONCE, "ATTENDEE"])
    yield from _at_most_once(event, _AT_MOST_ONCE)
    yield from (f"carries {name}" for name in (*_REPEATED, "DURATION") if event.all(name))
    if event.value("STATUS") != "CONFIRMED" or event.value("TRANSP") != "OPAQUE":
        yield "somebody is invited to what is not certain"
    yield from _conference(event)
    yield from _private(event)


def _taken_out(event: Component) -> Iterator[str]:
    """What finds the event, and nothing more."""
    needed = ["UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "ORGANIZER", "ATTENDEE"]
    yield from _counted(event, needed)
    yield from _at_most_once(event, ["STATUS", "CLASS"])
    strange = {line.name for line in event.lines} - {*needed, "STATUS", "CLASS"}
    yield from (f"taken out, but shows {name}" for name in sorted(strange))
    if event.value("STATUS") not in {"", "CANCELLED"}:
        yield f"taken out, but STATUS:{event.value('STATUS')}"


def _attendee(event: Component) -> Iterator[str]:
    for line in event.all("ATTENDEE"):
        if line.parameters != _READER:
            yield f"ATTENDEE with {line.parameters}"
        if not re.fullmatch(r"mailto:[^\s\\;,:<>\"]+@[^\s\\;,:<>\"]+", line.value):
            yield "ATTENDEE is not a mailbox"


def _zones(calendar: Component) -> Iterator[str]:
    zones = Counter(zone.value("TZID") for zone in calendar.named("VTIMEZONE"))
    if not zones:
        yield "VCALENDAR: no VTIMEZONE"
    yield from (f"VTIMEZONE {zone} twice" for zone, times in zones.items() if times > 1)
    for zone in calendar.named("VTIMEZONE"):
        if {part.name for part in zone.parts} != {"DAYLIGHT", "STANDARD"}:
            yield f"VTIMEZONE {zone.value('TZID')}: not one summer and one winter"
        for part in zone.parts:
            yield from _counted(part, ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "RRULE"])
    used = {
        line.parameters["TZID"]
        for event in calendar.named("VEVENT")
        for line in event.lines
        if "TZID" in line.parameters
    }
    yield from (f"no VTIMEZONE for {zone}" for zone in sorted(used - set(zones)))


def _same_uid(calendar: Component) -> Iterator[str]:
    uids = Counter(event.value("UID") for event in calendar.named("VEVENT"))
    yield from (f"UID {uid} on {times} events" for uid, times in uids.items() if times > 1)


# --- an event


def _event(event: Component) -> Iterator[str]:
    faults = (
        *_counted(event, _ONCE),
        *_at_most_once(event, _AT_MOST_ONCE),
        *(f"carries {name}" for name in _NEVER if event.all(name)),
        *(fault for line in event.lines for fault in _shape(line)),
        *_times(event),
        *_state(event),
        *_conference(event),
        *_private(event),
        *(fault for alarm in event.parts for fault in _alarm(alarm)),
    )
    yield from (f"VEVENT {event.value('UID')}: {fault}" for fault in faults)
    if len(event.parts) > 1:
        yield f"VEVENT {event.value('UID')}: more than one alarm"


def _times(event: Component) -> Iterator[str]:
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        if any(not _UTC.fullmatch(line.value) for line in event.all(name)):
            yield f"{name} is not in UTC"
    for line in event.all("DTSTART") + event.all("DTEND"):
        if not (_LOCAL if "TZID" in line.parameters else _UTC).fullmatch(line.value):
            yield f"{line.name} is neither in UTC nor in a named zone"
    zones = {line.parameters.get("TZID") for line in event.all("DTSTART") + event.all("DTEND")}
    if len(zones) > 1:
        yield "starts in one zone and ends in another"
    elif event.value("DTEND") <= event.value("DTSTART"):
        yield "ends before it starts"
    if not re.fullmatch(r"\d{1,10}", event.value("SEQUENCE")):
        yield "SEQUENCE is no number"


def _state(event: Component) -> Iterator[str]:
    state, shown = event.value("STATUS"), event.value("TRANSP")
    if shown != {"CONFIRMED": "OPAQUE"}.get(state, "TRANSPARENT") or state not in _STATES:
        yield f"STATUS:{state} with TRANSP:{shown}"
    if state == "CANCELLED" and event.parts:
        yield "cancelled, but rings"
    if event.all("CLASS") and event.value("CLASS") not in {"PUBLIC", "PRIVATE"}:
        yield f"CLASS:{event.value('CLASS')}"


def _conference(event: Component) -> Iterator[str]:
    for line in event.all("CONFERENCE"):
        if line.parameters.get("VALUE") != "URI":
            yield "CONFERENCE without VALUE=URI"
        if line.value not in re.sub(r"\\([\\;,])", r"\1", event.value("DESCRIPTION")):
            yield "the link of CONFERENCE is not in DESCRIPTION"


def _private(event: Component) -> Iterator[str]:
    if event.value("CLASS") == "PRIVATE":
        yield from (f"private, but shows {name}" for name in _TOLD if event.all(name))


def _alarm(alarm: Component) -> Iterator[str]:
    if alarm.name != "VALARM":
        yield f"a {alarm.name} inside"
        return
    yield from (f"VALARM: {fault}" for fault in _counted(alarm, ["ACTION", "DESCRIPTION"]))
    if alarm.value("ACTION") != "DISPLAY":
        yield "VALARM: not a DISPLAY"
    triggers = alarm.all("TRIGGER")
    if len(triggers) != 1 or triggers[0].parameters or not _LEAD.fullmatch(triggers[0].value):
        yield "VALARM: TRIGGER is not one time before the start"
    known = {"ACTION", "DESCRIPTION", "TRIGGER"}
    yield from (f"VALARM: has {line.name}" for line in alarm.lines if line.name not in known)
    yield from (f"VALARM: {fault}" for line in alarm.lines for fault in _shape(line))


# --- one line


def _shape(line: Line) -> Iterator[str]:
    """Does the value look like what its name promises?"""
    name, value = line.name, line.value
    if name in _SPOKEN and not _LANGUAGE.fullmatch(line.parameters.get("LANGUAGE", "")):
        yield f"{name} does not say its LANGUAGE"
    if name in {"UID", "SUMMARY", "DESCRIPTION", "LOCATION"} and not _TEXT.fullmatch(value):
        yield f"{name} is not escaped"
    if name == "CATEGORIES" and not re.fullmatch(r"[^\\;,]+(,[^\\;,]+)*", value):
        yield "CATEGORIES has an empty one or a mark that readers take for a comma"
    if name in {"URL", "SOURCE", "CONFERENCE"} and not _URI.fullmatch(value):
        yield f"{name} is not a link"
    if name == "COLOR" and not re.fullmatch("[a-z]{3,20}", value):
        yield "COLOR is not the name of a colour"
    if name == "ORGANIZER" and not re.fullmatch(r"mailto:[^\s\\;,:<>\"]*", value):
        yield "ORGANIZER is not a mailbox"


def _counted(component: Component, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if (times := len(component.all(name))) != 1:
            yield f"{component.name} has {times} {name}"


def _at_most_once(component: Component, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if len(component.all(name)) > 1:
            yield f"{component.name} has {name} more than once"
