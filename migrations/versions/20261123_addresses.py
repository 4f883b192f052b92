"""addresses

Somebody may take another address: a letter to the new one brings a code, one to the old one says it.

Revision ID: e5a1c7d94b36
Revises: c8f2a7e3d951
Create Date: 2026-11-23 09:30:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "e5a1c7d94b36"
down_revision = "c8f2a7e3d951"
branch_labels = None
depends_on = None


def upgrade():
    purpose = sa.Column("purpose", sa.String(length=32), nullable=False, server_default="enter")
    op.add_column("knock", purpose)


def downgrade():
    op.execute("DELETE FROM knock WHERE purpose <> 'enter'")
    op.drop_column("knock", "purpose")
