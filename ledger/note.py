"""Signed notes and checkpoints as C2SP describes them: what a log says of itself, and who put a signature to it. Pure.

https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG_SIGNATURE = 0x01  # Ed25519; cosignatures are 0x04. The type leads the key, so that other algorithms can follow.
_DASH = "\N{EM DASH}"


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


def key_id(name: str, public_key: bytes, kind: int = LOG_SIGNATURE) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes, kind: int = LOG_SIGNATURE) -> str:
    """The line by which others know this key: `<name>+<8 hex digits>+<base64>`."""
    return f"{name}+{key_id(name, public_key, kind).hex()}+{base64.b64encode(bytes([kind]) + public_key).decode()}"


def sign(checkpoint: Checkpoint, public_key: bytes, signature_of: Callable[[bytes], bytes]) -> str:
    """The checkpoint as a signed note; `signature_of` is asked once, so that the seed stays where it is."""
    text = checkpoint.text()
    line = key_id(checkpoint.origin, public_key) + signature_of(text.encode())
    return f"{text}\n{_DASH} {checkpoint.origin} {base64.b64encode(line).decode()}\n"


def open_checkpoint(note: str, origin: str, public_key: bytes) -> Checkpoint:
    """The checkpoint in a note that `public_key` signed under the name `origin`.

    Raises:
        BadNote: not a note, another origin, or no valid signature of this key.
    """
    text, separator, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) != 3 or lines[0] != origin or not lines[1].isdecimal():
        raise BadNote("not a checkpoint of this log")
    wanted = key_id(origin, public_key)
    for line in signatures.splitlines():
        try:
            dash, name, encoded = line.split(" ")
            signed = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise BadNote("a signature line cannot be read") from None
        if dash == _DASH and name == origin and signed[:4] == wanted:
            try:
                Ed25519PublicKey.from_public_bytes(public_key).verify(signed[4:], (text + "\n").encode())
            except InvalidSignature:
                raise BadNote("the signature does not fit") from None
            return Checkpoint(origin, int(lines[1]), base64.b64decode(lines[2], validate=True))
    raise BadNote("no signature of this key")
