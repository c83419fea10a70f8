"""The book: the only writer of a log. It works inside the caller's transaction.

One batch, from top to bottom: open the book (which locks the log's tail), run requests (each begins with `begin`, and is taken back with `undo` if it is refused), flush once, commit. Rules run in memory, rows are
buffered, so that a thousand posts cost a handful of statements. What a request reads through the book includes what was buffered before it.
"""

from __future__ import annotations

import datetime
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from ledger import erasing, rows, rules, tree
from ledger.entries import (
    LEGS_MOST,
    Fields,
    Legs,
    Written,
    canonical,
    check,
    decode,
    encode,
    encode_post,
    is_day,
    reference,
)
from ledger.errors import BadEntry, LedgerRefused, LogBroken
from ledger.rules import Account, Booked, Hold, Note, Rule, State
from ledger.units import LARGEST

AHEAD_MOST_MS = (
    5 * 60_000
)  # a tail further ahead than this means a clock that jumped: refuse, rather than date entries wrongly
ENTRIES_OF_A_KEY_MOST = 65_536
SALT_BYTES = 32
SALTS_MOST = 256  # drawn at once
LONG = 60  # entries
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MS = datetime.timedelta(milliseconds=1)


class Mark(NamedTuple):
    """Where a request began, to come back to."""

    state: tuple[int, int]
    counts: tuple[int, ...]


@dataclass
class Cache:
    """What one lane may keep of a log between its batches; worth something only while the log ends where that lane left it."""

    size: int = -1
    root: bytes = b""
    epoch: int = 0
    accounts: dict[int, Account] = field(default_factory=dict)
    groups: dict[int, list[Account]] = field(default_factory=dict)
    rule: Rule | None = None
    requests: int = 0  # how many were begun: accounts remember the last that touched them
    last_tile: list[bytes] | None = None  # the leaf hashes of the tile that is not full yet, where known

    def forget(self) -> None:
        self.size = -1
        self.accounts = {}
        self.groups = {}
        self.rule = None
        self.last_tile = None


def book_of(session: Session) -> Book:
    """The book of the write that this session belongs to.

    Raises:
        LookupError: the session only reads.
    """
    book = session.info.get("book")
    if not isinstance(book, Book):
        raise LookupError("this session does not write")
    return book


class Book:
    """A community's log, open for one batch."""

    def __init__(self, connection: Connection, community_id: int, cache: Cache | None = None) -> None:
        """Lock the tail and read where the log ends. `cache` is the lane's, for this community.

        Raises:
            LookupError: the community has no log.
            LogBroken: the stored tail contradicts itself.
        """
        self.community_id = community_id
        self._connection = connection
        self._cache = cache if cache is not None else Cache()
        found = rows.lock_tail(connection, community_id)
        if found is None:
            raise LookupError(f"community {community_id} has no log")
        self.origin = found.origin
        self._stored_size = found.size
        self._edge = tree.Edge.from_bytes(found.size, found.edge)
        if self._edge.root() != found.root:
            raise LogBroken(f"{found.origin}: the stored edge does not hash to the stored root at size {found.size}")
        self._root = found.root
        self._entries: list[EntryRow] = []
        self._postings: list[tuple[int, int, int, int, int]] = []
        self._details: list[tuple[int, int, bytes, str]] = []
        self._opened: list[int] = []
        self._holds: list[int] = []
        self._resolved: list[int] = []
        self._notes: list[int] = []
        self._used_notes: list[int] = []
        self._reversals: list[tuple[int, int, int]] = []
        self._forgotten: list[int] = []
        self._salts: list[bytes] = []
        self._dirty: set[int] = set()  # may name accounts of refused requests: writing them again is harmless
        self._lists: tuple[list[Any], ...] = (
            self._entries,
            self._postings,
            self._details,
            self._opened,
            self._holds,
            self._resolved,
            self._notes,
            self._used_notes,
            self._reversals,
            self._forgotten,
        )
        self._state = State(_Stored(connection, community_id, self._entries, found.size))
        self._state.size, self._state.at = found.size, found.at
        left = (self._cache.size, self._cache.root, self._cache.epoch)
        if left != (found.size, found.root, found.epoch):
            self._cache.forget()
        if found.rule_seq is not None:
            known = self._cache.rule
            if known is None or known.seq != found.rule_seq:
                known = _rule_of(decode(rows.leaf(connection, community_id, found.rule_seq)))
            self._state.rule = known
        self._state.request = self._cache.requests
        self._cache.epoch = found.epoch
        self._state.accounts, self._state.groups = self._cache.accounts, self._cache.groups
        self._last_tile = self._cache.last_tile
        self._cache.size = -1  # until this batch is committed
        self._at = found.at
        self._key = 0
        self._key_entries = 0

    @classmethod
    def found(cls, connection: Connection, community_id: int, origin: str) -> None:
        """Lay down the empty log of a new community; its first entries are a rule and a key.

        Raises:
            ValueError: the origin has spaces or `+`.
        """
        if not origin.isascii() or not origin.isprintable() or " " in origin or "+" in origin or "/log/" not in origin:
            raise ValueError(f"{origin!r} cannot be a log's origin")
        rows.found_tail(connection, community_id, origin)

    # One request

    def begin(self, key: uuid.UUID, now: datetime.datetime) -> Mark:
        """Begin a request: its entries get the ids key + 0, 1, 2... and the time `now`, never earlier than the entry before.

        Raises:
            LedgerRefused: `clock`, where the last entry is more than 5 minutes ahead of `now`.
        """
        now_ms = to_ms(now)
        if self._state.at > now_ms + AHEAD_MOST_MS:
            raise LedgerRefused("clock", at=now_ms, last=self._state.at)
        mark = Mark(self._state.mark(), tuple(map(len, self._lists)))
        self._at = max(now_ms, self._state.at)
        self._key = key.int
        self._key_entries = 0
        return mark

    def undo(self, mark: Mark) -> None:
        """Take back everything since `mark`."""
        self._state.undo(mark.state)
        for buffered, count in zip(self._lists, mark.counts, strict=True):
            del buffered[count:]

    @property
    def size(self) -> int:
        return self._state.size

    @property
    def at(self) -> datetime.datetime:
        """The booking time of this request's entries."""
        return from_ms(self._at)

    @property
    def rule(self) -> Rule | None:
        return self._state.rule

    @property
    def is_long(self) -> bool:
        """Whether `flush` will write so much that it is worth preparing for."""
        return len(self._entries) > LONG

    # Entries

    def post(
        self,
        legs: Mapping[int, int],
        *,
        on: datetime.date,
        detail: Mapping[str, Any] | Written,
        cites: int | None = None,
    ) -> int:
        """Move amounts between accounts; credit is positive, the sum is 0. Returns the entry's seq.

        A `detail` that is `Written` already is taken as it is.

        Raises:
            LedgerRefused: a rule of the log forbids it; nothing was changed.
            BadEntry: the legs are not legs, or the detail is not plain JSON.
        """
        written = _legs(legs)
        day = _day(on)
        salt, text, ref = self._detail(detail)
        state, at = self._state, self._at
        if state.size < 2:
            raise LedgerRefused("first_entries", kind="post")
        entry_id = self._next_id()
        if not rules.post_plainly(state, written, day, cites, at):
            rules.post(state, written, day, cites, at)
        seq = state.size
        leaf = encode_post(written, on=day, ref=ref, cites=cites, seq=seq, at=at, id=entry_id.hex())
        state.size, state.at = seq + 1, at
        self._buffer("post", leaf, seq, entry_id, written)
        self._details.append((self.community_id, seq, salt, text))
        return seq

    def hold(
        self, legs: Mapping[int, int], *, detail: Mapping[str, Any], until: datetime.datetime | None = None
    ) -> int:
        """Set amounts aside for a later capture. Returns the hold's seq."""
        written = _legs(legs)
        fields: Fields = {"legs": [list(leg) for leg in written]}
        if until is not None:
            fields["until"] = to_ms(until)
        seq = self._append("hold", fields, detail=detail)
        self._holds.append(seq)
        self._dirty.update(number for number, amount in written if amount < 0)
        return seq

    def capture(self, hold: int, legs: Mapping[int, int], *, on: datetime.date, detail: Mapping[str, Any]) -> int:
        """Move at most what is held, and release the rest."""
        written = _legs(legs)
        fields = {"hold": hold, "legs": [list(leg) for leg in written], "on": on.isoformat()}
        return self._append("capture", fields, moved=written, resolves=hold, detail=detail)

    def release(self, hold: int) -> int:
        """Give back what is held."""
        return self._append("release", {"hold": hold}, resolves=hold)

    def expire(self, hold: int) -> int:
        """Give back what is held, since its time is over."""
        return self._append("expire", {"hold": hold}, resolves=hold)

    def reverse(
        self, of: int, *, on: datetime.date, reason: str, approvers: Iterable[int], detail: Mapping[str, Any]
    ) -> int:
        """Book an entry back, whole and once."""
        booked = self._state.booked(of)
        moved = [(number, -amount) for number, amount in booked.legs]
        fields = {"of": of, "on": on.isoformat(), "reason": reason, "approvers": sorted(set(approvers))}
        seq = self._append("reverse", fields, moved=moved, detail=detail)
        self._reversals.append((self.community_id, of, seq))
        return seq

    def open(
        self,
        account: int,
        *,
        unit: str,
        class_: str,
        owner: int | None = None,
        ceiling: int | None = None,
        ends: datetime.datetime | None = None,
        to: Iterable[str] | None = None,
    ) -> int:
        """Open an account; with `owner` it is a lot of that account's owner."""
        fields: Fields = {"account": account, "unit": unit, "class": class_}
        if owner is not None:
            fields["owner"] = owner
        if ceiling is not None:
            fields["ceiling"] = ceiling
        if ends is not None:
            fields["ends"] = to_ms(ends)
        if to is not None:
            fields["to"] = sorted(set(to))
        seq = self._append("open", fields)
        self._opened.append(account)
        self._dirty.add(account)
        return seq

    def limit(
        self,
        account: int,
        *,
        cites: int,
        approvers: Iterable[int],
        floor: int | None = None,
        ceiling: int | None = None,
        quota: int | None = None,
    ) -> int:
        """Set an account's floor, ceiling and quota by a noted decision of two officers; see `entries.digest_of`."""
        numbers = {
            name: value
            for name, value in (("floor", floor), ("ceiling", ceiling), ("quota", quota))
            if value is not None
        }
        seq = self._append(
            "limit", {"account": account, "cites": cites, "approvers": sorted(set(approvers)), **numbers}
        )
        self._used_notes.append(cites)
        self._dirty.add(account)
        return seq

    def note(self, topic: str, subject: str, digest: str) -> int:
        """Put on record that an outside fact had this digest now."""
        seq = self._append("note", {"topic": topic, "subject": subject, "digest": digest})
        self._notes.append(seq)
        return seq

    def set_rule(self, *, two_from_min: int, two_from_pt: int, zone: str, cites: int | None = None) -> int:
        """The first entry of a log, or a change of it that cites a note of topic `rule`."""
        fields: Fields = {"two_from_min": two_from_min, "two_from_pt": two_from_pt, "zone": zone}
        if cites is not None:
            fields["cites"] = cites
        seq = self._append("rule", fields)
        if cites is not None:
            self._used_notes.append(cites)
        return seq

    def set_key(self, public_key: bytes, *, from_size: int) -> int:
        """Name the key that signs checkpoints from this size on; the second entry of a log, with 0, and whenever a key changes."""
        return self._append("key", {"key": public_key.hex(), "from": from_size})

    def close(self, account: int) -> int:
        """Close an empty account for good."""
        seq = self._append("close", {"account": account})
        self._dirty.add(account)
        return seq

    def erase(self, accounts: Iterable[int]) -> int:
        """Say that the details behind these closed accounts are erased."""
        numbers = sorted(set(accounts))
        seq = self._append("erase", {"accounts": numbers})
        self._dirty.update(numbers)
        return seq

    def forget(self, accounts: Iterable[int]) -> int:
        """Take away salt and detail of every entry that names one of these accounts; the entries and their hashes stay.

        Call it before their `erase`. What this batch buffered is covered too; `undo` takes it back. Returns how many
        entries name them.
        """
        wanted = frozenset(accounts)
        found = erasing.naming(self._connection, self.community_id, wanted)
        found.update(seq for _, account, seq, *_ in self._postings if account in wanted)
        for hold in (self._state.holds[seq] for seq in (*self._holds, *self._resolved)):
            if not wanted.isdisjoint(number for number, _ in hold.legs):
                found.update(seq for seq in (hold.seq, hold.resolved) if seq is not None)
        self._forgotten.extend(sorted(found))
        return len(found)

    # Reading, with what is buffered

    def account(self, number: int) -> Account:
        """An account as the entries up to now left it.

        Raises:
            LedgerRefused: `unknown_account`.
        """
        return self._state.account(number)

    def load(self, numbers: Iterable[int]) -> None:
        """Read these accounts at once, where they are not known yet: a batch of a thousand posts would ask for each alone."""
        known = self._state.accounts
        unknown = [number for number in dict.fromkeys(numbers) if number not in known]
        if unknown:
            self._state.remember(rows.account_groups(self._connection, self.community_id, unknown))

    def exists(self, number: int) -> bool:
        try:
            self._state.account(number)
        except LedgerRefused:
            return False
        return True

    def accounts_of(self, owner: int) -> list[Account]:
        """The open accounts of an owner in spending order."""
        return list(self._state.group(owner))

    def moved_in_batch(self) -> frozenset[int]:
        """The accounts that entries of this batch moved: what storage says of their postings is not the newest yet."""
        return frozenset(account for _, account, *_ in self._postings)

    def hold_of(self, seq: int) -> Hold:
        return self._state.hold(seq)

    def debit(self, owner: int, amount: int, *, credits: Mapping[int, int]) -> dict[int, int]:
        """The legs that pay `credits` from the owner's accounts in spending order.

        Raises:
            LedgerRefused: `insufficient`, with facts `needed` and `available` over all accounts that may pay this.
        """
        classes = {self.account(number).class_ for number in credits}
        legs, left = dict(credits), amount
        available = 0
        for account in self._state.group(owner):
            spendable = account.available - max(account.floor, 0)
            if spendable > 0 and rules.eligible(account, classes, self._at):
                available += spendable
                if left:
                    taken = min(left, spendable)
                    legs[account.number] = legs.get(account.number, 0) - taken
                    left -= taken
        if left:
            raise LedgerRefused("insufficient", account=owner, needed=amount, available=available)
        return legs

    def debit_hold(self, hold: int, amount: int, *, credits: Mapping[int, int]) -> dict[int, int]:
        """The legs that capture `amount` of a hold, its accounts in spending order.

        Raises:
            LedgerRefused: `capture_exceeds`, where more is asked than is held.
        """
        held = self._state.hold(hold).held()
        legs, left = dict(credits), amount
        for number in sorted(held, key=lambda one: self.account(one).order):
            taken = min(left, held[number])
            if taken:
                legs[number] = legs.get(number, 0) - taken
                left -= taken
        if left:
            raise LedgerRefused("capture_exceeds", hold=hold, needed=amount, held=sum(held.values()))
        return legs

    # At the end of the batch

    def flush(self) -> None:
        """Write what was buffered; call once, before COMMIT.

        Raises:
            LogBroken: the tail moved under this batch, which its lock should have prevented.
        """
        if not self._entries:
            return
        connection, community_id = self._connection, self.community_id
        rows.insert(connection, "ledger_entry", self._entries)
        rows.insert(connection, "ledger_posting", self._postings)
        rows.insert(connection, "ledger_detail", self._details)
        if self._forgotten:
            erasing.forget(connection, community_id, self._forgotten)
        opened = set(self._opened)
        accounts = self._state.accounts
        rows.insert_accounts(connection, community_id, [accounts[number] for number in self._opened])
        rows.update_accounts(
            connection,
            community_id,
            [accounts[number] for number in sorted(self._dirty - opened) if number in accounts],
        )
        rows.insert_holds(connection, community_id, [self._state.holds[seq] for seq in self._holds])
        new_holds, new_notes = set(self._holds), set(self._notes)
        rows.resolve_holds(
            connection, community_id, [self._state.holds[seq] for seq in self._resolved if seq not in new_holds]
        )
        rows.insert_notes(connection, community_id, [self._state.notes[seq] for seq in self._notes])
        rows.use_notes(
            connection, community_id, [self._state.notes[seq] for seq in self._used_notes if seq not in new_notes]
        )
        rows.insert(connection, "ledger_reversal", self._reversals)
        self._grow_tree()
        self._root = self._edge.root()
        rule = self._state.rule
        moved = rows.move_tail(
            connection,
            community_id,
            before=self._stored_size,
            size=self._state.size,
            at=self._state.at,
            root=self._root,
            edge=self._edge.to_bytes(),
            rule_seq=None if rule is None else rule.seq,
        )
        if not moved:
            raise LogBroken(f"{self.origin}: the tail moved from size {self._stored_size} under its lock")

    def committed(self) -> None:
        """Keep what was loaded for the lane's next batch; call after a COMMIT that succeeded."""
        cache, state = self._cache, self._state
        cache.size, cache.root, cache.last_tile = state.size, self._root, self._last_tile
        cache.rule, cache.requests = state.rule, state.request

    def _grow_tree(self) -> None:
        """Take the batch's leaves into the edge, all at once, and store the tiles that they fill."""
        hashes = [tree.leaf_hash(row[5]) for row in self._entries]
        made = self._edge.extend(hashes)
        full = made[tree.TILE_HEIGHT] if len(made) > tree.TILE_HEIGHT else []
        first, known = self._stored_size // tree.TILE_WIDTH, self._last_tile
        if known is None and self._stored_size % tree.TILE_WIDTH == 0:
            known = []
        if known is None and full:
            begun = rows.leaves(self._connection, self.community_id, first * tree.TILE_WIDTH, self._stored_size)
            known = list(map(tree.leaf_hash, begun))
        if known is None:
            return
        hashes = known + hashes
        if full:
            rows.store_tiles(self._connection, self.community_id, level=0, first=first, roots=full, hashes=hashes)
        self._last_tile = hashes[len(full) * tree.TILE_WIDTH :]

    # How an entry comes into the buffer

    def _append(
        self,
        kind: str,
        fields: Fields,
        *,
        moved: Legs = (),
        resolves: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        salted = None if detail is None else self._detail(detail)
        if salted is not None:
            fields["ref"] = salted[2]
        check(kind, fields)
        entry_id = self._next_id()
        seq = self._state.size
        leaf = encode(kind, fields, seq=seq, at=self._at, id=entry_id.hex())
        rules.apply(self._state, kind, fields, self._at)
        self._buffer(kind, leaf, seq, entry_id, moved)
        if resolves is not None:
            self._resolved.append(resolves)
            self._dirty.update(self._state.holds[resolves].held())
        if salted is not None:
            self._details.append((self.community_id, seq, salted[0], salted[1]))
        return seq

    def _buffer(self, kind: str, leaf: bytes, seq: int, entry_id: bytes, moved: Legs) -> None:
        community_id, accounts = self.community_id, self._state.accounts
        self._entries.append((community_id, seq, self._at, kind, entry_id, leaf))
        self._key_entries += 1
        for number, amount in moved:
            self._postings.append((community_id, number, seq, amount, accounts[number].balance))
            self._dirty.add(number)

    def _detail(self, detail: Mapping[str, Any] | Written) -> tuple[bytes, str, str]:
        """The detail's salt, its text, and the `ref` of both."""
        if not self._salts:
            # Asking the system for each salt of a batch takes longer than everything else that is done with it.
            drawn = secrets.token_bytes(SALT_BYTES * min(len(self._details) + 1, SALTS_MOST))
            self._salts = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
        salt = self._salts.pop()
        written = detail.encode() if isinstance(detail, Written) else canonical(dict(detail))
        return salt, written.decode(), reference(salt, written)

    def _next_id(self) -> bytes:
        if not self._key:
            raise BadEntry("an entry outside of a request")
        if self._key_entries >= ENTRIES_OF_A_KEY_MOST:
            raise BadEntry(
                f"one request makes at most {ENTRIES_OF_A_KEY_MOST} entries; send more in parts with a key each"
            )
        return (self._key + self._key_entries).to_bytes(16)


EntryRow = tuple[int, int, int, str, bytes, bytes]  # community_id, seq, at, kind, id, leaf


class _Stored(rules.Source):
    """Where the rules find what they have not seen yet: the database, and the entries buffered since."""

    def __init__(self, connection: Connection, community_id: int, buffered: list[EntryRow], first: int) -> None:
        self._connection = connection
        self._community_id = community_id
        self._buffered = buffered
        self._first = first
        self._last_account: int | None = None  # the highest number stored, once somebody asked beyond what is there

    def group(self, number: int) -> list[Account]:
        if self._last_account is not None and number > self._last_account:
            return []
        found = rows.account_group(self._connection, self._community_id, number)
        if not found and self._last_account is None:
            # New accounts take the next numbers: whoever opens a thousand should not ask for each whether it is there.
            self._last_account = rows.last_account(self._connection, self._community_id)
        return found

    def hold(self, seq: int) -> Hold | None:
        return rows.hold(self._connection, self._community_id, seq)

    def note(self, seq: int) -> Note | None:
        return rows.note(self._connection, self._community_id, seq)

    def booked(self, seq: int) -> Booked | None:
        if seq >= self._first:
            at = seq - self._first
            return booked_of(decode(self._buffered[at][5]), None) if at < len(self._buffered) else None
        return rows.booked(self._connection, self._community_id, seq)


def booked_of(fields: Fields, reversed_by: int | None) -> Booked:
    """What a reversal needs to know of an entry."""
    legs = fields["legs"] if fields["kind"] in ("post", "capture") else ()
    return Booked(fields["kind"], tuple((number, amount) for number, amount in legs), reversed_by)


def to_ms(instant: datetime.datetime) -> int:
    """UTC milliseconds of an aware instant."""
    if instant.tzinfo is None:
        raise BadEntry("an instant without a zone")
    return (instant - _EPOCH) // _MS


def from_ms(ms: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(milliseconds=ms)


def _rule_of(fields: Fields) -> Rule:
    return Rule(fields["seq"], fields["two_from_min"], fields["two_from_pt"], fields["zone"])


def _legs(legs: Mapping[int, int]) -> Legs:
    if len(legs) == 2:
        one, other = legs.items()
        (number, amount), (second, its) = one, other
        if (
            type(number) is type(second) is type(amount) is type(its) is int
            and amount == -its
            and 0 < abs(amount) <= LARGEST
            and min(number, second) > 0
        ):
            return (one, other) if number < second else (other, one)
    written = sorted(legs.items())
    total = 0
    for number, amount in written:
        if (
            type(number) is not int
            or type(amount) is not int
            or number < 1
            or not amount
            or not -LARGEST <= amount <= LARGEST
        ):
            raise BadEntry(f"a leg cannot be [{number!r}, {amount!r}]")
        total += amount
    if total or not 2 <= len(written) <= LEGS_MOST:
        raise BadEntry(f"{len(written)} legs that add up to {total}")
    return written


@lru_cache(maxsize=64)
def _day(on: datetime.date) -> str:
    day = on.isoformat()
    if not is_day(day):
        raise BadEntry(f"post: on cannot be {day!r}")
    return day
