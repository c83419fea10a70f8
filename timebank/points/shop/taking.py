"""Stock-taking (盘点): a sheet of what the books say, what was counted, and what becomes of the difference.

Counting does not close the shop. Who counts writes down what lies on the shelf, and at what time; what came or went since
the sheet was made is reckoned into what the books say of that moment, and shown beside it. What came or went later does
not matter: the difference, not the count, is what changes the stock. A large one waits for a second person; what was
counted is noted in the ledger.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import policy
from timebank.columns import to_ms
from timebank.errors import BadInput, NotFound, Refused
from timebank.people.working_days import today_in
from timebank.permissions import Actor
from timebank.points.shop import states
from timebank.points.shop.goods import MOST_PIECES, goods_of, item_of
from timebank.points.shop.merchants import community_of, staffed
from timebank.points.shop.stock import NoPieces, StockReserved, move
from timebank.points.shop.tables import GOODS, PROMISES, Merchant, ShopItem, StockMovement, StockTaking, StockTakingLine
from timebank.storage import new_id, next_number

OPEN = (states.COUNTING, states.WAITING)


class TakingOpen(Refused):
    """The merchant's shelf is being counted already (fact `number`)."""

    code = "taking_open"


class TakingWrongState(Refused):
    """The counting is not in a state in which this can be done (fact `state`)."""

    code = "taking_wrong_state"


class NothingToCount(Refused):
    """The merchant has no goods with pieces."""

    code = "nothing_to_count"


class OwnCount(Refused):
    """Who counted does not confirm a large difference."""

    code = "own_count"


@dataclass(frozen=True)
class Counted:
    """One line with its goods, and what came (positive) or went since the sheet, by kind, while it is being counted."""

    line: StockTakingLine
    item: ShopItem
    since: Mapping[str, int] = field(default_factory=dict)

    @property
    def sheet(self) -> int:
        """What the sheet says: the books of the moment at which it was made."""
        return self.line.expected - (self.line.moved or 0)

    @property
    def difference(self) -> int | None:
        return None if self.line.counted is None else self.line.counted - self.line.expected


@dataclass(frozen=True)
class Taking:
    """One counting with its lines in the order of the sheet."""

    taking: StockTaking
    merchant: Merchant
    lines: list[Counted]


def begin(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    merchant_id: uuid.UUID,
    item_ids: Sequence[uuid.UUID] | None = None,
) -> dict[str, Any]:
    """Make the sheet of a counting: all goods of the merchant, or only these.

    Raises:
        TakingOpen, NothingToCount.
    """
    row = staffed(session, actor, "shop.count", merchant_id)
    before = open_taking(session, row)
    if before is not None:
        raise TakingOpen(number=before.number)
    wanted = [
        item
        for item in goods_of(session, row.community_id, row.id)
        if item.kind == GOODS and (item.id in item_ids if item_ids is not None else item.offered or item.stock)
    ]
    if not wanted:
        raise NothingToCount
    taking = StockTaking(community_id=row.community_id, id=new_id(now),
                         number=next_number(session, row.community_id, "stock_taking"), merchant_id=row.id,
                         state=states.COUNTING, begun_at=now, begun_by=actor.number)  # fmt: skip
    session.add(taking)
    session.flush()
    for position, item in enumerate(wanted, 1):
        session.add(StockTakingLine(community_id=row.community_id, taking_id=taking.id, position=position,
                                    item_id=item.id, expected=item.stock, price_steps=item.price_at(now)))  # fmt: skip
    return {"code": "taking_begun", "taking_id": taking.id.hex, "number": taking.number, "lines": len(wanted)}


def enter(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    taking_id: uuid.UUID,
    counted: Mapping[int, int],
    reasons: Mapping[int, str],
    as_of: dt.datetime | None = None,
) -> dict[str, Any]:
    """Enter what was counted, by position of the sheet; a small difference is booked at once, a large one waits.

    `as_of` is when the pieces were counted, where it was on paper; else now.

    Raises:
        BadInput: a moment before the sheet or to come (`as_of`), positions without a number (`counted.3`), or a difference
            without a reason (`reason.3`).
        StockReserved: more pieces are promised than were found.
    """
    taking = _own(session, actor, "shop.count", taking_id)
    if taking.state != states.COUNTING:
        raise TakingWrongState(state=taking.state)
    at = as_of or now
    if not taking.begun_at <= at <= now:
        raise BadInput(fields={"as_of": "not_since_the_sheet"})
    lines = _lines(session, taking)
    later = _moved(session, taking, since=at)
    books = {one.item.id: one.item.stock - sum(later.get(one.item.id, {}).values()) for one in lines}
    wrong = {}
    for one in lines:
        position, found = one.line.position, counted.get(one.line.position)
        if found is None or not 0 <= found <= MOST_PIECES:
            wrong[f"counted.{position}"] = "required" if found is None else "out_of_range"
        elif found != books[one.item.id] and not reasons.get(position, "").strip():
            wrong[f"reason.{position}"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    for one in lines:
        position = one.line.position
        one.line.moved, one.line.expected = books[one.item.id] - one.sheet, books[one.item.id]
        one.line.counted = counted[position]
        one.line.reason = reasons.get(position, "").strip()[:200] if one.difference else ""
    _refuse_promised(lines)
    taking.as_of, taking.counted_at, taking.counted_by = at, now, actor.number
    taking.difference_steps = sum(abs(one.difference or 0) * one.line.price_steps for one in lines)
    rules = policy.of(session, taking.community_id, today_in(session, taking.community_id, now))
    if taking.difference_steps >= max(rules.shop_count_two_from_steps, 1):
        taking.state = states.WAITING
        return {"code": "taking_waits", "taking_id": taking.id.hex, "difference_steps": taking.difference_steps}
    return _book(session, taking, lines, actor=actor, now=now)


def confirm(session: Session, *, actor: Actor, now: dt.datetime, taking_id: uuid.UUID) -> dict[str, Any]:
    """Book a large difference, by somebody who did not count.

    Raises:
        OwnCount, StockReserved: promised meanwhile.
    """
    taking = _own(session, actor, "shop.confirm_count", taking_id)
    if taking.state != states.WAITING:
        raise TakingWrongState(state=taking.state)
    if actor.number in (taking.counted_by, taking.begun_by):
        raise OwnCount
    lines = _lines(session, taking)
    _refuse_promised(lines)
    return _book(session, taking, lines, actor=actor, now=now)


def count_again(session: Session, *, actor: Actor, now: dt.datetime, taking_id: uuid.UUID) -> dict[str, Any]:
    """Send a counting back to be entered once more; what was entered stays on the sheet to be corrected."""
    taking = _own(session, actor, "shop.count", taking_id)
    if taking.state != states.WAITING:
        raise TakingWrongState(state=taking.state)
    taking.state, taking.counted_at, taking.counted_by, taking.difference_steps = states.COUNTING, None, None, 0
    taking.as_of = None
    return {"code": "taking_sent_back", "taking_id": taking.id.hex}


def drop(session: Session, *, actor: Actor, now: dt.datetime, taking_id: uuid.UUID) -> dict[str, Any]:
    """Give a counting up; nothing changes, and its number stays used."""
    taking = _own(session, actor, "shop.count", taking_id)
    if taking.state not in OPEN:
        raise TakingWrongState(state=taking.state)
    taking.state = states.DROPPED
    return {"code": "taking_dropped", "taking_id": taking.id.hex}


def count(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, stock: int, reason: str
) -> dict[str, Any]:
    """Count one kind of goods here and now: sheet and entry in one; a large difference waits for a second person."""
    item = item_of(session, community_of(actor), item_id)
    staffed(session, actor, "shop.count", item.merchant_id)
    if item.kind != GOODS:
        raise NoPieces(item=item.name)
    if not 0 <= stock <= MOST_PIECES:
        raise BadInput(fields={"stock": "out_of_range"})
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    begun = begin(session, actor=actor, now=now, merchant_id=item.merchant_id, item_ids=[item.id])
    taking_id = uuid.UUID(begun["taking_id"])
    session.flush()
    done = enter(session, actor=actor, now=now, taking_id=taking_id, counted={1: stock}, reasons={1: reason})
    return {**done, "item_id": item.id.hex, "stock": item.stock}


def takings_of(session: Session, *, actor: Actor, merchant_id: uuid.UUID, limit: int = 50) -> Sequence[StockTaking]:
    """A merchant's countings, the newest first."""
    row = staffed(session, actor, "shop.look", merchant_id, reads=True)
    return session.scalars(
        select(StockTaking)
        .where(StockTaking.community_id == row.community_id, StockTaking.merchant_id == row.id)
        .order_by(col(StockTaking.number).desc())
        .limit(limit)
    ).all()


def taking_of(session: Session, *, actor: Actor, taking_id: uuid.UUID) -> Taking:
    """One counting with its lines."""
    row = session.get(StockTaking, (community_of(actor), taking_id))
    if row is None:
        raise NotFound(what="stock_taking")
    place = staffed(session, actor, "shop.look", row.merchant_id, reads=True)
    lines = _lines(session, row)
    if row.state == states.COUNTING:
        since = _moved(session, row, since=row.begun_at)
        lines = [replace(one, since=since.get(one.item.id, {})) for one in lines]
    return Taking(row, place, lines)


def open_taking(session: Session, merchant: Merchant) -> StockTaking | None:
    """The merchant's counting that is not over yet."""
    return session.scalars(
        select(StockTaking).where(
            StockTaking.community_id == merchant.community_id,
            StockTaking.merchant_id == merchant.id,
            col(StockTaking.state).in_(OPEN),
        )
    ).first()


def digest_of(taking: StockTaking, lines: Sequence[Counted]) -> str:
    """SHA-256 of what was counted, as the ledger's note holds it."""
    told: dict[str, Any] = {
        "number": taking.number,
        "merchant": taking.merchant_id.hex,
        "lines": [[one.item.id.hex, one.line.expected, one.line.counted, one.line.reason] for one in lines],
    }
    if taking.as_of is not None:
        told["as_of"] = to_ms(taking.as_of)
    return hashlib.sha256(canonical(told)).hexdigest()


def _moved(session: Session, taking: StockTaking, *, since: dt.datetime) -> dict[uuid.UUID, dict[str, int]]:
    """What came (positive) and went of the goods on a sheet after a moment, by kind; what was only promised is neither."""
    rows = session.execute(
        select(StockMovement.item_id, StockMovement.kind, func.sum(StockMovement.pieces))
        .join(
            StockTakingLine,
            (col(StockTakingLine.community_id) == StockMovement.community_id)
            & (col(StockTakingLine.item_id) == StockMovement.item_id),
        )
        .where(
            StockMovement.community_id == taking.community_id,
            StockTakingLine.taking_id == taking.id,
            col(StockMovement.moved_at) > since,
            col(StockMovement.kind).not_in(PROMISES),
        )
        .group_by(col(StockMovement.item_id), col(StockMovement.kind))
        .order_by(col(StockMovement.kind))
    )
    found: dict[uuid.UUID, dict[str, int]] = {}
    for item_id, kind, pieces in rows:
        found.setdefault(item_id, {})[kind] = int(pieces)
    return found


def _book(
    session: Session, taking: StockTaking, lines: Sequence[Counted], *, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Change the stock by the differences, and put the count on record."""
    for one in lines:
        change = one.difference or 0
        if change:
            one.item.stock += change
            move(session, one.item, kind="counted", pieces=change, now=now, by=taking.counted_by or actor.number,
                 reason=one.line.reason, taking_id=taking.id)  # fmt: skip
    taking.digest = digest_of(taking, lines)
    taking.note = book_of(session).note("stock", f"stock/{taking.number}", taking.digest)
    taking.state, taking.booked_at, taking.booked_by = states.BOOKED, now, actor.number
    changed = sum(1 for one in lines if one.difference)
    return {"code": "taking_booked", "taking_id": taking.id.hex, "number": taking.number, "changed": changed,
            "note": taking.note}  # fmt: skip


def _refuse_promised(lines: Sequence[Counted]) -> None:
    for one in lines:
        after = one.item.stock + (one.difference or 0)
        if after < one.item.reserved:
            raise StockReserved(item=one.item.name, reserved=one.item.reserved, pieces=after)
        if after > MOST_PIECES:
            raise BadInput(fields={f"counted.{one.line.position}": "out_of_range"})


def _lines(session: Session, taking: StockTaking) -> list[Counted]:
    rows = session.execute(
        select(StockTakingLine, ShopItem)
        .join(
            ShopItem,
            (col(ShopItem.community_id) == StockTakingLine.community_id)
            & (col(ShopItem.id) == StockTakingLine.item_id),
        )
        .where(StockTakingLine.community_id == taking.community_id, StockTakingLine.taking_id == taking.id)
        .order_by(col(StockTakingLine.position))
    )
    return [Counted(line, item) for line, item in rows]


def _own(session: Session, actor: Actor, use_case: str, taking_id: uuid.UUID) -> StockTaking:
    row = session.get(StockTaking, (community_of(actor), taking_id))
    if row is None:
        raise NotFound(what="stock_taking")
    staffed(session, actor, use_case, row.merchant_id)
    return row
