"""What the points pages are asked: tables and their adoption, awards, objections, goods and orders."""

from marshmallow.fields import List

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


class AwardsListed(Schema):
    """A page of awards of one state."""

    state = fields.Text(most=20, load_default="")
    after = fields.Id(load_default=None)


class Reviewed(Schema):
    """Awards that were looked at, and the verdict."""

    award_id = List(fields.Id(), load_default=list)
    verdict = fields.Word(("approve", "reject"), required=True)
    remark = fields.Text(most=300, load_default="")


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


class Redeemed(Schema):
    """Goods and how many; at the desk also whose card it is."""

    item_id = fields.Id(required=True)
    quantity = fields.Whole(least=1, most=20, load_default=1)


class CodeTyped(Schema):
    """A code that a scanner read or somebody typed."""

    code = fields.Text(most=300, required=True)


class MerchantAsked(Schema):
    """A merchant to open; `weekdays` are the days on which it is open."""

    name = fields.Text(most=60, required=True)
    place = fields.Text(most=200, load_default="")
    weekdays = List(fields.Word(tuple("1234567")), load_default=lambda: list("1234567"))


class StaffAsked(Schema):
    """Who hands over at a merchant."""

    merchant_id = fields.Id(required=True)
    person = fields.Text(most=60, required=True)


class GoodsAsked(Schema):
    """Goods and their price."""

    merchant_id = fields.Id(required=True)
    name = fields.Text(most=60, required=True)
    piece = fields.Text(most=10, load_default="件")
    price = fields.Points(required=True)


class OfferChanged(Schema):
    """A new price, or in and out of the list."""

    price = fields.Points(required=True)
    offered = fields.Word(("yes", "no"), required=True)


class Received(Schema):
    """Pieces that came."""

    pieces = fields.Whole(least=1, most=100_000, required=True)


class Counted(Schema):
    """Pieces on the shelf, and why they differ."""

    stock = fields.Whole(most=100_000, required=True)
    reason = fields.Text(most=200, required=True)
