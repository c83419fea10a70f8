"""A month of points hangs on the wall: it is scanned, found on the phone, and a line of it objected to, by page and by call."""

import io
import re

import pypdfium2  # type: ignore[import-untyped]
from playwright.sync_api import Route

from tests.browser import files
from tests.browser.chapters.founding import DESK, ENTERS, MERCHANT, REVIEWS
from tests.browser.someone import codes_in, plain
from tests.browser.story import Story

SHE, CALLS, WATCHES = "林晓燕", "李秀英", "钱大有"
CLEANING, LECTURE = "参加社区环境卫生整治", "参加社区夜校、宣讲等活动"
HEADER = ["户号", "姓名或编号", "项目", "日期", "数量", "存证"]
# Whom the committee found in its lists; she was at two lectures, and one is written down.
DEEDS = [
    ("A01", "王桂兰", CLEANING, None, "签到表第 1 页"),
    ("A02", "赵德海", CLEANING, None, "签到表第 1 页"),
    ("A04", SHE, CLEANING, None, "签到表第 1 页"),
    ("A04", SHE, LECTURE, 1, "签到表第 2 页"),
    ("A10", "欧阳明", LECTURE, None, "照片"),
]
# The page tells us as soon as a form says something: one that is on its way is not there to be asked.
TELLS_WHAT_IT_SAYS = """() => new MutationObserver((_changes, watching) => {
    const words = document.querySelector("main form .sending")?.textContent;
    if (words) { watching.disconnect(); window.hear(words); }
}).observe(document.querySelector("main form"), {subtree: true, childList: true, characterData: true})"""
HER_REASON = "我上午、晚上各听了一场,只记了一场。"


def a_month_of_points_is_entered_reviewed_and_hung_out(story: Story) -> None:
    today = story.here.now().date().isoformat()
    rows = [[household, who, item, today, times, seen] for household, who, item, times, seen in DEEDS]
    committee = story.person(ENTERS).opens("/~/points/awards/imports")
    committee.gives("file", files.workbook([HEADER, *rows]), "本月加分.xlsx").presses("上传并预览")
    committee.reads("5 行都可以登记").presses("登记这 5 笔").reads("已登记 5 笔")
    all_are_reviewed(story)
    committee.opens("/~/publicity").presses("公示这 5 行").reads("第 1 批已公示,共 5 行。", "公示到")


def all_are_reviewed(story: Story) -> None:
    """By another member; what is drawn for a second pair of eyes, by a third."""
    story.person(REVIEWS).opens("/~/points/awards?state=entered").presses("通过选中的").reads("通过")
    second = story.person(MERCHANT).opens("/~/points/awards?state=second")
    if second.page.get_by_role("button", name="通过选中的").count():
        second.presses("通过选中的").reads("通过")


def the_sheet_on_the_wall_has_a_code_that_a_phone_reads(story: Story) -> None:
    address = story.person(ENTERS).page.get_by_role("link", name="打印 A4").get_attribute("href")
    sheet = story.somebody()
    document = pypdfium2.PdfDocument(io.BytesIO(sheet.page.context.request.get(story.here.address + address).body()))
    (page,) = document
    text = plain(page.get_textpage().get_text_range())
    assert all(told in text for told in ("第1批", "林*", "欧阳*", CLEANING))
    assert not any(name in text for name in (SHE, "王桂兰", "赵德海", "欧阳明"))
    (code,) = codes_in(page.render(scale=150 / 72).to_pil())
    story.scanned = code.text
    sheet.leaves()


def a_neighbour_reads_it_in_english_without_signing_in(story: Story) -> None:
    """Nothing on the page is Chinese but what people wrote: names, items, the community."""
    neighbour = story.somebody(phone=True).opens(story.scanned).reads("第 1 批公示", "公示到")
    neighbour.does_not_read(SHE, "欧阳明", "王桂兰", "TPL-")
    neighbour.presses("English").reads("Batch 1", "On display until", "Object").fits_the_screen()
    written = f"太平里社区中文第一网格第二网格{CLEANING}{LECTURE}林欧阳王赵"
    assert set(re.findall(r"[\u4e00-\u9fff]", neighbour.text())) <= set(written)
    neighbour.leaves()


def she_finds_her_line_and_is_asked_who_she_is(story: Story) -> None:
    """She knows herself by the last figures of the household; the page that she wanted comes after she has signed in."""
    number, code = story.numbers[SHE], story.codes[story.numbers[SHE]]
    phone = story.somebody(phone=True).activates(number, code)
    story.met[SHE] = phone
    phone.opens("/account").presses("退出登录", within=phone.page.locator("main"))
    phone.opens(story.scanned).fits_the_screen()
    line = phone.row("林*", LECTURE)
    assert "公示中" in plain(line.inner_text())
    phone.follows("提异议", within=line).reads("编号或手机号").signs_in("13800138003")
    phone.reads("林*", LECTURE, "为什么不对", "5 个工作日内答复").does_not_read("谁提的异议")


def she_taps_twice_on_a_slow_network_and_objects_once(story: Story) -> None:
    """The network holds the form until the page has said that it is on its way; of two taps one is sent."""
    phone = story.person(SHE).fills(reason=HER_REASON)
    held: list[Route] = []
    said: list[str] = []

    def goes_on() -> None:
        if held and said:
            held[0].continue_()

    def hold(route: Route) -> None:
        held.append(route)
        goes_on()

    def hear(words: str) -> None:
        said.append(words)
        goes_on()

    phone.page.route("**/object", hold)
    phone.page.expose_function("hear", hear)
    phone.page.evaluate(TELLS_WHAT_IT_SAYS)
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="提交异议", exact=True).dblclick(no_wait_after=True)
    phone.page.unroute("**/object")
    assert len(held) == 1
    assert [plain(words) for words in said] == [plain("正在发送,请等一等。")]
    phone.reads("第 1 号异议已收到,最晚", "待答复", HER_REASON).does_not_read("第 2 号异议")


def only_that_line_waits_and_nobody_reads_who_objected(story: Story) -> None:
    passer_by = story.somebody(phone=True).opens(story.scanned)
    assert "有异议,待答复" in passer_by.row_says("林*", LECTURE)
    for who, item in (("林*", CLEANING), ("王*", CLEANING), ("赵*", CLEANING), ("欧阳*", LECTURE)):
        assert "公示中" in passer_by.row_says(who, item)
    passer_by.does_not_read(HER_REASON, SHE).leaves()


def another_who_has_no_smartphone_calls_and_the_clerk_writes_it_down(story: Story) -> None:
    """The caller says batch and line as they stand on the wall; the clerk finds the line by them."""
    clerk = story.person(DESK).opens("/~/").follows("异议与申诉")
    line = clerk.opens(story.scanned).row("欧阳*").locator("td").first.inner_text()
    clerk.opens("/~/objections").fills(batch="1", line=line).presses("登记")
    clerk.reads("欧阳*", LECTURE, "谁提的异议")
    clerk.fills(person=story.numbers[CALLS], channel="电话", reason="那天晚上他在外地。").presses("提交异议")
    clerk.reads("第 2 号异议已收到")
    clerk.opens(story.scanned)
    assert "有异议,待答复" in clerk.row_says("欧阳*")


def she_who_called_cannot_be_written_down_twice(story: Story) -> None:
    clerk = story.person(DESK)
    clerk.follows("提异议", within=clerk.row("欧阳*"))
    clerk.fills(person=story.numbers[CALLS], channel="电话", reason="那天晚上他在外地。").presses("提交异议")
    clerk.reads("已经提过异议")
