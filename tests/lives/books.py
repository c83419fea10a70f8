"""What must hold of the books, whatever was done: at every month's end, and at the end."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from ledger import projections, reading, tables
from tests.lives.world import World
from timebank import checks, policy
from timebank.hours.attendance.tables import Visit, VisitDay
from timebank.hours.orders import states
from timebank.hours.orders.rows import OrderEvent, ServiceOrder
from timebank.people import residents
from timebank.permissions import Actor


def check(world: World, *, whole: bool) -> None:
    """`whole`: also what takes a look at every entry."""
    with world.village.read() as session:
        community_id = world.village.community_id
        _balanced(session, community_id)
        _holds(session, community_id)
        _visits(session, community_id)
        if whole:
            found = list(checks.find(session, actor=Actor.system(community_id, "test"), limit=20))
            assert found == [], found
            differences = list(projections.differences(session.connection(), community_id))
            assert differences == [], differences[:5]
            _explained(session, community_id)


def _balanced(session: Any, community_id: int) -> None:
    """Each unit's accounts add up to nothing, and none is below its floor."""
    sums: dict[str, int] = defaultdict(int)
    for row in session.execute(select(tables.account).where(tables.account.c.community_id == community_id)).mappings():
        sums[row["unit"]] += row["balance"]
        if row["class"] in ("issue", "opening"):
            assert 0 <= row["issued"] <= row["quota"], dict(row)
        else:
            assert row["balance"] - row["held"] >= row["floor"], dict(row)
        assert row["held"] >= 0, dict(row)
    assert set(sums.values()) <= {0}, sums


def _holds(session: Any, community_id: int) -> None:
    """What is held belongs to an order in hand, which says why; an order that is over holds nothing."""
    rows = session.scalars(select(ServiceOrder).where(col(ServiceOrder.community_id) == community_id)).all()
    wanted = {row.hold_seq: row.held_minutes for row in rows if row.state in states.HELD}
    columns = tables.hold.c
    unresolved = session.execute(
        select(columns.seq, columns.legs).where(columns.community_id == community_id, columns.resolved.is_(None))
    )
    assert {seq: -sum(min(0, amount) for _, amount in json.loads(legs)) for seq, legs in unresolved} == wanted
    events = session.scalars(
        select(OrderEvent)
        .where(col(OrderEvent.community_id) == community_id)
        .order_by(col(OrderEvent.order_id), col(OrderEvent.n))
    ).all()
    for before, after in pairwise(events):
        if before.order_id == after.order_id and before.state != after.state:
            assert states.MOVES[after.verb][before.state] == after.state


def _visits(session: Any, community_id: int) -> None:
    """Nobody is in two places, and nobody is credited more than the caps of the day."""
    visits = session.scalars(
        select(Visit)
        .where(col(Visit.community_id) == community_id, col(Visit.state) != "rejected")
        .order_by(col(Visit.person_id), col(Visit.started_at))
    ).all()
    for first, second in pairwise(visits):
        if first.person_id == second.person_id:
            assert first.ended_at is not None, f"{first.id} is open, and {second.id} began"
            assert first.ended_at <= second.started_at
    by_order = {visit.id for visit in visits if visit.order_id}
    per_day: dict[Any, int] = defaultdict(int)
    for day in session.scalars(select(VisitDay).where(col(VisitDay.community_id) == community_id)):
        if day.visit_id not in by_order:  # a decision may give more than the caps leave
            per_day[day.person_id, day.day] += day.credited_minutes
    for (person_id, day), minutes in per_day.items():
        rules = policy.of(session, community_id, day)
        age = residents.age_on(residents.person(session, community_id, person_id), day)
        most = (
            rules.day_cap_aged_minutes if age is not None and age >= rules.day_cap_from_age else rules.day_cap_minutes
        )
        assert minutes <= most, (person_id, day, minutes)


def _explained(session: Any, community_id: int) -> int:
    """Every credited minute can be reckoned again from its entry's detail alone; returns how many entries were."""
    settled = 0
    for kind in ("post", "capture"):
        after = -1
        while found := reading.entries(session, community_id, kind=kind, after=after, limit=1000, newest_first=False):
            after = found[-1].seq
            for entry in found:
                detail = entry.detail or {}
                if str(detail.get("use_case", "")).endswith(".settle"):
                    _reckoned_again(entry.fields, detail)
                    settled += 1
    return settled


def _reckoned_again(fields: dict[str, Any], detail: dict[str, Any]) -> None:
    moved = sum(amount for _, amount in fields["legs"] if amount > 0)
    assert moved == detail["credited"], detail
    if "spans" not in detail:
        return  # a decision, which says who decided and why
    weighed = sum(seconds * percent for seconds, percent in detail["spans"])
    rounding = detail["rounding"]
    assert weighed // 100 // 60 // rounding * rounding == detail["uncapped"], detail
    assert detail["credited"] <= detail["uncapped"], detail
    scanned = (detail["ended_at"] - detail["started_at"]) // 1000
    rested = sum(end - start for start, end in detail.get("rests", [])) // 1000
    assert abs(sum(seconds for seconds, _ in detail["spans"]) + rested - scanned) <= 1, detail
