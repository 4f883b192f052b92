"""A guardian's copy holds the child's places; a parent who goes takes along the children for whom
nobody else decides."""

from __future__ import annotations

import json

import pytest

from app.extensions import db
from app.households.operations import block
from app.own_data.copying import as_json, copy_of
from app.own_data.operations import erase, forget_erased, only_theirs
from app.own_data.register import LETTERS_LEAVE
from app.people.guardians import GuardianKind, children_of
from app.people.models import Person
from app.signups.operations import join
from app.signups.queries import has_place
from tests import make
from tests.make import BEFORE

pytestmark = pytest.mark.usefixtures("app")


def test_the_copy_holds_the_childs_places_and_nothing_of_the_other_parent() -> None:
    mother, father = make.person(name="Layla"), make.person(name="Omar")
    child, activity = make.child(mother, father), make.activity("Play hour")
    make.meeting(activity=activity)
    join(activity, child, by=father, now=BEFORE)

    text = as_json(copy_of(mother, language="en"), language="en", made_at=BEFORE)

    tables = {name: rows for group in json.loads(text)["groups"] for name, rows in group.items()}
    assert tables["child"] == [{"name": "Amina", "language": "en"}]
    assert tables["child_enrolment"][0]["activity"] == "Play hour"
    assert tables["child_booking"][0]["session"]["title"] == "Play hour"
    assert "Omar" not in text
    assert str(father.email) not in text


def test_of_a_protected_session_a_time_only() -> None:
    mother, group = make.person(), make.activity("Quiet circle", privacy="protected")
    make.meeting(activity=group)
    join(group, make.child(mother), by=group.coordinator, now=BEFORE)

    text = as_json(copy_of(mother, language="en"), language="en", made_at=BEFORE)

    assert "Amina" in text
    assert "Quiet circle" not in text


def erased(person: Person) -> None:
    erase(person, by=person, now=BEFORE)


def test_with_the_only_parent_the_child_is_erased() -> None:
    mother, activity = make.person(), make.activity()
    make.meeting(activity=activity)
    child = make.child(mother)
    join(activity, child, by=mother, now=BEFORE)

    erased(mother)

    assert child.erased_at == BEFORE
    assert not has_place(activity, child)
    forget_erased(now=BEFORE + LETTERS_LEAVE * 2)
    assert db.session.get(Person, child.id) is None


def test_it_stays_with_the_other() -> None:
    mother, father = make.person(), make.person()
    child = make.child(mother, father)

    erased(mother)

    assert child.erased_at is None
    assert children_of(father) == [child]


def test_who_is_blocked_takes_nobody_along() -> None:
    mother, father = make.person(), make.person()
    child = make.child(mother, father)
    block(child, father, by=mother, now=BEFORE)

    assert only_theirs(father) == []
    erased(father)

    assert child.erased_at is None
    assert children_of(mother) == [child]


def test_nor_is_the_child_left_because_a_blocked_one_is_still_there() -> None:
    mother, father = make.person(), make.person()
    child = make.child(mother, father)
    block(child, father, by=mother, now=BEFORE)

    erased(mother)

    assert child.erased_at == BEFORE


def test_a_legal_representative_goes_alone() -> None:
    """The child stays at the centre, which finds another."""
    representative, child = make.person(), make.child()
    make.guardianship(child, representative, kind=GuardianKind.REPRESENTATIVE)

    erased(representative)

    assert child.erased_at is None
    assert children_of(representative) == []
