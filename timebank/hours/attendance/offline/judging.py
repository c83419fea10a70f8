"""One offline scan becomes a verdict: what it began or ended, what it waits for, or why it counts for nothing.

A scan says itself whether somebody came or went, so that its meaning does not hang on what arrived before it. Coming
opens a visit, going ends it, as at the station with a network (station.py). What does not fit yet waits: a going before its
coming, a coming before a later visit (until its own going is there). What lies within a visit that has ended does not
fit any more, and is refused for people to look at; no settled minute is changed by what comes late.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from timebank.columns import new_id
from timebank.errors import Refused
from timebank.hours import depositors, team_hours
from timebank.hours.attendance import devices, station
from timebank.hours.attendance.devices import ScanDevice
from timebank.hours.attendance.finishing import finish
from timebank.hours.attendance.offline import body
from timebank.hours.attendance.offline.looking import (
    facts_of,
    is_unseen,
    nearest_of_staff,
    newest,
    soon_again,
    visit_after,
    visit_around,
    visit_begun,
    visits_of,
    waiting_coming,
    waiting_of,
)
from timebank.hours.attendance.offline.tables import OfflineScan, ScanVerdict
from timebank.hours.attendance.scans import TOO_SOON, JustCheckedIn, chosen_activity
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import AlreadyCheckedIn, open_visit_of, rules_of, zone_of
from timebank.hours.service_points import ServicePoint
from timebank.people import cards, communities, residents
from timebank.people.cards import Card
from timebank.people.residents import Person
from timebank.permissions import Actor, Grant

WAITING_MOST = 20  # for one person: who has more is a mistake or an attack, and each is looked at with each that comes


@dataclass(frozen=True)
class Judged:
    """A verdict before it is written."""

    outcome: str
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    visit_id: UUID | None = None


@dataclass(frozen=True)
class Case:
    """A scan with whom and what it is about."""

    session: Session
    scan: OfflineScan
    device: ScanDevice
    point: ServicePoint
    person: Person
    now: datetime
    doubts: tuple[str, ...]

    @property
    def at(self) -> datetime:
        """When it was scanned, by our clock."""
        return self.scan.corrected_at


def judge(
    session: Session, *, scan: OfflineScan, now: datetime, direction: str = "", doubts: tuple[str, ...] = ()
) -> Judged:
    """Do what the scan asks for, if it can be done now.

    `direction` and `doubts` are somebody's who knows better than the device; a visit with doubts is reviewed.

    Raises:
        Refused: the station's own refusals, such as NotAVolunteer, UnderAge, PointClosed; the caller writes the verdict.
    """
    device = devices.by_id(session, scan.community_id, scan.device_id)
    refused = _of_time(session, scan, device) or _of_card(session, scan)
    if refused is not None:
        return refused
    if scan.person_id is None:
        return Judged("refused", "code_not_read")
    person = residents.person(session, scan.community_id, scan.person_id)
    case = Case(session, scan, device, devices.point_of(session, device), person, now, doubts)
    return _come(case) if (direction or scan.direction) == "in" else _go(case)


def add_verdict(
    session: Session,
    *,
    scan: OfflineScan,
    before: ScanVerdict | None,
    judged: Judged,
    now: datetime,
    decided_by: str,
    note: str = "",
) -> ScanVerdict:
    """Write a verdict, unless it says what the one before said."""
    if before is not None and not note and (before.outcome, before.code) == (judged.outcome, judged.code):
        return before
    verdict = ScanVerdict(
        community_id=scan.community_id,
        scan_id=scan.id,
        n=before.n + 1 if before else 1,
        outcome=judged.outcome,
        code=judged.code,
        facts=judged.facts,
        visit_id=judged.visit_id,
        decided_at=now,
        decided_by=decided_by,
        note=note,
    )
    session.add(verdict)
    session.flush()
    return verdict


def refusal(refused: Refused) -> Judged:
    """The verdict of a scan that the station's rules refuse."""
    return Judged("refused", refused.code, dict(refused.facts))


# What needs no visit to be said


def _of_time(session: Session, scan: OfflineScan, device: ScanDevice) -> Judged | None:
    """Too far back, ahead of our clock, or made when the device was no longer believed."""
    rules = rules_of(session, scan.community_id, scan.received_at)
    if body.is_too_old(scan.corrected_at, received_at=scan.received_at, back_hours=rules.offline_back_hours):
        return Judged("refused", "scan_too_old", {"hours": rules.offline_back_hours})
    if body.is_ahead(scan.corrected_at, received_at=scan.received_at, ahead_minutes=rules.offline_ahead_minutes):
        return Judged("refused", "scan_ahead", {"minutes": rules.offline_ahead_minutes})
    if device.revoked_at is not None and (device.revoked_reason == "lost" or scan.corrected_at >= device.revoked_at):
        return Judged("refused", "device_revoked", {"reason": device.revoked_reason})
    return None


def _of_card(session: Session, scan: OfflineScan) -> Judged | None:
    """What is wrong with the card, as it was at the time of the scan."""
    payload = cards.read_payload(scan.code)
    if payload is None:
        return None
    if payload.community_code != communities.community(session, scan.community_id).code:
        return Judged("refused", "code_of_other_community")
    if payload.kind != "personal":
        return Judged("refused", "code_not_read")
    card = session.scalars(
        select(Card).where(col(Card.community_id) == scan.community_id, col(Card.token) == payload.token)
    ).one_or_none()
    if card is None:
        return Judged("refused", "card_unknown")
    if card.revoked_at is not None and card.revoked_at <= scan.corrected_at:
        return Judged("refused", "card_revoked", {"reason": card.revoked_reason})
    return None


# Coming


def _come(case: Case) -> Judged:
    session, scan = case.session, case.scan
    around = visit_around(session, scan)
    if around is not None:
        return Judged("refused", "inside_visit", facts_of(session, around))
    there = visit_after(session, scan)
    if there is not None:
        is_here = there.state == "open" and there.started_at <= case.at and there.point_id == case.point.id
        if is_here and case.at - there.started_at < soon_again(session, scan):
            raise AlreadyCheckedIn(**facts_of(session, there))
        return _wait(case, "waits_within" if is_here else "waits_for_going", there)
    told = station.scan(
        session,
        actor=_as_staff(case),
        now=max(case.now, scan.received_at),
        point_number=case.point.number,
        person_id=case.person.id,
        scanned_at=case.at,
        direction="in",
    )
    visit = session.get_one(Visit, (scan.community_id, UUID(str(told["visit_id"]))))
    visit.offline = "in"
    if case.doubts:
        visit.evidence = visit.start_evidence = max(visit.start_evidence, "B")
        visit.review_reasons = sorted({*visit.review_reasons, *case.doubts})
    session.flush()
    return Judged("accepted", "checked_in", facts_of(session, visit), visit.id)


# Going


def _go(case: Case) -> Judged:
    session, scan, doubts = case.session, case.scan, case.doubts
    visit, coming = visit_begun(session, scan, case.point.id), waiting_coming(session, scan)
    if visit is None and coming is not None:
        other = visit_after(session, coming)
        if other is not None and other.started_at < case.at:
            return _wait(case, "waits_elsewhere", other)
        visit = _whole_visit(case, coming)
    elif visit is not None and coming is not None and coming.corrected_at > visit.started_at:
        # Two comings and one going: which of the two is meant, somebody must say who was there.
        doubts = (*doubts, "offline_unclear")
    if visit is None:
        return _nothing_to_end(case)
    if case.at - visit.started_at < TOO_SOON:
        raise JustCheckedIn(**facts_of(session, visit))
    if is_unseen(session, scan, case.device, case.person):
        doubts = (*doubts, "own_card")
    visit.offline = "both" if visit.offline in {"in", "both"} else "out"
    finish(
        session,
        visit=visit,
        ended_at=case.at,
        now=case.now,
        evidence="B" if doubts else "A",
        recorded_by=devices.name_in_books(case.device),
        doubts=doubts,
    )
    return Judged("accepted", "checked_out", facts_of(session, visit), visit.id)


def _whole_visit(case: Case, coming: OfflineScan) -> Visit:
    """A visit that lies before another one, from a coming that waited and its going."""
    session, scan = case.session, case.scan
    day = coming.corrected_at.astimezone(zone_of(session, scan.community_id)).date()
    station.refuse_no_volunteer(session, case.person, day)
    activity = chosen_activity(session, case.point, case.person.id, None, coming.corrected_at)
    team = depositors.admit(session, scan.community_id, case.person, day, activity=activity)
    its_device = devices.by_id(session, coming.community_id, coming.device_id)
    own_card = is_unseen(session, coming, its_device, case.person)
    evidence = "B" if own_card else "A"
    visit = Visit(
        community_id=scan.community_id,
        id=new_id(case.now),
        person_id=case.person.id,
        point_id=case.point.id,
        activity_id=activity.id if activity else None,
        service_class=activity.service_class if activity else None,
        place=case.point.name,
        state="closed",
        evidence=evidence,
        start_evidence=evidence,
        started_at=coming.corrected_at,
        started_recorded_at=case.now,
        started_by=devices.name_in_books(its_device),
        ended_at=case.at,
        ended_recorded_at=case.now,
        ended_by=devices.name_in_books(case.device),
        review_reasons=["own_card"] if own_card else [],
        offline="in",
    )
    session.add(visit)
    session.flush()
    if team is not None:
        by = devices.name_in_books(its_device)
        team_hours.count_for(session, community_id=scan.community_id, visit_id=visit.id, team=team, now=case.now, by=by)
    add_verdict(
        session,
        scan=coming,
        before=newest(session, coming.community_id, coming.id),
        judged=Judged("accepted", "checked_in", facts_of(session, visit), visit.id),
        now=case.now,
        decided_by=devices.name_in_books(case.device),
    )
    return visit


def _nothing_to_end(case: Case) -> Judged:
    session, scan = case.session, case.scan
    around = visit_around(session, scan)
    if around is not None:
        return Judged("refused", "inside_visit", facts_of(session, around))
    last = session.scalars(
        visits_of(scan)
        .where(col(Visit.point_id) == case.point.id)
        .where(col(Visit.state).not_in(("estimated", "rejected")))
        .where(col(Visit.ended_at) <= case.at)
        .where(col(Visit.ended_at) > case.at - soon_again(session, scan))
        .limit(1)
    ).first()
    if last is not None:
        return Judged("refused", "already_checked_out", facts_of(session, last))
    there = open_visit_of(session, scan.community_id, case.person.id)
    if there is not None and there.started_at <= case.at:
        return _wait(case, "waits_elsewhere", there)
    return _wait(case, "waits_for_coming", None)


def _wait(case: Case, code: str, visit: Visit | None) -> Judged:
    session, scan = case.session, case.scan
    others = [one for one in waiting_of(session, scan.community_id, [case.person.id]) if one.id != scan.id]
    if len(others) >= WAITING_MOST:
        return Judged("refused", "too_many_waiting", {"most": WAITING_MOST})
    return Judged("waiting", code, facts_of(session, visit) if visit else {})


def _as_staff(case: Case) -> Actor:
    """The device as the station knows staff: at its point, for who answers for it or worked it."""
    place = communities.community(case.session, case.scan.community_id)
    staff = nearest_of_staff(case.session, case.scan, case.device, case.person)
    return Actor(
        case.scan.community_id,
        devices.name_in_books(case.device),
        person_id=staff.id if staff else None,
        household_id=staff.household_id if staff else None,
        grants=(Grant("desk_staff", case.point.area_path),),
        area_path=place.area_path,
    )
