"""What would become of each row of a file: taken in, passed over, asked about, or refused."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from timebank import policy
from timebank.people.households import Household
from timebank.people.imports.cells import Entry, Planned
from timebank.people.residents import Person


@dataclass(frozen=True)
class Register:
    """What the register holds, as far as a file can collide with it."""

    by_identity: Mapping[str, Person]
    by_name: Mapping[str, list[Person]]
    book_codes: Mapping[uuid.UUID, str]
    phones: Mapping[str, int]
    ceiling_minutes: int


def plan(rows: Sequence[Planned], register: Register) -> list[Planned]:
    """What would become of each row, given what was found in its cells and what the register holds. Pure."""
    in_file = _InFile(rows)
    return [_judged(row, register, in_file) for row in rows]


class _InFile:
    """How the rows of one file stand to each other."""

    def __init__(self, rows: Sequence[Planned]) -> None:
        self.same = Counter(_same_person(row.entry) for row in rows)
        self.name_and_birth = Counter((row.entry.name, row.entry.born_on) for row in rows)
        self.identities = Counter(row.entry.identity.get("index", "") for row in rows)
        self.names = Counter(row.entry.name for row in rows)
        self.phones = Counter(row.entry.phone for row in rows if row.entry.phone)
        self.points = Counter(row.entry.book_code for row in rows if row.entry.book_code and row.entry.opening_steps)


def _judged(row: Planned, register: Register, in_file: _InFile) -> Planned:
    # What the cells themselves gave stays; what depends on other rows and the register is found anew.
    problems = [problem for problem in row.problems if not problem.get("judged")]
    notes = [note for note in row.notes if not note.get("judged")]
    verdict, others = _met(row.entry, register)
    entry = row.entry
    if verdict == "new" and entry.born_on and in_file.name_and_birth[entry.name, entry.born_on] > 1:
        verdict = "doubtful"
        notes.append(_judgement("same_name_and_birth_in_file"))
    elif in_file.names[entry.name] > 1:
        notes.append(_judgement("same_name_in_file", count=in_file.names[entry.name]))
    if others:
        notes.append(
            _judgement({"known": "is_there", "doubtful": "may_be_there"}.get(verdict, "same_name"), people=others)
        )
    if verdict == "known" and (entry.opening_minutes or entry.opening_steps):
        # It was booked when she came in: a file that grew is uploaded again as it is, and books nothing twice.
        notes.append(_judgement("opening_passed_over"))
    problems += _twice(entry, in_file) + _contradictions(entry, verdict, register)
    sharers = in_file.phones[entry.phone] + register.phones.get(entry.phone, 0) if entry.phone else 0
    if sharers > 1 and verdict != "known":
        notes.append(_judgement("phone_shared", count=sharers))
    return replace(row, verdict="error" if problems else verdict, problems=tuple(problems), notes=tuple(notes))


def _twice(entry: Entry, in_file: _InFile) -> list[dict[str, Any]]:
    """What another row of the same file says already."""
    problems = []
    index = entry.identity.get("index", "")
    if index and in_file.identities[index] > 1:
        problems.append(_judgement("identity_twice", column="identity_number"))
    elif not index and in_file.same[_same_person(entry)] > 1:
        problems.append(_judgement("twice_in_file", column="name"))
    if entry.book_code and entry.opening_steps and in_file.points[entry.book_code] > 1:
        problems.append(_judgement("points_twice", column="opening_points"))
    return problems


def _contradictions(entry: Entry, verdict: str, register: Register) -> list[dict[str, Any]]:
    """What the register or the policy does not allow."""
    problems = []
    if verdict == "error":
        problems.append(_judgement("identity_taken", column="identity_number"))
    if entry.opening_minutes > register.ceiling_minutes:
        problems.append(_judgement("over_ceiling", column="opening_minutes", most=register.ceiling_minutes))
    return problems


def _met(entry: Entry, register: Register) -> tuple[str, list[str]]:
    """Whether the register holds this person already, and the numbers of those it may be."""
    there = register.by_identity.get(entry.identity.get("index", ""))
    if there is not None:
        return ("known" if there.name == entry.name else "error"), [there.number]
    same_name = register.by_name.get(entry.name, [])
    # Two different identity numbers are two people, whatever else they share.
    met = {
        person.number: _resembles(entry, person, register)
        for person in same_name
        if not (person.identity_index and entry.identity)
    }
    for verdict in ("known", "doubtful"):
        if verdict in met.values():
            return verdict, [number for number, found in met.items() if found == verdict]
    return "new", [person.number for person in same_name]


def _resembles(entry: Entry, person: Person, register: Register) -> str:
    """Whether somebody of the same name is the same person: known, doubtful, or new."""
    born_on = str(person.born_on or "")
    if born_on and entry.born_on and born_on != entry.born_on:
        return "new"
    code = register.book_codes.get(person.household_id, "")
    if entry.book_code == code:
        # Without a register code only a birthday tells: a bare name may be anybody's.
        return "known" if born_on == entry.born_on and (code or born_on) else "doubtful"
    return "doubtful" if born_on == entry.born_on != "" or not entry.book_code else "new"


def _same_person(entry: Entry) -> tuple[str, str, str, str]:
    # Rows without a register code and a birthday are told apart by nothing but their phone.
    return entry.name, entry.born_on, entry.book_code, "" if entry.born_on or entry.book_code else entry.phone


def _judgement(code: str, **facts: Any) -> dict[str, Any]:
    return {"code": code, "judged": True, **facts}


def register(session: Session, community_id: int, *, on: date) -> Register:
    """What files are compared with: everybody who is in the register, by name and identity."""
    people = session.scalars(
        select(Person).where(col(Person.community_id) == community_id, col(Person.left_on).is_(None))
    ).all()
    by_name: dict[str, list[Person]] = {}
    for person in people:
        by_name.setdefault(person.name, []).append(person)
    codes = session.execute(
        select(col(Household.id), col(Household.book_code)).where(
            col(Household.community_id) == community_id, col(Household.book_code).is_not(None)
        )
    )
    return Register(
        by_identity={person.identity_index.hex(): person for person in people if person.identity_index},
        by_name=by_name,
        book_codes={household_id: book_code or "" for household_id, book_code in codes},
        phones=Counter(person.phone for person in people if person.phone),
        ceiling_minutes=policy.of(session, community_id, on).ceiling_minutes,
    )
