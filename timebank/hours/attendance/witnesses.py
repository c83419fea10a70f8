"""A resident's word on a visit: the witness of an own report, and who was served where only a printed code hangs.

Who is asked sees it among her matters and confirms or denies, herself or at the desk. A witness's word is for the reviewer
to see; the word of who was served is the second confirmation of a printed code, and banks the minutes. A witness who
is no resident is a name on the visit and is never asked: the reviewer sees that difference.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from timebank import notices
from timebank.errors import BadInput, NotFound, Refused
from timebank.hours.attendance.scans import told
from timebank.hours.attendance.tables import Visit, VisitWord
from timebank.hours.attendance.visits import by_id, issue_minutes, zone_of
from timebank.people import communities, residents
from timebank.people.residents import Person
from timebank.permissions import Actor, require

PRINTED_ONLY = ["static_code"]


class WordGiven(Refused):
    """The word was given before, and stays: facts `word`."""

    code = "word_given"
    status = 409


class NothingToConfirm(Refused):
    """The visit waits for nobody's word any more, or needs no such one."""

    code = "nothing_to_confirm"
    status = 409


@dataclass(frozen=True)
class WordLine:
    """What somebody is asked: was `volunteer` there, then? `word` is None until she says."""

    visit_id: UUID
    asked_as: str
    volunteer: str
    volunteer_number: str
    asked: str
    asked_number: str
    place: str
    started_at: datetime
    ended_at: datetime | None
    word: str | None
    note: str
    given_at: datetime | None
    given_by: str | None


def ask(session: Session, *, visit: Visit, person_id: UUID, asked_as: str, asked_by: str, now: datetime) -> VisitWord:
    """Ask a resident for her word on a visit that has ended.

    Raises:
        BadInput: `witness`: she is the volunteer himself, of his household, has left, or served at the same time.
    """
    why = _why_not(session, visit, person_id, asked_as)
    if why:
        raise BadInput(fields={"witness": why})
    word = VisitWord(
        community_id=visit.community_id,
        visit_id=visit.id,
        person_id=person_id,
        asked_as=asked_as,
        asked_at=now,
        asked_by=asked_by,
    )
    session.add(word)
    session.flush()
    day = visit.started_at.astimezone(zone_of(session, visit.community_id)).date()
    notices.tell(
        session,
        community_id=visit.community_id,
        person_id=person_id,
        kind="word_asked",
        facts={"service_on": day.isoformat(), "place": visit.place, "asked_visit": visit.id.hex},
        now=now,
    )
    return word


def ask_recipient(
    session: Session, *, actor: Actor, now: datetime, visit_id: UUID, person_id: UUID
) -> dict[str, object]:
    """Name who was served at a point with a printed code; her word is the second confirmation.

    Somebody else can be named as long as nobody has said a word.

    Raises:
        NothingToConfirm: not a visit of a printed code, or it was settled. WordGiven. BadInput: `witness`.
    """
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    require(actor, "attendance.ask_recipient", community_id=community_id, person_id=visit.person_id)
    if visit.state != "under_review" or visit.order_id is not None or visit.review_reasons != PRINTED_ONLY:
        raise NothingToConfirm(place=visit.place)
    before = word_of(session, visit)
    if before is not None:
        if before.word is not None:
            raise WordGiven(word=before.word)
        session.delete(before)
        session.flush()
    ask(session, visit=visit, person_id=person_id, asked_as="recipient", asked_by=actor.number, now=now)
    return {"code": "word_asked", "visit_id": visit.id.hex}


def give_word(
    session: Session, *, actor: Actor, now: datetime, visit_id: UUID, confirms: bool, note: str = ""
) -> dict[str, object]:
    """Say that it was so, or was not; the word is given once.

    Desk staff may write down the word of somebody without a phone, unless the visit is their own or their family's. A
    printed code that who was served confirms is settled at once; all else stays with the reviewer.

    Raises:
        NotFound: nobody was asked. WordGiven; NothingToConfirm: the visit was reviewed meanwhile.
        BadInput: `note`, required to deny.
    """
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    word = word_of(session, visit)
    if word is None:
        raise NotFound(what="visit_word")
    require(actor, "attendance.give_word", community_id=community_id, person_id=word.person_id)
    if actor.person_id != word.person_id and is_own_or_familys(session, actor, visit):
        raise NothingToConfirm(place=visit.place)
    if word.word is not None:
        raise WordGiven(word=word.word)
    if visit.state not in {"under_review", "estimated"}:
        raise NothingToConfirm(place=visit.place)
    if len(note.strip()) > 200 or not (confirms or note.strip()):
        raise BadInput(fields={"note": "length" if note.strip() else "required"})
    word.word, word.note = "confirmed" if confirms else "denied", note.strip()
    word.given_at, word.given_by = now, actor.number
    session.flush()
    if confirms and word.asked_as == "recipient" and visit.review_reasons == PRINTED_ONLY:
        serial = residents.person(session, community_id, word.person_id).serial
        issue_minutes(session, visit=visit, now=now, reviewers=[serial])
    return told(session, visit, "word_given") | {"word": word.word}


def word_of(session: Session, visit: Visit) -> VisitWord | None:
    """Who was asked about a visit, if anybody was."""
    return session.get(VisitWord, (visit.community_id, visit.id))


def asked_of(session: Session, *, actor: Actor, limit: int = 50) -> list[WordLine]:
    """What the reader is asked and has not answered, oldest first."""
    if actor.person_id is None:
        return []
    waits = and_(col(VisitWord.word).is_(None), col(Visit.state).in_(("under_review", "estimated")))
    return _lines(
        session,
        communities.community_of(actor),
        and_(col(VisitWord.person_id) == actor.person_id, waits),
        limit=limit,
    )


def waiting(session: Session, *, actor: Actor, limit: int = 50) -> list[WordLine]:
    """What residents are asked and have not answered, oldest first; for the desk, to which they come without a phone."""
    require(actor, "attendance.give_word", community_id=actor.community_id)
    waits = and_(col(VisitWord.word).is_(None), col(Visit.state).in_(("under_review", "estimated")))
    return _lines(session, communities.community_of(actor), waits, limit=limit)


def words_on(session: Session, *, community_id: int, visit_ids: list[UUID]) -> dict[UUID, WordLine]:
    """Who was asked about each of these visits, and what was said."""
    if not visit_ids:
        return {}
    lines = _lines(session, community_id, col(VisitWord.visit_id).in_(visit_ids), limit=len(visit_ids))
    return {line.visit_id: line for line in lines}


def is_own_or_familys(session: Session, actor: Actor, visit: Visit) -> bool:
    """Whether the visit is the actor's, or of somebody of the same household."""
    if actor.person_id is None:
        return False
    person = residents.person(session, visit.community_id, visit.person_id)
    return person.id == actor.person_id or person.household_id == actor.household_id


def _why_not(session: Session, visit: Visit, person_id: UUID, asked_as: str) -> str:
    volunteer = residents.person(session, visit.community_id, visit.person_id)
    asked = residents.person(session, visit.community_id, person_id)
    if asked.id == volunteer.id:
        return "witness_own"
    if asked.household_id == volunteer.household_id:
        return "witness_family"
    if residents.has_left(asked):
        return "witness_left"
    if asked_as == "recipient" and _served_then(session, asked, visit):
        return "witness_served"
    return ""


def _served_then(session: Session, asked: Person, visit: Visit) -> bool:
    """Who was serving at the same time was not being served."""
    overlapping = (
        select(col(Visit.id))
        .where(col(Visit.community_id) == visit.community_id, col(Visit.person_id) == asked.id)
        .where(col(Visit.state) != "rejected")
        .where(or_(col(Visit.ended_at).is_(None), col(Visit.ended_at) > visit.started_at))
        .where(col(Visit.started_at) < (visit.ended_at or visit.started_at))
        .limit(1)
    )
    return session.scalars(overlapping).first() is not None


def _lines(session: Session, community_id: int, condition: object, *, limit: int) -> list[WordLine]:
    rows = session.execute(
        select(VisitWord, Visit)
        .join(
            Visit,
            and_(col(Visit.community_id) == col(VisitWord.community_id), col(Visit.id) == col(VisitWord.visit_id)),
        )
        .where(col(VisitWord.community_id) == community_id, condition)  # type: ignore[arg-type]
        .order_by(col(VisitWord.asked_at), col(VisitWord.visit_id))
        .limit(limit)
    ).all()
    people = residents.persons_of(
        session, community_id, {one for word, visit in rows for one in (word.person_id, visit.person_id)}
    )
    return [
        WordLine(
            visit_id=visit.id,
            asked_as=word.asked_as,
            volunteer=people[visit.person_id].name,
            volunteer_number=people[visit.person_id].number,
            asked=people[word.person_id].name,
            asked_number=people[word.person_id].number,
            place=visit.place,
            started_at=visit.started_at,
            ended_at=visit.ended_at,
            word=word.word,
            note=word.note,
            given_at=word.given_at,
            given_by=word.given_by,
        )
        for word, visit in rows
    ]
