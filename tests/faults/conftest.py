"""The fixtures of the faults; what they make is told in places.py. Everything here belongs to the suite `faults`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.places import OwnServer, own_server, place
from tests.village import Village

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def sharing_statements() -> bool:
    return False


@pytest.fixture(params=["sqlite", "postgresql"])
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Village, str]]:
    with place(request, tmp_path, request.param) as made:
        yield made


@pytest.fixture
def own_postgres() -> Iterator[OwnServer]:
    with own_server() as own:
        yield own
