"""A version run over a past period: the days that are asked for, and what a program is told."""

from marshmallow import fields as plain

from api import fields


class PeriodQuery(fields.Schema):
    first = fields.Day(load_default=None)
    last = fields.Day(load_default=None)


class ItemTold(fields.Schema):
    category = plain.String()
    title = plain.String()
    state = plain.String()
    awards = plain.Integer()
    old_steps = plain.Integer()
    new_steps = plain.Integer()
    change_steps = plain.Integer()
    left_out = plain.Dict(keys=plain.String(), values=plain.Integer())


class HouseholdTold(fields.Schema):
    number = plain.Integer()
    old_steps = plain.Integer()
    new_steps = plain.Integer()
    change_steps = plain.Integer()


class ReplayTold(fields.Schema):
    """Steps of 0.1 point; the sums over items and over households are the totals."""

    first = plain.Date()
    last = plain.Date()
    awards = plain.Integer()
    old_steps = plain.Integer()
    new_steps = plain.Integer()
    gaining = plain.Integer()
    losing = plain.Integer()
    left_out = plain.Integer()
    items = plain.List(plain.Nested(ItemTold))
    households = plain.List(plain.Nested(HouseholdTold))
