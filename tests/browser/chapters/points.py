"""Step 6: a batch of awards entered, reviewed, published, objected to and booked; soap for points, handed over once."""

import datetime as dt
import re

from tests.browser import files
from tests.browser.installation import ZONE
from tests.browser.someone import Someone, plain
from tests.browser.story import Story

ENTERS, REVIEWS, MERCHANT, OBJECTS, REDEEMS = "吴委", "郑审", "孙店", "钱大有", "林晓燕"
CLEANING, LECTURE = "参加社区环境卫生整治", "参加社区夜校、宣讲等活动"


def the_committee_enters_a_batch_from_excel_after_its_errors_were_told(story: Story) -> None:
    today = story.here.now().date()
    header: list[object] = ["户号", "姓名或编号", "项目", "日期", "数量", "存证"]
    rows: list[list[object]] = [
        ["A01", "王桂兰", CLEANING, today, None, "签到表第 1 页"],
        ["A04", "林晓燕", CLEANING, today.isoformat(), 1, "签到表第 1 页"],
        ["A04", None, LECTURE, f"{today:%Y.%m.%d}", "２", "签到表第 2 页"],
        ["A10", "欧阳明", LECTURE, today.isoformat(), None, "照片"],
    ]
    wrong: list[list[object]] = [
        *rows,
        ["A99", None, CLEANING, today.isoformat(), None, "照片"],
        ["A01", None, "拔河", today, None, None],
    ]
    committee = story.person(ENTERS).opens("/~/points/awards/imports")
    committee.gives("file", files.workbook([header, *wrong]), "加分.xlsx").presses("上传并预览")
    committee.reads("有 2 行不能登记", "没有户号“A99”。", "请说明凭什么加分", "第 1 版积分表里没有“拔河”。")
    committee.opens("/~/points/awards/imports")
    committee.gives("file", files.workbook([header, *rows]), "加分.xlsx").presses("上传并预览")
    committee.reads("4 行都可以登记", "合计 25 分").presses("登记这 4 笔").reads("已登记 4 笔,等待审核。")


def another_member_reviews_it(story: Story) -> None:
    story.person(ENTERS).reads("自己登记的")  # and so there is nothing to choose
    reviewer = story.person(REVIEWS).opens("/~/points/awards?state=entered").presses("通过选中的")
    reviewer.reads("通过 4 笔。")
    # Which verdicts are drawn for a second pair of eyes is nobody's to know before: each award says what it waits for.
    waiting = _stages(reviewer).count("待复核")
    if waiting:
        reviewer.opens("/~/points/awards?state=second").reads("已审过")
        story.person(MERCHANT).opens("/~/points/awards?state=second").presses("通过选中的").reads(
            f"通过 {waiting} 笔。"
        )
    assert _stages(reviewer) == ["待公示"] * 4


def it_is_published_with_masked_names(story: Story) -> None:
    committee = story.person(ENTERS).opens("/~/points/awards").reads("4 笔已审核").follows("准备公示")
    committee.reads("第 1 批", "公示栏上的写法").presses("公示这 4 行").reads("第 1 批已公示,共 4 行。")
    passer_by = story.somebody(phone=True).opens("/~/board").follows("第 1 批")
    passer_by.reads("王*", "林*", "欧阳*", CLEANING, "公示到").does_not_read("王桂兰", "林晓燕", "欧阳明", "TPL-")
    passer_by.leaves()


def a_resident_objects_to_one_line_and_only_that_waits(story: Story) -> None:
    resident = story.person(OBJECTS, phone=True).opens("/~/board/1")
    resident.follows("提异议", within=resident.row("欧阳*"))
    resident.reads("您的名字、理由和照片只有村(居)委会和监督委员会看得到", "5 个工作日内答复。")
    resident.fills(reason="那天晚上他在外地。").presses("提交异议")
    resident.reads("第 1 号异议已收到,最晚", "待答复")
    resident.opens("/~/board/1")
    assert "有异议,待答复" in resident.row_says("欧阳*")
    assert "公示中" in resident.row_says("王*")


def after_five_working_days_the_others_are_booked(story: Story) -> None:
    ends = _day_of(story.met[OBJECTS].text(), "公示到")
    assert (ends - story.here.now().date()).days >= 5
    story.here.days_pass_until(dt.datetime.combine(ends + dt.timedelta(days=1), dt.time(9), ZONE))
    resident = story.person(OBJECTS).opens("/~/board/1").reads("公示已结束")
    assert "有异议,待答复" in resident.row_says("欧阳*")
    for line in ("王*", "林*"):
        assert "已入账" in resident.row_says(line)
    household = story.person(REDEEMS).opens("/~/my/points")
    assert household.figure("可用") == "15分(积分)"
    assert "+10" in household.row_says(LECTURE, "第 1 批")


def a_merchant_puts_soap_on_the_shelf(story: Story) -> None:
    committee = story.person(ENTERS).opens("/~/points/merchants")
    committee.fills(name="惠民超市", place="社区东门").presses("开商户")
    committee.page.locator("[name=person]").fill(story.numbers[MERCHANT])
    committee.presses("加上").reads("孙店 可以在那里核销了。")
    merchant = story.person(MERCHANT)
    for name, price, piece in (("香皂", "5", "块"), ("洗衣液", "20", "瓶")):
        merchant.opens("/~/merchant/stock/new").fills(name=name, piece=piece, price=price).presses("上架")
        merchant.fills(pieces="10").presses("入库")
        assert merchant.figure("库存") == f"10{piece}"


def a_household_redeems_soap_and_points_and_stock_are_set_aside(story: Story) -> None:
    household = story.person(REDEEMS).opens("/~/shop")
    household.presses("兑换 洗衣液").reads("需要 20 分,可用 15 分。", "可以换分值小的商品")
    household.presses("兑换 香皂").reads("香皂 × 1 块", "到 惠民超市 出示这个码领取。")
    assert (household.fact("可用"), household.fact("冻结")) == ("10分(积分)", "5分(积分)")
    story.shop_code = household.page.locator(".ticket-code").inner_text().replace(" ", "")
    merchant = story.person(MERCHANT).opens("/~/merchant/stock")
    assert merchant.row_says("香皂").startswith("香皂51019")  # price, stock, reserved, to be had


def the_merchant_hands_it_over_by_code_and_only_once(story: Story) -> None:
    merchant = story.person(MERCHANT).opens("/~/merchant")
    merchant.fills(code=story.shop_code).presses("查找").reads("香皂 × 1 块", "5 分").does_not_read("林晓燕")
    merchant.presses("已交付").reads("已交付:香皂 × 1,5 分。")
    merchant.fills(code=story.shop_code).presses("查找").reads("已经在", "交付过了。")
    household = story.person(REDEEMS).opens("/~/my/points").reads("兑换:香皂 × 1")
    assert household.figure("可用") == "10分(积分)"
    household.does_not_read("冻结")


def _stages(reviewer: Someone) -> list[str]:
    """How far each award is, as the list of all of them says."""
    cells = reviewer.opens("/~/points/awards").page.locator("main tbody td[data-label=状态]")
    return [plain(text) for text in cells.all_inner_texts()]


def _day_of(text: str, label: str) -> dt.date:
    return dt.date(*map(int, re.search(rf"{label}(\d+)年(\d+)月(\d+)日", text).groups()))
