"""Being a witness for logs of others, as C2SP tlog-witness has it: the newest checkpoint of each, and what may follow it.

https://c2sp.org/tlog-witness. A log shows a checkpoint and proves that it begins with the one that was cosigned last. The
witness remembers the new one first, and signs then: whatever happens, two roots of one size are never signed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ledger import note, proofs
from ledger.note import BadNote, Checkpoint, Key, Note
from ledger.tables import witnessed
from ledger.tree import EMPTY_ROOT, HASH_BYTES

PROOF_HASHES_MOST = 63
BODY_BYTES_MOST = 64 * 1024
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class WillNotSign(Exception):
    """The witness does not cosign; `status` is what the protocol answers with."""

    status = 400


class Malformed(WillNotSign):
    """The request cannot be read, or names an old size beyond its checkpoint."""


class UnknownLog(WillNotSign):
    """The operator does not list this log."""

    status = 404


class NotSigned(WillNotSign):
    """No listed key of the log signed the checkpoint."""

    status = 403


class OtherSize(WillNotSign):
    """The newest checkpoint that was cosigned is of another `size` than the log thinks, or of another root."""

    status = 409

    def __init__(self, size: int) -> None:
        super().__init__(f"the newest checkpoint is of size {size}")
        self.size = size


class TwoRoots(OtherSize):
    """The log signed two roots for one size: it forked, and its two signatures convict it."""


class Contradicted(WillNotSign):
    """The log does not begin with what was cosigned: it was rewritten, or the proof is wrong."""

    status = 422


@dataclass(frozen=True)
class Asked:
    """A log's request: the size that was cosigned last, the proof from there, and the checkpoint to cosign."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Seen:
    """The newest checkpoint that was cosigned; of size 0 if there is none. `note` is as the log signed it."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""


NOTHING = Seen()


def read_request(body: bytes) -> Asked:
    """What a log asks.

    Raises:
        Malformed: it does not ask as the protocol has it.
    """
    head, separator, signed = body.partition(b"\n\n")
    try:
        old, *lines = head.decode("ascii").split("\n")
        parsed = note.parse(signed.decode())
        checkpoint = note.read_checkpoint(parsed.text)
    except (UnicodeDecodeError, BadNote) as error:
        raise Malformed(str(error)) from None
    found = _OLD.fullmatch(old)
    if not separator or found is None or len(lines) > PROOF_HASHES_MOST:
        raise Malformed("no old size, or more than 63 hashes")
    if int(found[1]) > checkpoint.size:
        raise Malformed("the old size is beyond the checkpoint's")
    return Asked(int(found[1]), tuple(map(_hash, lines)), parsed, checkpoint)


def written_request(old: int, proof: Iterable[bytes], signed: str) -> bytes:
    """The same from the log's side."""
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n{signed}".encode()


def judge(asked: Asked, *, keys: Iterable[Key], seen: Seen) -> str:
    """See that the checkpoint may be cosigned after what was `seen`; returns it as a note with the log's own lines only.

    `keys` are those that the operator lists for its origin.

    Raises:
        UnknownLog, NotSigned, OtherSize, Contradicted.
    """
    trusted = [key for key in keys if key.name == asked.checkpoint.origin]
    if not trusted:
        raise UnknownLog("this log is not on the list")
    try:
        signed = [key for key in trusted if note.is_signed(asked.note, key)]
    except BadNote:
        signed = []
    if not signed:
        raise NotSigned("no signature of a listed key")
    where = asked.checkpoint
    if asked.old != seen.size:
        raise OtherSize(seen.size)
    if where.size == seen.size and where.root != seen.root:
        raise TwoRoots(seen.size)
    try:
        proofs.check_consistency(seen.size, seen.root, where.size, where.root, asked.proof)
    except proofs.BadProof as bad:
        raise Contradicted(str(bad)) from None
    return f"{asked.note.text}\n" + "".join(one.line for key in signed for one in asked.note.by(key))


def seen_by_database(session: Session, origin: str) -> Seen:
    """The newest checkpoint of a log that was cosigned, as the database has it."""
    found = session.scalar(select(witnessed.c.note).where(witnessed.c.origin == origin))
    return NOTHING if found is None else seen_in(found)


def seen_in(signed: str) -> Seen:
    """The checkpoint in a remembered note."""
    where = note.read_checkpoint(note.parse(signed).text)
    return Seen(where.size, where.root, signed)


def advance(session: Session, origin: str, *, seen: Seen, signed: str, at: int) -> bool:
    """Take the place of what was `seen`, if it is the newest still; false if somebody was faster. `at` in ms.

    One conditional statement in a transaction of its own: of two requests at once, one is second.
    """
    where = note.read_checkpoint(note.parse(signed).text)
    row = {"size": where.size, "at": at, "note": signed}
    if not seen.size:
        try:
            with session.begin_nested():
                session.execute(insert(witnessed).values(origin=origin, **row))
        except IntegrityError:
            return False
        return True
    same = witnessed.c.origin == origin, witnessed.c.size == seen.size, witnessed.c.note == seen.note
    taken = session.execute(update(witnessed).where(*same).values(row).returning(witnessed.c.size)).all()
    return len(taken) == 1


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != line:
        raise Malformed("a line of the proof is no hash")
    return raw
