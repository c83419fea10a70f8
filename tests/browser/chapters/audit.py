"""Step 7: the auditor's books, from a number to its scan, and the evidence bundle against four kinds of fraud."""

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Locator
from python_calamine import CalamineWorkbook

from tests.browser.attacker import Attacker, flip_a_byte
from tests.browser.someone import Someone, plain
from tests.browser.story import CITY, Story

VOLUNTEER = "林晓燕"


class Alone:
    """An empty folder with the verifier in it, as on an auditor's own computer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def put(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def verifies(self, *arguments: str) -> str:
        done = self._run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def finds(self, *arguments: str, wrong: str) -> None:
        done = self._run(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert plain(wrong) in plain(done.stdout), done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "verify.py", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


def an_outsider_keeps_a_checkpoint_and_a_bundle(story: Story) -> None:
    """In the middle of the story, without signing in: later they show whether history was rewritten."""
    outsider = story.somebody().opens("/~/proof").reads("最新的检查点", "公钥")
    outsider.presses("取今天的证据包").reads("证据包做好了")
    story.kept_bundle = outsider.downloads("下载")
    story.kept_checkpoint = outsider.opens("/~/proof").downloads("保存检查点").decode()
    assert story.kept_checkpoint.startswith(f"timebank.example/log/{CITY}\n")
    outsider.leaves()


def the_trial_balance_agrees_in_both_units(story: Story) -> None:
    auditor = _auditor(story, "/~/books").reads("大家存着的时间", "检查点已签到第")
    assert auditor.figure("大家存着的时间") == "5小时50分"
    auditor.follows("试算平衡")
    assert auditor.page.get_by_text("合计相符").count() == 2
    auditor.does_not_read("合计不相符")
    # 期初, 本期增加, 本期减少, 期末 of this month: the old books came in before it.
    minutes, points = auditor.page.locator("main section").filter(has=auditor.page.locator("table")).all()
    assert _sums(minutes, "个人时间") == ["4小时20分", "3小时", "1小时30分", "5小时50分"]
    assert _sums(minutes, "发放") == ["0分", "0分", "1小时30分", "−1小时30分"]
    assert _sums(minutes, "期初录入") == ["−4小时20分", "0分", "0分", "−4小时20分"]
    assert _sums(minutes, "合计") == ["0分", "3小时", "3小时", "0分"]
    assert _sums(points, "户积分") == ["25.5", "20", "5", "40.5"]
    assert _sums(points, "已兑换") == ["0", "5", "0", "5"]
    assert _sums(points, "合计") == ["0", "25", "25", "0"]


def entries_are_found_and_a_number_is_opened_down_to_its_scans(story: Story) -> None:
    auditor = _auditor(story, "/~/books/entries").fills(person=story.numbers[VOLUNTEER]).presses("查找")
    story.settled = int(auditor.row("签到签退结算").locator("td").first.inner_text())
    auditor.follows(str(story.settled), within=auditor.row("签到签退结算"))
    auditor.reads("签到时刻", "签退时刻", "A 两次扫动态码", "取整单位 15 分", "明细的指纹", "最早包含它的检查点")
    holder = auditor.row("个人时间", story.numbers[VOLUNTEER])
    assert plain(holder.inner_text()).endswith("+1小时30分")
    story.account = int(holder.get_by_role("link").first.inner_text())
    auditor.follows(str(story.account), within=holder).reads("+1 小时 30 分", "3 小时")


def the_order_and_the_award_lead_back_to_reviewer_and_rule(story: Story) -> None:
    auditor = _auditor(story, "/~/books/entries").fills(kind="冻结转入账").presses("查找")
    auditor.follows(re.search(r"\d+", auditor.row("订单结算").inner_text())[0], within=auditor.row("订单结算"))
    auditor.reads("订单", "B 扫固定码并由对方确认", "由谁下单", "所依的冻结", "+1 小时 30 分")
    auditor.opens("/~/books/entries").fills(text="publicity.book").presses("查找")
    assert auditor.page.locator("main tbody tr").count() == 3
    auditor.follows(re.search(r"\d+", auditor.row("公示后入账").inner_text())[0], within=auditor.row("公示后入账"))
    auditor.reads("细则", "审核人", story.numbers["郑审"], "录入人", story.numbers["吴委"], "依据的备案", "公示批次")
    auditor.opens("/~/books/findings").reads("全部相符")


def exports_say_what_the_pages_say(story: Story) -> None:
    auditor = _auditor(story, "/~/books/trial-balance")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(auditor.downloads("Excel")))
    minutes, points = (workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names)
    assert minutes[-1][1:] == ["合计", "", "", 0, 3, 3, 0]
    assert points[-1][1:] == ["合计", "", "", 0, 25, 25, 0]
    assert [story.numbers[VOLUNTEER], "林*", 0, 3, 0, 3] in [row[2:] for row in minutes]
    text = auditor.downloads("CSV").decode("utf-8-sig")
    assert [story.numbers[VOLUNTEER], "林*", "0.00", "3.00", "0.00", "3.00"] in [
        row[2:] for row in csv.reader(io.StringIO(text))
    ]
    journal = _auditor(story, "/~/books/entries").downloads("Excel")
    legs = CalamineWorkbook.from_filelike(io.BytesIO(journal)).get_sheet_by_index(0).to_python()[1:]
    for column in (6, 7):  # hours, points
        amounts = [leg[column] for leg in legs]
        assert abs(sum(amount for amount in amounts if isinstance(amount, float))) < 1e-9


def the_bundle_verifies_where_there_is_nothing_but_python(story: Story, alone: Alone) -> None:
    auditor = _auditor(story, "/~/books/bundle").fills(details="1").presses("开始制作").reads("证据包做好了")
    story.bundle = auditor.downloads("下载")
    alone.put("verify.py", auditor.downloads("下载 verify.py"))
    alone.put("bundle.zip", story.bundle)
    alone.put("kept.zip", story.kept_bundle)
    alone.put("kept.txt", story.kept_checkpoint.encode())
    said = alone.verifies("bundle.zip", "--checkpoint", "kept.txt", "--older", "kept.zip")
    assert "一切相符" in said


def four_frauds_are_named(story: Story, alone: Alone) -> None:
    story.here.stop()
    _one_byte_flipped(story, alone)
    _one_entry_removed(story, alone)
    _one_balance_edited(story, alone)
    _the_log_rebuilt_and_signed_with_the_stolen_key(story, alone)


def _one_byte_flipped(story: Story, alone: Alone) -> None:
    alone.put("flipped.zip", flip_a_byte(story.bundle, story.settled))
    alone.finds("flipped.zip", wrong=f"第 {story.settled} 条记录被改动")


def _one_entry_removed(story: Story, alone: Alone) -> None:
    attacker = Attacker(story.here, alone.folder.with_name("removed"), CITY)
    attacker.takes_an_entry_out(story.settled)
    alone.put("removed.zip", attacker.bundle())
    alone.finds("removed.zip", wrong=f"第 {story.settled} 条记录不见了")


def _one_balance_edited(story: Story, alone: Alone) -> None:
    attacker = Attacker(story.here, alone.folder.with_name("edited"), CITY)
    attacker.raises_a_balance(story.account, 600)
    alone.put("edited.zip", attacker.bundle())
    alone.finds("edited.zip", wrong=f"账户 {story.account} 的 balance 写的是 780,按记录应为 180。")


def _the_log_rebuilt_and_signed_with_the_stolen_key(story: Story, alone: Alone) -> None:
    attacker = Attacker(story.here, alone.folder.with_name("rebuilt"), CITY)
    attacker.rewrites_history(story.settled, story.account, 60)
    alone.put("rebuilt.zip", attacker.bundle())
    assert "一切相符" in alone.verifies("rebuilt.zip"), "by itself it is perfect"
    alone.finds("rebuilt.zip", "--checkpoint", "kept.txt", wrong="日志被改写过:kept.txt")
    alone.finds("rebuilt.zip", "--older", "kept.zip", wrong=f"第一条不同的记录是第 {story.settled} 条。")


def _auditor(story: Story, path: str) -> Someone:
    return story.officer("auditor").opens(path)


def _sums(section: Locator, name: str) -> list[str]:
    row = section.locator("tr").filter(has_text=name).last
    return [plain(cell.inner_text()) for cell in row.locator("td").all()[2:]]
