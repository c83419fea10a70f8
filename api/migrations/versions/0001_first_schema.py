"""The first schema: the ledger with its guards, people, hours and points.

Guards are written out and not taken from the code, since what was guarded by this revision stays as it was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GUARDS = {
    "sqlite": [
        """CREATE TRIGGER ledger_entry_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END""",
        """CREATE TRIGGER ledger_entry_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END""",
        """CREATE TRIGGER ledger_entry_replace BEFORE INSERT ON ledger_entry WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE community_id = NEW.community_id AND seq = NEW.seq) OR EXISTS (SELECT 1 FROM ledger_entry WHERE community_id = NEW.community_id AND id = NEW.id) OR EXISTS (SELECT 1 FROM ledger_entry WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END""",
        """CREATE TRIGGER ledger_checkpoint_update BEFORE UPDATE ON ledger_checkpoint BEGIN SELECT RAISE(ABORT, 'ledger_checkpoint is append-only'); END""",
        """CREATE TRIGGER ledger_checkpoint_delete BEFORE DELETE ON ledger_checkpoint BEGIN SELECT RAISE(ABORT, 'ledger_checkpoint is append-only'); END""",
        """CREATE TRIGGER ledger_checkpoint_replace BEFORE INSERT ON ledger_checkpoint WHEN EXISTS (SELECT 1 FROM ledger_checkpoint WHERE community_id = NEW.community_id AND size = NEW.size) OR EXISTS (SELECT 1 FROM ledger_checkpoint WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'ledger_checkpoint is append-only'); END""",
        """CREATE TRIGGER ledger_tile_update BEFORE UPDATE ON ledger_tile BEGIN SELECT RAISE(ABORT, 'ledger_tile is append-only'); END""",
        """CREATE TRIGGER ledger_tile_delete BEFORE DELETE ON ledger_tile BEGIN SELECT RAISE(ABORT, 'ledger_tile is append-only'); END""",
        """CREATE TRIGGER ledger_tile_replace BEFORE INSERT ON ledger_tile WHEN EXISTS (SELECT 1 FROM ledger_tile WHERE community_id = NEW.community_id AND level = NEW.level AND number = NEW.number) OR EXISTS (SELECT 1 FROM ledger_tile WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'ledger_tile is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS visit_overlap_insert BEFORE INSERT ON visit
        WHEN NEW.state <> 'rejected' AND EXISTS (
    SELECT 1 FROM visit AS other
     WHERE other.community_id = NEW.community_id AND other.person_id = NEW.person_id AND other.id <> NEW.id
       AND other.state <> 'rejected'
       AND other.started_at < COALESCE(NEW.ended_at, 9007199254740991)
       AND COALESCE(other.ended_at, 9007199254740991) > NEW.started_at
)
        BEGIN SELECT RAISE(ABORT, 'visit_overlap: one person is in one place'); END""",
        """CREATE TRIGGER IF NOT EXISTS visit_overlap_update BEFORE UPDATE OF person_id, started_at, ended_at, state ON visit
        WHEN NEW.state <> 'rejected' AND EXISTS (
    SELECT 1 FROM visit AS other
     WHERE other.community_id = NEW.community_id AND other.person_id = NEW.person_id AND other.id <> NEW.id
       AND other.state <> 'rejected'
       AND other.started_at < COALESCE(NEW.ended_at, 9007199254740991)
       AND COALESCE(other.ended_at, 9007199254740991) > NEW.started_at
)
        BEGIN SELECT RAISE(ABORT, 'visit_overlap: one person is in one place'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$""",
        """CREATE TRIGGER ledger_entry_change BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE TRIGGER ledger_entry_truncate BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE TRIGGER ledger_checkpoint_change BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE TRIGGER ledger_checkpoint_truncate BEFORE TRUNCATE ON ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE TRIGGER ledger_tile_change BEFORE UPDATE OR DELETE ON ledger_tile FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE TRIGGER ledger_tile_truncate BEFORE TRUNCATE ON ledger_tile FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE OR REPLACE FUNCTION visit_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'rejected' AND EXISTS (
    SELECT 1 FROM visit AS other
     WHERE other.community_id = NEW.community_id AND other.person_id = NEW.person_id AND other.id <> NEW.id
       AND other.state <> 'rejected'
       AND other.started_at < COALESCE(NEW.ended_at, 9007199254740991)
       AND COALESCE(other.ended_at, 9007199254740991) > NEW.started_at
) THEN
            RAISE EXCEPTION 'visit_overlap: one person is in one place' USING ERRCODE = 'exclusion_violation';
          END IF;
          RETURN NEW;
        END $$""",
        """CREATE OR REPLACE TRIGGER visit_overlap
        BEFORE INSERT OR UPDATE OF person_id, started_at, ended_at, state ON visit
        FOR EACH ROW EXECUTE FUNCTION visit_overlap()""",
    ],
}


def upgrade() -> None:
    """Create every table, then the triggers that guard them."""
    op.create_table(
        "ledger_account",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("owner", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ceiling", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ends", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("to_classes", sa.Text(), nullable=True),
        sa.Column("floor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quota", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("erased", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("unit IN ('min', 'pt')", name="ck_ledger_account_unit"),
        sa.CheckConstraint("held >= 0", name="ck_ledger_account_held"),
        sa.PrimaryKeyConstraint("community_id", "number", name="pk_ledger_account"),
    )
    op.create_index("ix_ledger_account_owner", "ledger_account", ["community_id", "owner"], unique=False)
    op.create_table(
        "ledger_checkpoint",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "size", name="pk_ledger_checkpoint"),
    )
    op.create_table(
        "ledger_detail",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_detail"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("seq >= 0", name="ck_ledger_entry_seq"),
        sa.PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_entry"),
        sa.UniqueConstraint("community_id", "id", name="uq_ledger_entry_id"),
    )
    op.create_index(
        "ix_ledger_entry_key",
        "ledger_entry",
        ["community_id", "seq"],
        unique=False,
        sqlite_where=sa.text("kind = 'key'"),
        postgresql_where=sa.text("kind = 'key'"),
    )
    op.create_table(
        "ledger_hold",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legs", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("resolved", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_hold"),
    )
    op.create_table(
        "ledger_note",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("used_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_note"),
    )
    op.create_index("ix_ledger_note_topic", "ledger_note", ["community_id", "topic", "seq"], unique=False)
    op.create_table(
        "ledger_posting",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("amount <> 0", name="ck_ledger_posting_amount"),
        sa.PrimaryKeyConstraint("community_id", "account", "seq", name="pk_ledger_posting"),
    )
    op.create_table(
        "ledger_reversal",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("of", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "of", name="pk_ledger_reversal"),
    )
    op.create_table(
        "ledger_tail",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.Column("rule_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("size >= 0", name="ck_ledger_tail_size"),
        sa.PrimaryKeyConstraint("community_id", name="pk_ledger_tail"),
        sa.UniqueConstraint("origin", name="uq_ledger_tail_origin"),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "level", "number", name="pk_ledger_tile"),
    )
    op.create_table(
        "account_owner",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_id", sa.LargeBinary(16), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("class", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('person', 'household', 'merchant', 'team', 'community')", name="ck_account_owner_kind"
        ),
        sa.CheckConstraint("unit IN ('min', 'pt')", name="ck_account_owner_unit"),
        sa.PrimaryKeyConstraint("community_id", "account"),
    )
    op.create_index("ix_account_owner_owner", "account_owner", ["community_id", "owner_id", "unit"], unique=False)
    op.create_table(
        "area",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "level IN ('province', 'city', 'county', 'township', 'community', 'grid', 'building')", name="ck_area_level"
        ),
        sa.CheckConstraint("length(code) BETWEEN 1 AND 32", name="ck_area_code"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_area_name"),
        sa.ForeignKeyConstraint(["parent_code"], ["area.code"], name="fk_area_parent"),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("path", name="uq_area_path"),
    )
    op.create_index("ix_area_parent", "area", ["parent_code"], unique=False)
    op.create_table(
        "area_upload",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "attempt",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "calendar_day",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "day"),
    )
    op.create_table(
        "counter",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last >= 0", name="ck_counter_last"),
        sa.PrimaryKeyConstraint("community_id", "name"),
    )
    op.create_table(
        "household",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("book_code", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("length(address) <= 200", name="ck_household_address"),
        sa.CheckConstraint("length(name) <= 60", name="ck_household_name"),
        sa.CheckConstraint("number > 0", name="ck_household_number"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "book_code", name="uq_household_book_code"),
        sa.UniqueConstraint("community_id", "number", name="uq_household_number"),
    )
    op.create_index("ix_household_area", "household", ["community_id", "area_path"], unique=False)
    op.create_table(
        "household_shortfall",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("owed_steps", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("owed_steps >= 0", name="ck_household_shortfall_owed"),
        sa.PrimaryKeyConstraint("community_id", "household_id"),
    )
    op.create_table(
        "import_batch",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("staged_at", sa.BigInteger(), nullable=False),
        sa.Column("staged_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.Column("applied_by", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="ck_import_batch_applied"),
        sa.CheckConstraint("state IN ('staged', 'applied')", name="ck_import_batch_state"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_import_batch_staged", "import_batch", ["community_id", "staged_at"], unique=False)
    op.create_table(
        "login",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("blocked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("name IS NULL OR length(name) BETWEEN 2 AND 40", name="ck_login_name"),
        sa.CheckConstraint("phone IS NULL OR length(phone) BETWEEN 5 AND 20", name="ck_login_phone"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_login_name"),
    )
    op.create_index("ix_login_phone", "login", ["phone"], unique=False)
    op.create_table(
        "merchant",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("opening_weekdays", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_merchant_name"),
        sa.CheckConstraint("length(opening_weekdays) BETWEEN 1 AND 7", name="ck_merchant_opening_weekdays"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "name", name="uq_merchant_name"),
    )
    op.create_table(
        "multiplier_table",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("minutes_digest", sa.String(), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note_seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint("in_force_from >= adopted_on", name="ck_multiplier_table_not_retroactive"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "in_force_from", name="uq_multiplier_table_in_force"),
        sa.UniqueConstraint("community_id", "number", name="uq_multiplier_table_number"),
    )
    op.create_table(
        "points_staging",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("staged_at", sa.BigInteger(), nullable=False),
        sa.Column("staged_by", sa.String(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('table', 'awards')", name="ck_points_staging_kind"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_table(
        "points_table",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("drafted_at", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("quorum", sa.Integer(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        sa.Column("votes_for", sa.Integer(), nullable=True),
        sa.Column("votes_against", sa.Integer(), nullable=True),
        sa.Column("minutes_digest", sa.String(), nullable=True),
        sa.Column("minutes_name", sa.String(), nullable=True),
        sa.Column("adopted_by", sa.String(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("published_until", sa.BigInteger(), nullable=True),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("in_force_until", sa.Date(), nullable=True),
        sa.Column("note", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("body IN ('assembly', 'representatives')", name="ck_points_table_body"),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'in_force', 'superseded', 'withdrawn')", name="ck_points_table_state"
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (version IS NOT NULL AND adopted_on IS NOT NULL AND body IS NOT NULL AND quorum IS NOT NULL AND present IS NOT NULL AND votes_for IS NOT NULL AND votes_against IS NOT NULL AND minutes_digest IS NOT NULL AND published_at IS NOT NULL AND published_until IS NOT NULL AND in_force_from IS NOT NULL AND note IS NOT NULL)",
            name="ck_points_table_adopted_whole",
        ),
        sa.CheckConstraint("in_force_until >= in_force_from", name="ck_points_table_in_force"),
        sa.CheckConstraint("present >= quorum AND quorum > 0", name="ck_points_table_quorum"),
        sa.CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND votes_for > votes_against AND votes_for + votes_against <= present",
            name="ck_points_table_votes",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "version", name="uq_points_table_version"),
    )
    op.create_index("ix_points_table_in_force", "points_table", ["community_id", "in_force_from"], unique=False)
    op.create_table(
        "policy_version",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("note_seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("version >= 1", name="ck_policy_version_version"),
        sa.PrimaryKeyConstraint("community_id", "version"),
        sa.UniqueConstraint("community_id", "in_force_on", name="uq_policy_version_day"),
    )
    op.create_table(
        "publicity_batch",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("objections_until", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total_steps", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("lines > 0", name="ck_publicity_batch_lines"),
        sa.CheckConstraint("objections_until > published_at", name="ck_publicity_batch_period"),
        sa.PrimaryKeyConstraint("community_id", "number"),
    )
    op.create_index(
        "ix_publicity_batch_due", "publicity_batch", ["community_id", "closed_at", "objections_until"], unique=False
    )
    op.create_table(
        "request",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("use_case", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'refused')", name="ck_request_outcome"),
        sa.PrimaryKeyConstraint("community_id", "key"),
    )
    op.create_table(
        "service_point",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("secret_since", sa.BigInteger(), nullable=False),
        sa.Column("screen_token", sa.String(), nullable=False),
        sa.Column("fixed_token", sa.String(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="ck_service_point_closed"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_service_point_name"),
        sa.CheckConstraint("length(place) <= 200", name="ck_service_point_place"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_service_point_number"),
        sa.UniqueConstraint("community_id", "screen_token", name="uq_service_point_screen"),
    )
    op.create_index("ix_service_point_area", "service_point", ["community_id", "area_path"], unique=False)
    op.create_table(
        "used_code",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("card_id", sa.LargeBinary(16), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "person_id", "card_id"),
    )
    op.create_table(
        "community",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.CheckConstraint("length(code) BETWEEN 2 AND 12", name="ck_community_code"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_community_name"),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name="fk_community_area"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name="uq_community_code"),
        sa.UniqueConstraint("origin", name="uq_community_origin"),
    )
    op.create_index("ix_community_area", "community", ["area_path"], unique=False)
    op.create_table(
        "household_shortfall_move",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("steps <> 0", name="ck_household_shortfall_move_steps"),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household_shortfall.community_id", "household_shortfall.household_id"],
            name="fk_household_shortfall_move_household",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "ix_household_shortfall_move_award", "household_shortfall_move", ["community_id", "award_id"], unique=False
    )
    op.create_table(
        "import_row",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict IN ('new', 'known', 'doubtful', 'error')", name="ck_import_row_verdict"),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_id"], ["import_batch.community_id", "import_batch.id"], name="fk_import_row_batch"
        ),
        sa.PrimaryKeyConstraint("community_id", "batch_id", "number"),
    )
    op.create_table(
        "login_person",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("login_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_login_person_login"),
        sa.PrimaryKeyConstraint("community_id", "person_id"),
        sa.UniqueConstraint("login_id", "community_id", name="uq_login_person_one_a_community"),
        sa.UniqueConstraint("number", name="uq_login_person_number"),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("login_id", sa.LargeBinary(16), nullable=False),
        sa.Column("token_digest", sa.String(), nullable=False),
        sa.Column("shared_device", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ends_at > started_at", name="ck_login_session_ends"),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_login_session_login"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_digest", name="uq_login_session_token"),
    )
    op.create_index("ix_login_session_login", "login_session", ["login_id"], unique=False)
    op.create_table(
        "merchant_staff",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_merchant_staff_merchant"
        ),
        sa.PrimaryKeyConstraint("community_id", "merchant_id", "person_id"),
    )
    op.create_table(
        "multiplier_window",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("service_class", sa.String(), nullable=False),
        sa.Column("from_minute", sa.BigInteger(), nullable=False),
        sa.Column("to_minute", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "service_class IN ('meals', 'cleaning', 'bathing', 'outings', 'medical_escort', 'errands', 'visits', 'home_help', 'talks', 'public')",
            name="ck_multiplier_window_class",
        ),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="ck_multiplier_window_minutes"
        ),
        sa.CheckConstraint("percent IN (100, 120, 150, 200)", name="ck_multiplier_window_percent"),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"],
            ["multiplier_table.community_id", "multiplier_table.id"],
            name="fk_multiplier_window_table",
        ),
        sa.PrimaryKeyConstraint("community_id", "table_id", "service_class", "from_minute"),
    )
    op.create_table(
        "person",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=False),
        sa.Column("identity_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("identity_last4", sa.String(), nullable=True),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_reason", sa.String(), nullable=False),
        sa.Column("import_id", sa.LargeBinary(16), nullable=True),
        sa.Column("import_row", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(left_on IS NULL) = (left_reason = '')", name="ck_person_left"),
        sa.CheckConstraint("sex IN ('f', 'm', '')", name="ck_person_sex"),
        sa.CheckConstraint(
            "(identity_cipher IS NULL) = (identity_index IS NULL) AND (identity_cipher IS NULL) = (identity_last4 IS NULL)",
            name="ck_person_identity",
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_person_name"),
        sa.CheckConstraint("serial > 0", name="ck_person_serial"),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"], ["household.community_id", "household.id"], name="fk_person_household"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "identity_index", name="uq_person_identity"),
        sa.UniqueConstraint("community_id", "serial", name="uq_person_serial"),
    )
    op.create_index("ix_person_area", "person", ["community_id", "area_path"], unique=False)
    op.create_index("ix_person_household", "person", ["community_id", "household_id"], unique=False)
    op.create_index("ix_person_name", "person", ["community_id", "name"], unique=False)
    op.create_index("ix_person_phone", "person", ["community_id", "phone"], unique=False)
    op.create_table(
        "points_item",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value_steps", sa.BigInteger(), nullable=False),
        sa.Column("per", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("cap_day_steps", sa.BigInteger(), nullable=True),
        sa.Column("cap_month_steps", sa.BigInteger(), nullable=True),
        sa.Column("cap_year_steps", sa.BigInteger(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("in_use_from", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'deduction' AND value_steps < 0) OR (kind <> 'deduction' AND value_steps > 0)",
            name="ck_points_item_sign",
        ),
        sa.CheckConstraint("kind IN ('award', 'deduction', 'base')", name="ck_points_item_kind"),
        sa.CheckConstraint("per IN ('once', 'person', 'hour', 'month', 'year')", name="ck_points_item_per"),
        sa.CheckConstraint("subject IN ('household', 'person')", name="ck_points_item_subject"),
        sa.CheckConstraint("NOT in_use OR in_use_from IS NOT NULL", name="ck_points_item_in_use"),
        sa.CheckConstraint(
            "cap_day_steps > 0 AND cap_month_steps > 0 AND cap_year_steps > 0", name="ck_points_item_caps"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"], ["points_table.community_id", "points_table.id"], name="fk_points_item_table"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "table_id", "position", name="uq_points_item_position"),
    )
    op.create_table(
        "presence",
        sa.Column("login_id", sa.LargeBinary(16), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_presence_login"),
        sa.PrimaryKeyConstraint("login_id"),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("login_id", sa.LargeBinary(16), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(login_id IS NOT NULL AND person_id IS NULL AND community_id IS NULL) OR (login_id IS NULL AND person_id IS NOT NULL AND community_id IS NOT NULL)",
            name="ck_role_grant_holder",
        ),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_role_grant_days"),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_role_grant_login"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_role_grant_area", "role_grant", ["area_path"], unique=False)
    op.create_index("ix_role_grant_login", "role_grant", ["login_id"], unique=False)
    op.create_index("ix_role_grant_person", "role_grant", ["community_id", "person_id"], unique=False)
    op.create_table(
        "shop_item",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("merchant_id", sa.LargeBinary(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("price_steps", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_shop_item_name"),
        sa.CheckConstraint("price_steps > 0", name="ck_shop_item_price"),
        sa.CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="ck_shop_item_stock"),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_shop_item_merchant"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "merchant_id", "name", name="uq_shop_item_name"),
    )
    op.create_table(
        "activity",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("service_class", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("leader_id", sa.LargeBinary(16), nullable=True),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "service_class IN ('meals', 'cleaning', 'bathing', 'outings', 'medical_escort', 'errands', 'visits', 'home_help', 'talks', 'public')",
            name="ck_activity_class",
        ),
        sa.CheckConstraint("capacity IS NULL OR capacity BETWEEN 1 AND 1000", name="ck_activity_capacity"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_activity_ends_after_start"),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 80", name="ck_activity_title"),
        sa.ForeignKeyConstraint(
            ["community_id", "leader_id"], ["person.community_id", "person.id"], name="fk_activity_leader"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_activity_point"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_activity_number"),
    )
    op.create_index("ix_activity_point", "activity", ["community_id", "point_id", "ends_at"], unique=False)
    op.create_index("ix_activity_time", "activity", ["community_id", "starts_at", "id"], unique=False)
    op.create_table(
        "award",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.Column("item_id", sa.LargeBinary(16), nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("uncapped_steps", sa.BigInteger(), nullable=False),
        sa.Column("credited_steps", sa.BigInteger(), nullable=False),
        sa.Column("limited_by", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewer", sa.BigInteger(), nullable=True),
        sa.Column("review_remark", sa.String(), nullable=False),
        sa.Column("batch_number", sa.BigInteger(), nullable=True),
        sa.Column("line_number", sa.Integer(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("booked_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_steps", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('entered', 'approved', 'rejected', 'published', 'frozen', 'booked', 'withdrawn', 'reversed')",
            name="ck_award_state",
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published', 'frozen', 'booked', 'reversed') OR reviewed_by IS NOT NULL",
            name="ck_award_reviewed",
        ),
        sa.CheckConstraint("state NOT IN ('booked', 'reversed') OR booked_at IS NOT NULL", name="ck_award_booked"),
        sa.CheckConstraint(
            "state NOT IN ('published', 'frozen', 'booked', 'reversed') OR batch_number IS NOT NULL",
            name="ck_award_published",
        ),
        sa.CheckConstraint("(times IS NULL) <> (minutes IS NULL)", name="ck_award_quantity"),
        sa.CheckConstraint("abs(credited_steps) <= abs(uncapped_steps)", name="ck_award_capped"),
        sa.CheckConstraint("minutes > 0", name="ck_award_minutes"),
        sa.CheckConstraint("reviewed_by <> entered_by", name="ck_award_two_people"),
        sa.CheckConstraint("times > 0", name="ck_award_times"),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"], ["household.community_id", "household.id"], name="fk_award_household"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "item_id"], ["points_item.community_id", "points_item.id"], name="fk_award_item"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_award_batch", "award", ["community_id", "batch_number", "line_number"], unique=False)
    op.create_index("ix_award_household", "award", ["community_id", "household_id", "on_day"], unique=False)
    op.create_index("ix_award_state", "award", ["community_id", "state", "id"], unique=False)
    op.create_table(
        "card",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.Column("household_id", sa.LargeBinary(16), nullable=True),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.Column("revoked_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'personal' AND person_id IS NOT NULL AND household_id IS NULL) OR (kind = 'door' AND person_id IS NULL AND household_id IS NOT NULL)",
            name="ck_card_kind",
        ),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="ck_card_revoked"),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"], ["household.community_id", "household.id"], name="fk_card_household"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_card_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "token", name="uq_card_token"),
    )
    op.create_index(
        "uq_card_household",
        "card",
        ["community_id", "household_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND household_id IS NOT NULL"),
        postgresql_where=sa.text("revoked_at IS NULL AND household_id IS NOT NULL"),
    )
    op.create_index(
        "uq_card_person",
        "card",
        ["community_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND person_id IS NOT NULL"),
        postgresql_where=sa.text("revoked_at IS NULL AND person_id IS NOT NULL"),
    )
    op.create_table(
        "helper_binding",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("elder_id", sa.LargeBinary(16), nullable=False),
        sa.Column("helper_id", sa.LargeBinary(16), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_how", sa.String(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint("state <> 'confirmed' OR confirmed_at IS NOT NULL", name="ck_helper_binding_confirmed"),
        sa.CheckConstraint(
            "state IN ('asked', 'reviewed', 'confirmed', 'refused', 'revoked')", name="ck_helper_binding_state"
        ),
        sa.CheckConstraint("helper_id <> elder_id", name="ck_helper_binding_two_people"),
        sa.CheckConstraint("slot BETWEEN 1 AND 3", name="ck_helper_binding_slot"),
        sa.ForeignKeyConstraint(
            ["community_id", "elder_id"], ["person.community_id", "person.id"], name="fk_helper_binding_elder"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "helper_id"], ["person.community_id", "person.id"], name="fk_helper_binding_helper"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_helper_binding_helper", "helper_binding", ["community_id", "helper_id", "state"], unique=False)
    op.create_index(
        "uq_helper_binding_pair",
        "helper_binding",
        ["community_id", "elder_id", "helper_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'reviewed', 'confirmed')"),
        postgresql_where=sa.text("state IN ('asked', 'reviewed', 'confirmed')"),
    )
    op.create_index(
        "uq_helper_binding_slot",
        "helper_binding",
        ["community_id", "elder_id", "slot"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'reviewed', 'confirmed')"),
        postgresql_where=sa.text("state IN ('asked', 'reviewed', 'confirmed')"),
    )
    op.create_table(
        "person_change",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_change"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_person_change_person", "person_change", ["community_id", "person_id"], unique=False)
    op.create_table(
        "person_flag",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("flag", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "flag IN ('lives_alone', 'low_income', 'disabled', 'hardship', 'guardian_consent')",
            name="ck_person_flag_flag",
        ),
        sa.CheckConstraint("length(evidence) BETWEEN 1 AND 200", name="ck_person_flag_evidence"),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_person_flag_days"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_flag"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_person_flag_person", "person_flag", ["community_id", "person_id"], unique=False)
    op.create_table(
        "points_switch",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("item_id", sa.LargeBinary(16), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("switched_at", sa.BigInteger(), nullable=False),
        sa.Column("switched_by", sa.String(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "item_id"], ["points_item.community_id", "points_item.id"], name="fk_points_switch_item"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_points_switch_item", "points_switch", ["community_id", "item_id"], unique=False)
    op.create_table(
        "service_order",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.BigInteger(), nullable=False),
        sa.Column("event_count", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.LargeBinary(16), nullable=False),
        sa.Column("placed_by_id", sa.LargeBinary(16), nullable=True),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("placed_how", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_minutes", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("balance_before_minutes", sa.BigInteger(), nullable=False),
        sa.Column("volunteer_id", sa.LargeBinary(16), nullable=True),
        sa.Column("hold_seq", sa.BigInteger(), nullable=True),
        sa.Column("held_minutes", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_at", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=True),
        sa.Column("is_estimated", sa.Boolean(), nullable=False),
        sa.Column("real_seconds", sa.BigInteger(), nullable=True),
        sa.Column("uncapped_minutes", sa.BigInteger(), nullable=True),
        sa.Column("credited_minutes", sa.BigInteger(), nullable=True),
        sa.Column("settled_how", sa.String(), nullable=True),
        sa.Column("capture_seq", sa.BigInteger(), nullable=True),
        sa.Column("extra_seq", sa.BigInteger(), nullable=True),
        sa.Column("release_seq", sa.BigInteger(), nullable=True),
        sa.Column("tear_off_hash", sa.String(), nullable=True),
        sa.Column("tear_off_wrong", sa.BigInteger(), nullable=False),
        sa.Column("tear_off_locked_at", sa.BigInteger(), nullable=True),
        sa.Column("flagged_at", sa.BigInteger(), nullable=True),
        sa.Column("escalated_at", sa.BigInteger(), nullable=True),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.Column("rating_comment", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('claimed', 'in_service', 'to_confirm', 'disputed')) = (held_minutes > 0)",
            name="ck_service_order_hold",
        ),
        sa.CheckConstraint("placed_how IN ('own', 'helper', 'desk')", name="ck_service_order_placed_how"),
        sa.CheckConstraint(
            "rating IS NULL OR (rating BETWEEN 1 AND 5 AND state = 'rated')", name="ck_service_order_rating"
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'accepted', 'dispatched', 'claimed', 'in_service', 'to_confirm', 'done', 'rated', 'returned', 'cancelled', 'disputed', 'overdue')",
            name="ck_service_order_state",
        ),
        sa.CheckConstraint(
            "state NOT IN ('claimed', 'in_service', 'to_confirm', 'done', 'rated', 'disputed') OR volunteer_id IS NOT NULL",
            name="ck_service_order_volunteer",
        ),
        sa.CheckConstraint("held_minutes = 0 OR hold_seq IS NOT NULL", name="ck_service_order_hold_entry"),
        sa.CheckConstraint(
            "left_at IS NULL OR (arrived_at IS NOT NULL AND left_at >= arrived_at)", name="ck_service_order_times"
        ),
        sa.CheckConstraint("planned_minutes > 0 AND held_minutes >= 0", name="ck_service_order_minutes"),
        sa.CheckConstraint("tear_off_wrong >= 0", name="ck_service_order_tear_off"),
        sa.CheckConstraint("volunteer_id IS NULL OR volunteer_id <> recipient_id", name="ck_service_order_two_people"),
        sa.ForeignKeyConstraint(
            ["community_id", "placed_by_id"], ["person.community_id", "person.id"], name="fk_service_order_placed_by"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "recipient_id"], ["person.community_id", "person.id"], name="fk_service_order_recipient"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "volunteer_id"], ["person.community_id", "person.id"], name="fk_service_order_volunteer"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_service_order_number"),
    )
    op.create_index(
        "ix_service_order_recipient", "service_order", ["community_id", "recipient_id", "starts_at"], unique=False
    )
    op.create_index("ix_service_order_state", "service_order", ["community_id", "state", "starts_at"], unique=False)
    op.create_index(
        "ix_service_order_volunteer", "service_order", ["community_id", "volunteer_id", "starts_at"], unique=False
    )
    op.create_table(
        "shop_order",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.Column("merchant_id", sa.LargeBinary(16), nullable=False),
        sa.Column("item_id", sa.LargeBinary(16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_steps", sa.BigInteger(), nullable=False),
        sa.Column("total_steps", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code_salt", sa.String(), nullable=False),
        sa.Column("code_tag", sa.String(), nullable=False),
        sa.Column("hold", sa.BigInteger(), nullable=False),
        sa.Column("capture", sa.BigInteger(), nullable=True),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'handed_over') = (capture IS NOT NULL)", name="ck_shop_order_capture"),
        sa.CheckConstraint("(state = 'ordered') = (closed_at IS NULL)", name="ck_shop_order_closed"),
        sa.CheckConstraint("state IN ('ordered', 'handed_over', 'cancelled', 'expired')", name="ck_shop_order_state"),
        sa.CheckConstraint("quantity > 0 AND total_steps = quantity * price_steps", name="ck_shop_order_total"),
        sa.ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_shop_order_item"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_shop_order_number"),
    )
    op.create_index("ix_shop_order_due", "shop_order", ["community_id", "state", "ends_at"], unique=False)
    op.create_index("ix_shop_order_household", "shop_order", ["community_id", "household_id", "number"], unique=False)
    op.create_index(
        "uq_shop_order_code",
        "shop_order",
        ["community_id", "code_tag"],
        unique=True,
        sqlite_where=sa.text("state = 'ordered'"),
        postgresql_where=sa.text("state = 'ordered'"),
    )
    op.create_table(
        "stock_movement",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("item_id", sa.LargeBinary(16), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('received', 'counted', 'reserved', 'released', 'handed_over')", name="ck_stock_movement_kind"
        ),
        sa.CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="ck_stock_movement_stock"),
        sa.ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_stock_movement_item"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_stock_movement_item", "stock_movement", ["community_id", "item_id", "moved_at"], unique=False)
    op.create_table(
        "activity_sign_up",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("activity_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("signed_up_at", sa.BigInteger(), nullable=False),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("given_up_at IS NULL OR given_up_at >= signed_up_at", name="ck_sign_up_given_up"),
        sa.ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_sign_up_activity"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_sign_up_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "activity_id", "person_id"),
    )
    op.create_index("ix_sign_up_person", "activity_sign_up", ["community_id", "person_id"], unique=False)
    op.create_table(
        "award_correction",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_officer", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="ck_award_correction_confirmed"),
        sa.CheckConstraint("confirmed_by <> asked_by", name="ck_award_correction_two_people"),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_correction_award"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_award_correction_open",
        "award_correction",
        ["community_id", "award_id"],
        unique=True,
        sqlite_where=sa.text("confirmed_at IS NULL"),
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )
    op.create_table(
        "order_call_back",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("is_reached", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.LargeBinary(16), nullable=True),
        sa.CheckConstraint("way IN ('call', 'visit')", name="ck_order_call_back_way"),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_call_back_order",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_order_call_back_order", "order_call_back", ["community_id", "order_id", "id"], unique=False)
    op.create_table(
        "order_claim",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('standing', 'stepped_back', 'no_show', 'excused', 'served', 'closed')",
            name="ck_order_claim_outcome",
        ),
        sa.CheckConstraint("place IN ('winner', 'reserve')", name="ck_order_claim_place"),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_claim_order",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_order_claim_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "ix_order_claim_person", "order_claim", ["community_id", "person_id", "outcome", "ended_at"], unique=False
    )
    op.create_index(
        "uq_order_claim_standing",
        "order_claim",
        ["community_id", "order_id", "place"],
        unique=True,
        sqlite_where=sa.text("outcome = 'standing'"),
        postgresql_where=sa.text("outcome = 'standing'"),
    )
    op.create_table(
        "order_event",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.LargeBinary(16), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_event_order",
        ),
        sa.PrimaryKeyConstraint("community_id", "order_id", "n"),
    )
    op.create_table(
        "order_offer",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_offer_order",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_order_offer_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "order_id", "person_id"),
    )
    op.create_table(
        "publicity_line",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("masked_name", sa.String(), nullable=False),
        sa.Column("grid", sa.String(), nullable=False),
        sa.Column("household_tail", sa.String(), nullable=False),
        sa.Column("suffix", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_publicity_line_award"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_number"],
            ["publicity_batch.community_id", "publicity_batch.number"],
            name="fk_publicity_line_batch",
        ),
        sa.PrimaryKeyConstraint("community_id", "batch_number", "number"),
        sa.UniqueConstraint("community_id", "award_id", name="uq_publicity_line_award"),
    )
    op.create_table(
        "visit",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=True),
        sa.Column("activity_id", sa.LargeBinary(16), nullable=True),
        sa.Column("order_id", sa.LargeBinary(16), nullable=True),
        sa.Column("service_class", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("start_evidence", sa.String(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("start_step", sa.BigInteger(), nullable=True),
        sa.Column("planned_end_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_recorded_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("end_step", sa.BigInteger(), nullable=True),
        sa.Column("review_reasons", sa.Text(), nullable=False),
        sa.Column("witness", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("real_minutes", sa.BigInteger(), nullable=True),
        sa.Column("uncapped_minutes", sa.BigInteger(), nullable=True),
        sa.Column("credited_minutes", sa.BigInteger(), nullable=True),
        sa.Column("pool_minutes", sa.BigInteger(), nullable=True),
        sa.Column("rounding_minutes", sa.BigInteger(), nullable=True),
        sa.Column("spans", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("table_digest", sa.String(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("entry_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ck_visit_open_has_no_end"),
        sa.CheckConstraint("(state = 'settled') = (credited_minutes IS NOT NULL)", name="ck_visit_settled_is_reckoned"),
        sa.CheckConstraint("entry_seq IS NULL OR state = 'settled'", name="ck_visit_entry"),
        sa.CheckConstraint(
            "evidence IN ('A', 'B', 'C', 'D') AND start_evidence IN ('A', 'B', 'C', 'D')", name="ck_visit_evidence"
        ),
        sa.CheckConstraint(
            "state IN ('open', 'closed', 'estimated', 'under_review', 'settled', 'rejected')", name="ck_visit_state"
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_recorded_at IS NULL)", name="ck_visit_end_recorded"),
        sa.CheckConstraint(
            "credited_minutes IS NULL OR (real_minutes IS NOT NULL AND uncapped_minutes IS NOT NULL AND 0 <= pool_minutes AND pool_minutes <= credited_minutes AND credited_minutes <= uncapped_minutes)",
            name="ck_visit_minutes",
        ),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ck_visit_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_visit_activity"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_visit_person"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_visit_point"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_visit_activity", "visit", ["community_id", "activity_id"], unique=False)
    op.create_index("ix_visit_order", "visit", ["community_id", "order_id"], unique=False)
    op.create_index("ix_visit_person", "visit", ["community_id", "person_id", "started_at"], unique=False)
    op.create_index("ix_visit_state", "visit", ["community_id", "state", "started_at"], unique=False)
    op.create_index(
        "uq_visit_one_open",
        "visit",
        ["community_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "objection",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("batch_number", sa.BigInteger(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("answer_due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("appeal_until", sa.BigInteger(), nullable=True),
        sa.Column("appeal", sa.String(), nullable=False),
        sa.Column("appealed_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ck_objection_answered"),
        sa.CheckConstraint(
            "(state IN ('appealed', 'appeal_upheld', 'appeal_rejected')) = (appealed_at IS NOT NULL)",
            name="ck_objection_appealed",
        ),
        sa.CheckConstraint(
            "state IN ('open', 'upheld', 'rejected', 'appealed', 'appeal_upheld', 'appeal_rejected')",
            name="ck_objection_state",
        ),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 1000", name="ck_objection_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_number", "line_number"],
            ["publicity_line.community_id", "publicity_line.batch_number", "publicity_line.number"],
            name="fk_objection_line",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_objection_state", "objection", ["community_id", "state", "answer_due_at"], unique=False)
    op.create_index(
        "uq_objection_person", "objection", ["community_id", "batch_number", "line_number", "person_id"], unique=True
    )
    op.create_table(
        "visit_day",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("credited_minutes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seconds >= 0 AND credited_minutes >= 0", name="ck_visit_day_minutes"),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_day_visit"
        ),
        sa.PrimaryKeyConstraint("community_id", "visit_id", "day"),
    )
    op.create_index("ix_visit_day_person", "visit_day", ["community_id", "person_id", "day"], unique=False)
    op.create_table(
        "visit_review",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_before", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("verdict IN ('accept', 'reject')", name="ck_visit_review_verdict"),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_review_visit"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_visit_review_one_each", "visit_review", ["community_id", "visit_id", "reviewed_by"], unique=True
    )
    connection = op.get_bind()
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
