"""What the books say, told in the organisation's terms: trial balance, journal, statements, figures. Reads only.

A figure has one definition, here. Instants of a period run from the local midnight of its first day to that after its
last; entries count by the time they were booked.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Text, and_, cast, func, or_, select
from sqlmodel import Session, col

from ledger import reading, tables
from ledger.book import from_ms
from ledger.entries import decode
from ledger.reading import BalanceRow, Entry, Line
from ledger.rules import Account
from timebank import permissions
from timebank.accounts import AccountOwner, owners_of
from timebank.errors import NotFound
from timebank.people import communities, households, residents
from timebank.people.masking import mask_name
from timebank.permissions import Actor

# Accounts of these classes belong to the community itself; what all others hold is owed to people.
OWN_CLASSES = ("issue", "opening", "pool", "fund", "lapsed", "returned", "clearing")


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, and the instants that bound them."""

    first: dt.date
    last: dt.date
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class Sums:
    """期初、本期增加、本期减少、期末 of several accounts together."""

    opening: int = 0
    added: int = 0
    taken: int = 0
    closing: int = 0
    accounts: int = 0

    def plus(self, row: BalanceRow) -> Sums:
        return Sums(
            self.opening + row.opening,
            self.added + row.added,
            self.taken + row.taken,
            self.closing + row.closing,
            self.accounts + 1,
        )


@dataclass(frozen=True)
class TrialBalance:
    """One unit of the trial balance: a row an account by number, the same by class, and the control totals."""

    unit: str
    rows: tuple[BalanceRow, ...]
    classes: tuple[tuple[str, Sums], ...]
    total: Sums

    @property
    def agrees(self) -> bool:
        """Whether the control totals are what double entry demands: nothing from nothing, and as much added as taken."""
        return self.total.opening == self.total.closing == 0 and self.total.added == self.total.taken


@dataclass(frozen=True)
class Holder:
    """Whose an account is, as an auditor may see it: number and masked name. `kind` is empty where it was erased."""

    account: int
    unit: str
    class_: str
    kind: str = ""
    number: str = ""
    name: str = ""
    owner_id: uuid.UUID | None = None


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
class Statement:
    """An account as its holder reads it, newest line first; `more` tells whether older lines follow."""

    account: Account
    holder: Holder
    lines: tuple[Line, ...]
    more: bool


@dataclass(frozen=True)
class Ends:
    """What became of an entry: what booked it back, and what ended the hold that it is (None: nothing yet)."""

    reversed_by: int | None
    resolved: int | None
    until: dt.datetime | None


@dataclass(frozen=True)
class Figures:
    """The community in numbers, for its home page and the notice board."""

    minutes_issued: int = 0
    minutes_outstanding: int = 0
    minutes_held: int = 0
    pool_minutes: int = 0
    fund_minutes: int = 0
    steps_outstanding: int = 0
    steps_redeemed: int = 0
    holders: int = 0
    entries: int = 0


@dataclass(frozen=True)
class AgeBand:
    """Outstanding minutes of the people from `from_age` on, up to the next band; `from_age` None where no birthday is known."""

    from_age: int | None
    people: int
    minutes: int


def period_of(session: Session, community_id: int, first: dt.date, last: dt.date) -> Period:
    """The period of these days in the community's zone."""
    place = communities.community(session, community_id)
    return Period(
        first, last, communities.day_start(place, first), communities.day_start(place, last + dt.timedelta(days=1))
    )


def trial_balance(session: Session, *, actor: Actor, period: Period) -> list[TrialBalance]:
    """The trial balance of a period, one for each unit: minutes first."""
    community_id = _community(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    found = reading.trial_balance(session, community_id, period.start, period.end)
    return [_summed(unit, tuple(row for row in found if row.unit == unit)) for unit in ("min", "pt")]


def journal(
    session: Session, *, actor: Actor, search: Search, before: int | None = None, limit: int = 50
) -> list[JournalRow]:
    """Entries that fit the search, newest first; the next page is `before` the seq of the last row.

    Raises:
        NotFound: no person has that number.
    """
    community_id = _community(actor)
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
    community_id = _community(actor)
    permissions.require(actor, "reports.journal", community_id=community_id)
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


def statement(session: Session, *, actor: Actor, account: int, before: int | None = None, limit: int = 50) -> Statement:
    """The statement of one account, for its owner, the desk and the auditor.

    Raises:
        NotFound: no such account.
        Forbidden: somebody else's account.
    """
    community_id = _community(actor)
    found = next(iter(reading.accounts(session, community_id, numbers=[account])), None)
    owner = owners_of(session, community_id, [account]).get(account)
    person_id, household_id = _subject(owner)
    permissions.require(
        actor, "reports.statement", community_id=community_id, person_id=person_id, household_id=household_id
    )
    if found is None:
        raise NotFound(what="account", account=account)
    lines = reading.statement(session, community_id, account, before=before, limit=limit + 1)
    holder = holders(session, community_id, [account])[account]
    return Statement(found, holder, tuple(lines[:limit]), len(lines) > limit)


def holders(session: Session, community_id: int, accounts: Iterable[int]) -> dict[int, Holder]:
    """Whose these accounts are, numbers and masked names, in three queries whatever their number."""
    wanted = sorted(set(accounts))
    owners = owners_of(session, community_id, wanted)
    names = _names(session, community_id, owners.values())
    known = {one.number: one for one in reading.accounts(session, community_id, numbers=wanted)}
    return {number: _holder(one, owners.get(number), names) for number, one in known.items()}


def accounts_of_person(session: Session, *, actor: Actor, number: str) -> list[Holder]:
    """The accounts of a person and of the household, by the person's number."""
    community_id = _community(actor)
    permissions.require(actor, "reports.journal", community_id=community_id)
    return list(holders(session, community_id, _accounts_of(session, community_id, number)).values())


def figures(session: Session, community_id: int) -> Figures:
    """The sums that anybody may see: no names, no single account."""
    of = tables.account.c
    query = (
        select(of.unit, of["class"], func.sum(of.balance), func.sum(of.held), func.count())
        .where(of.community_id == community_id)
        .group_by(of.unit, of["class"])
    )
    sums = {
        (unit, class_): (int(balance), int(held), count)
        for unit, class_, balance, held, count in session.execute(query)
    }
    end = reading.tail(session, community_id)

    def owed(unit: str, column: int) -> int:
        return sum(one[column] for (its, class_), one in sums.items() if its == unit and class_ not in OWN_CLASSES)

    redeemed = sums.get(("pt", "redeemed"), (0, 0, 0))[0]
    return Figures(
        minutes_issued=-sum(sums.get(("min", class_), (0, 0, 0))[0] for class_ in ("issue", "opening")),
        minutes_outstanding=owed("min", 0),
        minutes_held=owed("min", 1),
        pool_minutes=sums.get(("min", "pool"), (0, 0, 0))[0],
        fund_minutes=sums.get(("min", "fund"), (0, 0, 0))[0],
        steps_outstanding=owed("pt", 0) - redeemed,
        steps_redeemed=redeemed,
        holders=sums.get(("min", "member"), (0, 0, 0))[2],
        entries=0 if end is None else end.size,
    )


def outstanding(
    session: Session, *, actor: Actor, on: dt.date, bands: Sequence[int] = (0, 18, 45, 60, 70, 80)
) -> list[AgeBand]:
    """Minutes that people hold, by their age on a day; the rows add up to `figures().minutes_outstanding` but for teams."""
    community_id = _community(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    of, owner, person = tables.account.c, AccountOwner, residents.Person
    query = (
        select(col(person.born_on), func.sum(of.balance), func.count(func.distinct(col(person.id))))
        .join_from(
            tables.account, owner, and_(col(owner.community_id) == of.community_id, col(owner.account) == of.number)
        )
        .join(person, and_(col(person.community_id) == col(owner.community_id), col(person.id) == col(owner.owner_id)))
        .where(of.community_id == community_id, of.unit == "min", of.balance != 0, col(owner.kind) == "person")
        .group_by(col(person.born_on))
    )
    found: dict[int | None, tuple[int, int]] = {}
    for born_on, minutes, people in session.execute(query):
        band = None if born_on is None else max(one for one in bands if one <= max(_age(born_on, on), bands[0]))
        before = found.get(band, (0, 0))
        found[band] = (before[0] + people, before[1] + int(minutes))
    order = [*bands, None]
    return [AgeBand(band, *found[band]) for band in order if band in found]


def _summed(unit: str, rows: tuple[BalanceRow, ...]) -> TrialBalance:
    classes: dict[str, Sums] = {}
    total = Sums()
    for row in rows:
        classes[row.class_] = classes.get(row.class_, Sums()).plus(row)
        total = total.plus(row)
    return TrialBalance(unit, rows, tuple(classes.items()), total)


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
        conditions.append(_touches(community_id, _accounts_of(session, community_id, search.person)))
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


def _accounts_of(session: Session, community_id: int, number: str) -> list[int]:
    person = residents.by_number(session, community_id, number)
    owners = [person.id, *([person.household_id] if person.household_id else [])]
    query = select(col(AccountOwner.account)).where(
        col(AccountOwner.community_id) == community_id, col(AccountOwner.owner_id).in_(owners)
    )
    return list(session.scalars(query))


def _row(seq: int, at: dt.datetime, fields: dict[str, Any], detail: dict[str, Any] | None) -> JournalRow:
    legs = tuple((number, amount) for number, amount in fields.get("legs", ()))
    on = dt.date.fromisoformat(fields["on"]) if "on" in fields else None
    return JournalRow(
        seq, fields["kind"], at, on, "", None, legs, str((detail or {}).get("use_case", "")), fields, detail
    )


def _with_amounts(session: Session, community_id: int, found: list[JournalRow]) -> list[JournalRow]:
    """The rows with legs where another entry has them (a reversal, the end of a hold), their units and amounts."""
    elsewhere = {row.seq: row.fields.get("of", row.fields.get("hold")) for row in found if not row.legs}
    others = _legs_of(session, community_id, {seq for seq in elsewhere.values() if seq is not None})
    rows = [replace(row, legs=row.legs or _turned(row.kind, others.get(elsewhere.get(row.seq), ()))) for row in found]
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


def _legs_of(session: Session, community_id: int, seqs: set[int]) -> dict[int | None, tuple[tuple[int, int], ...]]:
    entry = tables.entry.c
    query = select(entry.seq, entry.leaf).where(entry.community_id == community_id, entry.seq.in_(sorted(seqs)))
    return {
        seq: tuple((number, amount) for number, amount in decode(bytes(leaf)).get("legs", ()))
        for seq, leaf in session.execute(query)
    }


def _turned(kind: str, legs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The legs of a reversal are those of the entry that it books back, negated."""
    return tuple((number, -amount) for number, amount in legs) if kind == "reverse" else legs


def _names(session: Session, community_id: int, owners: Iterable[AccountOwner]) -> dict[uuid.UUID, tuple[str, str]]:
    """Number and masked name of persons and households, by id."""
    ids: dict[str, list[uuid.UUID]] = {"person": [], "household": []}
    for owner in owners:
        if owner.owner_id is not None and owner.kind in ids:
            ids[owner.kind].append(owner.owner_id)
    person = residents.Person
    query = select(col(person.id), col(person.number), col(person.name)).where(
        col(person.community_id) == community_id, col(person.id).in_(ids["person"])
    )
    named = {id_: (number, mask_name(name)) for id_, number, name in session.execute(query)} if ids["person"] else {}
    for found in households.households_of(session, community_id, set(ids["household"])).values():
        named[found.id] = (str(found.number), mask_name(found.name) if found.name else "")
    return named


def _holder(account: Account, owner: AccountOwner | None, names: dict[uuid.UUID, tuple[str, str]]) -> Holder:
    if owner is None:
        return Holder(account.number, account.unit, account.class_)
    number, name = names.get(owner.owner_id, ("", "")) if owner.owner_id else ("", "")
    return Holder(account.number, account.unit, account.class_, owner.kind, number, name, owner.owner_id)


def _subject(owner: AccountOwner | None) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The person and the household that a statement is about, for the permission table."""
    if owner is None:
        return None, None
    return owner.owner_id if owner.kind == "person" else None, owner.owner_id if owner.kind == "household" else None


def _age(born_on: dt.date, on: dt.date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
