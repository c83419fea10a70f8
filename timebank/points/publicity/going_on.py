"""A batch that was begun is laid out, or booked, to its end: piece by piece, each a write of its own on the lane.

Each piece has a key made of the batch and of where it stands, so that two who go on at once, or one who begins again after
a crash, do nothing twice. After each piece the lane is left to others for as long as the piece took and waited for its
turn: who checks in waits for one piece, not for the batch.
"""

import time
from collections.abc import Callable
from datetime import UTC
from typing import Any

from sqlmodel import Session

from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.points.publicity import batches, booking, lines, preparing, states
from timebank.points.publicity.tables import PublicityBatch
from timebank.storage import Storage, job_key

PIECE = 500
_ACTOR = "end_publicity"


def go_on(
    storage: Storage, community_id: int, number: int, *, pause: Callable[[float], None], piece: int = PIECE
) -> int:
    """Do what is left to do of a batch now; the number of pieces that it took. Harmless where there is nothing left."""
    actor, pieces = Actor.system(community_id, _ACTOR), 0
    while True:
        with storage.read() as session:
            batch = session.get(PublicityBatch, (community_id, number))
            stands = None if batch is None else _stands(session, batch)
        if batch is None or batch.state == states.CLOSED:
            return pieces
        if batch.state != states.PUBLISHING and batch.objections_until > storage.clock():
            return pieces

        def work(writing: Session, now: Any) -> dict[str, Any]:
            return go_on_with(writing, actor=actor, now=now, number=number, piece=piece)

        midnight = storage.clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        key = job_key(community_id, f"publicity/{number}/{stands}", midnight, "piece")
        begun = time.perf_counter()
        answer = storage.write(
            community_id, key, work, actor=actor.number, use_case="publicity.go_on", content={"stands": stands}
        )
        pieces += 1
        if not answer["left"]:
            return pieces
        pause(time.perf_counter() - begun)


def go_on_with(session: Session, *, actor: Actor, now: Any, number: int, piece: int = PIECE) -> dict[str, Any]:
    """One piece of a batch: some lines laid out, or some booked. A job; `left` says whether to call again."""
    batch = session.get(PublicityBatch, (community_of(actor), number))
    if batch is not None and batch.state == states.PUBLISHING:
        return batches.lay(session, actor=actor, now=now, number=number, limit=piece)
    return booking.book_some(session, actor=actor, now=now, number=number, limit=piece)


def _stands(session: Session, batch: PublicityBatch) -> str:
    """Where a batch is: how many lines are laid out, or in which states they are."""
    if batch.state == states.PUBLISHING:
        return f"laying/{batches.laid(session, batch)}"
    counted = lines.tallies(session, batch.community_id, [batch.number])[batch.number]
    told = ",".join(f"{state}:{count}" for state, (count, _) in counted.items())
    return f"{batch.state}/{batch.revision}/{told}"


def standing_still(session: Session, community_id: int, now: Any) -> list[int]:
    """Batches with which somebody should go on: one that is laid out still, or whose booking has lines that are due."""
    under_way = preparing.publishing(session, community_id)
    due = [batch.number for batch in booking.over(session, community_id, now) if booking.is_due(session, batch, now)]
    return due if under_way is None else [under_way.number, *due]
