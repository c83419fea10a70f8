"""Awards: who reviews and decides, claims and reports, hears households, and looks at reviewers and draws."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from tests.api.route_rows.points import ITEM, POST, READ, with_award, with_person, with_table
from tests.timebank.points import make
from timebank.attendance_points import deciding
from timebank.points.awards import claiming, hearings
from timebank.points.table import adoption

COMMITTEE = {"committee", "community_manager"}
REVIEWERS = {"committee", "reviewer"}
HEARING = {"committee", "community_manager", "grid_worker"}
DESK = {"desk_staff", "grid_worker", "committee", "community_manager"}
LIVING_HERE = {"resident"}
OVERSIGHT = {"supervision_committee", "auditor"}
CLASSES = iter(
    ("meals", "cleaning", "bathing", "outings", "medical_escort", "errands", "visits", "home_help", "talks") * 9
)


def of(name: str) -> Any:
    return lambda world, made: {name: made[name]}


AWARD, LINK = of("award_id"), of("link_id")


def with_reviewed(world: Any) -> dict[str, Any]:
    made = with_award(world)
    make.review(world.village, made["award_id"])
    return made


def with_two_views(world: Any) -> dict[str, Any]:
    """Drawn, and the two differ: the draw is by chance, so it is said here that this one was."""
    made = with_award(world)
    make.review(world.village, made["award_id"])

    def differ(session: Any, now: Any) -> dict[str, Any]:
        from timebank.points.awards import reading

        row = reading.by_id(session, world.village.community_id, made["award_id"])
        row.state, row.stage = "entered", "committee"
        return {}

    world.village.write(differ)
    return made


def with_claim(world: Any) -> dict[str, Any]:
    world.village.pass_time(days=1)
    made, person = with_table(world), world.village.make_person()
    actor = world.village.actor(person=person)
    claimed = world.village.write(
        lambda s, now: claiming.claim(
            s,
            actor=actor,
            now=now,
            person_id=person.id,
            item_id=made["item"].id,
            on=world.village.today.isoformat(),
            evidence="理了十个人",
        )
    )
    return {**made, "award_id": uuid.UUID(claimed["award_id"]), "person": person}


def with_photo(world: Any) -> dict[str, Any]:
    from tests.timebank.points.test_claims import a_photo

    made = with_claim(world)

    def keep(session: Any, now: Any) -> dict[str, Any]:
        from timebank.points.awards import reading

        row = reading.by_id(session, world.village.community_id, made["award_id"])
        claiming.keep_photos(session, row, [a_photo()], now=now, by=made["person"].number)
        return {}

    world.village.write(keep)
    return made


def with_hearing(world: Any) -> dict[str, Any]:
    """A deduction of which nobody was heard: an award of the walk's table that is said to be one."""
    made = with_award(world)

    def deduct(session: Any, now: Any) -> dict[str, Any]:
        from timebank.points.awards import reading

        reading.by_id(session, world.village.community_id, made["award_id"]).stage = "hearing"
        return {}

    world.village.write(deduct)
    return made


def with_invitation(world: Any) -> dict[str, Any]:
    made, actor = with_hearing(world), world.village.actor("committee")
    for _ in range(2):
        meets_at = world.village.now + dt.timedelta(days=4)
        world.village.write(
            lambda s, now, at=meets_at: hearings.invite(
                s, actor=actor, now=now, award_id=made["award_id"], meets_at=at, place="村委会"
            )
        )
        world.village.pass_time(days=5)
    return made


def with_link(world: Any) -> dict[str, Any]:
    made, actor, target = with_table(world), world.village.actor("committee"), next(CLASSES)
    _end(world, target)
    decided = world.village.write(
        lambda s, now: deciding.decide(
            s,
            actor=actor,
            now=now,
            kind="service_class",
            target=target,
            item_id=_item_now(world).id,
            from_on=world.village.today,
            decided_on=world.village.today,
            reason="代表会议",
        )
    )
    return {**made, "link_id": uuid.UUID(decided["link_id"])}


def _end(world: Any, target: str) -> None:
    """What the walk decided of this class before."""
    actor, today = world.village.actor("committee"), world.village.today
    for row in _links(world):
        link_id = row.link.id
        if row.link.target == target and row.link.until_on is None:
            world.village.write(lambda s, now: deciding.stop(s, actor=actor, now=now, link_id=link_id, until_on=today))  # noqa: B023 - written at once


def _links(world: Any) -> Any:
    with world.village.read() as session:
        return deciding.links(session, actor=world.village.actor("auditor"))


def _item_now(world: Any) -> Any:
    village = world.village
    with village.read() as session:
        table = adoption.in_force_on(session, village.community_id, village.today)
        return next(one for one in adoption.items_of(session, village.community_id, table.id) if one.title == ITEM)


def link_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    target, today = next(CLASSES), world.village.today.isoformat()
    _end(world, target)
    return {"kind": "service_class", "service_class": target, "item_id": _item_now(world).id.hex, "from_on": today,
            "decided_on": today, "reason": "代表会议"}  # fmt: skip


def claim_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    world.village.pass_time(days=1)
    return {"item_id": _item_now(world).id.hex, "on": world.village.today.isoformat(), "evidence": "理了十个人"}


def claim_for_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**claim_form(world, made), "person": made["person"].number}


def report_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return claim_for_form(world, made)


def invitation(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"day": (world.village.today + dt.timedelta(days=5)).isoformat(), "clock": "15:00", "place": "村委会"}


def words(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"heard_on": world.village.today.isoformat(), "words": "是风吹的", "present": "网格员"}


def claimant(world: Any, made: dict[str, Any]) -> Any:
    return made["person"]


EXPORT = {"values": lambda world, made: {"form": "csv"}}
APPROVE = {"data": lambda world, made: {"verdict": "approve", "remark": "属实"}}

ROWS = {
    "awards.export": {"roles": READ, "arrange": with_award, **EXPORT},
    "awards.review_one": {**POST, "roles": REVIEWERS, "arrange": with_award, "values": AWARD, **APPROVE},
    "awards.undo": {
        **POST, "roles": REVIEWERS, "arrange": with_reviewed, "values": AWARD, "ok": {403},
    },
    "awards.decide_between": {
        **POST, "roles": {"committee"}, "arrange": with_two_views, "values": AWARD, **APPROVE,
    },
    "awards.photo": {
        "roles": {"reviewer", "committee", "supervision_committee"}, "arrange": with_photo, "own": claimant,
        "values": lambda world, made: {"award_id": made["award_id"], "number": 1},
    },
    "claims.mine": {"roles": LIVING_HERE},
    "claims.export": {"roles": LIVING_HERE, **EXPORT},
    "claims.new": {"roles": LIVING_HERE, "arrange": with_table},
    "claims.claim": {**POST, "roles": LIVING_HERE, "arrange": with_table, "data": claim_form},
    "claims.desk": {"roles": DESK, "arrange": with_table},
    "claims.claim_at_desk": {**POST, "roles": DESK, "arrange": with_person, "data": claim_for_form},
    "claims.report": {"roles": {"grid_worker"}, "arrange": with_table},
    "claims.send_report": {**POST, "roles": {"grid_worker"}, "arrange": with_person, "data": report_form},
    "hearings.invite": {**POST, "roles": HEARING, "arrange": with_hearing, "values": AWARD, "data": invitation},
    "hearings.write_down": {**POST, "roles": HEARING, "arrange": with_hearing, "values": AWARD, "data": words},
    "hearings.did_not_come": {**POST, "roles": HEARING, "arrange": with_invitation, "values": AWARD},
    "hearings.slip": {"roles": HEARING, "arrange": with_invitation, "values": AWARD},
    "reviews.reviewers": {"roles": OVERSIGHT, "arrange": with_reviewed},
    "reviews.reviewers_file": {"roles": OVERSIGHT, "arrange": with_reviewed, **EXPORT},
    "reviews.draws": {"roles": {*OVERSIGHT, "committee"}, "arrange": with_reviewed},
    "reviews.draws_file": {"roles": {*OVERSIGHT, "committee"}, "arrange": with_reviewed, **EXPORT},
    "v1_awards.listed": {"roles": READ, "arrange": with_award},
    "v1_awards.mine": {"roles": LIVING_HERE},
    "v1_awards.items": {"roles": LIVING_HERE, "arrange": with_table},
    "v1_awards.claim": {
        **POST, "roles": LIVING_HERE, "arrange": with_table, "json": claim_form, "ok": {201},
    },
    "v1_awards.claim_with_photos": {
        **POST, "roles": LIVING_HERE, "arrange": with_table, "data": claim_form, "ok": {201},
    },
    "v1_awards.photo": {
        "roles": {"reviewer", "committee", "supervision_committee"}, "arrange": with_photo, "own": claimant,
        "values": lambda world, made: {"award_id": made["award_id"], "number": 1},
    },
    "v1_awards.invite": {
        **POST, "roles": HEARING, "arrange": with_hearing, "values": AWARD, "json": invitation, "ok": {201},
    },
    "v1_awards.write_down": {
        **POST, "roles": HEARING, "arrange": with_hearing, "values": AWARD, "json": words, "ok": {200},
    },
    "v1_awards.did_not_come": {
        **POST, "roles": HEARING, "arrange": with_invitation, "values": AWARD, "ok": {200},
    },
    "v1_awards.review": {
        **POST, "roles": REVIEWERS, "arrange": with_award,
        "json": lambda world, made: {"award_ids": [made["award_id"].hex], "verdict": "approve"}, "ok": {200},
    },
    "v1_awards.reviewers": {"roles": OVERSIGHT, "arrange": with_reviewed},
    "v1_awards.draws": {"roles": {*OVERSIGHT, "committee"}, "arrange": with_reviewed},
    "v1_awards.one": {"roles": READ, "arrange": with_award, "values": AWARD},
    "v1_awards.decide": {
        **POST, "roles": {"committee"}, "arrange": with_two_views, "values": AWARD,
        "json": lambda world, made: {"verdict": "approve", "remark": "属实"}, "ok": {200},
    },
    "v1_awards.undo": {**POST, "roles": REVIEWERS, "arrange": with_reviewed, "values": AWARD, "ok": {403}},
    "attendance_points.listed": {"roles": {*COMMITTEE, *OVERSIGHT, "reviewer"}, "arrange": with_table},
    "attendance_points.export": {"roles": {*COMMITTEE, *OVERSIGHT, "reviewer"}, "arrange": with_link, **EXPORT},
    "attendance_points.export_one": {
        "roles": {*COMMITTEE, *OVERSIGHT, "reviewer"}, "arrange": with_link,
        "values": lambda world, made: {"link_id": made["link_id"], "form": "csv"},
    },
    "attendance_points.decide": {**POST, "roles": COMMITTEE, "arrange": with_table, "data": link_form},
    "attendance_points.one": {
        "roles": {*COMMITTEE, *OVERSIGHT, "reviewer"}, "arrange": with_link, "values": LINK,
    },
    "attendance_points.stop": {
        **POST, "roles": COMMITTEE, "arrange": with_link, "values": LINK,
        "data": lambda world, made: {"until_on": world.village.today.isoformat()},
    },
    "attendance_points.again": {**POST, "roles": COMMITTEE, "arrange": with_link, "values": LINK},
}  # fmt: skip
