"""Each refusal about orders, provoked on purpose: a scene a situation, and in it whatever cannot be done there."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from tests.lives import edges
from tests.lives.world import World
from tests.timebank.hours.arrange_orders import ADULT_BORN, make_person
from tests.village import SECRET
from timebank.hours.orders import (
    claiming,
    disputes,
    escalation,
    follow_up,
    placing,
    settling,
    tear_off,
    undoing,
)
from timebank.people import helpers, residents
from timebank.storage import new_id, new_key


def nobody_claimed_yet(world: World) -> None:
    """An order that is open to all, and those who may not have it."""
    case = edges.dispatched(world)
    own_family = world.village.actor(
        "volunteer", person=make_person(world.village, world.name("女儿"), household_id=case.elder.household_id)
    )
    child = world.new_volunteer(born_on=world.village.today - dt.timedelta(days=365 * 17))
    itself = world.village.actor("volunteer", person=case.elder)
    world.refused("order_same_household", lambda: case.do(claiming.claim, own_family))
    world.refused("volunteer_too_young", lambda: case.do(claiming.claim, child))
    world.refused("order_is_own", lambda: case.do(claiming.claim, itself))
    world.refused("order_wrong_state", lambda: case.do(placing.accept, case.desk))
    world.refused(
        "order_nothing_to_acknowledge", lambda: case.do(escalation.acknowledge, world.staff("grid_worker"), note="")
    )
    world.refused(
        "order_not_found", lambda: world.do(claiming.claim, case.volunteer, order_id=new_id(world.village.now))
    )


def _give(case: edges.Case, number: str, by: Any) -> Any:
    return case.do(settling.confirm_with_number, by, number=number, secret=SECRET)


def somebody_was_first(world: World) -> None:
    """A claimed order: the second claim, the second reserve, the wrong door, too early, too soon."""
    case = edges.claimed(world)
    other = world.new_volunteer()
    world.refused("order_already_yours", lambda: case.do(claiming.claim, case.volunteer))
    world.refused("order_already_claimed", lambda: case.do(claiming.claim, other))
    case.do(claiming.stand_by, case.reserve)
    world.refused("order_already_claimed", lambda: case.do(claiming.stand_by, other))
    world.refused("order_not_yours", lambda: world.orders.arrive(case.order_id, other, case.door))
    elsewhere = world.chance.choice(world.elders)
    world.refused("wrong_door", lambda: world.orders.arrive(case.order_id, case.volunteer, world.door(elsewhere)))
    world.refused("order_too_early", lambda: world.orders.arrive(case.order_id, case.volunteer, case.door))
    world.refused("no_show_too_early", lambda: case.do(claiming.no_show, case.desk, is_excused=False, note="没有来"))
    starts_at = world.orders.row(case.order_id).starts_at
    second = edges.begin(world, dispatch_at_once=True)
    assert abs(world.orders.row(second.order_id).starts_at - starts_at) < dt.timedelta(hours=1)
    world.refused("volunteer_busy", lambda: second.do(claiming.claim, case.volunteer))
    world.pass_time(hours=3, minutes=1)
    world.refused("order_step_back_too_late", lambda: case.do(claiming.step_back, case.volunteer, reason="孩子病了"))


def offered_to_one(world: World) -> None:
    """Offered to a named volunteer, and one that needs a skill; and one whose time went by."""
    from timebank.hours.orders import dispatch

    case = edges.accepted(world)
    case.do(dispatch.dispatch, case.desk, person_ids=[case.volunteer.person_id])
    world.refused("order_not_offered", lambda: case.do(claiming.claim, case.reserve))
    skilled = edges.begin(world, dispatch_at_once=True, service="small_repair")
    world.refused("order_skill_needed", lambda: skilled.do(claiming.claim, skilled.volunteer))
    world.pass_time(hours=5)
    world.refused("order_time_past", lambda: case.do(claiming.claim, case.volunteer))


def ordering_what_cannot_be(world: World) -> None:
    """Too young, gone, busy, and without the minutes."""
    young = make_person(world.village, world.name("居民"), born_on=ADULT_BORN)
    world.refused("recipient_not_old_enough", lambda: world.orders.place(young))
    poor = world.new_elder(minutes=0)
    world.refused("not_enough", lambda: world.orders.place(poor, minutes=60))
    case = edges.begin(world, dispatch_at_once=True)
    world.refused("recipient_busy", lambda: world.orders.place(case.elder, minutes=60, hours_ahead=3))
    gone = world.new_elder()
    world.do(
        residents.leave,
        world.staff("desk_staff", "community_manager"),
        person_id=gone.id,
        left_on=world.village.today,
        left_reason="moved",
        reason="搬到女儿家",
    )
    world.refused("recipient_left", lambda: world.orders.place(gone, minutes=60))
    world.refused("bad_input", lambda: world.orders.place(world.elder(), minutes=7))
    dear = world.new_elder()
    world.refused(
        "order_price_not_agreed", lambda: world.orders.place(dear, minutes=60, service="bath_company", hours_ahead=3)
    )
    world.orders.place(dear, minutes=60, service="bath_company", hours_ahead=3, agreed_minutes=90)
    world.refused("forbidden", lambda: world.orders.place(world.elder(), by=world.volunteer()))


def her_own_word(world: World) -> None:
    """The number on the slip: wrong, locked, and who may not have it; and what needs her consent."""
    world.elders.insert(0, world.new_elder(phone="13912345678"))  # nobody helps her yet
    case = edges.in_service(world)
    world.pass_time(minutes=75)
    helper = bound_helper(world, case)
    number = world.orders.slip(case.order_id)
    world.refused(
        "tear_off_not_for_volunteer",
        lambda: case.do(
            tear_off.issue,
            world.village.actor("volunteer", "desk_staff", person=_someone(case.volunteer)),
            secret=SECRET,
            nonce=new_key(world.village.now),
        ),
    )
    world.orders.leave(case.order_id, case.volunteer, case.door)
    # More than was held is hers alone to agree to.
    world.refused("consent_needed", lambda: case.do(settling.confirm_own, helper, consents=True))
    world.refused(
        "order_own_matter",
        lambda: case.do(
            settling.confirm_by_call,
            world.village.actor("volunteer", "desk_staff", person=_someone(case.volunteer)),
            consents=True,
        ),
    )
    wrong = "000000" if number != "000000" else "111111"
    for _ in range(5):
        world.refused("tear_off_wrong", lambda: _give(case, wrong, case.volunteer))
    world.refused("tear_off_locked", lambda: _give(case, number, case.volunteer))
    world.refused("call_back_needed", lambda: case.do(tear_off.unlock, case.desk))
    world.refused("silence_not_enough", lambda: case.do(settling.confirm_by_silence, world.orders_job))
    world.orders.call(case.order_id)
    case.do(tear_off.unlock, case.desk)
    case.do(settling.confirm_own, case.herself, consents=True)


def _someone(actor: Any) -> Any:
    from tests.timebank.hours.arrange_orders import Someone

    return Someone(actor.person_id, actor.number, actor.household_id)


def bound_helper(world: World, case: edges.Case) -> Any:
    """Somebody who may act for the elder; on the way, whatever cannot be done with a binding."""
    helper, desk = make_person(world.village, world.name("代办人")), case.desk
    asked: dict[str, Any] = {"elder_id": case.elder.id, "helper_id": helper.id, "relation": "child"}
    binding_id = uuid.UUID(world.do(helpers.ask, desk, **asked)["binding_id"])
    world.refused("helper_already", lambda: world.do(helpers.ask, desk, **asked))
    world.refused(
        "helper_wrong_state",
        lambda: world.do(helpers.confirm, case.herself, binding_id=binding_id, card_token=None),
    )
    themselves = world.village.actor("desk_staff", person=helper)
    world.refused(
        "helper_own_review",
        lambda: world.do(helpers.review, themselves, binding_id=binding_id, is_accepted=True),
    )
    world.do(helpers.review, desk, binding_id=binding_id, is_accepted=True)
    world.refused(
        "helper_wrong_card",
        lambda: world.do(helpers.confirm, desk, binding_id=binding_id, card_token=world.card(world.elder())),
    )
    world.do(helpers.confirm, case.herself, binding_id=binding_id, card_token=None)
    for _ in range(2):
        other = make_person(world.village, world.name("代办人"))
        world.do(helpers.ask, desk, elder_id=case.elder.id, helper_id=other.id, relation="neighbour")
    fourth = make_person(world.village, world.name("代办人"))
    world.refused(
        "helpers_too_many",
        lambda: world.do(helpers.ask, desk, elder_id=case.elder.id, helper_id=fourth.id, relation="neighbour"),
    )
    return world.village.actor(person=helper)


def slip_not_printed(world: World) -> None:
    """She gives a number of another slip, and none was printed for this order; and what she never agreed to pay."""
    case = edges.to_confirm(world)
    world.refused("tear_off_missing", lambda: _give(case, "123456", case.volunteer))


def a_dispute(world: World) -> None:
    """Decided by nobody who was there."""
    case = edges.disputed(world)
    inside = world.village.actor("reviewer", person=_someone(case.volunteer))
    world.refused(
        "order_dispute_not_outside",
        lambda: case.do(disputes.resolve, inside, verdict="to_volunteer", minutes=None, reason="我说了算"),
    )
    world.refused(
        "bad_input",
        lambda: case.do(disputes.resolve, world.staff("reviewer"), verdict="split", minutes=0, reason="各一半"),
    )
    case.do(placing.cancel, world.staff("reviewer", "desk_staff"), reason="两边都同意算了")
    world.refused("order_not_undone", lambda: case.do(undoing.undo, world.staff("desk_staff", "reviewer")))


def too_late(world: World) -> None:
    """A wrong tap is taken back soon or not at all; what time does by itself comes when it is due."""
    case = edges.cancelled(world)
    world.pass_time(hours=1)
    world.refused("order_undo_too_late", lambda: case.do(undoing.undo, case.herself))
    served = edges.done(world)
    world.refused("order_wrong_state", lambda: served.do(follow_up.become_overdue, world.orders_job))


def three_times_missed(world: World) -> None:
    """Three unexcused in ninety days block claiming for thirty."""
    volunteer = world.new_volunteer()
    for _ in range(3):
        case = edges.begin(world, dispatch_at_once=True)
        case.do(claiming.claim, volunteer)
        world.pass_time(hours=3, minutes=20)
        case.do(claiming.no_show, case.desk, is_excused=False, note="没有来")
    case = edges.begin(world, dispatch_at_once=True)
    world.refused("claiming_blocked", lambda: case.do(claiming.claim, volunteer))
    case.do(placing.cancel, case.desk, reason="改天再说")


SCENES = (
    nobody_claimed_yet,
    somebody_was_first,
    offered_to_one,
    ordering_what_cannot_be,
    her_own_word,
    slip_not_printed,
    a_dispute,
    too_late,
    three_times_missed,
)
