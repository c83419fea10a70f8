"""Which version of the points table counts on a day; how it comes into force, and its items into use.

What counts on a day is told by dates alone (`in_force_on`): a job only writes down what the dates already say. The way
to the vote and to publicity stands in `staging`, `editing`, `deliberating`, `voting` and `objecting`.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func
from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import notices
from timebank.errors import BadInput, NotFound
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.table import drafts, states
from timebank.points.table.life_tables import PointsLife, PointsObjection
from timebank.points.table.stages import community_of, stage_of, standing
from timebank.points.table.states import TableWrongState
from timebank.points.table.tables import (
    IN_FORCE,
    PUBLISHED,
    SUPERSEDED,
    PointsItem,
    PointsSwitch,
    PointsTable,
)
from timebank.points.table.telling import members_of_bodies
from timebank.storage import new_id

items_of = drafts.items_of


def bring_into_force(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Write down which versions came into force and which were superseded; harmless when nothing is due.

    A version whose day objections moved past that of a newer one is superseded without having been in force. One with an objection that nobody answered in time waits for another month.
    """
    require(actor, "table.bring_into_force", community_id=actor.community_id)
    community_id = community_of(actor)
    today = today_in(session, community_id, now)
    due = session.scalars(
        select(PointsTable)
        .where(
            PointsTable.community_id == community_id,
            PointsTable.state == PUBLISHED,
            col(PointsTable.in_force_from) <= today,
        )
        .order_by(col(PointsTable.in_force_from), col(PointsTable.version))
    ).all()
    begun, waiting = [], []
    for table in due:
        if session.scalar(select(_has_open_objection(table.id, community_id))):
            move_day(session, table, first_of_next_month(today))
            waiting.append(table.version)
            continue
        if _supersede(session, table):
            begun.append(table.version)
    told = members_of_bodies(session, community_id, today) if begun else []
    for table in due:
        if table.version in begun:
            notices.tell_all(session, community_id=community_id, person_ids=told, kind="table_in_force", now=now,
                             facts={"title": table.title, "table_id": table.id.hex})  # fmt: skip
    return {"code": "brought_into_force", "versions": begun, "waiting": waiting}


def switch(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    item_id: uuid.UUID,
    in_use: bool,
    decided_on: dt.date,
    reason: str,
) -> dict[str, Any]:
    """Record the community's decision to use an item, or to use it no more; from today on, never for days before.

    Deductions and base points need such a decision before the first of them is awarded. It is noted in the ledger.
    """
    require(actor, "table.switch", community_id=actor.community_id)
    item = session.get(PointsItem, (community_of(actor), item_id))
    if item is None:
        raise NotFound(what="item")
    found = standing(session, community_of(actor), item.table_id)
    found.after("switch")
    table = found.table
    if item.in_use == in_use:
        raise TableWrongState(state="in_use" if in_use else "out_of_use", verb="switch")
    today = today_in(session, table.community_id, now)
    if not reason.strip() or decided_on > today:
        raise BadInput(fields={"reason": "required"} if not reason.strip() else {"decided_on": "in_the_future"})
    decision = {"table": table.digest, "position": item.position, "in_use": in_use,
                "decided_on": decided_on.isoformat(), "reason": reason.strip()}  # fmt: skip
    digest = hashlib.sha256(canonical(decision)).hexdigest()
    note = book_of(session).note("points_item", f"version {table.version} item {item.position}", digest)
    item.in_use = in_use
    item.in_use_from = max(today, table.in_force_from or today) if in_use else item.in_use_from
    session.add(PointsSwitch(community_id=table.community_id, id=new_id(now), item_id=item.id, in_use=in_use,
                             decided_on=decided_on, reason=reason.strip()[:500], switched_at=now,
                             switched_by=actor.number, note=note))  # fmt: skip
    return {"code": "switched_on" if in_use else "switched_off", "item_id": item.id.hex, "note": note}


def in_force_on(session: Session, community_id: int, day: dt.date) -> PointsTable | None:
    """The version by which events of this day are scored, if there is one.

    A published version with an open objection is not in force, whatever its day says. Of those whose day has come the
    newest vote counts, also where objections moved the day of an older one past it.
    """
    contested = (PointsTable.state == PUBLISHED) & _has_open_objection(col(PointsTable.id), community_id)
    return session.scalars(
        select(PointsTable)
        .where(
            PointsTable.community_id == community_id,
            col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)),
            col(PointsTable.in_force_from) <= day,
            ~contested,
        )
        .order_by(col(PointsTable.version).desc())
        .limit(1)
    ).first()


def tables_of(session: Session, *, actor: Actor, only_adopted: bool) -> Sequence[PointsTable]:
    """All versions, newest first; drafts only for those who draft."""
    if not only_adopted:
        require(actor, "table.draft", community_id=actor.community_id)
    query = select(PointsTable).where(PointsTable.community_id == actor.community_id)
    if only_adopted:
        query = query.where(col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)))
    newest = func.coalesce(PointsTable.version, 1_000_000).desc()
    return session.scalars(query.order_by(newest, col(PointsTable.drafted_at).desc()).limit(200)).all()


def stages_of(session: Session, tables: Sequence[PointsTable]) -> dict[uuid.UUID, str]:
    """The stage of each of some versions, in one query."""
    if not tables:
        return {}
    lives = session.scalars(
        select(PointsLife).where(
            PointsLife.community_id == tables[0].community_id, col(PointsLife.table_id).in_([one.id for one in tables])
        )
    )
    known = {life.table_id: life for life in lives}
    return {table.id: stage_of(table, known.get(table.id)) for table in tables}


def in_public(session: Session, community_id: int) -> Sequence[PointsTable]:
    """Every version that anybody may read, newest first: the community's adoption history, and what is deliberated now."""
    tables = session.scalars(
        select(PointsTable)
        .where(PointsTable.community_id == community_id)
        .order_by(func.coalesce(PointsTable.version, 1_000_000).desc(), col(PointsTable.drafted_at).desc())
        .limit(200)
    ).all()
    stages = stages_of(session, tables)
    return [table for table in tables if is_public(table, stages[table.id])]


def is_public(table: PointsTable, stage: str) -> bool:
    """Whether anybody may read a version: once it hung out for comments or was voted, also if it came to nothing."""
    return stage in states.PUBLIC or table.version is not None or stage == "not_carried"


def table_with_items(
    session: Session, *, actor: Actor, table_id: uuid.UUID
) -> tuple[PointsTable, Sequence[PointsItem]]:
    """One version and its items in order; anybody may read one that is deliberated or was voted."""
    found = standing(session, community_of(actor), table_id)
    if not is_public(found.table, found.stage):
        require(actor, "table.draft", community_id=actor.community_id)
    return found.table, items_of(session, found.table.community_id, found.table.id)


def switches_of(session: Session, community_id: int, table_id: uuid.UUID) -> Sequence[tuple[PointsSwitch, PointsItem]]:
    """The decisions on items of a version, newest first."""
    return session.execute(
        select(PointsSwitch, PointsItem)
        .join(
            PointsItem,
            (col(PointsItem.community_id) == PointsSwitch.community_id) & (col(PointsItem.id) == PointsSwitch.item_id),
        )
        .where(PointsSwitch.community_id == community_id, PointsItem.table_id == table_id)
        .order_by(col(PointsSwitch.switched_at).desc())
        .limit(500)
    ).all()


def first_of_next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def put_awards_in_use(session: Session, table: PointsTable) -> None:
    """Awards are in use from the version's first day; deductions and base points wait for a decision."""
    for item in items_of(session, table.community_id, table.id):
        if item.kind == "award":
            item.in_use, item.in_use_from = True, table.in_force_from


def move_day(session: Session, table: PointsTable, day: dt.date) -> None:
    """Let a published version come into force on another day; items that begin with it begin then."""
    before, table.in_force_from = table.in_force_from, day
    for item in items_of(session, table.community_id, table.id):
        if item.in_use and item.in_use_from is not None and (item.in_use_from == before or item.in_use_from < day):
            item.in_use_from = day
    session.flush()


def _supersede(session: Session, table: PointsTable) -> bool:
    """Put a version in the place of the one in force; False if a newer vote is in force already."""
    before = session.scalars(
        select(PointsTable).where(PointsTable.community_id == table.community_id, PointsTable.state == IN_FORCE)
    ).all()
    if any((other.version or 0) > (table.version or 0) for other in before):
        table.state, table.in_force_until = SUPERSEDED, table.in_force_from
        session.flush()
        return False
    for older in before:
        older.state = SUPERSEDED
        older.in_force_until = table.in_force_from
    session.flush()
    table.state = IN_FORCE
    session.flush()
    return True


def _has_open_objection(table_id: Any, community_id: int) -> Any:
    return exists().where(
        col(PointsObjection.community_id) == community_id,
        col(PointsObjection.table_id) == table_id,
        col(PointsObjection.state) == "open",
    )
