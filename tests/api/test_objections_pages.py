"""The page of objections: whoever is too near sees that somebody else answers, before anything is typed."""

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
