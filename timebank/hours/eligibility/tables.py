"""What is kept of rules of eligibility: each version of each rule, from its draft on."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number

DRAFT, ADOPTED, WITHDRAWN = "draft", "adopted", "withdrawn"
PRIORITY = 0  # the number of the rule that says whom volunteers are sent to first


class EligibilityRule(SQLModel, table=True):
    """One version of one rule. `expression` None: from that day on there is no such right any more.

    `services` names the services of the catalogue that only those may order for whom the rule holds.
    """

    __tablename__ = "eligibility_rule"
    __table_args__ = (
        UniqueConstraint("community_id", "number", "version", name="uq_eligibility_rule_version"),
        CheckConstraint("number >= 0", name="ck_eligibility_rule_number"),
        CheckConstraint("state IN ('draft', 'adopted', 'withdrawn')", name="ck_eligibility_rule_state"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_eligibility_rule_name"),
        CheckConstraint("length(gives) <= 200", name="ck_eligibility_rule_gives"),
        CheckConstraint("in_force_from > decided_on", name="ck_eligibility_rule_not_retroactive"),
        CheckConstraint("confirmed_by <> drafted_by", name="ck_eligibility_rule_two_people"),
        CheckConstraint(
            "(state = 'adopted') = (version IS NOT NULL) AND (state = 'adopted') = (note_seq IS NOT NULL)"
            " AND (state <> 'adopted' OR confirmed_by IS NOT NULL)",
            name="ck_eligibility_rule_adopted",
        ),
        Index("ix_eligibility_rule_in_force", "community_id", "number", "in_force_from"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    version: int | None = Field(default=None, sa_type=Number)
    name: str
    gives: str
    services: list[str] = Field(sa_type=Json)
    expression: dict[str, Any] | None = Field(default=None, sa_type=Json)
    state: str
    decided_on: date = Field(sa_type=Day)
    body: str  # who decided
    minutes_digest: str  # of the minutes of that meeting
    in_force_from: date = Field(sa_type=Day)
    digest: str
    drafted_at: datetime = Field(sa_type=Instant)
    drafted_by: str
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None
    note_seq: int | None = Field(default=None, sa_type=Number)
