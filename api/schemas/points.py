"""What the points pages are asked: tables and their adoption, awards, objections, goods and orders."""

from api import fields
from api.fields import Schema
from timebank.points.table.tables import BODIES


class Title(Schema):
    """The name of a draft."""

    title = fields.Text(most=100)


class Adoption(Schema):
    """What the minutes say; their digest is typed, or taken from the uploaded file."""

    adopted_on = fields.Day(required=True)
    body = fields.Word(BODIES, required=True)
    quorum = fields.Whole(least=1, most=1_000_000, required=True)
    present = fields.Whole(least=1, most=1_000_000, required=True)
    votes_for = fields.Whole(most=1_000_000, required=True)
    votes_against = fields.Whole(most=1_000_000, required=True)
    minutes_digest = fields.Text(most=64, load_default="")


class Switch(Schema):
    """A decision on one item."""

    item_id = fields.Id(required=True)
    in_use = fields.Word(("on", "off"), required=True)
    decided_on = fields.Day(required=True)
    reason = fields.Text(most=500, required=True)


class AwardAsked(Schema):
    """One award as typed; the same texts as a row of a spreadsheet."""

    household = fields.Text(most=40, load_default="")
    person = fields.Text(most=60, load_default="")
    item_id = fields.Id(required=True)
    on = fields.Text(most=20, required=True)
    quantity = fields.Text(most=20, load_default="")
    evidence = fields.Text(most=500, required=True, lines=True)
    heard_on = fields.Text(most=20, load_default="")
    heard_words = fields.Text(most=1000, least=0, load_default="", lines=True)
    heard_present = fields.Text(most=200, least=0, load_default="")
    again_reason = fields.Text(most=200, least=0, load_default="")


class Reason(Schema):
    """Why something is taken back."""

    reason = fields.Text(most=300, required=True)


class ObjectionRaised(Schema):
    """What is wrong with a line; staff name who came with paper."""

    reason = fields.Text(most=1000, required=True, lines=True)
    person = fields.Text(most=60, load_default="")


class Verdict(Schema):
    """An answer to an objection or an appeal."""

    verdict = fields.Word(("uphold", "reject"), required=True)
    text = fields.Text(most=1000, required=True, lines=True)


class Said(Schema):
    """A sentence or two."""

    text = fields.Text(most=1000, required=True, lines=True)


class DayDeclared(Schema):
    """A working day or holiday that the calendar does not know."""

    day = fields.Day(required=True)
    works = fields.Word(("yes", "no"), required=True)
    reason = fields.Text(most=200, required=True)


class Paged(Schema):
    """The next page of a list by number."""

    before = fields.Whole(load_default=None)
    after = fields.Whole(load_default=0)
