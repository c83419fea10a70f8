"""Who answers for which grid and building, and where nobody does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.village import Village
from timebank.errors import Forbidden
from timebank.people import areas, posts, residents, roles
from timebank.people.posts import Seat
from timebank.permissions import Actor

GRID, OTHER_GRID = "320102010101", "320102010102"
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def give(village: Village, person: Any, role: str, area: str, *, from_in: int = 0, until_in: int | None = None) -> Any:
    return village.storage.write_global(
        lambda session, now: roles.give(
            session,
            actor=village.actor("community_manager"),
            now=now,
            role=role,
            area_path=f"{village.area_path}{area}/",
            from_on=village.today + timedelta(days=from_in),
            until_on=None if until_in is None else village.today + timedelta(days=until_in),
            person_id=person.id,
        )
    )


def add_building(village: Village, code: str, name: str, grid: str = GRID) -> None:
    rows = [areas.AreaRow(number=2, code=code, name=name, level="building", parent=grid)]
    village.storage.write_global(
        lambda session, now: areas.import_tree(session, actor=Actor.console(None, "test"), now=now, rows=rows)
    )


def directory(village: Village, actor: Actor | None = None) -> dict[str, Seat]:
    with village.read() as session:
        found = posts.directory(session, actor=actor or village.actor("desk_staff"), now=village.now)
    return {seat.area.name: seat for seat in found}


def test_a_post_is_filled_from_its_first_to_its_last_day_and_vacant_beside_them(village: Village) -> None:
    person = village.make_person("周网格")
    give(village, person, "grid_worker", GRID, from_in=1, until_in=2)
    seen = []
    for _ in range(4):
        seat = directory(village)["第一网格"]
        seen.append((seat.is_vacant, bool(seat.begins_on)))
        village.pass_time(days=1)
    assert seen == [(True, True), (False, False), (False, False), (True, False)]


def test_coverage_counts_areas_and_the_residents_of_those_without_anybody(village: Village) -> None:
    add_building(village, "32010201010101", "1 幢")
    worker = village.make_person(grid=GRID)
    for _ in range(2):
        village.make_person(grid=OTHER_GRID)
    give(village, worker, "grid_worker", GRID)
    seats = directory(village)
    grids, buildings = posts.coverage(seats.values())
    assert (grids.seats, grids.filled, grids.percent, grids.residents_without) == (2, 1, 50, 2)
    assert (buildings.seats, buildings.filled, buildings.percent) == (1, 0, 0)
    assert seats["1 幢"].above == "第一网格"
    assert sum(seat.residents for seat in seats.values() if seat.post.level == "grid") == 3


@on_sqlite
def test_who_left_the_register_holds_no_post_and_one_may_hold_two(village: Village) -> None:
    person = village.make_person("周网格", phone="13800138000")
    give(village, person, "grid_worker", GRID)
    give(village, person, "grid_worker", OTHER_GRID, until_in=10)
    seats = directory(village)
    assert [seats[name].holders[0].also for name in ("第一网格", "第二网格")] == [1, 1]
    assert [seats[name].holders[0].ends_soon for name in ("第一网格", "第二网格")] == [False, True]
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            left_on=village.today,
            left_reason="moved",
            reason="",
        )
    )
    assert all(seat.is_vacant for seat in directory(village).values())


@on_sqlite
def test_residents_see_names_and_no_phones_and_which_grid_is_theirs(village: Village, other_village: Village) -> None:
    person = village.make_person("周网格", phone="13800138000")
    give(village, person, "grid_worker", GRID)
    me = village.make_person(grid=GRID)
    seats = directory(village, village.actor(person=me))
    assert (seats["第一网格"].mine, seats["第二网格"].mine) == (True, False)
    assert (seats["第一网格"].holders[0].name, seats["第一网格"].holders[0].phone) == ("周网格", "")
    assert directory(village)["第一网格"].holders[0].phone == "+8613800138000"
    assert "东网格" not in seats
    with pytest.raises(Forbidden), village.read() as session:
        posts.directory(session, actor=Actor(village.community_id, "x"), now=village.now)
    assert directory(other_village, other_village.actor("desk_staff"))["东网格"].is_vacant
