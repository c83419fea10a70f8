"""What stories begin with: an installation that is empty, a browser, and a camera that sees what is held before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chapters import founding
from tests.browser.installation import Installation
from tests.browser.story import Story
from tests.camera import CHROMIUM, CHROMIUM_ARGUMENTS, FakeCamera


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """An empty installation on the 20th of a month at nine, so that a week of publicity ends before the month does."""
    here = Installation(tmp_path / "data")
    here.begin_on(20, hour=9)
    with told_in(here, FakeCamera(tmp_path / "camera.y4m")) as begun:
        yield begun


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A community on the day on which its points table came into force; told once, and it goes on in each story of its own."""
    folder = tmp_path_factory.mktemp("founded")
    here = Installation(folder / "data")
    here.begin_on(20, hour=9)
    with told_in(here, FakeCamera(folder / "camera.y4m")) as begun:
        founding.a_community_comes_to_have_points(begun)
    return begun


@pytest.fixture
def story_with_points(founded: Story, tmp_path: Path) -> Iterator[Story]:
    """The founded community, in an installation of its own: who has a sign-in there signs in."""
    here = founded.here.moved_to(tmp_path / "data")
    here.start()
    with told_in(here, FakeCamera(tmp_path / "camera.y4m")) as begun:
        yield begun.after(founded)


@contextmanager
def told_in(here: Installation, camera: FakeCamera) -> Iterator[Story]:
    """A story that begins in this installation, with a browser that looks through this camera."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera.arguments])
        try:
            yield Story(here, browser, camera)
        finally:
            browser.close()
            here.stop()
