"""One answer for everything that is refused or fails: what is so, what was needed, what to do next.

JSON: `{"error": {"code", "message", "facts"}}`. Pages: the same with a way on. A bug is logged with the request's id,
which is all that is shown of it.
"""

import importlib
import pkgutil
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import FunctionType
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, default_exceptions

import api.messages
from api import fields, look
from timebank.errors import Forbidden, Refused

log = structlog.get_logger()

HTTP_CODES = {
    400: "bad_request",
    401: "sign_in_first",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    414: "address_too_long",
    415: "unsupported_media_type",
    422: "bad_input",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}

MESSAGES: dict[str, Any] = {
    "bad_request": _("请求的格式不对。"),
    "sign_in_first": _("请先登录。"),
    "forbidden": _("您没有做这件事的权限。"),
    "not_found": _("没有找到。"),
    "method_not_allowed": _("这个地址不接受这种请求。"),
    "not_acceptable": _("不能以这种格式回答。"),
    "request_timeout": _("请求没有及时到齐。"),
    "conflict": _("与现在的情况不符。"),
    "too_large": _("内容太大。"),
    "address_too_long": _("地址太长。"),
    "unsupported_media_type": _("不接受这种内容格式。"),
    "bad_input": _("有些内容需要改一下。"),
    "too_many_requests": _("请求太多了。"),
    "internal_error": _("系统出了问题。"),
    "unavailable": _("系统暂时不能用。"),
    "csrf": _("这个页面放得太久,或者浏览器不接受 Cookie。"),
    "key_missing": _("请求缺少编号。"),
}

NEXT: dict[str, Any] = {
    "sign_in_first": _("登录后会回到这里。"),
    "forbidden": _("如果您应该有权限,请联系社区管理员。"),
    "not_found": _("请检查地址或编号是否完整,或者回到首页。"),
    "too_large": _("请把文件分成几份再上传。"),
    "bad_input": _("请返回上一页,改好标出的内容再提交。"),
    "too_many_requests": _("请过一分钟再试。"),
    "internal_error": _("您的操作没有记下。请过一会儿再试;如果还不行,请把下面的编号告诉管理员。"),
    "unavailable": _("请过一会儿再试。"),
    "csrf": _("请返回上一页,刷新后再提交一次。"),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(CSRFError, csrf)
    for exception in default_exceptions.values():
        app.register_error_handler(exception, http)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, bug)


def refused(error: Refused) -> Any:
    """The domain said no."""
    if isinstance(error, Forbidden) and not _signed_in():
        return ask_to_sign_in()
    return answer(error.code, error.status, error.facts)


def invalid(error: ValidationError) -> Any:
    return answer("bad_input", 422, {"fields": fields.plain_messages(error.messages)})


def csrf(error: CSRFError) -> Any:
    return answer("csrf", 400, {})


def http(error: HTTPException) -> Any:
    """What Flask and its extensions refuse; headers such as `Allow` are kept."""
    if error.response is not None:
        return error.response
    status = error.code or 500
    if 300 <= status < 400:
        return error
    facts: dict[str, Any] = {}
    data = getattr(error, "data", None)
    if isinstance(data, Mapping) and data.get("messages"):
        facts["fields"] = fields.plain_messages(_without_location(data["messages"]))
    if status == 401:
        return ask_to_sign_in()
    made = answer(HTTP_CODES.get(status, "bad_request" if status < 500 else "internal_error"), status, facts)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            made.headers[name] = value
    return made


def bug(error: Exception) -> Any:
    log.error("bug", request_id=g.get("request_id"), endpoint=request.endpoint, exc_info=error)
    return answer("internal_error", 500, {"request_id": g.get("request_id", "")})


def ask_to_sign_in() -> Any:
    """401 for programs; people go to the sign-in page and come back."""
    if wants_json():
        return answer("sign_in_first", 401, {})
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("home.sign_in", next=back), 303)


def answer(code: str, status: int, facts: Mapping[str, Any]) -> Response:
    """The one shape of a refusal, as JSON or as a page."""
    message, next_step = words(code, facts), next_words(code, facts)
    if wants_json():
        made = jsonify({"error": {"code": code, "message": message, "facts": dict(facts)}})
    else:
        made = Response(_refused_page(code, status, message, next_step, facts), content_type="text/html; charset=utf-8")
    made.status_code = status
    return made


def _refused_page(code: str, status: int, message: str, next_step: str, facts: Mapping[str, Any]) -> str:
    try:
        return render_template(
            "refused.html",
            code=code,
            status=status,
            message=message,
            next_step=next_step,
            facts=facts,
            request_id=g.get("request_id", ""),
        )
    except Exception as error:  # the page asks the database who is signed in, and that may be what fails
        log.exception("refused page", request_id=g.get("request_id"), exc_info=error)
        return f"<!DOCTYPE html><meta charset=utf-8><title>{escape(message)}</title><h1>{escape(message)}</h1><p>{escape(next_step)}</p>"


def wants_json() -> bool:
    return request.path.startswith("/api/") or request.path in ("/healthz", "/readyz")


def words(code: str, facts: Mapping[str, Any]) -> str:
    """What a refusal says to a person, in the reader's language; some say it by their facts."""
    text = all_messages().get(code, MESSAGES["conflict"])
    return filled(text(facts) if isinstance(text, FunctionType) else text, facts)


def next_words(code: str, facts: Mapping[str, Any]) -> str:
    """What to do next; empty if there is nothing to say."""
    text = all_next().get(code, "")
    return filled(text(facts) if isinstance(text, FunctionType) else text, facts)


@lru_cache(maxsize=1)
def all_messages() -> dict[str, Any]:
    return {**MESSAGES, **_collected("MESSAGES")}


@lru_cache(maxsize=1)
def all_next() -> dict[str, Any]:
    return {**NEXT, **_collected("NEXT")}


def filled(text: Any, facts: Mapping[str, Any]) -> str:
    """Put facts into a sentence; one that lacks a fact is still shown, since a refusal must never fail."""
    return re.sub(r"%\((\w+)\)[sd]", lambda found: _shown(found[1], facts.get(found[1], "?")), str(text)).replace(
        "%%", "%"
    )


def _shown(name: str, fact: Any) -> str:
    """A fact as people read it: steps as points, instants in the community's zone."""
    if name.endswith("_steps") and isinstance(fact, int):
        return look.points(fact)
    if name.endswith("_at") and isinstance(fact, str):
        try:
            return look.instant(datetime.fromisoformat(fact))
        except ValueError:
            return fact
    comma = ", " if look.language() == "en" else "、"
    return comma.join(str(item) for item in fact) if isinstance(fact, list | tuple) else str(fact)


def _collected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(api.messages.__path__):
        found.update(getattr(importlib.import_module(f"api.messages.{module.name}"), name, {}))
    return found


def _without_location(messages: Any) -> Any:
    """Webargs puts the place (json, query, form) around the fields."""
    if isinstance(messages, Mapping):
        inner: dict[str, Any] = {}
        for place, found in messages.items():
            if place in ("json", "query", "form", "files", "path", "headers") and isinstance(found, Mapping):
                inner.update(found)
            else:
                inner[place] = found
        return inner
    return messages


def _signed_in() -> bool:
    from api import sign_in  # imported here: sign_in raises what this module answers

    return sign_in.current() is not None
