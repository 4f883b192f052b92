"""The shape of what people say of reminders and messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import Optional

from app.i18n import _, _l
from app.notices.channels import Channel
from app.notices.models import Topic
from app.notices.timing import QUIET, Lead
from app.notices.wishes import consents_of, stops_for, unwanted_by
from app.people.consents import Consent
from app.people.forms import choices
from app.people.models import Person
from app.people.terms import STAFF
from app.reminders.models import ALL
from app.reminders.wishing import SORTS, wishes_of
from app.web import PageForm

LABELS = {
    Lead.WEEK: _l("a week before"),
    Lead.DAY: _l("a day before"),
    Lead.HOURS: _l("two hours before"),
}
LIKE_ALL, NEVER = "as_all", "never"
SOME = (
    (Lead.WEEK,),
    (Lead.DAY,),
    (Lead.HOURS,),
    (Lead.WEEK, Lead.DAY),
    (Lead.DAY, Lead.HOURS),
    (Lead.WEEK, Lead.HOURS),
    (Lead.WEEK, Lead.DAY, Lead.HOURS),
)

ASKED = tuple(channel for channel in Channel if channel.is_asked_about)


class ChannelsMixin:
    """Whether somebody may be reached by e-mail, short message and telephone."""

    email = RadioField(Channel.EMAIL.label)
    sms = RadioField(Channel.SMS.label)
    telephone = RadioField(Channel.TELEPHONE.label)

    def offer_answers(self) -> None:
        answers = [("yes", _("yes")), ("no", _("no")), ("", _("not said"))]
        for field in (self.email, self.sms, self.telephone):
            field.choices = choices(answers)

    def consents(self) -> dict[Channel, bool]:
        """What was answered; whatever was not stays as it is."""
        given = {channel: getattr(self, channel.value).data for channel in ASKED}
        return {channel: said == "yes" for channel, said in given.items() if said}


class ChannelsForm(ChannelsMixin, PageForm):
    """The same, asked by somebody of the staff, who cannot agree to short messages for *known*."""

    def __init__(self, *args: Any, known: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_answers()
        if channels_of(known)[Channel.SMS.value] != "yes":
            self.sms.choices = choices([("no", _("no")), ("", _("not said"))])


class MyRemindersForm(ChannelsMixin, PageForm):
    """When to be reminded, when not to be woken, what to hear."""

    leads = SelectMultipleField(_l("When shall we remind you of a session?"))
    course = SelectField(_l("Romanian courses"))
    orientation = SelectField(_l("Cultural orientation"))
    cultural = SelectField(_l("Cultural activities"))
    meeting = SelectField(_l("Other meetings"))
    quiet_from = TimeField(_l("Do not wake me from"), [Optional()])
    quiet_until = TimeField(_l("until"), [Optional()])
    topics = SelectMultipleField(_l("Which messages do you want?"))
    first = RadioField(_l("Where shall we write to you first?"), validate_choice=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leads.choices = choices((lead.value, LABELS[lead]) for lead in Lead)
        for sort in SORTS:
            self[sort].choices = choices(_answers())
        self.topics.choices = choices((topic.value, topic.label) for topic in topics_for(person))
        self.ways = stops_for({person.id}).reach.channels(person.id)
        self.first.choices = choices((way.value, way.label) for way in self.ways)
        self.offer_answers()

    def validate(self, extra_validators: Any = None) -> bool:
        fine: bool = super().validate(extra_validators)
        if fine and (self.quiet_from.data is None) != (self.quiet_until.data is None):
            self.quiet_until.errors = [_("Give both times, or none.")]
            return False
        return fine

    @property
    def has_own(self) -> bool:
        """Whether some activities are answered apart."""
        return any(self[sort].data != LIKE_ALL for sort in SORTS)

    def wishes(self) -> dict[str, frozenset[Lead]]:
        own = {sort: self[sort].data for sort in SORTS}
        apart = {sort: leads_in(words) for sort, words in own.items() if words != LIKE_ALL}
        return {ALL: frozenset(Lead(word) for word in self.leads.data or ())} | apart

    def first_way(self) -> Channel | None:
        """The way they chose, of those that reach them; None where there is nothing to choose."""
        return next((way for way in self.ways if way.value == self.first.data), None)

    def quiet_hours(self) -> tuple[time, time] | None:
        if self.quiet_from.data is None or self.quiet_until.data is None:
            return None
        return self.quiet_from.data, self.quiet_until.data


def _answers() -> Iterable[tuple[str, str]]:
    yield LIKE_ALL, _("as above")
    yield NEVER, _("never")
    for leads in SOME:
        yield "-".join(leads), _(" and ").join(str(LABELS[lead]) for lead in leads)


def leads_in(words: str) -> frozenset[Lead]:
    return frozenset() if words == NEVER else frozenset(Lead(word) for word in words.split("-"))


def topics_for(person: Person) -> list[Topic]:
    """The sorts of messages that *person* may get at all; others are asked for elsewhere: reminders
    by when they come, invitations beside the calendars."""
    is_staff = person.has_role(*STAFF)
    return [
        topic
        for topic in Topic
        if (is_staff or not topic.for_staff) and topic not in (Topic.REMINDERS, Topic.INVITATIONS)
    ]


def reminders_of(person: Person) -> dict[str, Any]:
    """What the form shows of *person*."""
    wishes, unwanted = wishes_of(person), unwanted_by(person)
    quiet = person.quiet_hours or QUIET
    wanted = wishes[ALL] if Topic.REMINDERS not in unwanted else frozenset()
    return {
        "leads": [lead.value for lead in Lead if lead in wanted],
        "quiet_from": quiet[0],
        "quiet_until": quiet[1],
        "topics": [one.value for one in topics_for(person) if one not in unwanted],
        "first": next(iter(stops_for({person.id}).reach.channels(person.id)), None),
        **{sort: _answer(wishes.get(sort)) for sort in SORTS},
        **channels_of(person),
    }


def channels_of(person: Person) -> dict[str, str]:
    known = consents_of(person)
    return {channel.value: _said(known.get(channel)) for channel in ASKED}


def _said(word: Consent | None) -> str:
    """Whoever agreed to an earlier text is asked anew."""
    if word is None or word.has_lapsed:
        return ""
    return "yes" if word.given else "no"


def _answer(leads: frozenset[Lead] | None) -> str:
    if leads is None:
        return LIKE_ALL
    return "-".join(lead for lead in Lead if lead in leads) or NEVER
