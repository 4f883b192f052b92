"""invitations by mail

Who wants each session as an invitation, what was sent to their calendars, and how many left on a day.

Revision ID: d5f1a83b6c20
Revises: c7e04a91f3b6
Create Date: 2026-11-23 02:10:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "d5f1a83b6c20"
down_revision = "c7e04a91f3b6"
branch_labels = None
depends_on = None

INSTANT, NUMBER = sa.DateTime(timezone=True), sa.Integer()


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    op.add_column("pace", _must("invitations", NUMBER, "0"))
    op.create_table(
        "invite_wish",
        _must("person_id", NUMBER),
        _must("since", INSTANT),
        _key("invite_wish", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_invite_wish"),
    )
    op.create_table(
        "invite",
        _must("id", NUMBER),
        _must("person_id", NUMBER),
        sa.Column("meeting_id", NUMBER, nullable=True),
        _must("ref", sa.String()),
        _must("sequence", NUMBER),
        sa.Column("shows", sa.String(), nullable=True),
        _must("starts_at", INSTANT),
        _must("ends_at", INSTANT),
        _must("zone", sa.String()),
        _must("made_at", INSTANT),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_invite_sequence")),
        _key("invite", "person_id", "person", "CASCADE"),
        _key("invite", "meeting_id", "meeting", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_invite"),
        sa.UniqueConstraint(
            "person_id", "ref", "sequence", name=op.f("uq_invite_person_id_ref_sequence")
        ),
    )
    op.create_index("ix_invite_meeting_id", "invite", ["meeting_id"])
    op.create_index("ix_invite_ends_at", "invite", ["ends_at"])


def downgrade():
    op.drop_table("invite")
    op.drop_table("invite_wish")
    op.execute("DELETE FROM notice WHERE kind = 'invitation'")
    op.execute("DELETE FROM unwanted WHERE topic = 'invitations'")
    op.drop_column("pace", "invitations")
