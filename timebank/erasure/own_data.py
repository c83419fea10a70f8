"""What is held of a person, to be given to her on request (PIPL): by the same list of columns that erasing goes by."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from ledger import reading
from timebank import accounts, permissions
from timebank.erasure import standing
from timebank.erasure.columns import HERS, Rule, Subject, hers, table
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.identity import Vault
from timebank.people.residents import Person
from timebank.permissions import Actor

# Rows that stay after an erasure, since they lead to nobody then; while she is there they are hers.
ALSO_HERS: tuple[Rule, ...] = (
    Rule("activity_sign_up", hers()),
    Rule("order_claim", hers()),
    Rule("visit_day", hers()),
    Rule("erasure", hers()),
)
LINES_MOST = 100_000

Told = dict[str, list[dict[str, Any]]]


def of(session: Session, *, actor: Actor, now: dt.datetime, person_id: uuid.UUID, vault: Vault | None = None) -> Told:
    """All rows about a person by table, without secrets, ids as hex; and the lines of her accounts under `statement`.

    With `vault` her identity number is opened: it is hers. Reads only.

    Raises:
        NotFound, Forbidden.
    """
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    permissions.require(
        actor, "erasure.export", community_id=community_id, person_id=person.id, area_path=person.area_path
    )
    today = communities.local_day(communities.community(session, community_id), now)
    subject = standing.subject_of(session, person, today=today)
    found: Told = {}
    for rule in (one for one in (*HERS, *ALSO_HERS) if one.given):
        rows = found.setdefault(rule.table, [])
        rows += [row for row in _rows(session, rule, subject) if row not in rows]
    if vault is not None and person.identity_cipher is not None:
        opened = vault.unlock(person.identity_cipher, community_id=community_id, person_id=person.id)
        found["person"][0]["identity_number"] = opened
    found["statement"] = _statement(session, person)
    return {name: rows for name, rows in found.items() if rows}


def _rows(session: Session, rule: Rule, subject: Subject) -> list[dict[str, Any]]:
    one = table(rule.table)
    columns = [column for column in one.columns if column.name not in (*rule.secret, "community_id")]
    query = select(*columns).where(rule.where(one, subject)).limit(LINES_MOST)
    return [
        {column.name: _plain(value) for column, value in zip(columns, row, strict=True)}
        for row in session.execute(query)
    ]


def _statement(session: Session, person: Person) -> list[dict[str, Any]]:
    """Every line of her own minutes: entry, day, amount and balance."""
    main = accounts.find_main(session, person.community_id, person.id, "min")
    if main is None:
        return []
    lines, before = [], None
    while True:
        some = reading.statement(session, person.community_id, main, before=before, limit=500)
        lines += [
            {"entry": line.seq, "at": line.at.isoformat(), "minutes": line.amount, "balance_minutes": line.balance}
            for line in some
        ]
        if len(some) < 500 or len(lines) >= LINES_MOST:
            return lines
        before = some[-1].seq


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value
