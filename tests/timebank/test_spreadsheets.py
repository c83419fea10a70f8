"""Spreadsheets as people keep them, and as somebody would make them to break the server."""

import datetime as dt
import io
import zipfile
from contextlib import suppress
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from timebank import spreadsheets
from timebank.errors import Refused
from timebank.spreadsheets import Column, Sheet

COLUMNS = (
    Column("name", ("姓名", "名字"), required=True),
    Column("born_on", ("出生日期", "生日")),
    Column("score", ("分值", "积分")),
    Column("phone", ("电话", "手机号")),
)


def make_workbook(*lines: list[object], merged: tuple[str, ...] = (), cover: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    if cover:
        sheet["A1"] = "封面"
        sheet = book.create_sheet("名册")
    for line in lines:
        sheet.append(line)
    for area in merged:
        sheet.merge_cells(area)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def read(content: bytes, **options: bool) -> Sheet:
    return spreadsheets.read(content, columns=COLUMNS, **options)


def names(sheet: Sheet) -> list[str]:
    return [row.cells["name"] for row in sheet.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_the_encodings_and_delimiters_people_use(encoding: str, delimiter: str) -> None:
    text = f"姓名{delimiter}生日\r\n张三{delimiter}1940-01-02\r\n𠮷野㛃{delimiter}\r\n"
    sheet = read(text.encode(encoding))
    assert names(sheet) == ["张三", "𠮷野㛃"]
    assert sheet.rows[0].cells["born_on"] == "1940-01-02"


def test_traditional_text_in_big5_is_told_from_gb18030_by_its_header() -> None:
    assert names(read("姓名,電話\n張國華,1\n".encode("big5"))) == ["張國華"]


def test_a_byte_that_is_no_text_is_named_by_its_row() -> None:
    with pytest.raises(spreadsheets.WrongEncoding) as refused:
        read("姓名\n张三\n".encode("gb18030") + b"\xff\xff\n")
    assert refused.value.facts == {"row": 3}


def test_titles_and_empty_rows_above_the_header_are_skipped_and_rows_keep_their_numbers() -> None:
    sheet = read(
        make_workbook(["桃源村名册"], [], ["姓 名*", "生日(必填)"], ["张三", dt.date(1940, 1, 2)], [], ["李四"])
    )
    assert sheet.header_row == 3
    assert [(row.number, row.cells["name"]) for row in sheet.rows] == [(4, "张三"), (6, "李四")]
    assert sheet.rows[0].cells["born_on"] == "1940-01-02"


def test_the_sheet_that_has_the_columns_is_found_behind_a_cover() -> None:
    assert names(read(make_workbook(["姓名"], ["张三"], cover=True))) == ["张三"]


def test_cells_merged_downwards_count_for_each_row_and_say_so() -> None:
    sheet = read(make_workbook(["分值", "姓名"], [5, "张三"], [None, "李四"], [None, None], merged=("A2:A4",)))
    assert [row.cells["score"] for row in sheet.rows] == ["5", "5"]
    assert [row.filled for row in sheet.rows] == [(), ("score",)]


def test_a_formula_without_a_value_is_a_problem_of_its_row_and_column() -> None:
    (row,) = read(make_workbook(["姓名", "分值"], ["张三", "=1+1"])).rows
    assert row.problems == (spreadsheets.Problem("score", "formula"),)


def test_a_formula_with_a_stored_value_is_read_and_told() -> None:
    packed = make_workbook(["姓名", "分值"], ["张三", "=1+1"])
    source = zipfile.ZipFile(io.BytesIO(packed))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as target:
        for entry in source.infolist():
            part = source.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                part = part.replace(b"<v />", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>")
            target.writestr(entry, part)
    (row,) = read(changed.getvalue()).rows
    assert (row.cells["score"], row.computed, row.problems) == ("2", ("score",), ())


def test_numbers_keep_what_people_typed() -> None:
    (row,) = read(make_workbook(["姓名", "分值", "电话"], [12, 2.5, 13800138000])).rows
    assert (row.cells["name"], row.cells["score"], row.cells["phone"]) == ("12", "2.5", "13800138000")


def test_a_long_number_that_excel_cut_is_refused_in_its_cell() -> None:
    (row,) = read(make_workbook(["姓名", "电话"], ["张三", 110105194912310021])).rows
    assert row.problems == (spreadsheets.Problem("phone", "digits_lost"),)


def test_leading_zeros_that_a_text_formula_keeps_are_kept() -> None:
    assert read('姓名,电话\n张三,"=""0512"""\n'.encode()).rows[0].cells["phone"] == "0512"


def test_a_header_repeated_on_each_page_is_no_row() -> None:
    assert names(read("姓名,电话\n张三,1\n姓名,电话\n李四,2\n".encode())) == ["张三", "李四"]


def test_missing_columns_name_what_is_missing_and_where_the_header_was_sought() -> None:
    with pytest.raises(spreadsheets.MissingColumns) as refused:
        read("名册\n生日,电话\n1940-01-02,1\n".encode())
    assert refused.value.facts == {"columns": ["姓名"], "row": 2, "found": ["出生日期", "电话"]}


def test_two_columns_that_mean_the_same_are_refused() -> None:
    with pytest.raises(spreadsheets.DuplicateColumns) as refused:
        read("姓名,名字\n张三,李四\n".encode())
    assert refused.value.facts == {"columns": ["姓名"], "row": 1}


def test_tables_side_by_side_are_read_one_after_the_other() -> None:
    sheet = read("姓名,分值,姓名,分值\n张三,1,李四,-2\n王五,3,,\n".encode(), side_by_side=True)
    assert [(row.block, row.cells["name"], row.cells["score"]) for row in sheet.rows] == [
        (0, "张三", "1"),
        (0, "王五", "3"),
        (1, "李四", "-2"),
    ]


def test_five_thousand_rows_pass_and_one_more_is_refused() -> None:
    text = "姓名\n" + "张三\n" * 5000
    assert len(read(text.encode()).rows) == 5000
    with pytest.raises(spreadsheets.TooManyRows) as refused:
        read((text + "李四\n").encode())
    assert refused.value.facts == {"rows": 5001, "most_rows": 5000}


def hostile_files() -> dict[str, tuple[bytes, str]]:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (65 * 1024 * 1024))
    plain = make_workbook(["姓名"], ["张三"])
    entities = io.BytesIO()
    far = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(plain))
    with zipfile.ZipFile(entities, "w") as billion, zipfile.ZipFile(far, "w") as distant:
        for entry in source.infolist():
            part = source.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                billion.writestr(
                    entry.filename, b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
                )
                distant.writestr(
                    entry.filename, part.replace(b'r="A2"', b'r="XFD1048576"').replace(b'r="2"', b'r="1048576"')
                )
            else:
                billion.writestr(entry.filename, part)
                distant.writestr(entry.filename, part)
    return {
        "zip bomb": (bomb.getvalue(), "spreadsheet_too_large"),
        "more bytes than anybody keeps": (b"a" * (10 * 1024 * 1024 + 1), "spreadsheet_too_large"),
        "entities": (entities.getvalue(), "not_a_spreadsheet"),
        "a cell in the far corner": (far.getvalue(), "too_many_rows"),
        "cut archive": (plain[:-200], "not_a_spreadsheet"),
        "archive of something else": (_archive("mimetype", b"application/epub"), "not_a_spreadsheet"),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "not_a_spreadsheet"),
        "page": ("<html><table><tr><td>姓名</td></tr></table></html>".encode(), "not_a_spreadsheet"),
        "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_workbook"),
        "locked workbook": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "spreadsheet_locked",
        ),
        "many columns": (("姓名," * 300).encode() + b"\n", "spreadsheet_too_large"),
        "nothing": (b"", "no_rows"),
        "header alone": ("姓名,生日\n".encode(), "no_rows"),
    }


def _archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("name", sorted(hostile_files()))
def test_hostile_files_get_a_plain_refusal(name: str) -> None:
    content, code = hostile_files()[name]
    with pytest.raises(Refused) as refused:
        read(content)
    assert refused.value.code == code


def test_a_file_of_too_many_rows_is_refused_at_the_first_of_them() -> None:
    """A million rows are not read to say so; empty ones at the end of a file are none."""
    rows = ["姓名,生日", *["张三,1940-01-02"] * 40_000]
    with pytest.raises(spreadsheets.TooManyRows) as refused:
        read("\n".join(rows).encode())
    assert refused.value.facts == {"rows": 5_021, "most_rows": 5_000}
    assert len(read("\n".join([*rows[:4], *[",,"] * 40_000]).encode()).rows) == 3


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(Refused):
        sheet = read(content)
        assert all(isinstance(cell, str) for row in sheet.rows for cell in row.cells.values())


@given(st.integers(0, 10**12), st.integers(0, 6))
def test_full_width_numbers_read_as_plain_ones(whole: int, decimals: int) -> None:
    plain = f"{whole}.{'5' * decimals}" if decimals else str(whole)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in plain)
    assert spreadsheets.number(wide) == spreadsheets.number(plain) == Decimal(plain)
    assert spreadsheets.number(f" {plain} ") == Decimal(plain)


@given(st.dates(min_value=dt.date(1850, 1, 1)))
def test_days_read_alike_in_every_usual_writing(day: dt.date) -> None:
    year, month, date = day.year, day.month, day.day
    writings = [
        day.isoformat(),
        f"{year}/{month}/{date}",
        f"{year}.{month}.{date}",
        f"{year}年{month}月{date}日",
        f"{year} 年 {month:02} 月 {date:02} 日",
        f"{year}{month:02}{date:02}",
    ]
    assert {spreadsheets.day(writing) for writing in writings} == {day}


@pytest.mark.parametrize("text", ["1940-02-30", "40-1-2", "1940", "昨天", "", "1940-13-01", "٣"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert spreadsheets.day(text) is None


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    for clean in (spreadsheets.clean, spreadsheets.clean_name, spreadsheets.half_width):
        assert clean(clean(text)) == clean(text)


def test_names_lose_the_spaces_that_line_them_up_and_keep_rare_characters() -> None:
    assert spreadsheets.clean_name(" 张　三 ") == "张三"
    assert spreadsheets.clean_name("𠮷 㛃䶮") == "𠮷㛃䶮"
    assert spreadsheets.clean_name("阿依古丽•买买提") == "阿依古丽·买买提"
    assert spreadsheets.clean_name("Anna  Maria") == "Anna Maria"


def test_a_heading_of_a_hundred_thousand_brackets_is_no_title_and_takes_no_time():
    content = ("(" * 100_000 + ",分值\n扫,5\n").encode()
    with pytest.raises(spreadsheets.MissingColumns):
        spreadsheets.read(content, columns=(spreadsheets.Column("name", ("姓名",), required=True),))
