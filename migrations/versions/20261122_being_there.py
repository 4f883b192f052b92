"""being there

Who was there, from when to when, who said so and every change of it; certificates of volunteering
as they were issued, and who asks for one.

Revision ID: a3f6c2d98e17
Revises: d7a2e5518b90
Create Date: 2026-11-22 17:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "a3f6c2d98e17"
down_revision = "d7a2e5518b90"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String()
)


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, other, ondelete=None):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    op.create_table(
        "presence",
        _must("id", NUMBER),
        _must("ref", TEXT),
        _must("person_id", NUMBER),
        _must("meeting_id", NUMBER),
        _must("role", WORD),
        _may("starts_at", INSTANT),
        _may("ends_at", INSTANT),
        _may("said_by_id", NUMBER),
        _must("said_at", INSTANT),
        _may("own_starts_at", INSTANT),
        _may("own_ends_at", INSTANT),
        _may("disputed_at", INSTANT),
        _may("instead_of_id", NUMBER),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_presence_ends_after_start")),
        sa.CheckConstraint(
            "own_ends_at > own_starts_at", name=op.f("ck_presence_own_ends_after_start")
        ),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)"
            " AND (own_starts_at IS NULL) = (own_ends_at IS NULL)",
            name=op.f("ck_presence_both_times_or_neither"),
        ),
        _key("presence", "person_id", "person", "CASCADE"),
        _key("presence", "meeting_id", "meeting", "CASCADE"),
        _key("presence", "said_by_id", "person", "SET NULL"),
        _key("presence", "instead_of_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_presence"),
        sa.UniqueConstraint("ref", name="uq_presence_ref"),
        sa.UniqueConstraint("person_id", "meeting_id", name="uq_presence_person_id_meeting_id"),
    )
    op.create_index("ix_presence_meeting_id", "presence", ["meeting_id"])
    disputed = sa.text("disputed_at IS NOT NULL")
    op.create_index(
        "ix_presence_disputed",
        "presence",
        ["meeting_id"],
        sqlite_where=disputed,
        postgresql_where=disputed,
    )
    op.create_table(
        "presence_change",
        _must("id", NUMBER),
        _must("presence_id", NUMBER),
        _may("by_id", NUMBER),
        _must("at", INSTANT),
        _may("before", sa.JSON()),
        _must("after", sa.JSON()),
        _may("own", sa.JSON()),
        _key("presence_change", "presence_id", "presence", "CASCADE"),
        _key("presence_change", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_presence_change"),
    )
    op.create_index("ix_presence_change_presence_id", "presence_change", ["presence_id"])
    op.create_table(
        "certificate",
        _must("id", NUMBER),
        _must("ref", TEXT),
        _must("once", TEXT),
        _must("code", TEXT),
        _may("person_id", NUMBER),
        _must("centre_id", NUMBER),
        _must("year", NUMBER),
        _must("serial", NUMBER),
        _must("issued_at", INSTANT),
        _may("issued_by_id", NUMBER),
        _must("first_day", sa.Date()),
        _must("last_day", sa.Date()),
        _must("minutes", NUMBER),
        _must("content", TEXT),
        _must("digest", TEXT),
        _may("withdrawn_at", INSTANT),
        _must("withdrawn_why", TEXT, ""),
        _may("withdrawn_by_id", NUMBER),
        sa.CheckConstraint(
            "last_day >= first_day", name=op.f("ck_certificate_ends_after_it_begins")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_certificate_minutes")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_why = '')",
            name=op.f("ck_certificate_withdrawn_has_a_reason"),
        ),
        _key("certificate", "person_id", "person", "SET NULL"),
        _key("certificate", "centre_id", "centre"),
        _key("certificate", "issued_by_id", "person", "SET NULL"),
        _key("certificate", "withdrawn_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.UniqueConstraint("ref", name="uq_certificate_ref"),
        sa.UniqueConstraint("once", name="uq_certificate_once"),
        sa.UniqueConstraint("code", name="uq_certificate_code"),
        sa.UniqueConstraint(
            "centre_id", "year", "serial", name="uq_certificate_centre_id_year_serial"
        ),
    )
    op.create_index("ix_certificate_person_id", "certificate", ["person_id"])
    op.create_table(
        "certificate_request",
        _must("id", NUMBER),
        _must("person_id", NUMBER),
        _must("centre_id", NUMBER),
        _must("everything", sa.Boolean()),
        _must("asked_at", INSTANT),
        _may("answered_at", INSTANT),
        _key("certificate_request", "person_id", "person", "CASCADE"),
        _key("certificate_request", "centre_id", "centre", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate_request"),
    )
    op.create_index("ix_certificate_request_centre_id", "certificate_request", ["centre_id"])
    waiting = sa.text("answered_at IS NULL")
    op.create_index(
        "uq_certificate_request_open",
        "certificate_request",
        ["person_id", "centre_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade():
    for table in ("certificate_request", "certificate", "presence_change", "presence"):
        op.drop_table(table)
