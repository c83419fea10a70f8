"""Who could go (谁能去): the volunteers of a community, and what keeps one of them from an order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, and_, exists, type_coerce
from sqlmodel import Session, col, select

from timebank import policy
from timebank.columns import to_ms
from timebank.hours.activities import no_shows
from timebank.hours.orders import states
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities, skills
from timebank.people.logins import RoleGrant
from timebank.people.residents import Person

COUNTED_MOST = 5_000  # volunteers of one community, for the counts of `who_could`


@dataclass(frozen=True)
class Could:
    """How many volunteers could take an order: in the building, elsewhere in the grid, elsewhere in the community."""

    building: int
    grid: int
    community: int

    @property
    def total(self) -> int:
        return self.building + self.grid + self.community


def who_may(session: Session, row: ServiceOrder, now: datetime) -> list[ColumnElement[bool]]:
    """Conditions on `Person`: volunteers today, here, old enough on the day of the service, and free at its time."""
    community = communities.community(session, row.community_id)
    service_day = communities.local_day(community, row.starts_at)
    years = policy.of(session, row.community_id, service_day).depositor_min_age
    return [
        *_are_volunteers(row.community_id, communities.local_day(community, now)),
        col(Person.born_on) <= _years_before(service_day, years),
        ~_busy(row.starts_at, ends_at(row), row.id),
    ]


def able(session: Session, row: ServiceOrder, person_ids: Sequence[UUID]) -> set[UUID]:
    """Those who have the skill that the service needs, on its day; all, where it needs none."""
    needed = SERVICES[row.service].skill
    if not needed:
        return set(person_ids)
    day = communities.local_day(communities.community(session, row.community_id), row.starts_at)
    held = skills.skills_of_many(session, row.community_id, person_ids, day)
    return {person_id for person_id in person_ids if needed in held.get(person_id, set())}


def is_blocked(session: Session, row: ServiceOrder, person_id: UUID, now: datetime) -> bool:
    """Whether missed orders and activities keep somebody from claiming this one."""
    day = communities.local_day(communities.community(session, row.community_id), row.starts_at)
    rules = policy.of(session, row.community_id, day)
    return no_shows.blocked_until(session, row.community_id, person_id, now, rules) is not None


def skills_on(session: Session, person: Person, now: datetime) -> set[str]:
    """The skills of one volunteer today, and "" for services that need none."""
    today = communities.local_day(communities.community(session, person.community_id), now)
    return {"", *skills.skills_of(session, person.community_id, person.id, today)}


def who_could(
    session: Session, community_id: int, asked: Sequence[tuple[ServiceOrder, Person]], now: datetime
) -> dict[UUID, Could]:
    """For each order how many could take it; the volunteers are read once, whatever the number of orders."""
    community = communities.community(session, community_id)
    today = communities.local_day(community, now)
    query = (
        select(col(Person.id), col(Person.household_id), col(Person.area_path), col(Person.born_on))
        .where(col(Person.born_on).is_not(None), *_are_volunteers(community_id, today))
        .limit(COUNTED_MOST)
    )
    everybody = list(session.execute(query))
    busy = _busy_times(session, community_id, asked)
    held = _skills_needed(session, community_id, asked, [row.id for row in everybody], today)
    could = {}
    for order, recipient in asked:
        needed = SERVICES[order.service].skill
        taken = {who for who, begins, ends in busy if begins < ends_at(order) and order.starts_at < ends}
        free = [one for one in everybody if one.id not in taken and (not needed or needed in held.get(one.id, set()))]
        could[order.id] = _count(session, order, recipient, free, community.area_path)
    return could


def ends_at(row: ServiceOrder) -> datetime:
    """The planned end."""
    return row.starts_at + timedelta(minutes=row.planned_minutes)


def _count(session: Session, order: ServiceOrder, recipient: Person, free: Sequence[Any], community_path: str) -> Could:
    day = communities.local_day(communities.community(session, order.community_id), order.starts_at)
    born_by = _years_before(day, policy.of(session, order.community_id, day).depositor_min_age)
    places = Counter(
        _near(one.area_path, recipient.area_path, community_path)
        for one in free
        if one.household_id != recipient.household_id and one.born_on <= born_by
    )
    return Could(places[0], places[1], places[2])


def _near(area_path: str, mine: str, community_path: str) -> int:
    """0 the same building, 1 the same grid, 2 the community, as dispatch.nearness asks the database."""
    within = mine.removeprefix(community_path).strip("/").split("/")
    if len(within) > 1 and area_path == mine:
        return 0
    return 1 if within[0] and area_path.startswith(f"{community_path}{within[0]}/") else 2


def _are_volunteers(community_id: int, today: date) -> list[ColumnElement[bool]]:
    grants = exists().where(
        col(RoleGrant.community_id) == Person.community_id,
        col(RoleGrant.person_id) == Person.id,
        col(RoleGrant.role) == "volunteer",
        col(RoleGrant.revoked_at).is_(None),
        col(RoleGrant.from_on) <= today,
        col(RoleGrant.until_on).is_(None) | (col(RoleGrant.until_on) >= today),
    )
    return [col(Person.community_id) == community_id, col(Person.left_on).is_(None), grants]


def _busy(begins: datetime, ends: datetime, but: UUID) -> ColumnElement[bool]:
    """Whether a person has an order at that time, as its volunteer or for herself. No order lasts longer than a day."""
    return exists().where(
        and_(
            col(ServiceOrder.community_id) == Person.community_id,
            (col(ServiceOrder.volunteer_id) == Person.id) | (col(ServiceOrder.recipient_id) == Person.id),
            col(ServiceOrder.state).in_(states.BOOKED),
            col(ServiceOrder.id) != but,
            col(ServiceOrder.starts_at) < ends,
            col(ServiceOrder.starts_at) > begins - timedelta(days=1),
            _ends_after(begins),
        )
    )


def _ends_after(begins: datetime) -> ColumnElement[bool]:
    """Instants are milliseconds in the database, so minutes are added to them as numbers."""
    started = type_coerce(col(ServiceOrder.starts_at), BigInteger)
    return started + col(ServiceOrder.planned_minutes) * 60_000 > to_ms(begins)


def _busy_times(
    session: Session, community_id: int, asked: Sequence[tuple[ServiceOrder, Person]]
) -> list[tuple[UUID, datetime, datetime]]:
    """(person, from, to) of every booked order that could meet one of those asked for."""
    if not asked:
        return []
    first = min(order.starts_at for order, _ in asked) - timedelta(days=1)
    last = max(ends_at(order) for order, _ in asked)
    booked = session.execute(
        select(
            ServiceOrder.volunteer_id, ServiceOrder.recipient_id, ServiceOrder.starts_at, ServiceOrder.planned_minutes
        ).where(
            col(ServiceOrder.community_id) == community_id,
            col(ServiceOrder.state).in_(states.BOOKED),
            col(ServiceOrder.starts_at) > first,
            col(ServiceOrder.starts_at) < last,
        )
    )
    return [
        (who, row.starts_at, row.starts_at + timedelta(minutes=row.planned_minutes))
        for row in booked
        for who in (row.volunteer_id, row.recipient_id)
        if who is not None
    ]


def _skills_needed(
    session: Session, community_id: int, asked: Sequence[tuple[ServiceOrder, Person]], people: Sequence[UUID], day: date
) -> dict[UUID, set[str]]:
    if not any(SERVICES[order.service].skill for order, _ in asked):
        return {}
    return skills.skills_of_many(session, community_id, people, day)


def _years_before(day: date, years: int) -> date:
    """The last birthday on which somebody is so old on that day; 29 February counts as 1 March in other years."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)
