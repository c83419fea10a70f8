"""What was not scanned: late entries (补签), and check-outs that somebody forgot.

Nothing here moves a minute before another person has reviewed it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from timebank import notices
from timebank.columns import new_id
from timebank.errors import BadInput
from timebank.hours import depositors, service_points, team_hours
from timebank.hours.attendance import witnesses
from timebank.hours.attendance.finishing import left_without_consent
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import closes_at, end_visit, refuse_overlap, rules_of, zone_of
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people import communities, residents
from timebank.permissions import Actor, require

LONGEST = timedelta(hours=16)
BATCH = 200


def enter_late(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: UUID,
    started_at: datetime,
    ended_at: datetime,
    place: str,
    point_number: int | None = None,
    service_class: str | None = None,
    witness: str = "",
    witness_id: UUID | None = None,
    source: str = "",
    note: str = "",
    team_number: int | None = None,
) -> dict[str, object]:
    """Write down a visit that nobody scanned; it waits for review. With `team_number` its minutes are that team's.

    A volunteer reports his own with a witness (evidence C): a resident, who is asked (`witness_id`), or somebody else by
    name. A clerk types it from paper with the page it stands on (evidence D).

    Raises:
        OverlappingVisit: the person was somewhere else then. UnderAge and the like: she may not bank time so.
        NotAMember: she did not belong to the team on that day.
        BadInput: with the fields.
    """
    community_id = communities.community_of(actor)
    own = person_id == actor.person_id
    if own:
        require(actor, "attendance.report_own", community_id=community_id, person_id=person_id)
    else:
        require(actor, "attendance.enter_late", community_id=community_id)
    person = residents.person(session, community_id, person_id)
    bad = bad_time(started_at, ended_at, now=now, days_back=rules_of(session, community_id, now).late_entry_days)
    needed = {} if witness_id else {"witness": witness} if own else {"source": source}
    bad |= _bad_words(place, service_class, needed)
    if bad:
        raise BadInput(fields=bad)
    day = started_at.astimezone(zone_of(session, community_id)).date()
    team = depositors.admit(session, community_id, person, day, team_number=team_number or 0)
    point = service_points.by_number(session, community_id, point_number) if point_number else None
    refuse_overlap(session, community_id=community_id, person_id=person.id, started_at=started_at, ended_at=ended_at)
    evidence = "C" if own else "D"
    visit = Visit(
        community_id=community_id,
        id=new_id(now),
        person_id=person.id,
        point_id=point.id if point else None,
        service_class=service_class,
        place=place.strip() or (point.name if point else ""),
        state="under_review",
        evidence=evidence,
        start_evidence=evidence,
        started_at=started_at,
        started_recorded_at=now,
        started_by=actor.number,
        ended_at=ended_at,
        ended_recorded_at=now,
        ended_by=actor.number,
        review_reasons=["own_report" if own else "paper"],
        witness=witness.strip() or None,
        source=source.strip() or None,
        note=note.strip() or None,
    )
    session.add(visit)
    session.flush()
    if team is not None:
        team_hours.count_for(session, community_id=community_id, visit_id=visit.id, team=team, now=now, by=actor.number)
    if witness_id is not None:
        witnesses.ask(session, visit=visit, person_id=witness_id, asked_as="witness", asked_by=actor.number, now=now)
    return {"code": "late_entry_recorded", "visit_id": visit.id.hex, "evidence": evidence, "person": person.number}


def close_forgotten(session: Session, *, actor: Actor, now: datetime, limit: int = BATCH) -> dict[str, object]:
    """End the visits whose check-out was forgotten: at the planned end, else two hours after check-in.

    They are marked estimated and wait for review. Running it again is harmless; `left` says whether another batch waits.
    """
    community_id = communities.community_of(actor)
    require(actor, "attendance.close_forgotten", community_id=community_id)
    late_close = rules_of(session, community_id, now).late_close_minutes
    due = forgotten(session, community_id, now, late_close, limit + 1)
    for visit in due[:limit]:
        before = visit.review_reasons
        end_visit(
            session,
            visit=visit,
            ended_at=closes_at(visit, late_close),
            now=now,
            evidence="B",  # one scan at best, and another person's word
            recorded_by=actor.number,
            step=None,
        )
        visit.state, visit.estimated, visit.review_reasons = "estimated", True, sorted({*before, "estimated"})
        if left_without_consent(session, visit):
            visit.review_reasons = ["consent_revoked", "estimated"]
        session.flush()
        notices.tell(
            session,
            community_id=community_id,
            person_id=visit.person_id,
            kind="visit_estimated",
            facts={
                "service_on": visit.started_at.astimezone(zone_of(session, community_id)).date().isoformat(),
                "visit_id": visit.id.hex,
            },
            now=now,
        )
    return {"code": "forgotten_closed", "closed": len(due[:limit]), "left": len(due) > limit}


def forgotten(session: Session, community_id: int, now: datetime, late_close_minutes: int, limit: int) -> list[Visit]:
    """Open visits at points that nobody will end any more, the oldest first."""
    return list(
        session.scalars(
            select(Visit)
            .where(col(Visit.community_id) == community_id)
            .where(col(Visit.state) == "open")
            .where(col(Visit.order_id).is_(None))  # an order ends its own visits (orders/serving.py)
            .where(
                or_(
                    and_(col(Visit.planned_end_at) > col(Visit.started_at), col(Visit.planned_end_at) <= now),
                    and_(
                        or_(col(Visit.planned_end_at).is_(None), col(Visit.planned_end_at) <= col(Visit.started_at)),
                        col(Visit.started_at) <= now - timedelta(minutes=late_close_minutes),
                    ),
                )
            )
            .order_by(col(Visit.started_at))
            .limit(limit)
        )
    )


def count_open(session: Session, community_id: int) -> int:
    """How many people are checked in now."""
    return session.scalars(
        select(func.count())
        .select_from(Visit)
        .where(col(Visit.community_id) == community_id)
        .where(col(Visit.state) == "open")
    ).one()


def visit_id_of(outcome: dict[str, object]) -> UUID:
    """The visit that a late entry made."""
    return UUID(str(outcome["visit_id"]))


def bad_time(started_at: datetime, ended_at: datetime, *, now: datetime, days_back: int) -> dict[str, str]:
    """Why a visit cannot have been then, by field: it is not over, too long, or too long ago."""
    bad = {}
    if ended_at > now:
        bad["ended_at"] = "future"
    elif not timedelta(0) < ended_at - started_at <= LONGEST:
        bad["ended_at"] = "after_start"
    if started_at < now - timedelta(days=days_back):
        bad["started_at"] = "too_old"
    return bad


def _bad_words(place: str, service_class: str | None, required: dict[str, str]) -> dict[str, str]:
    bad = {name: "length" for name, text in (*required.items(), ("place", place)) if len(text.strip()) > 200}
    bad |= {name: "required" for name, text in required.items() if not text.strip()}
    if service_class is not None and service_class not in ACTIVITY_CLASSES:
        bad["service_class"] = "choice"
    return bad
