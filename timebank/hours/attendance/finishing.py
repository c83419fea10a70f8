"""A visit at a point has ended: its minutes are banked at once, or it waits for another person's word."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from timebank.hours import depositors
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import end_visit, issue_minutes, zone_of
from timebank.people import residents


def finish(
    session: Session,
    *,
    visit: Visit,
    ended_at: datetime,
    now: datetime,
    evidence: str,
    recorded_by: str,
    step: int | None = None,
    doubts: Sequence[str] = (),
) -> Visit:
    """End a visit at a point; what was live at both ends (evidence A) is settled, everything else is reviewed.

    So is a minor's whose guardian took his consent back meanwhile: the reviewer sees when, and may shorten the visit.

    `doubts` are the reasons for a review that this end brings; what the beginning brought stands on the visit already.
    """
    reasons = {*visit.review_reasons, *doubts} - {"estimated"}
    if visit.start_evidence == "B" and "own_card" not in visit.review_reasons:
        reasons.add("static_code")
    end_visit(
        session,
        visit=visit,
        ended_at=ended_at,
        now=now,
        evidence=evidence,
        recorded_by=recorded_by,
        step=step,
    )
    if left_without_consent(session, visit):
        reasons.add("consent_revoked")
    elif visit.evidence == "A":
        return issue_minutes(session, visit=visit, now=now, reviewers=())
    visit.state, visit.review_reasons = "under_review", sorted(reasons)
    session.flush()
    return visit


def left_without_consent(session: Session, visit: Visit) -> bool:
    """Whether the guardian's consent on which a visit began was taken back before its end."""
    person = residents.person(session, visit.community_id, visit.person_id)
    day = visit.started_at.astimezone(zone_of(session, visit.community_id)).date()
    ended_at = visit.ended_at or visit.started_at
    return depositors.is_left_without_consent(session, person, began_at=visit.started_at, ended_at=ended_at, day=day)
