"""A village in which one of everything happened: a visit, an order settled and one open, an award booked, goods handed over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_orders import Orders, make_elder
from tests.timebank.points import make
from tests.timebank.points.test_shop import code_of, hand_over, redeem
from tests.village import Village


@dataclass
class Story:
    """Who took part, and the rows by which it can be found again."""

    volunteer: Any
    elder: Any
    household: Any
    visit_id: uuid.UUID
    visit_seq: int
    order_id: uuid.UUID
    open_order_id: uuid.UUID


def live(village: Village) -> Story:
    """One of everything, through the use cases."""
    volunteer = arrange.make_volunteer(village, "李志愿")
    served = arrange.serve(village, volunteer, arrange.make_point(village), minutes=107)
    elder = make_elder(village, 600, name="王奶奶")
    orders = Orders(village)
    order_id = orders.served(elder, volunteer, stay_minutes=97)
    orders.confirm(order_id, elder)
    open_order_id = orders.place(elder, minutes=60, hours_ahead=50)
    orders.claim(open_order_id, volunteer)
    make.table_in_force(village)
    person = village.make_person("张三")
    make.published(village, (person, "参加社区环境卫生整治"))
    village.pass_time(days=10)
    make.book_due(village)
    item_id, _merchant, seller = make.shop(village, stock=3, price_steps=20)
    made = redeem(village, person, item_id)
    hand_over(village, seller, code_of(village, made))
    redeem(village, person, item_id)
    return Story(volunteer, elder, person, uuid.UUID(served["visit_id"]), served["entry_seq"], order_id, open_order_id)
