"""The pages of a household: my children, who comes, leaving, waiting; and the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.forms import LONGEST_NAME
from app.people.guardians import GuardianKind, Guardianship, children_of
from app.people.models import Person
from app.people.namesakes import perhaps
from app.people.terms import Gender
from app.programme.models import Activity
from app.programme.places import TravelTime
from app.signups.models import Waiting
from app.signups.operations import join
from app.signups.queries import has_place, learners, parties
from app.signups.waiting import wait_for
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mother(app: Flask) -> Person:
    centre = make.centre(name="Brașov")
    return make.participant(centre, name="Layla", gender=Gender.WOMAN, home_centre=centre)


def course(mother: Person, title: str = "Sewing", **given: object) -> Activity:
    activity = make.activity(title, centre=mother.home_centre, **given)
    make.meeting(activity=activity)
    return activity


def named(mother: Person) -> set[str]:
    return {one.name for one in children_of(mother)}


class TestMyChildren:
    def test_a_name_and_a_language_are_all_that_is_asked(
        self, browser: Browser, mother: Person
    ) -> None:
        browser.sign_in(mother)
        assert browser.get("/en/children").text.count("form-label") == 2

        done = browser.post("/en/children", data={"name": "Amina", "language": "ar"})

        assert done.status_code == 303
        assert "Amina" in browser.get("/en/children").text
        (child,) = children_of(mother)
        assert (child.language, child.email, child.phone) == ("ar", None, None)

    def test_without_a_name_it_is_asked_again(self, browser: Browser, mother: Person) -> None:
        page = browser.sign_in(mother).post("/en/children", data={"language": "ar"})

        assert page.status_code == 422
        assert children_of(mother) == []

    def test_a_long_list_is_for_the_centre(self, browser: Browser, mother: Person) -> None:
        for _n in range(12):
            make.child(mother)
        db.session.commit()

        page = browser.sign_in(mother).post("/en/children", data={"name": "X", "language": "ar"})

        assert page.status_code == 409
        assert len(children_of(mother)) == 12

    def test_each_has_a_page_with_its_sessions(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother), make.child(mother)
        join(activity, child, by=activity.coordinator, now=BEFORE)
        db.session.commit()

        browser.sign_in(mother)

        assert "Sewing" in browser.get(f"/en/children/{child.ref}").text
        assert "For: Amina" in browser.get("/en/mine").text

    def test_a_misspelt_name_is_changed_and_found_again(
        self, browser: Browser, mother: Person
    ) -> None:
        child = make.child(mother, name="Amna")
        db.session.commit()
        path = f"/en/children/{child.ref}"
        assert 'value="Amna"' in browser.sign_in(mother).get(path).text

        done = browser.post(path, data={"name": "Amina"})

        assert (done.status_code, child.name) == (303, "Amina")
        everybody = select(Person).where(Person.id == child.id)
        assert [one.person for one in perhaps("أمينة", None, among=everybody)] == [child]

    def test_a_name_that_is_none_is_kept_as_it_was_typed(
        self, browser: Browser, mother: Person
    ) -> None:
        child = make.child(mother)
        db.session.commit()

        page = browser.sign_in(mother).post(
            f"/en/children/{child.ref}", data={"name": "A" * (LONGEST_NAME + 1)}
        )

        assert (page.status_code, child.name) == (422, "Amina")
        assert f'value="{"A" * (LONGEST_NAME + 1)}"' in page.text
        assert '<details class="mt-5" open>' in page.text

    def test_who_was_added_twice_comes_no_more_after_one_question(
        self, browser: Browser, mother: Person
    ) -> None:
        activity = course(mother)
        browser.sign_in(mother)
        for _n in range(2):
            browser.post("/en/children", data={"name": "Amina", "language": "ar"})
        stays, twice = children_of(mother)
        for one in (stays, twice):
            join(activity, one, by=activity.coordinator, now=BEFORE)
        db.session.commit()
        path = f"/en/children/{twice.ref}/removal"
        assert path in browser.get(f"/en/children/{twice.ref}").text

        assert "It cannot be undone." in browser.get(path).text
        assert has_place(activity, twice)
        done = browser.post(path)

        assert done.location == "/en/children"
        db.session.expire_all()
        assert (twice.erased_at, stays.erased_at) == (BEFORE, None)
        assert (children_of(mother), learners(activity)) == ([stays], [stays])
        assert browser.post(path).status_code == 404

    @pytest.mark.parametrize("why", ["another decides", "a representative", "the centre added it"])
    def test_else_the_centre_is_told(self, browser: Browser, mother: Person, why: str) -> None:
        kind = GuardianKind.REPRESENTATIVE if "repr" in why else GuardianKind.PARENT
        child = make.child(name="Amina")
        by = make.person() if "centre" in why else mother
        make.guardianship(child, mother, kind=kind, made_by=by)
        if "another" in why:
            make.guardianship(child, make.person(name="Omar"))
        db.session.commit()
        browser.sign_in(mother)

        page = browser.get(f"/en/children/{child.ref}").text
        refused = browser.post(f"/en/children/{child.ref}/removal")

        assert "Tell the centre if this child does not come any more." in page
        assert "/removal" not in page
        assert "Omar" not in page + refused.text
        assert refused.status_code == 409
        assert child.erased_at is None

    @pytest.mark.parametrize("deed", ["", "/removal"])
    def test_nothing_is_done_to_those_of_others(
        self, browser: Browser, mother: Person, deed: str
    ) -> None:
        other = make.child(make.person())
        db.session.commit()

        page = browser.sign_in(mother).post(f"/en/children/{other.ref}{deed}", data={"name": "X"})

        assert (page.status_code, other.name, other.erased_at) == (404, "Amina", None)

    def test_the_question_of_one_of_others_is_not_there(
        self, browser: Browser, mother: Person
    ) -> None:
        other = make.child(make.person())
        db.session.commit()

        assert browser.sign_in(mother).get(f"/en/children/{other.ref}/removal").status_code == 404

    def test_those_of_others_do_not_exist(self, browser: Browser, mother: Person) -> None:
        other = make.child(make.person())
        db.session.commit()

        assert browser.sign_in(mother).get(f"/en/children/{other.ref}").status_code == 404


class TestWhoComes:
    def path(self, activity: Activity) -> str:
        return f"/en/activities/{activity.ref}/together"

    def test_mother_and_two_new_children_in_one_step(
        self, browser: Browser, mother: Person
    ) -> None:
        activity = course(mother)
        care = make.childcare(activity)
        db.session.commit()
        browser.sign_in(mother)
        form = {"people": mother.ref, "new_children": "Amina\n Yusuf \n\n"}

        done = browser.post(self.path(activity), data=form)

        assert done.status_code == 303
        assert learners(activity) == [mother]
        assert {one.name for one in learners(care)} == {"Amina", "Yusuf"}
        page = browser.get(f"/en/activities/{activity.ref}").text
        assert "Your children are in the childcare meanwhile" in page
        assert "the places in the childcare end too" in page

    def test_without_childcare_they_come_to_the_same(
        self, browser: Browser, mother: Person
    ) -> None:
        activity, child = course(mother), make.child(mother)
        db.session.commit()
        form = {"people": [mother.ref, child.ref], "new_children": "Yusuf"}

        browser.sign_in(mother).post(self.path(activity), data=form)

        assert len(learners(activity)) == 3

    def test_that_the_childcare_is_full_is_said_before_anything_is_saved(
        self, browser: Browser, mother: Person
    ) -> None:
        activity = course(mother)
        care = make.childcare(activity, capacity=2)
        make.enrolment(care, make.person())
        db.session.commit()
        browser.sign_in(mother)
        form = {"people": mother.ref, "new_children": "Amina\nYusuf"}

        page = browser.post(self.path(activity), data=form)

        assert page.status_code == 200
        assert "There are too few places in the childcare." in page.text
        assert "Yusuf" in page.text  # what was typed is there again
        assert (learners(activity), named(mother)) == ([], set())

        browser.post(self.path(activity), data=form | {"answer": "mind_later"})
        assert learners(activity) == [mother]
        (waiting,) = parties(care)
        assert {one.name for one in waiting.people} == {"Amina", "Yusuf"} == named(mother)

    def test_one_may_come_without(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother), make.child(mother)
        care = make.childcare(activity, capacity=1)
        make.enrolment(care, make.person())
        db.session.commit()
        form = {"people": mother.ref, "minded": child.ref, "answer": "without"}

        browser.sign_in(mother).post(self.path(activity), data=form)

        assert (has_place(activity, mother), parties(care)) == (True, [])

    @pytest.mark.parametrize("door", ["the activity", "the childcare"])
    def test_nobody_has_a_child_looked_after_without_coming(
        self, browser: Browser, mother: Person, door: str
    ) -> None:
        activity, child = course(mother), make.child(mother)
        care = make.childcare(activity)
        db.session.commit()
        at, field = (activity, "minded") if door == "the activity" else (care, "people")
        form = {field: child.ref, "new_children": "Yusuf"}

        page = browser.sign_in(mother).post(self.path(at), data=form)

        assert page.status_code == 409
        assert "for the children of those who come to the activity beside it" in page.text
        assert (learners(care), named(mother)) == ([], {"Amina"})

    def test_a_family_that_never_fits_is_told_so(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother, capacity=1), make.child(mother)
        db.session.commit()
        browser.sign_in(mother)
        form = {"people": [mother.ref, child.ref]}

        asked = browser.post(self.path(activity), data=form)
        assert "fewer places in this activity than people in the family" in asked.text
        assert 'value="wait"' not in asked.text
        assert learners(activity) == []
        refused = browser.post(self.path(activity), data=form | {"answer": "wait"})

        assert refused.status_code == 409  # never enough places for both
        assert "fewer places in this activity than people in the family" in refused.text

    def test_the_waiting_family_on_its_page(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother, capacity=2), make.child(mother)
        join(activity, make.person(), by=activity.coordinator, now=BEFORE)
        db.session.commit()
        browser.sign_in(mother)
        form = {"people": [mother.ref, child.ref], "answer": "wait"}
        assert browser.post(self.path(activity), data=form).status_code == 303

        page = browser.get(f"/en/activities/{activity.ref}").text
        assert "You wait together: all of you have places, or nobody." in page
        waiting = db.session.scalars(select(Waiting)).one()
        path = f"/en/waiting/{waiting.ref}/without/{child.ref}"
        assert browser.post(path).status_code == 303

        assert waiting.people == [mother]
        assert browser.post(f"/en/waiting/{waiting.ref}/acceptance").status_code == 303
        assert learners(activity)[-1] is mother or mother in learners(activity)

    def test_nobody_takes_another_ones_child_off_the_list(
        self, browser: Browser, mother: Person
    ) -> None:
        activity, child = course(mother, capacity=2), make.child(mother)
        for _n in range(2):
            join(activity, make.person(), by=activity.coordinator, now=BEFORE)
        friend = make.person()
        waiting = wait_for(activity, [friend, child], by=friend, now=BEFORE)
        assert waiting is not None
        db.session.commit()

        path = f"/en/waiting/{waiting.ref}/without/{child.ref}"

        assert browser.sign_in(friend).post(path).status_code == 404
        assert len(waiting.members) == 2

    def test_who_is_expected_elsewhere_is_named_to_who_decides(
        self, browser: Browser, mother: Person
    ) -> None:
        activity, child = course(mother), make.child(mother)
        make.book_learner(child, make.meeting(starts_at=MONDAY + timedelta(hours=1)))
        db.session.commit()
        form = {"people": [mother.ref, child.ref], "answer": "yes"}

        page = browser.sign_in(mother).post(self.path(activity), data=form)

        assert page.status_code == 409
        assert "Amina is expected elsewhere at the time of these sessions" in page.text
        assert learners(activity) == []

    def test_that_she_can_hardly_bring_the_child_is_advice(
        self, browser: Browser, mother: Person
    ) -> None:
        activity, child = course(mother), make.child(mother)
        make.book_learner(mother, make.meeting(starts_at=MONDAY + timedelta(hours=1)))
        db.session.commit()
        browser.sign_in(mother)

        page = browser.post(self.path(activity), data={"people": child.ref})
        assert "Whoever brings a child can hardly be at both" in page.text
        assert learners(activity) == []

        browser.post(self.path(activity), data={"people": child.ref, "answer": "yes"})
        assert learners(activity) == [child]

    def test_nobody_chosen(self, browser: Browser, mother: Person) -> None:
        activity = course(mother)
        db.session.commit()

        page = browser.sign_in(mother).post(self.path(activity), data={"answer": ""})

        assert page.status_code == 422
        assert "Choose who comes." in page.text

    def test_a_child_of_somebody_else_is_no_choice(self, browser: Browser, mother: Person) -> None:
        activity, other = course(mother), make.child(make.person())
        db.session.commit()

        page = browser.sign_in(mother).post(self.path(activity), data={"people": other.ref})

        assert page.status_code == 422
        assert learners(activity) == []

    def test_here_and_in_the_childcare_at_once(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother), make.child(mother)
        make.childcare(activity)
        db.session.commit()
        form = {"people": child.ref, "minded": child.ref}

        page = browser.sign_in(mother).post(self.path(activity), data=form)

        assert page.status_code == 422

    def test_leaving_gives_up_the_childcare(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother), make.child(mother)
        care = make.childcare(activity)
        db.session.commit()
        browser.sign_in(mother)
        browser.post(self.path(activity), data={"people": mother.ref, "minded": child.ref})
        assert learners(care) == [child]

        browser.post(f"/en/activities/{activity.ref}/enrolment/end")

        assert (learners(activity), learners(care)) == ([], [])

    def test_one_child_comes_no_more(self, browser: Browser, mother: Person) -> None:
        activity, child = course(mother), make.child(mother)
        db.session.commit()
        browser.sign_in(mother)
        browser.post(self.path(activity), data={"people": [mother.ref, child.ref]})

        page = f"/en/activities/{activity.ref}/together/end"
        browser.post(page, data={"person": child.ref})

        assert learners(activity) == [mother]

    def test_a_protected_group_is_not_there_for_who_has_no_place(
        self, browser: Browser, mother: Person
    ) -> None:
        group = make.womens_group()
        make.meeting(activity=group)
        db.session.commit()
        browser.sign_in(mother)

        assert browser.get(self.path(group)).status_code == 404
        assert browser.post(self.path(group), data={}).status_code == 404

    def test_in_a_protected_group_she_has_her_children_looked_after(
        self, browser: Browser, mother: Person
    ) -> None:
        group, child = make.womens_group(), make.child(mother)
        make.meeting(activity=group)
        care = make.childcare(group)
        join(group, mother, by=group.coordinator, now=BEFORE)
        db.session.commit()

        done = browser.sign_in(mother).post(self.path(group), data={"minded": child.ref})

        assert done.status_code == 303
        assert learners(care) == [child]


class TestTheDesk:
    @pytest.fixture
    def staff(self, browser: Browser, mother: Person) -> Person:
        assert mother.home_centre is not None
        someone = make.coordinator(mother.home_centre)
        browser.sign_in(someone)
        return someone

    def test_a_child_is_added_with_a_trace(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        form = {"name": "Amina", "language": "ar", "kind": "representative"}

        browser.post(f"/en/people/{mother.ref}/family", data=form)

        tie = db.session.scalars(select(Guardianship)).one()
        assert (tie.child.name, tie.kind.value, tie.made_by) == ("Amina", "representative", staff)
        page = browser.get(f"/en/people/{mother.ref}/family").text
        assert "legal representative" in page

    def test_another_guardian_is_tied_blocked_and_allowed_again(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        child = make.child(mother)
        child.memberships = []
        assert mother.home_centre is not None
        child = make.participant(mother.home_centre, name="Yusuf", email=None)
        make.guardianship(child, mother)
        father = make.participant(mother.home_centre, name="Omar")
        db.session.commit()
        page = f"/en/people/{child.ref}/family"
        browser.post(
            f"{page}/guardians", data={"guardian-person": father.ref, "guardian-kind": "parent"}
        )
        assert children_of(father) == [child]

        browser.post(f"{page}/{father.ref}/block")
        assert children_of(father) == []
        assert "blocked on" in browser.get(page).text
        again = browser.post(f"{page}/guardians", data={"guardian-person": father.ref})
        assert again.status_code == 409
        assert children_of(father) == []

        browser.post(f"{page}/{father.ref}/again")
        assert children_of(father) == [child]

    def test_somebody_of_another_centre_is_blocked_here(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        assert mother.home_centre is not None
        father = make.participant(make.centre(), name="Omar")
        child = make.participant(mother.home_centre, name="Yusuf", email=None)
        make.guardianship(child, father)
        db.session.commit()

        done = browser.post(f"/en/people/{child.ref}/family/{father.ref}/block")

        assert done.status_code == 303
        assert children_of(father) == []

    def test_who_has_an_address_decides_for_themselves(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        assert mother.home_centre is not None
        grown = make.participant(mother.home_centre)
        db.session.commit()

        page = browser.post(
            f"/en/people/{grown.ref}/family/guardians", data={"guardian-person": mother.ref}
        )

        assert page.status_code == 409

    def test_mother_and_children_join_a_protected_group(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        assert mother.home_centre is not None
        group = make.womens_group(centre=mother.home_centre, coordinator=staff)
        make.meeting(activity=group)
        care, child = make.childcare(group), make.child(mother)
        db.session.commit()
        page = f"/en/activities/{group.ref}/learners/{mother.ref}/family"
        assert "Amina" in browser.get(page).text

        done = browser.post(page, data={"people": mother.ref, "minded": child.ref})

        assert done.status_code == 303
        assert (learners(group), learners(care)) == ([mother], [child])

    @pytest.mark.parametrize(
        ("capacity", "answer", "says"),
        [
            (3, "", "They have their places: Layla, Amina, Yusuf"),
            (2, "without", "They have places, without childcare for now: Layla"),
            (0, "wait", "On the waiting list together: Layla"),
        ],
    )
    def test_the_desk_reads_of_whom_it_is_true(
        self,
        browser: Browser,
        mother: Person,
        staff: Person,
        capacity: int,
        answer: str,
        says: str,
    ) -> None:
        activity = course(mother, capacity=max(capacity, 1), coordinator=staff)
        care = make.childcare(activity, capacity=max(capacity - 1, 1))
        child = make.child(mother)
        if capacity == 0:
            make.enrolment(activity, make.person())
        db.session.commit()
        form = {"people": mother.ref, "minded": child.ref, "new_children": "Yusuf"}
        page = f"/en/activities/{activity.ref}/learners/{mother.ref}/family"

        said = browser.post(page, data=form | {"answer": answer}, follow_redirects=True).text

        assert f"{says}<" in re.sub(r"\s*<", "<", said)
        assert "You " not in said[said.index(says) - 200 : said.index(says) + 200]
        assert (learners(care) != []) == (capacity == 3)

    @pytest.mark.parametrize("who", ["only applied here", "a colleague"])
    def test_a_family_that_is_not_theirs_to_look_after_is_not_there(
        self, browser: Browser, mother: Person, staff: Person, who: str
    ) -> None:
        activity = course(mother, coordinator=staff)
        if "applied" in who:
            other = make.applicant(activity.centre)
            make.helps_too(other, make.centre())
        else:
            other = make.coordinator(activity.centre)
        child = make.child(other, name="Yusuf")
        make.enrolment(activity, other)
        db.session.commit()
        page = f"/en/activities/{activity.ref}/learners/{other.ref}/family"

        shown = browser.get(page)
        done = browser.post(page, data={"people": child.ref, "new_children": "Amina"})

        assert (shown.status_code, done.status_code) == (404, 404)
        assert named(other) == {"Yusuf"}
        assert not has_place(activity, child)
        assert page not in browser.get(f"/en/activities/{activity.ref}/learners").text

    @pytest.mark.parametrize("who", ["only applied here", "a colleague"])
    def test_a_family_that_is_not_theirs_to_look_after_is_not_there(
        self, browser: Browser, mother: Person, staff: Person, who: str
    ) -> None:
        activity = course(mother, coordinator=staff)
        if "applied" in who:
            other = make.applicant(activity.centre)
            make.helps_too(other, make.centre())
        else:
            other = make.coordinator(activity.centre)
        child = make.child(other, name="Yusuf")
        make.enrolment(activity, other)
        db.session.commit()
        page = f"/en/activities/{activity.ref}/learners/{other.ref}/family"

        shown = browser.get(page)
        done = browser.post(page, data={"people": child.ref, "new_children": "Amina"})

        assert (shown.status_code, done.status_code) == (404, 404)
        assert named(other) == {"Yusuf"}
        assert not has_place(activity, child)
        assert page not in browser.get(f"/en/activities/{activity.ref}/learners").text

    @pytest.mark.parametrize("whose", ["the mother's", "the child's"])
    def test_of_what_is_elsewhere_only_the_time_of_the_new_session_is_told(
        self, browser: Browser, mother: Person, staff: Person, whose: str
    ) -> None:
        activity, child = course(mother, coordinator=staff), make.child(mother)
        make.childcare(activity)
        later = MONDAY + timedelta(days=1)
        make.meeting(activity=activity, starts_at=later)  # without childcare
        of_mother = "mother" in whose
        busy, at = (mother, MONDAY) if of_mother else (child, later)
        form = {"minded": child.ref} if of_mother else {"people": mother.ref, "minded": child.ref}
        if of_mother:
            make.enrolment(activity, mother)
        hidden = make.womens_group(centre=mother.home_centre)
        elsewhere = make.meeting(activity=hidden, starts_at=at + timedelta(minutes=95))
        make.book_learner(busy, elsewhere)
        db.session.commit()
        page = f"/en/activities/{activity.ref}/learners/{mother.ref}/family"

        asked = browser.post(page, data=form).text

        said = asked[asked.index("Before you save") : asked.index("Come all the same")]
        assert f"{busy.name} is expected elsewhere at the time of these sessions" in said
        assert re.findall(r"\d+:\d\d", said) == ["11:00", "13:00"]
        assert f"{at:%-d} March" in said
        browser.post(page, data=form | {"answer": "yes"})
        assert has_place(activity, mother)

    def test_how_far_it_is_to_what_is_elsewhere_is_not_told(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        activity, child = course(mother, coordinator=staff), make.child(mother)
        elsewhere = make.activity()
        make.book_learner(
            mother, make.meeting(activity=elsewhere, starts_at=MONDAY + timedelta(hours=3))
        )
        way = TravelTime(from_id=activity.centre_id, to_id=elsewhere.centre_id, minutes=90)
        db.session.add(way)
        db.session.commit()
        page = f"/en/activities/{activity.ref}/learners/{mother.ref}/family"

        done = browser.post(page, data={"people": child.ref})

        assert (done.status_code, learners(activity)) == (303, [child])

    def test_a_new_child_speaks_as_who_decides_for_it(
        self, browser: Browser, mother: Person, staff: Person
    ) -> None:
        mother.language = "uk"
        db.session.commit()
        chosen = '<option selected value="uk">'

        assert chosen in browser.get(f"/en/people/{mother.ref}/family").text
        assert chosen in browser.sign_in(mother).get("/en/children").text

    @pytest.mark.parametrize("deed", ["", "/guardians", "/x/block", "/x/again", "/x/removal"])
    def test_is_not_there_for_others(self, browser: Browser, mother: Person, deed: str) -> None:
        child = make.child(mother)
        db.session.commit()

        page = browser.sign_in(mother).post(f"/en/people/{child.ref}/family{deed}")

        assert page.status_code == 404

    def test_nor_for_another_centre(self, browser: Browser, mother: Person) -> None:
        elsewhere = make.coordinator(make.centre())
        db.session.commit()

        assert browser.sign_in(elsewhere).get(f"/en/people/{mother.ref}/family").status_code == 404
