"""Pages of a rota: asking for one, watching it come, the board, why this person, accepting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_percent
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.current import may_change, planned_centres, planner
from app.people.models import Person
from app.people.queries import people_of
from app.programme.models import Meeting
from app.programme.terms import Term
from app.refusal import Refusal
from app.rota import operations
from app.rota.accepting import accept, in_portions
from app.rota.board import (
    Line,
    all_new,
    board_of,
    colleagues,
    idle_in,
    lines_of,
    people_by_id,
    tally_of,
)
from app.rota.explaining import doubts_about, explained, in_hours, where_else
from app.rota.forms import RotaForm
from app.rota.frame import Frame, start_digest, unpacked
from app.rota.inputs import needs_of_rota
from app.rota.models import Act, Deed, Rota, Stage, Wish
from app.rota.nobody import why_empty
from app.rota.operations import begin_rota
from app.rota.reading import knows, read_plan
from app.rota.unmet import unmet_in
from app.rota.words import remedy, where_to_change, why_refused
from app.staffing.models import Need, State
from app.staffing.queries import needs_planned_by
from app.web import local_path, one_or_404

bp = Blueprint("rota", __name__)

SHOWN = 20


@bp.app_context_processor
def words() -> dict[str, object]:
    return {"remedy": remedy, "where_to_change": where_to_change}


bp.add_app_template_filter(in_hours)


@bp.app_template_filter()
def at_most(gap: float) -> str:
    """A gap as a percentage, rounded up so that it is never told smaller than it is."""
    percent = -(-gap * 100 * 100 // 1) / 100
    return str(format_percent(percent / 100, "#,##0.##%"))


@bp.get("/rotas")
def rotas() -> str:
    """The plans I asked for, the latest first, and asking for one."""
    return _list(_form())


@bp.post("/rotas")
def begin() -> tuple[str, int] | Response:
    form = _form()
    if not form.validate_on_submit():
        return _list(form), 422
    rota = begin_rota(planner(), **form.facts(), now=clock.now())
    db.session.commit()
    return redirect(url_for(".board", ref=rota.ref), 303)


@bp.post("/terms/<ref>/rota")
def begin_for_term(ref: str) -> Response:
    """Can we staff this term? Drafts are planned too."""
    places = [centre.id for centre in planned_centres()]
    term = one_or_404(select(Term).where(Term.ref == ref, Term.centre_id.in_(places)))
    rota = begin_rota(
        planner(),
        centre=term.centre,
        term=term,
        first_day=term.first_day,
        last_day=term.last_day,
        now=clock.now(),
    )
    db.session.commit()
    return redirect(url_for(".board", ref=rota.ref), 303)


@bp.post("/needs/<ref>/mending")
def mend(ref: str) -> Response:
    """Fill what is missing at one session by moving as few people as possible, in its week."""
    need = _need(ref)
    meeting = need.meeting
    rota = operations.begin_mending(planner(), meeting, now=clock.now())
    db.session.commit()
    return redirect(url_for(".board", ref=rota.ref, need=need.ref), 303)


def _form() -> RotaForm:
    today = clock.now().astimezone(planner().tz).date()
    return RotaForm(centres=planned_centres(), today=today, data=_first_choice(today))


def _first_choice(today: date) -> dict[str, Any]:
    return {"first_day": today, "last_day": date.fromordinal(today.toordinal() + 27)}


def _list(form: RotaForm) -> str:
    mine = select(Rota).where(Rota.by_id == planner().id)
    found = db.session.scalars(
        mine.options(joinedload(Rota.centre), joinedload(Rota.term))
        .order_by(Rota.made_at.desc(), Rota.id.desc())
        .limit(SHOWN)
    ).all()
    return render_template("rota/list.html", rotas=found, form=form)


@bp.get("/rotas/<ref>")
def board(ref: str) -> str:
    """Proposals beside today's state, a week at a time."""
    rota, now = _rota(ref), clock.now()
    everything = request.args.get("all") == "1"
    view = "people" if request.args.get("by") == "person" else "days"
    shown = board_of(rota, _asked_monday(), changes_only=not everything, now=now)
    return render_template(
        "rota/board.html",
        rota=rota,
        board=shown,
        idle=idle_in(rota, now=now) if view == "people" and rota.has_plan else (),
        view=view,
        everything=everything,
        tally=tally_of(rota, now=now) if rota.has_plan else None,
        unmet=unmet_in(rota, now=now) if rota.has_plan else (),
        waits_long=_waits_long(rota, now),
        colleagues=colleagues(rota, now=now),
        asked_about=_asked_about(rota, now),
        newer=_newer(rota),
        wishes=_wishes(rota),
        State=State,
        **_where(ref, shown.monday, view, everything),
    )


def _where(ref: str, monday: date, view: str, everything: bool) -> dict[str, Any]:
    """The address of the board with something changed."""
    now = {
        "week": monday.isoformat(),
        "by": "person" if view == "people" else None,
        "all": "1" if everything else None,
        "need": request.args.get("need"),
    }

    def there(**other: Any) -> str:
        return url_for(".board", ref=ref, **{**now, **other})

    return {"there": there}


def _asked_monday() -> date | None:
    try:
        return date.fromisoformat(request.args.get("week", ""))
    except ValueError:
        return None


def _asked_about(rota: Rota, now: datetime) -> Line | None:
    """The place for which somebody is looked for, where the plan was asked for because of it."""
    asked = needs_of_rota(rota, now=now).where(Need.ref == request.args.get("need", ""))
    found = db.session.scalars(asked).one_or_none()
    return lines_of(rota, [found], now=now)[0] if found and rota.has_plan else None


def _wishes(rota: Rota) -> Sequence[Wish]:
    """What was pinned and forbidden, as far as I may know of the sessions."""
    visible = needs_planned_by(planner()).with_only_columns(Need.id)
    return db.session.scalars(
        select(Wish)
        .where(Wish.rota_id == rota.id, Wish.need_id.in_(visible))
        .options(joinedload(Wish.need), joinedload(Wish.person))
        .order_by(Wish.id)
    ).all()


def _newer(rota: Rota) -> Rota | None:
    """The latest plan that was made from this one."""
    made = select(Rota).where(Rota.after_id == rota.id).order_by(Rota.id.desc()).limit(1)
    return db.session.scalars(made).one_or_none()


def _waits_long(rota: Rota, now: datetime) -> bool:
    return rota.stage is Stage.WAITING and (now - rota.made_at).total_seconds() > 30


@bp.get("/rotas/<ref>/progress")
def progress(ref: str) -> dict[str, Any]:
    """What the page asks while the worker searches."""
    rota = _rota(ref)
    return {
        "version": rota.version,
        "under_way": rota.stage.is_under_way,
        "words": render_template(
            "rota/progress.html",
            rota=rota,
            tally=tally_of(rota, now=clock.now()) if rota.has_plan else None,
        ),
    }


@bp.post("/rotas/<ref>/stop")
def stop(ref: str) -> Response:
    rota = _rota(ref)
    operations.stop_search(rota, now=clock.now())
    db.session.commit()
    if rota.stage.is_under_way:
        flash(_("It stops as soon as there is a plan."))
    elif rota.has_plan:
        flash(_("Stopped. What was found stays."))
    return redirect(url_for(".board", ref=ref), 303)


@bp.post("/rotas/<ref>/again")
def again(ref: str) -> Response:
    rota = operations.plan_again(_rota(ref), now=clock.now())
    db.session.commit()
    return redirect(url_for(".board", ref=rota.ref), 303)


@bp.post("/rotas/<ref>/acceptance")
def acceptance(ref: str) -> Response:
    """One, some, a week or all; each is checked anew, and what fails is told with its reasons."""
    rota, now = _rota(ref), clock.now()
    chosen = set(all_new(rota, now=now)) if "whole" in request.form else _chosen()
    if not chosen:
        flash(_("Choose at least one proposal."), "warning")
        return redirect(local_path(request.form.get("back")) or url_for(".board", ref=ref), 303)
    before = db.session.scalars(select(func.max(Deed.id))).one() or 0
    seen = request.form.get("seen", type=int)
    for number, portion in enumerate(in_portions(rota, chosen)):
        try:
            accept(rota, portion, seen=seen, now=now)
        except Refusal as refusal:
            if number == 0:
                raise
            db.session.rollback()  # the earlier portions are done, and are told of
            flash(str(refusal.message), "warning")
            break
        db.session.commit()
    return redirect(url_for(".accepted", ref=ref, after=before), 303)


@bp.get("/rotas/<ref>/accepted")
def accepted(ref: str) -> str:
    """What became of an acceptance: who was asked, and who could not be, with the reasons."""
    rota = _rota(ref)
    since = request.args.get("after", 0, type=int)
    deeds = [one for one in _deeds(rota) if one.id > since]
    return render_template(
        "rota/accepted.html",
        rota=rota,
        done=[one for one in deeds if one.act is Act.ACCEPTED],
        refused=[one for one in deeds if one.act is Act.REFUSED],
        why=why_refused,
    )


def _chosen() -> set[tuple[int, int]]:
    """What was ticked: need and person by their public names."""
    refs = [one.partition(":")[::2] for one in request.form.getlist("proposal")]
    needs = {
        need.ref: need.id
        for need in db.session.scalars(
            needs_planned_by(planner()).where(Need.ref.in_({need for need, _ in refs}))
        )
    }
    people = {
        person.ref: person.id
        for person in db.session.scalars(
            select(Person).where(Person.ref.in_({person for _, person in refs}))
        )
    }
    return {
        (needs[need], people[person]) for need, person in refs if need in needs and person in people
    }


@bp.get("/rotas/<ref>/needs/<need_ref>")
def need(ref: str, need_ref: str) -> str:
    """Why this person, who was next, with whom they could exchange; or why nobody."""
    rota, found, now = _rota(ref), _need(need_ref), clock.now()
    line, read = lines_of(rota, [found], now=now)[0], read_plan(rota)
    return render_template(
        "rota/need.html",
        rota=rota,
        line=line,
        need=found,
        reasons=explained(rota, found, line, read),
        nobody=why_empty(rota, found, read, now=now) if line.empty and not line.unwanted else None,
        doubts=doubts_about(found, line),
        known=read is not None and knows(read[0], found),
        may_change=may_change,
        State=State,
    )


@bp.post("/rotas/<ref>/needs/<need_ref>/wish")
def wish(ref: str, need_ref: str) -> Response:
    """Pin, forbid, or leave it to the plan."""
    rota, found = _rota(ref), _need(need_ref)
    meant = {"yes": True, "no": False}.get(request.form.get("wanted", ""))
    operations.wish(rota, found, _person(), wanted=meant, now=clock.now())
    db.session.commit()
    flash(
        {
            True: _("Pinned: the next plan keeps this."),
            False: _("Noted: the next plan does without this. Plan again to see it."),
            None: _("Taken back."),
        }[meant],
        "success",
    )
    return redirect(_back(ref, need_ref), 303)


@bp.post("/rotas/<ref>/needs/<need_ref>/person")
def put(ref: str, need_ref: str) -> Response:
    """Somebody else's choice for this place."""
    rota, found, person = _rota(ref), _need(need_ref), _person()
    operations.put(rota, found, person, now=clock.now())
    db.session.commit()
    flash(_("Done. What this upset was mended with as few changes as can be."), "success")
    return redirect(_back(ref, need_ref), 303)


@bp.post("/rotas/<ref>/needs/<need_ref>/exchange")
def exchange(ref: str, need_ref: str) -> Response:
    rota, found = _rota(ref), _need(need_ref)
    other_need = _need(request.form.get("other_need", ""))
    other = one_or_404(people_of(planner()).where(Person.ref == request.form.get("other", "")))
    operations.exchange(rota, (found, _person()), (other_need, other), now=clock.now())
    db.session.commit()
    flash(_("Exchanged. Both are pinned."), "success")
    return redirect(_back(ref, need_ref), 303)


@bp.get("/rotas/<ref>/people/<person_ref>")
def person(ref: str, person_ref: str) -> str:
    """What the plan gives one person, and where else they could go."""
    rota, now = _rota(ref), clock.now()
    who = one_or_404(people_of(planner()).where(Person.ref == person_ref))
    mine, others = where_else(rota, who, now=now)
    return render_template(
        "rota/person.html", rota=rota, who=who, mine=mine, others=others, State=State
    )


@bp.get("/rotas/<ref>/trace")
def trace(ref: str) -> str:
    """What the plan was made from, how, how good it is, and what was done with it."""
    rota = _rota(ref)
    frame = None if rota.inputs is None else unpacked(rota.inputs)
    return render_template(
        "rota/trace.html",
        rota=rota,
        deeds=list(reversed(_deeds(rota))),
        began_with=frame and start_digest(frame),
        wished=_wished(frame) if frame else (),
        Act=Act,
    )


def _wished(frame: Frame) -> list[tuple[Act, Need, Person]]:
    """What was pinned and forbidden when it was made, as far as I may know of the sessions."""
    ids = {need_id for need_id, _, _ in frame.wishes}
    needs = {
        need.id: need
        for need in db.session.scalars(needs_planned_by(planner()).where(Need.id.in_(ids)))
    }
    people = people_by_id(person_id for _, person_id, _ in frame.wishes)
    return [
        (Act.PINNED if wanted else Act.FORBADE, needs[need_id], people[person_id])
        for need_id, person_id, wanted in sorted(frame.wishes)
        if need_id in needs and person_id in people
    ]


def _deeds(rota: Rota) -> Sequence[Deed]:
    """What was done with it, as far as I may know of the sessions."""
    visible = needs_planned_by(planner()).with_only_columns(Need.id)
    return db.session.scalars(
        select(Deed)
        .where(Deed.rota_id == rota.id, or_(Deed.act == Act.FOUND, Deed.need_id.in_(visible)))
        .options(
            joinedload(Deed.need).joinedload(Need.meeting).joinedload(Meeting.activity),
            joinedload(Deed.person),
            joinedload(Deed.by),
        )
        .order_by(Deed.id)
    ).all()


def _rota(ref: str) -> Rota:
    """Mine: of nobody else's plan does anybody learn."""
    return one_or_404(select(Rota).where(Rota.ref == ref, Rota.by_id == planner().id))


def _need(ref: str) -> Need:
    return one_or_404(needs_planned_by(planner()).where(Need.ref == ref))


def _person() -> Person:
    return one_or_404(people_of(planner()).where(Person.ref == request.form.get("person", "")))


def _back(ref: str, need_ref: str) -> str:
    if request.form.get("back") == "board":
        return url_for(".board", ref=ref)
    if request.form.get("back") == "person":
        return url_for(".person", ref=ref, person_ref=request.form.get("person", ""))
    return url_for(".need", ref=ref, need_ref=need_ref)
