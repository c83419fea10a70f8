"""What the pages and the JSON of a points table are asked, rows, deliberation, bodies, votes, objections; and what programs are told."""

import marshmallow
from marshmallow import fields as plain
from marshmallow.fields import List

from api import fields
from api.fields import Schema
from timebank.points.table import bodies, objecting, states


class Row(Schema):
    """One row as typed; the same texts as a row of a spreadsheet."""

    category = fields.Text(most=60, load_default="")
    title = fields.Text(most=200, load_default="")
    value = fields.Text(most=60, load_default="")
    unit = fields.Text(most=60, load_default="")
    cap = fields.Text(most=100, load_default="")
    subject = fields.Text(most=20, load_default="")
    remark = fields.Text(most=500, load_default="")
    clause = fields.Text(most=300, load_default="")
    evidence = fields.Text(most=300, load_default="")
    reporters = fields.Text(most=60, load_default="")


class MendedRow(Row):
    """A row of an upload, mended or left out."""

    seen = fields.Whole(load_default=0)
    verb = fields.Word(("mend", "leave_out"), load_default="mend")


class AddedRow(Row):
    """A new row at a place; 0 is the end."""

    position = fields.Whole(most=5000, load_default=0)


class ChangedRow(Row):
    """A row written anew; `revision` is the draft's when it was shown."""

    revision = fields.Whole(required=True)


class RowDeed(Schema):
    """What is done with a row besides writing it: delete, duplicate, up, down, to a place."""

    verb = fields.Word(("delete", "duplicate", "up", "down", "move"), required=True)
    revision = fields.Whole(required=True)
    position = fields.Whole(least=1, most=5000, load_default=1)


class Undone(Schema):
    """The draft as it was shown, when the last change is taken back."""

    revision = fields.Whole(required=True)


class Begun(Schema):
    """A new draft; from a version, or empty."""

    title = fields.Text(most=100, required=True)
    from_table_id = fields.Id(load_default=None)


class Deliberation(Schema):
    """For how many days a draft hangs out."""

    days = fields.Whole(least=1, most=90, required=True)


class TableReason(Schema):
    """Why something is taken back."""

    reason = fields.Text(most=300, load_default="", lines=True)


class Comment(Schema):
    """What is said of a draft; staff name who brought it on paper."""

    text = fields.Text(most=1000, required=True, lines=True)
    position = fields.Whole(most=5000, load_default=0)
    person = fields.Text(most=60, load_default="")


class Answer(Schema):
    """A sentence or two."""

    text = fields.Text(most=1000, required=True, lines=True)


class Vote(Schema):
    """What the minutes say: by roll-call (`roll`: member id, colon, word) or by count."""

    body_id = fields.Id(required=True)
    held_on = fields.Day(required=True)
    roll = List(fields.Text(most=60), load_default=list)
    entitled = fields.Whole(least=1, most=1_000_000, load_default=None)
    present = fields.Whole(most=1_000_000, load_default=None)
    votes_for = fields.Whole(most=1_000_000, load_default=None)
    votes_against = fields.Whole(most=1_000_000, load_default=None)
    abstained = fields.Whole(most=1_000_000, load_default=None)
    minutes_digest = fields.Text(most=64, load_default="")


class Objection(Schema):
    """What is wrong with a table or one of its items; staff name who came, and how."""

    reason = fields.Text(most=1000, required=True, lines=True)
    position = fields.Whole(most=5000, load_default=0)
    person = fields.Text(most=60, load_default="")
    channel = fields.Word(objecting.CHANNELS, load_default="page")


class Verdict(Schema):
    """An answer to an objection."""

    verdict = fields.Word(("uphold", "reject"), required=True)
    text = fields.Text(most=1000, required=True, lines=True)


class Body(Schema):
    """A body to write down."""

    name = fields.Text(most=60, required=True)
    kind = fields.Word(bodies.KINDS, required=True)


class Seat(Schema):
    """A seat for somebody, from a day to the end of the term."""

    person = fields.Text(most=60, required=True)
    role = fields.Word(bodies.ROLES, required=True)
    since_on = fields.Day(required=True)
    until_on = fields.Day(load_default=None)


class LastDay(Schema):
    """The last day of a seat."""

    until_on = fields.Day(required=True)


class Compared(Schema):
    """Which version stands on the left; the one in force if none is named."""

    other = fields.Id(load_default=None)


class EndedSeat(LastDay):
    """As JSON: whose seat ends."""

    member_id = fields.Id(required=True)


# What programs are told ----------------------------------------------------------------------------------------------


class PointsTableAnswer(marshmallow.Schema):
    """A version; steps are tenths of a point."""

    id = fields.IdTold(required=True)
    title = plain.String(required=True)
    stage = plain.String(required=True, metadata={"enum": list(states.STAGES)})
    version = plain.Integer(required=True, allow_none=True)
    digest = plain.String(required=True, metadata={"description": "SHA-256 of the canonical items"})
    adopted_on = plain.Date(required=True, allow_none=True)
    published_until = plain.DateTime(required=True, allow_none=True)
    in_force_from = plain.Date(required=True, allow_none=True)
    in_force_until = plain.Date(required=True, allow_none=True)
    note = plain.Integer(required=True, allow_none=True, metadata={"description": "seq of the ledger's note"})


class PointsItemAnswer(marshmallow.Schema):
    """An item: what was voted, how it is scored, and the cells that say it."""

    id = fields.IdTold(required=True)
    position = plain.Integer(required=True)
    category = plain.String(required=True)
    title = plain.String(required=True)
    kind = plain.String(required=True)
    value_steps = plain.Integer(required=True)
    per = plain.String(required=True)
    rule = plain.Dict(required=True, allow_none=True)
    brings = plain.List(plain.String(), required=True, metadata={"description": "what an award by this item must say"})
    subject = plain.String(required=True)
    cap_day_steps = plain.Integer(required=True, allow_none=True)
    cap_month_steps = plain.Integer(required=True, allow_none=True)
    cap_year_steps = plain.Integer(required=True, allow_none=True)
    remark = plain.String(required=True)
    clause = plain.String(required=True)
    evidence = plain.String(required=True)
    reporters = plain.List(plain.String(), required=True)
    in_use = plain.Boolean(required=True)
    in_use_from = plain.Date(required=True, allow_none=True)
    sentence = plain.String(required=True)
    cells = plain.Dict(required=True)


class PointsVoteAnswer(marshmallow.Schema):
    """A vote on a version; members only where it was by roll-call or presence."""

    id = fields.IdTold(required=True)
    body = plain.String(required=True)
    held_on = plain.Date(required=True)
    state = plain.String(required=True)
    entitled = plain.Integer(required=True)
    quorum = plain.Integer(required=True)
    present = plain.Integer(required=True)
    votes_for = plain.Integer(required=True)
    votes_against = plain.Integer(required=True)
    abstained = plain.Integer(required=True)
    digest = plain.String(required=True)
    minutes_digest = plain.String(required=True)
    note = plain.Integer(required=True, allow_none=True)
    members = plain.List(plain.Dict(), required=True)


class PointsSaidAnswer(marshmallow.Schema):
    """A comment or an objection and its answer; names as the reader may see them."""

    id = fields.IdTold(required=True)
    name = plain.String(required=True)
    channel = plain.String(required=True)
    position = plain.Integer(required=True, allow_none=True)
    text = plain.String(required=True)
    said_at = plain.DateTime(required=True)
    state = plain.String(required=True)
    answer = plain.String(required=True)
    answered_at = plain.DateTime(required=True, allow_none=True)


class PointsTableWholeAnswer(PointsTableAnswer):
    """A version with everything that belongs to it."""

    revision = plain.Integer(required=True)
    verbs = plain.List(plain.String(), required=True, metadata={"description": "what can be done in this stage"})
    deliberation_until = plain.DateTime(required=True, allow_none=True)
    closed_reason = plain.String(required=True)
    items = plain.List(plain.Nested(PointsItemAnswer), required=True)
    votes = plain.List(plain.Nested(PointsVoteAnswer), required=True)
    comments = plain.List(plain.Nested(PointsSaidAnswer), required=True)
    objections = plain.List(plain.Nested(PointsSaidAnswer), required=True)


class PointsTablesAnswer(marshmallow.Schema):
    tables = plain.List(plain.Nested(PointsTableAnswer), required=True)


class PointsTableDoneAnswer(marshmallow.Schema):
    """What was done: its code, and what it made."""

    class Meta:
        unknown = marshmallow.INCLUDE

    code = plain.String(required=True)
    table_id = fields.IdTold()
    item_id = fields.IdTold()
    revision = plain.Integer()
    comment_id = fields.IdTold()
    objection_id = fields.IdTold()
    vote_id = fields.IdTold()
    body_id = fields.IdTold()
    member_id = fields.IdTold()
    version = plain.Integer()
    in_force_from = plain.String()


class PointsTablesQuery(Schema):
    """The version in force on a day; without one, every version."""

    on = fields.Day(load_default=None)


class PointsSeatAnswer(marshmallow.Schema):
    """Somebody's seat today."""

    member_id = fields.IdTold(required=True)
    person = plain.String(required=True, metadata={"description": "number"})
    name = plain.String(required=True)
    role = plain.String(required=True)
    since_on = plain.Date(required=True)
    until_on = plain.Date(required=True, allow_none=True)


class PointsBodyAnswer(marshmallow.Schema):
    """A body that votes, with who sits in it today; the assembly has no roll."""

    id = fields.IdTold(required=True)
    name = plain.String(required=True)
    kind = plain.String(required=True)
    ended_on = plain.Date(required=True, allow_none=True)
    seats = plain.List(plain.Nested(PointsSeatAnswer), required=True)


class PointsBodiesAnswer(marshmallow.Schema):
    bodies = plain.List(plain.Nested(PointsBodyAnswer), required=True)
