"""listening

What people say is missing, and the activities that were made of it.

Revision ID: c4d2a90e7b18
Revises: e5a07b3d91c4
Create Date: 2026-11-23 02:10:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "c4d2a90e7b18"
down_revision = "e5a07b3d91c4"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER = sa.String(length=32), sa.DateTime(timezone=True), sa.Integer()
UNANSWERED = sa.text("answered_at IS NULL")
ONCE = ["person_id", "centre_id", "matter", "level", "language", "part", "for_others"]


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    op.create_table(
        "reply",
        _must("id", NUMBER),
        _must("ref", sa.String()),
        _must("activity_id", NUMBER),
        _must("matter", WORD),
        _must("level", sa.String()),
        _must("language", sa.String()),
        _must("part", WORD),
        _may("by_id", NUMBER),
        _must("made_at", INSTANT),
        _may("told_at", INSTANT),
        _may("people", NUMBER),
        sa.CheckConstraint(
            "(told_at IS NULL) = (people IS NULL)", name=op.f("ck_reply_counted_when_told")
        ),
        _key("reply", "activity_id", "activity", "CASCADE"),
        _key("reply", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sa.UniqueConstraint("ref", name="uq_reply_ref"),
        sa.UniqueConstraint(
            "activity_id", "matter", "level", "language", "part",
            name="uq_reply_activity_id_matter_level_language_part",
        ),
    )
    op.create_table(
        "voice",
        _must("id", NUMBER),
        _must("ref", sa.String()),
        _must("person_id", NUMBER),
        _must("centre_id", NUMBER),
        _must("matter", WORD),
        _must("level", sa.String()),
        _must("language", sa.String()),
        _must("part", WORD),
        _must("for_others", sa.Boolean()),
        _must("people", NUMBER),
        _must("childcare", sa.Boolean()),
        _must("tell", sa.Boolean()),
        _must("note", sa.String(), ""),
        _may("noted_at", INSTANT),
        _must("said_at", INSTANT),
        _must("lapses_at", INSTANT),
        _may("answered_at", INSTANT),
        _may("reply_id", NUMBER),
        sa.CheckConstraint("people BETWEEN 1 AND 20", name=op.f("ck_voice_people")),
        sa.CheckConstraint(
            "for_others OR people = 1", name=op.f("ck_voice_one_speaks_for_oneself")
        ),
        sa.CheckConstraint(
            "lapses_at > said_at", name=op.f("ck_voice_lapses_after_it_was_said")
        ),
        sa.CheckConstraint(
            "(note = '') = (noted_at IS NULL)", name=op.f("ck_voice_a_note_has_its_date")
        ),
        _key("voice", "person_id", "person", "CASCADE"),
        _key("voice", "centre_id", "centre", "CASCADE"),
        _key("voice", "reply_id", "reply", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_voice"),
        sa.UniqueConstraint("ref", name="uq_voice_ref"),
    )
    op.create_index("ix_voice_centre_id_lapses_at", "voice", ["centre_id", "lapses_at"])
    op.create_index("ix_voice_lapses_at", "voice", ["lapses_at"])
    op.create_index("ix_voice_reply_id", "voice", ["reply_id"])
    op.create_index(
        "uq_voice_once",
        "voice",
        ONCE,
        unique=True,
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )


def downgrade():
    op.drop_table("voice")
    op.drop_table("reply")
    op.execute("DELETE FROM notice WHERE kind = 'asked_for'")
