"""Running a draft of the points table over 100,000 awards, against reading the same rows and adding them up.

Ours is what the page shows: each award scored again by the draft's item of its name, with rules and caps of its day, month
and year, and the sums of items and households. The bare side reads the same rows in the same order by the driver, over a
connection of its own that stays open, and adds up what was credited by household. Both must come to the same old total.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import insert
from sqlmodel import Session

from bench.community import Community
from bench.ground import Ground, PostgresPlace, SqlitePlace
from bench.measure import in_turns, seconds
from bench.rows import Row
from timebank.points import replay
from timebank.points.awards.tables import APPROVED, Award
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.storage import new_id

ITEMS = 40
PEOPLE_OF = 30  # awards for each person in the year
AT_ONCE = 2_000
FIRST = dt.date(2025, 1, 1)
DAYS = 365


def rows(ground: Ground) -> Iterator[Row]:
    """A row a database."""
    for place in ground.served:
        community = Community(place, ground.folder / f"replay-{place.name}")
        draft = _year(community, ground.scale.replayed)
        last = FIRST + dt.timedelta(days=DAYS - 1)
        actor = community.village.actor("committee")
        connection: Any = (
            sqlite3.connect(community.urls.app_url.removeprefix("sqlite:///"))
            if isinstance(place, SqlitePlace)
            else psycopg.connect(community.urls.app_url.replace("+psycopg", ""), autocommit=True)
        )
        if isinstance(place, PostgresPlace):
            with place.server.connect(community.urls.name) as owner:
                owner.execute("VACUUM ANALYZE award")  # as the server's own housekeeping does in time

        def ours(
            community: Community = community, actor: Any = actor, draft: uuid.UUID = draft, last: dt.date = last
        ) -> int:
            with community.storage.read() as session:
                found = replay.replay(session, actor=actor, table_id=draft, first=FIRST, last=last)
            return found.old_steps if found.awards == ground.scale.replayed else -1

        def bare(
            community: Community = community, connection: Any = connection, last: dt.date = last, place: Any = place
        ) -> int:
            mark = "?" if isinstance(place, SqlitePlace) else "%s"
            sums: dict[bytes, int] = defaultdict(int)
            asked = (community.id, FIRST.isoformat(), last.isoformat(), APPROVED)
            for household, _person, _item, _on, _times, _minutes, _uncapped, credited in connection.execute(
                "SELECT household_id, person_id, item_id, on_day, times, minutes, uncapped_steps, credited_steps FROM award"
                f" WHERE community_id = {mark} AND on_day BETWEEN {mark} AND {mark} AND state = {mark} ORDER BY on_day, id",
                asked,
            ):
                sums[bytes(household)] += credited
            return sum(sums.values())

        if ours() != bare():
            raise RuntimeError("not the rows of the bare reading")
        mine, theirs = in_turns(ground.scale.runs, lambda: seconds(ours), lambda: seconds(bare))
        yield Row(
            what=f"a draft over {ground.scale.replayed:,} awards, {place.name}",
            against="the same rows read and added up",
            unit="ms",
            ours=[1000 * one for one in mine],
            theirs=[1000 * one for one in theirs],
        )
        connection.close()
        community.drop()


def _year(community: Community, count: int) -> uuid.UUID:
    """A year of awards by one version, and a draft that gives half as much again and caps every other item; its id."""
    drawn, now = random.Random(40), community.clock.now()
    people = community.admit(max(count // PEOPLE_OF, 1))
    versions = [new_id(now), new_id(now)]
    items = [[new_id(now) for _ in range(ITEMS)] for _ in versions]

    def write(session: Session, at: Any) -> dict[str, Any]:
        session.execute(insert(PointsTable), [{
            "community_id": community.id, "id": table_id, "title": "积分表", "source": "", "state": "draft",
            "digest": f"{number:064}", "version": 1 if number == 0 else None, "drafted_at": now, "drafted_by": "bench",
        } for number, table_id in enumerate(versions)])  # fmt: skip
        session.execute(insert(PointsItem), [{
            "community_id": community.id, "id": item_id, "table_id": versions[number], "position": position + 1,
            "category": f"类别{position % 5}", "title": f"项目{position}", "value_steps": 50 + 25 * number,
            "per": ("once", "hour", "person")[position % 3], "subject": ("person", "household")[position % 2],
            "kind": "award", "in_use": number == 0, "in_use_from": FIRST, "evidence": "", "clause": "", "remark": "",
            "cap_month_steps": 200 if number and position % 2 else None, "cap_day_steps": None, "cap_year_steps": None,
        } for number in range(2) for position, item_id in enumerate(items[number])])  # fmt: skip
        for start in range(0, count, AT_ONCE):
            some = [_award(drawn, start + one) for one in range(min(AT_ONCE, count - start))]
            session.execute(insert(Award), some)
        return {}

    def _award(drawn: random.Random, number: int) -> dict[str, Any]:
        person, position = drawn.choice(people), drawn.randrange(ITEMS)
        hours = position % 3 == 1
        return {
            "community_id": community.id, "id": new_id(now), "household_id": person.household_id, "person_id": person.id,
            "item_id": items[0][position], "table_id": versions[0], "on_day": FIRST + dt.timedelta(days=number % DAYS),
            "times": None if hours else 1, "minutes": 60 if hours else None, "uncapped_steps": 50, "credited_steps": 50,
            "evidence": "签到表", "state": APPROVED, "entered_at": now, "entered_by": "TPL-1-1", "source": "",
            "reviewed_at": now, "reviewed_by": "TPL-2-2", "reviewer": 2, "review_remark": "", "taken_steps": 0,
            "closed_reason": "",
        }  # fmt: skip

    community.village.write(write)
    return versions[1]
