"""Random histories on a real database whose driver fails at planned calls, held against the dict model after every batch.

    .venv/bin/python -m tests.faults.simulator --seed 17 [--histories 1] [--backend sqlite|postgresql] [--verbose]

All that is random comes from the seed, the clock is moved by it, and each batch is put together before the lane may take it: a seed that failed fails again in the same call.

A client that was told anything but a plain yes or no repeats its request with the same key, later, perhaps after the storage was replaced. What must hold after each batch, whatever failed:

- what was acknowledged is in the log once, in the lane's order, as it was asked, and with the answer that was given;
- what was told to have failed is not there, with no entry, no row, no number taken; what is unknown is there wholly or not at all;
- each refusal is one that the model would give at that place of the log;
- no signature was ever made for a size and root that the log does not have;
and at the end: projections and tiles are what the leaves say, balances what the model says, and the bundle verifies.
"""

from __future__ import annotations

import argparse
import base64
import copy
import datetime
import io
import itertools
import logging
import queue
import random
import sys
import tempfile
import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from ledger import book_of, log, projections, reading, tree
from ledger.entries import decode
from ledger.log import Signer
from ledger.tables import entry
from ledger.verify import verify
from tests.faults.drivers import Plan, Saboteur, attach, sides_of
from tests.ledger.model import Fields, Model, digest
from tests.ledger.test_state_machine import Teller, call
from tests.village import SECRET, VillageClock, make_schema
from timebank import evidence
from timebank.columns import from_ms, key_from, key_instant, to_ms
from timebank.errors import ClockWrong, KeyAhead, KeyExpired, NotEnough, Refused, Unknown
from timebank.permissions import Actor
from timebank.storage import Counter as Number
from timebank.storage import Request, Storage, next_number
from timebank.storage.requests import KEYS_KEPT

ROUNDS = 40
ARMED_MOST = 5
# What must be struck, whatever else is met; a change of the storage's statements changes this list.
POINTS = (
    "BEGIN",
    "COMMIT",
    "INSERT ledger_account",
    "INSERT ledger_checkpoint",
    "INSERT ledger_detail",
    "INSERT ledger_entry",
    "INSERT ledger_posting",
    "INSERT ledger_tile",
    "INSERT request",
    "ROLLBACK",
    "ROLLBACK TO",
    "SAVEPOINT",
    "SELECT ledger_account",
    "SELECT ledger_entry",
    "SELECT ledger_tail",
    "SELECT request",
    "UPDATE counter",
    "UPDATE ledger_account",
    "UPDATE ledger_tail",
    "connect",
)
# Every side of these.
CORE = (
    "COMMIT",
    "INSERT ledger_entry",
    "INSERT request",
    "ROLLBACK TO",
    "SAVEPOINT",
    "UPDATE counter",
    "UPDATE ledger_tail",
)
ONLY_SQLITE = ("BEGIN",)  # psycopg says it with the first statement
AHEAD_MOST = datetime.timedelta(minutes=5)
Answer = Any  # the facts, or the exception


class Failed(AssertionError):
    """An invariant does not hold."""


def demand(so: bool, said: object) -> None:
    if not so:
        raise Failed(str(said))


# What is asked


@dataclass
class Run:
    """One time that the lane ran a request: where in all runs, when, and at which size of the log."""

    turn: int
    now: datetime.datetime
    at: int
    size: int


@dataclass(eq=False)
class Ask:
    """A request of a client, which keeps its key and content until it knows."""

    community: int
    key: uuid.UUID
    entries: list[tuple[str, Fields]]
    ending: str = "well"  # or `refuse`, `stumble`: after all entries were made
    founds: str | None = None
    runs: list[Run] = field(default_factory=list)
    told: list[Answer] = field(default_factory=list)  # in this round
    answer: Answer = None  # the first that was definite
    stored: bool = False  # whether it is in the database, whoever knows

    def __str__(self) -> str:
        kinds = ", ".join(kind for kind, _ in self.entries[:5]) + (", ..." if len(self.entries) > 5 else "")
        return f"{self.key.hex[:20]} [{kinds}] {self.ending} -> {[summary(one) for one in self.told]}"


def summary(answer: Answer) -> str:
    if isinstance(answer, dict):
        seqs = answer["seqs"]
        return f"done {seqs[0]}..{seqs[-1]}" if seqs else "done"
    return f"{type(answer).__name__} {getattr(answer, 'code', '')} {str(answer)[:60]!r}"


def is_definite(answer: Answer) -> bool:
    """Whether the client knows: done, or refused for good."""
    if isinstance(answer, KeyAhead | KeyExpired):
        return False  # about the key, not about what was asked
    return isinstance(answer, dict) or (isinstance(answer, Refused) and answer.status < 500)


class HistoryTeller(Teller):
    """Makes up entries before anybody knows at which seq they will stand; keys of the log stay the one that signs."""

    public_key = ""

    def note(self, at: int) -> Fields:
        before = set(self.drafts)
        fields = super().note(at)
        for seq in set(self.drafts) - before:
            self.by_digest[fields["digest"]] = self.drafts.pop(seq)
        return fields

    by_digest: dict[str, Fields] = {}

    def key(self, at: int) -> Fields:
        return {**super().key(at), "key": self.public_key}


class Community:
    """A log as the model knows it."""

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self.origin = f"timebank.example/log/F{number}"
        self.model = Model()
        self.teller = HistoryTeller(self.model, seed)
        self.teller.drafts, self.teller.by_digest = {}, {}
        self.edge = tree.Edge()
        self.roots = {0: tree.EMPTY_ROOT}
        self.numbers = 0  # taken from the counters
        self.signing = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        self.teller.public_key = self.signing.public_key().public_bytes_raw().hex()
        self.signed: list[tuple[int, bytes]] = []
        self.newest: str | None = None
        self.asks: dict[uuid.UUID, Ask] = {}

    @property
    def seal(self) -> evidence.Seal:
        def sign(message: bytes) -> bytes:
            _, size, root, *_ = message.decode().split("\n")
            self.signed.append((int(size), base64.b64decode(root)))
            return self.signing.sign(message)

        def remember(note: str) -> None:
            self.newest = note

        signer = Signer(bytes.fromhex(self.teller.public_key), sign)
        return evidence.Seal(signer=signer, newest=lambda: self.newest, remember=remember)


class Gate:
    """The lane's queue, with a gate before it: what is put waits until all of a batch are there."""

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.is_open = False
        self.moved = threading.Condition()

    def put(self, item: Any) -> None:
        with self.moved:
            self.items.append(item)
            self.moved.notify_all()

    def get(self) -> Any:
        with self.moved:
            self.moved.wait_for(lambda: self.items and (self.is_open or self.items[0] is None))
            return self.items.popleft()

    def get_nowait(self) -> Any:
        with self.moved:
            if not self.items:
                raise queue.Empty
            return self.items.popleft()

    def set(self, is_open: bool) -> None:
        with self.moved:
            self.is_open = is_open
            self.moved.notify_all()


# One history


class History:
    """One seed's story on one database."""

    def __init__(self, url: str, seed: int, *, saboteur: Saboteur, base: int = 0, verbose: bool = False) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.saboteur = saboteur
        self.deck = self.all_faults(seed)
        self.seen: Counter[str] = Counter()
        self.clock = VillageClock()
        self.clock.move(datetime.timedelta(hours=self.random.randrange(24 * 400)))
        self.verbose = verbose
        self.turns = 0
        self.keys = 0
        self.communities = [Community(base + at, seed * 10 + at + 1) for at in (1, 2)]
        self.plain = create_engine(url)  # looks without being disturbed
        self.open_storage()

    def open_storage(self) -> None:
        self.storage = Storage(self.url, clock=self.clock.now, secret=SECRET, lanes=1, exclusive=False, durable=False)
        self.gate = Gate()
        self.storage._lanes[0]._queue = self.gate  # type: ignore[assignment]
        attach(self.storage, self.saboteur)

    def replace_storage(self) -> None:
        """Another process takes over: nothing of the lane's memory stays."""
        self.storage.close()
        self.open_storage()

    def tell(self, *words: object) -> None:
        if self.verbose:
            print(*words, flush=True)

    def run(self) -> None:
        try:
            for one in self.communities:
                self.plan_faults()
                self.round([self.founding(one)])
            for _ in range(ROUNDS):
                self.move_clock()
                if self.random.random() < 0.06:
                    self.replace_storage()
                self.plan_faults()
                if self.random.random() < 0.15:
                    self.sign(self.random.choice(self.communities))
                else:
                    self.round(self.asks())
                self.saboteur.outage = False
            self.settle()
        except Exception as error:
            raise Failed(
                f"seed {self.seed} on {'SQLite' if self.sqlite else 'PostgreSQL'}: {error}\n"
                f"  again: .venv/bin/python -m tests.faults.simulator --seed {self.seed}"
                f" --backend {'sqlite' if self.sqlite else 'postgresql'} --verbose\n"
                f"  calls of this round:\n    " + "\n    ".join(self.saboteur.story[-80:])
            ) from error
        finally:
            self.saboteur.disarm()
            self.gate.set(True)
            self.storage.close()
            self.plain.dispose()

    # Chance

    def move_clock(self) -> None:
        chance = self.random.random()
        by = datetime.timedelta(seconds=self.random.choice([0, 0, 1, 30, 600, 40_000]))
        if chance < 0.08:
            by = -datetime.timedelta(seconds=self.random.randrange(1, 290))
            self.seen["clock back a little"] += 1
        elif chance < 0.12:
            by = -datetime.timedelta(seconds=self.random.randrange(310, 4_000))
            self.seen["clock back too far"] += 1
        elif chance < 0.15:
            by = datetime.timedelta(days=self.random.randrange(1, 40))
            self.seen["clock far ahead"] += 1
        self.clock.move(by)

    def all_faults(self, seed: int) -> Iterator[tuple[str, str]]:
        """Every point and side in an order of chance that is the same for all seeds; each seed goes on where the one before it may have come to."""
        points = [point for point in POINTS if self.sqlite or point not in ONLY_SQLITE]
        deck = [(point, side) for point in points for side in sides_of(point, sqlite=self.sqlite)]
        random.Random(0).shuffle(deck)
        core = [fault for fault in deck if fault[0] in CORE]
        ways = (itertools.islice(itertools.cycle(cards), seed * 8 % len(cards), None) for cards in (core, deck))
        return itertools.chain.from_iterable(zip(*ways, strict=True))

    def plan_faults(self) -> None:
        """None, one or more calls that will fail; what is not met stays armed, so that rare points get their turn."""
        self.saboteur.story.clear()
        for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])):
            if len(self.saboteur.plans) >= ARMED_MOST:
                break
            nth = 1
            if self.random.random() < 0.6 or not self.saboteur.calls:
                point, side = next(self.deck)
            else:
                point = self.random.choice(sorted(self.saboteur.calls))
                side = self.random.choice(sides_of(point, sqlite=self.sqlite))
                nth = self.random.choice([1, 1, 1, 2, 3, 8])
            self.saboteur.arm(Plan(point, side, nth))
            self.tell(f"   armed: {point} {side} in {nth}")
        if self.random.random() < 0.03:
            self.saboteur.outage = True
            self.seen["outage"] += 1

    def new_key(self) -> uuid.UUID:
        self.keys += 1
        return key_from(self.clock.now(), self.random.randbytes(8))

    def founding(self, one: Community) -> Ask:
        entries: list[tuple[str, Fields]] = [
            ("rule", {"two_from_min": 60, "two_from_pt": 60, "zone": "+08:00"}),
            ("key", {"key": one.teller.public_key, "from": 0}),
        ]
        opened = [
            ("min", "issue"),
            ("pt", "issue"),
            ("min", "member"),
            ("min", "member"),
            ("pt", "member"),
            ("pt", "pool"),
        ]
        for number, (unit, class_) in enumerate(opened, start=1):
            entries.append(("open", {"account": number, "unit": unit, "class": class_}))
            one.teller.next_number = number
        for number in (1, 2):
            draft = {"account": number, "quota": 5_000 if number == 1 else 2**52}
            cites = len(entries)
            entries.append(("note", {"topic": "limit", "subject": str(number), "digest": digest(draft)}))
            entries.append(("limit", {**draft, "cites": cites, "approvers": [1, 2]}))
        return Ask(one.number, self.new_key(), entries, founds=one.origin)

    def asks(self) -> list[Ask]:
        """What the clients ask in this round: new things, things in doubt, and now and then what they know already."""
        made = []
        for _ in range(self.random.choice([1, 1, 2, 3, 5, 12])):
            one = self.random.choice(self.communities)
            chance = self.random.random()
            doubtful = [ask for ask in one.asks.values() if ask.answer is None]
            known = [ask for ask in one.asks.values() if ask.answer is not None]
            if not one.model.log:
                again = doubtful[0] if doubtful else self.founding(one)
                made += [again] if again not in made else []
            elif chance < 0.35 and doubtful:
                made.append(self.random.choice(doubtful))
            elif chance < 0.45 and known:
                made.append(self.random.choice(known))
            else:
                made.append(self.new_ask(one))
                if self.random.random() < 0.05:
                    made.append(made[-1])  # tapped twice
        return made

    def new_ask(self, one: Community) -> Ask:
        at = max(to_ms(self.clock._now), one.model.at)
        chance = self.random.random()
        if chance < 0.12:  # past the end of a tile
            day = one.teller.day(at)
            legs = [[2, -1], [5, 1]]
            entries = [("post", {"legs": legs, "on": day}) for _ in range(self.random.randrange(40, 140))]
        else:
            entries = [one.teller.entry(at) for _ in range(self.random.choice([1, 1, 1, 2, 4]))]
        ending = self.random.choices(["well", "refuse", "stumble"], [90, 6, 4])[0]
        return Ask(one.number, self.new_key(), [(kind, dict(fields)) for kind, fields in entries], ending)

    # Asking

    def round(self, asks: list[Ask]) -> None:
        """Let the lane take these asks together, and look at what came of it."""
        self.tell("round at", self.clock._now.isoformat())
        before = self.clock._now
        threads = []
        for ask in asks:
            ask.told = []
            self.community(ask).asks.setdefault(ask.key, ask)
        for ask in asks:
            answers = ask.told
            thread = threading.Thread(target=self.client, args=(ask, answers), daemon=True)
            waiting = len(self.gate.items) + 1
            thread.start()
            with self.gate.moved:
                while not self.gate.moved.wait_for(lambda: len(self.gate.items) >= waiting, timeout=0.5):  # noqa: B023
                    demand(thread.is_alive(), f"a request was not put in line: {ask}")
            threads.append(thread)
        self.gate.set(True)
        for thread in threads:
            thread.join(60)
            demand(not thread.is_alive(), "nobody answered for a minute")
        self.gate.set(False)
        for ask in dict.fromkeys(asks):
            self.tell("  ", ask)
        self.look(list(dict.fromkeys(asks)), before)

    def client(self, ask: Ask, answers: list[Answer]) -> None:
        def change(session: Session, now: datetime.datetime) -> dict[str, Any]:
            book = book_of(session)
            self.turns += 1
            ask.runs.append(Run(self.turns, now, to_ms(book.at), book.size))
            first = next_number(session, ask.community, "first")
            seqs = [call(book, kind, dict(fields)) for kind, fields in ask.entries]
            last = next_number(session, ask.community, "last")
            if ask.ending == "refuse":
                raise NotEnough(needed_minutes=first)
            if ask.ending == "stumble":
                raise ZeroDivisionError
            return {"seqs": seqs, "first": first, "last": last}

        common: dict[str, Any] = {"actor": "client", "use_case": "test"}
        try:
            if ask.founds:
                facts = self.storage.found(ask.community, ask.key, change, origin=ask.founds, **common)
            else:
                content = {"entries": ask.entries, "ending": ask.ending}
                facts = self.storage.write(ask.community, ask.key, change, content=content, **common)
        except BaseException as error:  # noqa: BLE001  # whatever a client is told
            answers.append(error)
        else:
            answers.append(facts)

    def community(self, ask: Ask) -> Community:
        return next(one for one in self.communities if one.number == ask.community)

    def sign(self, one: Community) -> None:
        """Sign where the log ends, as the job does, with whatever fails on the way."""
        if not one.model.log:
            return
        self.tell("signing", one.number)
        self.gate.set(True)
        made = len(one.signed)
        try:
            evidence.checkpoint(self.storage, one.number, one.seal)
        except (DBAPIError, Refused) as error:
            self.tell("   signing failed:", summary(error))
            self.seen["signing failed"] += 1
        finally:
            self.gate.set(False)
        self.look([], self.clock._now)
        for size, root in one.signed[made:]:
            self.seen["signed"] += 1
            demand(one.roots.get(size) == root, f"signed size {size} with a root that the log does not have")

    # Looking

    def look(self, asks: list[Ask], before: datetime.datetime) -> None:
        """Hold the database against the model, and take what is new into it."""
        with self.plain.connect() as connection:
            for one in self.communities:
                own = [ask for ask in asks if ask.community == one.number]
                Looking(self, one, connection).look(own, before)

    def settle(self) -> None:
        """Nothing fails any more: every client gets its answer, and everything adds up."""
        self.saboteur.disarm()
        self.tell("settling")
        for one in self.communities:
            doubtful = [key_instant(ask.key) for ask in one.asks.values() if ask.answer is None]
            self.clock._now = max(self.clock._now, from_ms(one.model.at), *doubtful)
        for one in self.communities:
            for ask in [ask for ask in one.asks.values() if ask.answer is None and ask.ending != "stumble"]:
                self.round([ask])
                demand(ask.answer is not None, f"no definite answer without any fault: {ask}")
                self.seen["settled"] += 1
        self.replace_storage()
        for one in self.communities:
            known = [ask for ask in one.asks.values() if ask.answer is not None]
            for ask in self.random.sample(known, min(len(known), 6)):
                self.round([ask])
            self.whole(one)

    def whole(self, one: Community) -> None:
        with self.plain.connect() as connection:
            found = list(projections.differences(connection, one.number))
            demand(not found, found[:3])
            stored = connection.execute(select(entry.c.leaf).where(entry.c.community_id == one.number)).all()
            demand(len(stored) == len(one.model.log), "entries beyond the log")
        with self.storage.read() as session:
            for account in reading.accounts(session, one.number):
                told = one.model.accounts[account.number]
                for name in ("balance", "held", "issued", "quota", "floor", "ceiling", "closed", "erased"):
                    demand(
                        getattr(account, name) == told[name],
                        f"account {account.number}: {name} is {getattr(account, name)}, not {told[name]}",
                    )
            vkey = log.vkey(session, one.number)
        for size, root in one.signed:
            demand(one.roots.get(size) == root, f"signed size {size} with a root that the log does not have")
        file = io.BytesIO()
        self.gate.set(True)
        now = self.clock.now()
        evidence.bundle(
            self.storage,
            actor=Actor.console(one.number, "test"),
            community_id=one.number,
            seal=one.seal,
            file=file,
            period=(now - datetime.timedelta(days=30), now + datetime.timedelta(days=1)),
            details=True,
            policy={},
        )
        self.gate.set(False)
        report = verify(file, vkey=vkey)
        demand(report.ok, report.findings)
        self.seen["verified"] += 1


class Looking:
    """One community after one round."""

    def __init__(self, history: History, one: Community, connection: Connection) -> None:
        self.history = history
        self.one = one
        self.connection = connection
        self.seen = history.seen
        self.new = self.new_entries()
        self.rows = self.request_rows()

    def new_entries(self) -> deque[dict[str, Any]]:
        """The leaves that came since the last look, their hashes taken into the roots."""
        one = self.one
        chosen = entry.c.community_id == one.number, entry.c.seq >= len(one.model.log)
        found: deque[dict[str, Any]] = deque()
        for leaf in self.connection.scalars(select(entry.c.leaf).where(*chosen).order_by(entry.c.seq)):
            one.edge.append(tree.leaf_hash(bytes(leaf)))
            one.roots[one.edge.size] = one.edge.root()
            found.append(decode(bytes(leaf)))
        return found

    def request_rows(self) -> dict[uuid.UUID, Any]:
        asked = Request.__table__.c  # type: ignore[attr-defined]
        wanted = select(asked.key, asked.outcome, asked.facts).where(
            asked.community_id == self.one.number, asked.actor == "client"
        )
        return {row.key: row for row in self.connection.execute(wanted)}

    def look(self, asks: list[Ask], before: datetime.datetime) -> None:
        one = self.one
        for ask in sorted(asks, key=lambda ask: ask.runs[-1].turn if ask.runs else 0):
            self.look_at(ask, before)
        demand(not self.new, f"entries that nobody asked for: {list(self.new)[:2]}")
        with Session(self.connection) as session:
            tail = reading.tail(session, one.number)
            size, root = (tail.size, tail.root) if tail else (0, tree.EMPTY_ROOT)
            demand((size, bytes(root)) == (len(one.model.log), one.roots[len(one.model.log)]), "the tail is another")
            demand((to_ms(tail.at) if tail else 0) == one.model.at, "the tail's time is another")
            for name in ("first", "last"):
                row = session.get(Number, (one.number, name))
                demand((row.last if row else 0) == one.numbers, f"counter {name}: {row}, not {one.numbers}")
        known = {ask.key for ask in one.asks.values() if ask.stored}
        demand(self.rows.keys() == known, f"rows of requests: {self.rows.keys() ^ known}")

    def look_at(self, ask: Ask, before: datetime.datetime) -> None:
        for answer in ask.told:
            self.seen[self.sort_of(answer)] += 1
        definite = [answer for answer in ask.told if is_definite(answer)]
        row = self.rows.get(ask.key)
        if ask.stored:  # it came again
            for answer in definite:
                self.same(answer, ask, row)
            ask.answer = ask.answer or (definite[0] if definite else None)
            self.seen["first answer again"] += bool(definite)
            return
        if any(isinstance(answer, ClockWrong) for answer in ask.told):
            ahead = self.one.model.at - to_ms(before)
            demand(ahead > 300_000 - 60_000, f"refused for its clock, {ahead} ms behind the log")
        for answer in ask.told:
            lead = key_instant(ask.key) - before
            if isinstance(answer, KeyAhead):
                demand(lead > AHEAD_MOST / 2, f"refused as ahead by {lead}")
            if isinstance(answer, KeyExpired):
                demand(-lead > KEYS_KEPT - AHEAD_MOST, f"refused as old by {-lead}")
                ask.answer = answer
        if row is None:
            demand(not definite, f"acknowledged and not kept: {ask}")
            return
        demand(
            bool(definite) or any(isinstance(answer, Unknown) for answer in ask.told),
            f"told to have failed, and kept: {ask}",
        )
        if not definite:
            self.seen["unknown and kept"] += 1
        ask.stored = True
        for answer in definite:
            self.same(answer, ask, row)
        ask.answer = definite[0] if definite else None
        if row.outcome == "done":
            self.take(ask, row.facts)
        else:
            self.refused(ask, row.facts)

    def same(self, answer: Answer, ask: Ask, row: Any) -> None:
        if isinstance(answer, dict):
            demand(row.outcome == "done" and row.facts == answer, f"another answer: {ask}")
        else:
            kept = {"code": answer.code, "facts": answer.facts}
            demand(row.outcome == "refused" and row.facts == kept, f"another answer: {answer} {row.facts}")

    def take(self, ask: Ask, facts: Fields) -> None:
        """Its entries are the next of the log, and the model finds nothing wrong with them."""
        one, run = self.one, ask.runs[-1]
        one.numbers += 1
        demand(facts["first"] == facts["last"] == one.numbers, f"numbers {facts}, not {one.numbers}")
        demand(ask.ending == "well", f"kept against its will: {ask}")
        demand(run.at == max(to_ms(run.now), one.model.at), "booked at another time")
        for nth, (kind, fields) in enumerate(ask.entries):
            seq = len(one.model.log)
            demand(bool(self.new), f"acknowledged and not in the log: entry {nth} of {ask}")
            stored = self.new.popleft()
            demand(stored["id"] == f"{ask.key.int + nth:032x}", f"entry {seq} is of {stored['id']}, not of {ask}")
            same = {name: stored.get(name) for name in fields} == {
                name: sorted(value) if name == "to" else value for name, value in fields.items()
            }
            demand(same and (stored["kind"], stored["seq"]) == (kind, seq), f"entry {seq} is {stored}, not {fields}")
            demand(stored["at"] == run.at and facts["seqs"][nth] == seq, f"entry {seq} at {stored['at']}, {facts}")
            broken = one.model.broken(kind, fields, run.at)
            demand(not broken, f"entry {seq} breaks {broken}: {kind} {fields}")
            one.model.do(kind, fields, run.at)
            if kind == "note" and fields["digest"] in one.teller.by_digest:
                one.teller.drafts[seq] = one.teller.by_digest[fields["digest"]]
            self.seen[f"entry {kind}"] += 1

    def refused(self, ask: Ask, kept: Fields) -> None:
        """The model, too, refuses it here."""
        self.seen[f"refused {kept['code']}"] += 1
        model, at = self.one.model, ask.runs[-1].at
        demand(at >= model.at, "refused at an earlier time than the log's")
        for kind, fields in ask.entries:
            broken = model.broken(kind, fields, at)
            if broken:
                demand(kept["code"] in broken, f"refused for {kept}, but it breaks {broken}: {kind} {fields}")
                return
            if model is self.one.model and len(ask.entries) > 1:
                model = copy.copy(model)
                model.__dict__.update(copy.deepcopy({**model.__dict__, "log": []}), log=list(model.log))
            if model is not self.one.model:
                model.do(kind, fields, at)
        demand(ask.ending == "refuse" and kept["code"] == "not_enough", f"refused for {kept}, but it breaks nothing")

    def sort_of(self, answer: Answer) -> str:
        if isinstance(answer, dict):
            return "answer done"
        if isinstance(answer, DBAPIError):
            return "answer of the database"
        return f"answer {type(answer).__name__}"


# Running


@contextmanager
def databases(backend: str) -> Iterator[Callable[[int], tuple[str, int]]]:
    """Gives for a seed an address and the number before its communities."""
    with tempfile.TemporaryDirectory(prefix="timebank-faults-") as folder:
        if backend == "sqlite":
            template = Path(folder) / "template.db"
            make_schema(f"sqlite:///{template}")

            def place(seed: int) -> tuple[str, int]:
                path = Path(folder) / f"{seed}.db"
                path.write_bytes(template.read_bytes())
                return f"sqlite:///{path}", 0

            yield place
            return
        from tests.postgres import APP_ROLE, start_postgres

        server = start_postgres(Path(tempfile.mkdtemp(prefix="timebank-postgres-")))
        try:
            urls = server.new_database(synchronous_commit=False)
            make_schema(urls.owner_url, app_role=APP_ROLE)
            yield lambda seed: (urls.app_url, seed * 10)
        finally:
            server.process.terminate()
            server.process.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run histories with faults; each seed is one history.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--histories", type=int, default=1)
    parser.add_argument("--backend", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it tells of every fault
    struck: Counter[tuple[str, str]] = Counter()
    calls: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    with databases(arguments.backend) as place:
        for seed in range(arguments.seed, arguments.seed + arguments.histories):
            url, base = place(seed)
            saboteur = Saboteur()
            history = History(url, seed, saboteur=saboteur, base=base, verbose=arguments.verbose)
            history.run()
            struck += saboteur.struck
            calls += saboteur.calls
            seen += history.seen
    for (point, side), count in sorted(struck.items()):
        print(f"{point:32} {side:12} {count:6} of {calls[point]}")
    for name, count in sorted(seen.items()):
        print(f"{name:45} {count:6}")
    sys.exit(0)


if __name__ == "__main__":
    main()
