"""Confirming a staged file: all of it is looked at once more, and then it is on its way into the register."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from ledger import reading
from timebank import accounts, permissions
from timebank.errors import Refused, RefusedByLedger
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.imports.cells import Planned
from timebank.people.imports.judging import plan, register
from timebank.people.imports.staging import ImportRun, batch, refuse_confirmed, run_of, staged_rows
from timebank.permissions import Actor

_OPENING = {"opening_minutes": accounts.OPENING_MIN, "opening_steps": accounts.OPENING_PT}


class ImportHasErrors(Refused):
    """Some rows cannot be taken; the file is mended and uploaded again (fact `rows`)."""

    code = "import_has_errors"
    status = 422


class ImportChanged(Refused):
    """The register changed since the rows were looked at: look again before confirming (fact `rows`)."""

    code = "import_changed"
    status = 409


class ImportEmpty(Refused):
    """There is nobody new in the file."""

    code = "import_empty"
    status = 422


@dataclass(frozen=True)
class Checked:
    """A file of so many rows that can be taken in as it was looked at."""

    batch_id: uuid.UUID
    with_doubtful: bool
    row_count: int


def check(session: Session, *, actor: Actor, now: datetime, batch_id: uuid.UUID, with_doubtful: bool) -> Checked:
    """Look at every row of a staged file once more before it is confirmed. Only reads, so that nobody waits for it on the lane.

    A file that was confirmed before is not judged again; `confirm` says how far it is.

    Raises:
        ImportHasErrors: rows are wrong. ImportChanged: a row would now be judged otherwise. ImportEmpty: nobody is new.
        RefusedByLedger: `quota`, the opening balances are more than may be opened this year.
    """
    community = communities.community(session, community_of(actor))
    permissions.require(actor, "residents.import_residents", community_id=community.id)
    found = batch(session, community.id, batch_id, now=now)
    staged = staged_rows(session, community.id, batch_id)
    if found.state == "applied" or run_of(session, community.id, batch_id) is not None:
        return Checked(batch_id, with_doubtful, len(staged))
    again = plan(staged, register(session, community.id, staged, on=communities.local_day(community, now)))
    changed = [new.number for old, new in zip(staged, again, strict=True) if old.verdict != new.verdict]
    if changed:
        raise ImportChanged(rows=len(changed), first_row=changed[0])
    wrong = [row.number for row in again if row.verdict == "error"]
    if wrong:
        raise ImportHasErrors(rows=len(wrong), first_row=wrong[0])
    coming = wanted(again, with_doubtful=with_doubtful)
    if not coming:
        raise ImportEmpty
    _refuse_above_quota(session, community.id, coming)
    return Checked(batch_id, with_doubtful, len(staged))


def confirm(session: Session, *, actor: Actor, now: datetime, checked: Checked) -> dict[str, Any]:
    """Let a file that was checked come into the register: everybody new, and with `with_doubtful` also those who may be there already.

    Nobody has come in when this answers: the file comes piece by piece (`applying`), and the pieces of one file are the
    same whoever goes on with them.

    Raises:
        ImportGoingOn: confirmed before, and how far it is. ImportApplied: all of it was taken in before.
    """
    community_id = community_of(actor)
    permissions.require(actor, "residents.import_residents", community_id=community_id)
    found = batch(session, community_id, checked.batch_id, now=now)
    refuse_confirmed(session, found)
    session.add(
        ImportRun(
            community_id=community_id,
            batch_id=found.id,
            with_doubtful=int(checked.with_doubtful),
            confirmed_at=now,
            confirmed_by=actor.number,
            row_count=checked.row_count,
            moved_at=now,
        )
    )
    return {"code": "import_begun", "batch": found.id.hex, "rows": checked.row_count}


def wanted(rows: Sequence[Planned], *, with_doubtful: bool) -> list[Planned]:
    """The rows whose people are to be taken in."""
    return [row for row in rows if row.verdict == "new" or (with_doubtful and row.verdict == "doubtful")]


def _refuse_above_quota(session: Session, community_id: int, rows: Sequence[Planned]) -> None:
    """A file whose opening balances are more than the year's quota takes nobody in, rather than some."""
    for column, number in _OPENING.items():
        needed = sum(getattr(row.entry, column) for row in rows)
        account = reading.account(session, community_id, number)
        if needed and account.issued + needed > account.quota:
            raise RefusedByLedger("quota", account=number, quota=account.quota, issued=account.issued, needed=needed)
