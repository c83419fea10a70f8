"""A community's log for everybody, as C2SP tlog-tiles has it: the newest signed checkpoint, tiles of hashes, bundles of entries.

https://c2sp.org/tlog-tiles, below `/log/<community code>/`. Nothing is shown that no stored checkpoint commits to: what was
booked since the newest one appears with the next, a minute later. Tiles never change, so that any cache may keep them.
"""

import gzip
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from api import edge, sign_in
from ledger import log, witness
from ledger.errors import LogBroken
from ledger.tree import HASH_BYTES, TILE_WIDTH, tile_path
from timebank import permissions, policy
from timebank.people import communities
from timebank.people.communities import Community

blueprint = Blueprint("log", __name__)

ENTRIES = "entries"
LEVEL_MOST = 63
AT_ONCE_MOST = 8  # of the server's threads: whoever reads a whole log leaves the others to the village
_PLACE = re.compile(r"((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")
_room = threading.BoundedSemaphore(AT_ONCE_MOST)

FOR_EVER = "public, max-age=31536000, immutable"
FOR_SECONDS = "public, max-age=3"
FOR_MINUTES = "public, max-age=300"


@dataclass(frozen=True)
class Tile:
    """One tile as an address asks for it: `level` of hashes, or None for the entries themselves."""

    level: int | None
    number: int
    width: int

    def is_within(self, size: int) -> bool:
        """Whether a log of this size has all of it."""
        have: int = size >> 8 * (self.level or 0)
        return self.number * TILE_WIDTH + self.width <= have


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/log/<community_code>/checkpoint")
def checkpoint() -> Response:
    """The newest checkpoint, with what witnesses signed to it."""
    place = _place()
    newest = None if place is None else log.newest(edge.read(), place.id)
    if place is None or newest is None:
        return _not_found()
    return _text(witness.cosigned(edge.read(), place.id, newest), cached=FOR_SECONDS)


@blueprint.get("/log/<community_code>/vkey")
def vkey() -> Response:
    """The line by which the log's first key is known; later ones are entries of the log."""
    place = _place()
    if place is None:
        return _not_found()
    return _text(f"{log.vkey(edge.read(), place.id)}\n", cached=FOR_MINUTES)


@blueprint.get("/log/<community_code>/tile/<level>/<path:number>")
def tile(level: str, number: str) -> Response:
    """Hashes of one tile, or its entries."""
    wanted, place = tile_of(level, number), _place()
    if wanted is None or place is None:
        return _not_found()
    if wanted.level is not None:
        return _shown(place, wanted, lambda: _hashes(place.id, wanted), cached=FOR_EVER)
    if _entries_are_public(place):
        return _gzipped(_shown(place, wanted, lambda: _entries(place.id, wanted), cached=FOR_EVER))
    if sign_in.current() is None:
        return _text("the entries of this log are for its auditors: sign in first\n", 401)
    if not permissions.may(edge.actor(), "evidence.bundle", community_id=place.id):
        return _text("the entries of this log are for its auditors\n", 403)
    return _gzipped(_shown(place, wanted, lambda: _entries(place.id, wanted), cached="private, no-store"))


def tile_of(level: str, number: str) -> Tile | None:
    """What an address asks for; None if it is not written as the standard has it, down to the last zero."""
    found = _PLACE.fullmatch(number)
    if found is None or not (level == ENTRIES or re.fullmatch(r"[0-9]{1,2}", level)):
        return None
    index, width = int(re.sub(r"[x/]", "", found[1])), int(found[2] or TILE_WIDTH)
    height = None if level == ENTRIES else int(level)
    told = ENTRIES if height is None else height
    if width < 1 or (height or 0) > LEVEL_MOST or tile_path(told, index, width) != f"tile/{level}/{number}":
        return None
    return Tile(height, index, width)


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    """An auditor's page on another host may read what anybody may; a browser sends no cookies along with `*`."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.errorhandler(LogBroken)
def damaged(error: LogBroken) -> Response:
    structlog.get_logger().error("log damaged", told=str(error))
    return _text("this log is damaged\n", 500)


@blueprint.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    return _text(f"{error.name}\n", error.code or 500)


def _place() -> Community | None:
    return communities.by_code(edge.read(), str(g.get("community_code", "")))


def _entries_are_public(place: Community) -> bool:
    return bool(policy.of(edge.read(), place.id, communities.local_day(place, edge.now())).public_bundle)


def _shown(place: Community, wanted: Tile, content: Callable[[], bytes], *, cached: str) -> Response:
    """A tile that the newest checkpoint covers."""
    newest = log.newest(edge.read(), place.id)
    if newest is None or not wanted.is_within(newest.size):
        return _not_found()
    with _a_place_in_the_room() as entered:
        if not entered:
            return _busy()
        return Response(content(), mimetype="application/octet-stream", headers={"Cache-Control": cached})


def _hashes(community_id: int, wanted: Tile) -> bytes:
    """As stored where the tile is full by now, so that a partial tile never contradicts it."""
    level, number, width = wanted.level or 0, wanted.number, wanted.width
    full = b"" if width == TILE_WIDTH else log.stored_hashes(edge.read(), community_id, level, number)
    found = full[: width * HASH_BYTES] or log.hashes(edge.read(), community_id, level, number, width)
    if len(found) != width * HASH_BYTES:
        raise LogBroken(f"{tile_path(level, number, width)} of community {community_id} is incomplete")
    return found


def _entries(community_id: int, wanted: Tile) -> bytes:
    found = log.leaves(edge.read(), community_id, wanted.number, wanted.width)
    if len(found) != wanted.width:
        raise LogBroken(f"{tile_path(ENTRIES, wanted.number, wanted.width)} of community {community_id} is incomplete")
    return log.packed(found)


def _gzipped(response: Response) -> Response:
    """Entries shrink to a quarter; hashes would not."""
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), compresslevel=6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


@contextmanager
def _a_place_in_the_room() -> Iterator[bool]:
    entered = _room.acquire(blocking=False)
    try:
        yield entered
    finally:
        if entered:
            _room.release()


def _text(text: str, status: int = 200, *, cached: str = "no-store") -> Response:
    headers = {"Cache-Control": cached}
    return Response(text, status, content_type="text/plain; charset=utf-8", headers=headers)


def _not_found() -> Response:
    return _text("not found\n", 404)


def _busy() -> Response:
    busy = _text("too many readers at once: ask again\n", 503)
    busy.headers["Retry-After"] = "1"
    return busy
