"""All the ways for letters to leave, as one: each letter by that of its address."""

from __future__ import annotations

from app.notices.channels import Channel, channel_of
from app.notices.delivery import Post, Receipt
from app.notices.letter import Letter


class Ways(Post):
    """Mailboxes by *mail*, E.164 numbers by *sms*, devices by *push*. Where *sms* is left out, as
    where nobody set a gateway, only what is already on its way there is handed to it."""

    def __init__(self, mail: Post, sms: Post, push: Post | None = None, *, no_sms: bool = False):
        self._ways = {Channel.EMAIL: mail, Channel.SMS: sms}
        if push is not None:
            self._ways[Channel.PUSH] = push
        self._left_out = Channel.SMS if no_sms else None

    def send(self, letter: Letter) -> Receipt | None:
        """Hand it to the one that reaches its reader."""
        return self._way(letter.to).send(letter)

    def relay_for(self, to: str) -> str:
        """That of the one that reaches *to*."""
        return self._way(to).relay_for(to)

    def carries(self, channel: Channel) -> bool:
        return channel in self._ways and channel is not self._left_out

    def cost(self, letter: Letter) -> int:
        return self._way(letter.to).cost(letter)

    def close(self) -> None:
        """All let go."""
        for way in self._ways.values():
            way.close()

    def _way(self, to: str) -> Post:
        return self._ways[channel_of(to)]
