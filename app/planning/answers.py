"""What the script that moves sessions is told: the same as the page would say, as JSON."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from app.programme.changing import ChangedMeanwhile
from app.programme.forms import move_defaults
from app.programme.models import Meeting
from app.refusal import Refusal
from app.web import PageForm


def wants_json() -> bool:
    """Whether a script asked, not a form."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def done(meeting: Meeting, message: str) -> dict[str, Any]:
    """It was moved."""
    return {"message": message, "url": url_for("planning.meeting", ref=meeting.ref)}


def errors_of(form: PageForm) -> list[str]:
    """What is wrong with what was sent, sentence by sentence."""
    return [str(error) for errors in form.errors.values() for error in errors]


def not_understood(form: PageForm) -> tuple[dict[str, Any], int]:
    return {"message": " ".join(errors_of(form))}, 422


def refused(meeting: Meeting, refusal: Refusal) -> tuple[dict[str, Any], int]:
    """The reason; after a lost race also where *meeting*, read anew, is by now."""
    answer: dict[str, Any] = {"message": str(refusal.message)}
    if isinstance(refusal, ChangedMeanwhile):
        there = move_defaults(meeting)
        answer["now"] = {name: str(value) for name, value in there.items()}
    return answer, 409
