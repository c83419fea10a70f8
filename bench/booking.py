"""Booking a batch of 10,000 lines, against the bare replay of every row that it writes or changes.

Ours is what one click begins: pieces of 500 lines, each a write on the lane with its own durable commit - the rules of the
log, one entry a line that cites the batch's note, the award and its line in their new state, the batch's tallies, a notice
to each person. The accounts are not known to the lane when it begins. The bare side writes the same rows into a copy of the
same database as it was before, without guards, in transactions of the same size, by the driver's fastest means.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Table, create_engine, insert, update
from sqlmodel import Session, SQLModel

from bench import replay
from bench.community import Community
from bench.ground import Ground, PostgresPlace, SqlitePlace
from bench.measure import rates, seconds
from bench.rows import Row
from ledger import guards, tables
from ledger import rows as statements
from ledger.tree import TILE_WIDTH
from timebank import accounts
from timebank.notices import Notice
from timebank.points.awards.tables import APPROVED, Award
from timebank.points.publicity import PublicityBatch, PublicityLine, PublicityTally, batches, going_on
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.storage import new_id

AIM = 0.4
AWARDS_AT_ONCE = 2_000
Prepared = list[tuple[str, list[tuple[Any, ...]]]]


def rows(ground: Ground) -> Iterator[Row]:
    """One row a database; each run of ours is followed by a bare one of its rows."""
    for place in ground.served:
        times = [_run(ground, place, number) for number in range(ground.scale.booking_runs)]
        yield Row(
            what=f"booking a batch of {ground.scale.booked:,} lines, {place.name}",
            against="bare replay of its rows",
            unit="lines/s",
            ours=rates(ground.scale.booked, [one[0] for one in times]),
            theirs=rates(ground.scale.booked, [one[1] for one in times]),
            aim=AIM,
        )


def hung_out(community: Community, count: int, *, open_for: dt.timedelta = dt.timedelta(0)) -> int:
    """A batch of so many lines, hung out, one a person, whose period ends in so long; its number."""
    people = community.admit(count)
    table_id, item_id = _table(community)
    now = community.clock.now()
    awards = [_award(community, person, table_id, item_id, now) for person in people]

    def write(session: Session, at: Any) -> dict[str, Any]:
        for start in range(0, count, AWARDS_AT_ONCE):
            session.execute(insert(Award), awards[start : start + AWARDS_AT_ONCE])
        owners = [person.household_id for person in people]
        accounts.open_mains(session, community.id, kind="household", unit="pt", owner_ids=owners)
        return {}

    community.village.write(write)
    actor = community.village.actor("committee")
    made = community.village.write(lambda session, at: batches.publish(session, actor=actor, now=at))
    going_on.go_on(community.storage, community.id, made["batch"], pause=lambda _: None)
    until = community.clock.now() + open_for
    engine = create_engine(community.urls.owner_url)
    with engine.begin() as connection:
        connection.execute(
            update(PublicityBatch).values(published_at=until - dt.timedelta(days=7), objections_until=until)
        )
    engine.dispose()
    return int(made["batch"])


def _run(ground: Ground, place: SqlitePlace | PostgresPlace, number: int) -> tuple[float, float]:
    """Seconds of ours, and of the bare replay of what ours wrote."""
    community = Community(place, ground.folder / f"booking-{place.name}-{number}")
    count = ground.scale.booked
    batch = hung_out(community, count)
    community.storage.close()
    twin = _twin(community)
    community.storage = community.opened()
    with community.storage.connect() as connection:
        (first,) = connection.exec_driver_sql("SELECT size FROM ledger_tail").one()
        (asked,) = connection.exec_driver_sql("SELECT count(*) FROM request WHERE use_case = 'publicity.go_on'").one()
    ours = seconds(
        lambda: going_on.go_on(
            community.storage, community.id, batch, pause=lambda _: None, piece=ground.scale.booked_at_once
        )
    )
    with community.storage.connect() as connection:
        pieces = _pieces(connection, community.id, batch, first=first, size=ground.scale.booked_at_once, asked=asked)
    prepared = [twin.prepared(piece) for piece in pieces]

    def write() -> None:
        for one in prepared:
            twin.replay(one)

    theirs = seconds(write)
    booked = "SELECT count(*), (SELECT count(*) FROM ledger_entry) FROM award WHERE state = 'booked' AND entry > 0"
    with community.storage.connect() as connection:
        expected = tuple(map(int, connection.exec_driver_sql(booked).one()))
    if [tuple(map(int, row)) for row in twin.ask(booked)] != [expected] or expected[0] != count:
        raise RuntimeError(f"the bare run did not write what ours did: {expected}")
    twin.close()
    community.drop()
    if isinstance(place, PostgresPlace):
        place.server.drop_database(twin.urls)
    return ours, theirs


def _pieces(connection: Any, community_id: int, batch: int, *, first: int, size: int, asked: int) -> list[Prepared]:
    """What each piece wrote: its entries from `first` on by number, its request after the first `asked`, and the other rows."""
    dialect = connection.dialect.name
    entries = _read(connection, tables.entry, f"seq >= {first} ORDER BY seq")
    postings = _read(connection, tables.posting, f"seq >= {first} ORDER BY seq")
    details = _read(connection, tables.detail, f"seq >= {first} ORDER BY seq")
    tiles = _read(connection, tables.tile, f"level > 0 OR number >= {first // TILE_WIDTH} ORDER BY number")
    requests = _read(connection, replay.REQUEST, "use_case = 'publicity.go_on' ORDER BY recorded_at, key")[asked:]
    notices = _read(connection, _of(Notice), "kind = 'points_booked' ORDER BY told_at, id")
    told = [list(some) for _, some in groupby(notices, key=lambda row: row[5])]
    awards = connection.exec_driver_sql(
        f"SELECT a.entry, a.state, a.booked_at, a.taken_steps, a.id, a.line_number FROM award a WHERE a.entry >= {first}"
        " ORDER BY a.entry"
    ).all()
    found = []
    for at, end in enumerate(range(first + size, first + len(entries) + size, size)):
        mine = [row for row in awards if end - size <= row[0] < end]
        some = [row for row in postings if end - size <= row[2] < end]
        touched = {row[1]: row[4] for row in some}
        piece: Prepared = [
            _add(tables.entry, dialect, [row for row in entries if end - size <= row[1] < end]),
            _add(tables.posting, dialect, some),
            _add(tables.detail, dialect, [row for row in details if end - size <= row[1] < end]),
            _add(tables.tile, dialect, [row for row in tiles if end - size < (row[2] + 1) * TILE_WIDTH ** (row[1] + 1) <= end]),
            _change(tables.account, dialect, ("floor", "ceiling", "quota", "issued", "balance", "held", "closed", "erased"),
                    ("community_id", "number"),
                    [(0, None, 10**9, 0, balance, 0, None, 0, community_id, number) for number, balance in touched.items()]),
            _change(tables.tail, dialect, ("size", "at", "root", "edge", "rule_seq"), ("community_id",),
                    [(end, 0, bytes(32), replay.EDGE, 0, community_id)]),
            _change(_of(Award), dialect, ("state", "booked_at", "entry", "taken_steps"), ("community_id", "id"),
                    [(row[1], row[2], row[0], row[3], community_id, row[4]) for row in mine]),
            _change(_of(PublicityLine), dialect, ("state",), ("community_id", "batch_number", "number"),
                    [("booked", community_id, batch, row[5]) for row in mine]),
            _change(_of(PublicityTally), dialect, ("lines", "steps"), ("community_id", "batch_number", "state"),
                    [(0, 0, community_id, batch, "hanging"), (size, size, community_id, batch, "booked")]),
            _change(_of(PublicityBatch), dialect, ("state", "revision"), ("community_id", "number"),
                    [("booking", at, community_id, batch)]),
            _add(_of(Notice), dialect, told[at]),
            _add(replay.REQUEST, dialect, requests[at : at + 1]),
        ]  # fmt: skip
        found.append([(sql, values) for sql, values in piece if values])
    return found


def _of(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def _read(connection: Any, table: Table, where: str) -> list[tuple[Any, ...]]:
    names = ", ".join(column.name for column in table.columns)
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {names} FROM {table.name} WHERE {where}")]


def _add(table: Table, dialect: str, values: list[tuple[Any, ...]]) -> tuple[str, list[tuple[Any, ...]]]:
    return statements._insert(table, dialect), values  # noqa: SLF001  # the fastest way there, which the writer uses too


def _change(
    table: Table, dialect: str, changing: tuple[str, ...], keys: tuple[str, ...], values: list[tuple[Any, ...]]
) -> tuple[str, list[tuple[Any, ...]]]:
    return statements._update_of(table, changing, keys, dialect), values  # noqa: SLF001  # as above


class _Twin:
    """A copy of a community's database without guards, on the driver's own connection."""

    def __init__(self, bare: Any, urls: Any) -> None:
        self._bare, self.urls = bare, urls
        self.ask: Callable[[str], Any] = bare.ask
        self.close: Callable[[], None] = bare.close

    def prepared(self, piece: Prepared) -> list[tuple[Any, Any]]:
        if isinstance(self._bare, replay.PostgresBare):
            return [(sql.encode(), tuple(map(list, zip(*values, strict=True)))) for sql, values in piece]
        return list(piece)

    def replay(self, prepared: Sequence[tuple[Any, Any]]) -> None:
        self._bare.replay(prepared)


def _twin(community: Community) -> _Twin:
    """The database as it is now, copied; the community's storage is closed."""
    place = community.place
    if isinstance(place, PostgresPlace):
        urls = place.server.new_database(like=community.urls.name)
        with place.server.connect(urls.name) as connection:
            for statement in guards.removal("postgresql"):
                connection.execute(statement.encode())
        return _Twin(replay.PostgresBare(urls.owner_url), urls)
    path = community.settings.data_dir / "timebank.sqlite"
    copy = path.with_name("twin.sqlite")
    engine = create_engine(community.urls.owner_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    copy.write_bytes(path.read_bytes())
    bare = replay.SqliteBare(copy)
    for statement in guards.removal("sqlite"):
        bare.connection.execute(statement)
    return _Twin(bare, community.urls)


def _table(community: Community) -> tuple[uuid.UUID, uuid.UUID]:
    """A table with one item; how it was voted is not measured."""
    now = community.clock.now()
    table_id, item_id, today = new_id(now), new_id(now), now.date()

    def write(session: Session, at: Any) -> dict[str, Any]:
        session.execute(insert(PointsTable), [{
            "community_id": community.id, "id": table_id, "title": "积分表", "source": "", "state": "draft",
            "digest": "ab" * 32, "drafted_at": now, "drafted_by": "bench",
        }])  # fmt: skip
        session.execute(insert(PointsItem), [{
            "community_id": community.id, "id": item_id, "table_id": table_id, "position": 1, "category": "公益",
            "title": "参加义务劳动", "value_steps": 50, "per": "once", "subject": "person", "kind": "award",
            "in_use": True, "in_use_from": today, "evidence": "", "clause": "", "remark": "",
        }])  # fmt: skip
        return {}

    community.village.write(write)
    return table_id, item_id


def _award(
    community: Community, person: Any, table_id: uuid.UUID, item_id: uuid.UUID, now: dt.datetime
) -> dict[str, Any]:
    return {
        "community_id": community.id, "id": new_id(now), "household_id": person.household_id, "person_id": person.id,
        "item_id": item_id, "table_id": table_id, "on_day": now.date(), "times": 1, "uncapped_steps": 50,
        "credited_steps": 50, "evidence": "签到表", "state": APPROVED, "entered_at": now, "entered_by": "TPL-1-1",
        "source": "", "reviewed_at": now, "reviewed_by": "TPL-2-2", "reviewer": 2, "review_remark": "",
        "taken_steps": 0, "closed_reason": "",
    }  # fmt: skip
