"""What a mail server says later about a letter that it took: it came back, or is still on its way
(RFC 3464); its reader complained (RFC 5965). Pure: bytes in, values out.

Anybody may send such a report. It is about one of our letters only if it names a Message-ID of
ours, which nobody can guess; whoever calls looks that up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import Enum, auto

LONGEST = 512 * 1024
MOST_PARTS = 20
MOST_REPORTS = 20

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID = re.compile(r"<([\w.+=@-]{3,250})>", re.ASCII)
_DEAD = re.compile(r"5\.(1\.\d+|2\.1|4\.4)")  # no such mailbox, switched off, no such domain


class About(Enum):
    """What a report says."""

    BOUNCED = auto()
    DELAYED = auto()
    COMPLAINED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report about one letter. *recipients*: the addresses that it names, in lower case.
    *status*: RFC 3463, such as ``5.1.1``. *is_dead*: no letter to this address will ever arrive."""

    about: About
    message_id: str
    recipients: frozenset[str]
    status: str | None = None

    @property
    def is_dead(self) -> bool:
        return self.about is About.BOUNCED and bool(_DEAD.fullmatch(self.status or ""))


def read_report(content: bytes) -> list[Report]:
    """What *content* reports of our letters; nothing if it is no report, or not one that can be
    read. Never raises."""
    if len(content) > LONGEST or content.lower().count(b"boundary") > MOST_PARTS:
        return []
    try:
        return _reports(message_from_bytes(content))[:MOST_REPORTS]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return []  # the parser of the standard library meets what nobody foresaw


def _reports(mail: Message) -> list[Report]:
    parts = list(mail.walk())[: MOST_PARTS * 4]
    message_id = _original_id(parts)
    if mail.get_content_type() != "multipart/report" or message_id is None:
        return []
    kind = str(mail.get_param("report-type", "")).lower()
    if kind == "feedback-report":
        return _complaint(parts, message_id)
    return _delivery(parts, message_id) if kind == "delivery-status" else []


def _delivery(parts: list[Message], message_id: str) -> list[Report]:
    found = []
    for block in _blocks(parts, "message/delivery-status"):
        about = {"failed": About.BOUNCED, "delayed": About.DELAYED}.get(_word(block, "Action"))
        if about is not None:
            found.append(
                Report(
                    about=about,
                    message_id=message_id,
                    recipients=_addresses(block, "Final-Recipient", "Original-Recipient"),
                    status=_status(block),
                )
            )
    return found


def _complaint(parts: list[Message], message_id: str) -> list[Report]:
    for block in _blocks(parts, "message/feedback-report"):
        kind = _word(block, "Feedback-Type")
        if kind and kind != "not-spam":
            who = _addresses(block, "Original-Rcpt-To", "Removal-Recipient")
            return [Report(about=About.COMPLAINED, message_id=message_id, recipients=who)]
    return []


def _blocks(parts: list[Message], content_type: str) -> list[Message]:
    """The groups of fields in the parts of that type."""
    found: list[Message] = []
    for part in parts:
        if part.get_content_type() == content_type:
            inside = part.get_payload()
            found += [one for one in inside if isinstance(one, Message)] if inside else []
            if isinstance(inside, str):
                found.append(message_from_bytes(inside.encode(errors="replace")))
    return found[: MOST_REPORTS * 2]


def _original_id(parts: list[Message]) -> str | None:
    """The Message-ID of the letter that is reported, from its headers, which come last."""
    for part in parts:
        kind = part.get_content_type()
        inside = part.get_payload()
        if kind == "message/rfc822" and isinstance(inside, list):
            original = next((one for one in inside if isinstance(one, Message)), Message())
        elif kind == "text/rfc822-headers" and isinstance(inside, str):
            decoded = part.get_payload(decode=True)
            original = message_from_bytes(decoded if isinstance(decoded, bytes) else b"")
        else:
            continue
        found = _MESSAGE_ID.search(str(original.get("Message-ID", ""))[:1000])
        if found:
            return found[1]
    return None


def _word(block: Message, name: str) -> str:
    return str(block.get(name, "")).split("(")[0].strip().lower()[:40]


def _addresses(block: Message, *names: str) -> frozenset[str]:
    values = (str(value) for name in names for value in block.get_all(name, []))
    bare = (value.rpartition(";")[2].strip().strip("<>").lower() for value in values)
    return frozenset(one for one in bare if "@" in one and len(one) <= 320)


def _status(block: Message) -> str | None:
    """The status; where it says nothing (x.0.0), what the other server answered."""
    said = _STATUS.search(_word(block, "Status"))
    closer = _STATUS.search(str(block.get("Diagnostic-Code", ""))[:1000])
    if said and said[0].endswith(".0.0") and closer and closer[1] == said[1]:
        return closer[0]
    return said[0] if said else None
