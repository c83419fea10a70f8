"""How people appear on the notice board: enough to recognise oneself, never a full name or number. Pure."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from timebank.people.masking import mask_name

Bare = tuple[str, str, str]  # masked name, grid, last digits of the household number


@dataclass(frozen=True)
class Shown:
    """Whose line it is (`key`: the same for the same person or household) and what may be shown of them."""

    key: str
    name: str
    grid: str
    household_number: str


@dataclass(frozen=True)
class Label:
    """What stands on the board: 张* with the last two digits of the household number, and a suffix where two look alike."""

    name: str
    grid: str
    tail: str
    suffix: str


def labels(people: Sequence[Shown]) -> list[Label]:
    """One label a line, in order; equal labels mean the same person or household, different ones never look alike."""
    found = [bare(person) for person in people]
    marks = suffixes(zip((person.key for person in people), found, strict=True))
    return [Label(*one, mark) for one, mark in zip(found, marks, strict=True)]


def bare(person: Shown) -> Bare:
    """What is shown of somebody before it is known who else looks like that."""
    digits = [character for character in person.household_number if character.isdecimal()]
    return mask_name(person.name), person.grid, "".join(digits[-2:])


def suffixes(lines: Iterable[tuple[Hashable, Bare]]) -> list[str]:
    """What tells apart those who look alike, one a line: numbers in the order of the lines, nothing where nobody else looks so."""
    every = list(lines)
    alike: dict[Bare, dict[Hashable, int]] = {}
    for key, shown in every:
        known = alike.setdefault(shown, {})
        known.setdefault(key, len(known) + 1)
    return [str(alike[shown][key]) if len(alike[shown]) > 1 else "" for key, shown in every]
