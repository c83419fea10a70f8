"""What the pages of a points table are asked: rows, deliberation, bodies, votes, objections."""

from marshmallow.fields import List

from api import fields
from api.fields import Schema
from timebank.points.table import bodies, objecting


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


class Reason(Schema):
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
