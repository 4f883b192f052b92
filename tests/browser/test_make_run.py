"""What ``make run`` starts, as a new user meets it: sign in, stop it, start it again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Event
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from tests.browser.conftest import ROOT, free_port


@contextmanager
def running(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """``flask up`` in a process group of its own, as a terminal starts it."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PUNTE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "up"],
        cwd=ROOT,
        env=environ | {"PUNTE_DATA": str(folder), "PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


def visitor() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


def page(who: OpenerDirector, address: str, form: dict[str, str] | None = None) -> str:
    data = urlencode(form).encode() if form is not None else None
    with who.open(address, data, timeout=30) as answer:
        return str(answer.read().decode())


def wait_until_it_answers(base: str, process: subprocess.Popen[str]) -> None:
    pause = Event()
    while process.poll() is None:
        try:
            page(visitor(), f"{base}/healthz")
            return
        except URLError:
            pause.wait(0.2)
    raise AssertionError(process.communicate()[0])


def sign_in(base: str) -> str:
    """The coordinator's week, after a real sign-in."""
    who = visitor()
    form = page(who, f"{base}/en/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token is not None
    typed = {"email": "mihai@demo.punte.example", "password": "punte-demo"}
    return page(who, f"{base}/en/sign-in", typed | {"csrf_token": token[1]})


def test_it_can_be_used_stopped_and_started_again(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with running(tmp_path, port) as process:
        wait_until_it_answers(base, process)
        assert "Mihai Dumitru" in sign_in(base)
        second = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "up"],
            cwd=ROOT, check=False, capture_output=True, text=True,
            env=os.environ | {"PUNTE_DATA": str(tmp_path), "PORT": str(port)},
        )  # fmt: skip
        assert second.returncode == 1
        assert f"Something else answers at port {port}" in second.stderr
    with pytest.raises(URLError):
        page(visitor(), f"{base}/healthz")

    with running(tmp_path, port) as process:
        wait_until_it_answers(base, process)
        assert "Mihai Dumitru" in sign_in(base)
