"""What people ask for at a centre: for how many, who could carry it, what there is; answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.listening.adding import Total, add_up, ranked
from app.listening.carrying import Hands, hands_for
from app.listening.gaps import Gap, gap_of
from app.listening.models import Reply
from app.listening.operations import NOTE_LASTS, answer
from app.listening.queries import Existing, existing_in, heard_by, may_hear, replies_in
from app.people.current import asked_centre, planned_centres, planner
from app.people.models import Centre, Person
from app.programme.models import Activity
from app.programme.queries import activities_planned_by
from app.web import one_or_404

bp = Blueprint("asked_for", __name__)
MOST_REPLIES = 12


@dataclass(frozen=True)
class Line:
    """One gap with all that helps to decide: who could carry it, what there is and what is being
    prepared for it, and the notes of those who asked."""

    total: Total
    hands: Hands
    existing: Sequence[Existing]
    prepared: Sequence[Reply]
    notes: Sequence[str]

    @property
    def is_covered(self) -> bool:
        """Whether those who ask could come to something already."""
        return any(one.is_open for one in self.existing)


@bp.get("/asked-for")
def asked_for() -> str:
    """What is missing at a centre, ranked."""
    here, replies = asked_centre(), replies_in(asked_centre(), planner())
    return render_template(
        "planning/asked_for.html",
        centre=here,
        centres=planned_centres(),
        lines=lines_of(here, planner(), replies, now=clock.now()),
        answered=[one for one in replies if one.told_at][:MOST_REPLIES],
    )


def lines_of(
    centre: Centre, reader: Person, replies: Sequence[Reply], *, now: datetime
) -> list[Line]:
    """What is missing, of what *reader* may know, the most pressing first; in a fixed number of
    queries."""
    voices = heard_by(reader, centre, now=now)
    totals = add_up(one.said for one in voices)
    hands = hands_for(centre, totals, now=now)
    existing = existing_in(centre, reader, now=now)
    fitting = {gap: [one for one in existing if one.answers(gap)] for gap in totals}
    covered = {gap for gap, those in fitting.items() if any(one.is_open for one in those)}
    notes: dict[Gap, list[str]] = {}
    for one in voices:
        if one.noted_at is not None and one.noted_at > now - NOTE_LASTS:
            notes.setdefault(one.gap, []).append(one.note)
    return [
        Line(
            total=total,
            hands=hands[total.gap],
            existing=fitting[total.gap],
            prepared=[one for one in replies if not one.told_at and one.gap == total.gap],
            notes=notes.get(total.gap, ()),
        )
        for total in ranked(totals.values(), covered=covered)
    ]


@bp.post("/asked-for/replies")
def reply() -> Response:
    """An activity that there is already answers what is missing: whoever asked is told of it."""
    mine = activities_planned_by(planner()).where(Activity.ref == request.form.get("activity", ""))
    activity = one_or_404(mine)
    gap = gap_of(request.form.get("gap", ""), activity.centre_id)
    if gap is None or not may_hear(planner(), activity.centre, gap):
        abort(404)
    made = answer(gap, activity, by=planner(), now=clock.now())
    db.session.commit()
    flash(told_words(made), "success")
    return redirect(url_for(".asked_for", centre=activity.centre.code), 303)


def told_words(made: Reply) -> str:
    """What became of it, for whoever answered."""
    if made.people is None:
        return _("Whoever asked for it is told when it is published.")
    return ngettext(
        "%(num)s person had asked for it. Whoever wanted to hear is told.",
        "%(num)s people had asked for it. Whoever wanted to hear is told.",
        made.people,
    )
