"""The digits that hand an order over.

They are made from the server's secret and the order, so that they can be shown again but not be read out of the database,
which keeps a keyed hash to find the order by.
"""

import hmac
import secrets

from sqlmodel import Session, select

from timebank.points.shop.tables import ORDERED, ShopOrder

CODE_DIGITS = 8


def code_of(secret: bytes, order: ShopOrder) -> str:
    """The digits that hand an open order over; empty when it is closed."""
    return _digits(secret, order) if order.state == ORDERED else ""


def tag_of(secret: bytes, community_id: int, digits: str) -> str:
    """The keyed hash under which a code is kept."""
    return hmac.digest(secret, b"shop code tag:%d:" % community_id + digits.encode(), "sha256").hex()


def digits_of(typed: str) -> str:
    """The digits of what was typed or scanned: `4711 0815`, with full-width digits too."""
    return "".join(str(int(sign)) for sign in typed if sign.isdecimal())[:CODE_DIGITS]


def give_code(session: Session, order: ShopOrder, secret: bytes) -> None:
    """Find digits that no other open order has."""
    while True:
        order.code_salt = secrets.token_hex(8)
        order.code_tag = tag_of(secret, order.community_id, _digits(secret, order))
        taken = session.scalars(
            select(ShopOrder.id).where(
                ShopOrder.community_id == order.community_id,
                ShopOrder.state == ORDERED,
                ShopOrder.code_tag == order.code_tag,
            )
        ).first()
        if taken is None:
            return


def _digits(secret: bytes, order: ShopOrder) -> str:
    made = hmac.digest(secret, b"shop code:" + order.id.bytes + order.code_salt.encode(), "sha256")
    return str(int.from_bytes(made[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)
