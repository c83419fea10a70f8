"""What was ordered is handed out by code, in part or not at all; what comes back, lapses or is given up; and the books of it."""

import datetime as dt
import io
import re

from playwright.sync_api import Locator
from python_calamine import CalamineWorkbook

from tests.browser.chapters.audit import Alone
from tests.browser.chapters.founding import ENTERS, MERCHANT, REVIEWS, SELDOM
from tests.browser.chapters.objecting import CLEANING, LECTURE
from tests.browser.chapters.redeeming import AT_HOME, ELDER, OTHER_MERCHANT, wants
from tests.browser.installation import ZONE
from tests.browser.someone import Someone, plain
from tests.browser.story import Story


def the_merchant_sees_goods_and_codes_but_nobody(story: Story) -> None:
    merchant = story.person(MERCHANT).opens("/~/").follows("核销兑换码").reads("等人来领 2", "香皂 × 2、洗衣液 × 1")
    for page in ("/~/merchant", "/~/merchant/orders", "/~/merchant/stock"):
        merchant.opens(page).does_not_read(AT_HOME, ELDER, "林*", "王*", story.numbers[AT_HOME], story.shop_code)


def a_wrong_code_and_another_merchant_are_refused_plainly(story: Story) -> None:
    merchant = story.person(MERCHANT)
    wrong = f"{(int(story.shop_code) + 1) % 100_000_000:08}"
    _looks_up(merchant, wrong).reads("没有这个兑换码。", "请核对 8 位数字")
    _looks_up(merchant, "1234").reads("没有这个兑换码。")
    _looks_up(story.person(OTHER_MERCHANT), story.shop_code).reads("没有这个兑换码。", "也可能是别家的码")


def one_thing_is_missing_and_only_the_others_are_handed_over(story: Story) -> None:
    """A bottle broke on the shelf: its points are free again at once, and the household reads why."""
    merchant = _looks_up(story.person(MERCHANT), story.shop_code).reads("请交付", "30 分").does_not_read(AT_HOME)
    merchant.page.locator("summary", has_text="有的没有货").click()
    merchant.page.get_by_label("洗衣液").fill("0")
    merchant.fills(reason="瓶子破了").presses("只交付这些").reads("已交付:香皂 × 2,10 分。", "领到一部分")
    phone = story.person(AT_HOME).opens("/~/notices").reads("只领到一部分", "瓶子破了")
    phone.opens("/~/shop/orders").follows("香皂 × 2").reads("领到一部分", "领到 0", "瓶子破了")
    assert (phone.fact("实际交付"), phone.fact("可用")) == ("10分(积分)", "30分(积分)")


def the_same_code_is_good_once(story: Story) -> None:
    _looks_up(story.person(MERCHANT), story.shop_code).reads("已经在", "交付过了。", "同一个码不能用两次")


def the_elders_slip_is_scanned_and_her_things_handed_over(story: Story) -> None:
    merchant = _looks_up(story.person(MERCHANT), story.slip_code).reads("毛巾 × 1 条", "香皂 × 1 块", "13 分")
    merchant.presses("已交付", twice=True).reads("已交付:香皂 × 1、毛巾 × 1,13 分。")


def one_order_is_given_up_and_points_and_pieces_are_free(story: Story) -> None:
    phone = story.person(AT_HOME).opens("/~/shop")
    wants(phone, {"毛巾": 2})
    assert phone.fact("可用") == "14分(积分)"
    phone.presses("取消兑换").reads("已取消,积分已解冻。")
    assert phone.fact("可用") == "30分(积分)"


def one_that_nobody_fetches_lapses_after_the_second_opening_day(story: Story) -> None:
    phone = story.person(AT_HOME).opens("/~/shop")
    wants(phone, {"毛巾": 1, "洗衣液": 1}).reads("前领取,过期自动退回积分")
    order, code = phone.page.url, phone.page.locator(".ticket-code").inner_text()
    ordered_on = story.here.now().date()
    merchant = story.person(MERCHANT).opens("/~/merchant/stock")
    assert merchant.row_says("毛巾").startswith("毛巾8211")
    then = dt.datetime.combine(ordered_on + dt.timedelta(days=3), dt.time(9), ZONE)
    story.here.days_pass_until(then, looking_every=SELDOM)
    phone.opens(order).reads("过期未领")
    assert phone.fact("可用") == "30分(积分)"
    phone.opens("/~/notices").reads("没有按时领取")
    _looks_up(merchant, code).reads("这笔兑换已经领取、取消或者过期。")
    assert merchant.opens("/~/merchant/stock").row_says("毛巾").startswith("毛巾8202")


def faulty_soap_comes_back_and_its_points_too(story: Story) -> None:
    """Written down by the merchant, decided by somebody of the committee."""
    merchant = story.person(MERCHANT).opens("/~/merchant/orders")
    number = re.match(r"\d+", merchant.row_says("香皂 × 2"))[0]
    merchant.opens("/~/merchant").follows("退货").fills(order_number=number).presses("查找")
    merchant.fills(item_id="香皂", pieces="1", reason="受潮结块").presses("登记退货").reads("待确认")
    story.person(REVIEWS).opens("/~/").follows("商户").follows("退货").presses("确认退回积分").reads("已退回积分")
    phone = story.person(AT_HOME).opens("/~/my/household")
    assert phone.figure("可用") == "35分(积分)"


def the_months_report_ties_pieces_points_and_entries(story: Story) -> None:
    committee = story.person(ENTERS).opens("/~/points/merchants").follows("月报").reads("库存、积分和流水对得上")
    # pieces times price 23 = orders 23, minus 5 given back = 18 in the merchant's account
    committee.reads("件数乘单价 23 分 = 兑换单 23 分;减退货 5 分 = 商户账户 18 分")
    assert committee.row_says("香皂", "8", "3").startswith("香皂08")
    shown = [_cells(row) for row in committee.page.locator("main section table tbody tr").all()]
    book = CalamineWorkbook.from_filelike(io.BytesIO(committee.downloads("Excel")))
    written = [
        [_said(cell) for cell in row] for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()
    ]
    for row in shown:
        assert any(set(row) <= set(line) for line in written), (row, written)


def the_household_reads_where_its_points_came_from_and_what_is_next(story: Story) -> None:
    phone = story.person(AT_HOME).opens("/~/").follows("我家的积分").fits_the_screen()
    phone.reads("志愿参与", "现在能换", "再得 25 分能换“电水壶”。", "怎么挣分")
    assert "今年1次" in phone.row_says(CLEANING)
    assert "40" in phone.row_says(f"{story.here.now().month} 月")
    phone.follows("每一笔明细").reads("兑换:香皂 × 2", LECTURE)


def the_books_verify_with_their_details(story: Story, alone: Alone) -> None:
    auditor = story.officer("auditor").opens("/~/books/findings").reads("全部相符")
    auditor.opens("/~/books/bundle").fills(details="1").presses("开始制作").reads("证据包做好了")
    alone.put("bundle.zip", auditor.downloads("下载"))
    alone.put("verify.py", auditor.downloads("下载 verify.py"))
    assert "一切相符" in alone.verifies("bundle.zip")


def _looks_up(merchant: Someone, code: str) -> Someone:
    return merchant.opens("/~/merchant").fills(code=code).presses("查找")


def _cells(row: Locator) -> list[str]:
    return [plain(cell.inner_text()) for cell in row.locator("td").all()]


def _said(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)
