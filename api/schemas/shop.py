"""What the pages and the JSON of the points shop are asked: goods, stock, countings, returns, hours."""

from marshmallow.fields import AwareDateTime, Boolean, List, Nested

from api import fields
from api.fields import Schema
from timebank.points.shop.goods import KINDS
from timebank.points.shop.stock import OUT_KINDS

MOST_PIECES = 100_000


class Described(Schema):
    """What is said of goods beside name and price."""

    category = fields.Text(most=20, load_default="")
    description = fields.Text(most=500, load_default="", lines=True)
    least_stock = fields.Whole(most=MOST_PIECES, load_default=0)
    places_a_day = fields.Whole(least=1, most=1000, load_default=None)
    order_most = fields.Whole(least=1, most=1000, load_default=None)
    month_most = fields.Whole(least=1, most=10_000, load_default=None)
    year_most = fields.Whole(least=1, most=100_000, load_default=None)
    offered_from = fields.Day(load_default=None)
    offered_until = fields.Day(load_default=None)


class GoodsNamed(Schema):
    """Name, unit and picture of goods; `offered` is in the list or not."""

    name = fields.Text(most=60, required=True)
    piece = fields.Text(most=10, load_default="件")
    picture_alt = fields.Text(most=100, load_default="")


class GoodsAsked(GoodsNamed):
    """New goods, a service or a bundle, with the price."""

    merchant_id = fields.Id(required=True)
    kind = fields.Word(KINDS, load_default="goods")
    price = fields.Points(required=True)


class GoodsChanged(GoodsNamed):
    """What is said of goods, anew."""

    offered = fields.Word(("yes", "no"), required=True)


class PriceSet(Schema):
    """A price and the day from which it is in force; today: at once."""

    price = fields.Points(required=True)
    from_on = fields.Day(load_default=None)


class PiecesReceived(Schema):
    """Pieces of one kind that came."""

    pieces = fields.Whole(least=1, most=MOST_PIECES, required=True)
    reason = fields.Text(most=200, load_default="")


class PiecesTakenOut(Schema):
    """Pieces that went out without an order, and why."""

    kind = fields.Word(OUT_KINDS, required=True)
    pieces = fields.Whole(least=1, most=MOST_PIECES, required=True)
    reason = fields.Text(most=200, required=True)


class PiecesCounted(Schema):
    """Pieces on the shelf, and why they differ."""

    stock = fields.Whole(most=MOST_PIECES, required=True)
    reason = fields.Text(most=200, required=True)


class Delivered(Schema):
    """A delivery's head; the pieces stand in fields of their own. Money is for information only."""

    merchant_id = fields.Id(required=True)
    supplier_id = fields.Id(load_default=None)
    note_number = fields.Text(most=40, load_default="")
    cost = fields.Text(most=16, load_default="")
    is_donation = fields.Word(("yes",), load_default="")
    remark = fields.Text(most=200, load_default="")


class SupplierAsked(Schema):
    """A supplier or donor."""

    name = fields.Text(most=60, required=True)
    contact = fields.Text(most=100, load_default="")
    note = fields.Text(most=200, load_default="")
    donates = fields.Word(("yes",), load_default="")


class SupplierNamed(Schema):
    """Which supplier."""

    supplier_id = fields.Id(required=True)


class MerchantNamed(Schema):
    """Which merchant; of those the reader answers for."""

    merchant_id = fields.Id(load_default=None)


class ShopCodeTyped(Schema):
    """A code that a scanner read or somebody typed."""

    code = fields.Text(most=300, required=True)


class HandedOver(ShopCodeTyped):
    """The code again, and why something of it is not there."""

    reason = fields.Text(most=200, load_default="")


class CalledOff(Schema):
    """Why."""

    reason = fields.Text(most=200, required=True)


class ReturnAsked(Schema):
    """Pieces of an order that came back."""

    order_number = fields.Whole(least=1, required=True)
    item_id = fields.Id(required=True)
    pieces = fields.Whole(least=1, most=1000, required=True)
    to_shelf = fields.Word(("yes",), load_default="")
    reason = fields.Text(most=200, required=True)


class ReturnSearched(Schema):
    """The number of the order on the slip."""

    order_number = fields.Whole(least=1, load_default=None)


class Remark(Schema):
    """Why a return is not booked."""

    remark = fields.Text(most=200, required=True)


class MerchantAsked(Schema):
    """A merchant to open; `weekdays` are the days on which it is open, times are as on a clock."""

    name = fields.Text(most=60, required=True)
    place = fields.Text(most=200, load_default="")
    weekdays = List(fields.Word(tuple("1234567")), load_default=lambda: list("1234567"))
    opens = fields.Text(most=5, load_default="")
    closes = fields.Text(most=5, load_default="")


class HoursSet(Schema):
    """The place, and whether the merchant keeps public holidays; the hours stand in a field for each weekday."""

    place = fields.Text(most=200, load_default="")
    keeps_holidays = fields.Word(("yes",), load_default="")


class DaySet(Schema):
    """One day that is not as others."""

    day = fields.Day(required=True)
    opens = fields.Word(("yes", "no"), required=True)
    reason = fields.Text(most=200, required=True)


class StaffAsked(Schema):
    """Who hands over at a merchant."""

    merchant_id = fields.Id(required=True)
    person = fields.Text(most=60, required=True)


class Paged(Schema):
    """The next page of a list by number."""

    before = fields.Whole(load_default=None)
    state = fields.Text(most=20, load_default="")


class Month(Schema):
    """A month, `2026-11`."""

    month = fields.Text(most=7, load_default="")


class LineWanted(Schema):
    """How many of what; a day for a service."""

    item_id = fields.Id(required=True)
    quantity = fields.Whole(least=1, most=20, load_default=1)
    on_day = fields.Day(load_default=None)


class BasketPosted(Schema):
    """An order as JSON; `person` is the number of whom one helps, or who stands at the desk."""

    lines = List(Nested(LineWanted), required=True)
    person = fields.PersonNumber(load_default=None)


class LineGiven(Schema):
    """How many pieces of a line are there."""

    position = fields.Whole(least=1, most=20, required=True)
    given = fields.Whole(most=20, required=True)


class HandOverPosted(ShopCodeTyped):
    """A hand-over as JSON; without `lines` all of it."""

    lines = List(Nested(LineGiven), load_default=None)
    reason = fields.Text(most=200, load_default="")


# The same as JSON, where a form has fields named by a row.


class PiecesDelivered(Schema):
    """Pieces of one kind in a delivery."""

    item_id = fields.Id(required=True)
    pieces = fields.Whole(least=1, most=MOST_PIECES, required=True)


class DeliveryPosted(Schema):
    """A delivery; the cost is in fen, for information only."""

    lines = List(Nested(PiecesDelivered), required=True)
    supplier_id = fields.Id(load_default=None)
    note_number = fields.Text(most=40, load_default="")
    cost_fen = fields.Whole(most=10**10, load_default=None)
    is_donation = Boolean(load_default=False)
    remark = fields.Text(most=200, load_default="")


class SupplierPosted(Schema):
    """A supplier or donor."""

    name = fields.Text(most=60, required=True)
    contact = fields.Text(most=100, load_default="")
    note = fields.Text(most=200, load_default="")
    donates = Boolean(load_default=False)


class LineCounted(Schema):
    """What was counted of one line of the sheet, and why it differs."""

    position = fields.Whole(least=1, most=MOST_PIECES, required=True)
    counted = fields.Whole(most=MOST_PIECES, required=True)
    reason = fields.Text(most=200, load_default="")


class TakingPosted(Schema):
    """A whole sheet; `as_of` is when it was counted, if that was not just now."""

    lines = List(Nested(LineCounted), required=True)
    as_of = AwareDateTime(load_default=None)


class ReturnPosted(Schema):
    """Pieces of an order that came back; `to_shelf`: they can be given out again."""

    order_number = fields.Whole(least=1, required=True)
    item_id = fields.Id(required=True)
    pieces = fields.Whole(least=1, most=1000, required=True)
    to_shelf = Boolean(load_default=False)
    reason = fields.Text(most=200, required=True)


class ReturnsAsked(Schema):
    """Which returns: all, or those in one state."""

    state = fields.Word(("", "asked", "booked", "refused"), load_default="")


class WeekdayOpen(Schema):
    """A weekday (1 is Monday) on which a merchant is open, from and until as on a clock; both or neither."""

    weekday = fields.Whole(least=1, most=7, required=True)
    opens = fields.Text(most=5, load_default="")
    closes = fields.Text(most=5, load_default="")


class HoursPosted(Schema):
    """When a merchant is open; a weekday that is not there is closed."""

    place = fields.Text(most=200, load_default="")
    keeps_holidays = Boolean(load_default=False)
    weekdays = List(Nested(WeekdayOpen), required=True)


class DayPosted(Schema):
    """One day that is not as others."""

    day = fields.Day(required=True)
    opens = Boolean(required=True)
    reason = fields.Text(most=200, required=True)


class StaffPosted(Schema):
    """Who hands over at a merchant, by the number."""

    person = fields.Text(most=60, required=True)
