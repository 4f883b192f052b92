"""The link with which an offered place is answered from its letter, without signing in. Pure.

Nothing is kept: it is a MAC over the offer as it was made, so that a letter that is written twice
holds the same link, and a later offer has another.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256


def seal_of(secret_key: str, ref: str, offered_at: datetime, reader: str) -> str:
    """64 hexadecimal digits (HMAC-SHA256) with which the *reader* (a person's ref) opens the offer
    made to *ref* then: nobody else's, so that they open nothing once it is not theirs to answer."""
    words = ":".join(("place", ref, offered_at.isoformat(), reader))
    return hmac.new(secret_key.encode(), words.encode(), sha256).hexdigest()


def is_sealed(
    seal: str, secret_key: str, ref: str, offered_at: datetime | None, reader: str
) -> bool:
    """Whether it is the seal of *reader*, compared in constant time. Nothing opens what was never
    offered."""
    if offered_at is None:
        return False
    theirs = seal_of(secret_key, ref, offered_at, reader)
    return hmac.compare_digest(seal.encode(), theirs.encode())
