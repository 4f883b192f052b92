"""A server on loopback under a certificate that it made itself, which says what a test wants."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket
from tempfile import TemporaryDirectory
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

HANG, DROP, DRIP, DRIP_BODY = b"hang", b"drop", b"drip", b"drip body"
TINY = 0.2


def says(code: int, body: bytes = b"secret", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} Zweifel", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Service:
    """Gives one of *answers* to each question, the last again and again; or hangs, or drops the
    line, or never comes to an end."""

    def __init__(self, listener: socket, *answers: bytes, tls: ssl.SSLContext | None) -> None:
        self._listener = listener
        self._answers = list(answers)
        self._tls = tls
        scheme, port = "https" if tls else "http", listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{port}/z31secret"
        self.asked: list[bytes] = []
        self.done = Event()

    def serve(self) -> None:
        while not self.done.is_set():
            with suppress(OSError):
                line, _address = self._listener.accept()
                with line, self._secured(line) as safe:
                    self.asked.append(whole_request(safe))
                    answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                    self._say(safe, answer)

    def _secured(self, line: socket) -> socket:
        return self._tls.wrap_socket(line, server_side=True) if self._tls else line

    def _say(self, line: socket, answer: bytes) -> None:
        if answer == HANG:
            self.done.wait(5)
        elif answer in (DRIP, DRIP_BODY):
            if answer == DRIP_BODY:
                line.sendall(b"HTTP/1.1 200 Zweifel\r\nContent-Length: 9999\r\n\r\n")
            while not self.done.wait(TINY / 4):
                line.sendall(b"H")
        elif answer != DROP:
            line.sendall(answer)


def whole_request(line: socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        more = line.recv(4096)
        if not more:
            raise OSError
        got += more
    head, _gap, body = got.partition(b"\r\n\r\n")
    length = 0
    if b"content-length: " in head.lower():
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(4096)
    return head + b"\r\n\r\n" + body


@contextmanager
def service(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Service]:
    with create_server(("127.0.0.1", 0)) as listener:
        made = Service(listener, *answers, tls=tls)
        thread = Thread(target=made.serve)
        thread.start()
        try:
            yield made
        finally:
            made.done.set()
            listener.shutdown(SHUT_RDWR)
            thread.join()


def self_made() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """That of a server on 127.0.0.1, and that of a client which believes it and nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push service of the tests")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(secret + pem)
        server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client
