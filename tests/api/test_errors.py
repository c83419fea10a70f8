"""One shape of refusal for programs, one page for people, in the reader's language."""

from __future__ import annotations

import importlib
import io
import json
import pkgutil
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, send_file

import api.messages
from api import attachments, edge, errors, fields
from tests.client import Client, make_app
from timebank.attachments import Attachment
from timebank.columns import new_id
from timebank.errors import Forbidden, KeyUsed, NotEnough, NotFound, Refused, StorageFull

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

CASES: dict[str, tuple[Any, int, str]] = {
    "not-found": (NotFound(what="order"), 404, "not_found"),
    "not-enough": (NotEnough(needed_minutes=60, available_minutes=40), 409, "not_enough"),
    "key-used": (KeyUsed(), 409, "key_used"),
    "disk-full": (StorageFull(), 507, "storage_full"),
    "abort-404": (404, 404, "not_found"),
    "abort-413": (413, 413, "too_large"),
    "abort-415": (415, 415, "unsupported_media_type"),
    "abort-422": (422, 422, "bad_input"),
    "abort-429": (429, 429, "too_many_requests"),
    "bug": (ZeroDivisionError("a secret of the inside"), 500, "internal_error"),
}


class Asked(fields.Schema):
    minutes = fields.Minutes(required=True)
    note = fields.Text(load_default=None)


@pytest.fixture
def client(db: Any, tmp_path: Any) -> Client:
    """The application with two addresses that fail in every way, one for programs and one for people."""
    app = make_app(db, tmp_path / "data")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    _add_failing_addresses(app)
    return Client(app, db)


def _add_failing_addresses(app: Flask) -> None:
    failing = Blueprint("failing", __name__)

    @failing.get("/api/v1/failing/<case>", endpoint="json")
    @failing.get("/failing/<case>", endpoint="page")
    def fail(case: str) -> Any:
        error = CASES[case][0]
        if isinstance(error, int):
            abort(error)
        raise error

    @failing.post("/api/v1/asked", endpoint="asked_json")
    @failing.post("/asked", endpoint="asked")
    def asked() -> Any:
        return edge.load(Asked)

    @failing.get("/sent/<whose>", endpoint="sent")
    def sent(whose: str) -> Any:
        if whose == "a-list":
            return send_file(io.BytesIO(b"names"), mimetype="text/csv")
        kept = Attachment(
            community_id=1,
            id=new_id(edge.now()),
            purpose="photo",
            name="a.jpg",
            media_type="image/jpeg",
            size=9,
            digest="ab",
            content=b"a picture",
            kept_at=edge.now(),
            kept_by="test",
        )
        return attachments._sent(kept, public=whose == "everybodys")

    app._got_first_request = False
    app.register_blueprint(failing)


@pytest.mark.parametrize("case", CASES)
@on_sqlite
def test_programs_get_one_shape(client: Client, case: str) -> None:
    _, status, code = CASES[case]
    answer = client.get(f"/api/v1/failing/{case}")
    assert answer.status_code == status
    assert set(answer.get_json()) == {"error"}
    error = answer.get_json()["error"]
    assert set(error) == {"code", "message", "facts"}
    assert error["code"] == code
    assert error["message"]
    assert "secret of the inside" not in answer.text


@pytest.mark.parametrize("case", CASES)
@on_sqlite
def test_people_get_a_page_with_a_way_on(client: Client, case: str) -> None:
    answer = client.get(f"/failing/{case}")
    assert answer.status_code == CASES[case][1]
    assert answer.mimetype == "text/html"
    assert "回到首页" in answer.text
    assert "secret of the inside" not in answer.text
    assert "Traceback" not in answer.text


@on_sqlite
def test_a_bug_shows_the_number_it_is_logged_with(client: Client) -> None:
    answer = client.get("/failing/bug")
    assert answer.headers["X-Request-Id"] in answer.text


@on_sqlite
def test_words_follow_the_reader(client: Client) -> None:
    english = client.get("/api/v1/failing/abort-404", headers={"Accept-Language": "en"}).get_json()
    chinese = client.get("/api/v1/failing/abort-404", headers={"Accept-Language": "zh-CN"}).get_json()
    assert english["error"]["message"] == "Not found."
    assert chinese["error"]["message"] == "没有找到。"


@on_sqlite
def test_wrong_fields_are_named(client: Client) -> None:
    token = client.csrf_token()
    for wrong in (
        {},
        {"minutes": 3.7},
        {"minutes": "3"},
        {"minutes": True},
        {"minutes": 60, "more": 1},
        {"minutes": 0},
    ):
        answer = client.http.post("/api/v1/asked", json=wrong, headers={"X-CSRFToken": token})
        assert answer.status_code == 422, wrong
        assert answer.get_json()["error"]["code"] == "bad_input"
        named = answer.get_json()["error"]["facts"]["fields"]
        assert set(named) == ({"more"} if "more" in wrong else {"minutes"})
        assert all(isinstance(told, str) for told in named.values())
    assert client.http.post("/api/v1/asked", json={"minutes": 60}, headers={"X-CSRFToken": token}).status_code == 200


@on_sqlite
def test_what_is_not_json_is_refused_in_the_same_shape(client: Client) -> None:
    headers = {"X-CSRFToken": client.csrf_token(), "Content-Type": "application/json"}
    for body in (b"{", b"\xff", b'{"minutes": NaN}', b"[" * 5000):
        answer = client.http.post("/api/v1/asked", data=body, headers=headers)
        assert answer.status_code in (400, 422), body
        assert json.loads(answer.text)["error"]["code"] in ("bad_request", "bad_input")
    answer = client.http.post("/api/v1/asked", data=b"x", headers={**headers, "Content-Type": "text/csv"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (415, "unsupported_media_type")


@on_sqlite
def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    answer = client.http.put("/api/v1/session", headers={"X-CSRFToken": client.csrf_token()})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.get_json()["error"]["code"] == "method_not_allowed"


@on_sqlite
def test_a_form_without_its_token_does_nothing(client: Client) -> None:
    for path, mimetype in (("/asked", "text/html"), ("/api/v1/asked", "application/json")):
        answer = client.http.post(path, data={"minutes": 60})
        assert answer.status_code == 400
        assert answer.mimetype == mimetype


@on_sqlite
def test_every_answer_carries_the_content_policy(client: Client) -> None:
    for path in ("/", "/nowhere", "/api/v1/nowhere", "/failing/bug", "/healthz"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert "camera=(self)" in headers["Permissions-Policy"]


@on_sqlite
def test_only_what_everybody_may_see_is_kept_between_two_people(client: Client) -> None:
    kept = {whose: client.get(f"/sent/{whose}").headers for whose in ("everybodys", "hers", "a-list")}
    assert kept["everybodys"]["Cache-Control"] == "public, max-age=86400"
    assert kept["hers"]["Cache-Control"] == "max-age=86400, private"
    assert kept["a-list"]["Cache-Control"] == "no-store"
    assert [("Cookie" in headers.get("Vary", "")) for headers in kept.values()] == [False, True, True]


def every_refusal() -> list[type[Refused]]:
    """All refusals of the domain, found by importing it."""
    import importlib
    import pkgutil

    import timebank

    for module in pkgutil.walk_packages(timebank.__path__, "timebank."):
        importlib.import_module(module.name)

    def below(kind: type[Refused]) -> list[type[Refused]]:
        return [found for child in kind.__subclasses__() for found in (child, *below(child))]

    return sorted(
        (kind for kind in below(Refused) if kind.__module__.startswith("timebank.")), key=lambda kind: kind.code
    )


def test_every_refusal_of_the_domain_has_words() -> None:
    without = [
        f"{kind.__module__}.{kind.__name__} ({kind.code})"
        for kind in every_refusal()
        if kind.code not in errors.all_messages()
    ]
    assert without == [], "add them to api/messages/<slice>.py"


def test_codes_mean_one_thing() -> None:
    kinds: dict[str, set[str]] = {}
    for kind in every_refusal():
        kinds.setdefault(kind.code, set()).add(f"{kind.__module__}.{kind.__qualname__}")
    kinds.pop("refused", None)
    shared = {code: sorted(names) for code, names in kinds.items() if len(names) > 1}
    assert shared == {}


def test_a_refusal_has_its_words_in_one_place() -> None:
    """The last module by name would win: an order's refusal would be followed by the advice of another matter."""
    said: dict[str, list[str]] = {}
    for module in pkgutil.iter_modules(api.messages.__path__):
        if module.name != "common":  # what slices say more exactly
            found = importlib.import_module(f"api.messages.{module.name}")
            for code in getattr(found, "MESSAGES", {}).keys() | getattr(found, "NEXT", {}).keys():
                said.setdefault(code, []).append(module.name)
    assert {code: names for code, names in said.items() if len(names) > 1} == {}


@on_sqlite
def test_forbidden_pages_ask_visitors_to_sign_in_and_tell_others_no(client: Client) -> None:
    CASES["forbidden"] = (Forbidden(use_case="x"), 403, "forbidden")
    try:
        asked = client.get("/failing/forbidden")
        assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=/failing/forbidden")
        assert client.get("/api/v1/failing/forbidden").status_code == 401
        client.sign_in(None, roles=["operator"])
        assert client.get("/failing/forbidden").status_code == 403
        assert client.get("/api/v1/failing/forbidden").get_json()["error"]["code"] == "forbidden"
    finally:
        del CASES["forbidden"]
