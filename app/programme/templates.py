"""Plans kept to be used again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.extensions import db
from app.i18n import _l
from app.people.models import Centre, Person
from app.people.terms import Role
from app.programme.models import Activity
from app.refusal import Refusal


class NameTaken(Refusal):
    message = _l("This centre has a template of that name already. Choose another name.")


class KeptSecret(Refusal):
    message = _l(
        "Every coordinator of the centre sees its templates, so none is kept of a protected "
        "activity. You can copy the activity itself."
    )


class Template(Base):
    """A plan kept to be used again: *outline* is an `Outline` as JSON, without dates or people."""

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("centre_id", "name"),
        CheckConstraint("name <> ''", name="name_is_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[str]
    outline: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)


def templates_of(planner: Person) -> Select[Template]:
    """The templates of the centres that *planner* plans, by centre and name."""
    return (
        select(Template)
        .where(Template.centre_id.in_(planner.centres_where(Role.COORDINATOR)))
        .order_by(Template.centre_id, Template.name)
    )


def keep_template(
    activity: Activity, name: str, outline: Mapping[str, Any], *, now: datetime
) -> Template:
    """Keep the outline of *activity* for its centre. Raises `NameTaken`, and `KeptSecret` for a
    protected one: even without its words, a women's group on Tuesdays at five in a certain room
    would tell every coordinator of the centre that there is one, when and where.
    """
    if not activity.privacy.is_listed:
        raise KeptSecret
    _free(activity.centre, name)
    template = Template(centre=activity.centre, name=name, outline=dict(outline), made_at=now)
    db.session.add(template)
    db.session.flush()
    return template


def rename_template(template: Template, name: str) -> None:
    """Another name. Raises `NameTaken`."""
    if name != template.name:
        _free(template.centre, name)
    template.name = name
    db.session.flush()


def remove_template(template: Template) -> None:
    """Nothing that was planned from it changes."""
    db.session.delete(template)
    db.session.flush()


def _free(centre: Centre, name: str) -> None:
    taken = select(Template.id).where(Template.centre_id == centre.id, Template.name == name)
    if db.session.scalars(taken).one_or_none() is not None:
        raise NameTaken
