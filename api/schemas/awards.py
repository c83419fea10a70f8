"""What the pages and the JSON of awards are asked, lists, claims, verdicts, hearings, points by attendance; and what programs are told."""

import marshmallow
from marshmallow import fields as plain
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


class HearingWords(Schema):
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


# What programs are told ----------------------------------------------------------------------------------------------


class AwardAnswer(marshmallow.Schema):
    """An award. Steps are tenths of a point, deductions negative; `life` is its state or, while entered, its stage."""

    id = fields.IdTold(required=True)
    on = plain.Date(required=True)
    household = plain.Integer(required=True)
    person = plain.String(required=True, allow_none=True, metadata={"description": "number"})
    item = plain.String(required=True)
    category = plain.String(required=True)
    times = plain.Integer(required=True, allow_none=True)
    minutes = plain.Integer(required=True, allow_none=True)
    credited_steps = plain.Integer(required=True)
    limited_by = plain.String(required=True, allow_none=True)
    source = plain.String(required=True)
    life = plain.String(required=True)
    evidence = plain.String(required=True)
    entered_at = plain.DateTime(required=True)
    double_of = fields.IdTold(required=True, allow_none=True)
    batch = plain.Integer(required=True, allow_none=True)
    line = plain.Integer(required=True, allow_none=True)
    entry = plain.Integer(required=True, allow_none=True)


class AwardVerdictAnswer(marshmallow.Schema):
    turn = plain.String(required=True)
    verdict = plain.String(required=True)
    steps = plain.Integer(required=True)
    remark = plain.String(required=True)
    reviewed_at = plain.DateTime(required=True)
    undone = plain.Boolean(required=True)


class AwardInvitationAnswer(marshmallow.Schema):
    number = plain.Integer(required=True)
    meets_at = plain.DateTime(required=True)
    place = plain.String(required=True)


class AwardHearingAnswer(marshmallow.Schema):
    """How the household was heard, or that it did not come."""

    outcome = plain.String(required=True)
    heard_on = plain.Date(required=True)
    words = plain.String(required=True)
    present = plain.String(required=True)


class AwardWholeAnswer(AwardAnswer):
    verdicts = plain.List(plain.Nested(AwardVerdictAnswer), required=True)
    photos = plain.Integer(required=True, metadata={"description": "how many; each at .../photos/<number>"})
    invitations = plain.List(plain.Nested(AwardInvitationAnswer), required=True)
    hearing = plain.Nested(AwardHearingAnswer, required=True, allow_none=True)
    others = plain.List(fields.IdTold(), required=True, metadata={"description": "awards of the same deed"})


class AwardListAnswer(marshmallow.Schema):
    awards = plain.List(plain.Nested(AwardAnswer), required=True)
    after = plain.String(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class ClaimItemAnswer(marshmallow.Schema):
    id = fields.IdTold(required=True)
    category = plain.String(required=True)
    title = plain.String(required=True)
    per = plain.String(required=True)
    value_steps = plain.Integer(required=True)


class ClaimItemsAnswer(marshmallow.Schema):
    items = plain.List(plain.Nested(ClaimItemAnswer), required=True)


class AwardEnteredAnswer(marshmallow.Schema):
    award_id = fields.IdTold(required=True)
    credited_steps = plain.Integer(required=True)
    uncapped_steps = plain.Integer(required=True)
    limited_by = plain.String(required=True)
    life = plain.String(required=True)


class AwardsReviewedAnswer(marshmallow.Schema):
    awards = plain.Integer(required=True)
    second = plain.Integer(required=True, metadata={"description": "of how many another person looks too"})


class AwardLifeAnswer(marshmallow.Schema):
    award_id = fields.IdTold(required=True)
    life = plain.String(required=True)


class ReviewerAnswer(marshmallow.Schema):
    """A reviewer beside colleagues; shares and gaps are thousandths, null where there is too little to compare."""

    number = plain.String(required=True)
    approved = plain.Integer(required=True)
    rejected = plain.Integer(required=True)
    ranged = plain.Integer(required=True)
    range_share = plain.Integer(required=True, allow_none=True)
    approval_gap = plain.Integer(required=True, allow_none=True)
    value_gap = plain.Integer(required=True, allow_none=True)
    by_second = plain.Integer(required=True)
    by_objection = plain.Integer(required=True)


class ReviewersAnswer(marshmallow.Schema):
    reviewers = plain.List(plain.Nested(ReviewerAnswer), required=True)


class DrawMonthAnswer(marshmallow.Schema):
    """A month of draws: the seed's fingerprint and the ledger's note of it; the seed once the month is over."""

    month = plain.String(required=True)
    commitment = plain.String(required=True)
    note = plain.Integer(required=True)
    seed = plain.String(required=True, allow_none=True)
    reveal_note = plain.Integer(required=True, allow_none=True)


class DrawAnswer(marshmallow.Schema):
    award_id = fields.IdTold(required=True)
    key = plain.String(required=True, metadata={"description": "canonical bytes that name the deed"})
    value = plain.Integer(required=True)
    percent = plain.Integer(required=True)
    asks = plain.String(required=True)
    agrees = plain.Boolean(required=True, allow_none=True)


class DrawsAnswer(marshmallow.Schema):
    months = plain.List(plain.Nested(DrawMonthAnswer), required=True)
    draws = plain.List(plain.Nested(DrawAnswer), required=True)
    after = plain.String(required=True, allow_none=True)


class HearingDoneAnswer(marshmallow.Schema):
    code = plain.String(required=True)
    award_id = fields.IdTold(required=True)
    number = plain.Integer(metadata={"description": "of the invitation"})
