"""The pages: one blueprint a slice, and what the home page offers to each role.

Add a slice's blueprint to BLUEPRINTS and its entries to TASKS, one line each.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _

# Modules of this folder with a `blueprint`.
BLUEPRINTS = [
    "home",
    "audit",
]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do, on the home page of a community, for who holds one of the roles ("everyone": visitors too).

    `elder`: shown in elder mode too, where few choices are left. `icon` is a name in static/img/icons.svg.
    `group` is a heading of the home page: mine, desk, points, books, setting; or `installation`: shown where one chooses
    a community, for what lies in none.
    """

    endpoint: str
    label: Any
    roles: frozenset[str] | set[str]
    icon: str
    elder: bool = False
    hint: Any = ""
    group: str = "mine"


# In the order of the home page; an endpoint that is not there is left out.
TASKS: list[Task] = [
    Task(
        endpoint="audit.overview",
        label=_("账本与审计"),
        hint=_("试算平衡、流水、证据包"),
        roles={"auditor", "committee", "supervision_committee", "community_manager"},
        icon="scale",
        group="books",
    ),
    Task(
        endpoint="audit.proof",
        label=_("公开的证明"),
        hint=_("检查点、公钥、证据包"),
        roles={"everyone"},
        icon="shield",
        group="books",
    ),
    Task(
        endpoint="home.account",
        label=_("我的登录与设备"),
        hint=_("密码、已登录的设备"),
        roles={"resident"},
        icon="key",
        group="setting",
    ),
]


def blueprints() -> list[Blueprint]:
    return [import_module(f"api.pages.{name}").blueprint for name in BLUEPRINTS]
