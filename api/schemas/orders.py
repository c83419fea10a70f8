"""What is said about orders, in forms and in JSON alike. Days and times are the community's own."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow.fields import List

from api import fields
from api.messages.orders import FIELDS
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.disputes import VERDICTS
from timebank.hours.orders.escalation import STEPS
from timebank.hours.orders.placing import ASKED_WAYS
from timebank.hours.orders.states import STATES
from timebank.hours.orders.waiting import KINDS
from timebank.people.helpers import RELATIONS


class Clock(fields.Text):
    """A time of the day, `09:30`."""

    default_error_messages = {"clock": FIELDS["time"]}

    def __init__(self, **options: Any) -> None:
        super().__init__(most=8, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> time:  # type: ignore[override]
        text = unicodedata.normalize("NFKC", super()._deserialize(value, attr, data, **options))
        found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?", text)
        if found is None:
            raise self.make_error("clock")
        return time(int(found[1]), int(found[2]))


class Placing(fields.Schema):
    """A new order; the recipient is named in the address of a page, and by `recipient` in JSON."""

    service = fields.Word(tuple(SERVICES), required=True)
    day = fields.Day(required=True)
    time = Clock(required=True)
    planned_minutes = fields.Minutes(required=True, least=1, most=24 * 60)
    place = fields.Text(required=True, most=120)
    note = fields.Text(least=0, most=300, lines=True, load_default="")
    dispatch_at_once = fields.Whole(most=1, load_default=0)
    # What it may cost, as it was shown; needed only where an hour counts for more.
    agreed_minutes = fields.Minutes(least=1, most=24 * 60, load_default=None)
    asked_way = fields.Word(ASKED_WAYS, load_default="")


class Pricing(fields.Schema):
    """What is asked before an order: what it would cost at that time."""

    service = fields.Word(tuple(SERVICES), required=True)
    day = fields.Day(required=True)
    time = Clock(required=True)
    planned_minutes = fields.Minutes(required=True, least=1, most=24 * 60)


class PlacingFor(Placing):
    recipient = fields.PersonNumber(required=True)


class Code(fields.Schema):
    """What a scanner typed, a camera read, or a person typed from a card."""

    code = fields.Text(required=True, most=300)


class Nothing(fields.Schema):
    """A deed that needs no words."""


class Reason(fields.Schema):
    reason = fields.Text(least=0, most=300, lines=True, load_default="")


class Dispatching(fields.Schema):
    """To whom an order is offered; nobody named: to all."""

    person = List(fields.Id(), load_default=list)


class NewTime(fields.Schema):
    day = fields.Day(required=True)
    time = Clock(required=True)
    agreed_minutes = fields.Minutes(least=1, most=24 * 60, load_default=None)


class Acknowledging(fields.Schema):
    """I see to it."""

    note = fields.Text(least=0, most=300, load_default="")


class NoShow(fields.Schema):
    is_excused = fields.Whole(most=1, load_default=0)
    note = fields.Text(least=0, most=300, load_default="")


class Times(fields.Schema):
    """Arrival and leaving from paper."""

    day = fields.Day(required=True)
    arrived = Clock(required=True)
    left = Clock(required=True)
    note = fields.Text(required=True, most=300)


class CallBack(fields.Schema):
    way = fields.Word(("call", "visit"), required=True)
    is_reached = fields.Whole(most=1, load_default=0)
    note = fields.Text(least=0, most=300, load_default="")


class Consent(fields.Schema):
    consents = fields.Whole(most=1, load_default=0)


class Number(fields.Schema):
    number = fields.Text(required=True, most=20)


class Decision(fields.Schema):
    """A verdict; only a split has minutes."""

    verdict = fields.Word(VERDICTS, required=True)
    minutes = fields.Minutes(least=0, most=24 * 60, load_default=None)
    reason = fields.Text(required=True, most=300, lines=True)


class Rating(fields.Schema):
    stars = fields.Whole(required=True, least=1, most=5)
    comment = fields.Text(least=0, most=300, lines=True, load_default="")


class BoardFilters(fields.Schema):
    state = fields.Word(STATES, load_default="")
    service = fields.Word(tuple(SERVICES), load_default="")
    attention = fields.Whole(most=1, load_default=0)
    before = fields.Whole(load_default=None)


class Page(fields.Schema):
    before = fields.Whole(load_default=None)


class After(fields.Schema):
    after = fields.Whole(load_default=None)


class Waiting(After):
    kind = fields.Word(tuple(KINDS), load_default="")


class Escalations(fields.Schema):
    step = fields.Word(tuple(STEPS), load_default="")
    after = fields.Id(load_default=None)


class AtDoor(fields.Schema):
    order_id = fields.Id(required=True)
    verb = fields.Word(("arrive", "leave"), required=True)


class DoorScan(fields.Schema):
    """In JSON: the token of the door card, or the whole text of its code."""

    door = fields.Text(required=True, most=300)


class AskHelper(fields.Schema):
    number = fields.PersonNumber(required=True)
    relation = fields.Word(RELATIONS, required=True)


class Review(fields.Schema):
    is_accepted = fields.Whole(required=True, most=1)


class CardShown(fields.Schema):
    code = fields.Text(most=300, load_default=None)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a local day and time."""
    return datetime.combine(day, at, tzinfo=zone)
