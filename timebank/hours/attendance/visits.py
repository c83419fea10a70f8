"""A visit begins, ends, and is settled: what scans at a point and orders at a door have in common.

Nothing here asks who may: the use cases do (scans, late, reviews, and the orders). All of it runs in the community's
lane, one request after the other, so that what was looked up is still so when it is written.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, insert, or_, select
from sqlmodel import Session, col

from ledger import book_of
from ledger.errors import LedgerRefused
from timebank import accounts, policy
from timebank.columns import new_id, to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import multipliers, team_hours
from timebank.hours.activities import Activity
from timebank.hours.attendance import rests
from timebank.hours.attendance.reckoning import Limits, Reason, Reckoning, Window, reckon
from timebank.hours.attendance.tables import Visit, VisitDay
from timebank.hours.service_points import ServicePoint
from timebank.people import communities, residents
from timebank.people.teams import Team
from timebank.storage import Prepared


class AlreadyCheckedIn(Refused):
    """A second tap: the visit has begun, and stays as it is."""

    code = "already_checked_in"
    status = 409


class CheckedInElsewhere(Refused):
    """One person is in one place: there is an open visit at another point, or for an order."""

    code = "checked_in_elsewhere"
    status = 409


class OverlappingVisit(Refused):
    """The person has a visit in that time already."""

    code = "overlapping_visit"
    status = 409


class VisitNotOpen(Refused):
    """The visit has ended."""

    code = "visit_not_open"
    status = 409


# Made once: every scan asks them, and making a statement takes longer than running it.
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_NOBODY = UUID(int=0)
_OPEN = (
    select(Visit)
    .where(col(Visit.community_id) == bindparam("community_id"))
    .where(col(Visit.person_id) == bindparam("person_id"))
    .where(col(Visit.state) == "open")
)
_OPEN_ID = Prepared(
    select(col(Visit.id))
    .where(col(Visit.community_id) == bindparam("community_id"))
    .where(col(Visit.person_id) == bindparam("person_id"))
    .where(col(Visit.state) == "open")
)
_OVERLAPPING = Prepared(
    select(col(Visit.id))
    .where(col(Visit.community_id) == bindparam("community_id"))
    .where(col(Visit.person_id) == bindparam("person_id"))
    .where(col(Visit.state) != "rejected")
    .where(or_(col(Visit.ended_at).is_(None), col(Visit.ended_at) > bindparam("from_at")))
    .where(col(Visit.started_at) < bindparam("to_at"))
    .where(col(Visit.id) != bindparam("but"))
    .order_by(col(Visit.started_at))
    .limit(1)
)
_BEGIN = Prepared(
    insert(Visit.__table__),  # type: ignore[attr-defined]
    columns=(
        *("community_id", "id", "person_id", "point_id", "activity_id", "order_id", "service_class", "place", "state"),
        *("evidence", "start_evidence", "estimated", "started_at", "started_recorded_at", "started_by", "start_step"),
        *("planned_end_at", "review_reasons"),
    ),
)
_CREDITED = Prepared(
    select(col(VisitDay.day), func.sum(col(VisitDay.credited_minutes)))
    .where(col(VisitDay.community_id) == bindparam("community_id"))
    .where(col(VisitDay.person_id) == bindparam("person_id"))
    .where(col(VisitDay.day) >= bindparam("first_day"))
    .where(col(VisitDay.day) <= bindparam("last_day"))
    .group_by(col(VisitDay.day))
)


def open_visit(
    session: Session,
    *,
    community_id: int,
    person_id: UUID,
    started_at: datetime,
    now: datetime,
    evidence: str,
    recorded_by: str,
    place: str,
    point: ServicePoint | None = None,
    activity: Activity | None = None,
    order_id: UUID | None = None,
    service_class: str | None = None,
    planned_end_at: datetime | None = None,
    step: int | None = None,
    team: Team | None = None,
) -> UUID:
    """Begin a visit, for the volunteer himself or for a team of his; returns its id.

    Raises:
        AlreadyCheckedIn: the same point or order is open. CheckedInElsewhere: another one is.
        OverlappingVisit: a visit that has ended reaches past `started_at`.
    """
    if _overlapping(session, community_id, person_id, started_at=started_at, ended_at=None, but=None) is not None:
        # An open visit lies in the way of every later one, so the one question finds both.
        refuse_if_open(session, community_id=community_id, person_id=person_id, point=point, order_id=order_id)
        refuse_overlap(session, community_id=community_id, person_id=person_id, started_at=started_at, ended_at=None)
    visit_id = begin_visit(
        session,
        community_id=community_id,
        person_id=person_id,
        point_id=point.id if point else None,
        activity_id=activity.id if activity else None,
        order_id=order_id,
        service_class=activity.service_class if activity else service_class,
        place=place,
        evidence=evidence,
        started_at=started_at,
        now=now,
        recorded_by=recorded_by,
        step=step,
        planned_end_at=activity.ends_at if activity else planned_end_at,
    )
    if team is not None:
        team_hours.count_for(session, community_id=community_id, visit_id=visit_id, team=team, now=now, by=recorded_by)
    return visit_id


def begin_visit(
    session: Session,
    *,
    community_id: int,
    person_id: UUID,
    place: str,
    evidence: str,
    started_at: datetime,
    now: datetime,
    recorded_by: str,
    point_id: UUID | None = None,
    activity_id: UUID | None = None,
    order_id: UUID | None = None,
    service_class: str | None = None,
    step: int | None = None,
    planned_end_at: datetime | None = None,
) -> UUID:
    """Write that a visit begins, of which it is known that no other is in its way; returns its id."""
    visit_id = new_id(now)
    _BEGIN.run(
        session,
        community_id=community_id,
        id=visit_id,
        person_id=person_id,
        point_id=point_id,
        activity_id=activity_id,
        order_id=order_id,
        service_class=service_class,
        place=place,
        state="open",
        evidence=evidence,
        start_evidence=evidence,
        estimated=False,
        started_at=started_at,
        started_recorded_at=now,
        started_by=recorded_by,
        start_step=step,
        planned_end_at=planned_end_at,
        review_reasons=[],
    )
    return visit_id


def close_visit(
    session: Session,
    *,
    visit: Visit,
    ended_at: datetime,
    now: datetime,
    evidence: str,
    recorded_by: str,
    step: int | None = None,
) -> Visit:
    """End a visit; it is `closed` until somebody settles or reviews it. The weaker evidence of both ends counts."""
    if visit.state != "open":
        raise VisitNotOpen(place=visit.place)
    return end_visit(
        session,
        visit=visit,
        ended_at=max(ended_at, visit.started_at),
        now=now,
        evidence=evidence,
        recorded_by=recorded_by,
        step=step,
    )


def end_visit(
    session: Session,
    *,
    visit: Visit,
    ended_at: datetime,
    now: datetime,
    evidence: str,
    recorded_by: str,
    step: int | None,
) -> Visit:
    """Write the end of a visit, open or only guessed before."""
    refuse_overlap(
        session,
        community_id=visit.community_id,
        person_id=visit.person_id,
        started_at=visit.started_at,
        ended_at=ended_at,
        but=visit.id,
    )
    visit.state, visit.estimated, visit.review_reasons = "closed", False, []
    visit.ended_at, visit.ended_recorded_at, visit.ended_by, visit.end_step = ended_at, now, recorded_by, step
    visit.evidence = max(visit.start_evidence, evidence)
    session.flush()
    rests.end_with_visit(session, visit=visit, at=ended_at, now=now, recorded_by=recorded_by)
    return visit


def reckon_visit(session: Session, visit: Visit) -> Reckoning:
    """What an ended visit is worth by the rules of its day; writes nothing."""
    ended_at = _end_of(visit)
    zone = zone_of(session, visit.community_id)
    first_day, last_day = visit.started_at.astimezone(zone).date(), ended_at.astimezone(zone).date()
    rules = policy.of(session, visit.community_id, first_day)
    person = residents.person(session, visit.community_id, visit.person_id)

    def windows_of(day: date) -> Sequence[Window]:
        return [
            Window(row.from_minute, row.to_minute, row.percent)
            for row in multipliers.table_in_force(session, visit.community_id, day).rows
            if row.service_class == visit.service_class
        ]

    return reckon(
        visit.started_at,
        ended_at,
        zone=zone,
        windows_of=windows_of,
        limits=Limits(
            rounding_minutes=rules.rounding_minutes,
            visit_minutes=rules.visit_cap_minutes,
            day_minutes=lambda day: day_cap_of(residents.age_on(person, day), rules),
            month_minutes=rules.month_cap_minutes,
        ),
        credited_before=credited_by_day(
            session, visit.community_id, visit.person_id, first_day.replace(day=1), month_of(last_day)[1]
        ),
        rests=rests.spans(rests.of_visit(session, visit), until=ended_at),
    )


def settle_visit(
    session: Session,
    *,
    visit: Visit,
    reckoning: Reckoning,
    now: datetime,
    entry_seq: int | None,
    credited_minutes: int | None = None,
    pool_minutes: int = 0,
) -> Visit:
    """Write the sum on the visit, once. Who settles says which entry moved the minutes.

    An order gives its own `credited_minutes`: less where no more was held, more where a dispute was decided so. The
    difference is a reason of its own, `order`, so that the steps still add up.
    """
    if visit.state in {"open", "settled", "rejected"}:
        raise VisitNotOpen(place=visit.place)
    credited = reckoning.credited_minutes if credited_minutes is None else credited_minutes
    visit.state, visit.settled_at, visit.entry_seq = "settled", now, entry_seq
    visit.real_minutes, visit.uncapped_minutes = reckoning.real_minutes, max(reckoning.uncapped_minutes, credited)
    visit.credited_minutes, visit.pool_minutes = credited, pool_minutes
    visit.rounding_minutes = reckoning.rounding_minutes
    visit.spans = [list(span) for span in reckoning.spans]
    visit.reasons = [reason.as_json() for reason in reckoning.reasons]
    if credited != reckoning.credited_minutes:
        by_order = Reason("order", credited - reckoning.credited_minutes)
        visit.reasons = [*visit.reasons, by_order.as_json()]
    visit.table_digest = _digest_of_table(session, visit)
    session.flush()
    left = credited
    for share in reckoning.shares:
        # A decision may credit more than the caps leave: the last day takes it, so that later caps count all of it.
        minutes = left if share is reckoning.shares[-1] else min(left, share.credited_minutes)
        left -= minutes
        session.add(
            VisitDay(
                community_id=visit.community_id,
                visit_id=visit.id,
                day=share.day,
                person_id=visit.person_id,
                seconds=share.seconds,
                credited_minutes=minutes,
            )
        )
    session.flush()
    return visit


def issue_minutes(session: Session, *, visit: Visit, now: datetime, reviewers: Sequence[int]) -> Visit:
    """Settle a visit that no order pays for: the community issues the minutes to the account of whom it was for.

    That is the volunteer, or a team of his; the minutes of a team that has ended since go to the pool. What is above the account's ceiling goes to the pool in the same entry. If the year's quota is spent, the visit waits
    for review and the check-out stands all the same.
    """
    reckoning = reckon_visit(session, visit)
    if not reckoning.credited_minutes:
        return settle_visit(session, visit=visit, reckoning=reckoning, now=now, entry_seq=None)
    book = book_of(session)
    team = team_hours.team_of_visit(session, visit.community_id, visit.id)
    number = (
        account_of(session, visit.community_id, visit.person_id, visit.started_at)
        if team is None
        else team_hours.account_of(session, team)
    )
    account = book.account(number)
    room = 0 if team is not None and team.ended_on is not None else reckoning.credited_minutes
    if account.ceiling is not None:
        room = min(room, max(0, account.ceiling - account.balance))
    to_pool = reckoning.credited_minutes - room
    legs = {accounts.ISSUE_MIN: -reckoning.credited_minutes, account.number: room, accounts.POOL_MIN: to_pool}
    try:
        entry_seq = book.post(
            {number: amount for number, amount in legs.items() if amount},
            on=visit.started_at.astimezone(zone_of(session, visit.community_id)).date(),
            detail=_detail(session, visit, reckoning, to_pool, reviewers) | ({"team": team.id.hex} if team else {}),
        )
    except LedgerRefused as refused:
        if refused.code != "quota":
            raise
        visit.state, visit.review_reasons = "under_review", sorted({*visit.review_reasons, "quota"})
        session.flush()
        return visit
    return settle_visit(session, visit=visit, reckoning=reckoning, now=now, entry_seq=entry_seq, pool_minutes=to_pool)


def account_of(session: Session, community_id: int, person_id: UUID, at: datetime) -> int:
    """The volunteer's account of minutes, opened with the community's ceiling when the first minutes come."""
    return accounts.opened_or_main(
        session,
        community_id,
        kind="person",
        owner_id=person_id,
        unit="min",
        ceiling=rules_of(session, community_id, at).ceiling_minutes,
    )


def open_visit_of(session: Session, community_id: int, person_id: UUID) -> Visit | None:
    """Where the person is now, if anywhere."""
    return session.scalars(_OPEN, {"community_id": community_id, "person_id": person_id}).one_or_none()


def by_id(session: Session, community_id: int, visit_id: UUID) -> Visit:
    """A visit by its row's id."""
    visit = session.get(Visit, (community_id, visit_id))
    if visit is None:
        raise NotFound(what="visit")
    return visit


def of_order(session: Session, community_id: int, order_id: UUID) -> list[Visit]:
    """The visits of an order, in order of time."""
    return list(
        session.scalars(
            select(Visit)
            .where(col(Visit.community_id) == community_id)
            .where(col(Visit.order_id) == order_id)
            .order_by(col(Visit.started_at))
        )
    )


def closes_at(visit: Visit, late_close_minutes: int) -> datetime:
    """When an open visit counts as forgotten: at its planned end, else two hours after it began."""
    without_plan = visit.started_at + timedelta(minutes=late_close_minutes)
    if visit.planned_end_at is None or visit.planned_end_at <= visit.started_at:
        return without_plan
    return visit.planned_end_at


def refuse_if_open(
    session: Session, *, community_id: int, person_id: UUID, point: ServicePoint | None, order_id: UUID | None
) -> None:
    """Say where the person is checked in, if anywhere."""
    found = _OPEN_ID.scalar(session, community_id=community_id, person_id=person_id)
    if found is None:
        return
    visit = by_id(session, community_id, found)
    same_point = point is not None and visit.point_id == point.id and visit.order_id is None
    same_order = order_id is not None and visit.order_id == order_id
    kind = AlreadyCheckedIn if same_point or same_order else CheckedInElsewhere
    zone = zone_of(session, community_id)
    raise kind(
        place=visit.place,
        since=local_clock(visit.started_at, zone),
        since_ms=to_ms(visit.started_at),
        visit_id=visit.id.hex,
    )


def refuse_overlap(
    session: Session,
    *,
    community_id: int,
    person_id: UUID,
    started_at: datetime,
    ended_at: datetime | None,
    but: UUID | None = None,
) -> None:
    """Refuse a time in which the person has another visit; one that begins when the other ends is fine."""
    found = _overlapping(session, community_id, person_id, started_at=started_at, ended_at=ended_at, but=but)
    if found is not None:
        other = by_id(session, community_id, found)
        zone = zone_of(session, community_id)
        raise OverlappingVisit(
            place=other.place,
            since=local_clock(other.started_at, zone),
            until=local_clock(other.ended_at, zone) if other.ended_at else "",
            on=other.started_at.astimezone(zone).date().isoformat(),
        )


def _overlapping(
    session: Session,
    community_id: int,
    person_id: UUID,
    *,
    started_at: datetime,
    ended_at: datetime | None,
    but: UUID | None,
) -> UUID | None:
    """The first visit of the person in this time, if there is one; asked of the table, since mostly there is none."""
    asked = {"community_id": community_id, "person_id": person_id, "from_at": started_at}
    bounds = {"to_at": ended_at or _NEVER, "but": but or _NOBODY}
    found: UUID | None = _OVERLAPPING.scalar(session, **asked, **bounds)
    return found


def credited_by_day(
    session: Session, community_id: int, person_id: UUID, first_day: date, last_day: date
) -> dict[date, int]:
    """Minutes credited to a person by local day: what caps are counted from."""
    asked = {"community_id": community_id, "person_id": person_id, "first_day": first_day, "last_day": last_day}
    rows = _CREDITED.rows(session, **asked)
    return {day: int(minutes) for day, minutes in rows}


def room_left(session: Session, community_id: int, person_id: UUID, at: datetime) -> dict[str, int]:
    """How many minutes can still be credited that day and that month."""
    day = at.astimezone(zone_of(session, community_id)).date()
    rules = policy.of(session, community_id, day)
    of_month = credited_by_day(session, community_id, person_id, *month_of(day))
    age = residents.age_on(residents.person(session, community_id, person_id), day)
    return room(rules, age=age, of_day=of_month.get(day, 0), of_month=sum(of_month.values()))


def room(rules: policy.Policy, *, age: int | None, of_day: int, of_month: int) -> dict[str, int]:
    """The same, told from the minutes that were credited already."""
    day_cap = day_cap_of(age, rules)
    return {
        "day_left_minutes": max(0, day_cap - of_day),
        "month_left_minutes": max(0, rules.month_cap_minutes - of_month),
        "day_cap_minutes": day_cap,
        "month_cap_minutes": rules.month_cap_minutes,
    }


def day_cap_of(age: int | None, rules: policy.Policy) -> int:
    """The minutes that one day can credit, fewer for older people; a person of unknown age counts as younger."""
    return rules.day_cap_aged_minutes if age is not None and age >= rules.day_cap_from_age else rules.day_cap_minutes


def rules_of(session: Session, community_id: int, at: datetime) -> policy.Policy:
    """The policy in force on the local day of an instant."""
    return policy.of(session, community_id, at.astimezone(zone_of(session, community_id)).date())


def zone_of(session: Session, community_id: int) -> ZoneInfo:
    """The community's zone: days and months are its own."""
    return ZoneInfo(communities.community(session, community_id).zone)


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month of a day."""
    return day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def local_clock(instant: datetime, zone: ZoneInfo) -> str:
    """`09:02`, for facts that people read."""
    return instant.astimezone(zone).strftime("%H:%M")


def _end_of(visit: Visit) -> datetime:
    if visit.ended_at is None:
        raise VisitNotOpen(place=visit.place)
    return visit.ended_at


def _digest_of_table(session: Session, visit: Visit) -> str | None:
    if not any(percent != 100 for _, percent in visit.spans or []):
        return None
    day = visit.started_at.astimezone(zone_of(session, visit.community_id)).date()
    return multipliers.table_in_force(session, visit.community_id, day).digest


def _detail(
    session: Session, visit: Visit, reckoning: Reckoning, to_pool: int, reviewers: Sequence[int]
) -> dict[str, object]:
    """What the entry's `ref` covers: everything that an auditor needs to do the sum again."""
    detail: dict[str, object] = {
        "use_case": "attendance.settle",
        "visit": visit.id.hex,
        "person": visit.person_id.hex,
        "started_at": to_ms(visit.started_at),
        "ended_at": to_ms(_end_of(visit)),
        "evidence": visit.evidence,
        "estimated": visit.estimated,
        "spans": [list(span) for span in reckoning.spans],
        "rounding": reckoning.rounding_minutes,
        "uncapped": reckoning.uncapped_minutes,
        "credited": reckoning.credited_minutes,
        "reasons": [reason.as_json() for reason in reckoning.reasons],
        "days": [[share.day.isoformat(), share.credited_minutes] for share in reckoning.shares],
        "reviewers": list(reviewers),
    }
    if visit.offline:
        detail["offline"] = visit.offline
    if reckoning.rests:
        detail["rests"] = [[to_ms(began), to_ms(ended)] for began, ended in reckoning.rests]
    if visit.point_id:
        detail["point"] = visit.point_id.hex
    if visit.activity_id:
        detail["activity"] = visit.activity_id.hex
    if to_pool:
        detail["pool"] = to_pool
    visit.spans = [list(span) for span in reckoning.spans]
    digest = _digest_of_table(session, visit)
    if digest:
        detail["table_digest"] = digest
    return detail
