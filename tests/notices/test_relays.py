"""A mail server that fails rests, for all workers together, and comes back by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.extensions import db
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    MailRefused,
    NotDelivered,
    PerhapsSent,
    Stage,
    TryLater,
)
from app.notices.ledger import Relay
from app.notices.models import State
from app.notices.relays import (
    FIRST_REST,
    LONGEST_REST,
    MOST_FAILURES,
    PROBE,
    is_at_fault,
    rest_after,
    resting,
)
from tests import make
from tests.notices.test_outbox import NOON, Recorder, owe, send, state_of

pytestmark = pytest.mark.usefixtures("app")
SECOND = timedelta(seconds=1)


def refused_five_times() -> datetime:
    """The server does not answer five messages of one turn; when that was."""
    for n in range(MOST_FAILURES):
        owe(make.person(), f"refused {n}")
    send(Recorder(*[TryLater("refused")] * MOST_FAILURES))
    return NOON


def test_after_five_failures_nobody_knocks_for_a_minute() -> None:
    at = refused_five_times()
    later, postman = owe(make.person(), "later"), Recorder()

    send(postman, at + FIRST_REST - SECOND)
    assert (postman.sent, state_of(later), later.attempts) == ([], State.PENDING, 0)

    assert send(postman, at + FIRST_REST + SECOND) >= 1
    assert state_of(later) is State.SENT
    assert resting() == []


def test_one_failure_more_or_less_in_between_is_no_reason() -> None:
    for n in range(10):
        owe(make.person(), str(n))
    some = [TryLater("timeout")] * (MOST_FAILURES - 1)

    send(Recorder(*some, TryLater("451"), *some))

    assert resting() == []


def test_who_comes_after_the_rest_tries_one_letter_for_all() -> None:
    at = refused_five_times() + FIRST_REST + SECOND
    for n in range(3):
        owe(make.person(), f"more {n}")
    first, second = Recorder(TryLater("refused")), Recorder()

    send(first, at)
    send(second, at)  # another worker

    assert (len(first.sent), second.sent) == (1, [])
    [relay] = resting()
    assert relay.rests_until == at + 2 * FIRST_REST


def test_one_who_dies_while_trying_is_not_waited_for_for_ever() -> None:
    at = refused_five_times() + FIRST_REST + SECOND
    owe(make.person(), "one")

    class Dies(Recorder):
        def send(self, letter: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(Dies(), at)
    db.session.rollback()
    postman = Recorder()
    owe(make.person(), "two")
    send(postman, at + PROBE - SECOND)
    assert postman.sent == []
    send(postman, at + PROBE + SECOND)

    assert "two" in [letter.subject for letter in postman.sent]


def test_a_server_that_wants_none_of_our_letters_rests_at_once_and_says_so() -> None:
    notices = [owe(make.person(), key) for key in ("a", "b", "c")]

    send(Recorder(MailRefused("535")))

    [relay] = resting()
    assert (relay.refuses, relay.last_code) == (True, "535")
    assert relay.rests_until == NOON + LONGEST_REST
    assert [(state_of(n), n.attempts) for n in notices] == [(State.PENDING, 0)] * 3


def test_where_nobody_waits_the_next_letter_tells_whether_it_is_back() -> None:
    owe(make.person(), "one")
    send(Recorder(MailRefused("535")))
    tomorrow = NOON + timedelta(days=3)
    send(Recorder(), tomorrow)  # too late for the first
    send(Recorder(), tomorrow + LONGEST_REST)

    assert resting() == []
    late = tomorrow + LONGEST_REST + SECOND
    first, second = owe(make.person(), "two"), owe(make.person(), "three")
    for one in (first, second):
        one.due_at = one.next_try_at = late
    db.session.commit()
    postman = Recorder(TryLater("refused"))
    send(postman, late)
    assert len(resting()) == 1


def test_what_is_of_no_use_any_more_goes_to_the_call_list_while_the_server_rests() -> None:
    at = refused_five_times()
    urgent = owe(make.person(), "urgent", not_after=at + 20 * SECOND)

    send(Recorder(), at + 30 * SECOND)

    assert state_of(urgent) is State.EXPIRED


def test_it_rests_longer_each_time_up_to_a_quarter_of_an_hour() -> None:
    rests = [rest_after(n) for n in range(4, 12)]

    assert rests == [timedelta(minutes=m) for m in (0, 1, 2, 4, 8, 15, 15, 15)]
    assert rest_after(10_000) == LONGEST_REST


@pytest.mark.parametrize(
    ("problem", "stage", "fault"),
    [
        (TryLater("421"), Stage.RCPT, True),
        (TryLater("451"), Stage.RCPT, False),
        (TryLater("451"), Stage.EHLO, True),
        (TryLater("timeout"), Stage.DATA, True),
        (TryLater("refused"), Stage.CONNECT, True),
        (PerhapsSent("dropped"), Stage.DOT, True),
        (MailRefused("550"), Stage.MAIL, True),
        (LetterRefused("554"), Stage.DOT, False),
        (AddressRefused("550"), Stage.RCPT, False),
        (AddressRefused("no-mailbox"), None, False),
        (NotDelivered("unwritable"), None, False),
    ],
)
def test_what_is_about_one_letter_is_not_the_servers_fault(
    problem: NotDelivered, stage: Stage | None, fault: bool
) -> None:
    problem.stage = stage

    assert is_at_fault(problem) is fault


def test_a_server_is_known_by_host_and_port_never_by_its_password() -> None:
    from app.gateway import Gateway
    from app.notices.delivery import SmtpPost
    from app.notices.sms import HttpSms
    from app.notices.ways import Ways

    mail = SmtpPost(
        "smtp://user:pa55word@mail.example:2525", mail_from="a@b.example", mail_name="P"
    )
    both = Ways(mail, HttpSms(Gateway(url="https://sms.example/send", token="secret")))

    assert both.relay_for("") == both.relay_for("ana@example.org") == "mail.example:2525"
    assert both.relay_for("+40712345678") == "sms.example"


def test_codes_by_telephone_leave_while_the_mail_server_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from app.notices.letter import Letter
    from app.notices.models import Kind, Notice
    from app.notices.sending import send_due
    from app.notices.ways import Ways
    from tests.notices.test_outbox import compose

    at = refused_five_times() + 10 * SECOND
    by_mail = owe(make.person(), "by mail")
    for number in (1, 2):
        db.session.add(
            Notice(
                kind=Kind.CODE, key=str(number), about={}, posted_at=at, due_at=at, next_try_at=at
            )
        )
    db.session.commit()

    class Sms(Recorder):
        def relay_for(self, to: str) -> str:
            return "Sms"

    def to_somebody(notice: Notice, now: datetime) -> Letter | None:
        if notice.kind is not Kind.CODE:
            return compose(notice, now)
        to = "+40712345678" if notice.key == "2" else "ana@example.org"
        return Letter(
            to=to, subject=notice.key, text="", html=None, language="en",
            message_id=f"<{notice.ref}@x.example>", sent_at=now,
        )  # fmt: skip

    mail, sms = Recorder(), Sms()
    send_due(Ways(mail, sms), to_somebody, clock=lambda: at)

    assert (mail.sent, [letter.subject for letter in sms.sent]) == ([], ["2"])
    assert state_of(by_mail) is State.PENDING


def test_the_row_of_a_server_holds_nothing_but_its_state() -> None:
    refused_five_times()

    relay = db.session.get_one(Relay, "Recorder")
    assert (relay.failures, relay.since, relay.last_code) == (5, NOON, "refused")
    assert relay.since is not None
    assert relay.since.tzinfo is UTC
