"""Another person's word on visits that two live scans do not prove: estimated ends, printed codes, reports and paper."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from timebank import notices
from timebank.columns import new_id
from timebank.errors import BadInput, Refused
from timebank.hours import service_points
from timebank.hours.attendance import paper_rows, rests, witnesses
from timebank.hours.attendance.scans import told
from timebank.hours.attendance.tables import Visit, VisitReview
from timebank.hours.attendance.visits import by_id, issue_minutes, refuse_overlap, rules_of, zone_of
from timebank.people import communities
from timebank.permissions import RULES, Actor, may, require

LONGEST = timedelta(hours=16)
AT_ONCE = 50
CONFIRMED_BY_STAFF = {"static_code", "own_card"}


class NotPlain(Refused):
    """The visit must be looked at alone: it is long, estimated, doubted, or nobody confirmed it."""

    code = "not_plain"
    status = 409


class OwnVisit(Refused):
    """Nobody reviews his own visit or his family's, nor one that he typed in or gave his word for."""

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

    Staff of a point are the second confirmation of its printed code (B); all else is the reviewers'.

    Raises:
        OwnVisit, NotUnderReview, ReviewedByYou; OverlappingVisit: the corrected end.
    """
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    _require_reviewer(session, actor, visit)
    if visit.state not in {"estimated", "under_review"} or visit.order_id is not None:
        raise NotUnderReview(state=visit.state)
    if is_no_judge(session, actor, visit):
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
        paper_rows.void(session, visit=visit, now=now)
        _tell(session, visit, "visit_rejected", {"reason": note.strip()}, now)
    elif len(before) > 1 or not needs_second(session, visit):
        issue_minutes(session, visit=visit, now=now, reviewers=sorted({earlier.officer for earlier in before}))
        if visit.state == "settled":
            _tell(session, visit, "visit_settled", {"credited_minutes": visit.credited_minutes or 0}, now)
    return told(session, visit, "reviewed") | {"verdict": verdict}


def accept_many(session: Session, *, actor: Actor, now: datetime, visit_ids: Sequence[UUID]) -> dict[str, object]:
    """Accept several plain visits at once; each is judged as if it were alone, and what cannot be accepted is told.

    Facts: `settled` and `waiting` (a second person, or the quota) are counts, `refused` maps a visit to why.

    Raises:
        BadInput: none, or more than a page of them.
    """
    if not actor.has_anywhere(RULES["attendance.confirm_code"].roles):
        require(actor, "attendance.review", community_id=actor.community_id)
    if not 1 <= len(visit_ids) <= AT_ONCE:
        raise BadInput(fields={"visits": "some"})
    settled = waiting = 0
    refused: dict[str, str] = {}
    for visit_id in dict.fromkeys(visit_ids):
        try:
            visit = by_id(session, communities.community_of(actor), visit_id)
            word = witnesses.word_of(session, visit)
            if not is_plain(session, visit, word.word if word else None):
                raise NotPlain
            told_of = review(session, actor=actor, now=now, visit_id=visit_id, verdict="accept")
        except Refused as why:  # nothing was written yet: every refusal comes before the first change
            refused[visit_id.hex] = why.code
        else:
            settled += told_of["state"] == "settled"
            waiting += told_of["state"] != "settled"
    return {"code": "reviewed_many", "settled": settled, "waiting": waiting, "refused": refused}


def is_plain(session: Session, visit: Visit, word: str | None) -> bool:
    """Whether a visit may be accepted with others at once: one usual reason, a usual length, and nobody who doubts it.

    An own report is plain when a resident who saw it has confirmed; an entry from paper up to the hours at which two
    people are needed; a printed code always.
    """
    two_from = rules_of(session, visit.community_id, visit.started_at).review_two_from_minutes
    if visit.ended_at is None or visit.ended_at - visit.started_at > timedelta(minutes=two_from) or word == "denied":
        return False
    match visit.review_reasons:
        case ["static_code"] | ["paper"]:
            return True
        case ["own_report"]:
            return word == "confirmed"
        case _:
            return False


def is_no_judge(session: Session, actor: Actor, visit: Visit) -> bool:
    """Whether the visit is the actor's own or his family's, was typed by him, or rests on his word already."""
    if witnesses.is_own_or_familys(session, actor, visit):
        return True
    if visit.evidence in {"C", "D"} and visit.started_by == actor.number:
        return True
    word = witnesses.word_of(session, visit)
    return word is not None and actor.person_id is not None and word.person_id == actor.person_id


def is_printed_code_only(visit: Visit) -> bool:
    """Whether only a second confirmation is missing, which staff of the point can give."""
    return visit.state == "under_review" and visit.evidence == "B" and set(visit.review_reasons) <= CONFIRMED_BY_STAFF


def needs_second(session: Session, visit: Visit) -> bool:
    """Whether two people must accept it: a clerk's long entry from paper."""
    if visit.evidence != "D" or visit.ended_at is None:
        return False
    two_from = rules_of(session, visit.community_id, visit.started_at).review_two_from_minutes
    return visit.ended_at - visit.started_at > timedelta(minutes=two_from)


def accepted_first(session: Session, community_id: int, visit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who accepted already, of visits that two people must accept."""
    rows = session.execute(
        select(col(VisitReview.visit_id), col(VisitReview.reviewed_by))
        .where(col(VisitReview.community_id) == community_id, col(VisitReview.visit_id).in_(list(visit_ids)))
        .order_by(col(VisitReview.id))
    )
    return {row.visit_id: row.reviewed_by for row in rows}


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


def _require_reviewer(session: Session, actor: Actor, visit: Visit) -> None:
    if visit.point_id is not None and is_printed_code_only(visit):
        point = service_points.by_id(session, visit.community_id, visit.point_id)
        if may(actor, "attendance.confirm_code", community_id=visit.community_id, area_path=point.area_path):
            return
    require(actor, "attendance.review", community_id=visit.community_id)


def _tell(session: Session, visit: Visit, kind: str, facts: dict[str, object], now: datetime) -> None:
    day = visit.started_at.astimezone(zone_of(session, visit.community_id)).date()
    notices.tell(
        session,
        community_id=visit.community_id,
        person_id=visit.person_id,
        kind=kind,
        facts={"service_on": day.isoformat(), "visit_id": visit.id.hex, **facts},
        now=now,
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
