"""A draft is edited row by row, by several people: who saves second is told what changed, and the last change is undone.

A row of the editor is read as a row of a spreadsheet is (`entries.meaning`), so that 每次加5分 means the same in both.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from timebank.errors import NotFound, Refused
from timebank.permissions import Actor, require
from timebank.points.table.digests import digest_of_items
from timebank.points.table.drafts import KEPT, items_of
from timebank.points.table.entries import Entry, meaning
from timebank.points.table.life_tables import PointsEdit
from timebank.points.table.reading import doubled
from timebank.points.table.stages import Standing, community_of, standing
from timebank.points.table.staging import told
from timebank.points.table.tables import PointsItem
from timebank.points.table.words import MOST_ROWS, ItemRow, Problem
from timebank.storage import new_id


class ItemUnreadable(Refused):
    """The row cannot be read; `problems` are codes by column."""

    code = "item_unreadable"
    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems=[f"{one.column}:{one.code}" for one in problems])
        self.problems = tuple(problems)


class DraftChanged(Refused):
    """Somebody changed this row since it was shown (facts `by`, `verb`, `title`, `fields`, `revision`)."""

    code = "draft_changed"


class NothingToUndo(Refused):
    """The draft has no change that could be taken back."""

    code = "nothing_to_undo"


class DraftFull(Refused):
    """A table holds at most so many items (fact `most`)."""

    code = "draft_full"


def add(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    cells: Mapping[str, str],
    position: int = 0,
) -> dict[str, Any]:
    """Add a row at a position, or at the end (0). A cell with several named values adds several."""
    draft = _draft(session, actor, table_id)
    items = list(items_of(session, draft.table.community_id, table_id))
    if len(items) >= MOST_ROWS:
        raise DraftFull(most=MOST_ROWS)
    rows = _read(session, draft, cells, besides=None)
    if len(items) + len(rows) > MOST_ROWS:
        raise DraftFull(most=MOST_ROWS)
    at = position - 1 if 0 < position <= len(items) else len(items)
    made = [_item(draft, new_id(now), row) for row in rows]
    for offset, item in enumerate(made):
        item.position = len(items) + offset + 1
        session.add(item)
        session.flush()
        _write_down(session, draft, actor=actor, now=now, verb="add", item=item, before=None, after=_fields(item))
    _reorder(session, [*items[:at], *made, *items[at:]])
    return _done(session, draft, "item_added", made[0].id)


def change(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    item_id: uuid.UUID,
    revision: int,
    cells: Mapping[str, str],
) -> dict[str, Any]:
    """Write a row anew; `revision` is the draft's when the row was shown.

    Raises:
        DraftChanged: the row was changed since by anybody.
    """
    draft = _draft(session, actor, table_id)
    item = _own_item(session, draft, item_id, revision)
    (row,) = _read(session, draft, cells, besides=item)[:1]
    before = _fields(item)
    _put(item, {name: getattr(row, name) for name in KEPT} | {"written": _kept_extras(item, row)})
    if _fields(item) != before:
        _write_down(session, draft, actor=actor, now=now, verb="change", item=item, before=before, after=_fields(item))
    return _done(session, draft, "item_changed", item.id)


def delete(
    session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, item_id: uuid.UUID, revision: int
) -> dict[str, Any]:
    """Take a row out."""
    draft = _draft(session, actor, table_id)
    item = _own_item(session, draft, item_id, revision)
    _write_down(session, draft, actor=actor, now=now, verb="delete", item=item, before=_fields(item), after=None)
    session.delete(item)
    session.flush()
    _reorder(session, items_of(session, draft.table.community_id, table_id))
    return _done(session, draft, "item_deleted", item_id)


def move(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    item_id: uuid.UUID,
    revision: int,
    position: int,
) -> dict[str, Any]:
    """Put a row at another position, counted from 1."""
    draft = _draft(session, actor, table_id)
    item = _own_item(session, draft, item_id, revision)
    before = _fields(item)
    _place(session, draft, item, position)
    if _fields(item) != before:
        _write_down(session, draft, actor=actor, now=now, verb="move", item=item, before=before, after=_fields(item))
    return _done(session, draft, "item_moved", item.id)


def duplicate(
    session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, item_id: uuid.UUID, revision: int
) -> dict[str, Any]:
    """Copy a row below itself; its title says that it is a copy, since no item may stand twice."""
    draft = _draft(session, actor, table_id)
    item = _own_item(session, draft, item_id, revision)
    items = list(items_of(session, draft.table.community_id, table_id))
    if len(items) >= MOST_ROWS:
        raise DraftFull(most=MOST_ROWS)
    titles = {one.title for one in items}
    title = next(
        f"{item.title[:190]}(副本{n or ''})"
        for n in range(MOST_ROWS)
        if f"{item.title[:190]}(副本{n or ''})" not in titles
    )
    fields = {**_fields(item), "title": title, "position": len(items) + 1}
    copy = PointsItem(community_id=item.community_id, id=new_id(now), table_id=table_id, in_use=False, **fields)
    session.add(copy)
    session.flush()
    _place(session, draft, copy, item.position + 1)
    _write_down(session, draft, actor=actor, now=now, verb="duplicate", item=copy, before=None, after=_fields(copy))
    return _done(session, draft, "item_duplicated", copy.id)


def undo(session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, revision: int) -> dict[str, Any]:
    """Take the last change back that is not taken back yet; again for the one before it.

    Raises:
        DraftChanged: somebody changed the draft since it was shown.
    """
    draft = _draft(session, actor, table_id)
    last = last_edit(session, draft.table.community_id, table_id)
    if last is None:
        raise NothingToUndo
    if draft.life.revision != revision:
        _refuse_changed(session, draft, edits_since(session, draft.table.community_id, table_id, revision)[0])
    item = session.get(PointsItem, (draft.table.community_id, last.item_id))
    if last.before is None and item is not None:
        session.delete(item)
        session.flush()
        _reorder(session, items_of(session, draft.table.community_id, table_id))
    elif last.before is not None:
        fields = dict(last.before)
        position = fields.pop("position")
        if item is None:
            count = len(items_of(session, draft.table.community_id, table_id))
            item = PointsItem(community_id=draft.table.community_id, id=last.item_id, table_id=table_id, in_use=False,
                              position=count + 1, **fields)  # fmt: skip
            session.add(item)
            session.flush()
        _put(item, fields)
        _place(session, draft, item, position)
    last.undone = True
    _write_down(
        session, draft, actor=actor, now=now, verb="undo", item_id=last.item_id, before=last.after, after=last.before
    )
    return _done(session, draft, "change_undone", last.item_id)


def last_edit(session: Session, community_id: int, table_id: uuid.UUID) -> PointsEdit | None:
    """The newest change that an undo would take back."""
    return session.scalars(
        select(PointsEdit)
        .where(
            PointsEdit.community_id == community_id,
            PointsEdit.table_id == table_id,
            PointsEdit.verb != "undo",
            col(PointsEdit.undone).is_(False),
        )
        .order_by(col(PointsEdit.revision).desc())
        .limit(1)
    ).first()


def edits_since(session: Session, community_id: int, table_id: uuid.UUID, revision: int) -> Sequence[PointsEdit]:
    """Changes after a revision, newest first, at most a hundred."""
    return session.scalars(
        select(PointsEdit)
        .where(
            PointsEdit.community_id == community_id,
            PointsEdit.table_id == table_id,
            col(PointsEdit.revision) > revision,
        )
        .order_by(col(PointsEdit.revision).desc())
        .limit(100)
    ).all()


def _draft(session: Session, actor: Actor, table_id: uuid.UUID) -> Standing:
    require(actor, "table.draft", community_id=actor.community_id)
    found = standing(session, community_of(actor), table_id)
    found.after("edit")
    session.add(found.life)
    return found


def _own_item(session: Session, draft: Standing, item_id: uuid.UUID, revision: int) -> PointsItem:
    """An item of this draft that nobody changed since `revision`."""
    for edit in edits_since(session, draft.table.community_id, draft.table.id, revision):
        if edit.item_id == item_id:
            _refuse_changed(session, draft, edit)
    item = session.get(PointsItem, (draft.table.community_id, item_id))
    if item is None or item.table_id != draft.table.id:
        raise NotFound(what="item")
    return item


def _refuse_changed(session: Session, draft: Standing, edit: PointsEdit) -> None:
    before, after = edit.before or {}, edit.after or {}
    names = [name for name in KEPT if before.get(name) != after.get(name) and name not in ("written", "kind")]
    raise DraftChanged(
        by=edit.edited_by, verb=edit.verb, revision=draft.life.revision,
        title=str((edit.after or edit.before or {}).get("title", "")), fields=names if before and after else [],
    )  # fmt: skip


def _read(session: Session, draft: Standing, cells: Mapping[str, str], *, besides: PointsItem | None) -> list[ItemRow]:
    typed = {role: text for role, text in told(cells).items() if text or role != "category"}
    read = meaning(Entry(1, typed))
    problems = list(read.problems)
    if not problems:
        others = items_of(session, draft.table.community_id, draft.table.id)
        rows = [_row(item) for item in others if besides is None or item.id != besides.id]
        problems = doubled([*rows, *read.items])
    if problems:
        raise ItemUnreadable(problems)
    if besides is not None and len(read.items) > 1:
        raise ItemUnreadable([Problem(1, "分值", "value_several")])
    return list(read.items)


def _row(item: PointsItem) -> ItemRow:
    names = [name for name in KEPT if name != "kind"]
    return ItemRow(line=item.position, **{name: getattr(item, name) for name in names})


def _item(draft: Standing, item_id: uuid.UUID, row: ItemRow) -> PointsItem:
    fields = {name: getattr(row, name) for name in KEPT}
    return PointsItem(
        community_id=draft.table.community_id, id=item_id, table_id=draft.table.id, in_use=False, **fields
    )


def _fields(item: PointsItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in KEPT} | {"position": item.position}


def _put(item: PointsItem, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(item, name, value)


def _kept_extras(item: PointsItem, row: ItemRow) -> dict[str, str] | None:
    """The words of the edited cells, and what stood in columns that mean nothing to us and that the editor does not show."""
    extras = {name: text for name, text in (item.written or {}).items() if name.startswith("=")}
    return {**(row.written or {}), **extras} or None


def _place(session: Session, draft: Standing, item: PointsItem, position: int) -> None:
    others = [one for one in items_of(session, draft.table.community_id, draft.table.id) if one.id != item.id]
    at = max(0, min(position - 1, len(others)))
    _reorder(session, [*others[:at], item, *others[at:]])


def _reorder(session: Session, items: Sequence[PointsItem]) -> None:
    """Number the rows; over negative numbers, since no two may stand at one place even for a moment."""
    moved = [(item, position) for position, item in enumerate(items, 1) if item.position != position]
    for item, position in moved:
        item.position = -position
    session.flush()
    for item, position in moved:
        item.position = position
    session.flush()


def _write_down(
    session: Session,
    draft: Standing,
    *,
    actor: Actor,
    now: dt.datetime,
    verb: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    item: PointsItem | None = None,
    item_id: uuid.UUID | None = None,
) -> None:
    draft.life.revision += 1
    changed = item.id if item is not None else item_id
    assert changed is not None
    session.add(PointsEdit(community_id=draft.table.community_id, table_id=draft.table.id, revision=draft.life.revision,
                           verb=verb, item_id=changed, before=before, after=after, edited_at=now,
                           edited_by=actor.number))  # fmt: skip
    session.flush()


def _done(session: Session, draft: Standing, code: str, item_id: uuid.UUID) -> dict[str, Any]:
    session.flush()
    draft.table.digest = digest_of_items(items_of(session, draft.table.community_id, draft.table.id))
    return {"code": code, "table_id": draft.table.id.hex, "item_id": item_id.hex, "revision": draft.life.revision}
