"""The kinds of entries and their exact bytes: docs/log-format.md, section 1. Pure.

An entry is its leaf. `encode` makes the bytes, `decode` reads them back and refuses everything that `encode` would not have made.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import json
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from ledger.errors import BadEntry
from ledger.units import LARGEST, UNITS

VERSION = 1
LEAF_BYTES_MOST = 65_535
LEGS_MOST = 1_000
ISSUING = frozenset({"issue", "opening"})
SPECIAL = ISSUING | {"pool", "lapsed", "clearing"}
SINKS = frozenset({"pool", "lapsed"})  # what an ended lot may still be paid into

Fields = dict[str, Any]
Legs = Sequence[tuple[int, int]]

_WORD = re.compile(r"[a-z][a-z_]{0,31}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")
_ZONE = re.compile(r"[+-](0[0-9]|1[0-4]):(00|15|30|45)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TEXT = re.compile(r"[ !#-\[\]-~]{1,200}")


def _whole(value: object, least: int, most: int = LARGEST) -> bool:
    return type(value) is int and least <= value <= most


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


def is_day(value: object) -> bool:
    if type(value) is not str or not _DAY.fullmatch(value) or value < "1900":
        return False
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _ascending(value: object, most: int, fits: Callable[[object], bool]) -> bool:
    if type(value) is not list or not 1 <= len(value) <= most or not all(map(fits, value)):
        return False
    return all(earlier < later for earlier, later in itertools.pairwise(value))


def _legs(value: object) -> bool:
    if type(value) is not list or not 2 <= len(value) <= LEGS_MOST:
        return False
    earlier = total = 0
    for leg in value:
        if (
            type(leg) is not list
            or len(leg) != 2
            or not _whole(leg[0], earlier + 1)
            or not _whole(leg[1], -LARGEST)
            or not leg[1]
        ):
            return False
        earlier = leg[0]
        total += leg[1]
    return total == 0


def _seq(value: object) -> bool:
    return _whole(value, 0)


def _account(value: object) -> bool:
    return _whole(value, 1)


_word = _matches(_WORD)
_hex64 = _matches(_HEX64)

TYPES: dict[str, Callable[[object], bool]] = {
    "account": _account,
    "accounts": lambda value: _ascending(value, 1_000, _account),
    "approvers": lambda value: _ascending(value, 10, _account),
    "at": _seq,
    "ceiling": _seq,
    "cites": _seq,
    "class": _word,
    "digest": _hex64,
    "ends": _seq,
    "floor": lambda value: _whole(value, -LARGEST),
    "from": _seq,
    "hold": _seq,
    "id": _matches(_ID),
    "key": _hex64,
    "kind": _word,
    "legs": _legs,
    "of": _seq,
    "on": is_day,
    "owner": _account,
    "quota": _seq,
    "reason": _word,
    "ref": _hex64,
    "seq": _seq,
    "subject": _matches(_TEXT),
    "to": lambda value: _ascending(value, 32, _word),
    "topic": _word,
    "two_from_min": _account,
    "two_from_pt": _account,
    "unit": lambda value: type(value) is str and value in UNITS,
    "until": _seq,
    "v": lambda value: type(value) is int and value == VERSION,
    "zone": _matches(_ZONE),
}

COMMON = ("at", "id", "kind", "seq", "v")

# kind: (fields that it has, fields that it may have)
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset(needed.split()), frozenset(allowed.split()))
    for kind, needed, allowed in [
        ("rule", "two_from_min two_from_pt zone", "cites"),
        ("key", "key from", ""),
        ("open", "account unit class", "owner ceiling ends to"),
        ("limit", "account cites approvers", "floor ceiling quota"),
        ("post", "legs on ref", "cites"),
        ("hold", "legs ref", "until"),
        ("capture", "hold legs on ref", ""),
        ("release", "hold", ""),
        ("expire", "hold", ""),
        ("reverse", "of on reason approvers ref", ""),
        ("close", "account", ""),
        ("note", "topic subject digest", ""),
        ("erase", "accounts", ""),
    ]
}


class Written(str):
    """Text that is canonical JSON by how it was made: from a template, where thousands of details differ in a few places."""

    __slots__ = ()


def canonical(value: object) -> bytes:
    """Canonical JSON (RFC 8785) of objects, arrays, strings, integers, true, false and null.

    Raises:
        BadEntry: a float, an integer beyond 2^53 - 1, a key that is not ASCII text, or another type.
    """
    return _written(value).encode()


def _written(value: object) -> str:
    """Checked and written in one pass: the detail of every post comes through here."""
    if isinstance(value, dict):
        return _written_object(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or value is True or value is False:
        return _CONSTANTS[value]
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise BadEntry(f"{value} is beyond what JSON readers agree on")
        return int.__repr__(value)
    raise BadEntry(f"{type(value).__name__} has no place in canonical JSON")


def _written_object(value: dict[Any, object]) -> str:
    """Texts and small numbers, of which most details consist, without a call for each."""
    try:
        names = sorted(value)
    except TypeError:
        raise BadEntry("a key is not ASCII text") from None
    written = []
    for name in names:
        item = value[name]
        if type(item) is str:
            written.append(_named(name) + _quoted(item))
        elif type(item) is int and -LARGEST <= item <= LARGEST:
            written.append(f"{_named(name)}{item}")
        else:
            written.append(_named(name) + _written(item))
    return "{" + ",".join(written) + "}"


@functools.lru_cache(maxsize=1_024)
def _named(key: object) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise BadEntry(f"the key {key!r} is not ASCII text")
    return _quoted(key) + ":"


_quoted = json.encoder.encode_basestring  # what json.dumps writes for a text with ensure_ascii=False
_CONSTANTS = {None: "null", True: "true", False: "false"}


def reference(salt: bytes, detail: bytes) -> str:
    """What a leaf says of the detail kept outside it: SHA-256(0x02 || salt || detail), hex."""
    return sha256(b"\x02" + salt + detail).hexdigest()


def digest_of(**numbers: int | str | None) -> str:
    """The digest by which a note covers the numbers of a rule or a limit: SHA-256 of canonical JSON, absent ones left out."""
    return sha256(canonical({name: value for name, value in numbers.items() if value is not None})).hexdigest()


def check(kind: str, fields: Fields) -> None:
    """Refuse fields that are missing, unknown, or not of their type.

    Raises:
        BadEntry: naming the field.
    """
    if kind not in KINDS:
        raise BadEntry(f"there is no entry kind {kind!r}")
    needed, allowed = KINDS[kind]
    for name in needed - fields.keys():
        raise BadEntry(f"{kind}: {name} is missing")
    for name, value in fields.items():
        if name not in needed and name not in allowed:
            raise BadEntry(f"{kind}: {name} does not belong there")
        if not TYPES[name](value):
            raise BadEntry(f"{kind}: {name} cannot be {value!r}")


def encode(kind: str, fields: Fields, *, seq: int, at: int, id: str) -> bytes:
    """The leaf of an entry whose fields were checked."""
    leaf = json.dumps(
        {**fields, "at": at, "id": id, "kind": kind, "seq": seq, "v": VERSION}, separators=(",", ":"), sort_keys=True
    ).encode("ascii")
    if len(leaf) > LEAF_BYTES_MOST:
        raise BadEntry(f"{kind}: {len(leaf)} bytes, at most {LEAF_BYTES_MOST} fit")
    return leaf


def encode_post(legs: Legs, *, on: str, ref: str, cites: int | None, seq: int, at: int, id: str) -> bytes:
    """The same as `encode` for a post, from a template: posts are nearly all of a log, and json.dumps is five times slower."""
    if len(legs) == 2:
        (one, amount), (other, its) = legs
        written = f"[{one},{amount}],[{other},{its}]"
    else:
        written = ",".join([f"[{account},{amount}]" for account, amount in legs])
    cited = "" if cites is None else f'"cites":{cites},'
    return f'{{"at":{at},{cited}"id":"{id}","kind":"post","legs":[{written}],"on":"{on}","ref":"{ref}","seq":{seq},"v":1}}'.encode(
        "ascii"
    )


def decode(leaf: bytes) -> Fields:
    """The fields of a leaf, `at`, `id`, `kind`, `seq` and `v` among them.

    Raises:
        BadEntry: the bytes are not exactly what `encode` makes.
    """
    try:
        fields = json.loads(leaf)
    except (ValueError, RecursionError) as error:
        raise BadEntry(f"not JSON: {error}") from None
    if type(fields) is not dict or len(leaf) > LEAF_BYTES_MOST:
        raise BadEntry("not an entry")
    common = {name: fields.pop(name, None) for name in COMMON}
    for name, value in common.items():
        if not TYPES[name](value):
            raise BadEntry(f"{name} cannot be {value!r}")
    check(common["kind"], fields)
    if encode(common["kind"], fields, seq=common["seq"], at=common["at"], id=common["id"]) != leaf:
        raise BadEntry("the bytes are not in canonical form")
    return {**fields, **common}
