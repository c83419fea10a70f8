"""Tables as committees keep them: read whole or with reasons, and written back as they came."""

from dataclasses import replace

import pytest

from tests.timebank.points import ugly
from timebank import samples
from timebank.points.table.comparing import cautions, compare
from timebank.points.table.digests import digest_of_items, voted
from timebank.points.table.reading import read_file, read_table
from timebank.points.table.writing import grid_of


def rows(grid):
    return [list(row) for row in (*grid.above, grid.headings, *grid.rows, *grid.below)]


@pytest.mark.parametrize("name", ugly.VARIANTS)
def test_every_ugly_table_is_read_whole_and_written_back_as_it_came(name):
    reading = read_file(ugly.VARIANTS[name]())
    assert reading.problems == ()
    table, _, variant = name.partition("-")
    real = read_file(samples.sample(ugly.NAMES[table]))
    if variant in ugly.SAME:
        assert sorted(map(str, map(voted, reading.items))) == sorted(map(str, map(voted, real.items)))
    else:
        assert len(reading.items) >= len(real.items)
    grid = grid_of(reading.items, reading.layout)
    again = read_table(rows(grid))
    assert digest_of_items(again.items) == digest_of_items(reading.items)
    came = tuple(heading for heading, _, _ in reading.layout["columns"])
    assert grid.headings[: len(came)] == came
    said = [row.written for row in reading.items if row.written]
    if variant == "sheets":
        # The sheet's name said that its items deduct; on one sheet with the awards the sign says it.
        said = [row.written | {"value": f"-{row.written['value']}"} if row.value_steps < 0 else row.written
                for row in reading.items if row.written]  # fmt: skip
    assert [row.written for row in again.items if row.written][: len(said)] == said


def test_what_means_nothing_to_us_comes_back_too():
    reading = read_file(ugly.VARIANTS["mixed-traditional"]())
    grid = grid_of(reading.items, reading.layout)
    assert grid.headings[-1] == "責任人"
    assert {row[-1] for row in grid.rows} == {"張主任"}
    assert [row[0] for row in grid.rows] == [str(number) for number in range(1, 12)]


def test_an_edited_item_is_written_anew_and_the_others_stay_in_their_words():
    from dataclasses import replace

    reading = read_file(ugly.VARIANTS["residents-words"]())
    first, *others = reading.items
    edited = [replace(first, value_steps=25, cap_month_steps=100, clause="村规民约第3条"), *others]
    grid = grid_of(edited, reading.layout)
    assert digest_of_items(read_table(rows(grid)).items) == digest_of_items(edited)
    assert grid.rows[0][2] == "2.5"
    assert grid.rows[1][2] == "每次加三十分"
    assert set(grid.headings) > {"上限", "依据", "计分单位"}


def test_a_rule_in_our_words_is_read_again_as_it_was():
    """An item that was edited is written anew; "一次,每天仅前2名" is one unit and one rule, with a comma between."""
    rows = [["类别", "项目", "分值", "单位"], ["甲", "早到", "2分", "每天仅前2名"], ["甲", "到会", "1分", "每年前5户"]]
    items = [replace(item, written=None) for item in read_table(rows).items]
    grid = grid_of(items, None)
    again = read_table([list(grid.headings), *map(list, grid.rows)])
    assert not again.problems
    assert digest_of_items(again.items) == digest_of_items(items)


def test_two_versions_side_by_side():
    before = read_file(samples.sample(ugly.NAMES["residents"])).items
    told = [list(row) for row in ugly.rows_of("residents")]
    told[0][2] = "60"
    told[1][1] = "家庭或成员获得省级表彰"
    told.pop(2)
    told.append(["邻里", "敬老爱老", "5", "一次", "", "户", ""])
    found = compare(before, read_table([ugly.HEAD, *told]).items)
    assert [item.title for item in found.new] == ["敬老爱老"]
    assert [item.title for item in found.gone] == ["家庭或成员获州级表彰"]
    assert [[field[0] for field in change.fields] for change in found.changed] == [["value_steps"], ["title"]]
    assert found.unchanged == len(before) - 3
    assert compare(before, list(reversed(before))).none


def test_what_to_look_at_before_a_vote():
    items = read_table(
        [ugly.HEAD, ["甲", "好", "5", "一次", "3", "", ""], ["甲", "坏", "-5", "一次", "", "", ""], ["基础分", "每户", "60", "每年", "", "", ""]]
    ).items  # fmt: skip
    assert [(one.item.title, one.code) for one in cautions(items)] == [
        ("坏", "deduction_out_of_use"), ("每户", "base_out_of_use"), ("好", "cap_below_value"),
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["9" * 30_000, "1-" * 15_000, "每" * 30_000, "(" * 30_000])
def test_a_cell_as_long_as_a_book_is_refused_before_anybody_looks_for_a_rule_in_it(cell):
    for place in range(4):
        row = ["扫街", "5", "一次", ""]
        row[place] = cell
        told = read_table([["项目", "分值", "单位", "上限"], row]).problems
        assert {problem.code for problem in told} == {"text_too_long"}
    assert read_table([[cell, "x"], ["项目", "分值"], ["扫街", "5"]]).items[0].value_steps == 50
