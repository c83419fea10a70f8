"""Notices (通知): what a person is told of what happened to her matters, and whether it reached her.

A use case tells in the same commit as what it tells of; nothing is sent then. Each notice stands in the person's own
list, whether or not she has a phone or an address. What is sent besides, to whom and with what outcome, is a delivery:
the job that makes them (timebank/outbox.py) looks for notices that it has not looked at.

Facts are what the words of a kind need (api/messages/notices.py): names of things, instants as UTC milliseconds in
`..._at`, days as ISO text in `..._on`, minutes as whole minutes in `..._minutes`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, insert, text
from sqlmodel import Field, Session, SQLModel

from timebank.columns import Id, Instant, Json, Number, new_id

# What can be told. Each has its words in api/messages/notices.py, in both languages; a test compares the two.
KINDS = frozenset(
    {
        "mail_confirm",  # is this your address: the only one that goes to an address before it is confirmed
        "order_accepted",
        "order_returned",
        "order_claimed",
        "order_step_back",
        "order_cancelled",
        "order_to_confirm",
        "order_settled",
        "order_rescheduled",
        "order_reopened",  # sent back or cancelled by mistake
        "order_offered",  # to a volunteer by name
        "order_promoted",  # the reserve moves up
        "order_not_promoted",  # the reserve may no longer, and need not keep the hour free
        "order_let_go",  # staff took the volunteer off
        "order_no_show",
        "order_excused",
        "order_overdue",
        "order_flagged",  # a day unclaimed: to the grid worker
        "order_escalated",  # a week unclaimed: to the community manager
        "order_disputed",
        "order_decided",
        "helper_asked",
        "helper_confirmed",
        "helper_ended",
        "visit_settled",
        "visit_rejected",
        "visit_estimated",
        "word_asked",  # a witness, or who was served: was it so
        "team_joined",  # by staff or its leader
        "team_gone",
        "team_leading",
        "team_ended",
        "kin_noted",  # to both, but not to who declared it
        "kin_gone",
        "claim_approved",
        "claim_rejected",
        "claim_reopened",  # the reviewer took the verdict back
        "hearing_invited",  # the household, before a deduction is looked at
        "consent_noted",  # to the minor
        "consent_revoked",  # to the minor
        "activity_changed",
        "activity_cancelled",
        "sign_up_made",  # by staff
        "sign_up_waiting",  # by staff, on the waiting list
        "sign_up_promoted",
        "sign_up_moved_back",  # the room became smaller
        "sign_up_taken_off",
        "sign_up_clashes",  # an activity was moved onto another promise of hers
        "sign_up_role_ended",
        "activity_place_freed",  # to who leads it
        "absence_written",
        "excuse_accepted",
        "excuse_refused",
        "year_announced",  # to heads of households that have points
        "year_closed",  # to heads of households whose points it touched
        "year_undone",
        "household_asked",  # to those whose word is missing
        "household_not_changed",  # declined, given up, or over its time
        "household_split",  # to both who spoke for the sides, and all adults who moved
        "household_merge",
        "household_undone",
        "honour_listed",  # to the head, who may agree that the name is shown in full
        "honour_black_listed",
        "honour_taken_off",
        "honour_answered",  # to who objected
        "shop_ready",  # ordered, with the code to fetch it
        "shop_lapses_soon",  # the day before
        "shop_lapsed",
        "shop_called_off",  # by the merchant
        "shop_in_part",  # something was missing at the hand-over
        "shop_returned",
        "roster_gap",  # to staff of the desk and managers
        "line_published",  # points: a line of hers hangs out
        "line_objected",
        "line_withdrawn",
        "line_corrected",
        "line_reversed",
        "line_given_up",  # the ledger refused it for good
        "points_booked",
        "objection_answered_upheld",
        "objection_answered_rejected",
        "objection_decided_upheld",
        "objection_decided_rejected",
        "objection_taken_back",  # by staff, to who raised it
        "reversal_declined",  # the second officer did not book back; to who objected
        "appeal_goes_on",  # the same, where an appeal had been ended by it
        "objection_due",  # to those who answer
        "appeal_due",  # to the supervision committee
        "table_deliberated",  # to all who can sign in
        "table_comment_answered",
        "table_vote_recorded",  # to members of the bodies
        "table_published",  # to all who can sign in
        "table_objection_rejected",
        "table_objection_upheld",
        "table_in_force",  # to members of the bodies
        "table_withdrawn",  # to members of the bodies
        "batch_missing",  # to those who publish
    }
)

CHANNELS = ("mail", "sms")
DELIVERY_STATES = ("waiting", "sending", "sent", "given_up")


class Notice(SQLModel, table=True):
    """One thing that one person is told. `routed_at`: when its deliveries were made, if any were due."""

    __tablename__: ClassVar[str] = "notice"
    __table_args__ = (
        ForeignKeyConstraint(["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_notice"),
        CheckConstraint("read_at IS NULL OR read_at >= told_at", name="ck_notice_read"),
        Index("ix_notice_person", "community_id", "person_id", "id"),
        Index(
            "ix_notice_unrouted",
            "community_id",
            "id",
            sqlite_where=text("routed_at IS NULL"),
            postgresql_where=text("routed_at IS NULL"),
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    kind: str
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    told_at: datetime = Field(sa_type=Instant)
    routed_at: datetime | None = Field(default=None, sa_type=Instant)
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    read_by: str = ""  # herself, her helper, or staff who told her


class NoticeContact(SQLModel, table=True):
    """Where a person wants to be told besides her list; used from the moment that she confirmed it."""

    __tablename__: ClassVar[str] = "notice_contact"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_notice_contact"
        ),
        CheckConstraint("channel IN ('mail', 'sms')", name="ck_notice_contact_channel"),
        CheckConstraint("length(address) BETWEEN 3 AND 254", name="ck_notice_contact_address"),
        CheckConstraint("language IN ('zh', 'en')", name="ck_notice_contact_language"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    channel: str = Field(primary_key=True)
    address: str
    language: str
    set_at: datetime = Field(sa_type=Instant)
    set_by: str
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)


class NoticeDelivery(SQLModel, table=True):
    """One try after the other to bring a notice to an address: hers, or her helper's.

    waiting    tried at `due_at` or after
    sending    taken by a sender until `due_at`; one that died is followed then
    sent       handed to the sender's server
    given_up   tried for a day, or the address refused for good
    """

    __tablename__: ClassVar[str] = "notice_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "notice_id"],
            ["notice.community_id", "notice.id"],
            name="fk_notice_delivery",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_notice_delivery_person"
        ),
        CheckConstraint("channel IN ('mail', 'sms')", name="ck_notice_delivery_channel"),
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'given_up')", name="ck_notice_delivery_state"),
        CheckConstraint("(state IN ('sent', 'given_up')) = (ended_at IS NOT NULL)", name="ck_notice_delivery_ended"),
        Index("ix_notice_delivery_due", "community_id", "state", "due_at"),
        Index("ix_notice_delivery_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    notice_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    channel: str = Field(primary_key=True)
    state: str
    tries: int = Field(default=0, sa_type=Number)
    due_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str = ""


def tell(
    session: Session,
    *,
    community_id: int,
    person_id: uuid.UUID,
    kind: str,
    facts: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Tell a person something, in the commit of what it tells of.

    Raises:
        ValueError: the kind is not one of `KINDS`.
    """
    tell_all(session, community_id=community_id, person_ids=[person_id], kind=kind, facts=facts, now=now)


def tell_all(
    session: Session,
    *,
    community_id: int,
    person_ids: Iterable[uuid.UUID],
    kind: str,
    facts: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Tell several people the same, each once."""
    if kind not in KINDS:
        raise ValueError(f"no notice of kind {kind}")
    rows = [
        {
            "community_id": community_id,
            "id": new_id(now),
            "person_id": person_id,
            "kind": kind,
            "facts": dict(facts or {}),
            "told_at": now,
            "read_by": "",
        }
        for person_id in dict.fromkeys(person_ids)
    ]
    if rows:
        session.execute(insert(Notice), rows)
