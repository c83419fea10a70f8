"""Every state of an order by every verb: what goes, and what is refused. The table is written anew here, on purpose."""

import datetime
from dataclasses import dataclass
from typing import Any

import pytest

from tests.timebank.hours.arrange_orders import Orders, door_of, job, make_elder, make_volunteer
from tests.village import SECRET
from timebank.errors import Refused
from timebank.hours.orders import claiming, dispatch, disputes, follow_up, placing, serving, settling, tear_off, undoing
from timebank.hours.orders.states import MOVES, STATES
from timebank.storage import new_key

# What can be done with an order in each state; everything else is refused and changes nothing.
GOES = {
    "submitted": {"accept", "return", "cancel", "become_overdue", "slip"},
    "accepted": {"return", "dispatch", "reschedule", "cancel", "become_overdue", "undo", "slip"},
    "dispatched": {"dispatch", "reschedule", "claim", "cancel", "become_overdue", "slip"},
    "claimed": {"stand_by", "step_back", "no_show", "arrive", "times", "cancel", "become_overdue", "slip"},
    "in_service": {"leave", "times", "close_forgotten", "dispute", "slip"},
    "to_confirm": {"confirm", "confirm_by_number", "confirm_by_call", "confirm_by_silence", "dispute", "slip"},
    "done": {"rate"},
    "rated": set(),
    "returned": {"undo"},
    "cancelled": {"undo"},
    "disputed": {"resolve", "cancel", "slip"},
    "overdue": {"reschedule", "cancel", "slip"},
}
# A refusal is told by what is so: that the state does not allow it, or, before that, that the order is not this volunteer's.
REFUSALS = {"order_wrong_state", "order_already_claimed", "order_already_yours", "order_not_yours"}
# A use case, who asks, at which instant (or now), and what is asked.
Deed = tuple[Any, Any, Any, dict[str, Any]]


class TakeBack(Exception):
    """Raised after a deed, so that the lane rolls it back and the order stays where it was."""


@dataclass
class World:
    orders: Orders
    elder: Any
    herself: Any
    manager: Any
    volunteer: Any
    other: Any
    busy: Any
    door: str
    slips: dict


@pytest.fixture
def world(village) -> World:
    orders = Orders(village)
    elder = make_elder(village, 3000, phone="13912345678")
    return World(
        orders,
        elder,
        village.actor(person=elder),
        village.actor("community_manager"),
        make_volunteer(village, "李志愿"),
        make_volunteer(village, "赵志愿"),
        make_volunteer(village, "钱志愿"),
        door_of(village, elder),
        {},
    )


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_every_verb_in_every_state(village, world):
    placed = _one_in_each_state(village, world)
    assert {state: world.orders.state(order_id) for state, order_id in placed.items()} == {
        state: state for state in STATES
    }
    found: dict[str, set[str]] = {state: set() for state in STATES}
    for state, order_id in placed.items():
        for verb in sorted({verb for verbs in GOES.values() for verb in verbs}):
            if _goes(village, world, order_id, verb):
                found[state].add(verb)
    assert found == GOES


def test_the_table_here_and_the_moves_of_the_engine_agree():
    moves = {state: {verb for verb, ways in MOVES.items() if state in ways} for state in STATES}
    ways_to_confirm = {"confirm_by_number", "confirm_by_call", "confirm_by_silence"}
    beside = {"slip", "times", "close_forgotten"} | ways_to_confirm
    assert {state: verbs - {"promote"} for state, verbs in moves.items()} == {
        state: verbs - beside for state, verbs in GOES.items()
    }


def _one_in_each_state(village, world: World) -> dict[str, Any]:
    """An order in each state, an hour apart; those that are served go first, one after the other."""
    orders, placed = world.orders, {}

    def serve(state: str) -> Any:
        who = world.busy if state == "in_service" else world.volunteer
        order_id = orders.place(world.elder, minutes=60, hours_ahead=0.5)
        orders.claim(order_id, who)
        world.slips[order_id] = orders.slip(order_id)
        village.pass_time(hours=0.5)
        orders.arrive(order_id, who, world.door)
        if state != "in_service":
            village.pass_time(hours=1)
            orders.leave(order_id, who, world.door)
        placed[state] = order_id
        return order_id

    lost = orders.place(world.elder, minutes=60, hours_ahead=0.2)
    village.pass_time(hours=2)
    orders.tick()
    placed["overdue"] = lost
    orders.do(settling.rate, world.herself, order_id=_confirmed(world, serve("rated")), stars=5, comment="")
    _confirmed(world, serve("done"))
    orders.do(disputes.dispute, world.herself, order_id=serve("disputed"), reason="没有做完")
    waiting = serve("to_confirm")
    orders.call(waiting)
    for hours, state in enumerate(("submitted", "accepted", "dispatched", "claimed", "cancelled"), 3):
        by = world.herself if state in ("submitted", "accepted") else None
        placed[state] = orders.place(world.elder, by=by, minutes=60, hours_ahead=hours * 2)
    orders.do(placing.accept, world.manager, order_id=placed["accepted"])
    orders.claim(placed["claimed"], world.volunteer)
    orders.do(placing.cancel, world.manager, order_id=placed["cancelled"], reason="")
    sent_back = orders.place(world.elder, by=world.herself, minutes=60, hours_ahead=30)
    orders.do(placing.send_back, world.manager, order_id=sent_back, reason="没有人手")
    placed["returned"] = sent_back
    serve("in_service")
    return placed


def _confirmed(world: World, order_id: Any) -> Any:
    world.orders.confirm(order_id, world.elder)
    return order_id


def _goes(village, world: World, order_id: Any, verb: str) -> bool:
    """Whether a verb is done, at an hour at which nothing but the state can stand in its way. Nothing stays."""
    before = world.orders.row(order_id)
    use_case, actor, at, asked = _deed(village, world, before, verb)

    def do(session, now):
        use_case(session, actor=actor, now=at or now, order_id=order_id, **asked)
        raise TakeBack

    try:
        village.write(do)
    except TakeBack:
        went = True
    except Refused as refused:
        assert refused.code in REFUSALS, (before.state, verb, refused.code, refused.facts)
        went = False
    after = world.orders.row(order_id)
    assert (after.state, after.event_count, after.held_minutes) == (
        before.state,
        before.event_count,
        before.held_minutes,
    )
    return went


def _deed(village, world: World, row: Any, verb: str) -> Deed:
    starts, since = row.starts_at, row.state_since
    minutes, days = (lambda n: datetime.timedelta(minutes=n)), (lambda n: datetime.timedelta(days=n))
    number = {"number": world.slips.get(row.id, "000000"), "secret": SECRET}
    manager, herself = world.manager, world.herself
    volunteer = world.busy if row.volunteer_id == world.busy.person_id else world.volunteer
    deeds: dict[str, Deed] = {
        "accept": (placing.accept, manager, None, {}),
        "return": (placing.send_back, manager, None, {"reason": "没有人手"}),
        "dispatch": (dispatch.dispatch, manager, None, {"person_ids": []}),
        "reschedule": (placing.reschedule, manager, None, {"starts_at": village.now + days(9)}),
        "claim": (claiming.claim, world.other, min(starts, village.now), {}),
        "stand_by": (claiming.stand_by, world.other, min(starts, village.now), {}),
        "step_back": (claiming.step_back, manager, None, {"reason": ""}),
        "no_show": (claiming.no_show, manager, starts + minutes(15), {"is_excused": False, "note": ""}),
        "arrive": (serving.arrive, volunteer, starts, {"door_token": world.door}),
        "leave": (serving.leave, volunteer, (row.arrived_at or starts) + minutes(30), {"door_token": world.door}),
        "times": (
            serving.record_times,
            manager,
            starts + days(2),
            {"arrived_at": starts + minutes(1), "left_at": starts + minutes(40), "note": "登记本第 3 页"},
        ),
        "close_forgotten": (serving.close_forgotten, job(village), starts + days(1), {}),
        "confirm": (settling.confirm_own, herself, None, {"consents": False}),
        "confirm_by_number": (settling.confirm_with_number, herself, None, number),
        "confirm_by_call": (settling.confirm_by_call, manager, None, {"consents": False}),
        "confirm_by_silence": (settling.confirm_by_silence, job(village), since + days(3), {}),
        "dispute": (disputes.dispute, herself, None, {"reason": "没有来"}),
        "resolve": (disputes.resolve, manager, None, {"verdict": "reject", "reason": "核实"}),
        "rate": (settling.rate, herself, None, {"stars": 4, "comment": ""}),
        "cancel": (placing.cancel, manager, None, {"reason": ""}),
        "undo": (undoing.undo, manager, since + minutes(1), {}),
        "become_overdue": (follow_up.become_overdue, job(village), starts + days(3), {}),
        "slip": (tear_off.issue, manager, None, {"secret": SECRET, "nonce": new_key(village.now)}),
    }
    return deeds[verb]
