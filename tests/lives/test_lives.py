"""A year of random lives: every edge and every refusal at least twenty times, and the books right all along."""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Iterator

import pytest

import timebank.hours
import timebank.people
from tests.lives import books, by_chance, edges, refused_devices, refused_orders, refused_serving
from tests.lives.world import World
from tests.village import Village
from timebank.errors import Refused

OFTEN = 20
DAYS = 365
SCENES = refused_orders.SCENES + refused_serving.SCENES + refused_devices.SCENES

# Modules beside timebank.hours whose refusals people meet in these lives.
BESIDE = ("timebank.people.helpers", "timebank.people.teams", "timebank.people.guardians", "timebank.people.skills")

# Met by committees and with files, not in daily life; provoked by the tests that are named.
ELSEWHERE = {
    "tests/api/test_teams_pages.py": {"member_list_refused"},
    "tests/timebank/hours/test_eligibility.py": {"bad_rule", "rule_second_person", "rule_wrong_state"},
}


def refusal_codes() -> set[str]:
    """The code of every refusal that the modules of serving and ordering have."""
    for package in (timebank.hours, timebank.people):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)

    def below(kind: type[Refused]) -> Iterator[type[Refused]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return {one.code for one in below(Refused) if one.__module__.startswith(("timebank.hours.", *BESIDE))}


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_year_of_lives_keeps_the_books(village: Village) -> None:
    world = World(village, random.Random(20_261_122))
    world.settle_in()
    refused_serving.settle_in(world)
    queue = [lambda edge=edge: edges.walk(world, edge) for edge in edges.EDGES for _ in range(OFTEN)]
    queue += [lambda scene=scene: scene(world) for scene in SCENES for _ in range(OFTEN)]
    queue += [lambda scene=scene: scene(world) for scene in refused_devices.ONCE]
    world.chance.shuffle(queue)
    began, month = village.today, village.today.month
    while (day := (village.today - began).days) < DAYS or queue:
        world.to_hour(8)
        for _ in range(max(1, -(-len(queue) // max(1, DAYS - day)))):
            if queue:
                queue.pop()()
        by_chance.a_day(world)
        world.run_jobs()
        if village.today.month != month:
            month = village.today.month
            books.check(world, whole=False)
    books.check(world, whole=True)
    taken = edges.walked(world)
    assert {edge: taken[edge] for edge in edges.EDGES if taken[edge] < OFTEN} == {}
    elsewhere = set().union(*ELSEWHERE.values())
    rare = {code: world.refusals[code] for code in refusal_codes() - elsewhere if world.refusals[code] < OFTEN}
    assert rare == {}
