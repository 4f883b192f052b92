"""Run as a command, it installs what certificates as PDF need from the system, where it lacks."""

from __future__ import annotations

import shutil
import subprocess
import sys

from app.certificates.paper import SYSTEM_PACKAGES, can_make_pdf
from tests.packages import install

_CHECK = "from app.certificates.paper import can_make_pdf; raise SystemExit(not can_make_pdf())"


def main() -> None:
    if can_make_pdf():
        return
    print("Installing what PDF certificates need ...", flush=True)
    install(*SYSTEM_PACKAGES)
    if subprocess.run([sys.executable, "-c", _CHECK], check=False).returncode:
        how = "apt-get install" if shutil.which("apt-get") else "install"
        print(f"No PDF certificates here: {how} {' '.join(SYSTEM_PACKAGES)}. Their tests skip.")


if __name__ == "__main__":
    main()
