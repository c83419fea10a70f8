"""A day at a service point: thirty volunteers, a queue, an hour without a network, one who forgets.

09:30  whoever has a place comes: by card, by number, before the camera, by name, one with a phone
11:30  who waited for a place comes all the same
12:00  the network goes, for an hour in which people come and go
14:30  everybody leaves; one forgets, and the clock ends that visit
16:00  another person puts it right, and the day adds up
"""

from __future__ import annotations

import re
import sqlite3

from tests.browser.chapters.attendance import HALL, code_on
from tests.browser.chapters.shift import (
    AT_NOON,
    BEFORE_THE_CAMERA,
    BY_NAME,
    BY_NUMBER,
    ELDER,
    FORGETS,
    INITIALS,
    LATE_WITH_PHONE,
    LEAVE_AT_NOON,
    MANAGER,
    PLACES,
    QUEUE,
    RESTS,
    SHIFT,
    VOLUNTEERS,
    WITH_PHONE,
    WITHOUT_A_PLACE,
)
from tests.browser.chapters.station import (
    DESK,
    card_of,
    chooses,
    has_sent_everything,
    is_opened_anew,
    is_told,
    it_is,
    people_in,
    shows,
    waits,
)
from tests.browser.someone import plain
from tests.browser.story import CITY, Story

OFFLINE = len(AT_NOON) + len(LEAVE_AT_NOON)


# The queue


def the_first_comes_with_a_phone_and_scans_the_screen(story: Story) -> None:
    it_is(story, "9:30")
    volunteer = story.person(WITH_PHONE).opens(code_on(story, HALL)).presses("签到").reads("已签到", SHIFT)
    volunteer.reads("离开时再扫一次屏幕上的码签退。")


def the_queue_is_scanned_card_after_card(story: Story) -> None:
    is_opened_anew(story)
    chooses(story, "自动")
    for name in QUEUE:
        shows(story, card_of(story, name), name, "已签到", f"活动:{SHIFT}")


def without_a_card_a_number_or_a_name_does(story: Story) -> None:
    for name in BY_NUMBER:
        shows(story, story.numbers[name].removeprefix(f"{CITY}-").lower(), name, "已签到")
    desk = story.person(DESK)
    desk.page.locator("main input[name=q]").fill(INITIALS)
    desk.presses("查找", within=desk.page.locator("form.search"))
    desk.row(BY_NAME, story.numbers[BY_NAME]).get_by_role("button", name="是这个人").click()
    is_told(story, BY_NAME, "已签到")


def one_holds_the_card_before_the_camera(story: Story) -> None:
    desk = story.person(DESK)
    story.camera.show(story.cards[story.numbers[BEFORE_THE_CAMERA]].picture)
    desk.page.get_by_role("button", name="用相机扫码").click()
    is_told(story, BEFORE_THE_CAMERA, "已签到")
    desk.page.get_by_role("button", name="关掉相机").click()


def a_card_shown_twice_a_strangers_and_an_elders_change_nothing(story: Story) -> None:
    before = people_in(story)
    shows(story, card_of(story, QUEUE[-1]), QUEUE[-1], "已签到", "没有重复记。")
    strangers = f"{card_of(story, ELDER)[:-8]}ABCDEFGH"
    shows(story, strangers, "没有这张卡")
    shows(story, card_of(story, ELDER), ELDER, "还不是志愿者")
    assert people_in(story) == before == 1 + len(QUEUE) + len(BY_NUMBER) + 2


def one_rests_for_half_an_hour(story: Story) -> None:
    it_is(story, "10:30")
    chooses(story, "休息")
    shows(story, card_of(story, RESTS), RESTS, "开始休息")
    chooses(story, "自动")
    assert "起休息" in story.person(DESK).row_says(RESTS, "起休息")
    it_is(story, "11:00")
    shows(story, card_of(story, RESTS), RESTS, "休息结束,继续服务")


def who_waited_for_a_place_comes_all_the_same(story: Story) -> None:
    """There is work enough; without a place, nobody counts for the shift."""
    it_is(story, "11:30")
    for name in WITHOUT_A_PLACE:
        shows(story, card_of(story, name), name, "已签到")
    late = story.person(LATE_WITH_PHONE).opens(code_on(story, HALL)).presses("签到").reads("已签到", HALL)
    late.does_not_read(SHIFT)
    is_opened_anew(story)
    assert people_in(story) == len(VOLUNTEERS) - len(AT_NOON)


# Noon


def at_noon_the_network_goes_and_the_queue_goes_on(story: Story) -> None:
    it_is(story, "12:00")
    desk = story.person(DESK)
    desk.page.context.set_offline(True)
    story.here.stop()
    chooses(story, "签到")
    for name in AT_NOON:
        shows(story, card_of(story, name), "已记下签到,待上传")
    waits(story, len(AT_NOON))


def the_tablet_is_opened_anew_and_has_forgotten_nothing(story: Story) -> None:
    it_is(story, "12:30")
    desk = story.person(DESK)
    desk.page.reload()
    waits(story, len(AT_NOON))
    # Without a network it does not know who is in: it takes the first for a coming, and is told otherwise.
    first, *others = LEAVE_AT_NOON
    shows(story, story.numbers[first], "已记下签到,待上传")
    kept = desk.page.locator("[data-offline-open] li").filter(has_text=story.numbers[first])
    kept.get_by_role("button", name="改为签退").click()
    chooses(story, "签退")
    for name in others:
        shows(story, card_of(story, name), "已记下签退,待上传")
    waits(story, OFFLINE)


def an_hour_later_it_is_back_and_every_scan_is_answered(story: Story) -> None:
    it_is(story, "13:00")
    story.here.start()
    story.person(DESK).page.context.set_offline(False)
    has_sent_everything(story)
    is_opened_anew(story)
    assert people_in(story) == len(VOLUNTEERS) - len(LEAVE_AT_NOON)
    manager = story.person(MANAGER).opens("/~/offline-scans")
    rows = [plain(row) for row in manager.page.locator("main tbody tr").all_inner_texts()]
    assert len(rows) == OFFLINE
    for names, said, from_clock in ((AT_NOON, "签到", "12:0"), (LEAVE_AT_NOON, "签退", "12:3")):
        for name in names:
            (row,) = [row for row in rows if name in row]
            assert all(told in row for told in (said, from_clock, "有效", "前台平板")), row


# The afternoon


def one_with_a_phone_leaves_and_reads_why_it_is_three_hours(story: Story) -> None:
    it_is(story, "13:20")
    late = story.person(LATE_WITH_PHONE).opens(code_on(story, HALL)).presses("签退")
    late.reads("已签退,记入 1 小时 45 分")
    it_is(story, "14:30")
    volunteer = story.person(WITH_PHONE).opens(code_on(story, HALL)).presses("签退")
    volunteer.reads("已签退,记入 3 小时", "一次服务最多记 3 小时", "没有入账的时间作为荣誉记录保留。")


def all_the_others_leave_but_one(story: Story) -> None:
    chooses(story, "签退")
    for name in (*QUEUE, *BY_NUMBER, *AT_NOON):
        if name not in (RESTS, FORGETS):
            shows(story, card_of(story, name), name, "已签退,记入")
    assert people_in(story) == 1
    assert FORGETS in story.person(DESK).page.locator("[data-station-present]").inner_text()


def the_clock_ends_the_forgotten_visit_and_it_waits(story: Story) -> None:
    story.here.days_pass_until(story.here.now().replace(hour=16, minute=0, second=0, microsecond=0))
    manager = story.person(MANAGER).opens("/~/reviews").reads(FORGETS)
    assert manager.page.locator(".review-card").count() == 1
    manager.reads("结束时间是估计的", f"{HALL} · {SHIFT}", "–15:30")


def the_reviewer_asks_and_puts_it_right(story: Story) -> None:
    """He was seen leaving at a quarter to twelve."""
    manager = story.person(MANAGER)
    manager.page.locator("summary", has_text="审核").click()
    manager.fills(ends="11:46", note="带队人看到他 11:46 离开").presses("同意").reads("没有要审核的服务。")


# The end of the day


def nobody_is_in(story: Story) -> None:
    story.person(MANAGER).opens("/~/here").reads("现在没有人在服务。")


def all_25_places_were_taken_and_nobody_was_missing(story: Story) -> None:
    manager = story.person(MANAGER).opens("/~/activities/1").reads("活动已经结束。").does_not_read("未到")
    assert manager.page.locator(".people li").filter(has_text="来了").count() == len(PLACES)


def the_points_statement_says_thirty_people_and_adds_up(story: Story) -> None:
    """What it says is the sum of its rows, of the visits, and of what the ledger credited."""
    manager = story.person(MANAGER).opens("/~/statements/points").follows(HALL)
    table = manager.page.locator("main tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    *rows, total = [[plain(cell) for cell in row] for row in table]
    visits, people, _real, credited, waiting = total[1:]
    assert (visits, people, waiting) == ("30", "30", "0")
    assert sum(int(row[1]) for row in rows) == 30
    assert sum(_minutes(row[4]) for row in rows) == _minutes(credited)
    with sqlite3.connect(f"file:{story.here.database}?mode=ro", uri=True) as database:
        of_visits = database.execute(
            "SELECT count(DISTINCT person_id), sum(credited_minutes), count(offline) FROM visit WHERE state = 'settled'"
        ).fetchone()
        (rested,) = database.execute(
            "SELECT real_minutes FROM visit JOIN person ON person.id = person_id WHERE number = ?",
            [story.numbers[RESTS]],
        ).fetchone()
        in_books = database.execute(
            "SELECT count(DISTINCT account), sum(amount) FROM ledger_posting"
            " JOIN ledger_account ON ledger_account.community_id = ledger_posting.community_id"
            " AND ledger_account.number = ledger_posting.account"
            " WHERE unit = 'min' AND class = 'member'"
        ).fetchone()
    assert of_visits == (30, _minutes(credited), OFFLINE)
    assert in_books == (30, _minutes(credited))
    assert 145 <= rested <= 155  # three hours, but for the half in which she rested


def the_trial_balance_agrees(story: Story) -> None:
    manager = story.person(MANAGER).opens("/~/books/trial-balance").does_not_read("合计不相符")
    assert manager.page.get_by_text("合计相符").count() >= 1
    manager.opens("/~/books/findings").reads("全部相符")


def _minutes(told: str) -> int:
    hours, minutes = re.fullmatch(r"(?:([\d,]+)小时)?(?:(\d+)分)?", told).groups()
    return int((hours or "0").replace(",", "")) * 60 + int(minutes or 0)
