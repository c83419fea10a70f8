"""The month is closed: its batch on the wall, booked with one click, and looked at by the village and by its auditors."""

from __future__ import annotations

import datetime as dt
import io

import pypdfium2  # type: ignore[import-untyped]
from playwright.sync_api import Locator
from python_calamine import CalamineWorkbook

from tests.browser import papers
from tests.browser.chapters import village
from tests.browser.installation import ZONE
from tests.browser.someone import codes_in, plain
from tests.browser.story import Story

PUBLISHES, BOOKS, AUDITS = papers.COMMITTEE[0], papers.BOOKKEEPER, papers.SUPERVISORS[0]
LINES, POINTS = "12", "74"  # of thirteen awards one was sent back


def the_batch_of_the_month_is_laid_out(story: Story) -> None:
    """One line is kept for the next month, since its paper is still to come, and let go when it came."""
    committee = story.person(PUBLISHES).opens("/~/points/awards").reads("12 笔已审核").follows("准备公示")
    committee.reads("第 1 批", "公示栏上的写法", "王*")
    line = committee.row(papers.PLAIN)
    line.locator("summary").click()
    line.locator("[name=reason]").fill("等红白理事会的证明")
    committee.presses("暂缓", within=line).reads("已暂缓,不进下一批。", "等红白理事会的证明", "公示这 11 行")
    committee.presses("放行").reads("已放行").presses(f"公示这 {LINES} 行")
    committee.reads(f"第 1 批已公示,共 {LINES} 行。", f"合计 {POINTS} 分")


def its_sheet_is_printed_for_the_wall(story: Story) -> None:
    """What hangs on the wall says what the page says, without whole names; its code leads to the page."""
    committee = story.person(PUBLISHES)
    shown = [plain(cell) for cell in committee.page.locator("main tbody td[data-label=项目]").all_inner_texts()]
    address = committee.page.get_by_role("link", name="打印 A4").get_attribute("href")
    printed = committee.page.context.request.get(f"{story.here.address}{address}")
    assert printed.headers["content-type"] == "application/pdf"
    (sheet,) = pypdfium2.PdfDocument(io.BytesIO(printed.body()))
    text = plain(sheet.get_textpage().get_text_range())
    assert "东岳村积分公示" in text
    assert f"合计{LINES}行" in text
    for title in (papers.CLEANING, papers.PLAIN, papers.HAZARD):
        assert plain(title) in text
        assert any(plain(title) in line for line in shown)
    for name, *_rest in papers.PEOPLE:
        assert name not in text
    (code,) = codes_in(sheet.render(scale=150 / 72).to_pil())
    village.passer_by(story).opens(code.text).reads("第 1 批公示", "公示到", papers.CLEANING).fits_the_screen().leaves()


def its_days_pass_and_one_click_books_it(story: Story) -> None:
    """On the evening of the last day nothing can be booked yet; past midnight it can, and nobody waits for the night's job."""
    committee = story.person(PUBLISHES).opens("/~/board/1")
    until = committee.day_after("公示到")
    assert (until - story.here.now().date()).days >= 5
    village.days_pass_until(story, dt.datetime.combine(until, dt.time(23, 50), ZONE))
    keeper = story.person(BOOKS).opens("/~/publicity/1").reads("期满才能入账。")
    story.here.minutes_pass(11)
    keeper.opens("/~/publicity/1")
    if keeper.page.get_by_role("button", name=f"{LINES} 行入账").count():  # else the hourly job was faster, by chance
        keeper.presses(f"{LINES} 行入账")
    keeper.reads("这一批办结了", "每一行都有了结果。")
    keeper.reads(f"各状态相加,正好是公示的 {LINES} 行、{POINTS} 分。")


def the_board_tells_everybody(story: Story) -> None:
    passer_by = village.passer_by(story).opens("/~/board").reads("第 1 批", "已办结", papers.TITLE).fits_the_screen()
    passer_by.follows("第 1 批")
    assert passer_by.page.get_by_text("已入账", exact=True).count() > int(LINES)
    passer_by.reads("钱*").does_not_read("钱桂花", "DYC-").leaves()
    villager = story.person(papers.VILLAGER, phone=True).opens("/~/my/points").fits_the_screen()
    assert villager.figure("可用") == "5分(积分)"
    assert "+5" in villager.row_says(papers.TIDY, "第 1 批")
    helper = story.person(papers.HELPS_OUT).opens("/~/my/points")
    assert helper.figure("可用") == "8分(积分)"  # what was given of the range, and two hours


def the_audit_page_and_its_workbook_say_the_same(story: Story) -> None:
    auditor = story.person(AUDITS).opens("/~/").follows("积分审计").reads("积分收支", "细则使用情况")
    assert auditor.figure("加分入账") == POINTS
    rows = [_cells(row) for row in auditor.page.locator("section", has_text="细则使用情况").locator("tbody tr").all()]
    assert sum(int(row[2]) for row in rows) == int(LINES)
    book = auditor.page.locator("section", has_text="细则使用情况").get_by_role("link", name="Excel")
    with auditor.page.expect_download() as download:
        book.click()
    sheet = CalamineWorkbook.from_path(download.value.path()).get_sheet_by_index(0).to_python()
    heads = next(at for at, row in enumerate(sheet) if "次数" in row)
    column = {name: sheet[heads].index(name) for name in ("项目", "次数", "户数", "积分")}
    told = {str(row[column["项目"]]): row for row in sheet[heads + 1 :] if row[column["项目"]]}
    for title, _version, times, households, points, *_rest in rows:
        row = next(row for name, row in told.items() if title.startswith(plain(name)))
        shown = (float(times), float(households), float(points.replace("\N{MINUS SIGN}", "-").lstrip("+")))
        assert shown == tuple(float(str(row[column[name]])) for name in ("次数", "户数", "积分")), title
    assert sheet[-1][column["次数"]] == int(LINES)
    assert sheet[-1][column["积分"]] == float(POINTS)


def a_draft_for_next_year_is_compared_and_replayed(story: Story) -> None:
    """Begun from the version in force, edited in the page: what would it have made of this month?"""
    committee = story.person(PUBLISHES).opens("/~/points/tables")
    committee.fills(title="东岳村积分制管理细则(修订)").presses("开始起草").reads("编辑草案").follows(papers.WORK)
    committee.fills(value="8").presses("保存这一行").reads("和生效的第 1 版相比", "改动 1 项")
    assert "5→8" in committee.row_says(papers.WORK, "→")
    committee.follows("返回").follows("拿去年的事试算")
    first = story.here.now().date().replace(day=1)
    committee.fills(first=first.isoformat(), last=story.here.now().date().isoformat()).presses("试算")
    assert (committee.figure("原来合计"), committee.figure("按这一版合计")) == (POINTS, "86")
    assert committee.figure("多的户 / 少的户") == "4/0"
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(committee.downloads("Excel")))
    households = workbook.get_sheet_by_index(0).to_python()
    assert sum(1 for row in households if row[-1] == 3) == 4


def _cells(row: Locator) -> list[str]:
    return [plain(cell.inner_text()) for cell in row.locator("td").all()]
