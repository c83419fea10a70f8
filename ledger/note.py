"""Signed notes, checkpoints and cosignatures as C2SP describes them: what a log says of itself, and who put a signature to it. Pure.

https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint and https://c2sp.org/tlog-cosignature
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# The type leads the key, so that other algorithms can follow.
LOG_SIGNATURE = 0x01  # Ed25519 over the text
COSIGNATURE = 0x04  # Ed25519 over the time and the text
SIGNATURES_MOST = 100
SIZE_MOST = 2**63 - 1
_DASH = "\N{EM DASH}"
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH_BYTES, _KEY_BYTES, _TIME_BYTES, _SIGNATURE_BYTES = 32, 32, 8, 64
_P = 2**255 - 19
_EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDERS = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})  # y of the eight points of small order


class BadNote(ValueError):
    """Not a signed note, or not signed by the key that was asked for."""


@dataclass(frozen=True)
class Checkpoint:
    """What a log commits itself to: its first `size` leaves hash to `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Key:
    """A public key as others know it: its name, its type and its 32 bytes."""

    name: str
    public_key: bytes
    kind: int = LOG_SIGNATURE

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.public_key, self.kind)

    @property
    def line(self) -> str:
        """The line by which others know this key: `<name>+<8 hex digits>+<base64>`."""
        return verifier_key(self.name, self.public_key, self.kind)


@dataclass(frozen=True)
class Signature:
    """One signature line of a note: who is said to have signed, by which key, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        return f"{_DASH} {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A note taken apart: its text, with the final line end, and its signatures; none of them is checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def by(self, key: Key) -> list[Signature]:
        """The signatures that this key is said to have made."""
        return [one for one in self.signatures if (one.name, one.key_id) == (key.name, key.id)]


def key_id(name: str, public_key: bytes, kind: int = LOG_SIGNATURE) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes, kind: int = LOG_SIGNATURE) -> str:
    """The line by which others know this key: `<name>+<8 hex digits>+<base64>`."""
    return f"{name}+{key_id(name, public_key, kind).hex()}+{base64.b64encode(bytes([kind]) + public_key).decode()}"


def read_key(line: str, *, kind: int) -> Key:
    """The key of a verifier line, of the type that is wanted here.

    Raises:
        BadNote: not such a line, its id does not fit, or it is a key of another type.
    """
    parts = line.strip().split("+", 2)
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
        raise BadNote("not a verifier key: <name>+<8 hex digits>+<base64>")
    name, told, encoded = parts
    raw = _decoded(encoded, "the key")
    if raw[:1] != bytes([kind]) or len(raw) != 1 + _KEY_BYTES:
        raise BadNote(f"not an Ed25519 key of type 0x{kind:02x}")
    key = Key(name, raw[1:], kind)
    if key.id.hex() != told:
        raise BadNote("the key's id does not fit its name and bytes")
    return key


def sign(checkpoint: Checkpoint, public_key: bytes, signature_of: Callable[[bytes], bytes]) -> str:
    """The checkpoint as a signed note; `signature_of` is asked once, so that the seed stays where it is."""
    text = checkpoint.text()
    name = checkpoint.origin
    return f"{text}\n{Signature(name, key_id(name, public_key), signature_of(text.encode())).line}"


def cosign(text: str, name: str, public_key: bytes, signature_of: Callable[[bytes], bytes], *, at: int) -> str:
    """A witness's line under a checkpoint's text: that at this time (seconds) it was the newest that it had seen of that log."""
    made = at.to_bytes(_TIME_BYTES, "big") + signature_of(_cosigned(text, at))
    return Signature(name, key_id(name, public_key, COSIGNATURE), made).line


def parse(note: str) -> Note:
    """A note in its parts.

    Raises:
        BadNote: not a signed note, or one of more than 100 signatures.
    """
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", note):
        raise BadNote("not a signed note")
    return Note(f"{text}\n", tuple(signature_lines(lines)))


def signature_lines(lines: str) -> list[Signature]:
    """Signature lines, each with its line end.

    Raises:
        BadNote: one cannot be read, or there are more than 100.
    """
    found = lines.removesuffix("\n").split("\n")
    if len(found) > SIGNATURES_MOST or not lines.endswith("\n"):
        raise BadNote(f"more than {SIGNATURES_MOST} signatures, or a line without its end")
    return [_signature(line) for line in found]


def read_checkpoint(text: str) -> Checkpoint:
    """What a checkpoint's text says; further lines are the log's own affair.

    Raises:
        BadNote: not a checkpoint.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not text.endswith("\n"):
        raise BadNote("not a checkpoint: origin, size and root are missing")
    origin, size, root = lines[:3]
    if not _NAME.fullmatch(origin) or not _SIZE.fullmatch(size) or int(size) > SIZE_MOST:
        raise BadNote("not a checkpoint: origin or size cannot be read")
    decoded = _decoded(root, "the root")
    if len(decoded) != _HASH_BYTES:
        raise BadNote("not a checkpoint: the root is no SHA-256")
    return Checkpoint(origin, int(size), decoded)


def open_checkpoint(note: str, origin: str, public_key: bytes) -> Checkpoint:
    """The checkpoint in a note that `public_key` signed under the name `origin`.

    Raises:
        BadNote: not a note, another origin, or no valid signature of this key.
    """
    parsed = parse(note)
    found = read_checkpoint(parsed.text)
    if found.origin != origin or found.text() != parsed.text:
        raise BadNote("not a checkpoint of this log")
    if not is_signed(parsed, Key(origin, public_key)):
        raise BadNote("no signature of this key")
    return found


def is_signed(note: Note, key: Key) -> bool:
    """Whether this log's key signed the text.

    Raises:
        BadNote: a signature under the key's name and id does not fit, so that the whole note is worth nothing.
    """
    found = note.by(key)
    for one in found:
        _verify(key, one.signature, note.text.encode())
    return bool(found)


def cosigned_at(note: Note, key: Key) -> int | None:
    """When (seconds) this witness last cosigned the text; None if it did not.

    Raises:
        BadNote: a cosignature under the key's name and id does not fit.
    """
    times = []
    for one in note.by(key):
        if len(one.signature) != _TIME_BYTES + _SIGNATURE_BYTES:
            raise BadNote("not a cosignature/v1")
        at = int.from_bytes(one.signature[:_TIME_BYTES], "big")
        if at > SIZE_MOST:
            raise BadNote("a cosignature of no time")
        _verify(key, one.signature[_TIME_BYTES:], _cosigned(note.text, at))
        times.append(at)
    return max(times, default=None)


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _verify(key: Key, signature: bytes, message: bytes) -> None:
    y = int.from_bytes(key.public_key, "little") & (1 << 255) - 1
    if y >= _P or y in _SMALL_ORDERS:  # anybody makes signatures that fit such a key
        raise BadNote("a key of small order, or not in its one form")
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadNote("the signature does not fit") from None


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not _NAME.fullmatch(parts[1]):
        raise BadNote("a signature line cannot be read")
    raw = _decoded(parts[2], "a signature")
    if len(raw) <= 4:
        raise BadNote("a signature line cannot be read")
    return Signature(parts[1], raw[:4], raw[4:])


def _decoded(encoded: str, what: str) -> bytes:
    """Standard base64, padded and canonical: two spellings of one thing are one too many."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if not raw or base64.b64encode(raw).decode() != encoded:
        raise BadNote(f"{what} is not base64")
    return raw
