"""Devices that scan without a network, what they sent, and what was made of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WAITS = sa.text("outcome = 'waiting'")
GUARDS = {
    "sqlite": [
        "CREATE TRIGGER offline_scan_update BEFORE UPDATE OF community_id, id, device_id, counter, key, direction, scanned_at, corrected_at, received_at, seen_by, person_id ON offline_scan BEGIN SELECT RAISE(ABORT, 'offline_scan is append-only'); END",
        "CREATE TRIGGER offline_scan_delete BEFORE DELETE ON offline_scan BEGIN SELECT RAISE(ABORT, 'offline_scan is append-only'); END",
        "CREATE TRIGGER scan_verdict_update BEFORE UPDATE OF community_id, scan_id, n, outcome, code, visit_id, decided_at, decided_by ON scan_verdict BEGIN SELECT RAISE(ABORT, 'scan_verdict is append-only'); END",
        "CREATE TRIGGER scan_verdict_delete BEFORE DELETE ON scan_verdict BEGIN SELECT RAISE(ABORT, 'scan_verdict is append-only'); END",
    ],
    "postgresql": [
        """
        CREATE OR REPLACE FUNCTION offline_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
        END $$
        """,
        "CREATE TRIGGER offline_scan_change BEFORE UPDATE OF community_id, id, device_id, counter, key, direction, scanned_at, corrected_at, received_at, seen_by, person_id OR DELETE ON offline_scan FOR EACH ROW EXECUTE FUNCTION offline_refuse_change()",
        "CREATE TRIGGER scan_verdict_change BEFORE UPDATE OF community_id, scan_id, n, outcome, code, visit_id, decided_at, decided_by OR DELETE ON scan_verdict FOR EACH ROW EXECUTE FUNCTION offline_refuse_change()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "scan_device",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("point_id", sa.LargeBinary(16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.Column("revoked_reason", sa.String(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_scan_device_name"),
        sa.CheckConstraint("length(public_key) = 65", name="ck_scan_device_key"),
        sa.CheckConstraint("last_counter >= 0", name="ck_scan_device_counter"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="ck_scan_device_revoked"),
        sa.CheckConstraint("revoked_reason IN ('', 'retired', 'lost')", name="ck_scan_device_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "point_id"],
            ["service_point.community_id", "service_point.id"],
            name="fk_scan_device_point",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_scan_device_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "number", name="uq_scan_device_number"),
        sa.UniqueConstraint("community_id", "public_key", name="uq_scan_device_key"),
    )
    op.create_table(
        "scan_batch",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.LargeBinary(16), nullable=False),
        sa.Column("counter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=True),
        sa.CheckConstraint("counter >= 1", name="ck_scan_batch_counter"),
        sa.CheckConstraint("scans BETWEEN 1 AND 500", name="ck_scan_batch_scans"),
        sa.CheckConstraint("length(digest) = 32 AND length(signature) = 64", name="ck_scan_batch_signature"),
        sa.ForeignKeyConstraint(
            ["community_id", "device_id"], ["scan_device.community_id", "scan_device.id"], name="fk_scan_batch_device"
        ),
        sa.PrimaryKeyConstraint("community_id", "device_id", "counter"),
    )
    op.create_index("ix_scan_batch_received", "scan_batch", ["community_id", "received_at"], unique=False)
    op.create_table(
        "offline_scan",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(16), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("scanned_at", sa.BigInteger(), nullable=False),
        sa.Column("corrected_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_by", sa.String(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_offline_scan_direction"),
        sa.CheckConstraint("length(code) <= 300", name="ck_offline_scan_code"),
        sa.ForeignKeyConstraint(
            ["community_id", "device_id", "counter"],
            ["scan_batch.community_id", "scan_batch.device_id", "scan_batch.counter"],
            name="fk_offline_scan_batch",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_offline_scan_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "device_id", "key", name="uq_offline_scan_key"),
    )
    op.create_index(
        "ix_offline_scan_person", "offline_scan", ["community_id", "person_id", "corrected_at"], unique=False
    )
    op.create_index("ix_offline_scan_received", "offline_scan", ["community_id", "received_at", "id"], unique=False)
    op.create_table(
        "scan_verdict",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scan_id", sa.LargeBinary(16), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("n >= 1", name="ck_scan_verdict_n"),
        sa.CheckConstraint("outcome IN ('accepted', 'waiting', 'refused')", name="ck_scan_verdict_outcome"),
        sa.CheckConstraint("outcome <> 'accepted' OR visit_id IS NOT NULL", name="ck_scan_verdict_visit"),
        sa.CheckConstraint("length(note) <= 200", name="ck_scan_verdict_note"),
        sa.ForeignKeyConstraint(
            ["community_id", "scan_id"], ["offline_scan.community_id", "offline_scan.id"], name="fk_scan_verdict_scan"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_scan_verdict_visit"
        ),
        sa.PrimaryKeyConstraint("community_id", "scan_id", "n"),
    )
    op.create_index("ix_scan_verdict_visit", "scan_verdict", ["community_id", "visit_id"], unique=False)
    op.create_index(
        "ix_scan_verdict_waiting",
        "scan_verdict",
        ["community_id", "scan_id"],
        unique=False,
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    op.execute(
        "ALTER TABLE visit ADD COLUMN offline VARCHAR"
        " CONSTRAINT ck_visit_offline CHECK (offline IN ('in', 'out', 'both'))"
    )
    connection = op.get_bind()
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def downgrade() -> None:
    op.drop_column("visit", "offline")
    for table in ("scan_verdict", "offline_scan", "scan_batch", "scan_device"):
        op.drop_table(table)
