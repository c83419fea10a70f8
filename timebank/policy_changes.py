"""How a community changes a number of its policy: one person drafts what was decided, a second one confirms it.

It is in force from a later day, never for days before; the new version's digest is a note in the ledger. Until it is
confirmed a draft changes nothing and can be withdrawn.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions, policy
from timebank.columns import Day, Id, Instant, Json, Number, new_id
from timebank.errors import AlreadyDone, BadInput, NotFound, Refused
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.policy import Policy, PolicyVersion
from timebank.policy_numbers import NUMBERS, wrong_numbers

DRAFT, ADOPTED, WITHDRAWN = "draft", "adopted", "withdrawn"
LONGEST_AHEAD = timedelta(days=400)
SHOWN = 50


class PolicyDecision(SQLModel, table=True):
    """What was decided about some numbers; `version` is the policy's version that came of it, `base_version` the one it was drafted on."""

    __tablename__: ClassVar[str] = "policy_decision"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'adopted', 'withdrawn')", name="ck_policy_decision_state"),
        CheckConstraint("in_force_on > decided_on", name="ck_policy_decision_not_retroactive"),
        CheckConstraint("confirmed_by <> drafted_by", name="ck_policy_decision_two_people"),
        CheckConstraint(
            "(state = 'adopted') = (version IS NOT NULL) AND (state <> 'adopted' OR confirmed_by IS NOT NULL)",
            name="ck_policy_decision_adopted",
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_policy_decision_reason"),
        UniqueConstraint("community_id", "version", name="uq_policy_decision_version"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    state: str
    numbers: dict[str, int] = Field(sa_type=Json)
    base_version: int = Field(sa_type=Number)
    version: int | None = Field(default=None, sa_type=Number)
    in_force_on: date = Field(sa_type=Day)
    decided_on: date = Field(sa_type=Day)
    body: str  # who decided
    reason: str
    minutes_digest: str  # of the minutes of that meeting
    drafted_at: datetime = Field(sa_type=Instant)
    drafted_by: str
    drafted_officer: int = Field(sa_type=Number)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None
    confirmed_officer: int | None = Field(default=None, sa_type=Number)


class PolicySecondPerson(Refused):
    """Who drafted a change does not confirm it."""

    code = "policy_second_person"
    status = 403


class PolicyMoved(Refused):
    """Another version was adopted since this draft was written. Facts: base_version, newest_version."""

    code = "policy_moved"


class PolicyWrongState(Refused):
    """The draft was withdrawn. Facts: state."""

    code = "policy_wrong_state"


@dataclass(frozen=True)
class Since:
    """From when a number has its value, by which version, and who decided it; `decision` None: when the community was opened."""

    on: date
    version: int
    decision: PolicyDecision | None


@dataclass(frozen=True)
class Shown:
    """The policy as residents see it: the numbers of a day, since when each holds, and what is still to come."""

    on: date
    version: int
    numbers: Policy
    since: dict[str, Since]
    versions: list[PolicyVersion]
    decisions: dict[int, PolicyDecision]

    def changes(self, version: PolicyVersion) -> dict[str, tuple[int, int]]:
        """What a version changed: by name, the number before and after."""
        before = _numbers(next((one for one in self.versions if one.version == version.version - 1), None))
        after = _numbers(version)
        return {name: (before[name], after[name]) for name in after if before[name] != after[name]}


def draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    numbers: dict[str, int],
    in_force_on: date,
    decided_on: date,
    body: str,
    reason: str,
    minutes_digest: str,
) -> dict[str, Any]:
    """Write down what was decided; nothing changes until a second person confirms it.

    Raises:
        BadInput: by field: a number that there is not, is out of its bounds or contradicts another; a day that is not ahead.
    """
    community_id = community_of(actor)
    permissions.require(actor, "policy.draft", community_id=community_id)
    today = _today(session, community_id, now)
    newest = policy.newest(session, community_id)
    changed = {name: value for name, value in numbers.items() if _numbers(newest).get(name) != value}
    _refuse_bad_days(in_force_on, decided_on, today=today, after=newest.in_force_on)
    _refuse_bad_numbers(changed, newest)
    wrong = {name: "required" for name, told in {"body": body, "reason": reason}.items() if not told.strip()}
    if len(reason.strip()) > 300:
        wrong["reason"] = "too_long"
    if wrong:
        raise BadInput(fields=wrong)
    row = PolicyDecision(
        community_id=community_id,
        id=new_id(now),
        state=DRAFT,
        numbers=changed,
        base_version=newest.version,
        in_force_on=in_force_on,
        decided_on=decided_on,
        body=body.strip(),
        reason=reason.strip(),
        minutes_digest=minutes_digest,
        drafted_at=now,
        drafted_by=actor.number,
        drafted_officer=actor.officer,
    )
    session.add(row)
    session.flush()
    return {"code": "policy_drafted", "decision": row.id.hex}


def confirm(session: Session, *, actor: Actor, now: datetime, decision_id: uuid.UUID) -> dict[str, Any]:
    """The second person says that it was decided so; from its day on the new version is in force. Harmless when repeated.

    Raises:
        PolicySecondPerson: who drafted it.
        PolicyMoved: another version was adopted meanwhile; the draft is written anew on that one.
        BadInput: its day is no longer ahead.
    """
    row = decision(session, community_of(actor), decision_id)
    permissions.require(actor, "policy.confirm", community_id=row.community_id)
    if row.state == ADOPTED and row.confirmed_by == actor.number:
        return {"code": "policy_confirmed", "version": row.version}
    if row.state != DRAFT:
        raise PolicyWrongState(state=row.state)
    if actor.number == row.drafted_by or actor.officer == row.drafted_officer:
        raise PolicySecondPerson
    newest = policy.newest(session, row.community_id)
    if newest.version != row.base_version:
        raise PolicyMoved(base_version=row.base_version, newest_version=newest.version)
    today = _today(session, row.community_id, now)
    _refuse_bad_days(row.in_force_on, row.decided_on, today=today, after=newest.in_force_on)
    _refuse_bad_numbers(row.numbers, newest)
    row.version = policy.change(session, row.community_id, numbers=row.numbers, on=row.in_force_on)
    row.state, row.confirmed_at = ADOPTED, now
    row.confirmed_by, row.confirmed_officer = actor.number, actor.officer
    session.flush()
    return {"code": "policy_confirmed", "version": row.version}


def withdraw(session: Session, *, actor: Actor, now: datetime, decision_id: uuid.UUID) -> dict[str, Any]:
    """Put a draft away; what was confirmed stays, and is changed by another decision. Harmless when repeated."""
    row = decision(session, community_of(actor), decision_id)
    permissions.require(actor, "policy.draft", community_id=row.community_id)
    if row.state == ADOPTED:
        raise AlreadyDone
    row.state = WITHDRAWN
    session.flush()
    return {"code": "policy_withdrawn"}


# Reading --------------------------------------------------------------------------------------------------------------


def decision(session: Session, community_id: int, decision_id: uuid.UUID) -> PolicyDecision:
    """One decision; NotFound if the community has none of this id."""
    found = session.get(PolicyDecision, (community_id, decision_id))
    if found is None:
        raise NotFound(what="policy_decision")
    return found


def drafts(session: Session, *, actor: Actor) -> list[PolicyDecision]:
    """Drafts that wait for a second person, oldest first."""
    community_id = community_of(actor)
    permissions.require(actor, "policy.confirm", community_id=community_id)
    query = select(PolicyDecision).where(
        col(PolicyDecision.community_id) == community_id, col(PolicyDecision.state) == DRAFT
    )
    return list(session.scalars(query.order_by(col(PolicyDecision.drafted_at)).limit(SHOWN)))


def officers_of(session: Session, community_id: int, on: date) -> list[int]:
    """The two officers of the newest decision in force on a day, by their numbers in the ledger; empty if there is none."""
    query = select(PolicyDecision).where(
        col(PolicyDecision.community_id) == community_id,
        col(PolicyDecision.state) == ADOPTED,
        col(PolicyDecision.in_force_on) <= on,
    )
    row = session.scalars(query.order_by(col(PolicyDecision.version).desc()).limit(1)).first()
    return [row.drafted_officer, row.confirmed_officer] if row and row.confirmed_officer is not None else []


def shown(session: Session, community_id: int, on: date) -> Shown:
    """The policy of a day, with its history and what is still to come; anybody may know it.

    Raises:
        NotFound: the community has none.
    """
    versions = list(
        session.scalars(
            select(PolicyVersion)
            .where(col(PolicyVersion.community_id) == community_id)
            .order_by(col(PolicyVersion.version).desc())
        )
    )
    if not versions:
        raise NotFound(what="policy", community=community_id)
    query = select(PolicyDecision).where(
        col(PolicyDecision.community_id) == community_id, col(PolicyDecision.state) == ADOPTED
    )
    decisions = {row.version: row for row in session.scalars(query) if row.version is not None}
    held = [version for version in versions if version.in_force_on <= on] or versions[-1:]
    since = {name: _since(name, held, decisions) for name in asdict(policy.DEFAULT)}
    numbers = Policy(**_known(held[0].numbers))
    return Shown(on, held[0].version, numbers, since, versions, decisions)


def _since(name: str, held: list[PolicyVersion], decisions: dict[int, PolicyDecision]) -> Since:
    """`held` newest first: the oldest version of the newest run with one value."""
    value = _numbers(held[0])[name]
    first = held[0]
    for version in held:
        if _numbers(version)[name] != value:
            break
        first = version
    return Since(first.in_force_on, first.version, decisions.get(first.version))


def _numbers(version: PolicyVersion | None) -> dict[str, int]:
    """A version's numbers, those it does not know yet at their default."""
    return asdict(policy.DEFAULT) | _known(version.numbers if version else {})


def _known(numbers: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in numbers.items() if name in NUMBERS}


def _refuse_bad_numbers(changed: dict[str, int], newest: PolicyVersion) -> None:
    if not changed:
        raise BadInput(fields={"numbers": "nothing_changes"})
    wrong = wrong_numbers(changed, _numbers(newest) | changed)
    if wrong:
        raise BadInput(fields=wrong)


def _refuse_bad_days(in_force_on: date, decided_on: date, *, today: date, after: date) -> None:
    wrong = {}
    if decided_on > today:
        wrong["decided_on"] = "in_the_future"
    if in_force_on <= today:
        wrong["in_force_on"] = "not_ahead"
    elif in_force_on <= after:
        wrong["in_force_on"] = "before_the_newest"
    elif in_force_on > today + LONGEST_AHEAD:
        wrong["in_force_on"] = "too_far_ahead"
    if wrong:
        raise BadInput(fields=wrong)


def _today(session: Session, community_id: int, now: datetime) -> date:
    return communities.local_day(communities.community(session, community_id), now)
