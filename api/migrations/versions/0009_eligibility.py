"""Rules of eligibility in versions, consent to what is sensitive, decisions about the policy's numbers, and when quotas were set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STANDING = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "flag_consent",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('low_income', 'disabled')", name="ck_flag_consent_kind"),
        sa.CheckConstraint("way IN ('paper', 'in_person', 'guardian')", name="ck_flag_consent_way"),
        sa.CheckConstraint("length(evidence) BETWEEN 1 AND 200", name="ck_flag_consent_evidence"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="ck_flag_consent_revoked"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_flag_consent_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_flag_consent_standing",
        "flag_consent",
        ["community_id", "person_id", "kind"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.create_table(
        "eligibility_rule",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("gives", sa.String(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("expression", sa.Text(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("minutes_digest", sa.String(), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("drafted_at", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("note_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number >= 0", name="ck_eligibility_rule_number"),
        sa.CheckConstraint("state IN ('draft', 'adopted', 'withdrawn')", name="ck_eligibility_rule_state"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_eligibility_rule_name"),
        sa.CheckConstraint("length(gives) <= 200", name="ck_eligibility_rule_gives"),
        sa.CheckConstraint("in_force_from > decided_on", name="ck_eligibility_rule_not_retroactive"),
        sa.CheckConstraint("confirmed_by <> drafted_by", name="ck_eligibility_rule_two_people"),
        sa.CheckConstraint(
            "(state = 'adopted') = (version IS NOT NULL) AND (state = 'adopted') = (note_seq IS NOT NULL)"
            " AND (state <> 'adopted' OR confirmed_by IS NOT NULL)",
            name="ck_eligibility_rule_adopted",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", "version", name="uq_eligibility_rule_version"),
    )
    op.create_index(
        "ix_eligibility_rule_in_force", "eligibility_rule", ["community_id", "number", "in_force_from"], unique=False
    )
    op.create_table(
        "policy_decision",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("minutes_digest", sa.String(), nullable=False),
        sa.Column("drafted_at", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("drafted_officer", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_officer", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'adopted', 'withdrawn')", name="ck_policy_decision_state"),
        sa.CheckConstraint("in_force_on > decided_on", name="ck_policy_decision_not_retroactive"),
        sa.CheckConstraint("confirmed_by <> drafted_by", name="ck_policy_decision_two_people"),
        sa.CheckConstraint(
            "(state = 'adopted') = (version IS NOT NULL) AND (state <> 'adopted' OR confirmed_by IS NOT NULL)",
            name="ck_policy_decision_adopted",
        ),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_policy_decision_reason"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "version", name="uq_policy_decision_version"),
    )
    op.create_table(
        "quota_setting",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("begins_year", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("begins_year IN (0, 1)", name="ck_quota_setting_begins_year"),
        sa.PrimaryKeyConstraint("community_id", "set_on"),
    )


def downgrade() -> None:
    op.drop_table("quota_setting")
    op.drop_table("policy_decision")
    op.drop_table("eligibility_rule")
    op.drop_table("flag_consent")
