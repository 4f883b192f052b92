"""Short messages: what each answer of a gateway means, said by a real server on loopback."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.gateway import Gateway as Described
from app.i18n import LANGUAGES
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    NotDelivered,
    PerhapsSent,
    Post,
    TryLater,
)
from app.notices.letter import Letter
from app.notices.parts import parts_of
from app.notices.sms import FolderSms, HttpSms
from app.notices.ways import Ways

TOKEN = "gateway-pa55word"
NUMBER = "+40721234567"
HANG, DROP, DRIP = b"hang", b"drop", b"drip"
TINY = 0.2


def letter(to: str = NUMBER, text: str = "Punte: your code is 123456.") -> Letter:
    return Letter(
        to=to,
        subject="Your code",
        text=text,
        html=None,
        language="en",
        message_id="<abc@punte.example>",
        sent_at=datetime(2027, 3, 1, 9, tzinfo=UTC),
    )


@dataclass
class Gateway:
    """Says *answer* to whoever asks, or hangs, drops the line, or never comes to an end."""

    answer: bytes
    port: int = 0
    asked: list[bytes] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/messages?from=Punte"

    def serve(self, listener: socket.socket) -> None:
        while not self.done.is_set():
            try:
                line, _address = listener.accept()
            except OSError:
                return
            with line:
                self.asked.append(_whole_request(line))
                self._say(line)

    def _say(self, line: socket.socket) -> None:
        if self.answer == HANG:
            self.done.wait(5)
        elif self.answer == DRIP:
            while not self.done.wait(TINY / 4):
                try:
                    line.sendall(b"H")
                except OSError:
                    return
        elif self.answer != DROP:
            line.sendall(self.answer)


def _whole_request(line: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += line.recv(4096)
    head, _gap, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(4096)
    return head + b"\r\n\r\n" + body


@contextmanager
def gateway(answer: bytes) -> Iterator[Gateway]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Gateway(answer, port=listener.getsockname()[1])
        thread = threading.Thread(target=made.serve, args=(listener,))
        thread.start()
        try:
            yield made
        finally:
            made.done.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def says(code: int) -> bytes:
    return f"HTTP/1.1 {code} Zweifel\r\nContent-Length: 6\r\n\r\nsecret".encode()


def sms(url: str) -> HttpSms:
    return HttpSms(Described(url=url, token=TOKEN), timeout=TINY, total=TINY * 3)


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_what_the_gateway_takes_has_left(code: int) -> None:
    with gateway(says(code)) as there, sms(there.url) as post:
        post.send(letter(text="Codul: 123456 – șț العربية"))

    head, _gap, body = there.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/messages?from=Punte HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}".encode() in head
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {
        "to": NUMBER,
        "text": "Codul: 123456 – șț العربية",
        "id": "abc@punte.example",
    }


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (says(400), AddressRefused, "400"),
        (says(404), AddressRefused, "404"),
        (says(422), AddressRefused, "422"),
        (says(401), LetterRefused, "401"),
        (says(402), LetterRefused, "402"),
        (says(403), LetterRefused, "403"),
        (says(301), LetterRefused, "301"),
        (says(307), LetterRefused, "307"),
        (says(408), TryLater, "408"),
        (says(429), TryLater, "429"),
        (says(500), TryLater, "500"),
        (says(503), TryLater, "503"),
        (HANG, PerhapsSent, "timeout"),
        (DRIP, PerhapsSent, "timeout"),
        (DROP, PerhapsSent, "dropped"),
        (b"HTTP/1.1 ", PerhapsSent, "garbled"),
        (b"250 friendly mail server\r\n", PerhapsSent, "garbled"),
        (b"\r\n\r\n", PerhapsSent, "garbled"),
        (b"x" * 5000, PerhapsSent, "garbled"),
    ],
)
def test_every_other_answer_has_its_meaning(
    answer: bytes, kind: type[NotDelivered], code: str
) -> None:
    with (
        gateway(answer) as there,
        sms(there.url) as post,
        pytest.raises(NotDelivered) as problem,
    ):
        post.send(letter())

    assert (type(problem.value), problem.value.code) == (kind, code)
    assert len(there.asked) == 1  # no redirect is followed, nothing is said twice


def test_nobody_at_home_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    with pytest.raises(TryLater, match="refused"):
        sms(url).send(letter())


def test_tls_that_is_none_is_tried_again_later() -> None:
    with gateway_that_is_no_tls() as url, pytest.raises(TryLater, match="tls"):
        sms(url).send(letter())


@contextmanager
def gateway_that_is_no_tls() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _address = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(says(200))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize("answer", [says(403), HANG, b"250 Zweifel\r\n"])
def test_no_error_repeats_the_number_the_token_or_the_servers_words(answer: bytes) -> None:
    with gateway(answer) as there, pytest.raises(NotDelivered) as problem:
        sms(there.url).send(letter())

    told = "".join(traceback.format_exception(problem.value))
    for secret in (NUMBER, TOKEN, "123456", "Zweifel", str(there.port)):
        assert secret not in told
    assert problem.value.__context__ is None


def test_without_a_gateway_a_message_is_a_file_for_its_owner_only(tmp_path: Path) -> None:
    with FolderSms(tmp_path / "sms") as post:
        post.send(letter())
        post.send(letter(text="the same once more"))

    [path] = (tmp_path / "sms").iterdir()
    assert path.read_text(encoding="utf-8") == f"{NUMBER}\nthe same once more\n"
    assert path.suffix == ".txt"
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "sms").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TryLater, match="disk"):
        FolderSms(tmp_path / "file" / "sms").send(letter())


def test_a_number_goes_by_short_message_and_an_address_by_mail() -> None:
    class Kept(Post):
        def __init__(self) -> None:
            self.to: list[str] = []
            self.closed = 0

        def send(self, letter: Letter) -> None:
            self.to.append(letter.to)

        def close(self) -> None:
            self.closed += 1

    mail, short = Kept(), Kept()
    with Ways(mail, short) as post:
        post.send(letter(to=NUMBER))
        post.send(letter(to="sam@example.org"))

    assert (mail.to, short.to) == (["sam@example.org"], [NUMBER])
    assert (mail.closed, short.closed) == (1, 1)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 160, True),
        ("a" * 161, False),
        ("€" * 80, True),
        ("€" * 81, False),
        ("ș" * 70, True),
        ("ș" * 71, False),
        ("a" * 69 + "ș", True),
        ("ر" * 70, True),
        ("😀" * 35, True),
        ("😀" * 36, False),
    ],
)
def test_what_one_message_holds(text: str, fits: bool) -> None:
    assert (parts_of(text) == 1) is fits


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("staff", [False, True])
def test_the_message_with_a_code_is_one_message(language: str, staff: bool) -> None:
    from app.extensions import db
    from app.notices.models import Kind, Notice
    from app.people.knocks import Knock
    from app.people.terms import Role
    from app.reminders.letters import compose
    from tests import make
    from tests.make import BEFORE

    roles = [Role.COORDINATOR if staff else Role.VOLUNTEER]
    make.person(roles, make.centre(), email=None, sign_in_phone=NUMBER, language=language)
    knocked = Knock(
        contact=NUMBER, browser_hash="x", language="ro", made_at=BEFORE,
        lapses_at=BEFORE.replace(year=2028),
    )  # fmt: skip
    db.session.add(knocked)
    db.session.flush()
    written = compose(Notice(ref="r", kind=Kind.CODE, key="k", about={"knock": knocked.id}), BEFORE)

    assert written is not None
    assert (written.to, written.language, written.html) == (NUMBER, language, None)
    assert parts_of(written.text) == 1, written.text
    assert any(c.isdigit() for c in written.text) is not staff
