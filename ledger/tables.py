"""The ledger's tables. Entries, checkpoints and tiles are the record and never change; the others are projections that can be made again from them.

Keys lead with `community_id`, so that one schema runs on SQLite, PostgreSQL and, sharded by community, on Citus.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
IS_KEY = text("kind = 'key'")


def _number(name: str, *, null: bool = False, default: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=null, server_default=default, autoincrement=False)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


# One row a log: where it ends. Locking it makes everything in a community serial.
tail = Table(
    "ledger_tail",
    metadata,
    _number("community_id"),
    _text("origin"),
    _number("size"),
    _number("at"),
    _bytes("root"),
    _bytes("edge"),
    _number("rule_seq", null=True),
    # How often the projections were made again: lanes of other processes must forget what they cached.
    _number("epoch", default="0"),
    PrimaryKeyConstraint("community_id", name="pk_ledger_tail"),
    UniqueConstraint("origin", name="uq_ledger_tail_origin"),
    CheckConstraint("size >= 0", name="ck_ledger_tail_size"),
)

entry = Table(
    "ledger_entry",
    metadata,
    _number("community_id"),
    _number("seq"),
    _number("at"),
    _text("kind"),
    _bytes("id"),
    _bytes("leaf"),
    PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_entry"),
    UniqueConstraint("community_id", "id", name="uq_ledger_entry_id"),
    CheckConstraint("seq >= 0", name="ck_ledger_entry_seq"),
    # Who signs is asked every minute, and keys are a handful among millions; other entries do not pay for this.
    Index("ix_ledger_entry_key", "community_id", "seq", sqlite_where=IS_KEY, postgresql_where=IS_KEY),
)

# Salt and detail behind an entry's `ref`: shown to those who may see it, and erasable.
detail = Table(
    "ledger_detail",
    metadata,
    _number("community_id"),
    _number("seq"),
    _bytes("salt"),
    _text("detail"),
    PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_detail"),
)

account = Table(
    "ledger_account",
    metadata,
    _number("community_id"),
    _number("number"),
    _text("unit"),
    _text("class"),
    _number("owner"),
    _number("ceiling", null=True),
    _number("ends", null=True),
    _text("to_classes", null=True),
    _number("floor"),
    _number("quota"),
    _number("issued"),
    _number("balance"),
    _number("held"),
    _number("opened"),
    _number("closed", null=True),
    _number("erased"),
    PrimaryKeyConstraint("community_id", "number", name="pk_ledger_account"),
    CheckConstraint("unit IN ('min', 'pt')", name="ck_ledger_account_unit"),
    CheckConstraint("held >= 0", name="ck_ledger_account_held"),
    Index("ix_ledger_account_owner", "community_id", "owner"),
    postgresql_with={"fillfactor": 45},  # a batch updates many rows of a page: their new versions find room beside them
)

# One row a leg. Keyed by account and then entry, so that a statement is a range of one index and its newest row holds the balance.
posting = Table(
    "ledger_posting",
    metadata,
    _number("community_id"),
    _number("account"),
    _number("seq"),
    _number("amount"),
    _number("balance"),
    PrimaryKeyConstraint("community_id", "account", "seq", name="pk_ledger_posting"),
    CheckConstraint("amount <> 0", name="ck_ledger_posting_amount"),
    sqlite_with_rowid=False,  # every question goes by the key, so that the rows may as well lie in its index
)

hold = Table(
    "ledger_hold",
    metadata,
    _number("community_id"),
    _number("seq"),
    _text("legs"),
    _number("until", null=True),
    _number("resolved", null=True),
    PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_hold"),
)

note = Table(
    "ledger_note",
    metadata,
    _number("community_id"),
    _number("seq"),
    _text("topic"),
    _text("subject"),
    _text("digest"),
    _number("used_by", null=True),
    PrimaryKeyConstraint("community_id", "seq", name="pk_ledger_note"),
    Index("ix_ledger_note_topic", "community_id", "topic", "seq"),
)

reversal = Table(
    "ledger_reversal",
    metadata,
    _number("community_id"),
    _number("of"),
    _number("seq"),
    PrimaryKeyConstraint("community_id", "of", name="pk_ledger_reversal"),
)

checkpoint = Table(
    "ledger_checkpoint",
    metadata,
    _number("community_id"),
    _number("size"),
    _number("at"),
    _bytes("root"),
    _text("note"),
    PrimaryKeyConstraint("community_id", "size", name="pk_ledger_checkpoint"),
)

# Full tiles only; `root` is the hash that the next level holds of it.
tile = Table(
    "ledger_tile",
    metadata,
    _number("community_id"),
    _number("level"),
    _number("number"),
    _bytes("root"),
    _bytes("hashes"),
    PrimaryKeyConstraint("community_id", "level", "number", name="pk_ledger_tile"),
)

# What witnesses signed to a checkpoint: one row each time that a witness did. `key` is its public key, `at` its own time
# (ms), `line` the signature line as it stands under the checkpoint.
cosignature = Table(
    "ledger_cosignature",
    metadata,
    _number("community_id"),
    _number("size"),
    _bytes("key"),
    _number("at"),
    _text("line"),
    PrimaryKeyConstraint("community_id", "size", "key", "at", name="pk_ledger_cosignature"),
    # When did this witness sign last? Asked by every reader of the notice board, also of one that never did.
    Index("ix_ledger_cosignature_key", "community_id", "key", "size", "at"),
)

# The newest checkpoint that this installation cosigned of each log of others that it witnesses; of no community, and never
# forgotten, also when the log is taken off the operator's list.
witnessed = Table(
    "ledger_witnessed",
    metadata,
    _text("origin"),
    _number("size"),
    _number("at"),
    _text("note"),
    PrimaryKeyConstraint("origin", name="pk_ledger_witnessed"),
    CheckConstraint("size > 0", name="ck_ledger_witnessed_size"),
)

# What nobody may change or take away.
RECORD = (entry, checkpoint, tile, cosignature)

# What grows and is never taken away.
REMEMBERED = (witnessed,)

# Projections that the writer only adds to, and those whose rows it changes too; none is ever taken away but by a rebuild.
ADDED_TO = (posting, reversal)
CHANGED = (tail, account, hold, note)
