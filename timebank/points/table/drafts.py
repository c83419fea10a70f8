"""Drafts of points tables: made of items that were read, of a version that stands, or empty."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from timebank.errors import BadInput, Refused
from timebank.permissions import Actor, require
from timebank.points.table.digests import FIELDS, LATER, Voted, digest_of_items
from timebank.points.table.life_tables import PointsLife
from timebank.points.table.stages import community_of, standing
from timebank.points.table.tables import DRAFT, IN_FORCE, PUBLISHED, PointsItem, PointsTable
from timebank.storage import new_id

# What an edit writes down of an item, and an undo writes back.
KEPT = (*FIELDS, *LATER, "kind", "written")


class SameTableAgain(Refused):
    """A table with exactly these items is already there (fact `version`)."""

    code = "same_table_again"


def begin(
    session: Session, *, actor: Actor, now: dt.datetime, title: str, from_table_id: uuid.UUID | None
) -> dict[str, Any]:
    """Begin a draft in the editor: empty, or with the items of a version."""
    require(actor, "table.draft", community_id=actor.community_id)
    if not title.strip():
        raise BadInput(fields={"title": "required"})
    if from_table_id is None:
        table = new_draft(session, actor=actor, now=now, title=title, source="", items=(), layout=None)
    else:
        origin = standing(session, community_of(actor), from_table_id)
        items = items_of(session, origin.table.community_id, origin.table.id)
        table = new_draft(session, actor=actor, now=now, title=title, source=origin.table.source, items=items,
                          layout=origin.life.layout, origin_id=origin.table.id)  # fmt: skip
    return {"code": "draft_begun", "table_id": table.id.hex}


def new_draft(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    title: str,
    source: str,
    items: Sequence[Voted],
    layout: dict[str, Any] | None,
    origin_id: uuid.UUID | None = None,
) -> PointsTable:
    """A draft with these items. Nobody drafts what is there already, unless it is made to be changed (`origin_id`).

    Raises:
        SameTableAgain.
    """
    digest = digest_of_items(items)
    if items and origin_id is None:
        refuse_double(session, community_of(actor), digest, besides=None)
    table = PointsTable(community_id=community_of(actor), id=new_id(now), title=title.strip()[:100], source=source,
                        state=DRAFT, digest=digest, drafted_at=now, drafted_by=actor.number)  # fmt: skip
    session.add(table)
    session.flush()
    session.add(
        PointsLife(community_id=table.community_id, table_id=table.id, stage=DRAFT, layout=layout, origin_id=origin_id)
    )
    for position, item in enumerate(items, 1):
        session.add(PointsItem(community_id=table.community_id, id=new_id(now), table_id=table.id, position=position,
                               in_use=False, **{name: getattr(item, name) for name in KEPT}))  # fmt: skip
    session.flush()
    return table


def refuse_double(session: Session, community_id: int, digest: str, *, besides: uuid.UUID | None) -> None:
    """Refuse a table whose items are exactly those of another one that is drafted, published or in force."""
    for table in session.scalars(
        select(PointsTable).where(
            PointsTable.community_id == community_id,
            PointsTable.digest == digest,
            col(PointsTable.state).in_((DRAFT, PUBLISHED, IN_FORCE)),
        )
    ):
        if table.id != besides:
            raise SameTableAgain(version=table.version or 0)


def items_of(session: Session, community_id: int, table_id: uuid.UUID) -> Sequence[PointsItem]:
    """The items of a version in the order of the table."""
    return session.scalars(
        select(PointsItem)
        .where(PointsItem.community_id == community_id, PointsItem.table_id == table_id)
        .order_by(col(PointsItem.position))
    ).all()
