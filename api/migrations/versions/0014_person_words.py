"""People are found by the beginnings of words, instead of by reading the whole register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PEOPLE_AT_ONCE = 2_000
FOLDED = {sign: sign + 32 for sign in range(ord("A"), ord("Z") + 1)}


def upgrade() -> None:
    words = op.create_table(
        "person_word",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("length(word) > 0", name="ck_person_word_word"),
        sa.ForeignKeyConstraint(
            ["community_id", "serial"], ["person.community_id", "person.serial"], name="fk_person_word_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "word", "serial"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    for people in _people(connection):
        found = [
            {"community_id": one.community_id, "word": word, "serial": one.serial}
            for one in people
            for word in _words(one.name, one.search_key)
        ]
        if found:
            connection.execute(sa.insert(words), found)
    op.create_index("ix_person_word_person", "person_word", ["community_id", "serial", "word"], unique=False)


def downgrade() -> None:
    op.drop_table("person_word")


def _people(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Everybody but the erased, some at a time."""
    query = sa.text(
        "SELECT community_id, serial, name, search_key, left_reason FROM person"
        " WHERE community_id > :community OR (community_id = :community AND serial > :serial)"
        " ORDER BY community_id, serial LIMIT :most"
    )
    community, serial = -1, 0
    while people := connection.execute(
        query, {"community": community, "serial": serial, "most": PEOPLE_AT_ONCE}
    ).fetchall():
        yield [one for one in people if one.left_reason != "erased"]
        community, serial = people[-1].community_id, people[-1].serial


def _words(name: str, search_key: str) -> set[str]:
    """The name from each character on, and its pinyin behind a space."""
    plain = name.translate(FOLDED)
    rests = {plain[start:] for start in range(len(plain)) if plain[start] != " "}
    return rests | {f" {sound}" for sound in search_key.split(" ") if sound}
