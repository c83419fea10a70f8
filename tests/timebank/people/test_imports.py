"""Taking residents in from a spreadsheet."""

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from ledger import reading
from tests.village import Village
from timebank import accounts, spreadsheets
from timebank.columns import new_key
from timebank.errors import Forbidden, NotFound, Refused
from timebank.people import households, imports, residents
from timebank.people.identity import Vault
from timebank.people.residents import Person

VAULT = Vault(b"a secret of the tests, 32 bytes!")
BOOKS = "姓名,性别,出生日期,手机号,户号,与户主关系,期初分钟,期初积分,原账页码,经办人,复核人\n"


def identity_number(area: str = "320102", born: str = "19400102", order: str = "002") -> str:
    first = area + born + order
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


def stage(village: Village, text: str, *roles: str) -> uuid.UUID:
    content = text.encode()
    sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    actor = village.actor(*(roles or ("desk_staff",)))
    batch_id: uuid.UUID = village.storage.write_global(
        lambda session, now: imports.stage(
            session, actor=actor, now=now, sheet=sheet, file_name="名册.csv", content=content, vault=VAULT
        )
    )
    return batch_id


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_file_is_judged_while_somebody_else_writes_and_kept_afterwards(village: Village) -> None:
    """Of thousands of rows each takes a moment: the lane is for check-ins meanwhile."""
    content = (BOOKS + "李桂芳,女,1950-01-02,,1,,,,,,\n,女,,,,,,,,,\n").encode()
    sheet, actor = spreadsheets.read(content, columns=imports.COLUMNS), village.actor("desk_staff")
    held, go = threading.Event(), threading.Event()

    def hold(session: Any, now: Any) -> dict[str, Any]:
        held.set()
        go.wait(30)
        return {}

    writer = threading.Thread(target=village.write, args=(hold,))
    writer.start()
    assert held.wait(30)
    try:
        with village.read() as session:
            judged = imports.judge(session, actor=actor, now=village.now, sheet=sheet, vault=VAULT)
    finally:
        go.set()
        writer.join(30)
    assert [row.verdict for row in judged] == ["new", "error"]
    batch_id = village.storage.write_global(
        lambda session, now: imports.keep(
            session, actor=actor, now=now, judged=judged, sheet=sheet, file_name="名册.csv", content=content
        )
    )
    with village.read() as session:
        kept = imports.rows(session, village.community_id, batch_id)
    assert [(row.number, row.verdict, row.entry.name) for row in kept] == [
        (row.number, row.verdict, row.entry.name) for row in judged
    ]


def confirm(
    village: Village, batch_id: uuid.UUID, *, with_doubtful: bool = False, key: uuid.UUID | None = None
) -> dict[str, Any]:
    """What became of a file that was confirmed and went on to its end."""
    begin(village, batch_id, with_doubtful=with_doubtful, key=key)
    imports.go_on(village.storage, village.community_id, batch_id, pace=imports.AllAtOnce())
    with village.read() as session:
        return imports.batch(session, village.community_id, batch_id, now=village.now).facts


def begin(
    village: Village, batch_id: uuid.UUID, *, with_doubtful: bool = False, key: uuid.UUID | None = None
) -> dict[str, Any]:
    actor = village.actor("desk_staff")
    with village.read() as session:
        checked = imports.check(session, actor=actor, now=village.now, batch_id=batch_id, with_doubtful=with_doubtful)
    return village.write(lambda session, now: imports.confirm(session, actor=actor, now=now, checked=checked), key=key)


def planned(village: Village, batch_id: uuid.UUID) -> list[imports.Planned]:
    with village.read() as session:
        return imports.rows(session, village.community_id, batch_id)


def verdicts(village: Village, text: str) -> list[str]:
    return [row.verdict for row in planned(village, stage(village, text))]


def people(village: Village) -> list[Person]:
    with village.read() as session:
        query = select(Person).where(col(Person.community_id) == village.community_id)
        return list(session.scalars(query.order_by(col(Person.serial))))


def test_staging_writes_nothing_to_the_register(village: Village) -> None:
    stage(village, "姓名\n张三\n")
    assert people(village) == []


def test_people_households_and_opening_balances_come_in_with_one_confirmation(village: Village) -> None:
    text = (
        BOOKS
        + "陈素珍,女,1940.1.2,,001,户主,1200,25.5,第3册12页,张明,李红\n"
        + "陈大海,男,1965-03-04,13800138000,001,子,,,,,\n"
        + "𠮷小龙,男,,,002,户主,,,,,\n"
    )
    done = confirm(village, stage(village, text))
    assert (done["people"], done["households"], done["opening_minutes"], done["opening_steps"]) == (3, 2, 1200, 255)
    elder, son, other = people(village)
    assert [elder.name, son.name, other.name] == ["陈素珍", "陈大海", "𠮷小龙"]
    assert elder.household_id == son.household_id != other.household_id
    assert (elder.born_on, elder.phone, son.phone) == (dt.date(1940, 1, 2), None, "+8613800138000")
    with village.read() as session:
        member = accounts.main(session, village.community_id, elder.id, "min")
        household = accounts.main(session, village.community_id, elder.household_id, "pt")
        (line,) = reading.statement(session, village.community_id, member)
        assert (line.amount, line.balance) == (1200, 1200)
        assert line.detail is not None
        assert (line.detail["source_page"], line.detail["people"]) == ("第3册12页", ["张明", "李红"])
        assert households.household(session, village.community_id, elder.household_id).name == "陈素珍"
    assert village.balance(household) == 255
    assert village.balance(accounts.OPENING_MIN) == -1200


def test_serials_are_gap_free_and_numbers_carry_their_check_digit(village: Village) -> None:
    confirm(village, stage(village, "姓名\n甲\n乙\n丙\n"))
    assert [person.serial for person in people(village)] == [1, 2, 3]
    with village.read() as session:
        for person in people(village):
            assert residents.by_number(session, village.community_id, person.number) == person


def test_confirming_twice_takes_people_in_once(village: Village) -> None:
    batch_id = stage(village, "姓名\n张三\n")
    key = new_key(village.now)
    assert confirm(village, batch_id, key=key) == confirm(village, batch_id, key=key)
    with pytest.raises(imports.ImportApplied):
        confirm(village, batch_id)
    assert len(people(village)) == 1


def test_importing_the_same_file_again_finds_nobody_new(village: Village) -> None:
    text = "姓名,出生日期,户号\n张三,1940-01-02,001\n李四,1950-01-02,\n"
    confirm(village, stage(village, text))
    batch_id = stage(village, text)
    assert [row.verdict for row in planned(village, batch_id)] == ["known", "known"]
    with pytest.raises(imports.ImportEmpty):
        confirm(village, batch_id)


def test_two_people_of_one_name_and_one_phone_for_several_elders_are_normal(village: Village) -> None:
    batch_id = stage(
        village, "姓名,出生日期,手机号,户号\n王秀英,1940-01-02,13800138000,001\n王秀英,1951-05-06,13800138000,002\n"
    )
    rows = planned(village, batch_id)
    assert [row.verdict for row in rows] == ["new", "new"]
    assert {note["code"] for note in rows[0].notes} == {"same_name_in_file", "phone_shared"}
    assert confirm(village, batch_id)["people"] == 2


def test_same_name_and_birthday_in_two_households_is_asked_about(village: Village) -> None:
    batch_id = stage(village, "姓名,出生日期,户号\n王秀英,1940-01-02,001\n王秀英,1940-01-02,002\n李四,,003\n")
    assert [row.verdict for row in planned(village, batch_id)] == ["doubtful", "doubtful", "new"]
    assert confirm(village, batch_id)["people"] == 1
    batch_id = stage(village, "姓名,出生日期,户号\n王秀英,1940-01-02,001\n王秀英,1940-01-02,002\n")
    assert confirm(village, batch_id, with_doubtful=True)["people"] == 2


@pytest.mark.parametrize(
    "row, column, code",
    [
        (",男,,,,,,,,,", "name", "name_missing"),
        ("12,男,,,,,,,,,", "name", "name"),
        ("张三,x,,,,,,,,,", "sex", "sex"),
        ("张三,男,1940-02-30,,,,,,,,", "born_on", "born_on"),
        ("张三,男,2940-02-03,,,,,,,,", "born_on", "born_on"),
        ("张三,男,,12345,,,,,,,", "phone", "phone"),
        ("张三,男,,,,,半天,,1页,甲某,乙某", "opening_minutes", "minutes"),
        ("张三,男,,,,,-5,,1页,甲某,乙某", "opening_minutes", "minutes"),
        ("张三,男,,,,,,2.55,1页,甲某,乙某", "opening_points", "points"),
        ("张三,男,,,,,60,,,甲某,乙某", "source_page", "source_page_missing"),
        ("张三,男,,,,,60,,1页,甲某,", "checker", "checker_missing"),
        ("张三,男,,,,,60,,1页,甲某,甲某", "checker", "two_people"),
        ("张三,男,,,,,90015,,1页,甲某,乙某", "opening_minutes", "over_ceiling"),
    ],
)
def test_what_cannot_be_taken_is_told_by_row_and_column(village: Village, row: str, column: str, code: str) -> None:
    batch_id = stage(village, BOOKS + "李四,女,,,,,,,,,\n" + row + "\n")
    good, wrong = planned(village, batch_id)
    assert (good.verdict, wrong.verdict, wrong.number) == ("new", "error", 3)
    assert (wrong.problems[0]["column"], wrong.problems[0]["code"]) == (column, code)
    with pytest.raises(imports.ImportHasErrors) as refused:
        confirm(village, batch_id)
    assert refused.value.facts == {"rows": 1, "first_row": 3}
    assert people(village) == []


def test_the_same_person_twice_in_a_file_is_an_error_in_both_rows(village: Village) -> None:
    assert verdicts(village, "姓名,出生日期,户号\n张三,1940-01-02,001\n张 三,1940/1/2,００１\n") == ["error", "error"]


def test_identity_numbers_are_checked_locked_and_found_only_by_their_index(village: Village) -> None:
    number = identity_number()
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert verdicts(village, f"姓名,身份证号\n张三,{wrong}\n") == ["error"]
    batch_id = stage(village, f"姓名,身份证号\n陈素珍,{number}\n")
    assert number not in str(planned(village, batch_id))
    confirm(village, batch_id)
    (person,) = people(village)
    assert (person.sex, person.born_on, person.identity_last4) == ("f", dt.date(1940, 1, 2), number[-4:])
    assert person.identity_cipher is not None
    assert VAULT.unlock(person.identity_cipher, community_id=village.community_id, person_id=person.id) == number
    with pytest.raises(ValueError, match="does not open"):
        VAULT.unlock(person.identity_cipher, community_id=village.community_id, person_id=uuid.uuid4())
    with village.read() as session:
        assert [one.id for one in residents.search(session, village.community_id, number, vault=VAULT)] == [person.id]
        assert residents.search(session, village.community_id, number) == []
    assert verdicts(village, f"姓名,身份证号\n王五,{number}\n") == ["error"]
    assert verdicts(village, f"姓名,身份证号\n陈素珍,{number}\n") == ["known"]


def test_flags_need_their_evidence(village: Village) -> None:
    assert verdicts(village, "姓名,情况\n张三,独居\n") == ["error"]
    batch_id = stage(village, "姓名,情况,情况依据,情况截止\n张三,独居、低保,走访记录2026-11,2027-12-31\n")
    confirm(village, batch_id)
    (person,) = people(village)
    with village.read() as session:
        noted = residents.flags_of(session, village.community_id, person.id)
        used = residents.flags_of(session, village.community_id, person.id, on=village.today)
    assert {flag.flag for flag in noted} == {"lives_alone", "low_income"}
    assert {flag.flag for flag in used} == {"lives_alone"}  # low income waits for her consent


def test_grids_are_known_by_code_or_name_and_only_inside_the_community(village: Village) -> None:
    batch_id = stage(village, "姓名,网格\n张三,第一网格\n李四,320102010102\n王五,320102010201\n")
    rows = planned(village, batch_id)
    assert [row.verdict for row in rows] == ["new", "new", "error"]
    assert rows[0].entry.area_path == village.area_path + "320102010101/"


def test_a_register_that_changed_meanwhile_is_looked_at_again(village: Village) -> None:
    text = "姓名,出生日期\n张三,1940-01-02\n"
    first, second = stage(village, text), stage(village, text)
    confirm(village, first)
    with pytest.raises(imports.ImportChanged):
        confirm(village, second)
    actor = village.actor("desk_staff")
    village.storage.write_global(
        lambda session, now: imports.look_again(session, actor=actor, now=now, batch_id=second)
    )
    assert [row.verdict for row in planned(village, second)] == ["known"]


def test_a_staged_file_is_forgotten_after_a_day(village: Village) -> None:
    batch_id = stage(village, "姓名\n张三\n")
    village.pass_time(hours=25)
    with pytest.raises(NotFound):
        confirm(village, batch_id)
    stage(village, "姓名\n李四\n")
    with village.read() as session:
        assert session.scalar(select(func.count()).select_from(imports.ImportRow)) == 1


def test_who_may_not_import_stages_nothing(village: Village) -> None:
    with pytest.raises(Forbidden):
        stage(village, "姓名\n张三\n", "volunteer")


def test_an_opening_balance_above_the_quota_takes_nobody_in(village: Village) -> None:
    # 6,000,000 minutes may be opened in a year, 90,000 for one person.
    lines = [f"人{chr(0x4E00 + at)},男,,,{at},户主,90000,,1页,甲某,乙某" for at in range(67)]
    batch_id = stage(village, BOOKS + "\n".join(lines))
    with pytest.raises(Refused) as refused:
        confirm(village, batch_id)
    assert refused.value.code == "quota"
    assert people(village) == []
    assert village.balance(accounts.OPENING_MIN) == 0


@pytest.mark.parametrize(
    "there, row, verdict",
    [
        ("张三,1940-01-02,001", "张三,1940-01-02,001", "known"),
        ("张三,,001", "张三,,001", "known"),
        ("张三,1940-01-02,", "张三,1940-01-02,", "known"),
        ("张三,1940-01-02,001", "张三,,001", "doubtful"),
        ("张三,1940-01-02,001", "张三,1940-01-02,002", "doubtful"),
        ("张三,1940-01-02,001", "张三,1940-01-02,", "doubtful"),
        ("张三,,", "张三,,", "doubtful"),
        ("张三,1940-01-02,001", "张三,,", "doubtful"),
        ("张三,,001", "张三,,002", "new"),
        ("张三,1940-01-02,001", "张三,1950-01-02,001", "new"),
        ("张三,1940-01-02,001", "李四,1940-01-02,001", "new"),
    ],
)
def test_who_is_taken_for_whom(village: Village, there: str, row: str, verdict: str) -> None:
    head = "姓名,出生日期,户号\n"
    confirm(village, stage(village, head + there + "\n"))
    assert verdicts(village, head + row + "\n") == [verdict]


def test_opening_balances_of_people_in_the_register_are_booked_once(village: Village) -> None:
    text = BOOKS + "陈素珍,女,1940-01-02,,001,户主,1200,,第3册12页,张明,李红\n"
    confirm(village, stage(village, text))
    (row,) = planned(village, stage(village, text))
    assert row.verdict == "known"
    assert "opening_passed_over" in {note["code"] for note in row.notes}
    batch_id = stage(village, text + "李四,男,,,002,户主,,,,,\n")
    assert confirm(village, batch_id)["opening_minutes"] == 0
    assert village.balance(accounts.OPENING_MIN) == -1200
