"""A points shop is stocked; a household orders at home on the phone, and the desk orders by card for who has none."""

import datetime as dt
import io
import re

from PIL import Image, ImageDraw

from tests.browser import files
from tests.browser.chapters.founding import CHAIR, DESK, ENTERS, MERCHANT, SELDOM, day_in
from tests.browser.chapters.objecting import CLEANING, HEADER, LECTURE, all_are_reviewed
from tests.browser.installation import ZONE
from tests.browser.someone import Someone
from tests.browser.story import Story

AT_HOME, ELDER, OTHER_MERCHANT = "林晓燕", "王桂兰", "钱大有"
SHOP, OTHER_SHOP = "惠民超市", "社区食堂"
GOODS = {
    # name: price, piece, pieces that come, most for a household in a month, colour of its picture
    "香皂": ("5", "块", "8", "3", "pink"),
    "洗衣液": ("20", "瓶", "2", "", "navy"),
    "毛巾": ("8", "条", "3", "", "orange"),
    "电水壶": ("60", "个", "1", "", "grey"),
}


def a_month_of_points_is_booked(story: Story) -> None:
    """The household at home gets 40 points of two kinds, in a week of publicity."""
    today = story.here.now().date().isoformat()
    rows = [["A04", AT_HOME, item, today, times, "签到表"] for item, times in ((CLEANING, 3), (LECTURE, 5))]
    committee = story.person(ENTERS).opens("/~/points/awards/imports")
    committee.gives("file", files.workbook([HEADER, *rows]), "加分.xlsx").presses("上传并预览").presses("登记这 2 笔")
    all_are_reviewed(story)
    committee.opens("/~/publicity").presses("公示这 2 行")
    after = day_in(committee.text(), "公示到") + dt.timedelta(days=1)
    story.here.days_pass_until(dt.datetime.combine(after, dt.time(9), ZONE), looking_every=SELDOM)


def a_shop_opens_with_hours_and_somebody_who_hands_over(story: Story) -> None:
    manager = story.person(CHAIR).opens("/~/roles")
    manager.fills(who=story.numbers[OTHER_MERCHANT], role="积分超市商户").presses("授予").reads("已授予角色")
    committee = story.person(ENTERS).opens("/~/").follows("商户")
    for shop, place, who in ((SHOP, "社区东门", MERCHANT), (OTHER_SHOP, "一楼", OTHER_MERCHANT)):
        committee.fills(name=shop, place=place, opens="8:30", closes="17:30").presses("开商户").reads("商户已开。")
        card = committee.page.locator("main .card").filter(has_text=shop)
        card.locator("[name=person]").fill(story.numbers[who])
        committee.presses("加上", within=card).reads(f"{who} 可以在那里核销了。")
    committee.reads("周一至周日 08:30–17:30")


def goods_with_pictures_stock_and_limits_go_on_the_shelf(story: Story) -> None:
    merchant = story.person(MERCHANT).opens("/~/").follows("商品与库存")
    for name, (price, piece, pieces, most, colour) in GOODS.items():
        merchant.opens("/~/merchant/stock/new").fills(name=name, piece=piece, price=price, month_most=most)
        merchant.gives("picture", picture(colour), f"{name}.png").fills(picture_alt=f"一{piece}{name}")
        merchant.presses("上架").reads("已上架").fills(pieces=pieces).presses("入库")
        assert merchant.figure("库存") == f"{pieces}{piece}"
    merchant.opens("/~/merchant/stock")
    assert merchant.row_says("香皂").startswith("香皂5808")  # price, stock, set aside, to be had


def at_home_she_sees_pictures_prices_and_what_she_can_spend(story: Story) -> None:
    phone = story.person(AT_HOME, phone=True).opens("/~/").follows("积分超市").fits_the_screen()
    assert phone.figure("可用") == "40分(积分)"
    phone.reads("周一至周日 08:30–17:30", "5 分", "每户每月最多 3 块", "还有 8 块", "还有 2 瓶")
    told = phone.page.locator("main ul.goods img").evaluate_all("pictures => pictures.map(one => one.alt)")
    assert sorted(told) == sorted(f"一{goods[1]}{name}" for name, goods in GOODS.items())


def more_than_a_limit_the_stock_or_the_points_is_refused_plainly(story: Story) -> None:
    phone = story.person(AT_HOME)
    wants(phone, {"香皂": 4}).reads("“香皂”每户每月最多兑换 3 件,这个月已经兑换 0 件。", "下个月再换")
    wants(phone, {"洗衣液": 3}).reads("“洗衣液”还有 2 件,需要 3 件。")
    wants(phone, {"洗衣液": 2, "毛巾": 1}).reads("需要 48 分,可用 40 分。")
    phone.opens("/~/shop")
    assert phone.figure("可用") == "40分(积分)"


def she_orders_three_things_in_one_and_gets_a_code(story: Story) -> None:
    phone = story.person(AT_HOME)
    wants(phone, {"香皂": 2, "洗衣液": 1}).reads("香皂 × 2 块", "洗衣液 × 1 瓶", f"到 {SHOP} 出示这个码领取。")
    phone.fits_the_screen()
    assert (phone.fact("可用"), phone.fact("冻结")) == ("10分(积分)", "30分(积分)")
    story.shop_code = phone.page.locator(".ticket-code").inner_text().replace(" ", "")
    merchant = story.person(MERCHANT).opens("/~/merchant/stock")
    assert merchant.row_says("香皂").startswith("香皂5826")


def an_elder_comes_with_her_card_and_the_desk_orders_for_her(story: Story) -> None:
    desk = story.person(DESK).opens("/~/desk")
    story.camera.show(story.cards[story.numbers[ELDER]].picture)
    desk.page.reload()
    with desk.page.expect_navigation(url=re.compile("/desk/people/")):
        desk.page.get_by_role("button", name="用相机扫码").click()
    desk.reads(ELDER, "没有电话").follows("积分超市").reads(f"替 {ELDER} 兑换")
    assert desk.figure("可用") == "25.5分(积分)"
    wants(desk, {"毛巾": 1, "香皂": 1}).reads("毛巾 × 1 条", "香皂 × 1 块")
    assert (desk.fact("兑换前可用"), desk.fact("兑换后可用")) == ("25.5分(积分)", "12.5分(积分)")
    assert story.numbers[DESK] in desk.fact("经手")
    story.slip_code = desk.page.locator(".ticket-code").inner_text().replace(" ", "")
    assert desk.page.get_by_role("button", name="打印", exact=True).is_visible()


def picture(colour: str) -> bytes:
    """What a merchant photographs: a thing on a table."""
    drawn = Image.new("RGB", (800, 600), "wheat")
    ImageDraw.Draw(drawn).rounded_rectangle((250, 180, 550, 440), 60, fill=colour)
    packed = io.BytesIO()
    drawn.save(packed, "PNG")
    return packed.getvalue()


def wants(somebody: Someone, basket: dict[str, int]) -> Someone:
    """Numbers beside the goods, and all of it in one order."""
    for field in somebody.page.locator("main ul.goods input[type=number]").all():
        field.fill("")
    for name, pieces in basket.items():
        field = somebody.page.locator("main ul.goods > li").filter(has_text=name).locator("input[type=number]")
        # The page knows the stock of when it was opened: others may have ordered since, and so the server says it too.
        field.evaluate("field => field.removeAttribute('max')")
        field.fill(str(pieces))
    return somebody.presses(f"填了数量的一起兑换 {SHOP}")
