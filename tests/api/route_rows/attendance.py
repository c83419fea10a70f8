"""Service points, scans, visits, reviews and activities: who may, and whose they are."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tests.timebank.hours import arrange
from timebank.hours import activities, service_points
from timebank.hours.attendance.visits import open_visit_of
from timebank.permissions import ROLES

MEMBERS = set(ROLES)
VOLUNTEERS = {"volunteer"}
POINT_STAFF = {"community_manager", "desk_staff"}
POINT_READERS = {"community_manager", "desk_staff", "team_leader", "auditor"}
PLANNERS = {"community_manager", "desk_staff", "team_leader"}
REVIEWERS = {"reviewer", "community_manager"}
STATEMENT_READERS = {"desk_staff", "reviewer", "community_manager", "supervision_committee", "auditor"}


def with_point(world: Any) -> dict[str, Any]:
    return {"number": arrange.make_point(world.village)}


def number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def shown(world: Any, made: dict[str, Any]) -> Any:
    """The point as its screen knows it."""
    with world.village.read() as session:
        point = service_points.by_number(session, world.village.community_id, made["number"])
        session.expunge(point)
        return point


def live_code(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    live = service_points.live_code(shown(world, made), now=world.village.now, step_seconds=30)
    return {"number": made["number"], "code": live.link_code}


def with_printed_code(world: Any) -> dict[str, Any]:
    made = with_point(world)
    manager = world.village.actor("community_manager")
    world.village.write(
        lambda session, now: service_points.issue_fixed_code(session, actor=manager, now=now, number=made["number"])
    )
    return made


def ticket(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    """What this browser gets for opening the code now."""
    code = live_code(world, made)["code"]
    answer = world.client.get(f"/c/{world.village.code}/p/{made['number']}/{code}")
    return {"ticket": parse_qs(urlsplit(answer.headers["Location"]).query)["ticket"][0]}


def checked_in(world: Any) -> dict[str, Any]:
    """The first resident serves at a point; arranged again, she serves there again."""
    made = world.__dict__.setdefault("serving", {}) or with_point(world)
    world.serving = made
    who = world.village.actor("volunteer", person=world.residents[0])
    with world.village.read() as session:
        is_here = open_visit_of(session, world.village.community_id, who.person_id) is not None
    if not is_here:
        world.village.pass_time(minutes=1)
        arrange.come(world.village, who, arrange.scan(world.village, made["number"]))
    world.village.pass_time(minutes=40)
    return made


def serving_now(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    """The visit that the first resident is in."""
    with world.village.read() as session:
        visit = open_visit_of(session, world.village.community_id, world.residents[0].id)
        return {"visit_id": visit.id.hex}


def checked_out(world: Any) -> dict[str, Any]:
    """Let the resident go again, so that the next one can be arranged."""
    made = checked_in(world)
    who = world.village.actor("volunteer", person=world.residents[0])
    outcome = arrange.go(world.village, who, arrange.scan(world.village, made["number"]))
    return made | {"visit_id": outcome["visit_id"]}


def waiting(world: Any) -> dict[str, Any]:
    """A late entry of somebody else waits for review."""
    world.village.pass_time(hours=3)
    helper = arrange.make_resident(world.village, "闻人待审")
    end = world.village.now - datetime.timedelta(hours=1)
    entered = arrange.enter_late(
        world.village,
        world.village.actor("desk_staff"),
        helper.id,
        end - datetime.timedelta(hours=1),
        end,
        place="二号楼",
        source="第 1 页",
    )
    return {"visit_id": entered["visit_id"]}


def asked_for_word(world: Any) -> dict[str, Any]:
    """Somebody reports his own visit, and a resident is asked whether it was so."""
    world.village.pass_time(hours=3)
    who, witness = arrange.make_volunteer(world.village, "闻人申报"), world.village.make_person("闻人作证")
    end = world.village.now - datetime.timedelta(hours=1)
    begins = end - datetime.timedelta(hours=1)
    made = arrange.enter_late(world.village, who, who.person_id, begins, end, place="二号楼", witness_id=witness.id)
    return {"visit_id": made["visit_id"], "witness": witness}


def asked_person(world: Any, made: dict[str, Any]) -> Any:
    return made["witness"]


def printed_visit(world: Any) -> dict[str, Any]:
    """The first resident served where a printed code hangs."""
    made = with_printed_code(world)
    who = world.village.actor("volunteer", person=world.residents[0])
    world.village.pass_time(minutes=1)
    arrange.come(world.village, who, arrange.scan_printed(world.village, made["number"]))
    world.village.pass_time(minutes=40)
    left = arrange.go(world.village, who, arrange.scan_printed(world.village, made["number"]))
    return {"visit_id": left["visit_id"], "elder": world.village.make_person("闻人受助").number}


def late_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    """Each call takes a later quarter of an hour of the day before, so that entries do not overlap."""
    world.late = getattr(world, "late", 0) + 1
    start = datetime.datetime(2026, 11, 19, 0, 0) + datetime.timedelta(minutes=15 * world.late)  # noqa: DTZ001 - a form's
    return {
        "person": world.residents[0].number,
        "day": "2026-11-19",
        "starts": f"{start:%H:%M}",
        "ends": f"{start + datetime.timedelta(minutes=15):%H:%M}",
        "place": "二号楼",
        "source": "第 1 页",
        "witness": "王阿姨",
    }


def with_activity(world: Any) -> dict[str, Any]:
    point = arrange.make_point(world.village)
    planned = world.village.write(
        lambda session, now: activities.plan(
            session,
            actor=world.village.actor("community_manager"),
            now=now,
            point_number=point,
            title="清洁家园",
            service_class="public",
            starts_at=now + datetime.timedelta(hours=1),
            ends_at=now + datetime.timedelta(hours=3),
            capacity=None,
            leader_id=None,
        )
    )
    return {"number": planned["number"], "point": point}


def activity_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "清洁家园",
        "point": made["number"],
        "service_class": "public",
        "day": "2026-11-25",
        "starts": "09:00",
        "ends": "11:00",
    }


def screen(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"], "token": shown(world, made).screen_token}


def printed(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"], "token": shown(world, made).fixed_token}


def visit(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"visit_id": UUID(made["visit_id"]).hex}


def first_resident(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def somebodys_number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": world.residents[0].id.hex}


def api_code(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"point": made["number"], "code": live_code(world, made)["code"]}


def api_ticket(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    answer = world.client.post(f"/api/v1/c/{world.village.code}/tickets", json=api_code(world, made))
    return {"ticket": (answer.json or {}).get("ticket", "none")}


def multiplier_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    """Each call's table is in force a day later, since two cannot begin on one day."""
    world.tables = getattr(world, "tables", 0) + 1
    day = datetime.date(2027, 1, 1) + datetime.timedelta(days=world.tables)
    return {
        "adopted_on": "2026-11-20",
        "in_force_from": day.isoformat(),
        "body": "居民代表会议",
        "minutes": "会议记录全文",
        "service_class_0": "public",
        "starts_0": "22:00",
        "ends_0": "00:00",
        "percent_0": "150",
    }


ROWS: dict[str, Any] = {
    "multipliers.listed": {"roles": MEMBERS},
    "multipliers.adopt": {"method": "POST", "roles": {"committee", "community_manager"}, "data": multiplier_form},
    "service_points.listed": {"roles": POINT_READERS, "arrange": with_point},
    "service_points.create": {
        "method": "POST",
        "roles": POINT_STAFF,
        "data": lambda world, made: {"name": "东门", "place": "", "area_path": world.village.area_path},
    },
    "service_points.shown": {"roles": POINT_READERS, "arrange": with_point, "values": number},
    "service_points.change": {
        "method": "POST",
        "roles": POINT_STAFF,
        "arrange": with_point,
        "values": number,
        "data": lambda world, made: {"name": "西门", "place": "", "area_path": world.village.area_path},
    },
    "service_points.rotate": {
        "method": "POST",
        "roles": {"community_manager"},
        "arrange": with_point,
        "values": number,
    },
    "service_points.issue_fixed_code": {
        "method": "POST",
        "roles": POINT_STAFF,
        "arrange": with_point,
        "values": number,
    },
    "service_points.close": {"method": "POST", "roles": {"community_manager"}, "arrange": with_point, "values": number},
    "service_points.printed": {"roles": POINT_READERS, "arrange": with_printed_code, "values": number},
    "service_points.screen": {"anyone": True, "arrange": with_point, "values": screen},
    "service_points.code": {"anyone": True, "arrange": with_point, "values": screen},
    "attendance.scanned": {"anyone": True, "arrange": with_point, "values": live_code, "ok": {303}},
    "attendance.scanned_printed": {"anyone": True, "arrange": with_printed_code, "values": printed, "ok": {303}},
    "attendance.type_code": {"signed_in": True, "arrange": with_point, "values": number},
    "attendance.typed_code": {
        "method": "POST",
        "signed_in": True,
        "arrange": with_point,
        "values": number,
        "data": lambda world, made: {"code": live_code(world, made)["code"]},
    },
    "attendance.scan": {"roles": VOLUNTEERS, "arrange": with_point, "query": ticket},
    "attendance.check_in": {"method": "POST", "roles": VOLUNTEERS, "arrange": with_point, "data": ticket},
    "attendance.check_out": {"method": "POST", "roles": VOLUNTEERS, "arrange": checked_in, "data": ticket},
    "hours.mine": {"roles": MEMBERS},
    "hours.my_account": {"roles": MEMBERS},
    "hours.of_person": {"roles": STATEMENT_READERS, "values": somebodys_number, "own": first_resident},
    "hours.account_of_person": {"roles": STATEMENT_READERS, "values": somebodys_number, "own": first_resident},
    "hours.visit": {"roles": STATEMENT_READERS, "arrange": checked_out, "values": visit, "own": first_resident},
    "hours.rest": {
        "method": "POST",
        "roles": set(),
        "arrange": checked_in,
        "values": serving_now,
        "data": lambda world, made: {"verb": "begin"},
        "own": first_resident,
    },
    "hours.here_now": {"roles": {"desk_staff", "team_leader", "reviewer", "community_manager"}},
    "hours.reviews": {"roles": REVIEWERS | {"desk_staff", "team_leader"}, "arrange": with_point},
    "hours.accept_many": {
        "method": "POST",
        "roles": REVIEWERS | {"desk_staff", "team_leader"},
        "arrange": waiting,
        "data": lambda world, made: {"visit": visit(world, made)["visit_id"]},
    },
    "words.asked": {"roles": MEMBERS},
    "paper.form": {"roles": POINT_STAFF},
    # An empty page, and no file: that is said, to staff only.
    "paper.type_page": {"method": "POST", "roles": POINT_STAFF, "data": lambda world, made: {}, "ok": {422}},
    "paper.upload": {"method": "POST", "roles": POINT_STAFF, "data": lambda world, made: {}, "ok": {422}},
    "words.one": {
        "roles": {"desk_staff", "community_manager"},
        "arrange": asked_for_word,
        "values": visit,
        "own": asked_person,
    },
    "words.give": {
        "method": "POST",
        "roles": {"desk_staff", "community_manager"},
        "arrange": asked_for_word,
        "values": visit,
        "data": lambda world, made: {"word": "confirmed"},
        "own": asked_person,
    },
    "words.ask_recipient": {
        "method": "POST",
        "roles": set(),
        "arrange": printed_visit,
        "values": visit,
        "data": lambda world, made: {"person": made["elder"]},
        "own": first_resident,
    },
    "hours.review": {
        "method": "POST",
        "roles": REVIEWERS,
        "arrange": waiting,
        "values": visit,
        "data": lambda world, made: {"verdict": "accept"},
    },
    "hours.report_own": {"roles": VOLUNTEERS},
    "hours.report_own_post": {"method": "POST", "roles": VOLUNTEERS, "data": late_form},
    "hours.enter_late": {"roles": POINT_STAFF},
    "hours.enter_late_post": {
        "method": "POST",
        "roles": POINT_STAFF,
        "arrange": lambda world: {"person": arrange.make_resident(world.village, "闻人待录").number},
        "data": lambda world, made: late_form(world, made) | made,
    },
    "activities.coming": {"roles": MEMBERS, "arrange": with_activity},
    "activities.new": {"roles": PLANNERS, "arrange": with_point},
    "activities.plan": {"method": "POST", "roles": PLANNERS, "arrange": with_point, "data": activity_form},
    "activities.shown": {"roles": MEMBERS, "arrange": with_activity, "values": number},
    "activities.sign_up": {"method": "POST", "roles": VOLUNTEERS, "arrange": with_activity, "values": number},
    "activities.give_up": {"method": "POST", "roles": VOLUNTEERS, "arrange": with_activity, "values": number},
    "activities.cancel": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_activity,
        "values": number,
        "data": lambda world, made: {"reason": "下雨"},
    },
    "v1_attendance.ticket": {"method": "POST", "signed_in": True, "arrange": with_point, "json": api_code},
    "v1_attendance.check_in": {"method": "POST", "roles": VOLUNTEERS, "arrange": with_point, "json": api_ticket},
    "v1_attendance.check_out": {"method": "POST", "roles": VOLUNTEERS, "arrange": checked_in, "json": api_ticket},
    "v1_attendance.visits": {"roles": MEMBERS},
    "v1_attendance.statement": {"roles": MEMBERS},
}
