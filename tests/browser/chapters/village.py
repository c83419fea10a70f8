"""A village begins: its register, cards with codes, and who does what in it."""

import datetime as dt
import io
import re

import pypdfium2  # type: ignore[import-untyped]

from tests.browser import papers
from tests.browser.someone import Someone
from tests.browser.story import VILLAGE, Story

GIVEN_BY_ROLE = {
    "村(居)民委员会": (papers.CHIEF, papers.BOOKKEEPER, *papers.COMMITTEE),
    "监督委员会": papers.SUPERVISORS,
    "网格员": (papers.GRID_WORKER,),
    "服务台工作人员": (papers.CLERK,),
    "志愿者": (papers.HELPS_OUT,),
    "积分超市商户": (papers.MERCHANT,),
}


def the_villagers_are_taken_in_from_the_offices_list(story: Story) -> None:
    chief = story.person(papers.CHIEF).opens("/~/imports")
    chief.gives("file", papers.register_workbook(), "村民名册.xlsx").presses("上传并预览")
    assert (chief.figure("新增"), chief.figure("有误")) == (str(len(papers.PEOPLE)), "0")
    chief.presses("确认导入").reads(f"已导入 {len(papers.PEOPLE)} 人、15 户。")


def their_cards_are_printed_with_a_code_each(story: Story) -> None:
    """The slips come in the order of the list; each says whose it is."""
    chief = story.person(papers.CHIEF).opens("/~/imports").follows("村民名册.xlsx").follows("打印这些人的卡片")
    chief.fills(kind="personal", with_codes="1").presses("开始打印").reads("卡片已备好。")
    address = chief.page.get_by_role("link", name="打开 PDF").get_attribute("href")
    printed = pypdfium2.PdfDocument(io.BytesIO(chief.page.context.request.get(f"{story.here.address}{address}").body()))
    text = "".join(page.get_textpage().get_text_range() for page in printed)
    told = dict(re.findall(rf"({VILLAGE}-\d+-\w).*?([2-9A-Z]{{4}}-[2-9A-Z]{{4}})", text, re.DOTALL))
    numbers = sorted(told, key=lambda number: int(number.split("-")[1]))
    assert len(numbers) == len(papers.PEOPLE)
    story.codes |= told
    story.numbers |= {person[0]: number for person, number in zip(papers.PEOPLE, numbers, strict=True)}


def everybody_is_given_their_task(story: Story) -> None:
    chief = story.person(papers.CHIEF).opens("/~/roles")
    for role, names in GIVEN_BY_ROLE.items():
        for name in names:
            chief.fills(who=story.numbers[name], role=role)
            if role == "网格员":
                chief.fills(area_path="东组")
            chief.presses("授予").reads(f"已授予角色“{role}”")


def days_pass_until(story: Story, then: dt.datetime) -> None:
    """The jobs look four times a day at what has come due."""
    story.here.days_pass_until(then, looking_every=dt.timedelta(hours=6))


def passer_by(story: Story) -> Someone:
    """Somebody before the board, with a phone and without a sign-in."""
    return story.somebody(VILLAGE, phone=True)
