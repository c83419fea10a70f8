"""Awards: scored by the item of their day with its caps, entered alone or from a file, reviewed by others."""

import csv
import datetime as dt
import io
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col

from tests.timebank.points import make
from timebank import samples
from timebank.errors import Forbidden
from timebank.people import residents
from timebank.people.residents import Person
from timebank.points.awards import entering, reading, reviewing
from timebank.points.awards.rows import minutes_of, rows_of_file
from timebank.points.publicity.labels import Shown, labels

CLEAN = "参加社区环境卫生整治"
PER_HOUR = "参与环境整治、卫生大扫除、清除小广告"


@pytest.mark.parametrize(
    "text, minutes",
    [("2", 120), ("1.5", 90), ("1:30", 90), ("1小时30分", 90), ("90分钟", 90), ("2小时", 120), ("2.5", 150),
     ("", None), ("很久", None), ("-1", None), ("0", None), ("=2", None)],
)  # fmt: skip
def test_hours_as_people_write_them(text, minutes):
    assert minutes_of(text) == minutes


def test_a_yearly_item_is_awarded_once_a_year(village):
    make.table_in_force(village)
    person = village.make_person()
    make.enter(village, person, "帮助和带动周围群众致富")
    village.pass_time(days=1)
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, person, "帮助和带动周围群众致富")
    assert refused.value.facts["problems"] == ["数量:cap_reached_year"]


def test_hours_are_scored_by_the_minute_for_each_person(village):
    make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    person = village.make_person()
    award_id = make.enter(village, person, PER_HOUR, quantity="1:20")
    with village.read() as session:
        found = entering.award(session, actor=village.actor("committee"), award_id=award_id)
    assert (found.award.minutes, found.award.credited_steps) == (80, 26)


@pytest.mark.parametrize(
    "changes, problem",
    [
        ({"on": ""}, "日期:day_missing"),
        ({"on": "昨天"}, "日期:day_unreadable"),
        ({"on": "2099-01-01"}, "日期:day_in_the_future"),
        ({"on": "2020-01-01"}, "日期:no_table_in_force"),
        ({"item": ""}, "项目:item_missing"),
        ({"item": "没有的项目"}, "项目:item_unknown"),
        ({"item": "99"}, "项目:item_unknown"),
        ({"evidence": " "}, "存证:evidence_missing"),
        ({"quantity": "很多"}, "数量:times_unreadable"),
        ({"quantity": "0"}, "数量:times_unreadable"),
        ({"person": "", "household": ""}, "户号:household_missing"),
        ({"person": "", "household": "777"}, "户号:household_unknown"),
        ({"person": "TPL-1-0", "household": ""}, "编号:person_unknown"),
        ({"person": "无此人", "household": "1"}, "编号:person_unknown"),
    ],
)
def test_a_row_that_cannot_be_meant_says_why(village, changes, problem):
    make.table_in_force(village)
    person = village.make_person("张三")
    if changes.get("person") == "TPL-1-0" and person.number == "TPL-1-0":
        changes = {**changes, "person": "TPL-8-0"}
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, person, CLEAN, **changes)
    assert problem in str(refused.value.facts["problems"])


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_thousands_of_digits_are_no_number_of_anything(village):
    make.table_in_force(village)
    person, many = village.make_person("张三"), "9" * 5_000
    for changes, problem in (
        ({"quantity": many}, "数量:times_unreadable"),
        ({"item": many}, "项目:item_unknown"),
        ({"person": "", "household": many}, "户号:household_unknown"),
        ({"person": many}, "编号:person_unknown"),
    ):
        with pytest.raises(entering.AwardRefused) as refused:
            make.enter(village, person, changes.get("item", CLEAN), **{k: v for k, v in changes.items() if k != "item"})
        assert refused.value.facts["problems"] == [problem]


def test_an_item_out_of_use_cannot_be_awarded(village):
    make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, village.make_person(), "焚烧秸秆", heard_on=village.today.isoformat())
    assert refused.value.facts["problems"] == ["项目:item_not_in_use"]


def test_a_deduction_of_which_nobody_was_heard_waits_for_the_hearing(village):
    table_id = make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    make.switch_on(village, make.items(village, table_id)["焚烧秸秆"])
    person, other = village.make_person(), village.make_person()
    waiting = make.enter(village, person, "焚烧秸秆")
    with pytest.raises(reviewing.HouseholdNotHeard):
        make.approve(village, waiting)
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, other, "焚烧秸秆", heard_on=village.today.isoformat(), heard_words=" ")
    assert refused.value.facts["problems"] == ["听取的意见:hearing_words_missing"]
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, other, "焚烧秸秆", heard_on=(village.today - dt.timedelta(days=1)).isoformat())
    assert refused.value.facts["problems"] == ["听取意见日期:heard_before_deed"]
    make.approve(village, make.enter(village, other, "焚烧秸秆", heard_on=village.today.isoformat()))


def test_the_same_event_is_not_entered_twice(village):
    make.table_in_force(village)
    person = village.make_person()
    make.enter(village, person, CLEAN)
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, person, CLEAN)
    assert refused.value.facts["problems"] == ["项目:already_entered"]


def a_file(village, people, extra=()):
    out = io.StringIO()
    rows: list[list[Any]] = [["2026年12月加分登记表"], ["户号", "姓名", "项目", "日期", "数量", "佐证"]]
    with village.read() as session:
        from timebank.people import households

        for person in people:
            house = households.household(session, village.community_id, person.household_id)
            rows.append([house.number, person.name, CLEAN, village.today.isoformat(), "1", "签到表"])
    csv.writer(out).writerows([*rows, *extra])
    return out.getvalue().encode("gb18030")


def stage(village, content, actor):
    rows, problems = rows_of_file(content)
    staged = village.write(
        lambda s, now: entering.stage(s, actor=actor, now=now, name="加分.csv", rows=rows, problems=problems)
    )
    return uuid.UUID(staged["staging_id"])


def test_a_file_is_previewed_row_by_row_and_entered_whole(village):
    make.table_in_force(village)
    people = [village.make_person(f"李四{n}") for n in range(5)]
    actor = village.actor("committee")
    staging_id = stage(village, a_file(village, people), actor)
    with village.read() as session:
        _, rows, problems = entering.staged_rows(session, actor=actor, now=village.now, staging_id=staging_id)
    assert problems == []
    assert [row.reckoned.credited_steps for row in rows] == [50] * 5
    entered = village.write(lambda s, now: entering.enter_file(s, actor=actor, now=now, staging_id=staging_id))
    assert (entered["awards"], entered["total_steps"]) == (5, 250)
    with pytest.raises(entering.FileUsed):
        village.write(lambda s, now: entering.enter_file(s, actor=actor, now=now, staging_id=staging_id))


def test_one_bad_row_keeps_the_whole_file_out(village):
    make.table_in_force(village)
    people = [village.make_person("王五")]
    actor = village.actor("committee")
    bad = [[999, "谁", CLEAN, village.today.isoformat(), "1", "表"], ["", "王五", CLEAN, "明天", "x", ""]]
    staging_id = stage(village, a_file(village, people, bad), actor)
    with village.read() as session:
        _, _, problems = entering.staged_rows(session, actor=actor, now=village.now, staging_id=staging_id)
    assert [(problem.line, problem.code) for problem in problems] == [
        (4, "household_unknown"),
        (5, "day_unreadable"),
        (5, "household_needed"),
    ]
    with pytest.raises(entering.AwardsHaveProblems):
        village.write(lambda s, now: entering.enter_file(s, actor=actor, now=now, staging_id=staging_id))
    with village.read() as session:
        assert entering.awards_of(session, actor=actor) == []


def test_the_caps_of_a_file_count_its_own_rows_and_those_before(village):
    make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    person = village.make_person("赵六")
    make.enter(village, person, "按时交纳物业管理费")
    village.pass_time(days=1)
    with village.read() as session:
        from timebank.people import households

        house = households.household(session, village.community_id, person.household_id)
    text = f"户号,姓名,项目,日期,数量,佐证\n{house.number},,按时交纳物业管理费,{village.today},1,收据\n"
    actor = village.actor("committee")
    staging_id = stage(village, text.encode(), actor)
    with village.read() as session:
        _, _, problems = entering.staged_rows(session, actor=actor, now=village.now, staging_id=staging_id)
    assert [problem.code for problem in problems] == ["cap_reached_year"]


def test_a_persons_cap_and_deeds_go_with_her_to_another_household(village):
    content = "类别,项目,分值,单位,上限,对象\n甲,学习,5分,一次,每年最多8分,个人\n甲,巡河,2分,一次,,个人\n".encode()
    make.table_in_force(village, content)
    village.pass_time(days=1)
    ana, bo = village.make_person(), village.make_person()
    make.enter(village, ana, "学习", on=(village.today - dt.timedelta(days=1)).isoformat())
    make.enter(village, ana, "巡河")
    moved_in = update(Person).where(col(Person.id) == ana.id).values(household_id=bo.household_id)
    village.write(lambda s, now: s.execute(moved_in) and {})
    with village.read() as session:
        moved = residents.person(session, village.community_id, ana.id)
    row = look(village, make.enter(village, moved, "学习"))
    assert (row.household_id, row.credited_steps, row.limited_by) == (bo.household_id, 30, "year")
    with pytest.raises(entering.AwardRefused) as refused:  # the same deed, told for the new household
        make.enter(village, moved, "巡河")
    assert refused.value.facts["problems"] == ["项目:already_entered"]
    assert look(village, make.enter(village, bo, "学习")).credited_steps == 50


def look(village, award_id):
    with village.read() as session:
        return reading.by_id(session, village.community_id, award_id)


def test_nobody_reviews_the_own_household_or_the_own_entry(village):
    make.table_in_force(village)
    ana, sister = village.make_household("张一", "张二")
    clerk = village.actor("committee", "reviewer")
    award_id = make.enter(village, ana, CLEAN, actor=clerk)
    with pytest.raises(entering.OwnEntry):
        make.approve(village, award_id, actor=clerk)
    with pytest.raises(entering.OwnHousehold):
        make.approve(village, award_id, actor=village.actor("reviewer", person=sister))
    with pytest.raises(Forbidden):
        make.approve(village, award_id, actor=village.actor("desk_staff"))
    make.approve(village, award_id)
    with pytest.raises(entering.AwardWrongState):
        make.approve(village, award_id)


def test_a_refused_review_changes_none_of_its_awards(village):
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    reviewer = village.actor("reviewer", person=bo)
    first, second = make.enter(village, ana, CLEAN), make.enter(village, bo, CLEAN)
    with pytest.raises(entering.OwnHousehold):
        make.approve(village, first, second, actor=reviewer)
    with village.read() as session:
        assert entering.counts(session, actor=village.actor("committee")) == {"entered": 2}


names = st.sampled_from(["张三", "张四", "欧阳五", "欧阳六", "阿依古丽·买买提", "李七"])
people = st.lists(
    st.tuples(names, st.sampled_from(["第一网格", "第二网格"]), st.integers(1, 305)), min_size=1, max_size=40
)


@given(people)
def test_two_on_the_board_never_look_alike_and_one_always_looks_the_same(chosen):
    shown = [Shown(f"{name}{grid}{number}", name, grid, f"{number:02}") for name, grid, number in chosen]
    made = labels(shown)
    label_of = dict(zip([one.key for one in shown], made, strict=True))
    assert [label_of[one.key] for one in shown] == made
    assert len(set(label_of.values())) == len(label_of)
    for one, label in zip(shown, made, strict=True):
        assert one.name not in label.name
        assert len(label.tail) == 2
