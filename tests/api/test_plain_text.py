"""An auditor takes the books away as plain text: asked for, made in the background, and what beancount says of them."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from beancount import loader

from api.pages.audit import maker_of
from tests.client import Client
from tests.ledger.books import attack, fill
from tests.village import Village

ASK = "/c/TPL/books/plain-text"


def made(client: Client, **asked: str) -> zipfile.ZipFile:
    """Ask as the form does, wait, follow the page to the file."""
    begun = client.post(ASK, {"from": "", "to": "", "unit": "", "by": "on", **asked})
    assert begun.status_code == 303
    maker_of(client.app).finish()
    page = client.get(begun.location)
    (address,) = re.findall(rf'href="({ASK}/[^"]+\.zip)"', page.text)
    taken = client.get(address)
    assert taken.mimetype == "application/zip"
    assert f"-{asked['form']}.zip" in taken.headers["Content-Disposition"]
    assert int(taken.headers["Content-Length"]) == len(taken.data)
    return zipfile.ZipFile(io.BytesIO(taken.data))


def test_an_auditor_takes_both_forms_away(village: Village, client: Client) -> None:
    fill(village, posts=20)
    client.sign_in(roles=["auditor"])
    with made(client, form="beancount") as archive:
        (name,) = archive.namelist()
        assert name == "TPL.beancount"
        entries, errors, _ = loader.load_string(archive.read(name).decode("ascii"), dedent=False)
        assert entries
        assert errors == []
    with made(client, form="csv", unit="pt", by="booked") as archive:
        assert sorted(archive.namelist()) == ["accounts.csv", "entries.csv", "postings.csv", "trial_balance.csv"]
        assert b",min," not in archive.read("accounts.csv")
    listed = client.get(ASK).text
    assert listed.count(f'href="{ASK}/') == 2
    assert "/books/plain-text/" not in client.get("/c/TPL/books/bundle").text


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"form": "ledger"}, "form"),
    ({}, "form"),
    ({"form": "csv", "unit": "cny"}, "unit"),
    ({"form": "csv", "by": "month"}, "by"),
    ({"form": "csv", "from": "2026-02-30"}, "from"),
    ({"form": "csv", "to": "soon"}, "to"),
]


def test_what_is_wrong_is_said_at_its_field(client: Client) -> None:
    client.sign_in(roles=["auditor"])
    for asked, field in WRONG:
        refused = client.post(ASK, asked)
        assert refused.status_code == 422
        assert re.search(rf'name="{field}"(?:(?!class="field).)*class="problem"', refused.text, re.DOTALL), field
    assert not maker_of(client.app).all("TPL", "csv", "beancount")


def test_days_the_wrong_way_round_are_refused(client: Client) -> None:
    client.sign_in(roles=["auditor"])
    refused = client.post(ASK, {"form": "csv", "from": "2026-02-01", "to": "2026-01-01"})
    assert refused.status_code == 422
    assert "起日不能晚于止日" in refused.text


def test_another_communitys_export_is_not_found(village: Village, other_village: Village, client: Client) -> None:
    client.sign_in(roles=["auditor"])
    begun = client.post(ASK, {"form": "csv"})
    maker_of(client.app).finish()
    name = begun.location.rsplit("/", 1)[1]
    assert client.get(f"{ASK}/{name}.zip").status_code == 200
    client.sign_in(roles=["auditor"], area_path=other_village.area_path)
    for path in (f"/c/HZM/books/plain-text/{name}", f"/c/HZM/books/plain-text/{name}.zip", f"{ASK}/{name}.zip"):
        assert client.get(path).status_code in (403, 404)
    assert client.get("/c/HZM/books/plain-text/HZM-0123456789abcdef").status_code == 404


def test_a_damaged_log_fails_and_says_so(village: Village, client: Client) -> None:
    fill(village, posts=20)
    attack(village, ("DELETE FROM ledger_entry WHERE seq = ?", (30,)))
    client.sign_in(roles=["auditor"])
    begun = client.post(ASK, {"form": "beancount"})
    maker_of(client.app).finish()
    page = client.get(begun.location)
    assert "没有做成" in page.text
    assert client.get(f"{begun.location}.zip").status_code == 404
