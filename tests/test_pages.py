"""What must hold for every page, including those not yet written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask, Response
from psycopg.errors import AdminShutdown, DeadlockDetected, SerializationFailure
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.routing import Rule

from app.doctor import complaints
from app.extensions import db
from app.people.terms import HELPERS, Role
from app.web import came_from
from tests import make
from tests.conftest import Browser

PUBLIC = {
    "answers.accept",
    "answers.answer",
    "answers.decline",
    "cards.card",
    "cards.leave_all",
    "cards.leaving",
    "cards.leave_one",
    "cards.no",
    "cards.yes",
    "codes.asked",
    "codes.code",
    "codes.opened",
    "codes.pressed",
    "codes.typed",
    "codes.volunteering",
    "codes.wanted",
    "codes.wished",
    "certificates.check",
    "certificates.find",
    "feeds.own_calendar",
    "feeds.public_calendar",
    "health.healthz",
    "invitations.ask",
    "invitations.asked",
    "own_data.privacy",
    "outdoors.manifest",
    "outdoors.robots",
    "outdoors.service_worker",
    "outdoors.sitemap",
    "joining.code",
    "joining.form",
    "joining.opened",
    "joining.pressed",
    "joining.sent",
    "joining.typed_code",
    "people.begin",
    "people.choose_password",
    "people.leave",
    "people.password_chosen",
    "people.sign_in",
    "people.sign_out",
    "programme.index",
    "programme.meeting",
    "signups.activity",
    "single.activity",
    "single.meeting",
    "static",
    "subscribing.calendars",
    "subscribing.feed",
    "subscribing.sheet",
    "unsent.away",
    "unsent.put_away",
    "unsubscribing.changed",
    "unsubscribing.page",
    "waiting.no",
    "waiting.offered",
    "waiting.yes",
}


def address(rule: Rule) -> str:
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", "x").replace(f"<path:{name}>", "x")
    return path


def test_every_page_is_closed_unless_listed(app: Flask) -> None:
    views = app.view_functions
    marked = {name for name in views if getattr(views[name], "is_public", False)}

    assert marked | {"static"} == PUBLIC


def test_a_stranger_is_sent_to_sign_in(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answer = app.test_client().open(address(rule), method=method)
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


def test_looking_never_changes_anything(app: Flask) -> None:
    """No address does one thing on GET and another on POST without POST being asked for."""
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert methods in ({"GET"}, {"POST"}), rule


@pytest.mark.parametrize("path", ["/", "/calendars", "/sign-in", "/nowhere", "/healthz", "/week"])
def test_every_answer_carries_the_headers_of_the_house(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == ("no-cache" if path == "/" else "no-store")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_page_names_its_language_and_direction(browser: Browser) -> None:
    assert '<html lang="ar" dir="rtl">' in browser.get("/ar/").text
    assert '<html lang="ro" dir="ltr">' in browser.get("/ro/").text


def test_the_address_wins_then_the_account_the_cookie_the_browser_and_romanian(
    app: Flask, browser: Browser
) -> None:
    def language(client: object, path: str, accept: str = "") -> str:
        page = client.get(path, headers={"Accept-Language": accept}).text  # type: ignore[attr-defined]
        return str(page.split('<html lang="')[1][:2])

    assert language(app.test_client(), "/") == "ro"
    assert language(app.test_client(), "/", "ti, ar;q=0.8, en;q=0.5") == "ar"
    assert language(browser, "/en/", "ar") == "en"
    assert language(browser, "/", "ar") == "en"  # remembered
    nour = make.person(language="ar")
    db.session.commit()
    browser.sign_in(nour)
    assert language(browser, "/mine", "ro") == "ar"
    assert language(browser, "/ro/mine", "en") == "ro"


def test_links_stay_in_the_language_of_the_address(browser: Browser) -> None:
    assert 'href="/ar/calendars"' in browser.get("/ar/").text


def test_a_forged_host_is_refused(browser: Browser) -> None:
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    answer = browser.post("/sign-in", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_without_its_token_a_form_is_refused_and_says_so(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = app.test_client().post("/en/sign-in", data={"email": "a", "password": "b"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False

    assert answer.status_code == 400
    assert "open for too long" in answer.text


@pytest.mark.parametrize(
    "path", ["/x%00", "/activities/x%00", "/people/%00", "/?centre=%00", "/?%00"]
)
def test_a_nul_in_an_address_is_refused(app: Flask, path: str) -> None:
    boss = make.coordinator(make.centre())
    for browser in (app.test_client(), Browser(app).sign_in(boss)):
        assert browser.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/sign-in", "/forgotten-password", "/profile", "/people/new"])
def test_a_nul_in_a_form_is_refused(app: Flask, path: str) -> None:
    here = make.centre()
    browser = Browser(app).sign_in(make.coordinator(here))
    form = {
        "name": "Ana\0",
        "email": "ana\0@example.org",
        "password": "\0",
        "language": "ro",
        "zone": "Europe/Bucharest",
        "centre": here.id,
        "roles": "volunteer",
    }

    assert browser.post(path, data=form).status_code == 400


HOST = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("method", "path", "referrer", "back"),
    [
        (
            "POST",
            "/en/activities/x/enrolment",
            f"{HOST}/en/participants?q=1",
            "/en/participants?q=1",
        ),
        ("POST", "/en/activities/x/enrolment", "https://elsewhere.example/en/participants", None),
        ("POST", "/en/people/x", None, "/en/people/x"),
        ("POST", "/en/people/x", f"{HOST}/en/activities/x/enrolment", "/en/people/x"),
        ("GET", "/people/x", f"{HOST}/people", "/people"),
        ("GET", "/people/x", f"{HOST}/people/x", None),
        ("POST", "/sign-out", f"{HOST}//elsewhere.example", None),
    ],
)
def test_a_refusal_leads_back_to_where_one_came_from(
    app: Flask, method: str, path: str, referrer: str | None, back: str | None
) -> None:
    headers = {"Referer": referrer} if referrer else {}
    language = "/en" if path.startswith("/en/") else ""
    with app.test_request_context(
        path.removeprefix("/en"),
        method=method,
        headers=headers,
        base_url=f"{HOST}{language}/",
    ):
        assert came_from() == back


def test_an_error_is_never_kept_by_caches(browser: Browser) -> None:
    answer = browser.get("/static/nothing.css?v=1")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


class TestSomebodyWasQuicker:
    """Two clicks that meet in the database: one is told so, and no log holds what was typed."""

    def answer(self, app: Flask, error: Exception) -> Response:
        with app.test_request_context("/people/new", headers={"Accept-Language": "en"}):
            return app.make_response(app.handle_user_exception(error))

    def test_a_row_that_is_there_already(
        self, app: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        make.person(email="layla@example.org")
        db.session.commit()
        with pytest.raises(IntegrityError) as caught:
            make.person(name="Secret name", email="layla@example.org")

        answer = self.answer(app, caught.value)

        assert answer.status_code == 409
        assert "Somebody was quicker. Nothing was changed; look again." in answer.get_data(
            as_text=True
        )
        assert "Secret name" not in str(caught.value)
        assert "SQL parameters hidden" in str(caught.value)
        assert "layla" not in caplog.text

    @pytest.mark.parametrize("problem", [DeadlockDetected, SerializationFailure])
    def test_a_deadlock(self, app: Flask, problem: type[Exception]) -> None:
        answer = self.answer(app, OperationalError("UPDATE", {}, problem()))

        assert answer.status_code == 409
        assert "Somebody was quicker." in answer.get_data(as_text=True)

    def test_a_database_that_is_away_is_something_else(self, app: Flask) -> None:
        with pytest.raises(OperationalError):
            self.answer(app, OperationalError("SELECT", {}, AdminShutdown()))


@pytest.mark.parametrize(
    ("address", "proxies", "complains"),
    [
        ("https://punte.example", 0, True),
        ("https://punte.example", 1, False),
        ("http://127.0.0.1:8000", 0, False),
    ],
)
def test_the_doctor_wants_to_know_of_the_proxy(
    app: Flask, monkeypatch: pytest.MonkeyPatch, address: str, proxies: int, complains: bool
) -> None:
    known = replace(app.config["PUNTE"], base_url=address, proxies=proxies)
    monkeypatch.setitem(app.config, "PUNTE", known)

    assert any("PUNTE_PROXIES" in one for one in complaints()) is complains


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_own_pages_and_no_others(app: Flask, role: Role) -> None:
    """Coordinators plan, staff know people, helpers help; for the rest the page does not exist."""
    allowed = {
        "/week": {Role.COORDINATOR},
        "/activities/new": {Role.COORDINATOR},
        "/people": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/people/new": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/call-list": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/applications": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/letters": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/letters/reminder": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/participants": {Role.COORDINATOR},
        "/participants/twice": {Role.COORDINATOR},
        "/volunteer-register": {Role.COORDINATOR, Role.ADMINISTRATOR},
        "/needed": set(HELPERS),
        "/places": set(HELPERS),
        "/my-hours": set(HELPERS),
        "/missing": {Role.PARTICIPANT, Role.COORDINATOR, *HELPERS},
        "/missing/mine": {Role.PARTICIPANT, Role.COORDINATOR, *HELPERS},
        "/missing/here": set(HELPERS),
        "/asked-for": {Role.COORDINATOR},
        "/mine": set(Role),
        "/profile/address": set(Role),
        "/profile/sign-ins": set(Role),
        "/profile/consents": set(Role),
        "/consent-talks": {Role.COORDINATOR, Role.ADMINISTRATOR, Role.MEDIATOR},
        "/profile": set(Role),
        "/profile/reminders": set(Role),
        "/my-calendars": set(Role),
        "/sent-messages": set(Role),
    }
    browser = app.test_client()
    assert isinstance(browser, Browser)
    here = make.centre()
    browser.sign_in(make.person([role], here))

    answers = {path: browser.get(path).status_code for path in allowed}

    assert answers == {path: 200 if role in who else 404 for path, who in allowed.items()}


def test_health_is_json_and_red_when_a_message_waits_too_long(app: Flask, browser: Browser) -> None:
    from datetime import timedelta

    from app import clock
    from app.notices.models import Kind
    from app.notices.operations import post

    fine = browser.get("/healthz")
    assert (fine.status_code, fine.json["ok"]) == (200, True)  # type: ignore[index]
    person = make.person()
    earlier = clock.now() - timedelta(days=1)
    post(person, Kind.REMINDER, "k", now=earlier, about={})
    db.session.commit()
    red = browser.get("/healthz")
    assert (red.status_code, red.json["ok"]) == (503, False)  # type: ignore[index]
    assert red.json["oldest_due_seconds"] > 3600  # type: ignore[index]
