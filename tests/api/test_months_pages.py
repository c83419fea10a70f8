"""Month end in the browser: two people close a month, and everybody reads the same figures in page and file."""

from __future__ import annotations

import csv
import datetime as dt
import io

import openpyxl
import pytest

from tests.ledger.books import make_volunteer
from tests.timebank.test_month_end import credit

# The rules of pages, not of the storage.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def december(client, village):
    """The third of December; a volunteer served in November and on this day."""
    account = make_volunteer(village)
    credit(village, account, 90)
    village.pass_time(days=13)
    credit(village, account, 60)
    return account


def test_two_people_close_a_month(client, village, december):
    client.sign_in(village.make_person("甲"), roles=["community_manager"])
    page = client.get("/c/TPL/books/months/2026-11")
    assert "都办完了" in page.text
    assert client.submit_form(page, containing="准备月结").status_code == 303
    page = client.get("/c/TPL/books/months/2026-11")
    assert "等第二个人确认" in page.text
    assert "我看过了" not in page.text
    client.sign_in(village.make_person("乙"), roles=["committee"])
    page = client.get("/c/TPL/books/months/2026-11")
    done = client.submit_form(page, containing="我看过了")
    assert done.status_code == 303
    page = client.get(done.location)
    assert "与备案的摘要相符" in page.text
    assert "准备月结" not in page.text
    assert "已月结" in client.get("/c/TPL/books/months").text


def test_what_changed_since_is_told_to_who_confirms(client, village, december):
    client.sign_in(village.make_person("甲"), roles=["community_manager"])
    client.submit_form(client.get("/c/TPL/books/months/2026-11"), containing="准备月结")
    client.sign_in(village.make_person("乙"), roles=["committee"])
    page = client.get("/c/TPL/books/months/2026-11")
    credit(village, december, 15, on=dt.date(2026, 11, 30))
    refused = client.submit_form(page, containing="我看过了")
    assert refused.status_code == 409
    assert "数字变了" in refused.text


@pytest.mark.parametrize("month, status", [("2026-12", 200), ("2027-01", 404), ("2026-13", 404), ("x", 404)])
def test_months_that_there_are_not(client, village, december, month, status):
    client.sign_in(village.make_person("甲"), roles=["auditor"])
    assert client.get(f"/c/TPL/books/months/{month}").status_code == status


def test_the_files_add_up_to_the_page(client, village, december):
    client.sign_in(village.make_person("甲"), roles=["auditor"])
    told = client.get("/c/TPL/books/months/2026-12.csv?unit=min").data.decode("utf-8-sig")
    *rows, total = list(csv.reader(io.StringIO(told)))[1:]
    assert len(rows) == 2
    for column in range(4, 8):
        assert sum(float(row[column]) for row in rows) == float(total[column])
    book = openpyxl.load_workbook(io.BytesIO(client.get("/c/TPL/books/months/2026-12.xlsx").data))
    assert len(book.sheetnames) == 2
    printed = client.get("/c/TPL/books/months/2026-12.pdf")
    assert printed.data.startswith(b"%PDF")
    page = client.get("/c/TPL/books/months/2026-12?unit=min").text
    assert "合计就是上面各行相加" in page


def test_the_months_speak_english(client, village, december):
    client.sign_in(village.make_person("甲"), roles=["community_manager"])
    client.http.set_cookie("lang", "en")
    assert "Month end" in client.get("/c/TPL/books/months").text
    assert "Prior-month adjustments" in client.get("/c/TPL/books/months/2026-11").text
