"""Which Chromium the tests drive; run as a command, it installs one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
FONTS = "/usr/share/fonts/truetype/noto"


def chromium() -> str | None:
    """The path of the browser: ``CHROMIUM``, else the first of `NAMES` on the PATH."""
    chosen = os.environ.get("CHROMIUM")
    return chosen or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    if chromium() is None:
        print("Installing Chromium for the browser tests ...", flush=True)
        _install()
    if chromium() is None:
        sys.exit("No Chromium: install one and put it on the PATH, or set CHROMIUM to its path.")


def _install() -> None:
    """By the system's package manager, with fonts for the scripts we write."""
    if shutil.which("apt-get") is None:
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for command in (
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "chromium", "fonts-noto-core"],
    ):
        subprocess.run(
            [*root, *command],
            check=False,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )


if __name__ == "__main__":
    main()
