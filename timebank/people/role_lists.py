"""One role for a list of people at once: looked at first, then given to all who do not have it yet."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlmodel import Session, col

from timebank import permissions
from timebank.errors import Refused
from timebank.people import communities, numbers, roles
from timebank.people.communities import community_of
from timebank.people.logins import RoleGrant
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.spreadsheets import half_width

MOST = 500
NEW, HELD, GONE, TWICE, UNKNOWN, OTHER_NAME = "new", "held", "gone", "twice", "unknown", "other_name"
_BETWEEN = re.compile(r"[\t,、;]+")
_BEFORE_NAME = re.compile(r"[\t,、;]+|\s*(?=[\u3400-\u9fff])")
VERDICTS = (UNKNOWN, OTHER_NAME, GONE, TWICE, HELD, NEW)


class TooManyPeople(Refused):
    """More lines than one list may have (facts `lines`, `most`)."""

    code = "role_list_too_long"
    status = 422


@dataclass(frozen=True)
class Line:
    """One line as it was typed: what becomes of it, and of whom it speaks.

    unknown     no number of this community's register
    other_name  the number is somebody else's than the name beside it says
    gone        left the register
    twice       stands further up already
    held        has the role there on that day
    new         will get it
    """

    number: int
    typed: str
    verdict: str
    person_id: uuid.UUID | None
    person_number: str
    name: str


def look(
    session: Session,
    *,
    actor: Actor,
    role: str,
    area_path: str,
    from_on: date,
    until_on: date | None = None,
    text: str,
) -> list[Line]:
    """What becomes of each line of a list: a number, and after a space, tab or comma a name, if there is one.

    An operator reads no names, and is not told whether one that was typed is right.

    Raises:
        Forbidden, RoleNotYours, NotFound: as when one is given.
        TooManyPeople.
    """
    roles.refuse(session, actor=actor, role=role, area_path=area_path)
    return _looked(
        session, community_of(actor), role=role, area_path=area_path, from_on=from_on, until_on=until_on, text=text,
        names_too=roles.sees_names(actor),
    )  # fmt: skip


def give(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    role: str,
    area_path: str,
    from_on: date,
    until_on: date | None,
    text: str,
) -> int:
    """Give the role to everybody of the list who does not have it; how many. Global write; nobody gets it twice.

    Lines that name nobody are left out, as the look at them said.

    Raises:
        Forbidden, RoleNotYours, NotFound, TooManyPeople: as for `look`.
    """
    permissions.require(actor, "roles.give_list", community_id=actor.community_id, area_path=area_path)
    lines = look(session, actor=actor, role=role, area_path=area_path, from_on=from_on, until_on=until_on, text=text)
    to = [line.person_id for line in lines if line.verdict == NEW]
    for person_id in to:
        roles.give(session, actor=actor, now=now, role=role, area_path=area_path, from_on=from_on, until_on=until_on,
                   person_id=person_id)  # fmt: skip
    return len(to)


def _looked(
    session: Session,
    community_id: int,
    *,
    role: str,
    area_path: str,
    from_on: date,
    until_on: date | None,
    text: str,
    names_too: bool,
) -> list[Line]:
    typed = [line.strip() for line in text.splitlines() if line.strip()]
    if len(typed) > MOST:
        raise TooManyPeople(lines=len(typed), most=MOST)
    code = communities.community(session, community_id).code
    parts = [_BEFORE_NAME.split(half_width(line), maxsplit=1) for line in typed]
    serials = [numbers.serial_of(one[0], code) for one in parts]
    people = _people(session, community_id, [serial for serial in serials if serial])
    holding = _holding(
        session, community_id, role=role, area_path=area_path, from_on=from_on, until_on=until_on,
        people=list(people.values()),
    )  # fmt: skip
    seen: set[int] = set()
    found = []
    for at, (line, part, serial) in enumerate(zip(typed, parts, serials, strict=True), start=1):
        person = people.get(serial) if serial else None
        if person is None or serial is None:
            found.append(Line(at, line[:80], UNKNOWN, None, "", ""))
            continue
        if names_too and len(part) > 1 and not _is_called(person.name, part[1]):
            verdict = OTHER_NAME
        elif person.left_on is not None and person.left_on <= from_on:
            verdict = GONE
        else:
            verdict = TWICE if serial in seen else HELD if person.id in holding else NEW
        if verdict in (NEW, HELD):  # a line that names nobody stands in nobody's way
            seen.add(serial)
        found.append(Line(at, line[:80], verdict, person.id, person.number, person.name if names_too else ""))
    return found


def _is_called(name: str, typed: str) -> bool:
    """Whether what stands beside a number is this name; more columns may follow, and spaces do not matter."""
    plain = re.sub(r"\s", "", name)
    columns = re.sub(r"\s", "", _BETWEEN.split(typed.strip(), maxsplit=1)[0])
    return columns in ("", plain) or typed.split()[:1] == [plain]


def _people(session: Session, community_id: int, serials: Sequence[int]) -> dict[int, Person]:
    rows = session.scalars(
        select(Person).where(col(Person.community_id) == community_id, col(Person.serial).in_(set(serials)))
    )
    return {person.serial: person for person in rows}


def _holding(
    session: Session,
    community_id: int,
    *,
    role: str,
    area_path: str,
    from_on: date,
    until_on: date | None,
    people: Sequence[Person],
) -> set[uuid.UUID]:
    """Who of these people has the role at this area from this day, and for at least as long."""
    lasts = col(RoleGrant.until_on).is_(None)
    rows = session.scalars(
        select(col(RoleGrant.person_id)).where(
            col(RoleGrant.community_id) == community_id,
            col(RoleGrant.person_id).in_([person.id for person in people]),
            col(RoleGrant.role) == role,
            col(RoleGrant.area_path) == area_path,
            col(RoleGrant.revoked_at).is_(None),
            col(RoleGrant.from_on) <= from_on,
            lasts if until_on is None else or_(lasts, col(RoleGrant.until_on) >= until_on),
        )
    )
    return {person_id for person_id in rows if person_id}
