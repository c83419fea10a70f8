"""Stock-taking: the sheet, what was counted at which moment, and the second person's word on a large difference."""

import uuid
from typing import Any

from api import edge
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint
from timebank.points.shop import taking
from timebank.points.shop.tables import StockTaking


@blueprint.get("/merchants/<uuid:merchant_id>/takings")
@edge.signed_in
@blueprint.response(200, told.ShopTakingListAnswer)
def takings(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """A merchant's countings, the newest first."""
    found = taking.takings_of(edge.read(), actor=edge.actor(), merchant_id=merchant_id)
    return {"takings": [_head(one) for one in found]}


@blueprint.post("/merchants/<uuid:merchant_id>/takings")
@edge.signed_in
@blueprint.response(201, told.ShopOutcomeAnswer)
def begin_taking(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Make the sheet of a new counting."""
    return edge.submit(
        "shop.begin_taking",
        lambda session, now: taking.begin(session, actor=edge.actor(), now=now, merchant_id=merchant_id),
        content={"merchant": merchant_id},
    )


@blueprint.get("/takings/<uuid:taking_id>")
@edge.signed_in
@blueprint.response(200, told.ShopTakingWholeAnswer)
def taking_shown(taking_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """One counting with its lines; while it is being counted, with what came and went since the sheet."""
    found = taking.taking_of(edge.read(), actor=edge.actor(), taking_id=taking_id)
    return {
        **_head(found.taking),
        "merchant_id": str(found.merchant.id),
        "lines": [
            {
                "position": one.line.position,
                "item_id": str(one.item.id),
                "name": one.item.name,
                "sheet": one.sheet,
                "moved": one.line.moved,
                "expected": one.line.expected,
                "counted": one.line.counted,
                "difference": one.difference,
                "reason": one.line.reason,
                "since": one.since,
            }
            for one in found.lines
        ],
    }


@blueprint.post("/takings/<uuid:taking_id>/count")
@edge.signed_in
@blueprint.arguments(asked.TakingPosted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def enter_taking(typed: dict[str, Any], taking_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Enter what was counted: every line of the sheet; a large difference waits for a second person."""
    lines, as_of = typed["lines"], typed["as_of"]
    return edge.submit(
        "shop.enter_taking",
        lambda session, now: taking.enter(
            session,
            actor=edge.actor(),
            now=now,
            taking_id=taking_id,
            counted={one["position"]: one["counted"] for one in lines},
            reasons={one["position"]: one["reason"] for one in lines},
            as_of=as_of,
        ),
        content={"taking": taking_id, "lines": lines, "as_of": as_of.isoformat() if as_of else ""},
    )


@blueprint.post("/takings/<uuid:taking_id>/confirm")
@edge.signed_in
@blueprint.response(200, told.ShopOutcomeAnswer)
def confirm_taking(taking_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Book a large difference, by somebody who did not count."""
    return _decided("shop.confirm_count", taking.confirm, taking_id)


@blueprint.post("/takings/<uuid:taking_id>/again")
@edge.signed_in
@blueprint.response(200, told.ShopOutcomeAnswer)
def count_again(taking_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Send a large difference back to be counted once more."""
    return _decided("shop.count_again", taking.count_again, taking_id)


@blueprint.post("/takings/<uuid:taking_id>/drop")
@edge.signed_in
@blueprint.response(200, told.ShopOutcomeAnswer)
def drop_taking(taking_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Give a counting up; nothing changes."""
    return _decided("shop.drop_taking", taking.drop, taking_id)


def _decided(use_case: str, verb: Any, taking_id: uuid.UUID) -> dict[str, Any]:
    return edge.submit(
        use_case,
        lambda session, now: verb(session, actor=edge.actor(), now=now, taking_id=taking_id),
        content={"taking": taking_id},
    )


def _head(row: StockTaking) -> dict[str, Any]:
    names = (
        "number", "state", "begun_at", "begun_by", "as_of", "counted_at", "counted_by", "difference_steps", "booked_at",
        "booked_by", "digest", "note",
    )  # fmt: skip
    return {"id": str(row.id)} | {name: getattr(row, name) for name in names}
