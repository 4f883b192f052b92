"""The link with which an offer is answered from its letter, without signing in. Pure.

Its last part is a MAC over the offer as it was made, so that nothing is kept and a letter that is
written twice holds the same link; asked anew, the old link is over.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256


def seal_of(secret_key: str, ref: str, lapses_at: datetime | None) -> str:
    """64 hexadecimal digits (HMAC-SHA256) that open the offer *ref* until *lapses_at*, no other."""
    until = lapses_at.isoformat() if lapses_at else ""
    return hmac.new(secret_key.encode(), f"answer:{ref}:{until}".encode(), sha256).hexdigest()


def is_sealed(seal: str, secret_key: str, ref: str, lapses_at: datetime | None) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(seal.encode(), seal_of(secret_key, ref, lapses_at).encode())
