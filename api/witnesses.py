"""Asking witnesses to sign our checkpoints, and what they have signed (https://c2sp.org/tlog-witness, from the log's side).

Whom to ask, and whose signatures are enough, stands in a policy file of the operator (https://c2sp.org/tlog-policy). Asking
happens outside of every transaction: a witness that is slow or gone keeps nobody waiting. A witness that has seen more of a
log than the database holds, or something else, stops the signing of that log: our database is older than the world has seen.
"""

import datetime as dt
from collections.abc import MutableMapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import structlog
from sqlmodel import Session

from api import newest, outside, seals
from api.keys import SigningKeys
from ledger import log as ledger_log
from ledger import note, proofs, quorum, witness, witnessed
from ledger.log import Signed
from ledger.note import BadNote
from ledger.quorum import Policy, Witness
from timebank import evidence
from timebank.columns import new_key, to_ms
from timebank.evidence import Alarm
from timebank.people.communities import Community
from timebank.storage import Storage

log = structlog.get_logger()

AGAIN_AFTER = dt.timedelta(hours=12)  # a log that does not grow is shown again, so that "last witnessed" stays young
RESTS = dt.timedelta(minutes=4)  # a witness that did not answer is left alone for the rest of a round
AHEAD_MOST = dt.timedelta(minutes=10)  # of a witness's clock before ours
ROUNDS_MOST = 3
STALE_AFTER = dt.timedelta(hours=48)  # four times what a quiet log is shown again after: no hiccup, somebody must look
LOOKED_AT = (60, 5_000)  # cosignatures: usually the last few tell; else those of some days

Resting = MutableMapping[str, dt.datetime]


@dataclass(frozen=True)
class Told:
    """What asking one witness came to: signed, unreachable, refused, unreadable or alarm; `told` says more."""

    witness: str
    outcome: str
    size: int
    told: str = ""


@dataclass(frozen=True)
class Asking:
    """One community's log before its witnesses. `resting`: until when a witness's address is left alone."""

    storage: Storage
    keys: SigningKeys
    place: Community
    policy: Policy
    resting: Resting

    def ask(self, *, anyway: bool = False) -> list[Told]:
        """Ask every witness that has not signed the newest checkpoint, or not lately; `anyway`: each of them.

        What they signed is kept. Harmless when run twice.
        """
        if self.policy.logs and self.place.origin not in {key.name for key in self.policy.logs}:
            return []
        self._settle_if_shown()
        alarm = seals.alarm_of(self.keys, self.place.code)
        if alarm is not None:
            return [Told(alarm.witness, "alarm", alarm.size, "it stands until it is settled")]
        told = []
        for one in self.policy.witnesses:
            if one.url and not self._rests(one) and (anyway or self._is_due(one)):
                told.append(self._ask(one))
        return told

    def settle(self, shown: str) -> bool:
        """Whether a checkpoint of ours that goes as far as the alarm is part of the log that we hold; then the alarm is over."""
        alarm = seals.alarm_of(self.keys, self.place.code)
        if alarm is None:
            return True
        with self.storage.read() as session:
            end = ledger_log.end(session, self.place.id)
            try:
                where = newest.checkpoint_of(shown)
                if not alarm.size <= where.size <= end.size:
                    return False
                key = note.Key(end.origin, ledger_log.key_in_force(session, self.place.id, where.size))
                ours = where.origin == end.origin and note.is_signed(note.parse(shown), key)
            except BadNote:
                return False
            if not ours or ledger_log.root_at(session, self.place.id, where.size) != where.root:
                return False
        seals.settle_alarm(self.keys, self.place.code)
        log.warning("alarm settled", community=self.place.code, witness=alarm.witness, size=alarm.size)
        return True

    def _rests(self, one: Witness) -> bool:
        now = self.storage.clock()
        return self.resting.get(one.url, now) > now

    def _is_due(self, one: Witness) -> bool:
        with self.storage.read() as session:
            signed = ledger_log.newest(session, self.place.id)
            last = witness.newest_by(session, self.place.id, one.key.public_key)
        if signed is None:
            return False
        return last is None or last.size < signed.size or last.at < to_ms(self.storage.clock() - AGAIN_AFTER)

    def _ask(self, one: Witness) -> Told:
        with self.storage.read() as session:
            last = witness.newest_by(session, self.place.id, one.key.public_key)
        old = last.size if last else 0
        for _ in range(ROUNDS_MOST):
            signed, body = self._request(old)
            if signed is None:
                return Told(one.name, "refused", 0, "nothing is signed yet")
            try:
                answer = outside.post(f"{one.url}/add-checkpoint", body)
            except outside.Unreachable as gone:
                self.resting[one.url] = self.storage.clock() + RESTS
                return Told(one.name, "unreachable", signed.size, str(gone))
            if answer.status == 200:
                return self._kept(one, signed, answer.body)
            if answer.status != 409:
                return self._refused(one, signed, old, answer)
            size = answer.size()
            if size is None or (size == old and size < signed.size):
                return Told(one.name, "unreadable", signed.size, "409 without a size that helps")
            if self._knows_another_log(signed, old, size):
                return self._alarm(one, size)
            old = size
        return Told(one.name, "refused", old, "it names another size each time")

    def _refused(self, one: Witness, signed: Signed, old: int, answer: outside.Answer) -> Told:
        if answer.status == 422 and old:
            return self._alarm(one, old)  # it says itself that it saw this size, and our log does not begin so
        return Told(one.name, "refused", signed.size, f"{answer.status} {answer.text()}")

    def _knows_another_log(self, signed: Signed, old: int, size: int) -> bool:
        """Whether a witness that names this size saw another root of it, or more than the database holds."""
        return size == signed.size == old or (size > signed.size and not self._signs_up_to(size))

    def _request(self, old: int) -> tuple[Signed | None, bytes]:
        with self.storage.read() as session:
            signed = ledger_log.newest(session, self.place.id)
            if signed is None:
                return None, b""
            known = min(old, signed.size)
            proof = proofs.consistency(session, self.place.id, known, signed.size)
        return signed, witnessed.written_request(known, proof, signed.note)

    def _signs_up_to(self, size: int) -> bool:
        """Whether the log does go so far, and is signed so far now: another process may have signed and asked meanwhile."""
        with self.storage.read() as session:
            if ledger_log.end(session, self.place.id).size < size:
                return False
        signed = evidence.checkpoint(self.storage, self.place.id, seals.seal_of(self.keys, self.place.code))
        return signed.size >= size

    def _kept(self, one: Witness, signed: Signed, body: bytes) -> Told:
        latest = to_ms(self.storage.clock() + AHEAD_MOST)
        try:
            lines = body.decode()
            note.signature_lines(lines)
            facts = self.storage.write(
                self.place.id,
                new_key(self.storage.clock()),
                lambda session, now: {
                    "code": "cosignatures_kept",
                    "witnesses": witness.keep(session, self.place.id, signed.size, lines, [one.key], latest_at=latest),
                },
                actor="system",
                use_case="evidence.cosignatures",
                content={"size": signed.size, "lines": lines},
            )
        except (BadNote, UnicodeDecodeError) as bad:
            return Told(one.name, "unreadable", signed.size, str(bad))
        if not facts["witnesses"] and not self._was_kept(one, signed):
            return Told(one.name, "unreadable", signed.size, "no line of the key that the policy names")
        return Told(one.name, "signed", signed.size)

    def _was_kept(self, one: Witness, signed: Signed) -> bool:
        with self.storage.read() as session:
            kept = witness.cosignatures(session, self.place.id, signed.size)
        return any(line.key == one.key.public_key for line in kept)

    def _alarm(self, one: Witness, size: int) -> Told:
        alarm = Alarm(one.key.name, size, to_ms(self.storage.clock()))
        seals.raise_alarm(self.keys, self.place.code, alarm)
        log.error(
            "a witness has seen another log: nothing is signed",
            community=self.place.code,
            witness=one.key.name,
            size=size,
        )
        return Told(one.name, "alarm", size, "it has seen more of this log than the database holds, or something else")

    def _settle_if_shown(self) -> None:
        """After a newer backup was restored, a witness of our kind shows the checkpoint that the alarm was about."""
        alarm = seals.alarm_of(self.keys, self.place.code)
        for one in self.policy.witnesses if alarm else ():
            if one.url and alarm and one.key.name == alarm.witness:
                try:
                    answer = outside.get(f"{one.url}/checkpoint", origin=self.place.origin)
                    shown = answer.body.decode() if answer.status == 200 else ""
                except (outside.Unreachable, UnicodeDecodeError):
                    continue
                self.settle(shown)


def policy_in(path: Path | None) -> Policy | None:
    """The policy of the operator; None where there is no such file.

    Raises:
        BadPolicy: with the number of the line.
    """
    return quorum.read_policy(path.read_bytes()) if path is not None and path.is_file() else None


@dataclass(frozen=True)
class Signer:
    """A witness of the policy, and the newest that it signed; `size` 0 and `at` None if it never did."""

    name: str
    key_name: str
    size: int
    at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Who saw a log last. `reached_*`: the newest checkpoint that enough witnesses signed, and when there were enough.

    `problem`: why the policy file cannot be read, if it cannot.
    """

    signers: list[Signer]
    asks_for_witnesses: bool
    reached_size: int
    reached_at: dt.datetime | None
    is_stale: bool
    alarm: Alarm | None
    problem: str = ""

    @property
    def last(self) -> Signer | None:
        """The last witness to have signed."""
        return max((one for one in self.signers if one.at), key=lambda one: (one.at, one.size), default=None)


def standing(
    session: Session, place: Community, policy: Policy | None, keys: SigningKeys, *, now: dt.datetime, problem: str = ""
) -> Standing:
    """Who saw this community's log last, and whether that was long ago; without a policy nobody is asked for."""
    alarm = seals.alarm_of(keys, place.code)
    if policy is None or (policy.logs and place.origin not in {key.name for key in policy.logs}):
        policy = quorum.NOBODY
    signers = []
    for one in policy.witnesses:
        last = witness.newest_by(session, place.id, one.key.public_key)
        signers.append(Signer(one.name, one.key.name, last.size if last else 0, instant(last.at) if last else None))
    size, at = _reached(session, place.id, policy)
    asked = policy.asks_for_witnesses
    return Standing(
        signers=signers,
        asks_for_witnesses=asked,
        reached_size=size,
        reached_at=at,
        is_stale=asked and (at is None or now - at > STALE_AFTER),
        alarm=alarm,
        problem=problem,
    )


def _reached(session: Session, community_id: int, policy: Policy) -> tuple[int, dt.datetime | None]:
    """The newest checkpoint that has its quorum, and since when."""
    trusted = {one.key.public_key for one in policy.witnesses}
    for limit in LOOKED_AT if policy.asks_for_witnesses else ():
        found = [one for one in witness.newest_first(session, community_id, limit=limit) if one.key in trusted]
        for size, group in groupby(found, key=lambda one: one.size):
            signed: set[bytes] = set()
            for one in group:  # the newest first: with the one that completes the quorum it is as old as that one
                signed.add(one.key)
                if policy.is_reached(signed):
                    return size, instant(one.at)
    return 0, None


def instant(ms: int) -> dt.datetime:
    """A kept time, aware."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
