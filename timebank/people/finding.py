"""Finding people in the register by what somebody types: each kind of text goes by an index of its own.

Asked at every desk all day, so the statements are the driver's own and what comes back are light rows, not the register's.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlmodel import Session

from ledger import driver
from timebank.people import identity, numbers
from timebank.people.identity import Vault
from timebank.people.words import LAST, SOUND, folded
from timebank.spreadsheets import clean_name, half_width

# Where so many words begin alike, the register is read in its order, since the next of them is never far.
MANY = 4_000

_COLUMNS = (
    "person.id, person.serial, person.number, person.name, person.sex, person.born_on, person.phone, person.household_id,"
    " person.area_path, person.left_on, person.left_reason"
)
_PEOPLE = f"SELECT {_COLUMNS} FROM person WHERE person.community_id = ? AND person.serial > ?"  # noqa: S608 -- ours
# What somebody typed leads to her; whence a list goes on only narrows it.
_BY_MEANING = _PEOPLE.replace("AND person.serial >", "AND +person.serial >")
_NUMBERED = f"{_BY_MEANING} AND person.serial = ?"
_NUMBER = re.compile(r"[0-9A-Z]{2,12}-([1-9][0-9]{0,11})-[0-9]")
_WORDS = "SELECT serial FROM person_word WHERE community_id = ? AND word >= ? AND word < ?"
_HER_WORDS = (
    "EXISTS (SELECT 1 FROM person_word WHERE person_word.community_id = person.community_id"
    " AND person_word.serial = person.serial AND word >= ? AND word < ?)"
)
_SERIAL = "SELECT serial FROM person WHERE community_id = ? AND serial = ?"
_PHONE = "SELECT serial FROM person WHERE community_id = ? AND phone = ?"
# Word for word as its index has it.
_TAIL = "SELECT serial FROM person WHERE community_id = ? AND substr(person.phone, length(person.phone) - 3) = ?"
_LONGER_TAIL = " AND substr(person.phone, length(person.phone) - ? + 1) = ?"
_IDENTITY = "SELECT serial FROM person WHERE community_id = ? AND identity_index = ?"


class Found(NamedTuple):
    """What a list of people shows of one; who opens her asks the register itself."""

    id: uuid.UUID
    serial: int
    number: str
    name: str
    sex: str
    born_on: date | None
    phone: str | None
    household_id: uuid.UUID
    area_path: str
    left_on: date | None
    left_reason: str


class _Meaning(NamedTuple):
    """A query for serials, and the same as a condition, where that can be the shorter way."""

    query: str
    values: tuple[Any, ...]
    word: str | None = None


def search(
    session: Session,
    community_id: int,
    typed: str,
    limit: int = 20,
    *,
    after: int = 0,
    area_paths: Sequence[str] = (),
    with_left: bool = False,
    vault: Vault | None = None,
    phone_of: Callable[[str], str | None],
) -> list[Found]:
    """People by what `timebank.people.residents.search` says, whose `phone_of` reads phones."""
    connection = session.connection()
    where, told = _where(area_paths, with_left=with_left)
    number = _NUMBER.fullmatch(typed)
    if number and limit:
        # As it stands on the card, check digit and all: whom it finds it means, and nothing else need be asked.
        found = _fetch(connection, f"{_NUMBERED}{where}", (community_id, after, int(number[1]), *told))
        if found and found[0][2] == typed:
            return [_found(found[0])]
    meanings = _meanings(connection, community_id, typed, vault, phone_of)
    sql = _PEOPLE if not typed.strip() else _BY_MEANING
    if meanings:
        walks = not area_paths and any(_is_many(connection, community_id, one.word) for one in meanings if one.word)
        condition, more = _condition(meanings, walks=walks)
        where, told = f"{where} AND {condition}", [*told, *more]
    asked = f"{sql}{where} ORDER BY person.serial LIMIT ?"
    return [_found(row) for row in _fetch(connection, asked, (community_id, after, *told, limit))]


def _where(area_paths: Sequence[str], *, with_left: bool) -> tuple[str, list[Any]]:
    """Of whom the caller wants to know, as a condition and its values."""
    where = "" if with_left else " AND person.left_on IS NULL"
    if not area_paths:
        return where, []
    within = " OR ".join(["substr(person.area_path, 1, ?) = ?"] * len(area_paths))
    return f"{where} AND ({within})", [value for path in area_paths for value in (len(path), path)]


def _condition(meanings: Sequence[_Meaning], *, walks: bool) -> tuple[str, list[Any]]:
    if not walks:
        query = " UNION ALL ".join(one.query for one in meanings)
        return f"person.serial IN ({query})", [value for one in meanings for value in one.values]
    told, values = [], []
    for one in meanings:
        if one.word:
            told.append(_HER_WORDS)
            values += [one.word, one.word + LAST]
        else:
            told.append(f"person.serial IN ({one.query})")
            values += one.values
    return f"({' OR '.join(told)})", values


def _is_many(connection: Connection, community_id: int, word: str) -> bool:
    return bool(_fetch(connection, f"{_WORDS} LIMIT 1 OFFSET {MANY}", (community_id, word, word + LAST)))


def _meanings(
    connection: Connection, community_id: int, typed: str, vault: Vault | None, phone_of: Callable[[str], str | None]
) -> list[_Meaning]:
    """What a text may mean; nothing where it is empty."""
    plain = half_width(typed)
    code = _code(connection, community_id) if any(sign.isdigit() for sign in plain) else ""
    serial = numbers.serial_of(plain, code) if code else None
    if serial:
        return [_Meaning(_SERIAL, (community_id, serial))]
    if plain.isascii() and plain.isdecimal() and 4 <= len(plain) <= 11:
        return _of_digits(community_id, plain, phone_of(plain))
    name = folded(clean_name(typed))
    if not name:
        return []
    meanings = [_word(community_id, name)]
    if plain.isascii() and code:
        if plain.isdecimal() and len(plain) <= 6:
            meanings.append(_Meaning(_SERIAL, (community_id, int(plain))))
        phone = phone_of(plain)
        if phone:
            meanings.append(_Meaning(_PHONE, (community_id, phone)))
        known = identity.read(plain) if vault else None
        if vault and known:
            index = vault.index(known.number, community_id=community_id)
            meanings.append(_Meaning(_IDENTITY, (community_id, index)))
    elif plain.isascii():
        letters = "".join(sign for sign in plain.lower() if sign.isalpha())
        if letters:
            meanings.append(_word(community_id, SOUND + letters))
    return meanings


def _of_digits(community_id: int, plain: str, phone: str | None) -> list[_Meaning]:
    """Four digits or more: a phone's end, a serial, a phone."""
    if len(plain) == 4:
        meanings = [_Meaning(_TAIL, (community_id, plain))]
    else:
        meanings = [_Meaning(_TAIL + _LONGER_TAIL, (community_id, plain[-4:], len(plain), plain))]
    if len(plain) <= 6:
        meanings.append(_Meaning(_SERIAL, (community_id, int(plain))))
    if phone:
        meanings.append(_Meaning(_PHONE, (community_id, phone)))
    return meanings


def _word(community_id: int, word: str) -> _Meaning:
    return _Meaning(_WORDS, (community_id, word, word + LAST), word)


def _code(connection: Connection, community_id: int) -> str:
    found = _fetch(connection, "SELECT code FROM community WHERE id = ?", (community_id,))
    return str(found[0][0]) if found else ""


def _found(row: tuple[Any, ...]) -> Found:
    person_id, serial, number, name, sex, born_on, phone, household_id, area_path, left_on, left_reason = row
    return Found(
        uuid.UUID(bytes=bytes(person_id)),
        serial,
        number,
        name,
        sex,
        _day(born_on),
        phone,
        uuid.UUID(bytes=bytes(household_id)),
        area_path,
        _day(left_on),
        left_reason,
    )


def _day(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _fetch(connection: Connection, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of a query written with `?`."""
    marked = sql.replace("?", "%s") if connection.dialect.name == "postgresql" else sql
    return driver.fetch(connection, marked, values)
