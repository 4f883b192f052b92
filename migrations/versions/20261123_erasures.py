"""erasures

Who was erased, until no letter and no register needs the name; and that somebody was.

Revision ID: d5f2a8c41e90
Revises: b19e4d7c3f52
Create Date: 2026-11-23 02:10:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "d5f2a8c41e90"
down_revision = "b19e4d7c3f52"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.add_column("person", sa.Column("erased_at", INSTANT, nullable=True))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name="fk_erasure_by_id_person", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
    )


def downgrade():
    op.drop_table("erasure")
    op.drop_column("person", "erased_at")
