"""A month in the village: what people did, how it is told, and who looks at it - and who may not."""

from __future__ import annotations

import datetime as dt

from tests.browser import papers
from tests.browser.chapters import attendance, village
from tests.browser.installation import ZONE
from tests.browser.someone import Someone, plain
from tests.browser.story import Story

HALL, SHIFT = "村部", "清洁家园"
REVIEWS, RELATIVE, SECOND = papers.COMMITTEE[1], "王二妮", papers.COMMITTEE[2]
DECIDES, NEIGHBOUR = papers.COMMITTEE[0], papers.SUPERVISORS[0]
BULK = [
    ("B02", "吴大海", papers.WORK, None),
    ("B03", "郑小梅", papers.WORK, None),
    ("B04", None, papers.TIDY, None),
    ("B05", "孔令芳", papers.ELDERS, None),
    ("B08", None, papers.TIDY, "２"),
    ("B10", "赵德福", papers.WORK, "1次"),
    ("B13", RELATIVE, papers.WORK, None),
    ("B14", None, papers.PLAIN, None),
    ("B15", "陈水生", "调解邻里纠纷", None),
]


def every_other_verdict_shall_be_looked_at_twice(story: Story) -> None:
    """By a recorded decision, as any number of the village; one in twenty is what it begins with."""
    chief = story.person(papers.CHIEF).opens("/~/policy/change")
    tomorrow = story.here.now().date() + dt.timedelta(days=1)
    number = chief.page.locator("[name=number_second_review_percent]")
    chief.page.locator("details.card", has=number).locator("summary").click()
    chief.fills(body="村民理事会", reason="头一年,大家都想看清楚。", minutes="理事会 7 人一致同意。")
    chief.fills(in_force_on=tomorrow.isoformat(), number_second_review_percent="50").presses("记下草案")
    second = story.person(papers.BOOKKEEPER).opens("/~/policy").reads("头一年,大家都想看清楚。")
    second.presses("确认就是这样决定的").reads("规则已确认")


def a_villager_claims_with_a_photo(story: Story) -> None:
    villager = story.person(papers.VILLAGER, phone=True).opens("/~/points/claims").follows("申报一件事")
    photo = papers.paper("房前屋后,今早打扫。", kind="JPEG")
    villager.fills(item_id=papers.TIDY, evidence="门前到沟边都清了。").gives("photos", photo, "IMG_0412.jpg")
    villager.fits_the_screen().presses("申报").reads("已申报,按 5 分等待审核。").fits_the_screen()


def another_says_what_a_deed_is_worth(story: Story) -> None:
    """The table gives one to five points: the villager may say how many, the reviewer decides."""
    helper = story.person(papers.HELPS_OUT, phone=True).opens("/~/points/claims/new")
    helper.fills(item_id=papers.HAZARD, evidence="村口电线垂下来了,已报供电所。")
    helper.page.locator("summary", has_text="酌情定分的").click()
    helper.fills(proposed="5").presses("申报").reads("您认为值 5 分,由审核人定。")


def the_grid_worker_reports_what_she_saw(story: Story) -> None:
    worker = story.person(papers.GRID_WORKER, phone=True).opens("/~/points/report")
    worker.fills(household="B13", person=RELATIVE, item_id=papers.ELDERS, evidence="给独居老人送饭").presses("上报")
    worker.reads("这一户不在您的网格里")  # that household lives in the other one
    worker.fills(household="B09", person="李春花", item_id=papers.ELDERS)
    worker.fills(evidence="天天给隔壁独居老人送饭").presses("上报").reads(
        "已上报,等待审核。", "李春花"
    ).fits_the_screen()


def hours_of_an_activity_give_points_by_decision(story: Story) -> None:
    chief = story.person(papers.CHIEF).opens("/~/service-points").fills(name=HALL, place="村部院子")
    chief.presses("新建服务点").reads(f"服务点“{HALL}”已建好。")
    screen = story.met[HALL] = story.somebody(chief.community)
    screen.opens(chief.page.get_by_role("link", name="打开屏幕").get_attribute("href"))
    day = story.here.now().date().isoformat()
    chief.opens("/~/activities/new").fills(title=SHIFT, point=HALL, day=day, starts="09:00", ends="12:00")
    chief.presses("发布").reads(SHIFT)
    chief.opens("/~/points/attendance").fills(kind="activity_kind", activity_kind="活动", item_id=papers.CLEANING)
    chief.fills(reason="村民理事会定:集体打扫按小时记分").presses("登记").reads("已登记决定")
    helper = story.person(papers.HELPS_OUT).opens("/~/activities").follows(SHIFT).presses("报名").reads("您已报名")
    story.here.minutes_pass(65)
    helper.opens(attendance.code_on(story, HALL)).presses("签到").reads("已签到")
    story.here.minutes_pass(120)  # a minute or two more on a slow machine come to the same
    helper.opens(attendance.code_on(story, HALL)).presses("签退").reads("已签退", "2 小时")


def the_bookkeepers_excel_is_read_and_entered(story: Story) -> None:
    today = story.here.now().date()
    written = (today, today.isoformat(), f"{today:%Y.%m.%d}", f"{today.year}年{today.month}月{today.day}日")
    rows: list[list[object]] = [["户号", "姓名或编号", "项目", "日期", "数量", "存证"]]
    for at, (household, person, item, quantity) in enumerate(BULK):
        rows.append([household, person, item, written[at % len(written)], quantity, f"出工簿第 {at + 1} 页"])
    keeper = story.person(papers.BOOKKEEPER).opens("/~/points/awards/imports")
    keeper.gives("file", papers.workbook(rows), "一月加分(村会计).xlsx").presses("上传并预览")
    keeper.reads(f"{len(BULK)} 行都可以登记", "合计 63 分").presses(f"登记这 {len(BULK)} 笔").reads("等待审核")
    village.days_pass_until(story, dt.datetime.combine(today + dt.timedelta(days=1), dt.time(9), ZONE))


def a_relatives_award_is_not_the_reviewers_to_decide(story: Story) -> None:
    """The list was open when the clerk wrote the kinship down: what the reviewer sends then is refused, all of it."""
    reviewer = story.person(REVIEWS).opens("/~/points/awards?state=entered")
    assert reviewer.row(RELATIVE).locator("[name=award_id]").is_checked()
    clerk = story.person(papers.CLERK).opens("/~/kin/desk").fills(number=story.numbers[REVIEWS]).presses("查看")
    clerk.fills(relative_number=story.numbers[RELATIVE], relation="兄弟姐妹", evidence="户口簿").presses("登记")
    clerk.reads(RELATIVE, "兄弟姐妹")
    reviewer.presses("通过选中的").reads("这一户是您的亲属,要回避。")
    reviewer.opens("/~/points/awards?state=entered")
    assert reviewer.row_says(RELATIVE).startswith("亲属")
    assert reviewer.row(RELATIVE).locator("[name=award_id]").count() == 0
    assert reviewer.row_says(REVIEWS).startswith("自己家")


def with_the_keyboard_alone_the_others_are_approved(story: Story) -> None:
    """The neighbour's tidy yard is taken out with the space bar and sent back with its reason; the others go on."""
    reviewer = story.person(REVIEWS)
    yard = reviewer.row(NEIGHBOUR).locator("[name=award_id]").get_attribute("aria-label")
    reviewer.tabs_to(yard).hits("Space").tabs_to("通过选中的").enters().reads("通过 9 笔。")
    assert reviewer.row(NEIGHBOUR).locator("[name=award_id]").is_checked(), "it still waits"
    reviewer.tabs_to("退回的原因").types("照片上不是这一家。").tabs_to("退回选中的").enters().reads("退回 1 笔。")


def a_range_is_decided_with_a_reason(story: Story) -> None:
    reviewer = story.person(REVIEWS).opens("/~/points/awards?state=entered").follows("打开来审")
    reviewer.reads("本人认为值 5 分。", "1 到 5 分之间").fills(steps="4").presses("通过").reads("请填写")
    reviewer.fills(steps="4", remark="报得及时,没有出事。").presses("通过").reads("通过 1 笔。", "报得及时")


def who_is_free_of_kinship_looks_at_the_rest(story: Story) -> None:
    reviewer = story.person(DECIDES).opens("/~/points/awards?state=entered").presses("通过选中的").reads("通过")
    assert reviewer.opens("/~/points/awards?state=entered").page.locator("main tbody [name=award_id]").count() == 0


def a_second_pair_of_eyes_looks_at_those_that_were_drawn(story: Story) -> None:
    """Nobody could know which; of a dozen verdicts some were. The second reviewer is not the first."""
    second = story.person(SECOND).opens("/~/points/awards?state=second").reads("待复核")
    _looks_at_all(second)
    # What is the second reviewer's own household, or was looked at by her first, is for the chief of the others.
    for other in (papers.CHIEF, DECIDES, REVIEWS):
        _looks_at_all(story.person(other).opens("/~/points/awards?state=second"))
    waiting = second.opens("/~/points/awards").page.locator("main tbody td[data-label=状态]").all_inner_texts()
    assert set(map(plain, waiting)) == {"待公示", "已退回"}
    draws = story.person(papers.SUPERVISORS[0]).opens("/~/points/awards").follows("复核抽签").reads("抽中")
    assert draws.page.locator("main tbody tr").count() >= len(waiting)


def the_villager_reads_how_her_claim_goes(story: Story) -> None:
    villager = story.person(papers.VILLAGER).opens("/~/points/claims").reads("待公示").follows(papers.TIDY)
    villager.reads("+5", "第 1 版第 2 项", "照片").fits_the_screen()


def _looks_at_all(reviewer: Someone) -> None:
    """What was sent back is sent back again; what may be approved from the list, then what must be opened for it."""
    again = reviewer.row(NEIGHBOUR).locator("[name=award_id]")
    if again.count():
        for box in reviewer.page.locator("main tbody [name=award_id]").all():
            box.set_checked(box.get_attribute("value") == again.get_attribute("value"))
        reviewer.fills(remark="是别人家的院子。").presses("退回选中的").opens("/~/points/awards?state=second")
    if reviewer.page.locator("main tbody [name=award_id]").count():
        reviewer.presses("通过选中的").opens("/~/points/awards?state=second")
    if reviewer.page.get_by_role("link", name="打开来审").count():
        reviewer.follows("打开来审").fills(steps="4", remark="同意。").presses("通过")
