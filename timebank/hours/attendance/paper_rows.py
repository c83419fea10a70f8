"""Rows of paper registers: book, page and row are the key, so that the same row is typed once, whoever types it."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from timebank.hours.attendance.tables import PaperRow, Visit

BOOK_LONGEST = 60
PAGE_MOST, LINE_MOST = 9999, 200


def book_name(text: str) -> str:
    """A register's name as its key: two spellings of the same title are one book."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().upper()


def is_place(book: str, page: int, line: int) -> bool:
    """Whether this can be a row of a book."""
    return 1 <= len(book) <= BOOK_LONGEST and 1 <= page <= PAGE_MOST and 1 <= line <= LINE_MOST


def typed_before(session: Session, community_id: int, book: str, pages: Iterable[int]) -> set[tuple[int, int]]:
    """(page, line) of the rows of these pages that stand as visits."""
    rows = session.execute(
        select(col(PaperRow.page), col(PaperRow.line))
        .where(col(PaperRow.community_id) == community_id, col(PaperRow.book) == book)
        .where(col(PaperRow.page).in_(sorted(set(pages))), col(PaperRow.void_at).is_(None))
    )
    return {(page, line) for page, line in rows}


def write(session: Session, *, visit: Visit, book: str, page: int, line: int, typed_by: str, now: datetime) -> PaperRow:
    """Say which row a visit was typed from; the database refuses the same row again."""
    row = PaperRow(
        community_id=visit.community_id,
        visit_id=visit.id,
        book=book,
        page=page,
        line=line,
        typed_at=now,
        typed_by=typed_by,
    )
    session.add(row)
    session.flush()
    return row


def void(session: Session, *, visit: Visit, now: datetime) -> None:
    """After a rejection the row may be typed again as it should have been."""
    row = session.get(PaperRow, (visit.community_id, visit.id))
    if row is not None and row.void_at is None:
        row.void_at = now
        session.flush()
