"""The search of a rota, in the worker: taken by one at a time, kept after every better plan, gone
on with after a restart, stopped when its coordinator says so. Commits as it goes.

Its first plan is kept, and the search begins again from it: so it makes no difference to what is
found whether the rota had to wait in between, while others got theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from time import monotonic

from sqlalchemy import and_, or_, select, update

from app.database import new_ref
from app.extensions import db
from app.rota.frame import Frame, digest, packed, packed_plan, unpacked, unpacked_plan
from app.rota.inputs import framed
from app.rota.models import Act, Failure, Rota, Stage
from app.rota.operations import record, record_found
from app.staffing import matching
from app.staffing.matching.checker import breaches, places_filled
from app.staffing.matching.instance import DIRECT, PinsContradict, Plan
from app.staffing.matching.solving import Progress, plans
from app.staffing.matching.weekly import plans_by_week
from app.staffing.queries import why_not

Clock = Callable[[], datetime]

LEASE = timedelta(seconds=60)
"""So long nobody else touches a search whose worker says nothing."""
READING = timedelta(minutes=10)
"""So long nobody else touches it while what it is made from is read: nothing asks meanwhile."""
LOOK = 0.5
"""Seconds between two looks whether it is to stop."""
RENEW = 10.0
"""Seconds between two renewals of the lease."""
LONGEST = 300.0
"""Seconds after which a search rests on what it has, and says so. Its end is told by the steps it
has done; the clock is there for the largest periods and slow machines."""
WAITED = timedelta(seconds=2)
"""Who waited so long for a worker is to have a first plan before it is their turn."""
TRIES = 3
BY_WEEK = 1_000_000
"""From so many pairs on, week by week."""


class Lost(Exception):
    """Somebody else works on it by now."""


def search_next(
    *, clock: Clock, stopping: Callable[[], bool] = lambda: False, first: bool = False
) -> bool:
    """Take the rota that waits the longest, those without a plan before others, and search it;
    whether there was one. If the worker is *stopping*, another goes on with it.

    *first*: only where nobody else has had time for it, and only until it has its first plan.
    """
    taken = _taken(clock(), first=first)
    if taken is None:
        return False
    rota_id, holder = taken
    try:
        _search(rota_id, holder, clock, stopping, first=first)
    except Lost:
        db.session.rollback()
    except PinsContradict:
        db.session.rollback()
        _end(rota_id, holder, Stage.FAILED, clock(), failure=Failure.WISHES_CONTRADICT)
    return True


def _taken(now: datetime, *, first: bool = False) -> tuple[int, str] | None:
    """Lease a rota that waits, or whose worker is gone; *first*: that waits for its first plan, or
    for its end."""
    left = or_(Rota.lease_until.is_(None), Rota.lease_until < now)
    pressing = or_(Rota.stop_asked, and_(Rota.worth.is_(None), Rota.made_at <= now - WAITED))
    found = db.session.scalars(
        select(Rota.id)
        .where(Rota.stage.in_((Stage.WAITING, Stage.RUNNING)), left, *([pressing] if first else []))
        .order_by(Rota.worth.is_not(None), Rota.made_at, Rota.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        db.session.commit()
        return None
    holder = new_ref()
    taken = db.session.scalars(
        update(Rota)
        .where(Rota.id == found, left)
        .values(
            stage=Stage.RUNNING,
            holder=holder,
            lease_until=now + LEASE,
            attempts=Rota.attempts + 1,
            began_at=db.func.coalesce(Rota.began_at, now),
        )
        .returning(Rota.id)
    ).one_or_none()
    db.session.commit()
    return None if taken is None else (taken, holder)


def _search(
    rota_id: int, holder: str, clock: Clock, stopping: Callable[[], bool], *, first: bool
) -> None:
    rota = db.session.get_one(Rota, rota_id)
    if rota.attempts > TRIES:
        _end(rota_id, holder, Stage.FAILED, clock(), failure=Failure.BROKE_OFF)
        return
    if rota.stop_asked and rota.has_plan:
        _end(rota_id, holder, Stage.STOPPED, clock())
        return
    frame = _frame(rota, holder, clock)
    if frame is None:
        _end(rota_id, holder, Stage.FAILED, clock(), failure=Failure.NOTHING_TO_PLAN)
        return
    watch = _Watch(rota_id, holder, clock, stopping)
    start, seed, step, is_new = _start(rota, frame), rota.seed, rota.step, not rota.has_plan
    db.session.commit()
    last = None
    if is_new:
        last = next(_plans(frame, start, seed, step, watch), None)
        if last is not None:
            _keep(rota_id, holder, frame, last, clock())
            start = last.plan
            if first and not last.is_best:
                _give_back(rota_id, holder)
                return
    if not is_new or (last and not last.is_best):
        for last in _plans(frame, start, seed, step, watch):
            _keep(rota_id, holder, frame, last, clock())
    if watch.leaves:
        _give_back(rota_id, holder)
    elif watch.was_asked:
        _end(rota_id, holder, Stage.STOPPED, clock())
    elif watch.is_late and not (last and last.is_best):
        _end(rota_id, holder, Stage.TIMED_OUT, clock())
    else:
        _end(rota_id, holder, Stage.DONE, clock())


def _plans(
    frame: Frame, start: Plan | None, seed: int, step: int, watch: _Watch
) -> Iterator[Progress]:
    """Better and better plans."""
    if len(frame.instance.allowed) >= BY_WEEK:
        return plans_by_week(frame.instance, start=start, seed=seed, stop=watch)
    return plans(frame.instance, start=start, seed=seed, step=step, stop=watch)


def _give_back(rota_id: int, holder: str) -> None:
    """Another may go on with it at once, and this was no failure."""
    _write(rota_id, holder, lease_until=None, attempts=Rota.attempts - 1)


def _frame(rota: Rota, holder: str, clock: Clock) -> Frame | None:
    """What it is made from: read once, and kept."""
    if rota.inputs is not None:
        return unpacked(rota.inputs)
    _write(rota.id, holder, lease_until=clock() + READING)
    frame = framed(rota, now=clock())
    if frame is None:
        return None
    now = clock()
    _tell_left_out(rota, frame, now=now)
    _write(rota.id, holder, lease_until=now + LEASE, **_kept(frame))
    return frame


def _kept(frame: Frame) -> dict[str, object]:
    return {
        "inputs": packed(frame),
        "digest": digest(frame),
        "weights": asdict(frame.instance.weights),
        "engine": _engine(),
        "places": sum(need.wanted for need in frame.instance.needs) + len(frame.settled),
    }


@cache
def _engine() -> str:
    """The versions of what searches: HiGHS, and the fingerprint of our own code of the search."""
    code = sha256()
    for file in sorted(Path(str(matching.__file__)).parent.glob("*.py")):
        code.update(file.read_bytes())
    return f"HiGHS {version('highspy')}, Punte {code.hexdigest()[:12]}"


def _tell_left_out(rota: Rota, frame: Frame, *, now: datetime) -> None:
    """Which pins the plan goes without, in its trace: a rule stands against them, the place is
    somebody else's, or an earlier pin is in the way."""
    held = {
        (frame.need_ids[need], frame.person_ids[who]) for need, who in frame.instance.pins
    } | frame.settled
    for one in rota.wishes:
        known = one.need_id in frame.need_at
        if one.wanted and known and (one.need_id, one.person_id) not in held:
            rules = [reason.rule.value for reason in why_not(one.need, one.person)]
            record(rota, Act.LEFT_OUT, one.need, one.person, now=now, rules=rules)


def _start(rota: Rota, frame: Frame) -> Plan | None:
    """Where to go on: at the plan that was found, or at the one before this."""
    if rota.plan is not None:
        return frame.plan_of(unpacked_plan(rota.plan))
    return frame.plan_of((need, person, DIRECT) for need, person in frame.start)


def _keep(rota_id: int, holder: str, frame: Frame, progress: Progress, now: datetime) -> None:
    """A better plan, or a better proof, is there for everybody to see."""
    broken = breaches(frame.instance, progress.plan)
    if broken:
        raise AssertionError(f"a plan breaks {broken[0].rule}")  # the search is wrong: keep nothing
    _write(
        rota_id,
        holder,
        lease_until=now + LEASE,
        plan=packed_plan(frame.names(progress.plan)),
        worth=progress.value,
        bound=progress.bound,
        step=progress.step,
        filled=sum(places_filled(frame.instance, progress.plan)) + len(frame.settled),
        version=Rota.version + 1,
    )


def _end(
    rota_id: int, holder: str, stage: Stage, now: datetime, *, failure: Failure | None = None
) -> None:
    record_found(db.session.get_one(Rota, rota_id, populate_existing=True), now=now)
    _write(rota_id, holder, stage=stage, failure=failure, ended_at=now, lease_until=None)


def _write(rota_id: int, holder: str, **values: object) -> None:
    """Only who holds it writes. Raises `Lost`."""
    written = db.session.scalars(
        update(Rota)
        .where(Rota.id == rota_id, Rota.holder == holder, Rota.stage == Stage.RUNNING)
        .values(**values)
        .returning(Rota.id)
    ).one_or_none()
    if written is None:
        raise Lost
    db.session.commit()


class _Watch:
    """Asked by the search every moment whether to stop; keeps the lease meanwhile."""

    def __init__(
        self,
        rota_id: int,
        holder: str,
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.rota_id, self.holder, self.clock, self.stopping = rota_id, holder, clock, stopping
        self.began = self.looked = self.renewed = monotonic()
        self.was_asked = self.is_late = self.says_stop = self.leaves = False

    def __call__(self) -> bool:
        now = monotonic()
        if not self.says_stop and now - self.looked >= LOOK:
            self.looked = now
            self._look(now)
        return self.says_stop

    def _look(self, now: float) -> None:
        self.leaves = self.stopping()
        if self.leaves:
            self.says_stop = True
            return
        mine = db.session.execute(
            select(Rota.stop_asked).where(Rota.id == self.rota_id, Rota.holder == self.holder)
        ).one_or_none()
        db.session.commit()
        if mine is None:  # somebody else has it
            self.says_stop = True
            return
        self.was_asked = mine.stop_asked
        self.is_late = now - self.began > LONGEST
        self.says_stop = self.was_asked or self.is_late
        if now - self.renewed >= RENEW:
            self.renewed = now
            try:
                _write(self.rota_id, self.holder, lease_until=self.clock() + LEASE)
            except Lost:  # HiGHS asks from within: nothing may be thrown through it
                self.says_stop = True
