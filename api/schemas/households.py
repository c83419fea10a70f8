"""What the pages and the JSON of households, years' ends and honours are asked, and what the JSON of households answers."""

import marshmallow
from marshmallow.fields import Date, DateTime, Dict, Integer, List, Nested, String

from api import fields
from api.fields import Schema
from timebank.points.table.tables import BODIES

MOST_STEPS = 10_000_000
SIDES = ("giver", "taker")


class YearAsked(Schema):
    """Which year's months are shown."""

    year = fields.Whole(least=2000, most=2999, load_default=None)


class SplitAsked(Schema):
    """Who goes, as whose household, with what part; `present` are the sides that a clerk has before her."""

    going = List(fields.Id(), load_default=list)
    new_head = fields.Id(required=True)
    stays = fields.Id(load_default=None)
    share_percent = fields.Whole(most=100, load_default=None)
    share_points = fields.Points(least_steps=0, most_steps=MOST_STEPS, load_default=None)
    address = fields.Text(most=200, load_default="")
    reason = fields.Text(most=300, required=True)
    present = List(fields.Word(SIDES), load_default=list)


class MergeAsked(Schema):
    """The household that goes on, by its number."""

    other = fields.Whole(least=1, required=True)
    reason = fields.Text(most=300, required=True)
    present = List(fields.Word(SIDES), load_default=list)


class HouseholdSide(Schema):
    """For which side; a clerk says that she is present."""

    side = fields.Word(SIDES, load_default="")
    present = fields.Word(("1",), load_default="")


class HouseholdAgreed(HouseholdSide):
    """The same; of one who moves, a clerk writes down what she saw."""

    member = fields.Id(load_default=None)
    evidence = fields.Text(most=200, load_default="")


class WhyChanged(Schema):
    """Why something is given up or taken back."""

    reason = fields.Text(most=300, required=True)


class HouseholdDeclined(HouseholdSide):
    """The same, with a reason."""

    reason = fields.Text(most=300, required=True)


class HeadNamed(Schema):
    """The new head, and what the former one is to her."""

    person = fields.Id(required=True)
    former_relation = fields.Text(most=20, load_default="")
    reason = fields.Text(most=300, required=True)


class Moved(Schema):
    """Who moves in, by the number on her card."""

    person = fields.Text(most=40, required=True)
    relation = fields.Text(most=20, load_default="")
    reason = fields.Text(most=300, required=True)


class ChangesListed(Schema):
    state = fields.Text(most=20, load_default="")
    before = fields.Whole(load_default=None)


class YearDrafted(Schema):
    """A decision on a year's points."""

    year = fields.Whole(least=2000, most=2999, required=True)
    decided_on = fields.Day(required=True)
    body = fields.Word(BODIES, required=True)
    reason = fields.Text(most=300, required=True)
    minutes_digest = fields.Text(most=64, load_default="")
    base = fields.Word(("end", "renew", "stay"), load_default="end")


class RowsAsked(Schema):
    """A page of households, those after this number."""

    after = fields.Whole(load_default=0)


class LevelsDecided(Schema):
    """Levels: names and points side by side, lowest first."""

    by = fields.Word(("lifetime", "year"), required=True)
    name = List(fields.Text(most=20), load_default=list)
    points = List(fields.Points(least_steps=0, most_steps=MOST_STEPS), load_default=list)
    in_force_on = fields.Day(required=True)
    decided_on = fields.Day(required=True)
    body = fields.Word(BODIES, required=True)
    reason = fields.Text(most=300, required=True)


class BlackDecided(Schema):
    """Whether there is a black list: from how many points of deductions, for how long, where it is shown, and till when."""

    from_points = fields.Points(most_steps=MOST_STEPS, required=True)
    days = fields.Whole(least=1, most=366, required=True)
    public = fields.Word(("0", "1"), load_default="0")
    in_force_on = fields.Day(required=True)
    ends_on = fields.Day(required=True)
    decided_on = fields.Day(required=True)
    body = fields.Word(BODIES, required=True)
    reason = fields.Text(most=300, required=True)


class ListProposed(Schema):
    """A list by its rule over some days."""

    kind = fields.Word(("red", "black"), required=True)
    title = fields.Text(most=60, required=True)
    from_day = fields.Day(required=True)
    to_day = fields.Day(required=True)
    rule = fields.Word(("top", "threshold", "remark"), load_default="top")
    n = fields.Whole(least=1, most=500, load_default=10)
    points = fields.Points(most_steps=MOST_STEPS, load_default=None)


class Heard(Schema):
    heard_on = fields.Day(required=True)
    said = fields.Text(most=500, required=True, lines=True)


class Consented(Schema):
    """Whether the name is shown in full; at the desk the head is present."""

    given = fields.Word(("0", "1"), required=True)
    present = fields.Word(("1",), load_default="")


class HonourObjectedOwn(Schema):
    """What is wrong with a line."""

    reason = fields.Text(most=500, required=True, lines=True)


class HonourObjected(HonourObjectedOwn):
    """The same; a clerk names who came."""

    person = fields.Text(most=40, load_default="")


class HonourAnswered(Schema):
    verdict = fields.Word(("uphold", "reject"), required=True)
    text = fields.Text(most=500, required=True, lines=True)


class SheetAsked(Schema):
    """The paper of a printed list."""

    paper = fields.Word(("A3", "A4"), load_default="A4")


class HouseholdMonthAnswer(marshmallow.Schema):
    month = String(required=True, metadata={"description": "2026-11"})
    steps = Integer(required=True)
    by_category = Dict(required=True, keys=String(), values=Integer(), metadata={"description": "steps by category"})


class HouseholdEarnAnswer(marshmallow.Schema):
    """An item that still gives points; `left_steps` is what its tightest cap leaves, null where it has none."""

    position = Integer(required=True)
    category = String(required=True)
    title = String(required=True)
    value_steps = Integer(required=True)
    times = Integer(required=True, metadata={"description": "how often the household had it this year"})
    left_steps = Integer(required=True, allow_none=True)


class HouseholdGoodsAnswer(marshmallow.Schema):
    item_id = String(required=True)
    name = String(required=True)
    merchant = String(required=True)
    price_steps = Integer(required=True)
    missing_steps = Integer(required=True)


class HouseholdWaitingAnswer(marshmallow.Schema):
    award_id = String(required=True)
    item = String(required=True)
    on_day = Date(required=True)
    credited_steps = Integer(required=True)
    state = String(required=True)
    batch = Integer(required=True, allow_none=True)
    line = Integer(required=True, allow_none=True)
    until = DateTime(required=True, allow_none=True)


class HouseholdLevelAnswer(marshmallow.Schema):
    level = Integer(required=True)
    name = String(required=True)
    by = String(required=True)
    steps = Integer(required=True)
    next_name = String(required=True)
    missing_steps = Integer(required=True)


class HouseholdOverviewAnswer(marshmallow.Schema):
    """A household's points in steps of a tenth; `lifetime_steps` is its honour, which never lapses."""

    number = Integer(required=True)
    available_steps = Integer(required=True)
    held_steps = Integer(required=True)
    base_steps = Integer(required=True)
    owed_steps = Integer(required=True)
    below_zero_steps = Integer(required=True, metadata={"description": "of what is owed: spent, then booked back"})
    left_steps = Integer(required=True, metadata={"description": "of what is owed: left by households merged into it"})
    lifetime_steps = Integer(required=True)
    year_steps = Integer(required=True)
    level = Nested(HouseholdLevelAnswer, required=True, allow_none=True)
    year = Integer(required=True)
    months = List(Nested(HouseholdMonthAnswer), required=True)
    reach = List(Nested(HouseholdGoodsAnswer), required=True)
    next = Nested(HouseholdGoodsAnswer, required=True, allow_none=True)
    earn = List(Nested(HouseholdEarnAnswer), required=True)
    waiting = List(Nested(HouseholdWaitingAnswer), required=True)


class HouseholdStayAnswer(marshmallow.Schema):
    person = String(required=True, metadata={"description": "her number"})
    name = String(required=True)
    since = Date(required=True, allow_none=True)
    until = Date(required=True, allow_none=True)


class HouseholdEventAnswer(marshmallow.Schema):
    on_day = Date(required=True)
    kind = String(required=True)
    person = String(required=True, allow_none=True)
    household = Integer(required=True, allow_none=True, metadata={"description": "the other household's number"})
    reason = String(required=True)


class HouseholdHistoryAnswer(marshmallow.Schema):
    number = Integer(required=True)
    closed_on = Date(required=True, allow_none=True)
    stays = List(Nested(HouseholdStayAnswer), required=True)
    events = List(Nested(HouseholdEventAnswer), required=True)


class HouseholdChangeAnswer(marshmallow.Schema):
    """A split or merge: who agreed, and what it moved."""

    number = Integer(required=True)
    kind = String(required=True)
    state = String(required=True)
    household = Integer(required=True)
    other = Integer(required=True, allow_none=True)
    share_percent = Integer(required=True, allow_none=True)
    share_steps = Integer(required=True, allow_none=True)
    giver_agreed_at = DateTime(required=True, allow_none=True)
    taker_agreed_at = DateTime(required=True, allow_none=True)
    done_at = DateTime(required=True, allow_none=True)
    undo_until = DateTime(required=True, allow_none=True)
    points_steps = Integer(required=True)
    owed_steps = Integer(required=True)
    base_steps = Integer(required=True)
    entry = Integer(required=True, allow_none=True)
    undo_entry = Integer(required=True, allow_none=True)
    going = List(String(), required=True, metadata={"description": "numbers of those who go"})
    missing = List(String(), required=True, metadata={"description": "of those, whose own word is missing"})
