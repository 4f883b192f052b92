"""One question to another server over HTTP/1.1: every wait bounded, no redirect followed, and no
word of the address or the answer in an error.

Where *public_only*, the server must stand on the open internet: an address that leads into our own
network (RFC 1918, loopback, link-local and the like) is not even connected to. The name is looked
up once and that very address is used, so that a second answer of the name server changes nothing.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import TYPE_CHECKING, cast
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_ANSWER = 64 * 1024
_NAT64 = IPv6Network("64:ff9b::/96")


class NotAsked(Exception):
    """Nothing left us; *code* is one word such as `refused`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoAnswer(Exception):
    """The question left, and no answer that can be read came; *code* is one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """The three digits, and the first `LONGEST_ANSWER` bytes below the headers."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """How to ask: *timeout* bounds each wait and *total* the whole, both in seconds."""

    timeout: float = 10.0
    total: float = 30.0
    tls: ssl.SSLContext | None = None
    public_only: bool = False

    def ask(self, url: str, method: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises `NotAsked` or `NoAnswer`, which carry no other exception."""
        outcome = self._try(urlsplit(url), method, headers, body)
        if isinstance(outcome, Exception):
            raise outcome  # out here, so that it carries none with an address in it
        return outcome

    def _try(
        self, parts: SplitResult, method: str, headers: Mapping[str, str], body: bytes
    ) -> Answer | NotAsked | NoAnswer:
        end = monotonic() + self.total
        try:
            line = self._connected(parts)
        except NotAsked as problem:
            return problem
        except (OSError, ValueError) as problem:
            return NotAsked(_word(problem))
        with closing(line):
            try:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                line.request(method, path, body or None, {**headers, "Connection": "close"})
                return _answer(line.sock, method, _Patience(self.timeout, end))
            except (OSError, ValueError, http.client.HTTPException) as problem:
                return NoAnswer(_word(problem))

    def _connected(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        sock = self._socket(host, port)
        try:
            if parts.scheme == "https":
                tls = self.tls or ssl.create_default_context()
                sock = tls.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        line = http.client.HTTPConnection(host, port, timeout=self.timeout)
        line.sock = sock
        return line

    def _socket(self, host: str, port: int) -> socket.socket:
        found = [one[4][:2] for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if self.public_only and not all(is_public(str(address)) for address, _port in found):
            raise NotAsked("private")
        problem: OSError = socket.gaierror()
        for address in found:
            try:
                return socket.create_connection(cast(tuple[str, int], address), self.timeout)
            except OSError as failed:
                problem = failed
        raise problem


def is_public(address: str) -> bool:
    """Whether *address* (IPv4 or IPv6) lies on the open internet, also one inside another."""
    known = ip_address(address.partition("%")[0])
    return known.is_global and not known.is_multicast and all(map(_is_global, _inside(known)))


def _inside(known: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(known, IPv4Address):
        return []
    nat64 = IPv4Address(int(known) & 0xFFFFFFFF) if known in _NAT64 else None
    return [one for one in (known.ipv4_mapped, known.sixtofour, nat64) if one is not None]


def _is_global(known: IPv4Address) -> bool:
    return known.is_global and not known.is_multicast


class _Patience:
    """How long we still wait: *each* time at most, and until *end*."""

    def __init__(self, each: float, end: float) -> None:
        self._each, self._end = each, end

    def left(self) -> float:
        left = min(self._each, self._end - monotonic())
        if left <= 0:
            raise TimeoutError
        return left


class _Drip(io.RawIOBase):
    """What comes over a socket, however slowly, while there is patience."""

    def __init__(self, sock: socket.socket, patience: _Patience) -> None:
        self._sock, self._patience = sock, patience

    def readable(self) -> bool:
        return True

    def readinto(self, room: WriteableBuffer) -> int:
        self._sock.settimeout(self._patience.left())
        return self._sock.recv_into(memoryview(room))


class _Listening:
    """As much of a socket as `http.client` wants for an answer."""

    def __init__(self, sock: socket.socket, patience: _Patience) -> None:
        self._stream = io.BufferedReader(_Drip(sock, patience))

    def makefile(self, _mode: str) -> io.BufferedIOBase:
        return self._stream


def _answer(sock: socket.socket, method: str, patience: _Patience) -> Answer:
    listening = cast(socket.socket, _Listening(sock, patience))
    with closing(http.client.HTTPResponse(listening, method=method)) as response:
        response.begin()
        return Answer(response.status, _body(response))


def _body(response: http.client.HTTPResponse) -> bytes:
    """What there is of it: the status is known, and a line that drops now changes nothing."""
    try:
        return response.read(LONGEST_ANSWER)
    except http.client.IncompleteRead as broken:
        return broken.partial
    except OSError:
        return b""


def _word(problem: Exception) -> str:
    kinds: dict[type[Exception], str] = {
        TimeoutError: "timeout",
        socket.gaierror: "dns",
        ssl.SSLError: "tls",
        ConnectionRefusedError: "refused",
        http.client.RemoteDisconnected: "dropped",
        OSError: "dropped",
        UnicodeError: "dns",
    }
    return next((word for kind, word in kinds.items() if isinstance(problem, kind)), "garbled")
