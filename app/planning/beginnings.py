"""How the form of a plan begins: as is usual for a kind, or like an outline."""

from __future__ import annotations

from typing import Any

from app.listening.gaps import Gap, PartOfDay
from app.listening.hours import SATURDAY, usual_hours
from app.planning.outlines import Outline
from app.planning.plan_questions import READ
from app.planning.plan_rows import SUPPORT
from app.programme.kinds import Kind
from app.programme.recurrence import Slot
from app.programme.terms import Term
from app.staffing.needs import NeedFacts


def usual_plan(kind: Kind) -> dict[str, Any]:
    """The form as it begins for a new activity of *kind*."""
    return {
        "privacy": kind.policy.privacy.value,
        "needs": [
            {
                "role": usual.role.value,
                "language": SUPPORT if usual.mediated else "",
                "wanted": usual.wanted,
                "check_required": usual.check_required,
            }
            for usual in kind.policy.needs
        ],
    }


def in_term(term: Term | None) -> dict[str, Any]:
    """The form as it begins for a new activity in *term*."""
    return {} if term is None else {"term": term.id, "centre": term.centre_id}


PLANNED_LEVELS = {"A2": "A2.1", "B1": "B1.1", "B2": "B2"}


def plan_for(gap: Gap, language: str) -> dict[str, Any]:
    """The form as it begins for an activity that answers *gap*, with a title in *language*."""
    matter, level = gap.matter, PLANNED_LEVELS.get(gap.level, gap.level)
    starts, ends = usual_hours(gap.part)
    weekday = str(SATURDAY) if gap.part is PartOfDay.WEEKEND else ""
    return usual_plan(matter.kind) | {
        "gap": gap.key,
        "centre": gap.centre,
        "support_language": "" if gap.language == "ro" else gap.language,
        "level": level,
        "topic": matter.topic.value if matter.topic else "",
        "age": matter.age.value if matter.age else "",
        "slots": [{"weekday": weekday, "starts": starts, "ends": ends, "room": 0}],
        f"title_{language}": f"{matter.label} {level}".strip(),
    }


def plan_like(outline: Outline) -> dict[str, Any]:
    """The form as it begins for an activity like *outline*; its dates are to be said anew."""
    typed: dict[str, Any] = {question: getattr(outline, question) for question in READ}
    for language, (title, description) in outline.texts.items():
        typed |= {f"title_{language}": title, f"description_{language}": description}
    return typed | {
        "privacy": (outline.privacy or outline.kind.policy.privacy).value,
        "language": outline.language,
        "support_language": outline.support_language or "",
        "every": outline.every,
        "count": outline.count,
        "ends_by": "hours" if outline.target_hours else "count",
        "slots": [_slot_row(slot) for slot in outline.slots],
        "needs": [_need_row(wanted, outline.support_language) for wanted in outline.needs],
    }


def _slot_row(slot: Slot) -> dict[str, Any]:
    return {
        "weekday": str(slot.weekday),
        "starts": slot.starts,
        "ends": slot.ends,
        "room": slot.room or 0,
    }


def _need_row(wanted: NeedFacts, support: str | None) -> dict[str, Any]:
    mediated = wanted.language is not None and wanted.language == support
    return {
        "role": wanted.role.value,
        "language": SUPPORT if mediated else wanted.language or "",
        "level": wanted.level.value if wanted.level else "",
        "wanted": wanted.wanted,
        "women_only": wanted.women_only,
        "check_required": wanted.check_required,
        "interpreting": wanted.interpreting,
        "relay": wanted.relay,
        "via": wanted.via or "",
    }
