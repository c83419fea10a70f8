"""The committee's audit of the points: one year's figures, how its items were used, who stands out; all of it as files."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from api.messages import points as words
from api.pages.roles import LABELS
from api.schemas.points_audit import YearQuery
from timebank.people import communities
from timebank.people.outsiders import Outsider
from timebank.reports import points_audit
from timebank.reports.points_audit import Circulation, FarAbove, ItemUse, Mutual, Version

SHOWN = 30  # households and pairs on the page; the files have all

blueprint = Blueprint("points_audit", __name__, url_prefix="/c/<community_code>/points/audit")


@blueprint.get("")
@edge.signed_in
def shown() -> Any:
    """One year at a glance."""
    year = asked_year()
    figures = _read(points_audit.circulation, year)
    return edge.page(
        "points/audit.html",
        words=words,
        year=year,
        years=[(one, one) for one in points_audit.years(edge.read(), actor=edge.actor(), now=edge.now())],
        figures=figures,
        rows=circulation_rows(figures),
        items=_read(points_audit.items, year),
        above=_read(points_audit.far_above, year),
        pairs=_read(points_audit.mutual, year),
        unregistered=_unregistered(),
        tables=_tables(),
        role_names=LABELS,
        shown_most=SHOWN,
    )


@blueprint.get("/figures.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def figures_file(form: str) -> Any:
    year = asked_year()
    return lists.answer(form, [_figures_sheet(_read(points_audit.circulation, year))], f"points-{year}")


@blueprint.get("/items.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def items_file(form: str) -> Any:
    year = asked_year()
    return lists.answer(form, [_items_sheet(year, _read(points_audit.items, year))], f"points-items-{year}")


@blueprint.get("/tables.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def tables_file(form: str) -> Any:
    """Every version of the table, and what it changed of the one before it."""
    points_audit.years(edge.read(), actor=edge.actor(), now=edge.now())  # whether the audit is open to her
    return lists.answer(form, [_tables_sheet(_tables())], "points-tables")


@blueprint.get("/officers.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def officers_file(form: str) -> Any:
    """Who decides without being in the register."""
    sheet = Sheet(
        name=_("不在登记册里的经办人"),
        columns=[Column(label=_("登录名")), Column(label=_("职务"))],
        rows=[(one.name, "、".join(str(LABELS[role]) for role in one.roles)) for one in _unregistered()],
    )
    return lists.answer(form, [sheet], "points-officers")


@blueprint.get("/outliers.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def outliers_file(form: str) -> Any:
    year = asked_year()
    sheets = [
        _above_sheet(year, _read(points_audit.far_above, year)),
        _pairs_sheet(year, _read(points_audit.mutual, year)),
    ]
    return lists.answer(form, sheets, f"points-outliers-{year}")


def asked_year() -> int:
    """The year of the query; this one where none is asked for."""
    wanted: int | None = edge.load(YearQuery)["year"]
    return wanted or communities.local_day(edge.community(), edge.now()).year


def circulation_rows(found: Circulation) -> list[tuple[str, Any, int]]:
    """The year's figures in the order in which they add up: a name for programs, one for people, steps with their sign."""
    rows = [
        ("opening", _("年初各户持有"), found.opening_steps),
        ("issued", _("加分入账"), found.issued_steps),
        ("from_old_books", _("旧账转入"), found.from_old_books_steps),
        ("deducted", _("扣分"), -found.deducted_steps),
        ("redeemed", _("已兑换"), -found.redeemed_steps),
        ("lapsed", _("年终作废"), -found.lapsed_steps),
    ]
    if found.other_steps:
        rows.append(("other", _("其他"), found.other_steps))
    return rows


def _unregistered() -> list[Outsider]:
    return points_audit.unregistered(edge.read(), actor=edge.actor(), now=edge.now())


def _tables() -> list[Version]:
    return points_audit.versions(edge.read(), actor=edge.actor())


def _read(what: Callable[..., Any], year: int) -> Any:
    return what(edge.read(), actor=edge.actor(), year=year, now=edge.now())


def _figures_sheet(found: Circulation) -> Sheet:
    return Sheet(
        name=_("%(year)s 年积分收支", year=found.year),
        notes=[
            _("全部数字来自账本,按入账时间。"),
            _("额度 %(quota)s,已用 %(used)s。", quota=_points(found.quota_steps), used=_points(found.issued_steps)),
        ],
        columns=[Column(label=_("项目")), Column(label=_("积分"), kind="points")],
        rows=[(label, steps) for _code, label, steps in circulation_rows(found)],
        totals=[(_("年末各户持有"), found.outstanding_steps)],
    )


def _items_sheet(year: int, found: list[ItemUse]) -> Sheet:
    return Sheet(
        name=_("%(year)s 年细则使用情况", year=year),
        columns=[
            Column(label=_("类别")),
            Column(label=_("项目")),
            Column(label=_("版本")),
            Column(label=_("次数"), kind="whole"),
            Column(label=_("户数"), kind="whole"),
            Column(label=_("积分"), kind="points"),
            Column(label=_("最多一户占(%)"), kind="whole"),
            Column(label=_("情况")),
            Column(label=_("唯一录入人")),
            Column(label=_("唯一审核人")),
        ],
        rows=[
            (
                one.category,
                one.title,
                ", ".join(map(str, one.versions)),
                one.awards,
                one.households,
                one.steps,
                one.largest_percent,
                str(words.ITEM_USES[one.verdict]),
                one.sole_enterer,
                one.sole_reviewer,
            )
            for one in found
        ],
        totals=[
            (_("合计"), "", "", sum(one.awards for one in found), None, sum(one.steps for one in found), None, "", "", "")
        ],
    )  # fmt: skip


def _tables_sheet(found: list[Version]) -> Sheet:
    return Sheet(
        name=_("积分表各版"),
        columns=[
            Column(label=_("版本"), kind="whole"),
            Column(label=_("名称")),
            Column(label=_("生效日期"), kind="day"),
            Column(label=_("停用日期"), kind="day"),
            Column(label=_("细则"), kind="whole"),
            Column(label=_("新增"), kind="whole"),
            Column(label=_("删去"), kind="whole"),
            Column(label=_("修改"), kind="whole"),
            Column(label=_("内容指纹")),
        ],
        rows=[
            (one.version, one.title, one.in_force_from, one.in_force_until, one.items, one.new, one.gone, one.changed,
             one.digest)
            for one in found
        ],
    )  # fmt: skip


def _above_sheet(year: int, found: list[FarAbove]) -> Sheet:
    return Sheet(
        name=_("%(year)s 年远高于别家的户", year=year),
        columns=[
            Column(label=_("户号"), kind="whole"),
            Column(label=_("次数"), kind="whole"),
            Column(label=_("积分"), kind="points"),
            Column(label=_("全村中位数"), kind="points"),
            Column(label=_("界线"), kind="points"),
        ],
        rows=[(one.household_number, one.awards, one.steps, one.median_steps, one.fence_steps) for one in found],
    )


def _pairs_sheet(year: int, found: list[Mutual]) -> Sheet:
    return Sheet(
        name=_("%(year)s 年互相经手的人", year=year),
        columns=[
            Column(label=_("甲")),
            Column(label=_("乙")),
            Column(label=_("甲经手乙家"), kind="whole"),
            Column(label=_("乙经手甲家"), kind="whole"),
            Column(label=_("积分"), kind="points"),
        ],
        rows=[(one.a, one.b, one.a_for_b, one.b_for_a, one.steps) for one in found],
    )


def _points(steps: int) -> str:
    from api.look import points

    return points(steps)
