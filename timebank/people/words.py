"""The words that people are found by, each from its beginning: rows of their own, so that a search goes by an index.

Somebody types the beginning or the middle of a name, or the beginning of how it sounds. So each person has her name from
each of its characters on (单小丽, 小丽, 丽), and behind a space each reading of it, in full and by initials. They stand
in the register's own commit: who is admitted, renamed or erased is found accordingly at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Table, delete
from sqlmodel import Field, Session, SQLModel, col

from ledger import rows
from timebank.columns import Number

SOUND = " "  # before a reading, so that what sounds alike is not taken for what is written alike
LAST = "\U0010ffff"  # no character: sorts behind every text that begins alike
# Only these are written alike in the eyes of a search, whichever database it asks.
_FOLDED = {sign: sign + 32 for sign in range(ord("A"), ord("Z") + 1)}
_ROWS = 5_000  # in one statement


class PersonWord(SQLModel, table=True):
    """A word that a person of this serial is found by. Its order is that of code points, on both databases."""

    __tablename__: ClassVar[str] = "person_word"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "serial"], ["person.community_id", "person.serial"], name="fk_person_word_person"
        ),
        CheckConstraint("length(word) > 0", name="ck_person_word_word"),
        Index("ix_person_word_person", "community_id", "serial", "word"),
        {"sqlite_with_rowid": False},  # every question goes by a key
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    word: str = Field(
        sa_type=String().with_variant(String(collation="C"), "postgresql"),
        primary_key=True,
    )
    serial: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})


_TABLE: Table = SQLModel.metadata.tables["person_word"]


def folded(text: str) -> str:
    """A text in which A to Z are a to z."""
    return text.translate(_FOLDED)


def words_of(name: str, search_key: str) -> set[str]:
    """What a person of this name is found by; `search_key` is `pinyin.search_key` of it."""
    plain = folded(name)
    rests = {plain[start:] for start in range(len(plain)) if plain[start] != " "}
    return rests | {SOUND + sound for sound in search_key.split(" ") if sound}


def learn(session: Session, community_id: int, people: Iterable[tuple[int, str, str]]) -> None:
    """Let people be found who stand in the register and have no words yet: serial, name and search key of each."""
    found = [
        (community_id, word, serial)
        for serial, name, search_key in people
        for word in sorted(words_of(name, search_key))
    ]
    for start in range(0, len(found), _ROWS):
        rows.insert_into(session.connection(), _TABLE, found[start : start + _ROWS])


def learn_anew(session: Session, community_id: int, serial: int, name: str, search_key: str) -> None:
    """Let a person be found by what she is called now, and by nothing else."""
    session.execute(
        delete(PersonWord).where(col(PersonWord.community_id) == community_id, col(PersonWord.serial) == serial)
    )
    learn(session, community_id, [(serial, name, search_key)])
