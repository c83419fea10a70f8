"""Who can be played in the demo: people that stand in the register of the village like all others, and what each can try."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from api.demo.chance import Random
from api.demo.places import URBAN, VILLAGE
from api.demo.register import Resident

PASSWORD = "baiguo-demo-8000"  # noqa: S105 - told to whoever starts the demo; good for made-up people only


@dataclass(frozen=True)
class Part:
    """One demo person: as whom, at which area, and what to do first, in Chinese and English."""

    part: str
    name: str
    title_zh: str
    title_en: str
    do_zh: str
    do_en: str
    roles: tuple[tuple[str, str], ...] = ()
    community_id: int = VILLAGE.community_id
    signs_in: bool = True


_V = VILLAGE.path
_EAST = f"{VILLAGE.path}{VILLAGE.area_code}01/"

CAST = (
    Part("volunteer", "林晓燕", "志愿者", "volunteer", "看时间账户,到服务点扫码签到,领附近的订单",
         "look at her minutes, check in at a service point, claim an order nearby", (("volunteer", _V),)),
    Part("elder", "王秀英", "有手机的老人", "elder with a phone", "确认昨天的服务,再点一单;试试长辈版",
         "confirm yesterday's service, order another; try the elder mode"),
    Part("card_only", "赵桂珍", "没有手机的老人(只有卡)", "elder without a phone (card only)", "在服务台用她的编号或卡替她点单",
         "at the desk, place an order for her by her number or card", signs_in=False),
    Part("helper", "赵美玲", "代办人(赵桂珍的女儿)", "helper (her daughter)", "替母亲点单、确认",
         "order and confirm for her mother"),
    Part("desk", "李建芳", "服务台工作人员", "desk staff", "扫卡点单、派单、回访、补签、印卡",
         "scan cards, place and dispatch orders, call back, late entries, print cards", (("desk_staff", _V),)),
    Part("grid", "吴国平", "网格员(桥东网格)", "grid worker (one grid)", "看桥东网格的订单和住户,没人领的他来跟",
         "see the orders and homes of his grid, follow up what nobody claimed", (("grid_worker", _EAST),)),
    Part("reviewer", "孙志明", "审核员", "reviewer", "审核忘记签退的服务记录、待审的积分,裁定一件争议",
         "review estimated visits and awards, decide a dispute", (("reviewer", _V),)),
    Part("committee", "许文斌", "村民委员会", "committee", "看公示中的一批,答复异议,看新积分表草案",
         "look at the batch on the board, answer an objection, see the draft of a new table", (("committee", _V),)),
    Part("supervision", "朱德明", "监督委员会", "supervision committee", "裁定一件申诉,看试算平衡",
         "decide an appeal, look at the trial balance", (("supervision_committee", _V),)),
    Part("merchant", "徐建军", "积分超市商户", "merchant", "凭取货码交货,看库存",
         "hand goods over by code, look at the stock", (("merchant", _V),)),
    Part("manager", VILLAGE.officers[0], "第一书记(社区管理员)", "community manager", "全村一览:服务点、角色、导入、订单",
         "everything of the village: points, roles, imports, orders"),
    Part("urban", "钱静", "柳溪社区服务台", "desk staff of the other community", "看另一个社区:别处的人和账一概看不到",
         "the other community: nothing of the village is seen", (("desk_staff", URBAN.path),), URBAN.community_id),
)  # fmt: skip
AUDITOR, OPERATOR = "auditor", "operator"


def homes_of_cast(chance: Random, on: dt.date) -> dict[int, list[list[Resident]]]:
    """The households of those who can be played, and a second 王秀英."""
    made = chance.randrange(1000, 8000)

    def phone(last: int) -> str:
        return f"1390000{made + last:04}"

    def one(name: str, sex: str, years: int, relation: str = "户主", *, number: str = "", **more: Any) -> Resident:
        born_on = dt.date(on.year - years, 3, 5) + dt.timedelta(days=chance.randrange(60))
        return Resident("", name, relation, sex, born_on, phone=number, **more)

    alone: dict[str, Any] = {"flags": ["独居"], "evidence": f"{on.year}年入户登记表第7号"}
    village = [
        [one("林晓燕", "f", 36, number=phone(1), opening_hours=12.5), one("林子涵", "f", 10, "子女")],
        [one("王秀英", "f", 74, number=phone(2), opening_hours=26, opening_points=32, **alone)],
        [one("王秀英", "f", 79, number=phone(2), opening_hours=11, opening_points=8)],
        [one("赵桂珍", "f", 83, opening_hours=31.5, opening_points=45, **alone)],
        [one("赵美玲", "f", 55, number=phone(3), opening_hours=18)],
        [one("李建芳", "f", 47, number=phone(4))],
        [one("吴国平", "m", 51, number=phone(5), opening_hours=20)],
        [one("孙志明", "m", 62, number=phone(6), opening_hours=44)],
        [one("许文斌", "m", 44, number=phone(7))],
        [one("朱德明", "m", 67, number=phone(8), opening_hours=52)],
        [one("徐建军", "m", 49, number=phone(9)), one("吴丽华", "f", 47, "配偶")],
    ]
    return {VILLAGE.community_id: village, URBAN.community_id: [[one("钱静", "f", 39, number=phone(10))]]}
