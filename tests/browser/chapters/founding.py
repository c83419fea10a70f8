"""How a community comes to have points: people with cards and roles, and a table that was discussed, voted and hung out.

What stories about points begin with; the main story looks at each of these steps closely.
"""

import datetime as dt
import re

from tests.browser import files
from tests.browser.chapters import opening, register
from tests.browser.installation import ZONE
from tests.browser.story import Story

CHAIR, DESK, ENTERS, REVIEWS, MERCHANT = "刘书记", "周前", "吴委", "郑审", "孙店"
COMMITTEE = "村(居)民委员会"
ROLES = {
    DESK: ["服务台工作人员"],
    ENTERS: [COMMITTEE],
    REVIEWS: [COMMITTEE],
    MERCHANT: ["积分超市商户", COMMITTEE],
}
TABLE = "points-table-residents.csv"
MINUTES = "%PDF-1.4 居民会议纪要:到会 45 人,赞成 41 票,反对 2 票。".encode()
# Nothing that waits for hours happens while a table is discussed: it is enough to look four times a day.
SELDOM = dt.timedelta(hours=6)


def a_community_comes_to_have_points(story: Story) -> None:
    """Ends with the server stopped, at nine on the day on which the table is in force."""
    opening.the_console_makes_sign_ins_for_the_operator_and_the_auditor(story)
    story.here.start()
    opening.an_operator_imports_the_tree_of_areas(story)
    opening.the_operator_opens_a_city_community(story)
    people_are_taken_in_and_get_cards_and_roles(story)
    a_table_is_imported_and_hung_out_for_comments(story)
    it_is_voted_confirmed_by_another_and_comes_into_force(story)


def people_are_taken_in_and_get_cards_and_roles(story: Story) -> None:
    """From the office's list, with what they had in the old books; a role is given by the number on the card."""
    register.the_mended_file_is_looked_at_and_confirmed(story)
    register.ten_cards_are_printed_to_a_page_and_every_code_reads(story)
    manager = story.person(CHAIR).opens("/~/roles")
    for name, roles in ROLES.items():
        for role in roles:
            manager.fills(who=story.numbers[name], role=role).presses("授予").reads(f"已授予角色“{role}”")


def a_table_is_imported_and_hung_out_for_comments(story: Story) -> None:
    committee = story.person(ENTERS).opens("/~/points/tables")
    table = files.workbook(files.points_table(TABLE))
    committee.gives("file", table, "居民积分表.xlsx").presses("上传并预览").reads("17 个项目都读懂了")
    committee.presses("存为草案").fills(days="3").presses("挂出草案，开始讨论").reads("讨论中")
    story.here.days_pass_until(story.here.now() + dt.timedelta(days=3, minutes=1), looking_every=SELDOM)


def it_is_voted_confirmed_by_another_and_comes_into_force(story: Story) -> None:
    committee, chair = story.person(ENTERS), story.person(CHAIR)
    table = committee.page.url.split("#", maxsplit=1)[0]
    committee.opens("/~/points/bodies").fills(name="居民大会", kind="村(居)民会议").presses("登记")
    committee.opens(table).follows("登记表决")
    committee.fills(entitled="80", present="45", votes_for="41", votes_against="2")
    committee.gives("minutes", MINUTES, "会议纪要.pdf").presses("登记，等另一个人核对")
    chair.opens(table).presses("核对无误").reads("公示中", "赞成 41 票,反对 2 票")
    in_force_from = day_in(chair.fact("生效"))
    assert in_force_from.day == 1
    story.here.stop()
    story.here.days_pass_until(dt.datetime.combine(in_force_from, dt.time(9), ZONE), looking_every=SELDOM)


def day_in(text: str, label: str = "") -> dt.date:
    """The day that stands in a text, after its label if one is given."""
    year, month, day = re.search(rf"{label}(\d+)年(\d+)月(\d+)日", text).groups()
    return dt.date(int(year), int(month), int(day))
