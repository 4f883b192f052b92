"""Whether somebody's placement fits the level of a course: advice, never a lock. Pure."""

from __future__ import annotations

from enum import StrEnum

STEPS = ("pre-A1", "A1", "A2.1", "A2.2", "B1.1", "B1.2", "B2")
"""The steps of a Romanian course (after the CEFR), the first one for who learns to write."""
_WHOLE = {"A2": ("A2.1", "A2.2"), "B1": ("B1.1", "B1.2")}


class Fit(StrEnum):
    """How a placement lies to the level of a course."""

    FITS = "fits"
    UNKNOWN = "unknown"
    BELOW = "below"
    ABOVE = "above"


def steps_of(level: str | None) -> tuple[int, int] | None:
    """The first and the last step of a level or of a band such as "A1–A2.1"; None for others."""
    if not level:
        return None
    first, _dash, last = level.replace("-A", "–A").replace("pre–A1", "pre-A1").partition("–")
    ends = [_WHOLE.get(one, (one, one)) for one in (first, last or first)]
    low, high = ends[0][0], ends[1][1]
    return (STEPS.index(low), STEPS.index(high)) if {low, high} <= set(STEPS) else None


def fit(placed: str | None, course: str | None) -> Fit:
    """Whoever is *placed* at a level and comes to a *course*; unknown where either is."""
    theirs, its = steps_of(placed), steps_of(course)
    if theirs is None or its is None:
        return Fit.UNKNOWN
    if theirs[1] < its[0]:
        return Fit.BELOW
    if theirs[0] > its[1]:
        return Fit.ABOVE
    return Fit.FITS
