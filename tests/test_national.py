"""The country's worth of rows for measurements keeps every rule of the database."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.demo import national
from app.extensions import db
from app.people.models import Membership
from app.people.papers import Contract
from app.people.terms import HELPERS
from tests.make import BEFORE


def test_one_centre_of_it_can_be_written_and_everybody_who_helps_may(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(national, "CENTRES", 1)
    national.fill_national(BEFORE.date(), now=BEFORE)
    helping = select(func.count()).where(Membership.role.in_(HELPERS))
    assert db.session.scalars(helping).one() == national.HELPERS
    assert db.session.scalars(select(func.count(Contract.id))).one() == national.HELPERS
