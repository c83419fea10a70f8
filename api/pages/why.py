"""Why this number: from an entry, or from what an account holds, down to scans, rests, rounding, caps, reviews and proof."""

import uuid
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge, words
from api.messages import audit as book_words
from api.messages import orders as order_words
from timebank import accounts, origins, receipts, reports
from timebank.errors import NotFound
from timebank.permissions import may
from timebank.reports import held, owners

blueprint = Blueprint("why", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/why/<int:seq>")
@edge.signed_in
def entry(seq: int) -> Any:
    """One entry explained to those whose it is, to the desk and to auditors."""
    asks, reading, place = edge.actor(), edge.read(), edge.community()
    receipts.require(reading, actor=asks, seq=seq)
    found, row = reports.read_entry(reading, place.id, seq)
    own = {number for number, _amount in row.legs if _is_own(number)}
    return edge.page(
        "reports/why.html",
        row=row,
        own_legs=[(number, amount) for number, amount in row.legs if number in own] or list(row.legs),
        is_own=bool(own),
        holders=reports.holders(reading, place.id, [number for number, _amount in row.legs]),
        origins=origins.behind(reading, place.id, found.detail),
        ends=reports.ends_of(reading, place.id, seq),
        erased=found.detail is None and row.kind in ("post", "hold", "capture"),
        may_open_visits=may(asks, "attendance.statement", community_id=place.id),
        own_number=asks.number,
        reads_books=may(asks, "reports.journal", community_id=place.id),
        words=book_words,
        title=words.entry_words(found),
    )


@blueprint.get("/my/balance")
@edge.signed_in
def balance() -> Any:
    """What one's own balance is made of."""
    person_id = edge.actor().person_id
    if person_id is None:
        raise NotFound(what="person")
    return _balance(person_id)


@blueprint.get("/people/<uuid:person_id>/balance")
@edge.signed_in
def balance_of(person_id: uuid.UUID) -> Any:
    """The same of somebody, for the desk and auditors."""
    return _balance(person_id)


def _balance(person_id: uuid.UUID) -> Any:
    asks, reading = edge.actor(), edge.read()
    owner = owners.person(reading, actor=asks, person_id=person_id)
    own = person_id == asks.person_id
    return edge.page(
        "reports/balance.html",
        owner=owner,
        own=own,
        purse=held.purse(reading, actor=asks, person_id=person_id),
        statement_url=url_for("statements.mine") if own else url_for("statements.person", person_id=person_id),
        back_url=url_for("hours.my_account") if own else url_for("hours.account_of_person", person_id=person_id.hex),
        back_label=_("我的时间") if own else owner.name,
        words=book_words,
        order_states=order_words.STATES,
    )


def _is_own(account: int) -> bool:
    asks = edge.actor()
    owner = accounts.owners_of(edge.read(), edge.community().id, [account]).get(account)
    mine = {one for one in (asks.person_id, asks.household_id) if one is not None}
    return owner is not None and owner.owner_id in mine


@blueprint.app_template_global("why_url")
def why_url(seq: int) -> str:
    """The address that explains an entry."""
    return url_for("why.entry", seq=seq)


@blueprint.app_template_global("sum_of_reasons")
def sum_of_reasons(reasons: Any) -> list[tuple[str, int]]:
    """Each step from real to credited minutes, in words."""
    return words.sum_of(list(reasons))
