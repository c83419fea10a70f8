"""At the end of a village's story: its books agree, and its bundle verifies where there is nothing but Python."""

from pathlib import Path

from tests.browser.chapters.audit import Alone
from tests.browser.story import VILLAGE, Story


def the_books_verify_with_every_detail(story: Story, folder: Path) -> None:
    auditor = story.officer("auditor")
    auditor.community = VILLAGE
    auditor.opens("/~/books/trial-balance").does_not_read("合计不相符")
    assert auditor.page.get_by_text("合计相符").count() == 2
    auditor.opens("/~/books/findings").reads("全部相符")
    auditor.opens("/~/books/bundle").fills(details="1").presses("开始制作").reads("证据包做好了")
    alone = Alone(folder)
    alone.put("bundle.zip", auditor.downloads("下载"))
    alone.put("verify.py", auditor.downloads("下载 verify.py"))
    assert "一切相符" in alone.verifies("bundle.zip")
