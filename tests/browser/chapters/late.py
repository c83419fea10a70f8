"""What is in the books was wrong: booked back by two, though it was spent; what is missing is shown, and paid first."""

from __future__ import annotations

import datetime as dt

from tests.browser import papers
from tests.browser.chapters import appeal, village
from tests.browser.chapters.appeal import ANSWERS, DECIDES, ENTERS, HONOURED, PUBLISHES
from tests.browser.installation import ZONE
from tests.browser.story import Story

OBJECTS, SHOP, GOODS = papers.HELPS_OUT, "便民小店", "电饭煲"
REASON = "证书是她女婿在城里得的,女婿户口不在村里。"
REPLY = "经核对,证书不属于本户成员,这一行冲正。"


def the_honoured_household_spends_all_its_points(story: Story) -> None:
    committee = story.person(PUBLISHES).opens("/~/points/merchants")
    committee.fills(name=SHOP, place="村口").presses("开商户")
    committee.page.locator("[name=person]").fill(story.numbers[papers.MERCHANT])
    committee.presses("加上").reads(f"{papers.MERCHANT} 可以在那里核销了。")
    merchant = story.person(papers.MERCHANT).opens("/~/merchant/stock/new")
    merchant.fills(name=GOODS, piece="个", price="100").presses("上架").fills(pieces="2").presses("入库")
    household = story.person(HONOURED, phone=True).opens("/~/shop").presses(f"兑换 {GOODS}").fits_the_screen()
    code = household.page.locator(".ticket-code").inner_text().replace(" ", "")
    merchant.opens("/~/merchant").fills(code=code).presses("查找").presses("已交付").reads(
        f"已交付:{GOODS} × 1,100 分。"
    )
    assert household.opens("/~/my/points").figure("可用") == "0分(积分)"


def somebody_objects_to_what_is_booked(story: Story) -> None:
    villager = story.person(OBJECTS, phone=True).opens("/~/board/1")
    villager.follows("提异议", within=villager.row("钱*")).reads("这一行已经入账").fits_the_screen()
    villager.fills(reason=REASON).presses("提交异议").reads("这一行已经入账;查实的,用一笔冲正改回来。")


def so_many_points_take_two_people(story: Story) -> None:
    chief = story.person(ANSWERS).opens("/~/objections").reads(REASON, "入账后")
    chief.fills(text=REPLY).presses("异议成立，冲正这一行").reads("分数较大,冲正要另一位工作人员在下面确认。")
    assert story.person(HONOURED).opens("/~/my/points").figure("可用") == "0分(积分)"


def neither_the_same_person_nor_another_role_is_the_second(story: Story) -> None:
    story.person(ANSWERS).opens("/~/objections").reads("要由另一位工作人员确认", "冲正是您申请的")
    for name in (ANSWERS, DECIDES, papers.CLERK, OBJECTS):
        page = story.person(name).opens("/~/objections").page
        assert page.get_by_role("button", name="确认冲正").count() == 0


def the_second_books_it_back_though_it_was_spent(story: Story) -> None:
    second = story.person(ENTERS).opens("/~/objections").reads("冲正待确认", REPLY).presses("确认冲正").reads("已冲正")
    second.opens("/~/board/1")
    assert "已冲正" in second.row_says("钱*")
    household = story.person(HONOURED).opens("/~/my/points").fits_the_screen()
    assert (household.figure("可用"), household.figure("欠分")) == ("0分(积分)", "100分(积分)")
    household.reads("以后的加分先补上", "冲正").opens("/~/shop").reads("这一户欠 100 分").fits_the_screen()


def the_next_award_pays_it_first(story: Story) -> None:
    """It hangs out with the corrected line; when they are booked, one household has its ten points, the other owes less."""
    keeper = story.person(ENTERS).opens("/~/points/awards/new")
    keeper.fills(household="B11", person=HONOURED, item_id=papers.WORK, quantity="6", evidence="修渠六次,见出工簿")
    keeper.presses("登记").reads("已登记 30 分,等待审核。")
    appeal.everything_is_reviewed(story)
    committee = story.person(PUBLISHES).opens("/~/publicity").presses("公示这 2 行").reads("第 2 批已公示,共 2 行。")
    until = committee.day_after("公示到")
    village.days_pass_until(story, dt.datetime.combine(until + dt.timedelta(days=1), dt.time(9), ZONE))
    household = story.person(HONOURED).opens("/~/my/points").reads("第 2 批").fits_the_screen()
    assert (household.figure("可用"), household.figure("欠分")) == ("0分(积分)", "70分(积分)")
    corrected = story.person(ENTERS).opens("/~/board/2")
    assert "已入账" in corrected.row_says("王*", papers.WORK)


def the_board_tells_the_answers_and_nothing_of_who_asked(story: Story) -> None:
    passer_by = village.passer_by(story).opens("/~/board").reads("异议和答复", REPLY, appeal.REPLY, appeal.RULING)
    for path in ("/~/board", "/~/board/1", "/~/board/screen?page=3&state=still"):
        passer_by.opens(path).fits_the_screen()
        passer_by.does_not_read(REASON, appeal.REASON, *(name for name, *_rest in papers.PEOPLE))
    passer_by.leaves()
