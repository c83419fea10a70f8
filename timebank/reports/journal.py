"""The entries of a log, searched by whatever is known of them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Text, and_, cast, func, or_, select
from sqlmodel import Session

from ledger import reading, tables
from ledger.book import from_ms
from ledger.entries import decode
from ledger.reading import Entry
from timebank import permissions
from timebank.errors import NotFound
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports.holders import accounts_of_number


@dataclass(frozen=True, kw_only=True)
class Search:
    """What entries are looked for; what is None does not matter. Days are local and both included."""

    seq: int | None = None
    kind: str | None = None
    account: int | None = None
    person: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    text: str | None = None


@dataclass(frozen=True)
class JournalRow:
    """One entry in a list: `amount` is the sum of its positive legs, or what it holds; None for entries that move nothing."""

    seq: int
    kind: str
    at: dt.datetime
    on: dt.date | None
    unit: str
    amount: int | None
    legs: tuple[tuple[int, int], ...]
    use_case: str
    fields: dict[str, Any]
    detail: dict[str, Any] | None


@dataclass(frozen=True)
class Ends:
    """What became of an entry: what booked it back, and what ended the hold that it is (None: nothing yet)."""

    reversed_by: int | None
    resolved: int | None
    until: dt.datetime | None


def journal(
    session: Session, *, actor: Actor, search: Search, before: int | None = None, limit: int = 50
) -> list[JournalRow]:
    """Entries that fit the search, newest first; the next page is `before` the seq of the last row.

    Raises:
        NotFound: no person has that number.
    """
    community_id = community_of(actor)
    permissions.require(actor, "reports.journal", community_id=community_id)
    entry, detail = tables.entry.c, tables.detail.c
    wanted = (
        select(entry.seq, entry.at, entry.leaf, detail.detail)
        .join_from(
            tables.entry,
            tables.detail,
            and_(detail.community_id == entry.community_id, detail.seq == entry.seq),
            isouter=True,
        )
        .where(entry.community_id == community_id, *_conditions(session, community_id, search))
        .order_by(entry.seq.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(entry.seq < before)
    found = [
        _row(seq, from_ms(at), decode(bytes(leaf)), None if told is None else json.loads(told))
        for seq, at, leaf, told in session.execute(wanted)
    ]
    return _with_amounts(session, community_id, found)


def entry(session: Session, *, actor: Actor, seq: int) -> tuple[Entry, JournalRow]:
    """One entry with all that belongs to it.

    Raises:
        NotFound: the log has no such entry.
    """
    community_id = community_of(actor)
    permissions.require(actor, "reports.journal", community_id=community_id)
    return read_entry(session, community_id, seq)


def read_entry(session: Session, community_id: int, seq: int) -> tuple[Entry, JournalRow]:
    """The same for who may see this entry for another reason: as its own people may.

    Raises:
        NotFound: the log has no such entry.
    """
    found = reading.entry(session, community_id, seq)
    if found is None:
        raise NotFound(what="entry", seq=seq)
    row = _row(seq, found.at, found.fields, found.detail)
    return found, _with_amounts(session, community_id, [row])[0]


def ends_of(session: Session, community_id: int, seq: int) -> Ends:
    """What later entries did to this one."""
    reversal, hold = tables.reversal.c, tables.hold.c
    back = session.scalar(select(reversal.seq).where(reversal.community_id == community_id, reversal.of == seq))
    held = session.execute(
        select(hold.resolved, hold.until).where(hold.community_id == community_id, hold.seq == seq)
    ).one_or_none()
    return Ends(back, held.resolved if held else None, from_ms(held.until) if held and held.until else None)


def _conditions(session: Session, community_id: int, search: Search) -> list[Any]:
    entry = tables.entry.c
    conditions: list[Any] = []
    if search.seq is not None:
        conditions.append(entry.seq == search.seq)
    if search.kind is not None:
        conditions.append(entry.kind == search.kind)
    place = communities.community(session, community_id)
    if search.first is not None:
        conditions.append(
            entry.seq >= reading.size_at(session, community_id, communities.day_start(place, search.first))
        )
    if search.last is not None:
        after = communities.day_start(place, search.last + dt.timedelta(days=1))
        conditions.append(entry.seq < reading.size_at(session, community_id, after))
    if search.account is not None:
        conditions.append(_touches(community_id, [search.account]))
    if search.person is not None:
        conditions.append(_touches(community_id, accounts_of_number(session, community_id, search.person)))
    if search.text:
        conditions.append(_says(session, search.text))
    return conditions


def _touches(community_id: int, accounts: list[int]) -> Any:
    """Entries that moved something on these accounts, opened, limited or closed them, or hold something there."""
    entry, posting, of = tables.entry.c, tables.posting.c, tables.account.c
    moved = select(posting.seq).where(posting.community_id == community_id, posting.account.in_(accounts))
    opened = select(of.opened).where(of.community_id == community_id, of.number.in_(accounts))
    closed = select(of.closed).where(of.community_id == community_id, of.number.in_(accounts), of.closed.is_not(None))
    hold = tables.hold.c
    held = select(hold.seq).where(
        hold.community_id == community_id,
        or_(*(hold.legs.contains(f"[{number},", autoescape=True) for number in accounts)),
    )
    # One union, so that the database reads short lists of seqs instead of asking four questions an entry.
    union = moved.union(opened, closed, *([held] if accounts else []))
    return entry.seq.in_(union)


def _says(session: Session, text: str) -> Any:
    """Entries whose id, ref, digest, subject or detail has this text."""
    entry, detail = tables.entry.c, tables.detail.c
    plain = text.strip()
    if len(plain) == 32 and set(plain) <= set("0123456789abcdef"):
        return or_(entry.id == bytes.fromhex(plain), detail.detail.contains(plain, autoescape=True))
    # A leaf is ASCII kept as bytes.
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    leaf: Any = func.encode(entry.leaf, "escape") if on_postgresql else cast(entry.leaf, Text)
    return or_(detail.detail.contains(plain, autoescape=True), leaf.contains(plain, autoescape=True))


def _row(seq: int, at: dt.datetime, fields: dict[str, Any], detail: dict[str, Any] | None) -> JournalRow:
    legs = tuple((number, amount) for number, amount in fields.get("legs", ()))
    on = dt.date.fromisoformat(fields["on"]) if "on" in fields else None
    return JournalRow(
        seq, fields["kind"], at, on, "", None, legs, str((detail or {}).get("use_case", "")), fields, detail
    )


def _with_amounts(session: Session, community_id: int, found: list[JournalRow]) -> list[JournalRow]:
    """The rows with legs where another entry has them (a reversal, the end of a hold), their units and amounts."""
    elsewhere = {row.seq: row.fields.get("of", row.fields.get("hold")) for row in found if not row.legs}
    others = legs_of(session, community_id, {seq for seq in elsewhere.values() if seq is not None})
    rows = [replace(row, legs=row.legs or turned(row.kind, others.get(elsewhere.get(row.seq), ()))) for row in found]
    numbers = sorted(
        {row.legs[0][0] for row in rows if row.legs}
        | {row.fields["account"] for row in rows if "account" in row.fields}
    )
    units = {one.number: one.unit for one in reading.accounts(session, community_id, numbers=numbers)}
    return [
        replace(
            row,
            unit=units.get(row.legs[0][0] if row.legs else row.fields.get("account", 0), ""),
            amount=sum(amount for _, amount in row.legs if amount > 0) if row.legs else None,
        )
        for row in rows
    ]


def legs_of(session: Session, community_id: int, seqs: set[int]) -> dict[int | None, tuple[tuple[int, int], ...]]:
    entry = tables.entry.c
    query = select(entry.seq, entry.leaf).where(entry.community_id == community_id, entry.seq.in_(sorted(seqs)))
    return {
        seq: tuple((number, amount) for number, amount in decode(bytes(leaf)).get("legs", ()))
        for seq, leaf in session.execute(query)
    }


def turned(kind: str, legs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The legs of a reversal are those of the entry that it books back, negated."""
    return tuple((number, -amount) for number, amount in legs) if kind == "reverse" else legs
