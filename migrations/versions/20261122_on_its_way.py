"""on its way

What happened to messages on their way: each try, what the staff did about those that could not be
delivered, the servers they go through, the workers that send them, addresses that take no letters.

Revision ID: b84e1c6d2f90
Revises: a81d5c0e7b26
Create Date: 2026-11-22 22:20:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "b84e1c6d2f90"
down_revision = "a81d5c0e7b26"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String()
)
UNSENT = sa.text("state IN ('pending', 'claimed', 'sending')")
LASTING = sa.text("ended_at IS NULL")


def _must(name, kind):
    return sa.Column(name, kind, nullable=False)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    op.create_table(
        "attempt",
        _must("id", NUMBER), _must("notice_id", NUMBER), _must("worker", TEXT),
        _must("started_at", INSTANT), _may("ended_at", INSTANT), _may("stage", TEXT),
        _may("code", TEXT), _may("outcome", WORD),
        _key("attempt", "notice_id", "notice", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_notice_id", "attempt", ["notice_id"])
    op.create_index("ix_attempt_started_at", "attempt", ["started_at"])
    op.create_table(
        "notice_deed",
        _must("id", NUMBER), _must("notice_id", NUMBER), _must("deed", WORD), _must("at", INSTANT),
        _may("by_id", NUMBER),
        _key("notice_deed", "notice_id", "notice", "CASCADE"),
        _key("notice_deed", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_deed"),
    )
    op.create_index("ix_notice_deed_notice_id", "notice_deed", ["notice_id"])
    op.create_table(
        "relay",
        _must("name", TEXT), _must("failures", NUMBER), _may("since", INSTANT),
        _may("rests_until", INSTANT), _must("refuses", sa.Boolean()), _may("last_code", TEXT),
        sa.PrimaryKeyConstraint("name", name="pk_relay"),
    )
    op.create_table(
        "worker",
        _must("name", TEXT), _must("machine", TEXT), _must("process", NUMBER),
        _must("started_at", INSTANT), _must("seen_at", INSTANT), _must("moved_at", INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_worker"),
    )
    op.create_table(
        "stopped_address",
        _must("id", NUMBER), _must("ref", TEXT), _must("person_id", NUMBER), _must("address", TEXT),
        _must("why", WORD), _may("code", TEXT), _must("since", INSTANT), _may("ended_at", INSTANT),
        _may("ended_by_id", NUMBER),
        _key("stopped_address", "person_id", "person", "CASCADE"),
        _key("stopped_address", "ended_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_stopped_address"),
        sa.UniqueConstraint("ref", name="uq_stopped_address_ref"),
    )
    op.create_index(
        "ix_stopped_address_one_at_a_time", "stopped_address", ["person_id", "address"],
        unique=True, sqlite_where=LASTING, postgresql_where=LASTING,
    )
    op.create_index(
        "ix_notice_unsent_due_at", "notice", ["due_at"], sqlite_where=UNSENT,
        postgresql_where=UNSENT,
    )
    # While a worker holds a message, its next try is the end of the lease.
    op.execute(
        "UPDATE notice SET next_try_at = lease_until "
        "WHERE state IN ('claimed', 'sending') AND lease_until IS NOT NULL"
    )


def downgrade():
    op.execute("UPDATE notice SET state = 'told' WHERE state = 'given_up'")
    op.drop_index("ix_notice_unsent_due_at", table_name="notice")
    for table in ("stopped_address", "worker", "relay", "notice_deed", "attempt"):
        op.drop_table(table)
