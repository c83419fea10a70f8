"""An uploaded table is looked at, mended row by row, and becomes a draft."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from timebank.errors import BadInput, NotFound, Refused
from timebank.permissions import Actor, require
from timebank.points.table.drafts import new_draft
from timebank.points.table.entries import Entry
from timebank.points.table.reading import TableReading, assembled
from timebank.points.table.stages import community_of
from timebank.points.table.tables import PointsStaging
from timebank.points.table.words import ENTRY_ROLES, MOST_ROWS, Problem
from timebank.storage import new_id


class TableHasProblems(Refused):
    """Some rows cannot be read; a table is taken whole or not at all."""

    code = "table_has_problems"
    status = 422


class StagingUsed(Refused):
    """The upload was already applied."""

    code = "staging_used"


class StagingChanged(Refused):
    """Somebody else mended this row meanwhile (facts `line`, `by`)."""

    code = "staging_changed"


def stage(session: Session, *, actor: Actor, now: dt.datetime, name: str, reading: TableReading) -> dict[str, Any]:
    """Keep what was read of an upload, so that it can be looked at and mended before it becomes a draft."""
    require(actor, "table.draft", community_id=actor.community_id)
    staged = PointsStaging(
        community_id=community_of(actor),
        id=new_id(now),
        kind="table",
        name=name[:200],
        content={
            "entries": [asdict(entry) for entry in reading.entries],
            "whole": [asdict(one) for one in reading.problems if not reading.entries],
            "hints": [asdict(one) for one in reading.hints if one.code in _ABOUT_THE_FILE],
            "layout": reading.layout,
            "mended": {},
        },
        staged_at=now,
        staged_by=actor.number,
    )
    session.add(staged)
    return {"code": "staged", "staging_id": staged.id.hex}


def staged_reading(session: Session, *, actor: Actor, staging_id: uuid.UUID) -> tuple[PointsStaging, TableReading]:
    """The upload as it was read and mended, for the preview."""
    require(actor, "table.draft", community_id=actor.community_id)
    staged = _one(session, actor, staging_id)
    return staged, _reading(staged)


def mend(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    staging_id: uuid.UUID,
    row: int,
    seen: int,
    cells: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Write one row of an upload anew, or leave it out (`cells` None); it is read again at once.

    `row` counts from 0 in the preview's order; `seen` is how often the row had been mended when it was shown.

    Raises:
        StagingUsed: it is a draft already.
        StagingChanged: somebody mended the row meanwhile.
    """
    require(actor, "table.draft", community_id=actor.community_id)
    staged = _one(session, actor, staging_id)
    if staged.used_at is not None:
        raise StagingUsed
    content = dict(staged.content)
    entries, mended = list(content["entries"]), dict(content.get("mended", {}))
    if not 0 <= row < len(entries):
        raise NotFound(what="row")
    times, by = mended.get(str(row), (0, ""))
    if times != seen:
        raise StagingChanged(line=entries[row]["line"], by=by)
    if cells is None:
        entries[row] = {**entries[row], "left_out": True}
    else:
        entries[row] = {**entries[row], "left_out": False, "cells": told(cells), "unreadable": {}}
    mended[str(row)] = (times + 1, actor.number)
    staged.content = {**content, "entries": entries, "mended": mended}
    return {"code": "row_mended" if cells is not None else "row_left_out", "staging_id": staged.id.hex, "row": row}


def draft(session: Session, *, actor: Actor, now: dt.datetime, staging_id: uuid.UUID, title: str) -> dict[str, Any]:
    """Make a draft of an upload that was read without problems; deductions and base points begin out of use."""
    require(actor, "table.draft", community_id=actor.community_id)
    staged = _one(session, actor, staging_id)
    reading = _reading(staged)
    if staged.used_at is not None:
        raise StagingUsed
    if reading.problems or not reading.items:
        raise TableHasProblems(rows=len({p.line for p in reading.problems}), problems=len(reading.problems))
    if not title.strip():
        raise BadInput(fields={"title": "required"})
    table = new_draft(
        session, actor=actor, now=now, title=title, source=staged.name, items=reading.items, layout=reading.layout
    )
    staged.used_at = now
    return {"code": "drafted", "table_id": table.id.hex, "items": len(reading.items)}


def rows_of(staged: PointsStaging) -> list[tuple[int, int, Entry, bool]]:
    """The rows of an upload as (row, times mended, entry, left out)."""
    mended = staged.content.get("mended", {})
    return [
        (number, mended.get(str(number), (0, ""))[0], _entry(kept), bool(kept.get("left_out")))
        for number, kept in enumerate(staged.content.get("entries", []))
    ]


def told(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row of a form, without what no table has."""
    return {role: str(cells.get(role, ""))[:1000] for role in ENTRY_ROLES}


_ABOUT_THE_FILE = ("sum_row_left_out", "text_left_out", "sheet_left_out", "sheet_joined")


def _reading(staged: PointsStaging) -> TableReading:
    content = staged.content
    whole = tuple(Problem(**one) for one in content.get("whole", []))
    if whole or "entries" not in content:
        return TableReading((), whole or (Problem(0, "", "no_rows"),), ())
    entries = [entry for _, _, entry, left_out in rows_of(staged) if not left_out]
    if not entries or len(entries) > MOST_ROWS:
        return TableReading((), (Problem(0, "", "no_rows"),), ())
    hints = [Problem(**one) for one in content["hints"]]
    return assembled(entries, hints=hints, layout=content["layout"])


def _entry(kept: Mapping[str, Any]) -> Entry:
    return Entry(**{name: value for name, value in kept.items() if name != "left_out"})


def _one(session: Session, actor: Actor, staging_id: uuid.UUID) -> PointsStaging:
    staged = session.get(PointsStaging, (community_of(actor), staging_id))
    if staged is None or staged.kind != "table":
        raise NotFound(what="upload")
    return staged
