"""relay

Where no one bridges two languages, two people may: needs that allow it, and the halves of a relay.

Revision ID: e5b18f4c7a21
Revises: a3f6c2d98e17
Create Date: 2026-11-22 18:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "e5b18f4c7a21"
down_revision = "a3f6c2d98e17"
branch_labels = None
depends_on = None

CHECKS = {
    "ck_need_relay_has_a_language": "NOT relay OR language IS NOT NULL",
    "ck_need_via_has_a_language": "via IS NULL OR language IS NOT NULL",
}


def upgrade():
    with op.batch_alter_table("need") as batch:
        batch.add_column(
            sa.Column("relay", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch.add_column(sa.Column("via", sa.String(), nullable=True))
        for name, rule in CHECKS.items():
            batch.create_check_constraint(op.f(name), rule)


def downgrade():
    with op.batch_alter_table("need") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(name), type_="check")
        batch.drop_column("via")
        batch.drop_column("relay")
