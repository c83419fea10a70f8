"""The audit of the points: who may look at a year."""

from __future__ import annotations

from typing import Any

from tests.api.route_rows.points import with_table

AUDIT = {"auditor", "committee", "supervision_committee", "community_manager"}
FILE: dict[str, Any] = {"roles": AUDIT, "arrange": with_table, "values": lambda world, made: {"form": "csv"}}

ROWS: dict[str, Any] = {
    "points_audit.shown": {"roles": AUDIT, "arrange": with_table},
    "points_audit.figures_file": FILE,
    "points_audit.items_file": FILE,
    "points_audit.outliers_file": FILE,
    "v1_points_audit.shown": {"roles": AUDIT, "arrange": with_table},
}
