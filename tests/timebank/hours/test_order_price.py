"""She pays what the volunteer receives, and is told so before she orders: multipliers of the service's class and hour."""

import datetime

import pytest

from tests.timebank.hours.arrange_orders import Orders, console, door_of, make_elder, make_volunteer
from timebank.errors import NotEnough
from timebank.hours import multipliers
from timebank.hours.multipliers import Percent
from timebank.hours.orders import placing, undoing
from timebank.hours.orders.pricing import PriceNotAgreed

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

# The village's clock stands at 9:00 on 20 November; 18:00 is nine hours ahead.
EVENING = Percent("medical_escort", 18 * 60, 21 * 60, 150)


@pytest.fixture
def orders(village) -> Orders:
    return Orders(village)


@pytest.fixture(autouse=True)
def table(village):
    """Half as much again for going to the clinic between six and nine in the evening, from today on."""
    adopt(village, EVENING)


def adopt(village, *rows, from_day=0):
    day = village.today + datetime.timedelta(days=from_day)
    village.write(
        lambda session, now: multipliers.adopt(
            session,
            actor=console(village),
            now=now,
            rows=rows,
            adopted_on=village.today,
            in_force_from=day,
            body="居民代表会议",
            minutes_digest="0" * 64,
        )
    )


@pytest.mark.parametrize(
    "starts_hours_ahead, minutes, most",
    [
        (5, 120, 120),  # 14:00, plain
        (9, 120, 180),  # 18:00, all of it in the window
        (8, 120, 150),  # 17:00: an hour plain, an hour at one and a half, split exactly at 18:00
        (7, 120, 120),  # ends as the window begins
        (12, 60, 60),  # begins as the window ends
        (11.5, 60, 75),  # 20:30 to 21:30
        (9, 45, 60),  # 67.5 minutes, floored to quarters once
        (9, 180, 180),  # never more than the cap of one visit
    ],
)
def test_the_price_is_split_where_a_window_begins(village, orders, starts_hours_ahead, minutes, most):
    start = datetime.datetime(2026, 11, 20, 1, 0, tzinfo=datetime.UTC) + datetime.timedelta(hours=starts_hours_ahead)
    row = orders.row(orders.place(make_elder(village), minutes=minutes, starts_at=start, agreed_minutes=most))
    assert (row.planned_minutes, row.cost_minutes) == (minutes, most)


def evening(village, orders, elder, *, minutes=120, agreed_minutes=180):
    start = datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC)
    return orders.place(elder, minutes=minutes, starts_at=start, agreed_minutes=agreed_minutes)


@pytest.mark.parametrize("agreed", [None, 120, 179])
def test_nobody_orders_for_more_than_she_was_told(village, orders, agreed):
    with pytest.raises(PriceNotAgreed) as refused:
        evening(village, orders, make_elder(village), agreed_minutes=agreed)
    assert refused.value.facts == {"planned_minutes": 120, "most_minutes": 180}


def test_the_purse_must_hold_the_price_and_not_only_the_time(village, orders):
    with pytest.raises(NotEnough) as refused:
        evening(village, orders, make_elder(village, 179))
    assert (refused.value.facts["needed_minutes"], refused.value.facts["available_minutes"]) == (180, 179)
    rich = make_elder(village, 180)
    evening(village, orders, rich)
    with pytest.raises(NotEnough) as refused:
        orders.place(rich, minutes=15, hours_ahead=2)
    assert refused.value.facts["promised_minutes"] == 180


def test_what_the_volunteer_receives_is_what_she_pays(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = evening(village, orders, elder)
    assert orders.claim(order_id, volunteer)["held_minutes"] == 180
    assert orders.minutes(elder) == (600, 180)
    door = door_of(village, elder)
    village.clock.move(orders.row(order_id).starts_at - village.now)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(minutes=100)
    orders.leave(order_id, volunteer, door)
    outcome = orders.confirm(order_id, elder)
    assert (outcome["minutes"], outcome["extra_minutes"]) == (150, 0)  # 100 minutes at one and a half
    assert (orders.minutes(elder), orders.minutes(volunteer)) == ((450, 0), (150, 0))
    detail = orders.entry(orders.row(order_id).capture_seq).detail
    assert [percent for _, percent in detail["spans"]] == [150]


def test_an_early_arrival_in_cheaper_hours_costs_less_and_never_more_than_was_held(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = evening(village, orders, elder)
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    village.clock.move(orders.row(order_id).starts_at - datetime.timedelta(minutes=60) - village.now)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(minutes=120)  # 17:00 to 19:00
    orders.leave(order_id, volunteer, door)
    assert orders.confirm(order_id, elder)["minutes"] == 150


def test_a_later_table_changes_no_order_that_was_placed_before(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder, minutes=120, hours_ahead=24 * 3 + 5)
    adopt(village, Percent("medical_escort", 0, 1440, 200), from_day=1)
    assert orders.claim(order_id, volunteer)["held_minutes"] == 120
    door = door_of(village, elder)
    village.clock.move(orders.row(order_id).starts_at - village.now)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(minutes=120)
    orders.leave(order_id, volunteer, door)
    assert orders.confirm(order_id, elder)["minutes"] == 120  # worth 180 by then; she agreed to 120


def test_another_time_has_another_price_which_is_agreed_to_anew(village, orders):
    elder = make_elder(village, 180)
    order_id = orders.place(elder, minutes=120, hours_ahead=5)
    evening_of = datetime.datetime(2026, 11, 21, 10, 0, tzinfo=datetime.UTC)
    asked = {"order_id": order_id, "starts_at": evening_of}
    with pytest.raises(PriceNotAgreed):
        orders.do(placing.reschedule, orders.desk, **asked)
    orders.do(placing.reschedule, orders.desk, **asked, agreed_minutes=180)
    assert orders.row(order_id).cost_minutes == 180
    morning = datetime.datetime(2026, 11, 22, 2, 0, tzinfo=datetime.UTC)
    orders.do(placing.reschedule, orders.desk, order_id=order_id, starts_at=morning)
    assert orders.row(order_id).cost_minutes == 120


def test_what_is_taken_back_still_needs_its_price(village, orders):
    elder = make_elder(village, 200)
    order_id = evening(village, orders, elder)
    orders.cancel(order_id)
    orders.place(elder, minutes=30, hours_ahead=2)
    with pytest.raises(NotEnough) as refused:
        orders.do(undoing.undo, orders.desk, order_id=order_id)
    assert refused.value.facts["needed_minutes"] == 180
