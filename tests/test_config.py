"""Settings: a good one is used, a bad one stops the start with one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.config import BadSetting, read_settings
from app.notices.webpush import public_key

ROOT = Path(__file__).parent.parent


def read(tmp_path: Path, **environ: str) -> object:
    return read_settings({"PUNTE_DATA": str(tmp_path / "data"), **environ})


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    known = read_settings({"PUNTE_DATA": str(tmp_path)})

    assert known.database_url == f"sqlite:///{tmp_path / 'punte.sqlite'}"
    assert known.base_url == "http://127.0.0.1:8000"
    assert known.smtp_url is None


def test_the_secret_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = read_settings({"PUNTE_DATA": str(tmp_path)}).secret_key

    assert read_settings({"PUNTE_DATA": str(tmp_path)}).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert len(first) >= 43


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("PORT", "８０"),
        ("PUNTE_BASE_URL", "punte.example"),
        ("PUNTE_BASE_URL", "https://a.example/path"),
        ("PUNTE_BASE_URL", "https://[x"),
        ("PUNTE_DATABASE_URL", "mysql://localhost/x"),
        ("PUNTE_SECRET_KEY", "short"),
        ("PUNTE_SMTP_URL", "mail.example"),
        ("PUNTE_SMTP_URL", "smtp://host:notaport"),
        ("PUNTE_SMS_URL", "gateway.example"),
        ("PUNTE_SMS_URL", "http://gateway.example/send"),
        ("PUNTE_SMS_URL", "https://user:word@gateway.example/send"),
        ("PUNTE_SMS_URL", "https://gateway.example:port/"),
        ("PUNTE_VAPID_KEY", ""),
        ("PUNTE_VAPID_KEY", "AAAA"),
        ("PUNTE_VAPID_KEY", "A" * 43),
        ("PUNTE_VAPID_KEY", "_" * 43),
        ("PUNTE_VAPID_KEY", "ș" * 43),
        ("PUNTE_MAIL_FROM", "nobody"),
        ("PUNTE_MAIL_FROM", "a@b.example\r\nBcc: c@d"),
        ("PUNTE_MAIL_NAME", "a\nb"),
        ("PUNTE_EXIT_URL", "javascript:alert(1)"),
        ("PUNTE_PROXIES", "many"),
    ],
)
def test_a_bad_setting_is_named_in_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting) as problem:
        read(tmp_path, **{name: value})

    assert str(problem.value).startswith(f"{name}: ")
    assert "\n" not in str(problem.value)


def test_the_key_for_push_services_is_made_once_and_kept_for_its_owner_only(
    tmp_path: Path,
) -> None:
    first = read_settings({"PUNTE_DATA": str(tmp_path)}).vapid_key

    assert read_settings({"PUNTE_DATA": str(tmp_path)}).vapid_key == first
    assert read_settings({"PUNTE_DATA": str(tmp_path), "PUNTE_VAPID_KEY": first}).vapid_key == first
    assert (tmp_path / "vapid_key").stat().st_mode & 0o777 == 0o600
    assert len(public_key(first)) == 87


def test_a_kept_key_that_was_damaged_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "vapid_key").write_text("damaged")

    with pytest.raises(BadSetting, match="PUNTE_VAPID_KEY: "):
        read_settings({"PUNTE_DATA": str(tmp_path)})


def test_a_bad_word_about_a_gateway_stops_the_start_too(tmp_path: Path) -> None:
    there = {"PUNTE_SMS_URL": "https://gateway.example/send", "PUNTE_SMS_TOKEN": "secret"}

    with pytest.raises(BadSetting, match="PUNTE_SMS_PARTS: "):
        read(tmp_path, PUNTE_SMS_PARTS="many", **there)
    assert read_settings({"PUNTE_DATA": str(tmp_path), **there}).sms is not None


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ș"])
def test_a_gateway_needs_its_token(tmp_path: Path, token: str) -> None:
    with pytest.raises(BadSetting, match="PUNTE_SMS_TOKEN: "):
        read(tmp_path, PUNTE_SMS_URL="https://gateway.example/send", PUNTE_SMS_TOKEN=token)


def test_telephones_are_reached_by_a_gateway_or_where_nothing_leaves(tmp_path: Path) -> None:
    where = {"PUNTE_DATA": str(tmp_path)}
    mail = {"PUNTE_SMTP_URL": "smtp://mail.example"}
    sms = {"PUNTE_SMS_URL": "https://gateway.example/send", "PUNTE_SMS_TOKEN": "secret"}

    assert read_settings(where).sends_sms
    assert read_settings(where | mail | sms).sends_sms
    assert not read_settings(where | mail).sends_sms


def test_a_password_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as problem:
        read(tmp_path, PUNTE_SMTP_URL="http://user:hunter2@mail.example")

    assert "hunter2" not in str(problem.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadSetting, match="PUNTE_DATA"):
        read_settings({"PUNTE_DATA": str(tmp_path / "file" / "data")})


def test_the_start_stops_with_the_sentence_and_no_traceback(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={"PUNTE_DATA": str(tmp_path), "PORT": "eighty"},
    )

    assert started.returncode == 1
    assert started.stderr.strip().splitlines() == [
        "Punte cannot start. PORT: expected a number from 1 to 65535, got 'eighty'."
    ]
