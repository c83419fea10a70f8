"""Publicity: anybody reads the board; the committee publishes, books and answers; the supervision committee decides."""

from __future__ import annotations

from typing import Any

from ledger import book_of
from tests.api.route_rows.points import (
    BATCH,
    BEHALF,
    COMMITTEE,
    MEMBERS,
    OBJECTION,
    POST,
    READ,
    line,
    verdict,
    with_appeal,
    with_approved,
    with_asked_correction,
    with_award,
    with_batch,
    with_booked,
    with_objection,
    with_rejected,
)
from tests.timebank.points import make
from timebank import accounts
from timebank.points.awards.tables import Award
from timebank.points.publicity import objection_lists, objections, preparing

PREPARE = COMMITTEE | {"supervision_committee"}


def with_held(world: Any) -> dict[str, Any]:
    made, actor = with_award(world), world.village.actor("committee")
    world.village.write(
        lambda s, now: preparing.hold_back(s, actor=actor, now=now, award_id=made["award_id"], reason="等照片")
    )
    return made


def with_batch_over(world: Any) -> dict[str, Any]:
    made = with_batch(world)
    world.village.pass_time(days=12)
    return made


def with_own_rejected(world: Any) -> dict[str, Any]:
    """Of the first resident, who may not have too many that wait: those of before are answered and decided."""
    village, mine = world.village, world.residents[0]
    said = {"upheld": False, "text": "已核实"}
    for state, verb, role in (
        ("open", objections.answer, "committee"),
        ("appealed", objections.decide, "supervision_committee"),
    ):
        with village.read() as session:
            found = objection_lists.objections_of(session, actor=village.actor(person=mine), person_id=mine.id)
        for row in found:
            if row.objection.state == state:
                told = {**said, "objection_id": row.objection.id, "actor": village.actor(role)}
                village.write(lambda s, now, verb=verb, told=told: verb(s, now=now, **told))
    return with_rejected(world, by=mine)


def with_own_objection(world: Any) -> dict[str, Any]:
    """The same, open still."""
    with_own_rejected(world)
    return with_objection(world, by=world.residents[0])


def with_refused(world: Any) -> dict[str, Any]:
    """A line that the ledger refuses, since the household's account is closed."""
    made, village = with_approved(world), world.village
    with village.read() as session:
        home = session.get(Award, (village.community_id, made["award_id"])).household_id

    def close(session: Any, now: Any) -> dict[str, Any]:
        own = {"kind": "household", "owner_id": home, "unit": "pt"}
        book_of(session).close(accounts.opened_or_main(session, village.community_id, **own))
        return {}

    village.write(close)
    number = make.publish(village)["batch"]
    with village.read() as session:
        line = session.get(Award, (village.community_id, made["award_id"])).line_number
    village.pass_time(days=12)
    make.book_due(village)
    return {**made, "number": number, "line": line}


def refused_line(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"], "line": made["line"]}


def reason(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"reason": "本人打电话来说的"}


def award(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"award_id": made["award_id"]}


def form(kind: str) -> Any:
    return lambda world, made: {"number": made["number"], "form": kind}


def batch_and_line(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"batch": made["number"], "line": 1}


def appeal(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"text": "请复核"}


def of_line(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"], "line": 1}


def objecting(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"reason": "不对"}


V1 = {
    "v1_publicity.listed": {"anyone": True, "arrange": with_batch},
    "v1_publicity.lines": {"anyone": True, "arrange": with_batch, "values": BATCH},
    "v1_publicity.object_to": {
        **POST, "roles": MEMBERS, "arrange": with_batch, "values": of_line, "json": objecting, "ok": {201, 409},
    },
    "v1_publicity.objected": {"roles": READ, "arrange": with_objection},
    "v1_publicity.objected_by": {
        "roles": BEHALF, "arrange": with_objection, "query": lambda world, made: {"person": world.residents[0].number},
    },
    "v1_publicity.mine": {"signed_in": True},
    "v1_publicity.answer": {**POST, "roles": COMMITTEE, "arrange": with_objection, "values": OBJECTION, "json": verdict},
    "v1_publicity.appeal": {**POST, "roles": BEHALF, "arrange": with_rejected, "values": OBJECTION, "json": appeal},
    "v1_publicity.decide": {
        **POST, "roles": {"supervision_committee"}, "arrange": with_appeal, "values": OBJECTION, "json": verdict,
    },
    "v1_publicity.take_back": {
        **POST, "roles": BEHALF, "arrange": with_objection, "values": OBJECTION, "json": reason,
    },
    "v1_publicity.corrections_waiting": {"roles": READ, "arrange": with_asked_correction},
    "v1_publicity.ask_correction": {
        **POST, "roles": COMMITTEE, "arrange": with_booked, "values": award, "json": reason, "ok": {201},
    },
    "v1_publicity.confirm_correction": {
        **POST, "roles": COMMITTEE, "arrange": with_asked_correction, "values": award,
    },
    "v1_publicity.decline_correction": {
        **POST, "roles": COMMITTEE, "arrange": with_asked_correction, "values": award, "json": reason,
    },
    "v1_publicity.refused": {"roles": PREPARE, "arrange": with_refused, "values": BATCH},
    "v1_publicity.give_up": {
        **POST, "roles": COMMITTEE, "arrange": with_refused, "values": refused_line, "json": reason,
    },
    "v1_publicity.prepared": {"roles": PREPARE, "arrange": with_approved},
    "v1_publicity.publish": {
        **POST, "roles": COMMITTEE, "arrange": with_approved, "json": lambda world, made: {}, "ok": {201},
    },
    "v1_publicity.book": {**POST, "roles": COMMITTEE, "arrange": with_batch_over, "values": BATCH},
}  # fmt: skip

ROWS = V1 | {
    "board.home": {"anyone": True, "arrange": with_batch},
    "board.screen": {"anyone": True, "arrange": with_batch},
    "board.batch": {"anyone": True, "arrange": with_batch, "values": BATCH},
    "board.batch_file": {"anyone": True, "arrange": with_batch, "values": form("csv")},
    "board.sheet": {"anyone": True, "arrange": with_batch, "values": BATCH},
    "board.sheet_progress": {"anyone": True, "arrange": with_batch, "values": BATCH},
    "board.objection_form": {"roles": MEMBERS, "arrange": with_batch, "values": line},
    "board.object_to": {
        **POST, "roles": MEMBERS, "arrange": with_batch, "values": line, "data": lambda world, made: {"reason": "不对"},
        "ok": {303, 409},  # the resident has as many objections as may wait
    },
    "board.my_objections": {"roles": MEMBERS},
    "board.appeal": {**POST, "roles": MEMBERS, "arrange": with_own_rejected, "values": OBJECTION, "data": appeal},
    "board.take_back": {
        **POST, "roles": MEMBERS, "arrange": with_own_objection, "values": OBJECTION, "data": reason,
    },
    "board.photo": {"roles": READ, "arrange": with_objection, "values": OBJECTION, "ok": {404}},
    "publicity.prepare": {"roles": PREPARE, "arrange": with_approved},
    "publicity.publish": {**POST, "roles": COMMITTEE, "arrange": with_approved},
    "publicity.hold_back": {
        **POST, "roles": COMMITTEE, "arrange": with_award, "values": award,
        "data": lambda world, made: {"reason": "等照片"},
    },
    "publicity.release": {**POST, "roles": COMMITTEE, "arrange": with_held, "values": award},
    "publicity.progress": {"roles": PREPARE, "arrange": with_batch, "values": BATCH},
    "publicity.book": {**POST, "roles": COMMITTEE, "arrange": with_batch_over, "values": BATCH},
    "publicity.objections": {"roles": READ | BEHALF, "arrange": with_objection},
    "publicity.objections_file": {
        "roles": READ, "arrange": with_objection, "values": lambda world, made: {"form": "csv"},
    },
    "publicity.find_line": {"roles": BEHALF, "arrange": with_batch, "query": batch_and_line},
    "publicity.answer": {**POST, "roles": COMMITTEE, "arrange": with_objection, "values": OBJECTION, "data": verdict},
    "publicity.decide": {
        **POST, "roles": {"supervision_committee"}, "arrange": with_appeal, "values": OBJECTION, "data": verdict,
    },
    "publicity.take_back": {**POST, "roles": BEHALF, "arrange": with_objection, "values": OBJECTION, "data": reason},
    "publicity.decline_correction": {
        **POST, "roles": COMMITTEE, "arrange": with_asked_correction, "values": award, "data": reason,
    },
    "publicity.give_up": {
        **POST, "roles": COMMITTEE, "arrange": with_refused, "values": refused_line, "data": reason,
    },
    "publicity.appeal": {**POST, "roles": BEHALF, "arrange": with_rejected, "values": OBJECTION, "data": appeal},
}  # fmt: skip
