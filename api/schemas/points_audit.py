"""The committee's audit of the points: which year is asked for, and what a program is told of it."""

from marshmallow import fields as plain

from api import fields


class YearQuery(fields.Schema):
    year = fields.Whole(least=1900, most=9999, load_default=None)


class CirculationTold(fields.Schema):
    """Steps of 0.1 point: opening + issued + from_old_books - deducted - redeemed - lapsed + other = outstanding."""

    year = plain.Integer()
    opening_steps = plain.Integer()
    issued_steps = plain.Integer()
    from_old_books_steps = plain.Integer()
    deducted_steps = plain.Integer()
    redeemed_steps = plain.Integer()
    lapsed_steps = plain.Integer()
    other_steps = plain.Integer()
    outstanding_steps = plain.Integer()
    base_steps = plain.Integer()
    held_steps = plain.Integer()
    quota_steps = plain.Integer()
    quota_left_steps = plain.Integer()
    households = plain.Integer()


class ItemUseTold(fields.Schema):
    category = plain.String()
    title = plain.String()
    kind = plain.String()
    versions = plain.List(plain.Integer())
    verdict = plain.String()
    awards = plain.Integer()
    households = plain.Integer()
    steps = plain.Integer()
    largest_percent = plain.Integer()
    sole_enterer = plain.String()
    sole_reviewer = plain.String()


class FarAboveTold(fields.Schema):
    household_number = plain.Integer()
    awards = plain.Integer()
    steps = plain.Integer()
    median_steps = plain.Integer()
    fence_steps = plain.Integer()


class MutualTold(fields.Schema):
    a = plain.String()
    b = plain.String()
    a_for_b = plain.Integer()
    b_for_a = plain.Integer()
    steps = plain.Integer()


class VersionTold(fields.Schema):
    """A version, and how many items it changed of the version `before_id`."""

    table_id = fields.IdTold()
    version = plain.Integer()
    title = plain.String()
    state = plain.String()
    in_force_from = plain.Date()
    in_force_until = plain.Date(allow_none=True)
    digest = plain.String()
    before_id = fields.IdTold(allow_none=True)
    items = plain.Integer()
    new = plain.Integer()
    gone = plain.Integer()
    changed = plain.Integer()


class OutsiderTold(fields.Schema):
    """Who decides by these roles today and is nobody in the register."""

    name = plain.String()
    roles = plain.List(plain.String())


class AuditTold(fields.Schema):
    figures = plain.Nested(CirculationTold)
    items = plain.List(plain.Nested(ItemUseTold))
    far_above = plain.List(plain.Nested(FarAboveTold))
    mutual = plain.List(plain.Nested(MutualTold))
    versions = plain.List(plain.Nested(VersionTold))
    unregistered = plain.List(plain.Nested(OutsiderTold))
