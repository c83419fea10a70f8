"""A person with a browser: what they open, fill in, press and read, in the words of the page."""

from __future__ import annotations

import datetime as dt
import io
import re
import time
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, ViewportSize
from playwright.sync_api import Error as BrowserError

PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=900)
PATIENCE = 30  # seconds; a busy machine is slow, and nobody is told to hurry
PASSWORD = "昨夜雨疏风骤-9"

# What has the focus: its name as it is read out, and whether an outline or a shadow shows it.
FOCUSED = """() => {
    const at = document.activeElement, style = getComputedStyle(at);
    const label = at.getAttribute("aria-label") || (at.labels && at.labels[0] && at.labels[0].innerText) || at.innerText;
    const seen = at === document.body || style.outlineStyle !== "none" || style.boxShadow !== "none";
    return {name: label || "", seen};
}"""

# Pages are set with full-width signs and break lines where they like; what matters is what they say.
SIGNS = str.maketrans(
    {"\uff0c": ",", "\uff1a": ":", "\uff1b": ";", "\uff1f": "?", "\uff01": "!", "\uff08": "(", "\uff09": ")"}
)


class Someone:
    """One browser, signed in as one person at most; `community` is the code that addresses begin with."""

    def __init__(self, browser: Browser, address: str, community: str = "", *, phone: bool = False) -> None:
        context = browser.new_context(
            viewport=PHONE if phone else DESK, has_touch=phone, locale="zh-CN", accept_downloads=True
        )
        context.set_default_timeout(PATIENCE * 1000)
        self.page: Page = context.new_page()
        self.address, self.community = address, community
        self.number = ""
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    # Going somewhere

    def opens(self, path: str) -> Someone:
        """A page by its whole address, or by its path; `/c` alone stands for the community."""
        if path.startswith("/~"):
            path = f"/c/{self.community}{path[2:]}"
        self.page.goto(path if path.startswith("http") else self.address + path)
        return self

    def presses(self, name: str, *, within: Locator | None = None, twice: bool = False) -> Someone:
        """A button that sends a form, and the page that answers."""
        button = (within or self.page).get_by_role("button", name=name, exact=True).first
        with self.page.expect_navigation():
            button.dblclick() if twice else button.click()
        return self

    def follows(self, name: str, *, within: Locator | None = None) -> Someone:
        with self.page.expect_navigation():
            (within or self.page).get_by_role("link", name=name).first.click()
        return self

    def goes_back(self) -> Someone:
        self.page.go_back()
        return self

    # Filling in

    def fills(self, **fields: str) -> Someone:
        """Fields by the name that the form gives them."""
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]")
            if field.first.evaluate("field => field.tagName") == "SELECT":
                options = field.first.locator("option").all_inner_texts()
                field.first.select_option(label=next(option for option in options if plain(value) in plain(option)))
            elif field.first.get_attribute("type") in ("radio", "checkbox"):
                self.page.locator(f"main [name={name}][value='{value}']").check()
            else:
                field.first.fill(value)
        return self

    def gives(self, name: str, content: bytes, file_name: str) -> Someone:
        """A file for a field of the form."""
        self.page.locator(f"main input[name={name}]").set_input_files(
            {"name": file_name, "mimeType": "application/octet-stream", "buffer": content}
        )
        return self

    def downloads(self, name: str) -> bytes:
        with self.page.expect_download() as expected:
            self.page.get_by_role("link", name=name, exact=True).first.click()
        found: Download = expected.value
        return Path(found.path()).read_bytes()

    # With the keyboard alone

    def tabs_to(self, name: str) -> Someone:
        """On to the control of this name; where the focus is can be seen on the way."""
        for _step in range(150):
            self.page.keyboard.press("Tab")
            told = self.page.evaluate(FOCUSED)
            assert told["seen"], f"nobody sees that {told['name']} has the focus"
            if plain(told["name"]).startswith(plain(name)):
                return self
        raise AssertionError(f"the keyboard does not get to {name} on {self.page.url}")

    def hits(self, key: str) -> Someone:
        """A key on the control that has the focus."""
        self.page.keyboard.press(key)
        return self

    def types(self, text: str) -> Someone:
        """Text into the field that has the focus."""
        self.page.keyboard.insert_text(text)
        return self

    def enters(self, key: str = "Enter") -> Someone:
        """A key that leads on, and the page that answers."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        return self

    # Reading

    def fits_the_screen(self) -> Someone:
        """Nothing has to be pushed aside to be read."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        return self

    def text(self) -> str:
        return plain(self.page.locator("body").inner_text())

    def reads(self, *sentences: str) -> Someone:
        """Each of the sentences stands on the page, or does within a while."""
        until = time.monotonic() + PATIENCE
        missing = [plain(sentence) for sentence in sentences]
        while True:
            try:
                there = self.text()
                missing = [sentence for sentence in missing if sentence not in there]
            except BrowserError:  # the page is just changing
                there = ""
            if not missing:
                return self
            assert time.monotonic() < until, f"{self.page.url} does not say {missing}:\n{self.page.inner_text('body')}"
            time.sleep(0.05)

    def does_not_read(self, *sentences: str) -> Someone:
        there = self.text()
        for sentence in sentences:
            assert plain(sentence) not in there, f"{self.page.url} says {sentence}"
        return self

    def row(self, *texts: str) -> Locator:
        """The row of a table, or the item of a list, that holds all these texts."""
        found = self.page.locator("main tr, main li")
        for text in texts:
            found = found.filter(has_text=text)
        return found.first

    def row_says(self, *texts: str) -> str:
        return plain(self.row(*texts).inner_text())

    def figure(self, label: str) -> str:
        """The large number with this label."""
        shown = self.page.locator(".figure").filter(has=self.page.locator(".figure-label", has_text=label)).first
        return plain(shown.locator(".figure-value").inner_text())

    def fact(self, term: str) -> str:
        """What stands beside a term in a list of facts."""
        shown = self.page.locator("dl > div").filter(has=self.page.get_by_text(term, exact=True)).first
        return plain(shown.locator("dd").inner_text())

    def day(self, term: str) -> dt.date:
        """The day that stands beside a term in a list of facts."""
        return day_in(self.fact(term))

    def day_after(self, words: str) -> dt.date:
        """The day that follows these words on the page."""
        return day_in(self.text(), words)

    def screenshot(self) -> Image.Image:
        return Image.open(io.BytesIO(self.page.screenshot()))

    # Who it is

    def activates(self, number: str, code: str, *, password: str = PASSWORD) -> Someone:
        """The one-time code on the slip becomes a sign-in with a password of one's own."""
        self.opens("/activate")
        self.fills(number=number, code=code, password=password, repeated=password).presses("激活")
        self.reads("已激活")
        self.number = number
        return self

    def signs_in(self, who: str, *, password: str = PASSWORD) -> Someone:
        """On the page that asks for it."""
        self.fills(who=who, password=password).presses("登录")
        return self

    def leaves(self) -> None:
        """Goes home; nothing on the pages went wrong meanwhile."""
        assert self.faults == []
        self.page.context.close()


def codes_in(picture: Image.Image) -> list[zxingcpp.Barcode]:
    """The QR codes of a picture, in reading order: rows from above, each from the left."""
    found = zxingcpp.read_barcodes(
        picture.convert("RGB"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    row_height = max(picture.height // 12, 1)
    return sorted(found, key=lambda code: (code.position.top_left.y // row_height, code.position.top_left.x))


def day_in(text: str, words: str = "") -> dt.date:
    """The day that stands in a text, after these words if there are any."""
    year, month, day = re.search(rf"{words}(\d+)年(\d+)月(\d+)日", text).groups()
    return dt.date(int(year), int(month), int(day))


def plain(text: str) -> str:
    return "".join(text.translate(SIGNS).split())
