"""What can be missing, its name in an address, and whether an activity that there is would do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.listening.gaps import (
    LEVELS,
    WHOLE,
    Gap,
    Matter,
    Offered,
    PartOfDay,
    fits,
    gap_of,
    levels_in,
    whole,
)
from app.listening.hours import part_of, usual_hours, usual_starts
from app.people.languages import COMMON
from app.programme.forms import COURSE_LEVELS
from app.programme.kinds import AgeBand, Kind, Topic

WANTED = Gap(1, Matter.ROMANIAN, "A1", "ne", PartOfDay.EVENING)
COURSE = Offered(
    kind=Kind.COURSE,
    level="A1–A2.1",
    languages=frozenset({"ro", "ne"}),
    parts=frozenset({PartOfDay.EVENING, PartOfDay.WEEKEND}),
)


def but(**given: object) -> Offered:
    facts = {name: getattr(COURSE, name) for name in COURSE.__slots__}
    return Offered(**{**facts, **given})


class TestNames:
    @given(
        st.sampled_from(Matter),
        st.sampled_from(["", *LEVELS]),
        st.sampled_from(WHOLE),
        st.sampled_from(PartOfDay),
    )
    def test_a_name_leads_back(
        self, matter: Matter, level: str, language: str, part: PartOfDay
    ) -> None:
        gap = Gap(7, matter, level if matter.has_level else "", language, part)

        assert gap_of(gap.key, 7) == gap

    @given(st.text(max_size=40))
    def test_anything_else_names_nothing_or_a_gap_of_that_name(self, words: str) -> None:
        found = gap_of(words, 1)

        assert found is None or found.key == words

    @pytest.mark.parametrize(
        "key",
        ["", "romanian~A1~ne", "romanian~A1~ne~night", "life~A1~ne~evening", "x~A1~ne~evening"],
    )
    def test_wrong_ones(self, key: str) -> None:
        assert gap_of(key, 1) is None

    def test_a_level_that_is_planned_but_not_asked_for(self) -> None:
        assert gap_of("romanian~A2.1~ne~evening", 1) is None

    def test_dialects_add_up_under_the_language_they_answer(self) -> None:
        assert {whole(tag) for tag in ("apc", "acm", "ar")} == {"ar"}
        assert whole("prs") == "fa"
        assert {whole(tag) for tag in COMMON} == set(WHOLE)


class TestFitting:
    def test_a_course_at_its_level_in_the_language_then(self) -> None:
        assert fits(WANTED, COURSE)

    @pytest.mark.parametrize(
        "given",
        [
            {"kind": Kind.ORIENTATION},
            {"level": "B1.1"},
            {"languages": frozenset({"ro", "ar"})},
            {"parts": frozenset({PartOfDay.MORNING})},
            {"age": AgeBand.CHILDREN},
        ],
    )
    def test_anything_else_does_not(self, given: dict[str, object]) -> None:
        assert not fits(WANTED, but(**given))

    def test_a_full_one_fits_too(self) -> None:
        assert fits(WANTED, but(has_places=False))

    def test_without_a_level_any_will_do(self) -> None:
        assert fits(Gap(1, Matter.ROMANIAN, "", "ne", PartOfDay.EVENING), but(level="B2"))

    def test_who_speaks_a_dialect_finds_it_in_the_language(self) -> None:
        arabic = Gap(1, Matter.ROMANIAN, "A1", "ar", PartOfDay.EVENING)

        assert fits(arabic, but(languages=frozenset({"ro", "apc"})))

    @pytest.mark.parametrize(
        ("matter", "topic", "fine"),
        [
            (Matter.WORK, Topic.WORK, True),
            (Matter.WORK, Topic.HEALTH, False),
            (Matter.WORK, None, False),
            (Matter.LIFE, Topic.HEALTH, True),
            (Matter.LIFE, None, True),
            (Matter.LIFE, Topic.MONEY, False),
            (Matter.MONEY, Topic.MONEY, True),
        ],
    )
    def test_orientation_by_its_topic(
        self, matter: Matter, topic: Topic | None, fine: bool
    ) -> None:
        gap = Gap(1, matter, "", "ne", PartOfDay.EVENING)

        assert fits(gap, but(kind=Kind.ORIENTATION, topic=topic, level=None)) is fine

    def test_children_are_asked_for_by_age(self) -> None:
        gap = Gap(1, Matter.CHILDREN, "", "ne", PartOfDay.EVENING)
        play = but(kind=Kind.CULTURAL, level=None)

        assert not fits(gap, play)
        assert fits(gap, but(kind=Kind.CULTURAL, level=None, age=AgeBand.TEENAGERS))
        assert not fits(gap, but(kind=Kind.CHILDCARE, level=None, age=AgeBand.PRESCHOOL))

    def test_every_planned_level_is_about_one_that_is_asked_for(self) -> None:
        assert {level: sorted(levels_in(level)) for level in COURSE_LEVELS} == {
            "pre-A1": ["pre-A1"],
            "A1": ["A1"],
            "A1–A2.1": ["A1", "A2"],
            "A2.1": ["A2"],
            "A2.2": ["A2"],
            "A2.2–B1.1": ["A2", "B1"],
            "B1.1": ["B1"],
            "B1.2": ["B1"],
            "B2": ["B2"],
        }


class TestHours:
    @pytest.mark.parametrize(
        ("local", "part"),
        [
            (datetime(2027, 3, 1, 7, tzinfo=UTC), PartOfDay.MORNING),
            (datetime(2027, 3, 1, 11, 59, tzinfo=UTC), PartOfDay.MORNING),
            (datetime(2027, 3, 1, 12, tzinfo=UTC), PartOfDay.AFTERNOON),
            (datetime(2027, 3, 1, 17, tzinfo=UTC), PartOfDay.EVENING),
            (datetime(2027, 3, 1, 22, 30, tzinfo=UTC), PartOfDay.EVENING),
            (datetime(2027, 3, 6, 9, tzinfo=UTC), PartOfDay.WEEKEND),
            (datetime(2027, 3, 7, 18, tzinfo=UTC), PartOfDay.WEEKEND),
        ],
    )
    def test_the_part_of_a_day(self, local: datetime, part: PartOfDay) -> None:
        assert part_of(local) is part

    @pytest.mark.parametrize("part", PartOfDay)
    def test_usual_hours_are_in_their_part(self, part: PartOfDay) -> None:
        starts = usual_starts(part, date(2027, 3, 1))

        assert {part_of(datetime.combine(day, at)) for day, at in starts} == {part}
        begins, ends = usual_hours(part)
        assert datetime.combine(date.min, ends) - datetime.combine(date.min, begins) == timedelta(
            hours=2
        )
