"""What the pages of a points table share: uploads, people typed by number, an item as a sentence, differences in words."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from api import edge, errors, fields, look
from api.messages import points as words
from api.messages import points_table as life_words
from timebank.errors import NotFound
from timebank.people import residents
from timebank.people.masking import mask_name
from timebank.people.residents import Person
from timebank.permissions import may
from timebank.points.rules import PERIODS, rule_of
from timebank.points.table import adoption
from timebank.points.table.comparing import Caution, Change, Difference, cautions, compare
from timebank.points.table.digests import Voted

NAMES_TO = "table.confirm"  # who confirms votes reads names; others read them masked


def uploaded(name: str) -> tuple[bytes, str]:
    """The bytes and the name of an uploaded file; a refusal of its field if there is none."""
    file = request.files.get(name)
    if not isinstance(file, FileStorage) or not file.filename:
        raise edge.bad(name, _("请选择文件。"))
    return file.read(), file.filename


def person_typed(text: str) -> uuid.UUID | None:
    """Whose number was typed; None where nothing was."""
    if not text.strip():
        return None
    try:
        return residents.by_number(edge.read(), edge.community().id, fields.typed_number(text)).id
    except NotFound:
        raise edge.bad("person", _("没有这个编号。")) from None


def day_of(text: str) -> str:
    """A day out of a use case's facts as people read it."""
    return look.day(dt.date.fromisoformat(text))


def name_of(person: Person | None) -> str:
    """A name as the reader may see it: whole for those who audit votes and for herself, else masked."""
    if person is None:
        return "—"
    asks = edge.actor()
    whole = asks.person_id == person.id or may(asks, NAMES_TO, community_id=edge.community().id)
    return person.name if whole else mask_name(person.name)


def sentence(item: Voted) -> str:
    """What an item comes to, as one sentence: rule, then caps."""
    rule = rule_of(item)
    facts = rule.facts(item)
    sign = -1 if item.value_steps < 0 else 1
    said = {
        "points": look.points(sign * facts["value_steps"]),
        "most": look.points(sign * facts.get("most_steps", 0)),
        "count": facts.get("count", ""),
        "period": str(words.CAPS[facts["period"]]) if "period" in facts else "",
    }
    parts = [_(rule.says) % said]
    parts += [
        _("%(period)s最多 %(points)s 分", period=str(words.CAPS[period]), points=look.points(steps))
        for period in PERIODS
        if (steps := getattr(item, f"cap_{period}_steps"))
    ]
    return _("\uff1b").join(parts)


@dataclass(frozen=True)
class ChangeTold:
    """A changed item: its title and each field before and after, in words."""

    item: Voted
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class DifferenceTold:
    """A difference with everything in words."""

    new: Sequence[Voted]
    gone: Sequence[Voted]
    changed: Sequence[ChangeTold]
    unchanged: int

    @property
    def none(self) -> bool:
        return not (self.new or self.gone or self.changed)


def difference(before: Sequence[Voted], after: Sequence[Voted]) -> DifferenceTold:
    """Two versions side by side, in words."""
    found: Difference = compare(before, after)
    return DifferenceTold(found.new, found.gone, [_change(one) for one in found.changed], found.unchanged)


def from_in_force(items: Sequence[Voted], besides: uuid.UUID | None = None) -> tuple[Any, DifferenceTold | None]:
    """The version in force today, and what these items would change in it; (None, None) where there is none."""
    session, place = edge.read(), edge.community()
    from timebank.people.working_days import today_in

    now_in_force = adoption.in_force_on(session, place.id, today_in(session, place.id, edge.now()))
    if now_in_force is None or now_in_force.id == besides:
        return None, None
    return now_in_force, difference(adoption.items_of(session, place.id, now_in_force.id), items)


def cautions_told(items: Sequence[Voted]) -> list[tuple[str, str]]:
    """What to look at before a vote: item and sentence."""
    found: list[Caution] = cautions(items)
    return [
        (one.item.title, errors.filled(life_words.CAUTIONS[one.code], {"cap_steps": one.cap_steps})) for one in found
    ]


def _change(change: Change) -> ChangeTold:
    told = [
        (str(life_words.FIELDS[name]), _value(name, before, change.before), _value(name, after, change.after))
        for name, before, after in change.fields
    ]
    return ChangeTold(change.after, tuple(told))


def _value(name: str, value: Any, item: Voted) -> str:
    if value in (None, ""):
        return "—"
    if name == "rule":
        return sentence(item)
    if name.endswith("_steps"):
        return look.points(value)
    if name == "per":
        return str(words.PERS[value])
    if name == "subject":
        return str(words.SUBJECTS[value])
    if name == "reporters":
        return _("、").join(str(life_words.REPORTERS.get(code, code)) for code in value.split())
    return str(value)
