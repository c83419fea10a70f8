"""The village's table of points: uploaded as it is kept, mended, discussed, voted by the council, hung out, objected to, in force."""

from __future__ import annotations

import datetime as dt

from tests.browser import papers
from tests.browser.chapters import village
from tests.browser.installation import ZONE
from tests.browser.someone import Someone
from tests.browser.story import Story

COUNCIL = "村民理事会"
DRAFTER = papers.COMMITTEE[0]
SAID = dict.fromkeys(papers.COUNCIL[:5], "赞成") | {papers.COUNCIL[5]: "反对", papers.COUNCIL[6]: "弃权"}
MINUTES = papers.paper("东岳村村民理事会会议纪要", "应到 7 人,实到 7 人。", "赞成 5 票,反对 1 票,弃权 1 票。")


def an_ugly_workbook_is_read_but_for_one_row(story: Story) -> None:
    drafter = story.person(DRAFTER).opens("/~/points/tables")
    drafter.gives("file", papers.ugly_table(), "积分细则(定稿3).xlsx").presses("上传并预览")
    drafter.reads("有 1 行读不了", "适当加分").does_not_read("存为草案")
    assert drafter.row_says("改这一行").startswith(f"{papers.UNREADABLE_ROW}分值")


def the_row_is_mended_where_it_stands(story: Story) -> None:
    drafter = story.person(DRAFTER).follows("改这一行").fills(value="15")
    drafter.presses("保存这一行").reads(f"{papers.ITEMS} 个项目都读懂了")
    # What was read is said in sentences: hours, caps, ranges, and deductions that nobody uses before they are decided on.
    assert "每小时2分" in drafter.row_says(papers.CLEANING)
    assert "每月最多20分" in drafter.row_says(papers.CLEANING)
    assert "1到5分,由审核人酌情定" in drafter.row_says(papers.HAZARD)
    assert "人居环境" in drafter.row_says(papers.HAZARD), "the merged cell holds for each of its rows"
    assert "\N{MINUS SIGN}5" in drafter.row_says("乱倒垃圾", "先不启用")
    assert drafter.page.locator("[name=title]").input_value() == papers.TITLE
    drafter.presses("存为草案").reads(f"草案已存,{papers.ITEMS} 个项目。")


def the_draft_hangs_out_and_a_villager_says_something(story: Story) -> None:
    drafter = story.person(DRAFTER).fills(days="3").presses("挂出草案，开始讨论").reads("讨论中", "提意见到")
    villager = story.person(papers.VILLAGER, phone=True).opens(_table(story)).fits_the_screen()
    villager.fills(position=papers.WORK, text="下雨天出工的能不能多给一点?").presses("提意见").reads("意见已记下")
    drafter.opens(_table(story)).fills(text="先按 5 分试一年,年底一起看。").presses("答复").reads("已答复。")


def the_council_sits_with_its_members(story: Story) -> None:
    chief = story.person(papers.CHIEF).opens("/~/points/bodies")
    chief.fills(name=COUNCIL, kind="村民理事会").presses("登记").reads(f"已登记“{COUNCIL}”。")
    for name in papers.COUNCIL:
        if not chief.page.locator("main [name=person]").is_visible():
            chief.page.locator("summary", has_text="添加成员").click()
        chief.fills(person=story.numbers[name], role="负责人" if name == papers.COUNCIL[0] else "成员")
        chief.presses("添加成员").reads(name)
    three_days = story.here.now() + dt.timedelta(days=3, minutes=1)
    village.days_pass_until(story, three_days)


def it_votes_by_name_and_the_minutes_are_kept(story: Story) -> None:
    drafter = story.person(DRAFTER).opens(_table(story)).follows("登记表决")
    for name, word in SAID.items():
        drafter.page.get_by_label(name).select_option(label=word)
    drafter.gives("minutes", MINUTES, "理事会纪要.pdf").presses("登记，等另一个人核对")
    drafter.reads("应到 7 人,到会 7 人,法定 5 人", "赞成 5 票,反对 1 票,弃权 1 票").does_not_read("请对照会议纪要")


def a_second_person_reads_the_minutes_and_confirms(story: Story) -> None:
    second = story.person(papers.BOOKKEEPER).opens(_table(story)).reads("请对照会议纪要")
    assert second.downloads("下载会议纪要") == MINUTES
    second.presses("核对无误").reads("第 1 版已通过", "公示中", "账上备案").does_not_read("表决前请看一看")


def a_villager_objects_and_is_answered_within_the_week(story: Story) -> None:
    villager = story.person(papers.VILLAGER).opens(_table(story)).reads("对这张表提异议")
    villager.fills(position=papers.HONOUR, reason="一张证书一百分,比干一年活还多。").presses("提异议")
    villager.reads("答复以前这张表不生效")
    village.days_pass_until(story, story.here.now() + dt.timedelta(days=1))
    second = story.person(papers.BOOKKEEPER).opens(_table(story)).reads("比干一年活还多")
    second.page.locator("#objections textarea").first.fill("市级以上的证书十年才有一张,理事会认为值这么多。")
    second.presses("异议不成立，维持").reads("已答复。")
    villager.opens(_table(story)).reads("异议不成立", "理事会认为值这么多")


def a_week_passes_and_it_is_in_force_from_its_day(story: Story) -> None:
    passer_by = village.passer_by(story).opens("/~/board").reads("公示中").follows(papers.TITLE)
    passer_by.reads(papers.CLEANING, "每小时 2 分", "钱*").does_not_read("钱桂花").fits_the_screen()
    drafter = story.person(DRAFTER).opens(_table(story))
    hangs_until, in_force_from = drafter.day("公示到"), drafter.day("生效")
    assert (hangs_until - drafter.day("通过日期")).days == 7
    assert in_force_from.day == 1
    village.days_pass_until(story, dt.datetime.combine(in_force_from, dt.time(8), ZONE))
    drafter.opens(_table(story))
    assert drafter.fact("状态") == "生效"
    passer_by.opens("/~/board").reads("生效").leaves()


def a_table_is_adopted(story: Story) -> None:
    """The same way in short, where the story is about something else."""
    an_ugly_workbook_is_read_but_for_one_row(story)
    the_row_is_mended_where_it_stands(story)
    drafter = story.person(DRAFTER).fills(days="3").presses("挂出草案，开始讨论").reads("讨论中")
    _table(story)
    the_council_sits_with_its_members(story)
    it_votes_by_name_and_the_minutes_are_kept(story)
    a_second_person_reads_the_minutes_and_confirms(story)
    in_force_from = drafter.opens(_table(story)).day("生效")
    village.days_pass_until(story, dt.datetime.combine(in_force_from, dt.time(8), ZONE))


def _table(story: Story) -> str:
    """The address of the table: once the draft is kept, everybody goes there."""
    if not story.table:
        story.table = story.person(DRAFTER).page.url.split("#", maxsplit=1)[0]
    return story.table


def drafter_of(story: Story) -> Someone:
    return story.person(DRAFTER)
