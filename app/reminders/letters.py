"""Every letter, written when it leaves: from what is true then, in the reader's language.

A letter about a protected meeting says that there is a meeting, and when; nothing else. No letter
names anybody but its reader.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.certificates.models import Certificate, CertificateRequest
from app.extensions import db
from app.i18n import INSTEAD, PARTIAL, _, in_language
from app.invitations.codes import FreshCode, make_code
from app.notices.letter import Brief, Letter, Said
from app.notices.models import Kind, Notice
from app.notices.pacing import ALONE
from app.notices.queries import concerned
from app.notices.seals import seal_for
from app.notices.tries import deadline_of
from app.people.knocks import Purpose
from app.people.locale import direction
from app.people.models import Centre, Membership, Person
from app.people.operations import make_password_link
from app.people.terms import Role, Stage
from app.programme.models import TOLD, Booking, Meeting, MeetingChange
from app.programme.queries import bookings_of, is_expected
from app.reminders.asked_for import answered_for
from app.reminders.invitations import for_calendar, invitation_facts, taken_out
from app.reminders.mornings import morning_facts
from app.reminders.papers import papers_facts, stage_facts
from app.reminders.summaries import changed_for, edit_of, published_for
from app.reminders.told import last_heard
from app.reminders.weekly import plan_facts
from app.signups.letters import ABOUT_WAITING, waiting_facts
from app.signups.models import Waiting
from app.signups.queries import enrolment_of, wish_of
from app.staffing.answer_links import seal_of
from app.staffing.models import Assignment, Need, State, Swap
from app.staffing.queries import asked_about, offers_waiting, places_left, trainee_places_left
from app.web import link, settings

PASSWORD_LASTS = timedelta(minutes=10)
INVITATION_LASTS = timedelta(days=7)
MOST_LINES = 12


@dataclass(frozen=True)
class Subject:
    """What a letter may say about a meeting, given who reads it and how private it is."""

    meeting: Meeting
    language: str

    @property
    def is_secret(self) -> bool:
        return self.meeting.is_secret

    @property
    def title(self) -> str:
        return self.meeting.title_in(self.language)

    @property
    def place(self) -> str:
        return self.meeting.place


def compose(notice: Notice, now: datetime) -> Letter | None:
    """The letter that *notice* owes, or None when it is no longer true."""
    if notice.kind is Kind.CODE:
        return _code_letter(notice, now)
    language = language_of(notice.kind, notice.person.language)
    letter = _composed(notice, now, language)
    if letter is None or language not in PARTIAL or notice.kind in ALONE:
        return letter
    return replace(letter, instead=_composed(notice, now, INSTEAD))


def _composed(notice: Notice, now: datetime, language: str) -> Letter | None:
    facts = _facts(notice, now, language)
    if facts is None:
        return None
    with in_language(language):
        letter = written(notice, language, facts, now)
        if notice.kind is Kind.INVITATION:
            return replace(letter, calendar=for_calendar(notice, facts["owed"], language))
        if not notice.kind.may_repeat:  # a link to come in is for a mailbox, never for a screen
            return letter
        said = letter.said or Said(greeting="", paragraphs=(letter.text,), link=None)
        return replace(letter, brief=_brief(notice, letter, said))


def language_of(kind: Kind, reads: str) -> str:
    """What the reader *reads*, where a letter of that *kind* exists in it."""
    return reads if reads not in PARTIAL or kind in _TO_PARTICIPANTS else INSTEAD


def _code_letter(notice: Notice, now: datetime) -> Letter | None:
    """A fresh code for whoever knocked; to a telephone in one short message."""
    fresh = make_code(notice.about["knock"], key=settings().secret_key, now=now)
    if fresh is None:
        return None
    joins = wish_of(notice.about["knock"]) is not None
    where = _code_link(fresh, "joining.opened" if joins else "codes.opened")
    facts = {
        "to": None,
        "address": fresh.contact,
        "code": fresh.code,
        "purpose": fresh.purpose,
        "link": where,
    }
    with in_language(fresh.language):
        letter = written(notice, fresh.language, facts, now)
        return replace(letter, text=_short(fresh), html=None) if fresh.by_phone else letter


def _code_link(fresh: FreshCode, opened: str) -> str | None:
    if fresh.purpose is not Purpose.ENTER:
        return None
    if fresh.token is None:
        return link(fresh.language, "people.sign_in")
    return link(fresh.language, opened, token=fresh.token)


def _short(fresh: FreshCode) -> str:
    template = current_app.jinja_env.get_template("letters/code.txt")
    words: Any = template.make_module({"code": fresh.code, "site": settings().mail_name})
    return str(words.short()).strip()


def draft(notice: Notice, language: str, now: datetime) -> tuple[str, list[str]] | None:
    """What a caller has to tell, in the caller's *language*: a subject and paragraphs. None when it
    is no longer true, or is a link that only a letter can hold."""
    if notice.kind in (Kind.PASSWORD, Kind.CODE):
        return None
    facts = _facts(notice, now, language)
    if facts is None or ("about" in facts and facts["about"].meeting.ends_at < now):
        return None
    with in_language(language):
        subject, paragraphs = _words(notice, facts | {"by_phone": True})
    return subject, paragraphs[1:]  # without the greeting


def subject_of(notice: Notice, now: datetime, language: str) -> Subject | None:
    """The session of which somebody is to be reminded, while that is true and it is not over."""
    facts = _facts(notice, now, language)
    about: Subject | None = facts["about"] if facts else None
    return about if about is not None and about.meeting.ends_at >= now else None


def _facts(notice: Notice, now: datetime, language: str) -> dict[str, Any] | None:
    """What the template may use, or None when there is nothing to tell any more."""
    whom = concerned(notice)
    if whom is None:
        return None
    if notice.kind in _ABOUT_NO_MEETING:
        return _ABOUT_NO_MEETING[notice.kind](notice, now, language)
    meeting = db.session.get(Meeting, notice.about["meeting"], populate_existing=True)
    if meeting is not None and notice.kind is Kind.ENROLLED:
        meeting = _first_expected(whom, meeting, now)
    if meeting is None or not _still_true(notice, whom, meeting, now):
        return None
    facts: dict[str, Any] = {"about": Subject(meeting, language)}
    if notice.kind in ABOUT_WAITING:
        waited = waiting_facts(notice, now)
        return None if waited is None else facts | waited
    if notice.kind is Kind.NOBODY_LEFT:
        return facts | _nobody_left_facts(notice)
    if notice.kind in _ABOUT_PLACES:
        return facts | _place_facts(notice, language)
    offer = _open_offer(notice, meeting, now)
    where = (
        link(notice.person.language, "staffing.offer", ref=offer.ref)
        if offer
        else link(notice.person.language, "programme.mine")
    )
    own_goes_on = notice.kind is Kind.CANCELLED and _goes_on_without(notice, whom, meeting)
    return facts | {
        "link": where,
        "asked": offer is not None,
        "was": _was(notice, whom),
        "own_goes_on": own_goes_on,
    }


def _goes_on_without(notice: Notice, whom: Person, meeting: Meeting) -> bool:
    """Whether the reader is expected all the same where the cancelled childcare was beside it."""
    beside = meeting.beside
    return whom is not notice.person and beside is not None and is_expected(notice.person, beside)


_ABOUT_CHANGES = (
    Kind.REMINDER,
    Kind.MOVED,
    Kind.RELEASED,
    Kind.EXPECTED_AGAIN,
    Kind.ADDED,
    Kind.CANCELLED,
    Kind.RESTORED,
)
_TO_PARTICIPANTS = (
    *_ABOUT_CHANGES,
    Kind.SERIES_CHANGED,
    Kind.TERM_PUBLISHED,
    Kind.ENROLLED,
    Kind.REMOVED,
    Kind.PLACE_OFFERED,
    Kind.OFFER_LAPSED,
    Kind.ASKED_FOR,
    Kind.INVITATION,
    Kind.PASSWORD,
    Kind.CODE,
    Kind.SIGNED_OUT,
)
_TO_COORDINATOR = (
    Kind.OFFER_ANSWERED,
    Kind.PLACE_REQUESTED,
    Kind.PLACE_TAKEN,
    Kind.PLACE_GIVEN_UP,
    Kind.STAND_IN_WANTED,
    Kind.STAND_IN_MISSING,
)
_LOOKING = (Kind.STAND_IN_WANTED, Kind.STAND_IN_MISSING)
_ABOUT_PLACES = (
    Kind.OFFER,
    Kind.PLACE_CONFIRMED,
    Kind.PLACE_REFUSED,
    Kind.PLACE_ENDED,
    Kind.STAND_IN_FOUND,
    Kind.SWAP_PROPOSED,
    Kind.SWAP_REFUSED,
    Kind.SWAPPED,
    *_TO_COORDINATOR,
)


def _open_offer(notice: Notice, meeting: Meeting, now: datetime) -> Assignment | None:
    """What the reader is asked at a meeting that has moved, where they are not expected there."""
    if notice.kind not in (Kind.MOVED, Kind.RESTORED) or is_expected(notice.person, meeting):
        return None
    return db.session.scalars(
        offers_waiting(notice.person, now=now).where(Meeting.id == meeting.id).limit(1)
    ).first()


def _first_expected(whom: Person, meeting: Meeting, now: datetime) -> Meeting | None:
    """The first session to come of the activity at which they are still expected."""
    found = bookings_of(whom, since=now).where(
        Meeting.activity_id == meeting.activity_id, Booking.held
    )
    booking = db.session.scalars(found.limit(1)).one_or_none()
    return booking.meeting if booking else None


def _still_true(notice: Notice, whom: Person, meeting: Meeting, now: datetime) -> bool:
    """Whether it is as it was when the letter was owed; a newer letter follows if not."""
    if not _still_concerns(notice, whom, meeting, now):
        return False
    if notice.kind in _ABOUT_CHANGES:
        is_off = notice.kind is Kind.CANCELLED
        return meeting.sequence == notice.about["sequence"] and meeting.is_cancelled is is_off
    if notice.kind is Kind.NOBODY_LEFT:
        need = db.session.get(Need, notice.about["need"], populate_existing=True)
        return need is not None and not meeting.is_cancelled and places_left(need) > 0
    if notice.kind in _ABOUT_PLACES:
        return not meeting.is_cancelled and _place_still_true(notice, now)
    return True


def _still_concerns(notice: Notice, whom: Person, meeting: Meeting, now: datetime) -> bool:
    """Whether the reader, or their child, is, or is no longer, where the letter takes them to
    be."""
    expected = is_expected(whom, meeting)
    match notice.kind:
        case Kind.REMINDER | Kind.EXPECTED_AGAIN | Kind.ADDED:
            return expected
        case Kind.RELEASED:
            return not expected
        case Kind.MOVED | Kind.RESTORED:
            return expected or whom in asked_about([meeting], now=now)[meeting.id]
        case Kind.REMOVED:
            place = enrolment_of(meeting.activity, whom)
            return place is None or place.left_at is not None
    return True


def _place_still_true(notice: Notice, now: datetime) -> bool:
    assignment = db.session.get(Assignment, notice.about["assignment"], populate_existing=True)
    if assignment is None or assignment.state != notice.about["state"]:
        return False
    if notice.kind in _LOOKING:
        return assignment.stand_in_wanted_at is not None
    if notice.kind is Kind.SWAP_PROPOSED:
        swap = db.session.get(Swap, notice.about["swap"], populate_existing=True)
        return swap is not None and swap.is_open(now)
    if notice.kind is not Kind.OFFER:
        return True
    left = trainee_places_left if assignment.trainee else places_left
    return assignment.is_open_offer(now) and left(assignment.need) > 0


def _place_facts(notice: Notice, language: str) -> dict[str, Any]:
    assignment = db.session.get_one(Assignment, notice.about["assignment"])
    reader, meeting = notice.person.language, assignment.need.meeting
    to_helper = notice.person.id == assignment.person_id
    facts: dict[str, Any] = {
        "said_yes": assignment.state is State.CONFIRMED,
        "to_helper": to_helper,
    }
    if notice.kind in _TO_COORDINATOR or not to_helper:
        where = link(reader, "planning.meeting", ref=meeting.ref)
    elif notice.kind is Kind.OFFER:
        where = _answer_link(assignment, reader)
    elif notice.kind is Kind.SWAP_PROPOSED:
        swap = db.session.get_one(Swap, notice.about["swap"])
        where = link(reader, "leaving.swap", ref=swap.ref)
        facts["other"] = Subject(swap.mine.need.meeting, language)
    else:
        where = link(reader, "programme.mine")
    return facts | {"link": where}


def _answer_link(offer: Assignment, reader: str) -> str:
    """Where an offer is answered: at once, or of what is protected only after signing in."""
    if offer.need.meeting.is_secret:
        return link(reader, "staffing.offer", ref=offer.ref)
    seal = seal_of(settings().secret_key, offer.ref, offer.made_at)
    return link(reader, "answers.answer", ref=offer.ref, seal=seal)


def _nobody_left_facts(notice: Notice) -> dict[str, Any]:
    need = db.session.get_one(Need, notice.about["need"])
    return {"link": link(notice.person.language, "planning.candidates", ref=need.ref)}


def _was(notice: Notice, whom: Person) -> datetime | None:
    """The time of a moved meeting that the reader last heard."""
    if notice.kind is not Kind.MOVED:
        return None
    change = db.session.scalars(
        select(MeetingChange).where(
            MeetingChange.meeting_id == notice.about["meeting"],
            MeetingChange.sequence == notice.about["sequence"],
            MeetingChange.kind.in_(TOLD),
        )
    ).one()
    return last_heard(notice.person_id, change, child=whom if whom is not notice.person else None)


def _series_facts(notice: Notice, now: datetime, language: str) -> dict[str, Any] | None:
    edit = edit_of(notice.about["edit"])
    whom = concerned(notice)
    changed = changed_for(whom, edit, now) if edit and whom else []
    if not changed:
        return None
    return {
        "secret": any(one.meeting.is_secret for one in changed),
        "lines": [(one, Subject(one.meeting, language)) for one in changed[:MOST_LINES]],
        "more": max(0, len(changed) - MOST_LINES),
        "link": link(notice.person.language, "programme.mine"),
    }


def _term_facts(notice: Notice, now: datetime, language: str) -> dict[str, Any] | None:
    whom = concerned(notice)
    published = published_for(whom, notice.about["activities"], now) if whom else []
    if not published:
        return None
    asked = any(one.offer for one in published)
    return {
        "secret": any(one.meeting.is_secret for one in published),
        "lines": [(one, Subject(one.meeting, language)) for one in published[:MOST_LINES]],
        "more": max(0, len(published) - MOST_LINES),
        "asked": asked,
        "link": link(notice.person.language, "staffing.needed" if asked else "programme.mine"),
    }


def _asked_for_facts(notice: Notice, now: datetime, language: str) -> Facts:
    found = answered_for(notice, now)
    if found is None:
        return None
    reply, first, secret = found
    reader, activity = notice.person.language, reply.activity
    if secret:
        return {"secret": True, "link": link(reader, "listening.mine")}
    return {
        "secret": False,
        "about": Subject(first, language),
        "centre": activity.centre.name,
        "link": link(reader, "signups.activity", ref=activity.ref),
    }


def _plan_facts(notice: Notice, now: datetime, language: str) -> dict[str, Any] | None:
    plan = plan_facts(notice, now)
    if plan is None:
        return None
    meetings = plan.pop("meetings")
    return plan | {
        "lines": [Subject(meeting, language) for meeting in meetings[:MOST_LINES]],
        "more": max(0, len(meetings) - MOST_LINES),
        "link": link(
            notice.person.language, "staffing.needed" if plan["asked"] else "programme.mine"
        ),
    }


def _invitation_facts(notice: Notice, now: datetime, language: str) -> dict[str, Any] | None:
    facts = invitation_facts(notice, now, language)
    if facts is None:
        return None
    owed = facts["owed"]
    if owed.takes_out:
        return facts | {"about": taken_out(owed, language)}
    return facts | {"about": Subject(owed.meeting, language)}


def _summary_facts(notice: Notice, now: datetime) -> dict[str, Any] | None:
    facts = morning_facts(notice, now)
    return facts and facts | {"link": link(notice.person.language, "views.week")}


def _stage_facts(notice: Notice) -> dict[str, Any] | None:
    facts = stage_facts(notice)
    if facts is not None and facts["stage"] == Stage.ACTIVE:
        return facts | {"link": link(notice.person.language, "staffing.needed")}
    return facts


def _certificate_facts(notice: Notice) -> dict[str, Any] | None:
    """Where it is issued, while somebody waits for it; where it is read, while it is valid."""
    reader = notice.person.language
    if notice.kind is Kind.CERTIFICATE_ASKED:
        asked = db.session.get(CertificateRequest, notice.about["request"], populate_existing=True)
        if asked is None or asked.answered_at is not None:
            return None
        where = link(reader, "certificates.draft", ref=asked.person.ref, centre=asked.centre.code)
        return {"link": where}
    issued = db.session.get(Certificate, notice.about["certificate"], populate_existing=True)
    if issued is None or issued.is_withdrawn:
        return None
    return {"link": link(reader, "certificates.show", ref=issued.ref)}


def _password_facts(notice: Notice, now: datetime) -> dict[str, Any] | None:
    """A fresh one-use link: its token exists in this letter and nowhere else."""
    invited = bool(notice.about.get("invited"))
    lasts = INVITATION_LASTS if invited else PASSWORD_LASTS
    token = make_password_link(notice.person, lasts=lasts, now=now)
    return {
        "invited": invited,
        "link": link(notice.person.language, "people.choose_password", token=token),
    }


def _applied_facts(notice: Notice) -> dict[str, Any] | None:
    """Where somebody would like to help, while nobody has answered them."""
    person, centre, role = (notice.about[name] for name in ("person", "centre", "role"))
    applied = select(Membership.id).where(
        Membership.person_id == person,
        Membership.centre_id == centre,
        Membership.role == Role(role),
        Membership.stage == Stage.APPLIED,
    )
    if db.session.scalars(applied).one_or_none() is None:
        return None
    return {
        "role": role,
        "centre": db.session.get_one(Centre, centre).name,
        "link": link(notice.person.language, "approval.applications"),
    }


Facts = dict[str, Any] | None
_ABOUT_NO_MEETING: dict[Kind, Callable[[Notice, datetime, str], Facts]] = {
    Kind.PASSWORD: lambda notice, now, _language: _password_facts(notice, now),
    Kind.APPLIED: lambda notice, _now, _language: _applied_facts(notice),
    Kind.SIGNED_OUT: lambda notice, _now, _language: {
        "link": link(notice.person.language, "sign_outs.mine")
    },
    Kind.STAGE_CHANGED: lambda notice, _now, _language: _stage_facts(notice),
    Kind.PAPERS_END: lambda notice, now, _language: papers_facts(notice, now),
    Kind.SERIES_CHANGED: _series_facts,
    Kind.TERM_PUBLISHED: _term_facts,
    Kind.ASKED_FOR: _asked_for_facts,
    Kind.WEEKLY_PLAN: _plan_facts,
    Kind.INVITATION: _invitation_facts,
    Kind.MORNING_SUMMARY: lambda notice, now, _language: _summary_facts(notice, now),
    Kind.CERTIFICATE_ASKED: lambda notice, _now, _language: _certificate_facts(notice),
    Kind.CERTIFICATE_READY: lambda notice, _now, _language: _certificate_facts(notice),
}


def written(notice: Notice, language: str, facts: dict[str, Any], now: datetime) -> Letter:
    """The letter of these facts, in the language being spoken."""
    subject, paragraphs = _words(notice, facts)
    frame = facts | {
        "subject": subject,
        "paragraphs": paragraphs,
        "language": language,
        "dir": direction(language),
        "site": settings().mail_name,
    }
    pen = current_app.jinja_env
    to_person = notice.kind is not Kind.CODE
    return Letter(
        to=notice.person.email or "" if to_person else facts["address"],
        subject=subject,
        text=pen.get_template("letters/frame.txt").render(frame),
        html=pen.get_template("letters/frame.html").render(frame),
        language=language,
        message_id=f"<{notice.ref}@{settings().uid_domain}>",
        sent_at=now,
        unsubscribe=_unsubscribe(notice, language) if to_person else None,
        said=Said(greeting=paragraphs[0], paragraphs=tuple(paragraphs[1:]), link=facts.get("link")),
    )


def _brief(notice: Notice, letter: Letter, said: Said) -> Brief:
    """The same in few words, with a page that opens only after signing in."""
    return Brief(
        sender=settings().mail_name,
        line=letter.subject,
        text=" ".join(said.paragraphs),
        page=_own_page(notice, said, letter.language),
        until=deadline_of(notice),
        topic=_topic(notice),
        urgent=notice.urgent,
    )


def _own_page(notice: Notice, said: Said, language: str) -> str:
    """Not the links that answer without signing in, as letters of an offer hold them."""
    if notice.kind is Kind.OFFER:
        offer = db.session.get_one(Assignment, notice.about["assignment"])
        return link(language, "staffing.offer", ref=offer.ref)
    if notice.kind is Kind.PLACE_OFFERED and said.link:
        waiting = db.session.get_one(Waiting, notice.about["waiting"])
        return link(language, "waiting.own", ref=waiting.ref)
    return said.link or link(language, "programme.mine")


def _topic(notice: Notice) -> str:
    """The same for all that is told of one meeting, and meaningless to whoever carries it."""
    about = f"meeting:{notice.about['meeting']}" if "meeting" in notice.about else notice.ref
    words = f"topic:{notice.person_id}:{about}"
    return hmac.new(settings().secret_key.encode(), words.encode(), sha256).hexdigest()[:32]


def _unsubscribe(notice: Notice, language: str) -> str | None:
    """Where the reader says, without signing in, that they want no more of this sort."""
    topic = notice.kind.topic
    if topic is None or notice.person.email is None:
        return None
    ref = notice.person.ref
    seal = seal_for(settings().secret_key, ref, topic, notice.person.email)
    return link(language, "unsubscribing.page", ref=ref, topic=topic.value, seal=seal)


def _words(notice: Notice, facts: dict[str, Any]) -> tuple[str, list[str]]:
    """Subject and paragraphs, in the language being spoken."""
    template = current_app.jinja_env.get_template(f"letters/{notice.kind.value}.txt")
    words: Any = template.make_module({"to": notice.person, "site": settings().mail_name, **facts})
    greeting, *paragraphs = _paragraphs(str(words.body()))
    if facts.get("own_goes_on"):
        paragraphs.append(_("What you come to yourself takes place."))
    subject = str(words.subject()).strip()
    if not _is_of_child(notice, facts):
        return subject, [greeting, *paragraphs]
    of_child = _("For your child: %(subject)s", subject=subject)
    return of_child, [greeting, _("This is about your child."), *paragraphs]


def _is_of_child(notice: Notice, facts: dict[str, Any]) -> bool:
    """Whether it is to be said that it is not about the reader; no name leaves the house, and of
    what is protected nothing is said."""
    secret = facts.get("secret") or ("about" in facts and facts["about"].is_secret)
    return "child" in notice.about and not secret


def _paragraphs(body: str) -> list[str]:
    """The body's paragraphs, each on one line; the templates separate them by empty lines."""
    return [" ".join(part.split()) for part in body.split("\n\n") if part.strip()]
