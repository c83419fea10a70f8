"""A split or merge before it is carried out: asked for, and agreed to by one person of each side and every adult who moves.

Each agrees by her own sign-in, or at the desk, where the clerk writes down who was present, and of others what she saw. Points are shared as
agreed: a part in a hundred, or an amount. What is owed is shared by the same part (an amount leaves it where it is);
base points stay with the household that goes on, and lapse with one that ends.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session, col, or_, select

from timebank import notices, policy
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.people.household_heads import head_among
from timebank.people.household_members import (
    NotOfHousehold,
    checked_reason,
    living,
    open_household,
)
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, may, require
from timebank.points.household_changes import states, words_given
from timebank.points.household_changes.states import ASKED, OPEN, after
from timebank.points.household_changes.tables import HouseholdChange, HouseholdChangeMember
from timebank.points.household_changes.words_given import ADULT, Word
from timebank.storage import new_id, next_number

SIDES = ("giver", "taker")
MOST_AT_ONCE = 500


class NobodyStays(Refused):
    """Everybody would leave the household (fact `household`)."""

    code = "nobody_stays"
    status = 422


class ConsentNeedsAdult(Refused):
    """Who speaks for a side must be of age (fact `person`)."""

    code = "consent_needs_adult"
    status = 422


class ChangeOpen(Refused):
    """One of the households is in another change that is not at its end (fact `number`)."""

    code = "household_change_open"


class SameHousehold(Refused):
    """A household cannot be merged into itself."""

    code = "same_household"
    status = 422


def ask_split(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    household_id: uuid.UUID,
    going: Mapping[uuid.UUID, str],
    new_head_id: uuid.UUID,
    stays_id: uuid.UUID | None = None,
    share_percent: int | None = None,
    share_steps: int | None = None,
    address: str = "",
    area_path: str = "",
    reason: str,
    present: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Ask that some members of a household become one of their own.

    `going`: who goes, each with what she is to the new head. `stays_id` speaks for those who stay: their head unless
    said otherwise. `present`: the sides that a clerk has before her (giver, taker); who asks for herself agrees by that.

    Raises:
        NotOfHousehold, NobodyStays, ConsentNeedsAdult, ChangeOpen, HouseholdEnded.
        BadInput: by field: share, reason, new_head.
    """
    community_id = community_of(actor)
    home = open_household(session, community_id, household_id)
    require(actor, "households.ask_change", community_id=community_id, household_id=home.id, area_path=home.area_path)
    members = {one.id: one for one in living(session, home)}
    if not going or not set(going) <= set(members):
        raise NotOfHousehold(household=home.number)
    staying = [one for one in members.values() if one.id not in going]
    if not staying:
        raise NobodyStays(household=home.number)
    if new_head_id not in going:
        raise BadInput(fields={"new_head": "not_among_those_who_go"})
    giver = next((one for one in staying if one.id == stays_id), None) if stays_id else head_among(staying)
    if giver is None:
        raise NotOfHousehold(household=home.number)
    change = _asked(session, actor=actor, now=now, kind="split", home=home, other_id=None, giver=giver,
                    taker=members[new_head_id], percent=share_percent, steps=share_steps, reason=reason)  # fmt: skip
    change.address, change.area_path = address.strip()[:200], area_path or home.area_path
    session.add(change)
    session.flush()
    for person_id, relation in going.items():
        session.add(HouseholdChangeMember(community_id=community_id, change_id=change.id, person_id=person_id,
                                          relation=relation.strip()[:20], relation_before=members[person_id].relation))  # fmt: skip
    return _with_first_words(session, change, actor=actor, now=now, present=present)


def ask_merge(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    household_id: uuid.UUID,
    other_id: uuid.UUID,
    relations: Mapping[uuid.UUID, str] | None = None,
    reason: str,
    present: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Ask that a household end in another one, with all that it has; their heads speak for them."""
    community_id = community_of(actor)
    home = open_household(session, community_id, household_id)
    other = open_household(session, community_id, other_id)
    if home.id == other.id:
        raise SameHousehold
    if not any(
        may(actor, "households.ask_change", community_id=community_id, household_id=one.id, area_path=one.area_path)
        for one in (home, other)
    ):
        raise Forbidden(use_case="households.ask_change")
    members = living(session, home)
    giver, taker = head_among(members), head_among(living(session, other))
    if giver is None or taker is None:
        raise NotOfHousehold(household=(home if giver is None else other).number)
    change = _asked(session, actor=actor, now=now, kind="merge", home=home, other_id=other.id, giver=giver,
                    taker=taker, percent=100, steps=None, reason=reason)  # fmt: skip
    session.add(change)
    session.flush()
    told = relations or {}
    for one in members:
        session.add(HouseholdChangeMember(community_id=community_id, change_id=change.id, person_id=one.id,
                                          relation=told.get(one.id, "").strip()[:20], relation_before=one.relation))  # fmt: skip
    return _with_first_words(session, change, actor=actor, now=now, present=present)


def agree(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    change_id: uuid.UUID,
    side: str = "",
    present: bool = False,
    member_id: uuid.UUID | None = None,
    evidence: str = "",
) -> dict[str, Any]:
    """Agree for one side, or as one who moves: by own sign-in, or at the desk for somebody who is `present`.

    `member_id`: whose word a clerk writes down, with what she saw as `evidence`. A parent agrees for the child too.
    """
    change = change_of(session, community_of(actor), change_id)
    after(change.state, "agree_first", number=change.number)
    words = words_given.missing(session, change)
    own = {change.giver_id: "giver", change.taker_id: "taker"}.get(actor.person_id) if actor.person_id else None
    if member_id is not None:
        side, said = "", _word_for(actor, change, words, member_id)
    elif side in ("", own):
        said = words_given.spoken_by(words, actor)
        side = own or ("" if said else _side_of(actor, change, side, present=present))
        if not said or (own and getattr(change, f"{own}_agreed_at") is None):
            _say(change, side, actor=actor, now=now)
    else:
        side, said = _side_of(actor, change, side, present=present), []
        _say(change, side, actor=actor, now=now)
    for word in said:
        words_given.give(word, actor=actor, now=now, evidence=evidence)
    _heard(session, change)
    return {"code": "household_change_agreed", "change_id": change.id.hex, "state": change.state, "side": side}


def decline(
    session: Session, *, actor: Actor, now: dt.datetime, change_id: uuid.UUID, reason: str, present: bool = False,
    side: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Say no for one side, also after having agreed, as long as it is not carried out."""
    change = change_of(session, community_of(actor), change_id)
    if not words_given.spoken_by(words_given.words_of(session, change), actor):
        _side_of(actor, change, side, present=present)
    return _end(session, change, "decline", actor=actor, now=now, reason=reason)


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, change_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Give it up: who asked for it, or the desk."""
    change = change_of(session, community_of(actor), change_id)
    if actor.number != change.asked_by:
        require(actor, "households.carry_out", community_id=change.community_id)
    return _end(session, change, "withdraw", actor=actor, now=now, reason=reason)


def lapse_due(session: Session, *, actor: Actor, now: dt.datetime, limit: int = MOST_AT_ONCE) -> dict[str, Any]:
    """End what was asked and never agreed to, or never carried out, within its days."""
    require(actor, "households.lapse_due", community_id=actor.community_id)
    due = due_to_lapse(session, community_of(actor), now, limit + 1)
    for change in due[:limit]:
        change.state = after(change.state, "lapse", number=change.number)
        change.closed_at, change.closed_by = now, actor.number
        _tell(session, change, "household_not_changed", [change.giver_id, change.taker_id], actor=actor, now=now)
    session.flush()
    return {"code": "household_changes_lapsed", "lapsed": len(due[:limit]), "left": max(len(due) - limit, 0)}


def due_to_lapse(session: Session, community_id: int, now: dt.datetime, limit: int) -> list[HouseholdChange]:
    query = select(HouseholdChange).where(
        HouseholdChange.community_id == community_id,
        col(HouseholdChange.state).in_(OPEN),
        col(HouseholdChange.ends_at) <= now,
    )
    return list(session.scalars(query.order_by(col(HouseholdChange.number)).limit(limit)))


def change_of(session: Session, community_id: int, change_id: uuid.UUID) -> HouseholdChange:
    """One change; NotFound if the community has none of this id."""
    found = session.get(HouseholdChange, (community_id, change_id))
    if found is None:
        raise NotFound(what="household_change")
    return found


def open_changes(session: Session, community_id: int, household_ids: list[uuid.UUID]) -> list[HouseholdChange]:
    """Changes on their way in which one of these households gives or takes."""
    query = select(HouseholdChange).where(
        HouseholdChange.community_id == community_id,
        col(HouseholdChange.state).in_(OPEN),
        or_(col(HouseholdChange.household_id).in_(household_ids), col(HouseholdChange.other_id).in_(household_ids)),
    )
    return list(session.scalars(query))


def _asked(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    home: Household,
    other_id: uuid.UUID | None,
    giver: Person,
    taker: Person,
    percent: int | None,
    steps: int | None,
    reason: str,
) -> HouseholdChange:
    today = today_in(session, home.community_id, now)
    reason = checked_reason(reason)
    if (percent is None) == (steps is None) or not 0 <= (percent or 0) <= 100 or (steps or 0) < 0:
        raise BadInput(fields={"share": "out_of_range"})
    for one in (giver, taker):
        age = residents.age_on(one, today)
        if age is not None and age < ADULT:
            raise ConsentNeedsAdult(person=one.number)
    others = open_changes(session, home.community_id, [home.id, *([other_id] if other_id else [])])
    if others:
        raise ChangeOpen(number=others[0].number)
    days = policy.of(session, home.community_id, today).household_consent_days
    return HouseholdChange(
        community_id=home.community_id, id=new_id(now), kind=kind, state=ASKED, household_id=home.id,
        number=next_number(session, home.community_id, "household_change"), other_id=other_id, share_percent=percent,
        share_steps=steps, reason=reason, asked_at=now, asked_by=actor.number, giver_id=giver.id, taker_id=taker.id,
        ends_at=end_of_day(session, home.community_id, today + dt.timedelta(days=days)),
    )  # fmt: skip


def _with_first_words(
    session: Session, change: HouseholdChange, *, actor: Actor, now: dt.datetime, present: tuple[str, ...]
) -> dict[str, Any]:
    """Who asks for the own side agrees by asking; a clerk writes down who is present."""
    if actor.person_id in (change.giver_id, change.taker_id):
        _say(change, "giver" if actor.person_id == change.giver_id else "taker", actor=actor, now=now)
    if present:
        require(actor, "households.carry_out", community_id=change.community_id)
    for side in present:
        if side not in SIDES:
            raise BadInput(fields={"present": side})
        if getattr(change, f"{side}_agreed_at") is None:
            _say(change, side, actor=actor, now=now)
    for word in words_given.spoken_by(words_given.missing(session, change), actor):
        words_given.give(word, actor=actor, now=now)
    _heard(session, change)
    asks = [one.id for word in words_given.missing(session, change) for one in word.speakers]
    asks += [change.giver_id] if change.giver_agreed_at is None else []
    asks += [change.taker_id] if change.taker_agreed_at is None else []
    _tell(session, change, "household_asked", asks, actor=actor, now=now)
    return {"code": "household_change_asked", "change_id": change.id.hex, "number": change.number,
            "state": change.state}  # fmt: skip


def _side_of(actor: Actor, change: HouseholdChange, side: str, *, present: bool) -> str:
    """The side that the actor may speak for."""
    own = {change.giver_id: "giver", change.taker_id: "taker"}.get(actor.person_id) if actor.person_id else None
    if own is not None and side in ("", own):
        return own
    require(actor, "households.carry_out", community_id=change.community_id)
    if side not in SIDES or not present:
        raise BadInput(fields={"present": "required"})
    return side


def _word_for(actor: Actor, change: HouseholdChange, words: list[Word], member_id: uuid.UUID) -> list[Word]:
    """The word of one who moves: her own, or written down at the desk."""
    found = [word for word in words if word.person.id == member_id]
    if not found:
        raise states.HouseholdChangeWrongState(state=change.state, number=change.number)
    if not words_given.spoken_by(found, actor):
        require(actor, "households.carry_out", community_id=change.community_id)
    return found


def _say(change: HouseholdChange, side: str, *, actor: Actor, now: dt.datetime) -> None:
    if getattr(change, f"{side}_agreed_at") is not None:
        raise states.HouseholdChangeWrongState(state=change.state, number=change.number)
    change.state = after(change.state, "agree_first", number=change.number)
    own = actor.person_id == (change.giver_id if side == "giver" else change.taker_id)
    setattr(change, f"{side}_agreed_at", now)
    setattr(change, f"{side}_way", "own" if own else "desk")
    setattr(change, f"{side}_recorded_by", actor.number)


def _heard(session: Session, change: HouseholdChange) -> None:
    """Agreed, once both sides and all others who must have said so."""
    session.flush()
    both = change.giver_agreed_at is not None and change.taker_agreed_at is not None
    if both and not words_given.missing(session, change):
        change.state = after(change.state, "agree_last", number=change.number)
        session.flush()


def _tell(
    session: Session, change: HouseholdChange, kind: str, people: Iterable[uuid.UUID], *, actor: Actor, now: dt.datetime
) -> None:
    """Tell these of a change, but for who did it."""
    notices.tell_all(session, community_id=change.community_id, kind=kind, facts={"change_number": change.number},
                     person_ids=[one for one in dict.fromkeys(people) if one != actor.person_id], now=now)  # fmt: skip


def _end(
    session: Session, change: HouseholdChange, verb: str, *, actor: Actor, now: dt.datetime, reason: str
) -> dict[str, Any]:
    state = after(change.state, verb, number=change.number)
    change.closed_reason = checked_reason(reason)
    change.state, change.closed_at, change.closed_by = state, now, actor.number
    session.flush()
    moving = [person.id for person, _ in words_given.members_of(session, change)]
    _tell(session, change, "household_not_changed", [change.giver_id, change.taker_id, *moving], actor=actor, now=now)
    return {"code": f"household_change_{state}", "change_id": change.id.hex, "state": state}
