"""The telephones and browsers on which somebody wants to be told. Nothing here commits.

The address of a device at its maker's push service is a secret: whoever has it can make the device
show something. It stands in no log, no error and on no page.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, new_ref
from app.extensions import db, lock
from app.i18n import _l
from app.notices.channels import Channel
from app.notices.push import MOST_DEVICES
from app.notices.webpush import are_keys
from app.people.models import Person
from app.refusal import Refusal

LONGEST_ADDRESS = 1000
MOST_FAILURES = 10
"""Refusals in a row, after which a device is given up."""


class NoDevice(Refusal):
    message = _l("This browser cannot show our messages. You get them as before.")


class PushSubscription(Base):
    """One browser that somebody allowed to show our messages, by its secret *endpoint*; *label*
    says in plain words what it is. *server_key* is the mark of the key of ours that it knows.
    *failures*: how often its service refused in a row."""

    __tablename__ = "push_subscription"
    __table_args__ = (
        UniqueConstraint("ref"),
        UniqueConstraint("endpoint"),
        CheckConstraint("failures >= 0", name="failures"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str]
    p256dh: Mapped[str]
    auth: Mapped[str]
    server_key: Mapped[str]
    label: Mapped[str]
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)


class FirstWay(Base):
    """The way on which somebody wishes to be told before all others, while it reaches them."""

    __tablename__ = "first_way"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[Channel]


def devices_of(person: Person) -> Select[PushSubscription]:
    """The latest first."""
    mine = select(PushSubscription).where(PushSubscription.person_id == person.id)
    return mine.order_by(PushSubscription.made_at.desc(), PushSubscription.id.desc())


def add_device(
    person: Person,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    server_key: str,
    label: str,
    now: datetime,
) -> PushSubscription:
    """From now on *person* is told there first. A browser shows the messages of one person only:
    the last who asked for it. Of more than a few the oldest gives way. Raises `NoDevice`."""
    if not is_endpoint(endpoint) or not are_keys(p256dh, auth):
        raise NoDevice
    lock(person)
    db.session.execute(delete(PushSubscription).where(PushSubscription.endpoint == endpoint))
    for old in db.session.scalars(devices_of(person).offset(MOST_DEVICES - 1)).all():
        db.session.delete(old)
    made = PushSubscription(
        person_id=person.id,
        endpoint=endpoint,
        p256dh=p256dh.rstrip("="),
        auth=auth.rstrip("="),
        server_key=server_key,
        label=label,
        made_at=now,
    )
    db.session.add(made)
    be_told_first(person, Channel.PUSH)
    return made


def is_endpoint(address: str) -> bool:
    """Whether it looks like the address of a push service; where it leads is looked at before
    anything is sent there."""
    try:
        parts = urlsplit(address)
        usual = parts.port in (None, 443)
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address
    named = "." in (parts.hostname or "") and not (parts.username or parts.password)
    return plain and usual and named and parts.scheme == "https" and len(address) <= LONGEST_ADDRESS


def remove_devices(ids: Collection[int]) -> None:
    """These do not exist any more."""
    if ids:
        db.session.execute(delete(PushSubscription).where(PushSubscription.id.in_(ids)))


def note_reached(ids: Collection[int], *, now: datetime) -> None:
    """These took a message."""
    if ids:
        db.session.execute(
            update(PushSubscription)
            .where(PushSubscription.id.in_(ids))
            .values(last_used_at=now, failures=0)
        )


def note_refused(ids: Collection[int]) -> None:
    """The services of these wanted no message; those that never do are given up."""
    refusing = PushSubscription.id.in_(ids)
    db.session.execute(
        update(PushSubscription).where(refusing).values(failures=PushSubscription.failures + 1)
    )
    db.session.execute(
        delete(PushSubscription).where(refusing, PushSubscription.failures >= MOST_FAILURES)
    )


def first_way_of(person: Person) -> Channel | None:
    wished = db.session.get(FirstWay, person.id)
    return wished.channel if wished else None


def be_told_first(person: Person, channel: Channel | None) -> None:
    """*person* wishes to be told on that way before all others; None: in the usual order."""
    lock(person)
    db.session.execute(delete(FirstWay).where(FirstWay.person_id == person.id))
    if channel is not None:
        db.session.add(FirstWay(person_id=person.id, channel=channel))
    db.session.flush()


def with_another_key(server_key: str) -> int:
    """How many devices know another key of ours, so that nothing reaches them."""
    count = select(db.func.count()).where(PushSubscription.server_key != server_key)
    return int(db.session.scalars(count.select_from(PushSubscription)).one())
