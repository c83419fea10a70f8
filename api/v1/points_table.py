"""The points table for programs: versions, their items and life; rows of a draft; comments and objections."""

import uuid
from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Dict, Integer, List, Nested, String

from api import edge, fields
from api.pages.points.shared import name_of, person_typed, sentence
from api.schemas import points_table as asked
from timebank.points.rules import rule_of
from timebank.points.table import adoption, deliberating, editing, objecting, states, voting
from timebank.points.table.stages import standing
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.points.table.writing import cells_of

blueprint = Blueprint(
    "v1_points_table",
    __name__,
    url_prefix="/api/v1/c/<community_code>/points-tables",
    description="Points tables: versions, items, life",
)


class PointsTableAnswer(marshmallow.Schema):
    """A version; steps are tenths of a point."""

    id = String(required=True)
    title = String(required=True)
    stage = String(required=True, metadata={"enum": list(states.STAGES)})
    version = Integer(required=True, allow_none=True)
    digest = String(required=True, metadata={"description": "SHA-256 of the canonical items"})
    adopted_on = Date(required=True, allow_none=True)
    published_until = DateTime(required=True, allow_none=True)
    in_force_from = Date(required=True, allow_none=True)
    in_force_until = Date(required=True, allow_none=True)
    note = Integer(required=True, allow_none=True, metadata={"description": "seq of the ledger's note"})


class PointsItemAnswer(marshmallow.Schema):
    """An item: what was voted, how it is scored, and the cells that say it."""

    id = String(required=True)
    position = Integer(required=True)
    category = String(required=True)
    title = String(required=True)
    kind = String(required=True)
    value_steps = Integer(required=True)
    per = String(required=True)
    rule = Dict(required=True, allow_none=True)
    brings = List(String(), required=True, metadata={"description": "what an award by this item must say"})
    subject = String(required=True)
    cap_day_steps = Integer(required=True, allow_none=True)
    cap_month_steps = Integer(required=True, allow_none=True)
    cap_year_steps = Integer(required=True, allow_none=True)
    remark = String(required=True)
    clause = String(required=True)
    evidence = String(required=True)
    reporters = List(String(), required=True)
    in_use = Boolean(required=True)
    in_use_from = Date(required=True, allow_none=True)
    sentence = String(required=True)
    cells = Dict(required=True)


class PointsVoteAnswer(marshmallow.Schema):
    """A vote on a version; members only where it was by roll-call or presence."""

    id = String(required=True)
    body = String(required=True)
    held_on = Date(required=True)
    state = String(required=True)
    entitled = Integer(required=True)
    quorum = Integer(required=True)
    present = Integer(required=True)
    votes_for = Integer(required=True)
    votes_against = Integer(required=True)
    abstained = Integer(required=True)
    digest = String(required=True)
    minutes_digest = String(required=True)
    note = Integer(required=True, allow_none=True)
    members = List(Dict(), required=True)


class PointsSaidAnswer(marshmallow.Schema):
    """A comment or an objection and its answer; names as the reader may see them."""

    id = String(required=True)
    name = String(required=True)
    channel = String(required=True)
    position = Integer(required=True, allow_none=True)
    text = String(required=True)
    said_at = DateTime(required=True)
    state = String(required=True)
    answer = String(required=True)
    answered_at = DateTime(required=True, allow_none=True)


class PointsTableWholeAnswer(PointsTableAnswer):
    """A version with everything that belongs to it."""

    revision = Integer(required=True)
    verbs = List(String(), required=True, metadata={"description": "what can be done in this stage"})
    deliberation_until = DateTime(required=True, allow_none=True)
    closed_reason = String(required=True)
    items = List(Nested(PointsItemAnswer), required=True)
    votes = List(Nested(PointsVoteAnswer), required=True)
    comments = List(Nested(PointsSaidAnswer), required=True)
    objections = List(Nested(PointsSaidAnswer), required=True)


class PointsTablesAnswer(marshmallow.Schema):
    tables = List(Nested(PointsTableAnswer), required=True)


class PointsTableDoneAnswer(marshmallow.Schema):
    """What was done: its code, and what it made."""

    class Meta:
        unknown = marshmallow.INCLUDE

    code = String(required=True)
    table_id = String()
    item_id = String()
    revision = Integer()
    comment_id = String()
    objection_id = String()


class PointsTablesQuery(fields.Schema):
    """The version in force on a day; without one, every version."""

    on = fields.Day(load_default=None)


@blueprint.get("")
@blueprint.arguments(PointsTablesQuery, location="query")
@blueprint.response(200, PointsTablesAnswer)
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """Every version that anybody may read, newest first; or the one in force on a day."""
    session, place = edge.read(), edge.community()
    if query["on"] is not None:
        found = [one for one in [adoption.in_force_on(session, place.id, query["on"])] if one is not None]
    else:
        found = list(adoption.in_public(session, place.id))
    stages = adoption.stages_of(session, found)
    return {"tables": [_table(one, stages[one.id]) for one in found]}


@blueprint.get("/<uuid:table_id>")
@blueprint.response(200, PointsTableWholeAnswer)
def one(table_id: uuid.UUID) -> dict[str, Any]:
    """A version with its items, votes, comments and objections."""
    session, place = edge.read(), edge.community()
    table, items = adoption.table_with_items(session, actor=edge.actor(), table_id=table_id)
    found = standing(session, place.id, table_id)
    return {
        **_table(table, found.stage),
        "revision": found.life.revision,
        "verbs": sorted(states.verbs_in(found.stage)),
        "deliberation_until": found.life.deliberation_until,
        "closed_reason": found.life.closed_reason,
        "items": [_item(item) for item in items],
        "votes": [_vote(vote) for vote in voting.votes_of(session, place.id, table_id)],
        "comments": [
            _said(said.comment, said.person, said.comment.text, said.comment.written_at)
            for said in deliberating.comments_of(session, place.id, table_id)
        ],
        "objections": [
            _said(said.objection, said.person, said.objection.reason, said.objection.raised_at)
            for said in objecting.objections_of(session, place.id, table_id)
        ],
    }


@blueprint.post("/<uuid:table_id>/items")
@edge.signed_in
@blueprint.arguments(asked.AddedRow)
@blueprint.response(201, PointsTableDoneAnswer)
def add_item(told: dict[str, Any], table_id: uuid.UUID) -> dict[str, Any]:
    """Add a row to a draft; cells as in a spreadsheet."""
    position = told.pop("position")
    return edge.submit(
        "table.add_row",
        lambda session, now: editing.add(
            session, actor=edge.actor(), now=now, table_id=table_id, cells=told, position=position
        ),
        content={"table": table_id, "position": position, **told},
    )


@blueprint.put("/<uuid:table_id>/items/<uuid:item_id>")
@edge.signed_in
@blueprint.arguments(asked.ChangedRow)
@blueprint.response(200, PointsTableDoneAnswer)
def change_item(told: dict[str, Any], table_id: uuid.UUID, item_id: uuid.UUID) -> dict[str, Any]:
    """Write a row of a draft anew; refused if somebody changed it since `revision`."""
    revision = told.pop("revision")
    return edge.submit(
        "table.change_row",
        lambda session, now: editing.change(
            session, actor=edge.actor(), now=now, table_id=table_id, item_id=item_id, revision=revision, cells=told
        ),
        content={"table": table_id, "item": item_id, "revision": revision, **told},
    )


@blueprint.post("/<uuid:table_id>/comments")
@edge.signed_in
@blueprint.arguments(asked.Comment)
@blueprint.response(201, PointsTableDoneAnswer)
def comment(told: dict[str, Any], table_id: uuid.UUID) -> dict[str, Any]:
    """Say something of a draft that hangs out."""
    person_id, position = person_typed(told["person"]), told["position"] or None
    return edge.submit(
        "table.comment",
        lambda session, now: deliberating.comment(
            session, actor=edge.actor(), now=now, table_id=table_id, text=told["text"], position=position,
            person_id=person_id,
        ),
        content={"table": table_id, "text": told["text"], "position": position, "person": person_id},
    )  # fmt: skip


@blueprint.post("/<uuid:table_id>/objections")
@edge.signed_in
@blueprint.arguments(asked.Objection)
@blueprint.response(201, PointsTableDoneAnswer)
def object_to(told: dict[str, Any], table_id: uuid.UUID) -> dict[str, Any]:
    """Object to a published table or one of its items."""
    told["person_id"] = person_typed(told.pop("person"))
    return edge.submit(
        "table.object",
        lambda session, now: objecting.object_to(session, actor=edge.actor(), now=now, table_id=table_id, **told),
        content={"table": table_id, **told},
    )


def _table(table: PointsTable, stage: str) -> dict[str, Any]:
    names = ("title", "version", "digest", "adopted_on", "published_until", "in_force_from", "in_force_until", "note")
    return {"id": table.id.hex, "stage": stage, **{name: getattr(table, name) for name in names}}


def _item(item: PointsItem) -> dict[str, Any]:
    names = ("position", "category", "title", "kind", "value_steps", "per", "rule", "subject", "cap_day_steps",
             "cap_month_steps", "cap_year_steps", "remark", "clause", "evidence", "in_use", "in_use_from")  # fmt: skip
    return {
        "id": item.id.hex,
        **{name: getattr(item, name) for name in names},
        "brings": list(rule_of(item).needs(item)),
        "reporters": (item.reporters or "").split(),
        "sentence": sentence(item),
        "cells": cells_of(item),
    }


def _vote(vote: voting.Vote) -> dict[str, Any]:
    names = ("held_on", "state", "entitled", "quorum", "present", "votes_for", "votes_against", "abstained", "digest",
             "minutes_digest", "note")  # fmt: skip
    members = [{"name": name_of(one.person), "role": one.ballot.role, "said": one.ballot.said} for one in vote.ballots]
    return {"id": vote.vote.id.hex, "body": vote.body.name, "members": members,
            **{name: getattr(vote.vote, name) for name in names}}  # fmt: skip


def _said(row: Any, person: Any, text: str, at: Any) -> dict[str, Any]:
    state = getattr(row, "state", "") or ("answered" if row.answered_at else "open")
    return {"id": row.id.hex, "name": name_of(person), "channel": row.channel, "position": row.position or None,
            "text": text, "said_at": at, "state": state, "answer": row.answer, "answered_at": row.answered_at}  # fmt: skip
