"""Ids of rows."""

import datetime
import uuid

from timebank.columns import key_instant, new_ids

NOW = datetime.datetime(2026, 11, 20, 1, 0, tzinfo=datetime.UTC)


def test_ids_made_together_are_ids_of_their_instant_in_ascending_order() -> None:
    made = [uuid.UUID(bytes=one) for one in new_ids(NOW, 500)]
    assert made == sorted(set(made))
    assert {(one.version, one.variant, key_instant(one)) for one in made} == {(7, uuid.RFC_4122, NOW)}


def test_no_ids_are_none() -> None:
    assert new_ids(NOW, 0) == []
