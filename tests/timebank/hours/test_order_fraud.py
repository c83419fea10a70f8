"""What a dishonest volunteer would try with an order."""

import pytest
from sqlmodel import select

from tests.timebank.hours.arrange_orders import (
    ELDER_BORN,
    Orders,
    door_of,
    leave_register,
    make_elder,
    make_person,
    make_volunteer,
)
from timebank.hours.attendance.tables import VisitDay
from timebank.hours.orders import disputes, tear_off
from timebank.people import residents

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def orders(village):
    return Orders(village)


def serve(village, orders, order_id, volunteer, elder):
    door = door_of(village, elder)
    village.pass_time(hours=2)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(hours=2)
    orders.leave(order_id, volunteer, door)


def test_a_number_that_the_later_volunteer_printed_confirms_nothing(village, orders):
    elder, clerk = make_elder(village), make_person(village, "周前台")
    desk, volunteer = village.actor("desk_staff", person=clerk), village.actor("volunteer", person=clerk)
    order_id = orders.place(elder)
    number = orders.slip(order_id, by=desk)
    orders.claim(order_id, volunteer)
    serve(village, orders, order_id, volunteer, elder)
    with pytest.raises(tear_off.TearOffMissing):
        orders.give_number(order_id, number, volunteer)
    # A slip that somebody else prints is good, and so is one printed by somebody else before the claim.
    assert orders.give_number(order_id, orders.slip(order_id), volunteer)["state"] == "done"


def test_a_number_printed_by_somebody_else_outlives_the_claim(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    number = orders.slip(order_id)
    orders.claim(order_id, volunteer)
    serve(village, orders, order_id, volunteer, elder)
    assert orders.give_number(order_id, number, volunteer)["state"] == "done"


def test_who_left_the_register_claims_nothing(village, orders):
    elder, person = make_elder(village), make_person(village)
    order_id = orders.place(elder)
    leave_register(village, person)
    with pytest.raises(residents.HasLeft):
        orders.claim(order_id, village.actor("volunteer", person=person))


def test_what_a_decision_credits_counts_in_the_caps_that_follow(village, orders):
    """A volunteer of 75 is credited four hours a day: a third visit is worth nothing by the rules."""
    elder, volunteer = make_elder(village), make_volunteer(village, born_on=ELDER_BORN)
    days = []
    for count in range(3):
        order_id = orders.served(elder, volunteer, minutes=120, stay_minutes=120)
        if count < 2:
            orders.confirm(order_id, elder)
        days.append(order_id)
    orders.do(disputes.dispute, orders.desk, order_id=days[2], reason="算少了")
    reviewer = village.actor("reviewer")
    orders.do(disputes.resolve, reviewer, order_id=days[2], verdict="to_volunteer", reason="双方同意")
    with village.read() as session:
        credited = sum(row.credited_minutes for row in session.exec(select(VisitDay)))
    assert credited == 360
