"""Where tables are: one line a module, so that migrations, tests and checks see them all."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import ledger.tables
from ledger import guards

MODULES = [
    "timebank.storage",
    "timebank.accounts",
    "timebank.policy",
    "timebank.people.areas",
    "timebank.people.communities",
    "timebank.people.logins",
    "timebank.people.households",
    "timebank.people.consents",
    "timebank.people.residents",
    "timebank.people.words",
    "timebank.people.household_history",
    "timebank.people.skills",
    "timebank.people.guardians",
    "timebank.people.kin",
    "timebank.people.teams",
    "timebank.attachments",
    "timebank.policy_changes",
    "timebank.quotas",
    "timebank.notices",
    "timebank.people.cards",
    "timebank.people.imports",
    "timebank.people.helpers",
    "timebank.people.working_days",
    "timebank.hours.service_points",
    "timebank.hours.opening_hours",
    "timebank.hours.activities",
    "timebank.hours.team_hours",
    "timebank.hours.multipliers",
    "timebank.hours.attendance",
    "timebank.hours.attendance.offline",
    "timebank.hours.eligibility",
    "timebank.hours.orders",
    "timebank.points.household_accounts",
    "timebank.points.table",
    "timebank.points.awards",
    "timebank.points.publicity",
    "timebank.points.shop",
    "timebank.points.household_changes",
    "timebank.points.years",
    "timebank.points.honours",
    "timebank.attendance_points",
    "timebank.erasure",
    "timebank.reports.closed_months",
]


def load() -> list[MetaData]:
    """Import every module with tables; returns the metadata of the ledger and of the domain."""
    for name in MODULES:
        import_module(name)
    return [ledger.tables.metadata, SQLModel.metadata]


def guard_statements(dialect: str) -> list[str]:
    """The triggers of the ledger and of the modules, for `sqlite` or `postgresql`; run them with the option `no_parameters`."""
    statements = list(guards.statements(dialect))
    for name in MODULES:
        statements += getattr(import_module(name), "GUARDS", {}).get(dialect, [])
    return statements
