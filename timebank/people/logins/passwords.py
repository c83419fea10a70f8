"""Passwords: hashed with argon2id, two at a time at most, and compared outside of every transaction."""

import itertools
import secrets
import threading
from collections.abc import Sequence

import argon2

from timebank.errors import Refused

PASSWORD_LENGTHS = (8, 128)

_hashing = threading.BoundedSemaphore(2)

_hasher = argon2.PasswordHasher()

_made_for_nobody: list[str] = []


class PasswordWeak(Refused):
    code = "password_weak"
    status = 422


def hash_password(password: str, *, also_not: Sequence[str]) -> str:
    """The argon2id hash to keep; refuses what is short, or is the number or phone that is typed beside it.

    Takes an eighth of a second: call it outside of every transaction.
    """
    least, most = PASSWORD_LENGTHS
    plain = password.strip()
    if (
        not least <= len(plain) <= most
        or plain.casefold() in {other.casefold() for other in also_not}
        or _is_a_row(plain)
    ):
        raise PasswordWeak(least=least)
    with _hashing:
        return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Compare; takes an eighth of a second, outside of every transaction."""
    try:
        with _hashing:
            return _hasher.verify(password_hash, password[: PASSWORD_LENGTHS[1]])
    except argon2.exceptions.VerificationError:
        return False


def spend_time_as_if(password: str) -> None:
    """Take as long as comparing, for a number that nobody has: an answer's time tells nothing."""
    password_matches(_nobody(), password)


def _nobody() -> str:
    if not _made_for_nobody:
        with _hashing:
            _made_for_nobody.append(_hasher.hash(secrets.token_hex(16)))
    return _made_for_nobody[0]


def _is_a_row(password: str) -> bool:
    """`11111111`, `12345678`, `87654321`: what is guessed first."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(password)}
    return steps <= {0} or steps <= {1} or steps <= {-1}
