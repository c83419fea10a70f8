"""What the JSON of the points shop answers. Steps are tenths of a point."""

import marshmallow
from marshmallow.fields import Boolean, Date, DateTime, Dict, Integer, List, Nested, String

from api.fields import IdTold


class ShopGoodsAnswer(marshmallow.Schema):
    """Something that can be ordered; steps are tenths of a point."""

    id = String(required=True)
    merchant_id = String(required=True)
    merchant = String(required=True)
    name = String(required=True)
    kind = String(required=True)
    category = String(required=True)
    description = String(required=True)
    piece = String(required=True)
    price_steps = Integer(required=True)
    left = Integer(
        required=True, allow_none=True, metadata={"description": "none for a service: its places are by day"}
    )
    places_a_day = Integer(required=True, allow_none=True)
    order_most = Integer(required=True, allow_none=True)
    month_most = Integer(required=True, allow_none=True)
    year_most = Integer(required=True, allow_none=True)
    picture_id = String(required=True, allow_none=True)
    picture_alt = String(required=True)


class ShopReachableAnswer(ShopGoodsAnswer):
    missing_steps = Integer(required=True)


class ShopGoodsListAnswer(marshmallow.Schema):
    goods = List(Nested(ShopGoodsAnswer), required=True)


class ShopReachableListAnswer(marshmallow.Schema):
    available_steps = Integer(required=True)
    owed_steps = Integer(required=True)
    goods = List(Nested(ShopReachableAnswer), required=True)


class ShopLineAnswer(marshmallow.Schema):
    position = Integer(required=True)
    item_id = String(required=True)
    name = String(required=True)
    quantity = Integer(required=True)
    given = Integer(required=True)
    price_steps = Integer(required=True)
    on_day = Date(required=True, allow_none=True)


class ShopOrderAnswer(marshmallow.Schema):
    """An order; `code` only for the household, and only while it waits."""

    id = String(required=True)
    number = Integer(required=True)
    merchant = String(required=True)
    state = String(required=True)
    total_steps = Integer(required=True)
    given_steps = Integer(required=True)
    ordered_at = DateTime(required=True)
    ends_at = DateTime(required=True)
    closed_at = DateTime(required=True, allow_none=True)
    close_reason = String(required=True)
    code = String(required=True, allow_none=True)
    lines = List(Nested(ShopLineAnswer), required=True)


class ShopOrderListAnswer(marshmallow.Schema):
    orders = List(Nested(ShopOrderAnswer), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class ShopOutcomeAnswer(marshmallow.Schema):
    """What was done, with its facts."""

    class Meta:
        unknown = marshmallow.INCLUDE

    code = String(required=True)
    order_id = IdTold()
    number = Integer()
    before_steps = Integer()
    after_steps = Integer()
    total_steps = Integer()
    whole = Boolean()
    stock = Integer(metadata={"description": "pieces on the shelf now"})
    item_id = IdTold()
    merchant_id = IdTold()
    has_role = Boolean(metadata={"description": "of staff that was added: whether the role merchant is given, too"})
    orders_kept_longer = Integer(metadata={"description": "orders that wait longer by new hours"})
    supplier_id = IdTold()
    delivery_id = IdTold()
    kinds = Integer()
    pieces = Integer()
    taking_id = IdTold()
    lines = Integer()
    changed = Integer(metadata={"description": "kinds of goods that differed"})
    difference_steps = Integer()
    note = Integer(metadata={"description": "seq of the ledger's note of a counting"})
    return_id = IdTold()
    steps = Integer()
    entry = Integer(metadata={"description": "seq of the entry by which points went back"})


class ShopMerchantAnswer(marshmallow.Schema):
    id = String(required=True)
    name = String(required=True)
    place = String(required=True)


class ShopMerchantListAnswer(marshmallow.Schema):
    merchants = List(Nested(ShopMerchantAnswer), required=True)


class ShopStockAnswer(marshmallow.Schema):
    id = String(required=True)
    name = String(required=True)
    kind = String(required=True)
    price_steps = Integer(required=True)
    stock = Integer(required=True)
    reserved = Integer(required=True)
    least_stock = Integer(required=True)
    offered = Boolean(required=True)
    given_in_30_days = Integer(required=True)


class ShopStockListAnswer(marshmallow.Schema):
    goods = List(Nested(ShopStockAnswer), required=True)


class ShopStockRowAnswer(marshmallow.Schema):
    name = String(required=True)
    opening = Integer(required=True)
    received = Integer(required=True)
    taken_back = Integer(required=True)
    counted = Integer(required=True)
    handed_over = Integer(required=True)
    spoiled = Integer(required=True)
    past_date = Integer(required=True)
    event = Integer(required=True)
    closing = Integer(required=True)


class ShopDifferenceAnswer(marshmallow.Schema):
    code = String(required=True)
    name = String(required=True)
    expected = Integer(required=True)
    found = Integer(required=True)


class ShopMonthAnswer(marshmallow.Schema):
    merchant = String(required=True)
    orders = Integer(required=True)
    pieces_steps = Integer(required=True)
    orders_steps = Integer(required=True)
    returned_steps = Integer(required=True)
    entries_steps = Integer(required=True)
    account_opening_steps = Integer(required=True)
    account_closing_steps = Integer(required=True)
    stock = List(Nested(ShopStockRowAnswer), required=True)
    differences = List(Nested(ShopDifferenceAnswer), required=True)


class ShopReportAnswer(marshmallow.Schema):
    month = String(required=True)
    merchants = List(Nested(ShopMonthAnswer), required=True)


class ShopWeekdayAnswer(marshmallow.Schema):
    """A weekday (1 is Monday) on which it is open; no minutes: all day."""

    weekday = Integer(required=True)
    opens_minute = Integer(required=True, allow_none=True, metadata={"description": "minute of the day"})
    closes_minute = Integer(required=True, allow_none=True)


class ShopDayAnswer(marshmallow.Schema):
    day = Date(required=True)
    opens = Boolean(required=True)
    reason = String(required=True)


class ShopMerchantWholeAnswer(ShopMerchantAnswer):
    """A merchant with its hours and the days that are not as others."""

    keeps_holidays = Boolean(required=True)
    weekdays = List(Nested(ShopWeekdayAnswer), required=True)
    days = List(Nested(ShopDayAnswer), required=True)


class ShopSupplierAnswer(marshmallow.Schema):
    id = String(required=True)
    name = String(required=True)
    contact = String(required=True)
    note = String(required=True)
    donates = Boolean(required=True)
    ended_at = DateTime(required=True, allow_none=True)


class ShopSupplierListAnswer(marshmallow.Schema):
    suppliers = List(Nested(ShopSupplierAnswer), required=True)


class ShopDeliveredAnswer(marshmallow.Schema):
    item_id = String(required=True)
    name = String(required=True)
    pieces = Integer(required=True)


class ShopDeliveryAnswer(marshmallow.Schema):
    id = String(required=True)
    number = Integer(required=True)
    supplier = String(required=True, allow_none=True)
    note_number = String(required=True)
    cost_fen = Integer(required=True, allow_none=True)
    is_donation = Boolean(required=True)
    remark = String(required=True)
    received_at = DateTime(required=True)
    received_by = String(required=True)
    lines = List(Nested(ShopDeliveredAnswer), required=True)


class ShopDeliveryListAnswer(marshmallow.Schema):
    deliveries = List(Nested(ShopDeliveryAnswer), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class ShopTakingAnswer(marshmallow.Schema):
    """A counting of the shelf, of the moment `as_of`; `note` is the seq of the ledger's note of it."""

    id = String(required=True)
    number = Integer(required=True)
    state = String(required=True)
    begun_at = DateTime(required=True)
    begun_by = String(required=True)
    as_of = DateTime(required=True, allow_none=True)
    counted_at = DateTime(required=True, allow_none=True)
    counted_by = String(required=True, allow_none=True)
    difference_steps = Integer(required=True)
    booked_at = DateTime(required=True, allow_none=True)
    booked_by = String(required=True, allow_none=True)
    digest = String(required=True, allow_none=True)
    note = Integer(required=True, allow_none=True)


class ShopTakingListAnswer(marshmallow.Schema):
    takings = List(Nested(ShopTakingAnswer), required=True)


class ShopTakingLineAnswer(marshmallow.Schema):
    """`sheet` is what the books said as it began, `expected` at the moment of counting, `since` what moved meanwhile by kind."""

    position = Integer(required=True)
    item_id = String(required=True)
    name = String(required=True)
    sheet = Integer(required=True)
    moved = Integer(required=True, allow_none=True)
    expected = Integer(required=True)
    counted = Integer(required=True, allow_none=True)
    difference = Integer(required=True, allow_none=True)
    reason = String(required=True)
    since = Dict(required=True, keys=String(), values=Integer())


class ShopTakingWholeAnswer(ShopTakingAnswer):
    merchant_id = String(required=True)
    lines = List(Nested(ShopTakingLineAnswer), required=True)


class ShopReturnAnswer(marshmallow.Schema):
    """Pieces that came back; `entry` is the seq by which their points went back."""

    id = String(required=True)
    order_number = Integer(required=True)
    item_id = String(required=True)
    name = String(required=True)
    pieces = Integer(required=True)
    steps = Integer(required=True)
    to_shelf = Boolean(required=True)
    reason = String(required=True)
    state = String(required=True)
    asked_at = DateTime(required=True)
    asked_by = String(required=True)
    decided_at = DateTime(required=True, allow_none=True)
    decided_by = String(required=True, allow_none=True)
    remark = String(required=True)
    entry = Integer(required=True, allow_none=True)


class ShopReturnListAnswer(marshmallow.Schema):
    returns = List(Nested(ShopReturnAnswer), required=True)
