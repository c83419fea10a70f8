"""Households, years' ends and honours: who may look, ask, agree, carry out, close, undo, propose, confirm and object."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlmodel import select

from tests.api.route_rows.points import give_points
from tests.timebank.points import make
from timebank.people import households
from timebank.permissions import ROLES, Actor
from timebank.points.honours import deciding as honour_deciding
from timebank.points.honours import listing
from timebank.points.household_changes import asking, carrying_out
from timebank.points.table import adoption
from timebank.points.years import closing, deciding
from timebank.points.years.tables import YearClose

MEMBERS = set(ROLES)
DESK = {"desk_staff", "community_manager"}
STATEMENTS = {"desk_staff", "committee", "community_manager", "supervision_committee", "auditor"}
COMMITTEE = {"committee", "community_manager"}
SECOND = {"committee", "community_manager", "supervision_committee"}
POST = {"method": "POST"}
REASON = {"data": lambda world, made: {"reason": "办错了"}}
BODY = {"json": lambda world, made: {"reason": "办错了"}}
NOTHING: dict[str, Any] = {"json": lambda world, made: {}}
CREATED = frozenset({201})


def first_resident(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def with_household(world: Any) -> dict[str, Any]:
    """The first resident's household with points."""
    give_points(world, world.residents[0])
    with world.village.read() as session:
        home = households.household(session, world.village.community_id, world.residents[0].household_id)
    return {"number": home.number, "home": home}


def with_family(world: Any) -> dict[str, Any]:
    """A household of three."""
    people = world.village.make_household("孟大山", "孟小河", "孟小海", steps=100)
    with world.village.read() as session:
        home = households.household(session, world.village.community_id, people[0].household_id)
    return {"number": home.number, "people": people, "home": home}


def of_number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def split_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    one = made["people"][1].id
    return {"going": [one.hex], "new_head": one.hex, "share_percent": "40", "reason": "成家"}


def split_json(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**split_form(world, made), "share_percent": 40}


def with_change(world: Any, *, present: tuple[str, ...] = ("giver", "taker")) -> dict[str, Any]:
    made, desk = with_family(world), world.village.actor("desk_staff")
    people = made["people"]
    asked = world.village.write(
        lambda s, now: asking.ask_split(
            s, actor=desk, now=now, household_id=people[0].household_id, going={people[1].id: ""},
            new_head_id=people[1].id, share_percent=40, reason="成家", present=present,
        )
    )  # fmt: skip
    return {**made, "number": asked["number"], "change_id": uuid.UUID(asked["change_id"])}


def with_asked(world: Any) -> dict[str, Any]:
    return with_change(world, present=())


def with_done(world: Any) -> dict[str, Any]:
    made, desk = with_change(world), world.village.actor("desk_staff")
    world.village.write(lambda s, now: carrying_out.carry_out(s, actor=desk, now=now, change_id=made["change_id"]))
    return made


def with_two_households(world: Any) -> dict[str, Any]:
    made, other = with_family(world), with_family(world)
    return {**made, "other": other["number"]}


# Years -----------------------------------------------------------------------------------------------------------------


def with_year(world: Any) -> dict[str, Any]:
    """A close of this year, drafted anew each time: the one before is withdrawn or undone."""
    village = world.village
    give_points(world, world.residents[0])
    _free_the_year(world)
    made = village.write(
        lambda s, now: deciding.draft(
            s, actor=village.actor("committee"), now=now, year=village.today.year, decided_on=village.today,
            body="assembly", reason="决定",
        )
    )  # fmt: skip
    return {"close_id": uuid.UUID(made["close_id"])}


def without_year(world: Any) -> dict[str, Any]:
    _free_the_year(world)
    return {}


def _free_the_year(world: Any) -> None:
    village = world.village
    _carry_on(world)
    with village.read() as session:
        rows = session.scalars(select(YearClose).where(YearClose.community_id == village.community_id)).all()
    for row in rows:
        if row.state in ("draft", "announced"):
            village.write(
                lambda s, now, row=row: deciding.withdraw(
                    s, actor=village.actor("committee"), now=now, close_id=row.id, reason="再来"
                )
            )
        elif row.state not in ("undone", "withdrawn"):
            village.pass_time(days=370)


def _carry_on(world: Any) -> None:
    job = Actor.system(world.village.community_id, "carry_on_years")
    while world.village.write(lambda s, now: closing.carry_on(s, actor=job, now=now))["left"]:
        pass


def with_announced(world: Any) -> dict[str, Any]:
    made = with_year(world)
    village = world.village
    village.write(
        lambda s, now: deciding.announce(
            s, actor=village.actor("supervision_committee"), now=now, close_id=made["close_id"]
        )
    )
    return made


def with_due(world: Any) -> dict[str, Any]:
    """Announced, and its notice over."""
    made, village = with_announced(world), world.village
    with village.read() as session:
        close = session.get(YearClose, (village.community_id, made["close_id"]))
    village.pass_time(days=(close.closes_from - village.today).days)
    return made


def with_closed(world: Any) -> dict[str, Any]:
    made, village = with_due(world), world.village
    village.write(
        lambda s, now: deciding.start(s, actor=village.actor("committee"), now=now, close_id=made["close_id"])
    )
    _carry_on(world)
    return made


def with_asked_undo(world: Any) -> dict[str, Any]:
    made, village = with_closed(world), world.village
    village.write(
        lambda s, now: deciding.ask_undo(
            s, actor=village.actor("committee"), now=now, close_id=made["close_id"], reason="错"
        )
    )
    return made


def of_close(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"close_id": made["close_id"]}


def close_file(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"close_id": made["close_id"], "form": "csv"}


def year_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    today = world.village.today
    return {"year": str(today.year), "decided_on": today.isoformat(), "body": "assembly", "reason": "决定"}


def year_json(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**year_form(world, made), "year": world.village.today.year}


# Honours ---------------------------------------------------------------------------------------------------------------


def with_earned(world: Any) -> dict[str, Any]:
    """Somebody with a booked award, ten days ago and more."""
    village = world.village
    with village.read() as session:
        found = adoption.in_force_on(session, village.community_id, village.today)
    if found is None:
        make.table_in_force(village)
    person = village.make_person()
    award_id = make.enter(village, person, "参加公益理发")
    make.approve(village, award_id)
    make.publish(village)
    village.pass_time(days=12)
    make.book_due(village)
    return {"person": person}


def with_list(world: Any) -> dict[str, Any]:
    made, village = with_earned(world), world.village
    yesterday = village.today - dt.timedelta(days=1)
    done = village.write(
        lambda s, now: listing.propose(
            s, actor=village.actor("committee"), now=now, kind="red", title="红榜", to_day=yesterday,
            from_day=yesterday - dt.timedelta(days=40), rule={"kind": "threshold", "steps": 1},
        )
    )  # fmt: skip
    return {**made, "number": done["number"], "list_id": uuid.UUID(done["list_id"])}


def with_confirmed(world: Any) -> dict[str, Any]:
    made, village = with_list(world), world.village
    village.write(
        lambda s, now: listing.confirm(
            s, actor=village.actor("supervision_committee"), now=now, list_id=made["list_id"]
        )
    )
    return made


def with_published(world: Any) -> dict[str, Any]:
    made, village = with_confirmed(world), world.village
    village.write(lambda s, now: listing.publish(s, actor=village.actor("committee"), now=now, list_id=made["list_id"]))
    return made


def with_objected(world: Any) -> dict[str, Any]:
    made, village = with_published(world), world.village
    other = village.make_person()
    done = village.write(
        lambda s, now: listing.object_to(
            s, actor=village.actor(person=other), now=now, list_id=made["list_id"], position=1, reason="不对"
        )
    )
    return {**made, "objection_id": uuid.UUID(done["objection_id"])}


def with_decision(world: Any) -> dict[str, Any]:
    village = world.village
    done = village.write(
        lambda s, now: honour_deciding.draft(
            s, actor=village.actor("committee"), now=now, kind="levels",
            content={"by": "lifetime", "levels": [["一星", 10]]}, in_force_on=village.today, decided_on=village.today,
            body="assembly", reason="决定",
        )
    )  # fmt: skip
    return {"decision_id": uuid.UUID(done["decision_id"])}


def decision_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    today = world.village.today.isoformat()
    return {"in_force_on": today, "decided_on": today, "body": "assembly", "reason": "决定"}


def levels_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**decision_form(world, made), "by": "year", "name": ["一星", "二星"], "points": ["5", "10"]}


def black_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    ends = (world.village.today + dt.timedelta(days=60)).isoformat()
    return {**decision_form(world, made), "from_points": "20", "days": "30", "ends_on": ends}


def list_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    yesterday = world.village.today - dt.timedelta(days=1)
    return {"kind": "red", "title": "红榜", "from_day": (yesterday - dt.timedelta(days=40)).isoformat(),
            "to_day": yesterday.isoformat(), "rule": "top", "n": "3"}  # fmt: skip


def first_line(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"], "position": 1}


def verb(name: str) -> Any:
    return lambda world, made: {"number": made["number"], "verb": name}


def line_verb(name: str) -> Any:
    return lambda world, made: {"number": made["number"], "position": 1, "verb": name}


CHANGES = STATEMENTS
ROWS = {
    "household.mine": {"roles": MEMBERS},
    "household.one": {"roles": STATEMENTS, "arrange": with_household, "values": of_number, "own": first_resident},
    "household.helped": {
        "roles": STATEMENTS, "arrange": lambda world: {"person": world.village.make_person()},
        "values": lambda world, made: {"number": made["person"].number}, "own": lambda world, made: made["person"],
    },
    "household.file": {
        "roles": STATEMENTS, "arrange": with_household, "own": first_resident,
        "values": lambda world, made: {"number": made["number"], "form": "csv"},
    },
    "household.history": {"roles": STATEMENTS, "arrange": with_household, "values": of_number, "own": first_resident},
    "household.year_end": {"roles": MEMBERS, "arrange": with_announced, "values": of_close},
    "household_changes.index": {"roles": CHANGES, "arrange": with_change},
    "household_changes.file": {"roles": CHANGES, "arrange": with_change, "values": lambda world, made: {"form": "csv"}},
    "household_changes.split": {"roles": DESK, "arrange": with_household, "values": of_number, "own": first_resident},
    "household_changes.ask_split": {
        **POST, "roles": DESK, "arrange": with_family, "values": of_number, "data": split_form, "ok": {303},
    },
    "household_changes.merge": {"roles": DESK, "arrange": with_household, "values": of_number, "own": first_resident},
    "household_changes.ask_merge": {
        **POST, "roles": DESK, "arrange": with_two_households, "values": of_number, "ok": {303},
        "data": lambda world, made: {"other": str(made["other"]), "reason": "同住"},
    },
    "household_changes.one": {"roles": CHANGES, "arrange": with_change, "values": of_number},
    "household_changes.agree": {
        **POST, "roles": DESK, "arrange": with_asked, "values": of_number, "ok": {303},
        "data": lambda world, made: {"side": "giver", "present": "1"},
    },
    "household_changes.decline": {
        **POST, "roles": DESK, "arrange": with_asked, "values": of_number, "ok": {303},
        "data": lambda world, made: {"side": "giver", "present": "1", "reason": "不同意"},
    },
    "household_changes.withdraw": {**POST, "roles": DESK, "arrange": with_change, "values": of_number, **REASON, "ok": {303}},
    "household_changes.carry_out": {**POST, "roles": DESK, "arrange": with_change, "values": of_number, "ok": {303}},
    "household_changes.undo": {**POST, "roles": DESK, "arrange": with_done, "values": of_number, **REASON, "ok": {303}},
    "household_changes.members": {"roles": DESK, "arrange": with_family, "values": of_number},
    "household_changes.head": {
        **POST, "roles": DESK, "arrange": with_family, "values": of_number, "ok": {303},
        "data": lambda world, made: {"person": made["people"][1].id.hex, "reason": "户主变更"},
    },
    "household_changes.move_in": {
        **POST, "roles": DESK, "arrange": with_two_households, "ok": {303},
        "values": lambda world, made: {"number": made["other"]},
        "data": lambda world, made: {"person": made["people"][2].number, "reason": "搬家"},
    },
    "years.index": {"roles": STATEMENTS, "arrange": with_year},
    "years.draft": {**POST, "roles": COMMITTEE, "arrange": without_year, "data": year_form, "ok": {303}},
    "years.one": {"roles": STATEMENTS, "arrange": with_year, "values": of_close},
    "years.file": {"roles": STATEMENTS, "arrange": with_year, "values": close_file},
    "years.announce": {**POST, "roles": SECOND, "arrange": with_year, "values": of_close, "ok": {303}},
    "years.withdraw": {**POST, "roles": COMMITTEE, "arrange": with_year, "values": of_close, **REASON, "ok": {303}},
    "years.start": {**POST, "roles": COMMITTEE, "arrange": with_due, "values": of_close, "ok": {303}},
    "years.ask_undo": {**POST, "roles": SECOND, "arrange": with_closed, "values": of_close, **REASON, "ok": {303}},
    "years.undo": {**POST, "roles": SECOND, "arrange": with_asked_undo, "values": of_close, "ok": {303}},
    "honours.board": {"anyone": True, "arrange": with_published},
    "honours.one": {"anyone": True, "arrange": with_published, "values": of_number},
    "honours.file": {
        "anyone": True, "arrange": with_published, "values": lambda world, made: {"number": made["number"], "form": "csv"},
    },
    "honours.sheet": {"anyone": True, "arrange": with_published, "values": of_number},
    "honours.object_to": {
        **POST, "roles": MEMBERS, "arrange": with_published, "values": first_line, "ok": {303},
        "data": lambda world, made: {"reason": "不对"},
    },
    "honours.consent": {
        **POST, "roles": {"desk_staff", "committee", "community_manager"}, "arrange": with_published, "ok": {303},
        "values": first_line, "data": lambda world, made: {"given": "1", "present": "1"},
    },
    "honours.manage": {"roles": STATEMENTS, "arrange": with_list},
    "honours.decide_levels": {**POST, "roles": COMMITTEE, "data": levels_form, "ok": {303}},
    "honours.decide_black": {**POST, "roles": COMMITTEE, "data": black_form, "ok": {303}},
    "honours.settle_decision": {
        **POST, "roles": SECOND, "arrange": with_decision, "ok": {303},
        "values": lambda world, made: {"decision_id": made["decision_id"], "verb": "confirm"},
    },
    "honours.propose": {**POST, "roles": COMMITTEE, "arrange": with_earned, "data": list_form, "ok": {303}},
    "honours.manage_one": {"roles": STATEMENTS, "arrange": with_list, "values": of_number},
    "honours.step": {**POST, "roles": SECOND, "arrange": with_list, "values": verb("confirm"), "ok": {303}},
    "honours.line": {**POST, "roles": COMMITTEE, "arrange": with_list, "values": line_verb("off"), **REASON, "ok": {303}},
    "honours.answer": {
        **POST, "roles": SECOND, "arrange": with_objected, "ok": {303},
        "values": lambda world, made: {"number": made["number"], "objection_id": made["objection_id"]},
        "data": lambda world, made: {"verdict": "reject", "text": "核实"},
    },
    "v1_households.mine": {"roles": MEMBERS},
    "v1_statements.household": {
        "roles": STATEMENTS, "arrange": with_household, "values": of_number, "own": first_resident,
    },
    "v1_households.get": {"roles": STATEMENTS, "arrange": with_household, "values": of_number, "own": first_resident},
    "v1_households.history": {"roles": STATEMENTS, "arrange": with_household, "values": of_number, "own": first_resident},
    "v1_households.split": {
        **POST, "roles": DESK, "arrange": with_family, "values": of_number, "json": split_json, "ok": CREATED,
    },
    "v1_households.merge": {
        **POST, "roles": DESK, "arrange": with_two_households, "values": of_number, "ok": CREATED,
        "json": lambda world, made: {"other": made["other"], "reason": "同住"},
    },
    "v1_households.change": {"roles": CHANGES, "arrange": with_change, "values": of_number},
    "v1_households.agree": {
        **POST, "roles": DESK, "arrange": with_asked, "values": of_number, "ok": {200},
        "json": lambda world, made: {"side": "giver", "present": "1"},
    },
    "v1_households.decline": {
        **POST, "roles": DESK, "arrange": with_asked, "values": of_number, "ok": {200},
        "json": lambda world, made: {"side": "giver", "present": "1", "reason": "不同意"},
    },
    "v1_households.withdraw": {**POST, "roles": DESK, "arrange": with_change, "values": of_number, **BODY, "ok": {200}},
    "v1_households.undo": {**POST, "roles": DESK, "arrange": with_done, "values": of_number, **BODY, "ok": {200}},
    "v1_households.carry_out": {**POST, "roles": DESK, "arrange": with_change, "values": of_number, **NOTHING, "ok": {200}},
    "v1_points_years.listed": {"roles": STATEMENTS, "arrange": with_year},
    "v1_points_years.post": {**POST, "roles": COMMITTEE, "arrange": without_year, "json": year_json, "ok": CREATED},
    "v1_points_years.get": {"roles": STATEMENTS, "arrange": with_year, "values": of_close},
    "v1_points_years.announce": {**POST, "roles": SECOND, "arrange": with_year, "values": of_close, **NOTHING, "ok": {200}},
    "v1_points_years.withdraw": {**POST, "roles": COMMITTEE, "arrange": with_year, "values": of_close, **BODY, "ok": {200}},
    "v1_points_years.start": {**POST, "roles": COMMITTEE, "arrange": with_due, "values": of_close, **NOTHING, "ok": {200}},
    "v1_points_years.ask_undo": {**POST, "roles": SECOND, "arrange": with_closed, "values": of_close, **BODY, "ok": {200}},
    "v1_points_years.undo": {**POST, "roles": SECOND, "arrange": with_asked_undo, "values": of_close, **NOTHING, "ok": {200}},
    "v1_honours.listed": {"anyone": True, "arrange": with_published},
    "v1_honours.get": {"anyone": True, "arrange": with_published, "values": of_number},
    "v1_honours.object_to": {
        **POST, "roles": MEMBERS, "arrange": with_published, "values": first_line, "ok": CREATED,
        "json": lambda world, made: {"reason": "不对"},
    },
}  # fmt: skip
