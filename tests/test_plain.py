"""Words without what nobody sees."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.people.forms import ProfileForm
from app.plain import JOINERS, first_name, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Layla\u00a0 Haddad\t", "Layla Haddad"),
        ("Layla\r\nBcc: somebody", "Layla Bcc: somebody"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066Sami", "Sami"),
        ("\u200b\u2060", ""),
        ("\u200d", ""),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ක්\u200dෂ", "ක්\u200dෂ"),
    ],
)
def test_a_name_is_what_is_seen_of_it(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


@pytest.mark.parametrize(("typed", "kept"), [("\u202e Sami\n", "Sami"), ("\u200b", None)])
def test_a_form_keeps_of_a_name_what_is_seen(app: Flask, typed: str, kept: str | None) -> None:
    with app.test_request_context("/", method="POST", data={"name": typed}):
        form = ProfileForm()

        assert form.name.data == kept
        assert form.name.validate(form) is (kept is not None)


@given(st.text())
def test_nothing_turns_or_breaks_what_stands_beside(typed: str) -> None:
    line = one_line(typed)

    hidden = {letter for letter in line if unicodedata.category(letter)[0] == "C"}
    assert hidden <= set(JOINERS)
    assert one_line(line) == line
    assert not line.isspace()
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Amina Haddad", "Amina"),
        ("Abu Karim al-Masri", "Abu Karim"),
        ("أم ليلى الحداد", "أم ليلى"),
        ("Maria", "Maria"),
        ("Umm", "Umm"),
        ("", ""),
    ],
)
def test_a_letter_greets_with_the_first_name(name: str, greeted: str) -> None:
    assert first_name(name) == greeted
