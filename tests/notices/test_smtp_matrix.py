"""Every answer at every stage, from a real server to the row: who is to blame, and what follows."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.delivery import SmtpPost
from app.notices.ledger import Attempt, Outcome, StoppedAddress
from app.notices.models import State
from app.notices.relays import known, resting
from tests import make
from tests.notices.test_delivery import FROM, NAME, SECRET, Act, Relay, Reply
from tests.notices.test_outbox import owe, send, state_of

pytestmark = pytest.mark.usefixtures("app")

STAGES = ("ehlo", "auth", "mail", "rcpt", "data", "dot")
ANSWERS: dict[str, str] = {
    # R retry, the server counted as failing; r retry, the server is fine; S staff are paged and
    # everything rests; D the address is dead; d the address is refused; l this letter is refused
    # now, others pass; u unknown, sent again under the same Message-ID
    "421 4.7.0 too many connections": "RRRRRR",
    "450 4.2.0 greylisted": "RRrrrr",
    "451 4.7.1 greylisted": "RRrrrr",
    "452 4.2.2 mailbox full": "RRrrrr",
    "550 5.1.1 no such user": "SSSDDD",
    "550 no": "SSSdll",
    "551 5.1.6 moved": "SSSDll",
    "552 5.2.2 mailbox full": "RRrrrr",
    "553 5.1.3 bad address": "SSSDll",
    "554 5.7.1 blocked": "SSSlll",
    "535 5.7.8 wrong password": "SSSlll",
    "silence": "RRRRRu",
}
CASES = [
    pytest.param(stage, answer, row[n], id=f"{stage}-{answer}")
    for answer, row in ANSWERS.items()
    for n, stage in enumerate(STAGES)
]


def said(answer: str) -> Reply:
    return Act.HANG_UP if answer == "silence" else f"{answer}\r\n".encode()


@pytest.mark.parametrize(("stage", "answer", "meaning"), CASES)
def test_each_answer_at_each_stage_ends_as_it_should(stage: str, answer: str, meaning: str) -> None:
    notice = owe(make.person())
    with (
        Relay({stage: [said(answer)]}) as relay,
        SmtpPost(
            f"smtp://u:{SECRET}@127.0.0.1:{relay.port}", mail_from=FROM, mail_name=NAME
        ) as post,
    ):
        send(post)
        server = known(post.relay_for(""))

    state = state_of(notice)
    outcome, at = db.session.execute(select(Attempt.outcome, Attempt.stage)).one()
    stopped = bool(db.session.scalars(select(StoppedAddress)).all())
    assert (state, outcome, server.failures, server.refuses, stopped) == {
        "R": (State.PENDING, Outcome.LATER, 1, False, False),
        "r": (State.PENDING, Outcome.LATER, 0, False, False),
        "S": (State.PENDING, Outcome.MAIL_REFUSED, 1, True, False),
        "D": (State.FAILED, Outcome.ADDRESS_REFUSED, 0, False, True),
        "d": (State.FAILED, Outcome.ADDRESS_REFUSED, 0, False, False),
        "l": (State.PENDING, Outcome.LETTER_REFUSED, 0, False, False),
        "u": (State.PENDING, Outcome.UNKNOWN, 1, False, False),
    }[meaning]
    assert at == stage
    assert bool(resting()) is (meaning == "S")
    assert notice.attempts == (0 if meaning == "S" else 1)
