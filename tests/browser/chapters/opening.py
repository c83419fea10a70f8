"""Step 1: an operator imports the tree of areas and opens two communities in it."""

import re

from tests.browser import files
from tests.browser.story import CITY, VILLAGE, Story


def the_console_makes_sign_ins_for_the_operator_and_the_auditor(story: Story) -> None:
    story.here.run("migrate")
    for role in ("operator", "auditor"):
        said = story.here.run("login", role, "--role", role)
        story.secrets[role] = re.search(r"with password (\S+),", said)[1]


def an_operator_imports_the_tree_of_areas(story: Story) -> None:
    operator = story.officer("operator").opens("/operator/areas")
    operator.reads("还没有区域").gives("file", files.AREAS, "区域.csv").presses("上传并预览")
    assert operator.figure("新增") == "14"
    operator.reads("太平里社区", "第一网格").presses("确认导入")
    operator.reads("已导入:新增 14 个,改名 0 个,不变 0 个。", "江苏省", "河南省")


def the_operator_opens_a_city_community(story: Story) -> None:
    _open(story, CITY, "太平里社区", "南京 2019", officers=("刘书记", "高主任"))


def the_operator_opens_a_village(story: Story) -> None:
    _open(story, VILLAGE, "东岳村", "北京 2022", officers=("马支书", "牛会计"))


def the_operator_opens_a_city_community_and_a_village(story: Story) -> None:
    _open(story, CITY, "太平里社区", "南京 2019", officers=("刘书记", "高主任"))
    the_operator_opens_a_village(story)
    operator = story.officer("operator").opens("/operator/communities")
    assert "nanjing-2019" in operator.row_says("太平里社区")
    assert "beijing-2022" in operator.row_says("东岳村")


def _open(story: Story, code: str, name: str, profile: str, *, officers: tuple[str, str]) -> None:
    operator = story.officer("operator").opens("/operator/communities/new")
    operator.fills(area_code=name, name=name, code=code, profile=profile)
    operator.fills(first_officer=officers[0], second_officer=officers[1]).presses("开通")
    operator.reads(f"timebank.example/log/{code}", "每年可发放的时间 100,000 小时", "每年可发放的积分 1,000,000")
    assert story.here.settings.keys.joinpath(f"{code}.seed").stat().st_mode & 0o077 == 0
    for officer in officers:
        card = operator.page.locator("dl").filter(has_text=officer).inner_text()
        number = re.search(rf"{code}-\d+-\w", card)[0]
        story.numbers[officer] = number
        story.codes[number] = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", card)[0]
