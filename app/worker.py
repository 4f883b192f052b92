"""The timetable of everything that happens without a click.

``flask worker`` keeps time; web processes never start a scheduler. The scheduler is only a clock in
memory: what is due stands in the database, so several workers may run, and a restart loses nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from signal import SIGINT, SIGTERM, signal
from socket import gethostname
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import clock
from app.attendance.operations import forget_old_taps
from app.consents.operations import forget_old_talks
from app.database import UTCDateTime, new_ref, only_reading
from app.extensions import db
from app.feeds.inviting import forget_old_invites, invite, to_invite
from app.feeds.operations import fold_touches, forget_unused
from app.listening.operations import forget_old_voices
from app.notices.claiming import was_taken
from app.notices.delivery import FolderPost, Post, SmtpPost
from app.notices.diary import Diary
from app.notices.ledger import Worker
from app.notices.operations import forget_old_notices
from app.notices.push import PushPost
from app.notices.returned import read_returned
from app.notices.sending import Sender, forget_old_attempts
from app.notices.sms import FolderSms, HttpSms
from app.notices.steady import SteadyClock
from app.notices.ways import Ways
from app.notices.workers import BEAT, beat, begin, bury, end, forget_silent, workers_of
from app.own_data.operations import forget_erased
from app.own_data.past_appointments import forget_past_appointments
from app.own_data.traces import empty_journal
from app.people.namesakes import read_names
from app.people.operations import forget_old_sign_ins
from app.people.unsent import forget_unsent
from app.reminders.letters import compose
from app.reminders.mornings import post_morning_summaries
from app.reminders.operations import post_reminders, report_missed
from app.reminders.papers import post_papers_ending
from app.reminders.together import bind
from app.reminders.weekly import post_weekly_plans
from app.rota.operations import forget_old_rotas
from app.rota.search import search_next
from app.signups import waiting
from app.signups.queries import waited_for
from app.staffing.asking import go_on, running_askings
from app.staffing.models import Asking
from app.staffing.rechecking import recheck_everyone
from app.staffing.standing_in import escalate
from app.web import settings

KEEP_LETTERS = timedelta(days=7)
LOOK_AT_CLOCK = 5.0
"""Seconds."""

log = logging.getLogger(__name__)


def _time_told() -> datetime:
    """The time of the database's machine where that is another than ours, so that all workers go
    by one clock."""
    if db.engine.dialect.name == "postgresql":
        told: datetime = db.session.scalars(
            select(db.func.clock_timestamp(type_=UTCDateTime()))
        ).one()
        return told
    return clock.now()


def _steady_clock() -> SteadyClock:
    return SteadyClock(_time_told(), elapsed=clock.elapsed)


@dataclass
class Running:
    """This process as a worker: its name, its steady clock, and whether it is to stop."""

    name: str = field(default_factory=new_ref)
    clock: SteadyClock = field(default_factory=_steady_clock)
    stopping: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.diary = _diary(self.name)
        self.sender = Sender(
            self.name,
            clock=self.clock,
            bind=bind,
            stopping=self.stopping.is_set,
            moved=self._moved,
            taken=self.diary.taken,
        )
        self._moved()

    def _moved(self) -> None:
        self.moved_at = self.clock()


def run(app: Flask) -> None:
    """Work until told to stop (TERM, or Ctrl-C): then the message in hand is finished, the others
    are given back, and no new ones are taken."""
    me = Running()
    db.session.remove()  # the jobs have sessions of their own
    for told in (SIGTERM, SIGINT):
        signal(told, lambda *_: me.stopping.set())
    in_context(app, partial(start, me))()
    clockwork = timetable(app, me)
    clockwork.start()
    before = clock.now()
    while not me.stopping.wait(LOOK_AT_CLOCK):
        before = wake_after(clockwork, before, now=clock.now())
    clockwork.shutdown(wait=True)
    in_context(app, partial(stop, me))()


def wake_after(scheduler: BackgroundScheduler, before: datetime, *, now: datetime) -> datetime:
    """The scheduler goes by the machine's clock: where that went back, no job waits until it has
    caught up. *now*, to be compared with the next time."""
    if now < before:
        log.warning("the clock of this machine went back: all jobs run now")
        for job in scheduler.get_jobs():
            job.modify(next_run_time=now)
    return now


def timetable(app: Flask, me: Running) -> BackgroundScheduler:
    """Every job with its rhythm."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    start = clock.now()
    for job, every in (
        (partial(send, me), timedelta(seconds=5)),
        (partial(say_alive, me), BEAT),
        (ask, timedelta(seconds=10)),
        (partial(plan, me), timedelta(seconds=2)),
        (partial(plan_first, me), timedelta(seconds=2)),
        (partial(remind, me), timedelta(seconds=30)),
        (keep_calendars, timedelta(minutes=1)),
        (offer_places, timedelta(seconds=30)),
        (read_new_names, timedelta(minutes=1)),
        (take_returned, timedelta(minutes=1)),
        (throw_unsent_away, timedelta(minutes=5)),
        (recheck, timedelta(minutes=10)),
        (warn, timedelta(hours=1)),
        (tidy, timedelta(hours=1)),
    ):
        rhythm = IntervalTrigger(seconds=int(every.total_seconds()), timezone=UTC)
        scheduler.add_job(in_context(app, job), rhythm, next_run_time=start)
    return scheduler


def in_context(app: Flask, job: Callable[[], object]) -> Callable[[], None]:
    """*job* with a database session of its own; a failure is logged and the next turn comes."""

    def run() -> None:
        with app.app_context():
            try:
                job()
            except DBAPIError as problem:  # its words may repeat what was in the rows
                db.session.rollback()
                app.logger.error("job %s failed: %s", _name(job), type(problem.orig).__name__)
            except Exception:
                db.session.rollback()
                app.logger.exception("job %s failed", _name(job))

    return run


def _name(job: Callable[[], object]) -> str:
    return str(getattr(job.func if isinstance(job, partial) else job, "__name__", job))


def start(me: Running) -> None:
    """This worker is there. What those of this machine held that are dead is free at once."""
    machine, now = gethostname(), me.clock()
    diaries = [_diary(one.name) for one in workers_of(machine) if not _lives(one.process)]
    for diary in diaries:
        if last := diary.last_taken():
            was_taken(diary.path.name, last, now=now)
    bury([diary.path.name for diary in diaries], now=now)
    begin(
        Worker(
            name=me.name,
            machine=machine,
            process=os.getpid(),
            started_at=now,
            seen_at=now,
            moved_at=now,
        )
    )
    db.session.commit()
    for diary in diaries:
        diary.burn()


def _diary(name: str) -> Diary:
    return Diary(settings().data / "workers", name)


def _lives(process: int) -> bool:
    if process == os.getpid():
        return False  # the number of one that was there before us
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def say_alive(me: Running) -> None:
    """This worker lives; its clock is compared with that of the database, or of the machine."""
    me.clock.compare(_time_told())
    now = me.clock()
    if not beat(me.name, now=now, moved_at=me.moved_at):
        start(me)
    db.session.commit()


def stop(me: Running) -> None:
    """This worker goes; it leaves nothing half done."""
    end(me.name, now=me.clock())
    db.session.commit()
    me.diary.burn()


def remind(me: Running) -> None:
    """Owe the reminders that are due, and a call to whom it is too late to write; by the clock that
    does not jump, for what was owed a day too soon is not taken back."""
    post_reminders(now=me.clock())
    report_missed(now=me.clock())
    db.session.commit()


def keep_calendars() -> None:
    """Calendars that are kept by mail show what is true: each person in a transaction."""
    with only_reading():  # nobody who writes waits for the question
        people = to_invite(now=clock.now())
        db.session.commit()
    for person_id in people:
        invite(person_id, now=clock.now())
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


def offer_places() -> None:
    """What lapsed or became free goes to the next who waits, each activity for itself."""
    for activity_id in waited_for():
        waiting.go_on(activity_id, now=clock.now())
        db.session.commit()


def read_new_names() -> None:
    """The keys of names that were written by another way, or by an older version."""
    while read_names():
        db.session.commit()
    db.session.commit()


def plan(me: Running) -> None:
    """Search the rotas that coordinators asked for, one after the other."""
    while not me.stopping.is_set() and search_next(clock=clock.now, stopping=me.stopping.is_set):
        pass


def plan_first(me: Running) -> None:
    """A first plan for whoever waits while another search goes on."""
    while not me.stopping.is_set() and search_next(
        clock=clock.now, stopping=me.stopping.is_set, first=True
    ):
        pass


def throw_unsent_away() -> None:
    """What somebody sent when they were no longer signed in is not kept past its time."""
    forget_unsent(now=clock.now())
    db.session.commit()


def recheck() -> None:
    """Free the places of those who may not have them any more."""
    recheck_everyone(now=clock.now())
    db.session.commit()


def warn() -> None:
    """Owe a letter to whose contract or check ends within a month, and the plans that are due."""
    now = clock.now()
    post_papers_ending(now=now)
    post_weekly_plans(now=now)
    post_morning_summaries(now=now)
    db.session.commit()


def send(me: Running) -> None:
    """Send everything that is due."""
    with mail() as post:
        me.sender.send(post, compose)
        while me.sender.has_more:
            me.sender.send(post, compose)


def take_returned() -> None:
    """Read what came back, where a folder for it is set."""
    folder = settings().returned_folder
    if folder is not None:
        read_returned(folder, domain=settings().uid_domain, now=clock.now())


def mail() -> Post:
    """How letters leave: by the configured mail server and SMS gateway, else into folders; to
    devices by the push services of their makers."""
    known = settings()
    address, name = known.mail_from, known.mail_name
    post: Post = FolderPost(known.mail_folder, mail_from=address, mail_name=name)
    if known.smtp_url:
        post = SmtpPost(known.smtp_url, mail_from=address, mail_name=name)
    push = PushPost(known.vapid_key, contact=f"mailto:{address}")
    return Ways(post, _sms(), push, no_sms=not known.sends_sms)


def _sms() -> Post:
    known = settings()
    return HttpSms(known.sms) if known.sms else FolderSms(known.sms_folder)


def tidy() -> None:
    """Forget what is kept only for a while."""
    now = clock.now()
    forget_old_sign_ins(now=now)
    forget_old_attempts(now=now)
    forget_old_notices(now=now)
    forget_silent(now=now)
    forget_old_rotas(now=now)
    forget_old_taps(now=now)
    forget_old_voices(now=now)
    forget_old_talks(now=now)
    fold_touches()
    forget_unused(now=now)
    forget_erased(now=now)
    forget_past_appointments(now=now)
    forget_old_invites(now=now)
    db.session.commit()
    empty_journal()
    known = settings()
    for letter in (*known.mail_folder.glob("*.eml"), *known.sms_folder.glob("*.txt")):
        if letter.stat().st_mtime < (now - KEEP_LETTERS).timestamp():
            letter.unlink(missing_ok=True)
