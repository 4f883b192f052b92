"""Calendar programs that pip cannot bring: ical.js and libical.

Run as a command, it installs what is not there; without them, their tests skip and say why.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.packages import install

ICAL_JS = "ical.js@2.2.1"
ICAL_JS_SHA512 = (
    "yK/UlPbEs316igb/tjRgbFA8ZV75rCsBJp/hWOatpyaPNlgw0dGDmU+FoicOcwX4xXkeXOkYiOmCqNPFpNPkQg=="
)
LIBICAL = "libical.so.3"
_FILE = "package/dist/ical.es5.cjs"


def ical_js() -> Path | None:
    """The file of ical.js beside the Python that runs the tests, if Node can run it."""
    file = _kept()
    return file if file.exists() and shutil.which("node") else None


def libical() -> ctypes.CDLL | None:
    """The system's libical, which Evolution and GNOME's calendar read with."""
    try:
        return ctypes.CDLL(LIBICAL)
    except OSError:
        return None


def _kept() -> Path:
    return Path(sys.prefix, "share", ICAL_JS, "ical.cjs")


def _fetch_ical_js() -> None:
    """The package as npm brings it, kept only if it is the one we know."""
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", ICAL_JS, "--silent", "--pack-destination", folder]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, cwd=folder)
        for packed in Path(folder).glob("*.tgz"):
            _keep(packed.read_bytes())


def _keep(packed: bytes) -> None:
    """The one file that is needed; nothing of the package is run before its sum was checked."""
    found = base64.b64encode(hashlib.sha512(packed).digest()).decode()
    if found != ICAL_JS_SHA512:
        sys.exit(f"{ICAL_JS} is not the one we know: its SHA-512 is {found}")
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        file = tar.extractfile(_FILE)
        assert file is not None
        _kept().parent.mkdir(parents=True, exist_ok=True)
        _kept().write_bytes(file.read())


def main() -> None:
    if ical_js() is None and shutil.which("npm") and shutil.which("node"):
        print("Installing ical.js for the tests of calendars ...", flush=True)
        _fetch_ical_js()
    if libical() is None:
        print("Installing libical for the tests of calendars ...", flush=True)
        install("libical3")
    for name, there in (("ical.js (needs Node)", ical_js()), ("libical", libical())):
        if there is None:
            print(f"No {name} here: its tests skip.")


if __name__ == "__main__":
    main()
