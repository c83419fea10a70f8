"""How somebody stands before she is erased: what is in the way, what would go, what stays, whom it touches. Reads only."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select
from sqlmodel import Session, col

from ledger import erasing, reading, tables
from ledger.rules import Account
from timebank.accounts import AccountOwner
from timebank.erasure import columns
from timebank.erasure.columns import HERS, Subject, table
from timebank.hours.orders.states import OPEN as OPEN_ORDERS
from timebank.people import logins
from timebank.people.logins import LoginPerson, RoleGrant
from timebank.people.residents import ERASED, Person
from timebank.points.awards.tables import APPROVED, ENTERED, FROZEN, PUBLISHED
from timebank.points.shop.tables import ORDERED

OPEN_VISITS = ("open", "closed", "estimated", "under_review")
OPEN_AWARDS = (ENTERED, APPROVED, PUBLISHED, FROZEN)
OPEN_OBJECTIONS = ("open", "appealed")
SHORTEST_SOUGHT = 2  # characters: a single one stands in too many other words


@dataclass(frozen=True)
class Obstacle:
    """What must be settled first: a stable code, and how many (`minutes` and `steps`: how much)."""

    code: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What erasing a person would mean now.

    `goes` counts rows by topic; `details` are the entries whose salt and detail go, of `entries` that name her accounts.
    `others` are the accounts of others that share such entries, with how many: their owners' receipts are affected.
    `seqs_shared` are those entries. `home` says whether her household goes with her; `login` whether her sign-in does;
    `login_stays` that it is somebody's elsewhere too. `namesake`: her name is also somebody else's, so that texts that
    are not about her are not searched for it; `short_name`: it is too short to be searched for.
    """

    obstacles: Sequence[Obstacle]
    minutes: int
    steps: int
    goes: Mapping[str, int]
    entries: int
    details: int
    others: Mapping[int, int]
    seqs_shared: Sequence[int]
    accounts: Sequence[int]
    home: bool
    login: bool
    login_stays: bool
    namesake: bool
    short_name: bool


def subject_of(session: Session, person: Person, *, today: dt.date) -> Subject:
    """Whose rows are meant: hers, her household's if nobody else lives there, her sign-in's if it is nobody else's."""
    login_id = logins.login_of(session, person.community_id, person.id)
    if login_id is not None and _is_anybody_elses(session, login_id, person, today=today):
        login_id = None
    return Subject(
        community_id=person.community_id,
        person_id=person.id,
        home=person.household_id if lives_alone(session, person) else None,
        login=login_id,
    )


def lives_alone(session: Session, person: Person) -> bool:
    """Whether nobody else of the register, not even somebody who has left, belongs to her household."""
    others = select(func.count()).where(
        col(Person.community_id) == person.community_id,
        col(Person.household_id) == person.household_id,
        col(Person.id) != person.id,
        col(Person.left_reason) != ERASED,
    )
    return session.scalar(others) == 0


def accounts_of(session: Session, subject: Subject) -> list[int]:
    """All accounts that are hers, lots and closed ones too, and those of a household that goes with her."""
    owner = or_(
        and_(col(AccountOwner.kind) == "person", col(AccountOwner.owner_id) == subject.person_id),
        and_(col(AccountOwner.kind) == "household", col(AccountOwner.owner_id) == subject.home)
        if subject.home
        else col(AccountOwner.kind).is_(None),
    )
    query = select(col(AccountOwner.account)).where(col(AccountOwner.community_id) == subject.community_id, owner)
    return sorted(session.scalars(query))


def preview(session: Session, person: Person, *, now: dt.datetime, today: dt.date, gives_rest: bool = False) -> Preview:
    """What erasing this person would mean. With `gives_rest` a balance is no obstacle: it goes to the pool, or lapses."""
    subject = subject_of(session, person, today=today)
    numbers = accounts_of(session, subject)
    held = reading.accounts(session, person.community_id, numbers=numbers)
    left = {unit: sum(row.balance for row in held if row.unit == unit and row.closed is None) for unit in ("min", "pt")}
    naming = erasing.naming(session, person.community_id, numbers)
    shared = _shared(session, person.community_id, naming, numbers)
    login_id = logins.login_of(session, person.community_id, person.id)
    return Preview(
        obstacles=[
            *_obstacles(session, subject, now=now, today=today),
            *(() if gives_rest else _rest(left)),
            *_cannot_close(held),
        ],
        minutes=left["min"],
        steps=left["pt"],
        goes=_counted(session, subject),
        entries=len(naming),
        details=_count_details(session, person.community_id, naming),
        others=Counter(account for account, _ in shared),
        seqs_shared=sorted({seq for _, seq in shared}),
        accounts=numbers,
        home=subject.home is not None,
        login=subject.login is not None,
        login_stays=login_id is not None and subject.login is None,
        namesake=has_namesake(session, person),
        short_name=len(person.name) < SHORTEST_SOUGHT,
    )


def has_namesake(session: Session, person: Person) -> bool:
    """Whether her name stands in the name of somebody else of the register."""
    others = select(col(Person.id)).where(
        col(Person.community_id) == person.community_id,
        col(Person.id) != person.id,
        col(Person.name).contains(person.name, autoescape=True),
    )
    return session.scalars(others.limit(1)).first() is not None


def shares_phone(session: Session, person: Person) -> bool:
    """Whether her phone is somebody else's of the register too."""
    others = select(col(Person.id)).where(
        col(Person.community_id) == person.community_id,
        col(Person.id) != person.id,
        col(Person.phone) == person.phone,
    )
    return session.scalars(others.limit(1)).first() is not None


def _obstacles(session: Session, subject: Subject, *, now: dt.datetime, today: dt.date) -> list[Obstacle]:
    """What is still going on."""
    order, visit, award, shop = (table(name) for name in ("service_order", "visit", "award", "shop_order"))
    objection, claim, activity = table("objection"), table("order_claim"), table("activity")
    me, home = subject.person_id, subject.home
    hers = or_(objection.c.person_id == me, columns.about_her_lines(objection, subject))
    asked: tuple[tuple[str, Table, ColumnElement[bool]], ...] = (
        (
            "open_orders",
            order,
            and_(order.c.state.in_(OPEN_ORDERS), or_(order.c.recipient_id == me, order.c.volunteer_id == me)),
        ),
        ("open_claims", claim, and_(claim.c.outcome == "standing", claim.c.person_id == me)),
        ("open_visits", visit, and_(visit.c.state.in_(OPEN_VISITS), visit.c.person_id == me)),
        ("open_awards", award, and_(award.c.state.in_(OPEN_AWARDS), _of(award, me, home))),
        ("open_shop_orders", shop, and_(shop.c.state == ORDERED, _of(shop, me, home))),
        ("open_objections", objection, and_(objection.c.state.in_(OPEN_OBJECTIONS), hers)),
        (
            "leads_activities",
            activity,
            and_(activity.c.leader_id == me, activity.c.cancelled_at.is_(None), activity.c.ends_at >= now),
        ),
    )
    found = [
        Obstacle(code, count)
        for code, one, is_open in asked
        if (count := session.scalar(_count(one).where(one.c.community_id == subject.community_id, is_open)))
    ]
    roles = _roles(session, subject, today=today)
    return [*found, Obstacle("roles", roles)] if roles else found


def _of(one: Table, me: uuid.UUID, home: uuid.UUID | None) -> ColumnElement[bool]:
    """Rows of her, or of a household that goes with her."""
    return one.c.person_id == me if home is None else or_(one.c.person_id == me, one.c.household_id == home)


def _roles(session: Session, subject: Subject, *, today: dt.date) -> int:
    """Roles that she holds today or later: they are handed over first. Volunteers and recipients are no officers."""
    query = select(func.count()).where(
        col(RoleGrant.community_id) == subject.community_id,
        col(RoleGrant.person_id) == subject.person_id,
        col(RoleGrant.role).not_in(("volunteer", "recipient", "resident")),
        _holds(today),
    )
    return session.scalar(query) or 0


def _is_anybody_elses(session: Session, login_id: uuid.UUID, person: Person, *, today: dt.date) -> bool:
    """Whether the sign-in is a person elsewhere, or an officer by itself: an operator, an auditor."""
    elsewhere = select(col(LoginPerson.person_id)).where(
        col(LoginPerson.login_id) == login_id,
        or_(col(LoginPerson.community_id) != person.community_id, col(LoginPerson.person_id) != person.id),
    )
    by_itself = select(col(RoleGrant.id)).where(col(RoleGrant.login_id) == login_id, _holds(today))
    return any(session.scalars(query.limit(1)).first() is not None for query in (elsewhere, by_itself))


def _holds(today: dt.date) -> ColumnElement[bool]:
    """Whether a role holds today, or will."""
    return and_(
        col(RoleGrant.revoked_at).is_(None), or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= today)
    )


def _rest(left: Mapping[str, int]) -> list[Obstacle]:
    return [Obstacle({"min": "minutes", "pt": "steps"}[unit], rest) for unit, rest in left.items() if rest > 0]


def _cannot_close(accounts: Sequence[Account]) -> list[Obstacle]:
    """Accounts that something is held on, or that owe."""
    still = [one for one in accounts if one.closed is None]
    held, owing = sum(one.held > 0 for one in still), sum(one.balance < 0 for one in still)
    return [Obstacle(code, count) for code, count in (("holds", held), ("owes", owing)) if count]


def _counted(session: Session, subject: Subject) -> dict[str, int]:
    """Rows that are hers, by topic."""
    found: Counter[str] = Counter()
    for rule in HERS:
        if rule.topic:
            one = table(rule.table)
            found[rule.topic] += session.scalar(_count(one).where(rule.where(one, subject))) or 0
    return {topic: count for topic, count in found.items() if count}


def _count(one: Table) -> Select[Any]:
    return select(func.count()).select_from(one)


def _count_details(session: Session, community_id: int, seqs: set[int]) -> int:
    detail, ordered, found = tables.detail.c, sorted(seqs), 0
    for start in range(0, len(ordered), erasing.SEQS_AT_ONCE):
        some = ordered[start : start + erasing.SEQS_AT_ONCE]
        found += (
            session.scalar(_count(tables.detail).where(detail.community_id == community_id, detail.seq.in_(some))) or 0
        )
    return found


def _shared(session: Session, community_id: int, seqs: set[int], own: Sequence[int]) -> list[tuple[int, int]]:
    """(account of another person, entry) of the entries that name her accounts."""
    posting, ordered = tables.posting.c, sorted(seqs)
    found: list[tuple[int, int]] = []
    for start in range(0, len(ordered), erasing.SEQS_AT_ONCE):
        query = (
            select(posting.account, posting.seq)
            .join(
                AccountOwner,
                and_(
                    col(AccountOwner.community_id) == posting.community_id,
                    col(AccountOwner.account) == posting.account,
                ),
            )
            .where(posting.community_id == community_id, posting.seq.in_(ordered[start : start + erasing.SEQS_AT_ONCE]))
            .where(col(AccountOwner.kind).in_(("person", "household", "team")), posting.account.not_in(own))
        )
        found += [(account, seq) for account, seq in session.execute(query)]
    return found
