"""Calendar files read by all three readers, each in bounds: ``python -m benchmarks.calendars_in``.

With a FOLDER every .ics file in it is read; without, the hostile files that are generated here.
"""

from __future__ import annotations

import re
import resource
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

from app.programme.calendar_import import read
from app.programme.partner_import import read_programme
from app.staffing.busy_import import read_busy
from benchmarks.hostile_calendars import hostile_files

ZONE = ZoneInfo("Europe/Bucharest")
NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
STARTS = re.compile(rb"DTSTART[^:\n]*:(\d{4})")


@dataclass
class Figures:
    """What came of all files: *slowest* in CPU seconds of one reader, and the file's name."""

    files: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    files = _files_in(folder) if folder else hostile_files()
    before, figures = _peak_mb(), Figures()
    for name, data in files:
        figures.files += 1
        for reader, count in READERS.items():
            moments = _moments(data) if folder else [NOW]
            _measure(f"{reader} {name}", reader, data, moments, count, figures)
    print(f"files: {figures.files}")
    for reader in READERS:
        for came in ("imported", "refused_with_reason", "errors"):
            print(f"{reader}_{came}: {figures.counts[f'{reader} {came}']}")
    print(f"errors: {sum(figures.counts[f'{reader} errors'] for reader in READERS)}")
    print(f"slowest_seconds: {figures.slowest[0]:.2f} ({figures.slowest[1]})")
    print(f"peak_mb: {_peak_mb():.0f} (before the first file {before:.0f})")


def _files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*.ics")):
        yield path.name, path.read_bytes()


def _moments(data: bytes) -> list[datetime]:
    """Now, and for files that are old: just before the years in which events begin."""
    years = sorted({int(year) for year in STARTS.findall(data)} & set(range(1971, 2100)))
    return [NOW, *(datetime(year - 1, 12, 1, tzinfo=UTC) for year in years[:6])]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(
    name: str,
    reader: str,
    data: bytes,
    moments: list[datetime],
    count: Callable[[bytes, datetime], tuple[bool, bool]],
    figures: Figures,
) -> None:
    """Imported, if anything is at any of the moments; else refused, or an error of ours."""
    imported, answered = False, True
    for now in moments:
        began = process_time()
        try:
            some, said = count(data, now)
        except Exception as error:
            print(f"error: {name}: {error!r}")
            some = said = False
        figures.slowest = max(figures.slowest, (process_time() - began, name))
        imported, answered = imported or some, answered and said
    came = "imported" if imported else "refused_with_reason"
    figures.counts[f"{reader} {came if answered else 'errors'}"] += 1


def _days(data: bytes, now: datetime) -> tuple[bool, bool]:
    found = read(data, zone=ZONE, today=now.date())
    return bool(found.found), bool(found.found or found.refused or found.problem)


def _busy(data: bytes, now: datetime) -> tuple[bool, bool]:
    found = read_busy(data, zone=ZONE, now=now)
    return bool(found.times), bool(found.times or found.refused or found.problem)


def _partner(data: bytes, now: datetime) -> tuple[bool, bool]:
    found = read_programme(data, zone=ZONE, now=now)
    return bool(found.items), bool(found.items or found.refused or found.problem)


READERS = {"organisation_calendar": _days, "busy_times": _busy, "partner": _partner}

if __name__ == "__main__":
    main()
