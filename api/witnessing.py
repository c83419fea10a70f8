"""Being a witness: which logs of others the operator lists, and what this installation remembers of them.

The list is a file of verifier keys, one a line (`timebank witness add`); a log may have several while it changes its key.
The newest checkpoint of each lies in the database and beside the witness's own key: a restored backup forgets nothing.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import structlog
from sqlmodel import Session

from api import newest
from api.keys import SigningKeys
from api.settings import Settings
from ledger import note, witnessed
from ledger.note import COSIGNATURE, LOG_SIGNATURE, BadNote, Key
from ledger.witnessed import Asked, Seen
from timebank.storage import Storage

log = structlog.get_logger()

SEED = "witness-key"  # no community code has small letters or a dash
TRIES = 3
LISTED_MOST = 10_000


class NoKey(Exception):
    """There is no witness key on this machine: nobody was listed here."""


@dataclass(frozen=True)
class Witness:
    """One installation as a witness for others."""

    name: str
    keys: SigningKeys
    list_path: Path
    storage: Storage

    @property
    def key(self) -> Key:
        """The witness's public key.

        Raises:
            NoKey: there is none on this machine.
        """
        if not self.keys.exists(SEED):
            raise NoKey
        return Key(self.name, self.keys.public_key(SEED), COSIGNATURE)

    def make_key(self) -> Key:
        """The same, made now if there is none."""
        self.keys.create(SEED)
        return self.key

    def listed(self) -> list[Key]:
        """The keys of the logs that are witnessed, in the order of the file; a line that is none is told to the operator's log."""
        return [key for _line, key in self._lines() if key is not None]

    def unreadable(self) -> list[str]:
        """The lines of the file that are neither a key nor a comment."""
        return [
            line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            for line, key in self._lines()
            if key is None and line.strip() and not line.lstrip().startswith("#")
        ]

    def add(self, vkey: str) -> Key:
        """List a log by its verifier key; a second key of a listed log is for changing to. Adding again is harmless.

        Raises:
            BadNote: not the verifier key of a log.
        """
        key = note.read_key(vkey, kind=LOG_SIGNATURE)
        known = self.listed()
        if key not in known:
            if len(known) >= LISTED_MOST:
                raise BadNote(f"more than {LISTED_MOST} logs")
            self._write([line for line, _key in self._lines()] + [key.line])
        return key

    def remove(self, told: str) -> list[Key]:
        """Take a verifier key, or all keys of an origin, off the list; what was cosigned stays remembered."""
        kept, gone = [], []
        for line, key in self._lines():
            if key is not None and told in (key.line, key.name):
                gone.append(key)
            else:
                kept.append(line)
        if gone:
            self._write(kept)
        return gone

    def seen(self, origin: str) -> Seen:
        """The newest checkpoint that was cosigned, as whichever memory goes further has it."""
        with self.storage.read() as session:
            return self._newer(origin, witnessed.seen_by_database(session, origin))

    def cosign(self, body: bytes) -> str:
        """Answer a request to cosign: the signature line.

        Raises:
            WillNotSign: with the status and what to tell.
            NoKey: there is no key to sign with.
        """
        asked, key = witnessed.read_request(body), self.key
        origin = asked.checkpoint.origin
        for _ in range(TRIES):
            # Taken before looking: at that time nothing newer was seen.
            at = self.storage.clock()
            with self.storage.read() as session:
                stored = witnessed.seen_by_database(session, origin)
            seen = self._newer(origin, stored)
            signed = self._judged(asked, seen)
            if asked.checkpoint.size > seen.size:
                taken = self.storage.write_global(lambda session, now: _advance(session, now, asked, stored, signed))  # noqa: B023 - runs before the next turn
                if taken is None:
                    continue  # somebody was faster: look again
                newest.remember(self._memory(origin), signed)
                at = taken
            return note.cosign(
                asked.note.text,
                key.name,
                key.public_key,
                lambda message: self.keys.sign(SEED, message),
                at=int(at.timestamp()),
            )
        raise witnessed.OtherSize(self.seen(origin).size)

    def _judged(self, asked: Asked, seen: Seen) -> str:
        try:
            return witnessed.judge(asked, keys=self.listed(), seen=seen)
        except (witnessed.Contradicted, witnessed.TwoRoots):
            # Its key signed both: where the proof is not merely wrong, the two together convict the log.
            log.warning("a witnessed log is not cosigned", cosigned=seen.note, asked=asked.note.text)
            raise

    def _newer(self, origin: str, stored: Seen) -> Seen:
        remembered = newest.read(self._memory(origin))
        beside = witnessed.NOTHING if remembered is None else witnessed.seen_in(remembered)
        if beside.size == stored.size and beside.root != stored.root:
            raise newest.TwoRoots(f"{origin}: database and memory hold two roots for size {stored.size}")
        return max(stored, beside, key=lambda one: one.size)

    def _memory(self, origin: str) -> Path:
        return self.keys.folder / "witnessed" / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def _lines(self) -> Iterator[tuple[str, Key | None]]:
        # Bytes that are no UTF-8 spoil their line only, and are written back as they were.
        text = self.list_path.read_text(encoding="utf-8", errors="surrogateescape") if self.list_path.is_file() else ""
        for line in text.splitlines():
            told = line.strip()
            if not told or told.startswith("#"):
                yield line, None
                continue
            try:
                yield line, note.read_key(told, kind=LOG_SIGNATURE)
            except BadNote as bad:
                log.warning("no verifier key", file=str(self.list_path), told=str(bad))
                yield line, None

    def _write(self, lines: list[str]) -> None:
        draft = self.list_path.with_name(f".{self.list_path.name}.{secrets.token_hex(4)}")
        with draft.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.list_path)


def witness_of(settings: Settings, storage: Storage) -> Witness:
    """The installation as a witness."""
    return Witness(
        settings.own_witness_name, SigningKeys(settings.keys), settings.data_dir / "witnessed-logs.txt", storage
    )


def _advance(session: Session, now: datetime, asked: Asked, stored: Seen, signed: str) -> datetime | None:
    at = int(now.timestamp() * 1000)
    taken = witnessed.advance(session, asked.checkpoint.origin, seen=stored, signed=signed, at=at)
    return now if taken else None
