"""What is kept of the points shop: merchants and their hours, goods, prices and stock, orders, and what was counted."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number

ORDERED, HANDED_OVER, CANCELLED, CALLED_OFF, EXPIRED = "ordered", "handed_over", "cancelled", "called_off", "expired"
GOODS, SERVICE, BUNDLE = "goods", "service", "bundle"


class Merchant(SQLModel, table=True):
    """Who hands goods over; `account` receives the redeemed points. Opening days are in `merchant_hours`."""

    __tablename__ = "merchant"
    __table_args__ = (
        UniqueConstraint("community_id", "name", name="uq_merchant_name"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_merchant_name"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    name: str
    place: str
    account: int = Field(sa_type=Number)
    opened_at: dt.datetime = Field(sa_type=Instant)
    keeps_holidays: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class MerchantHours(SQLModel, table=True):
    """That a merchant is open on a weekday, 1 (Monday) to 7; from when to when, in minutes of the day, if it was said."""

    __tablename__ = "merchant_hours"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_merchant_hours_merchant"
        ),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="ck_merchant_hours_weekday"),
        CheckConstraint(
            "(opens_minute IS NULL AND closes_minute IS NULL)"
            " OR (0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440)",
            name="ck_merchant_hours_minutes",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    merchant_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    weekday: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    opens_minute: int | None = None
    closes_minute: int | None = None


class MerchantDay(SQLModel, table=True):
    """One day that is not as others: closed, or open although it would not be."""

    __tablename__ = "merchant_day"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_merchant_day_merchant"
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 200", name="ck_merchant_day_reason"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    merchant_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    day: dt.date = Field(sa_type=Day, primary_key=True)
    opens: bool
    reason: str
    entered_by: str


class MerchantStaff(SQLModel, table=True):
    """A person who hands over at a merchant."""

    __tablename__ = "merchant_staff"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_merchant_staff_merchant"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    merchant_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)


class ShopItem(SQLModel, table=True):
    """One thing that points buy: goods with pieces on the shelf, a service with places a day, or a bundle of goods.

    Steps are tenths of a point. `price_steps` is in force until `next_price_at`, from then on `next_price_steps`; every
    price that was ever set stands in `shop_price`. Limits that are None do not limit. Pieces are of goods alone: a
    service has none, and a bundle is made of the pieces of its parts.
    """

    __tablename__ = "shop_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_shop_item_merchant"
        ),
        UniqueConstraint("community_id", "merchant_id", "name", name="uq_shop_item_name"),
        CheckConstraint("price_steps > 0", name="ck_shop_item_price"),
        CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="ck_shop_item_stock"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_shop_item_name"),
        CheckConstraint(
            "kind IN ('goods', 'service', 'bundle') AND (kind = 'service') = (places_a_day IS NOT NULL)"
            " AND (kind = 'goods' OR stock = 0)",
            name="ck_shop_item_kind",
        ),
        CheckConstraint(
            "(next_price_at IS NULL) = (next_price_steps IS NULL) AND (next_price_steps IS NULL OR next_price_steps > 0)",
            name="ck_shop_item_next_price",
        ),
        CheckConstraint(
            "offered_from IS NULL OR offered_until IS NULL OR offered_from <= offered_until",
            name="ck_shop_item_offered",
        ),
        CheckConstraint(
            "(places_a_day IS NULL OR places_a_day > 0) AND (order_most IS NULL OR order_most > 0)"
            " AND (month_most IS NULL OR month_most > 0) AND (year_most IS NULL OR year_most > 0) AND least_stock >= 0",
            name="ck_shop_item_limits",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    merchant_id: uuid.UUID = Field(sa_type=Id)
    name: str
    piece: str
    price_steps: int = Field(sa_type=Number)
    stock: int = 0
    reserved: int = 0
    offered: bool = True
    kind: str = Field(default=GOODS, sa_column_kwargs={"server_default": GOODS})
    category: str = Field(default="", sa_column_kwargs={"server_default": ""})
    description: str = Field(default="", sa_column_kwargs={"server_default": ""})
    picture_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    picture_alt: str = Field(default="", sa_column_kwargs={"server_default": ""})
    next_price_steps: int | None = Field(default=None, sa_type=Number)
    next_price_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    least_stock: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    places_a_day: int | None = None
    order_most: int | None = None
    month_most: int | None = None
    year_most: int | None = None
    offered_from: dt.date | None = Field(default=None, sa_type=Day)
    offered_until: dt.date | None = Field(default=None, sa_type=Day)

    @property
    def left(self) -> int:
        """Pieces on the shelf that are promised to nobody; of goods."""
        return self.stock - self.reserved

    @property
    def is_short(self) -> bool:
        """Whether fewer pieces are left than there should always be."""
        return self.kind == GOODS and self.offered and self.left < self.least_stock

    def price_at(self, now: dt.datetime) -> int:
        """The price in force at a moment, in steps."""
        if self.next_price_at is not None and self.next_price_steps is not None and self.next_price_at <= now:
            return self.next_price_steps
        return self.price_steps

    def is_offered_on(self, day: dt.date) -> bool:
        """Whether it can be ordered on a day, as far as the list goes."""
        if not self.offered or (self.offered_from is not None and day < self.offered_from):
            return False
        return self.offered_until is None or day <= self.offered_until


class ShopPrice(SQLModel, table=True):
    """A price that was set: in force from a moment until the next one."""

    __tablename__ = "shop_price"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_shop_price_item"
        ),
        CheckConstraint("price_steps > 0", name="ck_shop_price_price"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    item_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    from_at: dt.datetime = Field(sa_type=Instant, primary_key=True)
    price_steps: int = Field(sa_type=Number)
    set_at: dt.datetime = Field(sa_type=Instant)
    set_by: str


class ShopBundlePart(SQLModel, table=True):
    """So many pieces of goods that a bundle is made of."""

    __tablename__ = "shop_bundle_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "bundle_id"], ["shop_item.community_id", "shop_item.id"], name="fk_shop_bundle_part_bundle"
        ),
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_shop_bundle_part_item"
        ),
        CheckConstraint("pieces > 0 AND bundle_id <> item_id", name="ck_shop_bundle_part_pieces"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    bundle_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    item_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    pieces: int


class ShopOrder(SQLModel, table=True):
    """What a household ordered at one merchant: its points are held until the goods are handed over, or given back.

    `given_steps` is what was paid in the end: less than `total_steps` where something was missing at the hand-over.
    `before_steps` is what the household could spend before it ordered, as the slip tells.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_shop_order_merchant"
        ),
        UniqueConstraint("community_id", "number", name="uq_shop_order_number"),
        CheckConstraint(
            "state IN ('ordered', 'handed_over', 'cancelled', 'called_off', 'expired')", name="ck_shop_order_state"
        ),
        CheckConstraint("total_steps > 0", name="ck_shop_order_total"),
        CheckConstraint("(state = 'ordered') = (closed_at IS NULL)", name="ck_shop_order_closed"),
        CheckConstraint("(state = 'handed_over') = (capture IS NOT NULL)", name="ck_shop_order_capture"),
        CheckConstraint(
            "(state = 'handed_over') = (given_steps > 0) AND given_steps BETWEEN 0 AND total_steps",
            name="ck_shop_order_given",
        ),
        # A code is looked up by its keyed hash, and stands for one open order.
        Index(
            "uq_shop_order_code",
            "community_id",
            "code_tag",
            unique=True,
            sqlite_where=text("state = 'ordered'"),
            postgresql_where=text("state = 'ordered'"),
        ),
        Index("ix_shop_order_household", "community_id", "household_id", "number"),
        Index("ix_shop_order_due", "community_id", "state", "ends_at"),
        Index("ix_shop_order_merchant", "community_id", "merchant_id", "number"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    household_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    merchant_id: uuid.UUID = Field(sa_type=Id)
    total_steps: int = Field(sa_type=Number)
    given_steps: int = Field(default=0, sa_type=Number, sa_column_kwargs={"server_default": text("0")})
    before_steps: int | None = Field(default=None, sa_type=Number)
    state: str
    code_salt: str
    code_tag: str
    hold: int = Field(sa_type=Number)
    capture: int | None = Field(default=None, sa_type=Number)
    ordered_at: dt.datetime = Field(sa_type=Instant)
    ordered_by: str
    on_behalf: bool
    ends_at: dt.datetime = Field(sa_type=Instant)
    reminded_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
    close_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})

    @property
    def last_moment(self) -> dt.datetime:
        """The last minute to fetch the goods, not the midnight after."""
        return self.ends_at - dt.timedelta(minutes=1)


class ShopOrderLine(SQLModel, table=True):
    """One thing of an order, at the price of that moment. `given` pieces were handed over; `on_day` is a service's day."""

    __tablename__ = "shop_order_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"], ["shop_order.community_id", "shop_order.id"], name="fk_shop_order_line_order"
        ),
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_shop_order_line_item"
        ),
        UniqueConstraint("community_id", "order_id", "item_id", name="uq_shop_order_line_item"),
        CheckConstraint("quantity > 0 AND price_steps > 0", name="ck_shop_order_line_quantity"),
        CheckConstraint("given BETWEEN 0 AND quantity", name="ck_shop_order_line_given"),
        Index("ix_shop_order_line_item", "community_id", "item_id", "on_day"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    order_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    item_id: uuid.UUID = Field(sa_type=Id)
    quantity: int
    price_steps: int = Field(sa_type=Number)
    given: int = 0
    on_day: dt.date | None = Field(default=None, sa_type=Day)


class ShopReturn(SQLModel, table=True):
    """Faulty goods that came back after they were handed over: asked by one, booked by another with a counter-entry."""

    __tablename__ = "shop_return"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id", "position"],
            ["shop_order_line.community_id", "shop_order_line.order_id", "shop_order_line.position"],
            name="fk_shop_return_line",
        ),
        CheckConstraint("state IN ('asked', 'booked', 'refused')", name="ck_shop_return_state"),
        CheckConstraint("pieces > 0 AND steps > 0", name="ck_shop_return_pieces"),
        CheckConstraint("length(reason) BETWEEN 1 AND 200", name="ck_shop_return_reason"),
        CheckConstraint("(state = 'booked') = (entry IS NOT NULL)", name="ck_shop_return_entry"),
        CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="ck_shop_return_decided"),
        CheckConstraint("state <> 'booked' OR decided_by <> asked_by", name="ck_shop_return_two_people"),
        Index("ix_shop_return_order", "community_id", "order_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    order_id: uuid.UUID = Field(sa_type=Id)
    position: int
    pieces: int
    steps: int = Field(sa_type=Number)
    to_shelf: bool
    reason: str
    state: str
    asked_at: dt.datetime = Field(sa_type=Instant)
    asked_by: str
    decided_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    remark: str = ""
    entry: int | None = Field(default=None, sa_type=Number)


class ShopSupplier(SQLModel, table=True):
    """Who delivers goods or gives them; ended ones are chosen no more."""

    __tablename__ = "shop_supplier"
    __table_args__ = (
        UniqueConstraint("community_id", "name", name="uq_shop_supplier_name"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_shop_supplier_name"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    name: str
    contact: str
    note: str
    donates: bool
    added_at: dt.datetime = Field(sa_type=Instant)
    added_by: str
    ended_at: dt.datetime | None = Field(default=None, sa_type=Instant)


class ShopDelivery(SQLModel, table=True):
    """Goods that came in one delivery; `cost_fen` is money that was paid, for information only and never booked."""

    __tablename__ = "shop_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_shop_delivery_merchant"
        ),
        ForeignKeyConstraint(
            ["community_id", "supplier_id"],
            ["shop_supplier.community_id", "shop_supplier.id"],
            name="fk_shop_delivery_supplier",
        ),
        UniqueConstraint("community_id", "number", name="uq_shop_delivery_number"),
        CheckConstraint("cost_fen IS NULL OR cost_fen >= 0", name="ck_shop_delivery_cost"),
        # A delivery note of one supplier is taken in once.
        Index(
            "uq_shop_delivery_note",
            "community_id",
            "supplier_id",
            "note_number",
            unique=True,
            sqlite_where=text("note_number <> '' AND supplier_id IS NOT NULL"),
            postgresql_where=text("note_number <> '' AND supplier_id IS NOT NULL"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    merchant_id: uuid.UUID = Field(sa_type=Id)
    supplier_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    note_number: str
    cost_fen: int | None = Field(default=None, sa_type=Number)
    is_donation: bool
    remark: str
    received_at: dt.datetime = Field(sa_type=Instant)
    received_by: str


PROMISES = ("reserved", "released")  # kinds of movement that change what is promised, not what is there


class StockMovement(SQLModel, table=True):
    """Every change of stock or reservation: `stock` and `reserved` are what was there afterwards.

    received, taken_back    pieces came: with a delivery, or faulty goods that are good enough to be sold again
    counted                 the shelf was counted and differed
    reserved, released      promised to an order, or free again; the stock stays
    handed_over             out with an order
    spoiled, past_date, event    out for a reason
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_stock_movement_item"
        ),
        CheckConstraint(
            "kind IN ('received', 'counted', 'reserved', 'released', 'handed_over', 'spoiled', 'past_date', 'event',"
            " 'taken_back')",
            name="ck_stock_movement_kind",
        ),
        CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="ck_stock_movement_stock"),
        Index("ix_stock_movement_item", "community_id", "item_id", "moved_at"),
        Index("ix_stock_movement_moved", "community_id", "moved_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    item_id: uuid.UUID = Field(sa_type=Id)
    moved_at: dt.datetime = Field(sa_type=Instant)
    kind: str
    pieces: int
    stock: int
    reserved: int
    order_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    reason: str = ""
    moved_by: str
    delivery_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    taking_id: uuid.UUID | None = Field(default=None, sa_type=Id)


class StockTaking(SQLModel, table=True):
    """One counting of a merchant's shelf (盘点): begun with its sheet, and of the moment `as_of` at which it was counted.

    `note` is the ledger's note of `digest`, which is of what was counted; it stands once the counting is booked.
    """

    __tablename__ = "stock_taking"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_stock_taking_merchant"
        ),
        UniqueConstraint("community_id", "number", name="uq_stock_taking_number"),
        CheckConstraint("state IN ('counting', 'waiting', 'booked', 'dropped')", name="ck_stock_taking_state"),
        CheckConstraint(
            "(state = 'booked') = (note IS NOT NULL AND digest IS NOT NULL AND booked_at IS NOT NULL)",
            name="ck_stock_taking_booked",
        ),
        # One at a time at a merchant: two would count the same difference twice.
        Index(
            "uq_stock_taking_open",
            "community_id",
            "merchant_id",
            unique=True,
            sqlite_where=text("state IN ('counting', 'waiting')"),
            postgresql_where=text("state IN ('counting', 'waiting')"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    merchant_id: uuid.UUID = Field(sa_type=Id)
    state: str
    begun_at: dt.datetime = Field(sa_type=Instant)
    begun_by: str
    counted_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    counted_by: str | None = None
    difference_steps: int = Field(default=0, sa_type=Number)
    booked_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    booked_by: str | None = None
    digest: str | None = None
    note: int | None = Field(default=None, sa_type=Number)
    as_of: dt.datetime | None = Field(default=None, sa_type=Instant)


class StockTakingLine(SQLModel, table=True):
    """One kind of goods on the sheet: what the books said, what was counted, and why they differ.

    Until it is counted, `expected` is of the moment of the sheet; then of the moment at which it was counted, with what
    came or went in between as `moved` (0 in countings of before, which were of the sheet's moment).
    """

    __tablename__ = "stock_taking_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "taking_id"],
            ["stock_taking.community_id", "stock_taking.id"],
            name="fk_stock_taking_line_taking",
        ),
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_stock_taking_line_item"
        ),
        CheckConstraint("expected >= 0 AND (counted IS NULL OR counted >= 0)", name="ck_stock_taking_line_pieces"),
        CheckConstraint(
            "counted IS NULL OR counted = expected OR length(reason) > 0", name="ck_stock_taking_line_reason"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    taking_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    item_id: uuid.UUID = Field(sa_type=Id)
    expected: int
    price_steps: int = Field(sa_type=Number)
    counted: int | None = None
    reason: str = ""
    moved: int | None = None


class ShopFile(SQLModel, table=True):
    """A list of goods that was uploaded and waits to be taken in; `rows` as read from the file, `problems` beside them."""

    __tablename__ = "shop_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_shop_file_merchant"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    merchant_id: uuid.UUID = Field(sa_type=Id)
    name: str
    rows: list[dict[str, str]] = Field(sa_type=Json)
    staged_at: dt.datetime = Field(sa_type=Instant)
    staged_by: str
    taken_in_at: dt.datetime | None = Field(default=None, sa_type=Instant)
