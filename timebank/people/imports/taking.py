"""What a row of a file becomes in the register: a person, her household, what is noted of her, and opening balances."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from ledger import book_of
from timebank import accounts, policy
from timebank.people import numbers, pinyin, words
from timebank.people.communities import Community
from timebank.people.households import Household
from timebank.people.imports.cells import Entry, Planned, home_of
from timebank.people.imports.judging import portions
from timebank.people.imports.staging import ImportBatch
from timebank.people.residents import Person, PersonFlag
from timebank.storage import new_id, next_number


@dataclass(frozen=True)
class Home:
    """What a new household is called after its head, and where it lives, by all of its rows in the file."""

    name: str
    book_code: str
    address: str
    area_path: str


@dataclass(frozen=True)
class Taken:
    """What came of some rows: how many households are new, serials from `first_serial` on, opening balances in all."""

    people: int = 0
    households: int = 0
    first_serial: int = 0
    opening_minutes: int = 0
    opening_steps: int = 0


def homes_in(rows: Sequence[Planned]) -> dict[str, Home]:
    """The households that a file tells of, by `home_of`."""
    members: dict[str, list[Entry]] = {}
    for row in rows:
        members.setdefault(home_of(row.entry), []).append(row.entry)
    return {home: _home(found) for home, found in members.items()}


def take(
    session: Session,
    community: Community,
    rows: Sequence[Planned],
    homes: Mapping[str, Home],
    *,
    batch: ImportBatch,
    by: str,
    now: datetime,
    today: date,
) -> Taken:
    """Take these rows into the register, all or none, in a handful of statements; `by` confirmed them.

    Raises:
        LedgerRefused: an opening balance cannot be booked.
    """
    if not rows:
        return Taken()
    households = _take_households(session, community, rows, homes, now=now)
    first = _take_people(session, community, rows, households, batch=batch, now=now)
    _take_flags(session, community.id, rows, by=by, now=now, today=today)
    _open_balances(session, community, rows, households, batch=batch, today=today)
    return Taken(
        people=len(rows),
        households=sum(home.opened_at == now for home in households.values()),
        first_serial=first,
        opening_minutes=sum(row.entry.opening_minutes for row in rows),
        opening_steps=sum(row.entry.opening_steps for row in rows),
    )


def _home(members: Sequence[Entry]) -> Home:
    head = next((member for member in members if member.relation == "户主"), members[0])
    return Home(
        name=head.name,
        book_code=head.book_code,
        address=head.address or next((member.address for member in members if member.address), ""),
        area_path=head.area_path,
    )


def _take_households(
    session: Session, community: Community, rows: Sequence[Planned], homes: Mapping[str, Home], *, now: datetime
) -> dict[str, Household]:
    """The household of each row, by `home_of`: the one of this register code, or a new one."""
    found: dict[str, Household] = {}
    for some in portions({row.entry.book_code for row in rows if row.entry.book_code}):
        query = select(Household).where(col(Household.community_id) == community.id, col(Household.book_code).in_(some))
        found |= {home.book_code or "": home for home in session.scalars(query)}
    fresh = [home for home in dict.fromkeys(home_of(row.entry) for row in rows) if home not in found]
    first = next_number(session, community.id, "household", count=len(fresh)) if fresh else 0
    made = []
    for number, home in enumerate(fresh, start=first):
        told = homes[home]
        found[home] = Household(
            community_id=community.id,
            id=new_id(now),
            number=number,
            name=told.name,
            book_code=told.book_code or None,
            address=told.address,
            area_path=told.area_path or community.area_path,
            opened_at=now,
        )
        made.append(found[home].model_dump())
    if made:
        session.execute(insert(Household), made)
    return found


def _take_people(
    session: Session,
    community: Community,
    rows: Sequence[Planned],
    households: Mapping[str, Household],
    *,
    batch: ImportBatch,
    now: datetime,
) -> int:
    first = next_number(session, community.id, "person", count=len(rows))
    people: list[dict[str, Any]] = []
    for serial, row in enumerate(rows, start=first):
        entry, home = row.entry, households[home_of(row.entry)]
        people.append(
            {
                "community_id": community.id,
                "id": uuid.UUID(entry.person_id),
                "serial": serial,
                "number": numbers.written(community.code, serial),
                "name": entry.name,
                "search_key": pinyin.search_key(entry.name),
                "sex": entry.sex,
                "born_on": date.fromisoformat(entry.born_on) if entry.born_on else None,
                "phone": entry.phone or None,
                "household_id": home.id,
                "relation": entry.relation,
                "area_path": home.area_path,
                "identity_cipher": bytes.fromhex(entry.identity["cipher"]) if entry.identity else None,
                "identity_index": bytes.fromhex(entry.identity["index"]) if entry.identity else None,
                "identity_last4": entry.identity["last4"] if entry.identity else None,
                "joined_at": now,
                "left_on": None,
                "left_reason": "",
                "import_id": batch.id,
                "import_row": row.number,
            }
        )
    session.execute(insert(Person), people)
    words.learn(session, community.id, [(one["serial"], one["name"], one["search_key"]) for one in people])
    return first


def _take_flags(
    session: Session, community_id: int, rows: Sequence[Planned], *, by: str, now: datetime, today: date
) -> None:
    # A circumstance may have ended since the file was read: nothing is noted of it then.
    flags = [
        {
            "community_id": community_id,
            "id": new_id(now),
            "person_id": uuid.UUID(row.entry.person_id),
            "flag": flag,
            "evidence": row.entry.flag_evidence,
            "from_on": today,
            "until_on": date.fromisoformat(row.entry.flag_until) if row.entry.flag_until else None,
            "recorded_at": now,
            "recorded_by": by,
        }
        for row in rows
        if not row.entry.flag_until or date.fromisoformat(row.entry.flag_until) >= today
        for flag in row.entry.flags
    ]
    if flags:
        session.execute(insert(PersonFlag), flags)


def _open_balances(
    session: Session,
    community: Community,
    rows: Sequence[Planned],
    households: Mapping[str, Household],
    *,
    batch: ImportBatch,
    today: date,
) -> None:
    """Book what old books say."""
    with_minutes = [row for row in rows if row.entry.opening_minutes]
    with_points = [row for row in rows if row.entry.opening_steps]
    if not with_minutes and not with_points:
        return
    ceiling = policy.of(session, community.id, today).ceiling_minutes
    people = [uuid.UUID(row.entry.person_id) for row in with_minutes]
    houses = [households[home_of(row.entry)].id for row in with_points]
    member = accounts.open_mains(session, community.id, kind="person", unit="min", owner_ids=people, ceiling=ceiling)
    household = accounts.open_mains(session, community.id, kind="household", unit="pt", owner_ids=houses)
    book = book_of(session)
    for row in with_minutes:
        legs = {
            accounts.OPENING_MIN: -row.entry.opening_minutes,
            member[uuid.UUID(row.entry.person_id)]: row.entry.opening_minutes,
        }
        book.post(legs, on=today, detail=_detail(row, batch, credited=row.entry.opening_minutes))
    for row in with_points:
        legs = {
            accounts.OPENING_PT: -row.entry.opening_steps,
            household[households[home_of(row.entry)].id]: row.entry.opening_steps,
        }
        book.post(legs, on=today, detail=_detail(row, batch, credited=row.entry.opening_steps))


def _detail(row: Planned, batch: ImportBatch, *, credited: int) -> dict[str, Any]:
    return {
        "use_case": "residents.import_residents",
        "import": batch.id.hex,
        "file": batch.file_digest,
        "row": row.number,
        "person": row.entry.person_id,
        "source_page": row.entry.source_page,
        "people": [row.entry.handler, row.entry.checker],
        "credited": credited,
    }
