"""Domain rows against entries: whether every visit, order, award and shop order is in the books as it says, and nothing else.

A domain row names its entries by seq, without a foreign key, and an entry's detail names its row. Somebody who edits one
of the two with SQL leaves a difference, and here it is found. `differences` is pure: what rows claim and what entries say
in, findings out.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session, SQLModel, col

from ledger import reading, tables
from ledger.entries import decode
from timebank import modules, permissions
from timebank.errors import NotFound
from timebank.hours.attendance import checking as attendance
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders import states
from timebank.hours.orders.rows import OrderEvent, ServiceOrder
from timebank.hours.team_hours import TeamDonation
from timebank.permissions import Actor
from timebank.points.awards import tables as awards
from timebank.points.household_accounts import ShortfallMove
from timebank.points.household_changes.tables import HouseholdChange
from timebank.points.publicity import checking as publicity
from timebank.points.publicity.tables import AwardCorrection
from timebank.points.shop import report as shop_report
from timebank.points.shop import tables as shop
from timebank.points.years.tables import YearCloseLine, YearLapseReturn

ENTRIES_AT_ONCE = 2_000

# The use cases whose entries belong to a row here; an entry of one of them that no row names was slipped in.
WITH_ROWS = frozenset(
    {
        "attendance.settle",
        "orders.claim",
        "orders.settle",
        "publicity.book",
        "publicity.pay_shortfall",
        "years.lapse",
        "years.give_base",
        "years.give_back",
        "households.split",
        "households.merge",
        "shop.redeem",
        "shop.hand_over",
        "shop.take_back",
        "teams.donate",
        "teams.give",
        "teams.end",
    }
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a domain row says of the books.

    `seqs` are the entries that it names, which together move `amount` (None: not said). `kinds` are the kinds that they
    may have. `held`: whether the hold named here must still be open (None: not said). `reversed_`: whether the entries
    must have been booked back (None: either). `row` must stand in each entry's detail.
    """

    what: str
    row: uuid.UUID
    seqs: tuple[int, ...]
    kinds: frozenset[str]
    amount: int | None = None
    held: bool | None = None
    reversed_: bool | None = False


@dataclass(frozen=True)
class Booking:
    """What an entry says: `resolved` and `reversed_by` are the entries that ended or booked it back."""

    seq: int
    kind: str
    amount: int
    detail: Mapping[str, Any] | None
    resolved: int | None = None
    reversed_by: int | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: a stable code, what kind of row, which row and entry, and the facts of its sentence."""

    code: str
    what: str
    row: uuid.UUID | None
    seq: int | None
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One table whose rows name entries: how a row becomes a claim, and which rows ought to name one."""

    table: type[SQLModel]
    seq: Any
    claim: Callable[[Any], Claim]
    must_be_booked: ColumnElement[bool] | None = None


def find(session: Session, *, actor: Actor, limit: int = 200) -> list[Finding]:
    """What does not fit in a community's books, the oldest entries first; nothing, if all is well. Reads only."""
    if actor.community_id is None:
        raise NotFound(what="community")
    permissions.require(actor, "checks.find", community_id=actor.community_id)
    found: list[Finding] = []
    for finding in findings(session, actor.community_id):
        found.append(finding)
        if len(found) == limit:
            break
    return found


def findings(session: Session, community_id: int) -> Iterator[Finding]:
    """All findings: rows that are not booked at all first, then by the entries, some thousand at a time."""
    for source in SOURCES:
        yield from _unbooked(session, community_id, source)
    end = reading.tail(session, community_id)
    for start in range(0, end.size if end else 0, ENTRIES_AT_ONCE):
        claims = [
            one for source in SOURCES for one in _claims(session, community_id, source, start, start + ENTRIES_AT_ONCE)
        ]
        named = {seq for claim in claims for seq in claim.seqs}
        yield from differences(claims, _bookings(session, community_id, start, named))
    beyond = end.size if end else 0
    for source in SOURCES:
        for claim in _claims(session, community_id, source, beyond, None):
            yield Finding("entry_missing", claim.what, claim.row, claim.seqs[0])
    yield from _months(session, community_id)
    for unlike in attendance.differences(session, community_id):
        seconds = {"row_says": unlike.kept, "entry_says": unlike.found}
        yield Finding("visit_seconds", "visit", unlike.row, unlike.seq, seconds)
    for one in shop_report.differences(session, community_id):
        yield Finding(one.code, one.what, one.row, None, {"row_says": one.expected, "entry_says": one.found})
    for differs in publicity.differences(session, community_id):
        facts = {"batch": differs.batch, "row_says": differs.kept, "entry_says": differs.found}
        yield Finding(differs.code, "publicity_batch", differs.row, differs.seq, facts)


def _months(session: Session, community_id: int) -> Iterator[Finding]:
    """Closed months against the notes by which they were closed: the digest of the figures, the month and what it counts.

    Reports, which close months, stand beside this module: the table is asked by its name.
    """
    modules.load()  # a command may not have met it
    month, entry = SQLModel.metadata.tables["month_close"].c, tables.entry.c
    query = (
        select(month.month, month.digest, month.until_seq, month.note_seq, entry.kind, entry.leaf)
        .outerjoin(tables.entry, and_(entry.community_id == month.community_id, entry.seq == month.note_seq))
        .where(month.community_id == community_id, month.state == "closed")
        .order_by(month.month)
    )
    for closed_month, digest, until_seq, note_seq, kind, leaf in session.execute(query):
        facts = {"month": f"{closed_month:%Y-%m}"}
        if kind is None:
            yield Finding("entry_missing", "month_close", None, note_seq, facts)
        elif kind != "note":
            yield Finding("entry_kind", "month_close", None, note_seq, {**facts, "kind": kind})
        else:
            said = decode(bytes(leaf))
            subject = f"{closed_month:%Y-%m}/{until_seq}"
            if (said["topic"], said["subject"], said["digest"]) != ("month", subject, digest):
                yield Finding("note_of_other_month", "month_close", None, note_seq, facts)


def differences(claims: Sequence[Claim], bookings: Mapping[int, Booking]) -> Iterator[Finding]:
    """Compare what rows claim with what entries say. Pure.

    `bookings` holds every entry of the span in question and every entry that is claimed, where there is one.
    """
    for claim in claims:
        yield from _check(claim, bookings)
    claimed = {seq for claim in claims for seq in claim.seqs}
    for seq in sorted(bookings.keys() - claimed):
        booking = bookings[seq]
        use_case = (booking.detail or {}).get("use_case")
        if use_case in WITH_ROWS and booking.kind in ("post", "hold", "capture"):
            yield Finding("entry_without_row", str(use_case), None, seq)
    for claim, other in _claimed_twice(claims):
        yield Finding("entry_claimed_twice", claim.what, claim.row, claim.seqs[0], {"other": other.row.hex})


def _check(claim: Claim, bookings: Mapping[int, Booking]) -> Iterator[Finding]:
    missing = [seq for seq in claim.seqs if seq not in bookings]
    if missing:
        yield Finding("entry_missing", claim.what, claim.row, missing[0])
        return
    entries = [bookings[seq] for seq in claim.seqs]
    for entry in entries:
        if entry.kind not in claim.kinds:
            yield Finding("entry_kind", claim.what, claim.row, entry.seq, {"kind": entry.kind})
        elif entry.detail is not None and claim.row.hex not in entry.detail.values():
            yield Finding("entry_of_other_row", claim.what, claim.row, entry.seq)
    moved = sum(entry.amount for entry in entries)
    if claim.amount is not None and moved != claim.amount:
        yield Finding(
            "amount_differs", claim.what, claim.row, claim.seqs[0], {"row_says": claim.amount, "entry_says": moved}
        )
    first = entries[0]
    if claim.held is not None and first.kind == "hold" and (first.resolved is None) != claim.held:
        yield Finding("hold_ended" if claim.held else "hold_still_open", claim.what, claim.row, first.seq)
    back = [entry for entry in entries if entry.reversed_by is not None]
    if claim.reversed_ is False and back:
        yield Finding("entry_reversed", claim.what, claim.row, back[0].seq, {"by": back[0].reversed_by or 0})
    if claim.reversed_ and len(back) < len(entries):
        yield Finding("not_reversed", claim.what, claim.row, first.seq)


def _claimed_twice(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Rows of one kind that share an entry, which would let one amount be shown twice."""
    first: dict[tuple[str, int], Claim] = {}
    for claim in claims:
        for seq in claim.seqs if claim.amount is not None else ():
            other = first.setdefault((claim.what, seq), claim)
            if other.row != claim.row:
                yield claim, other


# What rows claim, a function for each kind of row


def _visit(row: Visit) -> Claim:
    # The visit of an order is paid by the order's entries, which move what was agreed there.
    amount = None if row.order_id else row.credited_minutes
    seqs = () if row.entry_seq is None else (row.entry_seq,)
    return Claim(what="visit", row=row.id, seqs=seqs, kinds=frozenset({"post", "capture"}), amount=amount)


def _order_hold(row: ServiceOrder) -> Claim:
    seqs = () if row.hold_seq is None else (row.hold_seq,)
    return Claim(what="order_hold", row=row.id, seqs=seqs, kinds=frozenset({"hold"}), held=row.state in states.HELD)


def _order(row: ServiceOrder) -> Claim:
    seqs = tuple(seq for seq in (row.capture_seq, row.extra_seq) if seq is not None)
    return Claim(what="order", row=row.id, seqs=seqs, kinds=frozenset({"capture", "post"}), amount=row.credited_minutes)


def _order_event(row: OrderEvent) -> Claim:
    seqs = () if row.seq is None else (row.seq,)
    return Claim(
        what="order_event", row=row.order_id, seqs=seqs, kinds=frozenset({"hold", "capture", "release", "post"})
    )


def _award(row: awards.Award) -> Claim:
    amount = row.credited_steps if row.credited_steps > 0 else row.taken_steps
    seqs = () if row.entry is None else (row.entry,)
    back = row.state == awards.REVERSED
    return Claim(what="award", row=row.id, seqs=seqs, kinds=frozenset({"post"}), amount=amount, reversed_=back)


def _shortfall(row: ShortfallMove) -> Claim:
    seqs = () if row.entry is None else (row.entry,)
    return Claim(
        what="shortfall", row=row.award_id, seqs=seqs, kinds=frozenset({"post"}), amount=-row.steps, reversed_=None
    )


def _correction(row: AwardCorrection) -> Claim:
    seqs = () if row.entry is None else (row.entry,)
    return Claim(what="correction", row=row.award_id, seqs=seqs, kinds=frozenset({"reverse"}))


def _shop_hold(row: shop.ShopOrder) -> Claim:
    is_open = row.state == shop.ORDERED
    return Claim(
        what="shop_hold", row=row.id, seqs=(row.hold,), kinds=frozenset({"hold"}), amount=row.total_steps, held=is_open
    )


def _shop_order(row: shop.ShopOrder) -> Claim:
    seqs = () if row.capture is None else (row.capture,)
    return Claim(what="shop_order", row=row.id, seqs=seqs, kinds=frozenset({"capture"}), amount=row.given_steps)


def _shop_return(row: shop.ShopReturn) -> Claim:
    seqs = () if row.entry is None else (row.entry,)
    return Claim(what="shop_return", row=row.id, seqs=seqs, kinds=frozenset({"post"}), amount=row.steps)


def _lapse(row: YearCloseLine) -> Claim:
    seqs = () if row.entry is None else (row.entry,)
    amount = row.lapsed_steps + row.base_lapsed_steps
    return Claim(what="year_lapse", row=row.close_id, seqs=seqs, kinds=frozenset({"post"}), amount=amount,
                 reversed_=row.undo_entry is not None)  # fmt: skip


def _base_given(row: YearCloseLine) -> Claim:
    seqs = () if row.base_entry is None else (row.base_entry,)
    return Claim(what="year_base", row=row.close_id, seqs=seqs, kinds=frozenset({"post"}), amount=row.base_given_steps,
                 reversed_=row.undo_base_entry is not None)  # fmt: skip


def _returned(row: YearLapseReturn) -> Claim:
    seqs = () if row.entry is None else (row.entry,)
    return Claim(what="year_return", row=row.award_id, seqs=seqs, kinds=frozenset({"post"}), amount=row.steps,
                 reversed_=row.undo_entry is not None)  # fmt: skip


def _base_returned(row: YearLapseReturn) -> Claim:
    seqs = () if row.base_entry is None else (row.base_entry,)
    return Claim(what="year_base_return", row=row.award_id, seqs=seqs, kinds=frozenset({"post"}), amount=row.base_steps,
                 reversed_=row.undo_base_entry is not None)  # fmt: skip


def _household_change(row: HouseholdChange) -> Claim:
    seqs = () if row.entry is None else (row.entry,)
    return Claim(what="household_change", row=row.id, seqs=seqs, kinds=frozenset({"post"}), amount=row.points_steps,
                 reversed_=row.undo_entry is not None)  # fmt: skip


def _household_base(row: HouseholdChange) -> Claim:
    seqs = () if row.base_entry is None else (row.base_entry,)
    return Claim(what="household_base", row=row.id, seqs=seqs, kinds=frozenset({"post"}), amount=row.base_steps,
                 reversed_=row.undo_base_entry is not None)  # fmt: skip


def _donation_hold(row: TeamDonation) -> Claim:
    seqs = () if row.hold_seq is None else (row.hold_seq,)
    return Claim(
        what="donation_hold",
        row=row.id,
        seqs=seqs,
        kinds=frozenset({"hold"}),
        amount=row.minutes,
        held=row.state == "waiting",
    )


def _donation(row: TeamDonation) -> Claim:
    seqs = () if row.entry_seq is None else (row.entry_seq,)
    return Claim(what="donation", row=row.id, seqs=seqs, kinds=frozenset({"capture", "post"}), amount=row.minutes)


SOURCES = (
    Source(Visit, col(Visit.entry_seq), _visit, and_(col(Visit.credited_minutes) > 0, col(Visit.order_id).is_(None))),
    Source(ServiceOrder, col(ServiceOrder.hold_seq), _order_hold, col(ServiceOrder.state).in_(states.HELD)),
    Source(
        ServiceOrder,
        col(ServiceOrder.capture_seq),
        _order,
        and_(col(ServiceOrder.state).in_(("done", "rated")), col(ServiceOrder.credited_minutes) > 0),
    ),
    Source(OrderEvent, col(OrderEvent.seq), _order_event),
    Source(
        awards.Award,
        col(awards.Award.entry),
        _award,
        and_(
            col(awards.Award.state).in_((awards.BOOKED, awards.REVERSED)),
            or_(col(awards.Award.credited_steps) > 0, col(awards.Award.taken_steps) > 0),
        ),
    ),
    Source(ShortfallMove, col(ShortfallMove.entry), _shortfall),
    Source(AwardCorrection, col(AwardCorrection.entry), _correction),
    Source(shop.ShopOrder, col(shop.ShopOrder.hold), _shop_hold),
    Source(shop.ShopOrder, col(shop.ShopOrder.capture), _shop_order),
    Source(shop.ShopReturn, col(shop.ShopReturn.entry), _shop_return),
    Source(YearCloseLine, col(YearCloseLine.entry), _lapse),
    Source(YearCloseLine, col(YearCloseLine.base_entry), _base_given),
    Source(YearLapseReturn, col(YearLapseReturn.entry), _returned),
    Source(YearLapseReturn, col(YearLapseReturn.base_entry), _base_returned),
    Source(HouseholdChange, col(HouseholdChange.entry), _household_change),
    Source(HouseholdChange, col(HouseholdChange.base_entry), _household_base),
    Source(TeamDonation, col(TeamDonation.hold_seq), _donation_hold),
    Source(TeamDonation, col(TeamDonation.entry_seq), _donation, col(TeamDonation.state) == "given"),
)


def _unbooked(session: Session, community_id: int, source: Source) -> Iterator[Finding]:
    if source.must_be_booked is None:
        return
    own = source.table.community_id == community_id  # type: ignore[attr-defined]
    for row in session.scalars(select(source.table).where(own, source.seq.is_(None), source.must_be_booked)):
        claim = source.claim(row)
        yield Finding("not_booked", claim.what, claim.row, None, {"row_says": claim.amount or 0})


def _claims(session: Session, community_id: int, source: Source, start: int, end: int | None) -> Iterator[Claim]:
    """What rows claim of the entries from `start` to before `end`."""
    own = source.table.community_id == community_id  # type: ignore[attr-defined]
    query = select(source.table).where(own, source.seq >= start)
    if end is not None:
        query = query.where(source.seq < end)
    for row in session.scalars(query):
        yield source.claim(row)


def _bookings(session: Session, community_id: int, start: int, named: Iterable[int]) -> dict[int, Booking]:
    """The entries of a span and the named ones, with what became of them."""
    entry, detail, hold, reversal = tables.entry.c, tables.detail.c, tables.hold.c, tables.reversal.c
    outside = sorted(seq for seq in named if not start <= seq < start + ENTRIES_AT_ONCE)
    query = (
        select(entry.seq, entry.leaf, detail.detail, hold.resolved, reversal.seq)
        .join_from(tables.entry, tables.detail, _same(tables.detail, "seq"), isouter=True)
        .join(tables.hold, _same(tables.hold, "seq"), isouter=True)
        .join(tables.reversal, _same(tables.reversal, "of"), isouter=True)
        .where(entry.community_id == community_id)
        .where(or_(and_(entry.seq >= start, entry.seq < start + ENTRIES_AT_ONCE), entry.seq.in_(outside)))
    )
    return {
        seq: _booking(seq, decode(bytes(leaf)), told, resolved, back)
        for seq, leaf, told, resolved, back in session.execute(query)
    }


def _same(table: Any, name: str) -> ColumnElement[bool]:
    return and_(table.c.community_id == tables.entry.c.community_id, table.c[name] == tables.entry.c.seq)


def _booking(seq: int, fields: dict[str, Any], told: str | None, resolved: int | None, back: int | None) -> Booking:
    amount = sum(amount for _, amount in fields.get("legs", ()) if amount > 0)
    return Booking(seq, fields["kind"], amount, None if told is None else json.loads(told), resolved, back)
