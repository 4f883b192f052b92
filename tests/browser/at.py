"""Run a command of ``flask`` at another time: ``python -m tests.browser.at <instant> <words>``.

The clock is set before the app is loaded and goes on ticking from there.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime

import time_machine


def set_clock(instant: str) -> None:
    """It is *instant* (ISO 8601 with its offset) now, in this process."""
    time_machine.travel(datetime.fromisoformat(instant), tick=True).start()


def main() -> None:
    set_clock(sys.argv[1])
    from flask.cli import main as flask

    sys.argv = ["flask", "--app", "wsgi", *sys.argv[2:]]
    os.environ.setdefault("FLASK_SKIP_DOTENV", "1")
    flask()


if __name__ == "__main__":
    main()
