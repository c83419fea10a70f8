"""Every column of text or bytes stands in the list of what is held of people: a new one fails here until somebody has thought of it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import LargeBinary, String, Table, Text

from timebank import modules
from timebank.columns import Id, Instant, Json
from timebank.erasure.columns import ANSWERS, FREE, HERS, STAGED, TEXTS


def test_every_column_of_text_is_declared_personal_or_free_of_it() -> None:
    missing = [f"{one.name}.{name}" for one in _tables() for name in sorted(_texts(one) - _declared(one.name))]
    assert missing == [], "declare them in timebank/erasure/columns.py"


def test_nothing_is_declared_that_is_not_there() -> None:
    there = {one.name: set(one.columns.keys()) for one in _tables()}
    for listed in (*_lists(), {rule.table: tuple(rule.becomes or ()) for rule in HERS}):
        for name, columns in listed.items():
            assert set(columns) <= there[name], name


def test_no_column_is_both_free_text_and_free_of_persons() -> None:
    for name, columns in TEXTS.items():
        assert set(columns).isdisjoint(FREE.get(name, ())), name


def test_every_row_that_names_a_person_is_in_a_rule_or_stays_as_a_number() -> None:
    """Rows that name people by id, without a rule: they stay, and lead to a row that is nobody."""
    naming = {one.name for one in _tables() if {"person_id", "elder_id", "recipient_id"} & set(one.columns.keys())}
    assert naming - {rule.table for rule in HERS} == {
        "activity_sign_up",
        "erasure",
        "order_claim",
        "points_ballot",
        "points_member",
        "scan_device",
        "visit_day",
    }


def _tables() -> list[Table]:
    return [one for metadata in modules.load() for one in metadata.sorted_tables]


def _texts(one: Table) -> set[str]:
    kinds = (String, Text, LargeBinary, Json)
    return {c.name for c in one.columns if isinstance(c.type, kinds) and not isinstance(c.type, Id | Instant)}


def _declared(name: str) -> set[str]:
    found = {column for rule in HERS if rule.table == name for column in rule.becomes or ()}
    return found.union(*(listed.get(name, ()) for listed in _lists()))


def _lists() -> tuple[Mapping[str, tuple[str, ...]], ...]:
    return (TEXTS, STAGED, ANSWERS, FREE)
