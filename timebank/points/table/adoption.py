"""A points table's life: drafted from a spreadsheet, adopted by the villagers, published, in force, superseded.

What counts on a day is told by dates alone (`in_force_on`): a job only writes down what the dates already say.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points.table.digests import digest_of_items
from timebank.points.table.reading import TableReading
from timebank.points.table.tables import (
    BODIES,
    DRAFT,
    IN_FORCE,
    PUBLISHED,
    SUPERSEDED,
    WITHDRAWN,
    PointsItem,
    PointsStaging,
    PointsSwitch,
    PointsTable,
)
from timebank.points.table.words import ItemRow, Problem
from timebank.storage import new_id


class TableHasProblems(Refused):
    """Some rows cannot be read; a table is taken whole or not at all."""

    code = "table_has_problems"
    status = 422


class TableWrongState(Refused):
    """The table is not in the state that this step needs (facts `state`)."""

    code = "table_wrong_state"


class TooManyVersions(Refused):
    """The community already has its most versions for that year (facts `year`, `most`)."""

    code = "too_many_versions"


class NoQuorum(Refused):
    """Fewer were present than a quorum needs (facts `present`, `quorum`)."""

    code = "no_quorum"
    status = 422


class NotCarried(Refused):
    """The votes do not carry the table (facts `votes_for`, `votes_against`, `present`)."""

    code = "not_carried"
    status = 422


class StagingUsed(Refused):
    """The upload was already applied."""

    code = "staging_used"


class SameTableAgain(Refused):
    """A table with exactly these items is already there (fact `version`)."""

    code = "same_table_again"


def stage(session: Session, *, actor: Actor, now: dt.datetime, name: str, reading: TableReading) -> dict[str, Any]:
    """Keep what was read of an upload, so that it can be looked at before it becomes a draft."""
    require(actor, "table.draft", community_id=actor.community_id)
    staged = PointsStaging(
        community_id=_community(actor),
        id=new_id(now),
        kind="table",
        name=name[:200],
        content={part: [asdict(row) for row in getattr(reading, part)] for part in ("items", "problems", "hints")},
        staged_at=now,
        staged_by=actor.number,
    )
    session.add(staged)
    return {"code": "staged", "staging_id": staged.id.hex}


def staged_reading(session: Session, *, actor: Actor, staging_id: uuid.UUID) -> tuple[PointsStaging, TableReading]:
    """The upload as it was read, for the preview."""
    require(actor, "table.draft", community_id=actor.community_id)
    staged = session.get(PointsStaging, (_community(actor), staging_id))
    if staged is None or staged.kind != "table":
        raise NotFound(what="upload")
    kept = staged.content
    return staged, TableReading(
        tuple(ItemRow(**row) for row in kept["items"]),
        tuple(Problem(**row) for row in kept["problems"]),
        tuple(Problem(**row) for row in kept["hints"]),
    )


def draft(session: Session, *, actor: Actor, now: dt.datetime, staging_id: uuid.UUID, title: str) -> dict[str, Any]:
    """Make a draft of an upload that was read without problems; deductions and base points begin out of use."""
    require(actor, "table.draft", community_id=actor.community_id)
    staged, reading = staged_reading(session, actor=actor, staging_id=staging_id)
    if staged.used_at is not None:
        raise StagingUsed
    if reading.problems or not reading.items:
        raise TableHasProblems(rows=len({p.line for p in reading.problems}), problems=len(reading.problems))
    if not title.strip():
        raise BadInput(fields={"title": "required"})
    digest = digest_of_items(reading.items)
    double = session.scalars(
        select(PointsTable).where(
            PointsTable.community_id == actor.community_id,
            PointsTable.digest == digest,
            col(PointsTable.state).in_((DRAFT, PUBLISHED, IN_FORCE)),
        )
    ).first()
    if double is not None:
        raise SameTableAgain(version=double.version or 0)
    staged.used_at = now
    table = PointsTable(community_id=_community(actor), id=new_id(now), title=title.strip()[:100], source=staged.name,
                        state=DRAFT, digest=digest, drafted_at=now, drafted_by=actor.number)  # fmt: skip
    session.add(table)
    session.flush()
    for position, row in enumerate(reading.items, 1):
        fields = {name: value for name, value in asdict(row).items() if name != "line"}
        session.add(PointsItem(community_id=table.community_id, id=new_id(now), table_id=table.id, position=position,
                               kind=row.kind, in_use=False, **fields))  # fmt: skip
    return {"code": "drafted", "table_id": table.id.hex, "items": len(reading.items)}


def adopt(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    adopted_on: dt.date,
    body: str,
    quorum: int,
    present: int,
    votes_for: int,
    votes_against: int,
    minutes_digest: str,
    minutes_name: str,
) -> dict[str, Any]:
    """Record that the villagers adopted the draft, and begin its publicity.

    It comes into force with the month after its publicity, never earlier. The digest of the items is noted in the ledger.
    """
    require(actor, "table.adopt", community_id=actor.community_id)
    table = _table(session, actor, table_id)
    if table.state != DRAFT:
        raise TableWrongState(state=table.state)
    today = today_in(session, table.community_id, now)
    _check_adoption(adopted_on=adopted_on, today=today, body=body, minutes_digest=minutes_digest)
    if quorum < 1 or present < quorum:
        raise NoQuorum(present=present, quorum=quorum)
    if votes_for <= votes_against or votes_against < 0 or votes_for + votes_against > present:
        raise NotCarried(votes_for=votes_for, votes_against=votes_against, present=present)
    rules = policy.of(session, table.community_id, today)
    ends_on = today + dt.timedelta(days=rules.table_publicity_days)
    in_force_from = first_of_next_month(ends_on)
    _refuse_too_many(session, table, year=in_force_from.year, most=rules.table_versions_a_year)
    newest = session.scalars(
        select(func.max(PointsTable.version)).where(PointsTable.community_id == table.community_id)
    ).one()
    # The day of the announcement does not count, so that every villager has the full days.
    published_until = end_of_day(session, table.community_id, ends_on)
    version = (newest or 0) + 1
    note = book_of(session).note("points_table", f"version {version}", table.digest)
    table.version, table.note, table.state = version, note, PUBLISHED
    table.in_force_from, table.published_at, table.published_until = in_force_from, now, published_until
    table.adopted_on, table.body, table.adopted_by = adopted_on, body, actor.number
    table.quorum, table.present, table.votes_for, table.votes_against = quorum, present, votes_for, votes_against
    table.minutes_digest, table.minutes_name = minutes_digest.lower(), minutes_name[:200]
    session.flush()
    _put_awards_in_use(session, table)
    return {"code": "adopted", "table_id": table.id.hex, "version": version, "note": note,
            "in_force_from": in_force_from.isoformat()}  # fmt: skip


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID) -> dict[str, Any]:
    """Take back a draft, or a published version before it comes into force."""
    require(actor, "table.adopt", community_id=actor.community_id)
    table = _table(session, actor, table_id)
    today = today_in(session, table.community_id, now)
    if table.state not in (DRAFT, PUBLISHED) or (table.in_force_from is not None and table.in_force_from <= today):
        raise TableWrongState(state=table.state)
    table.state = WITHDRAWN
    return {"code": "withdrawn", "table_id": table.id.hex}


def bring_into_force(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Write down which versions came into force and which were superseded; harmless when nothing is due."""
    require(actor, "table.bring_into_force", community_id=actor.community_id)
    today = today_in(session, _community(actor), now)
    due = session.scalars(
        select(PointsTable)
        .where(
            PointsTable.community_id == actor.community_id,
            PointsTable.state == PUBLISHED,
            col(PointsTable.in_force_from) <= today,
        )
        .order_by(col(PointsTable.in_force_from), col(PointsTable.version))
    ).all()
    for table in due:
        before = session.scalars(
            select(PointsTable).where(PointsTable.community_id == actor.community_id, PointsTable.state == IN_FORCE)
        ).all()
        for older in before:
            older.state = SUPERSEDED
            older.in_force_until = table.in_force_from
        session.flush()
        table.state = IN_FORCE
        session.flush()
    return {"code": "brought_into_force", "versions": [table.version for table in due]}


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
    item = session.get(PointsItem, (_community(actor), item_id))
    if item is None:
        raise NotFound(what="item")
    table = _table(session, actor, item.table_id)
    if table.state not in (PUBLISHED, IN_FORCE) or item.in_use == in_use:
        raise TableWrongState(state="in_use" if item.in_use == in_use else table.state)
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
    """The version by which events of this day are scored, if there is one."""
    return session.scalars(
        select(PointsTable)
        .where(
            PointsTable.community_id == community_id,
            col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)),
            col(PointsTable.in_force_from) <= day,
        )
        .order_by(col(PointsTable.in_force_from).desc(), col(PointsTable.version).desc())
        .limit(1)
    ).first()


def tables_of(session: Session, *, actor: Actor, only_adopted: bool) -> Sequence[PointsTable]:
    """All versions, newest first; drafts only for those who draft."""
    if not only_adopted:
        require(actor, "table.draft", community_id=actor.community_id)
    query = select(PointsTable).where(PointsTable.community_id == actor.community_id)
    if only_adopted:
        query = query.where(col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)))
    return session.scalars(
        query.order_by(func.coalesce(PointsTable.version, 1_000_000).desc(), col(PointsTable.drafted_at).desc()).limit(
            200
        )
    ).all()


def table_with_items(
    session: Session, *, actor: Actor, table_id: uuid.UUID
) -> tuple[PointsTable, Sequence[PointsItem]]:
    """One version and its items in order; anybody may read an adopted one."""
    table = _table(session, actor, table_id)
    if table.state in (DRAFT, WITHDRAWN):
        require(actor, "table.draft", community_id=actor.community_id)
    return table, items_of(session, table.community_id, table.id)


def items_of(session: Session, community_id: int, table_id: uuid.UUID) -> Sequence[PointsItem]:
    """The items of a version in the order of the table."""
    return session.scalars(
        select(PointsItem)
        .where(PointsItem.community_id == community_id, PointsItem.table_id == table_id)
        .order_by(col(PointsItem.position))
    ).all()


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


def _put_awards_in_use(session: Session, table: PointsTable) -> None:
    for item in items_of(session, table.community_id, table.id):
        if item.kind == "award":
            item.in_use, item.in_use_from = True, table.in_force_from


def _check_adoption(*, adopted_on: dt.date, today: dt.date, body: str, minutes_digest: str) -> None:
    fields = {}
    if adopted_on > today:
        fields["adopted_on"] = "in_the_future"
    if body not in BODIES:
        fields["body"] = "unknown"
    if len(minutes_digest) != 64 or set(minutes_digest.lower()) - set("0123456789abcdef"):
        fields["minutes_digest"] = "not_a_digest"
    if fields:
        raise BadInput(fields=fields)


def _refuse_too_many(session: Session, table: PointsTable, *, year: int, most: int) -> None:
    begun = session.scalars(
        select(func.count())
        .select_from(PointsTable)
        .where(
            PointsTable.community_id == table.community_id,
            PointsTable.id != table.id,
            col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)),
            col(PointsTable.in_force_from).between(dt.date(year, 1, 1), dt.date(year, 12, 31)),
        )
    ).one()
    if begun >= most:
        raise TooManyVersions(year=year, most=most)


def _table(session: Session, actor: Actor, table_id: uuid.UUID) -> PointsTable:
    table = session.get(PointsTable, (_community(actor), table_id))
    if table is None:
        raise NotFound(what="points_table")
    return table


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
