"""Letters that come back, and complaints: noted once, for the right address; hostile files harm
nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.config import BadSetting, read_settings
from app.extensions import db
from app.notices.ledger import Attempt, Outcome, Stop, StoppedAddress
from app.notices.models import Notice, State
from app.notices.queries import call_list
from app.notices.reports import LONGEST, About, read_report
from app.notices.returned import read_returned
from app.notices.stopping import stopped_addresses, use_again
from app.people.models import Person
from tests import make
from tests.notices.test_outbox import NOON, Recorder, owe, send, state_of

DOMAIN = "punte.example"
LATER = NOON + timedelta(hours=1)


def bounce(
    message_id: str,
    to: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <x> unknown",
    original: str = "message/rfc822",
) -> bytes:
    """As a mail server writes it (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example
To: punte@centre.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
MIME-Version: 1.0

--b1
Content-Type: text/plain

I am sorry.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--b1
Content-Type: {original}

Message-ID: <{message_id}>
Subject: You have a meeting
To: {to}

--b1--
""".encode()


def complaint(message_id: str, *, kind: str = "abuse", to: str = "") -> bytes:
    """As a mail provider writes it (RFC 5965)."""
    whose = f"Original-Rcpt-To: {to}\n" if to else ""
    return f"""From: feedback@provider.example
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"
MIME-Version: 1.0

--b2
Content-Type: text/plain

Somebody complained.

--b2
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
{whose}
--b2
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>
Subject: You have a meeting

--b2--
""".encode()


class TestReading:
    @pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers"])
    def test_a_bounce_names_the_letter_the_address_and_the_reason(self, original: str) -> None:
        [report] = read_report(bounce("abc@punte.example", "Ana@Example.org", original=original))

        assert (report.about, report.message_id) == (About.BOUNCED, "abc@punte.example")
        assert (report.recipients, report.status) == (frozenset({"ana@example.org"}), "5.1.1")
        assert report.is_dead

    @pytest.mark.parametrize(
        ("status", "diagnostic", "dead"),
        [
            ("5.1.1", "", True),
            ("5.1.10", "", True),
            ("5.2.1", "", True),
            ("5.4.4", "", True),
            ("5.0.0", "smtp; 550 5.1.1 unknown", True),
            ("5.0.0", "smtp; 550 5.7.1 blocked", False),
            ("5.2.2", "smtp; 552 5.1.1", False),
            ("5.7.1", "", False),
            ("5.0.0", "", False),
            ("", "", False),
        ],
    )
    def test_only_some_reasons_mean_that_the_address_is_dead(
        self, status: str, diagnostic: str, dead: bool
    ) -> None:
        content = bounce("a@b", "ana@example.org", status=status, diagnostic=diagnostic)

        assert [one.is_dead for one in read_report(content)] == [dead]

    def test_a_delay_is_no_bounce_and_good_news_is_none(self) -> None:
        late = bounce("a@b.c", "ana@example.org", action="delayed", status="4.4.1")
        fine = bounce("a@b.c", "ana@example.org", action="delivered", status="2.0.0")

        assert [(one.about, one.is_dead) for one in read_report(late)] == [(About.DELAYED, False)]
        assert read_report(fine) == []

    def test_a_complaint_is_one_unless_it_says_the_contrary(self) -> None:
        assert [one.about for one in read_report(complaint("abc@punte.example"))] == [
            About.COMPLAINED
        ]
        assert read_report(complaint("abc@punte.example", kind="not-spam")) == []

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"hello",
            b"From: layla@example.org\nSubject: Re: You have a meeting\n\nI will be late.\n",
            bounce("a@b.c", "x@y.z").replace(b"message/rfc822", b"text/plain"),
            bounce("a@b.c", "x@y.z").replace(b"delivery-status;", b"other;"),
            bounce("not an id", "x@y.z"),
            b"x" * (LONGEST + 1),
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 2000,
            b"Content-Type: message/rfc822\n\n" * 3000,
            bounce("a@b.c", "x@y.z").replace(b"utf", b"\xff\xfe\x00"),
        ],
    )
    def test_what_is_no_report_says_nothing(self, content: bytes) -> None:
        assert all(one.message_id == "a@b.c" for one in read_report(content))

    @given(st.binary(max_size=2000), st.integers(0, 1500), st.integers(0, 300))
    @settings(max_examples=300, deadline=None)
    def test_nothing_that_is_cut_or_spoilt_makes_it_fail(
        self, junk: bytes, at: int, gone: int
    ) -> None:
        for whole in (bounce("a@b.c", "x@y.z"), complaint("a@b.c", to="x@y.z")):
            assert len(read_report(whole[:at] + junk + whole[at + gone :])) <= 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "returned"
    there.mkdir()
    return there


def sent_to(person: Person, **given: object) -> Notice:
    notice = owe(person, **given)  # type: ignore[arg-type]
    send(Recorder())
    return notice


def take(folder: Path, *files: bytes) -> int:
    for number, content in enumerate(files):
        (folder / f"{number}.eml").write_bytes(content)
    return read_returned(folder, domain=DOMAIN, now=LATER)


@pytest.mark.usefixtures("app")
class TestNoting:
    def test_what_came_back_is_on_the_call_list_and_no_more_letters_go_there(
        self, folder: Path
    ) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here)
        notice = sent_to(layla)

        assert take(folder, bounce(f"{notice.ref}@{DOMAIN}", layla.email or "")) == 1

        assert state_of(notice) is State.FAILED
        assert db.session.scalars(call_list(boss, now=LATER)).all() == [notice]
        [stopped] = db.session.scalars(stopped_addresses(boss))
        assert (stopped.why, stopped.code, stopped.person) == (Stop.BOUNCED, "5.1.1", layla)
        assert Outcome.BOUNCED in set(db.session.scalars(select(Attempt.outcome)))
        assert list(folder.iterdir()) == []
        next_one = owe(layla, "next")
        assert send(Recorder(), LATER) == 0
        assert state_of(next_one) is State.FAILED

    def test_the_same_report_twice_is_noted_once(self, folder: Path) -> None:
        layla = make.person()
        notice = sent_to(layla)
        report = bounce(f"{notice.ref}@{DOMAIN}", layla.email or "")

        take(folder, report, report)
        notice.state = State.TOLD  # somebody telephoned meanwhile
        take(folder, report)

        assert state_of(notice) is State.TOLD
        assert len(db.session.scalars(select(StoppedAddress)).all()) == 1
        assert len(db.session.scalars(select(Attempt)).all()) == 2

    def test_a_full_mailbox_and_another_address_stop_nothing(self, folder: Path) -> None:
        layla, amina = make.person(), make.person()
        full, forwarded = sent_to(layla, key="full"), sent_to(amina, key="forwarded")

        take(
            folder,
            bounce(f"{full.ref}@{DOMAIN}", layla.email or "", status="5.2.2"),
            bounce(f"{forwarded.ref}@{DOMAIN}", "elsewhere@example.org"),
        )

        assert (state_of(full), state_of(forwarded)) == (State.FAILED, State.FAILED)
        assert db.session.scalars(select(StoppedAddress)).all() == []

    def test_who_does_not_know_a_letter_of_ours_changes_nothing(self, folder: Path) -> None:
        layla = make.person()
        notice = sent_to(layla)
        guesses = (f"{notice.ref}@elsewhere.example", f"guess@{DOMAIN}", f"{notice.id}@{DOMAIN}")

        assert take(folder, *(bounce(one, layla.email or "") for one in guesses)) == 0
        assert state_of(notice) is State.SENT
        assert db.session.scalars(select(StoppedAddress)).all() == []

    def test_a_delay_is_kept_with_the_tries(self, folder: Path) -> None:
        layla = make.person()
        notice = sent_to(layla)

        take(
            folder,
            bounce(f"{notice.ref}@{DOMAIN}", layla.email or "", action="delayed", status="4.4.1"),
        )

        assert state_of(notice) is State.SENT
        assert Outcome.DELAYED in set(db.session.scalars(select(Attempt.outcome)))

    def test_who_complains_gets_no_more_letters_and_the_staff_know(self, folder: Path) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here)
        notice = sent_to(layla)

        take(folder, complaint(f"{notice.ref}@{DOMAIN}"))

        assert state_of(notice) is State.SENT
        [stopped] = db.session.scalars(stopped_addresses(boss))
        assert stopped.why is Stop.COMPLAINED
        use_again(stopped, by=boss, now=LATER)
        owe(layla, "next")
        assert send(Recorder(), LATER) == 1

    def test_a_complaint_about_an_address_they_no_longer_have_stops_nothing(
        self, folder: Path
    ) -> None:
        layla = make.person()
        notice = sent_to(layla)

        take(folder, complaint(f"{notice.ref}@{DOMAIN}", to="old@example.org"))

        assert db.session.scalars(select(StoppedAddress)).all() == []

    def test_the_staff_of_another_centre_know_nothing_of_it(self, folder: Path) -> None:
        layla = make.participant(make.centre())
        notice = sent_to(layla)
        take(folder, bounce(f"{notice.ref}@{DOMAIN}", layla.email or ""))

        assert db.session.scalars(stopped_addresses(make.coordinator(make.centre()))).all() == []

    def test_what_a_person_wrote_is_kept_for_a_person(self, folder: Path) -> None:
        take(folder, b"From: layla@example.org\n\nI will be late.\n")

        assert [one.name for one in (folder / "other").iterdir()] == ["0.eml"]
        assert read_returned(folder, domain=DOMAIN, now=LATER) == 0

    def test_of_a_maildir_the_new_ones_are_read(self, folder: Path) -> None:
        layla = make.person()
        notice = sent_to(layla)
        (folder / "new").mkdir()
        report = bounce(f"{notice.ref}@{DOMAIN}", layla.email or "")
        (folder / "new" / "1.host").write_bytes(report)

        assert read_returned(folder, domain=DOMAIN, now=LATER) == 1

    def test_links_pipes_folders_and_giants_are_not_followed_opened_or_waited_for(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_bytes(b"secret")
        (folder / "link").symlink_to(tmp_path / "secret")
        os.mkfifo(folder / "pipe")
        (folder / "folder").mkdir()
        with (folder / "giant").open("wb") as giant:
            giant.truncate(LONGEST + 1)

        assert read_returned(folder, domain=DOMAIN, now=LATER) == 0
        assert (tmp_path / "secret").read_bytes() == b"secret"
        assert [one.name for one in (folder / "other").iterdir()] == ["giant"]


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="PUNTE_RETURNED"):
        read_settings({"PUNTE_DATA": str(tmp_path), "PUNTE_RETURNED": str(tmp_path / "none")})
