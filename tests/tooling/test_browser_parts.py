"""What the pages load in the browser is there, works, and comes from nowhere but us."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import qrcode
from playwright.sync_api import Page, sync_playwright

from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS, FakeCamera
from tools.build_static import VENDOR, build

STATIC = VENDOR.parent

SCAN = """async () => {
    const { BarcodeDetector } = await import("/vendor/barcode-detector.js");
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = stream;
    await video.play();
    const deadline = performance.now() + 25000;
    while (performance.now() < deadline) {
        const found = await detector.detect(video);
        if (found.length) return found[0].rawValue;
        await new Promise(requestAnimationFrame);
    }
    return null;
}"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def static_url() -> Iterator[str]:
    """The static folder, served on loopback."""
    handler = functools.partial(QuietHandler, directory=str(STATIC))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def camera(tmp_path: Path) -> FakeCamera:
    return FakeCamera(tmp_path / "camera.y4m")


@pytest.fixture
def page(camera: FakeCamera) -> Iterator[Page]:
    with sync_playwright() as playwright:
        arguments = [*CHROMIUM_ARGUMENTS, *camera.arguments]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser.new_page()
        browser.close()


def test_building_twice_makes_the_same_files(tmp_path: Path):
    first, second = ({path.name: path.read_bytes() for path in build(tmp_path / name)} for name in ("a", "b"))
    assert first == second
    assert set(first) >= {"htmx.min.js", "pico.min.css", "barcode-detector.js", "zxing_reader.wasm"}


@pytest.mark.browser
def test_a_camera_reads_one_card_after_another_without_the_internet(page: Page, camera: FakeCamera, static_url: str):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for text in ("TB:320115:000042:7", "TB:320115:000043:5"):
        camera.show(qrcode.make(text).get_image())
        page.goto(f"{static_url}/vendor/LICENSES.txt")
        assert page.evaluate(SCAN) == text
    assert f"{static_url}/vendor/zxing_reader.wasm" in asked
    assert [url for url in asked if not url.startswith(static_url)] == []
