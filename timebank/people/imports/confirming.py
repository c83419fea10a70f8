"""Confirming a staged file: everybody in it joins the register, or nobody does."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from ledger import book_of
from timebank import accounts, permissions, policy
from timebank.errors import Refused
from timebank.people import communities, numbers, pinyin, words
from timebank.people.communities import Community, community_of
from timebank.people.households import Household
from timebank.people.imports.cells import Entry, Planned, home_of
from timebank.people.imports.judging import plan, register
from timebank.people.imports.staging import ImportApplied, ImportBatch, batch, staged_rows
from timebank.people.residents import Person, PersonFlag
from timebank.permissions import Actor
from timebank.storage import new_id, next_number

T = TypeVar("T")
_PORTION = 1000


class ImportHasErrors(Refused):
    """Some rows cannot be taken; the file is mended and uploaded again (fact `rows`)."""

    code = "import_has_errors"
    status = 422


class ImportChanged(Refused):
    """The register changed since the rows were looked at: look again before confirming (fact `rows`)."""

    code = "import_changed"
    status = 409


class ImportEmpty(Refused):
    """There is nobody new in the file."""

    code = "import_empty"
    status = 422


def confirm(
    session: Session, *, actor: Actor, now: datetime, batch_id: uuid.UUID, with_doubtful: bool
) -> dict[str, Any]:
    """Take a staged file into the register: everybody new, and with `with_doubtful` also those who may be there already.

    All or nothing, in one commit: people, households, circumstances, accounts and opening balances.

    Raises:
        ImportHasErrors: rows are wrong. ImportChanged: a row would now be judged otherwise. ImportApplied: done before.
        ImportEmpty: nobody is new.
    """
    community = communities.community(session, community_of(actor))
    permissions.require(actor, "residents.import_residents", community_id=community.id)
    found = batch(session, community.id, batch_id, now=now)
    if found.state == "applied":
        raise ImportApplied
    staged = staged_rows(session, found)
    today = communities.local_day(community, now)
    again = plan(staged, register(session, community.id, on=today))
    changed = [new.number for old, new in zip(staged, again, strict=True) if old.verdict != new.verdict]
    if changed:
        raise ImportChanged(rows=len(changed), first_row=changed[0])
    wrong = [row.number for row in again if row.verdict == "error"]
    if wrong:
        raise ImportHasErrors(rows=len(wrong), first_row=wrong[0])
    taken = [row for row in again if row.verdict == "new" or (with_doubtful and row.verdict == "doubtful")]
    if not taken:
        raise ImportEmpty
    households = _take_households(session, community, taken, now=now)
    first = _take_people(session, community, taken, households, batch=found, now=now)
    _take_flags(session, community.id, taken, actor=actor, now=now, today=today)
    minutes, steps = _open_balances(session, community, taken, households, batch=found, today=today)
    facts = {
        "people": len(taken),
        "households": sum(home.opened_at == now for home in households.values()),
        "passed_over": len(again) - len(taken),
        "opening_minutes": minutes,
        "opening_steps": steps,
        "first_serial": first,
        "last_serial": first + len(taken) - 1,
    }
    session.execute(
        update(ImportBatch)
        .where(col(ImportBatch.community_id) == community.id, col(ImportBatch.id) == batch_id)
        .values(state="applied", applied_at=now, applied_by=actor.number, facts=facts)
    )
    return {"code": "residents_imported", "batch": batch_id.hex, **facts}


def _take_households(
    session: Session, community: Community, rows: Sequence[Planned], *, now: datetime
) -> dict[str, Household]:
    """The household of each row, by `_home`: the one of this register code, or a new one."""
    codes = list({row.entry.book_code for row in rows if row.entry.book_code})
    homes: dict[str, Household] = {}
    for some in _portions(codes):
        query = select(Household).where(col(Household.community_id) == community.id, col(Household.book_code).in_(some))
        homes |= {home.book_code or "": home for home in session.scalars(query)}
    fresh: dict[str, list[Entry]] = {}
    for row in rows:
        if home_of(row.entry) not in homes:
            fresh.setdefault(home_of(row.entry), []).append(row.entry)
    first = next_number(session, community.id, "household", count=len(fresh)) if fresh else 0
    made = []
    for number_, (home, members) in enumerate(fresh.items(), start=first):
        head = next((member for member in members if member.relation == "户主"), members[0])
        homes[home] = Household(
            community_id=community.id,
            id=new_id(now),
            number=number_,
            name=head.name,
            book_code=head.book_code or None,
            address=head.address or next((member.address for member in members if member.address), ""),
            area_path=head.area_path or community.area_path,
            opened_at=now,
        )
        made.append(homes[home].model_dump())
    if made:
        session.execute(insert(Household), made)
    return homes


def _take_people(
    session: Session,
    community: Community,
    rows: Sequence[Planned],
    homes: Mapping[str, Household],
    *,
    batch: ImportBatch,
    now: datetime,
) -> int:
    first = next_number(session, community.id, "person", count=len(rows))
    people: list[dict[str, Any]] = []
    for serial, row in enumerate(rows, start=first):
        entry, home = row.entry, homes[home_of(row.entry)]
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
    for some in _portions(people):
        session.execute(insert(Person), some)
        words.learn(session, community.id, [(one["serial"], one["name"], one["search_key"]) for one in some])
    return first


def _take_flags(
    session: Session, community_id: int, rows: Sequence[Planned], *, actor: Actor, now: datetime, today: date
) -> None:
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
            "recorded_by": actor.number,
        }
        for row in rows
        for flag in row.entry.flags
    ]
    for some in _portions(flags):
        session.execute(insert(PersonFlag), some)


def _open_balances(
    session: Session,
    community: Community,
    rows: Sequence[Planned],
    homes: Mapping[str, Household],
    *,
    batch: ImportBatch,
    today: date,
) -> tuple[int, int]:
    """Book what old books say; returns minutes and steps in all."""
    with_minutes = [row for row in rows if row.entry.opening_minutes]
    with_points = [row for row in rows if row.entry.opening_steps]
    ceiling = policy.of(session, community.id, today).ceiling_minutes
    people = [uuid.UUID(row.entry.person_id) for row in with_minutes]
    houses = [homes[home_of(row.entry)].id for row in with_points]
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
            household[homes[home_of(row.entry)].id]: row.entry.opening_steps,
        }
        book.post(legs, on=today, detail=_detail(row, batch, credited=row.entry.opening_steps))
    return sum(row.entry.opening_minutes for row in rows), sum(row.entry.opening_steps for row in rows)


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


def _portions(every: Sequence[T]) -> Iterable[list[T]]:
    for start in range(0, len(every), _PORTION):
        yield list(every[start : start + _PORTION])
