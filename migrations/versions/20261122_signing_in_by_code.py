"""signing in by code

Who knocks with an e-mail address or a telephone before anybody knows whose it is; a number that gets
somebody in; and the one message that goes to a contact instead of a person.

Revision ID: d7a2e5518b90
Revises: c41f9a27e6d3
Create Date: 2026-11-22 16:30:00

"""
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "d7a2e5518b90"
down_revision = "c41f9a27e6d3"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "knock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("lapses_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_knock_tries")),
        sa.CheckConstraint(
            "(name IS NULL) = (role IS NULL) AND (role IS NULL) = (centre_id IS NULL)",
            name=op.f("ck_knock_a_wish_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name="fk_knock_centre_id_centre", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_knock"),
        sa.UniqueConstraint("token_hash", name="uq_knock_token_hash"),
    )
    for column in ("contact", "browser_hash", "lapses_at"):
        op.create_index(f"ix_knock_{column}", "knock", [column])
    with _changed("person") as batch:
        batch.add_column(sa.Column("sign_in_phone", sa.String(), nullable=True))
        batch.add_column(sa.Column("confirmed_at", INSTANT, nullable=True))
        batch.create_unique_constraint("uq_person_sign_in_phone", ["sign_in_phone"])
        batch.create_check_constraint(
            op.f("ck_person_sign_in_phone_is_e164"), "substr(sign_in_phone, 1, 1) = '+'"
        )
    with _changed("notice") as batch:
        batch.alter_column("person_id", existing_type=sa.Integer(), nullable=True)
        batch.create_check_constraint(
            op.f("ck_notice_somebody_reads_it"), "person_id IS NOT NULL OR kind = 'code'"
        )


def downgrade():
    op.execute("DELETE FROM notice WHERE kind IN ('code', 'applied')")
    with _changed("notice") as batch:
        batch.drop_constraint(op.f("ck_notice_somebody_reads_it"), type_="check")
        batch.alter_column("person_id", existing_type=sa.Integer(), nullable=False)
    with _changed("person") as batch:
        batch.drop_constraint(op.f("ck_person_sign_in_phone_is_e164"), type_="check")
        batch.drop_constraint("uq_person_sign_in_phone", type_="unique")
        batch.drop_column("confirmed_at")
        batch.drop_column("sign_in_phone")
    op.drop_table("knock")


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
