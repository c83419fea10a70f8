"""What an item of a points table says beyond unit and caps: its rule, who may report it, and the words it was read from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("points_item", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("points_item", sa.Column("reporters", sa.String(), nullable=True))
    op.add_column("points_item", sa.Column("written", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("points_item", "written")
    op.drop_column("points_item", "reporters")
    op.drop_column("points_item", "rule")
