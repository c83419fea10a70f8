"""The story of a household: who came and went, who was its head, what it was split from or merged into.

Members are those whose register says so now (`residents.members`); what is written here is how it came to be, and is
never changed. Someone of whom no coming is written was there when she was taken into the register.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, select
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Day, Id, Instant, Number
from timebank.people.residents import Person
from timebank.storage import new_id

# What happens to a household. Of those with two households, the other stands in `other_id`.
KINDS = ("moved_in", "moved_out", "head", "split_off", "split_from", "merged_in", "merged_away", "undone")


class HouseholdEvent(SQLModel, table=True):
    """One thing that happened to a household, on a day, written down by somebody."""

    __tablename__: ClassVar[str] = "household_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_household_event_household",
        ),
        CheckConstraint("kind IN ('" + "', '".join(KINDS) + "')", name="ck_household_event_kind"),
        CheckConstraint(
            "kind NOT IN ('moved_in', 'moved_out', 'head') OR person_id IS NOT NULL", name="ck_household_event_person"
        ),
        CheckConstraint(
            "kind NOT IN ('split_off', 'split_from', 'merged_in', 'merged_away') OR other_id IS NOT NULL",
            name="ck_household_event_other",
        ),
        CheckConstraint("length(reason) <= 300", name="ck_household_event_reason"),
        Index("ix_household_event_household", "community_id", "household_id", "id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    household_id: uuid.UUID = Field(sa_type=Id)
    kind: str
    person_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    other_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    on_day: date = Field(sa_type=Day)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str
    reason: str = ""


@dataclass(frozen=True)
class Stay:
    """A person in a household; `since` None: since before this was written down, `until` None: still there."""

    person_id: uuid.UUID
    since: date | None
    until: date | None


def record(
    session: Session,
    *,
    community_id: int,
    household_id: uuid.UUID,
    kind: str,
    on_day: date,
    now: datetime,
    by: str,
    person_ids: Iterable[uuid.UUID | None] = (None,),
    other_id: uuid.UUID | None = None,
    reason: str = "",
) -> None:
    """Write down what happened, once for each person that it is about."""
    session.add_all(
        HouseholdEvent(community_id=community_id, id=new_id(now), household_id=household_id, kind=kind,
                       person_id=person_id, other_id=other_id, on_day=on_day, recorded_at=now, recorded_by=by,
                       reason=reason[:300])
        for person_id in person_ids
    )  # fmt: skip


def events_of(session: Session, community_id: int, household_id: uuid.UUID) -> list[HouseholdEvent]:
    """What happened to a household, newest first."""
    return list(
        session.scalars(
            select(HouseholdEvent)
            .where(col(HouseholdEvent.community_id) == community_id, col(HouseholdEvent.household_id) == household_id)
            .order_by(col(HouseholdEvent.recorded_at).desc(), col(HouseholdEvent.id).desc())
            .limit(500)
        )
    )


def stays(members: Sequence[Person], events: Sequence[HouseholdEvent]) -> list[Stay]:
    """Who lived in a household and when, from its members of today and what was written down. Pure; those of today first."""
    here = {one.id: one for one in members}
    open_since: dict[uuid.UUID, date] = {}
    closed: list[Stay] = []
    for event in sorted(events, key=lambda one: (one.recorded_at, one.id)):
        if event.person_id is None:
            continue
        if event.kind == "moved_in":
            open_since[event.person_id] = event.on_day
        elif event.kind == "moved_out":
            closed.append(Stay(event.person_id, open_since.pop(event.person_id, None), event.on_day))
    now_here = [Stay(one.id, open_since.get(one.id), one.left_on) for one in here.values()]
    return [*now_here, *reversed(closed)]
