"""What the community decides about honours: its levels, and whether there is a black list at all.

One officer writes the decision down, a second confirms it; it holds from a day on, and is noted in the ledger. There is
no black list without such a decision, which has an end. Neither levels nor lists are ever tied to benefits, school or credit.
"""

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import digest_of
from timebank.columns import to_json
from timebank.errors import BadInput, NotFound, Refused
from timebank.people.communities import community_of
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.honours import totals
from timebank.points.honours.tables import HonourDecision
from timebank.points.table.tables import BODIES
from timebank.storage import new_id

MOST_LEVELS = 9
MOST_STEPS = 10**9
LONGEST_BLACK = dt.timedelta(days=366)  # a decision on a black list is renewed every year
DRAFT, ADOPTED, WITHDRAWN = "draft", "adopted", "withdrawn"


class HonourSecondPerson(Refused):
    """Who wrote it down, or proposed it, does not confirm it."""

    code = "honour_second_person"
    status = 403


class HonourDecisionWrongState(Refused):
    """The decision was confirmed or withdrawn already (fact `state`)."""

    code = "honour_decision_wrong_state"


@dataclass(frozen=True)
class Standing:
    """Where a household stands: its level (0: none yet), the level's name, and what the next one needs."""

    level: int
    levels: int
    name: str
    by: str
    steps: int
    next_name: str
    missing_steps: int


def draft(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    content: dict[str, Any],
    in_force_on: dt.date,
    ends_on: dt.date | None = None,
    decided_on: dt.date,
    body: str,
    reason: str,
    minutes_digest: str = "",
) -> dict[str, Any]:
    """Write down what was decided; it holds from `in_force_on`, which is not past. A decision on a black list has an end.

    Raises:
        BadInput: by field: levels (in order, with names), black list's numbers, days, body, reason.
    """
    require(actor, "honours.decide", community_id=actor.community_id)
    community_id = community_of(actor)
    today = today_in(session, community_id, now)
    fields = (
        _wrong_levels(content) if kind == "levels" else _wrong_black(content) if kind == "black" else {"kind": "kind"}
    )
    if in_force_on < today:
        fields["in_force_on"] = "in_the_past"
    if decided_on > today:
        fields["decided_on"] = "in_the_future"
    if kind == "black" and (ends_on is None or not in_force_on < ends_on <= in_force_on + LONGEST_BLACK):
        fields["ends_on"] = "out_of_range"
    if body not in BODIES:
        fields["body"] = "required"
    if not 1 <= len(reason.strip()) <= 300:
        fields["reason"] = "required" if not reason.strip() else "too_long"
    if fields:
        raise BadInput(fields=fields)
    decision = HonourDecision(
        community_id=community_id, id=new_id(now), kind=kind, state=DRAFT, content=content, in_force_on=in_force_on,
        ends_on=ends_on if kind == "black" else None, decided_on=decided_on, body=body, reason=reason.strip(),
        minutes_digest=minutes_digest.strip().lower(), drafted_at=now, drafted_by=actor.number,
        drafted_officer=actor.officer,
    )  # fmt: skip
    session.add(decision)
    session.flush()
    return {"code": "honour_drafted", "decision_id": decision.id.hex}


def confirm(session: Session, *, actor: Actor, now: dt.datetime, decision_id: uuid.UUID) -> dict[str, Any]:
    """The second officer says that it was decided so; its digest is noted in the ledger."""
    require(actor, "honours.confirm", community_id=actor.community_id)
    decision = decision_of(session, community_of(actor), decision_id)
    if decision.state != DRAFT:
        raise HonourDecisionWrongState(state=decision.state)
    if actor.number == decision.drafted_by or actor.officer == decision.drafted_officer:
        raise HonourSecondPerson
    today = today_in(session, decision.community_id, now)
    decision.in_force_on = max(decision.in_force_on, today)
    if decision.ends_on is not None and decision.ends_on <= decision.in_force_on:
        raise BadInput(fields={"ends_on": "out_of_range"})
    digest = digest_of(kind=decision.kind, content=to_json(decision.content), reason=decision.reason,
                       in_force_on=decision.in_force_on.isoformat(), decided_on=decision.decided_on.isoformat(),
                       ends_on=decision.ends_on.isoformat() if decision.ends_on else "",
                       minutes_digest=decision.minutes_digest)  # fmt: skip
    decision.note = book_of(session).note("honours", decision.kind, digest)
    decision.state, decision.confirmed_at = ADOPTED, now
    decision.confirmed_by, decision.confirmed_officer = actor.number, actor.officer
    session.flush()
    return {"code": "honour_confirmed", "decision_id": decision.id.hex, "note": decision.note}


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, decision_id: uuid.UUID) -> dict[str, Any]:
    """Put a draft away, or end a black list's decision today: no list is made by it any more, and none is shown."""
    require(actor, "honours.decide", community_id=actor.community_id)
    decision = decision_of(session, community_of(actor), decision_id)
    if decision.state == WITHDRAWN or (decision.state == ADOPTED and decision.kind != "black"):
        raise HonourDecisionWrongState(state=decision.state)
    decision.state = WITHDRAWN
    session.flush()
    return {"code": "honour_withdrawn", "decision_id": decision.id.hex}


def in_force(session: Session, community_id: int, kind: str, on: dt.date) -> HonourDecision | None:
    """The decision of a kind that holds on a day, if there is one."""
    return session.scalars(
        select(HonourDecision)
        .where(
            HonourDecision.community_id == community_id,
            HonourDecision.kind == kind,
            HonourDecision.state == ADOPTED,
            col(HonourDecision.in_force_on) <= on,
            col(HonourDecision.ends_on).is_(None) | (col(HonourDecision.ends_on) > on),
        )
        .order_by(col(HonourDecision.in_force_on).desc(), col(HonourDecision.id).desc())
        .limit(1)
    ).first()


def decisions_of(session: Session, community_id: int) -> Sequence[HonourDecision]:
    """All decisions, newest first."""
    return session.scalars(
        select(HonourDecision)
        .where(HonourDecision.community_id == community_id)
        .order_by(col(HonourDecision.drafted_at).desc())
        .limit(100)
    ).all()


def decision_of(session: Session, community_id: int, decision_id: uuid.UUID) -> HonourDecision:
    found = session.get(HonourDecision, (community_id, decision_id))
    if found is None:
        raise NotFound(what="honour_decision")
    return found


def standing_of(session: Session, community_id: int, household_id: uuid.UUID, today: dt.date) -> Standing | None:
    """A household's level today; None where the community has none."""
    decision = in_force(session, community_id, "levels", today)
    if decision is None:
        return None
    found = standings(session, community_id, [household_id], today, decision)
    return found[household_id]


def standings(
    session: Session, community_id: int, household_ids: Sequence[uuid.UUID], today: dt.date, decision: HonourDecision
) -> dict[uuid.UUID, Standing]:
    """Levels of several households by one decision."""
    by = decision.content["by"]
    if by == "year":
        first, last = dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)
        earned = totals.of_period(session, community_id, household_ids, first, last)
    else:
        earned = totals.lifetime(session, community_id, household_ids)
    return {household_id: level_of(steps, by, decision.content["levels"]) for household_id, steps in earned.items()}


def level_of(steps: int, by: str, levels: Sequence[Sequence[Any]]) -> Standing:
    """The highest level that so many steps reach. Pure."""
    reached = [number for number, (_, from_steps) in enumerate(levels, 1) if from_steps <= steps]
    level = reached[-1] if reached else 0
    nearest = levels[level] if level < len(levels) else None
    return Standing(
        level, len(levels), str(levels[level - 1][0]) if level else "", by, steps,
        str(nearest[0]) if nearest else "", int(nearest[1]) - steps if nearest else 0,
    )  # fmt: skip


def _wrong_levels(content: dict[str, Any]) -> dict[str, str]:
    levels = content.get("levels")
    if content.get("by") not in ("lifetime", "year"):
        return {"by": "required"}
    if not isinstance(levels, list) or not 1 <= len(levels) <= MOST_LEVELS:
        return {"levels": "out_of_range"}
    numbers = [steps for _, steps in levels]
    if any(not isinstance(name, str) or not 1 <= len(name.strip()) <= 20 for name, _ in levels):
        return {"levels": "required"}
    if any(type(steps) is not int or not 0 <= steps <= MOST_STEPS for steps in numbers):
        return {"levels": "out_of_range"}
    if any(lower >= higher for lower, higher in itertools.pairwise(numbers)):
        return {"levels": "levels_in_order"}
    return {}


def _wrong_black(content: dict[str, Any]) -> dict[str, str]:
    fields = {}
    for name, least, most in (("from_steps", 1, MOST_STEPS), ("days", 1, 366), ("public", 0, 1)):
        value = content.get(name)
        if type(value) is not int or not least <= value <= most:
            fields[name] = "out_of_range"
    return fields
