"""Offline scans over HTTP: signed batches without a sign-in, and what staff read and decide."""

from __future__ import annotations

import base64
import datetime as dt
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlmodel import col

from tests.client import Client
from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_offline import (
    Device,
    make_device,
    make_volunteer,
    revoke,
    scan_id_of,
    verdicts_of,
    visits_of,
)
from tests.village import Village
from timebank.hours.attendance.offline import body
from timebank.hours.attendance.tables import Visit

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

HOUR = dt.timedelta(hours=1)


def post(client: Client, sent: bytes, signature: bytes, *, community: str = "TPL", **headers: str) -> Any:
    """What a device sends: no cookie, no token, its signature."""
    text = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return client.http.post(
        f"/api/v1/c/{community}/offline/batches",
        data=sent,
        content_type="application/json",
        headers={"Timebank-Signature": text, "Accept": "application/json", **headers},
    )


def send(client: Client, device: Device, *scans: dict[str, Any]) -> Any:
    sent = device.batch(*scans)
    return post(client, sent, device.sign(sent))


@pytest.fixture
def device(village: Village) -> Device:
    return make_device(village, arrange.make_point(village))


@pytest.fixture
def desk(client: Client, village: Village) -> Any:
    person = village.make_person("周前台")
    client.sign_in(person, roles=["desk_staff"])
    return person


def test_a_batch_is_taken_by_its_signature_alone_and_answered_in_words(client, village, device) -> None:
    volunteer = make_volunteer(village)
    now = village.now
    sent = device.batch(
        device.scan(volunteer.number, "in", now - 2 * HOUR),
        device.scan(volunteer.number, "out", now - HOUR),
        device.scan("6901234567892", "in", now),
    )
    answer = post(client, sent, device.sign(sent), **{"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert [one["outcome"] for one in told["answers"]] == ["accepted", "accepted", "refused"]
    assert told["answers"][0]["name"] == "李志愿"
    assert told["answers"][2]["message"] == "Neither a card of this community nor a number"
    assert told["answers"][2]["next"]
    assert post(client, sent, device.sign(sent), **{"Accept-Language": "en"}).get_json() == told
    assert len(visits_of(village, volunteer)) == 1


def test_what_cannot_be_taken_says_why_and_keeps_nothing(client, village, other_village, device) -> None:
    scan = device.scan("1", "in", village.now)
    sent = device.batch(scan)

    def told(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.get_json()["error"]["code"]

    assert told(post(client, sent, bytes(64))) == (403, "bad_device_signature")
    assert told(post(client, sent, device.sign(sent), community="HZM")) == (403, "bad_device_signature")
    assert told(post(client, sent, device.sign(sent), community="nowhere")) == (404, "not_found")
    assert told(post(client, sent, b"", **{"Timebank-Signature": "?" * 86})) == (403, "bad_device_signature")
    assert told(post(client, b"{}", device.sign(b"{}"))) == (422, "bad_batch")
    huge = b'{"a":"' + b"x" * body.BYTES_MOST + b'"}'
    assert told(post(client, huge, device.sign(huge))) == (413, "batch_too_large")
    many = device.batch(*(device.scan("1", "in", village.now) for _ in range(501)))
    assert told(post(client, many, device.sign(many))) == (413, "batch_too_large")
    assert post(client, sent, device.sign(sent)).status_code == 200  # nothing was kept of the others
    again = device.batch(scan, counter=1)
    assert told(post(client, again, device.sign(again))) == (409, "counter_seen")
    revoke(village, device, "lost")
    late = device.batch(scan)
    assert told(post(client, late, device.sign(late))) == (403, "device_revoked")


def test_staff_see_fact_and_verdict_apart_and_decide(client, village, device, desk) -> None:
    volunteer = make_volunteer(village, "林晓燕")
    now = village.now
    went = device.scan(volunteer.number, "out", now - HOUR)
    send(client, device, went, device.scan("快递单", "in", now))
    page = client.get("/c/TPL/offline-scans?outcome=waiting")
    assert "林晓燕" in page.text
    assert "有签退" in page.text
    assert "快递单" not in page.text
    one = client.get(f"/c/TPL/offline-scans/{scan_id_of(village, went['key'])}")
    assert "设备时钟上" in one.text
    answer = client.submit_form(one, containing='name="word"', data={"word": "aside"})
    assert answer.status_code == 422  # it must say why
    answer = client.submit_form(answer, containing='name="word"', data={"word": "in"})
    assert answer.status_code == 303
    assert verdicts_of(village, went["key"]) == [("waiting", "waits_for_coming"), ("accepted", "checked_in")]
    shown = client.get(answer.headers["Location"])
    assert shown.text.index("有签退") < shown.text.rindex("签到:太平里服务点".replace(":", "\N{FULLWIDTH COLON}"))


def test_the_list_is_filtered_paged_and_taken_away(client, village, device, desk) -> None:
    now = village.now
    send(client, device, *(device.scan(f"69012345678{n}", "out", now - n * HOUR / 60) for n in range(51)))
    first = client.get("/c/TPL/offline-scans")
    assert first.text.count("<tr>") == 1 + 50
    following = client.get(first.text.split('class="button secondary" href="')[-1].split('"')[0].replace("&amp;", "&"))
    assert following.status_code == 200
    sheet = client.get("/c/TPL/offline-scans.xlsx?outcome=refused")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + 51
    assert client.get("/c/TPL/offline-scans.csv?day=2026-11-19").text.count("\n") == 1
    for bad in ("?outcome=x", "?device=-1", "?day=gestern", "?id=x"):
        assert client.get(f"/c/TPL/offline-scans{bad}").status_code in (200, 422)


def test_a_visit_tells_that_it_was_scanned_offline_and_by_which_clock(client, village, desk) -> None:
    device = make_device(village, arrange.make_point(village), "门口旧手机", slow=7 * HOUR)
    volunteer = make_volunteer(village, "林晓燕")
    now = village.now
    send(
        client,
        device,
        device.scan(volunteer.number, "in", now - 2 * HOUR),
        device.scan(volunteer.number, "out", now - HOUR),
    )
    with village.read() as session:
        (visit_id,) = session.scalars(select(col(Visit.id)).where(col(Visit.person_id) == volunteer.id))
    visit = client.get(f"/c/TPL/visits/{visit_id.hex}")
    for told in ("离线扫码", "门口旧手机", "设备慢 7 小时", "离线"):
        assert told in visit.text


def test_the_station_can_be_kept_and_its_page_holds_no_name_of_a_resident(client, village, device, desk) -> None:
    make_volunteer(village, "林晓燕")
    shell = client.get("/c/TPL/points/1/station/offline")
    assert shell.status_code == 200
    assert "林晓燕" not in shell.text
    assert "csrf_token" not in shell.text
    worker = client.get("/sw.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert "no-cache" in worker.headers["Cache-Control"]
    assert len(worker.text.splitlines()) < 45
    assert "worker-src 'self'" in shell.headers["Content-Security-Policy"]


def test_devices_are_listed_laid_aside_and_reported_lost(client, village, device, desk) -> None:
    assert "前台平板" in client.get("/c/TPL/devices").text
    for reason, status in (("retired", 303), ("lost", 303), ("lost", 403), ("stolen", 422)):
        answer = client.post(f"/c/TPL/devices/{device.number}/revoke", {"reason": reason})
        assert answer.status_code == status, reason
    assert "挂失" in client.get("/c/TPL/devices").text
    assert client.post("/c/TPL/devices/99/revoke", {"reason": "lost"}).status_code == 404
