"""one place at a time

The database itself refuses that somebody is in two places at once, or that a room holds two
meetings: exclusion constraints on PostgreSQL, triggers on SQLite.

Revision ID: 5d0c1f6a2b47
Revises: d88214f53f06
Create Date: 2026-11-22 10:00:00

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = "5d0c1f6a2b47"
down_revision = "d88214f53f06"
branch_labels = None
depends_on = None

RULES = {
    # table: (what is in one place at a time, which rows count)
    "booking": ("person_id", "{row}.held"),
    "meeting": ("room_id", "{row}.status = 'planned' AND {row}.room_id IS NOT NULL"),
}


def upgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, (place, counts) in RULES.items():
        if on_postgresql:
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT ex_{table}_{place} EXCLUDE USING gist ("
                f"int4range({place}, {place}, '[]') WITH &&, "
                f"tstzrange(starts_at, ends_at) WITH &&"
                f") WHERE ({counts.format(row=table)}) DEFERRABLE INITIALLY IMMEDIATE"
            )
        else:
            for moment in ("INSERT", "UPDATE"):
                op.execute(_trigger(table, place, counts, moment))


def _trigger(table, place, counts, moment):
    return (
        f"CREATE TRIGGER ex_{table}_{place}_{moment.lower()} BEFORE {moment} ON {table} "
        f"WHEN {counts.format(row='NEW')} BEGIN "
        f"SELECT RAISE(ABORT, 'ex_{table}_{place}') WHERE EXISTS ("
        f"SELECT 1 FROM {table} other WHERE other.{place} = NEW.{place} "
        f"AND other.id IS NOT NEW.id AND {counts.format(row='other')} "
        f"AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at); END"
    )


def downgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, (place, _counts) in RULES.items():
        if on_postgresql:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ex_{table}_{place}")
        else:
            for moment in ("insert", "update"):
                op.execute(f"DROP TRIGGER ex_{table}_{place}_{moment}")
