"""The pages of policy and rights: a change by two people over HTTP, what a form refuses, and rules as sentences in both languages."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask

from api import eligibility_words, policy_words
from tests.client import Client
from tests.village import Village

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

CHECK_UP = {
    "any": [
        {"all": [{"sex": "m"}, {"age": {"from": 60, "to": 64}}]},
        {"all": [{"sex": "f"}, {"age": {"from": 55, "to": 64}}]},
    ]
}
PRIORITY = {"any": [{"all": [{"age": {"from": 80}}, {"flag": "lives_alone"}]}, {"not": {"area": "1"}}]}


@pytest.mark.parametrize(
    "language, rule, said",
    [
        ("zh", CHECK_UP, "60 到 64 岁的男性，或者55 到 64 岁的女性"),
        ("en", CHECK_UP, "men, 60 to 64 years old, or women, 55 to 64 years old"),
        ("zh", PRIORITY, "（满 80 岁，并且独居），或者不是（住在第一网格）"),
        ("en", PRIORITY, "(at least 80 years old, and lives alone), or not (living in 第一网格)"),
    ],
)
def test_a_rule_reads_as_a_sentence(app_without_database: Flask, db: Any, language: str, rule: Any, said: str) -> None:
    with app_without_database.test_request_context(headers={"Cookie": f"lang={language}"}):
        assert eligibility_words.sentence(rule, {"1": "第一网格"}) == said


@pytest.mark.parametrize(
    "name, text, number",
    [
        ("visit_cap_minutes", "180", 180),
        ("visit_cap_minutes", "3:30", 210),
        ("visit_cap_minutes", "3:60", None),
        ("visit_cap_minutes", "３００", 300),
        ("quota_pt_steps", "2.5", 25),
        ("quota_pt_steps", "2.55", None),
        ("appeal_days", "7.0", None),
        ("appeal_days", "-1", None),
        ("appeal_days", "9" * 14, None),
    ],
)
def test_numbers_as_people_type_them(db: Any, name: str, text: str, number: int | None) -> None:
    assert policy_words.typed(name, text) == number


def test_a_change_is_drafted_by_one_and_confirmed_by_another(client: Client, village: Village) -> None:
    drafter, second = village.make_person(), village.make_person()
    client.sign_in(drafter, roles=["committee"])
    page = f"/c/{village.code}/policy"
    refused = client.post(f"{page}/change", _form(village, number_appeal_days="61", number_visit_cap_minutes="x"))
    assert refused.status_code == 422
    assert "请填写整数" in refused.text
    refused = client.post(f"{page}/change", _form(village, number_appeal_days="61"))
    assert (refused.status_code, "请填写 1 天 到 60 天" in refused.text) == (422, True)
    assert client.post(f"{page}/change", _form(village, number_appeal_days="10")).status_code == 303
    own = client.get(page)
    assert "待第二个人确认的草案" in own.text
    assert "确认就是这样决定的" not in own.text
    (confirm,) = set(re.findall(r'action="([^"]+/withdraw)"', own.text))
    confirm = confirm.replace("withdraw", "confirm")
    assert client.post(confirm).status_code == 403
    client.sign_in(second, roles=["supervision_committee"])
    assert client.post(confirm).status_code == 303
    client.sign_out()
    shown = client.get(page).text  # by anybody
    assert "起改为" in shown
    assert "居民代表会议" in client.get(f"{page}/versions/2").text
    assert client.get(f"{page}/versions/3").status_code == 404


def test_a_right_is_drafted_in_rows_and_tells_a_resident_what_is_missing(client: Client, village: Village) -> None:
    drafter, second = village.make_person(), village.make_person()
    young = village.make_person(born_on=village.today.replace(year=village.today.year - 58), sex="m")
    page = f"/c/{village.code}/benefits"
    client.sign_in(drafter, roles=["community_manager"])
    assert client.post(f"{page}/draft", _form(village, name="免费体检")).status_code == 422
    rows = {"sex_0": "m", "from_age_0": "60", "to_age_0": "64", "sex_1": "f", "from_age_1": "55", "to_age_1": "64"}
    assert client.post(f"{page}/draft", _form(village, name="免费体检", **rows)).status_code == 303
    (confirm,) = set(re.findall(r'action="([^"]+/withdraw)"', client.get(page).text))
    client.sign_in(second, roles=["committee"])
    assert client.post(confirm.replace("withdraw", "confirm")).status_code == 303
    village.pass_time(days=1)
    client.sign_in(young)
    mine = client.get(page).text
    assert "60 到 64 岁的男性" in mine
    assert "您还缺：60 到 64 岁" in mine
    assert "重点老人" not in mine


def _form(village: Village, **typed: str) -> dict[str, str]:
    tomorrow = (village.today + dt.timedelta(days=1)).isoformat()
    return {
        "body": "居民代表会议",
        "reason": "征求过意见",
        "decided_on": village.today.isoformat(),
        "in_force_on": tomorrow,
        "in_force_from": tomorrow,
        "minutes": "会议记录",
    } | typed
