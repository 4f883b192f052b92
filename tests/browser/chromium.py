"""Which Chromium the tests drive; run as a command, it installs one where there is none."""

from __future__ import annotations

import os
import shutil
import sys

from tests.packages import install

NAMES = ("chromium", "chromium-browser", "google-chrome")
FONTS = "/usr/share/fonts/truetype/noto"


def chromium() -> str | None:
    """The path of the browser: ``CHROMIUM``, else the first of `NAMES` on the PATH."""
    chosen = os.environ.get("CHROMIUM")
    return chosen or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    if chromium() is None:
        print("Installing Chromium for the browser tests ...", flush=True)
        install("chromium", "fonts-noto-core")  # with fonts for the scripts we write
    if chromium() is None:
        sys.exit("No Chromium: install one and put it on the PATH, or set CHROMIUM to its path.")


if __name__ == "__main__":
    main()
