"""humane

What people wish to hear and when: reminders, quiet hours, unwanted kinds of messages, channels, silent
contact; and how many letters left, so that nobody gets too many.

Revision ID: b19e4d7c3f52
Revises: b84e1c6d2f90
Create Date: 2026-11-22 22:10:00

"""
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "b19e4d7c3f52"
down_revision = "b84e1c6d2f90"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, FALSE = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.text("false")
)
TABLES = ("reminder_wish", "unwanted", "consent", "silence", "pace", "centre_pace")


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    op.add_column("notice", _must("urgent", sa.Boolean(), FALSE))
    op.add_column("notice", _may("letter", sa.String()))
    with _changed("person") as batch:
        batch.add_column(_may("quiet_from", sa.Time()))
        batch.add_column(_may("quiet_until", sa.Time()))
        batch.create_check_constraint(
            op.f("ck_person_quiet_hours_have_two_ends"),
            "(quiet_from IS NULL) = (quiet_until IS NULL)",
        )
    op.create_table(
        "reminder_wish",
        _must("person_id", NUMBER),
        _must("about", WORD),
        _must("week", sa.Boolean()),
        _must("day", sa.Boolean()),
        _must("hours", sa.Boolean()),
        _key("reminder_wish", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "about", name="pk_reminder_wish"),
    )
    op.create_table(
        "unwanted",
        _must("person_id", NUMBER),
        _must("topic", WORD),
        _must("since", INSTANT),
        _key("unwanted", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "topic", name="pk_unwanted"),
    )
    op.create_table(
        "consent",
        _must("person_id", NUMBER),
        _must("channel", WORD),
        _must("given", sa.Boolean()),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        _key("consent", "person_id", "person", "CASCADE"),
        _key("consent", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("person_id", "channel", name="pk_consent"),
    )
    op.create_table(
        "silence",
        _must("person_id", NUMBER),
        _must("since", INSTANT),
        _may("by_id", NUMBER),
        _key("silence", "person_id", "person", "CASCADE"),
        _key("silence", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("person_id", name="pk_silence"),
    )
    op.create_table(
        "pace",
        _must("person_id", NUMBER),
        _must("day", sa.Date()),
        _must("letters", NUMBER),
        _must("urgent", NUMBER),
        _must("last_at", INSTANT),
        sa.CheckConstraint("letters >= 0 AND urgent >= 0", name=op.f("ck_pace_counts")),
        _key("pace", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_pace"),
    )
    op.create_table(
        "centre_pace",
        _must("centre_id", NUMBER),
        _must("day", sa.Date()),
        _must("letters", NUMBER),
        sa.CheckConstraint("letters >= 0", name=op.f("ck_centre_pace_letters")),
        _key("centre_pace", "centre_id", "centre", "CASCADE"),
        sa.PrimaryKeyConstraint("centre_id", name="pk_centre_pace"),
    )


def downgrade():
    for table in reversed(TABLES):
        op.drop_table(table)
    with _changed("person") as batch:
        batch.drop_constraint(op.f("ck_person_quiet_hours_have_two_ends"), type_="check")
        batch.drop_column("quiet_until")
        batch.drop_column("quiet_from")
    op.execute("DELETE FROM notice WHERE kind IN ('weekly_plan', 'morning_summary')")
    op.drop_column("notice", "letter")
    op.drop_column("notice", "urgent")


@contextmanager
def _changed(table):
    """SQLite builds the table anew: its triggers are put back."""
    triggers = []
    if op.get_bind().dialect.name == "sqlite":
        found = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        triggers = op.get_bind().execute(sa.text(found), {"table": table}).scalars().all()
    with op.batch_alter_table(table) as batch:
        yield batch
    for trigger in triggers:
        op.execute(trigger)
