"""Orders, the desk, doors and helpers: who may, and whose they are."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from tests.timebank.hours.arrange_orders import Orders, card_of, door_of, make_elder, make_person
from timebank.hours.orders import disputes, placing
from timebank.people import helpers, residents
from timebank.permissions import ROLES

MEMBERS = set(ROLES)
STAFF = {"desk_staff", "grid_worker", "community_manager"}
READERS = STAFF | {"auditor"}
VOLUNTEERS = {"volunteer"}
DECIDERS = {"reviewer", "community_manager"}


def person(world: Any, found: Any) -> Any:
    """The register's row of somebody that was arranged."""
    with world.village.read() as session:
        row = residents.person(session, world.village.community_id, found.id)
        session.expunge(row)
        return row


def with_elder(world: Any) -> dict[str, Any]:
    elder = make_elder(world.village, name="闻人老太", phone="13912345678")
    return {"elder": elder, "number": elder.number}


def with_card(world: Any) -> dict[str, Any]:
    made = with_elder(world)
    return made | {"card": card_of(world.village, made["elder"])}


def with_helper_to_be(world: Any) -> dict[str, Any]:
    return with_elder(world) | {"to_be": make_person(world.village, "太叔帮手").number}


def first_resident(world: Any) -> Any:
    """The resident that walks with a role, as a volunteer."""
    return world.village.actor("volunteer", person=world.residents[0])


def submitted(world: Any) -> dict[str, Any]:
    made = with_elder(world)
    orders = Orders(world.village)
    own = world.village.actor(person=made["elder"])
    return made | {"orders": orders, "order_id": orders.place(made["elder"], by=own, hours_ahead=2)}


def accepted(world: Any) -> dict[str, Any]:
    made = submitted(world)
    made["orders"].do(placing.accept, made["orders"].desk, order_id=made["order_id"])
    return made


def dispatched(world: Any) -> dict[str, Any]:
    made = with_elder(world)
    orders = Orders(world.village)
    return made | {"orders": orders, "order_id": orders.place(made["elder"], hours_ahead=2)}


def claimed(world: Any, by: Any = None) -> dict[str, Any]:
    made = dispatched(world)
    volunteer = by or world.village.actor("volunteer", person=make_person(world.village, "百里志愿"))
    made["orders"].claim(made["order_id"], volunteer)
    return made | {"volunteer": volunteer}


def claimed_by_first(world: Any) -> dict[str, Any]:
    """The first resident claimed an order; the one before is out of the way."""
    before = getattr(world, "claimed_before", None)
    if before is not None:
        state = before["orders"].state(before["order_id"])
        if state == "claimed":
            before["orders"].cancel(before["order_id"])
        elif state == "in_service":
            before["orders"].leave(before["order_id"], before["volunteer"], door_of(world.village, before["elder"]))
    world.claimed_before = claimed(world, first_resident(world))
    return dict(world.claimed_before)


def at_door(world: Any) -> dict[str, Any]:
    """The first resident stands before the door of an order that she claimed."""
    made = claimed_by_first(world)
    door = door_of(world.village, made["elder"])
    world.village.pass_time(hours=2)
    return made | {"door": door, "token": door}


def in_service(world: Any) -> dict[str, Any]:
    made = at_door(world)
    made["orders"].arrive(made["order_id"], made["volunteer"], made["door"])
    world.village.pass_time(hours=1)
    return made


def missed(world: Any) -> dict[str, Any]:
    made = claimed(world)
    world.village.pass_time(hours=5)
    return made


def served(world: Any) -> dict[str, Any]:
    made = claimed(world)
    door = door_of(world.village, made["elder"])
    world.village.pass_time(hours=2)
    made["orders"].arrive(made["order_id"], made["volunteer"], door)
    world.village.pass_time(hours=1)
    made["orders"].leave(made["order_id"], made["volunteer"], door)
    return made


def with_slip(world: Any) -> dict[str, Any]:
    made = served(world)
    return made | {"slip": made["orders"].slip(made["order_id"])}


def locked(world: Any) -> dict[str, Any]:
    made = with_slip(world)
    wrong = "000000" if made["slip"] != "000000" else "111111"
    for _ in range(5):
        made["orders"].give_number(made["order_id"], wrong, made["volunteer"])
    made["orders"].call(made["order_id"])
    return made


def called(world: Any) -> dict[str, Any]:
    made = served(world)
    made["orders"].call(made["order_id"])
    return made


def disputed(world: Any) -> dict[str, Any]:
    made = served(world)
    made["orders"].do(disputes.dispute, made["orders"].desk, order_id=made["order_id"], reason="没有做完")
    return made


def done(world: Any) -> dict[str, Any]:
    made = served(world)
    made["orders"].confirm(made["order_id"], made["elder"])
    return made


def with_reserve_free(world: Any) -> dict[str, Any]:
    return claimed(world)


def order_of(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"order_id": made["order_id"]}


def number_of(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def the_volunteer(world: Any, made: dict[str, Any]) -> Any:
    with world.village.read() as session:
        row = residents.person(session, world.village.community_id, made["volunteer"].person_id)
        session.expunge(row)
        return row


def the_elder(world: Any, made: dict[str, Any]) -> Any:
    return person(world, made["elder"])


def order_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    """Each call orders for a later day, so that orders do not meet."""
    world.ordered = getattr(world, "ordered", 0) + 1
    day = world.village.today + datetime.timedelta(days=world.ordered)
    return {
        "service": "shopping",
        "day": day.isoformat(),
        "time": "09:00",
        "planned_minutes": "15",
        "place": "菜场",
        "note": "",
    }


def order_json(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return order_form(world, made) | {"planned_minutes": 15, "recipient": made["number"]}


def old_residents(world: Any) -> dict[str, Any]:
    """The first resident is old enough, and has time, to order for herself."""
    from tests.timebank.hours.arrange_orders import give

    if not getattr(world, "has_given", False):
        _make_old(world, world.residents[0])
        give(world.village, world.residents[0], 3000)
        world.has_given = True
    return {}


def _make_old(world: Any, found: Any) -> None:
    def change(session: Any, now: Any) -> dict[str, Any]:
        row = residents.person(session, world.village.community_id, found.id)
        row.born_on = datetime.date(1944, 3, 8)
        session.add(row)
        return {}

    world.village.write(change)


def helped(world: Any, state: str = "confirmed") -> dict[str, Any]:
    """An elder and her helper, as far as `state`."""
    made = with_elder(world)
    village = world.village
    helper = make_person(village, "淳于小辈")
    orders = Orders(village)
    binding = orders.do(helpers.ask, orders.desk, elder_id=made["elder"].id, helper_id=helper.id, relation="child")
    from uuid import UUID

    binding_id = UUID(binding["binding_id"])
    if state in ("reviewed", "confirmed"):
        orders.do(helpers.review, orders.desk, binding_id=binding_id, is_accepted=True)
    if state == "confirmed":
        orders.do(helpers.confirm, village.actor(person=made["elder"]), binding_id=binding_id, card_token=None)
    return made | {"helper": helper, "binding_id": binding_id, "card": card_of(village, made["elder"])}


def binding_of(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"binding_id": made["binding_id"]}


def the_helper(world: Any, made: dict[str, Any]) -> Any:
    return person(world, made["helper"])


def asked_helper(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["to_be"], "relation": "neighbour"}


def own_helper_ends(world: Any) -> dict[str, Any]:
    """The first resident names a helper; what she named before has ended, since there may be three."""
    village, orders = world.village, Orders(world.village)
    with village.read() as session:
        manager = village.actor("community_manager")
        standing = [found.id for found in helpers.bindings(session, actor=manager, elder_id=world.residents[0].id)]
    for binding_id in standing:
        orders.do(helpers.revoke, orders.desk, binding_id=binding_id)
    return with_helper_to_be(world)


def card_code(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"code": f"https://t.example/k/TPL/{made['card']}"}


def personal_card(world: Any) -> dict[str, Any]:
    made = with_elder(world)
    return made | {"token": card_of(world.village, made["elder"])}


def door_card(world: Any) -> dict[str, Any]:
    made = with_elder(world)
    return made | {"token": door_of(world.village, made["elder"])}


def token_of(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"token": made["token"]}


def photo_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    import io

    import qrcode

    picture = io.BytesIO()
    qrcode.make(card_code(world, made)["code"]).save(picture, "PNG")
    return {"photo": (io.BytesIO(picture.getvalue()), "card.png")}


def deed(
    roles: set[str],
    arrange: Callable[[Any], dict[str, Any]],
    form: dict[str, Any] | Callable[[Any, Any], dict[str, Any]] | None = None,
    *,
    own: Callable[[Any, Any], Any] | None = None,
) -> dict[str, Any]:
    """A row of a form posted to one order."""
    data = form if callable(form) else (lambda world, made: dict(form or {}))
    row: dict[str, Any] = {"method": "POST", "roles": roles, "arrange": arrange, "values": order_of, "data": data}
    return row | ({"own": own} if own else {})


def api(
    row: dict[str, Any], told: dict[str, Any] | Callable[[Any, Any], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The same row over the API."""
    json = told if callable(told) else (lambda world, made: dict(told or {}))
    return {name: value for name, value in row.items() if name != "data"} | {"json": json, "ok": {200, 201}}


def new_time(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"day": (world.village.today + datetime.timedelta(days=3)).isoformat(), "time": "09:00"}


def paper_times(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    now = world.village.now + datetime.timedelta(hours=8)
    start = now - datetime.timedelta(minutes=100)
    end = now - datetime.timedelta(minutes=40)
    if start.date() != end.date():
        world.village.pass_time(hours=4)
        return paper_times(world, made)
    return {"day": f"{start:%Y-%m-%d}", "arrived": f"{start:%H:%M}", "left": f"{end:%H:%M}", "note": "登记本第 3 页"}


def slip_number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["slip"]}


def unclaimed(world: Any) -> dict[str, Any]:
    """Nobody claimed it for a day: the grid worker's step waits for somebody's word."""
    made = with_elder(world)
    orders = Orders(world.village)
    order_id = orders.place(made["elder"], hours_ahead=24 * 20)
    world.village.pass_time(hours=25)
    orders.tick()
    return made | {"orders": orders, "order_id": order_id}


def priced(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    form = order_form(world, made)
    return {name: form[name] for name in ("service", "day", "time", "planned_minutes")}


CLAIM = deed(VOLUNTEERS, dispatched)
STAND_BY = deed(VOLUNTEERS, with_reserve_free)
STEP_BACK = deed(STAFF, claimed, own=the_volunteer)
CANCEL = deed(STAFF, dispatched, own=the_elder)
CONFIRM = deed(STAFF, with_slip, slip_number, own=the_elder)
CONFIRM_OWN = deed(set(), served, own=the_elder)
DISPUTE = deed(STAFF, served, {"reason": "没有做完"}, own=the_elder)
RATE = deed(STAFF, done, {"stars": "5"}, own=the_elder)

ROWS: dict[str, Any] = {
    # Lists and one order
    "orders.listed": {"roles": READERS, "arrange": dispatched},
    "orders.exported": {"roles": READERS, "arrange": dispatched, "values": lambda world, made: {"form": "xlsx"}},
    "orders.waiting": {"roles": STAFF, "arrange": dispatched},
    "orders.disputes": {"roles": DECIDERS, "arrange": disputed},
    "orders.call_backs": {"roles": STAFF, "arrange": served},
    "orders.escalations": {"roles": READERS, "arrange": unclaimed},
    "orders.price": {"roles": MEMBERS, "query": priced},
    "orders.near": {"roles": VOLUNTEERS, "arrange": dispatched},
    "orders.taken": {"roles": VOLUNTEERS, "arrange": claimed_by_first},
    "orders.mine": {"roles": MEMBERS},
    "orders.order": {"roles": READERS, "arrange": served, "values": order_of, "own": the_elder},
    "orders.confirm_page": {"roles": READERS, "arrange": served, "values": order_of, "own": the_elder},
    "orders.elder_side": {"roles": READERS, "arrange": served, "values": order_of, "own": the_elder},
    "orders.dispatch_page": {"roles": STAFF, "arrange": dispatched, "values": order_of},
    # Placing
    "orders.new": {"roles": MEMBERS},
    "orders.new_post": {"method": "POST", "roles": MEMBERS, "arrange": old_residents, "data": order_form},
    "orders.new_for": {"roles": STAFF, "arrange": helped, "values": number_of, "own": the_helper},
    "orders.new_for_post": {
        "method": "POST", "roles": STAFF, "arrange": helped, "values": number_of, "data": order_form, "own": the_helper,
    },
    # Deeds
    "orders.accept": deed(STAFF, submitted),
    "orders.undo": deed(STAFF, accepted),
    "orders.acknowledge": deed({"grid_worker", "community_manager"}, unclaimed, {"note": "我去问问"}),
    "orders.send_back": deed(STAFF, submitted, {"reason": "没有人手"}),
    "orders.dispatch": deed(STAFF, accepted),
    "orders.reschedule": deed(STAFF, dispatched, new_time),
    "orders.claim": CLAIM,
    "orders.stand_by": STAND_BY,
    "orders.step_back": STEP_BACK,
    "orders.no_show": deed(STAFF, missed, {"is_excused": "1"}),
    "orders.times": deed(STAFF, missed, paper_times),
    "orders.slip": deed(STAFF, dispatched, own=the_elder) | {"ok": {200}},
    "orders.unlock": deed(STAFF, locked),
    "orders.call_back": deed(STAFF, served, {"way": "call", "is_reached": "1"}),
    "orders.cancel": CANCEL,
    "orders.confirm": CONFIRM,
    "orders.confirm_own": CONFIRM_OWN,
    "orders.confirm_by_call": deed(STAFF, called),
    "orders.dispute": DISPUTE,
    "orders.resolve": deed(DECIDERS, disputed, {"verdict": "split", "minutes": "15", "reason": "核实"}),
    "orders.rate": RATE,
    # The desk
    "desk.home": {"roles": STAFF},
    "desk.find": {"method": "POST", "roles": STAFF, "arrange": with_card, "data": card_code},
    "desk.photo": {"method": "POST", "roles": STAFF, "arrange": with_card, "data": photo_form},
    "desk.person": {"roles": STAFF, "arrange": with_elder, "values": number_of},
    "desk.order_form": {"roles": STAFF, "arrange": with_elder, "values": number_of},
    "desk.order": {"method": "POST", "roles": STAFF, "arrange": with_elder, "values": number_of, "data": order_form},
    # Doors and cards
    "doors.door": {"anyone": True, "arrange": door_card, "values": token_of},
    "doors.personal": {"anyone": True, "arrange": personal_card, "values": token_of},
    "doors.act": {
        "method": "POST", "roles": VOLUNTEERS, "arrange": at_door, "values": token_of,
        "data": lambda world, made: {"order_id": made["order_id"].hex, "verb": "arrive"},
    },
    # Helpers
    "helpers.mine": {"roles": MEMBERS},
    "helpers.ask": {"method": "POST", "roles": MEMBERS, "arrange": own_helper_ends, "data": asked_helper},
    "helpers.waiting": {"roles": STAFF, "arrange": lambda world: helped(world, "asked")},
    "helpers.ask_for": {
        "method": "POST", "roles": STAFF, "arrange": with_helper_to_be, "values": number_of, "data": asked_helper,
    },
    "helpers.review": {
        "method": "POST", "roles": STAFF, "arrange": lambda world: helped(world, "asked"), "values": binding_of,
        "data": lambda world, made: {"is_accepted": "1"},
    },
    "helpers.confirm": {
        "method": "POST", "roles": STAFF, "arrange": lambda world: helped(world, "reviewed"), "values": binding_of,
        "data": card_code, "own": the_elder,
    },
    "helpers.revoke": {
        "method": "POST", "roles": STAFF, "arrange": helped, "values": binding_of, "own": the_helper,
    },
    # JSON
    "v1_orders.listed": {"roles": READERS, "arrange": dispatched},
    "v1_orders.post": {
        "method": "POST", "roles": STAFF, "arrange": with_elder, "json": order_json, "own": the_elder, "ok": {201},
    },
    "v1_orders.near": {"roles": VOLUNTEERS, "arrange": dispatched},
    "v1_orders.mine": {"roles": MEMBERS},
    "v1_orders.taken": {"roles": VOLUNTEERS, "arrange": claimed_by_first},
    "v1_orders.get": {"roles": READERS, "arrange": served, "values": order_of, "own": the_elder},
    "v1_orders.arrive": api(deed(VOLUNTEERS, at_door), lambda world, made: {"door": made["door"]}),
    "v1_orders.leave": api(deed(VOLUNTEERS, in_service), lambda world, made: {"door": made["door"]}),
    "v1_orders.claim": api(CLAIM),
    "v1_orders.stand_by": api(STAND_BY),
    "v1_orders.step_back": api(STEP_BACK),
    "v1_orders.cancel": api(CANCEL),
    "v1_orders.confirm": api(CONFIRM, slip_number),
    "v1_orders.confirm_own": api(CONFIRM_OWN),
    "v1_orders.dispute": api(DISPUTE, {"reason": "没有做完"}),
    "v1_orders.rate": api(RATE, {"stars": 5}),
    "v1_orders.undo": api(deed(STAFF, accepted)),
    "v1_orders.resolve": api(deed(DECIDERS, disputed), {"verdict": "split", "minutes": 15, "reason": "核实"}),
    "v1_orders.acknowledge": api(deed({"grid_worker", "community_manager"}, unclaimed), {"note": "我去问问"}),
}  # fmt: skip
