"""The link with which somebody says no to one sort of messages, without signing in. Pure.

Its last part is a MAC over who, what and the address that the letter went to, so that nothing is
kept; when the address changes hands, links in old letters open nothing.
"""

from __future__ import annotations

import hmac
from hashlib import sha256


def seal_for(secret_key: str, ref: str, topic: str, email: str) -> str:
    """64 hexadecimal digits (HMAC-SHA256) for the person *ref*, read at *email*, and that topic."""
    words = f"unsubscribe:{ref}:{topic}:{email}"
    return hmac.new(secret_key.encode(), words.encode(), sha256).hexdigest()


def fits(seal: str, secret_key: str, ref: str, topic: str, email: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(seal.encode(), seal_for(secret_key, ref, topic, email).encode())
