"""Take the README's pictures from a demo that this fills, serves and stops: `python tools/pictures.py`.

Each picture shows a desk's page beside a phone's, as they are at that moment of the demo; written to docs/pictures/.
Another folder with a filled demo may be named, to spare the filling: its clock moves on by two hours.
"""

import datetime as dt
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, sync_playwright
from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from api.clock import Clock
from api.demo import sign_ins
from tests.browser.someone import Someone, codes_in
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
TIMEBANK = Path(sys.executable).with_name("timebank")
STARTS_WITHIN = 600  # seconds, of which filling takes most
HEIGHT = 780
PAPER, FRAME = "#e9e5dc", "#b9b2a3"


class Demo:
    """A demo that is served, and its people with a browser."""

    def __init__(self, folder: Path, address: str, browser: Browser) -> None:
        self.address, self.browser = address, browser
        self.clock = Clock(folder / "clock-offset")
        self.people = {person["name"] or person["sign_in"]: person for person in sign_ins.people(folder)}

    def stranger(self, width: int) -> Someone:
        """A browser that knows nobody, of the height that all pictures have."""
        somebody = Someone(self.browser, self.address, self.village, phone=width < 600)
        somebody.page.set_viewport_size({"width": width, "height": HEIGHT})
        return somebody

    def person(self, name: str, width: int) -> Someone:
        known = self.people[name]
        somebody = self.stranger(width).opens("/sign-in")
        return somebody.signs_in(known["sign_in"], password=known["password"])

    @property
    def village(self) -> str:
        return next(person["community"] for person in self.people.values() if person["community"])


def check_in(demo: Demo) -> list[Image.Image]:
    """The screen at a service point, and what a volunteer reads after checking out."""
    desk = demo.person("李建芳", 1000).opens("/~/service-points")
    screen = demo.stranger(940).opens(desk.page.get_by_role("link", name="打开屏幕").first.get_attribute("href") or "")
    volunteer = demo.person("林晓燕", 360).opens(_code_on(screen))
    volunteer.presses("签到")
    demo.clock.advance(dt.timedelta(minutes=104))
    screen.page.reload()
    hanging = screen.screenshot()
    volunteer.opens(_code_on(screen)).presses("签退").reads("已签退,记入")
    return [hanging, volunteer.screenshot()]


def order(demo: Demo) -> list[Image.Image]:
    """The desk orders for an elder who has no phone; beside it an elder's own home in large type."""
    number = demo.people["赵桂珍"]["sign_in"]
    desk = demo.person("李建芳", 940).opens(f"/~/desk/people/{number}/order")
    desk.fills(service="陪同就医", planned_minutes="2 小时", place="镇卫生院门口")
    _from_the_top(desk.page)
    elder = demo.person("王秀英", 360).opens("/~/")
    elder.page.get_by_role("button", name="长辈版").click()
    elder.reads("您好")
    return [desk.screenshot(), elder.screenshot()]


def books(demo: Demo) -> list[Image.Image]:
    """The trial balance, and the notice board as anybody reads it."""
    auditor = demo.person("auditor", 940).opens("/~/books/trial-balance").reads("合计相符")
    board = demo.stranger(360).opens("/~/board")
    with board.page.expect_navigation():
        board.page.get_by_role("link", name="批").first.click()
    return [auditor.screenshot(), board.screenshot()]


def entry(demo: Demo) -> list[Image.Image]:
    """An entry with what lies behind it, and its receipt on a phone."""
    auditor = demo.person("auditor", 940).opens("/~/books/entries?kind=capture")
    auditor.page.locator("main table a").first.click()
    auditor.page.wait_for_load_state()
    receipt = demo.person("auditor", 360).opens(f"/~/receipts/{auditor.page.url.rsplit('/', 1)[1]}")
    return [auditor.screenshot(), receipt.screenshot()]


def sheet(demo: Demo) -> list[Image.Image]:
    """The printed checkpoint, and the page of witnesses that it is printed from."""
    auditor = demo.person("auditor", 640).opens("/~/books/witnesses")
    printed = auditor.page.context.request.get(f"{demo.address}/c/{demo.village}/books/checkpoint-sheet.pdf").body()
    page = PdfDocument(printed)[0]
    return [page.render(scale=HEIGHT / page.get_height()).to_pil(), auditor.screenshot()]


def points(demo: Demo) -> list[Image.Image]:
    """The month's awards as they hang on the wall, a household's points, and what can be had for them."""
    board = demo.stranger(360).opens("/~/board")
    with board.page.expect_navigation():
        board.page.get_by_role("link", name="批").first.click()
    wall = board.page.context.request.get(board.page.url + "/sheet.pdf").body()
    page = PdfDocument(wall)[0]
    household = demo.person("林晓燕", 360).opens("/~/my/household")
    shown = household.screenshot()
    return [page.render(scale=HEIGHT / page.get_height()).to_pil(), shown, household.opens("/~/shop").screenshot()]


TAKEN = (
    ("check-in", check_in),
    ("order", order),
    ("books", books),
    ("entry", entry),
    ("sheet", sheet),
    ("points", points),
)


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "demo"
        with served(folder) as address:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            demo = Demo(folder, address, browser)
            for name, take in TAKEN:
                path = PICTURES / f"{name}.png"
                side_by_side(take(demo)).save(path, optimize=True)
                print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")
            browser.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A demo that is filled if need be, served on a free port, and stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([TIMEBANK, "demo", "--folder", str(folder), "--port", str(port)])
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > until:
                sys.exit("the demo does not start")
            time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """Pictures on one sheet, each with a thin frame, in few colours: small files for a page that many open."""
    gap = 20
    framed = [ImageOps.expand(picture.convert("RGB"), border=1, fill=FRAME) for picture in pictures]
    width = sum(picture.width for picture in framed) + gap * (len(framed) + 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in framed) + 2 * gap), PAPER)
    left = gap
    for picture in framed:
        sheet.paste(picture, (left, gap))
        left += picture.width + gap
    return sheet.quantize(128, dither=Image.Dither.NONE)


def _code_on(screen: Someone) -> str:
    screen.page.reload()
    (code,) = codes_in(screen.screenshot())
    return str(code.text)


def _from_the_top(page: Page) -> None:
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 -- our own address
            return int(answer.status) == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


if __name__ == "__main__":
    main()
