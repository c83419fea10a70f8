"""Books in which every kind of entry stands, over four months, with late entries, lots, a wide post and tenths of points."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from ledger import book_of
from ledger.entries import digest_of
from tests.timebank.lived_in import live
from tests.village import Village
from timebank import accounts

MANY = 999


class Numbers:
    """The accounts that tests ask for again."""

    early, closing, lot, points = 5_001, 5_002, 5_003, 5_004
    first_of_many = 6_001


def keep_books(village: Village) -> Numbers:
    """One of everything through the use cases, and then what they leave out, straight in the book."""
    live(village)
    issue, points = accounts.ISSUE_MIN, accounts.ISSUE_PT

    def month(change: Any) -> dict[str, Any]:
        village.pass_time(days=31)
        return village.write(change)

    def opened(session: Any, now: datetime.datetime) -> dict[str, Any]:
        book = book_of(session)
        book.open(Numbers.early, unit="min", class_="member")
        book.open(Numbers.closing, unit="min", class_="team")
        ends = datetime.datetime.combine(
            village.today + datetime.timedelta(days=200),
            datetime.time(),
            datetime.timezone(datetime.timedelta(hours=8)),
        )
        book.open(Numbers.lot, unit="min", class_="gift", owner=Numbers.early, to=["member", "pool"], ends=ends)
        book.open(Numbers.points, unit="pt", class_="household", ceiling=5_000)
        for number in range(MANY):
            book.open(Numbers.first_of_many + number, unit="min", class_="grid_team")
        day = village.today
        # What happened half a year before anybody opened an account is entered late; a point and a half.
        late = day - datetime.timedelta(days=180)
        book.post({issue: -60, Numbers.early: 60}, on=late, detail={"use_case": "test.late"})
        book.post({points: -15, Numbers.points: 15}, on=day, detail={"use_case": "test"})
        many = {Numbers.first_of_many + number: 1 for number in range(MANY)}
        book.post({issue: -MANY, **many}, on=day, detail={"use_case": "test.many"})
        book.post({issue: -30, Numbers.closing: 30}, on=day, detail={"use_case": "test"})
        book.post({issue: -20, Numbers.lot: 20}, on=day, detail={"use_case": "test"})
        return {}

    def changed(session: Any, now: datetime.datetime) -> dict[str, Any]:
        book = book_of(session)
        day = village.today
        wrong = book.post({points: -4, Numbers.points: 4}, on=day - datetime.timedelta(days=40), detail={"n": 1})
        book.reverse(wrong, on=day, reason="mistake", approvers=[3, 9], detail={"n": 2})
        for end in ("release", "expire", "capture", "open"):
            until = now + datetime.timedelta(hours=1)
            lot = {Numbers.lot: -5, accounts.POOL_MIN: 5}
            held = book.hold(lot, until=until, detail={"n": 3})
            if end == "release":
                book.release(held)
            elif end == "capture":
                settled = book.capture(held, {Numbers.lot: -3, accounts.POOL_MIN: 3}, on=day, detail={"n": 4})
                book.reverse(settled, on=day, reason="mistake", approvers=[3, 9], detail={"n": 5})
        book.post({Numbers.closing: -30, accounts.POOL_MIN: 30}, on=day, detail={"n": 6})
        book.close(Numbers.closing)
        cited = book.note("limit", str(Numbers.early), digest_of(account=Numbers.early, floor=-50, ceiling=9_000))
        book.limit(Numbers.early, cites=cited, approvers=[1, 2], floor=-50, ceiling=9_000)
        rule: dict[str, Any] = {"two_from_min": 1_000, "two_from_pt": 1_000, "zone": "+08:00"}
        book.set_rule(**rule, cites=book.note("rule", "rule", digest_of(**rule)))
        book.note("publicity_batch", "=HYPERLINK(1)", hashlib.sha256(b"batch").hexdigest())
        book.set_key(village.seed.public_key().public_bytes_raw(), from_size=book.size + 1)
        return {"held": held}

    def ended(session: Any, now: datetime.datetime) -> dict[str, Any]:
        book = book_of(session)
        held = [seq for seq in range(book.size) if _is_open(session, seq)]
        book.expire(held[0])
        book.erase([Numbers.closing])
        return {}

    month(opened)
    month(changed)
    month(ended)
    return Numbers()


def _is_open(session: Any, seq: int) -> bool:
    from sqlalchemy import select

    from ledger.tables import hold

    return session.scalar(select(hold.c.until).where(hold.c.seq == seq, hold.c.resolved.is_(None))) is not None
