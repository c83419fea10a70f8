"""The yearly quotas of issue: begun anew on 1 January, and changed within a year when the policy's numbers change.

What was issued spends the quota of its year; what comes back never refills it. A quota that changes within a year counts
from its 1 January: what is left is the new number less all that was issued in the year, and never below nothing. So it
does not matter how often it changed: what was issued beyond a lower number is not given again by a higher one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, func, select
from sqlmodel import Field, Session, SQLModel, col

from ledger import book_of, reading, tables
from ledger.entries import digest_of
from timebank import accounts, permissions, policy, policy_changes
from timebank.columns import Day, Instant, Number
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.policy import Policy

FIRST_OFFICERS = (1, 2)  # who answer for a community's first quotas, by custom


class QuotaSetting(SQLModel, table=True):
    """On this day the issuing accounts got their quotas; the first time, at the opening, has no row."""

    __tablename__: ClassVar[str] = "quota_setting"
    __table_args__ = (CheckConstraint("begins_year IN (0, 1)", name="ck_quota_setting_begins_year"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    set_on: date = Field(sa_type=Day, primary_key=True)
    begins_year: int = Field(sa_type=Number)
    set_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True)
class Due:
    """What is to be set: all quotas of a new year, or, within a year, those that changed; for the whole year, by account."""

    begins_year: bool
    quotas: dict[int, int]


def due(session: Session, community_id: int, today: date) -> Due | None:
    """What is to be set on a day; None where the quotas stand as they should."""
    community = communities.community(session, community_id)
    query = select(QuotaSetting).where(col(QuotaSetting.community_id) == community_id)
    setting = session.scalars(query.order_by(col(QuotaSetting.set_on).desc()).limit(1)).first()
    last = setting.set_on if setting else communities.local_day(community, community.opened_at)
    if last >= today:
        return None
    before, now = (_quotas(policy.of(session, community_id, day)) for day in (last, today))
    if last.year < today.year:
        return Due(begins_year=True, quotas=now)
    changed = {account: quota for account, quota in now.items() if quota != before[account]}
    return Due(begins_year=False, quotas=changed) if changed else None


def set_due(session: Session, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Give the issuing accounts their quotas of the day, by note and limit; harmless when nothing is due.

    The two officers of the newest decision in force answer for them; where none was ever taken, those of the opening.
    """
    community_id = community_of(actor)
    permissions.require(actor, "quotas.set_due", community_id=community_id)
    today = communities.local_day(communities.community(session, community_id), now)
    found = due(session, community_id, today)
    if found is None:
        return {"code": "quotas_stand"}
    book = book_of(session)
    approvers = policy_changes.officers_of(session, community_id, today) or FIRST_OFFICERS
    for account, number in found.quotas.items():
        issued = 0 if found.begins_year else _issued_this_year(session, community_id, account)
        quota = max(number - issued, 0)
        note = book.note("limit", str(account), digest_of(account=account, quota=quota))
        book.limit(account, quota=quota, cites=note, approvers=approvers)
    session.add(QuotaSetting(community_id=community_id, set_on=today, begins_year=int(found.begins_year), set_at=now))
    session.flush()
    return {"code": "quotas_set", "accounts": sorted(found.quotas)}


def _issued_this_year(session: Session, community_id: int, account: int) -> int:
    """What left an issuing account since its year began, or since the opening; a `limit` sets the ledger's own count to 0.

    What was issued before the account's last limit is in the books for a day at least; what came since, the book counts.
    """
    query = select(col(QuotaSetting.set_at)).where(
        col(QuotaSetting.community_id) == community_id, col(QuotaSetting.begins_year) == 1
    )
    began_at = session.scalars(query.order_by(col(QuotaSetting.set_on).desc()).limit(1)).first()
    first = 0 if began_at is None else reading.size_at(session, community_id, began_at)
    note, posting = tables.note.c, tables.posting.c
    limited = select(func.max(note.seq)).where(
        note.community_id == community_id, note.topic == "limit", note.subject == str(account)
    )
    issued = select(func.coalesce(func.sum(-posting.amount), 0)).where(
        posting.community_id == community_id,
        posting.account == account,
        posting.seq >= first,
        posting.seq < (session.scalar(limited) or 0),
        posting.amount < 0,
    )
    return int(session.scalar(issued) or 0) + book_of(session).account(account).issued


def _quotas(rules: Policy) -> dict[int, int]:
    return {
        accounts.ISSUE_MIN: rules.quota_min_minutes,
        accounts.OPENING_MIN: rules.quota_opening_minutes,
        accounts.ISSUE_PT: rules.quota_pt_steps,
        accounts.OPENING_PT: rules.quota_opening_steps,
    }
