"""What stories begin with: an installation that is empty, a browser, and a camera that sees what is held before it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.installation import Installation
from tests.browser.story import Story
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS, FakeCamera


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """An empty installation on the 20th of a month at nine, so that a week of publicity ends before the month does."""
    here = Installation(tmp_path / "data")
    here.begin_on(20, hour=9)
    camera = FakeCamera(tmp_path / "camera.y4m")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera.arguments])
        yield Story(here, browser, camera)
        browser.close()
    here.stop()
