"""Awards that are asked for: by the resident herself, on behalf of her, or reported by the grid worker; with photographs.

The way of a claim is told to who made it: claimed, reviewed with the reason, hanging out, booked.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from timebank import attachments, policy
from timebank.attachments import Attachment, Prepared
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import helpers, households, residents
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, may, require
from timebank.points.awards import sources
from timebank.points.awards.entering import reported_row, resolved_row, told, write
from timebank.points.awards.reading import by_id, community_of
from timebank.points.awards.reviewing import is_range
from timebank.points.awards.rows import AwardRow
from timebank.points.awards.tables import ENTERED, Award, AwardPhoto
from timebank.points.table.adoption import in_force_on, items_of
from timebank.points.table.tables import PointsItem

MOST_PHOTOS = 3


class ClaimsFull(Refused):
    """So many claims of a day wait already (fact `most`)."""

    code = "claims_full"


class HelpedClaimsFull(Refused):
    """So many claims that a helper made today for those she helps wait already (fact `most`)."""

    code = "helped_claims_full"


class ItemNotClaimed(Refused):
    """The table says that others report this item, or that it is not asked for (facts `item`, `reporters`)."""

    code = "item_not_claimed"
    status = 422


class HasLeft(Refused):
    """Who has left the register claims nothing."""

    code = "claimant_has_left"


def claim(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    person_id: uuid.UUID,
    item_id: uuid.UUID,
    on: str,
    quantity: str = "",
    evidence: str,
    proposed_steps: int | None = None,
    again_reason: str = "",
    photos: Sequence[Prepared] = (),
) -> dict[str, Any]:
    """Ask for an award: for oneself, for an elder one helps, or at the desk for somebody who came.

    Raises:
        ClaimsFull, HelpedClaimsFull, ItemNotClaimed, HasLeft. AwardRefused: what cannot be entered, by column.
        BadInput: too many photographs, a value outside the table's range.
    """
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    own = person_id == actor.person_id
    require_claim(session, actor, person)
    if residents.has_left(person):
        raise HasLeft
    source = "claim" if own else "behalf"
    # What is entered at the desk for who comes is nobody's flood; her own phone's is, and her helper's.
    if own:
        _refuse_full(session, community_id, person_id, now)
    elif not may(actor, "awards.claim_for", community_id=community_id, area_path=person.area_path):
        _refuse_helped_full(session, actor, now)
    row = AwardRow(1, "", person.number, "", on, quantity, evidence, item_id=item_id.hex, again_reason=again_reason)
    made = _ask(session, actor, now, row, source, claimant_id=person.id, proposed=proposed_steps)
    keep_photos(session, made, photos, now=now, by=actor.number)
    return told(made)


def require_claim(session: Session, actor: Actor, person: Person) -> None:
    """Go on only if the actor may claim for a person: herself, an elder she helps, or anybody at the desk."""
    community_id = community_of(actor)
    if person.id == actor.person_id:
        require(actor, "awards.claim", community_id=community_id, person_id=person.id)
    elif not (actor.person_id and helpers.is_helper(session, community_id, actor.person_id, person.id)):
        require(actor, "awards.claim_for", community_id=community_id, area_path=person.area_path)


def report(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    household: str,
    person: str,
    item_id: uuid.UUID,
    on: str,
    quantity: str = "",
    evidence: str,
    again_reason: str = "",
    photos: Sequence[Prepared] = (),
) -> dict[str, Any]:
    """A grid worker reports what she saw in her own grid, deductions too; those wait for the hearing.

    Raises:
        Forbidden: the household lives in no grid of hers. AwardRefused, ItemNotClaimed, BadInput: as `claim`.
    """
    row = AwardRow(1, household, person, "", on, quantity, evidence, item_id=item_id.hex, again_reason=again_reason)
    made = _ask(session, actor, now, row, "grid")
    keep_photos(session, made, photos, now=now, by=actor.number)
    return told(made)


def items_to_claim(session: Session, community_id: int, on: dt.date, source: str = "claim") -> list[PointsItem]:
    """What can be asked for on a day by this source: in use, and reported by residents (or grid workers) as the table says."""
    table = in_force_on(session, community_id, on)
    if table is None:
        return []
    return [item for item in items_of(session, community_id, table.id)
            if item.in_use and item.in_use_from is not None and item.in_use_from <= on and can_ask(item, source)]  # fmt: skip


def can_ask(item: PointsItem, source: str) -> bool:
    """Whether an item is asked for by this source. What comes from scans only, and base points, nobody asks for."""
    reporter = sources.SOURCES[source].reporter
    if item.kind == "base" or (item.kind == "deduction" and sources.SOURCES[source].claimed):
        return False
    return reporter in item.reporters.split() if item.reporters else True


def open_claims(session: Session, community_id: int, person_id: uuid.UUID, now: dt.datetime) -> int:
    """How many claims that somebody made today still wait."""
    start = _day_start(session, community_id, now)
    return session.scalars(
        select(func.count())
        .select_from(Award)
        .where(
            Award.community_id == community_id,
            Award.claimant_id == person_id,
            Award.state == ENTERED,
            Award.source_kind == "claim",
            col(Award.entered_at) >= start,
        )
    ).one()


def keep_photos(session: Session, made: Award, photos: Sequence[Prepared], *, now: dt.datetime, by: str) -> None:
    """Keep the photographs of a deed in the commit of its award; they go after the policy's days, their digest stays."""
    if len(photos) > MOST_PHOTOS:
        raise BadInput(fields={"photos": "too_many"})
    session.flush()
    for number, prepared in enumerate(photos, 1):
        kept = attachments.keep(session, community_id=made.community_id, prepared=prepared, now=now, by=by)
        session.add(AwardPhoto(community_id=made.community_id, award_id=made.id, number=number, attachment_id=kept,
                               digest=prepared.digest))  # fmt: skip
    session.flush()


def photo(session: Session, *, actor: Actor, award_id: uuid.UUID, number: int) -> uuid.UUID:
    """The file of a photograph: for the household and who claimed, for who reviews or reported, and for supervision.

    Who entered it sees it as long as she could still enter it: not after her role or her being a helper ended.

    Raises:
        NotFound, Forbidden.
    """
    row = by_id(session, community_of(actor), award_id)
    found = session.get(AwardPhoto, (row.community_id, row.id, number))
    mine = row.claimant_id is not None and row.claimant_id == actor.person_id
    if not mine and not (row.entered_by == actor.number and _may_still_enter(session, actor, row)):
        require(actor, "awards.photos", community_id=row.community_id, household_id=row.household_id)
    if found is None:
        raise NotFound(what="photo")
    return found.attachment_id


def _may_still_enter(session: Session, actor: Actor, row: Award) -> bool:
    if row.claimant_id is not None:
        if actor.person_id and helpers.is_helper(session, row.community_id, actor.person_id, row.claimant_id):
            return True
        claimant = residents.person(session, row.community_id, row.claimant_id)
        return may(actor, "awards.claim_for", community_id=row.community_id, area_path=claimant.area_path)
    home = households.household(session, row.community_id, row.household_id)
    use_case = "awards.report" if row.comes_from == "grid" else "awards.enter"
    return may(actor, use_case, community_id=row.community_id, area_path=home.area_path)


def photos_there(session: Session, photos: Sequence[AwardPhoto]) -> set[int]:
    """The numbers of the photographs whose days are not over."""
    if not photos:
        return set()
    kept = set(
        session.scalars(
            select(col(Attachment.id)).where(
                Attachment.community_id == photos[0].community_id,
                col(Attachment.id).in_([one.attachment_id for one in photos]),
                col(Attachment.content).is_not(None),
            )
        )
    )
    return {one.number for one in photos if one.attachment_id in kept}


def claimed_for(session: Session, *, actor: Actor) -> list[Person]:
    """Whom a resident may claim for: herself, and the elders she helps."""
    if actor.person_id is None:
        raise NotFound(what="person")
    community_id = community_of(actor)
    elders = [one.elder for one in helpers.bindings(session, actor=actor, helper_id=actor.person_id)
              if one.state == "confirmed"]  # fmt: skip
    return [residents.person(session, community_id, actor.person_id), *elders]


def _ask(
    session: Session,
    actor: Actor,
    now: dt.datetime,
    row: AwardRow,
    source: str,
    *,
    claimant_id: uuid.UUID | None = None,
    proposed: int | None = None,
) -> Award:
    if source == "grid":
        resolved = reported_row(session, actor, now, row)
    else:
        resolved = resolved_row(session, actor, now, row, source)
    item, home = resolved.item, resolved.household
    if item is None or home is None:
        raise NotFound(what="item")
    if not can_ask(item, source):
        raise ItemNotClaimed(item=item.title, reporters=item.reporters or "")
    if proposed is not None:
        sign = -1 if item.value_steps < 0 else 1
        most = abs(int((item.rule or {}).get("most_steps", item.value_steps)))
        if not is_range(item) or not abs(item.value_steps) <= abs(proposed) <= most:
            raise BadInput(fields={"proposed": "range"})
        proposed = sign * abs(proposed)
    return write(session, actor=actor, now=now, resolved=resolved, source_kind=source, claimant_id=claimant_id,
                 proposed_steps=proposed)  # fmt: skip


def _refuse_full(session: Session, community_id: int, person_id: uuid.UUID, now: dt.datetime) -> None:
    most = policy.of(session, community_id, today_in(session, community_id, now)).claims_open_a_day
    if open_claims(session, community_id, person_id, now) >= most:
        raise ClaimsFull(most=most)


def _refuse_helped_full(session: Session, actor: Actor, now: dt.datetime) -> None:
    community_id = community_of(actor)
    most = policy.of(session, community_id, today_in(session, community_id, now)).claims_helped_a_day
    waiting = select(func.count()).where(
        Award.community_id == community_id,
        Award.entered_by == actor.number,
        Award.state == ENTERED,
        Award.source_kind == "behalf",
        col(Award.entered_at) >= _day_start(session, community_id, now),
    )
    if session.scalars(waiting).one() >= most:
        raise HelpedClaimsFull(most=most)


def _day_start(session: Session, community_id: int, now: dt.datetime) -> dt.datetime:
    today = today_in(session, community_id, now)
    return end_of_day(session, community_id, today - dt.timedelta(days=1))


__all__ = ["MOST_PHOTOS", "ClaimsFull", "HasLeft", "HelpedClaimsFull", "ItemNotClaimed", "can_ask", "claim", "claimed_for", "items_to_claim",
           "keep_photos", "open_claims", "photo", "photos_there", "report", "require_claim"]  # fmt: skip
