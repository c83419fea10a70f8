"""A process of clients that write, for tests that kill it, or what it writes to, and look at the order afterwards.

    python worker.py URL SEED COUNT THREADS WALLET...

On standard input comes one line of JSON: what to ask first, [[key, op], ...], as those before it left it. Then each thread asks COUNT things: minutes given to a wallet, or spent from one, which may be refused. Each
line of standard output is one event, as JSON: `call` before asking, `answer` when it is known, with the instant on the machine's monotonic clock; `trouble` in between, after which it asks again with the same key.
"""

from __future__ import annotations

import datetime
import json
import os
import random
import sys
import threading
import time
import uuid
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from ledger import book_of
from timebank.accounts import ISSUE_MIN, POOL_MIN
from timebank.errors import Refused
from timebank.storage import Storage, new_key

SECRET = b"a secret of the tests, 32 bytes!"
COMMUNITY = 1
PATIENCE_SECONDS = 25

Op = list[Any]  # ["give" or "spend", wallet, minutes]


def say(event: str, **facts: Any) -> None:
    os.write(1, json.dumps({"event": event, "at": time.monotonic_ns(), **facts}).encode() + b"\n")


def ask(storage: Storage, key: uuid.UUID, op: Op) -> None:
    what, wallet, minutes = op
    legs = {ISSUE_MIN: -minutes, wallet: minutes} if what == "give" else {wallet: -minutes, POOL_MIN: minutes}

    def change(session: Session, now: datetime.datetime) -> dict[str, Any]:
        on = now.date() - datetime.timedelta(days=1)
        return {"seq": book_of(session).post(legs, on=on, detail={"use_case": what, "credited": minutes})}

    deadline = time.monotonic() + PATIENCE_SECONDS
    say("call", key=key.hex, op=op)
    while True:
        try:
            facts = storage.write(COMMUNITY, key, change, actor="worker", use_case=what, content={"op": op})
        except Refused as refused:
            if refused.status < 500:
                return say("answer", key=key.hex, refused=refused.code, facts=refused.facts)
            say("trouble", key=key.hex, code=refused.code)
        except SQLAlchemyError as error:
            say("trouble", key=key.hex, code=type(error).__name__, text=str(error)[:200])
        else:
            return say("answer", key=key.hex, seq=facts["seq"])
        if time.monotonic() > deadline:
            return say("gave up", key=key.hex)
        threading.Event().wait(0.02)


def main() -> None:
    url = sys.argv[1]
    seed, count, threads, *wallets = map(int, sys.argv[2:])
    storage = Storage(url, clock=lambda: datetime.datetime.now(datetime.UTC), secret=SECRET, exclusive=False)
    say("ready", pid=os.getpid())
    first = json.loads(sys.stdin.readline() or "[]")

    def run(thread: int) -> None:
        chance = random.Random(seed * 1_000 + thread)
        for key, op in first[thread::threads]:
            ask(storage, uuid.UUID(key), op)
        for _ in range(count):
            op = [chance.choice(["give", "spend", "spend"]), chance.choice(wallets), chance.randrange(1, 60)]
            ask(storage, new_key(storage.clock()), op)

    started = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    storage.close()


if __name__ == "__main__":
    main()
