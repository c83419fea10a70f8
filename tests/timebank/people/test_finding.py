"""Searching by words finds whom reading the whole register would find, in the register's order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool
from sqlmodel import col

from api import schema
from tests.postgres import APP_ROLE
from tests.village import Village
from timebank.people import finding, pinyin, residents, words
from timebank.people.residents import Particulars, Person
from timebank.people.words import PersonWord
from timebank.spreadsheets import clean_name

SURNAMES = ["王", "单", "曾", "仇", "欧阳", "尉迟", "单于", "万俟", "诸葛", "𠮷", "㛃", "阚", "吕"]
GIVEN = "秀英乐重行长𠮷㛃玥绿娜朝丽"
OTHERS = ["Anna Maria", "Annabel", "阿依古丽·买买提", "O'Brien", "ÉLODIE", "Zhang", "Zh", "王a", "Ab 12"]
NOT_FOUND = ["%", "_", "王%", "nobody", "\\", "-", "'", "0", "12345"]


def names(count: int) -> list[str]:
    drawn = random.Random(14)
    made = [drawn.choice(SURNAMES) + "".join(drawn.choices(GIVEN, k=drawn.randint(1, 2))) for _ in range(count)]
    return OTHERS + made


def admit(village: Village, those: list[str]) -> None:
    actor = village.actor("desk_staff")

    def write(session, now):
        for name in those:
            residents.admit(session, actor=actor, now=now, particulars=Particulars(name=name))
        return {}

    village.write(write)


def by_reading_everybody(those: list[str], typed: str) -> list[int]:
    """What a search found before there were words: a part of the name, or the beginning of a reading."""
    found = []
    for serial, name in enumerate(those, start=1):
        written = words.folded(clean_name(typed)) in words.folded(name)
        letters = "".join(sign for sign in typed.lower() if sign.isalpha())
        plain = typed.isascii() and letters and not any(sign.isdigit() for sign in typed)
        sounds = plain and f" {letters}" in pinyin.search_key(name)
        if written or sounds:
            found.append(serial)
    return found


def typed_texts(those: list[str]) -> list[str]:
    drawn = random.Random(7)
    texts = list(NOT_FOUND[:5])
    for name in drawn.sample(those, 60) + OTHERS:
        start = drawn.randrange(len(name))
        sound = drawn.choice(pinyin.search_key(name).split() or [name])
        texts += [name, name[start:], name[start : start + 1], sound, sound[: drawn.randint(1, 4)].upper(), sound[1:]]
    return [text for text in dict.fromkeys(texts) if text.strip() and not text.strip().isdecimal()]


@pytest.mark.parametrize("many", [finding.MANY, 0, 3])
def test_words_find_whom_reading_everybody_finds(village: Village, monkeypatch, many: int) -> None:
    monkeypatch.setattr(finding, "MANY", many)
    those = names(200)
    admit(village, those)
    with village.read() as session:
        for text in typed_texts(those):
            wanted = by_reading_everybody(those, text)
            found = residents.search(session, village.community_id, text, 1_000)
            assert [one.serial for one in found] == wanted, text
            few = residents.search(session, village.community_id, text, 3, after=50)
            assert [one.serial for one in few] == [serial for serial in wanted if serial > 50][:3], text


def test_what_stands_for_nothing_finds_nobody(village: Village) -> None:
    admit(village, names(20))
    with village.read() as session:
        for text in NOT_FOUND[:5] + NOT_FOUND[7:]:
            assert residents.search(session, village.community_id, text) == [], text


def test_who_is_renamed_is_found_by_the_new_name_alone(village: Village) -> None:
    person = village.make_person("单小丽")
    village.write(
        lambda session, now: residents.change(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            particulars=Particulars(name="欧阳锋"),
            reason="更名",
        )
    )
    with village.read() as session:
        for text, count in {"小丽": 0, "shan": 0, "dxl": 0, "阳锋": 1, "ouyang": 1, "of": 1}.items():
            assert len(residents.search(session, village.community_id, text)) == count, text


def test_only_who_lives_in_the_areas_is_found_and_who_left_only_when_asked_for(village: Village) -> None:
    person = village.make_person("单小丽")
    with village.read() as session:
        of = village.community_id
        assert len(residents.search(session, of, "小丽", area_paths=[person.area_path[:4]])) == 1
        assert residents.search(session, of, "小丽", area_paths=["999", person.area_path + "1"]) == []
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            left_on=now.date(),
            left_reason="moved",
            reason="搬走",
        )
    )
    with village.read() as session:
        assert residents.search(session, village.community_id, "小丽") == []
        assert len(residents.search(session, village.community_id, "小丽", with_left=True)) == 1


def test_the_migration_finds_words_for_everybody_who_is_there(village: Village) -> None:
    admit(village, names(30))
    query = select(col(PersonWord.word), col(PersonWord.serial)).order_by(col(PersonWord.word), col(PersonWord.serial))
    with village.read() as session:
        before = session.execute(query).all()
        count = len(session.execute(select(col(Person.serial))).all())
    engine = create_engine(village.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        revision = ScriptDirectory(str(schema.MIGRATIONS)).get_revision("0014").module
        with Operations.context(MigrationContext.configure(connection)):
            revision.downgrade()
            revision.upgrade()
    schema.migrate(village.owner_url, app_role=APP_ROLE if engine.dialect.name == "postgresql" else None)
    with village.read() as session:
        assert session.execute(query).all() == before
    assert {serial for _, serial in before} == set(range(1, count + 1))


def test_a_number_as_on_the_card_finds_its_person_and_nobody_else(village: Village, other_village: Village) -> None:
    admit(village, ["王秀英", "李红"])
    admit(other_village, ["张明"])
    with village.read() as session:

        def found(typed: str, **only: Any) -> list[str]:
            return [one.name for one in residents.search(session, village.community_id, typed, **only)]

        first, second = (one.number for one in residents.search(session, village.community_id, ""))
        (other,) = (one.number for one in residents.search(session, other_village.community_id, ""))
        assert found(first) == found(first.lower()) == found(f" {first} ") == ["王秀英"]
        wrong = first[:-1] + ("0" if first[-1] != "0" else "1")
        assert found(wrong) == found(other) == found("TPL-99-1") == []
        assert found(first, after=1) == found(first, area_paths=["/nowhere/"]) == found(first, limit=0) == []
        assert found(second, after=1, area_paths=[village.area_path]) == ["李红"]
