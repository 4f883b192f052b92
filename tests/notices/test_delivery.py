"""What each answer of a mail server means, said by a real server on loopback."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from enum import Enum, auto
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.notices.delivery import (
    AddressRefused,
    FolderPost,
    LetterRefused,
    MailRefused,
    NotDelivered,
    PerhapsSent,
    SmtpPost,
    TryLater,
)
from app.notices.letter import Letter, as_email

FROM = "punte@centre.example"
NAME = "Punte"
SECRET = "pa55word"
TINY = 0.2


class Act(Enum):
    HANG_UP = auto()
    SILENCE = auto()
    NEVER_END = auto()


Reply = bytes | Act
DEFAULT = {
    "connect": b"220 relay\r\n",
    "starttls": b"220 go on\r\n",
    "auth": b"235 welcome\r\n",
    "mail": b"250 ok\r\n",
    "rcpt": b"250 ok\r\n",
    "data": b"354 go on\r\n",
    "dot": b"250 taken\r\n",
    "rset": b"250 ok\r\n",
    "quit": b"221 bye\r\n",
}


@dataclass
class Relay:
    """A mail server that says what the script has for a stage, in turn, and then is friendly."""

    script: Mapping[str, Sequence[Reply]] = field(default_factory=dict)
    features: tuple[str, ...] = ("AUTH PLAIN",)
    tls: ssl.SSLContext | None = None
    tls_first: bool = False
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    surprises: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._left = {stage: list(replies) for stage, replies in self.script.items()}
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.relay = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        assert self.surprises == []

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def take(self, stage: str) -> Reply:
        left = self._left.get(stage)
        if left:
            return left.pop(0)
        if stage == "ehlo":
            lines = ["relay", *self.features]
            return b"".join(f"250-{each}\r\n".encode() for each in lines) + b"250 HELP\r\n"
        return DEFAULT.get(stage, b"500 what?\r\n")

    def verbs(self) -> list[str]:
        return [each.split()[0].upper() for each in self.commands]


class _Server(ThreadingTCPServer):
    relay: Relay
    daemon_threads = False

    def handle_error(self, *_: object) -> None:
        raise AssertionError


class _Gone(Exception):
    pass


class _Conversation(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.relay = self.server.relay
        self.relay.connections += 1
        self.sock: socket.socket = self.request
        try:
            self.talk()
        except (_Gone, OSError):
            pass
        except BaseException as surprise:
            self.relay.surprises.append(surprise)
        finally:
            self.sock.close()

    def talk(self) -> None:
        if self.relay.tls_first:
            self.secure()
        self.buffer = b""
        self.say("connect")
        while True:
            line = self.line()
            self.relay.commands.append(line.decode().rstrip())
            verb = line.split()[0].decode().lower()
            said = self.say(verb)
            if verb == "starttls" and said.startswith(b"220"):
                self.secure()
            if verb == "data" and said.startswith(b"354"):
                self.take_letter()
            if verb == "quit":
                raise _Gone

    def take_letter(self) -> None:
        lines = []
        while (line := self.line()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.say("dot", b"".join(lines))
        if self.relay._left.get("idle"):
            self.say("idle")
            raise _Gone

    def secure(self) -> None:
        assert self.relay.tls is not None
        self.sock = self.relay.tls.wrap_socket(self.sock, server_side=True)
        self.buffer = b""

    def say(self, stage: str, taken: bytes | None = None) -> bytes:
        match self.relay.take(stage):
            case Act.HANG_UP:
                raise _Gone
            case Act.SILENCE:
                self.wait_for_the_end()
            case Act.NEVER_END:
                while True:
                    self.sock.sendall(b"250-and another thing\r\n")
            case reply:
                assert isinstance(reply, bytes)
                if taken is not None and reply.startswith(b"2"):
                    self.relay.letters.append(taken)
                    self.relay.hidden.append(isinstance(self.sock, ssl.SSLSocket))
                self.sock.sendall(reply)
                return reply
        raise _Gone

    def wait_for_the_end(self) -> None:
        while self.sock.recv(4096):
            pass

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            more = self.sock.recv(4096)
            if not more:
                raise _Gone
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"


@dataclass
class Meeting:
    """A relay and our end of the line to it."""

    relay: Relay
    post: SmtpPost


Meet = Callable[..., Meeting]


@pytest.fixture
def meet() -> Iterator[Meet]:
    """Start a scripted relay and a post that speaks to it; both end with the test."""
    with ExitStack() as stack:

        def meet(
            script: Mapping[str, Sequence[Reply]] | None = None,
            *,
            user: str = f"relay-user:{SECRET}@",
            host: str = "127.0.0.1",
            ours: Mapping[str, Any] | None = None,
            **theirs: Any,
        ) -> Meeting:
            relay = stack.enter_context(Relay(script or {}, **theirs))
            scheme = "smtps" if relay.tls_first else "smtp"
            url = f"{scheme}://{user}{host}:{relay.port}"
            facts: dict[str, Any] = {"mail_from": FROM, "mail_name": NAME, "timeout": 10.0}
            return Meeting(relay, stack.enter_context(SmtpPost(url, **(facts | dict(ours or {})))))

        yield meet


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


def on_the_wire(sent: Letter) -> bytes:
    return as_email(sent, mail_from=FROM, mail_name=NAME).as_bytes()


STAGES = ["connect", "ehlo", "auth", "mail", "rcpt", "data", "dot"]
MEANING: dict[str, type[NotDelivered]] = {
    "L": TryLater,
    "A": AddressRefused,
    "M": MailRefused,
    "R": LetterRefused,
    "P": PerhapsSent,
}
ANSWERS = [  # one letter for each stage, from connect to dot
    ("421 4.7.0 too many connections", "LLLLLLL"),
    ("421 closing", "LLLLLLL"),
    ("432 4.3.2 concurrent connections", "LLLLLLL"),
    ("450 4.2.1 greylisted", "LLLLLLL"),
    ("450 5.7.1 a contradiction", "LLLLLLL"),
    ("451 4.7.1 greylisted", "LLLLLLL"),
    ("452 4.2.2 mailbox full", "LLLLLLL"),
    ("454 4.7.0 temporary", "LLLLLLL"),
    ("499 unheard of", "LLLLLLL"),
    ("500 what?", "MMMMARR"),
    ("503 5.5.1 not now", "MM-MARR"),
    ("535 5.7.8 wrong password", "MMMMRRR"),
    ("535 wrong password", "MMMMRRR"),
    ("550 no", "MMMMARR"),
    ("550 5.1.1 no such user", "MMMMAAA"),
    ("550 5.1.10 null MX", "MMMMAAA"),
    ("550-5.1.1 no such\r\n550 5.1.1 user", "MMMMAAA"),
    ("550 5.10.1 unheard of", "MMMMARR"),
    ("550 5.2.1 disabled", "MMMMARR"),
    ("550 5.7.1 blocked", "MMMMRRR"),
    ("550-5.7.26 not\r\n550 5.7.26 authenticated", "MMMMRRR"),
    ("550 5.70.1 unheard of", "MMMMARR"),
    ("550 no user 5.7.1 here", "MMMMARR"),
    ("551 5.1.6 moved", "MMMMARR"),
    ("552 5.2.2 mailbox full", "LLLLLLL"),
    ("552 too much", "LLLLLLL"),
    ("552 5.7.0 suspicious", "MMMMRRR"),
    ("550 5.2.2 mailbox full", "LLLLLLL"),
    ("550 5.2.20 unheard of", "MMMMARR"),
    ("553 5.1.3 bad address", "MMMMARR"),
    ("554 no service", "MMMMARR"),
    ("599 unheard of", "MMMMARR"),
    ("hello", "LLLLLLP"),
    ("199 unheard of", "LLLLLLP"),
    ("699 unheard of", "LLLLLLP"),
    ("354 go on", "LLLLL-P"),
]
MATRIX = [
    pytest.param(stage, answer, MEANING[meaning], id=f"{stage}-{answer.splitlines()[0]}")
    for answer, row in ANSWERS
    for stage, meaning in zip(STAGES, row, strict=True)
    if meaning != "-"
]


@pytest.mark.parametrize(("stage", "answer", "meaning"), MATRIX)
def test_each_answer_has_one_meaning_at_each_stage(
    meet: Meet, stage: str, answer: str, meaning: type[NotDelivered]
) -> None:
    here = meet({stage: [f"{answer}\r\n".encode()]})

    with pytest.raises(NotDelivered) as failure:
        here.post.send(letter())

    assert type(failure.value) is meaning
    assert failure.value.code == (answer[:3] if answer[0] in "45" else "garbled")
    assert here.relay.letters == []


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (b"454 4.7.0 later\r\n", TryLater),
        (b"501 5.5.4 no\r\n", TryLater),
        (b"550 5.7.0 never\r\n", MailRefused),
        (b"220 go on\r\nthis is not TLS\r\n", TryLater),
        (Act.HANG_UP, TryLater),
    ],
)
def test_when_tls_is_offered_and_fails_nothing_is_said_in_the_clear(
    meet: Meet, answer: Reply, meaning: type[NotDelivered]
) -> None:
    if isinstance(answer, bytes) and answer.startswith(b"220"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        here = meet({"starttls": [answer]}, features=("STARTTLS", "AUTH PLAIN"), tls=context)
    else:
        here = meet({"starttls": [answer]}, features=("STARTTLS", "AUTH PLAIN"))

    with pytest.raises(meaning):
        here.post.send(letter())

    assert here.relay.verbs() == ["EHLO", "STARTTLS"]


def test_a_letter_that_is_taken_arrives_as_it_was_written(meet: Meet) -> None:
    here = meet()
    sent = letter(text=".\n..\n.hidden\nȘtefan\n", html="<p>موعد</p>")

    here.post.send(sent)

    assert here.relay.letters == [on_the_wire(sent)]
    assert here.relay.verbs() == ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
    assert here.relay.commands[2:4] == [f"MAIL FROM:<{FROM}>", "RCPT TO:<ana@example.org>"]


@pytest.mark.parametrize("answer", [b"250-a\r\n250 b\r\n", b"251 forwarded\r\n", b"259 fine\r\n"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "dot"])
def test_any_answer_that_begins_with_two_is_a_yes(meet: Meet, stage: str, answer: bytes) -> None:
    here = meet({stage: [answer]})

    here.post.send(letter())

    assert here.relay.verbs()[-1] == "DATA"


def test_a_server_without_sign_in_is_used_when_no_user_is_set(meet: Meet) -> None:
    here = meet(user="", features=())

    here.post.send(letter())

    assert here.relay.verbs() == ["EHLO", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("act", [Act.HANG_UP, Act.SILENCE])
@pytest.mark.parametrize("stage", STAGES[:-1])
def test_what_breaks_before_the_final_dot_is_tried_again(meet: Meet, stage: str, act: Act) -> None:
    here = meet({stage: [act]}, ours={"timeout": TINY})

    with pytest.raises(TryLater) as failure:
        here.post.send(letter())

    assert failure.value.code == ("timeout" if act is Act.SILENCE else "dropped")


@pytest.mark.parametrize("act", [Act.HANG_UP, Act.SILENCE])
def test_what_breaks_after_the_final_dot_is_unknown(meet: Meet, act: Act) -> None:
    here = meet({"dot": [act]}, ours={"timeout": TINY})

    with pytest.raises(PerhapsSent) as failure:
        here.post.send(letter())

    assert failure.value.code == ("timeout" if act is Act.SILENCE else "dropped")


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_never_ends_is_left_when_the_total_is_over(meet: Meet, stage: str) -> None:
    here = meet({stage: [Act.NEVER_END]}, ours={"timeout": 60.0, "total": TINY})

    with pytest.raises(PerhapsSent if stage == "dot" else TryLater) as failure:
        here.post.send(letter())

    assert failure.value.code == "timeout"


@pytest.mark.parametrize("stage", STAGES)
def test_an_endless_line_is_no_answer(meet: Meet, stage: str) -> None:
    here = meet({stage: [b"550 5.1.1 " + b"x" * 20_000 + b"\r\n"]})

    with pytest.raises(PerhapsSent if stage == "dot" else TryLater) as failure:
        here.post.send(letter())

    assert failure.value.code == "garbled"


def test_no_time_left_means_later(meet: Meet) -> None:
    here = meet(ours={"total": 0.0})

    with pytest.raises(TryLater, match="timeout"):
        here.post.send(letter())


def test_a_server_that_is_down_means_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    post = SmtpPost(f"smtp://127.0.0.1:{port}", mail_from=FROM, mail_name=NAME)

    with post, pytest.raises(TryLater, match="refused"):
        post.send(letter())


def test_a_host_name_that_cannot_be_one_means_later() -> None:
    post = SmtpPost(f"smtp://{'x' * 70}.invalid", mail_from=FROM, mail_name=NAME)

    with post, pytest.raises(TryLater, match="dns"):
        post.send(letter())


def test_a_batch_goes_over_one_connection(meet: Meet) -> None:
    here = meet()
    batch = [letter(message_id=f"<{n}@punte.example>") for n in range(5)]

    for each in batch:
        here.post.send(each)

    assert here.relay.connections == 1
    assert here.relay.letters == [on_the_wire(each) for each in batch]
    assert here.relay.verbs().count("RSET") == 4


@pytest.mark.parametrize(
    "script",
    [
        {"rset": [Act.HANG_UP]},
        {"rset": [b"421 4.4.2 idle\r\n"]},
        {"rset": [b"500 what?\r\n"]},
        {"rset": [b"hello\r\n"]},
        {"idle": [Act.HANG_UP]},
        {"idle": [b"421 4.4.2 idle\r\n"]},
    ],
)
def test_a_connection_that_was_dropped_while_idle_is_opened_again(
    meet: Meet, script: dict[str, list[Reply]]
) -> None:
    here = meet(script)

    here.post.send(letter())
    here.post.send(letter())

    assert here.relay.connections == 2
    assert len(here.relay.letters) == 2


def test_a_connection_that_fell_silent_while_idle_is_opened_again(meet: Meet) -> None:
    here = meet({"rset": [Act.SILENCE]}, ours={"timeout": TINY})

    here.post.send(letter())
    here.post.send(letter())

    assert (here.relay.connections, len(here.relay.letters)) == (2, 2)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("answer", "connections"),
    [(b"450 later\r\n", 1), (b"550 no\r\n", 1), (b"421 closing\r\n", 2), (b"hello\r\n", 2)],
)
def test_a_refused_letter_does_not_stand_in_the_way_of_the_next(
    meet: Meet, stage: str, answer: bytes, connections: int
) -> None:
    here = meet({stage: [answer]})
    with pytest.raises(NotDelivered):
        here.post.send(letter(to="first@example.org"))

    second = letter(to="second@example.org")
    here.post.send(second)

    assert here.relay.letters == [on_the_wire(second)]
    assert here.relay.connections == connections


@pytest.mark.parametrize("stage", ["connect", "ehlo", "auth"])
def test_a_conversation_that_began_badly_is_begun_again(meet: Meet, stage: str) -> None:
    here = meet({stage: [b"451 4.3.0 later\r\n"]})
    with pytest.raises(TryLater):
        here.post.send(letter())

    here.post.send(letter())

    assert (here.relay.connections, len(here.relay.letters)) == (2, 1)


def test_closing_says_goodbye_and_the_next_letter_opens_again(meet: Meet) -> None:
    here = meet()
    here.post.send(letter())

    here.post.close()
    here.post.close()
    here.post.send(letter())

    assert here.relay.verbs().count("QUIT") == 1
    assert here.relay.connections == 2


@pytest.mark.parametrize("act", [Act.HANG_UP, Act.SILENCE, b"hello\r\n"])
def test_closing_never_fails(meet: Meet, act: Reply) -> None:
    here = meet({"quit": [act]}, ours={"timeout": TINY})
    here.post.send(letter())

    here.post.close()

    assert len(here.relay.letters) == 1


def test_an_interrupted_letter_leaves_no_half_open_conversation(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = meet()
    here.post.send(letter())

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("socket.socket.recv_into", interrupt)
        with pytest.raises(KeyboardInterrupt):
            here.post.send(letter())
    here.post.send(letter())

    assert (here.relay.connections, len(here.relay.letters)) == (2, 2)


def test_refused_before_anything_is_said_when_the_address_is_none(meet: Meet) -> None:
    here = meet()

    with pytest.raises(AddressRefused, match="no-mailbox"):
        here.post.send(letter(to="ana@example.org\r\nRCPT TO:<eve@example.org>"))

    assert here.relay.connections == 0


def test_a_mailbox_beyond_ascii_needs_a_server_that_knows_them(meet: Meet) -> None:
    here = meet()

    with pytest.raises(AddressRefused, match="no-smtputf8"):
        here.post.send(letter(to="ștefan@example.org"))
    here.post.send(letter())

    assert here.relay.connections == 1
    assert "MAIL" in here.relay.verbs()[3:]


def test_a_sender_beyond_ascii_is_our_own_fault(meet: Meet) -> None:
    here = meet(ours={"mail_from": "știri@centru.example"})

    with pytest.raises(MailRefused, match="no-smtputf8"):
        here.post.send(letter())


def test_a_mailbox_beyond_ascii_is_given_to_a_server_that_knows_them(meet: Meet) -> None:
    here = meet(features=("SMTPUTF8", "8BITMIME", "AUTH PLAIN"))

    here.post.send(letter(to="ștefan@example.org"))
    here.post.send(letter())

    told = [each for each in here.relay.commands if each.startswith(("MAIL", "RCPT"))]
    assert told == [
        f"MAIL FROM:<{FROM}> SMTPUTF8 BODY=8BITMIME",
        "RCPT TO:<ștefan@example.org>",
        f"MAIL FROM:<{FROM}>",
        "RCPT TO:<ana@example.org>",
    ]


def test_a_password_never_crosses_a_network_in_the_clear(meet: Meet) -> None:
    here = meet(host="127.1")  # another way to write loopback, which does not count as such

    with pytest.raises(MailRefused, match="no-tls"):
        here.post.send(letter())

    assert here.relay.verbs() == ["EHLO"]


@pytest.mark.parametrize("features", [(), ("AUTH GSSAPI NTLM",)])
def test_a_server_without_a_way_to_sign_in_is_for_staff(
    meet: Meet, features: tuple[str, ...]
) -> None:
    with pytest.raises(MailRefused, match="no-auth"):
        meet(features=features).post.send(letter())


def test_a_password_that_cannot_be_said_is_for_staff(meet: Meet) -> None:
    here = meet(user="relay-user:parol%C4%83@")

    with pytest.raises(MailRefused, match="auth") as failure:
        here.post.send(letter())

    assert "parol" not in told_about(failure.value)


def test_a_challenge_that_is_none_is_garbled(meet: Meet) -> None:
    here = meet({"auth": [b"334 a\r\n"]}, features=("AUTH CRAM-MD5",))

    with pytest.raises(TryLater, match="garbled"):
        here.post.send(letter())


def told_about(failure: BaseException) -> str:
    return "".join(traceback.format_exception(failure)) + repr(failure) + repr(failure.__dict__)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "answer", [f"550 <ana@example.org> {SECRET}\r\n".encode(), b"ana@example.org\r\n", Act.HANG_UP]
)
def test_no_failure_repeats_an_address_a_password_or_the_words_of_the_server(
    meet: Meet, stage: str, answer: Reply
) -> None:
    here = meet({stage: [answer]})

    with pytest.raises(NotDelivered) as failure:
        here.post.send(letter())

    assert failure.value.__context__ is None
    for private in ("example.org", SECRET, "relay-user", "127.0.0.1"):
        assert private not in told_about(failure.value)
    assert SECRET not in repr(here.post) + repr(here.post.__dict__)


@pytest.mark.parametrize(
    "url",
    [
        f"http://u:{SECRET}@host",
        f"smtp://u:{SECRET}@",
        f"smtp://u@host:{SECRET}",
        f"smtp://u:{SECRET}@[::1",
        SECRET,
        "",
    ],
)
def test_an_address_of_a_server_that_cannot_be_used_is_refused_unseen(url: str) -> None:
    with pytest.raises(ValueError, match="expected smtp") as refusal:
        SmtpPost(url, mail_from=FROM, mail_name=NAME)

    assert SECRET not in told_about(refusal.value).replace("SECRET", "")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    both = tmp_path_factory.mktemp("tls") / "both.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    named = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(both), "-out", "-"]
    done = subprocess.run([openssl, *made.split(), *named], check=True, capture_output=True)
    with both.open("ab") as file:
        file.write(done.stdout)
    return both


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("tls_first", [True, False])
def test_letters_and_password_go_under_tls(meet: Meet, certificate: Path, tls_first: bool) -> None:
    features = ("AUTH PLAIN",) if tls_first else ("STARTTLS", "AUTH PLAIN")
    here = meet(
        tls=server_side(certificate),
        tls_first=tls_first,
        features=features,
        ours={"tls": ssl.create_default_context(cafile=certificate)},
    )

    here.post.send(letter())
    here.post.send(letter())

    assert here.relay.hidden == [True, True]
    assert here.relay.connections == 1


@pytest.mark.parametrize("tls_first", [True, False])
def test_a_server_that_cannot_prove_its_name_hears_nothing(
    meet: Meet, certificate: Path, tls_first: bool
) -> None:
    here = meet(
        tls=server_side(certificate), tls_first=tls_first, features=("STARTTLS", "AUTH PLAIN")
    )

    with pytest.raises(TryLater, match="tls"):
        here.post.send(letter())

    assert "AUTH" not in here.relay.verbs()


def test_words_slipped_in_before_tls_are_forgotten(meet: Meet, certificate: Path) -> None:
    here = meet(
        {"starttls": [b"220 go on\r\n554 5.7.1 slipped in\r\n"]},
        tls=server_side(certificate),
        features=("STARTTLS", "AUTH PLAIN"),
        ours={"tls": ssl.create_default_context(cafile=certificate)},
    )

    here.post.send(letter())

    assert here.relay.hidden == [True]


class Inbox:
    """What another implementation, aiosmtpd, understood."""

    def __init__(self) -> None:
        self.taken: list[tuple[str | None, list[str], bytes]] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 taken"


class AnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    server = AnyPort(inbox, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)
    server.start()
    try:
        yield inbox, server.port
    finally:
        server.stop()


def test_another_implementation_understands_every_letter(inbox: tuple[Inbox, int]) -> None:
    taken, port = inbox
    batch = [
        letter(text=".\n..\n" + "y" * 5000, html="<p>موعد</p>"),
        letter(to="ștefan@example.org", subject="ще раз про заняття завтра " * 5),
        letter(subject="Hello\r\nBcc: eve@example.org"),
    ]

    with SmtpPost(f"smtp://127.0.0.1:{port}", mail_from=FROM, mail_name=NAME) as post:
        for each in batch:
            post.send(each)

    assert taken.taken == [(FROM, [each.to], on_the_wire(each)) for each in batch]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mail"


def folder_post(folder: Path) -> FolderPost:
    return FolderPost(folder, mail_from=FROM, mail_name=NAME)


def test_in_folder_mode_a_letter_is_a_file_for_its_owner_only(folder: Path) -> None:
    with folder_post(folder) as post:
        post.send(letter())

    (file,) = folder.iterdir()
    assert file.name == "20260401T093000Z-30bd4f67b0c68d5e.eml"
    assert file.read_bytes() == on_the_wire(letter())
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_folder_that_was_open_to_others_is_closed(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)

    folder_post(folder).send(letter())

    assert folder.stat().st_mode & 0o777 == 0o700


def test_sent_again_a_letter_replaces_itself(folder: Path) -> None:
    folder_post(folder).send(letter())
    folder_post(folder).send(letter(sent_at=datetime(2026, 4, 2, tzinfo=UTC), text="Now.\n"))

    (file,) = folder.iterdir()
    assert message_from_bytes(file.read_bytes()).get_payload() == "Now.\r\n"


def test_each_letter_has_a_file_of_its_own(folder: Path) -> None:
    for n in range(3):
        folder_post(folder).send(letter(message_id=f"<{n}@punte.example>"))

    assert len(list(folder.glob("*.eml"))) == 3


@pytest.mark.parametrize("message_id", ["<../../x@y>", "</etc/x@y>", "<*@y>", "<[a-z]@y>", "<>"])
def test_no_message_id_leaves_the_folder(folder: Path, message_id: str) -> None:
    folder_post(folder).send(letter(message_id=message_id))

    assert len(list(folder.glob("*.eml"))) == 1
    assert [each.name for each in folder.parent.iterdir()] == ["mail"]


def test_a_disk_that_fails_leaves_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(TryLater, match="disk"):
        folder_post(folder).send(letter())

    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_one_means_later(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way", encoding="ascii")

    with pytest.raises(TryLater, match="disk"):
        folder_post(folder).send(letter())


def test_in_folder_mode_too_there_is_exactly_one_recipient(folder: Path) -> None:
    with pytest.raises(AddressRefused, match="no-mailbox"):
        folder_post(folder).send(letter(to="ana@example.org, eve@example.org"))

    assert not folder.exists()
