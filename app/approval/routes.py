"""Who would like to help, and the papers of everybody who does: for the staff of their centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.approval.apart import keep_apart, no_longer_apart
from app.approval.forms import (
    AgeForm,
    CheckForm,
    ContractForm,
    StepForm,
    age_as_it_is,
    check_as_it_is,
    contract_as_it_is,
    wrong,
)
from app.approval.lacking import Lack
from app.approval.operations import STEPS, NoteMissing, NotReady, NotThisStep, advance
from app.approval.papers import (
    NumberTaken,
    add_check,
    add_contract,
    change_check,
    change_contract,
    remove_check,
    remove_contract,
    suggested_number,
)
from app.approval.queries import (
    applications_to,
    both_expected,
    children_of_both,
    confirmed_for,
    helping_in,
    kept_apart_from,
    lacks_of,
    no_longer_covered,
    trail_of,
)
from app.extensions import db, lock
from app.folding import fold
from app.i18n import _, ngettext
from app.people.current import current_person, may_change, person_or_none, staff
from app.people.models import Centre, Membership, Person, StageChange
from app.people.papers import Contract, ContractKind, IntegrityCheck
from app.people.queries import centres_of, people_of
from app.people.terms import HELPERS, STAFF, Role, Stage
from app.programme.models import Meeting
from app.refusal import Refusal
from app.web import one_or_404, settings

bp = Blueprint("approval", __name__)

MOST_FOUND = 10
ASKED_FIRST = (Stage.PAUSED, Stage.LEFT)
"""Before these, a page says what they are still expected at."""


@bp.get("/applications")
def applications() -> str:
    """Who would like to help and waits for an answer, in all of one's centres."""
    return render_template(
        "approval/applications.html",
        waiting=[m for m in applications_to(staff()) if m.person.id != staff().id],
        may_change=may_change,
        centres=_centres(),
    )


@dataclass(frozen=True)
class There:
    """What one person is in one centre, and what they may become."""

    centre: Centre
    helping: Sequence[Membership]
    contracts: Sequence[Contract]
    trail: Sequence[StageChange]
    lacking: dict[Role, tuple[Lack, ...]]


@dataclass(frozen=True)
class NeverTogether:
    """Somebody whom one person never meets; where both are expected all the same, and the children
    for whom both decide."""

    other: Person
    both: Sequence[Meeting]
    children: Sequence[Person]


@bp.get("/people/<ref>/papers")
def papers(ref: str) -> str:
    """How far they have come, their contracts and checks, and whom they never meet."""
    return _papers(_find(ref))


def _papers(person: Person, *, refused: Refusal | None = None) -> str:
    now = clock.now()
    others = kept_apart_from(person, staff())
    return render_template(
        "approval/papers.html",
        known=person,
        there=[_there(person, centre, now) for centre in _centres_of(person)],
        uncovered=no_longer_covered(person, staff(), now=now),
        apart=[_apart(person, one, now) for one in others],
        found=_found(person, others),
        looked_for=request.args.get("name", "").strip(),
        names=_names(person),
        refused=refused,
        steps=STEPS,
        asked_first=ASKED_FIRST,
        may_change=may_change,
        today=now.date(),
        Stage=Stage,
    )


def _apart(person: Person, other: Person, now: datetime) -> NeverTogether:
    return NeverTogether(
        other=other,
        both=both_expected(person, other, staff(), now=now),
        children=children_of_both(person, other, staff()),
    )


def _there(person: Person, centre: Centre, now: datetime) -> There:
    helping = helping_in(person, centre.id)
    today = now.astimezone(centre.tz).date()
    return There(
        centre=centre,
        helping=helping,
        contracts=[one for one in person.contracts if one.centre_id == centre.id],
        trail=trail_of(person, [centre.id]),
        lacking={m.role: lacks_of(person, centre.id, m.role, today=today) for m in helping},
    )


def _names(person: Person) -> dict[int, str]:
    """Who saw and approved the checks, by id."""
    ids = {one.seen_by_id for one in person.checks} | {one.approved_by_id for one in person.checks}
    known = (db.session.get(Person, one) for one in ids if one is not None)
    return {one.id: one.name for one in known if one is not None}


def _found(person: Person, others: Sequence[Person]) -> list[Person]:
    """Whose name holds what was typed, of those one may see."""
    typed = fold(request.args.get("name", "").strip())
    if not typed:
        return []
    known = {person.id, *(one.id for one in others)}
    everybody = db.session.scalars(people_of(staff()))
    return [p for p in everybody if typed in fold(p.name) and p.id not in known][:MOST_FOUND]


@bp.get("/people/<ref>/papers/<code>/<role>/<stage>")
def step(ref: str, code: str, role: str, stage: str) -> str:
    """Before somebody pauses, leaves or comes back: what follows from it."""
    person = _find(ref)
    return _step(person, _centre(person, code), _role(role), _stage(stage), StepForm())


@bp.post("/people/<ref>/papers/<code>/<role>/<stage>")
def take_step(ref: str, code: str, role: str, stage: str) -> tuple[str, int] | Response:
    """They come a stage further, or back; whom it answers is told."""
    person, form = _find(ref), StepForm()
    centre, which, wanted = _centre(person, code), _role(role), _stage(stage)
    if not form.validate_on_submit():
        return _step(person, centre, which, wanted, form), 422
    note, now = form.note.data or "", clock.now()
    try:
        changed = advance(person, centre, which, wanted, by=staff(), now=now, note=note)
    except NoteMissing as refusal:
        db.session.rollback()
        wrong(form.note, str(refusal.message))
        return _step(_find(ref), _centre(_find(ref), code), which, wanted, form), 409
    except (NotThisStep, NotReady) as refusal:
        db.session.rollback()
        return _papers(_find(ref), refused=refusal), 409
    db.session.commit()
    flash(_("Saved.") if changed else _("This is how it was already."), "success")
    return redirect(url_for(".papers", ref=ref), 303)


def _step(person: Person, centre: Centre, role: Role, stage: Stage, form: StepForm) -> str:
    membership = next((m for m in helping_in(person, centre.id) if m.role is role), None)
    if membership is None:
        abort(404)
    held = confirmed_for(person, staff(), now=clock.now(), centre=centre)
    return render_template(
        "approval/step.html",
        known=person,
        centre=centre,
        membership=membership,
        stage=stage,
        held=[one for one in held if one.need.role is role] if stage in ASKED_FIRST else [],
        form=form,
        Stage=Stage,
    )


@bp.get("/people/<ref>/contracts/<code>/new")
def new_contract(ref: str, code: str) -> str:
    """One more contract with that centre, with the next free number."""
    person = _find(ref)
    centre = _centre(person, code)
    today = _today(centre)
    number = suggested_number(centre, ContractKind.VOLUNTEER, today=today)
    form = ContractForm(today=today, data={"number": number, "kind": "volunteer"})
    return _contract_page(person, centre, form)


@bp.post("/people/<ref>/contracts/<code>/new")
def enter_contract(ref: str, code: str) -> tuple[str, int] | Response:
    person = _find(ref)
    centre = _centre(person, code)
    form = ContractForm(today=_today(centre))
    if not form.validate_on_submit():
        return _contract_page(person, centre, form), 422
    try:
        add_contract(person, centre, form.facts(), by=staff(), now=clock.now())
    except NumberTaken as refusal:
        return _number_taken(refusal, ref, code, form)
    return _saved(person)


@bp.get("/people/<ref>/contracts/<paper>")
def contract(ref: str, paper: str) -> str:
    """What was written of it, to be changed: a last day, a sheet, a slip of the pen."""
    person = _find(ref)
    found, centre = _contract(person, paper)
    form = ContractForm(today=_today(centre), data=contract_as_it_is(found))
    return _contract_page(person, centre, form, found)


@bp.post("/people/<ref>/contracts/<paper>")
def write_contract(ref: str, paper: str) -> tuple[str, int] | Response:
    person = _find(ref)
    found, centre = _contract(person, paper)
    form = ContractForm(today=_today(centre))
    if not form.validate_on_submit():
        return _contract_page(person, centre, form, found), 422
    try:
        change_contract(found, form.facts())
    except NumberTaken as refusal:
        return _number_taken(refusal, ref, centre.code, form, paper)
    return _saved(person)


@bp.get("/people/<ref>/contracts/<paper>/removal")
def contract_removal(ref: str, paper: str) -> str:
    person = _find(ref)
    found, centre = _contract(person, paper)
    return render_template(
        "approval/removal.html", known=person, contract=found, centre=centre, check=None
    )


@bp.post("/people/<ref>/contracts/<paper>/removal")
def drop_contract(ref: str, paper: str) -> Response:
    person = _find(ref)
    remove_contract(_contract(person, paper)[0])
    return _saved(person)


def _contract_page(
    person: Person, centre: Centre, form: ContractForm, found: Contract | None = None
) -> str:
    return render_template(
        "approval/contract.html", known=person, centre=centre, form=form, contract=found
    )


def _number_taken(
    refusal: NumberTaken, ref: str, code: str, form: ContractForm, paper: str | None = None
) -> tuple[str, int]:
    """The page again with what was typed, and the next free number."""
    db.session.rollback()
    person = _find(ref)
    centre = _centre(person, code)
    free = suggested_number(centre, ContractKind(form.kind.data), today=_today(centre))
    wrong(form.number, f"{refusal.message} {_('The next free one is %(number)s.', number=free)}")
    found = _contract(person, paper)[0] if paper else None
    return _contract_page(person, centre, form, found), 409


@bp.get("/people/<ref>/checks/new")
def new_check(ref: str) -> str:
    """One more check that was seen."""
    person = _looked_after(ref)
    return _check_page(person, _check_form(data={"kind": "integrity", "seen_on": _day()}))


@bp.post("/people/<ref>/checks/new")
def enter_check(ref: str) -> tuple[str, int] | Response:
    person, form = _looked_after(ref), _check_form()
    if not form.validate_on_submit():
        return _check_page(person, form), 422
    add_check(person, form.facts(), by=staff())
    return _saved(person)


@bp.get("/people/<ref>/checks/<paper>")
def check(ref: str, paper: str) -> str:
    person = _looked_after(ref)
    found = _check(person, paper)
    return _check_page(person, _check_form(data=check_as_it_is(found)), found)


@bp.post("/people/<ref>/checks/<paper>")
def write_check(ref: str, paper: str) -> tuple[str, int] | Response:
    person, form = _looked_after(ref), _check_form()
    found = _check(person, paper)
    if not form.validate_on_submit():
        return _check_page(person, form, found), 422
    change_check(found, form.facts(), by=staff())
    return _saved(person)


@bp.get("/people/<ref>/checks/<paper>/removal")
def check_removal(ref: str, paper: str) -> str:
    person = _looked_after(ref)
    return render_template(
        "approval/removal.html", known=person, contract=None, check=_check(person, paper)
    )


@bp.post("/people/<ref>/checks/<paper>/removal")
def drop_check(ref: str, paper: str) -> Response:
    person = _looked_after(ref)
    remove_check(_check(person, paper))
    return _saved(person)


def _check_form(**given: Any) -> CheckForm:
    return CheckForm(today=_day(), months=settings().check_months, **given)


def _check_page(person: Person, form: CheckForm, found: IntegrityCheck | None = None) -> str:
    return render_template("approval/check.html", known=person, form=form, check=found)


@bp.get("/people/<ref>/age")
def age(ref: str) -> str:
    """How old they are, as far as it must be known."""
    person = _looked_after(ref)
    form = AgeForm(today=_day(), data=age_as_it_is(person))
    return render_template("approval/age.html", known=person, form=form)


@bp.post("/people/<ref>/age")
def write_age(ref: str) -> tuple[str, int] | Response:
    person, form = _looked_after(ref), AgeForm(today=_day())
    if not form.validate_on_submit():
        return render_template("approval/age.html", known=person, form=form), 422
    lock(person)
    form.write_to(person)
    return _saved(person)


@bp.post("/people/<ref>/apart/<other>")
def part(ref: str, other: str) -> Response:
    """The two never meet from now on."""
    person = _find(ref)
    keep_apart(person, _seen(other), by=staff(), now=clock.now())
    db.session.commit()
    flash(_("Saved. Nobody else learns of it, nor why."), "success")
    return redirect(url_for(".papers", ref=ref, _anchor="apart"), 303)


@bp.post("/people/<ref>/apart/<other>/removal")
def join(ref: str, other: str) -> Response:
    """They may meet again."""
    person = _find(ref)
    no_longer_apart(person, _seen(other))
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".papers", ref=ref, _anchor="apart"), 303)


def _saved(person: Person) -> Response:
    """Back to the papers; what is no longer covered is said at once."""
    lost = len(no_longer_covered(person, staff(), now=clock.now()))
    db.session.commit()
    flash(_("Saved."), "success")
    if lost:
        flash(
            ngettext(
                "%(num)s place is not covered by these papers: see below.",
                "%(num)s places are not covered by these papers: see below.",
                lost,
            ),
            "warning",
        )
    return redirect(url_for(".papers", ref=person.ref), 303)


def _find(ref: str) -> Person:
    """Somebody of one's centres whom one may change."""
    person = one_or_404(people_of(staff()).where(Person.ref == ref))
    if not may_change(person):
        abort(404)
    return person


def _seen(ref: str) -> Person:
    """Somebody of one's centres."""
    return one_or_404(people_of(staff()).where(Person.ref == ref))


def _centres() -> list[Centre]:
    return centres_of(staff(), *STAFF)


def _centres_of(person: Person) -> list[Centre]:
    """Those of one's centres where the person is, was or would like to be something."""
    theirs = {m.centre_id for m in person.memberships}
    return [centre for centre in _centres() if centre.id in theirs]


def _centre(person: Person, code: str) -> Centre:
    found = next((one for one in _centres_of(person) if one.code == code), None)
    return found or abort(404)


def _contract(person: Person, paper: str) -> tuple[Contract, Centre]:
    """One of their contracts with one of one's centres."""
    mine = {centre.id: centre for centre in _centres_of(person)}
    found = next((c for c in person.contracts if c.ref == paper and c.centre_id in mine), None)
    if found is None:
        abort(404)
    return found, mine[found.centre_id]


def _looked_after(ref: str) -> Person:
    """Somebody whose age and checks one may write: of whom one's centre has seen something, or whom
    no other centre relies on."""
    person = _find(ref)
    mine = staff().centres_where(*STAFF)
    seen_here = any(
        m.centre_id in mine and m.role in HELPERS and (m.stage.counts or m.stage is Stage.INTERVIEW)
        for m in person.memberships
    )
    if not seen_here and person.has_role(*HELPERS):
        abort(404)
    return person


def _check(person: Person, paper: str) -> IntegrityCheck:
    return next((one for one in person.checks if one.ref == paper), None) or abort(404)


def _role(value: str) -> Role:
    return next((role for role in HELPERS if role.value == value), None) or abort(404)


def _stage(value: str) -> Stage:
    return next((stage for stage in Stage if stage.value == value), None) or abort(404)


def _today(centre: Centre) -> date:
    return clock.now().astimezone(centre.tz).date()


def _day() -> date:
    return clock.now().astimezone(staff().tz).date()


@dataclass(frozen=True)
class OwnPapers:
    """What somebody who helps, or would like to, reads of their own papers."""

    centre: Centre
    stages: Sequence[Membership]
    contract: Contract | None
    lacking: Sequence[Lack]


@bp.app_context_processor
def own_papers() -> dict[str, Any]:
    """For the page of one's own profile."""
    return {"own_papers": _own_papers}


def _own_papers() -> list[OwnPapers]:
    person = person_or_none()
    return [_own(current_person(), centre) for centre in _own_centres(person)] if person else []


def _own_centres(person: Person | None) -> list[Centre]:
    mine = person.memberships if person else []
    found = {m.centre.id: m.centre for m in mine if m.role in HELPERS and m.stage is not Stage.LEFT}
    return sorted(found.values(), key=lambda centre: centre.name)


def _own(person: Person, centre: Centre) -> OwnPapers:
    today = _today(centre)
    stages = [m for m in helping_in(person, centre.id) if m.stage is not Stage.LEFT]
    lacking = (lack for m in stages for lack in lacks_of(person, centre.id, m.role, today=today))
    theirs = [one for one in person.contracts if one.centre_id == centre.id]
    return OwnPapers(
        centre=centre,
        stages=stages,
        contract=person.contract_on(today, centre.id) or (theirs[-1] if theirs else None),
        lacking=list(dict.fromkeys(lacking)),
    )
