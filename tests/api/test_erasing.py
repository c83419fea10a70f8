"""Erasures as a job: due ones are carried out, files that named the erased go, and an older backup brings nobody back."""

from __future__ import annotations

import io
import itertools
import json
import sqlite3
import uuid
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import url_for
from sqlalchemy import func, select
from sqlmodel import col

from api import erasing, jobs
from api.keys import SigningKeys
from api.pages import erasures
from ledger import erasing as erasing_of_the_ledger
from ledger import reading
from tests.client import Client
from tests.timebank.erasure import traces
from tests.timebank.erasure.traces import NAME, NEEDLES
from tests.village import Village
from timebank.columns import new_id
from timebank.erasure import asking, standing
from timebank.hours.attendance.tables import Visit
from timebank.people import communities, residents
from timebank.people.imports.staging import ImportRow
from timebank.permissions import Actor
from timebank.points.awards.tables import Award
from timebank.storage import Storage


@pytest.fixture
def here(village: Village, tmp_path: Path) -> jobs.Installation:
    keys = SigningKeys(tmp_path / "keys")
    keys.folder.mkdir()
    seed = village.seed.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    (keys.folder / f"{village.code}.seed").write_bytes(seed)
    return jobs.Installation(village.storage, keys, data_dir=tmp_path / "data", vault=traces.VAULT)


def test_the_job_erases_what_is_due_and_cleans_the_files(village: Village, here: jobs.Installation) -> None:
    told = traces.leave_traces(village)
    bundles = (here.data_dir or Path()) / "bundles"
    bundles.mkdir(parents=True)
    for name, details in (("TPL-1", True), ("TPL-2", False), ("HZM-1", True)):
        (bundles / f"{name}.json").write_text(json.dumps({"details": details}))
        (bundles / f"{name}.zip").write_text(NAME)
    erasure_id = traces.ask(village, told.person)
    traces.approve(village, erasure_id)
    _night(village, here)
    assert _is_erased(village, told.person) is False
    village.pass_time(days=8)
    _night(village, here)
    assert _is_erased(village, told.person) is True
    assert traces.left_in_files(village) == set()
    assert sorted(path.name for path in bundles.glob("*.zip")) == ["HZM-1.zip", "TPL-2.zip"]
    assert [one.person_id for one in erasing.remembered(here.keys, village.code)] == [told.person.id]
    assert NAME not in erasing.list_path(here.keys, village.code).read_text()
    size = _size(village)
    _night(village, here)
    assert _size(village) == size
    assert len(erasing.remembered(here.keys, village.code)) == 1
    with village.read() as session:
        assert (asking.erasure(session, 1, erasure_id).scrubbed_at is not None) == village.storage.sqlite
    if not village.storage.sqlite:
        place = _place(village)
        assert erasing.scrub(village.storage, [place]) is False, "the application's role owns nothing"
        assert erasing.scrub(village.storage, [place], owner_url=village.owner_url) is True


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_who_comes_back_with_an_older_backup_is_erased_again(
    village: Village, here: jobs.Installation, tmp_path: Path
) -> None:
    told = traces.leave_traces(village)
    older = tmp_path / "older.db"
    _copy(village, older)
    traces.erase(village, told.person)
    _night(village, here)
    restored = Storage(f"sqlite:///{older}", clock=village.clock.now, secret=traces.SECRET)
    try:
        again = replace(village, storage=restored)
        assert [one.number for one in erasing.back(restored, here.keys, _place(village))] == [told.person.number]
        _night(again, replace(here, storage=restored))
        assert erasing.back(restored, here.keys, _place(village)) == []
        assert traces.left_in_files(again, NEEDLES) == set()
    finally:
        restored.close()


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_list_of_the_erased_that_power_cut_short_stops_no_night(village: Village, here: jobs.Installation) -> None:
    first, second = village.make_person(), village.make_person()
    traces.erase(village, first)
    _night(village, here)
    listed = erasing.list_path(here.keys, village.code)
    listed.write_text(listed.read_text()[:20])
    traces.erase(village, second)
    _night(village, here)
    assert [one.person_id for one in erasing.remembered(here.keys, village.code)] == [first.id, second.id]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_bundles_and_prints_go_when_their_time_is_over_though_nobody_makes_another(
    village: Village, here: jobs.Installation
) -> None:
    kept, printed = (here.data_dir or Path()) / "bundles", (here.data_dir or Path()) / "prints"
    kept.mkdir(parents=True)
    printed.mkdir()
    asked_at = int(village.now.timestamp() * 1000)
    for name, ending in (("TPL-1", "zip"), ("TPL-2", "part")):
        (kept / f"{name}.json").write_text(json.dumps({"details": True, "asked_at": asked_at}))
        (kept / f"{name}.{ending}").write_text(NAME)
    (printed / f"{new_id(village.now).hex}.pdf").write_text(NAME)
    for hours, left in ((0.5, (4, 1)), (1, (4, 0)), (23, (0, 0))):
        village.pass_time(hours=hours)
        jobs.run(next(job for job in jobs.JOBS if job.name == "forget_files"), here)
        assert (len(list(kept.iterdir())), len(list(printed.iterdir()))) == left


def _night(village: Village, here: jobs.Installation) -> None:
    jobs.run(next(job for job in jobs.JOBS if job.name == "erase"), here)


def _copy(village: Village, path: Path) -> None:
    with (
        closing(sqlite3.connect(village.storage.url.database or "")) as live,
        closing(sqlite3.connect(path)) as copy,
    ):
        live.backup(copy)


def _is_erased(village: Village, person: Any) -> bool:
    with village.read() as session:
        return residents.is_erased(residents.person(session, village.community_id, uuid.UUID(person.id.hex)))


def _place(village: Village) -> communities.Community:
    with village.read() as session:
        return communities.community(session, village.community_id)


def _size(village: Village) -> int:
    with village.read() as session:
        end = reading.tail(session, village.community_id)
        return end.size if end else 0


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_resident_takes_her_own_data_and_nobody_elses(village: Village, client: Client) -> None:
    told = traces.leave_traces(village)
    client.sign_in(told.person)
    answer = client.get(f"/c/TPL/people/{told.person.id}/data.zip")
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    data = json.loads(archive.read("data.json"))
    assert data["person"][0]["name"] == NAME
    assert data["person"][0]["identity_last4"] == "242X"
    assert len(data["statement"]) >= 3
    assert "token" not in data["card"][0]
    assert all(one["person_id"] == told.person.id.hex for one in data["objection"])
    assert NAME in archive.read("person.csv").decode("utf-8-sig")
    client.sign_in(told.helper)
    assert client.get(f"/c/TPL/people/{told.person.id}/data.zip").status_code == 403
    volunteer = client.get(f"/c/TPL/people/{told.volunteer.person_id}/data.zip")
    assert volunteer.status_code == 403


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_her_data_is_a_formula(begins: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(erasures.packed({"household": [{"address": f"{begins}1+1"}]})))
    assert f"'{begins}1+1" in archive.read("household.csv").decode("utf-8-sig")


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_two_officers_in_the_browser(village: Village, client: Client) -> None:
    person, manager, second = village.make_person(minutes=30), village.make_person(), village.make_person()
    client.sign_in(manager, roles=["community_manager"])
    page = client.get(f"/c/TPL/people/{person.id}/erasure")
    assert "提出删除" in page.text
    refused = client.post(f"/c/TPL/people/{person.id}/erasure", {"reason": "本人提出"})
    assert refused.status_code == 409
    key = client.new_key()
    for _tap in range(2):
        done = client.post(f"/c/TPL/people/{person.id}/erasure", {"reason": "本人提出", "gives_rest": "1"}, key=key)
        assert done.status_code == 303
    with village.read() as session:
        wish = asking.open_of(session, village.community_id, person.id)
        assert wish is not None
    assert client.post(f"/c/TPL/erasures/{wish.id}/approve").status_code == 403
    client.sign_in(second, roles=["supervision_committee"])
    assert client.post(f"/c/TPL/erasures/{wish.id}/approve").status_code == 303
    client.sign_in(person)
    assert "撤回" in client.get("/c/TPL/my/data").text
    assert client.post(f"/c/TPL/erasures/{wish.id}/cancel").status_code == 303
    assert _is_erased(village, person) is False


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_uploads_are_forgotten_when_their_day_is_over(village: Village, here: jobs.Installation) -> None:
    traces._upload(village, Actor.console(village.community_id, "test"))
    for days, left in ((0, 2), (2, 0), (1, 0)):
        village.pass_time(days=days)
        jobs.run(next(job for job in jobs.JOBS if job.name == "forget_uploads"), here)
        with village.read() as session:
            assert session.scalar(select(func.count()).select_from(ImportRow)) == left


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_no_page_and_no_export_names_the_erased_and_none_breaks(village: Village, client: Client) -> None:
    told = traces.leave_traces(village)
    officer = village.make_person()
    client.sign_in(officer, roles=["community_manager", "auditor", "committee", "supervision_committee", "desk_staff"])
    addresses = _addresses(client, village, told)
    before = (f"/c/TPL/people/{told.person.id}", f"/c/TPL/orders/{told.order_id}", "/c/TPL/people")
    assert all(NAME in _text(client.get(address)) for address in before)
    wish = traces.erase(village, told.person)
    with village.read() as session:
        entry = asking.erasure(session, village.community_id, wish).entry
    for address in [*addresses, f"/c/TPL/books/entries/{entry}"]:
        answer = client.get(address)
        assert answer.status_code < 500, address
        text = _text(answer)
        assert [needle for needle in NEEDLES if needle in text] == [], address


def _addresses(client: Client, village: Village, told: traces.Traces) -> list[str]:
    """Every page and file of the community that can be asked for with what is known of her, but for drawn ones."""
    with village.read() as session:
        subject = standing.subject_of(session, told.person, today=village.today)
        numbers = standing.accounts_of(session, subject)
        shared = sorted(erasing_of_the_ledger.naming(session, village.community_id, set(numbers)))
        awards = session.scalars(select(col(Award.id)).where(col(Award.community_id) == 1)).all()
        visits = session.scalars(select(col(Visit.id)).where(col(Visit.community_id) == 1)).all()
    known: dict[str, list[Any]] = {
        "community_code": ["TPL"],
        "person_id": [told.person.id],
        "household_id": [told.person.household_id],
        "order_id": [told.order_id],
        "owner_id": [told.person.id],
        "what": ["minutes"],
        "form": ["xlsx", "csv"],
        "seq": shared[:2],
        "number": numbers[:1],
        "award_id": awards[:2],
        "visit_id": visits[:2],
    }
    found = []
    for rule in client.app.url_map.iter_rules():
        is_read = "GET" in (rule.methods or ()) and not rule.rule.endswith(".pdf")
        if is_read and rule.arguments <= known.keys() and "community_code" in rule.arguments:
            for values in itertools.product(*(known[name] for name in rule.arguments)):
                with client.app.test_request_context():
                    found.append(url_for(rule.endpoint, **dict(zip(rule.arguments, values, strict=True))))
    return sorted(found)


def _text(answer: Any) -> str:
    """What a page or a file says; of an archive what its members say."""
    if answer.data[:2] != b"PK":
        return str(answer.data.decode("utf-8", "replace"))
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
