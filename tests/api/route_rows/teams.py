"""Teams, posts, skills, insurance and consents: who may see and do what."""

from __future__ import annotations

import datetime
import io
import itertools
from typing import Any
from uuid import UUID

from ledger import book_of
from tests.timebank.hours.arrange_teams import appoint, join, make_team
from timebank import accounts, spreadsheets
from timebank.hours import activities, service_points, team_hours
from timebank.people import guardians, skills, teams
from timebank.people.teams import lists
from timebank.permissions import Actor

CLERKS = {"desk_staff", "community_manager"}
SEEING = CLERKS | {"auditor"}
LIVING_HERE = {"resident"}
_names = itertools.count(1)


def console(world: Any) -> Actor:
    return Actor.console(world.village.community_id, "test")


def with_team(world: Any) -> dict[str, Any]:
    """A team with a leader, a member, and minutes to donate."""
    village = world.village
    number = make_team(village, f"第{next(_names)}队")
    leader, member = village.make_person(), village.make_person()
    for person in (leader, member):
        join(village, number, person)
    appoint(village, number, leader)

    def feed(session: Any, now: datetime.datetime) -> dict[str, Any]:
        team = teams.by_number(session, village.community_id, number)
        account = team_hours.account_of(session, team)
        detail = {"use_case": "test", "credited": 600, "source_page": "旧账第1页"}
        book_of(session).post({accounts.OPENING_MIN: -600, account: 600}, on=village.today, detail=detail)
        return {"account": account}

    village.write(feed)
    return {"number": number, "leader": leader, "member": member, "newcomer": village.make_person()}


def of_team(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def leader(world: Any, made: dict[str, Any]) -> Any:
    return made["leader"]


def member_named(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": made["member"].id.hex}


def with_list(world: Any) -> dict[str, Any]:
    """A list of members that waits to be confirmed."""
    made = with_team(world)
    content = f"编号\n{made['newcomer'].number}\n".encode()
    rows = lists.rows_of(spreadsheets.read(content, columns=lists.COLUMNS))
    done = world.village.write(
        lambda session, now: lists.stage(
            session, actor=console(world), now=now, number=made["number"], rows=rows, file_name="名单.csv"
        )
    )
    return {**made, "upload_id": UUID(done["upload"])}


def with_donation(world: Any) -> dict[str, Any]:
    made = with_team(world)
    done = world.village.write(
        lambda session, now: team_hours.donate(
            session, actor=console(world), now=now, number=made["number"], minutes=60
        )
    )
    return {**made, "donation": done["donation"]}


def with_activity(world: Any) -> dict[str, Any]:
    """An activity of tomorrow, and a team to which the first resident belongs."""
    village, now = world.village, world.village.now
    point = village.write(
        lambda session, at: service_points.create(
            session, actor=console(world), now=at, name=f"点{next(_names)}", place="一楼", area_path=village.area_path
        )
    )["number"]
    number = village.write(
        lambda session, at: activities.plan(
            session,
            actor=console(world),
            now=at,
            point_number=point,
            title="清洁家园",
            service_class="public",
            starts_at=now + datetime.timedelta(days=1),
            ends_at=now + datetime.timedelta(days=1, hours=2),
            capacity=None,
            leader_id=None,
        )
    )["number"]
    return {"activity": number}


def with_skill(world: Any) -> dict[str, Any]:
    person = world.village.make_person()
    done = world.village.write(
        lambda session, now: skills.record_skill(
            session,
            actor=console(world),
            now=now,
            person_id=person.id,
            skill="cooking",
            proof="",
            from_on=world.village.today,
            until_on=None,
        )
    )
    return {"person": person, "skill": done["id"]}


def with_insurance(world: Any) -> dict[str, Any]:
    person = world.village.make_person()
    done = world.village.write(
        lambda session, now: skills.insure(
            session,
            actor=console(world),
            now=now,
            person_id=person.id,
            insurer="平安",
            policy_number="P-1",
            from_on=world.village.today,
            until_on=world.village.today,
        )
    )
    return {"person": person, "insurance": done["insurance"]}


def with_family(world: Any) -> dict[str, Any]:
    """A parent and a child of sixteen in one household."""
    village = world.village
    parent = village.make_person()
    child = village.make_person(
        born_on=village.today.replace(year=village.today.year - 16), household_id=parent.household_id
    )
    return {"parent": parent, "person": child}


def with_consent(world: Any) -> dict[str, Any]:
    made = with_family(world)
    done = world.village.write(
        lambda session, now: guardians.consent(
            session,
            actor=console(world),
            now=now,
            person_id=made["person"].id,
            guardian_id=made["parent"].id,
            relation="parent",
        )
    )
    return {**made, "consent": done["consent"]}


def with_person(world: Any) -> dict[str, Any]:
    return {"person": world.village.make_person()}


def of_person(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": made["person"].id}


def parent(world: Any, made: dict[str, Any]) -> Any:
    return made["parent"]


def consent_named(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"consent_id": made["consent"]}


def on_team(
    roles: set[str], data: Any = None, *, method: str = "POST", own: Any = leader, arrange: Any = with_team
) -> Any:
    row = {"method": method, "roles": roles, "arrange": arrange, "values": of_team, "ok": {200, 303}}
    return {**row, **({"data": data} if data else {}), **({"own": own} if own else {})}


ROWS: dict[str, Any] = {
    "teams.listed": {"roles": LIVING_HERE},
    "teams.found": {
        "method": "POST",
        "roles": CLERKS,
        "data": lambda world, made: {"name": f"新队{next(_names)}", "kind": "team"},
        "ok": {303},
    },
    "teams.one": on_team(SEEING, method="GET"),
    "teams.export": {
        "roles": SEEING,
        "arrange": with_team,
        "values": lambda world, made: {"number": made["number"], "form": "csv"},
        "own": leader,
    },
    "teams.change": on_team(CLERKS, lambda world, made: {"name": f"改名队{next(_names)}"}, own=None),
    "teams.end": on_team({"community_manager"}, lambda world, made: {"reason": "任务完成"}, own=None),
    "teams.add_member": on_team(CLERKS, lambda world, made: {"number": made["newcomer"].number}),
    "teams.let_go": on_team(CLERKS, member_named),
    "teams.appoint": on_team(CLERKS, member_named, own=None),
    "teams.dismiss": on_team(CLERKS, lambda world, made: {"person_id": made["leader"].id.hex}),
    "teams.upload": on_team(
        CLERKS,
        lambda world, made: {"file": (io.BytesIO(f"编号\n{made['newcomer'].number}\n".encode()), "名单.csv")},
    ),
    "teams.preview": {
        "roles": CLERKS,
        "arrange": with_list,
        "values": lambda world, made: {"upload_id": made["upload_id"]},
        "own": leader,
    },
    "teams.take_in": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_list,
        "values": lambda world, made: {"upload_id": made["upload_id"]},
        "own": leader,
        "ok": {303},
    },
    "teams.donate": on_team({"community_manager"}, lambda world, made: {"hours": "1", "minutes": "0", "sure": "1"}),
    "teams.take_back": on_team(
        {"community_manager"}, lambda world, made: {"donation_id": made["donation"]}, arrange=with_donation
    ),
    "teams.choose": {
        "method": "POST",
        "roles": LIVING_HERE,
        "arrange": with_activity,
        "values": lambda world, made: {"number": made["activity"]},
        "data": lambda world, made: {"team": "0"},
        "ok": {303},
    },
    "v1_attendance.own_teams": {"roles": LIVING_HERE},
    "posts.listed": {"roles": LIVING_HERE},
    "posts.export": {"roles": LIVING_HERE, "values": lambda world, made: {"form": "csv"}},
    "abilities.mine": {"roles": LIVING_HERE},
    "abilities.say": {
        "method": "POST",
        "roles": LIVING_HERE,
        "data": lambda world, made: {"skill": "gardening"},
        "ok": {303},
    },
    "abilities.withdraw_own": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_skill,
        "data": lambda world, made: {"skill_id": made["skill"]},
        "own": lambda world, made: made["person"],
        "ok": {303},
    },
    "abilities.agree": {
        "method": "POST",
        "roles": set(),
        "arrange": with_family,
        "data": lambda world, made: {"person_id": made["person"].id.hex, "relation": "parent"},
        "own": parent,
        "ok": {303},
    },
    "abilities.revoke_own": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_consent,
        "data": consent_named,
        "own": parent,
        "ok": {303},
    },
    "abilities.person": {"roles": CLERKS, "arrange": with_person, "values": of_person},
    "abilities.record": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_person,
        "values": of_person,
        "data": lambda world, made: {"skill": "first_aid", "proof": "证 A1", "from_on": "2026-11-01"},
        "ok": {303},
    },
    "abilities.withdraw": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_skill,
        "values": of_person,
        "data": lambda world, made: {"skill_id": made["skill"]},
        "own": lambda world, made: made["person"],
        "ok": {303},
    },
    "abilities.insure": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_person,
        "values": of_person,
        "data": lambda world, made: {
            "insurer": "平安",
            "policy_number": "P-2",
            "from_on": "2026-11-01",
            "until_on": "2027-10-31",
        },
        "ok": {303},
    },
    "abilities.withdraw_insurance": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_insurance,
        "values": of_person,
        "data": lambda world, made: {"insurance_id": made["insurance"]},
        "ok": {303},
    },
    "abilities.consent": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_family,
        "values": of_person,
        "data": lambda world, made: {"guardian_number": made["parent"].number, "relation": "parent"},
        "ok": {303},
    },
    "abilities.revoke": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_consent,
        "values": of_person,
        "data": consent_named,
        "own": parent,
        "ok": {303},
    },
}
