"""The JSON API against its own description: whatever is sent, no answer is a fault of ours, and errors have one shape."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case

from tests.api.walk import World

EXAMPLES = 12


def test_what_the_description_allows_is_answered_and_what_it_does_not_is_refused_in_one_shape(world: World) -> None:
    """Signed in as a manager who is also volunteer and desk; ids are those of the village or made up."""
    everybody = ["community_manager", "volunteer", "desk_staff"]
    world.client.sign_in(world.residents[0], roles=everybody, area_path=world.village.area_path)
    token = world.client.csrf_token()
    described = schemathesis.openapi.from_dict(world.client.get("/api/v1/openapi.json").get_json())
    seen: dict[str, set[int]] = {}
    for operation in described.get_all_operations():
        ask_all(world, operation.ok(), token, seen)  # type: ignore[union-attr]  # a broken description fails right here
    assert len(seen) > 18
    assert any(status < 300 for statuses in seen.values() for status in statuses)


def ask_all(world: World, operation: Any, token: str, seen: dict[str, set[int]]) -> None:
    """Send an operation what it describes, to our community, to another and to none."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(), code=st.sampled_from(["TPL", "HZM", "no"]))
    def ask(case: Case, code: str) -> None:
        case.path_parameters = {**(case.path_parameters or {}), "community_code": code}
        status, answer = send(world, case, token)
        seen.setdefault(operation.label, set()).add(status)
        assert status < 500, (operation.label, case.body, answer)
        if status >= 400:
            assert set(answer) == {"error"}, answer
            assert {"code", "message"} <= set(answer["error"])

    ask()


def send(world: World, case: Case, token: str) -> tuple[int, Any]:
    """Ask as a script of ours would, with the made-up body and query."""
    path = case.formatted_path
    headers = {"X-CSRFToken": token, "Idempotency-Key": str(world.client.new_key())}
    body = case.body if isinstance(case.body, dict | list) else None
    data = None if body is None else json.dumps(body)
    answer = world.client.http.open(
        path,
        method=case.method,
        headers=headers,
        data=data,
        content_type="application/json",
        query_string=case.query or {},
    )
    return answer.status_code, answer.get_json(silent=True)
