"""The JSON API, described at /api/v1/openapi.json: the same use cases and schemas as the pages.

A slice's module has a flask-smorest `blueprint` with addresses below /api/v1/c/<community_code>/; add it to
BLUEPRINTS. A session cookie signs in; what changes something sends the header X-CSRFToken and an Idempotency-Key.
"""

from importlib import import_module
from typing import Any

import marshmallow
from flask import Flask
from flask_smorest import Api, Blueprint
from webargs.flaskparser import FlaskParser

BLUEPRINTS: list[str] = [
    "session",
    "orders",
    "attendance",
    "activities",
    "devices",
    "offline",
    "shop",
    "points_table",
    "publicity",
    "points_audit",
    "awards",
    "kin",
    "points_replay",
    "households",
    "points_years",
    "honours",
    "policy",
    "months",
    "statements",
]


class OurJson(FlaskParser):
    """Arguments of endpoints are read as everywhere else: strict JSON, and 400 for what is none."""

    DEFAULT_VALIDATION_STATUS = 422

    def load_json(self, req: Any, schema: Any) -> Any:
        return req.get_json()


Blueprint.ARGUMENTS_PARSER = OurJson()


class Refusal(marshmallow.Schema):
    """What is so, what was needed: `facts` by code."""

    code = marshmallow.fields.String(required=True)
    message = marshmallow.fields.String(required=True)
    facts = marshmallow.fields.Dict(keys=marshmallow.fields.String(), required=True)


class RefusalAnswer(marshmallow.Schema):
    error = marshmallow.fields.Nested(Refusal, required=True)


class OneShapeApi(Api):
    """flask-smorest without its error handler, which drops `Allow` on 405: api/errors.py answers."""

    ERROR_SCHEMA = RefusalAnswer

    def _register_error_handlers(self) -> None:
        pass


def init_app(app: Flask) -> None:
    app.config.update(
        API_TITLE="timebank",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {
                "securitySchemes": {
                    "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
                    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
                }
            },
            "security": [{"session": [], "csrf": []}],
        },
    )
    api = OneShapeApi(app)
    for name in BLUEPRINTS:
        module = import_module(f"api.v1.{name}")
        api.register_blueprint(module.blueprint)
        if getattr(module, "WITHOUT_CSRF", False):
            app.extensions["csrf"].exempt(module.blueprint)
