"""One line on this machine's disk: the last letter of a worker that a server took, by the attempts
of its messages.

Between the server's yes and the commit a worker may be killed. The line is written in between, in
some microseconds; the next worker of the machine reads it, and does not send that letter again. It
is only about killed processes: after a power cut the line may be missing, and the letter is sent
once more, under the same Message-ID. A shorter line leaves the end of a longer one behind it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_WIDTH = 20


class Diary:
    """The line of the worker *name*, in a file that only the owner reads."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / name
        self._file: int | None = None

    def taken(self, attempts: Sequence[int]) -> None:
        """A server took the letter of those attempts. A failure must not undo what was sent."""
        try:
            if self._file is None:
                self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            line = "".join(f"{one:0{_WIDTH}}" for one in attempts)
            os.pwrite(self._file, f"{line}\n".encode(), 0)
        except OSError:
            return

    def last_taken(self) -> list[int]:
        """The attempts that stand there; none where nothing does."""
        try:
            line, end, _rest = self.path.read_bytes().partition(b"\n")
        except OSError:
            return []
        if not end or len(line) % _WIDTH or not line.isdigit():
            return []
        return [int(line[at : at + _WIDTH]) for at in range(0, len(line), _WIDTH)]

    def burn(self) -> None:
        """It is of no use any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self.path.unlink(missing_ok=True)
