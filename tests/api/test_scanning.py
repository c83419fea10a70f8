"""A card held before a camera opens the elder's page at the desk: Chromium, the real scripts, a camera that sees a film."""

import re
import threading
from collections.abc import Iterator

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.api.test_orders_pages import signed_in
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS, FakeCamera
from tests.timebank.hours.arrange_orders import card_of, make_elder, make_person
from timebank.people import cards

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
def camera(tmp_path) -> FakeCamera:
    return FakeCamera(tmp_path / "camera.y4m")


@pytest.fixture
def desk(app, db, village, address, camera) -> Iterator[Page]:
    """The desk's page in a browser whose camera the test holds things before."""
    staff = signed_in(app, db, village, make_person(village, "周前台"), ["desk_staff"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera.arguments])
        context = browser.new_context(locale="zh-CN")
        context.add_cookies([{"name": "timebank", "value": staff.http.get_cookie("timebank").value, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/c/TPL/desk")
        yield page
        browser.close()


def held(token: str) -> Image.Image:
    return qrcode.make(
        cards.payload("http://time.example", kind="personal", community_code="TPL", token=token)
    ).get_image()


def test_a_card_before_the_camera_opens_the_elders_page(village, desk, camera):
    elder = make_elder(village)
    camera.show(held(card_of(village, elder)))
    desk.get_by_role("button", name="用相机扫码").click()
    expect(desk).to_have_url(re.compile(f"/desk/people/{elder.number}$"), timeout=30_000)
    expect(desk.get_by_role("heading", name="王奶奶")).to_be_visible()


def test_the_camera_goes_on_for_the_next_card_and_leaves_the_same_one_alone(village, desk, camera):
    elder = make_elder(village)
    camera.show(held(card_of(village, elder)))
    desk.get_by_role("button", name="用相机扫码").click()
    desk.wait_for_url(re.compile("/desk/people/"), timeout=30_000)
    camera.show(held("2" * 16))
    desk.get_by_role("link", name="下一位").click()
    # The unknown card is read without another click, and told.
    expect(desk.locator(".band")).to_be_visible(timeout=30_000)


def test_a_hand_held_scanner_types_the_code_and_enter(village, desk):
    elder = make_elder(village)
    desk.keyboard.type(f"http://time.example/k/TPL/{card_of(village, elder)}")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(f"/desk/people/{elder.number}$"))


def test_without_https_the_page_says_why_there_is_no_camera(desk):
    desk.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    desk.reload()
    expect(desk.get_by_text("这个地址不是 https")).to_be_visible()
    expect(desk.get_by_role("button", name="用相机扫码")).to_be_hidden()
