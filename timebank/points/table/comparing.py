"""Two versions of a points table side by side: what is new, gone, changed field by field, unchanged. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from timebank.points.rules import caps_of, rule_of
from timebank.points.table.digests import FIELDS, LATER, Voted

ALIKE = 0.75  # two titles of one category that share so much are one item with a new title


@dataclass(frozen=True)
class Change:
    """An item that goes on otherwise: its fields as (name, before, after)."""

    before: Voted
    after: Voted
    fields: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class Difference:
    """What a draft would change; `unchanged` counts the items that stay as they are."""

    new: tuple[Voted, ...]
    gone: tuple[Voted, ...]
    changed: tuple[Change, ...]
    unchanged: int

    @property
    def none(self) -> bool:
        """Whether both say the same, but perhaps in another order."""
        return not (self.new or self.gone or self.changed)


def compare(before: Sequence[Voted], after: Sequence[Voted]) -> Difference:
    """Pair the items by category and title, then by title alone, then by titles that are nearly the same."""
    left, pairs, new = list(before), [], []
    for item in after:
        found = next(_fitting(item, left), None)
        if found is None:
            new.append(item)
        else:
            left.remove(found)
            pairs.append((found, item))
    for item in list(new):
        found = next((one for one in left if _alike(one, item)), None)
        if found is not None:
            left.remove(found)
            new.remove(item)
            pairs.append((found, item))
    changed = [Change(one, other, fields) for one, other in pairs if (fields := tuple(_fields(one, other)))]
    return Difference(tuple(new), tuple(left), tuple(changed), len(pairs) - len(changed))


@dataclass(frozen=True)
class Caution:
    """Something to look at before a vote: the item, a code and its steps."""

    item: Voted
    code: str
    cap_steps: int = 0


def cautions(items: Sequence[Voted]) -> list[Caution]:
    """Deductions and base points begin out of use; a cap below one award's value always cuts it."""
    found = [Caution(item, f"{item.kind}_out_of_use") for item in items if item.kind != "award"]
    for item in items:
        lowest = min(caps_of(item).values(), default=None)
        if lowest is not None and lowest < rule_of(item).largest(item):
            found.append(Caution(item, "cap_below_value", lowest))
    return found


def _fitting(item: Voted, among: Sequence[Voted]) -> Iterator[Voted]:
    keys = ("category", "title"), ("title",)
    for names in keys:
        for one in among:
            same = all(getattr(one, name) == getattr(item, name) for name in names)
            if same and (one.value_steps < 0) == (item.value_steps < 0):
                yield one


def _alike(one: Voted, other: Voted) -> bool:
    if one.category != other.category or (one.value_steps < 0) != (other.value_steps < 0):
        return False
    return SequenceMatcher(None, one.title, other.title).ratio() >= ALIKE


def _fields(one: Voted, other: Voted) -> Iterator[tuple[str, Any, Any]]:
    for name in (*FIELDS, *LATER):
        before, after = getattr(one, name) or None, getattr(other, name) or None
        if before != after:
            yield name, before, after
