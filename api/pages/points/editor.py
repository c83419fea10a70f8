"""A draft edited row by row: add, change, delete, move, duplicate, undo; the same forms with and without JavaScript."""

import uuid
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge
from api.messages import points as words
from api.messages import points_table as life_words
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import cautions_told, from_in_force, sentence
from api.points_words import in_words, told
from api.schemas import points_table as asked
from timebank import permissions
from timebank.errors import BadInput, NotFound, Refused
from timebank.points.table import adoption, editing
from timebank.points.table.stages import standing
from timebank.points.table.words import COLUMN_NAMES
from timebank.points.table.writing import cells_of

ROLE_OF_COLUMN = {name: role for role, name in COLUMN_NAMES.items()}


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>/edit")
@edge.signed_in
def editor(table_id: uuid.UUID) -> Any:
    """The draft's rows, and a form for a new one."""
    return edge.page("points/editor.html", **_editor(table_id))


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/edit")
@edge.signed_in
def add_row(table_id: uuid.UUID) -> Any:
    """Add a row."""
    try:
        cells = edge.load(asked.AddedRow)
        position = cells.pop("position")
        edge.submit(
            "table.add_row",
            lambda session, now: editing.add(
                session, actor=edge.actor(), now=now, table_id=table_id, cells=cells, position=position
            ),
            content={"table": table_id, "position": position, **cells},
        )
    except Refused as refused:
        return edge.again("points/editor.html", beside_fields(refused), **_editor(table_id))
    edge.flash_done(_("已添加“%(title)s”。", title=cells["title"]))
    return edge.back("points.editor", table_id=table_id)


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>/edit/<uuid:item_id>")
@edge.signed_in
def item_form(table_id: uuid.UUID, item_id: uuid.UUID) -> Any:
    """One row as it would be typed."""
    return edge.page("points/row.html", **_item(table_id, item_id))


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/edit/<uuid:item_id>")
@edge.signed_in
def change_row(table_id: uuid.UUID, item_id: uuid.UUID) -> Any:
    """Write a row anew."""
    try:
        cells = edge.load(asked.ChangedRow)
        revision = cells.pop("revision")
        edge.submit(
            "table.change_row",
            lambda session, now: editing.change(
                session, actor=edge.actor(), now=now, table_id=table_id, item_id=item_id, revision=revision, cells=cells
            ),
            content={"table": table_id, "item": item_id, "revision": revision, **cells},
        )
    except editing.DraftChanged as refused:
        # What was typed stays in the form; what the other wrote stands beside it.
        return edge.again("points/row.html", refused, **_item(table_id, item_id, theirs=True))
    except Refused as refused:
        return edge.again("points/row.html", beside_fields(refused), **_item(table_id, item_id))
    edge.flash_done(_("已保存“%(title)s”。", title=cells["title"]))
    return edge.back("points.editor", table_id=table_id)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/edit/<uuid:item_id>/deed")
@edge.signed_in
def row_deed(table_id: uuid.UUID, item_id: uuid.UUID) -> Any:
    """Delete, duplicate or move a row."""
    try:
        deed = edge.load(asked.RowDeed)
        edge.submit(
            "table.row_deed",
            lambda session, now: do_deed(session, now, table_id, item_id, deed),
            content={"table": table_id, "item": item_id, **deed},
        )
    except Refused as refused:
        return edge.again("points/editor.html", in_words(refused), **_editor(table_id))
    edge.flash_done(
        str(life_words.VERBS[{"up": "move", "down": "move"}.get(deed["verb"], deed["verb"])]) + _(":完成。")
    )
    return edge.back("points.editor", table_id=table_id)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/undo")
@edge.signed_in
def undo(table_id: uuid.UUID) -> Any:
    """Take the last change back."""
    try:
        revision = edge.load(asked.Undone)["revision"]
        edge.submit(
            "table.undo",
            lambda session, now: editing.undo(
                session, actor=edge.actor(), now=now, table_id=table_id, revision=revision
            ),
            content={"table": table_id, "revision": revision},
        )
    except Refused as refused:
        return edge.again("points/editor.html", in_words(refused), **_editor(table_id))
    edge.flash_done(_("上一步已撤销。"))
    return edge.back("points.editor", table_id=table_id)


def beside_fields(refused: Refused) -> Refused:
    """Reasons why a row cannot be read, beside the fields of the form."""
    if not isinstance(refused, editing.ItemUnreadable):
        return in_words(refused)
    found: dict[str, str] = {}
    for problem, one in zip(refused.problems, told(list(refused.problems)), strict=True):
        role = ROLE_OF_COLUMN.get(problem.column, "title")
        found[role] = f"{found[role]} {one.sentence}" if role in found else one.sentence
    return BadInput(fields=found)


def do_deed(session: Any, now: Any, table_id: uuid.UUID, item_id: uuid.UUID, deed: dict[str, Any]) -> dict[str, Any]:
    """Delete, duplicate or move a row, as a form or a program asks."""
    common = {"actor": edge.actor(), "now": now, "table_id": table_id, "item_id": item_id, "revision": deed["revision"]}
    if deed["verb"] == "delete":
        return editing.delete(session, **common)
    if deed["verb"] == "duplicate":
        return editing.duplicate(session, **common)
    position = deed["position"]
    if deed["verb"] in ("up", "down"):
        here = next(
            (one.position for one in adoption.items_of(session, edge.community().id, table_id) if one.id == item_id), 1
        )
        position = max(1, here + (1 if deed["verb"] == "down" else -1))
    return editing.move(session, **common, position=position)


def _editor(table_id: uuid.UUID) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    permissions.require(asks, "table.draft", community_id=place.id)
    found = standing(session, place.id, table_id)
    found.after("edit")
    items = adoption.items_of(session, place.id, table_id)
    in_force, difference = from_in_force(items)
    return {
        "table": found.table,
        "revision": found.life.revision,
        "items": items,
        "sentence": sentence,
        "words": words,
        "life": life_words,
        "cells": {},
        "cautions": cautions_told(items),
        "in_force": in_force,
        "difference": difference,
        "last": editing.last_edit(session, place.id, table_id),
        "recent": editing.edits_since(session, place.id, table_id, max(0, found.life.revision - 10)),
        "action": url_for("points.add_row", table_id=table_id),
    }


def _item(table_id: uuid.UUID, item_id: uuid.UUID, *, theirs: bool = False) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    permissions.require(asks, "table.draft", community_id=place.id)
    found = standing(session, place.id, table_id)
    found.after("edit")
    item = next((one for one in adoption.items_of(session, place.id, table_id) if one.id == item_id), None)
    if item is None:
        if not theirs:
            raise NotFound(what="item")
        cells: dict[str, str] = {}
    else:
        cells = cells_of(item)
    return {
        "table": found.table,
        "cells": cells,
        "theirs": cells if theirs else None,
        "revision": found.life.revision,
        "items": [item] if item is not None else [],
        "problems": [],
        "hints": [],
        "left_out": False,
        "sentence": sentence,
        "words": words,
        "action": url_for("points.change_row", table_id=table_id, item_id=item_id),
        "back_url": url_for("points.editor", table_id=table_id),
    }
