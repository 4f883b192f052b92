"""Words that nobody would write, in each column of each table that holds words: whoever finds one
knows of which row it is. A new column is planted by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import JSON, Column, Enum, LargeBinary, String, Table, event
from sqlalchemy.orm import Mapper

from app.database import Base
from app.folding import fold

OF_THE_MACHINE = frozenset(
    """
    *.language *.support_language *.zone *.level *.via *.placed activity_text.folded
    meeting_text.folded person.interests reminder_wish.about
    certificate.content certificate.digest rota.digest rota.engine in_line.outcome
    notice.key notice.last_code kept_feed.key kept_feed.digest kept_feed.version
    kept_event.generation attempt.stage attempt.code relay.last_code stopped_address.code
    feed_link.fetched_by invite.shows name_key.key name_reading.name
    """.split()
)
"""Columns whose words are codes of a closed list, digests, or copies of what is planted elsewhere:
``table.column``, or ``*.column``. Whatever else is text is planted."""
ON_ITS_OWN = re.compile(r"_hash$")
"""What opens a door keeps its value, and is hunted as it is."""
AS_IT_MUST_LOOK = {
    "email": "{}@example.org",
    "contact": "{}@example.org",
    "sign_in_phone": "+{}",
    "online_url": "https://meet.example/{}",
    "endpoint": "https://push.example/{}",
}
WORD = re.compile(r"cnry[0-9a-f]{5}z|\b[0-9a-f]{64}\b|\b[A-Z]\d-[A-Z]\d[A-Z]\b", re.I)


@dataclass(frozen=True)
class Home:
    """Where one word was planted."""

    table: str
    column: str
    row: Any

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


class Planter:
    """Replaces what is written into words while it works, and remembers where each one went."""

    def __init__(self) -> None:
        self.homes: dict[str, Home] = {}
        self._number = count(1)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        event.listen(Mapper, "before_insert", self._plant)
        try:
            yield
        finally:
            event.remove(Mapper, "before_insert", self._plant)

    def _plant(self, mapper: Mapper[Any], _connection: object, row: Any) -> None:
        table = mapper.local_table
        assert isinstance(table, Table)
        for column in table.columns:
            given = getattr(row, column.key)
            if holds_words(column) and (given or column.name == "ref"):
                word = given if self._stays(column, given) else ""
                self._note(word, table.name, column.name, row)
        if "folded" in table.columns:
            row.folded = fold(row.title)

    @staticmethod
    def _stays(column: Column[Any], given: str) -> bool:
        is_code = column.name == "title" and WORD.fullmatch(given) is not None
        return ON_ITS_OWN.search(column.name) is not None or is_code

    def _note(self, word: str, table: str, column: str, row: Any) -> None:
        if not word:
            word = f"cnry{next(self._number):05x}z"
            setattr(row, column, AS_IT_MUST_LOOK.get(column, "{}").format(word))
        self.homes[word.lower()] = Home(table, column, row)

    def found_in(self, words: str) -> set[str]:
        """Which of them stand in *words*."""
        found = {one.lower() for one in WORD.findall(words)}
        return {one for one in found if one in self.homes}


def holds_words(column: Column[Any]) -> bool:
    """Whether somebody's words, or a name that a row has in public, stand in *column*."""
    is_text = isinstance(column.type, String) and not isinstance(column.type, Enum | LargeBinary)
    known = {f"*.{column.name}", f"{column.table.name}.{column.name}"} & OF_THE_MACHINE
    return is_text and not isinstance(column.type, JSON) and not known and not column.foreign_keys


def columns_of_words() -> set[str]:
    """``table.column`` of all of them."""
    tables = Base.metadata.tables.values()
    return {f"{one.name}.{c.name}" for one in tables for c in one.columns if holds_words(c)}
