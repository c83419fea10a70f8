"""What a view needs of its request: the database, the community, who asks, and how to answer.

A view parses (`load`), calls one use case (`submit`) or reading function (`read`), and answers (`page`, `back`).
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from contextvars import copy_context
from datetime import datetime
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from flask import Request, Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api import fields
from timebank.columns import new_key
from timebank.errors import BadInput, NotFound, Refused
from timebank.permissions import Actor
from timebank.storage import Storage

if TYPE_CHECKING:
    from api.settings import Settings
    from timebank.people.communities import Community

P = ParamSpec("P")
R = TypeVar("R")

_KEY = fields.Key()


def storage() -> Storage:
    return cast(Storage, current_app.extensions["timebank_storage"])


def settings() -> "Settings":
    return cast("Settings", current_app.extensions["timebank_settings"])


def held() -> dict[str, Any]:
    """What this request has found out, by name: Flask's `g` without the proxy before it, which costs more than what it gives."""
    return vars(g._get_current_object())  # noqa: SLF001  # documented


def request_itself() -> Request:
    """The request without the proxy before it, for whoever asks it several things."""
    return request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # documented


def now() -> datetime:
    """One instant for the whole request."""
    here = held()
    if "now" not in here:
        here["now"] = storage().clock()
    return cast(datetime, here["now"])


def read() -> Session:
    """The request's read-only session; after a write a new one, so that what was written is seen."""
    here = held()
    if "read_session" not in here:
        here["read_stack"] = ExitStack()
        here["read_session"] = here["read_stack"].enter_context(storage().read())
    return cast(Session, here["read_session"])


def stop_reading() -> None:
    """Give the request's read session back."""
    here = held()
    here.pop("read_session", None)
    stack = here.pop("read_stack", None)
    if stack is not None:
        stack.close()


def community() -> "Community":
    """The community that the address names."""
    here = held()
    if "community" not in here:
        from timebank.people import communities

        code = str(here.get("community_code", ""))
        found = communities.known(storage().lasting, code) or communities.by_code(read(), code)
        if found is None:
            raise NotFound(what="community")
        here["community"] = found
    return cast("Community", here["community"])


def actor() -> Actor:
    """Who asks, in the community of the address; visitors have no grants.

    Where the address names no community, `community_id` is None: operators import areas and open communities so.
    """
    here = held()
    if "actor" not in here:
        from api import sign_in

        here["actor"] = sign_in.actor_in(community() if "community_code" in here else None)
    return cast(Actor, here["actor"])


def submit(
    use_case: str, fn: Callable[[Session, datetime], dict[str, Any]], *, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Run a use case on the write lane of this community, once for the request's key.

    `fn` runs in the lane's thread, but in this request's context: `actor()` and `community()` may be named in it.
    """
    asks, place, key, context = actor(), community().id, request_key(), copy_context()
    stop_reading()  # who waits for a turn on the lane keeps no connection from who has the turn
    outcome = storage().write(
        place,
        key,
        lambda session, now: context.run(fn, session, now),
        actor=asks.number,
        use_case=use_case,
        content=plain(content),
    )
    stop_reading()
    return outcome


def submit_global(fn: Callable[[Session, datetime], Any]) -> Any:
    """Change what belongs to no community: logins, sessions, roles, areas."""
    actor()
    context = copy_context()
    stop_reading()
    outcome = storage().write_global(lambda session, now: context.run(fn, session, now))
    stop_reading()
    return outcome


def request_key() -> uuid.UUID:
    """The key that this request happens once by: hidden field `key`, or header `Idempotency-Key`."""
    asked = request_itself()
    text = asked.headers.get("Idempotency-Key") or ("" if asked.is_json else asked.form.get("key", ""))
    try:
        return _KEY.deserialize(text)
    except fields.ValidationError as error:
        raise BadInput(fields=fields.plain_messages(error.messages, "key")) from None


def fresh_key() -> uuid.UUID:
    """A key for a form that is rendered now."""
    return new_key(now())


def load(schema: type[fields.Schema] | fields.Schema) -> dict[str, Any]:
    """What the request says, by a schema: a form or JSON; raises BadInput with the fields.

    Files are in `request.files`; a GET is read from its query.
    """
    made = _made(schema) if isinstance(schema, type) else schema
    try:
        return cast(dict[str, Any], made.load(_body()))
    except fields.ValidationError as error:
        raise BadInput(fields=fields.plain_messages(error.messages)) from None


@cache
def _made(schema: type[fields.Schema]) -> fields.Schema:
    """The one schema of its class: making it takes as long as reading a form by it."""
    return schema()


def _body() -> Any:
    asked = request_itself()
    if asked.method in ("GET", "HEAD"):
        return asked.args
    if asked.is_json:
        return asked.get_json()
    if asked.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data", ""):
        return asked.form
    raise UnsupportedMediaType


def plain(content: Any) -> Any:
    """Content as plain JSON: identifiers as hex, days and instants as ISO text, files as their digest."""
    if content is None or isinstance(content, str | int):
        return content
    if isinstance(content, Mapping):
        return {str(name): plain(value) for name, value in content.items()}
    if isinstance(content, list | tuple | set | frozenset):
        return [plain(value) for value in content]
    if isinstance(content, uuid.UUID):
        return content.hex
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    if hasattr(content, "isoformat"):
        return content.isoformat()
    json.dumps(content)
    return content


def page(template: str, /, status: int = 200, **facts: Any) -> Response:
    """A page. What belongs to a person is kept by no cache."""
    response = make_response(render_template(template, **facts), status)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


def again(template: str, refused: Refused, /, **facts: Any) -> Response:
    """The form once more after a refusal: what was typed stays, what is wrong is said, the key is new."""
    g.refusal = Told(refused)
    stop_reading()
    return page(template, refused.status, **facts)


class Told:
    """A refusal in the reader's words, for templates: message, next_step, fields, code, facts."""

    def __init__(self, refused: Refused) -> None:
        from api import errors

        self.code, self.status, self.facts = refused.code, refused.status, refused.facts
        self.message = errors.words(refused.code, refused.facts)
        self.next_step = "" if refused.code == "bad_input" else errors.next_words(refused.code, refused.facts)
        found = refused.facts.get("fields", {})
        self.fields: dict[str, Any] = found if isinstance(found, dict) else {}


def back(endpoint: str, /, **values: Any) -> Response:
    """See another page after a form: 303, so that a reload posts nothing."""
    return cast(Response, redirect(url_for(endpoint, **values), 303))


def flash_done(text: Any) -> None:
    """Say on the next page what was done."""
    flash(str(text), "done")


def flash_note(text: Any) -> None:
    """Say on the next page what should be known (an orange band)."""
    flash(str(text), "note")


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Only for who is signed in; others sign in first and come back."""

    @wraps(view)
    def checked(*values: P.args, **named: P.kwargs) -> R:
        from api import errors, sign_in

        if sign_in.current() is None:
            return cast(R, errors.ask_to_sign_in())
        return view(*values, **named)

    return checked


def local_path(text: str | None) -> str | None:
    """An address of our own to go on to, or None: nobody is sent to another host by a link they were given."""
    # A browser drops tabs and line ends from an address, and reads a backslash as a slash: "/<tab>/host" leads to the host.
    if text and text.startswith("/") and not text.startswith("//") and not re.search(r"[\x00-\x1f\x7f\\]", text):
        return text
    return None


def bad(name: str, message: Any) -> BadInput:
    """A refusal of one field."""
    return BadInput(fields={name: str(message)})


__all__ = [
    "BadRequest", "actor", "again", "back", "bad", "community", "flash_done", "flash_note", "fresh_key", "load", "local_path", "now",
    "page", "plain", "read", "request_key", "settings", "signed_in", "stop_reading", "storage", "submit", "submit_global",
]  # fmt: skip
