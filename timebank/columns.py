"""Column types that are the same in SQLite and PostgreSQL, and the ids of rows."""

from __future__ import annotations

import datetime
import json
import secrets
import uuid
from typing import Any

from sqlalchemy import BigInteger, Date, Dialect, LargeBinary, Text, TypeDecorator

Number = BigInteger
Day = Date

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MS = datetime.timedelta(milliseconds=1)


def to_ms(instant: datetime.datetime) -> int:
    """UTC milliseconds of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return (instant - _EPOCH) // _MS


def from_ms(ms: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(milliseconds=ms)


# Made once: json.dumps would make one for every value.
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


class Id(TypeDecorator[uuid.UUID]):
    """A UUID as its 16 bytes; SQLAlchemy's own type takes 32 characters on SQLite."""

    impl = LargeBinary(16)
    cache_ok = True

    @staticmethod
    def to_driver(value: uuid.UUID | None) -> bytes | None:
        return None if value is None else value.bytes

    @staticmethod
    def from_driver(value: Any) -> uuid.UUID | None:
        return None if value is None else uuid.UUID(bytes=bytes(value))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> bytes | None:
        return self.to_driver(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return self.from_driver(value)


class Instant(TypeDecorator[datetime.datetime]):
    """An aware instant, kept as UTC milliseconds."""

    impl = BigInteger
    cache_ok = True

    @staticmethod
    def to_driver(value: datetime.datetime | None) -> int | None:
        return None if value is None else to_ms(value)

    @staticmethod
    def from_driver(value: int | None) -> datetime.datetime | None:
        return None if value is None else from_ms(value)

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> int | None:
        return self.to_driver(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime.datetime | None:
        return self.from_driver(value)


class Json(TypeDecorator[Any]):
    """Plain JSON as sorted text, so that equal values are equal text in both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def new_id(now: datetime.datetime) -> uuid.UUID:
    """A UUIDv7 of this instant: the id of a row. Ordered by time, which keeps indexes small and fast."""
    return _uuid7(to_ms(now), secrets.randbits(74))


def new_ids(now: datetime.datetime, count: int) -> list[bytes]:
    """Ids for many rows of this instant, ascending, as the driver takes them: an index grows at one place."""
    head, drawn = to_ms(now).to_bytes(6), secrets.token_bytes(10 * count)
    parts = [drawn[at : at + 10] for at in range(0, len(drawn), 10)]
    return sorted(head + bytes((0x70 | one[0] & 0x0F, one[1], 0x80 | one[2] & 0x3F)) + one[3:] for one in parts)


def new_key(now: datetime.datetime) -> uuid.UUID:
    """A request key: a UUIDv7 whose low 16 bits are zero, since the entries of one request are numbered in them."""
    return _uuid7(to_ms(now), secrets.randbits(58) << 16)


def key_from(now: datetime.datetime, seed: bytes) -> uuid.UUID:
    """A request key that is the same for the same instant and seed: of a job and its period, of a row of an import."""
    return _uuid7(to_ms(now), (int.from_bytes(seed[:8]) & (2**58 - 1)) << 16)


def is_key(key: uuid.UUID) -> bool:
    return key.version == 7 and key.variant == uuid.RFC_4122 and key.int & 0xFFFF == 0


def key_instant(key: uuid.UUID) -> datetime.datetime:
    return from_ms(key.int >> 80)


def _uuid7(ms: int, random_bits: int) -> uuid.UUID:
    return uuid.UUID(
        int=ms << 80 | 0x7 << 76 | (random_bits >> 62 & 0xFFF) << 64 | 0b10 << 62 | (random_bits & (2**62 - 1))
    )
