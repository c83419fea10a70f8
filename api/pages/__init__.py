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
    "operator",
    "people",
    "erasures",
    "imports",
    "cards",
    "roles",
    "service_points",
    "attendance",
    "station",
    "hours",
    "activities",
    "multipliers",
    "policy",
    "eligibility",
    "circumstances",
    "audit",
    "witnesses",
    "plain_text",
    "months",
    "statements",
    "why",
    "participation",
    "receipts",
    "orders",
    "desk",
    "doors",
    "helpers",
    "notices",
    "points",
    "awards",
    "board",
    "shop",
]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do, on the home page of a community, for who holds one of the roles ("everyone": visitors too).

    `elder`: shown in elder mode too, where few choices are left. `icon` is a name in static/img/icons.svg.
    `group` is a heading of the home page: mine, desk, points, books, setting; or `installation`: shown where one chooses
    a community, for what lies in none. `whole`: a role at a single grid or building is not enough.
    """

    endpoint: str
    label: Any
    roles: frozenset[str] | set[str]
    icon: str
    elder: bool = False
    hint: Any = ""
    group: str = "mine"
    whole: bool = False


# In the order of the home page; an endpoint that is not there is left out.
TASKS: list[Task] = [
    Task(
        endpoint="orders.mine",
        label=_("我的订单"),
        hint=_("点单、看进度、确认、评单"),
        roles={"resident"},
        icon="heart",
        elder=True,
    ),
    Task(
        endpoint="orders.near",
        label=_("附近的订单"),
        hint=_("看谁需要帮助,领单"),
        roles={"volunteer"},
        icon="pin",
    ),
    Task(
        endpoint="orders.taken",
        label=_("我领的单"),
        hint=_("约好的和做过的"),
        roles={"volunteer"},
        icon="hands",
    ),
    Task(
        endpoint="desk.home",
        label=_("服务台"),
        hint=_("扫卡,替老人点单"),
        roles={"desk_staff", "grid_worker", "community_manager"},
        icon="scan",
        group="desk",
    ),
    Task(
        endpoint="orders.listed",
        label=_("订单"),
        hint=_("受理、派单、督办"),
        roles={"desk_staff", "grid_worker", "community_manager"},
        icon="list",
        group="desk",
    ),
    Task(
        endpoint="orders.call_backs",
        label=_("要回访的"),
        hint=_("没有电话的老人,上门或打电话"),
        roles={"desk_staff", "grid_worker", "community_manager"},
        icon="phone",
        group="desk",
    ),
    Task(
        endpoint="helpers.waiting",
        label=_("代办人审核"),
        hint=_("谁可以替老人办事"),
        roles={"desk_staff", "grid_worker", "community_manager"},
        icon="people",
        group="desk",
    ),
    Task(
        endpoint="helpers.mine",
        label=_("代办人"),
        hint=_("请人替我点单"),
        roles={"resident"},
        icon="people",
        group="setting",
    ),
    Task(
        endpoint="hours.mine",
        label=_("我的时间"),
        hint=_("余额、服务记录、账户流水"),
        roles={"resident"},
        icon="clock",
        elder=True,
    ),
    Task(
        endpoint="activities.coming",
        label=_("活动"),
        hint=_("看看、报名"),
        roles={"volunteer", "team_leader", "desk_staff", "community_manager"},
        icon="calendar",
        elder=True,
    ),
    Task(
        endpoint="station.choose",
        label=_("扫卡签到"),
        hint=_("替来服务的人签到、签退、记休息"),
        roles={"desk_staff", "team_leader", "community_manager"},
        icon="scan",
        group="desk",
    ),
    Task(
        endpoint="hours.here_now",
        label=_("谁在服务"),
        hint=_("已签到、还没有签退的人"),
        roles={"desk_staff", "team_leader", "reviewer", "community_manager"},
        icon="pin",
        group="desk",
    ),
    Task(
        endpoint="hours.enter_late",
        label=_("录入补签"),
        hint=_("按纸质登记册"),
        roles={"desk_staff", "community_manager"},
        icon="edit",
        group="desk",
    ),
    Task(
        endpoint="hours.reviews",
        label=_("审核服务记录"),
        hint=_("忘记签退、固定码、补签"),
        roles={"reviewer", "community_manager"},
        icon="check",
        group="desk",
    ),
    Task(
        endpoint="people.residents_list",
        label=_("居民"),
        hint=_("查找、登记、修改"),
        roles={"desk_staff", "grid_worker", "community_manager"},
        icon="people",
        group="desk",
    ),
    Task(
        endpoint="circumstances.listed",
        label=_("特殊情况"),
        hint=_("快到期的、等同意的"),
        roles={"desk_staff", "grid_worker", "community_manager"},
        icon="heart",
        group="desk",
    ),
    Task(
        endpoint="eligibility.rules",
        label=_("福利与条件"),
        hint=_("谁可以享受什么,为什么"),
        roles={"resident", "desk_staff", "grid_worker", "committee", "community_manager", "supervision_committee"},
        icon="gift",
    ),
    Task(
        endpoint="policy.shown",
        label=_("本社区的规则"),
        hint=_("每一个数,谁定的,从哪天起"),
        roles={"everyone"},
        icon="vote",
        group="setting",
    ),
    Task(
        endpoint="imports.uploads",
        label=_("从表格导入居民"),
        hint=_("Excel 或 CSV,先预览再确认"),
        roles={"desk_staff", "community_manager"},
        icon="upload",
        group="setting",
    ),
    Task(
        endpoint="cards.choose",
        label=_("打印卡片"),
        hint=_("时间银行卡、门牌卡、激活条"),
        roles={"desk_staff", "community_manager"},
        icon="card",
        group="setting",
    ),
    Task(
        endpoint="operator.area_tree",
        label=_("区域"),
        hint=_("导入省市县到楼栋的表"),
        roles={"operator"},
        icon="tree",
        group="installation",
    ),
    Task(
        endpoint="operator.all_communities",
        label=_("社区"),
        hint=_("开通社区、选政策"),
        roles={"operator"},
        icon="home",
        group="installation",
    ),
    Task(
        endpoint="multipliers.listed",
        label=_("系数表"),
        hint=_("加权的时段和类别"),
        roles={"committee", "community_manager"},
        icon="vote",
        group="setting",
    ),
    Task(
        endpoint="service_points.listed",
        label=_("服务点"),
        hint=_("屏幕、印刷码"),
        roles={"desk_staff", "team_leader", "community_manager"},
        icon="qr",
        group="setting",
    ),
    Task(
        endpoint="shop.mine",
        label=_("我家的积分"),
        hint=_("余额、明细、公示中的加分"),
        roles={"resident"},
        icon="star",
        elder=True,
        group="points",
    ),
    Task(
        endpoint="shop.home",
        label=_("积分超市"),
        hint=_("用积分换东西"),
        roles={"resident"},
        icon="shop",
        elder=True,
        group="points",
    ),
    Task(
        endpoint="shop.my_orders",
        label=_("我的兑换码"),
        hint=_("凭码领取"),
        roles={"resident"},
        icon="qr",
        group="points",
    ),
    Task(
        endpoint="board.my_objections",
        label=_("我的异议"),
        hint=_("答复和申诉"),
        roles={"resident"},
        icon="alert",
        group="points",
    ),
    Task(
        endpoint="board.home",
        label=_("公示栏"),
        hint=_("积分表、加分与扣分"),
        roles={"everyone"},
        icon="board",
        group="points",
    ),
    Task(
        endpoint="awards.listed",
        label=_("加分与扣分"),
        hint=_("登记、审核、公示、异议"),
        roles={"committee", "reviewer", "community_manager", "grid_worker", "supervision_committee", "auditor"},
        icon="edit",
        group="points",
        whole=True,
    ),
    Task(
        endpoint="points.tables",
        label=_("积分表"),
        hint=_("导入、通过、生效"),
        roles={"committee", "community_manager"},
        icon="vote",
        group="points",
    ),
    Task(
        endpoint="shop.counter",
        label=_("核销兑换码"),
        hint=_("扫码或输入数字,交付商品"),
        roles={"merchant"},
        icon="scan",
        group="points",
    ),
    Task(
        endpoint="shop.stock",
        label=_("商品与库存"),
        hint=_("进货、盘点、价格"),
        roles={"merchant", "committee", "community_manager"},
        icon="gift",
        group="points",
    ),
    Task(
        endpoint="shop.merchants",
        label=_("商户"),
        hint=_("谁发货、谁核销"),
        roles={"committee", "community_manager"},
        icon="shop",
        group="points",
    ),
    Task(
        endpoint="awards.working_days",
        label=_("工作日"),
        hint=_("补登放假和调休"),
        roles={"committee", "community_manager"},
        icon="calendar",
        group="setting",
    ),
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
        endpoint="roles.listed",
        label=_("角色"),
        hint=_("谁在哪里负责什么"),
        roles={"community_manager", "operator", "desk_staff"},
        icon="key",
        group="setting",
    ),
    Task(
        endpoint="erasures.listed",
        label=_("删除个人资料"),
        hint=_("提出、批准、撤回"),
        roles={"community_manager", "committee", "supervision_committee"},
        icon="shield",
        group="setting",
        whole=True,
    ),
    Task(
        endpoint="erasures.mine",
        label=_("我的资料"),
        hint=_("下载一份,或请求删除"),
        roles={"resident"},
        icon="file",
        group="setting",
    ),
    Task(
        endpoint="notices.mine",
        label=_("通知"),
        hint=_("订单、服务和代办的进展"),
        roles={"resident"},
        icon="bell",
        elder=True,
    ),
    Task(
        endpoint="notices.standing",
        label=_("通知的发送"),
        hint=_("邮件是否发得出去"),
        roles={"community_manager", "operator"},
        icon="bell",
        group="setting",
        whole=True,
    ),
    Task(
        endpoint="home.account",
        label=_("我的登录与设备"),
        hint=_("密码、已登录的设备"),
        roles={"resident"},
        icon="phone",
        group="setting",
    ),
]


def blueprints() -> list[Blueprint]:
    return [import_module(f"api.pages.{name}").blueprint for name in BLUEPRINTS]
