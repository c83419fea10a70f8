"""The staff's station at a service point: one card after another, each answered by a full band.

The band is a piece of page, so that its words are the templates': with JavaScript it comes into the open page, without
it on the page that follows.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask_babel import gettext as _

from api import codes, edge, errors, look, presence, words
from api.messages.station import AT_STATION, NEXT_AT_STATION
from api.pages import offline
from api.schemas.attendance import StationPhoto, StationScan
from timebank.columns import to_ms
from timebank.errors import Refused
from timebank.hours import activities, service_points
from timebank.hours.attendance import reading, station
from timebank.people import residents
from timebank.people.residents import Person
from timebank.permissions import may

blueprint = Blueprint("station", __name__, url_prefix="/c/<community_code>")

STATION = "/points/<int:number>/station"

FOUND_MOST = 20
NOBODY = UUID(int=0)
# A repeated scan is no fault; what somebody must put right first is orange; what cannot be is red.
CALM = {"already_checked_in", "already_checked_out", "just_checked_in", "already_resting"}
RED = {"card_unknown", "card_revoked", "code_not_read", "code_of_other_community", "not_a_volunteer", "forbidden"}
DIRECTIONS = ("", "in", "out", "rest")


@dataclass(frozen=True)
class Told:
    """A band: `kind` gives its colour, `sound` what is heard, `who` is known or not."""

    kind: str
    icon: str
    sound: str
    title: str
    who: str = ""
    number: str = ""
    next_step: str = ""
    visit_id: str = ""


@blueprint.get("/station")
@edge.signed_in
def choose() -> Any:
    """Which point's station; where there is only one, it opens at once."""
    asks = edge.actor()
    points = [
        point
        for point in service_points.listed(edge.read(), actor=asks)
        if may(asks, "attendance.station", community_id=asks.community_id, area_path=point.area_path)
    ]
    if len(points) == 1:
        return edge.back("station.home", number=points[0].number)
    return edge.page("attendance/stations.html", points=points)


@blueprint.get(STATION)
@edge.signed_in
def home(number: int) -> Any:
    """Ready for the next card."""
    return edge.page("attendance/station.html", told=None, **_facts(number))


@blueprint.post(STATION)
@edge.signed_in
def scan(number: int) -> Any:
    """A card was scanned, a number typed or a name chosen."""
    _point(number)
    asked: dict[str, Any] = {}
    try:
        asked = edge.load(StationScan)
    except Refused as refused:
        return _answer(number, asked, None, refused)
    return _scanned(number, asked["code"], asked)


@blueprint.post(f"{STATION}/photo")
@edge.signed_in
def photo(number: int) -> Any:
    """The same from a photograph of the card."""
    _point(number)
    asked: dict[str, Any] = {}
    try:
        asked = edge.load(StationPhoto)
        text = codes.in_photograph(request.files.get("photo"))
    except Refused as refused:
        return _answer(number, asked, None, refused)
    return _scanned(number, text, asked)


def submit_scan(number: int, person_id: UUID, direction: str | None, activity: int | None) -> dict[str, Any]:
    """The scan of pages and API, with the claim of presence for the person, once for the request's key."""
    return presence.serving_another(
        person_id,
        "attendance.station",
        lambda session, now: station.scan(
            session,
            actor=edge.actor(),
            now=now,
            point_number=number,
            person_id=person_id,
            scanned_at=now,
            activity_number=activity,
            direction=direction,
        ),
        content={"point": number, "person": person_id, "direction": direction, "activity": activity},
    )


def _scanned(number: int, text: str, asked: dict[str, Any]) -> Any:
    person = None
    try:
        person = codes.person_of(edge.read(), edge.community(), text)
        outcome = submit_scan(number, person.id, asked["direction"], asked["activity"])
    except Refused as refused:
        edge.stop_reading()
        return _answer(number, asked, person, refused)
    return _answer(number, asked, person, outcome)


def _answer(number: int, asked: dict[str, Any], person: Person | None, outcome: Refused | dict[str, Any]) -> Any:
    told = _of_refusal(person, outcome) if isinstance(outcome, Refused) else _of_outcome(person, outcome)
    status = outcome.status if isinstance(outcome, Refused) else 200
    chosen = {"direction": asked.get("direction") or "", "activity": asked.get("activity")}
    if request.headers.get("X-Piece") == "band":
        return edge.page("attendance/_station_answer.html", status, told=told, number=number, **_present(number))
    return edge.page("attendance/station.html", status, told=told, **{**_facts(number), **chosen})


def _of_outcome(person: Person | None, outcome: dict[str, Any]) -> Told:
    name, number = (person.name, person.number) if person else ("", "")
    who = {"who": name, "number": number, "visit_id": str(outcome["visit_id"])}
    code = outcome["code"]
    if code == "checked_in":
        next_step = "" if outcome["evidence"] == "A" else str(words.REVIEW_REASONS["own_card"])
        if outcome.get("activity"):
            next_step = next_step or _("活动:%(title)s", title=outcome["activity"])
        if not outcome["day_left_minutes"]:
            next_step = _("今天已记满 %(limit)s。", limit=look.minutes(outcome["day_cap_minutes"]))
        return Told("green", "enter", "in", _("%(since)s 已签到", since=outcome["since"]), next_step=next_step, **who)
    if code == "rest_begun":
        title = _("%(since)s 开始休息", since=outcome["rest_since"])
        return Told("green", "clock", "rest", title, next_step=_("休息的时间不计。回来时再扫一次。"), **who)
    if code == "rest_ended":
        title = _("%(time)s 休息结束,继续服务", time=outcome["rest_at"])
        return Told("green", "clock", "rest", title, next_step=_("离开时再扫一次签退。"), **who)
    if outcome["state"] != "settled":
        title = _("%(until)s 已签退,等待审核", until=outcome["until"])
        reasons = [str(words.REVIEW_REASONS.get(reason, reason)) for reason in outcome["review_reasons"]]
        return Told("orange", "exit", "out", title, next_step=" ".join(reasons), **who)
    title = _(
        "%(until)s 已签退,记入 %(minutes)s",
        until=outcome["until"],
        minutes=look.minutes(outcome["credited_minutes"]),
    )
    served = _(
        "%(since)s–%(until)s,实际 %(minutes)s",
        since=outcome["since"],
        until=outcome["until"],
        minutes=look.minutes(outcome["real_minutes"]),
    )
    return Told("green", "exit", "out", title, next_step=served, **who)


def _of_refusal(person: Person | None, refused: Refused) -> Told:
    code, facts = refused.code, refused.facts
    said = errors.filled(AT_STATION[code], facts) if code in AT_STATION else errors.words(code, facts)
    found = facts.get("fields")
    if code == "bad_input" and isinstance(found, dict) and found:
        said = str(next(iter(found.values())))
    next_step = (
        errors.filled(NEXT_AT_STATION[code], facts) if code in NEXT_AT_STATION else errors.next_words(code, facts)
    )
    kind = "grey" if code in CALM else "red" if code in RED else "orange"
    return Told(
        kind,
        {"grey": "info", "red": "cross", "orange": "alert"}[kind],
        {"grey": "again", "red": "no", "orange": "stop"}[kind],
        said,
        who=person.name if person else "",
        number=person.number if person else "",
        next_step=next_step,
        visit_id=str(facts.get("visit_id") or ""),
    )


def _point(number: int) -> service_points.Point:
    return service_points.as_point(
        station.refuse_who_does_not_staff(edge.read(), actor=edge.actor(), point_number=number)
    )


def _facts(number: int) -> dict[str, Any]:
    point = _point(number)
    asks, session = edge.actor(), edge.read()
    searches = may(asks, "residents.search", community_id=asks.community_id)
    asked = request.args.get("q", "").strip()[:60] if request.method == "GET" else ""
    direction = request.args.get("direction", "")
    return {
        "point": point,
        "number": number,
        "direction": direction if direction in DIRECTIONS else "",
        "activity": None,
        "running": activities.running_at(
            session, point_id=point.id, community_id=edge.community().id, person_id=NOBODY, at=edge.now()
        ),
        "searches": searches,
        "asked": asked,
        "people": residents.search(session, edge.community().id, asked, FOUND_MOST) if asked and searches else [],
        "now_ms": to_ms(edge.now()),
        **offline.kept(number),
        **_present(number),
    }


def _present(number: int) -> dict[str, Any]:
    """Who is in here now, the last to come first."""
    return {"present": reading.at_point(edge.read(), actor=edge.actor(), point_number=number)}
