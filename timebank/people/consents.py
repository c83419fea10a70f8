"""Consent to keep and use what is sensitive of a person's circumstances: given for one kind, by whom and how; revocable.

Disability and low income are sensitive personal information: the law asks for a separate consent (PIPL, articles 28 to
30). Without one that stands, what the register says of them is used for nothing: no right, no order of lists. What was
decided before a consent was revoked stands.
"""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKeyConstraint, Index, exists, or_, text
from sqlmodel import Field, SQLModel, col

from timebank.columns import Day, Id, Instant, Number

SENSITIVE = ("low_income", "disabled")
# Who gave it: the person herself on paper, at the desk in person, or her guardian.
WAYS = ("paper", "in_person", "guardian")


class FlagConsent(SQLModel, table=True):
    """One consent of one person for one kind of circumstance, from when it was given until it is revoked."""

    __tablename__: ClassVar[str] = "flag_consent"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_flag_consent_person"
        ),
        CheckConstraint("kind IN ('" + "', '".join(SENSITIVE) + "')", name="ck_flag_consent_kind"),
        CheckConstraint("way IN ('" + "', '".join(WAYS) + "')", name="ck_flag_consent_way"),
        CheckConstraint("length(evidence) BETWEEN 1 AND 200", name="ck_flag_consent_evidence"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="ck_flag_consent_revoked"),
        Index(
            "uq_flag_consent_standing",
            "community_id",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    kind: str
    way: str
    evidence: str
    given_on: date = Field(sa_type=Day)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str | None = None


def usable(flag: Any) -> ColumnElement[bool]:
    """Whether a flag (a table or alias with community_id, person_id and flag) may be used: not sensitive, or consented to."""
    standing = exists().where(
        col(FlagConsent.community_id) == flag.community_id,
        col(FlagConsent.person_id) == flag.person_id,
        col(FlagConsent.kind) == flag.flag,
        col(FlagConsent.revoked_at).is_(None),
    )
    return or_(col(flag.flag).not_in(SENSITIVE), standing)
