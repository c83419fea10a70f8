"""Circumstances (特殊情况) of many people: which end soon, which wait for a consent; consent given and revoked; an early end.

A single one is noted by `residents.flag`. What is listed here is for staff, each in her own area; none of it is published.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, or_, select
from sqlmodel import Session, col

from timebank import permissions
from timebank.columns import new_id
from timebank.errors import AlreadyDone, BadInput, NotFound
from timebank.people import communities, consents, residents
from timebank.people.communities import community_of
from timebank.people.consents import SENSITIVE, WAYS, FlagConsent
from timebank.people.residents import FLAGS, Person, PersonFlag
from timebank.permissions import RULES, Actor

SOON = timedelta(days=60)
JUST_OVER = timedelta(days=30)  # what ended so recently is still listed, to be renewed
NO_END = date(2999, 12, 31)  # stands for "no end" where a list goes on
VIEWS = ("ending", "holding", "unused")


@dataclass(frozen=True)
class Noted:
    """A circumstance of somebody. `is_used`: it holds today, and may be used."""

    flag: PersonFlag
    person: Person
    is_used: bool


def listed(
    session: Session,
    *,
    actor: Actor,
    today: date,
    view: str,
    kind: str = "",
    after: tuple[date, uuid.UUID] | None = None,
    limit: int,
) -> list[Noted]:
    """What ends within 60 days or ended in the last 30 (`ending`), holds today (`holding`), or waits for a consent (`unused`).

    By their last day, those without one at the end; `after` is the last day and id of the row before.
    """
    community_id = community_of(actor)
    permissions.require(actor, "circumstances.listed", community_id=community_id)
    until = col(PersonFlag.until_on)
    query = (
        select(PersonFlag, Person)
        .join(Person, (col(Person.community_id) == PersonFlag.community_id) & (col(Person.id) == PersonFlag.person_id))
        .where(col(PersonFlag.community_id) == community_id, col(Person.left_on).is_(None), *_areas(actor))
        .limit(limit)
    )
    if kind:
        query = query.where(col(PersonFlag.flag) == kind)
    if view == "ending":
        query = query.where(until >= today - JUST_OVER, until <= today + SOON, col(PersonFlag.from_on) <= today + SOON)
    elif view == "holding":
        query = query.where(residents.holding(PersonFlag, today))
    else:
        query = query.where(~consents.usable(PersonFlag), or_(until.is_(None), until >= today))
    if after is not None:
        last, last_id = after
        after_it = col(PersonFlag.id) > last_id
        if last == NO_END:
            query = query.where(until.is_(None), after_it)
        else:
            query = query.where(or_(until > last, and_(until == last, after_it), until.is_(None)))
    found = session.execute(query.order_by(until.is_(None), until, col(PersonFlag.id))).all()
    used = residents.flags_of_all(session, community_id, [person.id for _flag, person in found], on=today)
    used_ids = {noted.id for noteds in used.values() for noted in noteds}
    return [Noted(flag, person, flag.id in used_ids) for flag, person in found]


def end(session: Session, *, actor: Actor, now: datetime, flag_id: uuid.UUID, until_on: date) -> dict[str, Any]:
    """Note that a circumstance ends, or has ended, sooner than was thought; days before today are judged as they were.

    Raises:
        BadInput: `until_on` lies before yesterday, or is later than the end that is noted.
    """
    community_id = community_of(actor)
    flag = session.get(PersonFlag, (community_id, flag_id))
    if flag is None:
        raise NotFound(what="person_flag")
    person = residents.person(session, community_id, flag.person_id)
    permissions.require(actor, "circumstances.end", community_id=community_id, area_path=person.area_path)
    yesterday = communities.local_day(communities.community(session, community_id), now) - timedelta(days=1)
    if until_on < max(yesterday, flag.from_on) or (flag.until_on is not None and until_on > flag.until_on):
        raise BadInput(fields={"until_on": "flag_end"})
    residents.note_change(
        session,
        person,
        changes={f"flag:{flag.flag}": [str(flag.until_on or ""), str(until_on)]},
        reason=flag.flag,
        actor=actor,
        now=now,
    )
    flag.until_on = until_on
    session.flush()
    return {"code": "flag_ended", "flag": flag.id.hex}


def note(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    flag: str,
    evidence: str,
    from_on: date,
    until_on: date | None,
    consent_way: str,
    consent_evidence: str,
) -> dict[str, Any]:
    """Note a circumstance, with her consent where it is sensitive and none stands yet.

    Raises:
        BadInput: as `residents.flag`; `consent_evidence` where a consent is needed and none is told.
    """
    person = residents.person(session, community_of(actor), person_id)
    noted = residents.flag(
        session,
        actor=actor,
        now=now,
        person_id=person_id,
        flag=flag,
        evidence=evidence,
        from_on=from_on,
        until_on=until_on,
    )
    if is_sensitive(flag) and _standing(session, person, flag) is None:
        if not consent_evidence.strip() or consent_way not in WAYS:
            raise BadInput(fields={"consent_evidence": "consent"})
        today = communities.local_day(communities.community(session, person.community_id), now)
        consent(
            session,
            actor=actor,
            now=now,
            person_id=person_id,
            kind=flag,
            way=consent_way,
            evidence=consent_evidence,
            given_on=today,
        )
    return noted


def consent(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    kind: str,
    way: str,
    evidence: str,
    given_on: date,
) -> dict[str, Any]:
    """Note that a person, or her guardian, consents to one kind of sensitive circumstance being kept and used.

    Raises:
        BadInput: by field: kind, way, evidence, given_on (in the future).
        AlreadyDone: such a consent stands.
    """
    person = for_consent(session, actor=actor, person_id=person_id)
    today = communities.local_day(communities.community(session, person.community_id), now)
    wrong = {}
    if kind not in SENSITIVE:
        wrong["kind"] = "choice"
    if way not in WAYS:
        wrong["way"] = "choice"
    if not 1 <= len(evidence.strip()) <= 200:
        wrong["evidence"] = "required"
    if given_on > today:
        wrong["given_on"] = "in_the_future"
    if wrong:
        raise BadInput(fields=wrong)
    if _standing(session, person, kind) is not None:
        raise AlreadyDone
    row = FlagConsent(
        community_id=person.community_id,
        id=new_id(now),
        person_id=person.id,
        kind=kind,
        way=way,
        evidence=evidence.strip(),
        given_on=given_on,
        recorded_at=now,
        recorded_by=actor.number,
    )
    session.add(row)
    session.flush()
    return {"code": "consent_noted", "consent": row.id.hex}


def revoke(session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID, kind: str) -> dict[str, Any]:
    """The person takes her consent back, herself or through staff: from now on it is used for nothing. Harmless when repeated."""
    row = _standing(session, for_consent(session, actor=actor, person_id=person_id), kind)
    if row is not None:
        row.revoked_at, row.revoked_by = now, actor.number
        session.flush()
    return {"code": "consent_revoked"}


def for_consent(session: Session, *, actor: Actor, person_id: uuid.UUID) -> Person:
    """The person whose consents are looked at or changed: by herself or by staff."""
    person = residents.person(session, community_of(actor), person_id)
    permissions.require(
        actor,
        "circumstances.consent",
        community_id=person.community_id,
        person_id=person.id,
        area_path=person.area_path,
    )
    return person


def consents_of(session: Session, community_id: int, person_id: uuid.UUID) -> list[FlagConsent]:
    """What a person consented to, newest first, with what she revoked."""
    query = select(FlagConsent).where(
        col(FlagConsent.community_id) == community_id, col(FlagConsent.person_id) == person_id
    )
    return list(session.scalars(query.order_by(col(FlagConsent.recorded_at).desc())))


def is_sensitive(kind: str) -> bool:
    return kind in SENSITIVE


def _standing(session: Session, person: Person, kind: str) -> FlagConsent | None:
    query = select(FlagConsent).where(
        col(FlagConsent.community_id) == person.community_id,
        col(FlagConsent.person_id) == person.id,
        col(FlagConsent.kind) == kind,
        col(FlagConsent.revoked_at).is_(None),
    )
    return session.scalars(query).one_or_none()


def _areas(actor: Actor) -> Sequence[Any]:
    """The part of the community that the actor's roles cover."""
    roles = RULES["circumstances.listed"].roles
    if actor.trusted or actor.has(roles):
        return ()
    held = [grant.area_path for grant in actor.grants if grant.role in roles]
    return (or_(false(), *(col(Person.area_path).startswith(path, autoescape=True) for path in held)),)


KINDS = tuple(kind for kind in FLAGS if kind != "guardian_consent")
