"""What pages give to who tries too much: names, codes of the shop, pictures that unpack without end, two places at once."""

import io
import struct
import zlib

import pytest

from api import exports
from api.pages.shop import CODE_TRIES
from tests.api.test_orders_pages import signed_in
from tests.client import Client
from tests.timebank.hours.arrange_orders import Orders, door_of, make_elder, make_person, make_volunteer
from tests.timebank.points import make
from timebank.people import logins, residents

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def test_a_volunteer_at_a_door_is_nowhere_else(app, db, village, other_village):
    orders, elder, volunteer = Orders(village), make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    village.pass_time(hours=2)
    browser = signed_in(app, db, village, volunteer, ["volunteer"])
    with village.read() as session:
        login_id = logins.login_of(session, village.community_id, volunteer.person_id)

    def be_elsewhere() -> None:
        village.storage.write_global(
            lambda session, now: logins.arrive(
                session,
                now=now,
                login_id=login_id,
                community_id=other_village.community_id,
                until=village.now.replace(hour=23),
            )
        )

    be_elsewhere()
    act = {"verb": "arrive", "order_id": order_id.hex}
    assert "您在另一个社区已经签到" in browser.post(f"/d/TPL/{door}", act).text
    assert orders.state(order_id) == "claimed"
    village.storage.write_global(
        lambda session, now: logins.leave(session, login_id=login_id, community_id=other_village.community_id)
    )
    assert browser.post(f"/d/TPL/{door}", act).status_code == 303
    with pytest.raises(logins.PresentElsewhere):
        be_elsewhere()
    village.pass_time(minutes=60)
    assert browser.post(f"/d/TPL/{door}", {**act, "verb": "leave"}).status_code == 303
    be_elsewhere()


def test_naming_a_stranger_as_helper_tells_no_name(app, db, village):
    stranger = make_person(village, "诸葛明亮")
    browser = signed_in(app, db, village, make_person(village))
    browser.post("/c/TPL/helpers", {"number": stranger.number, "relation": "neighbour"})
    page = browser.get("/c/TPL/helpers").text
    assert stranger.number in page
    assert "诸葛*" in page
    assert "诸葛明亮" not in page


def test_codes_of_the_shop_are_not_guessed(client: Client, village):
    _item, _merchant, seller = make.shop(village)
    with village.read() as session:
        person = residents.person(session, village.community_id, seller.person_id)
    client.sign_in(person, roles=["merchant"])
    for guess in range(CODE_TRIES):
        assert client.post("/c/TPL/merchant", {"code": f"{guess:08}"}).status_code == 404
    for address in ("/c/TPL/merchant", "/c/TPL/merchant/hand-over"):
        answer = client.post(address, {"code": "12345678"})
        assert answer.status_code == 403
        assert "分钟后再试" in answer.text


def test_a_picture_that_unpacks_without_end_is_refused(app, db, village):
    staff = signed_in(app, db, village, make_person(village, "周前台"), ["desk_staff"])

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n"
    for content in (bomb, postscript, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size[:8]), b""):
        answer = staff.post("/c/TPL/desk/photo", {"photo": (io.BytesIO(content), "card.png")})
        assert answer.status_code == 422


@pytest.mark.parametrize("start", ["=", "＝", "＋", "－", "＠", "@", "\t="])
def test_no_name_becomes_a_formula(db, start):
    assert exports.csv_cell("text", f"{start}SUM(A1)", "Asia/Shanghai").startswith("'")


def test_a_role_that_ends_before_it_begins_is_told(client: Client, village):
    manager, other = village.make_person(), village.make_person()
    client.sign_in(manager, roles=["community_manager"])
    told = {"who": other.number, "role": "volunteer", "from_on": "2026-11-20", "until_on": "2026-11-19"}
    answer = client.post("/c/TPL/roles", told)
    assert answer.status_code == 422
    assert "截止日期早于开始日期" in answer.text
