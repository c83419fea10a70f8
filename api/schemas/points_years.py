"""What the JSON of the year's end answers."""

import marshmallow
from marshmallow.fields import Date, DateTime, Integer, List, Nested, String

from api.fields import IdTold


class YearCloseRowAnswer(marshmallow.Schema):
    """One household, in steps: as it was done, or as it would be now."""

    household = Integer(required=True)
    balance_steps = Integer(required=True)
    old_steps = Integer(required=True)
    lapsed_steps = Integer(required=True)
    carried_steps = Integer(required=True)
    held_steps = Integer(required=True)
    base_lapsed_steps = Integer(required=True)
    base_given_steps = Integer(required=True)
    entry = Integer(required=True, allow_none=True)
    base_entry = Integer(required=True, allow_none=True)


class YearCloseTotalsAnswer(marshmallow.Schema):
    households = Integer(required=True)
    old_steps = Integer(required=True)
    lapsed_steps = Integer(required=True)
    carried_steps = Integer(required=True)
    held_steps = Integer(required=True)
    base_lapsed_steps = Integer(required=True)
    base_given_steps = Integer(required=True)


class YearAnswer(marshmallow.Schema):
    id = IdTold(required=True)
    year = Integer(required=True)
    state = String(required=True)
    carry_percent = Integer(required=True)
    reason = String(required=True)
    redeem_until = Date(required=True, allow_none=True)
    closes_from = Date(required=True, allow_none=True)
    closed_at = DateTime(required=True, allow_none=True)
    undo_until = DateTime(required=True, allow_none=True)
    note = Integer(required=True, allow_none=True)


class YearWithRowsAnswer(YearAnswer):
    totals = Nested(YearCloseTotalsAnswer, required=True)
    rows = List(Nested(YearCloseRowAnswer), required=True)
    after = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class YearsAnswer(marshmallow.Schema):
    years = List(Nested(YearAnswer), required=True)
