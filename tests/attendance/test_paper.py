"""What is typed from a sheet of paper: what somebody said is never taken back by accident."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.attendance.forms import read_rows
from app.attendance.marks import BY_LETTER, Mark, letters_of
from app.people.models import Person

typed = st.one_of(st.text(max_size=3), st.sampled_from([*BY_LETTER, "-", "", " ", "P", "z"]))
shown = st.sampled_from(["", *Mark])


@given(st.lists(st.tuples(typed, shown), max_size=6))
def test_each_row_says_what_was_meant_or_nothing(rows: list[tuple[str, str]]) -> None:
    people = [Person(id=number, ref=f"r{number}") for number in range(len(rows))]
    sent = {f"mark-r{number}": said for number, (said, _was) in enumerate(rows)}
    sent |= {f"was-r{number}": was for number, (_said, was) in enumerate(rows)}

    read = read_rows(sent, people, from_paper=True)

    changed = {row.person.id: row.mark for row in read.rows}
    for number, (said, was) in enumerate(rows):
        word = said.strip().lower()
        if word in ("-", *BY_LETTER, *Mark):
            meant = BY_LETTER.get(word) or (Mark(word) if word in list(Mark) else None)
            assert number not in read.unknown
            assert changed.get(number, was or None) == meant
        else:
            assert number not in changed
            assert (number in read.unknown) == bool(word)


def test_every_letter_is_named_under_its_mark() -> None:
    assert {letter: mark for mark in Mark for letter in letters_of(mark)} == BY_LETTER
    assert all(letters_of(mark)[0] == mark.key for mark in Mark)
