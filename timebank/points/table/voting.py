"""The vote on a table: recorded by the body's chair or the committee, never by one person alone.

Who records says what the minutes say; a second person compares the record with the minutes and confirms it, or sends it
back. Only then is the table published. The digest that was voted is the record's: what changed since cannot be confirmed.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import attachments, notices, policy
from timebank.attachments import Prepared
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points.table import bodies
from timebank.points.table.adoption import first_of_next_month, put_awards_in_use
from timebank.points.table.deliberating import DeliberationGoesOn
from timebank.points.table.digests import digest_of_items
from timebank.points.table.drafts import items_of
from timebank.points.table.life_tables import PointsBallot, PointsBody, PointsLife, PointsVote
from timebank.points.table.stages import Standing, close, community_of, enter, standing
from timebank.points.table.tables import IN_FORCE, PUBLISHED, SUPERSEDED, WITHDRAWN, PointsTable
from timebank.points.table.telling import members_of_bodies, villagers
from timebank.storage import new_id

RECORDED, CONFIRMED, SENT_BACK = "recorded", "confirmed", "sent_back"
SAID = ("for", "against", "abstain", "absent", "present")


class TooManyVersions(Refused):
    """The community already has its most versions for that year (facts `year`, `most`)."""

    code = "too_many_versions"


class NoQuorum(Refused):
    """Fewer were present than a quorum needs (facts `present`, `quorum`)."""

    code = "no_quorum"
    status = 422


class VotesDoNotAddUp(Refused):
    """More votes than people present, or more people than the body has (facts `votes`, `present`, `entitled`)."""

    code = "votes_do_not_add_up"
    status = 422


class NeedsSecondPerson(Refused):
    """Who recorded the vote does not confirm it."""

    code = "vote_needs_second_person"
    status = 403


class DraftMoved(Refused):
    """The items are no longer those that were voted."""

    code = "draft_moved"


@dataclass(frozen=True)
class Ballot:
    """A member's seat at the vote, and what was said."""

    ballot: PointsBallot
    person: Person | None


@dataclass(frozen=True)
class Vote:
    """A vote with its body and, where it was by roll-call or by presence, its members."""

    vote: PointsVote
    body: PointsBody
    ballots: tuple[Ballot, ...]

    @property
    def carried(self) -> bool:
        """More than half of those present said yes."""
        return self.vote.votes_for * 2 > self.vote.present


def record_vote(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    body_id: uuid.UUID,
    held_on: dt.date,
    minutes_digest: str,
    minutes: Prepared | None = None,
    roll: Mapping[uuid.UUID, str] | None = None,
    entitled: int | None = None,
    present: int | None = None,
    votes_for: int | None = None,
    votes_against: int | None = None,
    abstained: int | None = None,
) -> dict[str, Any]:
    """Write down what the minutes say of a vote; it counts when a second person confirmed it.

    By roll-call (`roll`: what each member said) the counts follow; by count they are given, and `roll` may still say who
    was present. The quorum is the policy's, of the members on the day of the vote; the assembly's size is given.

    Raises:
        DeliberationGoesOn, NoQuorum, VotesDoNotAddUp.
    """
    community_id = community_of(actor)
    body = bodies.body_of(session, community_id, body_id)
    today = today_in(session, community_id, now)
    if not bodies.is_chair(session, actor, body_id, today):
        require(actor, "table.adopt", community_id=community_id)
    found = standing(session, community_id, table_id)
    found.after("record_vote")
    until = found.life.deliberation_until
    if until is not None and until > now:
        raise DeliberationGoesOn(until_at=until.isoformat())
    first_day = today_in(session, community_id, until) if until else held_on
    _check(held_on=held_on, first_day=first_day, today=today, minutes_digest=minutes_digest, minutes=minutes)
    seats = bodies.seats_on(session, community_id, body_id, held_on)
    said = _said(seats, roll or {})
    given = {"present": present, "votes_for": votes_for, "votes_against": votes_against}
    counted = _counted(said, members=len(seats), entitled=entitled, given=given, abstained=abstained)
    rules = policy.of(session, community_id, held_on)
    percent = rules.table_assembly_quorum_percent if body.kind == bodies.ASSEMBLY else rules.table_quorum_percent
    quorum = quorum_of(counted["entitled"], percent)
    if counted["present"] < quorum:
        raise NoQuorum(present=counted["present"], quorum=quorum)
    kept = (
        attachments.keep(session, community_id=community_id, prepared=minutes, now=now, by=actor.number)
        if minutes
        else None
    )
    vote = PointsVote(
        community_id=community_id, id=new_id(now), table_id=table_id, body_id=body_id, held_on=held_on, quorum=quorum,
        roll_call=any(one in ("for", "against", "abstain") for one in said.values()),
        digest=digest_of_items(items_of(session, community_id, table_id)),
        minutes_digest=(minutes.digest if minutes else minutes_digest).lower(),
        minutes_name=minutes.name if minutes else "", minutes_id=kept, state=RECORDED, recorded_at=now,
        recorded_by=actor.number,
        entitled=counted["entitled"], present=counted["present"], votes_for=counted["votes_for"],
        votes_against=counted["votes_against"], abstained=counted["abstained"],
    )  # fmt: skip
    session.add(vote)
    session.flush()
    roles = {seat.member.person_id: seat.member.role for seat in seats}
    for person_id, word in said.items():
        session.add(
            PointsBallot(
                community_id=community_id, vote_id=vote.id, person_id=person_id, role=roles[person_id], said=word
            )
        )
    enter(session, found, "record_vote")
    told = [one for one in members_of_bodies(session, community_id, today) if one != actor.person_id]
    notices.tell_all(session, community_id=community_id, person_ids=told, kind="table_vote_recorded", now=now,
                     facts={"title": found.table.title, "table_id": table_id.hex})  # fmt: skip
    return {"code": "vote_recorded", "table_id": table_id.hex, "vote_id": vote.id.hex, "quorum": quorum}


def send_back_vote(
    session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID, reason: str
) -> dict[str, Any]:
    """The record does not say what the minutes say: it is closed, and the vote is recorded anew."""
    found, vote = _second_person(session, actor, now, table_id, "send_back_vote")
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    vote.state, vote.decided_at, vote.decided_by, vote.remark = SENT_BACK, now, actor.number, reason.strip()[:300]
    enter(session, found, "send_back_vote")
    return {"code": "vote_sent_back", "table_id": table_id.hex}


def confirm_vote(session: Session, *, actor: Actor, now: dt.datetime, table_id: uuid.UUID) -> dict[str, Any]:
    """Confirm the record: carried, the table is published and gets its number; voted down, it is closed.

    It comes into force with the month after its publicity, never earlier. The digests of the items and of the vote are
    noted in the ledger.

    Raises:
        NeedsSecondPerson, DraftMoved, TooManyVersions.
    """
    found, vote = _second_person(session, actor, now, table_id, "carry")
    table = found.table
    items = items_of(session, table.community_id, table.id)
    if digest_of_items(items) != vote.digest:
        raise DraftMoved
    carried = vote.votes_for * 2 > vote.present
    vote.state, vote.decided_at, vote.decided_by = CONFIRMED, now, actor.number
    if not carried:
        life = enter(session, found, "vote_down")
        close(life, actor=actor, now=now, reason="")
        vote.note = book_of(session).note("points_vote", f"table {table.id.hex}", vote_digest(session, vote))
        table.state = WITHDRAWN
        return {"code": "not_carried", "table_id": table.id.hex, "note": vote.note}
    published = _publish(session, found, vote, actor=actor, now=now)
    told = villagers(session, table.community_id)
    notices.tell_all(
        session, community_id=table.community_id, person_ids=told, kind="table_published", now=now,
        facts={"title": table.title, "table_id": table.id.hex, "from_on": published["in_force_from"]},
    )  # fmt: skip
    return published


def quorum_of(entitled: int, percent: int) -> int:
    """How many must be present: more than so many in a hundred."""
    return entitled * percent // 100 + 1


def vote_digest(session: Session, vote: PointsVote) -> str:
    """SHA-256 of what a vote was: who was asked, who came, what was said, by which minutes."""
    rows = session.execute(
        select(PointsBallot.person_id, PointsBallot.said).where(
            PointsBallot.community_id == vote.community_id, PointsBallot.vote_id == vote.id
        )
    )
    said = {row[0]: row[1] for row in rows}
    people = residents.persons_of(session, vote.community_id, said)
    names = (
        "held_on",
        "entitled",
        "quorum",
        "present",
        "votes_for",
        "votes_against",
        "abstained",
        "digest",
        "minutes_digest",
    )
    told: dict[str, Any] = {name: getattr(vote, name) for name in names}
    told["held_on"] = vote.held_on.isoformat()
    told["body"] = bodies.body_of(session, vote.community_id, vote.body_id).name
    told["roll"] = sorted([people[person_id].serial, word] for person_id, word in said.items() if person_id in people)
    return hashlib.sha256(canonical(told)).hexdigest()


def votes_of(session: Session, community_id: int, table_id: uuid.UUID) -> list[Vote]:
    """The votes on a table, newest first: also records that were sent back."""
    found = session.scalars(
        select(PointsVote)
        .where(PointsVote.community_id == community_id, PointsVote.table_id == table_id)
        .order_by(col(PointsVote.id).desc())
        .limit(20)
    ).all()
    ballots = session.scalars(
        select(PointsBallot).where(
            PointsBallot.community_id == community_id, col(PointsBallot.vote_id).in_([vote.id for vote in found])
        )
    ).all()
    people = residents.persons_of(session, community_id, [one.person_id for one in ballots])
    order = {"chair": 0, "member": 1}
    return [
        Vote(
            vote,
            bodies.body_of(session, community_id, vote.body_id),
            tuple(sorted((Ballot(one, people.get(one.person_id)) for one in ballots if one.vote_id == vote.id),
                         key=lambda one: (order[one.ballot.role], one.person.serial if one.person else 0))),
        )
        for vote in found
    ]  # fmt: skip


def vote_of(session: Session, community_id: int, vote_id: uuid.UUID) -> PointsVote:
    vote = session.get(PointsVote, (community_id, vote_id))
    if vote is None:
        raise NotFound(what="vote")
    return vote


def _publish(session: Session, found: Standing, vote: PointsVote, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    table = found.table
    today = today_in(session, table.community_id, now)
    rules = policy.of(session, table.community_id, today)
    ends_on = today + dt.timedelta(days=rules.table_publicity_days)
    in_force_from = first_of_next_month(ends_on)
    _refuse_too_many(session, table, year=in_force_from.year, most=rules.table_versions_a_year)
    newest = session.scalars(
        select(func.max(PointsTable.version)).where(PointsTable.community_id == table.community_id)
    ).one()
    version = (newest or 0) + 1
    body = bodies.body_of(session, table.community_id, vote.body_id)
    life = enter(session, found, "carry")
    life.first_in_force = in_force_from
    table.digest = vote.digest
    table.note = book_of(session).note("points_table", f"version {version}", table.digest)
    vote.note = book_of(session).note("points_vote", f"version {version}", vote_digest(session, vote))
    table.version, table.state, table.in_force_from, table.published_at = version, PUBLISHED, in_force_from, now
    # The day of the announcement does not count, so that every villager has the full days.
    table.published_until = end_of_day(session, table.community_id, ends_on)
    # A council is a body of representatives; which one it was stands in the vote.
    table.body = bodies.ASSEMBLY if body.kind == bodies.ASSEMBLY else bodies.REPRESENTATIVES
    table.adopted_on, table.adopted_by = vote.held_on, actor.number
    table.quorum, table.present = vote.quorum, vote.present
    table.votes_for, table.votes_against = vote.votes_for, vote.votes_against
    table.minutes_digest, table.minutes_name = vote.minutes_digest, vote.minutes_name
    session.flush()
    put_awards_in_use(session, table)
    return {"code": "adopted", "table_id": table.id.hex, "version": version, "note": table.note,
            "in_force_from": in_force_from.isoformat()}  # fmt: skip


def _second_person(
    session: Session, actor: Actor, now: dt.datetime, table_id: uuid.UUID, verb: str
) -> tuple[Standing, PointsVote]:
    community_id = community_of(actor)
    found = standing(session, community_id, table_id)
    found.after(verb)
    vote = session.scalars(
        select(PointsVote).where(
            PointsVote.community_id == community_id, PointsVote.table_id == table_id, PointsVote.state == RECORDED
        )
    ).first()
    if vote is None:
        raise NotFound(what="vote")
    if not bodies.is_chair(session, actor, vote.body_id, today_in(session, community_id, now)):
        require(actor, "table.confirm", community_id=community_id)
    if vote.recorded_by == actor.number:
        raise NeedsSecondPerson
    return found, vote


def _check(
    *, held_on: dt.date, first_day: dt.date, today: dt.date, minutes_digest: str, minutes: Prepared | None
) -> None:
    fields = {}
    if held_on > today:
        fields["held_on"] = "in_the_future"
    elif held_on < first_day:
        fields["held_on"] = "before_deliberation_ended"
    digest = minutes_digest.strip().lower()
    if minutes is None and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        fields["minutes_digest"] = "not_a_digest"
    if fields:
        raise BadInput(fields=fields)


def _said(seats: Sequence[bodies.Seat], roll: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, str]:
    """What each member said; who is not named was absent."""
    members = {seat.member.person_id for seat in seats}
    if not set(roll) <= members or any(word not in SAID for word in roll.values()):
        raise BadInput(fields={"roll": "unknown"})
    return {person_id: roll.get(person_id, "absent") for person_id in members} if roll else {}


def _counted(
    said: Mapping[uuid.UUID, str],
    *,
    members: int,
    entitled: int | None,
    given: Mapping[str, int | None],
    abstained: int | None,
) -> dict[str, int]:
    """The counts by roll-call, or as given; a body with a roll is as large as its roll."""
    words = list(said.values())
    if any(word in ("for", "against", "abstain") for word in words):
        here = sum(word != "absent" for word in words)
        return {"entitled": members, "present": here, "votes_for": words.count("for"),
                "votes_against": words.count("against"), "abstained": words.count("abstain")}  # fmt: skip
    given = dict(given)
    if said:
        given["present"] = sum(word != "absent" for word in words)
    missing = {name: "required" for name, value in given.items() if value is None}
    if not members and entitled is None:
        missing["entitled"] = "required"
    if missing:
        raise BadInput(fields=missing)
    counted = {name: value or 0 for name, value in given.items()}
    size = members or entitled or 0
    rest = counted["present"] - counted["votes_for"] - counted["votes_against"]
    counted |= {"entitled": size, "abstained": max(rest, 0) if abstained is None else abstained}
    votes = counted["votes_for"] + counted["votes_against"] + counted["abstained"]
    if min(counted.values()) < 0 or votes > counted["present"] or counted["present"] > size:
        raise VotesDoNotAddUp(votes=votes, present=counted["present"], entitled=size)
    return counted


def _refuse_too_many(session: Session, table: PointsTable, *, year: int, most: int) -> None:
    """A version counts in the year in which it begins, and in that for which it was voted if an objection moved it over."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    begun = session.scalars(
        select(func.count())
        .select_from(PointsTable)
        .outerjoin(
            PointsLife,
            (col(PointsLife.community_id) == PointsTable.community_id) & (col(PointsLife.table_id) == PointsTable.id),
        )
        .where(
            PointsTable.community_id == table.community_id,
            PointsTable.id != table.id,
            col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)),
            col(PointsTable.in_force_from).between(first, last) | col(PointsLife.first_in_force).between(first, last),
        )
    ).one()
    if begun >= most:
        raise TooManyVersions(year=year, most=most)
