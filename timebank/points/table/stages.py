"""Which stage a version is in, and the row that its life is written to."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlmodel import Session

from timebank.errors import NotFound
from timebank.permissions import Actor
from timebank.points.table import states
from timebank.points.table.life_tables import PointsLife
from timebank.points.table.tables import DRAFT, WITHDRAWN, PointsTable


@dataclass(frozen=True)
class Standing:
    """A version with its life and its stage now."""

    table: PointsTable
    life: PointsLife
    stage: str

    def after(self, verb: str) -> str:
        """The stage that a verb leads to; TableWrongState if it leads nowhere."""
        return states.after(self.stage, verb)


def standing(session: Session, community_id: int, table_id: uuid.UUID) -> Standing:
    """A version by its id. Versions from before stages were written down have the stage that their dates tell.

    Raises:
        NotFound: the community has no such version.
    """
    table = session.get(PointsTable, (community_id, table_id))
    if table is None:
        raise NotFound(what="points_table")
    life = session.get(PointsLife, (community_id, table_id))
    stage = stage_of(table, life)
    if life is None:
        kept = stage if stage not in ("in_force", "superseded") else "published"
        closed_at = table.drafted_at if kept == WITHDRAWN else None
        life = PointsLife(community_id=community_id, table_id=table_id, stage=kept, closed_at=closed_at)
    return Standing(table, life, stage)


def stage_of(table: PointsTable, life: PointsLife | None) -> str:
    """The stage: of a draft or a closed one what its life says, else what its dates and the job wrote down."""
    if life is not None and table.state in (DRAFT, WITHDRAWN):
        return life.stage
    return table.state


def enter(session: Session, now_standing: Standing, verb: str) -> PointsLife:
    """Go on to the stage that a verb leads to; its life's row is written with the request."""
    life = now_standing.life
    stage = now_standing.after(verb)
    if stage not in ("in_force", "superseded"):
        life.stage = stage
    session.add(life)
    return life


def close(life: PointsLife, *, actor: Actor, now: dt.datetime, reason: str) -> None:
    """Write down who closed a version, when and why."""
    life.closed_at, life.closed_by, life.closed_reason = now, actor.number, reason.strip()[:500]


def community_of(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
