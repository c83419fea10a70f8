"""What a person takes home from the books: a receipt for each entry of one's own, and a statement of a period.

Whose an entry is, is what its accounts say: those of its legs, or of the entry that it releases or reverses.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlmodel import Session

from ledger import log, proofs, reading, receipt, tables
from ledger.book import from_ms
from ledger.entries import decode
from ledger.errors import LogBroken
from ledger.log import Signed
from ledger.reading import Line
from ledger.receipt import Receipt
from ledger.tree import leaf_hash
from timebank import accounts, permissions
from timebank.errors import Forbidden, NotFound, Refused
from timebank.people import communities, helpers
from timebank.permissions import Actor

LINES_MOST = 1_000  # forty pages; a longer period is asked for in parts


class StatementTooLong(Refused):
    """The period has more lines than one statement prints. Facts: most."""

    code = "statement_too_long"
    status = 422


@dataclass(frozen=True)
class Shown:
    """What anybody may know of an entry: the hash of its leaf, and how that lies under a signed checkpoint.

    `signed` and `path` are None and empty while no checkpoint commits to the entry.
    """

    seq: int
    leaf_hash: bytes
    signed: Signed | None
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Statement:
    """A period of one owner's accounts in one unit: opening + the lines = closing. Lines oldest first, each with the balance after it.

    `hashes`: the leaf hash of each line's entry, by seq. `held`: of the closing balance, if the statement ends today.
    """

    unit: str
    first: dt.date
    last: dt.date
    opening: int
    closing: int
    held: int | None
    lines: tuple[Line, ...]
    hashes: dict[int, bytes]


def of_entry(session: Session, *, actor: Actor, seq: int) -> Receipt | None:
    """The receipt of an entry; None while no checkpoint commits to it yet.

    Raises:
        Forbidden: neither one's own entry or one's household's, nor an elder's whose helper one is, nor the desk's or auditor's.
        NotFound: no such entry.
    """
    require(session, actor=actor, seq=seq)
    return receipt.make(session, communities.community_of(actor), seq)


def require(session: Session, *, actor: Actor, seq: int) -> None:
    """Go on only if the actor may have this entry's receipt."""
    community_id = communities.community_of(actor)
    if permissions.may(actor, "receipts.make", community_id=community_id):
        if _leaf(session, community_id, seq) is None:
            raise NotFound(what="entry", seq=seq)
        return
    for owner in accounts.owners_of(session, community_id, _accounts_of(session, community_id, seq)).values():
        own = owner.owner_id
        if owner.kind == "person" and own is not None and actor.person_id is not None and own != actor.person_id:
            own = actor.person_id if helpers.is_helper(session, community_id, actor.person_id, own) else own
        person, household = (
            (own, None) if owner.kind == "person" else (None, own if owner.kind == "household" else None)
        )
        if permissions.may(actor, "receipts.make", community_id=community_id, person_id=person, household_id=household):
            return
    raise Forbidden(use_case="receipts.make")


def shown(session: Session, community_id: int, seq: int) -> Shown | None:
    """What anybody may know of an entry; None if the log has none of this number.

    The hash is that of the tree, and not of the row, which somebody may have changed.

    Raises:
        LogBroken: what is stored does not lead to the root that was signed.
    """
    if not 0 <= seq < log.end(session, community_id).size:
        return None
    found = log.hash_of(session, community_id, seq)
    if found is None:
        leaf = _leaf(session, community_id, seq)
        if leaf is None:
            return None
        found = leaf_hash(leaf)
    signed = log.covering(session, community_id, seq)
    if signed is None:
        return Shown(seq, found, None, ())
    path = proofs.inclusion(session, community_id, seq, signed.size)
    if proofs.root_by_inclusion(found, seq, signed.size, path) != signed.root:
        raise LogBroken(f"entry {seq} does not lead to the root signed for size {signed.size}")
    return Shown(seq, found, signed, tuple(path))


def statement(
    session: Session, *, actor: Actor, unit: str, owner_id: uuid.UUID, first: dt.date, last: dt.date, today: dt.date
) -> Statement:
    """The statement of a person's minutes or a household's points over two days and all between.

    Raises:
        Forbidden: somebody else's.
        StatementTooLong: more than 1,000 lines.
    """
    community_id = communities.community_of(actor)
    if unit == "min":
        permissions.require(actor, "attendance.statement", community_id=community_id, person_id=owner_id)
    else:
        permissions.require(actor, "points.read", community_id=community_id, household_id=owner_id)
    place = communities.community(session, community_id)
    start = reading.size_at(session, community_id, communities.day_start(place, first))
    end = reading.size_at(session, community_id, communities.day_start(place, last + dt.timedelta(days=1)))
    main = accounts.find_main(session, community_id, owner_id, unit)
    of = tables.account.c
    numbers = (
        []
        if main is None
        else list(session.scalars(select(of.number).where(of.community_id == community_id, of.owner == main)))
    )
    opening = sum(_balance_before(session, community_id, number, start) for number in numbers)
    lines, hashes = _lines(session, community_id, numbers, (start, end), opening)
    held = None
    if last >= today and numbers:
        held = int(session.scalar(select(func.sum(of.held)).where(of.community_id == community_id, of.owner == main)))
    return Statement(unit, first, last, opening, lines[-1].balance if lines else opening, held, tuple(lines), hashes)


def _lines(
    session: Session, community_id: int, numbers: Sequence[int], span: tuple[int, int], opening: int
) -> tuple[list[Line], dict[int, bytes]]:
    """One line an entry, whatever lots it touched, with the balance of all of them."""
    posting, entry, detail = tables.posting.c, tables.entry.c, tables.detail.c
    moved = (
        select(posting.seq, func.sum(posting.amount).label("amount"))
        .where(posting.community_id == community_id, posting.account.in_(numbers))
        .where(posting.seq >= span[0], posting.seq < span[1])
        .group_by(posting.seq)
        .order_by(posting.seq)
        .limit(LINES_MOST + 1)
        .subquery()
    )
    query = (
        select(entry.seq, entry.kind, entry.at, moved.c.amount, entry.leaf, detail.detail)
        .join_from(moved, tables.entry, and_(entry.community_id == community_id, entry.seq == moved.c.seq))
        .outerjoin(tables.detail, and_(detail.community_id == community_id, detail.seq == moved.c.seq))
        .order_by(entry.seq)
    )
    lines: list[Line] = []
    hashes: dict[int, bytes] = {}
    balance = opening
    for seq, kind, at, amount, leaf, told in session.execute(query):
        if len(lines) == LINES_MOST:
            raise StatementTooLong(most=LINES_MOST)
        fields = decode(bytes(leaf))
        balance += int(amount)
        on = dt.date.fromisoformat(fields["on"]) if "on" in fields else None
        shown_detail = None if told is None else json.loads(told)
        lines.append(Line(seq, kind, from_ms(at), on, int(amount), balance, fields, shown_detail))
        hashes[seq] = leaf_hash(bytes(leaf))
    return lines, hashes


def _balance_before(session: Session, community_id: int, number: int, size: int) -> int:
    posting = tables.posting.c
    own = posting.community_id == community_id, posting.account == number, posting.seq < size
    return int(session.scalar(select(posting.balance).where(*own).order_by(posting.seq.desc()).limit(1)) or 0)


def _accounts_of(session: Session, community_id: int, seq: int) -> set[int]:
    """The accounts that an entry is about."""
    leaf = _leaf(session, community_id, seq)
    if leaf is None:
        return set()
    fields = decode(leaf)
    before = fields.get("of", fields.get("hold"))
    touched = {number for number, _ in fields.get("legs", ())} | set(fields.get("accounts", ()))
    if "account" in fields:
        touched.add(fields["account"])
    # What it releases or reverses came before it, so this ends.
    return touched if before is None else touched | _accounts_of(session, community_id, before)


def _leaf(session: Session, community_id: int, seq: int) -> bytes | None:
    entry = tables.entry.c
    found = session.scalar(select(entry.leaf).where(entry.community_id == community_id, entry.seq == seq))
    return None if found is None else bytes(found)
