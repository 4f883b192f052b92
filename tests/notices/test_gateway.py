"""An SMS gateway described in settings: how it is asked, and each way in which it can fail."""

from __future__ import annotations

import json
import re
import socket
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway import Gateway, Meaning, found_at, read_gateway
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    NotDelivered,
    PerhapsSent,
    Stage,
    TryLater,
)
from app.notices.letter import Brief, Letter
from app.notices.sms import HttpSms
from tests.notices.services import DRIP, DRIP_BODY, DROP, HANG, TINY, says, service

NUMBER = "+40721234567"
TOKEN = "gateway-pa55word"
SENT_AT = datetime(2027, 3, 1, 9, tzinfo=UTC)
PROVIDER = {
    "PUNTE_SMS_HEADER": "X-Api-Key: {token}",
    "PUNTE_SMS_BODY": '{"messages": [{"for": "{number}", "body": "{text}", "ref": "{id}"}]}',
    "PUNTE_SMS_CODE": "messages.0.status.code",
    "PUNTE_SMS_CODES": "0:taken PENDING:taken 15:dead 16:number 9:later 40:refused 77:unknown",
    "PUNTE_SMS_STATUSES": "409:taken 402:later 451:dead",
    "PUNTE_SMS_REFERENCE": "messages.0.id",
}


def letter(text: str = "Punte: your code is 123456.", brief: Brief | None = None) -> Letter:
    return Letter(
        to=NUMBER,
        subject="A subject",
        text=text,
        html=None,
        language="en",
        message_id="<abc@punte.example>",
        sent_at=SENT_AT,
        brief=brief,
    )


def sms(url: str, environ: Mapping[str, str] = PROVIDER) -> HttpSms:
    return HttpSms(read_gateway(url, TOKEN, environ), timeout=TINY, total=TINY * 3)


def answer(code: object, status: int = 200) -> bytes:
    body = {"messages": [{"id": "m-17", "status": {"code": code}}]}
    return says(status, json.dumps(body).encode())


class TestAsking:
    def test_with_the_fields_of_a_provider(self) -> None:
        tricky = 'Say "hi" \\ {to} {id} ș\n{"a": 1}'
        with service(answer(0)) as there, sms(there.url) as post:
            receipt = post.send(letter(tricky))

        head, _gap, body = there.asked[0].partition(b"\r\n\r\n")
        assert b"X-Api-Key: " + TOKEN.encode() in head
        assert json.loads(body) == {
            "messages": [{"for": "40721234567", "body": tricky, "ref": "abc@punte.example"}]
        }
        assert receipt.reference == "m-17"

    def test_with_a_form(self) -> None:
        fields = {"PUNTE_SMS_BODY": "from=Punte&to={to}&message={text}", "PUNTE_SMS_METHOD": "PUT"}
        with service(says(200)) as there, sms(there.url, fields) as post:
            post.send(letter("a&b=c ș +{to}"))

        head, _gap, body = there.asked[0].partition(b"\r\n\r\n")
        assert head.startswith(b"PUT /z31secret HTTP/1.1\r\n")
        assert b"Content-Type: application/x-www-form-urlencoded" in head
        assert parse_qs(body.decode()) == {
            "from": ["Punte"],
            "to": [NUMBER],
            "message": ["a&b=c ș +{to}"],
        }

    def test_with_an_address(self) -> None:
        fields = {"PUNTE_SMS_BODY": "to={number}&text={text}", "PUNTE_SMS_METHOD": "GET"}
        with service(says(200)) as there, sms(there.url, fields) as post:
            post.send(letter("hello you"))

        assert there.asked[0].startswith(
            b"GET /z31secret?to=40721234567&text=hello+you HTTP/1.1\r\n"
        )

    def test_in_so_many_parts_at_most_and_with_its_page(self) -> None:
        brief = Brief(
            sender="Punte",
            line="A subject",
            text="word " * 200,
            page="https://punte.example/ro/my-sessions",
            until=SENT_AT + timedelta(days=1),
            topic="t",
            urgent=False,
        )
        with service(answer(0)) as there, sms(there.url, PROVIDER | {"PUNTE_SMS_PARTS": "2"}) as it:
            it.send(letter(brief=brief))
            cost = it.cost(letter(brief=brief))

        text = json.loads(there.asked[0].partition(b"\r\n\r\n")[2])["messages"][0]["body"]
        assert text.startswith("Punte: word word")
        assert text.endswith("word... https://punte.example/ro/my-sessions")
        assert cost == 2
        assert 160 < len(text) <= 306


TAKEN = [answer(0), answer("PENDING"), says(409), answer("15", 409)]


@pytest.mark.parametrize("said", TAKEN)
def test_what_settings_call_taken_has_left(said: bytes) -> None:
    with service(said) as there, sms(there.url) as post:
        post.send(letter())

    assert len(there.asked) == 1


FAILS: list[tuple[bytes, type[NotDelivered], str, bool]] = [
    # what it says, what that means, its code, whether the number is dead
    (answer(15), AddressRefused, "15", True),
    (answer(16), AddressRefused, "16", False),
    (answer(9), TryLater, "9", False),
    (answer(40), LetterRefused, "40", False),
    (answer(77), PerhapsSent, "77", False),
    (answer(15, 400), AddressRefused, "15", True),
    (answer(9, 500), TryLater, "9", False),
    (says(451), AddressRefused, "451", True),
    (says(402), TryLater, "402", False),
    (says(400), AddressRefused, "400", False),
    (says(401), LetterRefused, "401", False),
    (says(403), LetterRefused, "403", False),
    (says(429), TryLater, "429", False),
    (says(500), TryLater, "500", False),
    (says(503, b"[]"), TryLater, "503", False),
    (says(302, b"", "Location: http://127.0.0.1/elsewhere"), LetterRefused, "302", False),
    (answer("never heard"), PerhapsSent, "garbled", False),
    (answer(123), PerhapsSent, "123", False),
    (answer(None), PerhapsSent, "garbled", False),
    (answer({"a": 1}), PerhapsSent, "garbled", False),
    (says(200, b""), PerhapsSent, "garbled", False),
    (says(200, b"<html>Welcome"), PerhapsSent, "garbled", False),
    (says(200, b'{"messages": []}'), PerhapsSent, "garbled", False),
    (says(200, b"[" * 60_000), PerhapsSent, "garbled", False),
    (says(200, b"x" * 200_000), PerhapsSent, "garbled", False),
    (b"HTTP/1.1 200 Zweifel\r\nContent-Length: 500\r\n\r\n{", PerhapsSent, "garbled", False),
    (
        b"HTTP/1.1 200 Zweifel\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        PerhapsSent,
        "garbled",
        False,
    ),
    (b"250 ok\r\n", PerhapsSent, "garbled", False),
    (b"\x00\xff" * 4000, PerhapsSent, "garbled", False),
    (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500, PerhapsSent, "garbled", False),
    (HANG, PerhapsSent, "timeout", False),
    (DRIP, PerhapsSent, "timeout", False),
    (DRIP_BODY, PerhapsSent, "garbled", False),
    (DROP, PerhapsSent, "dropped", False),
]


@pytest.mark.parametrize(("said", "kind", "code", "is_dead"), FAILS)
def test_each_way_to_fail_has_its_meaning(
    said: bytes, kind: type[NotDelivered], code: str, is_dead: bool
) -> None:
    with (
        service(said) as there,
        sms(there.url) as post,
        pytest.raises(NotDelivered) as problem,
    ):
        post.send(letter())

    found = problem.value
    assert (type(found), found.code, found.stage) == (kind, code, Stage.ASKED)
    assert getattr(found, "is_dead", False) is is_dead
    assert len(there.asked) == 1  # nothing is said twice, nothing is followed
    told = "".join(traceback.format_exception(found))
    for secret in (NUMBER, NUMBER[1:], TOKEN, "123456", "Zweifel", there.url):
        assert secret not in told
    assert found.__context__ is None


def test_nobody_at_home_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    with pytest.raises(TryLater, match="refused") as problem:
        sms(url).send(letter())
    assert problem.value.stage is Stage.CONNECT


@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc0"), inner),
        ).map(lambda thing: json.dumps(thing).encode()),
    ),
    path=st.lists(st.sampled_from(["a", "b", "c", "0", "-1", "9"]), min_size=1).map(".".join),
    status=st.integers(100, 999),
)
def test_whatever_it_answers_has_a_meaning_and_a_code_fit_for_a_log(
    body: bytes, path: str, status: int
) -> None:
    found = found_at(path, body)
    gateway = Gateway(url="", token=TOKEN, code=path, codes={"0": Meaning.TAKEN})
    _meaning, code = gateway.meaning(status, body)

    for word in filter(None, (found, code)):
        assert re.fullmatch(r"[\w.:-]{1,64}", word, re.ASCII)


def test_neither_the_gateway_nor_its_words_repeat_the_token() -> None:
    assert TOKEN not in repr(Gateway(url="https://sms.example", token=TOKEN))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUNTE_SMS_METHOD", "DELETE"),
        ("PUNTE_SMS_METHOD", "GET"),
        ("PUNTE_SMS_HEADER", "Authorization: Bearer secret"),
        ("PUNTE_SMS_HEADER", "X: {token}\r\nY: 1"),
        ("PUNTE_SMS_BODY", '{"to": "{to}"'),
        ("PUNTE_SMS_BODY", '{"to": "{to}"}'),
        ("PUNTE_SMS_BODY", "text={text}"),
        ("PUNTE_SMS_BODY", "to={to}&text={text}&password={token}"),
        ("PUNTE_SMS_BODY", "just words"),
        ("PUNTE_SMS_STATUSES", "409"),
        ("PUNTE_SMS_STATUSES", "409:fine"),
        ("PUNTE_SMS_CODE", "messages[0].status"),
        ("PUNTE_SMS_CODE", "status"),
        ("PUNTE_SMS_CODES", "0:taken"),
        ("PUNTE_SMS_REFERENCE", "$.id"),
        ("PUNTE_SMS_PARTS", "0"),
        ("PUNTE_SMS_PARTS", "11"),
        ("PUNTE_SMS_PARTS", "two"),
    ],
)
def test_a_bad_description_is_named_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"^PUNTE_SMS_\w+: ") as problem:
        read_gateway("https://sms.example", TOKEN, {name: value})

    assert str(problem.value).startswith((f"{name}: ", "PUNTE_SMS_CODE"))
    assert "\n" not in str(problem.value)
    assert TOKEN not in str(problem.value)
