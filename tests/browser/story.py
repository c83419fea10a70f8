"""What is known while the story is told: the installation, who has a browser, whose card and code is which."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.installation import Installation
from tests.browser.someone import Someone
from tests.camera import FakeCamera

CITY, VILLAGE = "TPL", "DYC"  # 太平里社区, 东岳村


@dataclass(frozen=True)
class Card:
    """A card as printed: what its code says, and its picture, cut from the sheet."""

    payload: str
    picture: Image.Image


@dataclass
class Story:
    here: Installation
    browser: Browser
    camera: FakeCamera
    secrets: dict[str, str] = field(default_factory=dict)  # passwords that the console printed, by sign-in name
    numbers: dict[str, str] = field(default_factory=dict)  # by name; of the two 李秀英, the one in household A02
    numbers_of_the_import: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # one-time codes, by number
    cards: dict[str, Card] = field(default_factory=dict)  # personal cards, by number
    doors: dict[str, str] = field(default_factory=dict)  # what door cards say, by household
    order: str = ""  # the address of the elder's order
    table: str = ""  # the address of the points table
    tear_off: str = ""
    shop_code: str = ""
    slip_code: str = ""  # of what the desk ordered for an elder
    scanned: str = ""  # what the code on a sheet of the notice board says
    met: dict[str, Someone] = field(default_factory=dict)
    activated: set[str] = field(default_factory=set)  # by name: their codes are used, they sign in
    kept_checkpoint: str = ""  # an outsider saved it in the middle of the story
    kept_bundle: bytes = b""
    bundle: bytes = b""  # the auditor's
    settled: int = 0  # the entry of the volunteer's visit
    account: int = 0  # the volunteer's

    def somebody(self, community: str = CITY, *, phone: bool = False) -> Someone:
        """A browser that knows nobody."""
        return Someone(self.browser, self.here.address, community, phone=phone)

    def person(self, name: str, *, phone: bool = False) -> Someone:
        """Somebody of the register in their own browser; at first sight they activate their card."""
        if name not in self.met:
            number = self.numbers[name]
            browser = self.somebody(number.split("-", maxsplit=1)[0], phone=phone)
            if name in self.activated:
                self.met[name] = browser.opens("/sign-in").signs_in(number)
            else:
                self.met[name] = browser.activates(number, self.codes[number])
                self.activated.add(name)
        return self.met[name]

    def officer(self, name: str) -> Someone:
        """Somebody who signs in by name with the password that the console printed."""
        if name not in self.met:
            browser = self.somebody().opens("/sign-in")
            self.met[name] = browser.signs_in(name, password=self.secrets[name])
        return self.met[name]

    def after(self, other: Story) -> Story:
        """What was known at the end of another story is known in this one, which goes on from there."""
        self.secrets, self.numbers, self.codes = dict(other.secrets), dict(other.numbers), dict(other.codes)
        self.cards, self.activated = dict(other.cards), set(other.activated)
        return self

    def faults(self) -> list[str]:
        """What went wrong in the scripts of anybody's pages."""
        return [fault for somebody in self.met.values() for fault in somebody.faults]
