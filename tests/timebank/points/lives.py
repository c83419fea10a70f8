"""What the tests of lives by chance share: every refusal of a package, and counts of what was met."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

import pytest

from timebank.errors import Refused

OFTEN = 20


def codes(*packages: Any) -> set[str]:
    """Every refusal that is made in these packages or modules."""
    for package in packages:
        for found in pkgutil.iter_modules(getattr(package, "__path__", ())):
            importlib.import_module(f"{package.__name__}.{found.name}")
    names = tuple(package.__name__ for package in packages)
    return {one.code for one in _below(Refused) if one.__module__.startswith(names)}


def _below(kind: type[Refused]) -> Iterator[type[Refused]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


class Met:
    """Which ways and refusals were met, and which of them too seldom."""

    def __init__(self) -> None:
        self.edges: Counter[Hashable] = Counter()
        self.refusals: Counter[str] = Counter()

    def refused(self, code: str, call: Callable[[], Any]) -> None:
        """The call is refused with this code."""
        with pytest.raises(Refused) as refusal:
            call()
        assert refusal.value.code == code, f"wanted {code}, got {refusal.value}"
        self.refusals[code] += 1

    def short(self, edges: Iterable[Hashable], refusals: Iterable[str], often: int = OFTEN) -> dict[Hashable, int]:
        """What was met less often, with how often."""
        found: dict[Hashable, int] = {edge: self.edges[edge] for edge in edges if self.edges[edge] < often}
        return found | {code: self.refusals[code] for code in refusals if self.refusals[code] < often}
