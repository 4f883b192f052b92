"""How a short message leaves: to an SMS gateway over HTTPS, or as a file while there is none.

Only codes travel so, to people without an e-mail address. A letter to a telephone has its E.164
number in *to* and fits into one message.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import closing
from datetime import UTC
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    NotDelivered,
    PerhapsSent,
    Post,
    TryLater,
    file_name_end,
    keep_privately,
)
from app.notices.letter import Letter

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_TWICE = frozenset("^{}\\[~]|€\f")  # each takes two places (3GPP TS 23.038)
_LONGEST_LINE = 1000


def fits_one_message(text: str) -> bool:
    """Whether *text* is one part: 160 letters of GSM-7, else 70 of UCS-2."""
    if set(text) <= _GSM_7 | _GSM_7_TWICE:
        return len(text) + sum(c in _GSM_7_TWICE for c in text) <= 160
    return len(text.encode("utf-16-le")) // 2 <= 70


class HttpSms(Post):
    """Short messages by ``POST {"to": …, "text": …, "id": …}`` as JSON, with a bearer token.

    2xx means taken. *timeout* bounds each wait and *total* the whole, both in seconds. A redirect
    is not followed: the token stays with the gateway that was named. No answer's words are kept.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str,
        timeout: float = 10.0,
        total: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._parts = urlsplit(url)
        self._token = token
        self._timeout = timeout
        self._total = total
        self._tls = tls

    def send(self, letter: Letter) -> None:
        """Hand *letter* to the gateway, or raise the `NotDelivered` that its answer means."""
        failure = self._try(letter)
        if failure is not None:
            raise failure  # out here, so that it carries no other exception with an address in it

    def close(self) -> None:
        """Nothing stays open."""

    def _try(self, letter: Letter) -> NotDelivered | None:
        end = monotonic() + self._total
        line = self._line()
        with closing(line):
            try:
                line.connect()
            except OSError as problem:
                return TryLater(_word(problem))
            try:
                self._ask(line, letter)
                return _meaning(_status(line.sock, min(self._timeout, self._total), end))
            except (OSError, ValueError) as problem:
                return PerhapsSent(_word(problem))

    def _line(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        tls = self._tls or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=tls)

    def _ask(self, line: http.client.HTTPConnection, letter: Letter) -> None:
        path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        message = {"to": letter.to, "text": letter.text, "id": letter.message_id.strip("<>")}
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Connection": "close",
        }
        line.request("POST", path, json.dumps(message).encode(), headers)


def _status(sock: socket.socket, timeout: float, end: float) -> int:
    """The three digits of the answer's first line, however slowly it drips, until *end*."""
    line = b""
    while b"\n" not in line and len(line) < _LONGEST_LINE:
        left = min(timeout, end - monotonic())
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)
        more = sock.recv(_LONGEST_LINE)
        if not more:
            raise ConnectionResetError
        line += more
    version, code, *_rest = line.split(b"\n")[0].split()
    if not version.startswith(b"HTTP/1.") or len(code) != 3:
        raise ValueError("not HTTP")
    return int(code)


def _meaning(code: int) -> NotDelivered | None:
    if 200 <= code < 300:
        return None
    if code >= 500 or code in (408, 425, 429):
        return TryLater(str(code))
    if code in (400, 404, 422):
        return AddressRefused(str(code))
    return LetterRefused(str(code))  # our token, our contract: letters by mail go on


def _word(problem: Exception) -> str:
    kinds: dict[type[Exception], str] = {
        TimeoutError: "timeout",
        socket.gaierror: "dns",
        ssl.SSLError: "tls",
        ConnectionRefusedError: "refused",
        OSError: "dropped",
    }
    return next((word for kind, word in kinds.items() if isinstance(problem, kind)), "garbled")


class FolderSms(Post):
    """Short messages as `.txt` files in *folder*, for its owner only, while there is no gateway."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: Letter) -> None:
        """Write *letter*; `TryLater` when the disk does not take it."""
        name = file_name_end(letter.message_id).removesuffix(".eml")
        path = self._folder / f"{letter.sent_at.astimezone(UTC):%Y%m%dT%H%M%SZ}{name}.txt"
        try:
            keep_privately(path, f"{letter.to}\n{letter.text}\n".encode())
        except OSError:
            raise TryLater("disk") from None

    def close(self) -> None:
        """Nothing stays open."""


class ByContact(Post):
    """Letters to an E.164 number go by *sms*, all others by *mail*."""

    def __init__(self, mail: Post, sms: Post) -> None:
        self._mail, self._sms = mail, sms

    def send(self, letter: Letter) -> None:
        """Hand it to the one that reaches its reader."""
        (self._sms if letter.to.startswith("+") else self._mail).send(letter)

    def close(self) -> None:
        """Both let go."""
        self._mail.close()
        self._sms.close()
