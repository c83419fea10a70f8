"""A line hangs out; a paper says that it is wrong, the committee says no, and the supervision committee looks at it."""

from __future__ import annotations

import datetime as dt

from tests.browser import papers
from tests.browser.chapters import village
from tests.browser.installation import ZONE
from tests.browser.someone import Someone
from tests.browser.story import Story

ENTERS, ANSWERS, PUBLISHES, REVIEWS, SECOND = papers.BOOKKEEPER, papers.CHIEF, *papers.COMMITTEE
OBJECTS, OBJECTED, HONOURED = papers.WITHOUT_A_PHONE, "王二妮", papers.VILLAGER
RELATIVE, DECIDES = papers.SUPERVISORS
REASON = "只来了两个上午,怎么记了四次?我天天在桥头坐着。"
REPLY, RULING = "出工簿上记了四次,每次都有签名。", "出工簿的签名有两次是后补的,按两次计。"
AWARDS = [
    ("B13", OBJECTED, papers.WORK, 4),
    ("B11", None, papers.HONOUR, None),
    ("B14", None, papers.PLAIN, None),
    ("B15", "陈水生", "调解邻里纠纷", None),
    ("B02", "吴大海", papers.WORK, None),
]


def a_batch_hangs_out(story: Story) -> None:
    today = story.here.now().date()
    rows: list[list[object]] = [["户号", "姓名或编号", "项目", "日期", "数量", "存证"]]
    rows += [[household, person, item, today, times, "出工簿、证书"] for household, person, item, times in AWARDS]
    keeper = story.person(ENTERS).opens("/~/points/awards/imports")
    keeper.gives("file", papers.workbook(rows), "一月.xlsx").presses("上传并预览").reads("5 行都可以登记")
    keeper.presses("登记这 5 笔").reads("已登记 5 笔,等待审核。")
    everything_is_reviewed(story)
    committee = story.person(PUBLISHES).opens("/~/publicity").presses("公示这 5 行")
    committee.reads("第 1 批已公示,共 5 行。")


def a_clerk_writes_down_what_stands_on_a_paper(story: Story) -> None:
    """He has no phone: the paper's number and day are kept with it, and a picture of it."""
    today = story.here.now().date()
    clerk = story.person(papers.CLERK).opens("/~/board/1")
    line = clerk.row("王*").locator("td").first.inner_text()
    clerk.opens("/~/objections").fills(batch="1", line=line).presses("登记").reads("王*", papers.WORK)
    clerk.fills(person=story.numbers[OBJECTS], channel="书面", reason=REASON)
    clerk.page.locator("summary", has_text="书面异议").click()
    clerk.fills(form_number="YY-07", paper_on=today.isoformat())
    clerk.gives("photo", papers.paper("异议书", REASON, kind="JPEG"), "异议书.jpg").presses("提交异议")
    clerk.reads("第 1 号异议已收到,最晚")
    passer_by = village.passer_by(story).opens("/~/board/1").fits_the_screen()
    assert "有异议,待答复" in passer_by.row_says("王*")
    passer_by.does_not_read(REASON, OBJECTS).leaves()


def the_committee_says_no_and_why(story: Story) -> None:
    """Who reviewed the line is not the one to answer."""
    village.days_pass_until(story, story.here.now() + dt.timedelta(days=1))
    committee = story.person(ANSWERS).opens("/~/objections").reads(REASON, "书面", "YY-07", OBJECTS)
    committee.fills(text=REPLY).presses("异议不成立").reads("已答复。")


def the_villager_appeals_on_his_grandsons_phone(story: Story) -> None:
    villager = story.person(OBJECTS, phone=True).opens("/~/my/objections").reads(REASON, REPLY).fits_the_screen()
    villager.fills(text="签名是后来补的,桥头的人都可以作证。").presses("申诉").reads("申诉已转监督委员会。", "最晚")
    villager.fits_the_screen()


def only_that_line_waits_while_the_others_are_booked(story: Story) -> None:
    committee = story.person(PUBLISHES).opens("/~/board/1")
    until = committee.day_after("公示到")
    village.days_pass_until(story, dt.datetime.combine(until + dt.timedelta(days=1), dt.time(9), ZONE))
    passer_by = village.passer_by(story).opens("/~/board/1").reads("公示已结束")
    assert "申诉中" in passer_by.row_says("王*")
    for name in ("钱*", "冯*", "陈*", "吴*"):
        assert "已入账" in passer_by.row_says(name)
    passer_by.leaves()


def a_relative_on_the_supervision_committee_may_not_decide(story: Story) -> None:
    clerk = story.person(papers.CLERK).opens("/~/kin/desk").fills(number=story.numbers[RELATIVE]).presses("查看")
    clerk.fills(relative_number=story.numbers[OBJECTED], relation="姻亲", evidence="村民小组证明").presses("登记")
    relative = story.person(RELATIVE).opens("/~/objections").reads("桥头的人都可以作证", "裁定期限")
    relative.reads("这个申诉要由别人来裁定", "是一家人或者亲属")
    assert relative.page.get_by_role("button", name="异议不成立").count() == 0, "nothing to type that is refused then"
    assert relative.figure("待裁定") == "1"


def another_upholds_it_and_says_what_is_right(story: Story) -> None:
    decides = story.person(DECIDES).opens("/~/objections").reads(REPLY, "桥头的人都可以作证")
    decides.page.locator("summary", has_text="应当是别的数").click()
    decides.fills(text=RULING, quantity="2").presses("异议成立，更正").reads("已答复。", RULING, "重新审核")
    villager = story.person(OBJECTS).opens("/~/my/objections").reads(f"监督委员会:{RULING}", "按更正后的分值重新审核")
    villager.fits_the_screen()
    assert "已更正" in village.passer_by(story).opens("/~/board/1").row_says("王*")


def the_corrected_line_is_reviewed_like_any_other(story: Story) -> None:
    everything_is_reviewed(story)
    committee = story.person(PUBLISHES).opens("/~/publicity")
    assert "+10" in committee.row_says("王*"), "twice instead of four times"


def everything_is_reviewed(story: Story) -> None:
    """By the first reviewer what is not her own, by the second the rest, and by others what was drawn for another look."""
    for name in (REVIEWS, SECOND):
        _approves(story.person(name).opens("/~/points/awards?state=entered"))
    for name in (SECOND, PUBLISHES, REVIEWS):
        _approves(story.person(name).opens("/~/points/awards?state=second"))
    told = story.person(PUBLISHES).opens("/~/points/awards")
    told.does_not_read("待审核", "待复核")


def _approves(reviewer: Someone) -> None:
    if reviewer.page.locator("main tbody [name=award_id]").count():
        reviewer.presses("通过选中的").reads("通过")
