"""How a short message leaves: to an SMS gateway over HTTPS, or as a file while there is none.

A letter to a telephone has its E.164 number in *to*. What the reader is told is its *brief* text,
shortened to a few parts, or its whole text where it has no brief one, as a code.
"""

from __future__ import annotations

import ssl
from datetime import UTC
from pathlib import Path
from urllib.parse import urlsplit

from app.gateway import Gateway, Meaning
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
    file_name_end,
    keep_privately,
)
from app.notices.letter import Letter
from app.notices.outbound import Asker, NoAnswer, NotAsked
from app.notices.parts import parts_of, plain, shortened

_MEANS: dict[Meaning, type[NotDelivered]] = {
    Meaning.LATER: TryLater,
    Meaning.REFUSED: LetterRefused,
    Meaning.NUMBER: AddressRefused,
    Meaning.DEAD: AddressRefused,
    Meaning.UNKNOWN: PerhapsSent,
}


def words_of(letter: Letter, *, most: int) -> str:
    """What a telephone shows, in at most *most* parts."""
    brief = letter.brief
    if brief is None:
        return letter.text
    return shortened(plain(f"{brief.sender}: {brief.text}"), end=f" {brief.page}", most=most)


class HttpSms(Post):
    """Short messages through the gateway that the settings describe. *timeout* bounds each wait and
    *total* the whole, both in seconds. No answer's words are kept."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        timeout: float = 10.0,
        total: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._gateway = gateway
        self._asker = Asker(timeout=timeout, total=total, tls=tls)

    def send(self, letter: Letter) -> Receipt:
        """Hand *letter* to the gateway, or raise the `NotDelivered` that its answer means."""
        outcome = self._try(letter)
        if isinstance(outcome, NotDelivered):
            raise outcome  # out here, so that it carries no other exception with a number in it
        return outcome

    def close(self) -> None:
        """Nothing stays open."""

    def relay_for(self, to: str) -> str:
        """The gateway's host."""
        return urlsplit(self._gateway.url).netloc

    def carries(self, channel: Channel) -> bool:
        return channel is Channel.SMS

    def cost(self, letter: Letter) -> int:
        """Its parts."""
        return parts_of(words_of(letter, most=self._gateway.most_parts))

    def _try(self, letter: Letter) -> Receipt | NotDelivered:
        gateway = self._gateway
        url, body = gateway.question(
            to=letter.to,
            text=words_of(letter, most=gateway.most_parts),
            identity=letter.message_id.strip("<>"),
        )
        try:
            answer = self._asker.ask(url, gateway.method, gateway.headers, body)
        except NotAsked as problem:
            return at(Stage.CONNECT, TryLater(problem.code))
        except NoAnswer as problem:
            return at(Stage.ASKED, PerhapsSent(problem.code))
        meaning, code = gateway.meaning(answer.status, answer.body)
        if meaning is Meaning.TAKEN:
            return Receipt(reference=gateway.reference_in(answer.body))
        failure = at(Stage.ASKED, _MEANS[meaning](code))
        if isinstance(failure, AddressRefused):
            failure.is_dead = meaning is Meaning.DEAD
        return failure


def at(stage: Stage, problem: NotDelivered) -> NotDelivered:
    """*problem* with how far it came."""
    problem.stage = stage
    return problem


class FolderSms(Post):
    """Short messages as `.txt` files in *folder*, for its owner only, while there is no gateway."""

    def __init__(self, folder: Path, *, most_parts: int = 3) -> None:
        self._folder = folder
        self._most_parts = most_parts

    def send(self, letter: Letter) -> None:
        """Write *letter*; `TryLater` when the disk does not take it."""
        name = file_name_end(letter.message_id).removesuffix(".eml")
        path = self._folder / f"{letter.sent_at.astimezone(UTC):%Y%m%dT%H%M%SZ}{name}.txt"
        words = words_of(letter, most=self._most_parts)
        try:
            keep_privately(path, f"{letter.to}\n{words}\n".encode())
        except OSError:
            raise TryLater("disk") from None

    def close(self) -> None:
        """Nothing stays open."""

    def carries(self, channel: Channel) -> bool:
        return channel is Channel.SMS

    def cost(self, letter: Letter) -> int:
        """What it would be."""
        return parts_of(words_of(letter, most=self._most_parts))
