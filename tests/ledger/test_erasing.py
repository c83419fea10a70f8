"""Details that are erased: every entry that names the account loses its own, no other does, and a bundle still verifies."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from ledger import Book, book_of, erasing, tables
from ledger.errors import LedgerRefused
from ledger.verify import main as verify
from tests.ledger import books
from tests.village import Village
from timebank import accounts


def test_every_entry_that_names_an_erased_account_loses_its_detail(village: Village, tmp_path: Any) -> None:
    _first, second = books.fill(village, posts=3)
    village.write(lambda session, now: {"seq": book_of(session).release(_open_hold(session, village))})
    with village.read() as session:
        naming = erasing.naming(session, village.community_id, {second})
        before = _details(session)
    erased = village.write(lambda session, now: _erase(session, village, second))
    with village.read() as session:
        left = _details(session)
    assert naming == {before_seq for before_seq in before if before_seq not in left} | (naming - before)
    assert left == before - naming
    assert left, "the first one's own entries keep theirs"
    assert erased["posted"] not in left, "posted and forgotten in one batch"
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(books.bundle_of(village))
    assert len(zipfile.ZipFile(io.BytesIO(bundle.read_bytes())).read("details.jsonl").splitlines()) == len(left)
    assert verify([str(bundle)]) == 0


def test_a_refused_erasure_leaves_the_details(village: Village) -> None:
    _first, second = books.fill(village, posts=3)
    with village.read() as session:
        before = _details(session)

    def refused(session: Session, now: Any) -> dict[str, Any]:
        book = book_of(session)
        book.forget([second])
        raise LedgerRefused("not_closed", account=second)

    try:
        village.write(refused)
    except Exception as error:  # noqa: BLE001 - whatever the lane makes of it
        assert "not_closed" in str(error)
    with village.read() as session:
        assert _details(session) == before


def _erase(session: Session, village: Village, account: int) -> dict[str, Any]:
    """Give the rest to the pool, forget, close and erase, all in one batch."""
    book: Book = book_of(session)
    rest = book.account(account).balance
    posted = book.post(
        {account: -rest, accounts.POOL_MIN: rest}, on=village.today, detail={"use_case": "test", "credited": rest}
    )
    book.forget([account])
    book.close(account)
    book.erase([account])
    return {"posted": posted}


def _open_hold(session: Session, village: Village) -> int:
    hold = tables.hold.c
    (seq,) = session.scalars(
        select(hold.seq).where(hold.community_id == village.community_id, hold.resolved.is_(None))
    ).all()
    return int(seq)


def _details(session: Session) -> set[int]:
    return set(session.scalars(select(tables.detail.c.seq)))


def test_more_accounts_than_a_condition_of_sql_can_name(village: Village) -> None:
    _first, second = books.fill(village, posts=3)
    with village.read() as session:
        its_own = erasing.naming(session, village.community_id, [second])
        assert erasing.naming(session, village.community_id, [second, *range(100_000, 101_500)]) == its_own
        assert its_own
