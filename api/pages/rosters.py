"""When service points are open and who is on duty: for everybody where to go, for staff the hours and the weeks of duty."""

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask_babel import gettext as _

from api import edge
from api.messages import activities as said
from api.schemas import activities as schemas
from timebank import policy
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import opening_hours, service_points
from timebank.hours.activities import roster, seats
from timebank.hours.opening_hours import Hours, Opening
from timebank.people import communities, residents
from timebank.permissions import may, require

blueprint = Blueprint("rosters", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/where")
@edge.signed_in
def where() -> Any:
    """For everybody: where the points are, when they are open, and who is there today."""
    require(edge.actor(), "service_points.where", community_id=edge.community().id)
    today, minute = _today(), _minute_now()
    points = service_points.open_ones(edge.read(), edge.community().id)
    known = opening_hours.hours_of(edge.read(), edge.community().id, [point.id for point in points], since=today)
    lines = [
        {
            "point": point,
            "hours": known[point.id],
            "today": known[point.id].spans_on(today),
            "is_open": any(opens <= minute < closes for opens, closes in known[point.id].spans_on(today)),
            "next": _next_opening(known[point.id], today),
            "turns": roster.on_duty(edge.read(), edge.community().id, point, today),
        }
        for point in points
    ]
    return edge.page("rosters/where.html", lines=lines, today=today, said=said)


@blueprint.get("/service-points/<int:number>/roster")
@edge.signed_in
def week(number: int) -> Any:
    """A week of duty at a point, with what is missing."""
    return edge.page("rosters/week.html", **_week(number))


@blueprint.post("/service-points/<int:number>/roster")
@edge.signed_in
def put_on_duty(number: int) -> Any:
    """Put somebody down for a turn of duty."""
    try:
        asked = edge.load(schemas.PutDown)
        person = _person(asked["person"])
        done = edge.submit(
            "activities.put_down",
            lambda session, now: seats.put_down(
                session, actor=edge.actor(), now=now, number=asked["number"], person_id=person.id
            ),
            content=asked,
        )
    except Refused as refused:
        if refused.status == 403:
            raise
        return edge.again("rosters/week.html", refused, **_week(number))
    if done["code"] == "waiting_for_place":
        edge.flash_note(_("%(name)s 排候补第 %(position)s 位。", name=person.name, position=done["position"]))
    else:
        edge.flash_done(_("已安排 %(name)s 值班,会通知本人。", name=person.name))
    return edge.back("rosters.week", number=number, week=asked["week"])


@blueprint.get("/service-points/<int:number>/roster/sheet")
@edge.signed_in
def sheet(number: int) -> Any:
    """The week of duty to print and hang out."""
    return edge.page("rosters/sheet.html", **_week(number))


@blueprint.get("/service-points/<int:number>/hours")
@edge.signed_in
def hours(number: int) -> Any:
    """When a point is open, and the days that are not as others."""
    require(edge.actor(), "service_points.set_hours", community_id=edge.community().id)
    return edge.page("rosters/hours.html", **_hours(number))


@blueprint.post("/service-points/<int:number>/hours")
@edge.signed_in
def set_hours(number: int) -> Any:
    try:
        asked = edge.load(schemas.PointHours)
        openings = _openings(asked)
        done = edge.submit(
            "service_points.set_hours",
            lambda session, now: roster.set_hours(
                session,
                actor=edge.actor(),
                now=now,
                number=number,
                openings=openings,
                keeps_holidays=bool(asked["keeps_holidays"]),
                duty_people=asked["duty_people"],
            ),
            content={
                "number": number,
                "openings": [[one.kind, one.day, one.opens_minute, one.closes_minute] for one in openings],
                "keeps_holidays": asked["keeps_holidays"],
                "duty_people": asked["duty_people"],
            },
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("rosters/hours.html", said.in_words(refused), **_hours(number))
    edge.flash_done(_("开放时间已保存。"))
    if done["turns"]:
        edge.flash_note(_("值班表跟着改了 %(count)s 班;被取消的班,报了名的人会收到通知。", count=done["turns"]))
    return edge.back("rosters.hours", number=number)


@blueprint.post("/service-points/<int:number>/days")
@edge.signed_in
def set_day(number: int) -> Any:
    """Close the point on a day, or open it at other times."""
    try:
        asked = edge.load(schemas.PointDay)
        opens, closes = _minutes(asked["opens"]), _minutes(asked["closes"], is_end=True)
        edge.submit(
            "service_points.set_day",
            lambda session, now: roster.set_day(
                session,
                actor=edge.actor(),
                now=now,
                number=number,
                day=asked["day"],
                reason=asked["reason"],
                opens_minute=opens,
                closes_minute=closes,
            ),
            content={
                "number": number,
                "day": asked["day"],
                "reason": asked["reason"],
                "opens": opens,
                "closes": closes,
            },
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("rosters/hours.html", said.in_words(refused), **_hours(number))
    edge.flash_done(_("已记下。那天值班的人会收到通知。"))
    return edge.back("rosters.hours", number=number)


@blueprint.post("/service-points/<int:number>/days/clear")
@edge.signed_in
def clear_day(number: int) -> Any:
    asked = edge.load(schemas.OneDay)
    edge.submit(
        "service_points.clear_day",
        lambda session, now: roster.clear_day(session, actor=edge.actor(), now=now, number=number, day=asked["day"]),
        content={"number": number, **asked},
    )
    edge.flash_done(_("这一天恢复照常。"))
    return edge.back("rosters.hours", number=number)


def _week(number: int) -> dict[str, Any]:
    asked = edge.load(schemas.Week) if request.method == "GET" else {"week": None}
    today = _today()
    monday = asked["week"] or today
    shown = roster.week(edge.read(), actor=edge.actor(), now=edge.now(), number=number, monday=monday)
    first = shown.days[0].day
    return {
        "week": shown,
        "today": today,
        "earlier": (first - timedelta(days=7)).isoformat(),
        "later": (first + timedelta(days=7)).isoformat(),
        "now_ms": to_ms(edge.now()),
        "said": said,
        "may_put_down": may(
            edge.actor(), "activities.put_down", community_id=edge.community().id, area_path=shown.point.area_path
        ),
        "may_set_hours": may(
            edge.actor(), "service_points.set_hours", community_id=edge.community().id, area_path=shown.point.area_path
        ),
    }


def _hours(number: int) -> dict[str, Any]:
    point = service_points.named(edge.read(), actor=edge.actor(), number=number)
    today = _today()
    known = opening_hours.hours_of(edge.read(), edge.community().id, [point.id], since=today)[point.id]
    spans: dict[str, int] = {}
    for weekday in range(1, 8):
        own = [one for one in known.openings if one.kind == "weekday" and one.day == weekday]
        for letter, one in zip("ab", own, strict=False):
            spans[f"opens_{weekday}{letter}"] = one.opens_minute
            spans[f"closes_{weekday}{letter}"] = one.closes_minute
    by_digit = [one for one in known.openings if one.kind == "digit"]
    if by_digit:
        spans["digit_opens"], spans["digit_closes"] = by_digit[0].opens_minute, by_digit[0].closes_minute
    return {
        "point": point,
        "hours": known,
        "digits": [one.day for one in by_digit],
        "clock": {name: _typed_clock(minute) for name, minute in spans.items()},
        "days": [known.days[day] for day in sorted(known.days)],
        "said": said,
        "today": today,
        "needed_days": policy.of(edge.read(), edge.community().id, today).duty_days_a_week,
    }


def _openings(asked: dict[str, Any]) -> list[Opening]:
    found = []
    for weekday in range(1, 8):
        for letter in "ab":
            opens, closes = asked[f"opens_{weekday}{letter}"], asked[f"closes_{weekday}{letter}"]
            if opens is None and closes is None:
                continue
            if opens is None or closes is None:
                raise edge.bad("openings", _("有一段只填了一半的时间。"))
            found.append(_opening("weekday", weekday, opens, closes))
    opens, closes = asked["digit_opens"], asked["digit_closes"]
    if asked["digits"] and (opens is None or closes is None):
        raise edge.bad("digits", _("请填写这些日子几点到几点开放。"))
    if opens is not None and closes is not None:
        found += [_opening("digit", digit, opens, closes) for digit in sorted(set(asked["digits"]))]
    return found


def _opening(kind: str, day: int, opens: time, closes: time) -> Opening:
    return Opening(kind, day, _minutes(opens) or 0, _minutes(closes, is_end=True) or 0)


def _minutes(at: time | None, *, is_end: bool = False) -> int | None:
    """The minute of the day; an end at 00:00 (or 23:59) is the midnight after."""
    if at is None:
        return None
    minute = at.hour * 60 + at.minute
    return opening_hours.DAY_MINUTES if is_end and minute in {0, opening_hours.DAY_MINUTES - 1} else minute


def _typed_clock(minute: int) -> str:
    """A minute as a time field takes it: a browser knows no 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}" if minute < opening_hours.DAY_MINUTES else "23:59"


def _next_opening(hours: Hours, today: date) -> tuple[date, int] | None:
    """The next day after today on which the point opens, within a month, and when."""
    for ahead in range(1, 32):
        spans = hours.spans_on(today + timedelta(days=ahead))
        if spans:
            return today + timedelta(days=ahead), spans[0][0]
    return None


def _today() -> date:
    return communities.local_day(edge.community(), edge.now())


def _minute_now() -> int:
    local = edge.now().astimezone(ZoneInfo(edge.community().zone))
    return local.hour * 60 + local.minute


def _person(number: str) -> residents.Person:
    try:
        return residents.by_number(edge.read(), edge.community().id, number)
    except NotFound:
        raise edge.bad("person", _("没有这个编号的人。")) from None
