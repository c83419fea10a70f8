"""Posts (岗位): who answers for which grid and which building today, and where nobody does.

A post is a role that is held at an area of one level. The grants are those of `roles`; here they are laid beside the
tree, so that a grid without a grid worker shows. Who has left the register holds no post.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from timebank.people import areas, communities
from timebank.people.areas import Area
from timebank.people.communities import community_of
from timebank.people.logins import Login, LoginPerson, RoleGrant
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

SOON = timedelta(days=30)


@dataclass(frozen=True)
class Post:
    """One kind of post: the role that fills it, and the level of area that each has one at."""

    role: str
    level: str


# One line a kind of post.
POSTS = (Post("grid_worker", "grid"), Post("building_captain", "building"))


@dataclass(frozen=True)
class Holder:
    """Who holds a post. `phone` is empty for who may not see it; `ends_soon`: within thirty days."""

    person_id: uuid.UUID | None
    number: str
    name: str
    phone: str
    from_on: date
    until_on: date | None
    ends_soon: bool
    also: int  # how many other posts of this kind the same person holds


@dataclass(frozen=True)
class Seat:
    """A post at one area, and who holds it: nobody, if it is vacant. `begins_on`: when somebody's day comes, if it is ahead."""

    post: Post
    area: Area
    above: str  # the grid of a building
    holders: tuple[Holder, ...]
    begins_on: date | None
    residents: int
    mine: bool

    @property
    def is_vacant(self) -> bool:
        """Whether nobody answers for this area today."""
        return not self.holders


@dataclass(frozen=True)
class Coverage:
    """How many of the areas of a level have somebody, and how many residents live where nobody answers."""

    post: Post
    seats: int
    filled: int
    residents_without: int

    @property
    def percent(self) -> int:
        """Floored: 100 only where every area has somebody."""
        return 100 * self.filled // self.seats if self.seats else 0


def directory(session: Session, *, actor: Actor, now: datetime) -> list[Seat]:
    """Every post of the community by area, the grids before the buildings in them.

    Residents see names; phones are for who works with the register.
    """
    community_id = community_of(actor)
    require(actor, "posts.listed", community_id=community_id)
    place = communities.community(session, community_id)
    today = communities.local_day(place, now)
    tree = areas.under(session, place.area_path, levels=[post.level for post in POSTS])
    names = {area.path: area.name for area in tree}
    held = _holders(session, place.area_path, community_id, today, phones=_may_see_phones(actor))
    counts = _residents(session, community_id)
    own = _own_path(session, actor)
    by_level = {post.level: post for post in POSTS}
    seats = []
    for area in tree:
        post = by_level[area.level]
        holders, begins_on = held.get((post.role, area.path), ((), None))
        seats.append(
            Seat(
                post=post,
                area=area,
                above=next((names[path] for path in names if path != area.path and area.path.startswith(path)), ""),
                holders=tuple(holders),
                begins_on=begins_on,
                residents=sum(count for path, count in counts.items() if path.startswith(area.path)),
                mine=own.startswith(area.path),
            )
        )
    return seats


def coverage(seats: Iterable[Seat]) -> list[Coverage]:
    """One line a kind of post; what its numbers count is the directory itself."""
    seats = list(seats)
    told = []
    for post in POSTS:
        own = [seat for seat in seats if seat.post == post]
        told.append(
            Coverage(
                post=post,
                seats=len(own),
                filled=sum(not seat.is_vacant for seat in own),
                residents_without=sum(seat.residents for seat in own if seat.is_vacant),
            )
        )
    return told


def _may_see_phones(actor: Actor) -> bool:
    return may(actor, "residents.search", community_id=actor.community_id)


def _own_path(session: Session, actor: Actor) -> str:
    person = session.get(Person, (actor.community_id, actor.person_id)) if actor.person_id else None
    return person.area_path if person is not None else ""


def _holders(
    session: Session, community_path: str, community_id: int, today: date, *, phones: bool
) -> dict[tuple[str, str], tuple[list[Holder], date | None]]:
    """By role and area: who holds the post today, and the first day of who will."""
    grants = list(
        session.scalars(
            select(RoleGrant)
            .where(
                col(RoleGrant.role).in_([post.role for post in POSTS]),
                col(RoleGrant.area_path).startswith(community_path, autoescape=True),
                col(RoleGrant.revoked_at).is_(None),
                or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= today),
            )
            .order_by(col(RoleGrant.from_on), col(RoleGrant.id))
        )
    )
    people, names = _people(session, community_id, grants)
    live = [grant for grant in grants if _key(grant, people) is not None]
    posts_of: dict[tuple[str, object], set[str]] = {}
    for grant in live:
        if grant.from_on <= today:
            posts_of.setdefault((grant.role, _key(grant, people)), set()).add(grant.area_path)
    found: dict[tuple[str, str], tuple[list[Holder], date | None]] = {}
    for grant in live:
        holders, begins_on = found.setdefault((grant.role, grant.area_path), ([], None))
        if grant.from_on > today:
            found[grant.role, grant.area_path] = holders, begins_on or grant.from_on
            continue
        person = people.get(grant.id)
        who = person.id if person else None
        if any(held.person_id == who and who is not None for held in holders):
            continue
        holders.append(
            Holder(
                person_id=who,
                number=person.number if person else "",
                name=person.name if person else names.get(grant.login_id, "") if grant.login_id else "",
                phone=(person.phone or "") if person and phones else "",
                from_on=grant.from_on,
                until_on=grant.until_on,
                ends_soon=grant.until_on is not None and grant.until_on - today <= SOON,
                also=len(posts_of[grant.role, _key(grant, people)]) - 1,
            )
        )
    return found


def _key(grant: RoleGrant, people: dict[uuid.UUID, Person]) -> object | None:
    """Who holds a grant, or None if it is nobody of this community any more."""
    person = people.get(grant.id)
    if person is not None:
        return None if person.left_on is not None else person.id
    return grant.login_id


def _people(
    session: Session, community_id: int, grants: Iterable[RoleGrant]
) -> tuple[dict[uuid.UUID, Person], dict[uuid.UUID, str]]:
    """The person behind each grant (its own, or the one of its sign-in), and the names of sign-ins that are none."""
    grants = list(grants)
    login_ids = [grant.login_id for grant in grants if grant.login_id]
    links = {
        link.login_id: link.person_id
        for link in session.scalars(
            select(LoginPerson).where(
                col(LoginPerson.community_id) == community_id, col(LoginPerson.login_id).in_(login_ids)
            )
        )
    }
    wanted = {
        grant.id: grant.person_id or (links.get(grant.login_id) if grant.login_id else None)
        for grant in grants
        if grant.community_id in {None, community_id}
    }
    ids = [person_id for person_id in wanted.values() if person_id]
    found = {
        person.id: person
        for person in session.scalars(
            select(Person).where(col(Person.community_id) == community_id, col(Person.id).in_(ids))
        )
    }
    names = {login.id: login.name or "" for login in session.scalars(select(Login).where(col(Login.id).in_(login_ids)))}
    return {grant_id: found[who] for grant_id, who in wanted.items() if who in found}, names


def _residents(session: Session, community_id: int) -> dict[str, int]:
    """How many people live at each area, those who left not counted."""
    query = (
        select(col(Person.area_path), func.count())
        .where(col(Person.community_id) == community_id, col(Person.left_on).is_(None))
        .group_by(col(Person.area_path))
    )
    return {path: count for path, count in session.execute(query)}  # noqa: C416 - a result is no list of pairs
