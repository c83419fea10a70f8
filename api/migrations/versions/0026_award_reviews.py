"""A verdict keeps the value that was chosen, caps are found by person, and a declared kinship is confirmed by another.

What was declared before counts as it did: it is confirmed by who declared it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("award_review", sa.Column("chosen_steps", sa.BigInteger(), nullable=True))
    op.create_index("ix_award_person", "award", ["community_id", "person_id", "on_day"])
    op.add_column("kin", sa.Column("confirmed_at", sa.BigInteger(), nullable=True))
    op.add_column("kin", sa.Column("confirmed_by", sa.String(), nullable=True))
    op.execute("UPDATE kin SET confirmed_at = declared_at, confirmed_by = declared_by WHERE how = 'own'")


def downgrade() -> None:
    op.drop_column("kin", "confirmed_by")
    op.drop_column("kin", "confirmed_at")
    op.drop_index("ix_award_person", table_name="award")
    op.drop_column("award_review", "chosen_steps")
