"""Orders as JSON: the same deeds, refusals in one shape."""

from datetime import timedelta

import pytest

from tests.api.test_orders_pages import signed_in
from tests.timebank.hours.arrange_orders import Orders, door_of, make_elder, make_person

BASE = "/api/v1/c/TPL/orders"


@pytest.fixture
def orders(village):
    return Orders(village)


def placing(village, elder, **other):
    return {
        "recipient": elder.number,
        "service": "clinic_escort",
        "day": (village.now + timedelta(hours=34)).date().isoformat(),
        "time": "09:30",
        "planned_minutes": 120,
        "place": "鼓楼医院",
        "dispatch_at_once": 1,
    } | other


def test_an_order_from_end_to_end_by_json(app, db, village, orders):
    elder, person = make_elder(village), make_person(village)
    desk = signed_in(app, db, village, make_person(village, "周前台"), ["desk_staff"])
    volunteer = signed_in(app, db, village, person, ["volunteer"])
    placed = desk.post(BASE, json=placing(village, elder))
    assert placed.status_code == 201, placed.json
    assert (placed.json["before_minutes"], placed.json["after_minutes"]) == (600, 480)
    order = f"{BASE}/{placed.json['order_id']}"

    near = volunteer.get(BASE + "/near").json["orders"]
    assert [(found["recipient"], "place" in found) for found in near] == [("王*", False)]
    assert volunteer.get(order).status_code == 404
    claimed = volunteer.post(order + "/claim", json={})
    assert claimed.json.get("held_minutes") == 120, claimed.json
    again = volunteer.post(order + "/claim", json={})
    assert (again.status_code, again.json["error"]["code"]) == (409, "order_already_yours")

    door = f"https://time.example/d/TPL/{door_of(village, elder)}"
    village.pass_time(hours=33, minutes=30)
    assert volunteer.post(order + "/arrive", json={"door": door}).json["state"] == "in_service"
    village.pass_time(minutes=97)
    assert volunteer.post(order + "/leave", json={"door": door}).json["real_minutes"] == 97
    wrong = volunteer.post(order + "/confirm", json={"number": "123456"})
    assert wrong.json["error"]["code"] == "tear_off_missing"
    herself = signed_in(app, db, village, elder)
    done = herself.post(order + "/confirm-own", json={"consents": 0})
    assert (done.json["minutes"], done.json["released_minutes"], done.json["state"]) == (90, 30, "done")

    told = herself.get(order).json
    assert told["credited_minutes"] == 90
    assert [event["verb"] for event in told["timeline"]][-1] == "confirm"
    assert told["timeline"][-1]["entry"] == told["capture_entry"]
    assert sum(seconds for seconds, _ in told["spans"]) == told["real_seconds"]
    assert [found["id"] for found in herself.get(BASE + "/mine").json["orders"]] == [told["id"]]
    assert [found["id"] for found in volunteer.get(BASE + "/taken").json["orders"]] == [told["id"]]
    assert [found["id"] for found in desk.get(BASE + "?state=done").json["orders"]] == [told["id"]]


@pytest.mark.parametrize(
    "wrong, status, code",
    [
        ({"planned_minutes": "120"}, 422, "bad_input"),
        ({"planned_minutes": 12.5}, 422, "bad_input"),
        ({"service": "surgery"}, 422, "bad_input"),
        ({"unknown": 1}, 422, "bad_input"),
        ({"time": "25:00"}, 422, "bad_input"),
        ({"recipient": "TPL-999-9"}, 404, "not_found"),
        ({"planned_minutes": 180, "poor": True}, 409, "not_enough"),
    ],
)
def test_refusals_have_one_shape(app, db, village, wrong, status, code):  # noqa: PLR0917  # fixtures and cases
    wrong = dict(wrong)
    elder = make_elder(village, 40 if wrong.pop("poor", False) else 600)
    desk = signed_in(app, db, village, make_person(village, "周前台"), ["desk_staff"])
    answer = desk.post(BASE, json=placing(village, elder) | wrong)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code), answer.json
    if code == "not_enough":
        assert (
            answer.json["error"]["facts"]["needed_minutes"],
            answer.json["error"]["facts"]["available_minutes"],
        ) == (180, 40)


def test_visitors_and_strangers_are_refused(app, db, village, client, orders):
    order = f"{BASE}/{orders.place(make_elder(village))}"
    assert client.get(BASE).status_code == 401
    assert client.post(order + "/claim", json={}).status_code == 401
    stranger = signed_in(app, db, village, make_person(village, "赵路人"))
    assert stranger.get(BASE).status_code == 403
    assert stranger.get(order).status_code == 404
    assert stranger.post(order + "/claim", json={}).status_code == 403
    assert stranger.post(order + "/cancel", json={"reason": ""}).status_code == 403


def test_the_description_names_every_deed(client):
    paths = client.get("/api/v1/openapi.json").json["paths"]
    for deed in ("claim", "arrive", "leave", "confirm", "confirm-own", "cancel", "rate"):
        assert any(path.endswith("/orders/{order_id}/" + deed) for path in paths), deed
