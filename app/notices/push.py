"""How a notification leaves: over the push services of browsers' makers (RFC 8030).

What they carry is sealed for the reader's browser. They learn that something was sent and when, how
long it is of use, whether it is urgent, and a topic that means nothing to them; its length is the
same for all short ones.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from datetime import timedelta
from secrets import token_bytes
from urllib.parse import urlsplit

from app.notices.channels import Channel
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    NotDelivered,
    PerhapsSent,
    Post,
    Receipt,
    Stage,
    TryLater,
)
from app.notices.letter import Brief, Device, Letter
from app.notices.outbound import Asker, NoAnswer, NotAsked
from app.notices.webpush import fresh_key, mark_of, public_key, sealed, signed

LONGEST = 3072
"""Bytes of a message; services take 4096 with what sealing adds."""
SAME_LENGTH = 1024
LONGEST_LIFE = timedelta(weeks=4)
TOKEN_LASTS = timedelta(hours=12)  # RFC 8292 section 2: at most 24
MOST_DEVICES = 5
OF_DEVICES = "push "
"""How the names of push services begin among all servers."""

_LONGEST_LINE = 400  # letters, of which each may be 12 bytes of JSON


class PushPost(Post):
    """Notifications to all devices of a letter's reader, one after the other.

    Taken is what one of them took. *key* is our private VAPID key, *contact* a mailto: or https:
    address for the services. *timeout* and *total*, in seconds, are for each device. Only
    *private*, which is for tests, lets an address lead into our own network.
    """

    def __init__(
        self,
        key: str,
        *,
        contact: str,
        timeout: float = 5.0,
        total: float = 10.0,
        tls: ssl.SSLContext | None = None,
        private: bool = False,
    ) -> None:
        self._key = key
        self._mark = mark_of(public_key(key))
        self._contact = contact
        self._asker = Asker(timeout=timeout, total=total, tls=tls, public_only=not private)

    def send(self, letter: Letter) -> Receipt:
        """Hand *letter* to the service of each device, or raise what the first said that is still
        there; `AddressRefused` where none is."""
        found = [(device, self._try(letter, device)) for device in letter.devices[:MOST_DEVICES]]
        reached = tuple(device.id for device, problem in found if problem is None)
        gone = tuple(device.id for device, problem in found if _is_gone(problem))
        if reached:
            return Receipt(gone=gone, reached=reached)
        problems = [problem for _device, problem in found if problem is not None]
        there = [problem for problem in problems if not isinstance(problem, AddressRefused)]
        failure = next(iter(there or problems), AddressRefused("no-device"))
        failure.gone = gone
        raise failure

    def close(self) -> None:
        """Nothing stays open."""

    def relay_for(self, to: str) -> str:
        """The service's host."""
        return f"{OF_DEVICES}{urlsplit(to).hostname}"

    def carries(self, channel: Channel) -> bool:
        return channel is Channel.PUSH

    def _try(self, letter: Letter, device: Device) -> NotDelivered | None:
        brief = letter.brief
        if brief is None or device.server_key != self._mark:
            return AddressRefused("no-brief" if brief is None else "other-key")
        try:
            content = self._sealed(letter, brief, device)
            headers = self._headers(letter, brief, device)
            answer = self._asker.ask(device.endpoint, "POST", headers, content)
        except ValueError:
            return AddressRefused("no-keys")
        except NotAsked as problem:
            kind = AddressRefused if problem.code == "private" else TryLater
            return _at(Stage.CONNECT, kind(problem.code))
        except NoAnswer as problem:
            return _at(Stage.ASKED, PerhapsSent(problem.code))
        failure = _meaning(answer.status)
        return failure and _at(Stage.ASKED, failure)

    def _sealed(self, letter: Letter, brief: Brief, device: Device) -> bytes:
        return sealed(
            payload(letter, brief),
            p256dh=device.p256dh,
            auth=device.auth,
            salt=token_bytes(16),
            own=fresh_key(),
            padded_to=SAME_LENGTH,
        )

    def _headers(self, letter: Letter, brief: Brief, device: Device) -> dict[str, str]:
        there = urlsplit(device.endpoint)
        life = min(max(brief.until - letter.sent_at, timedelta()), LONGEST_LIFE)
        who = signed(
            self._key,
            audience=f"{there.scheme}://{there.netloc}",
            subject=self._contact,
            expires=int((letter.sent_at + TOKEN_LASTS).timestamp()),
        )
        return {
            "Authorization": who,
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(int(life.total_seconds())),
            "Urgency": "high" if brief.urgent else "normal",
            "Topic": brief.topic,
        }


def payload(letter: Letter, brief: Brief) -> bytes:
    """What our page's worker in the browser reads, in at most `LONGEST` bytes."""
    shown = {
        "title": brief.sender[:100],
        "body": brief.line[:_LONGEST_LINE],
        "lang": letter.language,
        "page": brief.page,
        "tag": brief.topic,
    }
    written = json.dumps(shown, ensure_ascii=False).encode(errors="replace")
    if len(written) <= LONGEST:
        return written
    return payload(letter, replace(brief, line=brief.line[: len(brief.line) // 2]))


def _meaning(status: int) -> NotDelivered | None:
    """RFC 8030 sections 5 and 7.3, and what services say besides."""
    if 200 <= status < 300:
        return None
    if status in (404, 410):
        gone = AddressRefused(str(status))
        gone.is_dead = True
        return gone
    return (TryLater if status >= 500 or status in (408, 429) else LetterRefused)(str(status))


def _is_gone(problem: NotDelivered | None) -> bool:
    return isinstance(problem, AddressRefused) and problem.is_dead


def _at(stage: Stage, problem: NotDelivered) -> NotDelivered:
    problem.stage = stage
    return problem
