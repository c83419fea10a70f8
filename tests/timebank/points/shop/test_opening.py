"""When a merchant is open, and how long that keeps what was ordered: holidays, year's end, leap day, midnight."""

import datetime as dt
import uuid

import pytest

from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank.errors import BadInput, Forbidden
from timebank.points.shop import merchants
from timebank.points.shop.opening import Opening

EVERY_DAY = dict.fromkeys(range(1, 8))


@pytest.mark.parametrize(
    "today, weekdays, more, last",
    [
        ("2026-11-20", EVERY_DAY, {}, "2026-11-22"),
        ("2026-11-20", {1: None, 4: None}, {}, "2026-11-26"),  # Friday; Monday and Thursday are open
        ("2026-12-31", EVERY_DAY, {}, "2027-01-02"),
        ("2026-12-31", EVERY_DAY, {"keeps_holidays": True, "declared": {dt.date(2027, 1, 1): False}}, "2027-01-03"),
        ("2028-02-28", EVERY_DAY, {}, "2028-03-01"),  # the 29th counts
        ("2027-02-27", EVERY_DAY, {}, "2027-03-01"),
        ("2026-11-20", EVERY_DAY, {"days": {dt.date(2026, 11, 21): False}}, "2026-11-23"),
        ("2026-11-20", {1: None}, {"days": {dt.date(2026, 11, 21): True}}, "2026-11-23"),  # opened for once on Saturday
        ("2026-09-30", EVERY_DAY, {"keeps_holidays": True}, "2026-10-09"),  # National Day to the 7th of October
    ],
)
def test_the_second_opening_day_after_today(today, weekdays, more, last):
    opening = Opening(weekdays=weekdays, **more)
    assert opening.last_day(dt.date.fromisoformat(today), 2) == dt.date.fromisoformat(last)


def test_a_merchant_that_never_opens_ends_the_search():
    never = Opening(weekdays={}, days={})
    assert never.last_day(dt.date(2026, 11, 20), 2) == dt.date(2026, 11, 20) + dt.timedelta(days=800)


def test_hours_are_of_the_weekday_and_none_on_closed_days():
    opening = Opening(weekdays={5: (480, 1080)}, days={dt.date(2026, 11, 27): False})
    assert opening.hours_on(dt.date(2026, 11, 20)) == (480, 1080)
    assert opening.hours_on(dt.date(2026, 11, 27)) is None
    assert opening.hours_on(dt.date(2026, 11, 21)) is None


def test_closing_for_a_day_keeps_what_waits_the_longer_and_never_shorter(village):
    item_id, merchant_id, seller = make.shop(village)  # Friday 20 November, open every day
    (person,) = village.make_household("张三", steps=80)
    order_id = arrange.order(village, person, {item_id: 1})
    before = arrange.row(village, order_id).ends_at

    def set_day(day, opens, actor=seller, reason="进货"):
        return village.write(
            lambda s, now: merchants.set_day(
                s, actor=actor, now=now, merchant_id=merchant_id, day=village.today + dt.timedelta(days=day),
                opens=opens, reason=reason,
            )
        )  # fmt: skip

    assert set_day(1, False)["orders_kept_longer"] == 1
    assert arrange.row(village, order_id).ends_at == before + dt.timedelta(days=1)
    assert set_day(1, True)["orders_kept_longer"] == 0
    assert arrange.row(village, order_id).ends_at == before + dt.timedelta(days=1)
    for day, reason in ((-1, "昨天"), (500, "太远"), (2, " ")):
        with pytest.raises(BadInput):
            set_day(day, False, reason=reason)
    _, _, other_seller = make.shop(village, name="毛巾")
    with pytest.raises(Forbidden):
        set_day(2, False, actor=other_seller)


def test_hours_are_set_by_the_committee_alone_and_must_end_after_they_begin(village):
    _, merchant_id, seller = make.shop(village)

    def set_hours(hours, actor):
        return village.write(
            lambda s, now: merchants.set_hours(
                s, actor=actor, now=now, merchant_id=merchant_id, place="村口", hours=hours, keeps_holidays=True
            )
        )

    committee = village.actor("committee")
    with pytest.raises(Forbidden):
        set_hours({1: (480, 1080)}, seller)
    for wrong in ({}, {8: None}, {1: (600, 600)}, {1: (0, 1441)}):
        with pytest.raises(BadInput):
            set_hours(wrong, committee)
    set_hours({1: (480, 1080), 5: None}, committee)
    with village.read() as session:
        opening = merchants.openings(session, village.community_id, since=village.today)[merchant_id]
    assert (dict(opening.weekdays), opening.keeps_holidays) == ({1: (480, 1080), 5: None}, True)
    assert isinstance(merchant_id, uuid.UUID)


def test_days_in_a_row_with_the_same_hours_are_said_together():
    opening = Opening(weekdays={1: (480, 1080), 2: (480, 1080), 3: (480, 1080), 5: (480, 1080), 6: (540, 720), 7: None})
    assert opening.together() == [(1, 3, (480, 1080)), (5, 5, (480, 1080)), (6, 6, (540, 720)), (7, 7, None)]
