"""The tables of offline scans: what was received, and what was made of it, kept apart."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Id, Instant, Json, Number

DIRECTIONS = ("in", "out")
OUTCOMES = ("accepted", "waiting", "refused")


class ScanBatch(SQLModel, table=True):
    """One signed batch. `digest` and `signature` prove what the device sent; `answers` is what it was told, once that is known."""

    __tablename__ = "scan_batch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "device_id"], ["scan_device.community_id", "scan_device.id"], name="fk_scan_batch_device"
        ),
        CheckConstraint("counter >= 1", name="ck_scan_batch_counter"),
        CheckConstraint("scans BETWEEN 1 AND 500", name="ck_scan_batch_scans"),
        CheckConstraint("length(digest) = 32 AND length(signature) = 64", name="ck_scan_batch_signature"),
        Index("ix_scan_batch_received", "community_id", "received_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    device_id: UUID = Field(sa_type=Id, primary_key=True)
    counter: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    sent_at: datetime = Field(sa_type=Instant)  # by the device's clock
    received_at: datetime = Field(sa_type=Instant)  # by ours
    digest: bytes = Field(sa_type=LargeBinary)
    signature: bytes = Field(sa_type=LargeBinary)
    scans: int = Field(sa_type=Number)
    answers: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)


class OfflineScan(SQLModel, table=True):
    """The fact: this device says that it scanned this code at this time. Written once, never changed.

    `corrected_at` is `scanned_at` by our clock: what the two clocks differed by when the batch came. `person_id` is whose
    code it is, where there is such a person.
    """

    __tablename__ = "offline_scan"
    __table_args__ = (
        UniqueConstraint("community_id", "device_id", "key", name="uq_offline_scan_key"),
        ForeignKeyConstraint(
            ["community_id", "device_id", "counter"],
            ["scan_batch.community_id", "scan_batch.device_id", "scan_batch.counter"],
            name="fk_offline_scan_batch",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_offline_scan_person"
        ),
        CheckConstraint("direction IN ('in', 'out')", name="ck_offline_scan_direction"),
        CheckConstraint("length(code) <= 300", name="ck_offline_scan_code"),
        Index("ix_offline_scan_person", "community_id", "person_id", "corrected_at"),
        Index("ix_offline_scan_received", "community_id", "received_at", "id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    device_id: UUID = Field(sa_type=Id)
    counter: int = Field(sa_type=Number)
    key: UUID = Field(sa_type=Id)
    code: str  # what was read or typed; emptied when the person is erased
    direction: str
    scanned_at: datetime = Field(sa_type=Instant)
    corrected_at: datetime = Field(sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    seen_by: str = ""  # the number of who worked the station, as the device says
    person_id: UUID | None = Field(default=None, sa_type=Id)


class ScanVerdict(SQLModel, table=True):
    """What was made of a scan. A changed verdict is a new row, so that the one before stays to be read; the highest `n` counts.

    accepted  it began or ended a visit
    waiting   something is missing that may still come: its other end, another device's scans
    refused   it counts for nothing, and `code` says why
    """

    __tablename__ = "scan_verdict"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "scan_id"], ["offline_scan.community_id", "offline_scan.id"], name="fk_scan_verdict_scan"
        ),
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_scan_verdict_visit"
        ),
        CheckConstraint("n >= 1", name="ck_scan_verdict_n"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="ck_scan_verdict_outcome"),
        CheckConstraint("outcome <> 'accepted' OR visit_id IS NOT NULL", name="ck_scan_verdict_visit"),
        CheckConstraint("length(note) <= 200", name="ck_scan_verdict_note"),
        Index("ix_scan_verdict_visit", "community_id", "visit_id"),
        Index(
            "ix_scan_verdict_waiting",
            "community_id",
            "scan_id",
            sqlite_where=text("outcome = 'waiting'"),
            postgresql_where=text("outcome = 'waiting'"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    scan_id: UUID = Field(sa_type=Id, primary_key=True)
    n: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    outcome: str
    code: str
    facts: dict[str, Any] = Field(sa_type=Json)
    visit_id: UUID | None = Field(default=None, sa_type=Id)
    decided_at: datetime = Field(sa_type=Instant)
    decided_by: str
    note: str = ""


# Facts and verdicts are only added to. What erasing a person may empty is left out: the code, and the texts of a verdict.
_KEPT = {
    "offline_scan": "community_id, id, device_id, counter, key, direction, scanned_at, corrected_at, received_at,"
    " seen_by, person_id",
    "scan_verdict": "community_id, scan_id, n, outcome, code, visit_id, decided_at, decided_by",
}
GUARDS: dict[str, list[str]] = {
    "sqlite": [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{event} BEFORE {action} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table, columns in _KEPT.items()
        for event, action in (("update", f"UPDATE OF {columns}"), ("delete", "DELETE"))
    ],
    "postgresql": [
        """
        CREATE OR REPLACE FUNCTION offline_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
        END $$
        """,
        *(
            f"CREATE OR REPLACE TRIGGER {table}_change BEFORE UPDATE OF {columns} OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION offline_refuse_change()"
            for table, columns in _KEPT.items()
        ),
    ],
}
