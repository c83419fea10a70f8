"""Finding somebody at the desk among 142,000 people, against a bare look-up by an index of the same table.

Ours is the search of the desk's page: one field that takes part of a name, initials or a whole pinyin, a number or the end of
a phone, and gives the first twenty. The bare look-up is the driver's: as many columns of as many people, by the index of the
table that leads there - names by the whole name, numbers by the serial, phones by the whole phone - with the same limit, and
in no order, for which SQLite would leave the index.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from bench.community import Community
from bench.ground import Ground, PostgresPlace, SqlitePlace
from bench.measure import in_turns, seconds
from bench.rows import Row
from timebank.people import residents
from timebank.people.residents import Person

AIM = 3
FOUND_MOST = 20


def rows(ground: Ground) -> Iterator[Row]:
    """A row for each thing that may be typed, on each database."""
    for place in ground.served:
        community = Community(place, ground.folder / f"search-{place.name}")
        people = community.admit(ground.scale.residents)
        if isinstance(place, PostgresPlace):
            with place.server.connect(community.urls.name) as connection:
                connection.execute("VACUUM ANALYZE person")  # as the server's own housekeeping does in time
        yield from _rows(ground, community, place, people)
        community.drop()


def _rows(
    ground: Ground, community: Community, place: SqlitePlace | PostgresPlace, people: list[Person]
) -> Iterator[Row]:
    drawn = random.Random(142).sample(people, ground.scale.searches)
    columns = ", ".join(column.name for column in Person.__table__.columns)  # type: ignore[attr-defined]
    typed: dict[str, tuple[Callable[[Person], str], str, Callable[[Person], Any]]] = {
        "whole name": (lambda one: one.name, "name", lambda one: one.name),
        "part of a name": (lambda one: one.name[1:], "name", lambda one: one.name),
        "pinyin initials": (lambda one: one.search_key.split()[1], "name", lambda one: one.name),
        "whole pinyin": (lambda one: one.search_key.split()[0], "name", lambda one: one.name),
        "number": (lambda one: one.number, "serial", lambda one: one.serial),
        "phone tail": (lambda one: (one.phone or "")[-4:], "phone", lambda one: one.phone),
    }
    connection: Any = (
        sqlite3.connect(community.urls.app_url.removeprefix("sqlite:///"))
        if isinstance(place, SqlitePlace)
        else psycopg.connect(community.urls.app_url.replace("+psycopg", ""), autocommit=True)
    )
    mark = "?" if isinstance(place, SqlitePlace) else "%s"
    for what, (text, column, value) in typed.items():
        bare = f"SELECT {columns} FROM person WHERE community_id = {mark} AND {column} = {mark} LIMIT {FOUND_MOST}"

        def search(text: Callable[[Person], str] = text) -> None:
            for one in drawn:
                with community.storage.read() as session:
                    found = residents.search(session, community.id, text(one), FOUND_MOST)
                if not found or (len(found) < FOUND_MOST and one.id not in {each.id for each in found}):
                    raise RuntimeError(f"{text(one)} does not find {one.number}")

        def look_up(bare: str = bare, value: Callable[[Person], Any] = value) -> None:
            for one in drawn:
                connection.execute(bare, (community.id, value(one))).fetchall()

        search()  # warm
        look_up()
        ours, theirs = in_turns(ground.scale.runs, lambda: seconds(search), lambda: seconds(look_up))
        yield Row(
            what=f"search by {what} among {len(people):,}, {place.name}",
            against=f"bare look-up by the index of {column}",
            unit="us",
            ours=[1e6 * one / len(drawn) for one in ours],
            theirs=[1e6 * one / len(drawn) for one in theirs],
            aim=AIM,
            at_most=True,
        )
    connection.close()
