"""Honour lists: proposed by a rule, confirmed by a second officer, published with masked names, objected to, settled.

A name is shown in full only where the household's head agreed. Of a black list nothing is shown in full, each household
is heard before, and it ends by itself; without a decision in force it is neither made nor shown.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import notices, policy
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.people import areas, households, kin
from timebank.people.communities import community_of
from timebank.people.household_heads import heads_of
from timebank.people.households import Household
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points.honours import reading, totals
from timebank.points.honours.deciding import HonourSecondPerson, in_force
from timebank.points.honours.states import PROPOSED, PUBLISHED, SHOWN, STANDING, after
from timebank.points.honours.tables import HonourLine, HonourList, HonourObjection
from timebank.points.publicity.labels import Shown, labels
from timebank.storage import new_id, next_number

RULES = ("top", "threshold", "remark", "deductions")
REMARK = "红榜"
MOST_LINES = 500
LONGEST = dt.timedelta(days=366)


class NobodyOnList(Refused):
    """No household fits the rule in these days."""

    code = "nobody_on_list"


class TooManyOnList(Refused):
    """More households fit than a list holds (facts `found`, `most`)."""

    code = "too_many_on_list"
    status = 422


class NoBlackList(Refused):
    """The community did not decide to have a black list, or the decision is over."""

    code = "no_black_list"
    status = 403


class NotHeard(Refused):
    """A household on the list was not heard yet (fact `households`: how many)."""

    code = "honour_not_heard"


class ListObjected(Refused):
    """She objected to this line already."""

    code = "honour_objected"


class ObjectionsOver(Refused):
    """The days of objections are over (fact `until_at`)."""

    code = "honour_objections_over"


class TooNearToList(Refused):
    """It is the own household's line, a relative's, or the own objection."""

    code = "honour_too_near"
    status = 403


def propose(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    title: str,
    from_day: dt.date,
    to_day: dt.date,
    rule: dict[str, Any],
) -> dict[str, Any]:
    """Make a list by its rule: {"kind": "top", "n": 10}, {"kind": "threshold", "steps": 500}, {"kind": "remark"}.

    A black list takes its number from the decision in force. Of those who share the last place of the first n, all are on it.

    Raises:
        NobodyOnList, TooManyOnList, NoBlackList, BadInput.
    """
    require(actor, "honours.propose", community_id=actor.community_id)
    community_id = community_of(actor)
    today = today_in(session, community_id, now)
    fields = _wrong(kind, title, rule, from_day=from_day, to_day=to_day, today=today)
    if fields:
        raise BadInput(fields=fields)
    decision = in_force(session, community_id, "black", today) if kind == "black" else None
    if kind == "black":
        if decision is None:
            raise NoBlackList
        rule = {"kind": "deductions", "steps": decision.content["from_steps"]}
    chosen = _chosen(session, community_id, rule, from_day, to_day)
    if not chosen:
        raise NobodyOnList
    if len(chosen) > MOST_LINES:
        raise TooManyOnList(found=len(chosen), most=MOST_LINES)
    made = HonourList(
        community_id=community_id, id=new_id(now), number=next_number(session, community_id, "honour_list"), kind=kind,
        state=PROPOSED, title=title.strip(), from_day=from_day, to_day=to_day, rule=rule,
        decision_id=decision.id if decision else None, public=decision.content["public"] if decision else 1,
        proposed_at=now, proposed_by=actor.number, proposed_officer=actor.officer,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(_lines(session, made, chosen))
    session.flush()
    return {"code": "honour_proposed", "list_id": made.id.hex, "number": made.number, "lines": len(chosen)}


def hear(
    session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID, position: int, heard_on: dt.date, said: str
) -> dict[str, Any]:
    """Write down what a household said before it stands on a black list."""
    require(actor, "honours.propose", community_id=actor.community_id)
    found = reading.list_of(session, community_of(actor), list_id)
    after(found.state, "hear", number=found.number)
    line = _line(session, found, position)
    _refuse_near(session, actor, line.household_id)
    if not 1 <= len(said.strip()) <= 500 or heard_on > today_in(session, found.community_id, now):
        raise BadInput(fields={"said": "required"} if not said.strip() else {"heard_on": "in_the_future"})
    line.heard_on, line.heard_text = heard_on, said.strip()
    session.flush()
    return {"code": "honour_heard", "list_id": found.id.hex, "position": position}


def confirm(session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID) -> dict[str, Any]:
    """The second officer has looked the list through; on a black list every household was heard."""
    require(actor, "honours.confirm", community_id=actor.community_id)
    found = reading.list_of(session, community_of(actor), list_id)
    state = after(found.state, "confirm", number=found.number)
    if actor.number == found.proposed_by or actor.officer == found.proposed_officer:
        raise HonourSecondPerson
    lines = [one for one in reading.lines_of(session, found) if one.taken_off_at is None]
    if not lines:
        raise NobodyOnList
    for line in lines:
        if found.kind == "black":
            _refuse_near(session, actor, line.household_id)
    unheard = sum(one.heard_on is None for one in lines) if found.kind == "black" else 0
    if unheard:
        raise NotHeard(households=unheard)
    found.state, found.confirmed_at = state, now
    found.confirmed_by, found.confirmed_officer = actor.number, actor.officer
    session.flush()
    return {"code": "honour_list_confirmed", "list_id": found.id.hex}


def publish(session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID) -> dict[str, Any]:
    """Hang the list out; residents can object until the midnight after the last of its days."""
    require(actor, "honours.publish", community_id=actor.community_id)
    found = reading.list_of(session, community_of(actor), list_id)
    state = after(found.state, "publish", number=found.number)
    today = today_in(session, found.community_id, now)
    decision = in_force(session, found.community_id, "black", today) if found.kind == "black" else None
    if found.kind == "black" and (decision is None or decision.id != found.decision_id):
        raise NoBlackList
    days = policy.of(session, found.community_id, today).honour_objection_days
    shown = [
        {"position": one.position, "name": one.masked_name, "grid": one.grid, "household": one.household_tail,
         "suffix": one.suffix, "steps": one.steps}
        for one in reading.lines_of(session, found) if one.taken_off_at is None
    ]  # fmt: skip
    found.digest = hashlib.sha256(canonical(shown)).hexdigest()
    found.note = book_of(session).note("honour_list", str(found.number), found.digest)
    found.state, found.published_at, found.published_by = state, now, actor.number
    found.objections_until = end_of_day(session, found.community_id, today + dt.timedelta(days=days))
    if decision is not None and decision.ends_on is not None:
        found.ends_on = min(today + dt.timedelta(days=decision.content["days"]), decision.ends_on)
    session.flush()
    on_it = [one.household_id for one in reading.lines_of(session, found) if one.taken_off_at is None]
    _tell_heads(session, found, on_it, "honour_listed" if found.kind == "red" else "honour_black_listed", now=now)
    return {"code": "honour_published", "list_id": found.id.hex, "note": found.note,
            "objections_until": found.objections_until.isoformat()}  # fmt: skip


def consent(
    session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID, position: int, is_given: bool,
    present: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The head agrees that the name is shown in full, or does not; at the desk while she is present. Can be changed any time."""
    found = reading.list_of(session, community_of(actor), list_id)
    if found.kind == "black":
        raise Forbidden(use_case="honours.consent")
    after(found.state, "consent", number=found.number)
    line = _line(session, found, position)
    head = heads_of(session, found.community_id, [line.household_id]).get(line.household_id)
    if head is None or head.id != actor.person_id:
        require(actor, "honours.consent_at_desk", community_id=found.community_id)
        if not present:
            raise BadInput(fields={"present": "required"})
    line.consent, line.consent_at, line.consent_by = "given" if is_given else "refused", now, actor.number
    session.flush()
    return {"code": "honour_consented", "list_id": found.id.hex, "position": position, "consent": line.consent}


def take_off(
    session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID, position: int, reason: str
) -> dict[str, Any]:
    """Take a household off a list, with a reason; its place stays empty."""
    require(actor, "honours.propose", community_id=actor.community_id)
    found = reading.list_of(session, community_of(actor), list_id)
    after(found.state, "take_off", number=found.number)
    line = _line(session, found, position)
    _refuse_near(session, actor, line.household_id)
    _off(line, actor=actor, now=now, reason=reason)
    session.flush()
    if found.state in SHOWN:
        _tell_heads(session, found, [line.household_id], "honour_taken_off", now=now, reason=reason.strip()[:300])
    return {"code": "honour_taken_off", "list_id": found.id.hex, "position": position}


def object_to(
    session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID, position: int, reason: str,
    person_id: uuid.UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A resident objects to a line; a clerk writes it down for somebody at the desk (`person_id`)."""
    found = reading.list_of(session, community_of(actor), list_id)
    require(actor, "honours.object", community_id=found.community_id)
    if person_id is not None and person_id != actor.person_id:
        require(actor, "honours.consent_at_desk", community_id=found.community_id)
    who = person_id or actor.person_id
    if who is None:
        raise Forbidden(use_case="honours.object")
    after(found.state, "object", number=found.number)
    if found.objections_until is not None and now >= found.objections_until:
        raise ObjectionsOver(until_at=found.objections_until.isoformat())
    line = _line(session, found, position)
    if not 1 <= len(reason.strip()) <= 500:
        raise BadInput(fields={"reason": "required" if not reason.strip() else "too_long"})
    for other in reading.objections_of(session, found):
        if other.position == position and other.person_id == who:
            raise ListObjected
    made = HonourObjection(
        community_id=found.community_id, id=new_id(now), list_id=found.id, position=line.position, person_id=who,
        reason=reason.strip(), raised_at=now, raised_by=actor.number, state="open",
    )  # fmt: skip
    session.add(made)
    session.flush()
    return {"code": "honour_objection", "objection_id": made.id.hex}


def answer(
    session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, upheld: bool, text: str
) -> dict[str, Any]:
    """Answer an objection, not the own one, nor of the own household or relatives; upheld, it takes the line off."""
    require(actor, "honours.answer", community_id=actor.community_id)
    community_id = community_of(actor)
    objection = session.get(HonourObjection, (community_id, objection_id))
    if objection is None:
        raise NotFound(what="honour_objection")
    found = reading.list_of(session, community_id, objection.list_id)
    after(found.state, "answer", number=found.number)
    if objection.state != "open":
        raise ListObjected
    line = session.get(HonourLine, (community_id, found.id, objection.position))
    assert line is not None
    _refuse_near(session, actor, line.household_id)
    if actor.person_id is not None and kin.are_near(session, community_id, actor.person_id, objection.person_id):
        raise TooNearToList
    if not 1 <= len(text.strip()) <= 500:
        raise BadInput(fields={"text": "required"})
    objection.state = "upheld" if upheld else "rejected"
    objection.answer, objection.answered_at, objection.answered_by = text.strip(), now, actor.number
    facts = {"list_number": found.number, "title": found.title, "reason": text.strip()}
    notices.tell(session, community_id=community_id, person_id=objection.person_id, kind="honour_answered", facts=facts,
                 now=now)  # fmt: skip
    if upheld and line.taken_off_at is None:
        _off(line, actor=actor, now=now, reason=text)
        _tell_heads(session, found, [line.household_id], "honour_taken_off", now=now, reason=text.strip()[:300])
    session.flush()
    return {"code": "honour_answered", "objection_id": objection.id.hex, "state": objection.state}


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, list_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Give a list up before it stands, or end a standing one."""
    require(actor, "honours.propose", community_id=actor.community_id)
    found = reading.list_of(session, community_of(actor), list_id)
    verb = "end" if found.state == STANDING else "withdraw"
    state = after(found.state, verb, number=found.number)
    if not 1 <= len(reason.strip()) <= 300:
        raise BadInput(fields={"reason": "required"})
    found.state, found.closed_at, found.closed_by, found.closed_reason = state, now, actor.number, reason.strip()
    session.flush()
    return {"code": f"honour_{verb}", "list_id": found.id.hex, "state": state}


def settle_due(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Let lists stand whose days are over and whose objections are answered, and end those whose day has come."""
    require(actor, "honours.settle_due", community_id=actor.community_id)
    settled = ended = 0
    for found, verb in due(session, community_of(actor), now):
        found.state = after(found.state, verb, number=found.number)
        if verb == "settle":
            found.settled_at, settled = now, settled + 1
        else:
            found.closed_at, found.closed_by, ended = now, actor.number, ended + 1
    session.flush()
    return {"code": "honours_settled", "settled": settled, "ended": ended}


def due(session: Session, community_id: int, now: dt.datetime) -> list[tuple[HonourList, str]]:
    """Lists that the clock changes, each with the verb."""
    today = today_in(session, community_id, now)
    shown = session.scalars(
        select(HonourList).where(HonourList.community_id == community_id, col(HonourList.state).in_(SHOWN))
    ).all()
    found: list[tuple[HonourList, str]] = []
    for one in shown:
        if not reading.is_shown(session, one, today):
            found.append((one, "end"))
        elif one.state == PUBLISHED and one.objections_until is not None and one.objections_until <= now:
            found += (
                []
                if any(objection.state == "open" for objection in reading.objections_of(session, one))
                else [(one, "settle")]
            )
    return found


# Shared ----------------------------------------------------------------------------------------------------------------


def _chosen(
    session: Session, community_id: int, rule: dict[str, Any], first: dt.date, last: dt.date
) -> list[tuple[Household, int, str, str]]:
    """Who fits the rule, best first: the household, its steps, why, and its head's name."""
    why: dict[uuid.UUID, str] = {}
    if rule["kind"] == "deductions":
        steps = {one: sum_ for one, sum_ in totals.deducted(session, community_id, first, last).items()
                 if sum_ >= rule["steps"]}  # fmt: skip
    else:
        steps = {one: sum_ for one, sum_ in totals.everybody(session, community_id, first, last).items() if sum_ > 0}
    if rule["kind"] == "threshold":
        steps = {one: sum_ for one, sum_ in steps.items() if sum_ >= rule["steps"]}
    if rule["kind"] == "remark":
        why = totals.with_remark(session, community_id, first, last, REMARK)
        steps = {one: steps.get(one, 0) for one in why}
    heads = heads_of(session, community_id, steps)
    homes = households.households_of(session, community_id, set(heads))
    ranked = sorted(
        (one for one in homes.values() if one.closed_on is None), key=lambda one: (-steps[one.id], one.number)
    )
    if rule["kind"] == "top" and len(ranked) > rule["n"]:
        least = steps[ranked[rule["n"] - 1].id]
        ranked = [one for one in ranked if steps[one.id] >= least]
    return [(one, steps[one.id], why.get(one.id, ""), heads[one.id].name) for one in ranked]


def _lines(session: Session, made: HonourList, chosen: Sequence[tuple[Household, int, str, str]]) -> list[HonourLine]:
    shown = [
        Shown(one.id.hex, name, _grid_of(session, one.area_path), f"{one.number:02}") for one, _, _, name in chosen
    ]
    return [
        HonourLine(community_id=made.community_id, list_id=made.id, position=position, household_id=one.id, steps=steps,
                   why=why, name=name, masked_name=label.name, grid=label.grid, household_tail=label.tail,
                   suffix=label.suffix)
        for position, ((one, steps, why, name), label) in enumerate(zip(chosen, labels(shown), strict=True), 1)
    ]  # fmt: skip


def _grid_of(session: Session, path: str) -> str:
    parts = path.strip("/").split("/")
    for depth in range(len(parts), 0, -1):
        area = areas.by_path(session, "/" + "/".join(parts[:depth]) + "/")
        if area is not None and area.level in ("grid", "community"):
            return area.name if area.level == "grid" else ""
    return ""


def _wrong(
    kind: str, title: str, rule: dict[str, Any], *, from_day: dt.date, to_day: dt.date, today: dt.date
) -> dict[str, str]:
    fields = {}
    if kind not in ("red", "black"):
        fields["kind"] = "required"
    if not 1 <= len(title.strip()) <= 60:
        fields["title"] = "required" if not title.strip() else "too_long"
    if not from_day <= to_day < today or to_day - from_day > LONGEST:
        fields["to_day"] = "out_of_range"
    if kind == "red":
        name, number = rule.get("kind"), {"top": "n", "threshold": "steps"}.get(str(rule.get("kind")))
        if name not in ("top", "threshold", "remark"):
            fields["rule"] = "required"
        elif number is not None and not (type(rule.get(number)) is int and 1 <= rule[number] <= 10**9):
            fields[number] = "out_of_range"
    return fields


def _line(session: Session, found: HonourList, position: int) -> HonourLine:
    line = session.get(HonourLine, (found.community_id, found.id, position))
    if line is None or line.taken_off_at is not None:
        raise NotFound(what="honour_line", position=position)
    return line


def _tell_heads(
    session: Session,
    found: HonourList,
    household_ids: Sequence[uuid.UUID],
    kind: str,
    *,
    now: dt.datetime,
    reason: str = "",
) -> None:
    """Tell the heads of households on a list."""
    facts = {"list_number": found.number, "title": found.title} | ({"reason": reason} if reason else {})
    heads = heads_of(session, found.community_id, household_ids)
    notices.tell_all(session, community_id=found.community_id, person_ids=[one.id for one in heads.values()], kind=kind,
                     facts=facts, now=now)  # fmt: skip


def _off(line: HonourLine, *, actor: Actor, now: dt.datetime, reason: str) -> None:
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    line.taken_off_at, line.taken_off_by, line.taken_off_reason = now, actor.number, reason.strip()[:300]


def _refuse_near(session: Session, actor: Actor, household_id: uuid.UUID) -> None:
    if actor.person_id is not None and kin.are_near(session, community_of(actor), actor.person_id, household_id):
        raise TooNearToList
