"""Why somebody does not get a place, or may not wait for one, in words they can read."""

from __future__ import annotations

from app.i18n import _l
from app.people.guardians import guardians_of, is_child
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import AlreadyExpected
from app.programme.models import Activity, Meeting
from app.refusal import Refusal
from app.signups.queries import places_of


class ActivityFull(Refusal):
    message = _l("All places are taken.")


class ByInvitation(Refusal):
    message = _l("A coordinator adds people to this activity.")


class WomenOnly(Refusal):
    message = _l("This activity is for women.")


class ForChildren(Refusal):
    """Raised where an adult would come to the childcare beside another activity, or have a child
    looked after there while nobody who decides for it comes to that activity."""

    message = _l("This childcare is for the children of those who come to the activity beside it.")

    def __init__(self, childcare: Activity) -> None:
        super().__init__()
        self.childcare = childcare


class NothingToCome(Refusal):
    message = _l("This activity has no more sessions.")


class FamilyTooLarge(Refusal):
    message = _l("There are fewer places in this activity than people in the family.")


class ChildcareFull(Refusal):
    message = _l("There are too few places in the childcare.")


class AlreadyWaits(Refusal):
    message = _l("One of you waits already. To wait together, first wait no more alone.")


class OfferOver(Refusal):
    message = _l("This offer is over. The place goes to the next person who waits.")


class ExpectedElsewhere(AlreadyExpected):
    """Raised with the sessions at whose time the person is expected elsewhere; the page lists
    them."""

    def __init__(self, meetings: list[Meeting], *, own: bool) -> None:
        super().__init__(
            _l("You are expected elsewhere at the time of these sessions:")
            if own
            else _l("This person is expected elsewhere at the time of these sessions:")
        )
        self.meetings = meetings


def refuse_unfit(activity: Activity, person: Person, *, by: Person) -> None:
    """Raises `ByInvitation` for whoever would bring themselves into something protected,
    `ForChildren` and `WomenOnly`."""
    refuse_unminded(activity, person, by=by)
    if by.id == person.id and not activity.privacy.is_listed:
        raise ByInvitation
    if activity.women_only and person.gender is not Gender.WOMAN:
        raise WomenOnly


def refuse_unminded(activity: Activity, person: Person, *, by: Person) -> None:
    """Childcare beside something is for children; whoever decides for one has it looked after while
    one of those who decide comes to what the childcare is beside. Raises `ForChildren`."""
    if not activity.is_childcare_beside:
        return
    if by.id == person.id or not is_child(person):
        raise ForChildren(activity)
    deciding = guardians_of([person.id]).get(person.id, [])
    if by in deciding and not any(activity.beside_id in places_of(one) for one in deciding):
        raise ForChildren(activity)
