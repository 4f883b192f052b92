"""channels

Messages on telephones: devices that show them, the way somebody wishes first, the channel of each try, and
what short messages cost.

Revision ID: d5a7c2e81b96
Revises: d5f1a83b6c20
Create Date: 2026-11-23 02:10:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "d5a7c2e81b96"
down_revision = "d5f1a83b6c20"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String()
)


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _of_person(table):
    return sa.ForeignKeyConstraint(
        ["person_id"], ["person.id"], name=f"fk_{table}_person_id_person", ondelete="CASCADE"
    )


def upgrade():
    op.add_column("notice", _may("via", WORD))
    op.add_column("attempt", _must("channel", WORD, "email"))
    with op.batch_alter_table("centre_pace") as batch:
        batch.add_column(_must("parts", NUMBER, sa.text("0")))
        batch.create_check_constraint(op.f("ck_centre_pace_parts"), "parts >= 0")
    op.create_table(
        "push_subscription",
        _must("id", NUMBER),
        _must("ref", TEXT),
        _must("person_id", NUMBER),
        _must("endpoint", TEXT),
        _must("p256dh", TEXT),
        _must("auth", TEXT),
        _must("server_key", TEXT),
        _must("label", TEXT),
        _must("made_at", INSTANT),
        _may("last_used_at", INSTANT),
        _must("failures", NUMBER),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_push_subscription_failures")),
        _of_person("push_subscription"),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscription"),
        sa.UniqueConstraint("ref", name="uq_push_subscription_ref"),
        sa.UniqueConstraint("endpoint", name="uq_push_subscription_endpoint"),
    )
    op.create_index("ix_push_subscription_person_id", "push_subscription", ["person_id"])
    op.create_table(
        "first_way",
        _must("person_id", NUMBER),
        _must("channel", WORD),
        _of_person("first_way"),
        sa.PrimaryKeyConstraint("person_id", name="pk_first_way"),
    )


def downgrade():
    op.drop_table("first_way")
    op.drop_index("ix_push_subscription_person_id", table_name="push_subscription")
    op.drop_table("push_subscription")
    with op.batch_alter_table("centre_pace") as batch:
        batch.drop_constraint(op.f("ck_centre_pace_parts"), type_="check")
        batch.drop_column("parts")
    op.drop_column("attempt", "channel")
    op.drop_column("notice", "via")
    op.execute("DELETE FROM stopped_address WHERE why = 'no_number'")
