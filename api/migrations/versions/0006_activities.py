"""Opening hours of service points; series, terms, waiting lists and absences of activities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_series",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=True),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("shifts", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('series', 'campaign', 'duty')", name="ck_activity_series_kind"),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 80", name="ck_activity_series_title"),
        sa.CheckConstraint("until_on IS NULL OR until_on >= first_on", name="ck_activity_series_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"],
            ["service_point.community_id", "service_point.id"],
            name="fk_activity_series_point",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_activity_series_number"),
    )
    op.create_index(
        "uq_activity_series_duty",
        "activity_series",
        ["community_id", "point_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'duty'"),
        postgresql_where=sa.text("kind = 'duty'"),
    )
    op.create_table(
        "point_day",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens_minute", sa.BigInteger(), nullable=True),
        sa.Column("closes_minute", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(opens_minute IS NULL AND closes_minute IS NULL) OR (0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440)",
            name="ck_point_day_minutes",
        ),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 200", name="ck_point_day_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_point_day"
        ),
        sa.PrimaryKeyConstraint("community_id", "point_id", "day"),
    )
    op.create_table(
        "point_hours",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=False),
        sa.Column("keeps_holidays", sa.Boolean(), nullable=False),
        sa.Column("duty_people", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.CheckConstraint("duty_people BETWEEN 0 AND 20", name="ck_point_hours_duty"),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_point_hours"
        ),
        sa.PrimaryKeyConstraint("community_id", "point_id"),
    )
    op.create_table(
        "point_opening",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opens_minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closes_minute", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'weekday' AND day BETWEEN 1 AND 7) OR (kind = 'digit' AND day BETWEEN 0 AND 9)",
            name="ck_point_opening_day",
        ),
        sa.CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440",
            name="ck_point_opening_minutes",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"], ["point_hours.community_id", "point_hours.point_id"], name="fk_point_opening"
        ),
        sa.PrimaryKeyConstraint("community_id", "point_id", "kind", "day", "opens_minute"),
    )
    op.create_table(
        "activity_terms",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("activity_id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("series_id", sa.LargeBinary(16), nullable=True),
        sa.Column("occurs_on", sa.Date(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.Column("shift_name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("sign_up_closes_at", sa.BigInteger(), nullable=True),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("age_from", sa.BigInteger(), nullable=True),
        sa.Column("age_to", sa.BigInteger(), nullable=True),
        sa.Column("needs_insurance", sa.Boolean(), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('activity', 'duty')", name="ck_activity_terms_kind"),
        sa.CheckConstraint(
            "(age_from IS NULL OR age_from BETWEEN 0 AND 120) AND (age_to IS NULL OR age_to BETWEEN 0 AND 120) AND (age_from IS NULL OR age_to IS NULL OR age_from <= age_to)",
            name="ck_activity_terms_ages",
        ),
        sa.CheckConstraint("length(shift_name) <= 40 AND length(note) <= 400", name="ck_activity_terms_texts"),
        sa.ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_activity_terms"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "series_id"],
            ["activity_series.community_id", "activity_series.id"],
            name="fk_activity_terms_series",
        ),
        sa.PrimaryKeyConstraint("community_id", "activity_id"),
        sa.UniqueConstraint("community_id", "series_id", "occurs_on", "shift", name="uq_activity_terms_occurrence"),
    )
    op.create_table(
        "sign_up_absence",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("activity_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("missed_at", sa.BigInteger(), nullable=True),
        sa.Column("missed_how", sa.String(), nullable=True),
        sa.Column("missed_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("excuse", sa.String(), nullable=False),
        sa.Column("excused_at", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_note", sa.String(), nullable=False),
        sa.CheckConstraint("(excused_at IS NULL) = (excuse = '')", name="ck_sign_up_absence_excuse"),
        sa.CheckConstraint("missed_how IN ('staff', 'job')", name="ck_sign_up_absence_how"),
        sa.CheckConstraint("verdict IN ('accepted', 'refused')", name="ck_sign_up_absence_verdict"),
        sa.CheckConstraint("(missed_at IS NULL) = (missed_how IS NULL)", name="ck_sign_up_absence_missed"),
        sa.CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="ck_sign_up_absence_decided"),
        sa.CheckConstraint("length(excuse) <= 200 AND length(decided_note) <= 200", name="ck_sign_up_absence_texts"),
        sa.ForeignKeyConstraint(
            ["community_id", "activity_id", "person_id"],
            ["activity_sign_up.community_id", "activity_sign_up.activity_id", "activity_sign_up.person_id"],
            name="fk_sign_up_absence",
        ),
        sa.PrimaryKeyConstraint("community_id", "activity_id", "person_id"),
    )
    op.create_index(
        "ix_sign_up_absence_person", "sign_up_absence", ["community_id", "person_id", "missed_at"], unique=False
    )
    op.add_column("activity_sign_up", sa.Column("waiting_since", sa.BigInteger(), nullable=True))
    op.add_column("activity_sign_up", sa.Column("promoted_at", sa.BigInteger(), nullable=True))
    op.add_column("activity_sign_up", sa.Column("given_up_how", sa.String(), nullable=True))


def downgrade() -> None:
    for name in ("given_up_how", "promoted_at", "waiting_since"):
        op.drop_column("activity_sign_up", name)
    for name in ("sign_up_absence", "activity_terms", "activity_series", "point_opening", "point_hours", "point_day"):
        op.drop_table(name)
