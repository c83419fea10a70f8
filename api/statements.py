"""The A4 statement and the one-entry receipt sheet: what a resident takes home on paper."""

import datetime as dt
import uuid
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from api import card_sheets, edge, look, qr, receipt_links
from api.messages import orders as order_words
from api.words import entry_words
from ledger import log, receipt
from ledger.note import verifier_key
from ledger.reading import Line
from ledger.receipt import Receipt
from timebank.hours.attendance import reading as visits
from timebank.people import households, residents
from timebank.points import statement as points
from timebank.points.statement import Explained
from timebank.receipts import Statement


def statement_pdf(found: Statement, *, owner_id: uuid.UUID) -> bytes:
    """A period's statement; the code on it is the receipt of its newest entry that is under a checkpoint."""
    session, place = edge.read(), edge.community()
    newest = log.newest(session, place.id)
    covered = [line.seq for line in found.lines if newest is not None and line.seq < newest.size]
    made = receipt.make(session, place.id, covered[-1]) if covered else None
    code, with_detail = receipt_links.receipt_code(made, label=_("回执的二维码"))
    return _pdf(
        "receipts/statement.html",
        statement=found,
        holder=holder_of(found.unit, owner_id),
        rows=[(line, why) for line, why in zip(found.lines, reasons(found), strict=True)],
        added=sum(line.amount for line in found.lines if line.amount > 0),
        taken=-sum(line.amount for line in found.lines if line.amount < 0),
        amount=amount_words(found.unit),
        typed=receipt_links.typed_link,
        beginning=receipt_links.link_beginning(),
        receipt=made,
        uncovered=len(found.lines) - len(covered),
        code=code,
        with_detail=with_detail,
    )


def receipt_pdf(made: Receipt, *, facts: list[tuple[str, str]]) -> bytes:
    """One entry's receipt on one page."""
    code, with_detail = receipt_links.receipt_code(made, label=_("回执的二维码"))
    return _pdf(
        "receipts/sheet.html",
        receipt=made,
        facts=facts,
        code=code,
        with_detail=with_detail,
        link=receipt_links.short_link(made.seq),
    )


def holder_of(unit: str, owner_id: uuid.UUID) -> dict[str, str]:
    """Whose statement it is, as it is printed: name, number, and signs of the name that no font here has."""
    session, place = edge.read(), edge.community()
    if unit == "min":
        person = residents.person(session, place.id, owner_id)
        name, number = person.name, person.number
    else:
        home = households.household(session, place.id, owner_id)
        name, number = home.name, _("%(number)s 号户", number=home.number)
    missing = card_sheets.unprintable([name]).get(name, "")
    return {"name": name, "number": number, "missing": missing}


def amount_words(unit: str) -> Any:
    """How amounts of this unit are written, with a sign if asked."""

    def written(value: int, *, signed: bool = False) -> str:
        text = look.minutes(value) if unit == "min" else look.points(value)
        return f"+{text}" if signed and value > 0 else text

    return written


def reasons(found: Statement) -> list[str]:
    """Why each line is there, in words."""
    session, place = edge.read(), edge.community()
    if found.unit == "pt":
        return [_points_reason(row) for row in points.explain(session, place.id, [(one, False) for one in found.lines])]
    ids = {line.seq: uuid.UUID(line.detail["visit"]) for line in found.lines if line.detail and "visit" in line.detail}
    places = visits.places_of(session, place.id, set(ids.values()))
    return [_minutes_reason(line, places.get(ids.get(line.seq, uuid.UUID(int=0)), "")) for line in found.lines]


def _minutes_reason(line: Line, where: str) -> str:
    detail = line.detail or {}
    words = entry_words(line)
    service = order_words.SERVICES.get(str(detail.get("service", "")))
    number = detail.get("order_number")
    told = [str(service) if service else "", _("第 %(number)s 号订单", number=number) if number else "", where]
    return " \u00b7 ".join([words, *(one for one in told if one)])


def _points_reason(row: Explained) -> str:
    detail = row.line.detail or {}
    parts: list[str] = []
    if row.line.kind == "reverse":
        parts.append(_("冲正"))
    if detail.get("use_case") == "publicity.pay_shortfall":
        parts.append(_("补扣以前的欠分"))
    if row.award is not None:
        award = row.award
        parts.append(award.item.title)
        parts.append(_("第 %(version)s 版第 %(position)s 项", version=award.version, position=award.item.position))
        batch, line = award.award.batch_number, award.award.line_number
        parts.append(_("第 %(batch)s 批第 %(line)s 行", batch=batch, line=line))
    elif row.order is not None:
        parts.append(_("兑换:%(goods)s", goods=row.goods))
    elif detail.get("source_page"):
        parts += [_("旧账期初"), str(detail["source_page"])]
    return " \u00b7 ".join(parts) or _("积分变动")


def default_period(today: dt.date) -> tuple[dt.date, dt.date]:
    return today.replace(day=1), today


def _vkey(made: Receipt | None) -> str:
    """The key by which the code's checkpoint is checked: a log's key may have changed since its first day."""
    session, place = edge.read(), edge.community()
    end = log.end(session, place.id)
    size = end.size if made is None else int(made.note.split("\n")[1])
    return verifier_key(end.origin, log.key_in_force(session, place.id, size))


def _pdf(template: str, **facts: Any) -> bytes:
    place = edge.community()
    vkey = _vkey(facts["receipt"])
    made = render_template(
        template,
        community=place,
        printed_at=edge.now(),
        public_url=edge.settings().public_url.rstrip("/"),
        vkey=vkey,
        key_code=qr.svg(vkey, label=_("账本的公钥")),
        **facts,
    )
    return card_sheets.pdf([made], progress=lambda _done: None)
