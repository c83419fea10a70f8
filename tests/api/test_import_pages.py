"""A confirmed file on its way in: what its page says, who goes on with it, and what became of its rows."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from typing import Any

import openpyxl
import pytest

from api import jobs
from api.importing import Importing
from api.keys import SigningKeys
from tests.client import Client
from tests.timebank.people.test_imports import begin, people, stage
from tests.village import Village
from timebank.people import communities, imports
from timebank.people.imports import applying

FILE = "姓名,出生日期\n陈素珍,1940-01-02\n陈大海,1965-03-04\n王秀英,1950-01-02\n"

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def on_its_way(village: Village) -> uuid.UUID:
    batch_id = stage(village, FILE)
    begin(village, batch_id)
    return batch_id


def run_of(village: Village, batch_id: uuid.UUID) -> Any:
    with village.read() as session:
        return imports.run_of(session, village.community_id, batch_id)


def test_its_page_says_how_far_it_is_and_looking_at_it_lets_it_go_on(client: Client, village: Village) -> None:
    batch_id = on_its_way(village)
    client.sign_in(village.make_person("吴文书"), roles=["desk_staff"])
    uploads, page = f"/c/{village.code}/imports", f"/c/{village.code}/imports/{batch_id}"
    assert "正在导入 0/3" in client.get(uploads).text
    second = client.post(f"{page}/confirm")
    assert second.status_code == 409
    assert "已经确认，正在导入：3 行里已处理 0 行" in second.text
    assert client.post(f"{page}/again").status_code == 409
    first = client.get(page)
    assert "正在导入：3 行里已处理 0 行" in first.text
    assert 'http-equiv="refresh"' in first.text
    assert "确认导入" not in first.text
    then = client.get(page)
    assert "已导入 3 人" in then.text
    assert 'http-equiv="refresh"' not in then.text


def test_rows_that_were_refused_are_listed_with_their_reason(client: Client, village: Village) -> None:
    batch_id = on_its_way(village)
    village.make_person("陈素珍", born_on=dt.date(1940, 1, 2))
    client.sign_in(village.make_person("吴文书"), roles=["desk_staff"])
    page = f"/c/{village.code}/imports/{batch_id}"
    client.get(page)
    then = client.get(page).text
    assert "已导入 2 人" in then
    assert "有 1 行没有导入" in then
    refused = client.get(page, query_string={"verdict": "refused"}).text
    assert "确认之后这个人已另外登记" in refused
    assert "陈大海" not in refused
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{page}/rows.xlsx?verdict=refused").data)).active
    assert [row[:3] for row in sheet.iter_rows(min_row=2, values_only=True)] == [(2, "陈素珍", "未能导入")]


def test_a_job_goes_on_with_what_stands_still_and_leaves_alone_what_moves(village: Village, tmp_path: Any) -> None:
    batch_id = on_its_way(village)
    here = jobs.Installation(village.storage, SigningKeys(tmp_path))
    (job,) = (one for one in jobs.JOBS if one.name == "go_on_importing")
    jobs.run(job, here)
    assert run_of(village, batch_id).done == 0
    village.pass_time(seconds=applying.STANDS_STILL.total_seconds())
    jobs.run(job, here)
    assert run_of(village, batch_id).taken == 3
    jobs.run(job, here)
    assert len(people(village)) == 3


def test_a_server_goes_on_beside_its_requests(village: Village) -> None:
    batch_id = on_its_way(village)
    with village.read() as session:
        place = communities.community(session, village.community_id)
    importing = Importing(beside=True)
    importing.go_on(village.storage, place, batch_id)
    importing.go_on(village.storage, place, batch_id)
    importing.finish()
    assert run_of(village, batch_id).taken == 3
