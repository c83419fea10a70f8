"""The books as plain text for auditors: beancount or CSV, made in the background and taken away as an archive."""

from typing import Any

from flask import Blueprint

from api import bundles, edge
from api.bundles import Bundle
from api.pages.audit import PeriodBackwards, download, maker, shown_state
from api.schemas.audit import ExportAsked
from ledger.exports.journal import Wanted
from timebank import exports, permissions
from timebank.errors import NotFound, Refused

blueprint = Blueprint("plain_text", __name__)


@blueprint.get("/c/<community_code>/books/plain-text")
@edge.signed_in
def ask() -> Any:
    """Ask for the books, and find those that were made."""
    _require()
    return edge.page("audit/plain_text.html", **_facts())


@blueprint.post("/c/<community_code>/books/plain-text")
@edge.signed_in
def make() -> Any:
    """Begin to write them; the page that follows shows how far it is."""
    _require()
    try:
        asked = edge.load(ExportAsked)
        made = maker().begin_export(
            actor=edge.actor(), community=edge.community(), form=asked["form"], wanted=_wanted(asked)
        )
    except Refused as refused:
        return edge.again("audit/plain_text.html", refused, **_facts())
    return edge.back("plain_text.state", name=made.name)


@blueprint.get("/c/<community_code>/books/plain-text/<name>")
@edge.signed_in
def state(name: str) -> Any:
    """How far it is; the page asks again by itself until it is ready."""
    return shown_state("audit/plain_text_state.html", _found(name))


@blueprint.get("/c/<community_code>/books/plain-text/<name>.zip")
@edge.signed_in
def file(name: str) -> Any:
    """The archive itself."""
    return download(_found(name))


def _wanted(asked: dict[str, Any]) -> Wanted:
    first, last = asked["first"], asked["last"]
    if first and last and first > last:
        raise PeriodBackwards(first=first.isoformat(), last=last.isoformat())
    return Wanted(first=first, last=last, unit=asked["unit"], by=asked["by"])


def _facts() -> dict[str, Any]:
    return {"made": maker().all(edge.community().code, *bundles.EXPORTS)}


def _found(name: str) -> Bundle:
    _require()
    found = maker().find(edge.community().code, name)
    if found is None or found.form not in bundles.EXPORTS:
        raise NotFound(what="export")
    return found


def _require() -> None:
    asks = edge.actor()
    permissions.require(asks, exports.USE_CASE, community_id=asks.community_id)
