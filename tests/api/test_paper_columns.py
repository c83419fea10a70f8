"""A list on paper: nothing runs off the sheet, and nothing is squeezed to one sign a line."""

import pytest

from api.paper_columns import LARGEST_PT, SMALLEST_PT, laid_out, width


def test_a_few_columns_stand_upright_in_large_letters() -> None:
    layout = laid_out(["项目", "积分"], [["年初各户持有", "8,680"], ["加分入账", "29,760"]], whole=[False, True])
    assert (layout.lies, layout.size_pt) == (False, LARGEST_PT)
    assert sum(layout.percents) == pytest.approx(100, abs=0.1)
    assert layout.percents[0] > layout.percents[1]


def test_many_columns_lie_and_then_shrink() -> None:
    headings = ["日期", "户号", "姓名", "项目", "数量", "分值", "来源", "状态", "存证说明", "登记", "登记人", "审核人"]
    row = [
        "2026-11-21",
        "252",
        "徐建军",
        "参与环境整治、卫生大扫除、清除小广告",
        "90 min",
        "3",
        "网格员上报",
        "待听取意见",
    ]
    row += ["门前堆放杂物,占了半边路", "2026年11月21日 16:56", "BGC-602-8", "BGC-603-7"]
    whole = [name in ("日期", "户号", "分值") for name in headings]
    layout = laid_out(headings, [row], whole=whole)
    assert layout.lies
    assert SMALLEST_PT <= layout.size_pt < LARGEST_PT
    # A day stands in one line: its column is as wide as its ten signs are in the letters chosen.
    em_of_the_sheet = 265 / 0.3528 / layout.size_pt
    assert layout.percents[0] / 100 * em_of_the_sheet >= width("2026-11-21")
    assert layout.percents[2] / 100 * em_of_the_sheet >= width("徐建军")


def test_a_long_text_gives_way_and_an_empty_column_keeps_room_for_its_heading() -> None:
    layout = laid_out(["备注", "说明"], [["", "很长的说明" * 40]], whole=[False, False])
    assert not layout.lies
    assert layout.percents[0] > 5
