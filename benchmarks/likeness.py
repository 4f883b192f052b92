"""How well spellings of one name are told from two names, and what it costs.

    python -m benchmarks.likeness

Prints ``name: value`` lines. The pairs are those of `tests.people.spellings`.
"""

from __future__ import annotations

from time import perf_counter

from app.people.likeness import ALIKE, is_pair, keys, likeness
from tests.people.spellings import NOT_YET, ONE, TWO, UNSEEN_ONE, UNSEEN_TWO, pairs


def main() -> None:
    known = [*pairs(ONE), *pairs(NOT_YET)], pairs(TWO)
    _judge("", *known)
    _judge(", unseen", pairs(UNSEEN_ONE), pairs(UNSEEN_TWO))
    _time([name for group in known for pair in group for name in pair])


def _judge(which: str, one: list[tuple[str, str]], two: list[tuple[str, str]]) -> None:
    missed = [pair for pair in one if not _meet(*pair)]
    wrong = [pair for pair in two if _meet(*pair)]
    found = len(one) - len(missed)
    _print(f"pairs{which}", len(one) + len(two))
    _print(f"recall{which}", f"{found / len(one):.3f}")
    _print(f"precision{which}", f"{found / (found + len(wrong)):.3f}")
    for a, b in missed:
        _print("missed", f"{a} | {b} ({likeness(a, b)}{'' if _found(a, b) else ', no key'})")
    for a, b in wrong:
        _print("wrong", f"{a} | {b} ({likeness(a, b)})")


def _found(one: str, other: str) -> bool:
    """Whether the database would look at the two together."""
    return any(is_pair(key) for key in keys(one) & keys(other))


def _meet(one: str, other: str) -> bool:
    return _found(one, other) and likeness(one, other) >= ALIKE


def _time(names: list[str]) -> None:
    keys.cache_clear()
    start = perf_counter()
    kept = [len(keys(name)) for name in names]
    spent = perf_counter() - start
    _print("keys of a name, mean", f"{sum(kept) / len(kept):.1f}")
    _print("keys of a name, most", max(kept))
    _print("microseconds a name", f"{1e6 * spent / len(names):.0f}")


def _print(name: str, value: object) -> None:
    print(f"{name}: {value}")


if __name__ == "__main__":
    main()
