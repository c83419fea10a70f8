"""Step 2: staff import residents, print cards ten to a page, and people become able to sign in."""

import io
import re

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from zxingcpp import Barcode

from tests.browser import files
from tests.browser.someone import Someone, codes_in, plain
from tests.browser.story import CITY, Card, Story

ROLES = {
    "周前": ["服务台工作人员"],
    "林晓燕": ["志愿者"],
    "吴委": ["村(居)民委员会"],
    "郑审": ["村(居)民委员会"],
    "孙店": ["积分超市商户", "村(居)民委员会"],
}


def a_first_file_with_errors_is_told_row_by_row_and_nothing_is_written(story: Story) -> None:
    staff = _upload(story, files.residents_workbook(with_slips=True))
    assert (staff.figure("有误"), staff.figure("新增")) == ("5", "7")
    staff.reads("有 5 行不能导入。", "整个文件都还没有写入")
    for row, reasons in {
        "3": ["“出生日期”:不是有效的日期", "“原账页码”:有期初余额,要写原账页码"],
        "4": ["“复核人”:经办人和复核人要是两个人"],
        "5": ["“手机号”:不是有效的电话号码"],
        "7": ["“期初分钟”:是公式,而且没有算好的值"],
        "8": ["“网格”:本社区没有这个网格或楼栋"],
    }.items():
        said = staff.page.locator("tr").filter(has=staff.page.get_by_role("cell", name=row, exact=True)).inner_text()
        for reason in reasons:
            assert plain(reason) in plain(said), said
    staff.does_not_read("确认导入").opens("/~/people").reads("刘书记", "高主任").does_not_read("王桂兰", "冯小宝")


def the_mended_file_is_looked_at_and_confirmed(story: Story) -> None:
    staff = _upload(story, files.residents_workbook(with_slips=False))
    assert (staff.figure("新增"), staff.figure("有误")) == ("12", "0")
    assert staff.figure("期初时间") == "4小时20分"
    staff.reads("2 人共用这个电话", "文件里有 2 人同名").presses("确认导入")
    staff.reads("已导入 12 人、10 户。", "期初时间 4 小时 20 分", "期初积分 25.5")
    _note_numbers(story, staff)


def ten_cards_are_printed_to_a_page_and_every_code_reads(story: Story) -> None:
    document = _print(story, kind="personal", with_codes="1")
    faces, slips = [], ""
    for page in document:
        if found := codes_in(picture := page.render(scale=150 / 72).to_pil()):
            faces.append([(code.text, _around(picture, code)) for code in found])
        else:
            slips += page.get_textpage().get_text_range()
    assert [len(page) for page in faces] == [10, 2]
    numbers = sorted(story.numbers_of_the_import, key=lambda number: int(number.split("-")[1]))
    for number, (payload, picture) in zip(numbers, faces[0] + faces[1], strict=True):
        assert payload.startswith(f"{story.here.address}/k/{CITY}/")
        story.cards[number] = Card(payload, picture)
    for number, code in re.findall(rf"({CITY}-\d+-\w).*?([2-9A-Z]{{4}}-[2-9A-Z]{{4}})", slips, re.DOTALL):
        story.codes[number] = code
    assert set(story.cards) <= set(story.codes)


def door_cards_are_printed_without_a_name(story: Story) -> None:
    document = _print(story, kind="door")
    (page,) = document
    assert "王桂兰" not in page.get_textpage().get_text_range()
    found = [code.text for code in codes_in(page.render(scale=150 / 72).to_pil())]
    assert len(found) == 10
    assert all(text.startswith(f"{story.here.address}/d/{CITY}/") for text in found)
    story.doors = {f"A{place:02}": text for place, text in enumerate(found, start=1)}


def staff_and_volunteers_are_given_their_roles(story: Story) -> None:
    manager = story.person("刘书记").opens("/~/roles")
    for name, roles in ROLES.items():
        for role in roles:
            manager.fills(who=story.numbers[name], role=role).presses("授予")
            manager.reads(f"已授予角色“{role}”")


def two_elders_share_a_phone_and_choose_who_they_are(story: Story) -> None:
    shared = story.somebody(phone=True)
    for name in ("李秀英", "赵德海"):
        shared.activates(story.numbers[name], story.codes[story.numbers[name]])
        shared.opens("/account").presses("退出登录", within=shared.page.locator("main"))
    shared.opens("/sign-in").signs_in("13800138002").reads("您是哪一位?", "李秀英", "赵德海")
    with shared.page.expect_navigation():
        shared.page.get_by_role("button", name="赵德海").click()
    shared.opens("/~/").reads("赵德海,您好", story.numbers["赵德海"])
    shared.opens("/account").presses("退出登录", within=shared.page.locator("main"))
    shared.opens("/sign-in").signs_in(story.numbers["李秀英"]).opens("/~/my/hours")
    assert shared.figure("账户余额") == "1小时"
    shared.leaves()


def a_one_time_code_is_good_for_one_time(story: Story) -> None:
    number = story.numbers["赵德海"]
    stranger = story.somebody().opens("/activate")
    stranger.fills(
        number=number, code=story.codes[number], password="another-password-1", repeated="another-password-1"
    )
    stranger.presses("激活").does_not_read("已激活。").leaves()


def _upload(story: Story, content: bytes) -> Someone:
    staff = story.person("刘书记").opens("/~/imports")
    return staff.gives("file", content, "居民名册.xlsx").presses("上传并预览")


def _note_numbers(story: Story, staff: Someone) -> None:
    """Numbers as the register shows them; of two people of one name, the first is who we mean."""
    staff.opens("/~/people")
    for row in staff.page.locator("main tr").all()[1:]:
        told = row.inner_text()
        number = re.search(rf"{CITY}-\d+-\w", told)[0]
        name = next((line[0] for line in files.RESIDENTS if str(line[0]) in told), "")
        if name:
            story.numbers_of_the_import.append(number)
            story.numbers.setdefault(str(name), number)
    assert len(story.numbers_of_the_import) == 12


def _print(story: Story, **asked: str) -> pypdfium2.PdfDocument:
    staff = (
        story.person("刘书记").opens("/~/imports").follows("居民名册.xlsx").follows("打印这些人的卡片").fills(**asked)
    )
    staff.presses("开始打印").reads("卡片已备好。")
    address = staff.page.get_by_role("link", name="打开 PDF").get_attribute("href")
    answer = staff.page.context.request.get(f"{story.here.address}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    return pypdfium2.PdfDocument(io.BytesIO(answer.body()))


def _around(picture: Image.Image, code: Barcode) -> Image.Image:
    """The card's code with some white around it, as a camera would see it."""
    corner, opposite = code.position.top_left, code.position.bottom_right
    edge = 12
    return picture.crop((corner.x - edge, corner.y - edge, opposite.x + edge, opposite.y + edge))
