"""How a letter leaves: over SMTP, or as a file in a folder while there is no mail server."""

from __future__ import annotations

import hashlib
import io
import os
import re
import smtplib
import socket
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import unquote, urlsplit

from app.notices.channels import Channel
from app.notices.letter import Letter, NotAMailbox, as_email, mailbox, message_id

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Stage(StrEnum):
    """How far the conversation with a server came; DOT is after the whole letter was given."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    ASKED = "asked"  # a gateway or a push service was given the whole message


class NotDelivered(Exception):
    """A letter did not leave. *code* is the server's three digits, or one word such as `timeout`.

    *stage* is how far the conversation came. Never holds an address, a password or the words of the
    server: it goes to logs.
    """

    stage: Stage | None = None
    gone: tuple[int, ...] = ()
    """The devices (ids) that do not exist any more."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryLater(NotDelivered):
    """It did not leave this time; the same letter may pass later."""


class AddressRefused(NotDelivered):
    """This address is refused; *is_dead*: there is none such, says the server (RFC 3463, X.1)."""

    is_dead = False


class MailRefused(NotDelivered):
    """Our settings or our reputation, not the address: stop sending and tell staff."""


class LetterRefused(NotDelivered):
    """This letter to this reader is refused; others may pass."""


class PerhapsSent(NotDelivered):
    """The connection was lost after the whole letter was given: nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What whoever took a letter said: their own number of it, the devices (ids) of the reader that
    do not exist any more, and those that took it."""

    reference: str | None = None
    gone: tuple[int, ...] = ()
    reached: tuple[int, ...] = ()


class Post(Protocol):
    """A way for letters to leave, one after the other; not for several threads at once."""

    def send(self, letter: Letter) -> Receipt | None:
        """Hand over *letter*, or raise a kind of `NotDelivered`."""

    def close(self) -> None:
        """Let go of what is open; the next letter opens it again."""

    def relay_for(self, to: str) -> str:
        """The name of the server that letters to *to* go through; it never holds a password."""
        return type(self).__name__

    def carries(self, channel: Channel) -> bool:
        """Whether it takes letters on that channel."""
        return channel is Channel.EMAIL

    def cost(self, letter: Letter) -> int:
        """How many messages will be charged for."""
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SmtpPost(Post):
    """Letters over SMTP (RFC 5321), on one connection as long as the server keeps it.

    *url* is `smtp://user:password@host:port` (STARTTLS where offered; port 587) or `smtps://…`
    (TLS from the start; port 465); user and password are percent-encoded and may be left out.
    A password crosses a network only under TLS. *timeout* bounds each wait for the server and
    *total* one whole letter, both in seconds; the system's look-up of the host is not bounded.
    Raises `ValueError` for an address that cannot be used, without repeating it.
    """

    def __init__(
        self,
        url: str,
        *,
        mail_from: str,
        mail_name: str,
        timeout: float = 20.0,
        total: float = 60.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = _server(url)
        self._mail_from = mailbox(mail_from)
        self._mail_name = mail_name
        self._timeout = timeout
        self._total = total
        self._tls = tls
        self._stage = Stage.CONNECT
        self._line: _Line | None = None

    def send(self, letter: Letter) -> None:
        """Hand *letter* to the server, or raise the `NotDelivered` that its answer means.

        Returns once the server took responsibility for it (RFC 5321 section 4.2.5).
        """
        content = _written(letter, self._mail_from, self._mail_name)
        failure = self._try(mailbox(letter.to), content)
        if failure is not None:
            failure.stage = self._stage
            raise failure  # out here, so that it carries no other exception with the server's words

    def close(self) -> None:
        """Say goodbye and hang up; a server that is gone already is no error."""
        if self._line is not None:
            self._line.patience = _Patience(self._timeout, self._timeout)
            with suppress(OSError):
                self._line.quit()
        self._hang_up()

    def relay_for(self, to: str) -> str:
        """Host and port."""
        return f"{self._server.host}:{self._server.port}"

    def _try(self, recipient: str, content: bytes) -> NotDelivered | None:
        failure: NotDelivered | None
        try:
            self._hand_over(self._ready_line(), recipient, content)
            return None
        except NotDelivered as refusal:
            failure = refusal
            keep = self._stage in _TRANSACTION and refusal.code not in _OUT_OF_STEP
        except (OSError, ValueError) as problem:  # what smtplib raises is an OSError
            failure, keep = _lost(self._stage, problem), False
        except BaseException:
            self._hang_up()
            raise
        if not keep:
            self._hang_up()
        return failure

    def _ready_line(self) -> _Line:
        """The open connection, cleared by RSET; a new one if that one is gone."""
        patience = _Patience(self._timeout, self._total)
        self._stage = Stage.CONNECT
        if self._line is not None:
            self._line.patience = patience
            if self._line.is_clear():
                return self._line
            self._hang_up()
        return self._open(patience)

    def _open(self, patience: _Patience) -> _Line:
        server = self._server
        sock = socket.create_connection((server.host, server.port), timeout=patience.left())
        line = self._line = _Line(sock, name=_domain(self._mail_from), patience=patience)
        if server.tls_first:
            self._secure(line)
        _expect(Stage.CONNECT, line.getreply())
        self._greet(line)
        if not server.tls_first and line.has_extn("starttls"):
            self._stage = Stage.STARTTLS
            _expect(Stage.STARTTLS, line.docmd("STARTTLS"))
            self._secure(line)
            self._greet(line)
        if server.user:
            self._sign_in(line)
        return line

    def _secure(self, line: _Line) -> None:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        line.secure(self._tls, self._server.host)

    def _greet(self, line: _Line) -> None:
        self._stage = Stage.EHLO
        _expect(Stage.EHLO, line.ehlo())

    def _sign_in(self, line: _Line) -> None:
        self._stage = Stage.AUTH
        if not (isinstance(line.sock, ssl.SSLSocket) or self._server.is_this_machine):
            raise MailRefused("no-tls")
        if _SIGN_IN.isdisjoint(line.esmtp_features.get("auth", "").split()):
            raise MailRefused("no-auth")
        line.login(self._server.user, self._server.password)

    def _hand_over(self, line: _Line, recipient: str, content: bytes) -> None:
        self._stage = Stage.MAIL
        options = self._options(line, recipient)
        _expect(Stage.MAIL, line.docmd("MAIL", f"FROM:<{self._mail_from}>{options}"))
        self._stage = Stage.RCPT
        _expect(Stage.RCPT, line.docmd("RCPT", f"TO:<{recipient}>"))
        self._stage = Stage.DATA
        _expect(Stage.DATA, line.docmd("DATA"))
        line.send(_dotted(content))
        self._stage = Stage.DOT
        _expect(Stage.DOT, line.getreply())

    def _options(self, line: _Line, recipient: str) -> str:
        if (self._mail_from + recipient).isascii():
            return ""
        if not line.has_extn("smtputf8"):  # RFC 6531
            raise (AddressRefused if self._mail_from.isascii() else MailRefused)("no-smtputf8")
        line.command_encoding = "utf-8"
        return " SMTPUTF8 BODY=8BITMIME"

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class FolderPost(Post):
    """Letters as `.eml` files in *folder*, for a centre that has no mail server yet.

    The folder is for its owner only (0700), and so are the files (0600). A letter is there whole
    or not at all; sent again, under the same Message-ID, it replaces itself.
    """

    def __init__(self, folder: Path, *, mail_from: str, mail_name: str) -> None:
        self._folder = folder
        self._mail_from = mailbox(mail_from)
        self._mail_name = mail_name

    def send(self, letter: Letter) -> None:
        """Write *letter*; `TryLater` when the disk does not take it."""
        content = _written(letter, self._mail_from, self._mail_name)
        try:
            keep_privately(self._file(letter), content)
        except OSError:
            raise TryLater("disk") from None

    def close(self) -> None:
        """Nothing stays open."""

    def _file(self, letter: Letter) -> Path:
        digest = hashlib.sha256(message_id(letter.message_id).encode()).hexdigest()[:16]
        before = next(self._folder.glob(f"[0-9]*-{digest}.eml"), None)
        return before or self._folder / f"{letter.sent_at.astimezone(UTC):{_NAMED}}-{digest}.eml"


_NAMED = "%Y%m%dT%H%M%SZ"
_SIGN_IN = frozenset({"CRAM-MD5", "PLAIN", "LOGIN"})  # those that smtplib speaks
_TRANSACTION = frozenset({Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT})
_ONE_LETTER = frozenset({Stage.RCPT, Stage.DATA, Stage.DOT})  # what is said here is about one
_OUT_OF_STEP = frozenset({"421", "garbled"})  # nothing more can be said on that connection
_ENHANCED = re.compile(rb"5\.\d{1,3}\.\d{1,3}(?![\d.])")  # RFC 3463


def _expect(stage: Stage, reply: tuple[int, bytes]) -> None:
    # Only the first digit decides (RFC 5321 section 4.2.1).
    if reply[0] // 100 != (3 if stage is Stage.DATA else 2):
        raise _answer(stage, *reply)


def _answer(stage: Stage, code: int, text: bytes) -> NotDelivered:
    """What the server's *code* and *text* at *stage* mean for the letter."""
    if not 400 <= code < 600:
        return (PerhapsSent if stage is Stage.DOT else TryLater)("garbled")
    problem = _kind(stage, code, text)(str(code))
    if isinstance(problem, AddressRefused):
        problem.is_dead = _status(text).startswith(b"5.1.")
    return problem


def _kind(stage: Stage, code: int, text: bytes) -> type[NotDelivered]:
    status = _status(text)
    if code < 500:
        return TryLater
    if code == 535 or status.startswith(b"5.7."):
        return LetterRefused if stage in _ONE_LETTER else MailRefused
    if code == 552 or status == b"5.2.2" or stage is Stage.STARTTLS:
        return TryLater
    dead = code == 550 and status.startswith(b"5.1.") and stage in (Stage.DATA, Stage.DOT)
    if dead or stage is Stage.RCPT:
        return AddressRefused
    return LetterRefused if stage in _ONE_LETTER else MailRefused


def _status(text: bytes) -> bytes:
    found = _ENHANCED.match(text)
    return found[0] if found else b""


def _lost(stage: Stage, problem: Exception) -> NotDelivered:
    """What it means for the letter that the conversation broke at *stage*."""
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        text = problem.smtp_error
        return _answer(stage, problem.smtp_code, text if isinstance(text, bytes) else text.encode())
    if isinstance(problem, UnicodeError) and stage is Stage.AUTH:
        return MailRefused("auth")  # smtplib signs in with ASCII only
    return (PerhapsSent if stage is Stage.DOT else TryLater)(_word(problem))


def _word(problem: Exception) -> str:
    causes = (problem, problem.__context__)  # smtplib hides a timeout in its own exception
    if any(isinstance(each, TimeoutError) for each in causes):
        return "timeout"
    kinds: dict[type[Exception], str] = {
        socket.gaierror: "dns",
        ssl.SSLError: "tls",
        ConnectionRefusedError: "refused",
        smtplib.SMTPResponseException: "garbled",
        OSError: "dropped",
        UnicodeError: "dns",  # a host name that cannot be one
    }
    return next((word for kind, word in kinds.items() if isinstance(problem, kind)), "garbled")


class _Patience:
    """How long we still wait: *each* time at most, and in *total*, in seconds."""

    def __init__(self, each: float, total: float) -> None:
        self._each = each
        self._end = monotonic() + total

    def left(self) -> float:
        """Seconds for the next wait. Raises `TimeoutError` when there are none."""
        left = min(self._each, self._end - monotonic())
        if left <= 0:
            raise TimeoutError
        return left


class _Line(smtplib.SMTP):
    """One connection, every wait of which is bounded, so that no slow drip holds it for ever."""

    def __init__(self, sock: socket.socket, *, name: str, patience: _Patience) -> None:
        super().__init__(local_hostname=name)
        self.patience = patience
        self._use(sock)

    def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """Go on under TLS; what was received before it is forgotten (RFC 3207 section 4.2)."""
        assert self.sock is not None
        self.sock.settimeout(self.patience.left())
        self._use(tls.wrap_socket(self.sock, server_hostname=host))

    def is_clear(self) -> bool:
        """Whether the server is still there and forgot the letter before."""
        try:
            return self.rset()[0] == 250
        except (OSError, ValueError):
            return False

    def send(self, s: ReadableBuffer | str) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.patience.left())
        super().send(s)

    def receive(self, room: memoryview) -> int:
        """Read what is there into *room*, or wait for it. The number of bytes, 0 at the end."""
        assert self.sock is not None
        self.sock.settimeout(self.patience.left())
        return self.sock.recv_into(room)

    def _use(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = io.BufferedReader(_Replies(self))


class _Replies(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, room: WriteableBuffer) -> int:
        return self._line.receive(memoryview(room))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    host: str
    port: int
    tls_first: bool
    user: str
    password: str = field(repr=False)

    @property
    def is_this_machine(self) -> bool:
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def _server(url: str) -> _Server:
    expected = "expected smtp://user:password@host:port or smtps://user:password@host:port"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError(expected)
    tls_first = parts.scheme == "smtps"
    return _Server(
        host=parts.hostname,
        port=port or (465 if tls_first else 587),
        tls_first=tls_first,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _domain(sender: str) -> str:
    """The name to greet with: no look-up, and nothing about the machine we run on."""
    domain = sender.rpartition("@")[2]
    return domain if domain.isascii() else "[127.0.0.1]"


def _written(letter: Letter, mail_from: str, mail_name: str) -> bytes:
    try:
        return as_email(letter, mail_from=mail_from, mail_name=mail_name).as_bytes()
    except NotAMailbox:
        raise AddressRefused("no-mailbox") from None


def _dotted(content: bytes) -> bytes:
    """*content* as DATA wants it, with its final dot (RFC 5321 section 4.5.2)."""
    end = b"" if content.endswith(b"\r\n") else b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", content) + end + b".\r\n"


def keep_privately(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, into a folder that is for its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def file_name_end(identity: str) -> str:
    """How the name of `FolderPost`'s file for the letter with this Message-ID ends."""
    return f"-{hashlib.sha256(message_id(identity).encode()).hexdigest()[:16]}.eml"
