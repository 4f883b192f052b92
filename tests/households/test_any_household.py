"""Whatever households do with a waiting list: what `tests.signups.test_any_waiting` recounts after
each step, and that a family comes whole or not at all."""

from __future__ import annotations

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from app.households.operations import allow_again, block
from app.people.guardians import children_of
from app.people.models import Person
from app.signups.models import WaitingState
from app.signups.queries import learners, parties
from app.signups.together import Coming, come_together, leave_together
from app.signups.waiting import wait_without
from tests import make
from tests.signups.test_any_waiting import Waits, some

which = st.integers(0, 1)


class Households(Waits):
    """The same course; the first and the second of them both decide for the third and fourth."""

    @initialize(capacity=st.integers(1, 3), waiting=st.integers(1, 3))
    def begin(self, capacity: int, waiting: int) -> None:
        super().begin(capacity=capacity, waiting=waiting)
        self.parents = self.people[:2]
        for child in self.people[2:4]:
            child.email = None
            for parent in self.parents:
                make.guardianship(child, parent)

    @rule(parent=which, too=st.booleans(), children=st.sets(which, min_size=1), waits=st.booleans())
    def come_together(self, parent: int, too: bool, children: set[int], waits: bool) -> None:
        guardian = self.parents[parent]
        mine = [one for number, one in enumerate(self.people[2:4]) if number in children]
        people = [one for one in mine if one in children_of(guardian)]
        people += [guardian] if too else []
        before = set(learners(self.activity))
        coming = Coming(activity=self.activity, guardian=guardian, people=people)
        self.tried(lambda: come_together(coming, by=guardian, now=self.now, waits=waits))
        new = set(learners(self.activity)) - before
        assert not new or new == set(people) - before, "a family that is not whole"

    @rule(parent=which)
    def leave_together(self, parent: int) -> None:
        guardian = self.parents[parent]
        everybody: list[Person] = [guardian, *children_of(guardian)]
        leave_together(self.activity, everybody, by=guardian, now=self.now)
        assert not set(everybody) & set(learners(self.activity))

    @rule(who=some, party=some)
    def one_waits_no_more(self, who: int, party: int) -> None:
        one = self.any_party(party)
        if one is not None:
            wait_without(one, self.people[who], now=self.now)
            assert self.people[who] not in one.people or not one.is_open

    @rule(parent=which, child=which, again=st.booleans())
    def is_blocked_or_allowed(self, parent: int, child: int, again: bool) -> None:
        deed = allow_again if again else block
        deed(self.people[2 + child], self.parents[parent], by=self.parents[parent], now=self.now)

    @invariant()
    def nobody_waits_twice_or_with_somebody_who_is_nobody_to_them(self) -> None:
        if not hasattr(self, "parents"):
            return
        waiting = [person.id for one in parties(self.activity) for person in one.people]
        assert len(waiting) == len(set(waiting))
        for one in parties(self.activity):
            assert one.people or one.state is not WaitingState.WAITING


def test_whatever_households_do(app: Flask) -> None:
    assert app
    run_state_machine_as_test(
        Households,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
