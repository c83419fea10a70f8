"""What an order may cost, known before it is asked for: she pays what the volunteer receives.

The planned time is counted as the visit will be (attendance/reckoning.py): by the multipliers in force on that day for
the class of the service, split where a window begins, floored once, and at most the cap of one visit. What caps of a
day or a month may take from the volunteer later is not known yet; then less moves than was held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from timebank import policy
from timebank.errors import Refused
from timebank.hours import multipliers
from timebank.hours.attendance.reckoning import PLAIN_PERCENT, Limits, Window, reckon
from timebank.hours.orders.catalogue import SERVICES
from timebank.people import communities


class PriceNotAgreed(Refused):
    """At that time an hour counts for more, and nobody has agreed to that yet. Facts: planned_minutes, most_minutes."""

    code = "order_price_not_agreed"
    status = 409


@dataclass(frozen=True)
class Price:
    """`most_minutes` for `planned_minutes`; `spans` are (seconds, percent) in order of time."""

    planned_minutes: int
    most_minutes: int
    spans: tuple[tuple[int, int], ...]

    @property
    def is_plain(self) -> bool:
        """Whether an hour counts as an hour."""
        return all(percent == PLAIN_PERCENT for _, percent in self.spans)


def price(
    session: Session,
    *,
    community_id: int,
    service: str,
    starts_at: datetime,
    planned_minutes: int,
    rules: policy.Policy,
) -> Price:
    """Return what a service of this length at this time may cost; `rules` are those of its day."""
    zone = ZoneInfo(communities.community(session, community_id).zone)

    def windows_of(day: date) -> Sequence[Window]:
        return [
            Window(row.from_minute, row.to_minute, row.percent)
            for row in multipliers.table_in_force(session, community_id, day).rows
            if row.service_class == SERVICES[service].class_code
        ]

    unlimited = 24 * 60 * max(multipliers.PERCENTS)
    found = reckon(
        starts_at,
        starts_at + timedelta(minutes=planned_minutes),
        zone=zone,
        windows_of=windows_of,
        limits=Limits(
            rounding_minutes=rules.rounding_minutes,
            visit_minutes=rules.visit_cap_minutes,
            day_minutes=lambda day: unlimited,
            month_minutes=unlimited,
        ),
        credited_before={},
    )
    return Price(planned_minutes, max(found.credited_minutes, planned_minutes), found.spans)


def refuse_unagreed(price: Price, agreed_minutes: int | None) -> None:
    """More than the planned time is paid only by who was told so before.

    Raises:
        PriceNotAgreed: with what it may cost.
    """
    if price.most_minutes > max(price.planned_minutes, agreed_minutes or 0):
        raise PriceNotAgreed(planned_minutes=price.planned_minutes, most_minutes=price.most_minutes)
