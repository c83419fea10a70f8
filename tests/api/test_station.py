"""The staff's station in a browser: what each card is answered, with and without JavaScript."""

import re

import pytest

from tests.api.test_attendance import make_person
from tests.timebank.hours.arrange import make_point
from timebank.hours.attendance.visits import open_visit_of
from timebank.people import logins

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
BAND = {"X-Piece": "band"}


@pytest.fixture
def point(village):
    return make_point(village)


@pytest.fixture
def volunteer(village):
    person = make_person(village, "欧阳志愿")
    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=village.area_path,
            from_on=village.today,
            until_on=None,
            given_by="test",
            community_id=village.community_id,
            person_id=person.id,
        )
    )
    return person


@pytest.fixture
def desk(client, village):
    client.sign_in(make_person(village, "王站长"), roles=["desk_staff"])
    return client


def _scan(desk, point, code, **more):
    return desk.post(f"/c/TPL/points/{point}/station", data={"code": code, **more})


def test_a_typed_number_is_answered_by_a_full_band(desk, village, point, volunteer):
    page = _scan(desk, point, volunteer.number)
    assert page.status_code == 200
    assert "09:00 已签到" in page.text
    assert "欧阳志愿" in page.text
    assert 'class="band green full"' in page.text
    assert 'data-sound="in"' in page.text
    village.pass_time(minutes=62)
    page = _scan(desk, point, volunteer.number)
    assert "10:02 已签退，记入 1 小时" in page.text


def test_javascript_gets_the_band_alone(desk, point, volunteer):
    page = desk.post(f"/c/TPL/points/{point}/station", data={"code": volunteer.number, "direction": "in"}, headers=BAND)
    assert "data-station-answer" in page.text
    assert "<html" not in page.text


def test_what_is_wrong_is_orange_or_red_and_repeats_are_grey(desk, village, point, volunteer):
    stranger = make_person(village, "张居民")
    for code, more, status, kind, words in (
        ("TPL-999-9", {}, 422, "red", "没有认出"),
        (stranger.number, {}, 403, "red", "还不是志愿者"),
        (volunteer.number, {"direction": "out"}, 409, "orange", "还没有签到"),
        (volunteer.number, {"direction": "sideways"}, 422, "orange", ""),
    ):
        page = _scan(desk, point, code, **more)
        assert page.status_code == status, code
        assert f'class="band {kind} full"' in page.text
        assert words in page.text
    _scan(desk, point, volunteer.number)
    page = _scan(desk, point, volunteer.number)
    assert 'class="band grey full"' in page.text
    assert "09:00 已签到" in page.text


def test_a_name_is_found_by_its_initials(desk, point, volunteer):
    page = desk.get(f"/c/TPL/points/{point}/station?q=ozy")
    assert volunteer.number in page.text
    assert "是这个人" in page.text


def test_who_is_in_is_shown_with_since_when_and_rests(desk, village, point, volunteer):
    _scan(desk, point, volunteer.number)
    village.pass_time(minutes=30)
    _scan(desk, point, volunteer.number, direction="rest")
    page = desk.get(f"/c/TPL/points/{point}/station")
    assert "现在在这里的人：1" in page.text
    assert re.search(r"09:30\s*起休息", page.text)


def test_a_login_present_in_another_community_is_told_to_staff(desk, village, other_village, point, volunteer):
    """The claim is made for the person whose card it is, not for who scans."""

    def link(session, now):
        login_id = logins.open_login(session, now=now, name="ouyang", password_hash="none")
        logins.link(
            session,
            now=now,
            login_id=login_id,
            community_id=village.community_id,
            person_id=volunteer.id,
            number=volunteer.number,
        )
        logins.arrive(
            session,
            now=now,
            login_id=login_id,
            community_id=other_village.community_id,
            until=now.replace(year=now.year + 1),
        )

    village.storage.write_global(link)
    page = _scan(desk, point, volunteer.number)
    assert page.status_code == 409
    assert "在另一个社区已签到" in page.text
    with village.read() as session:
        assert open_visit_of(session, village.community_id, volunteer.id) is None
