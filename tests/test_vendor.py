"""Files of others are here exactly as they were published, and nothing else is."""

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "app" / "static" / "vendor"
LOCK = VENDOR / "VENDOR.lock.json"


def locked_files() -> dict[str, str]:
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    return {path: digest for package in packages for path, digest in package["files"].items()}


def test_each_package_has_name_version_licence_and_licence_text() -> None:
    for package in json.loads(LOCK.read_text(encoding="utf-8"))["packages"]:
        assert package["name"]
        assert package["version"]
        assert package["licence"]
        assert any(path.endswith("/LICENSE") for path in package["files"]), package["name"]


def test_vendored_files_are_unchanged() -> None:
    for path, digest in locked_files().items():
        assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == digest, path


def test_no_unlisted_file_lies_among_them() -> None:
    present = {p.relative_to(VENDOR).as_posix() for p in VENDOR.rglob("*") if p.is_file()}
    assert present - {LOCK.name} == set(locked_files())
