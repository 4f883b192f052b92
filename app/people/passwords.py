"""Passwords: argon2id at the strength of OWASP ASVS 5.0 Appendix C, and which ones are refused."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.i18n import _l
from app.refusal import Refusal

SHORTEST, LONGEST = 10, 200
_hasher = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_two_at_once = BoundedSemaphore(2)  # each takes 46 MiB
_COMMON = frozenset(
    (
        "1234567890 12345678910 0987654321 qwertyuiop qwerty123456 password12 password123 "
        "password1234 parolaparola parola1234 parola12345 administrator iloveyou12 1q2w3e4r5t "
        "aaaaaaaaaa 1111111111 0000000000 bucuresti1 romania123 letmein123 welcome123 punte12345"
    ).split()
)


class WeakPassword(Refusal):
    message = _l("Choose a password of at least 10 characters that is not easy to guess.")


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Raises `WeakPassword` (ASVS 6.2.1, 6.2.4)."""
    if not SHORTEST <= len(password) <= LONGEST or password.casefold() in _COMMON:
        raise WeakPassword
    with _two_at_once:
        return _hasher.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether *password* belongs to the *kept* hash. Takes as long when there is none."""
    with _two_at_once:
        try:
            return _hasher.verify(kept or _NOBODYS, password[:LONGEST]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


_NOBODYS = _hasher.hash("a password that nobody has")
