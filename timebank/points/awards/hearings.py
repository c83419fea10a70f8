"""A household is heard before anybody looks at a deduction: invited, heard on a day with its words written down, or not come.

A deduction is never tied to benefits, school or credit; the page and the slip of the invitation say so.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from timebank import notices, policy
from timebank.errors import BadInput, Refused
from timebank.people import communities, residents
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.awards import states
from timebank.points.awards.nearness import refuse_near
from timebank.points.awards.reading import Listed, by_id, community_of, listed
from timebank.points.awards.tables import Award, AwardHearing, AwardInvitation

INVITATIONS = 2  # after so many in vain the matter goes on without the household
MOST_INVITATIONS = 5


class InvitationTooSoon(Refused):
    """The household has some days to make itself ready (facts `days`, `first_on`)."""

    code = "invitation_too_soon"
    status = 422


class InvitationStands(Refused):
    """The last invitation is for a time that has not come yet (fact `meets_at`)."""

    code = "invitation_stands"


class InvitedTooLittle(Refused):
    """Not coming counts after two invitations whose days are over (facts `over`, `needed`)."""

    code = "invited_too_little"


class InvitedOften(Refused):
    """So often nobody is invited (fact `most`)."""

    code = "invited_often"


@dataclass(frozen=True)
class Slip:
    """What an invitation on paper says; `name` is the household's."""

    row: Listed
    invitation: AwardInvitation
    name: str
    days: int


def invite(
    session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, meets_at: dt.datetime, place: str
) -> dict[str, Any]:
    """Invite the household to be heard; its people are told, and the slip is printed.

    Raises:
        InvitationTooSoon, InvitationStands, InvitedOften. AwardWrongState: it waits for no hearing.
    """
    found = _waiting(session, actor, award_id, "invite")
    row, place = found.award, place.strip()
    days = _rules(session, row, now).hearing_notice_days
    first = today_in(session, row.community_id, now) + dt.timedelta(days=days)
    if not 1 <= len(place) <= 100:
        raise BadInput(fields={"place": "length" if place else "required"})
    if communities.local_day(communities.community(session, row.community_id), meets_at) < first:
        raise InvitationTooSoon(days=days, first_on=first.isoformat())
    before = invitations_of(session, row)
    if before and before[-1].meets_at > now:
        raise InvitationStands(meets_at=before[-1].meets_at.isoformat())
    if len(before) >= MOST_INVITATIONS:
        raise InvitedOften(most=MOST_INVITATIONS)
    made = AwardInvitation(community_id=row.community_id, award_id=row.id, number=len(before) + 1, meets_at=meets_at,
                           place=place, invited_at=now, invited_by=actor.number)  # fmt: skip
    session.add(made)
    people = [one for one in residents.members(session, row.community_id, row.household_id) if not one.left_on]
    notices.tell_all(
        session,
        community_id=row.community_id,
        person_ids=[one.id for one in people],
        kind="hearing_invited",
        facts={"meets_at": int(meets_at.timestamp() * 1000), "place": place, "award_id": row.id.hex},
        now=now,
    )
    return {"code": "household_invited", "award_id": row.id.hex, "number": made.number}


def write_down(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    award_id: uuid.UUID,
    heard_on: dt.date,
    words: str,
    present: str,
) -> dict[str, Any]:
    """Write down what the household said and who was present; then the deduction can be looked at.

    Raises:
        BadInput: by field: heard_on, words, present.
    """
    found = _waiting(session, actor, award_id, "hear")
    row = found.award
    bad = {
        name: "length" if text.strip() else "required"
        for name, text, most in (("words", words, 1000), ("present", present, 200))
        if not 1 <= len(text.strip()) <= most
    }
    if heard_on > today_in(session, row.community_id, now):
        bad["heard_on"] = "future"
    elif heard_on < row.on_day:
        bad["heard_on"] = "before_deed"
    if bad:
        raise BadInput(fields=bad)
    return _close(session, actor, now, row, "hear", on=heard_on, words=words.strip(), present=present.strip())


def did_not_come(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID) -> dict[str, Any]:
    """Go on without the household, which did not come on the days of two invitations. It may still object to the line.

    Raises:
        InvitedTooLittle.
    """
    found = _waiting(session, actor, award_id, "not_come")
    row = found.award
    # Who is late is waited for: nobody has not come before the day is over.
    place, today = communities.community(session, row.community_id), today_in(session, row.community_id, now)
    over = [one for one in invitations_of(session, row) if communities.local_day(place, one.meets_at) < today]
    if len(over) < INVITATIONS:
        raise InvitedTooLittle(over=len(over), needed=INVITATIONS)
    return _close(session, actor, now, row, "not_come", on=communities.local_day(place, over[-1].meets_at))


def invitations_of(session: Session, row: Award) -> Sequence[AwardInvitation]:
    """The invitations about an award, in order."""
    return session.scalars(
        select(AwardInvitation)
        .where(AwardInvitation.community_id == row.community_id, AwardInvitation.award_id == row.id)
        .order_by(col(AwardInvitation.number))
    ).all()


def slip(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID) -> Slip:
    """The last invitation as it is printed.

    Raises:
        InvitedTooLittle: there is none.
    """
    row = by_id(session, community_of(actor), award_id)
    (found,) = listed(session, [row])
    require(actor, "awards.hear", community_id=actor.community_id, area_path=found.household.area_path)
    invited = invitations_of(session, row)
    if not invited:
        raise InvitedTooLittle(over=0, needed=1)
    people = [one for one in residents.members(session, row.community_id, row.household_id) if not one.left_on]
    head = next((one for one in people if one.relation in ("户主", "本人", "head")), people[0] if people else None)
    name = found.person.name if found.person else head.name if head else found.household.name
    return Slip(found, invited[-1], name, _rules(session, row, now).hearing_notice_days)


def _waiting(session: Session, actor: Actor, award_id: uuid.UUID, verb: str) -> Listed:
    row = by_id(session, community_of(actor), award_id)
    (found,) = listed(session, [row])
    require(actor, "awards.hear", community_id=actor.community_id, area_path=found.household.area_path)
    refuse_near(session, actor, row.household_id)
    states.check(row.life, verb)
    return found


def _close(
    session: Session,
    actor: Actor,
    now: dt.datetime,
    row: Award,
    verb: str,
    *,
    on: dt.date,
    words: str = "",
    present: str = "",
) -> dict[str, Any]:
    row.state, row.stage = states.after(row.life, verb, states.ENTERED)
    row.heard_on = on if verb == "hear" else None
    outcome = "heard" if verb == "hear" else "not_come"
    session.add(
        AwardHearing(community_id=row.community_id, award_id=row.id, outcome=outcome, heard_on=on, words=words,
                     present=present, written_at=now, written_by=actor.number)
    )  # fmt: skip
    session.flush()
    return {"code": "household_heard" if verb == "hear" else "household_not_come", "award_id": row.id.hex}


def _rules(session: Session, row: Award, now: dt.datetime) -> policy.Policy:
    return policy.of(session, row.community_id, today_in(session, row.community_id, now))
