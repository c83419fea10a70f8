"""Sentences that fill a village's books, and what its auditor takes away."""

from __future__ import annotations

import datetime
import io
from typing import Any

from sqlalchemy import Connection, create_engine

from ledger import book_of, guards, log
from ledger.log import Signer
from tests.village import Village
from timebank import accounts, evidence
from timebank.columns import new_id
from timebank.permissions import Actor

AUDITOR = "auditor"


class Memory:
    """What a seed's folder remembers, without a folder."""

    def __init__(self) -> None:
        self.note: str | None = None

    def remember(self, note: str) -> None:
        self.note = note


def seal_of(village: Village, memory: Memory | None = None, seed: Any = None) -> evidence.Seal:
    """The village's own seal; with `seed` that of a stranger."""
    kept = memory or Memory()
    key = seed or village.seed
    return evidence.Seal(
        signer=Signer(key.public_key().public_bytes_raw(), key.sign), newest=lambda: kept.note, remember=kept.remember
    )


def make_volunteer(village: Village) -> int:
    """A member's account, whoever that may be."""
    owner = new_id(village.now)
    made = village.write(
        lambda session, now: {
            "account": accounts.open_main(session, village.community_id, kind="person", owner_id=owner, unit="min")
        }
    )
    return int(made["account"])


def credit(village: Village, account: int, minutes: int = 60, *, times: int = 1) -> int:
    """Settle visits of so many minutes, all in one write; returns the last entry's seq."""

    def settle(session: Any, now: datetime.datetime) -> dict[str, Any]:
        seq = 0
        for _ in range(times):
            seq = book_of(session).post(
                {accounts.ISSUE_MIN: -minutes, account: minutes},
                on=village.today,
                detail={"use_case": "test", "credited": minutes, "row": new_id(now).hex},
            )
        return {"seq": seq}

    return int(village.write(settle)["seq"])


def hold(village: Village, payer: int, payee: int, minutes: int) -> int:
    detail = {"use_case": "test.claim", "held": minutes}
    made = village.write(
        lambda session, now: {"seq": book_of(session).hold({payer: -minutes, payee: minutes}, detail=detail)}
    )
    return int(made["seq"])


def capture(village: Village, held: int, payer: int, payee: int, minutes: int) -> int:
    detail = {"use_case": "test.confirm", "credited": minutes}
    made = village.write(
        lambda session, now: {
            "seq": book_of(session).capture(held, {payer: -minutes, payee: minutes}, on=village.today, detail=detail)
        }
    )
    return int(made["seq"])


def fill(village: Village, *, posts: int = 300) -> tuple[int, int]:
    """Two volunteers, more than one tile of entries, a hold settled and one open, one entry reversed."""
    first, second = make_volunteer(village), make_volunteer(village)
    credit(village, first, 60, times=posts)
    capture(village, hold(village, first, second, 120), first, second, 90)
    hold(village, first, second, 30)
    wrong = credit(village, second, 45)
    village.write(
        lambda session, now: {
            "seq": book_of(session).reverse(
                wrong, on=village.today, reason="mistake", approvers=[1, 2], detail={"use_case": "test.reverse"}
            )
        }
    )
    return first, second


def bundle_of(village: Village, *, details: bool = True, seal: evidence.Seal | None = None) -> bytes:
    """The evidence bundle of this moment, its trial balance over the last month."""
    file = io.BytesIO()
    end = village.now + datetime.timedelta(days=1)
    evidence.bundle(
        village.storage,
        actor=Actor.console(village.community_id, "test"),
        community_id=village.community_id,
        seal=seal or seal_of(village),
        file=file,
        period=(end - datetime.timedelta(days=30), end),
        details=details,
        policy={},
    )
    return file.getvalue()


def vkey_of(village: Village) -> str:
    with village.read() as session:
        return log.vkey(session, village.community_id)


def attack(village: Village, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Change the database as its owner can: the guards are dropped first. `?` marks values."""
    engine = create_engine(village.owner_url)
    with engine.begin() as connection:
        drop_guards(connection)
        for sql, values in statements:
            marked = sql.replace("?", "%s") if connection.dialect.name == "postgresql" else sql
            assert connection.exec_driver_sql(marked, values).rowcount > 0
    engine.dispose()


def drop_guards(connection: Connection) -> None:
    for statement in guards.removal(connection.dialect.name):
        connection.exec_driver_sql(statement)
