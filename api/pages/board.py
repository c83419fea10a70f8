"""The notice board: what anybody may read without signing in, on the phone, on the village's screen and on paper, and where residents object.

What thousands look at is drawn once: the board's parts for each state of the batches and at most a minute, a sheet for
each state of its batch.
"""

import datetime as dt
import io
import math
import uuid
from typing import Any, cast

from flask import Blueprint, current_app, make_response, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from api import board_parts, codes, edge, lists, look, qr
from api.attachments import answer as attachment
from api.attachments import uploaded
from api.board_sheets import FORMATS, Format, Part, SheetRun, SheetRuns, fitting, parts_of
from api.exports import Column, Sheet
from api.messages import honours as honour_words
from api.messages import points as words
from api.messages import publicity
from api.points_words import in_words
from api.ready_files import ReadyFiles
from api.schemas.points import Paged, Said
from api.schemas.publicity import PAGE_SIZES, ObjectionRaised, PublicityPage, SheetAsked, TakenBack
from ledger import log, witness
from timebank import permissions, policy
from timebank.erasure import asking
from timebank.errors import NotFound, Refused
from timebank.people.working_days import today_in
from timebank.points.awards import entering
from timebank.points.publicity import batches, lines, objection_lists, objections, states, taking_back
from timebank.points.table import adoption

blueprint = Blueprint("board", __name__)

SCREEN_LINES = 6
SCREEN_LINES_MOST = 300  # a longer batch would turn pages for hours: its code leads to it
SCREEN_SECONDS = 20
STILL_SECONDS = 300
EXPORTED_MOST = 100_000


@blueprint.get("/c/<community_code>/board")
def home() -> Any:
    """Table in force, batches that hang out, what was objected and answered, the shop, the log's proof."""
    session, place = edge.read(), edge.community()
    asked = edge.load(Paged)
    found = batches.batches_of(session, place.id, before=asked["before"], limit=13)
    parts = Markup("")
    if not asked["before"]:
        parts = board_parts.cached(
            "home", lambda: render_template("board/_home.html", **_home()), also=board_parts.honours_stamp()
        )
    return edge.page(
        "board/home.html",
        parts=parts,
        words=publicity,
        standings=batches.standings(session, found[:12]) if asked["before"] else [],
        next_url=url_for("board.home", before=found[11].number) if len(found) > 12 else "",
        first_url=url_for("board.home") if asked["before"] else "",
    )


@blueprint.get("/c/<community_code>/board/screen")
def screen() -> Any:
    """The board for a screen that nobody touches: one large page after the other, by the browser's own refresh."""
    asked = edge.load(PublicityPage)
    still = "still" in asked["state"]
    body = board_parts.cached(
        f"screen {asked['page']} {still}", lambda: _screen(asked["page"] or 1, still=still),
        also=board_parts.honours_stamp(),
    )  # fmt: skip
    response = make_response(str(body))
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


@blueprint.get("/c/<community_code>/board/<int:number>")
def batch(number: int) -> Any:
    """One batch with masked names, how its lines stand, and a way to object to each while there is time."""
    asked = edge.load(PublicityPage)
    facts = _batch(number, asked)
    if asked["line"] and asked["page"] is None and not facts["missing"]:
        # A form's address has no part after the #, by which the browser goes to the line.
        return redirect(facts["url"](facts["page"], line=asked["line"]) + f"#l{asked['line']}", 303)
    return edge.page("board/batch.html", **facts)


@blueprint.get("/c/<community_code>/board/<int:number>.<any(xlsx, csv, pdf):form>")
def batch_file(number: int, form: str) -> Any:
    """All lines of a batch as they are shown, with the counts of their states; made once for each state of it."""
    session, place = edge.read(), edge.community()
    found = batches.batch_of(session, place.id, number)
    if form == "pdf" and found.lines > lists.PRINTED_MOST:
        raise lists.PrintTooLong(most=lists.PRINTED_MOST)
    made = ReadyFiles(edge.settings().data_dir / "ready")
    ready = cast(ReadyFiles, current_app.extensions.setdefault("timebank_ready_files", made))
    name = f"{place.code}-{number}-{look.language()}"
    content = ready.content(name, _revision(found), form, lambda: lists.written(form, _sheets(found)))
    return lists.download(form, content, f"board-{number}")


@blueprint.get("/c/<community_code>/board/<int:number>/sheet.pdf")
def sheet(number: int) -> Any:
    """The batch for the wall, A4 or A3; a long one is drawn beside the requests in several files, and this leads to its progress."""
    found, size = batches.batch_of(edge.read(), edge.community().id, number), _size()
    asked = edge.load(SheetAsked)["part"]
    part = _part(found, size, asked or 1)
    run = _sheet_run(found, size, part) if asked or _pages(found, size) == part.pages else None
    if run is None or run.path is None:
        return redirect(url_for("board.sheet_progress", number=number, size=size.size), 303)
    name = f"{edge.community().code}-board-{number}-{size.size}{f'-{asked}' if asked else ''}.pdf"
    return send_file(io.BytesIO(run.path.read_bytes()), mimetype="application/pdf", download_name=name)


@blueprint.get("/c/<community_code>/board/<int:number>/sheet")
def sheet_progress(number: int) -> Any:
    """How far the sheets of a long batch are, file by file; the page asks again by itself and can be left."""
    found, size = batches.batch_of(edge.read(), edge.community().id, number), _size()
    parts = parts_of(_pages(found, size))
    runs = [_sheet_run(found, size, part, begin=False) for part in parts]
    missing = next((at for at, run in enumerate(runs) if run is None or run.failed), None)
    if missing is not None and all(run is None or run.path or run.failed for run in runs):
        failed = runs[missing]
        runs[missing] = _sheet_run(found, size, parts[missing]) if failed is None else failed
    return edge.page(
        "board/sheet_progress.html",
        batch=found,
        size=size,
        pages=_pages(found, size),
        parts=list(zip(parts, runs, strict=True)),
        going=any(run is None or not (run.path or run.failed) for run in runs)
        and not any(run is not None and run.failed for run in runs),
    )


@blueprint.get("/c/<community_code>/board/<int:number>/<int:line>/object")
@edge.signed_in
def objection_form(number: int, line: int) -> Any:
    """What is wrong with the line; staff also say who it was and how it came."""
    _require_objecting()
    return edge.page("board/object.html", **_line(number, line))


@blueprint.post("/c/<community_code>/board/<int:number>/<int:line>/object")
@edge.signed_in
def object_to(number: int, line: int) -> Any:
    """Object to the line; only it waits."""
    _require_objecting()
    try:
        asked = edge.load(ObjectionRaised)
        photo = uploaded("photo", "photo")
        whose = codes.person_of(edge.read(), edge.community(), asked["person"]).id if asked["person"] else None
        made = edge.submit(
            "publicity.object_to",
            lambda session, now: objections.object_to(
                session,
                actor=edge.actor(),
                now=now,
                batch_number=number,
                line_number=line,
                reason=asked["reason"],
                person_id=whose,
                channel=asked["channel"] if whose not in (None, edge.actor().person_id) else "",
                form_number=asked["form_number"],
                paper_on=asked["paper_on"],
                photo=photo,
            ),
            content={"batch": number, "line": line, "photo": photo.given if photo else "", **asked},
        )
    except Refused as refused:
        return edge.again("board/object.html", in_words(refused), **_line(number, line))
    due = look.day(dt.datetime.fromisoformat(made["answer_due_at"]) - dt.timedelta(minutes=1))
    edge.flash_done(_("第 %(number)s 号异议已收到,最晚 %(due)s 答复。", number=made["number"], due=due))
    if made["late"]:
        edge.flash_note(_("这一行已经入账;查实的,用一笔冲正改回来。"))
    if whose is not None and whose != edge.actor().person_id:
        return edge.back("publicity.objections")
    return edge.back("board.my_objections")


@blueprint.get("/c/<community_code>/my/objections")
@edge.signed_in
def my_objections() -> Any:
    """A resident's own objections, with answers and the way to appeal."""
    _require_resident()
    return edge.page("board/my_objections.html", **_mine())


@blueprint.post("/c/<community_code>/my/objections/<uuid:objection_id>/appeal")
@edge.signed_in
def appeal(objection_id: uuid.UUID) -> Any:
    """Take a rejected objection to the supervision committee."""
    _require_resident()
    try:
        asked = edge.load(Said)
        edge.submit(
            "publicity.appeal",
            lambda session, now: objections.appeal(
                session, actor=edge.actor(), now=now, objection_id=objection_id, text=asked["text"]
            ),
            content={"objection": objection_id, **asked},
        )
    except Refused as refused:
        return edge.again("board/my_objections.html", in_words(refused), **_mine())
    edge.flash_done(_("申诉已转监督委员会。"))
    return edge.back("board.my_objections")


@blueprint.post("/c/<community_code>/my/objections/<uuid:objection_id>/take-back")
@edge.signed_in
def take_back(objection_id: uuid.UUID) -> Any:
    """Take an own objection back while nobody answered."""
    _require_resident()
    try:
        reason = edge.load(TakenBack)["reason"]
        edge.submit(
            "publicity.take_back",
            lambda session, now: taking_back.take_back(
                session, actor=edge.actor(), now=now, objection_id=objection_id, reason=reason
            ),
            content={"objection": objection_id, "reason": reason},
        )
    except Refused as refused:
        return edge.again("board/my_objections.html", in_words(refused), **_mine())
    edge.flash_done(_("已收回。"))
    return edge.back("board.my_objections")


@blueprint.get("/c/<community_code>/objections/<uuid:objection_id>/photo")
@edge.signed_in
def photo(objection_id: uuid.UUID) -> Any:
    """The photograph of an objection, for who raised it and for staff."""
    found = objection_lists.objection_of(edge.read(), actor=edge.actor(), objection_id=objection_id)
    if found.photo_id is None:
        raise NotFound(what="photo")
    return attachment(edge.read(), found.photo_id)


# What the pages show --------------------------------------------------------------------------------------------------


def _home() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    found = batches.batches_of(session, place.id, limit=12)
    tables = adoption.tables_of(session, actor=edge.actor(), only_adopted=True)
    return {
        "words": words,
        "publicity": publicity,
        "now": edge.now(),
        "today": today_in(session, place.id, edge.now()),
        "tables": [table for table in tables if table.state != "superseded"],
        "history": [table for table in tables if table.adopted_on is not None],
        "standings": batches.standings(session, found),
        "answered": objection_lists.answered(session, place.id, limit=8),
        "counters": board_parts.counters(session, place.id, edge.now()),
        "honours": board_parts.honours(),
        "honour_words": honour_words,
        "proof": _proof(),
    }


def _proof() -> Any:
    """The newest checkpoint as a code: whoever photographs it can show later what the log was."""
    session, place = edge.read(), edge.community()
    newest = log.newest(session, place.id)
    if newest is None:
        return None
    text = witness.cosigned(session, place.id, newest, by=set(), most=0)
    return {"size": newest.size, "code": qr.svg_of_text(text, label=_("检查点"))}


def _screen(page: int, *, still: bool) -> Any:
    """One page of the screen: the head with what counts, or some lines of a batch that hangs out."""
    session, place, now = edge.read(), edge.community(), edge.now()
    open_ones = [one for one in batches.batches_of(session, place.id, limit=6) if one.objections_until > now]
    slides: list[tuple[str, Any, int]] = [
        ("table", None, 0),
        ("batches", None, 0),
        ("answers", None, 0),
        ("shop", None, 0),
    ]
    for one in open_ones:
        if one.lines <= SCREEN_LINES_MOST:
            slides += [("lines", one, start) for start in range(0, one.lines, SCREEN_LINES)]
    for found, rows in board_parts.honours():
        slides += [("honours", (found, rows[start : start + SCREEN_LINES]), start) for start in range(0, len(rows), SCREEN_LINES)]  # fmt: skip
    slides.append(("proof", None, 0))
    at = (page - 1) % len(slides)
    kind, of, start = slides[at]
    honour = of if kind == "honours" else None
    of = None if honour else of
    leads_to = _address("board.home")
    if honour is not None:
        leads_to = _address("honours.one", number=honour[0].number)
    elif of is not None:
        leads_to = _address("board.batch", number=of.number)
    following = url_for("board.screen", page=at + 1 if still else at + 2, state="still" if still else None)
    return render_template(
        "board/screen.html",
        kind=kind,
        of=of,
        honour=honour,
        lines=batches.lines_of(session, place.id, of.number, after=start, limit=SCREEN_LINES) if of else [],
        seconds=STILL_SECONDS if still else SCREEN_SECONDS,
        following=following,
        still=still,
        at=at + 1,
        count=len(slides),
        code=qr.svg(leads_to, label=_("公示栏")),
        **_home(),
    )


def _batch(number: int, asked: dict[str, Any]) -> dict[str, Any]:
    session, place, now = edge.read(), edge.community(), edge.now()
    found = batches.batch_of(session, place.id, number)
    size = asked["size"] if asked["size"] in PAGE_SIZES else PAGE_SIZES[-1]
    pages = max(math.ceil(found.lines / size), 1)
    missing = asked["line"] is not None and not 1 <= asked["line"] <= found.lines
    wanted = asked["page"] or (1 + (asked["line"] - 1) // size if asked["line"] and not missing else 1)
    page = min(max(wanted, 1), pages)
    shown = batches.lines_of(session, place.id, number, after=(page - 1) * size, limit=size)
    said = {}
    if shown:
        said = objection_lists.said_of(session, place.id, number, shown[0].line.number, shown[-1].line.number)
    (standing,) = batches.standings(session, [found])
    days = policy.of(session, place.id, today_in(session, place.id, now)).late_objection_days
    return {
        "words": words,
        "publicity": publicity,
        "batch": found,
        "standing": standing,
        "lines": shown,
        "said": said,
        "put_right_in": lines.put_right_in(session, [row.line for row in shown]),
        "put_right_from": lines.put_right_from,
        "states": states,
        "open": found.objections_until > now,
        "late_days": days,
        "now": now,
        "page": page,
        "pages": pages,
        "size": size,
        "sizes": PAGE_SIZES,
        "asked_line": asked["line"],
        "missing": missing,
        "url": lambda to, line=None: url_for(
            "board.batch", number=number, page=to, line=line, size=None if size == PAGE_SIZES[-1] else size
        ),
        "books": permissions.may(edge.actor(), "publicity.book", community_id=place.id),
    }


def _line(number: int, line: int) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    found, _hung, award = lines.line_at(session, place.id, number, line)
    shown = batches.lines_of(session, place.id, number, after=line - 1, limit=1)[0]
    return {
        "words": words,
        "publicity": publicity,
        "batch": found,
        "shown": shown,
        "until": objection_lists.may_object_until(session, found, award, edge.now()),
        "days": policy.of(session, place.id, today_in(session, place.id, edge.now())).objection_answer_days,
        "on_behalf": permissions.may(asks, "publicity.object_on_behalf", community_id=place.id),
        "resident": asks.person_id is not None,
        "today": today_in(session, place.id, edge.now()),
    }


def _mine() -> dict[str, Any]:
    asks = edge.actor()
    found = objection_lists.objections_of(edge.read(), actor=asks, person_id=asks.person_id) if asks.person_id else []
    return {
        "rows": found,
        "items": entering.listed(edge.read(), [row.award for row in found]),
        "put_right_in": lines.put_right_in(edge.read(), [row.line for row in found]),
        "now": edge.now(),
        "words": words,
        "publicity": publicity,
        "states": states,
    }


def _require_objecting() -> None:
    permissions.require(edge.actor(), "publicity.object_to", community_id=edge.community().id)


def _require_resident() -> None:
    asks = edge.actor()
    permissions.require(asks, "publicity.own_objections", community_id=edge.community().id, person_id=asks.person_id)


# Sheets and files -----------------------------------------------------------------------------------------------------


def _size() -> Format:
    from flask import request

    return FORMATS.get(request.args.get("size", "A4"), FORMATS["A4"])


def _sheet_run(found: Any, size: Format, part: Part, *, begin: bool = True) -> SheetRun | None:
    """One file of the batch's sheets: begun, if it is to be, where nobody asked for it yet."""
    place, session = edge.community(), edge.read()
    made = SheetRuns(edge.settings().data_dir / "sheets")
    runs = cast(SheetRuns, current_app.extensions.setdefault("timebank_sheets", made))
    name = f"{place.code}-{found.number}-{size.size}-{look.language()}-{part.number}"
    if not begin:
        return runs.look(name, _revision(found), total=part.pages)

    def drawn() -> list[str]:
        address = _address("board.batch", number=found.number)
        code = qr.svg(address, label=_("这一批的网页"))
        first, most = part.first * size.lines, part.pages * size.lines
        rows = batches.lines_of(session, place.id, found.number, after=first, limit=most)
        (standing,) = batches.standings(session, [found])
        return [
            render_template(
                "board/sheet.html", words=words, publicity=publicity, community=place, batch=found, standing=standing,
                lines=rows[at * size.lines : (at + 1) * size.lines], page=part.first + at + 1,
                pages=_pages(found, size), address=address, code=code, size=size, fitting=fitting,
                html_lang="zh-CN" if look.language() == "zh" else "en",
            )
            for at in range(part.pages)
        ]  # fmt: skip

    return runs.sheet(name, _revision(found), drawn, total=part.pages)


def _pages(found: Any, size: Format) -> int:
    return max(math.ceil(found.lines / size.lines), 1)


def _part(found: Any, size: Format, number: int) -> Part:
    parts = parts_of(_pages(found, size))
    if not 1 <= number <= len(parts):
        raise NotFound(what="sheet", part=number)
    return parts[number - 1]


def _revision(found: Any) -> str:
    """What changes with anything that a batch shows: with its lines, and with who was erased."""
    return f"{found.revision}_{len(asking.done(edge.read(), edge.community().id))}"


def _address(endpoint: str, **values: Any) -> str:
    return edge.settings().public_url.rstrip("/") + url_for(endpoint, **values)


def _sheets(found: Any) -> list[Sheet]:
    session, place = edge.read(), edge.community()
    rows = batches.lines_of(session, place.id, found.number, limit=EXPORTED_MOST)
    (standing,) = batches.standings(session, [found])
    return [
        Sheet(
            name=_("第 %(number)s 批", number=found.number),
            columns=[
                Column(label=_("行"), kind="whole"), Column(label=_("谁")), Column(label=_("网格")),
                Column(label=_("户号尾号")), Column(label=_("日期"), kind="day"), Column(label=_("项目")),
                Column(label=_("分值"), kind="points"), Column(label=_("状态")),
            ],
            rows=[
                (row.line.number, row.line.masked_name + row.line.suffix, row.line.grid, row.line.household_tail,
                 row.award.on_day, row.item.title, row.award.credited_steps, str(publicity.LINE_STATES[row.line.state]))
                for row in rows
            ],
            totals=[(None, _("合计"), None, None, None, None, found.total_steps, None)],
        ),
        Sheet(
            name=_("状态"),
            columns=[Column(label=_("状态")), Column(label=_("行"), kind="whole"), Column(label=_("分值"), kind="points")],
            rows=[(str(publicity.LINE_STATES[state]), *counted) for state, counted in standing.states.items()],
            totals=[(_("合计"), standing.lines, standing.steps)],
        ),
    ]  # fmt: skip
