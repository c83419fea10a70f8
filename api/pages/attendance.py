"""Checking in and out by a scanned code: the landing of a scan, the one big button, the answer."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from api import edge, errors, presence, sign_in
from api.schemas.attendance import CheckIn, CheckOut, ScanQuery, TypedCode
from timebank.errors import Refused
from timebank.hours import activities, depositors, service_points, team_hours
from timebank.hours.attendance import check_in as begin_visit
from timebank.hours.attendance import check_out as end_visit
from timebank.hours.attendance import reading, scans, tickets
from timebank.hours.attendance.tickets import Ticket
from timebank.hours.attendance.visits import (
    CheckedInElsewhere,
    local_clock,
    open_visit_of,
    room_left,
    rules_of,
    zone_of,
)
from timebank.people import communities, logins, residents, teams
from timebank.permissions import may

blueprint = Blueprint("attendance", __name__, url_prefix="/c/<community_code>")

BROWSER = "timebank_browser"  # a random name of this browser, that tickets are bound to; it outlives signing in
# What a second tap is told is no fault: the answer stands on a grey band, all others on an orange or red one.
CALM = {"already_checked_in", "already_checked_out", "just_checked_in"}


@blueprint.get("/p/<int:number>/<code>")
def scanned(number: int, code: str) -> Any:
    """Somebody opened the code of a screen. Nothing is written: messengers open links by themselves."""
    try:
        ticket = scans.ticket_of_link(
            edge.read(), community_id=edge.community().id, point_number=number, code=code, now=edge.now()
        )
    except Refused as refused:
        return _answer(refused, number)
    return _with_ticket(ticket)


@blueprint.get("/p/<int:number>/f/<token>")
def scanned_printed(number: int, token: str) -> Any:
    """Somebody opened the code printed for a point without a screen."""
    try:
        ticket = scans.ticket_of_fixed_code(
            edge.read(), community_id=edge.community().id, point_number=number, token=token.upper(), now=edge.now()
        )
    except Refused as refused:
        return _answer(refused, number)
    return _with_ticket(ticket)


@blueprint.get("/p/<int:number>")
@edge.signed_in
def type_code(number: int) -> Any:
    """Where the six digits are typed, when no camera is at hand."""
    return edge.page("attendance/type_code.html", point=_point(number), number=number)


@blueprint.post("/p/<int:number>")
@edge.signed_in
def typed_code(number: int) -> Any:
    """Six digits can be guessed, so wrong tries are counted by login."""
    point = _point(number)
    try:
        asked = edge.load(TypedCode)
        ticket = ticket_of_typed_code(number, "".join(sign for sign in asked["code"] if sign.isdecimal()))
    except Refused as refused:
        return edge.again("attendance/type_code.html", refused, point=point, number=number)
    return _with_ticket(ticket)


@blueprint.get("/scan")
def scan() -> Any:
    """One big button: check in, or out. Who is not signed in signs in first; the time of the scan stays."""
    try:
        sealed = edge.load(ScanQuery)["ticket"]
        ticket = open_ticket(sealed, edge.read(), now=edge.now(), browser=browser_name())
    except Refused as refused:
        return _answer(refused)
    point = service_points.by_number(edge.read(), ticket.community_id, ticket.point_number)
    if sign_in.current() is None:
        edge.flash_note(
            _(
                "扫码时间 %(time)s 已记下。请先登录,再签到。",
                time=local_clock(ticket.scanned_at, zone_of(edge.read(), point.community_id)),
            )
        )
        return redirect(url_for("home.sign_in", next=request.full_path), 303)
    try:
        person_id = _require_volunteer("attendance.check_in")
    except scans.NotAVolunteer as refused:
        return _answer(refused, point.number)
    visit = open_visit_of(edge.read(), ticket.community_id, person_id)
    facts = {"ticket": ticket, "sealed": sealed, "point": point}
    if visit is not None and visit.point_id == point.id and visit.order_id is None:
        return edge.page("attendance/scan_out.html", visit=visit, **facts)
    if visit is not None:
        elsewhere = CheckedInElsewhere(
            place=visit.place, since=local_clock(visit.started_at, zone_of(edge.read(), point.community_id))
        )
        return _answer(elsewhere, point.number)
    return edge.page(
        "attendance/scan_in.html",
        activities=activities.running_at(
            edge.read(),
            point_id=point.id,
            community_id=ticket.community_id,
            person_id=person_id,
            at=ticket.scanned_at,
        ),
        forgotten=scans.mendable_visit(edge.read(), ticket.community_id, person_id, point.id, ticket.scanned_at),
        room=room_left(edge.read(), ticket.community_id, person_id, ticket.scanned_at),
        **_for_whom(ticket, person_id),
        **facts,
    )


@blueprint.post("/check-in")
@edge.signed_in
def check_in() -> Any:
    try:
        asked = edge.load(CheckIn)
        outcome = submit_check_in(asked["ticket"], asked["activity"], asked["team"])
    except Refused as refused:
        return _answer(refused)
    return edge.back("hours.visit", visit_id=outcome["visit_id"])


@blueprint.post("/check-out")
@edge.signed_in
def check_out() -> Any:
    try:
        outcome = submit_check_out(edge.load(CheckOut)["ticket"])
    except Refused as refused:
        return _answer(refused)
    return edge.back("hours.visit", visit_id=outcome["visit_id"])


def submit_check_in(sealed: str, activity: int | None, team: int | None) -> dict[str, Any]:
    """The check-in of pages and API, with its claim of presence, once for the request's key."""
    _require_volunteer("attendance.check_in")
    asks, now, browser = edge.actor(), edge.now(), browser_name()
    return presence.serving(
        "attendance.check_in",
        lambda session, at: begin_visit(
            session,
            actor=asks,
            now=at,
            ticket=open_ticket(sealed, session, now=now, browser=browser),
            activity_number=activity,
            team_number=team,
        ),
        content={"ticket": sealed, "activity": activity, "team": team},
    )


def submit_check_out(sealed: str) -> dict[str, Any]:
    """The check-out of pages and API."""
    _require_volunteer("attendance.check_out")
    asks, now, browser = edge.actor(), edge.now(), browser_name()
    return presence.serving(
        "attendance.check_out",
        lambda session, at: end_visit(
            session, actor=asks, now=at, ticket=open_ticket(sealed, session, now=now, browser=browser)
        ),
        content={"ticket": sealed},
    )


def ticket_of_typed_code(number: int, digits: str) -> Ticket:
    """The ticket of a typed code; after five wrong ones in a quarter of an hour the login waits."""
    signed_in = sign_in.current()
    tried = sign_in.subject("point-code", f"{edge.community().id}:{signed_in.login_id if signed_in else ''}")
    logins.refuse_if_locked(edge.read(), subject=tried, now=edge.now())
    try:
        return scans.ticket_of_code(
            edge.read(), community_id=edge.community().id, point_number=number, code=digits, now=edge.now()
        )
    except service_points.WrongCode:
        edge.submit_global(lambda session, now: logins.count_failure(session, subject=tried, now=now))
        raise


def seal_ticket(ticket: Ticket, *, browser: str) -> str:
    """The ticket as text, bound to a browser (or, in the API, to a login)."""
    return tickets.seal(ticket, secret=edge.settings().secret, browser=browser)


def open_ticket(sealed: str, session: Session, *, now: datetime, browser: str) -> Ticket:
    """The ticket that this browser was given, if it is good still at the moment of the request."""
    community_id = edge.community().id
    return tickets.open_sealed(
        sealed,
        secret=edge.settings().secret,
        browser=browser,
        community_id=community_id,
        now=now,
        good_for=timedelta(seconds=rules_of(session, community_id, now).ticket_seconds),
    )


def browser_name() -> str:
    """What a ticket is bound to: this browser's cookie; for programs, who is signed in."""
    signed_in = sign_in.current()
    if errors.wants_json():
        return f"login:{signed_in.login_id}" if signed_in else ""
    return request.cookies.get(BROWSER, "")


def _require_volunteer(use_case: str) -> UUID:
    """Who is no volunteer here is told so before a presence is claimed for him."""
    actor = edge.actor()
    if actor.person_id is None:
        raise scans.NotAVolunteer
    if not may(actor, use_case, community_id=actor.community_id) and not scans.is_in_still(edge.read(), actor):
        raise scans.NotAVolunteer
    return actor.person_id


def _for_whom(ticket: Ticket, person_id: UUID) -> dict[str, Any]:
    """The teams that somebody may serve for, and the one that was chosen when signing up; nothing for who has none."""
    session, place = edge.read(), edge.community()
    day = communities.local_day(place, ticket.scanned_at)
    found = teams.teams_of(session, place.id, person_id, day)
    if not found:
        return {"teams": [], "chosen_team": 0, "team_only": False}
    running = activities.running_at(
        session,
        point_id=service_points.by_number(session, place.id, ticket.point_number).id,
        community_id=place.id,
        person_id=person_id,
        at=ticket.scanned_at,
    )
    mine = next((line.number for line in running if line.mine), None)
    activity = activities.by_number(session, place.id, mine) if mine else None
    chosen = team_hours.chosen_for(session, place.id, person_id, activity, day)
    only = depositors.must_serve_for_team(session, place.id, residents.person(session, place.id, person_id), day)
    number = chosen.number if chosen else found[0].number if only and len(found) == 1 else 0
    return {"teams": found, "chosen_team": number, "team_only": only}


def _with_ticket(ticket: Ticket) -> Response:
    browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(18)
    response = redirect(url_for("attendance.scan", ticket=seal_ticket(ticket, browser=browser)), 303)
    response.set_cookie(
        BROWSER,
        browser,
        max_age=400 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=edge.settings().https,
    )
    return response  # type: ignore[return-value]


def _point(number: int) -> service_points.Point:
    return service_points.as_point(service_points.by_number(edge.read(), edge.community().id, number))


def _answer(refused: Refused, number: int | None = None) -> Response:
    """What a scan is told when nothing was written: a band that says what is so, and what to do next."""
    told = edge.Told(refused)
    line = reading.open_line(edge.read(), actor=edge.actor()) if sign_in.current() else None
    return edge.page(
        "attendance/answer.html",
        refused.status,
        told=told,
        kind="grey" if told.code in CALM else "red" if told.status == 403 else "orange",
        number=number,
        open_visit=line,
    )
