"""The ledger's own rules: docs/log-format.md, section 2. State and an entry in; a changed state or a refusal out.

Pure: no database, no clock. `State` holds what was loaded; `apply` checks one entry completely before it changes anything, so a refused entry leaves no trace. What a request changed can be taken back with `mark` and `undo`.
The writer and `doctor --rebuild` run this same code; `verify.py` is a second, independent writing of the same page.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from ledger.entries import ISSUING, SINKS, SPECIAL, Fields, digest_of
from ledger.errors import LedgerRefused
from ledger.units import LARGEST

Thing = TypeVar("Thing")

DAY_MS = 86_400_000
_EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()


def _offset_ms(zone: str) -> int:
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return (minutes if zone[0] == "+" else -minutes) * 60_000


@lru_cache(maxsize=64)
def _local_day(at: int, zone: str) -> str:
    """The day of an instant in a zone; entries come by the thousand for each."""
    return datetime.date.fromordinal(_EPOCH_ORDINAL + (at + _offset_ms(zone)) // DAY_MS).isoformat()


@dataclass(frozen=True)
class Rule:
    """From which amounts on a reversal needs two people, and the zone whose midnights end lots."""

    seq: int
    two_from_min: int
    two_from_pt: int
    zone: str

    @property
    def offset_ms(self) -> int:
        return _offset_ms(self.zone)

    def two_from(self, unit: str) -> int:
        return self.two_from_min if unit == "min" else self.two_from_pt

    def local_day(self, at: int) -> str:
        """The day of an instant (ms) in the community's zone."""
        return _local_day(at, self.zone)


@dataclass(slots=True, eq=False)
class Account:
    """An account and what the entries so far made of it. Amounts in whole steps of its unit; `ends` in ms."""

    number: int
    unit: str
    class_: str
    owner: int
    ceiling: int | None = None
    ends: int | None = None
    to: frozenset[str] | None = None
    floor: int = 0
    quota: int = 0
    issued: int = 0
    balance: int = 0
    held: int = 0
    opened: int = 0
    closed: int | None = None
    erased: bool = False
    touched: int = -1  # the request that last took a snapshot for undo

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def order(self) -> tuple[float, bool, int]:
        """Where the account stands in its owner's spending order."""
        return (float("inf") if self.ends is None else self.ends, self.to is None, self.number)

    def may_credit(self, classes: Iterable[str]) -> bool:
        return self.to is None or self.to.issuperset(classes)

    def ended(self, at: int) -> bool:
        return self.ends is not None and self.ends <= at


@dataclass(slots=True, eq=False)
class Hold:
    """Amounts set aside: `legs` as in the entry; `resolved` is the capture, release or expire that ended it."""

    seq: int
    legs: tuple[tuple[int, int], ...]
    until: int | None
    resolved: int | None = None

    def held(self) -> dict[int, int]:
        """The positive amount held on each debited account."""
        return {account: -amount for account, amount in self.legs if amount < 0}


@dataclass(slots=True, eq=False)
class Note:
    seq: int
    topic: str
    subject: str
    digest: str
    used_by: int | None = None


@dataclass(frozen=True)
class Booked:
    """What the rules need to know of an earlier entry to reverse it; only posts and captures have legs here."""

    kind: str
    legs: tuple[tuple[int, int], ...]
    reversed_by: int | None


class Source:
    """Where a `State` finds what it has not seen yet; this one knows nothing, as at the start of a log."""

    def group(self, number: int) -> list[Account]:
        """The account and all open accounts of its owner; empty if there is no such account."""
        return []

    def hold(self, seq: int) -> Hold | None:
        return None

    def note(self, seq: int) -> Note | None:
        return None

    def booked(self, seq: int) -> Booked | None:
        return None


class State:
    """What the entries so far amount to, as far as it was needed."""

    def __init__(self, source: Source | None = None) -> None:
        self.source = source or Source()
        self.rule: Rule | None = None
        self.size = 0
        self.at = 0
        self.accounts: dict[int, Account] = {}
        self.groups: dict[int, list[Account]] = {}
        self.holds: dict[int, Hold] = {}
        self.notes: dict[int, Note] = {}
        self.bookings: dict[int, Booked] = {}
        self.request = 0
        self._undo: list[Callable[[], None]] = []

    # What the rules ask of it

    def account(self, number: int) -> Account:
        found = self.accounts.get(number)
        if found is None:
            self.remember(self.source.group(number))
            found = self.accounts.get(number)
            if found is None:
                raise LedgerRefused("unknown_account", account=number)
        return found

    def open_account(self, number: int) -> Account:
        found = self.account(number)
        if found.closed is not None:
            raise LedgerRefused("closed_account", account=number)
        return found

    def group(self, owner: int) -> list[Account]:
        """The open accounts of an owner in spending order."""
        if owner not in self.groups:
            self.account(owner)
        return self.groups.get(owner, [])

    def hold(self, seq: int) -> Hold:
        return self._found(self.holds, seq, self.source.hold, "unknown_hold")

    def note(self, seq: int) -> Note:
        return self._found(self.notes, seq, self.source.note, "unknown_note")

    def booked(self, seq: int) -> Booked:
        return self._found(self.bookings, seq, self.source.booked, "unknown_entry")

    def remember(self, accounts: Sequence[Account]) -> None:
        """Take loaded accounts in: each with all the open accounts of its owner."""
        for account in accounts:
            if account.number not in self.accounts:
                self.accounts[account.number] = account
                group = self.groups.setdefault(account.owner, [])
                if account.closed is None:
                    group.append(account)
        for owner in {account.owner for account in accounts}:
            self.groups[owner].sort(key=lambda account: account.order)

    # Undo

    def mark(self) -> tuple[int, int]:
        """Begin a request; what follows can be taken back with `undo`."""
        self.request += 1
        self._undo.clear()
        return (self.size, self.at)

    def undo(self, mark: tuple[int, int]) -> None:
        for take_back in reversed(self._undo):
            take_back()
        self._undo.clear()
        self.size, self.at = mark
        self.request += 1
        # An entry of this request that was asked for is gone; another will bear its number.
        for seq in [seq for seq in self.bookings if seq >= self.size]:
            del self.bookings[seq]

    def touch(self, account: Account) -> Account:
        """Call before changing an account."""
        if account.touched != self.request:
            account.touched = self.request
            before = (
                account.floor,
                account.ceiling,
                account.quota,
                account.issued,
                account.balance,
                account.held,
                account.closed,
                account.erased,
            )

            def take_back() -> None:
                (
                    account.floor,
                    account.ceiling,
                    account.quota,
                    account.issued,
                    account.balance,
                    account.held,
                    account.closed,
                    account.erased,
                ) = before

            self._undo.append(take_back)
        return account

    def undo_with(self, take_back: Callable[[], None]) -> None:
        self._undo.append(take_back)

    @staticmethod
    def _found(known: dict[int, Thing], seq: int, load: Callable[[int], Thing | None], refusal: str) -> Thing:
        found = known.get(seq)
        if found is None:
            found = load(seq)
            if found is None:
                raise LedgerRefused(refusal, seq=seq)
            known[seq] = found
        return found


Legs = Sequence[tuple[int, int]]


def apply(state: State, kind: str, fields: Fields, at: int) -> None:
    """Check the next entry, then change the state by it.

    Raises:
        LedgerRefused: with the code of docs/log-format.md; the state is as before.
    """
    if at < state.at:
        raise LedgerRefused("clock", at=at, last=state.at)
    if (state.size == 0 and (kind != "rule" or "cites" in fields)) or (
        state.size == 1 and (kind != "key" or fields["from"] != 0)
    ):
        raise LedgerRefused("first_entries", kind=kind)
    _APPLY[kind](state, fields, at)
    state.size += 1
    state.at = at


def _rule(state: State) -> Rule:
    if state.rule is None:
        raise LedgerRefused("first_entries", kind="none")
    return state.rule


def _check_day(state: State, on: str, at: int) -> None:
    today = _rule(state).local_day(at)
    if on > today:
        raise LedgerRefused("future_day", on=on, today=today)


def _cite(state: State, cites: int, topic: str, subject: str, digest: str) -> Note:
    note = state.note(cites)
    if (note.topic, note.subject, note.digest) != (topic, subject, digest):
        raise LedgerRefused("note_mismatch", note=cites, topic=topic, subject=subject)
    if note.used_by is not None:
        raise LedgerRefused("note_used", note=cites, used_by=note.used_by)
    return note


def _use(state: State, note: Note) -> None:
    note.used_by = state.size
    state.undo_with(lambda: setattr(note, "used_by", None))


def _set_rule(state: State, fields: Fields, at: int) -> None:
    numbers = {name: fields[name] for name in ("two_from_min", "two_from_pt", "zone")}
    if state.size:
        if "cites" not in fields:
            raise LedgerRefused("note_mismatch", topic="rule")
        _use(state, _cite(state, fields["cites"], "rule", "rule", digest_of(**numbers)))
    before = state.rule
    state.rule = Rule(state.size, **numbers)
    state.undo_with(lambda: setattr(state, "rule", before))


def _key(state: State, fields: Fields, at: int) -> None:
    if state.size > 1 and fields["from"] <= state.size:
        raise LedgerRefused("key_from", least=state.size + 1)


def _open(state: State, fields: Fields, at: int) -> None:
    number, unit, class_, ends = fields["account"], fields["unit"], fields["class"], fields.get("ends")
    if number in state.accounts or state.source.group(number):
        raise LedgerRefused("account_exists", account=number)
    if class_ in SPECIAL and (fields.keys() & {"owner", "ends", "to"} or (class_ in ISSUING and "ceiling" in fields)):
        raise LedgerRefused("special_account", account=number, **{"class": class_})
    if ends is not None and (ends <= at or (ends + _rule(state).offset_ms) % DAY_MS):
        raise LedgerRefused("ends", ends=ends)
    owner = fields.get("owner")
    if owner is not None:
        main = state.open_account(owner)
        if main.owner != owner or main.unit != unit or main.class_ in SPECIAL:
            raise LedgerRefused("owner", owner=owner)
        for other in state.group(owner):
            if other.class_ == class_ and other.ends == ends:
                raise LedgerRefused("lot_exists", account=other.number, owner=owner)
    to = fields.get("to")
    account = Account(
        number,
        unit,
        class_,
        number if owner is None else owner,
        fields.get("ceiling"),
        ends,
        None if to is None else frozenset(to),
        opened=state.size,
    )
    state.remember([account])

    def take_back() -> None:
        del state.accounts[number]
        state.groups[account.owner].remove(account)

    state.undo_with(take_back)


def _check_legs(state: State, legs: Legs) -> tuple[list[tuple[Account, int]], set[str]]:
    """The accounts of the legs, and the classes that are credited, where the checks common to post, hold and capture pass."""
    known = state.accounts
    found = [(known.get(number) or state.account(number), amount) for number, amount in legs]
    unit = found[0][0].unit
    debited: set[int] = set()
    credited: set[int] = set()
    classes: set[str] = set()
    for account, amount in found:
        if account.closed is not None:
            raise LedgerRefused("closed_account", account=account.number)
        if account.unit != unit:
            raise LedgerRefused("unit_mismatch", account=account.number, unit=account.unit)
        if amount > 0:
            if account.class_ in ISSUING:
                raise LedgerRefused("issuing_credited", account=account.number)
            credited.add(account.owner)
            classes.add(account.class_)
        else:
            debited.add(account.owner)
    if not debited.isdisjoint(credited):
        raise LedgerRefused("one_hop", owner=min(debited & credited))
    return found, classes


def eligible(account: Account, classes: set[str], at: int) -> bool:
    """Whether the account may pay into these classes now."""
    return account.closed is None and account.may_credit(classes) and (not account.ended(at) or classes <= SINKS)


def _check_debits(state: State, found: list[tuple[Account, int]], classes: set[str], at: int, *, hold: bool) -> None:
    for account, amount in found:
        if amount > 0:
            continue
        if account.to is not None and not account.may_credit(classes):
            raise LedgerRefused("to_forbids", account=account.number, classes=sorted(classes - account.to))
        if account.ends is not None and account.ends <= at and not classes <= SINKS:
            raise LedgerRefused("ended", account=account.number, ends=account.ends)
        if account.class_ in ISSUING:
            _check_issue(account, amount, hold=hold)
        elif account.balance - account.held + amount < account.floor:
            available = max(account.available - account.floor, 0)
            raise LedgerRefused("insufficient", account=account.number, needed=-amount, available=available)
        elif len(state.groups[account.owner]) > 1:
            _check_order(state, account, found, classes, at)


def _check_issue(account: Account, amount: int, *, hold: bool) -> None:
    if hold:
        raise LedgerRefused("issuing_hold", account=account.number)
    if account.issued - amount > account.quota:
        raise LedgerRefused("quota", account=account.number, quota=account.quota, issued=account.issued, needed=-amount)


def _check_order(state: State, account: Account, found: list[tuple[Account, int]], classes: set[str], at: int) -> None:
    """Refuse to debit `account` while one that comes earlier in its owner's spending order has something left."""
    taken = {one.number: amount for one, amount in found if amount < 0}
    for earlier in state.groups[account.owner]:
        if earlier is account:
            return
        left = earlier.available + taken.get(earlier.number, 0)
        if left > max(earlier.floor, 0) and eligible(earlier, classes, at):
            raise LedgerRefused("order", account=account.number, earlier=earlier.number, available=left)


def _check_credits(found: list[tuple[Account, int]], at: int) -> None:
    for account, amount in found:
        if amount > 0:
            if account.ends is not None and account.ends <= at:
                raise LedgerRefused("ended", account=account.number, ends=account.ends)
            if account.ceiling is not None and account.balance + amount > account.ceiling:
                raise LedgerRefused(
                    "ceiling",
                    account=account.number,
                    ceiling=account.ceiling,
                    room=max(account.ceiling - account.balance, 0),
                )
        _check_range(account.balance + amount)


def _check_range(amount: int) -> None:
    if not -LARGEST <= amount <= LARGEST:
        raise LedgerRefused("range", most=LARGEST)


def _move(state: State, found: list[tuple[Account, int]]) -> None:
    for account, amount in found:
        state.touch(account).balance += amount


def _post(state: State, fields: Fields, at: int) -> None:
    post(state, fields["legs"], fields["on"], fields.get("cites"), at)


def post(state: State, legs: Legs, on: str, cites: int | None, at: int) -> None:
    """The rules of a post; apart from `apply` for the writer's hot path, which has checked `at` and the first entries."""
    _check_day(state, on, at)
    if cites is not None:
        state.note(cites)
    found, classes = _check_legs(state, legs)
    _check_debits(state, found, classes, at, hold=False)
    _check_credits(found, at)
    for account, amount in found:
        if account.class_ in ISSUING:
            _check_range(account.issued - amount)
    for account, amount in found:
        state.touch(account).balance += amount
        if account.class_ in ISSUING:
            account.issued -= amount


def post_plainly(state: State, legs: Legs, on: str, cites: int | None, at: int) -> bool:
    """Book a post if it is of the commonest sort and no rule stands against it; else false, nothing is changed, and `post` must be asked.

    The commonest sort: two known accounts, the payer's the only one of its owner, without `ends`, `to` or a class of its
    own kind, or an issuing one; the payee's without `ends`; a note that it cites is known, too. A test puts everything to both and compares.
    """
    if (
        len(legs) != 2
        or state.rule is None
        or on > state.rule.local_day(at)
        or (cites is not None and cites not in state.notes)
    ):
        return False
    (low, amount), (high, _) = legs
    payee, payer = state.accounts.get(low), state.accounts.get(high)
    if payee is None or payer is None:
        return False
    if amount < 0:
        payee, payer, amount = payer, payee, -amount
    if (
        payer.closed is not None
        or payee.closed is not None
        or payer.unit != payee.unit
        or payer.owner == payee.owner
        or payer.ends is not None
        or payee.ends is not None
        or payer.to is not None
        or payee.class_ in ISSUING
    ):
        return False
    spent, gained = payer.balance - amount, payee.balance + amount
    if spent < -LARGEST or gained > LARGEST or (payee.ceiling is not None and gained > payee.ceiling):
        return False
    if payer.class_ in ISSUING:
        if payer.issued + amount > payer.quota:
            return False
        state.touch(payer).issued += amount
    elif spent - payer.held < payer.floor or len(state.groups[payer.owner]) != 1:
        return False
    state.touch(payer).balance = spent
    state.touch(payee).balance = gained
    return True


def _hold(state: State, fields: Fields, at: int) -> None:
    found, classes = _check_legs(state, fields["legs"])
    _check_debits(state, found, classes, at, hold=True)
    until = fields.get("until")
    if until is not None and until <= at:
        raise LedgerRefused("until", until=until)
    seq = state.size
    for account, amount in found:
        if amount < 0:
            _check_range(account.held - amount)
    for account, amount in found:
        if amount < 0:
            state.touch(account).held -= amount
    state.holds[seq] = Hold(seq, tuple((number, amount) for number, amount in fields["legs"]), until)
    state.undo_with(lambda: cast(None, state.holds.pop(seq, None)))


def _unresolved(state: State, seq: int) -> Hold:
    hold = state.hold(seq)
    if hold.resolved is not None:
        raise LedgerRefused("hold_resolved", hold=seq, resolved=hold.resolved)
    return hold


def _resolve(state: State, hold: Hold) -> None:
    for number, amount in hold.held().items():
        state.touch(state.account(number)).held -= amount
    hold.resolved = state.size
    state.undo_with(lambda: setattr(hold, "resolved", None))


def _capture(state: State, fields: Fields, at: int) -> None:
    hold = _unresolved(state, fields["hold"])
    legs = fields["legs"]
    _check_day(state, fields["on"], at)
    found, classes = _check_legs(state, legs)
    held = hold.held()
    captured: dict[int, list[Account]] = defaultdict(list)
    for account, amount in found:
        if amount < 0:
            if -amount > held.get(account.number, 0):
                raise LedgerRefused(
                    "capture_exceeds", account=account.number, needed=-amount, held=held.get(account.number, 0)
                )
            if not account.may_credit(classes):
                raise LedgerRefused(
                    "to_forbids", account=account.number, classes=sorted(classes - (account.to or frozenset()))
                )
            captured[account.owner].append(account)
    taken = {account.number: -amount for account, amount in found if amount < 0}
    for number, amount in held.items():
        earlier = state.account(number)
        for account in captured.get(earlier.owner, ()):
            if earlier.order < account.order and taken.get(number, 0) < amount:
                raise LedgerRefused(
                    "order", account=account.number, earlier=number, available=amount - taken.get(number, 0)
                )
    _check_credits(found, at)
    _resolve(state, hold)
    _move(state, found)


def _release(state: State, fields: Fields, at: int) -> None:
    _resolve(state, _unresolved(state, fields["hold"]))


def _expire(state: State, fields: Fields, at: int) -> None:
    hold = _unresolved(state, fields["hold"])
    if hold.until is None or at < hold.until:
        raise LedgerRefused("not_due", hold=hold.seq)
    _resolve(state, hold)


def _reverse(state: State, fields: Fields, at: int) -> None:
    of = fields["of"]
    _check_day(state, fields["on"], at)
    if of >= state.size:
        raise LedgerRefused("unknown_entry", seq=of)
    booked = state.booked(of)
    if booked.kind not in ("post", "capture"):
        raise LedgerRefused("not_reversible", seq=of, kind=booked.kind)
    if booked.reversed_by is not None:
        raise LedgerRefused("already_reversed", seq=of, by=booked.reversed_by)
    found = [(state.open_account(number), -amount) for number, amount in booked.legs]
    rule = _rule(state)
    volume = sum(amount for _, amount in found if amount > 0)
    if volume >= rule.two_from(found[0][0].unit) and len(fields["approvers"]) < 2:
        raise LedgerRefused("two_approvers", amount=volume, two_from=rule.two_from(found[0][0].unit))
    for account, amount in found:
        _check_range(account.balance + amount)
    _move(state, found)
    state.bookings[of] = Booked(booked.kind, booked.legs, state.size)
    state.undo_with(lambda: state.bookings.__setitem__(of, booked))


def _limit(state: State, fields: Fields, at: int) -> None:
    account = state.open_account(fields["account"])
    issuing = account.class_ in ISSUING
    numbers: dict[str, Any] = {name: fields[name] for name in ("floor", "ceiling", "quota") if name in fields}
    if len(fields["approvers"]) < 2:
        raise LedgerRefused("two_approvers", account=account.number)
    if (
        (issuing and numbers.keys() - {"quota"})
        or (not issuing and "quota" in numbers)
        or numbers.get("ceiling", LARGEST) < numbers.get("floor", 0)
    ):
        raise LedgerRefused("limit_fields", account=account.number)
    _use(
        state, _cite(state, fields["cites"], "limit", str(account.number), digest_of(account=account.number, **numbers))
    )
    state.touch(account)
    account.floor, account.ceiling, account.quota = (
        numbers.get("floor", 0),
        numbers.get("ceiling"),
        numbers.get("quota", 0),
    )
    if issuing:
        account.issued = 0


def _close(state: State, fields: Fields, at: int) -> None:
    account = state.open_account(fields["account"])
    if account.balance or account.held:
        raise LedgerRefused("not_empty", account=account.number, balance=account.balance, held=account.held)
    group = state.group(account.owner)
    if account.owner == account.number and len(group) > 1:
        raise LedgerRefused("has_lots", account=account.number, lots=len(group) - 1)
    state.touch(account).closed = state.size
    group.remove(account)

    def take_back() -> None:
        group.append(account)
        group.sort(key=lambda one: one.order)

    state.undo_with(take_back)


def _note(state: State, fields: Fields, at: int) -> None:
    seq = state.size
    state.notes[seq] = Note(seq, fields["topic"], fields["subject"], fields["digest"])
    state.undo_with(lambda: cast(None, state.notes.pop(seq, None)))


def _erase(state: State, fields: Fields, at: int) -> None:
    accounts = [state.account(number) for number in fields["accounts"]]
    for account in accounts:
        if account.closed is None:
            raise LedgerRefused("not_closed", account=account.number)
        if account.erased:
            raise LedgerRefused("already_erased", account=account.number)
    for account in accounts:
        state.touch(account).erased = True


_APPLY: dict[str, Callable[[State, Fields, int], None]] = {
    "rule": _set_rule,
    "key": _key,
    "open": _open,
    "limit": _limit,
    "post": _post,
    "hold": _hold,
    "capture": _capture,
    "release": _release,
    "expire": _expire,
    "reverse": _reverse,
    "close": _close,
    "note": _note,
    "erase": _erase,
}
