"""Skills, insurance, guardians' consents; teams with their members and leaders, and their hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_skill",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.CheckConstraint("(withdrawn_on IS NULL) = (withdrawn_by = '')", name="ck_person_skill_withdrawn"),
        sa.CheckConstraint("length(proof) <= 200", name="ck_person_skill_proof"),
        sa.CheckConstraint("length(skill) BETWEEN 1 AND 40", name="ck_person_skill_skill"),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_person_skill_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_skill"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_person_skill_person", "person_skill", ["community_id", "person_id"], unique=False)
    op.create_table(
        "person_insurance",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("insurer", sa.String(), nullable=False),
        sa.Column("policy_number", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.CheckConstraint("(withdrawn_on IS NULL) = (withdrawn_by = '')", name="ck_person_insurance_withdrawn"),
        sa.CheckConstraint("length(insurer) BETWEEN 1 AND 60", name="ck_person_insurance_insurer"),
        sa.CheckConstraint("length(policy_number) BETWEEN 1 AND 60", name="ck_person_insurance_number"),
        sa.CheckConstraint("until_on >= from_on", name="ck_person_insurance_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_insurance"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_person_insurance_person", "person_insurance", ["community_id", "person_id"], unique=False)
    op.create_table(
        "guardian_consent",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("guardian_id", sa.LargeBinary(16), nullable=True),
        sa.Column("guardian_name", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by = '')", name="ck_guardian_consent_revoked"),
        sa.CheckConstraint("how IN ('own', 'desk', 'paper')", name="ck_guardian_consent_how"),
        sa.CheckConstraint(
            "relation IN ('parent', 'grandparent', 'relative', 'appointed')", name="ck_guardian_consent_relation"
        ),
        sa.CheckConstraint(
            "guardian_id IS NOT NULL OR (length(guardian_name) > 0 AND length(evidence) > 0)",
            name="ck_guardian_consent_named",
        ),
        sa.CheckConstraint("guardian_id IS NULL OR guardian_id <> person_id", name="ck_guardian_consent_two_people"),
        sa.CheckConstraint(
            "length(guardian_name) <= 60 AND length(evidence) <= 200", name="ck_guardian_consent_lengths"
        ),
        sa.CheckConstraint("until_on >= from_on", name="ck_guardian_consent_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "guardian_id"], ["person.community_id", "person.id"], name="fk_guardian_consent_guardian"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_guardian_consent_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_guardian_consent_guardian", "guardian_consent", ["community_id", "guardian_id"], unique=False)
    op.create_index("ix_guardian_consent_person", "guardian_consent", ["community_id", "person_id"], unique=False)
    op.create_table(
        "team",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("parent_id", sa.LargeBinary(16), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("founded_at", sa.BigInteger(), nullable=False),
        sa.Column("founded_by", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (ended_at IS NULL) AND (ended_on IS NULL) = (ended_by = '')", name="ck_team_ended"
        ),
        sa.CheckConstraint("kind = 'team' OR parent_id IS NULL", name="ck_team_parent"),
        sa.CheckConstraint("kind IN ('team', 'organisation')", name="ck_team_kind"),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= founded_on", name="ck_team_days"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_team_name"),
        sa.CheckConstraint("length(purpose) <= 200 AND length(end_reason) <= 200", name="ck_team_texts"),
        sa.ForeignKeyConstraint(["community_id", "parent_id"], ["team.community_id", "team.id"], name="fk_team_parent"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_team_number"),
    )
    op.create_index(
        "uq_team_name",
        "team",
        ["community_id", "name"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "team_member",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("team_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("gone_on", sa.Date(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("gone_by", sa.String(), nullable=False),
        sa.CheckConstraint("(gone_on IS NULL) = (gone_by = '')", name="ck_team_member_gone"),
        sa.CheckConstraint("gone_on IS NULL OR gone_on >= from_on", name="ck_team_member_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_team_member_person"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_member_team"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_team_member_person", "team_member", ["community_id", "person_id"], unique=False)
    op.create_index(
        "uq_team_member_now",
        "team_member",
        ["community_id", "team_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("gone_on IS NULL"),
        postgresql_where=sa.text("gone_on IS NULL"),
    )
    op.create_table(
        "team_leader",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("team_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("gone_on", sa.Date(), nullable=True),
        sa.Column("appointed_at", sa.BigInteger(), nullable=False),
        sa.Column("appointed_by", sa.String(), nullable=False),
        sa.Column("gone_by", sa.String(), nullable=False),
        sa.CheckConstraint("(gone_on IS NULL) = (gone_by = '')", name="ck_team_leader_gone"),
        sa.CheckConstraint("gone_on IS NULL OR gone_on >= from_on", name="ck_team_leader_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_team_leader_person"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_leader_team"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_team_leader_person", "team_leader", ["community_id", "person_id"], unique=False)
    op.create_index(
        "uq_team_leader_now",
        "team_leader",
        ["community_id", "team_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("gone_on IS NULL"),
        postgresql_where=sa.text("gone_on IS NULL"),
    )
    op.create_table(
        "team_upload",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("team_id", sa.LargeBinary(16), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_upload_team"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_table(
        "visit_team",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("team_id", sa.LargeBinary(16), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.Column("chosen_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_visit_team_team"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_team_visit"
        ),
        sa.PrimaryKeyConstraint("community_id", "visit_id"),
    )
    op.create_index("ix_visit_team_team", "visit_team", ["community_id", "team_id", "visit_id"], unique=False)
    op.create_table(
        "activity_team",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("activity_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("team_id", sa.LargeBinary(16), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_activity_team_activity"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_activity_team_person"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_activity_team_team"
        ),
        sa.PrimaryKeyConstraint("community_id", "activity_id", "person_id"),
    )
    op.create_table(
        "team_donation",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("team_id", sa.LargeBinary(16), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("hold_seq", sa.BigInteger(), nullable=True),
        sa.Column("entry_seq", sa.BigInteger(), nullable=True),
        sa.Column("donated_at", sa.BigInteger(), nullable=False),
        sa.Column("donated_by", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by = '')",
            name="ck_team_donation_ended",
        ),
        sa.CheckConstraint("(state = 'given') = (entry_seq IS NOT NULL)", name="ck_team_donation_given"),
        sa.CheckConstraint("hold_seq IS NOT NULL OR state = 'given'", name="ck_team_donation_held"),
        sa.CheckConstraint("minutes > 0", name="ck_team_donation_minutes"),
        sa.CheckConstraint("state IN ('waiting', 'given', 'taken_back')", name="ck_team_donation_state"),
        sa.ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_donation_team"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_team_donation_due", "team_donation", ["community_id", "state", "due_at"], unique=False)
    op.create_index("ix_team_donation_team", "team_donation", ["community_id", "team_id", "donated_at"], unique=False)


def downgrade() -> None:
    op.drop_table("team_donation")
    op.drop_table("activity_team")
    op.drop_table("visit_team")
    op.drop_table("team_upload")
    op.drop_table("team_leader")
    op.drop_table("team_member")
    op.drop_table("team")
    op.drop_table("guardian_consent")
    op.drop_table("person_insurance")
    op.drop_table("person_skill")
