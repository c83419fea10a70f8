"""What can be made again from the leaves: accounts, postings, holds, notes, reversals, and the end of the log.

The stored ones exist for speed. Here the log is run again from its first leaf, by the rules that the writer runs, and
compared with what is stored, or put in its place. Memory grows with the accounts, not with the entries: holds and
reversals that are over go to a temporary file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from ledger import rows, rules, tables, tree
from ledger.entries import decode
from ledger.errors import BadEntry, LedgerRefused, LogBroken
from ledger.rules import Account, Booked, Hold, State

LEAVES_AT_ONCE = 4_096
TILE_LEVELS = 8  # of a log of 2**63 entries
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
    """The log run again. Iterate over it once; then `state` and `edge` are what the log amounts to.

    `contradicted` are the sizes of stored checkpoints whose root is not that of the leaves, or that lie beyond them.
    """

    def __init__(self, connection: Connection, community_id: int) -> None:
        """Begin at leaf 0.

        Raises:
            LogBroken: the community has no log.
        """
        tail = connection.execute(select(tables.tail).where(tables.tail.c.community_id == community_id)).one_or_none()
        entry = tables.entry.c
        last = connection.scalar(select(func.max(entry.seq)).where(entry.community_id == community_id))
        self.size: int = 0 if last is None else last + 1
        if tail is None and not self.size:
            raise LogBroken(f"community {community_id} has no log")
        self.tail = tail
        self.edge = tree.Edge()
        self.ended = _Ended()
        self.state = State(_Leaves(connection, community_id, self.ended))
        self.contradicted: list[int] = []
        self._connection = connection
        self._community_id = community_id

    def __iter__(self) -> Iterator[list[Posting]]:
        """The postings of some thousand entries at a time.

        Raises:
            LogBroken: a leaf is missing, cannot be read, or breaks a rule; nothing behind it can be trusted.
        """
        while self.edge.size < self.size:
            until = min(self.edge.size + LEAVES_AT_ONCE, self.size)
            roots = self._checkpoints(self.edge.size, until)
            postings: list[Posting] = []
            for leaf in rows.leaves(self._connection, self._community_id, self.edge.size, until):
                postings.extend(self._take(leaf))
                if self.edge.size in roots and roots[self.edge.size] != self.edge.root():
                    self.contradicted.append(self.edge.size)
            self.ended.take(self.state)
            yield postings
        self.contradicted += self._checkpoints(self.size, None)
        other_root = self.tail_holds and self.tail is not None and bytes(self.tail.root) != self.edge.root()
        if other_root and self.tail is not None and self.size < self.tail.size:
            raise LogBroken(f"entry {self.size} is missing: the log had {self.tail.size}")

    @property
    def tail_holds(self) -> bool:
        """Whether the stored end of the log agrees with itself: its edge hashes to its root."""
        if self.tail is None:
            return False
        try:
            return tree.Edge.from_bytes(self.tail.size, bytes(self.tail.edge)).root() == bytes(self.tail.root)
        except ValueError:
            return False

    def _checkpoints(self, after: int, until: int | None) -> dict[int, bytes]:
        """The roots of stored checkpoints by size, of those beyond `after` up to `until`."""
        stored = tables.checkpoint.c
        query = select(stored.size, stored.root).where(stored.community_id == self._community_id, stored.size > after)
        if until is not None:
            query = query.where(stored.size <= until)
        return {size: bytes(root) for size, root in self._connection.execute(query.order_by(stored.size))}

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


class _Ended:
    """Holds that are over and entries that were reversed: no rule asks for them again, so they leave the memory."""

    def __init__(self) -> None:
        # A nameless database is a temporary file of SQLite's own, which goes with the connection.
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE hold (seq INTEGER PRIMARY KEY, legs TEXT, until INTEGER, resolved INTEGER)")
        self._file.execute("CREATE TABLE reversal (of INTEGER PRIMARY KEY, seq INTEGER)")

    def take(self, state: State) -> None:
        """Take out of a state what is over."""
        over = [one for one in state.holds.values() if one.resolved is not None]
        self._file.execute("BEGIN")
        self._file.executemany(
            "INSERT OR REPLACE INTO hold VALUES (?, ?, ?, ?)",
            [(one.seq, json.dumps(one.legs), one.until, one.resolved) for one in over],
        )
        self._file.executemany(
            "INSERT OR REPLACE INTO reversal VALUES (?, ?)",
            [(of, one.reversed_by) for of, one in state.bookings.items() if one.reversed_by is not None],
        )
        self._file.execute("COMMIT")
        for one in over:
            del state.holds[one.seq]
        state.bookings.clear()

    def hold(self, seq: int) -> Hold | None:
        return next((_hold(row) for row in self._file.execute("SELECT * FROM hold WHERE seq = ?", (seq,))), None)

    def holds(self, state: State) -> Iterator[Hold]:
        """All holds of the log by number: those that are over, and those that still stand."""
        self._file.executemany(
            "INSERT OR REPLACE INTO hold VALUES (?, ?, ?, ?)",
            [(one.seq, json.dumps(one.legs), one.until, one.resolved) for one in state.holds.values()],
        )
        return (_hold(row) for row in self._file.execute("SELECT * FROM hold ORDER BY seq"))

    def reversed_by(self, of: int) -> int | None:
        found = self._file.execute("SELECT seq FROM reversal WHERE of = ?", (of,)).fetchone()
        return None if found is None else int(found[0])

    def reversals(self) -> Iterator[tuple[int, int]]:
        """(reversed entry, reversal) by the reversed entry."""
        yield from self._file.execute("SELECT of, seq FROM reversal ORDER BY of")


def _hold(row: tuple[Any, ...]) -> Hold:
    seq, legs, until, resolved = row
    return Hold(seq, tuple((number, amount) for number, amount in json.loads(legs)), until, resolved)


class _Leaves(rules.Source):
    """The rules ask for earlier entries that a state need not keep; they are read from their leaves, not from projections."""

    def __init__(self, connection: Connection, community_id: int, ended: _Ended) -> None:
        self._connection = connection
        self._community_id = community_id
        self._ended = ended

    def hold(self, seq: int) -> Hold | None:
        return self._ended.hold(seq)

    def booked(self, seq: int) -> Booked | None:
        fields = decode(rows.leaf(self._connection, self._community_id, seq))
        legs = fields["legs"] if fields["kind"] in ("post", "capture") else ()
        return Booked(fields["kind"], tuple((number, amount) for number, amount in legs), self._ended.reversed_by(seq))


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
            progress(replay.edge.size, replay.size)
    for size in replay.contradicted:
        yield Difference("ledger_checkpoint", size, "another root", f"that of the first {size} leaves")
    yield from _tail_differences(replay)
    yield from _account_differences(connection, community_id, replay.state)
    yield from _posting_differences(connection, community_id, replay.state, chains, counts)
    yield from _hold_differences(connection, community_id, replay)
    yield from _note_differences(connection, community_id, replay.state)
    yield from _reversal_differences(connection, community_id, replay)
    yield from _tile_differences(connection, community_id, replay.edge.size)


def rebuild(
    connection: Connection, community_id: int, *, origin: str | None = None, progress: Progress | None = None
) -> int:
    """Put what the leaves say in the place of what is stored, in the caller's transaction; returns how many entries were run.

    Leaves and checkpoints are not touched, nor tiles that are there: they are the record. Where the row of the log's end
    is gone, `origin` names the log.

    Raises:
        LogBroken: the leaves themselves are broken, or do not hash to what a checkpoint or the log's end says; nothing
            may be rebuilt from them.
    """
    rows.lock_tail(connection, community_id)  # nobody writes meanwhile
    replay = Replay(connection, community_id)
    projections = (tables.posting, tables.account, tables.hold, tables.note, tables.reversal)
    for table in projections:
        connection.execute(delete(table).where(table.c.community_id == community_id))
    for postings in replay:
        rows.insert(connection, tables.posting.name, [(community_id, *posting) for posting in postings])
        if progress:
            progress(replay.edge.size, replay.size)
    _refuse_other_leaves(replay)
    state = replay.state
    rows.insert_accounts(connection, community_id, [state.accounts[number] for number in sorted(state.accounts)])
    for holds in _some(replay.ended.holds(state)):
        rows.insert_holds(connection, community_id, holds)
    rows.insert_notes(connection, community_id, [state.notes[seq] for seq in sorted(state.notes)])
    for reversals in _some(replay.ended.reversals()):
        rows.insert(connection, tables.reversal.name, [(community_id, of, seq) for of, seq in reversals])
    _write_tail(connection, community_id, replay, origin)
    _add_missing_tiles(connection, community_id, replay.edge.size)
    return replay.edge.size


def _refuse_other_leaves(replay: Replay) -> None:
    """Leaves that contradict what was signed, or an end that agrees with itself, are not what was written."""
    if replay.contradicted:
        size = replay.contradicted[0]
        raise LogBroken(f"the leaves contradict the checkpoint of size {size}: this is no matter of projections")
    tail = replay.tail
    if tail is not None and replay.tail_holds and bytes(tail.root) != replay.edge.root():
        raise LogBroken(f"the leaves do not hash to the root of size {tail.size}: this is no matter of projections")


def _write_tail(connection: Connection, community_id: int, replay: Replay, origin: str | None) -> None:
    """The end of the log as the leaves have it; a lane that cached accounts sees by the epoch that they may be others."""
    state = replay.state
    named = {
        "size": replay.edge.size,
        "root": replay.edge.root(),
        "edge": replay.edge.to_bytes(),
        "at": state.at,
        "rule_seq": state.rule.seq if state.rule else None,
    }
    if replay.tail is None:
        if origin is None:
            raise LogBroken(f"the end of the log of community {community_id} is gone, and nobody says its origin")
        rows.found_tail(connection, community_id, origin)
    own = tables.tail.c.community_id == community_id
    connection.execute(update(tables.tail).where(own).values(**named, epoch=tables.tail.c.epoch + 1))


def _add_missing_tiles(connection: Connection, community_id: int, size: int) -> None:
    tile = tables.tile.c
    for level, number, hashes in _tiles(connection, community_id, size):
        same = tile.community_id == community_id, tile.level == level, tile.number == number
        if connection.scalar(select(tile.root).where(*same)) is None:
            root = tree.root_of(tree.tile_hashes(hashes))
            rows.insert(connection, tables.tile.name, [(community_id, level, number, root, hashes)])


def _some(found: Iterable[Any]) -> Iterator[list[Any]]:
    """A long series in pieces."""
    some: list[Any] = []
    for one in found:
        some.append(one)
        if len(some) == LEAVES_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _tail_differences(replay: Replay) -> Iterator[Difference]:
    stored = replay.tail
    if stored is None:
        yield Difference("ledger_tail", 0, "", f"size {replay.edge.size}")
        return
    expected = {
        "size": (stored.size, replay.edge.size),
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


def _hold_differences(connection: Connection, community_id: int, replay: Replay) -> Iterator[Difference]:
    hold = tables.hold.c
    query = select(hold.seq, hold.legs, hold.until, hold.resolved).where(hold.community_id == community_id)
    stored = (
        (seq, (tuple((number, amount) for number, amount in json.loads(legs)), until, resolved))
        for seq, legs, until, resolved in connection.execute(query.order_by(hold.seq))
    )
    expected = ((one.seq, (one.legs, one.until, one.resolved)) for one in replay.ended.holds(replay.state))
    yield from _side_by_side("ledger_hold", stored, expected)


def _note_differences(connection: Connection, community_id: int, state: State) -> Iterator[Difference]:
    note = tables.note.c
    query = select(note.seq, note.topic, note.subject, note.digest, note.used_by).where(
        note.community_id == community_id
    )
    stored = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
    expected = {seq: (one.topic, one.subject, one.digest, one.used_by) for seq, one in state.notes.items()}
    yield from _compared("ledger_note", stored, expected)


def _reversal_differences(connection: Connection, community_id: int, replay: Replay) -> Iterator[Difference]:
    reversal = tables.reversal.c
    query = select(reversal.of, reversal.seq).where(reversal.community_id == community_id).order_by(reversal.of)
    stored = ((of, (seq,)) for of, seq in connection.execute(query))
    yield from _side_by_side("ledger_reversal", stored, ((of, (seq,)) for of, seq in replay.ended.reversals()))


def _tile_differences(connection: Connection, community_id: int, size: int) -> Iterator[Difference]:
    """Full tiles of all levels against the leaves, with the root that the level above holds of each; and no others."""
    tile = tables.tile.c
    for level, number in connection.execute(select(tile.level, tile.number).where(tile.community_id == community_id)):
        if not 0 <= level < TILE_LEVELS or number < 0 or (number + 1) * tree.TILE_WIDTH ** (level + 1) > size:
            yield Difference("ledger_tile", number, f"level {level}", "")
    for level, number, hashes in _tiles(connection, community_id, size):
        same = tile.community_id == community_id, tile.level == level, tile.number == number
        stored = connection.execute(select(tile.root, tile.hashes).where(*same)).one_or_none()
        root = tree.root_of(tree.tile_hashes(hashes))
        if stored is None or (bytes(stored.root), bytes(stored.hashes)) != (root, hashes):
            is_so = "" if stored is None else f"level {level}, root {bytes(stored.root).hex()[:16]}"
            yield Difference("ledger_tile", number, is_so, f"level {level}, root {root.hex()[:16]}")


def _tiles(connection: Connection, community_id: int, size: int) -> Iterator[tuple[int, int, bytes]]:
    """(level, number, hashes) of each full tile that a log of this size has, from its leaves; a level after those below it."""
    roots: dict[int, list[bytes]] = {}
    for number in range(size // tree.TILE_WIDTH):
        start = number * tree.TILE_WIDTH
        hashes = list(map(tree.leaf_hash, rows.leaves(connection, community_id, start, start + tree.TILE_WIDTH)))
        level = 0
        while True:
            yield level, number, b"".join(hashes)
            above = roots.setdefault(level + 1, [])
            above.append(tree.root_of(hashes))
            if len(above) < tree.TILE_WIDTH:
                break
            level, number, hashes = level + 1, number // tree.TILE_WIDTH, above
            roots[level] = []


def _side_by_side(
    table: str, stored: Iterator[tuple[int, Any]], expected: Iterator[tuple[int, Any]]
) -> Iterator[Difference]:
    """Compare two series by number, both in ascending order, keeping neither."""
    one, other = next(stored, None), next(expected, None)
    while one is not None or other is not None:
        if one is not None and (other is None or one[0] < other[0]):
            yield Difference(table, one[0], str(one[1]), "")
            one = next(stored, None)
        elif other is not None and (one is None or other[0] < one[0]):
            yield Difference(table, other[0], "", str(other[1]))
            other = next(expected, None)
        elif one is not None and other is not None:
            if one[1] != other[1]:
                yield Difference(table, one[0], str(one[1]), str(other[1]))
            one, other = next(stored, None), next(expected, None)


def _compared(
    table: str, stored: dict[int, tuple[Any, ...]], expected: dict[int, tuple[Any, ...]]
) -> Iterator[Difference]:
    for row in sorted(stored.keys() | expected.keys()):
        if stored.get(row) != expected.get(row):
            yield Difference(table, row, str(stored.get(row, "")), str(expected.get(row, "")))


def _told(account: Account, names: Iterable[str]) -> str:
    return ", ".join(f"{name.rstrip('_')} {getattr(account, name)}" for name in names) or f"account {account.number}"
