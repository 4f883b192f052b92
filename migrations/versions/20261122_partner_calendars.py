"""The programmes of partners

A calendar of a partner, and each of its times with the meeting that it became and what the file
said of it last, so that a newer file changes what there is.

Revision ID: a81d5c0e7b26
Revises: a3d6c8e1f052
Create Date: 2026-11-22 22:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a81d5c0e7b26"
down_revision = "a3d6c8e1f052"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "partner_calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_partner_calendar_name_is_given")),
        sa.ForeignKeyConstraint(
            ["centre_id"],
            ["centre.id"],
            name=op.f("fk_partner_calendar_centre_id_centre"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["term_id"],
            ["term.id"],
            name=op.f("fk_partner_calendar_term_id_term"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"],
            ["person.id"],
            name=op.f("fk_partner_calendar_made_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_calendar")),
        sa.UniqueConstraint("ref", name=op.f("uq_partner_calendar_ref")),
    )
    op.create_index(op.f("ix_partner_calendar_centre_id"), "partner_calendar", ["centre_id"])
    op.create_table(
        "partner_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("which", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["partner_calendar.id"],
            name=op.f("fk_partner_event_calendar_id_partner_calendar"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
            name=op.f("fk_partner_event_meeting_id_meeting"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_event")),
        sa.UniqueConstraint("calendar_id", "uid", "which", name="uq_partner_event_calendar_id_uid_which"),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_partner_event_meeting_id")),
    )
    op.create_index(op.f("ix_partner_event_batch"), "partner_event", ["batch"])


def downgrade():
    op.drop_index(op.f("ix_partner_event_batch"), table_name="partner_event")
    op.drop_table("partner_event")
    op.drop_index(op.f("ix_partner_calendar_centre_id"), table_name="partner_calendar")
    op.drop_table("partner_calendar")
