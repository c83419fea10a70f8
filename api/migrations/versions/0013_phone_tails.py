"""People are found by the last four digits of a phone without reading the whole register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_person_phone_tail", "person", ["community_id", sa.text("substr(phone, length(phone) - 3)")], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_person_phone_tail", table_name="person")
