"""A request whose savepoint cannot be set or gone back to: nobody knows what of it is in the transaction, so the batch starts again."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from sqlmodel import Session

from ledger import book_of
from tests.faults.drivers import Plan, Saboteur, attach
from tests.village import Village
from timebank.accounts import ISSUE_MIN, POOL_MIN
from timebank.errors import NotEnough, Unknown
from timebank.storage import next_number


def give(session: Session, now: datetime.datetime) -> dict[str, Any]:
    first = next_number(session, 1, "voucher")
    on = now.date() - datetime.timedelta(days=1)
    book_of(session).post({ISSUE_MIN: -15, POOL_MIN: 15}, on=on, detail={"credited": 15})
    return {"voucher": first}


def refuse(session: Session, now: datetime.datetime) -> dict[str, Any]:
    give(session, now)
    raise NotEnough


@pytest.fixture
def saboteur(village: Village) -> Saboteur:
    made = Saboteur()
    attach(village.storage, made)
    for lane in village.storage._lanes:
        lane._drop_connection()  # the next one goes through the saboteur
    return made


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_savepoint_that_cannot_be_set_leaves_no_half_of_its_request(
    village: Village, saboteur: Saboteur, side: str
) -> None:
    saboteur.arm(Plan("SAVEPOINT", side))
    assert village.write(give)["voucher"] == 1
    assert village.write(give)["voucher"] == 2
    assert village.balance(POOL_MIN) == 30
    assert saboteur.struck["SAVEPOINT", side] == 1


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_rollback_to_a_savepoint_that_fails_leaves_nothing_of_its_request(
    village: Village, saboteur: Saboteur, side: str
) -> None:
    saboteur.arm(Plan("ROLLBACK TO", side))
    with pytest.raises(NotEnough):
        village.write(refuse)
    assert village.write(give)["voucher"] == 1
    assert village.balance(POOL_MIN) == 15
    assert saboteur.struck["ROLLBACK TO", side] == 1


def test_who_ends_the_transaction_is_told_that_nobody_knows(village: Village) -> None:
    def end(session: Session, now: datetime.datetime) -> dict[str, Any]:
        driver: Any = book_of(session)._connection.connection.dbapi_connection
        driver.rollback()
        return {}

    with pytest.raises(Unknown):
        village.write(end)


def test_a_statement_and_its_rollback_that_both_fail_leave_nothing(village: Village, saboteur: Saboteur) -> None:
    """An ORM session rolls the whole transaction back by itself when its flush fails, and tells of neither."""
    village.write(give)
    saboteur.arm(Plan("UPDATE counter", "after"))
    saboteur.arm(Plan("ROLLBACK", "before"))
    assert village.write(give)["voucher"] == 2
    assert village.write(give)["voucher"] == 3
    assert village.balance(POOL_MIN) == 45
    assert saboteur.plans == []
