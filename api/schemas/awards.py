"""What the pages and the JSON of awards are asked: lists, claims, verdicts, hearings, points by attendance."""

from marshmallow.fields import List

from api import fields
from api.fields import Schema
from timebank.attendance_points.tables import KINDS
from timebank.points.awards.sources import SOURCES
from timebank.points.awards.states import LIFE


class AwardsListed(Schema):
    """Filters of the list, and where its next page begins."""

    state = fields.Word(("", *LIFE), load_default="")
    source = fields.Word(("", *SOURCES), load_default="")
    kind = fields.Word(("", "award", "deduction"), load_default="")
    item_id = fields.Id(load_default=None)
    area = fields.Text(most=200, least=0, load_default="")
    since = fields.Day(load_default=None)
    until = fields.Day(load_default=None)
    doubles = fields.Word(("", "yes"), load_default="")
    after = fields.Id(load_default=None)


class Reviewed(Schema):
    """Awards that were looked at, and the verdict; a value within a range, and why two of one deed both count."""

    award_id = List(fields.Id(), load_default=list)
    verdict = fields.Word(("approve", "reject"), required=True)
    remark = fields.Text(most=300, least=0, load_default="")
    steps = fields.Points(load_default=None)
    both_reason = fields.Text(most=300, least=0, load_default="")


class AwardDecided(Schema):
    """The committee's word."""

    verdict = fields.Word(("approve", "reject"), required=True)
    remark = fields.Text(most=300, required=True)
    steps = fields.Points(load_default=None)


class AwardClaimed(Schema):
    """What a resident asks for. `proposed`: what she thinks it worth, within the table's range."""

    person = fields.Text(most=60, least=0, load_default="")
    item_id = fields.Id(required=True)
    on = fields.Day(required=True)
    quantity = fields.Text(most=20, least=0, load_default="")
    evidence = fields.Text(most=500, required=True, lines=True)
    proposed = fields.Points(load_default=None)
    again_reason = fields.Text(most=200, least=0, load_default="")


class ClaimFor(Schema):
    """For whom a form is opened."""

    person = fields.Text(most=60, least=0, load_default="")


class ClaimsListed(Schema):
    """The next page of one's own claims."""

    after = fields.Id(load_default=None)


class Reported(Schema):
    """What a grid worker saw."""

    household = fields.Text(most=40, least=0, load_default="")
    person = fields.Text(most=60, least=0, load_default="")
    item_id = fields.Id(required=True)
    on = fields.Day(required=True)
    quantity = fields.Text(most=20, least=0, load_default="")
    evidence = fields.Text(most=500, required=True, lines=True)
    again_reason = fields.Text(most=200, least=0, load_default="")


class Invited(Schema):
    """When and where a household is to be heard."""

    day = fields.Day(required=True)
    clock = fields.Text(most=5, required=True)
    place = fields.Text(most=100, required=True)


class Heard(Schema):
    """What the household said, and who was present."""

    heard_on = fields.Day(required=True)
    words = fields.Text(most=1000, required=True, lines=True)
    present = fields.Text(most=200, required=True)


class Period(Schema):
    """The months that a statistic is of."""

    since = fields.Day(load_default=None)
    until = fields.Day(load_default=None)


class Draws(Schema):
    """A month of draws, and where the next page begins."""

    month = fields.Text(most=7, least=0, load_default="")
    after = fields.Id(load_default=None)


class LinkDecided(Schema):
    """Which service gives which item, from when, by which decision."""

    kind = fields.Word(KINDS, required=True)
    service_class = fields.Text(most=40, least=0, load_default="")
    activity_kind = fields.Text(most=40, least=0, load_default="")
    number = fields.Text(most=15, least=0, load_default="")
    item_id = fields.Id(required=True)
    from_on = fields.Day(required=True)
    decided_on = fields.Day(required=True)
    reason = fields.Text(most=300, required=True)


class LinkStopped(Schema):
    """The first day on which it gives no points any more."""

    until_on = fields.Day(required=True)


class VisitsListed(Schema):
    """The next page of the visits of a decision."""

    after = fields.Id(load_default=None)


class AwardsVerdict(Schema):
    """As JSON: several awards at once, or one with its value."""

    award_ids = List(fields.Id(), required=True)
    verdict = fields.Word(("approve", "reject"), required=True)
    remark = fields.Text(most=300, least=0, load_default="")
    steps = fields.Points(load_default=None)
    both_reason = fields.Text(most=300, least=0, load_default="")
