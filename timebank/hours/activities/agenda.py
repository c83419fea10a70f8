"""What somebody has promised for a time: a place in an activity, a claimed order, an order of her own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from timebank.hours.activities.tables import Activity, SignUp


@dataclass(frozen=True)
class Promise:
    """Somewhere to be, from one instant to another. `what` is an activity's title, or an order's number as text."""

    kind: str  # activity or order
    what: str
    starts_at: datetime
    ends_at: datetime


def promised(
    session: Session,
    community_id: int,
    person_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    but_activity: UUID | None = None,
) -> Promise | None:
    """What she has promised that overlaps this time, if anything; what ends when it begins does not."""
    return place_in(session, community_id, person_id, starts_at, ends_at, but_activity=but_activity) or _order_in(
        session, community_id, person_id, starts_at, ends_at
    )


def place_in(
    session: Session,
    community_id: int,
    person_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    but_activity: UUID | None = None,
) -> Promise | None:
    """Her place in an activity of that time, if she has one; waiting for one is no promise."""
    query = (
        select(Activity)
        .join(
            SignUp,
            and_(col(SignUp.community_id) == col(Activity.community_id), col(SignUp.activity_id) == col(Activity.id)),
        )
        .where(col(SignUp.community_id) == community_id, col(SignUp.person_id) == person_id)
        .where(col(SignUp.given_up_at).is_(None), col(SignUp.waiting_since).is_(None))
        .where(col(Activity.cancelled_at).is_(None))
        .where(col(Activity.starts_at) < ends_at, col(Activity.ends_at) > starts_at)
        .order_by(col(Activity.starts_at))
    )
    if but_activity is not None:
        query = query.where(col(Activity.id) != but_activity)
    activity = session.scalars(query.limit(1)).first()
    return Promise("activity", activity.title, activity.starts_at, activity.ends_at) if activity else None


def _order_in(
    session: Session, community_id: int, person_id: UUID, starts_at: datetime, ends_at: datetime
) -> Promise | None:
    # Orders know attendance, which knows activities, which ask here: the rows are looked up when they are needed.
    from timebank.hours.orders import states
    from timebank.hours.orders.rows import ServiceOrder

    orders = session.scalars(
        select(ServiceOrder)
        .where(col(ServiceOrder.community_id) == community_id)
        .where(or_(col(ServiceOrder.volunteer_id) == person_id, col(ServiceOrder.recipient_id) == person_id))
        .where(col(ServiceOrder.state).in_(states.BOOKED))
        .where(col(ServiceOrder.starts_at) < ends_at, col(ServiceOrder.starts_at) > starts_at - timedelta(days=1))
        .order_by(col(ServiceOrder.starts_at))
    )
    for order in orders:
        order_ends_at = order.starts_at + timedelta(minutes=order.planned_minutes)
        if order_ends_at > starts_at:
            return Promise("order", str(order.number), order.starts_at, order_ends_at)
    return None
