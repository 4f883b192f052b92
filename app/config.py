"""Every setting, its type and its default, read once from the environment.

All names start with ``PUNTE_``, except ``PORT``, which hosting platforms set. README has the table.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from app.gateway import Gateway, read_gateway

_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve (FIPS 186-4, D.1.2.3)."""


class BadSetting(ValueError):
    """One setting is wrong; the sentence says which and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says, checked."""

    data: Path
    database_url: str
    secret_key: str
    base_url: str
    host: str
    port: int
    smtp_url: str | None
    sms: Gateway | None
    vapid_key: str
    mail_from: str
    mail_name: str
    uid_domain: str
    exit_url: str
    proxies: int
    check_months: int
    returned_folder: Path | None

    @property
    def mail_folder(self) -> Path:
        """Where messages go as ``.eml`` files while there is no mail server."""
        return self.data / "mail"

    @property
    def sms_folder(self) -> Path:
        """Where short messages go as ``.txt`` files while there is no gateway."""
        return self.data / "sms"

    @property
    def sends_sms(self) -> bool:
        """Whether telephones can be reached; without a gateway only where nothing leaves anyway."""
        return self.sms is not None or self.smtp_url is None

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of *environ*. Raises `BadSetting` for the first that cannot be used."""
    data = _folder(environ.get("PUNTE_DATA", "data"))
    host = environ.get("PUNTE_HOST", "127.0.0.1")
    port = _port(environ.get("PORT", "8000"))
    base_url = _base_url(environ.get("PUNTE_BASE_URL", f"http://127.0.0.1:{port}"))
    domain = urlsplit(base_url).hostname or "localhost"
    return Settings(
        data=data,
        database_url=_database_url(environ.get("PUNTE_DATABASE_URL"), data),
        secret_key=_secret_key(environ.get("PUNTE_SECRET_KEY"), data),
        base_url=base_url,
        host=host,
        port=port,
        smtp_url=_smtp_url(environ.get("PUNTE_SMTP_URL")),
        sms=_sms(environ),
        vapid_key=_vapid_key(environ.get("PUNTE_VAPID_KEY"), data),
        mail_from=_mailbox(environ.get("PUNTE_MAIL_FROM", "punte@example.org")),
        mail_name=_one_line("PUNTE_MAIL_NAME", environ.get("PUNTE_MAIL_NAME", "Punte")),
        uid_domain=_one_line("PUNTE_UID_DOMAIN", environ.get("PUNTE_UID_DOMAIN", domain)),
        exit_url=_web_address(
            "PUNTE_EXIT_URL", environ.get("PUNTE_EXIT_URL", "https://ro.wikipedia.org/")
        ),
        proxies=_small_number("PUNTE_PROXIES", environ.get("PUNTE_PROXIES", "0")),
        check_months=_small_number("PUNTE_CHECK_MONTHS", environ.get("PUNTE_CHECK_MONTHS", "6")),
        returned_folder=_existing("PUNTE_RETURNED", environ.get("PUNTE_RETURNED")),
    )


def _folder(value: str) -> Path:
    folder = Path(value).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadSetting(
            f"PUNTE_DATA: the folder {value} cannot be used ({problem.strerror})."
        ) from problem
    return folder


def _existing(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    folder = Path(value).absolute()
    if not folder.is_dir():
        raise BadSetting(f"{name}: there is no folder {value}.")
    return folder


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise BadSetting(f"PORT: expected a number from 1 to 65535, got {value!r}.")
    return int(value)


def _small_number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 9:
        raise BadSetting(f"{name}: expected a number from 0 to 9, got {value!r}.")
    return int(value)


def _base_url(value: str) -> str:
    address = _web_address("PUNTE_BASE_URL", value)
    parts = urlsplit(address)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting(
            f"PUNTE_BASE_URL: expected an address without a path, such as https://punte.example, "
            f"got {value!r}."
        )
    return address.rstrip("/")


def _web_address(name: str, value: str) -> str:
    parts = _split(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(f"{name}: expected an address that starts with https://, got {value!r}.")
    return value


def _database_url(value: str | None, data: Path) -> str:
    if value is None:
        return f"sqlite:///{data / 'punte.sqlite'}"
    if value.startswith("sqlite:///"):
        return value
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if value.startswith(prefix):
            return "postgresql+psycopg://" + value.removeprefix(prefix)
    raise BadSetting(
        "PUNTE_DATABASE_URL: expected an address that starts with sqlite:/// or postgresql://."
    )


def _secret_key(value: str | None, data: Path) -> str:
    if value is not None:
        if len(value) < 32:
            raise BadSetting("PUNTE_SECRET_KEY: at least 32 characters are needed.")
        return value
    kept = data / "secret_key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return kept.read_text(encoding="ascii").strip()


def _smtp_url(value: str | None) -> str | None:
    if not value:
        return None
    parts = _split("PUNTE_SMTP_URL", value, secret=True)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadSetting(
            "PUNTE_SMTP_URL: expected smtp://user:password@host:port (STARTTLS where offered) "
            "or smtps://..."
        )
    return value


def _vapid_key(value: str | None, data: Path) -> str:
    """The private key by which browsers' push services know us: as good as any number below the
    order of P-256, in base64url."""
    kept = data / "vapid_key"
    if value is None:
        if not kept.exists():
            number = secrets.randbelow(_P256 - 1) + 1
            made = urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
            _keep_once(kept, made)
        value = kept.read_text(encoding="ascii").strip()
    try:
        content = urlsafe_b64decode(value.encode("ascii") + b"=" * (-len(value) % 4))
    except ValueError:
        content = b""
    if len(content) != 32 or not 0 < int.from_bytes(content, "big") < _P256:
        raise BadSetting(
            "PUNTE_VAPID_KEY: expected a private key of P-256, 43 letters of base64url."
        )
    return value


def _keep_once(path: Path, text: str) -> None:
    """Whole or not at all, and where two start at once, what the first of them made."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")  # for its owner only
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    with suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()


def _sms(environ: Mapping[str, str]) -> Gateway | None:
    url = _sms_url(environ.get("PUNTE_SMS_URL"))
    if url is None:
        return None
    try:
        return read_gateway(url, _sms_token(environ.get("PUNTE_SMS_TOKEN")), environ)
    except ValueError as problem:
        raise BadSetting(str(problem)) from problem


def _sms_url(value: str | None) -> str | None:
    """Over a network only under TLS: what is sent there opens the door."""
    if not value:
        return None
    parts = _split("PUNTE_SMS_URL", value, secret=True)
    here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not parts.hostname or parts.scheme not in ({"http", "https"} if here else {"https"}):
        raise BadSetting("PUNTE_SMS_URL: expected the https:// address of an SMS gateway.")
    if parts.username or parts.password or parts.fragment:
        raise BadSetting("PUNTE_SMS_URL: expected an address without a password in it.")
    return value


def _sms_token(value: str | None) -> str:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise BadSetting("PUNTE_SMS_TOKEN: the gateway's token is needed, in one word.")
    return value


def _split(name: str, value: str, *, secret: bool = False) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as problem:
        shown = "" if secret else f", got {value!r}"
        raise BadSetting(f"{name}: this is not an address{shown}.") from problem
    return parts


def _mailbox(value: str) -> str:
    local, _, domain = value.partition("@")
    if not local or not domain or any(c.isspace() or c in "<>," for c in value):
        raise BadSetting(
            f"PUNTE_MAIL_FROM: expected a mailbox such as calendar@centre.example, got {value!r}."
        )
    return value


def _one_line(name: str, value: str) -> str:
    if not value or any(ord(c) < 32 for c in value):
        raise BadSetting(f"{name}: expected one line of text.")
    return value
