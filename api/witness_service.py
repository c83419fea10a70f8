"""Being a witness for others, over HTTP: `POST /witness/add-checkpoint` of C2SP tlog-witness.

https://c2sp.org/tlog-witness. Besides, `/witness/vkey` is the line by which others trust it, and `/witness/checkpoint?origin=...`
shows the newest checkpoint of a log that it cosigned: what the log's own server may not want to show any more.
"""

import threading

import structlog
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from api import edge, newest
from api.witnessing import NoKey, Witness, witness_of
from ledger import witnessed
from ledger.witnessed import BODY_BYTES_MOST, OtherSize, WillNotSign

blueprint = Blueprint("witness", __name__, url_prefix="/witness")

AT_ONCE_MOST = 4
_room = threading.BoundedSemaphore(AT_ONCE_MOST)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    # Logs send no cookies: who they are says the signature under their checkpoint.
    app.extensions["csrf"].exempt(blueprint)


@blueprint.post("/add-checkpoint")
def add_checkpoint() -> Response:
    """Cosign a checkpoint of a listed log that proves to follow what was cosigned before."""
    if "Transfer-Encoding" in request.headers:  # a body in chunks is not read; better told than taken for an empty one
        return _text("send a Content-Length\n", 411)
    request.max_content_length = BODY_BYTES_MOST
    body = request.get_data(cache=False)
    if not _room.acquire(blocking=False):
        busy = _text("too many requests at once: ask again\n", 503)
        busy.headers["Retry-After"] = "1"
        return busy
    try:
        return _text(_witness().cosign(body))
    except OtherSize as other:
        return Response(f"{other.size}\n", other.status, content_type="text/x.tlog.size")
    except WillNotSign as refused:
        return _text(f"{refused}\n", refused.status)
    finally:
        _room.release()


@blueprint.get("/vkey")
def vkey() -> Response:
    """The line by which others know this witness."""
    return _text(f"{_witness().key.line}\n")


@blueprint.get("/checkpoint")
def checkpoint() -> Response:
    """The newest checkpoint of a log that was cosigned here, as the log signed it."""
    origin = request.args.get("origin", "")
    here = _witness()
    seen = here.seen(origin) if any(key.name == origin for key in here.listed()) else witnessed.NOTHING
    return _text(seen.note) if seen.size else _text("not found\n", 404)


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.errorhandler(NoKey)
def no_key(error: NoKey) -> Response:
    return _text("not found\n", 404)


@blueprint.errorhandler(newest.TwoRoots)
def two_roots(error: newest.TwoRoots) -> Response:
    structlog.get_logger().error("the witness's memory contradicts itself", told=str(error))
    return _text("this witness signs nothing for this log\n", 500)


@blueprint.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    return _text(f"{error.name}\n", error.code or 500)


def _witness() -> Witness:
    return witness_of(edge.settings(), edge.storage())


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
