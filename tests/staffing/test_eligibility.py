"""The one check of who may fill a need, and that it tells every reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.languages import COMMON, answering
from app.people.terms import Gender, Level, Role
from app.staffing.availability import Answer, Availability, Dated, Weekly
from app.staffing.eligibility import (
    Busy,
    Candidate,
    Covered,
    Helps,
    Reason,
    Rule,
    Want,
    best_level,
    reasons_against,
)

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
END = START + timedelta(hours=2)
HOUR = timedelta(hours=1)

WEEK = (START - timedelta(hours=START.hour + 2), START + timedelta(days=7, hours=-START.hour - 2))
"""The local week of `START`, a Monday."""
HERE = 7


def want(**given: object) -> Want:
    defaults: dict[str, object] = {
        "role": Role.MEDIATOR,
        "language": "ar",
        "level": Level.B2,
        "women_only": False,
        "check_required": False,
        "starts_at": START,
        "ends_at": END,
        "last_day": date(2027, 3, 1),
        "week": WEEK,
        "meeting": HERE,
    }
    return Want(**(defaults | given))  # type: ignore[arg-type]


def candidate(**given: object) -> Candidate:
    defaults: dict[str, object] = {
        "active": True,
        "roles": frozenset({Role.MEDIATOR}),
        "speaks": {"ar": Level.C1},
        "gender": None,
        "check_valid_until": None,
        "interprets": {},
        "contracts": (Covered(date(2026, 1, 1), None),),
        "busy": (),
    }
    return Candidate(**(defaults | given))  # type: ignore[arg-type]


def rules(wanted: Want, somebody: Candidate) -> list[Rule]:
    return [reason.rule for reason in reasons_against(wanted, somebody)]


def test_a_fitting_mediator_has_nothing_against_them() -> None:
    assert rules(want(), candidate()) == []


def test_every_reason_is_told_not_only_the_first() -> None:
    somebody = candidate(
        active=False,
        roles=frozenset(),
        speaks={},
        busy=(Busy(START, END), Busy(END, END + HOUR, HOUR)),
        gender=Gender.MAN,
    )

    assert rules(want(women_only=True, check_required=True), somebody) == [
        Rule.NOT_ACTIVE,
        Rule.NOT_THE_ROLE,
        Rule.LANGUAGE_NOT_SPOKEN,
        Rule.WOMEN_ONLY,
        Rule.CHECK_MISSING,
        Rule.EXPECTED_ELSEWHERE,
        Rule.NO_TIME_TO_TRAVEL,
    ]


@pytest.mark.parametrize(
    ("has", "fits"), [(Level.B1, False), (Level.B2, True), (Level.NATIVE, True)]
)
def test_the_level_is_a_floor(has: Level, fits: bool) -> None:
    assert (rules(want(), candidate(speaks={"ar": has})) == []) is fits


def test_a_dialect_answers_for_the_whole_language_but_not_the_other_way_round() -> None:
    levantine, standard = candidate(speaks={"apc": Level.NATIVE}), candidate()

    assert rules(want(language="ar"), levantine) == []
    assert rules(want(language="apc"), standard) == [Rule.LANGUAGE_NOT_SPOKEN]


def test_the_half_of_a_relay_asks_for_both_languages_at_the_level() -> None:
    half = want(language="ti", via="ar")

    assert rules(half, candidate(speaks={"ti": Level.C1, "apc": Level.B2})) == []
    assert reasons_against(half, candidate(speaks={"ti": Level.C1})) == (
        Reason(Rule.LANGUAGE_NOT_SPOKEN, language="ar", wants=Level.B2),
    )
    assert reasons_against(half, candidate(speaks={"ti": Level.C1, "ar": Level.B1})) == (
        Reason(Rule.LEVEL_TOO_LOW, language="ar", has=Level.B1, wants=Level.B2),
    )
    assert rules(half, candidate(speaks={})) == [Rule.LANGUAGE_NOT_SPOKEN] * 2


def test_the_third_language_is_spoken_not_interpreted_and_no_trainee_is_asked_for_it() -> None:
    half = want(language="ti", via="ar", interpreting=True)
    somebody = candidate(speaks={}, interprets={"ti": Level.C1, "ar": Level.C1})

    assert rules(half, somebody) == [Rule.LANGUAGE_NOT_SPOKEN]
    assert rules(replace(half, trainee=True), somebody) == []


@pytest.mark.parametrize("gender", [None, Gender.MAN, Gender.OTHER])
def test_a_place_for_women_goes_to_a_woman_only(gender: Gender | None) -> None:
    assert rules(want(women_only=True), candidate(gender=gender)) == [Rule.WOMEN_ONLY]
    assert rules(want(women_only=True), candidate(gender=Gender.WOMAN)) == []


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (None, [Rule.CHECK_MISSING]),
        (date(2027, 2, 28), [Rule.CHECK_EXPIRES]),
        (date(2027, 3, 1), []),
    ],
)
def test_a_check_must_be_valid_on_the_day(until: date | None, expected: list[Rule]) -> None:
    assert rules(want(check_required=True), candidate(check_valid_until=until)) == expected


@pytest.mark.parametrize(
    ("shift", "clashes"), [(-120, False), (-119, True), (0, True), (119, True), (120, False)]
)
def test_busy_means_sharing_a_moment(shift: int, clashes: bool) -> None:
    other = Busy(START + timedelta(minutes=shift), END + timedelta(minutes=shift))

    assert (rules(want(), candidate(busy=(other,))) == [Rule.EXPECTED_ELSEWHERE]) is clashes


@pytest.mark.parametrize(
    ("gap", "fits"), [(-181, True), (-180, True), (-179, False), (179, False), (180, True)]
)
def test_the_way_from_another_centre_takes_its_time(gap: int, fits: bool) -> None:
    """*gap*: minutes between the other place and this one; three hours lie between them."""
    free, way = timedelta(minutes=gap), 3 * HOUR
    other = Busy(END + free, END + free + HOUR, way)
    if gap < 0:
        other = Busy(START + free - HOUR, START + free, way)

    assert rules(want(), candidate(busy=(other,))) == ([] if fits else [Rule.NO_TIME_TO_TRAVEL])


def test_being_there_at_the_same_time_says_nothing_of_the_way() -> None:
    other = Busy(START, END, 3 * HOUR)

    assert rules(want(), candidate(busy=(other,))) == [Rule.EXPECTED_ELSEWHERE]


def test_nobody_travels_to_what_is_online() -> None:
    other = Busy(END, END + HOUR, 3 * HOUR)

    assert rules(want(online=True), candidate(busy=(other,))) == []


wants = st.builds(
    Want,
    role=st.sampled_from([Role.MEDIATOR, Role.VOLUNTEER]),
    language=st.none() | st.sampled_from(COMMON),
    level=st.none() | st.sampled_from(Level),
    women_only=st.booleans(),
    check_required=st.booleans(),
    starts_at=st.just(START),
    ends_at=st.just(END),
    last_day=st.just(date(2027, 3, 1)),
    week=st.just(WEEK),
    meeting=st.just(HERE),
    online=st.booleans(),
    interpreting=st.booleans(),
    via=st.none() | st.sampled_from(COMMON),
    trainee=st.booleans(),
)
levels = st.dictionaries(st.sampled_from(COMMON), st.sampled_from(Level), max_size=4)
days = st.dates(date(2027, 2, 1), date(2027, 4, 1))
moments = st.integers(-400, 400).map(lambda minutes: START + timedelta(minutes=minutes))
spans = st.builds(Covered, days, st.none() | days)
availabilities = st.builds(
    Availability,
    st.just(ZoneInfo("Europe/Bucharest")),
    st.lists(
        st.builds(
            Weekly,
            st.integers(0, 6),
            st.times(max_value=time(12)),
            st.times(min_value=time(12, 1)),
            st.sampled_from(Answer),
        ),
        max_size=3,
    ).map(tuple),
    st.lists(
        st.builds(
            lambda start, minutes, answer: Dated(start, start + timedelta(minutes=minutes), answer),
            moments,
            st.integers(1, 400),
            st.sampled_from(Answer),
        ),
        max_size=3,
    ).map(tuple),
)
helps = st.builds(
    lambda meeting, hours: Helps(
        meeting, START + timedelta(hours=hours), END + timedelta(hours=hours)
    ),
    st.sampled_from([HERE, HERE + 1]),
    st.integers(-300, 300),
)
ways = st.integers(0, 300).map(lambda minutes: timedelta(minutes=minutes))
candidates = st.builds(
    Candidate,
    active=st.booleans(),
    roles=st.frozensets(st.sampled_from(Role)),
    pausing=st.frozensets(st.sampled_from(Role), max_size=1),
    speaks=levels,
    interprets=levels,
    contracts=st.lists(spans, max_size=2).map(tuple),
    born_on=st.none() | st.dates(date(2008, 1, 1), date(2014, 1, 1)),
    has_consent=st.booleans(),
    helps_online=st.booleans(),
    availability=st.none() | availabilities,
    hours_a_week=st.none() | st.integers(1, 10),
    helps=st.lists(helps, max_size=4).map(tuple),
    kept_from=st.frozensets(st.sampled_from([HERE, HERE + 1]), max_size=1),
    gender=st.none() | st.sampled_from(Gender),
    check_valid_until=st.none() | days,
    busy=st.lists(
        st.builds(
            lambda m, way: Busy(START + timedelta(minutes=m), END + timedelta(minutes=m), way),
            st.integers(-400, 400),
            ways,
        ),
        max_size=3,
    ).map(tuple),
)


@given(wants, candidates)
def test_empty_reasons_mean_that_every_hard_rule_holds(wanted: Want, somebody: Candidate) -> None:
    if reasons_against(wanted, somebody):
        return
    assert somebody.active
    assert wanted.role in somebody.roles - somebody.pausing
    assert wanted.meeting not in somebody.kept_from
    _papers_are_in_order(wanted, somebody)
    _limits_are_kept(wanted, somebody)
    if wanted.language and not wanted.trainee:
        known = somebody.interprets if wanted.interpreting else somebody.speaks
        spoken = [known[t] for t in answering(wanted.language) if t in known]
        assert spoken
        assert wanted.level is None or max(s.rank for s in spoken) >= wanted.level.rank
        if wanted.via:
            also = [somebody.speaks[t] for t in answering(wanted.via) if t in somebody.speaks]
            assert max(s.rank for s in also) >= (wanted.level.rank if wanted.level else 0)
    assert not wanted.women_only or somebody.gender is Gender.WOMAN
    if wanted.check_required:
        assert somebody.check_valid_until is not None
        assert somebody.check_valid_until >= wanted.last_day
    for one in somebody.busy:
        way = timedelta(0) if wanted.online else one.travel
        assert one.ends_at + way <= START or one.starts_at - way >= END


def _papers_are_in_order(wanted: Want, somebody: Candidate) -> None:
    day = wanted.last_day
    assert any(c.first <= day and (not c.last or day <= c.last) for c in somebody.contracts)
    if somebody.born_on:
        birthday = somebody.born_on.replace(year=somebody.born_on.year + 15)
        assert birthday <= day
        assert somebody.has_consent or birthday.replace(year=birthday.year + 1) <= day


def _limits_are_kept(wanted: Want, somebody: Candidate) -> None:
    assert somebody.helps_online or not wanted.online
    if somebody.availability is not None:
        said = somebody.availability.answer(wanted.starts_at, wanted.ends_at)
        assert said is not Answer.NO
    if somebody.hours_a_week is not None:
        week = [
            one
            for one in somebody.helps
            if WEEK[0] <= one.starts_at < WEEK[1] and one.meeting != HERE
        ]
        hours = 2 * (len(week) + 1)
        assert hours <= somebody.hours_a_week


@given(wants, candidates)
def test_lifting_all_that_is_told_makes_somebody_eligible(
    wanted: Want, somebody: Candidate
) -> None:
    """The reasons are complete: nobody is kept out by something that was not said."""
    told = {reason.rule for reason in reasons_against(wanted, somebody)}
    speaks, interprets = dict(somebody.speaks), dict(somebody.interprets)
    lacks = {Rule.LANGUAGE_NOT_SPOKEN, Rule.DOES_NOT_INTERPRET, Rule.LEVEL_TOO_LOW}
    if told & lacks and wanted.language:
        speaks[wanted.language] = interprets[wanted.language] = Level.NATIVE
        speaks[wanted.via or wanted.language] = Level.NATIVE
    contract = {Rule.CONTRACT_MISSING, Rule.CONTRACT_ENDS}
    mended = Candidate(
        active=somebody.active or Rule.NOT_ACTIVE in told,
        pausing=somebody.pausing - ({wanted.role} if Rule.NOT_ACTIVE in told else set()),
        interprets=interprets,
        contracts=((Covered(wanted.last_day, None),) if told & contract else somebody.contracts),
        born_on=None if Rule.TOO_YOUNG in told else somebody.born_on,
        has_consent=somebody.has_consent or Rule.CONSENT_MISSING in told,
        helps_online=somebody.helps_online or Rule.NOT_ONLINE in told,
        availability=None if Rule.NOT_AVAILABLE in told else somebody.availability,
        hours_a_week=None if Rule.HOURS_A_WEEK in told else somebody.hours_a_week,
        helps=somebody.helps,
        kept_from=frozenset() if Rule.KEPT_APART in told else somebody.kept_from,
        roles=somebody.roles | ({wanted.role} if Rule.NOT_THE_ROLE in told else set()),
        speaks=speaks,
        gender=Gender.WOMAN if Rule.WOMEN_ONLY in told else somebody.gender,
        check_valid_until=(
            wanted.last_day
            if told & {Rule.CHECK_MISSING, Rule.CHECK_EXPIRES}
            else somebody.check_valid_until
        ),
        busy=() if told & {Rule.EXPECTED_ELSEWHERE, Rule.NO_TIME_TO_TRAVEL} else somebody.busy,
    )
    assert reasons_against(wanted, mended) == ()


@given(wants, candidates, ways)
def test_a_longer_way_never_makes_somebody_eligible(
    wanted: Want, somebody: Candidate, more: timedelta
) -> None:
    farther = tuple(replace(one, travel=one.travel + more) for one in somebody.busy)
    before = set(rules(wanted, somebody))

    assert before <= set(rules(wanted, replace(somebody, busy=farther)))


@given(wants, candidates)
def test_without_a_way_only_sharing_a_moment_counts(wanted: Want, somebody: Candidate) -> None:
    here = tuple(replace(one, travel=timedelta(0)) for one in somebody.busy)
    shares = any(one.starts_at < END and one.ends_at > START for one in here)
    told = set(rules(wanted, replace(somebody, busy=here)))

    assert Rule.NO_TIME_TO_TRAVEL not in told
    assert (Rule.EXPECTED_ELSEWHERE in told) is shares


def test_the_best_of_several_dialects_counts() -> None:
    assert best_level("ar", {"apc": Level.B1, "acm": Level.C2}) is Level.C2
