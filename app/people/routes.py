"""Signing in and out, one's own profile, leaving in a hurry."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug import Response

from app import clock
from app.extensions import csrf, db
from app.i18n import _
from app.people import operations
from app.people.access import public
from app.people.current import (
    away_here,
    current_person,
    current_sign_in,
    forget,
    remember,
)
from app.people.forms import (
    ConfirmForm,
    NewPasswordForm,
    ProfileForm,
    SignInForm,
    profile_of,
    stripped,
)
from app.people.namesakes import keep_name
from app.people.operations import LinkUsed, TooManyTries
from app.people.passwords import WeakPassword
from app.people.queries import password_link
from app.people.terms import HELPERS, Role
from app.web import callers_network, came_from, local_path, settings

bp = Blueprint("people", __name__)


@bp.get("/sign-in")
@public
def sign_in() -> str | Response:
    if current_user.is_authenticated:
        then = local_path(request.args.get("next")) or url_for(".home")
        return redirect(then, 303)
    away = away_here() if "next" in request.args else None
    if away is not None and away.person.password_hash is None:  # a code is their only way
        asked = request.args
        code = url_for("codes.wanted", next=asked.get("next"), lost=asked.get("lost"))
        return redirect(code, 303)
    return render_template("people/sign_in.html", form=SignInForm())


@bp.post("/sign-in")
@public
def begin() -> str | tuple[str, int] | Response:
    """Right: in. Wrong: the same sentence whether the address is known or not."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("people/sign_in.html", form=form), 422
    try:
        token = operations.sign_in(
            form.email.data, form.password.data, network=callers_network(), now=clock.now()
        )
    except TooManyTries as refusal:
        form.form_errors.append(str(refusal.message))
        return render_template("people/sign_in.html", form=form), 429
    db.session.commit()
    if token is None:
        form.form_errors.append(_("The e-mail address or the password is not right."))
        return render_template("people/sign_in.html", form=form), 422
    remember(token)
    return redirect(local_path(request.args.get("next")) or url_for(".home"), 303)


@bp.get("/home")
def home() -> Response:
    """The first page of each role."""
    person = current_person()
    if person.has_role(Role.COORDINATOR):
        return redirect(url_for("views.week"), 303)
    if person.has_role(Role.ADMINISTRATOR):
        return redirect(url_for("invitations.people"), 303)
    if person.has_role(*HELPERS):
        return redirect(url_for("staffing.needed"), 303)
    if person.applications and not person.has_role(Role.PARTICIPANT):
        return redirect(url_for("steps.overview"), 303)
    return redirect(url_for("programme.mine"), 303)


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    forget()
    db.session.commit()
    flash(_("You are signed out."), "success")
    response = redirect(url_for("programme.index"), 303)
    response.headers["Clear-Site-Data"] = '"storage"'  # what a page kept until it could be sent
    return response


@bp.post("/leave")
@public
def leave() -> Response:
    """Leave in a hurry: signed out, this site's traces cleared, and on to a harmless page; however
    long the page was open, and whether somebody still is signed in or not."""
    forget()
    db.session.commit()
    response = redirect(settings().exit_url, 303)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


csrf.exempt(leave)  # a page that was open for days leads out as well; other sites cannot ask for it


@bp.get("/confirmation")
def confirm() -> str | Response:
    if current_person().password_hash is None:
        return redirect(url_for("codes.again", next=request.args.get("next")), 303)
    return _confirm_page(ConfirmForm())


@bp.post("/confirmation")
def confirmed() -> str | tuple[str, int] | Response:
    """The password once more, before protected details are shown."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _confirm_page(form), 422
    right = operations.confirm_password(current_sign_in(), form.password.data, now=clock.now())
    db.session.commit()
    if not right:
        form.form_errors.append(_("The password is not right."))
        return _confirm_page(form), 422
    return redirect(local_path(request.args.get("next")) or url_for(".home"), 303)


def _confirm_page(form: ConfirmForm) -> str:
    """*back* is where somebody goes who would rather not; it stays when the password was wrong."""
    back = local_path(request.form.get("back")) or came_from() or url_for(".home")
    return render_template("people/confirm.html", form=form, back=back)


@bp.get("/profile")
def profile() -> str:
    form = ProfileForm(data=profile_of(current_person()))
    return render_template("people/profile.html", form=form)


@bp.post("/profile")
def change_profile() -> str | tuple[str, int] | Response:
    form, person = ProfileForm(), current_person()
    if not form.validate_on_submit():
        return render_template("people/profile.html", form=form), 422
    person.name, person.phone = form.name.data, stripped(form.phone.data)
    person.language, person.zone = form.language.data, form.zone.data
    keep_name(person)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(f"/{person.language}{url_for('.profile')[len(request.script_root) :]}", 303)


@bp.get("/password/<token>")
@public
def choose_password(token: str) -> str | tuple[str, int]:
    """Looking never uses the link up: mail scanners open links before people do."""
    if db.session.scalars(password_link(token)).one_or_none() is None:
        return render_template("refused.html", message=LinkUsed.message), 404
    return render_template("people/choose_password.html", form=NewPasswordForm())


@bp.post("/password/<token>")
@public
def password_chosen(token: str) -> str | tuple[str, int] | Response:
    form = NewPasswordForm()
    found = db.session.scalars(password_link(token)).one_or_none()
    if found is None:
        return render_template("refused.html", message=LinkUsed.message), 404
    if not form.validate_on_submit():
        return render_template("people/choose_password.html", form=form), 422
    try:
        operations.choose_password(found, form.password.data, now=clock.now())
    except WeakPassword as refusal:
        db.session.rollback()
        form.password.errors = [*form.password.errors, refusal.message]
        return render_template("people/choose_password.html", form=form), 422
    db.session.commit()
    flash(_("Your password is set. Sign in with it."), "success")
    return redirect(url_for(".sign_in"), 303)
