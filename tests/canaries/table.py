"""What may appear where (`docs/privacy.md`), row by row: which words, who may find them on a page,
who in a calendar, who in a letter. Whatever has no row may be found by nobody."""

from __future__ import annotations

from dataclasses import dataclass

from app.people.terms import HELPERS, STAFF
from app.programme.kinds import Privacy
from tests.canaries.knowing import Facts, Tie
from tests.canaries.planting import Home

NOBODY = Tie(0)
THEIR_PEOPLE = Tie.EXPECTED | Tie.ASKED | Tie.PLANS


@dataclass(frozen=True)
class Row:
    """*pages*: one of these a reader has to be; *calendars*: the same of whoever a calendar, a file
    or a card is for; *letters*: of whoever a message is for, by whichever way."""

    what: str
    pages: Tie
    calendars: Tie
    letters: Tie = NOBODY


CENTRE = Row("name and address of a centre", *[Tie.ANYBODY] * 3)
PUBLIC = Row("public: title, words, place", *[Tie.ANYBODY] * 3)
MEMBERS = Row("members: title, words", *[Tie.ANYBODY] * 3)
MEMBERS_PLACE = Row("members: place, way, link", *[THEIR_PEOPLE] * 3)
PROTECTED = Row("protected: title, words, place", THEIR_PEOPLE, NOBODY)
INDIVIDUAL = Row("individual: code, meeting point", THEIR_PEOPLE, Tie.ASKED)
SECRET_UID = Row("protected: that there is one at a time", *[THEIR_PEOPLE] * 3)
APPOINTMENT_UID = Row(
    "individual: that there is one", THEIR_PEOPLE, Tie.ASKED | Tie.PLANS, THEIR_PEOPLE
)
DRAFT = Row("a draft", Tie.PLANS, NOBODY)
PLANNING = Row("how it is planned, and why", Tie.PLANS, NOBODY)
HELPING = Row("a need or a swap, by its random name", Tie.ANYBODY, NOBODY, Tie.ANYBODY)
ROOM = Row("rooms of a centre, for whoever plans there", THEIR_PEOPLE | Tie.STAFF, NOBODY)
DESK = Row("what the staff of a centre keep", Tie.STAFF, NOBODY)
EVERY_DESK = Row("days off of all centres", Tie.ANYBODY, NOBODY)
PARTICIPANT = Row("name of a participant", Tie.SELF | Tie.STAFF | Tie.TEACHES, *[Tie.SELF] * 2)
HELPER = Row("name of a helper", Tie.SELF | Tie.STAFF | Tie.ASKED, *[Tie.SELF] * 2)
CONTACT = Row("e-mail, telephone", Tie.SELF | Tie.STAFF, NOBODY, Tie.SELF)
PAPER = Row("papers, reasons, notes about somebody", Tie.SELF | Tie.STAFF, NOBODY)
WISH = Row("what somebody misses", Tie.SELF | Tie.STAFF, NOBODY)
WISH_FOR_A_GROUP = Row("that somebody misses a women's group", Tie.SELF | Tie.PLANS, NOBODY)
OWN = Row("one's own devices, calendars, wishes", Tie.SELF, NOBODY)
OWN_PLACE = Row(
    "one's own place", Tie.SELF | Tie.EXPECTED | Tie.PLANS, NOBODY, Tie.SELF | Tie.PLANS
)
MESSAGE = Row("a message, by its random name", NOBODY, NOBODY, Tie.SELF)
TALK = Row("a talk about consent, by its code", Tie.SELF | Tie.STAFF, NOBODY)
GONE = Row("who went when two became one", Tie.SELF, NOBODY)
DOOR = Row("what opens a door, what was typed behind one", NOBODY, NOBODY)

BY_COLUMN = {
    CENTRE: "centre.code centre.name centre.address",
    DOOR: """failed_sign_in.subject_hash sign_in.token_hash password_link.token_hash card.token_hash
        card.ref feed_link.token_hash knock.contact knock.name knock.browser_hash knock.code_hash
        knock.token_hash person.password_hash push_subscription.endpoint push_subscription.p256dh
        push_subscription.auth push_subscription.server_key notice.claim
        attempt.worker rota.holder certificate.once attendance_tap.key unsent.token_hash
        unsent.sealed""",
    TALK: "consent_talk.ref consent_talk.code",
    GONE: "merge.gone_ref",
    CONTACT: "person.email person.phone person.sign_in_phone stopped_address.address",
    PAPER: """certificate.code certificate.ref certificate.withdrawn_why contract.number
        contract.ref integrity_check.ref integrity_check.reason integrity_check.measure
        stage_change.note level_override.reason stopped_address.ref""",
    OWN: """dated_window.ref dated_window.batch feed_link.ref feed_link.label
        push_subscription.ref push_subscription.label invite.ref attendance.key""",
    OWN_PLACE: "assignment.ref presence.ref waiting.ref",
    MESSAGE: "notice.ref notice.letter",
    HELPING: "need.ref swap.ref",
    DESK: """calendar_entry.name calendar_entry.ref calendar_entry.batch partner_calendar.name
        partner_calendar.ref template.name template.ref term.name term.ref relay.name worker.name
        worker.machine rota.ref""",
    PLANNING: """edit.ref partner_event.uid partner_event.which partner_event.batch
        partner_event.title partner_event.place start_override.reason override.reason reply.ref
        asking.ref""",
}
ROWS = {name: row for row, names in BY_COLUMN.items() for name in names.split()}
WORDS = frozenset(
    """activity.ref activity_text.title activity_text.description meeting.ref
    meeting_text.title""".split()
)
PLACES = frozenset(
    """activity.meeting_point activity.transport meeting.online_url room.name room.address
    room.note room.ref""".split()
)
NAMES = frozenset({"person.name", "person.ref"})
VOICES = frozenset({"voice.ref", "voice.note"})


def row_of(home: Home, facts: Facts) -> Row | None:
    """The row of the table that says who may find what was planted at *home*."""
    name = str(home)
    if name in WORDS | PLACES:
        return _of_programme(name, facts)
    if name in NAMES:
        return HELPER if _helps(facts) else PARTICIPANT
    if name in VOICES:
        return Row(
            "what is missing", Tie.SELF | (Tie.PLANS if facts.activity else Tie.STAFF), NOBODY
        )
    if name.startswith("calendar_entry.") and facts.centre_id is None:
        return EVERY_DESK
    return ROWS.get(name)


def _helps(facts: Facts) -> bool:
    person = facts.person
    return person is not None and any(m.role in (*HELPERS, *STAFF) for m in person.memberships)


def _of_programme(name: str, facts: Facts) -> Row:
    if name.startswith("room.") and not (facts.privacy and facts.privacy.is_listed):
        return ROOM
    if facts.is_draft:
        return DRAFT
    if facts.privacy is Privacy.PUBLIC:
        return PUBLIC
    if facts.privacy is Privacy.MEMBERS:
        return MEMBERS if name not in PLACES else MEMBERS_PLACE
    if name == "meeting.ref":
        return SECRET_UID if facts.privacy is Privacy.PROTECTED else APPOINTMENT_UID
    return PROTECTED if facts.privacy is Privacy.PROTECTED else INDIVIDUAL
