"""The staff's station in a browser: cards are shown to it, it says in large letters what became of them.

Its browser has a clock of its own, which goes with the story's: without a network it is the only one.
"""

from __future__ import annotations

import datetime as dt
import re

from playwright.sync_api import expect

from tests.browser.someone import PATIENCE, plain
from tests.browser.story import Story

DESK = "周前"


def shows(story: Story, code: str, *sentences: str) -> None:
    """What a hand-held scanner does: it types the code and Enter."""
    page = story.person(DESK).page
    page.locator("[data-scan-field]").fill(code)
    page.keyboard.press("Enter")
    is_told(story, *sentences)


def is_told(story: Story, *sentences: str) -> None:
    """The next band says all these sentences, and is put away."""
    page = story.person(DESK).page
    told = plain(page.locator("[data-station-band] [data-station-answer]").inner_text())
    assert all(plain(sentence) in told for sentence in sentences), (told, sentences)
    page.keyboard.press("Escape")


def card_of(story: Story, name: str) -> str:
    return story.cards[story.numbers[name]].payload


def chooses(story: Story, label: str) -> None:
    story.person(DESK).page.locator("[data-station-direction] label", has_text=label).click()


def people_in(story: Story) -> int:
    """How many the station says are in."""
    heading = story.person(DESK).page.locator("[data-station-present] h2").inner_text()
    return int(re.search(r"\d+", heading)[0])


def is_opened_anew(story: Story) -> None:
    story.person(DESK).opens("/~/points/1/station")
    can_do_without_a_network(story)


def can_do_without_a_network(story: Story) -> None:
    """The page and what belongs to it are kept."""
    panel = story.person(DESK).page.locator("[data-offline]")
    expect(panel).to_have_attribute("data-kept", "yes", timeout=PATIENCE * 1000)


def waits(story: Story, count: int) -> None:
    """So many scans are told to wait for the network."""
    told = story.person(DESK).page.locator("[data-offline-count]")
    expect(told).to_have_text(f"离线 · 待上传 {count} 条", timeout=PATIENCE * 1000)


def has_sent_everything(story: Story) -> None:
    """Every scan was answered, and none refused."""
    page = story.person(DESK).page
    expect(page.locator("[data-offline]")).to_have_attribute("data-unsent", "0", timeout=PATIENCE * 1000)
    expect(page.locator("[data-offline-open] li")).to_have_count(0)


def it_is(story: Story, clock: str) -> None:
    """It becomes that time of the day, here and on the clock of the station's browser."""
    hour, minute = map(int, clock.split(":"))
    now = story.here.now()
    passed = (now.replace(hour=hour, minute=minute, second=0, microsecond=0) - now) // dt.timedelta(minutes=1) + 1
    assert passed >= 0, f"it is {now:%H:%M} already"
    story.here.minutes_pass(passed)
    story.person(DESK).page.clock.fast_forward(passed * 60_000)
