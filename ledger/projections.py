"""What can be made again from the leaves: accounts, postings, holds, notes, reversals, and the end of the log.

The stored ones exist for speed. Here the log is run again from its first leaf, by the rules that the writer runs, and
compared with what is stored, or put in its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ledger import rows, rules, tables, tree
from ledger.entries import decode
from ledger.errors import BadEntry, LedgerRefused, LogBroken
from ledger.rules import Account, Booked, State

LEAVES_AT_ONCE = 4_096
ACCOUNT_FIELDS = (
    "unit",
    "class_",
    "owner",
    "ceiling",
    "ends",
    "to",
    "floor",
    "quota",
    "issued",
    "balance",
    "held",
    "opened",
    "closed",
    "erased",
)

Progress = Callable[[int, int], None]
Posting = tuple[int, int, int, int]  # account, seq, amount, balance after it


@dataclass(frozen=True)
class Difference:
    """One thing stored that is not what the leaves say: which table, which row, what is stored, what it should be."""

    table: str
    row: int
    stored: str
    expected: str


class Replay:
    """The log run again. Iterate over it once; then `state` and `edge` are what the log amounts to."""

    def __init__(self, connection: Connection, community_id: int) -> None:
        """Begin at leaf 0.

        Raises:
            LogBroken: the community has no log.
        """
        found = connection.execute(select(tables.tail).where(tables.tail.c.community_id == community_id)).one_or_none()
        if found is None:
            raise LogBroken(f"community {community_id} has no log")
        self.tail = found
        self.edge = tree.Edge()
        self.state = State(_Leaves(connection, community_id))
        self.leaf_hashes: list[bytes] = []
        self._connection = connection
        self._community_id = community_id

    def __iter__(self) -> Iterator[list[Posting]]:
        """The postings of some thousand entries at a time.

        Raises:
            LogBroken: a leaf is missing, cannot be read, or breaks a rule; nothing behind it can be trusted.
        """
        while self.edge.size < self.tail.size:
            until = min(self.edge.size + LEAVES_AT_ONCE, self.tail.size)
            postings: list[Posting] = []
            for leaf in rows.leaves(self._connection, self._community_id, self.edge.size, until):
                postings.extend(self._take(leaf))
            yield postings

    def _take(self, leaf: bytes) -> Iterable[Posting]:
        seq = self.edge.size
        try:
            fields = decode(leaf)
            self.state.mark()
            rules.apply(self.state, fields["kind"], fields, fields["at"])
        except (BadEntry, LedgerRefused) as error:
            raise LogBroken(f"entry {seq}: {error}") from error
        if fields["seq"] != seq:
            raise LogBroken(f"entry {seq} says that it is entry {fields['seq']}")
        self.edge.append(tree.leaf_hash(leaf))
        for number, amount in self._moved(fields):
            yield number, seq, amount, self.state.account(number).balance

    def _moved(self, fields: dict[str, Any]) -> Iterable[tuple[int, int]]:
        if fields["kind"] in ("post", "capture"):
            return [(number, amount) for number, amount in fields["legs"]]
        if fields["kind"] == "reverse":
            return [(number, -amount) for number, amount in self.state.booked(fields["of"]).legs]
        return ()


class _Leaves(rules.Source):
    """The rules ask for earlier entries that a state need not keep; they are read from their leaves, not from projections."""

    def __init__(self, connection: Connection, community_id: int) -> None:
        self._connection = connection
        self._community_id = community_id

    def booked(self, seq: int) -> Booked | None:
        fields = decode(rows.leaf(self._connection, self._community_id, seq))
        legs = fields["legs"] if fields["kind"] in ("post", "capture") else ()
        # What was reversed the state remembers by itself.
        return Booked(fields["kind"], tuple((number, amount) for number, amount in legs), None)


def differences(connection: Connection, community_id: int, *, progress: Progress | None = None) -> Iterator[Difference]:
    """Compare all that is stored with what the leaves say; writes nothing.

    Raises:
        LogBroken: the leaves themselves are broken.
    """
    replay = Replay(connection, community_id)
    chains: dict[int, bytes] = {}
    counts: dict[int, int] = {}
    for postings in replay:
        for number, seq, amount, balance in postings:
            chains[number] = _chained(chains.get(number, b""), seq, amount, balance)
            counts[number] = counts.get(number, 0) + 1
        if progress:
            progress(replay.edge.size, replay.tail.size)
    yield from _tail_differences(replay)
    yield from _account_differences(connection, community_id, replay.state)
    yield from _posting_differences(connection, community_id, replay.state, chains, counts)
    yield from _hold_differences(connection, community_id, replay.state)
    yield from _note_differences(connection, community_id, replay.state)
    yield from _reversal_differences(connection, community_id, replay.state)
    yield from _tile_differences(connection, community_id, replay.edge.size)


def rebuild(connection: Connection, community_id: int, *, progress: Progress | None = None) -> int:
    """Put what the leaves say in the place of what is stored, in the caller's transaction; returns how many entries were run.

    Leaves, tiles and checkpoints are not touched: they are the record.

    Raises:
        LogBroken: the leaves themselves are broken, or do not hash to the root that the tail names.
    """
    rows.lock_tail(connection, community_id)  # nobody writes meanwhile
    replay = Replay(connection, community_id)
    projections = (tables.posting, tables.account, tables.hold, tables.note, tables.reversal)
    for table in projections:
        connection.execute(delete(table).where(table.c.community_id == community_id))
    for postings in replay:
        rows.insert(connection, tables.posting.name, [(community_id, *posting) for posting in postings])
        if progress:
            progress(replay.edge.size, replay.tail.size)
    if replay.edge.root() != bytes(replay.tail.root):
        raise LogBroken(
            f"the leaves do not hash to the root of size {replay.tail.size}: this is no matter of projections"
        )
    state = replay.state
    rows.insert_accounts(connection, community_id, [state.accounts[number] for number in sorted(state.accounts)])
    rows.insert_holds(connection, community_id, [state.holds[seq] for seq in sorted(state.holds)])
    rows.insert_notes(connection, community_id, [state.notes[seq] for seq in sorted(state.notes)])
    for of, seq in sorted(_reversed(state).items()):
        connection.execute(insert(tables.reversal).values(community_id=community_id, of=of, seq=seq))
    named = {"edge": replay.edge.to_bytes(), "at": state.at, "rule_seq": state.rule.seq if state.rule else None}
    connection.execute(update(tables.tail).where(tables.tail.c.community_id == community_id).values(**named))
    return replay.edge.size


def _tail_differences(replay: Replay) -> Iterator[Difference]:
    stored = replay.tail
    expected = {
        "root": (bytes(stored.root).hex(), replay.edge.root().hex()),
        "edge": (bytes(stored.edge).hex(), replay.edge.to_bytes().hex()),
        "at": (stored.at, replay.state.at),
        "rule_seq": (stored.rule_seq, replay.state.rule.seq if replay.state.rule else None),
    }
    for name, (is_so, should_be) in expected.items():
        if is_so != should_be:
            yield Difference("ledger_tail", stored.size, f"{name} {is_so}", f"{name} {should_be}")


def _account_differences(connection: Connection, community_id: int, state: State) -> Iterator[Difference]:
    columns = [column for column in tables.account.c if column.name != "community_id"]
    query = select(*columns).where(tables.account.c.community_id == community_id).order_by(tables.account.c.number)
    left = set(state.accounts)
    for row in connection.execute(query):
        stored = rows.account_of(row)
        left.discard(stored.number)
        should_be = state.accounts.get(stored.number)
        told = (
            []
            if should_be is None
            else [name for name in ACCOUNT_FIELDS if getattr(stored, name) != getattr(should_be, name)]
        )
        if should_be is None or told:
            yield Difference(
                "ledger_account",
                stored.number,
                _told(stored, told),
                "" if should_be is None else _told(should_be, told),
            )
    for number in sorted(left):
        yield Difference("ledger_account", number, "", _told(state.accounts[number], ["balance"]))


def _posting_differences(
    connection: Connection, community_id: int, state: State, chains: dict[int, bytes], counts: dict[int, int]
) -> Iterator[Difference]:
    """Lines are compared by a running hash for each account, so that ten million of them need no memory."""
    posting = tables.posting.c
    for number in sorted({*state.accounts, *_posted(connection, community_id)}):
        chain, count, balance = b"", 0, 0
        wanted = select(posting.seq, posting.amount, posting.balance).order_by(posting.seq)
        for seq, amount, balance in connection.execute(
            wanted.where(posting.community_id == community_id, posting.account == number)
        ):
            chain = _chained(chain, seq, amount, balance)
            count += 1
        if chain != chains.get(number, b""):
            should_be = state.accounts.get(number)
            expected = f"{counts.get(number, 0)} lines, balance {should_be.balance if should_be else 0}"
            yield Difference("ledger_posting", number, f"{count} lines, balance {balance}", expected)


def _chained(chain: bytes, seq: int, amount: int, balance: int) -> bytes:
    return sha256(b"%b%d,%d,%d" % (chain, seq, amount, balance)).digest()


def _posted(connection: Connection, community_id: int) -> Iterable[int]:
    posting = tables.posting.c
    return connection.scalars(select(posting.account).where(posting.community_id == community_id).distinct())


def _hold_differences(connection: Connection, community_id: int, state: State) -> Iterator[Difference]:
    hold = tables.hold.c
    query = select(hold.seq, hold.legs, hold.until, hold.resolved).where(hold.community_id == community_id)
    stored = {
        seq: (tuple((number, amount) for number, amount in json.loads(legs)), until, resolved)
        for seq, legs, until, resolved in connection.execute(query)
    }
    expected = {seq: (one.legs, one.until, one.resolved) for seq, one in state.holds.items()}
    yield from _compared("ledger_hold", stored, expected)


def _note_differences(connection: Connection, community_id: int, state: State) -> Iterator[Difference]:
    note = tables.note.c
    query = select(note.seq, note.topic, note.subject, note.digest, note.used_by).where(
        note.community_id == community_id
    )
    stored = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
    expected = {seq: (one.topic, one.subject, one.digest, one.used_by) for seq, one in state.notes.items()}
    yield from _compared("ledger_note", stored, expected)


def _reversal_differences(connection: Connection, community_id: int, state: State) -> Iterator[Difference]:
    reversal = tables.reversal.c
    query = select(reversal.of, reversal.seq).where(reversal.community_id == community_id)
    stored = {of: (seq,) for of, seq in connection.execute(query)}
    yield from _compared("ledger_reversal", stored, {of: (seq,) for of, seq in _reversed(state).items()})


def _tile_differences(connection: Connection, community_id: int, size: int) -> Iterator[Difference]:
    """Full tiles of the lowest level against the leaves; the root has told of the rest."""
    tile = tables.tile.c
    for number in range(size // tree.TILE_WIDTH):
        start = number * tree.TILE_WIDTH
        expected = b"".join(map(tree.leaf_hash, rows.leaves(connection, community_id, start, start + tree.TILE_WIDTH)))
        stored = connection.scalar(
            select(tile.hashes).where(tile.community_id == community_id, tile.level == 0, tile.number == number)
        )
        if stored is None or bytes(stored) != expected:
            yield Difference(
                "ledger_tile", number, "" if stored is None else bytes(stored).hex()[:16], expected.hex()[:16]
            )


def _compared(
    table: str, stored: dict[int, tuple[Any, ...]], expected: dict[int, tuple[Any, ...]]
) -> Iterator[Difference]:
    for row in sorted(stored.keys() | expected.keys()):
        if stored.get(row) != expected.get(row):
            yield Difference(table, row, str(stored.get(row, "")), str(expected.get(row, "")))


def _reversed(state: State) -> dict[int, int]:
    return {of: booked.reversed_by for of, booked in state.bookings.items() if booked.reversed_by is not None}


def _told(account: Account, names: Iterable[str]) -> str:
    return ", ".join(f"{name.rstrip('_')} {getattr(account, name)}" for name in names) or f"account {account.number}"
