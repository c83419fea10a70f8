"""What the clock does by rule: the work that comes due in a community, and the use case that does it.

Each kind of work says what is due now, as pieces that each fit into one write; nothing due, nothing written. The edge
decides how often to look, and gives each piece a key, so that looking twice does nothing twice.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlmodel import Session, SQLModel, col

from ledger import reading
from timebank import attachments, policy, quotas
from timebank.attendance_points import awarding
from timebank.hours import team_hours
from timebank.hours.activities import absences, roster, seats
from timebank.hours.attendance import late
from timebank.hours.attendance.offline import waiting
from timebank.hours.orders import follow_up
from timebank.outbox import deliveries
from timebank.people import communities, imports
from timebank.people.imports.staging import ImportBatch, ImportRow
from timebank.permissions import Actor
from timebank.points.awards import drawing
from timebank.points.honours import listing as honour_lists
from timebank.points.household_changes import asking as household_asking
from timebank.points.publicity import clocks
from timebank.points.publicity import going_on as publicity
from timebank.points.shop import orders as shop_orders
from timebank.points.shop.tables import ORDERED, ShopOrder
from timebank.points.table import adoption
from timebank.points.table.tables import PointsTable
from timebank.points.years import closing as year_closing
from timebank.storage import Request
from timebank.storage.requests import KEYS_KEPT

AT_ONCE = 100
REQUESTS_KEPT = KEYS_KEPT + dt.timedelta(days=1)

Change = Callable[[Session, dt.datetime], dict[str, Any]]


@dataclass(frozen=True)
class Piece:
    """One write: its name within the work, and what it changes. An answer with `left` asks to look again."""

    name: str
    change: Change


@dataclass(frozen=True)
class Work:
    """One kind of work: its name, how often it should be looked for, and what is due."""

    name: str
    every: dt.timedelta
    due: Callable[[Session, Actor, dt.datetime], list[Piece]]


def close_forgotten(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Check-outs that were forgotten."""
    community_id = communities.community_of(actor)
    place = communities.community(session, community_id)
    rules = policy.of(session, community_id, communities.local_day(place, now))
    found = late.forgotten(session, community_id, now, rules.late_close_minutes, 1)
    return [Piece("batch", _acting(late.close_forgotten, actor))] if found else []


def free_places(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Places in coming activities of people who have left, or whose role of a volunteer has ended."""
    found = seats.places_of_those_who_left(session, communities.community_of(actor), now, 1)
    return [Piece("batch", _acting(seats.free_places_of_those_who_left, actor))] if found else []


def write_absences(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Places in activities that are over, of whose people nothing was recorded."""
    found = absences.due(session, communities.community_of(actor), now, 1)
    return [Piece("batch", _acting(absences.write_down_due, actor))] if found else []


def lay_out_rosters(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Turns of duty of the weeks ahead: each day there is another day to lay out."""
    found = roster.has_rosters(session, communities.community_of(actor))
    return [Piece("rosters", _acting(roster.lay_out, actor))] if found else []


def tell_roster_gaps(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """On Friday, points that have too few days with somebody on duty next week."""
    found = roster.is_time_to_tell(session, communities.community_of(actor), now)
    return [Piece("gaps", _acting(roster.tell_gaps, actor))] if found else []


def give_team_donations(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Minutes that teams donated and can take back no more."""
    due = team_hours.donations_due(session, communities.community_of(actor), now, 1)
    return [Piece("batch", _acting(team_hours.give_due, actor))] if due else []


def end_publicity(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Batches that were begun and are not laid out, and those whose period of objections is over: some lines of one of them."""

    def going_on(number: int) -> Change:
        return lambda writing, at: publicity.go_on_with(writing, actor=actor, now=at, number=number)

    found = publicity.standing_still(session, communities.community_of(actor), now)[:1]
    return [Piece(f"batch/{number}", going_on(number)) for number in found]


def remind_of_objections(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Objections and appeals that are due today or late."""
    found = clocks.to_remind(session, communities.community_of(actor), now, 1)
    return [Piece("objections", _acting(clocks.remind, actor))] if found else []


def remind_of_batch(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """A month that has no batch."""
    month = clocks.month_to_remind(session, communities.community_of(actor), now)
    return [Piece(f"{month:%Y-%m}", _acting(clocks.remind_of_month, actor))] if month else []


def award_visits(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Finished and reviewed visits whose service gives points by a decision of the community."""
    due = awarding.visits_due(session, communities.community_of(actor), 1)
    return [Piece("batch", _acting(awarding.award_visits, actor))] if due else []


def follow_visits(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Visits that were corrected since they gave points."""
    due = awarding.corrected_visits(session, communities.community_of(actor), 1)
    return [Piece("batch", _acting(awarding.follow_corrections, actor))] if due else []


def reveal_draws(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Seeds of second reviews, of months that are over: from now on anybody may check what was drawn."""
    over = drawing.unrevealed(session, communities.community_of(actor), now)
    return [Piece("months", _acting(drawing.reveal_over, actor))] if over else []


def bring_tables_into_force(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Points tables whose day has come."""
    place = communities.community(session, communities.community_of(actor))
    waiting = _any(
        session,
        PointsTable,
        col(PointsTable.community_id) == place.id,
        col(PointsTable.state) == "published",
        col(PointsTable.in_force_from) <= communities.local_day(place, now),
    )
    return [Piece("tables", _acting(adoption.bring_into_force, actor))] if waiting else []


def expire_shop_orders(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Goods that were not fetched in time."""
    late_ones = _any(
        session,
        ShopOrder,
        col(ShopOrder.community_id) == actor.community_id,
        col(ShopOrder.state) == ORDERED,
        col(ShopOrder.ends_at) <= now,
    )
    return [Piece("batch", _acting(shop_orders.expire_due, actor))] if late_ones else []


def carry_on_years(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """A year's close that is told, closed or undone, some households a write."""
    found = year_closing.under_way(session, communities.community_of(actor))
    return [Piece(f"{one.id.hex}/{one.state}/{one.cursor}", _acting(year_closing.carry_on, actor)) for one in found[:1]]


def settle_honours(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Lists of honour whose days of objections are over, or that end."""
    found = honour_lists.due(session, communities.community_of(actor), now)
    return [Piece("lists", _acting(honour_lists.settle_due, actor))] if found else []


def lapse_household_changes(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Splits and merges of households that nobody agreed to in time."""
    due = household_asking.due_to_lapse(session, communities.community_of(actor), now, 1)
    return [Piece("batch", _acting(household_asking.lapse_due, actor))] if due else []


def remind_shop_orders(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Goods that lapse tomorrow."""
    due = shop_orders.to_remind(session, communities.community_of(actor), now, 1)
    return [Piece("batch", _acting(shop_orders.remind_due, actor))] if due else []


def follow_up_orders(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Orders that nobody claimed, began, ended or confirmed in time; each is a write of its own."""
    found = follow_up.due(session, community_id=communities.community_of(actor), now=now, limit=AT_ONCE)
    return [Piece(f"{one.verb}/{one.order_id.hex}", _carrying_out(one, actor)) for one in found]


def route_notices(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Notices whose deliveries were not made yet."""
    waiting = deliveries.unrouted(session, communities.community_of(actor))
    return [Piece("batch", _acting(deliveries.route, actor))] if waiting else []


def forget_notices(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Notices whose days are over."""
    old = deliveries.has_old(session, communities.community_of(actor), now)
    return [Piece("old", _acting(deliveries.forget_old, actor))] if old else []


def prune_requests(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Requests whose keys are refused by now anyway.

    By the log's time where the clock is ahead of it: a clock that jumped and comes back must not have made anybody forget what was done.
    """
    community_id = communities.community_of(actor)
    tail = reading.tail(session, community_id)
    by = now if tail is None else min(now, tail.at)
    old = col(Request.community_id) == community_id, col(Request.recorded_at) < by - REQUESTS_KEPT

    def prune(writing: Session, at: dt.datetime) -> dict[str, Any]:
        writing.execute(delete(Request).where(*old).execution_options(synchronize_session=False))
        return {"code": "requests_pruned"}

    return [Piece("old", prune)] if _any(session, Request, *old) else []


def forget_uploads(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Files of residents whose day is over, and the rows of those that were taken in: nobody needs the names again."""
    community_id = communities.community_of(actor)
    over = _any(
        session,
        ImportBatch,
        imports.is_over(community_id, now),
        or_(
            col(ImportBatch.state) == "staged",
            exists().where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == col(ImportBatch.id)),
        ),
    )

    def forget(writing: Session, at: dt.datetime) -> dict[str, Any]:
        imports.forget_expired(writing, community_id, now=at)
        return {"code": "uploads_forgotten"}

    return [Piece("old", forget)] if over else []


def forget_attachments(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Photographs whose days are over."""
    community_id = communities.community_of(actor)

    def forget(writing: Session, at: dt.datetime) -> dict[str, Any]:
        return {"code": "attachments_forgotten", "left": attachments.forget_over(writing, community_id, at)}

    return [Piece("over", forget)] if attachments.over(session, community_id, now, 1) else []


def set_quotas(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """The quotas of a new year, or those that the policy changed."""
    place = communities.community(session, communities.community_of(actor))
    today = communities.local_day(place, now)
    found = quotas.due(session, place.id, today)
    return [Piece(today.isoformat(), _acting(quotas.set_due, actor))] if found else []


def give_up_offline(session: Session, actor: Actor, now: dt.datetime) -> list[Piece]:
    """Offline scans that waited until nothing can come any more."""
    community_id = communities.community_of(actor)

    def giving_up(scan_id: uuid.UUID) -> Change:
        return lambda writing, at: waiting.give_up(writing, actor=actor, now=at, scan_id=scan_id)

    due = waiting.over(session, community_id, now)
    return [Piece(scan_id.hex, giving_up(scan_id)) for scan_id in due[:AT_ONCE]]


WORK = (
    Work("close_forgotten", dt.timedelta(minutes=5), close_forgotten),
    Work("give_up_offline", dt.timedelta(hours=1), give_up_offline),
    Work("expire_shop_orders", dt.timedelta(minutes=15), expire_shop_orders),
    Work("remind_shop_orders", dt.timedelta(hours=1), remind_shop_orders),
    Work("follow_up_orders", dt.timedelta(minutes=15), follow_up_orders),
    Work("give_team_donations", dt.timedelta(minutes=15), give_team_donations),
    Work("route_notices", dt.timedelta(minutes=1), route_notices),
    Work("free_places", dt.timedelta(minutes=15), free_places),
    Work("write_absences", dt.timedelta(minutes=15), write_absences),
    Work("lay_out_rosters", dt.timedelta(days=1), lay_out_rosters),
    Work("tell_roster_gaps", dt.timedelta(days=1), tell_roster_gaps),
    Work("end_publicity", dt.timedelta(hours=1), end_publicity),
    Work("remind_of_objections", dt.timedelta(hours=6), remind_of_objections),
    Work("remind_of_batch", dt.timedelta(days=1), remind_of_batch),
    Work("award_visits", dt.timedelta(minutes=15), award_visits),
    Work("follow_visits", dt.timedelta(hours=1), follow_visits),
    Work("reveal_draws", dt.timedelta(hours=1), reveal_draws),
    Work("bring_tables_into_force", dt.timedelta(hours=1), bring_tables_into_force),
    Work("carry_on_years", dt.timedelta(minutes=1), carry_on_years),
    Work("settle_honours", dt.timedelta(hours=1), settle_honours),
    Work("lapse_household_changes", dt.timedelta(hours=1), lapse_household_changes),
    Work("set_quotas", dt.timedelta(hours=1), set_quotas),
    Work("prune_requests", dt.timedelta(days=1), prune_requests),
    Work("forget_uploads", dt.timedelta(days=1), forget_uploads),
    Work("forget_notices", dt.timedelta(days=1), forget_notices),
    Work("forget_attachments", dt.timedelta(days=1), forget_attachments),
)


def _acting(use_case: Callable[..., dict[str, Any]], actor: Actor) -> Change:
    return lambda session, now: use_case(session, actor=actor, now=now)


def _carrying_out(one: follow_up.Due, actor: Actor) -> Change:
    return lambda session, now: follow_up.carry_out(session, actor=actor, now=now, verb=one.verb, order_id=one.order_id)


def _any(session: Session, table: type[SQLModel], *where: Any) -> bool:
    return session.scalars(select(table).where(*where).limit(1)).first() is not None
