"""Statements by month: of oneself, of a person, of a team, of the service points; as pages, files and prints."""

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge, lists, words
from api.exports import Column, Sheet
from api.schemas.reports import MonthSpan, month_of
from timebank.errors import NotFound, Refused
from timebank.people import communities
from timebank.permissions import may
from timebank.reports import months, owners, tallies
from timebank.reports.owners import Owner, OwnerLines, OwnerMonths
from timebank.reports.tallies import PlaceTally, Span, Tally, TeamTally

blueprint = Blueprint("statements", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/my/statement")
@edge.signed_in
def mine() -> Any:
    """One's own months."""
    return _by_month(own())


@blueprint.get("/my/statement.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def my_file(form: str) -> Any:
    return _months_file(own(), form)


@blueprint.get("/my/statement/<month>")
@edge.signed_in
def my_month(month: str) -> Any:
    """The lines of one month of one's own."""
    return _of_month(own(), month)


@blueprint.get("/my/statement/<month>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def my_month_file(month: str, form: str) -> Any:
    return _lines_file(own(), month, form)


@blueprint.get("/people/<uuid:person_id>/statement")
@edge.signed_in
def person(person_id: uuid.UUID) -> Any:
    """Somebody's months, for the desk and auditors."""
    return _by_month(of_person(person_id))


@blueprint.get("/people/<uuid:person_id>/statement.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def person_file(person_id: uuid.UUID, form: str) -> Any:
    return _months_file(of_person(person_id), form)


@blueprint.get("/people/<uuid:person_id>/statement/<month>")
@edge.signed_in
def person_month(person_id: uuid.UUID, month: str) -> Any:
    return _of_month(of_person(person_id), month)


@blueprint.get("/people/<uuid:person_id>/statement/<month>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def person_month_file(person_id: uuid.UUID, month: str, form: str) -> Any:
    return _lines_file(of_person(person_id), month, form)


@blueprint.get("/statements/teams")
@edge.signed_in
def teams() -> Any:
    """All teams over some months: their visits, and what they saved."""
    span = _span()
    rows, total = tallies.team_list(edge.read(), actor=edge.actor(), span=span)
    return edge.page("reports/teams.html", rows=rows, total=total, **_span_facts(span))


@blueprint.get("/statements/teams.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def teams_file(form: str) -> Any:
    span = _span()
    rows, total = tallies.team_list(edge.read(), actor=edge.actor(), span=span)
    return lists.answer(form, [_teams_sheet(rows, total, span)], f"teams-{_written(span)}")


@blueprint.get("/statements/teams/<int:number>")
@edge.signed_in
def team(number: int) -> Any:
    """A team's account by month, and the visits behind it."""
    return _by_month(_team(number))


@blueprint.get("/statements/teams/<int:number>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def team_file(number: int, form: str) -> Any:
    return _months_file(_team(number), form)


@blueprint.get("/statements/teams/<int:number>/<month>")
@edge.signed_in
def team_month(number: int, month: str) -> Any:
    return _of_month(_team(number), month)


@blueprint.get("/statements/teams/<int:number>/<month>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def team_month_file(number: int, month: str, form: str) -> Any:
    return _lines_file(_team(number), month, form)


@blueprint.get("/statements/points")
@edge.signed_in
def points() -> Any:
    """All service points over some months: visits, people, real and credited minutes."""
    span = _span()
    rows, total = tallies.points(edge.read(), actor=edge.actor(), span=span)
    return edge.page("reports/points.html", rows=rows, total=total, place_name=_place_name, **_span_facts(span))


@blueprint.get("/statements/points.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def points_file(form: str) -> Any:
    span = _span()
    rows, total = tallies.points(edge.read(), actor=edge.actor(), span=span)
    return lists.answer(form, [_points_sheet(rows, total, span)], f"points-{_written(span)}")


@blueprint.get("/statements/points/<int:number>")
@edge.signed_in
def point(number: int) -> Any:
    """One point, month by month; the last twelve unless others are asked for."""
    span = _span(months_back=11)
    found, rows, total = tallies.point_by_month(edge.read(), actor=edge.actor(), number=number, span=span)
    return edge.page("reports/point.html", point=found, rows=rows, total=total, **_span_facts(span))


@blueprint.get("/statements/points/<int:number>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def point_file(number: int, form: str) -> Any:
    span = _span(months_back=11)
    found, rows, total = tallies.point_by_month(edge.read(), actor=edge.actor(), number=number, span=span)
    title = _("%(name)s 服务点对账单", name=found.name)
    return lists.answer(form, [_tally_sheet(title, rows, total)], f"point-{number}-{_written(span)}")


def own() -> Owner:
    person_id = edge.actor().person_id
    if person_id is None:
        raise NotFound(what="person")
    return owners.person(edge.read(), actor=edge.actor(), person_id=person_id)


def of_person(person_id: uuid.UUID) -> Owner:
    return owners.person(edge.read(), actor=edge.actor(), person_id=person_id)


def _team(number: int) -> Owner:
    return owners.team(edge.read(), actor=edge.actor(), number=number, today=today())


def _by_month(owner: Owner) -> Any:
    found = owners.by_month(edge.read(), actor=edge.actor(), owner=owner, today=today())
    visits: dict[dt.date, Tally] = {}
    if owner.kind == "team" and found.months:
        span = Span(found.months[-1].month, found.months[0].month)
        visits = dict(tallies.team_by_month(edge.read(), actor=edge.actor(), team_id=owner.id, span=span)[0])
    return edge.page(
        "reports/owner.html", found=found, visits=visits, at=_addresses(owner), written=months.written, **_back(owner)
    )


def _of_month(owner: Owner, month: str) -> Any:
    found = owners.of_month(edge.read(), actor=edge.actor(), owner=owner, month=month_asked(month), today=today())
    return edge.page(
        "reports/owner_month.html",
        found=found,
        month_text=month,
        at=_addresses(owner),
        words=words,
        last=months.last_of(found.month.month),
        why=_why_address,
        **_back(owner),
    )


def _months_file(owner: Owner, form: str) -> Any:
    found = owners.by_month(edge.read(), actor=edge.actor(), owner=owner, today=today())
    return lists.answer(form, [_months_sheet(found)], f"statement-{owner.number}")


def _lines_file(owner: Owner, month: str, form: str) -> Any:
    found = owners.of_month(edge.read(), actor=edge.actor(), owner=owner, month=month_asked(month), today=today())
    return lists.answer(form, [_lines_sheet(found)], f"statement-{owner.number}-{month}")


def _addresses(owner: Owner) -> dict[str, Any]:
    """The endpoints of an owner's statement, and the values that their addresses take."""
    if owner.kind == "team":
        return {"months": "statements.team", "file": "statements.team_file", "month": "statements.team_month",
                "month_file": "statements.team_month_file", "values": {"number": int(owner.number)}}  # fmt: skip
    if owner.id == edge.actor().person_id:
        return {"months": "statements.mine", "file": "statements.my_file", "month": "statements.my_month",
                "month_file": "statements.my_month_file", "values": {}}  # fmt: skip
    return {"months": "statements.person", "file": "statements.person_file", "month": "statements.person_month",
            "month_file": "statements.person_month_file", "values": {"person_id": owner.id}}  # fmt: skip


def _back(owner: Owner) -> dict[str, Any]:
    own = owner.kind == "person" and owner.id == edge.actor().person_id
    if own:
        return {"own": True, "back_url": url_for("hours.my_account"), "back_label": _("我的时间")}
    if owner.kind == "person":
        return {
            "own": False,
            "back_url": url_for("hours.account_of_person", person_id=owner.id.hex),
            "back_label": owner.name,
        }
    lists_teams = may(edge.actor(), "statements.read", community_id=edge.community().id)
    url = url_for("statements.teams") if lists_teams else url_for("home.community")
    return {"own": False, "back_url": url, "back_label": _("团队对账单") if lists_teams else _("首页")}


def _why_address(seq: int) -> str:
    return url_for("why.entry", seq=seq)


def month_asked(text: str) -> dt.date:
    try:
        return month_of(text)
    except Refused:
        raise NotFound(what="month") from None


def _span(*, months_back: int = 0) -> Span:
    """The months that the address asks for; this month, and so many before it, where it asks for none."""
    asked = edge.load(MonthSpan)
    this = months.first_of(today())
    last = month_of(asked["last"], "to") if asked["last"] else this
    first = month_of(asked["first"], "from") if asked["first"] else _months_before(last, months_back)
    if first > last:
        raise edge.bad("from", _("起月不能晚于止月。"))
    if len(Span(first, last).months()) == tallies.MONTHS_MOST:
        raise edge.bad("from", _("最多看十年。"))
    return Span(first, last)


def _months_before(month: dt.date, count: int) -> dt.date:
    for _step in range(count):
        month = months.first_of(month - dt.timedelta(days=1))
    return month


def _span_facts(span: Span) -> dict[str, Any]:
    days = {"from": months.written(span.first), "to": months.written(span.last)}
    return {"span": span, "days": days, "written": months.written}


def _written(span: Span) -> str:
    return f"{months.written(span.first)}-{months.written(span.last)}"


def today() -> dt.date:
    return communities.local_day(edge.community(), edge.now())


def _place_name(row: PlaceTally) -> str:
    named = {"orders": _("上门服务(订单)"), "elsewhere": _("不在服务点(补录)")}
    return named.get(row.kind, row.name)


# Lists


def _heading(owner: Owner) -> str:
    return f"{owner.name} {owner.number}" if owner.kind == "person" else owner.name


def _months_sheet(found: OwnerMonths) -> Sheet:
    return Sheet(
        name=_("时间对账单(按月)"),
        notes=[_heading(found.owner)],
        columns=[
            Column(label=_("月份")),
            Column(label=_("期初"), kind="minutes"),
            Column(label=_("本期增加"), kind="minutes"),
            Column(label=_("本期减少"), kind="minutes"),
            Column(label=_("期末"), kind="minutes"),
            Column(label=_("其中以前月份调整"), kind="minutes"),
            Column(label=_("笔数"), kind="whole"),
        ],
        rows=[
            (months.written(one.month), one.opening, one.added, one.taken, one.closing, one.adjusted, one.lines)
            for one in reversed(found.months)
        ],
        totals=[
            (
                _("合计"),
                None,
                found.added,
                found.taken,
                found.balance,
                sum(one.adjusted for one in found.months),
                sum(one.lines for one in found.months),
            )
        ],
    )


def _lines_sheet(found: OwnerLines) -> Sheet:
    of = found.month
    return Sheet(
        name=_("%(month)s 时间对账单", month=months.written(of.month)),
        notes=[
            _heading(found.owner),
            _("期初 %(opening)s 小时,期末 %(closing)s 小时", opening=_hours(of.opening), closing=_hours(of.closing)),
        ],
        columns=[
            Column(label=_("凭证号"), kind="whole"),
            Column(label=_("发生日"), kind="day"),
            Column(label=_("记账时刻"), kind="instant"),
            Column(label=_("事由")),
            Column(label=_("增减"), kind="minutes"),
            Column(label=_("余额"), kind="minutes"),
            Column(label=_("说明")),
        ],
        rows=[
            (
                one.seq,
                one.on,
                one.at,
                words.entry_words(one),
                one.amount,
                one.balance,
                _("以前月份调整") if one.is_adjustment else "",
            )
            for one in found.lines
        ],
        totals=[(None, None, None, _("合计"), sum(one.amount for one in found.lines), of.closing, "")],
    )


def _hours(value: int) -> str:
    return f"{value / 60:.2f}"


TALLY_COLUMNS = ("visits", "people", "real_minutes", "credited_minutes", "waiting")


def _tally_columns() -> list[Column]:
    return [
        Column(label=_("人次"), kind="whole"),
        Column(label=_("人数"), kind="whole"),
        Column(label=_("真实时间"), kind="minutes"),
        Column(label=_("入账时间"), kind="minutes"),
        Column(label=_("待审核"), kind="whole"),
    ]


def _tally_cells(tally: Tally) -> tuple[int, ...]:
    return tuple(getattr(tally, name) for name in TALLY_COLUMNS)


def _points_sheet(rows: list[PlaceTally], total: Tally, span: Span) -> Sheet:
    return Sheet(
        name=_("服务点对账单"),
        notes=[_("%(first)s 至 %(last)s", first=months.written(span.first), last=months.written(span.last))],
        columns=[Column(label=_("服务点")), *_tally_columns()],
        rows=[(_place_name(row), *_tally_cells(row.tally)) for row in rows],
        totals=[(_("合计(人数去掉重复)"), *_tally_cells(total))],
    )


def _teams_sheet(rows: list[TeamTally], total: Tally, span: Span) -> Sheet:
    return Sheet(
        name=_("团队对账单"),
        notes=[_("%(first)s 至 %(last)s", first=months.written(span.first), last=months.written(span.last))],
        columns=[Column(label=_("团队")), *_tally_columns()],
        rows=[(row.name, *_tally_cells(row.tally)) for row in rows],
        totals=[(_("合计(人数去掉重复)"), *_tally_cells(total))],
    )


def _tally_sheet(title: str, rows: list[tuple[dt.date, Tally]], total: Tally) -> Sheet:
    return Sheet(
        name=title,
        columns=[Column(label=_("月份")), *_tally_columns()],
        rows=[(months.written(month), *_tally_cells(tally)) for month, tally in rows],
        totals=[(_("合计(人数去掉重复)"), *_tally_cells(total))],
    )
