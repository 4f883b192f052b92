"""Real servers on the loopback, and the CPU that they spend on one request."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

GZIP = {"Accept-Encoding": "gzip"}
REQUESTS = 2_000


@dataclass(frozen=True)
class Server:
    """One that listens on *port*: the process with that id, and those it started."""

    port: int
    pid: int


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the server for one request, and requests a second of one client."""

    cpu: float
    rate: float


@contextmanager
def served(application: str, environ: Mapping[str, str]) -> Iterator[Server]:
    """The WSGI *application* on granian, as `flask up` starts it."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--blocking-threads", "4",
        "--no-access-log", "--log-level", "error", application,
    ]  # fmt: skip
    with running(command, port, environ) as server:
        yield server


@contextmanager
def running(command: list[str], port: int, environ: Mapping[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, env=os.environ | environ)
    try:
        _wait_for(port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def cpu_of(server: Server, path: str, status: int) -> Cost:
    """What one GET of *path* costs that is answered with *status*, on a connection kept open."""
    line = HTTPConnection("127.0.0.1", server.port)
    headers = GZIP | ({"If-None-Match": _tag(line, path)} if status == 304 else {})
    _get(line, path, headers, status, REQUESTS // 10)
    before, start = _cpu_seconds(server.pid), time.perf_counter()
    _get(line, path, headers, status, REQUESTS)
    spent, lasted = _cpu_seconds(server.pid) - before, time.perf_counter() - start
    line.close()
    return Cost(spent / REQUESTS, REQUESTS / lasted)


def _tag(line: HTTPConnection, path: str) -> str:
    line.request("GET", path, headers=GZIP)
    answer = line.getresponse()
    answer.read()
    return answer.headers["ETag"]


def _get(line: HTTPConnection, path: str, headers: dict[str, str], status: int, times: int) -> None:
    for _ in range(times):
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.read()
        if answer.status != status:
            raise SystemExit(f"{answer.status} instead of {status} for {path}")


def _cpu_seconds(pid: int) -> float:
    """Of the process and its children, as Linux counts them (proc(5))."""
    ticks = 0
    for one in (pid, *_children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found]
