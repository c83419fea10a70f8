"""A page of the paper register is typed in, or a table of it read: all rows, or none and why, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from timebank.errors import BadInput, NotFound, Refused
from timebank.hours import depositors
from timebank.hours.attendance import late, paper_rows
from timebank.hours.attendance.visits import by_id, refuse_overlap, rules_of, zone_of
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people import communities, residents, teams
from timebank.permissions import Actor, require

MOST_ROWS = 200
Problems = dict[int, dict[str, str]]


@dataclass(frozen=True)
class PaperLine:
    """One row as it stands on paper; `line` is its number on the page."""

    page: int
    line: int
    person_number: str
    started_at: datetime
    ended_at: datetime
    place: str
    service_class: str | None = None
    note: str = ""
    team_number: int | None = None  # whose the minutes are, if not her own


def type_page(
    session: Session, *, actor: Actor, now: datetime, book: str, lines: Sequence[PaperLine]
) -> dict[str, object]:
    """Write down the rows of a register's pages as visits of evidence D; each waits for review.

    Nothing is written unless all can be.

    Raises:
        BadInput: fields `book`, or `rows.<index>.<field>` with the reason, for every row that cannot be.
    """
    community_id = communities.community_of(actor)
    require(actor, "attendance.enter_late", community_id=community_id)
    name = paper_rows.book_name(book)
    problems = judged(session, actor=actor, now=now, book=book, lines=lines)
    bad = {f"rows.{at}.{field}": why for at, found in problems.items() for field, why in found.items()}
    if not 1 <= len(name) <= paper_rows.BOOK_LONGEST:
        bad["book"] = "required" if not name else "length"
    if not 1 <= len(lines) <= MOST_ROWS:
        bad["rows"] = "some"
    if bad:
        raise BadInput(fields=bad)
    for line in lines:
        person = residents.by_number(session, community_id, line.person_number)
        made = late.enter_late(
            session,
            actor=actor,
            now=now,
            person_id=person.id,
            started_at=line.started_at,
            ended_at=line.ended_at,
            place=line.place,
            service_class=line.service_class,
            source=f"{name} {line.page}-{line.line}",
            note=line.note,
            team_number=line.team_number,
        )
        paper_rows.write(
            session,
            visit=by_id(session, community_id, late.visit_id_of(made)),
            book=name,
            page=line.page,
            line=line.line,
            typed_by=actor.number,
            now=now,
        )
    return {"code": "page_typed", "book": name, "rows": len(lines)}


def judged(session: Session, *, actor: Actor, now: datetime, book: str, lines: Sequence[PaperLine]) -> Problems:
    """What keeps rows out: reasons by row and field; reads only, so that a preview asks the same.

    Reasons are codes: unknown, left, own, typed_before, twice, overlap, overlap_here, and those of a late entry.
    """
    community_id = communities.community_of(actor)
    require(actor, "attendance.enter_late", community_id=community_id)
    name = paper_rows.book_name(book)
    before = paper_rows.typed_before(session, community_id, name, [line.page for line in lines])
    seen: set[tuple[int, int]] = set()
    kept: list[tuple[int, PaperLine]] = []
    found: Problems = {}
    for at, line in enumerate(lines):
        bad = _place_problems(line, before, seen) | _line_problems(session, actor, now, line)
        for other, earlier in kept:
            if _overlap(line, earlier):
                bad.setdefault("person", "overlap_here")
                found.setdefault(other, {}).setdefault("person", "overlap_here")
        seen.add((line.page, line.line))
        kept.append((at, line))
        if bad:
            found.setdefault(at, {}).update(bad)
    return found


def _place_problems(line: PaperLine, before: set[tuple[int, int]], seen: set[tuple[int, int]]) -> dict[str, str]:
    if not paper_rows.is_place("X", line.page, line.line):
        return {"line": "place"}
    if (line.page, line.line) in before:
        return {"line": "typed_before"}
    if (line.page, line.line) in seen:
        return {"line": "twice"}
    return {}


def _line_problems(session: Session, actor: Actor, now: datetime, line: PaperLine) -> dict[str, str]:
    community_id = communities.community_of(actor)
    days_back = rules_of(session, community_id, now).late_entry_days
    bad = late.bad_time(line.started_at, line.ended_at, now=now, days_back=days_back)
    if len(line.place) > 200:
        bad["place"] = "length"
    if len(line.note) > 200:
        bad["note"] = "length"
    if line.service_class is not None and line.service_class not in ACTIVITY_CLASSES:
        bad["service_class"] = "choice"
    try:
        person = residents.by_number(session, community_id, line.person_number)
    except NotFound:
        return bad | {"person": "unknown"}
    if person.id == actor.person_id:
        return bad | {"person": "own"}
    if residents.has_left(person):
        return bad | {"person": "left"}
    if bad:
        return bad
    try:
        day = line.started_at.astimezone(zone_of(session, community_id)).date()
        depositors.admit(session, community_id, person, day, team_number=line.team_number or 0)
        refuse_overlap(
            session,
            community_id=community_id,
            person_id=person.id,
            started_at=line.started_at,
            ended_at=line.ended_at,
        )
    except teams.NotAMember:
        return {"team": "not_a_member"}
    except Refused as why:
        return {"person": "overlap" if why.code == "overlapping_visit" else why.code}
    return {}


def _overlap(one: PaperLine, other: PaperLine) -> bool:
    return (
        one.person_number == other.person_number and one.started_at < other.ended_at and other.started_at < one.ended_at
    )
