"""What a browser's push service is given: the message sealed for one browser (RFC 8291), and who
sends it (VAPID, RFC 8292). Pure; only this file knows the library.

The service carries what it cannot read. All keys are base64url without padding, as browsers give
them: points of P-256 uncompressed (65 bytes), *auth* 16 bytes, a private key its 32 bytes.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = ec.SECP256R1()
_RECORD = 4096
_DELIMITER = b"\x02"  # the last record (RFC 8188 section 2)


def sealed(
    content: bytes, *, p256dh: str, auth: str, salt: bytes, own: str, padded_to: int = 0
) -> bytes:
    """*content* as one record that only the browser with those keys opens (RFC 8291 section 3.4).

    *own* is a private key and *salt* 16 random bytes, both for this message only. Zeros after it,
    up to *padded_to* bytes, hide how long it is. Raises `ValueError` for keys that are none.
    """
    key = _private(own)
    ours, theirs = _point(key.public_key()), from_base64(p256dh)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, theirs))
    secret = _derived(shared, from_base64(auth), b"WebPush: info\0" + theirs + ours, 32)
    cipher = AESGCM(_derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    whole = (content + _DELIMITER).ljust(padded_to + 1, b"\0")
    head = salt + _RECORD.to_bytes(4, "big") + len(ours).to_bytes(1, "big") + ours
    return head + cipher.encrypt(nonce, whole, None)


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether a browser could have made these."""
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, from_base64(p256dh))
        return len(_point(point)) == len(from_base64(p256dh)) and len(from_base64(auth)) == 16
    except ValueError:
        return False


def fresh_key() -> str:
    """A new private key."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return to_base64(number.to_bytes(32, "big"))


def public_key(private: str) -> str:
    """What browsers are told of the key that *private* is. Raises `ValueError` if it is none."""
    return to_base64(_point(_private(private).public_key()))


def mark_of(public: str) -> str:
    """A short name of a public key, to compare it with another."""
    return sha256(public.encode()).hexdigest()[:16]


def signed(private: str, *, audience: str, subject: str, expires: int) -> str:
    """The value of ``Authorization`` (RFC 8292 section 3): an ES256 token for the service's origin
    *audience*, with whom it may ask, *subject*, until *expires* (seconds since 1970)."""
    claims = {"aud": audience, "exp": expires, "sub": subject}
    parts = [{"typ": "JWT", "alg": "ES256"}, claims]
    token = ".".join(to_base64(json.dumps(one).encode()) for one in parts)
    numbers = decode_dss_signature(
        _private(private).sign(token.encode(), ec.ECDSA(hashes.SHA256()))
    )
    signature = b"".join(number.to_bytes(32, "big") for number in numbers)
    return f"vapid t={token}.{to_base64(signature)}, k={public_key(private)}"


def from_base64(text: str) -> bytes:
    """Raises `ValueError` for what is none."""
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (Error, UnicodeEncodeError) as problem:
        raise ValueError("not base64url") from problem


def to_base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    content = from_base64(text)
    if len(content) != 32:
        raise ValueError("a private key has 32 bytes")
    return ec.derive_private_key(int.from_bytes(content, "big"), _CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
