"""A writing process of its own, for tests that kill it, watch its system calls, or let several fight over one wallet.

    python spender.py URL COMMUNITY WALLET AMOUNT COUNT THREADS

Each thread moves AMOUNT minutes from WALLET to the pool COUNT times, and says `done KEY` or `refused KEY CODE` on standard output as soon as it was answered; `sent KEY` comes before.
"""

from __future__ import annotations

import datetime
import os
import sys
import threading
from typing import Any

from sqlmodel import Session

from ledger import book_of
from timebank.accounts import POOL_MIN
from timebank.errors import Refused
from timebank.storage import Storage, new_key

SECRET = b"a secret of the tests, 32 bytes!"


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main() -> None:
    url = sys.argv[1]
    community_id, wallet, amount, count, threads = map(int, sys.argv[2:])
    storage = Storage(url, clock=lambda: datetime.datetime.now(datetime.UTC), secret=SECRET, exclusive=False)

    def spend(session: Session, now: datetime.datetime) -> dict[str, Any]:
        detail = {"use_case": "spend", "credited": amount}
        seq = book_of(session).post({wallet: -amount, POOL_MIN: amount}, on=now.date(), detail=detail)
        return {"seq": seq}

    def run() -> None:
        for _ in range(count):
            key = new_key(storage.clock())
            say(f"sent {key.hex}")
            try:
                storage.write(community_id, key, spend, actor="spender", use_case="spend", content={"amount": amount})
            except Refused as refused:
                say(f"refused {key.hex} {refused.code}")
            else:
                say(f"done {key.hex}")

    started = [threading.Thread(target=run) for _ in range(threads)]
    say("ready")
    sys.stdin.readline()
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    storage.close()


if __name__ == "__main__":
    main()
