"""What forms and JSON say about attendance; answers of the JSON API."""

import re
from datetime import datetime, time
from typing import Any
from uuid import UUID

import marshmallow
from flask_babel import lazy_gettext as _
from marshmallow import fields as plain

from api import fields
from timebank.columns import from_ms
from timebank.hours.service_classes import ACTIVITY_CLASSES


class Clock(plain.String):
    """A time of the day, `09:30`; it means the community's own clock."""

    default_error_messages = {**fields.REQUIRED, "invalid": _("请填写时间,例如 09:30。")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> time:  # type: ignore[override]
        if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?", value):
            return time.fromisoformat(value)
        raise self.make_error("invalid")


class ClientInstant(plain.String):
    """An instant with its offset, `2026-11-21T09:02:00+08:00`."""

    default_error_messages = {**fields.REQUIRED, "invalid": _("请填写带时区的时间,例如 2026-11-21T09:02:00+08:00。")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {}).setdefault("format", "date-time")
        super().__init__(**options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        return value.isoformat() if isinstance(value, datetime) else value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:  # type: ignore[override]
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 1970 < found.year < 3000:
            raise self.make_error("invalid")
        return found


class PageKey(plain.String):
    """Where a page of a list begins: start and id of the last line seen, as the answer before named it."""

    default_error_messages = {"invalid": _("格式不对。")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> tuple[datetime, UUID]:  # type: ignore[override]
        match = re.fullmatch(r"([0-9]{1,15})-([0-9a-f]{32})", value) if isinstance(value, str) else None
        if match is None or int(match[1]) > 32_503_680_000_000:
            raise self.make_error("invalid")
        return from_ms(int(match[1])), UUID(match[2])


class TypedCode(fields.Schema):
    code = fields.Text(required=True, most=12)


class CheckIn(fields.Schema):
    ticket = fields.Text(required=True, most=600)
    activity = fields.Whole(load_default=None, most=10**9, allow_none=True)
    team = fields.Whole(load_default=None, most=10**9, allow_none=True)  # 0: for oneself; none: as signed up


class CheckOut(fields.Schema):
    ticket = fields.Text(required=True, most=600)


class StationScan(fields.Schema):
    """A card at the staff's station: what the scanner typed, and how it is meant."""

    code = fields.Text(required=True, most=300)
    direction = fields.Word(("in", "out", "rest"), load_default=None)
    activity = fields.Whole(load_default=None, most=10**9, allow_none=True)


class StationPhoto(fields.Schema):
    direction = fields.Word(("in", "out", "rest"), load_default=None)
    activity = fields.Whole(load_default=None, most=10**9, allow_none=True)


class ScanQuery(fields.Schema):
    ticket = fields.Text(required=True, most=600)


class ListQuery(fields.Schema):
    before = PageKey(load_default=None)
    after = PageKey(load_default=None)


class ReviewQuery(ListQuery):
    evidence = fields.Word(("A", "B", "C", "D"), load_default=None)


class EntriesQuery(fields.Schema):
    before = fields.Whole(load_default=None)


class LateEntry(fields.Schema):
    """A late entry: by staff with a page of the register, by the volunteer with a witness."""

    person = fields.PersonNumber(load_default=None)
    day = fields.Day(required=True)
    starts = Clock(required=True)
    ends = Clock(required=True)
    place = fields.Text(required=True, most=200)
    service_class = fields.Word(ACTIVITY_CLASSES, load_default=None)
    witness = fields.Text(load_default="", most=200)
    source = fields.Text(load_default="", most=200)
    note = fields.Text(load_default="", most=200)
    team = fields.Text(load_default="", most=60)


class Rest(fields.Schema):
    verb = fields.Word(("begin", "end"), required=True)


class Word(fields.Schema):
    word = fields.Word(("confirmed", "denied"), required=True)
    note = fields.Text(load_default="", most=200)


class Recipient(fields.Schema):
    person = fields.PersonNumber(required=True)


class BulkReview(fields.Schema):
    visit = plain.List(fields.Id(), load_default=list)


class Review(fields.Schema):
    verdict = fields.Word(("accept", "reject"), required=True)
    note = fields.Text(load_default="", most=200)
    ends = Clock(load_default=None)
    ends_on = fields.Day(load_default=None)


# The JSON API -----------------------------------------------------------------------------------------------------------


class TicketAsked(fields.Schema):
    """The code that a point's screen shows: ten digits of its link, or the six that people read."""

    point = fields.Whole(required=True, least=1, most=10**9)
    code = fields.Text(required=True, most=12)


class TicketGiven(marshmallow.Schema):
    ticket = plain.String(required=True)
    point = plain.String(required=True)
    scanned_at = ClientInstant(required=True)
    good_minutes = plain.Integer(required=True)


class ReasonTold(marshmallow.Schema):
    code = plain.String(required=True)
    minutes = plain.Integer(required=True)
    day = plain.String()
    limit_minutes = plain.Integer()


class CheckedIn(marshmallow.Schema):
    """`since` by the community's clock; what can still be credited that day and month."""

    code = plain.String(required=True)
    visit_id = plain.String(required=True)
    place = plain.String(required=True)
    since = plain.String(required=True)
    since_ms = plain.Integer(required=True)
    activity = plain.String(allow_none=True)
    team = plain.String(allow_none=True, metadata={"description": "the team that the minutes are for, if not oneself"})
    evidence = plain.String(required=True)
    day_left_minutes = plain.Integer(required=True)
    month_left_minutes = plain.Integer(required=True)
    day_cap_minutes = plain.Integer(required=True)
    month_cap_minutes = plain.Integer(required=True)


class CheckedOut(marshmallow.Schema):
    """`credited_minutes` and what follows only once the visit is settled."""

    code = plain.String(required=True)
    visit_id = plain.String(required=True)
    place = plain.String(required=True)
    state = plain.String(required=True)
    since = plain.String(required=True)
    until = plain.String(required=True)
    evidence = plain.String(required=True)
    real_minutes = plain.Integer(required=True)
    rest_minutes = plain.Integer(metadata={"description": "between the scans and not in real_minutes"})
    review_reasons = plain.List(plain.String(), required=True)
    credited_minutes = plain.Integer()
    pool_minutes = plain.Integer()
    reasons = plain.List(plain.Nested(ReasonTold))
    entry_seq = plain.Integer(allow_none=True)
    balance_minutes = plain.Integer(metadata={"description": "one's own; not told when the minutes are a team's"})
    team = plain.String(metadata={"description": "the team that the minutes are for"})


class StationTold(marshmallow.Schema):
    """`code` is checked_in, checked_out, rest_begun or rest_ended; times by the community's clock."""

    code = plain.String(required=True)
    person = plain.String(required=True)
    visit_id = plain.String(required=True)
    place = plain.String(required=True)
    since = plain.String(required=True)
    until = plain.String()
    rest_since = plain.String()
    rest_at = plain.String()
    evidence = plain.String(required=True)
    state = plain.String()
    activity = plain.String(allow_none=True)
    team = plain.String(allow_none=True)
    real_minutes = plain.Integer()
    rest_minutes = plain.Integer()
    credited_minutes = plain.Integer()
    review_reasons = plain.List(plain.String())
    reasons = plain.List(plain.Nested(ReasonTold))
    day_left_minutes = plain.Integer()
    month_left_minutes = plain.Integer()


class TeamTold(marshmallow.Schema):
    number = plain.Integer(required=True)
    name = plain.String(required=True)


class TeamsTold(marshmallow.Schema):
    teams = plain.List(plain.Nested(TeamTold), required=True)
    only_for_team = plain.Boolean(required=True, attribute="only", data_key="only")


class VisitTold(marshmallow.Schema):
    id = plain.Function(lambda line: line.id.hex)
    place = plain.String()
    activity = plain.String(allow_none=True)
    service_class = plain.String(allow_none=True)
    state = plain.String()
    evidence = plain.String()
    estimated = plain.Boolean()
    started_at = ClientInstant()
    ended_at = ClientInstant(allow_none=True)
    real_minutes = plain.Integer(allow_none=True)
    uncapped_minutes = plain.Integer(allow_none=True)
    credited_minutes = plain.Integer(allow_none=True)
    pool_minutes = plain.Integer(allow_none=True)
    reasons = plain.List(plain.Nested(ReasonTold))
    review_reasons = plain.List(plain.String())
    entry_seq = plain.Integer(allow_none=True)


class VisitsTold(marshmallow.Schema):
    visits = plain.List(plain.Nested(VisitTold), required=True)
    before = plain.String(required=True, allow_none=True, metadata={"description": "the next page; null on the last"})


class LineTold(marshmallow.Schema):
    """One entry on the account: `amount` and the `balance` after it, in minutes."""

    seq = plain.Integer()
    kind = plain.String()
    at = ClientInstant()
    on = plain.Function(lambda line: line.on.isoformat() if line.on else None)
    amount = plain.Integer()
    balance = plain.Integer()
    detail = plain.Dict(allow_none=True)


class StatementTold(marshmallow.Schema):
    account = plain.Integer(required=True, allow_none=True)
    balance_minutes = plain.Integer(required=True)
    held_minutes = plain.Integer(required=True)
    lines = plain.List(plain.Nested(LineTold), required=True)
    before = plain.Integer(required=True, allow_none=True)
