"""The policy, months and statements over JSON: the same numbers as the pages, the same rules."""

from __future__ import annotations

import pytest

from tests.ledger.books import make_volunteer
from tests.timebank.test_month_end import credit
from timebank import policy

# The rules of the answers, not of the storage.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
API = "/api/v1/c/TPL"


def test_anybody_reads_the_policy_with_what_each_version_changed(client, village):
    village.pass_time(days=1)

    def change(session, now):
        return {"version": policy.change(session, village.community_id, numbers={"appeal_days": 9}, on=village.today)}

    village.write(change)
    told = client.get(f"{API}/policy").json
    by_name = {one["name"]: one for one in told["numbers"]}
    assert by_name["appeal_days"] | {"group": "", "unit": ""} == {
        "name": "appeal_days", "group": "", "unit": "", "number": 9, "version": 2, "since_on": str(village.today),
    }  # fmt: skip
    assert set(by_name) == set(vars(policy.DEFAULT))
    assert told["versions"][0]["changes"] == {"appeal_days": [policy.DEFAULT.appeal_days, 9]}


def test_two_people_close_a_month_and_the_figures_are_those_of_the_books(client, village):
    account = make_volunteer(village)
    credit(village, account, 90)
    village.pass_time(days=13)
    credit(village, account, 60)
    client.sign_in(village.make_person("甲"), roles=["community_manager"])
    prepared = client.post(f"{API}/books/months/2026-11/prepare", json={})
    assert (prepared.status_code, prepared.json["state"]) == (200, "prepared")
    own = client.post(f"{API}/books/months/2026-11/confirm", json={"digest": prepared.json["digest"]})
    assert (own.status_code, own.json["error"]["code"]) == (403, "month_second_person")
    client.sign_in(village.make_person("乙"), roles=["committee"])
    other = client.post(f"{API}/books/months/2026-11/confirm", json={"digest": "0" * 64})
    assert (other.status_code, other.json["error"]["code"]) == (409, "month_changed")
    done = client.post(f"{API}/books/months/2026-11/confirm", json={"digest": prepared.json["digest"]}).json
    assert (done["state"], done["unchanged"], done["figures"]) == ("closed", True, prepared.json["digest"])
    minutes = client.get(f"{API}/books/months/2026-11?unit=min").json
    assert [one["closing"] for one in minutes["rows"] if one["account"] == account] == [90]
    assert all(one["agrees"] and one["total"]["opening"] == 0 for one in minutes["balances"])
    listed = client.get(f"{API}/books/months").json
    assert [(one["month"], one["state"]) for one in listed["months"]] == [("2026-12", "open"), ("2026-11", "closed")]
    assert listed["next"] == "2026-12"


def test_a_month_that_is_none_or_to_come_is_not_found(client, village):
    client.sign_in(village.make_person("甲"), roles=["auditor"])
    for month in ("2026-13", "x", "2031-01"):
        assert client.get(f"{API}/books/months/{month}").status_code == 404


def test_a_person_reads_her_months_and_nobody_elses(client, village):
    person, other = village.make_person(minutes=120), village.make_person(minutes=60)
    client.sign_in(person, roles=["volunteer"])
    told = client.get(f"{API}/my/statement").json
    assert (told["number"], told["balance_minutes"]) == (person.number, 120)
    (month,) = told["months"]
    lines = client.get(f"{API}/my/statement/{month['month']}").json
    assert [(one["amount_minutes"], one["balance_minutes"], one["use_case"]) for one in lines["lines"]] == [
        (120, 120, "test")
    ]
    assert lines["month"]["closing_minutes"] == month["closing_minutes"] == 120
    assert client.get(f"{API}/people/{other.id}/statement").status_code == 403


def test_a_households_points_come_page_by_page(client, village):
    (head,) = village.make_household("陈大山", steps=300)
    client.sign_in(head, roles=["volunteer"])
    number = client.get(f"{API}/households/mine").json["number"]
    told = client.get(f"{API}/households/{number}/statement").json
    assert (told["available_steps"], told["before"]) == (300, None)
    assert [(one["amount_steps"], one["balance_steps"], one["item"]) for one in told["lines"]] == [(300, 300, None)]
    older = client.get(f"{API}/households/{number}/statement?before={told['lines'][0]['entry']}").json
    assert older["lines"] == []
    client.sign_in(village.make_person("乙"), roles=["volunteer"])
    assert client.get(f"{API}/households/{number}/statement").status_code == 403
