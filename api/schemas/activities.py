"""What forms say about activities, their repetition, places and absences; opening hours and days of a point."""

from typing import Any

import marshmallow
from marshmallow import fields as plain

from api import fields
from api.schemas.attendance import ClientInstant, Clock, PageKey
from timebank.hours.activities.campaigns import CAMPAIGNS
from timebank.hours.activities.planning import SHIFTS_MOST
from timebank.hours.activities.rhythm import KINDS
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people.skills import SKILLS

ONCE = "once"
RHYTHMS = (ONCE, *(kind for kind in KINDS if kind != "days"))


class ListQuery(fields.Schema):
    after = PageKey(load_default=None)
    kind = fields.Word(("activity", "duty", "mine"), load_default="activity")


class Asked(fields.Schema):
    """What an activity asks for."""

    note = fields.Text(load_default="", most=400, lines=True)
    skills = plain.List(fields.Word(tuple(SKILLS)), load_default=[])
    age_from = fields.Whole(most=120, load_default=None)
    age_to = fields.Whole(most=120, load_default=None)
    needs_insurance = fields.Whole(most=1, load_default=0)
    closes_hours = fields.Whole(most=14 * 24, load_default=None)


class PlanActivity(Asked):
    """One activity, or a repetition; `starts_2` to `ends_6` are more shifts of the same day."""

    title = fields.Text(required=True, most=80)
    point = fields.Whole(required=True, most=10**9)
    service_class = fields.Word(ACTIVITY_CLASSES, required=True)
    day = fields.Day(required=True)
    starts = Clock(required=True)
    ends = Clock(required=True)
    capacity = fields.Whole(least=1, most=1000, load_default=None)
    leader = fields.PersonNumber(load_default=None)
    rhythm = fields.Word(RHYTHMS, load_default=ONCE)
    weekdays = plain.List(fields.Whole(least=1, most=7), load_default=[])
    nth = fields.Whole(least=1, most=5, load_default=1)
    month_day = fields.Whole(most=31, load_default=None)
    every = fields.Whole(least=1, most=12, load_default=1)
    until = fields.Day(load_default=None)
    skips_closed = fields.Whole(most=1, load_default=0)


def _with_shifts() -> type[fields.Schema]:
    """The form of a plan with the further shifts of its days."""
    found: dict[str, Any] = {"shift_name": fields.Text(load_default="", most=40)}
    for at in range(2, SHIFTS_MOST + 1):
        found[f"shift_name_{at}"] = fields.Text(load_default="", most=40)
        found[f"starts_{at}"] = Clock(load_default=None)
        found[f"ends_{at}"] = Clock(load_default=None)
        found[f"capacity_{at}"] = fields.Whole(least=1, most=1000, load_default=None)
    return type("PlanSeveral", (PlanActivity,), found)


PlanSeveral = _with_shifts()


class PlanCampaign(fields.Schema):
    template = fields.Word(tuple(CAMPAIGNS), required=True)
    title = fields.Text(required=True, most=80)
    point = fields.Whole(required=True, most=10**9)
    day = fields.Day(required=True)
    leader = fields.PersonNumber(load_default=None)


class ChangeActivity(Asked):
    title = fields.Text(required=True, most=80)
    service_class = fields.Word(ACTIVITY_CLASSES, required=True)
    day = fields.Day(load_default=None)
    shift_name = fields.Text(load_default="", most=40)
    starts = Clock(required=True)
    ends = Clock(required=True)
    capacity = fields.Whole(least=1, most=1000, load_default=None)
    leader = fields.PersonNumber(load_default=None)
    scope = fields.Word(("one", "rest"), load_default="one")


class CancelActivity(fields.Schema):
    reason = fields.Text(required=True, most=200)
    scope = fields.Word(("one", "rest"), load_default="one")


class SomebodyByNumber(fields.Schema):
    person = fields.PersonNumber(required=True)


class Somebody(fields.Schema):
    person_id = fields.Id(required=True)


class Excuse(fields.Schema):
    reason = fields.Text(required=True, most=200)


class ExcuseFor(Excuse):
    person_id = fields.Id(required=True)


class Decision(fields.Schema):
    person_id = fields.Id(required=True)
    verdict = fields.Word(("accepted", "refused"), required=True)
    note = fields.Text(load_default="", most=200)


class Week(fields.Schema):
    week = fields.Day(load_default=None)


class PutDown(fields.Schema):
    number = fields.Whole(required=True, least=1, most=10**9)
    person = fields.PersonNumber(required=True)
    week = fields.Day(load_default=None)


class PointDay(fields.Schema):
    day = fields.Day(required=True)
    reason = fields.Text(required=True, most=200)
    opens = Clock(load_default=None)
    closes = Clock(load_default=None)


class OneDay(fields.Schema):
    day = fields.Day(required=True)


def _hours() -> type[fields.Schema]:
    """The form of a point's hours: two spans for each weekday, one for the digits that are ticked."""
    found: dict[str, Any] = {
        "keeps_holidays": fields.Whole(most=1, load_default=0),
        "duty_people": fields.Whole(most=20, load_default=0),
        "digits": plain.List(fields.Whole(most=9), load_default=[]),
        "digit_opens": Clock(load_default=None),
        "digit_closes": Clock(load_default=None),
    }
    for weekday in range(1, 8):
        for span in "ab":
            found[f"opens_{weekday}{span}"] = Clock(load_default=None)
            found[f"closes_{weekday}{span}"] = Clock(load_default=None)
    return type("PointHours", (fields.Schema,), found)


PointHours = _hours()


# The JSON API -----------------------------------------------------------------------------------------------------------


class ActivityTold(marshmallow.Schema):
    """One activity or turn of duty. `mine`: one has a place; `waits`: one stands on the waiting list."""

    number = plain.Integer(required=True)
    kind = plain.String(required=True)
    title = plain.String(required=True)
    shift_name = plain.String(required=True)
    service_class = plain.String(required=True)
    point = plain.String(required=True)
    point_number = plain.Integer(required=True)
    place = plain.String(required=True)
    starts_at = ClientInstant(required=True)
    ends_at = ClientInstant(required=True)
    sign_up_closes_at = ClientInstant(required=True, allow_none=True)
    capacity = plain.Integer(required=True, allow_none=True)
    taken = plain.Integer(required=True)
    waiting = plain.Integer(required=True)
    mine = plain.Boolean(required=True)
    waits = plain.Boolean(required=True)
    cancelled = plain.Boolean(required=True)
    cancel_reason = plain.String(required=True, allow_none=True)
    note = plain.String(required=True)
    skills = plain.List(plain.String(), required=True)
    age_from = plain.Integer(required=True, allow_none=True)
    age_to = plain.Integer(required=True, allow_none=True)
    needs_insurance = plain.Boolean(required=True)


class ActivitiesTold(marshmallow.Schema):
    activities = plain.List(plain.Nested(ActivityTold), required=True)
    after = plain.String(required=True, allow_none=True, metadata={"description": "the next page; null on the last"})


class PlaceTold(marshmallow.Schema):
    """What became of a place: `code` is signed_up, waiting_for_place, gave_up, excused_before or excuse_given."""

    code = plain.String(required=True)
    number = plain.Integer(required=True)
    title = plain.String(required=True)
    position = plain.Integer()
