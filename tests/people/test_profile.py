"""What people say of themselves, a little at a time."""

from __future__ import annotations

from datetime import date, time

import pytest

from app.extensions import db
from app.people import profile
from app.people.models import Membership, StageChange
from app.people.operations import set_languages
from app.people.profile import (
    CentreCorrects,
    NothingWished,
    TooManyLanguages,
    TooYoung,
    UnknownLanguage,
)
from app.people.terms import Gender, Interest, Level, Role, Stage
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE

pytestmark = pytest.mark.usefixtures("app")
TODAY = date(2027, 3, 1)
B2 = Level.B2


def stages(person: object) -> set[tuple[int, Role, Stage]]:
    return {(m.centre_id, m.role, m.stage) for m in person.memberships}  # type: ignore[attr-defined]


class TestLanguages:
    def test_levels_are_said_changed_and_taken_back(self) -> None:
        amina = make.person()

        profile.say_language(amina, "kmr", speaks=Level.NATIVE, reads=None, interprets=B2)
        profile.say_language(amina, "kmr", speaks=B2, reads=Level.A1, interprets=None)

        (row,) = amina.languages
        assert (row.language, row.speaks, row.reads, row.interprets) == ("kmr", B2, Level.A1, None)
        profile.say_language(amina, "kmr", speaks=None, reads=None, interprets=None)
        assert amina.languages == []

    def test_only_languages_that_exist_and_not_without_end(self) -> None:
        amina = make.person()
        with pytest.raises(UnknownLanguage):
            profile.say_language(amina, "xx", speaks=B2, reads=None, interprets=None)
        for tag in profile_tags(profile.MOST_LANGUAGES):
            profile.say_language(amina, tag, speaks=B2, reads=None, interprets=None)
        with pytest.raises(TooManyLanguages):
            profile.say_language(amina, "zu", speaks=B2, reads=None, interprets=None)

    def test_staff_who_save_speaking_and_reading_keep_the_interpreting(self) -> None:
        amina = make.person()
        profile.say_language(amina, "ar", speaks=None, reads=None, interprets=B2)

        set_languages(amina, {"ar": (Level.C1, None)})

        assert (amina.languages[0].speaks, amina.languages[0].interprets) == (Level.C1, B2)


def profile_tags(number: int) -> list[str]:
    from app.people.languages import known

    return list(known()[:number])


class TestWishes:
    def test_new_wishes_are_applications_with_their_trace(self) -> None:
        here, there = make.centre(), make.centre()
        vlad = make.applicant(here)

        profile.wish(vlad, [(here, Role.VOLUNTEER), (there, Role.TEACHER)], now=BEFORE)

        assert stages(vlad) == {
            (here.id, Role.VOLUNTEER, Stage.APPLIED),
            (there.id, Role.TEACHER, Stage.APPLIED),
        }
        assert not vlad.has_role(*Role)
        trace = [(c.centre_id, c.stage) for c in db.session.query(StageChange).all()]
        assert trace == [(there.id, Stage.APPLIED)]

    def test_what_they_are_or_talk_of_already_stays_whatever_is_ticked(self) -> None:
        here, there = make.centre(), make.centre()
        amina = make.mediator(here)
        invited = make.applicant(there, Stage.INTERVIEW)

        profile.wish(amina, [(there, Role.VOLUNTEER)], now=BEFORE)
        profile.wish(invited, [(here, Role.VOLUNTEER)], now=BEFORE)

        assert stages(amina) == {
            (here.id, Role.MEDIATOR, Stage.ACTIVE),
            (there.id, Role.VOLUNTEER, Stage.APPLIED),
        }
        assert (there.id, Role.VOLUNTEER, Stage.INTERVIEW) in stages(invited)

    def test_wishes_are_dropped_but_not_the_last_one(self) -> None:
        here, there = make.centre(), make.centre()
        vlad = make.applicant(here)
        profile.wish(vlad, [(there, Role.VOLUNTEER)], now=BEFORE)

        assert stages(vlad) == {(there.id, Role.VOLUNTEER, Stage.APPLIED)}
        with pytest.raises(NothingWished):
            profile.wish(vlad, [], now=BEFORE)

    def test_nobody_makes_themselves_a_coordinator_or_active_again(self) -> None:
        here = make.centre()
        gone = make.applicant(here, Stage.LEFT)

        profile.wish(gone, [(here, Role.VOLUNTEER), (here, Role.ADMINISTRATOR)], now=BEFORE)

        assert stages(gone) == {(here.id, Role.VOLUNTEER, Stage.APPLIED)}

    def test_who_pauses_goes_on_pausing(self) -> None:
        here = make.centre()
        resting = make.applicant(here, Stage.PAUSED)

        profile.wish(resting, [(here, Role.VOLUNTEER)], now=BEFORE)

        assert stages(resting) == {(here.id, Role.VOLUNTEER, Stage.PAUSED)}


class TestAge:
    def test_the_birthday_of_an_adult_is_not_kept(self) -> None:
        vlad = make.person()

        profile.say_age(vlad, date(2009, 3, 1), today=TODAY)

        assert (vlad.is_adult, vlad.born_on) == (True, None)

    @pytest.mark.parametrize("born_on", [date(2009, 3, 2), date(2012, 3, 1)])
    def test_that_of_the_younger_is(self, born_on: date) -> None:
        vlad = make.person()

        profile.say_age(vlad, born_on, today=TODAY)

        assert (vlad.is_adult, vlad.born_on) == (None, born_on)

    def test_below_fifteen_is_too_young(self) -> None:
        vlad = make.person()
        with pytest.raises(TooYoung):
            profile.say_age(vlad, date(2012, 3, 2), today=TODAY)

    def test_once_a_centre_relies_on_it_nobody_grows_older_by_themselves(self) -> None:
        vlad = make.mediator(make.centre(), born_on=date(2011, 5, 5))
        with pytest.raises(CentreCorrects):
            profile.say_age(vlad, None, today=TODAY)
        profile.say_age(vlad, date(2011, 5, 5), today=TODAY)  # the same again is harmless

    def test_gender_is_corrected_by_the_centre_once_it_relies_on_it(self) -> None:
        new, known = make.applicant(make.centre()), make.mediator(make.centre())

        profile.say_gender(new, Gender.WOMAN)
        profile.say_gender(known, None)

        assert new.gender is Gender.WOMAN
        with pytest.raises(CentreCorrects):
            profile.say_gender(known, Gender.WOMAN)


def test_interests_and_limits_are_kept() -> None:
    vlad = make.person()

    profile.say_interests(vlad, {Interest.SPORT, Interest.TALKING})
    profile.say_limits(vlad, hours_a_week=4, earliest=time(9), latest=None)

    assert vlad.interests == "talking sport"
    assert profile.interests_of(vlad) == [Interest.TALKING, Interest.SPORT]
    assert (vlad.hours_a_week, vlad.earliest, vlad.latest) == (4, time(9), None)


STEPS = ["/profile/steps", "/profile/roles", "/profile/about", "/profile/limits", "/profile/free"]
MORE = ["times", "away", "extra", "file"]


@pytest.mark.parametrize("stage", Stage)
def test_the_steps_are_open_to_whoever_helps_or_would_like_to(
    browser: Browser, stage: Stage
) -> None:
    browser.sign_in(make.applicant(make.centre(), stage))
    paths = STEPS + [f"/profile/free/{one}" for one in MORE]

    seen = {browser.get(path).status_code for path in paths}

    assert seen == ({404} if stage is Stage.LEFT else {200})


def test_a_participant_says_languages_and_finds_no_other_step(browser: Browser) -> None:
    browser.sign_in(make.participant(make.centre()))

    assert browser.get("/profile/languages").status_code == 200
    assert {browser.get(path).status_code for path in STEPS} == {404}


def test_a_language_is_looked_for_chosen_said_changed_and_removed(browser: Browser) -> None:
    amina = make.applicant(make.centre())
    browser.sign_in(amina)

    found = browser.get("/en/profile/languages?words=kurdish").text
    assert "/profile/languages/kmr" in found
    assert 'dir="rtl">سۆرانی' in found
    assert browser.get("/profile/languages/xx").status_code == 404
    assert "A2 – simple everyday talk" in browser.get("/en/profile/languages/kmr").text
    levels = {"speaks": "", "reads": "", "interprets": ""}
    nothing = browser.post("/en/profile/languages/kmr", data=levels)
    assert nothing.status_code == 422
    levels |= {"speaks": "native", "reads": "B1"}
    answer = browser.post("/en/profile/languages/kmr", data=levels)
    assert (answer.status_code, answer.location) == (303, "/en/profile/languages")
    assert "Kurdish (Kurmanji)" in browser.get("/en/profile/steps").text
    browser.post("/en/profile/languages/kmr/removal")
    db.session.expire_all()
    assert amina.languages == []


def test_each_step_saves_at_once_and_leads_to_the_next(browser: Browser) -> None:
    here = make.centre(code="iasi")
    vlad = make.applicant(here)
    browser.sign_in(vlad)

    def post(path: str, **typed: object) -> str | None:
        answer = browser.post(path, data=typed)
        return answer.location or str(answer.status_code)

    roles = ["iasi:teacher", "iasi:volunteer"]
    assert post("/profile/roles", wishes=roles, helps_online="y") == "/profile/about"
    assert post("/profile/about", age="younger") == "422"
    young = {"age": "younger", "born_on": "2020-01-01"}
    assert post("/profile/about", **young) == "422"
    assert post("/profile/about", age="adult", interests=["sport"]) == "/profile/limits"
    assert post("/profile/limits", earliest="18:00", latest="17:00") == "422"
    assert post("/profile/limits", hours_a_week="3", earliest="09:00") == "/profile/free"
    assert post("/profile/free", **{"day0-evening": "yes"}) == "/profile/steps"

    db.session.expire_all()
    assert {m.role for m in vlad.memberships} == {Role.TEACHER, Role.VOLUNTEER}
    assert (vlad.is_adult, vlad.interests, vlad.hours_a_week) == (True, "sport", 3)
    page = browser.get("/en/profile/steps").text
    assert "We will call you for a talk" in page
    assert "Go on: Languages" in page


def test_what_a_tampered_form_says_of_age_and_gender_of_an_active_helper_is_not_heard(
    browser: Browser,
) -> None:
    vlad = make.mediator(make.centre(), born_on=date(2011, 5, 5), gender=Gender.MAN)
    browser.sign_in(vlad)

    browser.post("/profile/about", data={"age": "adult", "gender": "woman"})

    db.session.expire_all()
    assert (vlad.is_adult, vlad.born_on, vlad.gender) == (None, date(2011, 5, 5), Gender.MAN)


def test_whoever_applied_begins_at_their_profile(browser: Browser) -> None:
    browser.sign_in(make.applicant(make.centre()))

    assert browser.get("/home").location == "/profile/steps"


def test_whoever_takes_part_and_would_like_to_help_begins_with_their_sessions(
    browser: Browser,
) -> None:
    here = make.centre()
    mother = make.applicant(here)
    mother.memberships.append(Membership(centre=here, role=Role.PARTICIPANT))
    db.session.commit()

    assert browser.sign_in(mother).get("/home").location == "/mine"
