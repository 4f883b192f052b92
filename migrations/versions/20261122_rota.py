"""rota

Who goes where in a period: what a plan is made from, the plan, what a coordinator wishes of it and
did with it.

Revision ID: f7c29a5d8b34
Revises: e5b18f4c7a21
Create Date: 2026-11-22 19:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "f7c29a5d8b34"
down_revision = "e5b18f4c7a21"
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
        "rota",
        _must("id", NUMBER),
        _must("ref", TEXT),
        _must("by_id", NUMBER),
        _may("centre_id", NUMBER),
        _may("term_id", NUMBER),
        _must("first_day", sa.Date()),
        _must("last_day", sa.Date()),
        _must("may_move", sa.Boolean(), sa.false()),
        _must("made_at", INSTANT),
        _may("after_id", NUMBER),
        _must("stage", WORD),
        _may("failure", WORD),
        _must("stop_asked", sa.Boolean(), sa.false()),
        _may("holder", TEXT),
        _may("lease_until", INSTANT),
        _must("attempts", NUMBER, "0"),
        _may("began_at", INSTANT),
        _may("ended_at", INSTANT),
        _must("seed", NUMBER, "0"),
        _must("step", NUMBER, "0"),
        _may("engine", TEXT),
        _may("digest", TEXT),
        _must("weights", sa.JSON()),
        _may("worth", sa.BigInteger()),
        _may("bound", sa.BigInteger()),
        _may("filled", NUMBER),
        _may("places", NUMBER),
        _must("version", NUMBER, "0"),
        _may("plan", sa.LargeBinary()),
        _may("inputs", sa.LargeBinary()),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_rota_ends_after_it_begins")),
        _key("rota", "by_id", "person", "CASCADE"),
        _key("rota", "centre_id", "centre", "CASCADE"),
        _key("rota", "term_id", "term", "CASCADE"),
        _key("rota", "after_id", "rota", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_rota"),
        sa.UniqueConstraint("ref", name="uq_rota_ref"),
    )
    op.create_index("ix_rota_by_id_made_at", "rota", ["by_id", "made_at"])
    under_way = sa.text("stage IN ('waiting', 'running')")
    op.create_index(
        "ix_rota_under_way",
        "rota",
        ["made_at"],
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_table(
        "rota_wish",
        _must("id", NUMBER),
        _must("rota_id", NUMBER),
        _must("need_id", NUMBER),
        _must("person_id", NUMBER),
        _must("wanted", sa.Boolean()),
        _key("rota_wish", "rota_id", "rota", "CASCADE"),
        _key("rota_wish", "need_id", "need", "CASCADE"),
        _key("rota_wish", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_rota_wish"),
        sa.UniqueConstraint(
            "rota_id", "need_id", "person_id", name="uq_rota_wish_rota_id_need_id_person_id"
        ),
    )
    op.create_table(
        "rota_deed",
        _must("id", NUMBER),
        _must("rota_id", NUMBER),
        _may("need_id", NUMBER),
        _may("person_id", NUMBER),
        _may("by_id", NUMBER),
        _must("at", INSTANT),
        _must("act", WORD),
        _must("why", sa.JSON()),
        _key("rota_deed", "rota_id", "rota", "CASCADE"),
        _key("rota_deed", "need_id", "need", "SET NULL"),
        _key("rota_deed", "person_id", "person", "CASCADE"),
        _key("rota_deed", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_rota_deed"),
    )
    op.create_index("ix_rota_deed_rota_id", "rota_deed", ["rota_id"])


def downgrade():
    for table in ("rota_deed", "rota_wish", "rota"):
        op.drop_table(table)
