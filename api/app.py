"""The application: settings and a storage in, a WSGI application out."""

import secrets
import time
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

import templates
from api import edge, errors, log_service, look, pages, sign_in, static_files, v1, witness_service
from api.cookies import FormsOfOurs, PrivateCookies
from api.headers import Headed
from api.keys import SigningKeys
from api.settings import Settings
from timebank.storage import Storage

log = structlog.get_logger()

MIB = 1024 * 1024
SECURITY_HEADERS = {
    # No inline script or style anywhere; WebAssembly only for the reader of QR codes.
    "Content-Security-Policy": (
        "default-src 'none'; "
        "script-src 'self' 'wasm-unsafe-eval'; "
        "style-src 'self'; "
        "img-src 'self' data:; "
        "connect-src 'self'; "
        "media-src 'self' blob:; "
        "worker-src 'self'; "
        "manifest-src 'self'; "
        "base-uri 'none'; "
        "form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    # Tokens of cards stand in addresses: other hosts never see them. (No Referer at all would break the CSRF check.)
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class StrictJson(DefaultJSONProvider):
    """JSON as RFC 8259 has it: no NaN, and nothing nested so deep that reading it fails."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **options: Any) -> Any:
        try:
            return super().loads(s, parse_constant=_no_constant, **options)
        except RecursionError:
            raise ValueError("nested too deep") from None


class Application(Flask):
    """Flask without the question, for each function and each request, whether it is a coroutine: none of ours is."""

    def ensure_sync(self, func: Any) -> Any:
        return func


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def create_app(settings: Settings, storage: Storage | None = None) -> Flask:
    """The whole edge. With a `storage` that one is used (tests, commands); else one is opened by the settings."""
    settings.prepare()
    app = Application("api", static_folder=None, template_folder=str(Path(templates.__file__).parent))
    app.config.update(
        SECRET_KEY=settings.secret.hex(),
        SESSION_COOKIE_NAME="timebank",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=30 * 24 * 3600,
        MAX_CONTENT_LENGTH=20 * MIB,
        MAX_FORM_MEMORY_SIZE=2 * MIB,
        MAX_FORM_PARTS=20_000,
        # An elder's page may lie open all day; the token still ends with the session.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.https,
    )
    app.json = StrictJson(app)
    app.session_interface = PrivateCookies()
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["timebank_settings"] = settings
    app.extensions["timebank_keys"] = SigningKeys(settings.keys)
    app.extensions["timebank_storage"] = storage or open_storage(settings)
    headers = SECURITY_HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if settings.https else {})
    app.wsgi_app = Headed(app.wsgi_app, headers)  # type: ignore[method-assign]
    if settings.https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.url_map.converters["int"] = SmallNumber
    _community_in_addresses(app)
    FormsOfOurs(app)
    look.init_app(app)
    errors.init_app(app)
    sign_in.init_app(app)
    static_files.init_app(app, compressed=settings.data_dir / "static")
    for blueprint in pages.blueprints():
        app.register_blueprint(blueprint)
    v1.init_app(app)
    log_service.init_app(app)
    witness_service.init_app(app)
    _health(app)
    _every_request(app)
    return app


def open_storage(settings: Settings) -> Storage:
    """The installation's database, with the clock that a demo may move."""
    settings.prepare()
    return Storage(settings.url, clock=settings.clock.now, secret=settings.secret)


class SmallNumber(IntegerConverter):
    """`<int:number>` in addresses: a number that no database is too small for; others are no address of ours."""

    regex = r"[0-9]{1,15}"


def _community_in_addresses(app: Flask) -> None:
    """`/c/<community_code>/...`: views never see the code; addresses made within a community keep it."""

    @app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and "community_code" in values:
            g.community_code = values.pop("community_code")

    @app.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        if (
            "community_code" not in values
            and "community_code" in g
            and app.url_map.is_endpoint_expecting(endpoint, "community_code")
        ):
            values["community_code"] = g.community_code


def _health(app: Flask) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return jsonify({"ok": True})

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """The database answers too."""
        try:
            edge.read().connection().execute(text("SELECT 1"))
        except SQLAlchemyError:
            log.exception("not ready")
            return jsonify({"ok": False}), 503
        return jsonify({"ok": True}), 200


def _every_request(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        edge.held().update(began=time.perf_counter(), request_id=secrets.token_hex(8))
        asked = request.args.items(multi=True) if request.query_string else ()
        if "\0" in request.path or any("\0" in text for _name, text in asked):
            raise NotFound  # PostgreSQL holds no such text, and answers as if we had a bug

    @app.after_request
    def finish(response: Response) -> Response:
        headers, here = response.headers, edge.held()
        headers["X-Request-Id"] = here.get("request_id", "")
        if headers.get("Cache-Control") == "no-cache":  # as Flask sends files, which many a browser keeps all the same
            headers["Cache-Control"] = "no-store"
        if "public" not in headers.get("Cache-Control", ""):  # what is public is the same for everybody
            if "Vary" in headers:
                response.vary.update(["Cookie", "Accept-Language"])
            else:
                headers["Vary"] = "Cookie, Accept-Language"
        # No address, no number, no token: paths hold cards' tokens, so only the endpoint is written.
        log.info(
            "request",
            request_id=here.get("request_id"),
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            ms=round((time.perf_counter() - here.get("began", time.perf_counter())) * 1000),
        )
        return response

    @app.teardown_request
    def done(error: BaseException | None) -> None:
        edge.stop_reading()
