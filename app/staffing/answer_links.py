"""The link with which an offer is answered from its letter, without signing in. Pure.

Its last part is a MAC over the offer as it was made, so that nothing is kept and a letter that is
written twice holds the same link; asked anew, the old link is over.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256


def seal_of(secret_key: str, ref: str, made_at: datetime) -> str:
    """64 hexadecimal digits (HMAC-SHA256) that open the offer *ref* as it was made then."""
    words = f"answer:{ref}:{made_at.isoformat()}"
    return hmac.new(secret_key.encode(), words.encode(), sha256).hexdigest()


def is_sealed(seal: str, secret_key: str, ref: str, made_at: datetime) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(seal.encode(), seal_of(secret_key, ref, made_at).encode())
