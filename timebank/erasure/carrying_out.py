"""Carrying an erasure out, in one write: nothing of the person is left but numbers that lead to nobody.

What is left in her accounts is given away in a write before, so that its detail goes with the others.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, delete, exists, func, or_, select, type_coerce, update
from sqlmodel import Session, col

from ledger import Book, book_of
from timebank.accounts import LAPSED_PT, POOL_MIN, AccountOwner
from timebank.columns import new_id
from timebank.erasure import standing
from timebank.erasure.asking import (
    ErasureObstacles,
    ErasureWrongState,
    erasure,
    open_of,
    unscrubbed,
)
from timebank.erasure.columns import ANSWERS, HERS, STAGED, STAR, TEXTS, Rule, Subject, Without, table
from timebank.erasure.tables import APPROVED, DONE, GIVEN, Erasure
from timebank.hours.activities import seats
from timebank.people import communities, households, residents
from timebank.people.identity import Vault
from timebank.people.residents import Person, spoken_phone
from timebank.permissions import Actor, require

ACCOUNTS_OF_AN_ENTRY = 1_000
GONE = {"code": residents.ERASED, "facts": {}}
FOUNDERS = (1, 2)  # the officers of a community's first day


def dispose(session: Session, *, actor: Actor, now: dt.datetime, erasure_id: uuid.UUID) -> dict[str, Any]:
    """Give to the pool what is left in her accounts, and let the points of a household of one lapse, as she agreed.

    Nothing left: nothing written. `left` says that the erasing itself comes next.
    """
    wish, person = _due(session, actor, erasure_id)
    if person is None:
        return _answer(wish)
    today = communities.local_day(communities.community(session, wish.community_id), now)
    subject = standing.subject_of(session, person, today=today)
    _refuse_obstacles(session, wish, subject, person, now=now)
    book = book_of(session)
    for number in _open_mains(session, subject, book):
        rest = sum(one.balance for one in book.accounts_of(number))
        if rest > 0:
            to = POOL_MIN if book.account(number).unit == "min" else LAPSED_PT
            detail = {"use_case": "erasure.dispose", "erasure": wish.id.hex, "credited": rest}
            book.post(book.debit(number, rest, credits={to: rest}), on=today, detail=detail)
            wish.counts = {GIVEN: wish.counts.get(GIVEN, 0) + 1}
    session.flush()
    return {**_answer(wish), "left": True}


def carry_out(
    session: Session, *, actor: Actor, now: dt.datetime, erasure_id: uuid.UUID, vault: Vault | None = None
) -> dict[str, Any]:
    """Erase: close the accounts, take away salts and details, append `erase`, take the person out of every table.

    Harmless when repeated. `vault` opens the identity number, so that texts are searched for it too.

    Raises:
        ErasureObstacles: something came up since it was approved, or a balance is left; it waits until that is settled.
        ErasureWrongState: not approved, or not due yet.
    """
    wish, person = _due(session, actor, erasure_id)
    if person is None:
        return _answer(wish)
    today = communities.local_day(communities.community(session, wish.community_id), now)
    subject = standing.subject_of(session, person, today=today)
    _refuse_obstacles(session, wish, subject, person, now=now)
    book = book_of(session)
    numbers = standing.accounts_of(session, subject)
    left = [number for number in numbers if book.account(number).closed is None and book.account(number).balance]
    if left:
        raise ErasureObstacles(obstacles=["minutes"])
    details, entry = _close(book, numbers)
    seats.free_places_of(session, wish.community_id, person.id, now)
    sought = _sought(session, person, vault)
    rows = _take_out(session, subject, person, now=now)
    session.execute(
        delete(AccountOwner).where(
            col(AccountOwner.community_id) == wish.community_id, col(AccountOwner.account).in_(numbers)
        )
    )
    mentions = _strike(session, wish.community_id, person, sought)
    wish.state, wish.ended_at, wish.ended_by, wish.reason = DONE, now, actor.number, ""
    wish.accounts, wish.entry = numbers, entry
    wish.counts = {"details": details, "rows": rows, "mentions": mentions}
    session.flush()
    return _answer(wish)


def ask_again(session: Session, *, actor: Actor, now: dt.datetime, person_id: uuid.UUID) -> dict[str, Any]:
    """Somebody who was erased is back, since an older backup was restored: to be carried out at once, asking nobody anew.

    Two officers approved it before; who they were went with the entries that the backup lacks.
    """
    community_id = communities.community_of(actor)
    require(actor, "erasure.carry_out", community_id=community_id)
    person = residents.person(session, community_id, person_id)
    if residents.is_erased(person):
        return {"code": "erasure_done"}
    wish = open_of(session, community_id, person_id)
    if wish is None:
        wish = Erasure(
            community_id=community_id,
            id=new_id(now),
            person_id=person_id,
            number=person.number,
            reason="",
            gives_rest=True,
            state=APPROVED,
            asked_at=now,
            asked_by=actor.number,
            asked_officer=FOUNDERS[0],
        )
        session.add(wish)
    wish.state, wish.gives_rest, wish.due_at = APPROVED, True, now
    wish.approved_at, wish.approved_by = wish.approved_at or now, wish.approved_by or actor.number
    wish.approved_officer = wish.approved_officer or next(one for one in FOUNDERS if one != wish.asked_officer)
    session.flush()
    return _answer(wish)


def scrubbed(session: Session, *, actor: Actor, now: dt.datetime, until: dt.datetime) -> dict[str, Any]:
    """Note that the files hold nothing any more of who was erased until then."""
    community_id = communities.community_of(actor)
    require(actor, "erasure.carry_out", community_id=community_id)
    for wish in unscrubbed(session, community_id, until=until):
        wish.scrubbed_at = now
    session.flush()
    return {"code": "erasures_scrubbed"}


def _due(session: Session, actor: Actor, erasure_id: uuid.UUID) -> tuple[Erasure, Person | None]:
    """The wish and the person; None where it is done."""
    wish = erasure(session, communities.community_of(actor), erasure_id)
    require(actor, "erasure.carry_out", community_id=wish.community_id)
    if wish.state == DONE:
        return wish, None
    if wish.state != APPROVED:
        raise ErasureWrongState(state=wish.state)
    person = residents.person(session, wish.community_id, wish.person_id)
    return wish, None if residents.is_erased(person) else person


def _refuse_obstacles(session: Session, wish: Erasure, subject: Subject, person: Person, *, now: dt.datetime) -> None:
    if wish.due_at is None or wish.due_at > now:
        raise ErasureWrongState(state=wish.state)
    today = communities.local_day(communities.community(session, wish.community_id), now)
    found = standing.preview(session, person, now=now, today=today, gives_rest=wish.gives_rest)
    book = book_of(session)
    held = any(book.account(number).held for number in standing.accounts_of(session, subject))
    codes = [one.code for one in found.obstacles] + (["holds"] if held else [])
    if codes:
        raise ErasureObstacles(obstacles=sorted(set(codes)))


def _open_mains(session: Session, subject: Subject, book: Book) -> list[int]:
    accounts = [book.account(number) for number in standing.accounts_of(session, subject)]
    return [one.number for one in accounts if one.owner == one.number and one.closed is None]


def _close(book: Book, numbers: Sequence[int]) -> tuple[int, int | None]:
    """Lots first, then the main accounts; returns how many entries lost their detail, and the `erase` entry."""
    accounts = [book.account(number) for number in numbers]
    fresh = [one.number for one in accounts if not one.erased]
    if not fresh:
        return 0, None
    details = book.forget(fresh)
    for account in sorted(accounts, key=lambda one: (one.owner == one.number, one.number)):
        if account.closed is None:
            book.close(account.number)
    seq = None
    for start in range(0, len(fresh), ACCOUNTS_OF_AN_ENTRY):
        seq = book.erase(fresh[start : start + ACCOUNTS_OF_AN_ENTRY])
    return details, seq


def _take_out(session: Session, subject: Subject, person: Person, *, now: dt.datetime) -> int:
    """Do what the list of columns says, and leave a row of the register that is nobody; returns how many rows it was."""
    _forget_uploads(session, person)
    _rename_home(session, person)
    rows = sum(_apply(session, rule, subject) for rule in HERS)
    session.expire_all()
    place = communities.community(session, subject.community_id)
    nobody = residents.person(session, subject.community_id, subject.person_id)
    nobody.area_path = place.area_path
    nobody.left_on, nobody.left_reason = communities.local_day(place, now), residents.ERASED
    if subject.home is not None:
        home = households.household(session, subject.community_id, subject.home)
        home.area_path, home.closed_on = place.area_path, communities.local_day(place, now)
    session.flush()
    return rows


def _apply(session: Session, rule: Rule, subject: Subject) -> int:
    one = table(rule.table)
    where = rule.where(one, subject)
    if rule.becomes is None:
        return _rows(session, delete(one).where(where))
    plain = {name: value for name, value in rule.becomes.items() if not isinstance(value, Without)}
    changed = _rows(session, update(one).where(where).values(**plain)) if plain else 0
    for name, value in rule.becomes.items():
        if isinstance(value, Without):
            keys = list(one.primary_key.columns)
            for row in session.execute(select(*keys, one.c[name]).where(where)).all():
                same = and_(*(key == told for key, told in zip(keys, row[:-1], strict=True)))
                if value(row[-1]) != row[-1]:
                    changed += _rows(session, update(one).where(same).values({name: value(row[-1])}))
    return changed


def _rows(session: Session, statement: Any) -> int:
    found: int = session.execute(statement.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    return found


def _rename_home(session: Session, person: Person) -> None:
    """A household that bore her name bears that of another member."""
    home = households.household(session, person.community_id, person.household_id)
    if home.name == person.name:
        others = [
            one
            for one in residents.members(session, person.community_id, home.id)
            if one.id != person.id and not residents.has_left(one)
        ]
        home.name = others[0].name if others else ""
        session.flush()


def _forget_uploads(session: Session, person: Person) -> None:
    """Her rows of files that were taken in go; files that still wait and name her go as a whole."""
    batch, row, staging = table("import_batch"), table("import_row"), table("points_staging")
    run = table("import_run")
    own = row.c.community_id == person.community_id
    if person.import_id is not None:
        _rows(session, delete(row).where(own, row.c.batch_id == person.import_id, row.c.number == person.import_row))
    named = or_(*(_holds(row.c[name], person.name) for name in STAGED["import_row"]))
    waiting = select(batch.c.id).where(
        batch.c.community_id == person.community_id,
        batch.c.state == "staged",
        # A confirmed file comes in without its rows that name her.
        ~exists().where(run.c.community_id == batch.c.community_id, run.c.batch_id == batch.c.id),
    )
    going = list(session.scalars(select(row.c.batch_id).where(own, named, row.c.batch_id.in_(waiting)).distinct()))
    _rows(session, delete(row).where(own, row.c.batch_id.in_(going)))
    _rows(session, delete(batch).where(batch.c.community_id == person.community_id, batch.c.id.in_(going)))
    # Of files that were taken in, rows with her name that became nobody else's.
    kept = {
        (one.import_id, one.import_row)
        for one in session.scalars(
            select(Person).where(
                col(Person.community_id) == person.community_id,
                col(Person.import_id).is_not(None),
                col(Person.name).contains(person.name, autoescape=True),
                col(Person.id) != person.id,
            )
        )
    }
    for batch_id, number in session.execute(select(row.c.batch_id, row.c.number).where(own, named)).all():
        if (batch_id, number) not in kept:
            _rows(session, delete(row).where(own, row.c.batch_id == batch_id, row.c.number == number))
    staged = or_(*(_holds(staging.c[name], person.name) for name in STAGED["points_staging"]))
    number = _holds(staging.c.content, person.number)
    _rows(session, delete(staging).where(staging.c.community_id == person.community_id, or_(staged, number)))


def _sought(session: Session, person: Person, vault: Vault | None) -> list[str]:
    """What stands for her in a text; her name and her phone only if they are nobody else's."""
    found = [] if standing.has_namesake(session, person) else [person.name]
    if person.phone and not standing.shares_phone(session, person):
        plain = person.phone.removeprefix("+86")
        found += [person.phone, plain, spoken_phone(person.phone)]
    if person.identity_cipher and vault is not None:
        found.append(vault.unlock(person.identity_cipher, community_id=person.community_id, person_id=person.id))
    return sorted({one for one in found if len(one) >= standing.SHORTEST_SOUGHT}, key=lambda one: -len(one))


def _strike(session: Session, community_id: int, person: Person, sought: Sequence[str]) -> int:
    """Put stars where she is named in anybody's text, and forget answers that name her; returns how many rows it was."""
    struck = 0
    for one, names in _texts(TEXTS):
        for name in names:
            for said in sought:
                column = one.c[name]
                replaced = func.replace(_text(column), said, STAR * len(said))
                where = and_(one.c.community_id == community_id, _holds(column, said))
                struck += _rows(session, update(one).where(where).values({name: replaced}))
    for one, names in _texts(ANSWERS):
        for name in names:
            held = or_(*(_holds(one.c[name], said) for said in (*sought, person.name, person.id.hex)))
            struck += _rows(session, update(one).where(one.c.community_id == community_id, held).values({name: GONE}))
    return struck


def _texts(listed: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[Table, tuple[str, ...]]]:
    for name, columns in listed.items():
        yield table(name), columns


def _text(column: Any) -> Any:
    """A column as the text that is stored, JSON too."""
    return type_coerce(column, Text)


def _holds(column: Any, said: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _text(column).contains(said, autoescape=True)
    return found


def _answer(wish: Erasure) -> dict[str, Any]:
    return {"code": "erasure_done" if wish.state == DONE else "erasure_due", "erasure": wish.id.hex}
