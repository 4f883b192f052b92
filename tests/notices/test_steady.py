"""A clock that jumps is not believed at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.notices.steady import BELIEVED_AFTER, SLACK, SteadyClock

NOON = datetime(2027, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Machine:
    """A machine whose time passes when we say so, and whose wall clock may be *off*."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.off = timedelta()
        self.clock = SteadyClock(NOON, elapsed=lambda: self.passed)

    @property
    def really(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def goes_on(self, seconds: float) -> None:
        self.passed += seconds
        self.clock.compare(self.really + self.off)


def test_it_goes_by_what_has_passed() -> None:
    machine = Machine()

    machine.passed = 90.0

    assert machine.clock() == NOON + timedelta(seconds=90)


def test_a_small_correction_is_believed_at_once() -> None:
    machine = Machine()
    machine.off = SLACK

    machine.goes_on(10)

    assert machine.clock() == machine.really + SLACK


def test_a_jump_is_believed_after_five_minutes() -> None:
    machine = Machine()
    machine.off = timedelta(days=365 * 57)

    machine.goes_on(10)
    machine.goes_on(BELIEVED_AFTER.total_seconds() - 1)
    assert machine.clock() == machine.really
    machine.goes_on(1)

    assert machine.clock() == machine.really + machine.off


def test_another_jump_in_between_begins_anew() -> None:
    machine = Machine()
    for hours in (1, -1, 24, 1):
        machine.off = timedelta(hours=hours)
        machine.goes_on(200)
        machine.goes_on(90)

    assert machine.clock() == machine.really


@given(
    st.lists(
        st.tuples(
            st.integers(-86_400 * 40_000, 86_400 * 40_000), st.floats(0.1, 299), st.booleans()
        ),
        max_size=30,
    )
)
def test_no_jump_that_lasts_less_than_five_minutes_moves_it(
    jumps: list[tuple[int, float, bool]],
) -> None:
    machine = Machine()
    for off, seconds, _often in jumps:
        machine.off = timedelta(seconds=off) if abs(off) > 60 else timedelta()
        machine.goes_on(0)
        for _beat in range(3):
            machine.goes_on(seconds / 3)
        machine.off = timedelta()
        machine.goes_on(1)

    assert abs(machine.clock() - machine.really) <= timedelta(milliseconds=1)
