"""Random histories on a real database, held against the dict model entry by entry, refusal by refusal.

Every kind, way to resolve a hold and refusal code must occur at least 20 times in a run, or the run shows nothing and fails.
"""

from __future__ import annotations

import copy
import datetime
import random
from collections import Counter
from typing import Any

from ledger import LedgerRefused, book_of, reading
from ledger.book import Book, from_ms
from tests.ledger.model import DAY_MS, SPECIAL, ZONE_MS, Fields, Model, digest
from tests.village import Database
from timebank.errors import Refused
from timebank.storage import new_key

COMMUNITY = 7
HISTORIES = 24
STEPS = 600
LEAST = 20
KINDS = {
    "rule",
    "key",
    "open",
    "limit",
    "post",
    "hold",
    "capture",
    "release",
    "expire",
    "reverse",
    "close",
    "note",
    "erase",
}
CODES = {
    "account_exists", "already_erased", "already_reversed", "capture_exceeds", "ceiling", "clock", "closed_account", "ended", "ends", "first_entries",
    "future_day", "has_lots", "hold_resolved", "insufficient", "issuing_credited", "issuing_hold", "key_from", "limit_fields", "lot_exists", "not_closed",
    "not_due", "not_empty", "not_reversible", "note_mismatch", "note_used", "one_hop", "order", "owner", "quota", "range", "special_account", "to_forbids",
    "two_approvers", "unit_mismatch", "unknown_account", "unknown_entry", "unknown_hold", "unknown_note", "until",
}  # fmt: skip


def call(book: Book, kind: str, fields: Fields) -> int:
    """The book's verb for an entry of this kind."""
    told = {"detail": {"use_case": "history"}}
    legs = dict(fields.get("legs", []))
    on = datetime.date.fromisoformat(fields["on"]) if "on" in fields else datetime.date.min
    if kind == "rule":
        return book.set_rule(**fields)
    if kind == "key":
        return book.set_key(bytes.fromhex(fields["key"]), from_size=fields["from"])
    if kind == "open":
        ends: Fields = {"ends": from_ms(fields["ends"])} if "ends" in fields else {}
        rest = {name: fields[name] for name in ("unit", "owner", "ceiling", "to") if name in fields}
        return book.open(fields["account"], class_=fields["class"], **rest, **ends)
    if kind == "limit":
        return book.limit(fields["account"], **{name: value for name, value in fields.items() if name != "account"})
    if kind == "post":
        return book.post(legs, on=on, cites=fields.get("cites"), **told)
    if kind == "hold":
        return book.hold(legs, until=from_ms(fields["until"]) if "until" in fields else None, **told)
    if kind == "capture":
        return book.capture(fields["hold"], legs, on=on, **told)
    if kind in ("release", "expire", "close"):
        return getattr(book, kind)(next(iter(fields.values())))
    if kind == "reverse":
        return book.reverse(fields["of"], on=on, reason=fields["reason"], approvers=fields["approvers"], **told)
    if kind == "note":
        return book.note(**fields)
    return book.erase(fields["accounts"])


class Teller:
    """Makes up entries: mostly such as could be, often wrong in one respect."""

    def __init__(self, model: Model, seed: int) -> None:
        self.model = model
        self.random = random.Random(seed)
        self.next_number = 1

    def account(self, *classes: str) -> int:
        fitting = [number for number, one in self.model.accounts.items() if not classes or one["class"] in classes]
        return self.random.choice(fitting) if fitting and self.random.random() > 0.01 else 999_999

    def seq(self, known: Any) -> int:
        return (
            self.random.choice(list(known))
            if known and self.random.random() > 0.05
            else 10**9 + self.random.randrange(9)
        )

    def day(self, at: int) -> str:
        ahead = 2 if self.random.random() < 0.01 else -self.random.randrange(3)
        return datetime.datetime.fromtimestamp((at + ZONE_MS + ahead * DAY_MS) / 1000, datetime.UTC).date().isoformat()

    def midnight(self, at: int) -> int:
        if self.random.random() < 0.2:
            return at + self.random.randrange(-DAY_MS, DAY_MS)
        return ((at + ZONE_MS) // DAY_MS + self.random.choice([1, 1, 1, 2])) * DAY_MS - ZONE_MS

    def legs(self) -> list[list[int]]:
        """From one or two accounts to one or two others, seldom of different units."""
        chance = self.random.random()
        unit = self.random.choice(["min", "pt"])
        accounts = self.model.accounts
        same = [number for number, one in accounts.items() if one["unit"] == unit]
        if chance > 0.08:
            same = [number for number in same if accounts[number]["closed"] is None]
        issue = [number for number in same if accounts[number]["class"] in ("issue", "opening")]
        others = [number for number in same if number not in issue] if chance > 0.12 else same
        numbers = set(self.random.sample(others, min(len(others), self.random.choice([1, 1, 1, 2]))))
        payer = 0
        if chance < 0.5 and issue:
            payer = self.random.choice(issue)
        elif chance < 0.95:
            rich = [number for number in others if self.model.available(number) > 0]
            payer = self.random.choice(rich) if rich else 0
        numbers.add(payer or self.account())
        if 0.12 < chance < 0.14:
            numbers.add(self.account())
        if len(numbers) < 2:
            numbers = {self.account(), 999_998}
        chosen = sorted(numbers)
        payer = payer if payer in chosen and chance > 0.05 else self.random.choice(chosen)
        if payer not in self.model.accounts or chance < 0.1:
            limit = 50
        else:
            one = self.model.accounts[payer]
            limit = 300 if one["class"] in ("issue", "opening") else max(2, self.model.available(payer))
        amounts = {
            number: self.random.randrange(1, max(2, limit // (len(chosen) - 1) + 1))
            for number in chosen
            if number != payer
        }
        amounts[payer] = -sum(amounts.values())
        if len(chosen) == 3 and self.random.random() < 0.3:
            amounts = {number: -amount for number, amount in amounts.items()}
        if self.random.random() < 0.004:
            amounts = {number: amount * 2**40 for number, amount in amounts.items()}  # as much as an integer may be
        return [[number, amounts[number]] for number in sorted(amounts)]

    def entry(self, at: int) -> tuple[str, Fields]:
        kinds = [
            "open",
            "limit",
            "post",
            "hold",
            "capture",
            "release",
            "expire",
            "reverse",
            "close",
            "note",
            "erase",
            "rule",
            "key",
        ]
        kind = self.random.choices(kinds, [9, 8, 38, 16, 12, 5, 7, 8, 3, 6, 2, 3, 1.5])[0]
        return kind, getattr(self, kind)(at)

    def open(self, at: int) -> Fields:
        self.next_number += 1
        number = self.account() if self.random.random() < 0.06 else self.next_number
        fields: Fields = {
            "account": number,
            "unit": self.random.choice(["min", "pt"]),
            "class": self.random.choice(
                ["member"] * 5 + ["gift", "gift", "gift", "grant", "pool", "lapsed", "issue", "opening", "clearing"]
            ),
        }
        if self.random.random() < 0.65 and (fields["class"] not in SPECIAL or self.random.random() < 0.2):
            mains = [
                number
                for number, one in self.model.accounts.items()
                if one["owner"] == number and one["class"] == "member" and one["closed"] is None
            ]
            owner = self.random.choice(mains[-2:]) if mains and self.random.random() < 0.8 else self.account()
            fields["owner"] = owner
            if owner in self.model.accounts and self.random.random() < 0.9:
                fields["unit"] = self.model.accounts[owner]["unit"]
            if self.random.random() < 0.5:
                fields["ends"] = self.midnight(at)
            if self.random.random() < 0.5:
                fields["to"] = sorted(self.random.sample(["member", "pool", "gift", "lapsed"], 2))
        if self.random.random() < 0.2:
            fields["ceiling"] = self.random.randrange(50, 400)
        return fields

    def limit(self, at: int) -> Fields:
        """A limit whose note was taken in just before, or one that does not fit."""
        ready = [seq for seq, note in self.model.notes.items() if note["topic"] == "limit" and seq in self.drafts]
        if not ready or self.random.random() < 0.1:
            return {"account": self.account(), "cites": self.seq(self.model.notes), "approvers": [1, 2], "quota": 1}
        seq = self.random.choice(ready[-4:])
        fields = {**self.drafts[seq], "cites": seq, "approvers": [1, 2]}
        if self.random.random() < 0.08:
            fields["approvers"] = [3]
        return fields

    drafts: dict[int, Fields] = {}

    def note(self, at: int) -> Fields:
        chance = self.random.random()
        if chance < 0.2:
            return {"topic": "points_table", "subject": "table/1", "digest": "ab" * 32}
        if chance < 0.4:
            rule = {"two_from_min": self.random.randrange(40, 120), "two_from_pt": 100, "zone": "+08:00"}
            self.drafts[len(self.model.log)] = rule
            return {"topic": "rule", "subject": "rule", "digest": digest(rule)}
        number = self.account("issue", "opening") if self.random.random() < 0.5 else self.account()
        issuing = self.model.accounts.get(number, {}).get("class") in ("issue", "opening")
        if issuing != (self.random.random() < 0.1):
            numbers = {"quota": self.random.randrange(500, 4000)}
        else:
            numbers = {"floor": self.random.randrange(-40, 20), "ceiling": self.random.randrange(-10, 500)}
            numbers = {"ceiling": max(0, numbers["ceiling"]), "floor": numbers["floor"]}
        draft = {"account": number, **numbers}
        self.drafts[len(self.model.log)] = draft
        return {"topic": "limit", "subject": str(number), "digest": digest(draft)}

    def rule(self, at: int) -> Fields:
        ready = [seq for seq, note in self.model.notes.items() if note["topic"] == "rule"]
        if not ready or self.random.random() < 0.3:
            fields: Fields = {"two_from_min": 60, "two_from_pt": 60, "zone": "+08:00"}
            if self.random.random() < 0.5:
                fields["cites"] = self.seq(self.model.notes)
            return fields
        seq = self.random.choice(ready[-2:])
        return {**self.drafts[seq], "cites": seq}

    def key(self, at: int) -> Fields:
        return {"key": "cd" * 32, "from": len(self.model.log) + self.random.choice([-1, 0, 1, 5])}

    def post(self, at: int) -> Fields:
        fields: Fields = {"legs": self.legs(), "on": self.day(at)}
        if self.random.random() < 0.1:
            fields["cites"] = self.seq(self.model.notes)
        return fields

    def hold(self, at: int) -> Fields:
        fields: Fields = {"legs": self.legs()}
        if self.random.random() < 0.6:
            fields["until"] = at + self.random.choice([-1, 0, 1_000, 500_000, 3_600_000, 3_600_000, 40_000_000])
        return fields

    def capture(self, at: int) -> Fields:
        seq = self.free()
        legs = self.legs()
        if seq in self.model.held and self.random.random() < 0.9:
            legs = [list(leg) for leg in self.model.held[seq]["legs"]]
            chance = self.random.random()
            if chance < 0.5:
                # Less than was held: from one of the payers, or more than was held.
                payers = [leg for leg in legs if leg[1] < 0]
                payees = [leg for leg in legs if leg[1] > 0]
                payer = list(self.random.choice(payers))
                payer[1] = -self.random.randrange(1, -payer[1] + (9 if chance < 0.25 else 1))
                legs = sorted([payer, [payees[0][0], -payer[1]]])
        return {"hold": seq, "legs": legs, "on": self.day(at)}

    def release(self, at: int) -> Fields:
        return {"hold": self.free()}

    def expire(self, at: int) -> Fields:
        timed = [seq for seq, hold in self.model.held.items() if hold["until"] is not None and not hold["resolved"]]
        return {"hold": self.seq(timed) if timed and self.random.random() < 0.7 else self.free()}

    def free(self) -> int:
        """A hold, rather one that nothing has resolved."""
        free = [seq for seq, hold in self.model.held.items() if not hold["resolved"]]
        return self.seq(free if free and self.random.random() < 0.7 else self.model.held)

    def reverse(self, at: int) -> Fields:
        moved = [seq for seq, (kind, _) in enumerate(self.model.log) if kind in ("post", "capture")]
        seq = self.seq(moved if self.random.random() < 0.85 else range(len(self.model.log)))
        if moved and self.random.random() < 0.3:
            seq = moved[0]
        return {
            "of": seq,
            "on": self.day(at),
            "reason": "mistake",
            "approvers": [4] if self.random.random() < 0.5 else [4, 5],
        }

    def close(self, at: int) -> Fields:
        empty = [
            number
            for number, one in self.model.accounts.items()
            if not one["balance"] and not one["held"] and one["class"] not in SPECIAL
        ]
        with_lots = [number for number in empty if len(self.model.open_group(number)) > 1]
        if with_lots and self.random.random() < 0.6:
            empty = with_lots
        return {"account": self.random.choice(empty) if empty and self.random.random() < 0.7 else self.account()}

    def erase(self, at: int) -> Fields:
        closed = [number for number, one in self.model.accounts.items() if one["closed"] is not None]
        return {"accounts": [self.random.choice(closed) if closed and self.random.random() < 0.8 else self.account()]}


def founded(db: Database, community_id: int) -> None:
    """A log with nothing in it, not even its first entries."""
    with db.storage._writer.connect() as connection:
        Book.found(connection, community_id, f"timebank.example/log/T{community_id}")
        connection.commit()


def held_against(db: Database, model: Model, community_id: int) -> None:
    """The stored projections are what the model says."""
    with db.storage.read() as session:
        for one in reading.accounts(session, community_id):
            told = model.accounts[one.number]
            stored = (one.balance, one.held, one.issued, one.quota, one.floor, one.ceiling, one.closed, one.erased)
            expected = tuple(
                told[name] for name in ("balance", "held", "issued", "quota", "floor", "ceiling", "closed", "erased")
            )
            assert stored == expected, one.number
        tail = reading.tail(session, community_id)
        assert tail is not None
        assert tail.size == len(model.log)
        rows = reading.trial_balance(session, community_id, from_ms(0), db.clock.now())
        for unit in ("min", "pt"):
            assert sum(row.closing for row in rows if row.unit == unit) == 0
            assert sum(row.added for row in rows if row.unit == unit) == sum(
                row.taken for row in rows if row.unit == unit
            )
        assert {row.account: row.closing for row in rows} == {
            number: one["balance"] for number, one in model.accounts.items()
        }


def run_history(db: Database, seed: int, seen: Counter[str]) -> None:
    community_id = COMMUNITY + seed
    founded(db, community_id)
    model = Model()
    teller = Teller(model, seed)
    teller.drafts = {}
    start: list[tuple[str, Fields]] = [
        ("note", {"topic": "limit", "subject": "1", "digest": "00" * 32}),
        ("rule", {"two_from_min": 60, "two_from_pt": 60, "zone": "+08:00"}),
        ("note", {"topic": "limit", "subject": "1", "digest": "00" * 32}),
        ("key", {"key": "ab" * 32, "from": 0}),
    ]
    for number, (unit, class_) in enumerate(
        [("min", "issue"), ("pt", "issue"), ("min", "member"), ("min", "member"), ("pt", "member")], start=1
    ):
        start.append(("open", {"account": number, "unit": unit, "class": class_}))
        teller.next_number = number
    for number in (1, 2):
        draft = {"account": number, "quota": 5_000 if number == 1 else 2**53 - 1}
        start.append(("note", {"topic": "limit", "subject": str(number), "digest": digest(draft)}))
        start.append(("limit", {**draft, "cites": 5 + 2 * number, "approvers": [1, 2]}))
    steps = iter(range(STEPS))
    while True:
        # Several entries in one request, several requests in one transaction: the buffer must read as the database does.
        batch: list[tuple[str, Fields]] = []
        for _ in range(teller.random.choice([1, 1, 3, 8])):
            if start:
                batch.append(start.pop(0))
            elif next(steps, None) is not None:
                batch.append(("made up", {}))
        if not batch:
            break
        db.clock.move(datetime.timedelta(seconds=teller.random.choice([0, 1, 600, 40_000])))
        undone = not start and teller.random.random() < 0.08

        def run(
            session: Any, now: datetime.datetime, batch: list[tuple[str, Fields]] = batch, undone: bool = undone
        ) -> dict[str, Any]:
            book = book_of(session)
            at = int(book.at.timestamp() * 1000)
            for kind, given in batch:
                fields = given
                if kind == "made up":
                    kind, fields = teller.entry(at)
                broken = model.broken(kind, fields, at)
                try:
                    seq = call(book, kind, fields)
                except LedgerRefused as refused:
                    assert refused.code in broken, (seed, kind, fields, broken)
                    seen[refused.code] += 1
                else:
                    assert not broken, (seed, kind, fields, broken)
                    assert seq == len(model.log)
                    seen[kind] += 1
                    model.do(kind, fields, at)
            if undone:
                raise Refused
            return {}

        before = copy.deepcopy(model.__dict__)
        try:
            db.storage.write(community_id, new_key(db.clock.now()), run, actor="test", use_case="test", content={})
        except Refused:
            model.__dict__.update(before)  # the whole request was taken back
    held_against(db, model, community_id)


def test_random_histories_are_booked_and_refused_as_the_model_says(db: Database) -> None:
    seen: Counter[str] = Counter()
    for seed in range(HISTORIES):
        run_history(db, seed, seen)
    assert not [f"{name}: {seen[name]}" for name in sorted(KINDS | CODES) if name not in SCARCE and seen[name] < LEAST]
    assert not seen.keys() - KINDS - CODES


# `clock` cannot be told through a book that takes the later of two times by itself; see test_book.py.
SCARCE = {"clock", "range"}
