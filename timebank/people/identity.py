"""Identity numbers (身份证号, GB 11643): checked, kept encrypted, found by a keyed index, shown by their last four characters.

A person needs none. The key comes from the installation's secret, outside the database: whoever steals the database
reads no number, and cannot try all of them either, since the index is keyed too.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from timebank.spreadsheets import half_width

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Identity:
    """What an identity number says of its bearer."""

    number: str
    born_on: date
    sex: str


def read(text: str) -> Identity | None:
    """The identity number in a text, or None if its form, day of birth or check character is wrong."""
    number = half_width(text).replace(" ", "").upper()
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        return None
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    if "10X98765432"[total % 11] != number[17]:
        return None
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return Identity(number=number, born_on=born_on, sex="m" if int(number[16]) % 2 else "f")


@dataclass(frozen=True)
class Kept:
    """An identity number as the database keeps it."""

    cipher: bytes
    index: bytes
    last4: str


@dataclass(frozen=True)
class Vault:
    """Locks and unlocks identity numbers with keys made from one secret."""

    secret: bytes

    def lock(self, number: str, *, community_id: int, person_id: uuid.UUID) -> Kept:
        """Encrypt for one person: a ciphertext moved to another person's row does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(self._key("cipher")).encrypt(nonce, number.encode(), _bound(community_id, person_id))
        return Kept(cipher=nonce + cipher, index=self.index(number, community_id=community_id), last4=number[-4:])

    def unlock(self, cipher: bytes, *, community_id: int, person_id: uuid.UUID) -> str:
        """The number again.

        Raises:
            ValueError: another key, another person, or bytes that were changed.
        """
        try:
            opened = AESGCM(self._key("cipher")).decrypt(
                cipher[:_NONCE_BYTES], cipher[_NONCE_BYTES:], _bound(community_id, person_id)
            )
        except InvalidTag:
            raise ValueError("this identity number does not open") from None
        return opened.decode()

    def index(self, number: str, *, community_id: int) -> bytes:
        """The same for the same number in the same community, and nothing to anybody without the key."""
        return hmac.digest(self._key("index"), f"{community_id}:{number}".encode(), "sha256")

    def _key(self, use: str) -> bytes:
        return hmac.digest(self.secret, f"timebank identity {use}".encode(), hashlib.sha256)


def _bound(community_id: int, person_id: uuid.UUID) -> bytes:
    return b"%d:%s" % (community_id, person_id.bytes)
