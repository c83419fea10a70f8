"""Members from Excel: a list is looked at row by row, kept for an hour, and taken in whole or not at all.

What `listing.xlsx` of a team's page holds can be read again: a row of who belongs already changes nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session, col

from timebank.errors import NotFound, Refused
from timebank.people import communities, numbers, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.people.teams.belonging import bad_first_day, join, leads
from timebank.people.teams.founding import living, refuse_ended
from timebank.people.teams.reading import by_id
from timebank.people.teams.tables import Team, TeamMember, TeamUpload
from timebank.permissions import Actor, require
from timebank.spreadsheets import Column, Sheet, clean, clean_name, day, half_width
from timebank.storage import new_id

UPLOAD_KEPT = timedelta(hours=1)
MOST_ROWS = 2_000
COLUMNS = (
    Column("number", ("编号", "居民编号", "卡号", "number"), required=True),
    Column("name", ("姓名", "成员", "name")),
    Column("from_on", ("加入日期", "从哪天起", "入队日期", "joined", "from")),
    Column("gone_on", ("离开日期", "不再是成员", "left", "until")),
)


class ListRefused(Refused):
    """Rows of the list are wrong; nobody was taken in (facts: rows, first_row)."""

    code = "member_list_refused"
    status = 422


@dataclass(frozen=True)
class MemberRow:
    """One row as written; `line` is the number that the spreadsheet shows, days are ISO text or what stood there."""

    line: int
    number: str
    name: str
    from_on: str
    gone_on: str


@dataclass(frozen=True)
class PlannedMember:
    """What the list would do with one row: add, keep (belongs already), skip (went already), or refuse for `problems`."""

    row: MemberRow
    verdict: str
    person: Person | None
    from_on: date | None
    problems: tuple[str, ...] = ()


def rows_of(sheet: Sheet) -> list[MemberRow]:
    """The rows of a spreadsheet."""
    return [
        MemberRow(
            line=row.number,
            number=half_width(row.cells["number"]).replace(" ", "").upper(),
            name=clean_name(row.cells.get("name") or ""),
            from_on=clean(row.cells.get("from_on") or ""),
            gone_on=clean(row.cells.get("gone_on") or ""),
        )
        for row in sheet.rows
    ]


def plan(session: Session, *, team: Team, rows: Sequence[MemberRow], today: date) -> list[PlannedMember]:
    """What taking these rows in would do, row by row; reads only. Taking the same list in again plans only `keep`."""
    code = communities.community(session, team.community_id).code
    serials = [numbers.serial_of(row.number, code) for row in rows]
    people = _people(session, team.community_id, {serial for serial in serials if serial})
    stretches = _stretches(session, team)
    seen: set[uuid.UUID] = set()
    planned = []
    for row, serial in zip(rows, serials, strict=True):
        person = people.get(serial) if serial else None
        is_twice = person is not None and person.id in seen
        planned.append(_planned(team, row, person, stretches, is_twice=is_twice, today=today))
        if person is not None:
            seen.add(person.id)
    return planned


def stage(
    session: Session, *, actor: Actor, now: datetime, number: int, rows: Sequence[MemberRow], file_name: str
) -> dict[str, Any]:
    """Keep a list for an hour, to be looked at and confirmed; the team stays as it is."""
    team = living(session, actor=actor, number=number)
    _require(session, actor, team, now)
    session.execute(
        delete(TeamUpload).where(col(TeamUpload.community_id) == team.community_id, col(TeamUpload.expires_at) <= now)
    )
    upload = TeamUpload(
        community_id=team.community_id,
        id=new_id(now),
        team_id=team.id,
        file_name=clean(file_name)[-120:],
        rows=[list(astuple(row)) for row in rows],
        uploaded_by=actor.number,
        expires_at=now + UPLOAD_KEPT,
    )
    session.add(upload)
    session.flush()
    return {"code": "member_list_staged", "upload": upload.id.hex}


def staged(
    session: Session, *, actor: Actor, now: datetime, upload_id: uuid.UUID
) -> tuple[Team, str, list[PlannedMember]]:
    """A list that waits: its team, its name, and what would be done row by row.

    Raises:
        NotFound: there is none, or its hour is over.
    """
    community_id = community_of(actor)
    upload = session.get(TeamUpload, (community_id, upload_id))
    if upload is None or upload.expires_at <= now:
        raise NotFound(what="member_list")
    team = by_id(session, community_id, upload.team_id)
    _require(session, actor, team, now)
    today = communities.local_day(communities.community(session, community_id), now)
    rows = [MemberRow(*row) for row in upload.rows]
    return team, upload.file_name, plan(session, team=team, rows=rows, today=today)


def take_in(session: Session, *, actor: Actor, now: datetime, upload_id: uuid.UUID) -> dict[str, Any]:
    """Let everybody of a list that waits belong to its team, all or nobody.

    Raises:
        ListRefused: rows are wrong. NotFound, TeamEnded.
    """
    team, _, planned = staged(session, actor=actor, now=now, upload_id=upload_id)
    refuse_ended(team)
    refused = [each for each in planned if each.verdict == "refuse"]
    if refused:
        raise ListRefused(rows=len(refused), first_row=refused[0].row.line)
    added = [each for each in planned if each.verdict == "add"]
    for each in added:
        if each.person is not None and each.from_on is not None:
            join(session, actor=actor, now=now, team=team, person=each.person, from_on=each.from_on)
    session.execute(
        delete(TeamUpload).where(col(TeamUpload.community_id) == team.community_id, col(TeamUpload.id) == upload_id)
    )
    return {
        "code": "member_list_taken_in",
        "team": team.number,
        "added": len(added),
        "kept": len(planned) - len(added),
    }


def _planned(
    team: Team,
    row: MemberRow,
    person: Person | None,
    stretches: Mapping[uuid.UUID, list[TeamMember]],
    *,
    is_twice: bool,
    today: date,
) -> PlannedMember:
    problems = []
    from_on = day(row.from_on) if row.from_on else today
    gone_on = day(row.gone_on) if row.gone_on else None
    if person is None:
        problems.append("number" if row.number else "number_missing")
    elif row.name and row.name != person.name:
        problems.append("name_differs")
    if is_twice:
        problems.append("twice")
    if from_on is None or (row.gone_on and gone_on is None):
        problems.append("day")
    if person is None or from_on is None or problems:
        return PlannedMember(row, "refuse", person, from_on, tuple(problems))
    own = stretches.get(person.id, [])
    if any(held.gone_on is None for held in own):
        return PlannedMember(row, "keep", person, from_on)
    if gone_on is not None and gone_on <= today:
        return PlannedMember(row, "skip", person, from_on)
    if residents.has_left(person):
        return PlannedMember(row, "refuse", person, from_on, ("left",))
    bad = bad_first_day(team, own, from_on, today=today)
    return PlannedMember(row, "refuse" if bad else "add", person, from_on, (bad,) if bad else ())


def _require(session: Session, actor: Actor, team: Team, now: datetime) -> None:
    today = communities.local_day(communities.community(session, team.community_id), now)
    own = actor.person_id if leads(session, team, actor.person_id, today) else None
    require(actor, "teams.add_member", community_id=team.community_id, person_id=own)


def _people(session: Session, community_id: int, serials: set[int]) -> dict[int, Person]:
    found: dict[int, Person] = {}
    wanted = sorted(serials)
    for start in range(0, len(wanted), 500):
        query = select(Person).where(
            col(Person.community_id) == community_id, col(Person.serial).in_(wanted[start : start + 500])
        )
        found |= {person.serial: person for person in session.scalars(query)}
    return found


def _stretches(session: Session, team: Team) -> dict[uuid.UUID, list[TeamMember]]:
    query = select(TeamMember).where(
        col(TeamMember.community_id) == team.community_id, col(TeamMember.team_id) == team.id
    )
    found: dict[uuid.UUID, list[TeamMember]] = {}
    for row in session.scalars(query):
        found.setdefault(row.person_id, []).append(row)
    return found
