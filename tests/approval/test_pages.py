"""The staff's pages about who may help, over HTTP: for the staff of that centre and nobody else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.approval.register import harmless
from app.extensions import db
from app.notices.models import Kind, Notice
from app.people.models import Apart, Centre, Membership, Person, StageChange
from app.people.papers import CheckKind, Contract, IntegrityCheck
from app.people.terms import Level, Role, Stage
from app.programme.bookings import book
from app.programme.kinds import Kind as ActivityKind
from app.programme.models import Part
from app.staffing.models import Assignment, State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO

pytestmark = pytest.mark.usefixtures("app")
TODAY = BEFORE.date()
TOMORROW = TODAY + timedelta(days=1)
VOLUNTEER = Role.VOLUNTEER


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


class House:
    """A centre, its coordinator in a browser, and somebody who would like to help."""

    def __init__(self, browser: Browser) -> None:
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre)
        self.ioana = make.person(name="Ioana Matei", is_adult=True)
        self.join(self.ioana, Stage.INTERVIEW)
        self.browser = browser.sign_in(self.boss)

    def join(self, someone: Person, stage: Stage, role: Role = VOLUNTEER) -> None:
        someone.memberships.append(
            Membership(centre=self.centre, role=role, stage=stage, since=LONG_AGO)
        )
        db.session.commit()

    @property
    def papers(self) -> str:
        return f"/en/people/{self.ioana.ref}/papers"

    def step(self, stage: Stage, **typed: str) -> tuple[int, str]:
        path = f"{self.papers}/{self.centre.code}/volunteer/{stage.value}"
        answer = self.browser.post(path, data=typed)
        db.session.expire_all()
        return answer.status_code, answer.text

    def place(self, state: State = State.CONFIRMED, days: int = 10, **given: Any) -> Assignment:
        activity = make.activity("Picnic", **({"centre": self.centre} | given))
        starts_at = clock.now().replace(microsecond=0) + timedelta(days=days)
        meeting = make.meeting(activity=activity, starts_at=starts_at)
        need = make.need(meeting=meeting, role=VOLUNTEER)
        made = make.assignment(need=need, person=self.ioana, state=state)
        db.session.commit()
        return made

    def stage(self) -> Stage:
        return db.session.scalars(
            select(Membership.stage).where(Membership.person_id == self.ioana.id)
        ).one()


@pytest.fixture
def house(browser: Browser) -> House:
    return House(browser)


def a_contract(**typed: object) -> dict[str, object]:
    return {
        "kind": "volunteer",
        "number": "7/2026",
        "signed_on": LONG_AGO.date() - timedelta(days=365),
        "valid_from": LONG_AGO.date() - timedelta(days=365),
        "role_sheet_on": TODAY,
        "safety_sheet_on": TODAY,
    } | typed


def a_check(**typed: object) -> dict[str, object]:
    return {"kind": "integrity", "issued_on": TODAY, "seen_on": TODAY} | typed


class TestWhoMaySee:
    def pages(self, person: Person, centre: Centre) -> list[str]:
        here = f"/en/people/{person.ref}"
        contract = make.contract(person, centre)
        check = make.check(person, valid_until=TOMORROW)
        db.session.commit()
        return [
            f"{here}/papers",
            f"{here}/papers/{centre.code}/volunteer/left",
            f"{here}/contracts/{centre.code}/new",
            f"{here}/contracts/{contract.ref}",
            f"{here}/contracts/{contract.ref}/removal",
            f"{here}/checks/new",
            f"{here}/checks/{check.ref}",
            f"{here}/checks/{check.ref}/removal",
            f"{here}/age",
            f"/en/volunteer-register?centre={centre.code}",
        ]

    def test_the_staff_of_the_centre(self, house: House) -> None:
        for path in self.pages(house.ioana, house.centre):
            assert house.browser.get(path).status_code == 200, path

    @pytest.mark.parametrize("role", Role)
    def test_nobody_of_another_centre_and_no_helper(
        self, app: Flask, house: House, role: Role
    ) -> None:
        elsewhere = make.person([role], make.centre())
        here = make.person([role], house.centre)
        paths = self.pages(house.ioana, house.centre)
        strangers = [elsewhere] if role in (Role.COORDINATOR, Role.ADMINISTRATOR) else [here]
        for person in strangers:
            stranger = Browser(app).sign_in(person)
            for path in paths:
                assert stranger.get(path).status_code == 404, path
            for path in paths:
                if "papers/" in path or "new" in path or "age" in path or "removal" in path:
                    assert stranger.post(path, data={"note": "x"}).status_code == 404, path

    def test_a_colleague_is_for_an_administrator(self, app: Flask, house: House) -> None:
        make.make_coordinator_too(house.ioana, house.centre)
        chief = make.person([Role.ADMINISTRATOR], house.centre)
        db.session.commit()

        assert house.browser.get(house.papers).status_code == 404
        assert Browser(app).sign_in(chief).get(house.papers).status_code == 200

    def test_of_two_centres_each_sees_its_own_contracts(self, app: Flask, house: House) -> None:
        other = make.centre()
        make.helps_too(house.ioana, other, VOLUNTEER)
        theirs = make.contract(house.ioana, other, number="THEIRS-1")
        make.contract(house.ioana, house.centre, number="OURS-1")
        db.session.commit()

        page = house.browser.get(house.papers).text

        assert "OURS-1" in page
        assert "THEIRS-1" not in page
        where = f"/en/people/{house.ioana.ref}/contracts/{theirs.ref}"
        assert house.browser.get(where).status_code == 404
        assert house.browser.post(f"{where}/removal").status_code == 404


class TestApplications:
    def test_who_waits_longest_stands_first(self, house: House) -> None:
        for name, days, stage in (
            ("Late Lia", 1, Stage.APPLIED),
            ("Early Ema", 90, Stage.APPLIED),
            ("Active Ana", 99, Stage.ACTIVE),
            ("Gone Gigi", 99, Stage.LEFT),
        ):
            someone = make.person(name=name)
            house.join(someone, stage)
            someone.memberships[0].since = clock.now() - timedelta(days=days)
        elsewhere = make.person(name="Elsewhere Eva")
        elsewhere.memberships.append(
            Membership(centre=make.centre(), role=VOLUNTEER, stage=Stage.APPLIED)
        )
        house.ioana.memberships[0].since = clock.now() - timedelta(days=50)
        db.session.commit()

        page = house.browser.get("/en/applications").text

        at = [page.find(name) for name in ("Early Ema", "Ioana Matei", "Late Lia")]
        assert -1 not in at
        assert at == sorted(at)
        for name in ("Active Ana", "Gone Gigi", "Elsewhere Eva"):
            assert name not in page

    def test_it_counts_its_statements(self, house: House) -> None:
        from tests.statements import statements

        def look() -> object:
            return house.browser.get("/en/applications")

        one = len(statements(look))
        for _n in range(3):
            house.join(make.person(speaks={"ar": Level.B2}), Stage.APPLIED)

        assert len(statements(look)) == one


class TestSteps:
    def test_what_is_missing_is_said_and_then_they_are_approved(self, house: House) -> None:
        status, page = house.step(Stage.ACTIVE)
        assert status == 409
        assert "There is no contract with this centre, or it is over." in page
        assert house.stage() is Stage.INTERVIEW

        make.contract(house.ioana, house.centre)
        db.session.commit()
        assert house.step(Stage.ACTIVE)[0] == 303
        assert house.step(Stage.ACTIVE)[0] == 303

        assert house.stage() is Stage.ACTIVE
        [change] = db.session.scalars(select(StageChange))
        assert (change.by, change.stage) == (house.boss, Stage.ACTIVE)
        assert db.session.scalars(select(Notice.kind)).all() == [Kind.STAGE_CHANGED]

    def test_leaving_shows_first_what_they_are_expected_at(self, house: House) -> None:
        make.contract(house.ioana, house.centre)
        house.step(Stage.ACTIVE)
        place = house.place()
        secret = house.place(days=11, kind=ActivityKind.WOMENS_GROUP)

        page = house.browser.get(f"{house.papers}/{house.centre.code}/volunteer/left").text
        assert "Still expected at 1 session<" in page
        assert "Picnic" in page
        assert secret.need.meeting.ref not in page
        assert place.state is State.CONFIRMED

        house.step(Stage.LEFT)
        assert {place.state, secret.state} == {State.WITHDRAWN}

    def test_who_comes_back_needs_a_note_and_what_was_typed_stays(self, house: House) -> None:
        make.contract(house.ioana, house.centre)
        house.step(Stage.LEFT, note="moved away")

        status, page = house.step(Stage.ACTIVE, note=" ")
        assert status == 409
        assert "why somebody who had left comes back" in page
        assert house.step(Stage.ACTIVE, note="is back")[0] == 303
        assert "moved away" in house.browser.get(house.papers).text

    @pytest.mark.parametrize("path", ["x/volunteer/left", "{}/coordinator/left", "{}/volunteer/x"])
    def test_what_does_not_exist_is_not_found(self, house: House, path: str) -> None:
        where = f"{house.papers}/{path.format(house.centre.code)}"
        assert house.browser.get(where).status_code == 404
        assert house.browser.post(where).status_code == 404

    def test_the_form_of_a_person_neither_approves_nor_takes_away(self, house: House) -> None:
        form = {
            "name": "Ioana",
            "email": "ioana@example.org",
            "centre": house.centre.id,
            "roles": ["participant", "volunteer"],
            "language": "ro",
            "gender": "",
        }
        path = f"/en/people/{house.ioana.ref}"
        assert house.browser.get(path).status_code == 200
        assert house.browser.post(path, data=form).status_code == 303
        assert house.browser.post(path, data=form | {"roles": "participant"}).status_code == 303
        db.session.expire_all()

        stages = {m.role: m.stage for m in house.ioana.memberships}
        assert stages == {VOLUNTEER: Stage.INTERVIEW, Role.PARTICIPANT: Stage.ACTIVE}

        new = form | {"name": "New Volunteer", "email": "new@example.org", "roles": "volunteer"}
        assert house.browser.post("/en/people/new", data=new).status_code == 303
        assert "New Volunteer" in house.browser.get("/en/applications").text


class TestContracts:
    def where(self, house: House) -> str:
        return f"/en/people/{house.ioana.ref}/contracts/{house.centre.code}/new"

    def test_is_entered_with_the_next_free_number(self, house: House) -> None:
        make.contract(make.person(), house.centre, number=f"12/{TODAY.year}")
        db.session.commit()
        assert f'value="13/{TODAY.year}"' in house.browser.get(self.where(house)).text

        assert house.browser.post(self.where(house), data=a_contract()).status_code == 303

        db.session.expire_all()
        [made] = house.ioana.contracts
        assert (made.number, made.made_by_id, made.is_complete) == ("7/2026", house.boss.id, True)

    def test_a_taken_number_is_refused_with_a_free_one(self, house: House) -> None:
        make.contract(make.person(), house.centre, number="7")
        make.contract(make.person(), make.centre(), number="8")  # another centre's
        db.session.commit()

        answer = house.browser.post(self.where(house), data=a_contract(number="7"))

        assert answer.status_code == 409
        assert "Another contract of this centre has this number." in answer.text
        assert "The next free one is 8." in answer.text
        assert house.browser.post(self.where(house), data=a_contract(number="8")).status_code == 303

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"number": " "}, "Type the number"),
            ({"signed_on": ""}, "When was it signed?"),
            ({"signed_on": TOMORROW, "valid_from": TOMORROW}, "still to come"),
            ({"role_sheet_on": TOMORROW}, "still to come"),
            ({"safety_sheet_on": TOMORROW}, "still to come"),
            ({"signed_on": TODAY}, "signed on its first day at the latest"),
            ({"valid_until": date(2001, 1, 1)}, "cannot end before its first day"),
            ({"signed_on": date(202, 1, 1)}, "Look at the year"),
            ({"valid_until": date(2999, 1, 1)}, "Look at the year"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_stays_typed(
        self, house: House, typed: dict[str, object], says: str
    ) -> None:
        answer = house.browser.post(self.where(house), data=a_contract(number="A-99") | typed)

        assert answer.status_code == 422
        assert says in answer.text
        assert "A-99" in answer.text or "number" in typed
        assert db.session.scalars(select(func.count(Contract.id))).one() == 0

    def test_one_that_ends_early_says_what_is_no_longer_covered(self, house: House) -> None:
        contract = make.contract(house.ioana, house.centre)
        house.step(Stage.ACTIVE)
        house.place()
        assert "no longer covered" not in house.browser.get(house.papers).text
        path = f"/en/people/{house.ioana.ref}/contracts/{contract.ref}"

        answer = house.browser.post(
            path, data=a_contract(valid_until=TOMORROW), follow_redirects=True
        )

        assert "1 place is not covered by these papers" in answer.text
        assert "1 place is no longer covered" in answer.text
        assert "Picnic" in answer.text

    def test_removing_asks_first_and_leaves_doubts(self, house: House) -> None:
        contract = make.contract(house.ioana, house.centre)
        house.step(Stage.ACTIVE)
        place = house.place()
        path = f"/en/people/{house.ioana.ref}/contracts/{contract.ref}/removal"

        assert "Remove this contract?" in house.browser.get(path).text
        page = house.browser.post(path, follow_redirects=True).text

        db.session.expire_all()
        assert house.ioana.contracts == []
        assert place.state is State.CONFIRMED
        assert "1 place is no longer covered" in page


class TestChecks:
    def where(self, house: House) -> str:
        return f"/en/people/{house.ioana.ref}/checks/new"

    def test_a_certificate_counts_for_six_months_unless_said_otherwise(self, house: House) -> None:
        issued = TODAY - timedelta(days=30)
        for typed in (
            a_check(issued_on=issued),
            a_check(issued_on=issued, valid_until=TOMORROW, kind="criminal_record"),
        ):
            assert house.browser.post(self.where(house), data=typed).status_code == 303

        first, last = db.session.scalars(select(IntegrityCheck).order_by(IntegrityCheck.id))
        months = (first.valid_until.year - issued.year) * 12 + first.valid_until.month
        assert months - issued.month == 6
        assert last.valid_until == TOMORROW
        assert (first.seen_by_id, first.approved_by_id) == (house.boss.id, None)

    def test_what_cannot_be_requested_has_a_reason_a_measure_and_an_approval(
        self, house: House
    ) -> None:
        typed = a_check(kind="not_possible", issued_on="", reason="no consulate")
        refused = house.browser.post(self.where(house), data=typed)
        assert refused.status_code == 422
        assert "Say what is done instead." in refused.text
        assert "no consulate" in refused.text

        done = house.browser.post(self.where(house), data=typed | {"measure": "never alone"})
        assert done.status_code == 303
        [made] = db.session.scalars(select(IntegrityCheck))
        assert (made.kind, made.issued_on) == (CheckKind.NOT_POSSIBLE, None)
        assert made.approved_by_id == house.boss.id
        page = house.browser.get(house.papers).text
        assert "never alone" in page
        assert f"Approved by \u2068{house.boss.name}" in page

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"kind": ""}, "Choose what was seen."),
            ({"issued_on": ""}, "When was it issued?"),
            ({"seen_on": ""}, "When did you see it?"),
            ({"seen_on": TOMORROW}, "still to come"),
            ({"issued_on": TOMORROW}, "still to come"),
            ({"seen_on": TODAY - timedelta(days=1)}, "cannot be seen before"),
            ({"valid_until": TODAY - timedelta(days=1)}, "cannot end before it was issued"),
            ({"valid_until": date(2999, 1, 1)}, "Look at the year"),
            ({"kind": "not_possible", "measure": "x"}, "Say why it cannot be requested."),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, house: House, typed: dict[str, object], says: str
    ) -> None:
        answer = house.browser.post(self.where(house), data=a_check() | typed)

        assert answer.status_code == 422
        assert says in answer.text
        assert db.session.scalars(select(func.count(IntegrityCheck.id))).one() == 0

    def test_one_that_is_shortened_or_removed_says_who_is_no_longer_covered(
        self, house: House
    ) -> None:
        make.contract(house.ioana, house.centre)
        house.step(Stage.ACTIVE)
        check = make.check(house.ioana, valid_until=TODAY + timedelta(days=100))
        house.place(age="children")
        assert "no longer covered" not in house.browser.get(house.papers).text
        path = f"/en/people/{house.ioana.ref}/checks/{check.ref}"

        typed = a_check(issued_on=TODAY - timedelta(days=5), valid_until=TOMORROW)
        page = house.browser.post(path, data=typed, follow_redirects=True).text
        assert "1 place is no longer covered" in page
        assert "Remove this check?" in house.browser.get(f"{path}/removal").text
        page = house.browser.post(f"{path}/removal", follow_redirects=True).text
        assert "No check was seen yet." in page
        assert "1 place is no longer covered" in page


class TestAge:
    def write(self, house: House, **typed: object) -> tuple[int, str]:
        answer = house.browser.post(f"/en/people/{house.ioana.ref}/age", data=typed)
        db.session.expire_all()
        return answer.status_code, answer.text

    def test_of_the_younger_the_day_of_birth_and_of_adults_nothing_more(self, house: House) -> None:
        born = date(TODAY.year - 16, 1, 1)
        assert self.write(house, age="younger", born_on=born, consent_seen_on=TODAY)[0] == 303
        assert (house.ioana.is_adult, house.ioana.born_on) == (False, born)
        assert house.ioana.consent_seen_on == TODAY

        assert self.write(house, age="adult", born_on=born)[0] == 303
        assert (house.ioana.is_adult, house.ioana.born_on) == (True, None)
        assert house.ioana.consent_seen_on is None

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({}, "Choose one."),
            ({"age": "younger"}, "Of the younger we need the day of birth."),
            ({"age": "younger", "born_on": TOMORROW}, "still to come"),
            ({"age": "younger", "born_on": date(2001, 1, 1)}, "18 or older"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, house: House, typed: dict[str, object], says: str
    ) -> None:
        status, page = self.write(house, **typed)
        assert status == 422
        assert says in page


class TestNeverTogether:
    def test_is_looked_for_by_name_among_ones_own_and_kept_once(self, house: House) -> None:
        layla = make.participant(house.centre, name="Layla Nasser")
        make.participant(make.centre(), name="Layla Elsewhere")
        db.session.commit()

        page = house.browser.get(f"{house.papers}?name=LAYLA").text
        assert "Layla Nasser" in page
        assert "Layla Elsewhere" not in page

        path = f"/en/people/{house.ioana.ref}/apart/{layla.ref}"
        for _click in range(2):
            assert house.browser.post(path).status_code == 303
        [pair] = db.session.scalars(select(Apart))
        assert {pair.person_id, pair.other_id} == {layla.id, house.ioana.id}
        for one, other in ((house.ioana, "Layla Nasser"), (layla, "Ioana Matei")):
            assert other in house.browser.get(f"/en/people/{one.ref}/papers").text

        assert house.browser.post(f"{path}/removal").status_code == 303
        assert db.session.scalars(select(func.count()).select_from(Apart)).one() == 0

    def test_only_among_people_one_may_see(self, app: Flask, house: House) -> None:
        stranger = make.participant(make.centre(), name="Stranger")
        layla = make.participant(house.centre, name="Layla Nasser")
        other = make.centre()
        house.ioana.memberships.append(Membership(centre=other, role=VOLUNTEER))
        db.session.add(
            Apart(
                person_id=min(layla.id, house.ioana.id),
                other_id=max(layla.id, house.ioana.id),
                made_at=LONG_AGO,
            )
        )
        db.session.commit()
        here = f"/en/people/{house.ioana.ref}/apart"

        assert house.browser.post(f"{here}/{stranger.ref}").status_code == 404
        assert house.browser.post(f"{here}/{house.ioana.ref}").status_code == 409
        elsewhere = Browser(app).sign_in(make.coordinator(other))
        page = elsewhere.get(house.papers)
        assert page.status_code == 200
        assert "Layla" not in page.text

    def test_a_meeting_at_which_both_are_expected_is_said_at_once(self, house: House) -> None:
        make.contract(house.ioana, house.centre)
        house.step(Stage.ACTIVE)
        place = house.place()
        layla = make.participant(house.centre, name="Layla Nasser")
        book(layla, place.need.meeting, Part.LEARNER)
        db.session.commit()

        path = f"/en/people/{house.ioana.ref}/apart/{layla.ref}"
        page = house.browser.post(path, follow_redirects=True).text

        assert "Both are expected here." in page
        assert "Picnic" in page
        assert "1 place is no longer covered" in page

    def test_neither_of_them_reads_it_anywhere(self, app: Flask, house: House) -> None:
        """The one who helps is not shown the session at all; the other reads nothing."""
        house.ioana.memberships[0].stage = Stage.ACTIVE
        make.contract(house.ioana, house.centre)
        layla = make.participant(house.centre, name="Layla Nasser")
        activity = make.activity("Picnic", centre=house.centre)
        starts_at = clock.now().replace(microsecond=0) + timedelta(days=10)
        meeting = make.meeting(activity=activity, starts_at=starts_at)
        make.need(meeting=meeting, role=VOLUNTEER)
        book(layla, meeting, Part.LEARNER)
        db.session.commit()
        house.browser.post(f"/en/people/{house.ioana.ref}/apart/{layla.ref}")

        for one, other in ((house.ioana, "Layla"), (layla, "Ioana")):
            reader = Browser(app).sign_in(one)
            for path in (
                "/needed?all=1",
                "/places",
                "/mine",
                "/profile",
                "/my-calendars",
                f"/meetings/{meeting.ref}",
            ):
                answer = reader.get(f"/en{path}")
                assert other not in answer.text, path
                for word in ("ogether", "apart", "pair"):
                    assert f"ever {word}" not in answer.text, path
        helper = Browser(app).sign_in(house.ioana)
        assert "Picnic" not in helper.get("/en/needed?all=1").text


SIGNED = date(2020, 1, 1)


def rows(browser: Browser) -> list[list[str]]:
    text = browser.get("/en/volunteer-register/file").text
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


class TestRegister:
    def test_holds_every_volunteer_contract_of_the_centre(self, house: House) -> None:
        left = make.person(name="Vasile Gone", is_adult=True)
        house.join(left, Stage.LEFT)
        make.contract(left, house.centre, number="1/2020", valid_until=BEFORE.date())
        make.contract(house.ioana, house.centre, number="2/2026")
        make.contract(house.ioana, make.centre(), number="3/2026")
        make.contract(house.ioana, house.centre, number="E-1", kind="employment")
        db.session.commit()

        page = house.browser.get("/en/volunteer-register").text

        assert "Vasile Gone" in page
        assert "2/2026" in page
        assert "3/2026" not in page
        assert "E-1" not in page

    def test_as_a_spreadsheet_no_name_becomes_a_formula(self, house: House) -> None:
        house.ioana.name = "=HYPERLINK(1)"
        make.contract(house.ioana, house.centre, number="+7")
        db.session.commit()

        answer = house.browser.get("/en/volunteer-register/file")

        assert answer.mimetype == "text/csv"
        assert "attachment" in answer.headers["Content-Disposition"]
        heads, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
        assert heads[:3] == ["No.", "Name", "Contract"]
        assert row[:3] == ["1", "'=HYPERLINK(1)", "'+7"]
        assert row[-2:] == ["invited to a talk", "0:00"]

    def test_counts_the_hours_attended_under_each_contract(self, house: House) -> None:
        """Not those before it, nor of a protected session that whoever reads may not know of."""
        begun = (clock.now() - timedelta(days=30)).date()
        make.contract(house.ioana, house.centre, number="7", signed_on=SIGNED, valid_from=begun)
        for days, activity in (
            (10, make.activity(centre=house.centre)),
            (40, make.activity(centre=house.centre)),
            (5, make.womens_group(centre=house.centre)),
        ):
            meeting = make.meeting(activity=activity, starts_at=clock.now() - timedelta(days=days))
            place = make.assignment(
                need=make.need(meeting=meeting), person=house.ioana, state=State.CONFIRMED
            )
            make.presence(place)
        db.session.commit()

        [row] = [one for one in rows(house.browser) if one[2] == "7"]

        assert row[-1] == "2:00"

    @pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", " =", "\u00a0@"])
    def test_what_begins_like_a_formula_is_harmless(self, begins: str) -> None:
        assert harmless(f"{begins}1") == f"'{begins}1"
        assert harmless(f"x{begins}1") == f"x{begins}1"

    def test_the_file_wants_the_password_once_more(self, house: House) -> None:
        from app.people.models import SignIn

        [signed_in] = db.session.scalars(select(SignIn))
        signed_in.confirmed_at = clock.now() - timedelta(hours=1)
        db.session.commit()

        answer = house.browser.get("/en/volunteer-register/file")

        assert answer.status_code == 303
        assert "/confirmation" in answer.location


class TestOwnPapers:
    def test_who_helps_reads_their_dates_and_what_is_missing(
        self, app: Flask, house: House
    ) -> None:
        ioana = Browser(app).sign_in(house.ioana)
        assert "A contract with the centre is still to be signed." in ioana.get("/en/profile").text

        make.contract(
            house.ioana, house.centre, valid_from=date(2026, 1, 1), signed_on=date(2026, 1, 1),
            valid_until=date(2099, 12, 31), role_sheet_on=date(2026, 1, 1),
        )  # fmt: skip
        make.check(house.ioana, valid_until=date(2099, 5, 1), reason="", seen_by_id=house.boss.id)
        db.session.commit()
        page = ioana.get("/en/profile").text

        assert "Your contract: from Jan 1, 2026 to" in page or "from 1 Jan 2026 to" in page
        assert "counts until 1 May 2099" in page
        assert "still to be signed" not in page
        assert house.boss.name not in page

    def test_a_participant_has_none(self, app: Flask, house: House) -> None:
        layla = make.participant(house.centre)
        assert "My papers" not in Browser(app).sign_in(layla).get("/en/profile").text
