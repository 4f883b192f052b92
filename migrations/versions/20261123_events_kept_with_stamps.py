"""events kept with stamps

An event is kept with the lines that say when it was last changed, not beside them. What was kept
the other way is thrown away: it is written anew when it is asked for.

Revision ID: c7e04a91f3b6
Revises: d5f2a8c41e90
Create Date: 2026-11-23 02:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "c7e04a91f3b6"
down_revision = "d5f2a8c41e90"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("DELETE FROM kept_event")
    with op.batch_alter_table("kept_event") as batch:
        batch.drop_column("stamp")


def downgrade():
    op.execute("DELETE FROM kept_event")
    with op.batch_alter_table("kept_event") as batch:
        batch.add_column(sa.Column("stamp", sa.String(), nullable=False))
