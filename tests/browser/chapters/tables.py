"""Step 3: two communities each import a real points table and adopt it; after its publicity it comes into force."""

import datetime as dt
import hashlib
import re

from tests.browser import files
from tests.browser.installation import ZONE
from tests.browser.someone import Someone
from tests.browser.story import Story

MINUTES = "%PDF-1.4 居民会议纪要:到会 45 人,赞成 41 票,反对 2 票。".encode()


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


def both_hang_their_drafts_out_and_a_resident_comments(story: Story) -> None:
    for name in ("吴委", "马支书"):
        story.person(name).fills(days="3").presses("挂出草案，开始讨论").reads("讨论中", "提意见到")
    path = story.person("吴委").page.url.split("/points/")[1]
    resident = story.person("林晓燕", phone=True).opens(f"/~/points/{path}")
    resident.fills(position="17. 参加公益理发", text="理发能不能多给两分?").presses("提意见").reads(
        "意见已记下", "待答复"
    )
    story.here.days_pass_until(story.here.now() + dt.timedelta(days=3, minutes=1))
    committee = story.person("吴委")
    committee.page.reload()
    committee.fills(text="先试行一年,年底再看。").presses("答复").reads("已答复。", "先试行一年")


def both_record_their_vote_and_a_second_person_confirms_it(story: Story) -> None:
    for name, second in (("吴委", "刘书记"), ("马支书", "牛会计")):
        recording = story.person(name)
        table = f"/~/points/{recording.page.url.split('/points/')[1].split('#')[0]}"
        recording.opens("/~/points/bodies").fills(name="居民大会", kind="村(居)民会议").presses("登记").reads(
            "居民大会"
        )
        recording.opens(table).follows("登记表决").fills(entitled="80", present="45", votes_for="41", votes_against="2")
        recording.gives("minutes", MINUTES, "会议纪要.pdf").presses("登记，等另一个人核对")
        recording.reads("表决记录,等第二个人核对").does_not_read("请对照会议纪要")
        other = story.person(second).opens(table).reads("请对照会议纪要", "应到 80 人,到会 45 人,法定 41 人")
        other.presses("核对无误").reads("第 1 版已通过,公示后从", "公示中", "赞成 41 票,反对 2 票", "账上备案")
        assert story.here.now().date() + dt.timedelta(days=7) == _day_of(other.fact("公示到"))
        recording.opens(table).page.get_by_text("核对用的摘要").first.click()
        recording.reads(hashlib.sha256(MINUTES).hexdigest())
        assert recording.downloads("下载会议纪要") == MINUTES


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
        reading.page.get_by_text("核对用的摘要").first.click()
        digest = reading.page.locator("code.digest").first.inner_text()
        books = story.person(manager).opens(f"/~/books/entries/{number}")
        books.reads("备案", "points_table", digest)


def _draft(committee: Someone, content: bytes, name: str, *, items: int) -> None:
    _preview(committee, content, name, items=items)
    committee.presses("存为草案").reads(f"草案已存,{items} 个项目。", "挂出草案,开始讨论")


def _preview(committee: Someone, content: bytes, name: str, *, items: int) -> None:
    committee.opens("/~/points/tables").gives("file", content, name).presses("上传并预览")
    committee.reads(f"{items} 个项目都读懂了")


def _day_of(text: str) -> dt.date:
    return dt.date(*map(int, re.search(r"(\d+)年(\d+)月(\d+)日", text).groups()))
