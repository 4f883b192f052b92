"""One letter to one person, and the e-mail message that it becomes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import cast

LINE = 78  # RFC 5322 section 2.1.1: no line should be longer

_MAILBOX = re.compile(r'[^\s"(),:;<>@\[\\\]]+@[^\s"(),:;<>@\[\\\]]+')
_MESSAGE_ID = re.compile(r"[\w+=-]+(\.[\w+=-]+)*@[\w-]+(\.[\w-]+)*", re.ASCII)
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")


class NotAMailbox(ValueError):
    """The address is not exactly one plain mailbox; the text does not repeat it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a letter says, in parts, so that one letter can be made of several."""

    greeting: str
    paragraphs: tuple[str, ...]
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForCalendar:
    """What the reader's calendar program is to do (RFC 6047): *ics* says *method* itself too."""

    method: str
    ics: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The same in few words, for what everybody sees on the screen of a telephone.

    *sender* and *line* stand in a notification, *text* in a short message; *page* is where the
    reader finds the rest, after signing in. After *until* it is of no use. A newer one with the
    same *topic* takes its place; the topic tells nobody what it is about. An *urgent* one wakes
    the telephone.
    """

    sender: str
    line: str
    text: str
    page: str
    until: datetime
    topic: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser that shows messages: its secret address at its maker's push service, and its keys.
    *id* is our number of it, *server_key* the mark of the key of ours that it knows."""

    id: int
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    server_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person is told, ready to leave.

    *to* is one mailbox, an E.164 number, or the address of the first of *devices*; *language* a BCP
    47 tag, *message_id* has its angle brackets and stays the same when the letter is sent again;
    *sent_at* must be aware (`ValueError` otherwise). Who opens *unsubscribe* gets no more letters
    of that sort; it is told to mail programs where it is https. *instead*: the same in the language
    in which every letter exists, where that is another: to stand beside one that exists in no
    other.
    """

    to: str
    subject: str
    text: str
    html: str | None
    language: str
    message_id: str
    sent_at: datetime
    unsubscribe: str | None = None
    said: Said | None = None
    calendar: ForCalendar | None = None
    brief: Brief | None = None
    devices: tuple[Device, ...] = ()
    instead: Letter | None = None

    def __post_init__(self) -> None:
        if self.sent_at.utcoffset() is None:
            raise ValueError("sent_at must be aware")


def as_email(letter: Letter, *, mail_from: str, mail_name: str) -> EmailMessage:
    """*letter* as an RFC 5322 message: text, and HTML beside it where there is one.

    The body is 7-bit safe, so that any server takes it; the headers too, unless a mailbox itself
    is not ASCII (RFC 6532). It has one recipient, and says that no person wrote it (RFC 3834).
    What is for the calendar is a third way to read it, and the only thing that is ever attached:
    some programs look here, some there. The same letter always gives the same bytes. Raises
    `NotAMailbox`.
    """
    sender, recipient = mailbox(mail_from), mailbox(letter.to)
    email = EmailMessage(policy=_POLICY.clone(utf8=not (sender + recipient).isascii()))
    email["Date"] = letter.sent_at.astimezone(UTC)
    email["Message-ID"] = message_id(letter.message_id)
    email["From"] = _address(sender, _one_line(mail_name))
    email["To"] = _address(recipient)
    email["Subject"] = _one_line(letter.subject)
    email["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe and letter.unsubscribe.startswith("https://"):  # RFC 8058 section 3.1
        email["List-Unsubscribe"] = f"<{_one_line(letter.unsubscribe)}>"
        email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(email, letter)
    email["Content-Language"] = re.sub(r"[^A-Za-z0-9-]", "", letter.language)
    return email


def mailbox(address: str) -> str:
    """*address* without white space around it. Raises `NotAMailbox` unless it is exactly one."""
    stripped = address.strip()
    if not _MAILBOX.fullmatch(stripped) or any(unicodedata.category(c)[0] == "C" for c in stripped):
        raise NotAMailbox("not one plain mailbox")
    return stripped


def message_id(value: str) -> str:
    """*value* in angle brackets if it can be a Message-ID (RFC 5322 section 3.6.4).

    Otherwise one made from it, so that the same value still always gives the same.
    """
    inside = value.strip().removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(inside):
        inside = hashlib.sha256(value.encode(errors="replace")).hexdigest() + "@message.invalid"
    return f"<{inside}>"


class _Policy(EmailPolicy):
    """Python 3.11 damages long non-ASCII headers when it folds them; so we fold our own."""

    def fold(self, name: str, value: str) -> str:
        match name.lower():
            case "subject":
                folded = _words(name, value)
            case "from":
                folded = _sender(name, value)
            case "to" | "message-id" | "list-unsubscribe":
                folded = value
            case _:
                return str(super().fold(name, value))
        return f"{name}: {folded}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def _sender(name: str, value: str) -> str:
    (address,) = cast(AddressHeader, value).addresses
    display, mailbox = address.display_name, f"{address.username}@{address.domain}"
    if not display:
        return mailbox
    phrase = _words(name, display) if _ATOMS.fullmatch(display) else _encoded(name, display)
    fits = len(name) + len(phrase) + len(mailbox) + 5 <= LINE
    return f"{phrase} <{mailbox}>" if fits else f"{phrase}\r\n <{mailbox}>"


def _words(name: str, value: str) -> str:
    if value.isascii() and len(name) + 2 + len(value) <= LINE:
        return value
    return _encoded(name, value)


def _encoded(name: str, value: str) -> str:
    """*value* as RFC 2047 words, folded."""
    return Header(value, "utf-8", header_name=name).encode(linesep="\r\n")


def _address(spec: str, display: str = "") -> Address:
    user, _, domain = spec.rpartition("@")
    return Address(display_name=display, username=user, domain=domain)


def _fill(email: EmailMessage, letter: Letter) -> None:
    email.set_content(_body(letter.text))
    if letter.html is not None:
        email.add_alternative(_body(letter.html), subtype="html")
    if letter.calendar is not None:
        _add_calendar(email, letter.calendar)
    html, ics = letter.html or "", letter.calendar.ics.decode() if letter.calendar else ""
    whole = "\n".join((message_id(letter.message_id), _body(letter.text), _body(html) + ics))
    for number, part in enumerate(one for one in email.walk() if one.is_multipart()):
        mark = str(number or "") + whole
        part.set_boundary(hashlib.sha256(mark.encode()).hexdigest())


def _add_calendar(email: EmailMessage, calendar: ForCalendar) -> None:
    """The same bytes twice (RFC 6047 section 2.4); the name of the file tells nothing."""
    params = {"method": calendar.method, "charset": "UTF-8", "component": "VEVENT"}
    email.add_alternative(
        calendar.ics, maintype="text", subtype="calendar", cte="base64", params=params
    )
    email.add_attachment(
        calendar.ics, maintype="application", subtype="ics", cte="base64", filename="invite.ics"
    )


def _body(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c in "\n\t" else _printable(c, instead="") for c in lines)


def _one_line(value: str) -> str:
    # An encoded word in a value would be decoded, line breaks and all, and so make a new header.
    shown = " ".join("".join(_printable(c, instead=" ") for c in value).split())
    return re.sub(r"=(?=\?)", "= ", shown)


def _printable(character: str, *, instead: str) -> str:
    match unicodedata.category(character):
        case "Cc":
            return instead
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return character
