"""Not having come (未到): one rule for claimed orders and for places in activities.

Three unexcused in 90 days block claiming and signing up for 30 days from the last of them (all three are the community's
numbers). Hours are never taken for it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import Session, col

from timebank import policy
from timebank.hours.activities.tables import Absence, Activity, SignUp


def blocked_until(
    session: Session, community_id: int, person_id: UUID, now: datetime, rules: policy.Policy
) -> datetime | None:
    """Return until when having missed too much keeps a volunteer from claiming and signing up; None if it does not."""
    since = now - timedelta(days=rules.no_show_days + rules.no_show_block_days)
    missed = sorted(
        [
            *missed_orders(session, community_id, person_id, since=since),
            *missed_places(session, community_id, person_id, since=since),
        ]
    )
    until = block_of(missed, rules)
    return until if until is not None and until > now else None


def block_of(missed: Sequence[datetime], rules: policy.Policy) -> datetime | None:
    """Until when these instants, in order, block; None if they are too few or too far from each other."""
    until = None
    for first, last in zip(missed, missed[rules.no_show_most - 1 :], strict=False):
        if last - first <= timedelta(days=rules.no_show_days):
            until = last + timedelta(days=rules.no_show_block_days)
    return until


def missed_orders(session: Session, community_id: int, person_id: UUID, *, since: datetime) -> list[datetime]:
    """When orders that she had claimed were written down as missed, without an excuse."""
    # Orders know attendance, which knows activities, which ask here: the row is looked up when it is needed.
    from timebank.hours.orders.rows import OrderClaim

    return [
        ended
        for ended in session.scalars(
            select(col(OrderClaim.ended_at))
            .where(col(OrderClaim.community_id) == community_id, col(OrderClaim.person_id) == person_id)
            .where(col(OrderClaim.outcome) == "no_show", col(OrderClaim.ended_at) > since)
        )
        if ended is not None
    ]


def missed_places(session: Session, community_id: int, person_id: UUID, *, since: datetime) -> list[datetime]:
    """When she missed places in activities: not withdrawn, not excused, and no visit of hers in that time after all."""
    return [
        missed
        for missed in session.scalars(
            select(col(Absence.missed_at))
            .join(
                Activity,
                and_(
                    col(Activity.community_id) == col(Absence.community_id),
                    col(Activity.id) == col(Absence.activity_id),
                ),
            )
            .where(col(Absence.community_id) == community_id, col(Absence.person_id) == person_id)
            .where(col(Absence.missed_at) > since, col(Absence.withdrawn_at).is_(None))
            .where(or_(col(Absence.verdict).is_(None), col(Absence.verdict) != "accepted"))
            .where(col(Activity.cancelled_at).is_(None))
            .where(~was_there())
        )
        if missed is not None
    ]


def was_there(holder: type[Absence] | type[SignUp] = Absence) -> ColumnElement[bool]:
    """Whether the person of a place has a visit in the time of its activity, as a condition on both rows.

    A visit that is entered from paper weeks later takes the absence away by itself.
    """
    return exists().where(visit_of(holder)).correlate(holder, Activity)


def visit_of(holder: type[Absence] | type[SignUp]) -> ColumnElement[bool]:
    """A visit of the person in the time of the activity: at its point, or entered without one; not one for an order."""
    from timebank.hours.attendance.tables import Visit

    return and_(
        col(Visit.community_id) == col(holder.community_id),
        col(Visit.person_id) == col(holder.person_id),
        col(Visit.state) != "rejected",
        col(Visit.started_at) < col(Activity.ends_at),
        or_(col(Visit.ended_at).is_(None), col(Visit.ended_at) > col(Activity.starts_at)),
        col(Visit.order_id).is_(None),
        or_(col(Visit.point_id).is_(None), col(Visit.point_id) == col(Activity.point_id)),
    )
