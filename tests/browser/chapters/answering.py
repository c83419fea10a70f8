"""What was objected to is answered, read on a phone in large type, told by the desk, booked, and explained where the points are."""

import datetime as dt

from playwright.sync_api import Locator

from tests.browser.chapters.founding import CHAIR, DESK, REVIEWS, SELDOM, day_in
from tests.browser.chapters.objecting import CALLS, CLEANING, HER_REASON, LECTURE, SHE, WATCHES
from tests.browser.installation import ZONE
from tests.browser.someone import Someone
from tests.browser.story import Story

PUT_RIGHT, REJECTED, BOOKED_BACK = (
    "签到表第 3 页有晚上那一场,应为两场。",
    "签到表和照片都有他。",
    "那天的签到表上没有她。",
)
ELDER_TARGET = 60  # pixels


def the_committee_puts_her_line_right_and_rejects_the_other(story: Story) -> None:
    chair = story.person(CHAIR).opens("/~/").follows("异议与申诉")
    assert chair.figure("待答复") == "2"
    hers = _card(chair, HER_REASON)
    hers.locator("[name=text]").fill(PUT_RIGHT)
    hers.locator("summary", has_text="应当是别的数").click()
    hers.locator("[name=quantity]").fill("2")
    chair.presses("异议成立，更正", within=hers).reads("已答复。")
    others = _card(chair, "那天晚上他在外地")
    others.locator("[name=text]").fill(REJECTED)
    chair.presses("异议不成立", within=others).reads("已答复。")
    assert chair.figure("待答复") == "0"


def she_is_told_and_reads_the_answer_in_large_type(story: Story) -> None:
    phone = story.person(SHE).opens("/~/").presses("长辈版")
    phone.follows("条未读").reads("异议成立,按更正后的分值重新审核、再公示")
    phone.follows("查看", within=phone.row("您对第 1 批", "异议成立"))
    phone.reads("我的异议", "异议成立", PUT_RIGHT, "按更正后的分值重新审核").fits_the_screen()
    for target in phone.page.locator("main a.button:visible, main button:visible").all():
        assert target.bounding_box()["height"] >= ELDER_TARGET
    phone.page.locator("summary", has_text="字号").click()
    phone.presses("标准版")


def the_desk_tells_her_who_called(story: Story) -> None:
    clerk = story.person(DESK).opens("/~/desk").fills(code=story.numbers[CALLS]).presses("查找")
    clerk.follows("要告知的事").reads("异议不成立").presses("都告诉本人了").reads("已告知本人")


def the_answers_hang_on_the_board_without_who_asked(story: Story) -> None:
    passer_by = story.somebody(phone=True).opens("/~/board").reads(PUT_RIGHT, REJECTED)
    passer_by.does_not_read(HER_REASON, SHE, CALLS).opens(story.scanned)
    assert "已更正" in passer_by.row_says("林*", LECTURE)
    assert "已答复,可申诉" in passer_by.row_says("欧阳*", REJECTED)
    passer_by.leaves()


def the_right_line_is_reviewed_and_hangs_out_in_a_batch_of_its_own(story: Story) -> None:
    story.person(REVIEWS).opens("/~/points/awards?state=entered").presses("通过选中的").reads("通过 1 笔。")
    chair = story.person(CHAIR).opens("/~/publicity").presses("公示这 1 行").reads("第 2 批已公示,共 1 行。")
    line = chair.row_says("林*", LECTURE)
    assert "+10" in line
    assert "×2" in line


def when_the_days_are_over_the_others_are_booked(story: Story) -> None:
    ends = day_in(story.person(CHAIR).text(), "公示到")
    assert (ends - story.here.now().date()).days >= 7
    story.here.days_pass_until(dt.datetime.combine(ends + dt.timedelta(days=1), dt.time(9), ZONE), looking_every=SELDOM)
    passer_by = story.somebody(phone=True).opens(story.scanned).reads("公示已结束")
    for who, item in (("林*", CLEANING), ("王*", CLEANING), ("赵*", CLEANING)):
        assert "已入账" in passer_by.row_says(who, item)
    assert "已更正" in passer_by.row_says("林*", LECTURE)
    passer_by.leaves()


def who_comes_late_goes_the_late_way(story: Story) -> None:
    late = story.person(WATCHES, phone=True).opens(story.scanned)
    late.follows("提异议", within=late.row("王*")).reads("这一行已经入账", "用一笔冲正改回来")
    late.fills(reason="那天她在医院。").presses("提交异议").reads("第 3 号异议已收到", "这一行已经入账")
    late.opens(story.scanned)
    assert "入账后有异议" in late.row_says("王*")
    chair = story.person(CHAIR).opens("/~/objections")
    card = _card(chair, "那天她在医院")
    card.locator("[name=text]").fill(BOOKED_BACK)
    chair.presses("异议成立，冲正这一行", within=card).reads("已答复。")
    late.opens(story.scanned)
    assert "已冲正" in late.row_says("王*", BOOKED_BACK)
    late.opens("/~/my/objections").reads(BOOKED_BACK, "已入账的冲正")


def her_household_page_explains_every_point(story: Story) -> None:
    phone = story.person(SHE).opens("/~/").follows("我家的积分")
    assert phone.figure("可用") == "15分(积分)"
    phone.fits_the_screen().follows("每一笔明细")
    assert "+5" in phone.row_says(CLEANING, "第 1 批")
    assert "+10" in phone.row_says(LECTURE, "第 2 批")
    phone.follows(LECTURE, within=phone.row(LECTURE, "第 2 批"))
    phone.reads("第 1 批第", PUT_RIGHT).fits_the_screen()


def _card(chair: Someone, text: str) -> Locator:
    """The objection with these words."""
    return chair.page.locator("main .card").filter(has_text=text)
