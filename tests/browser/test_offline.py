"""The station without a network, in Chromium: registered, cut off, reloaded, closed and opened again, and all of it answered."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from tests.browser.someone import plain
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.client import PASSWORD, known_hash, make_app
from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_offline import make_volunteer, visits_of
from tests.village import Database, Village, lasting_village
from timebank.people import logins

pytestmark = pytest.mark.browser

PATIENCE_MS = 20_000


class Line:
    """The way to the server, which can be cut: then nobody listens at its port, as when a router has lost its power."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._server: BaseWSGIServer | None = None
        self._port = 0
        self.restore()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def restore(self) -> None:
        self._server = make_server("127.0.0.1", self._port, self._app, threaded=True)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


@dataclass
class Place:
    village: Village
    line: Line
    desk: arrange.Someone
    volunteers: list[arrange.Someone]


@pytest.fixture
def place(tmp_path: Path, schema_folder: Path) -> Iterator[Place]:
    with lasting_village(tmp_path, schema_folder) as village:
        line = Line(make_app(Database(village.storage, village.clock, village.owner_url), tmp_path / "data"))
        yield _arranged(village, line)
        line.cut()


def _arranged(village: Village, line: Line) -> Place:
    """A point, somebody of its desk who can sign in, and three volunteers."""
    arrange.make_point(village)
    desk = arrange.make_resident(village, "周前台")
    volunteers = [make_volunteer(village, name) for name in ("林晓燕", "陈大力", "何小满")]

    def hire(session, now):
        login_id = logins.open_login(session, now=now, password_hash=known_hash(), name="zhou")
        logins.link(session, now=now, login_id=login_id, community_id=1, person_id=desk.id, number=desk.number)
        logins.grant(
            session, now=now, role="desk_staff", area_path=village.area_path, from_on=now.date(), until_on=None,
            given_by="test", login_id=login_id,
        )  # fmt: skip

    village.storage.write_global(hire)
    return Place(village, line, desk, volunteers)


@pytest.fixture
def context(place: Place) -> Iterator[BrowserContext]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        made = browser.new_context(locale="zh-CN")
        made.set_default_timeout(PATIENCE_MS)
        yield made
        browser.close()


def scans(page: Page, code: str) -> Page:
    """What a hand-held scanner does: it types the code and Enter. Then the band is put away."""
    page.locator("[data-scan-field]").fill(code)
    page.keyboard.press("Enter")
    page.locator("[data-station-answer]").get_by_text(re.compile("已记下")).wait_for()
    page.keyboard.press("Escape")
    return page


def says(page: Page, text: str) -> None:
    expect(page.locator("[data-offline-count]")).to_have_text(text, timeout=PATIENCE_MS)


def test_an_hour_without_a_network_survives_reload_and_closing_and_is_answered_when_it_is_over(
    place: Place, context: BrowserContext
) -> None:
    page = context.new_page()
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    _registers(page, place)
    station = page.url
    context.set_offline(True)
    place.line.cut()
    first, second, third = place.volunteers
    scans(page, first.number)
    says(page, "离线 · 待上传 1 条")
    page.reload()
    says(page, "离线 · 待上传 1 条")
    scans(page, second.number)
    page.close()
    page = context.new_page()
    page.goto(station)
    scans(page, third.number.removeprefix("TPL-"))
    scans(page, "6901234567892")
    says(page, "离线 · 待上传 4 条")
    page.locator("[data-offline-open] li").filter(has_text=second.number).get_by_role("button", name="改为签退").click()
    page.locator("[data-offline-open] li").filter(has_text=second.number).get_by_role("button", name="改为签到").click()
    place.line.restore()
    context.set_offline(False)
    expect(page.locator("[data-offline]")).to_have_attribute("data-unsent", "0", timeout=PATIENCE_MS)
    refused = page.locator("[data-offline-open] li")
    expect(refused).to_have_count(1)
    for sentence in ("没有收下", "不是本社区的卡,也不是编号", "请查对是谁的卡,再补录。"):
        assert plain(sentence) in plain(refused.inner_text())
    for person in place.volunteers:
        ((_, _, state, offline),) = visits_of(place.village, person)
        assert (state, offline) == ("open", "in")
    page.locator("[data-offline-list] summary").click()
    expect(page.locator("[data-offline-done]")).to_contain_text("林晓燕")
    refused.get_by_role("button", name="知道了").click()
    expect(page.locator("[data-offline-open] li")).to_have_count(0)
    page.goto(f"{place.line.address}/c/TPL/offline-scans")
    expect(page.locator("main tbody tr")).to_have_count(4)
    assert [fault for fault in faults if "Failed to fetch" not in fault] == []


def _registers(page: Page, place: Place) -> None:
    page.goto(f"{place.line.address}/sign-in?next=/c/TPL/devices")
    page.locator("[name=who]").fill(place.desk.number)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.locator("[data-register] [name=name]").fill("前台平板")
    page.locator("[data-register] [name=point]").select_option("1")
    page.get_by_role("button", name="登记这个浏览器").click()
    expect(page.locator("[data-offline]")).to_have_attribute("data-kept", "yes", timeout=PATIENCE_MS)
    expect(page.locator("[data-offline]")).to_contain_text("断网时也可以扫码")
