"""Step 3: two communities each import a real points table and adopt it; after its publicity it comes into force."""

import datetime as dt
import hashlib
import re

from tests.browser import files
from tests.browser.installation import ZONE
from tests.browser.someone import Someone
from tests.browser.story import Story

MINUTES = "居民会议纪要:到会 45 人,赞成 41 票,反对 2 票。".encode()


def the_city_community_imports_the_residents_table_from_excel(story: Story) -> None:
    committee = story.person("吴委")
    table = files.points_table("points-table-residents.csv")
    _preview(committee, files.gb18030_csv(table), "居民积分表.csv", items=17)
    _draft(committee, files.workbook(table), "居民积分表.xlsx", items=17)


def the_village_imports_the_mixed_table_from_a_csv_of_china(story: Story) -> None:
    chief = story.person("马支书")
    table = files.points_table("points-table-mixed.csv")
    _preview(chief, files.workbook(table), "积分表.xlsx", items=11)
    _draft(chief, files.gb18030_csv(table), "积分表.csv", items=11)
    # Deductions and base points wait for a decision of their own.
    assert "未启用" in chief.row_says("房前屋后不整洁")
    assert "未启用" in chief.row_says("每户基础分")


def both_record_their_adoption_and_publicity_begins(story: Story) -> None:
    for name in ("吴委", "马支书"):
        adopting = story.person(name)
        adopting.fills(body="村(居)民代表会议", quorum="40", present="45", votes_for="41", votes_against="2")
        adopting.gives("minutes", MINUTES, "会议纪要.txt").presses("登记并开始公示")
        adopting.reads("第 1 版已通过,公示后从", "公示中", "45 人到会,法定 40 人", "赞成 41 票,反对 2 票", "账上备案")
        adopting.page.get_by_text("核对用的摘要").click()
        adopting.reads(hashlib.sha256(MINUTES).hexdigest())
        assert story.here.now().date() + dt.timedelta(days=7) == _day_of(adopting.fact("公示到"))


def anybody_reads_it_on_the_notice_board(story: Story) -> None:
    passer_by = story.somebody(phone=True).opens("/~/board").reads("太平里社区积分表", "公示中")
    passer_by.follows("太平里社区积分表").reads("参加社区环境卫生整治", "每人次").leaves()


def a_week_of_publicity_passes_and_both_come_into_force(story: Story) -> None:
    in_force_from = _day_of(story.person("吴委").fact("生效"))
    assert in_force_from.day == 1
    story.here.days_pass_until(dt.datetime.combine(in_force_from, dt.time(9), ZONE))
    for name in ("吴委", "马支书"):
        story.person(name).page.reload()
        assert story.person(name).fact("状态") == "生效"


def its_digest_is_a_note_in_the_ledger(story: Story) -> None:
    for committee, manager in (("吴委", "刘书记"), ("马支书", "马支书")):
        reading = story.person(committee)
        number = re.search(r"第(\d+)笔", reading.fact("账上备案"))[1]
        reading.page.get_by_text("核对用的摘要").click()
        digest = reading.page.locator("code.digest").first.inner_text()
        books = story.person(manager).opens(f"/~/books/entries/{number}")
        books.reads("备案", "points_table", digest)


def _draft(committee: Someone, content: bytes, name: str, *, items: int) -> None:
    _preview(committee, content, name, items=items)
    committee.presses("存为草案").reads(f"草案已存,{items} 个项目。", "登记通过")


def _preview(committee: Someone, content: bytes, name: str, *, items: int) -> None:
    committee.opens("/~/points/tables").gives("file", content, name).presses("上传并预览")
    committee.reads(f"{items} 个项目都读懂了")


def _day_of(text: str) -> dt.date:
    return dt.date(*map(int, re.search(r"(\d+)年(\d+)月(\d+)日", text).groups()))
