"""By which way each message leaves: what somebody allowed, has an address for, and did not turn out
to be dead, in the order of `Channel` after the way they wish first. Nothing here commits.

E-mail goes to whoever gave an address and did not say no. A short message costs money and is read
by whoever holds the telephone, so it goes only to who said yes. A device was asked by its button.
Links and codes to come in go where they were asked for, and never by another way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select

from app.extensions import db
from app.notices.channels import Channel
from app.notices.devices import FirstWay, PushSubscription
from app.notices.ledger import Attempt, Outcome, StoppedAddress
from app.notices.letter import Device
from app.notices.models import Kind, Notice
from app.notices.push import MOST_DEVICES
from app.people.consents import Purpose, counting, who_refuses
from app.people.models import Person
from app.people.phones import e164

PURPOSES = {channel: Purpose(channel.value) for channel in Channel if channel.is_asked_about}
"""What somebody says yes or no to, of each way that is asked about."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a letter goes on one channel."""

    channel: Channel
    to: str = field(repr=False)
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """The ways to each of some people (ids), the first first; *why_not* no e-mail, in one word."""

    ways: dict[int, tuple[Address, ...]] = field(default_factory=dict)
    why_not: dict[int, str] = field(default_factory=dict)

    def against(self, person_id: int) -> str | None:
        """Why nothing can leave for that person; None if something can."""
        return None if self.ways.get(person_id) else self.why_not.get(person_id, "no-address")

    def channels(self, person_id: int) -> tuple[Channel, ...]:
        return tuple(way.channel for way in self.ways.get(person_id, ()))


def reach_of(people: Collection[int]) -> Reach:
    """In a fixed number of queries."""
    said = _said(people)
    dead = _stopped(people)
    devices = _devices(people)
    wished = _first_ways(people)
    reach = Reach()
    columns = (Person.id, Person.email, Person.phone, Person.sign_in_phone)
    for one, email, *phones in db.session.execute(select(*columns).where(Person.id.in_(people))):
        ways: list[Address] = []
        obstacle = _against_mail(email, said.get((one, Channel.EMAIL)), (one, email) in dead)
        if obstacle is not None:
            reach.why_not[one] = obstacle
        elif email is not None:
            ways.append(Address(Channel.EMAIL, email))
        if devices.get(one):
            ways.append(Address(Channel.PUSH, devices[one][0].endpoint, devices[one]))
        number = _number(*phones) if said.get((one, Channel.SMS)) else None
        if number and (one, number) not in dead:
            ways.append(Address(Channel.SMS, number))
        reach.ways[one] = _in_order(ways, wished.get(one))
    return reach


def _in_order(ways: Sequence[Address], first: Channel | None) -> tuple[Address, ...]:
    return tuple(sorted(ways, key=lambda way: way.channel is not first))


def _against_mail(email: str | None, said: bool | None, is_dead: bool) -> str | None:
    if email is None:
        return "no-address"
    if said is False:
        return "no-consent"
    return "stopped" if is_dead else None


def _number(phone: str | None, sign_in_phone: str | None) -> str | None:
    """The number that they showed to be theirs, else the one that was written down for them."""
    return sign_in_phone or (e164(phone) if phone else None)


def _said(people: Collection[int]) -> dict[tuple[int, Channel], bool]:
    """A yes to what the text no longer says counts as none."""
    said = counting(people, tuple(PURPOSES.values()))
    return {(one, Channel(purpose.value)): given for (one, purpose), given in said.items()}


def _stopped(people: Collection[int]) -> set[tuple[int, str]]:
    found = select(StoppedAddress.person_id, StoppedAddress.address).where(
        StoppedAddress.person_id.in_(people), StoppedAddress.ended_at.is_(None)
    )
    return {(person_id, address) for person_id, address in db.session.execute(found)}


def _devices(people: Collection[int]) -> dict[int, tuple[Device, ...]]:
    """The latest first."""
    found = select(PushSubscription).where(PushSubscription.person_id.in_(people))
    rows = db.session.scalars(
        found.order_by(PushSubscription.id.desc()).execution_options(populate_existing=True)
    )
    devices: dict[int, tuple[Device, ...]] = {}
    for row in rows:
        device = Device(
            id=row.id,
            endpoint=row.endpoint,
            p256dh=row.p256dh,
            auth=row.auth,
            server_key=row.server_key,
        )
        devices[row.person_id] = (*devices.get(row.person_id, ()), device)[:MOST_DEVICES]
    return devices


def _first_ways(people: Collection[int]) -> dict[int, Channel]:
    found = select(FirstWay.person_id, FirstWay.channel).where(FirstWay.person_id.in_(people))
    return {person_id: channel for person_id, channel in db.session.execute(found)}


@dataclass(frozen=True, slots=True)
class _Message:
    person_id: int | None
    kind: Kind
    via: Channel | None


@dataclass
class Routes:
    """The way of each of some messages (ids), as it is now and as the turn goes on."""

    reach: Reach = field(default_factory=Reach)
    messages: dict[int, _Message] = field(default_factory=dict)
    refused: dict[int, set[Channel]] = field(default_factory=dict)

    def of(
        self, messages: Sequence[int], carries: Callable[[Channel], bool]
    ) -> tuple[Address, ...]:
        """The ways that are left for one letter with those messages, the first first. The staff may
        have chosen one for it."""
        known = [self.messages[one] for one in messages if one in self.messages]
        reader = next((one.person_id for one in known if one.person_id is not None), 0)
        refused = {channel for one in messages for channel in self.refused.get(one, ())}
        if any(one.kind.only_by_mail for one in known):
            refused |= set(Channel) - {Channel.EMAIL}
        ways = [
            way
            for way in self.reach.ways.get(reader, ())
            if carries(way.channel) and way.channel not in refused
        ]
        return _in_order(ways, next((one.via for one in known if one.via), None))

    def why_not(self, person_id: int) -> str:
        return self.reach.why_not.get(person_id, "no-address")

    def end(self, person_id: int, channel: Channel) -> None:
        """The next letter of this turn to the same reader need not be tried there."""
        left = (way for way in self.reach.ways.get(person_id, ()) if way.channel is not channel)
        self.reach.ways[person_id] = tuple(left)
        if channel is Channel.EMAIL:
            self.reach.why_not[person_id] = "stopped"


def routes_of(messages: Collection[int]) -> Routes:
    """In a fixed number of queries."""
    rows = db.session.execute(
        select(Notice.id, Notice.person_id, Notice.kind, Notice.via).where(Notice.id.in_(messages))
    )
    known = {one: _Message(person, kind, via) for one, person, kind, via in rows}
    people = {one.person_id for one in known.values() if one.person_id is not None}
    return Routes(reach_of(people), known, _refused(messages))


def _refused(messages: Collection[int]) -> dict[int, set[Channel]]:
    """The channels on which the address was refused since the message is due: it goes on by the
    next. Sent again by the staff, it is due anew."""
    found = (
        select(Attempt.notice_id, Attempt.channel)
        .join(Notice, Notice.id == Attempt.notice_id)
        .where(
            Attempt.notice_id.in_(messages),
            Attempt.outcome == Outcome.ADDRESS_REFUSED,
            Attempt.started_at >= Notice.due_at,
        )
    )
    refused: dict[int, set[Channel]] = {}
    for notice_id, channel in db.session.execute(found):
        refused.setdefault(notice_id, set()).add(channel)
    return refused


def not_by_mail() -> ColumnElement[bool]:
    """Whether a message probably leaves otherwise than by mail, and so need not wait for the mail
    server."""
    without = select(Person.id).where(Person.email.is_(None))
    first = select(FirstWay.person_id).where(FirstWay.channel != Channel.EMAIL)
    refused = who_refuses(Purpose.EMAIL)
    return or_(*(Notice.person_id.in_(people) for people in (without, first, refused)))
