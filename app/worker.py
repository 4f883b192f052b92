"""The timetable of everything that happens without a click.

``flask worker`` keeps time; web processes never start a scheduler. The scheduler is only a clock in
memory: what is due stands in the database, so several workers may run, and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app import clock
from app.extensions import db
from app.notices.delivery import FolderPost, Post, SmtpPost
from app.notices.operations import BATCH, forget_old_notices, send_due
from app.notices.sms import ByContact, FolderSms, HttpSms
from app.people.operations import forget_old_sign_ins
from app.reminders.letters import compose
from app.reminders.operations import post_reminders
from app.reminders.papers import post_papers_ending
from app.rota.operations import forget_old_rotas
from app.rota.search import search_next
from app.staffing.asking import go_on, running_askings
from app.staffing.models import Asking
from app.staffing.rechecking import recheck_everyone
from app.staffing.standing_in import escalate
from app.web import settings

KEEP_LETTERS = timedelta(days=7)


def timetable(app: Flask) -> BlockingScheduler:
    """Every job with its rhythm."""
    scheduler = BlockingScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    start = clock.now()
    scheduler.add_job(in_context(app, send), "interval", seconds=5, next_run_time=start)
    scheduler.add_job(in_context(app, ask), "interval", seconds=10, next_run_time=start)
    scheduler.add_job(in_context(app, plan), "interval", seconds=2, next_run_time=start)
    scheduler.add_job(in_context(app, remind), "interval", seconds=30, next_run_time=start)
    scheduler.add_job(in_context(app, recheck), "interval", minutes=10, next_run_time=start)
    scheduler.add_job(in_context(app, warn), "interval", hours=1, next_run_time=start)
    scheduler.add_job(in_context(app, tidy), "interval", hours=1, next_run_time=start)
    return scheduler


def in_context(app: Flask, job: Callable[[], object]) -> Callable[[], None]:
    """*job* with a database session of its own; a failure is logged and the next turn comes."""

    def run() -> None:
        with app.app_context():
            try:
                job()
            except DBAPIError as problem:  # its words may repeat what was in the rows
                db.session.rollback()
                app.logger.error("job %s failed: %s", job.__name__, type(problem.orig).__name__)
            except Exception:
                db.session.rollback()
                app.logger.exception("job %s failed", job.__name__)

    return run


def remind() -> None:
    """Owe a reminder to whoever is expected by this time tomorrow."""
    post_reminders(now=clock.now())
    db.session.commit()


def ask() -> None:
    """Askings go on, each in a transaction of its own; missing stand-ins are told."""
    for asking_id in running_askings():
        asking = db.session.get(Asking, asking_id)
        if asking is not None:
            go_on(asking, now=clock.now())
        db.session.commit()
    escalate(now=clock.now())
    db.session.commit()


def plan() -> None:
    """Search the rotas that coordinators asked for, one after the other."""
    while search_next(clock=clock.now):
        pass


def recheck() -> None:
    """Free the places of those who may not have them any more."""
    recheck_everyone(now=clock.now())
    db.session.commit()


def warn() -> None:
    """Owe a letter to whose contract or check ends within a month."""
    post_papers_ending(now=clock.now())
    db.session.commit()


def send() -> None:
    """Send everything that is due."""
    with mail() as post:
        while send_due(post, compose, clock=clock.now) == BATCH:
            pass


def mail() -> Post:
    """How letters leave: by the configured mail server and SMS gateway, else into folders."""
    known = settings()
    address, name = known.mail_from, known.mail_name
    post: Post = FolderPost(known.mail_folder, mail_from=address, mail_name=name)
    if known.smtp_url:
        post = SmtpPost(known.smtp_url, mail_from=address, mail_name=name)
    return ByContact(post, _sms())


def _sms() -> Post:
    known = settings()
    if known.sms_url and known.sms_token:
        return HttpSms(known.sms_url, token=known.sms_token)
    return FolderSms(known.sms_folder)


def tidy() -> None:
    """Forget what is kept only for a while."""
    now = clock.now()
    forget_old_sign_ins(now=now)
    forget_old_notices(now=now)
    forget_old_rotas(now=now)
    db.session.commit()
    known = settings()
    for letter in (*known.mail_folder.glob("*.eml"), *known.sms_folder.glob("*.txt")):
        if letter.stat().st_mtime < (now - KEEP_LETTERS).timestamp():
            letter.unlink(missing_ok=True)
