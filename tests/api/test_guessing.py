"""What guessing costs: however a number is typed, and wherever a code may be tried."""

from typing import Any

import pytest

from api import edge
from api.sign_in import end_counting
from tests.api.test_sign_in import is_signed_in_as, make_login
from tests.client import PASSWORD, Client
from tests.village import Village
from timebank.hours import service_points
from timebank.people import logins

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PHONE = "13800000000"


def sign_in(client: Client, who: str, password: str = "wrong-password") -> Any:
    client.sign_out()
    return client.post("/sign-in", data={"who": who, "password": password})


@on_sqlite
def test_a_phone_written_in_another_way_gives_no_more_tries(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    make_login(village, person, phone=PHONE)
    written = ["13800000000", "138 0000 0000", "1-3-800000000", "+86 13800000000", person.number]
    assert len(written) == logins.TRIES
    for who in written:
        assert sign_in(client, who).status_code == 403
    for who in ("1 3800000000", person.number):
        assert "分钟后再试" in sign_in(client, who, PASSWORD).text
    assert not is_signed_in_as(client, person)


@on_sqlite
def test_who_shares_a_phone_wins_no_tries_by_signing_in(client: Client, village: Village) -> None:
    wife, husband = village.make_person("王芳"), village.make_person("李强")
    make_login(village, wife, phone=PHONE)
    make_login(village, husband, phone=PHONE, password="his-own-word-3")
    for _ in range(logins.TRIES - 1):
        sign_in(client, PHONE)
    assert sign_in(client, PHONE, "his-own-word-3").status_code == 303
    assert is_signed_in_as(client, husband)
    sign_in(client, PHONE)
    assert "分钟后再试" in sign_in(client, wife.number, PASSWORD).text
    # His own sign-in ended the counting at his login alone, and hers does not lock him out.
    assert sign_in(client, PHONE, "his-own-word-3").status_code == 303


@on_sqlite
def test_a_right_password_among_many_tries_of_one_moment_comes_too_late(client: Client, village: Village) -> None:
    """The lock is looked at again in the transaction that would end the counting."""

    def lock(session: Any, now: Any) -> None:
        for _ in range(logins.TRIES):
            logins.count_failure(session, subject="login", now=now)

    village.storage.write_global(lock)
    with pytest.raises(logins.Locked):
        village.storage.write_global(lambda session, now: end_counting(session, now, ["login"]))


@on_sqlite
def test_the_six_digits_for_typing_open_no_link(client: Client, village: Village) -> None:
    """A link is tried without signing in and without being counted."""
    manager = village.actor("community_manager")
    village.write(
        lambda session, now: service_points.create(
            session, actor=manager, now=now, name="驿站", place="", area_path=village.area_path
        )
    )
    with village.read() as session:
        point = service_points.by_number(session, village.community_id, 1)
        code = service_points.live_code(point, now=village.now, step_seconds=30)
    assert client.get(f"/c/TPL/p/1/{code.digits}").status_code != 303
    assert client.get(f"/c/TPL/p/1/{code.link_code}").status_code == 303


@pytest.mark.parametrize("elsewhere", ["/\t/evil.example", "/\n/evil.example", "/a\\b", "//evil.example", "/\x0b/x"])
def test_no_address_leads_to_another_host(elsewhere: str) -> None:
    assert edge.local_path(elsewhere) is None


def test_addresses_of_our_own_are_gone_on_to() -> None:
    assert edge.local_path("/c/TPL/scan?ticket=a.b&x=中") == "/c/TPL/scan?ticket=a.b&x=中"
