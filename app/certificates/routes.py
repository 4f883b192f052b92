"""Pages of certificates: asking, issuing, reading, printing; and the check that is open to all."""

from __future__ import annotations

from datetime import date
from typing import Any

import segno
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import insert
from werkzeug import Response as Redirect

from app import clock
from app.certificates import operations, suggestions
from app.certificates.content import NEUTRAL, hours_minutes, initials, spaced, tidy_code
from app.certificates.draft_form import DraftForm, WithdrawForm, draft_defaults
from app.certificates.forms import AskForm, CodeForm
from app.certificates.models import Certificate
from app.certificates.paper import can_make_pdf, pdf_of
from app.certificates.queries import (
    Certifiable,
    certifiable,
    certificate_by_code,
    certificates_of,
    certificates_open_to,
    first_day_helped,
    open_request,
    own_requests,
)
from app.database import new_ref
from app.extensions import db
from app.i18n import _
from app.people.access import public
from app.people.current import current_person, person_or_none, planner
from app.people.models import Centre, FailedSignIn, Person
from app.people.queries import centres_of, failures, hashed, people_of
from app.people.terms import Role
from app.web import callers_network, link, note_aside, one_or_404

bp = Blueprint("certificates", __name__)

MOST_UNKNOWN = 20
"""So many unknown codes from one network in a quarter of an hour; then it has to wait."""
SHOWN_OF_DIGEST = 16
SHEETS = {
    "volunteering": "certificates/sheet.html",
    "attendance": "attendance/paper_sheet.html",
    "hours": "attendance/paper_sheet.html",
}
"""What a certificate of that sort looks like on paper."""


@bp.app_context_processor
def words() -> dict[str, object]:
    return {
        "own_certificates": _own_certificates,
        "certificates_for": _certificates_for,
        "certificate_centres": _certificate_centres,
        "certificate_ask_form": AskForm,
        "certificate_requests": lambda: own_requests(current_person()),
    }


def _own_certificates() -> list[Certificate]:
    person = person_or_none()
    return list(db.session.scalars(certificates_of(person))) if person else []


def _certificates_for(person: Person) -> list[Certificate]:
    """Those of *person* from the centres whose programme the reader plans."""
    mine = current_person().centres_where(Role.COORDINATOR)
    return list(db.session.scalars(certificates_of(person).where(Certificate.centre_id.in_(mine))))


def _certificate_centres(person: Person) -> list[Centre]:
    """Where the reader may issue one to *person*."""
    return [
        centre
        for centre in centres_of(current_person(), Role.COORDINATOR)
        if any(one.centre_id == centre.id for one in person.memberships)
    ]


@bp.post("/my-hours/certificate-requests")
def ask() -> Redirect:
    """The coordinators of one centre are told that somebody wants a certificate."""
    code, form = request.form.get("centre", ""), AskForm()
    centre = one_or_404(db.select(Centre).where(Centre.code == code))
    operations.ask_for_certificate(
        current_person(), centre, everything=bool(form.everything.data), now=clock.now()
    )
    db.session.commit()
    flash(_("Thank you. The coordinators are told; you will get a message."), "success")
    return redirect(url_for("presence.mine"), 303)


@bp.get("/people/<ref>/certificate")
def draft(ref: str) -> str:
    """What a certificate would hold, before it is issued."""
    person, centre = _whose(ref)
    now = clock.now()
    today = now.astimezone(centre.tz).date()
    first = first_day_helped(person, centre, now=now) or today
    what = certifiable(person, centre, first, today, by=planner(), now=now)
    kinds = {one.kind or "" for one in what.sessions}
    form = DraftForm(
        data=draft_defaults(
            once=new_ref(),
            first_day=first,
            last_day=today,
            volunteer=person.name,
            host=centre.name,
            representative=planner().name,
            responsibilities=suggestions.responsibilities(kinds),
            competences=suggestions.competences(kinds),
        )
    )
    return _show_draft(person, centre, form, what)


def _show_draft(person: Person, centre: Centre, form: DraftForm, what: Certifiable) -> str:
    return render_template(
        "certificates/draft.html",
        known=person,
        centre=centre,
        form=form,
        what=what,
        asked=open_request(person, centre),
    )


@bp.post("/people/<ref>/certificate")
def issue(ref: str) -> tuple[str, int] | Redirect:
    """First what it would hold is shown anew; the other button issues it."""
    person, centre = _whose(ref)
    form, now = DraftForm(), clock.now()
    valid = form.validate_on_submit()
    if not valid or "issue" not in request.form:
        period = form.period() if form.first_day.data and form.last_day.data else _no_time()
        what = certifiable(person, centre, *period, by=planner(), now=now)
        return _show_draft(person, centre, form, what), 200 if valid else 422
    certificate = operations.issue(
        person, centre, form.typed(), once=form.once.data, by=planner(), now=now
    )
    db.session.commit()
    flash(_("Issued. The volunteer will get a message."), "success")
    return redirect(url_for(".show", ref=certificate.ref), 303)


def _no_time() -> tuple[date, date]:
    return date.max, date.min


def _whose(ref: str) -> tuple[Person, Centre]:
    """Somebody of a centre that one plans: the one of the address, else the first they share."""
    person = one_or_404(people_of(planner()).where(Person.ref == ref))
    if person.id == planner().id:  # a colleague certifies one's own hours
        abort(404)
    shared = _certificate_centres(person)
    wanted = request.values.get("centre")
    found = [one for one in shared if one.code == wanted] or ([] if wanted else shared)
    return person, (found[0] if found else abort(404))


@bp.get("/certificates/<ref>")
def show(ref: str) -> str:
    """The paper on the page, to be read, printed or fetched as PDF."""
    found = operations.checked(_find(ref))
    return render_template(
        "certificates/show.html",
        certificate=found,
        may_withdraw=_may_withdraw(found),
        can_make_pdf=can_make_pdf(),
        form=WithdrawForm(),
        **_paper(found),
    )


def _paper(certificate: Certificate) -> dict[str, Any]:
    address = link("ro", "certificates.check", code=certificate.code)
    code = segno.make(address, error="m")
    return {
        "facts": certificate.facts,
        "sheet": SHEETS[certificate.sort],
        "digest": certificate.digest,
        "code": spaced(certificate.code),
        "address": address,
        "qr": Markup(code.svg_inline(omitsize=True, svgclass="qr", lineclass=None)),
        "time": hours_minutes,
        "as_day": _as_day,
    }


def _as_day(iso: str) -> str:
    """A day as Romanian papers write it: 01.03.2027."""
    return f"{date.fromisoformat(iso):%d.%m.%Y}"


@bp.get("/certificates/<ref>.pdf")
def paper(ref: str) -> Response:
    """The same from the same frozen content, as a file. Its name names nobody."""
    found = operations.checked(_find(ref))
    page = render_template("certificates/paper.html", certificate=found, **_paper(found))
    return Response(
        pdf_of(page),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="certificat-{found.code[:4]}.pdf"'},
    )


@bp.post("/certificates/<ref>/withdrawal")
def withdraw(ref: str) -> Redirect:
    found = _find(ref)
    if not _may_withdraw(found):
        abort(404)
    operations.withdraw(found, request.form.get("reason", ""), by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Withdrawn. Whoever checks its code reads so."), "success")
    return redirect(url_for(".show", ref=ref), 303)


def _may_withdraw(certificate: Certificate) -> bool:
    mine = current_person().centres_where(Role.COORDINATOR)
    return certificate.centre_id in mine and not certificate.is_withdrawn


def _find(ref: str) -> Certificate:
    found = one_or_404(certificates_open_to(current_person()).where(Certificate.ref == ref))
    mine = current_person().id in (found.person_id, found.issued_by_id)
    if not mine and any(row["title"] == NEUTRAL for row in found.facts["report"]):
        abort(404)  # with protected hours it is for whoever issued it and whose it is
    return found


@bp.get("/certificate-check")
@public
def find() -> str | Redirect:
    """Where a code from a paper is typed."""
    form = CodeForm(request.args)
    code = tidy_code(form.code.data or "")
    if code:
        return redirect(url_for(".check", code=code), 303)
    return render_template("certificates/find.html", form=form)


@bp.get("/certificate-check/<code>")
@public
def check(code: str) -> str | tuple[str, int]:
    """What anybody may know of one certificate; of an unknown code, that there is none."""
    network, now = f"certificate:{callers_network()}", clock.now()
    if failures(network, now=now) >= MOST_UNKNOWN:
        abort(429)
    found = db.session.scalars(certificate_by_code(code)).one_or_none()
    if found is None:
        note_aside((insert(FailedSignIn).values(subject_hash=hashed(network), at=now), None))
        form = CodeForm(formdata=None, data={"code": code})
        return render_template("certificates/find.html", form=form, unknown=True), 404
    facts = operations.checked(found).facts
    return render_template(
        "certificates/check.html",
        certificate=found,
        facts=facts,
        initials=initials(found.holder),
        digest=found.digest[:SHOWN_OF_DIGEST],
        time=hours_minutes,
        as_day=_as_day,
    )
