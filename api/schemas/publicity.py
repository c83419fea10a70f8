"""What the pages of publicity are asked: a month, a batch's page, an objection however it came, a verdict."""

import re
from typing import Any

from marshmallow import post_load

from api import fields
from api.fields import Schema
from timebank.points.publicity.tables import CHANNELS

PAGE_SIZES = (50, 100)


class Month(Schema):
    """A month as YYYY-MM; empty means this one."""

    month = fields.Text(most=7, load_default="")

    @post_load
    def _month(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        import datetime as dt

        text = asked["month"]
        asked["month"] = None
        if re.fullmatch(r"2[0-9]{3}-(0[1-9]|1[0-2])", text):
            asked["month"] = dt.date.fromisoformat(f"{text}-01")
        return asked


class PublicityPage(Schema):
    """A page of a batch: by its number, or the one that holds a line."""

    page = fields.Whole(load_default=None)
    line = fields.Whole(load_default=None)
    size = fields.Whole(load_default=100)
    state = fields.Text(most=20, load_default="")


class SheetAsked(Schema):
    """Which file of a long batch's sheets."""

    part = fields.Whole(least=1, most=10_000, load_default=None)


class HeldBack(Schema):
    """Why an award waits."""

    reason = fields.Text(most=300, required=True)


class ObjectionRaised(Schema):
    """What is wrong with a line; staff also say who it was and how it came."""

    reason = fields.Text(most=1000, required=True, lines=True)
    person = fields.Text(most=60, load_default="")
    channel = fields.Word(CHANNELS, load_default="")
    form_number = fields.Text(most=40, load_default="")
    paper_on = fields.Day(load_default=None)


class Verdict(Schema):
    """An answer or a decision; a corrected line says how often or how long it should have been."""

    verdict = fields.Word(("uphold", "correct", "reject"), required=True)
    text = fields.Text(most=1000, required=True, lines=True)
    quantity = fields.Text(most=20, load_default="")


class TakenBack(Schema):
    """Why an objection is taken back; staff say when and how its person said so."""

    reason = fields.Text(most=300, load_default="")


class Declined(Schema):
    """Why a booking back is not confirmed, or a line is given up."""

    reason = fields.Text(most=300, required=True)


class Listed(Schema):
    """A page of objections; `person` is the number of who calls or comes, for whom staff write something down."""

    before = fields.Whole(load_default=None)
    person = fields.Text(most=60, load_default="")


class LineAsked(Schema):
    """A batch and a line, as somebody read them from the wall."""

    batch = fields.Whole(least=1, required=True)
    line = fields.Whole(least=1, required=True)


# The same in JSON, under names of their own: a description of the API has one schema for each name.


class PublicityListAsked(Schema):
    """Where a list goes on."""

    before = fields.Whole(load_default=None)


class PublicityCallerAsked(Schema):
    """The number of who calls or comes, for whom staff write something down."""

    person = fields.Text(most=60, required=True)


class PublicityMonthAsked(Month):
    """The month of a batch as YYYY-MM."""


class PublicityObjectionPosted(ObjectionRaised):
    """An objection; `person` is the number of who came, called or wrote, where staff write it down."""


class PublicityVerdictPosted(Verdict):
    """An answer or a decision. Anybody may read the text: it names nobody who objected.

    `correct` is for lines that are not in the books; what is booked is upheld, which books it back, and entered anew.
    """


class PublicitySaying(Schema):
    """A sentence or two."""

    text = fields.Text(most=1000, required=True, lines=True)


class PublicityReason(Declined):
    """Why; of a declined booking back, anybody may read it."""


class PublicityTakenBack(TakenBack):
    """Why an objection is taken back; staff say when and how its person told them."""
