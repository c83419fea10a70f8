"""An item of a points table cannot be changed, added or taken out after the vote, whoever writes."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

GUARDS = {
    "sqlite": [
        """CREATE TRIGGER IF NOT EXISTS points_item_voted_update BEFORE UPDATE OF community_id, id, table_id, position, category, title, kind, value_steps, per, subject, cap_day_steps, cap_month_steps, cap_year_steps, remark, clause, evidence, rule, reporters
        ON points_item WHEN (SELECT state FROM points_table WHERE community_id = OLD.community_id AND id = OLD.table_id) <> 'draft'
        BEGIN SELECT RAISE(ABORT, 'points_item: what was voted stays'); END""",
        """CREATE TRIGGER IF NOT EXISTS points_item_voted_delete BEFORE DELETE ON points_item
        WHEN (SELECT state FROM points_table WHERE community_id = OLD.community_id AND id = OLD.table_id) <> 'draft'
        BEGIN SELECT RAISE(ABORT, 'points_item: what was voted stays'); END""",
        """CREATE TRIGGER IF NOT EXISTS points_item_voted_insert BEFORE INSERT ON points_item
        WHEN (SELECT state FROM points_table WHERE community_id = NEW.community_id AND id = NEW.table_id) <> 'draft'
        BEGIN SELECT RAISE(ABORT, 'points_item: what was voted stays'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION points_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF (SELECT state FROM points_table WHERE community_id = NEW.community_id AND id = NEW.table_id) <> 'draft' THEN
              RAISE EXCEPTION 'points_item: what was voted stays';
            END IF;
            RETURN NEW;
          END IF;
          IF (SELECT state FROM points_table WHERE community_id = OLD.community_id AND id = OLD.table_id) <> 'draft' THEN
            RAISE EXCEPTION 'points_item: what was voted stays';
          END IF;
          IF TG_OP = 'DELETE' THEN
            RETURN OLD;
          END IF;
          RETURN NEW;
        END $$""",
        """CREATE OR REPLACE TRIGGER points_item_voted BEFORE INSERT OR DELETE OR UPDATE OF community_id, id, table_id, position, category, title, kind, value_steps, per, subject, cap_day_steps, cap_month_steps, cap_year_steps, remark, clause, evidence, rule, reporters
        ON points_item FOR EACH ROW EXECUTE FUNCTION points_item_stays()""",
    ],
}


def upgrade() -> None:
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("update", "delete", "insert"):
            op.execute(f"DROP TRIGGER points_item_voted_{name}")
    else:
        op.execute("DROP TRIGGER points_item_voted ON points_item")
        op.execute("DROP FUNCTION points_item_stays()")
