"""The books: seeds and checkpoints, projections against leaves, details against their fingerprints, rows against entries."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import Session

from api import seals
from api.doctor.finding import Finding, Progress, advice, trouble
from api.keys import SigningKeys
from api.settings import Settings
from ledger import log, projections, rows, tables
from ledger.entries import decode, reference
from ledger.errors import BadEntry, LogBroken
from ledger.note import BadNote, open_checkpoint
from timebank import checks, evidence
from timebank.people import communities
from timebank.storage import Storage

TOLD_MOST = 20
ENTRIES_AT_ONCE = 2_000
SIGNATURES_MOST = 200  # of the newest checkpoints, besides the last of each day


def logs(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Seeds and the newest checkpoint of each log."""
    keys = SigningKeys(settings.keys)
    with storage.read() as session:
        for place in communities.communities(session):
            if not keys.exists(place.code):
                yield trouble("seed_missing", f"the signing seed is missing in {keys.folder}", place.code)
                continue
            try:
                end = log.end(session, place.id)
                evidence.sign_end(session, place.id, seals.seal_of(keys, place.code), at=0)
            except evidence.SeenFurther:
                pass  # told with what witnesses say
            except evidence.WouldForkTheLog as refused:
                older = f"the database is older than checkpoint {refused.facts['newest_size']}"
                yield trouble("would_fork", older, place.code)
            except evidence.KeyNotOfThisLog:
                yield trouble("wrong_key", f"the seed in {keys.folder} is not the key of {end.origin}", place.code)
            except (LogBroken, BadEntry, ValueError):
                continue  # what is broken is told by the examination of the projections
            newest = log.newest(session, place.id)
            if newest is None or newest.size < end.size:
                missing = end.size - (newest.size if newest else 0)
                yield advice("unsigned", f"{missing} entries are not signed yet", place.code)


def checkpoints(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """The signatures of stored checkpoints: of the last of each day, and of the newest. Roots are compared with the leaves."""
    with storage.read() as session:
        for place in communities.communities(session):
            try:
                origin = log.end(session, place.id).origin
            except LogBroken:
                origin = place.origin
            of_days = {one.size: one for one in log.daily(session, place.id, below=2**53)}
            newest = {one.size: one for one in log.checkpoints(session, place.id, limit=SIGNATURES_MOST)}
            told = 0
            for size, signed in sorted((of_days | newest).items()):
                if not _is_good(session, place.id, origin, signed):
                    told += 1
                    if told <= TOLD_MOST:
                        yield trouble(
                            "checkpoint_signature", f"the checkpoint of size {size} is not signed", place.code
                        )
            if told > TOLD_MOST:
                yield trouble("checkpoint_signature", f"and {told - TOLD_MOST} more", place.code)


def projection(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Balances, postings, holds, notes, quotas, tiles, checkpoints and the log's end against the leaves."""
    with storage.read() as session:
        for place in communities.communities(session):
            told: dict[str, int] = {}
            try:
                for one in projections.differences(
                    session.connection(),
                    place.id,
                    progress=partial(progress, f"{place.code} projections"),
                ):
                    code = f"{one.table.removeprefix('ledger_')}_differs"
                    told[code] = told.get(code, 0) + 1
                    if told[code] <= TOLD_MOST:
                        says = f"{one.table} row {one.row}: stored {one.stored!r}, the leaves say {one.expected!r}"
                        yield trouble(code, says, place.code)
            except LogBroken as broken:
                yield trouble("log_broken", str(broken), place.code)
                continue
            for code, count in told.items():
                if count > TOLD_MOST:
                    yield trouble(code, f"and {count - TOLD_MOST} more", place.code)


def details(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Each detail against the fingerprint in its entry; missing ones only where an account was erased. And what stands beside each leaf."""
    with storage.read() as session:
        for place in communities.communities(session):
            told: dict[str, int] = {}
            for code, seq in _wrong_details(session, place.id, partial(progress, f"{place.code} details")):
                told[code] = told.get(code, 0) + 1
                if told[code] <= TOLD_MOST:
                    yield trouble(code, f"entry {seq}", place.code)
            for code, count in told.items():
                if count > TOLD_MOST:
                    yield trouble(code, f"and {count - TOLD_MOST} more", place.code)


def domain(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """The domain's rows against the entries that they name."""
    with storage.read() as session:
        for place in communities.communities(session):
            try:
                for number, one in enumerate(checks.findings(session, place.id)):
                    if number == TOLD_MOST:
                        yield trouble("row_differs", "and more rows that differ", place.code)
                        break
                    told = ", ".join(f"{name} {value}" for name, value in one.facts.items())
                    says = f"{one.what} {one.row.hex if one.row else ''} entry {one.seq}: {one.code} {told}".rstrip()
                    yield trouble("row_differs", says, place.code)
            except BadEntry:
                continue  # told by the examination of the projections


def _is_good(session: Session, community_id: int, origin: str, signed: log.Signed) -> bool:
    try:
        said = open_checkpoint(signed.note, origin, log.key_in_force(session, community_id, signed.size))
    except (BadNote, LogBroken, BadEntry):
        return False
    return (said.size, said.root) == (signed.size, signed.root)


def _wrong_details(session: Session, community_id: int, progress: Any) -> Iterator[tuple[str, int]]:
    """(code, entry) of every detail that is not as its entry says, and of every entry found by what its leaf does not say."""
    connection = session.connection()
    account, entry, detail = tables.account.c, tables.entry.c, tables.detail.c
    erased = set(
        session.scalars(select(account.number).where(account.community_id == community_id, account.erased != 0))
    )
    own = entry.community_id == community_id
    last = session.scalar(select(entry.seq).where(own).order_by(entry.seq.desc()).limit(1))
    size = 0 if last is None else last + 1
    for start in range(0, size, ENTRIES_AT_ONCE):
        query = (
            select(entry.seq, entry.leaf, entry.kind, entry.id, entry.at, detail.salt, detail.detail)
            .join_from(
                tables.entry,
                tables.detail,
                (detail.community_id == entry.community_id) & (detail.seq == entry.seq),
                isouter=True,
            )
            .where(own, entry.seq >= start, entry.seq < start + ENTRIES_AT_ONCE)
        )
        for seq, leaf, kind, id_, at, salt, told in session.execute(query.order_by(entry.seq)):
            try:
                fields = decode(bytes(leaf))
            except BadEntry:
                continue  # a broken leaf is told of by the examination of the projections
            if (kind, bytes(id_).hex(), at) != (fields["kind"], fields["id"], fields["at"]):
                yield "entry_differs", seq
            naming = bool(erased) and not erased.isdisjoint(_named(connection, community_id, fields))
            code = _wrong_detail(fields, salt, told, of_erased=naming)
            if code:
                yield code, seq
        progress(min(start + ENTRIES_AT_ONCE, size), size)
    beyond = select(detail.seq).where(detail.community_id == community_id, detail.seq >= size)
    for seq in session.scalars(beyond):
        yield "detail_extra", seq


def _wrong_detail(fields: dict[str, Any], salt: Any, told: str | None, *, of_erased: bool) -> str:
    ref = fields.get("ref")
    if ref is None:
        return "" if told is None else "detail_extra"
    if told is None:
        return "" if of_erased else "detail_missing"
    if of_erased:
        return "detail_of_erased"
    return "" if reference(bytes(salt), told.encode()) == ref else "detail_ref"


def _named(connection: Connection, community_id: int, fields: dict[str, Any]) -> set[int]:
    """The accounts that an entry names: in its legs, in its hold's, or in those of what it reverses."""
    found: set[int] = set()
    for name in ("hold", "of"):
        if name in fields:
            found |= {number for number, _ in decode(rows.leaf(connection, community_id, fields[name])).get("legs", ())}
    return found | {number for number, _ in fields.get("legs", ())}
