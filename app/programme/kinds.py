"""What kinds of activity there are and what each brings with it: a new kind is added here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.i18n import _l
from app.people.terms import Role

CONTENT_LANGUAGES = ("ro", "en", "fr", "uk", "ru", "ar", "fa", "ps", "tr", "ne", "si", "bn")
"""The languages in which titles and descriptions may be given, the house's own first."""


class Privacy(StrEnum):
    """Who may know that an activity exists (``docs/privacy.md``)."""

    PUBLIC = "public"
    MEMBERS = "members"
    PROTECTED = "protected"
    INDIVIDUAL = "individual"

    @property
    def is_listed(self) -> bool:
        """Whether strangers may see that it takes place."""
        return self in LISTED

    @property
    def strictness(self) -> int:
        """0 (public) to 3 (individual)."""
        return list(Privacy).index(self)

    @property
    def label(self) -> Any:
        return _PRIVACY_LABELS[self]


LISTED = (Privacy.PUBLIC, Privacy.MEMBERS)

_PRIVACY_LABELS = {
    Privacy.PUBLIC: _l("Public: anyone sees when and where"),
    Privacy.MEMBERS: _l("Members: anyone sees when, only those who come see the room"),
    Privacy.PROTECTED: _l("Protected: only those who are part of it know that it exists"),
    Privacy.INDIVIDUAL: _l("Individual: only the people it concerns"),
}


class Kind(StrEnum):
    """The kinds of activity; `POLICIES` says what each means."""

    COURSE = "course"
    ORIENTATION = "orientation"
    WOMENS_GROUP = "womens_group"
    CULTURAL = "cultural"
    INDIVIDUAL = "individual"
    CHILDCARE = "childcare"

    @property
    def policy(self) -> Policy:
        return POLICIES[self]

    @property
    def label(self) -> Any:
        return self.policy.label

    @property
    def letter(self) -> Any:
        return self.policy.letter


class AgeBand(StrEnum):
    """For whom an activity is, by age."""

    PRESCHOOL = "preschool"
    CHILDREN = "children"
    TEENAGERS = "teenagers"
    YOUTH = "youth"
    ADULTS = "adults"

    @property
    def label(self) -> Any:
        return _AGE_LABELS[self]


MINORS = (AgeBand.PRESCHOOL, AgeBand.CHILDREN, AgeBand.TEENAGERS, AgeBand.YOUTH)
"""The age bands in which there are people under 18."""

_AGE_LABELS = {
    AgeBand.PRESCHOOL: _l("under 6 years"),
    AgeBand.CHILDREN: _l("6 to 10 years"),
    AgeBand.TEENAGERS: _l("11 to 14 years"),
    AgeBand.YOUTH: _l("14 to 25 years"),
    AgeBand.ADULTS: _l("adults"),
}


class Topic(StrEnum):
    """The catalogue of orientation sessions (OG 44/2004; IOM's cultural orientation)."""

    RIGHTS = "rights"
    HEALTH = "health"
    SCHOOL = "school"
    HOUSING = "housing"
    WORK = "work"
    TRANSPORT = "transport"
    CULTURE = "culture"
    EMERGENCY = "emergency"
    DISCRIMINATION = "discrimination"
    MONEY = "money"
    CITIZENSHIP = "citizenship"
    OTHER = "other"

    @property
    def label(self) -> Any:
        return _TOPIC_LABELS[self]


_TOPIC_LABELS = {
    Topic.RIGHTS: _l("Rights and duties"),
    Topic.HEALTH: _l("Health"),
    Topic.SCHOOL: _l("School"),
    Topic.HOUSING: _l("Housing"),
    Topic.WORK: _l("Work"),
    Topic.TRANSPORT: _l("Transport"),
    Topic.CULTURE: _l("Culture and customs"),
    Topic.EMERGENCY: _l("Emergencies, 112"),
    Topic.DISCRIMINATION: _l("Against discrimination"),
    Topic.MONEY: _l("Money, bank, taxes, contracts"),
    Topic.CITIZENSHIP: _l("Residence and citizenship"),
    Topic.OTHER: _l("Another topic"),
}


class Service(StrEnum):
    """Where an accompaniment leads, or what an individual appointment is about."""

    COUNSELLING = "counselling"
    HEALTH = "health"
    SCHOOL = "school"
    IMMIGRATION = "immigration"
    TOWN_HALL = "town_hall"
    TAX_OFFICE = "tax_office"
    BANK = "bank"
    POLICE = "police"
    WORK = "work"
    OTHER = "other"

    @property
    def label(self) -> Any:
        return _SERVICE_LABELS[self]


_SERVICE_LABELS = {
    Service.COUNSELLING: _l("Counselling at the centre"),
    Service.HEALTH: _l("Hospital or doctor"),
    Service.SCHOOL: _l("School or kindergarten"),
    Service.IMMIGRATION: _l("Immigration office (IGI)"),
    Service.TOWN_HALL: _l("Town hall"),
    Service.TAX_OFFICE: _l("Tax office (ANAF)"),
    Service.BANK: _l("Bank"),
    Service.POLICE: _l("Police"),
    Service.WORK: _l("Employer"),
    Service.OTHER: _l("Another office"),
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What one kind brings with it: its words, its privacy, its colour in calendars (RFC 7986
    §5.9), and what a coordinator is asked about it.

    *privacy* is the usual one and *privacies* those that may be chosen. *fields*: the questions of
    its form beyond those that every activity has; each is a column of `Activity`. *needs*: who is
    usually needed at each meeting, in the language of the activity's support where *mediated*.
    *single*: one meeting, no series. *coded*: a code stands where others have a title.
    *chosen_alone*: whether it is planned on its own, or only beside another activity.
    """

    label: Any
    hint: Any
    letter: Any
    color: str
    privacy: Privacy
    privacies: tuple[Privacy, ...]
    fields: tuple[str, ...] = ()
    needs: tuple[Usual, ...] = ()
    women_only: bool = False
    approval: bool = False
    single: bool = False
    coded: bool = False
    chosen_alone: bool = True


@dataclass(frozen=True, kw_only=True)
class Usual:
    """Who is usually needed: so many in a role, in the activity's own language, or *mediated*: in
    the one it is mediated into; with a valid behavioural-integrity certificate or without."""

    role: Role
    wanted: int = 1
    mediated: bool = False
    check_required: bool = False


_OPEN = (Privacy.PUBLIC, Privacy.MEMBERS, Privacy.PROTECTED)
_MEDIATOR = Usual(role=Role.MEDIATOR, mediated=True)

POLICIES = {
    Kind.COURSE: Policy(
        label=_l("Romanian course"),
        hint=_l("A group that meets for weeks, with a level and teaching hours."),
        letter=_l("C"),
        color="steelblue",
        privacy=Privacy.MEMBERS,
        privacies=_OPEN,
        fields=("level", "age", "target_hours", "hour_minutes", "minimum", "capacity", "placement"),
        needs=(Usual(role=Role.TEACHER), _MEDIATOR),
    ),
    Kind.ORIENTATION: Policy(
        label=_l("Cultural orientation"),
        hint=_l("A topic explained, with a mediator for each language of those who come."),
        letter=_l("O"),
        color="darkorange",
        privacy=Privacy.MEMBERS,
        privacies=_OPEN,
        fields=("topic", "age", "capacity"),
        needs=(_MEDIATOR,),
    ),
    Kind.WOMENS_GROUP: Policy(
        label=_l("Women's group"),
        hint=_l("Protected: only its members know of it. Led by women, with childcare."),
        letter=_l("W"),
        color="mediumorchid",
        privacy=Privacy.PROTECTED,
        privacies=(Privacy.PROTECTED,),
        fields=("capacity",),
        needs=(Usual(role=Role.MEDIATOR, mediated=True, check_required=True),),
        women_only=True,
        approval=True,
    ),
    Kind.CULTURAL: Policy(
        label=_l("Cultural activity"),
        hint=_l("Open to everybody: a walk, a feast, an evening together."),
        letter=_l("A"),
        color="seagreen",
        privacy=Privacy.PUBLIC,
        privacies=_OPEN,
        fields=("age", "families", "transport", "capacity"),
        needs=(Usual(role=Role.VOLUNTEER, wanted=2),),
    ),
    Kind.INDIVIDUAL: Policy(
        label=_l("Appointment or accompaniment"),
        hint=_l("One person or family, one mediator, one meeting point; a code instead of a name."),
        letter=_l("I"),
        color="slategray",
        privacy=Privacy.INDIVIDUAL,
        privacies=(Privacy.INDIVIDUAL,),
        fields=("service", "meeting_point"),
        needs=(_MEDIATOR,),
        approval=True,
        single=True,
        coded=True,
    ),
    Kind.CHILDCARE: Policy(
        label=_l("Childcare"),
        hint=_l("Beside another activity: its own room, its own places, two vetted adults."),
        letter=_l("K"),
        color="goldenrod",
        privacy=Privacy.PROTECTED,
        privacies=(Privacy.MEMBERS, Privacy.PROTECTED),
        fields=("capacity",),
        needs=(Usual(role=Role.VOLUNTEER, wanted=2, check_required=True),),
        approval=True,
        chosen_alone=False,
    ),
}
