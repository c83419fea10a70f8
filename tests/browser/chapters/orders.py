"""Step 5: an elder without a phone is served: card, order, door, tear-off number, minutes from her to the volunteer."""

import datetime as dt
import re

from playwright.sync_api import expect

from tests.browser.story import Story

ELDER, VOLUNTEER, DESK = "王桂兰", "林晓燕", "周前"


def the_desk_scans_the_elders_card_before_its_camera(story: Story) -> None:
    desk = story.person(DESK)
    story.camera.show(story.cards[story.numbers[ELDER]].picture)
    desk.opens("/~/desk")
    with desk.page.expect_navigation(url=re.compile("/desk/people/")):
        desk.page.get_by_role("button", name="用相机扫码").click()
    desk.reads(ELDER, story.numbers[ELDER], "没有电话")
    assert desk.figure("可用") == "3小时20分"


def the_desk_places_an_order_and_both_see_before_and_after(story: Story) -> None:
    desk = story.person(DESK).follows("替老人点单")
    starts = story.here.now() + dt.timedelta(minutes=30)
    starts -= dt.timedelta(minutes=starts.minute % 5)
    desk.fills(service="陪同就医", planned_minutes="2 小时", place="鼓楼医院门诊大厅")
    desk.fills(day=starts.date().isoformat(), time=f"{starts:%H:%M}")
    expect(desk.page.locator("[data-after]")).to_have_text("1 小时 20 分")
    desk.presses("点单").reads(
        "点单前可用 3 小时 20 分,这一单最多用 2 小时,之后可用 1 小时 20 分。", "待领", "服务台代下单"
    )
    story.order = desk.page.url
    desk.follows("转屏给老人看").reads(ELDER, "陪同就医", "最多用 2 小时", "点单后可用 1 小时 20 分").follows("返回")


def she_gets_a_slip_with_a_number_to_tear_off(story: Story) -> None:
    desk = story.person(DESK).presses("打印确认单")
    desk.reads("服务确认单", "确认号只显示这一次", "点单前可用 3 小时 20 分", "点单后可用 1 小时 20 分")
    story.tear_off = desk.page.locator("#tear-off-number").inner_text().replace(" ", "")
    assert re.fullmatch(r"\d{6}", story.tear_off)
    desk.opens(story.order).does_not_read(story.tear_off)


def a_volunteer_claims_it_and_the_minutes_are_held(story: Story) -> None:
    volunteer = story.person(VOLUNTEER).opens("/~/orders/near").reads("陪同就医", "王*").does_not_read(ELDER)
    volunteer.presses("领单").reads("领单,分钟已冻结", "已领", ELDER, "冻结 2 小时")
    volunteer.does_not_read(story.tear_off, "老人的时间")
    desk = story.person(DESK).opens(f"/~/desk/people/{story.numbers[ELDER]}")
    assert (desk.figure("可用"), desk.figure("已冻结"), desk.figure("余额")) == ("1小时20分", "2小时", "3小时20分")


def more_than_is_there_is_refused_with_what_is_there_and_what_was_needed(story: Story) -> None:
    tomorrow = story.here.now().date() + dt.timedelta(days=1)
    desk = story.person(DESK).follows("替老人点单")
    desk.fills(service="打扫房间", planned_minutes="3 小时", place="家里", day=tomorrow.isoformat(), time="09:00")
    expect(desk.page.get_by_text("时间不够。")).to_be_visible()
    desk.presses("点单").reads("这需要 180 分钟,可用 80 分钟。", "可以少点一些时间")
    desk.opens(f"/~/desk/people/{story.numbers[ELDER]}").does_not_read("打扫房间")


def the_volunteer_scans_the_door_on_arrival_and_on_leaving(story: Story) -> None:
    volunteer = story.person(VOLUNTEER)
    volunteer.opens(story.doors["A03"]).reads("这里没有您的订单")
    volunteer.opens(story.doors["A01"]).reads("陪同就医").presses("我到了").reads(
        "已记下到达时间。离开时请再扫一次门牌卡。"
    )
    story.here.minutes_pass(92)
    volunteer.opens(story.doors["A01"]).presses("我离开了").reads("已记下离开时间。请老人确认。")
    assert volunteer.figure("可计") == "1小时30分"


def a_wrong_number_is_refused_and_the_right_one_confirms(story: Story) -> None:
    volunteer = story.person(VOLUNTEER)
    wrong = f"{(int(story.tear_off) + 1) % 1_000_000:06}"
    volunteer.fills(number=wrong).presses("确认").reads("确认号不对,还可以试 4 次。")
    volunteer.fills(number=story.tear_off).presses("确认").reads(
        "确认,分钟已结算", "已完成", "结算 1 小时 30 分 · 退回 30 分"
    )


def the_actual_minutes_moved_and_the_rest_is_free_again(story: Story) -> None:
    desk = story.person(DESK).opens(f"/~/desk/people/{story.numbers[ELDER]}")
    assert (desk.figure("可用"), desk.figure("已冻结"), desk.figure("余额")) == ("1小时50分", "0分", "1小时50分")
    volunteer = story.person(VOLUNTEER).opens("/~/my/hours")
    assert volunteer.figure("账户余额") == "3小时"


def she_rates_the_service(story: Story) -> None:
    desk = story.person(DESK).opens(story.order)
    desk.fills(stars="5", comment="扶我上下楼,很耐心").presses("评单")
    desk.reads("已评", "5 星 · 扶我上下楼,很耐心")
