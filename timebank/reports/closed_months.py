"""Which months are closed (月结): who prepared them, who confirmed, and which entries they count."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Day, Instant, Json, Number

PREPARED, CLOSED = "prepared", "closed"


class MonthClose(SQLModel, table=True):
    """A month as it was prepared and closed. `month` is its first day; `waiting` counts what waited when it was prepared.

    prepared   one officer looked it through; it can be prepared again as long as it is not closed
    closed     another officer confirmed the same figures, which count the entries before `until_seq`; `note_seq` is the ledger's note
    """

    __tablename__: ClassVar[str] = "month_close"
    __table_args__ = (
        CheckConstraint("state IN ('prepared', 'closed')", name="ck_month_close_state"),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND closed_officer IS NOT NULL"
            " AND note_seq IS NOT NULL AND until_seq IS NOT NULL)",
            name="ck_month_close_closed",
        ),
        CheckConstraint(
            "closed_by IS NULL OR (closed_by <> prepared_by AND closed_officer <> prepared_officer)",
            name="ck_month_close_two_people",
        ),
        UniqueConstraint("community_id", "note_seq", name="uq_month_close_note"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    month: dt.date = Field(sa_type=Day, primary_key=True)
    state: str
    digest: str
    totals: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    waiting: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    prepared_at: dt.datetime = Field(sa_type=Instant)
    prepared_by: str
    prepared_officer: int = Field(sa_type=Number)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
    closed_officer: int | None = Field(default=None, sa_type=Number)
    until_seq: int | None = Field(default=None, sa_type=Number)
    note_seq: int | None = Field(default=None, sa_type=Number)


# A closed month is never opened again, whoever writes.
GUARDS: dict[str, list[str]] = {
    "sqlite": [
        """CREATE TRIGGER IF NOT EXISTS month_close_update BEFORE UPDATE ON month_close WHEN OLD.state = 'closed'
        BEGIN SELECT RAISE(ABORT, 'month_close: a closed month stays closed'); END""",
        """CREATE TRIGGER IF NOT EXISTS month_close_delete BEFORE DELETE ON month_close WHEN OLD.state = 'closed'
        BEGIN SELECT RAISE(ABORT, 'month_close: a closed month stays closed'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION month_close_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.state = 'closed' THEN
            RAISE EXCEPTION 'month_close: a closed month stays closed';
          END IF;
          IF TG_OP = 'DELETE' THEN
            RETURN OLD;
          END IF;
          RETURN NEW;
        END $$""",
        """CREATE OR REPLACE TRIGGER month_close_change BEFORE UPDATE OR DELETE ON month_close
        FOR EACH ROW EXECUTE FUNCTION month_close_stays()""",
    ],
}


@dataclass(frozen=True)
class Closed:
    """A month that was closed: it counts entries before `until`; entry `note` tells the digest. `month` is its first day."""

    month: dt.date
    until: int
    note: int


def closings(session: Session, community_id: int) -> list[Closed]:
    """The closed months in their order."""
    query = (
        select(col(MonthClose.month), col(MonthClose.until_seq), col(MonthClose.note_seq))
        .where(col(MonthClose.community_id) == community_id, col(MonthClose.state) == CLOSED)
        .order_by(col(MonthClose.month))
    )
    return [Closed(month, until, note) for month, until, note in session.execute(query)]
