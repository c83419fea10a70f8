"""What is asked of relatives."""

import marshmallow
from marshmallow import fields as plain

from api import fields
from timebank.people.kin import RELATIONS


class OwnKin(fields.Schema):
    """A resident's own word: number and name of the relative."""

    relative_number = fields.PersonNumber(required=True)
    relative_name = fields.Text(required=True, most=60)
    relation = fields.Word(RELATIONS, required=True)
    since_on = fields.Day(load_default=None)


class KinRecorded(fields.Schema):
    """At the desk: with what it rests on."""

    relative_number = fields.PersonNumber(required=True)
    relation = fields.Word(RELATIONS, required=True)
    since_on = fields.Day(load_default=None)
    evidence = fields.Text(required=True, most=200)


class KinConfirmed(fields.Schema):
    kin_id = fields.Id(required=True)


class KinEnded(fields.Schema):
    kin_id = fields.Id(required=True)
    reason = fields.Text(required=True, most=200)


class KinAsked(fields.Schema):
    """Whose relatives to look at."""

    number = fields.Text(load_default="", least=0, most=60)


class KinAnswer(marshmallow.Schema):
    """A kinship from the side of the person asked about; `waits`: the other side has not confirmed it yet."""

    id = fields.IdTold(required=True)
    name = plain.String(required=True)
    number = plain.String(required=True)
    relation = plain.String(required=True)
    how = plain.String(required=True)
    waits = plain.Boolean(required=True)
    since_on = plain.Date(required=True, allow_none=True)
    ended_on = plain.Date(required=True, allow_none=True)


class KinListAnswer(marshmallow.Schema):
    kin = plain.List(plain.Nested(KinAnswer), required=True)


class KinDoneAnswer(marshmallow.Schema):
    code = plain.String(required=True)
    kin_id = fields.IdTold(required=True)
    ended_on = plain.String()
