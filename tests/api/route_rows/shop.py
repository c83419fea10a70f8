"""The points shop: who may order, hand over, keep stock and count, and who may look; goods and pictures are for anybody."""

from __future__ import annotations

import io
import uuid
from typing import Any

from tests.api.route_rows.points import (
    COMMITTEE,
    MEMBERS,
    POST,
    STATEMENTS,
    first_resident,
    household_number,
    number_of,
    the,
    with_customer,
    with_order,
    with_shop,
)
from tests.timebank.points import make
from timebank import attachments
from timebank.people import helpers
from timebank.points.shop import codes, goods, orders, returns, stock, taking
from timebank.points.shop.files import read_file
from timebank.points.shop.tables import ShopItem, ShopOrder

KEEP = {"merchant", *COMMITTEE}
LOOK = {*KEEP, "supervision_committee", "auditor"}
RETURNS = {*KEEP, "desk_staff"}
ORDER, GOODS, MERCHANT = the("order_id"), the("item_id"), the("merchant_id")


def actor(world: Any) -> Any:
    """Somebody who answers for all merchants and walks nowhere."""
    return world.village.actor("committee")


def with_helped(world: Any) -> dict[str, Any]:
    """An elder whom the first resident helps."""
    made, village = with_customer(world), world.village
    asked = village.write(
        lambda s, now: helpers.ask(
            s, actor=village.actor("desk_staff"), now=now, elder_id=made["person"].id,
            helper_id=world.residents[0].id, relation="neighbour",
        )
    )  # fmt: skip
    binding = uuid.UUID(asked["binding_id"])
    village.write(
        lambda s, now: helpers.review(
            s, actor=village.actor("desk_staff"), now=now, binding_id=binding, is_accepted=True
        )
    )
    village.write(
        lambda s, now: helpers.confirm(
            s, actor=village.actor(person=made["person"]), now=now, binding_id=binding, card_token=None
        )
    )
    return made


def with_handed_over(world: Any) -> dict[str, Any]:
    made, village = with_order(world), world.village
    village.write(
        lambda s, now: orders.hand_over(
            s,
            actor=village.actor("merchant", person=world.residents[0]),
            now=now,
            secret=make.SECRET,
            typed=made["digits"],
        )
    )
    with village.read() as session:
        number = orders.with_lines(session, [session.get(ShopOrder, (village.community_id, made["order_id"]))])
    return {**made, "number": number[0].order.number}


def with_return(world: Any) -> dict[str, Any]:
    made, village = with_handed_over(world), world.village
    asked = village.write(
        lambda s, now: returns.ask(
            s, actor=actor(world), now=now, order_number=made["number"], item_id=made["item_id"], pieces=1,
            to_shelf=False, reason="破了",
        )
    )  # fmt: skip
    # Nobody decides on the own household: the one who walks here is another one's.
    return {**made, "return_id": uuid.UUID(asked["return_id"])}


def with_others_return(world: Any) -> dict[str, Any]:
    """A return of somebody else's household, since nobody decides on the own one."""
    made, village = with_shop(world), world.village
    (person,) = village.make_household("户主", steps=100)
    order = village.write(
        lambda s, now: orders.redeem(
            s, actor=village.actor(person=person), now=now, secret=make.SECRET, household_id=person.household_id,
            basket={made["item_id"]: 1},
        )
    )  # fmt: skip
    with village.read() as session:
        row = session.get(ShopOrder, (village.community_id, uuid.UUID(order["order_id"])))
    digits = codes.code_of(make.SECRET, row)
    seller = village.actor("merchant", person=world.residents[0])
    village.write(lambda s, now: orders.hand_over(s, actor=seller, now=now, secret=make.SECRET, typed=digits))
    asked = village.write(
        lambda s, now: returns.ask(
            s, actor=actor(world), now=now, order_number=order["number"], item_id=made["item_id"], pieces=1,
            to_shelf=False, reason="破了",
        )
    )  # fmt: skip
    return {**made, "return_id": uuid.UUID(asked["return_id"])}


def with_supplier(world: Any) -> dict[str, Any]:
    made = with_shop(world)
    added = world.village.write(
        lambda s, now: stock.add_supplier(s, actor=actor(world), now=now, name=uuid.uuid4().hex[:12])
    )
    return {**made, "supplier_id": uuid.UUID(added["supplier_id"])}


def with_taking(world: Any) -> dict[str, Any]:
    made = with_shop(world)
    begun = world.village.write(
        lambda s, now: taking.begin(s, actor=actor(world), now=now, merchant_id=made["merchant_id"])
    )
    return {**made, "taking_id": uuid.UUID(begun["taking_id"])}


def with_large_difference(world: Any) -> dict[str, Any]:
    made = with_taking(world)
    with world.village.read() as session:
        row = session.get(ShopItem, (world.village.community_id, made["item_id"]))
    assert row.stock * row.price_steps >= 500
    world.village.write(
        lambda s, now: taking.enter(
            s, actor=actor(world), now=now, taking_id=made["taking_id"], counted={1: 0}, reasons={1: "受潮"}
        )
    )
    return made


def with_picture(world: Any) -> dict[str, Any]:
    from PIL import Image

    made, file = with_shop(world), io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(file, "PNG")
    prepared = attachments.prepare(file.getvalue(), "picture", "soap.png")
    world.village.write(
        lambda s, now: goods.describe(
            s, actor=actor(world), now=now, item_id=made["item_id"], name=uuid.uuid4().hex[:12], piece="块", offered=True,
            said=goods.PLAIN, picture=prepared, picture_alt="一块香皂",
        )
    )  # fmt: skip
    with world.village.read() as session:
        row = session.get(ShopItem, (world.village.community_id, made["item_id"]))
    return {**made, "picture_id": row.picture_id}


def with_list(world: Any) -> dict[str, Any]:
    from timebank.points.shop import files

    made = with_shop(world)
    rows = read_file(f"商品,单价积分\n{uuid.uuid4().hex[:12]},5\n".encode())
    staged = world.village.write(
        lambda s, now: files.stage(
            s, actor=actor(world), now=now, merchant_id=made["merchant_id"], name="商品.csv", rows=rows
        )
    )
    return {**made, "file_id": uuid.UUID(staged["file_id"])}


def form(values: Any) -> Any:
    """An export of what the address names."""
    return lambda world, made: {**values(world, made), "form": "csv"}


def csv_only(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"form": "csv"}


def one_of_it(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"item_id": made["item_id"].hex}


def code(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"code": made["digits"]}


def deed(name: str) -> Any:
    return lambda world, made: {"taking_id": made["taking_id"], "deed": name}


def upload(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"merchant_id": made["merchant_id"].hex,
            "file": (io.BytesIO(f"商品,单价积分\n{uuid.uuid4().hex[:12]},5\n".encode()), "商品.csv")}  # fmt: skip


def this_merchant(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"merchant_id": made["merchant_id"].hex}


def described(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"name": uuid.uuid4().hex[:12], "piece": "块", "offered": "yes", "category": "日用"}


def faulty(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"order_number": str(made["number"]), "item_id": made["item_id"].hex, "pieces": "1", "reason": "破了"}


REASON = {"data": lambda world, made: {"reason": "没有货"}}
JSON = {"method": "POST", "json": lambda world, made: {}}

ROWS = {
    "shop.mine": {"roles": MEMBERS},
    "shop.household": {"roles": STATEMENTS, "values": household_number},
    "shop.home": {"roles": MEMBERS, "arrange": with_shop},
    "shop.redeem": {**POST, "roles": MEMBERS, "arrange": with_shop, "data": one_of_it},
    "shop.helped": {"roles": set(), "arrange": with_helped, "values": number_of, "own": first_resident},
    "shop.helped_redeem": {
        **POST, "roles": set(), "arrange": with_helped, "values": number_of, "data": one_of_it, "own": first_resident,
    },
    "shop.desk": {"roles": {"desk_staff"}, "arrange": with_customer, "values": number_of},
    "shop.desk_redeem": {
        **POST, "roles": {"desk_staff"}, "arrange": with_customer, "values": number_of, "data": one_of_it,
    },
    "shop.my_orders": {"roles": MEMBERS, "arrange": with_order},
    "shop.order": {"roles": {"desk_staff"}, "arrange": with_order, "values": ORDER, "own": first_resident},
    "shop.cancel": {**POST, "roles": {"desk_staff"}, "arrange": with_order, "values": ORDER, "own": first_resident},
    "shop.picture": {"anyone": True, "arrange": with_picture, "values": the("picture_id")},
    "shop.counter": {"roles": {"merchant"}, "arrange": with_order},
    "shop.look_up": {**POST, "roles": {"merchant"}, "arrange": with_order, "data": code},
    "shop.photo": {**POST, "roles": {"merchant"}, "arrange": with_order, "ok": {422}},
    "shop.hand_over": {**POST, "roles": {"merchant"}, "arrange": with_order, "data": code},
    "shop.merchant_orders": {"roles": {"merchant"}, "arrange": with_order},
    "shop.merchant_orders_file": {"roles": {"merchant"}, "arrange": with_order, "values": csv_only},
    "shop.merchant_order": {"roles": KEEP, "arrange": with_order, "values": ORDER},
    "shop.call_off": {**POST, "roles": KEEP, "arrange": with_order, "values": ORDER, **REASON},
    "shop.stock": {"roles": LOOK, "arrange": with_shop},
    "shop.stock_file": {"roles": LOOK, "arrange": with_shop, "values": csv_only},
    "shop.new_item": {"roles": KEEP, "arrange": with_shop},
    "shop.offer": {
        **POST, "roles": KEEP, "arrange": with_shop,
        "data": lambda world, made: {"merchant_id": made["merchant_id"].hex, "name": uuid.uuid4().hex, "price": "2.5"},
    },
    "shop.item": {"roles": LOOK, "arrange": with_shop, "values": GOODS},
    "shop.moves_file": {"roles": LOOK, "arrange": with_shop, "values": form(GOODS)},
    "shop.describe": {**POST, "roles": KEEP, "arrange": with_shop, "values": GOODS, "data": described},
    "shop.price": {
        **POST, "roles": KEEP, "arrange": with_shop, "values": GOODS, "data": lambda world, made: {"price": "3"},
    },
    "shop.receive": {
        **POST, "roles": KEEP, "arrange": with_shop, "values": GOODS, "data": lambda world, made: {"pieces": "5"},
    },
    "shop.take_out": {
        **POST, "roles": KEEP, "arrange": with_shop, "values": GOODS,
        "data": lambda world, made: {"kind": "spoiled", "pieces": "1", "reason": "受潮"},
    },
    "shop.count": {
        **POST, "roles": KEEP, "arrange": with_shop, "values": GOODS,
        "data": lambda world, made: {"stock": "9", "reason": "盘点"},
    },
    "shop.goods_form": {"roles": KEEP, "arrange": with_shop},
    "shop.goods_template": {"roles": KEEP, "arrange": with_shop},
    "shop.goods_stage": {**POST, "roles": KEEP, "arrange": with_shop, "data": upload},
    "shop.goods_preview": {"roles": KEEP, "arrange": with_list, "values": the("file_id")},
    "shop.goods_take_in": {**POST, "roles": KEEP, "arrange": with_list, "values": the("file_id")},
    "shop.deliveries": {"roles": LOOK, "arrange": with_shop},
    "shop.deliver": {
        **POST, "roles": KEEP, "arrange": with_supplier,
        "data": lambda world, made: {"merchant_id": made["merchant_id"].hex, "supplier_id": made["supplier_id"].hex,
                                     f"p-{made['item_id'].hex}": "3", "cost": "12.50"},
    },
    "shop.deliveries_file": {"roles": LOOK, "arrange": with_shop, "values": csv_only},
    "shop.suppliers": {"roles": LOOK, "arrange": with_supplier},
    "shop.add_supplier": {**POST, "roles": KEEP, "data": lambda world, made: {"name": uuid.uuid4().hex[:12]}},
    "shop.end_supplier": {
        **POST, "roles": COMMITTEE, "arrange": with_supplier,
        "data": lambda world, made: {"supplier_id": made["supplier_id"].hex},
    },
    "shop.takings": {"roles": LOOK, "arrange": with_shop},
    "shop.begin_taking": {**POST, "roles": KEEP, "arrange": with_shop, "data": this_merchant},
    "shop.taking_shown": {"roles": LOOK, "arrange": with_taking, "values": the("taking_id")},
    "shop.enter_taking": {
        **POST, "roles": KEEP, "arrange": with_taking, "values": the("taking_id"),
        "data": lambda world, made: {"counted.1": "10"},
    },
    "shop.decide_taking": [
        {**POST, "roles": COMMITTEE, "arrange": with_large_difference, "values": deed("confirm")},
        {**POST, "roles": KEEP, "arrange": with_large_difference, "values": deed("again")},
        {**POST, "roles": KEEP, "arrange": with_taking, "values": deed("drop")},
    ],
    "shop.taking_sheet": {"roles": LOOK, "arrange": with_taking, "values": the("taking_id")},
    "shop.taking_file": {"roles": LOOK, "arrange": with_taking, "values": form(the("taking_id"))},
    "shop.returns": {"roles": RETURNS, "arrange": with_return},
    "shop.returns_file": {"roles": RETURNS, "arrange": with_return, "values": csv_only},
    "shop.ask_return": {**POST, "roles": RETURNS, "arrange": with_handed_over, "data": faulty},
    "shop.book_return": {**POST, "roles": COMMITTEE, "arrange": with_others_return, "values": the("return_id")},
    "shop.refuse_return": {
        **POST, "roles": COMMITTEE, "arrange": with_others_return, "values": the("return_id"),
        "data": lambda world, made: {"remark": "是自己摔的"},
    },
    "shop.merchants": {"roles": COMMITTEE, "arrange": with_shop},
    "shop.open_merchant": {
        **POST, "roles": COMMITTEE, "data": lambda world, made: {"name": uuid.uuid4().hex, "weekdays": ["1", "5"]},
    },
    "shop.add_staff": {
        **POST, "roles": COMMITTEE, "arrange": with_shop,
        "data": lambda world, made: {"merchant_id": made["merchant_id"].hex, "person": world.residents[1].number},
    },
    "shop.remove_staff": {
        **POST, "roles": COMMITTEE, "arrange": with_shop,
        "data": lambda world, made: {"merchant_id": made["merchant_id"].hex, "person": world.residents[1].number},
    },
    "shop.hours": {"roles": LOOK, "arrange": with_shop, "values": MERCHANT},
    "shop.set_hours": {
        **POST, "roles": COMMITTEE, "arrange": with_shop, "values": MERCHANT,
        "data": lambda world, made: {"open-1": "1", "opens-1": "8:00", "closes-1": "17:30", "open-5": "1"},
    },
    "shop.set_merchant_day": {
        **POST, "roles": KEEP, "arrange": with_shop, "values": MERCHANT,
        "data": lambda world, made: {"day": world.village.today.isoformat(), "opens": "no", "reason": "盘点"},
    },
    "shop.report": {"roles": LOOK, "arrange": with_handed_over},
    "shop.report_file": {"roles": LOOK, "arrange": with_handed_over, "values": csv_only},
    "shop.account": {"roles": LOOK, "arrange": with_handed_over},
    "shop.account_file": {"roles": LOOK, "arrange": with_handed_over, "values": csv_only},
    "v1_shop.goods": {"anyone": True, "arrange": with_shop},
    "v1_shop.reachable": {"roles": MEMBERS, "arrange": with_shop},
    "v1_shop.listed": {"roles": MEMBERS, "arrange": with_order},
    "v1_shop.place": {
        "method": "POST", "roles": MEMBERS, "arrange": with_shop, "ok": {201},
        "json": lambda world, made: {"lines": [{"item_id": str(made["item_id"])}]},
    },
    "v1_shop.get": {"roles": {"desk_staff"}, "arrange": with_order, "values": ORDER, "own": first_resident},
    "v1_shop.cancel": {**JSON, "roles": {"desk_staff"}, "arrange": with_order, "values": ORDER, "own": first_resident},
    "v1_shop.merchants_listed": {"roles": LOOK, "arrange": with_shop},
    "v1_shop.merchant_orders": {"roles": {"merchant"}, "arrange": with_order, "values": MERCHANT},
    "v1_shop.look_up": {"method": "POST", "roles": {"merchant"}, "arrange": with_order, "json": code},
    "v1_shop.hand_over": {"method": "POST", "roles": {"merchant"}, "arrange": with_order, "json": code},
    "v1_shop.call_off": {
        "method": "POST", "roles": KEEP, "arrange": with_order, "values": ORDER,
        "json": lambda world, made: {"reason": "没有货"},
    },
    "v1_shop.stock_listed": {"roles": LOOK, "arrange": with_shop, "values": MERCHANT},
    "v1_shop.receive": {
        "method": "POST", "roles": KEEP, "arrange": with_shop, "values": GOODS,
        "json": lambda world, made: {"pieces": 5},
    },
    "v1_shop.take_out": {
        "method": "POST", "roles": KEEP, "arrange": with_shop, "values": GOODS,
        "json": lambda world, made: {"kind": "event", "pieces": 1, "reason": "重阳节"},
    },
    "v1_shop.count": {
        "method": "POST", "roles": KEEP, "arrange": with_shop, "values": GOODS,
        "json": lambda world, made: {"stock": 9, "reason": "盘点"},
    },
    "v1_shop.open_merchant": {
        "method": "POST", "roles": COMMITTEE, "ok": {201},
        "json": lambda world, made: {"name": uuid.uuid4().hex, "weekdays": ["1", "5"], "opens": "8:00", "closes": "12:00"},
    },
    "v1_shop.merchant": {"roles": LOOK, "arrange": with_shop, "values": MERCHANT},
    "v1_shop.set_hours": {
        "method": "POST", "roles": COMMITTEE, "arrange": with_shop, "values": MERCHANT,
        "json": lambda world, made: {"weekdays": [{"weekday": 1, "opens": "8:00", "closes": "17:30"}, {"weekday": 5}]},
    },
    "v1_shop.set_day": {
        "method": "POST", "roles": KEEP, "arrange": with_shop, "values": MERCHANT,
        "json": lambda world, made: {"day": world.village.today.isoformat(), "opens": False, "reason": "盘点"},
    },
    "v1_shop.add_staff": {
        "method": "POST", "roles": COMMITTEE, "arrange": with_shop, "values": MERCHANT,
        "json": lambda world, made: {"person": world.residents[1].number},
    },
    "v1_shop.remove_staff": {
        "method": "POST", "roles": COMMITTEE, "arrange": with_shop, "values": MERCHANT,
        "json": lambda world, made: {"person": world.residents[1].number},
    },
    "v1_shop.suppliers": {"roles": LOOK, "arrange": with_supplier},
    "v1_shop.add_supplier": {
        "method": "POST", "roles": KEEP, "ok": {201}, "json": lambda world, made: {"name": uuid.uuid4().hex[:12]},
    },
    "v1_shop.end_supplier": {**JSON, "roles": COMMITTEE, "arrange": with_supplier, "values": the("supplier_id")},
    "v1_shop.deliveries": {"roles": LOOK, "arrange": with_shop, "values": MERCHANT},
    "v1_shop.deliver": {
        "method": "POST", "roles": KEEP, "arrange": with_supplier, "values": MERCHANT, "ok": {201},
        "json": lambda world, made: {"lines": [{"item_id": made["item_id"].hex, "pieces": 3}],
                                     "supplier_id": made["supplier_id"].hex, "cost_fen": 1250},
    },
    "v1_shop.takings": {"roles": LOOK, "arrange": with_taking, "values": MERCHANT},
    "v1_shop.begin_taking": {**JSON, "roles": KEEP, "arrange": with_shop, "values": MERCHANT, "ok": {201}},
    "v1_shop.taking_shown": {"roles": LOOK, "arrange": with_taking, "values": the("taking_id")},
    "v1_shop.enter_taking": {
        "method": "POST", "roles": KEEP, "arrange": with_taking, "values": the("taking_id"),
        "json": lambda world, made: {"lines": [{"position": 1, "counted": 10}]},
    },
    "v1_shop.confirm_taking": {**JSON, "roles": COMMITTEE, "arrange": with_large_difference, "values": the("taking_id")},
    "v1_shop.count_again": {**JSON, "roles": KEEP, "arrange": with_large_difference, "values": the("taking_id")},
    "v1_shop.drop_taking": {**JSON, "roles": KEEP, "arrange": with_taking, "values": the("taking_id")},
    "v1_shop.returns": {"roles": RETURNS, "arrange": with_return},
    "v1_shop.ask_return": {
        "method": "POST", "roles": RETURNS, "arrange": with_handed_over, "ok": {201},
        "json": lambda world, made: {"order_number": made["number"], "item_id": made["item_id"].hex, "pieces": 1,
                                     "reason": "破了"},
    },
    "v1_shop.book_return": {**JSON, "roles": COMMITTEE, "arrange": with_others_return, "values": the("return_id")},
    "v1_shop.refuse_return": {
        "method": "POST", "roles": COMMITTEE, "arrange": with_others_return, "values": the("return_id"),
        "json": lambda world, made: {"remark": "是自己摔的"},
    },
    "v1_shop.month": {"roles": LOOK, "arrange": with_handed_over},
}  # fmt: skip
