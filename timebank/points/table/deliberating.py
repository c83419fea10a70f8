"""A draft is deliberated: villagers and members comment for some days, the committee answers; then it is voted or revised."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import notices, policy
from timebank.columns import to_ms
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.table.digests import digest_of_items
from timebank.points.table.drafts import items_of, refuse_double
from timebank.points.table.life_tables import PointsComment
from timebank.points.table.stages import close, community_of, enter, standing
from timebank.points.table.tables import PUBLISHED, WITHDRAWN, PointsItem
from timebank.points.table.telling import members_of_bodies, villagers
from timebank.storage import new_id

MOST_DAYS = 90
MOST_COMMENTS = 20  # of one person on one draft


class DraftEmpty(Refused):
    """A table without items cannot be deliberated."""

    code = "draft_empty"
    status = 422


class DeliberationOver(Refused):
    """The days of comments are over (fact `until_at`)."""

    code = "deliberation_over"


class DeliberationGoesOn(Refused):
    """The vote comes after the days of comments (fact `until_at`)."""

    code = "deliberation_goes_on"


class CommentsEnough(Refused):
    """One person says at most so much on one draft (fact `most`)."""

    code = "comments_enough"


class CommentAnswered(Refused):
    """The comment has its answer."""

    code = "comment_answered"


class TooLateToWithdraw(Refused):
    """The version is in force already."""

    code = "too_late_to_withdraw"


@dataclass(frozen=True)
class Said:
    """A comment with who said it; None where the person is not to be named."""

    comment: PointsComment
    person: Person | None


def open_deliberation(
    session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, days: int
) -> dict[str, Any]:
    """Hang a draft out for comments, for at least the days of the policy; nothing is edited meanwhile."""
    require(actor, "table.draft", community_id=actor.community_id)
    found = standing(session, community_of(actor), table_id)
    found.after("open_deliberation")
    table = found.table
    least = policy.of(session, table.community_id, today_in(session, table.community_id, now)).table_deliberation_days
    if not least <= days <= MOST_DAYS:
        raise BadInput(fields={"days": "out_of_range"})
    items = items_of(session, table.community_id, table.id)
    if not items:
        raise DraftEmpty
    table.digest = digest_of_items(items)
    refuse_double(session, table.community_id, table.digest, besides=table.id)
    life = enter(session, found, "open_deliberation")
    life.deliberation_from, life.deliberation_until = now, now + dt.timedelta(days=days)
    notices.tell_all(
        session, community_id=table.community_id, person_ids=villagers(session, table.community_id),
        kind="table_deliberated", now=now,
        facts={"title": table.title, "table_id": table.id.hex, "until_at": to_ms(life.deliberation_until)},
    )  # fmt: skip
    return {"code": "deliberation_opened", "table_id": table.id.hex, "until_at": life.deliberation_until.isoformat()}


def revise(session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Take a draft back from the board to change it; what was said stays with it, and it hangs out anew."""
    require(actor, "table.draft", community_id=actor.community_id)
    found = standing(session, community_of(actor), table_id)
    found.after("revise")
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    life = enter(session, found, "revise")
    life.deliberation_from = life.deliberation_until = None
    return {"code": "revised", "table_id": table_id.hex, "reason": reason.strip()[:300]}


def comment(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    text: str,
    position: int | None = None,
    person_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Say something of a draft, on an item or the whole; a clerk writes down what somebody brought on paper.

    Raises:
        DeliberationOver, CommentsEnough.
    """
    on_behalf = person_id is not None and person_id != actor.person_id
    require(actor, "table.comment_for" if on_behalf else "table.comment", community_id=actor.community_id)
    whose = person_id or actor.person_id
    found = standing(session, community_of(actor), table_id)
    found.after("comment")
    if whose is None or not 1 <= len(text.strip()) <= 1000:
        raise BadInput(fields={"person": "required"} if whose is None else {"text": "required"})
    residents.person(session, found.table.community_id, whose)
    until = found.life.deliberation_until
    if until is None or until <= now:
        raise DeliberationOver(until_at=until.isoformat() if until else "")
    said = [one for one in _comments(session, found.table.community_id, table_id) if one.person_id == whose]
    if len(said) >= MOST_COMMENTS:
        raise CommentsEnough(most=MOST_COMMENTS)
    item = _item_at(session, found.table.community_id, table_id, position) if position else None
    one = PointsComment(
        community_id=found.table.community_id, id=new_id(now), table_id=table_id, person_id=whose,
        position=position or None, item_title=item.title if item else "", channel="paper" if on_behalf else "page",
        text=text.strip(), written_at=now, written_by=actor.number,
    )  # fmt: skip
    session.add(one)
    return {"code": "commented", "comment_id": one.id.hex, "table_id": table_id.hex}


def answer_comment(
    session: Session, *, actor: Actor, now: dt.datetime, comment_id: uuid.UUID, text: str
) -> dict[str, Any]:
    """The committee's answer; it stands beside the comment for everybody."""
    require(actor, "table.answer", community_id=actor.community_id)
    one = session.get(PointsComment, (community_of(actor), comment_id))
    if one is None:
        raise NotFound(what="comment")
    standing(session, one.community_id, one.table_id).after("answer_comment")
    if one.answered_at is not None:
        raise CommentAnswered
    if not 1 <= len(text.strip()) <= 1000:
        raise BadInput(fields={"text": "required"})
    one.answer, one.answered_at, one.answered_by = text.strip(), now, actor.number
    notices.tell(session, community_id=one.community_id, person_id=one.person_id, kind="table_comment_answered", now=now,
                 facts={"table_id": one.table_id.hex})  # fmt: skip
    return {"code": "comment_answered", "comment_id": one.id.hex, "table_id": one.table_id.hex}


def withdraw(
    session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, reason: str = ""
) -> dict[str, Any]:
    """Take back a draft, or a published version before it is in force; the latter is noted in the ledger with its reason."""
    require(actor, "table.adopt", community_id=actor.community_id)
    found = standing(session, community_of(actor), table_id)
    found.after("withdraw")
    table = found.table
    today = today_in(session, table.community_id, now)
    if found.stage == PUBLISHED and table.in_force_from is not None and table.in_force_from <= today:
        raise TooLateToWithdraw
    if found.stage != "draft" and not reason.strip():
        raise BadInput(fields={"reason": "required"})
    life = enter(session, found, "withdraw")
    close(life, actor=actor, now=now, reason=reason)
    if found.stage == PUBLISHED:
        life.closed_note = book_of(session).note("points_table_withdrawn", f"version {table.version}", table.digest)
    table.state = WITHDRAWN
    told = members_of_bodies(session, table.community_id, today)
    notices.tell_all(session, community_id=table.community_id, person_ids=told, kind="table_withdrawn", now=now,
                     facts={"title": table.title, "table_id": table.id.hex})  # fmt: skip
    return {"code": "withdrawn", "table_id": table.id.hex, "note": life.closed_note or 0}


def comments_of(session: Session, community_id: int, table_id: uuid.UUID, *, limit: int = 200) -> list[Said]:
    """What was said of a draft, newest first."""
    found = _comments(session, community_id, table_id)[:limit]
    people = residents.persons_of(session, community_id, [one.person_id for one in found])
    return [Said(one, people.get(one.person_id)) for one in found]


def _comments(session: Session, community_id: int, table_id: uuid.UUID) -> Sequence[PointsComment]:
    return session.scalars(
        select(PointsComment)
        .where(PointsComment.community_id == community_id, PointsComment.table_id == table_id)
        .order_by(col(PointsComment.id).desc())
    ).all()


def _item_at(session: Session, community_id: int, table_id: uuid.UUID, position: int) -> PointsItem:
    found = session.scalars(
        select(PointsItem).where(
            PointsItem.community_id == community_id, PointsItem.table_id == table_id, PointsItem.position == position
        )
    ).first()
    if found is None:
        raise NotFound(what="item")
    return found
