"""Another person's word on visits that two live scans do not prove: estimated ends, printed codes, reports and paper."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from timebank.columns import new_id
from timebank.errors import BadInput, Refused
from timebank.hours.attendance import rests
from timebank.hours.attendance.scans import told
from timebank.hours.attendance.tables import Visit, VisitReview
from timebank.hours.attendance.visits import by_id, issue_minutes, refuse_overlap, rules_of
from timebank.people import communities
from timebank.permissions import Actor, require

LONGEST = timedelta(hours=16)


class OwnVisit(Refused):
    """Nobody reviews his own visit, nor one that he typed in himself."""

    code = "own_visit"
    status = 403


class NotUnderReview(Refused):
    """The visit waits for no review: it is open, settled or rejected."""

    code = "not_under_review"
    status = 409


class ReviewedByYou(Refused):
    """One person's word is given; a second person's is needed."""

    code = "reviewed_by_you"
    status = 409


def review(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    visit_id: UUID,
    verdict: str,
    note: str = "",
    ended_at: datetime | None = None,
) -> dict[str, object]:
    """Accept or reject a visit; what is accepted is settled at once.

    A reviewer who knows better may correct an estimated end, and shorten a minor's visit to where his guardian's consent
    ended. A clerk's entry from paper of more than four hours is
    settled only when two people have accepted it.

    Raises:
        OwnVisit, NotUnderReview, ReviewedByYou; OverlappingVisit: the corrected end.
    """
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    require(actor, "attendance.review", community_id=community_id)
    if visit.state not in {"estimated", "under_review"} or visit.order_id is not None:
        raise NotUnderReview(state=visit.state)
    if visit.person_id == actor.person_id or (visit.evidence in {"C", "D"} and visit.started_by == actor.number):
        raise OwnVisit
    _refuse_bad_review(verdict, note)
    before = reviews_of(session, visit)
    if any(earlier.reviewed_by == actor.number for earlier in before):
        if "quota" not in visit.review_reasons:
            raise ReviewedByYou
    else:
        ended_at_before = _correct_end(session, visit, ended_at, now, actor.number) if verdict == "accept" else None
        before.append(
            _write_review(
                session,
                actor=actor,
                now=now,
                visit=visit,
                verdict=verdict,
                note=note.strip(),
                ended_at_before=ended_at_before,
            )
        )
    if verdict == "reject":
        visit.state = "rejected"
        session.flush()
    elif len(before) > 1 or not needs_second(session, visit):
        issue_minutes(session, visit=visit, now=now, reviewers=sorted({earlier.officer for earlier in before}))
    return told(session, visit, "reviewed") | {"verdict": verdict}


def needs_second(session: Session, visit: Visit) -> bool:
    """Whether two people must accept it: a clerk's long entry from paper."""
    if visit.evidence != "D" or visit.ended_at is None:
        return False
    two_from = rules_of(session, visit.community_id, visit.started_at).review_two_from_minutes
    return visit.ended_at - visit.started_at > timedelta(minutes=two_from)


def reviews_of(session: Session, visit: Visit) -> list[VisitReview]:
    """The reviews of a visit, in order."""
    return list(
        session.scalars(
            select(VisitReview)
            .where(col(VisitReview.community_id) == visit.community_id)
            .where(col(VisitReview.visit_id) == visit.id)
            .order_by(col(VisitReview.id))
        )
    )


def _correct_end(session: Session, visit: Visit, ended_at: datetime | None, now: datetime, by: str) -> datetime | None:
    """Replace an estimated end by what the reviewer knows, or one that came after a guardian's consent was taken back.

    Returns the end before.
    """
    if ended_at is None or ended_at == visit.ended_at:
        return None
    is_later = visit.ended_at is not None and ended_at > visit.ended_at
    may_correct = visit.estimated or ("consent_revoked" in visit.review_reasons and not is_later)
    if not may_correct or not visit.started_at < ended_at <= now or ended_at - visit.started_at > LONGEST:
        raise BadInput(fields={"ended_at": "after_start"})
    refuse_overlap(
        session,
        community_id=visit.community_id,
        person_id=visit.person_id,
        started_at=visit.started_at,
        ended_at=ended_at,
        but=visit.id,
    )
    estimate, visit.ended_at = visit.ended_at, ended_at
    session.flush()
    rests.end_with_visit(session, visit=visit, at=ended_at, now=now, recorded_by=by)
    return estimate


def _write_review(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    visit: Visit,
    verdict: str,
    note: str,
    ended_at_before: datetime | None,
) -> VisitReview:
    written = VisitReview(
        community_id=visit.community_id,
        id=new_id(now),
        visit_id=visit.id,
        verdict=verdict,
        note=note,
        reviewed_by=actor.number,
        officer=actor.officer,
        reviewed_at=now,
        ended_at_before=ended_at_before,
    )
    session.add(written)
    session.flush()
    return written


def _refuse_bad_review(verdict: str, note: str) -> None:
    bad = {}
    if verdict not in {"accept", "reject"}:
        bad["verdict"] = "choice"
    if len(note.strip()) > 200:
        bad["note"] = "length"
    elif verdict == "reject" and not note.strip():
        bad["note"] = "required"
    if bad:
        raise BadInput(fields=bad)
