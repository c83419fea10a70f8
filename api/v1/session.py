"""Who is signed in, and the token that changes are sent with."""

from typing import Any

import marshmallow
from flask_smorest import Blueprint
from flask_wtf.csrf import generate_csrf

from api import edge, sign_in
from timebank.people import logins

blueprint = Blueprint("v1_session", __name__, url_prefix="/api/v1", description="Session")


class SessionAnswer(marshmallow.Schema):
    signed_in = marshmallow.fields.Boolean(required=True)
    csrf_token = marshmallow.fields.String(required=True)
    numbers = marshmallow.fields.List(marshmallow.fields.String(), required=True)


@blueprint.get("/session")
@blueprint.response(200, SessionAnswer)
def session() -> dict[str, Any]:
    """Whether this browser is signed in, as which persons, and the CSRF token for its changes."""
    found = sign_in.current()
    persons = logins.persons_of(edge.read(), found.login_id) if found else []
    return {
        "signed_in": found is not None,
        "csrf_token": generate_csrf(),
        "numbers": [person.number for person in persons],
    }
