"""Books with every kind of entry, kept once for all who only read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.exports.every_kind import keep_books
from tests.village import Village, lasting_village


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, schema_folder: Path) -> Iterator[Village]:
    with lasting_village(tmp_path_factory.mktemp("kept"), schema_folder) as village:
        keep_books(village)
        yield village
