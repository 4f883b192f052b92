"""participants

The keys of everybody's name, that two people became one, that two are two; a card that somebody
had under another name.

Revision ID: b3e8c5d7f140
Revises: a9d4e6b1c820
Create Date: 2026-11-23 05:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "b3e8c5d7f140"
down_revision = "a9d4e6b1c820"
branch_labels = None
depends_on = None

INSTANT, NUMBER, TEXT = sa.DateTime(timezone=True), sa.Integer(), sa.String()
IN_USE = sa.text("revoked_at IS NULL")
ITS_OWN = sa.text("revoked_at IS NULL AND came_at IS NULL")


def _must(name, kind):
    return sa.Column(name, kind, nullable=False)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, ondelete):
    return sa.ForeignKeyConstraint(
        [column], ["person.id"], name=f"fk_{table}_{column}_person", ondelete=ondelete
    )


def upgrade():
    _create_names()
    _create_merges()
    op.add_column("card", _may("came_at", INSTANT))
    _one_card(ITS_OWN)


def _create_names():
    op.create_table(
        "name_reading",
        _must("person_id", NUMBER), _must("name", TEXT), _must("version", NUMBER),
        _key("name_reading", "person_id", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_name_reading"),
    )
    op.create_table(
        "name_key",
        _must("person_id", NUMBER), _must("key", TEXT),
        _key("name_key", "person_id", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "key", name="pk_name_key"),
    )
    op.create_index("ix_name_key_key", "name_key", ["key"])


def _create_merges():
    op.create_table(
        "merge",
        _must("id", NUMBER), _must("person_id", NUMBER), _must("gone_ref", TEXT),
        _must("at", INSTANT), _may("by_id", NUMBER), _must("moved", sa.JSON()),
        _key("merge", "person_id", "CASCADE"),
        _key("merge", "by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_merge"),
        sa.UniqueConstraint("gone_ref", name="uq_merge_gone_ref"),
    )
    op.create_index("ix_merge_person_id", "merge", ["person_id"])
    op.create_table(
        "not_same",
        _must("person_id", NUMBER), _must("other_id", NUMBER), _must("at", INSTANT),
        _may("by_id", NUMBER),
        sa.CheckConstraint("person_id < other_id", name="ck_not_same_one_row_a_pair"),
        _key("not_same", "person_id", "CASCADE"),
        _key("not_same", "other_id", "CASCADE"),
        _key("not_same", "by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("person_id", "other_id", name="pk_not_same"),
    )
    op.create_index("ix_not_same_other_id", "not_same", ["other_id"])


def _one_card(which):
    op.drop_index("ix_card_one_at_a_time", "card")
    op.create_index(
        "ix_card_one_at_a_time", "card", ["person_id"], unique=True,
        sqlite_where=which, postgresql_where=which,
    )


def downgrade():
    op.execute("UPDATE card SET revoked_at = came_at WHERE came_at IS NOT NULL")
    _one_card(IN_USE)
    op.drop_column("card", "came_at")
    for table in ("not_same", "merge", "name_key", "name_reading"):
        op.drop_table(table)
