"""The storm over the outbox and the races against a cancellation, short; `benchmarks.outbox_chaos`
has them at full length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from benchmarks.post.races import cancel_races
from tests.engines import ENGINES

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("engine", ENGINES)
def test_in_a_storm_nothing_is_lost_early_or_stale_and_only_a_kill_repeats(engine: str) -> None:
    """Workers are killed, the mail server misbehaves, the database restarts, clocks jump."""
    short = ["--messages", "250", "--kills", "8", "--engine", engine, "--seed", "7"]
    storm = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.outbox_chaos", *short],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert storm.returncode == 0, storm.stderr
    lines = (line.split(": ") for line in storm.stdout.splitlines() if ": " in line)
    found = {name.removeprefix(f"{engine}_"): value for name, value in lines}
    nothing = ("lost", "duplicates_without_crash", "early", "stale")
    assert [found[name] for name in nothing] == ["0"] * 4, storm.stdout
    assert found["owed"] == "250"
    assert int(found["kills"]) >= 4
    assert float(found["duplicates_per_kill"]) <= 1


def test_no_reminder_leaves_after_the_session_was_cancelled_and_everyone_is_told(
    racing_app: Flask,
) -> None:
    found = cancel_races(racing_app, 25)

    assert (found["races"], found["stale"], found["untold"]) == (25, 0, 0)
