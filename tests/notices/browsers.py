"""A browser's half of web push: it makes keys and opens what was sealed for it (RFC 8188, 8291),
written from the standards with HMAC alone, so that it shares nothing with what it checks."""

from __future__ import annotations

import hmac
from hashlib import sha256
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.notices.webpush import to_base64


class Browser:
    """One browser that said yes to messages."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = token_bytes(16)
        self._point = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @property
    def p256dh(self) -> str:
        return to_base64(self._point)

    @property
    def auth(self) -> str:
        return to_base64(self._auth)

    def opened(self, content: bytes) -> bytes:
        """What *content* says. Raises `InvalidTag` if it is for another browser."""
        salt, length = content[:16], content[20]
        theirs, box = content[21 : 21 + length], content[21 + length :]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self._key.exchange(ec.ECDH(), point)
        info = b"WebPush: info\x00" + self._point + theirs + b"\x01"
        secret = _mac(salt, _mac(_mac(self._auth, shared), info))
        key = _mac(secret, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _mac(secret, b"Content-Encoding: nonce\x00\x01")[:12]
        words = AESGCM(key).decrypt(nonce, box, None).rstrip(b"\0")
        assert words.endswith(b"\x02")
        return words[:-1]


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, sha256).digest()
