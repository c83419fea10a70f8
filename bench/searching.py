"""Finding somebody at the desk among 142,000 people, against a bare indexed look-up of the same people.

Ours is the search of the desk's page: one field that takes part of a name, initials or a whole pinyin, a number or the end of
a phone, and gives the first twenty. The bare look-up is one query by the driver, over a connection of its own that stays open:
the same columns of the same people, in the same order, with the same limit, by the index that leads there - the words' for
names and pinyin, as equality or as a beginning, the serial's for numbers, that of phones' ends. It need not find out what the
text may mean, nor make days and ids of what it reads. Before anything is measured, both must give the same people. Opening the
session is nobody's burden: the page has one, in which it looked up who asks.
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
from timebank.people.finding import Found
from timebank.people.residents import Person
from timebank.people.words import LAST, SOUND

AIM = 3
FOUND_MOST = 20


def rows(ground: Ground) -> Iterator[Row]:
    """A row for each thing that may be typed, on each database."""
    for place in ground.served:
        community = Community(place, ground.folder / f"search-{place.name}")
        people = community.admit(ground.scale.residents)
        if isinstance(place, PostgresPlace):
            with place.server.connect(community.urls.name) as connection:
                connection.execute(
                    "VACUUM ANALYZE person, person_word"
                )  # as the server's own housekeeping does in time
        yield from _rows(ground, community, place, people)
        community.drop()


def _rows(
    ground: Ground, community: Community, place: SqlitePlace | PostgresPlace, people: list[Person]
) -> Iterator[Row]:
    drawn = random.Random(142).sample(people, ground.scale.searches)
    in_words = (
        "serial IN (SELECT serial FROM person_word WHERE community_id = {0} AND word >= {0} AND word < {0})",
        lambda text: (community.id, text, text + LAST),
    )
    by_serial = ("serial = {0}", lambda one: (one.serial,))
    by_tail = (
        (
            "serial IN (SELECT serial FROM person WHERE community_id = {0} AND substr(person.phone, length(person.phone) - 3) = {0}"
            " UNION ALL SELECT serial FROM person WHERE community_id = {0} AND serial = {0})"
        ),
        lambda one: (community.id, one.phone[-4:], community.id, int(one.phone[-4:])),
    )
    typed: dict[str, tuple[Callable[[Person], str], str, Callable[[Person], tuple[Any, ...]]]] = {
        "whole name": (lambda one: one.name, in_words[0], lambda one: in_words[1](one.name)),
        "part of a name": (lambda one: one.name[1:], in_words[0], lambda one: in_words[1](one.name[1:])),
        "pinyin initials": (_initials, in_words[0], lambda one: in_words[1](SOUND + _initials(one))),
        "whole pinyin": (_sound, in_words[0], lambda one: in_words[1](SOUND + _sound(one))),
        "number": (lambda one: one.number, *by_serial),
        "phone tail": (lambda one: (one.phone or "")[-4:], *by_tail),
    }
    connection: Any = (
        sqlite3.connect(community.urls.app_url.removeprefix("sqlite:///"))
        if isinstance(place, SqlitePlace)
        else psycopg.connect(community.urls.app_url.replace("+psycopg", ""), autocommit=True)
    )
    mark = "?" if isinstance(place, SqlitePlace) else "%s"
    columns = ", ".join(Found._fields)
    for what, (text, condition, values) in typed.items():
        bare = (
            f"SELECT {columns} FROM person WHERE community_id = {mark} AND left_on IS NULL"
            f" AND {condition.format(mark)} ORDER BY serial LIMIT {FOUND_MOST}"
        )

        def search(text: Callable[[Person], str] = text) -> list[list[int]]:
            with community.storage.read() as session:
                return [
                    [each.serial for each in residents.search(session, community.id, text(one), FOUND_MOST)]
                    for one in drawn
                ]

        def look_up(bare: str = bare, values: Callable[[Person], tuple[Any, ...]] = values) -> list[list[int]]:
            return [
                [each[1] for each in connection.execute(bare, (community.id, *values(one))).fetchall()] for one in drawn
            ]

        found = search()
        if found != look_up() or not all(found):
            raise RuntimeError(f"{what}: not the people of the bare look-up")
        ours, theirs = in_turns(ground.scale.runs, lambda: seconds(search), lambda: seconds(look_up))
        yield Row(
            what=f"search by {what} among {len(people):,}, {place.name}",
            against="bare look-up of the same people",
            unit="us",
            ours=[1e6 * one / len(drawn) for one in ours],
            theirs=[1e6 * one / len(drawn) for one in theirs],
            aim=AIM,
            at_most=True,
        )
    connection.close()


def _sound(one: Person) -> str:
    return one.search_key.split()[0]


def _initials(one: Person) -> str:
    return one.search_key.split()[1]
