"""Statements and "why this number?" in the browser."""

from __future__ import annotations

import csv
import io

import pytest

from tests.timebank.lived_in import live

# The rules of pages, not of the storage.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def story(client, village):
    return live(village)


def _volunteer(client, village, story):
    client.sign_in(_person(village, story.volunteer.person_id), roles=["volunteer"])


def _person(village, person_id):
    from timebank.people import residents

    with village.read() as session:
        return residents.person(session, village.community_id, person_id)


def test_from_the_statement_to_the_scans(client, village, story):
    """The volunteer's own months, one month's lines, one line's visit with its rounding, its receipt."""
    _volunteer(client, village, story)
    page = client.get("/c/TPL/my/statement").text
    assert "/c/TPL/my/statement/2026-11" in page
    page = client.get("/c/TPL/my/statement/2026-11").text
    assert f"/c/TPL/why/{story.visit_seq}" in page
    page = client.get(f"/c/TPL/why/{story.visit_seq}").text
    assert "按 15 分钟取整" in page
    assert "真实" in page or "实际时长" in page
    assert f"/c/TPL/visits/{story.visit_id.hex}" in page
    assert f"/c/TPL/receipts/{story.visit_seq}" in page


def test_what_is_held_leads_to_its_order(client, village, story):
    client.sign_in(_person(village, story.elder.id))
    page = client.get("/c/TPL/my/balance")
    assert "冻结的是什么" in page.text
    seq = page.text.split("/c/TPL/why/")[1].split('"')[0]
    assert "还冻结着" in client.get(f"/c/TPL/why/{seq}").text


def test_an_entry_of_others_explains_itself_to_nobody(client, village, story):
    client.sign_in(village.make_person("路人"))
    assert client.get(f"/c/TPL/why/{story.visit_seq}").status_code == 403
    client.sign_in(village.make_person("审计"), roles=["auditor"])
    assert client.get("/c/TPL/why/999999").status_code == 404


def test_files_of_statements_add_up(client, village, story):
    _volunteer(client, village, story)
    for address, column in (("my/statement.csv", 2), ("my/statement/2026-11.csv", 4)):
        told = client.get(f"/c/TPL/{address}").data.decode("utf-8-sig")
        *rows, total = list(csv.reader(io.StringIO(told)))[1:]
        assert sum(float(row[column]) for row in rows) == pytest.approx(float(total[column]))
    client.sign_in(village.make_person("审计"), roles=["auditor"])
    told = client.get("/c/TPL/statements/points.csv?from=2026-11&to=2026-12").data.decode("utf-8-sig")
    *rows, total = list(csv.reader(io.StringIO(told)))[1:]
    for column in (1, 3, 4, 5):
        assert sum(float(row[column]) for row in rows) == pytest.approx(float(total[column]))
    assert client.get("/c/TPL/statements/points.pdf").data.startswith(b"%PDF")


@pytest.mark.parametrize("query", ["from=2026-13", "from=x", "from=2026-12&to=2026-11", "from=2001-01&to=2026-11"])
def test_months_that_cannot_be_are_named(client, village, query):
    client.sign_in(village.make_person("审计"), roles=["auditor"])
    assert client.get(f"/c/TPL/statements/points?{query}").status_code == 422
