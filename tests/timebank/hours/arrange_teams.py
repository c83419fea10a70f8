"""Sentences to arrange teams: founded, joined, led, with activities to serve in."""

import datetime
import uuid

from tests.timebank.hours.arrange import Someone
from tests.village import Village
from timebank.hours import activities, team_hours
from timebank.people import guardians, teams


def make_team(village: Village, name: str = "蓝马甲志愿队", *, kind: str = "team", parent: int | None = None) -> int:
    """A team or an organisation of today; returns its number."""
    return village.write(
        lambda session, now: teams.found(
            session, actor=village.actor("desk_staff"), now=now, kind=kind, name=name, parent_number=parent
        ),
        name=name,
    )["number"]


def join(village: Village, team: int, person, *, by=None, from_on: datetime.date | None = None):
    return village.write(
        lambda session, now: teams.add_member(
            session,
            actor=by or village.actor("desk_staff"),
            now=now,
            number=team,
            person_id=person.id,
            from_on=from_on,
        )
    )


def go_from(village: Village, team: int, person, *, by=None, gone_on: datetime.date | None = None):
    return village.write(
        lambda session, now: teams.let_go(
            session,
            actor=by or village.actor("desk_staff"),
            now=now,
            number=team,
            person_id=person.id,
            gone_on=gone_on,
        )
    )


def appoint(village: Village, team: int, person, *, by=None, from_on: datetime.date | None = None):
    return village.write(
        lambda session, now: teams.appoint(
            session,
            actor=by or village.actor("community_manager"),
            now=now,
            number=team,
            person_id=person.id,
            from_on=from_on,
        )
    )


def end(village: Village, team: int, reason: str = "改选解散", *, by=None):
    return village.write(
        lambda session, now: team_hours.end_team(
            session, actor=by or village.actor("community_manager"), now=now, number=team, reason=reason
        )
    )


def make_group(village: Village, point: int, *, leader=None, hours: float = 3) -> int:
    """An activity at the point that begins now; returns its number."""
    begins = village.now
    return village.write(
        lambda session, now: activities.plan(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            point_number=point,
            title="少年环保小队",
            service_class="public",
            starts_at=begins,
            ends_at=begins + datetime.timedelta(hours=hours),
            capacity=None,
            leader_id=leader.id if leader is not None else None,
        )
    )["number"]


def agree(village: Village, minor, guardian=None, *, by=None, **said):
    """A guardian's consent, at the desk unless `by` says otherwise; without a guardian of the register by paper."""
    words = {"relation": "parent", **said}
    if guardian is None:
        words = {"guardian_name": "王母", "evidence": "同意书 12 号", **words}
    return village.write(
        lambda session, now: guardians.consent(
            session,
            actor=by or village.actor("desk_staff"),
            now=now,
            person_id=minor.id,
            guardian_id=guardian.id if guardian is not None else None,
            **words,
        )
    )


def revoke(village: Village, consent: str, *, by=None):
    return village.write(
        lambda session, now: guardians.revoke(
            session, actor=by or village.actor("desk_staff"), now=now, consent_id=uuid.UUID(consent)
        )
    )


def team_minutes(village: Village, team: int) -> int:
    """What the team's account holds; 0 before it has one."""
    from timebank import accounts

    with village.read() as session:
        row = teams.by_number(session, village.community_id, team)
        number = accounts.find_main(session, village.community_id, row.id, "min")
    return 0 if number is None else village.balance(number)


__all__ = ["Someone"]
