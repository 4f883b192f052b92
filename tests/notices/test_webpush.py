"""Sealing for a browser: the vector of RFC 8291, appendix A, and what a browser reads."""

from __future__ import annotations

import json
from secrets import token_bytes

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from app.notices.webpush import (
    are_keys,
    fresh_key,
    from_base64,
    mark_of,
    public_key,
    sealed,
    signed,
    to_base64,
)
from tests.notices.browsers import Browser

AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)


def test_it_is_sealed_byte_for_byte_as_in_the_appendix_of_the_rfc() -> None:
    words = b"When I grow up, I want to be a watermelon"

    made = sealed(words, p256dh=THEIRS, auth=AUTH, salt=from_base64(SALT), own=OURS)

    assert to_base64(made) == SEALED


def test_our_key_has_the_public_half_of_the_appendix() -> None:
    assert public_key(OURS) == (
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    )
    assert len(mark_of(public_key(OURS))) == 16


@given(words=st.binary(max_size=3000), padding=st.integers(0, 3072))
def test_only_the_browser_it_is_for_reads_it(words: bytes, padding: int) -> None:
    reader, other = Browser(), Browser()
    made = sealed(
        words,
        p256dh=reader.p256dh,
        auth=reader.auth,
        salt=token_bytes(16),
        own=fresh_key(),
        padded_to=padding,
    )

    assert reader.opened(made) == words
    assert len(made) <= 4096
    with pytest.raises(InvalidTag):
        other.opened(made)


def test_what_is_padded_to_one_length_cannot_be_told_apart() -> None:
    reader = Browser()
    lengths = {
        len(
            sealed(
                words,
                p256dh=reader.p256dh,
                auth=reader.auth,
                salt=token_bytes(16),
                own=fresh_key(),
                padded_to=512,
            )
        )
        for words in (b"", b"one", b"x" * 512)
    }

    assert len(lengths) == 1


@pytest.mark.parametrize(
    ("p256dh", "auth", "fine"),
    [
        (THEIRS, AUTH, True),
        (THEIRS + "=", AUTH, True),
        (THEIRS, SALT[:10], False),
        (THEIRS[:-4], AUTH, False),
        ("A" * 87, AUTH, False),
        ("", "", False),
        ("ș", AUTH, False),
        (THEIRS, "ș", False),
    ],
)
def test_keys_that_no_browser_makes_are_known(p256dh: str, auth: str, fine: bool) -> None:
    assert are_keys(p256dh, auth) is fine


@pytest.mark.parametrize("private", ["", "AAAA", "A" * 43, "not/base64", "_" * 43])
def test_what_is_no_private_key_is_refused(private: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        public_key(private)


def test_a_service_can_check_who_sends() -> None:
    private = fresh_key()
    said = signed(
        private,
        audience="https://push.example",
        subject="mailto:a@b.example",
        expires=1_800_000_000,
    )

    token, key = said.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert key == public_key(private)
    assert json.loads(from_base64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(from_base64(claims)) == {
        "aud": "https://push.example",
        "exp": 1_800_000_000,
        "sub": "mailto:a@b.example",
    }
    raw = from_base64(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64(key))
    point.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
