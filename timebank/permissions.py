"""Who may do what to whom: one table, and the person who acts.

Roles are held at an area, with dates, and count for all below it. A resident needs no role for what is his own.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from timebank.errors import Forbidden

ROLES = (
    "resident",
    "volunteer",
    "recipient",
    "helper",
    "guardian",
    "team_leader",
    "desk_staff",
    "grid_worker",
    "building_captain",
    "reviewer",
    "committee",
    "supervision_committee",
    "merchant",
    "community_manager",
    "auditor",
    "operator",
)


@dataclass(frozen=True)
class Grant:
    """A role at an area; `area_path` is the area's path, such as `/3201/320102/011/`, and covers all that begin with it."""

    role: str
    area_path: str


@dataclass(frozen=True)
class Actor:
    """Who acts in one community, and as what.

    `number` is what the books show: a person's number, or the name of a job. `officer` is the serial in it, by which the ledger names approvers.
    """

    community_id: int | None
    number: str
    login_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    household_id: uuid.UUID | None = None
    grants: tuple[Grant, ...] = ()
    area_path: str = "/"  # of the community
    trusted: bool = False  # the console and the jobs: no sign-in stands behind them, everything is open to them

    @classmethod
    def system(cls, community_id: int | None, job: str) -> Actor:
        """A job: what the clock does by rule."""
        return cls(community_id, f"job:{job}", trusted=True)

    @classmethod
    def console(cls, community_id: int | None, name: str) -> Actor:
        """Somebody at the server's command line."""
        return cls(community_id, f"console:{name}", trusted=True)

    @property
    def officer(self) -> int:
        """The serial part of the actor's number; 1 for console and jobs."""
        parts = self.number.split("-")
        return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else 1

    @property
    def roles(self) -> frozenset[str]:
        """The roles that reach the whole community, and `resident` for its members."""
        whole = {grant.role for grant in self.grants if self.area_path.startswith(grant.area_path)}
        return frozenset(whole | ({"resident"} if self.person_id else set()))

    def has(self, roles: frozenset[str], area_path: str | None = None) -> bool:
        """Whether one of the roles is held over `area_path` (the whole community if none is named)."""
        if self.person_id and "resident" in roles:
            return True
        return any(
            grant.role in roles and (area_path or self.area_path).startswith(grant.area_path) for grant in self.grants
        )

    def has_anywhere(self, roles: frozenset[str]) -> bool:
        """Whether one of the roles is held at the community, above it, or at some grid or building within it."""
        return self.has(roles) or any(
            grant.role in roles and grant.area_path.startswith(self.area_path) for grant in self.grants
        )


@dataclass(frozen=True)
class Rule:
    """Who may call a use case: one of `roles`; if `own`, also the person or household that it is about; `anyone` without signing in.

    `anywhere`: a role at a single grid or building suffices (the use case narrows what is seen).
    """

    roles: frozenset[str] = field(default_factory=frozenset)
    own: bool = False
    anyone: bool = False
    anywhere: bool = False


def roles(*names: str, own: bool = False, anyone: bool = False, anywhere: bool = False) -> Rule:
    unknown = set(names) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    return Rule(frozenset(names), own, anyone, anywhere)


# One row a use case, by module. A use case without a row is open to nobody but the console and the jobs.
RULES: dict[str, Rule] = {
    # people
    "areas.import_tree": roles("operator"),
    "communities.open_community": roles("operator"),
    "households.open_household": roles("desk_staff", "community_manager"),
    "households.change_household": roles("desk_staff", "community_manager"),
    "households.search": roles("desk_staff", "community_manager", "grid_worker", anywhere=True),
    "households.look": roles("desk_staff", "community_manager", "grid_worker", own=True),
    "residents.admit": roles("desk_staff", "community_manager"),
    "residents.change": roles("desk_staff", "community_manager"),
    "residents.flag": roles("desk_staff", "community_manager"),
    "circumstances.listed": roles("desk_staff", "community_manager", "grid_worker", anywhere=True),
    "circumstances.end": roles("desk_staff", "community_manager"),
    "circumstances.consent": roles("desk_staff", "community_manager", own=True),
    "residents.look": roles("desk_staff", "community_manager", "grid_worker", own=True),
    "residents.search": roles("desk_staff", "community_manager", "grid_worker", anywhere=True),
    "residents.import_residents": roles("desk_staff", "community_manager"),
    "skills.say": roles("desk_staff", "community_manager", own=True),
    "skills.record": roles("desk_staff", "community_manager"),
    "skills.insure": roles("desk_staff", "community_manager"),
    "skills.look": roles("desk_staff", "community_manager", own=True),
    "guardians.consent": roles("desk_staff", "community_manager", own=True),
    "guardians.revoke": roles("desk_staff", "community_manager", own=True),
    "guardians.look": roles("desk_staff", "community_manager", own=True),
    "kin.declare": roles("desk_staff", "committee", "community_manager", own=True),
    "kin.confirm": roles("desk_staff", "committee", "community_manager", own=True),
    "kin.end": roles("desk_staff", "committee", "community_manager"),
    "kin.look": roles("desk_staff", "committee", "community_manager", own=True),
    # Of teams, `own` is who leads the team, and of leaving and stepping back the person herself.
    "teams.listed": roles("resident", "volunteer", "desk_staff", "community_manager", "auditor", anywhere=True),
    "teams.found": roles("desk_staff", "community_manager"),
    "teams.change": roles("desk_staff", "community_manager"),
    "teams.end": roles("community_manager"),
    "teams.look": roles("desk_staff", "community_manager", "auditor", own=True),
    "teams.add_member": roles("desk_staff", "community_manager", own=True),
    "teams.let_go": roles("desk_staff", "community_manager", own=True),
    "teams.appoint": roles("desk_staff", "community_manager"),
    "teams.dismiss": roles("desk_staff", "community_manager", own=True),
    "teams.donate": roles("community_manager", own=True),
    "teams.give_due": roles(),
    "teams.choose": roles("volunteer", own=True, anywhere=True),
    "posts.listed": roles(
        "resident", "desk_staff", "grid_worker", "building_captain", "community_manager", "auditor", anywhere=True
    ),
    "erasure.look": roles("community_manager", "committee", "supervision_committee"),
    "erasure.ask": roles("community_manager"),
    "erasure.approve": roles("community_manager", "committee", "supervision_committee"),
    "erasure.cancel": roles("community_manager", own=True),
    "erasure.carry_out": roles(),
    "erasure.export": roles("community_manager", own=True),
    "cards.issue": roles("desk_staff", "community_manager"),
    "cards.revoke": roles("desk_staff", "community_manager"),
    "helpers.ask": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "helpers.review": roles("desk_staff", "grid_worker", "community_manager"),
    "helpers.confirm": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "helpers.revoke": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "helpers.bindings": roles("desk_staff", "grid_worker", "community_manager", own=True, anywhere=True),
    "roles.give": roles("operator", "community_manager", "desk_staff"),
    "roles.give_list": roles("operator", "community_manager", "desk_staff"),
    "roles.take_back": roles("operator", "community_manager", "desk_staff"),
    "roles.holders": roles("operator", "community_manager", "desk_staff"),
    "notices.read": roles(own=True),
    "notices.read_for": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "notices.contact": roles("desk_staff", "community_manager", own=True),
    "notices.standing": roles("operator", "community_manager"),
    "notices.route": roles(),
    "notices.send": roles(),
    "notices.forget": roles(),
    "policy.draft": roles("committee", "community_manager"),
    "policy.confirm": roles("committee", "community_manager", "supervision_committee"),
    "quotas.set_due": roles(),
    # hours
    "eligibility.draft": roles("committee", "community_manager"),
    "eligibility.confirm": roles("committee", "community_manager", "supervision_committee"),
    "eligibility.read": roles(
        "resident", "desk_staff", "grid_worker", "committee", "community_manager", "supervision_committee", "auditor"
    ),
    "eligibility.listed": roles("desk_staff", "community_manager", "grid_worker", anywhere=True),
    "eligibility.look": roles("desk_staff", "community_manager", "grid_worker", own=True),
    "eligibility.export": roles("desk_staff", "community_manager"),
    "desk.find": roles("desk_staff", "grid_worker", "community_manager", anywhere=True),
    "orders.place": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.read": roles("desk_staff", "grid_worker", "community_manager", "auditor", own=True, anywhere=True),
    "orders.accept": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.send_back": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.reschedule": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.dispatch": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.cancel": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.claim": roles("volunteer", anywhere=True),
    "orders.step_back": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.no_show": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.arrive": roles("volunteer", anywhere=True),
    "orders.leave": roles("volunteer", anywhere=True),
    "orders.record_times": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.issue_tear_off": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.unlock_tear_off": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.record_call_back": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.confirm_own": roles(own=True),
    "orders.confirm_with_number": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.confirm_by_call": roles("desk_staff", "grid_worker", "community_manager"),
    "orders.dispute": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.resolve": roles("reviewer", "community_manager"),
    "orders.rate": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.price": roles("resident", "desk_staff", "grid_worker", "community_manager", anywhere=True),
    "orders.undo": roles("desk_staff", "grid_worker", "community_manager", own=True),
    "orders.waiting": roles("desk_staff", "grid_worker", "community_manager", anywhere=True),
    "orders.call_backs": roles("desk_staff", "grid_worker", "community_manager", anywhere=True),
    "orders.disputes": roles("reviewer", "community_manager", anywhere=True),
    "orders.export": roles("desk_staff", "grid_worker", "community_manager", "auditor", anywhere=True),
    "orders.escalations": roles("desk_staff", "grid_worker", "community_manager", "auditor", anywhere=True),
    "orders.acknowledge": roles("grid_worker", "community_manager"),
    "orders.answer_for": roles("community_manager"),
    "orders.flag": roles(),
    "orders.escalate": roles(),
    "orders.become_overdue": roles(),
    "orders.close_forgotten": roles(),
    "orders.confirm_by_silence": roles(),
    "service_points.create": roles("community_manager", "desk_staff"),
    "service_points.change": roles("community_manager", "desk_staff"),
    "service_points.rotate": roles("community_manager"),
    "service_points.issue_fixed_code": roles("community_manager", "desk_staff"),
    "service_points.close": roles("community_manager"),
    "service_points.set_hours": roles("community_manager", "desk_staff"),
    "service_points.where": roles(
        "resident",
        "volunteer",
        "team_leader",
        "desk_staff",
        "grid_worker",
        "community_manager",
        "auditor",
        anywhere=True,
    ),
    "roster.week": roles("community_manager", "desk_staff", "team_leader", "auditor", anywhere=True),
    "roster.lay_out": roles(),
    "roster.tell_gaps": roles(),
    "service_points.listed": roles("community_manager", "desk_staff", "team_leader", "auditor", anywhere=True),
    "activities.plan": roles("community_manager", "desk_staff", "team_leader"),
    "activities.cancel": roles("community_manager", "desk_staff", "team_leader"),
    "activities.change": roles("community_manager", "desk_staff", "team_leader"),
    # Who leads an activity sees who comes to it, and says who did not.
    "activities.people": roles("community_manager", "desk_staff", "team_leader", own=True),
    "activities.put_down": roles("community_manager", "desk_staff", "team_leader"),
    "activities.write_absence": roles("community_manager", "desk_staff", "team_leader", own=True),
    "activities.decide_excuse": roles("community_manager", "desk_staff", "team_leader"),
    "activities.absences": roles("community_manager", "desk_staff", "team_leader"),
    "activities.free_places": roles(),
    "activities.write_due_absences": roles(),
    "activities.sign_up": roles("volunteer", anywhere=True),
    "activities.coming": roles(
        "resident", "volunteer", "team_leader", "desk_staff", "community_manager", anywhere=True
    ),
    "multipliers.listed": roles("resident", "committee", "community_manager", "auditor", "supervision_committee"),
    "multipliers.adopt": roles("committee", "community_manager"),
    "attendance.check_in": roles("volunteer", anywhere=True),
    "attendance.check_out": roles("volunteer", anywhere=True),
    "attendance.check_out_own": roles(own=True),  # of a visit that goes on, when the role ended meanwhile
    "attendance.rest": roles(own=True),
    "attendance.ask_recipient": roles(own=True),
    "attendance.give_word": roles("desk_staff", "community_manager", own=True),
    "attendance.confirm_code": roles("desk_staff", "team_leader"),
    "attendance.station": roles("desk_staff", "team_leader", "community_manager"),
    "devices.register": roles("desk_staff", "community_manager"),
    "devices.revoke": roles("desk_staff", "community_manager"),
    "devices.listed": roles("community_manager", "desk_staff", "team_leader", "auditor"),
    "offline.listed": roles("desk_staff", "reviewer", "community_manager", "supervision_committee", "auditor"),
    "offline.say": roles("desk_staff", "community_manager"),
    "offline.give_up": roles(),
    "attendance.report_own": roles("volunteer", anywhere=True),
    "attendance.enter_late": roles("desk_staff", "community_manager"),
    "attendance.review": roles("reviewer", "community_manager"),
    "attendance.here_now": roles("desk_staff", "team_leader", "reviewer", "community_manager", anywhere=True),
    "attendance.statement": roles(
        "desk_staff", "reviewer", "community_manager", "supervision_committee", "auditor", own=True
    ),
    "attendance.close_forgotten": roles(),
    # points
    "table.draft": roles("committee", "community_manager"),
    "table.adopt": roles("committee", "community_manager"),
    "table.confirm": roles("committee", "community_manager", "supervision_committee"),
    "table.bodies": roles("committee", "community_manager"),
    "table.comment": roles("resident", "committee", "community_manager", "supervision_committee"),
    "table.comment_for": roles("desk_staff", "committee", "community_manager"),
    "table.object": roles("resident"),
    "table.object_for": roles("desk_staff", "committee", "community_manager"),
    "table.answer": roles("committee", "community_manager"),
    "table.switch": roles("committee", "community_manager"),
    "table.bring_into_force": roles(),
    "working_days.declare": roles("committee", "community_manager"),
    "awards.enter": roles("committee", "community_manager", "grid_worker"),
    "awards.read": roles(
        "committee", "community_manager", "grid_worker", "reviewer", "supervision_committee", "auditor"
    ),
    "awards.review": roles("committee", "reviewer"),
    "awards.withdraw": roles("committee", "community_manager", "grid_worker"),
    "awards.withdraw_own": roles(own=True),
    "awards.claim": roles(own=True),
    "awards.claim_for": roles("desk_staff", "grid_worker", "committee", "community_manager"),
    "awards.report": roles("grid_worker"),
    "awards.photos": roles("reviewer", "committee", "supervision_committee", own=True),
    "awards.hear": roles("committee", "community_manager", "grid_worker"),
    "awards.decide": roles("committee"),
    "awards.draws": roles("supervision_committee", "auditor", "committee"),
    "awards.reveal_draws": roles(),
    "awards.reviewers": roles("supervision_committee", "auditor"),
    "attendance_points.decide": roles("committee", "community_manager"),
    "attendance_points.read": roles("committee", "community_manager", "reviewer", "supervision_committee", "auditor"),
    "attendance_points.award": roles(),
    "publicity.prepare": roles("committee", "community_manager", "supervision_committee"),
    "publicity.hold_back": roles("committee", "community_manager"),
    "publicity.publish": roles("committee", "community_manager"),
    "publicity.lay": roles(),
    "publicity.book": roles("committee", "community_manager"),
    "publicity.remind": roles(),
    "publicity.object_to": roles("resident", "desk_staff", "committee"),
    "publicity.object_on_behalf": roles("desk_staff", "committee", "community_manager"),
    "publicity.own_objections": roles(own=True),
    "publicity.answer": roles("committee", "community_manager"),
    "publicity.decide": roles("supervision_committee"),
    "publicity.book_due": roles(),
    "publicity.correct": roles("committee", "community_manager"),
    "points.read": roles("desk_staff", "committee", "community_manager", "supervision_committee", "auditor", own=True),
    "points.read_own": roles(own=True),
    "points.read_any": roles("desk_staff", "committee", "community_manager", "supervision_committee", "auditor"),
    # Of a split or merge, `own` is the household that asks; who agrees is written in the change.
    "households.change_head": roles("desk_staff", "community_manager"),
    "households.move": roles("desk_staff", "community_manager"),
    "households.ask_change": roles("desk_staff", "community_manager", own=True),
    "households.carry_out": roles("desk_staff", "community_manager"),
    "households.lapse_due": roles(),
    "households.changes": roles(
        "desk_staff", "committee", "community_manager", "supervision_committee", "auditor", anywhere=True
    ),
    "years.draft": roles("committee", "community_manager"),
    "years.announce": roles("committee", "community_manager", "supervision_committee"),
    "years.start": roles("committee", "community_manager"),
    "years.undo": roles("committee", "community_manager", "supervision_committee"),
    "years.carry_on": roles(),
    "years.read": roles("committee", "community_manager", "supervision_committee", "desk_staff", "auditor"),
    "honours.decide": roles("committee", "community_manager"),
    "honours.confirm": roles("committee", "community_manager", "supervision_committee"),
    "honours.propose": roles("committee", "community_manager"),
    "honours.publish": roles("committee", "community_manager"),
    "honours.answer": roles("committee", "community_manager", "supervision_committee"),
    "honours.object": roles("resident", "desk_staff", "committee"),
    "honours.consent_at_desk": roles("desk_staff", "committee", "community_manager"),
    "honours.read": roles("committee", "community_manager", "supervision_committee", "desk_staff", "auditor"),
    "honours.settle_due": roles(),
    "shop.open_merchant": roles("committee", "community_manager"),
    "shop.offer": roles("merchant", "committee", "community_manager"),
    "shop.receive": roles("merchant", "committee", "community_manager"),
    "shop.count": roles("merchant", "committee", "community_manager"),
    "shop.confirm_count": roles("committee", "community_manager"),
    "shop.set_day": roles("merchant", "committee", "community_manager"),
    # The merchant sees its own; codes, goods and pieces, never a person.
    "shop.look": roles("merchant", "committee", "community_manager", "supervision_committee", "auditor"),
    "shop.call_off": roles("merchant", "committee", "community_manager"),
    "shop.ask_return": roles("merchant", "desk_staff", "committee", "community_manager"),
    "shop.returns": roles("merchant", "desk_staff", "committee", "community_manager"),
    "shop.decide_return": roles("committee", "community_manager"),
    "shop.redeem": roles("desk_staff", own=True),
    "shop.redeem_on_behalf": roles("desk_staff"),
    "shop.cancel": roles("desk_staff", own=True),
    "shop.hand_over": roles("merchant"),
    "shop.expire_due": roles(),
    "shop.remind_due": roles(),
    # reports, checks and proofs
    "reports.trial_balance": roles("auditor", "committee", "supervision_committee", "community_manager"),
    "table.replay": roles("committee", "community_manager", "supervision_committee", "auditor"),
    "points.audit": roles("auditor", "committee", "supervision_committee", "community_manager"),
    "statements.read": roles(
        "auditor", "committee", "supervision_committee", "community_manager", "desk_staff", anywhere=True
    ),
    # Of a team, `own` is who leads it.
    "statements.team": roles(
        "auditor", "committee", "supervision_committee", "community_manager", "desk_staff", own=True
    ),
    "participation.community": roles("resident", "auditor", "committee", "supervision_committee", "community_manager"),
    "months.prepare": roles("committee", "community_manager"),
    "months.confirm": roles("committee", "supervision_committee", "community_manager"),
    "reports.journal": roles("auditor", "supervision_committee", "community_manager"),
    "reports.statement": roles("auditor", "desk_staff", "supervision_committee", "community_manager", own=True),
    "receipts.make": roles("auditor", "desk_staff", "supervision_committee", "community_manager", own=True),
    "checks.find": roles("auditor", "supervision_committee", "community_manager"),
    "evidence.checkpoint": roles("auditor", "supervision_committee", "community_manager"),
    "evidence.bundle": roles("auditor", "committee", "supervision_committee", "community_manager"),
    "evidence.bundle_with_details": roles("auditor"),
    "exports.plain_text": roles("auditor", "committee", "supervision_committee", "community_manager"),
}


def may(
    actor: Actor,
    use_case: str,
    *,
    community_id: int | None,
    person_id: uuid.UUID | None = None,
    household_id: uuid.UUID | None = None,
    area_path: str | None = None,
) -> bool:
    """Whether the actor may do this here, to this person or household, at this area."""
    if actor.community_id != community_id:
        return False
    if actor.trusted:
        return True
    rule = RULES.get(use_case)
    if rule is None:
        return False
    if (
        rule.anyone
        or actor.has(rule.roles, area_path)
        or (rule.anywhere and area_path is None and actor.has_anywhere(rule.roles))
    ):
        return True
    own_person = person_id is not None and person_id == actor.person_id
    own_household = household_id is not None and household_id == actor.household_id
    return rule.own and (own_person or own_household)


def require(
    actor: Actor,
    use_case: str,
    *,
    community_id: int | None,
    person_id: uuid.UUID | None = None,
    household_id: uuid.UUID | None = None,
    area_path: str | None = None,
) -> None:
    """Go on only if the actor may.

    Raises:
        Forbidden: naming the use case.
    """
    if not may(
        actor, use_case, community_id=community_id, person_id=person_id, household_id=household_id, area_path=area_path
    ):
        raise Forbidden(use_case=use_case)
