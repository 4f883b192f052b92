"""A mail server in a process of its own that takes letters, and misbehaves as often as it is told.

It is quick (one process, asyncio) and remembers every letter whose final dot it saw.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from random import Random
from time import monotonic
from types import TracebackType
from typing import Self

Stages = Mapping[str, float]
NO_FAULTS: Stages = {}
STORM: Stages = {
    "greeting 421": 0.01,
    "greeting hang": 0.0005,
    "ehlo drop": 0.002,
    "mail 450": 0.005,
    "mail drop": 0.001,
    "rcpt 451": 0.01,
    "rcpt 421": 0.001,
    "rcpt hang": 0.0005,
    "data 452": 0.003,
    "data 554": 0.001,
    "data drip": 0.0005,
    "dot 451": 0.01,
    "dot 550": 0.001,
    "dot drop": 0.002,
    "dot drop after taking": 0.002,
    "dot hang": 0.0003,
}
"""How often each thing happens, of the times that it could."""


@dataclass(frozen=True)
class Delivery:
    """One letter that the server took: which messages (refs) it is *about*, for whom, when MAIL was
    said and when it was taken, in seconds of the monotonic clock."""

    message_id: str
    about: tuple[str, ...]
    to: str
    begun: float
    taken: float


class Relay:
    """``with Relay(STORM, seed=1) as relay``: it listens on *port* of this machine."""

    def __init__(self, faults: Stages = NO_FAULTS, *, seed: int = 0) -> None:
        here, there = multiprocessing.Pipe()
        fork = multiprocessing.get_context("fork")
        self._ask = here
        self._process = fork.Process(target=_serve, args=(there, dict(faults), seed), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self.port: int = self._ask.recv()
        return self

    def __exit__(
        self, _a: type[BaseException] | None, _b: BaseException | None, _c: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()

    def deliveries(self) -> list[Delivery]:
        """All it took so far."""
        self._ask.send("deliveries")
        found: list[Delivery] = self._ask.recv()
        return found


def _serve(ask: Connection, faults: Stages, seed: int) -> None:
    logging.disable(logging.CRITICAL)  # who was killed does not listen to the end
    asyncio.run(_listen(ask, faults, seed))


async def _listen(ask: Connection, faults: Stages, seed: int) -> None:
    taken: list[Delivery] = []
    dice = Random(seed)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Talk(reader, writer, faults, dice, taken).go()
        except (_Gone, OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    ask.send(server.sockets[0].getsockname()[1])

    def answer() -> None:
        ask.recv()
        ask.send(taken)

    asyncio.get_running_loop().add_reader(ask.fileno(), answer)
    await server.serve_forever()


class _Gone(Exception):
    pass


@dataclass
class _Talk:
    """One conversation."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    faults: Stages
    dice: Random
    taken: list[Delivery]
    to: str = ""
    begun: float = 0.0

    async def go(self) -> None:
        await self.say("greeting", b"220 relay\r\n")
        verbs: dict[bytes, Callable[[bytes], Awaitable[None]]] = {
            b"EHLO": self.ehlo,
            b"MAIL": self.mail,
            b"RCPT": self.rcpt,
            b"DATA": self.data,
        }
        while line := await self.reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.writer.write(b"221 bye\r\n")
                return
            if verb in verbs:
                await verbs[verb](line)
            else:
                self.writer.write(b"250 ok\r\n")

    async def ehlo(self, _line: bytes) -> None:
        await self.say("ehlo", b"250 relay\r\n")

    async def mail(self, _line: bytes) -> None:
        self.begun = monotonic()
        await self.say("mail", b"250 ok\r\n")

    async def rcpt(self, line: bytes) -> None:
        self.to = line.partition(b"<")[2].partition(b">")[0].decode()
        if self.to.startswith("dead"):
            self.writer.write(b"550 5.1.1 no such user\r\n")
        else:
            await self.say("rcpt", b"250 ok\r\n")

    async def data(self, _line: bytes) -> None:
        if not await self.say("data", b"354 go on\r\n"):
            return
        content = await self.reader.readuntil(b"\r\n.\r\n")
        if self.falls("dot drop"):
            raise _Gone
        loses_its_voice = self.falls("dot drop after taking")
        if loses_its_voice:
            self.take(content)
            raise _Gone
        if await self.say("dot", b""):
            self.take(content)
            self.writer.write(b"250 taken\r\n")

    def take(self, content: bytes) -> None:
        head = content[: content.find(b"\r\n\r\n")]
        found = head.lower().find(b"message-id:")
        ref = head[found:].split(b"\r\n")[0].partition(b"<")[2].partition(b">")[0].decode()
        about = dict.fromkeys(one.decode() for one in _ABOUT.findall(content))
        self.taken.append(Delivery(ref, tuple(about), self.to, self.begun, monotonic()))

    async def say(self, stage: str, friendly: bytes) -> bool:
        """The friendly answer and True, unless the dice say otherwise."""
        for what in self.faults:
            if what.partition(" ")[0] == stage and what not in _OF_THEIR_OWN and self.falls(what):
                await self.misbehave(what.partition(" ")[2])
                return False
        self.writer.write(friendly)
        return True

    def falls(self, what: str) -> bool:
        return self.dice.random() < self.faults.get(what, 0.0)

    async def misbehave(self, how: str) -> None:
        if how == "drop":
            raise _Gone
        if how == "hang":
            await self.reader.read()
            raise _Gone
        if how == "drip":
            for letter in b"354 go on, but slowly":
                self.writer.write(bytes([letter]))
                await asyncio.sleep(0.2)
            raise _Gone
        self.writer.write(f"{how} as the dice say\r\n".encode())
        if how == "421":
            raise _Gone


_ABOUT = re.compile(rb"^about ([\w-]+)", re.MULTILINE)
_OF_THEIR_OWN = frozenset({"dot drop", "dot drop after taking"})
