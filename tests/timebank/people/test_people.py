"""Residents, their numbers and cards, and what strangers see of them."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.village import Village
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import cards, masking, numbers, pinyin, residents
from timebank.people.residents import Particulars, Person

serials = st.integers(1, 10**9)
codes = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=2, max_size=12)


def test_the_group_behind_the_check_digit_is_a_group() -> None:
    table = [[numbers._product(left, right) for right in range(10)] for left in range(10)]
    assert all(sorted(row) == list(range(10)) for row in table)
    assert all(sorted(row[at] for row in table) == list(range(10)) for at in range(10))
    assert all(table[table[a][b]][c] == table[a][table[b][c]] for a in range(10) for b in range(10) for c in range(10))


@given(codes, serials, st.data())
def test_one_wrong_digit_is_always_noticed(code: str, serial: int, data: st.DataObject) -> None:
    digits = f"{serial}{numbers.check_digit(code, serial)}"
    at = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[at]]))
    typed = digits[:at] + wrong + digits[at + 1 :]
    assert numbers.serial_of(f"{code}-{typed[:-1]}-{typed[-1]}", code) is None


@given(codes, serials, st.data())
def test_two_neighbours_that_changed_places_are_always_noticed(code: str, serial: int, data: st.DataObject) -> None:
    digits = f"{serial}{numbers.check_digit(code, serial)}"
    at = data.draw(st.integers(0, len(digits) - 2))
    typed = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    if typed != digits:
        assert numbers.serial_of(f"{code}-{typed[:-1]}-{typed[-1]}", code) is None


@given(codes, serials)
def test_a_number_is_understood_however_it_is_typed(code: str, serial: int) -> None:
    number = numbers.written(code, serial)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    for typed in (
        number,
        number.lower(),
        number.replace("-", " "),
        number.replace("-", "—"),
        wide,
        number.partition("-")[2],
    ):
        assert numbers.serial_of(typed, code) == serial
    assert numbers.serial_of(number, code + "X") is None


@pytest.mark.parametrize(
    "name, masked",
    [
        ("张三", "张*"),
        ("欧阳小龙", "欧阳*"),
        ("欧阳", "欧*"),
        ("𠮷小龙", "𠮷*"),
        ("阿依古丽·买买提", "阿依古丽*"),
        ("Anna Maria", "Anna *"),
        ("Anna", "A*"),
        ("张", "张*"),
    ],
)
def test_masked_names_show_the_surname_or_the_given_name(name: str, masked: str) -> None:
    assert masking.mask_name(name) == masked


@pytest.mark.parametrize(
    "name, typed",
    [
        ("单小丽", "shanxiaoli"),
        ("单小丽", "sxl"),
        ("单小丽", "dan"),
        ("曾国英", "zeng"),
        ("张三", "zs"),
        ("欧阳锋", "ouyang"),
    ],
)
def test_names_are_found_by_either_reading(name: str, typed: str) -> None:
    assert f" {typed}" in pinyin.search_key(name)


def found(village: Village, text: str) -> list[str]:
    with village.read() as session:
        return [person.name for person in residents.search(session, village.community_id, text)]


def test_people_are_found_by_name_pinyin_number_and_phone(village: Village) -> None:
    elder = village.make_person("单小丽", phone="138 0013 8000")
    village.make_person("张三")
    for text in (
        "小丽",
        "单 小丽",
        "shanxiaoli",
        "SXL",
        "danxiao",
        elder.number,
        "1",
        "13800138000",
        "+86 138-0013-8000",
        "8000",
        "00138000",
    ):
        assert found(village, text) == ["单小丽"], text
    assert found(village, "nobody") == []
    assert found(village, "%") == []
    assert len(found(village, "")) == 2


def test_landlines_need_their_area_code() -> None:
    assert residents.phone_of("0512-65123456") == "+8651265123456"
    assert residents.phone_of("65123456") is None
    assert residents.phone_of("１３８００１３８０００") == "+8613800138000"
    assert residents.phone_of("") == ""


def test_who_was_born_on_29_february_is_a_year_older_on_1_march(village: Village) -> None:
    person = village.make_person(born_on=dt.date(1960, 2, 29))
    assert residents.age_on(person, dt.date(2025, 2, 28)) == 64
    assert residents.age_on(person, dt.date(2025, 3, 1)) == 65
    assert residents.age_on(person, dt.date(2024, 2, 29)) == 64


def change(village: Village, person: Person, *roles: str, **particulars: str) -> None:
    actor = village.actor(*roles)
    told = replace(Particulars(name=person.name), **particulars)  # type: ignore[arg-type]
    village.write(
        lambda session, now: residents.change(
            session, actor=actor, now=now, person_id=person.id, particulars=told, reason="本人更正"
        )
    )


def test_what_was_changed_stays_readable(village: Village) -> None:
    person = village.make_person("张三")
    change(village, person, "desk_staff", name="张珊", phone="13800138000")
    with village.read() as session:
        changed = residents.person(session, village.community_id, person.id)
        (history,) = residents.history_of(session, village.community_id, person.id)
    assert (changed.name, changed.number) == ("张珊", person.number)
    assert history.changes["name"] == ["张三", "张珊"]
    assert history.changes["phone"] == ["", "+8613800138000"]
    assert history.reason == "本人更正"


def test_changing_nothing_leaves_no_trace(village: Village) -> None:
    person = village.make_person("张三", born_on=None)
    change(village, person, "desk_staff")
    with village.read() as session:
        assert residents.history_of(session, village.community_id, person.id) == []


def test_who_may_not_change_people_changes_nothing(village: Village) -> None:
    person = village.make_person("张三")
    with pytest.raises(Forbidden):
        change(village, person, "volunteer", name="李四")
    assert found(village, "张三") == ["张三"]


@pytest.mark.parametrize(
    "field, value", [("name", ""), ("phone", "12345"), ("sex", "x"), ("identity_number", "110105194912310021")]
)
def test_particulars_that_cannot_be_are_refused_by_field(village: Village, field: str, value: str) -> None:
    person = village.make_person("张三")
    with pytest.raises(BadInput) as refused:
        change(village, person, "desk_staff", **{field: value})
    assert refused.value.facts["fields"] == {field: field}


def issue(village: Village, *people: Person) -> None:
    actor = village.actor("desk_staff")
    village.write(
        lambda session, now: cards.issue(
            session,
            actor=actor,
            now=now,
            person_ids=[person.id for person in people],
            household_ids=[person.household_id for person in people],
        )
    )


def test_printing_again_gives_the_same_card(village: Village) -> None:
    person = village.make_person("张三")
    issue(village, person)
    with village.read() as session:
        first = cards.current_card(session, village.community_id, person.id)
    issue(village, person)
    with village.read() as session:
        again = cards.current_card(session, village.community_id, person.id)
    assert first is not None
    assert again is not None
    assert first.token == again.token


def test_a_card_leads_to_its_person_and_a_door_card_to_its_home(village: Village) -> None:
    person = village.make_person("张三")
    issue(village, person)
    with village.read() as session:
        made = cards.working_cards(
            session, village.community_id, person_ids=[person.id], household_ids=[person.household_id]
        )
        personal, door = made[person.id].token, made[person.household_id].token
        assert cards.person_of_card(session, village.community_id, personal) == person
        assert cards.household_of_card(session, village.community_id, door).id == person.household_id
        with pytest.raises(cards.CardUnknown):
            cards.person_of_card(session, village.community_id, door)
        with pytest.raises(cards.CardUnknown):
            cards.household_of_card(session, village.community_id, personal)


def test_a_replaced_card_stops_working_at_once(village: Village) -> None:
    person, actor = village.make_person("张三"), village.actor("desk_staff")
    issue(village, person)
    with village.read() as session:
        old = cards.current_card(session, village.community_id, person.id)
    assert old is not None
    village.write(lambda session, now: cards.replace(session, actor=actor, now=now, card_id=old.id, reason="lost"))
    with village.read() as session:
        new = cards.current_card(session, village.community_id, person.id)
        assert new is not None
        assert cards.person_of_card(session, village.community_id, new.token) == person
        with pytest.raises(cards.CardRevoked) as refused:
            cards.person_of_card(session, village.community_id, old.token)
    assert refused.value.facts == {"reason": "lost"}
    with pytest.raises(cards.CardRevoked):
        village.write(lambda session, now: cards.replace(session, actor=actor, now=now, card_id=old.id, reason="lost"))


def test_a_card_of_another_community_is_unknown(village: Village, other_village: Village) -> None:
    person = village.make_person("张三")
    issue(village, person)
    with village.read() as session:
        card = cards.current_card(session, village.community_id, person.id)
        assert card is not None
        with pytest.raises(cards.CardUnknown):
            cards.person_of_card(session, other_village.community_id, card.token)
        with pytest.raises(NotFound):
            residents.person(session, other_village.community_id, person.id)


@given(st.sampled_from(["personal", "door"]), codes)
def test_what_a_card_says_is_read_again_under_any_address(kind: str, code: str) -> None:
    token = cards.new_token()
    for address in ("https://timebank.example.cn", "http://192.168.1.5:8000", ""):
        read = cards.read_payload(cards.payload(address, kind=kind, community_code=code, token=token))
        assert read == cards.Payload(kind, code, token)
    assert cards.read_payload(f"https://evil.example/x/{code}/{token}") is None


def test_digits_are_a_serial_or_the_end_of_a_phone_and_each_person_is_found_once(village: Village) -> None:
    numbered = [village.make_person(phone=f"138 0013 {tail:04}") for tail in (1, 2, 1001)]
    serial = numbered[1].serial
    assert found(village, f"{serial:04}") == [
        one.name for one in numbered if one.serial == serial or (one.phone or "").endswith(f"{serial:04}")
    ]
    assert found(village, "1001") == [numbered[2].name]
    assert found(village, "0013") == []
    assert found(village, "13800131001") == [numbered[2].name]
    assert found(village, numbered[0].number) == [numbered[0].name]
