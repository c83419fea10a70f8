"""What an examination says: a stable code, whether it is wrong now, and the facts in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.doctor.words import MEANINGS
from api.settings import Settings
from timebank.storage import Storage


@dataclass(frozen=True)
class Finding:
    """`trouble` is wrong now, otherwise it is advice. `community` is its code, empty for the installation."""

    code: str
    text: str
    community: str = ""
    trouble: bool = True

    @property
    def means(self) -> str:
        return MEANINGS[self.code][0]

    @property
    def remedy(self) -> str:
        return MEANINGS[self.code][1]


def trouble(code: str, text: str, community: str = "") -> Finding:
    return Finding(code, text, community)


def advice(code: str, text: str, community: str = "") -> Finding:
    return Finding(code, text, community, trouble=False)


# (what is examined, done, of how many): called now and then on long logs.
Progress = Callable[[str, int, int], None]
Examination = Callable[[Settings, Storage, Progress], Iterator[Finding]]


def silent(what: str, done: int, size: int) -> None:
    """No progress is shown."""
