"""The page on which a household joins: for the guardian, and for the coordinator at the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import render_template

from app import clock
from app.extensions import db
from app.households.forms import ComingForm
from app.households.operations import add_child
from app.households.queries import Before, care_beside, look_ahead
from app.i18n import _
from app.people.guardians import children_of
from app.people.models import Person
from app.programme.models import Activity
from app.refusal import Refusal
from app.signups.queries import has_place
from app.signups.rules import ActivityFull, ChildcareFull, ExpectedElsewhere
from app.signups.together import Came, Care, Coming, come_together

ANSWERS = {"without": Care.WITHOUT, "mind_later": Care.WAIT}


@dataclass
class Party:
    """A guardian with their children before an activity; *by*: whoever fills the page in."""

    activity: Activity
    guardian: Person
    by: Person
    back: str
    now: datetime = field(default_factory=clock.now)

    def __post_init__(self) -> None:
        self.care = care_beside(self.activity, now=self.now)
        self.children = children_of(self.guardian)
        self.form = ComingForm(
            activity=self.activity,
            guardian=self.guardian,
            oneself=self.oneself,
            children=self.children,
            has_care=self.care is not None,
            data={"people": [] if has_place(self.activity, self.guardian) else [self.guardian.ref]},
        )

    @property
    def oneself(self) -> bool:
        return self.by.id == self.guardian.id

    def there(self, activity: Activity | None) -> list[Person]:
        """Who of them already has a place."""
        if activity is None:
            return []
        return [one for one in (self.guardian, *self.children) if has_place(activity, one)]

    def page(self, before: Before | None = None) -> str:
        return render_template(
            "households/coming.html",
            activity=self.activity,
            care=self.care,
            guardian=self.guardian,
            oneself=self.oneself,
            form=self.form,
            there=self.there(self.activity),
            minded=self.there(self.care),
            before=before,
            back=self.back,
        )

    def look_ahead(self, coming: Coming) -> Before:
        return look_ahead(coming, self.care, now=self.now, by_staff=not self.oneself)

    def coming(self) -> Coming:
        """What was ticked, the new children among them."""
        new = [
            add_child(name, guardian=self.guardian, by=self.by, now=self.now)
            for name in self.form.names
        ]
        to_care, here = (new, []) if self.care else ([], new)
        return Coming(
            activity=self.activity,
            guardian=self.guardian,
            people=[*self.form.chosen("people"), *here],
            minded=[*self.form.chosen("minded"), *to_care],
        )


@dataclass(frozen=True)
class Saved:
    """What became of it, and of whom."""

    came: Came
    people: list[Person]


def saved(party: Party, answer: str) -> Saved | tuple[str, int]:
    """What became of it, committed; or the page again, with what is asked, and its status."""
    form = party.form
    if not form.validate_on_submit():
        return party.page(), 422
    try:
        coming = party.coming()
        if not coming.people and not coming.minded:
            form.people.errors = [*form.people.errors, _("Choose who comes.")]
            return party.page(), 422
        before = party.look_ahead(coming)
        if before.elsewhere or (before.asks and not answer):
            return _again(party, before), 409 if before.elsewhere else 200
        came = come_together(
            coming,
            by=party.by,
            now=party.now,
            waits=answer == "wait",
            care=ANSWERS.get(answer, Care.NEEDED),
        )
    except (ActivityFull, ChildcareFull, ExpectedElsewhere):  # somebody was quicker
        return _again(party, party.look_ahead(coming)), 409
    except Refusal as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return party.page(), 409
    db.session.commit()
    return Saved(came, [*coming.people, *(coming.minded if came.is_minded else ())])


def _again(party: Party, before: Before) -> str:
    """The page once more; nothing was saved, the new children neither."""
    page = party.page(before)
    db.session.rollback()
    return page
