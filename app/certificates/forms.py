"""The shape of what volunteers and strangers type about certificates."""

from __future__ import annotations

from wtforms import BooleanField, StringField
from wtforms.validators import Length

from app.i18n import _l
from app.web import PageForm


class AskForm(PageForm):
    """What somebody wants certified."""

    everything = BooleanField(
        _l("With protected and individual sessions"),
        default=True,
        description=_l("As one sum of hours: no names, no days, no titles."),
    )


class CodeForm(PageForm):
    """A code from a paper."""

    class Meta:
        csrf = False  # it is looked up by its address; nothing is changed

    code = StringField(_l("Code on the certificate"), [Length(max=60)])
