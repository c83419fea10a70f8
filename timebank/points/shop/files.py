"""A list of goods from a spreadsheet: read, looked at row by row, and taken in as a whole or not at all.

New names become goods, known ones get the price and the words of the file. The same columns come out of the export.
"""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from timebank import spreadsheets
from timebank.errors import BadInput, NotFound, Refused
from timebank.permissions import Actor
from timebank.points.shop import goods
from timebank.points.shop.goods import MOST_PRICE_STEPS, Described, goods_of
from timebank.points.shop.merchants import community_of, staffed
from timebank.points.shop.tables import GOODS, SERVICE, ShopFile, ShopItem
from timebank.points.table.words import Problem
from timebank.storage import new_id

MOST_ROWS = 500
KINDS = {"": GOODS, "商品": GOODS, "物品": GOODS, "goods": GOODS, "服务": SERVICE, "服務": SERVICE, "service": SERVICE}

COLUMNS = (
    spreadsheets.Column("name", ("商品", "名称", "品名", "商品名称", "goods", "name"), required=True),
    spreadsheets.Column(
        "price", ("单价积分", "积分", "单价", "价格", "兑换积分", "所需积分", "points", "price"), required=True
    ),
    spreadsheets.Column("piece", ("单位", "計量單位", "unit")),
    spreadsheets.Column("kind", ("种类", "商品或服务", "kind")),
    spreadsheets.Column("category", ("类别", "分类", "類別", "category")),
    spreadsheets.Column("description", ("说明", "描述", "备注", "備註", "description")),
    spreadsheets.Column("least_stock", ("最低库存", "安全库存", "least stock")),
    spreadsheets.Column("places_a_day", ("每日名额", "每天名额", "places a day")),
    spreadsheets.Column("order_most", ("每单最多", "per order")),
    spreadsheets.Column("month_most", ("每户每月最多", "每月限兑", "per month")),
    spreadsheets.Column("year_most", ("每户每年最多", "每年限兑", "per year")),
)
TITLE_OF = {column.name: column.titles[0] for column in COLUMNS}
NUMBERS = ("least_stock", "places_a_day", "order_most", "month_most", "year_most")


class GoodsFileProblems(Refused):
    """Rows of the list cannot be taken in (fact `rows`); nothing was."""

    code = "goods_file_problems"
    status = 422


class GoodsFileUsed(Refused):
    """The list was taken in already."""

    code = "goods_file_used"


@dataclass(frozen=True)
class Row:
    """What a row means, or why it cannot be taken in. `before`: what the merchant has of this name already."""

    line: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    kind: str = GOODS
    price_steps: int = 0
    said: Described = field(default_factory=Described)
    before: ShopItem | None = None

    @property
    def verdict(self) -> str:
        """problem, new, changed or same."""
        if self.problems:
            return "problem"
        if self.before is None:
            return "new"
        return "changed" if self.before.price_steps != self.price_steps else "same"


@dataclass(frozen=True)
class Preview:
    """A list that was uploaded, with what each of its rows would do."""

    file: ShopFile
    rows: tuple[Row, ...]

    @property
    def bad(self) -> int:
        return sum(1 for row in self.rows if row.problems)


def read_file(content: bytes) -> list[dict[str, str]]:
    """The cells of a list of goods by the name of their column, with `line` and what could not be read.

    Raises:
        What spreadsheets.read raises: not a spreadsheet, no heading of goods and price, too many rows.
    """
    sheet = spreadsheets.read(content, columns=COLUMNS, most_rows=MOST_ROWS)
    found = []
    for row in sheet.rows:
        cells = {name: row.cells.get(name, "") for name in TITLE_OF}
        bad = ",".join(f"{one.column}:{one.code}" for one in row.problems)
        found.append({**cells, "line": str(row.number), "bad": bad})
    return found


def stage(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    merchant_id: uuid.UUID,
    name: str,
    rows: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Keep a list that was read until somebody looked at it and takes it in."""
    place = staffed(session, actor, "shop.offer", merchant_id)
    if not rows:
        raise BadInput(fields={"file": "no_rows"})
    kept = ShopFile(community_id=place.community_id, id=new_id(now), merchant_id=place.id, name=name[:100],
                    rows=[dict(row) for row in rows], staged_at=now, staged_by=actor.number)  # fmt: skip
    session.add(kept)
    return {"code": "goods_file_staged", "file_id": kept.id.hex, "rows": len(rows)}


def preview(session: Session, *, actor: Actor, now: dt.datetime, file_id: uuid.UUID) -> Preview:
    """What a list would do, row by row. Reads only."""
    file = session.get(ShopFile, (community_of(actor), file_id))
    if file is None:
        raise NotFound(what="goods_file")
    staffed(session, actor, "shop.offer", file.merchant_id)
    known = {item.name: item for item in goods_of(session, file.community_id, file.merchant_id)}
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for cells in file.rows:
        row = _row(cells, known)
        name = row.cells["name"]
        if name and name in seen:
            row = _with(row, "name", "item_doubled", line=seen[name])
        seen.setdefault(name, row.line)
        rows.append(row)
    return Preview(file, tuple(rows))


def take_in(session: Session, *, actor: Actor, now: dt.datetime, file_id: uuid.UUID) -> dict[str, Any]:
    """Offer what is new on the list, and change what is known; all rows or none.

    Raises:
        GoodsFileProblems, GoodsFileUsed.
    """
    found = preview(session, actor=actor, now=now, file_id=file_id)
    if found.file.taken_in_at is not None:
        raise GoodsFileUsed
    if found.bad:
        raise GoodsFileProblems(rows=found.bad)
    # Counted before: what is taken in changes what a row is compared with.
    told = {verdict: sum(1 for row in found.rows if row.verdict == verdict) for verdict in ("new", "changed", "same")}
    for row in found.rows:
        piece = row.cells["piece"] or (row.before.piece if row.before else "件")
        if row.before is None:
            goods.offer(session, actor=actor, now=now, merchant_id=found.file.merchant_id, name=row.cells["name"],
                        piece=piece, price_steps=row.price_steps, kind=row.kind, said=row.said)  # fmt: skip
            continue
        if row.before.price_at(now) != row.price_steps:
            goods.change_offer(session, actor=actor, now=now, item_id=row.before.id, price_steps=row.price_steps,
                               offered=row.before.offered)  # fmt: skip
        goods.describe(session, actor=actor, now=now, item_id=row.before.id, name=row.before.name, piece=piece,
                       offered=row.before.offered, said=row.said, picture_alt=row.before.picture_alt)  # fmt: skip
    found.file.taken_in_at = now
    return {"code": "goods_file_taken_in", "file_id": found.file.id.hex, **told}


def _row(cells: Mapping[str, str], known: Mapping[str, ShopItem]) -> Row:
    read = {name: spreadsheets.clean(cells.get(name, "")) for name in TITLE_OF}
    row = Row(int(cells["line"]), read, before=known.get(read["name"]))
    for one in cells.get("bad", "").split(","):
        if one:
            column, code = one.split(":", 1)
            row = _with(row, column, f"cell_{code}")
    if not read["name"]:
        row = _with(row, "name", "value_missing_name")
    elif len(read["name"]) > 60:
        row = _with(row, "name", "text_too_long", most=60, length=len(read["name"]))
    kind = row.before.kind if row.before is not None and not read["kind"] else KINDS.get(read["kind"].lower())
    if kind is None or (row.before is not None and row.before.kind != kind):
        row = _with(row, "kind", "kind_unknown", read=read["kind"][:20])
        kind = GOODS
    price = _price(read["price"])
    if price is None:
        row = _with(row, "price", "price_unreadable" if read["price"] else "value_missing", read=read["price"][:20])
    numbers, row = _numbers(row, read)
    before = row.before
    said = Described(
        category=read["category"] or (before.category if before else ""),
        description=read["description"] or (before.description if before else ""),
        offered_from=before.offered_from if before else None,
        offered_until=before.offered_until if before else None,
        **numbers,
    )
    for name, code in goods.problems_of(kind, said).items():
        if not any(one.column == TITLE_OF.get(name, name) for one in row.problems):
            row = _with(row, name, code)
    return Row(row.line, read, row.problems, kind, price or 0, said, before)


def _numbers(row: Row, read: Mapping[str, str]) -> tuple[dict[str, Any], Row]:
    found: dict[str, Any] = {}
    for name in NUMBERS:
        text = spreadsheets.half_width(read[name]).strip()
        if not text:
            found[name] = getattr(row.before, name) if row.before else (0 if name == "least_stock" else None)
        elif re.fullmatch(r"[0-9]{1,6}", text):
            found[name] = int(text)
        else:
            found[name] = 0 if name == "least_stock" else None
            row = _with(row, name, "number_unreadable", read=text[:20])
    return found, row


def _price(text: str) -> int | None:
    """Steps of a price as people write it: 5, 5分, 20 积分, 2.5."""
    bare = re.sub(r"(积分|積分|分)$", "", spreadsheets.half_width(text).strip()).strip()
    number = spreadsheets.number(bare)
    if number is None or number * 10 != (number * 10).to_integral_value():
        return None
    steps = int(number * Decimal(10))
    return steps if 0 < steps <= MOST_PRICE_STEPS else None


def _with(row: Row, column: str, code: str, **facts: Any) -> Row:
    problem = Problem(row.line, TITLE_OF.get(column, column), code, facts)
    return Row(row.line, row.cells, (*row.problems, problem), row.kind, row.price_steps, row.said, row.before)
