"""joining

What somebody who knocks would like to come to, cards for those whom no letter reaches, and who
waits for a place.

Revision ID: c3f7a90d15be
Revises: d5a7c2e81b96
Create Date: 2026-11-23 02:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "c3f7a90d15be"
down_revision = "d5a7c2e81b96"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String()
)
IN_USE, LASTING = sa.text("revoked_at IS NULL"), sa.text("ended_at IS NULL")


def _must(name, kind):
    return sa.Column(name, kind, nullable=False)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    _create_wishes_and_cards()
    _create_waiting()


def _create_wishes_and_cards():
    op.create_table(
        "join_wish",
        _must("knock_id", NUMBER), _must("activity_id", NUMBER), _may("meeting_id", NUMBER),
        _must("waits", sa.Boolean()),
        _key("join_wish", "knock_id", "knock", "CASCADE"),
        _key("join_wish", "activity_id", "activity", "CASCADE"),
        _key("join_wish", "meeting_id", "meeting", "CASCADE"),
        sa.PrimaryKeyConstraint("knock_id", name="pk_join_wish"),
    )
    op.create_index("ix_join_wish_activity_id", "join_wish", ["activity_id"])
    op.create_index("ix_join_wish_meeting_id", "join_wish", ["meeting_id"])
    op.create_table(
        "card",
        _must("id", NUMBER), _must("ref", TEXT), _must("person_id", NUMBER),
        _may("feed_id", NUMBER), _must("token_hash", TEXT), _must("made_at", INSTANT),
        _may("made_by_id", NUMBER), _may("revoked_at", INSTANT),
        _key("card", "person_id", "person", "CASCADE"),
        _key("card", "feed_id", "feed_link", "SET NULL"),
        _key("card", "made_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
        sa.UniqueConstraint("ref", name="uq_card_ref"),
        sa.UniqueConstraint("token_hash", name="uq_card_token_hash"),
    )
    op.create_index(
        "ix_card_one_at_a_time", "card", ["person_id"], unique=True,
        sqlite_where=IN_USE, postgresql_where=IN_USE,
    )


def _create_waiting():
    op.create_table(
        "waiting",
        _must("id", NUMBER), _must("ref", TEXT), _must("activity_id", NUMBER),
        _must("state", WORD), _must("asked_at", INSTANT), _may("kept_from", INSTANT),
        _may("offered_at", INSTANT), _may("lapses_at", INSTANT), _may("ended_at", INSTANT),
        sa.CheckConstraint(
            "state <> 'offered' OR (offered_at IS NOT NULL AND lapses_at IS NOT NULL)",
            name="ck_waiting_an_offer_has_its_time",
        ),
        sa.CheckConstraint("offered_at < lapses_at", name="ck_waiting_an_offer_lasts"),
        sa.CheckConstraint(
            "(state IN ('waiting', 'offered')) = (ended_at IS NULL)",
            name="ck_waiting_ends_with_its_state",
        ),
        _key("waiting", "activity_id", "activity", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_waiting"),
        sa.UniqueConstraint("ref", name="uq_waiting_ref"),
    )
    op.create_index("ix_waiting_activity_id_state", "waiting", ["activity_id", "state"])
    op.create_index(
        "ix_waiting_open", "waiting", ["state", "lapses_at"],
        sqlite_where=LASTING, postgresql_where=LASTING,
    )
    op.create_table(
        "waiting_member",
        _must("waiting_id", NUMBER), _must("person_id", NUMBER),
        _key("waiting_member", "waiting_id", "waiting", "CASCADE"),
        _key("waiting_member", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("waiting_id", "person_id", name="pk_waiting_member"),
    )
    op.create_index("ix_waiting_member_person_id", "waiting_member", ["person_id"])


def downgrade():
    op.execute("DELETE FROM notice WHERE kind IN ('place_offered', 'offer_lapsed')")
    for table in ("waiting_member", "waiting", "card", "join_wish"):
        op.drop_table(table)
