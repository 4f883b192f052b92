"""How a rule says no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A rule of the house said no; *message* is the sentence the person reads (translated late)."""

    message: Any

    def __init__(self, message: Any = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(str(type(self).__name__))
