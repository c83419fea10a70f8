"""The notice board: what anybody may read without signing in, on the screen and on paper, and where residents object."""

import io
import uuid
from functools import lru_cache
from threading import Lock
from typing import Any

from flask import Blueprint, render_template, send_file, url_for
from flask_babel import gettext as _

from api import codes, edge, qr
from api.card_sheets import pdf
from api.messages import points as words
from api.points_words import in_words
from api.schemas.points import ObjectionRaised, Paged, Said
from timebank import permissions
from timebank.errors import Refused
from timebank.people.working_days import today_in
from timebank.points.publicity import batches, objections
from timebank.points.table import adoption

blueprint = Blueprint("board", __name__)

LINES_A_PAGE = 100
# Anybody may ask for a sheet, and drawing one keeps a processor busy: one at a time, and the last few are kept.
SHEETS_KEPT = 16
_ONE_AT_A_TIME = Lock()


@blueprint.get("/c/<community_code>/board")
def home() -> Any:
    """Tables in force or under publicity, and the batches, newest first."""
    session, place = edge.read(), edge.community()
    asked = edge.load(Paged)
    found = batches.batches_of(session, place.id, before=asked["before"], limit=13)
    return edge.page(
        "board/home.html",
        words=words,
        tables=[
            t for t in adoption.tables_of(session, actor=edge.actor(), only_adopted=True) if t.state != "superseded"
        ],
        batches=found[:12],
        now=edge.now(),
        next_url=url_for("board.home", before=found[11].number) if len(found) > 12 else "",
        first_url=url_for("board.home") if asked["before"] else "",
    )


@blueprint.get("/c/<community_code>/board/<int:number>")
def batch(number: int) -> Any:
    """One batch with masked names, and a way to object to each line while there is time."""
    asked = edge.load(Paged)
    return edge.page("board/batch.html", words=words, **_batch(number, asked["after"]))


@blueprint.get("/c/<community_code>/board/<int:number>/sheet.pdf")
def sheet(number: int) -> Any:
    """The batch for the wall: A4, 12 points or more."""
    session, place = edge.read(), edge.community()
    found = batches.batch_of(session, place.id, number)
    lines = batches.lines_of(session, place.id, number, limit=batches.MOST_LINES)
    address = edge.settings().public_url.rstrip("/") + url_for("board.batch", number=number)
    made = render_template(
        "board/sheet.html",
        words=words,
        community=place,
        batch=found,
        lines=lines,
        address=address,
        code=qr.svg(address, label=_("这一批的网页")),
    )
    with _ONE_AT_A_TIME:
        document = _drawn(made)
    return send_file(io.BytesIO(document), mimetype="application/pdf", download_name=f"{place.code}-board-{number}.pdf")


@blueprint.get("/c/<community_code>/board/<int:number>/<int:line>/object")
@edge.signed_in
def objection_form(number: int, line: int) -> Any:
    """What is wrong with the line; staff also say who came."""
    _require_objecting()
    return edge.page("board/object.html", words=words, **_line(number, line))


@blueprint.post("/c/<community_code>/board/<int:number>/<int:line>/object")
@edge.signed_in
def object_to(number: int, line: int) -> Any:
    """Object to the line; only it waits."""
    _require_objecting()
    try:
        asked = edge.load(ObjectionRaised)
        whose = codes.person_of(edge.read(), edge.community(), asked["person"]).id if asked["person"] else None
        edge.submit(
            "publicity.object_to",
            lambda session, now: objections.object_to(
                session,
                actor=edge.actor(),
                now=now,
                batch_number=number,
                line_number=line,
                reason=asked["reason"],
                person_id=whose,
            ),
            content={"batch": number, "line": line, **asked},
        )
    except Refused as refused:
        return edge.again("board/object.html", in_words(refused), words=words, **_line(number, line))
    edge.flash_done(_("异议已收到,这一行暂停入账,五个工作日内答复。"))
    if whose is not None and whose != edge.actor().person_id:
        return edge.back("board.batch", number=number)
    return edge.back("board.my_objections")


@blueprint.get("/c/<community_code>/my/objections")
@edge.signed_in
def my_objections() -> Any:
    """A resident's own objections, with answers and the way to appeal."""
    _require_resident()
    return edge.page("board/my_objections.html", words=words, **_mine())


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
        return edge.again("board/my_objections.html", in_words(refused), words=words, **_mine())
    edge.flash_done(_("申诉已转监督委员会。"))
    return edge.back("board.my_objections")


@lru_cache(maxsize=SHEETS_KEPT)
def _drawn(page: str) -> bytes:
    """The page as a PDF; the same page is drawn once."""
    return pdf([page], progress=lambda _done: None)


def _batch(number: int, after: int) -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    found = batches.batch_of(session, place.id, number)
    lines = batches.lines_of(session, place.id, number, after=after, limit=LINES_A_PAGE + 1)
    shown = lines[:LINES_A_PAGE]
    more = len(lines) > LINES_A_PAGE
    return {
        "batch": found,
        "lines": shown,
        "open": found.objections_until > edge.now(),
        "next_url": url_for("board.batch", number=number, after=shown[-1].line.number) if more else "",
        "first_url": url_for("board.batch", number=number) if after else "",
    }


def _line(number: int, line: int) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    objections.line_of(session, actor=asks, batch_number=number, line_number=line)
    found = batches.lines_of(session, place.id, number, after=line - 1, limit=1)
    return {
        "batch": batches.batch_of(session, place.id, number),
        "shown": found[0],
        "on_behalf": permissions.may(asks, "publicity.object_on_behalf", community_id=place.id),
        "resident": asks.person_id is not None,
    }


def _mine() -> dict[str, Any]:
    asks = edge.actor()
    found = objections.objections_of(edge.read(), actor=asks, person_id=asks.person_id) if asks.person_id else []
    today = today_in(edge.read(), edge.community().id, edge.now())
    return {"rows": found, "now": edge.now(), "today": today}


def _require_objecting() -> None:
    permissions.require(edge.actor(), "publicity.object_to", community_id=edge.community().id)


def _require_resident() -> None:
    asks = edge.actor()
    permissions.require(asks, "publicity.own_objections", community_id=edge.community().id, person_id=asks.person_id)
