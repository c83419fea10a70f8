"""The screen of a service point in Chromium: the code is read from its pixels, changes, and never looks good when it is old."""

import io
import threading
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.api.test_attendance import screen_address
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.timebank.hours.arrange import make_point

# What the browser does is the same on both databases.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("db", ["sqlite"], indirect=True)]


@pytest.fixture
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def wall(village, address) -> Iterator[Page]:
    """The tablet on the wall."""
    point = make_point(village)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.goto(address + screen_address(village, point))
        yield page
        browser.close()


def read(page: Page) -> str:
    """What a phone before the tablet reads."""
    seen = zxingcpp.read_barcode(Image.open(io.BytesIO(page.screenshot())))
    assert seen is not None, "no QR code can be read"
    return seen.text


def test_the_code_on_the_wall_changes_by_itself(village, wall):
    first, digits = read(wall), wall.locator(".screen-digits").inner_text()
    village.pass_time(seconds=31)
    expect(wall.locator(".screen-digits")).not_to_have_text(digits, timeout=10_000)
    second = read(wall)
    assert first != second
    assert second[-6:] == "".join(sign for sign in wall.locator(".screen-digits").inner_text() if sign.isdigit())


def test_without_a_network_the_screen_says_so_and_hides_the_code(wall):
    stale = wall.get_by_role("alert").filter(has_text="屏幕已停住").first
    expect(stale).to_be_hidden()
    wall.context.set_offline(True)
    expect(stale).to_be_visible(timeout=25_000)
    assert zxingcpp.read_barcode(Image.open(io.BytesIO(wall.screenshot()))) is None
    wall.context.set_offline(False)
    expect(stale).to_be_hidden(timeout=10_000)
    assert read(wall)
