"""What is kept of the points shop: merchants, goods and their stock, and what households ordered."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Id, Instant, Number

ORDERED, HANDED_OVER, CANCELLED, EXPIRED = "ordered", "handed_over", "cancelled", "expired"


class Merchant(SQLModel, table=True):
    """Who hands goods over; `account` receives the redeemed points, `opening_weekdays` are digits 1 (Monday) to 7."""

    __tablename__ = "merchant"
    __table_args__ = (
        UniqueConstraint("community_id", "name", name="uq_merchant_name"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_merchant_name"),
        CheckConstraint("length(opening_weekdays) BETWEEN 1 AND 7", name="ck_merchant_opening_weekdays"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    name: str
    place: str
    account: int = Field(sa_type=Number)
    opening_weekdays: str
    opened_at: dt.datetime = Field(sa_type=Instant)


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
    """One kind of goods: its price in steps of 0.1 point, pieces on the shelf, and how many of them are reserved."""

    __tablename__ = "shop_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "merchant_id"], ["merchant.community_id", "merchant.id"], name="fk_shop_item_merchant"
        ),
        UniqueConstraint("community_id", "merchant_id", "name", name="uq_shop_item_name"),
        CheckConstraint("price_steps > 0", name="ck_shop_item_price"),
        CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="ck_shop_item_stock"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_shop_item_name"),
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


class ShopOrder(SQLModel, table=True):
    """Goods ordered by a household: its points are held until the goods are handed over, or given back."""

    __tablename__ = "shop_order"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_shop_order_item"
        ),
        UniqueConstraint("community_id", "number", name="uq_shop_order_number"),
        CheckConstraint("state IN ('ordered', 'handed_over', 'cancelled', 'expired')", name="ck_shop_order_state"),
        CheckConstraint("quantity > 0 AND total_steps = quantity * price_steps", name="ck_shop_order_total"),
        CheckConstraint("(state = 'ordered') = (closed_at IS NULL)", name="ck_shop_order_closed"),
        CheckConstraint("(state = 'handed_over') = (capture IS NOT NULL)", name="ck_shop_order_capture"),
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
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    household_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    merchant_id: uuid.UUID = Field(sa_type=Id)
    item_id: uuid.UUID = Field(sa_type=Id)
    quantity: int
    price_steps: int = Field(sa_type=Number)
    total_steps: int = Field(sa_type=Number)
    state: str
    code_salt: str
    code_tag: str
    hold: int = Field(sa_type=Number)
    capture: int | None = Field(default=None, sa_type=Number)
    ordered_at: dt.datetime = Field(sa_type=Instant)
    ordered_by: str
    on_behalf: bool
    ends_at: dt.datetime = Field(sa_type=Instant)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None

    @property
    def last_moment(self) -> dt.datetime:
        """The last minute to fetch the goods, not the midnight after."""
        return self.ends_at - dt.timedelta(minutes=1)


class StockMovement(SQLModel, table=True):
    """Every change of stock or reservation: `stock` and `reserved` are what was there afterwards."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["shop_item.community_id", "shop_item.id"], name="fk_stock_movement_item"
        ),
        CheckConstraint(
            "kind IN ('received', 'counted', 'reserved', 'released', 'handed_over')", name="ck_stock_movement_kind"
        ),
        CheckConstraint("stock >= 0 AND reserved >= 0 AND reserved <= stock", name="ck_stock_movement_stock"),
        Index("ix_stock_movement_item", "community_id", "item_id", "moved_at"),
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
