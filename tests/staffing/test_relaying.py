"""One place, two people: a need becomes the two halves of a relay."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.people.models import SpokenLanguage
from app.people.terms import Gender, Level, Role
from app.planning.operations import NeedChange, changes_of_edit, edit_series
from app.planning.undoing import NothingToUndo, undo
from app.programme.models import ChangeKind, Edit, Meeting, Scope
from app.staffing.eligibility import Rule
from app.staffing.models import Need, Override, State
from app.staffing.needs import NeedFacts, facts_of
from app.staffing.operations import NeedFilled, NotEligible, SomebodyCounts, TooLate, take_place
from app.staffing.queries import same_needs
from app.staffing.relaying import NoBridge, NoRelay, SomebodyIsAsked, split_for_relay
from app.staffing.words import describe
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
SOON = BEFORE + timedelta(minutes=2)
FIRST = NeedFacts(role=Role.MEDIATOR, language="ti", level=Level.B2, via="ar", women_only=True)
SECOND = NeedFacts(
    role=Role.MEDIATOR, language="ar", level=Level.B2, interpreting=True, women_only=True
)


def a_need(**given: object) -> Need:
    tigrinya = {"language": "ti", "level": Level.B2, "interpreting": True, "women_only": True}
    return make.need(**{**tigrinya, "relay": True, **given})


def split(need: Need, via: str = "ar") -> tuple[Need, Need]:
    return split_for_relay(need, via, by=need.meeting.activity.coordinator, now=BEFORE)


def needed(meeting: Meeting) -> list[NeedFacts]:
    db.session.expire_all()
    found = select(Need).where(Need.meeting_id == meeting.id).order_by(Need.id)
    return [facts_of(need) for need in db.session.scalars(found)]


def last_edit() -> Edit:
    return db.session.scalars(select(Edit).order_by(Edit.id.desc()).limit(1)).one()


def undone(edit: Edit) -> Edit:
    assert edit.by is not None
    return undo(edit, by=edit.by, now=SOON)


class TestSplitting:
    def test_the_only_place_becomes_the_first_half_and_the_second_is_added(self) -> None:
        need = a_need(trainees=1)

        first, second = split(need)

        assert first is need
        assert facts_of(first) == NeedFacts(**{**asdict(FIRST), "trainees": 1})
        assert facts_of(second) == SECOND
        assert len(needed(need.meeting)) == 2

    def test_of_several_places_one_is_split(self) -> None:
        need = a_need(wanted=3, trainees=2)
        hanna = make.mediator(need.meeting.activity.centre, gender=Gender.WOMAN)
        hanna.languages[0].language, hanna.languages[0].interprets = "ti", Level.C1
        make.assignment(need=need, person=hanna, state=State.CONFIRMED)
        make.assignment(need=need)
        whole = facts_of(need)

        first, second = split(need)

        rest = NeedFacts(**{**asdict(whole), "wanted": 2})
        assert needed(need.meeting) == [rest, FIRST, SECOND]
        assert need not in (first, second)

    def test_where_speaking_is_enough_the_second_speaks_romanian_too(self) -> None:
        _first, second = split(a_need(interpreting=False))

        assert (second.language, second.via, second.interpreting) == ("ar", "ro", False)

    @pytest.mark.parametrize("interpreting", [True, False])
    def test_twice_is_harmless_and_gives_both_halves_back(self, interpreting: bool) -> None:
        need = a_need(wanted=2, interpreting=interpreting)
        pair = split(need)
        other = split(need)  # the other place

        assert split(pair[0]) == pair
        assert split(other[0], via="en") == other
        assert interpreting or split(pair[1]) == pair
        assert len(needed(need.meeting)) == 4

    def test_each_half_goes_to_whoever_can_do_it(self) -> None:
        need = a_need(women_only=False)
        here = need.meeting.activity.centre
        amina = make.mediator(here, {"ti": Level.NATIVE, "ar": Level.B2})
        samir = make.mediator(here, {"ar": Level.NATIVE})
        samir.languages.append(SpokenLanguage(language="ti", speaks=Level.C1, reads=None))
        samir.languages[0].interprets = Level.C1
        first, second = split(need)

        saba = make.mediator(here, {"ti": Level.NATIVE})
        for half, person in ((first, saba), (second, amina)):
            with pytest.raises(NotEligible):
                take_place(half, person, now=BEFORE)
        take_place(first, amina, now=BEFORE)
        take_place(second, samir, now=BEFORE)

        assert [one.assignments[0].state for one in (first, second)] == [State.CONFIRMED] * 2


class TestRefusing:
    def test_what_allows_no_relay(self) -> None:
        need = a_need(relay=False)

        with pytest.raises(NoRelay):
            split(need)

    @pytest.mark.parametrize("via", ["ti", "ro"])
    def test_a_language_that_bridges_nothing(self, via: str) -> None:
        need = a_need()

        with pytest.raises(NoBridge):
            split(need, via)

    def test_a_session_that_has_begun(self) -> None:
        need = a_need()

        with pytest.raises(TooLate):
            split_for_relay(need, "ar", by=need.meeting.activity.coordinator, now=MONDAY)

    def test_a_need_without_a_place_left(self) -> None:
        need = a_need(wanted=2)
        for _n in range(2):
            make.assignment(need=need, state=State.CONFIRMED)

        with pytest.raises(NeedFilled):
            split(need)

    @pytest.mark.parametrize("state", [State.OFFERED, State.REQUESTED])
    def test_the_only_place_for_which_somebody_is_asked(self, state: State) -> None:
        need = a_need()
        make.assignment(need=need, state=state)

        with pytest.raises(SomebodyIsAsked):
            split(need)

    def test_whoever_said_no_is_not_in_the_way(self) -> None:
        need = a_need()
        make.assignment(need=need, state=State.DECLINED)

        split(need)

    def test_a_half_without_its_other_half(self) -> None:
        need = a_need()
        _first, second = split(need)
        db.session.delete(second)
        db.session.flush()

        with pytest.raises(NoRelay):
            split(need)


class TestUndo:
    @pytest.mark.parametrize("wanted", [1, 3])
    def test_the_whole_need_is_back(self, wanted: int) -> None:
        need = a_need(wanted=wanted, trainees=1)
        whole = facts_of(need)
        split(need)
        edit = last_edit()

        assert {one.kind for one in changes_of_edit(edit)} == {ChangeKind.NEEDS}
        undone(edit)

        assert needed(need.meeting) == [whole]

    def test_not_where_somebody_holds_a_half(self) -> None:
        need = a_need()
        _first, second = split(need)
        make.assignment(need=second, state=State.CONFIRMED)

        with pytest.raises(SomebodyCounts):
            undone(last_edit())

    def test_nothing_where_one_half_was_changed_since(self) -> None:
        need = a_need()
        _first, second = split(need)
        made = last_edit()
        edit_series(
            [need.meeting],
            scope=Scope.THIS,
            by=need.meeting.activity.coordinator,
            now=BEFORE,
            seen=lambda _held: True,
            need=NeedChange(
                facts_of(second), NeedFacts(role=Role.MEDIATOR, language="ar"), frozenset()
            ),
        )
        left = needed(need.meeting)

        with pytest.raises(NothingToUndo):
            undone(made)
        assert needed(need.meeting) == left


def test_a_half_is_described_with_both_languages() -> None:
    first, second = split(a_need(women_only=False, interpreting=False))
    allowed = a_need(level=None, women_only=False)

    with force_locale("en"):
        lines = [describe(need, "en") for need in (first, second, allowed)]

    assert lines == [
        "Intercultural mediator · Tigrinya, B2 or better · also Arabic (half of a relay)",
        "Intercultural mediator · Arabic, B2 or better · also Romanian (half of a relay)",
        "Intercultural mediator · Tigrinya · to interpret · or two people in relay",
    ]


def test_a_half_is_another_need_of_a_series_but_allowing_a_relay_is_not() -> None:
    course = make.activity()
    plain, allowed, half = (
        a_need(meeting=make.meeting(activity=course), level=None, **given)
        for given in ({"relay": False}, {}, {"relay": False, "via": "ar"})
    )
    amina = make.mediator(course.centre)

    assert set(db.session.scalars(same_needs(plain, amina, now=BEFORE))) == {plain, allowed}
    assert list(db.session.scalars(same_needs(half, amina, now=BEFORE))) == [half]


@pytest.mark.parametrize(
    ("given", "rule"),
    [({"relay": True}, "relay_has_a_language"), ({"via": "ar"}, "via_has_a_language")],
)
def test_the_database_wants_a_language_for_a_relay(given: dict[str, object], rule: str) -> None:
    meeting = make.meeting()

    with pytest.raises(IntegrityError, match=f"ck_need_{rule}"):
        make.need(meeting=meeting, **given)


def test_whoever_was_let_pass_is_asked_again_once_another_language_is_spoken_too() -> None:
    need = make.need(language="ar")
    place = make.assignment(need=need)
    place.overrides.append(
        Override(rule=Rule.LANGUAGE_NOT_SPOKEN, reason="nobody else", starts_at=MONDAY, at=BEFORE)
    )
    db.session.flush()
    plain = facts_of(need)

    edit_series(
        [need.meeting],
        scope=Scope.THIS,
        by=need.meeting.activity.coordinator,
        now=BEFORE,
        seen=lambda _held: True,
        need=NeedChange(plain, replace(plain, via="ro")),
    )

    assert db.session.scalars(select(Override)).all() == []
