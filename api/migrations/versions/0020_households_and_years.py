"""Households split and merge, the year's points are closed, honours are shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "honour_decision",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
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
        sa.Column("note", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('levels', 'black')", name="ck_honour_decision_kind"),
        sa.CheckConstraint(
            "state <> 'adopted' OR (confirmed_by IS NOT NULL AND note IS NOT NULL)", name="ck_honour_decision_adopted"
        ),
        sa.CheckConstraint("state IN ('draft', 'adopted', 'withdrawn')", name="ck_honour_decision_state"),
        sa.CheckConstraint("confirmed_by <> drafted_by", name="ck_honour_decision_two_people"),
        sa.CheckConstraint("ends_on > in_force_on", name="ck_honour_decision_days"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_honour_decision_reason"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_honour_decision_kind", "honour_decision", ["community_id", "kind", "in_force_on"], unique=False)
    op.create_table(
        "honour_list",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.LargeBinary(16), nullable=True),
        sa.Column("public", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_officer", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_officer", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("objections_until", sa.BigInteger(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind = 'red' OR (decision_id IS NOT NULL AND (published_at IS NULL OR ends_on IS NOT NULL))",
            name="ck_honour_list_black",
        ),
        sa.CheckConstraint("kind IN ('red', 'black')", name="ck_honour_list_kind"),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'published', 'standing', 'ended', 'withdrawn')",
            name="ck_honour_list_state",
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'withdrawn') OR confirmed_by IS NOT NULL", name="ck_honour_list_confirmed"
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'standing', 'ended') OR (published_at IS NOT NULL AND objections_until IS NOT NULL AND note IS NOT NULL)",
            name="ck_honour_list_published",
        ),
        sa.CheckConstraint("confirmed_by <> proposed_by", name="ck_honour_list_two_people"),
        sa.CheckConstraint("from_day <= to_day", name="ck_honour_list_days"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_honour_list_number"),
    )
    op.create_index("ix_honour_list_state", "honour_list", ["community_id", "state"], unique=False)
    op.create_table(
        "year_close",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("carry_percent", sa.Integer(), nullable=False),
        sa.Column("ends_base", sa.Integer(), nullable=False),
        sa.Column("gives_base", sa.Integer(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("minutes_digest", sa.String(), nullable=False),
        sa.Column("drafted_at", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("drafted_officer", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=True),
        sa.Column("announced_by", sa.String(), nullable=True),
        sa.Column("announced_officer", sa.BigInteger(), nullable=True),
        sa.Column("redeem_until", sa.Date(), nullable=True),
        sa.Column("closes_from", sa.Date(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("started_by", sa.String(), nullable=True),
        sa.Column("until_seq", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.Column("old_steps", sa.BigInteger(), nullable=False),
        sa.Column("lapsed_steps", sa.BigInteger(), nullable=False),
        sa.Column("carried_steps", sa.BigInteger(), nullable=False),
        sa.Column("held_steps", sa.BigInteger(), nullable=False),
        sa.Column("base_lapsed_steps", sa.BigInteger(), nullable=False),
        sa.Column("base_given_steps", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("undo_until", sa.BigInteger(), nullable=True),
        sa.Column("undo_asked_at", sa.BigInteger(), nullable=True),
        sa.Column("undo_asked_by", sa.String(), nullable=True),
        sa.Column("undo_asked_officer", sa.BigInteger(), nullable=True),
        sa.Column("undo_reason", sa.String(), nullable=False),
        sa.Column("undo_at", sa.BigInteger(), nullable=True),
        sa.Column("undo_by", sa.String(), nullable=True),
        sa.Column("undo_officer", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'announced', 'closing', 'closed', 'undoing', 'undone', 'withdrawn')",
            name="ck_year_close_state",
        ),
        sa.CheckConstraint(
            "state NOT IN ('announced', 'closing', 'closed', 'undoing', 'undone') OR (announced_at IS NOT NULL AND announced_by IS NOT NULL AND closes_from IS NOT NULL)",
            name="ck_year_close_announced",
        ),
        sa.CheckConstraint(
            "state NOT IN ('closed', 'undoing', 'undone') OR (closed_at IS NOT NULL AND undo_until IS NOT NULL)",
            name="ck_year_close_closed",
        ),
        sa.CheckConstraint(
            "state NOT IN ('closing', 'closed', 'undoing', 'undone') OR (started_at IS NOT NULL AND until_seq IS NOT NULL AND note IS NOT NULL)",
            name="ck_year_close_started",
        ),
        sa.CheckConstraint(
            "state NOT IN ('undoing', 'undone') OR (undo_asked_by IS NOT NULL AND undo_by IS NOT NULL)",
            name="ck_year_close_undone",
        ),
        sa.CheckConstraint("announced_by <> drafted_by", name="ck_year_close_two_people"),
        sa.CheckConstraint("carry_percent BETWEEN 0 AND 100", name="ck_year_close_carry"),
        sa.CheckConstraint(
            "ends_base IN (0, 1) AND gives_base IN (0, 1) AND gives_base <= ends_base", name="ck_year_close_base"
        ),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_year_close_reason"),
        sa.CheckConstraint("undo_by <> undo_asked_by", name="ck_year_close_undo_two_people"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_year_close_state", "year_close", ["community_id", "state"], unique=False)
    op.create_index(
        "uq_year_close_year",
        "year_close",
        ["community_id", "year"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('undone', 'withdrawn')"),
        postgresql_where=sa.text("state NOT IN ('undone', 'withdrawn')"),
    )
    op.create_table(
        "honour_line",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("masked_name", sa.String(), nullable=False),
        sa.Column("grid", sa.String(), nullable=False),
        sa.Column("household_tail", sa.String(), nullable=False),
        sa.Column("suffix", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("consent_at", sa.BigInteger(), nullable=True),
        sa.Column("consent_by", sa.String(), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("heard_text", sa.String(), nullable=False),
        sa.Column("taken_off_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_off_by", sa.String(), nullable=False),
        sa.Column("taken_off_reason", sa.String(), nullable=False),
        sa.CheckConstraint("(consent = '') = (consent_at IS NULL)", name="ck_honour_line_consent_at"),
        sa.CheckConstraint("(taken_off_at IS NULL) = (taken_off_reason = '')", name="ck_honour_line_taken_off"),
        sa.CheckConstraint("consent IN ('', 'given', 'refused')", name="ck_honour_line_consent"),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_honour_line_household",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "list_id"], ["honour_list.community_id", "honour_list.id"], name="fk_honour_line_list"
        ),
        sa.PrimaryKeyConstraint("community_id", "list_id", "position"),
        sa.UniqueConstraint("community_id", "list_id", "household_id", name="uq_honour_line_household"),
    )
    op.create_index("ix_honour_line_household", "honour_line", ["community_id", "household_id"], unique=False)
    op.create_table(
        "household_event",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.Column("other_id", sa.LargeBinary(16), nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('moved_in', 'moved_out', 'head', 'split_off', 'split_from', 'merged_in', 'merged_away', 'undone')",
            name="ck_household_event_kind",
        ),
        sa.CheckConstraint(
            "kind NOT IN ('moved_in', 'moved_out', 'head') OR person_id IS NOT NULL", name="ck_household_event_person"
        ),
        sa.CheckConstraint(
            "kind NOT IN ('split_off', 'split_from', 'merged_in', 'merged_away') OR other_id IS NOT NULL",
            name="ck_household_event_other",
        ),
        sa.CheckConstraint("length(reason) <= 300", name="ck_household_event_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_household_event_household",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "ix_household_event_household", "household_event", ["community_id", "household_id", "id"], unique=False
    )
    op.create_table(
        "year_close_line",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("close_id", sa.LargeBinary(16), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("balance_steps", sa.BigInteger(), nullable=False),
        sa.Column("old_steps", sa.BigInteger(), nullable=False),
        sa.Column("lapsed_steps", sa.BigInteger(), nullable=False),
        sa.Column("carried_steps", sa.BigInteger(), nullable=False),
        sa.Column("held_steps", sa.BigInteger(), nullable=False),
        sa.Column("base_lapsed_steps", sa.BigInteger(), nullable=False),
        sa.Column("base_given_steps", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("base_entry", sa.BigInteger(), nullable=True),
        sa.Column("undo_entry", sa.BigInteger(), nullable=True),
        sa.Column("undo_base_entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(lapsed_steps + base_lapsed_steps > 0) = (entry IS NOT NULL) AND (base_given_steps > 0) = (base_entry IS NOT NULL)",
            name="ck_year_close_line_entries",
        ),
        sa.CheckConstraint(
            "old_steps >= 0 AND lapsed_steps >= 0 AND carried_steps >= 0 AND old_steps = lapsed_steps + carried_steps AND held_steps >= 0 AND base_lapsed_steps >= 0 AND base_given_steps >= 0",
            name="ck_year_close_line_steps",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "close_id"], ["year_close.community_id", "year_close.id"], name="fk_year_close_line_close"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_year_close_line_household",
        ),
        sa.PrimaryKeyConstraint("community_id", "close_id", "household_id"),
        sa.UniqueConstraint("community_id", "close_id", "number", name="uq_year_close_line_number"),
    )
    op.create_table(
        "honour_objection",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("list_id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ck_honour_objection_answered"),
        sa.CheckConstraint("state IN ('open', 'upheld', 'rejected')", name="ck_honour_objection_state"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name="ck_honour_objection_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "list_id", "position"],
            ["honour_line.community_id", "honour_line.list_id", "honour_line.position"],
            name="fk_honour_objection_line",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_honour_objection_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "list_id", "position", "person_id", name="uq_honour_objection_person"),
    )
    op.create_index("ix_honour_objection_state", "honour_objection", ["community_id", "state"], unique=False)
    op.create_table(
        "household_change",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("other_id", sa.LargeBinary(16), nullable=True),
        sa.Column("share_percent", sa.Integer(), nullable=True),
        sa.Column("share_steps", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("giver_id", sa.LargeBinary(16), nullable=False),
        sa.Column("giver_agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("giver_way", sa.String(), nullable=False),
        sa.Column("giver_recorded_by", sa.String(), nullable=False),
        sa.Column("taker_id", sa.LargeBinary(16), nullable=False),
        sa.Column("taker_agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("taker_way", sa.String(), nullable=False),
        sa.Column("taker_recorded_by", sa.String(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_officer", sa.BigInteger(), nullable=True),
        sa.Column("undo_until", sa.BigInteger(), nullable=True),
        sa.Column("points_steps", sa.BigInteger(), nullable=False),
        sa.Column("old_steps", sa.BigInteger(), nullable=False),
        sa.Column("owed_steps", sa.BigInteger(), nullable=False),
        sa.Column("base_steps", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("base_entry", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_reason", sa.String(), nullable=False),
        sa.Column("undo_entry", sa.BigInteger(), nullable=True),
        sa.Column("undo_base_entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'undone')) = (done_at IS NOT NULL) AND (done_at IS NULL OR (other_id IS NOT NULL AND done_by IS NOT NULL AND undo_until IS NOT NULL))",
            name="ck_household_change_done",
        ),
        sa.CheckConstraint("kind IN ('split', 'merge')", name="ck_household_change_kind"),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'done', 'undone', 'declined', 'withdrawn', 'lapsed')",
            name="ck_household_change_state",
        ),
        sa.CheckConstraint(
            "state NOT IN ('agreed', 'done', 'undone') OR (giver_agreed_at IS NOT NULL AND taker_agreed_at IS NOT NULL)",
            name="ck_household_change_agreed",
        ),
        sa.CheckConstraint(
            "(share_percent IS NULL) <> (share_steps IS NULL) AND share_percent BETWEEN 0 AND 100 AND share_steps >= 0",
            name="ck_household_change_share",
        ),
        sa.CheckConstraint("giver_id <> taker_id", name="ck_household_change_two_people"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_household_change_reason"),
        sa.CheckConstraint(
            "points_steps >= 0 AND old_steps BETWEEN 0 AND points_steps AND owed_steps >= 0 AND base_steps >= 0 AND (points_steps > 0) = (entry IS NOT NULL) AND (base_steps > 0) = (base_entry IS NOT NULL)",
            name="ck_household_change_moved",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "giver_id"], ["person.community_id", "person.id"], name="fk_household_change_giver"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_household_change_household",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "taker_id"], ["person.community_id", "person.id"], name="fk_household_change_taker"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_household_change_number"),
    )
    op.create_index("ix_household_change_household", "household_change", ["community_id", "household_id"], unique=False)
    op.create_index("ix_household_change_other", "household_change", ["community_id", "other_id"], unique=False)
    op.create_index("ix_household_change_state", "household_change", ["community_id", "state", "number"], unique=False)
    op.create_index(
        "uq_household_change_open",
        "household_change",
        ["community_id", "household_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'agreed')"),
        postgresql_where=sa.text("state IN ('asked', 'agreed')"),
    )
    op.create_table(
        "household_change_member",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("relation_before", sa.String(), nullable=False),
        sa.CheckConstraint(
            "length(relation) <= 20 AND length(relation_before) <= 60", name="ck_household_change_member_relation"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "change_id"],
            ["household_change.community_id", "household_change.id"],
            name="fk_household_change_member_change",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"],
            ["person.community_id", "person.id"],
            name="fk_household_change_member_person",
        ),
        sa.PrimaryKeyConstraint("community_id", "change_id", "person_id"),
    )


def downgrade() -> None:
    op.drop_table("household_change_member")
    op.drop_table("household_change")
    op.drop_table("honour_objection")
    op.drop_table("year_close_line")
    op.drop_table("household_event")
    op.drop_table("honour_line")
    op.drop_table("year_close")
    op.drop_table("honour_list")
    op.drop_table("honour_decision")
