"""The shape of a need at one session or at several."""

from __future__ import annotations

from typing import Any

from app.planning.series_form import scope_field
from app.programme.models import Scope
from app.staffing.forms import NeedForm
from app.staffing.models import Need
from app.staffing.needs import NeedFacts


class NeedInScopeForm(NeedForm):
    """Who is needed, and at which sessions."""

    scope = scope_field()

    def which(self) -> Scope:
        return Scope(self.scope.data)

    def need_facts(self) -> NeedFacts:
        return NeedFacts(**self.facts())


def need_as_it_is(need: Need) -> dict[str, Any]:
    """The form as the need is."""
    return {
        "role": need.role.value,
        "language": need.language or "",
        "level": need.level.value if need.level else "",
        "wanted": need.wanted,
        "women_only": need.women_only,
        "check_required": need.check_required,
        "interpreting": need.interpreting,
        "trainees": need.trainees,
        "relay": need.relay,
        "via": need.via or "",
    }
