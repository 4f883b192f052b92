"""Asking about many pairs at once says just what asking about each says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.people.terms import Gender, Level, Role
from app.staffing.availability import Answer, Availability, Weekly
from app.staffing.eligibility import Busy, Candidate, Covered, Helps, Want, reasons_against
from app.staffing.matching.pairing import Known, eligible_pairs
from app.staffing.matching.relay import Leg, halves, relays

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = date(2027, 3, 1)
HOUR = timedelta(hours=1)
WEEK = (START - 9 * HOUR, START - 9 * HOUR + timedelta(days=7))

spoken = st.dictionaries(
    st.sampled_from(["ar", "apc", "ti", "ro"]), st.sampled_from([Level.B1, Level.C1])
)
roles = st.frozensets(st.sampled_from([Role.MEDIATOR, Role.VOLUNTEER]))

wants = st.builds(
    lambda begin, **given: Want(
        starts_at=START + begin * HOUR, ends_at=START + (begin + 2) * HOUR, week=WEEK, **given
    ),
    begin=st.integers(0, 3),
    role=st.sampled_from([Role.MEDIATOR, Role.VOLUNTEER]),
    language=st.sampled_from([None, "ar", "apc", "ti"]),
    level=st.sampled_from([None, Level.B1, Level.C1]),
    women_only=st.booleans(),
    check_required=st.booleans(),
    last_day=st.sampled_from([DAY, DAY + timedelta(days=1)]),
    meeting=st.integers(0, 2),
    online=st.booleans(),
    interpreting=st.booleans(),
    via=st.sampled_from([None, "ar", "ro"]),
    trainee=st.booleans(),
)
candidates = st.builds(
    Candidate,
    active=st.sampled_from([True, True, True, False]),
    roles=roles,
    speaks=spoken,
    interprets=spoken,
    gender=st.sampled_from([None, *Gender]),
    check_valid_until=st.sampled_from([None, DAY, DAY + timedelta(days=9)]),
    contracts=st.sampled_from([(), (Covered(DAY, DAY),), (Covered(DAY, None),)]),
    pausing=st.sampled_from([frozenset(), frozenset({Role.MEDIATOR})]),
    born_on=st.sampled_from([None, date(2011, 3, 2), date(2000, 1, 1)]),
    has_consent=st.booleans(),
    helps_online=st.booleans(),
    availability=st.sampled_from(
        [
            None,
            Availability(
                zone=ZoneInfo("Europe/Bucharest"),
                weekly=(Weekly(0, time(9), time(14), Answer.YES),),
            ),
        ]
    ),
    hours_a_week=st.sampled_from([None, 1, 3]),
    helps=st.sampled_from([(), (Helps(1, START, START + 2 * HOUR),)]),
    kept_from=st.frozensets(st.integers(0, 2), max_size=1),
    busy=st.sampled_from([(), (Busy(START, START + HOUR, HOUR),)]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(wants, st.integers(0, 1)), max_size=5), st.data())
def test_the_same_pairs_as_the_plain_check(
    asked: list[tuple[Want, int]], data: st.DataObject
) -> None:
    people = data.draw(st.lists(st.builds(Known, st.just(0), st.integers(0, 1), candidates)))
    want, row = eligible_pairs([one for one, _ in asked], [centre for _, centre in asked], people)
    plain = {
        (n, r)
        for n, (one, centre) in enumerate(asked)
        for r, known in enumerate(people)
        if known.centre == centre and not reasons_against(one, known.candidate)
    }
    assert set(zip(want.tolist(), row.tolist(), strict=True)) == plain


ANYBODY = Candidate(
    active=True,
    roles=frozenset({Role.MEDIATOR}),
    speaks={},
    interprets={},
    gender=None,
    check_valid_until=None,
    contracts=(Covered(DAY, None),),
)
TIGRINYA = Want(
    role=Role.MEDIATOR,
    language="ti",
    level=Level.B1,
    women_only=False,
    check_required=False,
    starts_at=START,
    ends_at=START + HOUR,
    last_day=DAY,
    week=WEEK,
    interpreting=True,
)


PLAIN = replace(TIGRINYA, language=None, level=None, interpreting=False)
LATER = (START + 10 * HOUR, START + 12 * HOUR)


@pytest.mark.parametrize(("asked", "given"), [
    ({}, {"active": False}),
    ({}, {"roles": frozenset({Role.VOLUNTEER})}),
    ({}, {"pausing": frozenset({Role.MEDIATOR})}),
    ({}, {"born_on": date(2015, 1, 1)}),
    ({}, {"contracts": ()}),
    ({"language": "ti"}, {}),
    ({"language": "ti", "interpreting": True}, {"speaks": {"ti": Level.C1}}),
    ({"language": "ti", "via": "ar"}, {"speaks": {"ti": Level.C1}}),
    ({"women_only": True}, {"gender": Gender.MAN}),
    ({"check_required": True}, {}),
    ({"meeting": 5}, {"kept_from": frozenset({5})}),
    ({"online": True}, {"helps_online": False}),
    ({"starts_at": LATER[0], "ends_at": LATER[1]}, {"availability": Availability(
        zone=ZoneInfo("Europe/Bucharest"), weekly=(Weekly(0, time(9), time(14), Answer.YES),))}),
    ({"ends_at": START + 3 * HOUR}, {"hours_a_week": 2}),
    ({"meeting": 5}, {"hours_a_week": 2, "helps": (Helps(1, *LATER),)}),
    ({}, {"busy": (Busy(START, START + HOUR),)}),
    ({}, {"busy": (Busy(START - 2 * HOUR, START, HOUR),)}),
])  # fmt: skip
def test_each_rule_alone_keeps_somebody_away(asked: dict[str, Any], given: dict[str, Any]) -> None:
    def pairs(want: Want, candidate: Candidate) -> int:
        return len(eligible_pairs([want], [0], people(candidate))[0])

    assert pairs(PLAIN, ANYBODY) == 1
    assert pairs(replace(PLAIN, **asked), replace(ANYBODY, **given)) == 0


def people(*candidates: Candidate) -> list[Known]:
    return [Known(number, 0, one) for number, one in enumerate(candidates)]


def test_two_people_bridge_what_no_one_does() -> None:
    known = people(
        replace(ANYBODY, speaks={"ti": Level.NATIVE, "ar": Level.C1}),
        replace(ANYBODY, speaks={"ar": Level.C1}, interprets={"ar": Level.C1}),
        replace(ANYBODY, speaks={"ti": Level.NATIVE}),
        replace(ANYBODY, active=False, speaks={"ti": Level.C1}, interprets={"ti": Level.C1}),
        replace(ANYBODY, interprets={"ti": Level.C1}),
    )
    found, legs = relays([TIGRINYA], [0], known, allowed=[0], bridges=["ar", "ro", "ti"])
    assert [one.via for one in found] == ["ar"]
    assert legs == (Leg(0, 0, 0), Leg(0, 1, 1))


def test_the_halves_of_interpreting_and_of_speaking() -> None:
    first, second = halves(TIGRINYA, "ar")
    assert first == replace(TIGRINYA, interpreting=False, via="ar")
    assert second == replace(TIGRINYA, language="ar")

    spoken = replace(TIGRINYA, interpreting=False)
    assert halves(spoken, "ar") == (
        replace(spoken, via="ar"),
        replace(spoken, language="ar", via="ro"),
    )


def test_where_speaking_is_enough_the_second_speaks_romanian() -> None:
    known = people(
        replace(ANYBODY, speaks={"ti": Level.NATIVE, "ar": Level.C1}),
        replace(ANYBODY, speaks={"ar": Level.C1}),
        replace(ANYBODY, speaks={"ar": Level.C1, "ro": Level.B1}),
    )
    spoken = replace(TIGRINYA, interpreting=False)
    _, legs = relays([spoken], [0], known, allowed=[0], bridges=["ar"])
    assert legs == (Leg(0, 0, 0), Leg(0, 2, 1))


def test_a_half_is_not_halved_again() -> None:
    known = people(
        replace(ANYBODY, speaks={"ti": Level.NATIVE, "ar": Level.C1}),
        replace(ANYBODY, speaks={"en": Level.C1}, interprets={"ar": Level.C1}),
    )
    assert relays([TIGRINYA], [0], known, allowed=[0], bridges=["ar"]) != ((), ())
    half = replace(TIGRINYA, via="en")
    assert relays([half], [0], known, allowed=[0], bridges=["ar"]) == ((), ())


def test_no_relay_where_it_is_not_allowed_or_only_one_person_could_be_both_halves() -> None:
    both = replace(ANYBODY, speaks={"ti": Level.C1, "ar": Level.C1}, interprets={"ar": Level.C1})
    assert relays([TIGRINYA], [0], people(both, both), allowed=[], bridges=["ar"]) == ((), ())
    assert relays([TIGRINYA], [0], people(both), allowed=[0], bridges=["ar"]) == ((), ())
