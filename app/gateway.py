"""An SMS gateway as the settings describe it: how it is asked, and how its answers are read. Pure.

Every provider has its own fields and its own errors; here they are words in settings, so that no
provider needs code of its own. README explains each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

MOST_PARTS = 10
_NAMES = frozenset({"to", "number", "text", "id"})
_PLACE = re.compile(r"\{(\w+)\}")
_HEADER = re.compile(r"([A-Za-z0-9-]{1,60}): ?([\x20-\x7e]{1,200})")


class Meaning(StrEnum):
    """What an answer means for one short message."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"  # this message, our token, our contract
    NUMBER = "number"  # this number, now
    DEAD = "dead"  # there is no such number
    UNKNOWN = "unknown"  # perhaps it left: it is not sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """*body* is a template, JSON or a form; *header* one line; both with the words of README in
    braces. *codes* say what that means which stands at the path *code* of a JSON answer, and
    *statuses* what the three digits mean."""

    url: str
    token: str = field(repr=False)
    method: str = "POST"
    header: str = "Authorization: Bearer {token}"
    body: str = '{"to": "{to}", "text": "{text}", "id": "{id}"}'
    statuses: Mapping[str, Meaning] = field(default_factory=dict)
    code: str = ""
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    reference: str = ""
    most_parts: int = 3

    @property
    def headers(self) -> dict[str, str]:
        name, value = self.header.split(":", 1)
        kind = "application/json" if self.is_json else "application/x-www-form-urlencoded"
        said = {name.strip(): value.strip().replace("{token}", self.token)}
        return said if self.method == "GET" else said | {"Content-Type": kind}

    @property
    def is_json(self) -> bool:
        return self.body.lstrip().startswith(("{", "["))

    def question(self, *, to: str, text: str, identity: str) -> tuple[str, bytes]:
        """The address and the body that ask for this message."""
        words = {"to": to, "number": to.removeprefix("+"), "text": text, "id": identity}
        if self.is_json:
            return self.url, json.dumps(_filled(json.loads(self.body), words)).encode()
        fields = [
            (name, _with(value, words)) for name, value in parse_qsl(self.body, strict_parsing=True)
        ]
        if self.method == "GET":
            return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(fields)}", b""
        return self.url, urlencode(fields).encode()

    def meaning(self, status: int, body: bytes) -> tuple[Meaning, str]:
        """What the answer means, and its code: the gateway's own, if it is known where that is."""
        if str(status) in self.statuses:
            return self.statuses[str(status)], str(status)
        if self.code:
            own = found_at(self.code, body)
            if own is not None and own in self.codes:
                return self.codes[own], own
            if 200 <= status < 300:  # it says something, and nobody told us what
                return Meaning.UNKNOWN, "garbled" if own is None else own
        return _usual(status), str(status)

    def reference_in(self, body: bytes) -> str | None:
        """The gateway's own number of the message."""
        return found_at(self.reference, body) if self.reference else None


def found_at(path: str, body: bytes) -> str | None:
    """What stands at *path*, such as `messages.0.status`, of a JSON text; in letters that may go to
    a log. None where there is nothing of the sort."""
    try:
        found = json.loads(body)
        for step in path.split("."):
            found = found[int(step)] if isinstance(found, list) else found[step]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if isinstance(found, bool):
        found = "true" if found else "false"
    simple = isinstance(found, str | int) and re.fullmatch(r"[\w.:-]{1,64}", str(found), re.ASCII)
    return str(found) if simple else None


def _usual(status: int) -> Meaning:
    if 200 <= status < 300:
        return Meaning.TAKEN
    if status >= 500 or status in (408, 425, 429):
        return Meaning.LATER
    return Meaning.NUMBER if status in (400, 404, 422) else Meaning.REFUSED


def _filled(template: Any, words: Mapping[str, str]) -> Any:
    """The same with the words in the place of their names; never read as JSON again."""
    if isinstance(template, dict):
        return {name: _filled(value, words) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, words) for value in template]
    return _with(template, words) if isinstance(template, str) else template


def _with(value: str, words: Mapping[str, str]) -> str:
    """*value* with the words in, once: a text that holds a placeholder stays as it is."""
    return _PLACE.sub(lambda found: words.get(found[1], found[0]), value)


def read_gateway(url: str, token: str, environ: Mapping[str, str]) -> Gateway:
    """What *environ* says of it. Raises `ValueError` with one sentence for what cannot be used."""
    usual = Gateway(url=url, token=token)
    made = Gateway(
        url=url,
        token=token,
        method=_method(environ.get("PUNTE_SMS_METHOD", usual.method)),
        header=_header(environ.get("PUNTE_SMS_HEADER", usual.header)),
        body=_body(environ.get("PUNTE_SMS_BODY", usual.body)),
        statuses=_meanings("PUNTE_SMS_STATUSES", environ.get("PUNTE_SMS_STATUSES", "")),
        code=_path("PUNTE_SMS_CODE", environ.get("PUNTE_SMS_CODE", "")),
        codes=_codes(environ.get("PUNTE_SMS_CODES", ""), environ.get("PUNTE_SMS_CODE", "")),
        reference=_path("PUNTE_SMS_REFERENCE", environ.get("PUNTE_SMS_REFERENCE", "")),
        most_parts=_parts(environ.get("PUNTE_SMS_PARTS", str(usual.most_parts))),
    )
    if made.method == "GET" and made.is_json:
        raise ValueError("PUNTE_SMS_METHOD: GET needs fields in PUNTE_SMS_BODY, not JSON.")
    return made


def _method(value: str) -> str:
    if value not in ("POST", "PUT", "GET"):
        raise ValueError("PUNTE_SMS_METHOD: expected POST, PUT or GET.")
    return value


def _header(value: str) -> str:
    if not _HEADER.fullmatch(value) or "{token}" not in value:
        raise ValueError(
            "PUNTE_SMS_HEADER: expected one header with {token} in it, such as X-Api-Key: {token}."
        )
    return value


def _body(value: str) -> str:
    expected = (
        'PUNTE_SMS_BODY: expected JSON such as {"to": "{to}", "text": "{text}"}, or fields such as '
        "to={to}&text={text}, each of them with {to} or {number} and {text}."
    )
    try:
        is_json = value.lstrip().startswith(("{", "["))
        held = json.dumps(json.loads(value)) if is_json else str(dict(_fields(value)))
    except ValueError as problem:
        raise ValueError(expected) from problem
    names = set(_PLACE.findall(held))
    if "text" not in names or not names & {"to", "number"} or names - _NAMES:
        raise ValueError(expected)
    return value


def _fields(value: str) -> list[tuple[str, str]]:
    return parse_qsl(value, strict_parsing=True)


def _codes(value: str, path: str) -> dict[str, Meaning]:
    found = _meanings("PUNTE_SMS_CODES", value)
    if bool(found) != bool(path) or (path and Meaning.TAKEN not in found.values()):
        raise ValueError(
            "PUNTE_SMS_CODES: expected, together with PUNTE_SMS_CODE, what each code means, such "
            "as 0:taken 15:dead, one of them taken."
        )
    return found


def _meanings(name: str, value: str) -> dict[str, Meaning]:
    known = [one.value for one in Meaning]
    found = {}
    for pair in value.split():
        code, _colon, word = pair.rpartition(":")
        if not code or word not in known:
            raise ValueError(f"{name}: expected pairs such as 409:taken, with {', '.join(known)}.")
        found[code] = Meaning(word)
    return found


def _path(name: str, value: str) -> str:
    if value and not re.fullmatch(r"[\w-]+(\.[\w-]+)*", value, re.ASCII):
        raise ValueError(f"{name}: expected a path into a JSON answer, such as messages.0.status.")
    return value


def _parts(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= MOST_PARTS:
        raise ValueError(f"PUNTE_SMS_PARTS: expected a number from 1 to {MOST_PARTS}.")
    return int(value)
