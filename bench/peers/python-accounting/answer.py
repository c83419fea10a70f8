"""python-accounting as its documentation uses it; run by bench/peer.py in the peer's environment.

SQLite is as durable as ours: WAL, `synchronous=FULL`. `single`: a journal entry, its line item, `post`, which commits.
`batch`: as few flushes as its checks allow, and all in one transaction, which its own commits do not end, since the session
is bound to a connection that has begun one.
"""

import json
import sys
import time
from datetime import UTC, datetime

from python_accounting.database.session import get_session
from python_accounting.models import Account, Base, Currency, Entity, LineItem
from python_accounting.transactions import JournalEntry
from sqlalchemy import create_engine, event, text

NOW = datetime.now(UTC).replace(tzinfo=None)  # it keeps times without a zone
told = json.loads(sys.stdin.readline())
engine = create_engine(f"sqlite:///{told['path']}")


@event.listens_for(engine, "connect")
def set_up(connection, record):
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


Base.metadata.create_all(engine)
with get_session(engine) as session:
    entity = Entity(name="Bench")
    session.add(entity)
    session.commit()
    currency = Currency(name="Minutes", code="EUR", entity_id=entity.id)
    session.add(currency)
    session.commit()
    kind = Account.AccountType.CURRENT_LIABILITY
    accounts = [
        Account(name=f"Member {number}", account_type=kind, currency_id=currency.id, entity_id=entity.id)
        for number in range(told["members"])
    ]
    session.add_all(accounts)
    session.commit()
    entity_id, members = entity.id, [account.id for account in accounts]


def entry_of(taker):
    return JournalEntry(narration="bench", transaction_date=NOW, account_id=members[taker], entity_id=entity_id)


def item_of(giver, minutes):
    return LineItem(narration="bench", account_id=members[giver], amount=minutes, entity_id=entity_id)


def single(transfers):
    with get_session(engine) as session:
        session.entity = session.get(Entity, entity_id)
        for giver, taker, minutes in transfers:
            entry = entry_of(taker)
            session.add(entry)
            session.flush()
            item = item_of(giver, minutes)
            session.add(item)
            session.flush()
            entry.line_items.add(item)
            session.add(entry)
            entry.post(session)


def batch(transfers):
    with engine.begin() as connection, get_session(connection) as session:
        session.expire_on_commit = False
        session.entity = session.get(Entity, entity_id)
        entries = [entry_of(taker) for _, taker, _ in transfers]
        items = [item_of(giver, minutes) for giver, _, minutes in transfers]
        session.add_all(entries)
        session.add_all(items)
        session.flush()
        for entry, item in zip(entries, items, strict=True):
            entry.line_items.add(item)
        session.flush()
        for entry in entries:
            entry.post(session)


def balances():
    """Credits less debits of each member, from its ledger."""
    sums = (
        "SELECT post_account_id, sum(CASE entry_type WHEN 'CREDIT' THEN amount ELSE -amount END) FROM ledger GROUP BY 1"
    )
    with engine.connect() as connection:
        found = dict(connection.execute(text(sums)).tuples().all())
    return [int(found.get(number, 0)) for number in members]


print(json.dumps({}), flush=True)
for line in sys.stdin:
    told = json.loads(line)
    if told["do"] == "balances":
        print(json.dumps({"balances": balances()}), flush=True)
        continue
    begun = time.perf_counter()
    {"single": single, "batch": batch}[told["do"]](told["transfers"])
    print(json.dumps({"seconds": time.perf_counter() - begun}), flush=True)
