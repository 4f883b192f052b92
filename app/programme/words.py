"""What there is to say of an activity by its kind, in plain words. Never a count of people."""

from __future__ import annotations

from app.i18n import _, ngettext
from app.programme.choosing import LEVELS, levels_in
from app.programme.models import Activity


def facts_in_words(activity: Activity, *, knows_place: bool) -> list[tuple[str, str]]:
    """(question, answer) for each fact that those who might come want to know.

    How one gets there is said to those only who may know where it is.
    """
    rows = [
        (_("Level"), activity.level and level_in_words(activity.level)),
        (_("Ages"), activity.age and str(activity.age.label)),
        (_("Topic"), activity.topic and str(activity.topic.label)),
        (_("Teaching hours"), _hours(activity)),
        (
            _("Placement"),
            activity.placement and _("We talk with you first to find the right group."),
        ),
        (_("Families"), activity.families and _("Bring your children: families are welcome.")),
        (_("Transport"), knows_place and activity.transport),
    ]
    return [(question, answer) for question, answer in rows if answer]


def level_in_words(level: str) -> str:
    """The level with what it means, as far as it is one that learners know."""
    meant = [str(LEVELS[one]) for one in levels_in(level)[:1]]
    return " – ".join([level, *meant])


def _hours(activity: Activity) -> str | None:
    if activity.target_hours is None:
        return None
    return ngettext(
        "%(num)s hour of %(minutes)s minutes",
        "%(num)s hours of %(minutes)s minutes",
        activity.target_hours,
        minutes=activity.hour_minutes,
    )
