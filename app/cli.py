"""Commands: what an administrator types."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import datetime

import click
from flask import Flask
from flask.cli import with_appcontext

from app import clock


def init_app(app: Flask) -> None:
    for command in (worker, setup, demo, doctor, up, add_administrator):
        app.cli.add_command(command)


@click.command
@with_appcontext
def worker() -> None:
    """Keep time: send messages and reminders until stopped."""
    from app.web import this_app
    from app.worker import run

    run(this_app())


@click.command
@with_appcontext
def setup() -> None:
    """Bring the database to the newest tables."""
    import flask_migrate

    flask_migrate.upgrade()


@click.command
@click.option("--size", type=click.Choice(["centre", "national"]), default="centre")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Plan from this day on.")
@with_appcontext
def demo(size: str, today: datetime | None) -> None:
    """Fill an empty database with the demonstration; one with people is left alone."""
    from app.demo import fill

    day = today.date() if today else None
    if not fill(size, today=day, now=clock.now()):
        click.echo("The database already holds people; nothing was added.")


@click.command("add-administrator")
@click.option("--centre", "code", required=True, help="The centre's code, such as brasov.")
@click.option("--centre-name", help="Needed for a new centre.")
@click.option("--address", default="")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--language", default="ro")
@click.password_option()
@with_appcontext
def add_administrator(
    code: str,
    centre_name: str | None,
    address: str,
    name: str,
    email: str,
    language: str,
    password: str,
) -> None:
    """The first person of a new installation: administrator and coordinator of a centre."""
    from app.extensions import db
    from app.people.models import Centre
    from app.people.operations import add_person
    from app.people.passwords import hash_password
    from app.people.queries import centres
    from app.people.terms import STAFF

    now = clock.now()
    centre = next((c for c in centres() if c.code == code), None)
    if centre is None:
        if not centre_name:
            raise click.UsageError("This centre is new: give its --centre-name.")
        centre = Centre(code=code, name=centre_name, address=address, changed_at=now)
        db.session.add(centre)
    person = add_person(
        name, roles={centre: frozenset(STAFF)}, spoken={}, language=language, now=now, email=email
    )
    person.password_hash = hash_password(password)
    db.session.commit()
    click.echo(f"{name} may sign in.")


@click.command
@with_appcontext
def doctor() -> None:
    """Say what is not as it should be; fails if anything is."""
    from app.doctor import complaints, oldest_message

    found = complaints()
    for complaint in found:
        click.echo(f"- {complaint}")
    if found:
        sys.exit(1)
    click.echo("Everything is as it should be. " + oldest_message())


@click.command
@with_appcontext
def up() -> None:
    """Tables, demonstration if empty, then web server and worker until Ctrl-C."""
    import flask_migrate

    from app.demo import accounts, fill
    from app.extensions import db
    from app.web import settings

    known = settings()
    _refuse_taken_port(known.host, known.port)
    flask_migrate.upgrade()
    fill("centre", today=None, now=clock.now())
    lines = accounts()
    db.session.remove()  # this process stays: it must not hold the database while others work
    click.echo(f"\nPunte is at {known.base_url}\n")
    for line in lines:
        click.echo(f"  {line}")
    click.echo("\nCtrl-C stops it; what was entered is kept.\n")
    serve = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", known.host,
        "--port", str(known.port), "--workers", "1", "--blocking-threads", "4",
        "--no-access-log", "--log-level", "warning", "wsgi:app",
    ]  # fmt: skip
    tell = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    _run_together(serve, tell)


def _refuse_taken_port(host: str, port: int) -> None:
    """Two programs can listen on one port here and would share its visitors."""
    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            sys.exit(f"Something else answers at port {port}: stop it, or choose another PORT.")


def _run_together(*commands: list[str]) -> None:
    """Run until one of them ends, Ctrl-C, or TERM; then end all of them, children included."""
    running = [subprocess.Popen(command, start_new_session=True) for command in commands]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while all(process.poll() is None for process in running):
            with suppress(subprocess.TimeoutExpired):
                running[0].wait(timeout=1)
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    finally:
        for process in running:
            process.terminate()
        for process in running:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait a little, then end it and whatever it started."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
