"""Lists of orders: the staff's board, also as a file; what a volunteer could take and took; an elder's own."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from api.messages import orders as words
from api.pages.orders.blueprint import blueprint
from api.pages.orders.placing import own_person
from api.schemas import orders as asked
from timebank import permissions
from timebank.hours.orders import board, dispatch, parties, states
from timebank.hours.orders.catalogue import SERVICES
from timebank.people import helpers

EXPORTED_MOST = 20_000


@blueprint.get("/c/<community_code>/orders")
@edge.signed_in
def listed() -> Any:
    """The staff's board: what waits, by state, service and what somebody must look at."""
    filters = edge.load(asked.BoardFilters)
    reading, asks = edge.read(), edge.actor()
    lines = board.lines(
        reading,
        actor=asks,
        filters=_narrowed(filters),
        before_number=filters["before"],
    )
    more = {name: value for name, value in filters.items() if value and name != "before"}
    return edge.page(
        "orders/board.html",
        lines=lines,
        counts=board.counts(reading, actor=asks),
        filters=filters,
        states=states.STATES,
        services=SERVICES,
        next_url=url_for("orders.listed", **more, before=lines[-1].order.number) if len(lines) == board.PAGE else "",
        first_url=url_for("orders.listed", **more) if filters["before"] else "",
        file_url=url_for("orders.exported", form="xlsx", **more),
    )


@blueprint.get("/c/<community_code>/orders.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def exported(form: str) -> Any:
    """The board as a file: the same filters, all rows instead of a page, and the total below."""
    filters = edge.load(asked.BoardFilters)
    asks = edge.actor()
    permissions.require(asks, "orders.export", community_id=asks.community_id)
    found = board.lines(
        edge.read(), actor=asks, filters=_narrowed(filters), before_number=filters["before"], limit=EXPORTED_MOST
    )
    return lists.answer(form, [_sheet(found)], "orders")


def _narrowed(filters: dict[str, Any]) -> board.Filters:
    return board.Filters(state=filters["state"], service=filters["service"], attention=bool(filters["attention"]))


def _sheet(found: list[board.Line]) -> Sheet:
    planned = sum(line.order.planned_minutes for line in found)
    credited = sum(line.order.credited_minutes or 0 for line in found)
    return Sheet(
        name=_("订单"),
        columns=[
            Column(label=_("订单"), kind="whole"),
            Column(label=_("状态")),
            Column(label=_("服务")),
            Column(label=_("开始"), kind="instant"),
            Column(label=_("约定时长(小时)"), kind="minutes"),
            Column(label=_("最多(小时)"), kind="minutes"),
            Column(label=_("结算(小时)"), kind="minutes"),
            Column(label=_("老人编号")),
            Column(label=_("老人")),
            Column(label=_("志愿者编号")),
            Column(label=_("志愿者")),
            Column(label=_("怎么点的")),
            Column(label=_("点单时间"), kind="instant"),
        ],
        rows=[
            (
                line.order.number,
                str(words.STATES[line.order.state]),
                str(words.SERVICES[line.order.service]),
                line.order.starts_at,
                line.order.planned_minutes,
                line.order.cost_minutes,
                line.order.credited_minutes,
                line.recipient.number,
                line.recipient.name,
                line.volunteer.number if line.volunteer else "",
                line.volunteer.name if line.volunteer else "",
                str(words.how_placed(line.order)),
                line.order.submitted_at,
            )
            for line in found
        ],
        totals=[
            (
                None,
                str(_("合计 %(count)s 单", count=len(found))),
                "",
                None,
                planned,
                sum(line.order.cost_minutes for line in found),
                credited,
                "",
                "",
                "",
                "",
                "",
                None,
            )
        ],
    )


@blueprint.get("/c/<community_code>/orders/near")
@edge.signed_in
def near() -> Any:
    """Orders that this volunteer could take, nearest first."""
    return edge.page(
        "orders/near.html", found=dispatch.near_me(edge.read(), actor=edge.actor(), now=edge.now()), reserve_of=None
    )


@blueprint.get("/c/<community_code>/orders/taken")
@edge.signed_in
def taken() -> Any:
    """What this volunteer has promised and done."""
    before = edge.load(asked.Page)["before"]
    lines = board.of_volunteer(edge.read(), actor=edge.actor(), before_number=before)
    over = [line for line in lines if line.order.state not in states.HELD]
    return edge.page("orders/taken.html", lines=lines, **_pages("orders.taken", over, before))


@blueprint.get("/c/<community_code>/my/orders")
@edge.signed_in
def mine() -> Any:
    """An elder's own orders, and those of the elders she helps."""
    reading, asks = edge.read(), edge.actor()
    permissions.require(asks, "orders.place", community_id=asks.community_id, person_id=asks.person_id)
    me, before = own_person(), edge.load(asked.Page)["before"]
    lines = board.of_recipient(reading, actor=asks, recipient_id=me.id, before_number=before)
    return edge.page(
        "orders/mine.html",
        me=me,
        purse=parties.purse(reading, me.community_id, me.id, edge.now(), writing=False),
        lines=lines,
        **_pages("orders.mine", lines, before),
        helped=[
            found for found in helpers.bindings(reading, actor=asks, helper_id=me.id) if found.state == "confirmed"
        ],
    )


def _pages(endpoint: str, lines: list[board.Line], before: int | None) -> dict[str, Any]:
    """Where the next page is, and the first one."""
    full = len(lines) >= board.PAGE
    return {
        "next_url": url_for(endpoint, before=min(line.order.number for line in lines)) if full else "",
        "first_url": url_for(endpoint) if before else "",
    }
