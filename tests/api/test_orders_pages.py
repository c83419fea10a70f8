"""Orders over HTTP: the desk, the volunteer's phone, the elder's own page, helpers; good and refused paths."""

import io
import re
from datetime import timedelta

import pytest
import qrcode

from tests.client import Client
from tests.timebank.hours.arrange_orders import Orders, card_of, door_of, make_elder, make_person, make_volunteer
from timebank.people import residents

STAFF = ["desk_staff"]


@pytest.fixture
def orders(village):
    return Orders(village)


@pytest.fixture
def staff(app, db, village):
    """The browser on the desk's computer."""
    return signed_in(app, db, village, make_person(village, "周前台"), STAFF)


def signed_in(app, db, village, person, roles=()):
    browser = Client(app, db)
    with village.read() as session:
        found = residents.person(session, village.community_id, getattr(person, "person_id", None) or person.id)
    browser.sign_in(found, roles=list(roles))
    return browser


def order_form(village, **other):
    return {
        "service": "clinic_escort",
        "day": (village.now + timedelta(hours=34)).date().isoformat(),
        "time": "09:30",
        "planned_minutes": "120",
        "place": "鼓楼医院",
        "note": "",
        "dispatch_at_once": "1",
    } | other


def test_the_desk_finds_an_elder_by_scanned_card_typed_number_and_photograph(village, staff):
    elder = make_elder(village)
    token = card_of(village, elder)
    scanned = f"https://time.example/k/TPL/{token}"
    for code in (scanned, elder.number, elder.number.replace("-", " ").lower(), elder.number.removeprefix("TPL-")):
        answer = staff.post("/c/TPL/desk", {"code": code})
        assert (answer.status_code, answer.location) == (303, f"/c/TPL/desk/people/{elder.number}"), code
    picture = io.BytesIO()
    qrcode.make(scanned).save(picture, "PNG")
    answer = staff.post("/c/TPL/desk/photo", {"photo": (io.BytesIO(picture.getvalue()), "card.png")})
    assert answer.location == f"/c/TPL/desk/people/{elder.number}"


@pytest.mark.parametrize(
    "code, status",
    [
        ("TPL-1-9", 422),
        ("hello", 422),
        ("https://time.example/k/TPL/0000000000000000", 422),
        ("https://x/k/HZM/2222222222222222", 409),
    ],
)
def test_a_code_that_is_no_card_of_ours_gets_a_clear_answer(village, staff, code, status):
    answer = staff.post("/c/TPL/desk", {"code": code})
    assert answer.status_code in (status, 404, 422)
    assert "band" in answer.text


def test_a_photograph_without_a_code_or_no_picture_at_all_is_told(village, staff):
    blank = io.BytesIO()
    from PIL import Image

    Image.new("RGB", (200, 200), "white").save(blank, "PNG")
    for content in (blank.getvalue(), b"not a picture", b""):
        answer = staff.post("/c/TPL/desk/photo", {"photo": (io.BytesIO(content), "card.png")})
        assert answer.status_code == 422


@pytest.mark.parametrize("hours, day", [(0, "2026-11-21"), (22, "2026-11-21"), (26, "2026-11-22")])
def test_a_new_order_is_proposed_for_a_time_that_is_still_to_come(village, staff, hours, day):
    village.pass_time(hours=hours)
    elder = make_elder(village)
    page = staff.get(f"/c/TPL/desk/people/{elder.number}/order").text
    assert f'name="day" value="{day}"' in " ".join(page.split())
    assert 'name="time" value="09:00"' in " ".join(page.split())


def test_the_story_from_the_desk_to_the_rating(app, db, village, orders, staff):
    elder, person = make_elder(village), make_person(village, "李志愿")
    page = staff.get(f"/c/TPL/desk/people/{elder.number}")
    assert "10 小时" in page.text
    assert staff.get(f"/c/TPL/desk/people/{elder.number}/order").status_code == 200
    placed = staff.post(f"/c/TPL/desk/people/{elder.number}/order", order_form(village))
    assert placed.status_code == 303, placed.text
    page = staff.get(placed.location)
    assert page.status_code == 200, page.text
    assert "10 小时" in page.text
    assert "8 小时" in page.text
    assert "陪同就医" in page.text
    assert staff.get(placed.location + "/elder").status_code == 200
    assert staff.get(placed.location + "/dispatch").status_code == 200

    slip = staff.post(placed.location + "/slip")
    assert slip.status_code == 200
    number = re.search(r'id="tear-off-number">([0-9 ]+)<', slip.text)[1]
    assert number.replace(" ", "") not in staff.get(placed.location).text

    volunteer = signed_in(app, db, village, person, ["volunteer"])
    near = volunteer.get("/c/TPL/orders/near").text
    assert "陪同就医" in near
    assert "王*" in near
    assert "王奶奶" not in near
    assert "鼓楼医院" not in near
    assert volunteer.get(placed.location).status_code == 404
    assert volunteer.post(placed.location + "/claim").status_code == 303
    page = volunteer.get(placed.location).text
    assert "王奶奶" in page
    assert "鼓楼医院" in page
    assert "点单前可用" not in page  # her balance is not his business
    assert volunteer.post(placed.location + "/slip").status_code == 403

    order_id = placed.location.rsplit("/", 1)[1]
    door = f"/d/TPL/{door_of(village, elder)}"
    early = volunteer.post(door, {"order_id": order_id, "verb": "arrive"})
    assert early.status_code == 409
    village.pass_time(hours=33, minutes=30)
    assert "我到了" in volunteer.get(door).text
    assert volunteer.post(door, {"order_id": order_id, "verb": "arrive"}).status_code == 303
    village.pass_time(minutes=100)
    assert "我离开了" in volunteer.get(door).text
    left = volunteer.post(door, {"order_id": order_id, "verb": "leave"})
    assert left.location == placed.location + "/confirm"
    assert "1 小时 30 分" in volunteer.get(left.location).text
    wrong = volunteer.post(placed.location + "/confirm", {"number": "000000" if number != "000 000" else "111111"})
    assert wrong.status_code == 422
    assert "还可以试 4 次" in wrong.text
    right = volunteer.post(placed.location + "/confirm", {"number": number})
    assert right.status_code == 303
    page = volunteer.get(placed.location)
    assert "已完成" in page.text
    assert orders.minutes(elder) == (510, 0)
    rated = staff.post(placed.location + "/rate", {"stars": "5", "comment": "很好"})
    assert rated.status_code == 303
    assert "已评" in staff.get(placed.location).text
    assert "第" in staff.get(placed.location).text


def test_a_refused_order_keeps_what_was_typed_and_says_what_is_there(village, staff):
    elder = make_elder(village, 40)
    answer = staff.post(f"/c/TPL/desk/people/{elder.number}/order", order_form(village, note="请带轮椅"))
    assert answer.status_code == 409
    assert "这需要 120 分钟\N{FULLWIDTH COMMA}可用 40 分钟。" in answer.text
    assert "请带轮椅" in answer.text
    answer = staff.post(f"/c/TPL/desk/people/{elder.number}/order", order_form(village, day="", place=""))
    assert answer.status_code == 422
    assert answer.text.count('class="problem"') >= 2
    answer = staff.post(
        f"/c/TPL/desk/people/{elder.number}/order", order_form(village, day="2026-01-01", planned_minutes="15")
    )
    assert answer.status_code == 422
    assert "这个时间已经过去。" in answer.text


def test_the_same_form_sent_twice_is_one_order(village, staff, orders):
    elder, form = make_elder(village), order_form(village)
    key = staff.new_key()
    first = staff.post(f"/c/TPL/desk/people/{elder.number}/order", form, key=key)
    second = staff.post(f"/c/TPL/desk/people/{elder.number}/order", form, key=key)
    assert first.location == second.location


def test_the_second_volunteer_is_told_and_may_stand_by(app, db, village, orders):
    order_id = orders.place(make_elder(village))
    first = signed_in(app, db, village, make_person(village, "赵一"), ["volunteer"])
    second = signed_in(app, db, village, make_person(village, "钱二"), ["volunteer"])
    assert first.post(f"/c/TPL/orders/{order_id}/claim").status_code == 303
    answer = second.post(f"/c/TPL/orders/{order_id}/claim")
    assert answer.status_code == 409
    assert "报名候补" in answer.text
    assert second.post(f"/c/TPL/orders/{order_id}/stand-by").status_code == 303
    assert "候补" in second.get("/c/TPL/orders/taken").text


def test_an_elder_orders_and_confirms_on_her_own_page(app, db, village, orders):
    elder = make_elder(village, phone="13912345678")
    herself = signed_in(app, db, village, elder)
    placed = herself.post("/c/TPL/my/orders/new", order_form(village, dispatch_at_once=""))
    assert placed.status_code == 303, placed.text
    assert "待受理" in herself.get("/c/TPL/my/orders").text
    volunteer = make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=60, stay_minutes=80)
    page = herself.get(f"/c/TPL/orders/{order_id}").text
    assert "同意多付" in page
    assert herself.post(f"/c/TPL/orders/{order_id}/confirm-own", {"consents": "1"}).status_code == 303
    assert orders.row(order_id).credited_minutes == 75


def test_elder_mode_pages_render(app, db, village, orders):
    elder = make_elder(village)
    herself = signed_in(app, db, village, elder)
    herself.http.set_cookie("elder", "24")
    order_id = orders.served(elder, make_volunteer(village))
    for path in ("/c/TPL/my/orders", "/c/TPL/my/orders/new", f"/c/TPL/orders/{order_id}", "/c/TPL/helpers"):
        assert herself.get(path).status_code == 200, path


def test_a_helper_orders_for_her_elder_after_review_and_confirmation(app, db, village, orders, staff):
    elder, helper = make_elder(village), make_person(village, "王小明")
    helping, herself = signed_in(app, db, village, helper), signed_in(app, db, village, elder)
    assert helping.get(f"/c/TPL/helped/{elder.number}/orders/new").status_code == 403
    assert herself.post("/c/TPL/helpers", {"number": helper.number, "relation": "child"}).status_code == 303
    binding = re.search(r"/c/TPL/helpers/([0-9a-f-]{36})/review", staff.get("/c/TPL/desk/helpers").text)[1]
    early = herself.post(f"/c/TPL/helpers/{binding}/confirm")
    assert early.status_code == 409
    assert staff.post(f"/c/TPL/helpers/{binding}/review", {"is_accepted": "1"}).status_code == 303
    assert helping.post(f"/c/TPL/helpers/{binding}/confirm").status_code == 403
    assert herself.post(f"/c/TPL/helpers/{binding}/confirm").status_code == 303
    placed = helping.post(f"/c/TPL/helped/{elder.number}/orders/new", order_form(village))
    assert placed.status_code == 303, placed.text
    assert "代办人" in helping.get(placed.location).text
    assert herself.post(f"/c/TPL/helpers/{binding}/revoke").status_code == 303
    assert helping.get(placed.location).status_code == 404


def test_cards_tell_strangers_nothing(app, db, village, client, orders, staff):  # noqa: PLR0917  # fixtures and cases
    elder = make_elder(village)
    card, door = f"/k/TPL/{card_of(village, elder)}", f"/d/TPL/{door_of(village, elder)}"
    stranger = signed_in(app, db, village, make_person(village, "赵路人"))
    for browser in (client, stranger):
        for path in (card, door):
            page = browser.get(path)
            assert page.status_code == 200
            assert "王奶奶" not in page.text
            assert elder.number not in page.text
    assert staff.get(card).location == f"/c/TPL/desk/people/{elder.number}"


def test_pages_of_orders_refuse_who_has_no_business_there(app, db, village, orders):
    order_id = orders.served(make_elder(village), make_volunteer(village))
    stranger = signed_in(app, db, village, make_person(village, "赵路人"))
    assert stranger.get("/c/TPL/desk").status_code == 403
    assert stranger.get("/c/TPL/orders").status_code == 403
    assert stranger.get("/c/TPL/orders/near").status_code == 403
    for path in ("", "/confirm", "/elder"):
        assert stranger.get(f"/c/TPL/orders/{order_id}{path}").status_code == 404
    assert stranger.get(f"/c/TPL/orders/{order_id}/dispatch").status_code == 403
    for deed, form in {
        "accept": {}, "cancel": {}, "claim": {}, "confirm-own": {}, "confirm": {"number": "123456"}, "slip": {},
        "resolve": {"verdict": "to_recipient", "reason": "x"}, "unlock": {}, "rate": {"stars": "1"},
        "call-back": {"way": "call"}, "no-show": {}, "confirm-by-call": {},
    }.items():  # fmt: skip
        assert stranger.post(f"/c/TPL/orders/{order_id}/{deed}", form).status_code == 403, deed
    assert orders.state(order_id) == "to_confirm"


def test_an_order_is_not_there_in_another_community(app, db, village, other_village, orders):
    order_id = orders.place(make_elder(village))
    theirs = signed_in(
        app, db, other_village, make_person(other_village, "别处"), ["desk_staff", "community_manager", "volunteer"]
    )
    assert theirs.get(f"/c/HZM/orders/{order_id}").status_code == 404
    assert theirs.post(f"/c/HZM/orders/{order_id}/cancel", {"reason": ""}).status_code == 404
    assert theirs.get(f"/c/TPL/orders/{order_id}").status_code in (403, 404)


def test_staff_deeds_by_form(app, db, village, orders, staff):
    elder, volunteer = make_elder(village, phone="13912345678"), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=60, stay_minutes=70)
    url = f"/c/TPL/orders/{order_id}"
    assert staff.post(url + "/confirm-by-call", {"consents": "1"}).status_code == 409
    assert staff.post(url + "/call-back", {"way": "call", "is_reached": "1", "note": "说很好"}).status_code == 303
    assert "老人在回访中确认了" in staff.get(url).text
    assert staff.post(url + "/confirm-by-call", {}).status_code == 303
    second = orders.place(make_elder(village, name="张爷爷"))
    assert staff.post(f"/c/TPL/orders/{second}/cancel", {"reason": "住院"}).status_code == 303
    assert staff.post(f"/c/TPL/orders/{second}/cancel", {"reason": "住院"}).status_code == 409
    board = staff.get("/c/TPL/orders").text
    assert "已取消" in board
    assert staff.get("/c/TPL/orders?state=cancelled").text.count(f"/c/TPL/orders/{second}") == 2
    assert staff.get("/c/TPL/orders?state=nonsense").status_code == 422
    assert staff.get("/c/TPL/orders?attention=1").status_code == 200


def test_english_pages_render(app, db, village, orders, staff):
    elder = make_elder(village)
    order_id = orders.served(elder, make_volunteer(village))
    staff.http.set_cookie("lang", "en")
    for path in (
        "/c/TPL/desk",
        f"/c/TPL/desk/people/{elder.number}",
        "/c/TPL/orders",
        f"/c/TPL/orders/{order_id}",
        "/c/TPL/desk/helpers",
    ):
        assert staff.get(path).status_code == 200
