"""The family page at the coordinator's desk: whom it lets decide for whom, and how that ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.approval.apart import keep_apart
from app.extensions import db
from app.people.guardians import Guardianship, children_of, is_child
from app.people.models import Person
from app.people.terms import Role
from app.programme.models import Activity
from app.programme.queries import coming_meetings
from app.signups.operations import join, leave, visit
from app.signups.queries import has_place
from app.signups.waiting import wait_for
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

WARNING = "never come together, and both decide for"
BOTH_DECIDE = "Both decide for a child"
MAY_BE_A_CHILD = "This is a child for whom somebody decides"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(app: Flask) -> Person:
    assert app
    return make.coordinator(make.centre(name="Brașov"), name="Mihai")


@pytest.fixture
def mother(staff: Person) -> Person:
    (centre,) = (one.centre for one in staff.memberships)
    return make.participant(centre, name="Layla", home_centre=centre)


@pytest.fixture
def desk(browser: Browser, staff: Person) -> Browser:
    db.session.commit()
    return browser.sign_in(staff)


def child_of(*guardians: Person, name: str = "Amina") -> Person:
    centre = guardians[0].home_centre
    assert centre is not None
    found = make.participant(centre, name=name, email=None)
    for one in guardians:
        make.guardianship(found, one)
    return found


def family(person: Person) -> str:
    return f"/en/people/{person.ref}/family"


def offered(page: str) -> list[str]:
    """The names among which whoever decides is chosen, the first choice first."""
    box = re.search(r'<select[^>]*name="guardian-person".*?</select>', page, re.DOTALL)
    return re.findall(r"<option[^>]*>([^<]*)<", box.group()) if box else []


class TestWhoMayComeToDecide:
    def test_an_adults_page_begins_with_their_children(self, desk: Browser, mother: Person) -> None:
        mother.email = None
        make.participant(mother.memberships[0].centre, name="Omar")
        db.session.commit()

        children, _closed, rest = desk.get(family(mother)).text.partition(
            f'<details class="mt-5">\n  <summary>{MAY_BE_A_CHILD}</summary>'
        )

        assert "Add a child" in children
        assert offered(children) == []
        assert offered(rest) == ["Choose", "Omar"]

    def test_whoever_has_children_is_nobodys_child(self, desk: Browser, mother: Person) -> None:
        mother.email = None
        child = child_of(mother)
        other = make.participant(mother.memberships[0].centre, name="Omar")
        db.session.commit()

        assert MAY_BE_A_CHILD not in desk.get(family(mother)).text
        form = {"guardian-person": other.ref, "guardian-kind": "parent"}
        assert desk.post(f"{family(mother)}/guardians", data=form).status_code == 409
        assert (children_of(other), children_of(mother)) == ([], [child])

    def test_nobody_is_chosen_beforehand(self, desk: Browser, mother: Person) -> None:
        child = child_of(mother)
        make.participant(mother.memberships[0].centre, name="Omar")
        db.session.commit()

        page = desk.get(family(child)).text
        refused = desk.post(f"{family(child)}/guardians", data={"guardian-person": ""})

        assert offered(page) == ["Choose", "Omar"]
        assert refused.status_code == 422
        assert "Choose somebody." in refused.text

    def test_who_only_helps_is_not_offered_but_a_colleague_who_takes_part_is(
        self, desk: Browser, mother: Person, staff: Person
    ) -> None:
        child, centre = child_of(mother), mother.memberships[0].centre
        helper = make.mediator(centre, name="Andrei")
        make.helps_too(make.participant(centre, name="Omar"), centre, Role.VOLUNTEER)
        db.session.commit()

        assert offered(desk.get(family(child)).text) == ["Choose", "Omar"]
        form = {"guardian-person": helper.ref, "guardian-kind": "parent"}
        assert desk.post(f"{family(child)}/guardians", data=form).status_code == 422
        assert children_of(helper) == []

    def test_nor_is_another_child(self, desk: Browser, mother: Person) -> None:
        child = child_of(mother)
        child_of(mother, name="Yusuf")
        db.session.commit()

        assert "Yusuf" not in offered(desk.get(family(child)).text)


class TestItWasAMistake:
    def test_whoever_was_made_a_child_is_nobodys_child_again(
        self, desk: Browser, mother: Person
    ) -> None:
        grown = child_of(mother, name="Mohamad")
        db.session.commit()
        page = desk.get(family(grown)).text
        assert "is nobody's child here then." in page

        done = desk.post(f"{family(grown)}/{mother.ref}/removal")

        assert done.status_code == 303
        assert not is_child(grown)
        assert children_of(mother) == []
        assert "Add a child" in desk.get(family(grown)).text

    def test_twice_is_not_there(self, desk: Browser, mother: Person) -> None:
        grown = child_of(mother)
        db.session.commit()
        path = f"{family(grown)}/{mother.ref}/removal"

        assert [desk.post(path).status_code for _n in range(2)] == [303, 404]

    def test_a_block_is_no_mistake(self, desk: Browser, mother: Person) -> None:
        child = child_of(mother)
        db.session.commit()
        desk.post(f"{family(child)}/{mother.ref}/block")

        refused = desk.post(f"{family(child)}/{mother.ref}/removal")

        assert refused.status_code == 409
        assert "Whoever was blocked stays blocked" in refused.text
        assert not db.session.get_one(Guardianship, (child.id, mother.id)).is_active
        assert "/removal" not in desk.get(family(child)).text

    def test_beside_one_who_is_blocked_somebody_has_to_decide(
        self, desk: Browser, mother: Person
    ) -> None:
        father = make.participant(mother.memberships[0].centre, name="Omar")
        child = child_of(mother, father)
        db.session.commit()
        desk.post(f"{family(child)}/{father.ref}/block")

        refused = desk.post(f"{family(child)}/{mother.ref}/removal")

        assert refused.status_code == 409
        assert "Nobody else decides for this child" in refused.text
        assert children_of(mother) == [child]


class TestWhoDecidesNoMore:
    def test_a_line_says_who_decides_for_whom(self, desk: Browser, mother: Person) -> None:
        child_of(mother)
        db.session.commit()

        page = re.sub("[\u2068\u2069]", "", desk.get(family(mother)).text)

        assert "Layla decides for Amina, as parent, since" in page
        assert "Block: Layla decides no more" in page

    def test_what_it_does_is_said_before_the_button(self, desk: Browser, mother: Person) -> None:
        child = child_of(mother)
        db.session.commit()

        page = re.sub("[\u2068\u2069]", "", desk.get(family(child)).text)
        details = page[page.index("<summary>Layla decides no more</summary>") :]

        before = details[: details.index("Block: Layla decides no more")]
        assert "Nobody is told of it." in before
        assert "messages that were not read yet are taken back" in before
        assert "they wait apart from then on" in before
        assert "Nobody decides for Amina then" in before

    def test_that_nobody_decides_then_is_said_of_the_last_one_only(
        self, desk: Browser, mother: Person
    ) -> None:
        father = make.participant(mother.memberships[0].centre, name="Omar")
        child = child_of(mother, father)
        db.session.commit()
        assert "Nobody decides for" not in desk.get(family(child)).text

        desk.post(f"{family(child)}/{father.ref}/block")

        assert "Nobody decides for" in desk.get(family(child)).text

    def test_that_the_two_wait_apart_all_the_same_is_said(
        self, desk: Browser, mother: Person, staff: Person
    ) -> None:
        child, activity = child_of(mother), a_course(mother, capacity=2)
        others = [make.person(), make.person()]
        for one in others:
            join(activity, one, by=staff, now=BEFORE)
        wait_for(activity, [mother, child], by=staff, now=BEFORE)
        db.session.commit()
        desk.post(f"{family(child)}/{mother.ref}/block")
        leave(activity, others[0], by=staff, now=BEFORE)
        db.session.commit()

        desk.post(f"{family(child)}/{mother.ref}/again")

        assert "there they wait apart" in desk.get(family(child)).text


def a_course(mother: Person, title: str = "Sewing", **given: object) -> Activity:
    activity = make.activity(title, centre=mother.home_centre, **given)
    make.meeting(activity=activity)
    return activity


class TestWhereTheChildIsExpected:
    @pytest.fixture
    def child(self, mother: Person) -> Person:
        return child_of(mother)

    @pytest.fixture
    def line(self, mother: Person, child: Person, staff: Person) -> Activity:
        """Where mother and child wait; and the child has a place in two others."""
        line = a_course(mother, "Singing", capacity=1)
        sewing, cooking = a_course(mother), a_course(mother, "Cooking")
        later = make.meeting(activity=cooking, starts_at=MONDAY + timedelta(days=1))
        join(line, make.person(), by=staff, now=BEFORE)
        join(sewing, child, by=staff, now=BEFORE)
        visit(later, child, by=staff, now=BEFORE)
        wait_for(line, [child], by=staff, now=BEFORE)
        db.session.commit()
        return line

    def test_is_shown_with_what_stays_after_a_block(
        self, desk: Browser, mother: Person, child: Person, line: Activity
    ) -> None:
        before = desk.get(family(child)).text
        desk.post(f"{family(child)}/{mother.ref}/block")
        after = desk.get(family(child)).text

        for title in ("Sewing", "Cooking", "Singing"):
            assert title in before
            assert title in after
        assert f"/activities/{line.ref}/learners" in after
        assert "end what is not safe" not in before
        assert "end what is not safe" in after

    @pytest.mark.usefixtures("line")
    def test_each_ends_with_one_button(self, desk: Browser, child: Person) -> None:
        page = desk.get(family(child)).text
        ends = re.findall(r'action="([^"]*/(?:places|visits|waiting)/[^"]*/end)"', page)
        assert len(ends) == 3

        answers = [desk.post(path) for path in ends]

        assert [one.location for one in answers] == [family(child)] * 3
        assert "Where this child is expected" not in desk.get(family(child)).text

    def test_what_one_does_not_plan_is_not_there(
        self, desk: Browser, mother: Person, child: Person
    ) -> None:
        hidden = make.activity("Quiet", centre=mother.home_centre, privacy="protected")
        abroad = make.activity("Abroad")
        for day, one in enumerate((hidden, abroad)):
            make.meeting(activity=one, starts_at=MONDAY + timedelta(days=day))
            join(one, child, by=one.coordinator, now=BEFORE)
        db.session.commit()

        page = desk.get(family(child)).text

        assert "Where this child is expected" not in page
        for one in (hidden, abroad):
            assert desk.post(f"{family(child)}/places/{one.ref}/end").status_code == 404
        (session,) = coming_meetings(hidden, now=BEFORE)
        assert desk.post(f"{family(child)}/visits/{session.ref}/end").status_code == 404
        assert has_place(hidden, child)

    def test_a_turn_of_somebody_else_is_none(
        self, desk: Browser, mother: Person, child: Person, line: Activity
    ) -> None:
        other = wait_for(line, [make.person()], by=line.coordinator, now=BEFORE)
        assert other is not None
        db.session.commit()

        assert desk.post(f"{family(child)}/waiting/{other.ref}/end").status_code == 404

    def test_who_stays_in_the_childcare_is_said_where_the_mother_is_removed(
        self, desk: Browser, mother: Person, child: Person, staff: Person
    ) -> None:
        father = make.participant(mother.memberships[0].centre, name="Omar")
        make.guardianship(child, father)
        activity = a_course(mother)
        care = make.childcare(activity)
        for one in (mother, father):
            join(activity, one, by=staff, now=BEFORE)
        join(care, child, by=staff, now=BEFORE)
        db.session.commit()
        learners_page = f"/en/activities/{activity.ref}/learners"

        first = desk.post(f"{learners_page}/{mother.ref}/end", follow_redirects=True)
        assert re.search(r"Still in the childcare, [^<]*: Amina<", first.text)

        second = desk.post(f"{learners_page}/{father.ref}/end", follow_redirects=True)
        assert "Still in the childcare" not in second.text
        assert not has_place(care, child)


class TestTwoWhoNeverComeTogether:
    @pytest.fixture
    def father(self, mother: Person) -> Person:
        return make.participant(mother.memberships[0].centre, name="Omar")

    @pytest.fixture
    def child(self, mother: Person, father: Person) -> Person:
        return child_of(mother, father)

    def test_are_named_where_both_decide_for_a_child(
        self, desk: Browser, mother: Person, father: Person, child: Person
    ) -> None:
        keep_apart(mother, father, by=None, now=BEFORE)
        db.session.commit()

        for one in (child, mother, father):
            assert WARNING in desk.get(family(one)).text
        assert BOTH_DECIDE in desk.get(f"/en/people/{mother.ref}/papers").text

    @pytest.mark.usefixtures("child")
    def test_not_those_of_whom_nobody_said_so(
        self, desk: Browser, mother: Person, father: Person
    ) -> None:
        keep_apart(father, make.participant(mother.memberships[0].centre), by=None, now=BEFORE)
        db.session.commit()

        assert WARNING not in desk.get(family(father)).text
        assert BOTH_DECIDE not in desk.get(f"/en/people/{father.ref}/papers").text

    def test_nor_after_one_of_them_was_blocked(
        self, desk: Browser, mother: Person, father: Person, child: Person
    ) -> None:
        keep_apart(mother, father, by=None, now=BEFORE)
        db.session.commit()
        desk.post(f"{family(child)}/{father.ref}/block")

        for one in (child, mother, father):
            assert WARNING not in desk.get(family(one)).text
        assert BOTH_DECIDE not in desk.get(f"/en/people/{mother.ref}/papers").text

    def test_of_somebody_elsewhere_nothing_is_said(self, desk: Browser, mother: Person) -> None:
        """Whoever does not see both learns nothing of the pair."""
        elsewhere = make.participant(make.centre(), name="Omar")
        child = child_of(mother, elsewhere)
        keep_apart(mother, elsewhere, by=None, now=BEFORE)
        db.session.commit()

        assert WARNING not in desk.get(family(child)).text
        assert "Both decide" not in desk.get(f"/en/people/{mother.ref}/papers").text


class TestThatSomebodyIsAChild:
    def test_is_on_their_page(self, desk: Browser, mother: Person) -> None:
        child = child_of(mother)
        db.session.commit()

        assert "Child of Layla" in desk.get(f"/en/people/{child.ref}").text
        assert not re.search("Child of|A child for", desk.get(f"/en/people/{mother.ref}").text)
        desk.post(f"{family(child)}/{mother.ref}/block")
        page = desk.get(f"/en/people/{child.ref}").text

        assert "A child for whom nobody decides" in page
        assert "Child of" not in page

    def test_is_said_in_the_register_instead_of_that_nobody_reaches_it(
        self, desk: Browser, mother: Person
    ) -> None:
        child = child_of(mother)
        alone = make.participant(mother.memberships[0].centre, name="Zahra", email=None)
        db.session.commit()

        assert reached(desk, "unreached=1") == {alone.name: "nobody reaches them"}
        assert reached(desk, "")[child.name] == "who decides for them"
        desk.post(f"{family(child)}/{mother.ref}/block")

        assert set(reached(desk, "unreached=1")) == {child.name, alone.name}


def reached(desk: Browser, query: str) -> dict[str, str]:
    """Name -> by which ways, as the register says."""
    page = desk.get(f"/en/participants?{query}").text
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return {plain(one[0]): plain(one[4]) for one in cells}


def plain(cell: str) -> str:
    """Its words, without the name that it has on a telephone."""
    words = re.sub(r'<span class="cell-label">.*?</span>', "", cell)
    return re.sub(r"<[^>]*>", "", words).strip()
