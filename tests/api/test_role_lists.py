"""A role for a list of people: looked at line by line, then given to those who do not have it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from timebank.people import logins, role_lists, roles

# The rules of lists and pages, not of the storage.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def held(village, person, on=None):
    with village.read() as session:
        found = logins.grants_of_person(
            session, community_id=village.community_id, person_id=person.id, on=on or village.today
        )
        return [(grant.role, grant.from_on, grant.until_on) for grant in found]


def looked(village, text, role="volunteer", until_on=None):
    desk = village.actor("desk_staff")
    with village.read() as session:
        return role_lists.look(
            session,
            actor=desk,
            role=role,
            area_path=village.area_path,
            from_on=village.today,
            until_on=until_on,
            text=text,
        )


def test_each_line_of_a_list_says_what_becomes_of_it(village, other_village):
    one, two, three, gone = (village.make_person(name) for name in ("林晓燕", "王秀英", "李建芳", "陈远走"))
    stranger = other_village.make_person("外人")
    village.storage.write_global(
        lambda session, now: roles.give(
            session, actor=village.actor("desk_staff"), now=now, role="volunteer", area_path=village.area_path,
            from_on=village.today, until_on=None, person_id=three.id,
        )
    )  # fmt: skip
    with village.storage._writer.begin() as connection:
        yesterday = (village.today - timedelta(days=1)).isoformat()
        connection.exec_driver_sql(
            "UPDATE person SET left_on = ?, left_reason = 'moved' WHERE id = ?", (yesterday, gone.id.bytes)
        )
    lines = looked(
        village,
        f"{one.number} 林晓燕\n\n  {two.number.lower()}\t王秀英\t女\n{one.number}\n{three.number},李建芳\n"
        f"{two.number}王秀\nTPL-99999-1 谁\n{stranger.number}\n姓名\n{gone.number}",
    )
    assert [(line.number, line.verdict, line.name) for line in lines] == [
        (1, "new", "林晓燕"), (2, "new", "王秀英"), (3, "twice", "林晓燕"), (4, "held", "李建芳"),
        (5, "other_name", "王秀英"), (6, "unknown", ""), (7, "unknown", ""), (8, "unknown", ""), (9, "gone", "陈远走"),
    ]  # fmt: skip


def test_who_has_the_role_for_a_shorter_time_gets_it_for_the_longer(village):
    one = village.make_person("林晓燕")
    tomorrow = village.today + timedelta(days=1)
    village.storage.write_global(
        lambda session, now: roles.give(
            session, actor=village.actor("desk_staff"), now=now, role="volunteer", area_path=village.area_path,
            from_on=village.today, until_on=tomorrow, person_id=one.id,
        )
    )  # fmt: skip
    assert [line.verdict for line in looked(village, one.number)] == ["new"]
    assert [line.verdict for line in looked(village, one.number, until_on=tomorrow + timedelta(days=1))] == ["new"]
    assert [line.verdict for line in looked(village, one.number, until_on=tomorrow)] == ["held"]


def test_a_line_with_a_wrong_name_keeps_the_right_line_below_it_from_nothing(village):
    one = village.make_person("林晓燕")
    lines = looked(village, f"{one.number} 王秀英\n{one.number} 林晓燕\n{one.number}")
    assert [line.verdict for line in lines] == ["other_name", "new", "twice"]


def test_a_list_has_its_end(village):
    number = village.make_person().number
    assert len(looked(village, "\n".join([number] * role_lists.MOST))) == role_lists.MOST
    with pytest.raises(role_lists.TooManyPeople) as refused:
        looked(village, "\n".join([number] * (role_lists.MOST + 1)))
    assert refused.value.facts == {"lines": role_lists.MOST + 1, "most": role_lists.MOST}


def test_staff_look_at_a_list_and_give_the_role_once(client, village):
    one, two = village.make_person("林晓燕"), village.make_person("王秀英")
    client.sign_in(village.make_person("李建芳"), roles=["desk_staff"])
    until = village.today + timedelta(days=30)
    typed = {
        "people": f"{one.number}\t林晓燕\t女\r\n{two.number}\nX-1",
        "role": "volunteer",
        "until_on": until.isoformat(),
    }
    page = client.get("/c/TPL/roles/many")
    shown = client.submit_form(page, containing="核对", data=typed)
    assert shown.status_code == 200
    assert "授予这 2 人" in shown.text
    assert "有 1 行对不上" in shown.text
    assert held(village, one) == [], "nothing is given by looking"
    for _ in range(2):  # a second tap gives nothing twice
        assert client.submit_form(shown, containing="授予这").status_code == 303
    assert held(village, one) == held(village, two) == [("volunteer", village.today, until)]
    refused = client.submit_form(page, containing="核对", data={**typed, "until_on": "2026-01-01"})
    assert refused.status_code == 422
    assert "截止日期早于开始日期" in refused.text


def test_what_is_not_hers_to_give_is_not_given_by_a_list(client, village):
    one = village.make_person("林晓燕")
    client.sign_in(village.make_person("李建芳"), roles=["desk_staff"])
    for path in ("roles/many/look", "roles/many"):
        answer = client.post(f"/c/TPL/{path}", {"people": one.number, "role": "reviewer"})
        assert answer.status_code == 403
        elsewhere = {"people": one.number, "role": "volunteer", "area_path": "/32/"}
        assert client.post(f"/c/TPL/{path}", elsewhere).status_code == 403
    client.sign_in(one, roles=["volunteer"])
    assert client.get("/c/TPL/roles/many").status_code == 403
    assert held(village, one) == []


def test_an_operator_reads_no_names_out_of_the_register_by_a_list(village):
    one = village.make_person("林晓燕")
    asked = {"role": "volunteer", "area_path": village.area_path, "from_on": village.today}
    with village.read() as session:
        for typed in ("", " 林晓燕", " 王秀英"):
            (line,) = role_lists.look(session, actor=village.actor("operator"), text=one.number + typed, **asked)
            assert (line.verdict, line.person_number, line.name) == ("new", one.number, "")
