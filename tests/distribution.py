"""Which tests one process does one after the other, and which of them begin first.

Tests of one group share the houses of their module. pytest-xdist's own groups are not used: it
writes them into the names of the tests, where pytest 9.2 no longer looks.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = (
    "test_the_story",
    "test_partner_programme",
    "test_every_page",
    "test_moving",
    "test_a_rota",
    "test_thirteen_lines",
    "test_a_volunteer",
    "test_nothing_is_cut",
    "test_being_away",
    "test_public_programme",
    "test_marking_who_is_here",
    "test_signing_up",
    "test_make_run",
    "test_somebody_twice",
    "test_subscribing",
    "test_push",
    "test_joining",
    "test_answering",
    "test_a_household",
    "test_small_steps",
)
"""The modules of tests/browser."""
EVERY_TEST_BY_ITSELF = ("test_the_story",)
ONE_HOUSE_ON_EACH_ENGINE = ("tests/canaries/test_crawl.py", "tests/feeds/test_checklist.py")
"""Other modules whose tests share a house that takes long to build."""
ENGINE = re.compile(r"\[(sqlite|postgresql)\b")
LOOK = re.compile(r"\[(\d+-\w\w)\]$")


def group_of(name: str) -> str:
    """The tests of one such group go to one process; any other test goes wherever there is time."""
    module, _, test = name.partition("::")
    if module in ONE_HOUSE_ON_EACH_ENGINE and (engine := ENGINE.search(test)):
        return f"{module} {engine[1]}"
    if not module.startswith("tests/browser/"):
        return name
    if test.endswith("[postgresql]"):
        return "tests/browser on PostgreSQL"  # which gets its demonstration once for them all
    if module.endswith(tuple(f"{one}.py" for one in EVERY_TEST_BY_ITSELF)):
        return name
    if module.endswith("test_every_page.py"):
        look = LOOK.search(test)
        return f"{module} {look[1] if look else 'else'}"
    return module


def place_in_the_run(name: str) -> int:
    """Low for what begins early."""
    path = name.partition("::")[0]
    module = path.rpartition("/")[2].removesuffix(".py")
    if name.startswith("tests/browser/") and module in LONGEST_FIRST:
        return LONGEST_FIRST.index(module)
    return len(LONGEST_FIRST) + (path not in ONE_HOUSE_ON_EACH_ENGINE)


class InGroups(LoadScopeScheduling):  # type: ignore[misc]
    """`group_of` says what is done together."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
