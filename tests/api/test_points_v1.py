"""Publicity and the shop as JSON: what takes two people, and what is taken back."""

from datetime import timedelta

import pytest

from tests.api.test_orders_pages import signed_in
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.shop import arrange

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PUBLICITY, SHOP = "/api/v1/c/TPL/publicity", "/api/v1/c/TPL/shop"
LARGE = "成员攻读博士"


def test_an_objection_is_taken_back_and_a_booking_back_declined(app, db, village):
    make.table_in_force(village)
    awarded, first, second = (village.make_person() for _ in range(3))
    number = make.published(village, (awarded, LARGE))
    resident = signed_in(app, db, village, first)
    other = signed_in(app, db, village, second)
    committee = signed_in(app, db, village, village.make_person("周委员"), ["committee"])
    manager = signed_in(app, db, village, village.make_person("郑书记"), ["community_manager"])
    line = f"{PUBLICITY}/batches/{number}/lines/1/objections"

    raised = resident.post(line, json={"reason": "看错了行"})
    assert raised.status_code == 201, raised.json
    mine = f"{PUBLICITY}/objections/{raised.json['objection_id']}"
    assert other.post(mine + "/take-back", json={}).status_code == 403
    back = resident.post(mine + "/take-back", json={}).json
    assert back.get("line_state") == "hanging", back
    assert resident.post(mine + "/take-back", json={}).json["error"]["code"] == "objection_wrong_state"
    assert resident.get(PUBLICITY + "/objections/mine").json["objections"][0]["taken_back_at"]
    assert resident.post(line, json={"reason": "又来"}).json["error"]["code"] == "objected_already"

    change_policy(village, reversal_two_from_steps=100)
    village.pass_time(days=12)
    assert make.book_due(village)["booked"] == 1
    late = other.post(line, json={"reason": "没有读博士"}).json
    assert late["late"], late
    objection = f"{PUBLICITY}/objections/{late['objection_id']}"
    corrected = committee.post(objection + "/answer", json={"verdict": "correct", "quantity": "1", "text": "应为硕士"})
    assert (corrected.status_code, list(corrected.json["error"]["facts"]["fields"])) == (422, ["quantity"])
    assert committee.post(objection + "/answer", json={"verdict": "uphold", "text": "已核实"}).json["needs_another"]
    (waiting,) = manager.get(PUBLICITY + "/corrections").json["corrections"]
    award = f"{PUBLICITY}/corrections/{waiting['award_id']}"
    own = committee.post(award + "/decline", json={"reason": "不"})
    assert (own.status_code, own.json["error"]["code"]) == (403, "needs_another_officer")
    declined = manager.post(award + "/decline", json={"reason": "毕业证在手"})
    assert (declined.json["line_state"], declined.json["objections"]) == ("booked", 1)
    assert manager.get(PUBLICITY + "/corrections").json["corrections"] == []
    (told,) = other.get(PUBLICITY + "/objections/mine").json["objections"]
    assert (told["state"], told["declined"], told["outcome"]) == ("rejected", "毕业证在手", None)
    assert told["appeal_until"] is not None
    shown = other.get(f"{PUBLICITY}/batches/{number}").json["lines"][0]
    assert shown["answers"] == ["毕业证在手"]
    assert other.post(objection + "/appeal", json={"text": "请再查"}).status_code == 200
    assert "reversal_declined" in arrange.notices(village, second)


def test_a_shop_is_opened_filled_counted_and_takes_back_by_json(app, db, village):
    committee = signed_in(app, db, village, village.make_person("周委员"), ["committee"])
    manager = signed_in(app, db, village, village.make_person("郑书记"), ["community_manager"])
    soap, merchant_id, seller = make.shop(village, stock=2)
    merchant = f"{SHOP}/merchants/{merchant_id}"
    opened = committee.post(
        SHOP + "/merchants", json={"name": "东头小店", "weekdays": ["1", "5"], "opens": "8:00", "closes": "12:00"}
    )
    assert opened.status_code == 201, opened.json
    assert (
        committee.post(
            merchant + "/hours", json={"weekdays": [{"weekday": 1, "opens": "25:00", "closes": "26:00"}]}
        ).status_code
        == 422
    )
    assert (
        committee.post(merchant + "/hours", json={"weekdays": [{"weekday": day} for day in range(1, 8)]}).status_code
        == 200
    )
    assert len(committee.get(merchant).json["weekdays"]) == 7

    supplier = committee.post(SHOP + "/suppliers", json={"name": "供销社"}).json["supplier_id"]
    delivery = {
        "lines": [{"item_id": soap.hex, "pieces": 10}],
        "supplier_id": supplier,
        "note_number": "A-7",
        "cost_fen": 2500,
    }
    assert committee.post(merchant + "/deliveries", json=delivery).json["pieces"] == 10
    assert committee.post(merchant + "/deliveries", json=delivery).json["error"]["code"] == "delivery_taken"
    (came,) = committee.get(merchant + "/deliveries").json["deliveries"]
    assert (came["supplier"], came["lines"][0]["pieces"], came["cost_fen"]) == ("供销社", 10, 2500)

    taking = f"{SHOP}/takings/{committee.post(merchant + '/takings', json={}).json['taking_id']}"
    village.pass_time(minutes=10)
    counted_at = village.now
    (person,) = village.make_household("张三", steps=500)
    order = arrange.order(village, person, {soap: 2})
    village.pass_time(minutes=1)
    arrange.hand_over(village, seller, order)
    assert committee.get(taking).json["lines"][0]["since"] == {"handed_over": -2}
    early = {"as_of": (counted_at - timedelta(days=1)).isoformat(), "lines": [{"position": 1, "counted": 12}]}
    assert list(committee.post(taking + "/count", json=early).json["error"]["facts"]["fields"]) == ["as_of"]
    told = {"as_of": counted_at.isoformat(), "lines": [{"position": 1, "counted": 2, "reason": "受潮"}]}
    assert committee.post(taking + "/count", json=told).json["code"] == "taking_waits"
    assert committee.post(taking + "/confirm", json={}).json["error"]["code"] == "own_count"
    assert manager.post(taking + "/again", json={}).json["code"] == "taking_sent_back"
    told["lines"] = [{"position": 1, "counted": 12}]
    assert committee.post(taking + "/count", json=told).json["changed"] == 0
    assert [one["state"] for one in committee.get(merchant + "/takings").json["takings"]] == ["booked"]

    asked = {"order_number": arrange.row(village, order).number, "item_id": soap.hex, "pieces": 1, "reason": "破了"}
    back = committee.post(SHOP + "/returns", json=asked).json
    returned = f"{SHOP}/returns/{back['return_id']}"
    assert committee.post(returned + "/book", json={}).json["error"]["code"] == "own_return"
    assert manager.post(returned + "/book", json={}).json["steps"] == 50
    assert manager.post(returned + "/refuse", json={"remark": "晚了"}).json["error"]["code"] == "return_decided"
    (one,) = committee.get(SHOP + "/returns?state=booked").json["returns"]
    assert (one["name"], one["pieces"], one["state"]) == ("香皂", 1, "booked")


def test_an_award_that_is_sent_twice_is_entered_once_and_answered_as_before(app, db, village):
    items = make.items(village, make.table_in_force(village))
    item = items[LARGE]
    resident = village.make_person()
    one = signed_in(app, db, village, resident)
    told = {"item_id": item.id.hex, "on": village.today.isoformat(), "evidence": "上午扫了村口"}
    claims, key = "/api/v1/c/TPL/awards/claims", one.new_key()
    first, again = (one.post(claims, json=told, key=key) for _tap in range(2))
    assert (first.status_code, again.status_code) == (201, 201), again.json
    assert again.json == first.json
    anew = one.post(claims, json=told)
    assert (anew.status_code, anew.json["error"]["code"]) == (422, "bad_input")
    assert "已经登记过" in anew.json["error"]["facts"]["fields"]["item_id"]

    committee = signed_in(app, db, village, village.make_person(), ["committee", "grid_worker"])
    number = village.make_person().number
    for page, what in (("awards/new", {"source": "meeting"}), ("report", {})):
        key, typed = committee.new_key(), {**told, **what, "person": number, "quantity": "1"}
        taps = [committee.post(f"/c/TPL/points/{page}", typed, key=key) for _tap in range(2)]
        assert [tap.status_code for tap in taps] == [303, 303], (page, taps[1].text)
        assert committee.post(f"/c/TPL/points/{page}", typed).status_code == 422, page


def test_a_household_reads_no_verdict_that_was_taken_back(app, db, village):
    resident, reviewer = village.make_person(), village.make_person()
    items = make.items(village, make.table_in_force(village))
    one = signed_in(app, db, village, resident)
    staff = signed_in(app, db, village, reviewer, ["reviewer"])
    told = {"item_id": items[LARGE].id.hex, "on": village.today.isoformat(), "evidence": "录取通知书"}
    award = f"/api/v1/c/TPL/awards/{one.post('/api/v1/c/TPL/awards/claims', json=told).json['award_id']}"
    verdict = {"award_ids": [award.rsplit("/", 1)[1]], "verdict": "reject", "remark": "怀疑是假的"}
    assert staff.post("/api/v1/c/TPL/awards/reviews", json=verdict).status_code == 200
    assert [said["remark"] for said in one.get(award).json["verdicts"]] == ["怀疑是假的"]
    assert staff.post(award + "/undo", json={}).status_code == 200
    assert [said["undone"] for said in staff.get(award).json["verdicts"]] == [True]
    assert one.get(award).json["verdicts"] == []
