"""A month of nine centres (about 1,500 needs, 540 people) planned from the database, and what the
pages of the plan cost beside the week of a centre; one run, ratios.

``python -m benchmarks.rota``
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.people.models import Centre, Membership, Person
from app.people.operations import begin_sign_in
from app.people.terms import Role
from app.programme.models import Meeting
from app.rota.frame import packed, unpacked, unpacked_plan
from app.rota.inputs import framed, needs_of_rota
from app.rota.making_room import ways_to_make_room
from app.rota.models import Rota
from app.rota.operations import begin_rota
from app.rota.reasons import choice_for
from app.rota.search import search_next
from app.staffing.finding import ranked_candidates
from app.staffing.matching.instance import Plan
from app.staffing.matching.stand_ins import stand_ins
from app.staffing.models import Assignment, Need, State
from benchmarks.pages import filled

CENTRES, ROUNDS, GONE = 9, 7, 4
"""Every fourth confirmed place is emptied, so that there is something to plan."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = filled("national", Path(folder))
        with app.app_context():
            planner = _planner()
            rota = _asked(planner)
            _read(rota)
            rota_id, token = rota.id, begin_sign_in(planner, now=clock.now())
            db.session.commit()
            _search(rota)
            _reasons(rota)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        _pages(app, client, rota_id)
        with app.app_context():
            db.engine.dispose()


def _planner() -> Person:
    """One coordinator of all these centres."""
    centres = db.session.scalars(select(Centre).where(Centre.code.like("centru-%")).limit(CENTRES))
    here = [one.id for one in centres]
    planner = db.session.scalars(
        select(Person)
        .join(Person.memberships)
        .where(Membership.role == Role.COORDINATOR, Membership.centre_id == here[0])
        .limit(1)
    ).one()
    for centre_id in here[1:]:
        planner.memberships.append(Membership(centre_id=centre_id, role=Role.COORDINATOR))
    db.session.commit()
    return planner


def _asked(planner: Person) -> Rota:
    today = clock.now().date()
    rota = begin_rota(
        planner,
        centre=None,
        first_day=today,
        last_day=today + timedelta(days=27),
        now=clock.now(),
    )
    ids = needs_of_rota(rota, now=clock.now()).with_only_columns(Need.id).order_by(None)
    places = db.session.scalars(
        select(Assignment).where(Assignment.need_id.in_(ids)).order_by(Assignment.id)
    ).all()
    for one in places[::GONE]:
        one.state = State.LAPSED
    db.session.commit()
    return rota


def _read(rota: Rota) -> None:
    began = perf_counter()
    frame = framed(rota, now=clock.now())
    seconds = perf_counter() - began
    assert frame is not None
    print(f"rota_needs: {len(frame.need_ids)}")
    print(f"rota_people: {len(frame.person_ids)}")
    print(f"rota_pairs: {len(frame.instance.pairs)}")
    print(f"rota_reading_seconds: {seconds:.2f}")
    print(f"rota_inputs_kb: {len(packed(frame)) / 1024:.0f}")


def _search(rota: Rota) -> None:
    began = perf_counter()
    search_next(clock=clock.now)
    db.session.refresh(rota)
    print(f"rota_search_seconds: {perf_counter() - began:.2f}")
    print(f"rota_filled: {rota.filled} of {rota.places}")
    print(f"rota_proven_gap: {rota.gap:.6f}" if rota.gap is not None else "rota_proven_gap: none")


def _reasons(rota: Rota) -> None:
    """Ranking stand-ins and giving reasons, beside the queries of one page."""
    assert rota.inputs is not None
    frame = unpacked(rota.inputs)
    plan = frame.plan_of(unpacked_plan(rota.plan))
    some = plan.proposals[:: max(1, len(plan.proposals) // 20)]
    one = some[0]
    need = db.session.get_one(Need, frame.need_ids[one.need])
    query = _milliseconds(lambda: ranked_candidates(need))
    print(f"rota_page_query_ms: {query:.1f}")
    choices = _milliseconds(lambda: [choice_for(frame, plan, p.need, p) for p in some]) / len(some)
    print(f"rota_reasons_ms: {choices:.1f}")
    print(f"rota_reasons_to_page_query: {choices / query:.2f}")
    left = [Plan.of(other for other in plan.proposals if other != p) for p in some]
    ranking = _milliseconds(
        lambda: [stand_ins(frame.instance, p, o.need) for p, o in zip(left, some, strict=True)]
    ) / len(some)
    print(f"rota_stand_ins_ms: {ranking:.1f}")
    print(f"rota_stand_ins_to_page_query: {ranking / query:.2f}")
    rooms = _milliseconds(lambda: ways_to_make_room(need, rota.by, now=clock.now()))
    print(f"rota_making_room_to_page_query: {rooms / query:.2f}")


def _pages(app: Flask, client: FlaskClient, rota_id: int) -> None:
    with app.app_context():
        rota = db.session.get_one(Rota, rota_id)
        needs = db.session.scalars(needs_of_rota(rota, now=clock.now()).limit(1)).all()
        meeting = db.session.get_one(Meeting, needs[0].meeting_id)
        centre = meeting.activity.centre.code
        pages = {
            "board": f"/ro/rotas/{rota.ref}",
            "board_all": f"/ro/rotas/{rota.ref}?all=1",
            "why": f"/ro/rotas/{rota.ref}/needs/{needs[0].ref}",
            "progress": f"/ro/rotas/{rota.ref}/progress",
        }
    week = _milliseconds(lambda: _visit(client, f"/ro/week?centre={centre}"))
    print(f"rota_week_page_ms: {week:.0f}")
    for name, path in pages.items():
        cost = _milliseconds(partial(_visit, client, path))
        print(f"rota_{name}_page_to_week_page: {cost / week:.2f}")


def _visit(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)


def _milliseconds(do: Callable[[], object]) -> float:
    found = []
    for _ in range(ROUNDS):
        began = perf_counter()
        do()
        found.append(1000 * (perf_counter() - began))
    return median(found)


if __name__ == "__main__":
    main()
