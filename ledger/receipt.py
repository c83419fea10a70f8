"""Receipts: what a person keeps to prove years later, to anybody and offline, that an entry was in the log.

A receipt is a C2SP tlog-proof (https://c2sp.org/tlog-proof), a text of lines:

    c2sp.org/tlog-proof@v1
    extra <base64 of canonical JSON {"detail":"<text>","leaf":"<text>","salt":"<hex64>"}>
    index <seq>
    <base64 of a hash>            the inclusion proof, lowest first; no line where the log has one entry
                                  (an empty line)
    <the checkpoint, a signed note with every cosignature>

`detail` and `salt` stand there together or not at all: an entry may have none, and they may be erased. Nothing in
`extra` needs to be believed: the leaf hashes up to the signed root, and its `ref` commits to salt and detail.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger import log, proofs, witness
from ledger.entries import LEAF_BYTES_MOST, canonical, decode, reference
from ledger.errors import BadEntry, LogBroken
from ledger.log import Signed
from ledger.note import BadNote, Checkpoint, open_checkpoint
from ledger.proofs import BadProof
from ledger.tables import cosignature, detail, entry
from ledger.tree import HASH_BYTES, leaf_hash

FIRST_LINE = "c2sp.org/tlog-proof@v1"
FILE_EXTENSION = ".tlog-proof"
CHARACTERS_MOST = 2_000_000  # a detail has at most 1 MiB, and base64 adds a third
PATH_MOST = 64

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
_SALT = re.compile(r"[0-9a-f]{64}")


class BadReceipt(ValueError):
    """Not a receipt, or one that does not prove what it says. `code` names the step that failed.

    form: the text cannot be read; leaf: the entry's own form; signature: the checkpoint; proof: the way from the entry
    to the checkpoint's root; detail: what is told beside the entry is not what the entry commits to.
    """

    def __init__(self, code: str, told: str) -> None:
        super().__init__(told)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """An entry, its way to the root of a checkpoint, and that checkpoint as a signed note."""

    seq: int
    leaf: bytes
    salt: bytes | None
    detail: str | None
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """The receipt as it is handed out."""
        told = {"leaf": self.leaf.decode("ascii")}
        if self.salt is not None and self.detail is not None:
            told |= {"salt": self.salt.hex(), "detail": self.detail}
        lines = [FIRST_LINE, f"extra {_base64(canonical(told))}", f"index {self.seq}", *map(_base64, self.path)]
        return "\n".join(lines) + "\n\n" + self.note

    def without_detail(self) -> Receipt:
        """The same proof for eyes that may see the entry and not what lies behind it."""
        return replace(self, salt=None, detail=None)

    def with_cosignatures(self, most: int) -> Receipt:
        """The same with the newest cosignatures only: the last lines below the log's own."""
        text, _, lines = self.note.rpartition("\n\n")
        own, *others = lines.splitlines(keepends=True)
        kept = "".join([own, *others[max(len(others) - most, 0) :]])
        return replace(self, note=f"{text}\n\n{kept}")


@dataclass(frozen=True)
class Proved:
    """What a receipt proves: these fields are entry `seq` of the log that signed the checkpoint, and `detail` is its own."""

    checkpoint: Checkpoint
    fields: dict[str, Any]
    detail: dict[str, Any] | None


def make(session: Session, community_id: int, seq: int, *, signed: Signed | None = None) -> Receipt | None:
    """The receipt of an entry against `signed`, with all cosignatures; None while no checkpoint commits to the entry.

    Where none is named: the newest checkpoint that a witness put its name to, else the newest.

    Raises:
        LogBroken: there is no such entry, or what is stored does not lead to the root that was signed.
    """
    signed = signed or _best(session, community_id, seq)
    if signed is None or signed.size <= seq:
        return None
    own = entry.c.community_id == community_id, entry.c.seq == seq
    leaf = session.scalar(select(entry.c.leaf).where(*own))
    if leaf is None:
        raise LogBroken(f"entry {seq} is missing")
    beside = detail.c.community_id == community_id, detail.c.seq == seq
    told = session.execute(select(detail.c.salt, detail.c.detail).where(*beside)).one_or_none()
    path = proofs.inclusion(session, community_id, seq, signed.size)
    if proofs.root_by_inclusion(leaf_hash(bytes(leaf)), seq, signed.size, path) != signed.root:
        raise LogBroken(f"entry {seq} does not lead to the root signed for size {signed.size}")
    return Receipt(
        seq=seq,
        leaf=bytes(leaf),
        salt=None if told is None else bytes(told.salt),
        detail=None if told is None else told.detail,
        path=tuple(path),
        note=witness.cosigned(session, community_id, signed),
    )


def read(text: str) -> Receipt:
    """Read a receipt's text; line ends may be CR LF, the last one missing, a mark of byte order first, as mail and paper leave them.

    Raises:
        BadReceipt: `form`.
    """
    if len(text) > CHARACTERS_MOST:
        raise _form("too long")
    head, separator, note = text.removeprefix("\ufeff").replace("\r\n", "\n").partition("\n\n")
    lines = head.split("\n", PATH_MOST + 4)
    if not separator or len(lines) < 3 or lines[0] != FIRST_LINE:
        raise _form("not a receipt")
    kind, _, extra = lines[1].partition(" ")
    index = _INDEX.fullmatch(lines[2])
    if kind != "extra" or index is None or len(lines) > PATH_MOST + 3:
        raise _form("the lines of a receipt are extra, index, and hashes")
    path = tuple(map(_bytes, lines[3:]))
    if any(len(one) != HASH_BYTES for one in path):
        raise _form("a hash of the proof is not 32 bytes long")
    leaf, salt, told = _extra(_bytes(extra))
    return Receipt(
        seq=int(index[1]),
        leaf=leaf,
        salt=salt,
        detail=told,
        path=path,
        note=note.rstrip("\n") + "\n",
    )


def check(receipt: Receipt, *, origin: str, public_key: bytes) -> Proved:
    """That the receipt proves its entry in the log `origin`, whose key for this checkpoint is `public_key`.

    Cosignatures are `ledger.witness`'s matter.

    Raises:
        BadReceipt: leaf, signature, proof or detail.
    """
    try:
        fields = decode(receipt.leaf)
    except BadEntry as error:
        raise BadReceipt("leaf", str(error)) from None
    if fields["seq"] != receipt.seq:
        raise BadReceipt("leaf", f"the entry says that it is number {fields['seq']}, the receipt {receipt.seq}")
    try:
        checkpoint = open_checkpoint(receipt.note, origin, public_key)
    except BadNote as error:
        raise BadReceipt("signature", str(error)) from None
    try:
        root = proofs.root_by_inclusion(leaf_hash(receipt.leaf), receipt.seq, checkpoint.size, receipt.path)
    except BadProof as error:
        raise BadReceipt("proof", str(error)) from None
    if root != checkpoint.root:
        raise BadReceipt("proof", "the entry does not lead to the root that was signed")
    return Proved(checkpoint, fields, _detail(receipt, fields))


def _best(session: Session, community_id: int, seq: int) -> Signed | None:
    """A checkpoint that others saw says more than a newer one that only we did."""
    own = cosignature.c.community_id == community_id
    seen = session.scalar(select(func.max(cosignature.c.size)).where(own))
    signed = None if seen is None or seen <= seq else log.at_size(session, community_id, seen)
    return signed or log.newest(session, community_id)


def _extra(content: bytes) -> tuple[bytes, bytes | None, str | None]:
    """Leaf, salt and detail; only what `Receipt.text` would have written."""
    try:
        told = json.loads(content)
        fits = type(told) is dict and canonical(told) == content
    except (ValueError, RecursionError):
        fits = False
    if not fits or told.keys() not in ({"leaf"}, {"detail", "leaf", "salt"}) or not _are_texts(told):
        raise _form("what the extra line holds is not leaf, or leaf, salt and detail")
    leaf, salt = told["leaf"], told.get("salt")
    if not leaf.isascii() or len(leaf) > LEAF_BYTES_MOST or (salt is not None and not _SALT.fullmatch(salt)):
        raise _form("the leaf or the salt is not of its form")
    return leaf.encode("ascii"), None if salt is None else bytes.fromhex(salt), told.get("detail")


def _are_texts(told: dict[str, Any]) -> bool:
    return all(type(value) is str for value in told.values())


def _detail(receipt: Receipt, fields: dict[str, Any]) -> dict[str, Any] | None:
    if receipt.salt is None or receipt.detail is None:
        return None
    told = receipt.detail.encode()
    if fields.get("ref") != reference(receipt.salt, told):
        raise BadReceipt("detail", "the entry does not commit to this detail")
    try:
        shown = json.loads(told)
        if type(shown) is dict and canonical(shown) == told:
            return shown
    except (ValueError, RecursionError):
        pass
    raise BadReceipt("detail", "the detail is not canonical JSON")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(encoded: str) -> bytes:
    """Standard base64, padded and canonical: one text for the same bytes, so that no two receipts differ by nothing."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise _form("not base64") from None
    if _base64(content) != encoded:
        raise _form("not canonical base64")
    return content


def _form(told: str) -> BadReceipt:
    return BadReceipt("form", told)
