"""Punte as it runs: a web server, workers, a mail server that keeps what it gets, a browser."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.chromium import chromium
from tests.engines import ENGINES, copy_of, copy_sqlite, fresh_database, set_clock_of

ROOT = Path(__file__).parent.parent.parent
NOW = "2026-11-23T09:00:00+02:00"
"""Monday; the next Monday is Saint Andrew's, a public holiday."""
A_LITTLE_LATER = "2026-11-23T09:04:00+02:00"
"""The house has been open for a while, and no code is ten minutes old."""
PASSWORD = "punte-demo"
LAUNCH = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class MailBox:
    """What a mail server received: aiosmtpd's handler."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 kept"

    def to(self, box: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if str(letter["To"]).startswith(f"{box}@")]


@dataclass
class House:
    """One running installation with the demonstration in it."""

    base: str
    environ: dict[str, str]
    folder: Path
    mail: MailBox = field(default_factory=MailBox)

    @property
    def database(self) -> Path:
        """The file of a house on SQLite."""
        return _file(self.environ["PUNTE_DATABASE_URL"])

    def flask(self, *words: str, now: str = NOW) -> None:
        subprocess.run(self._command(words, now), cwd=ROOT, env=self.environ, check=True)

    @contextmanager
    def workers(self, number: int, *, now: str = NOW) -> Iterator[None]:
        """So many workers at once, from *now* on."""
        set_clock_of(self.environ["PUNTE_DATABASE_URL"], now)
        running = [
            subprocess.Popen(self._command(["worker"], now), cwd=ROOT, env=self.environ)
            for _n in range(number)
        ]
        try:
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(timeout=30)

    @contextmanager
    def later(self, now: str) -> Iterator[str]:
        """The same house at another time: the address of a second web server."""
        port = free_port()
        environ = self.environ | {"PUNTE_TEST_NOW": now, "PORT": str(port)}
        server = _serve(port, environ | {"PUNTE_BASE_URL": f"http://127.0.0.1:{port}"})
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)

    def _command(self, words: Any, now: str) -> list[str]:
        return [sys.executable, "-m", "tests.browser.at", now, *words]


@pytest.fixture(scope="module", params=ENGINES)
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A house on each engine."""
    yield from _house(request.param, tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def one_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house on SQLite, for what is about pages and not about data."""
    yield from _house("sqlite", tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def posting(one_house: House) -> Iterator[None]:
    """The letters of the house leave, as long as there are tests of this module."""
    with one_house.workers(1, now=A_LITTLE_LATER):
        yield


def _house(engine: str, folder: Path) -> Iterator[House]:
    box = MailBox()
    post_office = Controller(box, hostname="127.0.0.1", port=free_port())
    post_office.start()
    port = free_port()
    environ = os.environ | {
        "PUNTE_DATABASE_URL": _demonstrated(engine, folder),
        "PUNTE_DATA": str(folder),
        "PUNTE_BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "PUNTE_SMTP_URL": f"smtp://127.0.0.1:{post_office.port}",
        "PUNTE_TEST_NOW": NOW,
    }
    server = _serve(port, environ)
    try:
        _wait_for(port, server)
        yield House(f"http://127.0.0.1:{port}", environ, folder, box)
    finally:
        server.terminate()
        server.wait(timeout=30)
        post_office.stop()


def _demonstrated(engine: str, folder: Path) -> str:
    """The address of a database with the demonstration, which is made once and copied."""
    if engine == "postgresql":
        return copy_of(_postgresql_of_this_process())
    address = fresh_database(engine)
    copy_sqlite(_sqlite_of_the_run(folder), _file(address))
    return address


@cache
def _postgresql_of_this_process() -> str:
    address = fresh_database("postgresql")
    with TemporaryDirectory(prefix="punte-tests-") as folder:
        _demonstrate(address, Path(folder))
    return address


def _sqlite_of_the_run(folder: Path) -> Path:
    """A file that the first process makes while others wait for it."""
    own = folder.parent  # one of a process inside that of the run, or that of the run
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    copy = shared / "filled.sqlite"
    with (shared / "filled.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not copy.exists():
            address = fresh_database("sqlite")
            _demonstrate(address, folder)
            begun = copy.with_suffix(".begun")
            copy_sqlite(_file(address), begun)
            begun.rename(copy)
    return copy


def _demonstrate(address: str, folder: Path) -> None:
    environ = os.environ | {"PUNTE_DATABASE_URL": address, "PUNTE_DATA": str(folder)}
    house = House("", environ, folder)
    house.flask("setup")
    house.flask("demo", "--today", "2026-11-23")


def _file(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


def _serve(port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    words = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--blocking-threads", "4", "--log-level", "warning", "tests.browser.frozen:app"]
    return subprocess.Popen([sys.executable, "-m", "granian", *words], cwd=ROOT, env=environ)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the server takes connections; an error if it ended instead."""
    pause = Event()
    while server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.05)
    raise RuntimeError("the web server did not start")


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    path = chromium()
    assert path, "no Chromium: `make browser` installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield browser
        browser.close()


@pytest.fixture(autouse=True, scope="session")
def looked_at_when_loaded() -> Iterator[None]:
    """What does not wait by itself is asked of a page that is there as a whole: after a click its
    address may have come and its words not yet."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("count", "is_visible", "all", "all_inner_texts", "all_text_contents"):
            patch.setattr(Locator, name, _when_loaded(getattr(Locator, name)))
        yield


def _when_loaded(asked: Callable[..., Any]) -> Callable[..., Any]:
    def answer(self: Locator, **how: Any) -> Any:
        self.page.wait_for_load_state()
        return asked(self, **how)

    return answer


def is_complaint(message: ConsoleMessage) -> bool:
    """An error on the console; that a form was refused (409, 422) is none, nor that there is no
    connection where a test switched it off."""
    expected = ("status of 409", "status of 422", "ERR_INTERNET_DISCONNECTED")
    return message.type == "error" and not any(one in message.text for one in expected)


@pytest.fixture
def open_page(chrome: Browser) -> Iterator[Callable[..., Page]]:
    """Open a fresh browser; every complaint of it on the console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(width: int = 1280, *, scripts: bool = False, height: int = 900) -> Page:
        context = chrome.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            locale="ro-RO",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda m: complaints.append(m.text) if is_complaint(m) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda r: None if "//127.0.0.1" in r.url else complaints.append(f"asked {r.url}"),
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, house: House, box: str, language: str = "ro") -> None:
    """This browser is signed in, as after `sign_in_by_the_form`, but no page is shown yet."""
    address = f"{house.base}/{language}/sign-in"
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.request.get(address).text())
    assert token is not None
    typed = {"email": f"{box}@demo.punte.example", "password": PASSWORD, "csrf_token": token[1]}
    answer = page.request.post(address, form=typed, max_redirects=0)
    assert answer.status == 303
    assert "/sign-in" not in answer.headers["location"]


def sign_in_by_the_form(page: Page, house: House, box: str, language: str = "ro") -> None:
    """As somebody does it; they are on the first page of theirs then."""
    page.goto(f"{house.base}/{language}/sign-in")
    page.fill("#email", f"{box}@demo.punte.example")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    assert "/sign-in" not in page.url
