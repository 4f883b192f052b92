"""The shape of what is typed about calendars."""

from __future__ import annotations

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.i18n import _l
from app.people.forms import choices, page_languages, stripped
from app.web import PageForm

ALARMS = {"": None, "15": 15, "60": 60, "120": 120, "1440": 1440}
"""What may be chosen -> minutes before the start."""

ALARM_LABELS = [
    ("", _l("no alarm")),
    ("15", _l("15 minutes before")),
    ("60", _l("1 hour before")),
    ("120", _l("2 hours before")),
    ("1440", _l("1 day before")),
]


OWN = "own"


class LinkForm(PageForm):
    """A new secret calendar link. *shows*: what it opens, of what the person may choose."""

    shows = SelectField(_l("What should it show?"), default=OWN)
    with_offers = BooleanField(_l("Also what I was asked and have not answered"), default=True)
    with_open = BooleanField(_l("Also sessions where I could help"))

    label = StringField(
        _l("For which device?"),
        [DataRequired(_l("Give it a name, such as “my phone”.")), Length(max=60)],
        filters=[stripped],
    )
    language = SelectField(_l("Language of the calendar"), choices=page_languages())
    alarm = SelectField(_l("Alarm"), choices=choices(ALARM_LABELS))
