"""A visit at a point has ended: its minutes are banked at once, or it waits for another person's word."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import end_visit, issue_minutes


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
    if visit.evidence == "A":
        return issue_minutes(session, visit=visit, now=now, reviewers=())
    visit.state, visit.review_reasons = "under_review", sorted(reasons)
    session.flush()
    return visit
