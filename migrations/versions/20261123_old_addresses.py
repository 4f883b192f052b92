"""old addresses

Who a letter to an old address is about, so that it goes with them when they are erased.

Revision ID: b7e40c95d2a1
Revises: e5a1c7d94b36
Create Date: 2026-11-23 17:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "b7e40c95d2a1"
down_revision = "e5a1c7d94b36"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("knock") as batch:
        batch.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_knock_person_id_person", "person", ["person_id"], ["id"], ondelete="CASCADE"
        )
        batch.create_index("ix_knock_person_id", ["person_id"])


def downgrade():
    with op.batch_alter_table("knock") as batch:
        batch.drop_index("ix_knock_person_id")
        batch.drop_constraint("fk_knock_person_id_person", type_="foreignkey")
        batch.drop_column("person_id")
