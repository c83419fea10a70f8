"""An elder without a phone, from the day she is taken into the register: paper, cards, other people's hands."""

from __future__ import annotations

import datetime as dt
import io
import re
import sqlite3

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from tests.browser.someone import Someone, codes_in
from tests.browser.story import CITY, Card, Story

ELDER, DESK, REVIEWER, VOLUNTEER = "王桂兰", "周前", "吴委", "林晓燕"
PEOPLE = {
    DESK: ("1985-01-12", "服务台工作人员"),
    REVIEWER: ("1975-02-13", "审核员"),
    VOLUNTEER: ("1990-10-11", "志愿者"),
}


def three_people_with_a_sign_in_are_taken_in(story: Story) -> None:
    """Who works for the community is registered by its manager, given a card with a one-time code, and a role."""
    manager = story.person("刘书记")
    for name, (born_on, role) in PEOPLE.items():
        _admit(story, manager, name, born_on, sex="女")
        slips = _print_card(story, manager)[1]
        story.codes[story.numbers[name]] = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", slips)[0]
        manager.opens("/~/roles").fills(who=story.numbers[name], role=role).presses("授予")
        manager.reads(f"已授予角色“{role}”")


def she_is_taken_in_without_phone_or_identity_number(story: Story) -> None:
    desk = story.person(DESK)
    _admit(story, desk, ELDER, "1944-03-05", sex="女", address="3 号楼 201")
    desk.reads("没有", "还没有账户")


def her_card_and_the_one_for_her_door_are_printed(story: Story) -> None:
    """On each the code alone; the slip with a sign-in code is hers to throw away."""
    desk = story.person(DESK)
    found, _slips = _print_card(story, desk)
    story.cards[story.numbers[ELDER]] = found
    desk.opens("/~/people").follows(ELDER).follows("户 ")
    picture, text = _printed(story, desk.presses("打印门牌卡"))
    assert ELDER not in text
    (door,) = codes_in(picture)
    story.doors["home"] = door.text


def what_the_register_says_of_her_is_shown_with_its_evidence(story: Story) -> None:
    desk = story.person(DESK).opens("/~/people").follows(ELDER)
    desk.page.locator("summary", has_text="登记一种情况").click()
    until = story.here.now().date() + dt.timedelta(days=365)
    desk.fills(flag="独居", evidence="走访记录 7 号", until_on=until.isoformat())
    desk.presses("登记", within=desk.page.locator("form", has=desk.page.locator("[name=evidence]")))
    desk.reads("独居", "走访记录 7 号", "重点老人")


def the_hours_that_she_served_stand_on_paper_and_are_typed_in(story: Story) -> None:
    """She knitted with the children last week, and wrote herself into the book on the table."""
    day = story.here.now().date() - dt.timedelta(days=3)
    desk = story.person(DESK).opens("/~/late-entry/page")
    desk.fills(book="活动室登记册", page="12", place="活动室")
    desk.fills(line_0="5", person_0=story.numbers[ELDER], day_0=day.isoformat(), starts_0="9:00", ends_0="12:05")
    desk.presses("全部记下").reads("已录入 1 行,等待别人审核。")
    desk.fills(book="活动室登记册", page="12", place="活动室")
    desk.fills(line_0="5", person_0=story.numbers[ELDER], day_0=day.isoformat(), starts_0="14:00", ends_0="15:00")
    desk.presses("全部记下").reads("有 1 行要改,一行也没有记下。")


def another_person_looks_at_the_page_and_her_minutes_are_booked(story: Story) -> None:
    reviewer = story.person(REVIEWER).opens("/~/reviews").reads(ELDER, "活动室登记册")
    reviewer.page.locator("summary", has_text="审核").first.click()
    reviewer.presses("同意")
    desk = story.person(DESK).opens(f"/~/desk/people/{story.numbers[ELDER]}")
    assert desk.figure("可用") == "3小时"


def at_the_desk_her_card_is_scanned_and_an_hour_of_company_ordered(story: Story) -> None:
    desk = story.person(DESK)
    story.camera.show(story.cards[story.numbers[ELDER]].picture)
    desk.opens("/~/desk")
    with desk.page.expect_navigation(url=re.compile("/desk/people/")):
        desk.page.get_by_role("button", name="用相机扫码").click()
    desk.reads(ELDER, "没有电话", "82 岁").follows("替老人点单")
    starts = story.here.now() + dt.timedelta(minutes=30)
    starts -= dt.timedelta(minutes=starts.minute % 5)
    desk.fills(service="读书读报", planned_minutes="1 小时", place="3 号楼 201")
    desk.fills(day=starts.date().isoformat(), time=f"{starts:%H:%M}").presses("点单")
    desk.reads("之后可用 2 小时", "待领")
    story.order = desk.page.url
    desk.presses("打印确认单").reads("服务确认单", "点单后可用 2 小时")
    story.tear_off = desk.page.locator("#tear-off-number").inner_text().replace(" ", "")


def a_volunteer_comes_and_scans_the_door(story: Story) -> None:
    volunteer = story.person(VOLUNTEER, phone=True)
    volunteer.opens("/~/orders/near").presses("领单").reads("领单,分钟已冻结")
    story.here.minutes_pass(25)
    volunteer.opens(story.doors["home"]).presses("我到了").reads("已记下到达时间")
    story.here.minutes_pass(58)
    volunteer.opens(story.doors["home"]).presses("我离开了").reads("已记下离开时间")


def her_number_confirms_and_the_desk_writes_down_her_stars(story: Story) -> None:
    story.person(VOLUNTEER).fills(number=story.tear_off).presses("确认").reads("确认,分钟已结算", "结算 45 分")
    desk = story.person(DESK).opens(story.order)
    desk.fills(stars="5", comment="念得清楚").presses("评单").reads("已评", "5 星 · 念得清楚")


def what_she_has_left_is_told_and_printed(story: Story) -> None:
    """What a phone would have told her stands at the desk, to be told; her statement is paper."""
    desk = story.person(DESK).opens(f"/~/desk/people/{story.numbers[ELDER]}")
    assert (desk.figure("可用"), desk.figure("已冻结"), desk.figure("余额")) == ("2小时15分", "0分", "2小时15分")
    desk.opens(f"/~/desk/people/{story.numbers[ELDER]}/notices").reads("有志愿者领了", "未读")
    desk.presses("都告诉本人了").reads("已记下:已告知本人。").does_not_read("未读")


def nowhere_is_there_a_phone_or_a_sign_in_of_hers(story: Story) -> None:
    with sqlite3.connect(f"file:{story.here.database}?mode=ro", uri=True) as database:
        person_id, phone = database.execute(
            "SELECT id, phone FROM person WHERE number = ?", [story.numbers[ELDER]]
        ).fetchone()
        links = database.execute("SELECT count(*) FROM login_person WHERE person_id = ?", [person_id]).fetchone()
    assert (phone, links) == (None, (0,))


def _admit(story: Story, clerk: Someone, name: str, born_on: str, *, sex: str, address: str = "") -> None:
    clerk.opens("/~/people/new").fills(name=name, born_on=born_on, sex=sex, address=address).presses("登记")
    story.numbers[name] = re.search(rf"{CITY}-\d+-\w", clerk.reads(name).page.inner_text("main"))[0]


def _print_card(story: Story, clerk: Someone) -> tuple[Card, str]:
    """The card of the person whose page is open, and the text of the slip that is printed with it."""
    picture, text = _printed(story, clerk.presses("打印卡片"))
    code = codes_in(picture)[0]
    corner, opposite = code.position.top_left, code.position.bottom_right
    around = picture.crop((corner.x - 12, corner.y - 12, opposite.x + 12, opposite.y + 12))
    return Card(code.text, around), text


def _printed(story: Story, clerk: Someone) -> tuple[Image.Image, str]:
    clerk.reads("卡片已备好。")
    address = clerk.page.get_by_role("link", name="打开 PDF").get_attribute("href")
    document = pypdfium2.PdfDocument(
        io.BytesIO(clerk.page.context.request.get(f"{story.here.address}{address}").body())
    )
    text = "".join(page.get_textpage().get_text_range() for page in document)
    return document[0].render(scale=150 / 72).to_pil(), text
