"""Numbers as people type them."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.people.models import Person
from app.people.namesakes import perhaps
from app.people.phones import e164, plain, shown
from tests import make


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0721 234 567", "+40721234567"),
        ("0721-234-567", "+40721234567"),
        ("+40 721 234 567", "+40721234567"),
        ("0040721234567", "+40721234567"),
        ("٠٧٢١٢٣٤٥٦٧", "+40721234567"),
        ("+380 50 123 4567", "+380501234567"),
        ("+90 (532) 123 45 67", "+905321234567"),
        ("", None),
        ("021 234 5678", None),  # no short message reaches a landline
        ("0900 123 456", None),  # costs whoever writes to it
        ("+44 9098 790123", None),
        ("12", None),
        ("112", None),
        ("0721 234 56", None),
        ("+40 721 234 567 890", None),
        ("0721 234 567 ext. 5", None),
        ("call me", None),
        ("+" * 200, None),
    ],
)
def test_however_it_is_typed_it_is_kept_alike(typed: str, kept: str | None) -> None:
    assert e164(typed) == kept


def test_it_is_shown_in_groups() -> None:
    assert shown("+40721234567") == "+40 721 234 567"


@pytest.mark.usefixtures("app")
class TestTheDatabaseKnowsItToo:
    def test_two_people_cannot_come_in_by_one_number(self) -> None:
        make.person(sign_in_phone="+40721234567")
        with pytest.raises(IntegrityError):
            make.person(sign_in_phone="+40721234567")

    def test_what_is_not_e164_is_not_kept(self) -> None:
        with pytest.raises(IntegrityError):
            make.person(sign_in_phone="0721234567")


WAYS = ("0733 222 111", "0733-222-111", "+40733222111", "0040 733.222.111", "(0733) 222/111")


@pytest.mark.parametrize("kept", WAYS)
@pytest.mark.usefixtures("app")
def test_one_number_typed_in_many_ways_is_one(kept: str) -> None:
    known = make.participant(make.centre(), phone=kept)
    everybody = select(Person)
    for typed in WAYS:
        assert plain(typed) == plain(kept)
        (found,) = perhaps("Zoe", typed, among=everybody)
        assert found.person is known
        assert found.same_contact
    for other in ("+41733222111", "0733 222 112", "--- ---"):
        assert perhaps("Zoe", other, among=everybody) == []
