"""No way to a place goes round the one check of eligibility.

The first test finds every line of the app that confirms somebody or expects a helper; a new one has
to be named here, and to be walked by the second with people who may not.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Apart, Person
from app.people.terms import Level, Stage
from app.programme.models import Edit, Scope
from app.refusal import Refusal
from app.staffing.asking import ask_in_turn, go_on
from app.staffing.eligibility import Rule
from app.staffing.finding import ranked_candidates
from app.staffing.models import Assignment, Decision, Need, State
from app.staffing.needs import NeedFacts, change_needs, facts_of
from app.staffing.operations import (
    Overriding,
    accept_offer,
    approve_request,
    offer_place,
    take_place,
)
from app.staffing.queries import needs_of, no_longer_fit
from app.staffing.rechecking import recheck, recheck_everyone
from app.staffing.standing_in import look_for_stand_in
from app.staffing.swapping import accept_swap, propose_swap
from tests import make
from tests.make import BEFORE, MONDAY

APP = Path(__file__).parents[2] / "app"
KNOWN = {
    "staffing/operations.py:_seat",  # after _refuse: taking, accepting, approving
    "presence/operations.py:_give_place",  # after why_not; what stood against it is recorded
    "staffing/swapping.py:accept_swap",  # after why_not, both ways
}
DEMO = "demo/"


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _confirms(function: ast.FunctionDef) -> bool:
    """Whether it makes somebody confirmed, or expects somebody as a helper."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = [ast.unparse(one) for one in node.args]
            given += [f"{one.arg}={ast.unparse(one.value)}" for one in node.keywords]
            if name in ("book", "Booking") and any("Part.HELPER" in one for one in given):
                return True
            if name in ("decide", "Assignment") and any("State.CONFIRMED" in one for one in given):
                return True
            if name.endswith(".values") and any("State.CONFIRMED" in one for one in given):
                return True
        if isinstance(node, ast.Assign) and "State.CONFIRMED" in ast.unparse(node.value):
            targets = [ast.unparse(target) for target in node.targets]
            if any("swap." not in one and ".state" in one for one in targets):
                return True
    return False


def test_every_line_that_confirms_somebody_is_known() -> None:
    found = set()
    for path in APP.rglob("*.py"):
        name = path.relative_to(APP).as_posix()
        if name.startswith(DEMO):
            continue
        for function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            if _confirms(function):
                found.add(f"{name}:{function.name}")

    assert found == KNOWN


class World:
    """A need, somebody who fits it, and a way to make that untrue."""

    def __init__(self) -> None:
        self.need = make.need(language="ar", level=Level.B2, check_required=True, trainees=1)
        self.centre = self.need.meeting.activity.centre
        self.boss = self.need.meeting.activity.coordinator
        self.amina = self.somebody()

    def somebody(self) -> Person:
        return make.mediator(self.centre, check_valid_until=MONDAY.date())

    def another_place(self) -> Assignment:
        """Of somebody else, on another day."""
        meeting = make.meeting(
            activity=make.activity(centre=self.centre), starts_at=MONDAY + timedelta(days=1)
        )
        return make.assignment(
            need=make.need(meeting=meeting), person=self.somebody(), state=State.CONFIRMED
        )


def no_contract(world: World) -> None:
    world.amina.contracts.clear()


def no_check(world: World) -> None:
    world.amina.checks.clear()


def paused(world: World) -> None:
    world.amina.memberships[0].stage = Stage.PAUSED


def only_applied(world: World) -> None:
    world.amina.memberships[0].stage = Stage.APPLIED


def kept_apart(world: World) -> None:
    layla = make.participant(world.centre)
    make.book_learner(layla, world.need.meeting)
    first, second = sorted((layla.id, world.amina.id))
    db.session.add(Apart(person_id=first, other_id=second, made_at=BEFORE))


def too_young(world: World) -> None:
    world.amina.born_on = MONDAY.date().replace(year=MONDAY.year - 14)


def expected_elsewhere(world: World) -> None:
    meeting = make.meeting(activity=make.activity(centre=world.centre))
    make.assignment(need=make.need(meeting=meeting), person=world.amina, state=State.CONFIRMED)


BREAKS: dict[Rule, Callable[[World], None]] = {
    Rule.CONTRACT_MISSING: no_contract,
    Rule.CHECK_MISSING: no_check,
    Rule.NOT_ACTIVE: paused,
    Rule.NOT_THE_ROLE: only_applied,
    Rule.KEPT_APART: kept_apart,
    Rule.TOO_YOUNG: too_young,
    Rule.EXPECTED_ELSEWHERE: expected_elsewhere,
}
FREEING = [rule for rule in BREAKS if rule.frees and rule is not Rule.EXPECTED_ELSEWHERE]
Broken = Callable[[], None]


def by_taking(world: World, broken: Broken) -> None:
    broken()
    take_place(world.need, world.amina, now=BEFORE)


def by_taking_as_a_trainee(world: World, broken: Broken) -> None:
    broken()
    take_place(world.need, world.amina, now=BEFORE, trainee=True)


def by_accepting(world: World, broken: Broken) -> None:
    offer = offer_place(world.need, world.amina, by=world.boss, now=BEFORE)
    broken()
    accept_offer(offer, now=BEFORE)


def by_an_override(world: World, broken: Broken) -> None:
    broken()
    everything = Overriding(rules=frozenset(Rule), reason="because")
    offer = offer_place(world.need, world.amina, by=world.boss, now=BEFORE, overriding=everything)
    accept_offer(offer, now=BEFORE)


def by_approval(world: World, broken: Broken) -> None:
    world.need.meeting.activity.approval = True
    request = take_place(world.need, world.amina, now=BEFORE)
    broken()
    approve_request(request, by=world.boss, now=BEFORE)


def by_being_asked_in_turn(world: World, broken: Broken) -> None:
    asking = ask_in_turn(
        world.need,
        ranked_candidates(world.need),
        by=world.boss,
        at_once=1,
        lasts=timedelta(hours=1),
        now=BEFORE,
    )
    broken()
    db.session.flush()
    go_on(asking, now=BEFORE)
    offer = db.session.scalars(
        select(Assignment).where(Assignment.need_id == world.need.id)
    ).one_or_none()
    if offer is not None:
        accept_offer(offer, now=BEFORE)


def by_standing_in(world: World, broken: Broken) -> None:
    held = make.assignment(need=world.need, person=world.somebody(), state=State.CONFIRMED)
    look_for_stand_in(held, now=BEFORE)
    broken()
    take_place(world.need, world.amina, now=BEFORE)


def by_a_swap(world: World, broken: Broken) -> None:
    held = make.assignment(need=world.need, person=world.somebody(), state=State.CONFIRMED)
    theirs = world.another_place()
    swap = propose_swap(held, theirs, now=BEFORE)
    world.amina = theirs.person
    broken()
    db.session.flush()
    accept_swap(swap, now=BEFORE)


PATHS = [
    by_taking,
    by_taking_as_a_trainee,
    by_accepting,
    by_an_override,
    by_approval,
    by_being_asked_in_turn,
    by_standing_in,
    by_a_swap,
]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("path", PATHS)
def test_each_path_leads_to_a_place_for_whoever_may(path: Callable[[World, Broken], None]) -> None:
    """Else the next test would show nothing."""
    world = World()

    path(world, lambda: None)

    assert State.CONFIRMED in _states(world.need, world.amina)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("rule", BREAKS)
@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_to_a_place_for_whoever_may_not(
    path: Callable[[World, Broken], None], rule: Rule
) -> None:
    world = World()

    def broken() -> None:
        BREAKS[rule](world)
        db.session.flush()

    with contextlib.suppress(Refusal):
        path(world, broken)

    assert State.CONFIRMED not in _states(world.need, world.amina)


def _states(need: Need, person: Person) -> list[State]:
    found = select(Assignment.state).where(
        Assignment.need_id == need.id, Assignment.person_id == person.id
    )
    return list(db.session.scalars(found))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "rule", [rule for rule in BREAKS if rule.frees and rule is not Rule.EXPECTED_ELSEWHERE]
)
def test_whoever_may_not_stay_is_freed_and_everybody_concerned_is_told(rule: Rule) -> None:
    world = World()
    place = take_place(world.need, world.amina, now=BEFORE)
    BREAKS[rule](world)

    freed = recheck([world.amina], by=world.boss, now=BEFORE)

    assert freed == [place]
    assert place.state is State.WITHDRAWN
    last = db.session.scalars(select(Decision).order_by(Decision.id.desc())).first()
    assert last is not None
    assert rule.value in last.why["rules"]
    told = db.session.execute(select(Notice.kind, Notice.person_id)).all()
    assert (Letter.PLACE_ENDED, world.amina.id) in told
    assert (Letter.PLACE_GIVEN_UP, world.boss.id) in told


@pytest.mark.usefixtures("app")
def test_what_somebody_says_of_themselves_frees_nothing_but_shows() -> None:
    world = World()
    place = take_place(world.need, world.amina, now=BEFORE)
    world.amina.languages.clear()

    assert recheck([world.amina], by=None, now=BEFORE) == []
    assert place.state is State.CONFIRMED
    assert place.id in no_longer_fit(needs_of([world.need.meeting_id]))


@pytest.mark.usefixtures("app")
def test_a_refused_mediator_learns_nothing_from_a_place_that_ends() -> None:
    """The coordinator sees it and finds a quiet way."""
    world = World()
    place = take_place(world.need, world.amina, now=BEFORE)
    kept_apart(world)

    assert recheck([world.amina], by=None, now=BEFORE) == []
    assert place.state is State.CONFIRMED
    doubts = no_longer_fit(needs_of([world.need.meeting_id]))
    assert [reason.rule for reason in doubts[place.id]] == [Rule.KEPT_APART]


@pytest.mark.usefixtures("app")
def test_what_changed_beside_our_pages_is_found_too() -> None:
    world = World()
    place = take_place(world.need, world.amina, now=BEFORE)
    assert recheck_everyone(now=BEFORE) == []
    world.amina.memberships.clear()
    db.session.flush()

    assert recheck_everyone(now=BEFORE) == [place]


@pytest.mark.usefixtures("app")
def test_what_is_over_stays_as_it_was() -> None:
    world = World()
    place = take_place(world.need, world.amina, now=BEFORE)
    world.amina.contracts.clear()

    assert recheck([world.amina], by=None, now=MONDAY) == []
    assert place.state is State.CONFIRMED


@pytest.mark.usefixtures("app")
def test_another_need_is_asked_of_those_who_are_confirmed() -> None:
    world = World()
    take_place(world.need, world.amina, now=BEFORE)
    edit = Edit(activity=world.need.meeting.activity, scope=Scope.THIS, by=world.boss, at=BEFORE)
    db.session.add(edit)
    old = facts_of(world.need)

    with pytest.raises(Refusal):
        change_needs(
            [world.need.meeting],
            old,
            NeedFacts(role=old.role, language="uk", check_required=True),
            edit=edit,
        )
