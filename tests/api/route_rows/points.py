"""Points: who may draft, award, review, publish, object, redeem and hand over; what anybody may read."""

from __future__ import annotations

import io
import uuid
from typing import Any

from tests.timebank.points import make
from timebank.permissions import ROLES
from timebank.points.awards import entering
from timebank.points.awards.rows import rows_of_file
from timebank.points.publicity import corrections, objections
from timebank.points.shop import codes, orders
from timebank.points.shop.tables import ShopOrder
from timebank.points.table import adoption, staging
from timebank.points.table.reading import read_file

COMMITTEE = {"committee", "community_manager"}
ENTER = {"committee", "community_manager", "grid_worker"}
READ = {"committee", "community_manager", "grid_worker", "reviewer", "supervision_committee", "auditor"}
BEHALF = {"desk_staff", "committee", "community_manager"}
MEMBERS = set(ROLES)
STATEMENTS = {"desk_staff", "committee", "community_manager", "supervision_committee", "auditor"}
ITEM = "参加公益理发"


def with_table(world: Any) -> dict[str, Any]:
    """A table in force, brought there once."""
    village = world.village
    with village.read() as session:
        found = adoption.in_force_on(session, village.community_id, village.today)
    table_id = found.id if found else make.table_in_force(village)
    return {"table_id": table_id, "item": make.items(village, table_id)[ITEM]}


def with_draft(world: Any) -> dict[str, Any]:
    """A draft of its own each time: one item differs."""
    text = f"类别,项目,分值\n甲,好事{uuid.uuid4().hex[:7]},5\n".encode()
    return {"table_id": make.draft_table(world.village, text)}


def with_person(world: Any) -> dict[str, Any]:
    """Somebody to be awarded or served, whose number may stand in an address."""
    return {**with_table(world), "person": world.village.make_person()}


def with_customer(world: Any) -> dict[str, Any]:
    made, person = with_shop(world), world.village.make_person()
    give_points(world, person)
    return {**made, "person": person}


def with_staged_table(world: Any) -> dict[str, Any]:
    text = f"类别,项目,分值\n甲,好事{uuid.uuid4().hex[:7]},5\n".encode()
    reading, actor = read_file(text), world.village.actor("committee")
    made = world.village.write(lambda s, now: staging.stage(s, actor=actor, now=now, name="表.csv", reading=reading))
    return {"staging_id": uuid.UUID(made["staging_id"])}


def with_award(world: Any) -> dict[str, Any]:
    made = with_table(world)
    return {**made, "award_id": make.enter(world.village, world.village.make_person(), ITEM)}


def with_own_award(world: Any) -> dict[str, Any]:
    world.village.pass_time(days=1)
    made = with_table(world)
    return {**made, "award_id": make.enter(world.village, world.residents[0], ITEM)}


def with_approved(world: Any) -> dict[str, Any]:
    made = with_award(world)
    make.approve(world.village, made["award_id"])
    return made


def with_batch(world: Any) -> dict[str, Any]:
    made = with_approved(world)
    return {**made, "number": make.publish(world.village)["batch"]}


def with_booked(world: Any) -> dict[str, Any]:
    made = with_batch(world)
    world.village.pass_time(days=12)
    make.book_due(world.village)
    return made


def with_asked_correction(world: Any) -> dict[str, Any]:
    made, first = with_booked(world), world.village.actor("committee")
    world.village.write(
        lambda s, now: corrections.ask_correction(s, actor=first, now=now, award_id=made["award_id"], reason="记错")
    )
    return made


def with_objection(world: Any, by: Any = None) -> dict[str, Any]:
    """Somebody's, since nobody answers the own one."""
    made, person = with_batch(world), by or world.village.make_person()
    raised = world.village.write(
        lambda s, now: objections.object_to(
            s,
            actor=world.village.actor(person=person),
            now=now,
            batch_number=made["number"],
            line_number=1,
            reason="不对",
        )
    )
    return {**made, "objection_id": uuid.UUID(raised["objection_id"]), "objector": person}


def with_own_rejected(world: Any) -> dict[str, Any]:
    return with_rejected(world, by=world.residents[0])


def with_rejected(world: Any, by: Any = None) -> dict[str, Any]:
    made, actor = with_objection(world, by), world.village.actor("committee")
    world.village.write(
        lambda s, now: objections.answer(
            s, actor=actor, now=now, objection_id=made["objection_id"], upheld=False, text="已核实"
        )
    )
    return made


def with_appeal(world: Any) -> dict[str, Any]:
    made = with_rejected(world)
    actor = world.village.actor(person=made["objector"])
    world.village.write(
        lambda s, now: objections.appeal(s, actor=actor, now=now, objection_id=made["objection_id"], text="请复核")
    )
    return made


def with_staged_awards(world: Any) -> dict[str, Any]:
    with_table(world)
    person, actor = world.village.make_person(), world.village.actor("committee")
    text = f"户号,编号,项目,日期,数量,佐证\n,{person.number},{ITEM},{world.village.today},1,表\n".encode()
    rows, problems = rows_of_file(text)
    made = world.village.write(
        lambda s, now: entering.stage(s, actor=actor, now=now, name="加分.csv", rows=rows, problems=problems)
    )
    return {"staging_id": uuid.UUID(made["staging_id"])}


def with_shop(world: Any) -> dict[str, Any]:
    """Goods, a merchant where the first resident hands over, and points in her household."""
    made = make.shop(world.village, name=f"香皂{uuid.uuid4().hex[:6]}")
    item_id, merchant_id, _ = made
    from timebank.points.shop import merchants

    committee, person = world.village.actor("committee"), world.residents[0]
    world.village.write(
        lambda s, now: merchants.add_staff(s, actor=committee, now=now, merchant_id=merchant_id, person_id=person.id)
    )
    give_points(world, person)
    return {"item_id": item_id, "merchant_id": merchant_id}


def give_points(world: Any, person: Any) -> None:
    from ledger import book_of
    from timebank import accounts

    def post(session: Any, now: Any) -> dict[str, Any]:
        account = accounts.opened_or_main(
            session, world.village.community_id, kind="household", owner_id=person.household_id, unit="pt"
        )
        detail = {"use_case": "test", "credited": 100, "source_page": "旧账第1页"}
        book_of(session).post({accounts.OPENING_PT: -100, account: 100}, on=world.village.today, detail=detail)
        return {}

    world.village.write(post)


def with_order(world: Any) -> dict[str, Any]:
    made, person = with_shop(world), world.residents[0]
    order = world.village.write(
        lambda s, now: orders.redeem(
            s,
            actor=world.village.actor(person=person),
            now=now,
            secret=make.SECRET,
            household_id=person.household_id,
            basket={made["item_id"]: 1},
        )
    )
    with world.village.read() as session:
        row = session.get(ShopOrder, (world.village.community_id, uuid.UUID(order["order_id"])))
    return {**made, "order_id": row.id, "digits": codes.code_of(make.SECRET, row)}


def the(*names: str) -> Any:
    """These values of what was arranged."""
    return lambda world, made: {name: made[name] for name in names}


def upload_awards(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"file": (io.BytesIO("户号,项目,日期,佐证\n1,甲,2026-12-01,表\n".encode()), "加分.csv")}


def number_of(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["person"].number}


def household_number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    from timebank.people import households

    with world.village.read() as session:
        found = households.household(session, world.village.community_id, world.residents[0].household_id)
    return {"number": found.number}


def award_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person": made["person"].number, "item_id": made["item"].id.hex, "on": world.village.today.isoformat(),
            "evidence": "签到表"}  # fmt: skip


def verdict(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": "reject", "text": "已核实"}


def first_resident(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


POST = {"method": "POST"}
TABLE, STAGING, AWARD = the("table_id"), the("staging_id"), the("award_id")
OBJECTION, ORDER, GOODS, BATCH = the("objection_id"), the("order_id"), the("item_id"), the("number")


def line(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"], "line": 1}


REASON = {"data": lambda world, made: {"reason": "记错了"}}

ROWS = {
    "awards.listed": {"roles": READ, "arrange": with_award},
    "awards.new": {"roles": ENTER, "arrange": with_table},
    "awards.enter": {**POST, "roles": ENTER, "arrange": with_person, "data": award_form},
    "awards.upload": {"roles": ENTER},
    "awards.template": {"roles": ENTER, "arrange": with_table},
    "awards.stage": {**POST, "roles": ENTER, "data": upload_awards},
    "awards.preview": {"roles": ENTER, "arrange": with_staged_awards, "values": STAGING},
    "awards.enter_file": {**POST, "roles": ENTER, "arrange": with_staged_awards, "values": STAGING},
    "awards.review": {
        **POST, "roles": {"committee", "reviewer"}, "arrange": with_award,
        "data": lambda world, made: {"award_id": made["award_id"].hex, "verdict": "approve"},
    },
    "awards.one": {"roles": READ, "arrange": with_own_award, "values": AWARD, "own": first_resident},
    "awards.withdraw": {**POST, "roles": ENTER, "arrange": with_award, "values": AWARD, **REASON},
    "awards.correct": {**POST, "roles": COMMITTEE, "arrange": with_booked, "values": AWARD, **REASON},
    "awards.confirm_correction": {**POST, "roles": COMMITTEE, "arrange": with_asked_correction, "values": AWARD},
    "awards.working_days": {"roles": COMMITTEE},
    "awards.declare": {
        **POST, "roles": COMMITTEE,
        "data": lambda world, made: {"day": world.village.today.isoformat(), "works": "no", "reason": "抗洪"},
    },
}  # fmt: skip
