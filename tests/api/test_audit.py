"""The auditor's pages over HTTP: what is shown is what is exported, and what is refused says why."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from api import exports
from api.exports import Column, Sheet
from api.pages import audit
from api.pages.audit import maker_of
from ledger.verify import verify
from tests.ledger.books import attack, credit, fill, make_volunteer
from tests.ledger.test_bundle import _leaf
from tests.timebank.lived_in import live
from timebank import reports

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def _sheet(packed: bytes, name: str = "") -> list[list[Any]]:
    """A worksheet as a spreadsheet program reads it: the named one, or the first."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(packed))
    return book.get_sheet_by_name(name or book.sheet_names[0]).to_python()


@pytest.fixture
def auditor(village, client):
    """A browser in which an auditor is signed in, and the village's seed where the application looks for it."""
    folder = client.app.extensions["timebank_keys"].folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "TPL.seed").write_bytes(village.seed.private_bytes_raw())
    client.sign_in(roles=["auditor"])
    return client


def test_the_excel_file_holds_the_trial_balance_as_numbers_with_its_control_totals(village, auditor):
    live(village)
    answer = auditor.get(f"/c/TPL/books/trial-balance.xlsx?from=2026-01-01&to={village.today}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert book.sheet_names == ["试算平衡 时间", "试算平衡 积分"]
    with village.read() as session:
        period = reports.period_of(session, 1, village.today.replace(month=1, day=1), village.today)
        found = reports.trial_balance(session, actor=village.actor("auditor"), period=period)
    for balance, name, per in zip(found, book.sheet_names, (60, 10), strict=True):
        _note, head, *rows, total = _sheet(answer.data, name)
        assert [str(cell).split("（")[0] for cell in head[4:]] == ["期初", "本期增加", "本期减少", "期末"]
        assert [row[0] for row in rows] == [row.account for row in balance.rows]
        for place, field in enumerate(("opening", "added", "taken", "closing"), 4):
            assert [round(row[place] * per) for row in rows] == [getattr(row, field) for row in balance.rows]
            assert sum(row[place] for row in rows) == pytest.approx(total[place])
        assert total[1] == "合计"


def test_csv_says_what_excel_says(village, auditor):
    live(village)
    days = f"from=2026-01-01&to={village.today}"
    text = auditor.get(f"/c/TPL/books/trial-balance.csv?unit=min&{days}").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    excel = _sheet(auditor.get(f"/c/TPL/books/trial-balance.xlsx?unit=min&{days}").data)[1:]
    assert rows[0] == excel[0]
    for one, other in zip(rows[1:], excel[1:], strict=True):
        for cell, number in zip(one[4:], other[4:], strict=True):
            assert float(cell) == pytest.approx(number, abs=1e-4)


def test_the_page_shows_class_sums_and_single_accounts(village, auditor):
    live(village)
    page = auditor.get("/c/TPL/books/trial-balance").text
    assert "合计相符" in page
    assert "合计不相符" not in page
    one = auditor.get("/c/TPL/books/trial-balance?unit=min").text
    assert "/c/TPL/books/accounts/1001" in one


def test_a_trial_balance_that_does_not_add_up_is_shown_in_red(village, auditor):
    first, _ = fill(village, posts=3)
    attack(village, ("UPDATE ledger_posting SET amount = amount + 15 WHERE account = ? AND amount > 0", (first,)))
    assert "合计不相符" in auditor.get("/c/TPL/books/trial-balance").text


@on_sqlite
@pytest.mark.parametrize(
    "query, status",
    [
        ("month=2026-13", 422),
        ("month=x", 422),
        ("from=2026-02-01&to=2026-01-01", 422),
        ("year=1", 422),
        ("year=2026", 200),
        ("month=2026-11", 200),
    ],
)
def test_a_wrong_period_is_told_in_words(village, auditor, query, status):
    answer = auditor.get(f"/c/TPL/books/trial-balance?{query}")
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_an_entry_is_opened_down_to_its_scans(village, auditor):
    story = live(village)
    page = auditor.get(f"/c/TPL/books/entries/{story.visit_seq}").text
    for shown in (
        "签到时刻",
        "A 两次扫动态码",
        "李*",
        "1 小时 45 分",
        story.visit_id.hex,
        "&#34;kind&#34;:&#34;post&#34;",
    ):
        assert shown in page
    assert "李志愿" not in page


def test_a_changed_leaf_is_told_on_its_page(village, auditor):
    fill(village)
    changed = _leaf(village, 100).replace(b"60", b"61")
    attack(village, ("UPDATE ledger_entry SET leaf = ? WHERE seq = ?", (changed, 100)))
    assert "这笔流水被改过" in auditor.get("/c/TPL/books/entries/100").text


@on_sqlite
def test_a_leaf_that_cannot_be_read_is_an_alarm_and_no_trace(village, auditor):
    fill(village, posts=3)
    attack(village, ("UPDATE ledger_entry SET leaf = ? WHERE seq = ?", (b"{", 22)))
    answer = auditor.get("/c/TPL/books/entries/22")
    assert (answer.status_code, "账本里有读不懂的流水" in answer.text) == (500, True)


@on_sqlite
def test_entries_are_searched_and_exported_as_shown(village, auditor):
    story = live(village)
    found = auditor.get(f"/c/TPL/books/entries?person={story.volunteer.number}&kind=post").text
    assert f"/books/entries/{story.visit_seq}" in found
    text = auditor.get(f"/c/TPL/books/entries.csv?person={story.volunteer.number}&kind=post").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {int(row["凭证号"]) for row in rows} == {int(seq) for seq in re.findall(r"/books/entries/(\d+)\"", found)}
    assert sum(float(row["时间（小时）"] or 0) for row in rows) == pytest.approx(0, abs=1e-3)
    assert auditor.get("/c/TPL/books/entries?person=TPL-77777-0").status_code == 404
    assert auditor.get("/c/TPL/books/entries?kind=nonsense").status_code == 422


@on_sqlite
def test_an_account_shows_its_statement_and_exports_it(village, auditor):
    first, _ = fill(village, posts=60)
    page = auditor.get(f"/c/TPL/books/accounts/{first}").text
    assert "下一页" in page
    rows = _sheet(auditor.get(f"/c/TPL/books/accounts/{first}.xlsx").data)
    assert rows[-1][5] * 60 == pytest.approx(village.balance(first))
    assert auditor.get("/c/TPL/books/accounts/999999").status_code == 404
    assert auditor.get("/c/TPL/books/entries/999999").status_code == 404


def test_a_bundle_is_asked_for_and_taken_and_verifies(village, auditor):
    live(village)
    asked = auditor.post("/c/TPL/books/bundle", {"from": "2026-01-01", "to": str(village.today), "details": "1"})
    assert asked.status_code == 303
    maker_of(auditor.app).finish()
    page = auditor.get(asked.headers["Location"]).text
    assert "证据包做好了" in page
    packed = auditor.get(asked.headers["Location"] + ".zip")
    assert packed.mimetype == "application/zip"
    report = verify(io.BytesIO(packed.data))
    assert report.ok, report.findings
    assert "details" in report.passed


@on_sqlite
def test_details_are_for_auditors_only(village, auditor):
    fill(village, posts=3)
    asked = auditor.post("/c/TPL/books/bundle", {"from": "2026-01-01", "to": str(village.today), "details": "1"})
    maker_of(auditor.app).finish()
    auditor.sign_in(roles=["community_manager"])
    assert auditor.get(asked.headers["Location"]).status_code == 403
    assert auditor.get(asked.headers["Location"] + ".zip").status_code == 403
    assert (
        auditor.post("/c/TPL/books/bundle", {"from": "2026-01-01", "to": "2026-01-02", "details": "1"}).status_code
        == 403
    )
    assert asked.headers["Location"] not in auditor.get("/c/TPL/books/bundle").text


@on_sqlite
def test_a_missing_seed_is_told_and_nothing_breaks(village, auditor):
    (auditor.app.extensions["timebank_keys"].folder / "TPL.seed").unlink()
    assert auditor.post("/c/TPL/books/checkpoints").status_code == 409
    assert auditor.post("/c/TPL/books/bundle", {"from": "2026-01-01", "to": "2026-01-02"}).status_code == 409


@on_sqlite
def test_anybody_takes_todays_plain_bundle_and_it_is_made_once_a_day(village, auditor):
    fill(village, posts=3)
    auditor.sign_out()
    assert auditor.post("/c/TPL/proof").status_code == 303
    maker_of(auditor.app).finish()
    first = auditor.get("/c/TPL/proof/bundle.zip").data
    assert verify(io.BytesIO(first), vkey=auditor.get("/c/TPL/proof/vkey").text.strip()).ok
    credit(village, make_volunteer(village))
    auditor.post("/c/TPL/proof")
    maker_of(auditor.app).finish()
    assert auditor.get("/c/TPL/proof/bundle.zip").data == first
    assert "details.jsonl" not in str(first)
    kept = auditor.get("/c/TPL/proof/checkpoint")
    assert "attachment" in kept.headers["Content-Disposition"]
    assert verify(io.BytesIO(first), checkpoints=[kept.text]).ok


@on_sqlite
def test_findings_are_shown_with_a_sentence(village, auditor):
    live(village)
    assert "全部相符" in auditor.get("/c/TPL/books/findings").text
    attack(village, ("UPDATE visit SET credited_minutes = 90 WHERE order_id IS NULL", ()))
    assert "数额不符：记录是 90，流水是 105" in auditor.get("/c/TPL/books/findings").text


@on_sqlite
def test_english_pages_have_no_chinese_but_data(village, auditor):
    story = live(village)
    account = village.main_account(story.volunteer.person_id, "min")
    auditor.http.set_cookie("lang", "en")
    paths = [
        "",
        "/trial-balance",
        "/trial-balance?unit=pt",
        "/entries",
        f"/entries/{story.visit_seq}",
        "/entries/0",
        f"/accounts/{account}",
        "/checkpoints",
        "/findings",
        "/bundle",
    ]
    for path in [*(f"/c/TPL/books{path}" for path in paths), "/c/TPL/proof"]:
        page = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", auditor.get(path).text, flags=re.DOTALL)
        for data in ("太平里社区", "太平里服务点", "李*", "王*", "店*", "张*", "中文"):
            page = page.replace(data, "")
        assert re.findall(r"[\u4e00-\u9fff]+", page) == [], path


def test_texts_that_look_like_formulas_stay_texts():
    sheet = Sheet(
        name="x",
        columns=[Column(label="a"), Column(label="b", kind="minutes")],
        rows=[("=1+1", 7), ("+5分", -90), ("http://x", None)],
    )
    file = io.BytesIO()
    exports.write_xlsx(file, [sheet], zone="Asia/Shanghai")
    rows = _sheet(file.getvalue())
    assert [row[0] for row in rows[1:]] == ["=1+1", "+5分", "http://x"]
    text = b"".join(exports.csv_pieces(sheet, zone="Asia/Shanghai")).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(text))][1:] == ["'=1+1", "'+5分", "http://x"]
    assert [row[1] for row in csv.reader(io.StringIO(text))][1:] == ["0.1167", "-1.50", ""]


def test_a_file_that_would_leave_rows_out_is_refused(client, village, monkeypatch):
    account = make_volunteer(village)
    credit(village, account, times=12)
    client.sign_in(roles=["auditor"])
    monkeypatch.setattr(audit, "EXPORTED_MOST", 10)
    for address in ("/c/TPL/books/entries.csv", f"/c/TPL/books/accounts/{account}.xlsx"):
        refused = client.get(address)
        assert refused.status_code == 422
        assert "导出文本账" in refused.text
    assert client.get("/c/TPL/books/entries.csv?kind=rule").status_code == 200
