"""The evidence bundle of docs/log-format.md, section 5: what an auditor takes away and checks, trusting nobody.

Written row by row from one consistent snapshot of the database, whatever its size. It copies what is stored and repairs
nothing: a changed leaf, a missing entry or an edited balance goes into the archive as it is, where `verify` names it.
"""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger import log, reading, witness
from ledger.entries import canonical
from ledger.errors import LogBroken
from ledger.log import Signed
from ledger.tables import account, detail, hold
from ledger.tree import TILE_WIDTH, tile_path

VERSION = 1
ROWS_AT_ONCE = 5_000

Progress = Callable[[int, int], None]


def _silent(done: int, size: int) -> None:
    """Nobody waits for this bundle."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a bundle is to hold: `period` is [from, to) of its trial balance and `made_at` is now, all in ms; `policy` is for information."""

    period: tuple[int, int]
    made_at: int
    details: bool
    policy: Mapping[str, Any]


def write_bundle(
    session: Session,
    community_id: int,
    file: IO[bytes],
    *,
    signed: Signed,
    wanted: Wanted,
    progress: Progress = _silent,
) -> None:
    """Write the archive into `file`, reading through `session`, a snapshot whose log ends exactly where `signed` says.

    `progress` is told how many of how many entries are written.

    Raises:
        LogBroken: the checkpoint is not of this snapshot's end.
    """
    where = log.end(session, community_id)
    if (where.size, where.root) != (signed.size, signed.root):
        raise LogBroken(f"the checkpoint is of size {signed.size}, the log ends at {where.size}")
    about = {
        "v": VERSION,
        "origin": where.origin,
        "size": where.size,
        "root": where.root.hex(),
        "made_at": wanted.made_at,
        "details": wanted.details,
        "period": list(wanted.period),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        bundle = _Archive(archive, wanted.made_at)
        bundle.add("bundle.json", canonical(about))
        bundle.add("vkey", f"{log.vkey(session, community_id)}\n".encode())
        bundle.add("checkpoint", witness.cosigned(session, community_id, signed).encode())
        for older in log.daily(session, community_id, below=signed.size):
            bundle.add(f"checkpoints/{older.size}", witness.cosigned(session, community_id, older).encode())
        bundle.add("policy.json", canonical(dict(wanted.policy)))
        _add_tiles(bundle, session, community_id, where.size, progress)
        bundle.add_lines("tables/accounts.csv", _accounts(session, community_id))
        bundle.add_lines("tables/holds.csv", _holds(session, community_id))
        bundle.add_lines("tables/trial_balance.csv", _trial_balance(session, community_id, wanted.period))
        if wanted.details:
            bundle.add_lines("details.jsonl", _details(session, community_id))
    progress(where.size, where.size)


class _Archive:
    """A zip whose files all carry the bundle's own time."""

    def __init__(self, archive: zipfile.ZipFile, made_at: int) -> None:
        self.archive = archive
        self.time = dt.datetime.fromtimestamp(made_at / 1000, dt.UTC).timetuple()[:6]

    def add(self, name: str, content: bytes, *, packed: bool = True) -> None:
        self.archive.writestr(self._info(name, packed=packed), content)

    def add_lines(self, name: str, lines: Iterable[str]) -> None:
        with self.archive.open(self._info(name, packed=True), "w", force_zip64=True) as file:
            for line in lines:
                file.write(f"{line}\n".encode())

    def _info(self, name: str, *, packed: bool) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self.time)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        return info


def _add_tiles(bundle: _Archive, session: Session, community_id: int, size: int, progress: Progress) -> None:
    for level, width in enumerate(log.widths(size)):
        for number, part in _tiles(width):
            bundle.add(
                tile_path(level, number, part), log.hashes(session, community_id, level, number, part), packed=False
            )
    for number, part in _tiles(size):
        bundle.add(tile_path("entries", number, part), log.packed(log.leaves(session, community_id, number, part)))
        progress(number * TILE_WIDTH, size)


def _tiles(width: int) -> Iterator[tuple[int, int]]:
    """The tiles that hold `width` hashes: number and width of each."""
    full, rest = divmod(width, TILE_WIDTH)
    yield from ((number, TILE_WIDTH) for number in range(full))
    if rest:
        yield full, rest


def _accounts(session: Session, community_id: int) -> Iterator[str]:
    yield "account,unit,class,owner,floor,ceiling,quota,issued,balance,held,ends,to,closed"
    after = 0
    while True:
        chosen = account.c.community_id == community_id, account.c.number > after
        rows = (
            session.execute(select(account).where(*chosen).order_by(account.c.number).limit(ROWS_AT_ONCE))
            .mappings()
            .all()
        )
        if not rows:
            return
        for row in rows:
            to = " ".join(sorted((row["to_classes"] or "").split()))
            named = (
                "number",
                "unit",
                "class",
                "owner",
                "floor",
                "ceiling",
                "quota",
                "issued",
                "balance",
                "held",
                "ends",
            )
            yield _line(*(row[name] for name in named), to, row["closed"])
        after = rows[-1]["number"]


def _holds(session: Session, community_id: int) -> Iterator[str]:
    yield "hold,account,held,until,resolved"
    after = -1
    while True:
        chosen = hold.c.community_id == community_id, hold.c.seq > after
        rows = session.execute(select(hold).where(*chosen).order_by(hold.c.seq).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return
        for row in rows:
            for number, amount in json.loads(row.legs):
                if amount < 0:
                    yield _line(row.seq, number, -amount, row.until, row.resolved)
        after = rows[-1].seq


def _trial_balance(session: Session, community_id: int, period: tuple[int, int]) -> Iterator[str]:
    yield "unit,account,class,opening,added,taken,closing"
    start, end = (dt.datetime.fromtimestamp(at / 1000, dt.UTC) for at in period)
    totals: dict[str, list[int]] = {}
    for row in reading.trial_balance(session, community_id, start, end):
        numbers = (row.opening, row.added, row.taken, row.closing)
        yield _line(row.unit, row.account, row.class_, *numbers)
        totals[row.unit] = [
            total + number for total, number in zip(totals.get(row.unit, [0] * 4), numbers, strict=True)
        ]
    for unit, sums in sorted(totals.items()):
        yield _line(unit, None, "total", *sums)


def _details(session: Session, community_id: int) -> Iterator[str]:
    after = -1
    while True:
        chosen = detail.c.community_id == community_id, detail.c.seq > after
        rows = session.execute(select(detail).where(*chosen).order_by(detail.c.seq).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return
        for row in rows:
            yield canonical({"detail": row.detail, "salt": bytes(row.salt).hex(), "seq": row.seq}).decode()
        after = rows[-1].seq


def _line(*cells: int | str | None) -> str:
    return ",".join("" if cell is None else str(cell) for cell in cells)
