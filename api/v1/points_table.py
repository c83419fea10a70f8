"""The points table for programs: versions, their items and life; rows of a draft; comments and objections."""

import uuid
from typing import Any

from flask_smorest import Blueprint

from api import edge
from api.pages.points.editor import do_deed
from api.pages.points.one import may_record, roll_of
from api.pages.points.shared import name_of, person_typed, sentence
from api.schemas import points_table as asked
from timebank import permissions
from timebank.people.working_days import today_in
from timebank.points.rules import rule_of
from timebank.points.table import adoption, bodies, deliberating, editing, objecting, states, voting
from timebank.points.table.stages import standing
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.points.table.writing import cells_of

blueprint = Blueprint(
    "v1_points_table",
    __name__,
    url_prefix="/api/v1/c/<community_code>/points-tables",
    description="Points tables: versions, items, life",
)


@blueprint.get("")
@blueprint.arguments(asked.PointsTablesQuery, location="query")
@blueprint.response(200, asked.PointsTablesAnswer)
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
@blueprint.response(200, asked.PointsTableWholeAnswer)
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
@blueprint.response(201, asked.PointsTableDoneAnswer)
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
@blueprint.response(200, asked.PointsTableDoneAnswer)
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


@blueprint.post("/<uuid:table_id>/items/<uuid:item_id>/deeds")
@edge.signed_in
@blueprint.arguments(asked.RowDeed)
@blueprint.response(200, asked.PointsTableDoneAnswer)
def row_deed(told: dict[str, Any], table_id: uuid.UUID, item_id: uuid.UUID) -> dict[str, Any]:
    """Delete, duplicate or move a row of a draft; refused if somebody changed it since `revision`."""
    return edge.submit(
        "table.row_deed",
        lambda session, now: do_deed(session, now, table_id, item_id, told),
        content={"table": table_id, "item": item_id, **told},
    )


@blueprint.post("/<uuid:table_id>/undo")
@edge.signed_in
@blueprint.arguments(asked.Undone)
@blueprint.response(200, asked.PointsTableDoneAnswer)
def undo(told: dict[str, Any], table_id: uuid.UUID) -> dict[str, Any]:
    """Take the last change of a draft back; refused if somebody changed it since `revision`."""
    return edge.submit(
        "table.undo",
        lambda session, now: editing.undo(session, actor=edge.actor(), now=now, table_id=table_id, **told),
        content={"table": table_id, **told},
    )


@blueprint.post("/<uuid:table_id>/votes")
@edge.signed_in
@blueprint.arguments(asked.Vote)
@blueprint.response(201, asked.PointsTableDoneAnswer)
def record_vote(told: dict[str, Any], table_id: uuid.UUID) -> dict[str, Any]:
    """Record what the minutes say; a second person confirms it. `roll` holds texts such as `<person id>:for`."""
    may_record(told["body_id"])
    roll = roll_of(told.pop("roll"))
    return edge.submit(
        "table.record_vote",
        lambda session, now: voting.record_vote(
            session, actor=edge.actor(), now=now, table_id=table_id, roll=roll, **told
        ),
        content={"table": table_id, "roll": {person_id.hex: word for person_id, word in roll.items()}, **told},
    )


@blueprint.post("/<uuid:table_id>/votes/confirmation")
@edge.signed_in
@blueprint.response(200, asked.PointsTableDoneAnswer)
def confirm_vote(table_id: uuid.UUID) -> dict[str, Any]:
    """The second person's word: the table is published, or was not carried."""
    return edge.submit(
        "table.confirm_vote",
        lambda session, now: voting.confirm_vote(session, actor=edge.actor(), now=now, table_id=table_id),
        content={"table": table_id},
    )


@blueprint.post("/<uuid:table_id>/votes/return")
@edge.signed_in
@blueprint.arguments(asked.TableReason)
@blueprint.response(200, asked.PointsTableDoneAnswer)
def send_back_vote(told: dict[str, Any], table_id: uuid.UUID) -> dict[str, Any]:
    """The record does not say what the minutes say."""
    return edge.submit(
        "table.send_back_vote",
        lambda session, now: voting.send_back_vote(session, actor=edge.actor(), now=now, table_id=table_id, **told),
        content={"table": table_id, **told},
    )


@blueprint.get("/bodies")
@edge.signed_in
@blueprint.response(200, asked.PointsBodiesAnswer)
def listed_bodies() -> dict[str, Any]:
    """Every body that votes, with its members today."""
    session, place = edge.read(), edge.community()
    permissions.require(edge.actor(), "table.bodies", community_id=place.id)
    today = today_in(session, place.id, edge.now())
    return {
        "bodies": [
            {"id": body.id.hex, "name": body.name, "kind": body.kind, "ended_on": body.ended_on,
             "seats": [_seat(one) for one in bodies.seats_on(session, place.id, body.id, today)]}
            for body in bodies.bodies_of(session, place.id)
        ]
    }  # fmt: skip


@blueprint.post("/bodies")
@edge.signed_in
@blueprint.arguments(asked.Body)
@blueprint.response(201, asked.PointsTableDoneAnswer)
def open_body(told: dict[str, Any]) -> dict[str, Any]:
    """Write down a body that votes."""
    return edge.submit(
        "table.open_body",
        lambda session, now: bodies.open_body(session, actor=edge.actor(), now=now, **told),
        content=told,
    )


@blueprint.post("/bodies/<uuid:body_id>/seats")
@edge.signed_in
@blueprint.arguments(asked.Seat)
@blueprint.response(201, asked.PointsTableDoneAnswer)
def seat(told: dict[str, Any], body_id: uuid.UUID) -> dict[str, Any]:
    """Give somebody a seat in a body."""
    permissions.require(edge.actor(), "table.bodies", community_id=edge.community().id)
    person_id = person_typed(told.pop("person")) or uuid.UUID(int=0)
    return edge.submit(
        "table.seat",
        lambda session, now: bodies.seat(
            session, actor=edge.actor(), now=now, body_id=body_id, person_id=person_id, **told
        ),
        content={"body": body_id, "person": person_id, **told},
    )


@blueprint.post("/seats/ends")
@edge.signed_in
@blueprint.arguments(asked.EndedSeat)
@blueprint.response(200, asked.PointsTableDoneAnswer)
def unseat(told: dict[str, Any]) -> dict[str, Any]:
    """End a seat with a day."""
    return edge.submit(
        "table.unseat",
        lambda session, now: bodies.unseat(session, actor=edge.actor(), now=now, **told),
        content=told,
    )


@blueprint.post("/<uuid:table_id>/comments")
@edge.signed_in
@blueprint.arguments(asked.Comment)
@blueprint.response(201, asked.PointsTableDoneAnswer)
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
@blueprint.response(201, asked.PointsTableDoneAnswer)
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


def _seat(one: bodies.Seat) -> dict[str, Any]:
    return {"member_id": one.member.id.hex, "person": one.person.number, "name": one.person.name,
            "role": one.member.role, "since_on": one.member.since_on, "until_on": one.member.until_on}  # fmt: skip
