"""The staff's station: who may stand at it."""

from __future__ import annotations

from typing import Any

from tests.api.route_rows.attendance import number, with_point
from tests.timebank.hours import arrange

STATION_STAFF = {"desk_staff", "team_leader", "community_manager"}


def with_card(world: Any) -> dict[str, Any]:
    return {**with_point(world), "card": arrange.make_known_volunteer(world.village, "闻人持卡").number}


def card(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"code": made["card"], "direction": "in"}


ROWS: dict[str, Any] = {
    "station.choose": {
        "roles": {"desk_staff", "team_leader", "community_manager", "auditor"},
        "arrange": with_point,
        "ok": {200, 303},
    },
    "station.home": {"roles": STATION_STAFF, "arrange": with_point, "values": number},
    "station.scan": {"method": "POST", "roles": STATION_STAFF, "arrange": with_card, "values": number, "data": card},
    "v1_attendance.station_scan": {
        "method": "POST",
        "roles": STATION_STAFF,
        "arrange": with_card,
        "values": number,
        "json": card,
    },
    # A picture is missing: that is said, to staff only.
    "station.photo": {"method": "POST", "roles": STATION_STAFF, "arrange": with_point, "values": number, "ok": {422}},
}
