"""A draft run over a past period: who would have gained and who lost, item by item and household by household."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.timebank.points import make
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.points import replay
from timebank.storage import new_id

CLEANING, SCHOOL, BARBER = "参加社区环境卫生整治", "参加社区夜校、宣讲等活动", "参加公益理发"
HEADS = "类别,项目,分值,计分单位,上限,对象,备注\n"
# The scoring is the same on both; that the queries run on both, the first test and the routes' walk show.
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def draft(village, *rows):
    return make.draft_table(village, (HEADS + "\n".join(rows)).encode(), title="草案")


def run(village, table_id, *, first=None, last=None, roles=("committee",)):
    with village.read() as session:
        return replay.replay(
            session,
            actor=village.actor(*roles),
            table_id=table_id,
            first=first or village.today.replace(month=1, day=1),
            last=last or village.today,
        )


def by_title(found):
    return {one.title: one for one in found.items}


def adds_up(found):
    """The sums over items and over households are the totals."""
    for name in ("old_steps", "new_steps"):
        total = getattr(found, name)
        assert sum(getattr(one, name) for one in found.items) == total
        assert sum(getattr(one, name) for one in found.households) == total
    assert sum(one.awards for one in found.items) == found.awards


def test_a_draft_tells_who_gains_and_who_loses(village):
    make.table_in_force(village)
    cleaner, teacher, both = (village.make_person(name) for name in ("扫地", "上课", "都做"))
    for person, item in ((cleaner, CLEANING), (both, CLEANING), (teacher, SCHOOL), (both, SCHOOL), (teacher, BARBER)):
        make.enter(village, person, item)
    rejected = make.enter(village, cleaner, BARBER)
    make.review(village, rejected, approved=False, remark="没有这回事")
    table_id = draft(
        village, f"志愿参与,{CLEANING},8,一人次,,户,", f"学习,{SCHOOL},2,一人次,,户,", "新的,照看公共菜园,3,一次,,户,"
    )
    found = run(village, table_id)
    assert (found.awards, found.old_steps, found.new_steps) == (5, 250, 200)
    items = by_title(found)
    assert [(one.state, one.old_steps, one.new_steps) for one in (items[CLEANING], items[SCHOOL], items[BARBER])] == [
        ("changed", 100, 160),
        ("changed", 100, 40),  # found by its title, in another category
        ("gone", 50, 0),
    ]
    assert (items["照看公共菜园"].state, items["照看公共菜园"].awards) == ("new", 0)
    assert items[BARBER].left_out == {"item_gone": 1}
    households = {one.household_id: one for one in found.households}
    assert [households[one.household_id].change_steps for one in (cleaner, teacher, both)] == [30, -80, 0]
    assert [one.change_steps for one in found.households] == [-80, 0, 30]
    assert (found.gaining, found.losing, found.left_out) == (1, 1, 1)
    adds_up(found)


@on_sqlite
def test_the_version_in_force_over_its_own_days_changes_nothing(village):
    table_id = make.table_in_force(village)
    for _day in range(3):
        for name in ("甲", "乙"):
            make.enter(village, village.make_person(name), CLEANING)
        village.pass_time(days=1)
    found = run(village, table_id)
    assert (found.awards, found.old_steps, found.new_steps) == (6, 300, 300)
    assert (found.gaining, found.losing) == (0, 0)
    assert {one.state for one in found.items} == {"kept"}
    adds_up(found)


@on_sqlite
def test_caps_of_the_draft_count_from_the_start_of_the_year_also_for_a_part_of_it(village):
    """The cap was used up in December's first days; an award of later days comes to nothing by the draft."""
    make.table_in_force(village)
    person = village.make_person("张三")
    for _day in range(3):
        make.enter(village, person, CLEANING)
        village.pass_time(days=1)
    table_id = draft(village, f"志愿参与,{CLEANING},5,一人次,每年10分,户,")
    whole = run(village, table_id)
    assert (whole.old_steps, whole.new_steps, whole.left_out) == (150, 100, 0)
    last_day = village.today - dt.timedelta(days=1)
    part = run(village, table_id, first=last_day, last=last_day)
    assert (part.awards, part.old_steps, part.new_steps) == (1, 50, 0)
    adds_up(part)


@on_sqlite
def test_what_the_draft_cannot_score_is_told_and_a_range_takes_what_is_nearest(village):
    make.table_in_force(village, (HEADS + f"劳动,{BARBER},2,每小时,,人,\n劳动,{CLEANING},5,一人次,,户,\n").encode())
    person = village.make_person("张三")
    make.enter(village, person, BARBER, quantity="1小时30分")
    make.enter(village, person, CLEANING)
    as_hours = run(village, draft(village, f"劳动,{BARBER},4,每小时,,户,", f"劳动,{CLEANING},6,每小时,,户,"))
    items = by_title(as_hours)
    assert (items[BARBER].old_steps, items[BARBER].new_steps) == (30, 60)
    assert (items[CLEANING].new_steps, items[CLEANING].left_out) == (0, {"minutes_needed": 1})
    ranged = by_title(
        run(village, draft(village, f"劳动,{BARBER},4,每小时,,户,", f"劳动,{CLEANING},1-3分,一人次,,户,"))
    )
    assert (ranged[CLEANING].new_steps, ranged[CLEANING].left_out) == (30, {})


@on_sqlite
def test_who_may_run_it_and_over_what(village, other_village):
    table_id = make.table_in_force(village)
    nothing = run(village, table_id)
    assert (nothing.awards, nothing.households, nothing.new_steps) == (0, [], 0)
    with pytest.raises(Forbidden):
        run(village, table_id, roles=("resident", "reviewer", "merchant", "desk_staff"))
    with pytest.raises(BadInput):
        run(village, table_id, first=village.today, last=village.today - dt.timedelta(days=1))
    with pytest.raises(NotFound):
        run(village, new_id(village.now))
    with pytest.raises(NotFound):
        run(other_village, table_id)
