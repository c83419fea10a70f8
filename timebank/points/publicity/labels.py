"""How people appear on the notice board: enough to recognise oneself, never a full name or number. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from timebank.people.masking import mask_name


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
    suffix_of: dict[tuple[str, str, str], dict[str, int]] = {}
    for person in people:
        alike = suffix_of.setdefault(_bare(person), {})
        alike.setdefault(person.key, len(alike) + 1)
    made = []
    for person in people:
        alike = suffix_of[_bare(person)]
        suffix = str(alike[person.key]) if len(alike) > 1 else ""
        made.append(Label(*_bare(person), suffix))
    return made


def _bare(person: Shown) -> tuple[str, str, str]:
    digits = [character for character in person.household_number if character.isdecimal()]
    return mask_name(person.name), person.grid, "".join(digits[-2:])
