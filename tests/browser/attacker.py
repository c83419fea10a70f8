"""Somebody who has the server: the database, its owner's rights, and the signing seed. He works on a copy of the folder."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

from sqlalchemy import Connection, create_engine

from ledger import tree
from ledger.entries import decode, encode
from tests.browser.installation import Installation
from tests.ledger.books import drop_guards

TOWN = 1  # the community that was opened first
ISSUE = 1  # the account from which minutes are issued


class Attacker:
    """A copy of an installation that stands still, and what is done to it behind everybody's back."""

    def __init__(self, here: Installation, folder: Path, community: str) -> None:
        self.here, self.folder, self.community = here, folder, community
        shutil.copytree(here.folder, folder)

    def takes_an_entry_out(self, seq: int) -> None:
        self._does(("DELETE FROM ledger_entry WHERE community_id = ? AND seq = ?", (TOWN, seq)))

    def raises_a_balance(self, account: int, minutes: int) -> None:
        raised = "UPDATE ledger_account SET balance = balance + ? WHERE community_id = ? AND number = ?"
        self._does((raised, (minutes, TOWN, account)))

    def rewrites_history(self, seq: int, account: int, minutes: int) -> None:
        """More minutes in one entry, and all else made to agree: balances, lines, tree, and no checkpoint is left.

        The next bundle signs the new log with the stolen seed.
        """
        leaves = self._leaves()
        leaves[seq] = _with_more(leaves[seq], account, minutes)
        edge = tree.Edge()
        for leaf in leaves:
            edge.append(tree.leaf_hash(leaf))
        self._does(
            ("UPDATE ledger_entry SET leaf = ? WHERE community_id = ? AND seq = ?", (leaves[seq], TOWN, seq)),
            ("UPDATE ledger_tail SET root = ?, edge = ? WHERE community_id = ?", (edge.root(), edge.to_bytes(), TOWN)),
            *_lines_agree(account, minutes, seq),
            *_lines_agree(ISSUE, -minutes, seq),
            (
                "UPDATE ledger_account SET issued = issued + ? WHERE community_id = ? AND number = ?",
                (minutes, TOWN, ISSUE),
            ),
            ("DELETE FROM ledger_checkpoint WHERE community_id = ?", (TOWN,)),
        )
        (self.folder / "keys" / f"{self.community}.checkpoint").unlink()

    def bundle(self) -> bytes:
        """What the auditor is then given."""
        file = self.folder / "bundle.zip"
        self.here.run("export", "bundle", self.community, str(file), folder=self.folder)
        return file.read_bytes()

    def _leaves(self) -> list[bytes]:
        engine = create_engine(f"sqlite:///{self.folder / 'timebank.sqlite'}")
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT leaf FROM ledger_entry WHERE community_id = ? ORDER BY seq", (TOWN,)
            ).all()
        engine.dispose()
        assert len(rows) < tree.TILE_WIDTH, "a full tile would have to be forged too"
        return [bytes(leaf) for (leaf,) in rows]

    def _does(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        engine = create_engine(f"sqlite:///{self.folder / 'timebank.sqlite'}")
        with engine.begin() as connection:
            drop_guards(connection)
            for sql, values in statements:
                _change(connection, sql, values)
        engine.dispose()


def flip_a_byte(bundle: bytes, seq: int) -> bytes:
    """The bundle with one digit of an entry's amounts changed, packed again as an honest program packs it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as honest, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as spoilt:
        for name in honest.namelist():
            content = bytearray(honest.read(name))
            if name.startswith("tile/entries/"):
                digit = content.rindex(b"]],", 0, content.index(b'"seq":%d,' % seq)) - 1
                content[digit] ^= 1
            spoilt.writestr(name, bytes(content))
    return packed.getvalue()


def _with_more(leaf: bytes, account: int, minutes: int) -> bytes:
    fields = decode(leaf)
    more = {account: minutes, ISSUE: -minutes}
    fields["legs"] = [[number, amount + more[number]] for number, amount in fields["legs"]]
    common = {name: fields.pop(name) for name in ("seq", "at", "id", "kind", "v")}
    return encode(common["kind"], fields, seq=common["seq"], at=common["at"], id=common["id"])


def _lines_agree(account: int, minutes: int, seq: int) -> list[tuple[str, tuple[object, ...]]]:
    whose = "community_id = ? AND account = ?"
    return [
        (
            "UPDATE ledger_account SET balance = balance + ? WHERE community_id = ? AND number = ?",
            (minutes, TOWN, account),
        ),
        (f"UPDATE ledger_posting SET balance = balance + ? WHERE {whose} AND seq >= ?", (minutes, TOWN, account, seq)),
        (f"UPDATE ledger_posting SET amount = amount + ? WHERE {whose} AND seq = ?", (minutes, TOWN, account, seq)),
    ]


def _change(connection: Connection, sql: str, values: tuple[object, ...]) -> None:
    assert connection.exec_driver_sql(sql, values).rowcount > 0
