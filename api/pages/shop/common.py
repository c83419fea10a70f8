"""What the shop's pages share: the blueprint, words for refusals, fields that are named by a row."""

import datetime as dt
import re
import uuid
from typing import Any

from flask import Blueprint, request

from api import edge
from api.form_words import in_words
from api.messages import points as words
from api.messages import shop as shop_words
from timebank import permissions
from timebank.errors import Forbidden, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.points.shop import merchants
from timebank.points.shop.tables import Merchant

blueprint = Blueprint("shop", __name__)

# Why a field is not taken: what the shop says of its own, before what points say.
SENTENCES = {**words.REASONS, **shop_words.REASONS}


def page(template: str, /, **facts: Any) -> Any:
    return edge.page(template, words=words, shop=shop_words, **facts)


def again(template: str, refused: Refused, /, **facts: Any) -> Any:
    """The form once more; who may not is told so on a page of its own."""
    if isinstance(refused, Forbidden):
        raise refused
    return edge.again(template, in_words(refused, SENTENCES), words=words, shop=shop_words, **facts)


def sentence(code: str) -> str:
    """Why a field is not taken; what the edge said already stays as it is."""
    return str(SENTENCES.get(code, code))


def by_row(prefix: str) -> dict[uuid.UUID, str]:
    """The fields of a form that are named by a row's id, such as `q-0198...`: what was written, by row. Empty ones are left out."""
    found = {}
    for name, value in request.form.items():
        match = re.fullmatch(prefix + r"-([0-9a-f]{32})", name)
        if match and value.strip():
            found[uuid.UUID(match[1])] = value.strip()
    return found


def whole_by_row(prefix: str, most: int) -> dict[uuid.UUID, int]:
    """The same as whole numbers; BadInput names the field that is none."""
    from api import fields

    read: dict[uuid.UUID, int] = {}
    for row, text in by_row(prefix).items():
        number = whole(text)
        if number is None or not 0 <= number <= most:
            raise edge.bad(f"{prefix}-{row.hex}", fields.Whole().error_messages["invalid"])
        read[row] = number
    return read


def whole(text: str) -> int | None:
    """A whole number as people type it, full-width digits too; None if it is none."""
    plain = text.strip()
    if not re.fullmatch(r"\d{1,9}", plain):
        return None
    return int("".join(str(int(sign)) for sign in plain))


def minute_of(text: str, field: str) -> int | None:
    """`08:30` as a minute of the day; None where nothing was said."""
    plain = text.strip().replace("：", ":")
    if not plain:
        return None
    match = re.fullmatch(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", plain)
    if match is None:
        raise edge.bad(field, sentence("clock_unreadable"))
    return int(match[1]) * 60 + int(match[2])


def month_of(text: str, today: dt.date) -> dt.date:
    """The first day of a month that was asked for, or of this one."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    if match and 1900 <= int(match[1]) <= 2999 and 1 <= int(match[2]) <= 12:
        return dt.date(int(match[1]), int(match[2]), 1)
    return today.replace(day=1)


def chosen_merchant(use_case: str, merchant_id: uuid.UUID | None) -> tuple[Merchant | None, list[Merchant]]:
    """The merchant that was asked for, or the first, and all that the reader may look into."""
    found = list(merchants.merchants_for(edge.read(), actor=edge.actor(), use_case=use_case))
    if merchant_id is None:
        return (found[0] if found else None), found
    for one in found:
        if one.id == merchant_id:
            return one, found
    raise Forbidden(use_case=use_case)


def own_household() -> uuid.UUID:
    asks = edge.actor()
    permissions.require(asks, "points.read_own", community_id=edge.community().id, household_id=asks.household_id)
    if asks.household_id is None:
        raise Forbidden(use_case="points.read_own")
    return asks.household_id


def own_person() -> uuid.UUID:
    asks = edge.actor()
    if asks.person_id is None:
        raise Forbidden(use_case="points.read_own")
    return asks.person_id


def person_of(number: str) -> Person:
    return residents.by_number(edge.read(), edge.community().id, number)


def today() -> dt.date:
    from timebank.people.working_days import today_in

    return today_in(edge.read(), edge.community().id, edge.now())
