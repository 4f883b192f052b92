"""What a letter looks like on the wire, whatever is written in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.notices.letter import ForCalendar, Letter, NotAMailbox, as_email

EXPECTED_HEADERS = {
    "date",
    "message-id",
    "from",
    "to",
    "subject",
    "auto-submitted",
    "content-language",
    "content-type",
    "content-transfer-encoding",
    "mime-version",
}
BREAKS = ["\r\n", "\n", "\r", "\r\n\r\n", "\0\r\n", "\v", "\f", "\x1c", "\x1e", "\x85", "\u2028"]
INJECTIONS = [f"Hello{each}Bcc: eve@example.org{each}" for each in BREAKS] + [
    "Hello\r\n Bcc: eve@example.org",
    "Hello\r\n\r\n<p>a second body</p>",
    "=?utf-8?q?Hello=0D=0ABcc:_eve@example.org?=",
    "=?utf-8?b?SGVsbG8NCkJjYzogZXZlQGV4YW1wbGUub3Jn?=",
    "=\0?utf-8?q?Hello=0D=0ABcc:_eve@example.org?=",
    "Hello %0d%0aBcc: eve@example.org",
    "Hello\udc0d\udc0aBcc: eve@example.org",
]
RTL = "موعدك غداً الساعة 10:00 — «دورة اللغة الرومانية»\u200f"


def letter(**given: Any) -> Letter:
    facts: dict[str, Any] = {
        "to": "ana@example.org",
        "subject": "You have a meeting",
        "text": "Tomorrow at ten.\n",
        "html": None,
        "language": "en",
        "message_id": "<one@punte.example>",
        "sent_at": datetime(2026, 4, 1, 9, 30, tzinfo=UTC),
    }
    return Letter(**(facts | given))


def email(*, mail_from: str = "punte@example.org", mail_name: str = "Punte", **given: Any) -> bytes:
    return as_email(letter(**given), mail_from=mail_from, mail_name=mail_name).as_bytes()


def read(raw: bytes) -> EmailMessage:
    read = message_from_bytes(raw, policy=default)
    assert isinstance(read, EmailMessage)
    return read


def shown(raw: bytes, name: str) -> str:
    """The header as the older, separate decoder of the standard library reads it."""
    plain: Message = message_from_bytes(raw)
    return str(make_header(decode_header(plain[name]))).replace("\n", "")


def head(raw: bytes) -> list[bytes]:
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")


def body(part: Message) -> str:
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def printable(text: str) -> list[str]:
    return [c for c in text if c.isprintable() and c != "\ufffd"]


def names(raw: bytes) -> list[str]:
    return [each.lower() for each in message_from_bytes(raw)]


def test_a_plain_letter_can_be_read_as_it_is() -> None:
    assert email().decode().splitlines() == [
        "Date: Wed, 01 Apr 2026 09:30:00 +0000",
        "Message-ID: <one@punte.example>",
        "From: Punte <punte@example.org>",
        "To: ana@example.org",
        "Subject: You have a meeting",
        "Auto-Submitted: auto-generated",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 7bit",
        "MIME-Version: 1.0",
        "Content-Language: en",
        "",
        "Tomorrow at ten.",
    ]


def test_html_comes_second_and_nothing_is_attached() -> None:
    sent = read(email(html="<p>Mâine la zece.</p>\n"))

    assert sent.get_content_type() == "multipart/alternative"
    parts = [each for each in sent.walk() if not each.is_multipart()]
    assert [each.get_content_type() for each in parts] == ["text/plain", "text/html"]
    assert [body(each) for each in parts] == ["Tomorrow at ten.\n", "<p>Mâine la zece.</p>\n"]
    assert list(sent.iter_attachments()) == []


class TestForCalendar:
    """multipart/mixed > (alternative > text, HTML, calendar) + file: what Gmail, Outlook and Apple
    look for, each somewhere else."""

    ICS = "BEGIN:VCALENDAR\r\nX-È:ș\r\nEND:VCALENDAR\r\n".encode()

    def sent(self, **given: Any) -> EmailMessage:
        calendar = ForCalendar(method="REQUEST", ics=self.ICS)
        return read(email(html="<p>ș</p>", calendar=calendar, **given))

    def test_is_a_third_way_to_read_it_and_a_file(self) -> None:
        whole = self.sent()
        alternative, attached = whole.iter_parts()

        assert whole.get_content_type() == "multipart/mixed"
        assert alternative.get_content_type() == "multipart/alternative"
        assert [one.get_content_type() for one in alternative.iter_parts()] == [
            "text/plain",
            "text/html",
            "text/calendar",
        ]
        assert attached.get_content_type() == "application/ics"
        assert (attached.get_content_disposition(), attached.get_filename()) == (
            "attachment",
            "invite.ics",
        )

    def test_says_what_the_calendar_is_to_do(self) -> None:
        part = next(one for one in self.sent().walk() if one.get_content_subtype() == "calendar")

        assert part["Content-Type"].params == {
            "method": "REQUEST",
            "charset": "UTF-8",
            "component": "VEVENT",
        }

    def test_is_the_same_bytes_twice(self) -> None:
        parts = [one for one in self.sent().walk() if "ics" in str(one["Content-Type"])]
        parts += [one for one in self.sent().walk() if one.get_content_subtype() == "calendar"]

        assert [one.get_payload(decode=True) for one in parts] == [self.ICS] * 2

    def test_passes_any_server_and_never_changes(self) -> None:
        calendar = ForCalendar(method="CANCEL", ics=self.ICS)
        first, second = (email(html="<p>ș</p>", calendar=calendar) for _ in range(2))

        assert first == second
        assert first.isascii()
        other = ForCalendar(method="CANCEL", ics=self.ICS.replace(b"X-", b"Y-"))
        assert email(html="<p>ș</p>", calendar=other) != first


def test_the_date_is_given_in_utc() -> None:
    at = datetime(2026, 4, 1, 12, 30, tzinfo=timezone(timedelta(hours=3)))

    assert b"Date: Wed, 01 Apr 2026 09:30:00 +0000" in head(email(sent_at=at))


def test_a_naive_date_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        letter(sent_at=datetime(2026, 4, 1))  # noqa: DTZ001


def test_the_same_letter_always_gives_the_same_bytes() -> None:
    assert email(html="<p>ș</p>") == email(html="<p>ș</p>")
    assert email(html="<p>ș</p>") != email(html="<p>ț</p>")


@pytest.mark.parametrize("written", INJECTIONS)
@pytest.mark.parametrize("field", ["subject", "mail_name", "language", "message_id"])
def test_no_value_can_bring_a_header_of_its_own(field: str, written: str) -> None:
    raw = email(html="<p>Tomorrow.</p>", **{field: written})

    assert set(names(raw)) <= EXPECTED_HEADERS
    assert len(names(raw)) == len(set(names(raw)))
    assert b"\r\nBcc" not in raw
    assert [each.addr_spec for each in read(raw)["To"].addresses] == ["ana@example.org"]
    assert len(list(read(raw).iter_parts())) == 2


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=100), st.text(max_size=40), st.text(max_size=90))
def test_no_text_at_all_adds_a_header_or_a_long_line(
    subject: str, mail_name: str, language: str, message_id: str
) -> None:
    raw = email(subject=subject, mail_name=mail_name, language=language, message_id=message_id)

    assert set(names(raw)) <= EXPECTED_HEADERS
    assert raw.isascii()
    assert all(len(each) <= 998 and b"\r" not in each for each in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org\r\nBcc: eve@example.org",
        "ana@example.org, eve@example.org",
        "ana@example.org;eve@example.org",
        "ana@example.org eve@example.org",
        "Ana <ana@example.org>",
        "<ana@example.org>",
        "ana@example.org> SIZE=1",
        "ana@eve@example.org",
        "team: ana@example.org;",
        "ana\0@example.org",
        "ana\u200b@example.org",
        "ana\ud800@example.org",
        "ana(eve)@example.org",
        '"ana"@example.org',
        "ana",
        "@example.org",
        "ana@",
        "",
    ],
)
def test_refused_unless_there_is_exactly_one_recipient(address: str) -> None:
    with pytest.raises(NotAMailbox) as refusal:
        email(to=address)

    assert "ana" not in str(refusal.value)
    with pytest.raises(NotAMailbox):
        email(mail_from=address)


def test_white_space_around_an_address_is_dropped() -> None:
    assert b"To: ana@example.org" in head(email(to=" ana@example.org\r\n"))


@pytest.mark.parametrize(
    "subject",
    [
        RTL,
        " ".join([RTL] * 6),
        "a" * 70 + " ș" * 60,
        "Centrul de integrare pentru migranți, București și alte orașe foarte lungi",
        "ще раз про заняття завтра " * 5 + ".",
        "\U0001f4c5" * 90,
        "x" * 1200,
        "می‌خواهم",
    ],
)
def test_a_subject_in_any_script_arrives_as_it_was_written(subject: str) -> None:
    raw = email(subject=subject)

    assert shown(raw, "Subject") == subject
    assert all(len(each) <= 78 for each in head(raw))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_every_printable_subject_arrives(subject: str) -> None:
    assert shown(email(subject=subject), "Subject") == subject.replace("=?", "= ?")


@pytest.mark.parametrize(
    "mail_name",
    [
        "Punte",
        'Popescu, Ștefan "Fane" \\',
        "Centrul (filiala nord); <Cluj>",
        "eve@example.org",
        "eve@example.org, Ana",
        "Centrul de integrare pentru migranți, București și alte orașe foarte lungi",
        RTL,
    ],
)
def test_the_sender_has_one_name_and_one_address(mail_name: str) -> None:
    raw = email(mail_name=mail_name)

    (sender,) = read(raw)["From"].addresses
    assert sender.addr_spec == "punte@example.org"
    assert shown(raw, "From") == f"{mail_name} <punte@example.org>"
    assert all(len(each) <= 78 for each in head(raw))


def test_a_sender_without_a_name_is_only_an_address() -> None:
    assert b"From: punte@example.org" in head(email(mail_name="\r\n"))


def test_a_recipient_is_never_named() -> None:
    assert [each.display_name for each in read(email())["To"].addresses] == [""]


def test_a_long_message_id_stays_in_one_piece() -> None:
    long = f"<{'a' * 120}@{'b' * 60}.example>"

    assert f"Message-ID: {long}".encode() in head(email(message_id=long))


@pytest.mark.parametrize(
    "text",
    [
        RTL + "\n",
        "y" * 5000 + "\n",
        "ș" * 5000 + "\n",
        ".\n..\n.hidden\n",
        "From the centre\n",
        "\n\n  spaces  \n\ttab\n",
        "plain\n" * 12 + RTL + "\n",
        "caf\u0065\u0301 = 100 %\n",
        "one\u2028two\u2029three\n",
    ],
)
def test_a_body_in_any_script_arrives_in_short_ascii_lines(text: str) -> None:
    raw = email(text=text, html=f"<p dir='rtl'>{text}</p>\n")

    assert raw.isascii()
    assert all(len(each) <= 78 for each in raw.split(b"\r\n") if b"boundary" not in each)
    plain, html = read(raw).iter_parts()
    assert body(plain) == text
    assert body(html) == f"<p dir='rtl'>{text}</p>\n"


@settings(deadline=None)
@given(st.text(max_size=400))
def test_every_body_arrives_without_its_control_characters(text: str) -> None:
    arrived = body(read(email(text=text)))

    assert not any(ord(c) < 32 and c not in "\n\t" for c in arrived)
    assert printable(arrived) == printable(text)


def test_line_ends_of_other_systems_become_line_ends() -> None:
    assert b"\r\n\r\none\r\ntwo\r\nthree\r\n" in email(text="one\r\ntwo\rthree\x00")


def test_a_mailbox_beyond_ascii_is_written_as_it_is() -> None:
    raw = email(to="ștefan@bücher.example")

    assert "To: ștefan@bücher.example".encode() in head(raw)
    assert b"From: Punte <punte@example.org>" in head(raw)
