"""A mediator for each language of the enrolled: none too many, and nobody left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.extensions import db
from app.people.languages import COMMON, answering
from app.people.models import Person
from app.people.terms import Gender, Level, Role
from app.planning.languages import add_mediators, languages_needed
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Status
from app.signups.operations import join, leave
from app.staffing.languages_needed import LanguagesNeeded, Missing, languages_missing
from app.staffing.models import Need
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once
from tests.statements import statements

NATIVE, B1, A2 = Level.NATIVE, Level.B1, Level.A2
Speaks = dict[str, Level]


def missing(people: list[Speaks], *mediated: str, held_in: str = "ro") -> dict[str, int]:
    found = languages_missing(people, held_in=held_in, mediated=mediated)
    return {one.language: one.people for one in found.missing}


class TestWhatIsMissing:
    def test_each_counts_for_the_language_they_speak_best(self) -> None:
        people: list[Speaks] = [{"ar": NATIVE, "en": A2}, {"uk": NATIVE}, {"uk": NATIVE, "ru": B1}]

        assert missing(people) == {"uk": 2, "ar": 1}

    def test_the_most_needed_comes_first(self) -> None:
        found = languages_missing([{"ar": NATIVE}, {"uk": NATIVE}, {"uk": NATIVE}], held_in="ro")

        assert found.missing == (Missing("uk", 2), Missing("ar", 1))

    def test_whoever_understands_the_language_of_the_course_needs_nobody(self) -> None:
        assert missing([{"ar": NATIVE, "ro": B1}]) == {}

    def test_a_little_of_the_language_of_the_course_is_not_enough(self) -> None:
        assert missing([{"ar": NATIVE, "ro": A2}]) == {"ar": 1}

    def test_a_second_language_that_is_mediated_is_enough_at_b1(self) -> None:
        assert missing([{"ar": NATIVE, "en": B1}], "en") == {}
        assert missing([{"ar": NATIVE, "en": A2}], "en") == {"ar": 1}

    def test_a_mediator_for_the_whole_answers_its_dialects_and_not_the_other_way(self) -> None:
        assert missing([{"apc": NATIVE}, {"prs": NATIVE}], "ar", "fa") == {}
        assert missing([{"ar": NATIVE}], "apc") == {"ar": 1}

    def test_two_dialects_ask_for_one_mediator_and_one_asks_for_itself(self) -> None:
        assert missing([{"apc": NATIVE}, {"acm": NATIVE}]) == {"ar": 2}
        assert missing([{"prs": NATIVE}]) == {"prs": 1}

    def test_of_equally_good_languages_the_one_that_reaches_more_is_taken(self) -> None:
        people: list[Speaks] = [{"ku": NATIVE, "ar": NATIVE}, {"ar": NATIVE}]

        assert missing(people) == {"ar": 2}

    def test_an_own_language_is_not_given_up_for_a_second_one(self) -> None:
        """Two who both speak some English still hear their own, unless somebody needs English."""
        people: list[Speaks] = [{"ar": NATIVE, "en": B1}, {"prs": NATIVE, "en": B1}]

        assert missing(people) == {"ar": 1, "prs": 1}

    def test_whose_languages_we_do_not_know_are_counted_apart(self) -> None:
        found = languages_missing([{}, {"ro": A2}, {"ar": A2}], held_in="ro")

        assert found == LanguagesNeeded((Missing("ar", 1),), unknown=2)

    @given(
        st.lists(
            st.dictionaries(st.sampled_from(COMMON), st.sampled_from(list(Level)), max_size=4),
            max_size=12,
        ),
        st.sampled_from(["ro", "ar", "en", "apc"]),
        st.sets(st.sampled_from(COMMON), max_size=4),
    )
    def test_nothing_covered_is_proposed_and_everybody_is_reached_afterwards(
        self, people: list[Speaks], held_in: str, mediated: set[str]
    ) -> None:
        found = languages_missing(people, held_in=held_in, mediated=mediated)
        asked = [one.language for one in found.missing]

        assert not set(asked) & {held_in, *mediated}
        assert len(set(asked)) == len(asked)
        assert all(one.people > 0 for one in found.missing)
        again = languages_missing(people, held_in=held_in, mediated={*mediated, *asked})
        assert again == LanguagesNeeded((), found.unknown)
        nothing_known = [one for one in people if not one.keys() - answering(held_in)]
        assert found.unknown <= len(nothing_known)
        assert found == languages_missing(people[::-1], held_in=held_in, mediated=mediated)


def orientation(*people: Speaks, sessions: int = 2, **given: object) -> Activity:
    made = make.activity(kind=Kind.ORIENTATION, **given)  # type: ignore[arg-type]
    for week in range(sessions):
        make.meeting(activity=made, starts_at=MONDAY + timedelta(weeks=week))
    for speaks in people:
        join(made, make.person(speaks=speaks), by=made.coordinator, now=BEFORE)
    return made


def asked_for(activity: Activity) -> dict[str, int]:
    found = languages_needed(activity, now=BEFORE)
    assert found is not None
    return {one.language: one.people for one in found.missing}


def needs(activity: Activity) -> list[Need]:
    found = select(Need).join(Need.meeting).where(Meeting.activity_id == activity.id)
    return list(db.session.scalars(found.order_by(Need.id)))


@pytest.mark.usefixtures("app")
class TestOfAnActivity:
    def test_it_counts_whoever_has_a_place_and_not_who_left(self) -> None:
        activity = orientation({"prs": NATIVE}, {"uk": NATIVE})
        gone = make.person(speaks={"so": NATIVE})
        join(activity, gone, by=activity.coordinator, now=LONG_AGO)
        leave(activity, gone, by=activity.coordinator, now=BEFORE)

        assert asked_for(activity) == {"prs": 1, "uk": 1}

    def test_its_support_language_counts_as_mediated(self) -> None:
        assert asked_for(orientation({"apc": NATIVE}, support_language="ar")) == {}

    def test_a_mediator_at_some_of_its_sessions_is_not_enough(self) -> None:
        activity = orientation({"prs": NATIVE})
        first, second = db.session.scalars(select(Meeting).order_by(Meeting.starts_at))
        make.need(meeting=first, language="prs")

        assert asked_for(activity) == {"prs": 1}
        make.need(meeting=second, language="fa")
        assert asked_for(activity) == {}

    def test_cancelled_and_past_sessions_need_nobody(self) -> None:
        activity = orientation({"prs": NATIVE})
        make.meeting(activity=activity, starts_at=LONG_AGO)
        first, second = db.session.scalars(
            select(Meeting).where(Meeting.starts_at > BEFORE).order_by(Meeting.starts_at)
        )
        second.status = Status.CANCELLED
        make.need(meeting=first, language="prs")

        assert asked_for(activity) == {}

    def test_a_volunteer_who_speaks_it_is_no_mediator(self) -> None:
        activity = orientation({"prs": NATIVE}, sessions=1)
        meeting = db.session.scalars(select(Meeting)).one()
        make.need(meeting=meeting, role=Role.VOLUNTEER, language="prs")

        assert asked_for(activity) == {"prs": 1}

    def test_there_is_nothing_to_say_without_sessions_or_people(self) -> None:
        assert languages_needed(orientation(), now=BEFORE) is None
        assert languages_needed(orientation(sessions=0), now=BEFORE) is None

    def test_more_people_and_sessions_ask_the_database_no_more_often(self) -> None:
        def asked(activity: Activity) -> int:
            db.session.flush()
            db.session.expire_all()
            return len(statements(lambda: languages_needed(activity, now=BEFORE)))

        few = orientation({"prs": NATIVE}, sessions=1)
        many = orientation({"prs": NATIVE}, {"uk": NATIVE}, {"ar": NATIVE}, sessions=4)

        assert asked(few) == asked(many)


@pytest.mark.usefixtures("app")
class TestAdding:
    def test_every_coming_session_gets_one_and_twice_is_harmless(self) -> None:
        activity = orientation({"prs": NATIVE})

        assert len(add_mediators(activity, "prs", now=BEFORE)) == 2
        assert add_mediators(activity, "prs", now=BEFORE) == []
        assert [(n.role, n.language, n.level, n.wanted) for n in needs(activity)] == [
            (Role.MEDIATOR, "prs", Level.B1, 1)
        ] * 2
        assert asked_for(activity) == {}

    def test_only_where_there_is_none_that_answers_it(self) -> None:
        activity = orientation({"prs": NATIVE})
        first, second = db.session.scalars(select(Meeting).order_by(Meeting.starts_at))
        make.need(meeting=first, language="fa")

        assert [need.meeting for need in add_mediators(activity, "prs", now=BEFORE)] == [second]

    def test_at_a_womens_group_with_a_certificate(self) -> None:
        group = make.womens_group()
        make.meeting(activity=group)
        layla = make.person(speaks={"prs": NATIVE}, gender=Gender.WOMAN)
        join(group, layla, by=group.coordinator, now=BEFORE)

        [need] = add_mediators(group, "prs", now=BEFORE)

        assert need.check_required


def test_two_clicks_in_one_moment_add_one_each(racing_app: Flask) -> None:
    for _round in range(10):
        with racing_app.app_context():
            activity_id = orientation({"prs": NATIVE}).id
            db.session.commit()

        def click(activity_id: int = activity_id) -> object:
            activity = db.session.get_one(Activity, activity_id)
            return len(add_mediators(activity, "prs", now=BEFORE))

        results = all_at_once(racing_app, [click, click, click])

        assert sorted(map(str, results)) == ["0", "0", "2"], results


class TestThePage:
    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(BEFORE, tick=False) as traveller:
            yield traveller

    @pytest.fixture
    def activity(self, app: Flask) -> Activity:
        return orientation({"prs": NATIVE}, {})

    @pytest.fixture
    def boss(self, activity: Activity) -> Person:
        return activity.coordinator

    def test_one_click_adds_them(self, browser: Browser, activity: Activity, boss: Person) -> None:
        browser.sign_in(boss)
        page = f"/en/activities/{activity.ref}"

        answer = browser.post(f"{page}/mediators", data={"language": "prs"})

        assert (answer.status_code, answer.location) == (303, f"{page}/needs")
        assert len(needs(activity)) == 2

    @pytest.mark.parametrize("language", ["", "xx", "Dari"])
    def test_no_language_of_ours_is_not_found(
        self, browser: Browser, activity: Activity, boss: Person, language: str
    ) -> None:
        browser.sign_in(boss)
        path = f"/activities/{activity.ref}/mediators"

        assert browser.post(path, data={"language": language}).status_code == 404

    @pytest.mark.parametrize("who", [make.coordinator, make.mediator, make.participant])
    def test_for_whoever_does_not_plan_it_there_is_nothing(
        self, browser: Browser, activity: Activity, who: Callable[..., Person]
    ) -> None:
        browser.sign_in(who(make.centre()))
        path = f"/activities/{activity.ref}/mediators"

        assert browser.post(path, data={"language": "prs"}).status_code == 404
        assert db.session.scalars(select(func.count(Need.id))).one() == 0

    def test_the_panel_counts_and_offers_one_click(self, app: Flask, activity: Activity) -> None:
        with app.test_request_context("/en/"):
            shown = render_template_string(
                "{% from 'planning/languages.html' import languages_panel with context %}"
                "{{ languages_panel(activity, found) }}",
                activity=activity,
                found=languages_needed(activity, now=BEFORE),
            )

        assert "1 participant" in shown
        assert f"/activities/{activity.ref}/mediators" in shown
        assert 'value="prs"' in shown
