"""What would become of each row of a file: taken in, passed over, asked about, or refused."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from timebank import policy
from timebank.people.households import Household
from timebank.people.imports.cells import Entry, Planned
from timebank.people.residents import Person

_PORTION = 1000


@dataclass(frozen=True)
class Known:
    """Somebody in the register, as far as a row can be her: identity as its index in hex, the register code of her home."""

    number: str
    name: str
    born_on: str
    identity_index: str
    book_code: str


@dataclass(frozen=True)
class Register:
    """What the register holds, as far as a file can collide with it."""

    by_identity: Mapping[str, Known]
    by_name: Mapping[str, list[Known]]
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
        person.number: _resembles(entry, person)
        for person in same_name
        if not (person.identity_index and entry.identity)
    }
    for verdict in ("known", "doubtful"):
        if verdict in met.values():
            return verdict, [number for number, found in met.items() if found == verdict]
    return "new", [person.number for person in same_name]


def _resembles(entry: Entry, person: Known) -> str:
    """Whether somebody of the same name is the same person: known, doubtful, or new."""
    born_on, code = person.born_on, person.book_code
    if born_on and entry.born_on and born_on != entry.born_on:
        return "new"
    if entry.book_code == code:
        # Without a register code only a birthday tells: a bare name may be anybody's.
        return "known" if born_on == entry.born_on and (code or born_on) else "doubtful"
    return "doubtful" if born_on == entry.born_on != "" or not entry.book_code else "new"


def _same_person(entry: Entry) -> tuple[str, str, str, str]:
    # Rows without a register code and a birthday are told apart by nothing but their phone.
    return entry.name, entry.born_on, entry.book_code, "" if entry.born_on or entry.book_code else entry.phone


def _judgement(code: str, **facts: Any) -> dict[str, Any]:
    return {"code": code, "judged": True, **facts}


def register(
    session: Session, community_id: int, rows: Sequence[Planned], *, on: date, but: uuid.UUID | None = None
) -> Register:
    """What these rows are compared with: who is in the register under one of their names or identities, and how often their phones are.

    `but`: a file whose people do not count, since it is its own rows that are judged; what identity they have by now does.
    """
    here = [col(Person.community_id) == community_id, col(Person.left_on).is_(None)]
    if but is not None:
        here.append(or_(col(Person.import_id).is_(None), col(Person.import_id) != but))
    query = (
        select(
            col(Person.number),
            col(Person.name),
            col(Person.born_on),
            col(Person.identity_index),
            col(Household.book_code),
        )
        .join(
            Household,
            and_(
                col(Household.community_id) == col(Person.community_id), col(Household.id) == col(Person.household_id)
            ),
        )
        .where(col(Person.community_id) == community_id)
    )
    by_name: dict[str, list[Known]] = {}
    by_identity: dict[str, Known] = {}
    for some in portions({row.entry.name for row in rows}):
        named = query.where(*here, col(Person.name).in_(some)).order_by(col(Person.serial))
        for found in session.execute(named):
            known = _known(found)
            by_name.setdefault(known.name, []).append(known)
    indexes = {row.entry.identity["index"] for row in rows if row.entry.identity}
    for some in portions(indexes):
        # Also of people who have left: an identity stands in the register once.
        asked = query.where(col(Person.identity_index).in_([bytes.fromhex(index) for index in some]))
        by_identity |= {known.identity_index: known for known in map(_known, session.execute(asked))}
    phones: Counter[str] = Counter()
    for some in portions({row.entry.phone for row in rows if row.entry.phone}):
        shared = (
            select(col(Person.phone), func.count())
            .where(*here, col(Person.phone).in_(some))
            .group_by(col(Person.phone))
        )
        phones.update({phone or "": count for phone, count in session.execute(shared)})
    return Register(
        by_identity=by_identity,
        by_name=by_name,
        phones=phones,
        ceiling_minutes=policy.of(session, community_id, on).ceiling_minutes,
    )


def met(row: Planned, register: Register) -> str:
    """Whom the register holds under this row when its turn comes: new, known, doubtful, or error (another's identity)."""
    return _met(row.entry, register)[0]


def portions(every: Iterable[str]) -> Iterator[list[str]]:
    """Some at a time, as many as one statement takes."""
    listed = sorted(every)
    for start in range(0, len(listed), _PORTION):
        yield listed[start : start + _PORTION]


def _known(row: Any) -> Known:
    number, name, born_on, identity_index, book_code = row
    return Known(
        number=number,
        name=name,
        born_on=str(born_on or ""),
        identity_index=identity_index.hex() if identity_index else "",
        book_code=book_code or "",
    )
