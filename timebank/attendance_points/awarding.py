"""Visits that are finished and reviewed make their awards; a visit that was corrected corrects its award.

Each visit is looked at once. Its award is reviewed like any other, by somebody else's household. If the visit says other
minutes later, or was rejected: an award that hangs nowhere yet is withdrawn and made anew, one that hangs out waits until
it is booked, and of a booked one the booking back is asked for, which two people confirm.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_
from sqlmodel import Session, col, select

from timebank.attendance_points import deciding
from timebank.attendance_points.tables import AWARDED, CORRECTION, SKIPPED, TAKEN_BACK, AttendanceAward, AttendanceLink
from timebank.hours.activities import Activity
from timebank.hours.activities.tables import ActivitySeries, ActivityTerms
from timebank.hours.attendance import Visit
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require
from timebank.points.awards import entering, states
from timebank.points.awards.rows import AwardRow, resolve
from timebank.points.awards.tables import BOOKED, REVERSED, Award
from timebank.points.publicity import PublicityLine, corrections
from timebank.points.publicity.states import CONTESTED
from timebank.points.table.adoption import in_force_on, items_of

AT_ONCE = 100
CORRECTED = "服务记录已更正"  # stands as the reason of the award, which is the village's data


def award_visits(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Make the awards of visits that nobody looked at yet; `left` says whether to call again. Harmless when repeated."""
    require(actor, "attendance_points.award", community_id=actor.community_id)
    community_id = community_of(actor)
    due = visits_due(session, community_id, limit + 1)
    awarded = sum(_award(session, actor, now, visit, link) for visit, link in due[:limit])
    return {"code": "visits_awarded", "awarded": awarded, "looked_at": len(due[:limit]), "left": len(due) > limit}


def follow_corrections(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Follow the visits that say something else than when they were looked at. Harmless when repeated."""
    require(actor, "attendance_points.award", community_id=actor.community_id)
    due = corrected_visits(session, community_of(actor), limit + 1)
    for row, visit, award in due[:limit]:
        _follow(session, actor, now, row=row, visit=visit, award=award)
    session.flush()
    return {"code": "visits_followed", "visits": len(due[:limit]), "left": len(due) > limit}


def visits_due(session: Session, community_id: int, limit: int = AT_ONCE) -> list[tuple[Visit, AttendanceLink]]:
    """Settled visits that a decision fits and that nobody looked at, in order of time, each with that decision."""
    links = deciding.links_of(session, community_id)
    if not links:
        return []
    place = communities.community(session, community_id)
    fits = [_fits(link, communities.day_start(place, link.from_on),
                  communities.day_start(place, link.until_on) if link.until_on else None) for link in links]  # fmt: skip
    query = (
        select(Visit, ActivityTerms.kind, ActivitySeries.number, Activity.number)
        .outerjoin(
            Activity, (col(Activity.community_id) == Visit.community_id) & (col(Activity.id) == Visit.activity_id)
        )
        .outerjoin(
            ActivityTerms,
            (col(ActivityTerms.community_id) == Visit.community_id)
            & (col(ActivityTerms.activity_id) == Visit.activity_id),
        )
        .outerjoin(
            ActivitySeries,
            (col(ActivitySeries.community_id) == ActivityTerms.community_id)
            & (col(ActivitySeries.id) == ActivityTerms.series_id),
        )
        .where(
            Visit.community_id == community_id,
            Visit.state == "settled",
            col(Visit.started_at) >= communities.day_start(place, min(link.from_on for link in links)),
            or_(*fits),
            ~exists().where(
                col(AttendanceAward.community_id) == Visit.community_id, col(AttendanceAward.visit_id) == Visit.id
            ),
        )
        .order_by(col(Visit.started_at), col(Visit.id))
        .limit(limit)
    )
    return [
        (
            visit,
            _link_for(
                links, visit, communities.local_day(place, visit.started_at), kind=kind, series=series, number=number
            ),
        )
        for visit, kind, series, number in session.execute(query)
    ]


def corrected_visits(
    session: Session, community_id: int, limit: int = AT_ONCE
) -> Sequence[tuple[AttendanceAward, Visit, Award]]:
    """Visits that say something else than their award, where something can be done about it now."""
    differs = or_(col(Visit.state) != "settled", col(Visit.real_minutes) != AttendanceAward.minutes)
    # What hangs out waits until it is booked, what somebody objected to since until that is answered; what was booked back is made anew.
    contested = exists().where(
        col(PublicityLine.community_id) == Award.community_id,
        col(PublicityLine.batch_number) == Award.batch_number,
        col(PublicityLine.number) == Award.line_number,
        col(PublicityLine.state) == CONTESTED,
    )
    hangs = col(Award.state).in_(("published", "frozen"))
    now_possible = or_(
        and_(col(AttendanceAward.state) == AWARDED, differs, ~hangs, ~contested),
        and_(col(AttendanceAward.state) == CORRECTION, col(Award.state) == REVERSED),
    )
    rows = session.execute(
        select(AttendanceAward, Visit, Award)
        .join(
            Visit,
            (col(Visit.community_id) == AttendanceAward.community_id) & (col(Visit.id) == AttendanceAward.visit_id),
        )
        .join(
            Award,
            (col(Award.community_id) == AttendanceAward.community_id) & (col(Award.id) == AttendanceAward.award_id),
        )
        .where(AttendanceAward.community_id == community_id, now_possible)
        .order_by(col(AttendanceAward.visit_id))
        .limit(limit)
    ).all()
    return [(row, visit, award) for row, visit, award in rows]


def award_of(session: Session, community_id: int, visit_id: uuid.UUID) -> AttendanceAward | None:
    """What became of a visit, if somebody looked at it."""
    return session.get(AttendanceAward, (community_id, visit_id))


def visit_of(session: Session, community_id: int, award_id: uuid.UUID) -> AttendanceAward | None:
    """The visit that an award comes from."""
    return session.scalars(
        select(AttendanceAward).where(
            AttendanceAward.community_id == community_id, AttendanceAward.award_id == award_id
        )
    ).first()


def looked_at(
    session: Session, *, actor: Actor, link_id: uuid.UUID, after: uuid.UUID | None = None, limit: int = 50
) -> list[tuple[AttendanceAward, Visit]]:
    """What became of the visits of a decision, newest first; the next page is `after` the last one's visit."""
    require(actor, "attendance_points.read", community_id=actor.community_id)
    query = (
        select(AttendanceAward, Visit)
        .join(
            Visit,
            (col(Visit.community_id) == AttendanceAward.community_id) & (col(Visit.id) == AttendanceAward.visit_id),
        )
        .where(AttendanceAward.community_id == community_of(actor), AttendanceAward.link_id == link_id)
        .order_by(col(AttendanceAward.visit_id).desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(AttendanceAward.visit_id) < after)
    return [(row, visit) for row, visit in session.execute(query)]


def _award(session: Session, actor: Actor, now: dt.datetime, visit: Visit, link: AttendanceLink) -> bool:
    made, reason = _make(session, actor, now, visit, link)
    session.add(
        AttendanceAward(community_id=visit.community_id, visit_id=visit.id, link_id=link.id,
                        award_id=made.id if made else None, minutes=visit.real_minutes or 0,
                        state=AWARDED if made else SKIPPED, reason=reason, looked_at=now)
    )  # fmt: skip
    session.flush()
    return made is not None


def _make(
    session: Session, actor: Actor, now: dt.datetime, visit: Visit, link: AttendanceLink
) -> tuple[Award | None, str]:
    """The award of a visit by the table in force on its day, or the code of why there is none."""
    place = communities.community(session, visit.community_id)
    on = communities.local_day(place, visit.started_at)
    table = in_force_on(session, visit.community_id, on)
    if table is None:
        return None, "no_table_in_force"
    named = (link.category, link.title)
    item = next(
        (one for one in items_of(session, visit.community_id, table.id) if (one.category, one.title) == named), None
    )
    if item is None:
        return None, "item_unknown"
    person = residents.person(session, visit.community_id, visit.person_id)
    quantity = f"{visit.real_minutes or 0}分钟" if item.per == "hour" else ""
    row = AwardRow(1, "", person.number, "", on.isoformat(), quantity, _told(visit, place.zone), item_id=item.id.hex)
    (resolved,) = resolve(session, visit.community_id, now=now, rows=[row], source="attendance")
    if resolved.problems:
        return None, resolved.problems[0].code
    made = entering.write(session, actor=actor, now=now, resolved=resolved, source_kind="attendance")
    session.flush()
    return made, ""


def _follow(
    session: Session, actor: Actor, now: dt.datetime, *, row: AttendanceAward, visit: Visit, award: Award
) -> None:
    if row.state == AWARDED and award.state == BOOKED:
        if corrections.open_correction(session, award) is None:
            corrections.ask_correction(session, actor=actor, now=now, award_id=award.id, reason=CORRECTED)
        row.state, row.looked_at = CORRECTION, now
        return
    if award.life in states.MOVES["withdraw"]:
        entering.take_back(award, now=now, by=actor.number, reason=CORRECTED)
        session.flush()
    row.state, row.minutes, row.looked_at = TAKEN_BACK, visit.real_minutes or 0, now
    # What a reviewer rejected stays so: other minutes make no other deed of it.
    if visit.state != "settled" or award.state == states.REJECTED:
        return
    link = session.get(AttendanceLink, (row.community_id, row.link_id))
    if link is None:
        return
    made, row.reason = _make(session, actor, now, visit, link)
    if made is not None:
        row.award_id, row.state = made.id, AWARDED


def _told(visit: Visit, zone: str) -> str:
    """The evidence of the award: when and where it was scanned."""
    local = ZoneInfo(zone)
    ended = visit.ended_at.astimezone(local).strftime("%H:%M") if visit.ended_at else ""
    return f"签到 {visit.started_at.astimezone(local):%H:%M}–{ended} {visit.place}"[:500]


def _fits(link: AttendanceLink, start: dt.datetime, end: dt.datetime | None) -> Any:
    """The visits that a decision is about, as a condition."""
    column: Any = {
        "service_class": col(Visit.service_class) == link.target,
        # Activities from before they had kinds are plain ones.
        "activity_kind": or_(
            col(ActivityTerms.kind) == link.target,
            and_(col(ActivityTerms.kind).is_(None), col(Visit.activity_id).is_not(None))
            if link.target == "activity"
            else col(ActivityTerms.kind) == link.target,
        ),
        "series": col(ActivitySeries.number) == _number(link),
        "activity": col(Activity.number) == _number(link),
    }[link.kind]
    days = [col(Visit.started_at) >= start] + ([col(Visit.started_at) < end] if end is not None else [])
    return and_(column, *days)


def _link_for(
    links: Sequence[AttendanceLink],
    visit: Visit,
    on: dt.date,
    *,
    kind: str | None,
    series: int | None,
    number: int | None,
) -> AttendanceLink:
    """The most particular decision that fits: the query found that one does."""
    is_of = {
        "service_class": visit.service_class,
        "activity_kind": kind or ("activity" if visit.activity_id else None),
        "series": str(series),
        "activity": str(number),
    }
    return next(
        link
        for link in links
        if is_of[link.kind] == link.target and link.from_on <= on and (link.until_on is None or on < link.until_on)
    )


def _number(link: AttendanceLink) -> int:
    return int(link.target) if link.target.isdecimal() else 0
