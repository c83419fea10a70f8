"""The page of objections: whoever is too near sees that somebody else answers, before anything is typed."""

import uuid

import pytest

from tests.timebank.points import make

ITEM = "参加公益理发"
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def forms_of(page, verb):
    """Where the forms of a page go whose address has this word."""
    return sorted({line.split('"')[1] for line in page.split("action=")[1:] if verb in line[:120]})


def test_who_is_too_near_sees_why_somebody_else_answers_and_no_form(client, village):
    make.table_in_force(village)
    mine, officer = village.make_household("张三", "张委员")
    sister, cousin = village.make_household("李四", "李主任")
    other = village.make_person("王五")
    make.published(village, (mine, ITEM), (other, ITEM), (other, "参加社区环境卫生整治"))
    client.sign_in(sister)
    for line in (1, 2):
        assert client.post(f"/c/TPL/board/1/{line}/object", data={"reason": "他没有来"}).status_code == 303
    client.sign_in(other)
    client.post("/c/TPL/board/1/1/object", data={"reason": "看错了行"})

    client.sign_in(officer, roles=["committee"])
    page = client.get("/c/TPL/objections").text
    assert (len(forms_of(page, "/answer")), page.count("这个异议要由别人来答复")) == (1, 2)
    assert "这一行是您自己家的" in page
    (answer,) = forms_of(page, "/answer")
    assert client.post(answer, data={"verdict": "reject", "text": "签到码和照片都有"}).status_code == 303

    client.sign_in(cousin, roles=["committee"])
    page = client.get("/c/TPL/objections").text
    assert (forms_of(page, "/answer"), page.count("一家人或者亲属")) == ([], 2)

    client.sign_in(sister)
    (appeal,) = forms_of(client.get("/c/TPL/my/objections").text, "/appeal")
    assert client.post(appeal, data={"text": "请再看看"}).status_code == 303
    client.sign_in(cousin, roles=["supervision_committee"])
    assert "这个申诉要由别人来裁定" in client.get("/c/TPL/objections").text
    client.sign_in(village.make_person("朱监督"), roles=["supervision_committee"])
    assert len(forms_of(client.get("/c/TPL/objections").text, "/decide")) == 1


def test_who_asked_for_a_booking_back_or_is_near_is_told_that_another_officer_confirms(client, village):
    make.table_in_force(village)
    mine, near = village.make_household("张三", "张委员")
    award_id = make.enter(village, mine, ITEM)
    make.approve(village, award_id)
    make.publish(village)
    village.pass_time(days=12)
    make.book_due(village)
    award = f"/c/TPL/points/awards/{award_id}"
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    assert forms_of(client.get(award).text, "/correct")
    assert client.post(f"{award}/correct", data={"reason": "记错了户"}).status_code == 303
    for address in (award, "/c/TPL/objections"):
        page = client.get(address).text
        assert (forms_of(page, "/confirm") + forms_of(page, "/decline"), "冲正是您申请的" in page) == ([], True)
    client.sign_in(near, roles=["committee"])
    page = client.get("/c/TPL/objections").text
    assert (forms_of(page, "/confirm"), "这一行是您自己家的" in page) == ([], True)
    client.sign_in(village.make_person("吴主任"), roles=["community_manager"])
    (confirm,) = forms_of(client.get("/c/TPL/objections").text, "/confirm")
    assert client.post(confirm).status_code == 303


def test_the_desk_writes_down_an_appeal_by_phone_and_sees_no_reason(client, village):
    make.table_in_force(village)
    caller, clerk = village.make_person("李四"), village.make_person("李服务")
    make.published(village, (village.make_person("张三"), ITEM), (village.make_person("王五"), ITEM))
    client.sign_in(caller)
    for line in (1, 2):
        client.post(f"/c/TPL/board/1/{line}/object", data={"reason": "王大妈看见他没有来"})
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    answer = forms_of(client.get("/c/TPL/objections").text, "/answer")[0]
    client.post(answer, data={"verdict": "reject", "text": "签到码和照片都有"})

    client.sign_in(clerk, roles=["desk_staff"])
    assert not forms_of(client.get("/c/TPL/objections").text, "/appeal")
    assert client.get("/c/TPL/objections?person=TPL-0-0").status_code == 422
    hers = f"/c/TPL/objections?person={caller.number}"
    page = client.get(hers).text
    assert (len(forms_of(page, "/appeal")), len(forms_of(page, "/take-back"))) == (1, 1)
    assert (ITEM in page, "签到码和照片都有" in page, "王大妈" in page) == (True, True, False)
    (appeal,) = forms_of(page, "/appeal")
    empty = client.post(appeal, data={"text": " "})
    assert (empty.status_code, forms_of(empty.text, "/appeal")) == (422, [appeal])
    told = client.get(f"/api/v1/c/TPL/publicity/objections/of?person={caller.number}").get_json()["objections"]
    assert sorted((one["state"], one["reason"]) for one in told) == [("open", ""), ("rejected", "")]
    assert client.post(appeal, data={"text": "打电话来:请监督委员会看看"}).status_code == 303
    assert not forms_of(client.get(hers).text, "/appeal")
    client.sign_in(village.make_person("朱监督"), roles=["supervision_committee"])
    assert "请监督委员会看看" in client.get("/c/TPL/objections").text
    assert client.get(hers).status_code == 403


def test_an_appeal_after_seven_days_is_not_offered(client, village):
    make.table_in_force(village)
    caller = village.make_person("李四")
    make.published(village, (village.make_person("张三"), ITEM))
    client.sign_in(caller)
    client.post("/c/TPL/board/1/1/object", data={"reason": "他没有来"})
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    (answer,) = forms_of(client.get("/c/TPL/objections").text, "/answer")
    client.post(answer, data={"verdict": "reject", "text": "签到码和照片都有"})
    hers = f"/c/TPL/objections?person={caller.number}"
    village.pass_time(days=7)
    assert forms_of(client.get(hers).text, "/appeal")
    village.pass_time(days=1)
    assert not forms_of(client.get(hers).text, "/appeal")


def test_a_corrected_line_leads_to_what_came_in_its_place_and_back(client, village):
    make.table_in_force(village)
    caller = village.make_person("李四")
    make.published(village, (village.make_person("王五"), ITEM), (village.make_person("张三"), ITEM))
    client.sign_in(caller)
    client.post("/c/TPL/board/1/2/object", data={"reason": "是两次"})
    assert ITEM in client.get("/c/TPL/my/objections").text
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    (answer,) = forms_of(client.get("/c/TPL/objections").text, "/answer")
    assert client.post(answer, data={"verdict": "correct", "quantity": "2", "text": "是两次"}).status_code == 303
    new = client.get("/c/TPL/objections").text.split("看更正后的一笔")[0].rpartition("/awards/")[2].split('"')[0]
    assert "更正后的一笔还没有公示" in client.get("/c/TPL/board/1").text
    make.approve(village, uuid.UUID(new))
    make.publish(village)
    client.sign_out()
    assert '更正后的： <a href="/c/TPL/board/2?line=1#l1">' in client.get("/c/TPL/board/1").text
    assert '更正的是： <a href="/c/TPL/board/1?line=2#l2">' in client.get("/c/TPL/board/2").text
    first, second = (client.get(f"/api/v1/c/TPL/publicity/batches/{number}").get_json()["lines"] for number in (1, 2))
    assert [one["put_right_in"] for one in first] == [None, {"batch": 2, "line": 1}]
    assert [one["put_right_from"] for one in second] == [{"batch": 1, "line": 2}]
    client.sign_in(caller)
    assert "/c/TPL/board/2?line=1#l1" in client.get("/c/TPL/my/objections").text
