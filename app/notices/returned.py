"""What came back: reports of mail servers, read from a folder into which they are delivered."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import or_, select

from app.extensions import db
from app.notices.ledger import Attempt, Outcome, Stop
from app.notices.models import Notice, State
from app.notices.reports import LONGEST, About, Report, read_report
from app.notices.stopping import stop_address

AT_ONCE = 100
OTHER = "other"

log = logging.getLogger(__name__)

_OUTCOMES = {
    About.BOUNCED: Outcome.BOUNCED,
    About.DELAYED: Outcome.DELAYED,
    About.COMPLAINED: Outcome.COMPLAINED,
}


def read_returned(folder: Path, *, domain: str, now: datetime) -> int:
    """Take what lies in *folder* (or, of a Maildir, in its ``new``); the number of reports about
    letters of ours. Commits after each file.

    A report is deleted once it is noted, for it holds an address; anything else, such as a reply
    that somebody wrote, is moved to ``other`` for a person to read.
    """
    noted = 0
    for path in _files(folder):
        content = _content(path)
        reports = read_report(content) if content is not None else []
        noted += sum(note(report, domain=domain, now=now) for report in reports)
        db.session.commit()
        _put_away(path, folder, is_report=bool(reports))
    return noted


def note(report: Report, *, domain: str, now: datetime) -> bool:
    """Keep what *report* says, if it is about a letter of ours. Twice is harmless."""
    ref, _at, ours = report.message_id.rpartition("@")
    notices = _messages_of(ref) if ours == domain else []
    if not notices:
        return False
    news = [notice for notice in notices if _keep(notice, report, now)]
    for notice in news:
        if report.about is About.BOUNCED and notice.state is State.SENT:
            notice.state, notice.failed_at, notice.last_code = State.FAILED, now, "bounced"
    if news:
        _stop(news[0], report, now)
    return True


def _messages_of(ref: str) -> Sequence[Notice]:
    """The messages of the letter that left under the Message-ID of *ref*."""
    first = db.session.scalars(select(Notice).where(Notice.ref == ref)).one_or_none()
    if first is None or first.person is None:
        return []
    theirs = select(Notice).where(
        Notice.person_id == first.person_id, or_(Notice.id == first.id, Notice.letter == ref)
    )
    locked = theirs.order_by(Notice.id).with_for_update(of=Notice)
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()


def _stop(notice: Notice, report: Report, now: datetime) -> None:
    """The address of its reader gets no more letters, where the report shows that it should not."""
    why = Stop.COMPLAINED if report.about is About.COMPLAINED else Stop.BOUNCED
    names_them = notice.person.email in report.recipients
    if (report.is_dead and names_them) or (why is Stop.COMPLAINED and _is_theirs(notice, report)):
        stop_address(notice.person_id, notice.person.email or "", why, report.status, now=now)


def _is_theirs(notice: Notice, report: Report) -> bool:
    """Complaints often leave the address out; one that names another is about another."""
    return notice.person.email is not None and (
        not report.recipients or notice.person.email in report.recipients
    )


def _keep(notice: Notice, report: Report, now: datetime) -> bool:
    """Beside the attempts of the message; False if the same is there already."""
    same = {"outcome": _OUTCOMES[report.about], "code": report.status, "worker": "report"}
    kept = select(Attempt.id).where(Attempt.notice_id == notice.id).filter_by(**same)
    if db.session.scalars(kept).first() is not None:
        return False
    db.session.add(Attempt(notice_id=notice.id, started_at=now, ended_at=now, **same))
    db.session.flush()
    return True


def _files(folder: Path) -> Iterator[Path]:
    """Plain files only, at most `AT_ONCE`; what another worker took meanwhile is left out."""
    inbox = folder / "new" if (folder / "new").is_dir() else folder
    with os.scandir(inbox) as entries:
        names = [
            one.name
            for one in entries
            if one.is_file(follow_symlinks=False) and not one.name.startswith(".")
        ]
    return (inbox / name for name in sorted(names)[:AT_ONCE])


def _content(path: Path) -> bytes | None:
    """None for what is too long, or cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > LONGEST:
                return None
            return file.read(LONGEST)
    except OSError as problem:
        log.error("what came back cannot be read: %s", type(problem).__name__)
        return None


def _put_away(path: Path, folder: Path, *, is_report: bool) -> None:
    try:
        if is_report:
            path.unlink(missing_ok=True)
        elif path.exists():
            (folder / OTHER).mkdir(mode=0o700, exist_ok=True)
            path.rename(folder / OTHER / path.name)
    except OSError as problem:  # it is read again; nothing is noted twice
        log.error("what came back cannot be put away: %s", type(problem).__name__)
