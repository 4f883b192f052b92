"""consents

Each word on what somebody agrees to is kept, with its text and language; mediators who are asked to talk
about it; devices of one's own; being signed out everywhere; forms that wait until somebody is back.

Revision ID: c8f2a7e3d951
Revises: b3e8c5d7f140
Create Date: 2026-11-23 05:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "c8f2a7e3d951"
down_revision = "b3e8c5d7f140"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT, YES = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String(), sa.Boolean()
)


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _of_person(table, column, ondelete):
    return sa.ForeignKeyConstraint(
        [column], ["person.id"], name=f"fk_{table}_{column}_person", ondelete=ondelete
    )


KEEPING = sa.table(
    "consent",
    *(sa.column(name, NUMBER) for name in ("person_id", "by_id", "version")),
    *(sa.column(name, WORD) for name in ("channel", "purpose", "language", "medium")),
    sa.column("given", YES),
    sa.column("at", INSTANT),
)


def _said():
    """The last word of everybody on each way to reach them, in the order in which it was said."""
    said, person = KEEPING.c, sa.table("person", sa.column("id", NUMBER), sa.column("language", TEXT))
    found = sa.select(said.person_id, said.channel, said.given, said.at, said.by_id, person.c.language)
    joined = found.join_from(KEEPING, person, person.c.id == said.person_id).order_by(said.at)
    return op.get_bind().execute(joined).all()


def _words_from(said):
    """Short messages were agreed to on a page that said what they are; its words are version 1."""
    for person_id, channel, given, at, by_id, language in said:
        yield {
            "person_id": person_id,
            "purpose": channel,
            "given": given,
            "at": at,
            "by_id": by_id,
            "version": 1 if channel == "sms" else None,
            "language": language,
            "medium": "text" if by_id == person_id else "desk",
        }


def _create_words():
    op.create_table(
        "consent",
        _must("id", NUMBER),
        _must("person_id", NUMBER),
        _must("purpose", WORD),
        _must("given", YES),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        _may("asked_by_id", NUMBER),
        _may("version", NUMBER),
        _may("language", TEXT),
        _must("medium", WORD),
        sa.CheckConstraint(
            "asked_by_id <> by_id", name=op.f("ck_consent_who_asks_does_not_note_the_answer")
        ),
        sa.CheckConstraint(
            "NOT given OR purpose IN ('email', 'telephone') "
            "OR (version IS NOT NULL AND language IS NOT NULL)",
            name=op.f("ck_consent_a_yes_has_a_text"),
        ),
        _of_person("consent", "person_id", "CASCADE"),
        _of_person("consent", "by_id", "SET NULL"),
        _of_person("consent", "asked_by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_person_id_purpose_id", "consent", ["person_id", "purpose", "id"])


def _create_last_words():
    op.create_table(
        "consent",
        _must("person_id", NUMBER),
        _must("channel", WORD),
        _must("given", YES),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        _of_person("consent", "person_id", "CASCADE"),
        _of_person("consent", "by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("person_id", "channel", name="pk_consent"),
    )


def upgrade():
    said = list(_words_from(_said()))
    op.drop_table("consent")
    _create_words()
    if said:
        op.bulk_insert(KEEPING, said)
    op.create_table(
        "consent_talk",
        _must("id", NUMBER),
        _must("ref", TEXT),
        _must("code", TEXT),
        _must("person_id", NUMBER),
        _must("mediator_id", NUMBER),
        _must("asked_by_id", NUMBER),
        _must("purpose", WORD),
        _must("language", TEXT),
        _must("made_at", INSTANT),
        _must("lapses_at", INSTANT),
        sa.CheckConstraint(
            "mediator_id <> asked_by_id AND mediator_id <> person_id",
            name=op.f("ck_consent_talk_somebody_else_talks"),
        ),
        _of_person("consent_talk", "person_id", "CASCADE"),
        _of_person("consent_talk", "mediator_id", "CASCADE"),
        _of_person("consent_talk", "asked_by_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_consent_talk"),
        sa.UniqueConstraint("ref", name="uq_consent_talk_ref"),
        sa.UniqueConstraint("person_id", "purpose", name="uq_consent_talk_person_id_purpose"),
    )
    op.create_index("ix_consent_talk_mediator_id", "consent_talk", ["mediator_id"])
    op.add_column("sign_in", _must("own_device", YES, sa.text("false")))
    op.create_table(
        "sign_out",
        _must("id", NUMBER),
        _must("person_id", NUMBER),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        _must("devices", YES),
        _must("calendars", YES),
        _of_person("sign_out", "person_id", "CASCADE"),
        _of_person("sign_out", "by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_out"),
    )
    op.create_index("ix_sign_out_person_id", "sign_out", ["person_id"])
    op.create_table(
        "unsent",
        _must("id", NUMBER),
        _must("token_hash", TEXT),
        _must("person_id", NUMBER),
        _must("sealed", TEXT),
        _must("lapses_at", INSTANT),
        _of_person("unsent", "person_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_unsent"),
        sa.UniqueConstraint("token_hash", name="uq_unsent_token_hash"),
    )
    op.create_index("ix_unsent_person_id", "unsent", ["person_id"])
    op.create_index("ix_unsent_lapses_at", "unsent", ["lapses_at"])


def downgrade():
    """Of several words the last one stays; what nobody knew how to ask for goes."""
    said, purpose = KEEPING.c, KEEPING.c.purpose
    columns = (said.person_id, purpose, said.given, said.at, said.by_id)
    found = sa.select(*columns).where(purpose.in_(("email", "sms", "telephone")))
    rows = op.get_bind().execute(found.order_by(sa.literal_column("consent.id"))).all()
    last = {(person_id, what): (given, at, by_id) for person_id, what, given, at, by_id in rows}
    op.drop_table("consent_talk")
    op.drop_table("consent")
    _create_last_words()
    if last:
        op.bulk_insert(
            KEEPING,
            [
                {"person_id": person_id, "channel": what, "given": given, "at": at, "by_id": by_id}
                for (person_id, what), (given, at, by_id) in last.items()
            ],
        )
    op.drop_table("unsent")
    op.drop_table("sign_out")
    with op.batch_alter_table("sign_in") as batch:
        batch.drop_column("own_device")
    op.execute("DELETE FROM notice WHERE kind = 'signed_out'")
