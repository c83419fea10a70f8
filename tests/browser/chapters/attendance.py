"""Step 4: the code on a service point's screen, a volunteer's phone, and why minutes differ."""

from tests.browser.someone import Someone, codes_in
from tests.browser.story import Story

HALL, GARDEN = "党群服务中心", "社区花园"


def two_service_points_hang_out_their_screens(story: Story) -> None:
    manager = story.person("刘书记")
    for name in (HALL, GARDEN):
        manager.opens("/~/service-points").fills(name=name, place=f"{name}门口").presses("新建服务点")
        manager.reads(f"服务点“{name}”已建好。")
        screen = story.met[name] = story.somebody()
        screen.opens(manager.page.get_by_role("link", name="打开屏幕").get_attribute("href"))
        screen.reads(name, "志愿者到达和离开时,各扫一次码。", "每 30 秒换一次")
    first = code_on(story, HALL)
    story.here.minutes_pass(1)
    assert code_on(story, HALL) != first


def a_volunteer_scans_signs_in_and_checks_in(story: Story) -> None:
    volunteer = story.person("林晓燕", phone=True)
    volunteer.opens("/account").presses("退出登录", within=volunteer.page.locator("main"))
    volunteer.opens(code_on(story, HALL)).reads("已记下。请先登录,再签到。")
    volunteer.signs_in("13800138003").reads(HALL, "扫码时间").presses("签到", twice=True)
    volunteer.reads("已签到", HALL, "林晓燕", "离开时再扫一次屏幕上的码签退。")


def a_second_tap_changes_nothing(story: Story) -> None:
    volunteer = story.person("林晓燕").goes_back()
    # The button was tapped twice and she went back to it: the same scan is no check-out, that needs the next code.
    volunteer.presses("签退").reads("刚刚签到", "签退要扫新的码。", "正在服务")
    volunteer.opens("/~/my/hours")
    assert volunteer.page.locator(".visit").count() == 1


def a_stale_code_and_the_code_of_another_point_are_told_from_each_other(story: Story) -> None:
    volunteer = story.person("林晓燕")
    here, other = code_on(story, HALL), code_on(story, GARDEN)
    volunteer.opens(here.replace("/p/1/", "/p/2/")).reads(f"这是“{HALL}”的码,不是“{GARDEN}”的。")
    volunteer.reads("请扫您所在服务点屏幕上的码。")
    story.here.minutes_pass(5)
    volunteer.opens(other).reads("这个码已经过期。", "屏幕上的码每 30 秒换一次。请现在再扫一次。")


def checked_in_here_she_is_not_taken_in_elsewhere(story: Story) -> None:
    volunteer = story.person("林晓燕").opens(code_on(story, GARDEN))
    volunteer.reads("您正在别处服务", f"在 {HALL} 签到,还没有签退。", "请先回到那里扫码签退", "看看这次服务")


def she_checks_out_and_reads_what_was_credited_and_why(story: Story) -> None:
    volunteer = story.person("林晓燕")
    story.here.minutes_pass(88)  # with the five before, and what the story itself takes: less than 105
    volunteer.opens(code_on(story, HALL)).reads("已签到").presses("签退")
    volunteer.reads("已签退,记入 1 小时 30 分", "账户现有 1 小时 30 分", "A 级:到场和离开都有凭据")
    real = sum_line(volunteer, "真实时间")
    assert real > 90
    assert sum_line(volunteer, "按 15 分钟取整") == 90 - real
    assert sum_line(volunteer, "记入") == 90


def the_minutes_are_in_her_account(story: Story) -> None:
    volunteer = story.person("林晓燕").opens("/~/my/hours")
    assert volunteer.figure("账户余额") == "1小时30分"
    volunteer.follows("账户流水")
    assert "+1小时30分" in volunteer.row_says("服务记入")


def code_on(story: Story, point: str) -> str:
    """The address that a phone reads from the screen as it hangs there now."""
    screen = story.met[point]
    screen.page.reload()
    (code,) = codes_in(screen.screenshot())
    return code.text


def sum_line(reader: Someone, label: str) -> int:
    """The minutes beside a line of the sum, with their sign."""
    told = reader.page.locator(".sum > div").filter(has_text=label).locator("dd").first.inner_text()
    hours, _, rest = told.replace("分", "").replace("+", "").replace("\N{MINUS SIGN}", "-").rpartition("小时")
    sign = -1 if "-" in told.replace("\N{MINUS SIGN}", "-") else 1
    return sign * (abs(int(hours or 0)) * 60 + abs(int(rest.strip() or 0)))
