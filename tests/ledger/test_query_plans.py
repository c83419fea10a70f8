"""Plans of the hot statements on fresh databases: every one goes by an index, without anybody having run ANALYZE."""

from __future__ import annotations

import datetime
import re
from typing import Any

from sqlmodel import Session

from ledger import book_of, reading, witness
from ledger.book import from_ms
from tests.statements import heard_of
from tests.village import Village
from timebank.accounts import POOL_MIN
from timebank.storage import next_number

HOT = ("ledger_", "request", "counter")


def write_and_read(village: Village) -> None:
    """What happens most: posts, holds and captures, and the pages that show them."""
    wallet = village.main_account(village.make_person(minutes=600).id, "min")

    def fill(session: Session, now: datetime.datetime) -> dict[str, Any]:
        """So many accounts that reading all of them would be a mistake."""
        for number in range(10_001, 15_001):
            book_of(session).open(number, unit="min", class_="member")
        return {}

    village.write(fill)

    def hold(session: Session, now: datetime.datetime) -> dict[str, Any]:
        book = book_of(session)
        next_number(session, village.community_id, "voucher")
        book.post({wallet: -60, POOL_MIN: 60}, on=village.today, detail={"credited": 60})
        return {"hold": book.hold({wallet: -60, POOL_MIN: 60}, detail={"held": 60})}

    held = village.write(hold)["hold"]

    def capture(session: Session, now: datetime.datetime) -> dict[str, Any]:
        book = book_of(session)
        seq = book.capture(held, {wallet: -45, POOL_MIN: 45}, on=village.today, detail={"credited": 45})
        book.reverse(seq, on=village.today, reason="mistake", approvers=[1], detail={})
        return {}

    village.write(capture)
    with village.read() as session:
        reading.statement(session, village.community_id, wallet)
        reading.statement(session, village.community_id, wallet, before=99)
        reading.balance_at(session, village.community_id, wallet, village.now)
        reading.account(session, village.community_id, wallet)
        reading.accounts_of(session, village.community_id, wallet)
        reading.entry(session, village.community_id, 3)
        reading.entries(session, village.community_id, before=99)
        reading.entries(session, village.community_id, account=wallet)
        reading.trial_balance(session, village.community_id, from_ms(0), village.now)
        witness.newest_by(session, village.community_id, b"never signed")
        witness.newest_first(session, village.community_id, limit=100)
        witness.cosignatures(session, village.community_id, 20)


def plan_of(village: Village, sql: str, values: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if village.storage.sqlite else "EXPLAIN "
    with village.storage.connect() as connection:
        rows = connection.exec_driver_sql(explain + sql, values).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_hot_statements_go_by_an_index(village: Village) -> None:
    with heard_of(village.storage) as asked:
        write_and_read(village)
    seen = {
        re.sub(r"= \d+|X?'[^']*'", "?", sql): (sql, values)  # where SQLite tells values, one of each is enough
        for sql, values in asked
        if sql.lstrip().startswith(("SELECT", "UPDATE", "WITH")) and any(name in sql for name in HOT)
    }
    assert len(seen) > 15
    scans = {}
    for sql, values in seen.values():
        plan = plan_of(village, sql, values)
        whole = [
            line
            for line in plan.splitlines()
            if ("SCAN" in line or "Seq Scan" in line) and any(name in line for name in HOT)
        ]
        # SQLite may walk one community's part of an index, which it calls SEARCH; SCAN is the whole table.
        if whole:
            scans[sql] = plan
    assert not scans
