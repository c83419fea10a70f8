"""The morning before anybody comes: thirty people on a list, cards for them, a service point, a shift with 25 places."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Locator
from zxingcpp import Barcode

from tests.browser import files
from tests.browser.chapters.attendance import HALL
from tests.browser.chapters.station import DESK, can_do_without_a_network
from tests.browser.someone import Someone, codes_in
from tests.browser.story import CITY, Card, Story

MANAGER, ELDER = "刘书记", "王桂兰"
SHIFT = "清洁家园"
# The thirty, by how they come and go. Two have phones; the one has a place in the shift, the other waits for one.
WITH_PHONE, LATE_WITH_PHONE = "林晓燕", "何小满"
BEFORE_THE_CAMERA, BY_NAME, INITIALS, RESTS, FORGETS, CALLS_OFF = "高山", "方圆", "fy", "田野", "石磊", "陈大力"
BY_NUMBER = ("马奔", "江涛", "白雪")
BY_CARD = ("金铃", "罗兰", "唐诗", "宋词", "叶茂", "程远", "杜鹃", "苏醒", "丁香", "余音", "任重", "袁月", "姜维民")
AT_NOON = ("魏来", "温暖", "杨帆")  # have a place and come late, when there is no network
MOVED_UP, *STILL_WAITING = ("柳青", "万里", "安宁", "常乐")
PLACES = (WITH_PHONE, BEFORE_THE_CAMERA, BY_NAME, RESTS, FORGETS, CALLS_OFF, *BY_NUMBER, *BY_CARD, *AT_NOON)
VOLUNTEERS = (*PLACES, MOVED_UP, *STILL_WAITING, LATE_WITH_PHONE)
QUEUE = (RESTS, FORGETS, *BY_CARD, MOVED_UP)
WITHOUT_A_PLACE = (*STILL_WAITING, CALLS_OFF)
LEAVE_AT_NOON = (BEFORE_THE_CAMERA, BY_NAME, RESTS, *WITHOUT_A_PLACE)


def thirty_volunteers_are_taken_in_from_the_offices_list(story: Story) -> None:
    people = [
        [name, "女" if at % 2 else "男", f"{1958 + at}-0{at % 9 + 1}-1{at % 10}", f"B{at:02}"]
        for at, name in enumerate((*VOLUNTEERS, DESK))
    ]
    people.append([ELDER, "女", "1944-03-05", "B99"])
    table = files.workbook([["姓名", "性别", "出生日期", "户号", "与户主关系"], *([*line, "户主"] for line in people)])
    manager = story.person(MANAGER).opens("/~/imports")
    manager.gives("file", table, "志愿者名册.xlsx").presses("上传并预览")
    assert (manager.figure("新增"), manager.figure("有误")) == ("32", "0")
    manager.presses("确认导入").reads("已导入 32 人、32 户。")


def their_cards_are_printed_ten_to_a_page(story: Story) -> None:
    """The slips with the one-time codes say which card is whose: they come in the same order."""
    manager = story.person(MANAGER).opens("/~/imports").follows("志愿者名册.xlsx").follows("打印这些人的卡片")
    manager.fills(kind="personal", with_codes="1").presses("开始打印").reads("卡片已备好。")
    address = manager.page.get_by_role("link", name="打开 PDF").get_attribute("href")
    printed = manager.page.context.request.get(f"{story.here.address}{address}").body()
    sheets, slips = [], ""
    for page in pypdfium2.PdfDocument(io.BytesIO(printed)):
        text = page.get_textpage().get_text_range()
        if re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text):
            slips += text
            continue
        picture = page.render(scale=150 / 72).to_pil()
        sheets.append([Card(code.text, _around(picture, code)) for code in codes_in(picture)])
    assert [len(sheet) for sheet in sheets] == [10, 10, 10, 2]
    told = re.findall(rf"({CITY}-\d+-\w).*?([2-9A-Z]{{4}}-[2-9A-Z]{{4}})", slips, re.DOTALL)
    story.codes |= dict(told)
    numbers = sorted((number for number, _code in told), key=lambda number: int(number.split("-")[1]))
    story.cards = dict(zip(numbers, (card for sheet in sheets for card in sheet), strict=True))
    story.numbers |= dict(zip((*VOLUNTEERS, DESK, ELDER), numbers, strict=True))


def the_thirty_become_volunteers_and_one_person_staffs_the_desk(story: Story) -> None:
    manager = story.person(MANAGER).opens("/~/roles").fills(role="志愿者")
    for name in VOLUNTEERS:
        manager.fills(who=story.numbers[name], role="志愿者").presses("授予")
    manager.fills(who=story.numbers[DESK], role="服务台工作人员").presses("授予")
    manager.reads("已授予角色“服务台工作人员”")
    assert manager.page.locator("main tbody tr").filter(has_text="志愿者").count() == len(VOLUNTEERS)


def a_service_point_gets_hours_a_screen_and_a_station(story: Story) -> None:
    manager = story.person(MANAGER).opens("/~/service-points").fills(name=HALL, place="东门").presses("新建服务点")
    screen = story.met[HALL] = story.somebody()
    screen.opens(manager.page.get_by_role("link", name="打开屏幕").get_attribute("href")).reads(HALL)
    manager.follows("开放时间")
    for opens, closes in zip(_each(manager, "opens_%a"), _each(manager, "closes_%a"), strict=True):
        opens.fill("09:00")
        closes.fill("17:00")
    manager.page.locator("main [name=keeps_holidays]").uncheck()
    manager.presses("保存").reads("开放时间已保存。")
    desk = story.met[DESK] = story.somebody()
    desk.page.clock.install(time=story.here.now())
    desk.activates(story.numbers[DESK], story.codes[story.numbers[DESK]])
    desk.opens("/~/devices").fills(name="前台平板", point=HALL)
    with desk.page.expect_navigation(url=re.compile("/station")):
        desk.page.get_by_role("button", name="登记这个浏览器").click()
    can_do_without_a_network(story)


def a_shift_of_25_is_announced_and_five_wait_for_a_place(story: Story) -> None:
    """Two sign up on their phones, for the others the office writes down what it is told."""
    manager = story.person(MANAGER).opens("/~/activities/new")
    day = story.here.now().date().isoformat()
    manager.fills(title=SHIFT, point=HALL, day=day, starts="09:30", ends="15:30", capacity="25").presses("发布")
    manager.reads(SHIFT, "替谁报名")
    with_phone = story.person(WITH_PHONE, phone=True).opens(manager.page.url).presses("报名").reads("您已报名")
    assert "1人,最多25人" in with_phone.fact("报名")
    for name in (*PLACES[1:], MOVED_UP, *STILL_WAITING):
        manager.fills(person=story.numbers[name])
        manager.presses("报名", within=manager.page.locator("form", has=manager.page.locator("[name=person]")))
    assert manager.fact("报名") == "25人,最多25人·候补4人"
    late = story.person(LATE_WITH_PHONE, phone=True).opens(manager.page.url).presses("排候补")
    late.reads("您排候补第 5 位")


def somebody_calls_off_and_the_first_who_waits_moves_up(story: Story) -> None:
    manager = story.person(MANAGER)
    with manager.page.expect_navigation():
        manager.page.get_by_role("button", name=f"取消 {CALLS_OFF} 的报名").click()
    assert manager.fact("报名") == "25人,最多25人·候补4人"
    assert "候补" not in manager.row_says(MOVED_UP)
    assert "候补1" in manager.row_says(STILL_WAITING[0])
    late = story.person(LATE_WITH_PHONE)
    late.page.reload()
    late.reads("您排候补第 4 位")


def _each(somebody: Someone, pattern: str) -> Iterable[Locator]:
    """The fields of a name with a part that goes from row to row."""
    begins, ends = pattern.split("%")
    return somebody.page.locator(f"main input[name^={begins}][name$={ends}]").all()


def _around(picture: Image.Image, code: Barcode) -> Image.Image:
    """The card's code with some white around it, as a camera would see it."""
    corner, opposite = code.position.top_left, code.position.bottom_right
    return picture.crop((corner.x - 12, corner.y - 12, opposite.x + 12, opposite.y + 12))
