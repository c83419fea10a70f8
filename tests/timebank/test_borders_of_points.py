"""The numbers of the policy about points, the shop and personal data, each at its border by the village's own days."""

import datetime as dt
import uuid
from typing import Any

import pytest

from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.test_shop import expire, redeem
from tests.village import Village
from timebank import samples
from timebank.erasure import asking
from timebank.points.publicity import batches, objections, refusals
from timebank.points.shop.tables import ShopOrder
from timebank.points.table import adoption, voting

CLEAN = "参加社区环境卫生整治"
MS = dt.timedelta(milliseconds=1)

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def local(*when: int) -> dt.datetime:
    """An instant by the village's clock."""
    return dt.datetime(*when, tzinfo=dt.timezone(dt.timedelta(hours=8)))  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("day, in_force", [(23, "2026-12-01"), (24, "2027-01-01")])
def test_table_publicity_days_that_end_with_the_month_leave_the_next_one(village: Village, day, in_force):
    """table_publicity_days is 7: adopted on the 23rd it is published to the end of the 30th, on the 24th into December."""
    village.clock.move(local(2026, 11, day - 3, 12) - village.now)
    table_id = make.draft_table(village)
    assert make.adopt_table(village, table_id)["in_force_from"] == in_force
    with village.read() as session:
        table, _items = adoption.table_with_items(session, actor=village.actor("committee"), table_id=table_id)
        assert table.published_until == local(2026, 11, day, 0) + dt.timedelta(days=8)


def test_table_versions_a_year_count_by_the_year_in_which_they_begin(village: Village):
    change_policy(village, table_versions_a_year=1)
    first = make.draft_table(village)
    assert make.adopt_table(village, first)["in_force_from"] == "2027-01-01"
    village.clock.move(local(2027, 1, 1, 9) - village.now)
    make.bring_into_force(village)
    second = make.draft_table(village, samples.sample("points-table-mixed.csv"))
    with pytest.raises(voting.TooManyVersions) as refused:
        make.adopt_table(village, second)
    assert refused.value.facts == {"year": 2027, "most": 1}
    village.clock.move(local(2027, 12, 20, 9) - village.now)
    assert make.confirm_vote(village, second)["in_force_from"] == "2028-01-01"  # another year


def test_publicity_days_are_working_days_and_end_at_midnight(village: Village):
    """publicity_days is 5: from Tuesday 1 December to the end of Tuesday the 8th."""
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN))
    until = local(2026, 12, 9, 0)
    with village.read() as session:
        assert batches.batch_of(session, village.community_id, batch).objections_until == until
    with pytest.raises(refusals.ObjectionTooLate):
        _object(village, batch, bo, at=until)
    _object(village, batch, bo, at=until - MS)


def test_objection_answer_days_are_working_days(village: Village):
    """objection_answer_days is 5: raised on Tuesday 1 December, to be answered by the end of Tuesday the 8th."""
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    raised = _object(village, make.published(village, (ana, CLEAN)), bo, at=village.now)
    assert dt.datetime.fromisoformat(raised["answer_due_at"]) == local(2026, 12, 9, 0)


def test_appeal_days_end_at_the_midnight_after_the_seventh(village: Village):
    """appeal_days is 7, from the day of the answer."""
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    raised = _object(village, make.published(village, (ana, CLEAN)), bo, at=village.now)
    objection_id = uuid.UUID(raised["objection_id"])
    village.write(
        lambda s, now: objections.answer(
            s, actor=village.actor("committee"), now=now, objection_id=objection_id, upheld=False, text="已核实"
        )
    )
    until = local(2026, 12, 9, 0)
    with pytest.raises(refusals.AppealTooLate):
        _appeal(village, bo, objection_id, at=until)
    assert _appeal(village, bo, objection_id, at=until - MS)


def test_shop_opening_days_end_with_the_second_one(village: Village):
    """shop_opening_days is 2: ordered on Friday the 20th, kept to the end of Sunday the 22nd."""
    until = _kept_until(village)
    assert until == local(2026, 11, 23, 0)
    village.clock.move(until - dt.timedelta(seconds=1) - village.now)
    assert expire(village)["expired"] == 0
    village.clock.move(until - village.now)
    assert expire(village)["expired"] == 1


@pytest.mark.parametrize("hours, days", [(48, 2), (62, 2), (72, 1)])
def test_shop_hold_hours_are_the_least_whatever_the_opening_days(village: Village, hours, days):
    """shop_hold_hours: 48 are over before the second opening day ends, 72 after the first one does."""
    change_policy(village, shop_hold_hours=hours, shop_opening_days=days)
    ordered_at = village.now
    until = _kept_until(village)
    midnight = local(2026, 11, 22 + days, 0)
    least = ordered_at + dt.timedelta(hours=hours)
    assert abs(until - max(midnight, least)) < dt.timedelta(seconds=1)
    assert until >= least


def test_erasure_notice_days_pass_between_the_second_word_and_the_erasing(village: Village):
    """erasure_notice_days is 7, to the instant."""
    person = village.make_person()
    asked = village.write(
        lambda s, now: asking.ask(
            s,
            actor=village.actor("community_manager"),
            now=now,
            person_id=person.id,
            reason="本人提出",
            gives_rest=True,
        )
    )
    said_at = village.now
    erasure_id = uuid.UUID(asked["erasure"])
    village.write(
        lambda s, now: asking.approve(s, actor=village.actor("committee"), now=said_at, erasure_id=erasure_id)
    )
    due_at = said_at + dt.timedelta(days=7)
    with village.read() as session:
        found = [asking.due(session, village.community_id, now=at, limit=9) for at in (due_at - MS, due_at)]
        assert [len(due) for due in found] == [0, 1]


def _object(village: Village, batch: int, person: Any, *, at: dt.datetime) -> dict[str, Any]:
    resident = village.actor(person=person)
    return village.write(
        lambda s, now: objections.object_to(
            s, actor=resident, now=at, batch_number=batch, line_number=1, reason="他没有参加"
        )
    )


def _appeal(village: Village, person: Any, objection_id: uuid.UUID, *, at: dt.datetime) -> dict[str, Any]:
    resident = village.actor(person=person)
    return village.write(
        lambda s, now: objections.appeal(s, actor=resident, now=at, objection_id=objection_id, text="请再查")
    )


def _kept_until(village: Village) -> dt.datetime:
    item_id, _merchant, _seller = make.shop(village)
    (person,) = village.make_household("张三", steps=50)
    made = redeem(village, person, item_id)
    with village.read() as session:
        order = session.get(ShopOrder, (village.community_id, uuid.UUID(made["order_id"])))
        until: dt.datetime = order.ends_at
        return until
