"""Notifications: what a push service is told, what each of its answers means, and where none is
sent at all. The service is real and under TLS; it opens what it got as the browser would."""

from __future__ import annotations

import json
import ssl
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notices.channels import Channel, channel_of
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    NotDelivered,
    PerhapsSent,
    Stage,
    TryLater,
)
from app.notices.letter import Brief, Device, Letter
from app.notices.outbound import Asker, NotAsked, is_public
from app.notices.push import LONGEST, PushPost, payload
from app.notices.webpush import fresh_key, mark_of, public_key
from tests.notices.browsers import Browser
from tests.notices.services import DRIP, DROP, HANG, TINY, says, self_made, service

KEY = fresh_key()
MARK = mark_of(public_key(KEY))
SENT_AT = datetime(2027, 3, 1, 9, tzinfo=UTC)
SERVER, CLIENT = self_made()
BRIEF = Brief(
    sender="Punte",
    line="You have a meeting: Mon 1 Mar, 11:00",
    text="You are expected at: Meeting.",
    page="https://punte.example/ro/my-sessions",
    until=SENT_AT + timedelta(hours=2),
    topic="a" * 32,
    urgent=True,
)


def device(there: str, browser: Browser, number: int = 1, server_key: str = MARK) -> Device:
    return Device(
        id=number,
        endpoint=there,
        p256dh=browser.p256dh,
        auth=browser.auth,
        server_key=server_key,
    )


def letter(*devices: Device, brief: Brief | None = BRIEF) -> Letter:
    return Letter(
        to=devices[0].endpoint,
        subject="Not shown",
        text="Str. Punții 7",
        html=None,
        language="ar",
        message_id="<abc@punte.example>",
        sent_at=SENT_AT,
        brief=brief,
        devices=devices,
    )


def push(tls: ssl.SSLContext = CLIENT, *, private: bool = True) -> PushPost:
    return PushPost(
        KEY, contact="mailto:a@b.example", timeout=TINY, total=TINY * 3, tls=tls, private=private
    )


def test_only_the_browser_reads_it_and_the_service_learns_when_and_how_urgent() -> None:
    browser = Browser()
    with service(says(201), tls=SERVER) as there, push() as post:
        receipt = post.send(letter(device(there.url, browser)))

    head, _gap, body = there.asked[0].partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert head.startswith(b"POST /z31secret HTTP/1.1")
    assert (fields["TTL"], fields["Urgency"], fields["Topic"]) == ("7200", "high", "a" * 32)
    assert (fields["Content-Encoding"], fields["Content-Type"]) == (
        "aes128gcm",
        "application/octet-stream",
    )
    assert fields["Authorization"].startswith("vapid t=")
    assert json.loads(browser.opened(body)) == {
        "title": "Punte",
        "body": "You have a meeting: Mon 1 Mar, 11:00",
        "lang": "ar",
        "page": "https://punte.example/ro/my-sessions",
        "tag": "a" * 32,
    }
    assert (receipt.reached, receipt.gone) == ((1,), ())
    for word in ("meeting", "Punte", "11:00", "Punții", "abc@"):
        assert word.encode() not in there.asked[0].replace(b"a@b.example", b"")


def test_what_waits_no_longer_is_not_kept_by_the_service() -> None:
    over = replace(BRIEF, until=SENT_AT - timedelta(hours=1), urgent=False)
    far = replace(BRIEF, until=SENT_AT + timedelta(days=90))
    with service(says(201), tls=SERVER) as there, push() as post:
        for brief in (over, far):
            post.send(letter(device(there.url, Browser()), brief=brief))

    assert b"\r\nTTL: 0\r\n" in there.asked[0]
    assert b"\r\nUrgency: normal\r\n" in there.asked[0]
    assert b"\r\nTTL: 2419200\r\n" in there.asked[1]


FAILS: list[tuple[bytes, type[NotDelivered], str, bool]] = [
    (says(404), AddressRefused, "404", True),
    (says(410), AddressRefused, "410", True),
    (says(400), LetterRefused, "400", False),
    (says(401), LetterRefused, "401", False),
    (says(403), LetterRefused, "403", False),
    (says(413), LetterRefused, "413", False),
    (says(301, b"", "Location: https://127.0.0.1/"), LetterRefused, "301", False),
    (says(307, b"", "Location: https://127.0.0.1/"), LetterRefused, "307", False),
    (says(429, b"", "Retry-After: 60"), TryLater, "429", False),
    (says(500), TryLater, "500", False),
    (says(503), TryLater, "503", False),
    (b"250 ok\r\n", PerhapsSent, "garbled", False),
    (HANG, PerhapsSent, "timeout", False),
    (DRIP, PerhapsSent, "timeout", False),
    (DROP, PerhapsSent, "dropped", False),
]


@pytest.mark.parametrize(("said", "kind", "code", "is_gone"), FAILS)
def test_each_answer_has_its_meaning(
    said: bytes, kind: type[NotDelivered], code: str, is_gone: bool
) -> None:
    browser = Browser()
    with (
        service(said, tls=SERVER) as there,
        push() as post,
        pytest.raises(NotDelivered) as problem,
    ):
        post.send(letter(device(there.url, browser)))

    found = problem.value
    assert (type(found), found.code, found.stage) == (kind, code, Stage.ASKED)
    assert found.gone == ((1,) if is_gone else ())
    assert len(there.asked) == 1
    told = "".join(traceback.format_exception(found))
    for secret in (there.url, "z31secret", browser.auth, browser.p256dh, KEY, "Zweifel"):
        assert secret not in told
    assert found.__context__ is None


def test_a_service_under_a_strange_certificate_gets_nothing() -> None:
    with service(says(201), tls=SERVER) as there:
        post = push(ssl.create_default_context())
        with pytest.raises(TryLater, match="tls"):
            post.send(letter(device(there.url, Browser())))
    assert there.asked == []


class TestSeveralDevices:
    def test_all_are_told_and_one_that_is_gone_is_named(self) -> None:
        with service(says(410), says(201), tls=SERVER) as there, push() as post:
            one, two = device(there.url, Browser(), 1), device(there.url, Browser(), 2)
            receipt = post.send(letter(one, two))

        assert (receipt.reached, receipt.gone) == ((2,), (1,))

    def test_what_one_service_put_off_is_tried_again_though_another_device_is_gone(self) -> None:
        with (
            service(says(410), says(503), tls=SERVER) as there,
            push() as post,
            pytest.raises(TryLater) as problem,
        ):
            post.send(letter(device(there.url, Browser(), 1), device(there.url, Browser(), 2)))

        assert problem.value.gone == (1,)

    def test_no_device_knows_another_key_of_ours(self) -> None:
        with (
            service(says(201), tls=SERVER) as there,
            push() as post,
            pytest.raises(AddressRefused, match="other-key") as problem,
        ):
            post.send(letter(device(there.url, Browser(), server_key="of yesterday")))

        assert (there.asked, problem.value.gone) == ([], ())


class TestWhereItMayLead:
    def test_an_address_in_our_own_network_is_not_even_connected_to(self) -> None:
        with (
            service(says(201), tls=SERVER) as there,
            push(private=False) as post,
            pytest.raises(AddressRefused, match="private"),
        ):
            post.send(letter(device(there.url, Browser())))

        assert there.asked == []

    def test_a_name_that_leads_there_neither(self) -> None:
        with pytest.raises(NotAsked, match="private"):
            Asker(public_only=True).ask("https://localhost/", "POST", {}, b"")

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1%eth0",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
        ],
    )
    def test_what_is_not_the_open_internet(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
    def test_what_is(self, address: str) -> None:
        assert is_public(address)


@given(line=st.text(max_size=2000), sender=st.text(max_size=300))
def test_the_longest_message_fits(line: str, sender: str) -> None:
    brief = replace(BRIEF, line=line, sender=sender)
    written = payload(letter(device("https://push.example/x", Browser()), brief=brief), brief)

    assert len(written) <= LONGEST
    assert (
        line.encode(errors="replace")
        .decode()
        .startswith(json.loads(written)["body"].rstrip("?")[:1])
    )


@pytest.mark.parametrize(
    ("to", "channel"),
    [
        ("+40721234567", Channel.SMS),
        ("https://push.example/x", Channel.PUSH),
        ("layla@example.org", Channel.EMAIL),
        ("", Channel.EMAIL),
    ],
)
def test_a_channel_is_known_by_its_address(to: str, channel: Channel) -> None:
    assert channel_of(to) is channel
