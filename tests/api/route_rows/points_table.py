"""The points table: who drafts, mends, deliberates, votes, objects and answers; what anybody may read."""

from __future__ import annotations

import io
import uuid
from typing import Any

from tests.api.route_rows.points import (
    COMMITTEE,
    ITEM,
    MEMBERS,
    POST,
    STAGING,
    TABLE,
    with_draft,
    with_staged_table,
    with_table,
)
from tests.timebank.points import make
from timebank import attachments, samples
from timebank.points.table import adoption, bodies, deliberating, objecting

CONFIRM = {"committee", "community_manager", "supervision_committee"}
CELLS = {"category": "环境", "title": "种树", "value": "5"}


def with_item(world: Any) -> dict[str, Any]:
    made = with_draft(world)
    with world.village.read() as session:
        item = adoption.items_of(session, world.village.community_id, made["table_id"])[0]
    return {**made, "item_id": item.id}


def with_edited(world: Any) -> dict[str, Any]:
    from timebank.points.table import editing

    made, actor = with_draft(world), world.village.actor("committee")
    world.village.write(
        lambda s, now: editing.add(
            s, actor=actor, now=now, table_id=made["table_id"], cells={**CELLS, "title": uuid.uuid4().hex}
        )
    )
    return made


def with_deliberated(world: Any) -> dict[str, Any]:
    made, actor = with_draft(world), world.village.actor("committee")
    world.village.write(
        lambda s, now: deliberating.open_deliberation(s, actor=actor, now=now, table_id=made["table_id"], days=3)
    )
    return made


def with_comment(world: Any) -> dict[str, Any]:
    made, person = with_deliberated(world), world.residents[0]
    said = world.village.write(
        lambda s, now: deliberating.comment(
            s, actor=world.village.actor(person=person), now=now, table_id=made["table_id"], text="意见"
        )
    )
    return {**made, "comment_id": uuid.UUID(said["comment_id"])}


def with_ended_deliberation(world: Any) -> dict[str, Any]:
    made = with_draft(world)
    make.deliberate(world.village, made["table_id"])
    return {**made, "body_id": make.assembly(world.village)}


def with_vote(world: Any) -> dict[str, Any]:
    made = with_ended_deliberation(world)
    world.village.pass_time(days=200)  # at most two versions a year
    minutes = attachments.prepare(b"%PDF-1.4", "minutes", "m.pdf")
    voted = make.record_vote(world.village, made["table_id"], minutes=minutes)
    return {**made, "vote_id": uuid.UUID(voted["vote_id"])}


def with_published(world: Any) -> dict[str, Any]:
    made = with_vote(world)
    make.confirm_vote(world.village, made["table_id"])
    return made


def with_objection(world: Any) -> dict[str, Any]:
    made, person = with_published(world), world.village.make_person()
    raised = world.village.write(
        lambda s, now: objecting.object_to(
            s, actor=world.village.actor(person=person), now=now, table_id=made["table_id"], reason="不对"
        )
    )
    return {**made, "objection_id": uuid.UUID(raised["objection_id"])}


def with_body(world: Any) -> dict[str, Any]:
    actor = world.village.actor("committee")
    opened = world.village.write(
        lambda s, now: bodies.open_body(s, actor=actor, now=now, name=uuid.uuid4().hex[:8], kind="council")
    )
    return {"body_id": uuid.UUID(opened["body_id"]), "person": world.village.make_person()}


def with_seat(world: Any) -> dict[str, Any]:
    made, actor = with_body(world), world.village.actor("committee")
    seated = world.village.write(
        lambda s, now: bodies.seat(
            s, actor=actor, now=now, body_id=made["body_id"], person_id=made["person"].id, role="member",
            since_on=world.village.today, until_on=None,
        )
    )  # fmt: skip
    return {**made, "member_id": uuid.UUID(seated["member_id"])}


def upload(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"file": (io.BytesIO(samples.sample("points-table-mixed.csv")), "积分表.csv")}


def the(*names: str) -> Any:
    """These values of what was arranged."""
    return lambda world, made: {name: made[name] for name in names}


def cells(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**CELLS, "title": uuid.uuid4().hex[:12]}


def changed(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**cells(world, made), "revision": "0"}


def vote_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"body_id": made["body_id"].hex, "held_on": world.village.today.isoformat(), "entitled": "20", "present": "12",
            "votes_for": "11", "votes_against": "1", "minutes_digest": "ab" * 32}  # fmt: skip


def switch_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    item = make.items(world.village, made["table_id"])[ITEM]
    return {"item_id": item.id.hex, "in_use": "off" if item.in_use else "on", "decided_on": world.village.today.isoformat(),
            "reason": "村民代表会议决定"}  # fmt: skip


def as_json(form: Any) -> Any:
    return lambda world, made: {
        name: int(value) if name == "revision" else value for name, value in form(world, made).items()
    }


def vote_json(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**vote_form(world, made), "entitled": 20, "present": 12, "votes_for": 11, "votes_against": 1}


def row_deed(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"verb": "duplicate", "revision": 0}


REASON = {"data": lambda world, made: {"reason": "有误"}}
ITEM_OF = the("table_id", "item_id")
ROW = {"roles": COMMITTEE, "arrange": with_staged_table, "values": lambda world, made: {**made, "row": 0}}
EDITED = {"roles": COMMITTEE, "arrange": with_item, "values": ITEM_OF}

ROWS = {
    "points.tables": {"roles": COMMITTEE, "arrange": with_draft},
    "points.stage": {**POST, "roles": COMMITTEE, "data": upload},
    "points.begin": {**POST, "roles": COMMITTEE, "data": lambda world, made: {"title": "新表"}},
    "points.history": {"anyone": True, "arrange": with_table},
    "points.preview": {"roles": COMMITTEE, "arrange": with_staged_table, "values": STAGING},
    "points.draft": {
        **POST, "roles": COMMITTEE, "arrange": with_staged_table, "values": STAGING,
        "data": lambda world, made: {"title": "积分表"},
    },
    "points.row_form": ROW,
    "points.mend": {**POST, **ROW, "data": cells},
    "points.editor": {"roles": COMMITTEE, "arrange": with_draft, "values": TABLE},
    "points.add_row": {**POST, "roles": COMMITTEE, "arrange": with_draft, "values": TABLE, "data": cells},
    "points.item_form": EDITED,
    "points.change_row": {**POST, **EDITED, "data": changed},
    "points.row_deed": {**POST, **EDITED, "data": lambda world, made: {"verb": "duplicate", "revision": "0"}},
    "points.undo": {
        **POST, "roles": COMMITTEE, "arrange": with_edited, "values": TABLE, "data": lambda world, made: {"revision": "1"},
    },
    "points.table": [
        {"anyone": True, "arrange": with_table, "values": TABLE},
        {"roles": COMMITTEE, "arrange": with_draft, "values": TABLE},
    ],
    "points.compared": {"anyone": True, "arrange": with_table, "values": TABLE},
    "points.table_file": {
        "anyone": True, "arrange": with_table, "values": lambda world, made: {"table_id": made["table_id"], "form": "csv"},
    },
    "points.table_print": {"anyone": True, "arrange": with_table, "values": TABLE},
    "points.minutes": {"signed_in": True, "arrange": with_vote, "values": the("table_id", "vote_id")},
    "points.deliberate": {
        **POST, "roles": COMMITTEE, "arrange": with_draft, "values": TABLE, "data": lambda world, made: {"days": "3"},
    },
    "points.revise": {**POST, "roles": COMMITTEE, "arrange": with_deliberated, "values": TABLE, **REASON},
    "points.comment": {
        **POST, "roles": MEMBERS, "arrange": with_deliberated, "values": TABLE,
        "data": lambda world, made: {"text": "多给些"},
    },
    "points.answer_comment": {
        **POST, "roles": COMMITTEE, "arrange": with_comment, "values": the("comment_id"),
        "data": lambda world, made: {"text": "会上议"},
    },
    "points.vote_form": {"roles": COMMITTEE, "arrange": with_ended_deliberation, "values": TABLE},
    "points.record_vote": {
        **POST, "roles": COMMITTEE, "arrange": with_ended_deliberation, "values": TABLE, "data": vote_form,
    },
    "points.confirm_vote": {**POST, "roles": CONFIRM, "arrange": with_vote, "values": TABLE},
    "points.send_back_vote": {**POST, "roles": CONFIRM, "arrange": with_vote, "values": TABLE, **REASON},
    "points.object_to_table": {
        **POST, "roles": MEMBERS, "arrange": with_published, "values": TABLE, "data": lambda world, made: {"reason": "不公"},
    },
    "points.answer_objection": {
        **POST, "roles": COMMITTEE, "arrange": with_objection, "values": the("objection_id"),
        "data": lambda world, made: {"verdict": "reject", "text": "已议"},
    },
    "points.withdraw": {**POST, "roles": COMMITTEE, "arrange": with_draft, "values": TABLE},
    "points.switch": {**POST, "roles": COMMITTEE, "arrange": with_table, "values": TABLE, "data": switch_form},
    "points.listed_bodies": {"roles": COMMITTEE, "arrange": with_body},
    "points.open_body": {
        **POST, "roles": COMMITTEE, "data": lambda world, made: {"name": uuid.uuid4().hex[:8], "kind": "council"},
    },
    "points.seat": {
        **POST, "roles": COMMITTEE, "arrange": with_body, "values": the("body_id"),
        "data": lambda world, made: {
            "person": made["person"].number, "role": "member", "since_on": world.village.today.isoformat(),
        },
    },
    "points.unseat": {
        **POST, "roles": COMMITTEE, "arrange": with_seat, "values": the("member_id"),
        "data": lambda world, made: {"until_on": world.village.today.isoformat()},
    },
    "v1_points_table.listed": {"anyone": True, "arrange": with_table},
    "v1_points_table.one": [
        {"anyone": True, "arrange": with_table, "values": TABLE},
        {"roles": COMMITTEE, "arrange": with_draft, "values": TABLE},
    ],
    "v1_points_table.add_item": {
        **POST, "roles": COMMITTEE, "arrange": with_draft, "values": TABLE, "json": as_json(cells), "ok": {201},
    },
    "v1_points_table.change_item": {**EDITED, "method": "PUT", "json": as_json(changed), "ok": {200}},
    "v1_points_table.row_deed": {**POST, **EDITED, "json": row_deed, "ok": {200}},
    "v1_points_table.undo": {
        **POST, "roles": COMMITTEE, "arrange": with_edited, "values": TABLE,
        "json": lambda world, made: {"revision": 1}, "ok": {200},
    },
    "v1_points_table.record_vote": {
        **POST, "roles": COMMITTEE, "arrange": with_ended_deliberation, "values": TABLE, "json": vote_json, "ok": {201},
    },
    "v1_points_table.confirm_vote": {**POST, "roles": CONFIRM, "arrange": with_vote, "values": TABLE, "ok": {200}},
    "v1_points_table.send_back_vote": {
        **POST, "roles": CONFIRM, "arrange": with_vote, "values": TABLE,
        "json": lambda world, made: {"reason": "有误"}, "ok": {200},
    },
    "v1_points_table.listed_bodies": {"roles": COMMITTEE, "arrange": with_seat},
    "v1_points_table.open_body": {
        **POST, "roles": COMMITTEE, "json": lambda world, made: {"name": uuid.uuid4().hex[:8], "kind": "council"},
        "ok": {201},
    },
    "v1_points_table.seat": {
        **POST, "roles": COMMITTEE, "arrange": with_body, "values": the("body_id"), "ok": {201},
        "json": lambda world, made: {
            "person": made["person"].number, "role": "member", "since_on": world.village.today.isoformat(),
        },
    },
    "v1_points_table.unseat": {
        **POST, "roles": COMMITTEE, "arrange": with_seat, "ok": {200},
        "json": lambda world, made: {"member_id": made["member_id"].hex, "until_on": world.village.today.isoformat()},
    },
    "v1_points_table.comment": {
        **POST, "roles": MEMBERS, "arrange": with_deliberated, "values": TABLE,
        "json": lambda world, made: {"text": "多给些"}, "ok": {201},
    },
    "v1_points_table.object_to": {
        **POST, "roles": MEMBERS, "arrange": with_published, "values": TABLE,
        "json": lambda world, made: {"reason": "不公"}, "ok": {201},
    },
}  # fmt: skip
