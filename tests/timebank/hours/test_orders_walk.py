"""Whatever people do with orders, in whatever order: minutes are neither lost nor made, and what is held is owed."""

import random

import pytest
from sqlmodel import col, select

from ledger import reading
from tests.timebank.hours.arrange_orders import Orders, door_of, make_elder, make_volunteer
from timebank.errors import Refused
from timebank.hours.orders import claiming, dispatch, disputes, placing, settling, states
from timebank.hours.orders.rows import OrderClaim, OrderEvent, ServiceOrder

STEPS = 120


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_any_walk_keeps_the_books(village, seed):
    chance = random.Random(seed)
    orders = Orders(village)
    elders = [make_elder(village, 600, name=f"老人{n}", phone="13912345678") for n in range(2)]
    volunteers = [make_volunteer(village, f"志愿者{n}") for n in range(3)]
    doors = {elder.id: door_of(village, elder) for elder in elders}
    placed: list = []

    def step() -> None:
        deed = chance.choice(
            [
                "place",
                "place",
                "dispatch",
                "claim",
                "claim",
                "stand_by",
                "step_back",
                "no_show",
                "arrive",
                "arrive",
                "leave",
                "leave",
                "confirm",
                "confirm",
                "number",
                "cancel",
                "dispute",
                "resolve",
                "rate",
                "wait",
                "tick",
            ]
        )
        who, elder = chance.choice(volunteers), chance.choice(elders)
        if deed == "place":
            minutes = chance.choice([15, 60, 120])
            placed.append(orders.place(elder, minutes=minutes, hours_ahead=chance.choice([0.2, 1, 5])))
            return
        if deed == "wait":
            village.pass_time(minutes=chance.choice([7, 45, 130, 1500]))
            return
        if deed == "tick":
            orders.tick()
            return
        order_id = chance.choice(placed)
        row = orders.row(order_id)
        owner = next(elder for elder in elders if elder.id == row.recipient_id)
        herself = village.actor(person=owner)
        {
            "dispatch": lambda: orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[]),
            "claim": lambda: orders.claim(order_id, who),
            "stand_by": lambda: orders.do(claiming.stand_by, who, order_id=order_id),
            "step_back": lambda: orders.do(claiming.step_back, who, order_id=order_id, reason=""),
            "no_show": lambda: orders.do(claiming.no_show, orders.desk, order_id=order_id, is_excused=True, note=""),
            "arrive": lambda: orders.arrive(order_id, who, doors[owner.id]),
            "leave": lambda: orders.leave(order_id, who, doors[owner.id]),
            "confirm": lambda: orders.confirm(order_id, owner, consents=chance.random() < 0.5),
            "number": lambda: orders.give_number(order_id, chance.choice([orders.slip(order_id), "123456"]), who),
            "cancel": lambda: orders.do(placing.cancel, herself, order_id=order_id, reason=""),
            "dispute": lambda: orders.do(disputes.dispute, herself, order_id=order_id, reason="不对"),
            "resolve": lambda: orders.do(
                disputes.resolve,
                village.actor("reviewer"),
                order_id=order_id,
                verdict=chance.choice(disputes.VERDICTS),
                minutes=15,
                reason="核实",
            ),
            "rate": lambda: orders.do(settling.rate, herself, order_id=order_id, stars=4, comment=""),
        }[deed]()

    refused = set()
    placed.append(orders.place(elders[0]))
    for _ in range(STEPS):
        try:
            step()
        except Refused as refusal:
            assert refusal.status < 500
            refused.add(refusal.code)
        _check(village, orders, elders, volunteers)
    assert len(refused) >= 3
    _check_timelines(village)


def _check(village, orders, elders, volunteers) -> None:
    """Held minutes are those of the orders in hand, and what elders spent is what volunteers have."""
    with village.read() as session:
        rows = session.exec(select(ServiceOrder)).all()
        for row in rows:
            assert (row.state in states.HELD) == (row.held_minutes > 0)
            standing = session.exec(
                select(OrderClaim).where(OrderClaim.order_id == row.id, OrderClaim.outcome == "standing")
            ).all()
            assert len({claim.place for claim in standing}) == len(standing)
    for elder in elders:
        balance, held = orders.minutes(elder)
        own = [row for row in rows if row.recipient_id == elder.id]
        assert held == sum(row.held_minutes for row in own)
        assert balance == 600 - sum(row.credited_minutes or 0 for row in own)
        assert balance - held >= 0
    earned = sum(orders.minutes(volunteer)[0] for volunteer in volunteers)
    assert earned == sum(row.credited_minutes or 0 for row in rows)


def _check_timelines(village) -> None:
    """Every order's timeline can be walked through the table of states, and its entries are there."""
    with village.read() as session:
        for row in session.exec(select(ServiceOrder)).all():
            events = session.exec(
                select(OrderEvent).where(OrderEvent.order_id == row.id).order_by(col(OrderEvent.n))
            ).all()
            assert [event.n for event in events] == list(range(1, len(events) + 1))
            assert events[-1].state == row.state
            state = "submitted"
            for event in events:
                if event.verb in states.MOVES:
                    assert states.MOVES[event.verb][state] == event.state
                state = event.state
                if event.seq is not None:
                    assert reading.entry(session, village.community_id, event.seq).seq == event.seq
