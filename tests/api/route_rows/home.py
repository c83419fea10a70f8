"""The first pages, and what lies in no community."""

from tests.client import PASSWORD

ANYONE = {"anyone": True}
SIGNED_IN = {"signed_in": True}

ROWS = {
    "home.landing": ANYONE,
    "home.sign_in": ANYONE,
    "home.sign_in_post": {
        "method": "POST",
        "anyone": True,
        "data": lambda world, made: {"who": "TPL-1-1", "password": "wrong"},
        "ok": {403},
    },
    "home.choose_person": {"method": "POST", "anyone": True, "ok": {422}},
    "home.sign_out": {"method": "POST", "anyone": True},
    "home.activate": ANYONE,
    "home.activate_post": {"method": "POST", "anyone": True, "ok": {422}},
    "home.change_look": {"method": "POST", "anyone": True, "data": lambda world, made: {"size": "24"}},
    "home.account": SIGNED_IN,
    "home.change_password": {
        "method": "POST",
        "signed_in": True,
        "data": lambda world, made: {
            "present": PASSWORD,
            "password": "another-long-one",
            "repeated": "another-long-one",
        },
    },
    "home.end_session": {"method": "POST", "signed_in": True, "data": lambda world, made: {"session_id": "0" * 32}},
    "home.community": ANYONE,
    "healthz": ANYONE,
    "readyz": ANYONE,
    "api-docs.openapi_json": ANYONE,
    "v1_session.session": ANYONE,
}
