"""The register of what is held about people: what for, for how long, and when it goes.

Every table of the house is in `HELD` (rows about one person) or in `ABOUT_NOBODY`; a test asks for
each, so that nothing is held that nobody thought of (GDPR articles 5, 13 and 30).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from app.i18n import _l

REGISTER_YEARS = 5
"""For how long after the end of a contract the register of volunteers keeps its line."""
LETTERS_LEAVE = timedelta(days=2)
"""Who was responsible hears by then who comes no more; then the name goes, too."""


class Group(Enum):
    """A sort of data in the words of whom it is about: its name, what it is for, how long it is
    kept."""

    PERSON = (
        _l("Who you are and how we reach you"),
        _l("So that we know who comes and can write to you in your language."),
        _l("Until you erase it."),
    )
    ABILITIES = (
        _l("What you bring: languages, free time, interests"),
        _l("So that we ask you only for what fits you."),
        _l("Until you change or erase it."),
    )
    PLACES = (
        _l("Where you are expected"),
        _l("So that there is a place for you and nobody is in two places at once."),
        _l("Until you erase it."),
    )
    CHILDREN = (
        _l("Your children"),
        _l("So that they have a place, and you hear of it."),
        _l("Until you erase it."),
    )
    PAPERS = (
        _l("Contracts, checks and hours of helping"),
        _l("The law on volunteering asks for a register."),
        _l("Five years after your last contract; checks until you erase them."),
    )
    MESSAGES = (
        _l("Messages to you"),
        _l("So that each message is sent once, and somebody telephones if it does not arrive."),
        _l("Ninety days."),
    )
    WISHES = (
        _l("What you wish to hear, and how"),
        _l("So that we write when it suits you, or not at all."),
        _l("Until you change or erase it."),
    )
    DEVICES = (
        _l("Devices and calendars"),
        _l("So that you stay signed in and your calendar is up to date."),
        _l("Sign-ins a month, calendars until no program has used them for half a year."),
    )

    def __init__(self, label: Any, why: Any, how_long: Any) -> None:
        self.label, self.why, self.how_long = label, why, how_long


@dataclass(frozen=True)
class Held:
    """Rows of *table* whose *whose* column names the person. *stays*: until the register of
    volunteers may forget them, or the last letter about them left; all else goes at once.
    *secret* columns open doors, or say what a telephone on the table must not: they are in no copy.
    """

    table: str
    group: Group
    whose: str = "person_id"
    stays: bool = False
    secret: frozenset[str] = frozenset()


def _secret(*columns: str) -> frozenset[str]:
    return frozenset(columns)


HELD = (
    Held("person", Group.PERSON, "id", stays=True, secret=_secret("password_hash")),
    Held("membership", Group.PERSON, stays=True),
    Held("name_reading", Group.PERSON),
    Held("name_key", Group.PERSON),
    Held("not_same", Group.PERSON),
    Held("not_same", Group.PERSON, "other_id"),
    Held("merge", Group.PERSON),
    Held("stage_change", Group.PAPERS, stays=True),
    Held("spoken_language", Group.ABILITIES),
    Held("weekly_window", Group.ABILITIES),
    Held("dated_window", Group.ABILITIES),
    Held("enrolment", Group.PLACES),
    Held("booking", Group.PLACES),
    Held("waiting_member", Group.PLACES),
    Held("attendance", Group.PLACES),
    Held("placement", Group.PLACES),
    Held("level_override", Group.PLACES),
    Held("assignment", Group.PLACES, stays=True),
    Held("in_line", Group.PLACES),
    Held("confidant", Group.PLACES),
    Held("apart", Group.PLACES),
    Held("apart", Group.PLACES, "other_id"),
    Held("guardianship", Group.PERSON, "child_id"),
    Held("guardianship", Group.PERSON, "guardian_id"),
    Held("rota_wish", Group.PLACES),
    Held("rota_deed", Group.PLACES),
    Held("rota", Group.PLACES, "by_id"),
    Held("contract", Group.PAPERS, stays=True),
    Held("integrity_check", Group.PAPERS),
    Held("presence", Group.PAPERS, stays=True),
    Held("certificate", Group.PAPERS, stays=True, secret=_secret("once")),
    Held("certificate_request", Group.PAPERS),
    Held("notice", Group.MESSAGES, secret=_secret("claim", "letter", "ref", "key", "about")),
    Held("pace", Group.MESSAGES),
    Held("stopped_address", Group.MESSAGES),
    Held("knock", Group.MESSAGES, secret=_secret("browser_hash", "code_hash", "token_hash")),
    Held("consent", Group.WISHES),
    Held("consent_talk", Group.WISHES, secret=_secret("ref", "code")),
    Held("consent_talk", Group.WISHES, "mediator_id"),
    Held("consent_talk", Group.WISHES, "asked_by_id"),
    Held("unwanted", Group.WISHES),
    Held("reminder_wish", Group.WISHES),
    Held("silence", Group.WISHES),
    Held("voice", Group.WISHES, secret=_secret("matter", "note")),
    Held("invite_wish", Group.DEVICES),
    Held("invite", Group.DEVICES),
    Held("card", Group.DEVICES, secret=_secret("token_hash", "ref")),
    Held("first_way", Group.WISHES),
    Held(
        "push_subscription",
        Group.DEVICES,
        secret=_secret("endpoint", "p256dh", "auth", "server_key"),
    ),
    Held("sign_in", Group.DEVICES, secret=_secret("token_hash")),
    Held("sign_out", Group.DEVICES),
    Held("unsent", Group.DEVICES, secret=_secret("token_hash", "sealed")),
    Held("password_link", Group.DEVICES, secret=_secret("token_hash")),
    Held("feed_link", Group.DEVICES, secret=_secret("token_hash")),
)

NOT_SHOWN = frozenset(
    {
        *("apart", "confidant", "consent_talk", "guardianship", "in_line"),
        *("rota", "rota_wish", "rota_deed", "silence"),
        *("name_reading", "name_key", "not_same"),
    }
)
"""In no copy: they tell of somebody else, of how a plan was made, or say the name again; of silence
whoever holds the telephone learns nothing."""

GO_WITH = frozenset(
    {
        "attempt",
        "notice_deed",  # with the message
        "decision",
        "override",
        "swap",  # with the place
        "presence_change",  # with the presence
        "attendance_tap",  # with who was there
        "course_paper",  # with the certificate
        "kept_feed",  # with the calendar link
    }
)
"""Rows about rows in `HELD`: the database takes them along."""

ABOUT_NOBODY = frozenset(
    {
        "activity",
        "activity_text",
        "calendar_entry",
        "centre",
        "centre_pace",
        "edit",
        "feed_touch",
        "kept_event",
        "meeting",
        "meeting_change",
        "meeting_text",
        "need",
        "partner_calendar",
        "partner_event",
        "relay",
        "room",
        "template",
        "term",
        "travel_time",
        "waiting",
        "course_rule",
        "start_override",
        "reply",
        "worker",
        "asking",
        "alembic_version",
        "erasure",
        "failed_sign_in",
    }
)
"""The programme and the machine; a column may say which colleague did something, until they go."""

BY_CONTACT = frozenset({"knock", "join_wish"})
"""Named by an address, not by a person: who asked to come in and is nobody yet. Gone in a day.
(A knock at an address that somebody gave up is about them, and in `HELD`.)"""
