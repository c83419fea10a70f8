"""A points table: read from real files, adopted with its real periods, in force on its days."""

import csv
import datetime as dt
import io

import openpyxl
import pytest

from ledger import tables as ledger_tables
from tests.timebank.points import make
from timebank import samples, spreadsheets
from timebank.points.table import adoption, drafts, staging, states, voting
from timebank.points.table.digests import digest_of_items
from timebank.points.table.reading import read_file, read_table

HEAD = ["类别", "项目", "分值", "计分单位", "上限", "对象", "备注"]


def as_csv(rows, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def as_excel(rows, *, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell if cell != "" else None for cell in row])
    for cells in merged:
        book.active.merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def noted(session, seq):
    row = session.execute(ledger_tables.note.select().where(ledger_tables.note.c.seq == seq)).one()
    return row._mapping


def rows_of(name):
    return list(csv.reader(io.StringIO(samples.sample(name).decode("utf-8"))))


def problems(rows):
    return [(problem.line, problem.column, problem.code) for problem in read_table(rows).problems]


@pytest.mark.parametrize("name", samples.TABLES)
def test_the_real_tables_read_the_same_from_every_kind_of_file(name):
    rows = rows_of(name)
    files = [samples.sample(name), as_csv(rows, "gb18030"), as_csv(rows, "utf-8-sig"), as_excel(rows)]
    readings = [read_file(content) for content in files]
    assert all(reading.problems == () for reading in readings)
    assert len(readings[0].items) == len(rows) - 1
    assert len({digest_of_items(reading.items) for reading in readings}) == 1
    for item, row in zip(readings[0].items, rows[1:], strict=True):
        assert item.value_steps == int(row[2]) * 10
        assert (item.category, item.title) == (row[0], row[1])


def test_the_mixed_table_has_deductions_and_base_points_that_begin_out_of_use(village):
    table_id = make.draft_table(village, samples.sample("points-table-mixed.csv"))
    make.adopt_table(village, table_id)
    found = make.items(village, table_id)
    assert {item.kind for item in found.values()} == {"award", "deduction", "base"}
    assert {item.kind for item in found.values() if item.in_use} == {"award"}
    assert found["参与环境整治、卫生大扫除、清除小广告"].per == "hour"
    assert found["按时交纳物业管理费"].cap_year_steps == 50


@pytest.mark.parametrize(
    "written, steps, per",
    [
        ("+5分", 50, "once"),
        ("每次加5分", 50, "once"),
        ("5分/次", 50, "once"),
        ("2.5", 25, "once"),
        ("+0.5分", 5, "once"),
        ("扣3分", -30, "once"),
        ("\uff0b\uff15分", 50, "once"),  # full-width plus and digit
        ("\uff0d\uff13", -30, "once"),
        ("\uff12\uff0e\uff15", 25, "once"),
        ("\u22123", -30, "once"),  # the minus of typesetters
        ("每次加\uff11\uff10分", 100, "once"),
        ("-3", -30, "once"),
        ("每小时2分", 20, "hour"),
        ("2分/小时", 20, "hour"),
        ("15", 150, "once"),
        ("10", 100, "once"),
        ("5.0", 50, "once"),
        ("奖励10分", 100, "once"),
    ],
)
def test_values_as_people_write_them(written, steps, per):
    (item,) = read_table([["项目", "分值"], ["好事", written]]).items
    assert (item.value_steps, item.per) == (steps, per)


@pytest.mark.parametrize(
    "written, code",
    [
        ("5-5分", "value_is_range"),
        ("0-3分", "value_is_range"),
        ("2026-01-03", "value_is_day"),
        ("=1+1", "cell_formula"),
        ("很多", "value_unreadable"),
        ("5元", "value_unreadable"),
        ("0", "value_zero"),
        ("0.25", "value_too_fine"),
        ("99999", "value_too_large"),
        ("", "value_missing"),
        ("1,5", "value_unreadable"),
        ("5分10分", "value_unreadable"),
    ],
)
def test_values_that_cannot_be_meant_are_named_with_their_row(written, code):
    assert problems([["项目", "分值"], ["好事", "1"], ["坏写法", written]]) == [(3, "分值", code)]


@pytest.mark.parametrize(
    "unit, per",
    [("一次", "once"), ("人次", "person"), ("一人次", "person"), ("每小时", "hour"), ("每月", "month"), ("每年", "year"),
     ("一个年度", "year"), ("每户每年", "year"), ("每小時", "hour"), ("每個月", "month")],
)  # fmt: skip
def test_units(unit, per):
    (item,) = read_table([HEAD, ["甲", "乙", "5", unit, "", "", ""]]).items
    assert item.per == per


@pytest.mark.parametrize(
    "cap, caps",
    [("", (None, None, None)), ("不限", (None, None, None)), ("60", (None, None, 600)), ("每天10分", (100, None, None)),
     ("每天10分,每月50分,全年100分", (100, 500, 1000)),
     ("每天\uff11\uff10分\uff0c每月50分\uff1b全年100分", (100, 500, 1000)), ("20分/月", (None, 200, None)), ("7.5", (None, None, 75)),
     ("每月最多2次", (None, 100, None)), ("限一次", (None, None, 50)), ("每年最高二十分", (None, None, 200)), ("封顶30分", (None, None, 300))],
)  # fmt: skip
def test_caps_by_day_month_and_year(cap, caps):
    (item,) = read_table([HEAD, ["甲", "乙", "5", "一次", cap, "", ""]]).items
    assert (item.cap_day_steps, item.cap_month_steps, item.cap_year_steps) == caps


@pytest.mark.parametrize(
    "value, unit, cap, remark, steps, rule",
    [
        ("酌情扣1-3分", "一次", "", "", -10, {"kind": "range", "most_steps": -30}),
        ("\uff11\uff5e\uff13分", "", "", "", 10, {"kind": "range", "most_steps": 30}),
        ("-1至-3", "", "", "", -10, {"kind": "range", "most_steps": -30}),
        ("视情节轻重扣2-5分", "", "", "", -20, {"kind": "range", "most_steps": -50}),
        ("酌情加分,每次最高5分", "", "", "", 1, {"kind": "range", "most_steps": 50}),
        ("前三名各加10分", "", "", "", 100, {"kind": "first", "count": 3, "period": "year"}),
        ("5", "每月前三名", "", "", 50, {"kind": "first", "count": 3, "period": "month"}),
        ("5", "一次", "仅前3户", "", 50, {"kind": "first", "count": 3, "period": "year"}),
        ("5", "连续半年", "", "", 50, {"kind": "streak", "months": 6}),
        ("5", "连续三个月:清洁户", "", "", 50, {"kind": "streak", "months": 3, "title": "清洁户"}),
        ("2", "每小时(以签到为准)", "", "", 20, {"kind": "attended"}),
        ("5", "一次", "", "仅前3名", 50, {"kind": "first", "count": 3, "period": "year"}),
    ],
)
def test_rules_as_people_write_them(value, unit, cap, remark, steps, rule):  # noqa: PLR0917 - a row of the table
    reading = read_table([HEAD, ["甲", "乙", value, unit, cap, "", remark]])
    assert reading.problems == ()
    (item,) = reading.items
    assert (item.value_steps, item.rule) == (steps, rule)


def test_several_named_values_in_one_cell_are_several_items_and_that_is_told():
    reading = read_table([HEAD, ["表彰", "获奖", "国家级50分、省级30分、州级20分", "一次", "", "", ""]])
    assert [(item.title, item.value_steps) for item in reading.items] == [
        ("获奖(国家级)", 500), ("获奖(省级)", 300), ("获奖(州级)", 200),
    ]  # fmt: skip
    assert [hint.code for hint in reading.hints] == ["value_split"]


def test_caps_and_units_are_found_where_they_stand():
    rows = [
        HEAD,
        ["甲", "一", "5分,每月不超过20分", "一次", "", "", ""],
        ["甲", "二", "5", "一次,每年最多2次", "", "", ""],
        ["甲", "三", "5", "每天", "", "", ""],
        ["甲", "四", "5", "一次", "", "", "每年不超过30分"],
        ["甲", "五", "5", "一次", "3", "", ""],
    ]
    reading = read_table(rows)
    assert [(i.cap_day_steps, i.cap_month_steps, i.cap_year_steps) for i in reading.items] == [
        (None, 200, None), (None, None, 100), (50, None, None), (None, None, 300), (None, None, 30),
    ]  # fmt: skip
    assert {hint.code for hint in reading.hints} == {"cap_from_remark", "cap_assumed_yearly", "cap_below_value"}


def test_other_reasons_are_told_by_row_and_column():
    found = problems(
        [
            HEAD,
            ["甲", "好事", "5", "每季度", "", "", ""],
            ["甲", "好人", "5", "一次", "很高", "", ""],
            ["甲", "好马", "前三名酌情加1-3分", "一次", "", "", ""],
            ["甲", "好狗", "5", "一次", "", "狗", ""],
            ["甲", "", "5", "一次", "", "", ""],
            ["甲", "又好", "每小时2分", "一次", "", "", ""],
            ["甲", "同样", "5", "一次", "", "", ""],
            ["甲", "同样", "6", "一次", "", "", ""],
        ]
    )
    assert found == [
        (2, "计分单位", "unit_unknown"),
        (3, "上限", "cap_unreadable"),
        (4, "分值", "rule_two"),
        (5, "对象", "subject_unknown"),
        (6, "项目", "title_missing"),
        (7, "计分单位", "unit_contradicts"),
        (9, "项目", "item_doubled"),
    ]


def test_a_title_row_merged_categories_and_traditional_headings_are_read():
    content = as_excel(
        [
            ["太平里社區居民積分表", "", "", "", "", "", ""],
            ["類別", "項目", "分值", "計分單位", "上限", "對象", "備註"],
            ["环境", "扫地", "+5分", "一次", "", "戶", ""],
            ["", "种树", "2.5", "一次", "", "戶", ""],
            ["邻里", "劝和", "+3", "一次", "", "人", ""],
        ],
        merged=["A1:G1", "A3:A4"],
    )
    reading = read_file(content)
    assert reading.problems == ()
    assert [(i.category, i.title, i.value_steps, i.subject) for i in reading.items] == [
        ("环境", "扫地", 50, "household"),
        ("环境", "种树", 25, "household"),
        ("邻里", "劝和", 30, "person"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [["类别", "加分项目", "分值", "类别", "扣分项目", "分值"], ["甲", "好", "5", "乙", "坏", "3"]],
        [["加分", "", "扣分", ""], ["项目", "分值", "项目", "分值"], ["好", "5", "坏", "3"]],
        [["项目", "加分", "扣分"], ["好", "5", ""], ["坏", "", "3"]],
        [
            ["项目", "分值"],
            ["一、加分项", ""],
            ["好", "5"],
            ["二、扣分项", ""],
            ["坏", "3"],
            ["注:以上由村委会解释", ""],
        ],
        [["项目", "分值"], ["\uff08一\uff09加分", ""], ["好", "5"], ["\uff08二\uff09扣分", ""], ["坏", "3"]],
        [["加分项目", "分值", "扣分项目", "分值"], ["好", "5分", "坏", "扣3分"], ["", "", "", ""]],
    ],
)
def test_awards_and_deductions_side_by_side_or_in_sections(rows):
    reading = read_table(rows)
    assert reading.problems == ()
    assert [(item.title, item.value_steps) for item in reading.items] == [("好", 50), ("坏", -30)]


def test_a_plus_in_a_column_of_deductions_is_not_guessed():
    assert problems([["扣分项目", "分值"], ["坏", "+3"]]) == [(2, "分值", "value_sign")]


@pytest.mark.parametrize(
    "rows, code",
    [
        ([["什么", "别的"], ["a", "b"]], "header_missing"),
        ([["类别", "项目", "计分单位", "备注"], ["a", "b", "一次", ""]], "column_missing"),
        ([HEAD], "no_rows"),
    ],
)
def test_a_file_that_is_no_points_table_says_what_is_missing(rows, code):
    assert [problem.code for problem in read_file(as_csv(rows)).problems] == [code]


def test_a_formula_without_a_result_is_a_reason_and_not_a_number():
    content = as_excel([HEAD, ["甲", "乙", "=1+1", "一次", "", "户", ""]])
    assert [(p.line, p.column, p.code) for p in read_file(content).problems] == [(2, "分值", "cell_formula")]


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", spreadsheets.NotASpreadsheet),
        (b"%PDF-1.7 ...", spreadsheets.NotASpreadsheet),
        ("项目,分值\n好,5\n".encode() + b"\xff\xfe\xfa", spreadsheets.WrongEncoding),
        (b"PK\x03\x04broken", spreadsheets.NotASpreadsheet),
    ],
)
def test_files_that_are_no_tables_are_refused(content, kind):
    with pytest.raises(kind):
        read_file(content)


def test_a_file_with_a_bad_row_becomes_no_draft(village):
    reading = read_file(as_csv([HEAD, ["甲", "好", "5", "一次", "", "", ""], ["甲", "坏", "许多", "一次", "", "", ""]]))
    actor = village.actor("committee")
    staged = village.write(lambda s, now: staging.stage(s, actor=actor, now=now, name="x.csv", reading=reading))
    import uuid

    with pytest.raises(staging.TableHasProblems):
        village.write(
            lambda s, now: staging.draft(
                s, actor=actor, now=now, staging_id=uuid.UUID(staged["staging_id"]), title="表"
            )
        )
    with village.read() as session:
        assert list(adoption.tables_of(session, actor=actor, only_adopted=False)) == []


def test_an_adopted_table_is_published_seven_days_and_in_force_from_the_next_month(village):
    table_id = make.draft_table(village)
    adopted = make.adopt_table(village, table_id)  # deliberated from the 20th, voted on the 23rd of November
    assert (adopted["version"], adopted["in_force_from"]) == (1, "2026-12-01")
    with village.read() as session:
        table, _ = adoption.table_with_items(session, actor=village.actor(), table_id=table_id)
        note = noted(session, table.note)  # fmt: skip
        assert (note["topic"], note["digest"]) == ("points_table", table.digest)
        assert table.published_until == dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC)
        assert adoption.in_force_on(session, village.community_id, dt.date(2026, 11, 30)) is None
        assert adoption.in_force_on(session, village.community_id, dt.date(2026, 12, 1)).id == table_id
    assert make.bring_into_force(village)["versions"] == []
    village.pass_time(days=8)
    assert make.bring_into_force(village)["versions"] == [1]
    assert make.bring_into_force(village)["versions"] == []  # harmless when run twice


def test_publicity_that_reaches_into_the_next_month_waits_for_the_one_after(village):
    village.pass_time(days=3)  # voted on 26 November: seven days end on 3 December
    assert make.adopt_table(village, make.draft_table(village))["in_force_from"] == "2027-01-01"


def test_events_are_scored_by_the_version_of_their_day(village):
    first = make.table_in_force(village)
    second = make.draft_table(village, samples.sample("points-table-mixed.csv"))
    starts = dt.date.fromisoformat(make.adopt_table(village, second)["in_force_from"])
    village.pass_time(days=(starts - village.today).days)
    make.bring_into_force(village)
    with village.read() as session:
        before = adoption.in_force_on(session, village.community_id, starts - dt.timedelta(days=1))
        after = adoption.in_force_on(session, village.community_id, starts)
        assert (before.id, before.state, before.in_force_until) == (first, "superseded", starts)
        assert (after.id, after.state) == (second, "in_force")


def test_no_third_version_in_a_year(village):
    village.pass_time(days=45)  # January 2027
    rows = rows_of("points-table-residents.csv")
    for cut in (0, 1):
        make.adopt_table(village, make.draft_table(village, as_csv(rows[: len(rows) - cut])))
        village.pass_time(days=31)
        make.bring_into_force(village)
    with pytest.raises(voting.TooManyVersions) as refused:
        make.adopt_table(village, make.draft_table(village, as_csv(rows[:-2])))
    assert refused.value.facts == {"year": 2027, "most": 2}


def test_the_same_items_twice_are_told_apart_from_a_new_version(village):
    make.draft_table(village)
    with pytest.raises(drafts.SameTableAgain):
        make.draft_table(village)


def test_switching_an_item_on_is_noted_and_never_reaches_back(village):
    table_id = make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    item = make.items(village, table_id)["焚烧秸秆"]
    switched = make.switch_on(village, item)
    with village.read() as session:
        note = noted(session, switched["note"])  # fmt: skip
    assert note["topic"] == "points_item"
    assert make.items(village, table_id)["焚烧秸秆"].in_use_from == village.today
    with pytest.raises(states.TableWrongState):
        make.switch_on(village, item)
