"""Signing in: with what, as whom, for how long, and what wrong tries cost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from api import sign_in
from tests.client import PASSWORD, Client, known_hash
from tests.village import Village
from timebank.people import cards, logins
from timebank.permissions import Actor

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def make_card(village: Village, person: Any) -> Any:
    clerk = Actor.console(village.community_id, "test")
    village.write(lambda session, now: cards.issue(session, actor=clerk, now=now, person_ids=[person.id]))
    with village.read() as session:
        return cards.current_card(session, village.community_id, person.id)


def code_of(client: Client, person: Any, card: Any) -> str:
    with client.app.test_request_context():
        return sign_in.activation_code(person.community_id, person.id, card.id)


def activate(client: Client, person: Any, code: str, password: str = PASSWORD, **more: str) -> Any:
    form = {"number": person.number, "code": code, "password": password, "repeated": password, **more}
    return client.post("/activate", data=form)


def make_login(village: Village, person: Any, *, phone: str | None = None, password: str = PASSWORD) -> Any:
    hashed = known_hash() if password == PASSWORD else logins.hash_password(password, also_not=[])

    def change(session: Any, now: Any) -> Any:
        login_id = logins.open_login(session, now=now, password_hash=hashed, phone=phone)
        logins.link(
            session,
            now=now,
            login_id=login_id,
            community_id=person.community_id,
            person_id=person.id,
            number=person.number,
        )
        return login_id

    return village.storage.write_global(change)


def is_signed_in_as(client: Client, person: Any) -> bool:
    answer = client.get("/api/v1/session").get_json()
    return bool(answer["signed_in"] and person.number in answer["numbers"])


def test_the_code_on_a_card_becomes_a_sign_in_once(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    code = code_of(client, person, make_card(village, person))

    assert activate(client, person, code.lower().replace("-", " ")).status_code == 303
    assert is_signed_in_as(client, person)

    client.sign_out()
    again = activate(client, person, code, password="quite-another-1")
    assert again.status_code == 409
    assert "已经用过" in again.text
    assert client.post("/sign-in", data={"who": person.number, "password": PASSWORD}).status_code == 303


@on_sqlite
def test_a_new_card_is_the_way_back_in_and_signs_other_devices_out(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    first = make_card(village, person)
    activate(client, person, code_of(client, person, first))
    other_device = client.http
    client.sign_out()
    clerk = Actor.console(village.community_id, "test")
    village.write(
        lambda session, now: cards.replace(session, actor=clerk, now=now, card_id=first.id, reason="lost") and {}
    )
    with village.read() as session:
        second = cards.current_card(session, village.community_id, person.id)
    assert second is not None

    assert activate(client, person, code_of(client, person, first), "new-password-7").status_code == 403
    assert activate(client, person, code_of(client, person, second), "new-password-7").status_code == 303

    assert is_signed_in_as(client, person)
    client.http = other_device
    assert not is_signed_in_as(client, person)
    client.sign_out()
    assert client.post("/sign-in", data={"who": person.number, "password": PASSWORD}).status_code == 403
    assert client.post("/sign-in", data={"who": person.number, "password": "new-password-7"}).status_code == 303


@on_sqlite
def test_wrong_codes_lock_the_number_and_say_so(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    code = code_of(client, person, make_card(village, person))
    for _ in range(logins.TRIES):
        assert activate(client, person, "AAAA-AAAA").status_code == 403
    locked = activate(client, person, code)
    assert locked.status_code == 403
    assert "15 分钟" in locked.text
    village.pass_time(minutes=16)
    assert activate(client, person, code).status_code == 303


@pytest.mark.parametrize("password", ["short", "12345678", "99999999", "87654321"])
@on_sqlite
def test_weak_passwords_are_refused_and_leave_the_code_unused(client: Client, village: Village, password: str) -> None:
    person = village.make_person("王芳")
    code = code_of(client, person, make_card(village, person))
    assert activate(client, person, code, password).status_code == 422
    assert activate(client, person, code).status_code == 303


@on_sqlite
def test_two_cards_join_one_sign_in(client: Client, village: Village, other_village: Village) -> None:
    here, there = village.make_person("王芳"), other_village.make_person("王芳")
    activate(client, here, code_of(client, here, make_card(village, here)))
    joined = client.post(
        "/activate",
        data={"number": there.number, "code": code_of(client, there, make_card(other_village, there)), "join": "1"},
    )
    assert joined.status_code == 303
    assert is_signed_in_as(client, here)
    assert is_signed_in_as(client, there)
    choice = client.get("/").text
    assert "太平里社区" in choice
    assert "后宰门社区" in choice


@pytest.mark.parametrize("typed", ["{number}", " {lower} ", "+86 138 0000 0000", "１３８００００００００"])
@on_sqlite
def test_number_and_phone_are_understood_as_people_type_them(client: Client, village: Village, typed: str) -> None:
    person = village.make_person("王芳")
    make_login(village, person, phone="13800000000")
    who = typed.format(number=person.number, lower=person.number.lower().replace("-", "\N{EN DASH}"))
    assert client.post("/sign-in", data={"who": who, "password": PASSWORD}).status_code == 303
    assert is_signed_in_as(client, person)


@on_sqlite
def test_elders_who_share_phone_and_password_say_who_they_are(client: Client, village: Village) -> None:
    wife, husband = village.make_person("王芳"), village.make_person("李强")
    make_login(village, wife, phone="13800000000")
    make_login(village, husband, phone="13800000000")

    assert "王芳" not in client.post("/sign-in", data={"who": "13800000000", "password": "wrong-password"}).text
    choice = client.post("/sign-in", data={"who": "13800000000", "password": PASSWORD})
    assert "王芳" in choice.text
    assert "李强" in choice.text
    client.submit_form(choice, containing=husband.number)
    assert is_signed_in_as(client, husband)
    assert not is_signed_in_as(client, wife)


@on_sqlite
def test_shared_phone_with_own_passwords_needs_no_choice(client: Client, village: Village) -> None:
    wife, husband = village.make_person("王芳"), village.make_person("李强")
    make_login(village, wife, phone="13800000000")
    make_login(village, husband, phone="13800000000", password="his-own-word-3")
    client.post("/sign-in", data={"who": "13800000000", "password": "his-own-word-3"})
    assert is_signed_in_as(client, husband)


@on_sqlite
def test_a_choice_cannot_be_forged(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    login_id = make_login(village, person, phone="13800000000")
    client.post("/sign-in/choose", data={"choice": "x.y.z", "login_id": login_id.hex})
    assert not is_signed_in_as(client, person)


def test_wrong_passwords_lock_the_number_for_everybody_alike(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    make_login(village, person)
    answers = {}
    for who in (person.number, "TPL-999-1"):
        for _ in range(logins.TRIES):
            wrong = client.post("/sign-in", data={"who": who, "password": "wrong-password"})
            assert wrong.status_code == 403
        locked = client.post("/sign-in", data={"who": who, "password": PASSWORD})
        answers[who] = (locked.status_code, "分钟后再试" in locked.text)
    assert answers == {person.number: (403, True), "TPL-999-1": (403, True)}
    village.pass_time(minutes=16)
    assert client.post("/sign-in", data={"who": person.number, "password": PASSWORD}).status_code == 303


def test_signing_out_ends_the_session_in_the_database(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    client.sign_in(person)
    cookie = client.http.get_cookie("timebank")
    assert cookie is not None
    client.post("/sign-out")
    assert not is_signed_in_as(client, person)
    client.http.set_cookie("timebank", cookie.value)
    assert not is_signed_in_as(client, person)


@on_sqlite
def test_sessions_end_by_themselves(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    make_login(village, person)
    client.post("/sign-in", data={"who": person.number, "password": PASSWORD, "shared_device": "1"})
    assert is_signed_in_as(client, person)
    village.pass_time(hours=2, minutes=1)
    assert not is_signed_in_as(client, person)
    client.post("/sign-in", data={"who": person.number, "password": PASSWORD})
    village.pass_time(days=29)
    assert is_signed_in_as(client, person)
    village.pass_time(days=2)
    assert not is_signed_in_as(client, person)


@on_sqlite
def test_another_device_can_be_signed_out_but_only_ones_own(client: Client, village: Village) -> None:
    person, stranger = village.make_person("王芳"), village.make_person("李强")
    client.sign_in(person)
    lost_phone = client.http
    with village.read() as session:
        login_id = logins.login_of(session, village.community_id, person.id)
        assert login_id is not None
        [lost] = logins.sessions_of(session, login_id=login_id, now=village.now)
    client.sign_in(stranger)
    client.post("/account/end-session", data={"session_id": lost.id.hex})
    client.http = lost_phone
    assert is_signed_in_as(client, person)
    client.sign_in(person)
    client.post("/account/end-session", data={"session_id": lost.id.hex})
    client.http = lost_phone
    assert not is_signed_in_as(client, person)


@on_sqlite
def test_a_new_password_needs_the_present_one(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    make_login(village, person)
    client.sign_in(person)
    form = {"present": "not-my-password", "password": "brand-new-word", "repeated": "brand-new-word"}
    assert client.post("/account/password", data=form).status_code == 403
    assert client.post("/account/password", data={**form, "present": PASSWORD}).status_code == 303
    assert is_signed_in_as(client, person)
    client.sign_out()
    assert client.post("/sign-in", data={"who": person.number, "password": "brand-new-word"}).status_code == 303


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
@on_sqlite
def test_nobody_is_sent_to_another_host_after_signing_in(client: Client, village: Village, elsewhere: str) -> None:
    person = village.make_person("王芳")
    make_login(village, person)
    answer = client.post("/sign-in", data={"who": person.number, "password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"] == "/"


@on_sqlite
def test_a_role_counts_from_its_first_to_its_last_day(client: Client, village: Village) -> None:
    person = village.make_person("王芳")
    login_id = make_login(village, person)
    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="desk_staff",
            area_path=village.area_path,
            from_on=village.today.replace(day=21),
            until_on=village.today.replace(day=22),
            given_by="test",
            community_id=village.community_id,
            person_id=person.id,
        )
    )
    held = []
    for day in (20, 21, 22, 23):
        with village.read() as session:
            held.append(
                [
                    grant.role
                    for grant in logins.grants_of(session, login_id=login_id, on=village.today.replace(day=day))
                ]
            )
    assert held == [[], ["desk_staff"], ["desk_staff"], []]


def test_one_human_serves_in_one_community_at_a_time(village: Village, other_village: Village) -> None:
    person = village.make_person("王芳")
    login_id = make_login(village, person)

    def arrive(community_id: int) -> None:
        from datetime import timedelta

        village.storage.write_global(
            lambda session, now: logins.arrive(
                session, now=now, login_id=login_id, community_id=community_id, until=now + timedelta(hours=3)
            )
        )

    arrive(village.community_id)
    arrive(village.community_id)
    with pytest.raises(logins.PresentElsewhere):
        arrive(other_village.community_id)
    village.storage.write_global(
        lambda session, now: logins.leave(session, login_id=login_id, community_id=village.community_id)
    )
    arrive(other_village.community_id)
    village.pass_time(hours=4)
    arrive(village.community_id)


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_of_two_lanes_that_claim_one_human_the_second_waits_and_is_refused(
    village: Village, other_village: Village
) -> None:
    login_id = make_login(village, village.make_person("王芳"))
    claimed, asked = threading.Event(), threading.Event()

    def arrive(place: Village, session: Session, now: datetime) -> dict[str, Any]:
        until = now + timedelta(hours=3)
        logins.arrive(session, now=now, login_id=login_id, community_id=place.community_id, until=until)
        return {}

    def first(session: Session, now: datetime) -> dict[str, Any]:
        told = arrive(village, session, now)
        claimed.set()
        assert asked.wait(30)
        return told

    def second(session: Session, now: datetime) -> dict[str, Any]:
        asked.set()
        return arrive(other_village, session, now)

    with ThreadPoolExecutor() as pool:
        here = pool.submit(village.write, first)
        assert claimed.wait(30)
        there = pool.submit(other_village.write, second)
        assert here.result() == {}
        with pytest.raises(logins.PresentElsewhere):
            there.result()
