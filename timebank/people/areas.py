"""The tree of areas: province, city, county, township, community, grid, building.

One tree for the whole installation, imported from a table of code, name, level and parent. Roles are held at an area
and count for all below it, which its path tells: /3205/320583/01/.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, delete, select
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions
from timebank.columns import Id, Instant, Json, new_id
from timebank.errors import NotFound, Refused
from timebank.permissions import Actor
from timebank.spreadsheets import Column, Sheet, clean, half_width

LEVELS = ("province", "city", "county", "township", "community", "grid", "building")
LEVEL_TITLES = {
    "province": ("省", "自治区", "直辖市", "省级"),
    "city": ("市", "地级市", "州", "地市"),
    "county": ("县", "区", "县级市", "区县", "县市区"),
    "township": ("乡镇", "乡", "镇", "街道", "镇街", "乡镇街道"),
    "community": ("村", "社区", "村社区", "村/社区", "行政村"),
    "grid": ("网格",),
    "building": ("楼栋", "楼", "幢", "栋"),
}
UPLOAD_KEPT = timedelta(hours=1)
MOST_ROWS = 50_000  # a city's grids and buildings
COLUMNS = (
    Column("code", ("编码", "代码", "code", "区划代码"), required=True),
    Column("name", ("名称", "name", "区域名称"), required=True),
    Column("level", ("级别", "层级", "level"), required=True),
    Column("parent", ("上级编码", "上级", "上级代码", "parent", "parent_code"), required=True),
)


class Area(SQLModel, table=True):
    """One node of the tree; `path` holds the codes from the root down to itself."""

    __tablename__: ClassVar[str] = "area"
    __table_args__ = (
        UniqueConstraint("path", name="uq_area_path"),
        ForeignKeyConstraint(["parent_code"], ["area.code"], name="fk_area_parent"),
        CheckConstraint("level IN ('" + "', '".join(LEVELS) + "')", name="ck_area_level"),
        CheckConstraint("length(code) BETWEEN 1 AND 32", name="ck_area_code"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_area_name"),
        Index("ix_area_parent", "parent_code"),
    )
    code: str = Field(primary_key=True)
    name: str
    level: str
    parent_code: str | None = None
    path: str
    recorded_at: datetime = Field(sa_type=Instant)


class AreaUpload(SQLModel, table=True):
    """A table of areas that was read and waits to be confirmed, for an hour."""

    __tablename__: ClassVar[str] = "area_upload"
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    file_name: str
    rows: list[list[Any]] = Field(sa_type=Json)
    uploaded_by: str
    expires_at: datetime = Field(sa_type=Instant)


class AreaRowsRefused(Refused):
    """Rows of the table are wrong; nothing was imported (fact `rows`: how many)."""

    code = "area_rows_refused"
    status = 422


@dataclass(frozen=True)
class AreaRow:
    """One row as written; `number` is the one that the spreadsheet shows."""

    number: int
    code: str
    name: str
    level: str
    parent: str


@dataclass(frozen=True)
class PlannedArea:
    """What an import would do with one row: add, rename, keep, or refuse for `problems` (codes)."""

    row: AreaRow
    verdict: str
    path: str = ""
    problems: tuple[str, ...] = ()


def rows_of(sheet: Sheet) -> list[AreaRow]:
    """The rows of a spreadsheet, levels in our words where we know them."""
    known = {title: level for level, titles in LEVEL_TITLES.items() for title in (level, *titles)}
    rows = []
    for row in sheet.rows:
        level = half_width(row.cells["level"]).replace(" ", "").lower()
        rows.append(
            AreaRow(
                number=row.number,
                code=half_width(row.cells["code"]).replace(" ", "").upper(),
                name=clean(row.cells["name"]),
                level=known.get(level, level),
                parent=half_width(row.cells["parent"]).replace(" ", "").upper(),
            )
        )
    return rows


def plan(rows: Sequence[AreaRow], known: Mapping[str, Area]) -> list[PlannedArea]:
    """What importing these rows would do, row by row. Pure; importing the same table again plans only `keep`."""
    first: dict[str, AreaRow] = {}
    siblings: dict[tuple[str, str, str], AreaRow] = {}
    for row in rows:
        first.setdefault(row.code, row)
        siblings.setdefault((row.parent, row.level, row.name), row)
    planned = []
    for row in rows:
        problems = _problems(row, known)
        if first[row.code] is not row:
            problems.append("code_twice")
        elif siblings[row.parent, row.level, row.name] is not row:
            problems.append("name_twice")
        codes, broken = _line(row, first, known)
        if broken:
            problems.append(broken)
        there = known.get(row.code)
        verdict = "refuse" if problems else "add" if there is None else "keep" if there.name == row.name else "rename"
        planned.append(PlannedArea(row=row, verdict=verdict, path=f"/{'/'.join(codes)}/", problems=tuple(problems)))
    return planned


def stage_tree(session: Session, *, actor: Actor, now: datetime, rows: Sequence[AreaRow], file_name: str) -> uuid.UUID:
    """Keep a table for an hour, to be looked at and confirmed; the tree stays as it is."""
    permissions.require(actor, "areas.import_tree", community_id=actor.community_id)
    session.execute(delete(AreaUpload).where(col(AreaUpload.expires_at) <= now))
    upload = AreaUpload(
        id=new_id(now),
        file_name=clean(file_name)[-120:],
        rows=[list(astuple(row)) for row in rows],
        uploaded_by=actor.number,
        expires_at=now + UPLOAD_KEPT,
    )
    session.add(upload)
    session.flush()
    return upload.id


def staged_tree(session: Session, upload_id: uuid.UUID, *, now: datetime) -> tuple[str, list[AreaRow]]:
    """The name and the rows of a table that waits; NotFound if its hour is over."""
    found = session.get(AreaUpload, upload_id)
    if found is None or found.expires_at <= now:
        raise NotFound(what="area_upload")
    return found.file_name, [AreaRow(*row) for row in found.rows]


def import_tree(session: Session, *, actor: Actor, now: datetime, rows: Sequence[AreaRow]) -> dict[str, int]:
    """Take the table into the tree, all rows or none. Importing again is harmless; names change, places do not.

    Raises:
        AreaRowsRefused: `plan` says why, row by row.
    """
    permissions.require(actor, "areas.import_tree", community_id=actor.community_id)
    known = by_code(session)
    planned = plan(rows, known)
    refused = [row for row in planned if row.verdict == "refuse"]
    if refused:
        raise AreaRowsRefused(rows=len(refused), first_row=refused[0].row.number, reasons=list(refused[0].problems))
    # Parents before children, whatever the order of the table was.
    for row in sorted(planned, key=lambda each: each.path.count("/")):
        if row.verdict == "add":
            session.add(
                Area(
                    code=row.row.code,
                    name=row.row.name,
                    level=row.row.level,
                    parent_code=row.row.parent or None,
                    path=row.path,
                    recorded_at=now,
                )
            )
        elif row.verdict == "rename":
            known[row.row.code].name = row.row.name
            known[row.row.code].recorded_at = now
    # One statement for all of a level: rows of one table reference each other.
    session.flush()
    verdicts = [row.verdict for row in planned]
    return {"added": verdicts.count("add"), "renamed": verdicts.count("rename"), "kept": verdicts.count("keep")}


def area(session: Session, code: str) -> Area:
    """One area; NotFound if there is none of this code."""
    found = session.get(Area, code)
    if found is None:
        raise NotFound(what="area", area=code)
    return found


def by_path(session: Session, path: str) -> Area | None:
    return session.scalars(select(Area).where(col(Area.path) == path)).one_or_none()


def by_code(session: Session) -> dict[str, Area]:
    """The whole tree by code: some thousands of rows in a city."""
    return {found.code: found for found in session.scalars(select(Area))}


def under(session: Session, path: str, *, levels: Iterable[str] = LEVELS) -> list[Area]:
    """The area of this path and all below it, parents first."""
    query = select(Area).where(col(Area.path).startswith(path, autoescape=True), col(Area.level).in_(list(levels)))
    return list(session.scalars(query.order_by(col(Area.path))))


def children(session: Session, code: str | None) -> list[Area]:
    """What lies directly below an area, or the roots."""
    where = col(Area.parent_code).is_(None) if code is None else col(Area.parent_code) == code
    return list(session.scalars(select(Area).where(where).order_by(col(Area.code))))


def names_along(session: Session, path: str) -> list[str]:
    """The names from the root down to this area: 江苏省, 苏州市, 昆山市."""
    codes = [code for code in path.split("/") if code]
    found = {area.code: area.name for area in session.scalars(select(Area).where(col(Area.code).in_(codes)))}
    return [found[code] for code in codes if code in found]


def _problems(row: AreaRow, known: Mapping[str, Area]) -> list[str]:
    problems = []
    if not re.fullmatch(r"[0-9A-Z-]{1,32}", row.code):
        problems.append("code" if row.code else "code_missing")
    if not 1 <= len(row.name) <= 60:
        problems.append("name" if row.name else "name_missing")
    if row.level not in LEVELS:
        problems.append("level")
    there = known.get(row.code)
    if there is not None and (there.parent_code or "") != row.parent:
        # Roles, people and figures hang on the path: moving a subtree is a decision of its own, not an import.
        problems.append("moved")
    if there is not None and there.level != row.level and row.level in LEVELS:
        problems.append("level_changed")
    return problems


def _line(row: AreaRow, rows: Mapping[str, AreaRow], known: Mapping[str, Area]) -> tuple[list[str], str]:
    """The codes from the root to this row, and what is wrong with that line: orphan, cycle or level_order."""
    codes = [row.code]
    level = row.level
    parent = row.parent
    broken = ""
    while parent:
        if parent in codes:
            return codes, "cycle"
        above = rows.get(parent) or known.get(parent)
        if above is None:
            return codes, "orphan"
        if level in LEVELS and above.level in LEVELS and LEVELS.index(above.level) >= LEVELS.index(level):
            broken = "level_order"
        codes.insert(0, parent)
        level = above.level
        parent = above.parent if isinstance(above, AreaRow) else above.parent_code or ""
    return codes, broken
