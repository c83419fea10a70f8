"""What the JSON of honours answers."""

import marshmallow
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api.fields import IdTold


class HonourLevelAnswer(marshmallow.Schema):
    name = String(required=True)
    from_steps = Integer(required=True)


class HonourLineAnswer(marshmallow.Schema):
    position = Integer(required=True)
    name = String(required=True, metadata={"description": "masked, unless the head agreed"})
    in_full = Boolean(required=True)
    grid = String(required=True)
    household_tail = String(required=True)
    suffix = String(required=True)
    steps = Integer(required=True)
    why = String(required=True)


class HonourListAnswer(marshmallow.Schema):
    number = Integer(required=True)
    kind = String(required=True)
    title = String(required=True)
    state = String(required=True)
    from_day = Date(required=True)
    to_day = Date(required=True)
    objections_until = DateTime(required=True, allow_none=True)
    digest = String(required=True)
    note = Integer(required=True, allow_none=True)
    lines = List(Nested(HonourLineAnswer), required=True)


class HonoursAnswer(marshmallow.Schema):
    by = String(required=True, metadata={"description": "lifetime, year, or empty where there are no levels"})
    levels = List(Nested(HonourLevelAnswer), required=True)
    lists = List(Nested(HonourListAnswer), required=True)


class HonourObjectionAnswer(marshmallow.Schema):
    objection_id = IdTold(required=True)
