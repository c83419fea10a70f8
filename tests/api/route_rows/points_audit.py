"""The audit of the points, and versions run over the past: who may look."""

from __future__ import annotations

from typing import Any

from tests.api.route_rows.points import with_table

AUDIT = {"auditor", "committee", "supervision_committee", "community_manager"}


def of_table(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"table_id": made["table_id"]}


def file_of_table(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"table_id": made["table_id"], "form": "csv"}


FILE: dict[str, Any] = {"roles": AUDIT, "arrange": with_table, "values": lambda world, made: {"form": "csv"}}

ROWS: dict[str, Any] = {
    "points_audit.shown": {"roles": AUDIT, "arrange": with_table},
    "points_audit.figures_file": FILE,
    "points_audit.items_file": FILE,
    "points_audit.outliers_file": FILE,
    "points_audit.tables_file": FILE,
    "points_audit.officers_file": FILE,
    "points_replay.shown": {"roles": AUDIT, "arrange": with_table, "values": of_table},
    "points_replay.file": {"roles": AUDIT, "arrange": with_table, "values": file_of_table},
    "v1_points_replay.shown": {"roles": AUDIT, "arrange": with_table, "values": of_table},
    "v1_points_audit.shown": {"roles": AUDIT, "arrange": with_table},
}
